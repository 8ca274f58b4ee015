"""The parts of a package, parsed, and how the rules read elements, addresses and texts."""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from itertools import combinations
from typing import Any, NamedTuple

from lxml import etree
from openpyxl.utils import get_column_letter, range_boundaries

Element = Any  # lxml's elements, whose stubs know too many kinds of names
Fault = tuple[str, str]  # the part whose content is at fault ("" for the package), the sentence

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PREFIXES = {
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main": "s",
    "http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing": "xdr",
    "http://schemas.openxmlformats.org/drawingml/2006/chart": "c",
    "http://schemas.openxmlformats.org/drawingml/2006/main": "a",
    "http://schemas.openxmlformats.org/markup-compatibility/2006": "mc",
    "http://schemas.openxmlformats.org/package/2006/content-types": "ct",
    "http://schemas.openxmlformats.org/package/2006/relationships": "rel",
    "http://schemas.microsoft.com/office/2006/01/customui": "ui",
    "http://schemas.microsoft.com/office/2009/07/customui": "ui14",
    "urn:schemas-microsoft-com:vml": "v",
    OFFICE: "r",
    "http://www.w3.org/XML/1998/namespace": "xml",
}
NAMESPACES = {prefix: namespace for namespace, prefix in PREFIXES.items()}


def tag(element: Element) -> str:
    """An element's name with the prefix that the rules use."""
    name = etree.QName(element)
    return f"{PREFIXES.get(name.namespace, '?')}:{name.localname}"


def local(element: Element) -> str:
    """An element's name alone."""
    return etree.QName(element).localname


def every(root: Element, name: str) -> Iterator[Element]:
    """The elements of a name below a root, outside extensions."""
    prefix, _, plain_name = name.partition(":")
    for element in root.iter(f"{{{NAMESPACES[prefix]}}}{plain_name}"):
        if not any(local(e) in ("extLst", "Fallback") for e in element.iterancestors()):
            yield element


def child(element: Element, name: str) -> Element | None:
    """The first child of a name in the element's own namespace."""
    return element.find(f"{{{etree.QName(element).namespace}}}{name}")


def natural(text: str | None) -> int:
    """A count or an index, or -1 for what is none."""
    return int(text) if text and re.fullmatch(r"\d{1,10}", text) else -1


def plain(text: str) -> str:
    """Text without the escapes that SpreadsheetML has for characters."""
    return re.sub(r"_x([0-9A-Fa-f]{4})_", lambda match: chr(int(match[1], 16)), text)


def text_of(rich: Element) -> str:
    """The text of a string item: its own and its runs', not the phonetic."""
    own, runs = rich.findall("{*}t"), rich.findall("{*}r/{*}t")
    return plain("".join(e.text or "" for e in [*own, *runs]))


def twice(values: Iterable[str | None]) -> list[str]:
    """What is given more than once, regardless of case."""
    counts = Counter(value.lower() for value in values if value is not None)
    return sorted(value for value, count in counts.items() if count > 1)


