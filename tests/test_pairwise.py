"""Weights from pairwise comparison: published tables, and what holds of any judgments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import LANGUAGES
from xlportfolio.pairwise import RANDOM_INDEX, pairwise_weights

NAN = float("nan")

#: The judgments above the diagonal, row by row; the published weights; the largest eigenvalue and
#: the consistency ratio, each with its number of decimals.
PUBLISHED = (
    pytest.param(
        ((4, 3, 1, 3, 4), (7, 3, 1 / 5, 1), (1 / 5, 1 / 5, 1 / 6), (1, 1 / 3), (3,)),
        (0.3208, 0.1395, 0.0348, 0.1285, 0.2374, 0.1391),
        (7.4199, 4),
        (0.229, 3),
        id="Wang-and-Chin-2011-inconsistent",
    ),
    pytest.param(
        ((1 / 3, 8, 3, 3, 7), (9, 3, 3, 9), (1 / 6, 1 / 5, 2), (1 / 3, 6), (6,)),
        # published with a third decimal, which is not that of the eigenvector (.262 for .263)
        (0.26, 0.40, 0.03, 0.12, 0.16, 0.03),
        (6.45, 2),
        (0.07, 2),
        id="Saaty-1977-distances-from-Philadelphia",
    ),
    pytest.param(
        (
            (5, 3, 7, 6, 6, 1 / 3, 1 / 4),
            (1 / 3, 5, 3, 3, 1 / 5, 1 / 7),
            (6, 3, 4, 6, 1 / 5),
            (1 / 3, 1 / 4, 1 / 7, 1 / 8),
            (1 / 2, 1 / 5, 1 / 6),
            (1 / 5, 1 / 6),
            (1 / 2,),
        ),
        (0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333),
        (9.669, 3),
        (0.169, 3),
        id="Saaty-1990-buying-a-house",
    ),
)


def upper(rows: tuple[tuple[float, ...], ...]) -> np.ndarray:
    """Judgments of which only the half above the diagonal is known."""
    count = len(rows) + 1
    judgments = np.full((count, count), NAN)
    for row, cells in enumerate(rows):
        judgments[row, row + 1 :] = cells
    return judgments


def reciprocal(judgments: np.ndarray) -> np.ndarray:
    """Both halves, and ones between them."""
    complete = np.where(np.isnan(judgments), 1 / judgments.T, judgments)
    np.fill_diagonal(complete, 1)
    return complete


@pytest.mark.parametrize(("rows", "weights", "principal", "ratio"), PUBLISHED)
def test_published_example(
    rows: tuple[tuple[float, ...], ...],
    weights: tuple[float, ...],
    principal: tuple[float, int],
    ratio: tuple[float, int],
) -> None:
    for judgments in (upper(rows), reciprocal(upper(rows))):
        result = pairwise_weights(judgments)
        decimals = len(str(weights[0])) - len("0.")
        assert result.weights == pytest.approx(weights, abs=0.51 * 10**-decimals)
        assert round(result.principal, principal[1]) == principal[0]
        assert round(result.consistency_ratio, ratio[1]) == ratio[0]


counts = st.integers(2, len(RANDOM_INDEX))


@st.composite
def halves(draw: st.DrawFn) -> np.ndarray:
    """Judgments above the diagonal, from Saaty's scale."""
    count = draw(counts)
    scale = st.sampled_from([1 / k for k in range(9, 1, -1)] + [float(k) for k in range(1, 10)])
    return upper(
        tuple(tuple(draw(st.lists(scale, min_size=k, max_size=k))) for k in range(count - 1, 0, -1))
    )


@given(halves())
def test_weights_are_the_eigenvector_of_the_largest_eigenvalue(judgments: np.ndarray) -> None:
    result = pairwise_weights(judgments)
    assert (result.weights > 0).all()
    assert result.weights.sum() == pytest.approx(1)
    complete = reciprocal(judgments)
    assert complete @ result.weights == pytest.approx(result.principal * result.weights)
    assert result.principal >= len(judgments) - 1e-9
    assert result.consistency_index >= 0


@given(halves())
def test_weights_agree_with_repeated_multiplication(judgments: np.ndarray) -> None:
    complete = reciprocal(judgments)
    weights = np.ones(len(complete))
    for _ in range(2000):
        weights = complete @ weights
        weights /= weights.sum()
    assert pairwise_weights(judgments).weights == pytest.approx(weights, abs=1e-9)


@given(st.lists(st.floats(0.5, 4), min_size=1, max_size=len(RANDOM_INDEX)))
def test_judgments_that_agree_give_back_their_weights(weights: list[float]) -> None:
    true = np.array(weights) / sum(weights)
    result = pairwise_weights(true[:, np.newaxis] / true)
    assert result.weights == pytest.approx(true)
    assert result.principal == pytest.approx(len(true))
    assert result.consistency_ratio == pytest.approx(0, abs=1e-9)


@given(halves(), st.randoms(use_true_random=False))
def test_the_order_of_the_criteria_does_not_matter(judgments: np.ndarray, random: Any) -> None:
    order = random.sample(range(len(judgments)), len(judgments))
    complete = reciprocal(judgments)
    moved = pairwise_weights(complete[np.ix_(order, order)])
    assert moved.weights == pytest.approx(pairwise_weights(complete).weights[order])


@given(halves())
def test_which_half_is_known_does_not_matter(judgments: np.ndarray) -> None:
    lower = np.where(np.isnan(judgments), 1 / judgments.T, NAN)
    known = pairwise_weights(judgments).weights
    assert pairwise_weights(lower).weights == pytest.approx(known)


def test_a_reciprocal_may_be_typed_with_two_decimals() -> None:
    result = pairwise_weights(np.array([[1, 0.33], [3, 1]]))
    assert result.weights == pytest.approx([0.25, 0.75], abs=0.002)


@pytest.mark.parametrize(
    ("judgments", "key", "details"),
    [
        ([[1, 2, 3], [1, 1, 1]], "pairwise_not_square", {"rows": 2, "columns": 3}),
        ([[1, 2, NAN], [NAN, 1, NAN], [NAN, NAN, 1]], "pairwise_unlinked", {"one": 1, "other": 3}),
        ([[1, 0], [NAN, 1]], "pairwise_not_positive", {"row": 1, "column": 2, "found": 0.0}),
        ([[1, -3], [NAN, 1]], "pairwise_not_positive", {"row": 1, "column": 2, "found": -3.0}),
        ([[1, 3], [0.5, 1]], "pairwise_contradicts", {"found": 3.0, "other": 0.5}),
        ([[1, 3], [NAN, 2]], "pairwise_diagonal", {"row": 2, "found": 2.0}),
    ],
)
def test_judgments_that_cannot_be_used_are_named(
    judgments: list[list[float]], key: str, details: dict[str, float]
) -> None:
    with pytest.raises(XlPortfolioError) as caught:
        pairwise_weights(np.array(judgments, dtype=float))
    assert caught.value.key == key
    assert details.items() <= caught.value.details.items()
    sentences = {caught.value.message(language) for language in LANGUAGES}
    assert len(sentences) == len(LANGUAGES)


def test_no_ratio_above_ten_criteria() -> None:
    result = pairwise_weights(np.ones((11, 11)))
    assert result.weights == pytest.approx(np.full(11, 1 / 11))
    with pytest.raises(XlPortfolioError, match="10"):
        _ = result.consistency_ratio
