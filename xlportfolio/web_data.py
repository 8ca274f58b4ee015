"""What the page to point at knows: a run as it may be seen, as plain data for its script.

The script computes scores, ranks and types anew when somebody moves a weight. What it needs for
that stands here: the values of each criterion, and what of them was measured. The measures
themselves are nowhere in it.

Lists have an entry for each customer, in the order of the ranking. Numbers keep their full
precision; what does not exist is ``None``.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Sequence
from typing import Any

import numpy as np

from xlportfolio.advice import standard_strategies, strategies_for
from xlportfolio.analysis import Note
from xlportfolio.audience import Audience
from xlportfolio.locale import texts
from xlportfolio.model import Axis, Quadrant, Status, Strategy, ThresholdRule
from xlportfolio.movement import Change, Movement
from xlportfolio.movement_words import put_into_words
from xlportfolio.run import Run
from xlportfolio.scoring import Floats

Data = dict[str, Any]

#: Texts of the workbook that the page shows too, by what they are called in its data.
_SHARED_TEXTS = {
    "types": "quadrants",
    "types_plural": "quadrants_plural",
    "meanings": "meanings",
    "statuses": "statuses",
    "axes": "axes",
    "notes": "notes",
    "chart": "matrix",
}
#: Rows that are no customer of their own, whatever the weights.
_NOBODY = frozenset({Note.REPEATED, Note.UNIDENTIFIED})


def web_data(audience: Audience) -> Data:
    """Everything that the page shows and computes with, ready for JSON.

    Of an axis with a hidden criterion there are no values, and its scores stay as they are; where
    customers are left out, so do thresholds that follow from all of them.

    Returns
    -------
    ``language``; ``texts`` in it; ``as_of``, spelled in it, and ``day``, the same in ISO 8601;
    ``is_part``: whether customers are left out, so that ranks are those of a larger list.

    ``thresholds``: for each axis ``at``, the number used, ``rule`` (``"mean"``, ``"median"`` or
    ``None``) and ``moves``: whether it follows from scores as the page computes them. ``axes``: for
    each axis its ``weight`` and whether its scores are ``fixed``. ``band``, ``min_coverage``.

    ``criteria``: ``name``, ``axis``, ``weight`` as typed and ``unit`` of each; ``values``, a number
    of 0 to 100 for each customer, ``None`` where a criterion is left out for somebody; ``filled``,
    the places of those customers whose value was not measured but set by the rule for missing ones.
    ``None`` for both on a fixed axis.

    ``types`` and ``statuses``: the keys to which numbers of the customers refer. ``strategies``:
    ``strategy``, ``activity``, ``recommendation`` each; ``choice``: for each type, the place among
    them for each status, or ``None``.

    ``customers``: lists ``id``, ``name``, ``status``, ``type``, ``value``, ``benefit``, ``total``,
    ``rank``, ``abc`` (``""``: no class), ``borderline`` (0 or 1), ``value_coverage``,
    ``benefit_coverage`` (0 to 1), ``counts`` (0: a row that repeats another or names nobody, which
    is never rated) and ``reason``: what carries the scores, or why there is no rank.

    ``movement``: ``None``, or ``since``, ``model`` (sentences on what has changed in the method),
    ``customers``: lists ``change`` (:class:`Change`, ``None`` for a row that is no customer),
    ``type`` (then, ``None``: not there), ``value``, ``benefit`` (the earlier measures in today's
    terms) and ``reason``; and ``gone``: ``id``, ``name``, ``type``, ``reason`` of each.

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
    ...     table.name: RawTable.of_rows(table, table.english, 1, 1, rows[0], rows[1:])
    ...     for table, rows in zip(TABLES, cells, strict=False)
    ... }
    >>> run = Run.of(interpret(tables), today=dt.date(2026, 3, 31))
    >>> data = web_data(audience_of(run, Sharing()))
    >>> data["customers"]["id"], data["customers"]["total"], data["criteria"][0]["values"]
    (['A', 'B'], [65.0, 47.5], [80.0, 20.0])
    """
    run = audience.run
    presentation, model = run.presentation, run.analysis.model
    words = texts(presentation.language)
    is_part = audience.sharing.only is not None
    fixed = {c.axis for c in model.criteria if c.name in audience.criteria}
    of_model = model.strategies or standard_strategies(presentation.language)
    strategies, choice = _strategies(of_model)
    day = words.date(run.as_of)
    return {
        "language": presentation.language,
        "texts": {
            **words.branch("web"),
            **{name: words.branch(branch) for name, branch in _SHARED_TEXTS.items()},
        },
        "as_of": day,
        "day": run.as_of.isoformat(),
        "is_part": is_part,
        "thresholds": {str(axis): _threshold(run, axis, is_part=is_part) for axis in Axis},
        "axes": {
            str(axis): {"weight": float(getattr(model, f"{axis}_weight")), "fixed": axis in fixed}
            for axis in Axis
        },
        "band": float(model.borderline_band),
        "min_coverage": float(model.min_coverage),
        "criteria": _criteria(run, fixed),
        "types": [str(quadrant) for quadrant in Quadrant],
        "statuses": [str(status) for status in Status],
        "strategies": strategies,
        "choice": choice,
        "customers": _customers(run),
        "movement": None if run.movement is None else _movement(run, run.movement),
    }


def _threshold(run: Run, axis: Axis, *, is_part: bool) -> Data:
    rule = run.analysis.model.threshold(axis)
    is_rule = isinstance(rule, ThresholdRule)
    return {
        "at": float(getattr(run.analysis.thresholds, axis)),
        "rule": str(rule) if is_rule else None,
        "moves": is_rule and not is_part,
    }


def _criteria(run: Run, fixed: Collection[Axis]) -> list[Data]:
    found = []
    for criterion in run.analysis.model.criteria:
        values = run.analysis.values[criterion.name].to_numpy(np.float64, copy=True)
        missing = np.isnan(values)
        fill, is_fixed = criterion.fill, criterion.axis in fixed
        if fill is not None:
            values[missing] = fill
        found.append(
            {
                "name": criterion.name,
                "axis": str(criterion.axis),
                "weight": float(criterion.weight),
                "unit": criterion.unit,
                "values": None if is_fixed else _numbers(values),
                "filled": None
                if is_fixed
                else np.flatnonzero(missing & (fill is not None)).tolist(),
            }
        )
    return found


def _strategies(strategies: Sequence[Strategy]) -> tuple[list[Data], dict[str, Data]]:
    """The strategies that somebody may have, and for each type and status the place of its own."""
    pairs = [(quadrant, status) for quadrant in Quadrant for status in Status]
    chosen = strategies_for(strategies, *zip(*pairs, strict=True))
    listed: list[Data] = []
    choice: dict[str, Data] = {str(quadrant): {} for quadrant in Quadrant}
    for (quadrant, status), strategy in zip(pairs, chosen, strict=True):
        place = None
        if strategy is not None:
            entry = {
                "strategy": strategy.strategy,
                "activity": strategy.activity,
                "recommendation": strategy.text,
            }
            if entry not in listed:
                listed.append(entry)
            place = listed.index(entry)
        choice[str(quadrant)][str(status)] = place
    return listed, choice


def _customers(run: Run) -> Data:
    customers = run.analysis.customers
    types, statuses = list(Quadrant), list(Status)
    scores = {
        name: _numbers(customers[column].to_numpy(np.float64))
        for name, column in (
            ("value", "value_score"),
            ("benefit", "benefit_score"),
            ("total", "total_score"),
            ("value_coverage", "value_coverage"),
            ("benefit_coverage", "benefit_coverage"),
        )
    }
    ranks = customers["rank"].tolist()
    return {
        "id": customers["customer_id"].tolist(),
        "name": customers["customer"].tolist(),
        "status": [statuses.index(status) for status in customers["status"]],
        "type": [types.index(quadrant) for quadrant in customers["quadrant"]],
        **scores,
        "rank": [None if math.isnan(rank) else int(rank) for rank in ranks],
        "abc": customers["abc_class"].tolist(),
        "borderline": [int(is_near) for is_near in customers["borderline"]],
        "counts": [int(note not in _NOBODY) for note in customers["note"]],
        "reason": list(run.advice.reasons),
    }


def _movement(run: Run, movement: Movement) -> Data:
    """What has changed since, in the order of the ranking, and who is gone."""
    words = texts(run.presentation.language)
    spoken = put_into_words(movement, run.presentation.language)
    rows = movement.customers.assign(reason=list(spoken.reasons))
    is_gone = (rows["change"] == Change.GONE).to_numpy()
    here = rows[~is_gone].drop_duplicates("customer_id").set_index("customer_id")
    ranked = run.analysis.customers
    counts = ~ranked["note"].isin(_NOBODY)
    then = here.reindex(ranked["customer_id"].where(counts))
    return {
        "since": words.date(movement.since),
        "model": list(spoken.model),
        "customers": {
            "change": _texts(then["change"]),
            "type": _texts(then["quadrant_before"]),
            "value": _numbers(then["value_then"].to_numpy(np.float64)),
            "benefit": _numbers(then["benefit_then"].to_numpy(np.float64)),
            "reason": [reason or "" for reason in _texts(then["reason"])],
        },
        "gone": [
            {"id": number, "name": name, "type": str(quadrant), "reason": reason}
            for number, name, quadrant, reason in rows.loc[
                is_gone, ["customer_id", "customer_before", "quadrant_before", "reason"]
            ].itertuples(index=False)
        ],
    }


def _numbers(numbers: Floats) -> list[float | None]:
    """Numbers with ``None`` for those that do not exist."""
    return [None if math.isnan(number) else number for number in numbers.tolist()]


def _texts(texts: Iterable[object]) -> list[str | None]:
    """Texts with ``None`` where there is none."""
    return [str(text) if isinstance(text, str) and text else None for text in texts]
