"""Cells, tables and texts as no sane workbook has them, for hypothesis."""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from math import isfinite
from typing import Any

import numpy as np
from hypothesis import strategies as st

from support.mutations import zipped
from support.portfolios import Block, Portfolio, blocks_of, portfolios
from xlportfolio.files.rows import escape_text
from xlportfolio.schema import SETTINGS, TABLES, CellError, RawTable, Table
from xlportfolio.schema.cells import shown
from xlportfolio.schema.contract import Cell, sheet_table

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KNOWN_ERRORS = ("#DIV/0!", "#N/A")

#: Words that mean something in some cell, in some language.
WORDS = (
    *("value", "benefit", "Wert", "Nutzen", "max", "min", "linear", "steps", "Stufen"),
    *("piecewise", "Stützpunkte", "categories", "Kategorien", "skip", "worst", "neutral"),
    *("auslassen", "schlechtester", "mean", "median", "Mittelwert", "customer", "prospect"),
    *("Kunde", "Wunschkunde", "star", "Fragezeichen", "free rider", "Arme Hunde", "de", "en"),
    *("valeur", "bénéfice", "paliers", "ignorer", "moyenne", "médiane", "client", "fr"),
    *("0=0; 50000=25; 250000=60", "hoch=100; mittel=50", "0,5=25; 2=100", "1.000=1;1,5=2"),
    *("high=100", "=5", "a=", "=", ";;", "1=1;1=1", "1=101", "a==b=3", "0=0\n1=100", "x=1.234"),
    *(
        "1.234,56 €",
        "12 %",
        "1.234",
        "1,234.50",
        "1 234,56 €",
        "1\u00a0234,5",
        "1\u202f234",
        "12\u202f%",
        "(5)",
        "250-",
        "-(5)-",
        "1e400",
        "1e-400",
    ),
    *("2026-01-31", "31.01.2026", "0000-00-00", "99999-01-01", "nan", "inf", "-inf", "1_000"),
    *("=1+1", "+1", "-1", "@SUM(A1)", "#N/A", "_x000D_", "{found}", "{0}", "%s", "[bold]x[/]"),
)
_TEXTS = (
    st.text(max_size=8)
    | st.text(st.characters(codec=None), max_size=4)
    | st.text("0123456789.,'’ -+()%€eE=;\u00a0\u202f\u2212٣", max_size=12)
    | st.sampled_from(
        [" ", "\x00", "\ud800", "\uffff", "x" * 40_000, "9" * 5_000, "\r\n", "\u202e"]
    )
)
_NUMBERS = (
    st.floats()
    | st.integers()
    | st.sampled_from([0, -0.0, 1e308, -1e308, 5e-324, 10**400, -(10**400), 2**63, 1e15, 1e16])
)
_DECIMALS = st.decimals() | st.sampled_from(
    [Decimal("sNaN"), Decimal("-Infinity"), Decimal("1E+500"), Decimal("1E-500"), Decimal("1.10")]
)
_ZONES = st.none() | st.timezones() | st.just(dt.UTC)
_TIMES = (
    st.datetimes(timezones=_ZONES)
    | st.dates()
    | st.times()
    | st.timedeltas()
    | st.sampled_from([dt.date.min, dt.date.max, dt.timedelta.max, dt.timedelta.min])
)
_ERRORS = st.sampled_from(["#DIV/0!", "#N/A", "#SPILL!", "", "#{x}"]).map(CellError)
words = st.sampled_from(WORDS)
texts = words | _TEXTS
cells: st.SearchStrategy[Cell] = st.one_of(
    st.none(), words, words, _TEXTS, _NUMBERS, _NUMBERS, _DECIMALS, st.booleans(), _TIMES, _ERRORS
)


def _headers(table: Table) -> st.SearchStrategy[Cell]:
    names = [name for c in table.columns for name in (c.key, c.header("en"), c.header("de"))]
    known = st.sampled_from(names) | st.sampled_from([f" {name.upper()} " for name in names])
    return known | known | known | st.sampled_from(["Turnover", "Umsatz", "Fit"]) | cells


@st.composite
def _loose(draw: st.DrawFn, table: Table) -> RawTable | None:
    """A table of anything, as a sheet gives it or as a table object does."""
    sheet = draw(
        st.sampled_from([table.sheet("en"), table.sheet("de"), "", "a" * 31, "'=1", "\ud800"])
    )
    header = draw(st.lists(_headers(table), max_size=9))
    lengths = {} if draw(st.booleans()) else {"min_size": len(header), "max_size": len(header)}
    row = st.lists(cells, **lengths or {"max_size": 9})
    rows = draw(st.lists(row, max_size=6))
    if not lengths:
        return sheet_table(table, sheet, [[], *draw(st.lists(row, max_size=2)), header, *rows])
    place = draw(st.integers(1, 9)), draw(st.integers(1, 99))
    return by_columns(RawTable.of_rows(table, sheet, *place, header, rows))


def rows_of(raw: RawTable) -> list[list[Cell]]:
    """The rows below a table's header."""
    return [[raw.cell(i, k) for k in range(len(raw.columns))] for i in range(raw.height)]


