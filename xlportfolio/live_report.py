"""The sheets of a report whose figures go on computing, by references to the calculation.

What stands in a list, and in which order, stays as it was. So do texts and sheets that are more
than a figure; above each, a line says so as soon as a result is another one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from xlportfolio.analysis import NOBODY, Note
from xlportfolio.audience import Audience
from xlportfolio.calculation import Calculation
from xlportfolio.firm_sheet import firm_note
from xlportfolio.history_sheets import HISTORY, MODELS
from xlportfolio.live_matrix import live_matrix
from xlportfolio.live_texts import Wording, quoted, sentence, with_formulas
from xlportfolio.locale import texts
from xlportfolio.model import RATED_QUADRANTS, Axis, Quadrant
from xlportfolio.movement_sheet import MOVEMENT
from xlportfolio.plain_formulas import number
from xlportfolio.report import Report
from xlportfolio.schema.contract import column_letters
from xlportfolio.scorecard import COLUMNS
from xlportfolio.tables import NOTICE, ReportColumn, SheetTable

#: What the line above a sheet says; above all others, that the sheet is as it was.
_NOTICES: Mapping[str, str] = {
    **dict.fromkeys(("ranking", *RATED_QUADRANTS, "recommendations"), "list"),
    "abc": "abc",
}
#: Sheets that stay as they were.
_STALE = frozenset({"plan", "robustness", "data_check", MOVEMENT, HISTORY, MODELS})
#: Why a row is not rated although it is a customer of its own: measures may be filled in later.
_LACKING = frozenset(Note) - NOBODY - {Note.NONE}
#: Scores and thresholds that differ by less are the same.
_SAME = "0.000001"


def live_report(
    report: Report, audience: Audience, figures: Calculation, wording: SheetTable
) -> Report:
    """The report with formulas where figures go on computing.

    Lists keep their order. Texts and sheets that do not go on computing say so as soon as a result
    differs from what it was when the copy was made.

    Parameters
    ----------
    report
        That of ``audience.run``.
    wording
        The sheet of :func:`xlportfolio.live_texts.live_texts`, which the copy must hold.
    """
    writer = _Writer(audience, figures, wording)
    tables = tuple(map(writer.table, report.tables))
    return Report(tables, live_matrix(report.matrix, audience, figures))


def live_scorecard(audience: Audience, figures: Calculation) -> list[list[str | None]]:
    """The formulas of the template's scorecard, its header row first; ``None``: the value stays."""
    run = audience.run
    positions = {label: p for p, label in enumerate(run.analysis.customers.index.tolist())}
    keys = list(COLUMNS)
    rows: list[list[str | None]] = [[None] * len(keys)]
    for label in run.given.rows:
        position = positions.get(label)
        rows.append(
            [
                None if position is None or key not in figures.live else figures.cell(key, position)
                for key in keys
            ]
        )
    return rows


