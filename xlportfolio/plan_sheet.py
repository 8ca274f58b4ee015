"""What stands on the sheet that says whose visits fit into the hours of a year."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xlportfolio.locale import Texts
from xlportfolio.model import Quadrant
from xlportfolio.plan import PlanLine
from xlportfolio.tables import Cells, Kind, ReportColumn, Summary
from xlportfolio.wording import Advice

#: The columns of the sheet in their order, those of the ranking among them.
PLAN_COLUMNS = (
    *("order", "customer_id", "customer", "quadrant", "strategy"),
    *("visits_per_year", "hours_per_visit", "asked", "value_score", "per_hour"),
    *("fits", "planned", "hours_now", "change"),
)


def plan_columns(advice: Advice, words: Texts) -> list[ReportColumn]:
    """The columns that only this sheet has, in the order of the plan."""
    plan = advice.numbers.plan
    at = plan.order
    chosen = [advice.numbers.strategies[i] for i in at.tolist()]
    now = advice.analysis.customers["hours_now"].to_numpy(np.float64)
    visits, hours = (
        np.array([getattr(strategy, name) for strategy in chosen], dtype=np.float64)
        for name in ("visits_per_year", "hours_per_visit")
    )
    yes_no = words("words.yes"), words("words.no")
    fits = np.where(np.isnan(plan.planned), "", np.where(plan.fits, *yes_no))
    columns: tuple[tuple[str, Kind, Cells], ...] = (
        ("order", Kind.RANK, np.arange(1.0, len(at) + 1)),
        ("strategy", Kind.PHRASE, [s.strategy if s else "" for s in chosen]),
        ("visits_per_year", Kind.COUNT, visits),
        ("hours_per_visit", Kind.HOURS, hours),
        ("asked", Kind.HOURS, plan.asked[at]),
        ("per_hour", Kind.RATE, plan.per_hour[at]),
        ("fits", Kind.FLAG, fits[at].tolist()),
        ("planned", Kind.HOURS, plan.planned[at]),
        ("hours_now", Kind.HOURS, now[at]),
        ("change", Kind.CHANGE, (plan.planned - now)[at]),
    )
    return [ReportColumn.headed(*column, words) for column in columns]


def plan_summary(advice: Advice, words: Texts) -> Summary:
    """The hours of each type and of everybody, above the table's columns of the same name."""
    lines = advice.numbers.hours
    everybody, is_planned = lines[-1], advice.analysis.model.hours_per_year is not None

    def numbers(key: str, kind: Kind, of: Callable[[PlanLine], float]) -> ReportColumn:
        cells = np.array([of(line) for line in lines], dtype=np.float64)
        return ReportColumn.headed(key, kind, cells, words)

    def share(part: float, whole: float) -> float:
        return part / whole if whole > 0 else np.nan

    types = [
        words("words.total" if q is None else f"quadrants_plural.{q}")
        for q in (line.quadrant for line in lines)
    ]
    columns = {
        1: ReportColumn.headed("quadrant", Kind.WORD, types, words),
        4: numbers("asking", Kind.RANK, lambda line: line.customers),
        5: numbers("fitting", Kind.RANK, lambda line: line.fitting if is_planned else np.nan),
        8: numbers("asked", Kind.HOURS, lambda line: line.asked),
        9: numbers("share_asked", Kind.PERCENT, lambda line: share(line.asked, everybody.asked)),
        10: numbers("share_now", Kind.PERCENT, lambda line: share(line.now, everybody.now)),
        12: numbers("planned", Kind.HOURS, lambda line: line.planned),
        13: numbers("hours_now", Kind.HOURS, lambda line: line.now),
        14: numbers("change", Kind.CHANGE, lambda line: line.planned - line.now),
    }
    quadrants = tuple(
        None if line.quadrant is Quadrant.NOT_RATED else line.quadrant for line in lines
    )
    return Summary(tuple(columns.values()), quadrants, tuple(columns))


def plan_subtitles(advice: Advice, as_of: object, words: Texts) -> tuple[str, str]:
    """How many hours there are, are asked for and fit; how many are spent today."""
    everybody, hours = advice.numbers.hours[-1], advice.analysis.model.hours_per_year
    asked = words.rough(everybody.asked)
    if hours is None:
        first = words("subtitles.plan_unknown", as_of=as_of, asked=asked)
    else:
        details = {"hours": words.rough(float(hours)), "planned": words.rough(everybody.planned)}
        first = words("subtitles.plan", as_of=as_of, asked=asked, **details)
    if np.isnan(everybody.now):
        return first, words("subtitles.plan_now_unknown", column=words("columns.hours_now"))
    return first, words("subtitles.plan_now", now=words.rough(everybody.now))
