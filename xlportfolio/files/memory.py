"""What imports wrote, kept in the workbook itself on a sheet that nobody sees.

It is by this that a cell which somebody has typed since is told from one that may be overwritten.
"""

from __future__ import annotations

from io import BytesIO
from math import isnan

import numpy as np
from openpyxl import Workbook as OpenpyxlWorkbook
from openpyxl.worksheet.table import Table as TableShape
from openpyxl.worksheet.table import TableColumn

from xlportfolio.errors import WorkbookError
from xlportfolio.files.cells import Area
from xlportfolio.files.change import scratch
from xlportfolio.files.graft import Filled, put_sheets
from xlportfolio.files.ours import find_imported
from xlportfolio.files.read import read_objects
from xlportfolio.files.rows import Block, Pieces
from xlportfolio.files.workbook import Workbook
from xlportfolio.schema.cells import as_text
from xlportfolio.schema.contract import IMPORTED, LAST_ROW, Cells
from xlportfolio.schema.merging import Memory
from xlportfolio.tables import Kind, ReportColumn

#: The sheet's row of the first entry, counted from 1; the header stands above it.
_FIRST_ROW = 2
#: All is text, whatever it looks like.
_AS_TEXT = "@"


def read_memory(workbook: Workbook) -> Memory:
    """What imports have written so far.

    Where another program has lost the sheet, its table or a column, nothing is remembered, and all
    cells count as typed by hand.

    Raises
    ------
    WorkbookError
        If the sheet cannot be read.
    """
    wanted = IMPORTED.name.lower()
    found = [(IMPORTED, s, t) for s, t in workbook.tables() if t.name.lower() == wanted]
    if not found:
        return Memory()
    raw = read_objects(workbook, found)[0]
    at = raw.table.positions(raw.header)
    if raw.table.lacking(raw.header):
        return Memory()
    rows = zip(*(_texts(raw.columns[at[column.key]]) for column in IMPORTED.columns), strict=True)
    return Memory({(customer, column): value for customer, column, value in rows if column})


def _texts(cells: Cells) -> list[str]:
    """The cells of a column as text; numbers are what other programs made of it."""
    if isinstance(cells, np.ndarray):
        return ["" if isnan(number) else as_text(number) for number in cells.tolist()]
    return [as_text(cell) for cell in cells]


def write_memory(workbook: Workbook, memory: Memory) -> None:
    """Keep what imports have written, in place of what was kept before.

    Raises
    ------
    WorkbookError
        If the sheet holds something of the user's, or something else has the name of its table, or
        there is more than a sheet can hold.
    """
    there = find_imported(workbook)
    if there is None and not memory.entries:
        return
    path, rows, most = workbook.package.path, len(memory.entries), LAST_ROW - _FIRST_ROW + 1
    if rows > most:
        raise WorkbookError("imported_too_much", path=path, rows=rows, most=most)
    entries = [(*place, value) for place, value in memory.entries.items()]
    cells = list(zip(*entries, strict=True)) or [(), (), ()]
    columns = [
        ReportColumn(column.key, column.fixed, Kind.WORD, texts)
        for column, texts in zip(IMPORTED.columns, cells, strict=True)
    ]
    name = there.name if there else workbook.free_sheet_name(IMPORTED.fixed, set())
    block = Block(columns, _FIRST_ROW)
    drawn = scratch(workbook, lambda: _draw(name, block))
    put_sheets(workbook, drawn, [(name, there, Filled(block, Pieces(columns, workbook.first_day)))])
    if there is None:
        workbook.sheets[-1].element.set("state", "veryHidden")
    workbook.commit()


def _draw(name: str, block: Block) -> bytes:
    """A workbook with the sheet and one row to be repeated."""
    book = OpenpyxlWorkbook()
    sheet = book.worksheets[0]
    sheet.title = name
    for position, column in enumerate(block.columns, start=1):
        sheet.cell(_FIRST_ROW - 1, position, column.header)
        sheet.cell(_FIRST_ROW, position, column.key).number_format = _AS_TEXT
    area = Area(1, _FIRST_ROW - 1, len(block.columns), block.last_row)
    table = TableShape(displayName=IMPORTED.name, ref=str(area))
    table.tableColumns = [
        TableColumn(id=number, name=column.header)
        for number, column in enumerate(block.columns, start=1)
    ]
    sheet.add_table(table)
    sink = BytesIO()
    book.save(sink)
    return sink.getvalue()
