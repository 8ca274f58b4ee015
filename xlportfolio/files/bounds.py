"""What a package may be before anything in it is inflated: a zip that all readers read alike.

A zip says the same things twice, in front of each part and in the directory at its end, and readers
differ in which of the two they believe. Here both have to agree, and to keep within bounds, so that
whoever reads the file after this module finds the same parts, and no more than the directory says.
"""

from __future__ import annotations

import re
import struct
import zipfile
import zlib
from collections.abc import Sequence
from typing import IO, NamedTuple
from xml.parsers import expat

from xlportfolio.locale import Phrase

#: Parts in a package.
MOST_PARTS = 20_000
#: Bytes of one part when it is inflated, and of all parts together.
LARGEST_PART = 2 << 30
LARGEST_PACKAGE = 16 << 30
#: How far a part above a size may be compressed; spreadsheets reach about 30.
HIGHEST_RATIO = 300
RATIO_FROM = 50_000_000
#: Bytes of a part that is parsed as a whole, which takes some eight times as much memory, and of
#: all relationships, which are.
LARGEST_TREE = 512 << 20
LARGEST_RELATIONSHIPS = 64 << 20
#: Characters of a part's name.
LONGEST_NAME = 1_024
#: Bytes before the first element of a part, and how many of them are parsed in one go.
_LONGEST_PROLOG, _PIECE = 1 << 20, 1 << 12
#: Bytes of the directory at the end of a zip: ten times what the parts above need.
_LARGEST_DIRECTORY = 16 << 20

_END = struct.Struct("<4s4H2LH")
_END_MAGIC = b"PK\x05\x06"
_LOCATOR = struct.Struct("<4sLQL")
_LOCATOR_MAGIC = b"PK\x06\x07"
_END_64 = struct.Struct("<4sQ2H2L4Q")
_END_64_MAGIC = b"PK\x06\x06"
_LOCAL = struct.Struct("<4s5H3L2H")
_LOCAL_MAGIC = b"PK\x03\x04"
_LONGEST_COMMENT = 0xFFFF
_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_SIZES_FOLLOW = 0x0008
_UTF8 = 0x0800
_UNICODE_NAME = 0x7075
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


class RefusedError(Exception):
    """A package that is not read further.

    Attributes
    ----------
    kind
        The kind of error, such as ``"malformed"``.
    detail
        What is wrong, ``None`` if the kind says it.
    """

    def __init__(self, kind: str, damage: str | None = None, **details: object) -> None:
        super().__init__(kind, damage)
        self.kind = kind
        self.detail = None if damage is None else Phrase(f"damages.{damage}", details)


class _End(NamedTuple):
    """What the end of a zip says of its directory."""

    parts: int
    size: int
    offset: int


def check_end(file: IO[bytes]) -> int:
    """Check the last record of a zip; where its directory begins.

    Raises
    ------
    RefusedError
        If readers could disagree on where the directory is, or it is too large to be read.
    """
    length = file.seek(0, 2)
    file.seek(max(0, length - _END.size - _LONGEST_COMMENT))
    tail = file.read()
    at = tail.rfind(_END_MAGIC)
    if at < 0 or at + _END.size > len(tail):
        raise RefusedError("malformed", "zip")
    _, disk, first_disk, parts_here, parts, size, offset, comment = _END.unpack_from(tail, at)
    if at + _END.size + comment != len(tail) or disk != first_disk or parts_here != parts:
        raise RefusedError("malformed", "zip")
    end, directory_end = _End(parts, size, offset), length - len(tail) + at
    if at >= _LOCATOR.size and tail[at - _LOCATOR.size : at].startswith(_LOCATOR_MAGIC):
        _, _, record, _ = _LOCATOR.unpack_from(tail, at - _LOCATOR.size)
        end, directory_end = _large_end(file, end, record), record
    if end.size > _LARGEST_DIRECTORY or end.parts > MOST_PARTS:
        raise RefusedError("unsafe", "too_many_parts", most=MOST_PARTS)
    if end.offset + end.size != directory_end:  # something before the zip, or in between
        raise RefusedError("malformed", "zip")
    return end.offset


