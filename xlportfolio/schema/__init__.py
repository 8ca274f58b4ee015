"""The workbook contract: which tables, columns, words and settings there are, and what they mean.

``contract`` says which tables and columns there are, ``words`` which words cells may hold; how each
is spelled stands in the file of a language. ``interpret`` turns raw cells into a model, customers
and problems, with ``criteria`` and ``settings`` for the tables that have rules of their own;
``cells`` and ``numerals`` read one cell, ``grid`` knows where it stands.
"""

from xlportfolio.schema.contract import (
    SETTINGS,
    TABLES,
    CellError,
    Column,
    RawTable,
    Table,
)
from xlportfolio.schema.grid import in_order
from xlportfolio.schema.interpret import Places, WorkbookInput, interpret

__all__ = [
    "SETTINGS",
    "TABLES",
    "CellError",
    "Column",
    "Places",
    "RawTable",
    "Table",
    "WorkbookInput",
    "in_order",
    "interpret",
]
