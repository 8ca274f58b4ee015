"""How likely a customer comes again, and what is to be expected: BG/NBD and Gamma-Gamma."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from xlportfolio.errors import Fault

#: What is forecast for each customer, in the order in which it is shown.
FORECASTS = ("p_active", "expected_orders_12m", "expected_turnover_12m")


@dataclass(frozen=True, slots=True, eq=False)
class Forecast:
    """What is to be expected of each customer.

    Attributes
    ----------
    frame
        The index of what was given; the columns are :data:`FORECASTS`, missing ones NaN.
    faults
        Plain statements: where the data do not carry a forecast, and why.
    """

    frame: pd.DataFrame
    faults: tuple[Fault, ...] = ()


def forecast(repeats: pd.DataFrame) -> Forecast:
    """What is to be expected of each customer.

    Parameters
    ----------
    repeats
        One row per customer; the columns are :data:`xlportfolio.orders.REPEATS`.
    """
    return Forecast(pd.DataFrame(float("nan"), repeats.index, list(FORECASTS)))
