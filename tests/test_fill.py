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
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table
from support.books import CRITERIA, CRITERIA_HEADER, write_book
from support.ecma import repairs_of
from support.everything import CUSTOMERS_SHEET, everything
from support.fuzzing import tries
from support.kept import DAY, assert_kept, said
from support.northwind import WORKBOOKS, add_input, input_tables, measures_in
from support.office import convert
from support.packages import (
    MAIN,
    MAY_CHANGE,
    changed_parts,
    faults_of,
    parsed,
    parts_of,
    sheet_parts,
)
from support.sheet_xml import KINDS, Book, books
from support.template import made

from xlportfolio import WorkbookError, rescore
from xlportfolio.errors import Problem
from xlportfolio.files.fill import fill, formulas, read_memory, write_memory
from xlportfolio.files.imports import Orders
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
    is_readable = max(map(abs, numbers), default=0) < 10**6  # what is shown as a time must be one
    if is_readable:
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
    if book.has_object and is_readable:  # once more, and nothing is left to be changed
        height = len(book.area) - 1  # below it, formulas may have gone on into blank cells
        put(
            path, {(r, c): x for (r, c), x in contents.items() if r < height or x not in {None, ""}}
        )
        assert changed_parts(after, parts_of(path)) == set()


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


# --- a table as people make it ----------------------------------------------------------------

HEADER = ("Customer ID", "Customer", "Turnover", "Margin", "Rate", "Since")


def book_with_table(path: Path, *, totals: bool = False, shown: bool = True) -> Path:
    """A table with formats, rules, a calculated column, notes, and other things around it."""
    book = xlsxwriter.Workbook(str(path))
    money, share, day = (
        book.add_format({"num_format": f, "border": 1}) for f in ("#,##0.00", "0 %", "dd.mm.yyyy")
    )
    sheet, other = book.add_worksheet(SHEET), book.add_worksheet("Other")
    columns: list[dict[str, Any]] = [
        {"header": HEADER[0], "total_string": "Total"},
        {"header": HEADER[1]},
        {"header": HEADER[2], "format": money, "total_function": "sum"},
        {"header": HEADER[3], "format": money},
        {
            "header": HEADER[4],
            "format": share,
            "formula": "=tblCustomers[[#This Row],[Margin]]/tblCustomers[[#This Row],[Turnover]]",
        },
        {"header": HEADER[5], "format": day},
    ]
    rows = [[f"K{i}", f"Kunde {i}", i * 100, i * 25] for i in range(1, 6)]
    options = {"name": "tblCustomers", "columns": columns, "data": rows, "total_row": totals}
    sheet.add_table(2, 1, 7 + totals, 6, options)
    for i in range(5):
        sheet.write_formula(3 + i, 5, f"=tblCustomers[[#This Row],[Margin]]/D{4 + i}", share, 0.25)
        sheet.write_datetime(3 + i, 6, moment(2020 + i), day)
    sheet.write_comment("C5", "her note")
    sheet.data_validation("D4:D8", {"validate": "decimal", "criteria": ">=", "value": 0})
    sheet.data_validation("E8", {"validate": "decimal", "criteria": ">=", "value": 7})
    sheet.data_validation("D4:I8", {"validate": "length", "criteria": "<", "value": 9})
    sheet.conditional_format("D4:E8", {"type": "data_bar", "data_bar_2010": True})
    sheet.conditional_format("G4:G20", {"type": "blanks", "format": money})
    sheet.write("I4", "beside")
    sheet.write_formula("I5", "=SUM(D4:D8)", None, 1500)
    sheet.protect("secret")
    sheet.freeze_panes(3, 0)
    sheet.write("B12", "far below")
    other.write_formula("A1", "=Customers!D8*2", None, 1000)
    if not shown:
        sheet.hide()
        other.activate()
    book.close()
    return path


def parts_after(path: Path, contents: Contents, added: int = 0) -> dict[str, bytes]:
    put(path, contents, added)
    parts = parts_of(path)
    assert faults_of(parts) == []
    assert repairs_of(parts) == []
    return parts


