"""Writing into the user's own table of customers: the cells named change, and nothing else."""

from __future__ import annotations

import datetime as dt
import io
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table
from support import lo_session
from support.books import CUSTOMERS_HEADER, write_book
from support.ecma import repairs_of
from support.everything import everything
from support.fuzzing import tries
from support.kept import assert_kept, said
from support.northwind import WORKBOOKS, add_input, input_tables, measures_in
from support.office import convert
from support.packages import MAIN, changed_parts, faults_of, parsed, parts_of, sheet_parts
from support.sheet_xml import KINDS, Book, books, plain
from support.template import made

from xlportfolio import WorkbookError, rescore
from xlportfolio.errors import Problem
from xlportfolio.files.fill import fill, formulas, read_memory, write_memory
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.schema.contract import Cell, RawTable, column_letters
from xlportfolio.schema.merging import CellChange, Filling, Memory

#: Row below the header from 0, and position -> content.
Contents = Mapping[tuple[int, int], Cell]
SHEET, BOOK = "Customers", "xl/workbook.xml"


def filling(raw: RawTable, contents: Contents, added: int = 0) -> Filling:
    changes = [CellChange(*place, None, content) for place, content in contents.items()]
    return Filling(raw, changes, added)


def customers(workbook: Workbook) -> RawTable:
    return read_tables(workbook)["tblCustomers"]


def write(path: Path, work: Callable[[Workbook], Any]) -> Any:
    """Let something be done with the workbook in a file, and write it back."""
    with closing(Package(path)) as package:
        done = work(Workbook(package))
        sink = io.BytesIO()
        package.write(sink)
    path.write_bytes(sink.getvalue())
    return done


def put(path: Path, contents: Contents, added: int = 0) -> tuple[Problem, ...]:
    """Fill the table of the customers in a file."""

    def work(workbook: Workbook) -> tuple[Problem, ...]:
        return fill(workbook, filling(customers(workbook), contents, added))

    told: tuple[Problem, ...] = write(path, work)
    return told


def cells_of(data: bytes) -> dict[str, Any]:
    """The cells of a sheet's XML by their addresses, also those that do not say them."""
    found = {}
    number = 0
    for row in parsed(data).iter(f"{MAIN}row"):
        number = int(row.get("r", number + 1))
        column = 0
        for cell in row.iter(f"{MAIN}c"):
            address = cell.get("r")
            if address is None:
                column += 1
            else:
                letters = address.rstrip("0123456789")
                column = openpyxl.utils.column_index_from_string(letters)
            cell.set("r", f"{column_letters(column)}{number}")
            found[cell.get("r")] = cell
    return found


def content_of(cell: Any) -> tuple[str, str]:
    """The type of a cell, and what is written in it."""
    texts = cell.iter(f"{MAIN}v", f"{MAIN}t")
    return cell.get("t", "n"), "".join(text.text or "" for text in texts)


def parts_in(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


# --- any sheet --------------------------------------------------------------------------------

_TEXT = st.text("ab <&>\"'\t\n\x01\r_x0041_äß€😀", min_size=1, max_size=9)
_CONTENTS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**20), 10**20),
    st.integers(0, 1000),
    st.floats(allow_nan=False, allow_infinity=False),
    _TEXT,
    st.dates(dt.date(1905, 1, 1), dt.date(2100, 1, 1)),
)


@st.composite
def fillings(draw: st.DrawFn) -> tuple[Book, dict[tuple[int, int], Cell], int]:
    """A workbook, what is to be written, and how many rows are added."""
    book = draw(books())
    cells = cells_of(book.parts["xl/worksheets/sheet1.xml"].encode())
    height, width = len(book.area) - 1, len(book.area[0])
    added = draw(st.integers(0, 3)) if book.has_object else 0
    contents = {}
    for row in range(height + added):
        for position in range(width):
            address = f"{column_letters(book.left + position)}{book.top + 1 + row}"
            is_formula = address in cells and cells[address].find(f"{MAIN}f") is not None
            if not is_formula and draw(st.booleans()):
                contents[row, position] = draw(_CONTENTS)
    return book, contents, added


@tries(200)
@given(fillings())
def test_named_cells_hold_their_content_and_all_others_stay_to_the_letter(
    tmp_path_factory: pytest.TempPathFactory,
    case: tuple[Book, dict[tuple[int, int], Cell], int],
) -> None:
    book, contents, added = case
    path = tmp_path_factory.getbasetemp() / "any.xlsx"
    path.write_bytes(book.data)
    before = parts_of(path)
    with closing(Package(path)) as package:
        raw = customers(Workbook(package))
    if raw.height < len(book.area) - 1:  # known by its sheet: it ends with the last filled row
        contents = {place: c for place, c in contents.items() if place[0] < raw.height}
    put(path, contents, added)
    after = parts_of(path)
    sheet = "xl/worksheets/sheet1.xml"
    assert changed_parts(before, after) <= {sheet, "xl/tables/table1.xml", "xl/styles.xml"}
    assert faults_of(after) == faults_of(before)
    old, new = cells_of(before[sheet]), cells_of(after[sheet])
    named = {
        f"{column_letters(book.left + position)}{book.top + 1 + row}": content
        for (row, position), content in contents.items()
    }
    for address, cell in new.items():
        if address not in named:
            assert address not in old or said(cell) == said(old[address])
            continue
        content = named[address]
        kind, text = content_of(cell)
        style, was = (int(c.get("s", "0")) for c in (cell, old.get(address, cell)))
        if isinstance(content, dt.date):
            first = (
                dt.date(1904, 1, 1) if b'date1904="1"' in before[BOOK] else dt.date(1899, 12, 30)
            )
            assert (kind, float(text)) == ("n", (content - first).days)
            assert style == was if KINDS[was:] and KINDS[was] else shows_days(after, style)
        else:
            assert (kind, text) == written(content)
            assert style == was
    assert old.keys() <= new.keys()
    blank = {address for address, content in named.items() if content in {None, ""}}
    assert named.keys() - blank <= new.keys()
    numbers = [c for c in contents.values() if isinstance(c, int | float)]
    if max(map(abs, numbers), default=0) < 10**6:  # what is shown as a time must be one
        with closing(Package(path)) as package:
            again = customers(Workbook(package))
        for place, content in contents.items():
            if isinstance(content, str):
                assert again.cell(*place) == content
    if book.has_object and added:
        table = parsed(after["xl/tables/table1.xml"])
        first, _, last = table.get("ref").partition(":")
        right = column_letters(book.left + len(book.area[0]) - 1)
        assert last == f"{right}{book.top + len(book.area) - 1 + added}"
        assert first == f"{column_letters(book.left)}{book.top}"


def shows_days(parts: dict[str, bytes], style: int) -> bool:
    """Whether a cell format shows numbers as days, as Excel itself does."""
    formats = parsed(parts["xl/styles.xml"]).find(f"{MAIN}cellXfs")
    assert formats.get("count") == str(len(formats))
    return bool(formats[style].get("numFmtId") == "14")


def written(content: Cell) -> tuple[str, str]:
    match content:
        case None:
            return "n", ""
        case bool():
            return "b", str(int(content))
        case int() | float():
            number = float(content)
            is_short = number.is_integer() and abs(number) < 1e15
            return "n", str(int(number)) if is_short else repr(number)
        case _:
            return "inlineStr", re.sub(
                "[\x01\r]|_(?=x0041_)", lambda found: f"_x{ord(found[0]):04X}_", str(content)
            )
