"""The expression itself: lines of orders -> orders -> measures of each customer, in Ibis."""

from __future__ import annotations

import datetime as dt
from types import ModuleType
from typing import TYPE_CHECKING

import pandas as pd

from xlportfolio.errors import Fault, InputError, Problem, XlPortfolioError
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
LEFT_OUT = (
    "orders_after_as_of",
    "orders_without_customer",
    "orders_without_date",
    "orders_without_order_id",
    "orders_without_amount",
)
#: What is told of lines that count.
ODD = "orders_discount_out_of_range"
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


def judge(lines: ir.Table, as_of: dt.date) -> ir.Table:
    """Each line with its amounts, and the reason why it does not count, 0 if it does."""
    ibis = ibis_or_stop()
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


def that_count(judged: ir.Table) -> ir.Table:
    """The lines that count."""
    return judged.filter(judged.reason == 0)


def told_of(judged: ir.Table) -> ir.Table:
    """One row of what has to be told of the lines."""
    ibis = ibis_or_stop()
    counts = judged.reason == 0
    sums = {key: (judged.reason == k).sum().fill_null(0) for k, key in enumerate(LEFT_OUT, 1)}
    sums[ODD] = ibis.literal(0)
    low = high = ibis.null("string")
    if "odd" in judged.columns:
        sums[ODD] = (counts & judged.odd).sum().fill_null(0)
    if "currency" in judged.columns:
        low, high = judged.currency.min(where=counts), judged.currency.max(where=counts)
    return judged.agg(**sums, currency_low=low, currency_high=high)


def per_order(counting: ir.Table) -> ir.Table:
    """One row per order."""
    ibis = ibis_or_stop()
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


def per_customer(counting: ir.Table, as_of: dt.date) -> ir.Table:
    """The measures, and what has to be told of each customer."""
    orders = per_order(counting)
    gaps = _gaps(orders)
    parts = [_sums(orders, as_of), gaps, _trends(orders, gaps, as_of)]
    if "product_id" in counting.columns:
        products = counting.product_id.nunique().nullif(0)
        parts.append(counting.group_by("customer_id").agg(products=products))
    joined, *others = parts
    for part in others:
        joined = joined.left_join(part, "customer_id").drop("customer_id_right")
    return _ratios(joined, as_of)


def _sums(orders: ir.Table, as_of: dt.date) -> ir.Table:
    """What is summed over all orders of a customer, or those of some time."""
    ibis = ibis_or_stop()
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
    ibis = ibis_or_stop()
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
    ibis = ibis_or_stop()
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
    ibis = ibis_or_stop()
    return ibis.union(*(ibis.literal(k, "int64").name(name).as_table() for k in range(_DIGITS)))


def _ratios(sums: ir.Table, as_of: dt.date) -> ir.Table:
    """The measures, from the sums."""
    ibis = ibis_or_stop()

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


def answer(table: ir.Table) -> pd.DataFrame:
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
    return ibis_or_stop().date(day.isoformat())


def _missing() -> ir.FloatingValue:
    return ibis_or_stop().null("float64")


def ibis_or_stop() -> ModuleType:
    """Ibis, which the extra ``orders`` installs."""
    try:
        import ibis
    except ImportError:
        raise XlPortfolioError("orders_extra_missing") from None
    module: ModuleType = ibis
    return module
