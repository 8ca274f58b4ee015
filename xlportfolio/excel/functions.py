"""The functions that formulas call: each a few lines over the core.

The VBA module KpFunctions wraps them for Excel and is made from their signatures; their help in
Excel's function wizard is in ``locale``, below ``functions``. Arguments arrive as xlwings reads
them: blank cells and Excel errors as ``None``. Whatever is wrong comes back as a text that begins
with ``#KP!``.
"""

from __future__ import annotations

import numpy as np
import xlwings as xw

from xlportfolio.analysis import analyse
from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.arguments import Block, Cells, in_words, numbers, raw_table
from xlportfolio.locale import texts
from xlportfolio.model import Axis, ScaleKind, ThresholdRule, name_key
from xlportfolio.portfolio import quadrants
from xlportfolio.schema import WorkbookInput, interpret
from xlportfolio.schema.cells import as_id, is_blank
from xlportfolio.schema.contract import AXES, CRITERIA, CUSTOMERS, LANGUAGES, SETTINGS_TABLE
from xlportfolio.schema.grid import Grid
from xlportfolio.schema.settings import language_of
from xlportfolio.scorecard import rows_of, scorecard

_EXPLAINED = ("criterion", "measure", "value", "weight", "contribution")


@xw.func
@xw.arg("headers", ndim=2)
@xw.arg("measures", ndim=2)
@xw.arg("criteria", ndim=2)
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

    Examples
    --------
    >>> criteria = [["Criterion", "Axis", "Weight", "Low", "High"],
    ...             ["Turnover", "value", 3, 0, 100], ["Margin", "value", 1, 0, 1],
    ...             ["Share", "benefit", 1, 0, 1]]
    >>> KP_SCORE([["Turnover", "Margin"]], [[80, 0.2]], criteria, "value")
    65.0
    """
    names = [cell for row in headers for cell in row]
    found = [cell for row in measures for cell in row]
    if len(names) != len(found):
        raise XlPortfolioError("unequal_lengths", first=len(names), second=len(found))
    wanted = AXES.get(str(axis or ""))
    if wanted is None:
        raise XlPortfolioError("unknown_axis_argument", found=str(axis or ""))
    given = _one_customer(names, found, criteria, wanted)
    for criterion in given.model.criteria:
        scale = criterion.scale
        open_ended = scale.kind is ScaleKind.LINEAR and None in {scale.low, scale.high}
        if criterion.axis is wanted and open_ended:
            raise XlPortfolioError("bounds_needed", criterion=criterion.name)
    score = float(analyse(given.customers, given.model).customers[f"{wanted}_score"].iloc[0])
    return None if np.isnan(score) else score


def _one_customer(
    names: list[Cells], found: list[Cells], criteria: Block, axis: Axis
) -> WorkbookInput:
    """A portfolio of one customer; of the other axis, criteria may be left out."""
    table = raw_table(CRITERIA, criteria)
    positions = CRITERIA.positions(table.header)
    there = {name_key(str(name)) for name in names}
    for row in table.rows if {"criterion", "axis"} <= set(positions) else ():
        name, of = (row[positions[key]] for key in ("criterion", "axis"))
        if name_key(str(name)) not in there and AXES.get(str(of)) is not axis:
            names, found = [*names, name], [*found, None]
    language = language_of(Grid(table), None) or "en"  # in which texts and levels are read
    own = {name for column in CUSTOMERS.columns for name in column.names}
    known = zip(names, found, strict=True)
    measures = [(name, cell) for name, cell in known if name_key(str(name)) not in own]
    block = list(zip((CUSTOMERS.header("customer_id", language), "1"), *measures, strict=True))
    return interpret({CUSTOMERS.name: raw_table(CUSTOMERS, block), CRITERIA.name: table})


@xw.func
@xw.arg("value_score", ndim=2)
@xw.arg("benefit_score", ndim=2)
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
        Scores of 0 to 100; ranges of the same shape. Blank in either gives a blank type.
    value_threshold, benefit_threshold
        Numbers of 0 to 100 from which a score is high; left out: 50.
    language
        Of the answer, ``"en"`` (left out) or ``"de"``.

    Examples
    --------
    >>> KP_QUADRANT([[60.0], [None]], [[40.0], [70.0]], language="de")
    [['Fragezeichen'], [None]]
    """
    value, benefit = numbers(value_score), numbers(benefit_score)
    if value.shape != benefit.shape:
        raise XlPortfolioError("unequal_lengths", first=value.size, second=benefit.size)
    spoken = LANGUAGES.get(str(language or "en"))
    if spoken is None:
        raise XlPortfolioError("unknown_language_argument", found=language)
    thresholds = (_threshold(value_threshold), _threshold(benefit_threshold))
    types = quadrants(value.ravel(), benefit.ravel(), *thresholds)
    words = {**texts(spoken).branch("quadrants"), "not_rated": None}
    rows, columns = value.shape
    return [[words[types[columns * r + c]] for c in range(columns)] for r in range(rows)]


