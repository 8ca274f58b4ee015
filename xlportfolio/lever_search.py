"""Which stepped criteria rise to which levels: the search of a lever where nothing glides.

A stepped criterion takes only the values of its levels, so that its gain may be too much. What
:mod:`xlportfolio.lever` cannot reach exactly is searched here, among all sets of as many criteria.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from xlportfolio.scoring import DECIMALS, rounded

_UNIT = 10.0**-DECIMALS
#: Ways that miss the aim by less are kept: totals alike may differ by a unit at each criterion.
_MARGIN = 1e-6

#: A stepped criterion, and the gain and the value of each level above its own, upwards.
Choice = tuple[int, list[tuple[float, float]]]


class Way(NamedTuple):
    """Some stepped criteria at certain levels; of two with the same total the least is the better.

    That is why gains and values stand here with a minus.
    """

    full: int  # the full gains, each in billionths of a point
    places: tuple[int, ...]  # the criteria in the order of the sheet
    steps: tuple[tuple[int, float], ...]  # in the order of rising, with the values to reach

    def goals(self) -> dict[int, float]:
        """The value to reach of each criterion."""
        return {k: -value for k, value in self.steps}


def least_rise(
    choices: Sequence[Choice], count: int, start: float, aim: float
) -> tuple[float, Way]:
    """Lift a score over the aim by ``count`` of the choices, as little above it as may be.

    One choice after the other, all ways are kept that can still cross, and not higher than one
    that does; but only the best of those that are alike in number and total, since whatever
    follows adds the same to each of them.

    Returns
    -------
    The score reached, to 9 decimals, and the way.

    Examples
    --------
    From 40, a criterion that gives 5 or 12 points and one that gives 6 are to reach 46.

    >>> choices = [(0, [(5.0, 50.0), (12.0, 100.0)]), (1, [(6.0, 80.0)])]
    >>> reached, way = least_rise(choices, 1, 40, 46)
    >>> reached, way.goals()
    (46.0, {1: 80.0})
    """
    most = np.cumsum([0.0, *(levels[-1][0] for _, levels in choices)]).tolist()
    lowest = np.array([levels[0][0] for _, levels in choices])
    least = [float(lowest[seen:].min(initial=np.inf)) for seen in range(len(choices) + 1)]
    known = np.inf  # the lowest total found that crosses
    ways = {(0, start): (Way(0, (), ()), start)}
    for seen, (k, levels) in enumerate(choices, start=1):
        grown: dict[tuple[int, float], tuple[Way, float]] = {}
        for (taken, _), (way, score) in ways.items():
            full = way.full - billionths(levels[-1][0])
            places = tuple(sorted((*way.places, k)))
            options = [(taken, score, way)]
            for gain, value in levels:
                longer = Way(full, places, (*way.steps, (k, -value)))
                options.append((taken + 1, score + gain, longer))
            for number, lifted, candidate in options:
                last = seen + count - number
                if not seen <= last <= len(choices):
                    continue
                if lifted + (most[last] - most[seen]) < aim - _MARGIN:
                    continue
                if number == count and lifted >= aim:
                    known = min(known, lifted)
                to_come = (count - number) * least[seen] if number < count else 0.0
                if lifted + to_come > known + _MARGIN:
                    continue
                key = number, round(lifted, DECIMALS)
                if key not in grown or candidate < grown[key][0]:
                    grown[key] = candidate, lifted
        ways = grown
    reached = rounded([score for _, score in ways.values()]).tolist()
    best = min(
        (score < aim, score, way) for score, (way, _) in zip(reached, ways.values(), strict=True)
    )
    return best[1], best[2]


def billionths(points: float) -> int:
    """Points to 9 decimals, as a number whose sums are exact.

    >>> billionths(0.1) + billionths(0.2) == billionths(0.3)
    True
    """
    return round(float(points) / _UNIT)
