"""Empty cells of a sheet, row by row: of rows and columns that go, and those that hold a secret."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple

from openpyxl.utils import column_index_from_string

from xlportfolio.files.cells import Area, cells_of, forget_answer, give_addresses, set_content
from xlportfolio.files.package import Element
from xlportfolio.files.regions import People, Region
from xlportfolio.files.sheet_telling import SheetTeller
from xlportfolio.files.spanning import SpanningFormulas, give_own
from xlportfolio.files.texts import CellTexts, read_aloud
from xlportfolio.files.workbook import coordinates, main
from xlportfolio.schema.contract import column_letters
from xlportfolio.schema.merging import few

_C, _F, _IS, _ROW, _V = map(main, ("c", "f", "is", "row", "v"))
_DIGITS = "0123456789"


class SharedTexts(NamedTuple):
    """Which shared strings are told otherwise, by their number as the cells name it."""

    changed: Mapping[str, str | None]

    @classmethod
    def of(cls, texts: CellTexts, teller: SheetTeller) -> SharedTexts:
        """Tell each of them once."""
        changed: dict[str, str | None] = {}
        for number, (text, spoken) in enumerate(zip(texts.shared, texts.spoken, strict=True)):
            new = teller.text(text)
            if new != text or (spoken and teller.text(spoken) != spoken):
                changed[str(number)] = new
        return cls(changed)


class Emptying:
    """One pass over the cells of a sheet, whose root this is.

    Attributes
    ----------
    cleared
        Column and row of the cells outside of tables that lost their content.
    changed
        How many cells there are whose text is another now.
    doubtful
        The cells of formulas that showed a secret: what they showed is gone.
    rows, hidden
        How many rows of tables were emptied, and how many of the sheet hidden.
    columns
        How many cells of hidden columns were emptied.
    """

    def __init__(
        self,
        root: Element,
        regions: Sequence[Region],
        people: People,
        teller: SheetTeller,
        texts: CellTexts,
        shared: SharedTexts,
        first_day: dt.datetime,
    ) -> None:
        give_addresses(root)
        self._root, self._regions = root, regions
        self._people, self._teller, self._texts = people, teller, texts
        self._shared, self._first_day = shared.changed, first_day
        self._letters: dict[str, int] = {}
        self._reach = [(r, (r.whole.top, r.area.bottom)) for r in regions]
        self._spanning = SpanningFormulas()
        self._of_gone: set[int] = set()
        self.cleared: list[tuple[int, int]] = []
        self.doubtful: list[Element] = []
        self.changed = self.rows = self.hidden = self.columns = self.formulas = 0
        data = root.find(main("sheetData"))
        for row in () if data is None else data.iterfind(_ROW):
            self._row(row)
        self._fill_areas()
        self._lead()

    @property
    def is_touched(self) -> bool:
        """Whether any cell is not as it was."""
        return bool(self.cleared or self.changed or self.rows or self.columns or self.doubtful)

    def is_empty(self, area: Area) -> bool:
        """Whether the first cell of an area was emptied."""
        place = area.left, area.top
        lone = area._replace(right=area.left, bottom=area.top)
        return place in self._places or any(_meets(region, lone) for region in self._regions)

    @cached_property
    def _places(self) -> frozenset[tuple[int, int]]:
        return frozenset(self.cleared)

    # --- rows ----------------------------------------------------------------------------------

    def _row(self, row: Element) -> None:
        number = int(row.get("r", "0"))
        cells = [(self._column(cell), cell) for cell in row.iterfind(_C) if len(cell)]
        for _, cell in cells:
            if cell[0].tag == _F:
                self._spanning.note(cell, cell[0])
        here = [r for r, (top, bottom) in self._reach if top <= number <= bottom]
        named = {id(region): self._named(region, cells, number) for region in here}
        for region in here:
            columns = region.area.columns
            is_filled = any(column in columns for column, _ in cells)
            if is_filled and self._goes(region, number, list(named[id(region)].values())):
                self._empty_row(region, row, number, cells)
        loose: list[tuple[int, Element]] = []
        self._of_gone.clear()
        for column, cell in cells:
            within = next((r for r in here if r.area.left <= column <= r.area.right), None)
            if within is None:
                loose.append((column, cell))
                self._tell(cell, column, number)
            elif not self._is_plain_number(cell, column, number, within):
                self._cell(cell, column, number, within, named[id(within)])
        if self._of_gone:
            self._clear_lines(loose, number)

    def _clear_lines(self, loose: Sequence[tuple[int, Element]], number: int) -> None:
        """Of a list that is no table, clear what stands beside somebody left out.

        It goes as far as cells are filled, unless somebody who stays is named there too, as in a
        row of headers.
        """
        for line in _neighbours(loose):
            if self._of_gone.isdisjoint(column for column, _ in line):
                continue
            left = [(column, cell) for column, cell in line if len(cell)]
            if not self._people.stays(self._texts.content(cell) for _, cell in left):
                for column, cell in left:
                    self._clear(cell, column, number)

    def _is_plain_number(self, cell: Element, column: int, number: int, region: Region) -> bool:
        """Whether there is nothing to do, as in most cells of the customers' table."""
        return len(cell) == 0 or (
            region.keeps_numbers
            and cell.get("t", "n") == "n"
            and cell[0].tag == _V
            and column not in region.hidden
            and column not in region.keys
            and number >= region.area.top
        )

    def _named(
        self, region: Region, cells: Sequence[tuple[int, Element]], number: int
    ) -> dict[int, object]:
        """The numbers and names of customers in a row of a table, by column."""
        if not (region.keys and self._people) or not region.area.top <= number <= region.last:
            return {}
        return {c: self._texts.content(cell) for c, cell in cells if c in region.keys}

    def _goes(self, region: Region, number: int, names: Sequence[object]) -> bool:
        if not region.area.top <= number <= region.last:
            return False
        if region.is_gone or number in region.gone:
            return True
        # the table of the customers says itself which rows go
        if region.gone or not self._people:
            return False
        is_nobodys = region.is_of_orders and region.keys and self._people.is_stranger(names)
        return bool(is_nobodys) or self._people.is_gone(names)

    def _empty_row(
        self, region: Region, row: Element, number: int, cells: Sequence[tuple[int, Element]]
    ) -> None:
        left, right = region.area.left, region.area.right
        region.emptied.add(number)
        self.rows += 1
        for column, cell in cells:
            if left <= column <= right:
                self._empty(cell)
        if not any(len(cell) for _, cell in cells) and row.get("hidden") not in {"1", "true"}:
            row.set("hidden", "1")
            self.hidden += 1

    # --- cells ---------------------------------------------------------------------------------

    def _cell(
        self,
        cell: Element,
        column: int,
        number: int,
        region: Region,
        beside: Mapping[int, object],
    ) -> None:
        if number < region.area.top:
            self._header(cell, column, number, region)
        elif column in region.hidden:
            self.columns += 1
            self._empty(cell)
        elif column in beside:
            content = beside[column]
            shown = None if content is None else self._people.shown(content, beside.values())
            if shown is not None:
                self._write(cell, shown)
            else:
                self._tell(cell, column, number, is_number=region.keeps_numbers)
        elif column not in region.ours:
            self._tell(cell, column, number, is_number=region.keeps_numbers)

    def _header(self, cell: Element, column: int, number: int, region: Region) -> None:
        """A header says what the table object says; one that we know stays."""
        if region.table is not None:
            header = region.table.headers[column - region.area.left]
            if self._texts.content(cell) != header and self._says_secret(cell):
                self._write(cell, header)
        elif column not in region.our_headers:
            self._tell(cell, column, number)

    def _says_secret(self, cell: Element) -> bool:
        content = self._texts.content(cell)
        return isinstance(content, str) and self._teller.text(content) != content

    def _tell(self, cell: Element, column: int, number: int, *, is_number: bool = False) -> None:
        """Let a cell show no secret: its text in other words, or nothing at all."""
        formula = cell[0] if cell[0].tag == _F else None
        if formula is not None and formula.text:
            told = self._teller.formula(formula.text)
            if told is None:
                self._clear(cell, column, number)
                return
            if told != formula.text:
                formula.text = told
                self._unanswer(cell)
                return
        is_secret, new = self._told(cell, is_number=is_number)
        if not is_secret:
            return
        master = cell if formula is not None else self._spanning.master(column, number)
        if master is not None:
            self._unanswer(master)
            forget_answer(cell)
        elif new is None:
            self._clear(cell, column, number)
        else:
            self._write(cell, new)

    def _told(self, cell: Element, *, is_number: bool) -> tuple[bool, str | None]:
        """Whether a cell shows a secret, and what stands for it; a number may be left alone."""
        kind = cell.get("t", "n")
        if kind == "n":
            is_secret = not is_number and self._teller.is_secret_number(cell.findtext(_V))
            return is_secret, None
        if kind == "s":
            index = cell.findtext(_V, "").strip()
            return index in self._shared, self._shared.get(index)
        text = self._texts.content(cell)
        if not isinstance(text, str):
            return False, None
        new = self._teller.text(text)
        return new != text or self._is_read_aloud(cell), new

    def _is_read_aloud(self, cell: Element) -> bool:
        inline = cell.find(_IS)
        spoken = "" if inline is None else read_aloud(inline)
        return bool(spoken) and self._teller.text(spoken) != spoken

    def _unanswer(self, cell: Element) -> None:
        """Take away what a formula showed, which may be a secret still when it is computed."""
        self.doubtful.append(cell)
        forget_answer(cell)

    def _clear(self, cell: Element, column: int, number: int) -> None:
        if self._people.is_gone([self._texts.content(cell)]):
            self._of_gone.add(column)
        self.cleared.append((column, number))
        self._empty(cell)

    def _empty(self, cell: Element) -> None:
        if len(cell) and cell[0].tag == _F:
            self.formulas += 1
        set_content(cell, None, self._first_day)

    def _write(self, cell: Element, text: str) -> None:
        self._empty(cell)
        self.changed += 1
        set_content(cell, text, self._first_day)

    def _column(self, cell: Element) -> int:
        letters = cell.get("r", "A1").rstrip(_DIGITS)
        if letters not in self._letters:
            self._letters[letters] = column_index_from_string(letters)
        return self._letters[letters]

    # --- formulas that stand for several cells -------------------------------------------------

    def _fill_areas(self) -> None:
        """Empty all cells of a formula for several that is gone, or crosses what was emptied."""
        gone = [
            (area, cell)
            for area, cell in self._spanning.areas
            if not len(cell) or any(_meets(region, area) for region in self._regions)
        ]
        for area, master in gone:
            self._empty(master)
            for column, cell in cells_of(self._root, area):
                if len(cell):
                    self._empty(cell)
                    self.cleared.append((column, coordinates(cell.get("r", "A1"))[1]))

    def _lead(self) -> None:
        """Give formulas of their own to cells that shared that of a cell which is empty now."""
        for cell, text in self._spanning.orphans():
            told = None if text is None else self._teller.formula(text)
            if told is None:
                self._clear(cell, *coordinates(cell.get("r", "A1")))
            else:
                give_own(cell, told)


def _meets(region: Region, area: Area) -> bool:
    """Whether a row or a column that was emptied crosses an area."""
    shared = area.within(region.area)
    return shared is not None and (
        any(column in region.hidden for column in shared.columns)
        or any(row in region.emptied for row in shared.rows)
    )


def addresses(places: Sequence[tuple[int, int]]) -> list[str]:
    """The first of some cells, as the sheet calls them."""
    return few([f"{column_letters(column)}{row}" for column, row in places])


def _neighbours(cells: Sequence[tuple[int, Element]]) -> Iterator[list[tuple[int, Element]]]:
    """The cells of a row, with their columns, in groups without a gap."""
    line: list[tuple[int, Element]] = []
    for column, cell in cells:
        if line and column != line[-1][0] + 1:
            yield line
            line = []
        line.append((column, cell))
    if line:
        yield line
