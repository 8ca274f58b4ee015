"""The chart on the sheet What-if: how far a customer's scores move with one weight.

For each criterion that counts, its weight is halved and doubled, the others staying as they are.
Formulas behind the sheet compute how many points its axis score moves, and sort the criteria by the
span between the two; the widest are drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from xlsxwriter.chart import Chart
from xlsxwriter.utility import xl_range_abs, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from xlportfolio.chart import INK
from xlportfolio.look import BAR, FONT, HEADER, LINE
from xlportfolio.model import Axis
from xlportfolio.schema.contract import Cell
from xlportfolio.schema.words import AXES
from xlportfolio.scoring import rounded
from xlportfolio.template.author import Author

#: Criteria that are drawn: those whose bars are widest.
BARS = 10
#: Columns that the formulas take.
WIDTH = 12
#: Of labels, so that what rounds to zero has none: nor has a bar that is not there.
_LABEL = "[>=0.05]+0.0;[<=-0.05]-0.0;;"
#: To the left of the chart, in pixels.
_GAP = 16
_HALVED, _DOUBLED = 0.5, 2.0


#: Of a criterion: name, weight, contribution (``None`` if it has none), axis.
Row = tuple[str, float, float | None, Axis]


class Explained(NamedTuple):
    """Where the explanation stands whose weights are varied, and what it says now.

    Rows and columns are counted from 0.
    """

    first: int
    last: int
    name: int
    weight: int
    contribution: int
    axis: int
    rows: Sequence[Row]


class Room(NamedTuple):
    """Where the chart stands, as a cell and a size in pixels, and the first column behind it."""

    row: int
    column: int
    width: int
    height: int
    behind: int


class Swing(NamedTuple):
    """What moves an axis score as the weight of one criterion is multiplied.

    A score is ``sum(w * v) / sum(w)`` over the criteria that count. With the factor ``f`` at one of
    the weights it is ``(S * W + (f - 1) * w * v) / (W + (f - 1) * w)``, where ``S`` is the score
    and ``W`` the sum of the weights. Less ``S``, this is ``(f - 1) * pull / (W + (f - 1) * w)``
    with the pull ``w * v - w * S``, and ``w * v`` is the contribution times ``W``.
    """

    weight: float
    #: The sum of the weights of its axis that count.
    whole: float
    pull: float

    def moved(self, factor: float) -> float:
        """By how many points the axis score moves with this factor at the weight."""
        return (factor - 1) * self.pull / (self.whole + (factor - 1) * self.weight)

    @property
    def span(self) -> float:
        """From the weight halved to the weight doubled, in points, to 9 decimals."""
        return float(rounded(abs(self.moved(_DOUBLED) - self.moved(_HALVED))))


def swings(rows: Sequence[Row]) -> list[Swing | None]:
    """How far the weight of each criterion moves the score of its axis.

    Parameters
    ----------
    rows
        Of each criterion: name, weight, contribution in points (``None`` if it has none), axis.

    Returns
    -------
    In the same order; ``None`` for a criterion of weight 0 or without a contribution.

    Examples
    --------
    A criterion of 100 points and one of 20, of equal weight: a score of 60.

    >>> margin, growth = ("Margin", 1.0, 50.0, Axis.VALUE), ("Growth", 1.0, 10.0, Axis.VALUE)
    >>> [round(swing.moved(2), 2) for swing in swings([margin, growth])]
    [13.33, -13.33]
    """
    counted = [row for row in rows if row[1] > 0 and row[2] is not None]
    whole = {axis: sum(w for _, w, _, of in counted if of is axis) for axis in Axis}
    score = {axis: sum(c or 0.0 for _, _, c, of in counted if of is axis) for axis in Axis}
    return [
        None
        if contribution is None or not weight > 0
        else Swing(weight, whole[axis], contribution * whole[axis] - weight * score[axis])
        for _, weight, contribution, axis in rows
    ]


def write_tornado(author: Author, sheet: Worksheet, explained: Explained, room: Room) -> None:
    """Put the formulas behind the sheet, with the values that they have, and draw the chart."""
    _Tornado(author, sheet, explained, room).write()


# columns from the first one behind the sheet: of each criterion
_AXIS, _WEIGHT, _WHOLE, _PULL, _AT_HALF, _AT_DOUBLE, _SPAN, _PLACE = range(8)
# and of each bar
_BAR_NAME, _BAR_HALVED, _BAR_DOUBLED = range(9, WIDTH)
#: What stands above them, by the keys of texts.
_HEADS = (
    *("axis", "weight", "whole", "pull", "halved", "doubled", "span", "place"),
    *("", "bar", "halved", "doubled"),
)


class _Series(NamedTuple):
    """Bars of one colour."""

    factor: float
    #: The columns behind the sheet: of the bars, and of all criteria.
    column: int
    of: int
    colour: str


_SERIES = (
    _Series(_HALVED, _BAR_HALVED, _AT_HALF, BAR),
    _Series(_DOUBLED, _BAR_DOUBLED, _AT_DOUBLE, HEADER),
)


class _Tornado:
    """Writes the formulas and the chart; next to each formula stands the value that it has now."""

    def __init__(self, author: Author, sheet: Worksheet, explained: Explained, room: Room) -> None:
        self.author, self.sheet, self.explained, self.room = author, sheet, explained, room
        self.labels = author.words.branch("new.tornado")
        found = swings(explained.rows)
        count = explained.last - explained.first + 1
        self.swings = [*found, *([None] * (count - len(found)))]
        drawn = [k for k, swing in enumerate(found) if swing is not None]
        drawn.sort(key=lambda k: -found[k].span)  # type: ignore[union-attr]
        self.places = {k: place for place, k in enumerate(drawn, start=1)}
        #: The criterion of each bar, ``None`` where there is no bar.
        self.bars = [drawn[k] if k < len(drawn) else None for k in range(BARS)]

    def write(self) -> None:
        """Write everything."""
        top, behind, soft = self.explained.first - 1, self.room.behind, self.author.soft()
        self.sheet.write_string(top - 1, behind, self.labels["helper"], soft)
        for column, key in enumerate(_HEADS):
            self.sheet.write_string(top, behind + column, self.labels[key] if key else "", soft)
        for k in range(len(self.swings)):
            self._criterion(k)
        for k in range(BARS):
            self._bar(k)
        self._chart()

    def _at(self, k: int, column: int) -> str:
        """A cell of a criterion, by a column behind the sheet."""
        return pinned(self.explained.first + k, self.room.behind + column)

    def _down(self, column: int) -> str:
        """A column of the sheet over all criteria."""
        return _area(self.explained.first, self.explained.last, column)

    def _put(self, k: int, column: int, formula: str, value: Cell) -> None:
        place = (self.explained.first + k, self.room.behind + column)
        kept = "" if value is None else value
        self.sheet.write_formula(*place, f"={formula}", self.author.soft(), kept)

    def _criterion(self, k: int) -> None:
        """How far one criterion moves its axis score, and which place that takes."""
        explained, behind, swing = self.explained, self.room.behind, self.swings[k]
        typed, contribution, axis = (
            pinned(explained.first + k, column)
            for column in (explained.weight, explained.contribution, explained.axis)
        )
        of_axis, weight, whole, pull, halved, doubled, span = (self._at(k, i) for i in range(7))
        words = '""'
        for one in reversed(Axis):
            spelled = ",".join(f'{axis}="{word}"' for word in AXES.spelled(one))
            words = f'IF(OR({spelled}),"{self.labels[one]}",{words})'
        row = explained.rows[k] if k < len(explained.rows) else None
        self._put(k, _AXIS, words, row and self.labels[row[3]])
        counts = f'AND(ISNUMBER({typed}),ISNUMBER({contribution}),{of_axis}<>"")'
        formula = f'IF({counts},IF({typed}>0,{typed},""),"")'
        self._put(k, _WEIGHT, formula, swing and swing.weight)

        axes, contributions = self._down(behind + _AXIS), self._down(explained.contribution)
        score = f"SUMIF({axes},{of_axis},{contributions})"
        spans, so_far = self._down(behind + _SPAN), f"{self._at(0, _SPAN)}:{span}"
        formulas = (
            (_WHOLE, f"SUMIF({axes},{of_axis},{self._down(behind + _WEIGHT)})"),
            (_PULL, f"{contribution}*{whole}-{weight}*{score}"),
            (_AT_HALF, f"-0.5*{pull}/({whole}-0.5*{weight})"),
            (_AT_DOUBLE, f"{pull}/({whole}+{weight})"),
            (_SPAN, f"ROUND(ABS({doubled}-{halved}),9)"),
            (_PLACE, f"RANK({span},{spans})+COUNTIF({so_far},{span})-1"),
        )
        values: Sequence[Cell] = [None] * len(formulas)
        if swing is not None:
            moved = swing.moved(_HALVED), swing.moved(_DOUBLED)
            values = (swing.whole, swing.pull, *moved, swing.span, self.places[k])
        for (column, formula), value in zip(formulas, values, strict=True):
            self._put(k, column, f'IF({weight}="","",{formula})', value)

    def _bar(self, k: int) -> None:
        """What is drawn in one place, the widest first."""
        explained, behind, criterion = self.explained, self.room.behind, self.bars[k]
        found = f"MATCH({k + 1},{self._down(behind + _PLACE)},0)"
        axes = self._down(behind + _AXIS)
        name = f'INDEX({self._down(explained.name)},{found})&" ("&INDEX({axes},{found})&")"'
        kept = None
        if criterion is not None:
            called, _, _, axis = explained.rows[criterion]
            kept = f"{called} ({self.labels[axis]})"
        self._put(k, _BAR_NAME, f'IFERROR({name},"")', kept)
        for series in _SERIES:
            formula = f'IFERROR(INDEX({self._down(behind + series.of)},{found}),"")'
            self._put(k, series.column, formula, self._moved(criterion, series))

    def _moved(self, criterion: int | None, series: _Series) -> float | None:
        swing = None if criterion is None else self.swings[criterion]
        return None if swing is None else swing.moved(series.factor)

    def _chart(self) -> None:
        """Bars from today's score, the widest on top."""
        chart: Chart = self.author.book.add_chart({"type": "bar"})
        font = {"name": FONT, "size": 11, "color": f"#{INK}", "bold": False}
        line = {"color": f"#{LINE}"}
        first, behind = self.explained.first, self.room.behind
        last = first + BARS - 1
        for series in _SERIES:
            column = behind + series.column
            labels = {"value": True, "num_format": _LABEL, "position": "outside_end", "font": font}
            made = {
                "name": [self.sheet.name, first - 1, column],
                "categories": [
                    self.sheet.name,
                    first,
                    behind + _BAR_NAME,
                    last,
                    behind + _BAR_NAME,
                ],
                "values": [self.sheet.name, first, column, last, column],
                # what there is no bar for is left out; XlsxWriter would take its text for 0
                "values_data": [self._moved(criterion, series) for criterion in self.bars],
                "fill": {"color": f"#{series.colour}"},
                "gap": 40,
                "overlap": 100,
                "data_labels": labels,
            }
            chart.add_series(made)
        title = {**font, "size": 12, "bold": True}
        chart.set_title({"name": self.labels["title"], "name_font": title})
        # the names run downward, the points below them
        names = {"label_position": "low", "major_tick_mark": "none", "num_font": font, "line": line}
        chart.set_y_axis({**names, "reverse": True, "crossing": "max"})
        points = {"name": self.labels["points"], "name_font": font, "num_font": font}
        grid = {"visible": True, "line": line}
        chart.set_x_axis({**points, "major_gridlines": grid, "line": {"none": True}})
        chart.set_legend({"position": "top", "font": font})
        chart.set_chartarea({"border": line})
        chart.set_size({"width": self.room.width, "height": self.room.height})
        options = {"description": self.labels["title"], "x_offset": _GAP}
        self.sheet.insert_chart(self.room.row, self.room.column, chart, options)


def pinned(row: int, column: int) -> str:
    """The absolute address of a cell; row and column are counted from 0.

    >>> pinned(0, 27)
    '$AB$1'
    """
    address: str = xl_rowcol_to_cell(row, column, row_abs=True, col_abs=True)
    return address


def _area(first: int, last: int, column: int) -> str:
    area: str = xl_range_abs(first, column, last, column)
    return area
