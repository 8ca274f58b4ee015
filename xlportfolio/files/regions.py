"""Tables on the user's sheets in which customers are named: whose rows, and which columns, go."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from xlportfolio.audience import Alias, Audience
from xlportfolio.files.cells import Area
from xlportfolio.files.texts import CellTexts
from xlportfolio.files.workbook import Sheet, TableObject, Workbook
from xlportfolio.model import id_text, name_key
from xlportfolio.schema.contract import (
    CRITERIA,
    CUSTOMERS,
    ORDERS,
    SETTINGS_TABLE,
    STRATEGIES,
    Cell,
    Table,
    sheet_table,
)
from xlportfolio.schema.matching import without_zeros
from xlportfolio.sources.synonyms import plain, wanted

#: Columns in which words of the contract, names of columns or the model itself stand, by table.
_OURS: Mapping[Table, frozenset[str]] = {
    CUSTOMERS: frozenset({"status"}),
    CRITERIA: frozenset(c.key for c in CRITERIA.all_columns) - {"description", "unit"},
    SETTINGS_TABLE: frozenset({"setting", "value"}),
    STRATEGIES: frozenset({"quadrant", "status"}),
}


def key_of(content: object) -> str:
    """What a customer's number or name is compared by: case and kind of blanks do not matter.

    >>> key_of("Müller   AG ") == key_of("MÜLLER AG"), key_of(1001.0)
    (True, '1001')
    """
    return " ".join(id_text(content).split()).casefold()


class People:
    """Who is gone, and what those who stay are called.

    Orders find their customer by a number that differs in zeros before it, too.
    """

    def __init__(self, audience: Audience) -> None:
        self._leaves_out = audience.sharing.only is not None
        grid = audience.whole.given.places.customers
        named: dict[bool, set[str]] = {True: set(), False: set()}
        for i in grid.rows:
            is_gone = grid.sheet_row(i) in audience.removed
            for key in ("customer_id", "customer"):
                named[is_gone].add(key_of(_content(grid.cell(i, key))))
        named[True].update(map(key_of, audience.gone_before))
        named[False].update(map(key_of, audience.staying_before))
        self._staying = named[False] - {""}
        self._gone = named[True] - named[False] - {""}
        self._known = self._gone | self._staying
        bare = [(without_zeros(key), key) for key in self._known]
        counts = Counter(number for number, _ in bare)
        self._spelled = {number: key for number, key in bare if number and counts[number] == 1}
        self._by_id: dict[str, Alias] = {}
        self._by_name: dict[str, Alias] = {}
        for alias in reversed(audience.aliases):
            self._by_id[key_of(alias.customer_id)] = alias
            self._by_name[key_of(alias.customer)] = alias
        self._ids = {key_of(old): new for old, new in audience.id_aliases.items()}

    @property
    def renames(self) -> bool:
        """Whether anybody gets another name or number."""
        return bool(self._by_id or self._ids)

    def __bool__(self) -> bool:
        """Whether anybody is left out or gets another name or number."""
        return self._leaves_out or bool(self._gone) or self.renames

    def _key(self, content: object) -> str:
        """What a number or a name is compared by, as the table of the customers spells it."""
        key = key_of(content)
        return key if key in self._known else self._spelled.get(without_zeros(key) or "", key)

    def is_gone(self, contents: Iterable[object]) -> bool:
        """Whether one of the numbers and names of a row belongs to somebody left out."""
        return any(self._key(content) in self._gone for content in contents if content is not None)

    def stays(self, contents: Iterable[object]) -> bool:
        """Whether one of some texts is the number or the name of somebody who stays."""
        texts = (content for content in contents if isinstance(content, str))
        return any(self._key(text) in self._staying for text in texts)

    def is_stranger(self, contents: Iterable[object]) -> bool:
        """Whether a row that names customers names nobody who stays.

        Where nobody is left out, a row without any number or name is nobody's and tells nothing.
        """
        keys = {self._key(content) for content in contents if content is not None} - {""}
        return keys.isdisjoint(self._staying) and (self._leaves_out or bool(keys))

    def shown(self, content: object, beside: Iterable[object]) -> str | None:
        """What stands for a number or a name; ``None`` if it stays or belongs to nobody.

        Parameters
        ----------
        beside
            The numbers and names of the same row: the number says who is meant by a name.
        """
        if not self.renames:
            return None
        key = self._key(content)
        one = next((self._by_id[k] for c in beside if (k := self._key(c)) in self._by_id), None)
        for alias in (one, self._by_name.get(key)):
            if alias is not None and key == key_of(alias.customer):
                return None if key == key_of(alias.shown) else alias.shown
        new = self._ids.get(key)
        if new is None and key in self._by_id:
            new = self._by_id[key].shown_id
        return None if new is None or key_of(new) == key else new


def _content(cell: Cell) -> object:
    return "" if cell is None else cell


@dataclass(slots=True)
class Region:
    """A table on a sheet; columns and rows are the sheet's, counted from 1.

    Attributes
    ----------
    area
        All of it, without the row of headers, with the rows of totals.
    last
        The last row with data; totals follow.
    header
        The row of headers; 0 if there is none.
    gone
        Rows that go, known beforehand.
    is_gone
        Whether all rows go.
    is_of_orders
        Whether its rows are orders: those of nobody who stays go.
    hidden
        Columns whose content goes.
    keys
        Columns with numbers or names of customers.
    ours
        Columns whose words mean something to us, and the headers that do.
    keeps_numbers
        Whether what may be seen of it stays even if it equals something hidden.
    table
        The table object, if there is one.
    emptied
        Rows that were emptied; filled in when they are.
    """

    area: Area
    last: int
    header: int
    gone: Collection[int] = frozenset()
    is_gone: bool = False
    is_of_orders: bool = False
    hidden: frozenset[int] = frozenset()
    keys: frozenset[int] = frozenset()
    ours: frozenset[int] = frozenset()
    our_headers: frozenset[int] = frozenset()
    keeps_numbers: bool = False
    table: TableObject | None = None
    emptied: set[int] = field(default_factory=set)

    @property
    def whole(self) -> Area:
        """The table with its headers."""
        return self.area._replace(top=self.header or self.area.top)


class _Placed(NamedTuple):
    """A table as it lies on a sheet."""

    headers: Sequence[Cell]
    left: int
    header: int
    top: int
    last: int
    totals: int
    table: TableObject | None

    def region(self, positions: Mapping[str, int], ours: frozenset[str]) -> Region:
        """The region, with what is ours in it."""
        right = self.left + len(self.headers) - 1
        return Region(
            Area(self.left, self.top, right, self.last + self.totals),
            self.last,
            self.header,
            ours=frozenset(self.left + at for key, at in positions.items() if key in ours),
            our_headers=frozenset(self.left + at for at in positions.values()),
            table=self.table,
        )


def find_regions(
    workbook: Workbook, audience: Audience, skip: Collection[str], texts: CellTexts
) -> dict[str, list[Region]]:
    """The tables of the user's in which something may have to go, by the parts of their sheets."""
    return _Finder(workbook, audience, skip, texts).found


