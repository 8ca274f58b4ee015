"""What people and data say of the weights: every way to find them, side by side, for each axis.

People rank criteria, give them points, or compare them in pairs; the data say how much criteria
tell customers apart. Today's weights stand beside them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import Phrase
from xlportfolio.model import Axis, Criterion, ScoringModel
from xlportfolio.pairwise import (
    RANDOM_INDEX,
    PairwiseWeights,
    Revision,
    pairwise_weights,
    worst_judgments,
)
from xlportfolio.raters import Dispute, agreement, disputes, group_judgments
from xlportfolio.scoring import Floats
from xlportfolio.weighting import (
    Method,
    critic_weights,
    entropy_weights,
    normalised,
    rank_order_centroid,
    rank_sum,
)

#: Above this consistency ratio, judgments should be looked at again; from twice as much they
#: contradict each other (Saaty 1980).
CONSISTENT = 0.1
#: Digits of weights that are taken over: percent with two decimals.
_HUNDREDTHS = 10_000
#: How near to 1 weights add up that are meant as fractions; each may be rounded to whole percents.
_NEAR = 0.011


@dataclass(frozen=True, slots=True, eq=False)
class Rater:
    """Somebody who has compared the criteria of an axis.

    Attributes
    ----------
    name
        The name of the sheet.
    judgments
        Shape ``(n_criteria, n_criteria)``, in the order of the criteria; NaN for none.
    """

    name: str
    judgments: Floats

    @property
    def has_judged(self) -> bool:
        """Whether there is a judgment on any pair."""
        judged = ~np.isnan(self.judgments)
        np.fill_diagonal(judged, val=False)
        return bool(judged.any())


@dataclass(frozen=True, slots=True, eq=False)
class Entries:
    """What people have said of the criteria of one axis.

    Attributes
    ----------
    ranks, points
        Shape ``(n_criteria,)``, NaN for none: 1 for the most important; points of swing, from 0.
    raters
        Who compared them, nobody or more.
    """

    ranks: Floats
    points: Floats
    raters: tuple[Rater, ...] = ()

    @classmethod
    def blank(cls, count: int) -> Entries:
        """Nothing said so far."""
        return cls(np.full(count, np.nan), np.full(count, np.nan))


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What one method says of the criteria of an axis.

    Attributes
    ----------
    weights
        Shape ``(n_criteria,)``, adding up to 1; ``None`` as long as it cannot say.
    lacking
        Names of the criteria on which an entry is needed first; empty if none was made at all.
    fault
        What else stands in the way.
    """

    weights: Floats | None = None
    lacking: tuple[str, ...] = ()
    fault: XlPortfolioError | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """How well the pairwise comparisons of an axis fit together.

    Attributes
    ----------
    asked, made
        Pairs of criteria; those that somebody compared.
    result
        The weights of all raters together with their consistency; ``None`` as long as there are
        none.
    worst
        The judgments that most hurt consistency.
    raters
        The own result of each, ``None`` where there is none yet.
    disputes
        The pairs on which raters are furthest apart.
    own_worst
        For each rater, the own judgments that most hurt the own consistency; empty as long as there
        are no weights.
    """

    asked: int
    made: int
    result: PairwiseWeights | None
    worst: Sequence[Revision]
    raters: Sequence[PairwiseWeights | None]
    disputes: Sequence[Dispute]
    own_worst: Sequence[Sequence[Revision]] = ()

    @property
    def ratio(self) -> float:
        """The consistency ratio; NaN where there is none: nothing compared, too many criteria."""
        return consistency(self.result)

    @property
    def agreement(self) -> float:
        """How far raters agree on the order, 0 to 1; NaN for fewer than two with weights."""
        weights = [own.weights for own in self.raters if own is not None]
        return agreement(weights) if len(weights) > 1 else np.nan


@dataclass(frozen=True, slots=True, eq=False)
class AxisWeighing:
    """All that is said of the weights of one axis.

    ``criteria`` names those that count, in their order.
    """

    axis: Axis
    criteria: tuple[str, ...]
    entries: Entries
    methods: Mapping[Method, Found]
    comparison: Comparison


