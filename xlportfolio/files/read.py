"""Read the input tables of a closed workbook: straight from its XML where that is plain.

Whatever is not plain, calamine reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from python_calamine import CalamineError, CalamineWorkbook

from xlportfolio.files.markup import Flags
from xlportfolio.files.plain import Area, plain_columns, plain_strings, show_numbers
from xlportfolio.files.workbook import Sheet, TableObject, Workbook, coordinates
from xlportfolio.model import name_key
from xlportfolio.schema import TABLES, CellError, RawTable, Table
from xlportfolio.schema.contract import Cell, Cells, sheet_table

_PLACE = re.compile(rb"<(?:\w+:)?(row|c)\b([^>]*)>")
_ADDRESS = re.compile(rb"""\br\s*=\s*["']([A-Z]{0,3})([0-9]{1,7})["']""")
_IS_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")
_CELL_END = re.compile(rb"</(?:\w+:)?c>")
_ERROR_TEXT = re.compile(rb"<(?:\w+:)?v>([^<]*)</")


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
        self._package = workbook.package
        self._cells: dict[str, list[list[Cell]]] = {}

    def of_object(self, table: Table, sheet: Sheet, found: TableObject) -> RawTable:
        """A table that stands in a table object; one without a header row still has names."""
        area = Area(
            found.first_row - (not found.has_header_row),
            found.last_row - found.totals_rows,
            found.first_column,
            found.last_column,
        )
        data = self._package.read(sheet.part)
        read = plain_columns(data, area, self._strings, self._is_number)
        header, columns = self._cut(sheet, area) if read is None else read
        if not found.has_header_row:
            header = list[Cell](found.headers)[: area.width]
            header += [""] * (area.width - len(header))
        place = sheet.name, area.first_row, area.first_column
        return RawTable(table, *place, header, columns, area.height - 1)

    def of_sheet(self, table: Table) -> RawTable | None:
        """A table known by its sheet's name; none if that sheet has no such header row."""
        keys = {name_key(table.english), name_key(table.german)}
        for sheet in self._workbook.sheets:
            if sheet.is_worksheet and name_key(sheet.name) in keys:
                raw = sheet_table(table, sheet.name, self._sheet(sheet))
                if raw is not None:
                    return raw
        return None

    @cached_property
    def _strings(self) -> Sequence[str]:
        """The shared strings, none if they are not plain."""
        part = self._workbook.related("sharedStrings")
        return (plain_strings(self._package.read(part)) or ()) if part is not None else ()

    @cached_property
    def _is_number(self) -> Flags:
        """For each cell format, whether a number in it is shown as one."""
        part = self._workbook.related("styles")
        return np.array([True] if part is None else show_numbers(self._package.xml(part)))

    @cached_property
    def _calamine(self) -> CalamineWorkbook:
        try:
            return CalamineWorkbook.from_path(str(self._package.path))
        except (CalamineError, OSError) as error:
            raise self._package.malformed("cells", detail=error) from error

    def _sheet(self, sheet: Sheet) -> list[list[Cell]]:
        """All cells of a sheet from A1 on, error cells marked as such."""
        if sheet.name not in self._cells:
            try:
                read = self._calamine.get_sheet_by_name(sheet.name)
                cells: list[list[Any]] = read.to_python(skip_empty_area=False)
            except CalamineError as error:
                raise self._package.malformed("cells", detail=error) from error
            for row, column, text in _error_cells(self._package.read(sheet.part)):
                if row <= len(cells) and column <= len(cells[row - 1]):
                    cells[row - 1][column - 1] = CellError(text)
            self._cells[sheet.name] = cells
        return self._cells[sheet.name]

    def _cut(self, sheet: Sheet, area: Area) -> tuple[list[Cell], list[Cells]]:
        """The first row of an area, and the columns below."""
        left, right = area.first_column - 1, area.last_column
        rows = [
            [*row[left:right], *[""] * (right - max(len(row), left))]
            for row in self._sheet(sheet)[max(area.first_row - 1, 0) : area.last_row]
        ]
        blank: list[Cell] = [""] * area.width
        if not area.first_row:
            rows.insert(0, blank)
        # below the last filled row of the sheet, a table goes on
        rows += [blank] * (area.height - len(rows))
        header, *below = rows
        return header, list(zip(*below, strict=True)) if below else [()] * area.width


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
