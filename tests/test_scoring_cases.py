"""One worked case for each rule of the scoring; expected numbers were worked out by hand."""

from __future__ import annotations

import math
from functools import reduce
from operator import add
from typing import Any

import numpy as np
import pandas as pd
import pytest

import xlportfolio as kp
from xlportfolio.abc_analysis import abc_analysis
from xlportfolio.errors import Fault, Problem, Severity, note
from xlportfolio.model import RANGES, ThresholdRule, setting_faults
from xlportfolio.portfolio import identify, quadrants
from xlportfolio.scoring import numbers_of, weighted_scores

NONE = math.nan
Cell = float | str | None
Rows = dict[str, list[Any]]


def exactly(expected: Any) -> Any:
    """Equal but for the last digits of floating point; NaN equals NaN."""
    return pytest.approx(expected, rel=0, abs=1e-9, nan_ok=True)


def on_value(name: str, weight: float = 1, **others: Any) -> kp.Criterion:
    others = {"scale": kp.Scale.linear(0, 100), **others}
    return kp.Criterion(name, kp.Axis.VALUE, weight, **others)


def on_benefit(name: str, weight: float = 1, **others: Any) -> kp.Criterion:
    others = {"scale": kp.Scale.linear(0, 100), **others}
    return kp.Criterion(name, kp.Axis.BENEFIT, weight, **others)


def analyse(
    criteria: list[kp.Criterion],
    measures: Rows,
    **settings: Any,
) -> kp.PortfolioAnalysis:
    """Analyse customers numbered from "1", or with the ids among the measures."""
    count = len(next(iter(measures.values())))
    frame = {"customer_id": [str(i + 1) for i in range(count)], **measures}
    model = kp.ScoringModel(criteria=tuple(criteria), **settings)
    return kp.analyse(pd.DataFrame(frame), model)


def plain(value: list[Cell], benefit: list[Cell], others: Rows | None = None, **settings: Any):  # noqa: ANN201
    """Customers whose two measures are their scores."""
    measures = {"V": value, "B": benefit, **(others or {})}
    return analyse([on_value("V"), on_benefit("B")], measures, **settings)


def of_rows(analysis: kp.PortfolioAnalysis, column: str) -> list[Any]:
    """A column in the order of the input."""
    return analysis.customers.sort_index()[column].tolist()


def values(measures: list[Cell], scale: kp.Scale, objective: str = "max") -> list[float]:
    """The values of measures on a scale, in the order of the input."""
    criteria = [on_value("M", scale=scale, objective=kp.Objective(objective)), on_benefit("B")]
    analysis = analyse(criteria, {"M": measures, "B": [1.0] * len(measures)})
    return analysis.values.sort_index()["M"].tolist()


# --- measure -> value ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cells", "numbers", "odd"),
    [
        ([1.5, NONE, math.inf], [1.5, NONE, NONE], [False, False, True]),
        ([1, 2], [1, 2], [False, False]),
        (pd.array([1, pd.NA], dtype="Int64"), [1, NONE], [False, False]),
        ([3, "12", "soon", None, ""], [3, 12, NONE, NONE, NONE], [False, False, True, False, True]),
        ([True, False], [NONE, NONE], [True, True]),
        (pd.to_datetime(["2026-01-31", None]), [NONE, NONE], [True, False]),
        (pd.to_timedelta([1, None], unit="D"), [NONE, NONE], [True, False]),
    ],
)
def test_only_numbers_are_measures(cells: Any, numbers: list[float], odd: list[bool]) -> None:
    found, unusable = numbers_of(pd.DataFrame({"M": cells}), "M")
    assert found.tolist() == exactly(numbers)
    assert unusable.tolist() == odd


@pytest.mark.parametrize(
    ("objective", "measure", "value"),
    [
        ("max", 20, 0),
        ("max", 30, 12.5),  # 10 of 80
        ("max", 100, 100),
        ("max", 19, 0),
        ("max", 1000, 100),
        ("min", 20, 100),
        ("min", 30, 87.5),
        ("min", 100, 0),
        ("min", -5, 100),
        ("min", 101, 0),
    ],
)
def test_linear_is_the_share_of_the_way_between_the_bounds_and_clamped(
    objective: str, measure: float, value: float
) -> None:
    assert values([measure], kp.Scale.linear(20, 100), objective) == exactly([value])


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        (kp.Scale.linear(), [0, 25, 100]),  # 10 .. 50
        (kp.Scale.linear(low=0), [20, 40, 100]),  # 0 .. 50
        (kp.Scale.linear(high=30), [0, 50, 100]),  # 10 .. 30
    ],
)
def test_a_blank_bound_is_the_smallest_or_largest_measure(
    scale: kp.Scale, expected: list[float]
) -> None:
    assert values([10, 20, 50], scale) == exactly(expected)


