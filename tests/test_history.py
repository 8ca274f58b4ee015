"""What is kept of earlier days: put in, thinned, written, read again, and what is wrong with it."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Callable, Sequence
from contextlib import closing
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from openpyxl.worksheet.worksheet import Worksheet
from support.books import CRITERIA, CUSTOMERS, CUSTOMERS_HEADER, write_book
from support.history_days import inputs, kept_tables, plain_rows, run_on
from support.portfolios import Portfolio, analysed, portfolios
from typer.testing import CliRunner

import xlportfolio as kp
from xlportfolio import cli
from xlportfolio.analysis import Note
from xlportfolio.errors import InputError
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.history import History, kept_model
from xlportfolio.locale import texts
from xlportfolio.schema import contract
from xlportfolio.schema.grid import Findings
from xlportfolio.schema.history import read_history
from xlportfolio.schema.words import KEPT_QUADRANTS

JANUARY, FEBRUARY, MARCH = (dt.date(2026, month, 15) for month in (1, 2, 3))

# --- round trip ---------------------------------------------------------------------------------

#: Names that could be taken for something else on the sheet.
ODD = ("Rank", "Datum", "[net]", "Parted-on purpose", "a; b=1\nc", "=1+1", "version", "Ä ß", "day")
EXAMPLES = settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
days = st.dates(dt.date(2025, 11, 1), dt.date(2026, 3, 31))


@st.composite
def oddly_named(draw: st.DrawFn) -> Portfolio:
    """A portfolio whose criteria have odd names, some of them once numbers and once words."""
    rows, model = draw(portfolios())
    fresh = iter(draw(st.permutations(ODD)))
    new = {c["name"]: next(fresh) for c in model["criteria"]}
    criteria = [{**c, "name": new[c["name"]]} for c in model["criteria"]]
    renamed = [{new.get(key, key): cell for key, cell in row.items()} for row in rows]
    measure = model["abc_measure"]
    return renamed, {**model, "criteria": criteria, "abc_measure": new.get(measure, measure)}


def with_portfolio(history: History, day: dt.date, portfolio: Portfolio) -> History:
    analysis = analysed(portfolio)
    counts = ~analysis.customers["note"].isin([Note.REPEATED, Note.UNIDENTIFIED]).to_numpy()
    return history.with_day(
        day, analysis.customers[counts], analysis.measures[counts], analysis.model
    )


@EXAMPLES
@given(
    st.lists(st.tuples(days, oddly_named()), min_size=1, max_size=4),
    st.sampled_from(["en", "de"]),
)
def test_what_is_written_is_read_again(
    kept: list[tuple[dt.date, Portfolio]], language: str
) -> None:
    history = History()
    for day, portfolio in kept:
        history = with_portfolio(history, day, portfolio)
    for spoken in (language, "en", "de"):  # the other language may be that of the workbook
        findings = Findings(spoken)
        read = read_history(kept_tables(history, language), findings)
        assert findings.problems == []
        assert plain_rows(read) == plain_rows(history)
        assert read.versions == history.versions
        if history.days:
            assert [*map(" ".join, map(str.split, history.criteria))] == [*read.criteria]


@EXAMPLES
@given(days, oddly_named())
def test_a_day_that_was_kept_gives_the_same_scores(day: dt.date, portfolio: Portfolio) -> None:
    history = with_portfolio(History(), day, portfolio)
    if not history.days:
        return
    read = read_history(kept_tables(history, "de"), Findings())
    snapshot = read.snapshot(day)
    again = kp.analyse(snapshot.customers, snapshot.model).customers
    for column in ("value_score", "benefit_score", "total_score", "rank"):
        np.testing.assert_allclose(again[column], read.rows[column], rtol=0, atol=1e-9)
    assert again["customer_id"].tolist() == read.rows["customer_id"].tolist()
    assert again["quadrant"].tolist() == read.rows["quadrant"].tolist()


def test_headers_are_those_of_the_sheets_in_both_languages() -> None:
    for language in ("en", "de"):
        words = texts(language)
        for table in contract.KEPT_TABLES:
            for column in table.columns:
                assert column.header(language) == words(f"columns.{column.key}")
        for table, key in zip(
            contract.KEPT_TABLES, ("history", "history_models", "movement"), strict=True
        ):
            assert table.sheet(language) == words(f"sheets.{key}")
        for quadrant, word in words.branch("quadrants").items():
            assert KEPT_QUADRANTS.get(str(word)) == quadrant


# --- thinning -----------------------------------------------------------------------------------


def of_sizes(sizes: dict[dt.date, int]) -> History:
    """A history of nothing but days and numbers of customers."""
    number = [k for size in sizes.values() for k in range(size)]
    day = np.repeat([day.toordinal() for day in sizes], [*sizes.values()])
    blank = pd.Series([""] * len(day), dtype=object)
    rows = pd.DataFrame(
        {
            "day": day,
            "version": np.ones(len(day), dtype=np.int64),
            "customer_id": pd.Series([*map(str, number)], dtype=object),
            **dict.fromkeys(("customer", "status", "quadrant"), blank),
            **dict.fromkeys(("value_score", "benefit_score", "total_score", "rank"), np.nan),
            "parted": blank,
        }
    )
    return History(
        rows, pd.DataFrame(index=rows.index), {1: kept_model(analysed(([], MODEL)).model)}
    )


MODEL: dict[str, Any] = {
    "criteria": [
        {
            "name": f"{axis} 0",
            "axis": axis,
            "weight": 1,
            "scale": "linear",
            "low": 0,
            "high": 100,
            "levels": [],
            "objective": "max",
            "fill": None,
            "unit": "",
        }
        for axis in ("value", "benefit")
    ]
}


@settings(deadline=None)
@given(st.lists(days, unique=True, max_size=20).map(sorted), st.integers(0, 12))
def test_what_is_no_month_end_goes_first_and_the_oldest_before_others(
    kept: list[dt.date], dates: int
) -> None:
    ends = [[*of_month][-1] for _, of_month in groupby(kept, key=lambda d: (d.year, d.month))]
    going = [*(day for day in kept if day not in ends), *ends]
    stay = going[max(len(kept) - dates, 0) :]
    assert of_sizes(dict.fromkeys(kept, 1)).thinned(dates).days == sorted(stay)


@pytest.mark.parametrize(
    ("sizes", "stay"),
    [
        ((60_000, 30_000, 10_000), (0, 1, 2)),
        ((60_000, 30_000, 10_001), (1, 2)),
        ((1, 60_000, 60_000), (1, 2)),
        ((1, 600_000, 600_000), (2,)),
    ],
)
def test_rows_are_bounded_but_for_the_newest_two_days(
    sizes: tuple[int, ...], stay: tuple[int, ...]
) -> None:
    kept = [JANUARY, FEBRUARY, MARCH]
    thinned = of_sizes(dict(zip(kept, sizes, strict=True))).thinned(24)
    assert thinned.days == [kept[k] for k in stay]


def test_no_month_end_makes_way_for_the_second_newest_day() -> None:
    sizes = {JANUARY: 60_000, dt.date(2026, 2, 1): 30_000, dt.date(2026, 2, 2): 30_000}
    assert of_sizes(sizes).thinned(24).days == [*sizes][1:]


def test_a_mark_outlives_the_day_on_which_somebody_was_last_seen() -> None:
    first, last = dt.date(2026, 1, 5), dt.date(2026, 1, 7)
    history = of_sizes({first: 2, last: 2, dt.date(2026, 1, 31): 1, FEBRUARY: 1})
    thinned = history.marked({"1": "sold"}).thinned(3)  # the first goes
    assert thinned.days == [last, dt.date(2026, 1, 31), FEBRUARY]
    thinned = (
        of_sizes({JANUARY: 2, FEBRUARY: 2, dt.date(2026, 2, 20): 1})
        .marked({"1": "sold"})
        .thinned(2)
    )
    assert thinned.days == [JANUARY, dt.date(2026, 2, 20)]
    assert thinned.gone(MARCH, {"0"}, dt.date(2026, 2, 20)).empty


def test_a_mark_that_was_lifted_by_a_return_does_not_come_back() -> None:
    history = of_sizes({JANUARY: 2}).marked({"1": "sold"})
    later = of_sizes({JANUARY: 2, FEBRUARY: 2, dt.date(2026, 2, 20): 1})
    rows = later.rows.assign(parted=pd.Series([*history.rows["parted"], "", "", ""], dtype=object))
    thinned = History(rows, later.measures, later.versions).thinned(2)
    gone = thinned.gone(MARCH, {"0"}, dt.date(2026, 2, 20))
    assert gone["customer_id"].tolist() == ["1"]


# --- day by day ---------------------------------------------------------------------------------


def changed(rows: Sequence[Sequence[Any]], at: int, column: int, cell: Any) -> list[list[Any]]:
    new = [list(row) for row in rows]
    new[at][column] = cell
    return new


def version_on(history: History, day: dt.date) -> int:
    (version,) = set(history.rows.loc[history.rows["day"] == day.toordinal(), "version"])
    return int(version)


def test_the_same_day_replaces_itself() -> None:
    first = run_on(JANUARY, inputs())
    second = run_on(JANUARY, inputs(CUSTOMERS[1:]), first)
    assert second.history.days == [JANUARY]
    assert set(second.history.rows["customer_id"]) == {"2", "3", "4", "5"}
    assert second.movement is None


def test_a_backdated_run_is_put_in_its_place_and_compared_with_the_day_before() -> None:
    run = run_on(MARCH, inputs(CUSTOMERS[2:]), run_on(JANUARY, inputs()))
    between = run_on(FEBRUARY, inputs(CUSTOMERS[:3]), run)
    assert between.history.days == [JANUARY, FEBRUARY, MARCH]
    assert between.history.rows["day"].is_monotonic_increasing
    assert between.movement is not None
    assert between.movement.since == JANUARY
    gone = between.movement.customers.query("change == 'gone'")
    assert set(gone["customer_id"]) == {"4", "5"}  # who comes later does not count


def test_the_day_compared_with_may_be_chosen() -> None:
    run = run_on(FEBRUARY, inputs(), run_on(JANUARY, inputs()))
    chosen = run_on(MARCH, inputs(settings={"compare_with": "2026-02-14"}), run)
    assert chosen.movement is not None
    assert chosen.movement.since == JANUARY
    for early, day in (("2026-01-14", MARCH), ("2026-01-20", JANUARY)):
        none = run_on(day, inputs(settings={"compare_with": early}), run)
        assert none.movement is None
        warned = [(p.fault.key, p.cell) for p in none.problems if p.severity == "warning"]
        assert warned == [("nothing_kept", "B2")]


def test_nothing_is_kept_where_nobody_wants_it() -> None:
    run = run_on(FEBRUARY, inputs(settings={"history_dates": 0}), run_on(JANUARY, inputs()))
    assert run.history.days == []
    assert run.movement is None


def unkept(run: Any) -> list[tuple[str, str | None, str | None]]:
    """What is said of days that are not kept or not compared, with its place."""
    keys = {"history_shortened", "day_not_kept", "history_later"}
    return [(p.fault.key, p.sheet, p.cell) for p in run.problems if p.fault.key in keys]


def test_before_days_are_lost_the_data_check_says_which() -> None:
    run = run_on(MARCH, inputs(), run_on(FEBRUARY, inputs(), run_on(JANUARY, inputs())))
    for dates, lost in ((0, (3, JANUARY, MARCH)), (2, (2, JANUARY, FEBRUARY))):
        later = dt.date(2026, 4, 15)
        fewer = run_on(later, inputs(settings={"history_dates": dates}), run)
        assert unkept(fewer) == [("history_shortened", "Settings", "B2")]
        (said,) = (p.fault.details for p in fewer.problems if p.fault.key == "history_shortened")
        assert (said["count"], said["first"], said["last"]) == lost
        again = run_on(later, inputs(settings={"history_dates": dates}), fewer)
        assert unkept(again) == []
    full = run_on(dt.date(2026, 4, 15), inputs(settings={"history_dates": 3}), run)
    assert unkept(full) == []  # one goes for one that comes


def test_later_days_are_told_of_and_so_is_a_day_for_which_there_is_no_room() -> None:
    run = run_on(MARCH, inputs(), run_on(FEBRUARY, inputs()))
    earlier = run_on(JANUARY, inputs(), run)
    assert unkept(earlier) == [("history_later", "History customers", None)]
    assert unkept(run_on(MARCH, inputs(), earlier)) == []
    no_room = run_on(JANUARY, inputs(settings={"history_dates": 2}), run)
    assert no_room.history.days == [FEBRUARY, MARCH]
    assert unkept(no_room) == [
        ("day_not_kept", "Settings", "B2"),
        ("history_later", "History customers", None),
    ]


@pytest.mark.parametrize("emptied", ["setting", "rows"])
def test_a_history_that_was_emptied_fills_again(emptied: str, tmp_path: Path) -> None:
    """Its columns of measures stay, so that nothing of it is taken for somebody else's."""

    def empty(book: Any) -> None:
        if emptied == "setting":
            book["Settings"]["B2"] = 0
        for row in book["History customers"].iter_rows(min_row=6) if emptied == "rows" else ():
            for cell in row:
                cell.value = None

    def put_last_first(book: Any) -> None:
        book["Settings"]["B2"] = 5
        criteria = book["Criteria"]
        rows = [[cell.value for cell in row] for row in criteria.iter_rows(min_row=2)]
        for i, row in enumerate([rows[-1], *rows[:-1]], start=2):
            for j, cell in enumerate(row, start=1):
                criteria.cell(i, j, cell)

    path = write_book(tmp_path / "customers.xlsx", settings=[("history_dates", 24)])
    kp.rescore(path, as_of=JANUARY)
    path = edited(path, tmp_path, empty)
    kept = kp.rescore(path, as_of=FEBRUARY).run.history
    assert kept.days == ([] if emptied == "setting" else [FEBRUARY])
    (tmp_path / "later").mkdir()
    path = edited(path, tmp_path / "later", put_last_first)
    kept = kp.rescore(path, as_of=MARCH).run.history
    assert kept.days == [*([] if emptied == "setting" else [FEBRUARY]), MARCH]
    assert kept.criteria == ("Turnover", "Growth", "Fit", "Visits")