def _threshold(cell: Cells) -> float:
    if is_blank(cell):
        return 50.0
    if type(cell) not in {int, float} or not 0 <= cell <= 100:  # noqa: PLR2004 (percent)
        raise XlPortfolioError("threshold_argument", found=str(cell), rules=list(ThresholdRule))
    return float(cell)


@xw.func
@xw.arg("customers", ndim=2)
@xw.arg("criteria", ndim=2)
@xw.arg("settings", ndim=2)
@in_words
def KP_SCORECARD(customers: Cells, criteria: Cells, settings: Cells = None) -> Cells:  # noqa: N802
    """Scores, rank, type and ABC class of all customers: a header row, then a row for each.

    Parameters
    ----------
    customers, criteria, settings
        The tables with their header rows; without settings, the defaults count.

    Returns
    -------
    One row for each row of the customers, in their order, an empty one for an empty one: id, name,
    value score, benefit score, total, rank, type, ABC class. Not rated: the word for it, no rank.

    Examples
    --------
    >>> criteria = [["Criterion", "Axis", "Weight", "Low", "High"],
    ...             ["Turnover", "value", 1, 0, 100], ["Share", "benefit", 1, 0, 1]]
    >>> customers = [["Customer ID", "Customer", "Turnover", "Share"],
    ...              [7, "Alpha", 80, 0.3], [None] * 4, [8, "Beta", 10, None]]
    >>> KP_SCORECARD(customers, criteria)[1:]
    [['7', 'Alpha', 80.0, 30.0, 55.0, 1.0, 'Question mark', 'A'],
     [None, None, None, None, None, None, None, None],
     ['8', 'Beta', 10.0, None, None, None, 'Not rated', 'B']]
    """
    given = _portfolio(customers, criteria, settings)
    analysis = analyse(given.customers, given.model)
    return rows_of(scorecard(analysis, given.rows, given.presentation.language))


@xw.func
@xw.arg("customers", ndim=2)
@xw.arg("criteria", ndim=2)
@xw.arg("settings", ndim=2)
@in_words
def KP_EXPLAIN(  # noqa: N802
    customer_id: Cells, customers: Cells, criteria: Cells, settings: Cells = None
) -> Cells:
    """How the scores of a customer come about: a header row, then a row for each criterion.

    Parameters
    ----------
    customer_id
        A customer's number, or the name of one without a number.
    customers, criteria, settings
        The tables with their header rows.

    Returns
    -------
    For each criterion, in the order of their table: its name, the measure, the value of 0 to 100,
    the weight, and the contribution in points of the axis score; empty where there is none.

    Examples
    --------
    >>> criteria = [["Criterion", "Axis", "Weight", "Low", "High"],
    ...             ["Turnover", "value", 3, 0, 100], ["Margin", "value", 1, 0, 1],
    ...             ["Share", "benefit", 1, 0, 1]]
    >>> customers = [["Customer ID", "Turnover", "Margin", "Share"], [7, 80, 0.2, 0.3]]
    >>> KP_EXPLAIN(7, customers, criteria)[1:]
    [['Turnover', 80.0, 80.0, 3.0, 60.0],
     ['Margin', 0.2, 20.0, 1.0, 5.0],
     ['Share', 0.3, 30.0, 1.0, 30.0]]
    """
    given = _portfolio(customers, criteria, settings)
    analysis = analyse(given.customers, given.model)
    wanted = as_id(customer_id)
    matching = np.flatnonzero(analysis.customers["customer_id"].to_numpy() == wanted)
    first = [i for i in matching.tolist() if analysis.customers["repeats"].iloc[i] is None]
    if not wanted or not first:
        raise XlPortfolioError("unknown_customer_argument", found=wanted)
    words = texts(given.presentation.language)
    header = [words(f"functions.columns.{key}") for key in _EXPLAINED]
    frames = (analysis.measures, analysis.values, analysis.contributions)
    measures, values, contributions = (frame.iloc[first[0]].tolist() for frame in frames)
    criteria_used = analysis.model.criteria
    names, weights = [c.name for c in criteria_used], [float(c.weight) for c in criteria_used]
    rows = zip(names, measures, values, weights, contributions, strict=True)
    return [header, *([_plain(cell) for cell in row] for row in rows)]


def _plain(cell: Cells) -> Cells:
    """A number of NumPy's as one of Python's, NaN as an empty cell."""
    if isinstance(cell, float):
        return None if np.isnan(cell) else float(cell)
    return cell


def _portfolio(customers: Block, criteria: Block, settings: Block | None) -> WorkbookInput:
    """Three ranges as the input of an analysis."""
    blocks = {CUSTOMERS: customers, CRITERIA: criteria, SETTINGS_TABLE: settings}
    return interpret(
        {table.name: raw_table(table, block) for table, block in blocks.items() if block}
    )
