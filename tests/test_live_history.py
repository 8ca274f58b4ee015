"""The history in the open workbook: it grows down and to the right, and what is the user's stays."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from openpyxl import load_workbook
from support.books import CUSTOMERS, rows_of, write_book
from support.history_days import FIRST, SECOND, THIRD
from support.live import Open, block, broken, contents, dated, done, said, table_of
from support.lo_engine import calls

from xlportfolio import rescore
from xlportfolio.excel import macros

#: What follows the name of one more criterion.
CALLS = ("benefit", 5, "max", "linear", 0, 10, None, None, None, None)


def two_settings(path: Path) -> Path:
    """A workbook in which the day stands in B2 of the settings, the number of days in B3."""
    settings = [("as_of", FIRST), ("history_dates", 24)]
    return write_book(path, settings=settings)


@pytest.fixture
def kept(opened: Open, tmp_path: Path) -> xw.Book:
    """An open workbook that has kept one day, while it was closed."""
    path = two_settings(tmp_path / "kept.xlsx")
    rescore(path, backup=False)
    return opened(path)


def on(book: xw.Book, day: dt.date) -> None:
    """Score the workbook for another day."""
    dated(book, day)
    done(book)


def with_criterion(book: xw.Book, name: str = "Calls") -> None:
    """Add a criterion, and measures of it."""
    customers, criteria = book.sheets["Customers"], book.sheets["Criteria"]
    customers.range("H1").value = [[name], *([k] for k in range(1, len(CUSTOMERS) + 1))]
    table_of(book, "tblCustomers").resize(customers.range("A1:H6"))
    criteria.range("A6").value = [name, *CALLS]
    table_of(book, "tblCriteria").resize(criteria.range("A1:K6"))


def days(book: xw.Book) -> list[Any]:
    return [row[0].date() for row in block(book, "tblHistory")[1:]]


def test_the_open_workbook_keeps_what_the_closed_one_keeps(kept: xw.Book, tmp_path: Path) -> None:
    path = two_settings(tmp_path / "closed.xlsx")
    for day in (FIRST, SECOND):
        rescore(path, as_of=day, backup=False)
    on(kept, SECOND)
    closed = load_workbook(path)
    for name, table in (("History customers", "tblHistory"), ("History models", "tblHistoryModel")):
        rows = rows_of(closed[name])
        assert block(kept, table) == [[*rows[0]], *([*row.values()] for row in rows)], name


def test_days_are_added_below_and_stay_where_they_are(kept: xw.Book) -> None:
    before = block(kept, "tblHistory")
    on(kept, SECOND)
    after = block(kept, "tblHistory")
    assert after[: len(before)] == before
    assert days(kept) == [FIRST] * 5 + [SECOND] * 5
    assert kept.sheets["History customers"].range("A6").number_format == "yyyy-mm-dd"


def test_a_sheet_that_shows_all_of_it_already_is_left_alone(kept: xw.Book) -> None:
    calls(kept).clear()
    done(kept)
    written = [what for what in calls(kept).of("work") if what.startswith("range.value=")]
    assert not [what for what in written if "History" in what]


def test_a_new_criterion_gets_a_column_at_the_right(kept: xw.Book) -> None:
    before = block(kept, "tblHistory")
    with_criterion(kept)
    on(kept, SECOND)
    header, *rows = block(kept, "tblHistory")
    assert header == [*before[0], "Calls"]
    assert [row[:-1] for row in rows[:5]] == before[1:]
    assert [row[-1] for row in rows[:5]] == [None] * 5
    now = {row[3]: row[-1] for row in rows[5:]}
    assert now == {c[1]: k for k, c in enumerate(CUSTOMERS, start=1)}
    versions = [row[1] for row in rows]
    assert versions == [1.0] * 5 + [2.0] * 5
    on(kept, THIRD)
    assert len(block(kept, "tblHistory")) == 16


def test_a_criterion_that_is_named_like_a_column_counts_as_ours(kept: xw.Book) -> None:
    with_criterion(kept, "Rank")
    on(kept, SECOND)
    assert block(kept, "tblHistory")[0][-1] == "[Rank]"
    on(kept, THIRD)
    assert [row[-1] for row in block(kept, "tblHistory")[-5:]] != [None] * 5


def test_the_language_may_change_in_between(kept: xw.Book) -> None:
    kept.sheets["Settings"].range("A4").value = ["language", "de"]
    table_of(kept, "tblSettings").resize(kept.sheets["Settings"].range("A1:B4"))
    on(kept, SECOND)
    assert block(kept, "tblHistory")[0][:3] == ["Datum", "Version", "Kundennummer"]
    assert {row[1] for row in block(kept, "tblHistory")[1:]} == {1.0}
    assert days(kept) == [FIRST] * 5 + [SECOND] * 5


# --- what is the user's -----------------------------------------------------------------------------


@pytest.mark.parametrize("cell", ["P3", "P5", "P8", "P14"])
def test_nothing_beside_the_table_is_lost_to_a_new_column(cell: str, kept: xw.Book) -> None:
    history = kept.sheets["History customers"]
    history.range(cell).value = "mine"
    with_criterion(kept)
    dated(kept, SECOND)
    before = contents(kept)
    macros.rescore(kept)
    if cell == "P3":  # above the table, where only our first column is written
        assert said(kept).startswith("Done: ")
        assert history.range(cell).value == "mine"
        assert history.range("P5").value == "Calls"
        return
    assert said(kept).startswith("Nothing has been written:")
    assert cell in said(kept)
    assert contents(kept) == before
    history.range(cell).value = None
    done(kept)


def with_notes(book: xw.Book) -> None:
    """A column of the user's behind the history."""
    history = book.sheets["History customers"]
    notes = [f"'{row[0]:%d.%m.%Y} {row[3]}" for row in block(book, "tblHistory")[1:]]
    history.range("P5").value = [["Mine"], *([note] for note in notes)]
    table_of(book, "tblHistory").resize(history.range(f"A5:P{5 + len(notes)}"))


