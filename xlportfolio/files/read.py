"""Read the input tables of a closed workbook: calamine for the cells, the package for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple
from xml.parsers.expat import ExpatError

from python_calamine import CalamineError, CalamineWorkbook

from xlportfolio.errors import WorkbookError
from xlportfolio.files.extent import AddressError, Extent, extent_of
from xlportfolio.files.workbook import Sheet, TableObject, Workbook, coordinates
from xlportfolio.look import LONGEST
from xlportfolio.model import name_key
from xlportfolio.schema import TABLES, CellError, RawTable, Table
from xlportfolio.schema.contract import Cell, column_letters, sheet_table

# a cell's content ends where another cell's tag begins, wherever that is: never at the sheet's end
_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+[0-9]+)"[^>]*(?<!/)>'
    rb"([^<]*(?:<(?!/?(?:\w+:)?c[\s/>])[^<]*)*)</(?:\w+:)?c>"
)
_ERROR_TEXT = re.compile(rb"<(?:\w+:)?v>([^<]*)</")

#: What calamine reads beside the sheets: parts of just these names, in any case.
_READ_BY_CALAMINE = {
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/sharedstrings.xml",
    "xl/styles.xml",
}


class _Area(NamedTuple):
    """Where a table stands, counted from 1."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int
    headers: Sequence[str] | None = None


def read_tables(workbook: Workbook) -> dict[str, RawTable]:
    """The input tables of a workbook, by name: its table objects, else its sheets.

    Raises
    ------
    WorkbookError
        If the cells cannot be read.
    """
    objects = {table.name.lower(): (sheet, table) for sheet, table in workbook.tables()}
    reader = _Reader(workbook)
    found = {}
    for table in TABLES:
        sheet, area = objects.get(table.name.lower(), (None, None))
        raw = (
            reader.of_object(table, sheet, area)
            if sheet is not None and area is not None
            else reader.of_sheet(table)
        )
        if raw is not None:
            found[table.name] = raw
    return found


class _Reader:
    """Reads each sheet once, whatever stands on it."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        for part in workbook.package.parts():  # it believes whatever a part inflates to
            if part.lower() in _READ_BY_CALAMINE:
                workbook.package.read_xml(part)
        try:
            self._calamine = CalamineWorkbook.from_path(str(workbook.package.path))
        except (CalamineError, OSError) as error:
            raise workbook.package.malformed("cells", detail=error) from error
        self._cells: dict[str, list[list[Cell]]] = {}
        self._extents: dict[str, Extent] = {}

    def of_object(self, table: Table, sheet: Sheet, found: TableObject) -> RawTable:
        """A table that stands in a table object."""
        area = _Area(
            found.first_row,
            found.last_row - found.totals_rows,
            found.first_column,
            found.last_column,
            None if found.has_header_row else found.headers,
        )
        return self._cut(table, sheet, area)

    def of_sheet(self, table: Table) -> RawTable | None:
        """A table known by its sheet's name; none if that sheet has no such header row."""
        keys = {name_key(table.english), name_key(table.german)}
        for sheet in self._workbook.sheets:
            if sheet.is_worksheet and name_key(sheet.name) in keys:
                raw = sheet_table(table, sheet.name, self._sheet(sheet))
                if raw is not None:
                    return raw
        return None

    def _sheet(self, sheet: Sheet) -> list[list[Cell]]:
        """All cells of a sheet from A1 on, error cells marked as such."""
        if sheet.name not in self._cells:
            data = self._workbook.package.read_xml(sheet.part)
            self._extents[sheet.name] = self._extent(sheet, data)
            try:
                read = self._calamine.get_sheet_by_name(sheet.name)
                cells: list[list[Any]] = read.to_python(skip_empty_area=False)
            except CalamineError as error:
                raise self._workbook.package.malformed("cells", detail=error) from error
            self._refuse_long(sheet, cells)
            for row, column, text in _error_cells(data):
                if row <= len(cells) and column <= len(cells[row - 1]):
                    cells[row - 1][column - 1] = CellError(text)
            self._cells[sheet.name] = cells
        return self._cells[sheet.name]

    def _extent(self, sheet: Sheet, data: bytes) -> Extent:
        """How far the cells of a sheet reach, if calamine has room for all between them."""
        package = self._workbook.package
        try:
            extent = extent_of(data)
        except AddressError as error:
            raise package.malformed("cell_address", sheet=sheet.name, cell=str(error)) from error
        except ExpatError as error:
            raise package.malformed("part_xml", part=sheet.part) from error
        if extent.is_sparse:
            details = {"path": package.path, "sheet": sheet.name, "area": str(extent)}
            raise WorkbookError("too_sparse", **details)
        return extent

    def _refuse_long(self, sheet: Sheet, cells: list[list[Cell]]) -> None:
        """Refuse a text that no cell can hold, and that no reader of cells is made for."""
        for row, line in enumerate(cells, start=1):
            for column, cell in enumerate(line, start=1):
                if type(cell) is str and len(cell) > LONGEST:
                    address = f"{column_letters(column)}{row}"
                    details = {"sheet": sheet.name, "cell": address, "most": LONGEST}
                    raise self._workbook.package.malformed("cell_long", **details)

    def _cut(self, table: Table, sheet: Sheet, area: _Area) -> RawTable:
        """The part of a sheet that a table covers, each row as long as the header."""
        cells = self._sheet(sheet)
        left, right = area.first_column - 1, area.last_column
        top = area.first_row - 1
        width = right - left
        if self._extents[sheet.name].is_lost_in(area.last_row - top, width):
            details = {"path": self._workbook.package.path, "sheet": sheet.name}
            raise WorkbookError("table_too_large", table=table.name, **details)
        rows = cells[top : area.last_row]
        if area.headers is None:
            header: Sequence[Cell] = rows[0][left:right] if rows else []
            rows = rows[1:]
        else:  # a table without a header row still has names for its columns
            header, top = list(area.headers), top - 1
        padded = (row if len(row) >= left + width else [*row, *[""] * width] for row in rows)
        body = [row[left:right] for row in padded]
        blank: list[Cell] = [""] * width  # below the last filled row of the sheet, a table goes on
        body += [blank] * (area.last_row - top - 1 - len(body))
        header = [*header, *[""] * (width - len(header))]
        return RawTable(table, sheet.name, top + 1, area.first_column, header, body)


def _error_cells(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of the cells that show an error; calamine takes them for blank."""
    if b't="e"' not in data:
        return
    for cell in _ERROR_CELL.finditer(data):
        column, row = coordinates(cell[1].decode())
        text = _ERROR_TEXT.search(cell[2])
        yield row, column, text[1].decode() if text else "#N/A"
