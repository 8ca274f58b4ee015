"""Which languages there are, and what is particular to each, apart from its texts.

A language is a file ``xx.toml`` beside this module, named by its code: nothing else has to know of
it. The tables ``[language]`` and ``[contract]`` stand at its head, so that all languages can be
recognised in a workbook without reading the texts of each.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from locale import getlocale
from typing import Any

#: The language where none is known, and in which cells are compared whatever a workbook's is.
FALLBACK = "en"


def _codes() -> tuple[str, ...]:
    """The codes of all languages that have a file, the fallback first."""
    names = (path.name for path in files(__package__).iterdir())
    codes = (name.removesuffix(".toml") for name in names if name.endswith(".toml"))
    return tuple(sorted(codes, key=lambda code: (code != FALLBACK, code)))


LANGUAGES = _codes()

#: Where the first table begins that is none of those at the head of a file.
_BELOW_HEAD = re.compile(r"^\[(?!language\b|contract\b)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Language:
    """How numbers, days and truth values are written in a language, and what it is called.

    Attributes
    ----------
    name, english
        Its name in itself, and in English.
    calls
        What it calls other languages, by their codes.
    region
        By what LibreOffice knows it, such as ``"de-DE"``.
    thousands, decimal
        What separates groups of digits, and decimals, in numbers that are written.
    groups
        What may separate groups in numbers that are read; blanks and apostrophes always may.
    list_separator
        What separates columns in a CSV file, as Excel expects it.
    encoding
        In which programs save text files where this language is spoken.
    day
        How a day is written in a text, in the words of ``strftime``.
    day_format
        How it is shown in a cell, as a number format of Excel.
    days
        How a day typed as text is read in any workbook; 2026-01-31 always is.
    own_days
        How it is read too in a workbook of this language, since elsewhere it may mean another day.
    truth
        What Excel shows for false and true.
    """

    code: str
    name: str
    english: str
    calls: Mapping[str, str]
    region: str
    thousands: str
    decimal: str
    groups: Sequence[str]
    list_separator: str
    encoding: str
    day: str
    day_format: str
    days: Sequence[str]
    own_days: Sequence[str]
    truth: Sequence[str]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a language calls the parts of a workbook.

    Attributes
    ----------
    sheets
        Name of a table -> its sheet.
    headers
        Name of a table -> key of a column -> its header.
    words
        Kind of words -> key of a word -> how it may be written.
    """

    sheets: Mapping[str, str]
    headers: Mapping[str, Mapping[str, str]]
    words: Mapping[str, Mapping[str, Sequence[str]]]


def source(code: str) -> str:
    """The file of a language, as text."""
    return files(__package__).joinpath(f"{code}.toml").read_text(encoding="utf-8")


@cache
def _head(code: str) -> Mapping[str, Any]:
    text = source(code)
    below = _BELOW_HEAD.search(text)
    return tomllib.loads(text if below is None else text[: below.start()])


@cache
def spoken(code: str) -> Language:
    """What is particular to a language.

    >>> spoken("de").name, spoken("de").decimal
    ('Deutsch', ',')
    """
    return Language(code=code, **_head(code)["language"])


@cache
def terms(code: str) -> Terms:
    """What a language calls the parts of a workbook.

    >>> terms("de").sheets["tblCustomers"], terms("de").headers["tblCustomers"]["customer_id"]
    ('Kunden', 'Kundennummer')
    """
    return Terms(**_head(code)["contract"])


@cache
def words(kind: str, key: str) -> frozenset[str]:
    """How a word may be written in any language, in lower case.

    >>> sorted(words("measures", "share"))[0]
    'anteil'
    """
    spelled = (terms(code).words[kind][key] for code in LANGUAGES)
    return frozenset(one.casefold() for several in spelled for one in several)


def names(code: str) -> tuple[str, ...]:
    """What a language is called, in itself, in English and in the others.

    >>> names("de")[:2]
    ('Deutsch', 'German')
    """
    own = spoken(code)
    others = (spoken(other).calls.get(code, "") for other in LANGUAGES)
    return tuple(filter(None, dict.fromkeys((own.name, own.english, *others))))


def language_of_system() -> str:
    """The language this user's system speaks, English where it is none of ours."""
    named = next(
        (os.environ[n] for n in ("LC_ALL", "LC_MESSAGES", "LANG") if os.environ.get(n)), ""
    )
    name = (named or getlocale()[0] or "").lower()
    beginnings = {code: (code, spoken(code).english.lower()) for code in LANGUAGES}
    return next((code for code in LANGUAGES if name.startswith(beginnings[code])), FALLBACK)
