"""VBA projects written from text: read back by olefile, olevba, LibreOffice, and byte by byte."""

from __future__ import annotations

import importlib.util
import io
import random
import string
import struct
import warnings
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import olefile
import pytest
import xlsxwriter
from hypothesis import example, given, settings
from hypothesis import strategies as st
from support.office import in_libreoffice

from xlportfolio.template.compoundfile import compound_file
from xlportfolio.template.compression import compress
from xlportfolio.template.vbamodule import Module, ModuleKind
from xlportfolio.template.vbaproject import vba_project

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from oletools.olevba import VBA_Parser, decompress_stream

WORKBOOK = Module("ThisWorkbook", ModuleKind.WORKBOOK)

# --- compression -------------------------------------------------------------------------------


@dataclass
class Unpacked:
    """What a CompressedContainer says, by MS-OVBA 2.4.1.3.1 to 2.4.1.3.5."""

    data: bytearray = field(default_factory=bytearray)
    raw: list[bool] = field(default_factory=list)
    copies: list[tuple[int, int, int]] = field(default_factory=list)  # position, offset, length


def unpacked(container: bytes) -> Unpacked:
    found = Unpacked()
    assert container[0] == 1
    place = 1
    while place < len(container):
        assert len(found.data) % 4096 == 0, "only the last chunk may be short"
        header = int.from_bytes(container[place : place + 2], "little")
        size = (header & 0x0FFF) + 3
        assert header >> 12 & 0b111 == 0b011
        content = container[place + 2 : place + size]
        assert len(content) == size - 2
        found.raw.append(not header >> 15)
        if found.raw[-1]:
            assert len(content) == 4096
            found.data += content
        else:
            unpack_tokens(content, found)
        place += size
    return found


def unpack_tokens(content: bytes, found: Unpacked) -> None:
    start = len(found.data)
    place = 0
    while place < len(content):
        flags = content[place]
        place += 1
        assert place < len(content), "a flag byte without tokens"
        for index in range(8):
            if place == len(content):
                assert not flags >> index, "flags for tokens that are not there"
                break
            if flags >> index & 1:
                place = unpack_copy(content, place, start, found)
            else:
                found.data.append(content[place])
                place += 1
    assert len(found.data) - start <= 4096


def offset_bits(position: int) -> int:
    """By the table of the example in 2.4.1.3.19.1."""
    table = {16: 4, 32: 5, 64: 6, 128: 7, 256: 8, 512: 9, 1024: 10, 2048: 11, 4096: 12}
    return next(bits for upto, bits in table.items() if position <= upto)


def unpack_copy(content: bytes, place: int, start: int, found: Unpacked) -> int:
    token = int.from_bytes(content[place : place + 2], "little")
    position = len(found.data) - start
    length_bits = 16 - offset_bits(position)
    offset = (token >> length_bits) + 1
    length = (token & (1 << length_bits) - 1) + 3
    assert offset <= position, "a copy from before the chunk"
    found.copies.append((position, offset, length))
    for _ in range(length):
        found.data.append(found.data[-offset])
    return place + 2


