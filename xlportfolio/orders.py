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
from types import ModuleType
from typing import TYPE_CHECKING

import pandas as pd

from xlportfolio.errors import Fault, InputError, Problem, Severity, XlPortfolioError
from xlportfolio.scoring import DECIMALS

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
#: What keeps a line from counting, in this order: as of a day, whatever else is wrong with a later
#: line must not matter. A line's reason is its place here, from 1; 0 counts.
_LEFT_OUT = (
    "orders_after_as_of",
    "orders_without_customer",
    "orders_without_date",
    "orders_without_order_id",
    "orders_without_amount",
)
#: Numbers beyond this, in either direction, are no data: so no sum or product overflows.
_LARGEST = 1e100
#: Half of what numbers that are compared are rounded to.
_HALF_UNIT = 0.5 / 10**DECIMALS
#: Over fewer calendar quarters no trend is to be seen, over more than a century none is looked for.
_FEWEST_QUARTERS, _MOST_QUARTERS = 4, 400
_QUARTERS, _WEEK = 4, 7
_QUARTER_ENDS = {(3, 31), (6, 30), (9, 30), (12, 31)}
_EPOCH = dt.date(1970, 1, 1)
#: Sums of orders that are summed on over days and customers.
_MONEY = ("positive", "negative", "margin", "gross", "discounted", "odd_discount")
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
    counted = _counted(lines, as_of)
    return counted.filter(counted.reason == 0).select("customer_id", *MEASURES, *REPEATS)


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
    counted: pd.DataFrame = _counted(lines, as_of).to_pyarrow().to_pandas()
    kept = counted[counted["reason"] == 0]
    problems = [*_left_out(counted, as_of), *_told(kept)]
    errors = [*_refused(lines, kept, as_of)]
    if errors:
        raise InputError([*errors, *problems])
    frame = kept.set_index("customer_id")[[*MEASURES, *REPEATS]].astype("float64")
    frame.index = frame.index.astype("str")
    return OrderMeasures(frame.sort_index(), tuple(problems))


def _left_out(counted: pd.DataFrame, as_of: dt.date) -> Iterator[Problem]:
    """How many lines do not count, for each reason."""
    lines = counted.groupby("reason")["lines"].sum()
    for reason, key in enumerate(_LEFT_OUT, 1):
        if reason in lines.index:
            severity = Severity.NOTE if reason == 1 else Severity.WARNING
            details: dict[str, object] = {"lines": int(lines[reason])}
            yield Problem(Fault(key, severity, details=details | {"as_of": as_of}))


def _told(kept: pd.DataFrame) -> Iterator[Problem]:
    """What of the lines that count is not complete."""
    if odd := int(kept["odd_discounts"].sum()):
        yield Problem(
            Fault("orders_discount_out_of_range", Severity.WARNING, details={"lines": odd})
        )
    if partly := int((kept["without_margin"] > 0).sum()):
        details = {"customers": partly}
        yield Problem(Fault("orders_margin_incomplete", Severity.NOTE, details=details))


def _refused(lines: ir.Table, kept: pd.DataFrame, as_of: dt.date) -> Iterator[Problem]:
    """Why there are no measures, or why they would be wrong."""
    if kept.empty:
        yield Problem(Fault("orders_none", details={"as_of": as_of}))
    if kept["currency_low"].notna().any() and (
        kept["currency_low"].dropna().min() != kept["currency_high"].dropna().max()
    ):
        judged = _judged(lines, as_of)
        found = (
            judged.filter(judged.reason == 0).select("currency").distinct().to_pyarrow().to_pandas()
        )
        details: dict[str, object] = {"currencies": sorted(found["currency"].dropna())}
        yield Problem(Fault("orders_several_currencies", details=details))
    if shared := int(kept["shared"].sum()):
        orders = _orders(_judged(lines, as_of))
        some = (
            orders.filter(orders.shared == 1)
            .order_by("order_id")
            .limit(_NAMED)
            .to_pyarrow()
            .to_pandas()
        )
        details = {"count": shared, "orders": [*some["order_id"]]}
        yield Problem(Fault("orders_of_several_customers", details=details))


