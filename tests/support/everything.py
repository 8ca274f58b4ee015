"""A workbook with everything that XlsxWriter can put into one, around the input tables.

What the user has on sheets of hers points at our sheets and tables too, as it would after a first
run: at cells, table columns and names, from formulas, charts, rules, lists, links and names.
"""

from __future__ import annotations

import datetime as dt
import struct
import warnings
import zlib
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter

from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS, CUSTOMERS_HEADER
from support.template import inflated
from xlportfolio.template.workbook import new_workbook

#: A plan of the user's that points at our sheets; its part and what must stand there for good.
LOOKING = "My plan"
CUSTOMERS_SHEET = "Bob's & \u201eKunden\u201c \U0001f600"
_QUOTED = f"'{CUSTOMERS_SHEET.replace(chr(39), chr(39) * 2)}'"
FORMULAS = {
    "A1": "=Ranking!C6",
    "A2": "=SUM(tblRanking[Total score])",
    "A3": "=VLOOKUP(1,tblRanking[],3,FALSE)",
    "A4": "=COUNTA('ABC vs value'!B6:B10)+COUNTA('Question marks'!A:A)",
    "A5": '=Best&" "&IFERROR(INDEX(tblStars[Customer],1),"")',
    "A6": "=SUM(Ranking:Stars!H6)",
}
KINDS: tuple[dict[str, str], ...] = (
    {"type": "area"},
    {"type": "area", "subtype": "stacked"},
    {"type": "bar"},
    {"type": "bar", "subtype": "percent_stacked"},
    {"type": "column"},
    {"type": "column", "subtype": "stacked"},
    {"type": "doughnut"},
    {"type": "line"},
    {"type": "line", "subtype": "stacked"},
    {"type": "pie"},
    {"type": "radar"},
    {"type": "radar", "subtype": "filled"},
    {"type": "scatter"},
    {"type": "scatter", "subtype": "smooth_with_markers"},
    {"type": "stock"},
)


