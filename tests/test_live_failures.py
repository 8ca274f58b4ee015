"""Excel refuses something in the middle of a rescore: then everything is as it was before."""

from __future__ import annotations

import pytest
import xlwings as xw
from support.live import blocks, broken, contents, done, said, table_of
from support.lo_engine import ExcelError, calls

from xlportfolio.excel import macros
from xlportfolio.report import TABLES


def with_one_customer_more(book: xw.Book) -> None:
    customers = book.sheets["Customers"]
    customers.range("A7").value = [6, "Zeta", "Customer", 5, 0.1, "low", 4]
    table_of(book, "tblCustomers").resize(customers.range("A1:G7"))


def with_notes(book: xw.Book) -> None:
    """Columns of the user's in the ranking: notes, then formulas."""
    ranking = book.sheets["Ranking"]
    ranking.range("O5").value = [["My note", "Double"], ["about Epsilon", "=H6*2"]]
    ranking.range("O7").value = [["'007"], [None], ["2026-01-31"]]
    table_of(book, "tblRanking").resize(ranking.range("A5:P10"))


def is_quiet_over(book: xw.Book) -> bool:
    """Whether Excel draws and computes again, and has its status bar back."""
    app = book.app
    return (app.screen_updating, app.calculation, app.status_bar) == (True, "automatic", False)


@pytest.mark.parametrize(
    ("beginning", "number"),
    [
        ("books.open", 1),
        ("sheet.copy", 1),
        ("sheet.copy", 5),
        ("range.value=", 1),
        ("range.value=", 8),
        ("names.add", 1),
    ],
)
def test_a_first_run_leaves_nothing(beginning: str, number: int, live: xw.Book) -> None:
    before, front = contents(live), live.sheets.active.name
    broken(live, beginning, number)
    assert "Excel is busy" in said(live)
    assert "everything was put back as it was" in said(live)
    assert is_quiet_over(live)
    assert contents(live) == before
    assert live.sheets.active.name == front
    done(live)
    assert {t.name for s in live.sheets for t in s.tables} >= set(TABLES.values())


@pytest.mark.parametrize("beginning", ["book.close", "app.activate", "app.status_bar="])
def test_what_is_only_a_courtesy_does_not_stop_a_run(beginning: str, live: xw.Book) -> None:
    broken(live, beginning, 1)
    assert said(live).startswith("Done: ")
    assert {t.name for s in live.sheets for t in s.tables} >= set(TABLES.values())


@pytest.mark.parametrize("change", ["growing", "shrinking"])
def test_a_later_run_is_undone_wherever_it_is_stopped(change: str, live: xw.Book) -> None:
    if change == "shrinking":
        with_one_customer_more(live)
    done(live)
    if change == "growing":
        with_notes(live)
        with_one_customer_more(live)
    else:
        table_of(live, "tblCustomers").resize(live.sheets["Customers"].range("A1:G5"))
    live.sheets["Customers"].range("D2").value = 10
    before = contents(live)
    for number in range(1, 60, 2):
        broken(live, ("range.value=", "table.resize", "name"), number)
        if said(live).startswith("Done: "):
            break
        assert "everything was put back as it was" in said(live)
        assert is_quiet_over(live)
        assert contents(live) == before, number
    assert number > 11
    assert contents(live) != before


def test_a_protected_sheet_is_named_and_the_others_are_put_back(live: xw.Book) -> None:
    done(live)
    live.sheets["Customers"].range("D2").value = 10
    before = contents(live)
    live.sheets["Free riders"].impl.xl.protect("")
    macros.rescore(live)
    assert said(live).startswith("Sheet Free riders: Excel refused to write")
    assert "Unprotect Sheet" in said(live)
    assert contents(live) == before
    live.sheets["Free riders"].impl.xl.unprotect("")
    done(live)


def test_what_cannot_be_put_back_is_said(live: xw.Book) -> None:
    done(live)
    live.sheets["Customers"].range("D2").value = 10
    written = 0

    def from_the_third_write_on(kind: str, what: str) -> None:
        nonlocal written
        if kind == "work" and what.startswith("range.value="):
            written += 1
            if written > 2:
                raise ExcelError("Excel is busy")

    calls(live).before = from_the_third_write_on
    macros.rescore(live)
    calls(live).before = None
    assert "close the workbook without saving" in said(live)
    done(live)


def test_excel_that_stays_quiet_is_said(live: xw.Book) -> None:
    def never_again(kind: str, what: str) -> None:
        if kind == "work" and what == "app.calculation=automatic":
            raise ExcelError("Excel is busy")

    calls(live).before = never_again
    macros.rescore(live)
    calls(live).before = None
    assert "Calculation Options > Automatic" in said(live)
    assert live.app.screen_updating
    assert len(blocks(live)) == len(TABLES)
