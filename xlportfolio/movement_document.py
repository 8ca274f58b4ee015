"""A movement as an object for JSON; what does not exist is ``null``."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from xlportfolio.analysis import Thresholds
from xlportfolio.crossings import Crossing
from xlportfolio.movement import Change, Movement
from xlportfolio.movement_words import put_into_words
from xlportfolio.weight_changes import Withheld


def movement_document(movement: Movement, language: str) -> dict[str, Any]:
    """Say who has moved between two days, and why; everybody is listed.

    Numbers keep their full precision.

    Parameters
    ----------
    language
        Of the sentences.

    Examples
    --------
    >>> import pandas as pd
    >>> from xlportfolio import Axis, Criterion, Scale, ScoringModel, analyse
    >>> from xlportfolio.movement import movement
    >>> model = ScoringModel(criteria=(
    ...     Criterion("Turnover", Axis.VALUE, 1, Scale.linear(0, 100)),
    ...     Criterion("Services", Axis.BENEFIT, 1, Scale.linear(0, 10)),
    ... ))
    >>> march, june = (
    ...     pd.DataFrame({"customer_id": ["7"], "Turnover": [turnover], "Services": [9]})
    ...     for turnover in (40, 60)
    ... )
    >>> before, after = analyse(march, model), analyse(june, model)
    >>> days = dt.date(2026, 3, 31), dt.date(2026, 6, 30)
    >>> said = movement_document(movement(before, days[0], after, days[1]), "en")
    >>> said["since"], said["counts"]["moved"], said["customers"][0]["quadrant_before"]
    ('2026-03-31', 1, 'free_rider')
    >>> said["customers"][0]["crossings"][0]["criterion"]
    'Turnover'
    """
    said = put_into_words(movement, language)
    changes = movement.customers["change"].tolist()
    rows = movement.customers.to_dict("records")
    return {
        "since": movement.since.isoformat(),
        "day": movement.day.isoformat(),
        "thresholds": {
            "before": _thresholds(movement.thresholds_before),
            "now": _thresholds(movement.thresholds),
        },
        "model_changes": [
            {
                "criterion": change.criterion,
                "field": change.field,
                "before": _cell(change.before),
                "after": _cell(change.after),
                "message": message,
            }
            for change, message in zip(movement.model_changes, said.model, strict=True)
        ],
        "counts": {str(change): changes.count(change) for change in Change},
        "customers": [
            {**_customer(row), "crossings": list(map(_crossing, crossings)), "reason": reason}
            for row, crossings, reason in zip(rows, movement.crossings, said.reasons, strict=True)
        ],
    }


def _thresholds(thresholds: Thresholds) -> dict[str, float]:
    return dict(zip(("value", "benefit"), map(float, thresholds), strict=True))


def _customer(row: Mapping[Hashable, Any]) -> dict[str, Any]:
    """What became of one customer: before, then (the earlier measures by the later rules), now."""
    return {
        "customer_id": row["customer_id"],
        "customer": row["customer"] or None,
        "customer_before": row["customer_before"] or None,
        "status": str(row["status"]),
        "change": str(row["change"]),
        "quadrant_before": str(row["quadrant_before"]) or None,
        "quadrant": str(row["quadrant"]) or None,
        "value_score": dict(_scores(row, "value")),
        "benefit_score": dict(_scores(row, "benefit")),
        "total_score": {"before": _number(row["total_before"]), "now": _number(row["total"])},
        "rank": {"before": _whole(row["rank_before"]), "now": _whole(row["rank"])},
        "last_seen": _day(row["last_seen"]),
        "parted": row["parted"] or None,
        "successor": row["successor"] or None,
        "rated_cause": str(row["rated_cause"]) or None,
    }


def _scores(row: Mapping[Hashable, Any], axis: str) -> Iterator[tuple[str, float | None]]:
    for name, column in (("before", f"{axis}_before"), ("then", f"{axis}_then"), ("now", axis)):
        yield name, _number(row[column])


def _crossing(crossing: Crossing) -> dict[str, Any]:
    return {
        "axis": str(crossing.axis),
        "upward": crossing.upward,
        "cause": str(crossing.cause),
        "before": float(crossing.before),
        "after": float(crossing.after),
        "criterion": None if isinstance(crossing.criterion, Withheld) else crossing.criterion,
        "points": _number(crossing.points),
        "measure_before": _cell(crossing.measure_before),
        "measure_after": _cell(crossing.measure_after),
        "unit": crossing.unit or None,
    }


def _number(x: float) -> float | None:
    return None if math.isnan(x) else float(x)


def _whole(x: float) -> int | None:
    return None if math.isnan(x) else int(x)


def _cell(cell: float | str | None) -> float | str | None:
    """A number or a word; a number that is none is missing."""
    return cell if cell is None or isinstance(cell, str) else _number(cell)


def _day(day: dt.date | None) -> str | None:
    return None if day is None else day.isoformat()
