"""Customers and a model in, the whole portfolio analysis out: the one deep entry point."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlportfolio.abc_analysis import abc_amounts, abc_as_ranked, abc_table
from xlportfolio.errors import Fault, ModelError, Severity
from xlportfolio.model import (
    EFFORT,
    Axis,
    Criterion,
    ScoringModel,
    Status,
    id_text,
)
from xlportfolio.portfolio import (
    Identity,
    identify,
    near,
    quadrants,
    ranking_order,
    ranks,
    threshold_of,
)
from xlportfolio.scale import ScaleKind
from xlportfolio.scoring import (
    AxisScores,
    Bools,
    Bounds,
    Floats,
    Ints,
    Strings,
    Yardstick,
    category_values,
    linear_bounds,
    numbers_of,
    rounded,
    weighted_scores,
)


class Note(StrEnum):
    """Why a row is not rated."""

    NONE = ""
    REPEATED = "repeated"
    UNIDENTIFIED = "unidentified"
    VALUE_COVERAGE = "value_coverage"
    BENEFIT_COVERAGE = "benefit_coverage"
    BOTH_COVERAGES = "both_coverages"
    NO_MEASURE = "no_measure"


#: What is said of rows that stand for no customer of their own, whatever the model.
NOBODY = frozenset({Note.REPEATED, Note.UNIDENTIFIED})


class Thresholds(NamedTuple):
    """The numbers at which the two axes were cut, 0 to 100."""

    value: float
    benefit: float


@dataclass(frozen=True, slots=True, eq=False)
class PortfolioAnalysis:
    """What the method says of every row of the input.

    All frames have the rows of the input, with its index labels, in the order of the ranking:
    rated rows by rank, then the rows not rated in the order of the input.

    Attributes
    ----------
    model
        What was asked.
    customers
        Columns ``customer_id``, ``customer``, ``status``, ``quadrant``, ``value_score``,
        ``benefit_score``, ``total_score`` (0 to 100), ``rank``, ``borderline``, ``abc_class``
        (``""`` for none), ``value_coverage``, ``benefit_coverage`` (0 to 1), ``note``
        (:class:`Note`), ``repeats`` (the label of the row that is repeated, else ``None``) and
        ``hours_now`` (today's effort in hours per year). Scores, ranks and hours that do not exist
        are NaN.
    measures
        One column for each criterion, as it was given.
    values, contributions, attainable
        One column for each criterion: values of 0 to 100, points of the axis score, and the points
        that a value of 100 would bring; NaN where the criterion has no value. A row that repeats
        another has neither contributions nor attainable points.
    bounds
        The bounds used of each linear criterion, by its position.
    abc
        The rows with an ABC class, largest amount first. Columns ``amount``, ``share``,
        ``cumulative_share`` (0 to 1), ``abc_class``, ``amount_rank``, ``difference`` (amount rank
        minus rank by total among the rated rows listed; NaN if not rated) and ``finding``
        (``"overrated"``, ``"underrated"`` or ``""``), and ``position``, the row's place in the
        other frames, counted from 0.
    abc_measure
        The column behind ``abc``, ``None`` if there is none.
    thresholds
        The numbers used.
    faults
        Warnings and notes about single customers, criteria or settings.
    """

    model: ScoringModel
    customers: pd.DataFrame
    measures: pd.DataFrame
    values: pd.DataFrame
    contributions: pd.DataFrame
    attainable: pd.DataFrame
    bounds: Mapping[int, Bounds]
    abc: pd.DataFrame
    abc_measure: str | None
    thresholds: Thresholds
    faults: tuple[Fault, ...]


def analyse(customers: pd.DataFrame, model: ScoringModel) -> PortfolioAnalysis:
    """Score, type, rank and classify all customers of a portfolio in one pass over arrays.

    Parameters
    ----------
    customers
        One row for each customer or prospect. ``customer_id`` and one column for each criterion,
        headed by its name, are needed; ``customer`` (the name) and ``status`` (``"customer"`` or
        ``"prospect"``, by default the former) may be missing. Measures are numbers in the
        criterion's unit, or words for a scale of categories; NaN or ``None`` is a missing measure.
        ``hours_now``, today's effort in hours per year, from 0, may be missing too.
    model
        The criteria, weights, scales and thresholds.

    Returns
    -------
    One line for each row of the input, whatever its faults.

    Raises
    ------
    ModelError
        If a column that the model needs is not there.

    Examples
    --------
    >>> from xlportfolio import Axis, Criterion, Scale, ScoringModel
    >>> model = ScoringModel(criteria=(
    ...     Criterion("Turnover", Axis.VALUE, 60, Scale.linear(0, 100), unit="EUR"),
    ...     Criterion("Growth", Axis.VALUE, 40, Scale.linear(0, 10)),
    ...     Criterion("Service", Axis.BENEFIT, 1, Scale.categories([("high", 100), ("low", 20)])),
    ... ))
    >>> customers = pd.DataFrame({
    ...     "customer_id": ["A1", "B2"], "Turnover": [90, 20], "Growth": [5, None],
    ...     "Service": ["low", "high"],
    ... })
    >>> analyse(customers, model).customers[["customer_id", "quadrant", "total_score", "rank"]]
      customer_id       quadrant  total_score  rank
    1          B2     free_rider         60.0   1.0
    0          A1  question_mark         47.0   2.0
    """
    _require_columns(customers, model)
    faults: list[Fault] = []
    labels = customers.index
    names = _text(customers, "customer")
    who = identify(_text(customers, "customer_id"), names)
    prospect = np.array([s == "prospect" for s in _text(customers, "status")], dtype=np.bool_)
    faults += _identity_faults(who, labels)

    values, bounds, value_faults = _values(customers, model, who.counts)
    faults += value_faults
    hours, hour_faults = _hours(customers)
    faults += hour_faults
    scores = {axis: _axis(model, axis, values, who.repeats >= 0) for axis in Axis}
    value, benefit = scores[Axis.VALUE], scores[Axis.BENEFIT]

    covered = {axis: _covered(score, model) for axis, score in scores.items()}
    has_scores = ~np.isnan(value.score) & ~np.isnan(benefit.score)
    rated = who.counts & covered[Axis.VALUE] & covered[Axis.BENEFIT] & has_scores
    thresholds = Thresholds(
        *(threshold_of(model.threshold(a), scores[a].score, rated, prospect) for a in Axis)
    )
    if not rated.any():
        rules = [a for a in Axis if not isinstance(model.threshold(a), int | float)]
        faults += [
            Fault("threshold_of_nobody", Severity.WARNING, field=f"{axis}_threshold")
            for axis in rules
        ]

    both = model.value_weight + model.benefit_weight
    total = (model.value_weight * value.score + model.benefit_weight * benefit.score) / both
    total = np.where(rated, total, np.nan)
    quadrant = quadrants(
        np.where(rated, value.score, np.nan), np.where(rated, benefit.score, np.nan), *thresholds
    )
    borderline = rated & (
        near(value.score, thresholds.value, model.borderline_band)
        | near(benefit.score, thresholds.benefit, model.borderline_band)
    )
    abc_measure, amounts, abc_faults = abc_amounts(customers, model, who.counts, prospect)
    faults += abc_faults
    order = ranking_order(total, value.score, who.ids)
    abc = abc_as_ranked(order, amounts, model)

    def words(column: Iterable[object]) -> pd.Series:
        """Words as they are: where pyarrow is installed, pandas would keep their letters alone."""
        return pd.Series(list(column), index=labels, dtype=object)

    everyone = pd.DataFrame(
        {
            "customer_id": who.ids,
            "customer": names,
            "status": words(
                np.array([Status.CUSTOMER, Status.PROSPECT], dtype=object)[prospect + 0]
            ),
            "quadrant": words(quadrant),
            "value_score": value.score,
            "benefit_score": benefit.score,
            "total_score": total,
            "rank": ranks(total),
            "borderline": borderline,
            "abc_class": abc.classes,
            "value_coverage": value.coverage,
            "benefit_coverage": benefit.coverage,
            "note": words(_notes(who, covered, has_scores)),
            "repeats": _labels(who.repeats, labels),
            "hours_now": np.where(who.counts, hours, np.nan),
        },
        index=labels,
    )
    columns = [criterion.name for criterion in model.criteria]
    ordered = labels[order]

    def per_criterion(matrix: Floats) -> pd.DataFrame:
        return pd.DataFrame(matrix[order], index=ordered, columns=columns, copy=False)

    def of_both(name: str) -> pd.DataFrame:
        both = np.empty_like(values)
        for axis, points in scores.items():
            both[:, model.on_axis(axis)] = getattr(points, name)
        return per_criterion(both)

    return PortfolioAnalysis(
        model=model,
        customers=everyone.iloc[order],
        measures=customers[columns].iloc[order],
        values=per_criterion(values),
        contributions=of_both("contributions"),
        attainable=of_both("attainable"),
        bounds=bounds,
        abc=abc_table(everyone, amounts, abc, order),
        abc_measure=abc_measure,
        thresholds=thresholds,
        faults=tuple(faults),
    )


def _require_columns(customers: pd.DataFrame, model: ScoringModel) -> None:
    needed = ["customer_id", *(criterion.name for criterion in model.criteria)]
    if model.abc_measure is not None:
        needed.append(model.abc_measure)
    missing = [name for name in needed if name not in customers.columns]
    if missing:
        raise ModelError([Fault("column_missing", field=name) for name in missing])


def _text(customers: pd.DataFrame, column: str) -> list[str]:
    """A column as text, blank where a cell or the whole column is missing."""
    if column not in customers.columns:
        return [""] * len(customers)
    cells = customers[column].to_numpy(object)
    if set(map(type, cells)) == {str}:
        return list(cells)
    known = zip(cells.tolist(), pd.isna(cells).tolist(), strict=True)
    return [cell if type(cell) is str else "" if blank else id_text(cell) for cell, blank in known]


def _identity_faults(who: Identity, labels: pd.Index) -> Iterator[Fault]:
    for position in np.flatnonzero(who.unidentified).tolist():
        yield Fault("unidentified", Severity.WARNING, "customer_id", customer=labels[position])
    for position in np.flatnonzero(who.repeats >= 0).tolist():
        yield Fault(
            "repeated_customer",
            Severity.WARNING,
            "customer_id",
            customer=labels[position],
            details={"found": who.ids[position], "first": labels[who.repeats[position]]},
        )


def _labels(positions: Ints, labels: pd.Index) -> Strings:
    """Index labels at these positions, ``None`` for -1."""
    chosen = np.full(len(positions), None, dtype=object)
    for i in np.flatnonzero(positions >= 0):
        chosen[i] = labels[positions[i]]
    return chosen


def _values(
    customers: pd.DataFrame, model: ScoringModel, counts: Bools
) -> tuple[Floats, dict[int, Bounds], list[Fault]]:
    """The values of all measures, shape ``(n_customers, n_criteria)``; bounds; what was odd."""
    measures = np.full((len(customers), len(model.criteria)), np.nan)
    bounds: dict[int, Bounds] = {}
    faults: list[Fault] = []
    for k, criterion in enumerate(model.criteria):
        column = criterion.name
        if criterion.scale.kind is ScaleKind.CATEGORIES:
            measures[:, k], odd = category_values(customers[column], criterion)
            key = "unknown_category"
            allowed: dict[str, object] = {"allowed": [str(b) for b, _ in criterion.scale.levels]}
        else:
            measures[:, k], odd = numbers_of(customers, column)
            key, allowed = "not_a_number", {}
            if criterion.scale.kind is ScaleKind.LINEAR:
                bounds[k] = linear_bounds(criterion.scale, measures[counts, k])
                faults += _crossed(criterion, bounds[k].crossed)
        for position in np.flatnonzero(odd).tolist():
            details = {"found": customers[column].iloc[position], **allowed}
            label = customers.index[position]
            faults.append(Fault(key, Severity.WARNING, column, customer=label, details=details))
    return Yardstick(model.criteria, bounds)(measures), bounds, faults


def _hours(customers: pd.DataFrame) -> tuple[Floats, list[Fault]]:
    """Today's effort of each customer, NaN where it is not known, and what was odd."""
    column = "hours_now"
    if column not in customers.columns:
        return np.full(len(customers), np.nan), []
    hours, odd = numbers_of(customers, column)
    impossible = (hours < EFFORT.low) | (hours > EFFORT.high)
    faults = [
        Fault(key, Severity.WARNING, column, customer=customers.index[position], details=details)
        for key, rows in (("not_a_number", odd), ("impossible_effort", impossible))
        for position in np.flatnonzero(rows).tolist()
        for details in [{"found": customers[column].iloc[position], **EFFORT._asdict()}]
    ]
    return np.where(impossible, np.nan, hours), faults


def _crossed(criterion: Criterion, crossed: bool) -> list[Fault]:  # noqa: FBT001
    if not crossed:
        return []
    field = "high" if criterion.scale.low is None else "low"
    return [Fault("bound_crosses_data", Severity.WARNING, field, criterion=criterion.name)]


def _axis(model: ScoringModel, axis: Axis, values: Floats, repeated: Bools) -> AxisScores:
    """The scores of one axis; a row that repeats another has a coverage and nothing else."""
    positions = model.on_axis(axis)
    criteria = [model.criteria[k] for k in positions]
    scores = weighted_scores(
        values[:, positions], [c.weight for c in criteria], [c.fill for c in criteria]
    )
    for points in (scores.score, scores.contributions, scores.attainable):
        points[repeated] = np.nan
    return scores


def _covered(scores: AxisScores, model: ScoringModel) -> Bools:
    enough = rounded(scores.coverage) >= rounded(model.min_coverage / 100)
    return np.asarray(enough, dtype=np.bool_)


def _notes(who: Identity, covered: dict[Axis, Bools], has_scores: Bools) -> list[Note]:
    value, benefit = covered[Axis.VALUE], covered[Axis.BENEFIT]
    reasons = [
        (who.repeats >= 0, Note.REPEATED),
        (who.unidentified, Note.UNIDENTIFIED),
        (~value & ~benefit, Note.BOTH_COVERAGES),
        (~value, Note.VALUE_COVERAGE),
        (~benefit, Note.BENEFIT_COVERAGE),
        (~has_scores, Note.NO_MEASURE),
    ]
    kinds = [note for _, note in reasons]
    chosen = np.select([rows for rows, _ in reasons], range(len(reasons)), -1)
    return [kinds[i] if i >= 0 else Note.NONE for i in chosen]
