"""What Excel hands to a function, and what goes back: tables, single cells, blocks of numbers."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from xlportfolio.excel.cells import cell_of, cell_rows, measured_rows
from xlportfolio.excel.faults import argument_fault
from xlportfolio.locale import Phrase
from xlportfolio.schema import RawTable, Table, WorkbookInput, interpret
from xlportfolio.schema.cells import is_blank
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, HISTORY, SETTINGS_TABLE, Cell
from xlportfolio.schema.criteria import read_table
from xlportfolio.scoring import Floats

#: What one argument or answer is for xlwings, which looks at annotations: anything.
Cells = Any
#: A block of cells as xlwings hands it over with ``ndim=2``: rows of equal length.
Block = Sequence[Sequence[Any]]
#: What an argument counts as that is left out.
BLANK: Block = ((None,),)
#: How xlwings reads a table and a cell in which an error is not the same as a blank.
TABLE = {"ndim": 2, "err_to_str": True}
CELL = {"err_to_str": True}
#: Tables of many rows.
_LONG = (CUSTOMERS, HISTORY)


# --- tables ---------------------------------------------------------------------------------------


def portfolio(
    customers: Block | None, criteria: Block | None, settings: Block | None
) -> WorkbookInput:
    """Three ranges as the input of an analysis.

    Raises
    ------
    InputError
        If anything is wrong with them.
    """
    tables = {
        CUSTOMERS.name: raw_table(CUSTOMERS, customers),
        CRITERIA.name: table_of_cells(*flat(criteria)),
    }
    if not _is_blank(settings):
        raw = raw_table(SETTINGS_TABLE, settings)
        for lacking in SETTINGS_TABLE.lacking(raw.header):  # without a row, it would pass for none
            raise argument_fault(
                "needed_column_missing",
                raw.sheet,
                names=" / ".join(lacking.headers),
            )
        tables[SETTINGS_TABLE.name] = raw
    return interpret(tables, read_once)


def raw_table(table: Table, block: Block | None, argument: str = "") -> RawTable:
    """A range with a header row as an input table, named as the argument of our functions is.

    Parameters
    ----------
    argument
        What the argument is called; blank: like the table's sheet.

    Raises
    ------
    InputError
        If the range is blank.
    """
    argument = argument or table.stem
    if block is None or _is_blank(block):
        raise argument_fault("table_argument_blank", argument, table=table.name)
    header, *rows = measured_rows(block) if table in _LONG else cell_rows(block)
    return RawTable.of_rows(table, argument, 1, 1, header, rows)


def _is_blank(block: Block | None) -> bool:
    return all(is_blank(cell) for row in block or () for cell in row)


def flat(block: Block | None) -> tuple[Cells, ...]:
    """A block as one row of cells, before them its width; ``()`` for none."""
    return (len(block[0]), *chain.from_iterable(block)) if block else ()


@lru_cache(maxsize=32, typed=True)
def table_of_cells(width: int = 0, *cells: Cells) -> RawTable:
    """The table of criteria, given what :func:`flat` makes of its block.

    For equal cells it is the same object, and none that changes, so that it is read only once.
    """
    rows = [cells[i : i + width] for i in range(0, len(cells), width)] if width else None
    return raw_table(CRITERIA, rows)


#: Reads the criteria of a table that :func:`table_of_cells` made.
read_once = lru_cache(maxsize=32)(read_table)


# --- single cells ---------------------------------------------------------------------------------


def only(cell: Cells, argument: str) -> Cell:
    """The cell of an argument that takes no range.

    Raises
    ------
    InputError
        If it is one.
    """
    if isinstance(cell, list | tuple):
        raise argument_fault("one_cell_argument", argument, count=np.size(np.array(cell, object)))
    return cell_of(cell)


def number(cell: Cells) -> float:
    """A cell as a number, NaN if it is none."""
    found = cell_of(cell)
    return found if type(found) is float else np.nan


# --- blocks ---------------------------------------------------------------------------------------


def numbers(block: Block | None) -> Floats:
    """A block as numbers, NaN for whatever is none: a blank, a text, a truth value, an error."""
    return np.array([list(map(number, row)) for row in block or BLANK], dtype=np.float64)


def as_block(numbers: Floats) -> list[list[float | None]]:
    """Numbers as a block of cells of the same shape; NaN becomes an empty cell."""
    return [[None if x != x else x for x in row] for row in numbers.tolist()]  # noqa: PLR0124 (NaN)


def size_of(shape: Sequence[int]) -> Phrase:
    """The size of a block in words."""
    return Phrase("functions.size", dict(zip(("rows", "columns"), shape, strict=True)))


def paired(first: npt.NDArray[Any], second: npt.NDArray[Any], *arguments: str) -> list[Any]:
    """Two blocks in the same shape; a single cell stands for as many as the other has.

    Raises
    ------
    InputError
        If the shapes differ otherwise.
    """
    if 1 not in {first.size, second.size} and first.shape != second.shape:
        raise unequal(arguments, first.shape, second.shape)
    return list(np.broadcast_arrays(first, second))


def unequal(arguments: Sequence[str], first: Sequence[int], second: Sequence[int]) -> Exception:
    """That two blocks should belong together cell by cell, but differ in size."""
    sizes = size_of(first), size_of(second)
    return argument_fault(
        "unequal_sizes", arguments[1], size=sizes[1], other=arguments[0], other_size=sizes[0]
    )
