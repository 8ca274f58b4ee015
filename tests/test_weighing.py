"""What people and data say of the weights of an axis, from entries as they are read."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

import xlportfolio as kp
from xlportfolio.scoring import Floats
from xlportfolio.weighing import (
    AxisWeighing,
    Entries,
    Rater,
    Taking,
    percents,
    taken_over,
    weigh,
    with_taken,
)
from xlportfolio.weighting import Method

NAMES = ("Turnover", "Margin", "Growth", "Size")
NONE = math.nan


def square(*pairs: tuple[int, int, float]) -> Floats:
    """The judgments of somebody on four criteria, with nothing on the diagonal."""
    judgments = np.full((4, 4), NONE)
    for row, column, judgment in pairs:
        judgments[row, column] = judgment
    return judgments


#: Each of four criteria is twice as important as the next.
TWICE = square(*((i, j, 2.0 ** (j - i)) for i in range(4) for j in range(i + 1, 4)))


def value(*raters: Floats, **entries: Floats) -> AxisWeighing:
    """What is said of the value axis, by raters and by other entries."""
    linear = kp.Scale.linear(0, 100)
    criteria = [kp.Criterion(name, kp.Axis.VALUE, 25, linear) for name in NAMES]
    idle = kp.Criterion("Idle", kp.Axis.VALUE, 0, linear)
    share = kp.Criterion("Share", kp.Axis.BENEFIT, 1, linear)
    frame = pd.DataFrame(
        {
            "customer_id": ["A", "B", "C"],
            **{name: np.random.default_rng(k).uniform(0, 100, 3) for k, name in enumerate(NAMES)},
            "Idle": [1.0, 2.0, 3.0],
            "Share": [10.0, 60.0, 90.0],
        }
    )
    blank = {"ranks": np.full(4, NONE), "points": np.full(4, NONE)}
    said = Entries(
        **(blank | entries), raters=tuple(Rater(f"R{k}", r) for k, r in enumerate(raters))
    )
    analysis = kp.analyse(frame, kp.ScoringModel((*criteria, idle, share)))
    found, _ = weigh(analysis, {kp.Axis.VALUE: said})
    return found


def test_only_criteria_that_count_are_weighed() -> None:
    assert value().criteria == NAMES


def test_one_judgment_is_a_beginning_and_the_diagonal_is_none() -> None:
    assert not Rater("A", square()).has_judged
    assert not Rater("A", square(*((k, k, 1.0) for k in range(4)))).has_judged
    assert Rater("A", square((2, 0, 3.0))).has_judged


def test_judgments_that_agree_give_their_weights_and_nothing_to_revise() -> None:
    found = value(TWICE)
    assert found.methods[Method.PAIRWISE].weights == pytest.approx(np.array([8, 4, 2, 1]) / 15)
    comparison = found.comparison
    assert (comparison.asked, comparison.made) == (6, 6)
    assert comparison.ratio == pytest.approx(0, abs=1e-9)
    assert comparison.worst == []
    assert math.isnan(comparison.agreement)  # one alone agrees with nobody


def test_criteria_without_any_judgment_are_named_first() -> None:
    found = value(square((0, 1, 3.0)))
    assert found.methods[Method.PAIRWISE].lacking == ("Growth", "Size")
    assert found.comparison.made == 1
    assert math.isnan(found.comparison.ratio)


def test_criteria_that_no_chain_links_are_called_by_their_names() -> None:
    found = value(square((0, 1, 3.0), (2, 3, 3.0))).methods[Method.PAIRWISE]
    assert found.fault is not None
    assert found.fault.key == "criteria_unlinked"
    assert found.fault.details == {"one": "Turnover", "other": "Growth"}


def test_raters_who_each_judge_a_part_link_all_criteria_together() -> None:
    found = value(square((0, 1, 2.0)), square((1, 2, 2.0), (2, 3, 2.0)))
    assert found.methods[Method.PAIRWISE].weights == pytest.approx(np.array([8, 4, 2, 1]) / 15)
    assert list(found.comparison.raters) == [None, None]
    assert list(found.comparison.own_worst) == [(), ()]


def test_raters_of_opposite_orders_do_not_agree_and_their_pairs_are_disputed() -> None:
    comparison = value(TWICE, TWICE.T).comparison
    assert comparison.agreement == 0
    first = comparison.disputes[0]
    assert (first.row, first.column, first.lowest, first.highest) == (0, 3, 1 / 8, 8)


def test_entries_that_are_not_whole_say_on_which_criteria_they_lack() -> None:
    found = value(ranks=np.array([1.0, NONE, 2.0, NONE]), points=np.array([0.0, 0.0, 0.0, 0.0]))
    assert found.methods[Method.CENTROID].lacking == ("Margin", "Size")
    fault = found.methods[Method.SWING].fault
    assert fault is not None
    assert fault.key == "points_none"


def test_one_criterion_alone_needs_no_entry() -> None:
    analysis = kp.analyse(
        pd.DataFrame({"customer_id": ["A"], "V": [1.0], "B": [1.0]}),
        kp.ScoringModel(
            (
                kp.Criterion("V", kp.Axis.VALUE, 3, kp.Scale.linear(0, 1)),
                kp.Criterion("B", kp.Axis.BENEFIT, 2, kp.Scale.linear(0, 1)),
            )
        ),
    )
    for weighing in weigh(analysis, {}):
        for method in (Method.CENTROID, Method.SWING, Method.PAIRWISE):
            assert weighing.methods[method].weights == [1]


def test_weights_are_taken_over_in_percent_and_are_those_of_today_then() -> None:
    axes = (value(TWICE),)
    taken = taken_over(axes, Taking(Method.PAIRWISE))
    assert taken == {"Turnover": 53.33, "Margin": 26.67, "Growth": 13.33, "Size": 6.67}
    (after,) = with_taken(axes, taken)
    assert after.methods[Method.DIRECT].weights == pytest.approx(
        np.array(list(taken.values())) / 100
    )
    (same,) = with_taken(axes, {"Turnover": 100.0})
    assert same is axes[0]


def test_a_method_without_weights_for_the_axis_asked_is_refused() -> None:
    axes = (value(TWICE),)
    for taking in (Taking(Method.CENTROID), Taking(Method.PAIRWISE, kp.Axis.BENEFIT)):
        with pytest.raises(kp.XlPortfolioError) as stopped:
            taken_over(axes, taking)
        assert stopped.value.key == "method_without_weights"


def test_percents_add_up_to_100_whatever_the_weights_are() -> None:
    for seed in range(50):
        weights = np.random.default_rng(seed).uniform(0.01, 1, 7)
        found = percents(weights)
        assert round(math.fsum(found), 9) == 100
        assert np.abs(found - 100 * weights / weights.sum()).max() < 0.01
