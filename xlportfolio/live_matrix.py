"""The matrix whose points move and change colour, by references to the calculation.

Every customer of the ranking has a point in the series of each type; its height is an error, which
no chart draws, in all of them but that of its own type. What lies to the right is a number
everywhere, since Excel counts 1, 2, 3 where a text is among them.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from xlportfolio.audience import Audience
from xlportfolio.calculation import Calculation
from xlportfolio.live_texts import quoted, sentence, with_formulas
from xlportfolio.locale import texts
from xlportfolio.matrix import FIRST_SIZE, MOST_POINTS, POINTS_COLUMN, SIZES, MatrixSheet
from xlportfolio.model import RATED_QUADRANTS, Status
from xlportfolio.plain_formulas import number
from xlportfolio.schema.contract import column_letters
from xlportfolio.scoring import Floats
from xlportfolio.tables import FIRST_ROW, NOTICE, Kind, ReportColumn

#: Of the summary, the column of each count, by the status of those counted.
_COUNTS = {Status.CUSTOMER: "B", Status.PROSPECT: "C"}


def live_matrix(matrix: MatrixSheet, audience: Audience, figures: Calculation) -> MatrixSheet:
    """The matrix with formulas for thresholds, counts and points.

    Parameters
    ----------
    matrix
        That of the report of ``audience.run``.
    """
    writer = _Writer(matrix, audience, figures)
    formulas = writer.thresholds() | writer.counts() | writer.lines()
    return replace(matrix, points=writer.points(), formulas=formulas)


class _Writer:
    """Writes the formulas of one matrix."""

    def __init__(self, matrix: MatrixSheet, audience: Audience, figures: Calculation) -> None:
        run = audience.run
        self.matrix, self.figures, self.run = matrix, figures, run
        self.words = texts(run.presentation.language)
        customers = run.analysis.customers
        self.types = customers["quadrant"].to_numpy()
        self.x, self.y = (
            customers[f"{axis}_score"].to_numpy(np.float64) for axis in ("benefit", "value")
        )
        self.named = sum(name != "" for name in matrix.points[0].cells)

    def thresholds(self) -> dict[str, str]:
        """Both ends of the line of each."""
        left = column_letters(POINTS_COLUMN + 1), column_letters(POINTS_COLUMN + 2)
        return {
            f"{letter}{row}": self.figures.setting(f"{axis}_threshold")
            for letter, axis in zip(left, ("value", "benefit"), strict=True)
            for row in (FIRST_ROW, FIRST_ROW + 1)
        }

    def counts(self) -> dict[str, str]:
        """How many customers and prospects are of each type."""
        if "quadrant" not in self.figures.live:
            return {}
        types, statuses = self.figures.column("quadrant"), self.figures.column("status")
        return {
            f"{letter}{row}": f"COUNTIFS({types},{self.type(quadrant)},{statuses},"
            f"{quoted(self.words(f'statuses.{status}'))})"
            for row, quadrant in enumerate(RATED_QUADRANTS, start=FIRST_ROW)
            for status, letter in _COUNTS.items()
        }

    def lines(self) -> dict[str, str]:
        """What stands above: the thresholds as they are, and what is as it was."""
        setting = self.figures.setting
        drawn = "matrix" if len(self.types) <= MOST_POINTS else "matrix_capped"
        live = {axis: f"FIXED({setting(f'{axis}_threshold')},1)" for axis in ("value", "benefit")}
        details = {"as_of": self.run.as_of, "labels": self.named}
        cap = self.words.number(MOST_POINTS, 0)
        told = sentence(self.words, f"subtitles.{drawn}", live, cap=cap, **details)
        key = "matrix_arrows" if len(self.matrix.arrows[0]) else "matrix"
        notice = quoted(self.words(f"live_report.{key}"))
        return {"A2": told, NOTICE: f'IF({self.figures.changed},{notice},"")'}

    def type(self, quadrant: str) -> str:
        return quoted(self.words(f"quadrants.{quadrant}"))

    def points(self) -> tuple[ReportColumn, ...]:
        """Columns as long as the ranking, as far as a chart draws it."""
        name, x, y, *rest = self.matrix.points
        rows = min(len(self.types), MOST_POINTS)
        blank = [""] * (rows - self.named)
        columns = [replace(name, all_cells=[*name.first(self.named), *blank])]
        columns += [self.right(x, rows, self.named), self.high(y, rows, range(self.named))]
        steps = self.steps()
        for k, quadrant in enumerate(RATED_QUADRANTS):
            of_type, across = rest[2 * k : 2 * k + 2], range(rows)
            columns.append(self.right(of_type[0], rows, rows))
            columns.append(self.high(of_type[1], rows, across, quadrant))
        for k, column in enumerate(self.matrix.points[FIRST_SIZE:]):
            at = [p for p, step in enumerate(steps) if step == k % SIZES + 1]
            columns.append(self.high(column, rows, at, RATED_QUADRANTS[k // SIZES]))
        return tuple(columns)

    def steps(self) -> list[int]:
        """The size of each named customer's point, 0 for the usual one."""
        drawn = [column.cells for column in self.matrix.points[FIRST_SIZE:]]
        sizes = [
            [k % SIZES + 1 for k, cells in enumerate(drawn) if not np.isnan(float(cells[p]))]
            for p in range(self.named)
        ]
        return [max(found, default=0) for found in sizes]

    def right(self, column: ReportColumn, rows: int, count: int) -> ReportColumn:
        """How far to the right the first points of the ranking lie; 0 where nobody knows."""
        cells = np.full(rows, np.nan)
        cells[:count] = np.nan_to_num(self.x[:count])
        formulas = [f"N({self.score('benefit', p)})" for p in range(count)]
        return with_formulas(replace(column, all_cells=cells), formulas)

    def high(
        self, column: ReportColumn, rows: int, at: range | list[int], quadrant: str | None = None
    ) -> ReportColumn:
        """How high some points lie, if they are of a type, or of any that is rated."""
        cells = np.full(rows, np.nan)
        formulas: list[str | None] = [None] * rows
        for p in at:
            is_here = self.types[p] == quadrant if quadrant else self.types[p] in RATED_QUADRANTS
            cells[p] = self.y[p] if is_here else np.nan
            if "quadrant" in self.figures.live:
                test = f"{self.figures.cell('quadrant', p)}="
                none = self.type("not_rated")
                test = f"{test}{self.type(quadrant)}" if quadrant else f"{test}{none}"
                score = self.score("value", p)
                either = (score, "NA()") if quadrant else ("NA()", score)
                formulas[p] = f"IF({test},{','.join(either)})"
            else:
                formulas[p] = self.score("value", p) if is_here else "NA()"
        return with_formulas(replace(column, kind=Kind.PLOTTED, all_cells=cells), formulas)

    def score(self, axis: str, position: int) -> str:
        """The reference to a score, or what it is if it does not go on computing."""
        key = f"{axis}_score"
        if key in self.figures.live:
            return self.figures.cell(key, position)
        scores: Floats = self.y if axis == "value" else self.x
        return number(float(np.nan_to_num(scores[position])))
