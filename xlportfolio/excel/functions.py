"""The functions that formulas call: each a few lines over the core.

The VBA module KpFunctions wraps them for Excel and is made from their signatures; their help in
Excel's function wizard is in ``locale``, below ``functions``. Arguments arrive as xlwings reads
them: blank cells as ``None``, Excel errors among measures too. Whatever is wrong comes back as a
text that begins with ``#KP!``.
"""

from __future__ import annotations

import numpy as np
import xlwings as xw

from xlportfolio.abc_analysis import abc_analysis
from xlportfolio.excel.arguments import (
    BLANK,
    CELL,
    TABLE,
    Cells,
    as_block,
    number,
    numbers,
    only,
    paired,
    size_of,
    unequal,
)
from xlportfolio.excel.cells import cell_rows
from xlportfolio.excel.faults import argument_fault, fault_text, in_words
from xlportfolio.excel.movement_functions import KP_MOVEMENT
from xlportfolio.excel.portfolio_functions import KP_EXPLAIN, KP_SCORECARD
from xlportfolio.excel.single import axis_gauge, criterion_gauge
from xlportfolio.excel.weight_functions import (
    KP_AHP_CONSISTENCY,
    KP_AHP_WEIGHTS,
    KP_CRITIC_WEIGHTS,
    KP_ENTROPY_WEIGHTS,
    KP_RANK_SUM_WEIGHTS,
    KP_ROC_WEIGHTS,
    KP_SWING_WEIGHTS,
    KP_TOPSIS,
)
from xlportfolio.locale import FALLBACK, LANGUAGES, texts
from xlportfolio.model import Quadrant, Status, name_key
from xlportfolio.portfolio import quadrants, ranks
from xlportfolio.scale import VALUES
from xlportfolio.schema import CellError
from xlportfolio.schema.cells import as_text, is_blank
from xlportfolio.schema.contract import Cell
from xlportfolio.schema.settings import default_of
from xlportfolio.schema.words import QUADRANTS, SPOKEN, STATUSES
from xlportfolio.scoring import weighted_scores
from xlportfolio.strategies import standard_strategies, strategies_for

#: All functions that formulas may call, those of other modules included.
__all__ = [
    "KP_ABC",
    "KP_AHP_CONSISTENCY",
    "KP_AHP_WEIGHTS",
    "KP_CRITIC_WEIGHTS",
    "KP_ENTROPY_WEIGHTS",
    "KP_EXPLAIN",
    "KP_MOVEMENT",
    "KP_QUADRANT",
    "KP_RANK",
    "KP_RANK_SUM_WEIGHTS",
    "KP_ROC_WEIGHTS",
    "KP_SCORE",
    "KP_SCORECARD",
    "KP_SHARE_OF_WALLET",
    "KP_STRATEGY",
    "KP_SWING_WEIGHTS",
    "KP_TOPSIS",
    "KP_VALUE",
    "KP_WEIGHTED_SCORE",
]


@xw.func
@xw.arg("headers", ndim=2)
@xw.arg("measures", ndim=2)
@xw.arg("criteria", **TABLE)
@xw.arg("axis", **CELL)
@in_words
def KP_SCORE(headers: Cells, measures: Cells, criteria: Cells, axis: Cells) -> Cells:  # noqa: N802
    """The score of one customer on one axis, 0 to 100; empty where no measure is known.

    Parameters
    ----------
    headers, measures
        Names of criteria and the measure of each; a row or a column of the same length. Names that
        are no criteria are passed over, so a whole row of the customers' table may be given.
    criteria
        The table of criteria with its header row. Linear scales need both bounds here: one
        customer alone has no smallest and largest measure.
    axis
        ``"value"`` or ``"benefit"`` (``"Wert"``, ``"Nutzen"``).

    Notes
    -----
    Numbers typed as text are read in the language of the headers, if they are those of the
    customers' table, else of the criteria; a setting of the language is not seen here.

    Examples
    --------
    >>> criteria = [["Criterion", "Axis", "Weight", "Low", "High"],
    ...             ["Turnover", "value", 3, 0, 100], ["Margin", "value", 1, 0, 1],
    ...             ["Share", "benefit", 1, 0, 1]]
    >>> KP_SCORE([["Turnover", "Margin"]], [[80, 0.2]], criteria, "value")
    65.0
    """
    blocks = (headers or BLANK, measures or BLANK)
    names, found = ([cell for row in block for cell in row] for block in blocks)
    if len(names) != len(found):
        raise unequal(("headers", "measures"), *((len(b), len(b[0])) for b in blocks))
    return axis_gauge(names, criteria, axis).score(found)


