"""The open workbook: macros through xlwings' real front end, over a live LibreOffice document."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlwings as xw
from support import lo_engine, lo_session
from support.books import CUSTOMERS, write_book
from support.lo_engine import ExcelError, attach, calls, chart_ranges
from support.template import made

from xlportfolio import rescore as rescore_file
from xlportfolio.excel import macros
from xlportfolio.files.ours import find_ours
from xlportfolio.files.package import Package
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import texts
from xlportfolio.report import ORDER, TABLES

Open = Callable[[Path], xw.Book]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lo_session.Office]:
    with lo_session.office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def opened(office: lo_session.Office) -> Iterator[Open]:
    books: list[xw.Book] = []

    def attached(path: Path) -> xw.Book:
        books.append(attach(office.open(path)))
        return books[-1]

    yield attached
    for book in books:
        book.app.quit()


@pytest.fixture
def live(opened: Open, tmp_path: Path) -> xw.Book:
    return opened(write_book(tmp_path / "customers.xlsx"))


def said(book: xw.Book) -> str:
    """The message that a macro showed last."""
    text: str = book.app.impl.alerts[-1]["prompt"]
    return text


def done(book: xw.Book) -> None:
    macros.rescore(book)
    assert said(book).startswith(("Done: ", "Fertig: ")), said(book)


def table_of(book: xw.Book, name: str) -> xw.main.Table:
    return next(t for sheet in book.sheets for t in sheet.tables if t.name == name)


def block(book: xw.Book, name: str) -> list[list[Any]]:
    cells: list[list[Any]] = table_of(book, name).range.options(ndim=2).value
    return cells


def blocks(book: xw.Book) -> dict[str, list[list[Any]]]:
    return {name: block(book, name) for name in TABLES.values()}


def in_file(path: Path) -> dict[str, list[list[Any]]]:
    """The tables of ours in a closed workbook; blank text is an empty cell."""
    found = {}
    for sheet in openpyxl.load_workbook(path, data_only=True):
        for name, area in sheet.tables.items():  # names and areas
            if name in TABLES.values():
                rows = [[cell.value for cell in row] for row in sheet[area]]
                found[name] = [[None if c == "" else c for c in row] for row in rows]
    return found


def plain(cells: list[list[Any]]) -> list[list[Any]]:
    return [[float(c) if isinstance(c, int) else c for c in row] for row in cells]


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
    assert ranking.range("A8:M10").value == [[None] * 13] * 3


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
    ranking.range("N5").value = [["My note"], ["about Alpha"], [None], ["about Gamma"]]
    noted = ranking.range("C6").value, ranking.range("C8").value
    table_of(live, "tblRanking").resize(ranking.range("A5:N10"))
    live.sheets["Customers"].range("D2").value = 10
    done(live)
    now = {row[2]: row[13] for row in block(live, "tblRanking")[1:]}
    assert {name: now[name] for name in noted} == dict(
        zip(noted, ("about Alpha", "about Gamma"), strict=True)
    )
    assert sum(note is not None for note in now.values()) == 2


def test_a_note_on_a_customer_who_left_a_sheet_is_not_lost(live: xw.Book) -> None:
    done(live)
    stars = live.sheets["Stars"]
    assert stars.range("C7").value == "Alpha"
    stars.range("N5").value = [["My note"], [None], ["about Alpha"]]
    table_of(live, "tblStars").resize(stars.range("A5:N7"))
    before = blocks(live)
    live.sheets["Customers"].range("D2").value = 0
    live.sheets["Customers"].range("E2").value = -0.5
    macros.rescore(live)
    assert said(live).startswith("Nothing has been written")
    assert "N7" in said(live)
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


#: Tables that have no rows with the customers of ``write_book``.
EMPTY = {"tblDataCheck"}


class Breaks:
    """Lets the n-th piece of work of a kind fail, as Excel does when a dialog is open."""

    def __init__(self, beginning: str, number: int) -> None:
        self.beginning, self.left = beginning, number

    def __call__(self, kind: str, what: str) -> None:
        if kind == "work" and what.startswith(self.beginning):
            self.left -= 1
            if self.left == 0:
                raise ExcelError("Excel is busy")


@pytest.mark.parametrize(
    ("beginning", "number"),
    [("sheet.copy", 1), ("sheet.copy", 5), ("range.value=", 1), ("range.value=", 8)],
)
def test_a_failure_in_the_middle_of_a_first_run_leaves_no_half_sheet(
    beginning: str, number: int, live: xw.Book
) -> None:
    names = [sheet.name for sheet in live.sheets]
    calls(live).before = Breaks(beginning, number)
    macros.rescore(live)
    calls(live).before = lambda _kind, _what: None
    assert "Excel is busy" in said(live)
    assert (live.app.screen_updating, live.app.calculation) == (True, "automatic")
    assert live.app.status_bar is False
    kept = [sheet.name for sheet in live.sheets][len(names) :]
    for sheet in live.sheets:
        for table in sheet.tables:
            if table.name in TABLES.values():
                assert sheet.name in kept
                assert any(block(live, table.name)[1]) or table.name in EMPTY
    done(live)
    assert {t.name for s in live.sheets for t in s.tables} >= set(TABLES.values())


@pytest.mark.parametrize("number", [1, 3, 8])
def test_a_failure_in_the_middle_of_a_later_run_leaves_old_and_new_sheets(
    number: int, live: xw.Book
) -> None:
    done(live)
    old = blocks(live)
    live.sheets["Customers"].range("D2").value = 10
    calls(live).before = Breaks("range.value=", number)
    macros.rescore(live)
    calls(live).before = lambda _kind, _what: None
    assert "Excel is busy" in said(live)
    assert (live.app.screen_updating, live.app.calculation) == (True, "automatic")
    between = blocks(live)
    done(live)
    new = blocks(live)
    assert all(between[name] in (old[name], new[name]) for name in TABLES.values())


# --- engines that can do less -------------------------------------------------------------------


@pytest.fixture
def in_browser(live: xw.Book, monkeypatch: pytest.MonkeyPatch) -> xw.Book:
    """The engine does not do what that of xlwings Lite does not."""

    def unsupported(*_arguments: Any) -> None:
        raise NotImplementedError

    monkeypatch.setattr(lo_engine.Engine, "type", "remote")
    for kind, name in (
        (lo_engine.App, "screen_updating"),
        (lo_engine.App, "status_bar"),
        (lo_engine.App, "calculation"),
        (lo_engine.Range, "formula"),
    ):
        monkeypatch.setattr(kind, name, property(unsupported, unsupported))
    return live


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


def test_what_is_not_there_yet_says_so(live: xw.Book) -> None:
    for macro in (macros.explain, macros.share, macros.history):
        macro(live)
        assert said(live).endswith(texts("en")("live.not_there", command="")[-12:])
