"""What tests of the open workbook share: what stands in it, what it said, how it is kept from writing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import xlwings as xw

from support.lo_engine import ExcelError, calls
from xlportfolio.excel import macros
from xlportfolio.report import TABLES

Open = Callable[[Path], xw.Book]


def said(book: xw.Book) -> str:
    """The message that a macro showed last."""
    text: str = book.app.impl.alerts[-1]["prompt"]
    return text


def asked(book: xw.Book) -> list[dict[str, Any]]:
    """The questions that were asked."""
    return [one for one in book.app.impl.alerts if one["buttons"] != "ok"]


def answers(book: xw.Book, *given: str) -> None:
    """What the user answers, one question after the other, then always the last."""
    left = list(given)
    app, alert = book.app.impl, type(book.app.impl).alert

    def answered(*arguments: Any) -> str:
        alert(app, *arguments)
        return left.pop(0) if len(left) > 1 else left[0]

    app.alert = answered


def done(book: xw.Book) -> None:
    macros.rescore(book)
    assert said(book).startswith(("Done: ", "Fertig: ")), said(book)


def dated(book: xw.Book, day: dt.date) -> None:
    """Let the workbook be scored for another day, which stands first among its settings."""
    book.sheets["Settings"].range("B2").value = day


def table_of(book: xw.Book, name: str) -> xw.main.Table:
    return next(t for sheet in book.sheets for t in sheet.tables if t.name == name)


def block(book: xw.Book, name: str) -> list[list[Any]]:
    cells: list[list[Any]] = table_of(book, name).range.options(ndim=2).value
    return cells


def blocks(book: xw.Book) -> dict[str, list[list[Any]]]:
    return {name: block(book, name) for name in TABLES.values()}


def in_file(path: Path) -> dict[str, list[list[Any]]]:
    """The tables of ours in a closed workbook; blank text is an empty cell."""
    found = {}
    for sheet in openpyxl.load_workbook(path, data_only=True):
        for name, area in sheet.tables.items():  # names and areas
            if name in TABLES.values():
                rows = [[cell.value for cell in row] for row in sheet[area]]
                found[name] = [[None if c == "" else c for c in row] for row in rows]
    return found


def plain(cells: list[list[Any]]) -> list[list[Any]]:
    return [[float(c) if isinstance(c, int) else c for c in row] for row in cells]


class Breaks:
    """Lets the n-th piece of work of a kind fail, as Excel does when a dialog is open."""

    def __init__(self, beginning: str | tuple[str, ...], number: int) -> None:
        self.beginning, self.left = beginning, number

    def __call__(self, kind: str, what: str) -> None:
        if kind == "work" and what.startswith(self.beginning):
            self.left -= 1
            if self.left == 0:
                raise ExcelError("Excel is busy")


def contents(book: xw.Book) -> dict[tuple[str, str, int, int], Any]:
    """Whatever stands in the cells of all sheets, formulas as such; where tables and names are."""
    found: dict[tuple[str, str, int, int], Any] = {}
    for sheet in book.sheets:
        used = sheet.used_range
        entries = used.options(ndim=2).formula
        rows = [[entries]] if isinstance(entries, str) else entries
        for r, row in enumerate(rows, used.row):
            for c, cell in enumerate(row, used.column):
                if cell not in {"", None}:
                    found[sheet.name, "cell", r, c] = cell
        for table in sheet.tables:
            found[sheet.name, table.name, 0, 0] = table.range.address
    for name in book.names:
        found["", name.name, 0, 0] = name.refers_to
    return found


def broken(book: xw.Book, beginning: str | tuple[str, ...], number: int) -> None:
    """A rescore in which the n-th piece of work of a kind fails."""
    calls(book).before = Breaks(beginning, number)
    macros.rescore(book)
    calls(book).before = None
