"""The pen with which new workbooks are written: XlsxWriter, and the look that all sheets share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np
import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xlportfolio.chart import INK
from xlportfolio.column_look import LINE_HEIGHT, lines_of
from xlportfolio.locale import Texts, texts
from xlportfolio.look import FONT, HEADER, INPUT, LINE, SOFT
from xlportfolio.schema import Table
from xlportfolio.schema.contract import Cell, column_letters

#: Row of the headers of every table, counted from 0, and the first row below it.
HEADER_ROW, FIRST_ROW = 3, 4
#: Rows for which lists, rules and colours are there: those of today and some to come.
LAST_ROW = 20_000
#: Cells with nothing in them; cells that cannot be used.
MISSING, FAULTY, _FAULTY_INK = "FFE3A3", "F9C9C4", "8C1D18"
#: First row and column, last row and column of some cells, counted from 0.
Area = tuple[int, int, int, int]
#: Characters that an Excel list, its title and its message can have.
_LONGEST_LIST, _LONGEST_TITLE, _LONGEST_MESSAGE = 255, 32, 255
#: Characters of a line in a note, or a few less.
_NOTE_LINE = 38
#: Characters that Excel's dialogue takes for the formula of a rule.
_LONGEST_RULE = 255


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of an input table: header, note on the header, width and number format."""

    header: str
    note: str
    width: float
    number_format: str = "General"


