"""Buttons and shapes that start macros: ours go, others do nothing any more.

A form control stands in up to four places: in the old drawing (VML), in the new one, among the
controls of its sheet, and in a part with its properties; one number ties them together.
"""

from __future__ import annotations

import re
from html import unescape

from xlportfolio.errors import Problem, note
from xlportfolio.files.cutting import take_out
from xlportfolio.files.package import Element, Relationship, local_name, to_xml
from xlportfolio.files.removal import detach, of_ids
from xlportfolio.files.workbook import R_ID, Sheet, Workbook, main
from xlportfolio.schema.merging import few

_SHAPE = re.compile(rb"\s*<(?:\w+:)?shape\s.*?</(?:\w+:)?shape\s*>", re.DOTALL)
_MACRO = re.compile(rb"\s*<(\w+:)?FmlaMacro>(.*?)</\1FmlaMacro>", re.DOTALL)
_NUMBER = re.compile(rb"""\s(?:id|\w+:spid)\s*=\s*["'][^"']*_s(\d+)["']""")
_ANY_SHAPE = re.compile(rb"<(?:\w+:)?(?:shape|group|rect|oval|line|roundrect|image)\s")
_OURS = re.compile(r"(?:.*[!.])?Kp[A-Z]\w*", re.DOTALL)
_SHAPES = frozenset({"sp", "pic", "graphicFrame", "cxnSp", "grpSp"})


def unlink_buttons(workbook: Workbook) -> list[Problem]:
    """Take out buttons that call macros of ours, and unlink others; what is said of these."""
    macros: list[str] = []
    sheets: list[str] = []
    for sheet in workbook.sheets:
        found = _Buttons(workbook, sheet).unlink()
        if found:
            macros += [name for name in found if name not in macros]
            sheets.append(sheet.name)
    if not macros:
        return []
    return [note("macros_buttons", sheets=few(sheets), macros=few(macros))]


def _is_ours(macro: str) -> bool:
    """Whether a macro is one of ours.

    >>> _is_ours("[0]!KpRescore"), _is_ours("[0]!KpRibbon.KpOnCheck"), _is_ours("[0]!Kpi")
    (True, True, False)
    """
    return _OURS.fullmatch(macro) is not None


class _Buttons:
    """What on a sheet starts macros."""

    def __init__(self, workbook: Workbook, sheet: Sheet) -> None:
        self._package, self._sheet = workbook.package, sheet
        self._ours: set[str] = set()  # the numbers of our buttons
        self._others: list[str] = []

    def unlink(self) -> list[str]:
        """Take ours out and unlink the others; the macros of these."""
        related = self._package.relationships(self._sheet.part)
        old = [r for r in related if r.is_a("vmlDrawing") and not r.external]
        new = [r for r in related if r.is_a("drawing") and not r.external]
        has_controls = any(r.is_a("ctrlProp") or r.is_a("control") for r in related)
        root = self._package.xml(self._sheet.part) if has_controls else None
        found = list(root.iter(main("control"))) if root is not None else []
        self._look(found, old)
        empty = [r for r in new if self._redraw(r)] + [r for r in old if self._reshape(r)]
        gone = [c for c in found if c.get("shapeId") in self._ours]
        is_changed = bool(gone)
        for control in found:
            for element in control.iter():
                is_changed = element.attrib.pop("macro", "") != "" or is_changed
        for control in gone:
            take_out(control)
        detach(self._package, self._sheet.part, of_ids([c.get(R_ID, "") for c in gone]))
        if empty or is_changed:
            root = self._package.xml(self._sheet.part) if root is None else root
            for relationship in empty:
                self._drop_drawing(root, relationship)
            self._package.put(self._sheet.part, to_xml(root))
        return self._others

    def _look(self, controls: list[Element], drawings: list[Relationship]) -> None:
        """Note whose buttons there are, before anything is changed."""
        for control in controls:
            for element in control.iter():
                macro = element.get("macro")
                if macro:
                    self._note(macro, control.get("shapeId"))
        for drawing in drawings:
            for shape in _SHAPE.findall(self._package.read(drawing.target)):
                self._note_shape(shape)

    def _note_shape(self, shape: bytes) -> bool:
        """Note what a shape of the old drawing starts; whether it is a button of ours."""
        found, macro = _NUMBER.search(shape), _MACRO.search(shape)
        number = None if found is None else found[1].decode("ascii")
        if macro is not None:
            text = unescape(macro[2].decode("utf-8", "replace")).strip()
            return self._note(text, number)
        return number in self._ours

    def _note(self, macro: str, number: str | None) -> bool:
        """Note a macro, and the number of its button if it is ours; whether it is."""
        if _is_ours(macro):
            self._ours |= set() if number is None else {number}
            return True
        name = macro.rpartition("!")[2]
        if name not in self._others:
            self._others.append(name)
        return False

    def _reshape(self, relationship: Relationship) -> bool:
        """Change the old drawing; whether nothing is left in it."""
        part = relationship.target
        data = self._package.read(part)

        def changed(found: re.Match[bytes]) -> bytes:
            shape = found[0]
            return b"" if self._note_shape(shape) else _MACRO.sub(b"", shape)

        new = _SHAPE.sub(changed, data)
        if new != data:
            self._package.put(part, new)
        return new != data and _ANY_SHAPE.search(new) is None

    def _redraw(self, relationship: Relationship) -> bool:
        """Change the new drawing; whether nothing is left in it."""
        part = relationship.target
        data = self._package.read(part)
        if b"macro" not in data and not self._ours:
            return False
        root = self._package.xml(part)
        is_changed = False
        for shape in list(root.iter()):
            if local_name(shape) not in _SHAPES:
                continue
            number = next((e.get("id") for e in shape.iter("{*}cNvPr")), None)
            macro = shape.get("macro")
            if (macro and self._note(macro, number)) or number in self._ours:
                take_out(shape)
                is_changed = True
            elif macro:
                shape.set("macro", "")
                is_changed = True
        if is_changed:
            self._package.put(part, to_xml(root))
        return is_changed and not len(root)

    def _drop_drawing(self, root: Element, relationship: Relationship) -> None:
        """Take a drawing away in which nothing is left, and where the sheet points at it."""
        for name in ("drawing", "legacyDrawing", "legacyDrawingHF"):
            for element in list(root.iter(main(name))):
                if element.get(R_ID) == relationship.id:
                    take_out(element)
        detach(self._package, self._sheet.part, of_ids([relationship.id]))
