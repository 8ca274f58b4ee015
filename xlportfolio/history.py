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

from xlportfolio.model import Criterion, ScoringModel, heading, name_key
from xlportfolio.scale import Level, Scale, ScaleKind

#: The columns of :attr:`History.rows`.
COLUMNS = (
    *("day", "version", "customer_id", "customer", "status", "quadrant"),
    *("value_score", "benefit_score", "total_score", "rank", "parted"),
)
#: Those of them that hold whole numbers, and numbers; the others hold texts.
WHOLE, NUMBERS = COLUMNS[:2], COLUMNS[6:10]
#: The settings that a version of the model holds.
SETTINGS = (
    *("value_threshold", "benefit_threshold", "value_weight", "benefit_weight"),
    *("borderline_band", "min_coverage"),
)
#: Rows that are kept; the newest two days stay even if they have more.
MOST_ROWS = 100_000
#: Rows that a sheet holds below its headers, whatever stands above these.
SHEET_ROWS = 1_048_000
#: The newest days that stay however many rows they have.
_ALWAYS = 2

Bools = npt.NDArray[np.bool_]
#: The cells of a column of measures.
Column = npt.NDArray[np.float64] | npt.NDArray[np.object_]


def row_series(key: str, cells: Sequence[object] | Column = ()) -> pd.Series:
    """A column of :attr:`History.rows`."""
    kind = np.int64 if key in WHOLE else np.float64 if key in NUMBERS else object
    return pd.Series(cells, dtype=kind)


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame({column: row_series(column) for column in COLUMNS})


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
        return [dt.date.fromordinal(day) for day in sorted(set(self.rows["day"].tolist()))]

    def compared_with(self, day: dt.date, wanted: dt.date | None = None) -> dt.date | None:
        """The day with which another is compared: the latest before it, ``None`` if there is none.

        Parameters
        ----------
        wanted
            The latest day not after this one instead.
        """
        found = [one for one in self.days if one < day and (wanted is None or one <= wanted)]
        return found[-1] if found else None

    def snapshot(self, day: dt.date) -> Snapshot:
        """One of the days that are kept."""
        at = _on(self.rows, day)
        rows, measures = self.rows.loc[at], self.measures.loc[at]
        model = self.versions[int(rows["version"].iloc[0])]
        places = {name_key(name): name for name in self.criteria}
        columns = {key: rows[key] for key in ("customer_id", "customer", "status")}
        for criterion in model.criteria:
            cells = measures[places[name_key(criterion.name)]].to_numpy()
            columns[criterion.name] = pd.Series(_measures_of(criterion, cells), index=rows.index)
        return Snapshot(day, pd.DataFrame(columns), model)

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
        The last row of each before that day, columns as in :attr:`rows`.
        """
        earlier = self.rows.loc[(self.rows["day"] < day.toordinal()).to_numpy()]
        last = earlier.drop_duplicates("customer_id", keep="last")
        there = set(earlier.loc[_on(earlier, since), "customer_id"].tolist())
        missing = [
            number not in present and (not parted or number in there)
            for number, parted in zip(
                last["customer_id"].tolist(), last["parted"].tolist(), strict=True
            )
        ]
        listed: pd.DataFrame = last.loc[np.array(missing, dtype=np.bool_)]
        return listed.sort_values("rank", kind="stable")

    def last_seen(self, day: dt.date) -> dict[str, dt.date]:
        """When everybody was seen for the last time before a day, by their numbers."""
        earlier = self.rows.loc[(self.rows["day"] < day.toordinal()).to_numpy()]
        last = earlier.drop_duplicates("customer_id", keep="last")
        days = map(dt.date.fromordinal, last["day"].tolist())
        return dict(zip(last["customer_id"].tolist(), days, strict=True))

    def marked(self, marks: Mapping[str, str]) -> History:
        """With what was typed of those who were dropped on purpose, by their numbers.

        It is kept in the last row of each; numbers that no row has are left out.
        """
        known = {number: mark for number, mark in marks.items() if mark}
        return replace(self, rows=_with_marks(self.rows, known)) if known else self

    def with_day(
        self, day: dt.date, customers: pd.DataFrame, measures: pd.DataFrame, model: ScoringModel
    ) -> History:
        """With a day put in its place; one that is there already is replaced.

        A model that scores like that of another day has its version. What was typed of somebody
        who was there on this day or the one before stays with the last row of that customer.

        Parameters
        ----------
        customers
            Of :class:`xlportfolio.PortfolioAnalysis`, without rows that repeat others or are
            nobody's; their numbers differ.
        measures
            The same rows, one column for each criterion of the model.
        """
        old, ordinal = _on(self.rows, day), day.toordinal()
        replaced, kept = self.rows.loc[old], self._where(~old)
        model = kept_model(model)
        version = next(
            (v for v, one in kept.versions.items() if _methods_agree(one, model)),
            max(kept.versions, default=0) + 1,
        )
        before = self.compared_with(day)
        previous = kept.rows.loc[_on(kept.rows, before)] if before is not None else kept.rows[:0]
        marks = {**_marks(previous), **_marks(replaced)}
        size, first = len(customers), int((kept.rows["day"] < ordinal).sum())
        new: dict[str, Iterable[object]] = {
            "day": [ordinal] * size,
            "version": [version] * size,
            "parted": [marks.pop(number, "") for number in customers["customer_id"].tolist()],
        }
        new |= {key: customers[key] for key in COLUMNS if key not in new}
        rows = pd.DataFrame(
            {key: row_series(key, _put_in(kept.rows[key], first, new[key])) for key in COLUMNS}
        )
        if marks:
            rows = pd.concat([_with_marks(rows[:first], marks), rows[first:]])
        versions = {**kept.versions, version: model} if size else kept.versions
        return History(rows, _with_measures(kept.measures, first, measures), versions)

    def thinned(self, dates: int) -> History:
        """With no more days than these, and no more than :data:`MOST_ROWS` rows.

        The oldest day goes that is not the last one kept of its month, else the oldest. The newest
        two stay, however many rows they have, as long as a sheet holds them.
        """
        sizes = Counter(self.rows["day"].tolist())
        days, total = sorted(sizes), len(self.rows)

        def drop(among: Sequence[int]) -> None:
            nonlocal total
            months = [(d.year, d.month) for d in map(dt.date.fromordinal, days)]
            inner = [one for one, x, y in zip(days, months, months[1:], strict=False) if x == y]
            gone = next((one for one in inner if one in among), among[0])
            days.remove(gone)
            total -= sizes[gone]

        while len(days) > max(dates, 0):
            drop(days[:-1] or days)
        while total > MOST_ROWS and len(days) > _ALWAYS:
            drop(days[:-_ALWAYS])
        if total > SHEET_ROWS and len(days) > 1:
            drop(days[:1])
        if len(days) == len(sizes):
            return self
        thinned = self._where(self.rows["day"].isin(days).to_numpy(np.bool_))
        last = self.rows.drop_duplicates("customer_id", keep="last")
        gone = last.loc[~last["day"].isin(days)]  # whose last row is another one now
        marks = dict(zip(gone["customer_id"].tolist(), gone["parted"].tolist(), strict=True))
        return replace(thinned, rows=_with_marks(thinned.rows, marks))

    def _where(self, at: Bools) -> History:
        """Some of the rows, and what of the models these need."""
        rows = self.rows.loc[at]
        needed = set(rows["version"].tolist())
        versions = {v: model for v, model in self.versions.items() if v in needed}
        return History(rows, self.measures.loc[at], versions)


def kept_model(model: ScoringModel) -> ScoringModel:
    """What of a model scores, types, ranks and the band around thresholds depend on.

    Everything else is as in a model that does not say it, so that models which differ in nothing
    else are equal.
    """
    return ScoringModel(
        criteria=tuple(map(_kept_criterion, model.criteria)),
        **{name: getattr(model, name) for name in SETTINGS},
    )


def _kept_criterion(criterion: Criterion) -> Criterion:
    """A criterion without what its scale does not look at, and as it is read from a sheet."""
    given, levels = criterion.scale, criterion.scale.levels
    name, axis, weight, unit = criterion.name, criterion.axis, criterion.weight, criterion.unit
    fill, unit = criterion.fill, unit.strip()
    if given.kind is ScaleKind.LINEAR:
        scale = Scale.linear(given.low, given.high)
        return Criterion(name, axis, weight, scale, criterion.objective, fill, unit)
    if given.kind is ScaleKind.CATEGORIES:
        levels = tuple(Level(str(word).strip(), value) for word, value in levels)
    else:
        levels = tuple(sorted(levels))
    return Criterion(name, axis, weight, Scale(given.kind, levels=levels), fill=fill, unit=unit)


def _methods_agree(one: ScoringModel, other: ScoringModel) -> bool:
    """Whether two models score alike; in which order criteria are listed does not matter."""
    same_rest = replace(one, criteria=other.criteria) == other
    return same_rest and {c.name: c for c in one.criteria} == {c.name: c for c in other.criteria}


def _on(rows: pd.DataFrame, day: dt.date) -> Bools:
    """Which rows are of a day."""
    return np.asarray(rows["day"] == day.toordinal(), dtype=np.bool_)


def _marks(rows: pd.DataFrame) -> dict[str, str]:
    """What was typed of those who were dropped on purpose, by their numbers."""
    pairs = zip(rows["customer_id"].tolist(), rows["parted"].tolist(), strict=True)
    return {number: parted for number, parted in pairs if parted}


def _with_marks(rows: pd.DataFrame, marks: Mapping[str, str]) -> pd.DataFrame:
    """The same rows with such marks in the last row of each of these customers."""
    is_last = ~rows["customer_id"].duplicated(keep="last").to_numpy(np.bool_)
    numbers, parted = rows["customer_id"].tolist(), rows["parted"].tolist()
    for i in np.flatnonzero(is_last & rows["customer_id"].isin(marks.keys()).to_numpy()).tolist():
        parted[i] = marks[numbers[i]]
    return rows.assign(parted=pd.Series(parted, index=rows.index, dtype=object))


def _with_measures(kept: pd.DataFrame, first: int, new: pd.DataFrame) -> pd.DataFrame:
    """The measures that are kept with other ones put in; new criteria stand at the right."""
    there = {name_key(name): name for name in map(str, kept.columns)}
    coming = {name_key(name): name for name in map(str, new.columns)}
    columns: dict[str, pd.Series] = {}
    for key, name in {**coming, **there}.items():
        cells = _put_in(
            kept[name] if key in there else np.full(len(kept), np.nan),
            first,
            new[coming[key]] if key in coming else np.full(len(new), np.nan),
        )
        columns[name] = pd.Series(cells, dtype=cells.dtype)
    names = [*there.values(), *(name for key, name in coming.items() if key not in there)]
    return pd.DataFrame({name: columns[name] for name in names})


def _put_in(column: Iterable[object], first: int, cells: Iterable[object]) -> Column:
    """A column with other cells put in before its row of this number."""
    there, new = (np.asarray(x) for x in (column, cells))
    kind = np.float64 if there.dtype.kind in "iuf" and new.dtype.kind in "iuf" else object
    return np.concatenate(
        [there[:first].astype(kind), new.astype(kind), there[first:].astype(kind)]
    )


def _measures_of(criterion: Criterion, cells: Column) -> Column:
    """The measures of a criterion: numbers, or words where its scale takes these."""
    if criterion.scale.kind is not ScaleKind.CATEGORIES:
        if cells.dtype == np.float64:
            return cells
        numbers = [c if isinstance(c, int | float) else np.nan for c in cells.tolist()]
        return np.array(numbers, dtype=np.float64)
    words = np.full(len(cells), None, dtype=object)
    words[:] = [c if isinstance(c, str) else None for c in cells.tolist()]
    return words


def header_of(criterion: str, fixed: Collection[str]) -> str:
    """The header of a criterion's column: its name, in brackets where it could be mistaken.

    The name stands on one line, and a long one is cut; see :func:`xlportfolio.model.heading`.

    Parameters
    ----------
    fixed
        All other headers, in any language, as headers are compared; see
        :func:`xlportfolio.model.name_key`.

    Examples
    --------
    >>> [header_of(name, {"rank"}) for name in ("Turnover", "Rank", "[net]")]
    ['Turnover', '[Rank]', '[[net]]']
    """
    name = heading(criterion)
    return f"[{name}]" if name.startswith("[") or name_key(name) in fixed else name


def criterion_of(header: str) -> str:
    """The criterion to whose column a header belongs; see :func:`header_of`.

    >>> [criterion_of(header) for header in ("Turnover", "[Rank]", "[[net]]")]
    ['Turnover', 'Rank', '[net]']
    """
    return header[1:-1] if header.startswith("[") and header.endswith("]") else header
