"""What must hold of every portfolio, whatever its numbers."""

from __future__ import annotations

import math
from random import Random

import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.portfolios import (
    Portfolio,
    analysed,
    distinct,
    few_measures,
    fixed,
    models,
    portfolios,
    with_fixed_rules,
)

import xlportfolio as kp

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
CLOSE = 1e-9

SCORES = ["value_score", "benefit_score", "total_score"]
EXACT = ["quadrant", "rank", "borderline", "abc_class", "note"]


def assert_same(left: kp.PortfolioAnalysis, right: kp.PortfolioAnalysis) -> None:
    """Every row got the same scores (to 1e-9), type, rank and class."""
    one, other = (a.customers.sort_index() for a in (left, right))
    pd.testing.assert_frame_equal(one[SCORES], other[SCORES], rtol=0, atol=CLOSE)
    pd.testing.assert_frame_equal(one[EXACT], other[EXACT])
    assert left.thresholds == pytest.approx(right.thresholds, rel=0, abs=CLOSE)


@EXAMPLES
@given(portfolios())
def test_values_scores_and_coverages_stay_within_their_range(portfolio: Portfolio) -> None:
    analysis = analysed(portfolio)
    numbers = [analysis.customers[SCORES], analysis.values, analysis.contributions]
    for frame in numbers:
        given_numbers = frame.to_numpy(float, na_value=math.nan).ravel()
        present = given_numbers[~pd.isna(given_numbers)]
        assert ((present >= 0) & (present <= 100)).all()
    coverages = analysis.customers[["value_coverage", "benefit_coverage"]].to_numpy()
    assert ((coverages >= 0) & (coverages <= 1)).all()


@EXAMPLES
@given(portfolios(), st.sampled_from(["value", "benefit"]), st.floats(0.001, 1000))
def test_rescaling_all_weights_of_an_axis_changes_nothing(
    portfolio: Portfolio, axis: str, factor: float
) -> None:
    rows, model = portfolio
    criteria = [
        {**c, "weight": c["weight"] * (factor if c["axis"] == axis else 1)}
        for c in model["criteria"]
    ]
    before, after = analysed(portfolio), analysed((rows, {**model, "criteria": criteria}))
    assert_same(before, after)
    assert list(before.customers.index) == list(after.customers.index)
    pd.testing.assert_frame_equal(before.contributions, after.contributions, rtol=0, atol=CLOSE)


@EXAMPLES
@given(portfolios(), st.floats(0.001, 1000))
def test_rescaling_the_weights_of_both_axes_changes_nothing(
    portfolio: Portfolio, factor: float
) -> None:
    rows, model = portfolio
    weights = {name: model[name] * factor for name in ("value_weight", "benefit_weight")}
    assert_same(analysed(portfolio), analysed((rows, {**model, **weights})))


@EXAMPLES
@given(distinct, st.randoms())
def test_the_order_of_rows_of_different_customers_does_not_matter(
    portfolio: Portfolio, random: Random
) -> None:
    rows, model = portfolio
    assume(rows)
    order = list(range(len(rows)))
    random.shuffle(order)
    before, after = analysed(portfolio), analysed(([rows[i] for i in order], model))
    relabelled = after.customers.set_axis([order[i] for i in after.customers.index])
    assert_frames_alike(before.customers, relabelled)
    listed = after.customers["rank"].notna()
    rated_before = [i for i in before.customers.index if before.customers["rank"].notna()[i]]
    assert [order[i] for i in after.customers.index[listed]] == rated_before
    columns = ["amount", "abc_class", "amount_rank", "difference", "finding"]
    abc = after.abc.set_axis([order[i] for i in after.abc.index])
    pd.testing.assert_frame_equal(
        before.abc[columns].sort_index(), abc[columns].sort_index(), check_index_type=False
    )


def assert_frames_alike(before: pd.DataFrame, after: pd.DataFrame) -> None:
    before, after = before.sort_index(), after.sort_index()
    pd.testing.assert_frame_equal(before[SCORES], after[SCORES], rtol=0, atol=CLOSE)
    pd.testing.assert_frame_equal(before[EXACT], after[EXACT], check_index_type=False)


