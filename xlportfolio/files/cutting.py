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
        "controls",
        "customProperties",
        "ext",
        "extLst",
        "hyperlinks",
        "imgProps",
        "oleObjects",
        "pivotCaches",
        "pivotTableReferences",
        "slicerCaches",
        "slicerList",
        "timelineCacheRefs",
        "timelineRefs",
    }
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
    _remove(unit)


def _upwards(element: Element) -> Iterable[Element]:
    yield element
    yield from element.iterancestors()


def _remove(element: Element) -> None:
    parent = element.getparent()
    if parent is None:
        return
    if local_name(parent) in _CHOICES:
        alternatives = parent.getparent()
        if alternatives is not None:
            _remove(alternatives)
        return
    following = element.tail
    parent.remove(element)
    if local_name(parent) in _HOLDERS and not len(parent):
        _remove(parent)
    elif following and following.strip():
        parent.text = (parent.text or "") + following


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
