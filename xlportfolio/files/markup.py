"""Rows of a sheet's XML taken apart by arrays, if they are written plainly: tags, cells, numbers.

What is *plain* keeps to the letter of this grammar, as the sheets do that are saved by Excel,
openpyxl, XlsxWriter and LibreOffice, unless they hold something unusual::

    sheetData = row*        row = <row ... /> | <row ...> cell* </row>
    cell = <c ... /> | <c ...> [formula] [value] </c>
    formula = <f ... /> | <f ...> text </f>
    value = <v/> | <v> text </v> | <is> (<t/> | <t> text </t>) </is>
"""

from __future__ import annotations

from math import isfinite
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from xlportfolio.schema.contract import LAST_COLUMN, LAST_ROW

Bytes = npt.NDArray[np.uint8]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

#: Bytes that are looked at beyond the rows, at most.
AHEAD = 64

# What may follow each tag. That is all of the grammar, since nothing in it nests in itself.
_FOLLOWING = {
    "row": "c c/ /row",
    "row/": "row row/",
    "/row": "row row/",
    "c": "f f/ v v/ is /c",
    "c/": "c c/ /row",
    "/c": "c c/ /row",
    "f": "/f",
    "f/": "v v/ is /c",
    "/f": "v v/ is /c",
    "v": "/v",
    "v/": "/c",
    "/v": "/c",
    "is": "t t/",
    "/is": "/c",
    "t": "/t",
    "t/": "/is",
    "/t": "/is",
}
_CODES = {tag: code for code, tag in enumerate(_FOLLOWING)}
_MAY_FOLLOW = np.array([[b in after.split() for b in _FOLLOWING] for after in _FOLLOWING.values()])
_OTHER = len(_CODES)
_PRESERVED = len('t xml:space="preserve"')
#: The tags by the two bytes that they begin with, and their lengths; 0: any, for attributes.
_STARTS = {
    b"ro": ("row", 0),
    b"/r": ("/row", 4),
    b"c ": ("c", 0),
    b"/c": ("/c", 2),
    b"f>": ("f", 1),
    b"f ": ("f", 0),
    b"f/": ("f/", 2),
    b"/f": ("/f", 2),
    b"v>": ("v", 1),
    b"v/": ("v/", 2),
    b"/v": ("/v", 2),
    b"is": ("is", 2),
    b"/i": ("/is", 3),
    b"t>": ("t", 1),
    b"t ": ("t", _PRESERVED),
    b"t/": ("t/", 2),
    b"/t": ("/t", 2),
}
_TAG_OF = np.full(1 << 16, _OTHER, dtype=np.uint8)
_LENGTH_OF = np.zeros(1 << 16, dtype=np.uint8)
for _start, (_tag, _length) in _STARTS.items():
    _TAG_OF[int.from_bytes(_start, "big")] = _CODES[_tag]
    _LENGTH_OF[int.from_bytes(_start, "big")] = _length
_HOLDS_TEXT = np.isin(np.arange(_OTHER + 2), [_CODES[tag] for tag in "vft"])

# What a cell's content is, and what its attribute t says of it.
NUMBER, SHARED, TRUTH, ERROR, TEXT, _INLINE, _UNKNOWN = range(7)
_KINDS = {
    NUMBER: b'n"',
    SHARED: b's"',
    TRUTH: b'b"',
    ERROR: b'e"',
    TEXT: b'str"',
    _INLINE: b'inlineStr"',
}


_STYLE, _TYPE = b' s="', b' t="'
#: What Excel says of dynamic arrays and of rich values; it changes nothing in the value shown.
_METADATA = (b' cm="', b' vm="')
#: Digits of a row or a format, and the last of the signs that are blanks.
_MOST_DIGITS, _BLANK = 7, ord(" ")
#: Digits of a whole number that a double holds exactly, as it does the powers of ten up to there.
_EXACT = 15
_POWERS = 10.0 ** np.arange(_EXACT + 1)


class NotPlainError(Exception):
    """There is something that is not looked at here."""


class _Tags(NamedTuple):
    """The tags of some rows: which each is, and where its brackets stand."""

    code: Bytes
    opened: Ints
    closed: Ints


