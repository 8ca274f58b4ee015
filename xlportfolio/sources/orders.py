"""Orders of a file, a folder, a workbook or a database, as one table of order lines."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from xlportfolio.schema.contract import RawTable
from xlportfolio.sources.reading import DateOrder, Kind, Reading

if TYPE_CHECKING:
    import ibis.expr.types as ir


@contextmanager
def open_orders(
    source: str, mapping: Mapping[str, str] = {}, *, dates: DateOrder | None = None
) -> Iterator[tuple[ir.Table, Reading]]:
    """Order lines of a source, as long as the context lasts."""
    import ibis

    del mapping, dates
    connection = ibis.duckdb.connect()
    yield connection.read_csv(source), Reading(source, Kind.TEXT)


def orders_of(raw: RawTable) -> tuple[ir.Table, Reading]:
    """Order lines of a workbook's tblOrders."""
    import ibis
    import pandas as pd

    columns = {
        key: list(raw.columns[position])
        for key, position in raw.table.positions(raw.header).items()
    }
    return ibis.memtable(pd.DataFrame(columns)), Reading(raw.sheet, Kind.WORKBOOK)
