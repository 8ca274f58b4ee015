"""Names of the input tables, their columns, and the words allowed in them, in both languages."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from math import isnan
from typing import Generic, Self, TypeVar

import numpy as np
import numpy.typing as npt

from xlportfolio.model import (
    Axis,
    Objective,
    Quadrant,
    Role,
    Status,
    ThresholdRule,
    name_key,
)
from xlportfolio.scale import ScaleKind


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
    """A column of an input table, known by its key or by its header in either language.

    A table cannot be read without a ``needed`` one, unless another column serves instead of it.
    """

    key: str
    english: str
    german: str
    needed: bool = False
    served_by: str | None = None

    def header(self, language: str) -> str:
        """The header as a workbook of this language shows it."""
        return self.german if language == "de" else self.english

    @property
    def names(self) -> set[str]:
        """What a header is compared with, see :func:`xlportfolio.model.name_key`."""
        return {name_key(self.key), name_key(self.english), name_key(self.german)}


@dataclass(frozen=True, slots=True)
class Table:
    """An input table, known by the name of its table object, else by its sheet.

    ``extras`` are columns that a workbook may well do without.
    """

    name: str
    english: str
    german: str
    columns: tuple[Column, ...]
    extras: tuple[Column, ...] = ()

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns, then the extras."""
        return (*self.columns, *self.extras)

    def sheet(self, language: str) -> str:
        """The sheet as a workbook of this language names it."""
        return self.german if language == "de" else self.english

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
    "Customers",
    "Kunden",
    (
        Column("customer_id", "Customer ID", "Kundennummer", needed=True, served_by="customer"),
        Column("customer", "Customer", "Kunde"),
        Column("status", "Status", "Status"),
    ),
    extras=(Column("hours_now", "Hours now", "Stunden heute"),),
)
CRITERIA = Table(
    "tblCriteria",
    "Criteria",
    "Kriterien",
    (
        Column("criterion", "Criterion", "Kriterium", needed=True),
        Column("axis", "Axis", "Achse", needed=True),
        Column("weight", "Weight", "Gewicht", needed=True),
        Column("objective", "Objective", "Richtung"),
        Column("scale", "Scale", "Skala"),
        Column("low", "Low", "von"),
        Column("high", "High", "bis"),
        Column("levels", "Levels", "Stufen"),
        Column("missing", "Missing", "fehlend"),
        Column("unit", "Unit", "Einheit"),
        Column("description", "Description", "Beschreibung"),
    ),
    extras=(
        Column("changeable", "Changeable", "veränderbar"),
        Column("role", "Role", "Rolle"),
        Column("source", "Source", "Quelle"),
    ),
)
SETTINGS_TABLE = Table(
    "tblSettings",
    "Settings",
    "Einstellungen",
    (
        Column("setting", "Setting", "Einstellung", needed=True),
        Column("value", "Value", "Wert", needed=True),
    ),
)
STRATEGIES = Table(
    "tblStrategies",
    "Strategies",
    "Strategien",
    (
        Column("quadrant", "Quadrant", "Kundentyp", needed=True),
        Column("status", "Status", "Status"),
        Column("strategy", "Strategy", "Strategie", needed=True),
        Column("activity", "Activity", "Aktivität"),
        Column("visits_per_year", "Visits per year", "Besuche pro Jahr"),
        Column("hours_per_visit", "Hours per visit", "Stunden je Besuch"),
        Column("text", "Text", "Text"),
    ),
)
ORDERS = Table(
    "tblOrders",
    "Orders",
    "Aufträge",
    (
        Column("order_id", "Order ID", "Auftragsnummer", needed=True),
        Column("customer_id", "Customer ID", "Kundennummer", needed=True),
        Column("order_date", "Order date", "Auftragsdatum", needed=True),
        Column("amount", "Amount", "Betrag", needed=True),
        Column("margin", "Margin", "Deckungsbeitrag"),
        Column("product_id", "Product ID", "Artikelnummer"),
        Column("quantity", "Quantity", "Menge"),
        Column("discount", "Discount", "Rabatt"),
        Column("currency", "Currency", "Währung"),
        Column("rate", "Rate", "Kurs"),
    ),
    extras=(Column("unit_price", "Unit price", "Stückpreis"),),
)
#: What imports wrote into the table of the customers, on a sheet that nobody sees; all text.
IMPORTED = Table(
    "tblImported",
    "_kp_imported",
    "_kp_imported",
    (
        Column("customer_id", "Customer ID", "Customer ID", needed=True),
        Column("column", "Column", "Column", needed=True),
        Column("value", "Value", "Value", needed=True),
    ),
)
#: The input tables that a rescore reads.
TABLES = (CUSTOMERS, CRITERIA, SETTINGS_TABLE, STRATEGIES)

