"""Cells straight from the XML of a sheet into columns, where the sheet is written plainly.

A hundred thousand customers are millions of cells; as objects in lists of rows they take most of
a rescore's time and memory. What is plain is said in ``markup``; whatever is not is left to
calamine.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from enum import IntEnum
from itertools import pairwise

import numpy as np
from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format
from openpyxl.utils.datetime import CALENDAR_WINDOWS_1900, from_excel

from xlportfolio.files.cells import Area
from xlportfolio.files.extent import FREE_IN_TABLES
from xlportfolio.files.markup import (
    AHEAD,
    ERROR,
    NUMBER,
    SHARED,
    TEXT,
    TRUTH,
    Bytes,
    FoundCells,
    Ints,
    NotPlainError,
    cells_between,
    numbers_at,
)
from xlportfolio.files.package import Element
from xlportfolio.files.workbook import main
from xlportfolio.look import LONGEST
from xlportfolio.schema.contract import LAST_COLUMN, Cell, CellError, Cells

#: Where days are counted from the end of 1899, programs differ before 1 March 1900.
_FIRST_SURE = 61
#: Bytes that are looked at together, so that they stay near the processor.
_CHUNK = 1 << 21
#: What stands before the first element of a part that is surely UTF-8.
_PROLOG = (
    rb"(?:\xef\xbb\xbf)?"
    rb"""(?:<\?xml version=["']1\.0["'](?: encoding=["']utf-8["'])?"""
    rb"""(?: standalone=["']\w+["'])?\s*\?>\s*)?"""
)
_START = re.compile(
    _PROLOG
    + rb'<worksheet(?:\s[^<>]*)?\sxmlns="http://schemas\.openxmlformats\.org/spreadsheetml/2006/main"',
    re.IGNORECASE,
)
_START_OF_STRINGS = re.compile(_PROLOG + rb"<sst[\s>]", re.IGNORECASE)
#: Of a number format: text in quotes or after a sign, colours and currencies in brackets.
_NOT_SHOWN = re.compile(r'"[^"]*"|[\\\\_*].|\[(?![hmsHMS]+\])[^\]]*\]')
_OF_TIME = re.compile("[dmyhsDMYHStjTJ]")
_STRING = re.compile(rb'<si(?:/>|>(?:<t/>|<t(?: xml:space="preserve")?>([^<]*)</t>)?</si>)')
_ITEM = re.compile(rb"<si(?:/>|>.*?</si>)", re.DOTALL)
#: Text with blanks at its ends, which count for nothing unless they are to be preserved.
_TRIMMED = re.compile(rb"<t>(?:[\x00-\x20]|[^<]*[\x00-\x20]</t>)")
_DATA, _DATA_END, _ROW = b"<sheetData>", b"</sheetData>", b"<row"
#: Comments, document types and instructions, which the grammar knows as little.
_ODD = (b"<!", b"<?")
#: Digits of the number of a shared string; Python itself refuses thousands of them.
_MOST_DIGITS = 10
#: What stands for another character: ``_x000D_``, line ends of two bytes.
_SPELLED = (b"_x", b"\r")
#: Parts texts while they are looked at together; no XML may hold it.
_APART = b"\0"
#: The entities that XML itself knows, and characters by their numbers, as openpyxl writes umlauts.
_ENTITY = re.compile("&(?:amp|lt|gt|quot|apos|#[0-9]{3,7});")
_ENTITIES = {"&lt;": "<", "&gt;": ">", "&quot;": '"', "&apos;": "'", "&amp;": "&"}
_LAST_OF_ASCII, _SURROGATES, _LAST_CHARACTER = 127, range(0xD800, 0xE000), 0x10FFFF


class Shown(IntEnum):
    """What a number is shown as; ``UNSURE`` where programs may differ."""

    NUMBER = 0
    TIME = 1
    DURATION = 2
    UNSURE = 3


def plain_columns(
    data: bytes, area: Area, strings: Sequence[str | None], shown: Bytes, first_day: dt.datetime
) -> tuple[list[Cell], list[Cells]] | None:
    """The first row of an area, and the columns below; ``None`` if the sheet is not plain.

    Parameters
    ----------
    data
        The sheet's XML.
    strings
        The workbook's shared strings, ``None`` for each that is not plain.
    shown
        For each cell format, what a number in it is shown as, by the numbers of :class:`Shown`.
    first_day
        The day from which the workbook counts.
    """
    if area.width * area.height > FREE_IN_TABLES:
        return None
    columns = _Columns(area, strings, shown, first_day)
    try:
        columns.fill(data)
    except NotPlainError:
        return None
    header, below = zip(*map(columns.column, range(area.width)), strict=True)
    return list(header), list(below)


def filled_places(data: bytes) -> tuple[Ints, Ints] | None:
    """Column and row of each cell with content, in their order; ``None`` if a sheet is not plain.

    Parameters
    ----------
    data
        The sheet's XML.
    """
    columns, rows = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    try:
        for found, _ in _cells_of(data):
            columns.append(found.column[found.is_filled])
            rows.append(found.row[found.is_filled])
    except NotPlainError:
        return None
    return np.concatenate(columns), np.concatenate(rows)


def _cells_of(data: bytes) -> Iterator[tuple[FoundCells, Bytes]]:
    """The cells of a sheet, some rows at a time, and the bytes in which they were found.

    Raises
    ------
    NotPlainError
        If the sheet is not plain.
    """
    start = _START.match(data)
    first, last = data.find(_DATA) + len(_DATA), data.rfind(_DATA_END)
    if start is None or not start.end() < first <= last:
        raise NotPlainError
    around = data[start.end() : first], data[last:]
    if any(sign in part for sign in _ODD for part in around):
        raise NotPlainError
    content = np.frombuffer(data + bytes(AHEAD), dtype=np.uint8)
    while first < last:
        end = last
        if last - first > _CHUNK:
            end = data.rfind(_ROW, first + 1, first + _CHUNK)
            if end < 0:  # a long row
                end = data.find(_ROW, first + 1, last)
            end = last if end < 0 else end
        yield cells_between(content, first, end), content
        first = end


def plain_strings(data: bytes) -> Sequence[str | None] | None:
    """The strings that cells share, by their numbers; ``None`` for each that is not plain, or all.

    Parameters
    ----------
    data
        The XML of the part that holds them.
    """
    start = _START_OF_STRINGS.match(data)
    if start is None or any(data.find(sign, start.end()) >= 0 for sign in _ODD):
        return None
    found, number = _STRING.findall(data), data.count(b"<si")
    is_spelled = any(data.find(sign, start.end()) >= 0 for sign in _SPELLED)
    odd: list[int] = []
    if len(found) != number or is_spelled or _TRIMMED.search(data):
        items = _ITEM.findall(data)
        if len(items) != number:
            return None
        odd = [i for i, item in enumerate(items) if _is_odd(item)]
        for i in odd:
            items[i] = b"<si/>"
        found = [_STRING.findall(item)[0] for item in items]
    try:
        texts: list[str | None] = [*plain_texts(found)] if found else []
    except NotPlainError:
        return None
    for i in odd:
        texts[i] = None
    return texts


def _is_odd(item: bytes) -> bool:
    """Whether a shared string is rich text, or not spelled as it reads."""
    is_spelled = any(sign in item for sign in _SPELLED)
    return is_spelled or not _STRING.fullmatch(item) or bool(_TRIMMED.search(item))


def shown_kinds(styles: Element) -> list[Shown]:
    """For each cell format of a style sheet, what a number in it is shown as."""
    own = styles.iterfind(f"{main('numFmts')}/{main('numFmt')}")  # those in rules have own numbers
    codes = {e.get("numFmtId"): e.get("formatCode", "") for e in own}
    known = {str(number): code for number, code in BUILTIN_FORMATS.items()} | codes
    formats = styles.find(main("cellXfs"))
    return [
        _shown_as(known.get(element.get("numFmtId", "0")))
        for element in (() if formats is None else formats)
    ]


def _shown_as(code: str | None) -> Shown:
    """What a number format shows numbers as.

    >>> [_shown_as(c).name for c in ("0.0", '#,##0 "days"', "dd.mm.yy", "[h]:mm", "JJJJ")]
    ['NUMBER', 'NUMBER', 'TIME', 'DURATION', 'UNSURE']
    """
    if code is not None and not _OF_TIME.search(_NOT_SHOWN.sub("", code)):
        return Shown.NUMBER
    if code is None or not is_date_format(code):
        return Shown.UNSURE
    return Shown.DURATION if is_timedelta_format(code) else Shown.TIME


def plain_texts(contents: Sequence[bytes]) -> list[str]:
    """What is written between tags as text, all at once.

    Raises
    ------
    NotPlainError
        If it holds anything but characters that stand for themselves, the five entities that XML
        itself knows, and numbers of characters beyond ASCII.
    """
    together = _APART.join(contents)
    if any(sign in together for sign in _SPELLED):
        raise NotPlainError
    try:
        whole = together.decode()
    except UnicodeDecodeError as error:
        raise NotPlainError from error
    if "&" in whole:
        if whole.count("&") > len(_ENTITY.findall(whole)):
            raise NotPlainError
        meant = {entity: _meant(entity) for entity in set(_ENTITY.findall(whole))}
        whole = _ENTITY.sub(lambda found: meant[found[0]], whole)
    texts = whole.split(_APART.decode())
    if len(texts) != max(len(contents), 1) or max(map(len, texts)) > LONGEST:
        raise NotPlainError
    return texts


def _meant(entity: str) -> str:
    """The character that an entity stands for."""
    if entity in _ENTITIES:
        return _ENTITIES[entity]
    number = int(entity[2:-1])
    if not _LAST_OF_ASCII < number <= _LAST_CHARACTER or number in _SURROGATES:
        raise NotPlainError
    return chr(number)


class _Columns:
    """The columns of an area while they are filled, some rows of the sheet at a time."""

    def __init__(
        self, area: Area, strings: Sequence[str | None], shown: Bytes, first_day: dt.datetime
    ) -> None:
        self.area = area
        self.strings = strings
        self.shown = shown
        self.first_day = first_day
        self.numbers = np.full((area.width, area.height), np.nan)
        self.others: dict[int, list[tuple[Ints, list[Cell]]]] = {}
        self.place = 0

    def fill(self, data: bytes) -> None:
        """Read the rows of a sheet."""
        for found, content in _cells_of(data):
            self._keep(found, content, data)

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
        row, column = found.row - self.area.top, found.column - self.area.left
        is_inside = (row >= 0) & (row < self.area.height) & (column >= 0)
        is_inside &= (column < self.area.width) & (found.end > found.start)
        places = found.row[is_inside] * (LAST_COLUMN + 1) + found.column[is_inside]
        places = np.concatenate(([self.place], places))
        if (np.diff(places) <= 0).any():  # which of two cells in one place counts, others decide
            raise NotPlainError
        self.place = int(places[-1])
        at = np.flatnonzero(is_inside & (found.kind == NUMBER))
        styles = found.style[at]
        if styles.max(initial=-1) >= len(self.shown):
            raise NotPlainError
        shown = self.shown[styles]
        numbers = numbers_at(content, data, found.start[at], found.end[at])
        is_number = shown == Shown.NUMBER
        self.numbers[column[at[is_number]], row[at[is_number]]] = numbers[is_number]
        times = np.flatnonzero(~is_number)
        if times.size:
            pairs = [*zip(numbers[times].tolist(), shown[times].tolist(), strict=True)]
            meant = {pair: self._time(pair[0], Shown(pair[1])) for pair in set(pairs)}
            cells: list[Cell] = [meant[pair] for pair in pairs]
            self._add(row[at[times]], column[at[times]], cells)

        at = np.flatnonzero(is_inside & (found.kind != NUMBER))
        spans = zip(found.start[at].tolist(), found.end[at].tolist(), strict=True)
        contents = [data[start:end] for start, end in spans]
        self._add(row[at], column[at], self._others(found.kind[at], contents))

    def _add(self, row: Ints, column: Ints, cells: list[Cell]) -> None:
        """Put cells that are no numbers into their columns."""
        order = np.argsort(column, kind="stable")
        bounds = [0, *(np.flatnonzero(np.diff(column[order])) + 1).tolist(), len(order)]
        for first, last in pairwise(bounds):
            here = order[first:last]
            if here.size:
                listed = self.others.setdefault(int(column[here[0]]), [])
                listed.append((row[here], [cells[i] for i in here.tolist()]))

    def _time(self, number: float, shown: Shown) -> Cell:
        """A day, a time of day or a duration, where all programs agree on it."""
        is_early = self.first_day == CALENDAR_WINDOWS_1900 and 1 <= number < _FIRST_SURE
        if shown is Shown.UNSURE or number < 0 or (shown is Shown.TIME and is_early):
            raise NotPlainError
        try:
            time: Cell = from_excel(number, self.first_day, timedelta=shown is Shown.DURATION)
        except (ValueError, OverflowError) as error:
            raise NotPlainError from error
        if not isinstance(time, dt.datetime):
            return time
        if number < 1:  # a time so late that it is rounded to the next day
            raise NotPlainError
        return time.date() if number.is_integer() else time  # as calamine has it

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
        is_number = text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS
        if kind == SHARED and is_number and int(text) < len(self.strings):
            shared = self.strings[int(text)]
            if shared is not None:
                return shared
        raise NotPlainError
