"""A workbook's history over several days without a file: its sheets as cells, and the next run."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS, CUSTOMERS_HEADER
from xlportfolio.history import COLUMNS, History
from xlportfolio.history_sheets import history_sheet, models_sheet
from xlportfolio.locale import texts
from xlportfolio.model import name_key
from xlportfolio.run import Run
from xlportfolio.scale import ScaleKind
from xlportfolio.schema import RawTable, Table, contract, interpret
from xlportfolio.schema.contract import Cell
from xlportfolio.tables import Kind, ReportColumn, SheetTable

Row = Sequence[Any]
#: The ends of three months, on which a workbook is scored.
FIRST, SECOND, THIRD = dt.date(2026, 1, 31), dt.date(2026, 2, 28), dt.date(2026, 3, 31)


def cells_of(column: ReportColumn) -> list[Cell]:
    """The cells of a column as a workbook holds them."""
    cells = [*column.cells]
    if column.kind is Kind.DATE:
        return [dt.date.fromordinal(int(cell)) for cell in cells]
    return [None if cell == "" or cell != cell else cell for cell in cells]  # noqa: PLR0124 (NaN)


def raw_of(table: Table, sheet: SheetTable) -> RawTable:
    """A sheet of ours as a table that is read; all NaN stand for blank columns, as in a file."""
    header: list[Cell] = [column.header for column in sheet.columns]
    columns: list[Any] = []
    for column in sheet.columns:
        cells = cells_of(column)
        is_plain = all(cell is None or isinstance(cell, float) for cell in cells)
        columns.append(np.array(cells, dtype=np.float64) if is_plain else cells)
    return RawTable(table, sheet.sheet, sheet.header_row, 1, header, columns, len(sheet))


def kept_tables(history: History, language: str) -> dict[str, RawTable]:
    """The two tables of a history as a workbook of this language holds them."""
    words = texts(language)
    return {
        "tblHistory": raw_of(contract.HISTORY, history_sheet(history, "History customers", words)),
        "tblHistoryModel": raw_of(
            contract.HISTORY_MODELS, models_sheet(history, "History models", words)
        ),
    }


def inputs(
    customers: Sequence[Row] = CUSTOMERS,
    criteria: Sequence[Row] = CRITERIA,
    settings: Mapping[str, Any] | None = None,
    header: Row = CUSTOMERS_HEADER,
) -> dict[str, RawTable]:
    """The input tables of a small workbook."""

    def table(of: Table, head: Row, rows: Sequence[Row]) -> RawTable:
        return RawTable.of_rows(of, of.sheet("en"), 1, 1, head, rows)

    return {
        "tblCustomers": table(contract.CUSTOMERS, header, customers),
        "tblCriteria": table(contract.CRITERIA, CRITERIA_HEADER, criteria),
        "tblSettings": table(
            contract.SETTINGS_TABLE, ("Setting", "Value"), list((settings or {}).items())
        ),
    }


def run_on(
    day: dt.date,
    given: Mapping[str, RawTable],
    before: Run | None = None,
    *,
    language: str = "en",
    parted: Mapping[str, str] | None = None,
) -> Run:
    """A run on a day, after another one has left its sheets and people have typed into these."""
    tables = dict(given)
    if before is not None:
        tables |= kept_tables(before.history, before.presentation.language)
        header = ("Customer ID", "Parted on purpose")
        rows = list((parted or {}).items())
        tables["tblMovement"] = RawTable.of_rows(contract.MOVEMENT, "Movement", 9, 1, header, rows)
    return Run.of(interpret(tables), today=day, language=language)


def plain_rows(history: History) -> list[dict[str, Any]]:
    """The rows of a history with what their models know, ready to be compared; ``None``: none."""
    places = {name_key(name): name for name in history.criteria}
    listed = []
    for i in range(len(history.rows)):
        row = {key: _plain(history.rows[key].iloc[i]) for key in COLUMNS}
        for criterion in history.versions[row["version"]].criteria:
            cell = history.measures[places[name_key(criterion.name)]].iloc[i]
            is_word = criterion.scale.kind is ScaleKind.CATEGORIES
            row[f"measure {criterion.name}"] = _plain(cell) if is_word else _number(cell)
        listed.append(row)
    return listed


def _plain(cell: Any) -> Any:
    return None if pd.isna(cell) or cell == "" else cell


def _number(cell: Any) -> float | None:
    return None if pd.isna(cell) else float(cell)
