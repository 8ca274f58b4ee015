"""The activity plan: the hours that there are against the hours that the strategies ask for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlportfolio.model import EFFORT, Quadrant, Strategy
from xlportfolio.scoring import Bools, Floats, Ints, Strings, rounded


@dataclass(frozen=True, slots=True, eq=False)
class Plan:
    """Who gets hours; every array has the shape ``(n_customers,)``, hours are those of a year.

    Attributes
    ----------
    hours
        The hours that there are; ``None``: not known.
    asked
        What the strategies ask for: visits times hours per visit; NaN where it is not said.
    per_hour
        Points of the value score per hour asked; NaN where none are asked.
    planned
        The hours asked where they fit, else 0; NaN where none are asked or what there is is not
        known.
    order
        The positions of all rows whose strategy says how many hours it asks for, most value per
        hour first; those that ask for none come last.
    """

    hours: float | None
    asked: Floats
    per_hour: Floats
    planned: Floats
    order: Ints

    @property
    def asks(self) -> Bools:
        """Who asks for hours at all."""
        return np.asarray(rounded(self.asked) > 0, dtype=np.bool_)

    @property
    def fits(self) -> Bools:
        """Who gets the hours asked."""
        return np.asarray(self.planned > 0, dtype=np.bool_)


def hours_asked(strategies: Sequence[Strategy | None]) -> Floats:
    """The hours per year that each strategy asks for; NaN where they are not said or impossible.

    Examples
    --------
    >>> from xlportfolio import Quadrant
    >>> keep = Strategy(Quadrant.STAR, None, "Keep", visits_per_year=6, hours_per_visit=1.5)
    >>> hours_asked([keep, None])
    array([ 9., nan])
    """
    asked = {id(None): np.nan}
    for strategy in {id(s): s for s in strategies if s is not None}.values():
        visits, hours = strategy.visits_per_year, strategy.hours_per_visit
        asked[id(strategy)] = np.nan
        if visits is not None and hours is not None:
            possible = all(EFFORT.low <= number <= EFFORT.high for number in (visits, hours))
            asked[id(strategy)] = visits * hours if possible else np.nan
    return np.array([asked[id(strategy)] for strategy in strategies], dtype=np.float64)


def plan(value: Floats, asked: Floats, hours: float | None) -> Plan:
    """Give out the hours that there are, in the order of value per hour.

    Each customer in turn gets what its strategy asks for if that is still there, else nothing; a
    later one who asks for less may still fit.

    Parameters
    ----------
    value
        Shape ``(n_customers,)``: the value scores, 0 to 100, in the order of the ranking; NaN for
        rows that are not rated, which get nothing.
    asked
        Shape ``(n_customers,)``: hours per year, from 0; NaN: not said.
    hours
        The hours per year that there are, from 0; ``None``: not known.

    Examples
    --------
    >>> made = plan(np.array([80.0, 60.0, 50.0]), np.array([18.0, 30.0, 4.0]), 25)
    >>> made.order
    array([2, 0, 1])
    >>> made.planned
    array([18.,  0.,  4.])
    """
    asked = np.where(np.isnan(value), np.nan, asked)
    asks = rounded(asked) > 0
    per_hour = np.where(asks, value, np.nan) / np.where(asks, asked, np.nan)
    said = np.flatnonzero(~np.isnan(asked))
    keys = rounded(np.where(asks, -per_hour, np.inf))[said]
    order = said[np.argsort(keys, kind="stable")]
    planned = np.full(len(asked), np.nan)
    if hours is not None:
        left, wanted = float(hours), asked.tolist()
        for position in order[asks[order]].tolist():
            fits = round(wanted[position], 9) <= round(left, 9)
            planned[position] = wanted[position] if fits else 0.0
            left -= wanted[position] if fits else 0.0
    return Plan(hours, asked, per_hour, planned, order)


@dataclass(frozen=True, slots=True)
class PlanLine:
    """The hours of a type, or of everybody (``quadrant`` is ``None``), in a year.

    ``customers`` counts who asks for hours; ``planned`` and ``now`` are NaN where nothing is known.
    """

    quadrant: Quadrant | None
    customers: int
    fitting: int
    asked: float
    planned: float
    now: float


def plan_lines(plan: Plan, quadrants: Strings, now: Floats) -> list[PlanLine]:
    """The hours per type, rows not rated after the types, everybody last.

    Parameters
    ----------
    quadrants
        Shape ``(n_customers,)``, the type of each customer.
    now
        Shape ``(n_customers,)``: today's effort in hours per year; NaN: not known.

    Examples
    --------
    >>> made = plan(np.array([80.0, 60.0]), np.array([18.0, 30.0]), 25)
    >>> types = np.array([Quadrant.STAR, Quadrant.STAR], dtype=object)
    >>> plan_lines(made, types, np.array([10.0, np.nan]))[-1]
    PlanLine(quadrant=None, customers=2, fitting=1, asked=48.0, planned=18.0, now=10.0)
    """
    lines = []
    for quadrant in (*Quadrant, None):
        of = np.full(len(now), fill_value=True) if quadrant is None else quadrants == quadrant
        lines.append(
            PlanLine(
                quadrant,
                int((of & plan.asks).sum()),
                int((of & plan.fits).sum()),
                float(np.nansum(plan.asked[of])),
                np.nan if plan.hours is None else float(np.nansum(plan.planned[of])),
                np.nan if np.isnan(now[of]).all() else float(np.nansum(now[of])),
            )
        )
    return lines
