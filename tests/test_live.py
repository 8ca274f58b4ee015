"""The open workbook: macros through xlwings' real front end, over a live LibreOffice document."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwings as xw
from support.books import CUSTOMERS, write_book
from support.live import Open, block, blocks, done, in_file, plain, said, table_of
from support.lo_engine import calls, chart_ranges
from support.template import made

from xlportfolio import rescore as rescore_file
from xlportfolio.excel import macros
from xlportfolio.files.ours import find_ours
from xlportfolio.files.package import Package
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import texts
from xlportfolio.report import ORDER, TABLES


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_fresh_workbook_gets_what_a_rescore_of_the_file_writes(
    language: str, opened: Open, tmp_path: Path
) -> None:
    path = made(tmp_path, language)
    book = opened(path)
    front, count = book.sheets.active.name, len(book.sheets)
    done(book)
    assert book.sheets.active.name == front
    assert [s.name for s in book.sheets][count:] == [
        texts(language)(f"sheets.{key}") for key in ORDER
    ]
    closed = shutil.copy(path, tmp_path / "closed.xlsm")
    rescore_file(closed, backup=False)
    expected = in_file(closed)
    assert set(expected) == set(TABLES.values())
    for name, cells in blocks(book).items():
        assert plain(cells) == plain(expected[name]), name
    with_title = [sheet.range("A1").value for sheet in book.sheets][count:]
    assert with_title == [texts(language)(f"titles.{key}") for key in ORDER]


def test_the_chart_draws_the_cells_of_its_own_sheet(live: xw.Book) -> None:
    done(live)
    matrix = live.sheets["Matrix"]
    (chart,) = matrix.charts
    assert {area.rpartition("!")[0] for area in chart_ranges(chart)} == {"Matrix"}
    assert live.names["_kp_matrix"].refers_to.replace("'", "") == "=Matrix!$A$1"
    points = matrix.range("L11:V13").value
    assert points[1][0] == "Epsilon"
    assert points[1][1:3] == points[1][3:5]


def test_names_in_the_chart_come_and_go(live: xw.Book) -> None:
    customers = live.sheets["Customers"]
    table_of(live, "tblCustomers").resize(customers.range("A1:G2"))
    done(live)
    matrix = live.sheets["Matrix"]
    (chart,) = matrix.charts
    assert {f"Matrix!$L${row}" for row in range(12, 62)} <= set(chart_ranges(chart))
    assert matrix.range("L12:L14").value == ["Alpha", None, None]
    table_of(live, "tblCustomers").resize(customers.range("A1:G6"))
    done(live)
    ranked = [row[2] for row in block(live, "tblRanking")[1:]]
    assert matrix.range("L12:L17").value == [*ranked, None]
    table_of(live, "tblCustomers").resize(customers.range("A1:G3"))
    done(live)
    assert matrix.range("L12:L17").value == ["Alpha", "Beta", *[None] * 4]


@pytest.mark.parametrize("customers", [[], [(k, f"C{k}", *[None] * 5) for k in range(1, 4)]])
def test_nobody_to_rate(customers: list[Any], opened: Open, tmp_path: Path) -> None:
    path = write_book(tmp_path / "nobody.xlsx", customers=customers)
    book = opened(path)
    for _ in range(2):
        done(book)
        closed = shutil.copy(path, tmp_path / "closed.xlsx")
        rescore_file(closed, backup=False)
        expected = {name: plain(cells) for name, cells in in_file(closed).items()}
        assert {name: plain(cells) for name, cells in blocks(book).items()} == expected
        assert book.sheets["Matrix"].range("A5:B6").value == [["Type", "Customers"], ["Stars", 0]]
    customers_sheet = book.sheets["Customers"]
    customers_sheet.range("A2").value = list(CUSTOMERS[0])
    done(book)
    assert book.sheets["Matrix"].range("L12").value == "Alpha"


def test_a_changed_language_changes_every_word(opened: Open, tmp_path: Path) -> None:
    path = write_book(tmp_path / "language.xlsx", settings=[("language", "en")])
    book = opened(path)
    done(book)
    book.sheets["Settings"].range("B2").value = "de"
    done(book)
    assert said(book).startswith("Fertig: ")
    assert book.sheets["Matrix"].range("A5:A6").value == ["Kundentyp", "Stars"]
    assert block(book, "tblRanking")[0][0] == "Rang"
    book.sheets["Ranking"].range("B5").value = "Meins"
    macros.rescore(book)
    assert said(book).startswith("Es wurde nichts geschrieben:\n\nBlatt Ranking: Die Tabelle")


def test_a_second_run_changes_nothing_and_a_third_follows_a_changed_weight(live: xw.Book) -> None:
    done(live)
    first, names = blocks(live), [sheet.name for sheet in live.sheets]
    done(live)
    assert blocks(live) == first
    live.sheets["Customers"].range("D2").value = 10
    done(live)
    assert [sheet.name for sheet in live.sheets] == names
    assert blocks(live) != first
    ranking = block(live, "tblRanking")
    assert {len(block(live, "tblRanking")), len(ranking)} == {1 + len(CUSTOMERS)}
    for name in ("tblStars", "tblQuestionMarks", "tblFreeRiders", "tblPoorDogs"):
        word = texts("en")(f"quadrants.{next(k for k, t in TABLES.items() if t == name)}")
        rated = [row for row in ranking[1:] if row[4] == word]
        assert block(live, name)[1:] == (rated or [[None] * 13])


def test_tables_shrink_and_leave_nothing_below(live: xw.Book) -> None:
    done(live)
    sheet = live.sheets["Customers"]
    table_of(live, "tblCustomers").resize(sheet.range("A1:G3"))
    done(live)
    ranking = live.sheets["Ranking"]
    assert [row[2] for row in block(live, "tblRanking")] == ["Customer", "Alpha", "Beta"]
    assert ranking.range("A8:N10").value == [[None] * 14] * 3


def test_the_user_stays_where_he_was_and_sees_what_is_done(live: xw.Book) -> None:
    live.sheets["Criteria"].activate()
    live.sheets["Criteria"].range("D40").select()
    for _ in range(2):
        calls(live).clear()
        done(live)
        selected = live.app.selection
        assert (selected.sheet.name, selected.address) == ("Criteria", "$D$40")
        work = calls(live).of("work")
        shown = [what for what in work if what.startswith("app.status_bar=")]
        assert ["Reading" in shown[0], "Writing" in shown[1], "False" in shown[2]] == [True] * 3
        for call in ("range.value Customers!", "range.value= Ranking!"):
            assert sum(what.startswith(call) for what in work) == 1, call
        live.sheets["Customers"].range("D2").value = 10


def test_a_sheet_that_shows_all_already_is_not_written(live: xw.Book) -> None:
    done(live)
    before = blocks(live)
    calls(live).clear()
    done(live)
    written = [what for what in calls(live).of("work") if what.startswith("range.value=")]
    assert [what.split("!")[0] for what in written] == ["range.value= Matrix"]
    assert blocks(live) == before


# --- engines that can do less -------------------------------------------------------------------


def test_where_no_file_can_be_opened_sheets_are_plain(in_browser: xw.Book, tmp_path: Path) -> None:
    book, front, count = in_browser, in_browser.sheets.active.name, len(in_browser.sheets)
    done(book)
    assert [s.name for s in book.sheets][count:] == [texts("en")(f"sheets.{k}") for k in ORDER]
    assert book.sheets.active.name == front
    closed = write_book(tmp_path / "closed.xlsx")
    rescore_file(closed, backup=False)
    expected = in_file(closed)
    assert {name: plain(cells) for name, cells in blocks(book).items()} == {
        name: plain(cells) for name, cells in expected.items()
    }
    assert book.sheets["Matrix"].range("A5:C6").value == [
        ["Type", "Customers", "Prospects"],
        ["Stars", 1.0, 1.0],
    ]
    score = block(book, "tblRanking")[0].index("Value score")
    assert table_of(book, "tblRanking").range[1, score].number_format == "0.0"
    before = blocks(book)
    done(book)
    assert blocks(book) == before


def test_columns_that_cannot_be_read_as_formulas_stop_the_run(in_browser: xw.Book) -> None:
    done(in_browser)
    table = table_of(in_browser, "tblRanking")
    wider = table.range.resize(*(x + y for x, y in zip(table.range.shape, (0, 1), strict=True)))
    wider[0, -1].value = "Mine"
    table.resize(wider)
    before = blocks(in_browser)
    macros.rescore(in_browser)
    assert "Sheet Ranking: behind our columns" in said(in_browser)
    assert blocks(in_browser) == before


def test_what_the_user_chose_before_is_restored(live: xw.Book) -> None:
    live.app.calculation = "manual"
    done(live)
    assert (live.app.screen_updating, live.app.calculation) == (True, "manual")


def test_faults_of_the_input_are_said_with_their_cells(live: xw.Book) -> None:
    live.sheets["Criteria"].range("C2").value = -1
    live.sheets["Criteria"].range("B3").value = "profit"
    names = [sheet.name for sheet in live.sheets]
    for macro in (macros.rescore, macros.check):
        macro(live)
        assert "row 2, column Weight" in said(live)
        assert "row 3, column Axis" in said(live)
    assert [sheet.name for sheet in live.sheets] == names


def test_odd_cells_are_told_as_in_a_closed_workbook(opened: Open, tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "odd.xlsx",
        customers=[(1, "Alpha", "Customer", "=1/0", "0.4", "high", "many"), *CUSTOMERS[1:]],
    )
    book = opened(path)
    macros.check(book)
    assert "#DIV/0!" in said(book)
    assert "many" in said(book)
    assert "0.4" in said(book)
    macros.rescore(book)
    found = {row[2]: row[4] for row in block(book, "tblDataCheck")[1:]}
    assert (found["D2"], found["E2"], found["G2"]) == ("#DIV/0!", "0.4", "many")


def test_texts_that_excel_would_read_as_something_else_stay_texts(
    opened: Open, tmp_path: Path
) -> None:
    odd = ["1001", "=1+1", "3-4", "'quoted", "TRUE", "+49 30", "1e5"]
    rows = [(text, f"{text}", "Customer", 100 * k, 0.1, "high", 2) for k, text in enumerate(odd)]
    path = write_book(tmp_path / "odd.xlsx", customers=[], tables=False)
    book = openpyxl.load_workbook(path)
    for r, row in enumerate(rows, start=2):
        for c, cell in enumerate(row, start=1):
            book["Customers"].cell(r, c, cell).data_type = "s" if c <= 2 else "n"
            book["Customers"].cell(r, 3).data_type = book["Customers"].cell(r, 6).data_type = "s"
    book.save(path)
    live = opened(path)
    done(live)
    assert {row[1] for row in block(live, "tblRanking")[1:]} == set(odd)
    assert {row[2] for row in block(live, "tblRanking")[1:]} == set(odd)


def test_a_workbook_without_table_objects_is_read_by_its_sheets(
    opened: Open, tmp_path: Path
) -> None:
    book = opened(write_book(tmp_path / "plain.xlsx", tables=False))
    done(book)
    assert len(block(book, "tblRanking")) == 1 + len(CUSTOMERS)


def test_sheets_written_live_are_ours_for_a_rescore_of_the_file(
    opened: Open, tmp_path: Path
) -> None:
    book = opened(write_book(tmp_path / "book.xlsx"))
    done(book)
    book.save(tmp_path / "saved.xlsx")
    closed = Path(shutil.copy(tmp_path / "saved.xlsx", tmp_path / "closed.xlsx"))
    package = Package(closed)
    assert set(find_ours(Workbook(package)).sheets) == set(ORDER)
    package.close()
    names = openpyxl.load_workbook(closed).sheetnames
    rescore_file(closed, backup=False)
    assert openpyxl.load_workbook(closed).sheetnames == names


def test_the_names_of_the_last_run_are_set(opened: Open, tmp_path: Path) -> None:
    book = opened(made(tmp_path))
    done(book)
    refers_to = {name.name: name.refers_to for name in book.names}
    day = dt.datetime.now().astimezone().date()
    start = f"={{{day.year},{day.month},{day.day},47,12,1,50,50,1,0,"
    assert refers_to["kp_last_run"].replace(";", ",").startswith(start)
    shown = [cell for row in book.sheets["Start"].used_range.value for cell in row]
    assert shown.count(47.0) == 1
