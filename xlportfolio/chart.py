"""The portfolio chart: a series for each type, the thresholds, and the first customers by name."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from openpyxl.chart import Reference, ScatterChart
from openpyxl.chart.axis import NumericAxis
from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumRef, StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.legend import Legend, LegendEntry
from openpyxl.chart.marker import DataPoint, Marker
from openpyxl.chart.series import SeriesLabel, XYSeries
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.chart.title import title_maker
from openpyxl.drawing.line import LineEndProperties, LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.utils import get_column_letter, quote_sheetname

from xlportfolio.locale import Texts
from xlportfolio.matrix import (
    ARROWS,
    FIRST_SIZE,
    MOST_POINTS,
    POINTS_COLUMN,
    POINTS_ROW,
    SIZES,
    MatrixSheet,
)
from xlportfolio.model import RATED_QUADRANTS, Quadrant
from xlportfolio.scoring import Floats
from xlportfolio.tables import HEADER_ROW, ReportColumn

#: One colour per type, everywhere: tabs, cells, chart. White text is readable on each.
COLOURS: Mapping[Quadrant, str] = {
    Quadrant.STAR: "2E7D4F",
    Quadrant.QUESTION_MARK: "B8650A",
    Quadrant.FREE_RIDER: "2F6DB5",
    Quadrant.POOR_DOG: "6B7280",
}
INK = "1F2937"

#: Of a point, and of the start of an arrow, in points.
_POINT, _RING = 7, 4
_ARROW = "4B5563"
#: Points of each type that names keep clear of.
_MOST_AVOIDED = 300

#: The chart in centimetres, and the part of it in which points are drawn.
_WIDTH, _HEIGHT, _PLOT_WIDTH, _PLOT_HEIGHT = 25.0, 17.0, 0.9, 0.8


class ThresholdLine(NamedTuple):
    """A threshold line: its name and the two cells of each coordinate."""

    title: str
    x: Reference
    y: Reference


def portfolio_chart(
    matrix: MatrixSheet, lines: Sequence[ThresholdLine], words: Texts
) -> ScatterChart:
    """Draw the matrix: a series for each type, the thresholds, and the names of the first."""
    titles = words("matrix.x_axis"), words("matrix.y_axis")
    chart = scatter(titles, (_WIDTH, _HEIGHT), (0.07, 0.03, _PLOT_WIDTH, _PLOT_HEIGHT))
    for position, quadrant in enumerate(RATED_QUADRANTS, start=1):
        chart.series.append(_points(matrix, position, quadrant))
    for line in lines:
        chart.series.append(threshold_series(line))
    for size in range(SIZES, 0, -1):
        for position, quadrant in enumerate(RATED_QUADRANTS):
            chart.series.append(_larger(matrix, position, quadrant, size))
    for position, side in enumerate(_sides(matrix)):
        chart.series.append(_label(matrix, position, side))
    for position in range(ARROWS):
        chart.series.append(_arrow(matrix, position))
    unnamed = range(len(RATED_QUADRANTS), len(chart.series))
    entries = [LegendEntry(idx=i, delete=True) for i in unnamed]
    chart.legend = Legend(legendPos="b", overlay=False, legendEntry=entries)
    return chart


def scatter(
    titles: tuple[str, str],
    size: tuple[float, float],
    plot: tuple[float, float, float, float],
    unit: int = 10,
    text: CharacterProperties | None = None,
) -> ScatterChart:
    """A chart without points, 0 to 100 on both axes.

    Parameters
    ----------
    titles
        Of the horizontal and of the vertical axis.
    size
        Width and height in centimetres.
    plot
        Where points are drawn, as parts of the size: left, top, width, height.
    unit
        From one mark on the axes to the next.
    text
        How the titles look.
    """
    chart = ScatterChart()
    chart.style = None
    chart.visible_cells_only = False  # whoever hides the columns of the points still sees them
    chart.scatterStyle = "lineMarker"
    chart.width, chart.height = size  # type: ignore[assignment]
    chart.roundedCorners = False
    x, y, width, height = plot
    chart.layout = Layout(
        ManualLayout(layoutTarget="inner", xMode="edge", yMode="edge", x=x, y=y, w=width, h=height)
    )
    axes: tuple[tuple[NumericAxis, str], ...] = (
        (chart.x_axis, titles[0]),  # type: ignore[assignment]
        (chart.y_axis, titles[1]),
    )
    for axis, title in axes:
        axis.scaling.min, axis.scaling.max = 0, 100
        axis.majorUnit = unit
        axis.number_format = "0"
        axis.delete = False
        made = title_maker(title)
        made.overlay = False
        rich = made.tx and made.tx.rich
        for paragraph in rich.p if rich and text else ():
            paragraph.pPr = ParagraphProperties(defRPr=text)
        axis.title = made
        axis.majorTickMark, axis.minorTickMark = "out", "none"
        axis.tickLblPos = "low"
        axis.majorGridlines = None
        axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill="9CA3AF"))
    return chart


def _cells(matrix: MatrixSheet, column: int, first: int, last: int) -> str:
    """The address of some points of a column, rows and columns counted from 0."""
    letter = get_column_letter(POINTS_COLUMN + column)
    area = f"${letter}${POINTS_ROW + first}"
    if last > first:
        area += f":${letter}${POINTS_ROW + last}"
    return f"{quote_sheetname(matrix.sheet)}!{area}"


def points_series(x: str, y: str, title: SeriesLabel) -> XYSeries:
    """Points at the coordinates in some cells, not joined by a line."""
    series = XYSeries(
        xVal=AxDataSource(numRef=NumRef(f=x)),
        yVal=NumDataSource(NumRef(f=y)),
        tx=title,
        smooth=False,
    )
    series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    return series


def _points(matrix: MatrixSheet, group: int, quadrant: Quadrant) -> XYSeries:
    """The customers of one type: room for as many as a chart draws, since blank cells show none.

    The legend says what the table above the chart calls them.
    """
    x, y = (_cells(matrix, 1 + 2 * group + k, 0, MOST_POINTS - 1) for k in range(2))
    name = f"{quote_sheetname(matrix.sheet)}!$A${HEADER_ROW + group}"
    series = points_series(x, y, SeriesLabel(strRef=StrRef(f=name)))
    series.marker = marker(_POINT, COLOURS[quadrant])
    return series


def _larger(matrix: MatrixSheet, position: int, quadrant: Quadrant, size: int) -> XYSeries:
    """The named customers of one type whose points have one of the sizes."""
    columns = (1, FIRST_SIZE + SIZES * position + size - 1)
    x, y = (_cells(matrix, column, 0, matrix.names - 1) for column in columns)
    series = points_series(x, y, SeriesLabel(v=f"{quadrant} {size}"))
    series.marker = marker(_diameter(size), COLOURS[quadrant])
    return series


def _diameter(size: int) -> int:
    """Of a point of one of the sizes, from 0, in points."""
    return _POINT + math.ceil(17 * size / SIZES)


def _size(matrix: MatrixSheet, position: int) -> int:
    """The size of a named customer's point."""
    cells = (column.cells[position] for column in matrix.points[FIRST_SIZE:])
    return next((k % SIZES + 1 for k, cell in enumerate(cells) if cell == cell), 0)  # noqa: PLR0124


