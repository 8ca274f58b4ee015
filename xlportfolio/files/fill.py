"""Write into the user's own table of customers: the cells that are named, and nothing else."""

from __future__ import annotations

from xlportfolio.errors import Problem
from xlportfolio.files.workbook import Workbook
from xlportfolio.schema.contract import RawTable
from xlportfolio.schema.merging import Filling, Memory


def formulas(_workbook: Workbook, _raw: RawTable) -> set[tuple[int, int]]:
    """The cells of a table that hold a formula: row below the header from 0, position."""
    return set()


def fill(_workbook: Workbook, _filling: Filling) -> tuple[Problem, ...]:
    """Write the changes of a filling into the sheet of the package."""
    return ()


def read_memory(_workbook: Workbook) -> Memory:
    """What imports have written so far."""
    return Memory()


def write_memory(_workbook: Workbook, _memory: Memory) -> None:
    """Keep what imports have written."""
