"""Whole sheets as rows of cells, through calamine, of which little is taken on trust.

Calamine makes room for the whole rectangle between the first and the last cell, inflates what it
is given, and shows error cells as blank ones; so the parts that it reads are looked at before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineWorkbook

from xlportfolio.errors import WorkbookError
from xlportfolio.files.extent import AddressError, Extent, extent_of
from xlportfolio.files.rows import LONGEST
from xlportfolio.files.workbook import Sheet, Workbook, coordinates
from xlportfolio.schema.contract import Cell, CellError, column_letters

_PLACE = re.compile(rb"<(?:\w+:)?(row|c)\b([^>]*)>")
_ADDRESS = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,3})([0-9]{1,7})["']""")
_IS_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_CELL_END = re.compile(rb"</(?:\w+:)?c>")
_ERROR_TEXT = re.compile(rb"<(?:\w+:)?v>([^<]*)</")

#: What calamine reads beside the sheets: parts of just these names, in any case.
_READ_BY_CALAMINE = {
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/sharedstrings.xml",
    "xl/styles.xml",
}


class WholeSheets:
    """The sheets of a workbook, each read when it is first asked for."""

    def __init__(self, workbook: Workbook) -> None:
        self._package = workbook.package
        self._cells: dict[str, list[list[Cell]]] = {}
        self._extents: dict[str, Extent] = {}

    def cells(self, sheet: Sheet) -> list[list[Cell]]:
        """All cells of a sheet from A1 on, row by row, all of one length; error cells as such.

        Raises
        ------
        WorkbookError
            If the sheet cannot be read.
        """
        if sheet.name not in self._cells:
            data = self._package.read_xml(sheet.part)
            self._extents[sheet.name] = self._extent(sheet, data)
            try:
                read = self._calamine.get_sheet_by_name(sheet.name)
                cells: list[list[Any]] = read.to_python(skip_empty_area=False)
            except CalamineError as error:
                raise self._package.malformed("cells", detail=error) from error
            self._refuse_long(sheet, cells)
            for row, column, text in _error_cells(data):
                if row <= len(cells) and column <= len(cells[row - 1]):
                    cells[row - 1][column - 1] = CellError(text)
            self._cells[sheet.name] = cells
        return self._cells[sheet.name]

    def extent(self, sheet: Sheet) -> Extent:
        """How far the cells of a sheet reach."""
        self.cells(sheet)
        return self._extents[sheet.name]

    @cached_property
    def _calamine(self) -> CalamineWorkbook:
        for part in self._package.parts():  # it believes whatever a part inflates to
            if part.lower() in _READ_BY_CALAMINE:
                self._package.read_xml(part)
        try:
            return CalamineWorkbook.from_path(str(self._package.path))
        except (CalamineError, OSError) as error:
            raise self._package.malformed("cells", detail=error) from error

    def _extent(self, sheet: Sheet, data: bytes) -> Extent:
        """How far the cells of a sheet reach, if calamine has room for all between them."""
        try:
            extent = extent_of(data)
        except AddressError as error:
            details: dict[str, object] = {"sheet": sheet.name, "cell": str(error)}
            raise self._package.malformed("cell_address", **details) from error
        except ExpatError as error:
            raise self._package.malformed("part_xml", part=sheet.part) from error
        if extent.is_sparse:
            details = {"path": self._package.path, "sheet": sheet.name, "area": str(extent)}
            raise WorkbookError("too_sparse", **details)
        return extent

    def _refuse_long(self, sheet: Sheet, cells: list[list[Cell]]) -> None:
        """Refuse a text that no cell can hold, and that no reader of cells is made for."""
        for row, line in enumerate(cells, start=1):
            for column, cell in enumerate(line, start=1):
                if type(cell) is str and len(cell) > LONGEST:
                    address = f"{column_letters(column)}{row}"
                    details = {"sheet": sheet.name, "cell": address, "most": LONGEST}
                    raise self._package.malformed("cell_long", **details)


def _error_cells(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of the cells that show an error; calamine takes them for blank."""
    if _IS_ERROR.search(data) is None:
        return
    row = column = 0
    for found in _PLACE.finditer(data):
        address = _ADDRESS.search(found[2])
        if found[1] == b"row":
            row, column = int(address[2]) if address else row + 1, 0
            continue
        if address is None or not address[1]:  # a cell without an address follows the one before
            column += 1
        else:
            column, row = coordinates(address[1].decode() + address[2].decode())
        if _IS_ERROR.search(found[2]):
            end = _CELL_END.search(data, found.end())
            text = _ERROR_TEXT.search(data, found.end(), end.start() if end else len(data))
            yield row, column, text[1].decode() if text else "#N/A"
