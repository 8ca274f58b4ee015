"""Writing into the table of customers of an open workbook: what is written, and how it is undone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.books import CUSTOMERS_HEADER, write_book
from support.live import Breaks, Open, contents, table_of
from support.lo_engine import calls

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.filling import LiveCustomers, OutputCustomers
from xlportfolio.excel.host import LiveBook
from xlportfolio.excel.memory import LiveMemory, OutputMemory
from xlportfolio.excel.refusals import BrokenOffError
from xlportfolio.schema.contract import CUSTOMERS, Cell
from xlportfolio.schema.merging import CellChange, Filling, Memory

#: Row and position of a cell, counted from 0 below the header, and what it will hold.
Wanted = Sequence[tuple[int, int, Cell]]


def output(live: LiveBook, wanted: Wanted, added: int = 0) -> OutputCustomers:
    raw = live.read_table(CUSTOMERS)
    assert raw is not None
    changes = [
        CellChange(r, c, raw.cell(r, c) if r < raw.height else None, after)
        for r, c, after in sorted(wanted, key=lambda one: one[:2])
    ]
    return OutputCustomers(LiveCustomers(live, raw), Filling(raw, changes, added))


def put(book: xw.Book, wanted: Wanted, added: int = 0) -> None:
    live = LiveBook(book)
    live.put([output(live, wanted, added)], {}, bytes)


def written(book: xw.Book) -> list[str]:
    beginnings = ("range.value=", "range.formula=")
    return [what.split(" ", 1)[1] for what in calls(book).of("work") if what.startswith(beginnings)]


def cells_of(book: xw.Book) -> list[list[Any]]:
    rows: list[list[Any]] = table_of(book, "tblCustomers").range.options(ndim=2).value
    return rows[1:]


def test_columns_side_by_side_that_change_are_written_in_one_call(live: xw.Book) -> None:
    calls(live).clear()
    put(live, [(r, c, 10.0 * r + c) for r in range(5) for c in (3, 4)])
    assert written(live) == ["Customers!D2:E6"]
    assert [row[3:5] for row in cells_of(live)] == [[10.0 * r + 3, 10 * r + 4] for r in range(5)]


def test_numbers_and_blanks_between_are_written_with_the_others_but_no_text(live: xw.Book) -> None:
    calls(live).clear()
    put(live, [(0, 3, 1.0), (4, 3, 2.0), (0, 5, "new"), (2, 5, "new")])
    assert written(live) == ["Customers!D2:D6", "Customers!F2", "Customers!F4"]
    assert [row[3] for row in cells_of(live)] == [1, 800, 100, 50, 2]
    assert [row[5] for row in cells_of(live)] == ["new", "low", "new", "low", "high"]


def test_formulas_between_stay_formulas(live: xw.Book) -> None:
    sheet = live.sheets["Customers"]
    sheet.range("D3").value = "=D2*2"
    put(live, [(0, 3, 1.0), (2, 3, 3.0), (3, 3, None)])
    assert [row[0] for row in sheet.range("D2:D6").formula] == ["1", "=D2*2", "3", "", ""]
    assert sheet.range("D3").value == 2


def test_amounts_keep_all_digits_that_their_currency_hides(live: xw.Book) -> None:
    sheet = live.sheets["Customers"]
    sheet.range("D2:D6").number_format = '#,##0.00 "€"'
    sheet.range("D3").value = 800.123456789
    put(live, [(0, 3, 1.0), (4, 3, 2.0)])
    assert float(sheet.range("D3").formula) == 800.123456789


def test_what_excel_would_read_as_something_else_stays_what_it_is(live: xw.Book) -> None:
    odd: list[Cell] = ["00123", "=1+1", "3-4", dt.date(2026, 1, 31), "TRUE"]
    put(live, [(r, 1, cell) for r, cell in enumerate(odd)])
    found = [row[1] for row in cells_of(live)]
    assert found == ["00123", "=1+1", "3-4", dt.datetime(2026, 1, 31), "TRUE"]  # noqa: DTZ001
    assert live.sheets["Customers"].range("B3").formula == "=1+1"


def test_new_rows_stand_below_the_others_and_the_table_grows(live: xw.Book) -> None:
    put(live, [(5, 0, "00006"), (5, 1, "Zeta"), (6, 0, 7.0), (6, 6, 3.0), (0, 3, 1.0)], added=2)
    assert table_of(live, "tblCustomers").range.address == "$A$1:$G$8"
    new = cells_of(live)[5:]
    assert new == [["00006", "Zeta", *[None] * 5], [7, None, None, None, None, None, 3]]


def test_columns_that_excel_continues_by_itself_are_left_to_it(live: xw.Book) -> None:
    sheet = live.sheets["Customers"]
    sheet.range("H1").value = "Double"
    sheet.range("H2:H6").formula = "=D2*2"
    table_of(live, "tblCustomers").resize(sheet.range("A1:H6"))
    calls(live).clear()
    put(live, [(r, c, 1.0) for r in (5, 6) for c in range(7)], added=2)
    assert written(live) == ["Customers!A7:G8"]


def test_a_table_without_a_table_object_is_filled_too(opened: Open, tmp_path: Path) -> None:
    book = opened(write_book(tmp_path / "plain.xlsx", tables=False))
    put(book, [(1, 3, 5.0), (5, 0, 6.0), (5, 1, "Zeta")], added=1)
    assert book.sheets["Customers"].range("A7:B7").value == [6, "Zeta"]
    assert book.sheets["Customers"].range("D3").value == 5


def test_what_stands_below_the_table_stops_new_rows(live: xw.Book) -> None:
    live.sheets["Customers"].range("C7").value = "Note"
    before = contents(live)
    with pytest.raises(XlPortfolioError, match="cell C7"):
        put(live, [(5, 0, 6.0)], added=1)
    assert contents(live) == before
    put(live, [(4, 3, 6.0)])


def test_a_total_row_stops_new_rows_alone(live: xw.Book) -> None:
    sheet = live.sheets["Customers"]
    sheet.range("A7").value = ["Total", None, None, "=SUM(D2:D6)"]
    table = table_of(live, "tblCustomers")
    table.resize(sheet.range("A1:G7"))
    table.impl.xl.TotalsRow = True
    with pytest.raises(XlPortfolioError, match="switch it off"):
        put(live, [(5, 0, 6.0)], added=1)
    put(live, [(r, 3, 1.0) for r in range(5)])
    assert sheet.range("D7").value == 5
    assert sheet.range("D7").formula == "=SUM(D2:D6)"


def test_where_formulas_cannot_be_told_nothing_is_written(in_browser: xw.Book) -> None:
    with pytest.raises(XlPortfolioError, match="xlportfolio import"):
        put(in_browser, [(0, 3, 1.0)])


def test_hidden_rows_are_filled_like_the_others(live: xw.Book) -> None:
    live.sheets["Customers"].impl.xl.getRows().getByIndex(2).IsVisible = False
    put(live, [(r, 3, 1.0) for r in range(5)])
    assert [row[3] for row in cells_of(live)] == [1] * 5


def test_a_protected_sheet_is_named_and_nothing_is_changed(live: xw.Book) -> None:
    before = contents(live)
    live.sheets["Customers"].impl.xl.protect("")
    with pytest.raises(BrokenOffError, match=r"Sheet Customers.*Unprotect Sheet"):
        put(live, [(0, 3, 1.0)])
    live.sheets["Customers"].impl.xl.unprotect("")
    assert contents(live) == before


def test_what_excel_refuses_in_the_middle_is_undone(live: xw.Book) -> None:
    sheet = live.sheets["Customers"]
    sheet.range("D3").value = "=D2*2"
    sheet.range("B2").value = "'007"
    before = contents(live)
    wanted = [(0, 1, "Alpha AG"), (0, 3, 1.0), (2, 3, 3.0), (3, 4, None), (5, 0, 6.0), (5, 6, 9.0)]
    for number in range(1, 20):
        calls(live).before = Breaks(("range.value=", "table.resize"), number)
        try:
            put(live, wanted, added=1)
        except BrokenOffError:
            assert contents(live) == before, number
        else:
            break
        finally:
            calls(live).before = None
    assert number > 5
    assert sheet.range("A7").value == 6


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_what_changes_is_what_was_asked_for_and_can_be_undone(
    live: xw.Book, data: st.DataObject
) -> None:
    cell = st.one_of(
        st.none(), st.floats(-1e6, 1e6), st.sampled_from(["Alpha", "007", "=1", "x y"])
    )
    live.sheets["Customers"].range("D3").value = "=1+1"
    before, rows = contents(live), cells_of(live)
    added = data.draw(st.integers(0, 2))
    places = st.tuples(st.integers(0, len(rows) + added - 1), st.integers(0, 6))
    wanted = data.draw(st.dictionaries(places.filter(lambda one: one != (1, 3)), cell, max_size=12))
    expected = [*rows, *([None] * len(CUSTOMERS_HEADER) for _ in range(added))]
    for (row, position), after in wanted.items():
        expected[row][position] = after
    filled = output(LiveBook(live), [(*place, after) for place, after in wanted.items()], added)
    filled.prepare()
    filled.write()
    assert cells_of(live) == expected
    assert live.sheets["Customers"].range("D3").formula == "=1+1"
    filled.restore()
    assert contents(live) == before


# --- what imports have written ------------------------------------------------------------------


def remember(book: xw.Book, entries: dict[tuple[str, str], str]) -> None:
    live = LiveBook(book)
    live.put([OutputMemory(LiveMemory(live), Memory(entries))], {}, bytes)


ENTRIES = {("0001", "City"): "00123", ("1", "Turnover"): "1234.5", ("=x", "Since"): "2026-01-31"}


def test_what_an_import_wrote_is_kept_out_of_sight(live: xw.Book) -> None:
    front, names = live.sheets.active.name, [sheet.name for sheet in live.sheets]
    assert LiveMemory(LiveBook(live)).memory == Memory()
    remember(live, ENTRIES)
    assert live.sheets.active.name == front
    assert [sheet.name for sheet in live.sheets] == [*names, "_kp_imported"]
    assert not live.sheets["_kp_imported"].visible
    assert LiveMemory(LiveBook(live)).memory == Memory(ENTRIES)


@pytest.mark.parametrize("entries", [{}, {("1", "City"): "Ulm"}, {**ENTRIES, ("2", "City"): "B"}])
def test_what_later_imports_wrote_takes_its_place(
    entries: dict[tuple[str, str], str], live: xw.Book
) -> None:
    remember(live, ENTRIES)
    before = contents(live)
    for number in (1, 2):
        calls(live).before = Breaks(("range.value=", "table.resize"), number)
        try:
            remember(live, entries)
        except BrokenOffError:
            assert contents(live) == before
        finally:
            calls(live).before = None
    remember(live, entries)
    assert LiveMemory(LiveBook(live)).memory == Memory(entries)
    assert len([sheet for sheet in live.sheets if sheet.name.startswith("_kp")]) == 1


@pytest.mark.parametrize("beginning", ["range.value=", "tables.add", "sheet.visible="])
def test_a_memory_that_cannot_be_kept_leaves_nothing(beginning: str, live: xw.Book) -> None:
    before, front = contents(live), live.sheets.active.name
    calls(live).before = Breaks(beginning, 1)
    with pytest.raises(BrokenOffError):
        remember(live, ENTRIES)
    calls(live).before = None
    assert contents(live) == before
    assert live.sheets.active.name == front


def test_a_sheet_of_the_users_own_of_that_name_stays(live: xw.Book) -> None:
    live.sheets.add("_kp_imported").range("A1").value = "mine"
    remember(live, ENTRIES)
    assert live.sheets["_kp_imported"].range("A1").value == "mine"
    assert LiveMemory(LiveBook(live)).memory == Memory(ENTRIES)
