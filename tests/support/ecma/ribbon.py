"""A custom ribbon: its relationship, and the ids, callbacks and lengths of its controls."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from support.ecma.book import Book, Element, Fault, local, tag, twice

YEARS = {"ui": "2006", "ui14": "2007"}  # of the relationship's type, by the root's namespace
NO_CONTROLS = (
    "customUI commands ribbon qat sharedControls documentControls tabs contextualTabs officeMenu "
    "dialogBoxLauncher contextMenus"
)


def _ribbon_faults(book: Book) -> Iterator[Fault]:
    for part in book.related("", "extensibility"):
        if part in book.roots and tag(book.roots[part]).partition(":")[0] not in YEARS:
            yield part, f"its root is {book.roots[part].tag}"
    for prefix, year in YEARS.items():
        for part, root in book.content(f"{prefix}:customUI"):
            kind = f"http://schemas.microsoft.com/office/{year}/relationships/ui/extensibility"
            relations = book.roots["_rels/.rels"]
            kinds = [e.get("Type") for e in relations if e.get("Target", "").lstrip("/") == part]
            if kinds != [kind]:
                yield "", f"{part} is related to the package by {kinds}, not by {kind}"
            controls = list(root.iter(etree.Element))
            for name in twice(e.get("id") for e in controls):
                yield part, f"two controls have the id {name}"
            for element in controls:
                for sentence in _control_faults(element):
                    yield part, sentence


def _control_faults(element: Element) -> Iterator[str]:
    name = local(element)
    ids = [key for key in ("id", "idQ", "idMso") if element.get(key)]
    if name not in NO_CONTROLS.split() and len(ids) != 1:
        yield f"a {name} has these ids: {ids}"
    if element.get("id") is not None and not re.fullmatch(r"[^\W\d][\w.-]*", element.get("id")):
        yield f"{element.get('id')!r} is no id"
    for key, value in element.attrib.items():
        if not value and key.startswith(("get", "on")):
            yield f"{name} has an empty {key}"
        if f"get{key[0].upper()}{key[1:]}" in element.attrib:
            yield f"{name} has {key} and a callback for it"
        if len(value) > 1024:
            yield f"{name} has a {key} of more than 1024 characters"


RULES = (_ribbon_faults,)
