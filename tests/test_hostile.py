"""Zips and XML made to do harm: refused in one sentence, before they cost memory or time."""

from __future__ import annotations

import json
import os
import random
import re
import struct
import subprocess
import sys
import warnings
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from support.books import write_book
from support.packages import parts_of, with_shared_strings

from xlportfolio import WorkbookError, rescore
from xlportfolio.files import bounds
from xlportfolio.files.package import Package
from xlportfolio.template.workbook import new_workbook

SHEET = "xl/worksheets/sheet2.xml"
GIB = 1 << 30


def refused(path: Path) -> str:
    """What is said of a workbook that is refused, without its path; it stays as it is."""
    before = path.read_bytes()
    with pytest.raises(WorkbookError) as error:
        rescore(path)
    assert path.read_bytes() == before
    message = str(error.value).removeprefix(str(path)).removeprefix(": ").strip()
    assert "\n" not in message
    return message


class Zip:
    """A zip whose two descriptions of a part can be made to differ."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.data = bytearray(path.read_bytes())
        with zipfile.ZipFile(path) as package:
            self.entries = {info.filename: info for info in package.infolist()}

    def central(self, name: str) -> int:
        at = struct.unpack_from("<L", self.data, len(self.data) - 6)[0]
        while True:
            lengths = struct.unpack_from("<3H", self.data, at + 28)
            if self.data[at + 46 : at + 46 + lengths[0]] == name.encode():
                return at
            at += 46 + sum(lengths)

    def local(self, name: str) -> int:
        return self.entries[name].header_offset

    def put(self, at: int, form: str, *values: int) -> Zip:
        struct.pack_into(form, self.data, at, *values)
        return self

    def save(self) -> Path:
        self.path.write_bytes(self.data)
        return self.path


def add(path: Path, name: str, data: bytes = b"<x/>", method: int = zipfile.ZIP_DEFLATED) -> Path:
    with warnings.catch_warnings(), zipfile.ZipFile(path, "a", method) as package:
        warnings.simplefilter("ignore")  # of a name that is there already
        package.writestr(zipfile.ZipInfo(name), data, method)
    return path


def rewritten(path: Path, changes: dict[str, bytes]) -> Path:
    parts = parts_of(path) | changes
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(zipfile.ZipInfo(name), data, zipfile.ZIP_DEFLATED)
    return path


# --- sizes, by the directory alone ----------------------------------------------------------------


def declared(path: Path, name: str, size: int, packed: int | None = None) -> Path:
    """A part of which both descriptions claim another size."""
    changed = Zip(path)
    changed.put(changed.central(name) + 24, "<L", size).put(changed.local(name) + 22, "<L", size)
    if packed is not None:
        changed.put(changed.central(name) + 20, "<L", packed)
        changed.put(changed.local(name) + 18, "<L", packed)
    return changed.save()


def test_a_part_larger_than_two_gigabytes(book: Path) -> None:
    assert refused(declared(book, SHEET, 2 * GIB + 1)) == (
        f"was refused: unpacked, the part {SHEET} would be larger than the 2 GB that are allowed; "
        "do not open it unless you know where it comes from."
    )


def test_a_part_that_is_compressed_too_far(book: Path) -> None:
    with zipfile.ZipFile(book) as package:
        packed = package.getinfo(SHEET).compress_size
    assert packed * 300 < bounds.RATIO_FROM
    message = refused(declared(book, SHEET, bounds.RATIO_FROM + 1))
    assert message.startswith(
        f"was refused: unpacked, the part {SHEET} would be more than 300 times as large, as only a"
    )


def test_a_part_up_to_fifty_megabytes_may_be_compressed_further(book: Path) -> None:
    data = bytes(bounds.RATIO_FROM)
    packed = zlib.compress(data)
    assert len(data) > 300 * len(packed)
    rescore(add(book, "xl/media/image1.png", data))
    with zipfile.ZipFile(book) as package:
        assert package.getinfo("xl/media/image1.png").file_size == len(data)


def test_parts_that_are_too_large_together(book: Path) -> None:
    noise = bytes(range(256)) * 30_000
    for k in range(3):
        add(book, f"xl/media/{k}.bin", noise, zipfile.ZIP_DEFLATED)
    changed = Zip(book)
    for k in range(3):
        size = min(300 * changed.entries[f"xl/media/{k}.bin"].compress_size, 2 * GIB)
        declared(book, f"xl/media/{k}.bin", size)
    assert size < bounds.LARGEST_PART  # each alone is within bounds
    limit = 3 * size - 1
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bounds, "LARGEST_PACKAGE", limit)
        assert "its parts would be larger than the" in refused(book)


def test_relationships_that_are_too_large_together(book: Path) -> None:
    for k in range(3):
        add(book, f"xl/_rels/more{k}.xml.rels")
        declared(book, f"xl/_rels/more{k}.xml.rels", 40_000_000)
    assert "the lists of what belongs together would be larger than the 64 MB" in refused(book)


def test_a_part_too_large_to_be_parsed_whole(book: Path) -> None:
    noise = random.Random(1).randbytes(2_000_000)  # enough to pass for no bomb
    with zipfile.ZipFile(rewritten(book, {"xl/workbook.xml": noise})) as package:
        assert package.getinfo("xl/workbook.xml").compress_size * 300 > bounds.LARGEST_TREE + 1
    assert refused(declared(book, "xl/workbook.xml", bounds.LARGEST_TREE + 1)).startswith(
        "was refused: unpacked, the part xl/workbook.xml would be larger than the 512 MB that are"
    )


def test_twenty_thousand_parts_and_one_more(book: Path) -> None:
    with zipfile.ZipFile(book, "a") as package:
        there = len(package.infolist())
        for k in range(bounds.MOST_PARTS - there):
            package.writestr(f"customXml/item{k}.xml", b"")
    Package(book).close()
    add(book, "customXml/last.xml", b"")
    assert refused(book).startswith("was refused: it holds more parts than the 20000 that are")


def test_a_directory_that_would_not_fit_into_memory(book: Path) -> None:
    changed = Zip(book)
    end = changed.data.rindex(b"PK\x05\x06")
    offset = struct.unpack_from("<L", changed.data, end + 16)[0]
    padding = bytes(17 << 20)
    changed.data[end:end] = padding
    changed.put(end + len(padding) + 12, "<L", end + len(padding) - offset)
    assert refused(changed.save()).startswith("was refused: it holds more parts than the 20000")


# --- sizes, while inflating -----------------------------------------------------------------------


@pytest.mark.parametrize("part", [SHEET, "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"])
def test_a_part_that_inflates_to_more_than_it_says(part: str, book: Path) -> None:
    """The declared size is right for a reader that stops there; the checksum is right for it too."""
    parts = parts_of(book)
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(parts[part] + b" " * 100_000) + packer.flush()
    with zipfile.ZipFile(book, "w") as package:
        for name, data in parts.items():
            method = zipfile.ZIP_STORED if name == part else zipfile.ZIP_DEFLATED
            package.writestr(zipfile.ZipInfo(name), packed if name == part else data, method)
    changed = Zip(book)
    for at in (changed.central(part) + 10, changed.local(part) + 8):
        changed.put(at, "<H", zipfile.ZIP_DEFLATED)
        changed.put(at + 6, "<L", zlib.crc32(parts[part]))
        changed.put(at + 14, "<L", len(parts[part]))
    changed.save()
    with zipfile.ZipFile(book) as package:
        assert package.read(part) == parts[part]  # zipfile believes it
    assert refused(book) == (
        f"is damaged: the part {part} cannot be unpacked, or is not as large as the file says; "
        "open it in Excel, let Excel repair it, and save it."
    )


def test_a_part_that_inflates_to_less_than_it_says(book: Path) -> None:
    with zipfile.ZipFile(book) as package:
        size = package.getinfo(SHEET).file_size
    assert f"the part {SHEET} cannot be unpacked" in refused(declared(book, SHEET, size + 1))


# --- a zip that says two things -------------------------------------------------------------------


def _method(changed: Zip) -> None:
    changed.put(changed.local(SHEET) + 8, "<H", zipfile.ZIP_STORED)


def _name(changed: Zip) -> None:
    changed.data[changed.local(SHEET) + 30 :][:2] = b"xl"
    changed.data[changed.local(SHEET) + 30] = ord("y")


def _encrypted_in_front(changed: Zip) -> None:
    changed.put(changed.local(SHEET) + 6, "<H", 1)


def _size(changed: Zip) -> None:
    changed.put(changed.local(SHEET) + 22, "<L", 7)


def _checksum(changed: Zip) -> None:
    changed.put(changed.local(SHEET) + 14, "<L", 7)


def _no_header(changed: Zip) -> None:
    changed.put(changed.local(SHEET), "<L", 0)


def _overlap(changed: Zip) -> None:
    """The part begins where another one does, under that one's name."""
    other = "xl/worksheets/sheet1.xml"
    changed.put(changed.central(SHEET) + 42, "<L", changed.local(other))