class Area(NamedTuple):
    """A rectangle of cells."""

    left: int
    top: int
    right: int
    bottom: int

    def __str__(self) -> str:
        left, right = get_column_letter(self.left), get_column_letter(self.right)
        return f"{left}{self.top}:{right}{self.bottom}"

    def meets(self, other: Area) -> bool:
        """Whether they share a cell."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.top <= other.bottom
            and other.top <= self.bottom
        )


@cache
def area_of(text: str) -> Area | None:
    """The rectangle of an address as attributes write it; columns and rows may stand alone."""
    cell, column, row = r"[A-Z]{1,3}\d{1,7}", "[A-Z]{1,3}", r"\d{1,7}"
    if not re.fullmatch(f"{cell}(:{cell})?|{column}:{column}|{row}:{row}", text):
        return None
    limits = zip(range_boundaries(text), (1, 1, 16384, 1048576), strict=True)
    area = Area(*(limit if number is None else number for number, limit in limits))
    in_order = 1 <= area.left <= area.right <= 16384 and 1 <= area.top <= area.bottom <= 1048576
    return area if in_order else None


def overlaps(areas: Iterable[Area]) -> list[tuple[Area, Area]]:
    """The pairs that share cells."""
    return [(one, other) for one, other in combinations(areas, 2) if one.meets(other)]


def is_name(name: str) -> bool:
    """Whether a table or a formula may be named so."""
    upper = name.upper()
    is_cell = re.fullmatch(r"[A-Z]{1,3}\d{1,7}", upper) and area_of(upper)
    if is_cell or re.fullmatch(r"R(\d*)|C(\d*)|R\d*C\d*", upper) or len(name) > 255:
        return False
    return re.fullmatch(r"[^\W\d][\w.?\\]*|\\[\w.?\\]*", name) is not None


class Relation(NamedTuple):
    """A relationship, its type cut to the last word."""

    kind: str
    target: str


class Sheet(NamedTuple):
    """A sheet as the workbook lists it, with its part and the root of that, if there is one."""

    name: str
    number: str
    state: str
    part: str
    root: Element


class Table(NamedTuple):
    """A table with its part and its place."""

    part: str
    root: Element
    sheet: Sheet
    area: Area

    @property
    def name(self) -> str:
        """What formulas call it."""
        return self.root.get("displayName", "")


_PARSER = etree.XMLParser(
    resolve_entities=False, huge_tree=True, remove_comments=True, remove_pis=True
)


class Book:
    """A package as the rules see it."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self.parts = parts
        self.roots: dict[str, Element] = {}
        self.malformed: list[str] = []
        for name, data in parts.items():
            if name.lower().endswith((".xml", ".rels", ".vml")):
                self._parse(name, data)

    def _parse(self, name: str, data: bytes) -> None:
        try:
            root = etree.fromstring(data, _PARSER)
        except etree.XMLSyntaxError as error:
            self.malformed.append(f"{name} is not well-formed: {error}")
        else:
            self.roots[name] = root
            if root.getroottree().docinfo.doctype:
                self.malformed.append(f"{name} has a document type declaration")

    def content(self, name: str) -> Iterator[tuple[str, Element]]:
        """The parts whose root has this name."""
        yield from ((part, root) for part, root in self.roots.items() if tag(root) == name)

    @cached_property
    def relations(self) -> dict[str, dict[str, Relation]]:
        """The relationships of each part by their ids."""
        found: dict[str, dict[str, Relation]] = {}
        for name, root in self.content("rel:Relationships"):
            folder = posixpath.dirname(posixpath.dirname(name))
            source = posixpath.join(folder, posixpath.basename(name).removesuffix(".rels"))
            mine = found.setdefault(source, {})
            for e in root:
                target = e.get("Target", "")
                if e.get("TargetMode") != "External":
                    target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
                kind = e.get("Type", "").rpartition("/")[2]
                mine[e.get("Id", "")] = Relation(kind, target)
        return found

    def target(self, part: str, element: Element) -> str:
        """The part that an element's r:id names, or none."""
        relation = self.relations.get(part, {}).get(element.get(f"{{{OFFICE}}}id"))
        return relation.target if relation else ""

    def related(self, part: str, kind: str) -> list[str]:
        """The parts that a part relates to in one way."""
        return [r.target for r in self.relations.get(part, {}).values() if r.kind == kind]

    def type_of(self, part: str) -> str | None:
        """The content type of a part."""
        extension = part.rpartition(".")[2].lower()
        kind = None
        for e in self.roots["[Content_Types].xml"]:
            if (e.get("PartName") or "").lstrip("/").lower() == part.lower():
                return e.get("ContentType")
            if (e.get("Extension") or "").lower() == extension:
                kind = e.get("ContentType")
        return kind

    @cached_property
    def workbook(self) -> Element:
        """The workbook's root."""
        return self.roots["xl/workbook.xml"]

    @cached_property
    def sheets(self) -> list[Sheet]:
        """The sheets in their order."""
        found = []
        for e in every(self.workbook, "s:sheet"):
            part = self.target("xl/workbook.xml", e)
            root = self.roots.get(part, etree.Element("none"))
            state = e.get("state", "visible")
            found.append(Sheet(e.get("name", ""), e.get("sheetId", ""), state, part, root))
        return found

    @cached_property
    def tables(self) -> list[Table]:
        """The tables of the sheets."""
        tables = dict(self.content("s:table"))
        return [
            Table(part, tables[part], sheet, area)
            for sheet in self.sheets
            for part in self.related(sheet.part, "table")
            if part in tables and (area := area_of(tables[part].get("ref", "")))
        ]

    @cached_property
    def columns(self) -> dict[str, set[str]]:
        """The columns of each table, all in lower case."""
        return {
            table.name.lower(): {
                plain(e.get("name", "")).lower() for e in every(table.root, "s:tableColumn")
            }
            for table in self.tables
        }

    @cached_property
    def styles(self) -> dict[str, int]:
        """How many entries each section of the style sheet has."""
        return {local(e): len(e) for e in self.roots.get("xl/styles.xml", ())}

    @cached_property
    def strings(self) -> list[str]:
        """The shared strings."""
        return [text_of(e) for e in self.roots.get("xl/sharedStrings.xml", ()) if tag(e) == "s:si"]

    @cached_property
    def metadata(self) -> dict[str, int]:
        """How many records there are for cm and vm."""
        sections = {local(e): len(e) for e in self.roots.get("xl/metadata.xml", ())}
        return {"cm": sections.get("cellMetadata", 0), "vm": sections.get("valueMetadata", 0)}

    def cell_text(self, cell: Element) -> str | None:
        """The text that a cell holds as a constant, or none."""
        value, inline = child(cell, "v"), child(cell, "is")
        if cell.get("t") == "inlineStr" and inline is not None:
            return text_of(inline)
        if value is None or child(cell, "f") is not None:
            return None
        if cell.get("t") == "s":
            index = natural(value.text)
            return self.strings[index] if 0 <= index < len(self.strings) else None
        return plain(value.text or "") if cell.get("t") == "str" else None
