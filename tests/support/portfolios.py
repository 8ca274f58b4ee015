"""Small made-up portfolios for hypothesis, and how xlportfolio takes them.

A portfolio is a list of rows and a model, both plain as in ``support.reference``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
from hypothesis import strategies as st

import xlportfolio as kp
from xlportfolio.model import ThresholdRule

Row = dict[str, Any]
Criterion = dict[str, Any]
Model = dict[str, Any]
Portfolio = tuple[list[Row], Model]
Block = list[list[Any]]

WORDS = ("high", "medium", "low")
NUMBERS = (-20, -5, 0, 0.1, 0.2, 1, 2.5, 10, 30, 50, 99.5, 100, 120, 1000)
WEIGHTS = (0, 0.1, 0.2, 0.3, 1, 2, 3, 60)
LEVEL_VALUES = (0, 10, 25, 33.3, 50, 75, 100)

#: Columns of a table of criteria and what they are called in a plain model.
COLUMNS = {
    "Criterion": "name",
    "Axis": "axis",
    "Weight": "weight",
    "Objective": "objective",
    "Scale": "scale",
    "Low": "low",
    "High": "high",
    "Missing": "fill",
    "Unit": "unit",
}

some_numbers = st.sampled_from(NUMBERS)
level_values = st.sampled_from(LEVEL_VALUES)
ids = st.one_of(
    st.sampled_from(["", " ", "a", "A", "b ", " b", "10", "9", "Ä", "z", "Beta"]),
    st.integers(1, 60).map(str),
)
names = st.sampled_from(["", "Alpha", "Beta", "beta ", "a"])
thresholds = st.sampled_from([0, 25, 50, 62.5, 100, "mean", "median"])


@st.composite
def scales(draw: st.DrawFn) -> Criterion:
    """A scale of any of the four kinds; bounds of a linear one typed, half typed or blank."""
    kind = draw(st.sampled_from(["linear", "linear", "steps", "piecewise", "categories"]))
    scale = {"scale": kind, "low": None, "high": None, "levels": []}
    if kind == "linear":
        low, high = draw(st.none() | some_numbers), draw(st.none() | some_numbers)
        if low is not None and high is not None:
            low, high = min(low, high), max(low, high)
        return {**scale, "low": low, "high": high}
    if kind == "categories":
        bounds = draw(st.lists(st.sampled_from(WORDS), min_size=1, unique=True))
        bounds = [draw(st.sampled_from([word, word.upper(), f" {word}"])) for word in bounds]
    else:
        bounds = draw(st.lists(some_numbers, min_size=1, max_size=4, unique=True))
    return {**scale, "levels": [(bound, draw(level_values)) for bound in bounds]}


@st.composite
def criteria(draw: st.DrawFn, name: str, axis: str) -> Criterion:
    """A criterion of one axis."""
    return {
        **draw(scales()),
        "name": name,
        "axis": axis,
        "weight": draw(st.sampled_from(WEIGHTS)),
        "objective": draw(st.sampled_from(["max", "min"])),
        "fill": draw(st.sampled_from([None, None, 0, 50, 12.5])),
        "unit": draw(st.sampled_from(["", "", "EUR", " usd", "EUR a year"])),
    }


@st.composite
def models(draw: st.DrawFn) -> Model:
    """A whole model with one to three criteria on each axis."""
    listed = []
    for axis in ("value", "benefit"):
        of_axis = [draw(criteria(f"{axis} {i}", axis)) for i in range(draw(st.integers(1, 3)))]
        if not any(c["weight"] for c in of_axis):
            of_axis[-1]["weight"] = 1
        listed += of_axis
    listed = draw(st.permutations(listed))
    if draw(st.booleans()):
        listed[0]["name"] = draw(st.sampled_from(["Umsatz", "TURNOVER", "revenue"]))
    for criterion in listed:
        if criterion["scale"] == "categories":
            criterion["unit"] = ""
            criterion["name"] = f"{criterion['name']} in words"
    numeric = [c["name"] for c in listed if c["scale"] != "categories"]
    value_weight = draw(st.sampled_from([0, 1, 50, 70]))
    a = draw(st.sampled_from([0, 10, 50, 80, 100]))
    return {
        "criteria": listed,
        "value_threshold": draw(thresholds),
        "benefit_threshold": draw(thresholds),
        "borderline_band": draw(st.sampled_from([0, 5, 12.5, 100])),
        "value_weight": value_weight,
        "benefit_weight": draw(st.sampled_from([0, 1, 30, 50] if value_weight else [1, 50])),
        "abc_measure": draw(st.sampled_from([None, None, "Amount", *numeric])),
        "abc_a": a,
        "abc_b": draw(st.sampled_from([b for b in (0, 10, 50, 80, 90, 100) if b >= a])),
        "min_coverage": draw(st.sampled_from([0, 10, 30, 50, 60, 75, 100])),
    }


def few_measures(
    model: Model, few: Sequence[float] = NUMBERS
) -> dict[str, st.SearchStrategy[float | str | None]]:
    """Cells of each column: a few numbers, so that many tie, or words; some are blank."""
    measures: dict[str, st.SearchStrategy[float | str | None]] = {
        "Amount": st.none() | st.sampled_from([*few, -5, 0, 10, 100])
    }
    for criterion in model["criteria"]:
        cell = st.sampled_from([None, *few]) | st.none() | some_numbers
        if criterion["scale"] == "categories":
            cell = st.sampled_from([None, "high", "HIGH ", "medium", "low", "unheard of"])
        measures[criterion["name"]] = cell
    return measures


@st.composite
def portfolios(draw: st.DrawFn) -> Portfolio:
    """Up to 25 rows with repeated, blank and missing cells, and a model."""
    model = draw(models())
    measures = few_measures(model, draw(st.lists(some_numbers, min_size=1, max_size=4)))
    row = {
        "customer_id": ids,
        "customer": names,
        "status": st.sampled_from(["customer", "customer", "prospect", ""]),
    }
    least = draw(st.sampled_from([0, 0, 1, 4, 8, 16]))
    cells = st.fixed_dictionaries({**row, **measures})
    rows = draw(st.lists(cells, min_size=least, max_size=25))
    return rows, model


def with_different_ids(portfolio: Portfolio) -> Portfolio:
    """The same portfolio, but no row is repeated or without an id."""
    rows, model = portfolio
    return [{**row, "customer_id": f"{i:02}"} for i, row in enumerate(rows)], model


def with_fixed_rules(portfolio: Portfolio) -> Portfolio:
    """The same portfolio, but no bound and no threshold is taken from the rows."""
    rows, model = portfolio
    criteria = [
        {**c, "low": -20 if c["low"] is None else c["low"], "high": c["high"] or 120}
        for c in model["criteria"]
    ]
    criteria = [{**c, "low": min(c["low"], c["high"] - 1)} for c in criteria]
    return rows, {**model, "criteria": criteria, "value_threshold": 50, "benefit_threshold": 40}


distinct = portfolios().map(with_different_ids)
fixed = distinct.map(with_fixed_rules)


def scale_of(criterion: Criterion) -> kp.Scale:
    """The scale of a plain criterion."""
    if criterion["scale"] == "linear":
        return kp.Scale.linear(criterion["low"], criterion["high"])
    return getattr(kp.Scale, criterion["scale"])(criterion["levels"])


def model_of(plain: Model) -> kp.ScoringModel:
    """The model as xlportfolio takes it."""
    rules = {"mean": ThresholdRule.MEAN, "median": ThresholdRule.MEDIAN}
    given = {k: rules.get(v, v) for k, v in plain.items() if k != "criteria"}
    return kp.ScoringModel(
        criteria=tuple(
            kp.Criterion(
                c["name"],
                kp.Axis(c["axis"]),
                c["weight"],
                scale_of(c),
                kp.Objective(c["objective"]),
                fill=c["fill"],
                unit=c["unit"],
            )
            for c in plain["criteria"]
        ),
        **given,
    )


def frame_of(rows: list[Row], plain: Model) -> pd.DataFrame:
    """The rows as xlportfolio takes them."""
    columns = ["customer_id", "customer", "status", "Amount"]
    columns += [c["name"] for c in plain["criteria"]]
    return pd.DataFrame({name: [row[name] for row in rows] for name in columns}, dtype=object)


def analysed(portfolio: Portfolio) -> kp.PortfolioAnalysis:
    """What xlportfolio says of a portfolio; rows are labelled by their position."""
    rows, plain = portfolio
    return kp.analyse(frame_of(rows, plain), model_of(plain))


def blocks_of(portfolio: Portfolio) -> tuple[Block, Block, Block]:
    """A portfolio as cells: customers, criteria, settings."""
    rows, model = portfolio
    names = {"customer_id": "Customer ID", "customer": "Customer", "status": "Status"}
    names |= {name: name for name in ["Amount", *(c["name"] for c in model["criteria"])]}
    customers = [list(names.values()), *([row[key] for key in names] for row in rows)]
    return customers, criteria_of(model), settings_of(model)


def criteria_of(model: Model) -> Block:
    header = [*COLUMNS, "Levels"]
    rows = [
        [
            *(criterion[key] for key in COLUMNS.values()),
            "; ".join(f"{bound}={value}" for bound, value in criterion["levels"]) or None,
        ]
        for criterion in model["criteria"]
    ]
    return [header, *rows]


def settings_of(model: Model) -> Block:
    return [["Setting", "Value"], *([k, v] for k, v in model.items() if k != "criteria")]
