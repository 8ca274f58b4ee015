"""Explaining a customer of a closed workbook: one page added or replaced, nothing else touched."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.comments import Comment
from openpyxl.worksheet.table import Table
from support.books import CRITERIA, CUSTOMERS, CUSTOMERS_HEADER, write_book
from support.ecma import repairs_of
from support.kept import DAY, assert_kept
from support.packages import MAY_CHANGE, changed_parts, faults_of, parts_of, sheet_parts
from support.template import made
from typer.testing import CliRunner, Result

from xlportfolio import InputError, WorkbookError, XlPortfolioError, cli, rescore
from xlportfolio.files.explain import explain
from xlportfolio.page_layout import Layout

PAGE = "Customer"
LAST = Layout(2, 2).last


def edit(path: Path, change: Callable[[Any], None]) -> Path:
    """Let openpyxl stand in for a user who opens, changes and saves the workbook."""
    book = load_workbook(path)
    change(book)
    book.save(path)
    return path


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["explain", *map(str, arguments)])


def title(path: Path, sheet: str = PAGE) -> object:
    return load_workbook(path)[sheet]["A1"].value


def test_only_the_page_is_added(book: Path) -> None:
    before = parts_of(book)
    done = explain(book, "2", as_of=DAY)
    assert done.rescored.written == book
    assert done.page.title == title(book) == "Beta (2), Customer"
    after = parts_of(book)
    assert changed_parts(before, after) <= MAY_CHANGE
    assert list(sheet_parts(after)) == ["My notes", "Customers", "Criteria", PAGE]
    assert faults_of(after) == []
    assert repairs_of(after) == []
    assert load_workbook(book).defined_names["_kp_customer"].value == "'Customer'!$A$1"
    assert load_workbook(book).defined_names["_kp_customer"].hidden


def test_three_calls_keep_every_other_byte(book: Path) -> None:
    def run(path: Path, **options: Any) -> None:
        explain(path, "2", **options)

    assert_kept(book, run=run)


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_workbook_with_macros_keeps_them(language: str, tmp_path: Path) -> None:
    path = made(tmp_path, language)
    rescore(path, as_of=DAY, backup=False)

    def run(path: Path, **options: Any) -> None:
        explain(path, "10113", **options)

    after = assert_kept(path, run=run)
    assert repairs_of(after) == []
    assert "xl/vbaProject.bin" in after


def test_cells_hold_plain_values(book: Path) -> None:
    done = explain(book, "2")
    sheet = load_workbook(book)[PAGE]
    cells = {(c.row, c.column): c.value for row in sheet for c in row if c.value is not None}
    assert cells.keys() == done.page.cells.keys()
    for address, cell in done.page.cells.items():
        assert cells[address] == (pytest.approx(cell) if isinstance(cell, float) else cell)
    assert all(cell.data_type != "f" for row in sheet for cell in row)


def test_a_second_call_replaces_the_page_where_it_is(book: Path) -> None:
    explain(book, "2", as_of=DAY)

    def move(opened: Any) -> None:
        opened[PAGE].title = "Visit"
        opened.move_sheet("Visit", -3)
        opened["Visit"].sheet_state = "hidden"
        opened["My notes"]["C3"] = "=Visit!A1"
        opened.defined_names["_kp_customer"].value = "Visit!$A$1"

    edit(book, move)
    part = sheet_parts(parts_of(book))["Visit"]
    explain(book, "3", as_of=DAY)
    assert list(sheet_parts(parts_of(book))) == ["Visit", "My notes", "Customers", "Criteria"]
    assert sheet_parts(parts_of(book))["Visit"] == part
    assert title(book, "Visit") == "Gamma (3), Customer"
    opened = load_workbook(book)
    assert opened["Visit"].sheet_state == "hidden"
    assert opened["My notes"]["C3"].value == "=Visit!A1"
    assert faults_of(parts_of(book)) == []


def test_the_page_follows_more_and_fewer_criteria(tmp_path: Path) -> None:
    path = write_book(tmp_path / "grows.xlsx")
    explain(path, "2")
    more = [("Extra", "value", 1, None, "linear", 0, 10, None, None, None, None)]
    rows = [(*row, 5) for row in CUSTOMERS]
    grown = write_book(
        tmp_path / "more.xlsx",
        criteria=[*CRITERIA, *more],
        customers=rows,
        customers_header=(*CUSTOMERS_HEADER, "Extra"),
    )
    explain(grown, "2")
    assert explain(grown, "2").page.layout == Layout(3, 2)

    def drop(opened: Any) -> None:
        opened["Criteria"].delete_rows(6)
        opened["Criteria"].tables["tblCriteria"].ref = "A1:K5"

    edit(grown, drop)
    explain(grown, "2")
    (cells,) = [load_workbook(grown)[PAGE]]
    assert cells.cell(Layout(2, 2).last, 1).value == "Notes from the visit"
    assert cells.cell(Layout(3, 2).last, 1).value is None


def test_a_users_sheet_of_that_name_is_never_touched(book: Path) -> None:
    def add(opened: Any) -> None:
        opened.create_sheet(PAGE)["A1"] = "my best customer"

    before = parts_of(edit(book, add))
    for _ in range(2):
        explain(book, "2", as_of=DAY)
        assert changed_parts(before, parts_of(book)) <= MAY_CHANGE
    assert title(book) == "my best customer"
    assert title(book, f"{PAGE} (2)") == "Beta (2), Customer"


def test_the_other_sheets_of_ours_and_the_page_leave_each_other_alone(book: Path) -> None:
    rescore(book, as_of=DAY)
    scored = parts_of(book)
    explain(book, "2", as_of=DAY)
    explained = parts_of(book)
    assert changed_parts(scored, explained) <= MAY_CHANGE
    page = sheet_parts(explained)[PAGE]
    edit(book, lambda opened: opened["Customers"].__setitem__("D3", 10))
    explain(book, "2", as_of=DAY)
    changed = parts_of(book)
    rescore(book, as_of=DAY)
    rescored = parts_of(book)
    assert rescored[page] == changed[page]
    assert title(book) == "Beta (2), Customer"
    assert load_workbook(book).defined_names["_kp_customer"].value == "'Customer'!$A$1"
    assert faults_of(rescored) == []


@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("G1", "foreign_on_page"),
        ("A3", "foreign_on_page"),
        (f"A{LAST + 1}", "foreign_on_page"),
        (f"B{LAST + 60}", "foreign_on_page"),
        ("E8", "foreign_on_page"),
        ("A12", "foreign_on_page"),
        ("B20", "foreign_on_page"),
        ("K20", "foreign_on_page"),
        ("J1", "foreign_on_page"),
        ("Q9", "foreign_on_page"),
        ("I3000", "foreign_on_page"),
        ("I2", "page_moved"),
    ],
)
def test_what_a_user_wrote_beside_our_cells_stops_the_run(book: Path, cell: str, key: str) -> None:
    explain(book, "2")
    edit(book, lambda opened: opened[PAGE].__setitem__(cell, "call back in May"))
    before = book.read_bytes()
    with pytest.raises(WorkbookError) as stopped:
        explain(book, "3")
    assert stopped.value.key == key
    assert stopped.value.details.get("cell", cell) == cell
    assert book.read_bytes() == before
    rescore(book)


@pytest.mark.parametrize("row", [2, 6, 12, 20, 25])
def test_an_inserted_row_stops_the_run(book: Path, row: int) -> None:
    explain(book, "2")
    edit(book, lambda opened: opened[PAGE].insert_rows(row))
    with pytest.raises(WorkbookError) as stopped:
        explain(book, "3")
    assert stopped.value.key == "page_moved"


def test_what_a_user_typed_over_our_cells_is_replaced(book: Path) -> None:
    explain(book, "2")
    edit(book, lambda opened: opened[PAGE].__setitem__("A1", "=1+1"))
    explain(book, "3")
    assert title(book) == "Gamma (3), Customer"


def test_objects_of_the_users_stop_the_run(book: Path) -> None:
    explain(book, "2")
    with_table = shutil.copy(book, book.with_name("table.xlsx"))

    def table(opened: Any) -> None:
        opened[PAGE]["A100"], opened[PAGE]["A101"] = "mine", 1
        opened[PAGE].add_table(Table(displayName="mine", ref="A100:A101"))

    for path, change, key in (
        (with_table, table, "foreign_table"),
        (
            book,
            lambda opened: setattr(opened[PAGE]["A1"], "comment", Comment("call", "me")),
            "foreign_object",
        ),
    ):
        with pytest.raises(WorkbookError) as stopped:
            explain(edit(Path(path), change), "3")
        assert stopped.value.key == key


def test_nobody_and_a_faulty_input_leave_the_file_alone(book: Path, tmp_path: Path) -> None:
    before = book.read_bytes()
    with pytest.raises(XlPortfolioError) as stopped:
        explain(book, "Alfa")
    assert "the nearest: Alpha" in str(stopped.value)
    assert book.read_bytes() == before
    faulty = write_book(tmp_path / "faulty.xlsx", criteria=[CRITERIA[0]])
    with pytest.raises(InputError):
        explain(faulty, "2")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["customers.xlsx", "faulty.xlsx"]


def test_the_first_call_keeps_the_workbook_and_no_later_one(book: Path) -> None:
    before = book.read_bytes()
    backup = book.with_name("customers.xlsx.bak")
    assert explain(book, "2").rescored.backup == backup
    assert explain(book, "3").rescored.backup is None
    assert backup.read_bytes() == before


def test_another_file_may_be_written(book: Path, tmp_path: Path) -> None:
    before, out = book.read_bytes(), tmp_path / "visit.xlsx"
    done = invoke(book, "Beta", "-o", out)
    assert done.exit_code == 0
    assert book.read_bytes() == before
    assert title(out) == "Beta (2), Customer"
    assert not book.with_name("customers.xlsx.bak").exists()


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", ["Beta (2), Customer", "Question mark. As of 2026-01-31. Rank", "Value score"]),
        ("de", ["Beta (2), Kunde", "Fragezeichen. Stand 31.01.2026. Rang", "Punkte Wert"]),
    ],
)  # fmt: skip
def test_the_command_prints_what_the_page_says(language: str, said: list[str], book: Path) -> None:
    done = invoke(book, "2", "--as-of", "2026-01-31", "--lang", language, "--no-backup")
    assert done.exit_code == 0
    assert not book.with_name("customers.xlsx.bak").exists()
    page = explain(book, "2", as_of=DAY, language=language).page
    for text in [
        *said,
        *(t.label for t in page.texts),
        *(line.name for t in page.tables for line in t.lines),
    ]:
        assert text in done.stdout
    assert ("Written: sheet" if language == "en" else "Geschrieben: Blatt") in done.stdout


def test_json_is_the_entry_of_the_document_with_its_criteria(book: Path) -> None:
    done = invoke(book, "2", "--json", "--as-of", "2026-01-31")
    assert done.exit_code == 0
    told = json.loads(done.stdout)
    assert list(told) == ["workbook", "as_of", "thresholds", "customers", "problems"]
    (customer,) = told["customers"]
    criteria = customer.pop("criteria")
    whole = CliRunner().invoke(
        cli.app, ["rescore", str(book), "--json", "--dry-run", "--as-of", "2026-01-31"]
    )
    entries = {entry["customer_id"]: entry for entry in json.loads(whole.stdout)["customers"]}
    assert customer == entries["2"]
    assert [(c["criterion"], c["axis"], c["measure"], c["weight"]) for c in criteria] == [
        ("Turnover", "value", 800, 50),
        ("Growth", "value", 0.1, 50),
        ("Fit", "benefit", "low", 70),
        ("Visits", "benefit", 9, 30),
    ]
    assert {c["criterion"]: c["contribution"] for c in criteria} == customer["contributions"]
    missing = json.loads(invoke(book, "5", "--json").stdout)["customers"][0]["criteria"][0]
    assert [missing[key] for key in ("measure", "value", "contribution")] == [None] * 3


def test_exit_codes_and_where_messages_go(book: Path) -> None:
    done = invoke(book, "nobody at all")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "nobody at all" in done.stderr
    assert invoke(book).exit_code == 2
    told = json.loads(invoke(book, "Ω", "--json").stdout)
    assert told["customers"] == []
    assert told["problems"][0]["message"].startswith("No customer has the number or the name “Ω”")
