"""Customers of elsewhere -> what changes in the table of the customers."""

from __future__ import annotations

from xlportfolio.schema.contract import RawTable
from xlportfolio.schema.merging import Filling, Formulas, Memory, Merged


def merge_customers(
    customers: RawTable,
    incoming: RawTable,
    memory: Memory,
    *,
    overwrite: bool = False,
    formulas: Formulas = frozenset(),
) -> Merged:
    """What changes when customers of elsewhere come into the table."""
    del incoming, overwrite, formulas
    return Merged(Filling(customers, ()), memory=memory)
