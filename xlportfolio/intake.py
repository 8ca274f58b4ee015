"""From customers and orders of elsewhere to the table of the customers, for both hosts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlportfolio.schema import RawTable
from xlportfolio.schema.contract import CUSTOMERS
from xlportfolio.schema.merging import Filling, Formulas, Memory, Merged

if TYPE_CHECKING:
    import ibis.expr.types as ir


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """What comes from elsewhere.

    Attributes
    ----------
    customers
        A table of customers, as :func:`xlportfolio.sources.read_customers` reads it.
    lines
        Lines of orders, as :func:`xlportfolio.orders.measure` takes them.
    append
        Whether customers of the orders that have no row get one.
    overwrite
        Whether cells are overwritten that were typed by hand.
    """

    customers: RawTable | None = None
    lines: ir.Table | None = None
    append: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """What comes of it, before anything is written.

    Attributes
    ----------
    tables
        The input tables as they will be.
    merged
        What changes in the table of the customers, and what is told of it.
    as_of
        The day up to which orders count.
    language
        That of the workbook.
    """

    tables: Mapping[str, RawTable]
    merged: Merged
    as_of: dt.date
    language: str


def take_in(
    tables: Mapping[str, RawTable],
    incoming: Incoming,
    memory: Memory | None = None,
    formulas: Formulas = frozenset(),
    *,
    today: dt.date,
    as_of: dt.date | None = None,
) -> Intake:
    """Find out what changes in a workbook when customers or orders of elsewhere come into it."""
    del incoming, formulas
    merged = Merged(Filling(tables[CUSTOMERS.name], ()), memory=memory or Memory())
    return Intake(tables, merged, as_of or today, "en")