def threshold_series(line: ThresholdLine) -> XYSeries:
    """A threshold as a dashed line."""
    series = points_series(str(line.x), str(line.y), SeriesLabel(v=line.title))
    series.marker = Marker("none")
    series.graphicalProperties = GraphicalProperties(
        ln=LineProperties(solidFill="6B7280", prstDash="dash", w=12_700)
    )
    return series


def _arrow(matrix: MatrixSheet, position: int) -> XYSeries:
    """A line of two points with a head, which some programs do not show: so its start has a circle.

    A line's head is where it begins; its tail, where it ends.
    """
    x, y = (_across(matrix, len(matrix.points) + 1 + 2 * k, position) for k in range(2))
    series = points_series(x, y, SeriesLabel(v=f"arrow {position + 1}"))
    head = LineEndProperties(type="triangle", w="lg", len="lg")
    line = LineProperties(solidFill=_ARROW, w=15_875, tailEnd=head)
    series.graphicalProperties = GraphicalProperties(ln=line)
    ring = GraphicalProperties(solidFill="FFFFFF", ln=LineProperties(solidFill=_ARROW, w=9_525))
    series.marker = Marker("circle", _RING, ring)
    series.dPt = [DataPoint(idx=1, marker=Marker("none"), spPr=GraphicalProperties(ln=line))]
    return series


def _across(matrix: MatrixSheet, column: int, row: int) -> str:
    """The address of two points beside each other, the column and the row counted from 0."""
    first, last = (get_column_letter(POINTS_COLUMN + column + k) for k in range(2))
    place = POINTS_ROW + row
    return f"{quote_sheetname(matrix.sheet)}!${first}${place}:${last}${place}"


