"""The change of one weight that makes a difference, as it is found and told."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from xlportfolio.model import Quadrant


class Withheld(Enum):
    """What stands instead of something that may not be seen; there may be nothing behind it."""

    WITHHELD = "withheld"


#: The only one.
WITHHELD: Final = Withheld.WITHHELD


class WeightChange(NamedTuple):
    """A change of one weight, all others staying as they are.

    Attributes
    ----------
    name
        The criterion; ``"value_weight"`` or ``"benefit_weight"`` for the weight of an axis.
    of_axis
        Whether it is the weight of an axis.
    now, then
        The weight today and the first that makes the difference, as entered in the workbook.
    typed
        That weight with few decimals, rounded away from today's; it makes the difference too.
    share_now, share_then
        The same as shares, 0 to 1: of the weights of the criterion's axis, or of both axes.
    quadrant
        The type that the customer gets; ``None`` for a change of order.
    """

    name: str
    of_axis: bool
    now: float
    then: float
    typed: float
    share_now: float
    share_then: float
    quadrant: Quadrant | None