def _beyond(changed: Zip) -> None:
    changed.put(changed.central(SHEET) + 42, "<L", len(changed.data) - 10)


def _into_the_directory(changed: Zip) -> None:
    last = max(changed.entries.values(), key=lambda info: info.header_offset)
    for at in (changed.central(last.filename) + 20, changed.local(last.filename) + 18):
        changed.put(at, "<L", last.compress_size + 100)


@pytest.mark.parametrize(
    "change",
    [
        _method,
        _name,
        _encrypted_in_front,
        _size,
        _checksum,
        _no_header,
        _overlap,
        _beyond,
        _into_the_directory,
    ],
)
def test_headers_that_disagree_with_the_directory(
    change: Callable[[Zip], None], book: Path
) -> None:
    changed = Zip(book)
    change(changed)
    assert "overlaps another one, or is not what the directory of the file says" in refused(
        changed.save()
    )


def test_a_second_name_in_an_extra_field(book: Path) -> None:
    name = b"xl/media/evil.xml"
    field = struct.pack("<2HBL", 0x7075, 5 + len(name), 1, 0) + name
    with zipfile.ZipFile(book, "a") as package:
        info = zipfile.ZipInfo("xl/media/good.xml")
        info.extra = field
        package.writestr(info, b"<x/>")
    assert "the part xl/media/good.xml overlaps another one, or is not" in refused(book)


