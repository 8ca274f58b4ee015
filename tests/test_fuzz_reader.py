"""The reader of sheets against openpyxl, on sheets of which every cell is known.

Compared is each cell of a table, by value and type: numbers to the last bit, texts with all their
blanks and line ends, truth values, errors by their text, days, times and durations (by number
format, in both epochs) to the millisecond, and blank cells; the place of the table on its sheet;
its header; and that every row is as long as the header. Both must give what was written, so that
neither the test nor one of the readers is believed alone.
"""

from __future__ import annotations

import io
from contextlib import closing
from pathlib import Path
from unittest.mock import patch

import openpyxl
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.fuzzing import read_or_refused, tries
from support.odd import rows_of
from support.sheet_xml import KINDS, Area, Book, books, odd_book, odd_cells, plain

from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.schema import CellError, RawTable


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("reader") / "book.xlsx"


def read(path: Path, data: bytes) -> RawTable:
    path.write_bytes(data)
    with closing(Package(path)) as package:
        return read_tables(Workbook(package))["tblCustomers"]


def by_openpyxl(book: Book) -> Area:
    sheet = openpyxl.load_workbook(io.BytesIO(book.data), data_only=True)["Customers"]
    bottom, right = book.top + len(book.area) - 1, book.left + len(book.area[0]) - 1
    rows = sheet.iter_rows(book.top, bottom, book.left, right)
    return [
        [("error", cell.value) if cell.data_type == "e" else plain(cell.value) for cell in row]
        for row in rows
    ]


def by_us(table: RawTable) -> Area:
    return [
        [("error", cell.text) if isinstance(cell, CellError) else plain(cell) for cell in row]
        for row in (table.header, *rows_of(table))
    ]


def check(path: Path, book: Book) -> None:
    assert by_openpyxl(book) == book.area
    table = read(path, book.data)
    assert (table.sheet, table.row, table.column) == ("Customers", book.top, book.left)
    cells = by_us(table)
    width = len(book.area[0])
    assert {len(row) for row in cells} == {width}
    if not book.has_object:  # nothing says where the table ends
        cells += [[None] * width] * (len(book.area) - len(cells))
    assert cells == book.area


@tries(150)
@given(books())
def test_each_cell_is_read_as_it_was_written_and_as_openpyxl_reads_it(
    path: Path, book: Book
) -> None:
    check(path, book)


@tries(150)
@given(books(usual=True))
def test_a_sheet_spelled_as_usual_is_read_so_without_calamine(path: Path, book: Book) -> None:
    with patch("xlportfolio.files.whole.CalamineWorkbook", None):
        check(path, book)


@tries(150)
@given(odd_cells, st.booleans())
@example([(KINDS.index("span"), "", "1e10")], False)  # a duration of more days than Python has
@example([(KINDS.index("span"), "", "-1e20")], False)  # at which calamine panics
def test_values_that_fit_neither_type_nor_format_are_read_or_refused(
    path: Path, cells: list[tuple[int, str, str]], is_1904: bool
) -> None:
    path.write_bytes(odd_book(cells, is_1904=is_1904))
    read_or_refused(path)
