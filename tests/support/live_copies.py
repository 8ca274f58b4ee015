"""Copies that go on computing, and a calculation of numbers only, which tests can set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pandas as pd

from support.computing import run_of
from xlportfolio.audience import Audience, audience_of
from xlportfolio.calculation import Calculation
from xlportfolio.files import live
from xlportfolio.files.change import change
from xlportfolio.files.copying import turn_into_copy
from xlportfolio.locale import texts
from xlportfolio.run import Run
from xlportfolio.schema.contract import column_letters
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


def constants(audience: Audience, _: Mapping[str, str] | None = None) -> Constants:
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
    nothing = ReportColumn("nothing", "nothing", Kind.WORD, [""])
    scales = SheetTable("scales", "tblLiveScales", "Nothing", "Nothing", (), (nothing,))
    return Constants(scales, table, (), frozenset((*WORDS, *NUMBERS)), {}, {})


def live_copy(
    path: Path,
    out: Path,
    figures: Callable[[Audience, Mapping[str, str]], Calculation] = constants,
    sharing: Sharing = EVERYTHING,
) -> tuple[Run, Calculation]:
    """Write a copy that goes on computing.

    Parameters
    ----------
    figures
        Makes the calculation.

    Returns
    -------
    The run as it may be seen, and the calculation.
    """
    done: list[Calculation] = []

    def calculated(audience: Audience, names: Mapping[str, str]) -> Calculation:
        done.append(figures(audience, names))
        return done[-1]

    audience = audience_of(run_of(path), sharing)
    with patch.object(live, "calculation", calculated):
        change(path, out, partial(turn_into_copy, audience=audience))
    return audience.run, done[0]


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
