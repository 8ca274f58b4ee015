"""Measures of orders -> what changes in the table of the customers."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from xlportfolio.schema.contract import RawTable
from xlportfolio.schema.merging import Filling, Formulas, Memory, Merged


def fill_measures(
    customers: RawTable,
    sources: Mapping[str, str],
    measures: pd.DataFrame,
    memory: Memory,
    *,
    formulas: Formulas = frozenset(),
) -> Merged:
    """What changes when the columns of criteria are filled with measures."""
    del sources, measures, formulas
    return Merged(Filling(customers, ()), memory=memory)
