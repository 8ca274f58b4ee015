"""Report -> a scratch workbook: how our sheets look, authored once for every host.

Each table has its header, its full extent and one prototype row, whose cells carry the formats of
all rows; the host fills in the data. Nothing here knows a number of the analysis but the chart's
thresholds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from io import BytesIO
from typing import NamedTuple

from openpyxl import Workbook
from openpyxl.chart import Reference, ScatterChart, Series
from openpyxl.chart.data_source import AxDataSource, NumDataSource, NumRef, StrRef
from openpyxl.chart.label import DataLabelList
from openpyxl.chart.layout import Layout, ManualLayout
from openpyxl.chart.legend import LegendEntry
from openpyxl.chart.marker import Marker
from openpyxl.chart.series import SeriesLabel
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.chart.text import RichText
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties, Paragraph, ParagraphProperties
from openpyxl.formatting.rule import DataBarRule, FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.table import Table, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from xlportfolio.locale import Texts, texts
from xlportfolio.model import RATED_QUADRANTS, Quadrant
from xlportfolio.report import (
    FIRST_ROW,
    HEADER_ROW,
    MOST_POINTS,
    Kind,
    MatrixSheet,
    Report,
    ReportColumn,
    SheetTable,
)

#: One colour per type, everywhere: tabs, cells, chart. White text is readable on each.
COLOURS: Mapping[Quadrant, str] = {
    Quadrant.STAR: "2E7D4F",
    Quadrant.QUESTION_MARK: "B8650A",
    Quadrant.FREE_RIDER: "2F6DB5",
    Quadrant.POOR_DOG: "6B7280",
}
_INK, _SOFT, _LINE, _HEADER, _BAR = "1F2937", "6B7280", "D9DEE5", "263A53", "A9C3E0"
_TAB = _HEADER

_FONT = "Calibri"
_BODY = Font(name=_FONT, size=11, color=_INK)
_RULE = Border(bottom=Side("thin", color=_LINE))


class _Style(NamedTuple):
    """How a kind of column looks: width in characters, number format, alignment, wrapping."""

    width: float
    number_format: str = "General"
    horizontal: str = "left"
    wrap: bool = False


_STYLES: Mapping[Kind, _Style] = {
    Kind.RANK: _Style(8, "0", "center"),
    Kind.ID: _Style(13),
    Kind.NAME: _Style(30),
    Kind.WORD: _Style(12),
    Kind.FLAG: _Style(8, horizontal="center"),
    Kind.QUADRANT: _Style(17, horizontal="center"),
    Kind.SCORE: _Style(11, "0.0", "right"),
    Kind.PERCENT: _Style(11, "0%", "right"),
    Kind.SHARE: _Style(11, "0.0%", "right"),
    Kind.AMOUNT: _Style(14, "#,##0", "right"),
    Kind.COUNT: _Style(10, "0.#", "center"),
    Kind.DIFFERENCE: _Style(11, "+0;-0;0", "center"),
    Kind.PHRASE: _Style(24, wrap=True),
    Kind.PROSE: _Style(58, wrap=True),
}
#: Widths of single columns that differ from those of their kind.
_WIDTHS = {"activity": 36.0, "reason": 84.0, "message": 84.0, "note": 40.0}
#: Of one line of text, in points.
LINE_HEIGHT = 15.0
#: Width of the filter button that covers a header's end, in characters.
_BUTTON = 3


def draw(report: Report, language: str) -> bytes:
    """Author the scratch workbook of a report; its bytes, as an .xlsx file."""
    words = texts(language)
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in report.tables:
        _draw_table(book.create_sheet(table.sheet), table, words)
    _draw_matrix(book.create_sheet(report.matrix.sheet), report.matrix, words)
    sink = BytesIO()
    book.save(sink)
    return sink.getvalue()


def _draw_table(sheet: Worksheet, table: SheetTable, words: Texts) -> None:
    _head(sheet, table.title, table.subtitles)
    sheet.sheet_properties.tabColor = COLOURS[table.quadrant] if table.quadrant else _TAB
    last_row = FIRST_ROW + max(len(table), 1) - 1
    for position, column in enumerate(table.columns, start=1):
        style = _STYLES[column.kind]
        header = sheet.cell(HEADER_ROW, position, column.header)
        header.font = Font(name=_FONT, size=11, bold=True, color="FFFFFF")
        header.fill = PatternFill("solid", fgColor=_HEADER)
        header.alignment = Alignment(
            horizontal="center" if style.horizontal == "center" else "left",
            vertical="center",
            wrap_text=True,
        )
        prototype = sheet.cell(FIRST_ROW, position)
        prototype.font = _BODY
        prototype.border = _RULE
        prototype.number_format = style.number_format
        prototype.alignment = Alignment(
            horizontal=style.horizontal, vertical="center", wrap_text=style.wrap or None
        )
        letter = get_column_letter(position)
        sheet.column_dimensions[letter].width = _width(column, style)
        _rules(sheet, column, f"{letter}{FIRST_ROW}:{letter}{last_row}", words)
    sheet.row_dimensions[HEADER_ROW].height = 33

    area = f"A{HEADER_ROW}:{get_column_letter(len(table.columns))}{last_row}"
    made = Table(displayName=table.table, name=table.table, ref=area)
    made.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(made)
    names = [p for p, c in enumerate(table.columns, start=1) if c.kind is Kind.NAME]
    frozen = names[0] + 1 if names and names[0] <= 3 else 1
    sheet.freeze_panes = sheet.cell(FIRST_ROW, frozen)
    _print_setup(sheet, words)
    sheet.print_title_rows = f"{HEADER_ROW}:{HEADER_ROW}"


def _head(sheet: Worksheet, title: str, subtitles: Sequence[str]) -> None:
    """The lines above a table: what was scored, and when."""
    sheet["A1"] = title
    sheet["A1"].font = Font(name=_FONT, size=16, bold=True, color=_INK)
    sheet.row_dimensions[1].height = 24
    for row, subtitle in enumerate(subtitles, start=2):
        sheet.cell(row, 1, subtitle).font = Font(name=_FONT, size=10, color=_SOFT)


def _width(column: ReportColumn, style: _Style) -> float:
    """Wide enough for the header with its button and, where text may not wrap, for most cells."""
    longest_word = max((len(word) for word in column.header.split()), default=0)
    width = max(_WIDTHS.get(column.key, style.width), longest_word + _BUTTON)
    if column.kind in {Kind.ID, Kind.NAME, Kind.WORD}:
        longest = max((len(str(cell)) for cell in column.cells[:2_000]), default=0)
        width = max(longest_word + _BUTTON, min(longest * 1.1 + 2, 42))
    return width


def row_heights(table: SheetTable) -> list[float] | None:
    """The height of each row in points, so that wrapped text is seen whole; ``None``: all alike.

    Excel finds the heights by itself when a row is edited; other programs rely on what is written.
    """
    lines = [1] * len(table)
    for column in table.columns:
        style = _STYLES[column.kind]
        if style.wrap:
            width = _width(column, style)
            lines = list(map(max, lines, (lines_of(str(text), width) for text in column.cells)))
    return [LINE_HEIGHT * n for n in lines] if max(lines, default=1) > 1 else None


def lines_of(text: str, width: float) -> int:
    """About how many lines a text takes in a column of this width, in characters."""
    return 1 + int(len(text) / (width * 1.05))


def _rules(sheet: Worksheet, column: ReportColumn, area: str, words: Texts) -> None:
    """What a cell's content adds to its looks: bars for scores, the colour of the type."""
    first = area.split(":")[0]
    if column.kind is Kind.SCORE:
        bar = DataBarRule("num", 0, "num", 100, color=f"FF{_BAR}")
        sheet.conditional_formatting.add(area, bar)
    elif column.kind is Kind.QUADRANT:
        for quadrant in RATED_QUADRANTS:
            rule = FormulaRule(
                formula=[f'{first}="{words(f"quadrants.{quadrant}")}"'],
                font=Font(color="FFFFFF", bold=True),
                fill=PatternFill(bgColor=COLOURS[quadrant], fill_type="solid"),
            )
            sheet.conditional_formatting.add(area, rule)
    elif column.key == "finding":
        for finding, quadrant in (
            ("overrated", Quadrant.QUESTION_MARK),
            ("underrated", Quadrant.STAR),
        ):
            rule = FormulaRule(
                formula=[f'{first}="{words(f"findings.{finding}")}"'],
                font=Font(color=COLOURS[quadrant], bold=True),
            )
            sheet.conditional_formatting.add(area, rule)
    elif column.key == "severity":
        for severity, colour in (("error", "B3261E"), ("warning", COLOURS[Quadrant.QUESTION_MARK])):
            rule = FormulaRule(
                formula=[f'{first}="{words(f"severities.{severity}")}"'],
                font=Font(color=colour, bold=True),
            )
            sheet.conditional_formatting.add(area, rule)


