"""BG/NBD, Gamma-Gamma, and what is said where the data do not carry them."""

from __future__ import annotations

import warnings
from dataclasses import replace
from decimal import Decimal, getcontext
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlportfolio import bgnbd, gammagamma
from xlportfolio.bgnbd import BgNbd
from xlportfolio.forecast import FEWEST_REPEATERS, FORECASTS, YEAR_IN_WEEKS, correlation, forecast
from xlportfolio.gammagamma import GammaGamma
from xlportfolio.scoring import Floats

with warnings.catch_warnings():
    # lifetimes, of 2020, sets an option that pandas no longer has a use for
    warnings.filterwarnings("ignore", "The 'mode.chained_assignment' option is deprecated")
    import lifetimes

#: Of the published spreadsheet for Fader, Hardie, Lee (2005).
CDNOW = BgNbd(0.243, 4.414, 0.793, 2.426)
#: The data that lifetimes ships; its own functions for them need a module that Python has no more.
SHIPPED = Path(lifetimes.__file__).parent / "datasets"
positive = st.floats(0.05, 20)


def cdnow() -> tuple[Floats, Floats, Floats]:
    frame = pd.read_csv(SHIPPED / "cdnow_customers_summary.csv")
    x, recency, age = (frame[name].to_numpy(np.float64) for name in ("frequency", "recency", "T"))
    return x, recency, age


def cdnow_values() -> tuple[Floats, Floats]:
    frame = pd.read_csv(SHIPPED / "cdnow_customers_summary_with_transactions.csv")
    return frame["x"].to_numpy(np.float64), frame["zbar"].to_numpy(np.float64)


