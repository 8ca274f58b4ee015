"""What the page to point at knows: a run as it may be seen, as plain data for its script.

The script computes scores, ranks and types anew when somebody moves a weight. What it needs for
that stands here: the values of each criterion, and what of them was measured. The measures
themselves are nowhere in it.

Lists have an entry for each customer, in the order of the ranking. Numbers keep their full
precision; what does not exist is ``None``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from xlportfolio.analysis import NOBODY
from xlportfolio.audience import Audience
from xlportfolio.locale import texts
from xlportfolio.matrix import ARROWS
from xlportfolio.model import Axis, Criterion, Strategy, ThresholdRule
from xlportfolio.movement import Change, Movement, largest_moves
from xlportfolio.movement_words import put_into_words
from xlportfolio.run import Run
from xlportfolio.strategies import standard_strategies, strategies_for
from xlportfolio.wording import notes

Data = dict[str, Any]

#: The texts that the page shows, by the tables in which they stand.
_TEXTS = (
    *("web", "axes", "statuses", "quadrants", "quadrants_plural", "meanings", "notes"),
    *("columns", "matrix", "words"),
)


def web_data(audience: Audience) -> Data:
    """Everything that the page shows and computes with, ready for JSON.

    Criteria of an axis are left out where one of them is hidden: its scores stay as they are. Where
    customers are left out, thresholds that follow from all of them are numbers, and ranks are those
    of the whole.

    Returns
    -------
    ``language``; ``texts`` in it, by their tables in ``locale``; ``as_of``, the day as it is
    written in that language.

    ``part``: whether customers are left out. ``thresholds``: for each axis ``number``, the one
    used, and ``rule`` (``"mean"``, ``"median"`` or ``None``), by which it follows from scores.
    ``axis_weights``; ``fixed``: whether the scores of an axis stay. ``band``, ``min_coverage`` (in
    percent), ``top_labels`` (how many customers the matrix names).

    ``criteria``: ``name``, ``axis``, ``weight`` as typed, ``unit``, and ``fill``, the value of a
    missing measure (``None``: left out for that customer). ``values``: for each of them a list of 0
    to 100, ``None`` where the measure is missing.

    ``strategies``: ``quadrant``, ``status`` (``None``: any), ``strategy``, ``activity``, ``text``.

    ``customers``: lists ``id``, ``name``, ``status``, ``quadrant``, ``value``, ``benefit``,
    ``total``, ``rank``, ``borderline``, ``abc`` (``""``: no class), ``value_coverage``,
    ``benefit_coverage`` (0 to 1), ``note`` (:class:`xlportfolio.analysis.Note`, ``""`` for rated
    rows), ``note_text`` (the same in words), ``reason`` (``""`` for rows not rated), ``strategy``
    (its place in ``strategies``, or ``None``) and ``place`` (that of the row among those shown in
    the order of the input, from 0).

    ``movement``: ``None``, or ``since``, the earlier day as it is written; ``model``, sentences on
    what has changed in the method; ``gone``, who is no longer there: ``id``, ``name``,
    ``quadrant``, ``reason`` each; and lists for the customers: ``change``
    (:class:`xlportfolio.movement.Change`; ``""`` for a row that is no customer), ``quadrant``
    (then; ``""`` if new), ``value``, ``benefit`` (the earlier measures in today's terms, of those
    rated on both days) and ``reason`` (``""``: nothing has happened); ``arrows``, the places in
    the ranking of those with the largest moves, as in the chart of the workbook.

    Examples
    --------
    >>> import datetime as dt
    >>> from xlportfolio.audience import audience_of
    >>> from xlportfolio.schema import TABLES, RawTable, interpret
    >>> from xlportfolio.sharing import Sharing
    >>> cells = [
    ...     [["Customer ID", "Turnover", "Services"], ["A", 80.0, 4.0], ["B", 20.0, 6.0]],
    ...     [["Criterion", "Axis", "Weight", "Low", "High"],
    ...      ["Turnover", "value", 1.0, 0.0, 100.0], ["Services", "benefit", 1.0, 0.0, 8.0]],
    ... ]
    >>> tables = {
    ...     table.name: RawTable.of_rows(table, table.stem, 1, 1, rows[0], rows[1:])
    ...     for table, rows in zip(TABLES, cells, strict=False)
    ... }
    >>> run = Run.of(interpret(tables), today=dt.date(2026, 3, 31))
    >>> data = web_data(audience_of(run, Sharing()))
    >>> data["customers"]["id"], data["customers"]["total"], data["values"]
    (['A', 'B'], [65.0, 47.5], [[80.0, 20.0], [50.0, 75.0]])
    """
    run = audience.run
    presentation, model = run.presentation, run.analysis.model
    words = texts(presentation.language)
    is_part = audience.sharing.only is not None
    fixed = {c.axis for c in model.criteria if c.name in audience.criteria}
    seen = [criterion for criterion in model.criteria if criterion.axis not in fixed]
    strategies = model.strategies or standard_strategies(presentation.language)
    return {
        "language": presentation.language,
        "texts": {table: words.branch(table) for table in _TEXTS},
        "as_of": words.date(run.as_of),
        "part": is_part,
        "thresholds": {str(axis): _threshold(run, axis, is_part=is_part) for axis in Axis},
        "axis_weights": {str(axis): float(getattr(model, f"{axis}_weight")) for axis in Axis},
        "fixed": {str(axis): axis in fixed for axis in Axis},
        "band": float(model.borderline_band),
        "min_coverage": float(model.min_coverage),
        "top_labels": presentation.top_labels,
        "criteria": [_criterion(criterion) for criterion in seen],
        "values": [_numbers(run.analysis.values[criterion.name]) for criterion in seen],
        "strategies": [_strategy(strategy) for strategy in strategies],
        "customers": _customers(run, strategies),
        "movement": None if run.movement is None else _movement(run, run.movement),
    }


def _threshold(run: Run, axis: Axis, *, is_part: bool) -> Data:
    threshold = run.analysis.model.threshold(axis)
    follows = isinstance(threshold, ThresholdRule) and not is_part
    return {
        "number": float(getattr(run.analysis.thresholds, axis)),
        "rule": str(threshold) if follows else None,
    }


def _criterion(criterion: Criterion) -> Data:
    return {
        "name": criterion.name,
        "axis": str(criterion.axis),
        "weight": float(criterion.weight),
        "unit": criterion.unit,
        "fill": None if criterion.fill is None else float(criterion.fill),
    }


def _strategy(strategy: Strategy) -> Data:
    return {
        "quadrant": str(strategy.quadrant),
        "status": None if strategy.status is None else str(strategy.status),
        "strategy": strategy.strategy,
        "activity": strategy.activity,
        "text": strategy.text,
    }


def _customers(run: Run, strategies: Sequence[Strategy]) -> Data:
    customers = run.analysis.customers
    note_texts = notes(run.analysis, run.presentation.language)
    reasons = zip(run.advice.reasons, note_texts, strict=True)
    places = {id(strategy): place for place, strategy in reversed([*enumerate(strategies)])}
    chosen = strategies_for(
        strategies, customers["quadrant"].tolist(), customers["status"].tolist()
    )
    return {
        "id": customers["customer_id"].tolist(),
        "name": customers["customer"].tolist(),
        "status": list(map(str, customers["status"])),
        "quadrant": list(map(str, customers["quadrant"])),
        "value": _numbers(customers["value_score"]),
        "benefit": _numbers(customers["benefit_score"]),
        "total": _numbers(customers["total_score"]),
        "rank": [None if math.isnan(rank) else int(rank) for rank in customers["rank"].tolist()],
        "borderline": customers["borderline"].tolist(),
        "abc": customers["abc_class"].tolist(),
        "value_coverage": _numbers(customers["value_coverage"]),
        "benefit_coverage": _numbers(customers["benefit_coverage"]),
        "note": list(map(str, customers["note"])),
        "note_text": note_texts,
        "reason": ["" if note else reason for reason, note in reasons],
        "strategy": [None if one is None else places[id(one)] for one in chosen],
        "place": np.argsort(np.argsort(customers.index.to_numpy())).tolist(),
    }


def _movement(run: Run, movement: Movement) -> Data:
    """What has changed since, in the order of the ranking, and who is gone."""
    words = texts(run.presentation.language)
    spoken = put_into_words(movement, run.presentation.language)
    rows = movement.customers.assign(reason=list(spoken.reasons))
    is_gone = (rows["change"] == Change.GONE).to_numpy()
    here = rows[~is_gone].drop_duplicates("customer_id").set_index("customer_id")
    ranked = run.analysis.customers
    counts = ~ranked["note"].isin(NOBODY)
    then = here.reindex(ranked["customer_id"].where(counts))
    moves = then.where(then[["rank_before", "rank"]].notna().all(axis=1))
    numbers = zip(ranked["customer_id"], counts, strict=True)
    places = {number: place for place, (number, is_one) in enumerate(numbers) if is_one}
    furthest = largest_moves(movement, ARROWS)
    return {
        "since": words.date(movement.since),
        "model": list(spoken.model),
        "change": _texts(then["change"]),
        "quadrant": _texts(then["quadrant_before"]),
        "value": _numbers(moves["value_then"]),
        "benefit": _numbers(moves["benefit_then"]),
        "reason": _texts(then["reason"]),
        "arrows": [places[number] for number in rows["customer_id"].iloc[furthest]],
        "gone": [
            {"id": number, "name": name, "quadrant": str(quadrant), "reason": reason}
            for number, name, quadrant, reason in rows.loc[
                is_gone, ["customer_id", "customer_before", "quadrant_before", "reason"]
            ].itertuples(index=False)
        ],
    }


def _numbers(column: pd.Series) -> list[float | None]:
    """Numbers with ``None`` for those that do not exist."""
    numbers: list[float] = column.to_numpy(np.float64).tolist()
    return [None if math.isnan(number) else number for number in numbers]


def _texts(column: pd.Series) -> list[str]:
    """Texts with ``""`` where there is none."""
    return [str(text) if isinstance(text, str) else "" for text in column]
