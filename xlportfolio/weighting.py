"""Finding weights: pairwise comparison (analytic hierarchy process)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from xlportfolio.errors import XlPortfolioError
from xlportfolio.scoring import Floats

#: Saaty's random index: the mean consistency index of random judgments on 1 to 10 criteria.
RANDOM_INDEX = (0.0, 0.0, 0.58, 0.90, 1.12, 1.24, 1.32, 1.41, 1.45, 1.49)
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
    """

    weights: Floats
    principal: float
    consistency_index: float

    @property
    def consistency_ratio(self) -> float:
        """The consistency index in relation to that of random judgments; above 0.1: look again.

        Raises
        ------
        XlPortfolioError
            Above 10 criteria, for which there is no random index.
        """
        count = len(self.weights)
        if count > len(RANDOM_INDEX):
            raise XlPortfolioError("pairwise_too_many", found=count, most=len(RANDOM_INDEX))
        random = RANDOM_INDEX[count - 1]
        return self.consistency_index / random if random else 0.0


def pairwise_weights(judgments: Floats) -> PairwiseWeights:
    """The weights of criteria from judgments on each pair of them.

    Parameters
    ----------
    judgments
        Shape ``(n_criteria, n_criteria)``: how many times as important the criterion of the row is
        as that of the column, above 0, usually 1/9 to 9. Of each pair, one of the two judgments
        may be missing (NaN): it is the reciprocal of the other. The diagonal is 1, or missing.

    Raises
    ------
    XlPortfolioError
        If the judgments are no square, lack a pair, are not above 0, or contradict their own
        reciprocals.

    References
    ----------
    Saaty, T. L. (1980): The Analytic Hierarchy Process. McGraw-Hill. The weights are the principal
    eigenvector.

    Examples
    --------
    >>> result = pairwise_weights(np.array([[1, 2, 4], [np.nan, 1, 2], [np.nan, np.nan, 1]]))
    >>> result.weights.round(4)
    array([0.5714, 0.2857, 0.1429])
    >>> round(result.consistency_ratio, 9)
    0.0
    """
    complete = _completed(judgments)
    count = len(complete)
    eigenvalues, vectors = np.linalg.eig(complete)
    largest = int(np.argmax(eigenvalues.real))
    vector = np.abs(vectors[:, largest].real)
    principal = float(eigenvalues[largest].real)
    index = max(principal - count, 0.0) / (count - 1) if count > 1 else 0.0
    return PairwiseWeights(vector / vector.sum(), principal, index)


def _completed(judgments: Floats) -> Floats:
    """The judgments with the missing half filled in."""
    rows, columns = judgments.shape
    if rows != columns:
        raise XlPortfolioError("pairwise_not_square", rows=rows, columns=columns)
    complete = judgments.copy()
    diagonal = np.diagonal(complete)
    np.fill_diagonal(complete, np.where(np.isnan(diagonal), 1.0, diagonal))
    with np.errstate(all="ignore"):  # what is 0 or infinite is refused below
        complete = np.where(np.isnan(complete), 1 / complete.T, complete)
        contradictory = np.abs(complete * complete.T - 1) > _RECIPROCAL
    for row, column in np.argwhere(np.isnan(complete)).tolist():
        raise XlPortfolioError("pairwise_missing", row=row + 1, column=column + 1)
    for row, column in np.argwhere(~(complete > 0) | np.isinf(complete)).tolist():
        details = {"found": float(complete[row, column])}
        raise XlPortfolioError("pairwise_not_positive", row=row + 1, column=column + 1, **details)
    for row, column in np.argwhere(contradictory).tolist():
        details = {"found": float(complete[row, column]), "other": float(complete[column, row])}
        if row == column:
            raise XlPortfolioError("pairwise_diagonal", row=row + 1, found=details["found"])
        raise XlPortfolioError("pairwise_contradicts", row=row + 1, column=column + 1, **details)
    return complete
