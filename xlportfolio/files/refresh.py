"""What a rescore refreshes in a workbook made from the template: its scorecard and its state."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date

from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, to_excel

from xlportfolio.errors import WorkbookError
from xlportfolio.files.package import Element, to_xml
from xlportfolio.files.spill import Answer, Area, Spill, array_formulas
from xlportfolio.files.workbook import Sheet, Workbook, main
from xlportfolio.scorecard import FORMULA


def refresh_scorecard(
    workbook: Workbook, replaced: Sequence[Sheet], block: Sequence[Sequence[Answer]]
) -> None:
    """Put the scorecard's new answer into the sheet on which its formula stands.

    Only a workbook with macros can have one, and it is known by its formula. Whoever asks for
    something else than the three tables gets what Excel computes, not what was computed here.

    Parameters
    ----------
    replaced
        Sheets that are written anew anyhow.
    block
        The answer, its header row first.

    Raises
    ------
    WorkbookError
        If the answer has grown and something of the user's stands in its way.
    """
    if workbook.related("vbaProject") is None:
        return
    for sheet in workbook.sheets:
        if not sheet.is_worksheet or sheet in replaced:
            continue
        if b"KP_SCORECARD" not in workbook.package.read(sheet.part).upper():
            continue
        root = workbook.package.xml(sheet.part)
        formulas = [f for f in array_formulas(root) if _key(f.text or "") == _key(FORMULA)]
        for formula in formulas:
            spill = Spill(root, formula)
            tables = [
                Area(t.first_column, t.first_row, t.last_column, t.last_row) for t in sheet.tables
            ]
            cell = spill.obstacle(len(block), len(block[0]), tables)
            if cell is not None:
                details = {"path": workbook.package.path, "sheet": sheet.name, "cell": cell}
                raise WorkbookError("scorecard_blocked", **details)
            spill.replace(block)
        if formulas:
            workbook.package.put(sheet.part, to_xml(root))


def _key(formula: str) -> str:
    """What a formula is compared by: Excel writes its brackets, its blanks and its case anew."""
    return re.sub(r"[\s\[\]]", "", formula).upper()


def set_state(workbook: Workbook, figures: Mapping[str, float | dt.date]) -> None:
    """Set the names that the first sheet shows, as far as the workbook has them."""
    for name, element in _state_names(workbook, figures):
        figure = figures[name]
        number = to_excel(figure, _epoch(workbook)) if isinstance(figure, date) else figure
        element.text = f"{number:.0f}" if float(number).is_integer() else repr(float(number))


def _state_names(
    workbook: Workbook, figures: Mapping[str, object]
) -> Iterator[tuple[str, Element]]:
    for element in workbook.defined_names():
        name = element.get("name", "")
        if name in figures and element.get("localSheetId") is None:
            yield name, element


def _epoch(workbook: Workbook) -> dt.datetime:
    """The day from which this workbook counts."""
    properties = workbook.root.find(main("workbookPr"))
    old = properties is not None and properties.get("date1904") in {"1", "true"}
    return CALENDAR_MAC_1904 if old else CALENDAR_WINDOWS_1900