def weigh(analysis: PortfolioAnalysis, entries: Mapping[Axis, Entries]) -> tuple[AxisWeighing, ...]:
    """Find the weights of each axis in every way.

    Only criteria that count are weighed: those whose weight is above 0 today.

    Parameters
    ----------
    entries
        What people have said, in the order of :func:`weighed`; nothing for an axis not there.

    Examples
    --------
    >>> import pandas as pd
    >>> from xlportfolio import Criterion, Scale, ScoringModel, analyse
    >>> model = ScoringModel(criteria=(
    ...     Criterion("Turnover", Axis.VALUE, 1, Scale.linear(0, 100)),
    ...     Criterion("Margin", Axis.VALUE, 1, Scale.linear(0, 1)),
    ...     Criterion("Share", Axis.BENEFIT, 1, Scale.linear(0, 1)),
    ... ))
    >>> customers = pd.DataFrame(
    ...     {"customer_id": ["A", "B"], "Turnover": [90, 20], "Margin": [0.5, 0.5], "Share": [0, 1]}
    ... )
    >>> said = Entries(np.array([2.0, 1.0]), np.array([50.0, np.nan]))
    >>> value, _ = weigh(analyse(customers, model), {Axis.VALUE: said})
    >>> value.methods[Method.CENTROID].weights
    array([0.25, 0.75])
    >>> value.methods[Method.SWING].lacking
    ('Margin',)
    """
    return tuple(_of_axis(analysis, axis, entries.get(axis)) for axis in Axis)


def weighed(model: ScoringModel, axis: Axis) -> list[Criterion]:
    """The criteria of an axis that count."""
    criteria = (model.criteria[k] for k in model.on_axis(axis))
    return [criterion for criterion in criteria if criterion.weight > 0]


def _of_axis(analysis: PortfolioAnalysis, axis: Axis, said: Entries | None) -> AxisWeighing:
    criteria = weighed(analysis.model, axis)
    names = tuple(criterion.name for criterion in criteria)
    said = said or Entries.blank(len(names))
    rated = analysis.customers["rank"].notna().to_numpy()
    values = analysis.values[list(names)].to_numpy(np.float64)[rated]
    pairwise, comparison = _compared(names, said.raters)
    today = np.array([criterion.weight for criterion in criteria], dtype=np.float64)
    methods = {
        Method.DIRECT: Found(normalised(today)),
        Method.CENTROID: _entered(names, said.ranks, rank_order_centroid),
        Method.RANK_SUM: _entered(names, said.ranks, rank_sum),
        Method.SWING: _entered(names, said.points, normalised),
        Method.PAIRWISE: pairwise,
        Method.ENTROPY: _found(lambda: entropy_weights(values)),
        Method.CRITIC: _found(lambda: critic_weights(values)),
    }
    return AxisWeighing(axis, names, said, methods, comparison)


def _entered(names: Sequence[str], entries: Floats, method: Callable[[Floats], Floats]) -> Found:
    """The weights that follow from one entry for each criterion; one alone needs none."""
    blank = np.isnan(entries)
    if len(names) == 1:
        return Found(np.ones(1))
    if blank.all():
        return Found()
    if blank.any():
        return Found(lacking=tuple(names[k] for k in np.flatnonzero(blank).tolist()))
    return _found(lambda: method(entries))


def _found(method: Callable[[], Floats]) -> Found:
    try:
        return Found(method())
    except XlPortfolioError as fault:
        return Found(fault=fault)


def _compared(names: Sequence[str], raters: Sequence[Rater]) -> tuple[Found, Comparison]:
    """The weights that follow from pairwise comparisons, and how well these fit together."""
    count = len(names)
    asked = count * (count - 1) // 2
    squares = [rater.judgments for rater in raters]
    known = np.zeros((count, count), dtype=np.bool_)
    for square in squares:
        known |= ~np.isnan(square) | ~np.isnan(square.T)
    np.fill_diagonal(known, val=False)
    own = [_alone(square) for square in squares]
    made = int(np.triu(known).sum())
    if not made:
        alone = Found(np.ones(1)) if count == 1 else Found()
        return alone, Comparison(asked, made, None, (), own, ())
    unnamed = ~known.any(axis=1)
    if unnamed.any():
        lacking = tuple(names[k] for k in np.flatnonzero(unnamed).tolist())
        return Found(lacking=lacking), Comparison(asked, made, None, (), own, disputes(squares))
    group = group_judgments(squares)
    try:
        result = pairwise_weights(group)
    except XlPortfolioError as error:
        fault = _by_name(error, names)
        return Found(fault=fault), Comparison(asked, made, None, (), own, disputes(squares))
    worst = worst_judgments(group)
    own_worst = [
        () if alone is None else worst_judgments(square)
        for square, alone in zip(squares, own, strict=True)
    ]
    comparison = Comparison(asked, made, result, worst, own, disputes(squares), own_worst)
    return Found(result.weights), comparison


