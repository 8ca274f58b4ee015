"""What people have typed into the sheets that find weights: ranks, points, pairwise comparisons."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xlportfolio.errors import Fault, Problem
from xlportfolio.model import Axis, heading, name_key
from xlportfolio.schema.cells import as_text, is_blank, quoted
from xlportfolio.schema.contract import Cell, RawTable, Table, column_letters, columns_of
from xlportfolio.schema.grid import Findings, Grid
from xlportfolio.schema.judgments import as_judgment

#: Where criteria are ranked and given points.
WEIGHTS_TABLE = Table(
    "tblWeights",
    columns_of(
        "tblWeights",
        ("criterion", "axis", "rank", "points"),
        needed={"criterion", "rank", "points"},
    ),
)
#: The table in which the criteria of an axis are compared; copies for further raters are named
#: alike, as Excel names the table on a copied sheet: with a number behind.
PAIRWISE: Mapping[Axis, str] = {
    Axis.VALUE: "tblPairwiseValue",
    Axis.BENEFIT: "tblPairwiseBenefit",
}
_PAIRWISE = re.compile(r"tblPairwise(value|benefit)[_0-9]*", re.IGNORECASE)
#: How far two judgments may be from being each other's reciprocals: 1/3 may be typed as 0.33.
_RECIPROCAL = 0.05

Floats = npt.NDArray[np.float64]


class Square(NamedTuple):
    """The comparisons of one rater: the sheet's name, and judgments in the order of the criteria.

    ``judgments`` has the shape ``(n_criteria, n_criteria)``, NaN for none.
    """

    sheet: str
    judgments: Floats


class Typed(NamedTuple):
    """What was typed for the criteria of an axis, in their order; NaN for nothing."""

    ranks: Floats
    points: Floats
    squares: tuple[Square, ...]


def pairwise_axis(table: str) -> Axis | None:
    """The axis whose criteria a table of this name compares, ``None`` if it does not do that.

    >>> pairwise_axis("tblPairwiseValue2"), pairwise_axis("tblWeights")
    (<Axis.VALUE: 'value'>, None)
    """
    found = _PAIRWISE.fullmatch(table)
    return Axis(found[1].lower()) if found else None


def entries_table(name: str) -> Table | None:
    """The table of this name if people say there what they think of weights, else ``None``.

    The columns of a table of comparisons are headed by criteria.
    """
    if name.lower() == WEIGHTS_TABLE.name.lower():
        return WEIGHTS_TABLE
    return None if pairwise_axis(name) is None else Table(name, ())


def read_weights(
    tables: Iterable[RawTable], criteria: Mapping[Axis, Sequence[str]], language: str
) -> tuple[Mapping[Axis, Typed], tuple[Problem, ...]]:
    """What the tables hold for each axis, and what is odd in them.

    What cannot be read, or belongs to no criterion, is an error: the sheets are written anew, and
    it would be lost.

    Parameters
    ----------
    tables
        Those of :data:`WEIGHTS_TABLE` and of comparisons that a workbook has.
    criteria
        The names of the criteria that are weighed, in their order.
    language
        In which numbers typed as text are read.
    """
    findings = Findings(language)
    entries: dict[str, dict[str, float]] = {"rank": {}, "points": {}}
    squares: dict[Axis, list[Square]] = {axis: [] for axis in Axis}
    for raw in tables:
        axis = pairwise_axis(raw.table.name)
        if axis is not None:
            judgments = _Square(raw, findings, criteria[axis]).read()
            squares[axis].append(Square(raw.sheet, judgments))
            continue
        grid = Grid(raw)
        _refuse_unknown(grid, findings, {name_key(n) for names in criteria.values() for n in names})
        for key, lowest in (("rank", 1.0), ("points", 0.0)):
            entries[key] |= _entries(grid, findings, key, lowest)

    def typed(key: str, names: Sequence[str]) -> Floats:
        given = entries[key]
        return np.array([given.get(name_key(name), np.nan) for name in names], dtype=np.float64)

    found = {
        axis: Typed(typed("rank", names), typed("points", names), tuple(squares[axis]))
        for axis, names in criteria.items()
    }
    return found, tuple(findings.problems)


def _entries(grid: Grid, findings: Findings, key: str, lowest: float) -> dict[str, float]:
    """The numbers of a column by criterion."""
    found: dict[str, float] = {}
    for i in grid.rows:
        number = findings.number(grid, i, key, "entry_not_a_number")
        if number is not None and number < lowest:
            fault = Fault("entry_too_low", field=key, details={"low": lowest})
            findings.add(grid, fault, i, key)
            continue
        if number is not None:
            found[name_key(grid.text(i, "criterion"))] = number
    return found


def _refuse_unknown(grid: Grid, findings: Findings, known: Container[str]) -> None:
    """Gather the rows in which something was typed for what is no criterion, or a second time."""
    seen: set[str] = set()
    for i in grid.rows:
        name = grid.text(i, "criterion")
        is_filled = not all(is_blank(grid.cell(i, key)) for key in ("rank", "points"))
        if is_filled and name_key(name) not in known:
            fault = Fault("weighed_criterion_unknown", field="criterion", criterion=name)
            findings.add(grid, fault, i, "criterion")
        elif is_filled and name_key(name) in seen:
            fault = Fault("typed_twice", field="criterion", criterion=name)
            findings.add(grid, fault, i, "criterion")
        seen.add(name_key(name))


def _name(cell: Cell) -> str:
    """A criterion's name as a cell has it; a blank one has none."""
    return "" if is_blank(cell) else as_text(cell).strip()


