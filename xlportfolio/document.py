"""PortfolioAnalysis and problems -> the one JSON object that ``--json`` prints.

Numbers keep their full precision; what does not exist is ``null``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from typing import Any

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.errors import Problem
from xlportfolio.wording import advise

Document = dict[str, Any]


def document(
    workbook: str,
    as_of: dt.date,
    analysis: PortfolioAnalysis | None,
    problems: Sequence[Problem],
    language: str,
) -> Document:
    """The result of a run as one object; without an analysis, the problems alone.

    Parameters
    ----------
    workbook
        The path as the user gave it.
    language
        Of the texts: strategies, reasons, messages.
    """
    thresholds = (None, None) if analysis is None else analysis.thresholds
    return {
        "workbook": workbook,
        "as_of": as_of.isoformat(),
        "thresholds": dict(zip(("value", "benefit"), thresholds, strict=True)),
        "customers": [] if analysis is None else list(_customers(analysis, language)),
        "problems": [
            {
                "severity": str(problem.severity),
                "sheet": problem.sheet,
                "row": problem.row,
                "column": problem.column,
                "found": problem.found,
                "message": problem.message(language),
            }
            for problem in problems
        ],
    }


def _customers(analysis: PortfolioAnalysis, language: str) -> Iterator[Document]:
    advice = advise(analysis, language)
    names = [criterion.name for criterion in analysis.model.criteria]
    rows = analysis.customers.to_dict("records")
    points = analysis.contributions.to_numpy().tolist()
    for row, contributions, strategy, reason in zip(
        rows, points, advice.strategies, advice.reasons, strict=True
    ):
        rank = _number(row["rank"])
        yield {
            "customer_id": row["customer_id"],
            "customer": row["customer"] or None,
            "status": str(row["status"]),
            "value_score": _number(row["value_score"]),
            "benefit_score": _number(row["benefit_score"]),
            "total_score": _number(row["total_score"]),
            "coverage": {
                "value": _number(row["value_coverage"]),
                "benefit": _number(row["benefit_coverage"]),
            },
            "rank": None if rank is None else int(rank),
            "quadrant": str(row["quadrant"]),
            "borderline": bool(row["borderline"]),
            "abc_class": row["abc_class"] or None,
            "strategy": strategy.strategy or None if strategy is not None else None,
            "recommendation": strategy.text or None if strategy is not None else None,
            "reason": reason,
            "contributions": {
                name: point
                for name, point in zip(names, contributions, strict=True)
                if not math.isnan(point)
            },
        }


def _number(x: float) -> float | None:
    return None if math.isnan(x) else float(x)
