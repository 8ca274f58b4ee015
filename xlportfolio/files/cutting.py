"""Take out of a part's XML what shows something that is not there any more.

Excel opens a workbook only where each id of a relationship leads somewhere, and no list, frame or
anchor is left around what is gone.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from lxml import etree

from xlportfolio.files.package import Element, local_name
from xlportfolio.files.workbook import OFFICE_RELATIONSHIPS

_OFFICE = "urn:schemas-microsoft-com:office:office"
_ANCHORS = frozenset(
    ["twoCellAnchor", "oneCellAnchor", "absoluteAnchor", "relSizeAnchor", "absSizeAnchor"]
)
#: What may not be there without anything in it.
_HOLDERS = frozenset(
    {
        *("cellWatches", "conditionalFormatting", "conditionalFormattings", "controls"),
        *("customProperties", "customSheetViews", "dataConsolidate", "dataRefs", "dataValidations"),
        *("ext", "extLst", "externalReferences", "filterColumn", "hyperlinks", "imgProps"),
        *("oleObjects", "pivotCaches", "pivotTableReferences", "protectedRanges", "scenarios"),
        *("slicerCaches", "slicerList", "smartTags", "sortState", "sparklineGroup"),
        *("sparklineGroups", "sparklines", "timelineCacheRefs", "timelineRefs", "webPublishItems"),
    }
)
#: What goes with the last element of this name, whatever else is in it, such as places and colours.
_NEEDED = {
    "conditionalFormatting": "cfRule",
    "conditionalFormattings": "conditionalFormatting",
    "dataValidations": "dataValidation",
    "sparklines": "sparkline",
    "sparklineGroup": "sparklines",
    "sparklineGroups": "sparklineGroup",
}
#: What a group of shapes may hold, one of several choices too.
_SHAPES = frozenset(
    {"sp", "pic", "graphicFrame", "cxnSp", "grpSp", "contentPart", "AlternateContent"}
)
_CHOICES = frozenset({"Choice", "Fallback"})
#: What only loses its attribute.
_KEPT = frozenset({"pageSetup", "hlinkClick", "hlinkHover", "hlinkMouseOver"})
_LINKS = frozenset({"hlinkClick", "hlinkHover", "hlinkMouseOver"})
#: What goes without the shape that it is in.
_INNER = frozenset({"externalData", "imgLayer", "svgBlip"})
_OBJECTS = frozenset({"oleObject", "control"})


def attributes(element: Element) -> list[tuple[str, str]]:
    """The attributes of an element, with their namespaces, as they are now."""
    return [(str(key), str(value)) for key, value in element.attrib.items()]


def named_ids(root: Element) -> set[str]:
    """The ids of relationships that elements name."""
    return {name for element in root.iter(etree.Element) for name in _names(element)}


def _names(element: Element) -> Iterator[str]:
    for key, value in attributes(element):
        if key.startswith(f"{{{OFFICE_RELATIONSHIPS}}}") or key == f"{{{_OFFICE}}}relid":
            yield value


def cut_ids(root: Element, ids: Collection[str]) -> set[str]:
    """Take out what names relationships that are gone; the ids of shapes that showed objects."""
    named = [e for e in root.iter(etree.Element) if not set(ids).isdisjoint(_names(e))]
    shapes: set[str] = set()
    for element in named:
        if local_name(element) in _KEPT:
            _forget(element, ids)
            continue
        shown = next((e for e in _upwards(element) if local_name(e) in _OBJECTS), element)
        shapes.update(filter(None, [shown.get("shapeId")]))
        cut(root, shown)
    return shapes


def _forget(element: Element, ids: Collection[str]) -> None:
    parent = element.getparent()
    if local_name(element) in _LINKS and parent is not None:
        parent.remove(element)
        return
    for key, value in attributes(element):
        if key.startswith(f"{{{OFFICE_RELATIONSHIPS}}}") and value in ids:
            del element.attrib[key]


def cut(root: Element, element: Element) -> None:
    """Take an element out, with the anchor of a drawing, the choices and lists it stands in."""
    if element is not root and root not in element.iterancestors():
        return  # gone already, with something else
    unit = element
    for ancestor in _upwards(element) if local_name(element) not in _INNER else ():
        parent = ancestor.getparent()
        if parent is None:
            break
        if local_name(ancestor) in _ANCHORS or local_name(parent) == "grpSp":
            unit = ancestor
            break
    take_out(unit)


def _upwards(element: Element) -> Iterable[Element]:
    yield element
    yield from element.iterancestors()


def take_out(element: Element) -> None:
    """Take an element out, with what is around nothing without it; counts follow.

    Where it is one of several choices, all of them go: they show the same.
    """
    parent = element.getparent()
    if parent is None:
        return
    kind = local_name(parent)
    if kind in _CHOICES:
        take_out(parent)
        return
    following = element.tail
    parent.remove(element)
    if kind in {"AlternateContent", *_ANCHORS} or _is_hollow(parent):
        take_out(parent)
        return
    if parent.get("count") is not None:
        parent.set("count", str(len(parent)))
    if following and following.strip():
        parent.text = (parent.text or "") + following


def _is_hollow(element: Element) -> bool:
    kind = local_name(element)
    if kind == "grpSp":
        return not any(local_name(child) in _SHAPES for child in element)
    needed = _NEEDED.get(kind)
    if needed is not None:
        return not any(local_name(child) == needed for child in element)
    return kind in _HOLDERS and not len(element)


def cut_pictures(root: Element) -> int:
    """Take pictures out of a drawing or from behind the cells of a sheet; how many there were.

    A picture that stands in for something else, where a program does not know that, stays.
    """
    found = [
        e
        for e in root.iter("{*}pic", "{*}picture")
        if not any(local_name(above) == "Fallback" for above in e.iterancestors())
    ]
    for element in (*found, *list(root.iter("{*}svgBlip"))):
        cut(root, element)
    return len(found)


def cut_frames(root: Element, kinds: Collection[str]) -> None:
    """Take frames for such kinds of content out of a drawing.

    Parameters
    ----------
    kinds
        What the ``uri`` of a frame's content may hold.
    """
    for element in list(root.iter("{*}graphicData")):
        if any(kind in element.get("uri", "") for kind in kinds):
            cut(root, element)


def cut_shapes(root: Element, numbers: Collection[str]) -> None:
    """Take the shapes of objects out of a drawing, in DrawingML or VML."""
    ids = {f"_x0000_s{number}" for number in numbers}
    found = [
        e
        for e in root.iter("{*}shape", "{*}compatExt")
        if ids & {e.get("id"), e.get("spid"), e.get(f"{{{_OFFICE}}}spid")}
    ]
    for element in found:
        cut(root, element)
