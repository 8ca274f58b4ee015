"""Formulas that stand for several cells: those that fill an area, and those that cells share."""

from __future__ import annotations

from collections.abc import Iterator

from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError

from xlportfolio.files.cells import FILLING, Area
from xlportfolio.files.package import Element
from xlportfolio.files.workbook import main

_F = main("f")


class SpanningFormulas:
    """Those of a sheet, once each formula has been noted.

    Attributes
    ----------
    areas
        What each formula for several cells fills, and the cell in which it stands.
    """

    def __init__(self) -> None:
        self.areas: list[tuple[Area, Element]] = []
        self._masters: dict[str, tuple[str, Element]] = {}
        self._followers: dict[str, list[Element]] = {}

    def note(self, cell: Element, formula: Element) -> None:
        """Take note of a formula, if it stands for other cells than its own."""
        kind = formula.get("t")
        if kind in FILLING and formula.get("ref", cell.get("r")) != cell.get("r"):
            self.areas.append((Area.of(formula.get("ref", "A1")), cell))
        elif kind == "shared":
            number = formula.get("si", "")
            if formula.text and number not in self._masters:
                self._masters[number] = formula.text, cell
            else:
                self._followers.setdefault(number, []).append(cell)

    def master(self, column: int, row: int) -> Element | None:
        """The cell whose formula fills another one, if there is one."""
        return next((cell for area, cell in self.areas if area.holds(column, row)), None)

    def orphans(self) -> Iterator[tuple[Element, str | None]]:
        """The cells that shared the formula of one that is empty now, and how it reads in them.

        Nothing, where it cannot be moved there.
        """
        for number, (text, master) in self._masters.items():
            if len(master):
                continue
            for cell in self._followers.get(number, ()):
                if len(cell) and cell[0].tag == _F:
                    yield cell, _moved(text, master.get("r", "A1"), cell.get("r", "A1"))


def _moved(text: str, origin: str, place: str) -> str | None:
    try:
        moved: str = Translator(f"={text}", origin).translate_formula(place)
    except (TokenizerError, TranslatorError, ValueError, IndexError):
        return None
    return moved.removeprefix("=")


def give_own(cell: Element, text: str) -> None:
    """Let a cell that shared a formula have one of its own."""
    formula = cell[0]
    for attribute in ("t", "si", "ref"):
        formula.attrib.pop(attribute, "")
    formula.text = text
