"""The smallest change of one weight that tips a type or turns the order of two customers.

One weight changes, all others stay as entered. Of two changes that is the smaller one by which the
share of the weight changes less: its share of its axis, or of both axes for the weight of an axis.
So weights on any scale, and of both axes, can be compared.

With ``w`` the weight that changes, ``v`` the customer's value there, ``A`` the sum of weight times
value and ``B`` the sum of weights over the other criteria that the customer has, the axis score is
``(A + w v) / (B + w)``, or ``A / B`` for a criterion that the customer lacks. The weight at which
it crosses a threshold follows from a linear equation, that at which two total scores meet from a
quadratic one; for the weight of an axis it is linear as well. What is found lies a hair beyond the
crossing, and is checked by the scoring itself. For a threshold that is a mean or median, and moves
along, see :mod:`xlportfolio.moving_thresholds`. A weight of 0 leaves a criterion out, and stays 0.

References
----------
Triantaphyllou, E., Sanchez, A. (1997): A sensitivity analysis approach for some deterministic
multi-criteria decision-making methods. Decision Sciences 28, 151-194: the most critical criterion.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from xlportfolio.model import Quadrant, ThresholdRule
from xlportfolio.portfolio import quadrants
from xlportfolio.robustness import HALF_UNIT, RatedAxis
from xlportfolio.scoring import DECIMALS, Bools, Floats, Ints, Strings, rounded, weighted_scores
from xlportfolio.weight_changes import WeightChange

#: A weight that would have to carry more than this of its axis is no way to change anything.
MOST_SHARE = 0.999
#: How far beyond a crossing: more than sums differ by rounding, far less than what is compared.
_BEYOND = 1e-11
#: By how much one total score is below another once they are sure to differ to 9 decimals.
_REVERSED = 1 / 10**DECIMALS + _BEYOND
#: The place of the weights of the axes among the groups of weights, after those of each axis.
_AXES = 2
#: Decimals of a weight in words, at most; and how far such a weight may be from the exact one.
_MOST_DECIMALS, _NEAR = 8, 0.01
#: Decimals of shares whose changes are held against each other.
_SAME = 9
#: Customers looked at together, so that the tables of all criteria stay small.
_CHUNK = 4_096


class Rated(NamedTuple):
    """The rated customers, in the order of the ranking.

    Attributes
    ----------
    axes, axis_weights
        The axis of value, then that of benefit, and what each counts in the total score.
    min_coverage
        Percent of an axis' weight that needs measures; a change after which a customer would no
        longer be rated is none.
    """

    axes: tuple[RatedAxis, RatedAxis]
    axis_weights: tuple[float, float]
    min_coverage: float


def type_changes(rated: Rated) -> list[WeightChange | None]:
    """For each customer the smallest change that gives it another type; ``None``: there is none.

    Only thresholds that are numbers are looked at.

    Examples
    --------
    Worth 80 by the first criterion and 20 by the second, a customer is on the lower side of 50 once
    the second weighs more than the first.

    >>> two, nothing = np.array([6.0, 4.0]), (None, None)
    >>> value = RatedAxis(("A", "B"), two, nothing, np.array([[80.0, 20.0]]), 50, 50)
    >>> benefit = RatedAxis(("C",), np.ones(1), (None,), np.array([[90.0]]), 50, 50)
    >>> change, = type_changes(Rated((value, benefit), (1, 1), 50))
    >>> change.name, change.now, change.typed, change.quadrant
    ('A', 6.0, 3.99, <Quadrant.FREE_RIDER: 'free_rider'>)
    """
    return _in_chunks(np.arange(len(rated.axes[0].values)), lambda at: _Types(rated, at))


def swaps(rated: Rated, nexts: Ints) -> list[WeightChange | None]:
    """For each customer the smallest change that puts another one strictly before it.

    Parameters
    ----------
    nexts
        Shape ``(n_customers,)``: the position of that other one, whose total score is lower; -1:
        there is nobody.

    Returns
    -------
    ``None`` where there is nobody, or no such change.

    Examples
    --------
    >>> value = RatedAxis(("A",), np.ones(1), (None,), np.array([[90.0], [60.0]]), 50, 50)
    >>> benefit = RatedAxis(("C",), np.ones(1), (None,), np.array([[40.0], [50.0]]), 50, 50)
    >>> first, last = swaps(Rated((value, benefit), (50, 50), 50), np.array([1, -1]))
    >>> first.name, first.typed, round(first.share_then, 6), last
    ('value_weight', 16.6, 0.25, None)
    """
    found: list[WeightChange | None] = [None] * len(nexts)
    asked = np.flatnonzero(nexts >= 0)
    changes = _in_chunks(asked, lambda at: _Swaps(rated, at, nexts[at]))
    for row, change in zip(asked.tolist(), changes, strict=True):
        found[row] = change
    return found


def _in_chunks(rows: Ints, search: Callable[[Ints], _Search]) -> list[WeightChange | None]:
    chunks = (rows[begin : begin + _CHUNK] for begin in range(0, len(rows), _CHUNK))
    return [change for chunk in chunks for change in search(chunk).smallest()]


class _Group:
    """Weights that are in proportion to each other: those of an axis, or of both axes."""

    def __init__(self, names: Sequence[str], weights: Floats, *, of_axis: bool) -> None:
        self.names, self.weights, self.of_axis = names, weights, of_axis
        largest = weights.max()
        relative = weights / largest  # sums stay finite
        with np.errstate(over="ignore"):  # an infinite one leaves no candidates
            self.unit = float(largest * relative.sum())
        self.shares = relative / relative.sum()
        self.rest = self.shares @ _others(len(weights))


class _Scored:
    """Some customers on one axis, and their scores for weights of their own."""

    def __init__(self, axis: RatedAxis, group: _Group, rows: Ints) -> None:
        self._axis, self._group = axis, group
        self._values = axis.values[rows]
        filled = axis.filled[rows]
        self.used = ~np.isnan(filled)
        self.value = np.where(self.used, filled, 0.0)
        others = _others(len(axis.weights))
        # the sums over the others, each by itself: differences would lose digits
        self.points = (group.shares * self.value) @ others
        self.weight = (group.shares * self.used) @ others
        self.now = weighted_scores(self._values, axis.weights, axis.fills).score

    def then(self, at: Ints, k: Ints, weights: Floats, min_coverage: float) -> tuple[Floats, Bools]:
        """Scores, and who is still rated, once each has another weight of one criterion."""
        changed = np.tile(self._axis.weights, (len(at), 1))
        changed[np.arange(len(at)), k] = weights
        scores = weighted_scores(self._values[at], changed, self._axis.fills)
        enough = rounded(scores.coverage) >= rounded(min_coverage / 100)
        return scores.score, np.asarray(enough & ~np.isnan(scores.score), dtype=np.bool_)


class _Candidate(NamedTuple):
    """A weight and, for each customer, what it would have to be, as a share of all today."""

    group: int
    k: int
    weights: Floats


class _Search(ABC):
    """Looks for the smallest change that makes a difference to each of some customers."""

    def __init__(self, rated: Rated, count: int) -> None:
        self.rated, self.count = rated, count
        both = np.array(rated.axis_weights, dtype=np.float64)
        self.groups = (
            *(_Group(axis.names, axis.weights, of_axis=False) for axis in rated.axes),
            _Group(("value_weight", "benefit_weight"), both, of_axis=True),
        )

    @abstractmethod
    def candidates(self) -> list[_Candidate]:
        """Where each weight would make a difference; NaN or infinite where it does not."""

    @abstractmethod
    def check(self, at: Ints, group: int, k: Ints, weights: Floats) -> Bools:
        """Whether these weights, as entered, do make a difference to these customers."""

    @abstractmethod
    def quadrants(self, at: Ints, group: int, k: Ints, weights: Floats) -> list[Quadrant | None]:
        """The types that they then have, if it is these that change."""

    @np.errstate(all="ignore")  # what is not finite is no candidate
    def smallest(self) -> list[WeightChange | None]:
        """The smallest change for each customer that the scoring confirms."""
        candidates = self.candidates()
        if not candidates:
            return [None] * self.count
        groups = np.array([c.group for c in candidates])
        ks = np.array([c.k for c in candidates])
        wanted = np.array([c.weights for c in candidates]).T
        now = np.array([self.groups[c.group].shares[c.k] for c in candidates])
        rest = np.array([self.groups[c.group].rest[c.k] for c in candidates])
        units = np.array([self.groups[c.group].unit for c in candidates])
        then = wanted / (wanted + rest)
        possible = np.isfinite(wanted * units) & (wanted >= 0) & (now > 0) & (rest > 0)
        # of two criteria that share an axis both changes are the same one: the first is named
        distance = np.round(np.abs(then - now), _SAME)
        distance = np.where(possible & (then <= MOST_SHARE), distance, np.inf)
        found: list[WeightChange | None] = [None] * len(wanted)
        rows = np.arange(len(wanted))
        while rows.size:
            best = np.argmin(distance[rows], axis=1)
            alive = np.isfinite(distance[rows, best])
            rows, best = rows[alive], best[alive]
            weights = wanted[rows, best] * units[best]
            done = np.zeros(len(rows), dtype=np.bool_)
            for place, group in enumerate(self.groups):
                mine = np.flatnonzero(groups[best] == place)
                k = ks[best[mine]]
                ok = self.check(rows[mine], place, k, weights[mine])
                done[mine] = ok
                at, k, exact = rows[mine][ok], k[ok], weights[mine][ok]
                changes = zip(
                    k.tolist(),
                    exact.tolist(),
                    self._typed(at, place, k, exact).tolist(),
                    then[at, best[mine][ok]].tolist(),
                    self.quadrants(at, place, k, exact),
                    strict=True,
                )
                for row, (i, weight, typed, share, quadrant) in zip(
                    at.tolist(), changes, strict=True
                ):
                    found[row] = WeightChange(
                        group.names[i],
                        group.of_axis,
                        float(group.weights[i]),
                        weight,
                        typed,
                        float(group.shares[i]),
                        share,
                        quadrant,
                    )
            rows, best = rows[~done], best[~done]
            distance[rows, best] = np.inf
        return found

    def _typed(self, at: Ints, group: int, k: Ints, weights: Floats) -> Floats:
        """The weights with few decimals, rounded away from today's as far as they still do it."""
        now = self.groups[group].weights[k]
        typed, left = weights.copy(), np.arange(len(at))
        for decimals in range(_MOST_DECIMALS + 1):
            unit = 10.0**decimals
            exact = weights[left]
            away = np.where(exact > now[left], np.ceil(exact * unit), np.floor(exact * unit)) / unit
            near = np.abs(away - exact) <= _NEAR * np.maximum(exact, now[left])
            near &= np.isfinite(away)
            tried = left[near]
            ok = self.check(at[tried], group, k[tried], away[near])
            typed[tried[ok]] = away[near][ok]
            left = np.concatenate([left[~near], tried[~ok]])
            if not left.size:
                break
        return typed


