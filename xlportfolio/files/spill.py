"""Dynamic array formulas in a sheet's XML: which cells their answer fills, and its values.

Whoever opens a workbook without Python, or with macros blocked, sees the values that stand here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lxml import etree
from openpyxl.utils.cell import range_boundaries

from xlportfolio.files.package import Element
from xlportfolio.files.workbook import coordinates, main
from xlportfolio.look import office_text
from xlportfolio.schema.contract import LAST_COLUMN, column_letters

#: A cell of an answer; ``None`` shows as nothing.
Answer = float | str | None


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

    def meets(self, other: Area) -> bool:
        """Whether two areas share a cell."""
        return (
            self.left <= other.right
            and other.left <= self.right
            and self.top <= other.bottom
            and other.top <= self.bottom
        )


def array_formulas(root: Element) -> Iterator[Element]:
    """The formula elements of a sheet that fill an area."""
    for formula in root.iter(main("f")):
        if formula.get("t") == "array" and formula.get("ref"):
            yield formula


class Spill:
    """The answer of one array formula on a sheet, to be replaced by another one."""

    def __init__(self, root: Element, formula: Element) -> None:
        give_addresses(root)
        self._formula = formula
        self._anchor = formula.getparent()
        self._data = next(root.iter(main("sheetData")))
        self._dimension = root.find(main("dimension"))
        self._merged = [Area.of(e.get("ref", "A1")) for e in root.iter(main("mergeCell"))]
        self._columns = list(root.iterfind(f"{main('cols')}/{main('col')}"))
        self.area = Area.of(formula.get("ref", "A1"))
        self._rows = {int(row.get("r", "0")): row for row in self._data}

    def obstacle(self, height: int, width: int, tables: Sequence[Area] = ()) -> str | None:
        """A cell that an answer of this size would cover although it is not the formula's."""
        old, new = self.area, self._sized(height, width)
        for other in (*self._merged, *tables):
            if new.meets(other):
                return str(Area(other.left, other.top, other.left, other.top))
        letters = _letters(new)
        for number in range(new.top, new.bottom + 1):
            added = letters if number > old.bottom else letters[old.right - old.left + 1 :]
            for cell in self._rows.get(number, ()) if added else ():
                if len(cell) and _letters_of(cell) in added:
                    return cell.get("r")
        return None

    def _sized(self, height: int, width: int) -> Area:
        left, top = self.area.left, self.area.top
        return Area(left, top, left + width - 1, top + height - 1)

    def replace(self, block: Sequence[Sequence[Answer]]) -> None:
        """Put another answer in the place of the old one; formats stay with their columns."""
        old, new = self.area, self._sized(len(block), len(block[0]))
        styles = self._styles()
        self._clear(old, new)
        letters = _letters(new)
        for number, answers in enumerate(block, start=new.top):
            row = self._row(number)
            cells = {_letters_of(cell): cell for cell in row}
            for letter, answer in zip(letters, answers, strict=True):
                cell = cells.get(letter)
                if cell is None:
                    cell = insert_cell(row, f"{letter}{number}", styles.get(letter))
                set_answer(cell, answer)
        self._formula.set("ref", str(new))
        self.area = new
        if self._dimension is not None:
            seen = Area.of(self._dimension.get("ref", "A1"))
            right, bottom = max(seen.right, new.right), max(seen.bottom, new.bottom)
            self._dimension.set("ref", str(Area(seen.left, seen.top, right, bottom)))

    def _styles(self) -> dict[str, str]:
        """The format of each column, as the answer's second row has it, else the sheet."""
        found = {}
        for columns in self._columns:
            last = min(int(columns.get("max", "0")), LAST_COLUMN)
            for column in range(int(columns.get("min", "1")), last + 1):
                found[column_letters(column)] = columns.get("style", "0")
        row = self._rows.get(self.area.top + 1, ())
        return found | {_letters_of(cell): cell.get("s", "0") for cell in row}

    def _clear(self, old: Area, new: Area) -> None:
        """Empty the cells that the answer filled and will not fill any more."""
        letters = _letters(old)
        behind = letters[new.right - new.left + 1 :]
        for number, row in self._rows.items():
            if not old.top <= number <= old.bottom:
                continue
            gone = letters if number > new.bottom else behind
            for cell in row if gone else ():
                if _letters_of(cell) in gone and cell is not self._anchor:
                    cell.attrib.pop("t", "")
                    cell[:] = []

    def _row(self, number: int) -> Element:
        """A row of the sheet, made below the one before, which the answer has just filled."""
        row = self._rows.get(number)
        if row is None:
            row = self._data.makeelement(main("row"), {"r": str(number)})
            self._rows[number - 1].addnext(row)
            self._rows[number] = row
        row.attrib.pop("spans", "")  # the columns in use, which may be more now
        return row


_V = main("v")


def insert_cell(row: Element, address: str, style: str | None) -> Element:
    """A new cell in a row, where its column belongs."""
    cell = row.makeelement(main("c"), {"r": address})
    if style not in {None, "0"}:
        cell.set("s", style or "")
    column, _ = coordinates(address)
    following = next((c for c in row if coordinates(c.get("r", "A1"))[0] > column), None)
    if following is None:
        row.append(cell)
    else:
        following.addprevious(cell)
    return cell


def set_answer(cell: Element, answer: Answer) -> None:
    """Write what a cell shows; its formula, if it has one, stays."""
    if len(cell) and cell[-1].tag == _V:
        value = cell[-1]
    else:
        cell[:] = [child for child in cell if child.tag == main("f")]
        value = etree.SubElement(cell, _V)
    cell.attrib.pop("vm", "")  # what belonged to an error such as #SPILL!
    if isinstance(answer, float | int):
        cell.attrib.pop("t", "")
        value.text = repr(float(answer))
    else:
        cell.set("t", "str")
        value.text = office_text(answer or "")


def give_addresses(root: Element) -> None:
    """Give rows and cells the addresses that some programs leave out: one after the other."""
    number = 0
    for row in root.iter(main("row")):
        number = int(row.get("r", number + 1))
        row.set("r", str(number))
        column = 0
        for cell in row.iterfind(main("c")):
            address = cell.get("r")
            column = column + 1 if address is None else coordinates(address)[0]
            if address is None:
                cell.set("r", f"{column_letters(column)}{number}")


def _letters(area: Area) -> list[str]:
    return [column_letters(column) for column in range(area.left, area.right + 1)]


def _letters_of(cell: Element) -> str:
    return cell.get("r", "A1").rstrip("0123456789")
