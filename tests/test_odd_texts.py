"""Texts that a program could take for something else: they are kept, shown and never obeyed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import openpyxl
import pytest
from openpyxl.utils.escape import unescape
from python_calamine import CalamineWorkbook
from support.books import CRITERIA, write_book
from support.live import Open, block, done, table_of
from support.office import convert, require_libreoffice
from support.packages import parts_of, sheet_parts

from xlportfolio import rescore
from xlportfolio.excel.ranges import entry
from xlportfolio.look import office_text
from xlportfolio.report import ORDER, TABLES

MARK = "ODDTEXT"

#: Texts that begin as a formula does, or with something that hides that.
FORMULAS = [
    '=HYPERLINK("http://127.0.0.1/","x")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\x01=1+1",
    "'=1+1",
    "{=1+1}",
    "#N/A",
    "#REF!",
    "TRUE",
]
#: Texts that a careless program changes.
ODD = [
    "Müller & Söhne <GmbH>",
    "\U0001f600 Emoji \U0001f469\u200d\U0001f4bb",
    "e\u0301 a\u0308 combined",
    "שלום עולם",
    "\u202eevil\u202c and \u2066more\u2069",
    "_x000D_ and _x005F_",
    "_x0041_",
    "no-break\u00a0space, zero\u200bwidth, \ufeffmark",
    "tab\tand\nline",
    "a\x01b\x1bc\x7fd\x85e",
    "x" * 32_767,
]


def odd_book(path: Path, text: str, *, everywhere: bool = True) -> Path:
    """A workbook in which customers, criteria, strategies and cells of numbers hold this text."""
    customers = [
        (f"{MARK}1", MARK, "Customer", 900, 0.4, "high", 2),
        (f"{MARK}2", MARK, "Prospect", 800, MARK, MARK, 9),
        (f"{MARK}3", MARK, MARK, 100, -0.3, "low", 1),
    ]
    measure = MARK if everywhere else "Turnover"
    write_book(
        path,
        customers_header=("Customer ID", "Customer", "Status", measure, "Growth", "Fit", "Visits"),
        customers=customers,
        criteria=[(measure, *CRITERIA[0][1:]), *CRITERIA[1:]],
        settings=[("bubble_measure", measure), (MARK, MARK)],
        strategies=[
            (quadrant, None, MARK, MARK, 1, 1, MARK)
            for quadrant in ("Star", "Question mark", "Free rider", "Poor dog")
        ],
    )
    spelled = escape(office_text(text), {"\r": "&#13;"})
    parts = parts_of(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            changed = data.decode().replace("<t>" + MARK, '<t xml:space="preserve">' + MARK)
            if "/tables/" in name:
                attribute = escape(office_text(text), {'"': "&quot;", "\n": "_x000a_"})
                changed = changed.replace(MARK, attribute)
            package.writestr(name, changed.replace(MARK, spelled))
    return path


def new_sheets(path: Path, before: dict[str, bytes]) -> dict[str, bytes]:
    parts = parts_of(path)
    return {sheet: parts[n] for sheet, n in sheet_parts(parts).items() if n not in before}


def cells_of(path: Path, sheet: str, column: str) -> list[Any]:
    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name(sheet).to_python()
    header = next(row for row in rows if column in row)
    return [row[header.index(column)] for row in rows[rows.index(header) + 1 :]]


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_no_text_becomes_a_formula_in_a_closed_workbook(text: str, tmp_path: Path) -> None:
    path = odd_book(tmp_path / "book.xlsx", text)
    before = parts_of(path)
    done = rescore(path)
    assert done.analysis.customers["customer"].tolist() == [text] * 3
    sheets = new_sheets(path, before)
    assert len(sheets) == len(ORDER)
    for sheet, data in sheets.items():
        assert not re.search(rb"<(\w+:)?f[ />]", data), sheet
        assert not re.search(rb'\bt="[eb]"', data), sheet
    assert set(cells_of(path, "Ranking", "Customer")) == {text}
    book = openpyxl.load_workbook(path)
    assert book["ABC vs value"]["H12"].data_type == "s"
    for name in sheets:
        for table in book[name].tables.values():
            first, last = table.ref.split(":")
            row = int(re.sub(r"\D", "", first))
            headers = [
                unescape(cell.value)
                for cell in book[name][f"{first}:{re.sub(r'[0-9]', '', last)}{row}"][0]
            ]
            assert headers == [unescape(column.name) for column in table.tableColumns]


@pytest.mark.parametrize("text", FORMULAS, ids=ascii)
def test_no_text_becomes_a_formula_in_an_open_workbook(text: str) -> None:
    """Excel takes what begins with an apostrophe for the text behind it, whatever that is."""
    assert entry(text) == f"'{text}"


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text)[:20])
def test_texts_are_kept(text: str, tmp_path: Path) -> None:
    path = odd_book(tmp_path / "book.xlsx", text, everywhere=len(text) < 200)
    if len(text) > 32_000:  # with a number behind it, it would be too long
        data = parts_of(path)
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
            for name, part in data.items():
                package.writestr(name, re.sub(rb"x{32767}([123])", rb"ID\1", part))
    done = rescore(path)
    assert done.analysis.customers["customer"].tolist() == [text] * 3
    assert cells_of(path, "Ranking", "Customer") == [text] * 3
    assert set(cells_of(path, "Recommendations", "Activity")) == {text}
    ids = done.analysis.customers["customer_id"].tolist()
    assert sorted(cells_of(path, "Ranking", "Customer ID")) == sorted(ids)
    again = rescore(path)
    assert again.analysis.customers["customer"].tolist() == [text] * 3


@pytest.mark.parametrize("text", ["  blank", "blank  ", "\u00a0x\u00a0"])
def test_blanks_around_names_and_ids(text: str, tmp_path: Path) -> None:
    """Numbers of customers are compared trimmed; a name that serves as one is, too."""
    path = odd_book(tmp_path / "book.xlsx", text, everywhere=False)
    customers = rescore(path).analysis.customers
    assert customers["customer_id"].tolist()[0] == f"{text}1".strip()
    assert customers["customer"].tolist() == [text] * 3
    assert cells_of(path, "Ranking", "Customer") == [text] * 3
    rows = [(None, text, "Customer", 900, 0.4, "high", 2)]
    path = write_book(tmp_path / "nameless.xlsx", customers=rows)
    customers = rescore(path).analysis.customers
    assert customers["customer_id"].tolist() == [text.strip()]
    assert customers["customer"].tolist() == [text]


def test_libreoffice_reads_the_same_texts(tmp_path: Path) -> None:
    require_libreoffice()
    texts = [
        t for t in ODD if len(t) < 200 and not re.search("[\x00-\x1f\x7f-\x9f\ufffe\uffff]", t)
    ]
    customers = [(k, text, "Customer", 900, 0.4, "high", 2) for k, text in enumerate(texts, 1)]
    path = write_book(tmp_path / "book.xlsx", customers=customers)
    done = rescore(path)
    read = convert(path, "xlsx", tmp_path / "out")
    shown = cells_of(read, "Ranking", "Customer")
    assert shown == done.analysis.customers["customer"].tolist()
    assert cells_of(path, "Ranking", "Customer") == shown


# --- the terminal, and JSON -----------------------------------------------------------------------

COMMANDS = "\x1b[31mred\x1b]0;title\x07 \x9b2J \x08\x7f [red]mark[/red] :smile: \u202etxt.exe"


def run(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "xlportfolio.cli", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, encoding="utf-8")


def test_nothing_that_a_terminal_obeys_is_printed(tmp_path: Path) -> None:
    path = odd_book(tmp_path / f"{COMMANDS.replace('/', '')}.xlsx", COMMANDS)
    for arguments in (("rescore", path), ("check", path), ("rescore", tmp_path / "\x1b[31m.xlsx")):
        done = run(*arguments)
        said = done.stdout + done.stderr
        assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", said)
        assert "\\x1b[31m" in said
        assert "Traceback" not in said
    assert "[red]mark[/red] :smile: \\u202etxt.exe" in run("check", path).stdout


def test_a_fault_of_the_input_is_one_line_whatever_it_quotes(tmp_path: Path) -> None:
    path = odd_book(tmp_path / "book.xlsx", "two\nlines\r\nError: forged", everywhere=False)
    for line in run("check", path).stdout.splitlines():
        assert line.startswith(("Warning: ", "Note: "))


def test_json_holds_texts_as_they_are(tmp_path: Path) -> None:
    path = odd_book(tmp_path / "book.xlsx", COMMANDS)
    done = json.loads(run("rescore", path, "--json").stdout)
    assert {customer["customer"] for customer in done["customers"]} == {COMMANDS}


# --- an open workbook -----------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "-1+1", "3-4"])
def test_an_open_workbook_holds_the_same_texts(opened: Open, tmp_path: Path, text: str) -> None:
    path = odd_book(tmp_path / "book.xlsx", text)
    book = opened(path)
    done(book)
    done(book)  # over the sheets that are there now
    for name in (*TABLES.values(), None):
        area = table_of(book, name).range if name else book.sheets["Matrix"].used_range
        formulas = area.options(ndim=2).formula
        values = area.options(ndim=2).value
        for row, shown in zip(formulas, values, strict=True):
            for entered, value in zip(row, shown, strict=True):
                if str(entered).startswith("="):
                    assert entered == value  # a text, not what comes of it
    ranking = block(book, "tblRanking")
    assert [row[2] for row in ranking[1:]] == [text] * 3
    assert block(book, "tblAbc")[0][7] == text
