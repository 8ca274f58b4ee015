"""Author a new workbook: the input sheets of the contract in one language."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from io import BytesIO
from types import MappingProxyType
from typing import Any

import numpy as np
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.workbook.properties import CalcProperties
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table as TableObject
from openpyxl.worksheet.table import TableStyleInfo
from openpyxl.worksheet.worksheet import Worksheet

from xlportfolio.advice import standard_strategies
from xlportfolio.chart import COLOURS, INK
from xlportfolio.locale import Texts, texts
from xlportfolio.look import FONT, HEADER, LINE_HEIGHT, RULE, SOFT, landscape, lines_of
from xlportfolio.model import RATED_QUADRANTS, Axis, Presentation, ScoringModel, Status
from xlportfolio.schema import SETTINGS, Table
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, SETTINGS_TABLE, STRATEGIES, Cell
from xlportfolio.template import sample

_INPUT = "FFF9E8"
_HEADER_ROW = 4


def new_workbook(language: str, *, with_sample: bool) -> bytes:
    """A workbook to start from; its bytes, as an .xlsx file.

    Parameters
    ----------
    language
        Of the sheets' names, headers, words and hints.
    with_sample
        Whether the invented customers are in it. Without them the table of the customers is
        empty; criteria, settings and strategies are there either way, to be changed.
    """
    words = texts(language)
    book = Workbook()
    start = book.worksheets[0]
    start.title = words("new.start")
    _start(start, words, with_sample=with_sample)
    _customers(book, language, with_sample=with_sample)
    _criteria(book, language)
    _settings(book, language)
    _strategies(book, language)
    book.calculation = CalcProperties(fullCalcOnLoad=False)  # leave that to the user
    sink = BytesIO()
    book.save(sink)
    return sink.getvalue()


def _start(sheet: Worksheet, words: Texts, *, with_sample: bool) -> None:
    landscape(sheet)
    sheet.column_dimensions["A"].width = 24
    sheet.column_dimensions["B"].width = 110
    sheet["A1"] = words("new.sample_title" if with_sample else "new.title")
    sheet["A1"].font = Font(name=FONT, size=18, bold=True, color=INK)
    sheet["A2"] = words("new.sample_label" if with_sample else "new.empty_label")
    sheet["A2"].font = Font(name=FONT, size=11, color=COLOURS[RATED_QUADRANTS[1]], bold=True)
    for row, step in enumerate(words.branch("new")["steps"], start=4):
        sheet.cell(row, 1, step).font = Font(name=FONT, size=11, color=INK)
    top = 10
    sheet.cell(top - 1, 1, words("new.types")).font = Font(name=FONT, size=13, bold=True, color=INK)
    for row, quadrant in enumerate(RATED_QUADRANTS, start=top):
        name = sheet.cell(row, 1, words(f"quadrants_plural.{quadrant}"))
        name.font = Font(name=FONT, size=11, bold=True, color="FFFFFF")
        name.fill = PatternFill("solid", fgColor=COLOURS[quadrant])
        name.alignment = Alignment(horizontal="center")
        meaning = sheet.cell(row, 2, words(f"meanings.{quadrant}"))
        meaning.font = Font(name=FONT, size=11, color=INK)
        meaning.alignment = Alignment(indent=1)


def _customers(book: Workbook, language: str, *, with_sample: bool) -> None:
    names = [sample.criterion_texts(c, language)[0] for c in sample.CRITERIA]
    rows = sample.sample(language).customers if with_sample else []
    formats = {k: c.number_format for k, c in enumerate(sample.CRITERIA, start=4)}
    widths = [16, 38, 14, *[max(13, len(name) + 4) for name in names]]
    sheet = _table(book, CUSTOMERS, language, rows, widths, extra=names, formats=formats)
    words = texts(language)
    _choice(sheet, 3, [words(f"statuses.{status}") for status in Status], words)
    sheet.freeze_panes = f"C{_HEADER_ROW + 1}"


def _criteria(book: Workbook, language: str) -> None:
    widths = [22, 10, 10, 11, 13, 11, 11, 44, 15, 13, 66]
    formats = {6: "#,##0.##", 7: "#,##0.##"}
    sheet = _table(book, CRITERIA, language, sample.criteria(language), widths, formats=formats)
    words = texts(language)
    _choice(sheet, 2, [words(f"axes.{axis}") for axis in Axis], words)
    _choice(sheet, 4, ["max", "min"], words)
    _choice(sheet, 5, list(words.branch("scales").values()), words)


def _settings(book: Workbook, language: str) -> None:
    words = texts(language)
    rows = [[name, _default(name, language), words(f"settings.{name}")] for name in SETTINGS]
    extra = [words("new.settings_column")]
    _table(book, SETTINGS_TABLE, language, rows, [22, 16, 100], extra=extra)


def _default(name: str, language: str) -> Cell:
    if name == "language":
        return language
    defaults: dict[str, Any] = {
        field.name: field.default for field in (*fields(ScoringModel), *fields(Presentation))
    }
    default: Cell = defaults[name]
    return default


def _strategies(book: Workbook, language: str) -> None:
    words = texts(language)
    rows: list[list[Cell]] = [
        [
            words(f"quadrants.{s.quadrant}"),
            words(f"statuses.{s.status}"),
            s.strategy,
            s.activity,
            s.visits_per_year,
            s.hours_per_visit,
            s.text,
        ]
        for s in standard_strategies(language)
    ]
    sheet = _table(book, STRATEGIES, language, rows, [18, 14, 28, 48, 12, 12, 90])
    _choice(sheet, 1, [words(f"quadrants.{quadrant}") for quadrant in RATED_QUADRANTS], words)
    _choice(sheet, 2, [words(f"statuses.{status}") for status in Status], words)


def _table(
    book: Workbook,
    table: Table,
    language: str,
    rows: Sequence[Sequence[Cell]],
    widths: Sequence[float],
    *,
    extra: Sequence[str] = (),
    formats: Mapping[int, str] = MappingProxyType({}),
) -> Worksheet:
    """A sheet with one input table: a title, a hint, headers, and cells styled as inputs."""
    words = texts(language)
    sheet: Worksheet = book.create_sheet(table.sheet(language))
    sheet["A1"] = table.sheet(language)
    sheet["A1"].font = Font(name=FONT, size=16, bold=True, color=INK)
    sheet["A2"] = words(f"new.{table.english.lower()}_hint")
    sheet["A2"].font = Font(name=FONT, size=10, color=SOFT)
    headers = [*(column.header(language) for column in table.columns), *extra]
    for position, (header, width) in enumerate(zip(headers, widths, strict=True), start=1):
        cell = sheet.cell(_HEADER_ROW, position, header)
        cell.font = Font(name=FONT, size=11, bold=True, color="FFFFFF")
        cell.fill = PatternFill("solid", fgColor=HEADER)
        cell.alignment = Alignment(vertical="center", wrap_text=True)
        sheet.column_dimensions[get_column_letter(position)].width = width
    sheet.row_dimensions[_HEADER_ROW].height = 33
    blank: Sequence[Sequence[Cell]] = [[None] * len(headers)]
    for number, row in enumerate(rows or blank, start=_HEADER_ROW + 1):
        for position, content in enumerate(row, start=1):
            typed = sheet.cell(number, position)
            typed.value = content  # type: ignore[assignment]
            typed.font = Font(name=FONT, size=11, color=INK)
            typed.fill = PatternFill("solid", fgColor=_INPUT)
            typed.border = RULE
            typed.alignment = _alignment(content, position)
            typed.number_format = formats.get(position, "General")
        lengths = np.array([len(str(content)) for content in row], dtype=np.float64)
        lines = max(map(lines_of, lengths, widths))
        sheet.row_dimensions[number].height = LINE_HEIGHT * float(lines)
    last = f"{get_column_letter(len(headers))}{_HEADER_ROW + max(len(rows), 1)}"
    made = TableObject(displayName=table.name, name=table.name, ref=f"A{_HEADER_ROW}:{last}")
    made.tableStyleInfo = TableStyleInfo(name="TableStyleLight1", showRowStripes=False)
    sheet.add_table(made)
    sheet.freeze_panes = f"B{_HEADER_ROW + 1}"
    landscape(sheet)
    sheet.print_title_rows = f"{_HEADER_ROW}:{_HEADER_ROW}"
    return sheet


def _alignment(content: Cell, position: int) -> Alignment:
    """Text and what leads a row to the left, numbers to the right, none of them at the edge."""
    if isinstance(content, str) or position == 1:
        return Alignment("left", "center", wrap_text=True, indent=1)
    return Alignment("right", "center", indent=1)


def _choice(sheet: Worksheet, column: int, choices: Sequence[str], words: Texts) -> None:
    """Offer a list of words in a column, for the rows that are there and some to come."""
    letter = get_column_letter(column)
    rule = DataValidation("list", formula1=f'"{",".join(choices)}"', allow_blank=True)
    rule.error = words("new.list_error")
    rule.showErrorMessage = True
    rule.add(f"{letter}{_HEADER_ROW + 1}:{letter}{_HEADER_ROW + 2_000}")
    sheet.add_data_validation(rule)
