"""Types into a workbook what a page of the documentation shows as a table, as its reader would.

``python fill_in.py PAGE NUMBER BOOK``
    the table of this number on the page, from 1. Its headers are those of a table of the workbook,
    which gets a row for each of its rows; or they are four, and each row names a sheet, a row by
    its first cell, a column, and what is typed there.
``python fill_in.py --column BOOK SHEET HEADER ENTRY...``
    a column of one's own behind the table of a sheet, filled with the entries in turn.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.table import Table, TableColumn
from openpyxl.worksheet.worksheet import Worksheet

#: How many columns a table has that names single cells.
_OF_CELLS = 4
_NUMBER = re.compile(r"(-?\d+(?:[.,]\d+)?)( ?%)?")

Rows = list[list[str]]


def tables_of(page: Path) -> list[Rows]:
    """All tables of a page, each with its header first."""
    found: list[Rows] = [[]]
    for line in page.read_text("utf-8").splitlines():
        if not line.startswith("|"):
            found.append([])
        elif not re.fullmatch(r"[|\s:-]+", line):
            found[-1].append([cell.strip().strip("`") for cell in line.strip("|").split("|")])
    return [rows for rows in found if rows]


def entry(text: str) -> str | float | None:
    """What Excel makes of something typed: a number, a percentage, or the text as it is."""
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text or None
    value = float(number[1].replace(",", "."))
    return value / 100 if number[2] else value


def fill_in(book: Path, rows: Rows) -> None:
    """Type rows below their headers, or single entries into the cells that are named."""
    workbook = load_workbook(book, keep_vba=book.suffix == ".xlsm")
    header, *body = rows
    try:
        sheet, table = _with_headers(workbook, header)
    except LookupError:
        if len(header) != _OF_CELLS:
            raise
        for name, row, column, text in body:
            _enter(workbook[name], row, column, entry(text))
    else:
        _append(sheet, table, header, body)
    workbook.save(book)


def add_column(book: Path, name: str, header: str, entries: list[str]) -> None:
    """Add a column behind the table of a sheet."""
    workbook = load_workbook(book, keep_vba=book.suffix == ".xlsm")
    sheet = workbook[name]
    (table,) = sheet.tables.values()
    left, top, right, bottom = range_boundaries(table.ref)
    sheet.cell(top, right + 1, header)
    for row in range(top + 1, bottom + 1):
        sheet.cell(row, right + 1, entries[(row - top - 1) % len(entries)])
    number = max(column.id for column in table.tableColumns) + 1
    table.tableColumns.append(TableColumn(id=number, name=header))
    _resize(table, f"{get_column_letter(left)}{top}:{get_column_letter(right + 1)}{bottom}")
    workbook.save(book)


def _with_headers(workbook: Workbook, header: list[str]) -> tuple[Worksheet, Table]:
    for sheet in workbook.worksheets:
        for table in sheet.tables.values():
            if set(header) <= set(_headers(sheet, table)):
                return sheet, table
    raise LookupError(header)


def _headers(sheet: Worksheet, table: Table) -> dict[str, int]:
    left, top, right, _ = range_boundaries(table.ref)
    return {str(sheet.cell(top, column).value): column for column in range(left, right + 1)}


def _append(sheet: Worksheet, table: Table, header: list[str], body: Rows) -> None:
    """Type rows into the blank ones of a table, which grows where there are too few."""
    left, top, right, bottom = range_boundaries(table.ref)
    columns = _headers(sheet, table)
    row = top + 1
    while any(sheet.cell(row, column).value is not None for column in range(left, right + 1)):
        row += 1
    for number, texts in enumerate(body, start=row):
        for name, text in zip(header, texts, strict=True):
            sheet.cell(number, columns[name]).value = entry(text)
    last = max(bottom, row + len(body) - 1)
    _resize(table, f"{get_column_letter(left)}{top}:{get_column_letter(right)}{last}")


def _enter(sheet: Worksheet, key: str, header: str, content: str | float | None) -> None:
    """Type into the cell of a row, named by its first or second cell, and a column."""
    (table,) = sheet.tables.values()
    left, top, _, bottom = range_boundaries(table.ref)
    column = _headers(sheet, table)[header]
    for row in range(top + 1, bottom + 1):
        if key in {str(sheet.cell(row, at).value) for at in (left, left + 1)}:
            sheet.cell(row, column).value = content
            return
    raise LookupError(key)


def _resize(table: Table, area: str) -> None:
    table.ref = area
    if table.autoFilter is not None:
        table.autoFilter.ref = area


def main() -> None:
    """Do what the command line asks for."""
    match sys.argv[1:]:
        case ["--column", book, sheet, header, *entries]:
            add_column(Path(book), sheet, header, entries)
        case [page, number, book]:
            fill_in(Path(book), tables_of(Path(page))[int(number) - 1])
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
