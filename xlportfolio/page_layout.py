"""The page of one customer: what stands in which cell, whoever writes it.

Where a line stands follows from the number of criteria alone, so that a page in an open workbook
takes another customer without moving a cell. How it looks is the business of ``page_look``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from xlportfolio.model import Axis, Quadrant, ScoringModel
from xlportfolio.scoring import Floats

#: The key of the page's name in ``sheets``, and the hidden name that marks it.
PAGE, PAGE_NAME = "customer", "_kp_customer"
#: The printed columns; texts reach from the second to the last one, in which bars show each
#: contribution as a part, 0 to 100, of the most that any criterion of its axis can bring.
COLUMNS = 6
#: Lines for figures beside the chart, and for texts, at most.
FACTS, TEXTS = 5, 8
#: Where scores (with a header), facts and texts begin: the rows, counted from 1.
SCORES_ROW, FACTS_ROW, TEXTS_ROW = 4, 8, 9 + FACTS
#: Lines to write on, and the number of criteria above which the page has none.
NOTES, _MOST_WITH_NOTES = 8, 24
#: Other customers that the chart draws, the first of the ranking.
MOST_OTHERS = 2_000
#: Where the cells behind the page begin: the column, right of what is printed; the row of the first
#: other customer.
HELPER_COLUMN, OTHERS_ROW = 9, 9
#: Columns of those cells; which of them the first rows use, from 0: title, counts of the page,
#: names of the types, ends of threshold lines beside the places of these names, customer, headers.
HELPER_WIDTH = 8
_HELPER: Mapping[int, range] = {
    1: range(1),
    2: range(4),
    3: range(4, 8),
    **dict.fromkeys((4, 5, 6), range(8)),
    7: range(0),
    8: range(2),
}
#: Where in the chart the four types are named: benefit and value.
CORNERS: Mapping[Quadrant, tuple[float, float]] = {
    Quadrant.STAR: (100, 95),
    Quadrant.QUESTION_MARK: (0, 95),
    Quadrant.FREE_RIDER: (100, 5),
    Quadrant.POOR_DOG: (0, 5),
}
#: The benefit above which a name stands left of its point in the chart.
_MIDDLE = 50
#: There are fewer criteria of an axis.
_MOST = 100_000

#: What stands in a cell; ``None``: nothing.
PageCell = str | float | None
#: Row and column, counted from 1.
Address = tuple[int, int]


class Line(NamedTuple):
    """A criterion, or the sum of an axis: numbers are NaN for none.

    ``value`` is one of 0 to 100, ``weight`` the share of the axis, 0 to 1, ``points`` the
    contribution to the score of the axis.
    """

    name: str
    measure: str
    value: float
    weight: float
    points: float


@dataclass(frozen=True, slots=True)
class AxisTable:
    """How the score of an axis comes about.

    Attributes
    ----------
    lines
        One for each criterion, in the order of the table of criteria.
    total
        The sum: the score of the axis, which a row that repeats another has not.
    most
        The most points that a criterion can contribute.
    """

    axis: Axis
    header: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Line
    most: float


class Text(NamedTuple):
    """A text and what it is about."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What the chart draws: points on the two axes, 0 to 100.

    Attributes
    ----------
    others
        Shape ``(n, 2)``: benefit and value of other rated customers.
    own
        Benefit and value of the customer; NaN if not rated.
    """

    others: Floats
    own: tuple[float, float]
    name: str
    value_threshold: float
    benefit_threshold: float


class Layout(NamedTuple):
    """Which row, counted from 1, is for what: it depends on the number of criteria of each axis.

    >>> Layout(3, 2).tables
    (23, 29)
    """

    value: int
    benefit: int

    @classmethod
    def of(cls, model: ScoringModel) -> Layout:
        """The layout for the criteria of a model."""
        return cls(*(len(model.on_axis(axis)) for axis in Axis))

    @property
    def tables(self) -> tuple[int, int]:
        """The rows of the headers of the two tables; criteria follow, then the sum."""
        first = TEXTS_ROW + TEXTS + 1
        return first, first + self.value + 3

    @property
    def notes(self) -> int:
        """The row of the headline above the lines to write on."""
        return self.tables[1] + self.benefit + 3

    @property
    def lines(self) -> int:
        """How many lines to write on there are."""
        return NOTES if self.value + self.benefit <= _MOST_WITH_NOTES else 0

    @property
    def last(self) -> int:
        """The last row of ours but for lines to write on, which are the user's."""
        return self.notes if self.lines else self.notes - 2

    @property
    def mark(self) -> Address:
        """The cell that tells whether rows have been inserted."""
        return self.last, HELPER_COLUMN + HELPER_WIDTH - 1

    @property
    def sizes(self) -> tuple[int, int]:
        """The number of criteria of both axes."""
        return self.value, self.benefit

    @property
    def gaps(self) -> tuple[int, ...]:
        """The blank rows between the sections."""
        value, benefit = self.tables
        return SCORES_ROW - 1, TEXTS_ROW - 1, value - 1, benefit - 1, self.notes - 1

    def is_ours(self, row: int, column: int, blank: Collection[int] = ()) -> bool:
        """Whether we may write into a cell, and whatever stands there is replaced.

        What a page has left ``blank`` of the printed rows may have become the user's.

        >>> [Layout(3, 2).is_ours(*address) for address in ((1, 1), (3, 1), (5, 5), (1, 9))]
        [True, False, False, True]
        """
        if column >= HELPER_COLUMN:
            usual = range(2 if OTHERS_ROW <= row < OTHERS_ROW + MOST_OTHERS else 0)
            columns = _HELPER.get(row, usual)
            return (row, column) == self.mark or column - HELPER_COLUMN in columns
        return row not in blank and column in self._printed(row)

    def _printed(self, row: int) -> Collection[int]:
        """The columns of a printed row in which something of ours may stand."""
        value, benefit = self.tables
        if row in self.gaps or row > self.last:
            return ()
        if row <= 2:  # noqa: PLR2004 (above the first section)
            return (1, COLUMNS) if row == 1 else (1,)
        if row < FACTS_ROW:
            return range(1, 4)
        if row < value:
            return range(1, 3)
        if self.lines and row == self.notes:
            return (1,)
        heads_and_sums = (value, value + self.value + 1, benefit, benefit + self.benefit + 1)
        return range(1, COLUMNS + (row not in heads_and_sums))


