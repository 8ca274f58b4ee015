"""The tables of a workbook, their columns and the settings: what there is, not what it is called.

What a sheet and a column are called stands in the file of each language.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from math import isnan
from types import MappingProxyType
from typing import Self

import numpy as np
import numpy.typing as npt

from xlportfolio.locale.languages import LANGUAGES, terms
from xlportfolio.model import name_key


@dataclass(frozen=True, slots=True)
class CellError:
    """A cell that shows an Excel error such as ``#DIV/0!``."""

    text: str


Number = float | int | bool | Decimal
Time = dt.datetime | dt.date | dt.time | dt.timedelta
#: What a cell may hold; ``None`` or blank text for an empty one. Of a currency format, Excel hands
#: over decimals.
Cell = None | str | Number | Time | CellError
#: The cells of a column: numbers and blanks (NaN) alone, or whatever there is.
Cells = npt.NDArray[np.float64] | Sequence[Cell]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table, known by its key or by its header in any language.

    A table cannot be read without a ``needed`` one, unless another column serves instead of it.

    Attributes
    ----------
    table
        The name of the table under which the languages say its header.
    fixed
        The header in all languages, of a column that nobody sees.
    """

    table: str
    key: str
    needed: bool = False
    served_by: str | None = None
    fixed: str = ""

    def header(self, language: str) -> str:
        """The header as a workbook of this language shows it."""
        return self.fixed or terms(language).headers[self.table][self.key]

    @property
    def headers(self) -> tuple[str, ...]:
        """The headers of all languages, each once."""
        return tuple(dict.fromkeys(map(self.header, LANGUAGES)))

    @property
    def names(self) -> frozenset[str]:
        """What a header is compared with, see :func:`xlportfolio.model.name_key`."""
        return _names(self)


@cache
def _names(column: Column) -> frozenset[str]:
    return frozenset(map(name_key, (column.key, *column.headers)))


def columns_of(
    table: str,
    keys: Iterable[str],
    *,
    needed: Container[str] = (),
    served: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Column, ...]:
    """The columns of a table: those that it needs, and which of them others may serve for."""
    return tuple(Column(table, key, key in needed, served.get(key)) for key in keys)


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a workbook, known by the name of its table object, else by its sheet.

    ``extras`` are columns that a workbook may well do without; ``fixed`` is the name that a sheet
    has in all languages, since nobody sees it.
    """

    name: str
    columns: tuple[Column, ...]
    extras: tuple[Column, ...] = ()
    fixed: str = ""

    @property
    def stem(self) -> str:
        """What arguments and texts call it.

        >>> CUSTOMERS.stem
        'customers'
        """
        return self.name.removeprefix("tbl").lower()

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns, then the extras."""
        return (*self.columns, *self.extras)

    def sheet(self, language: str) -> str:
        """The sheet as a workbook of this language names it."""
        return self.fixed or terms(language).sheets[self.name]

    @property
    def sheets(self) -> tuple[str, ...]:
        """The sheet's names in all languages, each once."""
        return tuple(dict.fromkeys(map(self.sheet, LANGUAGES)))

    @property
    def sheet_keys(self) -> frozenset[str]:
        """What the name of a sheet is compared with, see :func:`xlportfolio.model.name_key`."""
        return frozenset(map(name_key, self.sheets))

    def header(self, key: str, language: str) -> str:
        """The header of a column as a workbook of this language shows it."""
        return next(c.header(language) for c in self.all_columns if c.key == key)

    @property
    def whole(self) -> str:
        """The table with its header row, as formulas of ours name it.

        LibreOffice reads it too; Excel itself writes ``tblX[#All]`` when it saves.
        """
        return f"{self.name}[[#All]]"

    def reference(self, key: str, language: str) -> str:
        """A column, as formulas in a workbook of this language name it."""
        return f"{self.name}[{self.header(key, language)}]"

    def positions(self, header: Sequence[Cell]) -> dict[str, int]:
        """Where each of the table's columns stands in a header row: key -> position from 0."""
        found: dict[str, int] = {}
        for position, cell in enumerate(header):
            key = name_key(str(cell)) if isinstance(cell, str) else ""
            for column in self.all_columns:
                if key in column.names:
                    found.setdefault(column.key, position)
        return found

    def lacking(self, header: Sequence[Cell], *, strict: bool = False) -> list[Column]:
        """The columns that this table needs and a header row does not have.

        If ``strict``, a column that serves instead of another does not count.
        """
        found = self.positions(header)
        return [
            column
            for column in self.columns
            if column.needed
            and column.key not in found
            and (strict or column.served_by not in found)
        ]


