"""The lever: the fewest and smallest improvements that lift a score over its threshold.

A score is a weighted sum: what a criterion gains is proportional to the rise of its value, whatever
the others do. So the search is exact. Totals are compared by the score that they reach, to 9
decimals. A *gliding* scale (linear, piecewise) takes every value up to its highest, a *stepped* one
(steps, categories) only those of its levels.

Let n be the smallest number of criteria whose full gains cross the threshold, and take the criteria
by full gain, largest first. A set of n that crosses does not cross without any one of its criteria;
so each of them gains something, and one that glides can take just what the others leave. Such a set
reaches the threshold exactly, and no set has a smaller total. Hence:

1. If the n-th glides, the first n are the lever, and the n-th goes only as far as needed.
2. If another of the first n glides, they are the lever too: the last that glides, the filler, makes
   room for the stepped ones behind it, which rise as little as they may.
3. Else sets of stepped criteria compete with the first n - 1 and the best one that glides, which
   could gain more than any other set with a gliding one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xlportfolio.lever_search import Choice, billionths, least_rise
from xlportfolio.model import Criterion, Objective
from xlportfolio.scale import ScaleKind
from xlportfolio.scoring import (
    Bools,
    Bounds,
    Floats,
    Ints,
    Yardstick,
    rounded,
    weighted_scores,
)


class Step(NamedTuple):
    """One criterion of a lever.

    Its position among those given; the measure to reach, a number in its unit, or the category as
    its level spells it; and the points of the axis score gained.
    """

    criterion: int
    target: float | str
    gain: float


#: The steps in the order in which they are taken; empty if the threshold cannot be reached.
Lever = tuple[Step, ...]


def levers(
    criteria: Sequence[Criterion],
    bounds: Sequence[Bounds | None],
    measures: Floats,
    values: Floats,
    attainable: Floats,
    scores: Floats,
    threshold: float,
) -> list[Lever]:
    """For each customer, the least that has to change for its score to cross the threshold.

    Only criteria marked as changeable change, and no missing measure. Fewest criteria first, then
    the smallest total gain; among equals the set that could gain most, then the one that comes
    first in the sheet. Within a set, what could gain most is raised first and as far as it goes,
    the last only as far as needed.

    Parameters
    ----------
    criteria
        Those of one axis, changeable or not.
    bounds
        For each linear criterion the bounds used, ``None`` for the others.
    measures
        Shape ``(n_customers, n_criteria)``, in each criterion's unit; NaN where missing. A column
        of categories does not matter.
    values
        The same shape, 0 to 100; NaN where the measure is missing, whatever fills it.
    attainable
        The same shape: the points that a value of 100 brings; NaN for a criterion left out.
    scores
        Shape ``(n_customers,)``, 0 to 100. A score that is NaN or not below the threshold has no
        lever.
    threshold
        0 to 100. A score on it is across, both rounded to 9 decimals.

    Examples
    --------
    >>> from xlportfolio.model import Axis
    >>> from xlportfolio.scale import Scale
    >>> margin = Criterion("Margin", Axis.VALUE, 3, Scale.linear(0, 40), changeable=True)
    >>> share = Criterion("Share", Axis.VALUE, 1, Scale.steps([(0, 0), (50, 80)]), changeable=True)
    >>> levers(
    ...     [margin, share], [Bounds(0, 40), None], measures=np.array([[10.0, 20.0]]),
    ...     values=np.array([[25.0, 0.0]]), attainable=np.array([[75.0, 25.0]]),
    ...     scores=np.array([18.75]), threshold=60.0,
    ... )
    [(Step(criterion=0, target=32.0, gain=41.25),)]
    """
    aim = float(rounded(threshold))
    rows = np.flatnonzero(rounded(scores) < aim)
    rise = _Rise(criteria, bounds, values[rows], attainable[rows], scores[rows], aim)
    targets, reached = _targets(rise, bounds, measures[rows])
    crosses = (rise.count > 0) & (_scored(criteria, reached) >= aim)
    gains = attainable[rows] / 100 * (reached - values[rows])
    words = [_words(criterion) for criterion in criteria]
    found: list[Lever] = [()] * len(scores)
    parts = (rows, crosses, rise.count, rise.order, targets, gains)
    for row, good, count, order, target, gain in zip(*(p.tolist() for p in parts), strict=True):
        if good:
            found[row] = tuple(
                Step(k, words[k].get(target[k], target[k]), gain[k]) for k in order[:count]
            )
    return found


class _Rise:
    """Which criteria of each customer rise, in which order, to which values.

    Attributes
    ----------
    order, count
        Shapes ``(n_customers, n_criteria)`` and ``(n_customers,)``: the first ``count`` rise; 0 if
        the threshold cannot be reached.
    goals
        Shape ``(n_customers, n_criteria)``: the values to reach, NaN where nothing changes.
    filler
        Shape ``(n_customers,)``: the gliding criterion that takes what the others leave, or -1.
    """

    def __init__(
        self,
        criteria: Sequence[Criterion],
        bounds: Sequence[Bounds | None],
        values: Floats,
        attainable: Floats,
        scores: Floats,
        aim: float,
    ) -> None:
        self.criteria, self.values, self.aim = criteria, values, aim
        self._scores, self._each = scores, attainable / 100
        self._glides = np.array([c.scale.kind.glides for c in criteria])
        self._levels = [sorted({float(value) for _, value in c.scale.levels}) for c in criteria]
        self._tops = np.array([_top(*pair) for pair in zip(criteria, bounds, strict=True)])
        rises = np.array([c.changeable for c in criteria]) & (values < self._tops)
        self._full = np.where(rises & (attainable > 0), self._each * (self._tops - values), 0.0)
        largest_first = np.where(self._full > 0, -rounded(self._full), np.inf)
        self.order = np.argsort(largest_first, axis=1, kind="stable")
        ordered = np.take_along_axis(self._full, self.order, axis=1)
        lifted = np.cumsum(np.column_stack([scores, ordered]), axis=1)[:, 1:]
        crosses = rounded(lifted) >= aim
        self.count = np.where(crosses.any(axis=1), np.argmax(crosses, axis=1) + 1, 0)

        places = np.arange(len(criteria))
        among_first = places < self.count[:, np.newaxis]
        rising = np.zeros(values.shape, dtype=np.bool_)
        np.put_along_axis(rising, self.order, among_first, axis=1)
        self.goals = np.where(rising, self._tops, np.nan)
        place = np.where(among_first & self._glides[self.order], places, -1).max(axis=1)
        self.filler = np.where(place >= 0, self.order[np.arange(len(place)), place], -1)
        self._choose_one(np.flatnonzero(self.count == 1))
        self._search_all(np.flatnonzero((self.count > 1) & (place < self.count - 1)))
        self._fill(np.flatnonzero(self.filler >= 0))

    def _choose_one(self, rows: Ints) -> None:
        """Where one criterion is enough: the one with which the score rises least."""
        best, most = np.full(len(rows), np.inf), np.zeros(len(rows))
        for k, levels in enumerate(self._levels):
            full = self._full[rows, k]
            able = (full > 0) & (rounded(self._scores[rows] + full) >= self.aim)
            reached, goal = np.full(len(rows), self.aim), np.full(len(rows), self._tops[k])
            for level in [] if self._glides[k] else reversed(levels):
                gain = self._each[rows, k] * (level - self.values[rows, k])
                lifted = rounded(self._scores[rows] + gain)
                enough = lifted >= self.aim
                reached = np.where(enough, lifted, reached)
                goal = np.where(enough, level, goal)
            better = able & ((reached < best) | ((reached == best) & (rounded(full) > most)))
            best, most = np.where(better, reached, best), np.where(better, rounded(full), most)
            chosen = rows[better]
            self.order[chosen, 0] = k
            self.goals[chosen] = np.nan
            self.goals[chosen, k] = goal[better]
            self.filler[chosen] = k if self._glides[k] else -1

    def _search_all(self, rows: Ints) -> None:
        """Search where the first do not simply rise in full; customers alike only once."""
        known: dict[bytes, tuple[dict[int, float], int]] = {}
        for row in rows.tolist():
            key = b"".join(x[row].tobytes() for x in (self.values, self._each, self._scores))
            if key not in known:
                known[key] = self._search(row)
            goals, filler = known[key]
            self.order[row, : len(goals)] = list(goals)
            self.goals[row] = np.nan
            self.goals[row, list(goals)] = list(goals.values())
            self.filler[row] = filler

    def _search(self, row: int) -> tuple[dict[int, float], int]:
        """The value to reach of each criterion that rises, in their order, and the filler."""
        count, filler = int(self.count[row]), int(self.filler[row])
        order = [k for k in self.order[row].tolist() if self._full[row, k] > 0]
        tops = dict(enumerate(self._tops.tolist()))
        if filler >= 0:
            head = order[: order.index(filler) + 1]
            behind = [self._choice(row, k) for k in order[len(head) : count]]
            _, way = least_rise(behind, len(behind), self._raised(row, head), self.aim)
            return {k: tops[k] for k in head} | way.goals(), filler
        stepped = [self._choice(row, k) for k in order if not self._glides[k]]
        reached, way = least_rise(stepped, count, self._raised(row, []), self.aim)
        for gliding in [k for k in order if self._glides[k]][:1]:
            mixed = [*order[: count - 1], gliding]
            full = -sum(billionths(self._full[row, k]) for k in mixed)
            better = (self.aim, full, tuple(sorted(mixed))) < (reached, way.full, way.places)
            if better and rounded(self._raised(row, mixed)) >= self.aim:
                return {k: tops[k] for k in mixed}, gliding
        return way.goals(), -1

    def _raised(self, row: int, criteria: Sequence[int]) -> float:
        """The score of a customer with some criteria raised in full."""
        return float(np.cumsum([self._scores[row], *self._full[row, criteria]])[-1])

    def _choice(self, row: int, k: int) -> Choice:
        """What a stepped criterion may gain."""
        value, each = float(self.values[row, k]), float(self._each[row, k])
        levels = [(each * (level - value), level) for level in self._levels[k] if level > value]
        return k, levels

    def _fill(self, rows: Ints) -> None:
        """Let each filler take what the others leave."""
        at = rows, self.filler[rows]
        self.goals[at] = np.nan
        others = np.nansum(self._each[rows] * (self.goals[rows] - self.values[rows]), axis=1)
        rest = self.aim - (self._scores[rows] + others)
        self.goals[at] = np.minimum(self.values[at] + rest / self._each[at], self._tops[at[1]])


def _top(criterion: Criterion, bounds: Bounds | None) -> float:
    """The highest value that a scale reaches; NaN if it is flat."""
    if criterion.scale.kind is ScaleKind.LINEAR:
        return 100.0 if bounds is not None and bounds.low < bounds.high else np.nan
    return max(float(value) for _, value in criterion.scale.levels)


def _words(criterion: Criterion) -> dict[float, str]:
    """The first category of each value; empty for other scales."""
    if criterion.scale.kind is not ScaleKind.CATEGORIES:
        return {}
    return {float(value): str(word) for word, value in reversed(criterion.scale.levels)}


def _scored(criteria: Sequence[Criterion], values: Floats) -> Floats:
    """The scores of values as the analysis computes them, to 9 decimals."""
    scores = weighted_scores(values, [c.weight for c in criteria], [c.fill for c in criteria])
    return rounded(scores.score)


def _targets(
    rise: _Rise, bounds: Sequence[Bounds | None], measures: Floats
) -> tuple[Floats, Floats]:
    """All measures once a rise is done (of categories their values), and what they are worth.

    Rounding may leave a filler just below the threshold, and on a steep scale no number may lie on
    it. Both show when the measures are fed back: then the first number that crosses is looked for,
    by halves between the measure and the end of the piece of the scale that crosses.
    """
    words = np.array([c.scale.kind is ScaleKind.CATEGORIES for c in rise.criteria])
    now = np.where(words, rise.values, measures)
    targets, ends = now.copy(), now.copy()
    for k, criterion in enumerate(rise.criteria):
        rows = np.flatnonzero(~np.isnan(rise.goals[:, k]))
        goals = rise.goals[rows, k]
        targets[rows, k], ends[rows, k] = _nearest(criterion, bounds[k], now[rows, k], goals)
    yardstick = Yardstick(rise.criteria, {k: b for k, b in enumerate(bounds) if b is not None})
    missed = _scored(rise.criteria, yardstick(targets)) != rise.aim
    rows = np.flatnonzero((rise.filler >= 0) & missed)
    at = rows, rise.filler[rows]
    trial = targets[rows]
    below, across = now[at], ends[at]
    while True:
        middle = below / 2 + across / 2  # the sum could be too large
        between = (middle != below) & (middle != across)
        if not between.any():
            break
        trial[np.arange(len(rows)), at[1]] = middle
        reached = _scored(rise.criteria, yardstick(trial))
        across = np.where(between & (reached >= rise.aim), middle, across)
        below = np.where(between & (reached <= rise.aim), middle, below)
    targets[at] = across
    return targets, yardstick(targets)


def _nearest(
    criterion: Criterion, bounds: Bounds | None, measures: Floats, goals: Floats
) -> tuple[Floats, Floats]:
    """The nearest measures with certain higher values, and the ends of the pieces they lie on.

    All of shape ``(n_customers,)``. A piece is a straight line of a gliding scale; on a stepped
    scale it ends where it begins.
    """
    kind = criterion.scale.kind
    if kind is ScaleKind.CATEGORIES:
        return goals, goals
    knots = sorted((float(bound), float(value)) for bound, value in criterion.scale.levels)
    if kind is ScaleKind.LINEAR and bounds is not None:
        worth = (0.0, 100.0) if criterion.objective is Objective.MAX else (100.0, 0.0)
        knots = list(zip(bounds, worth, strict=True))
    targets, ends = np.full(len(goals), np.nan), np.full(len(goals), np.nan)
    nearest = np.full(len(goals), np.inf)

    def consider(found: Floats | float, end: float, where: Bools) -> None:
        distance = np.abs(found / 2 - measures / 2)  # the whole could be too large
        closer = where & ((distance < nearest) | np.isnan(targets))
        targets[closer] = np.broadcast_to(found, closer.shape)[closer]
        ends[closer], nearest[closer] = end, distance[closer]

    for (at, value), (following, next_value) in zip(
        knots, [*knots[1:], (np.inf, np.nan)], strict=True
    ):
        if not kind.glides:
            before = float(np.nextafter(following, -np.inf))
            consider(at, at, (value == goals) & (measures < at))
            consider(before, before, (value == goals) & (before < measures))
        elif value != next_value and following < np.inf:
            share = np.clip((goals - value) / (next_value - value), 0.0, 1.0)
            found = at * (1 - share) + following * share
            rising = (value < goals) & (goals <= next_value) & (measures < following)
            consider(np.clip(found, np.maximum(at, measures), following), following, rising)
            falling = (next_value < goals) & (goals <= value) & (measures > at)
            consider(np.clip(found, at, np.minimum(following, measures)), at, falling)
    return targets, ends
