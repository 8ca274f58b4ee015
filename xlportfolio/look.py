"""Report -> a scratch workbook: how our sheets look, authored once for every host.

Each table has its header, its full extent and one prototype row, whose cells carry the formats of
all rows; the host fills in the data. Columns have the same formats, and rules reach down to the
end, so that rows which a live workbook adds later look like the others. Nothing here knows a number
of the analysis but the chart's thresholds.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping, Sequence
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.chart import Reference
from openpyxl.formatting.rule import DataBarRule, FormulaRule
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.filters import AutoFilter
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.table import Table, TableColumn, TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet
from openpyxl.writer.excel import ExcelWriter

from xlportfolio.chart import COLOURS, INK, ThresholdLine, portfolio_chart
from xlportfolio.column_look import STYLES, Style, summary_heights, widths
from xlportfolio.locale import Texts, texts
from xlportfolio.matrix import POINTS_COLUMN, POINTS_ROW, MatrixSheet
from xlportfolio.model import RATED_QUADRANTS, Quadrant
from xlportfolio.report import Report
from xlportfolio.tables import HEADER_ROW, NOTICE, Kind, ReportColumn, SheetTable, Summary

# what every sheet of ours shares, also those that a user fills in
SOFT, LINE, HEADER, BAR, _ERROR = "6B7280", "D9DEE5", "263A53", "A9C3E0", "B3261E"
#: Cells that a user fills in.
INPUT = "FFF9E8"
_TAB = HEADER

FONT = "Calibri"
_BODY = Font(name=FONT, size=11, color=INK)
_RULE = Border(bottom=Side("thin", color=LINE))

#: Characters that XML 1.0 does not allow, which Office writes as ``_xHHHH_``; text that looks so.
_FORBIDDEN = re.compile(r"[\x00-\x08\x0b-\x1f\ufffe\uffff\ud800-\udfff]|_(?=x[0-9A-Fa-f]{4}_)")

#: Characters that a cell can hold.
LONGEST = 32_767


def office_text(text: str) -> str:
    """Text as a cell can hold it, what XML forbids spelled out (ECMA-376 part 1, 22.9.2.19).

    >>> office_text("R&D _x000D_")
    'R&D _x005F_x000D_'
    """
    text = text[:LONGEST]
    if "_x" in text or not text.isprintable():
        text = _FORBIDDEN.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    return text


#: The last row of a sheet.
_LAST_ROW = 1_048_576
#: A name further to the right than this does not stay in view when the sheet is scrolled.
_FROZEN = 4


def draw(report: Report, language: str) -> bytes:
    """Author the scratch workbook of a report; its bytes, as an .xlsx file."""
    words = texts(language)
    book = with_tables(report.tables, words)
    _draw_matrix(book.create_sheet(report.matrix.sheet), report.matrix, words)
    return packed(book)


def with_tables(tables: Sequence[SheetTable], words: Texts) -> Workbook:
    """A scratch workbook with a sheet for each of some tables."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for table in tables:
        _draw_table(book.create_sheet(table.sheet), table, words)
    return book


def packed(book: Workbook) -> bytes:
    """A scratch workbook as an .xlsx file."""
    sink = BytesIO()
    with ZipFile(sink, "w", ZIP_DEFLATED) as archive:  # closed in order even if writing fails
        ExcelWriter(book, archive).save()
    return sink.getvalue()


def _draw_table(sheet: Worksheet, table: SheetTable, words: Texts) -> None:
    _head(sheet, table.title, table.subtitles, table.formulas)
    sheet.sheet_properties.tabColor = COLOURS[table.quadrant] if table.quadrant else _TAB
    header_row, first_row, wide = table.header_row, table.first_row, widths(table)
    last_row = first_row + max(len(table), 1) - 1
    for position, column in enumerate(table.columns, start=1):
        style = STYLES[column.kind]
        _header_cell(sheet, header_row, position, column)
        letter = get_column_letter(position)
        whole = sheet.column_dimensions[letter]
        whole.width = wide[position - 1]
        for cells in (sheet.cell(first_row, position), whole):
            cells.font = _BODY
            cells.number_format = style.number_format
            if column.kind is Kind.DATE:
                cells.number_format = words.spoken.day_format
            cells.alignment = _alignment(style)
        _rules(sheet, column, f"{letter}{first_row}:{letter}{_LAST_ROW}", words)
    sheet.row_dimensions[header_row].height = 33
    right = get_column_letter(len(table.columns))
    filled = FormulaRule(formula=[f"COUNTA($A{first_row}:${right}{first_row})>0"], border=_RULE)
    sheet.conditional_formatting.add(f"A{first_row}:{right}{_LAST_ROW}", filled)
    if table.summary is not None:
        _draw_summary(sheet, table.summary, wide)

    area = f"A{header_row}:{right}{last_row}"
    headers = (office_text(column.header) for column in table.columns)
    made = Table(
        displayName=table.table,
        name=table.table,
        ref=area,
        autoFilter=AutoFilter(ref=area),
        # given here, since openpyxl would make every cell of the table to find them
        tableColumns=[TableColumn(id=k, name=name) for k, name in enumerate(headers, start=1)],
    )
    made.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(made)
    names = [p for p, c in enumerate(table.columns, start=1) if c.kind is Kind.NAME]
    frozen = names[0] + 1 if names and names[0] <= _FROZEN else 1
    # a summary that stood still would leave too little of a small screen for the rows
    still = first_row if table.summary is None else 1
    sheet.freeze_panes = f"{get_column_letter(frozen)}{still}"
    _print_setup(sheet, words)
    sheet.print_title_rows = f"{header_row}:{header_row}"
    if table.printed is not None:
        _print_part(sheet, table, *table.printed)


