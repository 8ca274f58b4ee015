"""Texts and numbers that must not stand in a copy, wherever they stand, and what stands instead."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import IntEnum
from functools import cache
from typing import NamedTuple

from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.schema import contract
from xlportfolio.schema.numerals import read_number
from xlportfolio.schema.words import ANSWERS, QUADRANTS, ROLES, STATUSES

#: A word, or a sign; ``_`` stands for a blank where none is allowed, as in defined names.
_TOKEN = re.compile(r"[^\W_]+|[^\w\s]")
#: Signs that nobody sees, such as a place where a word may be parted.
_UNSEEN = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
#: What may be a number, with its groups and decimals.
_NUMBER = re.compile(
    r"(?<![^\W_])[0-9]+(?:[.,'’ \u00a0\u2007\u2009\u202f][0-9]+)*(?:\s?%|(?![^\W_]))"
)
_PARTS = re.compile(r"[0-9]+(?:[.,'’][0-9]+)*")
#: Characters from which on a text is looked for inside longer ones.
_INSIDE = 4
#: Significant digits from which on a number is distinctive; a large whole one needs fewer.
_DIGITS, _DIGITS_OF_LARGE, _LARGE = 4, 3, 10_000
#: Whole numbers that are read as years.
_YEARS = (1900, 2100)
#: Digits to which numbers are compared, and decimals to which cells and texts may round them.
_COMPARED, _DECIMALS = 12, range(5)
#: How often names are replaced in one text, since one may only then be next to another.
_ROUNDS = 5
#: Characters of the name of a sheet, and those that it may not hold.
_LONGEST, _FORBIDDEN = 31, re.compile(r"[\[\]:*?/\\]")
#: The texts that name columns, types and the like.
_LABELS = (
    *("words", "axes", "statuses", "quadrants", "quadrants_plural", "severities", "findings"),
    *("sheets", "columns", "roles"),
)


#: What texts are compared by.
_Key = tuple[str, ...]


class _Kind(IntEnum):
    """What a text known is; where one is several things, the largest counts."""

    GONE = 0
    ALIAS = 1
    ALLOWED = 2


class _Known(NamedTuple):
    """A text known, and what stands instead of it."""

    kind: _Kind
    shown: str


class _Match(NamedTuple):
    """A text known at a place of another one."""

    start: int
    end: int
    known: _Known


class _Node(dict[str, "_Node"]):
    """What follows a beginning, by the next word; and the text that ends here."""

    __slots__ = ("known",)

    def __init__(self) -> None:
        super().__init__()
        self.known: _Known | None = None


class Secrets:
    """Knows again, in any text, what must not be seen.

    A name inside a longer one that may be seen is no secret there: the longest that fits counts.
    Letters count without regard to case, blanks of any kind are one blank, and so is ``_``; blanks
    beside signs do not matter. Names are whole words.

    A text with fewer than four characters, one word that is a label of ours such as ``Kunde``, and
    a number that is not distinctive are known only where nothing else stands in the cell. A number
    is distinctive if it has four significant digits, or three from 10,000 on, and is no year; its
    sign does not matter. It is known rounded to up to four decimals too, and in texts, as both
    languages write it.

    Parameters
    ----------
    gone
        Texts that must not be seen at all: a cell that holds one of them loses its content.
    aliases
        Texts that others stand for; those others may be seen.
    allowed
        Texts that may be seen, such as the names of customers that stay. One that is ``gone`` or
        has an alias too may be seen.
    numbers
        Numbers that must not be seen; only those count that are distinctive. NaN is none.
    allowed_numbers
        Numbers that may be seen, even if a secret one is rounded to them.

    Examples
    --------
    >>> secrets = Secrets(["Nord"], {"Müller": "Kunde 1"}, ["Bäcker Nord"], [1234.56])
    >>> secrets.told("MÜLLER ruft an"), secrets.told("Bäcker Nord"), secrets.told("ganz Nord")
    ('Kunde 1 ruft an', 'Bäcker Nord', None)
    >>> secrets.told("1.234,56 €") is None, secrets.is_secret(1234.6), secrets.is_secret(1200)
    (True, True, False)
    """

    def __init__(
        self,
        gone: Iterable[str] = (),
        aliases: Mapping[str, str] | None = None,
        allowed: Iterable[str] = (),
        numbers: Iterable[float] = (),
        allowed_numbers: Iterable[float] = (),
    ) -> None:
        self._root = _Node()
        self._whole: dict[_Key, _Known] = {}
        self._first: set[str] = set()
        self._numbers = {key for number in set(numbers) for key in _as_rounded(number)}
        self._numbers.difference_update(map(_compared, allowed_numbers))
        for text in gone:
            self._add(text, key_of(text), _Known(_Kind.GONE, ""))
        names = {text: key_of(text) for text in aliases or {}}
        for text, shown in (aliases or {}).items():
            self._add(text, names[text], _Known(_Kind.ALIAS, shown))
        renamed = set(names.values())
        for text in (aliases or {}).values():
            key = key_of(text)
            if key not in renamed:
                self._allow(text, key)
        for text in allowed:
            self._allow(text, key_of(text))

    def _add(self, text: str, key: _Key, known: _Known) -> None:
        if not key:
            return
        if known.kind is not _Kind.ALLOWED:
            self._first.add(key[0])
        if _is_known_inside(text, key):
            node = self._root
            for word in key:
                after = node.get(word)
                if after is None:
                    after = node[word] = _Node()
                node = after
            node.known = known
        else:
            self._whole[key] = known

    def _allow(self, text: str, key: _Key) -> None:
        """Remember what may be seen, if it can hold anything that must not."""
        may_hold_number = self._numbers and any(map(str.isdigit, key))
        if may_hold_number or not self._first.isdisjoint(key):
            self._add(text, key, _Known(_Kind.ALLOWED, text))

    def __bool__(self) -> bool:
        """Whether there is any."""
        return bool(self._first or self._numbers)

    def told(self, text: str) -> str | None:
        """The text as it may be seen, with aliases for names; ``None``: all of it must go."""
        if not text or (self._is_harmless(text) and not self._numbers_in(text)):
            return text
        seen = text
        for _ in range(_ROUNDS):
            seen = _cleaned(seen)
            key = key_of(seen)
            whole = self._whole.get(key)
            if whole is not None and whole.kind is _Kind.ALLOWED:
                return text
            if whole is not None:
                return whole.shown if whole.kind is _Kind.ALIAS else None
            found = [match for match in self._matches(seen) if match.known.kind != _Kind.ALLOWED]
            if not found:
                return text if seen == _cleaned(text) else seen
            if any(match.known.kind is _Kind.GONE for match in found):
                return None
            seen = _replaced(seen, found)
        return None

    def _is_harmless(self, text: str) -> bool:
        """Whether no name begins with a word of a text: most texts hold none."""
        return self._first.isdisjoint(key_of(text))

    def _matches(self, text: str) -> list[_Match]:
        """The longest texts known, by place; what stands inside another one is left out."""
        found = [*self._names_in(text), *self._numbers_in(text)]
        found.sort(key=lambda match: (match.start, -match.end, -match.known.kind))
        longest: list[_Match] = []
        reached = 0
        for match in found:
            if match.end > reached:
                longest.append(match)
                reached = match.end
        return longest

    def _names_in(self, text: str) -> Iterator[_Match]:
        places = [(m.group().casefold(), m.start(), m.end()) for m in _TOKEN.finditer(text)]
        for i, (word, start, _) in enumerate(places):
            node = self._root.get(word)
            at = i
            while node is not None:
                if node.known is not None:
                    yield _Match(start, places[at][2], node.known)
                at += 1
                node = node.get(places[at][0]) if at < len(places) else None

    def _numbers_in(self, text: str) -> list[_Match]:
        """The numbers of a text that must go."""
        if not self._numbers:
            return []
        gone = _Known(_Kind.GONE, "")
        found = []
        for number in _NUMBER.finditer(text):
            start, digits = number.span()[0], number.group()
            if self._reads_as_secret(digits):
                found.append(_Match(start, number.end(), gone))
                continue
            found += [
                _Match(start + part.start(), start + part.end(), gone)
                for part in _PARTS.finditer(digits)
                if part.group() != digits and self._reads_as_secret(part.group())
            ]
        return found

    def _reads_as_secret(self, digits: str) -> bool:
        if sum(map(str.isdigit, digits)) < _DIGITS_OF_LARGE:
            return False
        if digits.isdigit():
            return self.is_secret(float(digits))
        readings = (read_number(digits, language) for language in LANGUAGES)
        return any(reading is not None and self.is_secret(reading.number) for reading in readings)

    def is_secret(self, number: float) -> bool:
        """Whether a number must go."""
        return bool(self._numbers) and _compared(number) in self._numbers

    def placeholder(self, text: str, taken: set[str]) -> str:
        """What stands for a name that cannot be left out, as of a sheet or a column; not taken.

        The text as it may be seen, if there is such, else a number behind ``_``; at most as long
        as the name of a sheet, and without signs that such a one may not hold. Case does not matter
        for what is taken.

        Examples
        --------
        >>> secrets = Secrets(["Nord AG"], {"Müller": "Kunde 1"})
        >>> secrets.placeholder("Müller", {"kunde 1"}), secrets.placeholder("Nord AG", set())
        ('Kunde 1 (2)', '_1')
        """
        others = {other.casefold() for other in taken}
        told = self.told(text)
        told = None if told is None else _FORBIDDEN.sub(" ", told).strip(" '")[:_LONGEST].strip()
        if not told:
            return next(f"_{i}" for i in range(1, len(others) + 2) if f"_{i}" not in others)
        names = (
            told if i == 1 else f"{told[: _LONGEST - len(str(i)) - 3]} ({i})"
            for i in range(1, len(others) + 2)
        )
        return next(name for name in names if name.casefold() not in others)


def _cleaned(text: str) -> str:
    """A text whose letters are each one sign, without any that nobody sees."""
    if text.isascii():
        return text
    return unicodedata.normalize("NFC", _UNSEEN.sub("", text))


def key_of(text: str) -> _Key:
    """What texts are compared by: their words and signs.

    >>> key_of("MÜLLER_AG") == key_of("Müller  AG")
    True
    """
    if text.isascii():
        return tuple(_TOKEN.findall(text.lower()))
    return tuple(map(str.casefold, _TOKEN.findall(_cleaned(text))))


def says_something(text: str) -> bool:
    """Whether a text is distinctive enough to be looked for inside longer ones.

    >>> [says_something(text) for text in ("Nord AG", "AG", "Kunde", "2026", "10113")]
    [True, False, False, False, True]
    """
    return _is_known_inside(text, key_of(text))


def _is_known_inside(text: str, key: _Key) -> bool:
    if len(text) < _INSIDE or len(text.strip()) < _INSIDE:
        return False
    if len(key) == 1 and key[0] in _labels():
        return False
    if any(map(str.isalpha, key)):
        return True
    if not any(map(str.isdigit, key)):
        return any(map(str.isalnum, key))
    readings = [read_number(text, language) for language in LANGUAGES]
    numbers = [reading.number for reading in readings if reading is not None]
    return not numbers or any(map(_is_distinctive, numbers))


@cache
def _labels() -> frozenset[str]:
    """The single words that our labels consist of, and those of the input tables."""
    labels = [
        label
        for language in LANGUAGES
        for branch in _LABELS
        for label in texts(language).branch(branch).values()
    ]
    for table in (*contract.TABLES, contract.ORDERS):
        labels += table.sheets
        labels += [name for column in table.all_columns for name in column.names]
    for words in (STATUSES, ANSWERS, QUADRANTS, ROLES):
        labels += words.spellings
    keys = map(key_of, labels)
    return frozenset(key[0] for key in keys if len(key) == 1)


def _replaced(text: str, found: Sequence[_Match]) -> str:
    """A text with aliases; of matches that overlap, the first is replaced."""
    parts: list[str] = []
    at = 0
    for match in found:
        if match.start >= at:
            parts += text[at : match.start], match.known.shown
            at = match.end
    return "".join((*parts, text[at:]))


# --- numbers ------------------------------------------------------------------------------------


def _compared(number: float) -> float:
    """What numbers are compared by."""
    return float(f"{abs(number):.{_COMPARED}g}")


def _as_rounded(number: float) -> Iterator[float]:
    """A number, and what a cell or a text may round it to, as far as these are distinctive.

    As they are compared; some may come several times.
    """
    if _is_distinctive(number):
        yield _compared(number)
    for decimals in () if float(number).is_integer() else _DECIMALS:
        shown = round(number, decimals)
        if shown != number and _is_distinctive(shown):
            yield _compared(shown)


def _is_distinctive(number: float) -> bool:
    """Whether it says something wherever it stands; false for NaN.

    >>> [_is_distinctive(x) for x in (1234.0, 0.1234, 12300.0, 2026.0, 50000.0, 0.12)]
    [True, True, True, False, False, False]
    """
    size = abs(number)
    is_whole = float(size).is_integer()
    if is_whole and _YEARS[0] <= size <= _YEARS[1]:
        return False
    digits = f"{size:.{_COMPARED}g}".partition("e")[0].replace(".", "").strip("0")
    least = _DIGITS_OF_LARGE if is_whole and size >= _LARGE else _DIGITS
    return len(digits) >= least and digits.isdigit()
