"""The columns of the calculation: what each shows now, and the formulas of its cells."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xlportfolio.live_layout import Layout
from xlportfolio.plain_formulas import literal
from xlportfolio.scoring import Floats
from xlportfolio.tables import Cells

#: The formula of a customer's figure, by the place in the ranking; ``None``: the value stays.
Formula = Callable[[int], str | None]
#: Columns by their keys: cells and formulas.
Made = dict[str, tuple[Cells, Formula]]


class Columns:
    """Some columns that belong together, written into those of the whole sheet."""

    def __init__(self, layout: Layout, made: Made) -> None:
        self.layout, self.words, self.made = layout, layout.words, made
        self.customers = layout.customers
        self.yes = literal(self.words("words.yes"))
        note = self.customers["note"]
        self.counts = ~note.isin(["repeated", "unidentified"]).to_numpy()
        self.repeated = (note == "repeated").to_numpy()

    def put(self, key: str, cells: Cells, formula: Formula = lambda _: None) -> None:
        """Keep a column: what its cells show now, and their formulas."""
        self.made[key] = cells, formula

    def of(self, key: str) -> Callable[[int], str]:
        """A figure of a customer, as formulas name it, by the place in the ranking."""
        return lambda i: self.layout.here(key, i)

    def numbers(self, key: str) -> Floats:
        """A figure of all customers as the analysis has it."""
        numbers: Floats = self.customers[key].to_numpy(np.float64)
        return numbers

    def largest(self, key: str) -> Formula:
        """The figures in the order of their size."""
        figures, place = self.layout.down(key, sheet=False), self.of("place")
        return lambda i: f'IFERROR(LARGE({figures},{place(i)}),"")'

    def smallest(self, key: str) -> Formula:
        """The figures in the order of their size, the smallest first, as far as there are any."""
        figures, place = self.layout.down(key, sheet=False), self.of("place")
        before = self.of(f"{key}_sorted")
        return lambda i: f'IF({before(i - 1)}="","",IFERROR(SMALL({figures},{place(i)}),""))'

    def placed(self, cell: Callable[[int], str], key: str) -> Formula:
        """The first place of a figure among those sorted; so equal ones share the smallest."""
        figures = self.layout.down(key, sheet=False)
        return lambda i: f'IF({cell(i)}="","",MATCH({cell(i)},{figures},0))'


def largest_first(figures: Floats) -> Floats:
    """The largest first, those that are missing last."""
    return -np.sort(-figures)
