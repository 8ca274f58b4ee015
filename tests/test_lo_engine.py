"""The engine that lets xlwings run over LibreOffice, held against what Excel does."""

from __future__ import annotations

import ast
import datetime as dt
import os
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import xlwings as xw
from openpyxl.chart import Reference, ScatterChart, Series
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table
from support import lo_engine, lo_session
from support.lo_engine import ERRORS, ExcelError, attach, calls, chart_ranges

DAY = dt.datetime(2024, 2, 29)  # noqa: DTZ001 (cells know no time zone)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lo_session.Office]:
    with lo_session.office(tmp_path_factory.mktemp("office")) as office:
        yield office


@pytest.fixture
def book(live: lo_session.Office, tmp_path: Path) -> Iterator[xw.Book]:
    made = attach(live.open(_written(tmp_path / "A book.xlsx")))
    yield made
    made.app.quit()


def _written(path: Path) -> Path:
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    assert sheet is not None
    sheet.title = "My data"
    for row in [("id", "x", "y"), ("a", 1, 2.5), ("b", 3, 4), ("c", 5, 6)]:
        sheet.append(row)
    sheet.add_table(Table(displayName="tblData", ref="A1:C4"))
    sheet["E1"], sheet["E2"], sheet["E3"] = DAY, True, None
    sheet["F1"], sheet["F2"], sheet["F3"] = "=1/0", "=NA()", "=NOSUCH(1)"
    sheet["G1"], sheet["G2"], sheet["G3"] = "=SUM(tblData[x])", '=""', 12.5
    sheet["G3"].number_format = "$#,##0.00"
    sheet["E1"].comment = Comment("a note", "somebody")
    chart = ScatterChart()
    y, x = (Reference(sheet, min_col=c, min_row=2, max_row=4) for c in (3, 2))
    chart.series.append(Series(y, x, title="s"))
    sheet.add_chart(chart, "I2")
    sheet.freeze_panes = "B2"
    sheet.column_dimensions["B"].width = 33
    sheet.defined_names["local"] = DefinedName("local", attr_text="'My data'!$C$1")
    workbook.create_sheet("Other")
    workbook.create_sheet("Hidden").sheet_state = "hidden"
    workbook.defined_names["cells"] = DefinedName("cells", attr_text="'My data'!$A$1:$B$2")
    workbook.defined_names["text"] = DefinedName("text", attr_text='"a;b"', hidden=True)
    workbook.save(path)
    return path


def test_values_are_those_of_excel(book: xw.Book) -> None:
    sheet = book.sheets["my DATA"]
    assert sheet["A1:C2"].value == [["id", "x", "y"], ["a", 1.0, 2.5]]
    assert sheet["A2:C3"].raw_value == (("a", 1.0, 2.5), ("b", 3.0, 4.0))
    assert sheet["E1:E3"].value == [DAY, True, None]
    assert sheet["G1:G3"].raw_value == ((9.0,), ("",), (Decimal("12.5"),))
    assert type(sheet["B2"].raw_value) is float


def test_errors_are_numbers_to_com_and_nothing_or_texts_to_python(book: xw.Book) -> None:
    cells = book.sheets[0]["F1:F3"]
    names = ["#DIV/0!", "#N/A", "#NAME?"]
    assert cells.raw_value == tuple((ERRORS[name],) for name in names)
    assert cells.value == [None, None, None]
    assert cells.options(err_to_str=True).value == names