def _large_end(file: IO[bytes], end: _End, record: int) -> _End:
    """The end of a large zip, which must not contradict the one that small readers see."""
    file.seek(record)
    data = file.read(_END_64.size)
    if len(data) < _END_64.size or not data.startswith(_END_64_MAGIC):
        raise RefusedError("malformed", "zip")
    _, length, _, _, disk, first_disk, parts_here, parts, size, offset = _END_64.unpack(data)
    large = _End(parts, size, offset)
    for field, said, unsaid in zip(large, end, (0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF), strict=True):
        if said not in {field, unsaid}:
            raise RefusedError("malformed", "zip")
    if disk != first_disk or parts_here != parts or length != _END_64.size - 12:
        raise RefusedError("malformed", "zip")
    return large


def check_entries(file: IO[bytes], entries: Sequence[zipfile.ZipInfo], directory: int) -> None:
    """Check the parts that a zip lists, before any of them is inflated.

    Parameters
    ----------
    directory
        Where the directory begins, and the parts have to end.

    Raises
    ------
    RefusedError
        If a name leads out of the file, two names are one, a part is packed as Office does not, is
        out of bounds, overlaps another one, or is something else in front of it than in the
        directory.
    """
    if len(entries) > MOST_PARTS:
        raise RefusedError("unsafe", "too_many_parts", most=MOST_PARTS)
    names: set[str] = set()
    for info in entries:
        _check_name(info)
        if info.filename.lower() in names:
            raise RefusedError("malformed", "parts_of_one_name", part=info.filename)
        names.add(info.filename.lower())
        _check_size(info)
    if sum(info.file_size for info in entries) > LARGEST_PACKAGE:
        raise RefusedError("unsafe", "package_size", most=LARGEST_PACKAGE >> 30)
    related = sum(info.file_size for info in entries if info.filename.lower().endswith(".rels"))
    if related > LARGEST_RELATIONSHIPS:
        raise RefusedError("unsafe", "relationships_size", most=LARGEST_RELATIONSHIPS >> 20)
    ordered = sorted(entries, key=lambda info: info.header_offset)
    ends = [*(info.header_offset for info in ordered[1:]), directory]
    for info, end in zip(ordered, ends, strict=True):
        _check_header(file, info, end)


def _check_name(info: zipfile.ZipInfo) -> None:
    name = info.orig_filename  # as it is written; the other one may have been cut or turned
    steps = name.removesuffix("/").split("/")
    if (
        _CONTROL.search(name)
        or "\\" in name
        or ":" in name
        or not {"", ".", ".."}.isdisjoint(steps)
    ):
        raise RefusedError("unsafe", "part_name", part=repr(name[:100]))
    if len(name) > LONGEST_NAME:
        raise RefusedError("unsafe", "part_name_long", part=repr(name[:50]), most=LONGEST_NAME)


def _check_size(info: zipfile.ZipInfo) -> None:
    if info.flag_bits & _ENCRYPTED:
        raise RefusedError("encrypted")
    if info.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
        details = {"part": info.filename, "method": info.compress_type}
        raise RefusedError("malformed", "part_method", **details)
    if info.file_size > LARGEST_PART:
        details = {"part": info.filename, "most": LARGEST_PART >> 30}
        raise RefusedError("unsafe", "part_size", **details)
    if info.file_size > max(RATIO_FROM, HIGHEST_RATIO * info.compress_size):
        details = {"part": info.filename, "most": HIGHEST_RATIO}
        raise RefusedError("unsafe", "part_ratio", **details)
    if info.compress_type == zipfile.ZIP_STORED and info.file_size != info.compress_size:
        raise RefusedError("malformed", "part_packed", part=info.filename)


