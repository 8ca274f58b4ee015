"""Workbooks whose KP_ formulas are replaced by the values they keep, as Excel without macros shows."""

from __future__ import annotations

import zipfile
from pathlib import Path

from lxml import etree

from support.packages import MAIN, parts_of


def freeze(path: Path, out: Path) -> Path:
    """Write a copy without KP_ formulas: LibreOffice would compute the arrays among them anew."""
    parts = parts_of(path)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, _frozen(content) if b"KP_" in content else content)
    return out


def _frozen(content: bytes) -> bytes:
    root = etree.fromstring(content) if content.startswith(b"<?xml") else None
    if root is None or root.tag != f"{MAIN}worksheet":
        return content
    for formula in list(root.iter(f"{MAIN}f")):
        if "KP_" in (formula.text or ""):
            formula.getparent().remove(formula)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)
