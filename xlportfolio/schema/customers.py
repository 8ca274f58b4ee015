"""Customers of elsewhere -> what changes in the table of the customers."""

from __future__ import annotations

import math
from dataclasses import replace

from xlportfolio.errors import Fault, Problem, Severity
from xlportfolio.model import name_key
from xlportfolio.schema.cells import as_id, is_blank
from xlportfolio.schema.contract import Cell, CellError, RawTable
from xlportfolio.schema.matching import CustomerRows, calculated
from xlportfolio.schema.merging import (
    CellChange,
    Filling,
    Formulas,
    Kept,
    Listed,
    Memory,
    Merged,
    Newcomer,
    few,
    holds,
    remembered,
    same,
)


def merge_customers(
    customers: RawTable,
    incoming: RawTable,
    memory: Memory,
    *,
    overwrite: bool = False,
    formulas: Formulas = frozenset(),
) -> Merged:
    """What changes when customers of elsewhere come into the table.

    Customers are known by their id; ids that differ in zeros before them alone are the same where
    only one pair of them can be meant. A row that comes without an id is known by the name; where
    another comes with that name and an id, it repeats that one. A row of the table without an id
    gets that of the one incoming customer of its name. Customers that are not known are appended
    below the last row that holds anything.

    Of known customers, blank cells are filled, and cells that still hold what an import wrote are
    updated. Any other content was typed by hand and is kept, unless ``overwrite``. Formulas are
    always kept, and a blank cell empties nothing.

    Parameters
    ----------
    customers
        The table of the customers.
    incoming
        A table of customers with headers of ``customers``; others are left out.
    memory
        What imports wrote before.
    overwrite
        Whether what was typed by hand is overwritten.
    formulas
        Cells of ``customers`` that hold formulas.

    Examples
    --------
    >>> from xlportfolio.schema.contract import CUSTOMERS
    >>> header = ["Customer ID", "Customer", "City"]
    >>> mine = RawTable.of_rows(CUSTOMERS, "Customers", 1, 1, header, [[1, "Alpha", None]])
    >>> rows = [["0001", "Alpha AG", "Ulm"], [2, "Beta", "Bonn"]]
    >>> theirs = RawTable.of_rows(CUSTOMERS, "export.csv", 1, 1, header, rows)
    >>> merged = merge_customers(mine, theirs, Memory())
    >>> [(change.row, change.after) for change in merged.filling.changes]
    [(0, 'Ulm'), (1, 2), (1, 'Beta'), (1, 'Bonn')]
    >>> [(one.column, one.before, one.after) for one in merged.kept]
    [('Customer', 'Alpha', 'Alpha AG')]
    """
    return _Merging(customers, incoming, memory, formulas, overwrite=overwrite).merged()