@xw.func
@xw.arg("measure", ndim=2)
@xw.arg("criterion", **CELL)
@xw.arg("criteria", **TABLE)
@in_words
def KP_VALUE(measure: Cells, criterion: Cells, criteria: Cells) -> Cells:  # noqa: N802
    """What a measure is worth on the scale of its criterion, 0 to 100; empty for a missing one.

    Parameters
    ----------
    measure
        A measure, or a range of them: numbers in the criterion's unit, or words for a scale of
        categories. The answer has the same shape.
    criterion
        The name of the criterion.
    criteria
        The table of criteria with its header row. A linear scale needs both bounds here. Its
        headers decide in which language numbers typed as text are read.

    Examples
    --------
    >>> criteria = [["Criterion", "Axis", "Weight", "Low", "High"],
    ...             ["Turnover", "value", 3, 0, 200], ["Share", "benefit", 1, 0, 1]]
    >>> KP_VALUE([[50.0], [None], [500.0]], "Turnover", criteria)
    [[25.0], [None], [100.0]]
    """
    gauge = criterion_gauge(criterion, criteria)
    found = np.array([[gauge.measure(cell) for cell in row] for row in measure or BLANK])
    return as_block(gauge.yardstick(found.reshape(-1, 1)).reshape(found.shape))


@xw.func
@xw.arg("values", ndim=2)
@xw.arg("weights", ndim=2)
@in_words
def KP_WEIGHTED_SCORE(values: Cells, weights: Cells) -> Cells:  # noqa: N802
    """The weighted mean of values; what is missing is left out, its weight spread over the rest.

    Parameters
    ----------
    values
        Values of 0 to 100, as many as there are weights, in a row or a column. Or several such
        rows, for which there is a column of scores; or several columns, a row of scores. In a
        square, a row of weights belongs to its rows, a column of weights to its columns.
    weights
        Numbers from 0, not all of them 0, in a row or a column. A blank one counts as 0.

    Examples
    --------
    >>> KP_WEIGHTED_SCORE([[80, 20], [80, None]], [[3, 1]])
    [[65.0], [80.0]]
    """
    value, weight = numbers(values), np.nan_to_num(numbers(weights), nan=0.0)
    count = weight.size
    if 1 not in weight.shape or count not in value.shape:
        size, other_size = size_of(weight.shape), size_of(value.shape)
        raise argument_fault("weights_unequal", "weights", size=size, other_size=other_size)
    for at in np.argwhere(weight < 0).tolist():
        raise argument_fault("weight_negative", "weights", at, found=float(weight[*at]))
    if not weight.any():
        raise argument_fault("weights_argument", "weights")
    upright = value.shape[1] != count or (weight.shape[1] == 1 and value.shape == (count, count))
    rows = value.T if upright else value
    scores: list[Cells] = []
    for i, row in enumerate(rows):
        odd = np.flatnonzero((row < VALUES.low) | (row > VALUES.high)).tolist()
        if odd:
            place = (odd[0], i) if upright else (i, odd[0])
            fault = argument_fault("value_argument", "values", place, found=float(row[odd[0]]))
            scores.append(fault_text(fault))
        else:
            score = weighted_scores(row[np.newaxis], weight.ravel().tolist()).score[0]
            scores.append(None if np.isnan(score) else float(score))
    return [scores] if upright else [[score] for score in scores]


@xw.func
@xw.arg("value_score", ndim=2)
@xw.arg("benefit_score", ndim=2)
@xw.arg("value_threshold", **CELL)
@xw.arg("benefit_threshold", **CELL)
@xw.arg("language", **CELL)
@in_words
def KP_QUADRANT(  # noqa: N802
    value_score: Cells,
    benefit_score: Cells,
    value_threshold: Cells = None,
    benefit_threshold: Cells = None,
    language: Cells = None,
) -> Cells:
    """The type of one or more customers, from their scores on both axes.

    Parameters
    ----------
    value_score, benefit_score
        Scores of 0 to 100; ranges of the same shape, or one for all. Blank in either gives a blank
        type.
    value_threshold, benefit_threshold
        Numbers of 0 to 100 from which a score is high; left out: 50.
    language
        The code of the answer's language, such as ``"de"``; left out: ``"en"``.

    Examples
    --------
    >>> KP_QUADRANT([[60.0], [None]], [[40.0], [70.0]], language="de")
    [['Fragezeichen'], [None]]
    """
    scores = numbers(value_score), numbers(benefit_score)
    value, benefit = paired(*scores, "value_score", "benefit_score")
    thresholds = (
        _of_100(value_threshold, "value_threshold", "value_threshold", "threshold_argument"),
        _of_100(benefit_threshold, "benefit_threshold", "benefit_threshold", "threshold_argument"),
    )
    words = {**texts(_language(language)).branch("quadrants"), Quadrant.NOT_RATED: None}
    types = quadrants(value.ravel(), benefit.ravel(), *thresholds).reshape(value.shape)
    return [[words[kind] for kind in row] for row in types]


def _language(cell: Cells) -> str:
    """The language of an answer, English if none is named."""
    named = only(cell, "language")
    spoken = FALLBACK if is_blank(named) else SPOKEN.get(as_text(named))
    if spoken is None:
        raise argument_fault(
            "unknown_language_argument", "language", found=named, allowed=LANGUAGES
        )
    return spoken


def _of_100(cell: Cells, argument: str, setting: str, wrong: str) -> float:
    """A number of 0 to 100; left out, the default of a setting."""
    found = only(cell, argument)
    if is_blank(found):
        return default_of(setting)
    if not VALUES.low <= number(found) <= VALUES.high:
        raise argument_fault(wrong, argument, found=found)
    return number(found)


