"""What Excel hands to a function, and what goes back: blocks of cells, and faults in words."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import lru_cache, wraps
from itertools import chain
from typing import Any

import numpy as np
from xlwings.conversion import Accessor, ConversionContext, Pipeline

from xlportfolio.errors import InputError, ModelError, Problem, Severity, XlPortfolioError
from xlportfolio.locale import language_of_system, texts
from xlportfolio.schema import RawTable, Table
from xlportfolio.schema.contract import CRITERIA
from xlportfolio.scoring import Floats

#: What one argument or answer is for xlwings, which looks at annotations: anything.
Cells = Any
#: A block of cells as xlwings hands it over with ``ndim=2``: rows of equal length.
Block = Sequence[Sequence[Any]]


class TextsAndNumbers(Accessor):
    """An answer of texts, floats and ``None`` alone, which stays as it is but for empty cells.

    For each cell, xlwings asks pandas whether it is missing. For a scorecard that would take nearly
    as long as to compute it.
    """

    @classmethod
    def writer(cls, _options: object) -> Pipeline:
        """What xlwings does with an answer."""
        return Pipeline([cls._fill])

    @staticmethod
    def _fill(context: ConversionContext) -> None:
        rows = context.value if isinstance(context.value, list) else [[context.value]]
        context.value = [["" if cell is None else cell for cell in row] for row in rows]


def in_words(function: Callable[..., Cells]) -> Callable[..., Cells]:
    """Answer with a text that begins with ``#KP!`` where a function cannot compute.

    An exception would lose the formula's whole array, and Excel shows no more of it than #VALUE!.
    """

    @wraps(function)
    def answered(*arguments: Cells, **named: Cells) -> Cells:
        try:
            return function(*arguments, **named)
        except XlPortfolioError as error:
            return fault_text(error)
        except Exception as error:  # noqa: BLE001 (it must never reach Excel)
            words = texts(language_of_system())
            detail = f"{type(error).__name__}: {error}"
            return words("functions.faulty", message=words("functions.internal", detail=detail))

    return answered


def fault_text(error: XlPortfolioError) -> str:
    """What a cell shows of an error."""
    of_input = error.language if isinstance(error, InputError) else None
    words = texts(of_input or language_of_system())
    return words("functions.faulty", message=_message(error, words.language))


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


def raw_table(table: Table, block: Block | None) -> RawTable:
    """A range with a header row as an input table; its rows are counted from 1, the header."""
    header, *rows = block or [[]]
    return RawTable(table, table.name, 1, 1, list(header), list(rows))


def criteria_table(block: Block | None) -> RawTable:
    """The table of criteria: for equal cells the same object, so that it is read only once."""
    return table_of_cells(*flat(block))


def flat(block: Block | None) -> tuple[Cells, ...]:
    """A block as one row of cells, before them its width; ``()`` for none."""
    return (len(block[0]), *chain.from_iterable(block)) if block else ()


@lru_cache(maxsize=32, typed=True)
def table_of_cells(width: int = 0, *cells: Cells) -> RawTable:
    """The table of criteria, given what :func:`flat` makes of its block."""
    rows = [cells[i : i + width] for i in range(0, len(cells), width)] if width else []
    return raw_table(CRITERIA, rows)


def numbers(block: Block | None) -> Floats:
    """A block as numbers, NaN for whatever is none: a blank, a text, a truth value."""
    return np.array([list(map(number, row)) for row in block or [[]]], dtype=np.float64)


def number(cell: Cells) -> float:
    """A cell as a number, NaN if it is none; in a currency format it arrives as a decimal."""
    return float(cell) if type(cell) in {float, int, Decimal} else np.nan


def cells_of(numbers: Floats) -> list[list[float | None]]:
    """Numbers as a block of cells of the same shape; NaN becomes an empty cell."""
    return [[None if x != x else x for x in row] for row in numbers.tolist()]  # noqa: PLR0124 (NaN)


def paired(first: Floats, second: Floats) -> tuple[Floats, Floats]:
    """Two blocks of the same shape; a single cell stands for as many as the other has.

    Raises
    ------
    XlPortfolioError
        If the shapes differ otherwise.
    """
    if 1 not in {first.size, second.size} and first.shape != second.shape:
        raise XlPortfolioError("unequal_lengths", first=first.size, second=second.size)
    both = np.broadcast_arrays(first, second)
    return both[0], both[1]
