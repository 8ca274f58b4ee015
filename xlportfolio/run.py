"""A run from raw tables to everything that a host shows: what closed and live workbooks share."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlportfolio.analysis import NOBODY, PortfolioAnalysis, analyse
from xlportfolio.consequences import Consequences
from xlportfolio.errors import Fault, Problem, Severity
from xlportfolio.history import History
from xlportfolio.locale import texts
from xlportfolio.model import Presentation
from xlportfolio.movement import Movement, movement
from xlportfolio.page import build_page
from xlportfolio.page_layout import PAGE, CustomerPage
from xlportfolio.report import ORDER, Report, build_report
from xlportfolio.schema import WorkbookInput, in_order
from xlportfolio.state import run_state
from xlportfolio.wording import Advice, advise

#: By how much points that were kept may differ from what follows from the measures.
_TOLERANCE = 1e-9


class Past(NamedTuple):
    """What is kept of earlier days and of this one, and what has changed since the last."""

    history: History = History()
    movement: Movement | None = None


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
        past, faults = _past(given, analysis, day)
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


def _past(
    given: WorkbookInput, analysis: PortfolioAnalysis, day: dt.date
) -> tuple[Past, list[Fault]]:
    """What is kept and what has changed since, and what is odd about what was kept."""
    asked, history = given.presentation, given.history
    if not asked.history_dates:
        nothing = history.thinned(0)  # but the columns of its sheet
        return Past(nothing, None), _unkept(history, nothing, day, asked)
    is_somebody = ~analysis.customers["note"].isin(NOBODY).to_numpy()
    customers, measures = analysis.customers.loc[is_somebody], analysis.measures.loc[is_somebody]
    faults: list[Fault] = []
    moved: Movement | None = None
    since = history.compared_with(day, asked.compare_with)
    if since is not None:
        then = history.snapshot(since)
        before = analyse(then.customers, then.model)
        faults += _doubts(history.rows, before, since)
        gone = history.gone(day, set(customers["customer_id"].tolist()), since)
        moved = movement(before, since, analysis, day, gone, history.last_seen(day))
    elif asked.compare_with is not None:
        details = {"day": asked.compare_with, "as_of": day}
        faults.append(Fault("nothing_kept", Severity.WARNING, "compare_with", details=details))
    all_days = history.with_day(day, customers, measures, given.model)
    kept = all_days.thinned(asked.history_dates)
    return Past(kept, moved), [*faults, *_unkept(all_days, kept, day, asked)]


def _unkept(whole: History, kept: History, day: dt.date, asked: Presentation) -> list[Fault]:
    """What somebody may not expect of which days are kept.

    That one day goes for each that comes is the rule; that more do is not.
    """
    stays = set(kept.days)
    gone = [one for one in whole.days if one not in stays]
    dates, later = asked.history_dates, [one for one in whole.days if one > day]
    faults = []
    if gone and (not dates or len(whole.days) - dates > 1):
        details = {"count": len(gone), "first": gone[0], "last": gone[-1], "dates": dates}
        faults.append(("history_shortened", Severity.WARNING, details))
    elif day in gone:
        faults.append(("day_not_kept", Severity.WARNING, {"as_of": day, "dates": dates}))
    if later and dates:
        details = {"count": len(later), "last": later[-1], "as_of": day}
        faults.append(("history_later", Severity.NOTE, details))
    fields = {"history_later": "history"}
    return [
        Fault(key, severity, fields.get(key, "history_dates"), details=details)
        for key, severity, details in faults
    ]


def _doubts(rows: pd.DataFrame, before: PortfolioAnalysis, since: dt.date) -> list[Fault]:
    """Whether points that were kept of a day do not follow from the measures that were kept."""
    computed = before.customers
    kept = rows.loc[computed.index]
    differs = np.zeros(len(kept), dtype=np.bool_)
    for key in ("value_score", "benefit_score", "total_score", "rank"):
        was, now = (frame[key].to_numpy(np.float64) for frame in (kept, computed))
        differs |= ~((np.abs(was - now) <= _TOLERANCE) | (np.isnan(was) & np.isnan(now)))
    differs |= (kept["quadrant"] != computed["quadrant"]).to_numpy()
    if not differs.any():
        return []
    first = kept.iloc[np.flatnonzero(differs)[0]]
    details = {"day": since, "count": int(differs.sum()), "first": first["customer_id"]}
    return [Fault("history_doubtful", Severity.WARNING, "history", details=details)]
