"""What earlier runs have left: who was scored how, on which day and under which model."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xlportfolio.model import Criterion, Objective, ScaleKind, ScoringModel, name_key

#: The columns of :attr:`History.rows`.
COLUMNS = (
    *("day", "version", "customer_id", "customer", "status", "quadrant"),
    *("value_score", "benefit_score", "total_score", "rank", "parted"),
)
#: Those of them that hold whole numbers, and numbers; the others hold texts.
WHOLE, NUMBERS = COLUMNS[:2], COLUMNS[6:10]
#: Rows that are kept; the newest two days stay even if they have more.
MOST_ROWS = 100_000
#: Rows that a sheet holds below its headers, whatever stands above these.
SHEET_ROWS = 1_048_000

Bools = npt.NDArray[np.bool_]
#: The cells of a column of measures.
Column = npt.NDArray[np.float64] | npt.NDArray[np.object_]


def _series(key: str, cells: Iterable[object] = ()) -> pd.Series:
    """A column of :attr:`History.rows`."""
    kind = np.int64 if key in WHOLE else np.float64 if key in NUMBERS else object
    return pd.Series(list(cells), dtype=kind)


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame({column: _series(column) for column in COLUMNS})


class Snapshot(NamedTuple):
    """The customers of a day as :func:`xlportfolio.analyse` takes them, and their model then.

    The index of the customers is that of :attr:`History.rows`.
    """

    day: dt.date
    customers: pd.DataFrame
    model: ScoringModel


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The days that are kept, oldest first.

    Attributes
    ----------
    rows
        One row for each customer and day, those of a day in the order of its ranking. Columns
        ``day`` (:meth:`datetime.date.toordinal`), ``version``, ``customer_id``, ``customer``,
        ``status``, ``quadrant``, ``value_score``, ``benefit_score``, ``total_score`` (0 to 100),
        ``rank`` (NaN where there is none) and ``parted`` (what a user has typed of somebody who
        was dropped on purpose, else ``""``). Where they were read from a sheet, the index holds
        its rows.
    measures
        The same rows, with one column for each criterion of which measures were ever kept, the
        oldest first: measures as they were, numbers or words, NaN or ``None`` where missing.
    versions
        The models under which days were scored, by version, counted from 1; see
        :func:`kept_model`.
    """

    rows: pd.DataFrame = field(default_factory=_no_rows)
    measures: pd.DataFrame = field(default_factory=pd.DataFrame)
    versions: Mapping[int, ScoringModel] = field(default_factory=dict)

    @property
    def criteria(self) -> tuple[str, ...]:
        """The names of all criteria of which measures are kept, the oldest first."""
        return tuple(map(str, self.measures.columns))

    @property
    def days(self) -> list[dt.date]:
        """The days that are kept, oldest first."""
        raise NotImplementedError

    def compared_with(self, day: dt.date, wanted: dt.date | None = None) -> dt.date | None:
        """The day with which another one is compared: the latest before it; ``None``: there is none.

        Parameters
        ----------
        wanted
            The latest day not after this one instead.
        """
        raise NotImplementedError

    def snapshot(self, day: dt.date) -> Snapshot:
        """One of the days that are kept."""
        raise NotImplementedError

    def gone(self, day: dt.date, present: Collection[str], since: dt.date) -> pd.DataFrame:
        """Who was there before a day, and is not among those present on it, best rank first.

        Of whom a user has typed that they were dropped on purpose, only those are listed who were
        still there on the day compared with.

        Parameters
        ----------
        present
            The numbers of those who are there on this day.
        since
            The day compared with.

        Returns
        -------
        The last row of each before that day, columns as in :attr:`rows`, and ``last_seen``, its
        day as a date.
        """
        raise NotImplementedError

    def marked(self, marks: Mapping[str, str]) -> History:
        """With what was typed of those who were dropped on purpose, by their numbers."""
        raise NotImplementedError

    def with_day(
        self, day: dt.date, customers: pd.DataFrame, measures: pd.DataFrame, model: ScoringModel
    ) -> History:
        """With a day put in its place; one that is there already is replaced.

        Parameters
        ----------
        customers
            Of :class:`xlportfolio.PortfolioAnalysis`, without rows that repeat others or are
            nobody's; their numbers differ.
        measures
            The same rows, one column for each criterion of the model.
        """
        raise NotImplementedError

    def thinned(self, dates: int) -> History:
        """With no more days than these."""
        raise NotImplementedError


def kept_model(model: ScoringModel) -> ScoringModel:
    """What of a model scores, types, ranks and the band around thresholds depend on."""
    raise NotImplementedError


def header_of(criterion: str, fixed: Collection[str]) -> str:
    """The header of a criterion's column: its name, in brackets where it could be mistaken.

    Parameters
    ----------
    fixed
        All other headers, in either language, as headers are compared; see
        :func:`xlportfolio.model.name_key`.

    Examples
    --------
    >>> [header_of(name, {"rank"}) for name in ("Turnover", "Rank", "[net]")]
    ['Turnover', '[Rank]', '[[net]]']
    """
    return (
        f"[{criterion}]" if criterion.startswith("[") or name_key(criterion) in fixed else criterion
    )


def criterion_of(header: str) -> str:
    """The criterion to whose column a header belongs; see :func:`header_of`.

    >>> [criterion_of(header) for header in ("Turnover", "[Rank]", "[[net]]")]
    ['Turnover', 'Rank', '[net]']
    """
    return header[1:-1] if header.startswith("[") and header.endswith("]") else header
