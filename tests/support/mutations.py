"""Workbooks with a few things changed, as damage, malice or an odd program would change them.

Everything is decided by a ``Random``: the same one gives the same file. Hypothesis and atheris each
bring one of their own, so that they can steer it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from random import Random

from lxml import etree

Parts = dict[str, bytes]

#: What attributes and texts of a workbook may hold, and what they had better not.
_ODD = (
    *("", " ", "0", "1", "-1", "2", "300", "65536", "99999999999999999999", "1e999", "NaN"),
    *(
        "A1",
        "B2",
        "A1:B2",
        "B2:A1",
        "Z99",
        "A1:Z99",
        "XFE1",
        "A0",
        "$A$1",
        "A",
        "1:1",
        "XFD1048576",
        "A1:XFD1048576",
    ),
    *("s", "b", "e", "n", "d", "str", "inlineStr", "true", "false", "TRUE", "x"),
    *("#REF!", "#SPILL!", "Customers!$A$1", "'My notes'!A1", "_kp_matrix", "tblRanking", "rId1"),
    *(
        "tblCustomers",
        "Ranking",
        "My notes",
        "/xl/workbook.xml",
        "../../x",
        "#x",
        "http://x/",
        "ä😀",
    ),
    *("styles.xml", "worksheets/sheet1.xml", "External", "array", "_x0000_", "_xD800_", "\u202e"),
)
_MARKUP = (
    b"<!-- c -->",
    b"<?p i?>",
    b"<![CDATA[x]]>",
    b"<x/>",
    b"&amp;",
    b"&#65;",
    b"&y;",
    b"\x00",
    b"\xff",
    b"<",
    b"\xef\xbb\xbf",
    b'<!DOCTYPE r [<!ENTITY y "z">]>',
)
_NAMES = (
    *("../x.xml", "/x.xml", "C:\\x", "x\\y.xml", "", "xl/", "xl/vbaProject.bin", "a" * 300, "ä😀"),
    *("xl/Workbook.xml", "XL/styles.XML", "_xmlsignatures/sig1.xml", "[trash]/0000.dat"),
)


def mutated(random: Random, parts: Parts) -> bytes:
    """The bytes of a workbook with one to five changes to its parts, sometimes one to its zip."""
    parts = dict(parts)
    for _ in range(1 + random.randrange(4) * random.randrange(2)):
        if parts:
            random.choice(_OF_PACKAGE)(random, parts)
    kinds = [zipfile.ZIP_DEFLATED, zipfile.ZIP_DEFLATED, zipfile.ZIP_STORED]
    data = zipped(parts, random.choice(kinds))
    return _bent(random, data) if random.randrange(8) == 7 else data


# --- elements -----------------------------------------------------------------------------------


def _elements(random: Random, parts: Parts) -> None:
    """Change one to three elements of a part."""
    name = random.choice(_xml(parts))
    try:
        root = etree.fromstring(parts[name], etree.XMLParser(resolve_entities=False))
    except (etree.XMLSyntaxError, ValueError):
        return
    for _ in range(1 + random.randrange(3)):
        elements = list(root.iter("*"))
        random.choice(_OF_ELEMENT)(random, random.choice(elements), elements)
    parts[name] = etree.tostring(root, xml_declaration=random.randrange(2) == 1, encoding="UTF-8")


def _xml(parts: Parts) -> list[str]:
    """The parts in XML, those that decide what a workbook is more often than the others."""
    names = [name for name in parts if name.endswith((".xml", ".rels"))] or list(parts)
    weighty = [n for n in names if re.search(r"rels|workbook|Content|tables/|styles|sheet\d", n)]
    return names + 2 * weighty


def _drop(_random: Random, element: etree._Element, _: list[etree._Element]) -> None:
    parent = element.getparent()
    if parent is not None:
        parent.remove(element)


def _repeat(random: Random, element: etree._Element, _: list[etree._Element]) -> None:
    if element.getparent() is not None:
        copy = etree.fromstring(etree.tostring(element, with_tail=False))
        (element.addnext if random.randrange(2) else element.addprevious)(copy)


def _move(random: Random, element: etree._Element, elements: list[etree._Element]) -> None:
    there = random.choice(elements)
    if (
        element not in there.iterancestors()
        and element is not there
        and element.getparent() is not None
    ):
        there.append(element)


def _rename(random: Random, element: etree._Element, elements: list[etree._Element]) -> None:
    own, other = (etree.QName(e.tag) for e in (element, random.choice(elements)))
    space = random.choice([own.namespace, other.namespace, None, "urn:x"])
    local = random.choice([own.localname, other.localname, "x"])
    element.tag = local if space is None else f"{{{space}}}{local}"


def _attribute(random: Random, element: etree._Element, elements: list[etree._Element]) -> None:
    keys = list(element.attrib)
    key = (
        random.choice(keys)
        if keys
        else random.choice(["r", "t", "s", "ref", "count", "id", "name"])
    )
    others = [other.get(key) for other in elements if other.get(key) is not None]
    element.set(
        key, str(random.choice(others)) if others and random.randrange(2) else random.choice(_ODD)
    )


def _forget(random: Random, element: etree._Element, _: list[etree._Element]) -> None:
    if element.attrib:
        element.attrib.pop(random.choice(list(element.attrib)))


def _say(random: Random, element: etree._Element, _: list[etree._Element]) -> None:
    element.text = random.choice(_ODD)


_OF_ELEMENT: list[Callable[[Random, etree._Element, list[etree._Element]], None]] = [
    *(_attribute, _attribute, _attribute, _forget, _drop, _repeat, _move, _rename, _say),
]

# --- parts --------------------------------------------------------------------------------------


def _bytes(random: Random, parts: Parts) -> None:
    """Change bytes of a part: cut it, flip some, put markup in."""
    name = random.choice(_xml(parts))
    data = bytearray(parts[name])
    at = random.randrange(len(data) + 1)
    kind = random.randrange(5)
    if kind == 0:
        del data[at:]
    elif kind == 1:
        del data[at : at + 1 + random.randrange(20)]
    elif kind == 2 and data:
        data[at % len(data)] ^= 1 << random.randrange(8)
    elif kind == 3:
        ends = [match.end() for match in re.finditer(rb">", data)] or [0]
        at = random.choice(ends)
        data[at:at] = random.choice(_MARKUP)
    else:
        text = bytes(data).decode("utf-8", "replace")
        data[:] = text.encode(random.choice(["utf-16", "utf-16-le", "latin-1"]), "replace")
    parts[name] = bytes(data)


def _gone(random: Random, parts: Parts) -> None:
    parts.pop(random.choice(list(parts)))


def _renamed(random: Random, parts: Parts) -> None:
    name = random.choice(list(parts))
    new = random.choice([*_NAMES, name.upper(), name.replace("/", "\\"), f"/{name}"])
    parts[new] = parts.pop(name)


def _swapped(random: Random, parts: Parts) -> None:
    one, other = random.choice(list(parts)), random.choice(list(parts))
    parts[one], parts[other] = parts[other], parts[one]


def _emptied(random: Random, parts: Parts) -> None:
    parts[random.choice(list(parts))] = random.choice(
        [b"", b"<x/>", b"\x00" * 100, b"\xd0\xcf\x11\xe0"]
    )


_OF_PACKAGE: list[Callable[[Random, Parts], None]] = [
    *(_elements, _elements, _elements, _elements, _elements, _elements),
    *(_bytes, _bytes, _gone, _renamed, _swapped, _emptied),
]

# --- the zip ------------------------------------------------------------------------------------


def zipped(parts: Parts, kind: int = zipfile.ZIP_DEFLATED) -> bytes:
    """The parts as a package; the same ones always make the same bytes."""
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", kind, compresslevel=1) as package:
        for name, data in parts.items():
            package.writestr(zipfile.ZipInfo(name or "x", (2026, 1, 1, 0, 0, 0)), data, kind)
    return sink.getvalue()


def _bent(random: Random, data: bytes) -> bytes:
    """A zip that is cut, or in which a byte of a header, or any other, is another one."""
    bent = bytearray(data)
    kind = random.randrange(5)
    if kind == 0:
        return data[: random.randrange(len(data))]
    if kind == 1:
        return random.choice([b"PK\x05\x06", b"MZ", b"\x00" * 9, b"PK\x03\x04"]) + data
    headers = [m.start() for m in re.finditer(rb"PK(\x01\x02|\x03\x04|\x05\x06)", data)]
    at = random.randrange(len(data)) if kind == 2 else random.choice(headers) + random.randrange(46)
    if at < len(data):
        bent[at] = random.choice([0, 1, 8, 9, 0x7F, 0xFF, bent[at] ^ 1])
    return bytes(bent)