def layout_of(cells: Mapping[Address, object]) -> Layout | None:
    """How a page is laid out that stands somewhere; ``None`` if its cells have been moved.

    Its sizes stand among the cells behind it, and the number of its last row in that row.

    >>> layout_of({(2, 9): 3.0, (2, 10): 2.0, (34, 16): 34.0})
    Layout(value=3, benefit=2)
    """
    sizes = [cells.get((2, HELPER_COLUMN + k)) for k in range(2)]
    counts = [int(size) for size in sizes if isinstance(size, int | float) and 0 < size < _MOST]
    if len(counts) < len(sizes):
        return None
    layout = Layout(*counts)
    return layout if cells.get(layout.mark) == layout.last else None


def rows_without(cells: Mapping[Address, object]) -> Collection[int]:
    """The rows for figures and texts in which a page that stands somewhere has nothing to say.

    How many it has stands behind its sizes; a user may take what is blank for a place to write on.

    >>> sorted(rows_without({(2, 11): 4.0, (2, 12): 7.0}))
    [12, 21]
    """
    found: list[int] = []
    for k, (first, most) in enumerate(((FACTS_ROW, FACTS), (TEXTS_ROW, TEXTS)), start=2):
        count = cells.get((2, HELPER_COLUMN + k))
        if isinstance(count, int | float) and 0 <= count <= most:
            found += range(first + int(count), first + most)
    return found


