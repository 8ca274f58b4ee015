"""Copies of workbooks after some steps of sharing, and small workbooks to try them on."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from support.ecma import repairs_of
from support.packages import faults_of, parts_of, write_parts
from xlportfolio.errors import Problem
from xlportfolio.files.answers import keep_answers
from xlportfolio.files.change import change
from xlportfolio.files.macrofree import remove_macros
from xlportfolio.files.workbook import Workbook

Parts = dict[str, bytes]
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"


def without_macros(workbook: Workbook) -> list[Problem]:
    return keep_answers(workbook) + remove_macros(workbook)


def copy_of(path: Path, work: Callable[[Workbook], Any] = without_macros) -> tuple[Any, Parts]:
    """What some work gives, and the parts of the copy beside the workbook, which Excel would open."""
    before = parts_of(path)
    out = path.with_name(f"copy of {path.stem}.xlsx")
    result = change(path, out, work, suffix=out.suffix).content
    after = parts_of(out)
    new = set(repairs_of(after)) - set(repairs_of(before))
    assert {fault for fault in new if not fault.endswith("something deleted: #REF!")} == set()
    assert faults_of(after) == []
    return result, after


def copied(path: Path) -> Path:
    return path.with_name(f"copy of {path.stem}.xlsx")


def edited(path: Path, part: str, *changes: tuple[str, str]) -> Path:
    """Change texts in a part of a workbook, each of which is there."""
    parts = parts_of(path)
    text = parts[part].decode()
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    return write_parts(path, parts | {part: text.encode()})


def added(path: Path, part: str, content: bytes, kind: str, mime: str, source: str) -> Path:
    """Add a part to which another one points, ``""`` being the package; its id is that of its name."""
    parts = parts_of(path)
    folder, _, name = source.rpartition("/")
    rels = f"{folder}/_rels/{name}.rels".lstrip("/")
    empty = b'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"></Relationships>'
    key = re.sub(r"\W", "", part)
    link = f'<Relationship Id="{key}" Type="{kind}" Target="/{part}"/></Relationships>'
    parts[rels] = parts.get(rels, empty).replace(b"</Relationships>", link.encode())
    override = f'<Override PartName="/{part}" ContentType="{mime}"/></Types>'
    types = "[Content_Types].xml"
    parts[types] = parts[types].replace(b"</Types>", override.encode())
    return write_parts(path, parts | {part: content})
