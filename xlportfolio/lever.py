"""Stub."""

from collections.abc import Sequence
from typing import NamedTuple

from xlportfolio.model import Criterion
from xlportfolio.scoring import Bounds, Floats


class Step(NamedTuple):
    criterion: int
    target: float | str
    gain: float


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
    return [()] * len(scores)
