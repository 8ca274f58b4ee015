"""The change of one weight that gives another type where thresholds are means or medians."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.portfolios import Portfolio, analysed, portfolios, with_different_ids
from test_tipping import changed, check_numbers

import xlportfolio as kp
from xlportfolio.firmness import firmness_of
from xlportfolio.model import ThresholdRule
from xlportfolio.moving_thresholds import moves, with_moving
from xlportfolio.robustness import RatedAxis
from xlportfolio.tipping import Rated
from xlportfolio.weight_changes import WeightChange

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
RULES = st.sampled_from(["mean", "median", 50])


@EXAMPLES
@given(portfolios().map(with_different_ids), RULES, RULES)
def test_the_change_named_does_give_another_type_with_thresholds_that_move(
    portfolio: Portfolio, value: str | int, benefit: str | int
) -> None:
    assume("mean" in {value, benefit} or "median" in {value, benefit})
    rows, model = portfolio
    rules = {"value_threshold": value, "benefit_threshold": benefit, "min_coverage": 0}
    portfolio = (rows, {**model, **rules})
    analysis = analysed(portfolio)
    customers = analysis.customers
    rated = customers["rank"].notna()
    for row, change in enumerate(firmness_of(analysis).type_changes):
        if change is None:
            continue
        label, was = customers.index[row], customers["quadrant"].iloc[row]
        check_numbers(analysis.model, change)
        assert change.quadrant not in {was, kp.Quadrant.NOT_RATED}
        then = changed(portfolio, change, change.typed).customers
        if (then["rank"].notna().sort_index() == rated.sort_index()).all():
            assert then.loc[label, "quadrant"] == change.quadrant


def portfolio_of(
    count: int, rule: ThresholdRule, seed: int
) -> tuple[pd.DataFrame, kp.ScoringModel]:
    random = np.random.default_rng(seed)
    names = ["A", "B", "C", "D"]
    frame = pd.DataFrame(random.uniform(0, 100, (count, 4)).round(1), columns=names)
    frame = frame.mask(random.random(frame.shape) < 0.1).assign(
        customer_id=[str(i) for i in range(count)],
        status=np.where(random.random(count) < 0.2, "prospect", "customer"),
    )
    axes = [kp.Axis.VALUE] * 3 + [kp.Axis.BENEFIT]
    criteria = tuple(
        kp.Criterion(name, axis, weight, kp.Scale.linear(0, 100), fill=50)
        for name, axis, weight in zip(names, axes, (30, 20, 25, 1), strict=True)
    )
    return frame, kp.ScoringModel(criteria, value_threshold=rule, min_coverage=0)


@pytest.mark.parametrize("rule", ThresholdRule)
def test_no_much_smaller_change_of_one_weight_does_it(rule: ThresholdRule) -> None:
    """By a search of its own: whole portfolios scored anew with 400 other weights of each."""
    frame, model = portfolio_of(40, rule, 7)
    analysis = kp.analyse(frame, model)
    was = analysis.customers["quadrant"].sort_index()
    nearest = pd.Series(np.inf, index=was.index)
    for criterion in model.criteria[:3]:
        others = 75 - criterion.weight
        now = criterion.weight / 75
        for share in np.linspace(0.0025, 0.9975, 400):
            weight = share / (1 - share) * others
            criteria = tuple(
                replace(c, weight=weight) if c is criterion else c for c in model.criteria
            )
            then = kp.analyse(frame, replace(model, criteria=criteria)).customers["quadrant"]
            moved = then.sort_index() != was
            nearest[moved] = np.minimum(nearest[moved], abs(share - now))
    changes = dict(zip(analysis.customers.index, firmness_of(analysis).type_changes, strict=True))
    named = pd.Series(
        [
            np.inf if (c := changes[i]) is None else abs(c.share_then - c.share_now)
            for i in was.index
        ],
        index=was.index,
    )
    assert np.isfinite(nearest).sum() > 20
    assert (named <= 1.1 * nearest + 1e-9).all()


@pytest.mark.parametrize("rule", ThresholdRule)
def test_in_a_portfolio_of_thousands_each_change_still_does_it(rule: ThresholdRule) -> None:
    frame, model = portfolio_of(6_000, rule, 3)
    analysis = kp.analyse(frame, model)
    changes = firmness_of(analysis).type_changes
    for row in range(0, len(changes), 400):
        change = changes[row]
        if change is None:
            continue
        criteria = tuple(
            replace(c, weight=change.typed) if c.name == change.name else c for c in model.criteria
        )
        then = kp.analyse(frame, replace(model, criteria=criteria)).customers
        assert then.loc[analysis.customers.index[row], "quadrant"] == change.quadrant


def test_extreme_weights_stop_nothing() -> None:
    frame, model = portfolio_of(10, ThresholdRule.MEDIAN, 1)
    for scale in (1e-300, 1e300):
        criteria = tuple(replace(c, weight=c.weight * scale) for c in model.criteria)
        changes = firmness_of(kp.analyse(frame, replace(model, criteria=criteria))).type_changes
        assert len(changes) == 10


def test_a_weight_that_goes_altogether_leaves_a_share_of_0() -> None:
    """60 of 60.3 less what it is by itself is a little below 0 in binary numbers."""
    criteria = tuple(
        kp.Criterion(name, axis, weight, kp.Scale.linear(-20, high))
        for name, axis, weight, high in (
            ("Growth", kp.Axis.VALUE, 0.3, -5),
            ("Margin", kp.Axis.VALUE, 60, 0),
            ("Share", kp.Axis.BENEFIT, 1, 0),
        )
    )
    model = kp.ScoringModel(criteria, value_threshold=ThresholdRule.MEAN, min_coverage=0)
    frame = pd.DataFrame(
        {
            "customer_id": ["A", "B"],
            "Growth": [-10.0, -10.0],
            "Margin": [-20.0, -18.0],
            "Share": [0.0, 0.0],
        }
    )
    changes = firmness_of(kp.analyse(frame, model)).type_changes
    gone = [c for c in changes if c is not None and not c.of_axis and c.then == 0]
    assert gone
    for change in gone:
        check_numbers(model, change)


@pytest.mark.parametrize(("by", "is_kept"), [(0.0001, True), (0.9, False)])
def test_of_two_changes_the_smaller_one_is_named(by: float, *, is_kept: bool) -> None:
    """6 of 10 must become 6 of 12.1 or so where the threshold is the mean."""
    values, nobody = np.array([[80.0, 20.0], [20.0, 80.0]]), (None, None)
    weights, mean = np.array([6.0, 4.0]), ThresholdRule.MEAN
    value = RatedAxis(("A", "B"), weights, nobody, values, mean, 50.0)
    benefit = RatedAxis(("C",), np.ones(1), (None,), np.array([[90.0], [90.0]]), 50, 50)
    other = WeightChange("C", False, 1, 2, 2, 0.05, 0.05 + by, kp.Quadrant.POOR_DOG)
    found = with_moving(Rated((value, benefit), (1, 1), 0), [other, None], np.ones(2, dtype=bool))
    assert (found[0] is other) == is_kept
    assert found[1] is not None
    assert found[1].name == "B"


def test_a_single_criterion_and_one_without_weight_move_nothing() -> None:
    values = np.array([[80.0, 20.0], [20.0, 80.0]])
    mean, everybody = ThresholdRule.MEAN, np.ones(2, dtype=bool)
    alone = RatedAxis(("A", "B"), np.array([6.0, 0.0]), (None, None), values, mean, 50.0)
    assert moves(alone, everybody, 0).criterion.tolist() == [-1, -1]
