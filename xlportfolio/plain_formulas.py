"""The grammar of plain formulas: references with their sheet, texts, tests for words.

All are written as files keep them: in English, with commas, and without the sign of equality.
"""

from __future__ import annotations

from collections.abc import Iterable

from xlportfolio.model import name_key
from xlportfolio.schema.contract import column_letters
from xlportfolio.schema.words import Word, Words


def on_sheet(sheet: str) -> str:
    """A sheet before a reference.

    >>> on_sheet("Kim's list")
    "'Kim''s list'!"
    """
    return "'" + sheet.replace("'", "''") + "'!"


def absolute(column: int, row: int) -> str:
    """A cell that stays the same wherever its formula goes; both counted from 1.

    >>> absolute(28, 6)
    '$AB$6'
    """
    return f"${column_letters(column)}${row}"


def literal(text: str) -> str:
    """A text within a formula.

    >>> literal('the "best" one')
    '"the ""best"" one"'
    """
    return '"' + text.replace('"', '""') + '"'


def number(value: float) -> str:
    """A number within a formula.

    >>> number(50.0), number(0.1)
    ('50', '0.1')
    """
    return repr(float(value)).removesuffix(".0")


def key_of(cell: str) -> str:
    """A formula for what a cell's word is compared by."""
    return f"LOWER(TRIM({cell}))"


def excel_key(text: str) -> str:
    """What :func:`key_of` makes of a text.

    >>> excel_key("  Very  HIGH ")
    'very high'
    """
    return " ".join(part for part in text.lower().split(" ") if part)


def is_one_of(cell: str, spellings: Iterable[str]) -> str:
    """Whether a cell holds one of some words, given in lower case.

    >>> is_one_of("$B$6", ["min"])
    'LOWER(TRIM($B$6))="min"'
    """
    tests = [f"{key_of(cell)}={literal(spelling)}" for spelling in spellings]
    return tests[0] if len(tests) == 1 else f"OR({','.join(tests)})"


def spellings(words: Words[Word], meant: Word, found: Iterable[str] = ()) -> tuple[str, ...]:
    """All ways to write a word, in lower case, also those that were found in cells.

    Python reads a word with other blanks around it, which formulas do not take away.

    >>> from xlportfolio.model import Status
    >>> from xlportfolio.schema.words import STATUSES
    >>> spellings(STATUSES, Status.PROSPECT, ["Prospect", "Customer"])
    ('prospect', 'wunschkunde')
    """
    odd = (excel_key(text) for text in found if words.get(text) is meant)
    return tuple(dict.fromkeys([*map(name_key, words.spelled(meant)), *odd]))