def test_a_model_that_scores_alike_keeps_its_version_and_comes_back_to_it() -> None:
    heavier = changed(CRITERIA, 0, 2, 60)
    told = changed(
        changed(CRITERIA, 0, 10, "what they bought"), 2, 3, "min"
    )  # words have no direction
    run = run_on(dt.date(2026, 1, 1), inputs())
    run = run_on(dt.date(2026, 1, 2), inputs(criteria=told[::-1]), run)
    run = run_on(dt.date(2026, 1, 3), inputs(criteria=heavier), run)
    run = run_on(dt.date(2026, 1, 4), inputs(settings={"value_threshold": 60}), run)
    run = run_on(dt.date(2026, 1, 5), inputs(settings={"abc_a": 70, "top_labels": 3}), run)
    versions = [version_on(run.history, day) for day in run.history.days]
    assert versions == [1, 1, 2, 3, 1]


def test_a_version_goes_with_the_last_day_that_needs_it() -> None:
    run = run_on(JANUARY, inputs(criteria=changed(CRITERIA, 0, 2, 60)))
    run = run_on(FEBRUARY, inputs(), run)
    run = run_on(MARCH, inputs(settings={"history_dates": 2}), run)
    assert [*run.history.versions] == [2]
    run = run_on(MARCH, inputs(), run_on(MARCH, inputs(criteria=changed(CRITERIA, 0, 2, 7))))
    assert [*run.history.versions] == [1]