def _print_setup(sheet: Worksheet, words: Texts) -> None:
    """Landscape A4, as wide as the page, as many pages long as it takes."""
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    for side in ("left", "right"):
        setattr(sheet.page_margins, side, 0.4)
    sheet.page_margins.top = 0.5
    sheet.page_margins.bottom = 0.6
    sheet.oddFooter.left.text = "&A"
    sheet.oddFooter.right.text = words("print.page")


# --- the matrix ---------------------------------------------------------------------------------

_SUMMARY_ROW = HEADER_ROW
_CHART_ROW = _SUMMARY_ROW + len(RATED_QUADRANTS) + 2
#: The chart in centimetres, and the part of it in which points are drawn.
_CHART_WIDTH, _CHART_HEIGHT, _PLOT_W, _PLOT_H = 25.0, 17.0, 0.9, 0.8
#: Column of the cells behind the threshold lines, outside of what is printed.
_HELPER = 12


def _draw_matrix(sheet: Worksheet, matrix: MatrixSheet, words: Texts) -> None:
    _head(sheet, matrix.title, matrix.subtitles)
    sheet.sheet_properties.tabColor = _TAB
    headers = [words(f"matrix.{key}") for key in ("type", "customers", "prospects", "meaning")]
    for position, header in enumerate(headers, start=1):
        cell = sheet.cell(_SUMMARY_ROW, position, header)
        cell.font = Font(name=_FONT, size=11, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=_HEADER)
        cell.alignment = Alignment(horizontal="center" if position < 4 else "left")
    for row, line in enumerate(matrix.summary, start=_SUMMARY_ROW + 1):
        name = sheet.cell(row, 1, words(f"quadrants_plural.{line.quadrant}"))
        name.font = Font(name=_FONT, size=11, bold=True, color="FFFFFF")
        name.fill = PatternFill("solid", fgColor=COLOURS[line.quadrant])
        name.alignment = Alignment(horizontal="center")
        for position, count in ((2, line.customers), (3, line.prospects)):
            cell = sheet.cell(row, position, count)
            cell.font, cell.border = _BODY, _RULE
            cell.alignment = Alignment(horizontal="center")
        meaning = sheet.cell(row, 4, words(f"meanings.{line.quadrant}"))
        meaning.font, meaning.border = _BODY, _RULE
    for letter, width in zip("ABCD", (20, 14, 16, 88), strict=True):
        sheet.column_dimensions[letter].width = width

    lines = _threshold_cells(sheet, matrix, words)
    chart = _chart(sheet, matrix, lines, words)
    sheet.add_chart(chart, f"A{_CHART_ROW}")
    _print_setup(sheet, words)
    sheet.page_setup.fitToHeight = 1
    sheet.print_area = f"A1:D{_CHART_ROW + 34}"