class _Types(_Search):
    """What gives a customer another type."""

    def __init__(self, rated: Rated, rows: Ints) -> None:
        super().__init__(rated, len(rows))
        pairs = zip(rated.axes, self.groups[:2], strict=True)
        self._sides = [_Scored(axis, group, rows) for axis, group in pairs]
        self._now = self._quadrants([side.now for side in self._sides])

    def _quadrants(self, scores: Sequence[Floats]) -> Strings:
        value, benefit = scores
        return quadrants(value, benefit, *(axis.threshold for axis in self.rated.axes))

    def _then(self, at: Ints, group: int, k: Ints, weights: Floats) -> tuple[Strings, Bools]:
        scores = [side.now[at] for side in self._sides]
        side = self._sides[group]
        scores[group], covered = side.then(at, k, weights, self.rated.min_coverage)
        return self._quadrants(scores), covered

    def candidates(self) -> list[_Candidate]:
        found = []
        for place, (side, axis) in enumerate(zip(self._sides, self.rated.axes, strict=True)):
            if isinstance(axis.rule, ThresholdRule):
                continue
            edge = rounded(axis.threshold) - HALF_UNIT
            is_high = rounded(side.now) >= rounded(axis.threshold)
            aim = (edge + np.where(is_high, -_BEYOND, _BEYOND))[:, np.newaxis]
            over = side.used * (aim - side.value)
            weights = (side.points - aim * side.weight) / over
            found += [_Candidate(place, k, column) for k, column in enumerate(weights.T)]
        return found

    def check(self, at: Ints, group: int, k: Ints, weights: Floats) -> Bools:
        if group == _AXES:
            return np.zeros(len(at), dtype=np.bool_)
        types, covered = self._then(at, group, k, weights)
        return np.asarray(covered & (types != self._now[at]), dtype=np.bool_)

    def quadrants(self, at: Ints, group: int, k: Ints, weights: Floats) -> list[Quadrant | None]:
        return [] if group == _AXES else list(self._then(at, group, k, weights)[0])


