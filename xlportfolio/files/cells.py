"""Cells in the XML of a sheet: found, made where they belong, and given another content.

What of a sheet is not named stays as it is: formats, and all that stands around the cells.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from decimal import Decimal
from functools import cached_property
from itertools import pairwise
from math import isfinite, isnan
from typing import NamedTuple

from lxml import etree
from openpyxl.utils import column_index_from_string
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import to_excel

from xlportfolio.files.package import Element
from xlportfolio.files.workbook import MAIN, coordinates, main
from xlportfolio.look import office_text
from xlportfolio.schema.cells import as_float, as_text
from xlportfolio.schema.contract import LAST_COLUMN, Cell, CellError, Time, column_letters

#: What a formula shows; ``None`` for nothing.
Answer = float | str | None

_C, _F, _IS, _ROW, _T, _V = map(main, ("c", "f", "is", "row", "t", "v"))
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
#: What an attribute of a cell says of its content, or of how that came about.
_OF_CONTENT = frozenset({"t", "cm", "vm", "ph"})
#: Whole numbers are exact below this, and written without a decimal point.
_EXACT = 1e15
_TRUE = frozenset({"1", "true"})
#: The kinds of formulas that fill an area.
FILLING = frozenset({"array", "dataTable"})
_LACKS_ADDRESS = etree.XPath(
    "boolean(m:sheetData/m:row[not(@r)]) or boolean(m:sheetData/m:row/m:c[not(@r)])",
    namespaces={"m": MAIN},
)


class Area(NamedTuple):
    """A block of cells: first column and row, last column and row, counted from 1."""

    left: int
    top: int
    right: int
    bottom: int

    @classmethod
    def of(cls, reference: str) -> Area:
        """The area of a reference such as ``A4:H64``."""
        return cls(*(int(bound or 0) for bound in range_boundaries(reference)))

    def __str__(self) -> str:
        """The reference of the area."""
        first = f"{column_letters(self.left)}{self.top}"
        last = f"{column_letters(self.right)}{self.bottom}"
        return first if first == last else f"{first}:{last}"

    @property
    def first(self) -> str:
        """The address of its first cell."""
        return f"{column_letters(self.left)}{self.top}"

    def holds(self, column: int, row: int) -> bool:
        """Whether a cell lies in it."""
        return self.left <= column <= self.right and self.top <= row <= self.bottom

    def meets(self, other: Area) -> bool:
        """Whether two areas share a cell."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.top <= other.bottom
            and other.top <= self.bottom
        )

    @property
    def width(self) -> int:
        """The number of its columns."""
        return self.right - self.left + 1

    @property
    def height(self) -> int:
        """The number of its rows."""
        return self.bottom - self.top + 1

    @property
    def rows(self) -> range:
        """The numbers of its rows."""
        return range(self.top, self.bottom + 1)

    @property
    def columns(self) -> range:
        """The numbers of its columns."""
        return range(self.left, self.right + 1)

    def around(self, other: Area) -> Area:
        """The smallest area that holds both."""
        return Area(*map(min, self[:2], other[:2]), *map(max, self[2:], other[2:]))

    def within(self, other: Area) -> Area | None:
        """What two areas share."""
        shared = Area(*map(max, self[:2], other[:2]), *map(min, self[2:], other[2:]))
        return shared if self.meets(other) else None


