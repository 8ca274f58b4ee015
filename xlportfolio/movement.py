"""Who has moved between two days, and why: the customer, the model, or the others.

Every score of the earlier day is taken to that of the later one in three steps, each of which
changes one thing alone:

1. the *model*: the earlier measures under the later model, with bounds and thresholds that follow
   from the earlier measures;
2. the *others*: the same with the bounds and thresholds of the later day, where those follow from
   the data;
3. the *customer*: the later measures.

So what a customer has done is told apart from what was done to the criteria, their weights and
thresholds, and from what everybody else has done.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from xlportfolio.analysis import PortfolioAnalysis, Thresholds
from xlportfolio.crossings import Cause, Crossing, crossings
from xlportfolio.model import Axis, Threshold
from xlportfolio.model_changes import ModelChange, model_changes
from xlportfolio.movement_steps import steps_between, who_counts
from xlportfolio.scoring import Floats, Ints, Strings, rounded

#: Columns of an analysis, and what they are called in a movement; words, then numbers.
_WORDS = {"quadrant": "quadrant", "note": "note"}
_NUMBERS = {
    "value_score": "value",
    "benefit_score": "benefit",
    "total_score": "total",
    "rank": "rank",
    "value_coverage": "value_coverage",
    "benefit_coverage": "benefit_coverage",
}
#: The columns of a movement.
_ORDER = (
    *("customer_id", "customer", "customer_before", "status", "change"),
    *("quadrant_before", "quadrant", "value_before", "value", "benefit_before", "benefit"),
    *("total_before", "total", "rank_before", "rank", "value_then", "benefit_then"),
    *("last_seen", "parted", "successor", "rated_cause", "note_before", "note"),
    *("value_coverage_before", "value_coverage"),
    *("benefit_coverage_before", "benefit_coverage"),
)
#: Some rows of it: words and numbers by column.
_Table = dict[str, Strings | Floats]


class Change(StrEnum):
    """What has become of a customer since."""

    MOVED = "moved"
    RATED = "rated"  # was not rated, and now is
    UNRATED = "unrated"  # was rated, and now is not
    NEW = "new"
    GONE = "gone"
    STAYED = "stayed"


@dataclass(frozen=True, slots=True, eq=False)
class Movement:
    """What has changed between two days.

    Attributes
    ----------
    since, day
        The two days.
    thresholds_before, thresholds
        The numbers used on each.
    model_changes
        What differs between the models; empty: they are the same.
    customers
        One row for everybody who is there on one of the days: first those of the later day in the
        order of its ranking, then those who are gone by their rank then. Columns ``customer_id``,
        ``customer``, ``customer_before`` (the name then, ``""`` if new), ``status`` (the last
        known), ``change`` (:class:`Change`), ``quadrant_before``, ``quadrant`` (``""`` where
        somebody was not there), ``value_before``, ``value``, ``benefit_before``, ``benefit``,
        ``total_before``, ``total``, ``rank_before``, ``rank``; ``value_then``, ``benefit_then``,
        of those there on both days, the scores of the earlier measures with the model, bounds and
        thresholds of the later day, or, where these measures give none, those of the earlier day;
        ``last_seen`` (a date; of those who are gone, and of those who are back again, which are
        among those who are new; else ``None``), ``parted`` (what a user has
        typed of somebody who was dropped on purpose, else ``""``) and ``successor`` (of those who
        are gone, the number of somebody new with the same name, else ``""``), ``rated_cause`` (of
        those who are rated now or no longer, which :class:`Cause` did it, else ``""``: the model if
        the earlier measures are enough, or too few, for the later one). Why somebody is not
        rated say ``note_before``, ``note`` (:class:`xlportfolio.analysis.Note`),
        ``value_coverage_before``, ``value_coverage``, ``benefit_coverage_before`` and
        ``benefit_coverage`` (0 to 1). Of those who are gone, what was then is that of the day on
        which they were last seen. Numbers that do not exist are NaN.
    crossings
        For each row, the scores that have crossed their threshold; at most one for each axis.
    rules
        Where the value axis and the benefit axis are cut on the later day: numbers, or rules.
    min_coverages
        Percent of the weight of an axis that needed a real measure on each of the days.
    """

    since: dt.date
    day: dt.date
    thresholds_before: Thresholds
    thresholds: Thresholds
    model_changes: tuple[ModelChange, ...]
    customers: pd.DataFrame
    crossings: tuple[tuple[Crossing, ...], ...]
    rules: tuple[Threshold, Threshold] = (50.0, 50.0)
    min_coverages: tuple[float, float] = (50.0, 50.0)


def movement(
    before: PortfolioAnalysis,
    since: dt.date,
    after: PortfolioAnalysis,
    day: dt.date,
    gone: pd.DataFrame | None = None,
    seen: Mapping[str, dt.date] | None = None,
) -> Movement:
    """Compare two days.

    Parameters
    ----------
    before, since
        The earlier portfolio under its own model, and its day.
    after, day
        The later one.
    gone
        The last row that is kept of each one who is not there any more, with the columns of
        :attr:`xlportfolio.history.History.rows`; more rows do no harm. Whoever was parted with on
        purpose is listed only if ``before`` has them. ``None``: whoever ``before`` has and
        ``after`` has not is gone.
    seen
        When customers were last seen before the later day, by their numbers: so those are told who
        are not new, but back again. ``None``: it is not known.

    Examples
    --------
    >>> from xlportfolio import Criterion, Scale, ScoringModel, analyse
    >>> model = ScoringModel((
    ...     Criterion("Turnover", Axis.VALUE, 1, Scale.linear(0, 100)),
    ...     Criterion("Services", Axis.BENEFIT, 1, Scale.linear(0, 10)),
    ... ))
    >>> before, after = (
    ...     analyse(pd.DataFrame({"customer_id": ["7"], "Turnover": [t], "Services": [9]}), model)
    ...     for t in (40, 60)
    ... )
    >>> moved = movement(before, dt.date(2026, 3, 31), after, dt.date(2026, 6, 30))
    >>> moved.customers[["customer_id", "change", "quadrant_before", "quadrant"]]
      customer_id change quadrant_before quadrant
    0           7  moved      free_rider     star
    >>> crossing = moved.crossings[0][0]
    >>> str(crossing.cause), crossing.criterion, crossing.points
    ('customer', 'Turnover', 20.0)
    """
    earlier, later = (
        _by_number(analysis.customers.iloc[who_counts(analysis)]) for analysis in (before, after)
    )
    steps = steps_between(before, after)
    both = after.customers["customer_id"].to_numpy(object)[steps.states[-1].at]
    here = _here(earlier, later, seen or {})
    here |= {
        f"{axis}_then": _numbers(pd.Series(steps.scores(axis)[2], both).reindex(later.index))
        for axis in Axis
    }
    there = _departed(earlier, later, since, gone)
    there["successor"] = _successors(there, here)
    rows = later.index.get_indexer(pd.Index(both, dtype=object))
    by_model = steps.is_rated(1) == steps.is_rated(3)
    rated = np.isin(here["change"][rows], [Change.RATED, Change.UNRATED])
    causes = _objects([Cause.CUSTOMER, Cause.MODEL])[by_model.astype(np.int64)]
    here["rated_cause"][rows[rated]] = causes[rated]
    found: list[tuple[Crossing, ...]] = [()] * (len(later) + len(there["customer_id"]))
    for axis in Axis:
        for place, crossing in crossings(steps, axis, here["change"][rows] == Change.MOVED):
            found[rows[place]] += (crossing,)
    return Movement(
        since,
        day,
        before.thresholds,
        after.thresholds,
        model_changes(before.model, after.model),
        _joined(here, there),
        tuple(found),
        (after.model.value_threshold, after.model.benefit_threshold),
        (float(before.model.min_coverage), float(after.model.min_coverage)),
    )


def largest_moves(movement: Movement, count: int) -> Ints:
    """Who has moved furthest by what they have done themselves, the longest way first.

    The way leads from where the earlier measures would stand today to today's point.

    Parameters
    ----------
    count
        How many at most.

    Returns
    -------
    Rows of :attr:`Movement.customers`; only those who are rated on both days and have moved.
    """
    rows = movement.customers
    ways = [(rows[axis] - rows[f"{axis}_then"]).to_numpy(np.float64) for axis in Axis]
    on_both = rows[["rank_before", "rank"]].notna().all(axis=1).to_numpy()
    moves = rounded(np.hypot(*ways))
    moves = np.where(on_both & (moves > 0), moves, -1.0)  # NaN is not above 0 either
    at = np.argsort(-moves, kind="stable")[:count]
    return at[moves[at] > 0]


def _by_number(customers: pd.DataFrame) -> pd.DataFrame:
    """Rows labelled by the numbers of the customers, as objects: Arrow is slow to find them."""
    return customers.set_axis(pd.Index(customers["customer_id"].to_numpy(object), dtype=object))


def _here(earlier: pd.DataFrame, later: pd.DataFrame, seen: Mapping[str, dt.date]) -> _Table:
    """Those of the later day, in the order of its ranking; frames are labelled by numbers."""
    known = later.index.isin(earlier.index)
    then = earlier.reindex(later.index)
    table: _Table = {
        "customer_id": later.index.to_numpy(object),
        "customer": _texts(later["customer"]),
        "customer_before": np.where(known, _texts(then["customer"]), ""),
        "status": _texts(later["status"]),
        "last_seen": _objects(
            [
                None if is_known else seen.get(n)
                for n, is_known in zip(later.index, known, strict=True)
            ]
        ),
        "rated_cause": np.full(len(later), "", dtype=object),
    }
    for column, name in _WORDS.items():
        table[f"{name}_before"] = np.where(known, _texts(then[column]), "")
        table[name] = _texts(later[column])
    for column, name in _NUMBERS.items():
        table[f"{name}_before"], table[name] = _numbers(then[column]), _numbers(later[column])
    was, now = (~np.isnan(table[name]) for name in ("rank_before", "rank"))
    moved = was & now & (table["quadrant"] != table["quadrant_before"])
    kinds = np.array([*Change], dtype=object)
    chosen = np.select(
        [~known, moved, now & ~was, was & ~now],
        [[*Change].index(c) for c in (Change.NEW, Change.MOVED, Change.RATED, Change.UNRATED)],
        [*Change].index(Change.STAYED),
    )
    return table | {"change": kinds[chosen]}


def _departed(
    earlier: pd.DataFrame, later: pd.DataFrame, since: dt.date, gone: pd.DataFrame | None
) -> _Table:
    """Those who are there no more, by their rank when they were last seen."""
    absent = earlier.loc[~earlier.index.isin(later.index)]
    table = _last_seen(absent.assign(day=since.toordinal(), parted=""))
    if gone is not None:
        kept = _by_number(gone.drop_duplicates("customer_id", keep="last"))
        kept = kept.loc[~kept.index.isin(later.index)]
        parted = kept["parted"].reindex(absent.index)
        table["parted"] = np.where(absent.index.isin(kept.index), _texts(parted), "")
        known = kept.index.isin(absent.index)
        newer = known & (kept["day"].to_numpy() > since.toordinal())
        stays = ~absent.index.isin(kept.index[newer])
        more = _last_seen(kept.loc[newer | (~known & (kept["parted"] == "").to_numpy())])
        table = {name: np.concatenate([table[name][stays], more[name]]) for name in table}
    order = np.argsort(table["rank_before"], kind="stable")  # NaN comes last
    return {name: column[order] for name, column in table.items()}


def _last_seen(rows: pd.DataFrame) -> _Table:
    """Rows of a day on which somebody was seen for the last time, labelled by numbers."""
    nothing, blank = np.full(len(rows), np.nan), np.full(len(rows), "", dtype=object)
    table: _Table = {
        "customer_id": rows.index.to_numpy(object),
        "customer": _texts(rows["customer"]),
        "customer_before": _texts(rows["customer"]),
        "status": _texts(rows["status"]),
        "change": _objects([Change.GONE] * len(rows)),
        "parted": _texts(rows["parted"]),
        "rated_cause": blank,
    }
    days = [dt.date.fromordinal(int(day)) for day in rows["day"].tolist()]
    table["last_seen"] = _objects(days)
    for column, name in _WORDS.items():
        table[f"{name}_before"] = _texts(rows[column]) if column in rows else blank
        table[name] = blank
    for column, name in _NUMBERS.items():
        table[f"{name}_before"] = _numbers(rows[column]) if column in rows else nothing
        table[name] = nothing
    return table


def _successors(there: _Table, here: _Table) -> Strings:
    """The number of the first of those who are new with the name of each one who is gone."""

    def key(name: str) -> str:
        return " ".join(name.split()).casefold()

    new = here["change"] == Change.NEW
    pairs = zip(here["customer"][new].tolist(), here["customer_id"][new].tolist(), strict=True)
    by_name = {key(name): number for name, number in reversed([*pairs])}
    names = [key(name) for name in there["customer"].tolist()]
    found = [by_name.get(name, "") if name else "" for name in names]
    return _objects(found)


def _joined(here: _Table, there: _Table) -> pd.DataFrame:
    """One frame of those who are there and those who are gone; what neither has is blank."""
    count, missing = len(there["customer_id"]), len(here["customer_id"])
    columns = {}
    for name in _ORDER:
        first = here.get(name, np.full(missing, "", dtype=object))
        second = there.get(name, np.full(count, np.nan))
        columns[name] = pd.Series(np.concatenate([first, second]), dtype=first.dtype)
    return pd.DataFrame(columns)


def _objects(items: Sequence[object]) -> Strings:
    """An array of objects as they are."""
    array = np.empty(len(items), dtype=object)
    array[:] = items
    return array


def _texts(column: pd.Series) -> Strings:
    return np.asarray(column.to_numpy(object), dtype=object)


def _numbers(column: pd.Series) -> Floats:
    return np.asarray(column.to_numpy(np.float64), dtype=np.float64)
