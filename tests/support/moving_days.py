"""Two days of a portfolio in which many move, and a plain reckoning of what has moved them."""

from __future__ import annotations

import random
from typing import Any

from support.portfolios import Model, Portfolio
from support.reference import AXES, compared, evaluate

Row = dict[str, Any]
#: The scores of a state by customer and axis, and its thresholds by axis.
State = tuple[dict[str, dict[str, float | None]], dict[str, float]]


def days_of(seed: int) -> tuple[Portfolio, Portfolio]:
    """An earlier and a later day; what changes in between is drawn."""
    draw = random.Random(seed)
    model = _model(draw)
    rows = [_row(draw, f"{i:02}", model) for i in range(40)]
    later = _changed(draw, model) if draw.random() < 0.6 else model
    changed = []
    for row in rows:
        if draw.random() < 0.05:
            continue
        now = {**_row(draw, row["customer_id"], later), **row}
        if draw.random() < 0.5:
            again = _row(draw, row["customer_id"], later)
            names = [c["name"] for c in later["criteria"]]
            for name in draw.sample(names, draw.randint(1, len(names))):
                now[name] = again[name]
        changed.append(now)
    changed += [_row(draw, f"new {i}", later) for i in range(draw.randint(0, 3))]
    draw.shuffle(changed)
    return (rows, model), (changed, later)


def _model(draw: random.Random) -> Model:
    criteria = [
        _criterion(draw, f"{axis} {i}", axis) for axis in AXES for i in range(draw.randint(1, 3))
    ]
    rules = [50, 40, "mean", "median", "mean"]
    return {
        "criteria": criteria,
        "value_threshold": draw.choice(rules),
        "benefit_threshold": draw.choice(rules),
        "borderline_band": 5,
        "value_weight": 50,
        "benefit_weight": 50,
        "abc_measure": None,
        "abc_a": 80,
        "abc_b": 90,
        "min_coverage": draw.choice([0, 0, 50]),
    }


def _criterion(draw: random.Random, name: str, axis: str) -> dict[str, Any]:
    scale = draw.choice(["linear", "linear", "linear", "steps", "piecewise"])
    levels = [(0, 0), (30, 20), (60, 70), (90, 100)] if scale != "linear" else []
    return {
        "name": name,
        "axis": axis,
        "weight": draw.choice([1, 2, 3, 5]),
        "objective": draw.choice(["max", "max", "min"]),
        "scale": scale,
        "low": draw.choice([None, 0]),
        "high": draw.choice([None, None, 100]),
        "levels": levels,
        "fill": draw.choice([None, None, 0, 50]),
        "unit": draw.choice(["", "EUR"]),
    }


def _changed(draw: random.Random, model: Model) -> Model:
    later = {**model, "criteria": [dict(c) for c in model["criteria"]]}
    for criterion in later["criteria"]:
        if draw.random() < 0.4:
            criterion["weight"] = draw.choice([1, 4, 9])
        if draw.random() < 0.2:
            criterion["high"] = draw.choice([None, 80])
        if draw.random() < 0.1:
            criterion["fill"] = draw.choice([None, 0, 50])
    for axis in AXES:
        if draw.random() < 0.3:
            later[f"{axis}_threshold"] = draw.choice([45, 55, "mean", "median"])
        if draw.random() < 0.2:
            later["criteria"].append(_criterion(draw, f"{axis} added", axis))
        of_axis = [c for c in later["criteria"] if c["axis"] == axis]
        if len(of_axis) > 1 and draw.random() < 0.2:
            later["criteria"].remove(of_axis[0])
    return later


def _row(draw: random.Random, number: str, model: Model) -> Row:
    row: Row = {
        "customer_id": number,
        "customer": f"Customer {number}",
        "status": draw.choice(["customer", "customer", "customer", "prospect"]),
        "Amount": None,
    }
    for criterion in model["criteria"]:
        most = 300 if draw.random() < 0.005 else 100  # whoever goes beyond moves the bounds
        row[criterion["name"]] = None if draw.random() < 0.08 else round(draw.uniform(0, most), 1)
    return row


def states(then: Portfolio, now: Portfolio) -> list[State]:
    """The earlier day, that day under the later model, with its bounds and thresholds, the later.

    A criterion that the earlier model did not know takes the measure of the later day.
    """
    (rows, model), (changed, later) = then, now
    known = {c["name"] for c in model["criteria"]}
    today = {row["customer_id"]: row for row in changed}
    asked = [c["name"] for c in later["criteria"]]
    carried = [
        {**row, **{n: today.get(row["customer_id"], {}).get(n) for n in asked if n not in known}}
        for row in rows
    ]
    last = _state(changed, later)
    criteria = [_with_bounds(c, [row[c["name"]] for row in changed]) for c in later["criteria"]]
    typed = {f"{axis}_threshold": last[1][axis] for axis in AXES}
    fixed = {**later, **typed, "criteria": criteria}
    return [_state(rows, model), _state(carried, later), _state(carried, fixed), last]


def _with_bounds(criterion: dict[str, Any], measures: list[float | None]) -> dict[str, Any]:
    present = [measure for measure in measures if measure is not None]
    low = criterion["low"] if criterion["low"] is not None else min(present, default=0)
    high = criterion["high"] if criterion["high"] is not None else max(present, default=0)
    return {**criterion, "low": low, "high": high}


def _state(rows: list[Row], model: Model) -> State:
    found = evaluate(rows, model)
    return {c["id"]: c["score"] for c in found["customers"]}, found["thresholds"]


def cause_of(found: list[State], number: str, axis: str) -> str | None:
    """The last of the three steps in which a score changes sides; ``None``: it ends as it began."""
    sides = []
    for scores, thresholds in found:
        score = scores[number][axis]
        if score is None:
            sides.append(sides[-1])
        else:
            sides.append(compared(score) >= compared(thresholds[axis]))
    if sides[0] == sides[-1]:
        return None
    steps = ("model", "others", "customer")
    return [name for name, a, b in zip(steps, sides, sides[1:], strict=False) if a != b][-1]
