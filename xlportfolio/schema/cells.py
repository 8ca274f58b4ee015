"""One raw cell at a time: blank or not, as shown, as text, as a number."""

from __future__ import annotations

import datetime as dt
import math
from decimal import Decimal
from functools import cache
from typing import NamedTuple

from xlportfolio.errors import Fault, Severity
from xlportfolio.locale.languages import FALLBACK, LANGUAGES, spoken
from xlportfolio.model import id_text
from xlportfolio.schema.contract import Cell, CellError
from xlportfolio.schema.numerals import read_number

#: Whole numbers are exact below this, and shown without decimals.
_EXACT = 1e15
#: Characters of a cell that a problem quotes.
_LONGEST = 200


def is_blank(cell: Cell) -> bool:
    """Whether a cell is empty or holds nothing but blanks."""
    return cell is None or (isinstance(cell, str) and not cell.strip())


def as_float(number: float | Decimal) -> float:
    """A number of a cell; infinite or NaN where it is none that a cell can show."""
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf
    except ValueError:  # a decimal that signals that it is no number
        return math.nan


def shown(cell: Cell, language: str) -> str:
    """A cell's content as its reader sees it, or nearly so: formats are not looked at."""
    match cell:
        case None:
            return ""
        case Decimal():
            return shown(as_float(cell), language)
        case bool():
            return spoken(language).truth[cell]
        case int() | float():
            number = as_float(cell)
            whole = number.is_integer() and abs(number) < _EXACT
            text = str(int(number)) if whole else repr(number)
            return text.replace(".", spoken(language).decimal)
        case dt.datetime():
            return cell.strftime(f"{spoken(language).day} %H:%M:%S")
        case dt.date():
            return cell.strftime(spoken(language).day)
        case CellError():
            return cell.text
        case _:
            return str(cell)


def as_text(cell: Cell) -> str:
    """A cell's content as text that is the same whatever the workbook's language.

    >>> as_text(0.5), as_text(" Beta ")
    ('0.5', ' Beta ')
    """
    return cell if type(cell) is str else shown(cell, FALLBACK)


def quoted(cell: Cell, language: str) -> str:
    """A cell's content as a problem quotes it: as shown, but not endlessly."""
    text = shown(cell, language)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def as_id(cell: Cell) -> str:
    """A customer number or name as text; see :func:`xlportfolio.model.id_text`."""
    if type(cell) is float:
        return id_text(cell)
    return id_text(as_float(cell)) if isinstance(cell, Decimal) else as_text(cell).strip()


class Number(NamedTuple):
    """What a cell holds as a number (``None``: nothing usable), and what is odd about it."""

    number: float | None
    fault: Fault | None = None


def as_number(cell: Cell, language: str) -> Number:
    """Read a cell in which a number belongs; a blank one is neither a number nor a fault."""
    if is_blank(cell):
        return Number(None)
    if isinstance(cell, CellError):
        return Number(None, Fault("error_cell", Severity.WARNING))
    if isinstance(cell, int | float | Decimal) and not isinstance(cell, bool):
        number = as_float(cell)
        if math.isfinite(number):
            return Number(number)
        return Number(None, Fault("not_a_number", Severity.WARNING))
    reading = read_number(cell, language) if isinstance(cell, str) else None
    if reading is None:
        return Number(None, Fault("not_a_number", Severity.WARNING))
    details: dict[str, object] = {"number": reading.number, "other": reading.other}
    key = "number_as_text"
    if reading.other is not None:
        key = "number_ambiguous"
    elif reading.foreign:
        key = "number_of_other_language"
    return Number(reading.number, Fault(key, Severity.NOTE, details=details))


def as_category(cell: Cell, language: str) -> str | None:
    """A word that names a category, ``None`` for a blank or an error cell."""
    if isinstance(cell, CellError) or is_blank(cell):
        return None
    return cell if isinstance(cell, str) else shown(cell, language)


def as_date(cell: Cell, language: str | None = None) -> dt.date | None:
    """Read a cell in which a day belongs: a date, or text such as 2026-01-31 or 31.01.2026.

    What means another day elsewhere, such as 03/04/2026, is read in the language alone.
    """
    if isinstance(cell, dt.datetime):
        return cell.date()
    if isinstance(cell, dt.date):
        return cell
    if isinstance(cell, str):
        for form in _days(language):
            try:
                return dt.datetime.strptime(cell.strip(), form).date()  # noqa: DTZ007 (a day only)
            except ValueError:
                continue
    return None


@cache
def _days(language: str | None) -> tuple[str, ...]:
    """How a day may be written, in the words of ``strptime``."""
    own = () if language is None else spoken(language).own_days
    return (*own, *(form for code in LANGUAGES for form in spoken(code).days))
