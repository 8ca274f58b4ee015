"""An open workbook, through what all engines of xlwings have: its tables in, our sheets out.

Everything is computed and everything that could be in the way is looked for before the first cell
is written. A sheet of ours that is there is refreshed where it is: its cells and the size of its
table. One that is missing is copied from the scratch workbook that :mod:`xlportfolio.look` authors,
so that it looks as in a closed workbook; where an engine cannot open files, it is a plain sheet.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import xlwings as xw
from xlwings.main import Table

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.cells import cell_of
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.look import STYLES, draw
from xlportfolio.report import (
    HEADER_ROW,
    MATRIX,
    MATRIX_NAME,
    ORDER,
    POINTS_COLUMN,
    POINTS_ROW,
    TABLES,
    MatrixSheet,
    Report,
    ReportColumn,
    SheetTable,
)
from xlportfolio.schema import TABLES as INPUT_TABLES
from xlportfolio.schema import RawTable
from xlportfolio.schema.contract import Cell, column_letters, sheet_table
from xlportfolio.state import STATE, state_array

#: A block of cells to be written.
Rows = list[list[Any]]

#: Words that Excel takes for truth values when they are entered.
_TRUTHS = {"true", "false", "wahr", "falsch"}
#: Texts longer than this are neither numbers nor dates.
_LONGEST_ENTRY = 40
#: What the name of the matrix refers to.
_HOME = re.compile(r"=?'?(?P<sheet>.*?)'?!")
#: Lines above a table: its title, what was scored, and a blank one.
_HEAD = HEADER_ROW - 1


class LiveBook:
    """An open workbook, its sheets and its table objects as they were when it was looked at."""

    def __init__(self, book: xw.Book) -> None:
        self.book = book
        self.sheets = {sheet.name.casefold(): sheet for sheet in book.sheets}
        self.tables = {
            table.name.casefold(): (sheet, table)
            for sheet in self.sheets.values()
            for table in sheet.tables
        }

    # --- input ---------------------------------------------------------------------------------

    def read_tables(self) -> dict[str, RawTable]:
        """The input tables by name: table objects, else what stands on the sheets of that name."""
        found = {}
        for table in INPUT_TABLES:
            sheet, there = self.tables.get(table.name.casefold(), (None, None))
            if there is not None and sheet is not None:
                area = there.range
                if not _asked(there, "show_headers", default=True):
                    raise XlPortfolioError("headers_hidden", sheet=sheet.name, table=table.name)
                header, *rows = _read(area)
                if _asked(there, "show_totals", default=False):
                    rows = rows[:-1]
                found[table.name] = RawTable(table, sheet.name, area.row, area.column, header, rows)
                continue
            for name in (table.english, table.german):
                sheet = self.sheets.get(name.casefold())
                if sheet is not None and table.name not in found:
                    last = sheet.used_range.last_cell
                    raw = sheet_table(table, sheet.name, _read(sheet.range((1, 1), last)))
                    if raw is not None:
                        found[table.name] = raw
        return found

    # --- output --------------------------------------------------------------------------------

    def ours(self) -> dict[str, xw.Sheet]:
        """The sheets of ours that are there, by key."""
        found = {
            key: self.tables[table.casefold()][0]
            for key, table in TABLES.items()
            if table.casefold() in self.tables
        }
        if MATRIX_NAME in self.book.names:
            home = _HOME.match(self.book.names[MATRIX_NAME].refers_to or "")
            name = home["sheet"].replace("''", "'").casefold() if home else ""
            if name in self.sheets:
                found[MATRIX] = self.sheets[name]
        return found

    def names(self, wanted: Mapping[str, str]) -> dict[str, str]:
        """What each sheet of ours is called, or will be."""
        ours = {key: sheet.name for key, sheet in self.ours().items()}
        taken = {*self.sheets, *(name.casefold() for name in ours.values())}
        for key in ORDER:
            if key not in ours:
                candidate, number = wanted[key], 2
                while candidate.casefold() in taken:
                    candidate, number = f"{wanted[key]} ({number})", number + 1
                taken.add(candidate.casefold())
                ours[key] = candidate
        return ours

    def write(
        self, report: Report, state: Mapping[str, float | dt.date], language: str
    ) -> list[str]:
        """Write all sheets; the names of those written.

        Raises
        ------
        XlPortfolioError
            If something of the user's is in the way; then nothing has been written.
        """
        ours = self.ours()
        refreshed = [
            Refreshed(ours[table.key], self.tables[table.table.casefold()][1], table)
            for table in report.tables
            if table.key in ours
        ]
        for one in refreshed:
            one.prepare()
        made = self._make([key for key in ORDER if key not in ours], report, language)
        try:
            for one in refreshed:
                one.write()
            if MATRIX in ours:
                _refresh_matrix(ours[MATRIX], report.matrix)
            for table in report.tables:
                if table.key in made:
                    _fill(made[table.key], table)
                    del made[table.key]
            if MATRIX in made:
                _write(made[MATRIX], (POINTS_ROW, POINTS_COLUMN), _rows(report.matrix.points))
                home = made[MATRIX].name.replace("'", "''")
                self.book.names.add(MATRIX_NAME, f"='{home}'!$A$1")
                del made[MATRIX]
            self._remember(state)
        except BaseException:
            _delete(made.values())  # copied, but without data
            raise
        return [*(table.sheet for table in report.tables), report.matrix.sheet]

    def _make(self, keys: Sequence[str], report: Report, language: str) -> dict[str, xw.Sheet]:
        """Add the missing sheets, without data but for lines above the tables."""
        if not keys:
            return {}
        made: dict[str, xw.Sheet] = {}
        front = self.book.sheets.active
        opens_files = self.book.app.engine.type == "desktop"  # xlwings Lite does not
        added = self._copied(keys, report, language) if opens_files else self._plain(keys, report)
        try:
            made.update(added)
        except BaseException:
            _delete(made.values())
            raise
        front.activate()
        return made

    def _copied(
        self, keys: Sequence[str], report: Report, language: str
    ) -> Iterator[tuple[str, xw.Sheet]]:
        """Copy authored sheets from the scratch workbook to the end of this one."""
        names = {**{t.key: t.sheet for t in report.tables}, MATRIX: report.matrix.sheet}
        with TemporaryDirectory(prefix="xlportfolio-", ignore_cleanup_errors=True) as folder:
            path = (Path(folder) / Path(folder).name).with_suffix(".xlsx")  # no other is named so
            path.write_bytes(draw(report, language))
            scratch = self.book.app.books.open(path)
            try:
                for key in keys:
                    scratch.sheets[names[key]].copy(after=self.book.sheets[-1])
                    yield key, self.book.sheets[names[key]]
            finally:
                scratch.close()

    def _plain(self, keys: Sequence[str], report: Report) -> Iterator[tuple[str, xw.Sheet]]:
        """Add sheets that look as the engine makes them, where it opens no files."""
        tables = {table.key: table for table in report.tables}
        for key in keys:
            name = tables[key].sheet if key in tables else report.matrix.sheet
            yield key, (sheet := self.book.sheets.add(name, after=self.book.sheets[-1]))
            if key in tables:
                _lay_out(sheet, tables[key])
            else:
                _refresh_matrix(sheet, report.matrix)

    def _remember(self, state: Mapping[str, float | dt.date]) -> None:
        """Set the name that tells of the last run, where the workbook has it."""
        if STATE in self.book.names:
            self.book.names[STATE].refers_to = f"={state_array(state)}"


class Refreshed:
    """A sheet of ours that is there: what has to be written into it, and what is the user's."""

    def __init__(self, sheet: xw.Sheet, there: Table, table: SheetTable) -> None:
        self.sheet, self.there, self.table = sheet, there, table
        area = there.range
        self.row, self.column = area.row, area.column
        self.height, self.width = area.shape
        self.height -= int(_asked(there, "show_totals", default=False))
        self.moved: dict[int, Rows] = {}
        self.above: Rows = []

    def prepare(self) -> None:
        """Look for whatever is in the way; nothing is written.

        Raises
        ------
        XlPortfolioError
            If the table lacks our columns, something stands below it where it has to grow, or a
            note in a column that the user added belongs to a customer who left the sheet.
        """
        ours, top = len(self.table.columns), max(self.row - _HEAD, 1)
        first = self.sheet.range((top, self.column), (self.row, self.column + self.width - 1))
        *self.above, header = _read(first)
        if self.width < ours or not _same_columns(header[:ours], self.table.columns):
            details = {"sheet": self.sheet.name, "table": self.table.table}
            raise XlPortfolioError("columns_moved", **details)
        bottom, new_bottom = self.row + self.height - 1, self.row + max(len(self.table), 1)
        used = self.sheet.used_range.last_cell.row
        if new_bottom > bottom and used > bottom:
            below = self.sheet.range(
                (bottom + 1, self.column), (new_bottom, self.column + self.width - 1)
            )
            for r, row in enumerate(_read(below), start=bottom + 1):
                for c, cell in enumerate(row, start=self.column):
                    if cell is not None:
                        address = f"{column_letters(c)}{r}"
                        raise XlPortfolioError("below_table", sheet=self.sheet.name, cell=address)
        if self.width > ours:
            self._move_columns(ours)

    def _move_columns(self, ours: int) -> None:
        """Let what stands in columns that the user added follow its customer."""
        first = (self.row + 1, self.column)
        last = (self.row + self.height - 1, self.column + self.width - 1)
        try:
            cells = self.sheet.range(first, last).formula
        except NotImplementedError as error:  # xlwings Lite cannot say what is a formula
            raise XlPortfolioError("columns_unread", sheet=self.sheet.name) from error
        cells = [[cells]] if isinstance(cells, str) else [list(row) for row in cells]
        keys = [column.key for column in self.table.columns]
        if "customer_id" not in keys:
            return
        at = keys.index("customer_id")
        now: dict[str, int] = {}
        for k, text in enumerate(self.table.columns[at].cells):
            now.setdefault(_id_text(text), k)
        for c in range(ours, self.width):
            column = [row[c] for row in cells]
            if any(str(cell).startswith("=") for cell in column) or not any(column):
                continue  # a formula stands in every row alike
            moved: Rows = [[None] for _ in range(max(len(self.table), self.height - 1, 1))]
            for r, cell in enumerate(column):
                if cell in {"", None}:
                    continue
                place = now.get(_id_text(cells[r][at]))
                if place is None:
                    address = f"{column_letters(self.column + c)}{self.row + 1 + r}"
                    raise XlPortfolioError("note_left", sheet=self.sheet.name, cell=address)
                moved[place] = [cell]
            self.moved[c] = moved

    def write(self) -> None:
        """Write title, headers and data in one call, then fit the table to them."""
        table, old = self.table, self.height - 1
        ours = len(table.columns)
        data = [[column.header for column in table.columns], *_rows(table.columns)]
        data += [[None] * ours for _ in range(max(old - len(table), 1 - len(table), 0))]
        head = _head(table.title, table.subtitles)
        free = all(cell is None for row in self.above for cell in row[1:])
        if len(self.above) == _HEAD and free:
            blank = [None] * (ours - 1)
            whole = [[*row, *blank] for row in [*head, *[[None]] * (_HEAD - len(head))]] + data
            _write(self.sheet, (self.row - _HEAD, self.column), whole)
        else:
            if len(self.above) == _HEAD:
                _write(self.sheet, (self.row - _HEAD, self.column), head)
            _write(self.sheet, (self.row, self.column), data)
        for c, column in self.moved.items():
            _write(self.sheet, (self.row + 1, self.column + c), column)
        if max(len(table), 1) != old:
            last = (self.row + max(len(table), 1), self.column + self.width - 1)
            self.there.resize(self.sheet.range((self.row, self.column), last))


