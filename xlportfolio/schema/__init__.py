"""The workbook contract: which tables, columns, words and settings there are, and what they mean.

``contract`` names them, ``numerals`` reads numbers typed as text, ``interpret`` turns raw cells
into a model, customers and problems.
"""

from xlportfolio.schema.contract import (
    SETTINGS,
    TABLES,
    CellError,
    Column,
    RawTable,
    Table,
    find_header,
)
from xlportfolio.schema.interpret import Places, WorkbookInput, in_order, interpret

__all__ = [
    "SETTINGS",
    "TABLES",
    "CellError",
    "Column",
    "Places",
    "RawTable",
    "Table",
    "WorkbookInput",
    "find_header",
    "in_order",
    "interpret",
]
