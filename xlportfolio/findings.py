"""What turnover hides: five findings, each switched on by the measures that it needs.

============== ==================================================== ======================
finding        rule                                                 roles that it needs
============== ==================================================== ======================
low_margin     class A by turnover, value of the margin below 50    turnover, margin
shrinking      class A by turnover, growth below 0                  turnover, growth
irregular      class A by turnover, value of the regularity below   turnover, regularity
               50
high_potential class C by turnover, value of the potential at       turnover, potential
               least 50
low_wallet     value of the share of wallet below 50                wallet
============== ==================================================== ======================

Values are those of the criterion's own scale, 0 to 100, so that each says itself what is little.
Prospects, and rows that count nowhere, are never named; nor is whoever lacks one of the measures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from xlportfolio.abc_analysis import abc_analysis
from xlportfolio.analysis import NOBODY, PortfolioAnalysis
from xlportfolio.model import Criterion, Role, Status
from xlportfolio.scale import ScaleKind
from xlportfolio.scoring import Bools, Ints, Strings, numbers_of, rounded

#: The value below which a measure is low, from which it is high.
HALF = 50


class FindingKind(StrEnum):
    """The five ways in which an ABC list by turnover misleads."""

    LOW_MARGIN = "low_margin"
    SHRINKING = "shrinking"
    IRREGULAR = "irregular"
    HIGH_POTENTIAL = "high_potential"
    LOW_WALLET = "low_wallet"


#: The roles that each finding needs.
NEEDED: Mapping[FindingKind, tuple[Role, ...]] = {
    FindingKind.LOW_MARGIN: (Role.TURNOVER, Role.MARGIN),
    FindingKind.SHRINKING: (Role.TURNOVER, Role.GROWTH),
    FindingKind.IRREGULAR: (Role.TURNOVER, Role.REGULARITY),
    FindingKind.HIGH_POTENTIAL: (Role.TURNOVER, Role.POTENTIAL),
    FindingKind.LOW_WALLET: (Role.WALLET,),
}
#: Roles whose measures must be numbers: they are added up, or compared with 0.
_NUMBERS = (Role.TURNOVER, Role.GROWTH)


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One finding and the customers behind it.

    Attributes
    ----------
    criteria
        The criterion that has each role needed.
    lacking
        The roles needed that no criterion has, or none that is measured in numbers where that
        matters; the finding is switched off if there are any.
    rows
        Positions in the frames of the analysis, largest turnover first, then in the order of the
        ranking.
    """

    kind: FindingKind
    criteria: Mapping[Role, str]
    lacking: tuple[Role, ...]
    rows: Ints


def findings(analysis: PortfolioAnalysis) -> tuple[Finding, ...]:
    """The five findings in their order, also those that are switched off.

    Examples
    --------
    >>> import pandas as pd
    >>> from xlportfolio import Axis, Criterion, Scale, ScoringModel, analyse
    >>> model = ScoringModel(criteria=(
    ...     Criterion("Sales", Axis.VALUE, 1, Scale.linear(0, 100), role=Role.TURNOVER),
    ...     Criterion("Margin", Axis.VALUE, 1, Scale.linear(0, 0.4), role=Role.MARGIN),
    ...     Criterion("Service", Axis.BENEFIT, 1, Scale.linear(0, 10)),
    ... ))
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["A1", "B2"], "Sales": [90, 8], "Margin": [0.1, 0.1], "Service": [5, 5],
    ... })
    >>> for finding in findings(analyse(customers, model))[:2]:
    ...     print(finding.kind, finding.rows, [*map(str, finding.lacking)])
    low_margin [0] []
    shrinking [] ['growth']
    """
    usable = {role: _usable(analysis.model.with_role(role), role) for role in Role}
    criteria = {role: criterion for role, criterion in usable.items() if criterion is not None}
    customers = analysis.customers
    left_out = customers["note"].isin(NOBODY)
    counts = ((customers["status"] == Status.CUSTOMER) & ~left_out).to_numpy()
    turnover = np.full(len(customers), np.nan)
    if Role.TURNOVER in criteria:
        turnover = np.where(
            counts, numbers_of(analysis.measures, criteria[Role.TURNOVER].name)[0], np.nan
        )
    classes = abc_analysis(turnover, analysis.model.abc_a, analysis.model.abc_b).classes
    by_turnover = np.argsort(-np.nan_to_num(turnover), kind="stable")
    found = []
    for kind, roles in NEEDED.items():
        lacking = tuple(role for role in roles if role not in criteria)
        rows = np.empty(0, dtype=np.int64)
        if not lacking:
            measured = criteria[roles[-1]]
            holds = counts & _holds(kind, analysis, measured, classes)
            rows = by_turnover[holds[by_turnover]]
        named = {role: criteria[role].name for role in roles if role in criteria}
        found.append(Finding(kind, named, lacking, rows))
    return tuple(found)


def _usable(criterion: Criterion | None, role: Role) -> Criterion | None:
    """A criterion, unless its measures are words where numbers are needed."""
    if criterion is None:
        return None
    is_words = criterion.scale.kind is ScaleKind.CATEGORIES
    return None if is_words and role in _NUMBERS else criterion


def _holds(
    kind: FindingKind,
    analysis: PortfolioAnalysis,
    criterion: Criterion,
    classes: Strings,
) -> Bools:
    """Whether the rule of a finding holds for each customer; a missing measure fulfils none."""
    value = rounded(analysis.values[criterion.name].to_numpy())
    match kind:
        case FindingKind.SHRINKING:
            growth, _ = numbers_of(analysis.measures, criterion.name)
            holds = (classes == "A") & (
                rounded(np.clip(growth, -1, 1)) < 0
            )  # a sign; no number is too large
        case FindingKind.HIGH_POTENTIAL:
            holds = (classes == "C") & (value >= HALF)
        case FindingKind.LOW_WALLET:
            holds = value < HALF
        case _:
            holds = (classes == "A") & (value < HALF)
    return np.asarray(holds, dtype=np.bool_)
