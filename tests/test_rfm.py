"""RFM scores: equal measures equal scores, better measures never worse ones, bounds as stated."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlportfolio.errors import XlPortfolioError
from xlportfolio.rfm import SCORED, rfm

_MEASURE = st.one_of(st.integers(0, 12).map(float), st.floats(-1e6, 1e6), st.just(float("nan")))
_FRAMES = st.lists(st.tuples(_MEASURE, _MEASURE, _MEASURE), max_size=40).map(
    lambda rows: pd.DataFrame(rows, columns=[*SCORED.values()], dtype="float64")
)


def of(**measures: list[float]) -> pd.DataFrame:
    length = max(map(len, measures.values()))
    blank = dict.fromkeys(SCORED.values(), [float("nan")] * length)
    return pd.DataFrame({**blank, **measures}, dtype="float64")


@given(frame=_FRAMES, classes=st.integers(2, 10))
def test_scores_follow_the_measures(frame: pd.DataFrame, classes: int) -> None:
    scores = rfm(frame, classes).frame
    for name, measure in SCORED.items():
        measures, score = frame[measure], scores[name]
        assert (score.isna() == measures.isna()).all()
        assert score.dropna().between(1, classes).all()
        best_first = measures.dropna().round(9).sort_values(ascending=name == "recency")
        ordered = score[best_first.index].astype(int)
        assert (ordered.diff().dropna() <= 0).all()
        alike = ordered.groupby(best_first)
        assert (alike.min() == alike.max()).all()


@given(frame=_FRAMES, classes=st.integers(2, 10))
def test_the_bounds_found_give_the_same_scores_when_given(
    frame: pd.DataFrame, classes: int
) -> None:
    found = rfm(frame, classes)
    usable = {
        name: bounds
        for name, bounds in found.bounds.items()
        if bounds and (np.diff(np.round(bounds, 9)) > 0).all()
    }
    pd.testing.assert_frame_equal(rfm(frame, classes, usable).frame, found.frame)


@given(order=st.permutations(range(100)), classes=st.sampled_from([2, 4, 5, 10]))
def test_different_measures_fill_classes_alike(order: list[int], classes: int) -> None:
    measures = [float(n) for n in order]
    scores = rfm(pd.DataFrame(dict.fromkeys(SCORED.values(), measures)), classes).frame
    for name in SCORED:
        assert set(scores[name].value_counts()) == {100 // classes}


def test_a_measure_on_a_bound_is_in_the_better_class() -> None:
    bounds = {"recency": [30.0, 90.0], "monetary": [1000.0, 5000.0]}
    frame = of(
        recency_days=[0, 30, 30.5, 90, 91, np.nan],
        turnover_12m=[-5, 1000, 999.99, 5000, 4999.9999999999, np.nan],
    )
    scores = rfm(frame, 3, bounds).frame
    assert [*scores["recency"][:5]] == [3, 3, 2, 2, 1]
    assert [*scores["monetary"][:5]] == [1, 2, 1, 3, 3]  # compared to 9 decimals
    assert scores.loc[5].isna().all()


def test_quantiles_are_those_of_hyndman_and_fan_1996_definition_7() -> None:
    found = rfm(of(orders_per_year=[1, 2, 3, 4, 5, 6]))
    assert found.bounds["frequency"] == pytest.approx((2, 3, 4, 5))
    assert [*found.frame["frequency"]] == [1, 2, 3, 4, 5, 5]
    assert found.bounds["recency"] == ()
    assert found.frame["recency"].isna().all()


@pytest.mark.parametrize(
    ("classes", "bounds", "message"),
    [
        (1, None, "2 to 10"),
        (11, None, "2 to 10"),
        (3, {"recency": [30]}, "2 bounds"),
        (3, {"recency": [90, 30]}, "90, 30"),
        (3, {"monetary": [1, 1]}, "1, 1"),
        (3, {"monetary": [1, float("inf")]}, "monetary"),
        (3, {"turnover": [1, 2]}, "recency, frequency, monetary"),
    ],
)
def test_what_cannot_be(classes: int, bounds: dict[str, list[float]] | None, message: str) -> None:
    with pytest.raises(XlPortfolioError, match=message):
        rfm(of(recency_days=[1]), classes, bounds)
