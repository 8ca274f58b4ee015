"""What imports have written, in an open workbook: a table on a sheet that nobody sees."""

from __future__ import annotations

from contextlib import suppress

import xlwings as xw

from xlportfolio.excel.host import LiveBook
from xlportfolio.excel.ranges import Rows, SeenTable, entry, write
from xlportfolio.schema.cells import as_text
from xlportfolio.schema.contract import IMPORTED
from xlportfolio.schema.merging import Memory
from xlportfolio.tables import free_name

#: The headers of the table, which nobody reads and which are the same in all languages.
_HEADER = [column.fixed for column in IMPORTED.columns]


class LiveMemory:
    """What imports have written as the workbook holds it; nothing where there was none.

    Raises
    ------
    XlPortfolioError
        If the headers of the table are hidden, or it has a total row.
    """

    def __init__(self, live: LiveBook) -> None:
        self.live = live
        there = live.tables.get(IMPORTED.name.casefold())
        self.seen = None if there is None else SeenTable(*there, 0)
        self.memory = Memory(self._entries())

    def _entries(self) -> dict[tuple[str, str], str]:
        if self.seen is None or self.seen.header[: len(_HEADER)] != _HEADER:
            return {}
        rows = [[as_text(cell) for cell in row] for row in self.seen.rows]
        return {(row[0], row[1]): row[2] for row in rows if row[0] and row[1]}


class OutputMemory:
    """What imports have written, once this one is done.

    The sheet is added, out of sight, where it is missing; one that nobody changed is left alone.
    """

    def __init__(self, there: LiveMemory, memory: Memory) -> None:
        self.there, self.memory = there, memory
        live = there.live
        self.sheet: xw.Sheet = live.book.sheets[0] if there.seen is None else there.seen.sheet
        self.made: xw.Sheet | None = None

    def prepare(self) -> None:
        """Nothing of the user's is in the way: the sheet is ours."""

    def write(self) -> None:
        """Write all of it in one call."""
        if self.memory == self.there.memory:
            return
        rows = [[entry(id_), entry(column), entry(value)] for (id_, column), value in self._sorted]
        if self.there.seen is None:
            self._add([list(_HEADER), *(rows or [[None] * len(_HEADER)])])
        else:
            self._replace(self.there.seen, rows, len(self.there.seen.rows))

    @property
    def _sorted(self) -> list[tuple[tuple[str, str], str]]:
        return sorted(self.memory.entries.items())

    def _add(self, rows: Rows) -> None:
        book, live = self.there.live.book, self.there.live
        name, front = free_name(IMPORTED.fixed, set(live.sheets)), book.sheets.active
        try:
            self.made = self.sheet = book.sheets.add(name, after=book.sheets[-1])
            write(self.made, (1, 1), rows)
            area = self.made.range((1, 1), (len(rows), len(_HEADER)))
            self.made.tables.add(area, name=IMPORTED.name)
        finally:
            with suppress(Exception):
                front.impl.activate()  # not Excel itself and the workbook too: both are in front
        self.made.visible = False

    def _replace(self, seen: SeenTable, rows: Rows, old: int) -> None:
        """Write rows over ``old`` ones; the table grows before and shrinks after."""
        new = max(len(rows), 1)
        if new > old:
            self._resize(seen, new)
        blank = [[None] * len(_HEADER) for _ in range(max(old, new) - len(rows))]
        write(self.sheet, (seen.row + 1, seen.column), [*rows, *blank])
        if new < old:
            self._resize(seen, new)

    def _resize(self, seen: SeenTable, rows: int) -> None:
        last = (seen.row + rows, seen.column + seen.width - 1)
        seen.there.resize(self.sheet.range((seen.row, seen.column), last))

    def restore(self) -> None:
        """Take the sheet away again, or put back what stood there."""
        seen = self.there.seen
        if self.made is not None:
            self.made.delete()
        elif seen is not None and self.memory != self.there.memory:
            before = [[entry(as_text(cell)) for cell in row[: len(_HEADER)]] for row in seen.rows]
            self._replace(seen, before, seen.there.range.shape[0] - 1)