def _delete(sheets: Iterable[xw.Sheet]) -> None:
    """Take back sheets that were added, as far as that goes."""
    for sheet in sheets:
        with suppress(Exception):
            sheet.delete()


def _lay_out(sheet: xw.Sheet, table: SheetTable) -> None:
    """Put a table without data on a new sheet, its columns in their widths and formats."""
    _write(sheet, (1, 1), _head(table.title, table.subtitles))
    _write(sheet, (HEADER_ROW, 1), [[column.header for column in table.columns]])
    last = HEADER_ROW + max(len(table), 1)
    area = sheet.range((HEADER_ROW, 1), (last, len(table.columns)))
    sheet.tables.add(area, name=table.table)
    for k, column in enumerate(table.columns, start=1):
        style, cells = STYLES[column.kind], sheet.range((HEADER_ROW + 1, k), (last, k))
        cells.number_format, cells.column_width = style.number_format, style.width


def _fill(sheet: xw.Sheet, table: SheetTable) -> None:
    """Put the data into a sheet that was copied."""
    if len(table):
        _write(sheet, (HEADER_ROW + 1, 1), _rows(table.columns))


def _refresh_matrix(sheet: xw.Sheet, matrix: MatrixSheet) -> None:
    """Bring the cells of the matrix up to date; its chart draws them."""
    head = _head(matrix.title, matrix.subtitles)
    _write(sheet, (1, 1), head)
    summary = [matrix.summary_header, *(line.cells for line in matrix.summary)]
    _write(sheet, (HEADER_ROW, 1), [list(line) for line in summary])
    width = len(matrix.points)
    value, benefit = matrix.value_threshold, matrix.benefit_threshold
    first = HEADER_ROW + 1
    block: Rows = [[0, value, benefit, 0], [100, value, benefit, 100]]
    block = [[*row, *[None] * (width - len(row))] for row in block]
    block += [[None] * width for _ in range(POINTS_ROW - 1 - first - len(block))]
    block += [[column.header for column in matrix.points], *_rows(matrix.points)]
    old = sheet.used_range.last_cell.row
    block += [[None] * width for _ in range(old - first - len(block) + 1)]
    _write(sheet, (first, POINTS_COLUMN), block)


