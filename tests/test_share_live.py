"""Copies that go on computing, by the command, in LibreOffice, against a rescore of the same change."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from support.books import CUSTOMERS, write_book
from support.computing import enter, forget_values
from support.live_copies import cells_of
from support.lo_session import Office
from support.northwind import input_tables, measures_in
from support.template import made
from typer.testing import CliRunner

from xlportfolio import cli
from xlportfolio.locale import Texts, texts

DAY = "2026-03-31"
#: What is typed: the table, the first cell of the row, the column's header, and the content.
Change = tuple[str, str, str, Any]
#: The columns of the ranking by which a copy is held against a rescore.
NUMBERS = ("value_score", "benefit_score", "total_score", "rank")
KEYS = ("customer_id", *NUMBERS, "quadrant", "status", "abc_class", "borderline")


def done(*arguments: object) -> str:
    result = CliRunner().invoke(cli.app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


class Live:
    """A copy in LibreOffice, beside the workbook that it was made of."""

    def __init__(self, office: Office, book: Path, language: str, *options: str) -> None:
        self.source, self.words = book, texts(language)
        self.path, self.book = book.parent / "copy.xlsx", load_workbook(book)
        done("share", book, self.path, "--live", "--as-of", DAY, *options)
        forget_values(self.path)
        self.document = office.open(self.path)
        self.document.calculateAll()

    def type(self, table: str, row: str, column: str, content: Any) -> None:
        """Type something into both."""
        (sheet,) = [s for s in self.book.worksheets if table in s.tables]
        first, *rows = sheet[sheet.tables[table].ref]
        (k,) = [k for k, cell in enumerate(first) if cell.value == column]
        (cell,) = [cells[k] for cells in rows if str(cells[0].value) == row]
        cell.value = content
        entered = "=1/0" if content == "#DIV/0!" else content
        enter(self.document, sheet.title, cell.coordinate, entered)

    def shown(self) -> dict[str, list[Any]]:
        """What the ranking in the open copy says of each customer."""
        cells = cells_of(self.document)[self.words("sheets.ranking")]
        (header,) = [k for k, row in enumerate(cells) if self.words(f"columns.{KEYS[0]}") in row]
        at = [cells[header].index(self.words(f"columns.{key}")) for key in KEYS]
        rows = [[None if row[k] == "" else row[k] for k in at] for row in cells[header + 1 :]]
        return {row[0]: row[1:] for row in rows}

    def rescored(self) -> dict[str, list[Any]]:
        """What a rescore of the same change says of each customer."""
        changed = self.source.parent / f"changed{self.source.suffix}"
        self.book.save(changed)
        scored = changed.with_stem("scored")
        said = done("rescore", changed, "-o", scored, "--as-of", DAY, "--json")
        customers = json.loads(said)["customers"]
        return {one["customer_id"]: expected(one, self.words) for one in customers}


def expected(one: dict[str, Any], words: Texts) -> list[Any]:
    """What a rescore says of a customer, in the words of the copy."""
    return [
        *(one[key] if one[key] is None else pytest.approx(one[key], abs=1e-9) for key in NUMBERS),
        words(f"quadrants.{one['quadrant']}"),
        words(f"statuses.{one['status']}"),
        one["abc_class"],
        words("words.yes") if one["borderline"] else None,
    ]


@pytest.fixture
def live(office: Office) -> Iterator[Callable[..., Live]]:
    open_copies: list[Live] = []

    def copy(book: Path, language: str = "en", *options: str) -> Live:
        open_copies.append(Live(office, book, language, *options))
        return open_copies[-1]

    yield copy
    for one in open_copies:
        one.document.close(True)


SAMPLE: tuple[Change, ...] = (
    ("tblCriteria", "Margin rate", "Weight", 70),
    ("tblCriteria", "Turnover", "High", None),
    ("tblCustomers", "10036", "Margin rate", "#DIV/0!"),
    ("tblCriteria", "Satisfaction", "Missing", "worst"),
    ("tblSettings", "value_threshold", "Value", "median"),
    ("tblSettings", "min_coverage", "Value", 95),
)
GERMAN: tuple[Change, ...] = (
    ("tblCriteria", "Umsatz", "Richtung", "min"),
    ("tblCriteria", "DB-Quote", "fehlend", "schlechtester"),
    ("tblCustomers", "10036", "Referenzwert", " Niedrig"),
    ("tblCustomers", "10022", "Status", "Wunschkunde"),
    ("tblSettings", "benefit_threshold", "Wert", "Mittelwert"),
)
FRENCH: tuple[Change, ...] = (
    ("tblCriteria", "CA", "Objectif", "min"),
    ("tblCriteria", "Taux de marge", "Manquant", "Pire"),
    ("tblCustomers", "10036", "Valeur de référence", " Élevée"),
    ("tblCustomers", "10022", "Statut", "prospect"),
    ("tblSettings", "benefit_threshold", "Valeur", "médiane"),
)
NORTHWIND: tuple[Change, ...] = (
    ("tblCriteria", "Turnover", "Weight", 55),
    ("tblCriteria", "Growth", "Missing", "skip"),
    ("tblCustomers", "ERNSH", "Turnover", None),
    ("tblCriteria", "Products", "High", 30),
)


@pytest.mark.parametrize(("language", "changes"), [("en", SAMPLE), ("de", GERMAN), ("fr", FRENCH)])
def test_the_sample_follows_each_change(
    language: str, changes: tuple[Change, ...], live: Callable[..., Live], tmp_path: Path
) -> None:
    copy = live(made(tmp_path, language), language)
    assert copy.shown() == copy.rescored()
    for change in changes:
        copy.type(*change)
        assert copy.shown() == copy.rescored()


def test_northwind_follows_each_change(
    live: Callable[..., Live], test_data: Path, tmp_path: Path
) -> None:
    book = tmp_path / "northwind.xlsx"
    book.write_bytes(input_tables(measures_in(test_data)))
    copy = live(book)
    assert copy.shown() == copy.rescored()
    for change in NORTHWIND:
        copy.type(*change)
        assert copy.shown() == copy.rescored()


@pytest.mark.parametrize("options", [(), ("--anonymise", "--anonymise-ids")])
def test_sorted_customers_keep_their_figures(
    options: tuple[str, ...], live: Callable[..., Live], tmp_path: Path
) -> None:
    copy = live(made(tmp_path), "en", *options)
    before = copy.shown()
    sheet = copy.document.Sheets.getByName("Customers")
    area = sheet.getCellRangeByName("A5:M64")
    rows = area.getDataArray()
    assert rows[0][0] != "Customer ID"
    assert len({str(row[0]) for row in rows}) == len(before)
    area.setDataArray(tuple(sorted(rows, key=lambda row: str(row[1]), reverse=True)))
    assert copy.shown() == before


def test_of_a_deleted_row_only_its_customer_is_no_longer_rated(
    live: Callable[..., Live], tmp_path: Path
) -> None:
    copy = live(made(tmp_path))
    copy.type("tblSettings", "value_threshold", "Value", "mean")
    sheet = copy.document.Sheets.getByName("Customers")
    gone = sheet.getCellRangeByName("A12").String
    sheet.Rows.removeByIndex(11, 1)
    for cell in copy.book["Customers"][12]:
        cell.value = None
    after = copy.shown()
    assert after.pop(gone)[:5] == [None, None, None, None, "Not rated"]
    assert after == copy.rescored()
    for cells in cells_of(copy.document)["Ranking"]:
        assert not [cell for cell in cells if str(cell).startswith("#")]


@pytest.mark.parametrize("options", [("--live", "--hide", "Satisfaction"), ("--live",), ()])
def test_a_copy_that_computes_is_shared_again_with_other_criteria(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    source, first, second = made(tmp_path), tmp_path / "first.xlsx", tmp_path / "second.xlsx"
    done("share", source, first, "--live")
    book = load_workbook(first)
    (growth,) = [row[0].row for row in book["Criteria"] if row[0].value == "Growth"]
    for cell in book["Criteria"][growth]:
        cell.value = None
    book.save(first)
    done("share", first, second, *options)
    names = load_workbook(second).sheetnames
    assert [name for name in names if name.startswith("Scales")] == ["Scales"] * bool(options)


@pytest.mark.parametrize("options", [(), ("--live",)])
def test_a_copy_that_hides_something_is_scored_and_shared_again(
    options: tuple[str, ...], tmp_path: Path
) -> None:
    source, first, again = made(tmp_path), tmp_path / "first.xlsx", tmp_path / "again.xlsx"
    done("share", source, first, "--hide", "Margin rate", *options)
    done("share", first, again, *options)
    done("rescore", first)


def test_what_a_user_writes_above_a_table_that_will_move_down_is_hers(tmp_path: Path) -> None:
    source, first = made(tmp_path), tmp_path / "first.xlsx"
    done("share", source, first, "--hide", "Margin rate")
    book = load_workbook(first)
    sheet = book["ABC vs value"]
    assert sheet.tables["tblAbc"].ref.startswith("A11:")
    sheet["A10"] = "mine"
    book.save(first)
    result = CliRunner().invoke(cli.app, ["rescore", str(first)])
    assert result.exit_code == 1
    assert "A10" in result.output


def test_numbers_of_customers_that_excel_does_not_tell_apart_keep_their_rows(
    live: Callable[..., Live], tmp_path: Path
) -> None:
    ids = ("A*", "a1", "A1", "~x?", 123_456_789_012_345_678)
    rows = [[one, *row[1:]] for one, row in zip(ids, CUSTOMERS, strict=True)]
    copy = live(write_book(tmp_path / "odd.xlsx", customers=rows))
    assert copy.shown() == copy.rescored()
    copy.type("tblCustomers", "A1", "Turnover", 123)
    assert copy.shown() == copy.rescored()