class _Swaps(_Search):
    """What puts another customer before one."""

    def __init__(self, rated: Rated, rows: Ints, nexts: Ints) -> None:
        super().__init__(rated, len(rows))
        pairs = [*zip(rated.axes, self.groups[:2], strict=True)]
        self._both = [[_Scored(axis, group, of) for axis, group in pairs] for of in (rows, nexts)]

    def candidates(self) -> list[_Candidate]:
        leads = [one.now - other.now for one, other in zip(*self._both, strict=True)]
        found = []
        shares = self.groups[_AXES].shares
        for place, share in enumerate(shares.tolist()):
            one, other = (sides[place] for sides in self._both)
            rest = shares[1 - place] * leads[1 - place] + _REVERSED
            roots = (w.T for w in _meetings(one, other, share, rest[:, np.newaxis]))
            for k, columns in enumerate(zip(*roots, strict=True)):
                found += [_Candidate(place, k, column) for column in columns]
        for side in range(2):
            against = leads[1 - side] + _REVERSED
            weights = -shares[1 - side] * against / (leads[side] + _REVERSED)
            found.append(_Candidate(_AXES, side, weights))
        return found

    def check(self, at: Ints, group: int, k: Ints, weights: Floats) -> Bools:
        counts: list[Floats | float] = list(self.rated.axis_weights)
        covered = np.ones(len(at), dtype=np.bool_)
        scores = [[side.now[at] for side in sides] for sides in self._both]
        if group == _AXES:
            each = np.tile(np.array(counts, dtype=np.float64), (len(at), 1))
            each[np.arange(len(at)), k] = weights
            counts = list(each.T)
        else:
            for points, sides in zip(scores, self._both, strict=True):
                points[group], enough = sides[group].then(at, k, weights, self.rated.min_coverage)
                covered &= enough
        value_weight, benefit_weight = counts
        one, other = (
            rounded(
                (value_weight * value + benefit_weight * benefit) / (value_weight + benefit_weight)
            )
            for value, benefit in scores
        )
        return np.asarray(covered & (one < other), dtype=np.bool_)

    def quadrants(self, at: Ints, group: int, k: Ints, weights: Floats) -> list[Quadrant | None]:
        del group, k, weights
        return [None] * len(at)


