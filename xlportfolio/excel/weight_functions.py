"""The functions that formulas call to find weights, and to rank by TOPSIS; as :mod:`functions`.

Formulas and xlwings know them by the module :mod:`xlportfolio.excel.functions`, which names them
all.
"""

from __future__ import annotations

import numpy as np
import xlwings as xw

from xlportfolio.aggregation import topsis
from xlportfolio.excel.arguments import BLANK, TABLE, Block, Cells, as_block, numbers
from xlportfolio.excel.cells import cell_rows
from xlportfolio.excel.faults import argument_fault, in_words
from xlportfolio.locale import FALLBACK
from xlportfolio.model import Objective
from xlportfolio.pairwise import PairwiseWeights, pairwise_weights
from xlportfolio.schema.cells import as_text, is_blank
from xlportfolio.schema.judgments import as_judgment
from xlportfolio.schema.words import OBJECTIVES
from xlportfolio.scoring import Floats
from xlportfolio.weighting import (
    critic_weights,
    entropy_weights,
    normalised,
    rank_order_centroid,
    rank_sum,
)


@xw.func
@xw.arg("pairwise", **TABLE)
@in_words
def KP_AHP_WEIGHTS(pairwise: Cells) -> Cells:  # noqa: N802
    """The weights of criteria from comparisons of pairs, in a column; they add up to 1.

    Parameters
    ----------
    pairwise
        A square: how many times as important the criterion of the row is as that of the column;
        numbers above 0, or texts that begin with one of 1/9 to 9, such as ``"1/5 less"``. Of each
        pair, one cell may be blank, and both, as long as the rest links all criteria. See
        :mod:`xlportfolio.pairwise` for the source.

    Examples
    --------
    >>> KP_AHP_WEIGHTS([["1 equal", "3 slightly more"], [None, 1]])
    [[0.75], [0.25]]
    """
    return as_block(_judged(pairwise).weights[:, np.newaxis])


@xw.func
@xw.arg("pairwise", **TABLE)
@in_words
def KP_AHP_CONSISTENCY(pairwise: Cells) -> Cells:  # noqa: N802
    """The consistency ratio of pairwise judgments; above 0.1, look at them again.

    Parameters
    ----------
    pairwise
        As for :func:`KP_AHP_WEIGHTS`, at most 10 criteria.

    Examples
    --------
    >>> round(KP_AHP_CONSISTENCY([[1, 2, 8], [0.5, 1, 2], [0.125, 0.5, 1]]), 3)
    0.046
    """
    return _judged(pairwise).consistency_ratio


def _judged(pairwise: Block | None) -> PairwiseWeights:
    rows = cell_rows(pairwise or BLANK)
    if all(is_blank(cell) for row in rows for cell in row):
        raise argument_fault("pairwise_empty", "pairwise")
    judgments = np.full((len(rows), len(rows[0])), np.nan)
    for at in np.ndindex(judgments.shape):
        cell = rows[at[0]][at[1]]
        if type(cell) in {int, float}:  # any above 0, as ratios of known weights may be
            judgments[at] = cell
            continue
        judgment, fault = as_judgment(cell, FALLBACK)
        if fault is not None:
            raise argument_fault(fault.key, "pairwise", at, found=cell)
        judgments[at] = np.nan if judgment is None else judgment
    return pairwise_weights(judgments)


@xw.func
@xw.arg("ranks", ndim=2)
@in_words
def KP_ROC_WEIGHTS(ranks: Cells) -> Cells:  # noqa: N802
    """Weights from the order of criteria alone, by rank-order centroid; they add up to 1.

    Parameters
    ----------
    ranks
        Numbers in any order, 1 for the most important; equal ones share their weights. What is no
        number has no weight. The answer has the same order and shape.

    Examples
    --------
    >>> KP_ROC_WEIGHTS([[2, 1, None]])
    [[0.25, 0.75, None]]
    """
    return as_block(rank_order_centroid(numbers(ranks)))


