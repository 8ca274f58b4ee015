"""What is the user's on our sheets of the open workbook: it stays, or stops the run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import openpyxl
import pytest
import xlwings as xw
from support import lo_engine
from support.books import CUSTOMERS, write_book
from support.live import Open, block, blocks, contents, done, said, table_of

from xlportfolio.excel import macros


def with_column(book: xw.Book, name: str, header: str, cells: list[object]) -> None:
    """Add a column of the user's behind our table."""
    table = table_of(book, name)
    area = table.range
    wider = area.resize(area.shape[0], area.shape[1] + 1)
    wider[0, -1].resize(1 + len(cells), 1).value = [[header], *([cell] for cell in cells)]
    table.resize(wider)


def stopped(book: xw.Book) -> str:
    """What a rescore said that was stopped before it wrote anything."""
    before = contents(book)
    macros.rescore(book)
    assert said(book).startswith("Nothing has been written:")
    assert contents(book) == before
    return said(book)


def test_our_sheets_may_be_renamed_and_moved_and_deleted(live: xw.Book) -> None:
    done(live)
    live.sheets["Ranking"].name = "Who's who"
    live.sheets["Matrix"].name = "Picture"
    live.sheets["Stars"].delete()
    live.sheets["Customers"].range("I1").formula = "='Who''s who'!C6"
    names = [sheet.name for sheet in live.sheets]
    done(live)
    assert [sheet.name for sheet in live.sheets] == [*names, "Stars"]
    assert live.sheets["Customers"].range("I1").value == "Epsilon"
    assert [row[2] for row in block(live, "tblStars")[1:]] == ["Epsilon", "Alpha"]


def test_a_sheet_of_the_users_with_our_name_is_not_touched(opened: Open, tmp_path: Path) -> None:
    path = write_book(tmp_path / "own.xlsx")
    own = openpyxl.load_workbook(path)
    own.create_sheet("Ranking")["A1"] = "mine"
    own.save(path)
    book = opened(path)
    done(book)
    assert book.sheets["Ranking"].range("A1").value == "mine"
    assert book.sheets["Ranking (2)"].range("A1").value == "Customer ranking"


def test_what_stands_beside_a_table_stays_where_it_is(live: xw.Book) -> None:
    done(live)
    ranking = live.sheets["Ranking"]
    ranking.range("P6").value = "beside"
    ranking.range("H2").value = "above"
    ranking.range("Q7").formula = "=H7*2"
    live.sheets["Customers"].range("D2").value = 10
    done(live)
    assert ranking.range("P6").value == "beside"
    assert ranking.range("H2").value == "above"
    assert ranking.range("Q7").value == 2 * ranking.range("H7").value


def test_a_column_that_the_user_added_follows_its_customers(live: xw.Book) -> None:
    done(live)
    ranking = live.sheets["Ranking"]
    ranking.range("O5").value = [["My note"], ["about Alpha"], [None], ["about Gamma"]]
    noted = ranking.range("C6").value, ranking.range("C8").value
    table_of(live, "tblRanking").resize(ranking.range("A5:O10"))
    live.sheets["Customers"].range("D2").value = 10
    done(live)
    now = {row[2]: row[14] for row in block(live, "tblRanking")[1:]}
    assert {name: now[name] for name in noted} == dict(
        zip(noted, ("about Alpha", "about Gamma"), strict=True)
    )
    assert sum(note is not None for note in now.values()) == 2


def test_a_note_on_a_customer_who_left_a_sheet_is_not_lost(live: xw.Book) -> None:
    done(live)
    stars = live.sheets["Stars"]
    assert stars.range("C7").value == "Alpha"
    stars.range("O5").value = [["My note"], [None], ["about Alpha"]]
    table_of(live, "tblStars").resize(stars.range("A5:O7"))
    before = blocks(live)
    live.sheets["Customers"].range("D2").value = 0
    live.sheets["Customers"].range("E2").value = -0.5
    macros.rescore(live)
    assert said(live).startswith("Nothing has been written")
    assert "O7" in said(live)
    assert blocks(live) == before


