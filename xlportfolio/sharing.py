"""What a copy for colleagues may hold: what was asked for when it is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple


class Only(NamedTuple):
    """The customers that stay: those with this value in a column of theirs."""

    column: str
    value: str


@dataclass(frozen=True, slots=True)
class Sharing:
    """What is asked of a copy that needs neither Python nor macros.

    Attributes
    ----------
    live
        Whether scores, ranks and types go on computing, by plain formulas.
    only
        Which customers stay; ``None``: all.
    hide
        Columns of the customers whose content goes, as their headers are spelled by the user.
    anonymise
        Whether customers get other names.
    anonymise_ids
        Whether they get other numbers too.
    scrub
        Whether authors, comments and links to elsewhere go.
    keep_pictures
        Whether pictures and embedded objects stay although something is hidden.
    """

    live: bool = False
    only: Only | None = None
    hide: tuple[str, ...] = ()
    anonymise: bool = False
    anonymise_ids: bool = False
    scrub: bool = False
    keep_pictures: bool = False

    @property
    def is_hiding(self) -> bool:
        """Whether there is anything that a colleague may not see."""
        return bool(self.only or self.hide or self.anonymise or self.anonymise_ids)
