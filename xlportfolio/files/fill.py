"""Write into the user's own table of customers in a closed workbook: the named cells, nothing else.

This is the one place where a sheet of the user's is changed. Before anything is put into the
package it is known that all of it can be written. A sheet that is protected is written as well, and
stays protected: protection keeps people from typing, and says nothing of programs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from xlportfolio.errors import Fault, Problem, Severity
from xlportfolio.files.calculated import Formula, calculated_columns
from xlportfolio.files.cells import Area
from xlportfolio.files.growth import grow_filter, grow_references, grow_rules
from xlportfolio.files.memory import read_memory, write_memory
from xlportfolio.files.package import Element, to_xml
from xlportfolio.files.workbook import TableObject, Workbook
from xlportfolio.files.writing import OpenSheet
from xlportfolio.schema.contract import LAST_ROW, Cell, RawTable, column_letters
from xlportfolio.schema.merging import Filling

__all__ = ["fill", "formulas", "read_memory", "write_memory"]

#: A formula in the XML of a sheet, whatever its prefix.
_FORMULA = re.compile(rb"<(?:[A-Za-z_][\w.-]*:)?f[\s/>]")


def formulas(workbook: Workbook, raw: RawTable) -> set[tuple[int, int]]:
    """The cells of a table that a formula fills: row below the header from 0, and position.

    Cells that show a part of the answer of an array formula are among them.

    Raises
    ------
    WorkbookError
        If the XML of the sheet is not as it must be.
    """
    sheet = next(sheet for sheet in workbook.sheets if sheet.name == raw.sheet)
    data = workbook.package.read_xml(sheet.part)
    if not _FORMULA.search(data) and b"\0" not in data:
        return set()
    body = _body(raw)
    found = OpenSheet(workbook, raw.sheet).formulas(body)
    return {(row - body.top, column - body.left) for column, row in found}


def fill(workbook: Workbook, filling: Filling) -> tuple[Problem, ...]:
    """Write the changes of a filling into the sheet of the table.

    A cell keeps its format. New rows take the formats of the table's last row, and the formulas of
    its calculated columns where no content is named; what these show is known to Excel alone, once
    it has computed. Table, filter, rules for input and for formats grow with the rows. Tables of
    the workbook that are read after this are read anew, but whole sheets still from the file, so
    read before.

    Returns
    -------
    tuple of Problem
        Notes on columns whose formulas were continued, warnings where one could not be.

    Raises
    ------
    WorkbookError
        If the sheet has no room for new rows, or one of the cells cannot be written: one that a
        formula fills, that is hidden below a merged one, or a text that is too long. Nothing is
        changed then.
    """
    if not filling.changes and not filling.added:
        return ()
    return _Fill(workbook, filling).run()


def _body(raw: RawTable) -> Area:
    """The cells below the header."""
    right = raw.column + len(raw.header) - 1
    return Area(raw.column, raw.row + 1, right, raw.row + raw.height)


class _Fill:
    """One filling, and the sheet that it goes to."""

    def __init__(self, workbook: Workbook, filling: Filling) -> None:
        self.workbook, self.raw, self.added = workbook, filling.raw, filling.added
        self.open = OpenSheet(workbook, self.raw.sheet)
        self.body = body = _body(self.raw)
        self.new = body._replace(top=body.bottom + 1, bottom=body.bottom + self.added)
        self.changes = {
            (body.top + change.row, body.left + change.position): change.after
            for change in filling.changes
        }
        self.table = self._table()

    def _table(self) -> TableObject | None:
        """The table object, if there is one."""
        for table in self.open.sheet.tables:
            top = table.first_row + table.has_header_row
            if (table.first_column, top) == (self.body.left, self.body.top):
                return table
        return None

    def run(self) -> tuple[Problem, ...]:
        """Write everything, or nothing."""
        self._refuse()
        package, table = self.workbook.package, self.table
        definition = None if table is None else package.xml(table.part)
        continued: dict[int, list[int]] = {}
        with self.open.checked():
            self.open.cells.cover(self.body.around(self.new))
            for (row, column), content in sorted(self.changes.items(), key=lambda item: item[0]):
                if row <= self.body.bottom:
                    self._write(column, row, content)
            calculated: Mapping[int, Formula | None] = {}
            if self.added:
                calculated = calculated_columns(self.open, self.body, definition, self.new.bottom)
                continued = self._append(calculated)
                self._grow(definition)
        if any(calculated[column] for column in continued):
            self.workbook.drop_calculations()
        if table is not None and definition is not None:
            was_empty = definition.attrib.pop("insertRow", "") != ""
            if self.added or was_empty:
                package.put(table.part, to_xml(definition))
                self.open.sheet.forget_tables()
        self.open.put()
        return tuple(self._told(column, rows, calculated) for column, rows in continued.items())

    # --- what stands in the way ----------------------------------------------------------------

    def _refuse(self) -> None:
        hidden = set()
        for area in self.open.cells.merged:
            shared = area.within(self.body)
            if shared is not None:
                cells = {(row, column) for row in shared.rows for column in shared.columns}
                hidden |= cells - {(area.top, area.left)}
        formulas = self.open.formulas(self.body)
        for place in sorted(self.changes):
            row, column = place
            if (column, row) in formulas or place in hidden:
                key = "fill_merged" if place in hidden else "fill_formula"
                raise self.open.error(key, cell=f"{column_letters(column)}{row}")
        if self.added:
            self._refuse_rows()

    def _refuse_rows(self) -> None:
        """Refuse new rows for which there is no room below the table."""
        if self.table is not None and self.table.totals_rows:
            raise self.open.error("fill_totals", table=self.table.name)
        if self.new.bottom > LAST_ROW:
            rows, most = self.raw.height + self.added, LAST_ROW - self.raw.row
            raise self.open.error("too_many_rows", rows=rows, most=most)
        for table in self.open.sheet.tables:
            top = table.first_row - (not table.has_header_row)
            area = Area(table.first_column, top, table.last_column, table.last_row)
            if area.meets(self.new):
                raise self.open.error("below_table", cell=area.first)
        with self.open.checked():
            cell = self.open.cells.filled(self.new)
        if cell is not None:
            raise self.open.error("below_table", cell=cell)

    # --- cells ---------------------------------------------------------------------------------

    def _write(self, column: int, row: int, content: Cell) -> None:
        """Write a cell of a row that is there.

        One that the file does not have looks like its row or column, else like the nearest above.
        """
        cells, style = self.open.cells, None
        if column not in cells.row(row):
            if _is_nothing(content):
                return
            if cells.format_of(column, row) == "0":
                style = cells.format_above(column, row, self.body.top)
        self.open.write(column, row, content, style)

    def _append(self, calculated: Mapping[int, Formula | None]) -> dict[int, list[int]]:
        """Write the new rows; in which of them calculated columns go on, by column."""
        cells, last = self.open.cells, self.body.bottom if self.raw.height else None
        styles = {c: "0" if last is None else cells.format_of(c, last) for c in self.body.columns}
        continued: dict[int, list[int]] = {}
        for row in self.new.rows:
            for column, style in styles.items():
                content, formula = self.changes.get((row, column)), calculated.get(column)
                if cells.format_of(column, row) == "0" != style:
                    cells.make(column, row).set("s", style)
                if not _is_nothing(content):
                    self.open.write(column, row, content)
                elif column in calculated:
                    continued.setdefault(column, []).append(row)
                    if formula is not None:
                        formula.put(cells.make(column, row))
        return continued

    def _told(
        self, column: int, rows: Sequence[int], calculated: Mapping[int, Formula | None]
    ) -> Problem:
        """What is said of a calculated column whose new rows are blank so far."""
        is_done = calculated[column] is not None
        key = "formula_continued" if is_done else "formula_not_continued"
        severity = Severity.NOTE if is_done else Severity.WARNING
        header = str(self.raw.header[column - self.body.left])
        cell = f"{column_letters(column)}{rows[0]}"
        fault = Fault(key, severity, details={"rows": len(rows)})
        return Problem(fault, self.raw.sheet, rows[0], header, cell)

    # --- what grows ----------------------------------------------------------------------------

    def _grow(self, definition: Element | None) -> None:
        """Let what belongs to the table reach as far as it does."""
        whole = self.body._replace(top=self.raw.row)
        grow_rules(self.open.root, whole, self.added)
        if definition is None:
            grow_filter(self.workbook, self.open.sheet, self.open.root, whole, self.added)
        else:
            grow_references(definition, whole, self.added)


def _is_nothing(content: Cell) -> bool:
    return content is None or content == ""
