"""Pivot tables and data models keep copies of what they were made from: what stays when they go."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from lxml import etree

from xlportfolio.files.cells import Area, SheetCells, set_content
from xlportfolio.files.cutting import cut
from xlportfolio.files.package import Element, to_xml
from xlportfolio.files.workbook import Workbook, main

_NO_VALUE = "#N/A"
_CACHES = frozenset({"slicerCache", "timelineCache"})
#: A page field takes two columns; one stays free between them.
_PER_PAGE_FIELD = 3


def pivot_areas(workbook: Workbook, skip: Collection[str]) -> dict[str, list[Area]]:
    """Where pivot tables stand, with the fields above them that filter, by the parts of sheets.

    Raises
    ------
    WorkbookError
        If a pivot table does not say where it stands.
    """
    package = workbook.package
    found: dict[str, list[Area]] = {}
    for sheet in workbook.sheets:
        for relationship in package.relationships(sheet.part) if sheet.part not in skip else ():
            if relationship.is_a("pivotTable") and relationship.target in package:
                try:
                    areas = _areas(package.xml(relationship.target))
                except ValueError as error:
                    damage = package.malformed("part_xml", part=relationship.target)
                    raise damage from error
                found.setdefault(sheet.part, []).extend(areas)
    return found


def _areas(root: Element) -> list[Area]:
    """The area of a pivot table, and that of its page fields, which end a row above."""
    place = root.find("{*}location")
    if place is None:
        raise ValueError
    area = Area.of(place.get("ref", ""))
    rows, columns = (int(place.get(key, "0")) for key in ("rowPageCount", "colPageCount"))
    if not rows or area.top - 1 - rows < 1:
        return [area]
    right = area.left + max(columns, 1) * _PER_PAGE_FIELD - 2
    return [area, Area(area.left, area.top - 1 - rows, right, area.top - 2)]


def clear_areas(workbook: Workbook, areas: Mapping[str, Collection[Area]]) -> None:
    """Empty the cells where pivot tables stood; their formats stay, and so do formulas."""
    package = workbook.package
    for part, listed in areas.items():
        root = package.xml(part)
        try:
            cells = SheetCells(root)
        except ValueError as error:
            raise package.malformed("part_xml", part=part) from error
        for area in listed:
            for number in cells.rows(area.top, area.bottom):
                for column, cell in cells.row(number).items():
                    if area.left <= column <= area.right and cell.find(main("f")) is None:
                        set_content(cell, None, workbook.first_day)
        _plain_rules(root)
        package.put(part, to_xml(root))


def _plain_rules(root: Element) -> None:
    """Conditional formats do not follow a pivot table any more."""
    for element in root.iter("{*}conditionalFormatting"):
        element.attrib.pop("pivot", "")


def forget_slicers(workbook: Workbook) -> None:
    """Take out the names that belong to slicers; they must still be there."""
    package = workbook.package
    caches = {
        package.xml(r.target).get("name", "")
        for r in package.relationships(workbook.part)
        if any(map(r.is_a, _CACHES)) and r.target in package
    }
    workbook.drop_names(lambda e: e.get("name") in caches and e.text == _NO_VALUE)


def forget_model(workbook: Workbook) -> None:
    """Take out what the workbook and its connections say of a data model."""
    for element in list(workbook.root.iter("{*}dataModel")):
        cut(workbook.root, element)
    part = workbook.related("connections")
    if part is None:
        return
    package = workbook.package
    root = package.xml(part)
    used = _used_connections(workbook)
    for element in list(root):
        of_model = [e for e in element.iter("{*}connection") if e is not element]
        if of_model and element.get("id") in used:
            for extension in of_model:
                cut(root, extension)
        elif of_model:
            root.remove(element)
    if len(root):
        package.put(part, to_xml(root))
        return
    for relationship in package.relationships(workbook.part):
        if relationship.is_a("connections"):
            package.unrelate(workbook.part, relationship)
    package.remove(part)


def _used_connections(workbook: Workbook) -> set[str | None]:
    """The numbers of connections that still fill cells."""
    package = workbook.package
    kinds = (part for part in package.parts() if "queryTable" in (package.content_type(part) or ""))
    roots = (package.xml(part) for part in kinds)
    return {e.get("connectionId") for root in roots for e in root.iter(etree.Element)} - {None}