NEW: Contents = {
    (5, 0): "K6",
    (5, 1): " Müller & Söhne <GmbH> ",
    (5, 2): 600,
    (6, 0): "K7",
    (6, 5): dt.date(2026, 1, 31),
}


def test_new_rows_look_like_the_last_one_and_table_filter_and_rules_grow(tmp_path: Path) -> None:
    path = book_with_table(tmp_path / "book.xlsx")
    before = parts_of(path)
    after = parts_after(path, NEW, 2)
    sheet = "xl/worksheets/sheet1.xml"
    assert changed_parts(before, after) == {sheet, "xl/tables/table1.xml"}
    opened = openpyxl.load_workbook(path)[SHEET]
    table = opened.tables["tblCustomers"]
    assert (table.ref, table.autoFilter.ref) == ("B3:G10", "B3:G10")
    for column in "BCDEFG":
        for row in (9, 10):
            new, last = opened[f"{column}{row}"], opened[f"{column}8"]
            assert (new.number_format, repr(new.border)) == (last.number_format, repr(last.border))
    assert [opened[f"{c}9"].value for c in "BCD"] == ["K6", " Müller & Söhne <GmbH> ", 600]
    assert opened["G10"].value == moment(2026, 1, 31)
    rules = {str(rule.sqref) for rule in opened.data_validations.dataValidation}
    assert rules == {"D4:D10", "E8", "D4:I8"}  # one cell's own stays, and what goes beyond
    assert {str(rule.sqref) for rule in opened.conditional_formatting} == {"D4:E10", "G4:G20"}
    extended = parsed(after[sheet]).iter(
        "{http://schemas.microsoft.com/office/excel/2006/main}sqref"
    )
    assert [element.text for element in extended] == ["D4:E10"]
    assert opened["C5"].comment.text == "her note"
    assert opened.protection.sheet
    assert opened["B12"].value == "far below"
    assert opened.dimensions == "B3:I12"


def test_a_calculated_column_goes_on_and_is_computed_by_whoever_opens_it(tmp_path: Path) -> None:
    path = book_with_table(tmp_path / "book.xlsx")
    told = put(path, NEW, 2)
    assert [(p.fault.key, p.column, p.cell, p.fault.details) for p in told] == [
        ("formula_continued", "Rate", "F9", {"rows": 2})
    ]
    opened = openpyxl.load_workbook(path)[SHEET]
    formula = "tblCustomers[[#This Row],[Margin]]/tblCustomers[[#This Row],[Turnover]]"
    assert opened["F10"].value == f"={formula}"  # which the table knows, whatever its cells hold
    seen = openpyxl.load_workbook(path, data_only=True)[SHEET]
    assert [seen["F8"].value, seen["F9"].value] == [0.25, None]
    put(path, {(5, 3): 300}, 0)
    folder = tmp_path / "office"
    folder.mkdir()
    computed = openpyxl.load_workbook(convert(path, "xlsx", folder), data_only=True)
    assert computed[SHEET]["F9"].value == 0.5
    assert computed[SHEET]["D9"].value == 600