def test_an_encrypted_part(book: Path) -> None:
    changed = Zip(book)
    changed.put(changed.central(SHEET) + 8, "<H", 1).put(changed.local(SHEET) + 6, "<H", 1)
    assert refused(changed.save()).startswith("is protected by a password; open it in Excel,")


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA, 9, 93, 99])
def test_ways_of_packing_that_excel_does_not_know(method: int, book: Path) -> None:
    if method in {zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA}:
        add(book, "xl/media/image1.png", b"x" * 100, method)
    else:
        changed = Zip(add(book, "xl/media/image1.png", b"x" * 100))
        part = "xl/media/image1.png"
        changed.put(changed.central(part) + 10, "<H", method)
        changed.put(changed.local(part) + 8, "<H", method).save()
    assert refused(book).startswith(
        f"is damaged: the part xl/media/image1.png is packed in a way (method {method}) that Excel"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda data: b"PK\x03\x04 and more" + data,  # another file in front
        lambda data: data + b"\0",  # something behind the end
        lambda data: data[:-2] + struct.pack("<H", 30) + data[-22:] + b"\0" * 8,  # a second end
        lambda data: data[:-22] + b"\0" * 8 + data[-22:],  # a gap before the end
        lambda data: data[:-14] + struct.pack("<H", 1) + data[-12:],  # another number of parts
        lambda data: data[:-18] + struct.pack("<H", 1) + data[-16:],  # on another disk
        lambda data: data[:-22],
    ],
)
def test_ends_that_readers_could_read_differently(
    change: Callable[[bytes], bytes], book: Path
) -> None:
    book.write_bytes(change(book.read_bytes()))
    assert refused(book).startswith("is damaged: it is cut short, or no complete package;")


