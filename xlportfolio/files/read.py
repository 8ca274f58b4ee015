"""Read the input tables of a closed workbook: calamine for the cells, the package for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from python_calamine import CalamineError, CalamineWorkbook

from xlportfolio.files.workbook import Sheet, TableObject, Workbook, coordinates
from xlportfolio.model import name_key
from xlportfolio.schema import TABLES, CellError, RawTable, Table
from xlportfolio.schema.contract import Cell, sheet_table

_PLACE = re.compile(rb"<(?:\w+:)?(row|c)\b([^>]*)>")
_ADDRESS = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,3})([0-9]{1,7})["']""")
_IS_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_CELL_END = re.compile(rb"</(?:\w+:)?c>")
_ERROR_TEXT = re.compile(rb"<(?:\w+:)?v>([^<]*)</")


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
        try:
            self._calamine = CalamineWorkbook.from_path(str(workbook.package.path))
        except (CalamineError, OSError) as error:
            raise workbook.package.malformed("cells", detail=error) from error
        self._cells: dict[str, list[list[Cell]]] = {}

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
            try:
                read = self._calamine.get_sheet_by_name(sheet.name)
                cells: list[list[Any]] = read.to_python(skip_empty_area=False)
            except (CalamineError, OverflowError) as error:
                raise self._workbook.package.malformed("cells", detail=error) from error
            data = self._workbook.package.read(sheet.part)
            for row, column, text in _error_cells(data):
                if row <= len(cells) and column <= len(cells[row - 1]):
                    cells[row - 1][column - 1] = CellError(text)
            self._cells[sheet.name] = cells
        return self._cells[sheet.name]

    def _cut(self, table: Table, sheet: Sheet, area: _Area) -> RawTable:
        """The part of a sheet that a table covers, each row as long as the header."""
        cells = self._sheet(sheet)
        left, right = area.first_column - 1, area.last_column
        top = area.first_row - 1
        width = right - left
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
