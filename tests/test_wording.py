"""What a customer's lever and the findings say, in words."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from xlportfolio import Axis, Criterion, Scale, ScoringModel, analyse
from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.errors import note
from xlportfolio.history import History
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.model import Role
from xlportfolio.presentation import Presentation
from xlportfolio.reasons import reasons
from xlportfolio.report import ORDER, build_report
from xlportfolio.wording import advise, measure_text

WORDS = Scale.categories([("Low", 0), ("High", 100)])


def sentences(
    language: str,
    *benefit: Criterion,
    value: float = 90.0,
    value_changeable: bool = False,
    **measures: Any,
) -> tuple[str, str]:
    """The type of a customer and what its lever says."""
    scale = Scale.linear(0, 100)
    worth = Criterion("Worth", Axis.VALUE, 1, scale, changeable=value_changeable)
    model = ScoringModel(criteria=(worth, *benefit))
    customers = pd.DataFrame({"customer_id": ["A"], "Worth": [value]} | {k: [v] for k, v in measures.items()})  # fmt: skip
    analysis = analyse(customers, model)
    return analysis.customers["quadrant"].iloc[0], advise(analysis, language).levers[0]


def benefit(name: str, scale: Scale, weight: float = 1, **settings: Any) -> Criterion:
    return Criterion(name, Axis.BENEFIT, weight, scale, **{"changeable": True, **settings})


SERVICES = benefit("Services", Scale.linear(0, 8))
SHARE = benefit("Share", Scale.linear(0, 0.8), unit="share")
FIT = benefit("Fit", WORDS)


def test_a_target_is_rounded_up_to_what_the_measures_are_counted_in() -> None:
    between = benefit("Services", Scale.linear(0, 7))
    assert sentences("en", between, Services=2) == (
        "question_mark",
        "21.5 benefit points short of a star: Services from 2 to 4.",
    )


def test_shares_are_percentages_and_german_has_commas() -> None:
    assert sentences("de", SHARE, Share=0.25) == (
        "question_mark",
        "Zum Star fehlen 18,8 Punkte beim Nutzen: Share von 25 % auf 40 %.",
    )


def test_several_steps_are_named_in_the_order_in_which_they_are_taken() -> None:
    model = (SERVICES, SHARE, benefit("Fixed", WORDS, 2, changeable=False))
    assert sentences("en", *model, Services=2, Share=0.4, Fixed="Low")[1] == (
        "31.3 benefit points short of a star: Services from 2 to 8 and Share from 40% to 80%."
    )


def test_categories_are_named_as_their_levels_are_spelled() -> None:
    assert sentences("en", FIT, SHARE, Fit=" low", Share=0.2)[1] == (
        "37.5 benefit points short of a star: Share from 20% to 80%."
    )
    fixed = benefit("Share", Scale.linear(0, 0.8), unit="share", changeable=False)
    assert sentences("en", FIT, fixed, Fit=" low", Share=0.2)[1] == (
        "37.5 benefit points short of a star: Fit from low to High."
    )


def test_where_less_is_better_the_target_is_rounded_down() -> None:
    delay = benefit("Delay", Scale.steps([(0, 100), (10, 40), (30, 0)]))
    assert sentences("en", delay, Delay=25)[1] == (
        "10.0 benefit points short of a star: Delay from 25 to 9."
    )


def test_a_target_is_not_rounded_out_of_the_window_in_which_it_counts() -> None:
    peak = benefit("Visits", Scale.piecewise([(0, 0), (4.5, 100), (5, 0)]))
    found = sentences("en", peak, Visits=1)[1]
    assert "Visits from 1 to 3." in found  # 66.7 of 100 points, not less than 50
    narrow = benefit("Visits", Scale.steps([(0, 0), (4.5, 100), (4.75, 0)]))
    assert "Visits from 1 to 4.5." in sentences("en", narrow, Visits=1)[1]  # 5 would be worth 0


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("quadrant", "value", "share"),
    [("question_mark", 90, 0.2), ("poor_dog", 10, 0.2), ("free_rider", 10, 0.7)],
)
def test_each_type_says_what_it_lacks_and_why_it_cannot_be_reached(
    language: str, quadrant: str, value: float, share: float
) -> None:
    words = texts(language)
    on_value = quadrant == "free_rider"
    fixed = benefit("Share", Scale.linear(0, 0.8), changeable=on_value)
    found, nothing = sentences(
        language, fixed, value=value, value_changeable=not on_value, Share=share
    )
    assert found == quadrant
    points = words.number(40.0 if on_value else 25.0, 1)
    assert nothing == words(f"levers.nothing_changeable.{quadrant}", missing=points)
    if not on_value:
        little = benefit("Fit", WORDS, 0.1)
        found, too_little = sentences(language, fixed, little, value=value, Share=share, Fit="Low")
        assert found == quadrant
        points = words.number(27.3, 1)  # 50 - 25 / 1.1, rounded up
        assert too_little == words(f"levers.unreachable.{quadrant}", missing=points)


def test_where_nothing_is_marked_as_changeable_no_row_repeats_that() -> None:
    fixed = benefit("Services", Scale.linear(0, 8), changeable=False)
    assert sentences("en", fixed, Services=2) == ("question_mark", "")


def test_stars_and_rows_not_rated_have_none() -> None:
    assert sentences("en", SERVICES, Services=7) == ("star", "")
    assert sentences("en", SERVICES, Services=None) == ("not_rated", "")


def test_a_score_just_below_the_threshold_does_not_lack_nothing() -> None:
    assert sentences("en", benefit("S", Scale.linear(0, 100)), S=49.999)[1].startswith(
        "0.1 benefit points"
    )


def of_one(criterion: Criterion, measures: list[Any]) -> PortfolioAnalysis:
    other = Criterion("Worth", Axis.VALUE, 1)
    customers = pd.DataFrame(
        {"customer_id": range(len(measures)), "Worth": 1, criterion.name: measures}
    )
    return analyse(customers, ScoringModel(criteria=(other, criterion)))


@pytest.mark.parametrize(
    ("measures", "shown"),
    [([1234.0, 5.0], "1,234"), ([1.5, 2.0], "1.5"), ([0.25, None], "0.25"), ([1e-9], "0.000000")],
)
def test_measures_have_the_decimals_of_their_column(measures: list[Any], shown: str) -> None:
    criterion = benefit("M", Scale.linear(0, 2_000))
    spell = measure_text(of_one(criterion, measures), criterion, texts("en"))
    assert spell(measures[0], None) == shown


@pytest.mark.parametrize(
    ("largest", "unit", "shown"),
    [
        (100, "", "33.3 to 50.0"),
        (0.9, "share", "30.0% to 45.0%"),
        (9e6, "", "3,000,000 to 4,500,000"),
    ],
)
def test_computed_measures_show_three_digits(largest: float, unit: str, shown: str) -> None:
    computed = benefit("M", Scale.linear(0, largest), unit=unit)
    third = math.nextafter(largest / 3, 0)
    assert f"M from {shown}." in sentences("en", computed, M=third)[1]


def test_a_step_smaller_than_these_digits_shows_more() -> None:
    close = sentences("en", benefit("M", Scale.linear(0, 1), unit="share"), M=1.4999 / 3)[1]
    assert "M from 49.997% to 50.000%." in close


def test_a_share_to_be_reached_is_not_rounded_up_to_a_tenth() -> None:
    assert "Share from 20% to 41%." in sentences("en", benefit("Share", Scale.linear(0, 0.82), unit="share"), Share=0.2)[1]  # fmt: skip


def test_one_large_measure_does_not_make_the_others_coarse() -> None:
    criterion = benefit("M", Scale.linear(0, 2_000))
    spell = measure_text(of_one(criterion, [1 / 3, -1 / 6, 1 / 9, 1_000]), criterion, texts("en"))
    assert spell(1 / 3, None) == "0.333"


@pytest.mark.parametrize("language", LANGUAGES)
def test_findings_name_their_criteria_and_the_customers(language: str) -> None:
    model = ScoringModel(
        criteria=(
            Criterion("Sales", Axis.VALUE, 1, Scale.linear(0, 100), role=Role.TURNOVER),
            Criterion("Margin %", Axis.VALUE, 1, Scale.linear(0, 100), role=Role.MARGIN),
            SHARE,
        )
    )
    customers = pd.DataFrame(
        {
            "customer_id": range(12),
            "customer": ["", *(f"Firm\n{i}" for i in range(1, 12))],
            "Sales": 100,
            "Margin %": 10,
            "Share": 0.5,
        }
    )
    words = texts(language)
    low_margin, shrinking, *_ = advise(analyse(customers, model), language).hidden
    assert "Sales" in low_margin.rule
    assert "Margin %" in low_margin.rule
    names = ["0", *(f"Firm {i}" for i in (1, 10, 11, 2, 3, 4, 5))]
    assert low_margin.customers == words("hidden.more", names=", ".join(names), count=4)
    assert shrinking.customers == ""
    assert words("roles.growth") in shrinking.rule


@pytest.mark.parametrize(
    ("language", "rule"),
    [
        ("en", "missing in the column Role of the criteria: turnover and growth (as a number)."),
        ("de", "in der Spalte Rolle der Kriterien fehlt: Umsatz und Wachstum (als Zahl)."),
    ],
)
def test_a_role_whose_measures_are_words_is_said_to_need_numbers(language: str, rule: str) -> None:
    growth = Criterion("Trend", Axis.BENEFIT, 1, WORDS, role=Role.GROWTH)
    shrinking = advise(of_one(growth, ["Low"]), language).hidden[1]
    assert shrinking.rule.endswith(rule)


@pytest.mark.parametrize(
    ("top", "step"),
    [(2, "from 0.99999999 to 1.00000000"), (2e-6, "from 0.00000100000 to 0.00000100000")],
)
def test_a_small_step_gets_more_decimals_but_not_without_end(top: float, step: str) -> None:
    small = benefit("Services", Scale.linear(0, top))
    _, said = sentences("en", small, Services=top / 2 * (1 - 1e-8))
    assert said == f"0.1 benefit points short of a star: Services {step}."


def test_a_target_that_no_short_number_meets_is_named_to_the_last_digit_shown() -> None:
    """Just beyond a third the scale falls again, so that neither 0.34 nor 0.333334 is enough."""
    third = 1 / 3
    narrow = benefit("Services", Scale.steps([(0, 0), (third, 100), (third + 1e-13, 10)]))
    _, said = sentences("en", narrow, Services=0)
    assert said.endswith("Services from 0 to 0.333333.")


def test_what_a_report_cannot_list_or_does_not_know_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("xlportfolio.report.MOST_PROBLEMS", 1)
    model = ScoringModel((SERVICES, Criterion("Worth", Axis.VALUE, 1, Scale.linear(0, 1))))
    analysis = analyse(pd.DataFrame({"customer_id": ["A"], "Worth": [1], "Services": [2]}), model)
    advice = replace(advise(analysis, "en"), hidden=[])
    problems = [note("formulas_wait", count=1), note("formulas_wait", count=2)]
    as_of = dt.date(2026, 6, 30)
    report = build_report(
        advice, problems, Presentation("en", as_of), names=dict.fromkeys(ORDER, "S"),
        history=History(), movement=None,
    )  # fmt: skip
    tables = {table.key: table for table in report.tables}
    assert tables["abc"].subtitles == (texts("en")("subtitles.abc_none", as_of=as_of),)
    assert tables["abc"].summary is None  # no finding may be seen
    assert len(tables["data_check"]) == 1
    assert tables["data_check"].subtitles[1] == texts("en")("subtitles.data_check_more", listed="1")


def test_the_score_in_a_reason_is_rounded_as_its_cell_and_other_sentences_round_it() -> None:
    scores, nothing = np.array([27.25, 0.15, 99.95, 27.249999]), np.full((4, 1), np.nan)
    said = reasons(Axis.VALUE, ["Turnover"], scores, nothing, nothing, language="en")
    assert said == [f"Value {shown} points." for shown in ("27.3", "0.2", "100.0", "27.2")]
    assert said == [f"Value {texts('en').number(score, 1)} points." for score in scores]
