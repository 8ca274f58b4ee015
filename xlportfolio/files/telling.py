"""Texts and attributes of a part's XML as they may be seen; what holds no secret stays as it is.

A name may be spread over runs of several formats, so runs are joined before they are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from urllib.parse import unquote

from lxml import etree

from xlportfolio.files.cutting import attributes
from xlportfolio.files.formulas import FORMULA_ATTRIBUTES
from xlportfolio.files.package import Element, local_name
from xlportfolio.files.workbook import main
from xlportfolio.schema.contract import CellError
from xlportfolio.secrecy import Secrets

DRAWING = "http://schemas.openxmlformats.org/drawingml/2006/main"
_VML = "urn:schemas-microsoft-com:vml"
_P, _T, _BR = (f"{{{DRAWING}}}{name}" for name in ("p", "t", "br"))
#: What holds several paragraphs, and what holds runs of one text.
_BODIES = frozenset({"txBody", "rich", "t"})
_RUNS, _BOX = frozenset({main("si"), main("is"), main("text")}), f"{{{_VML}}}textbox"
_LINE_ENDS, _LINES_OF_BOXES = frozenset({_P, _BR}), frozenset({"br", "div", "p"})
_PHONETIC = main("rPh")
#: Characters that Excel spells out, such as ``_x000D_``.
_ESCAPE = re.compile("_x([0-9A-Fa-f]{4})_")
_GUID = re.compile(r"\{[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}")
#: Addresses in a formula, whose numbers say nothing.
_ADDRESS = re.compile(r"\$?\b[A-Za-z]{1,3}\$?[0-9]+\b|\$?\b[0-9]+:\$?[0-9]+\b")
_CONSTANT = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_NUMERAL = re.compile(r"[-+]?[0-9][0-9.,]*(?:[eE][-+]?[0-9]+)?%?", re.ASCII)
#: A word that may be one of a format's own, such as ``square``, or an id.
_WORD = re.compile(r"[\w.:{}#%+-]*", re.ASCII)
_OF_OFFICE = ("http://schemas.openxmlformats.org/", "http://schemas.microsoft.com/", "urn:schemas-")
#: Attributes that hold what somebody typed even if it is a single word.
_TYPED = frozenset(
    {
        "alt",
        "author",
        "caption",
        "codeName",
        "command",
        "comment",
        "connection",
        "customMenu",
        "dataCellStyle",
        "description",
        "descr",
        "displayName",
        "first",
        "fmlaLink",
        "fmlaRange",
        "fmlaTxbx",
        "Name",
        "help",
        "href",
        "id",
        "label",
        "name",
        "prompt",
        "screentip",
        "sourceName",
        "src",
        "statusBar",
        "tag",
        "text",
        "textlink",
        "title",
        "tooltip",
        "totalsRowCellStyle",
        "totalsRowLabel",
        "uniqueName",
        "url",
        "userId",
        "userName",
        "v",
    }
)
#: Attributes of these names are names, and never empty.
_NAMES = frozenset(
    {
        "codeName",
        "dataCellStyle",
        "displayName",
        "first",
        "Name",
        "name",
        "totalsRowCellStyle",
        "uniqueName",
    }
)
#: Elements in which a number stands because somebody typed it, not for a place or a size.
_FREE = frozenset(
    {"definedName", "f", "lpstr", "lpwstr", "pt", "r4", "r8", "decimal", "t", "text", "v"}
)
#: An ``id`` is one of the file's own wherever it is followed by nothing that is read.
_OWN_IDS = frozenset({"connection", "modelTable"})
#: Formulas.
_FORMULAS = frozenset({"f", "calculatedColumnFormula", "totalsRowFormula"})
#: Elements and attributes that say where something is and what form it has.
_PLACES = frozenset({"Anchor"})
_SHAPES = frozenset(
    {
        "adj", "color", "color2", "connectangles", "connectlocs", "coordorigin", "coordsize", "eqn",
        "fillcolor", "fmla", "limo", "path", "ref", "sqref", "strokecolor", "style", "textboxrect",
    }
)  # fmt: skip
_REMOVED_REFERENCE = CellError("#REF!").text


class _Slot(NamedTuple):
    """A place for text: in an element, or after it."""

    element: Element
    is_tail: bool

    @property
    def text(self) -> str:
        return (self.element.tail if self.is_tail else self.element.text) or ""

    def put(self, text: str) -> None:
        if self.is_tail:
            self.element.tail = text or None
        else:
            self.element.text = text or None


class TextTeller:
    """Tells texts as they may be seen, each different one looked at once.

    Examples
    --------
    >>> teller = TextTeller(Secrets(["Nord AG"], {"Müller": "Kunde 1"}, numbers=[98765.4]))
    >>> teller.text("MÜLLER ruft an"), teller.text("von Nord AG"), teller.text("98765.4")
    ('Kunde 1 ruft an', None, None)
    >>> teller.text("M_x00FC_ller"), teller.text("Nord%20AG"), teller.is_clean("Süd AG")
    ('Kunde 1', None, True)
    """

    def __init__(self, secrets: Secrets) -> None:
        self.secrets = secrets
        self._seen: dict[str, str | None] = {}

    def text(self, text: str) -> str | None:
        """The text as it may be seen, ``None``: all of it must go."""
        if text not in self._seen:
            self._seen[text] = self._look(text) if text and not text.isspace() else text
        return self._seen[text]

    def _look(self, text: str) -> str | None:
        if _NUMERAL.fullmatch(text.strip()) and self.is_secret_number(text.strip()):
            return None
        if "{" in text and self.secrets.told(bare := _GUID.sub(" ", text)) == bare:
            return text
        told = self.secrets.told(text)
        if told == text and "_x" in text:
            read = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
            once_more = self.secrets.told(read)
            if once_more != read:
                told = once_more
        for read in (unquote(text), text.replace("&&", "&")):
            if told == text != read and self.secrets.told(read) != read:
                return None
        return told

    def is_clean(self, text: str) -> bool:
        """Whether a text may stay as it is."""
        return self.text(text) == text

    def is_secret_number(self, text: str | None) -> bool:
        """Whether a text is a number, as a file writes it, that must go."""
        try:
            return text is not None and self.secrets.is_secret(float(text))
        except ValueError:
            return False


class PartTeller(TextTeller):
    """Tells whatever stands in parts besides the sheets.

    Parameters
    ----------
    taken
        Names that no placeholder may have.

    Examples
    --------
    >>> teller = PartTeller(Secrets(["Nord AG"], numbers=[98765.4]))
    >>> teller.formula("Data!$A$98765"), teller.formula("{1,98765.4}"), teller.name("Nord AG")
    ('Data!$A$98765', None, '_1')
    """

    def __init__(self, secrets: Secrets, taken: Iterable[str] = ()) -> None:
        super().__init__(secrets)
        self._placeholders: dict[str, str] = {}
        self._taken = set(taken)

    def formula(self, text: str) -> str | None:
        """A formula as it may be seen; rows of addresses are no numbers that count."""
        bare = _ADDRESS.sub(" ", text)
        if any(map(self.is_secret_number, _CONSTANT.findall(bare))):
            return None
        return text if self.is_clean(bare) else self.text(text)

    def name(self, text: str) -> str:
        """A name as it may be seen; one that must go gets another one, the same each time."""
        told = self.text(text)
        if told:
            return told
        if text not in self._placeholders:
            self._placeholders[text] = self.secrets.placeholder(text, self._taken)
            self._taken.add(self._placeholders[text])
        return self._placeholders[text]

    def tell(self, root: Element) -> bool:
        """Replace or clear whatever must not be seen in a part; whether there was any."""
        return tell(root, self)


def tell(root: Element, teller: PartTeller) -> bool:
    """Replace or clear whatever must not be seen below an element; whether there was any."""
    changed, done = False, set()
    for unit in reversed(list(root.iter(etree.Element))):  # paragraphs before what holds them
        slots = _joined(unit)
        if slots:
            changed |= _tell_joined(slots, teller)
            done.update(slots)
    for element in list(root.iter(etree.Element)):
        changed |= _tell_attributes(element, teller)
        for slot in (_Slot(element, is_tail=False), _Slot(element, is_tail=True)):
            if slot not in done and slot.text.strip():
                changed |= _tell_slot(slot, teller)
    return changed


def _joined(unit: Element) -> list[_Slot]:
    """The texts that are one text, if this is what holds them."""
    if unit.tag == _P:
        return [_Slot(e, is_tail=False) for e in unit.iter(_T, _BR)]
    if local_name(unit) in _BODIES and unit.find(_P) is not None:
        return [_Slot(e, is_tail=False) for e in unit.iter(_T, _P, _BR)]
    if unit.tag in _RUNS:
        texts = (e for e in unit.iter(main("t")) if not _is_phonetic(e))
        return [_Slot(e, is_tail=False) for e in texts]
    if unit.tag != _BOX:
        return []
    return list(_in_order(unit))


def _in_order(element: Element) -> Iterator[_Slot]:
    """The places for text in an element, as they are read."""
    yield _Slot(element, is_tail=False)
    for child in element.iterchildren(etree.Element):
        yield from _in_order(child)
        yield _Slot(child, is_tail=True)


def _is_phonetic(element: Element) -> bool:
    parent = element.getparent()
    return parent is not None and parent.tag == _PHONETIC


def _begins_line(slot: _Slot) -> bool:
    return not slot.is_tail and (
        slot.element.tag in _LINE_ENDS or local_name(slot.element).lower() in _LINES_OF_BOXES
    )


def _tell_joined(slots: Sequence[_Slot], teller: PartTeller) -> bool:
    """Tell texts that are read as one; a changed text stands in the first place."""
    text = "".join("\n" + s.text if _begins_line(s) else s.text for s in slots)
    told = teller.text(text)
    if told == text:
        return False
    held = [slot for slot in slots if slot.element.tag not in _LINE_ENDS]
    for slot in held:
        slot.put("")
    held[0].put(told or "")
    return True


def _tell_slot(slot: _Slot, teller: PartTeller) -> bool:
    name = "" if slot.is_tail else local_name(slot.element)
    text = slot.text
    if name in _PLACES or (name not in _FREE and _NUMERAL.fullmatch(text.strip())):
        return False
    told = teller.formula(text) if name in _FORMULAS else teller.text(text)
    if told == text:
        return False
    parent = slot.element.getparent()
    if told or name not in _FORMULAS or parent is None:
        slot.put(told or "")
    elif name == "f":
        slot.put(_REMOVED_REFERENCE)
    else:  # the column has none any more
        parent.remove(slot.element)
    return True


def _tell_attributes(element: Element, teller: PartTeller) -> bool:
    changed = False
    for key, value in attributes(element):
        if not value or not _is_typed(element, key, value):
            continue
        name = etree.QName(key).localname
        told = teller.formula(value) if name in FORMULA_ATTRIBUTES else teller.text(value)
        if told == value:
            continue
        is_name = name in _NAMES or local_name(element) == "sheetName"
        element.set(key, told or (teller.name(value) if is_name else _empty(name)))
        changed = True
    return changed


def _is_typed(element: Element, key: str, value: str) -> bool:
    """Whether an attribute may hold what somebody typed, rather than a word of the format."""
    name = etree.QName(key)
    if name.localname in _SHAPES:
        return False
    parent_name = etree.QName(element)
    if parent_name.localname == "tableColumn" and name.localname == "name":
        return False  # as its header, of which the cells were told
    if name.localname == "id" and parent_name.localname not in _OWN_IDS:
        return not _WORD.fullmatch(value)
    if name.localname in _TYPED or parent_name.localname == "sheetName":
        return True
    if _WORD.fullmatch(value):
        space = name.namespace or parent_name.namespace or ""
        return not space.startswith(_OF_OFFICE) and not _NUMERAL.fullmatch(value)
    return True


def _empty(name: str) -> str:
    """What an attribute holds whose text is gone."""
    return "General" if name == "formatCode" else ""
