"""Numbers typed as text, in any language: ``1.234,56 €``, ``12 %``, ``(1,234.50)``, ``250-``."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from xlportfolio.locale.languages import LANGUAGES, spoken

_CURRENCY = r"(?:€|EUR|Euro|\$|USD|CHF|Fr\.|£|GBP)"
_AROUND = re.compile(rf"^(?:{_CURRENCY}\s*)?(?P<body>.*?)(?:\s*{_CURRENCY})?$", re.IGNORECASE)
_EXPONENT = re.compile(r"^(?P<mantissa>.*\d)[eE](?P<power>[+-]?\d{1,3})$")
_GROUPED_OTHERWISE = re.compile(r"(?<=\d)[ '’](?=\d{3}(?!\d))")
_BLANKS = re.compile(r"[\s\u00a0\u2007\u2009\u202f]+")


class _Form(NamedTuple):
    """How a number looks, what separates its groups, and its decimals."""

    whole: re.Pattern[str]
    groups: re.Pattern[str]
    decimal: str


@cache
def _form(language: str) -> _Form:
    of = spoken(language)
    group, decimal = "|".join(map(re.escape, of.groups)) or "(?!)", re.escape(of.decimal)
    # the whole part plain or in groups of three; a leading zero starts no group
    whole = rf"(?:\d+|[1-9]\d{{0,2}}(?:(?:{group})\d{{3}})+)?(?:{decimal}\d*)?"
    return _Form(re.compile(whole), re.compile(group), of.decimal)


class Reading(NamedTuple):
    """What a text means as a number.

    Attributes
    ----------
    number
        As read in the workbook's language, else in the first other one that it fits.
    other
        What a reader of another language would take it for, where that differs.
    foreign
        Whether it fits other languages only.
    """

    number: float
    other: float | None = None
    foreign: bool = False


def read_number(text: str, language: str) -> Reading | None:
    """Read a number typed as text; ``None`` if it is none in any language.

    Examples
    --------
    >>> read_number("1.234,56 €", "de")
    Reading(number=1234.56, other=None, foreign=False)
    >>> read_number("1.234", "de")
    Reading(number=1234.0, other=1.234, foreign=False)
    >>> read_number("12 %", "en").number
    0.12
    >>> read_number("0.5", "de")
    Reading(number=0.5, other=None, foreign=True)
    >>> read_number("soon", "en") is None
    True
    """
    bare = _bare(text)
    if bare is None:
        return None
    own = _read(bare, language)
    numbers = [] if own is None else [own]
    numbers += [
        n for code in LANGUAGES if code != language and (n := _read(bare, code)) is not None
    ]
    if not numbers:
        return None
    other = next((number for number in numbers if number != numbers[0]), None)
    return Reading(numbers[0], other, foreign=own is None)


class _Bare(NamedTuple):
    """The digits of a text with what separates them, and what stood around them."""

    body: str
    power: str
    is_percent: bool
    is_negative: bool


def _bare(text: str) -> _Bare | None:
    """What of a text is the same in every language; ``None`` if it is a number in none."""
    body = _BLANKS.sub(" ", text).strip().replace("\u2212", "-")
    negative = False
    if body.startswith("(") and body.endswith(")"):
        negative, body = True, body[1:-1].strip()
    body, minus = _sign(body)
    around = _AROUND.match(body)
    body = around["body"].strip() if around else body
    percent = body.endswith("%")
    body, minus_inside = _sign(body.removesuffix("%").strip())
    if negative + minus + minus_inside > 1:
        return None
    exponent = _EXPONENT.match(body)
    power = f"e{exponent['power']}" if exponent else ""
    body = exponent["mantissa"] if exponent else body
    body = _GROUPED_OTHERWISE.sub("", body)
    if not any("0" <= c <= "9" for c in body) or not body.isascii():
        return None
    return _Bare(body, power, percent, negative or minus or minus_inside)


def _read(bare: _Bare, language: str) -> float | None:
    form = _form(language)
    if not form.whole.fullmatch(bare.body):
        return None
    number = float(form.groups.sub("", bare.body).replace(form.decimal, ".") + bare.power)
    if number in {float("inf"), float("-inf")}:
        return None
    if bare.is_percent:
        number /= 100
    return -number if bare.is_negative else number


def _sign(body: str) -> tuple[str, bool]:
    """Take off a sign before or behind a number: whether it was a minus."""
    if body[:1] in {"+", "-"}:
        return body[1:].strip(), body[0] == "-"
    if body.endswith("-"):
        return body[:-1].strip(), True
    return body, False