def _head(title: str, subtitles: Sequence[str]) -> Rows:
    """The lines above a table; a line that was there before is blanked."""
    lines = [title, *subtitles]
    return [[line] for line in lines] + [[None]] * (3 - len(lines))


def _same_columns(header: Sequence[Cell], columns: Sequence[ReportColumn]) -> bool:
    """Whether a header row is ours, in any language; the measure of the ABC analysis may vary."""
    for cell, column in zip(header, columns, strict=True):
        allowed = {texts(language)(f"columns.{column.key}") for language in LANGUAGES}
        if cell not in {*allowed, column.header} and column.key != "amount":
            return False
    return True


def _rows(columns: Sequence[ReportColumn]) -> Rows:
    """Columns as rows of cells that Excel takes as they are."""
    plain = []
    for column in columns:
        if isinstance(column.cells, list | tuple):
            known: dict[str, str | None] = {}
            plain.append([known.setdefault(text, entry(text)) for text in column.cells])
        else:
            numbers: list[float] = list(column.cells)  # type: ignore[arg-type]
            plain.append([None if x != x else float(x) for x in numbers])  # type: ignore[misc] # noqa: PLR0124
    return [list(row) for row in zip(*plain, strict=True)]


def entry(text: str) -> str | None:
    """A text as it is entered, so that it stays the text: Excel reads entries as one types them.

    >>> [entry(text) for text in ("Alpha GmbH", "1001", "=1+1", "3-4", "", "true")]
    ['Alpha GmbH', "'1001", "'=1+1", "'3-4", None, "'true"]
    """
    if not text:
        return None
    is_word = text[0].isalpha() and not any(c.isdigit() for c in text)
    if (is_word or (text[0].isalpha() and len(text) > _LONGEST_ENTRY)) and (
        text.casefold() not in _TRUTHS
    ):
        return text
    return f"'{text}"


