"""Runs over the sample from which docs/reference is made: what commands print, what sheets hold."""

from __future__ import annotations

import datetime as dt
import json
import re
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import typer
from openpyxl import Workbook, load_workbook
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet
from typer.testing import CliRunner

import xlportfolio.cli  # noqa: F401 (registers the commands)
from xlportfolio.command import app
from xlportfolio.files.explain import explain
from xlportfolio.files.rescore import rescore
from xlportfolio.files.weights import find
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, SETTINGS_TABLE
from xlportfolio.tables import SheetTable
from xlportfolio.template.workbook import new_workbook
from xlportfolio.weight_sheets import weight_tables

_THEN, _NOW = dt.date(2026, 3, 31), dt.date(2026, 6, 30)
#: What is typed between these days: table -> first cell of the row -> column -> cell.
_TYPED: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    CUSTOMERS.name: {
        "10001": {"Turnover": "1.234"},
        "10022": dict.fromkeys(
            (
                *("Turnover", "Margin rate", "Potential", "Payment delay", "Reference value"),
                *("Services used", "Share of wallet", "Satisfaction"),
            )
        ),
        "10029": {"Customer": None},
        "10113": {"Turnover": 20_000, "Potential": 20_000, "Reference value": "low"},
        "10120": {"Services used": 6},
        "10204": {"Margin rate": 0.3, "Potential": 300_000, "Share of wallet": 0.2},
        "10008": {"Customer ID": 20008},
    },
    CRITERIA.name: {
        "Turnover": {"Weight": 20},
        "Reference value": {"Changeable": "yes", "Unit": "word"},
        "Satisfaction": {"Missing": "worst"},
        "Order rhythm": {"Role": None},
    },
    SETTINGS_TABLE.name: {
        "value_threshold": {"Value": 45},
        "hours_per_year": {"Value": None},
    },
}
#: Where the services used stand among the columns of the sample's customers, in any language.
_SERVICES = 9
#: What is typed to find weights: ranks, points, and what two people think of pairs of criteria.
_RANKS, _POINTS = (1, 3, 2, 5, 4, 1, 2, 3), (100, 60, 90, 20, 50, 100, 50, 20)
_JUDGMENTS: tuple[tuple[tuple[Any, ...], ...], ...] = (
    ((2, 1, 5, 2), ("1/2", 4, 1), (5, "1/5"), ("1/4",)),
    (("1/7", 1, "1/5", 2), (7, 4, 1), ("1/5", "1/5"), ("1/4",)),
)
#: The tables that are typed into on a sheet that is copied for a second person.
_SQUARE = "tblPairwiseValue"


