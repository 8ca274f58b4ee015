"""The method in plain formulas of Excel 2010, one readable formula for each cell.

The second implementation besides Python, for copies that go on computing where nothing is
installed; tests hold both equal. The formulas stand on two sheets: the scales, with settings and
criteria as they are used, and the calculation, a row for each customer in the order of the ranking.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from xlportfolio.audience import Audience
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
    """

    scales: SheetTable
    customers: SheetTable
    numbers: tuple[NumberCell, ...]
    live: frozenset[str]
    references: Mapping[str, str]

    def cell(self, key: str, position: int) -> str:
        """The reference to a figure of the customer at a place of the ranking, with the sheet.

        Keys are those of ``PortfolioAnalysis.customers``: ``value_score``, ``benefit_score``,
        ``total_score``, ``rank``, ``quadrant`` (in words), ``borderline`` (yes or blank),
        ``abc_class``, ``value_coverage``, ``benefit_coverage``, ``status`` (in words); and of ABC
        ``amount``, ``share``, ``cumulative_share``, ``amount_rank``, ``difference``. Blank text
        where there is none.
        """
        raise NotImplementedError

    def column(self, key: str) -> str:
        """The reference to a figure of all customers, with the sheet."""
        raise NotImplementedError

    def setting(self, name: str) -> str:
        """The reference to the number of a setting as it is used, with the sheet."""
        raise NotImplementedError

    @property
    def changed(self) -> str:
        """The reference to a cell that is TRUE once results differ from those at the start."""
        raise NotImplementedError


def calculation(audience: Audience, names: Mapping[str, str]) -> Calculation:
    """Lay out the sheets that compute.

    Parameters
    ----------
    names
        What they are called: ``"scales"`` and ``"calculation"``.
    """
    raise NotImplementedError