def _print_part(sheet: Worksheet, table: SheetTable, rows: range, columns: range) -> None:
    """Print some rows and columns of a table, and all that stands above them on each page."""
    left, right = (get_column_letter(k + 1) for k in (columns[0], columns[-1]))
    sheet.print_area = f"{left}{table.first_row + rows[0]}:{right}{table.first_row + rows[-1]}"
    sheet.print_title_rows = f"1:{table.header_row}"


def _header_cell(sheet: Worksheet, row: int, position: int, column: ReportColumn) -> None:
    is_left = STYLES[column.kind].horizontal == "left"
    header = _text_cell(sheet, row, position, column.header)
    header.font = Font(name=FONT, size=11, bold=True, color="FFFFFF")
    header.fill = PatternFill("solid", fgColor=HEADER)
    header.alignment = Alignment(
        horizontal="left" if is_left else "center",
        vertical="center",
        wrap_text=True,
        indent=1 if is_left else 0,
    )


def _alignment(style: Style) -> Alignment:
    return Alignment(
        horizontal=style.horizontal,
        vertical="center",
        wrap_text=style.wrap or None,
        indent=0 if style.horizontal == "center" else 1,  # cells keep off their neighbours
    )


def _draw_summary(sheet: Worksheet, summary: Summary, wide: Sequence[float]) -> None:
    """The lines above a table; cells that stand over several columns are merged."""
    for column, first, _ in summary.spans(len(wide)):
        style = STYLES[column.kind]
        _header_cell(sheet, HEADER_ROW, first, column)
        for row, content in enumerate(column.cells, start=HEADER_ROW + 1):
            cell = sheet.cell(row, first)
            if isinstance(content, str):
                _text_cell(sheet, row, first, content)
            elif not np.isnan(content):
                cell.value = content
            cell.font, cell.border = _BODY, _RULE
            cell.number_format, cell.alignment = style.number_format, _alignment(style)
    for row, quadrant in enumerate(summary.quadrants, start=HEADER_ROW + 1):
        if quadrant is not None and quadrant in COLOURS:
            cell = sheet.cell(row, summary.at[0])
            cell.font, cell.border = Font(name=FONT, size=11, bold=True, color="FFFFFF"), Border()
            cell.fill = PatternFill("solid", fgColor=COLOURS[quadrant])
    for row, height in enumerate(summary_heights(summary, wide), start=HEADER_ROW):
        sheet.row_dimensions[row].height = height
        for _, first, last in summary.spans(len(wide)):
            if last > first:
                sheet.merge_cells(start_row=row, start_column=first, end_row=row, end_column=last)


def _text_cell(sheet: Worksheet, row: int, column: int, text: str) -> Cell:
    """A cell with a text that stays one: openpyxl takes some for formulas or errors."""
    cell = sheet.cell(row, column, office_text(text))
    assert isinstance(cell, Cell)
    cell.data_type = "s"
    return cell


def _head(
    sheet: Worksheet, title: str, subtitles: Sequence[str], formulas: Mapping[str, str]
) -> None:
    """The lines above a table: what was scored, and when, and room for what has changed since."""
    _text_cell(sheet, 1, 1, title).font = Font(name=FONT, size=16, bold=True, color=INK)
    sheet.row_dimensions[1].height = 24
    for row, subtitle in enumerate(subtitles, start=2):
        _text_cell(sheet, row, 1, subtitle).font = Font(name=FONT, size=10, color=SOFT)
    if NOTICE in formulas:
        warning = COLOURS[Quadrant.QUESTION_MARK]
        sheet[NOTICE].font = Font(name=FONT, size=10, bold=True, color=warning)