@pytest.mark.parametrize(
    ("formula", "last", "expected"),
    [
        ("=D4*$D$1+SUM(D$4:D4)", "F9", "=D9*$D$1+SUM(D$4:D9)"),
        ('=LOG10(D4)&"A1"&Other!A4', "F9", '=LOG10(D9)&"A1"&Other!A9'),
        (
            "='It''s A1'!D4+tblCustomers[[#This Row],[Turnover]]",
            "F9",
            "='It''s A1'!D9+tblCustomers[[#This Row],[Turnover]]",
        ),
    ],
)
def test_references_of_a_formula_that_goes_on_move_as_excel_fills_down(
    formula: str, last: str, expected: str, tmp_path: Path
) -> None:
    path = book_with_table(tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    for row in range(4, 9):
        moved = re.sub(r"(?<=D)4(?!:)|(?<=!A)4", str(row), formula)
        book[SHEET][f"F{row}"] = moved
    for column in book[SHEET].tables["tblCustomers"].tableColumns:
        column.calculatedColumnFormula = None
    book.save(path)
    put(path, {(5, 0): "K6"}, 1)
    assert openpyxl.load_workbook(path)[SHEET][last].value == expected


def test_shared_formulas_go_on_from_where_they_are_said(tmp_path: Path) -> None:
    path = book_with_table(tmp_path / "book.xlsx")

    def share(parts: dict[str, bytes]) -> None:
        root = parsed(parts["xl/worksheets/sheet1.xml"])
        for row in range(4, 9):
            (cell,) = (c for c in root.iter(f"{MAIN}c") if c.get("r") == f"F{row}")
            formula = cell.find(f"{MAIN}f")
            formula.set("t", "shared")
            formula.set("si", "0")
            formula.text = "E4/D4" if row == 4 else None
            if row == 4:
                formula.set("ref", "F4:F8")
        parts["xl/worksheets/sheet1.xml"] = etree.tostring(root)
        table = parts["xl/tables/table1.xml"]
        cut = re.sub(rb"<calculatedColumnFormula>.*?</calculatedColumnFormula>", b"", table)
        parts["xl/tables/table1.xml"] = cut

    change_parts(path, share)
    put(path, {(5, 0): "K6"}, 1)
    assert openpyxl.load_workbook(path)[SHEET]["F9"].value == "=E9/D9"


def moment(year: int, month: int = 1, date: int = 1, hour: int = 0) -> dt.datetime:
    return dt.datetime.combine(dt.date(year, month, date), dt.time(hour))


def change_parts(path: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    parts = parts_of(path)
    change(parts)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)


def test_a_column_with_a_formula_in_some_rows_only_does_not_go_on(tmp_path: Path) -> None:
    path = book_with_table(tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book[SHEET]["D8"] = "=250*2"
    book.save(path)
    told = put(path, {(5, 0): "K6", (5, 4): 0.3}, 1)
    opened = openpyxl.load_workbook(path)[SHEET]
    assert told == ()  # and what is named is written where a column is computed
    assert (opened["D9"].value, opened["F9"].value) == (None, 0.3)


def test_the_chain_of_calculations_goes_where_a_formula_is_new(tmp_path: Path) -> None:
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/calcChain"
    content = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    path = book_with_table(tmp_path / "book.xlsx")

    def chain(parts: dict[str, bytes]) -> None:
        parts["xl/calcChain.xml"] = (
            f'<calcChain xmlns="{MAIN[1:-1]}"><c r="F4" i="1"/><c r="A1" i="2"/></calcChain>'.encode()
        )
        rels = "xl/_rels/workbook.xml.rels"
        related = f'<Relationship Id="chain" Type="{kind}" Target="calcChain.xml"/></Relationships>'
        parts[rels] = parts[rels].replace(b"</Relationships>", related.encode())
        override = f'<Override PartName="/xl/calcChain.xml" ContentType="{content}"/></Types>'
        types = "[Content_Types].xml"
        parts[types] = parts[types].replace(b"</Types>", override.encode())

    change_parts(path, chain)
    given = parts_of(path)
    kept = parts_after(path, {(0, 2): 1.5})
    assert changed_parts(given, kept) == {"xl/worksheets/sheet1.xml"}
    assert "xl/calcChain.xml" not in parts_after(path, {(5, 0): "K6"}, 1)


# --- what is refused ---------------------------------------------------------------------------


def refused(path: Path, contents: Contents, added: int = 0) -> WorkbookError:
    """What stops a filling, which then leaves the package as it was."""
    before = parts_of(path)
    with closing(Package(path)) as package:
        workbook = Workbook(package)
        with pytest.raises(WorkbookError) as caught:
            fill(workbook, filling(customers(workbook), contents, added))
        sink = io.BytesIO()
        package.write(sink)
    assert parts_in(sink.getvalue()) == before
    for language in ("en", "de"):
        assert caught.value.message(language).endswith(".")
    return caught.value


def test_a_cell_below_the_table_that_is_in_the_way_is_named(tmp_path: Path) -> None:
    path = book_with_table(tmp_path / "book.xlsx")
    new = {(k, 0): f"K{k}" for k in range(5, 9)}
    put(tmp_path_copy(path, "fits.xlsx"), {k: v for k, v in new.items() if k[0] < 8}, 3)
    error = refused(path, new, 4)
    assert (error.key, error.details["cell"]) == ("below_table", "B12")


def tmp_path_copy(path: Path, name: str) -> Path:
    twin = path.with_name(name)
    twin.write_bytes(path.read_bytes())
    return twin


def test_other_tables_and_merged_cells_below_are_in_the_way_even_if_blank(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "book.xlsx",
        customers=[(1, "A"), (2, "B")],
        customers_header=("Customer ID", "Customer"),
    )
    book = openpyxl.load_workbook(path)
    book[SHEET].merge_cells("B6:D6")
    book[SHEET]["A20"], book[SHEET]["B20"] = "x", "y"
    book[SHEET].add_table(Table(displayName="hers", ref="A20:B22"))
    book.save(path)
    error = refused(path, {(k, 0): k for k in range(2, 5)}, 3)
    assert (error.key, error.details["cell"]) == ("below_table", "B6")
    book[SHEET].unmerge_cells("B6:D6")
    book.save(path)
    put(path, {(k, 0): k for k in range(2, 18)}, 16)
    error = refused(path, {(18, 0): 1, (19, 0): 2}, 2)
    assert (error.key, error.details["cell"]) == ("below_table", "A20")


def test_a_total_row_is_in_the_way_and_not_moved(tmp_path: Path) -> None:
    path = book_with_table(tmp_path / "book.xlsx", totals=True)
    error = refused(path, {(5, 0): "K6"}, 1)
    assert (error.key, error.details["table"]) == ("fill_totals", "tblCustomers")
    put(path, {(4, 2): 7})
    assert openpyxl.load_workbook(path)[SHEET]["D8"].value == 7


def test_formulas_are_known_and_never_overwritten(tmp_path: Path) -> None:
    path = book_with_table(tmp_path / "book.xlsx")
    with closing(Package(path)) as package:
        workbook = Workbook(package)
        assert formulas(workbook, customers(workbook)) == {(row, 4) for row in range(5)}
    error = refused(path, {(0, 2): 1, (3, 4): 0.5})
    assert (error.key, error.details["cell"]) == ("fill_formula", "F7")


def test_a_part_of_the_answer_of_an_array_formula_is_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet(SHEET)
    for row, cells in enumerate([("Customer ID", "Turnover"), ("a", 1), ("b", 2), ("c", 3)]):
        sheet.write_row(row, 0, cells)
    sheet.write_array_formula("B2:B3", "{=ROW(1:2)}", None, 1)
    sheet.write("B3", 2)
    book.close()
    with closing(Package(path)) as package:
        workbook = Workbook(package)
        assert formulas(workbook, customers(workbook)) == {(0, 1), (1, 1)}
    assert refused(path, {(1, 1): 5}).details["cell"] == "B3"
    put(path, {(2, 1): 5})


def test_a_cell_hidden_by_a_merged_one_and_a_text_too_long_are_refused(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx", tables=False)
    book = openpyxl.load_workbook(path)
    book[SHEET].merge_cells("B3:B4")
    book.save(path)
    assert refused(path, {(2, 1): "hidden"}).key == "fill_merged"
    put(path, {(1, 1): "seen"})
    error = refused(path, {(0, 1): "x" * 32_768})
    assert (error.key, error.details["cell"]) == ("text_too_long", "B2")


@pytest.mark.parametrize("order", ["reversed", "twice"])
def test_rows_out_of_their_order_are_refused(order: str, tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")

    def mix(parts: dict[str, bytes]) -> None:
        name = sheet_parts(parts)[SHEET]
        rows = re.findall(rb"<row .*?</row>", parts[name], re.DOTALL)
        other = rows[1] if order == "twice" else rows[2] + rows[1]
        parts[name] = parts[name].replace(rows[1] + rows[2] if order != "twice" else rows[2], other)

    change_parts(path, mix)
    with closing(Package(path)) as package:
        workbook = Workbook(package)
        raw = customers(workbook)
        with pytest.raises(WorkbookError, match="out of their order"):
            fill(workbook, filling(raw, {(0, 1): "x"}))


# --- formats, places, other programs -----------------------------------------------------------


def test_a_day_where_numbers_stand_gets_a_format_of_days_and_keeps_the_rest(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book[SHEET]["D2"].font = Font(bold=True)
    book.save(path)
    days = {(0, 3): dt.date(2026, 1, 31), (1, 3): moment(2026, 1, 31, 12), (2, 3): dt.time(6)}
    parts_after(path, days | {(3, 3): dt.timedelta(hours=30), (4, 3): dt.date(1850, 1, 1)})
    opened = openpyxl.load_workbook(path)[SHEET]
    assert [opened[f"D{row}"].value for row in range(2, 7)] == [
        moment(2026, 1, 31),
        moment(2026, 1, 31, 12),
        dt.time(6),
        dt.timedelta(hours=30),
        "1850-01-01",
    ]
    assert opened["D2"].font.b
    styles = parts_of(path)["xl/styles.xml"]
    put(path, days)
    assert parts_of(path)["xl/styles.xml"] == styles


def test_a_blank_cell_keeps_its_format_and_what_is_said_of_it(tmp_path: Path) -> None:
    path = book_with_table(tmp_path / "book.xlsx")
    parts_after(path, {(1, 1): None, (1, 2): None, (1, 3): ""})
    opened = openpyxl.load_workbook(path)[SHEET]
    assert [opened[f"{c}5"].value for c in "BCDE"] == ["K2", None, None, None]
    assert opened["D5"].number_format == "#,##0.00"
    assert opened["C5"].comment.text == "her note"


def test_without_a_table_object_rows_go_below_the_last_filled_one(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx", tables=False)
    book = openpyxl.load_workbook(path)
    book[SHEET].auto_filter.ref = "A1:G6"
    book[SHEET].conditional_formatting.add(
        "D2:D6", CellIsRule("lessThan", ["0"], font=Font(b=True))
    )
    rule = DataValidation("list", formula1='"high,low"', sqref="F2:F6")
    book[SHEET].add_data_validation(rule)
    book.save(path)
    parts_after(path, {(5, 0): 6, (5, 1): "Zeta", (6, 0): 7}, 2)
    book = openpyxl.load_workbook(path)
    opened = book[SHEET]
    assert [opened["A7"].value, opened["B7"].value, opened["A8"].value] == [6, "Zeta", 7]
    assert opened.auto_filter.ref == "A1:G8"
    assert opened.data_validations.dataValidation[0].sqref == rule.sqref.__class__("F2:F8")
    assert [str(r.sqref) for r in opened.conditional_formatting] == ["D2:D8"]
    assert len(rescore(path).analysis.customers) == 7
    name = parsed(parts_of(path)["xl/workbook.xml"]).iter(f"{MAIN}definedName")
    assert "Customers!$A$1:$G$8" in {(e.text or "").replace("'", "") for e in name}


def test_an_empty_table_wakes_up_when_its_blank_row_is_filled(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx", customers=[])

    def sleep(parts: dict[str, bytes]) -> None:
        name = "xl/tables/table1.xml"
        parts[name] = parts[name].replace(b"<table ", b'<table insertRow="1" ', 1)

    change_parts(path, sleep)
    parts = parts_after(path, {(0, 0): 1, (1, 0): 2}, 1)
    table = parsed(parts["xl/tables/table1.xml"])
    assert (table.get("insertRow"), table.get("ref")) == (None, "A1:G3")


def test_what_was_filled_and_remembered_is_read_straight_from_its_xml(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = book_with_table(tmp_path / "book.xlsx")
    put(path, {(0, 1): "Beta & Söhne", (1, 2): 0.1})
    remember(path)
    monkeypatch.setattr("xlportfolio.files.whole.CalamineWorkbook", None)
    with closing(Package(path)) as package:
        raw = customers(Workbook(package))
    assert (raw.cell(0, 1), raw.cell(1, 2)) == ("Beta & Söhne", 0.1)
    assert remembered(path) == ENTRIES


def test_a_filling_without_changes_writes_nothing(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    before = parts_of(path)
    assert put(path, {}) == ()
    assert parts_of(path) == before


@pytest.fixture(scope="module")
def tables(test_data: Path) -> bytes:
    return input_tables(measures_in(test_data))


def fill_again(path: Path, **_: Any) -> None:
    put(path, {(0, 1): "Alfreds & Co", (3, 2): None, (5, 4): 0.125})


@pytest.mark.parametrize("name", WORKBOOKS)
def test_filling_a_genuine_workbook_keeps_everything(
    name: str, tables: bytes, test_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / name
    add_input(test_data / "workbooks" / name, path, tables)
    given = parts_of(path)
    after = assert_kept(path, frozenset({SHEET}), fill_again)
    sheet = sheet_parts(given)[SHEET]
    assert changed_parts(given, after) == {sheet}
    assert set(repairs_of(after)) <= set(repairs_of(given))
    put(path, {(91, 0): "NEWCO", (91, 1): "New & Co"}, 1)
    grown = parts_of(path)
    assert len(changed_parts(after, grown)) == 2
    assert set(repairs_of(grown)) <= set(repairs_of(given))
    put(path, {(91, 2): "Prospect"})
    assert rescore(path).analysis.customers.loc[:, "customer"].tolist()[91] == "New & Co"


@pytest.mark.parametrize("suffix", [".xlsx", ".xlsm"])
def test_filling_a_workbook_with_everything_keeps_it(suffix: str, tmp_path: Path) -> None:
    path = everything(tmp_path / f"all{suffix}")
    given = parts_of(path)
    assert_kept(path, frozenset({CUSTOMERS_SHEET}), lambda p, **_: put(p, {(1, 1): "Beta & Söhne"}))
    assert set(repairs_of(parts_of(path))) <= set(repairs_of(given))


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_workbook_made_from_the_template_takes_new_customers(
    language: str, tmp_path: Path
) -> None:
    path = made(tmp_path, language)
    with closing(Package(path)) as package:
        height = customers(Workbook(package)).height
    parts_after(path, {(0, 1): "Other", (height, 0): "NEW1", (height, 1): "New"}, 1)
    rescored = rescore(path)
    assert "NEW1" in [str(i) for i in rescored.analysis.customers["customer_id"]]
    assert repairs_of(parts_of(path)) == []


def test_orders_fill_a_column_and_the_sheets_of_results_in_one_go(tmp_path: Path) -> None:
    criteria = [(*row, "turnover_12m" if row[0] == "Turnover" else None) for row in CRITERIA]
    header = (*CRITERIA_HEADER, "Source")
    path = write_book(tmp_path / "book.xlsx", criteria=criteria, criteria_header=header)
    lines = ["Order ID;Customer ID;Order date;Amount", "o1;1;2026-01-05;400", "o2;4;2026-01-06;999"]
    orders = tmp_path / "orders.csv"
    orders.write_text("\n".join(lines), encoding="utf-8")
    for _ in range(2):
        rescored = rescore(path, as_of=DAY, backup=False, orders=Orders(str(orders)))
        assert repairs_of(parts_of(path)) == []
    measures = rescored.analysis.measures.set_axis(rescored.analysis.customers["customer"])
    turnover = measures["Turnover"]
    assert (turnover["Alpha"], turnover["Delta"]) == (400, 999)
    opened = openpyxl.load_workbook(path)
    assert [opened[SHEET]["D2"].value, opened[SHEET]["D5"].value] == [400, 999]
    again = rescore(path, as_of=DAY, write=False)
    assert again.analysis.measures.equals(rescored.analysis.measures)


# --- the memory of imports ---------------------------------------------------------------------

_ENTRIES = st.dictionaries(
    st.tuples(_TEXT | st.sampled_from(["1", "007"]), _TEXT), _TEXT | st.sampled_from(["", "1.5"])
)


@tries(40)
@given(st.lists(_ENTRIES, min_size=1, max_size=3))
def test_what_is_remembered_is_what_was_written_last(
    tmp_path_factory: pytest.TempPathFactory, memories: Sequence[dict[tuple[str, str], str]]
) -> None:
    path = write_book(tmp_path_factory.getbasetemp() / "memory.xlsx")
    for entries in memories:
        write(path, lambda workbook, e=entries: write_memory(workbook, Memory(e)))
        with closing(Package(path)) as package:
            assert read_memory(Workbook(package)).entries == entries
        assert repairs_of(parts_of(path)) == []


ENTRIES = {("1", "Turnover"): "900", ("007", "Größe"): " 1.5 ", ("=A1", "Fit"): ""}


def remember(path: Path, entries: Mapping[tuple[str, str], str] = ENTRIES) -> None:
    write(path, lambda workbook: write_memory(workbook, Memory(entries)))


def remembered(path: Path) -> Mapping[tuple[str, str], str]:
    with closing(Package(path)) as package:
        return read_memory(Workbook(package)).entries


def test_the_memory_stands_on_a_sheet_that_nobody_sees_and_a_rescore_keeps_it(
    tmp_path: Path,
) -> None:
    path = write_book(tmp_path / "book.xlsx")
    before = parts_of(path)
    remember(path)
    after = parts_of(path)
    assert changed_parts(before, after) <= MAY_CHANGE
    sheets = list(parsed(after[BOOK]).iter(f"{MAIN}sheet"))
    assert [(e.get("name"), e.get("state")) for e in sheets[-1:]] == [
        ("_kp_imported", "veryHidden")
    ]
    part = sheet_parts(after)["_kp_imported"]
    rescore(path)
    assert parts_of(path)[part] == after[part]
    assert remembered(path) == ENTRIES
    rescore(path)
    remember(path, {})
    assert remembered(path) == {}
    assert faults_of(parts_of(path)) == repairs_of(parts_of(path)) == []


def test_without_anything_to_remember_no_sheet_is_made(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    before = parts_of(path)
    remember(path, {})
    assert parts_of(path) == before


def test_a_sheet_of_the_users_with_that_name_stays_hers(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    book = openpyxl.load_workbook(path)
    book.create_sheet("_KP_imported")["A1"] = "hers"
    book.save(path)
    remember(path)
    remember(path)
    book = openpyxl.load_workbook(path)
    assert book.sheetnames[-2:] == ["_KP_imported", "_kp_imported (2)"]
    assert book["_KP_imported"]["A1"].value == "hers"
    assert remembered(path) == ENTRIES


def test_what_a_user_adds_to_that_sheet_is_never_lost(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    remember(path)
    book = openpyxl.load_workbook(path)
    book["_kp_imported"]["F2"] = "hers"
    book.save(path)
    with pytest.raises(WorkbookError, match=r"cell F2 holds something that is not ours"):
        remember(path)


def test_more_than_a_sheet_holds_is_not_remembered(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    with pytest.raises(WorkbookError, match="at most 1048575"):
        remember(path, {(str(k), "Turnover"): "1" for k in range(1_048_576)})


def test_libreoffice_reads_what_is_filled_and_keeps_what_is_remembered(tmp_path: Path) -> None:
    path = book_with_table(tmp_path / "book.xlsx")
    put(path, NEW, 2)
    remember(path)
    folder = tmp_path / "office"
    folder.mkdir()
    saved = convert(path, "xlsx", folder)
    opened = openpyxl.load_workbook(saved)[SHEET]
    assert [opened[f"{c}9"].value for c in "BCD"] == ["K6", " Müller & Söhne <GmbH> ", 600]
    assert opened["G10"].value == moment(2026, 1, 31)
    assert opened["C5"].comment.text.strip() == "her note"
    assert remembered(saved) == ENTRIES
    with closing(Package(saved)) as package:
        assert customers(Workbook(package)).height == 7
    put(saved, {(7, 0): "K8", (0, 1): "Other"}, 1)
    remember(saved)
    assert faults_of(parts_of(saved)) == []
    assert openpyxl.load_workbook(saved)[SHEET].tables["tblCustomers"].ref == "B3:G11"
