"""Cut off what of a workbook leads elsewhere; what it shows stays.

Formulas become the values that they show, and with the links go whatever cannot be without them:
names, rules, queries, pivot tables that are fed from elsewhere (their cells stay).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from xlportfolio.errors import WorkbookError
from xlportfolio.files.cutting import cut, cut_ids, cut_shapes, named_ids
from xlportfolio.files.feeds import sever_feeds
from xlportfolio.files.frame import SheetFrame
from xlportfolio.files.lost import Lost
from xlportfolio.files.lost_rules import drop_formulas, drop_rules, keep_reference
from xlportfolio.files.outside import (
    LEADING_ATTRIBUTES,
    Reach,
    books,
    connections,
    linked_pictures,
    parts_below,
)
from xlportfolio.files.package import Element, local_name, to_xml
from xlportfolio.files.removal import detach, of_ids
from xlportfolio.files.workbook import OFFICE_RELATIONSHIPS, Sheet, Workbook, main

_F, _V, _IS = map(main, ("f", "v", "is"))
_LINK = f"{{{OFFICE_RELATIONSHIPS}}}link"
_EMBED = f"{{{OFFICE_RELATIONSHIPS}}}embed"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"


@dataclass(slots=True)
class Severed:
    """What was cut off.

    Attributes
    ----------
    books, connections, pictures
        Other workbooks and documents, connections to data, and pictures elsewhere, by name.
    cells
        How many cells became values, by sheet.
    empty
        Cells that showed nothing and are empty now, with their sheets.
    rules, charts, objects, pivots, queries
        How many rules, references of charts and drawings, linked objects, pivot tables and tables
        that a query filled were concerned.
    names
        Names that led elsewhere.
    """

    books: list[str] = field(default_factory=list)
    connections: list[str] = field(default_factory=list)
    pictures: list[str] = field(default_factory=list)
    cells: dict[str, int] = field(default_factory=dict)
    empty: list[str] = field(default_factory=list)
    rules: int = 0
    charts: int = 0
    objects: int = 0
    pivots: int = 0
    queries: int = 0
    names: list[str] = field(default_factory=list)


def sever(workbook: Workbook) -> Severed:
    """Cut off what leads elsewhere."""
    package = workbook.package
    there = books(workbook)
    joined = connections(workbook)
    reach = Reach(workbook, connected=bool(joined))
    done = Severed(
        books=list(dict.fromkeys(book.target for book in there.values())),
        connections=[connection.name for connection in joined],
    )
    for sheet in workbook.sheets:
        if reach.may_lead(package.read_xml(sheet.part)):
            _sever_sheet(workbook, sheet, reach, done)
        for part in parts_below(package, sheet.part):
            if reach.may_lead(package.read(part)):
                _sever_part(workbook, part, reach, done)
        _sever_pictures(workbook, sheet, done)
    _sever_names(workbook, reach, done)
    feeds = sever_feeds(workbook)
    done.pivots, done.queries = feeds.pivots, feeds.queries
    if there:
        detach(package, workbook.part, lambda r: r.is_a("externalLink"))
        for listed in workbook.root.findall(main("externalReferences")):
            workbook.root.remove(listed)
    if done.cells:
        workbook.drop_calculations()
    workbook.commit()
    return done


def _sever_sheet(workbook: Workbook, sheet: Sheet, reach: Reach, done: Severed) -> None:
    root = workbook.package.xml(sheet.part)
    count = 0
    for formula in list(_leading(root, reach)):
        cell = formula.getparent()
        assert cell is not None
        cell.remove(formula)
        is_picture = cell.get("t") == "e" and cell.get("vm") is not None
        for attribute in ("cm", "vm"):
            cell.attrib.pop(attribute, "")
        if is_picture or (cell.find(_V) is None and cell.find(_IS) is None):
            cell.attrib.pop("t", "")
            del cell[:]
            done.empty.append(f"{sheet.name}!{cell.get('r', '?')}")
        count += 1
    if count:
        done.cells[sheet.name] = count
    rules = drop_rules(root, _reason(reach))
    done.rules += rules
    linked = [e for e in root.iter(main("oleObject")) if reach.leads(e.get("link", ""))]
    shapes = {number for e in linked if (number := e.get("shapeId")) is not None}
    for element in linked:
        cut(root, element)
    done.objects += len(shapes)
    if count or rules or linked:
        workbook.package.put(sheet.part, to_xml(root))
    if shapes:
        _sever_shapes(workbook, sheet, shapes)


def _reason(reach: Reach) -> Callable[[str], Lost]:
    return lambda formula: Lost(others=reach.leads(formula))


def _leading(root: Element, reach: Reach) -> Iterator[Element]:
    """The formulas of cells that lead elsewhere, with those that only share one that does."""
    formulas = list(root.iter(_F))
    leading = [f for f in formulas if f.text and reach.leads(f.text)]
    shared = {f.get("si") for f in leading if f.get("t") == "shared"}
    for formula in formulas:
        if formula in leading or (formula.get("t") == "shared" and formula.get("si") in shared):
            yield formula


def _sever_shapes(workbook: Workbook, sheet: Sheet, shapes: set[str]) -> None:
    """Take the shapes of linked objects out of the drawings of a sheet."""
    package = workbook.package
    for relationship in package.relationships(sheet.part):
        part = relationship.target
        if relationship.is_a("vmlDrawing") or relationship.is_a("drawing"):
            try:
                root = package.xml(part)
            except WorkbookError:  # VML need not be well-formed; what it draws then stays
                continue
            before = to_xml(root)
            cut_shapes(root, shapes)
            if to_xml(root) != before:
                package.put(part, to_xml(root))
    named = named_ids(SheetFrame(package, sheet.part).root)
    detach(package, sheet.part, lambda r: r.is_a("image") and r.id not in named)


def _sever_part(workbook: Workbook, part: str, reach: Reach, done: Severed) -> None:
    """Let a table, a chart, a drawing or a control keep what it shows without its reference."""
    package = workbook.package
    root = package.xml(part)
    changed = drop_formulas(root, _reason(reach))
    for element in list(root.iter()):
        for attribute in LEADING_ATTRIBUTES:
            formula = element.get(attribute)
            if formula and reach.leads(formula):
                del element.attrib[attribute]
                changed = True
        is_reference = local_name(element) == "f" and element.text and reach.leads(element.text)
        if is_reference and not keep_reference(element):
            _keep_other(root, element)
        if is_reference:
            done.charts += 1
            changed = True
    if changed:
        package.put(part, to_xml(root))


def _keep_other(root: Element, formula: Element) -> None:
    """Put what a chart shows in the place of names in several levels; other references go."""
    reference = formula.getparent()
    parent = None if reference is None else reference.getparent()
    if reference is None or parent is None:
        return
    space = str(reference.tag).rpartition("}")[0] + "}"
    if local_name(reference) == "multiLvlStrRef":
        level = next(reference.iter(f"{space}lvl"), None)
        made = reference.makeelement(f"{space}strLit", {})
        points = [] if level is None else list(level)
        made.append(made.makeelement(f"{space}ptCount", {"val": str(len(points))}))
        made.extend(points)
        parent.replace(reference, made)
    else:
        cut(root, reference)


def _sever_pictures(workbook: Workbook, sheet: Sheet, done: Severed) -> None:
    """Take out pictures that are files elsewhere; a copy that the drawing holds stays."""
    package = workbook.package
    for part in parts_below(package, sheet.part):
        linked = linked_pictures(package, part)
        if not linked:
            continue
        root = package.xml(part)
        for element in root.iter(f"{{{_DRAWING}}}blip"):
            if element.get(_LINK) in linked and element.get(_EMBED):
                del element.attrib[_LINK]
        cut_ids(root, linked)
        package.put(part, to_xml(root))
        detach(package, part, of_ids(linked))
        done.pictures += [t for t in linked.values() if t not in done.pictures]


def _sever_names(workbook: Workbook, reach: Reach, done: Severed) -> None:
    gone = workbook.drop_names(lambda element: reach.leads(element.text or ""))
    done.names += [element.get("name", "") for element in gone]
