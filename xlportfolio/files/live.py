"""The sheets that compute in a copy: laid out, known again, and fed with numbers."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import NamedTuple

from xlportfolio.audience import Audience
from xlportfolio.calculation import Calculation, calculation
from xlportfolio.files.workbook import Sheet, Workbook, coordinates
from xlportfolio.files.writing import OpenSheet
from xlportfolio.live_report import live_report, live_scorecard
from xlportfolio.live_texts import TEXTS, TEXTS_TABLE, live_texts
from xlportfolio.locale import texts
from xlportfolio.report import Report
from xlportfolio.tables import SheetTable

#: Their tables, by what the sheets are called in ``locale``.
_TABLES = {
    "scales": "tblLiveScales",
    "calculation": "tblLiveCalculation",
    TEXTS: TEXTS_TABLE,
}


class Live(NamedTuple):
    """What a copy that goes on computing holds besides: sheets, and formulas on the others."""

    figures: Calculation
    report: Report
    sheets: tuple[SheetTable, ...]
    scorecard: list[list[str | None]]

    @classmethod
    def of(
        cls, workbook: Workbook, computing: Mapping[str, Sheet], audience: Audience, report: Report
    ) -> Live:
        """Lay all of it out; sheets that are there keep their names."""
        words = texts(audience.run.presentation.language)
        names: dict[str, str] = {}
        for key, table in _TABLES.items():
            there = computing.get(table.lower())
            wanted, taken = words(f"sheets.{key}"), {*names.values(), *report.sheets.values()}
            names[key] = there.name if there else workbook.free_sheet_name(wanted, taken)
        figures = calculation(audience, names)
        wording = live_texts(report, audience, names[TEXTS])
        return cls(
            figures,
            live_report(report, audience, figures, wording),
            (figures.scales, figures.customers, wording),
            live_scorecard(audience, figures),
        )


def computing_sheets(workbook: Workbook) -> dict[str, Sheet]:
    """The sheets that compute in a workbook that is itself such a copy, by their tables."""
    tables = {table.lower() for table in _TABLES.values()}
    return {t.name.lower(): sheet for sheet, t in workbook.tables() if t.name.lower() in tables}


def make_numbers(workbook: Workbook, figures: Calculation) -> None:
    """Write numbers where texts count as numbers: formulas tell the two apart."""
    cells = sorted(figures.numbers)
    for name, of_sheet in groupby(cells, key=lambda cell: cell.sheet):
        sheet = OpenSheet(workbook, name)
        for cell in of_sheet:
            sheet.write(*coordinates(cell.address), cell.number)
        sheet.put()
