"""Order lines as exports hold them, odd ones too, and their measures in plain Python.

The measures follow the words of the table in ``xlportfolio.orders``, one customer and one measure
after the other, by loops and the module statistics: slow, and easy to check by reading.
"""

from __future__ import annotations

import calendar
import datetime as dt
import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from random import Random
from typing import Any

import pandas as pd
import pyarrow as pa

from xlportfolio.orders import MEASURES, REPEATS

Line = Mapping[str, Any]

COLUMNS: Mapping[str, pa.DataType] = {
    "order_id": pa.string(),
    "customer_id": pa.string(),
    "order_date": pa.date32(),
    "product_id": pa.string(),
    "currency": pa.string(),
    "amount": pa.float64(),
    "margin": pa.float64(),
    "quantity": pa.float64(),
    "discount": pa.float64(),
    "rate": pa.float64(),
    "unit_price": pa.float64(),
}


_OPTIONAL = {"amount", "margin", "product_id", "quantity", "discount", "rate", "unit_price"}


def arrow(lines: Sequence[Line], columns: Iterable[str] | None = None) -> pa.Table:
    """Lines as a table: None is NULL, NaN stays NaN."""
    names = list(lines[0] if columns is None else columns)
    return pa.table(
        {name: pa.array([line[name] for line in lines], COLUMNS[name]) for name in names}
    )


def reference(lines: Sequence[Line], as_of: dt.date) -> pd.DataFrame:
    """The measures of each customer that has a line that counts."""
    lines = _without_blank(lines)
    columns = set(lines[0]) if lines else set()
    known: dict[str, list[dict[str, Any]]] = {}
    for line in lines:
        amount = _amount(line)
        ids = line["customer_id"], line["order_id"], line["order_date"]
        if amount is None or None in ids or line["order_date"] > as_of:
            continue
        rate = line.get("rate", 1.0)
        margin = _number(line.get("margin"))
        margin = None if margin is None else margin * rate
        kept = {**line, "amount": amount, "margin": margin}
        known.setdefault(line["customer_id"], []).append(kept)
    rows = {customer: _measures(own, columns, as_of) for customer, own in known.items()}
    frame = pd.DataFrame.from_dict(rows, orient="index", columns=[*MEASURES, *REPEATS])
    return frame.astype("float64").sort_index().rename_axis("customer_id")


def _without_blank(lines: Sequence[Line]) -> Sequence[Line]:
    """A column that no line fills says nothing; without any amounts, nothing does."""
    optional = [name for name in lines[0] if name in _OPTIONAL] if lines else []
    blank = {name for name in optional if all(line[name] is None for line in lines)}
    if blank == {*optional}:
        return lines
    return [{name: line[name] for name in line if name not in blank} for line in lines]


def _number(found: float | None) -> float | None:
    return found if found is not None and math.isfinite(found) else None


def _discount(line: Line) -> float | None:
    """The discount, 0 if blank, None if it is none."""
    found = line.get("discount")
    if found is None:
        return 0.0
    return found if 0 <= found <= 1 else None


def _amount(line: Line) -> float | None:
    amount = _number(line.get("amount"))
    if amount is None:
        parts = _number(line.get("quantity")), _number(line.get("unit_price")), _discount(line)
        if None in parts:
            return None
        quantity, price, discount = parts
        assert quantity is not None
        assert price is not None
        assert discount is not None
        amount = quantity * price * (1 - discount)
    if "rate" in line:
        rate = _number(line["rate"])
        return None if rate is None else amount * rate
    return amount


def year_before(day: dt.date) -> dt.date:
    last = calendar.monthrange(day.year - 1, day.month)[1]
    return dt.date(day.year - 1, day.month, min(day.day, last))


def _quarter(day: dt.date) -> int:
    return day.year * 4 + (day.month - 1) // 3


def _measures(lines: Sequence[Line], columns: set[str], as_of: dt.date) -> dict[str, float | None]:
    start = year_before(as_of)
    before = year_before(start)
    orders: dict[str, list[Line]] = {}
    for line in lines:
        orders.setdefault(line["order_id"], []).append(line)
    dated = [
        (min(line["order_date"] for line in own), sum(line["amount"] for line in own), own)
        for own in orders.values()
    ]
    real = [(day, net) for day, net, _ in dated if round(net, 9) > 0]
    found: dict[str, float | None] = dict.fromkeys((*MEASURES, *REPEATS))
    turnover = sum(net for day, net, _ in dated if day > start)
    previous = sum(net for day, net, _ in dated if before < day <= start)
    found["turnover_12m"], found["turnover_prev_12m"] = turnover, previous
    if round(previous, 9) > 0:
        found["growth"] = turnover / previous - 1
    margins = [line["margin"] for day, _, own in dated if day > start for line in own]
    if "margin" in columns and None not in margins:
        found["margin_12m"] = sum(margins)
        if round(turnover, 9) > 0:
            found["margin_rate"] = sum(margins) / turnover
    found["orders_per_year"] = sum(day > start for day, _ in real)
    if "product_id" in columns:
        found["products"] = len({line["product_id"] for line in lines} - {None}) or None
    found |= _of_days(real, as_of)
    if real:
        found["trend"] = _trend(dated, min(day for day, _ in real), as_of)
    if "discount" in columns:
        weights = [
            (line["amount"] / (1 - discount), discount)
            for line in lines
            if (discount := _discount(line)) is not None and line["amount"] > 0 and discount < 1
        ]
        if weights:
            total = sum(gross for gross, _ in weights)
            found["average_discount"] = sum(gross * part for gross, part in weights) / total
    positive = sum(line["amount"] for line in lines if line["amount"] > 0)
    negative = sum(line["amount"] for line in lines if line["amount"] < 0)
    if positive > 0:
        found["return_rate"] = -negative / positive
    return found


