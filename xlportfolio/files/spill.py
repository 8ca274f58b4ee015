"""Dynamic array formulas in a sheet's XML: which cells their answer fills, and its values.

Whoever opens a workbook without Python, or with macros blocked, sees the values that stand here.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from xlportfolio.files.cells import Answer, Area, SheetCells, set_answer
from xlportfolio.files.package import Element
from xlportfolio.files.workbook import main


def array_formulas(root: Element) -> Iterator[Element]:
    """The formula elements of a sheet that fill an area."""
    for formula in root.iter(main("f")):
        if formula.get("t") == "array" and formula.get("ref"):
            yield formula


class Spill:
    """The answer of one array formula on a sheet, to be replaced by another one."""

    def __init__(self, root: Element, formula: Element) -> None:
        self._cells = SheetCells(root)
        self._formula = formula
        anchor = formula.getparent()
        assert anchor is not None
        self._anchor = anchor
        self.area = Area.of(formula.get("ref", "A1"))

    def obstacle(self, height: int, width: int, tables: Sequence[Area] = ()) -> str | None:
        """A cell that an answer of this size would cover although it is not the formula's."""
        old, new = self.area, self._sized(height, width)
        for other in (*self._cells.merged, *tables):
            if new.meets(other):
                return other.first
        beside = Area(old.right + 1, new.top, new.right, min(old.bottom, new.bottom))
        below = Area(new.left, old.bottom + 1, new.right, new.bottom)
        for added in (beside, below):
            cell = self._cells.filled(added)
            if cell is not None:
                return cell
        return None

    def _sized(self, height: int, width: int) -> Area:
        left, top = self.area.left, self.area.top
        return Area(left, top, left + width - 1, top + height - 1)

    def replace(self, block: Sequence[Sequence[Answer]]) -> None:
        """Put another answer in the place of the old one; formats stay with their columns."""
        old, new = self.area, self._sized(len(block), len(block[0]))
        styles = [self._cells.format_of(column, new.top + 1) for column in new.columns]
        self._clear(old, new)
        for row, answers in zip(new.rows, block, strict=True):
            for column, style, answer in zip(new.columns, styles, answers, strict=True):
                set_answer(self._cells.make(column, row, style), answer)
        self._formula.set("ref", str(new))
        self.area = new
        self._cells.cover(new)

    def dissolve(self) -> None:
        """Leave the answer without the formula."""
        self._anchor.remove(self._formula)
        self._anchor.attrib.pop("cm", "")  # what tells of a dynamic array

    def _clear(self, old: Area, new: Area) -> None:
        """Empty the cells that the answer filled and will not fill any more."""
        for number in self._cells.rows(old.top, old.bottom):
            for column, cell in self._cells.row(number).items():
                is_kept = number <= new.bottom and column <= new.right
                if column in old.columns and not is_kept and cell is not self._anchor:
                    cell.attrib.pop("t", "")
                    cell[:] = []