def _counted(lines: ir.Table, as_of: dt.date) -> ir.Table:
    """The measures, and what has to be told of the lines: one query for both.

    ``reason`` is 0 in the row of a customer. A row with another reason holds nothing but the number
    of lines that were left out for it.
    """
    judged = _judged(lines, as_of)
    days = _days(_orders(judged))
    sums = _sums(days, as_of)
    counted = sums.left_join(_trends(days, sums, as_of), "customer_id").drop("customer_id_right")
    if "product_id" in judged.columns:
        counted = counted.left_join(_products(judged), "customer_id").drop("customer_id_right")
    else:
        counted = counted.mutate(products=_missing())
    return _ratios(counted, as_of)


def _judged(lines: ir.Table, as_of: dt.date) -> ir.Table:
    """Each line with its amounts, and the reason why it does not count, 0 if it does."""
    ibis = _ibis()
    given = set(lines.columns)
    priced = {"quantity", "unit_price"} <= given
    needed = ("order_id", "customer_id", "order_date", *(() if priced else ("amount",)))
    if absent := [name for name in needed if name not in given]:
        raise InputError([Problem(Fault("orders_column_missing", details={"columns": absent}))])

    def number(name: str) -> ir.FloatingValue:
        if name not in given:
            return _missing()
        # false for NaN too, whether an engine ranks it above all numbers or equal to none
        return ibis.ifelse(lines[name].abs() <= _LARGEST, lines[name], None)

    amount, margin, discount = number("amount"), number("margin"), ibis.literal(0.0)
    allowed = ibis.literal(value=True)
    if "discount" in given:
        discount = lines.discount.fill_null(0.0)
        allowed = (discount > -_HALF_UNIT) & (discount < 1 + _HALF_UNIT)
    if priced:
        net = number("quantity") * number("unit_price") * (1 - discount)
        amount = ibis.coalesce(amount, ibis.ifelse(allowed, net, None))
    if "rate" in given:
        amount, margin = amount * number("rate"), margin * number("rate")
    reasons = (
        lines.order_date > _date(as_of),
        lines.customer_id.isnull(),
        lines.order_date.isnull(),
        lines.order_id.isnull(),
        amount.isnull(),
    )
    reason = ibis.cases(*((is_so, k) for k, is_so in enumerate(reasons, 1)), else_=0)
    columns = {
        "reason": reason.cast("int32"),
        "order_id": lines.order_id,
        "customer_id": lines.customer_id,
        "day": lines.order_date,
        "amount": amount,
    }
    if "margin" in given:
        columns["margin"] = margin
    if "discount" in given:
        weighs = allowed & (discount < 1 - _HALF_UNIT) & (amount > _HALF_UNIT)
        columns["gross"] = ibis.ifelse(weighs, amount / (1 - discount).nullif(0), None)
        columns["discounted"] = columns["gross"] * discount
        columns["odd_discount"] = (~allowed).cast("int64")
    if "product_id" in given:
        columns["product_id"] = lines.product_id
    if "currency" in given and "rate" not in given:
        columns["currency"] = lines.currency.upper()
    return lines.select(**columns)


def _orders(judged: ir.Table) -> ir.Table:
    """One row per order; and for each reason one of all the lines that were left out for it."""
    ibis = _ibis()
    judged = judged.mutate(order_id=ibis.ifelse(judged.reason == 0, judged.order_id, None))
    sums = {
        "customer_id": judged.customer_id.min(),
        "customer_high": judged.customer_id.max(),
        "day": judged.day.min(),
        "lines": judged.count(),
        "positive": ibis.ifelse(judged.amount > 0, judged.amount, 0.0).sum(),
        "negative": ibis.ifelse(judged.amount < 0, judged.amount, 0.0).sum(),
    }
    if "margin" in judged.columns:
        sums |= {"margin": judged.margin.sum(), "with_margin": judged.margin.count()}
    if "gross" in judged.columns:
        sums |= {name: judged[name].sum() for name in ("gross", "discounted", "odd_discount")}
    if "currency" in judged.columns:
        sums |= {"currency_low": judged.currency.min(), "currency_high": judged.currency.max()}
    orders = judged.group_by("reason", "order_id").agg(**sums)
    counts = orders.reason == 0
    return orders.mutate(
        customer_id=ibis.ifelse(counts, orders.customer_id, None),
        day=ibis.ifelse(counts, orders.day, None),
        shared=(counts & (orders.customer_id != orders.customer_high)).cast("int64"),
        net=orders.positive + orders.negative,
    )