def test_something_below_a_table_that_has_to_grow_stops_the_run(live: xw.Book) -> None:
    done(live)
    before = blocks(live)
    live.sheets["Ranking"].range("B11").value = "mine"
    customers = live.sheets["Customers"]
    customers.range("A7").value = [6, "Zeta", "Customer", 5, 0.1, "low", 4]
    table_of(live, "tblCustomers").resize(customers.range("A1:G7"))
    macros.rescore(live)
    assert "B11" in said(live)
    assert blocks(live) == before
    live.sheets["Ranking"].range("B11").value = None
    done(live)
    assert len(block(live, "tblRanking")) == 7


def test_columns_of_ours_that_the_user_moved_stop_the_run(live: xw.Book) -> None:
    done(live)
    live.sheets["Ranking"].range("B5").value = "Mine"
    before = blocks(live)
    macros.rescore(live)
    assert "tblRanking" in said(live)
    assert blocks(live) == before


# --- columns of the user's ------------------------------------------------------------------------


def test_notes_stay_what_they_are_and_with_whom_they_are(live: xw.Book) -> None:
    done(live)
    notes = ["'007", "'3-4", "'=x", dt.datetime(2026, 1, 31), True]  # noqa: DTZ001
    with_column(live, "tblRanking", "Mine", notes)
    before = {row[2]: row[-1] for row in block(live, "tblRanking")[1:]}
    assert before["Epsilon"] == "007"
    live.sheets["Customers"].range("D2").value = 10
    live.sheets["Customers"].range("D4").value = 1000
    done(live)
    after = {row[2]: row[-1] for row in block(live, "tblRanking")[1:]}
    assert list(before) != list(after)
    assert after == before


def test_notes_on_rows_with_the_same_number_stay_apart(opened: Open, tmp_path: Path) -> None:
    twice = (*CUSTOMERS, (1, "Alpha again", "Customer", 1, 0.1, "low", 3))
    book = opened(write_book(tmp_path / "twice.xlsx", customers=twice))
    done(book)
    notes = [f"about {row[2]}" for row in block(book, "tblRanking")[1:]]
    with_column(book, "tblRanking", "Mine", list(notes))
    for _ in range(2):
        done(book)
        assert [row[-1] for row in block(book, "tblRanking")[1:]] == [
            f"about {row[2]}" for row in block(book, "tblRanking")[1:]
        ]
        book.sheets["Customers"].range("D3").value = 5


def test_formulas_stay_in_their_rows_and_leave_with_them(live: xw.Book) -> None:
    done(live)
    with_column(live, "tblRanking", "Double", [f"=H{row}*2" for row in range(6, 11)])
    customers = live.sheets["Customers"]
    table_of(live, "tblCustomers").resize(customers.range("A1:G4"))
    done(live)
    assert live.sheets["Ranking"].range("O6:O10").formula == (
        ("=H6*2",),
        ("=H7*2",),
        ("=H8*2",),
        ("",),
        ("",),
    )
    table_of(live, "tblCustomers").resize(customers.range("A1:G6"))
    done(live)
    assert len(block(live, "tblRanking")) == 6


def test_entries_among_formulas_stop_the_run_if_they_would_have_to_move(live: xw.Book) -> None:
    done(live)
    with_column(live, "tblRanking", "Mixed", ["=H6*2", "mine", "=H8*2", "=H9*2", "=H10*2"])
    done(live)
    live.sheets["Customers"].range("D2").value = 10
    live.sheets["Customers"].range("D4").value = 1000
    assert "O7" in stopped(live)


