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
products             different products ever
average_discount     over lines with amount > 0, weighted by gross = amount / (1 - discount), where
                     a blank discount is 0 and one of 1 has no weight; lines with a discount outside
                     0 to 1 are left out of it
return_rate          sum of the negative amounts, made positive, / sum of the positive ones
frequency            order days after the first
recency_weeks        days from the first to the last order day / 7
age_weeks            days from the first order day to as_of / 7
repeat_value         net of a day's orders, the mean over the order days after the first
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
#: What is told of lines that count.
_ODD = "orders_discount_out_of_range"
#: Numbers beyond this, in either direction, are no data: so no sum or product overflows.
_LARGEST = 1e100
#: Half of what numbers that are compared are rounded to.
_HALF_UNIT = 0.5 / 10**DECIMALS
#: Over fewer calendar quarters no trend is to be seen, over more than a century none is looked for.
_FEWEST_QUARTERS, _MOST_QUARTERS = 4, 400
_DIGITS = 20  # whose square is the most
_QUARTERS, _WEEK = 4, 7
_QUARTER_ENDS = {(3, 31), (6, 30), (9, 30), (12, 31)}
_EPOCH = dt.date(1970, 1, 1)
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
    return _measured(_counting(_judged(lines, as_of)), as_of).drop("without_margin", "shared")


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
    judged = _judged(lines, as_of)
    totals = _totals(judged)
    measured = _measured(_counting(judged), as_of).mutate(key=0)
    told = totals.mutate(key=0).left_join(measured, "key").drop("key", "key_right")
    table: pd.DataFrame = _frame(told)
    kept = table[table["customer_id"].notna()]
    problems = [*_told(table.iloc[0], kept, as_of)]
    if errors := [*_refused(judged, table.iloc[0], kept, as_of)]:
        raise InputError([*errors, *problems])
    frame = kept.set_index("customer_id")[[*MEASURES, *REPEATS]].astype("float64")
    return OrderMeasures(frame.sort_index(), tuple(problems))


def _told(totals: pd.Series[int], kept: pd.DataFrame, as_of: dt.date) -> Iterator[Problem]:
    """What was left out, and what of the rest is not complete."""
    for key in (*_LEFT_OUT, _ODD):
        if count := int(totals[key]):
            severity = Severity.NOTE if key == _LEFT_OUT[0] else Severity.WARNING
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
    counting = _counting(judged)
    if pd.notna(totals["currency_low"]) and totals["currency_low"] != totals["currency_high"]:
        found = _frame(counting.select("currency").distinct())["currency"].dropna()
        details: dict[str, object] = {"currencies": sorted(found)}
        yield Problem(Fault("orders_several_currencies", details=details))
    if shared := int(kept["shared"].sum()):
        orders = _orders(counting)
        some = orders.filter(orders.shared == 1).order_by("order_id").limit(_NAMED)
        details = {"count": shared, "orders": [*_frame(some)["order_id"]]}
        yield Problem(Fault("orders_of_several_customers", details=details))


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

    discount = lines.discount.fill_null(0.0) if "discount" in given else ibis.literal(0.0)
    allowed = (discount > -_HALF_UNIT) & (discount < 1 + _HALF_UNIT)
    amount, margin = number("amount"), number("margin")
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
    weighs = allowed & (discount < 1 - _HALF_UNIT) & (amount > _HALF_UNIT)
    gross = ibis.ifelse(weighs, amount / (1 - discount).nullif(0), None)
    columns = {"customer_id": lines.customer_id, "order_id": lines.order_id}
    columns |= {"day": lines.order_date, "amount": amount, "reason": reason.cast("int32")}
    if "margin" in given:
        columns["margin"] = margin
    if "discount" in given:
        columns |= {"gross": gross, "discounted": gross * discount, "odd": ~allowed}
    if "product_id" in given:
        columns["product_id"] = lines.product_id
    if "currency" in given and "rate" not in given:
        columns["currency"] = lines.currency.upper()
    return lines.select(**columns)


def _counting(judged: ir.Table) -> ir.Table:
    """The lines that count."""
    return judged.filter(judged.reason == 0)


def _totals(judged: ir.Table) -> ir.Table:
    """One row of what has to be told of the lines."""
    ibis = _ibis()
    counts = judged.reason == 0
    sums = {key: (judged.reason == k).sum().fill_null(0) for k, key in enumerate(_LEFT_OUT, 1)}
    sums[_ODD] = ibis.literal(0)
    low = high = ibis.null("string")
    if "odd" in judged.columns:
        sums[_ODD] = (counts & judged.odd).sum().fill_null(0)
    if "currency" in judged.columns:
        low, high = judged.currency.min(where=counts), judged.currency.max(where=counts)
    return judged.agg(**sums, currency_low=low, currency_high=high)