class _Line(NamedTuple):
    """A threshold line: its name and the two cells of each coordinate."""

    title: str
    x: Reference
    y: Reference


def _threshold_cells(sheet: Worksheet, matrix: MatrixSheet, words: Texts) -> list[_Line]:
    """Write the ends of the threshold lines into cells, since a chart draws nothing else."""
    grey = Font(name=_FONT, size=9, color=_SOFT)
    top = sheet.cell(_SUMMARY_ROW - 1, _HELPER, words("matrix.helper"))
    top.font = grey
    ends = {
        "value_threshold": ((0, matrix.value_threshold), (100, matrix.value_threshold)),
        "benefit_threshold": ((matrix.benefit_threshold, 0), (matrix.benefit_threshold, 100)),
    }
    lines = []
    for k, (key, points) in enumerate(ends.items()):
        column = _HELPER + 2 * k
        title = words(f"matrix.{key}")
        sheet.cell(_SUMMARY_ROW, column, title).font = grey
        for row, (x, y) in enumerate(points, start=_SUMMARY_ROW + 1):
            for offset, number in ((0, x), (1, y)):
                cell = sheet.cell(row, column + offset, number)
                cell.font, cell.number_format = grey, "0.0"
        rows = (_SUMMARY_ROW + 1, _SUMMARY_ROW + 2)
        x_cells, y_cells = (
            Reference(sheet, min_col=c, min_row=rows[0], max_row=rows[1])
            for c in (column, column + 1)
        )
        lines.append(_Line(title, x_cells, y_cells))
    return lines


