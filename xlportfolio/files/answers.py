"""Formulas that nobody can compute without xlportfolio or macros become what they show."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import NamedTuple

from xlportfolio.errors import Problem, note, warning
from xlportfolio.files.cells import FILLING, Area, SheetCells, give_addresses
from xlportfolio.files.lost import Losses, Lost, macro_sheets
from xlportfolio.files.lost_rules import drop_names, drop_rules, keep_series
from xlportfolio.files.package import Element, to_xml
from xlportfolio.files.workbook import Sheet, Workbook, coordinates, main
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.schema.merging import few

#: Sheet, column and row of a cell, counted from 1, and the functions of ours in its formula ->
#: whether its value may stay.
Keep = Callable[[str, int, int, frozenset[str]], bool]

_C, _F, _IS, _T, _V = map(main, ("c", "f", "is", "t", "v"))
#: Errors that a formula shows which was not computed; others are results.
_NOT_COMPUTED = frozenset(
    ["#NAME?", "#VALUE!", "#SPILL!", "#CALC!", "#GETTING_DATA", "#BUSY!", "#CONNECT!", "#BLOCKED!"]
)
_FAULT = "#KP!"
_OLD = tuple(f" ({texts(language)('macros.not_recomputed')})" for language in LANGUAGES)


def keep_answers(
    workbook: Workbook,
    skip: Collection[str] = (),
    keep: Keep = lambda *_: True,
    going: Iterable[Sheet] = (),
) -> list[Problem]:
    """Turn formulas with functions of ours, or of the user's own macros, into their values.

    So do formulas that need names or sheets which no copy without macros has. To be called before
    :func:`xlportfolio.files.macrofree.remove_macros`, which takes these away.

    A cell that was never computed becomes empty, and so does one that shows ``#NAME?``,
    ``#VALUE!`` or a fault of ours (``#KP! ...``). Other errors are results, and stay. A result that
    is marked as not recomputed stays the text that it is, with its mark.

    Parameters
    ----------
    skip
        Parts of sheets that are left alone, since they are replaced anyhow.
    keep
        Which values stay; the other cells become empty.
    going
        Sheets that go besides those of macros.

    Returns
    -------
    What the sender is told: cells without a value, rules and names that went.

    Raises
    ------
    WorkbookError
        If a part that has to be changed cannot be understood.
    """
    losses, told = Losses(workbook, going), list[Problem]()
    strings = _Strings(workbook)
    alone = {*skip, *(sheet.part for sheet in macro_sheets(workbook))}
    is_changed = False
    for sheet in workbook.sheets:
        if sheet.part in alone or not sheet.is_worksheet:
            continue
        data = workbook.package.read_xml(sheet.part)
        if not losses.may_be_in(data):
            continue
        try:
            answers = _Answers(sheet, workbook.package.xml(sheet.part), losses, strings)
            found = answers.settle(keep)
        except ValueError as error:  # an address that is none
            raise workbook.package.malformed("part_xml", part=sheet.part) from error
        rules = drop_rules(answers.root, partial(losses.of, sheet=sheet.name))
        is_changed = is_changed or found.cells > 0
        if found.cells or rules:
            workbook.package.put(sheet.part, to_xml(answers.root))
        told += _told(sheet.name, found, rules)
    told += keep_series(workbook, losses)
    told += drop_names(workbook, losses)
    if is_changed:
        workbook.drop_calculations()
    workbook.commit()
    return told


class _Found(NamedTuple):
    """What came of the cells of a sheet.

    Attributes
    ----------
    cells
        How many formulas became values.
    missing, old
        The cells without a value, and those with one that was not recomputed.
    macros
        The functions of macros that were called.
    """

    cells: int
    missing: list[str]
    old: list[str]
    macros: set[str]


def _told(sheet: str, found: _Found, rules: int) -> Iterator[Problem]:
    for key, cells in (("answers_missing", found.missing), ("answers_old", found.old)):
        if cells:
            yield warning(key, sheet, count=len(cells), cells=few(cells))
    if found.macros:
        yield note("answers_of_macros", sheet, functions=few(sorted(found.macros)))
    if rules:
        yield warning("answers_rules", sheet, count=rules)


class _Strings:
    """The texts that cells of a workbook share."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook

    @cached_property
    def _all(self) -> list[str]:
        part = self._workbook.related("sharedStrings")
        items = [] if part is None else self._workbook.package.xml(part).iterfind(main("si"))
        return ["".join(t.text or "" for t in item.iter(_T)) for item in items]

    def text(self, cell: Element) -> str:
        """The text in a cell, nothing if it holds none."""
        content = cell.findtext(_V) or ""
        match cell.get("t"):
            case "str":
                return content
            case "s" if content.isdecimal() and int(content) < len(self._all):
                return self._all[int(content)]
            case "inlineStr":
                return "".join(t.text or "" for t in cell.iter(_T))
        return ""


