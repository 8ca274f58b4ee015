"""What changes in the table of the customers, cell by cell, before anything is written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from xlportfolio.schema.contract import Cell, RawTable


@dataclass(frozen=True, slots=True)
class CellChange:
    """A cell of the table of the customers that gets another content.

    Attributes
    ----------
    row
        The table's row below the header, counted from 0; rows from the table's height on are new.
    position
        The column, counted from 0.
    before, after
        What it holds, and what it will hold; ``None`` for nothing.
    """

    row: int
    position: int
    before: Cell
    after: Cell


@dataclass(frozen=True, slots=True, eq=False)
class Filling:
    """What is written into the table of the customers.

    Attributes
    ----------
    raw
        The table as it is.
    changes
        The cells that change, by row and column; those of new rows too.
    added
        How many rows are appended.
    """

    raw: RawTable
    changes: Sequence[CellChange]
    added: int = 0


@dataclass(frozen=True, slots=True)
class Memory:
    """What imports wrote into the table of the customers, as text.

    Attributes
    ----------
    entries
        (The customer's id, the column's header) -> the cell's content as text.
    """

    entries: Mapping[tuple[str, str], str] = field(default_factory=dict)
