"""Texts and numbers that must not stand in a copy, wherever they stand, and what stands instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


class Secrets:
    """Knows again, in any text, what must not be seen.

    A name inside a longer one that may be seen is no secret there: the longest that fits counts.
    Letters count without regard to case, blanks of any kind are one blank.

    Parameters
    ----------
    gone
        Texts that must not be seen at all: a cell that holds one of them loses its content.
    aliases
        Texts that others stand for.
    allowed
        Texts that may be seen, such as the names of customers that stay.
    numbers
        Numbers that must not be seen; only those count that are distinctive.
    """

    def __init__(
        self,
        gone: Iterable[str] = (),
        aliases: Mapping[str, str] | None = None,
        allowed: Iterable[str] = (),
        numbers: Iterable[float] = (),
    ) -> None:
        raise NotImplementedError

    def __bool__(self) -> bool:
        """Whether there is any."""
        raise NotImplementedError

    def told(self, text: str) -> str | None:
        """The text as it may be seen, with aliases for names; ``None``: all of it must go."""
        raise NotImplementedError

    def is_secret(self, number: float) -> bool:
        """Whether a number must go."""
        raise NotImplementedError

    def placeholder(self, text: str, taken: set[str]) -> str:
        """What stands for a name that cannot be left out, as of a sheet or a column; not taken."""
        raise NotImplementedError
