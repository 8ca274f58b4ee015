"""What changes in the table of the customers, cell by cell, before anything is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

import numpy as np

from xlportfolio.errors import Problem
from xlportfolio.schema.cells import as_float, as_text, is_blank
from xlportfolio.schema.contract import Cell, Cells, RawTable
from xlportfolio.schema.words import STATUSES

#: Numbers that differ by less, relatively, or absolutely below 1, count as the same: so far the
#: engines agree that sum them, and programs that save them.
_SAME = 1e-9
#: Customers that a message names.
_NAMED = 5


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


#: Cells that hold formulas, as row and position: see :class:`CellChange`.
Formulas = Collection[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Memory:
    """What imports wrote into the table of the customers, as text.

    Attributes
    ----------
    entries
        (The customer's id, the column's header) -> the cell's content as
        :func:`xlportfolio.schema.merging.remembered` writes it.
    """

    entries: Mapping[tuple[str, str], str] = field(default_factory=dict)


class Kept(StrEnum):
    """Why a cell stays as it is although something else was to be written."""

    TYPED = "typed"
    FORMULA = "formula"


@dataclass(frozen=True, slots=True)
class Listed:
    """A cell as it is told of: whose it is, what it holds, and what came for it.

    Attributes
    ----------
    row
        The table's row below the header, counted from 0.
    column
        The header.
    kept
        Why it stays; ``None`` where it changes.
    """

    row: int
    customer_id: str
    customer: str
    column: str
    before: Cell
    after: Cell
    kept: Kept | None = None


@dataclass(frozen=True, slots=True)
class Newcomer:
    """A customer whose row is new; ``row`` is counted from 0 below the header."""

    row: int
    customer_id: str
    customer: str


@dataclass(frozen=True, slots=True, eq=False)
class Merged:
    """What is to be written, and what is told of it.

    Attributes
    ----------
    filling
        All cells that change.
    added
        The new customers, by row.
    changed
        The cells of known customers that change.
    kept
        The cells that stay although something else came for them.
    memory
        What imports have written, once this is written.
    problems
        What was left out or taken otherwise than it stands there.
    """

    filling: Filling
    added: Sequence[Newcomer] = ()
    changed: Sequence[Listed] = ()
    kept: Sequence[Listed] = ()
    memory: Memory = field(default_factory=Memory)
    problems: tuple[Problem, ...] = ()

    def then(self, later: Merged) -> Merged:
        """Both one after the other, where ``later`` begins with the table that this one leaves."""
        new = {one.row for one in (*self.added, *later.added)}
        return Merged(
            joined(self.filling, later.filling),
            [*self.added, *later.added],
            [*self.changed, *(one for one in later.changed if one.row not in new)],
            [*self.kept, *later.kept],
            later.memory,
            (*self.problems, *later.problems),
        )


def few(items: Sequence[str]) -> list[str]:
    """The first items, as a message names them.

    >>> few(["1", "2", "3", "4", "5", "6"])
    ['1', '2', '3', '4', '5', '…']
    """
    return [*items[:_NAMED], "…"] if len(items) > _NAMED else list(items)


def remembered(cell: Cell) -> str:
    """A cell as the memory of imports holds it; the language does not matter.

    >>> remembered(1.0), remembered(" Alpha "), remembered(dt.datetime(2026, 1, 31))
    ('1', 'Alpha', '2026-01-31')
    """
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    return as_text(cell).strip()


def same(one: Cell, other: Cell) -> bool:
    """Whether two cells say the same: numbers to 9 digits, a status in any language.

    >>> same(0.1 + 0.2, 0.3), same("Kunde", "customer"), same("00123", 123), same(None, " ")
    (True, True, False, True)
    """
    if _is_number(one) and _is_number(other):
        a, b = as_float(one), as_float(other)  # type: ignore[arg-type]  # (both are numbers)
        return abs(a - b) <= _SAME * max(1.0, abs(a), abs(b))
    if one is None or other is None:
        return is_blank(one) and is_blank(other)
    left, right = remembered(one), remembered(other)
    if left == right:
        return True
    status = STATUSES.get(left)
    return status is not None and status is STATUSES.get(right)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell, int | float | Decimal) and not isinstance(cell, bool)


def holds(cell: Cell, entry: str) -> bool:
    """Whether a cell still holds what is remembered; other programs keep 15 digits of a number."""
    if remembered(cell) == entry:
        return True
    if not _is_number(cell):
        return False
    try:
        return same(cell, float(entry))
    except ValueError:
        return False


def filled(filling: Filling) -> RawTable:
    """The table as it will be.

    Examples
    --------
    >>> from xlportfolio.schema.contract import CUSTOMERS
    >>> raw = RawTable.of_rows(CUSTOMERS, "Customers", 1, 1, ["Customer ID", "Visits"], [[1, 5.0]])
    >>> table = filled(Filling(raw, [CellChange(0, 1, 5.0, None), CellChange(1, 0, None, 2)], 1))
    >>> table.height, list(table.columns[0]), list(table.columns[1])
    (2, [1, 2], [None, None])
    """
    raw = filling.raw
    if not filling.changes and not filling.added:
        return raw
    by_column: dict[int, list[CellChange]] = {}
    for change in filling.changes:
        by_column.setdefault(change.position, []).append(change)
    columns = [
        _filled(cells, by_column.get(position, ()), filling.added)
        for position, cells in enumerate(raw.columns)
    ]
    return replace(raw, columns=columns, height=raw.height + filling.added)


def _filled(cells: Cells, changes: Iterable[CellChange], added: int) -> Cells:
    changes = list(changes)
    if isinstance(cells, np.ndarray):
        numbers = np.append(cells, np.full(added, np.nan))
        if all(change.after is None or type(change.after) is float for change in changes):
            for change in changes:
                numbers[change.row] = np.nan if change.after is None else change.after
            return numbers
        listed: list[Cell] = [None if n != n else n for n in numbers.tolist()]  # noqa: PLR0124 (NaN)
    else:
        listed = [*cells, *[None] * added]
    for change in changes:
        listed[change.row] = change.after
    return listed


def joined(first: Filling, second: Filling) -> Filling:
    """Two fillings as one, where the second begins with the table that the first leaves."""
    changes = {(change.row, change.position): change for change in first.changes}
    for change in second.changes:
        place = (change.row, change.position)
        earlier = changes.get(place)
        changes[place] = change if earlier is None else replace(earlier, after=change.after)
    needed = [
        changes[place]
        for place in sorted(changes)
        if place[0] >= first.raw.height or not _is_as_before(changes[place])
    ]
    return Filling(first.raw, needed, first.added + second.added)


def _is_as_before(change: CellChange) -> bool:
    if is_blank(change.after):
        return is_blank(change.before)
    return type(change.before) is type(change.after) and change.before == change.after