@xw.func
@xw.arg("ranks", ndim=2)
@in_words
def KP_RANK_SUM_WEIGHTS(ranks: Cells) -> Cells:  # noqa: N802
    """Weights from the order of criteria alone, falling in equal steps; they add up to 1.

    Parameters
    ----------
    ranks
        As for :func:`KP_ROC_WEIGHTS`.

    Examples
    --------
    >>> KP_RANK_SUM_WEIGHTS([[2], [1], [3], [4]])
    [[0.3], [0.4], [0.2], [0.1]]
    """
    return as_block(rank_sum(numbers(ranks)))


@xw.func
@xw.arg("points", ndim=2)
@in_words
def KP_SWING_WEIGHTS(points: Cells) -> Cells:  # noqa: N802
    """Weights in proportion to points; they add up to 1.

    Parameters
    ----------
    points
        Numbers from 0: 100 for the criterion whose rise from worst to best is worth most, the
        others in proportion. What is no number has no weight. The answer has the same shape.

    Examples
    --------
    >>> KP_SWING_WEIGHTS([[100, 60, None, 40]])
    [[0.5, 0.3, None, 0.2]]
    """
    return as_block(normalised(numbers(points)))


@xw.func
@xw.arg("matrix", ndim=2)
@in_words
def KP_ENTROPY_WEIGHTS(matrix: Cells) -> Cells:  # noqa: N802
    """Weights by how unevenly the numbers of each column are spread, in a row.

    Parameters
    ----------
    matrix
        A row for each customer, a column for each criterion: numbers from 0 in any unit. What is no
        number is left out of its column.

    Examples
    --------
    >>> KP_ENTROPY_WEIGHTS([[1, 7], [2, 7], [3, 7]])
    [[1.0, 0.0]]
    """
    return as_block(entropy_weights(numbers(matrix))[np.newaxis])


@xw.func
@xw.arg("matrix", ndim=2)
@xw.arg("objectives", **TABLE)
@in_words
def KP_CRITIC_WEIGHTS(matrix: Cells, objectives: Cells = None) -> Cells:  # noqa: N802
    """Weights by how much each column differs and how little it repeats the others, in a row.

    Parameters
    ----------
    matrix
        As for :func:`KP_ENTROPY_WEIGHTS`, but numbers may be negative.
    objectives
        ``"max"`` or ``"min"`` for each column, or one for all; blank or left out: max.

    Examples
    --------
    >>> KP_CRITIC_WEIGHTS([[1, 9], [2, 5], [3, 1]], [["max", "max"]])
    [[0.5, 0.5]]
    """
    found = numbers(matrix)
    return as_block(critic_weights(found, _objectives(objectives, found))[np.newaxis])


@xw.func
@xw.arg("matrix", ndim=2)
@xw.arg("weights", ndim=2)
@xw.arg("objectives", **TABLE)
@in_words
def KP_TOPSIS(matrix: Cells, weights: Cells, objectives: Cells = None) -> Cells:  # noqa: N802
    """How near each row is to the best of all, 0 to 1, in a column (TOPSIS).

    Parameters
    ----------
    matrix
        A row for each customer, a column for each criterion: numbers in any unit. A row in which
        one is missing gets an empty answer and counts nowhere.
    weights
        Numbers from 0, one for each column, in a row or a column. A blank one counts as 0.
    objectives
        As for :func:`KP_CRITIC_WEIGHTS`.

    Examples
    --------
    >>> KP_TOPSIS([[80, 10], [None, 20], [20, 40]], [[3, 1]], [["max", "min"]])
    [[1.0], [None], [0.0]]
    """
    found, weight = numbers(matrix), np.nan_to_num(numbers(weights), nan=0.0).ravel()
    complete = ~np.isnan(found).any(axis=1)
    closeness = np.full((len(found), 1), np.nan)
    closeness[complete, 0] = topsis(found[complete], weight, _objectives(objectives, found))
    return as_block(closeness)


def _objectives(block: Block | None, matrix: Floats) -> list[Objective]:
    """The objective of each column; one stands for all."""
    objectives = []
    for row, cells in enumerate(cell_rows(block or BLANK)):
        for column, cell in enumerate(cells):
            objective = Objective.MAX if is_blank(cell) else OBJECTIVES.get(as_text(cell))
            if objective is None:
                raise argument_fault("unknown_objective", "objectives", (row, column), found=cell)
            objectives.append(objective)
    return objectives * matrix.shape[1] if len(objectives) == 1 else objectives