def _chart(
    sheet: Worksheet, matrix: MatrixSheet, lines: Sequence[_Line], words: Texts
) -> ScatterChart:
    chart = ScatterChart()
    chart.style = None
    chart.scatterStyle = "lineMarker"
    chart.height, chart.width = _CHART_HEIGHT, _CHART_WIDTH
    chart.roundedCorners = False
    chart.plot_area.layout = Layout(
        ManualLayout(
            layoutTarget="inner", xMode="edge", yMode="edge", x=0.07, y=0.03, w=_PLOT_W, h=_PLOT_H
        )
    )
    for axis, key in ((chart.x_axis, "x_axis"), (chart.y_axis, "y_axis")):
        axis.scaling.min, axis.scaling.max = 0, 100
        axis.majorUnit = 10
        axis.number_format = "0"
        axis.delete = False
        axis.title = words(f"matrix.{key}")
        axis.title.overlay = False
        axis.majorTickMark, axis.minorTickMark = "out", "none"
        axis.tickLblPos = "low"
        axis.majorGridlines = None
        axis.graphicalProperties = GraphicalProperties(ln=LineProperties(solidFill="9CA3AF"))
    for table in matrix.series:
        chart.series.append(_points(table, words))
    for line in lines:
        chart.series.append(_line(line))
    for position, side in enumerate(_sides(matrix)):
        size = matrix.sizes[position] if matrix.sizes else 0.0
        chart.series.append(_label(matrix.labelled, position, size, side))
    chart.legend.position = "b"
    chart.legend.overlay = False
    unnamed = range(len(matrix.series), len(chart.series))
    chart.legend.legendEntry = [LegendEntry(idx=i, delete=True) for i in unnamed]
    return chart


def _cells(table: SheetTable, key: str, first: int, last: int) -> str:
    """The address of some data cells of a column, rows counted from 0."""
    position = next(i for i, c in enumerate(table.columns, start=1) if c.key == key)
    letter = get_column_letter(position)
    area = f"${letter}${FIRST_ROW + first}"
    if last > first:
        area += f":${letter}${FIRST_ROW + last}"
    return f"{quote_sheetname(table.sheet)}!{area}"


def _series(x: str, y: str, title: SeriesLabel) -> Series:
    series = Series(Reference(range_string="'Sheet'!$A$1"), None)
    series.xVal, series.yVal = AxDataSource(numRef=NumRef(f=x)), NumDataSource(NumRef(f=y))
    series.tx = title
    series.smooth = False
    series.graphicalProperties = GraphicalProperties(ln=LineProperties(noFill=True))
    return series