def _days(orders: ir.Table) -> ir.Table:
    """One row per customer and day, with the gap to the order day before."""
    ibis = _ibis()
    is_order = orders.net > _HALF_UNIT
    sums = {
        name: orders[name].sum()
        for name in ("lines", "shared", "net", *_MONEY)
        if name in orders.columns
    }
    sums["orders"] = is_order.cast("int64").sum()
    sums["ordered"] = ibis.ifelse(is_order, orders.net, None).sum()
    if "margin" in orders.columns:
        sums["without_margin"] = (orders.lines - orders.with_margin).sum()
    sums |= _currencies(orders)
    days = orders.group_by("reason", "customer_id", "day").agg(**sums)
    days = days.mutate(
        is_order_day=days.orders > 0,
        number=days.day.delta(_date(_EPOCH), unit="day"),
        quarter=(days.day.year() * _QUARTERS + days.day.quarter() - 1).cast("int64"),
    )
    alike = ibis.window(group_by=["reason", "customer_id", "is_order_day"], order_by="number")
    gap = days.number - days.number.lag().over(alike)
    return days.mutate(gap=ibis.ifelse(days.is_order_day, gap, None))


def _sums(days: ir.Table, as_of: dt.date) -> ir.Table:
    """One row per customer, and one per reason to leave lines out: what is summed over days."""
    start, before = (_date(_years_before(as_of, n)) for n in (1, 2))
    this_year, year_before = days.day > start, (days.day > before) & (days.day <= start)
    first, last = (number(where=days.is_order_day) for number in (days.number.min, days.number.max))
    sums = {name: days[name].sum() for name in ("lines", "shared", *_MONEY) if name in days.columns}
    sums |= {
        "turnover_12m": days.net.sum(where=this_year).fill_null(0.0),
        "turnover_prev_12m": days.net.sum(where=year_before).fill_null(0.0),
        "orders_per_year": days.orders.sum(where=this_year).fill_null(0),
        "average_order_value": days.ordered.sum() / days.orders.sum().nullif(0),
        "first": first,
        "last": last,
        "first_quarter": days.quarter.min(where=days.is_order_day),
        "frequency": days.gap.count(),
        "repeat_value": days.ordered.mean(where=days.gap.notnull()),
        "mean_gap": days.gap.mean(),
        "spread_of_gaps": days.gap.cast("float64").std(how="sample"),
        "median_gap": days.gap.median(),
    }
    if "margin" in days.columns:
        sums["margin"] = days.margin.sum(where=this_year).fill_null(0.0)
        sums["without_margin"] = days.without_margin.sum(where=this_year).fill_null(0)
    return days.group_by("reason", "customer_id").agg(**sums, **_currencies(days))


