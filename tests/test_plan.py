"""The activity plan: who gets the hours that there are."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlportfolio.model import Quadrant, Status, Strategy
from xlportfolio.plan import hours_asked, plan, plan_lines

HOURS = st.floats(0, 500) | st.integers(0, 40).map(float)
ROWS = st.lists(
    st.tuples(st.floats(0, 100) | st.just(np.nan), HOURS | st.just(np.nan)), max_size=30
)


def made(rows: list[tuple[float, float]], hours: float | None) -> object:
    value, asked = np.array(rows, dtype=np.float64).reshape(-1, 2).T
    return plan(value, asked, hours)


def test_most_value_per_hour_first_and_a_later_one_who_asks_for_less_may_still_fit() -> None:
    value = np.array([90.0, 80.0, 60.0, 20.0])
    asked = np.array([18.0, 10.0, 30.0, 5.0])  # 5, 8, 2 and 4 points per hour
    found = plan(value, asked, 33)
    assert found.order.tolist() == [1, 0, 3, 2]
    assert found.per_hour.tolist() == [5, 8, 2, 4]
    assert found.planned.tolist() == [18, 10, 0, 5]  # all 33 are given out
    assert plan(value, asked, 30).planned.tolist() == [18, 10, 0, 0]
    assert plan(value, asked, 27).planned.tolist() == [0, 10, 0, 5]  # 18 no longer fit, 5 do


def test_hours_that_just_fit_fit() -> None:
    found = plan(np.array([3.0, 2.0, 1.0]), np.full(3, 0.1), 0.3)  # 0.1 + 0.1 + 0.1 > 0.3 in floats
    assert found.fits.all()


def test_who_asks_for_nothing_comes_last_and_takes_nothing() -> None:
    found = plan(np.array([90.0, 50.0, 40.0]), np.array([0.0, np.nan, 4.0]), 3)
    assert found.order.tolist() == [2, 0]  # of the second it is not said
    assert np.isnan(found.per_hour[:2]).all()
    assert found.planned.tolist()[2] == 0
    assert np.isnan(found.planned[:2]).all()


def test_equal_value_per_hour_is_listed_in_the_order_of_the_ranking() -> None:
    found = plan(np.array([20.0, 10.0, 40.0]), np.array([2.0, 1.0, 4.0]), None)
    assert found.order.tolist() == [0, 1, 2]


def test_unknown_hours_plan_nothing() -> None:
    found = plan(np.array([50.0]), np.array([4.0]), None)
    assert np.isnan(found.planned).all()
    assert not found.fits.any()


def test_no_hours_at_all_fit_nobody_who_asks() -> None:
    assert plan(np.array([50.0]), np.array([4.0]), 0).planned.tolist() == [0]


@pytest.mark.parametrize(
    ("visits", "hours"), [(None, 2), (3, None), (-1, 2), (3, -2), (1e300, 1e300), (1e300, 1)]
)
def test_what_is_not_said_or_impossible_asks_for_nothing(
    visits: float | None, hours: float | None
) -> None:
    asks = Strategy(Quadrant.STAR, None, "x", visits_per_year=visits, hours_per_visit=hours)
    assert np.isnan(hours_asked([asks])).all()


@given(ROWS, HOURS)
def test_the_plan_never_spends_more_hours_than_there_are(
    rows: list[tuple[float, float]], hours: float
) -> None:
    found = made(rows, hours)
    assert np.nansum(found.planned) <= hours + 1e-6
    given_out = found.planned > 0
    assert (found.planned[given_out] == found.asked[given_out]).all()
    assert not (given_out & np.isnan(found.asked)).any()


@given(ROWS, HOURS)
def test_whoever_gets_none_would_not_have_fitted_at_its_turn(
    rows: list[tuple[float, float]], hours: float
) -> None:
    found = made(rows, hours)
    spent = 0.0
    for position in found.order.tolist():
        asked, planned = found.asked[position], found.planned[position]
        if round(asked, 9) > 0:
            if abs(spent + asked - hours) > 1e-6:  # where floats do not decide
                assert (planned == asked) == (spent + asked < hours)
            spent += planned


@given(ROWS, HOURS)
def test_the_order_is_by_value_per_hour_and_has_everybody_whose_hours_are_said(
    rows: list[tuple[float, float]], hours: float
) -> None:
    found = made(rows, hours)
    per_hour = np.round(found.per_hour[found.order], 9)
    asks = ~np.isnan(per_hour)
    assert (np.diff(per_hour[asks]) <= 0).all()
    assert not asks[int(asks.sum()) :].any()
    said = [i for i, row in enumerate(rows) if not np.isnan(row).any()]
    assert sorted(found.order.tolist()) == said


def test_lines_add_up_and_rows_not_rated_show_what_they_take_today() -> None:
    value = np.array([80.0, 60.0, 30.0, np.nan])
    found = plan(value, np.array([10.0, 20.0, 0.0, 7.0]), 15)
    types = np.array(
        [Quadrant.STAR, Quadrant.QUESTION_MARK, Quadrant.POOR_DOG, Quadrant.NOT_RATED], dtype=object
    )
    *lines, everybody = plan_lines(found, types, np.array([4.0, np.nan, 6.0, 3.0]))
    assert [line.quadrant for line in lines] == list(Quadrant)
    of = {line.quadrant: line for line in lines}
    star, question_mark = of[Quadrant.STAR], of[Quadrant.QUESTION_MARK]
    assert (star.customers, star.fitting, star.asked, star.planned, star.now) == (1, 1, 10, 10, 4)
    assert (question_mark.customers, question_mark.fitting, question_mark.planned) == (1, 0, 0)
    assert np.isnan(question_mark.now)
    assert of[Quadrant.POOR_DOG].customers == 0
    assert of[Quadrant.NOT_RATED].now == 3
    assert of[Quadrant.NOT_RATED].asked == 0
    for name in ("customers", "fitting", "asked", "planned"):
        assert getattr(everybody, name) == sum(getattr(line, name) for line in lines)
    assert everybody.now == 13


def test_a_strategy_with_its_own_row_for_prospects_asks_for_its_own_hours() -> None:
    rows = [
        Strategy(Quadrant.STAR, Status.CUSTOMER, "Keep", "", 6, 3),
        Strategy(Quadrant.STAR, Status.PROSPECT, "Win", "", 4, 2),
    ]
    assert hours_asked([rows[1], rows[0], None, rows[1]])[[0, 1, 3]].tolist() == [8, 18, 8]