def _orders(counting: ir.Table) -> ir.Table:
    """One row per order."""
    ibis = _ibis()
    amount = counting.amount
    sums = {
        "customer_id": counting.customer_id.min(),
        "customer_high": counting.customer_id.max(),
        "day": counting.day.min(),
        "positive": ibis.ifelse(amount > 0, amount, 0.0).sum(),
        "negative": ibis.ifelse(amount < 0, amount, 0.0).sum(),
    }
    if "margin" in counting.columns:
        sums["margin"] = counting.margin.sum()
        sums["without_margin"] = counting.count() - counting.margin.count()
    if "gross" in counting.columns:
        sums |= {name: counting[name].sum() for name in ("gross", "discounted")}
    orders = counting.group_by("order_id").agg(**sums)
    return orders.mutate(
        net=orders.positive + orders.negative,
        shared=ibis.ifelse(orders.customer_id != orders.customer_high, 1, 0),
    )


def _measured(counting: ir.Table, as_of: dt.date) -> ir.Table:
    """The measures, and what has to be told of each customer."""
    orders = _orders(counting)
    gaps = _gaps(orders)
    parts = [_sums(orders, as_of), gaps, _trends(orders, gaps, as_of)]
    if "product_id" in counting.columns:
        products = counting.product_id.nunique()
        parts.append(counting.group_by("customer_id").agg(products=products))
    joined, *others = parts
    for part in others:
        joined = joined.left_join(part, "customer_id").drop("customer_id_right")
    return _ratios(joined, as_of)


def _sums(orders: ir.Table, as_of: dt.date) -> ir.Table:
    """What is summed over all orders of a customer, or those of some time."""
    ibis = _ibis()
    start, before = (_date(_years_before(as_of, n)) for n in (1, 2))
    this_year, year_before = orders.day > start, (orders.day > before) & (orders.day <= start)
    is_order = orders.net > _HALF_UNIT
    sums = {
        "shared": orders.shared.sum(),
        "turnover_12m": orders.net.sum(where=this_year).fill_null(0.0),
        "turnover_prev_12m": orders.net.sum(where=year_before).fill_null(0.0),
        "orders_per_year": orders.count(where=this_year & is_order),
        "average_order_value": orders.net.mean(where=is_order),
        "positive": orders.positive.sum(),
        "negative": orders.negative.sum(),
    }
    absent: dict[str, ir.Value] = {}
    if "margin" in orders.columns:
        sums["margin"] = orders.margin.sum(where=this_year).fill_null(0.0)
        sums["without_margin"] = orders.without_margin.sum(where=this_year).fill_null(0)
    else:
        absent |= {"margin": _missing(), "without_margin": ibis.literal(0)}
    if "gross" in orders.columns:
        sums |= {name: orders[name].sum() for name in ("gross", "discounted")}
    else:
        absent |= {"gross": _missing(), "discounted": _missing()}
    return orders.group_by("customer_id").agg(**sums).mutate(**absent)


def _gaps(orders: ir.Table) -> ir.Table:
    """What follows from the days on which a customer ordered."""
    ibis = _ibis()
    days = orders.filter(orders.net > _HALF_UNIT).group_by("customer_id", "day")
    days = days.agg(net=orders.net.sum())
    days = days.mutate(number=days.day.delta(_date(_EPOCH), unit="day"))
    earlier = days.number.lag().over(ibis.window(group_by="customer_id", order_by="number"))
    days = days.mutate(gap=days.number - earlier)
    medians = _medians(days.filter(days.gap.notnull()), "gap")
    sums = days.group_by("customer_id").agg(
        first=days.number.min(),
        last=days.number.max(),
        first_day=days.day.min(),
        frequency=days.gap.count(),
        repeat_value=days.net.mean(where=days.gap.notnull()),
        mean_gap=days.gap.mean(),
        spread_of_gaps=days.gap.cast("float64").std(how="sample"),
    )
    return sums.left_join(medians, "customer_id").drop("customer_id_right")


