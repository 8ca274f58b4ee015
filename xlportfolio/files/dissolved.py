"""Scorecards that an earlier copy lets compute by plain formulas, made one formula again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from xlportfolio.files.cells import Area, SheetCells, give_addresses
from xlportfolio.files.formulas import is_utf8, needle, sheets_in
from xlportfolio.files.package import Element, to_xml
from xlportfolio.files.texts import CellTexts
from xlportfolio.files.workbook import Sheet, Workbook, coordinates, main
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.scorecard import COLUMNS, FORMULA

_F = main("f")
_HEADERS = [[texts(language)(f"columns.{key}") for key in COLUMNS] for language in LANGUAGES]


def restore_scorecards(workbook: Workbook, computing: Iterable[Sheet]) -> None:
    """Put the formula of ours back where plain formulas stand for it.

    The rows of the calculation follow the ranking, which may be another one by now: formulas that
    point at them would show the scores of other customers.

    Parameters
    ----------
    computing
        The sheets on which an earlier copy computes.
    """
    names = {sheet.name.lower() for sheet in computing}
    contents = CellTexts(workbook)
    for sheet in workbook.sheets:
        if not names or not sheet.is_worksheet or sheet.name.lower() in names:
            continue
        data = workbook.package.read_xml(sheet.part)
        if is_utf8(data) and not any(needle(name) in data.lower() for name in names):
            continue
        root = workbook.package.xml(sheet.part)
        give_addresses(root)
        cells = SheetCells(root)
        areas = list(_areas(root, cells, contents, names))
        for area in areas:
            _restore(cells, area)
        if areas:
            workbook.package.put(sheet.part, to_xml(root))
            workbook.forget_calculations([sheet])


def _areas(
    root: Element, cells: SheetCells, contents: CellTexts, names: set[str]
) -> Iterator[Area]:
    """The areas with the headers of a scorecard, and formulas below that point at these sheets."""
    linked = [
        coordinates(cell.get("r", "A1"))
        for formula in root.iter(_F)
        if not sheets_in(formula.text or "").isdisjoint(names)
        and (cell := formula.getparent()) is not None
    ]
    if not linked:
        return
    top = min(row for _, row in linked) - 1
    headers = {column: contents.content(cell) for column, cell in cells.row(top).items()}
    for left in sorted(headers):
        right = left + len(COLUMNS) - 1
        rows = [row for column, row in linked if left <= column <= right]
        if rows and [headers.get(column) for column in range(left, right + 1)] in _HEADERS:
            yield Area(left, top, right, max(rows))


def _restore(cells: SheetCells, area: Area) -> None:
    """Make the formula of ours fill an area."""
    for row in area.rows:
        for column, cell in cells.row(row).items():
            for formula in cell.findall(_F) if column in area.columns else ():
                cell.remove(formula)
    anchor = cells.make(area.left, area.top, None)
    formula = anchor.makeelement(_F, {"t": "array", "ref": str(area)})
    formula.text = FORMULA
    anchor.insert(0, formula)