def _others(count: int) -> Floats:
    """Adds up all but one, for each."""
    return np.asarray(1.0 - np.eye(count))


def _meetings(one: _Scored, other: _Scored, share: float, rest: Floats) -> tuple[Floats, Floats]:
    """The weights at which a lead on one axis is made up for by what there is on the other axis.

    With ``w`` the weight, the scores are ``(A + w a) / (B + w u)`` where ``u`` is 1 for a criterion
    that the customer has, and ``share * (one's score - other's score) + rest`` is 0 at the roots of
    a quadratic equation.

    Returns
    -------
    Both roots, each of shape ``(n_customers, n_criteria)``, NaN where there is none.
    """
    a, u, points, weight = one.value, one.used, one.points, one.weight
    a_, u_, points_, weight_ = other.value, other.used, other.points, other.weight
    c2 = share * (a * u_ - a_ * u) + rest * (u & u_)
    c1 = share * (points * u_ + a * weight_ - points_ * u - a_ * weight)
    c1 += rest * (weight * u_ + u * weight_)
    c0 = share * (points * weight_ - points_ * weight) + rest * weight * weight_
    root = np.sqrt(c1 * c1 - 4 * c2 * c0)
    half = -(c1 + np.where(c1 < 0, -root, root)) / 2  # without a difference of what is alike
    return half / c2, c0 / half
