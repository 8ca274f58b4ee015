"""What to do with whom: the standard strategy of a type, and the reason in words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

import numpy as np

from xlportfolio.locale import Texts, texts
from xlportfolio.model import RATED_QUADRANTS, Axis, Quadrant, Status, Strategy
from xlportfolio.scoring import Floats

#: Criteria named for each axis, on either side.
_NAMED = 2


@cache
def standard_strategies(language: str) -> tuple[Strategy, ...]:
    """The built-in strategies: one for each of the four types, for customers and for prospects.

    Examples
    --------
    >>> [s.strategy for s in standard_strategies("en") if s.quadrant == "star"]
    ['Keep and deepen', 'Win']
    """
    words = texts(language).branch("strategies")
    return tuple(
        Strategy(quadrant, status, **words[quadrant][status])
        for quadrant in RATED_QUADRANTS
        for status in Status
    )


def strategies_for(
    strategies: Sequence[Strategy], quadrants: Sequence[Quadrant], statuses: Sequence[Status]
) -> list[Strategy | None]:
    """The strategy of each customer: the row for its type and status, else its type alone.

    Examples
    --------
    >>> keep = Strategy(Quadrant.STAR, None, "Keep")
    >>> strategies_for([keep], [Quadrant.STAR, Quadrant.POOR_DOG], [Status.CUSTOMER] * 2)
    [Strategy(quadrant=<Quadrant.STAR: 'star'>, ... strategy='Keep', ...), None]
    """
    of: dict[tuple[Quadrant, Status | None], Strategy] = {}
    for strategy in strategies:
        of.setdefault((strategy.quadrant, strategy.status), strategy)
    chosen = {(q, s): of.get((q, s), of.get((q, None))) for q in Quadrant for s in Status}
    return [chosen[pair] for pair in zip(quadrants, statuses, strict=True)]


def reasons(
    axis: Axis,
    names: Sequence[str],
    scores: Floats,
    contributions: Floats,
    attainable: Floats,
    *,
    language: str,
) -> list[str]:
    """What carries each customer's score on an axis and what holds it down, in a sentence.

    A criterion carries when it brings at least half of what it could; the two that bring most are
    named, and on the other side the two that cost most.

    Parameters
    ----------
    scores
        Shape ``(n_customers,)``; NaN gives an empty text.
    contributions, attainable
        Shape ``(n_customers, n_criteria)``, points; NaN for a criterion without a value.

    Examples
    --------
    >>> points = np.array([[30.0, 4.0]]), np.array([[40.0, 60.0]])
    >>> reasons(Axis.VALUE, ["Turnover", "Growth"], np.array([34.0]), *points, language="en")
    ['Value 34.0 points: carried by Turnover (30 of 40); held down by Growth (4 of 60).']
    """
    words = texts(language)
    sentence, joined = words("reasons.sentence"), words("reasons.and")
    axis_name = words(f"axes.{axis}")
    phrase = _Phrases(names, words)

    count = attainable > 0  # false for NaN and for criteria of weight 0
    carries = count & (contributions * 2 >= attainable)
    holds = count & ~carries
    sides = (
        (words("reasons.carried"), _largest(np.where(carries, contributions, 0))),
        (words("reasons.held_down"), _largest(np.where(holds, attainable - contributions, 0))),
    )
    got = np.rint(np.where(count, contributions, 0)).astype(int).tolist()
    most = np.rint(np.where(count, attainable, 0)).astype(int).tolist()

    sentences = []
    for i, score in enumerate(scores.tolist()):
        if math.isnan(score):
            sentences.append("")
            continue
        parts = [
            side.format(criteria=joined.join(phrase[k, got[i][k], most[i][k]] for k in tops[i]))
            for side, tops in sides
            if tops[i]
        ]
        shown = words.number(score, 1)
        sentences.append(sentence.format(axis=axis_name, score=shown, parts="; ".join(parts)))
    return sentences


class _Phrases(dict[tuple[int, int, int], str]):
    """A criterion with its points, put into words once for each combination that occurs."""

    def __init__(self, names: Sequence[str], words: Texts) -> None:
        super().__init__()
        self._names = names
        self._pattern = words("reasons.criterion")

    def __missing__(self, key: tuple[int, int, int]) -> str:
        k, got, most = key
        self[key] = self._pattern.format(criterion=self._names[k], got=got, most=most)
        return self[key]


def _largest(points: Floats) -> list[list[int]]:
    """For each row the positions of its largest positive entries, the largest first."""
    top = np.argsort(-points, axis=1, kind="stable")[:, :_NAMED]
    positive = np.take_along_axis(points, top, axis=1) > 0
    pairs = zip(top.tolist(), positive.tolist(), strict=True)
    return [[k for k, is_named in zip(*pair, strict=True) if is_named] for pair in pairs]
