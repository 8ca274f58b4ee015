"""Worksheets: their cells, what lies on them except drawings, and their tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from support.ecma.book import (
    Area,
    Book,
    Element,
    Fault,
    Sheet,
    Table,
    area_of,
    child,
    every,
    is_name,
    natural,
    overlaps,
    plain,
    tag,
    text_of,
    twice,
)
from support.ecma.formulas import formula_faults
from support.ecma.schema_tables import NUMBER

ERRORS = (
    "#NULL! #DIV/0! #VALUE! #REF! #NAME? #NUM! #N/A #GETTING_DATA #SPILL! #CALC! #FIELD! "
    "#BLOCKED! #CONNECT! #UNKNOWN! #BUSY! #PYTHON!"
)


def _worksheet_faults(book: Book) -> Iterator[Fault]:
    checks = (
        _row_faults,
        _formula_cell_faults,
        _column_faults,
        _view_faults,
        _merge_faults,
        _format_faults,
        _validation_faults,
        _header_faults,
        _note_faults,
    )
    for sheet in book.sheets:
        if tag(sheet.root) == "s:worksheet":
            for check in checks:
                for sentence in check(book, sheet):
                    yield sheet.part, sentence


def _row_faults(book: Book, sheet: Sheet) -> Iterator[str]:
    """Rows: their order and styles, and their cells."""
    last = 0
    for row in every(sheet.root, "s:row"):
        number = natural(row.get("r", str(last + 1)))
        if not last < number <= 1048576:
            yield f"row {row.get('r')} follows row {last}"
        if natural(row.get("s")) >= book.styles.get("cellXfs", 1):
            yield f"row {number} has a style beyond the last"
        last = number
        yield from _cell_faults(book, row, number)


def _cell_faults(book: Book, row: Element, number: int) -> Iterator[str]:
    column = 0
    for cell in (e for e in row if tag(e) == "s:c"):
        area = area_of(cell.get("r")) if cell.get("r") else Area(column + 1, number, 0, 0)
        if area is None or area.top != number or area.left <= column:
            yield f"cell {cell.get('r')} stands in row {number} behind column {column}"
        column = area.left if area else column + 1
        for sentence in _value_faults(book, cell):
            yield f"cell {cell.get('r')}: {sentence}"


def _value_faults(book: Book, cell: Element) -> Iterator[str]:
    kind, value, inline = cell.get("t", "n"), child(cell, "v"), child(cell, "is")
    text = "" if value is None else value.text or ""
    if inline is not None and (kind != "inlineStr" or value is not None):
        yield f"an inline string is out of place (type {kind})"
    is_right = {
        "s": 0 <= natural(text) < len(book.strings),
        "b": text in ("0", "1"),
        "e": text in ERRORS.split(),
        "n": not text or re.fullmatch(NUMBER, text.strip()),
    }
    if value is not None and not is_right.get(kind, True):
        yield f"there is no {text!r} among the values or shared strings of type {kind}"
    if len(plain(text) if inline is None else text_of(inline)) > 32767:
        yield "its text has more than 32767 characters"
    for key, count in book.metadata.items():
        if cell.get(key) is not None and not 0 <= natural(cell.get(key)) <= count:
            yield f"{key}={cell.get(key)}, but there are {count} such records"


def _formula_cell_faults(book: Book, sheet: Sheet) -> Iterator[str]:
    """Formulas in cells, and the areas of array formulas."""
    arrays, shared = [], set()
    for formula in every(sheet.root, "s:f"):
        cell, text, kind = formula.getparent(), formula.text or "", formula.get("t", "normal")
        address, area = area_of(cell.get("r", "")), area_of(formula.get("ref", ""))
        place = f"cell {cell.get('r')}"
        if kind == "shared" and formula.get("ref"):
            shared.add(formula.get("si"))
        if kind == "shared" and formula.get("si") not in shared:
            yield f"{place} shares a formula that no cell before it has"
        if kind == "array" and area:
            arrays.append(area)
        if kind == "array" and not (area and address and area.meets(address)):
            yield f"{place} is not in the area {formula.get('ref')} of its array formula"
        if kind != "dataTable" and (kind != "shared" or text):
            yield from (f"{place}: {sentence}" for sentence in formula_faults(book, text))
    yield from (f"array formulas overlap: {one}, {other}" for one, other in overlaps(arrays))
    several = [area for area in arrays if area[:2] != area[2:]]
    for table in (table for table in book.tables if table.sheet == sheet):
        if any(area.meets(table.area) for area in several):
            yield f"an array formula of several cells meets table {table.name}"


def _column_faults(book: Book, sheet: Sheet) -> Iterator[str]:
    last = 0
    for column in every(sheet.root, "s:col"):
        first, end = natural(column.get("min")), natural(column.get("max"))
        if not last < first <= end <= 16384:
            yield f"columns {first} to {end} follow column {last}"
        last = end
        if natural(column.get("style")) >= book.styles.get("cellXfs", 1):
            yield f"columns {first} to {end} have a style beyond the last"


def _view_faults(_book: Book, sheet: Sheet) -> Iterator[str]:
    for view in every(sheet.root, "s:sheetView"):
        panes = [e.get("pane", "topLeft") for e in every(view, "s:selection")]
        for pane in twice(panes):
            yield f"two selections are in the pane {pane}"
        if child(view, "pane") is None and set(panes) - {"topLeft"}:
            yield f"selections are in panes that are not there: {panes}"


def _merge_faults(book: Book, sheet: Sheet) -> Iterator[str]:
    merged = [a for e in every(sheet.root, "s:mergeCell") if (a := area_of(e.get("ref", "")))]
    yield from (f"merged cells overlap: {one}, {other}" for one, other in overlaps(merged))
    yield from (f"one cell is merged alone: {a}" for a in merged if a[:2] == a[2:])
    for table in (table for table in book.tables if table.sheet == sheet):
        for area in merged:
            if area.meets(table.area):
                yield f"table {table.name} has merged cells: {area}"


def _format_faults(book: Book, sheet: Sheet) -> Iterator[str]:
    """Conditional formats: their formulas and bounds."""
    for rule in every(sheet.root, "s:cfRule"):
        name = f"rule {rule.get('type')} of priority {rule.get('priority')}"
        formulas = [e.text or "" for e in rule if tag(e) == "s:formula"]
        is_pair = rule.get("operator") in ("between", "notBetween")
        if rule.get("type") == "cellIs" and len(formulas) != 1 + is_pair:
            yield f"{name} has {len(formulas)} formulas"
        for text in formulas:
            yield from (f"{name}: {s}" for s in formula_faults(book, text, is_rule=True))
        yield from (f"{name}: {s}" for s in _bound_faults(book, rule))


def _bound_faults(book: Book, rule: Element) -> Iterator[str]:
    """Bounds of a conditional format's colours, bars and icons."""
    for bound in every(rule, "s:cfvo"):
        if bound.get("type") in ("num", "percent", "percentile", "formula"):
            yield from formula_faults(book, bound.get("val", ""))
    for scale in every(rule, "s:colorScale"):
        if len(list(every(scale, "s:cfvo"))) != len(list(every(scale, "s:color"))):
            yield "it has not as many colours as bounds"
    for icons in every(rule, "s:iconSet"):
        if not icons.get("iconSet", "3TrafficLights1").startswith(str(len(icons))):
            yield "it has not as many bounds as icons"