class SheetCells:
    """The cells of a sheet, whose root this is; columns and rows are counted from 1.

    Raises
    ------
    ValueError
        If the sheet has no place for cells, rows out of their order, or an address that is none.
    """

    def __init__(self, root: Element) -> None:
        give_addresses(root)
        data = root.find(main("sheetData"))
        if data is None:
            raise ValueError
        self._data = data
        rows = [(int(row.get("r", "")), row) for row in data.iterfind(_ROW)]
        if any(one >= other for (one, _), (other, _) in pairwise(rows)):
            raise ValueError
        self._rows = dict(rows)
        self._numbers = list(self._rows)
        self._dimension = root.find(main("dimension"))
        self._columns = list(root.iterfind(f"{main('cols')}/{main('col')}"))
        self._seen: tuple[int, dict[int, Element]] = 0, {}
        self.merged = [Area.of(e.get("ref", "A1")) for e in root.iter(main("mergeCell"))]

    def row(self, number: int) -> Mapping[int, Element]:
        """The cells of a row, by their columns."""
        return self._cells(number)

    def _cells(self, number: int) -> dict[int, Element]:
        if self._seen[0] != number:
            row = self._rows.get(number)
            found = () if row is None else row.iterfind(_C)
            self._seen = number, {_column(cell): cell for cell in found}
        return self._seen[1]

    def rows(self, first: int, last: int) -> Iterator[int]:
        """The numbers of the rows that the sheet has between two, both included."""
        for at in range(bisect_left(self._numbers, first), len(self._numbers)):
            if self._numbers[at] > last:
                return
            yield self._numbers[at]

    def filled(self, area: Area) -> str | None:
        """The first cell of an area with content, or over which others are merged."""
        for number in self.rows(area.top, area.bottom):
            cells = self._cells(number)
            for column in sorted(cells):
                if area.left <= column <= area.right and len(cells[column]):
                    return f"{column_letters(column)}{number}"
        return next((other.first for other in self.merged if other.meets(area)), None)

    def format_of(self, column: int, row: int) -> str:
        """The number of the format in which a cell shows its content, also one that is not there.

        A blank cell without an element of its own looks like its row, else like its column.
        """
        cell = self._cells(row).get(column)
        if cell is not None:
            return cell.get("s", "0")
        line = self._rows.get(row)
        if line is not None and line.get("customFormat") in _TRUE:
            return line.get("s", "0")
        return self._of_columns.get(column, "0")

    def format_above(self, column: int, row: int, first: int) -> str:
        """The format of the nearest cell above that the sheet has, from a row on; else none."""
        letters = column_letters(column)
        for at in range(bisect_left(self._numbers, row) - 1, -1, -1):
            number = self._numbers[at]
            if number < first:
                break
            address = f"{letters}{number}"
            for cell in self._rows[number].iterfind(_C):
                if cell.get("r") == address:
                    return cell.get("s", "0")
        return "0"

    @cached_property
    def _of_columns(self) -> dict[int, str]:
        found = {}
        for columns in self._columns:
            last = min(int(columns.get("max", "0")), LAST_COLUMN)
            for column in range(int(columns.get("min", "1")), last + 1):
                found[column] = columns.get("style", "0")
        return found

    def make(self, column: int, row: int, style: str | None = None) -> Element:
        """A cell of the sheet; one that is not there is made at its place, in this format.

        Without a format, it looks as it did when it was blank.
        """
        cells = self._cells(row)
        if column in cells:
            return cells[column]
        style = self.format_of(column, row) if style is None else style
        line = self._line(row)
        cell = line.makeelement(_C, {"r": f"{column_letters(column)}{row}"})
        if style != "0":
            cell.set("s", style)
        following = min((other for other in cells if other > column), default=None)
        if following is None:
            line.append(cell)
        else:
            cells[following].addprevious(cell)
        cells[column] = cell
        line.attrib.pop("spans", "")  # the columns in use, which may be more now
        return cell

    def _line(self, number: int) -> Element:
        """A row, made where it belongs."""
        line = self._rows.get(number)
        if line is None:
            line = self._data.makeelement(_ROW, {"r": str(number)})
            at = bisect_left(self._numbers, number)
            if at:
                self._rows[self._numbers[at - 1]].addnext(line)
            else:
                self._data.insert(0, line)
            self._numbers.insert(at, number)
            self._rows[number] = line
        return line

    def cover(self, area: Area) -> None:
        """Let the sheet say that its cells reach at least as far as an area."""
        if self._dimension is not None:
            seen = Area.of(self._dimension.get("ref", "A1"))
            self._dimension.set("ref", str(seen.around(area)))


def cells_of(root: Element, area: Area) -> Iterator[tuple[int, Element]]:
    """The cells that a sheet has in an area, each with its column."""
    data = root.find(main("sheetData"))
    for row in () if data is None else data.iterfind(_ROW):
        if area.top <= int(row.get("r", "0")) <= area.bottom:
            for cell in row.iterfind(_C):
                column = _column(cell)
                if area.left <= column <= area.right:
                    yield column, cell


def formula_cells(root: Element, area: Area) -> set[tuple[int, int]]:
    """Column and row of the cells in an area that formulas fill, also those of other cells.

    Raises
    ------
    ValueError
        If a formula has an address that is none.
    """
    found: set[tuple[int, int]] = set()
    for formula in root.iter(_F):
        cell, reference = formula.getparent(), formula.get("ref")
        assert cell is not None
        column, row = coordinates(cell.get("r", "A1"))
        parts = [Area(column, row, column, row)]
        if reference and formula.get("t") in FILLING:
            parts.append(Area.of(reference))
        for part in parts:
            shared = part.within(area)
            if shared is not None:
                rows, columns = shared.rows, shared.columns
                found.update((column, row) for row in rows for column in columns)
    return found


