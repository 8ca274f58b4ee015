"""What a sheet of ours holds: a table with lines above it, and the kinds of its cells."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property

import numpy as np

from xlportfolio.locale import Texts
from xlportfolio.model import Quadrant
from xlportfolio.scoring import Floats, Ints

#: The sheet's row, counted from 1, of the headers of a table, or of the summary above it; data
#: follow below.
HEADER_ROW = 5
FIRST_ROW = HEADER_ROW + 1
#: The cell in which a sheet that goes on computing says what on it does not.
NOTICE = f"A{HEADER_ROW - 1}"


class Kind(StrEnum):
    """What a column holds; it decides the number format, the width and the alignment.

    ``DATE`` is a day, counted as :meth:`datetime.date.toordinal` does. ``MEASURE`` is a number or a
    word, as it is, ``POINTS`` a value of 0 to 100 among many;
    ``ENTRY`` is a number from 0 that people type; ``JUDGMENT`` stands for the columns of a square,
    one for each row of its table, in whose upper half people choose from a list. ``REMARK`` is what
    people type too, but a run reads it before it is written again. ``PLOTTED`` is a
    coordinate by formula: where it has no number it shows #N/A, which no chart draws.
    """

    RANK = "rank"
    ID = "id"
    NAME = "name"
    WORD = "word"
    FLAG = "flag"
    DATE = "date"
    QUADRANT = "quadrant"
    SCORE = "score"
    PLOTTED = "plotted"
    PERCENT = "percent"
    SHARE = "share"
    AMOUNT = "amount"
    COUNT = "count"
    HOURS = "hours"
    RATE = "rate"
    CHANGE = "change"
    DIFFERENCE = "difference"
    PHRASE = "phrase"
    PROSE = "prose"
    REMARK = "remark"
    RATIO = "ratio"
    MEASURE = "measure"
    POINTS = "points"
    ENTRY = "entry"
    JUDGMENT = "judgment"


#: What people fill in; everything else is ours.
TYPED = frozenset({Kind.ENTRY, Kind.JUDGMENT})

#: A column's cells: numbers (NaN: blank), or texts (``""``: blank) with numbers among them.
Cells = Floats | Sequence[str | float]


@dataclass(frozen=True, eq=False)
class ReportColumn:
    """A column of an output table: header, kind, and one cell for each row.

    Columns of several tables may show different rows of the same cells: ``all_cells`` holds those
    of everybody, ``at`` the positions of the rows shown, ``None`` for all of them as they are.
    ``formulas`` holds those of cells that have one, by their rows, counted from 0; what they show
    now stands among the cells.
    """

    key: str
    header: str
    kind: Kind
    all_cells: Cells
    at: Ints | None = None
    formulas: Mapping[int, str] = field(default_factory=dict)

    @classmethod
    def headed(cls, key: str, kind: Kind, cells: Cells, words: Texts) -> ReportColumn:
        """A column whose header is the text that the language has for its key."""
        return cls(key, words(f"columns.{key}"), kind, cells)

    def __len__(self) -> int:
        """The number of cells."""
        return len(self.all_cells if self.at is None else self.at)

    @cached_property
    def cells(self) -> Cells:
        """One cell for each row shown."""
        return self.first(len(self))

    def first(self, count: int) -> Cells:
        """The cells of the first rows shown."""
        if self.at is None:
            return self.all_cells[:count]
        if isinstance(self.all_cells, np.ndarray):
            return self.all_cells[self.at[:count]]
        return [self.all_cells[i] for i in self.at[:count].tolist()]

    def lengthened(self, rows: int) -> ReportColumn:
        """The column with blank cells below, down to as many rows."""
        lack = rows - len(self)
        if not lack:
            return self
        cells = self.cells
        if isinstance(cells, np.ndarray):
            return replace(self, all_cells=np.append(cells, np.full(lack, np.nan)), at=None)
        return replace(self, all_cells=[*cells, *[""] * lack], at=None)

    def take(self, at: Ints) -> ReportColumn:
        """The column of everybody with some of its rows."""
        assert self.at is None
        return ReportColumn(self.key, self.header, self.kind, self.all_cells, at)


@dataclass(frozen=True, slots=True, eq=False)
class Summary:
    """A few lines between the subtitles of a sheet and what stands below; their number is fixed.

    Attributes
    ----------
    columns
        Headers and cells, one cell for each line.
    quadrants
        For each line the type in whose colour its first cell is filled, ``None``: plain.
    at
        The sheet's column, counted from 1, in which each column begins.
    """

    columns: tuple[ReportColumn, ...]
    quadrants: tuple[Quadrant | None, ...]
    at: tuple[int, ...]

    def __len__(self) -> int:
        """The number of lines."""
        return len(self.quadrants)

    def spans(self, width: int) -> Iterator[tuple[ReportColumn, int, int]]:
        """Each column, with the first and the last of the sheet's columns over which it stands.

        It reaches to where the next one begins; the last, if it holds prose, to the end of a
        sheet of this width.
        """
        is_prose = self.columns[-1].kind in {Kind.PHRASE, Kind.PROSE}
        end = max(width, self.at[-1]) if is_prose else self.at[-1]
        lasts = [*(first - 1 for first in self.at[1:]), end]
        yield from zip(self.columns, self.at, lasts, strict=True)


@dataclass(frozen=True, slots=True, eq=False)
class SheetTable:
    """A sheet that holds one table of ours.

    Attributes
    ----------
    key
        Which sheet it is, such as ``"ranking"``.
    table
        The name of its table object, by which it is known again.
    sheet
        The name on its tab.
    title, subtitles
        The lines above the table.
    quadrant
        The type that the sheet is about, if it is about one.
    summary
        The lines between the subtitles and the table, if there are any.
    formulas
        Those of cells above the table that have one, by their addresses.
    printed
        What of the table is printed below the lines above it, as rows and columns of data counted
        from 0; ``None``: all of it.
    """

    key: str
    table: str
    sheet: str
    title: str
    subtitles: tuple[str, ...]
    columns: tuple[ReportColumn, ...]
    quadrant: Quadrant | None = None
    summary: Summary | None = None
    formulas: Mapping[str, str] = field(default_factory=dict)
    printed: tuple[range, range] | None = None

    def __len__(self) -> int:
        """The number of rows of data."""
        return len(self.columns[0])

    @property
    def header_row(self) -> int:
        """The sheet's row of the headers, counted from 1; a blank one parts it from a summary."""
        return HEADER_ROW if self.summary is None else HEADER_ROW + len(self.summary) + 2

    @property
    def first_row(self) -> int:
        """The sheet's row of the first data, counted from 1."""
        return self.header_row + 1


def free_name(wanted: str, taken: Iterable[str]) -> str:
    """A name for a sheet, a column or a file, with ``(2)`` and so on if it is taken.

    Names that differ in case alone are alike.

    >>> free_name("Ranking", ["ranking", "Ranking (2)"])
    'Ranking (3)'
    """
    names = {name.casefold() for name in taken}
    candidate, number = wanted, 2
    while candidate.casefold() in names:
        candidate, number = f"{wanted} ({number})", number + 1
    return candidate