def test_no_last_digit_leads_beyond_the_ends_of_a_piecewise_scale() -> None:
    # between these points, straight lines in floating point end at 100.00000000000001 and -7e-15
    rising = kp.Scale.piecewise([(-2.66, 0.8), (2.93, 100)])
    falling = kp.Scale.piecewise([(-9.21, 45.9), (-3.92, 0)])
    assert values([math.nextafter(2.93, 0)], rising) == [100]
    assert values([math.nextafter(-3.92, -9)], falling) == [0]


def test_the_worst_measure_is_worth_zero_without_a_minus() -> None:
    assert [str(v) for v in values([100, 200], kp.Scale.linear(20, 100), "min")] == ["0.0", "0.0"]


def test_the_widest_scale_that_there_is_can_be_measured_with() -> None:
    scale = kp.Scale.linear(-1.6e308, 1.6e308)  # further apart than any number is large
    assert values([-1.7e308, -1.6e308, -0.8e308, 0, 1.6e308], scale) == exactly([0, 0, 25, 50, 100])
    assert values([-0.8e308, 1.7e308], scale, "min") == exactly([75, 0])


@pytest.mark.parametrize("objective", ["max", "min"])
@pytest.mark.parametrize("scale", [kp.Scale.linear(7, 7), kp.Scale.linear(low=7)])
def test_equal_bounds_give_50_whatever_the_measure(scale: kp.Scale, objective: str) -> None:
    assert values([7, 3, None], scale, objective) == exactly([50, 50, NONE])


def test_blank_bounds_over_equal_measures_give_50() -> None:
    assert values([4, 4], kp.Scale.linear()) == exactly([50, 50])


@pytest.mark.parametrize(
    ("scale", "field"), [(kp.Scale.linear(low=9), "low"), (kp.Scale.linear(high=2), "high")]
)
def test_a_typed_bound_beyond_the_data_gives_50_for_all_and_a_warning(
    scale: kp.Scale, field: str
) -> None:
    analysis = analyse([on_value("M", scale=scale), on_benefit("B")], {"M": [3, 8], "B": [1, 1]})
    assert of_rows(analysis, "value_score") == exactly([50, 50])
    warnings = [f for f in analysis.faults if f.severity is Severity.WARNING]
    assert [(f.key, f.criterion, f.field) for f in warnings] == [("bound_crosses_data", "M", field)]


def test_a_typed_low_above_a_typed_high_is_no_model() -> None:
    with pytest.raises(kp.ModelError, match="above high"):
        on_value("M", scale=kp.Scale.linear(2, 1))


def test_bounds_from_the_data_include_prospects_and_rows_without_coverage() -> None:
    criteria = [on_value("M", scale=kp.Scale.linear()), on_benefit("B")]
    rows: Rows = {
        "M": [10, 20, 110, -90],
        "B": [1, 1, 1, None],
        "status": ["customer", "customer", "prospect", "customer"],
    }
    assert of_rows(analyse(criteria, rows), "value_score") == exactly([50, 55, 100, 0])


def test_bounds_from_the_data_leave_out_repeated_and_unidentified_rows() -> None:
    criteria = [on_value("M", scale=kp.Scale.linear()), on_benefit("B")]
    rows = {"customer_id": ["a", "b", "a", ""], "M": [0, 10, 1000, -1000], "B": [1, 1, 1, 1]}
    assert of_rows(analyse(criteria, rows), "value_score")[:2] == exactly([0, 100])


STEPS = [(250_000, 60), (0, 5), (50_000, 25)]


@pytest.mark.parametrize(
    ("measure", "value"),
    [(-1, 5), (0, 5), (49_999.99, 5), (50_000, 25), (249_999, 25), (250_000, 60), (1e9, 60)],
)
def test_steps_give_the_level_of_the_largest_bound_reached(measure: float, value: float) -> None:
    assert values([measure], kp.Scale.steps(STEPS)) == [value]


@pytest.mark.parametrize(
    ("measure", "value"),
    [(-1, 5), (0, 5), (25_000, 15), (50_000, 25), (150_000, 42.5), (250_000, 60), (1e9, 60)],
)
def test_piecewise_is_linear_between_bounds_and_flat_outside(measure: float, value: float) -> None:
    assert values([measure], kp.Scale.piecewise(STEPS)) == exactly([value])


def test_the_objective_is_used_by_linear_alone() -> None:
    for scale in (kp.Scale.steps(STEPS), kp.Scale.piecewise(STEPS)):
        assert values([50_000, 250_000], scale, "min") == [25, 60]
    assert values(["a"], kp.Scale.categories([("a", 80)]), "min") == [80]


def test_categories_are_matched_without_regard_to_case_and_strangers_are_missing() -> None:
    scale = kp.Scale.categories([("hoch", 100), ("Mittel", 50)])
    words: list[Cell] = ["HOCH", " mittel ", "Hoch", "sehr hoch", None]
    assert values(words, scale) == exactly([100, 50, 100, NONE, NONE])


def test_an_unknown_category_is_warned_of_and_a_blank_one_is_not() -> None:
    criteria = [on_value("M", scale=kp.Scale.categories([("hoch", 100)])), on_benefit("B")]
    analysis = analyse(criteria, {"M": ["niedrig", None, "", " "], "B": [1, 1, 1, 1]})
    warned = [(f.key, f.customer) for f in analysis.faults if f.severity is Severity.WARNING]
    assert warned == [("unknown_category", 0)]


# --- values -> axis score -----------------------------------------------------------------------


def test_the_axis_score_is_the_mean_weighted_by_the_shares_of_the_weights() -> None:
    criteria = [on_value("M", 60), on_value("N", 30), on_value("O", 10), on_benefit("B")]
    analysis = analyse(criteria, {"M": [50], "N": [100], "O": [0], "B": [1]})
    assert of_rows(analysis, "value_score") == exactly([60])  # (3000 + 3000 + 0) / 100


@pytest.mark.parametrize(
    ("fill", "score", "points"),
    [
        (None, 80, [80, NONE]),  # the weight of N goes to M
        (0, 60, [60, 0]),
        (50, 72.5, [60, 12.5]),
        (90, 82.5, [60, 22.5]),
    ],
)
def test_a_missing_measure_is_skipped_or_filled_and_never_counts_as_covered(
    fill: float | None, score: float, points: list[float]
) -> None:
    criteria = [on_value("M", 3), on_value("N", 1, fill=fill), on_benefit("B")]
    analysis = analyse(criteria, {"M": [80], "N": [None], "B": [10]})
    assert of_rows(analysis, "value_score") == exactly([score])
    assert of_rows(analysis, "value_coverage") == exactly([0.75])
    assert analysis.contributions.loc[0, ["M", "N"]].tolist() == exactly(points)


def test_a_criterion_of_weight_0_moves_neither_score_nor_coverage() -> None:
    criteria = [on_value("M", 2), on_value("N", 0), on_benefit("B")]
    analysis = analyse(criteria, {"M": [40, 40, None], "N": [100, None, 100], "B": [1, 1, 1]})
    assert of_rows(analysis, "value_score") == exactly([40, 40, NONE])
    assert of_rows(analysis, "value_coverage") == exactly([1, 1, 0])


@pytest.mark.parametrize(
    ("min_coverage", "quadrant"), [(29, "poor_dog"), (30, "poor_dog"), (30.001, "not_rated")]
)
def test_coverage_on_its_bound_is_enough(min_coverage: float, quadrant: str) -> None:
    criteria = [on_value("M", 0.1), on_value("N", 0.2), on_value("O", 0.7), on_benefit("B")]
    rows: Rows = {"M": [1], "N": [1], "O": [None], "B": [1]}
    analysis = analyse(criteria, rows, min_coverage=min_coverage)
    assert of_rows(analysis, "quadrant") == [quadrant]


@pytest.mark.parametrize(
    ("measured", "missing", "min_coverage"), [([0.7, 0.1], [0.2], 80), ([0.3], [0.1, 0.2], 50)]
)
def test_coverage_on_its_bound_is_enough_though_floats_fall_short(
    measured: list[float], missing: list[float], min_coverage: float
) -> None:
    weights = [*measured, *missing]
    # one by one: from Python 3.12 on, sum makes good what the additions lose
    assert reduce(add, measured) / reduce(add, weights) < min_coverage / 100
    names = [f"M{i}" for i in range(len(weights))]
    criteria = [on_value(name, weight) for name, weight in zip(names, weights, strict=True)]
    rows: Rows = {name: [60 if i < len(measured) else None] for i, name in enumerate(names)}
    analysis = analyse([*criteria, on_benefit("B")], {**rows, "B": [60]}, min_coverage=min_coverage)
    assert of_rows(analysis, "quadrant") == ["star"]


def test_a_row_without_coverage_keeps_its_scores_and_gets_no_total() -> None:
    criteria = [on_value("M", 1), on_value("N", 3), on_benefit("B")]
    analysis = analyse(criteria, {"M": [50, 10], "N": [None, 10], "B": [50, 10]})
    row = analysis.customers.loc[0]
    assert (row["value_score"], row["benefit_score"]) == (50, 50)
    assert (row["quadrant"], row["note"]) == ("not_rated", "value_coverage")
    assert math.isnan(row["total_score"])
    assert math.isnan(row["rank"])
    assert not row["borderline"]
    assert analysis.contributions.loc[0, ["M", "B"]].tolist() == [50, 50]
    assert list(analysis.customers.index) == [1, 0]


