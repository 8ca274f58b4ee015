"""Sheets taken out of a workbook, with all that only they need."""

from __future__ import annotations

from xlportfolio.files.formulas import needle, rewrite, without_sheet
from xlportfolio.files.removal import detach
from xlportfolio.files.workbook import Sheet, Workbook


def remove_sheet(workbook: Workbook, sheet: Sheet) -> list[str]:
    """Take a sheet out of a workbook, with its names and the parts that nothing else points at.

    What pointed at it points at nothing, as when Excel deletes a sheet: ``#REF!``. Cells with such
    formulas show that error; what depends on them in turn is not looked at.

    Returns
    -------
    The parts with formulas that pointed at it.
    """
    workbook.forget_sheet(sheet)
    detach(workbook.package, workbook.part, lambda r: r.target == sheet.part)
    changed = rewrite(workbook, needle(sheet.name), lambda f: without_sheet(f, sheet.name))
    workbook.commit()
    return changed
