"""Who sees what of earlier days: no name, number or measure of then shows where none may now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS_HEADER
from test_audience import cells_of, numbers_in, tables_of, texts_in

from xlportfolio.aliases import Alias
from xlportfolio.audience import Audience, audience_of
from xlportfolio.errors import Problem
from xlportfolio.movement import Change
from xlportfolio.past import Past
from xlportfolio.remembered import told_of_past
from xlportfolio.run import Run
from xlportfolio.schema import interpret
from xlportfolio.sharing import Only, Sharing

Rows = Sequence[Sequence[Any]]
HEADER = (*CUSTOMERS_HEADER, "Region")
JANUARY, FEBRUARY, MARCH = (dt.date(2026, month, 28) for month in (1, 2, 3))
#: Three days of a small portfolio: Alpha has another name since, Beta is gone, Zeta is new, and
#: Gamma has become a star by its turnover.
THEN = (
    ("K1", "Alpha Alt", "Customer", 912, 0.41, "high", 2, "North"),
    ("K2", "Beta Stahl", "Customer", 823, 0.12, "low", 9, "South"),
    ("K3", "Gamma Guss", "Customer", 134, -0.31, "high", 1, "South"),
    ("K4", "Delta Holz", "Customer", 56.25, -0.52, "low", 10, "North"),
)
NOW = (
    ("K1", "Alpha Neu", "Customer", 931, 0.42, "high", 2, "North"),
    ("K3", "Gamma Guss", "Customer", 987.5, 0.31, "high", 1, "South"),
    ("K4", "Delta Holz", "Customer", 57.75, -0.53, "low", 10, "North"),
    ("K6", "Zeta Bau", "Customer", 401, 0.2, "high", 3, "North"),
)


def run_after(*days: tuple[dt.date, Rows], criteria: Rows = CRITERIA, header: Any = HEADER) -> Run:
    """The run of the last day, in whose workbook the others are kept."""
    run: Run | None = None
    for day, rows in days:
        given = interpret(tables_of([header, *rows], [CRITERIA_HEADER, *criteria]))
        if run is not None:
            given = replace(given, history=run.history)
        run = Run.of(given, today=day)
    assert run is not None
    return run


@pytest.fixture
def run() -> Run:
    return run_after((JANUARY, THEN), (FEBRUARY, THEN), (MARCH, NOW))


def kept(audience: Audience) -> list[tuple[dt.date, str, str]]:
    rows = audience.run.history.rows
    days = [dt.date.fromordinal(day) for day in rows["day"]]
    return list(zip(days, rows["customer_id"], rows["customer"], strict=True))


def moved(audience: Audience) -> list[tuple[str, str, str]]:
    movement = audience.run.movement
    assert movement is not None
    rows = movement.customers
    return list(zip(rows["customer_id"], rows["customer"], rows["change"], strict=True))


def test_a_copy_with_everything_holds_all_days(run: Run) -> None:
    audience = audience_of(run, Sharing())
    assert audience.run is run
    assert audience.problems == ()


def test_what_is_said_of_earlier_days_holds_for_what_is_given_away(run: Run) -> None:
    """A copy holds the history; a PDF and a page only show who has moved."""
    said = {
        kind: [Problem(f).message("de") for f in told_of_past(run.past, kind)]
        for kind in ("copy", "pdf", "page")
    }
    what_to_do = (
        "; wenn das niemand sehen soll, setzen Sie in einer Kopie der Mappe history_dates auf 0 und "
        "geben Sie diese weiter."
    )
    moved = (
        " zeigt, wer seit 28.02.2026 gewandert oder nicht mehr da ist, mit Punkten und Messwerten "
        "von damals"
    )
    assert said == {
        "copy": [
            "Die Kopie enthält auch den Verlauf: Punkte, Kundentypen und Messwerte von 3 Tagen, und "
            f"wer gewandert ist{what_to_do}"
        ],
        "pdf": [f"Das PDF{moved}{what_to_do}"],
        "page": [f"Die Seite{moved}{what_to_do}"],
    }
    of_one_day = Past(run.history.thinned(1), run.movement)
    assert [Problem(f).message("de") for f in told_of_past(of_one_day, "copy")] == [
        f"Die Kopie{moved}{what_to_do}"
    ]


@pytest.mark.parametrize("kind", ["copy", "pdf", "page"])
def test_nothing_is_said_where_no_earlier_day_is_kept(kind: str) -> None:
    assert [*told_of_past(run_after((MARCH, NOW)).past, kind)] == []


# --- only -----------------------------------------------------------------------------------------


def test_of_earlier_days_only_those_who_are_shown_today_are_there(run: Run) -> None:
    audience = audience_of(run, Sharing(only=Only("Region", "North")))
    assert [(n, name) for day, n, name in kept(audience) if day == JANUARY] == [
        ("K1", "Alpha Alt"),
        ("K4", "Delta Holz"),
    ]
    assert sorted(moved(audience)) == [
        ("K1", "Alpha Neu", Change.STAYED),
        ("K4", "Delta Holz", Change.STAYED),
        ("K6", "Zeta Bau", Change.NEW),
    ]
    text = texts_in(audience.run)
    assert "alpha alt" in text
    for name in ("Beta Stahl", "Gamma Guss", "K2", "K3"):
        assert name.casefold() not in text.split("\n")
        assert audience.secrets.told(name) is None or len(name) < 4
    assert audience.secrets.told("visit Beta Stahl") is None
    assert audience.secrets.told("Alpha Alt") == "Alpha Alt"


def test_scores_of_those_shown_are_those_of_the_whole(run: Run) -> None:
    audience = audience_of(run, Sharing(only=Only("Region", "South")))
    columns = ["day", "version", "value_score", "benefit_score", "total_score", "rank", "quadrant"]
    whole = run.history.rows
    same = whole[whole["customer_id"] == "K3"]
    assert audience.run.history.rows[columns].equals(same[columns])
    assert audience.run.history.measures.equals(run.history.measures.loc[same.index])
    assert moved(audience) == [("K3", "Gamma Guss", Change.MOVED)]
    assert run.movement is not None
    assert audience.run.movement is not None
    place = run.movement.customers["customer_id"].tolist().index("K3")
    assert audience.run.movement.crossings == (run.movement.crossings[place],)


def test_somebody_left_out_who_is_gone_may_be_called_anything() -> None:
    """Nothing of what is shown depends on the names and numbers of others, whenever they were."""
    other = [list(row) for row in THEN]
    other[1][:2], other[2][1] = ("X99", "Ganz andere Firma"), "Vormals Anders"
    sharing = Sharing(only=Only("Region", "North"))
    first, second = (
        audience_of(run_after((JANUARY, rows), (MARCH, NOW)), sharing) for rows in (THEN, other)
    )
    assert cells_of(first.run) == cells_of(second.run)


def test_a_row_that_repeats_a_number_has_no_earlier_days() -> None:
    rows = (*NOW, ("K3", "Gamma wieder", "Customer", 1, 0, "low", 1, "North"))
    run = run_after((JANUARY, THEN), (MARCH, rows))
    audience = audience_of(run, Sharing(only=Only("Region", "North")))
    assert "K3" in audience.run.analysis.customers["customer_id"].tolist()
    assert {number for _, number, _ in kept(audience)} == {"K1", "K4", "K6"}


# --- hide -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("criterion", ["Turnover", "Growth", "Fit", "Visits"])
def test_measures_of_a_hidden_criterion_are_gone_on_all_days(run: Run, criterion: str) -> None:
    audience = audience_of(run, Sharing(hide=(criterion,)))
    measures, whole = audience.run.history.measures, run.history.measures
    assert measures[criterion].isna().all()
    assert measures.drop(columns=criterion).equals(whole.drop(columns=criterion))
    assert audience.run.history.rows.equals(run.history.rows)
    shown = numbers_in(audience.run)
    for row in (*THEN, *NOW):
        measure = row[CUSTOMERS_HEADER.index(criterion)]
        if isinstance(measure, float):
            assert measure not in shown
            assert audience.secrets.is_secret(measure) == (len(str(measure).strip("-0.")) > 4)
    for model in audience.run.history.versions.values():
        scales = {c.name: c.scale for c in model.criteria}
        assert scales[criterion].low is scales[criterion].high is None
        assert not scales[criterion].levels


def test_a_hidden_criterion_is_not_named_where_somebody_has_crossed_by_it(run: Run) -> None:
    assert run.movement is not None
    by = {c.criterion for crossed in run.movement.crossings for c in crossed}
    assert by == {"Turnover"}
    audience = audience_of(run, Sharing(hide=("Turnover",)))
    assert audience.run.movement is not None
    (crossing,) = (c for crossed in audience.run.movement.crossings for c in crossed)
    (whole,) = (c for crossed in run.movement.crossings for c in crossed)
    assert not isinstance(crossing.criterion, str)
    assert np.isnan(crossing.points)
    assert crossing.measure_before is crossing.measure_after is None
    kept_ = ("axis", "upward", "cause", "before", "after")
    assert [getattr(crossing, k) for k in kept_] == [getattr(whole, k) for k in kept_]
    assert crossing.unit == ""


def test_nothing_shown_depends_on_hidden_measures_of_earlier_days() -> None:
    """Twice the measure on a scale twice as long is worth the same: so must all cells be."""
    at = CUSTOMERS_HEADER.index("Turnover")
    doubled = [[[*row[:at], 2 * row[at], *row[at + 1 :]] for row in rows] for rows in (THEN, NOW)]
    longer = [[*row[:6], 2 * row[6], *row[7:]] if row[0] == "Turnover" else row for row in CRITERIA]
    runs = (
        run_after((JANUARY, THEN), (MARCH, NOW)),
        run_after((JANUARY, doubled[0]), (MARCH, doubled[1]), criteria=longer),
    )
    first, second = (audience_of(run, Sharing(hide=("Turnover",))).run for run in runs)
    assert cells_of(first) == cells_of(second)


def test_a_criterion_that_is_no_longer_there_is_hidden_with_any_other() -> None:
    """It may be the hidden one under an earlier name."""
    criteria = [["Sales", *CRITERIA[0][1:]], *CRITERIA[1:]]
    header = tuple("Sales" if name == "Turnover" else name for name in HEADER)
    before = run_after((JANUARY, THEN), criteria=criteria, header=header)
    given = interpret(tables_of([HEADER, *NOW], [CRITERIA_HEADER, *CRITERIA]))
    run = Run.of(replace(given, history=before.history), today=MARCH)
    assert "Sales" in run.history.criteria
    audience = audience_of(run, Sharing(hide=("Turnover",)))
    assert audience.run.history.measures[["Sales", "Turnover"]].isna().all(axis=None)
    assert 56.25 not in numbers_in(audience.run)
    assert audience.secrets.is_secret(56.25)
    north = audience_of(run, Sharing(only=Only("Region", "North")))
    assert 56.25 in north.run.history.measures["Sales"].tolist()


def test_a_change_of_a_hidden_scale_is_told_without_its_bounds() -> None:
    longer = [[*row[:6], 1234.5, *row[7:]] if row[0] == "Turnover" else row for row in CRITERIA]
    before = run_after((JANUARY, THEN), criteria=longer)
    given = interpret(tables_of([HEADER, *NOW], [CRITERIA_HEADER, *CRITERIA]))
    run = Run.of(replace(given, history=before.history), today=MARCH)
    audience = audience_of(run, Sharing(hide=("Turnover",)))
    assert audience.run.movement is not None
    changes = [
        (c.criterion, c.field, c.before, c.after) for c in audience.run.movement.model_changes
    ]
    assert changes == [("Turnover", "scale", None, None)]
    assert "1234.5" not in texts_in(audience.run)


def test_a_measure_that_only_an_earlier_model_lets_compute_is_told() -> None:
    alone = [row for row in CRITERIA if row[0] != "Growth"]
    before = run_after((JANUARY, THEN), criteria=alone)
    more = [*CRITERIA, ("Margin", "value", 10, *[None] * 8)]
    rows = [[*row, 0.1 * i] for i, row in enumerate(NOW)]
    given = interpret(tables_of([(*HEADER, "Margin"), *rows], [CRITERIA_HEADER, *more]))
    run = Run.of(replace(given, history=before.history), today=MARCH)
    audience = audience_of(run, Sharing(hide=("Turnover", "Growth")))
    keys = [(p.fault.key, p.fault.details.get("criterion")) for p in audience.problems]
    assert ("share_computable", "Turnover") in keys


@pytest.mark.parametrize(
    ("weights", "is_told"), [((50, 50), False), ((10, 10), False), ((60, 40), True)]
)
def test_two_sums_of_two_hidden_measures_tell_both_of_them(
    weights: tuple[float, float], *, is_told: bool
) -> None:
    then = [[*r[:2], w, *r[3:]] for r, w in zip(CRITERIA[:2], weights, strict=True)]
    before = run_after((JANUARY, THEN), criteria=[*then, *CRITERIA[2:]])
    given = interpret(tables_of([HEADER, *NOW], [CRITERIA_HEADER, *CRITERIA]))
    run = Run.of(replace(given, history=before.history), today=MARCH)
    problems = audience_of(run, Sharing(hide=("Turnover", "Growth"))).problems
    told = [p.fault.details["criteria"] for p in problems if p.fault.key == "share_solvable"]
    assert told == ([("Growth", "Turnover")] if is_told else [])


# --- anonymise ------------------------------------------------------------------------------------


def test_everybody_has_one_other_name_on_all_days(run: Run) -> None:
    audience = audience_of(run, Sharing(anonymise=True))
    called = {(number, name) for _, number, name in kept(audience)}
    assert called == {
        ("K1", "Customer 2"),
        ("K3", "Customer 1"),
        ("K4", "Customer 4"),
        ("K6", "Customer 3"),
        ("K2", "Customer 5"),
    }
    assert ("K2", "Customer 5", Change.GONE) in moved(audience)
    text = texts_in(audience.run)
    for name in ("Alpha Alt", "Alpha Neu", "Beta Stahl", "Gamma Guss", "Delta Holz", "Zeta Bau"):
        assert name.casefold() not in text
    assert audience.secrets.told("Alpha Alt and Beta Stahl") == "Customer 2 and Customer 5"
    assert {(a.customer_id, a.customer, a.shown) for a in audience.aliases[4:]} == {
        ("K2", "Beta Stahl", "Customer 5"),
        ("K1", "Alpha Alt", "Customer 2"),
    }


def test_numbers_of_those_who_are_gone_have_others_too(run: Run) -> None:
    audience = audience_of(run, Sharing(anonymise=True, anonymise_ids=True))
    assert {number for _, number, _ in kept(audience)} == {f"C00{i}" for i in range(1, 6)}
    assert audience.id_aliases["K2"] == "C005"


def test_nothing_shown_depends_on_names_of_earlier_days() -> None:
    sharing = Sharing(anonymise=True, anonymise_ids=True)
    other = [["Z" + row[0], f"Firma {i}", *row[2:]] for i, row in enumerate(THEN)]
    now = [["Z" + row[0], f"Betrieb {i}", *row[2:]] for i, row in enumerate(NOW)]
    first, second = (
        audience_of(run_after((JANUARY, a), (MARCH, b)), sharing)
        for a, b in ((THEN, NOW), (other, now))
    )
    assert cells_of(first.run) == cells_of(second.run)


def test_with_only_those_who_are_gone_are_not_shown_under_other_names(run: Run) -> None:
    audience = audience_of(run, Sharing(only=Only("Region", "North"), anonymise=True))
    assert {number for _, number, _ in kept(audience)} == {"K1", "K4", "K6"}
    assert audience.secrets.told("Beta Stahl") is None
    assert audience.secrets.told("Alpha Alt") == "Customer 1"
    assert len(audience.aliases) == 4


def test_aliases_of_earlier_copies_are_kept_for_those_who_are_gone(run: Run) -> None:
    known = (Alias("K2", "Beta Stahl", "K2", "Customer 1"),)
    audience = audience_of(run, Sharing(anonymise=True), known)
    assert {n for _, number, n in kept(audience) if number == "K2"} == {"Customer 1"}


def test_an_earlier_name_that_somebody_else_has_now_is_that_ones() -> None:
    rows = [list(row) for row in NOW]
    rows[3][1] = "Alpha Alt"
    audience = audience_of(run_after((JANUARY, THEN), (MARCH, rows)), Sharing(anonymise=True))
    called = {number: name for _, number, name in kept(audience)}
    assert audience.secrets.told("Alpha Alt") == called["K6"] != called["K1"]


def test_the_earlier_name_of_somebody_without_a_name_is_secret() -> None:
    rows = [list(row) for row in NOW]
    rows[0][1] = None
    audience = audience_of(run_after((JANUARY, THEN), (MARCH, rows)), Sharing(anonymise=True))
    assert audience.secrets.told("Alpha Alt") is None
    assert "alpha alt" not in texts_in(audience.run)


def test_two_whose_numbers_differ_in_case_alone_stay_two() -> None:
    """Else a day would hold one number twice, and the copy could never be rescored."""
    rows = [list(row) for row in NOW]
    rows[0][0], rows[1][0], rows[2][0], rows[2][1] = "a1", "A1", "", "Zeta  BAU"
    rows[3][0] = ""
    run = run_after((MARCH, rows))
    audience = audience_of(run, Sharing(anonymise=True, anonymise_ids=True))
    numbers = [number for _, number, _ in kept(audience)]
    assert len(numbers) == len(set(numbers)) == 4
    shown = {alias.customer_id: alias.shown_id for alias in audience.aliases}
    turned = [[*row[:3], 1000 - row[3], *row[4:]] for row in rows]
    again = audience_of(run_after((MARCH, turned)), audience.sharing, audience.aliases)
    assert {alias.customer_id: alias.shown_id for alias in again.aliases} == shown
    assert [a.customer_id for a in again.aliases] != [a.customer_id for a in audience.aliases]


def test_a_number_that_holds_an_earlier_name_does_not_keep_it() -> None:
    then, now = ([list(row) for row in rows] for rows in (THEN, NOW))
    then[0][0] = now[0][0] = "A-Alpha Alt-1"
    audience = audience_of(run_after((JANUARY, then), (MARCH, now)), Sharing(anonymise=True))
    assert "A-Customer 2-1" in {number for _, number, _ in kept(audience)}


# --- what was typed -------------------------------------------------------------------------------


def test_words_that_no_scale_knows_are_texts_that_may_name_somebody() -> None:
    rows = [list(row) for row in THEN]
    rows[3][5] = "ask Beta Stahl"
    run = run_after((JANUARY, rows), (MARCH, NOW))

    def words(sharing: Sharing) -> set[Any]:
        return set(audience_of(run, sharing).run.history.measures["Fit"])

    assert words(Sharing()) == {"high", "low", "ask Beta Stahl"}
    assert words(Sharing(anonymise=True)) == {"high", "low", "ask Customer 5"}
    assert words(Sharing(only=Only("Region", "North"))) == {"high", "low", None}


def test_a_word_of_a_scale_stays_whoever_is_called_so() -> None:
    rows = [list(row) for row in NOW]
    rows[1][1] = "High"
    run = run_after((JANUARY, THEN), (MARCH, rows))
    for sharing in (Sharing(anonymise=True), Sharing(only=Only("Region", "North"))):
        history = audience_of(run, sharing).run.history
        assert set(history.measures["Fit"]) == {"high", "low"}


def test_a_column_of_a_users_own_in_the_history_is_searched_too() -> None:
    run = run_after((JANUARY, THEN), (MARCH, NOW))
    history = run.history
    notes = ["", "with Gamma Guss", 7.0, None, "fine", "", "", ""]
    measures = history.measures.assign(**{"Remark": notes, "Share of Gamma Guss": notes})
    given = replace(run.given, history=replace(history, measures=measures))
    later = Run.of(given, today=dt.date(2026, 4, 30))
    north = audience_of(later, Sharing(only=Only("Region", "North"))).run.history
    assert "Share of Gamma Guss" not in north.criteria
    assert "Remark" in north.criteria
    assert not {"with Gamma Guss"} & set(north.measures["Remark"])
    named = audience_of(later, Sharing(anonymise=True)).run.history
    assert {"with Customer 1", 7.0, "fine"} <= set(named.measures["Remark"])


def test_what_was_typed_of_somebody_parted_with_is_told_without_secrets(run: Run) -> None:
    history = run.given.history.marked({"K2": "went to Zeta Bau with 1,234.56 EUR"})
    given = replace(run.given, history=history)
    marked = Run.of(given, today=MARCH)

    def parted(sharing: Sharing) -> set[str]:
        return set(audience_of(marked, sharing).run.history.rows["parted"]) - {""}

    assert parted(Sharing(hide=("Visits",))) == {"went to Zeta Bau with 1,234.56 EUR"}
    assert parted(Sharing(anonymise=True)) == {"went to Customer 3 with 1,234.56 EUR"}
    assert parted(Sharing(only=Only("Region", "South"))) == set()
