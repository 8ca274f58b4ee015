"""The sheets on which weights are found -> a scratch workbook: lists to choose from, colours.

What these sheets share with all others is the business of ``look``.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

from openpyxl.formatting.formatting import ConditionalFormattingList
from openpyxl.formatting.rule import FormulaRule
from openpyxl.styles import Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.worksheet import Worksheet

from xlportfolio.column_look import LINE_HEIGHT
from xlportfolio.locale import Texts, texts
from xlportfolio.look import INPUT, LINE, SOFT, packed, with_tables
from xlportfolio.schema.contract import LAST_ROW
from xlportfolio.tables import HEADER_ROW, Kind, SheetTable
from xlportfolio.weighing import CONSISTENT
from xlportfolio.weight_sheets import judgment_labels

#: Of a consistency ratio: it is fine, look again, judgments contradict each other.
_FINE, _DOUBTFUL, _BAD = "BFE3C8", "FFE08A", "F4A9A1"
_RULE = Border(bottom=Side("thin", color=LINE))
#: Characters that a list in Excel can have.
_LONGEST_LIST = 255
#: Of the first column of a square, at least, in characters; what bold ones need more.
_CORNER, _BOLD = 22.0, 1.25
#: The smallest entry of a column in which people type numbers.
_LOWEST: Mapping[str, int] = {"rank": 1, "points": 0}


def draw_weights(tables: Sequence[SheetTable], language: str) -> bytes:
    """Author the scratch workbook of these sheets; its bytes, as an .xlsx file."""
    words = texts(language)
    book = with_tables(tables, words)
    for table in tables:
        sheet = book[table.sheet]
        shared = sheet.conditional_formatting
        sheet.conditional_formatting = ConditionalFormattingList()
        _draw_entries(sheet, table, words)
        _draw_square(sheet, table, words)
        _draw_ratios(sheet, table)
        for area in shared:  # behind: LibreOffice applies only the first rule that holds
            for rule in area.rules:
                rule.priority = 0
                sheet.conditional_formatting.add(str(area.sqref), rule)
    return packed(book)


def _draw_entries(sheet: Worksheet, table: SheetTable, words: Texts) -> None:
    """Columns in which people type numbers, also in rows that a live workbook adds later."""
    first = table.first_row
    for position, column in enumerate(table.columns, start=1):
        if column.kind is not Kind.ENTRY:
            continue
        letter, lowest = get_column_letter(position), _LOWEST[column.key]
        area = f"{letter}{first}:{letter}{LAST_ROW}"
        _fill(sheet, area, f'$A{first}<>""', INPUT)
        rule = DataValidation("decimal", operator="greaterThanOrEqual", formula1=str(lowest))
        _explain(rule, words("weighing.number_title"), words(f"weighing.{column.key}_error"))
        rule.add(area)
        sheet.add_data_validation(rule)


def _draw_square(sheet: Worksheet, table: SheetTable, words: Texts) -> None:
    """A square in whose upper half people choose judgments; the lower one follows."""
    labels = ",".join(judgment_labels(words).values())
    assert len(labels) <= _LONGEST_LIST, labels
    first, last = table.first_row, table.first_row + len(table) - 1
    letters = [
        get_column_letter(position)
        for position, column in enumerate(table.columns, start=1)
        if column.kind is Kind.JUDGMENT
    ]
    if not letters:
        return
    square = f"{letters[0]}{first}:{letters[-1]}{last}"
    row, column = f"ROW()-{first}", "COLUMN()-2"
    _fill(sheet, square, f"{row}<{column}", INPUT)
    _fill(sheet, square, f"{row}={column}", LINE)
    below = FormulaRule(formula=[f"{row}>{column}"], font=Font(color=SOFT), border=_RULE)
    sheet.conditional_formatting.add(square, below)
    if len(letters) < 2:  # noqa: PLR2004 (one alone is compared with nothing)
        return
    _show_headers(sheet, table)
    rule = DataValidation("list", formula1=f'"{labels}"', allow_blank=True)
    _explain(rule, words("new.list_title"), words("weighing.judgment_error"))
    rule.promptTitle = words("weighing.prompt_title")
    rule.prompt = words("weighing.prompt")
    rule.showInputMessage = True
    for k, letter in enumerate(letters[1:], start=1):
        rule.add(f"{letter}{first}:{letter}{first + k - 1}")
    sheet.add_data_validation(rule)


def _show_headers(sheet: Worksheet, table: SheetTable) -> None:
    """Headers of squares are names of criteria or a question: make room for all their lines."""
    first = sheet.column_dimensions["A"]
    first.width = max(first.width, _CORNER)
    most = 1
    for position, column in enumerate(table.columns, start=1):
        width = sheet.column_dimensions[get_column_letter(position)].width
        most = max(most, len(textwrap.wrap(column.header, int(width / _BOLD))))
    row = sheet.row_dimensions[table.header_row]
    row.height = max(row.height, LINE_HEIGHT * most)


def _explain(rule: DataValidation, title: str, message: str) -> None:
    """Say what is allowed to whoever types anything else."""
    rule.errorTitle, rule.error, rule.showErrorMessage = title, message, True


def _draw_ratios(sheet: Worksheet, table: SheetTable) -> None:
    """Consistency ratios as a traffic light."""
    if table.summary is None:
        return
    top, bottom = HEADER_ROW + 1, HEADER_ROW + len(table.summary)
    for column, at in zip(table.summary.columns, table.summary.at, strict=True):
        if column.kind is not Kind.RATIO:
            continue
        letter = get_column_letter(at)
        here = f"{letter}{top}"
        for condition, colour in (
            (f"ROUND({here},9)<={CONSISTENT}", _FINE),
            (f"ROUND({here},9)<={2 * CONSISTENT}", _DOUBTFUL),
            (f"ROUND({here},9)>{2 * CONSISTENT}", _BAD),
        ):
            rule = f"AND(ISNUMBER({here}),{condition})"
            _fill(sheet, f"{letter}{top}:{letter}{bottom}", rule, colour)


def _fill(sheet: Worksheet, area: str, formula: str, colour: str) -> None:
    """Colour the cells of an area for which a formula holds."""
    fill = PatternFill("solid", bgColor=colour)
    sheet.conditional_formatting.add(area, FormulaRule(formula=[formula], fill=fill, border=_RULE))
