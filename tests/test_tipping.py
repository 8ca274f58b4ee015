"""The smallest change of one weight that tips a type or turns the order of two customers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from support.portfolios import Portfolio, analysed, distinct, fixed, frame_of, model_of

import xlportfolio as kp
from xlportfolio.firmness import Firmness, firmness_of
from xlportfolio.robustness import RatedAxis
from xlportfolio.scoring import Floats, weighted_scores
from xlportfolio.tipping import MOST_SHARE, Rated, type_changes
from xlportfolio.weight_changes import WeightChange

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
AXIS_WEIGHTS = ("value_weight", "benefit_weight")


def with_weight(model: kp.ScoringModel, name: str, weight: float) -> kp.ScoringModel:
    """The model with one other weight."""
    if name in AXIS_WEIGHTS:
        return replace(model, **{name: weight})
    criteria = tuple(replace(c, weight=weight) if c.name == name else c for c in model.criteria)
    return replace(model, criteria=criteria)


def changed(portfolio: Portfolio, change: WeightChange, weight: float) -> kp.PortfolioAnalysis:
    """The portfolio scored with another weight instead of the one that a change names."""
    return kp.analyse(
        frame_of(*portfolio), with_weight(model_of(portfolio[1]), change.name, weight)
    )


def check_numbers(model: kp.ScoringModel, change: WeightChange) -> None:
    """Weights and shares fit each other and the model."""
    if change.of_axis:
        weights = {name: getattr(model, name) for name in AXIS_WEIGHTS}
    else:
        (axis,) = {c.axis for c in model.criteria if c.name == change.name}
        weights = {c.name: c.weight for c in model.criteria if c.axis is axis}
    assert change.now == weights[change.name]
    others = sum(weight for name, weight in weights.items() if name != change.name)
    assert change.share_now == pytest.approx(change.now / (change.now + others))
    assert change.share_then == pytest.approx(change.then / (change.then + others))
    assert 0 <= change.share_then <= MOST_SHARE
    # what is said lies beyond what is exact
    assert (change.typed - change.then) * (change.then - change.now) >= 0


@EXAMPLES
@given(fixed)
def test_the_change_named_does_give_another_type_and_half_of_it_does_not(
    portfolio: Portfolio,
) -> None:
    analysis = analysed(portfolio)
    customers = analysis.customers
    for row, change in enumerate(firmness_of(analysis).type_changes):
        label, was = customers.index[row], customers["quadrant"].iloc[row]
        if change is None:
            continue
        check_numbers(analysis.model, change)
        assert change.quadrant not in {was, kp.Quadrant.NOT_RATED}
        for weight in (change.then, change.typed):
            then = changed(portfolio, change, weight).customers.loc[label]
            assert then["quadrant"] == change.quadrant
        half = changed(portfolio, change, (change.now + change.then) / 2).customers.loc[label]
        assert half["quadrant"] == was


@EXAMPLES
@given(fixed)
def test_the_change_named_does_swap_two_customers_and_half_of_it_does_not(
    portfolio: Portfolio,
) -> None:
    analysis = analysed(portfolio)
    customers = analysis.customers
    firm = firmness_of(analysis)
    for row, (change, other) in enumerate(zip(firm.swaps, firm.nexts, strict=True)):
        if change is None:
            continue
        check_numbers(analysis.model, change)
        assert change.quadrant is None
        pair = customers.index[[row, other]]
        assert np.diff(customers.loc[pair, "rank"]) > 0
        for weight in (change.then, change.typed):
            then = changed(portfolio, change, weight).customers.loc[pair, "rank"]
            assert np.diff(then) < 0
        half = changed(portfolio, change, (change.now + change.then) / 2).customers
        assert np.diff(half.loc[pair, "rank"]) >= 0


@EXAMPLES
@given(distinct)
def test_the_next_customer_is_the_first_further_down_with_a_lower_total(
    portfolio: Portfolio,
) -> None:
    analysis = analysed(portfolio)
    ranks = analysis.customers["rank"].to_numpy()
    for row, other in enumerate(firmness_of(analysis).nexts.tolist()):
        lower = np.flatnonzero(ranks > ranks[row])
        assert other == (lower[0] if lower.size else -1)


class Scored:
    """The rated customers of an analysis, scored in the test's own way for weights of any share."""

    def __init__(self, analysis: kp.PortfolioAnalysis) -> None:
        self.model = analysis.model
        self.count = int(analysis.customers["rank"].notna().sum())
        values = analysis.values.to_numpy()[: self.count]
        self.measured = ~np.isnan(values)
        fills = np.array([np.nan if c.fill is None else c.fill for c in self.model.criteria])
        self.values = np.where(self.measured, values, fills)

    def scores(self, axis: kp.Axis, k: int | None, share: float) -> tuple[Floats, Floats]:
        """Scores and coverage of all with a share of the axis for one criterion."""
        at = self.model.on_axis(axis)
        weights = np.array([self.model.criteria[i].weight for i in at], dtype=np.float64)
        if k is not None:
            others = np.array([i != k for i in at])
            weights = np.where(others, weights / weights[others].sum() * (1 - share), share)
        points, used = self.values[:, at], ~np.isnan(self.values[:, at])
        sums = (weights * used).sum(axis=1)
        with np.errstate(invalid="ignore"):
            scores = (weights * np.where(used, points, 0)).sum(axis=1) / sums
        return scores, (weights * self.measured[:, at]).sum(axis=1) / weights.sum()

    def all_shares(self) -> list[tuple[kp.Axis, int, float, Floats]]:
        """Each criterion that can change: its axis, place, share today, and a grid of shares."""
        found = []
        for k, criterion in enumerate(self.model.criteria):
            same = [c.weight for c in self.model.criteria if c.axis is criterion.axis]
            if sum(same) > criterion.weight > 0:  # what is left out stays so
                grid = np.linspace(0, MOST_SHARE, 150)
                found.append((criterion.axis, k, criterion.weight / sum(same), grid))
        return found

    def covered(self, coverage: Floats) -> Floats:
        return coverage.round(9) >= round(self.model.min_coverage / 100, 9)


