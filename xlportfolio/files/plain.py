"""Cells straight from the XML of a sheet into columns, where the sheet is written plainly.

A hundred thousand customers are millions of cells; as objects in lists of rows they take most of
a rescore's time and memory. What is plain is said in ``markup``; whatever is not is left to
calamine.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np
from openpyxl.styles.numbers import BUILTIN_FORMATS

from xlportfolio.files.markup import (
    AHEAD,
    ERROR,
    NUMBER,
    SHARED,
    TEXT,
    TRUTH,
    Bytes,
    Flags,
    FoundCells,
    Ints,
    NotPlainError,
    cells_between,
    numbers_at,
)
from xlportfolio.files.package import Element
from xlportfolio.files.workbook import main
from xlportfolio.look import LONGEST
from xlportfolio.schema.contract import Cell, CellError, Cells

#: Cells of the largest area that room is made for: all customers that a sheet can hold, with 40
#: columns and more.
_MOST_CELLS = 50_000_000
#: Bytes that are looked at together, so that they stay near the processor.
_CHUNK = 1 << 21
_START = re.compile(
    rb"(?:\xef\xbb\xbf)?"
    rb'(?:<\?xml version="1\.0"(?: encoding="utf-8")?(?: standalone="\w+")?\s*\?>\s*)?'
    rb'<worksheet(?:\s[^<>]*)?\sxmlns="http://schemas\.openxmlformats\.org/spreadsheetml/2006/main"',
    re.IGNORECASE,
)
#: Of a number format: text in quotes or after a sign, colours and currencies in brackets.
_NOT_SHOWN = re.compile(r'"[^"]*"|[\\\\_*].|\[(?![hmsHMS]+\])[^\]]*\]')
_OF_TIME = re.compile("[dmyhsDMYHStjTJ]")
_STRING = re.compile(rb'<si(?:/>|>(?:<t/>|<t(?: xml:space="preserve")?>([^<]*)</t>)?</si>)')
#: Text with blanks at its ends, which count for nothing unless they are to be preserved.
_TRIMMED = re.compile(rb"<t>(?:[\x00-\x20]|[^<]*[\x00-\x20]</t>)")
_DATA, _DATA_END = b"<sheetData>", b"</sheetData>"
#: Comments, document types and instructions, which the grammar knows as little.
_ODD = (b"<!", b"<?")
#: What stands for another character: ``_x000D_``, line ends of two bytes.
_SPELLED = (b"_x", b"\r")
#: Parts texts while they are looked at together; no XML may hold it.
_APART = b"\0"
_ENTITY = re.compile("&(?:amp|lt|gt|quot|apos);")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}


class Area(NamedTuple):
    """A part of a sheet; rows and columns counted from 1, both ends included."""

    first_row: int
    last_row: int
    first_column: int
    last_column: int

    @property
    def width(self) -> int:
        """The number of columns."""
        return self.last_column - self.first_column + 1

    @property
    def height(self) -> int:
        """The number of rows."""
        return self.last_row - self.first_row + 1


def plain_columns(
    data: bytes, area: Area, strings: Sequence[str], is_number: Flags
) -> tuple[list[Cell], list[Cells]] | None:
    """The first row of an area, and the columns below; ``None`` if the sheet is not plain.

    Parameters
    ----------
    data
        The sheet's XML.
    strings
        The workbook's shared strings.
    is_number
        For each cell format, whether a number in it is shown as one, not as a day or a time.
    """
    if area.width * area.height > _MOST_CELLS:
        return None
    start = _START.match(data)
    first, last = data.find(_DATA) + len(_DATA), data.rfind(_DATA_END)
    if start is None or not start.end() < first <= last:
        return None
    around = data[start.end() : first], data[last:]
    if any(sign in part for sign in _ODD for part in around):
        return None
    if any(data.find(sign, first, last) >= 0 for sign in _SPELLED):
        return None
    columns = _Columns(area, strings, is_number)
    try:
        columns.fill(data, first, last)
    except NotPlainError:
        return None
    header, below = zip(*map(columns.column, range(area.width)), strict=True)
    return list(header), list(below)


def plain_strings(data: bytes) -> list[str] | None:
    """The strings that cells share, by their numbers; ``None`` if any of them is not plain.

    Parameters
    ----------
    data
        The XML of the part that holds them.
    """
    found = _STRING.findall(data)
    if data.count(b"<si") != len(found) or _TRIMMED.search(data):
        return None
    if any(sign in data for sign in (*_ODD[:1], *_SPELLED)):
        return None
    try:
        return plain_texts(found) if found else []
    except NotPlainError:
        return None


def show_numbers(styles: Element) -> list[bool]:
    """For each cell format of a style sheet, whether a number in it is surely shown as one."""
    codes = {e.get("numFmtId"): e.get("formatCode", "") for e in styles.iter(main("numFmt"))}
    known = {str(number): code for number, code in BUILTIN_FORMATS.items()} | codes
    formats = styles.find(main("cellXfs"))
    shown = (known.get(e.get("numFmtId", "0")) for e in (() if formats is None else formats))
    return [code is not None and not _shows_time(code) for code in shown]


def _shows_time(code: str) -> bool:
    """Whether a number format may show a day or a time of day.

    >>> [_shows_time(code) for code in ("TT.MM.JJJJ", '#,##0 "days"', "[Red]0.0", "[h]:mm")]
    [True, False, False, True]
    """
    return bool(_OF_TIME.search(_NOT_SHOWN.sub("", code)))


def plain_texts(contents: Sequence[bytes]) -> list[str]:
    """What is written between tags as text, all at once.

    Raises
    ------
    NotPlainError
        If it holds anything but characters and the five entities that XML itself knows.
    """
    try:
        whole = _APART.join(contents).decode()
    except UnicodeDecodeError as error:
        raise NotPlainError from error
    if "&" in whole:
        if whole.count("&") > len(_ENTITY.findall(whole)):
            raise NotPlainError
        for entity, character in _ENTITIES.items():  # that of & itself comes last
            whole = whole.replace(entity, character)
    texts = whole.split(_APART.decode())
    if len(texts) != max(len(contents), 1) or max(map(len, texts)) > LONGEST:
        raise NotPlainError
    return texts


class _Columns:
    """The columns of an area while they are filled, some rows of the sheet at a time."""

    def __init__(self, area: Area, strings: Sequence[str], is_number: Flags) -> None:
        self.area = area
        self.strings = strings
        self.is_number = is_number
        self.numbers = np.full((area.width, area.height), np.nan)
        self.others: dict[int, list[tuple[Ints, list[Cell]]]] = {}

    def fill(self, data: bytes, first: int, last: int) -> None:
        """Read the rows between two positions."""
        content = np.frombuffer(data + bytes(AHEAD), dtype=np.uint8)
        while first < last:
            end = data.rfind(b"</row>", first, min(first + _CHUNK, last))
            if end < 0:  # a long row, or rows without cells
                end = data.find(b"</row>", first, last)
            end = last if end < 0 else end + len(b"</row>")
            self._keep(cells_between(content, first, end), content, data)
            first = end

    def column(self, k: int) -> tuple[Cell, Cells]:
        """The first cell of a column, and those below."""
        numbers, others = self.numbers[k], self.others.get(k, [])
        only_first = not others or (len(others) == 1 and others[0][0].tolist() == [0])
        listed = numbers[:1] if only_first else numbers
        cells: list[Cell] = ["" if x != x else x for x in listed.tolist()]  # noqa: PLR0124 (NaN)
        for rows, found in others:
            for row, cell in zip(rows.tolist(), found, strict=True):
                cells[row] = cell
        return cells[0], numbers[1:] if only_first else cells[1:]

    def _keep(self, found: FoundCells, content: Bytes, data: bytes) -> None:
        """Put what belongs to the area into its columns."""
        row, column = found.row - self.area.first_row, found.column - self.area.first_column
        is_inside = (row >= 0) & (row < self.area.height) & (column >= 0)
        is_inside &= (column < self.area.width) & (found.end > found.start)
        at = np.flatnonzero(is_inside & (found.kind == NUMBER))
        styles = found.style[at]
        if len(at) and not (styles.max() < len(self.is_number) and self.is_number[styles].all()):
            raise NotPlainError
        numbers = numbers_at(content, data, found.start[at], found.end[at])
        self.numbers[column[at], row[at]] = numbers

        at = np.flatnonzero(is_inside & (found.kind != NUMBER))
        at = at[np.argsort(column[at], kind="stable")]
        spans = zip(found.start[at].tolist(), found.end[at].tolist(), strict=True)
        cells = self._others(found.kind[at], [data[start:end] for start, end in spans])
        bounds = [0, *(np.flatnonzero(np.diff(column[at])) + 1).tolist(), len(at)]
        for first, last in pairwise(bounds):
            if first < last:
                here = self.others.setdefault(int(column[at[first]]), [])
                here.append((row[at[first:last]], cells[first:last]))

    def _others(self, kinds: Bytes, contents: list[bytes]) -> list[Cell]:
        """Cells that are no numbers."""
        cells: list[Cell] = [*plain_texts(contents)]
        for i in np.flatnonzero(kinds < TEXT).tolist():
            cells[i] = self._other(kinds[i], str(cells[i]))
        return cells

    def _other(self, kind: int, text: str) -> Cell:
        """A cell that is no text of its own."""
        if kind == ERROR:
            return CellError(text)
        if kind == TRUTH and text in {"0", "1"}:
            return text == "1"
        if kind == SHARED and text.isdecimal() and int(text) < len(self.strings):
            return self.strings[int(text)]
        raise NotPlainError
