"""Sheets taken out of a workbook, with all that only they need."""

from __future__ import annotations

from collections.abc import Sequence

from xlportfolio.files.formulas import needle, rewrite, without_sheet
from xlportfolio.files.package import Package, Relationship
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
    package = workbook.package
    relationships = package.relationships(workbook.part)
    own = next(r for r in relationships if r.target == sheet.part)
    drop(package, workbook.part, own)
    changed = rewrite(workbook, needle(sheet.name), lambda f: without_sheet(f, sheet.name))
    workbook.commit()
    return changed


def drop(package: Package, source: str, relationship: Relationship) -> None:
    """Take a relationship away, and the part that it points at if nothing else does."""
    package.unrelate(source, relationship)
    if not package.relationships(source):
        package.drop_relationships(source)
    part = relationship.target
    if not relationship.external and part in package and not package.referenced().get(part):
        release(package, [part])
        package.remove(part)


def release(package: Package, parts: Sequence[str]) -> None:
    """Take away what these parts point at, and theirs, unless something else points at it."""
    pointing = package.referenced()
    waiting, unused = list(parts), list[str]()
    while waiting:
        source = waiting.pop()
        for relationship in package.relationships(source):
            users = pointing.get(relationship.target, set())
            users.discard(source)
            is_free = not (users or relationship.external)
            if is_free and relationship.target not in unused:
                waiting.append(relationship.target)
                unused.append(relationship.target)
    for part in unused:
        package.remove(part)
    for part in parts:
        package.drop_relationships(part)