def assert_not_smaller(difference: float, change: WeightChange | None) -> None:
    """A change that makes the difference is not smaller than the one named."""
    assert change is not None
    assert difference >= abs(change.share_then - change.share_now) - 1e-8


@EXAMPLES
@given(fixed)
def test_no_other_weight_gives_another_type_by_a_smaller_change(portfolio: Portfolio) -> None:
    analysis = analysed(portfolio)
    scored, firm = Scored(analysis), firmness_of(analysis)
    now = {axis: scored.scores(axis, None, 0)[0] for axis in kp.Axis}
    for axis, k, today, grid in scored.all_shares():
        threshold = round(getattr(analysis.thresholds, axis), 9)
        was = now[axis].round(9) >= threshold
        for share in grid.tolist():
            scores, coverage = scored.scores(axis, k, share)
            differs = ((scores.round(9) >= threshold) != was) & ~np.isnan(scores)
            differs &= scored.covered(coverage)
            for row in np.flatnonzero(differs).tolist():
                assert_not_smaller(abs(share - today), firm.type_changes[row])


@EXAMPLES
@given(fixed)
def test_no_other_weight_swaps_two_customers_by_a_smaller_change(portfolio: Portfolio) -> None:
    analysis = analysed(portfolio)
    scored, firm = Scored(analysis), firmness_of(analysis)
    both = {
        kp.Axis.VALUE: analysis.model.value_weight,
        kp.Axis.BENEFIT: analysis.model.benefit_weight,
    }
    now = {axis: scored.scores(axis, None, 0)[0] for axis in kp.Axis}
    nexts = firm.nexts[: scored.count]
    pairs = np.flatnonzero(nexts >= 0)

    def compare(total: Floats, allowed: Floats, difference: float) -> None:
        total = total.round(9)
        reversed_ = (total[pairs] < total[nexts[pairs]]) & allowed[pairs] & allowed[nexts[pairs]]
        # where they differ by a hair it depends on rounding
        reversed_ &= total[nexts[pairs]] - total[pairs] > 3e-9
        for row in pairs[reversed_].tolist():
            assert_not_smaller(difference, firm.swaps[row])

    for axis, k, today, grid in scored.all_shares():
        for share in grid.tolist():
            scores, coverage = scored.scores(axis, k, share)
            parts = {**now, axis: scores}
            total = sum(both[a] * parts[a] for a in kp.Axis) / sum(both.values())
            allowed = scored.covered(coverage) & ~np.isnan(scores)
            compare(total, allowed, abs(share - today))
    today = both[kp.Axis.VALUE] / sum(both.values())
    if 0 < today < 1:
        for share in np.linspace(1 - MOST_SHARE, MOST_SHARE, 150).tolist():
            total = share * now[kp.Axis.VALUE] + (1 - share) * now[kp.Axis.BENEFIT]
            compare(total, np.ones(scored.count, dtype=bool), abs(share - today))


def firm_of(
    value: list[list[float | None]], weights: list[float], benefit: list[float], **settings: object
) -> tuple[Firmness, kp.PortfolioAnalysis]:
    """How firm customers are with these values of several criteria and one of benefit."""
    names = [f"V{k}" for k in range(len(weights))]
    criteria = [
        kp.Criterion(name, kp.Axis.VALUE, weight, kp.Scale.linear(0, 100))
        for name, weight in zip(names, weights, strict=True)
    ]
    criteria.append(kp.Criterion("B", kp.Axis.BENEFIT, 1, kp.Scale.linear(0, 100)))
    rows = [
        {"customer_id": f"{i}", **dict(zip(names, row, strict=True)), "B": b}
        for i, (row, b) in enumerate(zip(value, benefit, strict=True))
    ]
    model = kp.ScoringModel(criteria=tuple(criteria), **settings)  # type: ignore[arg-type]
    analysis = kp.analyse(pd.DataFrame(rows), model)
    return firmness_of(analysis), analysis


