"""Read the input tables of a closed workbook: calamine for the cells, the package for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from lxml import etree
from python_calamine import CalamineError, CalamineWorkbook

from xlportfolio.errors import WorkbookError
from xlportfolio.files.package import relationships_part
from xlportfolio.files.workbook import Sheet, TableObject, Workbook, coordinates, walk
from xlportfolio.model import name_key
from xlportfolio.schema import TABLES, CellError, RawTable, Table
from xlportfolio.schema.contract import Cell, column_letters, sheet_table

_ERROR_CELL = re.compile(
    rb'<(?:\w+:)?c\b(?=[^>]*\bt="e")[^>]*\br="([A-Z]+[0-9]+)"[^>]*>(.*?)</(?:\w+:)?c>', re.DOTALL
)
_DIMENSION = re.compile(
    rb"""<(?:\w+:)?dimension\s+ref=["']([A-Z]{1,3}[0-9]{1,7}):([A-Z]{1,3}[0-9]{1,7})["']"""
)
#: Cells, blank ones among them, that are held in memory whatever a sheet's part weighs.
_MOST_CELLS = 25_000_000
_MACRO_SHEETS = {"xlMacrosheet", "xlIntlMacrosheet"}
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
        package, strings = workbook.package, workbook.related("sharedStrings")
        for part in (workbook.part, relationships_part(workbook.part), strings):
            if part is not None:
                self._refuse_encoding(part)
        try:
            self._calamine = CalamineWorkbook.from_path(str(package.path))
        except (CalamineError, OSError) as error:
            raise self._unreadable(error) from error
        self._cells: dict[str, list[list[Cell]]] = {}

    def _unreadable(self, error: Exception) -> WorkbookError:
        """What to say where calamine fails: it knows no macro sheets, nor other names of parts."""
        package, part = self._workbook.package, self._workbook.part
        for sheet in self._workbook.sheets:
            if sheet.kind in _MACRO_SHEETS:
                return WorkbookError("macro_sheet", path=package.path, sheet=sheet.name)
        if part.lower() != "xl/workbook.xml":
            return package.malformed("book_name", part=part)
        return package.malformed("cells", detail=error)

    def _refuse_encoding(self, part: str) -> None:
        """Refuse a part that calamine would take for UTF-8, and so for another text or none."""
        encoding = self._workbook.package.encoding(part)
        if encoding not in {"UTF-8", "UTF8", "US-ASCII", "ASCII"}:
            details = {"path": self._workbook.package.path, "part": part, "encoding": encoding}
            raise WorkbookError("encoding", **details)

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
            self._refuse_encoding(sheet.part)
            data = self._workbook.package.read(sheet.part)
            self._refuse_far_apart(sheet, data)
            try:
                read = self._calamine.get_sheet_by_name(sheet.name)
                cells: list[list[Any]] = read.to_python()
            except CalamineError as error:
                raise self._unreadable(error) from error
            if read.start is not None:  # what is blank above and to the left counts as well
                top, left = read.start
                cells = [[""] * left + row for row in cells] if left else cells
                cells = [[] for _ in range(top)] + cells if top else cells
            for row, column, text in _error_cells(data):
                if row <= len(cells) and column <= len(cells[row - 1]):
                    cells[row - 1][column - 1] = CellError(text)
            self._cells[sheet.name] = cells
        return self._cells[sheet.name]

    def _refuse_far_apart(self, sheet: Sheet, data: bytes) -> None:
        """Refuse a few cells whose area is too large to be held: calamine holds all of it."""
        most = max(_MOST_CELLS, len(data))  # a cell that is there takes more than one byte
        declared = _DIMENSION.search(data[:10_000])
        if declared is None or _size(*(coordinates(a.decode()) for a in declared.groups())) <= most:
            return
        filled = []  # what is only formatted does not count
        try:
            for event, element in walk(data, "c"):
                if event == "end":
                    if len(element):
                        filled.append(coordinates(element.get("r", "A1")))
                    element.clear()
        except (etree.XMLSyntaxError, ValueError) as error:
            raise self._workbook.package.malformed("part_xml", part=sheet.part) from error
        columns, rows = zip(*filled, strict=True) if filled else ((1,), (1,))
        last = max(columns), max(rows)
        if _size((1, min(rows)), last) > most:
            cell = f"{column_letters(last[0])}{last[1]}"
            path = self._workbook.package.path
            raise WorkbookError("far_apart", path=path, sheet=sheet.name, cell=cell)

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


def _size(first: tuple[int, ...], last: tuple[int, ...]) -> int:
    """How many cells are held for an area between two cells, from column A on."""
    return (last[1] - first[1] + 1) * last[0]


def _error_cells(data: bytes) -> Iterator[tuple[int, int, str]]:
    """Row, column and text of the cells that show an error; calamine takes them for blank."""
    if b't="e"' not in data:
        return
    for cell in _ERROR_CELL.finditer(data):
        column, row = coordinates(cell[1].decode())
        text = _ERROR_TEXT.search(cell[2])
        yield row, column, text[1].decode() if text else "#N/A"