def test_columns_of_criteria_stay_where_they_are() -> None:
    run = run_on(JANUARY, inputs())
    assert run.history.criteria == ("Turnover", "Growth", "Fit", "Visits")
    renamed = [*CRITERIA[1:], ("Margin", *CRITERIA[0][1:])]
    header = tuple("Margin" if name == "Turnover" else name for name in CUSTOMERS_HEADER)
    run = run_on(FEBRUARY, inputs(criteria=renamed, header=header), run)
    assert run.history.criteria == ("Turnover", "Growth", "Fit", "Visits", "Margin")
    assert sorted(run.history.measures["Turnover"].dropna()) == [50, 100, 800, 900]
    assert sorted(run.history.measures["Margin"].dropna()) == [50, 100, 800, 900]
    spelled = [("margin", *CRITERIA[0][1:]), *CRITERIA[1:]]
    run = run_on(MARCH, inputs(criteria=spelled, header=header), run)
    assert run.history.criteria == ("Turnover", "Growth", "Fit", "Visits", "Margin")
    assert "margin" in run.history.snapshot(MARCH).customers
    assert "Turnover" in run.history.snapshot(JANUARY).customers


def test_names_too_long_for_a_header_are_known_again() -> None:
    long = [f"{'x' * 280} {k}" for k in range(2)]
    criteria = [(long[k], *CRITERIA[k][1:]) for k in range(2)] + [*CRITERIA[2:]]
    header = (*CUSTOMERS_HEADER[:3], *long, *CUSTOMERS_HEADER[5:])
    given = inputs(criteria=criteria, header=header)
    run = run_on(MARCH, given, run_on(FEBRUARY, given, run_on(JANUARY, given)))
    assert run.history.criteria == (*long, "Fit", "Visits")
    assert [*run.history.versions] == [1]
    assert run.problems == ()


