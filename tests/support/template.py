"""New workbooks, what stands in them, and a stand-in for the module that knows xlwings."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from typing import Any

from lxml import etree
from openpyxl import load_workbook
from openpyxl.worksheet.formula import ArrayFormula

from support.packages import MAIN, parts_of
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, ORDERS, SETTINGS_TABLE, STRATEGIES
from xlportfolio.state import STATE, STATE_NAMES, state_formulas
from xlportfolio.template.workbook import file_name, new_workbook

TABLES = (CUSTOMERS, CRITERIA, SETTINGS_TABLE, STRATEGIES, ORDERS)


def made(
    folder: Path, language: str = "en", *, with_sample: bool = True, macros: bool = True
) -> Path:
    path = folder / file_name(language, with_sample=with_sample, macros=macros)
    path.write_bytes(new_workbook(language, with_sample=with_sample, macros=macros))
    return path


def inflated(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def scorecard_of(path: Path, sheet: str = "Scorecard") -> tuple[ArrayFormula, list[list[Any]]]:
    """The formula of the scorecard and the values that its area keeps."""
    formula = load_workbook(path)[sheet]["A4"].value
    assert isinstance(formula, ArrayFormula)
    kept = load_workbook(path, data_only=True)[sheet]
    return formula, [[cell.value for cell in row] for row in kept[formula.ref]]


def without(rows: list[list[Any]]) -> list[list[Any]]:
    """Text that shows nothing is what a function answers for an empty cell."""
    return [[None if cell == "" else cell for cell in row] for row in rows]


def replaced(path: Path, part: str, old: str, new: str) -> None:
    """Change some text in a part of a workbook."""
    parts = parts_of(path)
    assert old.encode() in parts[part]
    parts[part] = parts[part].replace(old.encode(), new.encode())
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)


def block_of(path: Path, table: str) -> list[list[Any]]:
    """A table as Excel hands it to a function."""
    for sheet in load_workbook(path, data_only=True):
        if table in sheet.tables:
            return [[cell.value for cell in row] for row in sheet[sheet.tables[table].ref]]
    raise AssertionError(table)


def with_rows(path: Path, count: int) -> None:
    """Give the table of customers another number of rows."""
    parts = parts_of(path)
    names = [n for n in parts if n.startswith("xl/tables/") and b'"tblCustomers"' in parts[n]]
    replaced(path, names[0], "A4:N64", f"A4:N{4 + count}")


def state_of(path: Path) -> dict[str, str]:
    """The figures of the last run by their names, the day as 2026-3-31; none without such names."""
    book = etree.fromstring(parts_of(path)["xl/workbook.xml"])
    names = {e.get("name"): e.text for e in book.iter(f"{MAIN}definedName")}
    if STATE not in names:
        return {}
    year, month, day, *figures = names[STATE].strip("{}").split(",")
    assert {name: names[name] for name in state_formulas() if name != STATE} == {
        name: formula for name, formula in state_formulas().items() if name != STATE
    }
    return dict(zip(STATE_NAMES, (f"{year}-{month}-{day}", *figures), strict=True))


#: Stands in for KpBridge and writes down what it is asked, windows behind a question mark; no file
#: is chosen, no table has rows.
DOUBLE = """\
Option Explicit
Private Const CUSTOMERS_FILE As String = ""
Private Const ORDERS_FILE As String = ""
Private Const FILLED_TABLE As String = ""
Private Const COPY As String = ""
Private Const IS_READY As Boolean = True
Public Function KpCall(ByVal functionName As String, ByVal arguments As Variant) As Variant
    Dim i As Long
    Dim told As String
    told = functionName
    For i = LBound(arguments) To UBound(arguments)
        If IsMissing(arguments(i)) Then
            told = told & ";missing"
        ElseIf IsObject(arguments(i)) Or IsArray(arguments(i)) Then
            told = told & ";range"
        Else
            told = told & ";" & arguments(i)
        End If
    Next i
    KpCall = told
End Function
Public Sub KpRun(ByVal macroName As String, Optional ByVal arguments As Variant)
    Dim told As String
    told = macroName
    If Not IsMissing(arguments) Then told = told & "(" & Join(arguments, ",") & ")"
    KpNote told
End Sub
Public Sub KpShareAs(ByVal target As String)
    KpNote "share as " & target
End Sub
Private Sub KpNote(ByVal told As String)
    ThisWorkbook.Worksheets(1).Range("Z1").Value = ThisWorkbook.Worksheets(1).Range("Z1").Value & told & ";"
End Sub
Public Function KpIsReady() As Boolean
    KpIsReady = IS_READY
    If Not IS_READY Then KpNote "not ready"
End Function
Public Function KpFile(ByVal title As String) As String
    KpNote "?" & title
    If title = "customers_file" Then KpFile = CUSTOMERS_FILE
    If title = "orders_file" Then KpFile = ORDERS_FILE
End Function
Public Function KpSaveFile(ByVal title As String) As String
    KpNote "?" & title
    KpSaveFile = COPY
End Function
Public Function KpHasRows(ByVal tableName As String) As Boolean
    KpHasRows = (tableName = FILLED_TABLE)
End Function
Public Sub KpTell(ByVal message As String)
End Sub
Public Function KpText(ByVal key As String) As String
    KpText = key
End Function
"""