def test_frames_go_there_and_back(book: xw.Book) -> None:
    frame = pd.DataFrame({"n": [1.5, None], "s": ["x", None], "t": [DAY, pd.NaT]})
    sheet = book.sheets["Other"]
    sheet["B2"].options(index=False).value = frame
    assert sheet["B2:D4"].value == [["n", "s", "t"], [1.5, "x", DAY], [None, None, None]]
    assert sheet["D3"].number_format == "m/d/yyyy"
    assert sheet["B2"].expand().address == "$B$2:$D$3"
    assert sheet["B2:D4"].options(pd.DataFrame, index=False).value["n"].tolist()[0] == 1.5


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("=1+1", 2.0),
        ('=IF(1>0,"a,b",2)', "a,b"),
        ("1001", 1001.0),
        ("-1,234.5", -1234.5),
        ("12.5%", 0.125),
        ("(3)", -3.0),
        ("1e3", 1000.0),
        ("1/2/2024", dt.datetime(2024, 1, 2)),  # noqa: DTZ001
        ("2024-02-29", DAY),
        ("3-4", dt.datetime(dt.datetime.now().year, 3, 4)),  # noqa: DTZ001, DTZ005
        ("29 Feb 2024", DAY),
        ("Mai 2024", "Mai 2024"),
        ("6:00", 0.25),
        ("TRUE", True),
        ("false", False),
        ("#n/a", ERRORS["#N/A"]),
        ("'1001", "1001"),
        ("'=1+1", "=1+1"),
        ("31.12.2024", "31.12.2024"),
        ("1,5", "1,5"),
        ("=", "="),
        ("'", None),
        (True, True),
        (7, 7.0),
        (dt.date(2024, 2, 29), DAY),
    ],
)
def test_what_is_assigned_is_read_as_if_typed(book: xw.Book, written: object, read: object) -> None:
    cell = book.sheets["Other"]["A1"]
    cell.value = written
    assert cell.raw_value == read
    assert type(cell.raw_value) is type(read)
    cell.value = 5
    assert type(cell.raw_value) is (dt.datetime if isinstance(read, dt.datetime) else float)
    cell.value = None
    assert cell.raw_value is None


def test_texts_that_look_like_numbers_leave_no_format(book: xw.Book) -> None:
    cell = book.sheets["Other"]["A1"]
    cell.value = "'1001"
    assert cell.number_format == "General"
    cell.number_format = "@"
    cell.value = ["=1+1"]
    assert (cell.value, cell.formula) == ("=1+1", "=1+1")


def test_writing_keeps_notes_and_refuses_what_does_not_fit(book: xw.Book) -> None:
    sheet = book.sheets[0]
    sheet["D1:F1"].value = ["x", "y", "z"]
    assert sheet.api.Annotations.Count == 1
    with pytest.raises(ExcelError, match="do not fit"):
        sheet["A1:B2"].raw_value = ((1, 2, 3),)
    for formula in ("=SUM(1,", "=1+*2", "=A1#", "=)("):
        with pytest.raises(ExcelError, match="no formula"):
            sheet["J1"].value = formula
    sheet["D1:F1"].clear_contents()
    assert sheet["D1:F1"].value == [None, None, None]


def test_formulas_stand_in_excels_notation(book: xw.Book) -> None:
    sheet = book.sheets["Other"]
    sheet["A1:B2"].formula = "=SUM('My data'!B$2:B3,1)"
    assert sheet["A1:B2"].formula == (
        ("=SUM('My data'!B$2:B3,1)", "=SUM('My data'!C$2:C3,1)"),
        ("=SUM('My data'!B$2:B4,1)", "=SUM('My data'!C$2:C4,1)"),
    )
    assert sheet["A1"].value == 5
    assert book.sheets[0]["G1"].formula == "=SUM(tblData[x])"
    assert book.sheets[0]["B2:C2"].formula == (("1", "2.5"),)


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("=SUM(tblData[[x]:[y]],1)", 22.5),
        ('=ROWS(tblData[#All])&"tblData[x], ;"', "4tblData[x], ;"),
        ("=COUNTA(tblData[[#Headers],[x]])", 1),
        ("=SUM({1,2;3,4})", 10),
        ("='My data'!B2&Other!$Z$1", "1"),
        ("=SUM('My data'!B:B)", 9),
        ('=IF(A9="",,1)', 0),
        ("=1>0", True),
        ("=TRUE", True),
    ],
)
def test_formulas_of_each_kind_come_back(book: xw.Book, formula: str, value: object) -> None:
    cell = book.sheets["Other"]["D2"]
    cell.formula = formula
    assert cell.formula == formula.removeprefix("=" * (formula == "=TRUE"))
    assert cell.value == value
    book.app.calculate()


def test_many_formulas_are_entered_at_once(book: xw.Book) -> None:
    cells = book.sheets["Other"]["A1:B500"]
    cells.formula = "=ROW()*COLUMN()"
    assert cells.value[-1] == [500, 1000]