@xw.func
@xw.arg("scores", ndim=2)
@in_words
def KP_RANK(scores: Cells) -> Cells:  # noqa: N802
    """The rank of each score, 1 for the highest; equal ones, to 9 decimals, share the smallest.

    Parameters
    ----------
    scores
        A range of numbers; what is none has no rank. The answer has the same shape.

    Examples
    --------
    >>> KP_RANK([[60], [80], [None], [60]])
    [[2.0], [1.0], [None], [2.0]]
    """
    found = numbers(scores)
    return as_block(ranks(found.ravel()).reshape(found.shape))


@xw.func
@xw.arg("amounts", ndim=2)
@xw.arg("a", **CELL)
@xw.arg("b", **CELL)
@in_words
def KP_ABC(amounts: Cells, a: Cells = None, b: Cells = None) -> Cells:  # noqa: N802
    """The ABC class of each amount by its share in their total, the largest first.

    Parameters
    ----------
    amounts
        A range of amounts in one currency. What is no number, 0 or negative has no class. The
        answer has the same shape.
    a, b
        Percent of the total that the A, and the A and B, amounts make; left out: 80 and 90. The
        amount that crosses a bound belongs to the upper class.

    Examples
    --------
    >>> KP_ABC([[10, 80, None, 10]])
    [['B', 'A', None, 'B']]
    """
    low, high = (
        _of_100(bound, name, f"abc_{name}", "percent_argument")
        for bound, name in ((a, "a"), (b, "b"))
    )
    if low > high:
        raise argument_fault("percents_crossed", "a", a=low, b=high)
    found = numbers(amounts)
    classes = abc_analysis(found.ravel(), low, high).classes
    return [[cell or None for cell in row] for row in classes.reshape(found.shape)]


@xw.func
@xw.arg("quadrant", ndim=2)
@xw.arg("status", **TABLE)
@xw.arg("language", **CELL)
@in_words
def KP_STRATEGY(quadrant: Cells, status: Cells = None, language: Cells = None) -> Cells:  # noqa: N802
    """The standard strategy for a type of customer.

    Parameters
    ----------
    quadrant
        A type, or a range of types: the word in any language, or the key of the JSON, such as
        ``question_mark``. Blank or not rated: an empty answer. The answer has the same shape.
    status
        Customer or prospect (``Kunde``, ``Wunschkunde``), one for all or a range of the same shape;
        left out: customer.
    language
        The code of the answer's language, such as ``"de"``; left out: ``"en"``.

    Examples
    --------
    >>> KP_STRATEGY([["Fragezeichen"], [None], ["star"]], [["Kunde"], [None], ["prospect"]])
    [['Raise the benefit'], [None], ['Win']]
    """
    spoken = _language(language)
    given = [np.array(cell_rows(block or BLANK), dtype=object) for block in (quadrant, status)]
    kinds, states = paired(given[0], given[1], "quadrant", "status")
    return [
        [_strategy(kind, state, spoken) for kind, state in zip(*rows, strict=True)]
        for rows in zip(kinds.tolist(), states.tolist(), strict=True)
    ]


def _strategy(kind: Cell, state: Cell, language: str) -> str | None:
    """The strategy of one customer; what is wrong with one takes nothing from the others."""
    unrated = {str(Quadrant.NOT_RATED), *(texts(s)("quadrants.not_rated") for s in LANGUAGES)}
    named = as_text(kind)
    if is_blank(kind) or type(kind) is CellError or name_key(named) in map(name_key, unrated):
        return None
    quadrant = QUADRANTS.get(named)
    status = Status.CUSTOMER if is_blank(state) else STATUSES.get(as_text(state))
    if quadrant is None:
        return fault_text(argument_fault("unknown_quadrant_argument", "quadrant", found=kind))
    if status is None:
        return fault_text(argument_fault("unknown_status_argument", "status", found=state))
    (strategy,) = strategies_for(standard_strategies(language), [quadrant], [status])
    return None if strategy is None else strategy.strategy


@xw.func
@xw.arg("own_sales", ndim=2)
@xw.arg("customer_demand", ndim=2)
@in_words
def KP_SHARE_OF_WALLET(own_sales: Cells, customer_demand: Cells) -> Cells:  # noqa: N802
    """Our share of what a customer buys of our kind of goods, as a fraction.

    Parameters
    ----------
    own_sales, customer_demand
        What we sell to the customer, and what the customer buys from anybody, in the same currency
        and period: numbers, or ranges of the same shape. Empty where either is missing, the
        demand is not above 0, or no cell can hold the share.

    Examples
    --------
    >>> KP_SHARE_OF_WALLET([[30], [30], [None]], [[120], [0], [120]])
    [[0.25], [None], [None]]
    """
    amounts = numbers(own_sales), numbers(customer_demand)
    sales, demand = paired(*amounts, "own_sales", "customer_demand")
    with np.errstate(over="ignore"):
        share = sales / np.where(demand > 0, demand, np.nan)
    return as_block(np.where(np.isfinite(share), share, np.nan))