class _Book:
    """A workbook into which something is typed, as by somebody who uses Excel."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.workbook: Workbook = load_workbook(path)

    def sheet(self, table: str) -> tuple[Worksheet, int, int]:
        """The sheet of a table, with the row and the column of its first header."""
        sheet = next(s for s in self.workbook.worksheets if table in s.tables)
        first = sheet[sheet.tables[table].ref][0][0]
        return sheet, first.row, first.column

    def rows(self, table: str) -> list[list[Any]]:
        """The cells of a table with its header row."""
        sheet, _, _ = self.sheet(table)
        return [[cell.value for cell in row] for row in sheet[sheet.tables[table].ref]]

    def type(self, table: str, key: str, typed: Mapping[str, Any]) -> None:
        """Type into the row that has this key among its first two cells."""
        sheet, first_row, first_column = self.sheet(table)
        header, *rows = self.rows(table)
        at = next(i for i, row in enumerate(rows, start=1) if key in map(str, row[:2]))
        for column, value in typed.items():
            sheet.cell(first_row + at, first_column + header.index(column)).value = value

    def save(self, path: Path) -> Path:
        """Save the workbook under a name."""
        self.workbook.save(path)
        return path


def sample_tables(language: str, folder: Path) -> dict[str, list[list[Any]]]:
    """The tables of the sample in this language, rescored on two days: name -> cells."""
    path = _sample(folder / f"tables-{language}.xlsx", language)
    rescore(path, as_of=_THEN, backup=False)
    book = _Book(path)
    book.type(CUSTOMERS.name, "10120", {book.rows(CUSTOMERS.name)[0][_SERVICES]: 6})
    rescore(book.save(path), as_of=_NOW, backup=False)
    book = _Book(path)
    return {table: book.rows(table) for sheet in book.workbook.worksheets for table in sheet.tables}


def sheets(languages: Sequence[str], folder: Path) -> dict[str, list[SheetTable]]:
    """The sheets of ours that hold a table, in each language, with a day to compare with."""
    path = _sample(folder / "report.xlsx", "en")
    rescore(path, as_of=_THEN, backup=False)
    found = {}
    for language in languages:
        run = rescore(path, as_of=_NOW, language=language, write=False).run
        weighed = find(path, language=language, write=False).weights
        name, places = weighed.places([], lambda sheet, _: sheet, computes=False)
        weights = weight_tables(weighed.axes, language, name, places)
        found[language] = [*run.report(run.sheet_names).tables, *weights]
    return found


def hidden_names(folder: Path) -> list[str]:
    """The names of ours in a workbook with macros; of texts, help and words, the beginning."""
    path = folder / "names.xlsm"
    path.write_bytes(new_workbook("en", with_sample=True, macros=True))
    rescore(path, as_of=_NOW, backup=False)
    explain(path, "10120", as_of=_NOW, backup=False)
    with zipfile.ZipFile(path) as package:
        names = re.findall(r'<definedName name="(\w+)"', package.read("xl/workbook.xml").decode())
    return list(
        dict.fromkeys(re.sub(r"^(kp_(?:text|help|words)_).*", r"\1*", name) for name in names)
    )


def json_commands() -> list[str]:
    """The commands that know ``--json``, in the order in which the help lists them."""
    commands: Mapping[str, Any] = vars(typer.main.get_command(app))["commands"]
    return [
        name
        for name, command in commands.items()
        if any("--json" in parameter.opts for parameter in command.params)
    ]


def documents(command: str, folder: Path) -> Iterator[Any]:
    """What a command prints with ``--json`` in each kind of run; the last ends with a fault."""
    earlier, later, wrong = _portfolio(folder)
    days = ("--as-of", _NOW)
    match command:
        case "rescore":
            yield _json(command, _sample(folder / "first.xlsx", "en"), *days)
            yield _json(command, later, *days)
            yield _json(command, _parted(later, folder), *days)
            yield _json(command, wrong, *days)
        case "check":
            yield _json(command, later, *days)
            yield _json(command, wrong, *days)
        case "explain":
            yield from (_json(command, later, customer, *days) for customer in ("10120", "10022"))
            yield _json(command, later, "nobody")
        case "weights":
            yield _json(command, _judged(folder))
            yield _json(command, _sample(folder / "taken.xlsx", "en"), "--take", "critic")
            yield _json(command, wrong)
        case "compare":
            yield _json(command, earlier, _parted(later, folder))
            yield _json(command, wrong, later)
        case "import":
            book, given = _sample(folder / "import.xlsx", "en"), _exports(folder)
            yield _json(command, book, *given, *days)
            yield _json(command, wrong, *given, *days)
        case "measures":
            orders = ("--orders", _orders(folder), *days)
            yield _json(command, *orders, "--rfm")
            yield _json(command, "--orders", _few(folder), *days)
            yield _json(command, "--orders", folder / "none.csv", *days)
        case "share":
            some = ("--only", "Status=Customer", "--anonymise", "--html", folder / "copy.html")
            yield _json(command, later, folder / "copy.xlsx", *some, *days)
            yield _json(command, later, folder / "all.xlsx", *days)
            yield _json(command, wrong, folder / "none.xlsx", *days)
        case _:
            raise ValueError(f"no run shows what {command} prints: add one here")


def _json(*arguments: object) -> Any:  # noqa: ANN401 (JSON)
    """What a command prints; the first of the arguments is its name."""
    result = CliRunner().invoke(app, [*map(str, arguments), "--json"])
    if result.exit_code not in {0, 1}:
        raise RuntimeError(result.output)
    return json.loads(result.stdout_bytes)


def _sample(path: Path, language: str) -> Path:
    path.write_bytes(new_workbook(language, with_sample=True))
    return path


def _portfolio(folder: Path) -> tuple[Path, Path, Path]:
    """A workbook on an earlier day, on a later one, and one in which something is wrong."""
    earlier, later, wrong = folder / "march.xlsx", folder / "june.xlsx", folder / "wrong.xlsx"
    if not wrong.exists():
        rescore(_sample(earlier, "en"), as_of=_THEN, backup=False)
        book = _Book(earlier)
        for table, rows in _TYPED.items():
            for key, typed in rows.items():
                book.type(table, key, typed)
        book.save(later)
        book.type(CRITERIA.name, "Turnover", {"Weight": "heavy"})
        book.save(wrong)
    return earlier, later, wrong


def _parted(later: Path, folder: Path) -> Path:
    """The later workbook, rescored, with a remark on somebody who was dropped on purpose."""
    path = folder / "parted.xlsx"
    if not path.exists():
        rescore(later, path, as_of=_NOW)
        book = _Book(path)
        book.type("tblMovement", "10008", {"Parted on purpose": "June, on purpose"})
        book.save(path)
    return path


def _judged(folder: Path) -> Path:
    """A workbook in which two people have compared criteria in pairs."""
    path = _sample(folder / "weights.xlsx", "en")
    _json("weights", path)
    book = _Book(path)
    square, row, column = book.sheet(_SQUARE)
    other = book.workbook.copy_worksheet(square)
    other.title = "Ms Sample"
    other.add_table(Table(displayName=f"{_SQUARE}2", ref=square.tables[_SQUARE].ref))
    for sheet, judgments in zip((square, other), _JUDGMENTS, strict=True):
        for i, line in enumerate(judgments, start=1):
            for j, judgment in enumerate(line, start=i + 1):
                sheet.cell(row + i, column + j).value = judgment
    sheet, row, column = book.sheet("tblWeights")
    for i, entries in enumerate(zip(_RANKS, _POINTS, strict=True), start=1):
        for j, entry in enumerate(entries, start=2):
            sheet.cell(row + i, column + j).value = entry
    return book.save(path)


def _exports(folder: Path) -> tuple[object, ...]:
    """Options that name customers and orders of an ERP system."""
    customers = folder / "customers.xlsx"
    book = Workbook(write_only=True)
    sheet = book.create_sheet("Export")
    for row in (
        ("Customer ID", "Customer", "Margin rate", "Region"),
        (10001, "Ahorn", 0.5, "South"),
        (90001, None, 0.25, "North"),
    ):
        sheet.append(row)
    book.save(customers)
    return "--customers", customers, "--orders", _few(folder), "--dates", "dmy"


def _few(folder: Path) -> Path:
    """Too few orders for a forecast."""
    path = folder / "few.csv"
    header = "Order no.;Customer no.;Order date;Net amount;Colour"
    path.write_text(f"{header}\n1;10001;04.05.2026;1.234,50;red\n2;10050;05.05.2026;abc;red\n")
    return path


def _orders(folder: Path) -> Path:
    """Orders of invented customers, some of whom come no more."""
    rng = np.random.default_rng(1)
    lines = ["order_id,customer_id,order_date,amount,margin,product_id,discount"]
    for customer in range(120):
        day, rate = _THEN - dt.timedelta(int(rng.integers(200, 700))), rng.gamma(1.5, 1 / 40)
        leaves, mean = rng.beta(1, 4), rng.gamma(6, 100)
        while day <= _NOW:
            amount = mean * rng.gamma(5, 0.2)
            figures = f"{amount:.2f},{amount / 3:.2f},P{rng.integers(9)},0.05"
            lines.append(f"{len(lines)},{customer},{day},{figures}")
            if rng.random() < leaves:
                break
            day += dt.timedelta(1 + int(rng.exponential(1 / rate)))
    path = folder / "orders.csv"
    path.write_text("\n".join(lines))
    return path
