"""Does in a workbook what a page of the documentation asks of its reader, and looks at the results.

Tables and quotations of a page are named by their number on it, from 1.

``python reader.py anew PAGE TABLE BOOK``
    clears the table of the workbook that begins with the same header, types the rows, and deletes
    those left over; where the page has other headers, they are typed too, and the columns behind
    them deleted. Fails where the page's columns stand in another order than the sheet's, or skip
    one: then its rows could not be pasted
``python reader.py type PAGE TABLE BOOK``
    types single cells: each row names a sheet, a row by its first or second cell, a column, and
    what is typed there
``python reader.py see PAGE TABLE BOOK``
    fails unless each row stands like that on a sheet with these headers
``python reader.py read PAGE QUOTATION BOOK``
    fails unless a cell of the workbook holds what is quoted
``python reader.py column BOOK SHEET HEADER ENTRY...``
    adds a column of the reader's own to the table of a sheet, filled with the entries in turn
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from itertools import cycle
from pathlib import Path

from openpyxl import load_workbook
from openpyxl.utils import get_column_letter, range_boundaries
from openpyxl.workbook import Workbook
from openpyxl.worksheet.table import Table, TableColumn
from openpyxl.worksheet.worksheet import Worksheet

_NUMBER = re.compile(r"(-?\d[\d.,]*)( ?%)?")
#: A separator of thousands: a group of three digits follows, and no other kind of sign does.
_THOUSANDS = re.compile(r"\d{1,3}([.,]\d{3})+")

Rows = list[list[str]]


# --- what stands on a page ------------------------------------------------------------------------


def tables_of(page: Path) -> list[Rows]:
    """All tables of a page, each with its header first."""
    found: list[Rows] = [[]]
    for line in page.read_text("utf-8").splitlines():
        if not line.startswith("|"):
            found.append([])
        elif not re.fullmatch(r"[|\s:-]+", line):
            found[-1].append([cell.strip(" `*") for cell in line.strip("|").split("|")])
    return [rows for rows in found if rows]


def quotations_of(page: Path) -> list[str]:
    """All quotations of a page, each in one line."""
    text = page.read_text("utf-8")
    return [
        " ".join(found[0].replace(">", " ").split())
        for found in re.finditer(r"^>.*(?:\n>.*)*", text, re.MULTILINE)
    ]


def entry(text: str) -> str | float | None:
    """What Excel makes of something typed: a number, a percentage, or the text as it is."""
    number = _NUMBER.fullmatch(text)
    if number is None:
        return text or None
    digits = number[1]
    if _THOUSANDS.fullmatch(digits):
        digits = re.sub("[.,]", "", digits)
    value = float(digits.replace(",", "."))
    return value / 100 if number[2] else value


# --- what the reader types ------------------------------------------------------------------------


def type_anew(book: Path, rows: Rows) -> None:
    """Fill a table from its first row on, after clearing it.

    Raises
    ------
    LookupError
        If the columns do not stand in the order of the sheet.
    """
    header, *body = rows
    with _opened(book) as workbook:
        sheet, table = _beginning_with(workbook, header[0])
        left, top, right, bottom = range_boundaries(table.ref)
        for row in range(top + 1, bottom + 1):
            for column in range(left, right + 1):
                sheet.cell(row, column).value = None
        there = list(_headers(sheet, table))
        others = set(header) - set(there)
        kept = [name for name in header if name in there]
        fits = (
            kept == [name for name in there if name in kept]
            if others
            else (header == there[: len(header)])
        )
        if not fits:
            raise LookupError(f"{header} stands on the sheet as {there}")
        if others:
            right = _rename(sheet, table, header)
        columns = _headers(sheet, table)
        for row, texts in enumerate(body, start=top + 1):
            sheet.row_dimensions[row].height = None  # as high as its texts need
            for name, text in zip(header, texts, strict=True):
                sheet.cell(row, columns[name]).value = entry(text)
            if row > bottom:  # a table that grows gives a new row the looks of the one above
                for column in range(left, right + 1):
                    sheet.cell(row, column)._style = copy(sheet.cell(row - 1, column)._style)  # noqa: SLF001 (openpyxl has no other way)
        last = top + len(body)
        sheet.delete_rows(last + 1, max(0, bottom - last))
        _resize(table, (left, top, right, last))


def type_cells(book: Path, rows: Rows) -> None:
    """Fill single cells: of a sheet, in the row of a customer or criterion, in a column."""
    with _opened(book) as workbook:
        for name, key, header, text in rows[1:]:
            sheet = workbook[name]
            (table,) = sheet.tables.values()
            left, top, _, bottom = range_boundaries(table.ref)
            row = next(
                row
                for row in range(top + 1, bottom + 1)
                if key in {sheet.cell(row, column).value for column in (left, left + 1)}
            )
            sheet.cell(row, _headers(sheet, table)[header]).value = entry(text)


def add_column(book: Path, name: str, header: str, entries: list[str]) -> None:
    """Add a column behind the table of a sheet."""
    with _opened(book) as workbook:
        sheet = workbook[name]
        (table,) = sheet.tables.values()
        left, top, right, bottom = range_boundaries(table.ref)
        sheet.cell(top, right + 1, header)
        for row, text in zip(range(top + 1, bottom + 1), cycle(entries), strict=False):
            sheet.cell(row, right + 1, text)
        number = max(column.id for column in table.tableColumns) + 1
        table.tableColumns.append(TableColumn(id=number, name=header))
        _resize(table, (left, top, right + 1, bottom))


# --- what the reader sees -------------------------------------------------------------------------


def see(book: Path, rows: Rows) -> None:
    """Look for rows on the sheets, with numbers to as many decimals as the page has.

    Raises
    ------
    LookupError
        If a row stands on none.
    """
    header, *body = rows
    workbook = load_workbook(book, data_only=True)
    areas = [
        (sheet, range_boundaries(table.ref), _headers(sheet, table))
        for sheet in workbook.worksheets
        for table in sheet.tables.values()
    ]
    there = [
        [sheet.cell(row, columns[name]).value for name in header]
        for sheet, (_, top, _, bottom), columns in areas
        if set(header) <= columns.keys()
        for row in range(top + 1, bottom + 1)
    ]
    for texts in body:
        if not any(all(map(_alike, texts, cells)) for cells in there):
            near = [cells for cells in there if texts[1] in map(str, cells)]
            raise LookupError(f"not in {book.name}: {texts}, but {near}")


def read(book: Path, quotation: str) -> None:
    """Look for a quotation in the cells.

    Raises
    ------
    LookupError
        If none holds it.
    """
    workbook = load_workbook(book, data_only=True)
    cells = {
        " ".join(str(cell).split())
        for sheet in workbook.worksheets
        for row in sheet.iter_rows(values_only=True)
        for cell in row
        if cell is not None
    }
    if not any(quotation in cell for cell in cells):
        raise LookupError(quotation)


def _alike(text: str, cell: object) -> bool:
    if isinstance(cell, (int, float)) and not isinstance(cell, bool):
        number = entry(text)
        decimals = len(re.sub(r"^[^.,]*[.,]?", "", text))
        return isinstance(number, float) and abs(number - cell) <= 0.5000001 * 10**-decimals
    return text == ("" if cell is None else str(cell))


# --- tables of a workbook -------------------------------------------------------------------------


@contextmanager
def _opened(book: Path) -> Iterator[Workbook]:
    workbook = load_workbook(book, keep_vba=book.suffix == ".xlsm")
    yield workbook
    workbook.save(book)


def _beginning_with(workbook: Workbook, header: str) -> tuple[Worksheet, Table]:
    for sheet in workbook.worksheets:
        for table in sheet.tables.values():
            if next(iter(_headers(sheet, table))) == header:
                return sheet, table
    raise LookupError(header)


def _headers(sheet: Worksheet, table: Table) -> dict[str, int]:
    left, top, right, _ = range_boundaries(table.ref)
    return {str(sheet.cell(top, column).value): column for column in range(left, right + 1)}


def _rename(sheet: Worksheet, table: Table, header: list[str]) -> int:
    """Type other headers, and delete the columns behind them; the last column that is left."""
    left, top, right, _ = range_boundaries(table.ref)
    del table.tableColumns[len(header) :]
    for column, name, of_table in zip(
        range(left, right + 1), header, table.tableColumns, strict=False
    ):
        sheet.cell(top, column).value = of_table.name = name
    last = left + len(header) - 1
    sheet.delete_cols(last + 1, right - last)
    return last


def _resize(table: Table, bounds: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = bounds
    table.ref = f"{get_column_letter(left)}{top}:{get_column_letter(right)}{bottom}"
    if table.autoFilter is not None:
        table.autoFilter.ref = table.ref


def main() -> None:
    """Do what the command line asks for."""
    match sys.argv[1:]:
        case ["column", book, sheet, header, *entries]:
            add_column(Path(book), sheet, header, entries)
        case ["read", page, number, book]:
            read(Path(book), quotations_of(Path(page))[int(number) - 1])
        case [("anew" | "type" | "see") as what, page, number, book]:
            do = {"anew": type_anew, "type": type_cells, "see": see}[what]
            do(Path(book), tables_of(Path(page))[int(number) - 1])
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main()