def test_a_repeated_row_has_no_scores_and_says_which_row_it_repeats() -> None:
    analysis = plain([50, 10, 90], [50, 10, 90], {"customer_id": ["a", "A", " a "]})
    row = analysis.customers.loc[2]
    assert (row["note"], row["repeats"], row["quadrant"]) == ("repeated", 0, "not_rated")
    assert np.isnan(
        row[["value_score", "benefit_score", "total_score", "rank"]].astype(float)
    ).all()
    assert analysis.contributions.loc[2].isna().all()
    assert of_rows(analysis, "rank") == exactly([1, 2, NONE])


def test_a_name_serves_where_there_is_no_number() -> None:
    others: Rows = {"customer_id": ["", None, "Alpha", ""], "customer": ["Alpha", "", "x", "Alpha"]}
    analysis = plain([1, 2, 3, 4], [1, 2, 3, 4], others)
    assert of_rows(analysis, "customer_id") == ["Alpha", "", "Alpha", "Alpha"]
    assert of_rows(analysis, "note") == ["", "unidentified", "repeated", "repeated"]


def test_rows_that_are_nobody_repeat_nobody() -> None:
    others: Rows = {"customer_id": ["", "7", " "], "customer": ["", "", None]}
    analysis = plain([1, 2, 3], [1, 2, 3], others)
    assert of_rows(analysis, "note") == ["unidentified", "", "unidentified"]
    assert identify(["", "7", " "], ["", "", ""]).repeats.tolist() == [-1, -1, -1]


def test_numbers_and_names_of_customers_go_in_pairs() -> None:
    with pytest.raises(ValueError, match="shorter"):
        identify(["7", "8"], ["Alpha"])


@pytest.mark.parametrize(("value", "benefit"), [(NONE, 60), (60, NONE), (NONE, NONE)])
def test_without_a_score_on_either_axis_there_is_no_type(value: float, benefit: float) -> None:
    assert quadrants(np.array([value]), np.array([benefit]), 50, 50).tolist() == ["not_rated"]


def test_rows_not_rated_are_listed_last_in_the_order_of_the_input() -> None:
    analysis = plain([None, 1, 9, None], [9, 1, None, 1], {"customer_id": ["z", "y", "x", "a"]})
    assert of_rows(analysis, "note") == ["value_coverage", "", "benefit_coverage", "value_coverage"]
    assert list(analysis.customers["customer_id"]) == ["y", "z", "x", "a"]


def test_contributions_are_weight_times_value_over_the_weights_used() -> None:
    criteria = [on_value("M", 3), on_value("N", 1), on_benefit("B", 5), on_benefit("C", 5)]
    analysis = analyse(criteria, {"M": [80], "N": [20], "B": [None], "C": [30]})
    points = dict.fromkeys("B", NONE) | {"M": 60, "N": 5, "C": 30}
    assert analysis.contributions.loc[0].to_dict() == exactly(points)


def test_no_last_digit_leads_beyond_100() -> None:
    # (2.8 + 4.9 + 9.7) * 100 / (2.8 + 4.9 + 9.7) is 100.00000000000001 in floating point
    assert weighted_scores(np.full((1, 3), 100.0), [2.8, 4.9, 9.7]).score.tolist() == [100]


def test_what_a_criterion_could_bring_is_its_share_of_the_weights_used() -> None:
    scores = weighted_scores(np.array([[80, NONE], [80, 20]]), [3, 1])
    assert scores.attainable.tolist() == [exactly([100, NONE]), [75, 25]]


def test_each_customer_may_be_weighted_in_another_way() -> None:
    values = np.array([[80.0, 20], [80, 20], [NONE, 20]])
    scores = weighted_scores(values, np.array([[3.0, 1], [1, 3], [1, 3]]))
    assert scores.score.tolist() == [65, 35, 20]
    assert scores.coverage.tolist() == [1, 1, 0.75]
    assert scores.contributions.tolist() == [[60, 5], [20, 15], exactly([NONE, 20])]


def test_weights_may_be_as_small_and_as_large_as_numbers_can_be() -> None:
    weights = np.array([[3e-308, 1e-308], [0.5e308, 1.5e308]])
    for given in (weights, np.flip(weights, axis=0)):
        scores = weighted_scores(np.array([[80.0, 20], [80, 20]]), given)
        assert sorted(scores.score) == exactly([35, 65])
        assert scores.coverage.tolist() == [1, 1]