def simulated(
    model: BgNbd, count: int, seed: int, weeks: float = 0.0
) -> tuple[Floats, Floats, Floats, Floats]:
    """Customers that behave as the model says: frequency, recency, age, orders in weeks after."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(30, 150, count)
    found = np.zeros((3, count))
    for i in range(count):
        rate, leaving = rng.gamma(model.r, 1 / model.alpha), rng.beta(model.a, model.b)
        day = rng.exponential(1 / rate)
        while day < age[i] + weeks:
            if day < age[i]:
                found[:2, i] = found[0, i] + 1, day
            else:
                found[2, i] += 1
            day += np.inf if rng.random() < leaving else rng.exponential(1 / rate)
    return found[0], found[1], age, found[2]


def repeats(frequency: Floats, recency: Floats, age: Floats, value: Floats) -> pd.DataFrame:
    columns = (frequency, recency, age, value)
    names = ("frequency", "recency_weeks", "age_weeks", "repeat_value")
    return pd.DataFrame(dict(zip(names, columns, strict=True)))


def wholesale(count: int = 200, seed: int = 4, shape: float = 3.0) -> pd.DataFrame:
    """Customers as the models describe them, their values unrelated to their frequencies."""
    frequency, recency, age, _ = simulated(BgNbd(1.5, 9.0, 0.7, 4.0), count, seed)
    rng = np.random.default_rng(seed)
    mean = 4.0 / rng.gamma(shape, 1 / 500, count)
    again = np.where(frequency > 0, frequency, 1)
    value = np.where(frequency > 0, rng.gamma(4.0 * again, mean / (4.0 * again)), np.nan)
    return repeats(frequency, recency, age, value)


# --- BG/NBD ---------------------------------------------------------------------------------------


def test_cdnow_estimates_of_fader_hardie_lee_2005() -> None:
    model = bgnbd.fit(*cdnow())
    found = (model.r, model.alpha, model.a, model.b)
    assert np.round(found, 3).tolist() == [0.243, 4.414, 0.793, 2.426]
    assert round(model.log_likelihood, 1) == -9582.4
    assert (model.n, model.repeaters, model.converged, model.ran_off) == (2357, 946, True, ())


def test_cdnow_customer_of_the_published_spreadsheet_orders_1_226_times_in_39_weeks() -> None:
    orders = bgnbd.expected_orders(CDNOW, *np.array([[2.0], [30.43], [38.86]]), 39.0)
    assert round(float(orders[0]), 3) == 1.226


@given(
    parameters=st.tuples(positive, positive, positive, positive),
    seed=st.integers(0, 1000),
)
def test_slopes_are_those_of_the_likelihood(parameters: tuple[float, ...], seed: int) -> None:
    rng = np.random.default_rng(seed)
    age = rng.uniform(1, 100, 30)
    frequency = rng.integers(0, 20, 30) * 1.0
    recency = np.where(frequency > 0, age * rng.uniform(0.01, 1, 30), 0)
    at = np.array(parameters)
    _, slopes = bgnbd.log_likelihood(at, frequency, recency, age)
    for k in range(4):
        step = np.eye(4)[k] * at[k] * 1e-5
        above, below = (
            bgnbd.log_likelihood(at + sign * step, frequency, recency, age)[0] for sign in (1, -1)
        )
        expected = (above - below) / (2 * step[k])
        assert slopes[k] == pytest.approx(expected, rel=1e-4, abs=1e-3)


@pytest.mark.parametrize("seed", range(3))
def test_the_fit_is_that_of_lifetimes_on_random_data(seed: int) -> None:
    frequency, recency, age, _ = simulated(BgNbd(1.2, 8.0, 0.6, 3.0), 300, seed)
    model = bgnbd.fit(frequency, recency, age)
    other = lifetimes.BetaGeoFitter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # its search leaves what it can compute
        other.fit(frequency, recency, age)
    found = (model.r, model.alpha, model.a, model.b)
    assert found == pytest.approx(other.params_.to_numpy(), rel=1e-3)
    theirs, _ = bgnbd.log_likelihood(other.params_.to_numpy(), frequency, recency, age)
    assert model.log_likelihood >= theirs - 1e-6


@pytest.mark.parametrize("model", [CDNOW, BgNbd(2.0, 15.0, 0.3, 6.0), BgNbd(0.6, 20.0, 2.5, 5.0)])
def test_what_is_expected_is_what_lifetimes_expects(model: BgNbd) -> None:
    frequency, recency, age, _ = simulated(model, 300, 7)
    other: Any = lifetimes.BetaGeoFitter()
    other.params_ = pd.Series({k: getattr(model, k) for k in ("r", "alpha", "a", "b")})
    orders = other.conditional_expected_number_of_purchases_up_to_time(
        YEAR_IN_WEEKS, frequency, recency, age
    )
    ours = bgnbd.expected_orders(model, frequency, recency, age, YEAR_IN_WEEKS)
    np.testing.assert_allclose(ours, orders, rtol=1e-9)
    alive = other.conditional_probability_alive(frequency, recency, age)
    np.testing.assert_allclose(
        bgnbd.p_active(model, frequency, recency, age), alive, rtol=1e-12, atol=1e-300
    )


def published_expectation(
    model: BgNbd, x: int, recency: float, age: float, weeks: float, a: Decimal
) -> float:
    """Equation (10) of Fader, Hardie, Lee (2005), term by term in 100 digits."""
    getcontext().prec = 100
    r, alpha, b = (Decimal(n) for n in (model.r, model.alpha, model.b))
    t_x, age_, t = Decimal(recency), Decimal(age), Decimal(weeks)
    z = t / (alpha + age_ + t)
    series = term = Decimal(1)
    k = 0
    while abs(term) > Decimal(10) ** -90 * series or k < 50:
        term *= (r + x + k) * (b + x + k) / (a + b + x - 1 + k) / (k + 1) * z
        series += term
        k += 1
    shrunk = ((alpha + age_) / (alpha + age_ + t)) ** (r + x)
    above = (a + b + x - 1) / (a - 1) * (1 - shrunk * series)
    odds = a / (b + x - 1) * ((alpha + age_) / (alpha + t_x)) ** (r + x) if x else 0
    return float(above / (1 + odds))


@pytest.mark.parametrize(
    ("model", "x", "recency", "age"),
    [
        (CDNOW, 0, 0.0, 0.0),
        (CDNOW, 0, 0.0, 38.86),
        (CDNOW, 29, 30.0, 38.86),
        (BgNbd(0.5, 1.0, 1.0, 2.0), 3, 20.0, 25.0),  # the published form divides by a - 1
        (BgNbd(0.5, 1.0, 1.0 + 1e-9, 2.0), 3, 20.0, 25.0),
        (BgNbd(5.0, 10.0, 0.05, 0.5), 12, 150.0, 151.0),
        (BgNbd(2.0, 1.5, 0.3, 8.0), 700, 500.0, 500.5),
        (BgNbd(2.0, 1.5, 3.0, 800.0), 700, 480.0, 500.0),
        (BgNbd(0.3, 0.4, 0.4, 1.0), 2, 1.0, 1.5),
    ],
)
def test_what_is_expected_is_the_published_expression(
    model: BgNbd, x: int, recency: float, age: float
) -> None:
    a = Decimal(model.a)
    if a == 1:
        a += Decimal(10) ** -40
    expected = published_expectation(model, x, recency, age, YEAR_IN_WEEKS, a)
    given_ = (np.array([float(x)]), np.array([recency]), np.array([age]))
    found = bgnbd.expected_orders(model, *given_, YEAR_IN_WEEKS)
    assert found[0] == pytest.approx(expected, rel=1e-9)


@given(
    parameters=st.tuples(positive, positive, positive, positive),
    frequency=st.integers(0, 60),
    recency=st.floats(1, 100),
    since=st.floats(0, 100),
)
def test_longer_silence_makes_nobody_likelier_to_be_active(
    parameters: tuple[float, float, float, float], frequency: int, recency: float, since: float
) -> None:
    model = BgNbd(*parameters)
    x = np.full(2, float(frequency))
    last = np.full(2, recency if frequency else 0.0)
    age = last + np.array([since, since + 10])
    active = bgnbd.p_active(model, x, last, age)
    assert 0 <= active[1] <= active[0] <= 1
    assert frequency or active.tolist() == [1, 1]
    orders = [bgnbd.expected_orders(model, x, last, age, weeks) for weeks in (0.0, 10.0, 50.0)]
    assert (orders[0] == 0).all()
    assert (orders[0] <= orders[1]).all()
    assert (orders[1] <= orders[2]).all()


def test_expected_orders_come_true_where_customers_behave_as_the_model_says() -> None:
    true = BgNbd(1.5, 12.0, 0.6, 4.0)
    frequency, recency, age, later = simulated(true, 6000, 11, YEAR_IN_WEEKS)
    model = bgnbd.fit(frequency, recency, age)
    orders = bgnbd.expected_orders(model, frequency, recency, age, YEAR_IN_WEEKS)
    active = bgnbd.p_active(model, frequency, recency, age)
    assert orders.sum() == pytest.approx(later.sum(), rel=0.06)
    for low, high in ((0.0, 0.1), (0.4, 0.7), (0.9, 1.0)):
        some = (active >= low) & (active < high)
        scatter = later[some].std() / np.sqrt(some.sum())
        assert abs(orders[some].mean() - later[some].mean()) < 5 * scatter


def test_forty_customers_that_repeated_tell_the_next_year_within_a_third_in_most_cases() -> None:
    true = BgNbd(0.243, 4.414, 0.793, 2.426)
    within = fitted = seed = 0
    while fitted < 25:
        frequency, recency, age, _ = simulated(true, 70, seed)
        seed += 1
        if (frequency > 0).sum() < FEWEST_REPEATERS:
            continue
        model = bgnbd.fit(frequency, recency, age)
        if model.converged:
            told, expected = (
                bgnbd.expected_orders(m, frequency, recency, age, YEAR_IN_WEEKS).sum()
                for m in (model, true)
            )
            fitted += 1
            within += abs(told / expected - 1) < 1 / 3
    assert within >= 20


def test_what_is_missing_stays_missing_and_does_not_count() -> None:
    x, recency, age = np.array([[2.0, np.nan, 0], [30.43, 3, np.nan], [38.86, 9, 9]])
    assert np.isnan(bgnbd.p_active(CDNOW, x, recency, age)).tolist() == [False, True, True]
    orders = bgnbd.expected_orders(CDNOW, x, recency, age, 39.0)
    assert np.isnan(orders).tolist() == [False, True, True]
    frequency, recency, age, _ = simulated(CDNOW, 200, 3)
    holes = [np.append(column, np.nan) for column in (frequency, recency, age)]
    assert bgnbd.fit(*holes) == bgnbd.fit(frequency, recency, age)


def test_weeks_or_days_are_the_same_model() -> None:
    frequency, recency, age, _ = simulated(BgNbd(1.5, 12.0, 0.6, 4.0), 300, 5)
    weeks, days = (bgnbd.fit(frequency, recency * n, age * n) for n in (1, 7))
    assert days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-5)
    assert (days.r, days.a, days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-5)


# --- Gamma-Gamma ----------------------------------------------------------------------------------


def test_cdnow_estimates_of_fader_hardie_2013_note_025() -> None:
    model = gammagamma.fit(*cdnow_values())
    assert (round(model.p, 2), round(model.q, 2)) == (6.25, 3.74)
    assert model.v == pytest.approx(15.44, abs=0.011)  # the data that lifetimes ships give 15.448
    assert (model.n, model.converged) == (946, True)


@given(parameters=st.tuples(positive, positive, positive), seed=st.integers(0, 1000))
def test_slopes_are_those_of_the_likelihood_of_values(
    parameters: tuple[float, ...], seed: int
) -> None:
    rng = np.random.default_rng(seed)
    frequency, value = rng.integers(1, 20, 30) * 1.0, rng.gamma(2.0, 3.0, 30) + 0.01
    at = np.array(parameters)
    _, slopes = gammagamma.log_likelihood(at, frequency, value)
    for k in range(3):
        step = np.eye(3)[k] * at[k] * 1e-5
        above, below = (
            gammagamma.log_likelihood(at + sign * step, frequency, value)[0] for sign in (1, -1)
        )
        assert slopes[k] == pytest.approx((above - below) / (2 * step[k]), rel=1e-4, abs=1e-3)


def test_values_are_fitted_and_expected_as_by_lifetimes() -> None:
    frame = wholesale(300, 9)
    used = frame[frame["frequency"] > 0]
    frequency, value = (used[n].to_numpy(np.float64) for n in ("frequency", "repeat_value"))
    model = gammagamma.fit(frequency, value)
    other = lifetimes.GammaGammaFitter().fit(frequency, value)
    assert (model.p, model.q, model.v) == pytest.approx(other.params_.to_numpy(), rel=1e-2)
    theirs, _ = gammagamma.log_likelihood(other.params_.to_numpy(), frequency, value)
    assert model.log_likelihood >= theirs - 1e-6
    other.params_ = pd.Series({k: getattr(model, k) for k in ("p", "q", "v")})
    expected = other.conditional_expected_average_profit(frequency, value)
    np.testing.assert_allclose(gammagamma.expected_value(model, frequency, value), expected)


def test_whoever_never_ordered_again_is_worth_the_mean_of_all() -> None:
    model = GammaGamma(6.25, 3.74, 15.44)
    found = gammagamma.expected_value(model, np.array([0.0, 0, 3]), np.array([np.nan, 9, np.nan]))
    assert found[:2].tolist() == pytest.approx([model.mean] * 2)
    assert np.isnan(found[2])


def test_the_more_orders_the_nearer_to_the_mean_of_ones_own() -> None:
    model = GammaGamma(6.25, 3.74, 15.44)
    found = gammagamma.expected_value(model, np.array([1.0, 5, 50, 5000]), np.full(4, 100.0))
    assert (np.diff(found) > 0).all()
    assert found[-1] == pytest.approx(100, abs=0.1)


# --- what the data carry --------------------------------------------------------------------------


def test_turnover_is_orders_times_value() -> None:
    frame = wholesale()
    found = forecast(frame)
    assert found.value is not None
    x, value = frame["frequency"].to_numpy(np.float64), frame["repeat_value"].to_numpy(np.float64)
    worth = gammagamma.expected_value(found.value, x, value)
    orders = found.frame["expected_orders_12m"]
    np.testing.assert_allclose(found.frame["expected_turnover_12m"], orders * worth)
    assert found.frame.notna().all(axis=None)
    (once,) = found.faults
    assert once.key == "forecast_never_repeated"
    assert once.details == {"count": (frame["frequency"] == 0).sum()}


def test_a_customer_without_an_order_has_no_forecast_and_counts_nowhere() -> None:
    frame = wholesale()
    more = pd.concat([frame, frame.iloc[:1] * np.nan], ignore_index=True)
    found = forecast(more)
    assert found.frame.iloc[-1].isna().all()
    pd.testing.assert_frame_equal(found.frame[:-1], forecast(frame).frame)


@pytest.mark.parametrize("repeaters", [0, 1, FEWEST_REPEATERS - 1, FEWEST_REPEATERS])
def test_too_few_customers_that_ordered_again_have_no_forecast(repeaters: int) -> None:
    frame = wholesale(400)
    again = frame[frame["frequency"] > 0].head(repeaters)
    found = forecast(pd.concat([again, frame[frame["frequency"] == 0]]))
    few = [fault for fault in found.faults if fault.key == "forecast_few"]
    assert bool(few) == (repeaters < FEWEST_REPEATERS)
    assert found.orders.repeaters == repeaters
    if few:
        assert found.frame.isna().all(axis=None)
        assert not found.orders.converged


def test_where_nobody_leaves_there_is_no_forecast_but_a_statement() -> None:
    rng = np.random.default_rng(2)
    frequency = rng.integers(5, 30, 100) * 1.0
    age = np.full(100, 80.0)
    found = forecast(repeats(frequency, age - 1, age, np.full(100, 50.0)))
    assert [fault.key for fault in found.faults] == ["forecast_nobody_leaves"]
    assert found.frame.isna().all(axis=None)
    assert "a" in found.orders.ran_off or "b" in found.orders.ran_off


def test_customers_that_all_order_in_one_rhythm_are_no_mixture_of_rates() -> None:
    frequency = np.random.default_rng(5).geometric(0.2, 300).clip(max=14) * 1.0
    age = np.full(300, 150.0)
    found = forecast(repeats(frequency, 10 * frequency, age, np.full(300, 50.0)))
    assert "r" in found.orders.ran_off
    assert [fault.key for fault in found.faults] == ["forecast_ran_off"]
    assert found.frame.isna().all(axis=None)


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (
            lambda value, _: np.where(np.arange(len(value)) < 30, value, np.nan),
            "forecast_value_few",
        ),
        (lambda value, _: value * 0 + 100, "forecast_value_ran_off"),
        (lambda value, _: value**3, "forecast_value_no_mean"),
    ],
)
def test_values_that_carry_no_model_leave_the_turnover_missing_alone(change: Any, key: str) -> None:
    frame = wholesale()
    frame["repeat_value"] = change(frame["repeat_value"], frame["frequency"])
    found = forecast(frame)
    assert key in [fault.key for fault in found.faults]
    assert found.frame["expected_turnover_12m"].isna().all()
    assert found.frame[["p_active", "expected_orders_12m"]].notna().all(axis=None)


def test_values_that_follow_the_frequency_are_told_of() -> None:
    frame = wholesale()
    frame["repeat_value"] *= frame["frequency"] + 1
    found = forecast(frame)
    (note,) = [fault for fault in found.faults if fault.key == "forecast_value_correlated"]
    related = correlation(*(frame[n].to_numpy(np.float64) for n in ("frequency", "repeat_value")))
    assert note.details == {"correlation": round(related, 2)}
    assert found.frame["expected_turnover_12m"].notna().all()


def test_no_customers_have_no_forecast() -> None:
    found = forecast(wholesale().iloc[:0])
    assert found.frame.shape == (0, len(FORECASTS))
    assert [fault.key for fault in found.faults] == ["forecast_few"]


@settings(max_examples=15, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    often=st.sampled_from([1, 3, 50, 5000]),
    money=st.sampled_from([1e-6, 1.0, 1e9, 1e60]),
    spread=st.sampled_from([0.0, 1.0, 30.0]),
    oldest=st.sampled_from([1.0, 50.0, 4000.0]),
    missing=st.floats(0, 0.5),
)
def test_whatever_the_orders_are_what_is_told_is_possible(
    seed: int, often: int, money: float, spread: float, oldest: float, missing: float
) -> None:
    rng = np.random.default_rng(seed)
    age = rng.uniform(0, oldest, 80)
    frequency = rng.integers(0, often + 1, 80) * 1.0
    recency = np.where(frequency > 0, age * rng.uniform(0, 1, 80), 0)
    value = np.where(frequency > 0, money * np.exp(spread * rng.normal(size=80)), np.nan)
    gone = rng.random(80) < missing
    columns = [np.where(gone, np.nan, column) for column in (frequency, recency, age, value)]
    frame = forecast(repeats(*columns)).frame
    assert frame[gone].isna().all(axis=None)
    assert frame["p_active"].dropna().between(0, 1).all()
    for name in ("expected_orders_12m", "expected_turnover_12m"):
        numbers = frame[name].dropna()
        assert (np.isfinite(numbers) & (numbers >= 0)).all()
        assert len(numbers) in {0, (~gone).sum()}


@pytest.mark.parametrize(
    ("frequency", "value"),
    [([1.0, 1, 1], [10.0, 20, 30]), ([1.0, 2, 3], [10.0, 10, 10]), ([0.0, 0], [np.nan, 10])],
)
def test_what_is_the_same_for_all_goes_along_with_nothing(
    frequency: list[float], value: list[float]
) -> None:
    assert np.isnan(correlation(np.array(frequency), np.array(value)))


@pytest.mark.parametrize(("of", "key"), [(bgnbd, "forecast"), (gammagamma, "forecast_value")])
def test_a_fit_that_does_not_converge_is_told_and_not_used(
    of: Any, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fit = of.fit
    monkeypatch.setattr(of, "fit", lambda *of_all: replace(fit(*of_all), converged=False))
    found = forecast(wholesale())
    assert f"{key}_not_converged" in {fault.key for fault in found.faults}
    assert found.frame["expected_turnover_12m"].isna().all()
    assert found.frame["expected_orders_12m"].isna().all() == (of is bgnbd)


def test_where_all_have_ordered_again_nobody_is_said_never_to_have() -> None:
    frame = wholesale(400)
    again = forecast(frame[frame["frequency"] > 0])
    assert "forecast_never_repeated" not in {fault.key for fault in again.faults}
