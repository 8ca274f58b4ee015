"""Merge the styles of one workbook into another's: append only, nothing twice.

Cell formats, fonts, fills and so on are known by their position, so the ones that are there must
stay where they are. What an earlier run appended is found again, so that a file does not grow.
"""

from __future__ import annotations

import copy
from collections.abc import Hashable
from dataclasses import dataclass

from xlportfolio.files.package import Element, local_name
from xlportfolio.files.workbook import main

#: The order of the sections in a style sheet, ECMA-376 part 1, 18.8.39.
_ORDER = (
    "numFmts",
    "fonts",
    "fills",
    "borders",
    "cellStyleXfs",
    "cellXfs",
    "cellStyles",
    "dxfs",
    "tableStyles",
    "colors",
    "extLst",
)
#: The first number a workbook may give to a number format of its own.
_FIRST_OWN_FORMAT = 164


@dataclass(frozen=True, slots=True)
class StyleMap:
    """Where the styles of the source ended up: cell formats and differential formats."""

    cells: dict[str, str]
    differential: dict[str, str]


def merge_styles(target: Element, source: Element) -> StyleMap:
    """Append to ``target`` what it lacks of ``source``; both are roots of style sheets."""
    parts = {
        "fontId": _append(target, source, "fonts"),
        "fillId": _append(target, source, "fills"),
        "borderId": _append(target, source, "borders"),
        "numFmtId": _append_number_formats(target, source),
    }
    base = target.find(main("cellStyleXfs"))
    if base is None or not len(base):  # the format that all others are based on
        _append(target, source, "cellStyleXfs")
    differential = _append(target, source, "dxfs")
    formats = source.find(main("cellXfs"))
    wanted = []
    for element in formats if formats is not None else ():
        twin = copy.deepcopy(element)
        for attribute, moved in parts.items():
            number = twin.get(attribute, "0")
            twin.set(attribute, moved.get(number, number))
        twin.set("xfId", "0")
        wanted.append(twin)
    return StyleMap(_append_all(_section(target, "cellXfs"), wanted), differential)


def _append(target: Element, source: Element, name: str) -> dict[str, str]:
    section = source.find(main(name))
    if section is None or not len(section):
        return {}
    return _append_all(_section(target, name), [copy.deepcopy(e) for e in section])


def _append_all(section: Element, wanted: list[Element]) -> dict[str, str]:
    """Append what is not there yet; wanted position -> position in the section."""
    known: dict[Hashable, int] = {}
    for position, element in enumerate(section):
        known.setdefault(_content(element), position)
    moved = {}
    for position, element in enumerate(wanted):
        content = _content(element)
        if content not in known:
            known[content] = len(section)
            section.append(element)
        moved[str(position)] = str(known[content])
    section.set("count", str(len(section)))
    return moved


def _append_number_formats(target: Element, source: Element) -> dict[str, str]:
    """Number formats are known by a number of their own, not by position."""
    section = source.find(main("numFmts"))
    if section is None or not len(section):
        return {}
    there = _section(target, "numFmts")
    known = {element.get("formatCode"): element.get("numFmtId", "") for element in there}
    used = [int(number) for number in known.values()]
    following = max([_FIRST_OWN_FORMAT - 1, *used]) + 1
    moved = {}
    for element in section:
        code = element.get("formatCode")
        if code not in known:
            known[code] = str(following)
            twin = copy.deepcopy(element)
            twin.set("numFmtId", str(following))
            there.append(twin)
            following += 1
        moved[element.get("numFmtId", "")] = known[code]
    there.set("count", str(len(there)))
    return moved


def _section(root: Element, name: str) -> Element:
    """A section of a style sheet, made at its place if it is missing."""
    section = root.find(main(name))
    if section is None:
        section = root.makeelement(main(name))
        later = _ORDER[_ORDER.index(name) + 1 :]
        following = next((e for e in root if local_name(e) in later), None)
        if following is None:
            root.append(section)
        else:
            following.addprevious(section)
    return section


def _content(element: Element) -> Hashable:
    """What an element says, whatever its prefix and the order of its attributes."""
    children = tuple(_content(child) for child in element if isinstance(child.tag, str))
    attributes = frozenset((str(k), str(v)) for k, v in element.attrib.items())
    return element.tag, attributes, (element.text or "").strip(), children
