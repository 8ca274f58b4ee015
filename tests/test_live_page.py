"""The page of a customer in the open workbook, over a live LibreOffice document."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from support.books import CUSTOMERS, write_book
from support.live import Breaks, Open, contents, done, said, table_of
from support.lo_engine import calls, chart_ranges
from support.template import made

from xlportfolio.excel import macros
from xlportfolio.excel.customer import lay_out_page
from xlportfolio.excel.host import LiveBook
from xlportfolio.files.explain import explain as explain_file
from xlportfolio.page_layout import HELPER_COLUMN, Layout

LAST = Layout(2, 2).last


def explained(book: xw.Book, sheet: str, cell: str) -> xw.Sheet:
    """The page after the button was clicked with a cell selected; nothing may have been said."""
    alerts = len(book.app.impl.alerts)
    select(book, sheet, cell)
    macros.explain(book)
    assert len(book.app.impl.alerts) == alerts, said(book)
    return book.sheets.active


def select(book: xw.Book, sheet: str, cell: str) -> None:
    book.sheets[sheet].activate()
    book.sheets[sheet].range(cell).select()


def cells(sheet: xw.Sheet) -> dict[tuple[int, int], Any]:
    used = sheet.used_range
    rows = used.options(ndim=2).value
    return {
        (r, c): cell
        for r, row in enumerate(rows, used.row)
        for c, cell in enumerate(row, used.column)
        if cell not in {None, ""}
    }


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_new_page_says_what_that_of_the_closed_file_says(
    language: str, opened: Open, tmp_path: Path
) -> None:
    path = made(tmp_path, language)
    book = opened(path)
    customers = {"en": "Customers", "de": "Kunden"}[language]
    number = book.sheets[customers].range("A9").value
    names = [sheet.name for sheet in book.sheets]
    page = explained(book, customers, "D9")
    assert [sheet.name for sheet in book.sheets] == [
        *names,
        {"en": "Customer", "de": "Kunde"}[language],
    ]
    closed = Path(shutil.copy(path, tmp_path / "closed.xlsm"))
    expected = explain_file(closed, str(number).removesuffix(".0"), backup=False).page
    assert cells(page) == pytest.approx(dict(expected.cells))
    (chart,) = page.charts
    assert {area.rpartition("!")[0].strip("'") for area in chart_ranges(chart)} == {page.name}
    assert book.names["_kp_customer"].refers_to.replace("'", "") == f"={page.name}!$A$1"


def test_the_page_is_refreshed_where_it_is(live: xw.Book) -> None:
    page = explained(live, "Customers", "A2")
    assert page.range("A1").value == "Alpha (1), Customer"
    page.name = "Visit"
    page = explained(live, "Customers", "G6")
    assert page.name == "Visit"
    closed = explain_file(Path(write_book(Path(live.fullname).with_name("closed.xlsx"))), "5").page
    assert cells(page) == pytest.approx(dict(closed.cells))
    assert [sheet.name for sheet in live.sheets].count("Customer") == 0
    heights = [page.range((row, 1)).row_height for row in range(14, 22)]
    assert heights[0] > 18
    assert heights[-1] < 2
    live.sheets["Customers"].range("D6").value = 500
    assert cells(explained(live, "Customers", "G6")) != closed.cells


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_row_of_any_sheet_of_ours_names_the_customer(
    language: str, opened: Open, tmp_path: Path
) -> None:
    book = opened(write_book(tmp_path / "any.xlsx", settings=[("language", language)]))
    done(book)
    for table in ("tblRanking", "tblStars", "tblRecommendations", "tblAbc", "tblActivityPlan"):
        there = table_of(book, table).range
        header, *rows = there.options(ndim=2).value
        at = next(k for k, cell in enumerate(header) if cell in {"Customer ID", "Kundennummer"})
        place = max(k for k, row in enumerate(rows, start=1) if row[at] is not None)
        cell = there[place, 0].get_address(row_absolute=False, column_absolute=False)
        page = explained(book, there.sheet.name, cell)
        assert f"({rows[place - 1][at]}), " in page.range("A1").value


def test_a_repeated_row_of_the_customers_is_explained_itself(opened: Open, tmp_path: Path) -> None:
    twice = [*CUSTOMERS, (1, "Alpha again", "Customer", 1, 0.1, "low", 3)]
    book = opened(write_book(tmp_path / "twice.xlsx", customers=twice))
    page = explained(book, "Customers", "A7")
    assert page.range("A1").value == "Alpha again (1), Customer"
    assert page.range("B14").value == "Repeats row 2; counts nowhere"


@pytest.mark.parametrize(
    ("sheet", "cell"), [("My notes", "A1"), ("Customers", "A1"), ("Customers", "A8"), ("Criteria", "A2")]
)  # fmt: skip
def test_where_no_customer_is_selected_that_is_said(sheet: str, cell: str, live: xw.Book) -> None:
    before = contents(live)
    select(live, sheet, cell)
    macros.explain(live)
    assert said(live).startswith("Nothing has been written:\n\nNo customer is selected;")
    assert contents(live) == before


def test_above_the_rows_of_a_ranked_sheet_no_customer_is_selected(live: xw.Book) -> None:
    done(live)
    for cell in ("A3", "B5"):
        select(live, "Ranking", cell)
        macros.explain(live)
        assert "No customer is selected" in said(live)


@pytest.mark.parametrize("cell", ["G1", "A3", f"A{LAST + 1}", f"F{LAST + 8}", "Q12", "A200", "B12"])
def test_what_a_user_wrote_beside_our_cells_stops_it(cell: str, live: xw.Book) -> None:
    page = explained(live, "Customers", "A2")
    page.range(cell).value = "call back in May"
    before = contents(live)
    select(live, "Customers", "A3")
    macros.explain(live)
    assert f"cell {cell} holds something that is not ours" in said(live)
    assert contents(live) == before


def test_moved_cells_stop_it(live: xw.Book) -> None:
    page = explained(live, "Customers", "A2")
    page.range((2, HELPER_COLUMN)).value = None
    select(live, "Customers", "A3")
    macros.explain(live)
    assert "no longer where they were written" in said(live)


def test_a_page_for_other_criteria_is_left_to_the_user(live: xw.Book) -> None:
    old = explained(live, "Customers", "A2")
    old.range(f"A{LAST + 1}").value = "call back in May"
    live.sheets["Criteria"].range("A6").value = ["More", "value", 1, None, "linear", 0, 10]
    table_of(live, "tblCriteria").resize(live.sheets["Criteria"].range("A1:K6"))
    live.sheets["Customers"].range("H1").value = [["More"], [3], [4], [5], [6], [7]]
    table_of(live, "tblCustomers").resize(live.sheets["Customers"].range("A1:H6"))
    page = explained(live, "Customers", "A3")
    assert page.name == "Customer (2)"
    assert page.range("A1").value == "Beta (2), Customer"
    assert live.sheets["Customer"].range("A1").value == "Alpha (1), Customer"
    assert live.names["_kp_customer"].refers_to.replace("'", "") == "=Customer (2)!$A$1"
    assert explained(live, "Customers", "A4").name == "Customer (2)"


@pytest.mark.parametrize("beginning", ["books.open", "sheet.copy", "names.add", "sheet.activate"])
def test_a_first_page_leaves_nothing_when_excel_refuses(beginning: str, live: xw.Book) -> None:
    select(live, "Customers", "A2")
    before = contents(live)
    calls(live).before = Breaks(beginning, 1)
    macros.explain(live)
    calls(live).before = None
    assert "everything was put back as it was" in said(live)
    assert contents(live) == before
    assert live.sheets.active.name == "Customers"
    assert explained(live, "Customers", "A2").range("A1").value == "Alpha (1), Customer"


@pytest.mark.parametrize(
    ("beginning", "number"), [("range.value=", 1), ("range.value=", 2), ("sheet.activate", 1)]
)
def test_a_later_page_is_undone_when_excel_refuses(
    beginning: str, number: int, live: xw.Book
) -> None:
    explained(live, "Customers", "A2")
    select(live, "Customers", "A3")
    before = contents(live)
    calls(live).before = Breaks(beginning, number)
    macros.explain(live)
    calls(live).before = None
    assert "everything was put back as it was" in said(live)
    assert contents(live) == before


def test_heights_that_cannot_be_set_do_not_stop_it(live: xw.Book) -> None:
    explained(live, "Customers", "A2")
    calls(live).before = Breaks("range.row_height=", 1)
    page = explained(live, "Customers", "A3")
    calls(live).before = None
    assert page.range("A1").value == "Beta (2), Customer"


def test_where_no_file_can_be_opened_the_cells_stand_alone(live: xw.Book) -> None:
    run = macros._run(LiveBook(live))  # noqa: SLF001
    page = run.page(0, "Plain")
    sheet = live.sheets.add("Plain")
    lay_out_page(sheet, page)
    assert cells(sheet) == pytest.approx(dict(page.cells))


def test_a_rescore_leaves_the_page_alone(live: xw.Book) -> None:
    page = explained(live, "Customers", "A2")
    before = cells(page)
    live.sheets["Customers"].range("D2").value = 5
    done(live)
    assert cells(page) == before