def test_a_criterion_of_numbers_that_becomes_one_of_words_keeps_both() -> None:
    run = run_on(JANUARY, inputs())
    words = [list(row) for row in CRITERIA]
    words[3] = ["Visits", "benefit", 30, None, "categories", None, None, "2=100; 9=0", *[None] * 3]
    run = run_on(FEBRUARY, inputs(criteria=words), run)
    run = run_on(MARCH, inputs(), run, language="de")
    assert sorted(run.history.snapshot(FEBRUARY).customers["Visits"].dropna()) == [
        "1",
        "10",
        "2",
        "9",
    ]
    assert sorted(run.history.snapshot(JANUARY).customers["Visits"].dropna()) == [1, 2, 9, 10]


def test_the_language_may_change_between_runs() -> None:
    levels = changed(CRITERIA, 1, 4, "steps")
    levels[1][5], levels[1][6], levels[1][7] = None, None, "-0.125=10; 1.234=62.5"
    run = run_on(JANUARY, inputs(criteria=levels), language="de")
    for day, language in ((FEBRUARY, "en"), (MARCH, "de"), (dt.date(2026, 4, 1), "en")):
        run = run_on(day, inputs(criteria=levels), run, language=language)
        assert [*run.history.versions] == [1]
        assert {p.sheet for p in run.problems} == {"Criteria"}


