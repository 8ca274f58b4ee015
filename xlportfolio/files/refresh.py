"""What a rescore refreshes in a workbook made from the template: its scorecard and its state."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence

from openpyxl.utils.datetime import to_excel

from xlportfolio.errors import WorkbookError
from xlportfolio.files.cells import Answer, Area, SheetCells, set_answer
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
        spills, is_shown = _refresh_scorecard(workbook, sheet, root, answer), _show(root, numbers)
        if spills or is_shown:
            workbook.package.put(sheet.part, to_xml(root))


def dissolve_scorecards(
    workbook: Workbook, answer: Sequence[Sequence[Answer]]
) -> list[tuple[str, Area]]:
    """Leave the scorecard's answer without its formula, which only xlportfolio computes.

    Parameters
    ----------
    answer
        What the scorecard shows, its header row first.

    Returns
    -------
    Where scorecards stand: the parts of sheets, and the areas.

    Raises
    ------
    WorkbookError
        If the scorecard has grown and something of the user's stands in its way.
    """
    found = []
    for sheet in workbook.sheets:
        if not sheet.is_worksheet:
            continue
        content = workbook.package.read_xml(sheet.part)
        if b"KP_SCORECARD" not in content.upper():
            continue
        root = workbook.package.xml(sheet.part)
        spills = _refresh_scorecard(workbook, sheet, root, lambda: answer)
        for spill in spills:
            spill.dissolve()
            found.append((sheet.part, spill.area))
        if spills:
            workbook.package.put(sheet.part, to_xml(root))
            workbook.forget_calculations([sheet])
    return found


def put_formulas(
    workbook: Workbook, places: Sequence[tuple[str, Area]], formulas: Sequence[Sequence[str | None]]
) -> None:
    """Let dissolved scorecards go on computing, by plain formulas; values stay as they are.

    Parameters
    ----------
    places
        Where they stand.
    formulas
        Those of the cells, as many as each of them has; ``None``: the value alone stays.
    """
    for part, area in places:
        root = workbook.package.xml(part)
        cells = SheetCells(root)
        for row, plain in zip(area.rows, formulas, strict=True):
            for column, formula in zip(area.columns, plain, strict=True):
                if formula is not None:
                    cell = cells.make(column, row, None)
                    element = cell.makeelement(main("f"), {})
                    element.text = formula
                    cell.insert(0, element)
        workbook.package.put(part, to_xml(root))


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
) -> list[Spill]:
    """Replace the answer of the scorecards on this sheet."""
    formulas = [f for f in array_formulas(root) if _key(f.text or "") == _key(FORMULA)]
    block = answer() if formulas else []
    spills = []
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
        spills.append(spill)
    return spills


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