def set_formula(cell: Element, text: str, *, is_array: bool = False) -> None:
    """Write a formula in place of whatever a cell held, to be computed by whoever opens the file.

    References
    ----------
    ECMA-376 part 1, 18.3.1.40: the attribute ``ca`` asks for a cell to be computed next time.
    """
    _empty(cell)
    formula = etree.SubElement(cell, _F, {"ca": "1"})
    if is_array:
        formula.set("t", "array")
        formula.set("ref", cell.get("r", ""))
    formula.text = text


def _empty(cell: Element) -> None:
    for attribute in cell.keys():  # noqa: SIM118 (an element is no mapping)
        if attribute in _OF_CONTENT:
            del cell.attrib[attribute]
    del cell[:]
    cell.text = None


def set_content(cell: Element, content: Cell, first_day: dt.datetime) -> None:
    """Write what a cell holds in place of whatever it held; its format stays.

    Parameters
    ----------
    content
        Blank for no text, ``None`` and NaN; what is infinite becomes the error ``#NUM!``, and a day
        before the first one text.
    first_day
        The day from which the workbook counts.
    """
    _empty(cell)
    match content:
        case None | "":
            return
        case str():
            _set_text(cell, content)
            return
        case bool():
            kind, text = "b", str(int(content))
        case int() | float() | Decimal():
            number = as_float(content)
            if isnan(number):
                return
            kind, text = ("n", _numeral(number)) if isfinite(number) else ("e", "#NUM!")
        case CellError():
            kind, text = "e", content.text
        case _:
            number = _day_number(content, first_day)
            if number < 0:  # before the first day, of which Excel knows no number
                _set_text(cell, as_text(content))
                return
            kind, text = "n", _numeral(number)
    if kind != "n":
        cell.set("t", kind)
    etree.SubElement(cell, _V).text = text


def _set_text(cell: Element, text: str) -> None:
    cell.set("t", "inlineStr")
    element = etree.SubElement(etree.SubElement(cell, _IS), _T)
    if text != text.strip() or "\n" in text:
        element.set(_SPACE, "preserve")
    element.text = office_text(text)


def _day_number(time: Time, first_day: dt.datetime) -> float:
    """A time as the number that stands for it; time zones are left out, as cells have none."""
    if isinstance(time, dt.datetime | dt.time):
        time = time.replace(tzinfo=None)
    return float(to_excel(time, first_day))


def _numeral(number: float) -> str:
    whole = number.is_integer() and abs(number) < _EXACT
    return str(int(number)) if whole else repr(number)


def set_answer(cell: Element, answer: Answer) -> None:
    """Write what a cell shows; its formula, if it has one, stays."""
    if len(cell) and cell[-1].tag == _V:
        value = cell[-1]
    else:
        cell[:] = [child for child in cell if child.tag == _F]
        value = etree.SubElement(cell, _V)
    cell.attrib.pop("vm", "")  # what belonged to an error such as #SPILL!
    if isinstance(answer, float | int):
        cell.attrib.pop("t", "")
        value.text = repr(float(answer))
    else:
        cell.set("t", "str")
        value.text = office_text(answer or "")


def forget_answer(cell: Element) -> None:
    """Take away what a cell shows; its formula stays."""
    for child in list(cell):
        if child.tag != _F:
            cell.remove(child)
    for attribute in ("t", "vm"):
        cell.attrib.pop(attribute, "")


def give_addresses(root: Element) -> None:
    """Give rows and cells the addresses that some programs leave out: one after the other."""
    if not _LACKS_ADDRESS(root):
        return
    number = 0
    for row in root.iter(_ROW):
        number = int(row.get("r", number + 1))
        row.set("r", str(number))
        column = 0
        for cell in row.iterfind(_C):
            column = column + 1 if cell.get("r") is None else _column(cell)
            if cell.get("r") is None:
                cell.set("r", f"{column_letters(column)}{number}")


def _column(cell: Element) -> int:
    return column_index_from_string(cell.get("r", "A1").rstrip("0123456789"))
