"""The texts that cells share, as they may be seen; what no cell uses any more becomes empty."""

from __future__ import annotations

import re
from collections.abc import Collection
from xml.sax.saxutils import escape

from lxml import etree

from xlportfolio.files.package import Element, parse_xml, to_xml
from xlportfolio.files.plain import plain_strings
from xlportfolio.files.telling import PartTeller
from xlportfolio.files.workbook import MAIN, Workbook, main, walk

_ITEM = re.compile(rb"<si(?:/>|>.*?</si>)", re.DOTALL)
_SHARED = re.compile(
    rb"""<c\s[^>]*\bt="s"[^>]*>(?:<f[^>]*/>|<f[^>]*>[^<]*</f>)?<v>([0-9]{1,10})</v>"""
)
#: How an attribute may look that says of a cell that its text is shared.
_SAYS_SHARED = re.compile(rb"""\bt\s*=\s*(?:"s"|'s')""")
_EMPTY = b"<si><t/></si>"


def clear_strings(workbook: Workbook, teller: PartTeller, skip: Collection[str]) -> None:
    """Tell the shared texts as they may be seen; their numbers stay.

    Parameters
    ----------
    skip
        Parts of sheets whose cells do not count.
    """
    part = workbook.related("sharedStrings")
    if part is None:
        return
    package = workbook.package
    data = package.read_xml(part)
    used = _used(workbook, skip)
    cleared = _plainly(data, used, teller)
    if cleared is None:
        cleared = _by_elements(workbook, part, used, teller)
    if cleared != data:
        package.put(part, cleared)


def _used(workbook: Workbook, skip: Collection[str]) -> set[int]:
    """The numbers of the texts that cells of sheets use."""
    used: set[int] = set()
    for sheet in workbook.sheets:
        if sheet.is_worksheet and sheet.part not in skip:
            data = workbook.package.read_xml(sheet.part)
            found = _SHARED.findall(data)
            if len(found) != sum(1 for _ in _SAYS_SHARED.finditer(data)):
                found = _walked(workbook, sheet.part, data)
            used.update(map(int, set(found)))
    return used


def _walked(workbook: Workbook, part: str, data: bytes) -> list[bytes]:
    """The same of a sheet that is not written plainly."""
    found = []
    try:
        for event, cell in walk(data, "c"):
            if event == "end":
                if cell.get("t") == "s":
                    number = (cell.findtext(main("v")) or "").strip()
                    found += [number.encode()] if number.isdecimal() else []
                cell.clear()
    except etree.XMLSyntaxError as error:
        raise workbook.package.malformed("part_xml", part=part) from error
    return found


def _plainly(data: bytes, used: set[int], teller: PartTeller) -> bytes | None:
    """The part's new bytes, made without an element for each text; ``None`` if it is not plain."""
    texts, items = plain_strings(data), _ITEM.findall(data)
    if texts is None or len(texts) != len(items):
        return None
    told: list[bytes] = []
    for number, (item, text) in enumerate(zip(items, texts, strict=True)):
        if number not in used:
            told.append(_EMPTY)
        elif text is None:
            odd = _odd(item, teller)
            if odd is None:
                return None
            told.append(odd)
        else:
            seen = teller.text(text)
            told.append(item if seen == text else _item(seen))
    if not items:
        return data
    first, last = data.find(b"<si"), data.rfind(items[-1]) + len(items[-1])
    if told == items:
        return data
    return data[:first] + b"".join(told) + data[last:]


def _item(text: str | None) -> bytes:
    if not text:
        return _EMPTY
    return f'<si><t xml:space="preserve">{escape(text)}</t></si>'.encode()


def _odd(item: bytes, teller: PartTeller) -> bytes | None:
    """A rich text, or one with phonetic runs; ``None`` if it cannot stand by itself."""
    try:
        root = parse_xml(b'<sst xmlns="' + MAIN.encode() + b'">' + item + b"</sst>")
    except etree.XMLSyntaxError:
        return None
    if not teller.tell(root):
        return item
    return _item("".join(map(_spoken, root)))


def _spoken(item: Element) -> str:
    """The text of an item itself, without how it is pronounced."""
    runs = item.iterfind(f"{main('r')}/{main('t')}")
    return "".join(e.text or "" for e in (*item.iterfind(main("t")), *runs))


def _by_elements(workbook: Workbook, part: str, used: set[int], teller: PartTeller) -> bytes:
    """The part's new bytes, where it is not plain."""
    root = workbook.package.xml(part)
    changed = False
    for number, item in enumerate(list(root.iterfind(main("si")))):
        if number in used and not teller.tell(item):
            continue
        text = _spoken(item) if number in used else ""
        changed = True
        del item[:]
        item.text = None
        etree.SubElement(item, main("t")).text = text
    return to_xml(root) if changed else workbook.package.read(part)
