"""PortfolioAnalysis -> what follows from it, in numbers: strategies, levers, firmness, plan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.findings import Finding, findings
from xlportfolio.firmness import Firmness, firmness_of
from xlportfolio.lever import levers
from xlportfolio.model import Axis, Quadrant, Strategy
from xlportfolio.plan import Plan, PlanLine, hours_asked, plan, plan_lines
from xlportfolio.scale import ScaleKind
from xlportfolio.scoring import Floats, Ints, numbers_of
from xlportfolio.strategies import standard_strategies, strategies_for

#: The axis over which a customer of a type gets better; the other types have no lever.
LEVER_AXES: Mapping[Quadrant, Axis] = {
    Quadrant.QUESTION_MARK: Axis.BENEFIT,
    Quadrant.POOR_DOG: Axis.BENEFIT,
    Quadrant.FREE_RIDER: Axis.VALUE,
}


class LeverStep(NamedTuple):
    """One measure to improve.

    Attributes
    ----------
    criterion
        Its name.
    measure, target
        What is, and what is to be reached: in the criterion's unit, or a word of its levels.
    gain
        Points of the axis score.
    """

    criterion: str
    measure: float | str
    target: float | str
    gain: float


Lever = tuple[LeverStep, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Consequences:
    """What to do with whom; lists have an entry for each customer, in the order of the ranking.

    Attributes
    ----------
    levers
        ``None``: none is needed, or none applies; empty: the threshold cannot be reached.
    hours
        The plan added up: a line for each type, everybody last.
    """

    strategies: Sequence[Strategy | None]
    levers: Sequence[Lever | None]
    plan: Plan
    hours: Sequence[PlanLine]
    findings: Sequence[Finding]
    firmness: Firmness


def consequences(analysis: PortfolioAnalysis, language: str) -> Consequences:
    """Everything that follows; the language is that of the built-in strategies, if these count."""
    customers, model = analysis.customers, analysis.model
    strategies = strategies_for(
        model.strategies or standard_strategies(language),
        customers["quadrant"].tolist(),
        customers["status"].tolist(),
    )
    rated = customers["rank"].notna().to_numpy()
    value = np.where(rated, customers["value_score"].to_numpy(), np.nan)
    made = plan(value, hours_asked(strategies), model.hours_per_year)
    now = customers["hours_now"].to_numpy(np.float64)
    return Consequences(
        strategies,
        levers_of(analysis),
        made,
        plan_lines(made, customers["quadrant"].to_numpy(object), now),
        findings(analysis),
        firmness_of(analysis),
    )


def missing_points(analysis: PortfolioAnalysis) -> Floats:
    """The points that each customer lacks for its lever's threshold; NaN where none applies.

    Shape ``(n_customers,)``, in the order of the ranking.
    """
    types = analysis.customers["quadrant"].to_numpy()
    points = np.full(len(types), np.nan)
    for quadrant, axis in LEVER_AXES.items():
        scores = analysis.customers[f"{axis}_score"].to_numpy(np.float64)
        threshold = getattr(analysis.thresholds, axis)
        points = np.where(types == quadrant, threshold - scores, points)
    return points


def levers_of(analysis: PortfolioAnalysis) -> list[Lever | None]:
    """The lever of each customer, in the order of the ranking; see :mod:`xlportfolio.lever`.

    Examples
    --------
    >>> from xlportfolio import Criterion, Scale, ScoringModel, analyse
    >>> import pandas as pd
    >>> model = ScoringModel(criteria=(
    ...     Criterion("Turnover", Axis.VALUE, 1, Scale.linear(0, 100)),
    ...     Criterion("Share", Axis.BENEFIT, 1, Scale.linear(0, 0.5), changeable=True),
    ... ))
    >>> customers = pd.DataFrame({"customer_id": ["A"], "Turnover": [90], "Share": [0.125]})
    >>> levers_of(analyse(customers, model))
    [(LeverStep(criterion='Share', measure=0.125, target=0.25, gain=25.0),)]
    """
    types = analysis.customers["quadrant"].to_numpy()
    found: list[Lever | None] = [None] * len(types)
    for axis in Axis:
        wanted = [quadrant for quadrant, of in LEVER_AXES.items() if of is axis]
        rows = np.flatnonzero(np.isin(types.astype(str), wanted))
        for row, lever in zip(rows.tolist(), _levers(analysis, axis, rows), strict=True):
            found[row] = lever
    return found


def _levers(analysis: PortfolioAnalysis, axis: Axis, rows: Ints) -> list[Lever]:
    """The levers of some customers on one axis."""
    at = analysis.model.on_axis(axis)
    criteria = [analysis.model.criteria[k] for k in at]
    if not analysis.model.is_changeable(axis):
        return [()] * len(rows)
    names = [criterion.name for criterion in criteria]
    given = analysis.measures.iloc[rows]
    measures = np.full((len(rows), len(at)), np.nan)
    for k, criterion in enumerate(criteria):
        if criterion.scale.kind is not ScaleKind.CATEGORIES:
            measures[:, k], _ = numbers_of(given, criterion.name)
    frames = (analysis.values, analysis.attainable)
    values, attainable = (frame[names].to_numpy()[rows] for frame in frames)
    found = levers(
        criteria,
        [analysis.bounds.get(k) for k in at],
        measures,
        values,
        attainable,
        analysis.customers[f"{axis}_score"].to_numpy(np.float64)[rows],
        getattr(analysis.thresholds, axis),
    )
    words = {
        k: given[criterion.name].tolist()
        for k, criterion in enumerate(criteria)
        if criterion.scale.kind is ScaleKind.CATEGORIES
    }
    return [
        tuple(
            LeverStep(
                names[step.criterion],
                words[step.criterion][i]
                if step.criterion in words
                else float(measures[i, step.criterion]),
                step.target,
                step.gain,
            )
            for step in lever
        )
        for i, lever in enumerate(found)
    ]
