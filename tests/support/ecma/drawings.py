"""Drawings: shapes and where they are anchored, boxes of notes, charts."""

from __future__ import annotations

from collections.abc import Iterator

from support.ecma.book import NAMESPACES, Book, Element, Fault, child, every, natural, tag, twice
from support.ecma.formulas import formula_faults

LABEL_PLACES = {
    "c:scatterChart": "b ctr l r t",
    "c:bubbleChart": "b ctr l r t",
    "c:lineChart": "b ctr l r t",
    "c:pieChart": "bestFit ctr inEnd outEnd",
    "c:barChart": "ctr inBase inEnd outEnd",
}


def _drawing_faults(book: Book) -> Iterator[Fault]:
    """Shapes and where they are anchored."""
    for part, root in book.content("xdr:wsDr"):
        for number in twice(e.get("id") for e in every(root, "xdr:cNvPr")):
            yield part, f"two shapes have the id {number}"
        for data in every(root, "a:graphicData"):
            if data.get("uri") == NAMESPACES["c"] and [tag(e) for e in data] != ["c:chart"]:
                yield part, "a frame for a chart has no chart, or several"
        for anchor in every(root, "xdr:twoCellAnchor"):
            for name, limit in (("col", 16383), ("row", 1048575)):
                ends = [child(e, name) for e in anchor[:2]]
                places = [natural((e.text or "").strip()) for e in ends if e is not None]
                if places != sorted(places) or not all(0 <= place <= limit for place in places):
                    yield part, f"an anchor reaches from {name} to {name} {places}"


def _vml_faults(book: Book) -> Iterator[Fault]:
    """Drawings in VML, which hold the boxes of notes and the buttons."""
    legacy = {
        book.target(part, e)
        for part, root in book.roots.items()
        for name in ("legacyDrawing", "legacyDrawingHF")
        for e in every(root, f"s:{name}")
    }
    for part, root in book.roots.items():
        if part.endswith(".vml") and part not in legacy:
            yield part, "no sheet has this as its legacyDrawing"
        for name in twice(e.get("id") for e in every(root, "v:shape")):
            yield part, f"two shapes have the id {name}"


def _chart_faults(book: Book) -> Iterator[Fault]:
    for part, root in book.content("c:chartSpace"):
        for check in (_series_faults, _axis_faults, _label_faults):
            for sentence in check(root):
                yield part, sentence
        for formula in every(root, "c:f"):
            for sentence in formula_faults(book, formula.text or ""):
                yield part, sentence


def _series_faults(root: Element) -> Iterator[str]:
    for key in ("idx", "order"):
        values = [child(e, key) for e in every(root, "c:ser")]
        for value in twice(e.get("val") for e in values if e is not None):
            yield f"two series have the {key} {value}"


def _axis_faults(root: Element) -> Iterator[str]:
    ids = list(every(root, "c:axId"))
    used = {e.get("val", "") for e in ids if tag(e.getparent()).endswith("Chart")}
    axes = [e.get("val", "") for e in ids if not tag(e.getparent()).endswith("Chart")]
    for number in twice(axes):
        yield f"two axes have the id {number}"
    if used != set(axes):
        yield f"the charts use the axes {sorted(used)}, of {sorted(axes)}"
    for crossed in every(root, "c:crossAx"):
        if crossed.get("val") not in axes:
            yield f"an axis crosses {crossed.get('val')}, which is not there"


def _label_faults(root: Element) -> Iterator[str]:
    for place in every(root, "c:dLblPos"):
        chart = next((e for e in place.iterancestors() if tag(e).endswith("Chart")), None)
        if chart is None:
            continue
        allowed = LABEL_PLACES.get(tag(chart), "").split()
        grouping = child(chart, "grouping")
        if grouping is not None and "tacked" in grouping.get("val", "") and "outEnd" in allowed:
            allowed.remove("outEnd")
        if place.get("val") not in allowed:
            yield f"labels of a {tag(chart)} cannot be at {place.get('val')}"


RULES = (_drawing_faults, _vml_faults, _chart_faults)
