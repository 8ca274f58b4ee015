"""From the sheets that find weights to all that is said of them: what both hosts share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xlportfolio.errors import InputError, Problem, Severity
from xlportfolio.locale import texts
from xlportfolio.model import Axis
from xlportfolio.run import Run
from xlportfolio.schema import RawTable, in_order
from xlportfolio.schema.weights import read_weights
from xlportfolio.weighing import AxisWeighing, Entries, Rater, weigh, weighed
from xlportfolio.weight_sheets import WEIGHTS


@dataclass(frozen=True, slots=True, eq=False)
class WeightsRun:
    """What came of a workbook's entries on weights.

    Attributes
    ----------
    axes
        What is said of each axis.
    problems
        What is odd in the entries; what is odd in the other tables is in the run.
    """

    run: Run
    axes: tuple[AxisWeighing, ...]
    problems: tuple[Problem, ...]

    @classmethod
    def of(cls, run: Run, tables: Iterable[RawTable]) -> WeightsRun:
        """Weigh the criteria of a run by what stands in the tables for weights.

        Raises
        ------
        InputError
            If something there cannot be read; ``problems`` lists everything.
        """
        criteria = {axis: [c.name for c in weighed(run.analysis.model, axis)] for axis in Axis}
        typed, problems = read_weights(tables, criteria, run.given.presentation.language)
        if any(problem.severity is Severity.ERROR for problem in problems):
            raise InputError(in_order(problems), run.given.presentation.language, run.as_of)
        entries = {
            axis: Entries(
                found.ranks, found.points, tuple(Rater(*square) for square in found.squares)
            )
            for axis, found in typed.items()
        }
        return cls(run, weigh(run.analysis, entries), problems)

    @property
    def sheet_names(self) -> dict[str, str]:
        """What each sheet is called where the workbook has none yet, by key."""
        words = texts(self.run.presentation.language)
        keys = (WEIGHTS, *(f"pairwise_{axis}" for axis in Axis))
        return {key: words(f"sheets.{key}") for key in keys}