def test_a_comment_is_no_harm(book: Path) -> None:
    with zipfile.ZipFile(book, "a") as package:
        package.comment = b"made by hand"
    rescore(book)


def large_end(data: bytes, **changes: int) -> bytes:
    """The same zip with the end of a large one as well, as some programs always write it."""
    *_, parts, size, offset, _ = struct.unpack("<4s4H2LH", data[-22:])
    said = {"parts": parts, "size": size, "offset": offset} | changes
    record = struct.pack(
        "<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, said["parts"], *said.values()
    )
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, len(data) - 22, 1)
    return data[:-22] + record + locator + data[-22:]


def test_the_end_of_a_large_zip(book: Path) -> None:
    book.write_bytes(large_end(book.read_bytes()))
    rescore(book)


@pytest.mark.parametrize("changes", [{"parts": 1}, {"size": 46}, {"offset": 0}])
def test_the_end_of_a_large_zip_that_contradicts_the_other(
    changes: dict[str, int], book: Path
) -> None:
    book.write_bytes(large_end(book.read_bytes(), **changes))
    assert refused(book).startswith("is damaged: it is cut short, or no complete package;")


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "../evil.xml",
        "xl/../../evil.xml",
        "/etc/passwd",
        "//server/share",
        "C:/evil.xml",
        "c:evil.xml",
        "xl\\evil.xml",
        "xl/./evil.xml",
        "xl//evil.xml",
        "/",
        "xl/evil\n.xml",
        "xl/\x1b[31mevil.xml",
        "xl/evil\x7f.xml",
        "xl/evil\x85.xml",
    ],
)
def test_names_that_lead_elsewhere(name: str, book: Path) -> None:
    message = refused(add(book, name))
    assert message.startswith("was refused: it holds a part with the name '")
    assert message.isprintable()


def test_a_name_with_a_null(book: Path) -> None:
    """zipfile would end the name there; another reader would not."""
    changed = Zip(add(book, "xl/media/a_b.xml"))
    for start in (changed.central("xl/media/a_b.xml") + 46, changed.local("xl/media/a_b.xml") + 30):
        changed.data[start + len("xl/media/a")] = 0
    assert refused(changed.save()).startswith("was refused: it holds a part with the name 'xl/med")


def test_a_very_long_name(book: Path) -> None:
    rescore(add(book, "xl/media/".ljust(1_020, "x") + ".png"))
    message = refused(add(book, "xl/media/".ljust(1_021, "x") + ".png"))
    assert message.startswith("was refused: it holds a part whose name is longer than 1024 char")
    assert len(message) < 250


@pytest.mark.parametrize("name", ["xl/workbook.xml", "XL/Workbook.XML", "xl/WORKSHEETS/sheet2.xml"])
def test_names_that_differ_by_case_alone(name: str, book: Path) -> None:
    assert refused(add(book, name)).startswith(
        f"is damaged: it holds two parts of the name {name};"
    )


# --- contents that would cost memory or time ------------------------------------------------------

TABLE = "xl/tables/table1.xml"
CRITERIA_SHEET = "xl/worksheets/sheet3.xml"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def with_rows(rows: bytes) -> Callable[[bytes], bytes]:
    return lambda sheet: sheet.replace(b"</sheetData>", rows + b"</sheetData>")


def with_text(address: str, text: bytes) -> Callable[[bytes], bytes]:
    cell = b'<c r="%s" t="inlineStr"><is><t>%s</t></is></c>' % (address.encode(), text)
    old = re.compile(rb'<c r="%s"(?:[^>]*/>|.*?</c>)' % address.encode(), re.DOTALL)
    return lambda sheet: old.sub(lambda _: cell, sheet)


def with_area(area: str, columns: int) -> Callable[[bytes], bytes]:
    named = "".join(f'<tableColumn id="{k}" name="Column{k}"/>' for k in range(1, columns + 1))

    def change(table: bytes) -> bytes:
        table = table.replace(b"A1:G6", area.encode())
        return re.sub(rb"(<tableColumns).*(?=</tableColumns>)", rb"\1>" + named.encode(), table)

    return change