def _points(table: SheetTable, words: Texts) -> Series:
    """The customers of one type."""
    assert table.quadrant is not None
    last = max(min(len(table), MOST_POINTS), 1) - 1
    x, y = (_cells(table, f"{axis}_score", 0, last) for axis in ("benefit", "value"))
    title = SeriesLabel(v=words(f"quadrants_plural.{table.quadrant}"))
    series = _series(x, y, title)
    series.marker = _marker("circle", 7, COLOURS[table.quadrant])
    return series


def _line(line: _Line) -> Series:
    series = _series(str(line.x), str(line.y), SeriesLabel(v=line.title))
    series.marker = Marker("none")
    series.graphicalProperties = GraphicalProperties(
        ln=LineProperties(solidFill="6B7280", prstDash="dash", w=12_700)
    )
    return series


class _Box(NamedTuple):
    """A rectangle on the plot area, in points of the two axes."""

    left: float
    low: float
    right: float
    high: float

    def overlap(self, other: _Box) -> float:
        """The area that two rectangles share."""
        width = min(self.right, other.right) - max(self.left, other.left)
        height = min(self.high, other.high) - max(self.low, other.low)
        return max(width, 0.0) * max(height, 0.0)


def _sides(matrix: MatrixSheet) -> list[str]:
    """On which side of its point each name stands, so that names cover each other least."""
    columns = {column.key: column.cells for column in matrix.labelled.columns}
    character = 100 * 0.15 / (_CHART_WIDTH * _PLOT_W)  # of 8 points, about 0.15 cm
    line = 100 * 0.4 / (_CHART_HEIGHT * _PLOT_H)
    taken: list[_Box] = []
    sides = []
    for k in range(matrix.labels):
        x, y = float(columns["benefit_score"][k]), float(columns["value_score"][k])
        width = character * len(str(columns["customer"][k] or columns["customer_id"][k]))
        around = {
            "r": _Box(x + 1, y - line / 2, x + 1 + width, y + line / 2),
            "l": _Box(x - 1 - width, y - line / 2, x - 1, y + line / 2),
            "t": _Box(x - width / 2, y + 1, x + width / 2, y + 1 + line),
            "b": _Box(x - width / 2, y - 1 - line, x + width / 2, y - 1),
        }
        plot = _Box(0, 0, 100, 100)

        def cost(side: str, boxes: dict[str, _Box] = around) -> float:
            box = boxes[side]
            outside = width * line - box.overlap(plot)
            return outside + sum(box.overlap(other) for other in taken)

        best = min(around, key=cost)
        taken.append(around[best])
        sides.append(best)
    return sides


def _label(table: SheetTable, position: int, size: float, side: str) -> Series:
    """A customer named in the chart: a series of one point, labelled by its name."""
    x, y = (_cells(table, f"{axis}_score", position, position) for axis in ("benefit", "value"))
    named = next(column for column in table.columns if column.key == "customer").cells[position]
    key = "customer" if named else "customer_id"
    name = StrRef(f=_cells(table, key, position, position))
    series = _series(x, y, SeriesLabel(strRef=name))
    series.marker = _ring(7 + math.ceil(17 * size)) if size else Marker("none")
    text = CharacterProperties(sz=800, solidFill=_INK)
    series.dLbls = DataLabelList(
        dLblPos=side,
        showSerName=True,
        showVal=False,
        showCatName=False,
        showLegendKey=False,
        showPercent=False,
        showBubbleSize=False,
        showLeaderLines=False,
        txPr=RichText(p=[Paragraph(pPr=ParagraphProperties(defRPr=text), endParaRPr=text)]),
    )
    return series


def _marker(symbol: str, size: int, colour: str) -> Marker:
    edge = GraphicalProperties(solidFill=colour, ln=LineProperties(solidFill="FFFFFF", w=6_350))
    return Marker(symbol, size, edge)


def _ring(size: int) -> Marker:
    edge = GraphicalProperties(noFill=True, ln=LineProperties(solidFill=_INK, w=9_525))
    return Marker("circle", size, edge)
