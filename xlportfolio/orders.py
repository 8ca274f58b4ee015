"""Orders -> measures of each customer, as one expression that many engines compute.

The expression is written once, with Ibis. DuckDB computes it in this process; PostgreSQL, Spark
and others compute it where the orders lie, and only one row per customer comes back.

**Which lines count.** Lines dated after the day of the analysis are left out first, each by its own
date; then those without customer, without date, without order id, and without amount. So what is
measured as of a day stays the same when the source is filled up with later lines. What is left of
an order is dated by its earliest line, and its whole net amount counts on that day. An order with
a net amount of 0 or less, such as a return, counts in sums of money alone: not for recency, gaps,
tenure, or the number of orders.

**Amounts.** A line's net total after discount as given, else ``quantity * unit_price * (1 -
discount)``, where a blank discount is 0. Where there is a column with rates, amounts and margins
are multiplied by them, and a line without rate has no amount. Numbers that are not finite, or
beyond 1e100, are missing.

**Lines that are there twice** count twice: nothing tells a second position of the same article
from a line that was exported again.

==================== ===============================================================================
measure              exactly
==================== ===============================================================================
turnover_12m         net, of the days after the same day 12 months before as_of, up to and
                     including as_of (of 29 February, 28 February); 0 where orders are older
turnover_prev_12m    net, of the 12 months before that; 0 where there is nothing
growth               turnover_12m / turnover_prev_12m - 1, missing where the latter is 0 or less
margin_12m           sum of margins in the 12 months; missing where one of the lines has none: part
                     of a sum would mislead
margin_rate          margin_12m / turnover_12m, missing where the latter is 0 or less
recency_days         days from the last order to as_of
tenure_days          days from the first order to as_of
orders_per_year      orders in the 12 months
average_order_value  net amount of an order, the mean over all orders
regularity_cv        standard deviation (ddof 1) / mean of the gaps between order days that follow
                     each other; missing below two gaps
overdue_factor       recency_days / median gap; missing without a gap
trend                Theil-Sen slope, the median of the slopes between all pairs, of net turnover
                     per calendar quarter, from that of the first order to the last one complete at
                     as_of, an empty one 0; missing below 4 quarters and above 400
products             different products ever
average_discount     over lines with amount > 0, weighted by gross = amount / (1 - discount), where
                     a blank discount is 0 and one of 1 has no weight; lines with a discount outside
                     0 to 1 are left out of it
return_rate          sum of the negative amounts, made positive, / sum of the positive ones
==================== ===============================================================================

A measure whose column is not there is missing for everybody. Money is in the currency of the
orders, rates are fractions.

References
----------
Theil, H. (1950): A rank-invariant method of linear and polynomial regression analysis. Proceedings
of the Royal Netherlands Academy of Sciences 53, 386-392, 521-525, 1397-1412.

Sen, P. K. (1968): Estimates of the regression coefficient based on Kendall's tau. Journal of the
American Statistical Association 63, 1379-1389.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from xlportfolio.errors import Fault, InputError, Problem, Severity, XlPortfolioError

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: The measures that follow from orders alone, in the order in which they are shown.
MEASURES = (
    "turnover_12m",
    "turnover_prev_12m",
    "growth",
    "margin_12m",
    "margin_rate",
    "recency_days",
    "tenure_days",
    "orders_per_year",
    "average_order_value",
    "regularity_cv",
    "overdue_factor",
    "trend",
    "products",
    "average_discount",
    "return_rate",
)
#: What the forecast takes: repeat order days; weeks from the first to the last of them and to the
#: day of the forecast; the mean net amount of a repeat day.
REPEATS = ("frequency", "recency_weeks", "age_weeks", "repeat_value")


@dataclass(frozen=True, slots=True, eq=False)
class OrderMeasures:
    """What the orders say of each customer that has any.

    Attributes
    ----------
    frame
        One row per customer, shape (n_customers, 19), sorted by the index: the customer's id as
        text. The columns are :data:`MEASURES`, then :data:`REPEATS`; missing ones are NaN.
    problems
        What was left out: warnings and notes.
    """

    frame: pd.DataFrame
    problems: tuple[Problem, ...]


def expression(lines: ir.Table, as_of: dt.date) -> ir.Table:
    """The measures of each customer that has a line that counts, not yet computed."""
    raise NotImplementedError


def measure(lines: ir.Table, as_of: dt.date) -> OrderMeasures:
    """Compute the measures where the lines are."""
    raise NotImplementedError