def test_notes_on_findings_stay_with_them(opened: Open, tmp_path: Path) -> None:
    odd = [
        (1, "Alpha", "Customer", "?", 0.4, "high", 2),
        (2, "Beta", "Customer", "much", 0.1, "low", 9),
        *CUSTOMERS[2:],
    ]
    book = opened(write_book(tmp_path / "odd.xlsx", customers=odd))
    done(book)
    rows = block(book, "tblDataCheck")[1:]
    notes = [f"{row[4]}: {row[5]}" for row in rows]
    assert {row[4] for row in rows} == {"?", "much"}
    with_column(book, "tblDataCheck", "Mine", [n if n.startswith("much") else None for n in notes])
    book.sheets["Customers"].range("D2").value = 900
    done(book)
    rows = block(book, "tblDataCheck")[1:]
    assert [row[-1] for row in rows] == [f"much: {row[5]}" for row in rows]
    book.sheets["Customers"].range("D3").value = 800
    assert "finding" in stopped(book)


# --- what is in the way ---------------------------------------------------------------------------


def test_a_total_row_stops_the_run(live: xw.Book, monkeypatch: pytest.MonkeyPatch) -> None:
    done(live)
    has_totals = property(lambda table: table.name == "tblRanking")
    monkeypatch.setattr(lo_engine.Table, "show_totals", has_totals)
    assert "Table Design > Total Row" in stopped(live)


def test_rows_above_the_title_are_the_users(live: xw.Book) -> None:
    done(live)
    ranking = live.sheets["Ranking"]
    ranking.impl.xl.Rows.insertByIndex(0, 2)
    ranking.range("A1").value = "For the board"
    live.sheets["Customers"].range("D2").value = 10
    done(live)
    assert ranking.range("A1:A3").value == ["For the board", None, "Customer ranking"]
    assert ranking.range("A7").value == "Rank"


def test_rows_between_title_and_table_stop_the_run(live: xw.Book) -> None:
    done(live)
    live.sheets["Ranking"].impl.xl.Rows.insertByIndex(4, 1)
    live.sheets["Ranking"].range("A5").value = "my remark"
    assert "between our title and the table tblRanking" in stopped(live)


def test_the_matrix_may_be_moved_as_a_whole(live: xw.Book) -> None:
    done(live)
    matrix = live.sheets["Matrix"]
    matrix.impl.xl.Rows.insertByIndex(0, 2)
    matrix.range("A1").value = "For the board"
    live.sheets["Customers"].range("D2").value = 10
    done(live)
    assert matrix.range("A1:A3").value == ["For the board", None, "Portfolio matrix"]
    assert matrix.range("L13:L18").value == [
        "Named customers",
        *(row[2] for row in block(live, "tblRanking")[1:]),
    ]


@pytest.mark.parametrize(("row", "count"), [(1, 1), (7, 2)])
def test_rows_inserted_into_the_matrix_stop_the_run(row: int, count: int, live: xw.Book) -> None:
    done(live)
    live.sheets["Matrix"].impl.xl.Rows.insertByIndex(row, count)
    assert "Sheet Matrix: the cells that the chart draws" in stopped(live)


def test_what_stands_near_the_points_stays_and_among_them_stops(live: xw.Book) -> None:
    done(live)
    matrix = live.sheets["Matrix"]
    own = {"F3": "mine", "L9": "mine", "L40": "mine", "N30": "=1+1", "F20": "mine"}
    for cell, entry in own.items():
        matrix.range(cell).value = entry
    live.sheets["Customers"].range("D2").value = 10
    done(live)
    assert {cell: matrix.range(cell).formula for cell in own} == own
    matrix.range("O15").value = "mine"
    assert "cell O15" in stopped(live)


def test_a_name_that_means_another_sheet_costs_nothing_there(live: xw.Book) -> None:
    done(live)
    live.names["_kp_matrix"].refers_to = "=Customers!$A$1"
    assert "Sheet Customers: the cells that the chart draws" in stopped(live)
    live.names["_kp_matrix"].delete()
    done(live)
    assert live.sheets["Matrix (2)"].range("A1").value == "Portfolio matrix"
