"""The history in a run: which days it keeps, what has changed, and what is odd about either."""

from __future__ import annotations

import datetime as dt
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlportfolio.analysis import NOBODY, PortfolioAnalysis, analyse
from xlportfolio.errors import Fault, Severity
from xlportfolio.history import History
from xlportfolio.movement import Movement, movement
from xlportfolio.presentation import Presentation
from xlportfolio.schema import WorkbookInput

#: By how much points that were kept may differ from what follows from the measures.
_TOLERANCE = 1e-9


class Past(NamedTuple):
    """What is kept of earlier days and of this one, and what has changed since the last."""

    history: History = History()
    movement: Movement | None = None


def past_of(
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
