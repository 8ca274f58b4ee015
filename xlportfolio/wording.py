"""What follows from an analysis in words: reason, lever, findings, or why a row is not rated."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pandas as pd

from xlportfolio.analysis import Note, PortfolioAnalysis
from xlportfolio.consequences import (
    LEVER_AXES,
    Consequences,
    Lever,
    LeverStep,
    consequences,
    missing_points,
)
from xlportfolio.findings import Finding
from xlportfolio.firmness import Firmness
from xlportfolio.locale import Texts, texts
from xlportfolio.locale import words as spellings
from xlportfolio.model import Axis, Criterion, Role
from xlportfolio.reasons import reasons
from xlportfolio.scale import ScaleKind
from xlportfolio.scoring import Floats, Ints, Yardstick, numbers_of, rounded
from xlportfolio.weight_changes import WeightChange, Withheld

#: Units of measures that people read as percentages.
_SHARES = spellings("measures", "share")
#: Decimals of a whole percentage.
_PERCENT = 2
#: Decimals of a measure that are shown at most.
_MOST_DECIMALS = 6
#: Digits that are shown of computed measures: those of the one in the middle.
_DIGITS = 3
#: Customers behind a finding that are named at most.
_NAMED = 8


@dataclass(frozen=True, slots=True)
class FindingText:
    """A finding: its name, its rule or what it lacks to be looked for, and whom it names."""

    found: Finding
    name: str
    rule: str
    customers: str


@dataclass(frozen=True, slots=True, eq=False)
class Advice:
    """What to do with each customer and why, in numbers and in words.

    Lists have an entry for each customer, in the order of the ranking; ``hidden`` has one for each
    finding.
    """

    analysis: PortfolioAnalysis
    numbers: Consequences
    reasons: Sequence[str]
    levers: Sequence[str]
    type_changes: Sequence[str]
    swaps: Sequence[str]
    hidden: Sequence[FindingText]


def advise(
    analysis: PortfolioAnalysis, language: str, numbers: Consequences | None = None
) -> Advice:
    """What follows from an analysis, and what carries scores or why a row is not rated.

    Parameters
    ----------
    language
        Of the words, such as ``"en"``.
    numbers
        What follows, where the analysis is a part of another one; ``None``: it follows from it.

    Examples
    --------
    >>> import pandas as pd
    >>> from xlportfolio import Axis, Criterion, Scale, ScoringModel, analyse
    >>> model = ScoringModel(criteria=(
    ...     Criterion("Turnover", Axis.VALUE, 1, Scale.linear(0, 100)),
    ...     Criterion("Services", Axis.BENEFIT, 1, Scale.linear(0, 8), changeable=True),
    ... ))
    >>> customers = pd.DataFrame({"customer_id": ["A"], "Turnover": [90], "Services": [3]})
    >>> advise(analyse(customers, model), "en").levers
    ['12.5 benefit points short of a star: Services from 3 to 4.']
    """
    found = consequences(analysis, language) if numbers is None else numbers
    return Advice(
        analysis,
        found,
        _reasons(analysis, language),
        _levers(analysis, found.levers, language),
        *firm_words(analysis, found.firmness, texts(language)),
        [_finding(finding, analysis, language) for finding in found.findings],
    )


# --- reasons ------------------------------------------------------------------------------------


def _reasons(analysis: PortfolioAnalysis, language: str) -> list[str]:
    customers = analysis.customers
    rated = customers["rank"].notna().to_numpy()
    sentences = []
    for axis in Axis:
        names = [analysis.model.criteria[k].name for k in analysis.model.on_axis(axis)]
        scores = np.where(rated, customers[f"{axis}_score"].to_numpy(), np.nan)
        got, most = (f[names].to_numpy() for f in (analysis.contributions, analysis.attainable))
        sentences.append(reasons(axis, names, scores, got, most, language=language))
    pairs = zip(*sentences, notes(analysis, language), strict=True)
    return [note or f"{value} {benefit}" for value, benefit, note in pairs]


def notes(analysis: PortfolioAnalysis, language: str) -> list[str]:
    """Why each row is not rated, in words; empty for the rated ones."""
    words = texts(language)
    customers = analysis.customers
    needed = words.percent(float(analysis.model.min_coverage))
    columns = ("note", "repeats", "value_coverage", "benefit_coverage")
    rows = zip(*(customers[column].tolist() for column in columns), strict=True)
    return [
        words(
            f"notes.{note}",
            row=repeats,
            value=words.percent(float(round(100 * value))),
            benefit=words.percent(float(round(100 * benefit))),
            needed=needed,
        )
        if note is not Note.NONE
        else ""
        for note, repeats, value, benefit in rows
    ]


# --- levers -------------------------------------------------------------------------------------


def _levers(
    analysis: PortfolioAnalysis, levers: Sequence[Lever | None], language: str
) -> list[str]:
    """What each lever asks for, in a sentence; empty where none applies or nothing can change."""
    changeable = [*filter(analysis.model.is_changeable, Axis)]
    if not changeable:
        return [""] * len(levers)
    words = texts(language)
    criteria = {criterion.name: criterion for criterion in analysis.model.criteria}

    @cache
    def spelling(name: str, more: int) -> Callable[[float | str, float | str | None], str]:
        return measure_text(analysis, criteria[name], words, more)

    def step(of: LeverStep) -> str:
        measure = target = ""
        for more in range(_MOST_DECIMALS):
            spell = spelling(of.criterion, more)
            measure, target = spell(of.measure, None), spell(of.target, of.measure)
            if measure != target:
                break
        return words("levers.step", criterion=of.criterion, measure=measure, target=target)

    @cache
    def sentence(kind: str, points: float, steps: str) -> str:
        return words(f"levers.{kind}", missing=words.number(points, 1), steps=steps)

    sentences = []
    types = analysis.customers["quadrant"].tolist()
    missing = np.ceil(rounded(missing_points(analysis) * 10)) / 10
    for quadrant, lever, points in zip(types, levers, missing.tolist(), strict=True):
        if lever is None:
            sentences.append("")
            continue
        kind = "lever" if lever else "unreachable"
        if LEVER_AXES[quadrant] not in changeable:
            kind = "nothing_changeable"
        sentences.append(sentence(f"{kind}.{quadrant}", points, words.listed(map(step, lever))))
    return sentences


def measure_text(
    analysis: PortfolioAnalysis, criterion: Criterion, words: Texts, more: int = 0
) -> Callable[[float | str, float | str | None], str]:
    """How people read the measures of a criterion, with as many decimals as the measures have.

    Computed measures have endless ones, of which a few are shown; ``more`` are added on demand.
    The function takes a measure, and for one to be reached also the one that is: it is rounded
    away from that, as far as it is still worth as much.
    """
    if criterion.scale.kind is ScaleKind.CATEGORIES:
        return lambda measure, _: str(measure).strip()
    numbers, _ = numbers_of(analysis.measures, criterion.name)
    usual = decimals_of(numbers, criterion.unit) + more
    beyond = _beyond(criterion, usual)

    def spell(measure: float | str, now: float | str | None) -> str:
        number, decimals = float(measure), usual
        if now is not None:
            number, decimals = beyond(number, number > float(now))
        return spelled(number, decimals, criterion.unit, words)

    return spell


def decimals_of(numbers: Floats, unit: str) -> int:
    """With how many decimals measures are shown that have a unit; NaN for missing ones."""
    least = _PERCENT if _is_share(unit) else 0
    present = numbers[~np.isnan(numbers)]
    for decimals in range(_MOST_DECIMALS):
        if np.array_equal(np.round(present, decimals), present):
            return max(decimals, least)
    before_point = math.floor(math.log10(np.median(np.abs(present[present != 0])))) + 1
    return max(min(max(_DIGITS - before_point, 0), _MOST_DECIMALS), least)


def spelled(number: float, decimals: int, unit: str, words: Texts) -> str:
    """A measure without its unit; what people read as a percentage is one.

    >>> spelled(0.25, 2, "share", texts("de"))
    '25 %'
    """
    if _is_share(unit):
        return words("words.percent", number=words.number(100 * number, decimals - _PERCENT))
    return words.number(number, decimals)


def _is_share(unit: str) -> bool:
    return unit.strip().casefold() in _SHARES


def _beyond(criterion: Criterion, usual: int) -> Callable[[float, bool], tuple[float, int]]:
    """Rounds a measure to be reached away from what is; gives the decimals that this takes too.

    Beyond the target a scale may fall again: then there are more decimals than the usual ones.
    """
    kind, levels = criterion.scale.kind, [level.value for level in sorted(criterion.scale.levels)]
    falls_again = levels not in (sorted(levels), sorted(levels, reverse=True))
    is_checked = falls_again or not kind.glides
    yardstick = Yardstick([criterion]) if is_checked else None

    def is_enough(number: float, target: float) -> bool:
        if yardstick is None:
            return True
        worth, wanted = rounded(yardstick(np.array([[number], [target]]))[:, 0])
        return bool(worth >= wanted)

    def round_away(target: float, rises: bool) -> tuple[float, int]:  # noqa: FBT001 (a direction)
        away = math.ceil if rises else math.floor
        for decimals in range(usual, usual + _MOST_DECIMALS):
            exact = target * 10**decimals
            for whole in (away(round(exact, 9)), away(exact)):  # what only floats add is left out
                if is_enough(whole / 10**decimals, target):
                    return whole / 10**decimals, decimals
        return target, usual + _MOST_DECIMALS

    return round_away if kind.glides else cache(round_away)  # steps have few targets


# --- how firm types and ranks are ---------------------------------------------------------------


def firm_words(
    analysis: PortfolioAnalysis, firmness: Firmness, words: Texts
) -> tuple[list[str], list[str]]:
    """The smallest changes of one weight: to another type, and for the next customer to be first.

    For each customer in the order of the ranking; empty for those not rated and where a change is
    withheld, the second also where there is no next one.
    """
    types, none = words.branch("quadrants"), words("firm.no_change")
    to_type, to_swap, spell = words("firm.type_change"), words("firm.swap"), _change_speller(words)
    type_changes = [
        ""
        if math.isnan(rank) or isinstance(change, Withheld)
        else none
        if change is None
        else to_type.format(change=spell(change), type=types[str(change.quadrant)])
        for rank, change in zip(firmness.rank_topsis.tolist(), firmness.type_changes, strict=True)
    ]
    names = _names(analysis.customers)
    swaps = [
        ""
        if other < 0 or isinstance(change, Withheld)
        else none
        if change is None
        else to_swap.format(change=spell(change), customer=names[other])
        for other, change in zip(firmness.nexts.tolist(), firmness.swaps, strict=True)
    ]
    return type_changes, swaps


def _names(customers: pd.DataFrame) -> list[str]:
    """What customers are called in a sentence, on one line."""
    pairs = zip(customers["customer"].tolist(), customers["customer_id"].tolist(), strict=True)
    return [" ".join(str(name or number).split()) for name, number in pairs]


def _change_speller(words: Texts) -> Callable[[WeightChange], str]:
    """Puts changes into words: the weight of an axis is called by the name of its setting."""
    step, number = words("levers.step"), cache(words.general)

    @cache
    def name(of_axis: bool, weight: str) -> str:  # noqa: FBT001 (as it stands in the change)
        return words("firm.setting", setting=weight) if of_axis else weight

    return lambda change: step.format(
        criterion=name(change.of_axis, change.name),
        measure=number(change.now),
        target=number(change.typed),
    )


# --- what turnover hides ------------------------------------------------------------------------


def _finding(finding: Finding, analysis: PortfolioAnalysis, language: str) -> FindingText:
    """A finding in words; what is switched off says what it lacks."""
    words = texts(language)
    name = words(f"hidden.{finding.kind}.name")
    if finding.lacking:
        roles = [_role(role, analysis.model.with_role(role), words) for role in finding.lacking]
        return FindingText(finding, name, words("hidden.off", roles=words.listed(roles)), "")
    criteria = {str(role): criterion for role, criterion in finding.criteria.items()}
    rule = words(f"hidden.{finding.kind}.rule", **criteria)
    return FindingText(finding, name, rule, _some(finding.rows, analysis, words))


def _role(role: Role, criterion: Criterion | None, words: Texts) -> str:
    """A role that is lacking; where a criterion has it, that one is measured in words."""
    name = words(f"roles.{role}")
    return name if criterion is None else words("hidden.as_number", role=name)


def _some(rows: Ints, analysis: PortfolioAnalysis, words: Texts) -> str:
    """The names of the first of some customers, and how many there are besides."""
    first = analysis.customers.iloc[rows[:_NAMED]]
    listed = ", ".join(_names(first))
    more = len(rows) - _NAMED
    return words("hidden.more", names=listed, count=more) if more > 0 else listed