def marks(cells: Iterable[tuple[Address, object]]) -> dict[Address, object]:
    """The cells that tell how a page is laid out and how much it says, among all of its sheet."""
    first, last = HELPER_COLUMN, HELPER_COLUMN + HELPER_WIDTH - 1
    return {
        (row, column): cell
        for (row, column), cell in cells
        if (row == 2 and first <= column < first + 4) or column == last  # noqa: PLR2004 (the counts)
    }


@dataclass(frozen=True, eq=False)
class CustomerPage:
    """Everything on the page of one customer.

    Attributes
    ----------
    position
        The customer's place in the ranking, counted from 0.
    sheet
        The name on its tab.
    scores
        The lines below their header: score and threshold, NaN for none.
    facts, texts
        At most :data:`FACTS` and :data:`TEXTS` of them.
    notes
        The headline above the lines to write on.
    """

    position: int
    sheet: str
    title: str
    subtitle: str
    quadrant: Quadrant
    type: str
    scores_header: tuple[str, ...]
    scores: tuple[tuple[str, float, float], ...]
    facts: tuple[Text, ...]
    texts: tuple[Text, ...]
    tables: tuple[AxisTable, ...]
    notes: str
    place: Place
    corners: tuple[str, ...]
    helper: tuple[str, ...]

    @property
    def layout(self) -> Layout:
        """Where everything stands."""
        value, benefit = self.tables
        return Layout(len(value.lines), len(benefit.lines))

    @cached_property
    def cells(self) -> Mapping[Address, PageCell]:
        """All cells with content; the others of ours are blank."""
        return {address: cell for address, cell in self._all_cells() if not _is_blank(cell)}

    def _all_cells(self) -> Iterator[tuple[Address, PageCell]]:
        layout = self.layout
        yield (1, 1), self.title
        yield (1, COLUMNS), self.type
        yield (2, 1), self.subtitle
        yield from _row(SCORES_ROW, self.scores_header)
        for row, score in enumerate(self.scores, start=SCORES_ROW + 1):
            yield from _row(row, score)
        for first, texts_ in ((FACTS_ROW, self.facts), (TEXTS_ROW, self.texts)):
            for row, text in enumerate(texts_, start=first):
                yield from _row(row, text)
        for head, table in zip(layout.tables, self.tables, strict=True):
            yield from _row(head, table.header)
            for row, line in enumerate(table.lines, start=head + 1):
                yield from _row(row, (*line, 100 * line.points / table.most))
            yield from _row(head + 1 + len(table.lines), table.total)
        if layout.lines:
            yield (layout.notes, 1), self.notes
        yield from self._helper_cells()

    def _helper_cells(self) -> Iterator[tuple[Address, PageCell]]:
        """The cells right of what is printed: counts, thresholds, points."""
        place, first = self.place, HELPER_COLUMN
        yield (1, first), self.helper[0]
        yield from _row(2, (*self.layout.sizes, len(self.facts), len(self.texts)), first)
        value, benefit = place.value_threshold, place.benefit_threshold
        yield from _row(3, self.corners, first + 4)
        x_corners, y_corners = zip(*CORNERS.values(), strict=True)
        yield from _row(4, (0.0, value, benefit, 0.0, *x_corners), first)
        yield from _row(5, (100.0, value, benefit, 100.0, *y_corners), first)
        x, y = place.own
        of_type = [y if self.quadrant is quadrant else None for quadrant in CORNERS]
        sides = (None, y) if x > _MIDDLE else (y, None)
        yield from _row(6, (place.name, x, *of_type, *sides), first)
        yield self.layout.mark, float(self.layout.last)
        yield from _row(OTHERS_ROW - 1, self.helper[1:], first)
        for row, point in enumerate(place.others.tolist(), start=OTHERS_ROW):
            yield from _row(row, point, first)


def _row(row: int, cells: Sequence[PageCell], first: int = 1) -> Iterator[tuple[Address, PageCell]]:
    for column, cell in enumerate(cells, start=first):
        yield (row, column), cell


def _is_blank(cell: PageCell) -> bool:
    return cell is None or cell == "" or cell != cell  # noqa: PLR0124 (NaN)
