"""Who made a workbook, on which machine, and what people remarked: found and taken out."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from xlportfolio.files.cutting import take_out
from xlportfolio.files.frame import SheetFrame
from xlportfolio.files.package import Element, Package, Relationship, local_name, to_xml
from xlportfolio.files.removal import detach, of_ids
from xlportfolio.files.workbook import R_ID, Sheet, Workbook, main

#: Properties of a document that name people and firms; ECMA-376 part 2, 11, and part 1, 22.2.
_CORE, _APP = frozenset({"creator", "lastModifiedBy"}), frozenset({"Manager", "Company"})
#: What SharePoint keeps of a file, with the people who share it.
_SHAREPOINT = b"http://schemas.microsoft.com/office/2006/metadata/properties"
_COMMENTS = ("comments", "threadedComment")
#: What Excel draws for a note, among other shapes; VML is not always well-formed.
_SHAPE = re.compile(
    rb"<(?P<prefix>\w+:)?shape\b(?:[^>]*[^>/])?>.*?</(?P=prefix)shape\s*>|<shape\b[^>/]*>.*?</shape>",
    re.DOTALL,
)
_NOTE = re.compile(rb"\bObjectType\s*=\s*[\"']Note[\"']")
_DRAWN = re.compile(
    rb"<(?:\w+:)?(?:shape|rect|oval|line|roundrect|group|arc|curve|polyline|image)[\s>/]"
)


@dataclass(slots=True)
class Traces:
    """What was taken out of a workbook.

    Attributes
    ----------
    people
        The names of people and firms that the properties of the file gave.
    comments
        How many comments and notes there were, by sheet.
    folder
        The folder on the machine where the workbook was last saved.
    printers
        How many sheets kept the settings of a printer.
    others
        Whether anything else named a user.
    """

    people: list[str] = field(default_factory=list)
    comments: dict[str, int] = field(default_factory=dict)
    folder: str | None = None
    printers: int = 0
    others: bool = False


def remove_traces(workbook: Workbook) -> Traces:
    """Take out the names of people, their comments, and what tells of their machines."""
    traces = Traces()
    _clean_properties(workbook.package, traces)
    _clean_workbook(workbook, traces)
    for sheet in workbook.sheets:
        _clean_sheet(workbook.package, sheet, traces)
    for part in _caches(workbook):
        root = workbook.package.xml(part)
        who = _taken(root, "refreshedBy")
        if who is not None:
            _add(traces.people, who)
            workbook.package.put(part, to_xml(root))
    return traces


def _taken(element: Element, attribute: str) -> str | None:
    """What an attribute said; it is gone then."""
    value = element.get(attribute)
    element.attrib.pop(attribute, "")
    return value


def _add(names: list[str], name: str | None) -> None:
    text = (name or "").strip()
    if text and text not in names:
        names.append(text)


def _clean_properties(package: Package, traces: Traces) -> None:
    for relationship in package.relationships(""):
        part = relationship.target
        wanted = {"core-properties": _CORE, "extended-properties": _APP}.get(
            relationship.type.rsplit("/", 1)[-1]
        )
        if wanted is None or part not in package:
            continue
        root = package.xml(part)
        found = [e for e in root if local_name(e) in wanted and (e.text or "").strip()]
        for element in found:
            _add(traces.people, element.text)
            root.remove(element)
        if found:
            package.put(part, to_xml(root))


def _clean_workbook(workbook: Workbook, traces: Traces) -> None:
    """What the workbook's own part says of the last user and of her folder."""
    package = workbook.package
    for element in list(workbook.root.iter()):
        match local_name(element):
            case "absPath":
                traces.folder = element.get("url") or traces.folder
                take_out(element)
            case "fileSharing":
                _add(traces.people, _taken(element, "userName"))

    for relationship in package.relationships(workbook.part):
        if relationship.is_a("person") and relationship.target in package:
            for person in package.xml(relationship.target):
                _add(traces.people, person.get("displayName"))

    def is_of_sharepoint(relationship: Relationship) -> bool:
        target = relationship.target
        is_known = relationship.is_a("customXml") and target in package
        return is_known and _SHAREPOINT in package.read(target)

    detach(package, workbook.part, _is_one_of("person", "usernames"))
    if detach(package, workbook.part, is_of_sharepoint):
        traces.others = True


def _clean_sheet(package: Package, sheet: Sheet, traces: Traces) -> None:
    count = sum(_count(package, r) for r in package.relationships(sheet.part))
    if count:
        traces.comments[sheet.name] = count
    commented = detach(package, sheet.part, _is_one_of(*_COMMENTS))
    empty = [r.id for r in package.relationships(sheet.part) if _is_emptied(package, r)]
    printers = detach(package, sheet.part, _is_one_of("printerSettings"))
    traces.printers += bool(printers)
    has_scenarios = b"scenario" in package.read(sheet.part)
    if not (commented or empty or printers or has_scenarios):
        return
    detach(package, sheet.part, of_ids(empty))
    frame = SheetFrame(package, sheet.part)
    for element in list(frame.root.iter()):
        match local_name(element):
            case "pageSetup" if element.get(R_ID) in printers:
                del element.attrib[R_ID]
            case "legacyDrawing" if element.get(R_ID) in empty:
                take_out(element)
            case "scenario":
                # Excel says in its comment who made it
                for attribute in ("user", "comment"):
                    traces.others |= _taken(element, attribute) is not None
    frame.put()


def _is_one_of(*kinds: str) -> Callable[[Relationship], bool]:
    return lambda relationship: any(map(relationship.is_a, kinds))


def _count(package: Package, relationship: Relationship) -> int:
    """How many notes a part holds; of threaded comments each has a note too."""
    if not relationship.is_a("comments") or relationship.target not in package:
        return 0
    return sum(1 for _ in package.xml(relationship.target).iter(main("comment")))


def _is_emptied(package: Package, relationship: Relationship) -> bool:
    """Take the notes out of a drawing; whether nothing else is drawn there."""
    part = relationship.target
    if not relationship.is_a("vmlDrawing") or part not in package:
        return False
    data = package.read(part)
    left = _SHAPE.sub(lambda found: b"" if _NOTE.search(found[0]) else found[0], data)
    if left == data:
        return False
    if not _DRAWN.search(left):
        return True
    package.put(part, left)
    detach(package, part, lambda r: f'"{r.id}"'.encode() not in left)
    return False


def _caches(workbook: Workbook) -> Iterator[str]:
    for relationship in workbook.package.relationships(workbook.part):
        if relationship.is_a("pivotCacheDefinition") and relationship.target in workbook.package:
            yield relationship.target
