"""Who has moved between two days, whether the model, the others or the customer did it, in words."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.moving_days import cause_of, days_of, states
from support.portfolios import Model, Portfolio, analysed, models, portfolios, with_fixed_rules

import xlportfolio as kp
from xlportfolio.crossings import Cause, Crossing
from xlportfolio.locale import LANGUAGES
from xlportfolio.model import Axis, Criterion, Objective, Quadrant, ThresholdRule
from xlportfolio.model_changes import ModelChange, model_changes
from xlportfolio.movement import Change, Movement, movement
from xlportfolio.movement_steps import steps_between
from xlportfolio.movement_words import put_into_words
from xlportfolio.scale import Scale
from xlportfolio.weight_changes import WITHHELD

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
SINCE, DAY = dt.date(2026, 3, 31), dt.date(2026, 6, 30)
POINTS = Scale.linear(0, 100)

TURNOVER = Criterion("Turnover", Axis.VALUE, 60, Scale.linear(0, 500_000), unit="EUR")
MARGIN = Criterion("Margin", Axis.VALUE, 40, Scale.linear(0, 0.4), unit="share")
SERVICE = Criterion("Service", Axis.BENEFIT, 1, POINTS)
METHOD = kp.ScoringModel((TURNOVER, MARGIN, SERVICE))


def scored(
    model: kp.ScoringModel, columns: Mapping[str, list[Any]], **more: list[Any]
) -> kp.PortfolioAnalysis:
    frame = pd.DataFrame({**columns, **more})
    if "customer_id" not in frame:
        frame["customer_id"] = [chr(ord("A") + i) for i in range(len(frame))]
    return kp.analyse(frame, model)


def between(
    before: kp.PortfolioAnalysis, after: kp.PortfolioAnalysis, gone: pd.DataFrame | None = None
) -> Movement:
    return movement(before, SINCE, after, DAY, gone)


def of(moved: Movement, number: str) -> tuple[pd.Series, tuple[Crossing, ...]]:
    """The row of a customer, and its crossings."""
    place = moved.customers["customer_id"].tolist().index(number)
    return moved.customers.iloc[place], moved.crossings[place]


def said(moved: Movement, number: str, language: str = "en") -> str:
    place = moved.customers["customer_id"].tolist().index(number)
    return put_into_words(moved, language).reasons[place]


def check(crossing: Crossing, **expected: Any) -> None:
    found = {name: getattr(crossing, name) for name in expected}
    assert found == pytest.approx(expected), found


# --- worked by hand ------------------------------------------------------------------------------


def test_a_turnover_that_rises_takes_its_customer_over_the_threshold() -> None:
    """200,000 of 500,000 are 40, 350,000 are 70; a margin of 0.2 of 0.4 is 50: 0.6 and 0.4 of it.

    Then 24 + 20 = 44, now 42 + 20 = 62.
    """
    then = scored(METHOD, {"Turnover": [200_000], "Margin": [0.2], "Service": [80]})
    now = scored(METHOD, {"Turnover": [350_000], "Margin": [0.2], "Service": [80]})
    moved = between(then, now)
    row, (crossing,) = of(moved, "A")
    check(
        crossing,
        axis=Axis.VALUE,
        upward=True,
        cause=Cause.CUSTOMER,
        before=44,
        after=62,
        criterion="Turnover",
        points=18,
        measure_before=200_000,
        measure_after=350_000,
        unit="EUR",
    )
    assert (row["change"], row["quadrant_before"], row["quadrant"]) == (
        Change.MOVED,
        Quadrant.FREE_RIDER,
        Quadrant.STAR,
    )
    assert row["value_then"] == pytest.approx(44)
    assert moved.model_changes == ()
    assert said(moved, "A") == (
        "Value rose from 44.0 to 62.0 points and reaches the threshold (50.0): "
        "Turnover rose from 200,000 to 350,000 EUR (+18.0 points)."
    )
    assert said(moved, "A", "de") == (
        "Der Wert ist von 44,0 auf 62,0 Punkte gestiegen und erreicht die Schwelle (50,0): "
        "Turnover von 200.000 auf 350.000 EUR gestiegen (+18,0 Punkte)."
    )


LOYALTY = Criterion("Loyalty", Axis.BENEFIT, 80, POINTS)
WEIGHED = kp.ScoringModel((TURNOVER, replace(SERVICE, weight=20), LOYALTY))
REWEIGHED = kp.ScoringModel((TURNOVER, replace(SERVICE, weight=40), replace(LOYALTY, weight=60)))


def test_a_weight_that_is_raised_takes_a_customer_over_the_threshold_who_has_not_changed() -> None:
    """Service 10 and Loyalty 60: 0.2 * 10 + 0.8 * 60 = 50, 0.4 * 10 + 0.6 * 60 = 40.

    From the middle, 45, Service lies 35 points below: with 0.2 it pulls down by 7, with 0.4 by 14.
    Loyalty lies 15 above: with 0.8 it lifts by 12, with 0.6 by 9. So -7 and -3.
    """
    same = {"Turnover": [400_000], "Service": [10], "Loyalty": [60]}
    moved = between(scored(WEIGHED, same), scored(REWEIGHED, same))
    row, (crossing,) = of(moved, "A")
    check(
        crossing,
        axis=Axis.BENEFIT,
        upward=False,
        cause=Cause.MODEL,
        before=50,
        after=40,
        criterion="Service",
        points=-7,
        measure_before=10,
        measure_after=10,
    )
    assert row["benefit_then"] == pytest.approx(40)
    assert moved.model_changes == (
        ModelChange("Service", "weight", 20, 40, Axis.BENEFIT),
        ModelChange("Loyalty", "weight", 80, 60, Axis.BENEFIT),
    )
    assert said(moved, "A") == (
        "Benefit fell from 50.0 to 40.0 points, below the threshold (50.0): "
        "the weight of Service was raised from 20% to 40% (Service: -7.0 points)."
    )
    assert said(moved, "A", "de") == (
        "Der Nutzen ist von 50,0 auf 40,0 Punkte gefallen, unter die Schwelle (50,0): "
        "Das Gewicht von Service wurde von 20 % auf 40 % erhöht (Service: -7,0 Punkte)."
    )
    assert put_into_words(moved, "en").model == [
        "The weight of Service was raised from 20% to 40%.",
        "The weight of Loyalty was lowered from 80% to 60%.",
    ]


SIMPLE = kp.ScoringModel((Criterion("Worth", Axis.VALUE, 1, POINTS), SERVICE))


def test_a_mean_that_rises_since_the_others_have_grown_leaves_a_customer_below_it() -> None:
    """The mean of 30, 50 and 61 is 47, that of 45, 50 and 70 is 55; B has stayed at 50."""
    model = replace(SIMPLE, value_threshold=ThresholdRule.MEAN)
    then = scored(model, {"Worth": [30, 50, 61], "Service": [80, 80, 80]})
    now = scored(model, {"Worth": [45, 50, 70], "Service": [80, 80, 80]})
    moved = between(then, now)
    row, (crossing,) = of(moved, "B")
    check(
        crossing,
        upward=False,
        cause=Cause.OTHERS,
        before=50,
        after=50,
        criterion=None,
        points=8,
        measure_before=None,
        measure_after=None,
    )
    assert (row["value_before"], row["value_then"], row["value"]) == (50, 50, 50)
    assert moved.thresholds_before.value == pytest.approx(47)
    assert said(moved, "B") == (
        "Value stayed at 50.0 points and is below the threshold now (47.0 then, 55.0 now): "
        "the threshold is the mean of all rated customers, which rose from 47.0 to 55.0."
    )
    assert said(moved, "B", "de") == (
        "Der Wert ist bei 50,0 Punkten geblieben und liegt jetzt unter der Schwelle "
        "(damals 47,0, jetzt 55,0): Die Schwelle ist der Mittelwert aller bewerteten Kunden und "
        "von 47,0 auf 55,0 gestiegen."
    )
    for other in "AC":
        assert of(moved, other)[0]["change"] == Change.STAYED
        assert said(moved, other) == ""


def test_a_largest_customer_that_doubles_halves_what_the_others_bring() -> None:
    """The scale runs from 0 to the largest: 60 of 100 are 60, 60 of 200 are 30."""
    worth = Criterion("Worth", Axis.VALUE, 1, Scale.linear(low=0))
    model = kp.ScoringModel((worth, SERVICE))
    then = scored(model, {"Worth": [60, 100], "Service": [80, 80]})
    now = scored(model, {"Worth": [60, 200], "Service": [80, 80]})
    moved = between(then, now)
    row, (crossing,) = of(moved, "A")
    check(
        crossing, cause=Cause.OTHERS, before=60, after=30, criterion="Worth", points=-30,
        measure_before=60, measure_after=60,
    )  # fmt: skip
    assert (row["value_before"], row["value_then"]) == (60, 30)
    assert said(moved, "A") == (
        "Value fell from 60.0 to 30.0 points, below the threshold (50.0): the scale of Worth runs "
        "to the smallest or largest measure of all, and these have changed (-30.0 points)."
    )


def test_a_criterion_that_is_added_counts_as_a_change_of_the_model() -> None:
    """Service 60 alone gives 60; with Visits 0 of 10 and the same weight it is 30.

    From the middle, 45, Visits lies 45 below and gets half of the weight: 22.5 down. Service lies
    15 above and loses half of it: 7.5 down.
    """
    visits = Criterion("Visits", Axis.BENEFIT, 1, Scale.linear(0, 10))
    more = kp.ScoringModel((*SIMPLE.criteria, visits))
    then = scored(SIMPLE, {"Worth": [80], "Service": [60]})
    now = scored(more, {"Worth": [80], "Service": [60], "Visits": [0]})
    moved = between(then, now)
    row, (crossing,) = of(moved, "A")
    check(
        crossing,
        cause=Cause.MODEL,
        upward=False,
        before=60,
        after=30,
        criterion="Visits",
        points=-22.5,
        measure_before=None,
        measure_after=0,
    )
    assert row["benefit_then"] == pytest.approx(30)
    assert moved.model_changes == (ModelChange("Visits", "added", None, 50, Axis.BENEFIT),)
    assert said(moved, "A").endswith(
        "the criterion Visits was added with 50% of its axis (Visits: -22.5 points)."
    )
    back = between(now, then)
    assert back.model_changes == (ModelChange("Visits", "removed", 50, None, Axis.BENEFIT),)
    check(of(back, "A")[1][0], cause=Cause.MODEL, criterion="Visits", points=22.5)


def test_two_axes_have_two_causes() -> None:
    """Turnover takes the value from 40 to 70; the new weights the benefit from 50 to 40."""
    then = scored(WEIGHED, {"Turnover": [200_000], "Service": [10], "Loyalty": [60]})
    now = scored(REWEIGHED, {"Turnover": [350_000], "Service": [10], "Loyalty": [60]})
    moved = between(then, now)
    row, crossings = of(moved, "A")
    assert [(c.axis, c.cause, c.criterion) for c in crossings] == [
        (Axis.VALUE, Cause.CUSTOMER, "Turnover"),
        (Axis.BENEFIT, Cause.MODEL, "Service"),
    ]
    assert (row["quadrant_before"], row["quadrant"]) == ("free_rider", "question_mark")
    assert said(moved, "A") == (
        "Value rose from 40.0 to 70.0 points and reaches the threshold (50.0): Turnover rose from "
        "200,000 to 350,000 EUR (+30.0 points). Benefit fell from 50.0 to 40.0 points, below "
        "the threshold (50.0): the weight of Service was raised from 20% to 40% (Service: -7.0 "
        "points)."
    )


def test_there_and_back_is_no_crossing() -> None:
    """Weighed anew, 10 and 60 would be 40, below the threshold; but Service has risen to 40: 52."""
    then = scored(WEIGHED, {"Turnover": [400_000], "Service": [10], "Loyalty": [60]})
    now = scored(REWEIGHED, {"Turnover": [400_000], "Service": [40], "Loyalty": [60]})
    row, crossings = of(between(then, now), "A")
    assert (row["change"], crossings) == (Change.STAYED, ())
    assert [row[f"benefit{when}"] for when in ("_before", "_then", "")] == pytest.approx(
        [50, 40, 52]
    )


def test_of_several_crossings_the_last_one_is_the_cause() -> None:
    """45 is below 50, above the 40 that was typed then, below the mean of 55 that is used now.

    B rises from 45 to 60: above the mean of 52.5. So: low, low, low, high.
    C, at 52, is low once the model takes the mean of 45, 52 and 80 (59), and high against 55.
    """
    then = scored(SIMPLE, {"Worth": [80, 45, 52], "Service": [80] * 3})
    model = replace(SIMPLE, value_threshold=ThresholdRule.MEAN)
    now = scored(model, {"Worth": [40, 60, 52], "Service": [80] * 3})
    moved = between(then, now)
    assert moved.thresholds.value == pytest.approx((40 + 60 + 52) / 3)  # 50.67
    steps = steps_between(scored(SIMPLE, {"Worth": [80, 45, 52], "Service": [80] * 3}), now)
    assert steps.thresholds(Axis.VALUE) == pytest.approx([50, 59, 152 / 3, 152 / 3])
    check(of(moved, "B")[1][0], cause=Cause.CUSTOMER, points=15, upward=True)
    assert of(moved, "C")[0]["change"] == Change.STAYED
    check(of(moved, "A")[1][0], cause=Cause.CUSTOMER, points=-40, upward=False)


def test_a_threshold_that_is_typed_anew_is_a_change_of_the_model() -> None:
    same = {"Worth": [55], "Service": [80]}
    moved = between(scored(SIMPLE, same), scored(replace(SIMPLE, value_threshold=60), same))
    check(of(moved, "A")[1][0], cause=Cause.MODEL, criterion=None, points=10)
    assert said(moved, "A") == (
        "Value stayed at 55.0 points and is below the threshold now (50.0 then, 60.0 now): "
        "the threshold of value is now 60 instead of 50."
    )
    assert said(moved, "A", "de") == (
        "Der Wert ist bei 55,0 Punkten geblieben und liegt jetzt unter der Schwelle (damals 50,0, "
        "jetzt 60,0): Die Schwelle beim Wert ist jetzt 60 statt 50."
    )


def test_a_rule_for_missing_measures_is_no_reason_where_there_is_a_measure() -> None:
    """Care has a weight of half, then of a fifth; it is there, so its rule does nothing."""
    worth, service = SIMPLE.criteria
    care = Criterion("Care", Axis.BENEFIT, 1, POINTS)
    old = kp.ScoringModel((worth, service, care))
    new = kp.ScoringModel((worth, replace(service, weight=4), replace(care, fill=0)))
    same = {"Worth": [80], "Service": [20], "Care": [90]}
    moved = between(scored(old, same), scored(new, same))
    check(of(moved, "A")[1][0], criterion="Care", before=55, after=34, points=-13.65)
    assert said(moved, "A") == (
        "Benefit fell from 55.0 to 34.0 points, below the threshold (50.0): the weight of Service "
        "was raised from 50% to 80% (Care: -13.7 points)."
    )


def test_a_measure_that_goes_missing_is_the_cause_although_others_gain_its_weight() -> None:
    """80 and 20.5 are 50.25 on average, 80 alone is 80; the middle between is 65.125.

    Care lay 44.625 below it with half of the weight; Service, 14.875 above, gains half of it.
    """
    care = Criterion("Care", Axis.BENEFIT, 1, POINTS, unit="points")
    model = kp.ScoringModel((*SIMPLE.criteria, care), benefit_threshold=60)
    then = scored(model, {"Worth": [80], "Service": [80], "Care": [20.5]})
    now = scored(model, {"Worth": [80], "Service": [80], "Care": [None]})
    moved = between(then, now)
    check(
        of(moved, "A")[1][0], criterion="Care", points=22.3125, measure_before=20.5,
        measure_after=None, before=50.25, after=80,
    )  # fmt: skip
    assert said(moved, "A").endswith("Care not known any more, 20.5 points then (+22.3 points).")
    back = between(now, then)
    check(of(back, "A")[1][0], criterion="Care", measure_before=None, measure_after=20.5)
    assert said(back, "A").endswith(
        "Care now known with 20.5 points, not known then (-22.3 points)."
    )


def test_where_the_earlier_measures_give_no_score_the_customer_has_done_it() -> None:
    """Care alone counts now; it was not known then: 70 of Service became 20 of Care.

    From the middle, 45: Service lay 25 above and is gone, Care lies 25 below.
    """
    care = Criterion("Care", Axis.BENEFIT, 0, POINTS)
    worth, service = SIMPLE.criteria
    old = kp.ScoringModel((worth, service, care))
    new = kp.ScoringModel((worth, replace(service, weight=0), replace(care, weight=1)))
    then = scored(old, {"Worth": [80], "Service": [70], "Care": [None]})
    now = scored(new, {"Worth": [80], "Service": [70], "Care": [20]})
    moved = between(then, now)
    row, (crossing,) = of(moved, "A")
    check(crossing, cause=Cause.CUSTOMER, criterion="Care", points=-25, before=70, after=20)
    assert row["benefit_then"] == 70


def test_words_are_told_as_they_are_and_a_share_in_percent() -> None:
    fit = Criterion("Fit", Axis.BENEFIT, 1, Scale.categories([("high", 100), ("low", 20)]))
    model = kp.ScoringModel((MARGIN, fit))
    then = scored(model, {"Margin": [0.25], "Fit": [" high"]})
    now = scored(model, {"Margin": [0.125], "Fit": ["Low"]})
    moved = between(then, now)
    assert said(moved, "A", "de") == (
        "Der Wert ist von 62,5 auf 31,3 Punkte gefallen, unter die Schwelle (50,0): Margin von "
        "25,0 % auf 12,5 % gefallen (-31,3 Punkte). Der Nutzen ist von 100,0 auf 20,0 Punkte "
        "gefallen, unter die Schwelle (50,0): Fit jetzt „Low“ statt „high“ (-80,0 Punkte)."
    )


def test_scores_are_shown_so_that_they_lie_on_their_side_of_the_threshold() -> None:
    then = scored(SIMPLE, {"Worth": [49.996], "Service": [80]})
    now = scored(SIMPLE, {"Worth": [50.004], "Service": [80]})
    assert said(between(then, now), "A").startswith(
        "Value rose from 49.996 to 50.004 points and reaches the threshold (50.000)"
    ) or said(between(then, now), "A").startswith("Value rose from 50.00 to")


# --- who comes and goes --------------------------------------------------------------------------


def people(**columns: list[Any]) -> kp.PortfolioAnalysis:
    count = len(columns["customer_id"])
    return scored(SIMPLE, {"Worth": [80, 70, 60, 50][:count], "Service": [80] * count}, **columns)


def test_a_renamed_customer_is_the_same_and_one_with_another_number_probably_so() -> None:
    then = people(customer_id=["1", "2", "3"], customer=["Alpha", "Beta", "Gamma"])
    now = people(customer_id=["1", "4", "5"], customer=["Alfa", " gamma", "Delta"])
    moved = between(then, now)
    assert moved.customers["customer_id"].tolist() == ["1", "4", "5", "2", "3"]
    row, _ = of(moved, "1")
    assert (row["customer_before"], row["customer"], row["change"]) == ("Alpha", "Alfa", "stayed")
    assert [of(moved, number)[0]["change"] for number in "45"] == [Change.NEW] * 2
    assert [of(moved, number)[0]["successor"] for number in "23"] == ["", "4"]
    row, _ = of(moved, "3")
    assert (row["rank_before"], row["quadrant_before"], row["last_seen"]) == (3, "star", SINCE)
    assert (row["quadrant"], row["note"]) == ("", "")
    assert np.isnan([row["rank"], row["value"], row["value_then"]]).all()
    assert said(moved, "4") == "New since 2026-03-31: rank 2, Star."
    assert said(moved, "4", "de") == "Neu seit dem 31.03.2026: Rang 2, Star."
    assert said(moved, "2") == (
        "Missing: last seen on 2026-03-31, then rank 2, Star. If you have parted on purpose, say "
        "so in the column “Parted on purpose”."
    )
    assert said(moved, "3", "de") == (
        "Fehlt: zuletzt da am 31.03.2026, damals Rang 3, Star. 4 ist neu und heißt genauso: "
        "Vielleicht hat nur die Nummer gewechselt. Falls Sie sich bewusst getrennt haben, tragen "
        "Sie es in der Spalte „Bewusst getrennt“ ein."
    )


def test_somebody_who_moves_under_another_name_is_told_by_the_name_of_then() -> None:
    then = scored(SIMPLE, {"Worth": [80], "Service": [80]}, customer=["Alpha  GmbH"])
    for name, end in (("Beta", " On 2026-03-31 the name was “Alpha GmbH”."), ("Alpha GmbH", "")):
        now = scored(SIMPLE, {"Worth": [20], "Service": [80]}, customer=[name])
        assert said(between(then, now), "A").endswith(f"(-60.0 points).{end}")
    unrated = scored(SIMPLE, {"Worth": [None], "Service": [80]}, customer=["Beta"])
    assert said(between(then, unrated), "A", "de").endswith(
        "Der Name war am 31.03.2026 noch „Alpha GmbH“."
    )


def test_somebody_who_was_there_before_is_not_called_new() -> None:
    then, now = people(customer_id=["1"]), people(customer_id=["1", "2", "3"])
    january = dt.date(2026, 1, 31)
    moved = movement(then, SINCE, now, DAY, seen={"1": SINCE, "2": january})
    assert moved.customers["last_seen"].tolist() == [None, january, None]
    assert [said(moved, number) for number in "23"] == [
        "Back again: not there on 2026-03-31, last seen on 2026-01-31; now rank 2, Star.",
        "New since 2026-03-31: rank 3, Star.",
    ]


def test_a_changed_weight_may_leave_too_few_measures() -> None:
    """30 of 100 lack, then 60 of 100; who loses a measure has done so on its own."""
    measures = {"Worth": [80, 80], "Service": [80, 80], "Care": [None, 80]}
    lost = {"Worth": [80, 80], "Service": [80, 80], "Care": [None, None]}
    light, heavy = (
        kp.ScoringModel(
            (
                Criterion("Worth", Axis.VALUE, 1, POINTS),
                Criterion("Service", Axis.BENEFIT, 100 - care, POINTS),
                Criterion("Care", Axis.BENEFIT, care, POINTS),
            )
        )
        for care in (30, 60)
    )
    by_model = "The cause is the model, which has changed in between."
    moved = between(scored(light, measures), scored(heavy, lost))
    assert moved.customers.sort_values("customer_id")["rated_cause"].tolist() == [
        *("model", "customer")
    ]
    assert [by_model in said(moved, number) for number in "AB"] == [True, False]
    back = between(scored(heavy, lost), scored(light, measures))
    assert [of(back, number)[0]["change"] for number in "AB"] == [Change.RATED] * 2
    assert [by_model in said(back, number) for number in "AB"] == [True, True]


def kept(*rows: tuple[dt.date, str, float, str]) -> pd.DataFrame:
    """Last rows of a history: the day, the number, the rank, and what was typed."""
    return pd.DataFrame(
        [
            {
                "day": day.toordinal(),
                "version": 1,
                "customer_id": number,
                "customer": "X",
                "status": "customer",
                "quadrant": "poor_dog",
                "value_score": 10.0,
                "benefit_score": 20.0,
                "total_score": 15.0,
                "rank": rank,
                "parted": parted,
            }
            for day, number, rank, parted in rows
        ]
    )


def test_who_is_missing_since_an_earlier_day_is_listed_until_parted_with() -> None:
    then = people(customer_id=["1", "2", "3"])
    now = people(customer_id=["1"])
    january, may = dt.date(2026, 1, 31), dt.date(2026, 5, 31)
    gone = kept(
        (january, "7", 2.0, ""),
        (january, "8", 9.0, "insolvent"),
        (SINCE, "2", 2.0, "too small."),
        (may, "3", 12.0, ""),
        (may, "1", 4.0, ""),
    )
    moved = between(then, now, gone)
    listed = moved.customers[["customer_id", "rank_before", "last_seen", "parted"]]
    assert listed.to_numpy().tolist() == [
        ["1", 1.0, None, ""],
        ["2", 2.0, SINCE, "too small."],
        ["7", 2.0, january, ""],
        ["3", 12.0, may, ""],
    ]
    assert moved.customers["value_before"].tolist() == [80, 70, 10, 10]
    assert said(moved, "2") == (
        "Parted on purpose (too small.); last seen on 2026-03-31, then rank 2, Star."
    )
    assert said(moved, "7").startswith("Missing: last seen on 2026-01-31, then rank 2, Poor dog.")


def test_who_is_not_rated_on_a_day_is_told_why() -> None:
    care = Criterion("Care", Axis.BENEFIT, 3, POINTS)
    model = kp.ScoringModel((*SIMPLE.criteria, care))
    then = scored(model, {"Worth": [80, 80, 80], "Service": [80] * 3, "Care": [80, None, None]})
    now = scored(model, {"Worth": [80, 80, 80], "Service": [80] * 3, "Care": [None, 80, None]})
    moved = between(then, now)
    assert [of(moved, number)[0]["change"] for number in "ABC"] == [
        Change.UNRATED,
        Change.RATED,
        Change.STAYED,
    ]
    assert moved.crossings == ((), (), ())
    assert said(moved, "A") == (
        "Not rated any more: Measures for only 25% of the benefit weight (50% needed). "
        "On 2026-03-31: rank 1, Star."
    )
    assert said(moved, "B", "de") == (
        "Jetzt bewertet: Rang 1, Star. Am 31.03.2026: Nur für 25 % des Gewichts der Achse Nutzen "
        "liegen Messwerte vor (50 % nötig)."
    )
    loose = scored(replace(model, min_coverage=20), {"Worth": [80] * 3, "Service": [80] * 3, "Care": [None] * 3})  # fmt: skip
    assert said(between(then, loose), "B").startswith("Rated now: rank 1, Star.")


def test_rows_that_repeat_others_or_are_nobodys_are_no_customers() -> None:
    then = people(customer_id=["1", "2", "2", ""])
    now = people(customer_id=["2", "1", "", "1"])
    assert sorted(between(then, now).customers["customer_id"]) == ["1", "2"]
    assert set(between(then, now).customers["change"]) == {Change.STAYED}


def test_a_prospect_that_has_become_a_customer_is_one() -> None:
    model = replace(SIMPLE, value_threshold=ThresholdRule.MEAN)
    columns = {"Worth": [80, 40], "Service": [80, 80]}
    then = scored(model, columns, status=["customer", "prospect"])
    now = scored(model, columns, status=["customer", "customer"])
    moved = between(then, now)
    assert (moved.thresholds_before.value, moved.thresholds.value) == (80, 60)
    assert moved.customers["status"].tolist() == ["customer", "customer"]
    assert moved.customers["change"].tolist() == [Change.STAYED] * 2


def test_nobody_is_there_on_either_day() -> None:
    nobody = scored(SIMPLE, {"customer_id": [], "Worth": [], "Service": []})
    somebody = people(customer_id=["1", "2"])
    assert len(between(nobody, nobody).customers) == 0
    assert between(nobody, somebody).customers["change"].tolist() == [Change.NEW] * 2
    assert between(somebody, nobody).customers["change"].tolist() == [Change.GONE] * 2


# --- flat and crossed scales ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scale", "worth"),
    [
        (Scale.linear(), [[10, 10], [30, 30]]),  # low = high
        (Scale.linear(low=100), [[20, 30], [40, 50]]),  # crosses the data
        (Scale.linear(), [[10, 20], [None, None]]),  # none at all on the later day
        (Scale.linear(low=5), [[None, None], [10, 20]]),
    ],
)
def test_scales_without_a_line_of_the_later_day_give_50_to_the_earlier_one(
    scale: Scale, worth: list[list[Any]]
) -> None:
    odd = Criterion("Odd", Axis.VALUE, 1, scale, fill=50)
    model = kp.ScoringModel((*SIMPLE.criteria, odd), min_coverage=0)
    then, now = (
        scored(model, {"Worth": [80, 20], "Service": [80, 80], "Odd": measures})
        for measures in worth
    )
    row, _ = of(between(then, now), "A")
    assert row["value_then"] == pytest.approx((80 + 50) / 2 if now.bounds[2].low != 5 else 65)


# --- changes of the model ------------------------------------------------------------------------


def of_weights(*weights: float, axis: Axis = Axis.VALUE) -> kp.ScoringModel:
    names = "PQRS"
    criteria = [Criterion(n, axis, w) for n, w in zip(names, weights, strict=False)]
    other = Axis.BENEFIT if axis is Axis.VALUE else Axis.VALUE
    return kp.ScoringModel((*criteria, Criterion("Other", other, 1)))


@pytest.mark.parametrize(
    ("then", "now", "expected"),
    [
        ((30, 30, 40), (3, 3, 4), []),
        ((1, 1), (1e300, 1e300), []),
        ((30, 30, 40), (60, 30, 40), [("P", 30, 600 / 13)]),
        ((20, 80), (40, 60), [("P", 20, 40), ("Q", 80, 60)]),
        ((50, 30, 20), (40, 40, 20), [("P", 50, 40), ("Q", 30, 40)]),
        ((50, 50), (40, 40, 20), []),
        ((1,), (7,), []),
        ((1, 0), (1, 1), [("Q", 0, 50)]),
        ((1, 1), (1, 0), [("Q", 50, 0)]),
        ((1, 0), (0, 1), [("P", 100, 0), ("Q", 0, 100)]),
    ],
)
def test_only_weights_that_were_changed_are_listed(
    then: tuple[float, ...], now: tuple[float, ...], expected: list[tuple[str, float, float]]
) -> None:
    changes = model_changes(of_weights(*then), of_weights(*now))
    found = [(c.criterion, c.before, c.after) for c in changes if c.field == "weight"]
    assert found == [(name, pytest.approx(a), pytest.approx(b)) for name, a, b in expected]


CHANGED = [
    (
        {"scale": Scale.linear(0, 1234.5)},
        ModelChange("P", "scale", "linear 0..100", "linear 0..1234.5", Axis.VALUE),
        "The scale of P now runs from 0 to 1,234.5 instead of from 0 to 100.",
        "Die Grenzen der Skala von P sind jetzt 0 und 1.234,5 statt 0 und 100.",
    ),
    (
        {"scale": Scale.linear()},
        ModelChange("P", "scale", "linear 0..100", "linear ..", Axis.VALUE),
        "The scale of P now runs from the smallest measure to the largest measure instead of from "
        "0 to 100.",
        "Die Grenzen der Skala von P sind jetzt kleinster Messwert und größter Messwert statt 0 "
        "und 100.",
    ),
    (
        {"scale": Scale.steps([(50, 25), (0, 0)])},
        ModelChange("P", "scale", "linear 0..100", "steps 0=0; 50=25", Axis.VALUE),
        "The scale of P was changed from “linear” to “steps”.",
        "Die Skala von P wurde von „linear“ auf „Stufen“ umgestellt.",
    ),
    (
        {"objective": Objective.MIN},
        ModelChange("P", "objective", "max", "min", Axis.VALUE),
        "A lower measure of P brings more points now.",
        "Bei P bringt jetzt ein niedrigerer Messwert mehr Punkte.",
    ),
    (
        {"fill": 12.5},
        ModelChange("P", "missing", "skip", 12.5, Axis.VALUE),
        "A missing measure of P is now counted as 12.5 points instead of left out.",
        "Ein fehlender Messwert bei P wird jetzt mit 12,5 Punkten gezählt statt ausgelassen.",
    ),
    (
        {"axis": Axis.BENEFIT},
        ModelChange("P", "axis", "value", "benefit"),
        "The criterion P was moved from the axis Value to the axis Benefit.",
        "Das Kriterium P wurde von der Achse Wert auf die Achse Nutzen verschoben.",
    ),
]


@pytest.mark.parametrize(("fields", "change", "english", "german"), CHANGED)
def test_what_differs_in_a_criterion_is_told(
    fields: dict[str, Any], change: ModelChange, english: str, german: str
) -> None:
    criterion = Criterion("P", Axis.VALUE, 1, POINTS)
    others = (Criterion("Worth", Axis.VALUE, 1), Criterion("Service", Axis.BENEFIT, 1))
    then = kp.ScoringModel((criterion, *others))
    now = kp.ScoringModel((replace(criterion, **fields), *others))
    found = model_changes(then, now)
    assert found == (change,)
    columns = {"P": [1.0], "Worth": [2.0], "Service": [3.0]}
    moved = between(scored(then, columns), scored(now, columns))
    assert [put_into_words(moved, language).model for language in ("en", "de")] == [
        [english],
        [german],
    ]


SETTINGS = [
    ("value_threshold", 45.5, "The threshold of value is now 45.5 instead of 50.", "Die Schwelle beim Wert ist jetzt 45,5 statt 50."),
    ("benefit_threshold", ThresholdRule.MEDIAN, "The threshold of benefit is now the median instead of 50.", "Die Schwelle beim Nutzen ist jetzt der Median statt 50."),
    ("value_weight", 150, "Value now makes 75% of the total score instead of 50%.", "Der Wert macht jetzt 75 % der Gesamtpunkte aus statt 50 %."),
    ("benefit_weight", 0, "Benefit now makes 0% of the total score instead of 50%.", "Der Nutzen macht jetzt 0 % der Gesamtpunkte aus statt 50 %."),
    ("borderline_band", 2.5, "Borderline is now who lies within 2.5 points of a threshold instead of 5.", "Grenzfall ist jetzt, wer bis zu 2,5 Punkte von einer Schwelle entfernt liegt, statt 5."),
    ("min_coverage", 70, "Rated is now who has measures for 70% of the weight of an axis instead of 50%.", "Bewertet wird jetzt, wer Messwerte für 70 % des Gewichts einer Achse hat, statt 50 %."),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "value", "english", "german"), SETTINGS)
def test_what_differs_in_a_setting_is_told(
    setting: str, value: Any, english: str, german: str
) -> None:
    columns = {"Worth": [80], "Service": [80]}
    now = replace(SIMPLE, **{setting: value})
    moved = between(scored(SIMPLE, columns), scored(now, columns))
    assert [change.field for change in moved.model_changes] == [setting]
    assert [put_into_words(moved, language).model for language in ("en", "de")] == [
        [english],
        [german],
    ]


def test_what_changes_no_score_is_no_change_of_the_model() -> None:
    other = replace(
        SIMPLE,
        criteria=tuple(
            replace(c, name=c.name.upper(), unit="x", description="y", changeable=True)
            for c in reversed(SIMPLE.criteria)
        ),
        abc_a=70,
        hours_per_year=100,
        top_n=5,
    )
    assert model_changes(SIMPLE, other) == ()


@pytest.mark.parametrize("cause", Cause)
def test_what_is_withheld_is_not_named(cause: Cause) -> None:
    then = scored(METHOD, {"Turnover": [200_000], "Margin": [0.2], "Service": [80]})
    now = scored(METHOD, {"Turnover": [350_000], "Margin": [0.2], "Service": [80]})
    moved = between(then, now)
    hidden = replace(
        of(moved, "A")[1][0], cause=cause, criterion=WITHHELD, points=np.nan,
        measure_before=None, measure_after=None,
    )  # fmt: skip
    for language in LANGUAGES:
        text = put_into_words(replace(moved, crossings=((hidden,),)), language).reasons[0]
        assert "Turnover" not in text
        assert not re.search(r"\bnan\b", text)
        assert text.endswith(".")


def test_of_many_changes_that_moved_a_mean_the_first_are_named_and_the_others_counted() -> None:
    """Five criteria give 70 points instead of 0 to all but one customer, who keeps 60."""
    names = [f"P{k}" for k in range(1, 6)]

    def method(low: float) -> kp.ScoringModel:
        scale = Scale.steps([(0, low), (50, 60)])
        criteria = [Criterion(name, Axis.VALUE, 1, scale) for name in names]
        service = Criterion("Service", Axis.BENEFIT, 1, POINTS)
        return kp.ScoringModel((*criteria, service), value_threshold=ThresholdRule.MEAN)

    columns = {**dict.fromkeys(names, (50, 10, 10)), "Service": [80, 80, 80]}
    moved = between(scored(method(0), columns), scored(method(70), columns))
    (crossing,) = of(moved, "A")[1]
    check(crossing, axis=Axis.VALUE, upward=False, cause=Cause.MODEL, criterion=None)
    text = said(moved, "A")
    assert [f"he levels of {name} were changed" in text for name in names] == [True] * 3 + [
        False
    ] * 2
    assert "2 more changes" in text


def test_a_mean_that_model_and_others_have_moved_is_told_as_moved_by_the_others() -> None:
    model = replace(METHOD, value_threshold=ThresholdRule.MEAN)
    columns = {"Margin": [0.2] * 3, "Service": [80] * 3}
    then = scored(model, {"Turnover": [300_000, 200_000, 100_000], **columns})
    raised = replace(
        model,
        criteria=tuple(
            replace(c, weight=3 * c.weight) if c.name == "Turnover" else c for c in model.criteria
        ),
    )
    now = scored(raised, {"Turnover": [300_000, 500_000, 500_000], **columns})
    moved = between(then, now)
    (crossing,) = of(moved, "A")[1]
    check(crossing, upward=False, cause=Cause.OTHERS, criterion=None)
    assert "which the others have moved by" in said(moved, "A")


# --- against a plain reckoning -------------------------------------------------------------------


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(0, 1_000_000))
def test_every_cause_is_that_of_a_plain_reckoning(seed: int) -> None:
    """By ``support.reference``, which shares no code with the program."""
    days = days_of(seed)
    before, after = map(analysed, days)
    moved, found = between(before, after), states(*days)
    for row, crossings in zip(moved.customers.to_dict("records"), moved.crossings, strict=True):
        number, named = row["customer_id"], {c.axis: str(c.cause) for c in crossings}
        if row["change"] not in {Change.MOVED, Change.STAYED} or np.isnan(row["rank"]):
            continue
        for axis in Axis:
            assert named.get(axis) == cause_of(found, number, axis)
            then = found[2][0][number][axis]
            if then is not None:
                assert row[f"{axis}_then"] == pytest.approx(then, abs=1e-9)
    steps = steps_between(before, after)
    for axis in Axis:
        for step in (1, 2, 3):
            scores = steps.scores(axis)
            known = np.flatnonzero(~np.isnan(scores).any(axis=0))
            _, effects = steps.effects(axis, step, known)
            gained = scores[step, known] - scores[step - 1, known]
            assert effects.sum(axis=1) == pytest.approx(gained, abs=1e-9)
    for language in LANGUAGES:
        for text in put_into_words(moved, language).reasons:
            assert not re.search(r"\bnan\b|None|[{}]|^$.", text)


def test_days_of_the_reckoning_hold_every_cause() -> None:
    """So that the test above tests something."""
    causes = [
        (crossing.cause, crossing.criterion is None)
        for seed in range(20)
        for crossings in between(*map(analysed, days_of(seed))).crossings
        for crossing in crossings
    ]
    for kind in ((cause, by_threshold) for cause in Cause for by_threshold in (False, True)):
        if kind != (Cause.CUSTOMER, True):
            assert causes.count(kind) >= 5, kind
    assert (Cause.CUSTOMER, True) not in causes


# --- whatever there is ---------------------------------------------------------------------------


@st.composite
def later_models(draw: st.DrawFn, earlier: Model) -> Model:
    """The same model with a few things changed, or quite another one."""
    if draw(st.integers(0, 3)) == 0:
        return draw(models())
    changed = {**earlier, "criteria": [dict(c) for c in earlier["criteria"]]}
    other = draw(models())
    for name in draw(st.sets(st.sampled_from([k for k in earlier if k != "criteria"]))):
        if not name.startswith(("abc", "value_weight", "benefit_weight")):
            changed[name] = other[name]
    for criterion in changed["criteria"]:
        if draw(st.booleans()):
            criterion["weight"] = draw(st.sampled_from([1, 2, 50]))
        if draw(st.integers(0, 3)) == 0:
            criterion["fill"] = draw(st.sampled_from([None, 0, 50]))
    return changed


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Portfolio, Portfolio]:
    """Two days of a portfolio: some measures and some of the model may have changed."""
    rows, model = draw(portfolios())
    if draw(st.integers(0, 2)) == 0:
        others, another = draw(portfolios())
        return (rows, model), (others, another)
    later = draw(later_models(model))
    columns = [c["name"] for c in later["criteria"]]
    changed = []
    for row in rows:
        if draw(st.integers(0, 9)) == 0:
            continue
        now = {**dict.fromkeys(columns), **row}
        for column in columns:
            if draw(st.integers(0, 2)) == 0:
                now[column] = draw(st.sampled_from([None, 0, 10, 60, 120, "high", "low"]))
        changed.append(now)
    return (rows, model), (changed, later)


@EXAMPLES
@given(pairs())
def test_the_steps_add_up_to_the_change_of_each_score(days: tuple[Portfolio, Portfolio]) -> None:
    before, after = map(analysed, days)
    steps = steps_between(before, after)
    count = steps.scores(Axis.VALUE).shape[1]
    for axis in Axis:
        scores = steps.scores(axis)
        for i, day in ((0, before), (3, after)):
            at = steps.states[i].at
            found = day.customers[f"{axis}_score"].to_numpy()[at]
            np.testing.assert_array_equal(scores[i], found)
        for step in (1, 2, 3):
            known = np.flatnonzero(~np.isnan(scores[[step - 1, step]]).any(axis=0))
            _, effects = steps.effects(axis, step, known)
            gained = scores[step, known] - scores[step - 1, known]
            assert effects.sum(axis=1) == pytest.approx(gained, abs=1e-9)
    ids = [day.customers["customer_id"].to_numpy()[s.at] for day, s in ((before, steps.states[0]), (after, steps.states[3]))]  # fmt: skip
    assert ids[0].tolist() == ids[1].tolist()
    assert len(set(ids[0].tolist())) == count


@EXAMPLES
@given(pairs())
def test_everybody_is_there_once_and_every_crossing_fits_to_the_types(
    days: tuple[Portfolio, Portfolio],
) -> None:
    before, after = map(analysed, days)
    moved = between(before, after)
    left_out = ["repeated", "unidentified"]
    there = {
        number
        for day in (before, after)
        for number in day.customers.loc[~day.customers["note"].isin(left_out), "customer_id"]
    }
    assert sorted(moved.customers["customer_id"]) == sorted(there)
    for row, crossings in zip(moved.customers.to_dict("records"), moved.crossings, strict=True):
        was, now = row["quadrant_before"], row["quadrant"]
        assert bool(crossings) == (row["change"] == Change.MOVED)
        assert (row["change"] == Change.STAYED) == (was == now)
        high = {
            Axis.VALUE: (Quadrant.STAR, Quadrant.QUESTION_MARK),
            Axis.BENEFIT: (Quadrant.STAR, Quadrant.FREE_RIDER),
        }
        if row["change"] == Change.MOVED:
            crossed = {a: now in high[a] for a in Axis if (was in high[a]) != (now in high[a])}
            assert {c.axis: c.upward for c in crossings} == crossed
        for crossing in crossings:
            assert crossing.before == row[f"{crossing.axis}_before"]
            assert crossing.after == row[crossing.axis]
            assert np.isfinite(crossing.points)
            if crossing.criterion is not None:
                assert (crossing.points > -1e-9) == crossing.upward
    for language in LANGUAGES:
        words = put_into_words(moved, language)
        stayed = moved.customers["change"] == Change.STAYED
        assert [text == "" for text in words.reasons] == stayed.tolist()
        assert len(words.model) == len(moved.model_changes)
        for text in (*words.model, *filter(None, words.reasons)):
            assert text.endswith((".", ")"))
            assert not re.search(r"\bnan\b", text)
            assert "None" not in text
            assert "{" not in text


@EXAMPLES
@given(portfolios(), st.data())
def test_where_nobody_has_changed_the_model_is_the_only_cause(
    portfolio: Portfolio, data: st.DataObject
) -> None:
    rows, model = portfolio
    later = data.draw(later_models(model))
    rows = [{**dict.fromkeys(c["name"] for c in later["criteria"]), **row} for row in rows]
    moved = between(analysed((rows, model)), analysed((rows, later)))
    rated = moved.customers["change"].isin([Change.MOVED, Change.STAYED])
    rated &= moved.customers["rank"].notna()
    for axis in Axis:
        then, now = (moved.customers.loc[rated, name] for name in (f"{axis}_then", axis))
        assert then.tolist() == pytest.approx(now.tolist(), abs=1e-9)
    assert {c.cause for crossings in moved.crossings for c in crossings} <= {Cause.MODEL}


@EXAMPLES
@given(portfolios().map(with_fixed_rules), st.data())
def test_where_nothing_follows_from_the_data_the_customer_is_the_only_cause(
    portfolio: Portfolio, data: st.DataObject
) -> None:
    rows, model = portfolio
    later = [
        {**row, **{c["name"]: data.draw(st.sampled_from([None, 0, 60, 120, "high"])) for c in model["criteria"]}}
        for row in rows
    ]  # fmt: skip
    moved = between(analysed((rows, model)), analysed((later, model)))
    for axis in Axis:
        then, before = (moved.customers[name] for name in (f"{axis}_then", f"{axis}_before"))
        pd.testing.assert_series_equal(then, before, check_names=False)
    assert {c.cause for crossings in moved.crossings for c in crossings} <= {Cause.CUSTOMER}


@EXAMPLES
@given(portfolios(), st.integers(1, 5))
def test_who_has_not_changed_under_the_same_model_can_only_be_moved_by_others(
    portfolio: Portfolio, every: int
) -> None:
    rows, model = portfolio
    columns = [c["name"] for c in model["criteria"]]
    later = [
        {**row, **dict.fromkeys(columns, 60)} if i % every == 0 else row
        for i, row in enumerate(rows)
    ]
    before, after = analysed((rows, model)), analysed((later, model))
    moved = between(before, after)
    assert moved.model_changes == ()
    same = {
        number
        for number, label, note in zip(
            after.customers["customer_id"], after.customers.index, after.customers["note"], strict=True
        )
        if later[label] is rows[label] and note not in {"repeated", "unidentified"}
    }  # fmt: skip
    for row, crossings in zip(moved.customers.to_dict("records"), moved.crossings, strict=True):
        if row["customer_id"] not in same:
            continue
        assert {c.cause for c in crossings} <= {Cause.OTHERS}
        for axis in Axis:
            assert row[f"{axis}_then"] == pytest.approx(row[axis], abs=1e-9, nan_ok=True)


@EXAMPLES
@given(portfolios())
def test_a_day_compared_with_itself_shows_nothing(portfolio: Portfolio) -> None:
    analysis = analysed(portfolio)
    moved = between(analysis, analysis)
    assert set(moved.customers["change"]) <= {Change.STAYED}
    assert moved.model_changes == ()
    assert not any(moved.crossings)
    for axis in Axis:
        then, now = moved.customers[f"{axis}_then"], moved.customers[axis]
        pd.testing.assert_series_equal(then, now, check_names=False)