# --- total, types, ranks ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value_weight", "benefit_weight", "total"), [(50, 50, 50), (3, 1, 65), (0, 1, 20), (2, 0, 80)]
)
def test_the_total_weighs_the_two_axes(
    value_weight: float, benefit_weight: float, total: float
) -> None:
    analysis = plain([80], [20], value_weight=value_weight, benefit_weight=benefit_weight)
    assert of_rows(analysis, "total_score") == exactly([total])


@pytest.mark.parametrize(
    ("value", "benefit", "quadrant"),
    [
        (60, 40, "star"),
        (60, 39.999, "question_mark"),
        (59.999, 40, "free_rider"),
        (59.999, 39.999, "poor_dog"),
        (60 - 4e-10, 40, "star"),
        (60 - 6e-10, 40, "free_rider"),
    ],
)
def test_a_score_on_its_threshold_to_9_decimals_is_high(
    value: float, benefit: float, quadrant: str
) -> None:
    analysis = plain([value], [benefit], value_threshold=60, benefit_threshold=40)
    assert of_rows(analysis, "quadrant") == [quadrant]


@pytest.mark.parametrize(
    ("value", "benefit", "borderline"),
    [
        (55, 90, True),
        (45, 90, True),
        (55.001, 90, False),
        (44.999, 90, False),
        (90, 55, True),
        (90, 44.999, False),
        (55 + 4e-10, 90, True),
    ],
)
def test_borderline_is_within_the_band_of_either_threshold_its_edge_included(
    value: float, benefit: float, *, borderline: bool
) -> None:
    assert of_rows(plain([value], [benefit], borderline_band=5), "borderline") == [borderline]


def test_the_edge_of_a_band_counts_though_floats_fall_beyond_it() -> None:
    score, threshold, band = 0.4, 0.3, 0.1
    assert score - threshold > band
    analysis = plain([score], [90], value_threshold=threshold, borderline_band=band)
    assert of_rows(analysis, "borderline") == [True]


MEAN_ROWS: Rows = {"status": ["customer", "customer", "customer", "prospect", "customer"]}


@pytest.mark.parametrize(
    ("rule", "threshold"), [(ThresholdRule.MEAN, 40), (ThresholdRule.MEDIAN, 20)]
)
def test_mean_and_median_are_taken_over_rated_customers_without_prospects(
    rule: ThresholdRule, threshold: float
) -> None:
    value: list[Cell] = [10, 20, 90, 100, 70]  # the last has no benefit: not rated
    analysis = plain(value, [1, 1, 1, 1, None], MEAN_ROWS, value_threshold=rule)
    assert analysis.thresholds.value == exactly(threshold)


def test_the_median_of_an_even_number_lies_between_the_two_in_the_middle() -> None:
    analysis = plain([10, 40, 20, 100], [1] * 4, value_threshold=ThresholdRule.MEDIAN)
    assert analysis.thresholds.value == exactly(30)
    assert of_rows(analysis, "quadrant") == ["poor_dog", "question_mark"] * 2


def test_equal_scores_are_all_on_their_mean() -> None:
    third = 100 / 3
    analysis = plain([third] * 7, [third] * 7, value_threshold=ThresholdRule.MEAN)
    assert set(of_rows(analysis, "quadrant")) == {"question_mark"}


def test_with_prospects_alone_the_mean_is_theirs() -> None:
    others: Rows = {"status": ["prospect", "prospect"]}
    analysis = plain([10, 30], [1, 1], others, value_threshold=ThresholdRule.MEAN)
    assert analysis.thresholds.value == exactly(20)


def test_with_nobody_rated_the_mean_is_50_and_a_warning() -> None:
    analysis = plain([None], [9], benefit_threshold=ThresholdRule.MEAN)
    assert analysis.thresholds == (50, 50)
    warned = [(f.key, f.field) for f in analysis.faults if f.severity is Severity.WARNING]
    assert warned == [("threshold_of_nobody", "benefit_threshold")]


def test_equal_totals_share_the_smallest_rank_and_the_next_ranks_are_left_out() -> None:
    analysis = plain([10, 50, 30, 30, 20], [10, 50, 30, 30, 20])
    assert of_rows(analysis, "rank") == [5, 1, 2, 2, 4]


@pytest.mark.parametrize(("difference", "ranks"), [(4e-10, [1, 1]), (4e-9, [2, 1])])
def test_totals_tie_if_equal_to_9_decimals(difference: float, ranks: list[float]) -> None:
    assert of_rows(plain([30, 30 + difference], [30, 30 + difference]), "rank") == ranks


def test_customers_and_prospects_share_one_ranking() -> None:
    others: Rows = {"status": ["customer", "prospect", "customer"]}
    assert of_rows(plain([10, 20, 30], [10, 20, 30], others), "rank") == [3, 2, 1]


