"""How firm types and ranks are when the weights are drawn around the chosen ones."""

from __future__ import annotations

from dataclasses import dataclass

from xlportfolio.scoring import Floats

#: Weightings that are drawn.
DRAWS = 10_000


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """In which share of the weightings drawn things stay as they are.

    Attributes
    ----------
    draws
        How many weightings were drawn.
    same_type
        Shape ``(n_customers,)``, 0 to 1: where a customer keeps its type.
    in_top
        The same shape, 0 to 1: where its rank is among the first.
    """

    draws: int
    same_type: Floats
    in_top: Floats
