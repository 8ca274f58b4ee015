"""What grows with a table that gets more rows, as Excel has it when somebody types below one.

The table object and its filter; the rules for input and for formats that end with its last row.
What a user drew, named or set for printing stays as it is.
"""

from __future__ import annotations

from collections.abc import Iterator

from openpyxl.utils.cell import absolute_coordinate, quote_sheetname

from xlportfolio.files.cells import Area
from xlportfolio.files.package import Element, local_name
from xlportfolio.files.workbook import Sheet, Workbook, main

_FILTER = "_xlnm._FilterDatabase"
#: Elements of a sheet, and of the extensions of newer versions, that say where a rule holds.
_RULES = ("dataValidation", "conditionalFormatting")
_EXTENDED = "{http://schemas.microsoft.com/office/excel/2006/main}sqref"
#: Elements of a filter, or of a table, that say which cells they are about.
_REFERRING = ("table", "autoFilter", "sortState", "sortCondition")


def grow_rules(root: Element, table: Area, added: int) -> None:
    """Let the rules of a sheet, whose root this is, reach further down.

    Parameters
    ----------
    table
        The table with its header row, as it was. A rule is its own where it stands on its columns
        alone and ends with its last row; one for a single cell of many is not.
    """
    for element in root.iter(*map(main, _RULES)):
        if element.get("sqref"):
            element.set("sqref", _grown(element.get("sqref", ""), table, added))
    for element in root.iter(_EXTENDED):
        parent = element.getparent()
        if parent is not None and local_name(parent) in _RULES and element.text:
            element.text = _grown(element.text, table, added)


def _grown(references: str, table: Area, added: int) -> str:
    return " ".join(
        str(area._replace(bottom=area.bottom + added)) if _ends_with(area, table) else reference
        for reference, area in _areas(references)
    )


def _areas(references: str) -> Iterator[tuple[str, Area]]:
    for reference in references.split():
        yield reference, Area.of(reference)


def _ends_with(area: Area, table: Area) -> bool:
    """Whether a rule belongs to a table, and to whatever row will be its last."""
    is_within = table.left <= area.left and area.right <= table.right and table.top <= area.top
    is_lone = area.top == area.bottom and area.top > table.top + 1
    return is_within and area.bottom == table.bottom and not is_lone


def grow_filter(workbook: Workbook, sheet: Sheet, root: Element, table: Area, added: int) -> None:
    """Let the filter of a sheet reach further down, if it is on a table without an object."""
    element = root.find(main("autoFilter"))
    if element is None or Area.of(element.get("ref", "A1")).bottom != table.bottom:
        return
    old = Area.of(element.get("ref", "A1"))
    if old.within(table) != old:
        return
    grow_references(element, old, added)
    local = str(workbook.sheets.index(sheet))
    for name in workbook.defined_names():
        if name.get("name") == _FILTER and name.get("localSheetId") == local:
            place = (name.text or "").rpartition("!")[2].replace("$", "")
            if place == str(old):
                new = absolute_coordinate(str(old._replace(bottom=old.bottom + added)))
                name.text = f"{quote_sheetname(sheet.name)}!{new}"
                workbook.commit()


def grow_references(root: Element, old: Area, added: int) -> None:
    """Let a table object or a filter, whose root this is, reach further down.

    What it says of cells, and what ended with the last row, ends with the one that is last now.
    """
    for element in root.iter(*map(main, _REFERRING)):
        reference = element.get("ref")
        if reference:
            area = Area.of(reference)
            if area.bottom == old.bottom:
                element.set("ref", str(area._replace(bottom=area.bottom + added)))
