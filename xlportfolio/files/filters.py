"""Filters and links of cells that were emptied: what they say of them goes too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from urllib.parse import unquote

from xlportfolio.files.cells import Area
from xlportfolio.files.cutting import take_out
from xlportfolio.files.emptying import Emptying
from xlportfolio.files.package import Element, Package, Relationship
from xlportfolio.files.regions import Region
from xlportfolio.files.sheet_telling import SheetTeller
from xlportfolio.files.workbook import R_ID, main

_FILTER, _FILTER_COLUMN = main("autoFilter"), main("filterColumn")
_HYPERLINK, _ROW = main("hyperlink"), main("row")


def loosen_filter(definition: Element, region: Region, sheet: Element) -> int:
    """Take the conditions out of the filter of a table that lost something, and show its rows.

    A list of the values to show, or a bound, would tell of what is hidden.

    Parameters
    ----------
    definition
        The root of a table object, or of the sheet that has the filter.
    sheet
        The root of the sheet, whose rows the filter hides.

    Returns
    -------
    How many conditions were taken out.
    """
    found = [
        condition
        for element in definition.iterfind(_FILTER)
        if Area.of(element.get("ref", "A1")).meets(region.whole)
        for condition in element.iterfind(_FILTER_COLUMN)
    ]
    if not found or not (region.emptied or region.hidden):
        return 0
    for condition in found:
        take_out(condition)
    _show(sheet, region.area, region.emptied)
    return len(found)


def loosen_filters(root: Element, regions: Sequence[Region]) -> int:
    """The same for the filter of a sheet itself."""
    return sum(loosen_filter(root, region, root) for region in regions)


def _show(sheet: Element, area: Area, emptied: Collection[int]) -> None:
    data = sheet.find(main("sheetData"))
    for row in () if data is None else data.iterfind(_ROW):
        number = int(row.get("r", "0"))
        if area.top <= number <= area.bottom and number not in emptied:
            row.attrib.pop("hidden", "")


def clear_links(
    package: Package, part: str, root: Element, done: Emptying, teller: SheetTeller
) -> int:
    """Take away links on cells that were emptied, and those to an address that holds a secret.

    Returns
    -------
    How many links went.
    """
    related = {r.id: r for r in package.relationships(part)}
    count = 0
    for link in list(root.iter(_HYPERLINK)):
        relationship = related.get(link.get(R_ID, ""))
        area = Area.of(link.get("ref", "A1"))
        if done.is_empty(area) or _tells(relationship, teller):
            take_out(link)
            count += 1
    used = {link.get(R_ID) for link in root.iter(_HYPERLINK)}
    for relationship in related.values():
        if relationship.is_a("hyperlink") and relationship.id not in used:
            package.unrelate(part, relationship)
    return count


def _tells(relationship: Relationship | None, teller: SheetTeller) -> bool:
    target = "" if relationship is None else relationship.element.get("Target", "")
    plain = unquote(target)
    # an address writes blanks in its own ways
    spaced = plain.translate(dict.fromkeys(map(ord, "+-_/.@=&?#:"), " "))
    return not all(map(teller.is_clean, (plain, spaced)))
