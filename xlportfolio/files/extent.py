"""How far the cells of a sheet reach, before a reader makes room for all of them.

A sheet names only the cells that it holds, but a reader may fill the whole rectangle between the
first and the last: two cells in opposite corners of a sheet then take more memory than there is.
"""

from __future__ import annotations

import re
from typing import NamedTuple
from xml.parsers import expat

import numpy as np
import numpy.typing as npt

from xlportfolio.schema.contract import LAST_COLUMN, LAST_ROW, column_letters

#: Cells that are read however many of them are blank: of a rectangle of cells, and of all tables
#: together, whose blank rows cost less.
_FREE, FREE_IN_TABLES = 10_000_000, 50_000_000
#: Above that, one in so many has to be filled.
_SPARSEST = 100

_ADDRESS = re.compile(r"([A-Za-z]{1,3})([0-9]{1,7})")
_LETTERS, _DIGITS = 3, 7
_ROOT = re.compile(rb"(?:\xef\xbb\xbf)?(?:<\?xml[^>]*>\s*)?<((?:[A-Za-z_][\w.-]*:)?)worksheet\b")
_PREFIXED = re.compile(rb"<[^<>\s/]*:c[\s/>]")
#: Bytes looked at in one go.
_SLICE = 1 << 24
#: Bytes that expat gets in one go, and how deep elements may be nested, which it is slow at.
_PIECE, _DEEPEST = 1 << 16, 256
#: Bytes of a cell's tag that are looked at: ``<c r="XFD1048576" s="64000"/>`` and more.
_TAG = 200


class AddressError(Exception):
    """A cell outside of any sheet; ``str()`` is its address as it was found."""


class Extent(NamedTuple):
    """The rectangle that holds all cells with content, counted from 1, and how many they are."""

    left: int
    top: int
    right: int
    bottom: int
    filled: int

    def __str__(self) -> str:
        """The rectangle as a reference."""
        return f"{column_letters(self.left)}{self.top}:{column_letters(self.right)}{self.bottom}"

    @property
    def is_sparse(self) -> bool:
        """Whether the rectangle is too large for the few cells that it holds."""
        cells = (self.right - self.left + 1) * (self.bottom - self.top + 1)
        return cells > max(_FREE, _SPARSEST * self.filled)


def are_lost(cells: int, filled: int) -> bool:
    """Whether tables of so many cells are too large for the filled ones on their sheets."""
    return cells > max(FREE_IN_TABLES, _SPARSEST * filled)


def extent_of(data: bytes) -> Extent:
    """The extent of a sheet, whose XML this is; of one without cells, its first cell.

    Where nothing is far away, blank cells that have a format count like others, since telling them
    apart takes longer.

    Raises
    ------
    AddressError
        If a cell stands outside of any sheet.
    expat.ExpatError
        If the sheet is no XML, or, where it is looked at as such, nested too deep.
    """
    prefix = _prefix(data)
    if prefix is not None:
        found = _plain_extent(data, prefix, blank_too=True)
        if found is not None and found.is_sparse:
            found = _plain_extent(data, prefix, blank_too=False)
        if found is not None:
            return found
    return _parsed_extent(data)


def _prefix(data: bytes) -> bytes | None:
    """What stands before each name of a sheet such as programs write; ``None`` for another one."""
    root = _ROOT.match(data)
    if root is None or b"\0" in data:
        return None
    prefix = root[1]
    if prefix:
        tags = data.count(b"<" + prefix + b"c") + data.count(b"</" + prefix + b"c")
        is_alone = data.count(b":c") == tags and b"<c" not in data
    else:
        is_alone = b":c" not in data or not _PREFIXED.search(data)
    return prefix if is_alone else None


def _plain_extent(data: bytes, prefix: bytes, *, blank_too: bool) -> Extent | None:
    """The extent of a sheet whose cells begin with their address, ``None`` of any other."""
    found, opening = Extent(LAST_COLUMN, LAST_ROW, 1, 1, 0), b"<" + prefix + b"c"
    for start in range(0, len(data), _SLICE):
        count = min(_SLICE, len(data) - start)
        ahead = data[start : start + count + _TAG]
        view = np.frombuffer(ahead + bytes(_TAG + len(opening)), np.uint8)
        starts = _starts(view, count, opening)
        if not blank_too:
            starts = starts[~_closed(view, starts)]
        cells = _cells(view, starts + len(opening))
        if cells is None:
            return None
        columns, rows = cells
        if len(rows):
            found = Extent(
                min(found.left, int(columns.min())),
                min(found.top, int(rows.min())),
                max(found.right, int(columns.max())),
                max(found.bottom, int(rows.max())),
                found.filled + len(rows),
            )
    return found if found.filled else Extent(1, 1, 1, 1, 0)


