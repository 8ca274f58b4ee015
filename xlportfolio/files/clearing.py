"""Clear on the user's sheets what colleagues may not see: rows, columns, cells, old results."""

from __future__ import annotations

from collections.abc import Collection

from xlportfolio.audience import Audience
from xlportfolio.errors import Problem
from xlportfolio.files.workbook import Workbook


def clear_cells(workbook: Workbook, audience: Audience, skip: Collection[str]) -> list[Problem]:
    """Clear rows of customers left out, hidden columns, and cells that hold a secret.

    Formulas that may have read what is gone lose what they showed, and are computed anew when the
    workbook is opened.

    Parameters
    ----------
    skip
        Parts of sheets that are replaced anyhow.

    Returns
    -------
    What the sender is told: how many cells were cleared on which sheet.
    """
    raise NotImplementedError


def may_stay(audience: Audience, workbook: Workbook) -> object:
    """The rule for :func:`xlportfolio.files.answers.keep_answers`; see there."""
    raise NotImplementedError
