"""The workbook's own parts: sheets, names, styles, strings, metadata, order of calculation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from support.ecma.book import Book, Element, Fault, every, is_name, natural, tag, twice
from support.ecma.formulas import formula_faults


def _sheet_faults(book: Book) -> Iterator[Fault]:
    """Sheets: their names, parts and code names."""
    for name in (sheet.name for sheet in book.sheets):
        is_bad = not 1 <= len(name) <= 31 or re.search(r"[\[\]:*?/\\\x00-\x1f]", name)
        is_bad = is_bad or name.casefold() == "history"  # which Excel keeps for itself
        if is_bad or name.startswith("'") or name.endswith("'"):
            yield "", f"no sheet can be named {name!r}"
    for part in twice(sheet.part or None for sheet in book.sheets):
        yield "", f"two sheets are the part {part}"
    roots = [book.workbook, *(sheet.root for sheet in book.sheets)]
    for name in twice(e.get("codeName") for root in roots for e in root):
        yield "", f"the code name {name} is used twice"


def _view_faults(book: Book) -> Iterator[Fault]:
    """Which sheets are visible, active and selected."""
    states = [sheet.state for sheet in book.sheets]
    if "visible" not in states:
        yield "", "no sheet is visible"
    for view in every(book.workbook, "s:workbookView"):
        tab = natural(view.get("activeTab", "0"))
        if not 0 <= tab < len(states) or states[tab] != "visible":
            yield "", f"the active sheet {tab} is not there or hidden"
    selected = [
        sheet.name
        for sheet in book.sheets
        if any(e.get("tabSelected") in ("1", "true") for e in every(sheet.root, "s:sheetView"))
    ]
    if len(selected) > 1:
        yield "", f"sheets are selected together, a group: {selected}"


def _name_faults(book: Book) -> Iterator[Fault]:
    """Defined names."""
    names = list(every(book.workbook, "s:definedName"))
    scopes = [f"{e.get('name')}, scope {e.get('localSheetId', 'workbook')}" for e in names]
    part = "xl/workbook.xml"
    for scope in twice(scopes):
        yield part, f"the name {scope} is defined twice"
    for element in names:
        name, text = element.get("name", ""), element.text or ""
        is_local = element.get("localSheetId") is not None
        if is_local and not 0 <= natural(element.get("localSheetId")) < len(book.sheets):
            yield part, f"the name {name} belongs to a sheet that is not there"
        elif name.startswith("_xlnm."):
            for sentence in _built_in_faults(book, element):
                yield part, sentence
        elif not is_name(name):
            yield part, f"{name!r} is no valid name"
        if not is_local and name.lower() in book.columns:
            yield part, f"{name} is the name of a table and of a formula"
        if "#REF!" in text:
            yield part, f"the name {name} refers to something deleted: {text}"
        for sentence in formula_faults(book, text):
            yield part, f"the name {name}: {sentence}"


def _built_in_faults(book: Book, element: Element) -> Iterator[str]:
    """Names of Excel's own: the sheet they belong to and the shape of what they name."""
    name, text = element.get("name").removeprefix("_xlnm."), element.text or ""
    index = element.get("localSheetId")
    if name not in ("Print_Area", "Print_Titles", "_FilterDatabase"):
        return
    if index is None:
        yield f"{name} belongs to no sheet"
        return
    quoted = r"(?P<sheet>'(?:[^']|'')+'|[^'!,]+)!"
    lines = r"(?:\$[A-Z]{1,3}:\$[A-Z]{1,3}|\$\d+:\$\d+)"
    block = r"(?:\$[A-Z]{1,3}\$\d+(?::\$[A-Z]{1,3}\$\d+)?)"
    shape = lines if name == "Print_Titles" else f"(?:{lines}|{block})"
    pieces = re.findall(rf"(?:^|,)({quoted}{shape})(?=,|$)", text)
    if ",".join(piece[0] for piece in pieces) != text:
        if not text.endswith(")") and "#REF!" not in text:
            yield f"{name} has no such shape: {text}"
        return
    sheets = {p[1][1:-1].replace("''", "'") if p[1][0] == "'" else p[1] for p in pieces}
    if {s.lower() for s in sheets} != {book.sheets[int(index)].name.lower()}:
        yield f"{name} of {book.sheets[int(index)].name} lies on another sheet: {text}"
    if name == "Print_Titles" and len(pieces) > 2:
        yield f"{name} has more than columns and rows: {text}"


def _style_faults(book: Book) -> Iterator[Fault]:
    """References within the style sheet."""
    for part, root in book.content("s:styleSheet"):
        formats = [e.get("numFmtId") for e in root.findall("{*}numFmts/{*}numFmt")]
        for number in twice(formats):
            yield part, f"the number format {number} is defined twice"
        for element in (*every(root, "s:xf"), *every(root, "s:cellStyle")):
            number = element.get("numFmtId")
            if natural(number) >= 164 and number not in formats:
                yield part, f"the number format {number} is not defined"
            for sentence in _index_faults(book, element):
                yield part, sentence
        for name in twice(e.get("name") for e in every(root, "s:cellStyle")):
            yield part, f"two cell styles are named {name}"
        for element in every(root, "s:tableStyleElement"):
            if natural(element.get("dxfId")) >= book.styles.get("dxfs", 0):
                yield part, f"a table style uses the dxfId {element.get('dxfId')}"


def _index_faults(book: Book, element: Element) -> Iterator[str]:
    counts = {"fontId": "fonts", "fillId": "fills", "borderId": "borders", "xfId": "cellStyleXfs"}
    for key, section in counts.items():
        if natural(element.get(key)) >= book.styles.get(section, 0):
            yield f"{tag(element)} has a {key} beyond the {section}: {element.get(key)}"


def _string_faults(book: Book) -> Iterator[Fault]:
    for index, text in enumerate(book.strings):
        if len(text) > 32767:
            yield "xl/sharedStrings.xml", f"string {index} has more than 32767 characters"


def _metadata_faults(book: Book) -> Iterator[Fault]:
    """Records of metadata, which say of which type they are and which entry of it they mean."""
    for part, root in book.content("s:metadata"):
        types = [e.get("name") for e in every(root, "s:metadataType")]
        entries = {
            e.get("name"): len(list(every(e, "s:bk"))) for e in every(root, "s:futureMetadata")
        }
        for record in every(root, "s:rc"):
            kind, value = natural(record.get("t")), natural(record.get("v"))
            if not 1 <= kind <= len(types):
                yield part, f"a record is of type {kind}, of {len(types)}"
            elif value < 0 or value >= entries.get(types[kind - 1], value + 1):
                yield part, f"a record means entry {value} of {types[kind - 1]}"
            elif types[kind - 1] == "XLDAPR" and "XLDAPR" not in entries:
                yield part, "there are no properties of dynamic arrays"


def _chain_faults(book: Book) -> Iterator[Fault]:
    """Cells of the calculation chain that have no formula."""
    formulas = {
        sheet.number: {e.getparent().get("r") for e in every(sheet.root, "s:f")}
        for sheet in book.sheets
    }
    for part, root in book.content("s:calcChain"):
        sheet = ""
        for cell in root:
            sheet = cell.get("i", sheet)
            if cell.get("r") not in formulas.get(sheet, ()):
                yield part, f"cell {cell.get('r')} of sheet {sheet} has no formula to calculate"


RULES = (
    _sheet_faults,
    _view_faults,
    _name_faults,
    _style_faults,
    _string_faults,
    _metadata_faults,
    _chain_faults,
)