class Author:
    """A workbook in the making, and the words and formats that its sheets share."""

    def __init__(self, book: xlsxwriter.Workbook, language: str, *, macros: bool) -> None:
        self.book = book
        self.language = language
        self.words: Texts = texts(language)
        self.macros = macros
        #: Of each dynamic array formula: its sheet, its cell, and the values that it has.
        self.answers: list[tuple[int, str, list[list[Any]]]] = []

    def format(self, **properties: Any) -> Format:  # noqa: ANN401 (as XlsxWriter takes them)
        """A cell format; what is not said is as everywhere."""
        usual = {"font_name": FONT, "font_size": 11, "font_color": f"#{INK}", "valign": "vcenter"}
        made: Format = self.book.add_format(usual | properties)
        return made

    @property
    def date_format(self) -> str:
        """Of cells that hold a day."""
        return self.words.spoken.day_format

    def header(self, align: str = "left") -> Format:
        """Of the headers of tables."""
        look = {"bold": True, "font_color": "#FFFFFF", "bg_color": f"#{HEADER}", "text_wrap": True}
        return self.format(**look, align=align, indent=int(align == "left"))

    def heading(self, size: int = 13) -> Format:
        """Of titles within a sheet."""
        return self.format(bold=True, font_size=size)

    def soft(self, **properties: Any) -> Format:  # noqa: ANN401 (as above)
        """Of hints and of cells that serve others."""
        return self.format(font_size=10, font_color=f"#{SOFT}", **properties)

    def body(self, **properties: Any) -> Format:  # noqa: ANN401 (as above)
        """Of cells that hold results."""
        return self.format(bottom=1, bottom_color=f"#{LINE}", **properties)

    def input(self, **properties: Any) -> Format:  # noqa: ANN401 (as above)
        """Of cells that a user fills in."""
        return self.body(bg_color=f"#{INPUT}", **properties)

    # --- sheets --------------------------------------------------------------------------------

    def sheet(self, name: str, title: str, hint: str, code_name: str) -> Worksheet:
        """A new sheet with its title and a hint, made to be printed on landscape A4."""
        made: Worksheet = self.book.add_worksheet(name)
        if self.macros:
            made.set_vba_name(code_name)
        made.hide_gridlines(2)
        made.set_landscape()
        made.set_paper(9)
        made.fit_to_pages(1, 0)
        made.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.7)
        made.set_footer(f"&L&A&R{self.words('print.page')}", {"margin": 0.3})
        made.write_string(0, 0, title, self.heading(16))
        made.set_row(0, 24)
        made.write_string(1, 0, hint, self.soft())
        return made

    def table(
        self,
        table: Table,
        columns: Sequence[TableColumn],
        rows: Sequence[Sequence[Cell]],
        code_name: str,
    ) -> Worksheet:
        """A sheet with one input table: title, hint, headers with notes, cells styled as inputs."""
        name = table.sheet(self.language)
        hint = self.words(f"new.{table.stem}_hint")
        sheet = self.sheet(name, name, hint, code_name)
        last = FIRST_ROW + max(len(rows), 1) - 1
        sheet.add_table(
            HEADER_ROW,
            0,
            last,
            len(columns) - 1,
            {
                "name": table.name,
                "style": "Table Style Light 1",
                "banded_rows": False,
                "columns": [{"header": column.header} for column in columns],
            },
        )
        sheet.set_row(HEADER_ROW, 33)
        for position, column in enumerate(columns):
            sheet.set_column(position, position, column.width)
            sheet.write_string(HEADER_ROW, position, column.header, self.header())
            lines = 2 + len(column.note) // _NOTE_LINE
            size = {"width": 256, "height": 14 * lines + 10}  # pixels
            note = {"author": "xlportfolio", "font_size": 9, **size}
            sheet.write_comment(HEADER_ROW, position, column.note, note)
        blank: Sequence[Sequence[Cell]] = [[None] * len(columns)]
        widths = [column.width for column in columns]
        for number, row in enumerate(rows or blank, start=FIRST_ROW):
            self._row(sheet, number, row, columns)
            lengths = np.array([len(str(cell)) for cell in row], dtype=np.float64)
            sheet.set_row(number, LINE_HEIGHT * float(max(map(lines_of, lengths, widths))))
        sheet.freeze_panes(FIRST_ROW, 1)
        sheet.repeat_rows(HEADER_ROW)
        return sheet

    def _row(
        self, sheet: Worksheet, number: int, row: Sequence[Cell], columns: Sequence[TableColumn]
    ) -> None:
        for position, (cell, column) in enumerate(zip(row, columns, strict=True)):
            # text and what leads a row to the left, numbers to the right, none at the edge; where
            # nothing is and either may come, Excel decides by what does
            left = isinstance(cell, str) or position == 0
            placed: dict[str, Any] = {"align": "left" if left else "right", "indent": 1}
            if cell is None and not left and column.number_format == "General":
                placed = {}
            style = self.input(num_format=column.number_format, text_wrap=left, **placed)
            sheet.write(number, position, cell, style)

    # --- what is allowed in a cell -------------------------------------------------------------

    def choice(
        self,
        sheet: Worksheet,
        area: Area,
        choices: Sequence[str],
        *,
        message: str = "new.list_error",
        strictness: str = "stop",
    ) -> None:
        """Offer a list of words in some cells, and name them to whoever types another."""
        joined = ",".join(choices)
        assert len(joined) <= _LONGEST_LIST, joined
        text = self.words(message, words=", ".join(choices))
        self.allow(
            sheet,
            area,
            {"validate": "list", "source": list(choices), "error_type": strictness},
            title="new.list_title",
            message=text,
        )

    def allow(
        self,
        sheet: Worksheet,
        area: Area,
        rule: Mapping[str, Any],
        *,
        title: str = "new.number_title",
        message: str,
    ) -> None:
        """Allow in some cells only what a rule says, and say so to whoever types anything else."""
        named = self.words(title)
        assert len(named) <= _LONGEST_TITLE, named
        assert len(message) <= _LONGEST_MESSAGE, message
        sheet.data_validation(*area, {**rule, "error_title": named, "error_message": message})

    def colour(
        self,
        sheet: Worksheet,
        area: Area,
        formula: str,
        properties: Mapping[str, Any] = MappingProxyType({}),
    ) -> None:
        """Colour cells for which a formula holds; if not said otherwise, as impossible entries."""
        assert len(formula) <= _LONGEST_RULE, formula
        faulty = {"bg_color": f"#{FAULTY}", "font_color": f"#{_FAULTY_INK}"}
        made = self.book.add_format(dict(properties) or faulty)
        rule = {"type": "formula", "criteria": formula, "format": made}
        sheet.conditional_format(*area, rule)

    def group_thousands(self, sheet: Worksheet, area: Area) -> None:
        """Show large whole numbers in groups of three digits, all others as they are."""
        here = f"{column_letters(area[1] + 1)}{area[0] + 1}"
        is_large = f"=AND(ISNUMBER({here}),ABS({here})>=1000,{here}=INT({here}))"
        self.colour(sheet, area, is_large, {"num_format": "#,##0"})

    def missing(self, sheet: Worksheet, area: Area, formula: str) -> None:
        """Colour cells in which something is missing."""
        self.colour(sheet, area, formula, {"bg_color": f"#{MISSING}"})
