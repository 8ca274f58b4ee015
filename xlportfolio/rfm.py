"""Recency, frequency, monetary: scores by fixed bounds or by quantiles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd


@dataclass(frozen=True, slots=True, eq=False)
class RfmScores:
    """How recently, how often and for how much customers bought.

    Attributes
    ----------
    frame
        Shape (n_customers, 3), the index of the measures: ``recency``, ``frequency`` and
        ``monetary``, whole numbers from 1 to ``classes`` (best), missing where the measure is.
    bounds
        For each of the three columns the bounds between classes, upward, ``classes - 1`` numbers.
    """

    frame: pd.DataFrame
    bounds: Mapping[str, tuple[float, ...]]


def rfm(
    frame: pd.DataFrame,
    classes: int = 5,
    bounds: Mapping[str, Sequence[float]] | None = None,
) -> RfmScores:
    """Scores of ``recency_days``, ``orders_per_year`` and ``turnover_12m``."""
    raise NotImplementedError