def _check_header(file: IO[bytes], info: zipfile.ZipInfo, end: int) -> None:
    """Compare what stands in front of a part with what the directory says of it."""
    refused = RefusedError("malformed", "part_header", part=info.filename)
    file.seek(info.header_offset)
    fixed = file.read(_LOCAL.size)
    if len(fixed) < _LOCAL.size:
        raise refused
    magic, _, flags, method, _, _, crc, packed, size, name_length, extra_length = _LOCAL.unpack(
        fixed
    )
    after = info.header_offset + _LOCAL.size + name_length + extra_length + info.compress_size
    name = info.orig_filename.encode("utf-8" if info.flag_bits & _UTF8 else "cp437")
    matter = _ENCRYPTED if name.isascii() else _ENCRYPTED | _UTF8
    same = (
        magic == _LOCAL_MAGIC
        and method == info.compress_type
        and flags & matter == info.flag_bits & matter
        and after <= end
        and file.read(name_length) == name
    )
    if same and not flags & _SIZES_FOLLOW:
        same = crc == info.CRC and all(
            said in {known, 0xFFFFFFFF}
            for said, known in ((packed, info.compress_size), (size, info.file_size))
        )
    extras = (info.extra, file.read(extra_length))
    if not same or any(_has_other_name(extra, name) for extra in extras):
        raise refused


def _has_other_name(extra: bytes, name: bytes) -> bool:
    """Whether an extra field names the part once more, and differently."""
    while len(extra) >= 4:  # noqa: PLR2004 (a number and a length of two bytes each)
        number, length = struct.unpack_from("<2H", extra)
        if number == _UNICODE_NAME and extra[9 : 4 + length] != name:
            return True
        extra = extra[4 + length :]
    return False


def seek_data(file: IO[bytes], info: zipfile.ZipInfo) -> None:
    """Go to where the packed bytes of a part begin."""
    file.seek(info.header_offset)
    *_, name_length, extra_length = _LOCAL.unpack(file.read(_LOCAL.size))
    file.seek(name_length + extra_length, 1)


def inflated(file: IO[bytes], info: zipfile.ZipInfo) -> bytes:
    """The bytes of a part, never more than the directory says: zipfile inflates all, then cuts.

    Raises
    ------
    RefusedError
        If the part cannot be inflated, or has another size or checksum.
    """
    seek_data(file, info)
    data = file.read(info.compress_size)
    complete = len(data) == info.compress_size
    refused = RefusedError("malformed", "part_packed", part=info.filename)
    if info.compress_type == zipfile.ZIP_DEFLATED:
        inflating = zlib.decompressobj(-zlib.MAX_WBITS)
        try:
            data = inflating.decompress(data, info.file_size + 1)
        except zlib.error as error:
            raise refused from error
        complete = complete and inflating.eof and not inflating.unused_data
    if not complete or len(data) != info.file_size or zlib.crc32(data) != info.CRC:
        raise refused
    return data


def check_tree(info: zipfile.ZipInfo) -> None:
    """Check the size of a part that is to be parsed as a whole.

    Raises
    ------
    RefusedError
        If it is too large for that.
    """
    if info.file_size > LARGEST_TREE:
        details = {"part": info.filename, "most": LARGEST_TREE >> 20}
        raise RefusedError("unsafe", "tree_size", **details)


class _RootSeenError(Exception):
    """The first element has begun; what comes after it is not looked at."""


def check_prolog(data: bytes) -> None:
    """Check what stands before the first element of an XML part.

    Raises
    ------
    RefusedError
        If that is a document type, or no XML.
    """
    parser = expat.ParserCreate()

    def refuse(*_: object) -> None:
        raise RefusedError("unsafe", "part_doctype")

    def stop(*_: object) -> None:
        raise _RootSeenError

    parser.StartDoctypeDeclHandler, parser.StartElementHandler = refuse, stop
    try:  # in small pieces: a piece is parsed to its end, even after it was to stop
        for start in range(0, min(len(data), _LONGEST_PROLOG), _PIECE):
            parser.Parse(data[start : start + _PIECE])
    except _RootSeenError:
        return
    except (expat.ExpatError, ValueError, LookupError) as error:  # encodings that expat lacks
        raise RefusedError("malformed", "part_xml") from error
    raise RefusedError("malformed", "part_xml")
