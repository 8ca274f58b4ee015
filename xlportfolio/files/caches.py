"""Copies of cells that charts and links to other workbooks keep, and what ties charts to pivots."""

from __future__ import annotations

from lxml import etree

from xlportfolio.files.cutting import take_out
from xlportfolio.files.package import Element, local_name

#: In charts of either kind, by the names of their elements; all of them may be left out.
_OF_CHARTS = frozenset(
    {
        "strCache",
        "numCache",
        "multiLvlStrCache",
        "lvl",
        "geoCache",
        "dlblRangeCache",
        "dlblFieldTableCache",
        "pivotSource",
        "pivotFmts",
        "pivotOptions",
    }
)
#: In links: cells of other workbooks, and values that other programs sent.
_OF_LINKS = frozenset({"sheetDataSet", "values"})
_LITERALS = frozenset({"numLit", "strLit"})


def clear_caches(root: Element) -> bool:
    """Take copies of cells out of a chart or a link to another workbook; whether there were any.

    Programs draw charts from the cells, and have no other use for the copies than where the cells
    cannot be had.

    References
    ----------
    ECMA-376 part 1, 21.2.2.123 (numRef) and 18.14.12 (sheetDataSet): both may be left out.
    """
    names = {"chartSpace": _OF_CHARTS, "externalLink": _OF_LINKS}.get(local_name(root), ())
    found = [e for e in root.iter(etree.Element) if local_name(e) in names]
    for element in found:
        take_out(element)
    return bool(found)


def drop_empty_points(root: Element) -> None:
    """Take points out of lists of constants in a chart that have lost their content."""
    for point in [e for e in root.iter("{*}pt") if _is_empty_literal(e)]:
        take_out(point)


def _is_empty_literal(point: Element) -> bool:
    parent = point.getparent()
    value = point.find("{*}v")
    return (
        parent is not None
        and local_name(parent) in _LITERALS
        and value is not None
        and not value.text
    )
