"""What a rescore must keep of a workbook, held against the file byte by byte.

Nothing of the project's own code looks into the files here. Packages may be odd: prefixes, other
spellings of names, other places of parts, other encodings.
"""

from __future__ import annotations

import datetime as dt
import posixpath
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

from lxml import etree

from support.packages import MAIN, parsed
from xlportfolio import rescore

DAY = dt.date(2026, 1, 31)
_R_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def packed_parts(path: Path) -> dict[bytes, bytes]:
    """The entries of a zip in their order: the name's own bytes, and the compressed ones."""
    data = path.read_bytes()
    found: dict[bytes, bytes] = {}
    with zipfile.ZipFile(path) as package:
        assert package.testzip() is None
        for info in package.infolist():
            start = info.header_offset
            name, extra = struct.unpack("<HH", data[start + 26 : start + 30])
            begin = start + 30 + name + extra
            stored = data[start + 30 : start + 30 + name]
            assert stored.lower() not in {other.lower() for other in found}, stored
            found[stored] = data[begin : begin + info.compress_size]
    return found


class Shape:
    """The parts of a workbook that a rescore may change, found by the relationships."""

    def __init__(self, parts: dict[str, bytes]) -> None:
        self.parts = parts
        self._spelled = {name.lower(): name for name in parts}
        self.types = self._spelled["[content_types].xml"]
        (self.workbook,) = self.related("", "officeDocument")
        self.relations = self._spelled[self._relations_of(self.workbook).lower()]

    @staticmethod
    def _relations_of(part: str) -> str:
        folder, name = posixpath.split(part)
        return posixpath.join(folder, "_rels", f"{name}.rels")

    def targets(self, part: str) -> dict[str, tuple[str, str]]:
        """The relationships of a part by id: the last word of their type, and their target."""
        name = self._spelled.get(self._relations_of(part).lower())
        found = {}
        for e in parsed(self.parts[name]) if name else ():
            target = posixpath.join("/", posixpath.dirname(part), e.get("Target"))
            target = posixpath.normpath(target).lstrip("/")
            kind = e.get("Type").rpartition("/")[2]
            found[e.get("Id")] = (kind, self._spelled.get(target.lower(), target))
        return found

    def related(self, part: str, kind: str) -> list[str]:
        return [target for word, target in self.targets(part).values() if word == kind]

    def below(self, part: str) -> set[str]:
        """The parts that a part leads to, over others too."""
        found = {target for _, target in self.targets(part).values()}
        return found.union(*(self.below(target) for target in found))

    def sheets(self) -> dict[str, str]:
        """The sheets' names, in their order, and their parts."""
        targets = self.targets(self.workbook)
        root = parsed(self.parts[self.workbook])
        return {e.get("name"): targets[e.get(_R_ID)][1] for e in root.iter(f"{MAIN}sheet")}

    def may_change(self) -> set[str]:
        styles = self.related(self.workbook, "styles")
        chain = self.related(self.workbook, "calcChain")
        return {self.types, self.workbook, self.relations, *styles, *chain}


def said(element: Any) -> bytes:
    """What an element says, whatever its prefixes and quotes."""
    text: bytes = etree.tostring(element, method="c14n", exclusive=True)
    return text


def _parts(path: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as package:
        return {name: package.read(name) for name in package.namelist()}


def assert_kept(
    path: Path,
    also: frozenset[str] = frozenset(),
    run: Callable[..., object] = rescore,
    **options: Any,
) -> dict[str, bytes]:
    """Rescore a workbook three times, and see that each time nothing of the user's is lost.

    ``also``: names of sheets of which parts may change; ``run``: what is done instead of a rescore.
    Gives the parts after the first run.
    """
    before, packed = _parts(path), packed_parts(path)
    old = Shape(before)
    may = old.may_change() | {old.sheets()[name] for name in also}
    below = set().union(*(old.below(old.sheets()[name]) for name in also))
    runs = []
    for _ in range(3):
        run(path, as_of=DAY, backup=False, **options)
        parts, now = _parts(path), packed_parts(path)
        if not also:
            kept = [n for n in now if n in packed]
            dropped = [n for n in packed if n not in now]
            assert [n for n in packed if n in now] == kept, "the order of the parts has changed"
            assert [n.decode() for n in dropped] == [
                n for n in old.related(old.workbook, "calcChain") if n.encode() in dropped
            ]
        ours = {name.encode("utf-8") for name in may | below}
        changed = {n for n in packed if n in now and now[n] != packed[n]}
        assert {n for n in changed if n not in ours and b"/_rels/" not in n} == set()
        if not also:
            assert {n for n in changed if n not in ours} == set()
        _compare(old, Shape(parts), is_ours=bool(also))
        runs.append(parts)
    first, second, third = runs
    assert set(first) == set(second)
    types = Shape(first).types
    assert {n for n in first if first[n] != second[n]} <= {types}
    assert sorted(map(said, parsed(first[types]))) == sorted(map(said, parsed(second[types])))
    assert second == third
    return first


def _compare(old: Shape, new: Shape, *, is_ours: bool) -> None:
    """Hold the parts that may change against what they were."""
    one, two = parsed(old.parts[old.workbook]), parsed(new.parts[new.workbook])
    changing = {f"{MAIN}sheets", f"{MAIN}definedNames"}
    assert [said(e) for e in one if e.tag not in changing] == [
        said(e) for e in two if e.tag not in changing
    ], "something in the workbook's part is not as it was"
    assert one.attrib == two.attrib
    sheets = [[said(e) for e in root.iter(f"{MAIN}sheet")] for root in (one, two)]
    assert sheets[1][: len(sheets[0])] == sheets[0], "the sheets are not as they were"
    names = [{_name(e): e.text for e in root.iter(f"{MAIN}definedName")} for root in (one, two)]
    assert names[0].items() <= names[1].items() or is_ours
    for key in ("types", "relations"):
        lists = [
            [said(e) for e in parsed(shape.parts[getattr(shape, key)])] for shape in (old, new)
        ]
        chain = old.related(old.workbook, "calcChain") != new.related(new.workbook, "calcChain")
        lost = [e for e in lists[0] if e not in lists[1] and not (chain and b"calcChain" in e)]
        assert lost == [] or is_ours, f"lost from the {key}: {lost}"
    _compare_styles(old, new)


def _name(element: Any) -> tuple[str, ...]:
    return tuple(sorted(f"{key}={value}" for key, value in element.attrib.items()))


def _compare_styles(old: Shape, new: Shape) -> None:
    """Each section of the style sheet begins with what it was, and counts right."""
    styles = [shape.related(shape.workbook, "styles") for shape in (old, new)]
    if not styles[0]:
        return
    one, two = (
        {e.tag: e for e in parsed(shape.parts[part[0]])}
        for shape, part in zip((old, new), styles, strict=True)
    )
    assert set(one) <= set(two)
    for tag, section in one.items():
        was, now = [said(e) for e in section], [said(e) for e in two[tag]]
        assert now[: len(was)] == was, f"{tag} has changed"
        left = {k: v for k, v in section.attrib.items() if k != "count"}
        assert left.items() <= dict(two[tag].attrib).items()
        if len(now) > len(was):
            assert two[tag].get("count") == str(len(now))
