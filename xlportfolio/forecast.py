"""What is to be expected of each customer in the next 12 months, and whether the data carry it.

BG/NBD (:mod:`xlportfolio.bgnbd`) says how likely a customer is still active and how many orders are
to be expected, Gamma-Gamma (:mod:`xlportfolio.gammagamma`) what one of them is worth. Where the
data do not carry a model, what it would say is missing, and a statement says why.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xlportfolio import bgnbd, gammagamma
from xlportfolio.bgnbd import BgNbd
from xlportfolio.errors import Fault, Severity
from xlportfolio.gammagamma import GammaGamma
from xlportfolio.scoring import Floats, rounded

#: What is forecast for each customer, in the order in which it is shown.
FORECASTS = ("p_active", "expected_orders_12m", "expected_turnover_12m")
#: 12 months, in the unit of time of the models.
YEAR_IN_WEEKS = 365 / 7
#: Customers that have to have ordered again before a model is fitted to them. In simulations 40 of
#: them told the orders of the next year, all customers together, within a third in 8 of 10 cases
#: where buyers are as rare as CDNOW's, and within a tenth where they are as regular as those of a
#: wholesaler; 20 missed them by up to a half, and had parameters run off in a third of the cases.
FEWEST_REPEATERS = 40
#: From here on, how often customers order tells too much of how much: chance alone gets 40 of them
#: there once in sixteen times.
_CORRELATED = 0.3
#: Where fewer than this share of orders is the last one, nobody is seen to leave.
_NOBODY = 1e-3
_NAN = math.nan


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What is to be expected of each customer.

    Attributes
    ----------
    frame
        Shape (n_customers, 3), the index of what was given; the columns are :data:`FORECASTS`,
        missing ones NaN.
    orders, value
        The models; where ``converged`` is false, the data do not carry them. ``value`` is ``None``
        where ``orders`` failed.
    faults
        Plain statements: what the data do not carry, and why; whom it says nothing of.
    """

    frame: pd.DataFrame
    orders: BgNbd
    value: GammaGamma | None
    faults: tuple[Fault, ...]


def forecast(repeats: pd.DataFrame) -> Forecast:
    """What is to be expected of each customer in the next 12 months, 365/7 weeks.

    Parameters
    ----------
    repeats
        One row per customer, shape (n_customers, 4); the columns are
        :data:`xlportfolio.orders.REPEATS`. A customer without an order is missing there (NaN).

    Returns
    -------
    ``p_active`` is a probability, 0..1, and 1 for whoever never ordered again, by the model's
    convention: a note counts them. ``expected_orders_12m`` is a number of order days,
    ``expected_turnover_12m`` that times the expected value of one, in the currency of the orders.
    All three are missing where fewer than :data:`FEWEST_REPEATERS` customers ordered again, where
    no best parameters were found, or where one runs off to 0 or infinity: then the orders do not
    show, for example, that customers ever leave. The last is missing too where Gamma-Gamma fails
    so, or has no mean.

    References
    ----------
    As in :mod:`xlportfolio.bgnbd` and :mod:`xlportfolio.gammagamma`.

    Examples
    --------
    >>> repeats = pd.DataFrame(
    ...     {"frequency": [2.0], "recency_weeks": 30.0, "age_weeks": 39.0, "repeat_value": 80.0}
    ... )
    >>> found = forecast(repeats)
    >>> found.faults[0].key
    'forecast_few'
    >>> bool(found.frame.isna().all(axis=None))
    True
    """
    columns = ("frequency", "recency_weeks", "age_weeks", "repeat_value")
    frequency, recency, age, value = (repeats[name].to_numpy(np.float64) for name in columns)
    found = {name: np.full(len(repeats), np.nan) for name in FORECASTS}
    of_value = None
    of_orders, faults = _fitted_orders(frequency, recency, age)
    if of_orders.converged:
        history = (frequency, recency, age)
        found["p_active"] = bgnbd.p_active(of_orders, *history)
        orders = bgnbd.expected_orders(of_orders, *history, YEAR_IN_WEEKS)
        found["expected_orders_12m"] = orders
        of_value, more = _fitted_value(frequency, value)
        faults = [*_never_repeated(frequency), *more]
        if of_value.converged and of_value.q > 1:
            worth = gammagamma.expected_value(of_value, frequency, value)
            found["expected_turnover_12m"] = orders * worth
    return Forecast(pd.DataFrame(found, repeats.index), of_orders, of_value, tuple(faults))


def correlation(frequency: Floats, value: Floats) -> float:
    """How much the value of an order goes along with the frequency, among those that repeated.

    Pearson's coefficient, -1..1, missing (NaN) where either is the same for all. Gamma-Gamma
    assumes 0.

    Examples
    --------
    >>> round(correlation(np.array([0.0, 1, 2, 3]), np.array([np.nan, 10.0, 30, 20])), 3)
    0.5
    """
    used = (frequency > 0) & (value > 0)
    both = np.array([frequency[used], value[used]])
    if both.shape[1] == 0 or (np.ptp(both, axis=1) == 0).any():
        return float("nan")
    return float(np.corrcoef(both)[0, 1])


def _fitted_orders(frequency: Floats, recency: Floats, age: Floats) -> tuple[BgNbd, list[Fault]]:
    """BG/NBD, and why the data do not carry it."""
    ordered, repeaters = int(np.isfinite(frequency).sum()), int((frequency > 0).sum())
    if repeaters < FEWEST_REPEATERS:
        nothing = BgNbd(_NAN, _NAN, _NAN, _NAN, converged=False, n=ordered, repeaters=repeaters)
        return nothing, [_few("forecast_few", repeaters)]
    model = bgnbd.fit(frequency, recency, age)
    if {"a", "b"} & {*model.ran_off} and model.a < _NOBODY * model.b:
        return model, [Fault("forecast_nobody_leaves", Severity.WARNING)]
    if model.ran_off:
        return model, [_ran_off("forecast_ran_off", model.ran_off)]
    if not model.converged:
        return model, [Fault("forecast_not_converged", Severity.WARNING)]
    return model, []


def _fitted_value(frequency: Floats, value: Floats) -> tuple[GammaGamma, list[Fault]]:
    """Gamma-Gamma, and why the data do not carry it, or hardly."""
    used = int(((frequency > 0) & (value > 0)).sum())
    if used < FEWEST_REPEATERS:
        nothing = GammaGamma(_NAN, _NAN, _NAN, converged=False, n=used)
        return nothing, [_few("forecast_value_few", used)]
    model = gammagamma.fit(frequency, value)
    if model.ran_off:
        return model, [_ran_off("forecast_value_ran_off", model.ran_off)]
    if not model.converged:
        return model, [Fault("forecast_value_not_converged", Severity.WARNING)]
    if model.q <= 1:
        return model, [Fault("forecast_value_no_mean", Severity.WARNING)]
    related = correlation(frequency, value)
    if abs(rounded(np.array(related))) > _CORRELATED:
        details = {"correlation": round(related, 2)}
        return model, [Fault("forecast_value_correlated", Severity.NOTE, details=details)]
    return model, []


def _never_repeated(frequency: Floats) -> Iterator[Fault]:
    if once := int((frequency == 0).sum()):
        yield Fault("forecast_never_repeated", Severity.NOTE, details={"count": once})


def _few(key: str, count: int) -> Fault:
    return Fault(key, Severity.WARNING, details={"count": count, "needed": FEWEST_REPEATERS})


def _ran_off(key: str, names: tuple[str, ...]) -> Fault:
    return Fault(key, Severity.WARNING, details={"parameters": [*names]})