def test_ranges_tell_where_they_are(book: xw.Book) -> None:
    sheet = book.sheets[0]
    cells = sheet["B2:C4"]
    assert (cells.row, cells.column, cells.shape) == (2, 2, (3, 2))
    assert cells.last_cell.address == "$C$4"
    assert cells.offset(1, 1).resize(1, 1).get_address(False, False) == "C3"
    assert cells.get_address(external=True) == "'[A book.xlsx]My data'!$B$2:$C$4"
    assert [row.address for row in cells.rows] == ["$B$2:$C$2", "$B$3:$C$3", "$B$4:$C$4"]
    assert sheet.range((1, 1), (2, 3)).address == sheet.range("A1", "C2").address == "$A$1:$C$2"
    assert sheet["cells"].address == "$A$1:$B$2"
    assert sheet["tblData[y]"].address == "$C$2:$C$4"
    assert sheet["A1"].current_region.address == "$A$1:$C$4"
    assert sheet["A1"].end("down").row == 4
    assert sheet["B1"].column_width == pytest.approx(33, abs=3)
    assert sheet.used_range.address == "$A$1:$G$4"


def test_tables_are_found_and_resized(book: xw.Book) -> None:
    sheet = book.sheets[0]
    table = sheet.tables["TBLDATA"]
    assert [t.name for t in sheet.tables] == ["tblData"]
    assert "tblData" in sheet.tables
    assert "tblOther" not in sheet.tables
    with pytest.raises(KeyError):
        sheet.tables["tblOther"]
    assert (table.header_row_range.address, table.data_body_range.address) == (
        "$A$1:$C$1",
        "$A$2:$C$4",
    )
    assert (table.show_headers, table.show_totals, table.show_autofilter) == (True, False, True)
    assert sheet["B3"].table == table
    sheet["A5:D5"].value = ["d", 7, 8, 9]
    assert table.range.address == "$A$1:$C$4"
    table.resize(sheet["A1:D5"])
    assert table.range.value[0] == ["id", "x", "y", "Column4"]
    assert sheet["G1"].value == 16
    with pytest.raises(ExcelError):
        table.resize(sheet["A2:D5"])


def test_tables_are_added(book: xw.Book) -> None:
    sheet = book.sheets["Other"]
    sheet["A1"].value = [["a", None], [1, 2]]
    made = sheet.tables.add(sheet["A1:B2"], name="tblNew")
    assert (made.name, made.range.value) == ("tblNew", [["a", "Column2"], [1, 2]])
    with pytest.raises(ExcelError):
        sheet.tables.add(sheet["B2:C3"])
    with pytest.raises(ExcelError):
        made.name = "tblData"


def test_names_are_read_and_set(book: xw.Book) -> None:
    told = {name.name: name.refers_to for name in book.names}
    assert told == {
        "cells": "='My data'!$A$1:$B$2",
        "'My data'!local": "='My data'!$C$1",
        "text": '="a;b"',
    }
    assert book.names["cells"].refers_to_range.value == [["id", "x"], ["a", 1]]
    assert [name.name for name in book.sheets[0].names] == ["'My data'!local"]
    book.names.add("total", "=SUM('My data'!$B$2:$B$4,1)")
    assert "total" in book.names
    book.sheets["Other"]["A1"].value = "=total"
    assert book.sheets["Other"]["A1"].value == 10
    book.names["total"].refers_to = "=Other!$B$1"
    assert book.names["total"].refers_to == "=Other!$B$1"
    book.names["total"].delete()
    assert "total" not in book.names


def test_sheets_are_added_renamed_and_deleted(book: xw.Book) -> None:
    made = book.sheets.add("New one", after=book.sheets[0])
    assert book.sheet_names == ["My data", "New one", "Other", "Hidden"]
    assert (made.index, book.sheets.active.name) == (2, "New one")
    for name in ("other", "a:b", "History"):
        with pytest.raises(ExcelError):
            made.name = name
    made.name = "Old one"
    book.sheets["Old one"].delete()
    with pytest.raises(ExcelError):
        book.sheets["Old one"]
    assert not book.sheets["Hidden"].visible
    with pytest.raises(ExcelError):
        book.sheets["Hidden"].activate()


