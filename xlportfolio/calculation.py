"""The method in plain formulas of Excel 2010, one readable formula for each cell.

The second implementation besides Python, for copies that go on computing where nothing is
installed; tests hold both equal. The formulas stand on two sheets: the scales, with settings and
criteria as they are used, and the calculation, a row for each customer in the order of the ranking.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from xlportfolio.audience import Audience
from xlportfolio.live_customers import customers_sheet, live_figures
from xlportfolio.live_layout import SETTINGS, Layout
from xlportfolio.live_scales import scales_sheet
from xlportfolio.plain_formulas import on_sheet
from xlportfolio.scale import ScaleKind
from xlportfolio.schema.cells import as_number
from xlportfolio.schema.contract import column_letters
from xlportfolio.schema.grid import Grid
from xlportfolio.tables import SheetTable


class NumberCell(NamedTuple):
    """A cell of the user's with a text that counts as a number: the copy holds the number."""

    sheet: str
    address: str
    number: float


@dataclass(frozen=True, slots=True, eq=False)
class Calculation:
    """Two sheets that compute, and where on them each figure stands.

    Attributes
    ----------
    scales, customers
        The sheets; ``tblLiveScales`` and ``tblLiveCalculation``.
    numbers
        Cells of the user's that must become numbers.
    live
        The figures that are formulas; others stay as they were when the copy was made.
    letters
        The columns of the figures on the calculation.
    references
        The settings as used, and ``"changed"``.
    """

    scales: SheetTable
    customers: SheetTable
    numbers: tuple[NumberCell, ...]
    live: frozenset[str]
    letters: Mapping[str, str]
    references: Mapping[str, str]

    def cell(self, key: str, position: int) -> str:
        """The reference to a figure of the customer at a place of the ranking, with the sheet.

        Keys are those of ``PortfolioAnalysis.customers``: ``value_score``, ``benefit_score``,
        ``total_score``, ``rank``, ``quadrant`` (in words), ``borderline`` (yes or blank),
        ``abc_class``, ``value_coverage``, ``benefit_coverage``, ``status`` (in words); and of ABC
        ``amount``, ``share``, ``cumulative_share``, ``amount_rank``, ``difference``. Blank text
        where there is none.
        """
        return f"{on_sheet(self.customers.sheet)}${self.letters[key]}${self._row(position)}"

    def _row(self, position: int) -> int:
        return self.customers.first_row + position

    def column(self, key: str) -> str:
        """The reference to a figure of all customers, with the sheet."""
        last = self._row(max(len(self.customers), 1) - 1)
        return f"{self.cell(key, 0)}:${self.letters[key]}${last}"

    def setting(self, name: str) -> str:
        """The reference to the number of a setting as it is used, with the sheet."""
        return self.references[name]

    @property
    def changed(self) -> str:
        """The reference to a cell that is TRUE once results differ from those at the start."""
        return self.references["changed"]


def calculation(audience: Audience, names: Mapping[str, str]) -> Calculation:
    """Lay out the sheets that compute.

    Parameters
    ----------
    names
        What they are called: ``"scales"`` and ``"calculation"``.
    """
    layout = Layout(audience, names)
    return Calculation(
        scales_sheet(layout),
        customers_sheet(layout),
        tuple(_numbers(layout)),
        live_figures(layout),
        {key: column_letters(position) for key, position in layout.columns.items()},
        {name: layout.figure(name) for name in (*SETTINGS, "changed")},
    )


def _numbers(layout: Layout) -> Iterator[NumberCell]:
    """The texts among measures, weights, bounds and settings that count as numbers."""
    places, language = layout.places, layout.places.language
    yield from _measures(layout)
    for seen in layout.seen:
        is_linear = seen.criterion.scale.kind is ScaleKind.LINEAR
        i = places.criterion_rows[seen.criterion.name]
        for key in ("weight", "low", "high", "missing") if is_linear else ("weight", "missing"):
            position = places.criteria.positions.get(key)
            if position is not None:
                yield from _number(places.criteria, i, position, language)
    if places.settings is not None:
        for name in SETTINGS:
            if name in places.setting_rows:
                position = places.settings.positions["value"]
                yield from _number(places.settings, places.setting_rows[name], position, language)


def _measures(layout: Layout) -> Iterator[NumberCell]:
    grid = layout.places.customers
    names = [s.criterion.name for s in layout.seen if s.criterion.scale.kind in _OF_NUMBERS]
    measure = layout.abc_measure
    if measure is not None and measure not in names and not layout.is_hidden(measure):
        names.append(measure)
    for position in dict.fromkeys(map(layout.column_of, names)):
        if not isinstance(grid.raw.columns[position], np.ndarray):
            for row in sorted(layout.ids):
                i = row - grid.sheet_row(0)
                yield from _number(grid, i, position, layout.places.language)


def _number(grid: Grid, i: int, position: int, language: str) -> Iterator[NumberCell]:
    content = grid.raw.cell(i, position)
    if isinstance(content, str) and (number := as_number(content, language).number) is not None:
        address = f"{column_letters(grid.raw.column + position)}{grid.sheet_row(i)}"
        yield NumberCell(grid.sheet, address, number)


_OF_NUMBERS = frozenset(ScaleKind) - {ScaleKind.CATEGORIES}