class _Square:
    """Reads the comparisons of one rater."""

    def __init__(self, raw: RawTable, findings: Findings, criteria: Sequence[str]) -> None:
        self.raw, self.findings, self.grid = raw, findings, Grid(raw)
        self.count = len(criteria)
        places = {name_key(name): k for k, name in enumerate(criteria)}
        headed = {name_key(heading(name)): k for k, name in enumerate(criteria)} | places
        compared = {position: name_key(_name(cell)) for position, cell in self._headers()}
        named = {i: name_key(_name(raw.cell(i, 0))) for i in self.grid.rows}
        self.columns = {headed[n]: at for at, n in reversed(compared.items()) if n in headed}
        self.rows = {places[n]: i for i, n in reversed(named.items()) if n in places}
        lost = [
            *((i, 0) for i, n in named.items() if n not in places and self._is_filled(row=i)),
            *((-1, at) for at, n in compared.items() if n not in headed and self._is_filled(at=at)),
        ]
        told: set[str] = set()
        for i, position in lost:
            name = _name(raw.cell(i, 0) if i >= 0 else raw.header[position])
            if name_key(name) not in told:
                told.add(name_key(name))
                fault = Fault("compared_criterion_unknown", criterion=name)
                findings.add_cell(self.grid, fault, i, position)
        again = [
            *((i, 0) for i, n in named.items() if n in places and self.rows[places[n]] != i),
            *(
                (-1, at)
                for at, n in compared.items()
                if n in headed and self.columns[headed[n]] != at
            ),
        ]
        for i, position in again:
            if self._is_filled(row=i) if i >= 0 else self._is_filled(at=position):
                name = _name(raw.cell(i, 0) if i >= 0 else raw.header[position])
                fault = Fault("typed_twice", criterion=name)
                findings.add_cell(self.grid, fault, i, position)

    def _headers(self) -> list[tuple[int, Cell]]:
        """The headers of criteria with their positions: without the first and the last column."""
        return [*enumerate(self.raw.header)][1:-1]

    def _is_filled(self, row: int | None = None, at: int | None = None) -> bool:
        """Whether a row, or a column, of a criterion that is none holds any comparison."""
        cells = [
            self.raw.cell(i, position)
            for i in ([row] if row is not None else self.rows.values())
            for position in ([at] if at is not None else self.columns.values())
        ]
        return not all(map(is_blank, cells))

    def read(self) -> Floats:
        """The judgments; of a pair judged on both sides, that above the diagonal counts."""
        judgments = np.full((self.count, self.count), np.nan)
        np.fill_diagonal(judgments, 1.0)
        for k in range(self.count):
            for other in range(k):
                first = self._is_above(k, other)
                a, b = (k, other) if first else (other, k)
                upper, lower = self._judgment(a, b), self._judgment(b, a)
                if upper is None and lower is None:
                    continue
                ratio = upper if upper is not None else 1 / (lower or 1.0)
                judgments[a, b], judgments[b, a] = ratio, 1 / ratio
                if upper is not None and lower is not None:
                    self._compare(a, b, upper, lower)
        return judgments

    def _is_above(self, k: int, other: int) -> bool:
        """Whether the cell in the row of one and the column of the other is above the diagonal.

        The sheet may have another order than the criteria have now.
        """
        if k not in self.rows or other not in self.columns:
            return False
        return self.grid.rows.index(self.rows[k]) < self.columns[other] - 1

    def _judgment(self, k: int, other: int) -> float | None:
        if k not in self.rows or other not in self.columns:
            return None
        i, position = self.rows[k], self.columns[other]
        judgment, fault = as_judgment(self.raw.cell(i, position), self.findings.language)
        if fault is not None:
            self.findings.add_cell(self.grid, fault, i, position)
        return judgment

    def _compare(self, k: int, other: int, upper: float, lower: float) -> None:
        """Say so where the two judgments of a pair contradict each other."""
        if abs(upper * lower - 1) > _RECIPROCAL:
            i, position = self.rows[k], self.columns[other]
            cell = f"{column_letters(self.raw.column + position)}{self.grid.sheet_row(i)}"
            counts = quoted(self.raw.cell(i, position), self.findings.language)
            details = {"cell": cell, "other": counts}
            fault = Fault("judgment_contradicts", details=details)
            self.findings.add_cell(self.grid, fault, self.rows[other], self.columns[k])