@EXAMPLES
@given(fixed, st.data())
def test_a_better_measure_never_lowers_a_score_and_touches_nobody_else(
    portfolio: Portfolio, data: st.DataObject
) -> None:
    rows, model = portfolio
    linear = [c for c in model["criteria"] if c["scale"] == "linear"]
    assume(rows and linear)
    criterion = data.draw(st.sampled_from(linear))
    name, axis = criterion["name"], criterion["axis"]
    chosen = data.draw(st.integers(0, len(rows) - 1))
    worse, better = sorted(
        data.draw(st.tuples(*[st.floats(-50, 200)] * 2)), reverse=criterion["objective"] == "min"
    )
    before, after = (
        analysed(([{**r, name: m} if i == chosen else r for i, r in enumerate(rows)], model))
        for m in (worse, better)
    )
    one, other = before.customers.loc[chosen], after.customers.loc[chosen]
    value = before.values.loc[chosen, name], after.values.loc[chosen, name]
    assert value[0] <= value[1]
    if criterion["weight"] > 0:
        part = criterion["weight"] * (value[1] - value[0])
        weights = sum(c["weight"] for c in model["criteria"] if c["axis"] == axis)
        assert other[f"{axis}_score"] - one[f"{axis}_score"] >= part / weights - CLOSE
    opposite = "benefit_score" if axis == "value" else "value_score"
    assert one[opposite] == other[opposite] or pd.isna(one[opposite])
    others = [i for i in range(len(rows)) if i != chosen]
    pd.testing.assert_frame_equal(
        before.customers.loc[others, SCORES], after.customers.loc[others, SCORES]
    )


@EXAMPLES
@given(fixed, st.data())
def test_one_more_point_of_a_step_or_piecewise_scale_shows_in_the_score(
    portfolio: Portfolio, data: st.DataObject
) -> None:
    rows, model = portfolio
    levelled = [c for c in model["criteria"] if c["scale"] in {"steps", "piecewise"}]
    assume(rows and levelled)
    criterion = data.draw(st.sampled_from(levelled))
    name = criterion["name"]
    low, high = sorted(data.draw(st.tuples(*[st.floats(-50, 1200)] * 2)))
    worths = sorted(worth for _, worth in criterion["levels"])
    levels = list(zip(sorted(bound for bound, _ in criterion["levels"]), worths, strict=True))
    criteria = [{**c, "levels": levels} if c is criterion else c for c in model["criteria"]]
    pair = [{**rows[0], "customer_id": i, name: m} for i, m in (("a", low), ("b", high))]
    analysis = analysed((pair, {**model, "criteria": criteria}))
    values = analysis.values.sort_index()[name]
    scores = analysis.customers.sort_index()[f"{criterion['axis']}_score"]
    assert values[0] <= values[1]
    assert pd.isna(scores[0]) or scores[0] <= scores[1] + CLOSE


@EXAMPLES
@given(distinct, st.data())
def test_rows_that_are_equal_but_for_their_id_tie(
    portfolio: Portfolio, data: st.DataObject
) -> None:
    rows, model = portfolio
    assume(rows)
    twin_of = data.draw(st.integers(0, len(rows) - 1))
    twin = {**rows[twin_of], "customer_id": "twin"}
    place = data.draw(st.integers(0, len(rows)))
    analysis = analysed(([*rows[:place], twin, *rows[place:]], model))
    one = analysis.customers.loc[twin_of + (twin_of >= place)]
    other = analysis.customers.loc[place]
    same = [*SCORES, *EXACT, "value_coverage", "benefit_coverage"]
    pd.testing.assert_series_equal(one[same], other[same], check_names=False, check_exact=True)


@EXAMPLES
@given(portfolios())
def test_contributions_add_up_to_the_score_of_their_axis(portfolio: Portfolio) -> None:
    analysis = analysed(portfolio)
    for axis in kp.Axis:
        names = [c.name for c in analysis.model.criteria if c.axis is axis]
        points = analysis.contributions[names]
        summed = points.sum(axis=1).where(points.notna().any(axis=1))
        scores = analysis.customers[f"{axis}_score"]
        pd.testing.assert_series_equal(
            summed, scores, check_names=False, check_index_type=False, rtol=0, atol=CLOSE
        )


