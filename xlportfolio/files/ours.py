"""Know our own sheets again in a user's workbook, and what on them is not ours."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from lxml import etree
from openpyxl.utils.cell import range_boundaries

from xlportfolio.errors import WorkbookError
from xlportfolio.files.cells import Area
from xlportfolio.files.markup import Ints
from xlportfolio.files.package import Element
from xlportfolio.files.plain import filled_places
from xlportfolio.files.rows import Block
from xlportfolio.files.texts import CellTexts
from xlportfolio.files.workbook import Sheet, TableObject, Workbook, coordinates, main, walk
from xlportfolio.history_sheets import MEASURE
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.matrix import MATRIX, MATRIX_NAME
from xlportfolio.model import name_key
from xlportfolio.page_layout import PAGE_NAME, layout_of, marks, rows_without
from xlportfolio.report import ORDER, TABLES
from xlportfolio.schema.contract import (
    IMPORTED,
    KEPT_TABLES,
    LAST_ROW,
    column_letters,
    sheet_table,
)
from xlportfolio.schema.weights import PAIRWISE, WEIGHTS_TABLE, entries_table
from xlportfolio.tables import HEADER_ROW, NOTICE, ReportColumn

#: Office makes these for any sheet; they hold nothing that a user typed.
_EXPENDABLE = {"table", "printerSettings"}
#: What stands behind a header that a column of the user's has already.
_NUMBERED = re.compile(r" \([0-9]+\)$")
_DIMENSION = re.compile(rb'<(?:\w+:)?dimension ref="([A-Z]{1,3}[0-9]+:[A-Z]{1,3}[0-9]+)"')


@dataclass(frozen=True, slots=True)
class OurSheets:
    """The sheets of ours that a workbook already has, by key."""

    sheets: Mapping[str, Sheet]

    def names(self, workbook: Workbook, wanted: Mapping[str, str]) -> dict[str, str]:
        """What each sheet will be called: as it is now, else as wanted or with a number."""
        names: dict[str, str] = {}
        for key in ORDER:
            there = self.sheets.get(key)
            taken = set(names.values())
            names[key] = there.name if there else workbook.free_sheet_name(wanted[key], taken)
        return names


def find_ours(workbook: Workbook) -> OurSheets:
    """Know our sheets again: by their tables, the matrix by its hidden name.

    Raises
    ------
    WorkbookError
        If a sheet of ours holds something of the user's, which replacing it would lose.
    """
    by_table = {table.lower(): key for key, table in TABLES.items()}
    found: dict[str, Sheet] = {}
    for sheet, table in workbook.tables():
        key = by_table.get(table.name.lower())
        if key is not None:
            found[key] = sheet
    matrix = workbook.sheet_named_by(MATRIX_NAME)
    if matrix is not None:
        found[MATRIX] = matrix
    for key, sheet in found.items():
        _refuse_foreign(workbook, sheet, TABLES.get(key))
    _refuse_taken(workbook, by_table)
    return OurSheets(found)


def find_kept_without_tables(workbook: Workbook) -> list[Sheet]:
    """Sheets from which earlier days are read by their names alone, since their tables are lost.

    They are not replaced: such a sheet may be the user's.
    """
    tables = {table.name.lower() for _, table in workbook.tables()}
    keys = {
        name_key(name): table
        for table in KEPT_TABLES
        if table.name.lower() not in tables
        for name in table.sheets
    }
    cells = CellTexts(workbook)
    return [
        sheet
        for sheet in workbook.sheets
        if sheet.is_worksheet and (table := keys.get(name_key(sheet.name))) is not None
        if sheet_table(table, sheet.name, cells.rows(sheet)) is not None
    ]


def find_weights(workbook: Workbook) -> list[tuple[Sheet, TableObject]]:
    """The sheets on which weights are found, with their tables, as they stand in the workbook.

    Raises
    ------
    WorkbookError
        If such a sheet holds something of the user's, which replacing it would lose.
    """
    found = [
        (sheet, table)
        for sheet, table in workbook.tables()
        if entries_table(table.name) is not None
    ]
    for sheet, table in found:
        _refuse_foreign(workbook, sheet, table.name)
    _refuse_taken(workbook, [name.lower() for name in (WEIGHTS_TABLE.name, *PAIRWISE.values())])
    return found


def find_imported(workbook: Workbook) -> Sheet | None:
    """The sheet that keeps what imports wrote.

    Raises
    ------
    WorkbookError
        If it holds something of the user's, which replacing it would lose.
    """
    wanted = IMPORTED.name.lower()
    found = [sheet for sheet, table in workbook.tables() if table.name.lower() == wanted]
    for sheet in found:
        _refuse_foreign(workbook, sheet, wanted)
    _refuse_taken(workbook, [wanted])
    return found[0] if found else None


def _refuse_taken(workbook: Workbook, tables: Container[str]) -> None:
    """Refuse a workbook in which something else has the name of a table of ours."""
    inner = {t.inner_name for _, t in workbook.tables() if t.name.lower() != t.inner_name.lower()}
    names = {element.get("name", "") for element in workbook.defined_names()}
    taken = [name for name in sorted(inner | names) if name.lower() in tables]
    if taken:
        raise WorkbookError("name_taken", path=workbook.package.path, name=taken[0])


def find_page(workbook: Workbook) -> Sheet | None:
    """Know the page of a customer again, by its hidden name.

    Raises
    ------
    WorkbookError
        If it holds something of the user's, which replacing it would lose.
    """
    sheet = workbook.sheet_named_by(PAGE_NAME)
    if sheet is None or not sheet.is_worksheet:
        return None
    _refuse_foreign(workbook, sheet, None)
    data = workbook.package.read_xml(sheet.part)
    try:
        found = marks(_cells(data))
        layout, blank = layout_of(found), rows_without(found)
        row, column = 0, 0
        if layout is not None:
            foreign = (a for a, _ in _cells(data) if not layout.is_ours(*a, blank))
            row, column = next(foreign, (0, 0))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise workbook.package.malformed("part_xml", part=sheet.part) from error
    details: dict[str, object] = {"path": workbook.package.path, "sheet": sheet.name}
    if layout is None:
        raise WorkbookError("page_moved", **details)
    if row:
        raise WorkbookError("foreign_on_page", cell=f"{column_letters(column)}{row}", **details)
    return sheet


def _refuse_foreign(workbook: Workbook, sheet: Sheet, table: str | None) -> None:
    """Refuse to replace a sheet of ours on which a user has put an object of her own."""
    details: dict[str, object] = {"path": workbook.package.path, "sheet": sheet.name}
    for other in sheet.tables:
        if table is None or other.name.lower() != table.lower():
            raise WorkbookError("foreign_table", table=other.name, **details)
    for relationship in workbook.package.relationships(sheet.part):
        kind = relationship.type.rsplit("/", 1)[-1]
        if kind == "drawing" and table is None and _is_our_chart(workbook, relationship.target):
            continue
        if kind not in _EXPENDABLE:
            raise WorkbookError("foreign_object", kind=kind, **details)


def _is_our_chart(workbook: Workbook, drawing: str) -> bool:
    """Whether a drawing holds one chart and nothing else, nor has anything been drawn into it."""
    package = workbook.package
    charts = package.relationships(drawing)
    return (
        len(package.xml(drawing)) == 1
        and all(r.is_a("chart") for r in charts)
        and not any(
            r.is_a("chartUserShapes") for c in charts for r in package.relationships(c.target)
        )
    )


def foreign_cell(new: Element, old: bytes, there: Sheet, block: Block) -> str | None:
    """A cell that a user filled beside, above or below what we wrote, if there is one.

    What an earlier version wrote may be narrower, and have nothing above its table: there our new
    cells come to lie where a user may have written. A copy that hides a criterion has fewer lines
    above its table.

    Parameters
    ----------
    new, old
        Our sheet as it will be, without data, and as it is.
    block
        The data that will be filled in.
    """
    ours = {cell.get("r", "A1") for cell in new.iter(main("c"))}
    left, right = block.column, block.column + len(block.columns) - 1
    if block.is_square:
        right = max((table.last_column for table in there.tables), default=right)
    if not there.tables:
        right = min(right, _last_header(old, block))
    for table in there.tables:
        added = _first_added(table, block)
        if added is not None:
            return f"{column_letters(added)}{table.first_row}"
        is_there = table.first_row + table.has_header_row == block.row
        # in a copy that hides something, there are fewer lines above the table
        above = table.first_row - 1 if HEADER_ROW < table.first_row < block.row - 1 else HEADER_ROW
        above = block.row - 1 if is_there else above
        ours = {address for address in ours if coordinates(address)[1] < above}
    # a column that a user added to our table is hers
    areas = [
        Area(t.first_column, t.first_row, min(t.last_column, right), t.last_row)
        for t in there.tables
    ] or [Area(left, block.row, right, LAST_ROW)]
    around = [c for c in map(_cell_area, ours) if not any(c.meets(area) for area in areas)]
    most = len(around) + sum(area.width * area.height for area in areas)
    for column, row in _filled_cells(old, areas, most):
        address = f"{column_letters(column)}{row}"
        if address not in ours and not (column == 1 and row < HEADER_ROW - 1):
            return address
    return None


def _first_added(table: TableObject, block: Block) -> int | None:
    """The sheet's first column that a user added where ours will be, if there is one.

    What an earlier version wrote has our first columns; what follows them is hers. A square ends
    with its weights, however many criteria it had.
    """
    if block.is_square:
        is_ours = _is_header(_NUMBERED.sub("", table.headers[-1]), block.columns[-1])
        return None if is_ours else table.last_column
    count = min(len(table.headers), len(block.columns))
    if _is_header(table.headers[count - 1], block.columns[count - 1]):
        return None
    last = count - 1
    while last and not _is_header(table.headers[last - 1], block.columns[last - 1]):
        last -= 1
    return block.column + last


def _last_header(old: bytes, block: Block) -> int:
    """The last column of ours on a sheet without a table: our headers stand there without a gap."""
    row, last = block.row - 1, block.column
    filled = {place[1] for place, _ in _contents(old, row) if place[0] == row}
    while last in filled and last + 1 in filled:
        last += 1
    return last if last in filled else block.column + len(block.columns) - 1


def _is_header(header: str, column: ReportColumn) -> bool:
    """Whether a header is that of a column of ours, in whatever language."""
    if column.key == MEASURE:
        return name_key(header) == name_key(column.header)
    names = {texts(language).branch("columns").get(column.key) for language in LANGUAGES}
    return header in {*names, column.header}


def _cell_area(address: str) -> Area:
    column, row = coordinates(address)
    return Area(column, row, column, row)


def _filled_cells(data: bytes, areas: Sequence[Area], most: int) -> Iterator[tuple[int, int]]:
    """Column and row of the cells with content outside of some tables.

    A sheet whose declared extent ends with its table, and which has no more cells than that table
    and what we write above it, is read only down to the table's header.
    """
    dimension = _DIMENSION.search(data[:10_000])
    end = range_boundaries(dimension[1].decode())[2:] if dimension is not None else None
    inside = any(end == (area.right, area.bottom) and area.left == 1 for area in areas)
    inside = inside and data.count(b"<c ") <= most
    notice = coordinates(NOTICE)
    places = None if inside else filled_places(data)
    if places is not None:
        found = _outside(*places, areas)
        if notice not in found:
            yield from found
            return
    for (row, column), cell in _contents(data, areas[0].top if inside else None):
        if (column, row) == notice and cell.find(main("f")) is not None:
            continue  # what a copy that goes on computing says of itself
        here = Area(column, row, column, row)
        if not any(here.meets(area) for area in areas):
            yield column, row


def _outside(columns: Ints, rows: Ints, areas: Sequence[Area]) -> list[tuple[int, int]]:
    """Those of some cells that lie in none of the areas."""
    left = np.ones(len(rows), dtype=np.bool_)
    for area in areas:
        is_beside = (columns < area.left) | (columns > area.right)
        left &= is_beside | (rows < area.top) | (rows > area.bottom)
    return [*zip(columns[left].tolist(), rows[left].tolist(), strict=True)]


def _cells(data: bytes) -> Iterator[tuple[tuple[int, int], float | None]]:
    """Row and column of the cells with content, and the number that stands in each, if one does."""
    for place, element in _contents(data):
        text = element.findtext(main("v")) or ""
        is_number = element.get("t", "n") == "n" and text
        yield place, float(text) if is_number else None


def _contents(data: bytes, last: int | None = None) -> Iterator[tuple[tuple[int, int], Element]]:
    """Row and column of the cells with content, and each cell, which is emptied before the next.

    ``last`` is the row down to which the sheet is read; ``None``: to its end.
    """
    row = column = 0  # what has no address of its own follows the one before
    for event, element in walk(data, "row", "c"):
        if element.tag == main("row"):
            if event == "start":
                row, column = int(element.get("r", row + 1)), 0
                if last is not None and row > last:
                    return
        elif event == "end":
            address = element.get("r")
            column = column + 1 if address is None else coordinates(address)[0]
            if len(element):
                yield (row, column), element
            element.clear()