def _tags(content: Bytes, first: int, last: int) -> _Tags:
    here = content[first:last]
    opened, closed = (np.flatnonzero(here == ord(sign)) + first for sign in "<>")
    if (
        len(opened) != len(closed)
        or not len(opened)
        or opened[0] != first
        or closed[-1] != last - 1
    ):
        raise NotPlainError
    between = opened[1:] - closed[:-1] - 1
    length = closed - opened - 1
    start = content[opened + 1].astype(np.uint16) << 8 | content[opened + 2]
    exact = _LENGTH_OF[start]
    code = _TAG_OF[start] + ((exact == 0) & (content[closed - 1] == ord("/")))  # c/ follows c
    if (
        (between < 0).any()
        or (between[~_HOLDS_TEXT[code[:-1]]] > 0).any()
        or (length < 1).any()
        or ((exact != 0) & (length != exact)).any()
        or (code >= _OTHER).any()
        or not _MAY_FOLLOW[code[:-1], code[1:]].all()
        or not _MAY_FOLLOW[_CODES["/row"], code[0]]
        or code[-1] not in {_CODES["/row"], _CODES["row/"]}
    ):
        raise NotPlainError
    return _Tags(code, opened, closed)


class FoundCells(NamedTuple):
    """Cells, one of each array for each: where, of what kind and format, and their content.

    A filled cell may have none, as one with a formula that shows nothing.
    """

    row: Ints
    column: Ints
    is_filled: Flags
    kind: Bytes
    style: Ints
    start: Ints
    end: Ints


def cells_between(content: Bytes, first: int, last: int) -> FoundCells:
    """The cells of whole rows that stand between two positions.

    Parameters
    ----------
    content
        The sheet's XML, and at least :data:`AHEAD` bytes more.

    Raises
    ------
    NotPlainError
        If the rows are not plain.
    """
    code, opened, closed = _tags(content, first, last)
    at = np.flatnonzero((code == _CODES["c"]) | (code == _CODES["c/"]))
    is_empty = code[at] == _CODES["c/"]
    row, column, style, kind = _attributes(content, opened[at] + len("<c "), closed[at] - is_empty)
    value = at + 1
    is_filled = ~is_empty & (code[value] != _CODES["/c"])
    value = value + 2 * (code[value] == _CODES["f"]) + (code[value] == _CODES["f/"])
    is_inline = ~is_empty & (code[value] == _CODES["is"])
    value = value + is_inline
    has_text = ~is_empty & ((code[value] == _CODES["v"]) | (code[value] == _CODES["t"]))
    start = np.where(has_text, closed[value] + 1, 0)
    end = np.where(has_text, opened[np.minimum(value + 1, len(code) - 1)], 0)
    is_trimmed = is_inline & (end > start) & (closed[value] - opened[value] - 1 < _PRESERVED)
    at_ends = content[start[is_trimmed]], content[end[is_trimmed] - 1]
    if (has_text & (is_inline != (kind == _INLINE))).any() or min(map(_least, at_ends)) <= _BLANK:
        raise NotPlainError
    return FoundCells(row, column, is_filled, kind, style, start, end)


def _least(signs: Bytes) -> int:
    return int(signs.min(initial=255))


