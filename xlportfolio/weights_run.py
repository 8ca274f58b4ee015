"""From the sheets that find weights to all that is said of them: what both hosts share."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from xlportfolio.errors import InputError, Problem, Severity
from xlportfolio.locale import texts
from xlportfolio.model import Axis
from xlportfolio.run import Run
from xlportfolio.schema import RawTable, in_order
from xlportfolio.schema.weights import PAIRWISE, WEIGHTS_TABLE, pairwise_axis, read_weights
from xlportfolio.weighing import AxisWeighing, Entries, Rater, weigh, weighed
from xlportfolio.weight_sheets import WEIGHTS, Place


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

    def places(
        self,
        there: Sequence[tuple[str, str]],
        free: Callable[[str, set[str]], str],
        *,
        computes: bool,
    ) -> tuple[str, list[Place]]:
        """What the sheet of all methods is called, and where the criteria of an axis are compared.

        An axis of several criteria that nobody compares yet gets a place to do so.

        Parameters
        ----------
        there
            The tables for weights that the workbook has, in its order: their names, and those of
            their sheets.
        free
            Makes the name of a new sheet, like the one given, that no other has and that is not
            among those made before.
        computes
            Whether formulas of the workbook can call our functions.
        """
        words = texts(self.run.presentation.language)
        names = {table.lower(): sheet for table, sheet in there}
        made: set[str] = set()

        def new(key: str) -> str:
            name = free(words(f"sheets.{key}"), made)
            made.add(name)
            return name

        home = names.get(WEIGHTS_TABLE.name.lower()) or new(WEIGHTS)
        places = []
        for weighing in self.axes:
            axis = weighing.axis
            found = [(table, sheet) for table, sheet in there if pairwise_axis(table) is axis]
            if not found and len(weighing.criteria) > 1:
                found = [(PAIRWISE[axis], new(f"pairwise_{axis}"))]
            places += [Place(axis, table, sheet, computes) for table, sheet in found]
        return home, places
