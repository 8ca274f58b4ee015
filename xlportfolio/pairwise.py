"""Finding weights by pairwise comparison (analytic hierarchy process).

A square of judgments says of each pair how many times as important the criterion of the row is as
that of the column. Of a pair, one of the two judgments is enough; and not every pair need be
judged, as long as a chain of judgments links all criteria. What several people judged becomes one
square in :mod:`xlportfolio.raters`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import NamedTuple

import numpy as np

from xlportfolio.errors import XlPortfolioError
from xlportfolio.scoring import Bools, Floats, rounded

#: Saaty's random index: the mean consistency index of random judgments on 1 to 10 criteria.
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
#: Saaty's scale ends here; its other end is the reciprocal.
LARGEST_JUDGMENT = 9
#: How far the product of a judgment and its reciprocal may be from 1: 1/3 may be typed as 0.33.
_RECIPROCAL = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class PairwiseWeights:
    """What pairwise judgments say of the weights.

    Attributes
    ----------
    weights
        Shape ``(n_criteria,)``, above 0, adding up to 1.
    principal
        The largest eigenvalue of the judgments; ``n_criteria`` if they agree with each other.
    consistency_index
        ``(principal - n_criteria) / (n_criteria - 1)``, from 0.
    lacking
        How many pairs have no judgment.
    """

    weights: Floats
    principal: float
    consistency_index: float
    lacking: int = 0

    @property
    def consistency_ratio(self) -> float:
        """The consistency index in relation to that of random judgments; above 0.1: look again.

        Where pairs are missing, the random index is ``1 - 2 m / ((n - 1) (n - 2))`` times that of
        complete judgments on ``n`` criteria, with ``m`` pairs missing (Ágoston and Csató 2022).
        The ratio is 0 where so few pairs are judged that they cannot contradict each other.

        Raises
        ------
        XlPortfolioError
            Above 10 criteria, for which there is no random index.
        """
        count = len(self.weights)
        if count > len(RANDOM_INDEX):
            raise XlPortfolioError("pairwise_too_many", found=count, most=len(RANDOM_INDEX))
        return _ratio(self.consistency_index, count, self.lacking)


def pairwise_weights(judgments: Floats) -> PairwiseWeights:
    """The weights of criteria from judgments on pairs of them.

    Parameters
    ----------
    judgments
        Shape ``(n_criteria, n_criteria)``: how many times as important the criterion of the row is
        as that of the column, above 0, usually 1/9 to 9. Of each pair, one of the two judgments
        may be missing (NaN): it is the reciprocal of the other. Both are missing if nobody judged
        the pair. The diagonal is 1, or missing.

    Raises
    ------
    XlPortfolioError
        If the judgments are no square, are not above 0, contradict their own reciprocals, or leave
        two criteria that no chain of judgments links.

    References
    ----------
    Saaty, T. L. (1980): The Analytic Hierarchy Process. McGraw-Hill. The weights are the principal
    eigenvector.

    Harker, P. T. (1987): Alternative modes of questioning in the analytic hierarchy process.
    Mathematical Modelling 9 (3-5), 353-360. A missing pair counts as what the weights say of it: 0
    in its place, and 1 more on the diagonal.

    Ágoston, K. C., Csató, L. (2022): Inconsistency thresholds for incomplete pairwise comparison
    matrices. Omega 108, 102576. The random index of incomplete judgments.

    Examples
    --------
    >>> result = pairwise_weights(np.array([[1, 2, np.nan], [np.nan, 1, 2], [np.nan] * 3]))
    >>> result.weights.round(4), result.lacking
    (array([0.5714, 0.2857, 0.1429]), 1)
    >>> round(result.consistency_ratio, 9)
    0.0
    """
    return _weighed(_linked(_completed(judgments)))


def nearest_judgment(ratio: float) -> float:
    """The judgment of Saaty's scale, 1/9 to 9, that is nearest to a ratio of weights above 0.

    Near is meant in proportion: 1/4 is as far from 1 as 4 is. Half-way, the milder one is taken.

    Examples
    --------
    >>> nearest_judgment(2.6), nearest_judgment(1 / 2.6) == 1 / 3, nearest_judgment(20)
    (3.0, True, 9.0)
    """
    scale = np.arange(1, LARGEST_JUDGMENT + 1)
    distance = rounded(np.abs(np.log(scale) - abs(np.log(ratio))))
    nearest = float(scale[np.argmin(distance)])
    return nearest if ratio >= 1 else 1 / nearest


# --- consistency ----------------------------------------------------------------------------------


class Revision(NamedTuple):
    """A judgment that does not fit the others, and what would mend it.

    Attributes
    ----------
    row, column
        The pair, from 0, the row before the column.
    judgment
        How many times as important the criterion of the row was said to be as that of the column.
    mended
        What the other judgments say of the pair; it may lie outside of 1/9 to 9.
    consistency_ratio
        That of all judgments with the mended one; NaN above 10 criteria.
    offered, offered_ratio
        The judgment of the scale that is nearest to the mended one, and the consistency ratio with
        it.
    """

    row: int
    column: int
    judgment: float
    mended: float
    consistency_ratio: float
    offered: float
    offered_ratio: float


def worst_judgments(judgments: Floats, count: int = 3) -> list[Revision]:
    """The judgments that hurt consistency most, each with the value that would mend it.

    Of each pair judged, the weights are found without it; what they say of it is the mended value.
    A pair without which two criteria are not linked contradicts nothing and is passed over, and so
    is one whose mending does not lower the consistency index.

    Parameters
    ----------
    judgments
        As for :func:`pairwise_weights`. Where both judgments of a pair are given, the one above 1
        counts: of 3 and 0.33, it is 3.
    count
        How many to name at most.

    Returns
    -------
    The pair whose mending alone lowers the consistency index most comes first.

    Raises
    ------
    XlPortfolioError
        As :func:`pairwise_weights`.

    References
    ----------
    Saaty, T. L. (2003): Decision-making with the AHP: why is the principal eigenvector necessary.
    European Journal of Operational Research 145, 85-91, section 4: a judgment is mended by the
    weights that are found without it in Harker's way.

    Examples
    --------
    Each of four criteria is twice as important as the next, so the first is 8 times the last.

    >>> said = [[1, 2, 4, 1], [np.nan, 1, 2, 4], [np.nan, np.nan, 1, 2], [np.nan] * 4]
    >>> worst, *_ = worst_judgments(np.array(said))
    >>> worst.row, worst.column, worst.judgment, round(worst.mended, 6)
    (0, 3, 1.0, 8.0)
    """
    complete = _linked(reciprocal_judgments(judgments))
    size = len(complete)
    before = _weighed(complete)
    found = []
    for row, column in judged_pairs(complete):
        without = complete.copy()
        without[row, column] = without[column, row] = np.nan
        if not _reached(without).all():
            continue
        others = _weighed(without)
        # the mended pair agrees with these weights, so the largest eigenvalue stays as it is
        index = others.consistency_index
        if rounded(index) < rounded(before.consistency_index):
            mended = float(others.weights[row] / others.weights[column])
            known = size <= len(RANDOM_INDEX)
            ratio = _ratio(index, size, before.lacking) if known else np.nan
            said, offered = float(complete[row, column]), nearest_judgment(mended)
            without[row, column], without[column, row] = offered, 1 / offered
            then = _weighed(without).consistency_ratio if known else np.nan
            found.append((index, Revision(row, column, said, mended, ratio, offered, then)))
    found.sort(key=lambda one: (float(rounded(one[0])), one[1].row, one[1].column))
    return [revision for _, revision in found[:count]]


# --- squares of judgments -------------------------------------------------------------------------


def reciprocal_judgments(judgments: Floats) -> Floats:
    """Both halves of a square of judgments, each pair in proportion; the one above 1 counts.

    Parameters
    ----------
    judgments
        As for :func:`pairwise_weights`, whether they are linked or not.

    Raises
    ------
    XlPortfolioError
        If the judgments are no square, are not above 0, or contradict their own reciprocals.

    Examples
    --------
    >>> reciprocal_judgments(np.array([[1, 3], [0.33, 1]])).round(4)
    array([[1.    , 3.    ],
           [0.3333, 1.    ]])
    """
    complete = _completed(judgments)
    exact = np.where(complete >= complete.T, complete, 1 / complete.T)
    np.fill_diagonal(exact, 1.0)
    return exact


def judged_pairs(judgments: Floats) -> Iterator[tuple[int, int]]:
    """The pairs with a judgment in the upper half; of several squares, by anybody.

    >>> list(judged_pairs(np.array([[1, 2, np.nan], [0.5, 1, 4], [np.nan, 0.25, 1]])))
    [(0, 1), (1, 2)]
    """
    for row, column in combinations(range(judgments.shape[-1]), 2):
        if not np.isnan(judgments[..., row, column]).all():
            yield row, column


def _completed(judgments: Floats) -> Floats:
    """The judgments with ones on the diagonal and reciprocals filled in; NaN for missing pairs."""
    rows, columns = judgments.shape
    if rows != columns:
        raise XlPortfolioError("pairwise_not_square", rows=rows, columns=columns)
    complete = judgments.copy()
    diagonal = np.diagonal(complete)
    np.fill_diagonal(complete, np.where(np.isnan(diagonal), 1.0, diagonal))
    with np.errstate(all="ignore"):  # what is 0 or infinite is refused below
        complete = np.where(np.isnan(complete), 1 / complete.T, complete)
        contradictory = np.abs(complete * complete.T - 1) > _RECIPROCAL
    for row, column in np.argwhere((complete <= 0) | np.isinf(complete)).tolist():
        details = {"found": float(complete[row, column])}
        raise XlPortfolioError("pairwise_not_positive", row=row + 1, column=column + 1, **details)
    for row, column in np.argwhere(contradictory).tolist():
        details = {"found": float(complete[row, column]), "other": float(complete[column, row])}
        if row == column:
            raise XlPortfolioError("pairwise_diagonal", row=row + 1, found=details["found"])
        raise XlPortfolioError("pairwise_contradicts", row=row + 1, column=column + 1, **details)
    return complete


def _linked(complete: Floats) -> Floats:
    """The judgments, if a chain of them leads from each criterion to each other one."""
    for k in np.flatnonzero(~_reached(complete)).tolist():
        raise XlPortfolioError("pairwise_unlinked", one=1, other=k + 1)
    return complete


def _reached(complete: Floats) -> Bools:
    """To which criteria a chain of judgments leads from the first."""
    linked = ~np.isnan(complete)
    reached: Bools = np.arange(len(complete)) == 0
    for _ in range(len(complete)):
        reached = np.asarray(linked[reached].any(axis=0), dtype=np.bool_)
    return reached


def _weighed(complete: Floats) -> PairwiseWeights:
    """Weights from linked judgments with both halves filled in."""
    count = len(complete)
    missing = np.isnan(complete)
    auxiliary = np.where(missing, 0.0, complete) + np.diag(missing.sum(axis=1))
    eigenvalues, vectors = np.linalg.eig(auxiliary)
    largest = int(np.argmax(eigenvalues.real))
    vector = np.abs(vectors[:, largest].real)
    principal = float(eigenvalues[largest].real)
    index = max(principal - count, 0.0) / (count - 1) if count > 1 else 0.0
    return PairwiseWeights(vector / vector.sum(), principal, index, int(missing.sum()) // 2)


def _ratio(index: float, count: int, lacking: int) -> float:
    """A consistency index over the random index of as many criteria and missing pairs."""
    pairs = (count - 1) * (count - 2)
    random = RANDOM_INDEX[count - 1] * (1 - 2 * lacking / pairs if pairs else 1)
    return index / random if random else 0.0
