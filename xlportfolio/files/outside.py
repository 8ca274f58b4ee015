"""What of a workbook leads elsewhere: other workbooks, databases, services, pictures.

For most of it Excel asks whoever opens the workbook, or shows a bar.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple
from urllib.parse import unquote

from xlportfolio.files.formulas import (
    FORMULA_ATTRIBUTES,
    FORMULA_ELEMENTS,
    needle,
    sheets_in,
    words,
)
from xlportfolio.files.package import Element, Package, Relationship, local_name
from xlportfolio.files.workbook import R_ID, Workbook, main

#: Attributes that may lead elsewhere.
LEADING_ATTRIBUTES = (*FORMULA_ATTRIBUTES, "cellRange", "link")
#: Functions that ask a server, a service or another program.
_FETCHING = frozenset(
    {
        *("CALL", "IMAGE", "IMPORTCSV", "IMPORTTEXT", "REGISTER.ID", "RTD", "SQL.REQUEST"),
        *("STOCKHISTORY", "WEBSERVICE"),
    }
)
_CUBE = "CUBE"
_BOOK = re.compile(r"\[([0-9]+)\]")
_RELATED = re.compile(
    r"(?:worksheet|chartsheet|dialogsheet|table|chart|chartex|drawing|properties)\+xml$"
)
_MASHUP = "http://schemas.microsoft.com/DataMashup"
#: The kinds of connections; ECMA-376 part 1, 18.8.3 (type), and [MS-XLSX] 2.4.9 from 100 on.
_KINDS = {
    "1": "odbc",
    "2": "dao",
    "3": "file",
    "4": "web",
    "5": "oledb",
    "6": "text",
    "7": "ado",
    "8": "dsp",
    "100": "feed",
}
#: A connection to cells of this very workbook, of which a data model is made.
_OF_MODEL = frozenset({"101", "102", "103", "104"})


class Book(NamedTuple):
    """Something that formulas name by a number: another workbook, or a document elsewhere.

    Attributes
    ----------
    target
        Its file or address as a person reads it, of DDE the program and its topic.
    kind
        ``book``, ``dde`` or ``ole``.
    """

    part: str
    target: str
    kind: str


class Connection(NamedTuple):
    """A connection to data; the kind is a key below ``connections`` in ``locale``."""

    name: str
    kind: str


def books(workbook: Workbook) -> dict[int, Book]:
    """What formulas name ``[1]``, ``[2]`` and so on.

    References
    ----------
    ECMA-376 part 1, 18.2.9 (externalReferences) and 18.14 (external links).
    """
    related = {r.id: r.target for r in workbook.package.relationships(workbook.part)}
    listed = workbook.root.iterfind(f"{main('externalReferences')}/{main('externalReference')}")
    parts = enumerate((related.get(e.get(R_ID, ""), "") for e in listed), start=1)
    return {n: _book(workbook.package, part) for n, part in parts if part in workbook.package}


def _book(package: Package, part: str) -> Book:
    targets = {r.id: readable(r.element.get("Target", "")) for r in package.relationships(part)}
    for element in package.xml(part).iter():
        match local_name(element):
            case "externalBook":
                return Book(part, targets.get(element.get(R_ID, ""), "?"), "book")
            case "oleLink":
                return Book(part, targets.get(element.get(R_ID, ""), "?"), "ole")
            case "ddeLink":
                named = (element.get("ddeService", ""), element.get("ddeTopic", ""))
                return Book(part, " | ".join(filter(None, named)), "dde")
    return Book(part, next(iter(targets.values()), "?"), "book")


def readable(target: str) -> str:
    r"""A target as a person reads it.

    >>> print(readable("file:///C:\\Users\\Max%20Muster\\Plan.xlsx"))
    C:\Users\Max Muster\Plan.xlsx
    >>> readable("https://example.org/a%20b.xlsx")
    'https://example.org/a b.xlsx'
    """
    plain = unquote(target)
    if plain.lower().startswith("file:///"):
        plain = plain[len("file:///") :]
        return plain if plain[1:2] == ":" or plain.startswith("\\") else f"/{plain}"
    return plain.removeprefix("file:")


def books_in(formula: str) -> set[int]:
    """The numbers of other workbooks in a formula; 0 stands for this one.

    >>> sorted(books_in("SUM('[2]My plan'!A1:B2,[1]!Rate)+t[1]+[0]!Own"))
    [1, 2]
    """
    found = (_BOOK.match(place) for place in sheets_in(formula) if place.startswith("["))
    return {int(number[1]) for number in found if number is not None} - {0}


def connections(workbook: Workbook) -> list[Connection]:
    """The connections to data elsewhere, with the data model, which Excel counts among them."""
    part = workbook.related("connections")
    if part is None:
        return []
    found = []
    for element in workbook.package.xml(part).iter(main("connection")):
        kind = element.get("type", "")
        properties = element.find(main("dbPr"))
        text = "" if properties is None else properties.get("connection", "")
        if kind in _OF_MODEL:
            continue
        if "microsoft.mashup" in text.lower():
            key = "query"
        elif any(local_name(e) == "connection" and e.get("model") == "1" for e in element.iter()):
            key = "model"
        else:
            key = _KINDS.get(kind, "other")
        found.append(Connection(element.get("name", ""), key))
    return found


def mashups(workbook: Workbook) -> list[str]:
    """The parts in which Power Query keeps its queries ([MS-QDEFF])."""
    package = workbook.package
    found = []
    for relationship in package.relationships(workbook.part):
        part = relationship.target
        if relationship.is_a("customXml") and part in package and not relationship.external:
            data = package.read(part)
            wide = _MASHUP.encode("utf-16-le")
            if _MASHUP.encode() in data or wide in data or _MASHUP.encode("utf-16-be") in data:
                found.append(part)
    return found


def pivot_sources(workbook: Workbook) -> list[str]:
    """The other workbooks from which pivot tables are made."""
    package = workbook.package
    caches = [r.target for r in package.relationships(workbook.part) if _is_cache(r)]
    related = [r for part in caches for r in package.relationships(part) if r.external]
    return list(dict.fromkeys(readable(r.element.get("Target", "")) for r in related))


def _is_cache(relationship: Relationship) -> bool:
    return relationship.is_a("pivotCacheDefinition")


def linked_pictures(package: Package, part: str) -> dict[str, str]:
    """The pictures of a drawing that are files elsewhere: id of the relationship -> target."""
    return {
        r.id: readable(r.element.get("Target", ""))
        for r in package.relationships(part)
        if r.external and r.is_a("image")
    }


@dataclass(frozen=True, slots=True, eq=False)
class Uses:
    """Where formulas lead elsewhere.

    Attributes
    ----------
    books
        By the number of a book, the sheets and names that use it.
    fetching
        By function, the sheets that call it.
    """

    books: Mapping[int, Collection[str]]
    fetching: Mapping[str, Collection[str]]


class Reach:
    """Tells which formulas lead elsewhere, also by way of names.

    Parameters
    ----------
    connected
        Whether functions that read data models and cubes lead elsewhere too.
    """

    def __init__(self, workbook: Workbook, *, connected: bool) -> None:
        self._workbook, self._connected = workbook, connected
        #: The names that lead elsewhere, in lower case.
        self.names: set[str] = set()
        texts = [
            (element.get("name", "").lower(), element.text or "")
            for element in workbook.defined_names()
        ]
        before = -1
        while len(self.names) > before:  # a name may lead there by way of others
            before = len(self.names)
            self.names |= {name for name, text in texts if self.leads(text)}

    def leads(self, formula: str) -> bool:
        """Whether a formula leads elsewhere."""
        if books_in(formula) or self.functions(formula):
            return True
        return bool(self.names) and any(w.text.lower() in self.names for w in words(formula))

    def functions(self, formula: str) -> set[str]:
        """The functions of a formula that fetch something."""
        called = {word.text.upper() for word in words(formula) if word.is_call}
        return {f for f in called if f in _FETCHING or (self._connected and f.startswith(_CUBE))}

    def may_lead(self, data: bytes) -> bool:
        """Whether the bytes of a part may hold such a formula."""
        begin, end = data.find(b"<sheetData>"), data.rfind(b"</sheetData>")
        if begin >= 0 and not any(data.find(mark, begin, end) >= 0 for mark in (b"<f", b":f")):
            data = data[:begin] + data[end:]  # rows without a formula
        return self._pattern.search(data.lower()) is not None or b"\0" in data[:100]

    @cached_property
    def _pattern(self) -> re.Pattern[bytes]:
        called = sorted(name.lower() for name in _FETCHING)
        wanted = [rf"{re.escape(name)}\s*\(" for name in called]
        if self._connected:
            wanted.append(_CUBE.lower())
        pieces = [r"\[[1-9]", *wanted]
        named = [re.escape(needle(name)) for name in self.names]
        return re.compile(b"|".join([*(piece.encode() for piece in pieces), *named]))

    def uses(self) -> Uses:
        """Where formulas of the workbook lead elsewhere, names by name."""
        found: dict[int, dict[str, None]] = {}
        fetching: dict[str, dict[str, None]] = {}
        for place, formula in self._formulas():
            for number in books_in(formula):
                found.setdefault(number, {})[place] = None
            for function in self.functions(formula):
                fetching.setdefault(function, {})[place] = None
        return Uses(
            {number: list(places) for number, places in found.items()},
            {function: list(places) for function, places in sorted(fetching.items())},
        )

    def _formulas(self) -> Iterator[tuple[str, str]]:
        package = self._workbook.package
        for sheet in self._workbook.sheets:
            for part in (sheet.part, *parts_below(package, sheet.part)):
                data = package.read(part)
                if self.may_lead(data):
                    yield from ((sheet.name, f) for f in formulas_of(package.xml(part)))
        for element in self._workbook.defined_names():
            yield element.get("name", ""), element.text or ""


def formulas_of(root: Element) -> Iterator[str]:
    """The formulas in a part."""
    for element in root.iter():
        if element.text and local_name(element) in FORMULA_ELEMENTS:
            yield element.text
        yield from filter(None, map(element.get, LEADING_ATTRIBUTES))


def parts_below(package: Package, part: str) -> list[str]:
    """The parts with formulas to which a sheet leads: its tables, drawings, charts, controls."""
    found: dict[str, None] = {}
    queue = [part]
    while queue:
        for relationship in package.relationships(queue.pop()):
            target = relationship.target
            is_new = not relationship.external and target in package and target not in found
            if is_new and _RELATED.search(package.content_type(target) or ""):
                found[target] = None
                queue.append(target)
    return list(found)