def test_ties_are_listed_by_value_score_then_by_id_by_code_point() -> None:
    ids = ["b", "9", "10", "Ä", "Z", "a", "\U0001f600", "\uff5e"]
    value = [20, 20, 20, 20, 20, 30, 20, 20]
    benefit = [20, 20, 20, 20, 20, 10, 20, 20]
    analysis = plain(value, benefit, {"customer_id": ids})
    listed = ["a", "10", "9", "Z", "b", "Ä", "\uff5e", "\U0001f600"]
    assert list(analysis.customers["customer_id"]) == listed
    assert set(of_rows(analysis, "rank")) == {1}


# --- ABC ----------------------------------------------------------------------------------------


def abc_of(
    amounts: list[Cell],
    others: Rows | None = None,
    value: list[Cell] | None = None,
    **settings: Any,
) -> kp.PortfolioAnalysis:
    """The ABC analysis of amounts; all scores are 60 unless value scores are given."""
    sixty: list[Cell] = [60] * len(amounts)
    rows = {"Amount": amounts, **(others or {})}
    return plain(value or sixty, sixty, rows, abc_measure="Amount", **settings)


def test_abc_shares_are_those_of_haufes_85_customers() -> None:
    # Haufe, ABC analysis: 85 customers, total 59,785, the first 9000, 7890, 6320, 3600
    first = [9000, 7890, 6320, 3600]
    rest = 59_785 - sum(first)  # over the other 81: 80 of 407 and one of 415
    amounts: list[Cell] = [*first, *[407] * 80, rest - 80 * 407]
    abc = abc_of(amounts).abc
    assert len(abc) == 85
    cumulative = (abc["cumulative_share"].iloc[:4] * 100).round(2)
    assert cumulative.tolist() == [15.05, 28.25, 38.82, 44.84]
    assert abc["cumulative_share"].iloc[-1] == exactly(1)


def test_the_customer_that_crosses_a_bound_is_in_the_upper_class() -> None:
    # before each: 0, 50, 85, 95 %; bounds 80 and 90
    assert of_rows(abc_of([50, 35, 10, 5]), "abc_class") == ["A", "A", "B", "C"]


def test_a_share_before_on_the_bound_belongs_to_the_lower_class() -> None:
    # before each: 0, 80, 92 %
    assert of_rows(abc_of([80, 12, 8], abc_a=80, abc_b=92), "abc_class") == ["A", "B", "C"]


def test_a_share_before_just_below_a_bound_is_below_it() -> None:
    # before each: 0, 79.5, 89.5, 95 %
    assert of_rows(abc_of([79.5, 10, 5.5, 5]), "abc_class") == ["A", "A", "B", "C"]


def test_amounts_whose_sum_no_number_can_hold_have_shares() -> None:
    abc = abc_analysis(np.array([1.5e308, 0.5e308, 1e308]), 80, 90)
    assert abc.share.tolist() == exactly([1 / 2, 1 / 6, 1 / 3])


def test_a_share_on_the_bound_is_compared_to_9_decimals() -> None:
    # before each, the largest first: 0, 35, 65, 85 %
    bound, before = 0.65, 0.35 + 0.3
    assert before < bound
    amounts: list[Cell] = [0.3, 0.2, 0.15, 0.35]
    assert of_rows(abc_of(amounts, abc_a=65, abc_b=85), "abc_class") == ["A", "B", "C", "A"]


def test_the_largest_customer_is_always_in_class_a_if_a_is_above_0() -> None:
    assert of_rows(abc_of([1, 99], abc_a=1, abc_b=2), "abc_class") == ["C", "A"]


def test_equal_amounts_get_the_class_of_the_first_of_them() -> None:
    # before each: 0, 40, 60, 80 %; the three 20 have the class of the first: A
    assert of_rows(abc_of([20, 40, 20, 20], abc_a=50, abc_b=70), "abc_class") == ["A"] * 4


def test_equal_largest_amounts_are_both_in_class_a() -> None:
    assert of_rows(abc_of([50, 50], abc_a=40, abc_b=70), "abc_class") == ["A", "A"]


def test_many_equal_amounts_are_added_up_in_their_order() -> None:
    abc = abc_analysis(np.array([1.0, *[2.0] * 99, 3.0]), 80, 90)
    assert abc.cumulative[1:-1].tolist() == exactly([(3 + 2 * k) / 202 for k in range(1, 100)])


def test_whoever_has_no_amount_has_no_share() -> None:
    abc = abc_analysis(np.array([NONE, 3, 0, -1, 1]), 80, 90)
    assert abc.share.tolist() == exactly([NONE, 0.75, NONE, NONE, 0.25])
    assert abc.cumulative.tolist() == exactly([NONE, 0.75, NONE, NONE, 1])


def test_prospects_missing_and_amounts_up_to_0_have_no_class_and_are_named() -> None:
    others: Rows = {"status": ["customer", "prospect", "customer", "customer", "customer"]}
    analysis = abc_of([10, 1000, None, 0, -5], others)
    assert of_rows(analysis, "abc_class") == ["A", "", "", "", ""]
    assert analysis.abc["share"].tolist() == [1]
    named = {f.customer: f for f in analysis.faults if f.key.startswith("no_abc_class")}
    expected = {1: "no_abc_class_prospect", **dict.fromkeys([2, 3, 4], "no_abc_class")}
    assert {customer: fault.key for customer, fault in named.items()} == expected
    assert {(f.severity, f.field) for f in named.values()} == {(Severity.NOTE, "Amount")}


def test_small_amounts_are_amounts_and_prospects_without_any_are_not_named() -> None:
    others: Rows = {"status": ["customer", "prospect", "prospect", "prospect"]}
    analysis = abc_of([0.5, 0.5, 0, None], others)
    assert of_rows(analysis, "abc_class") == ["A", "", "", ""]
    named = [(f.key, f.customer) for f in analysis.faults if f.key.startswith("no_abc_class")]
    assert named == [("no_abc_class_prospect", 1)]


def test_rows_without_coverage_take_part_in_the_abc_analysis_and_repeated_rows_do_not() -> None:
    others: Rows = {"customer_id": ["a", "b", "a"]}
    analysis = abc_of([60, 40, 500], others, [None, 60, 60])
    assert of_rows(analysis, "quadrant") == ["not_rated", "star", "not_rated"]
    assert of_rows(analysis, "abc_class") == ["A", "A", ""]
    assert analysis.abc["share"].tolist() == exactly([0.6, 0.4])


def test_the_abc_table_compares_the_ranks_by_amount_and_by_total_among_those_listed() -> None:
    # by total: 3, 1, not rated, 2 among the three rated rows listed; the last has no class
    analysis = abc_of([50, 30, 15, 5, None], None, [10, 90, None, 70, 100])
    abc = analysis.abc
    assert abc["amount"].tolist() == [50, 30, 15, 5]
    assert abc["position"].tolist() == [3, 1, 4, 2]  # in the ranking
    assert abc["amount_rank"].tolist() == [1, 2, 3, 4]
    assert abc["difference"].tolist() == exactly([1 - 3, 2 - 1, NONE, 4 - 2])


def test_equal_amounts_share_the_smallest_rank_by_amount() -> None:
    assert abc_of([10, 30, 10, 5]).abc["amount_rank"].tolist() == [1, 2, 2, 4]


def test_the_cumulative_share_runs_down_the_table_where_amounts_tie() -> None:
    # the second row of the input has the higher total, so it is listed first
    abc = abc_of([50, 50], None, [10, 90]).abc
    assert list(abc.index) == [1, 0]
    assert abc["cumulative_share"].tolist() == [0.5, 1]


def test_many_equal_amounts_are_listed_in_the_order_of_the_ranking() -> None:
    abc = abc_of([7, 8] * 50, None, [float(k) for k in range(100)]).abc
    assert list(abc.index) == [*range(99, 0, -2), *range(98, -1, -2)]


def test_findings_name_a_customers_of_low_value_and_c_customers_of_high_value() -> None:
    # A free rider, A star, B free rider, C star, C free rider
    amounts: list[Cell] = [45, 36, 10, 5, 4]
    analysis = abc_of(amounts, None, [10, 90, 10, 90, 10])
    assert analysis.abc["abc_class"].tolist() == ["A", "A", "B", "C", "C"]
    assert analysis.abc["finding"].tolist() == ["overrated", "", "", "underrated", ""]


@pytest.mark.parametrize(
    ("names", "units", "measure"),
    [
        (["M", "Umsatz"], ["", ""], "Umsatz"),
        (["Turnover", "N"], ["", "EUR"], "Turnover"),
        (["M", "N"], ["pieces", " usd "], "N"),
        (["M", "REVENUE"], ["£", ""], "M"),
        (["M", "N"], ["EUR a year", ""], None),
    ],
)
def test_the_abc_measure_is_the_first_criterion_in_a_currency_or_named_turnover(
    names: list[str], units: list[str], measure: str | None
) -> None:
    criteria = [on_value(name, unit=unit) for name, unit in zip(names, units, strict=True)]
    rows: Rows = {name: [1.0] for name in [*names, "B"]}
    analysis = analyse([*criteria, on_benefit("B")], rows)
    assert analysis.abc_measure == measure
    missing = [(f.severity, f.field) for f in analysis.faults if f.key == "no_abc_measure"]
    assert missing == ([] if measure else [(Severity.NOTE, "abc_measure")])


def test_categories_named_turnover_are_no_abc_measure_but_do_not_end_the_search() -> None:
    words = on_value("Turnover", unit="EUR", scale=kp.Scale.categories([("high", 100)]))
    criteria = [words, on_value("Revenue"), on_benefit("B")]
    analysis = analyse(criteria, {"Turnover": ["high"], "Revenue": [1], "B": [1]})
    assert analysis.abc_measure == "Revenue"


def test_all_columns_that_the_model_needs_and_are_missing_are_named() -> None:
    model = kp.ScoringModel((on_value("V"), on_benefit("B")), abc_measure="Umsatz")
    with pytest.raises(kp.ModelError) as stopped:
        kp.analyse(pd.DataFrame({"customer_id": ["1"], "V": [1.0]}), model)
    assert [fault.key for fault in stopped.value.faults] == ["column_missing"] * 2
    assert [fault.field for fault in stopped.value.faults] == ["B", "Umsatz"]


@pytest.mark.parametrize("cells", [[True, False], pd.to_datetime(["2026-01-01", "2026-01-02"])])
def test_days_and_truth_values_are_no_measures(cells: Any) -> None:
    """pandas would make numbers of both."""
    analysis = analyse([on_value("V"), on_benefit("B")], {"V": list(cells), "B": [60.0, 70.0]})
    assert of_rows(analysis, "quadrant") == ["not_rated", "not_rated"]
    assert [fault.key for fault in analysis.faults if fault.field == "V"] == ["not_a_number"] * 2


@pytest.mark.parametrize("bound", [math.inf, -math.inf, math.nan])
def test_a_bound_that_is_no_finite_number_is_refused(bound: float) -> None:
    with pytest.raises(kp.ModelError) as stopped:
        on_value("V", scale=kp.Scale.linear(high=bound))
    assert [(f.key, f.field) for f in stopped.value.faults] == [("bound_not_a_number", "high")]


def test_a_bound_of_the_abc_analysis_that_is_not_known_crosses_none() -> None:
    settings = {name: bounds.low for name, bounds in RANGES.items()} | {"value_weight": 1.0}
    settings["top_n"] = 1.0
    assert [f.key for f in setting_faults({**settings, "abc_a": 90.0, "abc_b": 80.0})] == [
        "abc_bounds_crossed"
    ]
    assert list(setting_faults({**settings, "abc_a": None, "abc_b": 80.0})) == []
    assert list(setting_faults({**settings, "abc_a": 90.0, "abc_b": None})) == []


def test_the_message_of_an_input_names_its_errors_alone() -> None:
    found = [
        Problem(Fault("weight_negative", Severity.ERROR, "weight", "V")),
        note("formulas_wait", count=1),
    ]
    assert kp.InputError(found, "en").message() == found[0].message()


@pytest.mark.parametrize(
    ("change", "keys"),
    [
        ({"weight": -1}, ["weight_negative"]),
        ({"weight": math.inf}, ["weight_negative"]),
        ({"fill": 101}, ["fill_out_of_range"]),
        ({"scale": kp.Scale.steps([])}, ["levels_missing"]),
        ({"scale": kp.Scale.steps([(0, -1), (5, 101)])}, ["level_out_of_range"] * 2),
        ({"scale": kp.Scale.piecewise([(5, 10), (5.0, 20)])}, ["level_repeated"]),
        ({"scale": kp.Scale.categories([("High", 10), (" high ", 20)])}, ["level_repeated"]),
        ({"scale": kp.Scale.linear(5, 4)}, ["low_above_high"]),
        ({"weight": -1, "fill": -1}, ["weight_negative", "fill_out_of_range"]),
    ],
)
def test_everything_that_makes_a_criterion_impossible_is_named(
    change: dict[str, Any], keys: list[str]
) -> None:
    with pytest.raises(kp.ModelError) as stopped:
        on_value("V", **change)
    assert [fault.key for fault in stopped.value.faults] == keys
    assert {fault.criterion for fault in stopped.value.faults} == {"V"}


@pytest.mark.parametrize(
    ("weights", "settings", "key"),
    [
        ((0, 1), {}, "weights_all_zero_value"),
        ((1, 0), {}, "weights_all_zero_benefit"),
        ((1, 1), {"value_weight": 0, "benefit_weight": 0}, "axis_weights_zero"),
    ],
)
def test_something_must_have_a_weight(
    weights: tuple[float, float], settings: dict[str, Any], key: str
) -> None:
    criteria = (on_value("V", weights[0]), on_benefit("B", weights[1]))
    with pytest.raises(kp.ModelError) as stopped:
        kp.ScoringModel(criteria, **settings)
    assert [fault.key for fault in stopped.value.faults] == [key]