# --- who is gone --------------------------------------------------------------------------------


def listed(run: Any) -> dict[str, str]:
    gone = run.movement.customers.query("change == 'gone'")
    return dict(zip(gone["customer_id"], gone["parted"], strict=True))


def test_who_is_gone_is_listed_until_somebody_says_that_it_was_on_purpose() -> None:
    run = run_on(dt.date(2026, 1, 1), inputs())
    for day in (2, 3):
        run = run_on(dt.date(2026, 1, day), inputs(CUSTOMERS[2:]), run)
        assert listed(run) == {"1": "", "2": ""}
    # typed on the sheet Movement: not newly so, so it is not listed any more
    run = run_on(dt.date(2026, 1, 3), inputs(CUSTOMERS[2:]), run, parted={"2": "sold"})
    assert listed(run) == {"1": ""}
    run = run_on(dt.date(2026, 1, 4), inputs(CUSTOMERS[2:]), run)
    assert listed(run) == {"1": ""}
    run = run_on(dt.date(2026, 1, 5), inputs(CUSTOMERS[1:]), run)  # comes back
    run = run_on(dt.date(2026, 1, 6), inputs(CUSTOMERS[2:]), run)  # and is gone again
    assert listed(run) == {"1": "", "2": ""}


def test_a_parting_is_listed_as_such_while_it_is_new() -> None:
    first = run_on(JANUARY, inputs())
    run = run_on(FEBRUARY, inputs(CUSTOMERS[1:]), first)
    again = run_on(FEBRUARY, inputs(CUSTOMERS[1:]), run, parted={"1": "does not pay"})
    assert listed(again) == {"1": "does not pay"}
    assert listed(run_on(MARCH, inputs(CUSTOMERS[1:]), again)) == {}