CUSTOMERS = Table(
    "tblCustomers",
    columns_of(
        "tblCustomers",
        ("customer_id", "customer", "status"),
        needed={"customer_id"},
        served={"customer_id": "customer"},
    ),
    extras=columns_of("tblCustomers", ("hours_now",)),
)
CRITERIA = Table(
    "tblCriteria",
    columns_of(
        "tblCriteria",
        (
            "criterion",
            "axis",
            "weight",
            "objective",
            "scale",
            "low",
            "high",
            "levels",
            "missing",
            "unit",
            "description",
        ),
        needed={"criterion", "axis", "weight"},
    ),
    extras=columns_of("tblCriteria", ("changeable", "role", "source")),
)
SETTINGS_TABLE = Table(
    "tblSettings",
    columns_of("tblSettings", ("setting", "value"), needed={"setting", "value"}),
)
STRATEGIES = Table(
    "tblStrategies",
    columns_of(
        "tblStrategies",
        (
            "quadrant",
            "status",
            "strategy",
            "activity",
            "visits_per_year",
            "hours_per_visit",
            "text",
        ),
        needed={"quadrant", "strategy"},
    ),
)
_EACH_ORDER = ("order_id", "customer_id", "order_date", "amount")
ORDERS = Table(
    "tblOrders",
    columns_of(
        "tblOrders",
        (*_EACH_ORDER, "margin", "product_id", "quantity", "discount", "currency", "rate"),
        needed=_EACH_ORDER,
    ),
    extras=columns_of("tblOrders", ("unit_price",)),
)
#: What imports wrote into the table of the customers, on a sheet that nobody sees; all text.
IMPORTED = Table(
    "tblImported",
    (
        Column("tblImported", "customer_id", needed=True, fixed="Customer ID"),
        Column("tblImported", "column", needed=True, fixed="Column"),
        Column("tblImported", "value", needed=True, fixed="Value"),
    ),
    fixed="_kp_imported",
)
#: The input tables that a rescore reads.
TABLES = (CUSTOMERS, CRITERIA, SETTINGS_TABLE, STRATEGIES)

#: What earlier runs have kept, one row for each day and customer; columns of measures follow.
HISTORY = Table(
    "tblHistory",
    columns_of(
        "tblHistory",
        (
            "day",
            "version",
            "customer_id",
            "customer",
            "status",
            "quadrant",
            "value_score",
            "benefit_score",
            "total_score",
            "rank",
            "parted",
        ),
        needed={"day", "version", "customer_id"},
    ),
)
#: The models of these days, one row for each criterion and setting of each version.
HISTORY_MODELS = Table(
    "tblHistoryModel",
    (
        *columns_of("tblHistoryModel", ("version", "day"), needed={"version"}),
        *(column for column in CRITERIA.columns if column.key != "description"),
        *SETTINGS_TABLE.columns,
    ),
)
_MARKED = ("customer_id", "parted")
#: Who has moved; of this table only what people typed is read.
MOVEMENT = Table("tblMovement", columns_of("tblMovement", _MARKED, needed=_MARKED))
#: Tables of ours that a rescore reads before it writes them anew.
KEPT_TABLES = (HISTORY, HISTORY_MODELS, MOVEMENT)

#: The settings, in the order in which a new workbook lists them.
SETTINGS = (
    "language",
    "as_of",
    "value_threshold",
    "benefit_threshold",
    "borderline_band",
    "value_weight",
    "benefit_weight",
    "min_coverage",
    "abc_measure",
    "abc_a",
    "abc_b",
    "top_labels",
    "bubble_measure",
    "hours_per_year",
    "weight_spread",
    "top_n",
    "history_dates",
    "compare_with",
)

#: Rows in which the header of a sheet without a table object is looked for.
_HEADER_ROWS = 50


def find_header(table: Table, rows: Sequence[Sequence[Cell]]) -> int | None:
    """The position of the first row that can be this table's header, if any.

    A row with all columns is preferred to one in which some serve instead of others.
    """
    for strict in (True, False):
        for i, row in enumerate(rows[:_HEADER_ROWS]):
            if not table.lacking(row, strict=strict):
                return i
    return None


@dataclass(frozen=True, slots=True, eq=False)
class RawTable:
    """A table as it stands in a workbook.

    Attributes
    ----------
    sheet
        The sheet's name.
    row, column
        The sheet's row and column, counted from 1, of the first header cell.
    header
        The header cells.
    columns
        The cells below each of them.
    height
        The number of rows below the header.
    """

    table: Table
    sheet: str
    row: int
    column: int
    header: Sequence[Cell]
    columns: Sequence[Cells]
    height: int

    @classmethod
    def of_rows(
        cls,
        table: Table,
        sheet: str,
        row: int,
        column: int,
        header: Sequence[Cell],
        rows: Sequence[Sequence[Cell]],
    ) -> Self:
        """A table from its rows, each as long as the header."""
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
        return cls(table, sheet, row, column, header, columns, len(rows))

    def cell(self, i: int, position: int) -> Cell:
        """A cell of the i-th row below the header."""
        cells = self.columns[position]
        if isinstance(cells, np.ndarray):
            number = float(cells[i])
            return None if isnan(number) else number
        return cells[i]


def sheet_table(table: Table, sheet: str, rows: Sequence[Sequence[Cell]]) -> RawTable | None:
    """A table without a table object, from all cells of its sheet; none without its header row."""
    at = find_header(table, rows)
    if at is None:
        return None
    filled = [i for i, cell in enumerate(rows[at]) if cell is not None and cell != ""]
    left, right = filled[0], filled[-1] + 1
    body = [[*row[left:right], *[None] * (right - max(len(row), left))] for row in rows[at + 1 :]]
    header = list(rows[at][left:right])
    return RawTable.of_rows(table, sheet, at + 1, left + 1, header, body)


#: The last row and column of a sheet.
LAST_ROW, LAST_COLUMN = 1_048_576, 16_384


def column_letters(column: int) -> str:
    """The letters of a column counted from 1.

    >>> column_letters(28)
    'AB'
    """
    letters = ""
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters
