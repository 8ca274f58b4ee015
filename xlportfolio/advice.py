"""What to do with whom: the standard strategy of a type, and the reason in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt

from xlportfolio.locale import Texts, texts
from xlportfolio.model import RATED_QUADRANTS, Axis, Quadrant, Status, Strategy
from xlportfolio.scoring import Floats

Ints = npt.NDArray[np.int64]
Strings = npt.NDArray[np.object_]

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
        Shape ``(n_customers, n_criteria)``, points; NaN for a criterion without a value, or that
        may not be seen.

    Examples
    --------
    >>> points = np.array([[30.0, 4.0]]), np.array([[40.0, 60.0]])
    >>> reasons(Axis.VALUE, ["Turnover", "Growth"], np.array([34.0]), *points, language="en")
    ['Value 34.0 points: carried by Turnover (30 of 40); held down by Growth (4 of 60).']
    """
    words = texts(language)
    count = attainable > 0  # false for NaN and for criteria of weight 0
    carries = count & (contributions * 2 >= attainable)
    got = np.rint(np.where(count, contributions, 0)).astype(np.int64)
    most = np.rint(np.where(count, attainable, 0)).astype(np.int64)
    phrases = _Phrases(names, got, most, words)
    carried = phrases.largest(np.where(carries, contributions, 0), words("reasons.carried"))
    costs = np.where(count & ~carries, attainable - contributions, 0)
    held = phrases.largest(costs, words("reasons.held_down"))

    before, _, rest = words("reasons.sentence").partition("{score}")
    between, _, after = rest.partition("{parts}")
    both = np.where((carried != "") & (held != ""), words("words.semicolon"), "").astype(object)
    shown = _each(np.round(scores, 1), lambda score: words.number(float(score), 1))
    named = {"axis": words(f"axes.{axis}")}
    sentences = before.format(**named) + shown + between + carried + both + held + after
    before, _, after = words("reasons.bare").partition("{score}")
    bare = before.format(**named) + shown + after
    sentences = np.where((carried == "") & (held == ""), bare, sentences)
    given: list[str] = np.where(np.isnan(scores), "", sentences).tolist()
    return given


class _Phrases:
    """Criteria with their points in words; each wording is made once, however often it occurs."""

    def __init__(self, names: Sequence[str], got: Ints, most: Ints, words: Texts) -> None:
        self._names = names
        self._got, self._most = got, most
        self._pattern = words("reasons.criterion")
        self._and = words("words.and")

    def largest(self, points: Floats, pattern: str) -> Strings:
        """For each row the criteria with the most points (only positive ones), in a pattern."""
        order = np.argsort(-points, axis=1, kind="stable")[:, :_NAMED]
        listed = np.full(len(points), "", dtype=object)
        for place in range(order.shape[1]):
            k = order[:, place : place + 1]
            named = np.take_along_axis(points, k, axis=1)[:, 0] > 0
            got, most = (np.take_along_axis(x, k, axis=1)[:, 0] for x in (self._got, self._most))
            phrase = _each((k[:, 0] * 101 + got) * 101 + most, self._phrase)
            listed += np.where(named, (self._and if place else "") + phrase, "")
        before, _, after = pattern.partition("{criteria}")
        return np.where(listed == "", "", before + listed + after)

    def _phrase(self, code: np.int64) -> str:
        """The wording behind a number made of criterion, points got, and points attainable."""
        rest, most = divmod(int(code), 101)
        k, got = divmod(rest, 101)
        return self._pattern.format(criterion=self._names[k], got=got, most=most)


def _each(numbers: Floats | Ints, spell: Callable[[Any], str]) -> Strings:
    """Spell each number, each different one once."""
    different, back = np.unique(numbers, return_inverse=True)
    spelled = np.array([spell(number) for number in different] or [""], dtype=object)
    return spelled[back]
