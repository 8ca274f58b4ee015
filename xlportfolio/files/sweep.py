"""No secret stays in what of a sheet is no cell: rules, lists, filters, links, headers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from xlportfolio.files.cutting import take_out
from xlportfolio.files.formulas import FORMULA_ELEMENTS
from xlportfolio.files.package import Element, local_name
from xlportfolio.files.renaming import REFERENCES
from xlportfolio.files.sheet_telling import SheetTeller

_HEADERS = frozenset(
    {"oddHeader", "oddFooter", "evenHeader", "evenFooter", "firstHeader", "firstFooter"}
)
#: Attributes in which users' words stand, even where they look like an address or a number.
_WORDS = frozenset({"val", "text", "name", "comment", "user", "title", "caption", "display"})
#: Attributes without which the element says the same, or nearly so.
_OPTIONAL = frozenset(
    {
        "altText",
        "altTextSummary",
        "caption",
        "codeName",
        "comment",
        "descr",
        "display",
        "error",
        "errorTitle",
        "prompt",
        "promptTitle",
        "title",
        "tooltip",
        "totalsRowLabel",
        "uniqueName",
        "user",
    }
)
#: Attributes whose words are those of the standard; a customer may be called so.
_STANDARD = frozenset(
    {
        *("algorithmName", "axisPosition", "calendarType", "cellComments", "dateTimeGrouping"),
        *("direction", "displayEmptyCellsAs", "dvAspect", "errorStyle", "errors", "hashValue"),
        *("iconSet", "id", "imeMode", "oleUpdate", "operator", "orientation", "pageOrder", "pane"),
        *("password", "r", "ref", "s", "saltValue", "securityDescriptor", "sortBy", "sortMethod"),
        *("spans", "sqref", "state", "style", "t", "tableType", "timePeriod", "totalsRowFunction"),
        *("type", "uid", "uri", "view", "progId", "tableStyle"),
    }
)
_PLAIN = re.compile(r"[-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?|true|false|\{?[0-9A-Fa-f-]{36}\}?")
_PLACES = re.compile(r"(?:\$?[A-Z]{1,3}\$?[0-9]+(?::\$?[A-Z]{1,3}\$?[0-9]+)?\s*)+")
#: What goes as a whole if something in it must go.
_CARRIERS = frozenset(
    {
        *_HEADERS,
        *("calculatedColumnFormula", "cellSmartTags", "cellWatch", "cfRule", "control", "customPr"),
        *("customSheetView", "dataRef", "dataValidation", "ext", "filterColumn", "hyperlink"),
        *("oleObject", "picture", "protectedRange", "scenario", "slicer", "sortCondition"),
        *("sparkline", "totalsRowFormula", "webPublishItem", "xmlColumnPr"),
    }
)
_DATA = "sheetData"
_NAMED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_UNREAD = (
    _NAMED,
    "http://schemas.openxmlformats.org/markup-compatibility/2006",
    "http://schemas.microsoft.com/office/spreadsheetml/2014/revision",
    "http://schemas.microsoft.com/office/spreadsheetml/2015/revision2",
    "http://schemas.microsoft.com/office/spreadsheetml/2016/revision3",
)


def sweep(root: Element, teller: SheetTeller, kept: frozenset[str] = frozenset()) -> int:
    """Let no secret stay below the root of a sheet or a table, its cells apart.

    What others stand for is replaced. What must go takes with it the rule, the list or the link in
    which it stands.

    Parameters
    ----------
    kept
        Values of the attribute ``name`` that stay.

    Returns
    -------
    How many places were changed.
    """
    places = list(_places(root, kept))
    found = [
        (e, a, told) for e, a, value in places if (told := _told(e, a, value, teller)) != value
    ]
    for element, attribute, told in found:
        if told is not None:
            _say(element, attribute, told)
        elif attribute == "name":
            element.set("name", teller.secrets.placeholder(element.get("name", ""), set()))
        elif attribute in _OPTIONAL:
            element.attrib.pop(attribute, "")
        else:
            _drop(element, attribute)
    return len(found)


def _places(root: Element, kept: frozenset[str]) -> Iterator[tuple[Element, str, str]]:
    """Whatever may hold a text: element, attribute (none for its own text), and what it says."""
    data = next((child for child in root if local_name(child) == _DATA), None)
    parts = [child for child in root if child is not data]
    for element in (root, *(e for part in parts for e in part.iter("{*}*"))):
        text = element.text
        if element is not root and text and not text.isspace():
            yield element, "", text
        for attribute in map(str, element.keys()):
            value = element.get(attribute, "")
            if not (attribute == "name" and value in kept):
                yield element, attribute, value


def _told(element: Element, attribute: str, value: str, teller: SheetTeller) -> str | None:
    """What may be seen of a text or an attribute."""
    if not attribute:
        return _told_text(local_name(element), value, teller)
    name = etree.QName(attribute)
    if name.namespace in _UNREAD or name.localname in _STANDARD:
        return value
    if name.localname in REFERENCES:
        return teller.formula(value)
    if name.localname in _WORDS:
        return None if teller.is_secret_number(value) else teller.text(value)
    if _PLAIN.fullmatch(value) or _PLACES.fullmatch(value):
        return value
    return teller.text(value)


def _told_text(name: str, text: str, teller: SheetTeller) -> str | None:
    if name in FORMULA_ELEMENTS:
        return teller.formula(text)
    if name in _HEADERS:
        return teller.header(text)
    return text if name == "sqref" or _PLACES.fullmatch(text) else teller.text(text)


def _say(element: Element, attribute: str, told: str) -> None:
    if attribute:
        element.set(attribute, told)
    else:
        element.text = told


def _carrier(element: Element) -> Element | None:
    """What goes with an element: the rule, the list or the link around it, if there is one."""
    carrier: Element | None = element
    while carrier is not None and local_name(carrier) not in _CARRIERS:
        carrier = carrier.getparent()
    return carrier


def _drop(element: Element, attribute: str) -> None:
    """Take out what holds a secret: what carries it, else the attribute or element alone."""
    carrier = _carrier(element)
    if carrier is not None:
        take_out(carrier)
    elif attribute:
        element.attrib.pop(attribute, "")
    else:
        take_out(element)
