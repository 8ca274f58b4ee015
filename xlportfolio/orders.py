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
discount)``, where a blank discount is 0 and one outside 0 to 1 leaves no amount. Where there is a
column with rates, amounts and margins are multiplied by them, and a line without rate has no
amount. Numbers that are not finite, or beyond 1e100, are missing.

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
average_order_value  net amount of an order, the mean over all orders that count as such
regularity_cv        standard deviation (ddof 1) / mean of the gaps between order days that follow
                     each other; missing below two gaps
overdue_factor       recency_days / median gap; missing without a gap
trend                Theil-Sen slope, the median of the slopes between all pairs, of net turnover
                     per calendar quarter, from that of the first order to the last one complete at
                     as_of, an empty one 0; missing below 4 quarters and above 400
products             different products ever; missing where no line names one
average_discount     over lines with amount > 0, weighted by gross = amount / (1 - discount), where
                     a blank discount is 0 and one of 1 has no weight; lines with a discount outside
                     0 to 1 are left out of it
return_rate          sum of the negative amounts, made positive, / sum of the positive ones
frequency            order days after the first
recency_weeks        days from the first to the last order day / 7
age_weeks            days from the first order day to as_of / 7
repeat_value         net of a day's orders, the mean over the order days after the first
==================== ===============================================================================

A measure whose column is not there, or blank throughout, is missing for everybody. Money is in the
currency of the orders, rates are fractions.

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
from typing import TYPE_CHECKING

import pandas as pd

from xlportfolio.errors import Fault, InputError, Problem, Severity
from xlportfolio.order_expression import (
    LEFT_OUT,
    MEASURES,
    ODD,
    REPEATS,
    answer,
    ibis_or_stop,
    judge,
    per_customer,
    per_order,
    that_count,
    told_of,
)

if TYPE_CHECKING:
    import ibis.expr.types as ir

__all__ = ["MEASURES", "REPEATS", "OrderMeasures", "expression", "measure"]

#: Columns without which orders can be measured.
_OPTIONAL = ("amount", "margin", "product_id", "quantity", "discount", "rate", "unit_price")
#: How many order ids a message names.
_NAMED = 5


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
    """The measures of each customer that has a line that counts, not yet computed.

    Parameters
    ----------
    lines
        One row per line of an order, the columns named by the keys of tblOrders in the contract:
        ``order_id``, ``customer_id``, ``product_id``, ``currency`` (text, trimmed, blank is NULL),
        ``order_date`` (date), ``amount``, ``margin``, ``quantity``, ``discount`` (0 to 1),
        ``rate``, ``unit_price``. Only the first three of them and an amount, or a quantity and a
        unit price, have to be there.
    as_of
        The last day that counts.

    Returns
    -------
    ibis.expr.types.Table
        ``customer_id``, :data:`MEASURES`, :data:`REPEATS`; numbers as float64, NULL = missing, in
        any order. An order of several customers is given to one of them: :func:`measure` refuses
        such orders, and amounts in several currencies.

    Raises
    ------
    InputError
        If a column that has to be there is not.
    XlPortfolioError
        If the extra ``orders`` is not installed.
    """
    return per_customer(that_count(judge(lines, as_of)), as_of).drop("without_margin", "shared")


def measure(lines: ir.Table, as_of: dt.date) -> OrderMeasures:
    """Compute the measures where the lines are.

    Parameters
    ----------
    lines, as_of
        As for :func:`expression`.

    Raises
    ------
    InputError
        If there is no line that counts, if an order id belongs to several customers, or if there
        are several currencies without a column of rates.
    XlPortfolioError
        If the extra ``orders`` is not installed.

    Examples
    --------
    >>> import ibis
    >>> import pyarrow as pa
    >>> lines = {
    ...     "order_id": ["1", "2", "3"],
    ...     "customer_id": ["A", "A", "B"],
    ...     "order_date": [dt.date(2025, 3, 1), dt.date(2025, 9, 1), dt.date(2023, 5, 1)],
    ...     "amount": [100.0, 300.0, 50.0],
    ... }
    >>> measured = measure(ibis.memtable(pa.table(lines)), dt.date(2025, 12, 31))
    >>> measured.frame[["turnover_12m", "recency_days", "average_order_value"]]
                 turnover_12m  recency_days  average_order_value
    customer_id
    A                   400.0         121.0                200.0
    B                     0.0         975.0                 50.0
    """
    judged = judge(_without_blank(lines), as_of)
    totals = told_of(judged)
    measured = per_customer(that_count(judged), as_of).mutate(key=0)
    told = totals.mutate(key=0).left_join(measured, "key").drop("key", "key_right")
    table: pd.DataFrame = answer(told)
    kept = table[table["customer_id"].notna()]
    problems = [*_told(table.iloc[0], kept, as_of)]
    if errors := [*_refused(judged, table.iloc[0], kept, as_of)]:
        raise InputError([*errors, *problems])
    frame = kept.set_index("customer_id")[[*MEASURES, *REPEATS]].astype("float64")
    return OrderMeasures(frame.sort_index(), tuple(problems))


def _without_blank(lines: ir.Table) -> ir.Table:
    """Without optional columns that are blank throughout, as in a table that only offers them."""
    ibis_or_stop()
    given = [name for name in _OPTIONAL if name in lines.columns]
    if not given:
        return lines
    filled = answer(lines.agg(**{name: lines[name].count() for name in given})).iloc[0]
    blank = [name for name in given if not filled[name]]
    # nothing filled at all: then there are no amounts or no lines, which is told as such
    return lines.drop(*blank) if 0 < len(blank) < len(given) else lines


def _told(totals: pd.Series[int], kept: pd.DataFrame, as_of: dt.date) -> Iterator[Problem]:
    """What was left out, and what of the rest is not complete."""
    for key in (*LEFT_OUT, ODD):
        if count := int(totals[key]):
            severity = Severity.NOTE if key == LEFT_OUT[0] else Severity.WARNING
            yield Problem(Fault(key, severity, details={"lines": count, "as_of": as_of}))
    if partly := int((kept["without_margin"] > 0).sum()):
        details = {"customers": partly}
        yield Problem(Fault("orders_margin_incomplete", Severity.NOTE, details=details))


def _refused(
    judged: ir.Table, totals: pd.Series[str], kept: pd.DataFrame, as_of: dt.date
) -> Iterator[Problem]:
    """Why there are no measures, or why they would be wrong."""
    if kept.empty:
        yield Problem(Fault("orders_none", details={"as_of": as_of}))
    counting = that_count(judged)
    if pd.notna(totals["currency_low"]) and totals["currency_low"] != totals["currency_high"]:
        found = answer(counting.select("currency").distinct())["currency"].dropna()
        details: dict[str, object] = {"currencies": sorted(found)}
        yield Problem(Fault("orders_several_currencies", details=details))
    if shared := int(kept["shared"].sum()):
        orders = per_order(counting)
        some = orders.filter(orders.shared == 1).order_by("order_id").limit(_NAMED)
        details = {"count": shared, "orders": [*answer(some)["order_id"]]}
        yield Problem(Fault("orders_of_several_customers", details=details))
