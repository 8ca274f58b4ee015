"""How firm types and ranks are when weights are drawn around the chosen ones."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from support.portfolios import Portfolio, analysed, distinct, fixed, frame_of, model_of, portfolios

import xlportfolio as kp
from xlportfolio.errors import ModelError
from xlportfolio.firmness import firmness_of
from xlportfolio.robustness import DRAWS, RatedAxis, drawn_shares, draws_for, firm_shares

EXAMPLES = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
SOME_DRAWS = 30


def with_typed_bounds(portfolio: Portfolio) -> Portfolio:
    """The same portfolio, but no linear scale depends on who is there; thresholds may."""
    rows, model = portfolio
    criteria = [{**c, "low": -20, "high": 120} for c in model["criteria"]]
    return rows, {**model, "criteria": criteria}


def weighted(model: kp.ScoringModel, shares: dict[str, float]) -> kp.ScoringModel:
    """The model with other weights, of criteria and of axes by their names."""
    criteria = tuple(replace(c, weight=shares[c.name]) for c in model.criteria)
    return replace(
        model,
        criteria=criteria,
        value_weight=shares["value_weight"],
        benefit_weight=shares["benefit_weight"],
        min_coverage=0,
    )


@EXAMPLES
@given(
    distinct.map(with_typed_bounds),
    st.sampled_from([1, 10, 40, 90]),
    st.integers(1, 6),
)
def test_shares_are_those_of_scoring_everybody_anew_with_each_weighting(
    portfolio: Portfolio, spread: float, top: int
) -> None:
    model = model_of(portfolio[1])
    frame = frame_of(*portfolio)
    analysis = kp.analyse(frame, model)
    is_rated = analysis.customers["rank"].notna()
    count = int(is_rated.sum())
    assume(count)
    rated = frame.loc[analysis.customers.index[is_rated]]
    axes = [
        RatedAxis(
            [c.name for c in model.criteria if c.axis is axis],
            np.array([c.weight for c in model.criteria if c.axis is axis], dtype=np.float64),
            [c.fill for c in model.criteria if c.axis is axis],
            analysis.values.iloc[:count, model.on_axis(axis)].to_numpy(),
            model.threshold(axis),
            getattr(analysis.thresholds, axis),
        )
        for axis in kp.Axis
    ]
    both = (model.value_weight, model.benefit_weight)
    types = analysis.customers["quadrant"].to_numpy(object)[:count]
    customers = (analysis.customers["status"] != "prospect").to_numpy()[:count]
    found = firm_shares(
        (axes[0], axes[1]), both, types, customers, spread=spread, top=top, draws=SOME_DRAWS
    )

    groups = drawn_shares([np.array(both, dtype=np.float64), *(a.weights for a in axes)], spread)
    names = ["value_weight", "benefit_weight", *axes[0].names, *axes[1].names]
    same, first = np.zeros(count), np.zeros(count)
    for draw in np.concatenate(groups, axis=1)[:SOME_DRAWS]:
        again = kp.analyse(rated, weighted(model, dict(zip(names, draw.tolist(), strict=True))))
        now = again.customers.loc[rated.index]
        same += now["quadrant"].to_numpy(object) == types
        first += now["rank"].to_numpy() <= top
    assert found.draws == SOME_DRAWS
    # sums in another order may end on two sides of the ninth decimal, once in a long while
    assert np.abs(found.same_type * SOME_DRAWS - same).sum() <= 1
    assert np.abs(found.in_top * SOME_DRAWS - first).sum() <= 1


@EXAMPLES
@given(portfolios())
def test_with_a_spread_of_0_everything_is_exactly_as_chosen(portfolio: Portfolio) -> None:
    rows, model = portfolio
    analysis = analysed((rows, {**model, "weight_spread": 0, "top_n": 3}))
    firm = firmness_of(analysis)
    ranks = analysis.customers["rank"].to_numpy()
    assert firm.draws == (0 if np.isnan(ranks).all() else 1)
    for rank, same, in_top in zip(ranks, firm.same_type, firm.in_top, strict=True):
        if np.isnan(rank):
            assert np.isnan(same)
            assert np.isnan(in_top)
        else:
            assert same == 1.0
            assert in_top == (1.0 if rank <= 3 else 0.0)


@EXAMPLES
@given(portfolios(), st.sampled_from([1, 10, 90]))
def test_every_rated_customer_has_shares_and_nobody_else(
    portfolio: Portfolio, spread: float
) -> None:
    rows, model = portfolio
    analysis = analysed((rows, {**model, "weight_spread": spread}))
    firm = firmness_of(analysis)
    is_rated = analysis.customers["rank"].notna().to_numpy()
    for shares in (firm.same_type, firm.in_top):
        assert (np.isnan(shares) == ~is_rated).all()
        assert ((shares[is_rated] >= 0) & (shares[is_rated] <= 1)).all()
    for ranks in (firm.rank_topsis, firm.rank_product):
        assert (np.isnan(ranks) == ~is_rated).all()
        if is_rated.any():
            assert ranks[is_rated].min() == 1
    # of all weightings each puts at least as many on top as there are places
    if is_rated.any():
        assert firm.in_top[is_rated].sum() >= min(10, is_rated.sum()) - 1e-9


@EXAMPLES
@given(fixed)
def test_one_more_customer_does_not_change_the_type_shares_of_the_others(
    portfolio: Portfolio,
) -> None:
    rows, model = portfolio
    assume(rows)
    more = firmness_of(analysed((rows, model)))
    fewer = firmness_of(analysed((rows[:-1], model)))
    by_label = [
        pd.Series(firm.same_type, analysed((some, model)).customers.index)
        for firm, some in ((more, rows), (fewer, rows[:-1]))
    ]
    pd.testing.assert_series_equal(by_label[0].sort_index()[:-1], by_label[1].sort_index())


def test_the_same_portfolio_has_the_same_figures_each_time() -> None:
    weights = [np.array([3.0, 4.0]), np.array([1.0, 0.0, 5.0])]
    for one, other in zip(drawn_shares(weights, 20), drawn_shares(weights, 20), strict=True):
        assert (one == other).all()
    for all_, few in zip(drawn_shares(weights, 20), drawn_shares(weights, 20, 500), strict=True):
        assert (all_[:500] == few).all()


@pytest.mark.parametrize("spread", [2, 10, 30, 60])
@pytest.mark.parametrize("weights", [[1, 1, 1, 1], [30, 25, 20, 15, 10], [70, 30], [1, 9, 0, 90]])
def test_drawn_shares_have_the_mean_and_the_deviation_that_the_formula_says(
    spread: float, weights: list[float]
) -> None:
    (drawn,) = drawn_shares([np.array(weights, dtype=np.float64)], spread)
    share = np.array(weights) / sum(weights)
    deviation = spread / 100 * np.sqrt(share * (1 - share))
    assert drawn.shape == (DRAWS, len(weights))
    assert drawn.sum(axis=1) == pytest.approx(np.ones(DRAWS))
    assert (np.abs(drawn.mean(axis=0) - share) <= 4 * deviation / np.sqrt(DRAWS)).all()
    assert drawn.std(axis=0) == pytest.approx(deviation, rel=0.06)
    assert (drawn[:, share == 0] == 0).all()


def test_weights_of_several_groups_are_drawn_independently() -> None:
    one, other = drawn_shares([np.array([1.0, 1.0]), np.array([1.0, 1.0])], 30)
    assert abs(np.corrcoef(one[:, 0], other[:, 0])[0, 1]) < 4 / np.sqrt(DRAWS)


@pytest.mark.parametrize("spread", [1e-300, 1e-6, 90])
@pytest.mark.parametrize("weights", [[1e308, 1e308], [1e-300, 1e308], [5e-324, 5e-324], [0, 3]])
def test_extreme_weights_and_spreads_give_shares(spread: float, weights: list[float]) -> None:
    (drawn,) = drawn_shares([np.array(weights)], spread)
    assert np.isfinite(drawn).all()
    assert drawn.sum(axis=1) == pytest.approx(np.ones(DRAWS))


def test_a_share_is_the_probability_that_the_distribution_says() -> None:
    """Two equal criteria worth 40 and 60: half of all weightings are on each side of 50."""
    nothing = (None, None)
    values = np.array([[40.0, 60.0], [48.0, 52.0], [50.0, 50.0]])
    value = RatedAxis(("A", "B"), np.ones(2), nothing, values, 50, 50)
    benefit = RatedAxis(("C",), np.ones(1), (None,), np.full((3, 1), 80.0), 50, 50)
    stars = np.full(3, kp.Quadrant.STAR, dtype=object)
    among = np.ones(3, dtype=bool)
    found = firm_shares(
        (value, benefit), (1, 1), stars, among, spread=10, top=1, draws=draws_for(3)
    )
    assert found.same_type[:2] == pytest.approx([0.5, 0.5], abs=0.02)
    assert found.same_type[2] == 1


def test_a_customer_with_one_small_criterion_alone_keeps_its_score() -> None:
    """Of a weight that is drawn as nothing it still has that score."""
    names, nothing = tuple("ABCDEFGH"), (None,) * 8
    values = np.full((2, 8), 70.0)
    values[0, 1:] = np.nan
    weights = np.array([1.0, 99, 99, 99, 99, 99, 99, 99])
    value = RatedAxis(names, weights, nothing, values, 50, 50)
    benefit = RatedAxis(("X",), np.ones(1), (None,), np.full((2, 1), 80.0), 50, 50)
    stars = np.full(2, kp.Quadrant.STAR, dtype=object)
    both = np.ones(2, dtype=bool)
    found = firm_shares((value, benefit), (1, 1), stars, both, spread=90, top=2, draws=DRAWS)
    assert found.same_type.tolist() == [1, 1]


def test_fewer_are_drawn_for_many_customers_but_never_too_few() -> None:
    assert [draws_for(n) for n in (0, 1, 1_000, 2_000, 20_000, 10**6)] == [
        10_000,
        10_000,
        10_000,
        5_000,
        500,
        500,
    ]


@pytest.mark.parametrize(
    "setting",
    [
        {"weight_spread": -1},
        {"weight_spread": 91},
        {"weight_spread": float("nan")},
        {"top_n": 0},
        {"top_n": 2.5},
    ],
)
def test_an_impossible_spread_or_top_is_refused(setting: dict[str, float]) -> None:
    criteria = (kp.Criterion("A", kp.Axis.VALUE, 1), kp.Criterion("B", kp.Axis.BENEFIT, 1))
    (name,) = setting
    with pytest.raises(ModelError) as stopped:
        kp.ScoringModel(criteria=criteria, **setting)
    assert name in stopped.value.message("en")
    assert name in stopped.value.message("de")


@EXAMPLES
@given(distinct)
def test_topsis_and_product_see_a_missing_value_as_the_axis_score(portfolio: Portfolio) -> None:
    """So that the weighted sum over both axes at once is the total score."""
    analysis = analysed(portfolio)
    model, customers = analysis.model, analysis.customers
    count = int(customers["rank"].notna().sum())
    assume(count)
    shares, columns = [], []
    for axis, weight in zip(kp.Axis, (model.value_weight, model.benefit_weight), strict=True):
        criteria = [c for c in model.criteria if c.axis is axis]
        for c in criteria:
            column = analysis.values[c.name].to_numpy()[:count]
            column = column if c.fill is None else np.where(np.isnan(column), c.fill, column)
            scores = customers[f"{axis}_score"].to_numpy()[:count]
            columns.append(np.where(np.isnan(column), scores, column))
            shares.append(weight * c.weight / sum(c.weight for c in criteria))
    table, weights = np.array(columns).T, np.array(shares) / sum(shares)
    assert table @ weights == pytest.approx(customers["total_score"].to_numpy()[:count])
    products = np.prod(np.maximum(table, 1) ** weights, axis=1).round(9)
    expected = pd.Series(products).rank(method="min", ascending=False)
    close = pd.Series(firmness_of(analysis).rank_product[:count])
    different = close != expected  # a product in another order may end on the other side of a tie
    assert different.sum() <= 2
