"""A movement put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xlportfolio.movement import Movement


@dataclass(frozen=True, slots=True)
class MovementTexts:
    """What is said of a movement in one language.

    Attributes
    ----------
    reasons
        For each row of :attr:`Movement.customers`, what has happened and why; ``""`` for those
        who have stayed.
    model
        One sentence for each change of the model; empty if there is none.
    """

    reasons: Sequence[str]
    model: Sequence[str]


def put_into_words(movement: Movement, language: str) -> MovementTexts:
    """Say what has happened."""
    del language
    return MovementTexts([""] * len(movement.customers), ())