def before(end: bytes, added: bytes) -> Callable[[bytes], bytes]:
    return lambda part: part.replace(end, added + end)


FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
IN_THE_WRONG_ORDER = b"".join(
    b'<row r="%d"><c r="A%d"><v>1</v></c></row>' % (k, k) for k in range(50_000, 6, -1)
)
REPEATED = b'<row r="7"><c r="A7"><v>1</v></c></row>'
NAMES = b"".join(b'<definedName name="n%d">1</definedName>' % k for k in range(200_000))
FORMATS = b"".join(b'<xf numFmtId="%d" fontId="0"/>' % k for k in range(260_000))
TYPES = b"".join(b'<Override PartName="/%d.xml" ContentType="a/b"/>' % k for k in range(100_000))
POINTERS = b"".join(
    b'<Relationship Id="r%d" Type="a/b" Target="x%d"/>' % (k, k) for k in range(99_999)
)

#: name: part, what is done to it, what is said.
CONTENTS: dict[str, tuple[str, Callable[[bytes], bytes], str]] = {
    "far cell": (SHEET, with_rows(FAR), "scored 5"),
    "far cell first": (
        SHEET,
        lambda d: d.replace(b"<sheetData>", b"<sheetData>" + FAR),
        "scored 5",
    ),
    "far cell on a sheet that is not plain": (
        SHEET,
        lambda d: with_rows(FAR)(d).replace(b"</sheetData>", b"<!-- --></sheetData>"),
        "lie so far apart (A1:XFD1048576) that reading it",
    ),
    "cell behind the last column": (
        SHEET,
        with_rows(b'<row r="7"><c r="XFE7"><v>1</v></c></row>'),
        "the sheet Customers holds a cell with the address XFE7, which no sheet has;",
    ),
    "cell below the last row": (
        SHEET,
        with_rows(b'<row r="99999999"><c r="ZZZZ99999999"><v>1</v></c></row>'),
        "holds a cell with the address ZZZZ99999999, which no sheet has;",
    ),
    "cell in row 0": (SHEET, with_rows(b'<row r="0"><c r="A0"><v>1</v></c></row>'), "address A0,"),
    "cell in a negative row": (
        SHEET,
        with_rows(b'<row r="-1"><c r="A-1"><v>1</v></c></row>'),
        "address A-1,",
    ),
    "far cell without an address": (
        SHEET,
        with_rows(b'<row r="1048577"><c><v>1</v></c></row>'),
        "address A1048577,",
    ),
    "shared text that is not there": (
        SHEET,
        lambda d: d.replace(b'<c r="A2" t="n"><v>1<', b'<c r="A2" t="s"><v>99999<'),
        "its cells cannot be read",
    ),
    "shared text below the first": (
        SHEET,
        lambda d: d.replace(b'<c r="A2" t="n"><v>1<', b'<c r="A2" t="s"><v>-1<'),
        "its cells cannot be read",
    ),
    "text in CDATA": (
        SHEET,
        lambda d: d.replace(b"<t>Alpha<", b"<t><![CDATA[Alpha]]><"),
        "holds cells that are written with comments or CDATA sections",
    ),
    "number with a comment": (
        SHEET,
        lambda d: d.replace(b"<v>900<", b"<v>9<!-- -->00<"),
        "holds cells that are written with comments or CDATA sections",
    ),
    "format that is not there": (
        SHEET,
        with_rows(b'<row r="7"><c r="B7" s="99999"><v>1</v></c></row>'),
        "scored 5",
    ),
    "rows in the wrong order": (SHEET, with_rows(IN_THE_WRONG_ORDER), "scored 5"),
    "rows repeated": (SHEET, with_rows(REPEATED * 50_000), "scored 5"),
    "text that fits": (SHEET, with_text("B2", b"x" * 32_767), "scored 5"),
    "text too long": (
        SHEET,
        with_text("B2", b"x" * 32_768),
        "the cell B2 on the sheet Customers holds more than 32767 characters,",
    ),
    "text of 49 MB": (
        SHEET,
        with_text("D2", b"1" * 49_000_000),
        "holds more than 32767 characters",
    ),
    "text of 100 MB": (SHEET, with_text("D2", b"1" * 100_000_000), "as only a zip bomb is"),
    "levels of 49 MB": (CRITERIA_SHEET, with_text("H4", b"1=1;" * 12_000_000), "more than 32767"),
    "many error cells without content": (
        SHEET,
        with_rows(b'<row r="7">' + b'<c r="A7" t="e"/>' * 300_000 + b"</row>"),
        "scored 5",
    ),
    "many error cells in a comment": (
        SHEET,
        before(b"</worksheet>", b"<!--" + b'<c t="e" r="A7">' * 300_000 + b"-->"),
        "scored 5",
    ),
    "deep sheet": (
        SHEET,
        before(b"</worksheet>", b"<a>" * 500_000 + b"</a>" * 500_000),
        "scored 5",
    ),
    "style sheet as deep as allowed": (
        "xl/styles.xml",
        before(b"</cellXfs>", b"<a>" * 254 + b"</a>" * 254),
        "scored 5",
    ),
    "style sheet too deep": (
        "xl/styles.xml",
        before(b"</cellXfs>", b"<a>" * 255 + b"</a>" * 255),
        "the part xl/styles.xml is not valid XML",
    ),
    "table as large as a sheet": (
        TABLE,
        with_area("A1:XFD1048576", 16_384),
        "the table tblCustomers on the sheet Customers is far larger than what is filled in;",
    ),
    "table larger than its columns": (
        TABLE,
        lambda d: d.replace(b"A1:G6", b"A1:XFD1048576"),
        "the table in xl/tables/table1.xml covers no valid area",
    ),
    "table beyond the sheet": (TABLE, with_area("A1:G1048577", 7), "covers no valid area"),
    "table of a million blank rows": (TABLE, with_area("A1:G1048576", 7), "scored 5"),
    "many names": (
        "xl/workbook.xml",
        before(b"<calcPr", b"<definedNames>" + NAMES + b"</definedNames>"),
        "scored 5",
    ),
    "many formats": (
        "xl/styles.xml",
        before(b"</cellXfs>", FORMATS),
        "the part xl/styles.xml holds more formats than the 250000 that are allowed",
    ),
    "many content types": ("[Content_Types].xml", before(b"</Types>", TYPES), "scored 5"),
    "many relations": (
        "xl/worksheets/_rels/sheet2.xml.rels",
        before(b"</Relationships>", POINTERS),
        "scored 5",
    ),
    "two sheets of one name": (
        "xl/workbook.xml",
        lambda d: d.replace(b'name="My notes"', b'name="CUSTOMERS"'),
        "two of its sheets have one name",
    ),
    "two relations of one id": (
        "xl/_rels/workbook.xml.rels",
        lambda d: re.sub(rb'Id="rId\d+"', b'Id="rId1"', d),
        "two relations of the part xl/workbook.xml have one id",
    ),
    "cells with a prefix far away": (
        SHEET,
        lambda d: (
            d.replace(b"</sheetData>", FAR.replace(b"<c ", b"<x:c ") + b"</sheetData>")
            .replace(b"</c></row></sheetData>", b"</x:c></row></sheetData>")
            .replace(b"<sheetData>", b'<sheetData xmlns:x="%s">' % MAIN.encode())
        ),
        "far apart",
    ),
    "far cells in UTF-16": (
        SHEET,
        lambda d: with_rows(FAR)(d).decode().encode("utf-16"),
        "is encoded as UTF-16",
    ),
}


