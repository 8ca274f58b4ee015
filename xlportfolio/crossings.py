"""Which scores have crossed their threshold, and what took them there."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.model import Axis, Criterion, name_key
from xlportfolio.movement_steps import State, Steps
from xlportfolio.scale import ScaleKind
from xlportfolio.scoring import Bools, Ints, numbers_of, rounded
from xlportfolio.weight_changes import Withheld


class Cause(StrEnum):
    """What took a score over its threshold."""

    MODEL = "model"
    OTHERS = "others"
    CUSTOMER = "customer"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A score that has crossed its threshold.

    Attributes
    ----------
    axis, upward
        Which score, and whether it is high now.
    cause
        The last of the three steps in which the score has changed sides.
    before, after
        The score on each day, 0 to 100.
    criterion
        Which did most of it in that step; ``None``: the threshold, which has moved by more than
        the score; :data:`xlportfolio.weight_changes.WITHHELD`: it must not be named to whoever sees
        this.
    points
        By how much the criterion has moved the score in that step, or by how much the threshold
        has moved; NaN where it is withheld. Over all criteria they add up to the change of the
        score. Where the share of the criterion in the weight stays, they are the change of its
        contribution; where it changes, see :meth:`xlportfolio.movement_steps.Steps.effects`.
    measure_before, measure_after
        Its measures on each day, a number or a word; ``None``: missing, not known to the scale of
        that day, or withheld.
    unit
        That of the measures.
    """

    axis: Axis
    upward: bool
    cause: Cause
    before: float
    after: float
    criterion: str | Withheld | None
    points: float
    measure_before: float | str | None
    measure_after: float | str | None
    unit: str = ""


def crossings(steps: Steps, axis: Axis, among: Bools) -> Iterator[tuple[int, Crossing]]:
    """The scores of an axis that have crossed its threshold, and whose they are.

    Parameters
    ----------
    among
        Shape ``(n_both,)``: whose scores are looked at; they must have one on each day.

    Yields
    ------
    Places among those who are there on both days, from 0, each with its crossing.
    """
    rows = np.flatnonzero(among)
    scores, thresholds = steps.scores(axis)[:, rows], steps.thresholds(axis)
    high = rounded(scores) >= rounded(thresholds)[:, np.newaxis]
    changes = high[1:] != high[:-1]
    last = len(changes) - np.argmax(changes[::-1], axis=0)
    for step, cause in enumerate(Cause, start=1):
        chosen = (high[0] != high[-1]) & (last == step)
        yield from _of_step(steps, axis, cause, rows[chosen])


def _of_step(steps: Steps, axis: Axis, cause: Cause, rows: Ints) -> Iterator[tuple[int, Crossing]]:
    """The crossings that came about in a step, given whose they are."""
    step = [*Cause].index(cause) + 1
    scores, thresholds = steps.scores(axis)[:, rows], steps.thresholds(axis)
    upward = rounded(scores[-1]) >= rounded(thresholds[-1])
    way = np.where(upward, 1.0, -1.0)
    names, effects = steps.effects(axis, step, rows)
    helped = rounded(effects * way[:, np.newaxis])
    if cause is Cause.CUSTOMER:
        # what has changed goes before what only gains or loses weight by it
        itself = np.where(steps.has_measured(names, rows), helped, -np.inf)
        helped = np.where(itself.max(axis=1, keepdims=True) > 0, itself, helped)
    most = np.argmax(helped, axis=1)
    moved = float(thresholds[step] - thresholds[step - 1])
    by_threshold = rounded(-moved * way) > rounded((scores[step] - scores[step - 1]) * way)
    for k in [None, *range(len(names))]:
        chosen = np.flatnonzero(by_threshold if k is None else ~by_threshold & (most == k))
        count = len(chosen)
        if not count:
            continue
        name = None if k is None else names[k]
        points = [moved] * count if k is None else effects[chosen, k].tolist()
        measures = [_measures(steps.states[end], name, rows[chosen]) for end in (0, -1)]
        unit = "" if name is None else _unit(steps, name)
        columns = (upward, scores[0], scores[-1])
        listed = (rows[chosen].tolist(), *(column[chosen].tolist() for column in columns))
        for row, is_up, then, now, gained, was, measure in zip(
            *listed, points, *measures, strict=True
        ):
            yield row, Crossing(axis, is_up, cause, then, now, name, gained, was, measure, unit)


def _criterion(analysis: PortfolioAnalysis, name: str) -> Criterion | None:
    key = name_key(name)
    return next((c for c in analysis.model.criteria if name_key(c.name) == key), None)


def _unit(steps: Steps, name: str) -> str:
    """That of the later day, if it knows the criterion."""
    found = (_criterion(steps.states[end].analysis, name) for end in (-1, 0))
    return next(criterion.unit.strip() for criterion in found if criterion is not None)


def _measures(state: State, name: str | None, rows: Ints) -> Sequence[float | str | None]:
    """What is known of a criterion in a state, ``None`` where it has no value."""
    analysis = state.analysis
    criterion = None if name is None else _criterion(analysis, name)
    if criterion is None:
        return [None] * len(rows)
    at = state.at[rows]
    known = (~np.isnan(analysis.values[criterion.name].to_numpy(np.float64)[at])).tolist()
    measures = analysis.measures[[criterion.name]].iloc[at]
    if criterion.scale.kind is ScaleKind.CATEGORIES:
        words = [str(cell).strip() for cell in measures[criterion.name].tolist()]
        return [word if there else None for word, there in zip(words, known, strict=True)]
    numbers = numbers_of(measures, criterion.name)[0].tolist()
    return [number if there else None for number, there in zip(numbers, known, strict=True)]
