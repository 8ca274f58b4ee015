"""Everything that orders say of each customer: what was, and what is to be expected."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from xlportfolio.errors import Problem


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
    """

    as_of: dt.date
    frame: pd.DataFrame
    problems: tuple[Problem, ...]
