"""The page of one customer -> a scratch workbook: how it looks, authored once for every host.

One sheet of A4 upright. Formats and rules belong to places, not to what stands there, so that an
open workbook can put another customer onto the page.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.chart import Reference
from openpyxl.chart.data_source import StrRef
from openpyxl.chart.series import SeriesLabel, XYSeries
from openpyxl.chart.shapes import GraphicalProperties
from openpyxl.drawing.line import LineProperties
from openpyxl.drawing.text import CharacterProperties
from openpyxl.formatting.rule import DataBarRule, FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from xlportfolio.chart import (
    COLOURS,
    INK,
    ThresholdLine,
    marker,
    named,
    points_series,
    rich_text,
    scatter,
    threshold_series,
)
from xlportfolio.column_look import lines_of
from xlportfolio.locale import LANGUAGES, Texts, texts
from xlportfolio.look import BAR, FONT, HEADER, LINE, SOFT, office_text, packed
from xlportfolio.model import Axis
from xlportfolio.page_layout import (
    COLUMNS,
    CORNERS,
    FACTS,
    FACTS_ROW,
    HELPER_COLUMN,
    MOST_OTHERS,
    OTHERS_ROW,
    SCORES_ROW,
    TEXTS,
    TEXTS_ROW,
    CustomerPage,
    Layout,
)

#: Of the columns, in characters.
WIDTHS = (34.0, 23.0, 11.0, 10.0, 10.0, 17.0)
_BODY = Font(name=FONT, size=11, color=INK)
_BOLD = Font(name=FONT, size=11, color=INK, bold=True)
_SMALL = Font(name=FONT, size=9, color=SOFT)
_RULE = Border(bottom=Side("thin", color=LINE))
_ABOVE = Border(top=Side("thin", color=HEADER))
#: Heights of rows, in points: of a line of text, of a fact of two lines, of a blank row, of a line
#: to write on, of a row that has nothing to say.
_LINE, _FACT, _GAP, _TO_WRITE, _UNUSED = 15.0, 30.0, 10.0, 24.0, 1.0
_TITLE_WIDTH = 54
_TEXT_WIDTH = sum(WIDTHS[1:])
#: Letters are narrower than the digits in which a width is given.
_LETTERS = 1.1
#: Of points in the chart, in points; the colour of those of other customers.
_OWN, _OTHER, _FAINT = 11, 4, "C5CBD3"
_CENTIMETRES_PER_CHARACTER = 0.19
_CENTIMETRES_PER_POINT = 2.54 / 72


def draw_page(page: CustomerPage, language: str) -> bytes:
    """Author the scratch workbook of a page; its bytes, as an .xlsx file."""
    words = texts(language)
    book = Workbook()
    book.remove(book.worksheets[0])
    sheet = book.create_sheet(page.sheet)
    sheet.sheet_properties.tabColor = HEADER
    for position, width in enumerate(WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(position)].width = width
    for (row, column), content in page.cells.items():
        cell = sheet.cell(row, column)
        assert isinstance(cell, Cell)
        if isinstance(content, str):
            cell.value, cell.data_type = office_text(content), "s"
        else:
            cell.value = content
        if column >= HELPER_COLUMN:
            cell.font, cell.number_format = _SMALL, "0.0" if row > 2 else "General"  # noqa: PLR2004 (below the sizes)
    layout = page.layout
    _draw_head(sheet)
    _draw_facts(sheet)
    for head, size in zip(layout.tables, layout.sizes, strict=True):
        _draw_table(sheet, head, size)
    _draw_bars(sheet, layout)
    _draw_notes(sheet, layout)
    for row, height in row_heights(page).items():
        sheet.row_dimensions[row].height = height
    _draw_chart(sheet, words)
    _print_setup(sheet, layout)
    return packed(book)


def row_heights(page: CustomerPage) -> Mapping[int, float]:
    """The height of each row in points: texts wrap, and those that there are not take no room."""
    layout = page.layout
    heights = {1: 24.0 * _lines(page.title, _TITLE_WIDTH), 2: 18.0}
    heights |= dict.fromkeys(layout.gaps, _GAP)
    heights |= dict.fromkeys(range(SCORES_ROW, FACTS_ROW), 18.0)
    heights |= dict.fromkeys(range(FACTS_ROW, FACTS_ROW + FACTS), _FACT)
    heights |= dict.fromkeys(range(TEXTS_ROW, TEXTS_ROW + TEXTS), _UNUSED)
    for row, text in enumerate(page.texts, start=TEXTS_ROW):
        count = sum(_lines(line, _TEXT_WIDTH) for line in text.text.split("\n"))
        heights[row] = _LINE * max(count, _lines(text.label, WIDTHS[0])) + 4
    for head, table in zip(layout.tables, page.tables, strict=True):
        heights[head] = 20.0
        for row, line in enumerate((*table.lines, table.total), start=head + 1):
            count = max(_lines(line.name, WIDTHS[0]), _lines(line.measure, WIDTHS[1]))
            heights[row] = _LINE * count + 1
    if layout.lines:
        heights[layout.notes] = 20.0
        for row in range(layout.notes + 1, layout.notes + 1 + layout.lines):
            heights[row] = _TO_WRITE
    return heights


def _lines(text: str, width: float) -> int:
    return int(lines_of(np.array([float(len(text))]), _LETTERS * width)[0])


# --- the sections -------------------------------------------------------------------------------


def _merge(sheet: Worksheet, row: int, first: int, last: int) -> None:
    sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)


def _draw_head(sheet: Worksheet) -> None:
    """Name and type; day and rank."""
    title, kind, subtitle = sheet.cell(1, 1), sheet.cell(1, COLUMNS), sheet.cell(2, 1)
    title.font = Font(name=FONT, size=16, bold=True, color=INK)
    title.alignment = Alignment(vertical="center", wrap_text=True)
    kind.font = Font(name=FONT, size=12, bold=True, color=INK)
    kind.fill = PatternFill("solid", fgColor=LINE)  # of who is not rated
    kind.alignment = Alignment(horizontal="center", vertical="center")
    subtitle.font = Font(name=FONT, size=11, color=SOFT)
    _merge(sheet, 1, 1, COLUMNS - 1)
    _merge(sheet, 2, 1, COLUMNS)
    address = kind.coordinate
    for quadrant, colour in COLOURS.items():
        names = dict.fromkeys(texts(language)(f"quadrants.{quadrant}") for language in LANGUAGES)
        equal = ",".join(f'{address}="{name}"' for name in names)
        rule = FormulaRule(
            formula=[f"OR({equal})"],
            font=Font(color="FFFFFF", bold=True),
            fill=PatternFill("solid", bgColor=colour),
        )
        sheet.conditional_formatting.add(address, rule)


def _header(cell: Cell, horizontal: str, indent: int = 0) -> None:
    cell.font = Font(name=FONT, size=11, bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", fgColor=HEADER)
    cell.alignment = Alignment(horizontal=horizontal, vertical="center", indent=indent)


def _cell(sheet: Worksheet, row: int, column: int) -> Cell:
    cell = sheet.cell(row, column)
    assert isinstance(cell, Cell)
    return cell


def _draw_facts(sheet: Worksheet) -> None:
    """Scores and facts left of the chart, texts below both."""
    for column in range(1, 4):
        _header(_cell(sheet, SCORES_ROW, column), "left" if column == 1 else "center", column == 1)
        for row in range(SCORES_ROW + 1, FACTS_ROW):
            cell = sheet.cell(row, column)
            cell.font = _BOLD if column == 2 else _BODY  # noqa: PLR2004 (the score)
            cell.border, cell.number_format = _RULE, "0.0"
            horizontal = "left" if column == 1 else "center"
            cell.alignment = Alignment(horizontal=horizontal, vertical="center", indent=column == 1)
    facts = range(FACTS_ROW, FACTS_ROW + FACTS)
    for rows, last in ((facts, 3), (range(TEXTS_ROW, TEXTS_ROW + TEXTS), COLUMNS)):
        for row in rows:
            label, text = sheet.cell(row, 1), sheet.cell(row, 2)
            label.font, text.font = _BOLD, _BODY
            text.alignment = Alignment(horizontal="left", vertical="center", wrap_text=True)
            label.alignment = Alignment(
                horizontal="left", vertical="center", wrap_text=True, indent=1
            )
            _merge(sheet, row, 2, last)
        area = f"A{rows[0]}:{get_column_letter(last)}{rows[-1]}"
        said = FormulaRule(formula=[f'$B{rows[0]}<>""'], border=_RULE)
        sheet.conditional_formatting.add(area, said)


def _draw_table(sheet: Worksheet, head: int, size: int) -> None:
    """The criteria of an axis and their sum."""
    formats = ("General", "General", "0", "0%", "0.0", "0.0")
    for column, number_format in enumerate(formats, start=1):
        horizontal = "left" if column <= 2 else "right"  # noqa: PLR2004 (names and measures)
        _header(_cell(sheet, head, column), horizontal, column == 1)
        for row in range(head + 1, head + size + 2):
            cell = sheet.cell(row, column)
            is_sum = row == head + size + 1
            cell.font, cell.border = (_BOLD, _ABOVE) if is_sum else (_BODY, _RULE)
            cell.number_format = number_format
            cell.alignment = Alignment(
                horizontal=horizontal,
                vertical="center",
                wrap_text=column <= 2 or None,  # noqa: PLR2004 (as above)
                indent=column == 1,
            )


def _draw_bars(sheet: Worksheet, layout: Layout) -> None:
    """A bar for each contribution, as long as its part of the most that a criterion can bring."""
    letter = get_column_letter(COLUMNS)
    for head, size in zip(layout.tables, layout.sizes, strict=True):
        bar = DataBarRule(
            "num", 0, "num", 100, f"FF{BAR}", showValue=False, minLength=0, maxLength=100
        )
        area = f"{letter}{head + 1}:{letter}{head + size}"
        sheet.conditional_formatting.add(area, bar)


def _draw_notes(sheet: Worksheet, layout: Layout) -> None:
    if layout.lines:
        sheet.cell(layout.notes, 1).font = _BOLD
        sheet.cell(layout.notes, 1).alignment = Alignment(vertical="center")
        for row in range(layout.notes + 1, layout.notes + 1 + layout.lines):
            for column in range(1, COLUMNS + 1):
                sheet.cell(row, column).border = Border(bottom=Side("hair", color=SOFT))


def _print_setup(sheet: Worksheet, layout: Layout) -> None:
    """One page of A4 upright, whatever stands on it."""
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "portrait"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = sheet.page_setup.fitToHeight = 1
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.print_options.horizontalCentered = True
    for side in ("left", "right", "top", "bottom"):
        setattr(sheet.page_margins, side, 0.5)
    last = layout.notes + layout.lines if layout.lines else layout.last
    sheet.print_area = f"A1:{get_column_letter(COLUMNS)}{last}"


# --- the chart ----------------------------------------------------------------------------------


def _draw_chart(sheet: Worksheet, words: Texts) -> None:
    """The place in the matrix: the others faint, this customer in the colour of its type."""
    width = sum(WIDTHS[3:]) * _CENTIMETRES_PER_CHARACTER
    height = (4 * 18 + FACTS * _FACT) * _CENTIMETRES_PER_POINT
    titles = words("axes.benefit"), words("axes.value")
    small_title = CharacterProperties(sz=900, b=False, solidFill=INK)
    chart = scatter(titles, (width, height), (0.14, 0.03, 0.83, 0.78), 25, small_title)
    home = quote_sheetname(sheet.title)

    def cells(column: int, row: int, last: int | None = None) -> str:
        letter = get_column_letter(HELPER_COLUMN + column)
        area = f"${letter}${row}" + (f":${letter}${last}" if last is not None else "")
        return f"{home}!{area}"

    def of(x: str, y: str, title: str) -> XYSeries:
        return points_series(x, y, SeriesLabel(strRef=StrRef(f=title)))

    last = OTHERS_ROW + MOST_OTHERS - 1
    others = of(cells(0, OTHERS_ROW, last), cells(1, OTHERS_ROW, last), cells(2, OTHERS_ROW - 1))
    others.marker = marker(_OTHER, _FAINT)
    chart.series.append(others)
    for column, axis in ((0, Axis.VALUE), (2, Axis.BENEFIT)):
        title = words(f"matrix.{axis}_threshold")
        x, y = (
            Reference(sheet, min_col=HELPER_COLUMN + c, min_row=4, max_row=5)
            for c in (column, column + 1)
        )
        chart.series.append(threshold_series(ThresholdLine(title, x, y)))
    for k, (quadrant, (x_corner, _)) in enumerate(CORNERS.items(), start=4):
        text = CharacterProperties(sz=700, solidFill=COLOURS[quadrant])
        corner = of(cells(k, 4), cells(k, 5), cells(k, 3))
        chart.series.append(named(corner, "l" if x_corner else "r", 2, text))
    for k, quadrant in enumerate(CORNERS, start=2):
        own = of(cells(1, 6), cells(k, 6), cells(0, 6))
        own.marker = marker(_OWN, COLOURS[quadrant])
        chart.series.append(own)
    bold = CharacterProperties(sz=900, b=True, solidFill=INK)
    for k, side in enumerate(("r", "l"), start=2 + len(CORNERS)):
        chart.series.append(named(of(cells(1, 6), cells(k, 6), cells(0, 6)), side, _OWN, bold))
    chart.legend = None
    small = rich_text(CharacterProperties(sz=800, solidFill=SOFT))
    chart.x_axis.txPr = chart.y_axis.txPr = small
    chart.graphical_properties = GraphicalProperties(ln=LineProperties(noFill=True))
    sheet.add_chart(chart, f"D{SCORES_ROW}")