def assert_round_trip(data: bytes) -> Unpacked:
    """Olevba gives the data back, and so does the specification; zeros only after a raw chunk."""
    container = compress(data)
    found = unpacked(container)
    judged = decompress_stream(bytearray(container)) if data else b""
    assert bytes(judged) == bytes(found.data)
    expected = data
    if found.raw and found.raw[-1]:
        expected = data.ljust(len(found.raw) * 4096, b"\0")
    assert bytes(judged) == expected
    assert len(found.raw) == -(-len(data) // 4096)
    assert compress(data) == container
    return found


def real_source() -> str:
    package = importlib.util.find_spec("xlwings")
    assert package is not None
    assert package.origin is not None
    folder = Path(package.origin).parent / "addin"
    files = sorted([*folder.glob("*.bas"), *folder.glob("*.cls")])
    assert len(files) > 5
    text = "'\n" + "".join(file.read_text("cp1252", errors="replace") for file in files)
    return text.replace("\n", "\r\n")


AROUND_CHUNKS = [n + d for n in (0, 4096, 8192, 12288) for d in (-1, 0, 1) if n + d >= 0]
SIZES = st.sampled_from([*AROUND_CHUNKS, 3639, 3640, 3641, 3642])


@settings(deadline=None)
@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
@example(b"")
def test_compression_of_anything(data: bytes) -> None:
    assert_round_trip(data)


@settings(deadline=None, max_examples=40)
@given(SIZES, st.integers(1, 256), st.integers(0, 2**32))
def test_compression_of_random_bytes_over_few_or_many_values(
    size: int, values: int, seed: int
) -> None:
    assert_round_trip(bytes(random.Random(seed).choices(range(values), k=size)))


@settings(deadline=None, max_examples=40)
@given(st.binary(min_size=1, max_size=40), SIZES)
def test_compression_of_what_repeats(unit: bytes, size: int) -> None:
    assert_round_trip((unit * (size // len(unit) + 1))[:size])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.binary(min_size=1, max_size=1), st.integers(1, 3000)), max_size=6))
def test_compression_of_long_runs(runs: list[tuple[bytes, int]]) -> None:
    assert_round_trip(b"".join(byte * length for byte, length in runs))


@pytest.mark.parametrize("size", AROUND_CHUNKS)
def test_compression_of_real_source_around_the_size_of_a_chunk(size: int) -> None:
    found = assert_round_trip(real_source().encode("cp1252")[:size])
    assert not any(found.raw)


def test_compression_of_200_kb_of_real_source() -> None:
    source = real_source().encode("cp1252")
    source = (source * (200_000 // len(source) + 1))[:200_000]
    found = assert_round_trip(source)
    assert not any(found.raw)
    assert len(compress(source)) < len(source) / 2


def test_what_does_not_compress_is_stored_raw() -> None:
    noise = random.Random(1).randbytes(8192)
    assert assert_round_trip(noise).raw == [True, True]
    assert assert_round_trip(noise[:8000]).raw == [True, True]
    assert assert_round_trip(noise[:4200]).raw == [True, False]


def without_repeats(size: int) -> bytes:
    """Bytes in which no three next to each other come twice."""
    for seed in range(100):
        data = random.Random(seed).randbytes(size)
        if len({data[n : n + 3] for n in range(size - 2)}) == size - 2:
            return data
    pytest.fail("no such bytes found")


def test_tokens_that_just_fit_into_a_chunk() -> None:
    literals = without_repeats(3641)
    # size of the tokens: each literal, two bytes for a copy, a flag byte for each eight of both
    for data, size, raw in (
        (literals[:3640], 3640 + 455, False),
        (literals[:3639] + literals[:3], 3639 + 2 + 455, False),
        (literals, 3641 + 456, True),
        (literals[:3640] + literals[:3], 3640 + 2 + 456, True),
    ):
        found = assert_round_trip(data)
        assert found.raw == [raw] == [size > 4096]
        assert len(compress(data)) == 1 + 2 + min(size, 4096)


@pytest.mark.parametrize(
    "position", [3, 15, 16, 17, *(2**n + d for n in range(5, 12) for d in (-1, 0, 1)), 4000, 4093]
)
def test_a_copy_from_as_far_back_as_can_be_and_as_long_as_can_be(position: int) -> None:
    filler = b"#<>" + bytes(position - 3)
    found = assert_round_trip((filler * 4096)[:4096])
    longest = (1 << 16 - offset_bits(position)) - 1 + 3
    expected = (position, position, min(longest, 4096 - position))
    assert expected in found.copies


def test_the_nearest_of_the_longest_matches_is_taken() -> None:
    found = unpacked(compress(b"abcX abcdY abcdZ abcd"))
    assert found.copies[-1] == (16, 6, 5)


@pytest.mark.parametrize(
    ("data", "container"),
    [
        (
            b"abcdefghijklmnopqrstuv.",
            "01 19 B0 00 61 62 63 64 65 66 67 68 00 69 6A 6B 6C 6D 6E 6F 70 00 71 72 73 74 75 76 2E",
        ),
        (b"a" * 73, "01 03 B0 02 61 45 00"),
    ],
)
def test_the_examples_of_the_specification(data: bytes, container: str) -> None:
    assert compress(data) == bytes.fromhex(container)


def test_the_example_of_the_specification_that_its_own_algorithm_does_not_give() -> None:
    data = b"#aaabcdefaaaaghijaaaaaklaaamnopqaaaaaaaaaaaarstuvwxyzaaa"
    container = bytes.fromhex(
        "01 2F B0 00 23 61 61 61 62 63 64 65 82 66 00 70 61 67 68 69 6A 01 38 08 61 6B 6C 00 30 6D"
        "6E 6F 70 06 71 02 70 04 10 72 73 74 75 76 10 77 78 79 7A 00 3C"
    )
    assert unpacked(container).data == data
    assert_round_trip(data)
    assert len(compress(data)) <= len(container)


# --- compound files ----------------------------------------------------------------------------

FREE, END, FAT_SECTOR = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
ABSENT = 0xFFFFFFFF

Tree = dict[str, Any]


@dataclass
class Node:
    name: str
    kind: int
    colour: int
    left: int
    right: int
    child: int
    start: int
    size: int


class Walk:
    """A compound file, read byte by byte and held to MS-CFB on the way."""

    def __init__(self, data: bytes) -> None:
        assert len(data) % 512 == 0
        self.sectors = [data[n : n + 512] for n in range(512, len(data), 512)]
        self.used: set[int] = set()
        self.mini_used: set[int] = set()
        self._header(data[:512])
        self._directory()
        assert self.used == set(range(len(self.sectors)))

    def _header(self, header: bytes) -> None:
        assert header[:8] == bytes.fromhex("D0CF11E0A1B11AE1")
        assert header[8:24] == bytes(16)
        # minor, major, byte order, sector shift, mini sector shift
        assert struct.unpack_from("<5H", header, 24) == (0x3E, 3, 0xFFFE, 9, 6)
        assert header[34:40] == bytes(6)
        numbers = struct.unpack_from("<9I", header, 40)
        directory_sectors, fat_sectors, self.directory_start, transaction, cutoff = numbers[:5]
        mini_fat_start, mini_fat_sectors, difat_start, difat_sectors = numbers[5:]
        assert (directory_sectors, transaction, cutoff) == (0, 0, 4096)
        assert (difat_start, difat_sectors) == (END, 0)
        difat = struct.unpack_from("<109I", header, 76)
        assert set(difat[fat_sectors:]) <= {FREE}
        self.fat: list[int] = []
        for sector in difat[:fat_sectors]:
            self.fat += struct.unpack("<128I", self.sectors[sector])
        assert [n for n, to in enumerate(self.fat) if to == FAT_SECTOR] == sorted(
            difat[:fat_sectors]
        )
        self.used |= set(difat[:fat_sectors])
        assert set(self.fat[len(self.sectors) :]) <= {FREE}
        assert FREE not in self.fat[: len(self.sectors)]
        mini_fat = self.chain(mini_fat_start)
        assert len(mini_fat) == mini_fat_sectors * 512
        self.mini_fat = [number for (number,) in struct.iter_unpack("<I", mini_fat)]

    def chain(self, start: int) -> bytes:
        return b"".join(
            self.sectors[n] for n in follow(start, self.fat, self.used, len(self.sectors))
        )

    def mini_chain(self, start: int) -> bytes:
        count = len(self.mini_stream) // 64
        numbers = follow(start, self.mini_fat, self.mini_used, count)
        return b"".join(self.mini_stream[n * 64 : n * 64 + 64] for n in numbers)

    def _directory(self) -> None:
        self.nodes: list[Node] = []
        for fields in struct.iter_unpack("<64sHBBIII16sIQQIQ", self.chain(self.directory_start)):
            raw, size, kind, colour, left, right, child, cls, bits, created, changed, at, n = fields
            assert (cls, bits, created, changed) == (bytes(16), 0, 0, 0)
            if kind == 0:
                unused = (bytes(64), 0, 0, ABSENT, ABSENT, ABSENT, 0, 0)
                assert (raw, size, colour, left, right, child, at, n) == unused
                continue
            name = raw[:size].decode("utf-16-le")
            assert name.endswith("\0")
            assert raw[size:] == bytes(64 - size)
            assert colour in {0, 1}
            self.nodes.append(Node(name[:-1], kind, colour, left, right, child, at, n))
        root = self.nodes[0]
        assert (root.name, root.kind, root.colour) == ("Root Entry", 5, 1)
        assert (root.left, root.right) == (ABSENT, ABSENT)
        assert root.size % 64 == 0
        self.mini_stream = self.chain(root.start)[: root.size]
        assert len(self.mini_stream) == root.size
        self.visited: list[int] = [0]
        self.tree = self._storage(root)
        assert sorted(self.visited) == list(range(len(self.nodes)))
        free = {n for n, to in enumerate(self.mini_fat) if to == FREE}
        assert free == set(range(root.size // 64, len(self.mini_fat)))
        assert self.mini_used == set(range(root.size // 64))

    def _storage(self, storage: Node) -> Tree:
        names: list[str] = []
        tree: Tree = {}
        if storage.child != ABSENT:
            assert self.nodes[storage.child].colour == 1
        self._siblings(storage.child, names, tree, parent_is_red=False)
        keys = [spelled_upper(name) for name in names]
        assert all(one < other for one, other in pairwise(keys))
        return tree

    def _siblings(self, number: int, names: list[str], tree: Tree, *, parent_is_red: bool) -> int:
        """In order; how many black nodes each way down passes."""
        if number == ABSENT:
            return 0
        node = self.nodes[number]
        self.visited.append(number)
        is_red = node.colour == 0
        assert not (is_red and parent_is_red)
        left = self._siblings(node.left, names, tree, parent_is_red=is_red)
        names.append(node.name)
        tree[node.name] = self._content(node)
        right = self._siblings(node.right, names, tree, parent_is_red=is_red)
        assert left == right
        return left + (not is_red)

    def _content(self, node: Node) -> bytes | Tree:
        if node.kind == 1:
            assert (node.start, node.size) == (0, 0)
            return self._storage(node)
        assert (node.kind, node.child) == (2, ABSENT)
        if node.size == 0:
            assert node.start == END
        in_mini_stream = node.size < 4096
        data = (self.mini_chain if in_mini_stream else self.chain)(node.start)
        unit = 64 if in_mini_stream else 512
        assert len(data) == -(-node.size // unit) * unit
        assert not any(data[node.size :])
        return data[: node.size]


def follow(start: int, table: Sequence[int], used: set[int], count: int) -> Iterator[int]:
    while start != END:
        assert start < count
        assert start not in used, "a sector in two chains, or twice in one"
        used.add(start)
        yield start
        start = table[start]


def spelled_upper(name: str) -> tuple[int, list[int]]:
    """By 2.6.4: shorter names first, then by the codes of the letters in upper case."""
    data = name.encode("utf-16-le")
    codes = []
    for low, high in zip(data[::2], data[1::2], strict=True):
        letter = chr(low | high << 8)
        codes.append(ord(letter.upper()) if len(letter.upper()) == 1 else ord(letter))
    return len(codes), codes


def as_key(name: str) -> tuple[int, tuple[int, ...]]:
    length, codes = spelled_upper(name)
    return length, tuple(codes)


SIZES_OF_STREAMS = st.sampled_from([0, 1, 63, 64, 65, 511, 512, 513, 4095, 4096, 4097, 9000])
CONTENTS = st.builds(lambda size, byte: bytes([byte]) * size, SIZES_OF_STREAMS, st.integers(1, 255))


def names(alphabet: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.text(alphabet, min_size=1, max_size=31).filter(
        lambda name: spelled_upper(name)[0] < 32
    )


def storages(names: st.SearchStrategy[str]) -> st.SearchStrategy[Tree]:
    def storage(content: st.SearchStrategy[Any]) -> st.SearchStrategy[Tree]:
        pairs = st.lists(
            st.tuples(names, content), max_size=12, unique_by=lambda pair: as_key(pair[0])
        )
        return pairs.map(dict)

    return st.recursive(storage(CONTENTS), lambda inner: storage(CONTENTS | inner), max_leaves=20)


ANY_NAME = names(st.characters(codec="utf-16-le", exclude_characters="\0/\\:!"))
PLAIN_NAME = names(st.sampled_from("abcXYZ_0189"))


@settings(deadline=None)
@given(storages(ANY_NAME))
@example({})
@example({"storage": {}})
@example({"\U0001f600" * 15: b"x", "\uffff" * 30: b"y"})
def test_compound_files_of_any_tree(tree: Tree) -> None:
    assert Walk(compound_file(tree)).tree == tree


@settings(deadline=None, max_examples=40)
@given(storages(PLAIN_NAME))
def test_olefile_reads_the_tree(tree: Tree) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with olefile.OleFileIO(compound_file(tree), raise_defects=olefile.DEFECT_UNSURE) as ole:
            assert not ole.parsing_issues
            found = {tuple(path): ole.openstream(path).read() for path in ole.listdir()}
            storages = {tuple(path) for path in ole.listdir(streams=False, storages=True)}
    expected = dict(paths(tree))
    assert found == {path: data for path, data in expected.items() if isinstance(data, bytes)}
    assert storages == {path for path, data in expected.items() if not isinstance(data, bytes)}


def paths(tree: Mapping[str, Any]) -> Iterator[tuple[tuple[str, ...], Any]]:
    for name, content in tree.items():
        yield (name,), content
        if not isinstance(content, bytes):
            yield from (((name, *path), data) for path, data in paths(content))


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 6, 7, 8, 15, 16, 100, 511, 512])
def test_many_entries(count: int) -> None:
    tree = {f"entry{number}": str(number).encode() for number in range(count)}
    backwards = dict(reversed(tree.items()))
    data = compound_file(tree)
    assert Walk(data).tree == tree
    assert compound_file(backwards) == data


@pytest.mark.parametrize("sectors", [125, 126, 127, 128, 252, 253, 254, 13_842])
def test_fats_that_fill_their_sectors(sectors: int) -> None:
    tree = {"stream": bytes([7]) * (512 * sectors)}
    assert Walk(compound_file(tree)).tree == tree


def test_too_much_for_the_header() -> None:
    with pytest.raises(ValueError, match="over 7143424 bytes"):
        compound_file({"stream": bytes(512 * 13_842 + 1)})


@pytest.mark.parametrize(
    "name", ["", "a/b", "a\\b", "a:b", "a!b", "a\0b", "a" * 32, "\U0001f600" * 16]
)
def test_names_that_are_none(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a storage or stream"):
        compound_file({"storage": {name: b""}})


@pytest.mark.parametrize(("one", "other"), [("dir", "DIR"), ("süß", "SÜß")])
def test_names_that_differ_in_case_only(one: str, other: str) -> None:
    with pytest.raises(ValueError, match="two entries of one name"):
        compound_file({one: b"", other: {}})


# --- the project -------------------------------------------------------------------------------

SHEET = Module("Sheet1", ModuleKind.SHEET)
HELLO = Module("modHello", ModuleKind.STANDARD, 'Sub Hello()\n    Debug.Print "Grüß €"\nEnd Sub')
DOCUMENT_ATTRIBUTES = (
    'Attribute VB_Name = "{name}"\r\n'
    'Attribute VB_Base = "0{{{base}-0000-0000-C000-000000000046}}"\r\n'
    "Attribute VB_GlobalNameSpace = False\r\n"
    "Attribute VB_Creatable = False\r\n"
    "Attribute VB_PredeclaredId = True\r\n"
    "Attribute VB_Exposed = True\r\n"
    "Attribute VB_TemplateDerived = False\r\n"
    "Attribute VB_Customizable = True\r\n"
)
OF_THE_WORKBOOK = DOCUMENT_ATTRIBUTES.format(name="ThisWorkbook", base="00020819")
OF_THE_SHEET = DOCUMENT_ATTRIBUTES.format(name="Sheet1", base="00020820")


def stream(project: bytes, *path: str) -> bytes:
    with olefile.OleFileIO(project) as ole:
        data: bytes = ole.openstream(path).read()
        return data


def source(project: bytes, name: str) -> str:
    return bytes(decompress_stream(bytearray(stream(project, "VBA", name)))).decode("cp1252")


def test_the_streams() -> None:
    project = vba_project([WORKBOOK, SHEET, HELLO])
    tree = Walk(project).tree
    assert set(tree) == {"VBA", "PROJECT", "PROJECTwm"}
    assert set(tree["VBA"]) == {"_VBA_PROJECT", "dir", "ThisWorkbook", "Sheet1", "modHello"}
    assert tree["VBA"]["_VBA_PROJECT"] == bytes.fromhex("CC61FFFF000000")
    assert vba_project([WORKBOOK, SHEET, HELLO]) == project


def test_olevba_finds_the_modules_and_their_source() -> None:
    big = Module("modBig", ModuleKind.STANDARD, real_source() * 2)
    project = vba_project([WORKBOOK, SHEET, HELLO, big])
    parser = VBA_Parser("vbaProject.bin", data=project)
    try:
        assert parser.detect_vba_macros()
        found = {name: code for _, _, name, code in parser.extract_all_macros()}
    finally:
        parser.close()
    assert list(found) == ["ThisWorkbook.cls", "Sheet1.cls", "modHello.bas", "modBig.bas"]
    assert found["ThisWorkbook.cls"] == OF_THE_WORKBOOK
    assert found["Sheet1.cls"] == OF_THE_SHEET
    assert found["modHello.bas"] == (
        'Attribute VB_Name = "modHello"\r\nSub Hello()\r\n    Debug.Print "Grüß €"\r\nEnd Sub\r\n'
    )
    text = found["modBig.bas"]
    assert text.removeprefix('Attribute VB_Name = "modBig"\r\n') == big.source


@pytest.mark.parametrize("new_line", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_line_ends_and_the_name_that_is_there(new_line: str, end: str) -> None:
    text = f'Attribute VB_Name = "modA"\nOption Explicit\n\nSub A()\nEnd Sub{end}'
    module = Module("modA", ModuleKind.STANDARD, text.replace("\n", new_line))
    found = source(vba_project([WORKBOOK, module]), "modA")
    assert found == 'Attribute VB_Name = "modA"\r\nOption Explicit\r\n\r\nSub A()\r\nEnd Sub\r\n'


EXPORTED = """VERSION 1.0 CLASS
BEGIN
  MultiUse = -1  'True
END
Attribute VB_Name = "{name}"
Attribute VB_GlobalNameSpace = False
Attribute VB_Creatable = False
Attribute VB_PredeclaredId = True
Attribute VB_Exposed = True
"""
CODE = """Option Explicit
Public Sub A()
Attribute A.VB_Description = "stays"
End Sub
"""


@pytest.mark.parametrize(
    "frame", ["", EXPORTED.format(name="ThisWorkbook"), EXPORTED[EXPORTED.index("Attribute") :]]
)
def test_the_frame_of_an_exported_document_module_is_replaced(frame: str) -> None:
    module = Module("ThisWorkbook", ModuleKind.WORKBOOK, frame + CODE)
    found = source(vba_project([module]), "ThisWorkbook")
    assert found == OF_THE_WORKBOOK + CODE.replace("\n", "\r\n")


@dataclass
class Records:
    """The records of a dir stream: identifier and content, in their order."""

    items: list[tuple[int, bytes]]

    def all(self, identifier: int) -> list[bytes]:
        return [content for found, content in self.items if found == identifier]


def records(data: bytes) -> Records:
    items = []
    place = 0
    while place < len(data):
        identifier, size = struct.unpack_from("<HI", data, place)
        if identifier == 0x09:  # PROJECTVERSION: the size is a reserved field
            assert size == 4
            size = 6
        place += 6
        items.append((identifier, data[place : place + size]))
        assert len(items[-1][1]) == size
        place += size
    return Records(items)


INFORMATION = [0x01, 0x02, 0x14, 0x03, 0x04, 0x05, 0x40, 0x06, 0x3D, 0x07, 0x08, 0x09, 0x0C, 0x3C]
REFERENCE = [0x16, 0x3E, 0x0D]
MODULE = [0x19, 0x47, 0x1A, 0x32, 0x1C, 0x48, 0x31, 0x1E, 0x2C, None, 0x2B]


def test_the_records_of_the_dir_stream() -> None:
    modules = [WORKBOOK, SHEET, HELLO]
    project = vba_project(modules, "Portfolio")
    found = records(bytes(decompress_stream(bytearray(stream(project, "VBA", "dir")))))
    order = INFORMATION + 2 * REFERENCE + [0x0F, 0x13] + 3 * MODULE + [0x10]
    assert [identifier for identifier, _ in found.items] == [
        there if there is not None else identifier
        for there, (identifier, _) in zip(order, found.items, strict=True)
    ]
    assert found.all(0x01) == [struct.pack("<I", 3)]
    assert found.all(0x02) == found.all(0x14) == [struct.pack("<I", 0x409)]
    assert found.all(0x03) == [struct.pack("<H", 1252)]
    assert found.all(0x04) == [b"Portfolio"]
    assert found.all(0x0F) == [struct.pack("<H", 3)]
    assert found.all(0x13) + found.all(0x2C) == [b"\xff\xff"] * 4
    assert found.all(0x31) == [bytes(4)] * 3
    assert [i for i, _ in found.items if i in {0x21, 0x22}] == [0x22, 0x22, 0x21]
    plain = [module.name.encode() for module in modules]
    wide = [module.name.encode("utf-16-le") for module in modules]
    assert found.all(0x19) == found.all(0x1A) == plain
    assert found.all(0x47) == found.all(0x32) == wide
    assert found.all(0x16) == [b"stdole", b"Office"]
    for content in found.all(0x0D):
        size = struct.unpack_from("<I", content)[0]
        assert content[4 : 4 + size].startswith(b"*\\G{")
        assert content[4 + size :] == bytes(6)


def test_the_references_are_those_that_excel_writes(test_data: Path) -> None:
    genuine = genuine_project(test_data)
    theirs = records_before_modules(genuine)
    ours = records_before_modules(vba_project([WORKBOOK]))
    assert [item for item in ours if item[0] != 0x09] == [
        item for item in theirs if item[0] != 0x09
    ]


def genuine_project(test_data: Path) -> bytes:
    with zipfile.ZipFile(test_data / "workbooks" / "macros.xlsm") as package:
        return package.read("xl/vbaProject.bin")


def records_before_modules(project: bytes) -> list[tuple[int, bytes]]:
    found = records(bytes(decompress_stream(bytearray(stream(project, "VBA", "dir")))))
    identifiers = [identifier for identifier, _ in found.items]
    return found.items[: identifiers.index(0x0F)]


def decrypted(digits: str, project_identifier: str) -> bytes:
    """MS-OVBA 2.4.3.3 Decryption."""
    data = bytes.fromhex(digits)
    seed, version, key = data[0], data[0] ^ data[1], data[0] ^ data[2]
    assert version == 2
    assert key == sum(project_identifier.encode()) & 0xFF
    unencrypted, one, two = key, data[2], data[1]
    plain = bytearray()
    for byte in data[3:]:
        unencrypted = byte ^ (two + unencrypted & 0xFF)
        plain.append(unencrypted)
        two, one = one, byte
    ignored = (seed & 6) // 2
    length = int.from_bytes(plain[ignored : ignored + 4], "little")
    assert len(plain) == ignored + 4 + length
    return bytes(plain[ignored + 4 :])


def properties(project: bytes) -> dict[str, str]:
    text = stream(project, "PROJECT").decode("cp1252")
    lines = [line.partition("=") for line in text.split("\r\n\r\n")[0].split("\r\n")]
    return {key: value.strip('"') for key, _, value in lines}


def test_the_decryption_of_the_tests_against_the_specification_and_excel(test_data: Path) -> None:
    of_the_specification = {
        "ID": "{917DED54-440B-4FD1-A5C1-74ACF261E600}",
        "CMG": "0705D8E3D8EDDBF1DBF1DBF1DBF1",
        "DPB": "0E0CD1ECDFF4E7F5E7F5E7",
        "GC": "1517CAF1D6F9D7F9D706",
    }
    for found in (of_the_specification, properties(genuine_project(test_data))):
        assert_unprotected(found)


def assert_unprotected(found: Mapping[str, str]) -> None:
    """Nothing is protected, there is no password, and the editor shows the project."""
    values = [decrypted(found[key], found["ID"]) for key in ("CMG", "DPB", "GC")]
    assert values == [bytes(4), b"\x00", b"\xff"]
    assert len(found["CMG"]) in range(22, 29)
    assert len(found["DPB"]) >= 16
    assert len(found["GC"]) in range(16, 23)


@pytest.mark.parametrize("name", ["VBAProject", "Portfolio", "a" * 128])
def test_the_project_stream(name: str) -> None:
    project = vba_project([WORKBOOK, SHEET, HELLO], name)
    lines = stream(project, "PROJECT").decode("cp1252").split("\r\n")
    assert lines[1:7] == [
        "Document=ThisWorkbook/&H00000000",
        "Document=Sheet1/&H00000000",
        "Module=modHello",
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
    ]
    assert [line.partition("=")[0] for line in lines[7:10]] == ["CMG", "DPB", "GC"]
    assert lines[10:] == [
        "",
        "[Host Extender Info]",
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",
        "ThisWorkbook=0, 0, 0, 0, C",
        "Sheet1=0, 0, 0, 0, C",
        "modHello=0, 0, 0, 0, C",
        "",
    ]
    assert_unprotected(properties(project))


def test_the_names_in_both_encodings() -> None:
    expected = b"".join(
        name.encode() + b"\0" + name.encode("utf-16-le") + b"\0\0"
        for name in ("ThisWorkbook", "modHello")
    )
    assert stream(vba_project([WORKBOOK, HELLO]), "PROJECTwm") == expected + b"\0\0"


NOISE = "'" + "".join(random.Random(1).choices(string.printable[:94], k=9000))


def standard(name: str = "modA", source: str = "") -> Module:
    return Module(name, ModuleKind.STANDARD, source)


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ([], "one module of the workbook, not 0"),
        ([SHEET, HELLO], "one module of the workbook, not 0"),
        ([WORKBOOK, Module("Other", ModuleKind.WORKBOOK)], "one module of the workbook, not 2"),
        ([WORKBOOK, standard(), standard("MODA")], "another thing of the name 'MODA'"),
        ([WORKBOOK, standard("VBAproject")], "another thing of the name 'VBAproject'"),
        ([WORKBOOK, standard("Dir")], "another thing of the name 'Dir'"),
        ([WORKBOOK, standard("")], "no name for a VBA module: ''"),
        ([WORKBOOK, standard("_a")], "no name for a VBA module: '_a'"),
        ([WORKBOOK, standard("1a")], "no name for a VBA module: '1a'"),
        ([WORKBOOK, standard("a b")], "no name for a VBA module: 'a b'"),
        ([WORKBOOK, standard("a\n")], r"no name for a VBA module: 'a\\n'"),
        ([WORKBOOK, standard("a" * 32)], "at most 31 characters"),
        (
            [WORKBOOK, standard(source="a\n'b \u03b1")],
            "modA, line 3 .*'\u03b1' is not in code page 1252",
        ),
        ([WORKBOOK, standard(source='Attribute VB_Name = "modB"')], "modA calls it modB"),
        ([WORKBOOK, standard(source=EXPORTED + CODE)], "source is that of a class"),
        ([WORKBOOK, standard(source=NOISE)], "modA is too random"),
    ],
)
def test_projects_that_are_refused(modules: list[Module], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        vba_project(modules)


@pytest.mark.parametrize("name", ["", "1a", "a b", "a" * 129, "Pörtfolio"])
def test_names_of_projects_that_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name for a VBA project"):
        vba_project([WORKBOOK], name)


@settings(deadline=None, max_examples=30)
@given(
    st.dictionaries(
        st.from_regex(r"m[A-Za-z0-9_]{0,30}", fullmatch=True).map(str.lower),
        st.text(st.characters(codec="cp1252", exclude_characters="\r"), max_size=200),
        max_size=20,
    )
)
def test_any_modules(sources: dict[str, str]) -> None:
    modules = [WORKBOOK, *(standard(name, f"'{text}") for name, text in sources.items())]
    project = vba_project(modules)
    tree = Walk(project).tree["VBA"]
    assert set(tree) == {"_VBA_PROJECT", "dir", "ThisWorkbook", *sources}
    for name, text in sources.items():
        stored = unpacked(tree[name]).data.decode("cp1252").replace("\r\n", "\n")
        expected = f'Attribute VB_Name = "{name}"\n\'{text}'
        assert stored == expected + "\n" * (not expected.endswith("\n"))


# --- LibreOffice -------------------------------------------------------------------------------


def test_libreoffice_loads_the_modules_and_runs_them(tmp_path: Path) -> None:
    code = 'Function Greeting(name)\n    Greeting = "Grüß Gott, " & name & ": 5 €"\nEnd Function\n'
    big = "".join(f"Sub Number{n}()\n    Debug.Print {n}\nEnd Sub\n" for n in range(1000))
    modules = [
        Module("ThisWorkbook", ModuleKind.WORKBOOK, "Option Explicit\n"),
        Module("Sheet1", ModuleKind.SHEET, "' of the sheet\n"),
        Module("modHello", ModuleKind.STANDARD, code),
        Module("modBig", ModuleKind.STANDARD, big),
    ]
    path = tmp_path / "book.xlsm"
    with xlsxwriter.Workbook(path) as book:
        book.add_vba_project(io.BytesIO(vba_project(modules)), is_stream=True)
        book.set_vba_name("ThisWorkbook")
        book.add_worksheet("Sheet").set_vba_name("Sheet1")
    found = in_libreoffice(path, tmp_path, calls=[["modHello", "Greeting", ["you"]]])
    assert found["called"] == ["Grüß Gott, you: 5 €"]
    assert set(found["sources"]) == {module.name for module in modules}
    for module in modules:
        _, _, text = found["sources"][module.name].partition("Option VBASupport 1\n")
        assert text == module.source + "\n"