def _trends(orders: ir.Table, gaps: ir.Table, as_of: dt.date) -> ir.Table:
    """The Theil-Sen slope of each customer with enough calendar quarters."""
    end = as_of.year * _QUARTERS + (as_of.month + 2) // 3 + 1
    end -= (as_of.month, as_of.day) not in _QUARTER_ENDS  # the first one that is not complete
    first = _quarter(gaps.first_day)
    count = end - first
    whose = gaps.filter((count >= _FEWEST_QUARTERS) & (count <= _MOST_QUARTERS))
    whose = whose.select("customer_id", first=_quarter(whose.first_day))
    tens, ones = _digits("tens"), _digits("ones")
    past = tens.cross_join(ones).select(quarter=end - 1 - _DIGITS * tens.tens - ones.ones)
    every = whose.join(past, whose["first"] <= past.quarter).select("customer_id", "quarter")
    net = orders.group_by("customer_id", quarter=_quarter(orders.day)).agg(net=orders.net.sum())
    series = every.left_join(net, ["customer_id", "quarter"]).select(
        every.customer_id, every.quarter, net=net.net.fill_null(0.0)
    )
    one, later = series.view(), series.view()
    pairs = one.join(later, [one.customer_id == later.customer_id, one.quarter < later.quarter])
    slope = (later.net - one.net) / (later.quarter - one.quarter).nullif(0)
    pairs = pairs.select(one.customer_id, slope=slope)
    return _medians(pairs, "slope")


def _medians(table: ir.Table, name: str) -> ir.Table:
    """The median of a column for each customer.

    By the engine's own function where it is known to have one, which is faster; SQL Server and
    BigQuery have none.
    """
    ibis = _ibis()
    if _knows_medians(table):
        return table.group_by("customer_id").agg(**{f"median_{name}": table[name].median()})
    own = ibis.window(group_by="customer_id")
    upward = ibis.window(group_by="customer_id", order_by=name)
    twice = 2 * (ibis.row_number().over(upward) + 1)
    placed = table.select("customer_id", name, twice=twice, count=table[name].count().over(own))
    middle = placed.filter(
        (placed.twice >= placed["count"]) & (placed.twice <= placed["count"] + 2)
    )
    return middle.group_by("customer_id").agg(**{f"median_{name}": middle[name].mean()})


def _knows_medians(table: ir.Table) -> bool:
    """Whether the engine computes medians; not known of a table that belongs to none yet."""
    from ibis.common.exceptions import IbisError
    from ibis.expr.operations import Median

    try:
        return bool(table.get_backend().has_operation(Median))
    except IbisError:
        return False


def _digits(name: str) -> ir.Table:
    """The numbers from 0 on, as rows that no engine has to be given."""
    ibis = _ibis()
    return ibis.union(*(ibis.literal(k, "int64").name(name).as_table() for k in range(_DIGITS)))


def _ratios(sums: ir.Table, as_of: dt.date) -> ir.Table:
    """The measures, from the sums."""
    ibis = _ibis()

    def ratio(above: ir.NumericValue, below: ir.NumericValue) -> ir.FloatingValue:
        return above / ibis.ifelse(below > _HALF_UNIT, below, None)

    today = (as_of - _EPOCH).days
    recency = today - sums["last"]
    margin = ibis.ifelse(sums.without_margin == 0, sums.margin, None)
    spread = sums.spread_of_gaps / sums.mean_gap.nullif(0)
    measures = {
        "growth": ratio(sums.turnover_12m, sums.turnover_prev_12m) - 1,
        "margin_12m": margin,
        "margin_rate": ratio(margin, sums.turnover_12m),
        "recency_days": recency,
        "tenure_days": today - sums["first"],
        "regularity_cv": ibis.ifelse(sums.frequency > 1, spread, None),
        "overdue_factor": recency / sums.median_gap.nullif(0),
        "trend": sums.median_slope,
        "products": sums.products if "products" in sums.columns else _missing(),
        "average_discount": ratio(sums.discounted, sums.gross),
        "return_rate": ratio(-sums.negative, sums.positive),
        "recency_weeks": (sums["last"] - sums["first"]) / _WEEK,
        "age_weeks": (today - sums["first"]) / _WEEK,
    }
    made = sums.mutate(**measures)
    numbers = {name: made[name].cast("float64") for name in (*MEASURES, *REPEATS)}
    return made.select("customer_id", "shared", "without_margin", **numbers)


def _quarter(day: ir.DateValue) -> ir.IntegerValue:
    """Calendar quarters, counted so that one follows the other."""
    return (day.year() * _QUARTERS + day.quarter()).cast("int64")


def _frame(table: ir.Table) -> pd.DataFrame:
    """What an engine answers."""
    frame: pd.DataFrame = table.to_pyarrow().to_pandas()
    return frame


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
