"""Dynamic array formulas in a sheet's XML: which cells their answer fills, and its values.

Whoever opens a workbook without Python, or with macros blocked, sees the values that stand here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lxml import etree
from openpyxl.utils.cell import range_boundaries

from xlportfolio.files.package import Element
from xlportfolio.files.rows import office_text
from xlportfolio.files.workbook import coordinates, main
from xlportfolio.schema.contract import column_letters

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

    def holds(self, column: int, row: int) -> bool:
        """Whether a cell lies within."""
        return self.left <= column <= self.right and self.top <= row <= self.bottom

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
        self._formula = formula
        self._data = next(root.iter(main("sheetData")))
        self._dimension = root.find(main("dimension"))
        self._merged = [Area.of(e.get("ref", "A1")) for e in root.iter(main("mergeCell"))]
        self.area = Area.of(formula.get("ref", "A1"))
        self._rows = {int(row.get("r", "0")): row for row in self._data}

    def obstacle(self, height: int, width: int, tables: Sequence[Area] = ()) -> str | None:
        """A cell that an answer of this size would cover although it is not the formula's."""
        new = self._sized(height, width)
        for other in (*self._merged, *tables):
            if new.meets(other):
                return str(Area(other.left, other.top, other.left, other.top))
        for number in range(new.top, new.bottom + 1):
            for cell in self._rows.get(number, ()):
                column, row = coordinates(cell.get("r", "A1"))
                if new.holds(column, row) and not self.area.holds(column, row) and len(cell):
                    return cell.get("r")
        return None

    def _sized(self, height: int, width: int) -> Area:
        left, top = self.area.left, self.area.top
        return Area(left, top, left + width - 1, top + height - 1)

    def replace(self, block: Sequence[Sequence[Answer]]) -> None:
        """Put another answer in the place of the old one; formats stay with their columns."""
        new = self._sized(len(block), len(block[0]))
        styles = self._styles()
        for number in range(self.area.top, self.area.bottom + 1):
            for cell in self._rows.get(number, ()):
                if (
                    self.area.holds(*coordinates(cell.get("r", "A1")))
                    and cell is not self._formula.getparent()
                ):
                    cell.attrib.pop("t", "")
                    cell[:] = []
        for number, answers in enumerate(block, start=new.top):
            self._fill(self._row(number), number, answers, styles)
        self._formula.set("ref", str(new))
        self.area = new
        if self._dimension is not None:
            old = Area.of(self._dimension.get("ref", "A1"))
            right, bottom = max(old.right, new.right), max(old.bottom, new.bottom)
            self._dimension.set("ref", str(Area(old.left, old.top, right, bottom)))

    def _styles(self) -> dict[int, str]:
        """The format of each column, as the answer's second row has it."""
        row = self._rows.get(min(self.area.top + 1, self.area.bottom), ())
        return {_column(cell): cell.get("s", "0") for cell in row}

    def _row(self, number: int) -> Element:
        """A row of the sheet, made where it belongs if it is not there."""
        row = self._rows.get(number)
        if row is None:
            row = self._data.makeelement(main("row"), {"r": str(number)})
            before = max((n for n in self._rows if n < number), default=None)
            if before is None:
                self._data.insert(0, row)
            else:
                self._rows[before].addnext(row)
            self._rows[number] = row
        row.attrib.pop("spans", "")
        return row

    def _fill(
        self, row: Element, number: int, answers: Sequence[Answer], styles: dict[int, str]
    ) -> None:
        cells = {_column(cell): cell for cell in row}
        for column, answer in enumerate(answers, start=self.area.left):
            cell = cells.get(column)
            if cell is None:
                cell = row.makeelement(main("c"), {"r": f"{column_letters(column)}{number}"})
                style = styles.get(column, "0")
                if style != "0":
                    cell.set("s", style)
                following = [c for place, c in cells.items() if place > column]
                if following:
                    following[0].addprevious(cell)
                else:
                    row.append(cell)
            _answer(cell, answer)


def _answer(cell: Element, answer: Answer) -> None:
    """Write what a cell shows; its formula, if it has one, stays."""
    value = cell.find(main("v"))
    if value is None:
        value = etree.SubElement(cell, main("v"))
    if isinstance(answer, float | int):
        cell.attrib.pop("t", "")
        value.text = repr(float(answer))
    else:
        cell.set("t", "str")
        value.text = office_text(answer or "")


def _column(cell: Element) -> int:
    return coordinates(cell.get("r", "A1"))[0]
