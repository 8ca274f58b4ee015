"""Two workbooks compared: who has moved, and what did it, checked by hand and by pandas."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS, write_book
from typer.testing import CliRunner, Result

import xlportfolio as kp
from xlportfolio import cli
from xlportfolio.files.compare import compare


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, arguments)])


def told(*arguments: object) -> dict[str, Any]:
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return dict(json.loads(result.stdout))


def by_number(said: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {customer["customer_id"]: customer for customer in said["customers"]}


# --- a customer renamed, one removed, one added, measures and weights changed -------------------

#: Two measures of Beta have changed, Gamma has gone, Zeta come; Alpha is called otherwise.
LATER = (
    (1, "Alpha Holding", "Customer", 900, 0.4, "high", 2),
    (2, "Beta", "Customer", 800, 0.1, "high", 5),
    (4, "Delta", "Customer", 50, -0.5, "low", 10),
    (5, "Epsilon", "Prospect", None, 0.5, "high", None),
    (6, "Zeta", "Customer", 700, 0.0, "low", 0),
)
#: Turnover counts 90 of 100 instead of 50, growth 10.
REWEIGHTED = (
    (*CRITERIA[0][:2], 90, *CRITERIA[0][3:]),
    (*CRITERIA[1][:2], 10, *CRITERIA[1][3:]),
    *CRITERIA[2:],
)
DAYS = ("--since", "2026-03-31", "--as-of", "2026-06-30")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    return write_book(tmp_path / "march.xlsx")


@pytest.fixture
def new(tmp_path: Path) -> Path:
    return write_book(tmp_path / "june.xlsx", customers=LATER)


def test_who_was_renamed_moved_came_and_went(old: Path, new: Path) -> None:
    said = told("compare", old, new, *DAYS)
    assert (said["old"], said["new"]) == (str(old), str(new))
    assert (said["since"], said["day"]) == ("2026-03-31", "2026-06-30")
    assert (said["since_from"], said["day_from"]) == ("asked", "asked")
    assert said["counts"] == {
        "moved": 1,
        "rated": 0,
        "unrated": 0,
        "new": 1,
        "gone": 1,
        "stayed": 3,
    }
    assert said["thresholds"] == {
        "before": {"value": 50, "benefit": 50},
        "now": {"value": 50, "benefit": 50},
    }
    assert said["model_changes"] == []
    # by their rank now: Epsilon 100, Alpha 92, Beta (70 + 85) / 2, Zeta (60 + 44) / 2; gone last
    assert list(by_number(said)) == ["5", "1", "2", "6", "4", "3"]
    alpha, beta, zeta, gamma = (by_number(said)[number] for number in "1263")
    assert (alpha["customer_before"], alpha["customer"]) == ("Alpha", "Alpha Holding")
    assert (alpha["change"], alpha["crossings"]) == ("stayed", [])
    assert (beta["quadrant_before"], beta["quadrant"]) == ("question_mark", "star")
    # fit low (20 of 70 %) and visits 9 (10 of 30 %) then; high and 5 (50) now
    benefit = {"before": pytest.approx(17), "then": pytest.approx(17), "now": pytest.approx(85)}
    assert beta["benefit_score"] == benefit
    assert beta["crossings"] == [
        {
            "axis": "benefit",
            "upward": True,
            "cause": "customer",
            "before": pytest.approx(17),
            "after": pytest.approx(85),
            "criterion": "Fit",
            "points": pytest.approx(0.7 * (100 - 20)),
            "measure_before": "low",
            "measure_after": "high",
            "unit": None,
        }
    ]
    assert (beta["rank"], beta["change"]) == ({"before": 4, "now": 3}, "moved")
    assert (zeta["change"], zeta["quadrant_before"], zeta["customer_before"]) == ("new", None, None)
    assert zeta["total_score"] == {"before": None, "now": pytest.approx((60 + 44) / 2)}
    assert (gamma["change"], gamma["quadrant_before"], gamma["quadrant"]) == (
        "gone",
        "free_rider",
        None,
    )
    assert gamma["last_seen"] == "2026-03-31"
    assert gamma["rank"]["now"] is None


def test_days_that_the_workbooks_keep_themselves_do_not_matter(tmp_path: Path) -> None:
    settings = [("as_of", "2026-03-31"), ("compare_with", "2020-01-01"), ("history_dates", 0)]
    old = write_book(tmp_path / "old.xlsx")
    new = write_book(tmp_path / "new.xlsx", settings=settings)
    kp.rescore(new, as_of=dt.date(2026, 9, 30))
    keys = {problem.fault.key for problem in compare(old, new).problems}
    assert keys.isdisjoint({"nothing_kept", "history_later", "history_shortened"})


def test_weights_that_changed_are_told_apart_from_what_the_customer_did(tmp_path: Path) -> None:
    # turnover 300 (30 points) and growth 0.4 (90): 60 of 100, by the new weights 36
    customers = [*CUSTOMERS, (7, "Eta", "Customer", 300, 0.4, "high", 2)]
    old = write_book(tmp_path / "old.xlsx", customers=customers)
    new = write_book(tmp_path / "new.xlsx", customers=customers, criteria=REWEIGHTED)
    said = told("compare", old, new, *DAYS)
    assert said["counts"]["moved"] == 1
    eta = by_number(said)["7"]
    (crossing,) = eta["crossings"]
    assert (crossing["axis"], crossing["upward"], crossing["cause"]) == ("value", False, "model")
    score = {"before": pytest.approx(60), "then": pytest.approx(36), "now": pytest.approx(36)}
    assert eta["value_score"] == score
    changes = [(c["criterion"], c["field"], c["before"], c["after"]) for c in said["model_changes"]]
    assert changes == [("Turnover", "weight", 50, 90), ("Growth", "weight", 50, 10)]
    assert all(change["message"] for change in said["model_changes"])


def test_neither_file_is_touched(old: Path, new: Path) -> None:
    before = [(path.read_bytes(), path.stat().st_mtime_ns) for path in (old, new)]
    told("compare", old, new)
    assert [(path.read_bytes(), path.stat().st_mtime_ns) for path in (old, new)] == before
    assert {path.name for path in old.parent.iterdir()} == {"march.xlsx", "june.xlsx"}


# --- the days -----------------------------------------------------------------------------------


def test_days_come_from_the_settings_else_the_history_else_the_file(tmp_path: Path) -> None:
    plain = write_book(tmp_path / "plain.xlsx")
    day = dt.datetime(2026, 2, 3, 12).astimezone()
    os.utime(plain, (day.timestamp(), day.timestamp()))
    scored = write_book(tmp_path / "scored.xlsx")
    told("rescore", scored, "--as-of", "2026-03-04")
    told("rescore", scored, "--as-of", "2025-03-04")
    dated = write_book(tmp_path / "dated.xlsx", settings=[("as_of", "2026-04-05")])
    told("rescore", dated, "--as-of", "2026-03-04")
    said = told("compare", plain, scored)
    assert (said["since"], said["since_from"]) == ("2026-02-03", "file")
    assert (said["day"], said["day_from"]) == ("2026-03-04", "history")
    said = told("compare", scored, dated, "--since", "04.03.2025")
    assert (said["since"], said["since_from"]) == ("2025-03-04", "asked")
    assert (said["day"], said["day_from"]) == ("2026-04-05", "setting")


@pytest.mark.parametrize(
    ("since", "message"),
    [
        ("2026-06-30", "Both workbooks are of 2026-06-30, so no time lies between them;"),
        ("2026-12-31", "The workbook named first is of 2026-12-31, later than 2026-06-30,"),
    ],
)
def test_days_that_are_not_one_after_the_other_are_told(
    since: str, message: str, old: Path, new: Path
) -> None:
    said = told("compare", old, new, "--since", since, "--as-of", "2026-06-30")
    (problem,) = (p for p in said["problems"] if p["workbook"] is None)
    assert problem["severity"] == "note"
    assert problem["message"].startswith(message)
    assert said["counts"]["moved"] == 1


# --- problems -----------------------------------------------------------------------------------


def test_problems_name_their_workbook(tmp_path: Path) -> None:
    odd = [(1, "Alpha", "Customer", "many", 0.4, "high", 2)]
    old = write_book(tmp_path / "old.xlsx", customers=odd)
    new = write_book(tmp_path / "new.xlsx", customers=odd)
    said = told("compare", old, new, *DAYS)
    listed = [p for p in said["problems"] if p["severity"] == "warning"]
    assert [p["workbook"] for p in listed] == [str(old), str(new)]
    assert {(p["sheet"], p["row"], p["column"]) for p in listed} == {("Customers", 2, "Turnover")}
    assert listed[0]["message"].startswith(f"{old}: Sheet Customers, row 2, column Turnover: ")


def test_everything_that_stops_it_is_said_of_both_at_once(tmp_path: Path) -> None:
    old = write_book(tmp_path / "old.xlsx", settings=[("abc_a", -1)])
    gone = tmp_path / "gone.xlsx"
    result = invoke("compare", old, gone, "--json")
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    assert said["customers"] == []
    assert (said["since"], said["counts"]) == (None, {})
    assert {(p["workbook"], p["severity"]) for p in said["problems"]} == {
        (str(old), "error"),
        (str(gone), "error"),
    }
    printed = invoke("compare", old, gone).stderr.splitlines()
    assert printed[0] == "The workbooks were not compared:"
    assert printed[1:] == [f"Error: {p['message']}" for p in said["problems"]]
    assert sum(str(gone) in line for line in printed) == 1
    assert any(line.startswith(f"Error: {old}: Sheet Settings, row 2") for line in printed)
    assert f"Error: {gone}: there is no such file; check the name and the folder." in printed


def test_lists_that_have_nobody_in_common_are_doubted(tmp_path: Path, old: Path) -> None:
    others = [(90 + i, *row[1:]) for i, row in enumerate(CUSTOMERS)]
    said = told("compare", old, write_book(tmp_path / "others.xlsx", customers=others), *DAYS)
    assert said["counts"]["gone"] == said["counts"]["new"] == 5
    assert "No customer number stands in both workbooks" in said["problems"][0]["message"]
    # renumbered: each has a successor of the same name
    assert {c["successor"] for c in said["customers"] if c["change"] == "gone"} == {
        str(row[0]) for row in others
    }


def test_whom_the_later_workbook_says_to_have_parted_with_is_not_missed(old: Path) -> None:
    new = Path(shutil.copy(old, old.with_name("new.xlsx")))
    told("rescore", new, "--as-of", "2026-03-31")
    book = load_workbook(new)
    for table, names in (("tblHistory", ("Gamma", "Alpha")), ("tblCustomers", ("Gamma",))):
        (sheet,) = (sheet for sheet in book.worksheets if table in sheet.tables)
        area = sheet.tables[table].ref
        header, *rows = sheet[area]
        columns = {cell.value: k for k, cell in enumerate(header)}
        for row in rows:
            if row[columns["Customer"]].value not in names:
                continue
            if table == "tblHistory":
                row[columns["Parted on purpose"]].value = "closed down"
            else:
                for cell in row:
                    cell.value = None
    book.save(new)
    said = told("compare", old, new, *DAYS)
    assert {c["customer_id"]: c["parted"] for c in said["customers"] if c["parted"]} == {
        "3": "closed down"
    }
    gamma = by_number(said)["3"]
    assert (gamma["change"], gamma["quadrant_before"]) == ("gone", "free_rider")


# --- the screen ---------------------------------------------------------------------------------


def test_the_screen_says_who_went_where_and_why(old: Path, new: Path) -> None:
    result = invoke("compare", old, new, *DAYS, "--lang", "en")
    assert result.exit_code == 0, result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == f"{new} (2026-06-30) compared with {old} (2026-03-31)"
    at = next(i for i, line in enumerate(lines) if line.startswith("Type then / now"))
    header = "Type then / now Stars Question marks Free riders Poor dogs Not rated Gone"
    assert " ".join(lines[at].split()) == header
    found = [line.split() for line in lines[at + 1 : at + 7]]
    assert found == [
        ["Stars", "2"],
        ["Question", "marks", "1"],
        ["Free", "riders", "1"],
        ["Poor", "dogs", "1"],
        ["Not", "rated"],
        ["New", "1"],
    ]
    text = result.stdout
    for title, name in (("Moved to another type: 1", "Beta"), ("New: 1", "Zeta")):
        assert f"{title}\n{name}" in text
    assert "No longer there: 1\nGamma" in text
    assert max(map(len, lines[at:])) <= 100


def test_the_screen_fits_in_german_and_says_where_the_days_come_from(old: Path, new: Path) -> None:
    result = invoke("compare", old, new, "--lang", "de")
    lines = result.stdout.splitlines()
    assert lines[1].startswith(f"{old}: Es gilt der Tag, an dem die Datei gespeichert wurde")
    at = next(i for i, line in enumerate(lines) if line.startswith("Typ vorher / jetzt"))
    assert "Trittbrettfahrer" in lines[at]
    assert max(map(len, lines[at : at + 7])) <= 100
    assert "In einen anderen Typ gewandert: 1" in lines


def test_names_do_not_obey_the_terminal(tmp_path: Path) -> None:
    odd = [(9, "\u202eRed[/bold]\n", "Customer", 900, 0.4, "high", 2), *CUSTOMERS]
    old = write_book(tmp_path / "old.xlsx")
    text = invoke("compare", old, write_book(tmp_path / "new.xlsx", customers=odd)).stdout
    assert "\\u202eRed[/bold]" in text


# --- Northwind ----------------------------------------------------------------------------------

AUTUMN, SPRING = dt.date(1997, 10, 31), dt.date(1998, 5, 6)
STEPS = [(0, 0), (5, 30), (10, 60), (20, 100)]
#: Their weights in autumn and in spring; the value threshold is the median.
WEIGHTS = {
    "Turnover": (40, 70),
    "Orders": (60, 30),
    "Products": (50, 50),
    "Recency": (50, 50),
}
BENEFIT_THRESHOLDS = (50.0, 60.0)
AXES = {"value": ("Turnover", "Orders"), "benefit": ("Products", "Recency")}
NORTHWIND_CRITERIA = (
    ("Turnover", "value", 40, "max", "linear", 0, 20_000, None, "turnover_12m"),
    ("Orders", "value", 60, "max", "linear", None, None, None, "orders_per_year"),
    ("Products", "benefit", 50, None, "steps", None, None, "0=0; 5=30; 10=60; 20=100", "products"),
    ("Recency", "benefit", 50, "min", "linear", 0, 365, None, "recency_days"),
)


class State(NamedTuple):
    """Scores and what they rest on: values and weights by axis, thresholds."""

    values: pd.DataFrame
    shares: dict[str, float]
    scores: dict[str, pd.Series[float]]
    thresholds: dict[str, float]


def measured(data: Path, day: dt.date) -> pd.DataFrame:
    """Measures of everybody with an order by then, straight from the order lines."""
    lines = pd.read_csv(data / "northwind" / "order_lines.csv", parse_dates=["order_date"])
    lines = lines[lines["order_date"] <= pd.Timestamp(day)]
    lines["net"] = lines["unit_price"] * lines["quantity"] * (1 - lines["discount"])
    of = lines.groupby("customer_id")
    year = lines[lines["order_date"] > pd.Timestamp(day) - pd.DateOffset(years=1)]
    of_year, known = year.groupby("customer_id"), pd.Index(lines["customer_id"].unique())
    return pd.DataFrame(
        {
            "Turnover": of_year["net"].sum().reindex(known, fill_value=0.0),
            "Orders": of_year["order_id"].nunique().reindex(known, fill_value=0),
            "Products": of["product_id"].nunique(),
            "Recency": (pd.Timestamp(day) - of["order_date"].max()).dt.days,
        }
    ).astype(float)


def state(
    measures: pd.DataFrame, season: int, bounded_by: pd.DataFrame, threshold: float | None = None
) -> State:
    """The scores of some measures with the weights of a season and bounds of some day."""
    low, high = bounded_by["Orders"].min(), bounded_by["Orders"].max()
    steps = np.array(STEPS, dtype=float)
    values = pd.DataFrame(
        {
            "Turnover": (measures["Turnover"] / 20_000).clip(0, 1) * 100,
            "Orders": ((measures["Orders"] - low) / (high - low)).clip(0, 1) * 100,
            "Products": steps[np.searchsorted(steps[:, 0], measures["Products"], "right") - 1, 1],
            "Recency": (1 - measures["Recency"] / 365).clip(0, 1) * 100,
        }
    )
    shares = {
        name: WEIGHTS[name][season] / sum(WEIGHTS[other][season] for other in names)
        for names in AXES.values()
        for name in names
    }
    scores = {
        axis: sum(
            (shares[name] * values[name] for name in names[1:]), shares[names[0]] * values[names[0]]
        )
        for axis, names in AXES.items()
    }
    median = float(scores["value"].median()) if threshold is None else threshold
    return State(values, shares, scores, {"value": median, "benefit": BENEFIT_THRESHOLDS[season]})


def quadrant(states: State, customer: str) -> str:
    high = tuple(
        round(states.scores[axis][customer], 9) >= round(states.thresholds[axis], 9)
        for axis in AXES
    )
    return {
        (True, True): "star",
        (True, False): "question_mark",
        (False, True): "free_rider",
        (False, False): "poor_dog",
    }[high]


def crossing(states: Sequence[State], axis: str, customer: str) -> dict[str, Any] | None:
    """What took a score over its threshold: the last step in which it changed sides.

    What a criterion brings is its share of the weight times how far its value lies above the middle
    of the scores before and after that step.
    """
    scores = [one.scores[axis][customer] for one in states]
    thresholds = [one.thresholds[axis] for one in states]
    high = [round(s, 9) >= round(t, 9) for s, t in zip(scores, thresholds, strict=True)]
    if high[0] == high[-1]:
        return None
    step = max(i for i in (1, 2, 3) if high[i] != high[i - 1])
    way = 1 if high[-1] else -1
    before, after = states[step - 1], states[step]
    middle = (scores[step - 1] + scores[step]) / 2
    effects = {
        name: after.shares[name] * (after.values[name][customer] - middle)
        - before.shares[name] * (before.values[name][customer] - middle)
        for name in AXES[axis]
    }
    assert sum(effects.values()) == pytest.approx(scores[step] - scores[step - 1])
    moved = thresholds[step] - thresholds[step - 1]
    by_threshold = -moved * way > (scores[step] - scores[step - 1]) * way + 1e-9
    name = None if by_threshold else max(effects, key=lambda k: round(effects[k] * way, 9))
    return {
        "axis": axis,
        "upward": high[-1],
        "cause": ("model", "others", "customer")[step - 1],
        "criterion": name,
        "points": pytest.approx(moved if name is None else effects[name], abs=1e-6),
    }


@pytest.fixture(scope="module")
def seasons(test_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Any]:
    """Northwind in autumn, then in spring with other weights; what the second rescore said."""
    folder, source = tmp_path_factory.mktemp("northwind"), test_data / "northwind"
    book, autumn = folder / "spring.xlsx", folder / "autumn.xlsx"
    write_book(
        book,
        customers=[("ALFKI", "Alfreds Futterkiste", "Customer", *[None] * 4)],
        customers_header=("Customer ID", "Customer", "Status", *WEIGHTS),
        criteria=[(*row[:8], *[None] * 3, row[8]) for row in NORTHWIND_CRITERIA],
        criteria_header=(*CRITERIA_HEADER, "Source"),
        settings=(("value_threshold", "median"), ("benefit_threshold", BENEFIT_THRESHOLDS[0])),
    )
    orders = ("--orders", source / "order_lines.csv")
    customers = ("--customers", source / "customers.csv")
    told("import", book, *customers, "--as-of", AUTUMN)
    told("rescore", book, *orders, "--as-of", AUTUMN)
    shutil.copy(book, autumn)
    changed = load_workbook(book)
    for row in changed["Criteria"].iter_rows(min_row=2):
        row[2].value = WEIGHTS[str(row[0].value)][1]
    changed["Settings"]["B3"].value = BENEFIT_THRESHOLDS[1]
    changed.save(book)
    return autumn, book, told("rescore", book, *orders, "--as-of", SPRING)


def test_every_movement_of_northwind_and_its_cause_is_that_of_pandas(
    seasons: tuple[Path, Path, Any], test_data: Path
) -> None:
    autumn, spring, _ = seasons
    said = told("compare", autumn, spring)
    assert (said["since"], said["day"]) == (AUTUMN.isoformat(), SPRING.isoformat())
    assert (said["since_from"], said["day_from"]) == ("history", "history")
    then, now = (measured(test_data, day) for day in (AUTUMN, SPRING))
    last = state(now, 1, now)
    states = (
        state(then, 0, then),
        state(then, 1, then),
        state(then, 1, now, last.thresholds["value"]),
        last,
    )
    for key, one in (("before", states[0]), ("now", last)):
        assert said["thresholds"][key] == pytest.approx(one.thresholds)
    causes: set[tuple[str, bool]] = set()
    assert len(said["customers"]) == 91
    for customer in said["customers"]:
        number = customer["customer_id"]
        was, later = number in then.index, number in now.index
        assert customer["quadrant_before"] == (quadrant(states[0], number) if was else "not_rated")
        assert customer["quadrant"] == (quadrant(last, number) if later else "not_rated")
        moved = customer["quadrant_before"] != customer["quadrant"]
        change = ("moved" if was else "rated") if moved else "stayed"
        assert customer["change"] == change
        expected = [crossing(states, axis, number) for axis in AXES if change == "moved"]
        keys = ("axis", "upward", "cause", "criterion", "points")
        found = [{key: one[key] for key in keys} for one in customer["crossings"]]
        assert found == [one for one in expected if one is not None], number
        for one in customer["crossings"]:
            causes.add((one["cause"], one["criterion"] is None))
            if one["criterion"] is not None:
                measures = (then.loc[number, one["criterion"]], now.loc[number, one["criterion"]])
                assert (one["measure_before"], one["measure_after"]) == pytest.approx(measures)
        if was:
            for axis in AXES:
                scores = customer[f"{axis}_score"]
                told_scores = [scores["before"], scores["then"], scores["now"]]
                by_hand = [states[i].scores[axis][number] for i in (0, 2, 3)]
                assert told_scores == pytest.approx(by_hand), number
    # each of the three steps has moved somebody, thresholds and criteria alike
    assert {cause for cause, _ in causes} == {"model", "others", "customer"}
    assert {by_threshold for _, by_threshold in causes} == {True, False}


def to_9_decimals(node: Any) -> Any:
    """The last digits of a score depend on the order in which customers are summed up."""
    match node:
        case float():
            return round(node, 9)
        case dict():
            return {key: to_9_decimals(below) for key, below in node.items()}
        case list():
            return list(map(to_9_decimals, node))
    return node


def test_the_history_tells_of_the_same_movement_as_the_two_files(
    seasons: tuple[Path, Path, Any],
) -> None:
    autumn, spring, rescored = seasons
    said = told("compare", autumn, spring)
    for key in ("old", "new", "since_from", "day_from", "problems"):
        del said[key]
    assert to_9_decimals(rescored["movement"]) == to_9_decimals(said)


def test_comparing_the_other_way_round_turns_everything_round(
    seasons: tuple[Path, Path, Any],
) -> None:
    autumn, spring, _ = seasons
    there, back = compare(autumn, spring).movement, compare(spring, autumn).movement
    was, now = (one.customers.set_index("customer_id") for one in (there, back))
    now = now.loc[was.index]
    for name in ("quadrant", "value", "benefit", "total", "rank"):
        for first, second in ((f"{name}_before", name), (name, f"{name}_before")):
            pd.testing.assert_series_equal(was[first], now[second], check_names=False)
