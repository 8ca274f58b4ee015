"""Scales: how a measure becomes a value of 0 to 100, and what is wrong with one.

What a scale makes of measures is computed by :mod:`xlportfolio.scoring`.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from xlportfolio.errors import Fault


class Range(NamedTuple):
    """What a number may be; bounds included."""

    low: float
    high: float


#: Values, scores and thresholds.
VALUES = Range(0, 100)


class ScaleKind(StrEnum):
    """How a measure becomes a value of 0 to 100."""

    LINEAR = "linear"
    STEPS = "steps"
    PIECEWISE = "piecewise"
    CATEGORIES = "categories"

    @property
    def glides(self) -> bool:
        """Whether every value between two levels can be reached, or only those of the levels."""
        match self:
            case ScaleKind.LINEAR | ScaleKind.PIECEWISE:
                return True
            case ScaleKind.STEPS | ScaleKind.CATEGORIES:
                return False


def category_key(category: str) -> str:
    """What a category is compared by: case and outer blanks do not matter.

    >>> category_key(" Hoch") == category_key("hoch")
    True
    """
    return category.strip().casefold()


class Level(NamedTuple):
    """One of a scale's levels: a bound in the measure's unit, or a category, and its value."""

    bound: float | str
    value: float


@dataclass(frozen=True, slots=True)
class Scale:
    """How a measure becomes a value of 0 to 100.

    Attributes
    ----------
    low, high
        For ``linear``: the measures worth 0 and 100 (the other way round for a ``min`` criterion),
        in the measure's unit. ``None``: the smallest or largest measure present.
    levels
        For ``steps`` and ``piecewise``: bounds with their values, in any order. For ``categories``:
        the words with their values.
    """

    kind: ScaleKind = ScaleKind.LINEAR
    low: float | None = None
    high: float | None = None
    levels: tuple[Level, ...] = ()

    @classmethod
    def linear(cls, low: float | None = None, high: float | None = None) -> Scale:
        """A straight line from ``low`` to ``high``."""
        return cls(ScaleKind.LINEAR, low, high)

    @classmethod
    def steps(cls, levels: Sequence[tuple[float, float]]) -> Scale:
        """The value of the largest bound that the measure reaches."""
        return cls(ScaleKind.STEPS, levels=tuple(Level(*level) for level in levels))

    @classmethod
    def piecewise(cls, levels: Sequence[tuple[float, float]]) -> Scale:
        """Straight lines between the bounds, flat outside."""
        return cls(ScaleKind.PIECEWISE, levels=tuple(Level(*level) for level in levels))

    @classmethod
    def categories(cls, levels: Sequence[tuple[str, float]]) -> Scale:
        """One value for each word."""
        return cls(ScaleKind.CATEGORIES, levels=tuple(Level(*level) for level in levels))

    def faults(self) -> Iterator[Fault]:
        """What is wrong with this scale; what its kind does not use is ignored."""
        if self.kind is ScaleKind.LINEAR:
            for field, end in (("low", self.low), ("high", self.high)):
                if end is not None and not math.isfinite(end):
                    yield Fault("bound_not_a_number", field=field)
            if self.low is not None and self.high is not None and self.low > self.high:
                yield Fault(
                    "low_above_high", field="low", details={"low": self.low, "high": self.high}
                )
            return
        if not self.levels:
            yield Fault("levels_missing", field="levels")
        seen: set[float | str] = set()
        for bound, value in self.levels:
            if not VALUES.low <= value <= VALUES.high:
                details = {"bound": bound, "value": value}
                yield Fault("level_out_of_range", field="levels", details=details)
            key: float | str = category_key(bound) if isinstance(bound, str) else bound
            if key in seen:
                yield Fault("level_repeated", field="levels", details={"bound": bound})
            seen.add(key)
