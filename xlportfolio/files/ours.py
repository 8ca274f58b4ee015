"""Know our own sheets again in a user's workbook, and what on them is not ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO

from lxml import etree
from openpyxl.utils.cell import range_boundaries

from xlportfolio.errors import WorkbookError
from xlportfolio.files.package import Element
from xlportfolio.files.rows import Block
from xlportfolio.files.spill import Area
from xlportfolio.files.workbook import Sheet, Workbook, coordinates, main
from xlportfolio.report import HEADER_ROW, MATRIX, MATRIX_NAME, ORDER, TABLES

#: Office makes these for any sheet; they hold nothing that a user typed.
_EXPENDABLE = {"table", "printerSettings"}
_LAST_ROW = 1_048_576


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
    ours = {table.lower() for table in TABLES.values()}
    for element in workbook.defined_names():
        if element.get("name", "").lower() in ours:
            details = {"path": workbook.package.path, "name": element.get("name")}
            raise WorkbookError("name_taken", **details)
    return OurSheets(found)


def _refuse_foreign(workbook: Workbook, sheet: Sheet, table: str | None) -> None:
    """Refuse to replace a sheet of ours on which a user has put an object of her own."""
    details: dict[str, object] = {"path": workbook.package.path, "sheet": sheet.name}
    for other in sheet.tables:
        if table is None or other.name.lower() != table.lower():
            raise WorkbookError("foreign_table", table=other.name, **details)
    for relationship in workbook.package.relationships(sheet.part):
        kind = relationship.type.rsplit("/", 1)[-1]
        is_chart = kind == "drawing" and table is None
        if is_chart and len(workbook.package.xml(relationship.target)) == 1:
            continue
        if kind not in _EXPENDABLE:
            raise WorkbookError("foreign_object", kind=kind, **details)


def foreign_cell(new: Element, old: bytes, there: Sheet, block: Block) -> str | None:
    """A cell that a user filled beside, above or below what we wrote, if there is one.

    Parameters
    ----------
    new, old
        Our sheet as it will be, without data, and as it is.
    block
        The data that will be filled in.
    """
    ours = {cell.get("r") for cell in new.iter(main("c"))}
    left, right = block.column, block.column + len(block.columns) - 1
    # a column that a user added to our table is hers
    areas = [
        Area(t.first_column, t.first_row, min(t.last_column, right), t.last_row)
        for t in there.tables
    ] or [Area(left, block.row, right, _LAST_ROW)]
    for address in _filled_cells(old, areas):
        column, row = coordinates(address)
        if address not in ours and not (column == 1 and row < HEADER_ROW - 1):
            return address
    return None


def _filled_cells(data: bytes, areas: Sequence[Area]) -> Iterator[str]:
    """The addresses of the cells with content outside of some tables.

    A sheet whose declared extent ends with its table is read only down to the table's header.
    """
    dimension = re.search(rb'<(?:\w+:)?dimension ref="([A-Z0-9:]+)"', data[:10_000])
    end = range_boundaries(dimension[1].decode())[2:] if dimension is not None else None
    inside = any(end == (area.right, area.bottom) and area.left == 1 for area in areas)
    options = {"resolve_entities": False, "no_network": True, "load_dtd": False}
    for _, cell in etree.iterparse(BytesIO(data), tag=main("c"), **options):
        address = cell.get("r", "A1")
        column, row = coordinates(address)
        if inside and row > areas[0].top:
            return
        here = Area(column, row, column, row)
        if len(cell) and not any(here.meets(area) for area in areas):
            yield address
        cell.clear()
