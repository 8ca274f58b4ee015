"""Weights from pairwise comparison: published tables, and what holds of any judgments."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import LANGUAGES
from xlportfolio.pairwise import (
    RANDOM_INDEX,
    nearest_judgment,
    pairwise_weights,
    worst_judgments,
)
from xlportfolio.raters import Dispute, agreement, disputes, group_judgments

NAN = float("nan")

#: Judgments of a family on what matters in a house.
HOUSE = (
    (5, 3, 7, 6, 6, 1 / 3, 1 / 4),
    (1 / 3, 5, 3, 3, 1 / 5, 1 / 7),
    (6, 3, 4, 6, 1 / 5),
    (1 / 3, 1 / 4, 1 / 7, 1 / 8),
    (1 / 2, 1 / 5, 1 / 6),
    (1 / 5, 1 / 6),
    (1 / 2,),
)
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
        ((1 / 3, 8, 3, 3, 7), (9, 3, 3, 9), (1 / 6, 1 / 5, 2), (1 / 3, 6), (6,)),
        (0.2619, 0.3975, 0.0334, 0.1164, 0.1642, 0.0266),
        (6.45, 2),
        (0.07, 2),
        id="Harker-1987-distances-from-Philadelphia",
    ),
    pytest.param(
        HOUSE,
        (0.173, 0.054, 0.188, 0.018, 0.031, 0.036, 0.167, 0.333),
        (9.669, 3),
        (0.169, 3),
        id="Saaty-1990-buying-a-house",
    ),
    pytest.param(
        (
            (9, 5, 2, 1, 1, 1 / 2),
            (1 / 3, 1 / 9, 1 / 9, 1 / 9, 1 / 9),
            (1 / 3, 1 / 4, 1 / 3, 1 / 9),
            (1 / 2, 1, 1 / 3),
            (2, 1 / 2),
            (1 / 3,),
        ),
        # the largest eigenvalue follows from the ratio; tea over wine is printed as 2, but the
        # weights are those of the reciprocal of wine over tea, 3
        (0.177, 0.019, 0.042, 0.116, 0.190, 0.129, 0.327),
        (7.18, 2),
        (0.022, 3),
        id="Saaty-2008-drinks",
    ),
    pytest.param(
        ((1 / 4, 1 / 6, 1 / 4, 1 / 8), (1 / 3, 3, 1 / 7), (4, 1 / 2), (1 / 7,)),
        (0.036, 0.122, 0.262, 0.075, 0.506),
        (5.3, 1),  # not published with these weights, nor is the ratio: computed once by numpy
        (0.073, 3),
        id="Saaty-2008-best-job",
    ),
    pytest.param(
        ((6, 8), (4,)),
        (0.754, 0.181, 0.065),
        (3.136, 3),
        (0.117, 3),
        id="Saaty-1990-size-of-house",
    ),
    pytest.param(
        ((2, 3), (2,)),
        (0.5396145, 0.2969613, 0.1634241),
        (3.009, 3),
        (0.008, 3),
        id="Harker-1987-derivatives",  # as quoted in the help of SuperDecisions
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


@settings(deadline=None)
@given(halves())
def test_weights_are_the_eigenvector_of_the_largest_eigenvalue(judgments: np.ndarray) -> None:
    result = pairwise_weights(judgments)
    assert (result.weights > 0).all()
    assert result.weights.sum() == pytest.approx(1)
    complete = reciprocal(judgments)
    assert complete @ result.weights == pytest.approx(result.principal * result.weights)
    assert result.principal >= len(judgments) - 1e-9
    assert result.consistency_index >= 0


@settings(deadline=None)
@given(halves())
def test_weights_agree_with_repeated_multiplication(judgments: np.ndarray) -> None:
    complete = reciprocal(judgments)
    weights = np.ones(len(complete))
    for _ in range(2000):
        weights = complete @ weights
        weights /= weights.sum()
    assert pairwise_weights(judgments).weights == pytest.approx(weights, abs=1e-9)


@settings(deadline=None)
@given(st.lists(st.floats(0.5, 4), min_size=1, max_size=len(RANDOM_INDEX)))
def test_judgments_that_agree_give_back_their_weights(weights: list[float]) -> None:
    true = np.array(weights) / sum(weights)
    result = pairwise_weights(true[:, np.newaxis] / true)
    assert result.weights == pytest.approx(true)
    assert result.principal == pytest.approx(len(true))
    assert result.consistency_ratio == pytest.approx(0, abs=1e-9)


@settings(deadline=None)
@given(halves(), st.randoms(use_true_random=False))
def test_the_order_of_the_criteria_does_not_matter(judgments: np.ndarray, random: Any) -> None:
    order = random.sample(range(len(judgments)), len(judgments))
    complete = reciprocal(judgments)
    moved = pairwise_weights(complete[np.ix_(order, order)])
    assert moved.weights == pytest.approx(pairwise_weights(complete).weights[order])


@settings(deadline=None)
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


# --- incomplete comparisons -----------------------------------------------------------------------


def consistent(weights: list[float]) -> np.ndarray:
    true = np.array(weights)
    return true[:, np.newaxis] / true


def pairs(count: int) -> list[tuple[int, int]]:
    return list(combinations(range(count), 2))


def without(judgments: np.ndarray, left_out: list[tuple[int, int]]) -> np.ndarray:
    lacking = judgments.copy()
    for row, column in left_out:
        lacking[row, column] = lacking[column, row] = NAN
    return lacking


#: Which of the pairs of five criteria to leave out; a star around the first one always stays.
left_out = st.lists(st.sampled_from(pairs(5)[4:]), unique=True)


@settings(deadline=None)
@given(st.lists(st.floats(0.2, 5), min_size=5, max_size=5), left_out)
def test_pairs_left_out_of_judgments_that_agree_change_nothing(
    weights: list[float], lacking: list[tuple[int, int]]
) -> None:
    result = pairwise_weights(without(consistent(weights), lacking))
    assert result.weights == pytest.approx(np.array(weights) / sum(weights))
    assert result.principal == pytest.approx(5)
    assert result.consistency_ratio == pytest.approx(0, abs=1e-9)
    assert result.lacking == len(lacking)


@settings(deadline=None)
@given(halves(), st.data())
def test_a_missing_pair_counts_as_what_the_weights_say_of_it(
    judgments: np.ndarray, data: st.DataObject
) -> None:
    lacking = data.draw(st.lists(st.sampled_from(pairs(len(judgments))), unique=True))
    lacking = [pair for pair in lacking if pair[0] > 0]  # the first criterion links the others
    result = pairwise_weights(without(judgments, lacking))
    assert result.weights.sum() == pytest.approx(1)
    filled = reciprocal(judgments)
    for row, column in lacking:
        filled[row, column] = result.weights[row] / result.weights[column]
        filled[column, row] = 1 / filled[row, column]
    complete = pairwise_weights(filled)
    assert complete.weights == pytest.approx(result.weights)
    assert complete.principal == pytest.approx(result.principal)


@pytest.mark.parametrize(("count", "lacking"), [(4, 1), (4, 2), (5, 2), (6, 3)])
def test_the_index_of_random_judgments_falls_as_in_Agoston_and_Csato_2022(  # noqa: N802
    count: int, lacking: int
) -> None:
    # they complete judgments so that the largest eigenvalue is smallest; ours is a little larger
    random = np.random.default_rng(count)
    scale = np.array([*range(1, 10), *(1 / np.arange(2, 10))])
    indices = []
    while len(indices) < 1000:
        judgments = np.triu(random.choice(scale, (count, count)))
        judgments[judgments == 0] = NAN
        np.fill_diagonal(judgments, 1)
        at = random.permutation(count * (count - 1) // 2)[:lacking]
        try:
            found = pairwise_weights(without(judgments, [pairs(count)[k] for k in at]))
        except XlPortfolioError:
            continue  # not linked
        indices.append(found.consistency_index)
    assert found.consistency_index / found.consistency_ratio == pytest.approx(
        np.mean(indices), rel=0.08
    )


def test_weights_without_one_judgment_are_those_of_Saaty_2003() -> None:  # noqa: N802
    result = pairwise_weights(without(reciprocal(upper(HOUSE)), [(2, 6)]))
    published = (0.174, 0.062, 0.102, 0.019, 0.034, 0.041, 0.223, 0.345)
    assert result.weights.round(3) == pytest.approx(published)
    assert result.lacking == 1


def test_a_mere_chain_of_judgments_contradicts_nothing() -> None:
    result = pairwise_weights(
        np.array([[1, 9, NAN, NAN], [NAN, 1, NAN, 1 / 9], [NAN, NAN, 1, 7], [NAN] * 4])
    )
    assert result.lacking == 3
    assert result.consistency_ratio == 0
    assert result.weights[0] / result.weights[1] == pytest.approx(9)
    assert result.weights[2] / result.weights[3] == pytest.approx(7)


@pytest.mark.parametrize(
    ("linked", "one", "other"),
    [
        ([], 1, 2),
        ([(1, 2)], 1, 2),
        ([(0, 1), (2, 3)], 1, 3),
        ([(0, 3), (1, 3)], 1, 3),
    ],
)
def test_criteria_that_do_not_hang_together_are_named(
    linked: list[tuple[int, int]], one: int, other: int
) -> None:
    left = [pair for pair in pairs(4) if pair not in linked]
    with pytest.raises(XlPortfolioError) as caught:
        pairwise_weights(without(np.ones((4, 4)), left))
    assert caught.value.key == "pairwise_unlinked"
    assert caught.value.details == {"one": one, "other": other}


# --- what would mend inconsistency ----------------------------------------------------------------


def test_the_judgment_that_hurts_most_is_that_of_Saaty_2003() -> None:  # noqa: N802
    worst = worst_judgments(upper(HOUSE))
    assert len(worst) == 3
    revision = worst[0]
    assert (revision.row + 1, revision.column + 1) == (3, 7)
    assert revision.judgment == 6
    assert round(1 / revision.mended, 2) == 2.18
    assert nearest_judgment(revision.mended) == 1 / 2
    mended = upper(HOUSE)
    mended[2, 6] = revision.mended
    result = pairwise_weights(mended)
    assert round(result.principal, 3) == 8.811
    assert round(result.consistency_index, 3) == 0.116


@settings(deadline=None)
@given(halves(), st.integers(0, 4))
def test_mending_a_judgment_has_the_effect_that_is_told(judgments: np.ndarray, count: int) -> None:
    before = pairwise_weights(judgments).consistency_ratio
    worst = worst_judgments(judgments, count)
    assert len(worst) <= count
    ratios = [revision.consistency_ratio for revision in worst]
    assert ratios == pytest.approx(sorted(ratios), abs=1e-8)
    for revision in worst:
        assert revision.row < revision.column
        assert judgments[revision.row, revision.column] == pytest.approx(revision.judgment)
        mended = judgments.copy()
        mended[revision.row, revision.column] = revision.mended
        after = pairwise_weights(mended).consistency_ratio
        assert after < before
        assert after == pytest.approx(revision.consistency_ratio, abs=1e-9)


@settings(deadline=None)
@given(halves())
def test_no_other_judgment_would_mend_more(judgments: np.ndarray) -> None:
    worst = worst_judgments(judgments, 1)
    best = worst[0].consistency_ratio if worst else pairwise_weights(judgments).consistency_ratio
    for row, column in pairs(len(judgments)):
        lacking = without(judgments, [(row, column)])
        if len(judgments) > 2:
            other = pairwise_weights(lacking).weights
            lacking[row, column] = other[row] / other[column]
            assert pairwise_weights(lacking).consistency_ratio >= best - 1e-8


def test_one_wrong_judgment_among_many_is_found_and_mended() -> None:
    weights = [8.0, 4.0, 2.0, 1.0]
    judgments = consistent(weights)
    judgments[1, 3], judgments[3, 1] = 1 / 4, 4
    (first, *_) = worst_judgments(judgments)
    assert (first.row, first.column, first.judgment) == (1, 3, 0.25)
    assert first.mended == pytest.approx(4)
    assert first.consistency_ratio == pytest.approx(0, abs=1e-9)
    incomplete = without(judgments, [(0, 2)])
    (first, *_) = worst_judgments(incomplete)
    assert (first.row, first.column) == (1, 3)
    assert first.mended == pytest.approx(4)


@settings(deadline=None)
@given(st.lists(st.floats(0.5, 4), min_size=1, max_size=12))
def test_judgments_that_agree_need_no_mending(weights: list[float]) -> None:
    assert worst_judgments(consistent(weights)) == []


def test_a_reciprocal_typed_with_two_decimals_needs_no_mending() -> None:
    typed = np.array([[1, 3, 6], [0.33, 1, 2], [0.17, 0.5, 1]])
    assert worst_judgments(typed) == []
    (first, *_) = worst_judgments(np.array([[1, 3, 9], [0.33, 1, 2], [0.11, 0.5, 1]]))
    assert first.judgment in {3.0, 9.0, 2.0}


def test_a_pair_that_alone_links_two_criteria_is_not_doubted() -> None:
    judgments = np.full((4, 4), NAN)
    judgments[0, 1], judgments[1, 2], judgments[0, 2], judgments[2, 3] = 2, 2, 1, 9
    assert {(r.row, r.column) for r in worst_judgments(judgments)} == {(0, 1), (1, 2), (0, 2)}


def test_above_ten_criteria_there_is_no_ratio_but_a_worst_judgment() -> None:
    judgments = np.ones((12, 12))
    judgments[4, 7], judgments[7, 4] = 9, 1 / 9
    (first, *others) = worst_judgments(judgments)
    assert (first.row, first.column, first.judgment) == (4, 7, 9)
    assert first.mended == pytest.approx(1)
    assert all(np.isnan(r.consistency_ratio) for r in (first, *others))


@pytest.mark.parametrize(
    ("ratio", "judgment"),
    [(1, 1), (1.4, 1), (1.42, 2), (2.6, 3), (8.4, 8), (40, 9), (1 / 2.6, 1 / 3), (0.01, 1 / 9)],
)
def test_the_nearest_judgment_is_nearest_in_proportion(ratio: float, judgment: float) -> None:
    assert nearest_judgment(ratio) == judgment


@settings(deadline=None)
@given(st.floats(0.05, 20))
def test_the_nearest_judgment_of_a_reciprocal_is_the_reciprocal(ratio: float) -> None:
    assert nearest_judgment(1 / ratio) == pytest.approx(1 / nearest_judgment(ratio))
    scale = np.array([*range(1, 10), *(1 / np.arange(2, 10))])
    distance = np.abs(np.log(scale) - np.log(ratio))
    assert abs(np.log(nearest_judgment(ratio) / ratio)) == pytest.approx(distance.min())


# --- several raters -------------------------------------------------------------------------------


def pair(judgment: float) -> np.ndarray:
    return np.array([[1, judgment], [NAN, 1]])


def test_three_who_compare_an_apple_with_an_orange_Saaty_2007() -> None:  # noqa: N802
    # they say twice, three times and four times; the geometric mean is the third root of 24
    group = group_judgments([pair(2), pair(3), pair(4)])
    assert group[0, 1] == pytest.approx(24 ** (1 / 3))
    assert group[1, 0] == pytest.approx(24 ** (-1 / 3))


@settings(deadline=None)
@given(st.lists(halves(), min_size=1, max_size=4).filter(lambda r: len({len(j) for j in r}) == 1))
def test_a_group_is_reciprocal_and_its_order_does_not_matter(raters: list[np.ndarray]) -> None:
    group = group_judgments(raters)
    assert group * group.T == pytest.approx(np.ones(group.shape))
    assert group_judgments(raters[::-1]) == pytest.approx(group)
    assert group_judgments(raters * 2) == pytest.approx(group)
    means = np.prod([reciprocal(judgments) for judgments in raters], axis=0) ** (1 / len(raters))
    assert group == pytest.approx(means)


@settings(deadline=None)
@given(halves())
def test_one_rater_and_raters_of_one_mind_keep_their_judgments(judgments: np.ndarray) -> None:
    known = ~np.isnan(judgments)
    assert (group_judgments([judgments])[known] == judgments[known]).all()
    assert (group_judgments([judgments] * 3)[known] == judgments[known]).all()
    assert disputes([judgments] * 3) == []


def test_a_pair_has_the_mean_of_those_who_judged_it() -> None:
    first = np.array([[1, 2, NAN], [NAN, 1, NAN], [NAN, NAN, 1]])
    second = np.array([[1, NAN, 4], [1 / 8, 1, NAN], [NAN, NAN, 1]])
    group = group_judgments([first, second])
    assert group[0] == pytest.approx([1, 4, 4])
    assert np.isnan(group[1, 2])
    assert np.isnan(group[2, 1])


def test_disputes_are_named_by_the_ratio_of_the_extremes() -> None:
    raters = [
        np.array([[1, 2, 1, NAN], [NAN, 1, 9, 5], [NAN, NAN, 1, 3], [NAN] * 4]),
        np.array([[1, 8, 1, NAN], [NAN, 1, 3, NAN], [NAN, NAN, 1, 3], [NAN] * 4]),
        np.array([[1, 4, 1 / 5, NAN], [NAN, 1, 4, NAN], [NAN, NAN, 1, 3], [NAN] * 4]),
    ]
    assert disputes(raters) == [
        Dispute(0, 2, 1 / 5, 1),
        Dispute(0, 1, 2, 8),
        Dispute(1, 2, 3, 9),
    ]
    assert disputes(raters, 1) == disputes(raters)[:1]
    assert disputes([pair(1 / 3), pair(0.333333333333)]) == []


def test_raters_whose_judgments_cannot_be_used_are_refused() -> None:
    for use in (group_judgments, disputes):
        with pytest.raises(XlPortfolioError) as caught:
            use([pair(2), pair(-2)])
        assert caught.value.key == "pairwise_not_positive"


def of_ranks(ranks: list[int]) -> np.ndarray:
    return 1 / np.array(ranks, dtype=float)


def test_four_judges_of_ten_projects_agree_by_794_thousandths() -> None:
    # a textbook example of Kendall's W: squared differences of the sums of ranks of 1048
    judges = (
        [1, 3, 4, 5, 2, 8, 6, 7, 10, 9],
        [2, 1, 4, 5, 6, 3, 8, 7, 10, 9],
        [3, 2, 1, 5, 7, 4, 6, 8, 9, 10],
        [4, 2, 3, 1, 6, 7, 5, 9, 8, 10],
    )
    expected = 12 * 1048 / (4**2 * (10**3 - 10))
    assert agreement([of_ranks(ranks) for ranks in judges]) == pytest.approx(expected)


@settings(deadline=None)
@given(st.lists(st.permutations(range(1, 6)), min_size=2, max_size=5))
def test_agreement_goes_with_the_mean_correlation_of_ranks_Kendall_1948(  # noqa: N802
    ranks: list[list[int]],
) -> None:
    mean = np.mean([np.corrcoef(a, b)[0, 1] for a, b in combinations(ranks, 2)])
    expected = (mean * (len(ranks) - 1) + 1) / len(ranks)
    assert agreement([of_ranks(r) for r in ranks]) == pytest.approx(expected, abs=1e-9)


@settings(deadline=None)
@given(
    st.lists(
        st.lists(st.sampled_from([0.1, 0.2, 0.3]), min_size=4, max_size=4), min_size=1, max_size=5
    )
)
def test_agreement_is_a_share(weights: list[list[float]]) -> None:
    found = agreement([np.array(w) for w in weights])
    assert -1e-9 <= found <= 1 + 1e-9
    assert agreement([np.array(w) for w in [weights[0]] * 3]) == pytest.approx(1)


def test_ties_of_raters_of_one_mind_do_not_lower_their_agreement() -> None:
    tied = np.array([0.4, 0.2, 0.2, 0.2])
    assert agreement([tied, np.array([0.4, 0.2, 0.2 + 1e-12, 0.2])]) == pytest.approx(1)
    assert agreement([np.full(3, 1 / 3)] * 2) == 1