def test_a_column_of_the_users_in_the_table_is_not_overwritten(kept: xw.Book) -> None:
    with_notes(kept)
    with_criterion(kept)
    dated(kept, SECOND)
    before = contents(kept)
    macros.rescore(kept)
    assert said(kept).startswith("Nothing has been written:")
    assert "P5" in said(kept)
    assert contents(kept) == before


def test_notes_follow_the_day_and_the_customer(kept: xw.Book) -> None:
    on(kept, THIRD)
    with_notes(kept)
    on(kept, SECOND)  # comes between the two
    assert days(kept) == [FIRST] * 5 + [SECOND] * 5 + [THIRD] * 5
    rows = block(kept, "tblHistory")[1:]
    assert [row[-1] for row in rows[5:10]] == [None] * 5
    for row in rows[:5] + rows[10:]:
        assert row[-1] == f"{row[0]:%d.%m.%Y} {row[3]}"


def test_a_note_on_a_day_that_goes_stops_the_run(kept: xw.Book) -> None:
    on(kept, SECOND)
    with_notes(kept)
    kept.sheets["Settings"].range("B3").value = 1
    before = contents(kept)
    macros.rescore(kept)
    assert said(kept).startswith("Nothing has been written:")
    assert "P6" in said(kept)
    assert contents(kept) == before


def test_a_run_is_undone_wherever_it_is_stopped(kept: xw.Book) -> None:
    on(kept, THIRD)
    with_criterion(kept)
    dated(kept, SECOND)
    before = contents(kept)
    for number in range(1, 80):
        broken(kept, ("range.value=", "table.resize", "name"), number)
        if said(kept).startswith("Done: "):
            break
        assert "everything was put back as it was" in said(kept)
        assert contents(kept) == before, number
    assert number > 10
    header, *rows = block(kept, "tblHistory")
    assert header[-1] == "Calls"
    assert len(rows) == 15


def test_an_engine_without_formats_adds_the_column_all_the_same(in_browser: xw.Book) -> None:
    done(in_browser)
    with_criterion(in_browser)
    done(in_browser)
    assert block(in_browser, "tblHistory")[0][-1] == "Calls"
