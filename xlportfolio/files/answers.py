"""Formulas that nobody can compute without xlportfolio or macros become what they show."""

from __future__ import annotations

from collections.abc import Callable, Collection

from xlportfolio.errors import Problem
from xlportfolio.files.workbook import Workbook

#: Sheet, column and row of a cell, counted from 1, and the functions of ours in its formula ->
#: whether its value may stay.
Keep = Callable[[str, int, int, frozenset[str]], bool]


def keep_answers(
    workbook: Workbook,
    skip: Collection[str] = (),
    keep: Keep = lambda *_: True,
) -> list[Problem]:
    """Turn formulas with functions of ours, or of the user's own macros, into their values.

    Parameters
    ----------
    skip
        Parts of sheets that are left alone, since they are replaced anyhow.
    keep
        Which values stay; the other cells become empty.

    Returns
    -------
    What the sender is told: cells without a value, rules and names that went.
    """
    raise NotImplementedError
