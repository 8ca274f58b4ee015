"""The lever: worked examples, and every set and level tried out over small made-up models."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from itertools import combinations, pairwise, product

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import xlportfolio as kp
from xlportfolio.lever import Lever, Step, levers
from xlportfolio.scoring import Bounds, Yardstick, rounded

EXAMPLES = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)

Cell = float | str | None
Criteria = Sequence[kp.Criterion]
Case = tuple[list[kp.Criterion], list[Cell], float]


def criterion(
    name: str,
    weight: float = 1,
    scale: kp.Scale | None = None,
    *,
    changeable: bool = True,
    objective: kp.Objective = kp.Objective.MAX,
    fill: float | None = None,
) -> kp.Criterion:
    """A criterion of the value axis that somebody can do something about."""
    scale = scale or kp.Scale.linear(0, 100)
    return kp.Criterion(name, kp.Axis.VALUE, weight, scale, objective, fill, changeable=changeable)


def analysed(
    criteria: Criteria, rows: Sequence[Sequence[Cell]], threshold: float
) -> kp.PortfolioAnalysis:
    """The analysis of some rows, all high on the other axis."""
    other = kp.Criterion("Other", kp.Axis.BENEFIT, 1, kp.Scale.linear(0, 1))
    model = kp.ScoringModel(criteria=(*criteria, other), value_threshold=threshold, min_coverage=0)
    columns = {c.name: [row[k] for row in rows] for k, c in enumerate(criteria)}
    ids = [str(i) for i in range(len(rows))]
    return kp.analyse(pd.DataFrame({"customer_id": ids, "Other": 1.0, **columns}), model)


def levers_of(criteria: Criteria, rows: Sequence[Sequence[Cell]], threshold: float) -> list[Lever]:
    """The levers of some rows, from what the analysis says of them."""
    analysis = analysed(criteria, rows, threshold)
    names, order = [c.name for c in criteria], range(len(rows))
    return levers(
        criteria,
        [analysis.bounds.get(k) for k in range(len(criteria))],
        analysis.measures[names].apply(pd.to_numeric, errors="coerce").loc[order].to_numpy(float),
        analysis.values[names].loc[order].to_numpy(),
        analysis.attainable[names].loc[order].to_numpy(),
        analysis.customers["value_score"].loc[order].to_numpy(),
        threshold,
    )


def lever_of(criteria: Criteria, row: Sequence[Cell], threshold: float = 50) -> Lever:
    return levers_of(criteria, [row], threshold)[0]


def followed(row: Sequence[Cell], lever: Lever) -> list[Cell]:
    """The row with the advice of a lever taken."""
    cells = list(row)
    for step in lever:
        cells[step.criterion] = step.target
    return cells


def types_of(criteria: Criteria, rows: Sequence[Sequence[Cell]], threshold: float) -> list[str]:
    """The types of some rows."""
    types = analysed(criteria, rows, threshold).customers["quadrant"]
    return [str(types[row]) for row in range(len(rows))]


def test_one_linear_criterion_rises_as_far_as_needed() -> None:
    assert lever_of([criterion("Margin", scale=kp.Scale.linear(0, 40))], [10]) == (
        Step(0, 20.0, 25.0),
    )


def test_linear_criteria_go_to_their_bounds_in_turn_and_the_last_as_far_as_needed() -> None:
    criteria = [criterion("A", 1, kp.Scale.linear(0, 10)), criterion("B", 3), criterion("C", 1)]
    assert lever_of(criteria, [0, 20, 10], threshold=70) == (
        Step(1, 100.0, pytest.approx(48.0)),
        Step(0, pytest.approx(4.0), pytest.approx(8.0)),
    )
    assert lever_of(criteria, [0, 20, 10], threshold=90) == (
        Step(1, 100.0, pytest.approx(48.0)),
        Step(0, 10.0, pytest.approx(20.0)),
        Step(2, pytest.approx(50.0), pytest.approx(8.0)),
    )


def test_one_criterion_is_enough_even_if_two_would_both_move_little() -> None:
    assert lever_of([criterion("A"), criterion("B")], [5, 5]) == (Step(0, 95.0, 45.0),)


def test_steps_that_overshoot_by_least_are_taken() -> None:
    criteria = [
        criterion("A", scale=kp.Scale.steps([(0, 0), (5, 70), (9, 100)])),
        criterion("B", scale=kp.Scale.steps([(0, 0), (5, 60), (9, 100)])),
    ]
    assert lever_of(criteria, [1, 1], threshold=28) == (Step(1, 5.0, 30.0),)


def test_a_category_is_named_as_its_level_spells_it_the_first_of_those_alike() -> None:
    scale = kp.Scale.categories([("None", 0), (" High", 60), ("Above", 60), ("Top", 100)])
    assert lever_of([criterion("Fit", scale=scale)], ["NONE"]) == (Step(0, " High", 60.0),)


def test_where_steps_fall_the_target_is_just_below_the_next_bound() -> None:
    scale = kp.Scale.steps([(0, 100), (10, 60), (20, 0)])
    assert lever_of([criterion("Days", scale=scale)], [25]) == (
        Step(0, math.nextafter(20, 0), 60.0),
    )


def test_below_the_first_bound_the_first_level_counts_too() -> None:
    scale = kp.Scale.steps([(10, 100), (20, 0)])
    assert lever_of([criterion("Days", scale=scale)], [30])[0].target == math.nextafter(20, 0)
    scale = kp.Scale.steps([(10, 0), (20, 100)])
    assert lever_of([criterion("Days", scale=scale)], [-5]) == (Step(0, 20.0, 100.0),)


def test_of_two_levels_with_the_same_value_the_nearer_is_the_target() -> None:
    scale = kp.Scale.steps([(0, 80), (10, 0), (30, 80)])
    assert lever_of([criterion("Lot", scale=scale)], [12])[0].target == math.nextafter(10, 0)
    assert lever_of([criterion("Lot", scale=scale)], [28])[0].target == 30


def test_with_objective_min_the_measure_falls() -> None:
    cost = criterion("Cost", scale=kp.Scale.linear(2, 10), objective=kp.Objective.MIN)
    assert lever_of([cost], [12], threshold=75) == (Step(0, 4.0, 75.0),)
    assert lever_of([cost], [12], threshold=100) == (Step(0, 2.0, 100.0),)


@pytest.mark.parametrize(
    ("now", "target"), [(-3, 3), (2, 3), (5.5, 5.4), (5.7, 5.4), (6, 5.4), (6.5, 7.2), (12, 8.8)]
)
def test_a_piecewise_scale_that_rises_and_falls_is_left_by_the_nearest_way(
    now: float, target: float
) -> None:
    scale = kp.Scale.piecewise([(0, 0), (5, 100), (6, 0), (8, 100), (10, 0)])
    (step,) = lever_of([criterion("Size", scale=scale)], [now], threshold=60)
    assert step.target == pytest.approx(target)


def test_a_stepped_criterion_last_makes_the_gliding_one_before_it_go_less_far() -> None:
    criteria = [
        criterion("Glides", 2),
        criterion("Steps", 1, kp.Scale.steps([(0, 0), (1, 60), (2, 90)])),
    ]
    # to 75 the first gives at most 200/3, the second 20 or 30: 20 are enough, and leave 55
    assert lever_of(criteria, [0, 0], threshold=75) == (
        Step(0, pytest.approx(82.5), pytest.approx(55.0)),
        Step(1, 1.0, pytest.approx(20.0)),
    )


def test_a_gliding_criterion_is_preferred_to_steps_that_overshoot() -> None:
    criteria = [
        criterion("A", 3, kp.Scale.steps([(0, 0), (1, 100)])),
        criterion("B", 3, kp.Scale.steps([(0, 0), (1, 100)])),
        criterion("C", 2),
        criterion("D", 2, changeable=False),
    ]
    assert lever_of(criteria, [0, 0, 0, 0], threshold=40) == (
        Step(0, 1.0, pytest.approx(30.0)),
        Step(2, pytest.approx(50.0), pytest.approx(10.0)),
    )


def test_steps_that_hit_the_threshold_beat_a_gliding_criterion_that_could_gain_less() -> None:
    steps = kp.Scale.steps([(0, 0), (1, 50), (2, 100)])
    criteria = [criterion("A", 2), criterion("B", 4, steps), criterion("C", 4, steps)]
    assert lever_of(criteria, [0, 0, 0], threshold=60) == (
        Step(1, 2.0, pytest.approx(40.0)),
        Step(2, 1.0, pytest.approx(20.0)),
    )


def test_of_sets_with_the_same_total_the_one_that_could_gain_most_else_the_first_is_taken() -> None:
    assert lever_of([criterion("A", 1), criterion("B", 2), criterion("C", 2)], [0, 0, 0], 30) == (
        Step(1, 75.0, pytest.approx(30.0)),
    )


def test_a_threshold_out_of_reach_has_no_lever() -> None:
    criteria = [criterion("A", scale=kp.Scale.steps([(0, 0), (1, 60)])), criterion("B")]
    assert lever_of(criteria, [0, 0], threshold=81) == ()
    assert len(lever_of(criteria, [0, 0], threshold=80)) == 2


def test_a_missing_measure_is_no_lever_whatever_fills_it() -> None:
    criteria = [criterion("A", 5, fill=0), criterion("B", 5)]
    assert lever_of(criteria, [None, 0], threshold=60) == ()
    assert lever_of(criteria, [None, 0], threshold=40) == (Step(1, 80.0, 40.0),)


def test_a_criterion_left_out_gives_its_weight_to_the_others() -> None:
    criteria = [criterion("A", 5), criterion("B", 5)]
    assert lever_of(criteria, [None, 0], threshold=60) == (Step(1, 60.0, 60.0),)


def test_what_nobody_can_change_is_no_lever() -> None:
    criteria = [criterion("A", 5, changeable=False), criterion("B", 5)]
    assert lever_of(criteria, [0, 0], threshold=40) == (Step(1, 80.0, 40.0),)
    assert lever_of(criteria, [0, 0], threshold=60) == ()


def test_a_flat_scale_is_no_lever() -> None:
    for flat in (
        kp.Scale.linear(5, 5),
        kp.Scale.piecewise([(0, 20)]),
        kp.Scale.steps([(0, 20), (9, 20)]),
    ):
        assert lever_of([criterion("A", scale=flat), criterion("B")], [1, 0], threshold=80) == ()


def test_a_criterion_of_weight_0_is_no_lever() -> None:
    assert lever_of([criterion("A", 0), criterion("B", 1)], [0, 0])[0].criterion == 1


def test_whoever_is_not_below_the_threshold_or_has_no_score_gets_no_lever() -> None:
    criteria = [criterion("A")]
    assert levers_of(criteria, [[50], [80], [None], [0], [50 - 4e-10]], 50) == [
        *[()] * 3,
        (Step(0, 50.0, 50.0),),
        (),
    ]


def test_nobody_at_all() -> None:
    nothing = np.empty((0, 1))
    assert levers([criterion("A")], [Bounds(0, 1)], *[nothing] * 3, np.empty(0), 50) == []


@pytest.mark.parametrize(
    ("low", "span"),
    [(1e9, 1e-3), (1e9, 1), (1e15, 1), (1e15, 2.5), (-1e9, 1e-3), (0, 1e-3), (1e-300, 1e-3)],
)
@pytest.mark.parametrize("objective", list(kp.Objective))
@pytest.mark.parametrize("threshold", [1, 33.3, 99.99, 100])
def test_on_a_steep_scale_the_first_number_that_crosses_is_the_target(
    low: float, span: float, objective: kp.Objective, threshold: float
) -> None:
    scale = kp.Scale.linear(low, low + span)
    up = objective is kp.Objective.MAX
    criteria = [criterion("A", scale=scale, objective=objective)]
    now = low if up else low + span
    (step,) = lever_of(criteria, [now], threshold)
    assert types_of(criteria, [[step.target]], threshold) == ["star"]
    before = math.nextafter(float(step.target), now)
    if rounded(step.gain) > threshold and before != now:
        assert types_of(criteria, [[before]], threshold) == ["free_rider"]


@pytest.mark.parametrize(
    "weights", [(1e300, 1e300, 1e299), (1e-300, 2e-300, 1e-301), (1e9, 1, 1e-9)]
)
@pytest.mark.parametrize("threshold", [1e-9, 20, 66, 100])
def test_huge_and_tiny_weights(weights: tuple[float, ...], threshold: float) -> None:
    criteria = [
        criterion("A", weights[0]),
        criterion("B", weights[1], kp.Scale.steps([(0, 0), (1, 37), (2, 100)])),
        criterion("C", weights[2], kp.Scale.linear(0, 7), objective=kp.Objective.MIN),
    ]
    lever = lever_of(criteria, [0, 0, 9], threshold)
    assert lever
    assert types_of(criteria, [followed([0, 0, 9], lever)], threshold) == ["star"]


def test_many_stepped_criteria_with_sums_all_of_their_own() -> None:
    rng = np.random.default_rng(1)
    count, levels = 10, (0, 27.1, 52.7, 79.3, 100)
    weights = rng.uniform(2.9, 3.1, count)
    scales = [[(i, value + rng.uniform(0, 5) * (0 < i < 4)) for i, value in enumerate(levels)] for _ in weights]  # fmt: skip
    criteria = [
        criterion(f"c{k}", weight, kp.Scale.steps(scales[k])) for k, weight in enumerate(weights)
    ]
    lever = lever_of(criteria, [0] * count, threshold=35)
    gains = np.array([[w / weights.sum() * v for _, v in scale[1:]] for w, scale in zip(weights, scales, strict=True)])  # fmt: skip
    totals = [
        np.add.outer(np.add.outer(gains[a], gains[b]), np.add.outer(gains[c], gains[d])).ravel()
        for a, b, c, d in combinations(range(count), 4)
    ]
    crossing = np.concatenate(totals)
    assert len(lever) == 4
    smallest = crossing[crossing >= 35].min()
    assert sum(step.gain for step in lever) == pytest.approx(smallest, rel=0, abs=1e-9)


# Every set of criteria and every level, in fractions.


def worth(scale_of: kp.Criterion, cell: Cell) -> Fraction | None:
    """The value of a measure."""
    scale = scale_of.scale
    if cell is None:
        return None
    if isinstance(cell, str):
        return next(exact(value) for word, value in scale.levels if word == cell)
    if scale.kind == "linear":
        low, high = exact(scale.low), exact(scale.high)
        if low == high:
            return Fraction(50)
        share = (exact(cell) - low) / (high - low)
        share = min(max(share, Fraction(0)), Fraction(1))
        return 100 * (share if scale_of.objective == "max" else 1 - share)
    levels = sorted((exact(bound), exact(value)) for bound, value in scale.levels)
    at = exact(cell)
    if at <= levels[0][0]:
        return levels[0][1]
    if scale.kind == "steps" or at >= levels[-1][0]:
        return [value for bound, value in levels if bound <= at][-1]
    (a, v), (b, w) = next(pair for pair in pairwise(levels) if pair[1][0] > at)
    return v + (w - v) * (at - a) / (b - a)


def exact(number: object) -> Fraction:
    return Fraction(str(number))


Gains = list[tuple[int, Fraction]]


def possible_gains(case: Case) -> tuple[Fraction, dict[int, list[Fraction]]]:
    """What the score lacks, and what each criterion may gain: the levels, or the most of a line."""
    criteria, cells, threshold = case
    now = [worth(c, cell) for c, cell in zip(criteria, cells, strict=True)]
    filled = [
        exact(c.fill) if v is None and c.fill is not None else v
        for c, v in zip(criteria, now, strict=True)
    ]
    used = [(exact(c.weight), v) for c, v in zip(criteria, filled, strict=True) if v is not None]
    weight = sum(w for w, _ in used)
    if not weight:
        return Fraction(0), {}
    gains = {}
    for k, (c, value) in enumerate(zip(criteria, now, strict=True)):
        values = {exact(level.value) for level in c.scale.levels}
        if c.scale.kind == "linear":
            values = {Fraction(100)} if c.scale.low != c.scale.high else set()
        if value is not None and c.changeable and c.weight and max(values, default=0) > value:
            above = sorted(exact(c.weight) / weight * (v - value) for v in values if v > value)
            gains[k] = above[-1:] if glides(c) else above
    return exact(threshold) - sum(w * v for w, v in used) / weight, gains


def glides(of: kp.Criterion) -> bool:
    return of.scale.kind in {"linear", "piecewise"}


def tried_out(case: Case) -> Gains:
    """The lever by trying out everything: criteria and gains, in order."""
    need, gains = possible_gains(case)
    if need <= 0:
        return []
    for count in range(1, len(gains) + 1):
        found = []
        for chosen in combinations(sorted(gains), count):
            order = sorted(chosen, key=lambda k: (-gains[k][-1], k))
            most = sum(gains[k][-1] for k in chosen)
            options = [[None] if glides(case[0][k]) else gains[k] for k in order]
            for stepped in product(*options):
                left = need - sum(gain for gain in stepped if gain is not None)
                taken = []
                for k, gain in zip(order, stepped, strict=True):
                    taken.append(
                        min(max(left, Fraction(0)), gains[k][-1]) if gain is None else gain
                    )
                    left -= taken[-1] if gain is None else 0
                if left <= 0:
                    rank = sum(taken), -most, chosen, [-gain for gain in taken]
                    found.append((rank, list(zip(order, taken, strict=True))))
        if found:
            return min(found)[1]
    return []


NUMBERS = (-20, 0, 1, 2.5, 5, 10, 30, 50, 100, 120)
level_values = st.sampled_from([0, 10, 25, 33.3, 50, 75, 80, 100])
numbers = st.sampled_from(NUMBERS)


some_kinds = st.sampled_from(
    [("linear", "steps", "piecewise", "categories"), ("steps",), ("linear", "steps", "steps")]
)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """Two to five criteria with fixed bounds, one customer, a threshold."""
    kinds, missing = draw(some_kinds), draw(st.sampled_from([False, False, True]))
    criteria: list[kp.Criterion] = []
    cells: list[Cell] = []
    for k in range(draw(st.integers(2, 5))):
        kind = draw(st.sampled_from(kinds))
        bounds: list[float | str] = draw(st.lists(numbers, min_size=2, max_size=4, unique=True))
        cell = numbers
        if kind == "categories":
            bounds = draw(st.lists(st.sampled_from("abcd"), min_size=1, unique=True))
            cell = st.sampled_from(bounds)
        if kind == "linear":
            flat = draw(st.sampled_from([False] * 9 + [True]))
            scale = kp.Scale.linear(min(bounds), min(bounds) if flat else max(bounds))
        else:
            scale = getattr(kp.Scale, kind)([(bound, draw(level_values)) for bound in bounds])
        criteria.append(
            criterion(
                f"c{k}",
                draw(st.sampled_from([1, 1, 2, 3, 4, 0] if k else [1, 2, 5])),
                scale,
                changeable=draw(st.sampled_from([True] * 7 + [False])),
                objective=draw(st.sampled_from(list(kp.Objective))),
                fill=draw(st.sampled_from([None, None, 0, 50, 12.5])),
            )
        )
        cells.append(draw(st.none() | cell if missing else cell))
    return criteria, cells, draw(st.sampled_from([20, 30, 40, 50, 62.5, 75, 90, 100]))


@EXAMPLES
@given(cases())
def test_nothing_smaller_crosses_and_ties_go_by_the_rules(case: Case) -> None:
    criteria, cells, threshold = case
    lever = lever_of(criteria, cells, threshold)
    expected = tried_out(case)
    assert [step.criterion for step in lever] == [k for k, _ in expected]
    for step, (_, gain) in zip(lever, expected, strict=True):
        assert step.gain == pytest.approx(float(gain), rel=0, abs=1e-9)


@EXAMPLES
@given(cases())
def test_taking_the_advice_changes_the_type_and_any_less_does_not(case: Case) -> None:
    criteria, cells, threshold = case
    lever = lever_of(criteria, cells, threshold)
    assume(lever)
    rows = [followed(cells, lever), cells]
    for step in lever:
        rows.append(followed(cells, lever))
        rows[-1][step.criterion] = lowered(criteria[step.criterion], cells[step.criterion], step)
    assert types_of(criteria, rows, threshold) == ["star", *["free_rider"] * (1 + len(lever))]


def lowered(of: kp.Criterion, now: Cell, step: Step) -> Cell:
    """A little less than the target: a hundredth of the way, or the next level below."""
    if of.scale.kind in {"linear", "piecewise"}:
        return float(step.target) + (float(now) - float(step.target)) / 100  # type: ignore[arg-type]
    goal, before = worth(of, step.target), worth(of, now)
    between = [(value, bound) for bound, value in of.scale.levels if before < exact(value) < goal]
    return max(between)[1] if between else now


@EXAMPLES
@given(cases())
def test_no_nearer_measure_has_the_value_that_is_wanted(case: Case) -> None:
    criteria, cells, threshold = case
    for step in lever_of(criteria, cells, threshold):
        of, now = criteria[step.criterion], cells[step.criterion]
        if isinstance(step.target, str) or not isinstance(now, int | float):
            continue
        distance = abs(step.target - now)
        tried = [now + share * distance for share in np.linspace(-1, 1, 21)]
        bounds = [float(bound) for bound, _ in of.scale.levels]
        tried += [x for bound in bounds for x in (bound, math.nextafter(bound, -math.inf))]
        nearer = [[x] for x in tried if abs(x - now) < distance * (1 - 1e-9)]
        reached, *others = Yardstick([of])(np.array([[step.target], *nearer]))[:, 0]
        assert all(other < reached if glides(of) else other != reached for other in others)


@EXAMPLES
@given(cases(), st.data())
def test_a_lever_does_not_depend_on_the_other_customers(case: Case, data: st.DataObject) -> None:
    criteria, cells, threshold = case
    some = [
        st.sampled_from([bound for bound, _ in c.scale.levels])
        if c.scale.kind == "categories"
        else st.none() | numbers
        for c in criteria
    ]
    others = data.draw(st.lists(st.tuples(*some), min_size=1, max_size=6))
    together = levers_of(criteria, [cells, *others], threshold)
    assert together[0] == lever_of(criteria, cells, threshold)
    assert together[-1] == lever_of(criteria, others[-1], threshold)
