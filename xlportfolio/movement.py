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
from dataclasses import dataclass
from enum import StrEnum

import pandas as pd

from xlportfolio.analysis import PortfolioAnalysis, Thresholds
from xlportfolio.model import Axis, Threshold
from xlportfolio.tipping import Withheld


class Change(StrEnum):
    """What has become of a customer since."""

    MOVED = "moved"
    RATED = "rated"  # was not rated, and now is
    UNRATED = "unrated"  # was rated, and now is not
    NEW = "new"
    GONE = "gone"
    STAYED = "stayed"


class Cause(StrEnum):
    """What took a score over its threshold."""

    CUSTOMER = "customer"
    MODEL = "model"
    OTHERS = "others"


@dataclass(frozen=True, slots=True)
class Crossing:
    """A score that has crossed its threshold.

    Attributes
    ----------
    axis, upward
        Which score, and whether it is high now.
    cause
        The last of the three steps in which the score has changed sides.
    before, after
        The score on each day, 0 to 100.
    criterion
        Which did most of it in that step; ``None``: the threshold, which has moved by more than
        the score; :data:`xlportfolio.tipping.WITHHELD`: it must not be named to whoever sees this.
    points
        By how much the criterion has moved the score in that step, or by how much the threshold
        has moved; NaN where it is withheld. Over all criteria they add up to the change of the
        score. Where the share of the criterion in the weight stays, they are the change of its
        contribution; where it changes, its points count from the score before, so that a criterion
        that lies below it pulls the score down when it gains weight.
    measure_before, measure_after
        Its measures on each day, a number or a word; ``None``: missing, not known to the scale of
        that day, or withheld.
    unit
        That of the measures.
    """

    axis: Axis
    upward: bool
    cause: Cause
    before: float
    after: float
    criterion: str | Withheld | None
    points: float
    measure_before: float | str | None
    measure_after: float | str | None
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ModelChange:
    """One thing in which the later model differs from the earlier one.

    Attributes
    ----------
    criterion
        Its name; ``None`` for a setting.
    field
        ``"added"``, ``"removed"``, the name of a setting, or of what differs in the criterion:
        ``axis``, ``weight``, ``objective``, ``scale`` (kind, bounds or levels), ``missing``.
    before, after
        Numbers or words where there are any; weights in percent of their axis, or, those of the
        axes, of both. Scales as ``"linear 0..500"`` (nothing where a bound is taken from the data)
        or ``"steps 0=0; 50=25"``. ``None`` for both: it is only known, or told, that it differs.
    """

    criterion: str | None
    field: str
    before: float | str | None = None
    after: float | str | None = None


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
        ``last_seen`` (a date; of those who are gone, else ``None``), ``parted`` (what a user has
        typed of somebody who was dropped on purpose, else ``""``) and ``successor`` (of those who
        are gone, the number of somebody new with the same name, else ``""``). Why somebody is not
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
    """
    raise NotImplementedError