def _attributes(content: Bytes, p: Ints, last: Ints) -> tuple[Ints, Ints, Ints, Bytes]:
    """Row, column, format and kind of cells, from attributes between two positions."""
    p = _after(content, p, b'r="')
    column, style = np.zeros((2, len(p)), dtype=np.int64)
    for _ in range(len("XFD")):
        letter = content[p] - ord("A")
        is_letter = letter < 26  # noqa: PLR2004 (of the alphabet)
        column = np.where(is_letter, column * 26 + letter + 1, column)
        p = p + is_letter
    row, p = _whole_number(content, p)
    p = _after(content, p, b'"')
    styled = np.flatnonzero(_begins(content, p, _STYLE))
    if styled.size:
        style[styled], q = _whole_number(content, p[styled] + len(_STYLE))
        p[styled] = _after(content, q, b'"')
    kind = np.full(len(p), NUMBER, dtype=np.uint8)
    typed = np.flatnonzero(_begins(content, p, _TYPE))
    if typed.size:
        q = p[typed] + len(_TYPE)
        end, found = q, np.full(len(q), _UNKNOWN, dtype=np.uint8)
        for one, word in _KINDS.items():
            is_it = _begins(content, q, word)
            found[is_it] = one
            end = np.where(is_it, q + len(word), end)
        kind[typed], p[typed] = found, end
    for word in _METADATA:
        marked = np.flatnonzero(_begins(content, p, word))
        if marked.size:
            _, q = _whole_number(content, p[marked] + len(word))
            p[marked] = _after(content, q, b'"')
    is_odd = (p != last) | (kind == _UNKNOWN)
    is_odd |= (row < 1) | (row > LAST_ROW) | (column < 1) | (column > LAST_COLUMN)
    if is_odd.any():
        raise NotPlainError
    return row, column, style, kind


def _begins(content: Bytes, p: Ints, word: bytes) -> Flags:
    """Whether a word begins at each position."""
    begins: Flags = content[p] == word[0]
    for k, byte in enumerate(word[1:], start=1):
        if not begins.any():
            break
        begins &= content[p + k] == byte
    return begins


def _after(content: Bytes, p: Ints, word: bytes) -> Ints:
    """The positions after a word that must stand there."""
    if not _begins(content, p, word).all():
        raise NotPlainError
    return p + len(word)


def _whole_number(content: Bytes, p: Ints) -> tuple[Ints, Ints]:
    """The whole numbers of at most seven digits that begin at positions, and what is after them."""
    number = np.zeros(len(p), dtype=np.int64)
    for _ in range(_MOST_DIGITS):
        digit = content[p] - ord("0")
        is_digit = digit <= 9  # noqa: PLR2004 (of the decimals)
        if not is_digit.any():
            break
        number = np.where(is_digit, number * 10 + digit, number)
        p = p + is_digit
    return number, p


def numbers_at(content: Bytes, data: bytes, start: Ints, end: Ints) -> npt.NDArray[np.float64]:
    """The numbers between positions, each the double that is nearest to what is written."""
    numbers = np.zeros(len(start))
    is_negative = content[start] == ord("-")
    first = start + is_negative
    size = end - first
    is_left = size > _EXACT + 1
    for length in np.unique(size[~is_left]).tolist():
        at = np.flatnonzero(size == length)
        numbers[at], is_left[at] = _decimals(content[first[at][:, None] + np.arange(length)])
    np.negative(numbers, out=numbers, where=is_negative)
    if is_left.any():
        spans = zip(start[is_left].tolist(), end[is_left].tolist(), strict=True)
        numbers[is_left] = _long_numbers([data[here:there] for here, there in spans])
    return numbers


def _long_numbers(texts: list[bytes]) -> list[float]:
    """Numbers with many digits, with an exponent, or none at all."""
    if b"".join(texts).translate(None, b"0123456789+-.eE"):
        raise NotPlainError
    try:
        numbers = list(map(float, texts))
    except ValueError as error:
        raise NotPlainError from error
    if not all(map(isfinite, numbers)):
        raise NotPlainError
    return numbers


def _decimals(signs: Bytes) -> tuple[npt.NDArray[np.float64], Flags]:
    """Short decimals of one length, a line each; and which of them are something else.

    A whole number and a power of ten that are both exact give the nearest double when divided.
    """
    length = signs.shape[1]
    is_point = signs == ord(".")
    digits = signs - ord("0")
    points = is_point.sum(axis=1)
    is_other = ((digits > 9) & ~is_point).any(axis=1) | (points > 1) | (length - points > _EXACT)  # noqa: PLR2004
    if length:
        is_other |= is_point[:, 0] | is_point[:, -1]
    whole = np.zeros(len(signs), dtype=np.int64)
    for k in range(length):
        whole = np.where(is_point[:, k], whole, whole * 10 + digits[:, k])
    places = np.where(points == 1, length - 1 - is_point.argmax(axis=1), 0) if length else points
    return whole / _POWERS[places], is_other | (length == 0)