def _of_days(real: Sequence[tuple[dt.date, float]], as_of: dt.date) -> dict[str, float | None]:
    """What follows from the days with orders."""
    if not real:
        return {}
    days = sorted({day for day, _ in real})
    recency = (as_of - days[-1]).days
    gaps = [(b - a).days for a, b in pairwise(days)]
    nets = [sum(net for day, net in real if day == of) for of in days[1:]]
    return {
        "recency_days": recency,
        "tenure_days": (as_of - days[0]).days,
        "average_order_value": statistics.fmean(net for _, net in real),
        "regularity_cv": statistics.stdev(gaps) / statistics.mean(gaps) if len(gaps) > 1 else None,
        "overdue_factor": recency / statistics.median(gaps) if gaps else None,
        "frequency": len(days) - 1,
        "recency_weeks": (days[-1] - days[0]).days / 7,
        "age_weeks": (as_of - days[0]).days / 7,
        "repeat_value": statistics.fmean(nets) if nets else None,
    }


def _trend(
    dated: Sequence[tuple[dt.date, float, Any]], first: dt.date, as_of: dt.date
) -> float | None:
    after = _quarter(as_of + dt.timedelta(days=1))  # its quarter is not complete
    quarters = range(_quarter(first), after)
    if len(quarters) < 4:
        return None
    nets = [sum(net for day, net, _ in dated if _quarter(day) == k) for k in quarters]
    return statistics.median(
        (nets[j] - nets[i]) / (j - i) for i in range(len(nets)) for j in range(i + 1, len(nets))
    )


def odd_lines(seed: int, customers: int, columns: Sequence[str], as_of: dt.date) -> list[Line]:
    """Lines of customers of all kinds: few or many orders, returns, days shared, blanks, NaN."""
    random = Random(seed)
    lines: list[Line] = []
    for customer in range(customers):
        days = random.choice((5, 60, 900, 1500))
        for order in range(random.choice((1, 1, 2, 3, 5, 12))):
            day = as_of - dt.timedelta(days=random.randrange(-3, days))
            lines += [
                _odd_line(random, f"C{customer}", f"{customer}-{order}", day)
                for _ in range(random.choice((1, 1, 2, 4)))
            ]
    for edge in (as_of, year_before(as_of), year_before(year_before(as_of))):
        for off in (-1, 0, 1):
            day = edge + dt.timedelta(days=off)
            lines.append({**_odd_line(random, "edge", f"{edge}{off}", day), "amount": 10.0})
    return [{name: line[name] for name in columns} for line in lines]


def _odd_line(random: Random, customer: str, order: str, day: dt.date) -> dict[str, Any]:
    odd = random.random
    amount = random.choice((1, 1, 1, 1, -1)) * random.choice((10.0, 0.1, round(500 * odd(), 2)))
    return {
        "order_id": order if odd() > 0.02 else None,
        "customer_id": customer if odd() > 0.02 else None,
        "order_date": day + dt.timedelta(days=random.choice((0, 0, 0, 1)))
        if odd() > 0.02
        else None,
        "product_id": f"P{random.randrange(6)}" if odd() > 0.1 else None,
        "currency": "EUR" if odd() > 0.1 else None,
        "amount": amount if odd() > 0.1 else random.choice((None, math.nan, math.inf, 0.0)),
        "margin": amount * 0.3 if odd() > 0.03 else random.choice((None, math.nan)),
        "quantity": float(random.randrange(-2, 9)) if odd() > 0.1 else None,
        "discount": random.choice((None, 0.0, 0.05, 0.25, 1.0) * 4 + (-0.1, 1.5, math.nan)),
        "rate": random.choice((1.0, 0.92, 1.17))
        if odd() > 0.02
        else random.choice((None, math.nan)),
        "unit_price": round(99 * odd(), 2) if odd() > 0.1 else math.nan,
    }
