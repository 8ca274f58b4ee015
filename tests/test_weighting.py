"""Weights from ranks, points and measures: published tables, and what holds of any of them."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pymcdm.weights
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import LANGUAGES
from xlportfolio.model import Objective
from xlportfolio.weighting import (
    critic_weights,
    entropy_weights,
    normalised,
    rank_order_centroid,
    rank_sum,
)

NAN = float("nan")


# --- points ---------------------------------------------------------------------------------------


def test_swing_weights_of_Goodwin_and_Wright_2014() -> None:  # noqa: N802
    # an office: closeness to customers, visibility, image, size, comfort, parking; in percent
    points = np.array([100.0, 80, 70, 30, 20, 10])
    assert (normalised(points) * 100).round().tolist() == [32, 26, 23, 10, 6, 3]


points = st.lists(st.just(0.0) | st.floats(1e-3, 1e6), min_size=1, max_size=12)


@settings(deadline=None)
@given(points, st.integers(-900, 900))
def test_points_keep_their_proportions(given_points: list[float], power: int) -> None:
    assume(any(given_points))
    weights = normalised(np.array(given_points))
    assert weights.sum() == pytest.approx(1)
    assert weights * sum(given_points) == pytest.approx(np.array(given_points))
    assert (normalised(np.ldexp(given_points, power)) == weights).all()


def test_points_may_all_be_fractions() -> None:
    assert normalised(np.array([0.5, 0.25, 0.25])).tolist() == [0.5, 0.25, 0.25]


def test_points_without_bound_have_a_sum() -> None:
    assert normalised(np.array([1e308, 1e308, 1e308])) == pytest.approx(np.full(3, 1 / 3))


def test_missing_points_and_ranks_stay_missing_and_take_no_place() -> None:
    given_points = np.array([[75, NAN], [NAN, 25]])
    for method, more in ((normalised, 3 / 4), (rank_order_centroid, 3 / 4), (rank_sum, 2 / 3)):
        numbers = given_points if method is normalised else -given_points
        expected = np.array([[more, NAN], [NAN, 1 - more]])
        assert method(numbers) == pytest.approx(expected, nan_ok=True)


# --- ranks ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "weights",
    [
        (1.0,),
        (0.7500, 0.2500),
        (0.6111, 0.2778, 0.1111),
        (0.5208, 0.2708, 0.1458, 0.0625),
        (0.4567, 0.2567, 0.1567, 0.0900, 0.0400),
        (0.4083, 0.2417, 0.1583, 0.1028, 0.0611, 0.0278),
        (0.3704, 0.2276, 0.1561, 0.1085, 0.0728, 0.0442, 0.0204),
        (0.3397, 0.2147, 0.1522, 0.1106, 0.0793, 0.0543, 0.0335, 0.0156),
        (0.3143, 0.2032, 0.1477, 0.1106, 0.0828, 0.0606, 0.0421, 0.0262, 0.0123),
    ],
)
def test_centroids_of_Edwards_and_Barron_1994(weights: tuple[float, ...]) -> None:  # noqa: N802
    ranks = np.arange(1.0, len(weights) + 1)
    assert rank_order_centroid(ranks).round(4) == pytest.approx(weights)


@pytest.mark.parametrize(
    "weights",
    [
        (1.0,),
        (0.6667, 0.3333),
        (0.5000, 0.3333, 0.1667),
        (0.4000, 0.3000, 0.2000, 0.1000),
        (0.3333, 0.2667, 0.2000, 0.1333, 0.0667),
        (0.2857, 0.2381, 0.1905, 0.1429, 0.0952, 0.0476),
    ],
)
def test_rank_sums_of_Stillwell_Seaver_and_Edwards_1981(  # noqa: N802
    weights: tuple[float, ...],
) -> None:
    ranks = np.arange(1.0, len(weights) + 1)
    assert rank_sum(ranks).round(4) == pytest.approx(weights)


def test_huge_ranks_keep_their_order() -> None:
    ranks = np.array([1e308, 1e300, 2, 1, 1])
    assert rank_sum(ranks) == pytest.approx([1 / 15, 2 / 15, 3 / 15, 4.5 / 15, 4.5 / 15], abs=1e-15)


def test_equal_ranks_share_the_places_that_they_take() -> None:
    ranks = np.array([2.0, 1, 2, 4])
    assert rank_order_centroid(ranks).round(4) == pytest.approx([0.2083, 0.5208, 0.2083, 0.0625])
    assert rank_sum(ranks) == pytest.approx([0.25, 0.4, 0.25, 0.1])
    assert rank_sum(np.array([1, 1 + 1e-12, 3])) == pytest.approx([5 / 12, 5 / 12, 1 / 6])


@settings(deadline=None)
@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.randoms(use_true_random=False))
def test_only_the_order_of_ranks_counts(ranks: list[int], random: Any) -> None:
    given_ranks = np.array(ranks, dtype=float)
    for method in (rank_order_centroid, rank_sum):
        weights = method(given_ranks)
        assert weights.sum() == pytest.approx(1)
        assert method(given_ranks * 10 - 3) == pytest.approx(weights)
        order = random.sample(range(len(ranks)), len(ranks))
        assert method(given_ranks[order]) == pytest.approx(weights[order])
        differences = given_ranks[:, np.newaxis] - given_ranks
        assert (np.sign(weights[:, np.newaxis] - weights) == -np.sign(differences)).all()


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), min_size=2, max_size=6))
def test_the_centroid_is_the_mean_of_weights_in_that_order(ranks: list[float]) -> None:
    # the corners of all weights in this order put equal weight on the first few
    assume(len({round(r, 9) for r in ranks}) == len(ranks))
    order = np.argsort(ranks)
    corners = np.zeros((len(ranks), len(ranks)))
    for k in range(len(ranks)):
        corners[k, order[: k + 1]] = 1 / (k + 1)
    assert rank_order_centroid(np.array(ranks)) == pytest.approx(corners.mean(axis=0))


# --- entropy --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("matrix", "weights"),
    [
        pytest.param(
            [[30, 30, 38, 29], [19, 54, 86, 29], [19, 15, 85, 28.9], [68, 70, 60, 29]],
            (0.4630, 0.3992, 0.1378, 0.0000),
            id="Xu-2004",
        ),
        pytest.param(
            [[3.0, 100, 10, 7], [2.5, 80, 8, 5], [1.8, 50, 20, 11], [2.2, 70, 12, 9]],
            (0.1146, 0.1981, 0.4185, 0.2689),
            id="Zavadskas-and-Podvezko-2016",
        ),
        pytest.param(
            [
                [7, 312, 1891, 6613, 163],
                [72, 88, 728, 941804, 1078],
                [10, 252, 2594, 3466, 117471],
                [10, 145, 980, 2371, 86329],
                [65, 54, 350, 501, 29897],
                [29, 48, 380, 912, 34051],
                [7, 476, 3300, 78470, 2212],
                [70, 87, 650, 733, 819000],
                [4, 86, 591, 3015, 103],
                [12, 79, 579, 3240, 96098],
                [21, 45, 261, 1253, 453],
                [1, 72, 530, 4333, 0.104800],
            ],
            (0.104991, 0.069124, 0.071373, 0.449937, 0.304575),
            id="Elsayed-Dawood-and-Karthikeyan-2017",
        ),
    ],
)
def test_published_entropy_weights(matrix: list[list[float]], weights: tuple[float, ...]) -> None:
    decimals = max(len(str(weight)) - 2 for weight in weights)
    assert entropy_weights(np.array(matrix)).round(decimals) == pytest.approx(weights)


def test_entropy_of_fighter_aircraft_Hwang_and_Yoon_1981() -> None:  # noqa: N802
    # published from entropies rounded to four decimals, so that only two of the weights' are sure
    aircraft = np.array(
        [
            [2.0, 1500, 20_000, 5.5, 5, 9],
            [2.5, 2700, 18_000, 6.5, 3, 5],
            [1.8, 2000, 21_000, 4.5, 7, 7],
            [2.2, 1800, 20_000, 5.0, 5, 5],
        ]
    )
    published = (0.0649, 0.2055, 0.0133, 0.0829, 0.3570, 0.2764)
    assert entropy_weights(aircraft) == pytest.approx(published, abs=0.002)


def random_matrices() -> list[np.ndarray]:
    random = np.random.default_rng(11)
    shapes = [(2, 2), (3, 5), (8, 3), (40, 6), (300, 12)]
    return [random.lognormal(sigma=s, size=shape) for shape in shapes for s in (0.1, 1, 3)]


@pytest.mark.parametrize("matrix", random_matrices())
def test_entropy_and_critic_agree_with_pymcdm(matrix: np.ndarray) -> None:
    theirs = pymcdm.weights.entropy_weights(matrix)
    assert entropy_weights(matrix) == pytest.approx(theirs, abs=1e-9)
    if len(matrix) > 2:  # two customers differ in one direction only
        theirs = pymcdm.weights.critic_weights(matrix)
        assert critic_weights(matrix) == pytest.approx(theirs, abs=1e-9)


measure = st.just(0.0) | st.floats(1e-3, 1e3)


@st.composite
def matrices(draw: st.DrawFn, cell: st.SearchStrategy[float] = measure) -> np.ndarray:
    rows, columns = draw(st.integers(2, 7)), draw(st.integers(2, 5))
    row = st.lists(cell, min_size=columns, max_size=columns)
    return np.array(draw(st.lists(row, min_size=rows, max_size=rows)))


def weighed(method: Any, matrix: np.ndarray, *others: Any) -> np.ndarray | None:
    with suppress(XlPortfolioError):  # no column differs, or all say the same
        return method(matrix, *others)
    return None


factors = st.lists(st.floats(1e-6, 1e6), min_size=5, max_size=5)


@settings(deadline=None)
@given(matrices(measure | st.just(NAN)), factors)
def test_entropy_weights_do_not_depend_on_units(matrix: np.ndarray, factors: list[float]) -> None:
    weights = weighed(entropy_weights, matrix)
    other = weighed(entropy_weights, matrix * factors[: matrix.shape[1]])
    assert (weights is None) == (other is None)
    if weights is not None:
        assert weights.sum() == pytest.approx(1)
        assert (weights >= 0).all()
        assert other == pytest.approx(weights, abs=1e-9)


@settings(deadline=None)
@given(matrices(measure | st.just(NAN)), factors, st.data())
def test_critic_weights_do_not_depend_on_units_and_origins(
    matrix: np.ndarray, factors: list[float], data: st.DataObject
) -> None:
    differences = np.nan_to_num(np.diff(np.sort(matrix, axis=0), axis=0))
    assume(((differences == 0) | (differences > 1e-3)).all())
    weights = weighed(critic_weights, matrix)
    count = matrix.shape[1]
    other = weighed(critic_weights, matrix * factors[:count] + np.array(factors[:count]) * 7)
    assert (weights is None) == (other is None)
    if weights is not None:
        assert weights.sum() == pytest.approx(1)
        assert (weights >= 0).all()
        assert other == pytest.approx(weights, abs=1e-6)
    turned = data.draw(st.lists(st.booleans(), min_size=count, max_size=count))
    objectives = [Objective.MIN if t else Objective.MAX for t in turned]
    with_objectives = weighed(critic_weights, matrix, objectives)
    negative = weighed(critic_weights, np.where(turned, -matrix, matrix))
    assert (with_objectives is None) == (negative is None)
    if negative is not None:
        assert with_objectives == pytest.approx(negative, abs=1e-9)


@settings(deadline=None)
@given(matrices(measure | st.just(NAN)), st.randoms(use_true_random=False))
def test_the_order_of_columns_and_rows_does_not_matter(matrix: np.ndarray, random: Any) -> None:
    order = random.sample(range(matrix.shape[1]), matrix.shape[1])
    for method in (entropy_weights, critic_weights):
        weights = weighed(method, matrix)
        if weights is not None:
            assert method(matrix[::-1, order]) == pytest.approx(weights[order], abs=1e-9)


@settings(deadline=None)
@given(matrices())
def test_a_column_that_does_not_differ_has_no_weight_and_moves_none(matrix: np.ndarray) -> None:
    constant = np.full((len(matrix), 1), 7.7)
    for method in (entropy_weights, critic_weights):
        weights = weighed(method, matrix)
        if weights is not None:
            more = method(np.hstack([matrix, constant, constant * NAN]))
            assert more == pytest.approx([*weights, 0, 0], abs=1e-12)


def test_a_customer_without_any_of_it_counts_as_nothing() -> None:
    # shares 0 and 1: no entropy at all; shares 1/4 and 3/4: (2 - 3/4 ld 3) of 1
    spread = np.array([1, 1 - (2 - 0.75 * np.log2(3))])
    matrix = np.array([[0.0, 1], [2, 3]])
    assert entropy_weights(matrix) == pytest.approx(spread / spread.sum())


def test_a_missing_measure_is_left_out_of_its_column_alone() -> None:
    complete = np.array([[1.0, 3], [2, 9], [4, 5]])
    alone = entropy_weights(complete)
    both_lack = np.insert(complete, 1, NAN, axis=0)
    assert entropy_weights(both_lack) == pytest.approx(alone)
    # each column lacks another customer; the number of measures present is 3 in both
    shifted = np.array([[1.0, NAN], [2, 3], [4, 9], [NAN, 5]])
    assert entropy_weights(shifted) == pytest.approx(alone)


def test_each_column_is_measured_by_the_number_of_its_measures() -> None:
    columns = ([1.0, 3, 4], [1.0, 2, 5, 8])
    divergence = []
    for column in columns:
        share = np.array(column) / sum(column)
        divergence.append(1 + (share * np.log(share)).sum() / np.log(len(column)))
    matrix = np.array([[*columns[0], NAN], columns[1]]).T
    assert entropy_weights(matrix) == pytest.approx(np.array(divergence) / sum(divergence))


@pytest.mark.parametrize("unit", [1e-300, 1e-12, 1e300])
def test_even_extreme_units_do_not_matter(unit: float) -> None:
    matrix = np.array([[1.0, 4], [2, 2], [3, 7]])
    units = np.array([unit, 1])
    assert entropy_weights(matrix * units) == pytest.approx(entropy_weights(matrix))
    assert critic_weights(matrix * units) == pytest.approx(critic_weights(matrix))


def test_small_differences_count() -> None:
    # the divergence of nearly equal measures grows with the square of their difference
    matrix = np.array([[1 - 1e-6, 1 - 2e-6], [1 + 1e-6, 1 + 2e-6]])
    assert entropy_weights(matrix) == pytest.approx([0.2, 0.8], abs=1e-5)


# --- CRITIC ---------------------------------------------------------------------------------------


def test_critic_weights_of_Diakoulaki_Mavrotas_and_Papayannakis_1995() -> None:  # noqa: N802
    # as quoted for eight pharmaceutical firms: profitability, market share, productivity
    firms = np.array(
        [
            [61, 1.08, 4.33],
            [20.7, 0.26, 4.34],
            [16.3, 1.98, 2.53],
            [9, 3.29, 1.65],
            [5.4, 2.77, 2.33],
            [4, 4.12, 1.21],
            [-6.1, 3.52, 2.10],
            [-34.6, 3.31, 0.98],
        ]
    )
    weights = critic_weights(firms)
    assert weights == pytest.approx((0.20222554, 0.48090173, 0.31687273), abs=5e-9)


def test_critic_weights_of_Tus_and_Aytac_Adali_2019() -> None:  # noqa: N802
    # the first criterion is a cost, but the published weights are those without objectives
    software = np.array(
        [
            [5000, 3, 3, 4, 3, 2],
            [680, 5, 3, 2, 2, 1],
            [2000, 3, 2, 3, 4, 3],
            [600, 4, 3, 1, 2, 2],
            [800, 2, 4, 3, 3, 4],
        ]
    )
    published = (0.157, 0.249, 0.168, 0.121, 0.154, 0.151)
    assert critic_weights(software).round(3) == pytest.approx(published)


def test_the_only_column_that_differs_has_all_weight() -> None:
    matrix = np.array([[1.0, 5], [2, 5], [3, 5]])
    assert critic_weights(matrix).tolist() == [1, 0]
    assert entropy_weights(matrix).tolist() == [1, 0]


def test_correlations_are_taken_over_those_who_have_both() -> None:
    # where both are known, the first two columns agree, and both contradict the third
    matrix = np.array([[1.0, 1, 3], [2, 2, 2], [3, 3, 1], [2, NAN, 2], [NAN, 1, 3]])
    weights = critic_weights(matrix)
    deviations = np.nanstd((matrix - 1) / 2, axis=0, ddof=1)
    worth = deviations * [2, 2, 4]
    assert weights == pytest.approx(worth / worth.sum())


def test_two_who_have_both_are_correlated_and_one_is_not() -> None:
    # the first two columns share two customers, with the third none
    matrix = np.array([[1.0, 2, NAN], [3, 4, NAN], [2, NAN, NAN], [NAN, NAN, 5], [NAN, NAN, 7]])
    deviations = np.array([np.std([0, 1, 0.5], ddof=1), *[np.std([0, 1], ddof=1)] * 2])
    worth = deviations * [1, 1, 2]
    assert critic_weights(matrix) == pytest.approx(worth / worth.sum())


def test_a_cost_that_falls_where_a_gain_rises_repeats_it() -> None:
    gain, other = [1.0, 2, 3, 4], [1.0, 3, 2, 4]  # r = 0.8; their deviations are the same
    matrix = np.array([gain, [40.0, 30, 20, 10], other]).T
    objectives = [Objective.MAX, Objective.MIN, Objective.MAX]
    # sum(1 - r): 0 + 0.2, 0 + 0.2, 0.2 + 0.2; with the cost as a gain: 2 + 0.2, 2 + 1.8, 0.2 + 1.8
    assert critic_weights(matrix, objectives) == pytest.approx([0.25, 0.25, 0.5])
    assert critic_weights(matrix) == pytest.approx([2.2 / 8, 3.8 / 8, 2 / 8])


def test_objectives_that_do_not_fit_are_counted() -> None:
    with pytest.raises(XlPortfolioError) as caught:
        critic_weights(np.array([[1.0, 2], [3, 1]]), [Objective.MAX])
    assert caught.value.key == "objectives_count"
    assert caught.value.details == {"found": 1, "needed": 2}


def test_differences_that_no_number_can_hold_are_weighed() -> None:
    matrix = np.array([[-1.7e308, 1], [1.7e308, 3], [0, 1.5]])
    assert critic_weights(matrix) == pytest.approx(critic_weights(matrix / [1.7e308, 1]))


# --- faults ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "numbers", "key", "details"),
    [
        (normalised, [3, -1], "points_negative", {"position": 2, "found": -1.0}),
        (normalised, [np.inf, 1], "points_negative", {"position": 1}),
        (normalised, [0, NAN, 0], "points_none", {}),
        (normalised, [NAN], "points_none", {}),
        (rank_sum, [NAN, NAN], "ranks_none", {}),
        (rank_order_centroid, [NAN], "ranks_none", {}),
        (
            entropy_weights,
            [[1, 2], [3, -4]],
            "entropy_negative",
            {"row": 2, "column": 2, "found": -4},
        ),
        (entropy_weights, [[1, np.inf], [3, 4]], "entropy_negative", {"row": 1, "column": 2}),
        (entropy_weights, [[1, 2], [1, NAN]], "measures_alike", {}),
        (entropy_weights, [[0, NAN], [0, NAN]], "measures_alike", {}),
        (
            critic_weights,
            [[1, -np.inf], [1, 2]],
            "critic_infinite",
            {"row": 1, "column": 2, "found": -np.inf},
        ),
        (critic_weights, [[1, 2], [1, 2]], "measures_alike", {}),
        (critic_weights, [[1, 5], [2, 7], [3, 9]], "critic_one_opinion", {}),
    ],
)
def test_numbers_that_cannot_be_used_are_named(
    method: Any, numbers: list[Any], key: str, details: dict[str, float]
) -> None:
    with pytest.raises(XlPortfolioError) as caught:
        method(np.array(numbers, dtype=float))
    assert caught.value.key == key
    assert details.items() <= caught.value.details.items()
    assert len({caught.value.message(language) for language in LANGUAGES}) == len(LANGUAGES)


def test_as_many_objectives_as_measures_are_needed() -> None:
    with pytest.raises(XlPortfolioError) as caught:
        critic_weights(np.array([[1.0, 2], [2, 1]]), [Objective.MAX])
    assert caught.value.key == "objectives_count"
    assert caught.value.details == {"found": 1, "needed": 2}


def test_a_measure_of_which_less_is_better_counts_turned_round() -> None:
    values = np.array([[1.0, 10, 3], [2, 30, 1], [3, 20, 2], [4, 20, 9]])
    turned = values * [1, -1, 1]
    found = critic_weights(values, [Objective.MAX, Objective.MIN, Objective.MAX])
    assert found == pytest.approx(critic_weights(turned))
    assert found != pytest.approx(critic_weights(values), abs=1e-3)
