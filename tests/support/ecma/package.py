"""The package: its content types and the relationships between its parts."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from support.ecma.book import OFFICE, Book, Fault, tag, twice
from support.packages import faults_of

DOCUMENT = "application/vnd.openxmlformats-officedocument."
CONTENT_TYPES = {  # of the target, by the last word of a relationship's type
    **{
        kind: f"{DOCUMENT}spreadsheetml.{kind}+xml"
        for kind in [
            "worksheet",
            "chartsheet",
            "table",
            "styles",
            "sharedStrings",
            "comments",
            "sheetMetadata",
            "calcChain",
            "pivotTable",
            "pivotCacheDefinition",
            "externalLink",
            "queryTable",
        ]
    },
    "chart": f"{DOCUMENT}drawingml.chart+xml",
    "drawing": f"{DOCUMENT}drawing+xml",
    "theme": f"{DOCUMENT}theme+xml",
    "vmlDrawing": f"{DOCUMENT}vmlDrawing",
    "printerSettings": f"{DOCUMENT}spreadsheetml.printerSettings",
    "vbaProject": "application/vnd.ms-office.vbaProject",
    "core-properties": "application/vnd.openxmlformats-package.core-properties+xml",
    "extended-properties": f"{DOCUMENT}extended-properties+xml",
}
RELATIONSHIPS = "application/vnd.openxmlformats-package.relationships+xml"
PLAIN_BOOKS = {f"{DOCUMENT}spreadsheetml.{kind}.main+xml" for kind in ("sheet", "template")}
MACRO_BOOKS = {
    f"application/vnd.ms-excel.{kind}.macroEnabled.main+xml"
    for kind in ("sheet", "template", "addin")
}
RELATED = {  # the kinds of relationship that an element's r:id may name
    "s:sheet": "worksheet chartsheet dialogsheet xlMacrosheet xlIntlMacrosheet",
    "s:drawing": "drawing",
    "s:legacyDrawing": "vmlDrawing",
    "s:legacyDrawingHF": "vmlDrawing",
    "s:tablePart": "table",
    "s:hyperlink": "hyperlink",
    "s:pageSetup": "printerSettings",
    "s:pivotCache": "pivotCacheDefinition",
    "s:externalReference": "externalLink externalLinkPath",
    "c:chart": "chart",
    "a:blip": "image",
}


def _reader_faults(book: Book) -> Iterator[Fault]:
    """What any reader of packages would complain of."""
    try:
        yield from (("", fault) for fault in faults_of(book.parts))
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        yield "", f"the package is too broken to look into: {error!r}"
    for name in twice(book.parts):
        yield "", f"two parts are named {name}"


def _type_faults(book: Book) -> Iterator[Fault]:
    """Content types given twice, and types that are not those of a relationship's target."""
    for key in ("PartName", "Extension"):
        for name in twice(e.get(key) for e in book.roots["[Content_Types].xml"]):
            yield "", f"{name} has two content types"
    for source, relations in book.relations.items():
        for kind, target in relations.values():
            expected = CONTENT_TYPES.get(kind)
            found = book.type_of(target)
            if expected and target in book.parts and found != expected:
                yield "", f"{target} is a {kind} of {source}, but has type {found}"


def _orphan_faults(book: Book) -> Iterator[Fault]:
    """Parts that a reader cannot find, or would not know as relationships."""
    kinds = {kind: name for name, kind in CONTENT_TYPES.items()}
    found = {(r.kind, r.target) for mine in book.relations.values() for r in mine.values()}
    for part in book.parts:
        kind = book.type_of(part)
        if kind in kinds and (kinds[kind], part) not in found:
            yield "", f"no relationship leads to {part} as its {kinds[kind]}"
        if part.endswith(".rels") and kind != RELATIONSHIPS:
            yield "", f"{part} has type {kind}"


def _main_faults(book: Book) -> Iterator[Fault]:
    """The workbook as the package's main part, and the parts of which there may be one."""
    mains = book.related("", "officeDocument")
    if mains != ["xl/workbook.xml"]:
        yield "", f"the package's main part is not the workbook, but {mains}"
    has_macros = bool(book.related("xl/workbook.xml", "vbaProject"))
    kind = book.type_of("xl/workbook.xml")
    if kind not in (MACRO_BOOKS if has_macros else PLAIN_BOOKS):
        yield "", f"the workbook has type {kind}, and macros: {has_macros}"
    stray = [name for name in book.parts if name.lower().endswith("vbaproject.bin")]
    if stray and not has_macros:
        yield "", f"no relationship of the workbook leads to {stray}"
    for one in ("styles", "sharedStrings", "theme", "calcChain", "sheetMetadata", "vbaProject"):
        if len(book.related("xl/workbook.xml", one)) > 1:
            yield "", f"the workbook has several parts of the kind {one}"


def _relation_faults(book: Book) -> Iterator[Fault]:
    """Ids used twice, and ids in a part that name no relationship or one of another kind."""
    for part, root in book.content("rel:Relationships"):
        for name in twice(e.get("Id") for e in root):
            yield "", f"{part} has the id {name} twice"
    for part, name, value in _named_relations(book):
        relation = book.relations.get(part, {}).get(value)
        if relation is None:
            yield "", f"{part}: {name} names the relationship {value}: none"
        elif relation.kind not in RELATED.get(name, relation.kind).split():
            yield "", f"{part}: {name} names a {relation.kind}, {value}"


def _named_relations(book: Book) -> Iterator[tuple[str, str, str]]:
    """Each id of a relationship in an attribute, with the part and the element."""
    for part, root in book.roots.items():
        for element in root.iter(etree.Element):
            for key, value in element.attrib.items():
                if key.startswith(f"{{{OFFICE}}}") and value:
                    yield part, tag(element), value


RULES = (_reader_faults, _type_faults, _orphan_faults, _main_faults, _relation_faults)
