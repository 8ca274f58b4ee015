"""Take out of a workbook what only works where xlportfolio or macros are installed."""

from __future__ import annotations

from xlportfolio.errors import Problem, warning
from xlportfolio.files.buttons import unlink_buttons
from xlportfolio.files.cutting import take_out
from xlportfolio.files.formulas import is_utf8
from xlportfolio.files.lost import doomed_sheets, is_of_macros, macro_sheets
from xlportfolio.files.package import Package, Relationship, to_xml
from xlportfolio.files.removal import detach, of_ids
from xlportfolio.files.sheets import remove_sheet
from xlportfolio.files.workbook import R_ID, Workbook, main
from xlportfolio.schema.merging import few

_WITHOUT_MACROS = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
#: What the workbook and the package point at for macros and the ribbon; the last word of its type.
_OF_WORKBOOK = ("vbaProject", "attachedToolbars")
_OF_PACKAGE = ("custom-properties", "userCustomization")
_OF_RIBBON = "/relationships/ui/"
_ADD_IN = ".xlam"
_TYPES_OF_MACROS = ("application/vnd.ms-office.vba", "application/vnd.ms-excel.attachedToolbars")


def remove_macros(workbook: Workbook) -> list[Problem]:
    """Make the package a workbook without macros, as .xlsx wants it; what the sender is told.

    The VBA project, the ribbon, custom properties, macro sheets, buttons of ours and the macros of
    other buttons go; so do names and sheets that only our macros read. To be called after
    :func:`xlportfolio.files.answers.keep_answers`, since formulas may need what goes.

    Raises
    ------
    WorkbookError
        If something of the user's stands on the sheet that keeps what imports wrote.
    """
    package = workbook.package
    told = unlink_buttons(workbook)
    old = [sheet.name for sheet in macro_sheets(workbook)]
    if old:
        told.append(warning("macros_sheets", sheets=few(old)))
    doomed = doomed_sheets(workbook)
    names = {sheet.name.lower() for sheet in doomed}
    workbook.drop_names(lambda element: is_of_macros(element, names))
    for sheet in doomed:
        remove_sheet(workbook, sheet)
    detach(package, workbook.part, lambda r: any(map(r.is_a, _OF_WORKBOOK)))
    detach(package, "", lambda r: any(map(r.is_a, _OF_PACKAGE)) or _OF_RIBBON in r.type)
    _drop_add_ins(workbook)
    package.put(workbook.part, to_xml(workbook.root), _WITHOUT_MACROS)
    package.forget_types(_TYPES_OF_MACROS)
    return told


def _drop_add_ins(workbook: Workbook) -> None:
    """Take out links to add-ins that no formula needs any more.

    Formulas know other workbooks by their numbers, so one stays if a link that is needed follows.
    """
    package = workbook.package
    parent = workbook.root.find(main("externalReferences"))
    by_id = {r.id: r for r in package.relationships(workbook.part)}
    references = [] if parent is None else list(parent)
    for number in range(len(references), 0, -1):
        element = references[number - 1]
        link = by_id.get(element.get(R_ID, ""))
        if link is None or not _is_add_in(package, link) or _is_used(workbook, number):
            break
        take_out(element)
        detach(package, workbook.part, of_ids([link.id]))


def _is_add_in(package: Package, link: Relationship) -> bool:
    targets = package.relationships(link.target)
    return bool(targets) and all(
        r.element.get("Target", "").lower().endswith(_ADD_IN) for r in targets
    )


def _is_used(workbook: Workbook, number: int) -> bool:
    """Whether something in the workbook points at the other workbook of this number."""
    wanted, package = f"[{number}]", workbook.package
    if any(wanted in (element.text or "") for element in workbook.defined_names()):
        return True
    for part in package.parts():
        kind = package.content_type(part) or ""
        if kind.endswith("+xml") and "spreadsheetml.styles" not in kind:
            data = package.read(part) if "sharedStrings" not in kind else b""
            if (
                part != workbook.part
                and wanted.encode("utf-8" if is_utf8(data) else "utf-16-le") in data
            ):
                return True
    return False
