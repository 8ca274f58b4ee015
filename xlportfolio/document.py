"""An analysis, its consequences and problems -> the one JSON object that ``--json`` prints.

Numbers keep their full precision; what does not exist is ``null``.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from xlportfolio.errors import Problem
from xlportfolio.firmness import Firmness
from xlportfolio.movement import Movement
from xlportfolio.movement_document import movement_document
from xlportfolio.pairwise import PairwiseWeights
from xlportfolio.scoring import Floats
from xlportfolio.weighing import AxisWeighing, consistency
from xlportfolio.weight_changes import WeightChange
from xlportfolio.wording import Advice

Document = dict[str, Any]


def document(
    workbook: str,
    as_of: dt.date,
    advice: Advice | None,
    problems: Sequence[Problem],
    language: str,
    movement: Movement | None = None,
) -> Document:
    """The result of a run as one object; without one, the problems alone.

    Parameters
    ----------
    workbook
        The path as the user gave it.
    advice
        The analysis and what follows from it, in the language of the texts.
    language
        Of the messages.
    movement
        What has changed since the day compared with, if there is one.
    """
    return {
        **_head(workbook, as_of, advice),
        "customers": [] if advice is None else list(_customers(advice, [*range(_count(advice))])),
        "findings": [] if advice is None else list(_findings(advice)),
        "plan": None if advice is None else _plan(advice),
        "robustness": None if advice is None else _robustness(advice.numbers.firmness),
        "movement": None if movement is None else movement_document(movement, language),
        "problems": listed_problems(problems, language),
    }


def explanation(
    workbook: str,
    as_of: dt.date,
    advice: Advice,
    position: int,
    problems: Sequence[Problem],
    language: str,
) -> Document:
    """One customer of a run as an object: its entry of the document, with its criteria.

    Parameters
    ----------
    position
        The customer's place in the ranking, counted from 0.
    workbook, as_of, advice, problems, language
        As for :func:`document`.
    """
    (customer,) = _customers(advice, [position])
    return {
        **_head(workbook, as_of, advice),
        "customers": [{**customer, "criteria": list(_criteria(advice, position))}],
        "problems": listed_problems(problems, language),
    }


def weights_document(
    workbook: str,
    as_of: dt.date,
    axes: Sequence[AxisWeighing],
    taken: Mapping[str, float],
    problems: Sequence[Problem],
    language: str,
) -> Document:
    """What is said of the weights as one object: each axis with every method, fractions of 1.

    Parameters
    ----------
    axes
        What came of it.
    taken
        The weights taken over, by criterion, in percent of their axis; empty if none were.
    workbook, as_of, problems, language
        As for :func:`document`.
    """
    return {
        "workbook": workbook,
        "as_of": as_of.isoformat(),
        "axes": {str(weighing.axis): _axis_weights(weighing) for weighing in axes},
        "taken": dict(taken),
        "problems": listed_problems(problems, language),
    }


def _axis_weights(weighing: AxisWeighing) -> Document:
    names = weighing.criteria
    return {
        "criteria": list(names),
        "weights": {
            str(method): _by_name(names, found.weights)
            for method, found in weighing.methods.items()
        },
        "pairwise": _comparison(weighing),
    }


def _by_name(names: Sequence[str], weights: Floats | None) -> Document | None:
    return None if weights is None else dict(zip(names, weights.tolist(), strict=True))


def _comparison(weighing: AxisWeighing) -> Document:
    names, comparison = weighing.criteria, weighing.comparison
    raters = zip(weighing.entries.raters, comparison.raters, strict=True)
    return {
        "compared": comparison.made,
        "pairs": comparison.asked,
        **_consistency(comparison.result),
        "worst": [
            {
                "criterion": names[revision.row],
                "other": names[revision.column],
                "judgment": revision.judgment,
                "mended": revision.mended,
                "consistency_ratio": _number(revision.consistency_ratio),
            }
            for revision in comparison.worst
        ],
        "raters": [
            {
                "rater": rater.name,
                "weights": _by_name(names, None if own is None else own.weights),
                **_consistency(own),
            }
            for rater, own in raters
            if rater.has_judged
        ],
        "agreement": _number(comparison.agreement),
        "disputes": [
            {
                "criterion": names[dispute.row],
                "other": names[dispute.column],
                "lowest": dispute.lowest,
                "highest": dispute.highest,
            }
            for dispute in comparison.disputes
        ],
    }


def _consistency(result: PairwiseWeights | None) -> Document:
    if result is None:
        return dict.fromkeys(("lambda_max", "consistency_index", "consistency_ratio"))
    return {
        "lambda_max": result.principal,
        "consistency_index": result.consistency_index,
        "consistency_ratio": _number(consistency(result)),
    }


def _head(workbook: str, as_of: dt.date, advice: Advice | None) -> Document:
    thresholds = (None, None) if advice is None else advice.analysis.thresholds
    return {
        "workbook": workbook,
        "as_of": as_of.isoformat(),
        "thresholds": dict(zip(("value", "benefit"), thresholds, strict=True)),
    }


def listed_problems(problems: Sequence[Problem], language: str) -> list[Document]:
    """Problems as objects: what was found where, and the sentence."""
    return [
        {
            "severity": str(problem.severity),
            "sheet": problem.sheet,
            "row": problem.row,
            "column": problem.column,
            "found": problem.found,
            "message": problem.message(language),
        }
        for problem in problems
    ]


def _count(advice: Advice) -> int:
    return len(advice.analysis.customers)


def _criteria(advice: Advice, position: int) -> Iterator[Document]:
    """How the scores of one customer come about, in the order of the table of criteria.

    The measure is a number or a word as it was given, the weight as it was entered.
    """
    analysis = advice.analysis
    for criterion in analysis.model.criteria:
        frames = (analysis.measures, analysis.values, analysis.contributions)
        measure, value, points = (f[criterion.name].iloc[position] for f in frames)
        yield {
            "criterion": criterion.name,
            "axis": str(criterion.axis),
            "measure": measure if isinstance(measure, str) else _measure(measure),
            "value": _number(value),
            "weight": float(criterion.weight),
            "contribution": _number(points),
        }


def _measure(measure: float | None) -> float | None:
    """A measure that is a number; what is none is missing."""
    return None if measure is None or not math.isfinite(measure) else float(measure)


def _customers(advice: Advice, positions: list[int]) -> Iterator[Document]:
    """The entries of customers at some places of the ranking."""
    analysis, numbers = advice.analysis, advice.numbers
    names = [criterion.name for criterion in analysis.model.criteria]
    rows = analysis.customers.iloc[positions].to_dict("records")
    points = analysis.contributions.iloc[positions].to_numpy().tolist()
    found: list[list[str]] = [[] for _ in range(_count(advice))]
    for finding in numbers.findings:
        for position in finding.rows.tolist():
            found[position].append(str(finding.kind))
    for position, row, contributions in zip(positions, rows, points, strict=True):
        strategy, lever = numbers.strategies[position], numbers.levers[position]
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
            "reason": advice.reasons[position],
            "lever": None if lever is None else [step._asdict() for step in lever],
            "findings": found[position],
            "firm": None if rank is None else _firm(advice, position),
            "contributions": {
                name: point
                for name, point in zip(names, contributions, strict=True)
                if not math.isnan(point)
            },
        }


def _firm(advice: Advice, position: int) -> Document:
    """How firm the type and the rank of one rated customer are."""
    firm, ids = advice.numbers.firmness, advice.analysis.customers["customer_id"]
    type_change, swap = firm.type_changes[position], firm.swaps[position]
    return {
        "type": float(firm.same_type[position]),
        "top": float(firm.in_top[position]),
        "type_change": {**_weight_change(type_change), "quadrant": str(type_change.quadrant)}
        if isinstance(type_change, WeightChange)
        else None,
        "swap": {**_weight_change(swap), "customer_id": ids.iloc[int(firm.nexts[position])]}
        if isinstance(swap, WeightChange)
        else None,
        "rank_topsis": int(firm.rank_topsis[position]),
        "rank_product": int(firm.rank_product[position]),
    }


def _weight_change(change: WeightChange) -> Document:
    """The weight of a criterion, or of an axis by the name of its setting."""
    return {
        ("setting" if change.of_axis else "criterion"): change.name,
        "now": change.now,
        "then": change.then,
        "share_now": change.share_now,
        "share_then": change.share_then,
    }


def _robustness(firm: Firmness) -> Document:
    """What the figures of all customers rest on, and how alike other rankings are."""
    return {
        "draws": firm.draws,
        "spread": firm.spread,
        "top_n": firm.top,
        "correlation": {
            "topsis": _number(firm.correlation_topsis),
            "product": _number(firm.correlation_product),
        },
    }


def _findings(advice: Advice) -> Iterator[Document]:
    """The five findings; one that is switched off has no customers, not even none."""
    ids = advice.analysis.customers["customer_id"].to_numpy()
    for text in advice.hidden:
        yield {
            "finding": str(text.found.kind),
            "name": text.name,
            "rule": text.rule,
            "customers": None if text.found.lacking else ids[text.found.rows].tolist(),
        }


def _plan(advice: Advice) -> Document:
    """The hours of a year: what there is, what is asked for, what fits, what is spent today."""
    plan, customers = advice.numbers.plan, advice.analysis.customers
    now = customers["hours_now"].to_numpy(np.float64)
    ids = customers["customer_id"].tolist()
    return {
        "hours_per_year": plan.hours,
        "types": [
            {
                "quadrant": line.quadrant and str(line.quadrant),
                "customers": line.customers,
                "fitting": None if plan.hours is None else line.fitting,
                "hours_asked": line.asked,
                "hours_planned": _number(line.planned),
                "hours_now": _number(line.now),
            }
            for line in advice.numbers.hours
        ],
        "customers": [
            {
                "customer_id": ids[i],
                "hours_asked": float(plan.asked[i]),
                "value_per_hour": _number(plan.per_hour[i]),
                "hours_planned": _number(plan.planned[i]),
                "hours_now": _number(now[i]),
            }
            for i in plan.order.tolist()
        ],
    }


def _number(x: float) -> float | None:
    return None if math.isnan(x) else float(x)
