"""What Excel hands to a function, and what goes back: blocks of cells, and faults in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import wraps
from typing import Any

import numpy as np

from xlportfolio.errors import InputError, ModelError, Problem, Severity, XlPortfolioError
from xlportfolio.locale import language_of_system, texts
from xlportfolio.schema import RawTable, Table
from xlportfolio.scoring import Floats

#: What one argument or answer is for xlwings, which looks at annotations: anything.
Cells = Any
#: A block of cells as xlwings hands it over with ``ndim=2``: rows of equal length.
Block = Sequence[Sequence[Any]]


def in_words(function: Callable[..., Cells]) -> Callable[..., Cells]:
    """Answer with a text that begins with ``#KP!`` where a function cannot compute.

    An exception would lose the formula's whole array, and Excel shows no more of it than #VALUE!.
    """

    @wraps(function)
    def answered(*arguments: Cells, **named: Cells) -> Cells:
        try:
            taken = {name: _taken(argument) for name, argument in named.items()}
            return function(*map(_taken, arguments), **taken)
        except XlPortfolioError as error:
            of_input = error.language if isinstance(error, InputError) else None
            words = texts(of_input or language_of_system())
            return words("functions.faulty", message=_message(error, words.language))
        except Exception as error:  # noqa: BLE001 (it must never reach Excel)
            words = texts(language_of_system())
            detail = f"{type(error).__name__}: {error}"
            return words("functions.faulty", message=words("functions.internal", detail=detail))

    return answered


def _taken(argument: Cells) -> Cells:
    """An argument with cells in a currency format, which arrive as decimals, as numbers."""
    if isinstance(argument, list | tuple):
        return [_taken(cell) for cell in argument]
    return float(argument) if isinstance(argument, Decimal) else argument


def _message(error: XlPortfolioError, language: str) -> str:
    """The first fault, with its place counted within the range that was passed."""
    words = texts(language)
    problem = next((p for p in error.problems if p.severity is Severity.ERROR), None)
    if problem is None or problem.sheet is None or isinstance(error, ModelError):
        return error.message(language)
    sentence = Problem(problem.fault, found=problem.found).message(language)
    place = problem.sheet
    if problem.row is not None:
        place = words("functions.row", table=problem.sheet, row=problem.row)
    return words("places.sentence", place=place, sentence=sentence)


def raw_table(table: Table, block: Block) -> RawTable:
    """A range with a header row as an input table; its rows are counted from 1, the header."""
    header, *rows = block or [[]]
    return RawTable(table, table.name, 1, 1, list(header), [list(row) for row in rows])


def numbers(block: Block) -> Floats:
    """A block as numbers, NaN for whatever is none: a blank, a text, a truth value."""
    return np.array(
        [[cell if type(cell) in {int, float} else np.nan for cell in row] for row in block],
        dtype=np.float64,
    )
