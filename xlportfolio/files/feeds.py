"""Tables, pivot tables and models that connections to data elsewhere fill: they are cut off."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from xlportfolio.files.cutting import cut, cut_ids
from xlportfolio.files.frame import SheetFrame
from xlportfolio.files.outside import mashups
from xlportfolio.files.package import Element, Package, Relationship, local_name, to_xml
from xlportfolio.files.removal import detach, of_ids
from xlportfolio.files.workbook import R_ID, Workbook, main

_SLICERS = frozenset({"slicer", "timeline"})
_SLICER_CACHES = frozenset({"slicerCache", "timelineCache"})
_SHOWN = frozenset({"slicer", "timeslicer"})


class Feeds(NamedTuple):
    """How many pivot tables went, and how many tables are filled by no query any more."""

    pivots: int
    queries: int


def sever_feeds(workbook: Workbook) -> Feeds:
    """Take out connections, queries, models, and the pivot tables that are made from them.

    The cells of all of these stay.
    """
    package = workbook.package
    pivots = _sever_pivots(workbook)
    queries = sum(
        len(detach(package, sheet.part, _is_query)) + _sever_tables(workbook, sheet.part)
        for sheet in workbook.sheets
    )
    texts = set(mashups(workbook))
    kinds = {"connections", "powerPivotData", "volatileDependencies"}
    detach(
        package,
        workbook.part,
        lambda r: r.type.rsplit("/", 1)[-1] in kinds or r.target in texts,
    )
    for element in list(workbook.root.iter("{*}dataModel")):
        cut(workbook.root, element)
    maps = workbook.related("xmlMaps")
    if maps is not None:
        root = package.xml(maps)
        bound = [e for e in root.iter() if e.attrib.pop("ConnectionID", "")]
        if bound:
            package.put(maps, to_xml(root))
    return Feeds(pivots, queries)


def _is_query(relationship: Relationship) -> bool:
    return relationship.is_a("queryTable")


def _sever_tables(workbook: Workbook, sheet: str) -> int:
    """Let tables be such as nobody fills; how many a query filled.

    References
    ----------
    ECMA-376 part 1, 18.5.1.2 (table) and 18.5.1.3 (tableColumn): what belongs to a query.
    """
    package, count = workbook.package, 0
    for relationship in package.relationships(sheet):
        part = relationship.target
        if not relationship.is_a("table") or not detach(package, part, _is_query):
            continue
        count += 1
        root = package.xml(part)
        for attribute in ("tableType", "connectionId"):
            root.attrib.pop(attribute, "")
        for column in root.iter(main("tableColumn")):
            for attribute in ("queryTableFieldId", "uniqueName"):
                column.attrib.pop(attribute, "")
        package.put(part, to_xml(root))
    return count


# --- pivot tables ---------------------------------------------------------------------------------


def _sever_pivots(workbook: Workbook) -> int:
    """Take out the pivot tables that are made from something elsewhere; how many there were."""
    package = workbook.package
    caches = {
        r.id: r.target
        for r in package.relationships(workbook.part)
        if r.is_a("pivotCacheDefinition") and _is_fed(package, r.target)
    }
    if not caches:
        return 0
    gone, names = set(caches.values()), set[str]()
    count = 0
    for sheet in workbook.sheets:
        fed = {
            r.id: r.target
            for r in package.relationships(sheet.part)
            if r.is_a("pivotTable") and not gone.isdisjoint(_targets(package, r.target))
        }
        names |= {package.xml(part).get("name", "") for part in fed.values()}
        detach(package, sheet.part, of_ids(fed))
        count += len(fed)
    listed = [e for e in workbook.root.iter("{*}pivotCache") if e.get(R_ID) in caches]
    _sever_slicers(workbook, {e.get("cacheId", "") for e in listed})
    for element in listed:
        cut(workbook.root, element)
    detach(package, workbook.part, of_ids(caches))
    _sever_charts(package, names)
    return count


def _is_fed(package: Package, part: str) -> bool:
    """Whether a cache of pivot tables was filled from elsewhere (ECMA-376 part 1, 18.10.1.7)."""
    source = package.xml(part).find(main("cacheSource"))
    if source is None:
        return False
    return source.get("type") == "external" or any(e.get(R_ID) for e in source.iter())


def _targets(package: Package, part: str) -> set[str]:
    return {r.target for r in package.relationships(part)}


def _sever_slicers(workbook: Workbook, numbers: Collection[str]) -> None:
    """Take out the slicers and timelines of caches that go."""
    package = workbook.package
    caches = {
        r.id: root.get("name", "")
        for r in package.relationships(workbook.part)
        if any(map(r.is_a, _SLICER_CACHES))
        for root in [package.xml(r.target)]
        if any(e.get("pivotCacheId") in numbers for e in root.iter())
    }
    if not caches:
        return
    names = set(caches.values())
    cut_ids(workbook.root, caches)
    detach(package, workbook.part, of_ids(caches))
    workbook.drop_names(lambda element: element.get("name") in names)
    for sheet in workbook.sheets:
        shown: set[str] = set()
        emptied: set[str] = set()
        for relationship in package.relationships(sheet.part):
            if any(map(relationship.is_a, _SLICERS)):
                root = package.xml(relationship.target)
                found = [e for e in root if e.get("cache") in names]
                shown |= {e.get("name", "") for e in found}
                for element in found:
                    root.remove(element)
                if len(root):
                    package.put(relationship.target, to_xml(root))
                else:
                    emptied.add(relationship.id)
        if emptied:
            detach(package, sheet.part, of_ids(emptied))
            frame = SheetFrame(package, sheet.part)
            cut_ids(frame.root, emptied)
            frame.put()
        _sever_frames(package, sheet.part, shown)


def _sever_frames(package: Package, sheet: str, shown: Collection[str]) -> None:
    for relationship in package.relationships(sheet) if shown else ():
        if not relationship.is_a("drawing"):
            continue
        root = package.xml(relationship.target)
        found = [e for e in root.iter() if _is_shown(e, shown)]
        for element in found:
            cut(root, element)
        if found:
            package.put(relationship.target, to_xml(root))


def _is_shown(element: Element, names: Collection[str]) -> bool:
    return local_name(element) in _SHOWN and element.get("name") in names


def _sever_charts(package: Package, names: Collection[str]) -> None:
    """Let charts of pivot tables that went be charts of the cells where these stood."""
    for part in _charts(package):
        root = package.xml(part)
        source = root.find("{*}pivotSource")
        if source is None:
            continue
        table = (source.findtext("{*}name") or "").rpartition("!")[2]
        if table in names:
            found = [*root.iter("{*}pivotSource"), *root.iter("{*}pivotFmts")]
            for element in [*found, *root.iter("{*}pivotOptions")]:
                cut(root, element)
            package.put(part, to_xml(root))


def _charts(package: Package) -> Iterator[str]:
    for part in list(package.parts()):
        if (package.content_type(part) or "").endswith("drawingml.chart+xml"):
            yield part