def _bombs(folder: Path) -> dict[str, str]:
    """Parts that inflate to 3 GB although they claim to be small; what is said of them."""
    piece = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = (piece.compress(bytes(1 << 24)) + piece.flush(zlib.Z_FULL_FLUSH)) * 192 + b"\3\0"
    said = {}
    for part in (SHEET, "xl/sharedStrings.xml", "xl/workbook.xml"):
        path = write_book(folder / f"bomb {len(said)}.xlsx")
        parts = with_shared_strings(parts_of(path)) | {"xl/sharedStrings.xml": b"", part: b""}
        with zipfile.ZipFile(path, "w") as package:
            for name, data in parts.items():
                package.writestr(zipfile.ZipInfo(name), packed if name == part else data)
        changed = Zip(path)
        for at in (changed.central(part) + 10, changed.local(part) + 8):
            changed.put(at, "<H", zipfile.ZIP_DEFLATED).put(at + 14, "<L", 5_000)
        changed.save()
        said[path.stem] = f"the part {part} cannot be unpacked, or is not as large as the file says"
    return said


def _nested(folder: Path) -> dict[str, str]:
    """Parts below a sheet of ours, each pointed at ten times by the one before: 10**9 ways."""
    path = write_book(folder / "relations upon relations.xlsx")
    rescore(path)
    parts = parts_of(path)
    sheet = next(n for n, d in parts.items() if b"<tableParts" in d and b"Rank" in d)
    rels = f"xl/worksheets/_rels/{sheet.rpartition('/')[2]}.rels"

    def pointers(target: str) -> bytes:
        return b"".join(
            b'<Relationship Id="x%d" Type="%s/printerSettings" Target="/%s"/>'
            % (k, OFFICE.encode(), target.encode())
            for k in range(10)
        )

    changes = {rels: parts[rels].replace(b"</Rel", pointers("a/0.bin") + b"</Rel")}
    for k in range(10):
        changes[f"a/{k}.bin"] = b"x"
        changes[f"a/_rels/{k}.bin.rels"] = b'<Relationships xmlns="%s">%s</Relationships>' % (
            RELATIONSHIPS.encode(),
            pointers(f"a/{(k + 1) % 10}.bin"),
        )
    rewritten(path, changes)
    return {path.stem: "scored 5"}