class _Writer:
    """Writes the formulas of one report."""

    def __init__(self, audience: Audience, figures: Calculation, wording: SheetTable) -> None:
        self.run, self.figures = audience.run, figures
        self.words = texts(self.run.presentation.language)
        self.wording = Wording(wording, self.words)
        self.notes = self.run.analysis.customers["note"].tolist()

    def table(self, table: SheetTable) -> SheetTable:
        """A sheet with its formulas, and the line that says what is as it was."""
        key = quoted(self.words(f"live_report.{_NOTICES.get(table.key, 'sheet')}"))
        formulas = {NOTICE: f'IF({self.figures.changed},{key},"")'}
        if table.key in _STALE:
            return replace(table, formulas=formulas)
        if table.key == "ranking":
            formulas["A3"] = self.weights()
        elif table.key == "abc" and self.run.analysis.abc_measure is not None:
            formulas["A2"] = self.abc_rule(self.run.analysis.abc_measure)
        columns = tuple(self.column(column, table) for column in table.columns)
        return replace(table, columns=columns, formulas=formulas)

    def column(self, column: ReportColumn, table: SheetTable) -> ReportColumn:
        """A column with its formulas, if it has any."""
        at = _positions(table)
        if column.key in self.figures.live:
            cells = [self.figures.cell(column.key, p) for p in at.tolist()]
            return with_formulas(column, cells)
        of_row = {
            "note": self.note,
            "firm": self.firm,
            "finding": self.finding,
            **dict.fromkeys(("strategy", "activity", "visits_per_year"), self.strategy),
            **dict.fromkeys(("reason", "lever"), self.reason),
        }.get(column.key)
        if of_row is None:
            return column
        rows = enumerate(at.tolist())
        return with_formulas(column, [of_row(column, table, row, p) for row, p in rows])

    # --- columns that follow from figures ------------------------------------------------------

    def note(self, column: ReportColumn, table: SheetTable, row: int, p: int) -> str | None:
        """Why a row is not rated; in general words once it may be for another reason."""
        if "rank" not in self.figures.live or self.notes[p] not in {Note.NONE, *_LACKING}:
            return None
        general, then = self.words("live_report.unrated"), str(column.cells[row])
        told = quoted(general)
        if then:
            told = f"IF({self.figures.changed},{told},{quoted(then)})"
        return f'IF({self.here("rank", table, row)}="",{told},"")'

    def firm(self, column: ReportColumn, _: SheetTable, row: int, __: int) -> str | None:
        """How firm a type was: nobody knows once results have changed."""
        share = float(column.cells[row])
        return None if np.isnan(share) else f'IF({self.figures.changed},"",{number(share)})'

    def finding(self, _: ReportColumn, table: SheetTable, row: int, __: int) -> str | None:
        """Whether turnover over- or underrates a customer."""
        if not {"quadrant", "abc_class"} & self.figures.live:
            return None
        abc, here = self.here("abc_class", table, row), self.here("quadrant", table, row)

        def found(letter: str, *types: Quadrant) -> str:
            either = (f"{here}={quoted(self.words(f'quadrants.{q}'))}" for q in types)
            return f'AND({abc}="{letter}",OR({",".join(either)}))'

        over = found("A", Quadrant.FREE_RIDER, Quadrant.POOR_DOG)
        under = found("C", Quadrant.STAR, Quadrant.QUESTION_MARK)
        words = [quoted(self.words(f"findings.{key}")) for key in ("overrated", "underrated")]
        return f'IF({over},{words[0]},IF({under},{words[1]},""))'

    def strategy(self, column: ReportColumn, table: SheetTable, row: int, _: int) -> str | None:
        """What is to be done with customers of a type and status."""
        if not {"quadrant", "status"} & self.figures.live:
            return None
        quadrant, status = (self.here(key, table, row) for key in ("quadrant", "status"))
        return self.wording.strategy(column.key, quadrant, status)

    def reason(self, column: ReportColumn, table: SheetTable, row: int, p: int) -> str | None:
        """What was written of a customer, as long as it fits."""
        live, then = self.figures.live, self.wording.then
        is_lever, is_blank = column.key == "lever", not column.cells[row]
        if is_lever and not any(map(self.run.analysis.model.is_changeable, Axis)):
            return None
        same = []
        if "quadrant" in live:
            same.append(f"{self.here('quadrant', table, row)}={then('quadrant', row)}")
        for axis in () if is_lever and is_blank else Axis:  # a star needs no lever at all
            key = f"{axis}_score"
            if key in live:
                same.append(f"ABS(N({self.figures.cell(key, p)})-{then(key, row)})<{_SAME}")
            if is_lever:  # which tells how much is missing
                threshold = float(getattr(self.run.analysis.thresholds, axis))
                now = self.figures.setting(f"{axis}_threshold")
                same.append(f"ABS({now}-{number(threshold)})<{_SAME}")
        if not same:
            return None
        otherwise = quoted(self.words(f"live_report.{column.key}"))
        return f'IF(AND({",".join(same)}),{then(column.key, row)}&"",{otherwise})'

    def here(self, key: str, table: SheetTable, row: int) -> str:
        """The reference to another cell of the same row."""
        keys = [column.key for column in table.columns]
        return f"${column_letters(keys.index(key) + 1)}{table.first_row + row}"

    # --- lines above ---------------------------------------------------------------------------

    def weights(self) -> str:
        """By which weights and thresholds customers are ranked."""
        setting = self.figures.setting
        live = {
            "value_weight": setting("value_weight"),
            "benefit_weight": setting("benefit_weight"),
            "band": setting("borderline_band"),
            **{axis: f"FIXED({setting(f'{axis}_threshold')},1)" for axis in ("value", "benefit")},
        }
        note = firm_note(self.run.advice.numbers.firmness, self.words)
        return f"{sentence(self.words, 'subtitles.weights', live)}&{quoted(f' {note}')}"

    def abc_rule(self, measure: str) -> str:
        """Up to which shares of the total the classes reach."""
        live = {key: self.figures.setting(f"abc_{key}") for key in ("a", "b")}
        details = {"as_of": self.run.as_of, "measure": measure}
        return sentence(self.words, "subtitles.abc", live, **details)


def _positions(table: SheetTable) -> npt.NDArray[np.int64]:
    """The place in the ranking of the customer in each row."""
    found = (column.at for column in table.columns if column.at is not None)
    return next(found, np.arange(len(table), dtype=np.int64))