class _Box(NamedTuple):
    """A rectangle on the plot area, in points of the two axes; or many, as arrays."""

    left: Floats | float
    low: Floats | float
    right: Floats | float
    high: Floats | float

    def overlap(self, other: _Box) -> float:
        """The area that two rectangles share, or that one shares with many."""
        width = np.minimum(self.right, other.right) - np.maximum(self.left, other.left)
        height = np.minimum(self.high, other.high) - np.maximum(self.low, other.low)
        return float(np.sum(np.maximum(width, 0) * np.maximum(height, 0)))


def _sides(matrix: MatrixSheet) -> list[str]:
    """On which side of its point each name stands, so that names cover each other least."""
    names, xs, ys = (column.cells for column in matrix.points[:3])
    character = 100 * 0.15 / (_WIDTH * _PLOT_WIDTH)  # of 8 points, about 0.15 cm
    line = 100 * 0.4 / (_HEIGHT * _PLOT_HEIGHT)
    points = _points_on(matrix)
    taken: list[_Box] = []
    sides = []
    named = [str(name) for name in names if name]
    for k in range(len(named)):
        x, y = float(xs[k]), float(ys[k])
        width = character * len(named[k])
        around = {
            "r": _Box(x + 1, y - line / 2, x + 1 + width, y + line / 2),
            "l": _Box(x - 1 - width, y - line / 2, x - 1, y + line / 2),
            "t": _Box(x - width / 2, y + 1, x + width / 2, y + 1 + line),
            "b": _Box(x - width / 2, y - 1 - line, x + width / 2, y - 1),
        }
        costs = {side: _hidden(box, [points, *taken]) for side, box in around.items()}
        best = min(around, key=costs.__getitem__)
        taken.append(around[best])
        sides.append(best)
    return sides + ["r"] * (matrix.names - len(named))


def _points_on(matrix: MatrixSheet) -> _Box:
    """The room that the points of all types take, as far as there are not too many of them."""
    pairs = zip(matrix.points[3:FIRST_SIZE:2], matrix.points[4:FIRST_SIZE:2], strict=True)
    x, y = np.concatenate([_drawn(*pair) for pair in pairs], axis=1)
    return _Box(x - 0.8, y - 1.2, x + 0.8, y + 1.2)


def _drawn(x: ReportColumn, y: ReportColumn) -> Floats:
    """The first points in two columns, as far as names look at them; one in each column."""
    points = np.array([x.cells, y.cells], dtype=np.float64)
    return points[:, ~np.isnan(points).any(axis=0)][:, :_MOST_AVOIDED]


def _hidden(box: _Box, others: Sequence[_Box]) -> float:
    """How much of a name lies outside of the plot, on points or on other names."""
    inside = box.overlap(_Box(0, 0, 100, 100))
    return box.overlap(box) - inside + sum(box.overlap(other) for other in others)


def _label(matrix: MatrixSheet, position: int, side: str) -> XYSeries:
    """A name in the chart: a series of one point, which only keeps the name off the one drawn."""
    name, x, y = (_cells(matrix, column, position, position) for column in range(3))
    series = points_series(x, y, SeriesLabel(strRef=StrRef(f=name)))
    size = _size(matrix, position) if position < len(matrix.points[0]) else 0
    return named(series, side, _diameter(size))


def named(
    series: XYSeries, side: str, size: int, text: CharacterProperties | None = None
) -> XYSeries:
    """Show a series' name beside its points, which are not drawn and only keep it off those."""
    unseen = GraphicalProperties(noFill=True, ln=LineProperties(noFill=True))
    series.marker = Marker("circle", size, unseen)
    text = text or CharacterProperties(sz=800, solidFill=INK)
    series.dLbls = DataLabelList(
        dLblPos=side,
        showSerName=True,
        showVal=False,
        showCatName=False,
        showLegendKey=False,
        showPercent=False,
        showBubbleSize=False,
        showLeaderLines=False,
        txPr=rich_text(text),
    )
    return series


def rich_text(text: CharacterProperties) -> RichText:
    """How texts of a chart look."""
    return RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=text), endParaRPr=text)])


def marker(size: int, colour: str) -> Marker:
    """A point with a white edge, its size in points."""
    edge = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill="FFFFFF", w=6_350))
    return Marker("circle", size, edge)
