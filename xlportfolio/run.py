"""A run from raw tables to everything that a host shows: what closed and live workbooks share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from xlportfolio.analysis import PortfolioAnalysis, analyse
from xlportfolio.consequences import Consequences
from xlportfolio.errors import Problem
from xlportfolio.history import History
from xlportfolio.locale import texts
from xlportfolio.movement import Movement
from xlportfolio.page import build_page
from xlportfolio.page_layout import PAGE, CustomerPage
from xlportfolio.past import Past, past_of
from xlportfolio.presentation import Presentation
from xlportfolio.report import ORDER, Report, build_report
from xlportfolio.schema import WorkbookInput, in_order
from xlportfolio.state import run_state
from xlportfolio.wording import Advice, advise


@dataclass(frozen=True, eq=False)
class Run:
    """What came of the input tables of a workbook.

    Attributes
    ----------
    presentation
        The language of the texts and the day, as used.
    problems
        Everything the data check found, the gravest first.
    numbers
        What follows from a whole portfolio of which the analysis is a part; ``None``: it follows
        from the analysis.
    past
        What is kept of earlier days and of this one, and what has changed since.
    """

    given: WorkbookInput
    analysis: PortfolioAnalysis
    presentation: Presentation
    problems: tuple[Problem, ...]
    numbers: Consequences | None = None
    past: Past = field(default_factory=Past)

    @classmethod
    def of(
        cls,
        given: WorkbookInput,
        *,
        today: dt.date,
        as_of: dt.date | None = None,
        language: str | None = None,
    ) -> Run:
        """Score what a workbook holds.

        Parameters
        ----------
        as_of
            The day; ``None``: that of the settings, else today.
        language
            Of the texts; ``None``: that of the workbook.
        """
        analysis = analyse(given.customers, given.model)
        asked = given.presentation
        day = as_of or asked.as_of or today
        presentation = replace(asked, language=language or asked.language, as_of=day)
        past, faults = past_of(given, analysis, day)
        found = [*analysis.faults, *faults]
        problems = in_order([*given.problems, *map(given.places.locate, found)])
        return cls(given, analysis, presentation, tuple(problems), past=past)

    @property
    def as_of(self) -> dt.date:
        """The day for which the portfolio was scored."""
        assert self.presentation.as_of is not None
        return self.presentation.as_of

    @cached_property
    def advice(self) -> Advice:
        """What follows from the analysis, in numbers and in words."""
        return advise(self.analysis, self.presentation.language, self.numbers)

    @property
    def history(self) -> History:
        """What is kept of earlier days, and of this one."""
        return self.past.history

    @property
    def movement(self) -> Movement | None:
        """What has changed since the day compared with; none if there is no such day."""
        return self.past.movement

    @property
    def sheet_names(self) -> dict[str, str]:
        """What each sheet of ours is called where the workbook has none yet, by key."""
        words = texts(self.presentation.language)
        return {key: words(f"sheets.{key}") for key in ORDER}

    @property
    def page_name(self) -> str:
        """What the page of a customer is called where the workbook has none yet."""
        return texts(self.presentation.language)(f"sheets.{PAGE}")

    def page(self, position: int, name: str) -> CustomerPage:
        """Lay out the page of the customer at a place of the ranking, under this name."""
        return build_page(self.advice, position, self.presentation, name)

    @property
    def state(self) -> Mapping[str, float | dt.date]:
        """What the first sheet tells of the run; see :func:`xlportfolio.state.run_state`."""
        return run_state(self.analysis, self.problems, as_of=self.as_of)

    def report(self, names: Mapping[str, str]) -> Report:
        """Lay out the sheets under these names, sizes of points in the order of the ranking."""
        measure = self.presentation.bubble_measure
        sizes = None
        if measure is not None:
            column = self.given.customers[measure]
            sizes = column.loc[self.analysis.customers.index].to_numpy(np.float64)
        return build_report(
            self.advice,
            self.problems,
            self.presentation,
            names=names,
            history=self.history,
            movement=self.movement,
            sizes=sizes,
        )
