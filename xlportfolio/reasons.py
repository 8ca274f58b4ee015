"""The reason of a score in words: what carries it, and what holds it down."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from xlportfolio.locale import Texts, texts
from xlportfolio.model import Axis
from xlportfolio.scoring import Floats, Ints, Strings, rounded

#: Criteria named for each axis, on either side.
_NAMED = 2


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
    tenths = np.floor(rounded(scores * 10) + 0.5)  # halves upward, as cells and sentences show them
    shown = _each(tenths / 10, lambda score: words.number(float(score), 1))
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
