"""An input table as rows and named columns, and the faults found in it with their places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from xlportfolio.errors import Fault, Problem, Severity
from xlportfolio.model import name_key
from xlportfolio.schema.cells import as_number, as_text, is_blank, quoted
from xlportfolio.schema.contract import Cell, CellError, Cells, RawTable, column_letters


class Grid:
    """A raw table with its columns found; ``rows`` holds the positions of those not empty."""

    def __init__(self, raw: RawTable) -> None:
        self.raw = raw
        self.sheet = raw.sheet
        self.positions = raw.table.positions(raw.header)
        self.rows = _filled_rows(raw)

    def sheet_row(self, i: int) -> int:
        """The sheet's row of the table's i-th row."""
        return self.raw.row + 1 + i

    def cell(self, i: int, key: str) -> Cell:
        """A cell of one of the contract's columns, empty where there is no such column."""
        position = self.positions.get(key)
        return None if position is None else self.raw.cell(i, position)

    def cells(self, position: int) -> Cells:
        """The cells of a column in the rows that are not empty."""
        cells = self.raw.columns[position]
        if len(self.rows) == self.raw.height:
            return cells
        if isinstance(cells, np.ndarray):
            return cells[self.rows]
        return [cells[i] for i in self.rows]

    def text(self, i: int, key: str) -> str:
        """A cell as text, trimmed; an error cell has none."""
        cell = self.cell(i, key)
        return "" if isinstance(cell, CellError) else as_text(cell).strip()

    def header(self, position: int) -> str:
        """A header as the sheet shows it."""
        return as_text(self.raw.header[position]).strip()

    def position_of(self, name: str) -> int | None:
        """The position of the column headed by this name, if there is one."""
        key = name_key(name)
        return self._places.get(key) if key else None

    @cached_property
    def _places(self) -> dict[str, int]:
        """The first column of each header, as headers are compared."""
        positions = reversed(range(len(self.raw.header)))
        return {name_key(self.header(position)): position for position in positions}

    def problem(self, fault: Fault, i: int | None, position: int | None, language: str) -> Problem:
        """A fault of one cell, one row or the whole table, with its place."""
        if i is None:
            return Problem(fault, self.sheet)
        row = self.sheet_row(i)
        if position is None:
            return Problem(fault, self.sheet, row)
        cell = f"{column_letters(self.raw.column + position)}{row}"
        found = quoted(self.raw.cell(i, position), language)
        return Problem(fault, self.sheet, row, self.header(position), cell, found)


def _filled_rows(raw: RawTable) -> list[int]:
    """The positions of the rows that hold anything."""
    is_filled = np.zeros(raw.height, dtype=np.bool_)
    for cells in raw.columns:
        if isinstance(cells, np.ndarray):
            is_filled |= ~np.isnan(cells)
    for cells in raw.columns:
        if not isinstance(cells, np.ndarray):
            for i in np.flatnonzero(~is_filled).tolist():
                is_filled[i] = not is_blank(cells[i])
    rows: list[int] = np.flatnonzero(is_filled).tolist()
    return rows


def listed(cells: Cells) -> Sequence[Cell]:
    """A column cell by cell."""
    if not isinstance(cells, np.ndarray):
        return cells
    return [None if number != number else number for number in cells.tolist()]  # noqa: PLR0124 (NaN)


@dataclass(slots=True)
class Findings:
    """The problems gathered while a workbook of some language is read."""

    language: str = "en"
    problems: list[Problem] = field(default_factory=list)

    def add(self, grid: Grid, fault: Fault, i: int | None = None, key: str | None = None) -> None:
        """Gather a fault of a cell, or of a row or a table where no cell is named."""
        position = None if key is None else grid.positions.get(key)
        self.problems.append(grid.problem(fault, i, position, self.language))

    def add_cell(self, grid: Grid, fault: Fault, i: int, position: int) -> None:
        """Gather a fault of a cell in a column that is not one of the contract's."""
        self.problems.append(grid.problem(fault, i, position, self.language))

    def add_lacking_columns(self, grid: Grid) -> None:
        """Gather the columns without which a table cannot be read and which it does not have."""
        for column in grid.raw.table.lacking(grid.raw.header):
            details = {"names": " / ".join(column.headers)}
            self.add(grid, Fault("needed_column_missing", details=details))

    def number(self, grid: Grid, i: int, key: str, wrong: str | None = None) -> float | None:
        """A number of a cell, ``None`` for a blank one or where the cell holds none.

        What is no number is an error of the kind ``wrong``, or a warning if none is named.
        """
        number, fault = as_number(grid.cell(i, key), self.language)
        if fault is not None:
            if wrong is not None and fault.severity is not Severity.NOTE:
                fault = Fault(wrong, field=key)
            self.add(grid, fault, i, key)
        return number

    @property
    def has_errors(self) -> bool:
        """Whether anything stops the run."""
        return any(problem.severity is Severity.ERROR for problem in self.problems)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by severity, then by place."""
    severities = list(Severity)
    return sorted(problems, key=lambda p: (severities.index(p.severity), p.sheet or "", p.row or 0))