def _rules(sheet: Worksheet, column: ReportColumn, area: str, words: Texts) -> None:
    """What a cell's content adds to its looks: bars for scores, the colour of the type."""
    if column.kind is Kind.SCORE:
        bar = DataBarRule("num", 0, "num", 100, f"FF{BAR}", minLength=0, maxLength=100)
        sheet.conditional_formatting.add(area, bar)
        return
    first = area.partition(":")[0]
    if column.kind is Kind.REMARK:  # of somebody who is missing
        row = first.lstrip(string.ascii_uppercase)
        named = (f'$A{row}="{words(f"changes.{key}")}"' for key in ("gone", "parted"))
        fill = PatternFill("solid", bgColor=INPUT)
        rule = FormulaRule(formula=[f"OR({','.join(named)})"], fill=fill, border=_RULE)
        sheet.conditional_formatting.add(area, rule)
        return
    filled = column.kind is Kind.QUADRANT
    for word, colour in _coloured(column, words).items():
        rule = FormulaRule(
            formula=[f'{first}="{word}"'],
            font=Font(color="FFFFFF" if filled else colour, bold=True),
            fill=PatternFill("solid", bgColor=colour) if filled else None,
        )
        sheet.conditional_formatting.add(area, rule)


def _coloured(column: ReportColumn, words: Texts) -> dict[str, str]:
    """The words of a column that have a colour of their own."""
    warning = COLOURS[Quadrant.QUESTION_MARK]
    if column.kind is Kind.QUADRANT:
        return {words(f"quadrants.{quadrant}"): c for quadrant, c in COLOURS.items()}
    colours = {
        "findings.overrated": warning,
        "findings.underrated": COLOURS[Quadrant.STAR],
        "severities.error": _ERROR,
        "severities.warning": warning,
    }
    branch = {"finding": "findings", "severity": "severities"}.get(column.key)
    return {words(key): c for key, c in colours.items() if key.split(".")[0] == branch}


def _landscape(sheet: Worksheet) -> None:
    """Landscape A4, as wide as the page, as many pages long as it takes; no grid."""
    sheet.sheet_view.showGridLines = False
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToWidth = 1
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)


def _print_setup(sheet: Worksheet, words: Texts) -> None:
    """A page that says which sheet it is of, and its number."""
    _landscape(sheet)
    for side in ("left", "right"):
        setattr(sheet.page_margins, side, 0.4)
    sheet.page_margins.top = 0.5
    sheet.page_margins.bottom = 0.7
    sheet.page_margins.footer = 0.3
    footer = sheet.oddFooter
    assert footer is not None
    footer.left.text, footer.right.text = "&A", words("print.page")


# --- the matrix ---------------------------------------------------------------------------------

_CHART_ROW = HEADER_ROW + len(RATED_QUADRANTS) + 2
#: Of the columns of its summary, in characters.
_MATRIX_WIDTHS = (20, 14, 16, 88)


def _draw_matrix(sheet: Worksheet, matrix: MatrixSheet, words: Texts) -> None:
    _head(sheet, matrix.title, matrix.subtitles, matrix.formulas)
    sheet.sheet_properties.tabColor = _TAB
    _draw_summary(sheet, matrix.summary, _MATRIX_WIDTHS)
    for letter, width in zip("ABCD", _MATRIX_WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width

    lines = _threshold_cells(sheet, matrix)
    for position, column in enumerate(matrix.columns, start=POINTS_COLUMN):
        small = Font(name=FONT, size=9, color=SOFT)
        sheet.cell(POINTS_ROW - 1, position, column.header).font = small
        prototype = sheet.cell(POINTS_ROW, position)
        prototype.font, prototype.number_format = small, STYLES[column.kind].number_format
        if column.kind is Kind.PLOTTED:
            _hush(sheet, prototype.coordinate)
    chart = portfolio_chart(matrix, lines, words)
    sheet.add_chart(chart, f"A{_CHART_ROW}")
    _print_setup(sheet, words)
    sheet.page_setup.fitToHeight = 1
    sheet.print_area = f"A1:D{_CHART_ROW + 34}"


def _hush(sheet: Worksheet, first: str) -> None:
    """Let the errors of a column, which only keep points out of the chart, be hardly seen."""
    area = f"{first}:{first.rstrip('0123456789')}{_LAST_ROW}"
    rule = FormulaRule(formula=[f"ISNA({first})"], font=Font(color=LINE))
    sheet.conditional_formatting.add(area, rule)


def _threshold_cells(sheet: Worksheet, matrix: MatrixSheet) -> list[ThresholdLine]:
    """Write the ends of the threshold lines into cells, since a chart draws nothing else."""
    for row, cells in enumerate(matrix.thresholds, start=HEADER_ROW - 1):
        for column, content in enumerate(cells, start=POINTS_COLUMN):
            if content is not None:
                cell = sheet.cell(row, column, content)
                cell.font = Font(name=FONT, size=9, color=SOFT)
                cell.number_format = "General" if isinstance(content, str) else "0.0"
    first, last = HEADER_ROW + 1, HEADER_ROW + 2
    lines = []
    for column, title in zip((POINTS_COLUMN, POINTS_COLUMN + 2), matrix.lines, strict=True):
        x, y = (
            Reference(sheet, min_col=c, min_row=first, max_row=last) for c in (column, column + 1)
        )
        lines.append(ThresholdLine(title, x, y))
    return lines
