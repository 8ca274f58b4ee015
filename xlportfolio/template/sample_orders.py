"""The orders of the sample's firms, as an ERP system exports them: invented, like the firms.

They give the turnover and the margin that the sample's customers have, to the cent; their growth
and order rhythm only about, since those were typed in some time ago.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterator, Sequence
from random import Random
from typing import NamedTuple

from xlportfolio.locale import FALLBACK, texts
from xlportfolio.template.sample import CRITERIA, sample

_SEED = 20_250_301
#: What an order is worth on average: larger customers order more often.
_USUAL_ORDER = 2_400.0
_FEWEST, _MOST = 3, 40
#: Where the sample knows no margin or growth, the orders do.
_MARGIN, _GROWTH = 0.24, 0.03
#: How far growth may have moved since it was typed in.
_DRIFT = 0.04
_ARTICLES = 60
_DAYS = 365
#: The share of customers who seem to have left, and the part of the last year without them.
_LEFT, _GONE = 0.12, 0.45


class Line(NamedTuple):
    """A line of an order; net amount and margin in EUR."""

    order: str
    customer: str
    day: dt.date
    product: str
    quantity: int
    amount: float
    margin: float


def order_lines(as_of: dt.date) -> list[Line]:
    """The lines of two years up to a day, by day and order."""
    rng = Random(_SEED)  # noqa: S311 (a sample, no secret)
    lines: list[Line] = []
    for customer, turnover, margin, growth, uneven in _customers():
        before = round(turnover / (1 + growth + _DRIFT * (2 * rng.random() - 1)), 2)
        gone = _GONE if rng.random() < _LEFT else 0.0
        for total, ago in ((before, 1), (turnover, 0)):
            count = min(max(int(total / _USUAL_ORDER), _FEWEST), _MOST)
            last = as_of - dt.timedelta(days=ago * _DAYS)
            days = _days(rng, last, count, uneven, 0.0 if ago else gone)
            amounts = _shares(rng, total, count)
            left = round(margin * total, 2)
            for day, amount in zip(days, amounts, strict=True):
                for part in _shares(rng, amount, 1 + int(3 * rng.random())):
                    article = 1 + int(_ARTICLES * rng.random())
                    quantity = 1 + int(20 * rng.random())
                    order = f"{customer}/{day:%y%m%d}"
                    product = f"A{article:03d}"
                    earned = round(margin * part, 2)
                    left = round(left - earned, 2)
                    lines.append(Line(order, customer, day, product, quantity, part, earned))
            lines[-1] = lines[-1]._replace(margin=round(lines[-1].margin + left, 2))
    return sorted(lines, key=lambda line: (line.day, line.order))


def orders_file(language: str, as_of: dt.date) -> bytes:
    """The lines as a text file, as programs save it where the language is spoken."""
    words = texts(language)
    of = words.spoken
    out = io.StringIO()
    writer = csv.writer(out, delimiter=of.list_separator, lineterminator="\r\n")
    writer.writerow(words.branch("sample")["orders"])

    def number(amount: float) -> str:
        return f"{amount:.2f}".replace(".", of.decimal)

    for line in order_lines(as_of):
        money = map(number, (line.amount, line.margin))
        writer.writerow(
            [line.order, line.customer, words.date(line.day), line.product, line.quantity, *money]
        )
    return out.getvalue().encode(of.encoding)


def _customers() -> Iterator[tuple[str, float, float, float, float]]:
    """Number, turnover, margin, growth and unevenness of whoever buys."""
    at = {criterion.key: 3 + k for k, criterion in enumerate(CRITERIA)}

    def known(cell: object, otherwise: float) -> float:
        return float(cell) if isinstance(cell, int | float) else otherwise

    for row in sample(FALLBACK).customers:
        turnover = row[at["turnover"]]
        if isinstance(turnover, int | float) and turnover > 0:
            margin = known(row[at["margin"]], _MARGIN)
            growth = known(row[at["growth"]], _GROWTH)
            yield str(row[0]), float(turnover), margin, growth, known(row[at["rhythm"]], 1.0)


def _days(rng: Random, last: dt.date, count: int, uneven: float, gone: float) -> list[dt.date]:
    """Days within the year up to a day, the more uneven the more their gaps differ.

    ``gone`` is the part of the year, at its end, in which nothing is ordered any more.
    """
    gaps = [(0.05 + rng.random()) ** (3 * uneven) for _ in range(count + 1)]
    there, days = 0.0, []
    for gap in gaps[:-1]:
        there += gap / sum(gaps)
        days.append(last - dt.timedelta(days=int(_DAYS * (1 - there * (1 - gone)))))
    return days


def _shares(rng: Random, total: float, count: int) -> Sequence[float]:
    """Parts of an amount, in cents, that add up to it."""
    weights = [0.5 + rng.random() for _ in range(count)]
    cents, used, parts = round(100 * total), 0, []
    for weight in weights[:-1]:
        part = int(cents * weight / sum(weights))
        parts.append(part / 100)
        used += part
    return [*parts, (cents - used) / 100]