def test_what_was_typed_before_somebody_went_is_kept() -> None:
    run = run_on(FEBRUARY, inputs(), run_on(JANUARY, inputs()))
    run = run_on(FEBRUARY, inputs(), run, parted={"1": "in spring"})  # still there
    run = run_on(MARCH, inputs(), run)
    run = run_on(MARCH, inputs(CUSTOMERS[1:]), run)  # the same day
    assert listed(run) == {"1": "in spring"}


def test_rows_that_are_nobodys_or_repeat_others_are_not_kept() -> None:
    rows = [
        *CUSTOMERS,
        (1, "Alpha again", None, 5, 0, "low", 1),
        (None, None, None, 5, 0, "low", 1),
    ]
    sparse = (6, "Sparse", "Customer", None, None, None, 3)
    run = run_on(JANUARY, inputs([*rows, sparse]))
    assert sorted(run.history.rows["customer_id"]) == ["1", "2", "3", "4", "5", "6"]
    assert run.history.rows.query("customer_id == '6'")["quadrant"].tolist() == ["not_rated"]


# --- in a file ----------------------------------------------------------------------------------


def command(*arguments: object) -> None:
    done = CliRunner().invoke(cli.app, [*map(str, arguments)])
    assert done.exit_code == 0, done.stderr


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook that was rescored on two days."""
    path = write_book(tmp_path_factory.mktemp("kept") / "customers.xlsx")
    for day in (JANUARY, FEBRUARY):
        command("rescore", path, "--as-of", day)
    return path


def table_of(sheet: Worksheet) -> tuple[list[Any], int]:
    """The headers of the table on a sheet, and its first row."""
    (table,) = sheet.tables.values()
    header = sheet[table.ref][0]
    return [cell.value for cell in header], header[0].row + 1


def edited(kept: Path, tmp_path: Path, change: Callable[[Any], None]) -> Path:
    path = shutil.copy(kept, tmp_path / "edited.xlsx")
    book = load_workbook(path)
    change(book)
    book.save(path)
    return Path(path)


def put(sheet: str, header: str, row: int, cell: Any, where: list[str]) -> Callable[[Any], None]:
    def change(book: Any) -> None:
        headers, first = table_of(book[sheet])
        place = book[sheet].cell(first + row, headers.index(header) + 1)
        place.value = cell
        where.append(place.coordinate)

    return change


@pytest.mark.parametrize(
    ("sheet", "header", "row", "cell", "keys"),
    [
        ("History customers", "Date", 1, "soon", {"history_day"}),
        ("History customers", "Date", 1, None, {"history_day"}),
        ("History customers", "Version", 2, "two", {"history_version"}),
        (
            "History customers",
            "Version",
            2,
            9,
            {"history_version_unknown", "history_versions_mixed"},
        ),
        ("History customers", "Customer ID", 0, None, {"history_customer_id"}),
        ("History customers", "Customer ID", 4, 1, {"history_repeated"}),
        ("History customers", "Status", 0, "friend", {"history_status"}),
        ("History customers", "Type", 0, "hero", {"history_quadrant"}),
        ("History customers", "Total score", 3, "many", {"history_number"}),
        ("History customers", "Turnover", 3, "many", {"history_number"}),
        ("History models", "Version", 1, 0, {"history_version"}),
        ("History models", "Weight", 1, None, {"weight_blank"}),
        ("History models", "Axis", 2, "worth", {"unknown_axis"}),
        ("History models", "Levels", 2, "high", {"level_unreadable"}),
        ("History models", "Criterion", 2, "Growth", {"criterion_repeated"}),
        ("History models", "Setting", 4, "value threshhold", {"history_setting"}),
        ("History models", "Value", 4, 300, {"setting_out_of_range"}),
    ],
)
def test_what_cannot_be_read_stops_the_run_and_names_the_cell(
    sheet: str, header: str, row: int, cell: Any, keys: set[str], kept: Path, tmp_path: Path
) -> None:
    where: list[str] = []
    path = edited(kept, tmp_path, put(sheet, header, row, cell, where))
    before = path.read_bytes()
    with pytest.raises(InputError) as stopped:
        kp.rescore(path, as_of=MARCH)
    assert {p.fault.key for p in stopped.value.problems} == keys
    assert where[0] in {p.cell for p in stopped.value.problems}
    assert {p.sheet for p in stopped.value.problems} == {sheet}
    assert path.read_bytes() == before


def test_a_column_of_measures_that_is_gone_stops_the_run(kept: Path, tmp_path: Path) -> None:
    def rename(book: Any) -> None:
        headers, first = table_of(book["History customers"])
        book["History customers"].cell(first - 1, headers.index("Growth") + 1).value = "Groth"

    path = edited(kept, tmp_path, rename)
    with pytest.raises(InputError) as stopped:
        kp.rescore(path, as_of=MARCH)
    assert [p.fault.key for p in stopped.value.problems] == ["history_column"]


@pytest.mark.parametrize("header", ["Value score", "Turnover", "Rank"])
def test_points_that_do_not_follow_from_the_measures_are_warned_of_once(
    header: str, kept: Path, tmp_path: Path
) -> None:
    where: list[str] = []
    path = edited(
        kept, tmp_path, put("History customers", header, -1 + 6, 77, where)
    )  # on the later day
    found = [p for p in kp.rescore(path, as_of=MARCH).problems if p.fault.key == "history_doubtful"]
    assert [(p.sheet, p.fault.details["day"]) for p in found] == [("History customers", FEBRUARY)]


def test_tables_are_found_by_their_sheets_where_another_program_lost_them(
    kept: Path, tmp_path: Path
) -> None:
    def lose(book: Any) -> None:
        for sheet in book.worksheets:
            for name in [*sheet.tables]:
                del sheet.tables[name]

    with closing(Package(kept)) as package:
        whole = kp.schema.interpret(read_tables(Workbook(package)))
    with closing(Package(edited(kept, tmp_path, lose))) as package:
        found = kp.schema.interpret(read_tables(Workbook(package)))
    assert plain_rows(found.history) == plain_rows(whole.history)
    assert found.history.versions == whole.history.versions


def test_a_workbook_is_rescored_day_by_day(tmp_path: Path) -> None:
    """Turnover of Beta falls from 800 to 100 between the second and the third day."""
    path = write_book(tmp_path / "customers.xlsx")
    command("rescore", path, "--as-of", "2026-01-01")
    command("rescore", path, "--as-of", "2026-01-02", "--lang", "de")
    command("rescore", path, "--as-of", "2026-01-03", "--dry-run")
    book = load_workbook(path)
    book["Customers"]["D3"] = 100
    book.save(path)
    command("rescore", path, "--as-of", "2026-01-03")
    with closing(Package(path)) as package:
        history = kp.schema.interpret(read_tables(Workbook(package))).history
    assert history.days == [dt.date(2026, 1, day) for day in (1, 2, 3)]
    beta = history.rows["customer_id"] == "2"
    assert history.measures.loc[beta, "Turnover"].tolist() == [800, 800, 100]
    # (80 + 60) / 2, then (10 + 60) / 2: Turnover and Growth weigh the same
    assert history.rows.loc[beta, "value_score"].round(9).tolist() == [70, 70, 35]
    assert history.rows.loc[beta, "quadrant"].tolist() == [
        "question_mark",
        "question_mark",
        "poor_dog",
    ]
    assert [*history.versions] == [1]
