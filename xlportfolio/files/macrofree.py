"""Take out of a workbook what only works where xlportfolio or macros are installed."""

from __future__ import annotations

from xlportfolio.errors import Problem
from xlportfolio.files.workbook import Workbook


def remove_macros(workbook: Workbook) -> list[Problem]:
    """Make the package a workbook without macros, as .xlsx wants it; what the sender is told.

    The VBA project, the ribbon, custom properties, macro sheets, buttons of ours and the macros of
    other buttons go; so do names and sheets that only our macros read.
    """
    raise NotImplementedError
