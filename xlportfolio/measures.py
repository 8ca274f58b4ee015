"""Everything that orders say of each customer: what was, and what is to be expected."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

import pandas as pd

from xlportfolio import orders
from xlportfolio.errors import Fault, Problem, Severity
from xlportfolio.forecast import FORECASTS, Forecast
from xlportfolio.forecast import forecast as forecast_of

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, slots=True, eq=False)
class CustomerMeasures:
    """What orders say of each customer that has any.

    Attributes
    ----------
    as_of
        The day up to which orders count.
    frame
        One row per customer, shape (n_customers, n_measures), sorted by the index: the customer's
        id as text. The columns are :data:`xlportfolio.orders.MEASURES`, then
        :data:`xlportfolio.forecast.FORECASTS`, then ``repeated``; missing ones are NaN. Under
        BG/NBD ``p_active`` is 1 for whoever never ordered again: ``repeated`` says who did.
    problems
        What was left out, and what the data do not carry.
    forecast
        The models behind the forecast; ``None`` where none was asked for or scipy is missing.
    """

    as_of: dt.date
    frame: pd.DataFrame
    problems: tuple[Problem, ...]
    forecast: Forecast | None = None


def customer_measures(
    lines: ir.Table, as_of: dt.date, *, forecast: bool = True
) -> CustomerMeasures:
    """Everything that orders say of each customer.

    Parameters
    ----------
    lines
        One row per order line, as for :func:`xlportfolio.orders.measure`.
    as_of
        The day up to which orders count.
    forecast
        Whether to forecast too; without scipy (the extra ``forecast``) there is a note instead.

    Raises
    ------
    InputError
        If the orders cannot be used.
    """
    measured = orders.measure(lines, as_of)
    problems, found = list(measured.problems), None
    if forecast and find_spec("scipy") is None:
        problems.append(Problem(Fault("forecast_extra_missing", Severity.NOTE)))
    elif forecast:
        found = forecast_of(measured.frame[list(orders.REPEATS)])
        problems += map(Problem, found.faults)
    frame = measured.frame[list(orders.MEASURES)] + 0.0  # engines may give -0.0
    frame[list(FORECASTS)] = float("nan") if found is None else found.frame
    frame["repeated"] = measured.frame["frequency"] > 0
    return CustomerMeasures(as_of, frame, tuple(problems), found)
