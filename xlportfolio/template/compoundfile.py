"""Compound files (MS-CFB), written: storages and streams in one file, as the VBA project needs it.

Version 3 of the format with sectors of 512 bytes. The same tree gives the same bytes: there are no
time stamps, and the entries are sorted.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from itertools import pairwise
from typing import TypeAlias

#: A storage: its streams, as bytes, and the storages in it, by name.
Storage: TypeAlias = "Mapping[str, bytes | Storage]"

# 2.1 Compound File Sector Numbers and Types
_FREESECT = 0xFFFFFFFF
_ENDOFCHAIN = 0xFFFFFFFE
_FATSECT = 0xFFFFFFFD

# 2.2 Compound File Header
_SIGNATURE = bytes.fromhex("D0CF11E0A1B11AE1")
_MINOR_VERSION = 0x003E
_MAJOR_VERSION = 3
_LITTLE_ENDIAN = 0xFFFE
_SECTOR_SHIFT = 9
_MINI_SECTOR_SHIFT = 6
_MINI_STREAM_CUTOFF = 4096
_FAT_SECTORS_IN_HEADER = 109
_HEADER = struct.Struct(
    "<"
    "8s16s"  # signature, class
    "HHHHH6x"  # minor and major version, byte order, sector shift, mini sector shift
    "II"  # numbers of sectors of the directory (0 in version 3) and of the FAT
    "II"  # first sector of the directory, transaction
    "I"  # mini stream cutoff
    "II"  # mini FAT: first sector, number of sectors
    "II"  # DIFAT beyond the header: first sector, number of sectors
    f"{_FAT_SECTORS_IN_HEADER}I"
)

_SECTOR = 1 << _SECTOR_SHIFT
_MINI_SECTOR = 1 << _MINI_SECTOR_SHIFT
_NUMBERS_IN_SECTOR = _SECTOR // 4

# 2.6.1 Compound File Directory Entry
_NOSTREAM = 0xFFFFFFFF
_NAME_BYTES = 64
_NOT_IN_NAMES = "\0/\\:!"
_ROOT_NAME = "Root Entry"
_ENTRY = struct.Struct(
    "<"
    f"{_NAME_BYTES}sH"  # name, its size in bytes with the terminator
    "BB"  # kind, colour
    "III"  # left and right sibling, child
    "16s"  # class
    "4x8x8x"  # state bits, created, modified
    "IQ"  # first sector, size
)


class _Kind(IntEnum):
    """Object types of directory entries, 2.6.1."""

    UNUSED = 0
    STORAGE = 1
    STREAM = 2
    ROOT = 5


class _Colour(IntEnum):
    """Colours of the nodes of the tree of siblings, 2.6.1."""

    RED = 0
    BLACK = 1


@dataclass
class _Entry:
    """A directory entry, 2.6.1: the root, a storage or a stream, or an empty place."""

    name: str
    kind: _Kind
    data: bytes = b""
    colour: _Colour = _Colour.RED
    left: int = _NOSTREAM
    right: int = _NOSTREAM
    child: int = _NOSTREAM
    start: int = 0
    size: int = 0

    def pack(self) -> bytes:
        """The 128 bytes of the entry; without times and class, which nobody reads here."""
        name = f"{self.name}\0".encode("utf-16-le") if self.name else b""
        siblings = (self.left, self.right, self.child)
        place = (self.start, self.size)
        return _ENTRY.pack(name, len(name), self.kind, self.colour, *siblings, b"", *place)


class _Chains:
    """Sectors of one size, and the table that chains them: 2.3 FAT, 2.4 mini FAT."""

    def __init__(self, sector_size: int) -> None:
        self.sector_size = sector_size
        self.data = bytearray()
        self.table: list[int] = []

    def add(self, data: bytes | bytearray) -> int:
        """Store these bytes in a chain of sectors of their own; the number of its first sector."""
        if not data:
            return _ENDOFCHAIN
        first = len(self.table)
        last = first + _quotient_up(len(data), self.sector_size) - 1
        self.table += [*range(first + 1, last + 1), _ENDOFCHAIN]
        self.data += data.ljust((last - first + 1) * self.sector_size, b"\0")
        return first


def compound_file(tree: Storage) -> bytes:
    """A compound file, MS-CFB version 3.

    Parameters
    ----------
    tree
        What the root storage holds: streams and storages by name.

    Returns
    -------
    bytes
        The file. It depends on names and contents only, not on the order of ``tree``.

    Raises
    ------
    ValueError
        If a name is empty, too long or has a character that names must not have; if two names in
        a storage differ at most in case; if the FAT needs more sectors than the header can name
        (2.5), which is so from about 7 MB.

    Examples
    --------
    >>> compound_file({"greeting": b"hello"})[:8].hex()
    'd0cf11e0a1b11ae1'
    """
    entries = _directory(tree)
    sectors = _Chains(_SECTOR)
    mini_fat = _place_streams(entries, sectors)
    mini_fat_sectors = _quotient_up(len(mini_fat), _SECTOR)
    first_mini_fat_sector = sectors.add(mini_fat)
    first_directory_sector = sectors.add(b"".join(entry.pack() for entry in entries))
    fat_sectors = _add_fat(sectors)
    header = _HEADER.pack(
        _SIGNATURE,
        b"",
        _MINOR_VERSION,
        _MAJOR_VERSION,
        _LITTLE_ENDIAN,
        _SECTOR_SHIFT,
        _MINI_SECTOR_SHIFT,
        0,
        len(fat_sectors),
        first_directory_sector,
        0,
        _MINI_STREAM_CUTOFF,
        first_mini_fat_sector,
        mini_fat_sectors,
        _ENDOFCHAIN,
        0,
        *fat_sectors,
        *[_FREESECT] * (_FAT_SECTORS_IN_HEADER - len(fat_sectors)),
    )
    return header + bytes(sectors.data)


def _quotient_up(dividend: int, divisor: int) -> int:
    return -(-dividend // divisor)


def _place_streams(entries: list[_Entry], sectors: _Chains) -> bytes:
    """Store the streams, small ones in the mini stream of the root; the mini FAT (2.4, 2.6.2)."""
    mini = _Chains(_MINI_SECTOR)
    for entry in entries:
        if entry.kind is _Kind.STREAM:
            entry.size = len(entry.data)
            place = mini if entry.size < _MINI_STREAM_CUTOFF else sectors
            entry.start = place.add(entry.data)
    root = entries[0]
    root.size = len(mini.data)
    root.start = sectors.add(mini.data)
    return _table(mini.table)


def _table(numbers: list[int]) -> bytes:
    """The sectors of a FAT or mini FAT, filled up as 2.3 has it."""
    free = -len(numbers) % _NUMBERS_IN_SECTOR
    return struct.pack(f"<{len(numbers) + free}I", *numbers, *[_FREESECT] * free)


def _add_fat(sectors: _Chains) -> list[int]:
    """Put the FAT, which counts its own sectors too, behind all others (2.3); their numbers."""
    first = len(sectors.table)
    count = _quotient_up(first, _NUMBERS_IN_SECTOR - 1)
    if count > _FAT_SECTORS_IN_HEADER:
        limit = _FAT_SECTORS_IN_HEADER * _NUMBERS_IN_SECTOR * _SECTOR
        raise ValueError(f"too much for a compound file without DIFAT sectors: over {limit} bytes")
    sectors.table += [_FATSECT] * count
    sectors.data += _table(sectors.table)
    return list(range(first, first + count))


# --- the directory -----------------------------------------------------------------------------


def _directory(tree: Storage) -> list[_Entry]:
    """The directory (2.6): the root entry first (2.6.2), empty entries last to fill a sector."""
    entries = [_Entry(_ROOT_NAME, _Kind.ROOT, colour=_Colour.BLACK)]
    _add_children(entries, 0, tree)
    while len(entries) * _ENTRY.size % _SECTOR:
        entries.append(_Entry("", _Kind.UNUSED))
    return entries


def _add_children(entries: list[_Entry], parent: int, storage: Storage) -> None:
    """Add the entries of a storage (2.6.3) and hang the tree of them on it."""
    numbers = []
    for name in _sorted_names(storage):
        content = storage[name]
        numbers.append(len(entries))
        if isinstance(content, bytes):
            entries.append(_Entry(name, _Kind.STREAM, content))
        else:
            entries.append(_Entry(name, _Kind.STORAGE))
            _add_children(entries, numbers[-1], content)
    if numbers:
        top = _link(entries, numbers, levels_below=len(numbers).bit_length() - 1)
        entries[top].colour = _Colour.BLACK
        entries[parent].child = top


def _link(entries: list[_Entry], numbers: list[int], levels_below: int) -> int:
    """Make siblings, sorted, a red-black tree (2.6.4); the number of its top.

    Halving makes a tree all of whose levels are full but the lowest: with the lowest one red and
    the others black, each way down passes the same number of black nodes.
    """
    if not numbers:
        return _NOSTREAM
    middle = len(numbers) // 2
    node = entries[numbers[middle]]
    node.colour = _Colour.BLACK if levels_below else _Colour.RED
    node.left = _link(entries, numbers[:middle], levels_below - 1)
    node.right = _link(entries, numbers[middle + 1 :], levels_below - 1)
    return numbers[middle]


def _sorted_names(storage: Storage) -> list[str]:
    """The names in a storage, checked (2.6.1) and in the order of the tree (2.6.4)."""
    for name in storage:
        _check_name(name)
    names = sorted(storage, key=_order)
    for one, other in pairwise(names):
        if _order(one) == _order(other):
            raise ValueError(f"two entries of one name: {one!r} and {other!r}")
    return names


def _check_name(name: str) -> None:
    """Hold a name to 2.6.1.

    Raises
    ------
    ValueError
        If it is no name.
    """
    size = len(f"{name}\0".encode("utf-16-le"))
    if not name or size > _NAME_BYTES or any(character in name for character in _NOT_IN_NAMES):
        raise ValueError(f"no name for a storage or stream: {name!r}")


def _order(name: str) -> tuple[int, list[int]]:
    """What siblings are sorted by (2.6.4): the length, then the UTF-16 codes in upper case.

    A letter whose upper case is more than one letter stays as it is: simple case conversion.
    """
    codes = [code for (code,) in struct.iter_unpack("<H", name.encode("utf-16-le"))]
    upper = [chr(code).upper() for code in codes]
    return len(codes), [
        ord(letter) if len(letter) == 1 else code for letter, code in zip(upper, codes, strict=True)
    ]