def _scorecard(folder: Path) -> dict[str, str]:
    """A scorecard that claims to fill its sheet, in columns that go on beyond it."""
    path = folder / "scorecard.xlsm"
    path.write_bytes(new_workbook("en", with_sample=True, macros=True))
    parts = parts_of(path)
    name = next(n for n, d in parts.items() if b"KP_SCORECARD(" in d and n.startswith("xl/work"))
    area = re.search(rb'<f t="array"[^>]*ref="([A-Z]+[0-9]+):', parts[name])
    assert area is not None
    large = re.sub(
        rb'(<f t="array"[^>]*ref=")([A-Z]+[0-9]+):[A-Z0-9]+', rb"\1\2:XFD1048576", parts[name]
    )
    rewritten(path, {name: re.sub(rb'(<col [^>]*max=")\d+', rb"\g<1>999999999", large)})
    return {path.stem: "scored 60"}


def test_whatever_a_workbook_holds_it_takes_neither_long_nor_much_memory(tmp_path: Path) -> None:
    expected = {}
    for name, (part, change, said) in CONTENTS.items():
        path = write_book(tmp_path / f"{name}.xlsx")
        old = parts_of(path)[part]
        changed = change(old)
        assert changed != old
        rewritten(path, {part: changed})
        expected[name] = said
    for make in (_bombs, _nested, _scorecard):
        expected |= make(tmp_path)
    paths = sorted(str(path) for path in tmp_path.glob("*.xls?"))
    program = Path(__file__).parent / "support" / "judged.py"
    done = subprocess.run(
        [sys.executable, program, *paths],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},
    )
    told = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, done.stderr[-2_000:] + str(list(told)[-1:])
    assert told.keys() == expected.keys()
    wrong = {n: told[n]["said"] for n, said in expected.items() if said not in told[n]["said"]}
    assert wrong == {}
    assert {n: t["seconds"] for n, t in told.items() if t["seconds"] > 20} == {}
    assert max(line["peak"] for line in told.values()) < 1_000
