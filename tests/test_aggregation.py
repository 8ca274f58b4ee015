"""TOPSIS, the weighted product and rank correlation, against published examples and pymcdm."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pymcdm.methods import TOPSIS, WPM, WSM
from pymcdm.normalizations import vector_normalization
from scipy.stats import spearmanr

from xlportfolio.aggregation import rank_correlation, topsis, weighted_product
from xlportfolio.errors import XlPortfolioError
from xlportfolio.model import Objective
from xlportfolio.scoring import Floats, weighted_scores

EXAMPLES = settings(max_examples=100, deadline=None)
MAX, MIN = Objective.MAX, Objective.MIN
seeds = st.integers(0, 2**32 - 1)


def random_case(seed: int) -> tuple[Floats, Floats, list[Objective]]:
    """A matrix of up to 12 x 7 numbers of 1 to 100, weights that add up to 1, objectives."""
    random = np.random.default_rng(seed)
    rows, columns = random.integers(2, 13), random.integers(1, 8)
    weights = random.uniform(0.1, 10, columns)
    objectives = [MAX if more else MIN for more in random.random(columns) < 0.6]
    return random.uniform(1, 100, (rows, columns)), weights / weights.sum(), objectives


def test_topsis_ranks_the_fighter_aircraft_of_hwang_and_yoon_1981() -> None:
    """Speed, range, payload, cost, reliability, manoeuvrability of four aircraft."""
    aircraft = np.array(
        [
            [2.0, 1500, 20_000, 5.5, 5, 9],
            [2.5, 2700, 18_000, 6.5, 3, 5],
            [1.8, 2000, 21_000, 4.5, 7, 7],
            [2.2, 1800, 20_000, 5.0, 5, 5],
        ]
    )
    weights = np.array([0.2, 0.1, 0.1, 0.1, 0.2, 0.3])
    closeness = topsis(aircraft, weights, [MAX, MAX, MAX, MIN, MAX, MAX])
    assert closeness == pytest.approx([0.643, 0.268, 0.613, 0.312], abs=0.001)


@EXAMPLES
@given(seeds)
def test_topsis_is_that_of_pymcdm(seed: int) -> None:
    matrix, weights, objectives = random_case(seed)
    types = np.array([1 if objective is MAX else -1 for objective in objectives])
    theirs = TOPSIS(normalization_function=vector_normalization)(
        matrix, weights, types, validation=False
    )
    assert topsis(matrix, weights, objectives) == pytest.approx(theirs, rel=0, abs=1e-9)


@EXAMPLES
@given(seeds)
def test_our_scores_are_the_weighted_sums_of_pymcdm(seed: int) -> None:
    matrix, weights, _ = random_case(seed)
    as_it_is = WSM(normalization_function=lambda x, cost=False: x)  # noqa: ARG005 (their signature)
    theirs = as_it_is(matrix, weights, np.ones(len(weights)), validation=False)
    ours = weighted_scores(matrix, (weights * 17).tolist()).score
    assert ours == pytest.approx(theirs, rel=0, abs=1e-9)


@EXAMPLES
@given(seeds)
def test_the_weighted_product_is_that_of_pymcdm(seed: int) -> None:
    matrix, weights, _ = random_case(seed)
    as_it_is = WPM(normalization_function=lambda x, cost=False: x)  # noqa: ARG005 (their signature)
    theirs = as_it_is(matrix, weights, np.ones(len(weights)), validation=False)
    assert weighted_product(matrix, weights * 3) == pytest.approx(theirs, rel=0, abs=1e-9)


@EXAMPLES
@given(seeds, st.floats(1e-150, 1e150))
def test_topsis_does_not_depend_on_units_nor_on_the_scale_of_the_weights(
    seed: int, factor: float
) -> None:
    matrix, weights, objectives = random_case(seed)
    units = np.where(np.arange(len(weights)) == 0, factor, 1.0)
    other = topsis(matrix * units, weights * factor, objectives)
    assert other == pytest.approx(topsis(matrix, weights, objectives), abs=1e-12)


@EXAMPLES
@given(seeds)
def test_topsis_of_the_opposite_objectives_is_the_opposite(seed: int) -> None:
    matrix, weights, objectives = random_case(seed)
    opposite = [MIN if objective is MAX else MAX for objective in objectives]
    turned = topsis(matrix, weights, opposite)
    assert turned == pytest.approx(1 - topsis(matrix, weights, objectives), abs=1e-12)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        ([[7.0, 3.0]], [0.5]),
        ([[7.0, 3.0], [7.0, 3.0]], [0.5, 0.5]),
        ([[0.0, 0.0], [0.0, 0.0]], [0.5, 0.5]),
        ([[5.0, 0.0], [4.0, 0.0]], [1.0, 0.0]),
    ],
)
def test_alternatives_that_are_alike_are_half_way(
    matrix: list[list[float]], expected: list[float]
) -> None:
    found = topsis(np.array(matrix), np.array([2.0, 1.0]), [MAX, MAX])
    assert found.tolist() == expected


def test_one_value_near_nothing_pulls_a_product_down_but_not_a_sum() -> None:
    values, weights = np.array([[100.0, 1.0], [40.0, 40.0]]), np.array([1.0, 1.0])
    assert weighted_product(values, weights).round(9).tolist() == [10.0, 40.0]
    assert weighted_scores(values, weights).score.tolist() == [50.5, 40.0]


def test_a_weight_of_0_leaves_a_column_out() -> None:
    values, weights = np.array([[50.0, 2.0], [40.0, 90.0]]), np.array([1.0, 0.0])
    assert weighted_product(values, weights).round(9).tolist() == [50.0, 40.0]
    assert topsis(values, weights, [MAX, MAX]).tolist() == [1.0, 0.0]


@EXAMPLES
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=2, max_size=30))
def test_rank_correlation_with_ties_is_that_of_scipy(pairs: list[tuple[int, int]]) -> None:
    one, other = np.array(pairs, dtype=np.float64).T
    found = rank_correlation(one, other)
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert math.isnan(found)
    else:
        assert found == pytest.approx(spearmanr(one, other).statistic, abs=1e-12)


def test_scores_that_differ_below_nine_decimals_share_a_rank() -> None:
    one = np.array([50.0, 50.0 + 1e-12, 60.0])
    assert rank_correlation(one, np.array([1.0, 1.0, 2.0])) == pytest.approx(1)


@pytest.mark.parametrize("nobody", [[], [3.0]])
def test_nobody_and_one_alone_have_no_correlation(nobody: list[float]) -> None:
    assert math.isnan(rank_correlation(np.array(nobody), np.array(nobody)))


@pytest.mark.parametrize(
    ("matrix", "weights", "objectives", "key"),
    [
        (np.empty((0, 2)), [1, 1], [MAX, MAX], "matrix_empty"),
        (np.empty((2, 0)), [], [], "matrix_empty"),
        (np.array([[1.0, np.nan]]), [1, 1], [MAX, MAX], "matrix_missing"),
        (np.array([[1.0, np.inf]]), [1, 1], [MAX, MAX], "matrix_missing"),
        (np.array([[1.0, 2.0]]), [1], [MAX, MAX], "weights_count"),
        (np.array([[1.0, 2.0]]), [1, 1], [MAX], "objectives_count"),
        (np.array([[1.0, 2.0]]), [1, -1], [MAX, MAX], "weights_negative"),
        (np.array([[1.0, 2.0]]), [1, np.nan], [MAX, MAX], "weights_negative"),
        (np.array([[1.0, 2.0]]), [0, 0], [MAX, MAX], "weights_zero"),
    ],
)
def test_what_topsis_cannot_use_is_refused(
    matrix: Floats, weights: list[float], objectives: list[Objective], key: str
) -> None:
    with pytest.raises(XlPortfolioError) as stopped:
        topsis(matrix, np.array(weights, dtype=np.float64), objectives)
    assert stopped.value.key == key
    assert all(stopped.value.message(language) for language in ("en", "de"))


def test_a_product_needs_values_above_0_and_says_where_one_is_not() -> None:
    with pytest.raises(XlPortfolioError, match="row 2, column 1 of the matrix is 0"):
        weighted_product(np.array([[1.0, 2.0], [0.0, 2.0]]), np.array([1.0, 1.0]))
