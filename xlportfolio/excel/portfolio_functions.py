"""The functions that formulas call over whole tables; otherwise as :mod:`functions`."""

from __future__ import annotations

import numpy as np
import xlwings as xw

from xlportfolio.analysis import analyse
from xlportfolio.excel.arguments import CELL, TABLE, Cells, only, portfolio
from xlportfolio.excel.conversion import ManyRows, TextsAndNumbers
from xlportfolio.excel.faults import argument_fault, in_words
from xlportfolio.locale import texts
from xlportfolio.schema.cells import as_id, is_blank
from xlportfolio.scorecard import rows_of, scorecard

#: What the rows of an explanation tell.
_EXPLAINED = ("criterion", "measure", "value", "weight", "contribution")


@xw.func
@xw.arg("customers", convert=ManyRows, **TABLE)
@xw.arg("criteria", **TABLE)
@xw.arg("settings", **TABLE)
@xw.ret(convert=TextsAndNumbers)
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
    given = portfolio(customers, criteria, settings)
    analysis = analyse(given.customers, given.model)
    return rows_of(scorecard(analysis, given.rows, given.presentation.language))


@xw.func
@xw.arg("customer_id", **CELL)
@xw.arg("customers", convert=ManyRows, **TABLE)
@xw.arg("criteria", **TABLE)
@xw.arg("settings", **TABLE)
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
    the weight, and the contribution in points of the axis score; empty where there is none. What
    the criterion fills in for a missing measure has no value, but a contribution.

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
    given = portfolio(customers, criteria, settings)
    analysis = analyse(given.customers, given.model)
    wanted = only(customer_id, "customer_id")
    ids = analysis.customers["customer_id"].to_numpy()
    matching = [] if is_blank(wanted) else np.flatnonzero(ids == as_id(wanted)).tolist()
    if not matching:
        raise argument_fault("unknown_customer_argument", "customer_id", found=wanted)
    words = texts(given.presentation.language)
    header = [words(f"functions.columns.{key}") for key in _EXPLAINED]
    frames = (analysis.measures, analysis.values, analysis.contributions)
    measures, values, contributions = (frame.iloc[matching[0]].tolist() for frame in frames)
    criteria_used = analysis.model.criteria
    names, weights = [c.name for c in criteria_used], [float(c.weight) for c in criteria_used]
    rows = zip(names, measures, values, weights, contributions, strict=True)
    return [header, *([_plain(cell) for cell in row] for row in rows)]


def _plain(cell: Cells) -> Cells:
    """A number of NumPy's as one of Python's, NaN as an empty cell."""
    if isinstance(cell, float):
        return None if np.isnan(cell) else float(cell)
    return cell
