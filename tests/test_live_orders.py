"""Orders and customers into the open workbook: what is asked, what is written, what is undone."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwings as xw
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS, Row, table_sheet, write_book
from support.live import (
    Breaks,
    Open,
    answers,
    asked,
    blocks,
    contents,
    in_file,
    plain,
    said,
    table_of,
)
from support.lo_engine import calls

from xlportfolio import rescore as rescore_file
from xlportfolio.excel import macros
from xlportfolio.excel.host import LiveBook
from xlportfolio.excel.memory import LiveMemory
from xlportfolio.files.imports import Orders
from xlportfolio.report import TABLES

ORDERS_HEADER = ("Order ID", "Customer ID", "Order date", "Amount")
ORDERS: Sequence[Row] = (
    ("a", 1, dt.datetime(2026, 1, 5), 400.5),  # noqa: DTZ001 (cells know no time zone)
    ("b", 1, dt.datetime(2026, 3, 5), 100.0),  # noqa: DTZ001
    ("c", 2, dt.datetime(2026, 2, 5), 300.0),  # noqa: DTZ001
    ("d", 4, dt.datetime(2025, 2, 5), 50.0),  # noqa: DTZ001
    ("e", 9, dt.datetime(2026, 2, 6), 75.0),  # noqa: DTZ001
)
#: The columns of the customers, counted from 0.
TURNOVER, GROWTH = 3, 4


def with_source(path: Path, *, orders: Sequence[Row] | None = ORDERS, source: str) -> Path:
    """A workbook whose turnover comes from the orders, in euros of the 12 months to June 2026."""
    criteria = [(*row, source if row[0] == "Turnover" else None) for row in CRITERIA]
    write_book(
        path,
        criteria_header=(*CRITERIA_HEADER, "Source"),
        criteria=criteria,
        settings=[("as_of", dt.date(2026, 6, 30))],
    )
    if orders is not None:
        book = openpyxl.load_workbook(path)
        table_sheet(book, "Orders", "tblOrders", [ORDERS_HEADER, *orders])
        book.save(path)
    return path


@pytest.fixture
def ordered(opened: Open, tmp_path: Path) -> xw.Book:
    return opened(with_source(tmp_path / "book.xlsx", source="turnover_12m"))


@pytest.fixture
def sourced(opened: Open, tmp_path: Path) -> xw.Book:
    return opened(with_source(tmp_path / "book.xlsx", orders=None, source="turnover_12m"))


def csv(path: Path, *lines: str, encoding: str = "utf-8") -> str:
    path.write_text("\n".join([*lines, ""]), encoding=encoding)
    return str(path)


def orders_file(folder: Path, name: str = "orders.csv") -> str:
    rows = [f"{o};{c};{day:%d.%m.%Y};{amount}".replace(".5", ",5") for o, c, day, amount in ORDERS]
    return csv(folder / name, "Auftragsnummer;Kundennr;Belegdatum;Umsatz netto", *rows)


def customers(book: xw.Book) -> list[list[Any]]:
    rows: list[list[Any]] = table_of(book, "tblCustomers").range.options(ndim=2).value
    return rows[1:]


def column(book: xw.Book, position: int) -> list[Any]:
    return [row[position] for row in customers(book)]


# --- from orders --------------------------------------------------------------------------------


def test_orders_of_the_workbook_fill_what_has_a_source_and_nothing_else(ordered: xw.Book) -> None:
    before = customers(ordered)
    macros.from_orders(ordered)
    assert "Done: " in said(ordered)
    assert column(ordered, TURNOVER) == [500.5, 300, None, 0, None]
    kept = [[*row[:TURNOVER], *row[TURNOVER + 1 :]] for row in customers(ordered)]
    assert kept == [[*row[:TURNOVER], *row[TURNOVER + 1 :]] for row in before]
    ranking = table_of(ordered, "tblRanking").range.value
    assert {row[2] for row in ranking[1:]} == {row[1] for row in CUSTOMERS}
    assert "_kp_imported" not in [sheet.name for sheet in ordered.sheets]


def test_the_same_numbers_as_on_the_closed_workbook(ordered: xw.Book, tmp_path: Path) -> None:
    source = tmp_path / "book.xlsx"
    closed = shutil.copy(source, tmp_path / "closed.xlsx")
    rescore_file(closed, orders=Orders(str(source)), backup=False)
    macros.from_orders(ordered)
    expected = in_file(closed)
    assert set(expected) == set(TABLES.values())
    found = {name: plain(cells) for name, cells in blocks(ordered).items()}
    assert found == {name: plain(cells) for name, cells in expected.items()}
    written = openpyxl.load_workbook(closed)["Customers"]
    assert column(ordered, TURNOVER) == [written.cell(row, 4).value for row in range(2, 7)]


def test_the_question_tells_what_changes_and_cancel_changes_nothing(ordered: xw.Book) -> None:
    before = contents(ordered)
    answers(ordered, "cancel")
    macros.from_orders(ordered)
    assert contents(ordered) == before
    (question,) = asked(ordered)
    assert question["buttons"] == "ok_cancel"
    assert "Source: Orders (workbook)" in question["prompt"]
    assert "1 Alpha, Turnover: 900 → 500.5" in question["prompt"]
    assert "3 Gamma, Turnover: 100 → (blank)" in question["prompt"]
    assert "were left out: 1 (" in question["prompt"]
    assert ordered.app.impl.status_bars[-1] is False


def test_a_file_serves_where_the_workbook_has_no_orders(sourced: xw.Book, tmp_path: Path) -> None:
    macros.from_orders(sourced, orders_file(tmp_path, "Aufträge 'neu'.csv"))
    assert column(sourced, TURNOVER) == [500.5, 300, None, 0, None]
    (question,) = asked(sourced)
    for told in ("semicolon", "day, month, year", "Umsatz netto → ", "Rows: 5"):
        assert told in question["prompt"], told


def test_without_any_orders_a_sentence_says_so(sourced: xw.Book) -> None:
    macros.from_orders(sourced)
    assert said(sourced).startswith("Nothing has been written:")
    assert "no table tblOrders" in said(sourced)
    assert asked(sourced) == []


def test_a_file_that_is_no_table_leaves_the_workbook_as_it_is(
    sourced: xw.Book, tmp_path: Path
) -> None:
    before = contents(sourced)
    for path in (csv(tmp_path / "a.csv", "x;y", "1;2"), str(tmp_path / "missing.csv")):
        macros.from_orders(sourced, path)
        assert said(sourced).startswith("Nothing has been written:"), path
    assert contents(sourced) == before


def test_no_criterion_with_a_source_stops_it(opened: Open, tmp_path: Path) -> None:
    book = opened(with_source(tmp_path / "book.xlsx", source="ERP"))
    macros.from_orders(book)
    assert said(book).startswith("Nothing has been written:")
    assert "no criterion names a measure" in said(book)


@pytest.mark.parametrize(
    ("answer", "turnover"), [("yes", [7, 73]), ("no", [0, 3]), ("cancel", [900, 800])]
)
def test_dates_that_can_be_read_either_way_are_asked_about(
    answer: str, turnover: list[Any], sourced: xw.Book, tmp_path: Path
) -> None:
    """Read as May 2025 and August 2026, the first two are not of the 12 months to June 2026."""
    lines = ["a;1;05/08/2025;7", "b;2;08/02/2026;70", "c;2;02/03/2026;3"]
    path = csv(tmp_path / "orders.csv", "Order;Customer ID;Order date;Amount", *lines)
    before = contents(sourced)
    answers(sourced, answer, "ok")
    macros.from_orders(sourced, path)
    first = asked(sourced)[0]
    assert first["buttons"] == "yes_no_cancel"
    assert "orders.csv" in first["prompt"]
    if answer == "cancel":
        assert contents(sourced) == before
        assert len(asked(sourced)) == 1
    else:
        assert len(asked(sourced)) == 2
    assert column(sourced, TURNOVER)[:2] == turnover


def test_formulas_stay_and_follow_before_customers_are_scored(ordered: xw.Book) -> None:
    sheet = ordered.sheets["Customers"]
    sheet.range("D3").value = "=D2*2"
    sheet.range("E2:E6").formula = "=D2/1000"
    macros.from_orders(ordered)
    assert sheet.range("D3").formula == "=D2*2"
    assert column(ordered, TURNOVER)[:3] == [500.5, 1001, None]
    contributions = table_of(ordered, "tblRanking").range.value
    header = contributions[0].index("Value score")
    scored = {row[2]: row[header] for row in contributions[1:]}
    growth = (500.5 / 1000 + 0.5) * 100
    assert scored["Alpha"] == pytest.approx((50.05 + min(growth, 100)) / 2)
    assert "Formulas, and kept:" in asked(ordered)[0]["prompt"]
    assert "Ctrl+Alt+F9" not in asked(ordered)[0]["prompt"]


def test_a_second_time_nothing_is_asked_since_nothing_changes(ordered: xw.Book) -> None:
    macros.from_orders(ordered)
    before = contents(ordered)
    macros.from_orders(ordered)
    assert len(asked(ordered)) == 1
    assert said(ordered).startswith("Cells with new content: 0; new customers: 0")
    assert contents(ordered) == before


def test_the_calls_of_both_are_few(ordered: xw.Book) -> None:
    macros.rescore(ordered)
    calls(ordered).clear()
    macros.rescore(ordered)
    scoring = len(calls(ordered).of("work"))
    calls(ordered).clear()
    macros.from_orders(ordered)
    filling = len(calls(ordered).of("work"))
    assert filling - scoring <= 25, (scoring, filling)


# --- customers of elsewhere ---------------------------------------------------------------------


def customers_file(folder: Path) -> str:
    rows = ["0002;Beta AG;Kunde;0,2", "7;Zeta KG;Kunde;0,3", "008;Eta;Wunschkunde;"]
    return csv(folder / "kunden.csv", "KdNr;Kundenname;Status;Growth", *rows, encoding="cp1252")


def test_new_customers_are_appended_and_what_was_typed_is_kept(
    live: xw.Book, tmp_path: Path
) -> None:
    live.sheets["Customers"].range("E3").value = None
    macros.import_customers(live, customers_file(tmp_path))
    assert "Done: " in said(live)
    assert table_of(live, "tblCustomers").range.address == "$A$1:$G$8"
    rows = customers(live)
    assert rows[1] == [2, "Beta", "Customer", 800, 0.2, "low", 9]
    assert [row[1] for row in rows[5:]] == ["Zeta KG", "Eta"]
    assert [row[GROWTH] for row in rows[5:]] == [0.3, None]
    question = asked(live)[0]["prompt"]
    assert "Zeta KG" in question
    assert "Typed by hand, and kept:\n- 2 Beta, Customer: Beta → Beta AG" in question
    ranked = [row[2] for row in table_of(live, "tblRanking").range.value[1:]]
    assert {"Zeta KG", "Eta"} <= set(ranked)


def test_what_an_import_wrote_is_updated_by_the_next(live: xw.Book, tmp_path: Path) -> None:
    macros.import_customers(live, customers_file(tmp_path))
    rows = ["7;Zeta AG;Kunde;0,1", "8;Theta;Wunschkunde;0,4"]
    later = csv(tmp_path / "later.csv", "KdNr;Kundenname;Status;Growth", *rows)
    live.sheets["Customers"].range("E7").value = 0.35  # typed by hand since
    macros.import_customers(live, later)
    assert [row[1] for row in customers(live)[5:]] == ["Zeta AG", "Theta"]
    assert column(live, GROWTH)[5:] == [0.35, 0.4]
    assert not live.sheets["_kp_imported"].visible
    remembered = LiveMemory(LiveBook(live)).memory.entries
    assert sorted(remembered.values()).count("Zeta AG") == 1


def test_customers_and_orders_together(sourced: xw.Book, tmp_path: Path) -> None:
    macros.import_customers(sourced, customers_file(tmp_path), orders_file(tmp_path))
    rows = {row[0]: row for row in customers(sourced)}
    assert rows[1][TURNOVER] == 500.5
    assert rows[9][:2] == [9, None]
    assert rows[9][TURNOVER] == 75
    assert rows[7][1] == "Zeta KG"
    assert asked(sourced)[0]["prompt"].count("Source: ") == 2


def test_an_empty_file_leaves_the_workbook_as_it_is(live: xw.Book, tmp_path: Path) -> None:
    path = tmp_path / "empty.csv"
    path.write_bytes(b"")
    before = contents(live)
    macros.import_customers(live, str(path))
    assert said(live).startswith("Nothing has been written:")
    assert contents(live) == before


# --- what Excel refuses -------------------------------------------------------------------------


def test_wherever_excel_refuses_something_all_is_as_it_was(
    sourced: xw.Book, tmp_path: Path
) -> None:
    files = customers_file(tmp_path), orders_file(tmp_path)
    macros.rescore(sourced)
    before = contents(sourced)
    kinds = ("range.value=", "table.resize", "names.add", "sheets.add", "tables.add")
    for number in range(1, 60, 4):
        calls(sourced).before = Breaks(kinds, number)
        macros.import_customers(sourced, *files)
        calls(sourced).before = None
        if "Done: " in said(sourced):
            break
        assert "everything was put back as it was" in said(sourced), number
        assert contents(sourced) == before, number
        app = sourced.app
        assert (app.screen_updating, app.calculation) == (True, "automatic")
    assert number > 8
    assert contents(sourced) != before


def test_what_cannot_be_scored_afterwards_is_not_written(live: xw.Book, tmp_path: Path) -> None:
    macros.rescore(live)
    live.sheets["Ranking"].range("B5").value = "Mine"
    before = contents(live)
    macros.import_customers(live, customers_file(tmp_path))
    assert said(live).startswith("Nothing has been written:")
    assert "Sheet Ranking" in said(live)
    assert contents(live) == before


def test_xlwings_lite_says_what_to_use_instead(in_browser: xw.Book) -> None:
    macros.from_orders(in_browser)
    assert "xlportfolio import" in said(in_browser)