def picture() -> bytes:
    """A small PNG, red and blue."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    rows = b"".join(b"\0" + (b"\xc0\x20\x20" * 8 + b"\x20\x20\xc0" * 8) for _ in range(16))
    header = struct.pack(">IIBBBBB", 16, 16, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def everything(path: Path) -> Path:
    """Write the workbook; with the ending .xlsm it has our template's macros.

    Its formulas name our sheets already, which XlsxWriter warns of and a first rescore adds.
    """
    book = xlsxwriter.Workbook(str(path), {"use_future_functions": True})
    if path.suffix == ".xlsm":
        macros = inflated(new_workbook("en", with_sample=False, macros=True))["xl/vbaProject.bin"]
        book.add_vba_project(BytesIO(macros), is_stream=True)
        book.set_vba_name("ThisWorkbook")
    first = book.add_chartsheet("Picture first")
    hidden, locked = (
        book.add_worksheet("Hidden"),
        book.add_worksheet("It's \U0001f600 \u00e4\u00f6"),
    )
    _input(book)
    plan, gallery, odds = (book.add_worksheet(name) for name in (LOOKING, "Gallery", "Odds"))
    secret = book.add_worksheet("Very hidden")
    hidden.hide()
    secret.very_hidden()
    secret.write("A1", 42)
    hidden.write_formula("A1", "='Very hidden'!A1", value=42)
    _chart_sheet(book, first)
    _looking(book, plan)
    _gallery(book, gallery)
    _odds(book, odds, macros=path.suffix == ".xlsm")
    _locked(book, locked)
    _names(book)
    plan.activate()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Unknown worksheet reference")
        book.close()
    return path


def _input(book: xlsxwriter.Workbook) -> None:
    for sheet, table, rows in (
        (CUSTOMERS_SHEET, "tblCustomers", (CUSTOMERS_HEADER, *CUSTOMERS)),
        ("Criteria", "tblCriteria", (CRITERIA_HEADER, *CRITERIA)),
    ):
        made = book.add_worksheet(sheet)
        columns = [{"header": header} for header in rows[0]]
        data = [list(row) for row in rows[1:]]
        options = {"name": table, "columns": columns, "data": data}
        made.add_table(2, 1, 2 + len(data), len(columns), options)


def _chart_sheet(book: xlsxwriter.Workbook, sheet: Any) -> None:
    chart = book.add_chart({"type": "column"})
    chart.add_series({"categories": "=Ranking!$C$6:$C$10", "values": "=Ranking!$H$6:$H$10"})
    chart.add_series({"values": f"={_QUOTED}!$E$4:$E$8", "trendline": {"type": "linear"}})
    sheet.set_chart(chart)
    sheet.protect()
    sheet.set_header("&LMine")


def _looking(book: xlsxwriter.Workbook, sheet: Any) -> None:
    """What points at our sheets."""
    for cell, formula in FORMULAS.items():
        sheet.write_formula(cell, formula, value=0)
    sheet.write_dynamic_array_formula("C1", "=SORT(tblRanking[Total score],,-1)", value=0)
    sheet.write_array_formula("E1:E2", "{=Ranking!H6:H7*2}", value=0)
    red = book.add_format({"bg_color": "#FFC7CE", "font_color": "#9C0006"})
    sheet.conditional_format(
        "A1:A9", {"type": "formula", "criteria": "=A1=Ranking!$C$6", "format": red}
    )
    sheet.data_validation("G1:G9", {"validate": "list", "source": "=Ranking!$C$6:$C$10"})
    sheet.data_validation("H1", {"validate": "list", "source": "=Best"})
    sheet.write_url("A12", "internal:'ABC vs value'!A1", string="ABC")
    sheet.write_url("A13", "https://example.org/?a=1&b=2#there", tip="a tip")
    sheet.add_sparkline("B1", {"range": "Ranking!H6:H10", "markers": True})
    for place, kind in (("J1", "scatter"), ("J18", "bar")):
        chart = book.add_chart({"type": kind})
        chart.add_series(
            {
                "name": "=Ranking!$H$5",
                "categories": "=Ranking!$F$6:$F$10",
                "values": "=Ranking!$H$6:$H$10",
                "data_labels": {"custom": [{"value": "=Ranking!$C$6"}], "value": True},
            }
        )
        sheet.insert_chart(place, chart)


def _gallery(book: xlsxwriter.Workbook, sheet: Any) -> None:
    """Charts of every kind, and what else is drawn."""
    for row in range(6):
        sheet.write_row(row, 0, [row + 1, row * row, 9 - row, row + 4, row % 3])
    for number, kind in enumerate(KINDS):
        chart = book.add_chart(dict(kind))
        for column in range(4 if kind["type"] == "stock" else 2):
            chart.add_series(
                {
                    "categories": ["Gallery", 0, 0, 5, 0],
                    "values": ["Gallery", 0, column + 1, 5, column + 1],
                    "name": f"Series {column}",
                }
            )
        chart.set_title({"name": str(kind)})
        if kind["type"] == "column" and "subtype" not in kind:
            line = book.add_chart({"type": "line"})
            line.add_series({"values": "=Gallery!$C$1:$C$6", "y2_axis": True})
            chart.combine(line)
            chart.set_table()
        sheet.insert_chart(20 * number, 7, chart, {"description": "a chart", "object_position": 2})
    image = {"image_data": BytesIO(picture())}
    sheet.insert_image("B10", "one.png", image | {"url": "https://example.org"})
    sheet.embed_image("B12", "two.png", {"image_data": BytesIO(picture())})
    sheet.set_background(BytesIO(picture()))
    sheet.insert_textbox(
        "B14", "A text box", {"textlink": "=Ranking!$C$6", "fill": {"color": "red"}}
    )
    sheet.set_header("&C&G", {"image_center": "h.png", "image_data_center": BytesIO(picture())})
    sheet.set_footer("&L&G&R&P", {"image_left": "f.png", "image_data_left": BytesIO(picture())})


def _odds(book: xlsxwriter.Workbook, sheet: Any, *, macros: bool) -> None:
    """Cells, rules, notes and controls of every kind."""
    bold, red = book.add_format({"bold": True}), book.add_format({"font_color": "red"})
    day = book.add_format({"num_format": "dd.mm.yyyy"})
    sheet.write_rich_string("A1", "one ", bold, "two", red, " _x000D_ three", red)
    sheet.write_datetime("A2", dt.date(2026, 1, 31), day)
    sheet.write_boolean("A3", True)
    sheet.write_formula("A4", "=NA()", value="#N/A")
    sheet.write_formula("A5", "=My_Twice(21)", value=42)
    sheet.write_formula("A6", "=LET(_xlpm.x,2,_xlpm.x*_xlpm.x)", value=4)
    sheet.write_formula("A7", "=LAMBDA(_xlpm.x,_xlpm.x+1)(1)", value=2)
    sheet.write_string("A8", "=SUM(1)")
    sheet.write_string("A9", " leading, \u05e9\u05dc\u05d5\u05dd, \U0001f600")
    sheet.write_number("A10", 1e-300)
    sheet.write_blank("A11", None, bold)
    sheet.insert_checkbox("B1", True)
    sheet.write_comment("A1", "a note", {"author": "me", "visible": True, "color": "#AABBCC"})
    sheet.conditional_format(
        "C1:C9", {"type": "data_bar", "data_bar_2010": True, "bar_solid": True}
    )
    sheet.conditional_format("D1:D9", {"type": "icon_set", "icon_style": "5_ratings"})
    sheet.conditional_format("E1:E9", {"type": "2_color_scale"})
    sheet.conditional_format("F1:F9", {"type": "duplicate", "format": red})
    sheet.conditional_format("F1:F9", {"type": "time_period", "criteria": "today", "format": red})
    columns = [{"header": "A", "total_string": "all"}, {"header": "B", "total_function": "sum"}]
    columns.append({"header": "C", "formula": "=[@B]*2", "total_function": "average"})
    data = [["x", 1], ["y", 2]]
    sheet.add_table(
        "H1:J4", {"name": "tblMine", "columns": columns, "data": data, "total_row": True}
    )
    sheet.add_table("L1:M3", {"name": "Plain", "header_row": False, "style": None})
    sheet.merge_range("H8:J9", "merged", bold)
    sheet.set_column("O:P", 20, bold, {"level": 1, "collapsed": True, "hidden": True})
    sheet.set_row(20, 40, red, {"level": 1})
    sheet.autofilter("R1:S5")
    sheet.filter_column("R", "x > 1")
    sheet.write_column("R1", ["f", 1, 2, 3])
    sheet.data_validation(
        "U1:U5",
        {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": "=tblTotal"},
    )
    sheet.ignore_errors({"number_stored_as_text": "A8:A9"})
    sheet.freeze_panes(1, 1)
    sheet.set_tab_color("green")
    sheet.print_area("A1:U30")
    sheet.repeat_rows(0)
    sheet.set_v_pagebreaks([5])
    if macros:
        sheet.insert_button("B5", {"macro": "KpRescore", "caption": "Go"})


def _locked(book: xlsxwriter.Workbook, sheet: Any) -> None:
    free = book.add_format({"locked": False})
    sheet.write("A1", "protected")
    sheet.write("A2", "free", free)
    sheet.protect("secret", {"sort": True, "objects": False})
    sheet.unprotect_range("B1:B2", "Mine")
    sheet.outline_settings(True, False, True, False)
    sheet.set_landscape()


def _names(book: xlsxwriter.Workbook) -> None:
    book.define_name("Best", "=Ranking!$C$6:$C$10")
    book.define_name("tblTotal", f"={_QUOTED}!$E$4")
    book.define_name("My_Twice", "=_xlfn.LAMBDA(_xlpm.x,_xlpm.x*2)")
    book.define_name("Odds!Local", "=Odds!$A$2")
    book.define_name("It's \U0001f600 \u00e4\u00f6!Local", "='It''s \U0001f600 \u00e4\u00f6'!$A$1")
    book.set_properties({"title": "All", "author": "me", "status": "Quo", "keywords": "a, b"})
    book.set_custom_property("Reviewed", True)
    book.set_custom_property("Day", dt.date(2026, 1, 31), "date")
    book.set_calc_mode("manual")
    book.read_only_recommended()
