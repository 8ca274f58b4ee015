"""Customers of a file, as cells for the table of the customers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from xlportfolio.schema.contract import CUSTOMERS, RawTable
from xlportfolio.sources.reading import Kind, Reading


def read_customers(
    source: Path, headers: Sequence[str], mapping: Mapping[str, str] = {}
) -> tuple[RawTable, Reading]:
    """Customers of a file, under the headers of the table of a workbook."""
    import pandas as pd

    del headers, mapping
    frame = pd.read_csv(source)
    columns = [frame[header].tolist() for header in frame]
    raw = RawTable(CUSTOMERS, source.name, 1, 1, list(frame), columns, len(frame))
    return raw, Reading(str(source), Kind.TEXT)