@pytest.mark.parametrize("is_taken", [False, True])
def test_a_sheet_goes_into_another_workbook(book: xw.Book, tmp_path: Path, is_taken: bool) -> None:
    if is_taken:
        (tmp_path / "two").mkdir()
        target = book.app.books.open(_written(tmp_path / "two" / "Other.xlsx"))
    else:
        target = book.app.books.add()
    copied = book.sheets[0].copy(after=target.sheets[-1])
    name, table = ("My data (2)", "tblData2") if is_taken else ("My data", "tblData")
    assert (copied.name, [t.name for t in copied.tables]) == (name, [table])
    assert copied.tables[0].range.address == "$A$1:$C$4"
    assert copied["A1:C2"].value == [["id", "x", "y"], ["a", 1, 2.5]]
    assert (copied["G1"].formula, copied["G1"].value) == (f"=SUM({table}[x])", 9)
    assert copied["E1"].value == DAY
    assert chart_ranges(copied.charts[0]) == {f"'{name}'!$B$2:$B$4", f"'{name}'!$C$2:$C$4"}
    assert copied["B1"].column_width == book.sheets[0]["B1"].column_width
    assert copied.impl.frozen_at() == (1, 1)
    assert book.app.books.active == target
    copied["C2"].value = 100
    assert book.sheets[0]["C2"].value == 2.5
    target.close()
    assert [b.name for b in book.app.books] == ["A book.xlsx"]


def test_a_sheet_is_copied_within_its_workbook(book: xw.Book) -> None:
    copied = book.sheets[0].copy(after=book.sheets[0])
    assert (copied.name, copied.tables[0].name) == ("My data (2)", "tblData2")
    assert book.sheets[0].tables[0].name == "tblData"
    assert copied["G1"].formula == "=SUM(tblData2[x])"
    assert chart_ranges(copied.charts[0]) == {
        "'My data (2)'!$B$2:$B$4",
        "'My data (2)'!$C$2:$C$4",
    }
    copied.delete()
    assert book.sheets[0].tables[0].range.address == "$A$1:$C$4"


def test_the_selection_is_on_the_active_sheet(book: xw.Book) -> None:
    book.sheets["Other"].activate()
    book.sheets["Other"]["B2:C3"].select()
    assert book.sheets.active.name == "Other"
    assert book.app.selection is not None
    assert book.app.selection.address == "$B$2:$C$3"
    with pytest.raises(ExcelError):
        book.sheets[0]["A1"].select()


def test_the_application_keeps_its_state(book: xw.Book) -> None:
    sheet, app = book.sheets["Other"], book.app
    sheet["A1:A2"].value = [[1], ["=A1+1"]]
    with app.properties(calculation="manual", screen_updating=False, status_bar="Busy"):
        sheet["A1"].value = 5
        assert (sheet["A2"].value, app.screen_updating) == (2, False)
    assert (sheet["A2"].value, app.calculation, app.screen_updating) == (6, "automatic", True)
    assert app.impl.status_bars == ["Busy", False]
    app.impl.answer = "yes"
    assert app.alert("Really?", "Title", buttons="yes_no") == "yes"
    assert app.impl.alerts[0]["prompt"] == "Really?"


def test_calls_are_counted_and_can_be_broken(book: xw.Book) -> None:
    counted = calls(book)
    cells = book.sheets[0].range((2, 1, 3, 3))
    counted.clear()
    assert cells.value is not None
    assert counted.of("work") == ["range.value My data!A2:C4"]

    def breaks(kind: str, what: str) -> None:
        if kind == "work" and what.startswith("table.resize"):
            raise RuntimeError(what)

    counted.before = breaks
    table = book.sheets[0].tables[0]
    with pytest.raises(RuntimeError, match="A1:C3"):
        table.resize(book.sheets[0]["A1:C3"])
    counted.before = None
    assert table.range.address == "$A$1:$C$4"


def test_it_is_the_front_end_of_xlwings_that_runs(book: xw.Book) -> None:
    book.set_mock_caller()
    try:
        assert xw.Book.caller() == book
    finally:
        del xw.Book._mock_caller  # noqa: SLF001 (there is no other way back)
    assert (book.name, Path(book.fullname).is_file()) == ("A book.xlsx", True)
    assert book.app.engine.name == lo_engine.NAME


def test_it_needs_nothing_that_costs() -> None:
    tree = ast.parse(Path(lo_engine.__file__).read_text(encoding="utf-8"))
    modules = [n.module or "" for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)]
    modules += [a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names]
    assert not [m for m in modules if m.startswith("xlwings.") and m != "xlwings.base_classes"]
    assert "XLWINGS_LICENSE_KEY" not in os.environ
