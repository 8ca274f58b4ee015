"""Results of formulas that may have read what was cleared go; Excel computes them on opening."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from lxml import etree

from xlportfolio.files.cells import FILLING, Area, cells_of, forget_answer, give_addresses
from xlportfolio.files.package import Element, to_xml
from xlportfolio.files.references import Resolver, Sources
from xlportfolio.files.workbook import Sheet, Workbook, main

_F, _V = main("f"), main("v")
#: Elements of the workbook part, of which the last one there stands before how it is computed.
_BEFORE_CALCULATION = ("definedNames", "externalReferences", "functionGroups", "sheets")


def formulas_of(root: Element) -> Iterator[tuple[Element, str]]:
    """The formulas of a sheet's cells, each as it or the one that it shares reads.

    A table of data, which names no sheet, reads as a cell of its own one.
    """
    masters: dict[str, str] = {}
    for formula in root.iter(_F):
        number = formula.get("si", "")
        text = formula.text or ""
        if formula.get("t") == "shared":
            text = masters.setdefault(number, text)
        elif formula.get("t") == "dataTable":
            text = "A1"
        yield formula, text


class Stale:
    """Finds out whose results are stale, sheet by sheet.

    A sheet is touched if something on it was cleared, or a formula on it may have read from one
    that is; so are the sheets that are written anew.
    """

    def __init__(self, workbook: Workbook, touched: Collection[str]) -> None:
        self._workbook, self._resolver = workbook, Resolver(workbook)
        self.touched = set(touched)
        self._sources: dict[str, set[Sources]] = {}

    def read(self, sheet: Sheet, root: Element) -> None:
        """Note what the formulas of a sheet refer to."""
        texts = {text for _, text in formulas_of(root)}
        found = {self._resolver.sources(text, sheet.part) for text in texts}
        if found:
            self._sources[sheet.part] = found

    def spread(self) -> None:
        """Touch whatever reads from what is touched, until nothing more follows."""
        if not self.touched:
            return
        is_growing = True
        while is_growing:
            is_growing = False
            for part, sources in self._sources.items():
                if part not in self.touched and any(map(self._is_stale, sources)):
                    self.touched.add(part)
                    is_growing = True

    def _is_stale(self, sources: Sources) -> bool:
        return None in sources or not self.touched.isdisjoint(sources)

    def forget(self, doubtful: Mapping[str, Collection[str]]) -> Mapping[str, int]:
        """Take the stale results away; how many formulas show nothing now, by their sheet's name.

        Parameters
        ----------
        doubtful
            The addresses of formulas that showed a secret, by their sheet's part. One that has read
            nothing of what was cleared would show it again: it goes.

        Raises
        ------
        WorkbookError
            If the XML of a sheet is not as it must be.
        """
        forgotten = {}
        for sheet in self._workbook.sheets:
            if sheet.part not in self.touched or sheet.part not in self._sources:
                continue
            root = self._workbook.package.xml(sheet.part)
            count = self._forget(root, sheet.part, doubtful.get(sheet.part, ()))
            if count:
                forgotten[sheet.name] = count
                self._workbook.package.put(sheet.part, to_xml(root))
        return forgotten

    def _forget(self, root: Element, part: str, doubtful: Collection[str]) -> int:
        give_addresses(root)
        count = 0
        groups: set[str | None] = set()
        for formula, text in list(formulas_of(root)):
            cell = formula.getparent()
            is_stale = self._is_stale(self._resolver.sources(text, part))
            if cell is None or not (is_stale or cell.get("r") in doubtful):
                continue
            count += 1
            forget_answer(cell)
            if formula.get("t") in FILLING and formula.get("ref"):
                for _, other in cells_of(root, Area.of(formula.get("ref", "A1"))):
                    if other.find(_F) is None:
                        forget_answer(other)
            if not is_stale:
                groups.add(formula.get("si"))
                cell.remove(formula)
        for formula in list(root.iter(_F)) if groups - {None} else ():
            cell = formula.getparent()
            if formula.get("si") in groups - {None} and cell is not None:
                forget_answer(cell)
                cell.remove(formula)
        return count


def compute_on_opening(workbook: Workbook) -> None:
    """Ask whoever opens the workbook to compute all of it.

    References
    ----------
    ECMA-376 part 1, 18.2.2: the attribute ``fullCalcOnLoad``.
    """
    properties = workbook.root.find(main("calcPr"))
    if properties is None:
        properties = etree.Element(main("calcPr"))
        anchor = next(
            e for tag in _BEFORE_CALCULATION if (e := workbook.root.find(main(tag))) is not None
        )
        anchor.addnext(properties)
    properties.set("fullCalcOnLoad", "1")
    properties.attrib.pop("calcCompleted", "")
    workbook.drop_calculations()
    workbook.commit()