#: What earlier runs have kept, one row for each day and customer; columns of measures follow.
HISTORY = Table(
    "tblHistory",
    "History customers",
    "Verlauf Kunden",
    (
        Column("day", "Date", "Datum", needed=True),
        Column("version", "Version", "Version", needed=True),
        Column("customer_id", "Customer ID", "Kundennummer", needed=True),
        Column("customer", "Customer", "Kunde"),
        Column("status", "Status", "Status"),
        Column("quadrant", "Type", "Kundentyp"),
        Column("value_score", "Value score", "Wert (Punkte)"),
        Column("benefit_score", "Benefit score", "Nutzen (Punkte)"),
        Column("total_score", "Total score", "Gesamt (Punkte)"),
        Column("rank", "Rank", "Rang"),
        Column("parted", "Parted on purpose", "Bewusst getrennt"),
    ),
)
#: The models of these days, one row for each criterion and setting of each version.
HISTORY_MODELS = Table(
    "tblHistoryModel",
    "History models",
    "Verlauf Modelle",
    (
        Column("version", "Version", "Version", needed=True),
        Column("day", "Date", "Datum"),
        *(column for column in CRITERIA.columns if column.key != "description"),
        *SETTINGS_TABLE.columns,
    ),
)
#: Who has moved; of this table only what people typed is read.
MOVEMENT = Table(
    "tblMovement",
    "Movement",
    "Wanderung",
    (
        Column("customer_id", "Customer ID", "Kundennummer", needed=True),
        Column("parted", "Parted on purpose", "Bewusst getrennt", needed=True),
    ),
)
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


Word = TypeVar("Word", bound=StrEnum)


class Words(Generic[Word]):
    """A closed set of words in both languages, read without regard to case and outer blanks."""

    def __init__(self, words: Mapping[Word, tuple[str, ...]]) -> None:
        self._of = {
            name_key(spelled): word
            for word, others in words.items()
            for spelled in (str(word), *others)
        }

    @property
    def spellings(self) -> tuple[str, ...]:
        """All ways to write these words, in lower case."""
        return tuple(self._of)

    def spelled(self, *words: Word) -> tuple[str, ...]:
        """All ways to write some of these words."""
        return tuple(spelling for spelling, word in self._of.items() if word in words)

    def get(self, text: str) -> Word | None:
        """The word meant, ``None`` for a stranger."""
        return self._of.get(name_key(text))


AXES = Words({Axis.VALUE: ("Wert",), Axis.BENEFIT: ("Nutzen",)})
OBJECTIVES = Words({Objective.MAX: (), Objective.MIN: ()})
SCALES = Words(
    {
        ScaleKind.LINEAR: (),
        ScaleKind.STEPS: ("Stufen",),
        ScaleKind.PIECEWISE: ("Stützpunkte",),
        ScaleKind.CATEGORIES: ("Kategorien",),
    }
)
STATUSES = Words({Status.CUSTOMER: ("Kunde",), Status.PROSPECT: ("Wunschkunde",)})
_RATED = {
    Quadrant.STAR: ("Stars",),
    Quadrant.QUESTION_MARK: ("Question marks", "Fragezeichen"),
    Quadrant.FREE_RIDER: ("Free riders", "Trittbrettfahrer"),
    Quadrant.POOR_DOG: ("Poor dogs", "Armer Hund", "Arme Hunde"),
}
QUADRANTS = Words(_RATED)
#: What customers were on earlier days.
KEPT_QUADRANTS = Words({**_RATED, Quadrant.NOT_RATED: ("Nicht bewertet",)})
ROLES = Words(
    {
        Role.TURNOVER: ("Umsatz",),
        Role.MARGIN: ("Marge", "Deckungsbeitrag"),
        Role.GROWTH: ("Wachstum",),
        Role.REGULARITY: ("Regelmäßigkeit",),
        Role.POTENTIAL: ("Potenzial", "Potential"),
        Role.WALLET: ("Share of wallet", "Lieferanteil"),
    }
)


class Answer(StrEnum):
    """The words for a question."""

    YES = "yes"
    NO = "no"


ANSWERS = Words(
    {Answer.YES: ("ja", "true", "wahr", "x", "1"), Answer.NO: ("nein", "false", "falsch", "0")}
)
THRESHOLD_RULES = Words(
    {ThresholdRule.MEAN: ("Mittelwert", "Durchschnitt"), ThresholdRule.MEDIAN: ("Zentralwert",)}
)


class FillRule(StrEnum):
    """The words for what a missing measure is worth."""

    SKIP = "skip"
    WORST = "worst"
    NEUTRAL = "neutral"


FILL_RULES = Words(
    {FillRule.SKIP: ("auslassen",), FillRule.WORST: ("schlechtester",), FillRule.NEUTRAL: ()}
)


class Language(StrEnum):
    """The languages of a workbook."""

    EN = "en"
    DE = "de"


LANGUAGES = Words({Language.EN: ("English", "Englisch"), Language.DE: ("German", "Deutsch")})


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