@EXAMPLES
@given(portfolios())
def test_coverage_is_the_share_of_the_weight_that_was_measured(portfolio: Portfolio) -> None:
    rows, plain = portfolio
    analysis = analysed(portfolio)
    for axis in ("value", "benefit"):
        criteria = [c for c in plain["criteria"] if c["axis"] == axis]
        weight = sum(c["weight"] for c in criteria)
        for label, row in enumerate(rows):
            present = sum(c["weight"] for c in criteria if measured(row[c["name"]], c))
            given_coverage = analysis.customers.loc[label, f"{axis}_coverage"]
            assert given_coverage == pytest.approx(present / weight, rel=0, abs=CLOSE)


def measured(cell: object, criterion: dict[str, object]) -> bool:
    """Whether a cell is a measure; a word that is not among the levels is none."""
    words = {str(bound).strip().lower() for bound, _ in criterion["levels"]}  # type: ignore[attr-defined]
    if criterion["scale"] == "categories":
        return isinstance(cell, str) and cell.strip().lower() in words
    return cell is not None


@EXAMPLES
@given(models(), st.data())
def test_a_criterion_skipped_for_a_customer_is_as_if_it_were_not_there(
    model: dict[str, object], data: st.DataObject
) -> None:
    criteria = [{**c, "fill": None} for c in model["criteria"]]  # type: ignore[attr-defined]
    plain = with_fixed_rules(([], {**model, "criteria": criteria, "abc_measure": "Amount"}))[1]
    gone = data.draw(st.sampled_from(plain["criteria"]))
    left = [c for c in plain["criteria"] if c is not gone]
    assume(all(any(c["axis"] == a and c["weight"] for c in left) for a in ("value", "benefit")))
    cells = {name: data.draw(cell) for name, cell in few_measures(plain).items()}
    row = {"customer_id": "a", "customer": "", "status": "customer", **cells, gone["name"]: None}
    without, skipped = analysed(([row], {**plain, "criteria": left})), analysed(([row], plain))
    scores = ["value_score", "benefit_score"]
    pd.testing.assert_frame_equal(
        without.customers[scores], skipped.customers[scores], rtol=0, atol=CLOSE
    )
    assert pd.isna(skipped.contributions.loc[0, gone["name"]])


@EXAMPLES
@given(portfolios())
def test_the_total_lies_between_the_scores_of_the_two_axes(portfolio: Portfolio) -> None:
    rated = analysed(portfolio).customers.dropna(subset=["total_score"])
    scores = rated[["value_score", "benefit_score"]]
    assert (rated["total_score"] >= scores.min(axis=1) - CLOSE).all()
    assert (rated["total_score"] <= scores.max(axis=1) + CLOSE).all()


@EXAMPLES
@given(portfolios())
def test_every_row_of_the_input_is_listed_once_and_ranked_only_if_rated(
    portfolio: Portfolio,
) -> None:
    customers = analysed(portfolio).customers
    assert sorted(customers.index) == list(range(len(portfolio[0])))
    rated = customers["quadrant"] != "not_rated"
    for column in ("rank", "total_score"):
        assert (customers[column].notna() == rated).all()
    assert ((customers["note"] == "") == rated).all()
    assert list(rated) == sorted(rated, reverse=True)
    assert customers.loc[rated, "rank"].is_monotonic_increasing


@EXAMPLES
@given(portfolios())
def test_the_cumulative_share_rises_to_one_down_the_abc_table(portfolio: Portfolio) -> None:
    abc = analysed(portfolio).abc
    assume(len(abc))
    pd.testing.assert_series_equal(
        abc["share"].cumsum(), abc["cumulative_share"], check_names=False, rtol=0, atol=CLOSE
    )
    assert abc["cumulative_share"].iloc[-1] == pytest.approx(1)
    assert abc["amount"].is_monotonic_decreasing
    assert abc["abc_class"].is_monotonic_increasing