class _Finder:
    def __init__(
        self, workbook: Workbook, audience: Audience, skip: Collection[str], texts: CellTexts
    ) -> None:
        self.workbook, self.audience, self.texts = workbook, audience, texts
        self.places = audience.whole.given.places
        self.found: dict[str, list[Region]] = {}
        raw = self.places.customers.raw
        self._hidden_keys = {
            name_key(str(raw.header[at])) for at in audience.hidden if at < len(raw.header)
        }
        objects = {
            (sheet.name.lower(), table.first_column, table.first_row + table.has_header_row): table
            for sheet, table in workbook.tables()
        }
        done = set[str]()
        for grid in (self.places.customers, self.places.criteria, self.places.settings):
            if grid is None:
                continue
            at = grid.raw
            table = objects.get((at.sheet.lower(), at.column, at.row + 1))
            totals = 0 if table is None else table.totals_rows
            last = at.row + at.height
            header = at.row if table is None or table.has_header_row else 0
            placed = _Placed(at.header, at.column, header, at.row + 1, last, totals, table)
            sheet = next(s for s in workbook.sheets if s.name == at.sheet)
            self._add_ours(sheet, placed, at.table)
            done.add("" if table is None else table.part)
        for sheet, table in workbook.tables():
            if table.part not in done and sheet.part not in skip:
                self._add(sheet, _placed(table))
        has_orders = any(t.name.lower() == ORDERS.name.lower() for _, t in workbook.tables())
        for sheet in workbook.sheets if not has_orders else ():
            is_wanted = sheet.is_worksheet and name_key(sheet.name) in ORDERS.sheet_keys
            if is_wanted and sheet.part not in skip and sheet.part not in self.found:
                self._add_sheet(sheet)

    def _add_ours(self, sheet: Sheet, placed: _Placed, table: Table) -> None:
        positions = table.positions(placed.headers)
        region = placed.region(positions, _OURS[table])
        region.keeps_numbers = True
        if table is CUSTOMERS:
            columns = self.places.columns.values()
            region.our_headers |= {placed.left + at for at in columns}
            region.gone = self.audience.removed
            region.hidden = frozenset(placed.left + at for at in self.audience.hidden)
            region.keys = frozenset(
                placed.left + positions[key]
                for key in ("customer_id", "customer")
                if key in positions
            )
        self.found.setdefault(sheet.part, []).append(region)

    def _add(self, sheet: Sheet, placed: _Placed) -> None:
        """A table object, or the sheet of the orders."""
        name = "" if placed.table is None else placed.table.name.lower()
        if name == STRATEGIES.name.lower():
            self._add_ours(sheet, placed, STRATEGIES)
            return
        is_orders = placed.table is None or name == ORDERS.name.lower()
        positions = ORDERS.positions(placed.headers) if is_orders else {}
        region = placed.region(positions, frozenset())
        region.keys = frozenset(placed.left + at for at in _keys(placed.headers))
        region.our_headers |= region.keys
        region.is_of_orders = is_orders
        region.is_gone = is_orders and self._orders_tell
        if region.keys:
            region.hidden = frozenset(
                placed.left + at
                for at, header in enumerate(placed.headers)
                if name_key(str(header)) in self._hidden_keys
            )
        self.found.setdefault(sheet.part, []).append(region)

    def _add_sheet(self, sheet: Sheet) -> None:
        rows = self.texts.rows(sheet)
        raw = sheet_table(ORDERS, sheet.name, rows)
        if raw is not None:
            last = raw.row + raw.height
            self._add(sheet, _Placed(raw.header, raw.column, raw.row, raw.row + 1, last, 0, None))

    @property
    def _orders_tell(self) -> bool:
        """Whether a measure that is hidden is made of the orders."""
        grid = self.places.criteria
        rows = self.places.criterion_rows
        return any(
            grid.text(rows[name], "source") for name in self.audience.criteria if name in rows
        )


def _placed(table: TableObject) -> _Placed:
    top = table.first_row + table.has_header_row
    header = table.first_row if table.has_header_row else 0
    last = table.last_row - table.totals_rows
    return _Placed(table.headers, table.first_column, header, top, last, table.totals_rows, table)


def _grades() -> Iterator[frozenset[str]]:
    """Headers of customers' numbers and names: plain ones, then those that may be others."""
    columns = [*wanted(CUSTOMERS), *wanted(ORDERS)]
    found = [column for column in columns if column.key in {"customer_id", "customer"}]
    for grades in (slice(0, 2), slice(2, None)):
        yield frozenset().union(*(names for column in found for names in column.names[grades]))


_PLAIN, _DOUBTFUL = _grades()


def _keys(headers: Sequence[Cell]) -> list[int]:
    """The positions of columns in which customers are named."""
    keys = [plain(str(header)) for header in headers]
    for grade in (_PLAIN, _DOUBTFUL):
        found = [at for at, key in enumerate(keys) if key in grade]
        if found:
            return found
    return []
