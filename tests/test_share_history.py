"""The history in copies for others, by the command: what was hidden then is hidden on all days."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from openpyxl import Workbook, load_workbook
from openpyxl.utils import range_boundaries
from support.books import CUSTOMERS, rows_of, write_book
from support.ecma import repairs_of
from support.northwind import input_tables, measures_in
from support.packages import faults_of, parts_of
from support.searched import found_in
from support.template import made
from typer.testing import CliRunner, Result

from xlportfolio import cli
from xlportfolio.files.change import change
from xlportfolio.files.workbook import Workbook as Package
from xlportfolio.files.writing import OpenSheet

DAYS = ("2026-01-31", "2026-03-31", "2026-06-30")
TODAY = "2026-07-15"
TABLES = ("tblHistory", "tblHistoryModel", "tblMovement")
#: Positions of the columns of the history, whatever its language.
DAY, NUMBER, NAME, FIXED = 0, 2, 3, 11
Rows = list[list[Any]]


class Kept(NamedTuple):
    """A workbook that has been rescored on three days.

    ``names`` holds the last name of everybody on any day by number, ``earlier`` other names,
    ``gone`` the numbers of those who are no longer there, ``whole`` what a rescore keeps today.
    """

    path: Path
    names: dict[str, str]
    earlier: dict[str, str]
    gone: list[str]
    prospects: set[str]
    whole: dict[str, Rows]


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(cli.app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result


@lru_cache(maxsize=2)
def _opened(path: Path, _: int) -> Workbook:
    return load_workbook(path)


def opened(path: Path) -> Workbook:
    """A workbook as openpyxl reads it, once for each state of the file."""
    return _opened(path, path.stat().st_mtime_ns)


def table_of(path: Path, table: str) -> list[list[Any]]:
    """The rows of a table, its headers first."""
    (sheet,) = [sheet for sheet in opened(path).worksheets if table in sheet.tables]
    found = rows_of(sheet)
    return [list(found[0]), *(list(row.values()) for row in found)]


def cells_of(path: Path) -> list[Any]:
    """What stands in any cell of a workbook."""
    rows = (row for sheet in opened(path).worksheets for row in sheet.iter_rows(values_only=True))
    return [cell for row in rows for cell in row if cell is not None]


def rewritten(path: Path, table: str, edit: Callable[[Rows], None]) -> None:
    """Change cells of one of the tables of a workbook, below its headers; all else stays."""
    (sheet,) = [sheet for sheet in opened(path).worksheets if table in sheet.tables]
    left, top, right, bottom = range_boundaries(sheet.tables[table].ref)
    cells = sheet.iter_rows(top + 1, bottom, left, right, values_only=True)
    before = [list(row) for row in cells]
    after = [list(row) for row in before]
    edit(after)

    def work(workbook: Package) -> None:
        written = OpenSheet(workbook, sheet.title)
        for i, (old, new) in enumerate(zip(before, after, strict=True)):
            for j, (was, is_now) in enumerate(zip(old, new, strict=True)):
                if was != is_now:
                    written.write(left + j, top + 1 + i, is_now)
        written.put()

    change(path, None, work, backup=False)


def times(row: list[Any], factor: float) -> None:
    """Change the measures of a customer, those of each criterion by another factor."""
    for k in range(3, len(row)):
        if isinstance(row[k], int | float):
            row[k] = round(row[k] * (factor + 0.0137 * k), 4)


def kept(path: Path) -> Kept:
    """Rescore a workbook on three days; people are renamed, go and come in between."""
    names: dict[str, str] = {}
    earlier: dict[str, str] = {}
    gone: list[str] = []
    prospects: set[str] = set()

    def renamed(row: list[Any], name: str) -> None:
        earlier[str(row[0])], row[1] = row[1], name

    def removed(row: list[Any]) -> None:
        gone.append(str(row[0]))
        row[:] = [None] * len(row)

    def first(rows: Rows) -> None:
        names.update({str(row[0]): row[1] for row in rows})
        prospects.update(str(row[0]) for row in rows if row[2] in {"Prospect", "Wunschkunde"})
        renamed(rows[0], "Zypressen Nachfolge KG")
        removed(rows[1])
        for row in rows[2:9]:
            times(row, 1.3)

    def second(rows: Rows) -> None:
        prospect = next(row for row in rows if str(row[0]) in prospects)
        renamed(prospect, "Morgenröte Anlagen AG")
        rows[1][:] = ["Q-0815", "Quittenhof Neukunde OHG", *rows[2][2:]]
        removed(rows[3])
        for row in rows[4:20]:
            times(row, 0.6)

    def last(rows: Rows) -> None:
        names.update({str(row[0]): row[1] for row in rows if row[0] is not None})

    def weight(rows: Rows) -> None:
        rows[0][2] += 7

    run("rescore", path, "--as-of", DAYS[0], "--no-backup")
    rewritten(path, "tblCustomers", first)
    rewritten(path, "tblCriteria", weight)
    run("rescore", path, "--as-of", DAYS[1], "--no-backup")
    rewritten(path, "tblCustomers", second)
    run("rescore", path, "--as-of", DAYS[2], "--no-backup")
    rewritten(path, "tblCustomers", last)
    whole = path.with_name(f"whole {path.name}")
    run("rescore", path, "-o", whole, "--as-of", TODAY)
    tables = {table: table_of(whole, table) for table in TABLES}
    return Kept(path, names, earlier, gone, prospects, tables)


@pytest.fixture(scope="module", params=["de", "en", "northwind"])
def book(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Kept:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "northwind":
        path = folder / "northwind.xlsx"
        path.write_bytes(input_tables(measures_in(request.getfixturevalue("test_data"))))
    else:
        path = made(folder, request.param, macros=False)
    return kept(path)


@pytest.fixture(scope="module")
def german(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    return kept(made(tmp_path_factory.mktemp("german"), "de", macros=False))


def shared(book: Kept, folder: Path, *asked: str) -> Path:
    copy = folder / "copy.xlsx"
    run("share", book.path, copy, "--as-of", TODAY, *asked)
    assert not faults_of(parts_of(copy))
    names = [name for sheet in opened(copy).worksheets for name in sheet.tables]
    assert all(names.count(table) == 1 for table in TABLES)
    return copy


def is_prospect(book: Kept) -> str:
    words = {row[2] for row in table_of(book.path, "tblCustomers")[1:] if row[0] in book.prospects}
    return next(iter(words))


# --- everything -----------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", [(), ("--live",)])
def test_a_copy_with_everything_keeps_all_days(
    book: Kept, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    copy = shared(book, tmp_path, *asked)
    assert {table: table_of(copy, table) for table in TABLES} == book.whole
    days = {row[DAY].date().isoformat() for row in table_of(copy, "tblHistory")[1:]}
    assert days == {*DAYS, TODAY}


def test_the_sender_is_told_of_the_days_in_the_copy(german: Kept, tmp_path: Path) -> None:
    def told(*files: object) -> list[str]:
        said = run("share", german.path, *files, "--as-of", TODAY, "--json")
        messages = [p["message"] for p in json.loads(said.stdout)["problems"]]
        return [m.partition(":")[0].partition(",")[0] for m in messages if "history_dates" in m]

    copy, page = tmp_path / "copy.xlsx", tmp_path / "page.html"
    of_copy, of_page = "Die Kopie enthält auch den Verlauf", "Die Seite zeigt"
    assert told(copy) == [of_copy]
    assert told("--html", page) == [of_page]
    assert told(copy, "--html", page, "--hide", "Umsatz") == [of_copy, of_page]
    assert told("--split-by", "Status", tmp_path / "folder") == [of_copy]


def test_a_workbook_that_keeps_nothing_gives_nothing_of_earlier_days_away(
    german: Kept, tmp_path: Path
) -> None:
    """What the sender is told to do, where nobody may see them."""
    book = german._replace(path=tmp_path / "nothing.xlsx")
    book.path.write_bytes(german.path.read_bytes())

    def nothing(rows: Rows) -> None:
        next(row for row in rows if row[0] == "history_dates")[1] = 0

    rewritten(book.path, "tblSettings", nothing)
    page = tmp_path / "page.html"
    former = {*german.earlier.values(), *(german.names[number] for number in german.gone)}
    for _ in range(2):
        copy = shared(book, tmp_path, "--html", str(page))
        for table in TABLES:
            assert not any(any(row) for row in table_of(copy, table)[1:])
        assert not [cell for cell in cells_of(copy) if any(name in str(cell) for name in former)]
        assert not found_in({"page": page.read_bytes()}, *former)
        run("rescore", book.path, "--as-of", TODAY, "--no-backup")


def test_sheets_of_earlier_days_say_that_they_do_not_compute(german: Kept, tmp_path: Path) -> None:
    for sheet in opened(shared(german, tmp_path, "--live")).worksheets:
        if set(TABLES) & set(sheet.tables):
            assert "den Stand von damals" in sheet["A4"].value


# --- only -----------------------------------------------------------------------------------------


def test_only_the_days_of_those_shown_are_there(book: Kept, tmp_path: Path) -> None:
    copy = shared(book, tmp_path, "--only", f"Status={is_prospect(book)}")
    everything = book.whole
    of_all, history = everything["tblHistory"], table_of(copy, "tblHistory")
    assert history == [of_all[0], *(row for row in of_all[1:] if row[NUMBER] in book.prospects)]
    assert {row[NAME] for row in history[1:]} >= {
        name for number, name in book.earlier.items() if number in book.prospects
    }
    moved = [row for row in everything["tblMovement"][1:] if row[1] in book.prospects]
    assert [row for row in table_of(copy, "tblMovement")[1:] if row[1]] == moved
    assert table_of(copy, "tblHistoryModel") == everything["tblHistoryModel"]
    others = [n for number, n in book.names.items() if number not in book.prospects]
    others += [n for number, n in book.earlier.items() if number not in book.prospects]
    assert not found_in(copy, *others)
    cells = {str(cell) for cell in cells_of(copy)}
    assert cells.isdisjoint(set(book.names) - book.prospects)


# --- hide -----------------------------------------------------------------------------------------


CRITERIA = (
    *("Umsatz", "DB-Quote", "Potenzial", "Zahlungsverzug", "Referenzwert", "Lieferanteil"),
    *("Passende Leistungen", "Zufriedenheit", "Wachstum", "Bestellrhythmus"),
)


def telling(history: Rows, criterion: str) -> set[Any]:
    """Numbers with four digits and more that are measures of one criterion alone."""
    at = history[0].index(criterion)
    others = {cell for row in history[1:] for k, cell in enumerate(row) if k != at}
    measures = {row[at] for row in history[1:] if isinstance(row[at], float)} - others
    return {m for m in measures if len(f"{m:.10g}".replace(".", "").strip("0-")) > 3}


def without_scale(row: list[Any], scale: str) -> list[Any]:
    """A row of the models as it is where the criterion is hidden."""
    return [*row[:6], scale, None, None, None, *row[10:]]


@pytest.mark.parametrize("criterion", CRITERIA)
def test_a_hidden_criterion_has_no_measure_on_any_day(
    german: Kept, tmp_path: Path, criterion: str
) -> None:
    copy = shared(german, tmp_path, "--hide", criterion)
    everything = german.whole
    of_all, history = everything["tblHistory"], table_of(copy, "tblHistory")
    at = of_all[0].index(criterion)
    assert history == [of_all[0], *([*row[:at], None, *row[at + 1 :]] for row in of_all[1:])]
    assert table_of(copy, "tblHistoryModel") == [
        without_scale(row, "linear") if row[2] == criterion else row
        for row in everything["tblHistoryModel"]
    ]
    assert not telling(of_all, criterion) & set(cells_of(copy))
    moved = table_of(copy, "tblMovement")
    kept_columns = [k for k, h in enumerate(moved[0]) if h not in {"Begründung", "Kriterium"}]
    assert [[row[k] for k in kept_columns] for row in moved] == [
        [row[k] for k in kept_columns] for row in everything["tblMovement"]
    ]
    reason = moved[0].index("Begründung")
    for row in moved[1:]:
        assert f"{criterion} " not in (row[reason] or "")
        assert criterion not in (row[moved[0].index("Kriterium")] or "")


def test_measures_of_northwind_are_hidden_on_all_days(tmp_path: Path, test_data: Path) -> None:
    path = tmp_path / "northwind.xlsx"
    path.write_bytes(input_tables(measures_in(test_data)))
    book = kept(path)
    copy = shared(book, tmp_path, "--hide", "Turnover", "--hide", "Average discount")
    of_all = table_of(path, "tblHistory")
    for name in ("Turnover", "Average discount"):
        assert len(telling(of_all, name)) > 50
        assert not telling(of_all, name) & set(cells_of(copy))


# --- anonymise ------------------------------------------------------------------------------------


def key_of(copy: Path) -> dict[tuple[str, str], tuple[str, str]]:
    with copy.with_name(f"{copy.stem}-key.csv").open(encoding="utf-8-sig", newline="") as file:
        head = file.readline()
        rows = csv.reader(file, delimiter=max(",;", key=head.count))
        return {(a, b): (c, d) for a, b, c, d in rows}


@pytest.mark.parametrize("ids", [False, True])
def test_nobody_of_any_day_is_called_by_name(book: Kept, tmp_path: Path, *, ids: bool) -> None:
    copy = shared(book, tmp_path, "--anonymise", *(["--anonymise-ids"] if ids else []))
    assert not found_in(copy, *book.names.values(), *book.earlier.values())
    key = key_of(copy)
    called = {number: shown for (number, _), shown in key.items()}
    assert set(called) == set(book.names)
    for number, name in book.earlier.items():
        assert key[number, name] == key[number, book.names[number]]
    of_all = book.whole
    expected = [[*row[:2], *called[row[NUMBER]], *row[4:]] for row in of_all["tblHistory"][1:]]
    assert table_of(copy, "tblHistory")[1:] == expected
    assert table_of(copy, "tblHistoryModel") == of_all["tblHistoryModel"]
    moved = table_of(copy, "tblMovement")
    assert [row[1:3] for row in moved[1:]] == [
        list(called[row[1]]) for row in of_all["tblMovement"][1:]
    ]
    assert {row[1] for row in moved[1:]} >= {called[number][0] for number in book.gone}
    cells = {str(cell) for cell in cells_of(copy)}
    assert cells.isdisjoint(book.names) == ids


def test_everything_that_can_be_asked_at_once(book: Kept, tmp_path: Path) -> None:
    of_all = book.whole
    hidden = of_all["tblHistory"][0][FIXED : FIXED + 2]
    asked = [word for name in hidden for word in ("--hide", name)]
    asked += ["--only", f"Status={is_prospect(book)}", "--anonymise", "--anonymise-ids", "--scrub"]
    copy = shared(book, tmp_path, *asked, "--live")
    assert not repairs_of(parts_of(copy))
    assert not found_in(copy, *book.names.values(), *book.earlier.values())
    called = {number: shown for (number, _), shown in key_of(copy).items()}
    assert set(called) == book.prospects
    ats = [of_all["tblHistory"][0].index(name) for name in hidden]
    expected = []
    for row in of_all["tblHistory"][1:]:
        if row[NUMBER] in called:
            shown = [*row[:2], *called[row[NUMBER]], *row[4:]]
            expected.append([None if k in ats else cell for k, cell in enumerate(shown)])
    assert table_of(copy, "tblHistory")[1:] == expected
    assert {str(cell) for cell in cells_of(copy)}.isdisjoint(book.names)


@pytest.mark.parametrize("asked", [(), ("--live",)])
@pytest.mark.parametrize("hidden", [("--anonymise",), ("--only", "Status=Customer")])
def test_a_word_that_no_scale_knows_names_nobody(
    tmp_path: Path, asked: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    rows = [list(row) for row in CUSTOMERS]
    rows[1][5], rows[4][1] = "ask Quellmann Guss", "Quellmann Guss"
    path = write_book(tmp_path / "book.xlsx", customers=rows)
    run("rescore", path, "--as-of", DAYS[0], "--no-backup")
    copy, page = tmp_path / "copy.xlsx", tmp_path / "page.html"
    run("share", path, copy, "--html", page, "--as-of", TODAY, *asked, *hidden)
    assert not found_in(copy, "Quellmann")
    assert not found_in({"page": page.read_bytes()}, "Quellmann")


# --- the user's own sheets ------------------------------------------------------------------------


def test_own_notes_about_people_of_earlier_days_are_cleared_too(
    german: Kept, tmp_path: Path
) -> None:
    book = german._replace(path=tmp_path / "noted.xlsx")
    book.path.write_bytes(german.path.read_bytes())
    (number, *_) = [n for n in german.earlier if n not in german.prospects]
    former, gone = german.earlier[number], german.names[german.gone[0]]

    def write(workbook: Package) -> None:
        written = OpenSheet(workbook, "Einstellungen")
        written.write(8, 2, f"{former} heißt jetzt anders")
        written.write(8, 3, f"{gone} fehlt uns")
        written.put()

    change(book.path, None, write, backup=False)
    for asked in (["--only", "Status=Wunschkunde"], ["--anonymise"]):
        copy = shared(book, tmp_path, *asked)
        assert not found_in(copy, former, gone)


def test_a_history_whose_table_is_lost_does_not_survive_beside(tmp_path: Path) -> None:
    """Another program saved the workbook and dropped the table objects."""
    path = write_book(tmp_path / "book.xlsx")
    run("rescore", path, "--as-of", DAYS[0])
    book = load_workbook(path)
    for sheet in book.worksheets:
        if set(TABLES) & set(sheet.tables):
            sheet.tables.clear()
    book.save(path)
    copy = tmp_path / "copy.xlsx"
    run("share", path, copy, "--as-of", TODAY, "--hide", "Growth")
    history = table_of(copy, "tblHistory")
    assert {row[DAY] for row in history[1:]} == {
        dt.datetime.fromisoformat(day) for day in (DAYS[0], TODAY)
    }
    growth = {0.4, 0.1, -0.3, -0.5} - {-0.5}  # a bound of its scale
    assert growth.isdisjoint(cell for cell in cells_of(copy) if isinstance(cell, float))


# --- a copy that goes on --------------------------------------------------------------------------


@pytest.mark.parametrize(
    "asked",
    [
        (),
        ("--live",),
        ("--only", "Status=Wunschkunde"),
        ("--hide", "Umsatz", "--hide", "Referenzwert"),
        ("--anonymise", "--anonymise-ids"),
    ],
)
def test_a_copy_can_be_rescored_and_shared_again(
    german: Kept, tmp_path: Path, asked: tuple[str, ...]
) -> None:
    copy = shared(german, tmp_path, *asked)
    before = table_of(copy, "tblHistory")
    run("rescore", copy, "--as-of", "2026-08-31", "--no-backup")
    after = table_of(copy, "tblHistory")
    assert after[: len(before)] == before
    run("share", copy, tmp_path / "again.xlsx", "--anonymise")