def _by_name(error: XlPortfolioError, names: Sequence[str]) -> XlPortfolioError:
    """That criteria are not linked, the only fault of a group, with names for their numbers."""
    named = {key: names[int(str(number)) - 1] for key, number in error.details.items()}
    return XlPortfolioError("criteria_unlinked", **named)


def _alone(judgments: Floats) -> PairwiseWeights | None:
    """The result of one rater, ``None`` where the criteria do not all hang together."""
    try:
        return pairwise_weights(judgments)
    except XlPortfolioError:
        return None


def consistency(result: PairwiseWeights | None) -> float:
    """The consistency ratio, NaN where there is none: no result, or too many criteria."""
    if result is None or len(result.weights) > len(RANDOM_INDEX):
        return np.nan
    return result.consistency_ratio


class Taking(NamedTuple):
    """Which weights are to be taken over.

    Attributes
    ----------
    method
        By which they were found.
    axis
        The axis concerned; ``None``: each for which the method has weights.
    """

    method: Method
    axis: Axis | None = None


def taken_over(axes: Sequence[AxisWeighing], taking: Taking) -> dict[str, float]:
    """Weights as they are taken over, by criterion; see :func:`percents`.

    Raises
    ------
    XlPortfolioError
        If it has none.
    """
    found: dict[str, float] = {}
    for weighing in axes:
        weights = weighing.methods[taking.method].weights
        if weights is not None and taking.axis in {None, weighing.axis}:
            found |= zip(weighing.criteria, percents(weights).tolist(), strict=True)
    if not found:
        raise XlPortfolioError(
            "method_without_weights", method=Phrase(f"methods.{taking.method}", {})
        )
    return found


def as_entered(model: ScoringModel, taken: Mapping[str, float]) -> dict[str, float]:
    """Weights in percent in the unit of those that they replace, by criterion.

    Of an axis whose weights add up to 1, as they do in cells that show percent, they are fractions.

    >>> from xlportfolio import Scale
    >>> linear = Scale.linear(0, 1)
    >>> model = ScoringModel(criteria=(
    ...     Criterion("Turnover", Axis.VALUE, 0.4, linear),
    ...     Criterion("Margin", Axis.VALUE, 0.6, linear),
    ...     Criterion("Share", Axis.BENEFIT, 7, linear),
    ... ))
    >>> as_entered(model, {"Turnover": 33.33, "Margin": 66.67, "Share": 100})
    {'Turnover': 0.3333, 'Margin': 0.6667, 'Share': 100}
    """
    entered = dict(taken)
    for axis in Axis:
        criteria = weighed(model, axis)
        if np.isclose(sum(criterion.weight for criterion in criteria), 1, rtol=0, atol=_NEAR):
            for name in taken.keys() & {criterion.name for criterion in criteria}:
                entered[name] = round(taken[name] / 100, 4)
    return entered


def with_taken(
    axes: Sequence[AxisWeighing], taken: Mapping[str, float]
) -> tuple[AxisWeighing, ...]:
    """The same once weights have been taken over: they are those of today then."""
    return tuple(
        replace(
            weighing,
            methods={
                **weighing.methods,
                Method.DIRECT: Found(normalised(np.array([taken[c] for c in weighing.criteria]))),
            },
        )
        if taken.keys() >= set(weighing.criteria)
        else weighing
        for weighing in axes
    )


def percents(weights: Floats) -> Floats:
    """Weights as they are taken over: in percent with two decimals, adding up to exactly 100.

    What rounding leaves over goes to those that lost most by it (the largest remainders).

    >>> percents(np.array([1, 1, 1]) / 3)
    array([33.34, 33.33, 33.33])
    """
    exact = weights / weights.sum() * _HUNDREDTHS
    whole = np.floor(np.round(exact, 6))
    left = round(_HUNDREDTHS - whole.sum())
    whole[np.argsort(-(exact - whole), kind="stable")[:left]] += 1
    return np.asarray(whole / 100, dtype=np.float64)
