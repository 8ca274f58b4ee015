"""Input workbooks as a user might have them, written by openpyxl."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from openpyxl import Workbook
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet

Row = Sequence[Any]

CRITERIA_HEADER = (
    "Criterion",
    "Axis",
    "Weight",
    "Objective",
    "Scale",
    "Low",
    "High",
    "Levels",
    "Missing",
    "Unit",
    "Description",
)
CRITERIA: Sequence[Row] = (
    ("Turnover", "value", 50, "max", "linear", 0, 1000, None, None, "EUR", None),
    ("Growth", "value", 50, None, None, -0.5, 0.5, None, None, None, None),
    ("Fit", "benefit", 70, None, "categories", None, None, "high=100; low=20", None, None, None),
    ("Visits", "benefit", 30, "min", "linear", 0, 10, None, None, None, None),
)
CUSTOMERS_HEADER = ("Customer ID", "Customer", "Status", "Turnover", "Growth", "Fit", "Visits")
CUSTOMERS: Sequence[Row] = (
    (1, "Alpha", "Customer", 900, 0.4, "high", 2),
    (2, "Beta", "Customer", 800, 0.1, "low", 9),
    (3, "Gamma", "Customer", 100, -0.3, "high", 1),
    (4, "Delta", "Customer", 50, -0.5, "low", 10),
    (5, "Epsilon", "Prospect", None, 0.5, "high", None),
)
GERMAN_CRITERIA_HEADER = (
    "Kriterium",
    "Achse",
    "Gewicht",
    "Richtung",
    "Skala",
    "von",
    "bis",
    "Stufen",
    "fehlend",
    "Einheit",
    "Beschreibung",
)


def table_sheet(
    book: Workbook, sheet: str, table: str | None, rows: Sequence[Row], at: tuple[int, int] = (1, 1)
) -> None:
    """Write rows, headers first, and make them a table object unless ``table`` is ``None``."""
    made = book.create_sheet(sheet)
    top, left = at
    for y, row in enumerate(rows, start=top):
        for x, cell in enumerate(row, start=left):
            made.cell(y, x, cell)
    if table is not None:
        first, last = get_column_letter(left), get_column_letter(left + len(rows[0]) - 1)
        height = max(len(rows), 2)
        made.add_table(Table(displayName=table, ref=f"{first}{top}:{last}{top + height - 1}"))


def write_book(
    path: Path,
    *,
    customers: Sequence[Row] = CUSTOMERS,
    customers_header: Row = CUSTOMERS_HEADER,
    criteria: Sequence[Row] = CRITERIA,
    criteria_header: Row = CRITERIA_HEADER,
    settings: Sequence[Row] | None = None,
    strategies: Sequence[Row] | None = None,
    tables: bool = True,
    sheets: Sequence[str] = ("Customers", "Criteria", "Settings", "Strategies"),
    at: tuple[int, int] = (1, 1),
) -> Path:
    """A workbook with a sheet of the user's and the input tables of the contract."""
    book = Workbook()
    own = book.worksheets[0]
    own.title = "My notes"
    own["A1"], own["B2"] = "do not touch", "=SUM(1,2)"

    def name(table: str) -> str | None:
        return table if tables else None

    table_sheet(book, sheets[0], name("tblCustomers"), [customers_header, *customers], at)
    table_sheet(book, sheets[1], name("tblCriteria"), [criteria_header, *criteria], at)
    if settings is not None:
        rows = [("Setting", "Value"), *settings]
        table_sheet(book, sheets[2], name("tblSettings"), rows, at)
    if strategies is not None:
        header = (
            "Quadrant",
            "Status",
            "Strategy",
            "Activity",
            "Visits per year",
            "Hours per visit",
            "Text",
        )
        table_sheet(book, sheets[3], name("tblStrategies"), [header, *strategies], at)
    book.save(path)
    return path


def rows_of(sheet: Worksheet) -> list[dict[str, Any]]:
    """The rows of the table on a sheet, by header."""
    (table,) = sheet.tables.values()
    header, *rows = [[cell.value for cell in row] for row in sheet[table.ref]]
    return [dict(zip(header, row, strict=True)) for row in rows]
