"""Every text that a user reads, in each language: one TOML file per language, looked up by key.

``languages`` says which there are and what is particular to each. A leaf: it knows nothing of the
rest of xlportfolio.

>>> texts("de")("quadrants.star")
'Star'
>>> texts("de").number(1234.5, 1)
'1.234,5'
"""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Context, Decimal
from functools import cache
from typing import Any, NamedTuple

from xlportfolio.locale.languages import (
    FALLBACK,
    LANGUAGES,
    language_of_system,
    names,
    source,
    spoken,
    terms,
    words,
)

__all__ = [
    "FALLBACK",
    "LANGUAGES",
    "Phrase",
    "Texts",
    "language_of_system",
    "names",
    "spoken",
    "terms",
    "texts",
    "words",
]

#: Whole numbers are exact below this, and shown without decimals.
_EXACT = 1e15
#: Keeps all digits of the largest number there is.
_ALL_DIGITS = Context(prec=400)


class Phrase(NamedTuple):
    """A text inside another one, put into words when its reader's language is known."""

    key: str
    details: dict[str, object]


class Texts:
    """The texts of one language; call it with a dotted key and the values to fill in."""

    def __init__(self, language: str, tree: dict[str, Any]) -> None:
        self.language = language
        #: How numbers and days are written.
        self.spoken = spoken(language)
        self._tree = tree

    def branch(self, key: str) -> dict[str, Any]:
        """All texts below a dotted key, as nested dictionaries."""
        node: Any = self._tree
        for step in key.split("."):
            node = node[step]
        return dict(node)

    def __call__(self, key: str, **details: object) -> str:
        """The text of a dotted key, with ``{names}`` replaced by details put into words.

        Raises
        ------
        KeyError
            If there is no such text: a fault of the program, not of its user.
        """
        node: Any = self._tree
        for step in key.split("."):
            node = node[step]
        if not details:
            return str(node)
        return str(node).format(**{name: self.word(value) for name, value in details.items()})

    def word(self, value: object) -> str:
        """A value as a reader of this language writes it."""
        match value:
            case bool():
                return self("words.yes" if value else "words.no")
            case int():
                return str(value)
            case float():
                return self.general(value)
            case dt.date():
                return self.date(value)
            case Phrase():
                return self(value.key, **value.details)
            case list() | tuple():
                return ", ".join(self.word(item) for item in value)
            case _:
                return str(value)

    def number(self, value: float, digits: int) -> str:
        """A number with thousands separators and a fixed number of decimals, halves away from 0.

        So Excel shows it in a cell, where what is written out of a number is rounded.

        >>> texts("en").number(27.25, 1), texts("en").number(-0.125, 2), texts("en").number(0.15, 1)
        ('27.3', '-0.13', '0.2')
        """
        whole, _, fraction = f"{_rounded(value, digits):,.{digits}f}".partition(".")
        decimals = self.spoken.decimal + fraction if fraction else ""
        return whole.replace(",", self.spoken.thousands) + decimals

    def general(self, value: float) -> str:
        """A number as a cell without a format shows it: no separators, as short as it goes."""
        text = str(int(value)) if value.is_integer() and abs(value) < _EXACT else repr(value)
        return text.replace(".", self.spoken.decimal)

    def percent(self, value: float) -> str:
        """A number of 0 to 100 as a percentage."""
        return self("words.percent", number=self.general(value))

    def rough(self, value: float) -> str:
        """A number with at most one decimal.

        >>> texts("de").rough(12.04), texts("de").rough(1492.25)
        ('12', '1.492,3')
        """
        shown = _rounded(value, 1)
        return self.number(value, 0 if shown == shown.to_integral_value() else 1)

    def listed(self, items: Iterable[str]) -> str:
        """Items in a row, the last one joined by "and".

        >>> texts("en").listed(["one", "two", "three"])
        'one, two and three'
        """
        *others, last = [*items] or [""]
        return ", ".join(others) + self("words.and") + last if others else last

    def date(self, value: dt.date) -> str:
        """A day; the time of day is left out."""
        return value.strftime(self.spoken.day)


def _rounded(value: float, digits: int) -> Decimal:
    """A number with so many decimals, halves of what is written out of it away from 0."""
    written = Decimal(repr(float(value)))
    if not written.is_finite():
        return written
    return written.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _ALL_DIGITS)


@cache
def texts(language: str) -> Texts:
    """The texts of a language, named by its code such as ``"en"``."""
    return Texts(language, tomllib.loads(source(language)))
