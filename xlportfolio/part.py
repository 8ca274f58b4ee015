"""The part of an analysis, and of what follows from it, that somebody may see.

Scores, ranks, types, classes and thresholds are those of the whole portfolio. Whatever would tell
of rows that are left out, or of measures that are hidden, is not there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.consequences import Consequences, Lever
from xlportfolio.findings import Finding
from xlportfolio.firmness import Firmness
from xlportfolio.model import Criterion, Role
from xlportfolio.plan import Plan, plan_lines
from xlportfolio.scoring import Bounds, Ints
from xlportfolio.weight_changes import WITHHELD, WeightChange, Withheld


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Who and what may be seen.

    Attributes
    ----------
    at
        Shape ``(n_shown,)``: the places in the ranking of those who may be, ascending, from 0.
    ids, names
        What each of them is called.
    hidden
        The columns of the customers that may not be seen, by their names in the analysis.
    """

    at: Ints
    ids: Sequence[str]
    names: Sequence[str]
    hidden: frozenset[str]


def part_of_analysis(analysis: PortfolioAnalysis, part: Part) -> PortfolioAnalysis:
    """The rows that may be seen, without what is hidden in them.

    Hidden measures and all that shows them are missing: values, contributions, attainable points,
    bounds taken from the data; of an ABC analysis over a hidden measure, everything but classes and
    findings, in the order of the ranking. Where rows are left out, shares of the whole are missing
    too: two of them would give away what lies between. Faults are not kept.

    Examples
    --------
    >>> from xlportfolio import Axis, Scale, ScoringModel, analyse
    >>> model = ScoringModel(criteria=(
    ...     Criterion("Turnover", Axis.VALUE, 1, Scale.linear(0, 100)),
    ...     Criterion("Service", Axis.BENEFIT, 1, Scale.linear(0, 10)),
    ... ))
    >>> customers = pd.DataFrame(
    ...     {"customer_id": ["A", "B"], "Turnover": [9, 90], "Service": [5, 6]}
    ... )
    >>> whole = analyse(customers, model)
    >>> seen = part_of_analysis(whole, Part(np.array([1]), ["1"], ["x"], frozenset({"Turnover"})))
    >>> seen.customers[["customer_id", "rank", "value_score"]].to_numpy().tolist()
    [['1', 2.0, 9.0]]
    >>> seen.measures.to_numpy().tolist()
    [[nan, 5.0]]
    """
    customers = analysis.customers.iloc[part.at].copy()
    for column, texts in (("customer_id", part.ids), ("customer", part.names)):
        kind = customers[column].dtype
        customers[column] = pd.Series(list(texts), index=customers.index, dtype=kind)
    if "hours_now" in part.hidden:
        customers["hours_now"] = np.nan

    def seen(frame: pd.DataFrame) -> pd.DataFrame:
        return without(frame.iloc[part.at], part.hidden)

    return replace(
        analysis,
        customers=customers,
        measures=seen(analysis.measures),
        values=seen(analysis.values),
        contributions=seen(analysis.contributions),
        attainable=seen(analysis.attainable),
        bounds=_bounds(analysis, part.hidden),
        abc=_abc(analysis, part),
        faults=(),
    )


def without(frame: pd.DataFrame, hidden: frozenset[str]) -> pd.DataFrame:
    """A frame in which hidden columns are missing throughout."""
    frame = frame.copy()
    for name in hidden.intersection(frame.columns):
        is_number = frame[name].dtype.kind in "iuf"
        blank: float | None = np.nan if is_number else None
        dtype = np.float64 if is_number else object
        frame[name] = pd.Series([blank] * len(frame), index=frame.index, dtype=dtype)
    return frame


def _bounds(analysis: PortfolioAnalysis, hidden: frozenset[str]) -> Mapping[int, Bounds]:
    def is_seen(criterion: Criterion) -> bool:
        is_typed = criterion.scale.low is not None and criterion.scale.high is not None
        return is_typed or criterion.name not in hidden

    criteria = analysis.model.criteria
    return {k: bounds for k, bounds in analysis.bounds.items() if is_seen(criteria[k])}