def _validation_faults(book: Book, sheet: Sheet) -> Iterator[str]:
    for rule in every(sheet.root, "s:dataValidation"):
        name = f"validation of {rule.get('sqref')}"
        kind, operator = rule.get("type", "none"), rule.get("operator", "between")
        formulas = {tag(e): e.text or "" for e in rule}
        if kind != "none" and "s:formula1" not in formulas:
            yield f"{name} has no formula"
        is_pair = kind not in ("none", "list", "custom") and operator in ("between", "notBetween")
        if is_pair and "s:formula2" not in formulas:
            yield f"{name} has only one bound"
        for text in formulas.values():
            if text.startswith('"') and len(text.strip('"')) > 255:
                yield f"{name} lists more than 255 characters"
            yield from (f"{name}: {s}" for s in formula_faults(book, text, is_rule=True))


def _header_faults(_book: Book, sheet: Sheet) -> Iterator[str]:
    for headers in every(sheet.root, "s:headerFooter"):
        for element in headers:
            if len(element.text or "") > 255:
                yield f"{tag(element)} has more than 255 characters"


def _note_faults(book: Book, sheet: Sheet) -> Iterator[str]:
    for target in book.related(sheet.part, "comments"):
        notes = book.roots.get(target)
        if notes is None:
            continue
        if child(sheet.root, "legacyDrawing") is None:
            yield f"{target} has notes, but the sheet has no legacyDrawing for their boxes"
        for place in twice(e.get("ref") for e in every(notes, "s:comment")):
            yield f"two notes are in {place.upper()}"
        authors = len(list(every(notes, "s:author")))
        for note in every(notes, "s:comment"):
            if natural(note.get("authorId")) >= authors:
                yield f"the note in {note.get('ref')} has no author"


