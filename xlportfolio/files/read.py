"""Read the input tables of a closed workbook: straight from its XML where that is plain.

Whatever is not plain is cut out of whole sheets.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from xlportfolio.errors import WorkbookError
from xlportfolio.files.cells import Area
from xlportfolio.files.extent import FREE_IN_TABLES, are_lost
from xlportfolio.files.markup import Bytes
from xlportfolio.files.plain import Shown, plain_columns, plain_strings, shown_kinds
from xlportfolio.files.whole import WholeSheets
from xlportfolio.files.workbook import Sheet, TableObject, Workbook
from xlportfolio.model import name_key
from xlportfolio.schema import TABLES, RawTable, Table
from xlportfolio.schema.contract import KEPT_TABLES, Cell, Cells, sheet_table


def read_tables(workbook: Workbook) -> dict[str, RawTable]:
    """The tables of a workbook that are read, by name: its table objects, else its sheets.

    Raises
    ------
    WorkbookError
        If the cells cannot be read.
    """
    objects = {table.name.lower(): (sheet, table) for sheet, table in workbook.tables()}
    reader = _Reader(workbook)
    found = {}
    for table in (*TABLES, *KEPT_TABLES):
        sheet, area = objects.get(table.name.lower(), (None, None))
        raw = (
            reader.of_object(table, sheet, area)
            if sheet is not None and area is not None
            else reader.of_sheet(table)
        )
        if raw is not None:
            found[table.name] = raw
    return found


def read_objects(
    workbook: Workbook, objects: Iterable[tuple[Table, Sheet, TableObject]]
) -> list[RawTable]:
    """Tables that stand in table objects, one by one.

    Raises
    ------
    WorkbookError
        If the cells cannot be read.
    """
    reader = _Reader(workbook)
    return [reader.of_object(*found) for found in objects]


class _Reader:
    """Reads each sheet once, whatever stands on it."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._package = workbook.package
        self._whole = WholeSheets(workbook)
        self._cells = 0
        self._sheets: dict[str, Sheet] = {}

    def of_object(self, table: Table, sheet: Sheet, found: TableObject) -> RawTable:
        """A table that stands in a table object; one without a header row still has names."""
        top, bottom = (
            found.first_row - (not found.has_header_row),
            found.last_row - found.totals_rows,
        )
        area = Area(found.first_column, top, found.last_column, bottom)
        self._refuse_lost(table, sheet, area)
        data = self._package.read_xml(sheet.part)
        read = plain_columns(data, area, self._strings, self._shown, self._workbook.first_day)
        header, columns = self._cut(sheet, area) if read is None else read
        if not found.has_header_row:
            header = list[Cell](found.headers)[: area.width]
            header += [""] * (area.width - len(header))
        place = sheet.name, area.top, area.left
        return RawTable(table, *place, header, columns, area.height - 1)

    def _refuse_lost(self, table: Table, sheet: Sheet, area: Area) -> None:
        """Refuse a table by which all of them become too large for what is filled in."""
        self._cells += area.width * area.height
        self._sheets[sheet.name] = sheet
        if self._cells > FREE_IN_TABLES:
            filled = sum(map(self._whole.filled, self._sheets.values()))
            if are_lost(self._cells, filled):
                details = {"path": self._package.path, "sheet": sheet.name}
                raise WorkbookError("table_too_large", table=table.name, **details)

    def of_sheet(self, table: Table) -> RawTable | None:
        """A table known by its sheet's name; none if that sheet has no such header row."""
        keys = table.sheet_keys
        for sheet in self._workbook.sheets:
            if sheet.is_worksheet and name_key(sheet.name) in keys:
                top, left, rows = self._whole.block(sheet)
                raw = sheet_table(table, sheet.name, rows)
                if raw is not None:
                    return replace(raw, row=raw.row + top - 1, column=raw.column + left - 1)
        return None

    @cached_property
    def _strings(self) -> Sequence[str | None]:
        """The shared strings, as far as they are plain."""
        part = self._workbook.related("sharedStrings")
        return (plain_strings(self._package.read_xml(part)) or ()) if part is not None else ()

    @cached_property
    def _shown(self) -> Bytes:
        """For each cell format, what a number in it is shown as."""
        part = self._workbook.related("styles")
        kinds = [Shown.NUMBER] if part is None else shown_kinds(self._package.xml(part))
        return np.array(kinds, dtype=np.uint8)

    def _cut(self, sheet: Sheet, area: Area) -> tuple[list[Cell], list[Cells]]:
        """The first row of an area, and the columns below, where the sheet is not plain."""
        top, left, rows = self._whole.block(sheet)
        before = [""] * max(left - area.left, 0)
        first = max(area.left - left, 0)
        blank: list[Cell] = [""] * area.width
        # above the first filled row of the sheet and below the last, a table goes on
        lines = [blank] * max(top - area.top, 0)
        for row in rows[max(area.top - top, 0) : max(area.bottom - top + 1, 0)]:
            line = [*before, *row[first:]][: area.width]
            lines.append(line + blank[len(line) :])
        lines = [*lines, *[blank] * area.height][: area.height]
        header, *below = lines
        return header, list(zip(*below, strict=True)) if below else [()] * area.width
