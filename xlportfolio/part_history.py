"""The part of the earlier days, and of what has changed since, that somebody may see.

Scores, ranks and types are those of the whole portfolio of each day. Rows of whoever may not be
seen are not there, nor is a measure that is hidden, whenever it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from xlportfolio.crossings import Crossing
from xlportfolio.history import Bools, History
from xlportfolio.model import Criterion, ScoringModel, name_key
from xlportfolio.model_changes import ModelChange
from xlportfolio.movement import Movement
from xlportfolio.part import without
from xlportfolio.scale import Scale, category_key
from xlportfolio.weight_changes import WITHHELD

#: What differs in a criterion and shows measures.
_SCALE = "scale"


@dataclass(frozen=True, slots=True, eq=False)
class PartOfPast:
    """Who and what of earlier days may be seen.

    Attributes
    ----------
    ids
        What is shown for the number of everybody who may be seen; rows of others go.
    names
        What each of them is called on all days, by the number; ``None``: as on each day.
    hidden
        The criteria whose measures may not be seen.
    told
        A text that a user has typed as it may be seen; ``None``: it must not be.
    instead
        What stands for such a text that must not be seen, since a blank one means something else.
    """

    ids: Mapping[str, str]
    names: Mapping[str, str] | None
    hidden: frozenset[str]
    told: Callable[[str], str | None]
    instead: str


def part_of_history(history: History, part: PartOfPast) -> History:
    """The days of those who may be seen, without the measures and scales of what is hidden.

    The measures of a hidden criterion are missing throughout; its scale is a straight line without
    bounds. Versions of the model that no day needs any more are not there. Words that no scale
    knows are texts that somebody has typed, and so is the header of a column that belongs to no
    criterion; the latter is left out if it must not be seen.

    Examples
    --------
    >>> rows = pd.DataFrame({
    ...     "customer_id": ["1", "2"], "customer": ["Alpha", "Beta"], "parted": ["", ""],
    ...     "version": [1, 1],
    ... })
    >>> history = History(rows, pd.DataFrame({"Turnover": [9.0, 90.0], "Service": [5.0, 6.0]}))
    >>> part = PartOfPast({"2": "K2"}, {"2": "Kunde 2"}, frozenset({"Turnover"}), str, "yes")
    >>> seen = part_of_history(history, part)
    >>> seen.rows.to_numpy().tolist(), seen.measures.to_dict("list")
    ([['K2', 'Kunde 2', '', 1]], {'Turnover': [nan], 'Service': [6.0]})
    """
    at = _seen(history.rows, part)
    rows = _renamed(history.rows.loc[at], part, ("customer",))
    needed = set(rows["version"].tolist())
    return History(
        rows,
        _measures(history, without(history.measures.loc[at], part.hidden), part),
        {v: _model(model, part) for v, model in history.versions.items() if v in needed},
    )


def part_of_movement(movement: Movement, part: PartOfPast) -> Movement:
    """What has become of those who may be seen.

    A crossing by a hidden criterion keeps its axis, its direction and its cause; of a change of
    such a criterion's scale it is only said that there was one.
    """
    at = _seen(movement.customers, part)
    customers = _renamed(movement.customers.loc[at], part, ("customer", "customer_before"))
    successors = [part.ids.get(number, "") for number in customers["successor"].tolist()]
    customers["successor"] = pd.Series(successors, index=customers.index, dtype=object)
    return replace(
        movement,
        model_changes=tuple(_model_change(change, part) for change in movement.model_changes),
        customers=customers,
        crossings=tuple(
            tuple(_crossing(crossing, part) for crossing in movement.crossings[i])
            for i in np.flatnonzero(at).tolist()
        ),
    )


def _seen(rows: pd.DataFrame, part: PartOfPast) -> Bools:
    """Which rows are of those who may be seen."""
    return rows["customer_id"].isin(part.ids.keys()).to_numpy(np.bool_)


def _renamed(rows: pd.DataFrame, part: PartOfPast, columns: tuple[str, ...]) -> pd.DataFrame:
    """Rows with the people in them as they are called, and what was typed of them."""
    seen = rows.copy()
    numbers = seen["customer_id"].tolist()

    def put(column: str, texts: list[str]) -> None:
        seen[column] = pd.Series(texts, index=seen.index, dtype=object)

    put("customer_id", [part.ids[number] for number in numbers])
    for column in columns if part.names is not None else ():
        names = part.names or {}
        pairs = zip(numbers, seen[column].tolist(), strict=True)
        put(column, [names[number] if name else "" for number, name in pairs])
    parted = seen["parted"].tolist()
    told = {text: (part.told(text) or part.instead) if text else "" for text in set(parted)}
    put("parted", [told[text] for text in parted])
    return seen


def _measures(history: History, seen: pd.DataFrame, part: PartOfPast) -> pd.DataFrame:
    """Measures without texts that must not be seen."""
    known: dict[str, set[str]] = {}
    for model in history.versions.values():
        for criterion in model.criteria:
            keys = (category_key(w) for w, _ in criterion.scale.levels if isinstance(w, str))
            known.setdefault(name_key(criterion.name), set()).update(keys)
    seen = seen[[n for n in seen.columns if name_key(n) in known or part.told(n) == n]].copy()
    for name in seen.select_dtypes(object).columns:
        cells, words = seen[name].tolist(), known.get(name_key(name), set())
        typed = {c for c in cells if isinstance(c, str) and category_key(c) not in words}
        if typed:
            told = {text: part.told(text) or None for text in typed}
            seen[name] = pd.Series([told.get(c, c) for c in cells], seen.index, dtype=object)
    return seen


def _model(model: ScoringModel, part: PartOfPast) -> ScoringModel:
    def seen(criterion: Criterion) -> Criterion:
        return replace(criterion, scale=Scale()) if criterion.name in part.hidden else criterion

    return replace(model, criteria=tuple(map(seen, model.criteria)))


def _model_change(change: ModelChange, part: PartOfPast) -> ModelChange:
    if change.criterion not in part.hidden or change.field != _SCALE:
        return change
    return replace(change, before=None, after=None)


def _crossing(crossing: Crossing, part: PartOfPast) -> Crossing:
    if crossing.criterion not in part.hidden:
        return crossing
    return replace(
        crossing,
        criterion=WITHHELD,
        points=np.nan,
        measure_before=None,
        measure_after=None,
        unit="",
    )
