"""What a rescore refreshes in a workbook made from the template: its scorecard and its state."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence

from openpyxl.utils.datetime import to_excel

from xlportfolio.errors import WorkbookError
from xlportfolio.files.cells import Answer, Area, set_answer
from xlportfolio.files.package import Element, to_xml
from xlportfolio.files.spill import Spill, array_formulas
from xlportfolio.files.workbook import Sheet, Workbook, main
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.scorecard import FORMULA
from xlportfolio.state import AS_OF, STATE, name_shown_by, state_array


def refresh(
    workbook: Workbook,
    replaced: Sequence[Sheet],
    answer: Callable[[], Sequence[Sequence[Answer]]],
    figures: Mapping[str, float | dt.date],
) -> None:
    """Put the results of a run into a workbook made from the template; others stay as they are.

    The name that tells of the last run is set. The scorecard, known by its formula, gets its new
    answer; a formula that asks for something else than the three tables gets what Excel computes,
    not what was computed here.

    Parameters
    ----------
    replaced
        Sheets that are written anew anyhow.
    answer
        Gives the scorecard, its header row first; called only if the workbook has one.
    figures
        The state of the run, by the names of :data:`xlportfolio.state.STATE_NAMES`.

    Raises
    ------
    WorkbookError
        If the scorecard has grown and something of the user's stands in its way.
    """
    state = _state(workbook)
    if workbook.related("vbaProject") is None and state is None:
        return
    if state is not None:
        state.text = state_array(figures)
    numbers = {
        name: float(to_excel(figure, workbook.first_day) if isinstance(figure, dt.date) else figure)
        for name, figure in figures.items()
    }
    for sheet in workbook.sheets:
        if not sheet.is_worksheet or sheet in replaced:
            continue
        content = workbook.package.read_xml(sheet.part)
        if b"KP_SCORECARD" not in content.upper() and AS_OF.encode() not in content:
            continue
        root = workbook.package.xml(sheet.part)
        is_changed = [_refresh_scorecard(workbook, sheet, root, answer), _show(root, numbers)]
        if any(is_changed):
            workbook.package.put(sheet.part, to_xml(root))


def put_scorecard(
    workbook: Workbook,
    answer: Sequence[Sequence[Answer]],
    formulas: Sequence[Sequence[str | None]],
) -> bool:
    """Put plain formulas in the place of the scorecard's, which only xlportfolio computes.

    Parameters
    ----------
    answer
        What the scorecard shows, its header row first.
    formulas
        As many; ``None``: the value alone.

    Returns
    -------
    Whether the workbook has a scorecard.

    Raises
    ------
    WorkbookError
        If the scorecard has grown and something of the user's stands in its way.
    """
    changed = []
    for sheet in workbook.sheets:
        if not sheet.is_worksheet:
            continue
        content = workbook.package.read_xml(sheet.part)
        if b"KP_SCORECARD" not in content.upper():
            continue
        root = workbook.package.xml(sheet.part)
        if _refresh_scorecard(workbook, sheet, root, lambda: answer, formulas):
            workbook.package.put(sheet.part, to_xml(root))
            changed.append(sheet)
    workbook.forget_calculations(changed)
    return bool(changed)


def _state(workbook: Workbook) -> Element | None:
    """The name that holds the figures of the last run."""
    for element in workbook.defined_names():
        if element.get("name") == STATE and element.get("localSheetId") is None:
            return element
    return None


def _refresh_scorecard(
    workbook: Workbook,
    sheet: Sheet,
    root: Element,
    answer: Callable[[], Sequence[Sequence[Answer]]],
    plain: Sequence[Sequence[str | None]] | None = None,
) -> bool:
    """Replace the scorecard's answer, and its formula by plain ones if there are such.

    Whether there is one on this sheet.
    """
    formulas = [f for f in array_formulas(root) if _key(f.text or "") == _key(FORMULA)]
    block = answer() if formulas else []
    for formula in formulas:
        try:
            spill = Spill(root, formula)
        except ValueError as error:  # an address that is none
            raise workbook.package.malformed("part_xml", part=sheet.part) from error
        tables = [
            Area(t.first_column, t.first_row, t.last_column, t.last_row) for t in sheet.tables
        ]
        cell = spill.obstacle(len(block), len(block[0]), tables)
        if cell is not None:
            details = {"path": workbook.package.path, "sheet": sheet.name, "cell": cell}
            raise WorkbookError("scorecard_blocked", **details)
        spill.replace(block)
        if plain is not None:
            spill.dissolve(plain)
    return bool(formulas)


def _key(formula: str) -> str:
    """What a formula is compared by: Excel writes its brackets, its blanks and its case anew."""
    return re.sub(r"[\s\[\]]", "", formula).upper()


def _show(root: Element, numbers: Mapping[str, float]) -> bool:
    """Bring the cells that show the state up to date, if Excel has computed them before.

    As long as it has not, they say that they will be seen once the workbook is opened for editing,
    and are left alone. Whether this sheet has been changed.
    """
    cells = {}
    for formula in root.iter(main("f")):
        name, cell = name_shown_by(formula.text or ""), formula.getparent()
        if name is not None and name in numbers and cell is not None:
            cells[name] = cell
    hints = {texts(language)("new.last_run_hint") for language in LANGUAGES}
    if AS_OF not in cells or cells[AS_OF].findtext(main("v")) in hints:
        return False
    for name, cell in cells.items():
        set_answer(cell, numbers[name])
    return True