Bytes = npt.NDArray[np.uint8]
Numbers = npt.NDArray[np.int32]


def _starts(view: Bytes, count: int, opening: bytes) -> Numbers:
    """Where cells begin among the first bytes."""
    starts = np.flatnonzero(view[:count] == ord("<")).astype(np.int32)
    for offset, character in enumerate(opening[1:], start=1):
        starts = starts[view[starts + offset] == character]
    after = view[starts + len(opening)]
    ends_name = (after <= ord(" ")) | (after == ord(">")) | (after == ord("/"))
    return np.asarray(starts[ends_name], np.int32)


def _closed(view: Bytes, starts: Numbers) -> npt.NDArray[np.bool_]:
    """Whether a cell's tag closes itself, as one without content does, beyond doubt."""
    ends = np.append(np.flatnonzero(view == ord(">")), len(view) - 1)
    end = ends[np.searchsorted(ends, starts)]
    quotes = np.cumsum((view == ord('"')) + 2 * (view == ord("'")), dtype=np.int32)
    is_outside = (quotes[end] - quotes[starts]) % 2 == 0
    return np.asarray((view[end - 1] == ord("/")) & is_outside, np.bool_)


def _cells(view: Bytes, at: Numbers) -> tuple[Numbers, Numbers] | None:
    """Columns and rows of the cells whose addresses come next; ``None`` if one is odd."""
    for expected in b' r="':
        if not np.all(view[at] == expected):
            return None
        at = at + 1
    columns, rows = np.zeros(len(at), np.int32), np.zeros(len(at), np.int32)
    for letter in range(_LETTERS):
        character = view[at]
        is_letter = (character >= ord("A")) & (character <= ord("Z"))
        if letter == 0 and not is_letter.all():
            return None
        columns = np.where(is_letter, columns * 26 + character - 64, columns)
        at = at + is_letter
    for _ in range(_DIGITS):
        digit = view[at] - np.uint8(ord("0"))  # what is below the digits is far above them now
        is_digit = digit <= 9  # noqa: PLR2004 (the last digit)
        if not is_digit.any():
            break
        rows = np.where(is_digit, rows * 10 + digit, rows)
        at = at + is_digit
    valid = (view[at] == ord('"')) & (rows > 0) & (rows <= LAST_ROW) & (columns <= LAST_COLUMN)
    return (columns, rows) if valid.all() else None


def _parsed_extent(data: bytes) -> Extent:
    """The extent of the cells with content of any sheet."""
    reader = _Reader()
    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = reader.start, reader.end
    for start in range(0, len(data), _PIECE):  # a piece is parsed to its end, even after an error
        parser.Parse(data[start : start + _PIECE])
    parser.Parse(b"", True)  # noqa: FBT003 (that is how it is called)
    return reader.extent if reader.extent.filled else Extent(1, 1, 1, 1, 0)


class _Reader:
    """Follows the cells of a sheet; one without an address stands behind the one before."""

    def __init__(self) -> None:
        self.extent = Extent(LAST_COLUMN, LAST_ROW, 1, 1, 0)
        self._row = self._column = self._depth = self._cell_depth = 0
        self._is_filled = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise expat.ExpatError
        kind = name.rpartition(":")[2]
        if kind == "row":
            number = attributes.get("r", "")
            is_number = number.isascii() and number.isdigit() and len(number) <= _DIGITS
            self._row, self._column = int(number) if is_number else self._row + 1, 0
        elif kind == "c":
            self._cell_depth, self._is_filled = self._depth, False
            address = attributes.get("r")
            self._column += 1
            if address is not None:
                self._column, self._row = _place(address)
        else:
            self._is_filled = True

    def end(self, _: str) -> None:
        if self._depth == self._cell_depth:
            self._cell_depth = 0
            if self._is_filled:
                self._add()
        self._depth -= 1

    def _add(self) -> None:
        row, column, seen = self._row, self._column, self.extent
        if row > LAST_ROW or column > LAST_COLUMN:
            raise AddressError(f"{column_letters(column)}{row}")
        self.extent = Extent(
            min(seen.left, column),
            min(seen.top, row),
            max(seen.right, column),
            max(seen.bottom, row),
            seen.filled + 1,
        )


def _place(address: str) -> tuple[int, int]:
    found = _ADDRESS.fullmatch(address)
    if found is None:
        raise AddressError(address[:50])
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    row = int(found[2])
    if not (column <= LAST_COLUMN and 0 < row <= LAST_ROW):
        raise AddressError(address)
    return column, row