def _ratios(sums: ir.Table, as_of: dt.date) -> ir.Table:
    """The measures, from the sums."""
    ibis = _ibis()
    given = {*sums.columns}

    def ratio(above: ir.NumericValue, below: ir.NumericValue) -> ir.FloatingValue:
        return above / ibis.ifelse(below > _HALF_UNIT, below, None)

    today = (as_of - _EPOCH).days
    margin = rate = discount = _missing()
    if "margin" in given:
        margin = ibis.ifelse(sums.without_margin == 0, sums.margin, None)
        rate = ratio(margin, sums.turnover_12m)
    if "gross" in given:
        discount = ratio(sums.discounted, sums.gross)
    measures = {
        "growth": ratio(sums.turnover_12m, sums.turnover_prev_12m) - 1,
        "margin_12m": margin,
        "margin_rate": rate,
        "recency_days": today - sums["last"],
        "tenure_days": today - sums["first"],
        "regularity_cv": ibis.ifelse(
            sums.frequency > 1, sums.spread_of_gaps / sums.mean_gap.nullif(0), None
        ),
        "overdue_factor": (today - sums["last"]) / sums.median_gap.nullif(0),
        "average_discount": discount,
        "return_rate": ratio(-sums.negative, sums.positive),
        "frequency": ibis.ifelse(sums["last"].notnull(), sums.frequency, None),
        "recency_weeks": (sums["last"] - sums["first"]) / _WEEK,
        "age_weeks": (today - sums["first"]) / _WEEK,
    }
    told = {
        "odd_discounts": sums.odd_discount if "odd_discount" in given else ibis.literal(0),
        "without_margin": sums.without_margin if "margin" in given else ibis.literal(0),
        **{
            name: sums[name] if name in given else ibis.null("string")
            for name in ("currency_low", "currency_high")
        },
    }
    made = sums.mutate(**measures, **told)
    numbers = {name: made[name].cast("float64") for name in (*MEASURES, *REPEATS)}
    return made.select("customer_id", "reason", "lines", "shared", *told, **numbers)


def _trends(days: ir.Table, sums: ir.Table, as_of: dt.date) -> ir.Table:
    """The Theil-Sen slope of each customer with enough calendar quarters."""
    ibis = _ibis()
    end = as_of.year * _QUARTERS + (as_of.month - 1) // 3 + 1
    end -= (as_of.month, as_of.day) not in _QUARTER_ENDS  # the last complete one, and one more
    count = end - sums.first_quarter
    whose = sums.filter((count >= _FEWEST_QUARTERS) & (count <= _MOST_QUARTERS))
    each = ibis.range(whose.first_quarter, ibis.literal(end, "int64")).unnest()
    grid = whose.select("customer_id", quarter=each)
    net = days.filter(days.reason == 0).group_by("customer_id", "quarter").agg(net=days.net.sum())
    series = grid.left_join(net, ["customer_id", "quarter"]).select(
        grid.customer_id, grid.quarter, net=net.net.fill_null(0.0)
    )
    later = series.view()
    pairs = series.join(
        later, [series.customer_id == later.customer_id, series.quarter < later.quarter]
    ).select(
        series.customer_id,
        slope=(later.net - series.net) / (later.quarter - series.quarter).nullif(0),
    )
    return pairs.group_by("customer_id").agg(trend=pairs.slope.median())


def _products(judged: ir.Table) -> ir.Table:
    """How many different products each customer bought."""
    counts = judged.filter(judged.reason == 0)
    return counts.group_by("customer_id").agg(products=counts.product_id.nunique())


def _currencies(table: ir.Table) -> dict[str, ir.Value]:
    """The first and the last currency by the alphabet: alike if there is one."""
    if "currency_low" not in table.columns:
        return {}
    return {"currency_low": table.currency_low.min(), "currency_high": table.currency_high.max()}


def _years_before(day: dt.date, years: int) -> dt.date:
    """The same day years before; of 29 February, 28 February.

    >>> _years_before(dt.date(2024, 2, 29), 1)
    datetime.date(2023, 2, 28)
    """
    year = day.year - years
    if year < dt.MINYEAR:
        return dt.date.min
    is_leap_day = (day.month, day.day) == (2, 29)
    return day.replace(year=year, day=28) if is_leap_day else day.replace(year=year)


def _date(day: dt.date) -> ir.DateValue:
    return _ibis().date(day.isoformat())


def _missing() -> ir.FloatingValue:
    return _ibis().null("float64")


def _ibis() -> ModuleType:
    """Ibis, which the extra ``orders`` installs."""
    try:
        import ibis
    except ImportError:
        raise XlPortfolioError("orders_extra_missing") from None
    module: ModuleType = ibis
    return module