def _abc(analysis: PortfolioAnalysis, part: Part) -> pd.DataFrame:
    listed, places = analysis.abc, analysis.abc["position"].to_numpy()
    stays = np.isin(places, part.at)
    table = listed[stays].assign(position=np.searchsorted(part.at, places[stays]))
    if len(part.at) < len(analysis.customers):
        table = table.assign(share=np.nan, cumulative_share=np.nan)
    if analysis.abc_measure in part.hidden:
        missing = ("amount", "share", "cumulative_share", "amount_rank", "difference")
        table = table.assign(**dict.fromkeys(missing, np.nan)).sort_values("position")
    return table


def part_of_consequences(
    numbers: Consequences, analysis: PortfolioAnalysis, part: Part
) -> Consequences:
    """What follows for those who may be seen, from the whole portfolio.

    Levers, findings and changes of a weight that rest on a hidden criterion are left out, and so is
    a next customer who is not shown. The hours of the plan are added up over those who are. Where
    the turnover is hidden, findings name customers in the order of the ranking.

    Parameters
    ----------
    numbers
        What follows from the whole portfolio.
    analysis
        As :func:`part_of_analysis` gives it.
    """
    at, customers = part.at, analysis.customers
    new = np.full(len(numbers.strategies), -1, dtype=np.int64)
    new[at] = np.arange(len(at))
    turnover = analysis.model.with_role(Role.TURNOVER)
    is_ordered = turnover is not None and turnover.name in part.hidden
    made = _plan(numbers.plan, at, new)
    quadrants = customers["quadrant"].to_numpy(object)
    lines = plan_lines(made, quadrants, customers["hours_now"].to_numpy(np.float64))
    return Consequences(
        [numbers.strategies[i] for i in at.tolist()],
        [_lever(numbers.levers[i], part.hidden) for i in at.tolist()],
        made,
        lines,
        [
            _finding(finding, new, in_order=is_ordered)
            for finding in numbers.findings
            if part.hidden.isdisjoint(finding.criteria.values())
        ],
        _firmness(numbers.firmness, part, new),
    )


def _kept(places: Ints, new: Ints) -> Ints:
    """Places of the whole as places of the part, without those who are not in it."""
    kept: Ints = new[places][new[places] >= 0]
    return kept


def _plan(plan: Plan, at: Ints, new: Ints) -> Plan:
    order = _kept(plan.order, new)
    return Plan(plan.hours, plan.asked[at], plan.per_hour[at], plan.planned[at], order)


def _lever(lever: Lever | None, hidden: frozenset[str]) -> Lever | None:
    if lever is None or any(step.criterion in hidden for step in lever):
        return None
    return lever


def _finding(finding: Finding, new: Ints, *, in_order: bool) -> Finding:
    """A finding with those who are shown; in the order of the ranking, or as they stood."""
    rows = _kept(finding.rows, new)
    return replace(finding, rows=np.sort(rows) if in_order else rows)


def _firmness(firm: Firmness, part: Part, new: Ints) -> Firmness:
    at = part.at
    nexts = np.where(firm.nexts[at] >= 0, new[firm.nexts[at]], -1)

    def told(change: WeightChange | Withheld | None) -> WeightChange | Withheld | None:
        is_hidden = isinstance(change, WeightChange) and (
            not change.of_axis and change.name in part.hidden
        )
        return WITHHELD if is_hidden else change

    return replace(
        firm,
        same_type=firm.same_type[at],
        in_top=firm.in_top[at],
        type_changes=[told(firm.type_changes[i]) for i in at.tolist()],
        swaps=[
            told(firm.swaps[i]) if after >= 0 else None
            for i, after in zip(at.tolist(), nexts.tolist(), strict=True)
        ],
        nexts=nexts,
        rank_topsis=firm.rank_topsis[at],
        rank_product=firm.rank_product[at],
    )
