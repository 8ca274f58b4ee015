"""What earlier runs have left: who was scored how, on which day and under which model."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import pandas as pd

from xlportfolio.model import ScoringModel

#: The columns of :attr:`History.rows` that are no measures.
COLUMNS = (
    *("day", "version", "customer_id", "customer", "status", "quadrant"),
    *("value_score", "benefit_score", "total_score", "rank", "parted"),
)


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame({column: [] for column in COLUMNS})


class Snapshot(NamedTuple):
    """The customers of a day as :func:`xlportfolio.analyse` takes them, and their model then."""

    day: dt.date
    customers: pd.DataFrame
    model: ScoringModel


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The days that are kept, oldest first.

    Attributes
    ----------
    rows
        One row for each customer and day. Columns ``day`` (:meth:`datetime.date.toordinal`),
        ``version``, ``customer_id``, ``customer``, ``status``, ``quadrant``, ``value_score``,
        ``benefit_score``, ``total_score`` (0 to 100), ``rank``, ``parted`` (what a user has typed
        of somebody who was dropped on purpose, else ``""``), then one for each of ``criteria``:
        measures as they were, numbers or words, NaN or ``None`` where missing.
    criteria
        The names of all criteria of which measures are kept, the oldest first.
    versions
        The models under which days were scored, by version, counted from 1.
    """

    rows: pd.DataFrame = field(default_factory=_no_rows)
    criteria: tuple[str, ...] = ()
    versions: Mapping[int, ScoringModel] = field(default_factory=dict)