def _id_text(cell: object) -> str:
    """A customer's number as our sheets show it, however Excel holds it."""
    text = str(cell if cell is not None else "").removeprefix("'")
    return text.removesuffix(".0")


def _read(area: xw.Range) -> list[list[Cell]]:
    """The cells of a range, in one call."""
    rows = area.options(ndim=2, err_to_str=True).value
    return [[cell_of(cell) for cell in row] for row in rows]


def _write(sheet: xw.Sheet, first: tuple[int, int], rows: Rows) -> None:
    """Write a block of cells, in one call."""
    last = (first[0] + len(rows) - 1, first[1] + len(rows[0]) - 1)
    sheet.range(first, last).value = rows


def _asked(table: Table, question: str, *, default: bool) -> bool:
    """What an engine says of a table; the default where it cannot tell."""
    try:
        return bool(getattr(table, question))
    except NotImplementedError:
        return default


@contextmanager
def quiet(app: xw.App) -> Iterator[None]:
    """Let Excel neither draw nor compute meanwhile; all is as it was afterwards, come what may."""
    before: dict[str, Any] = {}
    try:
        for name, value in (("screen_updating", False), ("calculation", "manual")):
            with suppress(NotImplementedError):  # where an engine cannot tell, it stays as it is
                was = getattr(app, name)
                setattr(app, name, value)
                before[name] = was
        yield
    finally:
        for name, was in reversed(before.items()):
            with suppress(Exception):
                setattr(app, name, was)
