"""Copies that go on computing, and a calculation of numbers only, which tests can set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from support.computing import TODAY
from xlportfolio.audience import Audience, audience_of
from xlportfolio.calculation import Calculation, calculation
from xlportfolio.files.change import change, scratch
from xlportfolio.files.graft import graft, graft_tables
from xlportfolio.files.ours import find_ours
from xlportfolio.files.read import read_tables
from xlportfolio.files.refresh import dissolve_scorecards, put_formulas
from xlportfolio.files.workbook import Workbook
from xlportfolio.live_report import live_report, live_scorecard
from xlportfolio.live_texts import live_texts
from xlportfolio.locale import texts
from xlportfolio.look import draw, packed, with_tables
from xlportfolio.run import Run
from xlportfolio.schema import interpret
from xlportfolio.schema.contract import column_letters
from xlportfolio.scorecard import rows_of, scorecard
from xlportfolio.sharing import Sharing
from xlportfolio.tables import FIRST_ROW, Kind, ReportColumn, SheetTable, Summary

#: The figures of each customer, the first of which are texts.
WORDS = ("status", "quadrant", "borderline", "abc_class")
NUMBERS = (
    *("value_score", "benefit_score", "total_score", "rank", "value_coverage"),
    *("benefit_coverage", "amount", "share", "cumulative_share", "amount_rank", "difference"),
)
SETTINGS = (
    *("value_threshold", "benefit_threshold", "borderline_band", "value_weight", "benefit_weight"),
    *("abc_a", "abc_b"),
)
SHEET = "Figures"
EVERYTHING = Sharing(live=True)


def figures_of(run: Run) -> dict[str, list[Any]]:
    """All figures of a run by their keys, in the order of its ranking; None where there is none."""
    words, customers = texts(run.presentation.language), run.analysis.customers
    table = run.analysis.abc.set_index("position").reindex(range(len(customers)))
    spelled = {
        "status": words.branch("statuses"),
        "quadrant": words.branch("quadrants"),
        "borderline": {True: words("words.yes"), False: ""},
    }
    found: dict[str, list[Any]] = {}
    for key in (*WORDS, *NUMBERS):
        cells = (customers if key in customers else table)[key].tolist()
        if key in spelled:
            cells = [spelled[key][cell] for cell in cells]
        is_known = ~pd.isna(np.array(cells, dtype=object)) & (np.array(cells, dtype=object) != "")
        found[key] = [c if is_there else None for c, is_there in zip(cells, is_known, strict=True)]
    return found


def settings_of(run: Run) -> dict[str, float]:
    model, thresholds = run.analysis.model, run.analysis.thresholds
    given = {"value_threshold": thresholds.value, "benefit_threshold": thresholds.benefit}
    return {key: float(given.get(key, getattr(model, key))) for key in SETTINGS}


@dataclass(frozen=True, eq=False)
class Constants(Calculation):
    """What a run has found, as numbers on one sheet, the settings above, ``changed`` in A4."""

    def cell(self, key: str, position: int) -> str:
        return f"{SHEET}!${self._letter(key)}${self.customers.first_row + position}"

    def column(self, key: str) -> str:
        letter, first = self._letter(key), self.customers.first_row
        return f"{SHEET}!${letter}${first}:${letter}${first + len(self.customers) - 1}"

    def setting(self, name: str) -> str:
        return f"{SHEET}!$B${FIRST_ROW + SETTINGS.index(name)}"

    @property
    def changed(self) -> str:
        return f"{SHEET}!$A$4"

    def _letter(self, key: str) -> str:
        return column_letters((*WORDS, *NUMBERS).index(key) + 1)


def constants(audience: Audience, live: frozenset[str] | None = None) -> Constants:
    """A calculation that says what the run says, until a test writes something else there."""
    run = audience.run
    found, settings = figures_of(run), settings_of(run)
    columns = [ReportColumn(k, k, Kind.WORD, [c or "" for c in found[k]]) for k in WORDS]
    columns += [
        ReportColumn(k, k, Kind.RATE, np.array(found[k], dtype=np.float64)) for k in NUMBERS
    ]
    # blank text is what a formula shows that has nothing to show
    columns = [
        ReportColumn(
            c.key,
            c.header,
            c.kind,
            c.all_cells,
            formulas={p: '""' for p, cell in enumerate(found[c.key]) if cell is None},
        )
        for c in columns
    ]
    above = Summary(
        (
            ReportColumn("setting", "setting", Kind.WORD, list(settings)),
            ReportColumn("used", "used", Kind.RATE, np.array(list(settings.values()))),
        ),
        (None,) * len(settings),
        (1, 2),
    )
    table = SheetTable(
        "calculation",
        "tblLiveCalculation",
        SHEET,
        SHEET,
        (),
        tuple(columns),
        summary=above,
        formulas={"A4": "FALSE"},
    )
    keys = frozenset((*WORDS, *NUMBERS)) if live is None else live
    return Constants(table, table, (), keys, {}, {})


def real(audience: Audience) -> Calculation:
    """The calculation that a copy holds."""
    words = texts(audience.run.presentation.language)
    names = {key: words(f"sheets.{key}") for key in ("scales", "calculation")}
    return calculation(audience, names)


def live_copy(
    path: Path,
    out: Path,
    figures: Callable[[Audience], Calculation] = constants,
    sharing: Sharing = EVERYTHING,
) -> tuple[Run, Calculation]:
    """Write a copy that goes on computing; nothing of the user's is changed but the scorecard.

    Parameters
    ----------
    figures
        Makes the calculation.

    Returns
    -------
    The run as it may be seen, and the calculation.
    """
    done: list[tuple[Run, Calculation]] = []

    def work(workbook: Workbook) -> None:
        ours = find_ours(workbook)
        given = interpret(read_tables(workbook))
        audience = audience_of(Run.of(given, today=TODAY), sharing)
        run, made = audience.run, figures(audience)
        report = run.report(ours.names(workbook, run.sheet_names))
        name = texts(run.presentation.language)("sheets.texts")
        wording = live_texts(report, audience, name)
        report = live_report(report, audience, made, wording)
        shown = rows_of(scorecard(run.analysis, given.rows, given.presentation.language))
        places = dissolve_scorecards(workbook, shown)
        put_formulas(workbook, places, live_scorecard(audience, made))
        drawn = scratch(workbook, lambda: draw(report, run.presentation.language))
        graft(workbook, drawn, ours, report)
        tables = [
            wording,
            *{id(t): t for t in (made.scales, made.customers)}.values(),
        ]
        words = texts(run.presentation.language)
        drawn = scratch(workbook, lambda: packed(with_tables(tables, words)))
        graft_tables(workbook, drawn, tables, {})
        done.append((run, made))

    change(path, out, work, backup=False)
    return done[0]


def cells_of(document: Any) -> Mapping[str, list[tuple[Any, ...]]]:
    """What all sheets of an open document show, by their names; an error is its number."""
    found = {}
    for sheet in document.Sheets:
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        end = cursor.RangeAddress
        area = sheet.getCellRangeByPosition(0, 0, end.EndColumn, end.EndRow)
        found[sheet.Name] = list(area.getDataArray())
    return found
