"""What the cells of a sheet hold, as a reader of texts sees it: shared, inline and rich ones."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from openpyxl.utils.escape import unescape

from xlportfolio.files.cells import SheetCells
from xlportfolio.files.package import Element
from xlportfolio.files.workbook import Sheet, Workbook, main
from xlportfolio.schema.contract import Cell

_C, _F, _IS, _R, _SI, _T, _V = map(main, ("c", "f", "is", "r", "si", "t", "v"))
_READING = main("rPh")
_TEXTS = frozenset({"s", "str", "inlineStr"})


def joined(element: Element) -> str:
    """The text of a string, its runs joined; how it is read aloud in Japanese is left out."""
    texts = [child.text or "" for child in element.iterfind(_T)]
    texts += [run.findtext(_T) or "" for run in element.iterfind(_R)]
    return _decoded("".join(texts))


def read_aloud(element: Element) -> str:
    """How a string is read aloud, if it says so."""
    return _decoded("".join(child.findtext(_T) or "" for child in element.iterfind(_READING)))


def _decoded(text: str) -> str:
    return str(unescape(text)) if "_x" in text else text


class CellTexts:
    """Resolves what cells hold, the shared strings of the workbook included."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook

    @cached_property
    def _elements(self) -> list[Element]:
        part = self._workbook.related("sharedStrings")
        return [] if part is None else list(self._workbook.package.xml(part).iterfind(_SI))

    @cached_property
    def shared(self) -> Sequence[str]:
        """The shared strings, in their order."""
        return [joined(element) for element in self._elements]

    @cached_property
    def spoken(self) -> Sequence[str]:
        """How each of them is read aloud."""
        return [read_aloud(element) for element in self._elements]

    def content(self, cell: Element) -> str | float | None:
        """The text or number of a cell; none for blanks, errors, truths and what is malformed."""
        kind = cell.get("t", "n")
        if kind == "inlineStr":
            inline = cell.find(_IS)
            return None if inline is None else joined(inline)
        value = cell.findtext(_V)
        if value is None:
            return None
        if kind == "str":
            return _decoded(value)
        try:
            if kind == "s":
                return self.shared[int(value)]
            return float(value) if kind == "n" else None
        except (ValueError, IndexError):
            return None

    def rows(self, sheet: Sheet) -> list[list[Cell]]:
        """All cells of a sheet from its first on, blank ones too, as far as a row reaches.

        Raises
        ------
        WorkbookError
            If the XML of the sheet is not as it must be.
        """
        try:
            cells = SheetCells(self._workbook.package.xml(sheet.part))
        except ValueError as error:
            raise self._workbook.package.malformed("sheet_order", sheet=sheet.name) from error
        found: list[list[Cell]] = []
        for number in cells.rows(1, 2**20):
            found += [[] for _ in range(number - 1 - len(found))]
            row = cells.row(number)
            filled = {column: cell for column, cell in row.items() if len(cell)}
            line: list[Cell] = [None] * max(filled, default=0)
            for column, cell in filled.items():
                line[column - 1] = self.content(cell)
            found.append(line)
        return found