def by_columns(raw: RawTable) -> RawTable:
    """The table as it is read straight from a sheet: columns of nothing but numbers as arrays."""
    columns = [
        np.array(cells, dtype=np.float64)
        if all(cell is None or (type(cell) is float and isfinite(cell)) for cell in cells)
        else cells
        for cells in raw.columns
    ]
    return dataclasses.replace(raw, columns=columns)


@st.composite
def loose_tables(draw: st.DrawFn) -> dict[str, RawTable]:
    """All input tables, each of anything, some missing."""
    drawn = {table.name: draw(st.none() | _loose(table) | _loose(table)) for table in TABLES}
    return {name: raw for name, raw in drawn.items() if raw is not None}


def tables_of(portfolio: Portfolio, *others: Block) -> dict[str, RawTable]:
    """A sound portfolio as the tables of a workbook."""
    blocks = [*blocks_of(portfolio), *others]
    return {
        table.name: RawTable.of_rows(table, table.sheet("en"), 1, 1, header, rows)
        for table, (header, *rows) in zip(TABLES, blocks, strict=False)
    }


_STRATEGY = st.fixed_dictionaries(
    {
        "quadrant": st.sampled_from(["star", "Fragezeichen", "Poor dogs", "free rider"]),
        "status": st.sampled_from([None, "customer", "Wunschkunde"]),
        "strategy": st.just("Keep"),
        "visits_per_year": st.sampled_from([None, 4, "12", "1,5"]),
    }
)


@st.composite
def nearly_sound(draw: st.DrawFn) -> dict[str, RawTable]:
    """A sound portfolio in which a few cells, headers, rows and columns are not as they should be."""
    strategies = draw(st.lists(_STRATEGY, max_size=3))
    keys = ["quadrant", "status", "strategy", "visits_per_year"]
    block: Block = [list(keys), *([row[key] for key in keys] for row in strategies)]
    tables = tables_of(draw(portfolios()), block)
    for _ in range(draw(st.integers(0, 4))):
        table = draw(st.sampled_from(TABLES))
        raw = tables[table.name]
        rows = rows_of(raw)
        place = raw.sheet, raw.row, raw.column
        changed = RawTable.of_rows(table, *place, *_changed(draw, table, raw.header, rows))
        tables[table.name] = by_columns(changed) if draw(st.booleans()) else changed
    return tables


def _changed(
    draw: st.DrawFn, table: Table, header: Sequence[Cell], rows: Sequence[Sequence[Cell]]
) -> tuple[list[Any], list[list[Any]]]:
    """A table with one thing changed; rows stay as long as the header."""
    lines: list[list[Any]] = [list(header), *(list(row) for row in rows)]
    width = len(header)
    i = draw(st.integers(0, len(lines) - 1))
    at = draw(st.integers(0, max(width - 1, 0)))
    match draw(st.sampled_from(["cell", "cell", "cell", "setting", "row", "column", "header"])):
        case "cell" if width and i:
            lines[i][at] = draw(cells)
        case "setting" if table.name == "tblSettings" and width == 2:
            lines.append([draw(st.sampled_from(SETTINGS)), draw(cells)])
        case "row" if i:
            lines.insert(i, list(lines[i])) if draw(st.booleans()) else lines.pop(i)
        case "column" if width:
            again = draw(st.booleans())
            for line in lines:
                line.insert(at, line[at]) if again else line.pop(at)
        case "header" if width:
            lines[0][at] = draw(_headers(table))
    return lines[0], lines[1:]


def book_of(tables: Mapping[str, RawTable], sound: Mapping[str, bytes]) -> bytes:
    """A sound workbook of ``support.books`` whose sheets hold these tables instead of its own.

    They are without table objects, which could not cover headers that are blank or repeated.
    """
    parts = dict(sound)
    for number, table in enumerate(TABLES, start=2):
        raw = tables[table.name]
        lines = [raw.header, *rows_of(raw)]
        rows = "".join(f"<row>{''.join(map(_spelled, line))}</row>" for line in lines)
        part = f"xl/worksheets/sheet{number}.xml"
        if part in parts:
            parts[part] = (
                f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
            )
            parts.pop(f"xl/worksheets/_rels/sheet{number}.xml.rels")
            parts.pop(f"xl/tables/table{number - 1}.xml")
            types = parts["[Content_Types].xml"].decode()
            parts["[Content_Types].xml"] = re.sub(
                rf"<Override [^>]*table{number - 1}\.xml[^>]*/>", "", types
            ).encode()
    return zipped(parts)


def _spelled(cell: Cell) -> str:
    """A cell's element; what a workbook cannot hold as it is becomes the nearest that it can."""
    match cell:
        case None:
            return "<c/>"
        case bool():
            return f'<c t="b"><v>{int(cell)}</v></c>'
        case int() | float() | Decimal():
            return f"<c><v>{shown(cell, 'en')}</v></c>"
        case CellError():
            return f'<c t="e"><v>{cell.text if cell.text in _KNOWN_ERRORS else "#N/A"}</v></c>'
        case _:
            text = escape_text(shown(cell, "en"))
            return f'<c t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
