"""Look into workbooks part by part, with nothing of the project's own code."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from lxml import etree

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"

#: The parts that a rescore may change (DESIGN: "Nothing else of the file changes but").
MAY_CHANGE = {
    "[Content_Types].xml",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/calcChain.xml",
}


def parts_of(path: Path) -> dict[str, bytes]:
    """All parts of a package, inflated."""
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        names = [name.lower() for name in package.namelist()]
        assert len(set(names)) == len(names), "two parts have one name"
        return {name: package.read(name) for name in package.namelist()}


def write_parts(path: Path, parts: Mapping[str, bytes]) -> Path:
    """Put parts together to a package."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    return path


def parsed(data: bytes) -> Any:
    """The root of a part; comments and the like say nothing."""
    parser = etree.XMLParser(resolve_entities=False, remove_comments=True, remove_pis=True)
    return etree.fromstring(data, parser)


def changed_parts(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    """The parts that are gone or have other bytes."""
    return {name for name, data in before.items() if after.get(name) != data}


def sheet_parts(parts: dict[str, bytes]) -> dict[str, str]:
    """The name of each sheet and its part."""
    workbook = parsed(parts["xl/workbook.xml"])
    targets = dict(_targets("xl/workbook.xml", parts))
    key = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
    return {e.get("name"): targets[e.get(key)] for e in workbook.iter(f"{MAIN}sheet")}


def _targets(part: str, parts: dict[str, bytes]) -> Iterator[tuple[str, str]]:
    folder, name = posixpath.split(part)
    rels = posixpath.join(folder, "_rels", f"{name}.rels")
    for element in parsed(parts[rels]) if rels in parts else ():
        is_place = element.get("Target").startswith("#")  # a link within the workbook
        if element.get("TargetMode") != "External" and not is_place:
            target = posixpath.join("/", folder, element.get("Target"))
            yield element.get("Id"), posixpath.normpath(target).lstrip("/")


def faults_of(parts: dict[str, bytes]) -> list[str]:
    """What would make a reader complain: dangling relations, stale types, names used twice."""
    faults = []
    for name in parts:
        folder, base = posixpath.split(name)
        if not name.endswith("/") and posixpath.basename(folder) == "_rels":
            source = posixpath.join(posixpath.dirname(folder), base.removesuffix(".rels"))
            faults += [
                f"{source} points at {target}, which is not there"
                for _, target in _targets(source, parts)
                if target not in parts
            ]
            if source and source not in parts:
                faults.append(f"{name} belongs to no part")
    faults += _type_faults(parts)
    faults += _table_faults(parts)
    workbook = parsed(parts["xl/workbook.xml"])
    sheets = [e.get("name").lower() for e in workbook.iter(f"{MAIN}sheet")]
    numbers = [e.get("sheetId") for e in workbook.iter(f"{MAIN}sheet")]
    for kind, values in (("sheet names", sheets), ("sheet ids", numbers)):
        if len(set(values)) < len(values):
            faults.append(f"{kind} are used twice: {values}")
    if not all(re.fullmatch(r"\d{1,5}", n or "") and 1 <= int(n) <= 65_534 for n in numbers):
        faults.append(f"sheet ids are no numbers from 1 to 65534: {numbers}")
    return faults + list(_style_faults(parts))


def _type_faults(parts: dict[str, bytes]) -> Iterator[str]:
    types = parsed(parts["[Content_Types].xml"])
    overrides = [e.get("PartName").lstrip("/") for e in types if e.get("PartName")]
    defaults = {e.get("Extension").lower() for e in types if e.get("Extension")}
    if len(set(overrides)) < len(overrides):
        yield "a part has two content types"
    for name in set(overrides) - set(parts):
        yield f"{name} has a content type, but is not there"
    for name in set(parts) - set(overrides) - {"[Content_Types].xml"}:
        if not name.endswith("/") and name.rpartition(".")[2].lower() not in defaults:
            yield f"{name} has no content type"


def _table_faults(parts: dict[str, bytes]) -> Iterator[str]:
    roots = [
        parsed(data) for name, data in parts.items() if re.match(r"xl/tables/[^/]+\.xml$", name)
    ]
    tables = [root for root in roots if root.tag == f"{MAIN}table"]
    for key in ("id", "displayName"):
        values = [table.get(key).lower() for table in tables]
        if len(set(values)) < len(values):
            yield f"tables share the {key}: {values}"
    for table in tables:
        first, last = table.get("ref").split(":")
        width = _column(last) - _column(first) + 1
        names = [c.get("name").lower() for c in table.iter(f"{MAIN}tableColumn")]
        if len(names) != width or len(set(names)) < len(names):
            yield f"table {table.get('displayName')} covers {width} columns and names {names}"


def _column(address: str) -> int:
    number = 0
    for letter in re.match(r"[A-Z]+", address)[0]:  # type: ignore[index]
        number = number * 26 + ord(letter) - 64
    return number


def _style_faults(parts: dict[str, bytes]) -> Iterator[str]:
    if "xl/styles.xml" not in parts:
        return
    styles = parsed(parts["xl/styles.xml"])
    sections = {"s": styles.find(f"{MAIN}cellXfs"), "dxfId": styles.find(f"{MAIN}dxfs")}
    counts = {key: 0 if found is None else len(found) for key, found in sections.items()}
    for section in styles:
        if section.get("count") is not None and int(section.get("count")) != len(section):
            yield f"{section.tag} miscounts itself"
    for sheet, part in sheet_parts(parts).items():
        data = parts[part].decode("utf-8", "replace")
        for key, tag in (("s", "c"), ("dxfId", "cfRule")):
            pattern = rf'<(?:\w+:)?{tag}\b[^>]*\b{key}="(\d+)"'
            used = [int(number) for number in re.findall(pattern, data)]
            if used and max(used) >= counts[key]:
                yield f"sheet {sheet} uses a {key} that the style sheet does not have"


def with_shared_strings(parts: dict[str, bytes]) -> dict[str, bytes]:
    """The parts of a workbook without shared strings, with a relation to where they would be."""
    rels = "xl/_rels/workbook.xml.rels"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    added = f'<Relationship Id="strings" Type="{kind}" Target="/xl/sharedStrings.xml"/>'
    end = b"</Relationships>"
    return parts | {rels: parts[rels].replace(end, added.encode() + end)}