def test_a_weight_that_reaches_the_threshold_by_itself_is_enough_upwards() -> None:
    """30 and 80 with weights 3 : 1 come to 42.5; with 1.5 : 1 to 50, which is high."""
    firm, _ = firm_of([[30, 80]], [3, 1], [80])
    (change,) = firm.type_changes
    assert change is not None
    assert (change.name, change.typed, change.quadrant) == ("V0", 1.5, kp.Quadrant.STAR)
    assert change.share_now == 0.75
    assert change.share_then == pytest.approx(0.6)


def test_downwards_the_threshold_itself_is_not_enough() -> None:
    firm, _ = firm_of([[80, 30]], [3, 1], [80])
    (change,) = firm.type_changes
    assert change is not None
    assert change.then == pytest.approx(2 / 3)
    assert change.typed < 2 / 3
    assert change.quadrant is kp.Quadrant.FREE_RIDER


def test_a_criterion_that_alone_carries_its_axis_changes_nothing() -> None:
    firm, _ = firm_of([[80], [70]], [3], [80, 80])
    assert firm.type_changes == [None, None]
    assert firm.swaps == [None, None]


def test_a_change_that_would_leave_too_little_measured_is_none() -> None:
    """More weight for what is missing brings the first customer below the coverage needed."""
    rows = [[80, None, 45], [60, 60, 60]]
    free, _ = firm_of(rows, [2, 1, 1], [80, 80], min_coverage=0)
    bound, analysis = firm_of(rows, [2, 1, 1], [80, 80], min_coverage=75)
    assert analysis.customers["rank"].notna().all()
    assert free.type_changes[0] is not None
    assert free.type_changes[0].name == "V0"
    assert bound.type_changes[0] is not None
    assert bound.type_changes[0].name == "V2"


def test_a_tie_is_no_swap_and_the_one_below_both_is_the_next() -> None:
    firm, analysis = firm_of([[80, 60], [80, 60], [60, 72]], [1, 1], [80, 80, 80])
    assert analysis.customers["rank"].tolist() == [1, 1, 3]
    assert firm.nexts.tolist() == [2, 2, -1]
    first, second, last = firm.swaps
    assert first == second
    assert last is None
    assert first is not None
    assert first.then == pytest.approx(0.6)
    assert first.typed < 0.6


def test_scores_with_a_weight_for_each_row_are_those_of_each_row_alone() -> None:
    random = np.random.default_rng(7)
    values = random.uniform(0, 100, (40, 6))
    values[random.random(values.shape) < 0.3] = np.nan
    weights = random.uniform(0, 5, (40, 6)) * 10.0 ** random.integers(-5, 5, (40, 1))
    fills = [None, 0.0, 50.0, None, None, 12.5]
    together = weighted_scores(values, weights, fills)
    for row in range(40):
        alone = weighted_scores(values[row : row + 1], weights[row].tolist(), fills)
        assert alone.score[0] == together.score[row]
        assert alone.coverage[0] == pytest.approx(together.coverage[row])


@pytest.mark.parametrize(
    "weights", [[1e308, 1e308, 1e300], [1e308, 1e-300, 1], [5e-324, 1e-320, 5e-324], [0, 0, 3]]
)
def test_extreme_weights_are_no_reason_to_stop(weights: list[float]) -> None:
    random = np.random.default_rng(3)
    rows = random.uniform(0, 100, (30, 3)).tolist()
    firm, analysis = firm_of(rows, weights, random.uniform(0, 100, 30).tolist(), value_weight=1e300)
    assert len(firm.type_changes) == len(firm.swaps) == 30
    types = analysis.customers["quadrant"]
    for change, was in zip(firm.type_changes, types, strict=True):
        assert change is None or (np.isfinite(change.then) and change.quadrant != was)


def test_many_customers_get_the_same_changes_as_few() -> None:
    """Customers are looked at in chunks; where one ends must not matter."""
    random = np.random.default_rng(11)
    value, benefit = (
        RatedAxis(tuple("ABC"), np.array([3.0, 2, 1]), (None,) * 3, values, 50, 50)
        for values in random.uniform(0, 100, (2, 20_000, 3))
    )
    changes = type_changes(Rated((value, benefit), (1, 1), 50))
    assert sum(change is not None for change in changes) > 10_000
    for part in (slice(0, 10), slice(4_090, 4_100), slice(-9, None)):
        few = (
            replace(value, values=value.values[part]),
            replace(benefit, values=benefit.values[part]),
        )
        assert type_changes(Rated(few, (1, 1), 50)) == changes[part]


def test_where_both_thresholds_move_no_change_is_looked_for_here() -> None:
    values, one = np.array([[80.0], [20.0]]), np.ones(1)
    mean = kp.model.ThresholdRule.MEAN
    axis = RatedAxis(("A",), one, (None,), values, mean, 50.0)
    assert type_changes(Rated((axis, axis), (1, 1), 0)) == [None, None]
