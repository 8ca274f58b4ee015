"""In which things two models differ, as far as scores, types, ranks and borderlines follow."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xlportfolio.model import (
    Axis,
    Criterion,
    ScoringModel,
    id_text,
    name_key,
)
from xlportfolio.scale import Scale, ScaleKind, category_key
from xlportfolio.scoring import DECIMALS

#: Settings that are neither thresholds nor weights.
_NUMBERS = ("borderline_band", "min_coverage")
#: How alike weights are that are the same but for a common factor.
_ALIKE = 1e-9


@dataclass(frozen=True, slots=True)
class ModelChange:
    """One thing in which the later model differs from the earlier one.

    Attributes
    ----------
    criterion
        Its name; ``None`` for a setting.
    field
        ``"added"``, ``"removed"``, the name of a setting, or of what differs in the criterion:
        ``axis``, ``weight``, ``objective``, ``scale`` (kind, bounds or levels), ``missing``.
    before, after
        Numbers or words where there are any. Weights in percent of their axis; the settings
        ``value_weight`` and ``benefit_weight`` in percent of both. Scales as
        ``"linear 0..500"`` (nothing where a bound is taken from the data) or
        ``"steps 0=0; 50=25"``. A missing measure that is left out is ``"skip"``. ``None`` for
        both: it is only told that there is a difference.
    axis
        Whose scores it touches; ``None``: those of both, or none.
    """

    criterion: str | None
    field: str
    before: float | str | None = None
    after: float | str | None = None
    axis: Axis | None = None


def model_changes(before: ScoringModel, after: ScoringModel) -> tuple[ModelChange, ...]:
    """What differs, criteria in the order of the later model, then those removed, then settings.

    Names are compared as everywhere, without regard to case. A weight is not listed where all
    weights of an axis have changed by the same factor, nor where its share has changed only
    because others have.

    Examples
    --------
    >>> margin = Criterion("Margin", Axis.VALUE, 40)
    >>> service = Criterion("Service", Axis.BENEFIT, 1)
    >>> then, now = (
    ...     ScoringModel((Criterion("Turnover", Axis.VALUE, weight), margin, service))
    ...     for weight in (40, 60)
    ... )
    >>> model_changes(then, now)
    (ModelChange(criterion='Turnover', field='weight', before=50.0, after=60.0,
                 axis=<Axis.VALUE: 'value'>),)
    """
    return (*_of_criteria(before, after), *_of_settings(before, after))


def _of_criteria(before: ScoringModel, after: ScoringModel) -> Iterator[ModelChange]:
    was, now = ({name_key(c.name): c for c in model.criteria} for model in (before, after))
    share_before, share_after = _shares(before), _shares(after)
    reweighted = {
        key
        for axis in Axis
        for key in _reweighted(
            {key: c.weight for key, c in was.items() if c.axis is axis},
            {key: c.weight for key, c in now.items() if c.axis is axis},
        )
    }
    for key, criterion in now.items():
        if key not in was:
            yield ModelChange(criterion.name, "added", None, share_after[key], criterion.axis)
            continue
        yield from _of_criterion(was[key], criterion)
        if key in reweighted:
            shares = share_before[key], share_after[key]
            yield ModelChange(criterion.name, "weight", *shares, criterion.axis)
    for key, criterion in was.items():
        if key not in now:
            yield ModelChange(criterion.name, "removed", share_before[key], None, criterion.axis)


def _of_criterion(was: Criterion, now: Criterion) -> Iterator[ModelChange]:
    if was.axis is not now.axis:
        yield ModelChange(now.name, "axis", str(was.axis), str(now.axis))
    if was.objective is not now.objective and _is_linear(was) and _is_linear(now):
        yield ModelChange(now.name, "objective", str(was.objective), str(now.objective), now.axis)
    if _essence(was.scale) != _essence(now.scale):
        yield ModelChange(now.name, "scale", scale_text(was.scale), scale_text(now.scale), now.axis)
    if was.fill != now.fill:
        yield ModelChange(now.name, "missing", _fill(was), _fill(now), now.axis)


def _of_settings(before: ScoringModel, after: ScoringModel) -> Iterator[ModelChange]:
    for axis in Axis:
        if before.threshold(axis) != after.threshold(axis):
            was, now = (_number_or_rule(model.threshold(axis)) for model in (before, after))
            yield ModelChange(None, f"{axis}_threshold", was, now, axis)
    old, new = (
        {f"{axis}_weight": float(getattr(model, f"{axis}_weight")) for axis in Axis}
        for model in (before, after)
    )
    for name in _reweighted(old, new):
        yield ModelChange(None, name, _percent(old)[name], _percent(new)[name])
    for name in _NUMBERS:
        then, since = (float(getattr(model, name)) for model in (before, after))
        if then != since:
            yield ModelChange(None, name, then, since)


def scale_text(scale: Scale) -> str:
    """A scale on one line, in the notation of the table of criteria with points for commas.

    Examples
    --------
    >>> scale_text(Scale.linear(high=500)), scale_text(Scale.steps([(50, 25), (0, 0)]))
    ('linear ..500', 'steps 0=0; 50=25')
    """
    if scale.kind is ScaleKind.LINEAR:
        return f"{scale.kind} {_end(scale.low)}..{_end(scale.high)}"
    levels = scale.levels if scale.kind is ScaleKind.CATEGORIES else sorted(scale.levels)
    listed = (f"{_word(bound)}={id_text(float(value))}" for bound, value in levels)
    return f"{scale.kind} {'; '.join(listed)}"


def _end(bound: float | None) -> str:
    return "" if bound is None else id_text(float(bound))


def _word(bound: float | str) -> str:
    return bound.strip() if isinstance(bound, str) else id_text(float(bound))


def _essence(scale: Scale) -> object:
    """What of a scale makes a value: two scales with the same one are the same."""
    if scale.kind is ScaleKind.LINEAR:
        return (scale.kind, scale.low, scale.high)
    keys = (category_key(b) if isinstance(b, str) else float(b) for b, _ in scale.levels)
    values = (float(value) for _, value in scale.levels)
    return (scale.kind, frozenset(zip(keys, values, strict=True)))


def _is_linear(criterion: Criterion) -> bool:
    return criterion.scale.kind is ScaleKind.LINEAR


def _fill(criterion: Criterion) -> float | str:
    return "skip" if criterion.fill is None else float(criterion.fill)


def _number_or_rule(threshold: float | str) -> float | str:
    return str(threshold) if isinstance(threshold, str) else float(threshold)


def _shares(model: ScoringModel) -> dict[str, float]:
    """What each criterion weighs, in percent of its axis."""
    return {
        key: share
        for axis in Axis
        for key, share in _percent(
            {name_key(c.name): c.weight for c in model.criteria if c.axis is axis}
        ).items()
    }


def _percent(weights: Mapping[str, float]) -> dict[str, float]:
    exponent = math.frexp(max(weights.values()))[1]
    terms = {key: math.ldexp(weight, -exponent) for key, weight in weights.items()}  # exact
    total = sum(terms.values())  # of the weights as they are it could overflow
    return {key: 100 * term / total for key, term in terms.items()}


def _reweighted(was: Mapping[str, float], now: Mapping[str, float]) -> list[str]:
    """Whose weight has changed, apart from a factor that is common to all others.

    Weights are proportions: where some are as they were, these have stayed, whatever became of
    their shares; else those that have changed by the same factor, if there are any; else those
    whose share among all that are still there is the same.
    """
    both = [key for key in now if key in was]
    counted = [key for key in both if was[key] > 0 and now[key] > 0]
    factor = _common_factor([now[key] / was[key] for key in counted])
    if factor is None and counted:
        # of the sums, each taken in parts of its largest term, since it could overflow
        most_was, most_now = (max(w[key] for key in counted) for w in (was, now))
        sums = (
            sum(w[key] / most for key in counted) for w, most in ((was, most_was), (now, most_now))
        )
        sum_was, sum_now = sums
        factor = most_now / most_was * (sum_now / sum_was)
    shares = _percent(was), _percent(now)
    return [
        key
        for key in both
        if key not in counted
        or not math.isclose(now[key], (factor or 1) * was[key], rel_tol=_ALIKE)
        if round(shares[0][key], DECIMALS) != round(shares[1][key], DECIMALS)
    ]


def _common_factor(ratios: Sequence[float]) -> float | None:
    if any(math.isclose(ratio, 1, rel_tol=_ALIKE) for ratio in ratios):
        return 1.0
    for likely, times in Counter(float(f"{ratio:.9g}") for ratio in ratios).most_common(1):
        if times > 1:
            return min(ratios, key=lambda ratio: abs(ratio - likely))
    return None
