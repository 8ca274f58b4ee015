"""What ``measures`` says of customers: on the screen, or as one JSON object."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from xlportfolio.document import listed_problems
from xlportfolio.errors import Problem
from xlportfolio.forecast import Forecast
from xlportfolio.locale import Texts
from xlportfolio.measures import CustomerMeasures
from xlportfolio.rfm import SCORED, RfmScores
from xlportfolio.screen import output, plain, print_problems, shown

#: Customers that the screen shows.
_LISTED = 10
#: The measures that the screen shows, with their decimals; those of fractions are shown in percent.
_SHOWN = {
    "turnover_12m": 0,
    "growth": 0,
    "orders_per_year": 0,
    "recency_days": 0,
    "overdue_factor": 1,
    "p_active": 0,
    "expected_orders_12m": 1,
    "expected_turnover_12m": 0,
}
_FRACTIONS = {"growth", "p_active"}


def print_measures(
    measured: CustomerMeasures, words: Texts, scores: RfmScores | None, written: Path | None
) -> None:
    """The largest customers by turnover, what has to be said of the data, and what was written.

    Parameters
    ----------
    measured
        The measures.
    words
        The texts of the language to write in.
    scores
        Their scores, if they were asked for.
    written
        The file with all of them, if there is one.
    """
    console = output()
    frame = measured.frame.sort_values("turnover_12m", ascending=False, kind="stable")
    title = words("cli.measured", customers=len(frame), as_of=measured.as_of)
    console.print(shown(title), style="bold", soft_wrap=True)
    first = frame.head(_LISTED)
    if len(frame) > len(first):
        console.print(words("cli.measured_top", count=len(first)), soft_wrap=True)
    console.print(_listed(measured, words, scores, [*first.index]))
    if len(frame) > len(first):
        console.print(words("cli.measured_more", count=len(frame) - len(first)), soft_wrap=True)
    for name, bounds in {} if scores is None else scores.bounds.items():
        if not bounds:  # nobody has the measure
            continue
        numbers = [words.rough(bound) for bound in bounds]
        details = {
            "score": words(f"measures.{name}_score"),
            "measure": words(f"measures.{SCORED[name]}"),
            "bounds": " | ".join(numbers),
        }
        console.print(words("cli.measured_rfm", **details), soft_wrap=True)
    if measured.problems:
        console.print()
        print_problems(console, words, measured.problems)
    if written is not None:
        console.print()
        console.print(shown(words("cli.written", path=written)), style="bold", soft_wrap=True)


def _listed(
    measured: CustomerMeasures, words: Texts, scores: RfmScores | None, customers: list[str]
) -> Table:
    """A line for each customer; nothing that is missing for all customers."""
    frame = with_scores(measured, scores)
    columns = [name for name in _SHOWN if frame[name].notna().any()]
    table = Table(box=None, pad_edge=False)
    table.add_column(words("measures.customer_id"))
    for name in columns:
        table.add_column(words(f"measures.{name}"), justify="right")
    given = [] if scores is None else [f"{name}_score" for name in scores.bounds]
    for name in given:
        table.add_column(words(f"measures.{name}"), justify="right")
    for customer, row in frame.loc[customers].iterrows():
        cells = [_cell(words, name, row[name]) for name in columns]
        if "p_active" in columns and not row["repeated"]:
            cells[columns.index("p_active")] = words("measures.unknown")
        cells += [_cell(words, name, row[name]) for name in given]
        table.add_row(Text(plain(str(customer))), *cells)
    return table


def _cell(words: Texts, name: str, number: float) -> str:
    if pd.isna(number):
        return ""
    if name in _FRACTIONS:
        return words("words.percent", number=words.number(100 * number, 0))
    return words.number(number, _SHOWN.get(name, 0))


def with_scores(measured: CustomerMeasures, scores: RfmScores | None) -> pd.DataFrame:
    """The measures of each customer, with ``recency_score`` and so on if there are scores."""
    return (
        measured.frame if scores is None else measured.frame.join(scores.frame.add_suffix("_score"))
    )


def measures_document(
    measured: CustomerMeasures, language: str, scores: RfmScores | None
) -> dict[str, Any]:
    """The measures as one object; numbers in full precision, ``None`` for what is missing.

    Parameters
    ----------
    measured
        The measures.
    language
        Of the messages.
    scores
        Their scores, if they were asked for; they come with the bounds between the classes.
    """
    frame = with_scores(measured, scores)
    numbers = frame.astype(object).where(frame.notna(), None)
    customers = zip(frame.index, numbers.to_dict("records"), strict=True)
    return {
        "as_of": measured.as_of.isoformat(),
        "customers": [{"customer_id": name, **row} for name, row in customers],
        **({} if scores is None else {"rfm": {n: [*b] for n, b in scores.bounds.items()}}),
        "problems": listed_problems(measured.problems, language),
        "forecast": _forecast(measured.forecast),
    }


def no_measures(as_of: dt.date, problems: Sequence[Problem], language: str) -> dict[str, Any]:
    """The object for orders that gave no measures: what is wrong with them."""
    return {
        "as_of": as_of.isoformat(),
        "customers": [],
        "problems": listed_problems(problems, language),
        "forecast": None,
    }


def _forecast(forecast: Forecast | None) -> dict[str, Any] | None:
    """The models; parameters that are no maximum of the likelihood are not given."""
    if forecast is None:
        return None
    orders, value = forecast.orders, forecast.value

    def known(number: float, *, converged: bool) -> float | None:
        return number if converged and math.isfinite(number) else None

    names = ("r", "alpha", "a", "b", "log_likelihood")
    found = {name: known(getattr(orders, name), converged=orders.converged) for name in names}
    return {
        **found,
        "time_unit": "weeks",
        "n": orders.n,
        "repeaters": orders.repeaters,
        "converged": orders.converged,
        "ran_off": [*orders.ran_off],
        "value": value
        and {
            **{
                name: known(getattr(value, name), converged=value.converged)
                for name in ("p", "q", "v", "mean", "log_likelihood")
            },
            "n": value.n,
            "converged": value.converged,
            "ran_off": [*value.ran_off],
        },
    }