class _Answers:
    """The formulas of a sheet that cannot be computed elsewhere, and what they show."""

    def __init__(self, sheet: Sheet, root: Element, losses: Losses, strings: _Strings) -> None:
        give_addresses(root)
        self.root = root
        self._sheet, self._losses, self._strings = sheet.name, losses, strings
        self._missing: list[str] = []
        self._old: list[str] = []

    def settle(self, keep: Keep) -> _Found:
        """Let values stand for formulas; formulas of calculated columns and of totals go too."""
        lost = list(self._lost())
        is_filling = any(formula.get("t") in FILLING for formula, _ in lost)
        cells = SheetCells(self.root) if is_filling else None
        macros: set[str] = set()
        for formula, reason in lost:
            cell = formula.getparent()
            assert cell is not None
            macros |= reason.macros
            cell.remove(formula)
            cell.attrib.pop("cm", "")
            self._settle(cell, reason, keep, is_first=True)
            if cells is not None and formula.get("t") in FILLING:
                for other in _others(cells, Area.of(formula.get("ref", "A1")), cell):
                    self._settle(other, reason, keep, is_first=False)
        return _Found(len(lost), self._missing, self._old, macros)

    def _lost(self) -> Iterator[tuple[Element, Lost]]:
        """The formulas, each with the reason; cells that share one have the reason of all."""
        formulas = list(self.root.iter(_F))
        shared: dict[str, Lost] = {}
        for formula in formulas:
            number = formula.get("si")
            if formula.text and number is not None:
                lost = self._losses.of(formula.text, self._sheet)
                shared[number] = shared.get(number, Lost()) | lost
        found: dict[tuple[int, int], Lost] = {}
        data_tables = []
        for formula in formulas:
            number = formula.get("si")
            if number is not None:
                lost = shared.get(number, Lost())
            else:
                lost = self._losses.of(formula.text or "", self._sheet)
            if lost:
                found[_place(formula)] = lost
                yield formula, lost
            elif formula.get("t") == "dataTable":
                data_tables.append(formula)
        for formula in data_tables:
            lost = _of_data_table(Area.of(formula.get("ref", "A1")), found)
            if lost:
                yield formula, lost

    def _settle(self, cell: Element, reason: Lost, keep: Keep, *, is_first: bool) -> None:
        address = cell.get("r", "A1")
        column, row = coordinates(address)
        if not keep(self._sheet, column, row, reason.ours):
            _empty(cell)
            return
        text = self._strings.text(cell)
        content = cell.findtext(_V) or ""
        is_empty = cell.find(_V) is None and cell.find(_IS) is None
        is_empty = is_empty or (content == "" and cell.get("t") not in {"str", "inlineStr"})
        is_fault = cell.get("t") == "e" and content in _NOT_COMPUTED
        if is_fault or text.startswith(_FAULT) or (is_empty and is_first):
            self._missing.append(address)
            _empty(cell)
        elif text.endswith(_OLD):
            self._old.append(address)


def _place(formula: Element) -> tuple[int, int]:
    cell = formula.getparent()
    assert cell is not None
    return coordinates(cell.get("r", "A1"))


def _of_data_table(area: Area, found: Mapping[tuple[int, int], Lost]) -> Lost:
    """Why a data table cannot be computed: it repeats what stands above it and on its left."""
    above = ((column, area.top - 1) for column in (area.left - 1, *area.columns))
    beside = ((area.left - 1, row) for row in area.rows)
    lost = Lost()
    for place in (*above, *beside):
        lost |= found.get(place, Lost())
    return lost


def _others(cells: SheetCells, area: Area, first: Element) -> Iterator[Element]:
    """The cells that a formula of another cell fills."""
    for number in cells.rows(area.top, area.bottom):
        for column, cell in cells.row(number).items():
            if column in area.columns and cell is not first and cell.find(_F) is None:
                yield cell


def _empty(cell: Element) -> None:
    for attribute in ("t", "vm"):
        cell.attrib.pop(attribute, "")
    del cell[:]