def _table_faults(book: Book) -> Iterator[Fault]:
    for table in book.tables:
        for check in (_shape_faults, _filter_faults, _heading_faults, _reference_faults):
            for sentence in check(book, table):
                yield table.part, f"table {table.name}: {sentence}"


def _place_faults(book: Book) -> Iterator[Fault]:
    """What two tables share, and tables that a sheet lists, but does not relate to."""
    for name in twice(table.root.get("name") for table in book.tables):
        yield "", f"two tables are named {name}"
    for sheet in book.sheets:
        areas = [table.area for table in book.tables if table.sheet == sheet]
        for one, other in overlaps(areas):
            yield sheet.part, f"tables overlap: {one}, {other}"
        named = [book.target(sheet.part, e) for e in every(sheet.root, "s:tablePart")]
        if sorted(named) != sorted(book.related(sheet.part, "table")):
            yield "", f"sheet {sheet.name} names other tables than it relates to: {named}"


def _shape_faults(_book: Book, table: Table) -> Iterator[str]:
    headers = natural(table.root.get("headerRowCount", "1"))
    totals = natural(table.root.get("totalsRowCount", "0"))
    if table.area.bottom - table.area.top < headers + totals:
        yield f"{table.root.get('ref')} has no row for data"
    for number in twice(e.get("id") for e in every(table.root, "s:tableColumn")):
        yield f"two columns have the id {number}"
    if not is_name(table.name):
        yield "it cannot be named so"


def _filter_faults(_book: Book, table: Table) -> Iterator[str]:
    totals = natural(table.root.get("totalsRowCount", "0"))
    for part in (e for e in table.root if tag(e) == "s:autoFilter"):
        expected = table.area._replace(bottom=table.area.bottom - totals)
        if area_of(part.get("ref", "")) != expected:
            yield f"its filter covers {part.get('ref')}, not its headers and data"


def _heading_faults(book: Book, table: Table) -> Iterator[str]:
    """Names of columns that are not the texts in the cells of the first row."""
    if table.root.get("headerRowCount") == "0":
        return
    left, top, *_ = table.area
    row = table.sheet.root.iterfind(f"{{*}}sheetData/{{*}}row[@r='{top}']/{{*}}c")
    cells = {area.left: cell for cell in row if (area := area_of(cell.get("r", "")))}
    for number, column in enumerate(every(table.root, "s:tableColumn"), left):
        name = plain(column.get("name", ""))
        text = book.cell_text(cells[number]) if number in cells else None
        if not name.strip():
            yield f"column {number - left + 1} has no name"
        if text is None:
            yield f"the header of column {name} is no text in a cell"
        elif text != name:
            yield f"column {name!r} has the header {text!r} in its cell"


def _reference_faults(book: Book, table: Table) -> Iterator[str]:
    for element in (table.root, *every(table.root, "s:tableColumn")):
        for key, value in element.attrib.items():
            if key.endswith("DxfId") and natural(value) >= book.styles.get("dxfs", 0):
                yield f"{key} {value} is beyond the last differential format"
    for name in ("calculatedColumnFormula", "totalsRowFormula"):
        for element in every(table.root, f"s:{name}"):
            yield from formula_faults(book, element.text or "")


RULES = (_worksheet_faults, _table_faults, _place_faults)
