"""Whom and what the history of a run names, and what of it must then be seen nowhere."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from xlportfolio.errors import Fault, Severity
from xlportfolio.history import History
from xlportfolio.locale import Phrase
from xlportfolio.model import Axis, Criterion, ScoringModel, name_key
from xlportfolio.part_history import PartOfPast, part_of_history, part_of_movement
from xlportfolio.past import Past
from xlportfolio.run import Run

#: Numbers that two different sums of them give away.
_PAIR = 2


class Remembered:
    """What is remembered of earlier days, those that no longer stay in the history among them.

    A criterion that the table of the customers no longer has counts as hidden where any column is:
    it may be that one under an earlier name.

    Parameters
    ----------
    run
        The run with everybody.
    staying
        The numbers of those who may be seen; ``None``: everybody, those who are gone too.
    names
        The names by which today's customers are known, by number; none of repeated rows.
    headers
        Those of the hidden columns.

    Attributes
    ----------
    departed
        Those who may be seen and are no longer there: number, last name, and the number that they
        had, blank if the name served as such.
    earlier
        Numbers and names of those who may be seen, where it is another one than the last.
    others
        Numbers and names of those who may not be seen.
    """

    def __init__(
        self,
        run: Run,
        staying: Collection[str] | None,
        names: dict[str, str],
        headers: Collection[str],
    ) -> None:
        self._run, self._staying = run, staying
        self._headers = {name_key(header) for header in headers}
        self.departed: list[tuple[str, str, str]] = []
        self.earlier: list[tuple[str, str]] = []
        self.others: list[tuple[str, str]] = []
        last = dict(names)
        for number, name in self._pairs():
            if not self.may_be_seen(number):
                self.others.append((number, name))
            elif number not in last:
                last[number] = name
                own = "" if name.strip() == number else number
                self.departed.append((number, name, own))
            elif name and name != last[number]:
                self.earlier.append((number, name))

    def may_be_seen(self, number: str) -> bool:
        """Whether earlier days of whoever has a number may be."""
        return bool(number) and (self._staying is None or number in self._staying)

    @property
    def _histories(self) -> tuple[History, ...]:
        """What the workbook has kept, and what it will keep: the latter may be fewer days."""
        return self._run.given.history, self._run.history

    def _pairs(self) -> list[tuple[str, str]]:
        """All numbers with the names that they have had, the last ones first."""
        found: dict[tuple[str, str], None] = {}
        for history in reversed(self._histories):
            rows = history.rows[["day", "customer_id", "customer"]]
            rows = rows.sort_values("day", ascending=False, kind="stable")
            rows = rows.drop_duplicates(["customer_id", "customer"])
            pairs = zip(rows["customer_id"].tolist(), rows["customer"].tolist(), strict=True)
            found.update(dict.fromkeys(pairs))
        return list(found)

    # --- measures --------------------------------------------------------------------------------

    @cached_property
    def hidden(self) -> frozenset[str]:
        """The criteria of any day whose measures may not be seen."""
        grid = self._run.given.places.customers
        names = {name for history in self._histories for name in history.criteria}
        names |= {criterion.name for criterion in self._criteria()}
        return frozenset(
            name
            for name in names
            if self._headers and (name_key(name) in self._headers or grid.position_of(name) is None)
        )

    def _criteria(self) -> Iterator[Criterion]:
        """The criteria of all versions of the model."""
        for history in self._histories:
            for model in history.versions.values():
                yield from model.criteria

    def hidden_cells(self) -> set[float | str]:
        """The different measures of hidden criteria, as they were."""
        return self._measures(self.hidden)

    def shown_cells(self, ids: Collection[str]) -> set[float | str]:
        """The different measures of some people that may be seen."""
        names = frozenset(name for history in self._histories for name in history.criteria)
        return self._measures(names - self.hidden, ids)

    def _measures(
        self, criteria: frozenset[str], ids: Collection[str] | None = None
    ) -> set[float | str]:
        found: set[float | str] = set()
        for history in self._histories:
            measures = history.measures
            if ids is not None:
                measures = measures.loc[history.rows["customer_id"].isin(ids).to_numpy()]
            for name in criteria.intersection(history.criteria):
                found.update(measures[name].dropna().unique().tolist())
        return found

    def criteria_shown(self) -> Iterator[Criterion]:
        """The criteria of all versions of the model whose scales may be seen."""
        return (criterion for criterion in self._criteria() if criterion.name not in self.hidden)

    # --- what may be seen ------------------------------------------------------------------------

    def past(self, part: PartOfPast) -> Past:
        """What is kept and what has changed, as it may be seen."""
        movement = self._run.movement
        seen = None if movement is None else part_of_movement(movement, part)
        return Past(part_of_history(self._run.history, part), seen)


def told_of_past(past: Past, kind: str) -> Iterator[Fault]:
    """What the sender is told of earlier days in what is given away.

    Parameters
    ----------
    kind
        ``"copy"``, which holds the history; ``"pdf"`` or ``"page"``, which show the movement alone.
    """
    days, moved = len(past.history.days), past.movement
    if kind == "copy" and days > 1:
        yield Fault("share_history", Severity.NOTE, details={"count": days})
    elif moved is not None:
        details = {"what": Phrase(f"sharing.kinds.{kind}", {}), "since": moved.since}
        yield Fault("share_movement", Severity.NOTE, details=details)


def told_of_scores(hidden: Collection[str], models: Sequence[ScoringModel]) -> Iterator[Fault]:
    """What the sender is told of hidden criteria that follow from scores.

    Parameters
    ----------
    models
        Those under which anything in the copy was scored.
    """
    for axis in Axis:
        phrase = Phrase(f"axes.{axis}", {})
        counted = [
            [c for c in m.criteria if c.axis is axis and c.weight > 0 and c.name in hidden]
            for m in models
        ]
        for name in dict.fromkeys(found[0].name for found in counted if len(found) == 1):
            details = {"criterion": name, "axis": phrase}
            yield Fault("share_computable", Severity.WARNING, details=details)
        for pair in _solvable(found for found in counted if len(found) == _PAIR):
            yield Fault(
                "share_solvable", Severity.WARNING, details={"criteria": pair, "axis": phrase}
            )


def _solvable(pairs: Iterable[Sequence[Criterion]]) -> Iterator[tuple[str, str]]:
    """Pairs that are weighed differently to each other: two sums of two numbers tell both."""
    ratios: dict[tuple[str, str], float] = {}
    told: set[tuple[str, str]] = set()
    for pair in pairs:
        one, other = sorted(pair, key=lambda c: name_key(c.name))
        key, ratio = (name_key(one.name), name_key(other.name)), one.weight / other.weight
        if key not in told and not math.isclose(ratio, ratios.setdefault(key, ratio)):
            told.add(key)
            yield one.name, other.name