class _Merging:
    """Takes one row after the other."""

    def __init__(
        self,
        customers: RawTable,
        incoming: RawTable,
        memory: Memory,
        formulas: Formulas,
        *,
        overwrite: bool,
    ) -> None:
        self.mine, self.theirs = CustomerRows(customers), CustomerRows(incoming)
        self.memory, self.entries = memory, dict(memory.entries)
        self.formulas, self.overwrite = formulas, overwrite
        self.calculated = calculated(self.mine.grid, formulas)
        self.columns = self._columns()
        self.changes: list[CellChange] = []
        self.added: list[Newcomer] = []
        self.changed: list[Listed] = []
        self.kept: list[Listed] = []
        self.left_out: dict[str, list[str]] = {}

    def merged(self) -> Merged:
        """Everything together."""
        new: list[int] = []
        for i, row in self._rows().items():
            if row is None:
                new.append(i)
            else:
                self._update(i, row)
        raw, filled = self.mine.grid.raw, self.mine.grid.rows
        first = filled[-1] + 1 if filled else 0
        for row, i in enumerate(new, start=first):
            self._append(i, row)
        added = max(0, first + len(new) - raw.height) if new else 0
        changes = sorted(self.changes, key=lambda change: (change.row, change.position))
        return Merged(
            Filling(raw, changes, added),
            self.added,
            self.changed,
            self.kept,
            Memory(self.entries),
            tuple(self._problems()),
        )

    def _columns(self) -> dict[int, int]:
        """Position in the incoming table -> position in the table; that of the id first."""
        mine, theirs = self.mine.grid, self.theirs.grid
        columns = {
            position: mine.positions[key]
            for key, position in theirs.positions.items()
            if key in mine.positions
        }
        for position in range(len(theirs.raw.header)):
            own = mine.position_of(theirs.header(position))
            if position not in columns and own is not None and own not in columns.values():
                columns[position] = own
        return columns

    def _rows(self) -> dict[int, int | None]:
        """The incoming rows that count, each with its row in the table, ``None`` for a new one."""
        mine, theirs = self.mine, self.theirs
        numbers = {number: i for i in theirs.first.values() if (number := theirs.number(i))}
        by_number = mine.match(numbers)
        if zeros := mine.zeros(by_number):
            self.left_out["import_zeros"] = zeros
        found: dict[int, int | None] = {numbers[one]: row for one, row in by_number.items()}
        taken = set(by_number.values())
        named = {name_key(theirs.name(i)) for i in numbers.values()}
        for i in sorted(theirs.first.values()):
            if i in found:
                continue
            number, name = theirs.number(i), theirs.name(i)
            rows = [row for row in mine.called(name, unnumbered=bool(number)) if row not in taken]
            if number and len(rows) != 1:
                found[i] = None
            elif len(rows) > 1:
                self._leave_out("import_ambiguous", i)
            elif rows:
                found[i] = rows[0]
                taken.add(rows[0])
            elif not (name_key(name) in named or mine.called(name, unnumbered=False)):
                found[i] = None
                named.add(name_key(name))
            else:
                self._leave_out("import_repeated", i)
        return dict(sorted(found.items()))

    def _leave_out(self, key: str, i: int) -> None:
        self.left_out.setdefault(key, []).append(self.theirs.ids[i])

    def _update(self, i: int, row: int) -> None:
        """A known customer."""
        mine, raw = self.mine, self.theirs.grid.raw
        number = self.mine.number(row)
        identity = number or self.theirs.number(i) or mine.ids[row]
        for theirs, position in self.columns.items():
            is_number = position == mine.grid.positions.get("customer_id")
            after = raw.cell(i, theirs)
            if (is_number and number) or _says_nothing(after):
                continue
            if is_number:
                after = mine.typed(after)
            before = mine.grid.raw.cell(row, position)
            header = mine.grid.header(position)
            place, key = (row, position), (identity, header)
            listed = Listed(row, identity, mine.name(row), header, before, after)
            if same(before, after):
                if self.overwrite:
                    self.entries[key] = remembered(after)
            elif place in self.formulas:
                self.kept.append(replace(listed, kept=Kept.FORMULA))
            elif is_blank(before) or self.overwrite or self._is_ours(before, key):
                self.changes.append(CellChange(row, position, before, after))
                self.changed.append(listed)
                if not is_number:
                    self.entries[key] = remembered(after)
            else:
                self.kept.append(replace(listed, kept=Kept.TYPED))

    def _is_ours(self, cell: Cell, key: tuple[str, str]) -> bool:
        """Whether a cell still holds what an import wrote."""
        entry = self.memory.entries.get(key)
        return entry is not None and holds(cell, entry)

    def _append(self, i: int, row: int) -> None:
        """A new customer."""
        mine, raw = self.mine, self.theirs.grid.raw
        at = mine.grid.positions.get("customer_id")
        cells: dict[int, Cell] = {}
        for theirs, position in self.columns.items():
            after = raw.cell(i, theirs)
            if not _says_nothing(after):
                cells[position] = mine.typed(after) if position == at else after
        named = mine.grid.positions.get("customer")
        if at is None and named is not None:  # the name serves instead, and the number as the name
            cells.setdefault(named, self.theirs.ids[i])
        name = as_id(cells[named]) if named in cells and named is not None else ""
        identity = (as_id(cells[at]) if at in cells and at is not None else "") or name
        self.added.append(Newcomer(row, identity, name))
        for position, after in cells.items():
            header = mine.grid.header(position)
            if position in self.calculated:
                listed = Listed(row, identity, name, header, None, after, Kept.FORMULA)
                self.kept.append(listed)
                continue
            before = mine.grid.raw.cell(row, position) if row < mine.grid.raw.height else None
            self.changes.append(CellChange(row, position, before, after))
            if position != at:
                self.entries[identity, header] = remembered(after)

    def _problems(self) -> list[Problem]:
        """What was left out, and what was taken otherwise than it stands there."""
        theirs = self.theirs
        blank = [str(theirs.grid.sheet_row(i)) for i, one in theirs.ids.items() if not one]
        repeated = [theirs.ids[i] for i in theirs.repeated]
        listed = {
            "import_unidentified": blank,
            "import_repeated": [*repeated, *self.left_out.get("import_repeated", ())],
            "import_ambiguous": self.left_out.get("import_ambiguous", []),
            "import_zeros": self.left_out.get("import_zeros", []),
        }
        return [
            Problem(
                Fault(
                    key,
                    Severity.NOTE if key == "import_zeros" else Severity.WARNING,
                    details={"count": len(items), "first": few(items)},
                )
            )
            for key, items in listed.items()
            if items
        ]


def _says_nothing(cell: Cell) -> bool:
    is_no_number = isinstance(cell, float) and not math.isfinite(cell)
    return is_no_number or is_blank(cell) or isinstance(cell, CellError)
