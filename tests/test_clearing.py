"""What colleagues may not see is gone from the user's sheets; all else of them is as it was."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.filters import AutoFilter, FilterColumn, Filters
from support.ecma import repairs_of
from support.northwind import WORKBOOKS, add_input, input_tables, measures_in
from support.office import convert
from support.packages import MAIN, parsed, parts_of, sheet_parts
from support.planted_sheets import (
    CUSTOMERS,
    GONE,
    GONE_ID,
    HEADER,
    ORDERS_HEADER,
    STAYS,
    audience,
    cleared,
    orders,
    with_parts,
    write,
)
from support.searched import found_in

from xlportfolio.audience import Audience, audience_of
from xlportfolio.errors import Problem
from xlportfolio.files.change import change
from xlportfolio.files.clearing import clear_cells, may_stay
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.run import Run
from xlportfolio.schema import interpret
from xlportfolio.sharing import Sharing
from xlportfolio.template.workbook import new_workbook

Parts = dict[str, bytes]
SHEET = "xl/worksheets/sheet1.xml"
_NAMESPACES = (
    'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)


def own_parts(parts: Parts) -> Parts:
    """The sheets and the tables, which clear_cells is about."""
    return {k: v for k, v in parts.items() if k.startswith(("xl/worksheets/", "xl/tables/"))}


def strings_used(parts: Parts) -> set[str]:
    """The shared strings that cells show, in lower case."""
    if "xl/sharedStrings.xml" not in parts:
        return set()
    root = parsed(parts["xl/sharedStrings.xml"])
    strings = ["".join(t.text or "" for t in si.iter(f"{MAIN}t")) for si in root]
    return {
        strings[int(cell.findtext(f"{MAIN}v"))].lower()
        for part, data in parts.items()
        if part.startswith("xl/worksheets/sheet")
        for cell in parsed(data).iter(f"{MAIN}c")
        if cell.get("t") == "s"
    }


def assert_gone(parts: Parts, *texts: str) -> None:
    """None of these texts is found on any sheet, nor are rules of the format broken."""
    assert found_in(own_parts(parts), *texts) == []
    used = strings_used(parts)
    assert not [text for text in texts for shown in used if text.lower() in shown]


def notes(cells: str = "", before: str = "", after: str = "") -> bytes:
    """A sheet with these elements before and after its rows."""
    return (
        f"<worksheet {_NAMESPACES}>{before}<sheetData>{cells}</sheetData>{after}</worksheet>"
    ).encode()


def run(
    tmp_path: Path, sheet: bytes | None = None, asked: dict[str, Any] | None = None, **book: Any
) -> Parts:
    """What comes of a workbook with this sheet."""
    path, out = write(tmp_path / "book.xlsx", **book), tmp_path / "out.xlsx"
    if sheet is not None:
        with_parts(path, {SHEET: sheet})
    cleared(path, out, **(asked or {"only": "Anna"}))
    parts = parts_of(out)
    assert set(repairs_of(parts)) <= set(repairs_of(parts_of(path)))
    return parts


def values(tmp_path: Path, sheet: str) -> list[list[Any]]:
    loaded = load_workbook(tmp_path / "out.xlsx")
    return [list(row) for row in loaded[sheet].iter_rows(values_only=True)]


# --- rows and columns ---------------------------------------------------------------------------


def test_rows_of_others_are_emptied_and_hidden_and_nothing_moves(tmp_path: Path) -> None:
    parts = run(tmp_path)
    rows = values(tmp_path, "Customers")
    assert rows[1][1:] == list(HEADER)
    for row, customer in zip(rows[2:], CUSTOMERS, strict=True):
        expected = list(customer) if customer[3] == "Anna" else [None] * len(HEADER)
        assert row[1:] == expected
    sheet = load_workbook(tmp_path / "out.xlsx")["Customers"]
    assert [n for n in range(1, 8) if sheet.row_dimensions[n].hidden] == [4, 6]
    assert_gone(parts, GONE, GONE_ID, "Westfalen Guss", "880799")


def test_a_row_in_which_something_else_stands_is_not_hidden(tmp_path: Path) -> None:
    path, out = write(tmp_path / "book.xlsx"), tmp_path / "out.xlsx"
    book = load_workbook(path)
    book["Customers"]["L4"] = "ask Carla"
    book.save(path)
    cleared(path, out, only="Anna")
    sheet = load_workbook(out)["Customers"]
    assert sheet["L4"].value == "ask Carla"
    assert sheet["C4"].value is None
    assert not sheet.row_dimensions[4].hidden
    assert sheet.row_dimensions[6].hidden


@pytest.mark.parametrize("tables", [True, False])
def test_orders_of_others_go_whether_or_not_their_table_is_an_object(
    tables: bool, tmp_path: Path
) -> None:
    name = "tblOrders" if tables else "Orders"
    run(tmp_path, tables=tables, more={name: [ORDERS_HEADER, *orders(3)]})
    rows = values(tmp_path, name)[1:]
    gone = {row[0] for row in CUSTOMERS if row[3] == "Bert"}
    for before, after in zip(orders(3), rows, strict=True):
        assert (after == [None] * 4) == (before[1] in gone)


@pytest.mark.parametrize("asked", [{"only": "Anna"}, {"anonymise": True}])
@pytest.mark.parametrize("tables", [True, False])
def test_orders_of_somebody_who_is_no_customer_go(
    tables: bool, asked: dict[str, Any], tmp_path: Path
) -> None:
    name = "tblOrders" if tables else "Orders"
    header = (*ORDERS_HEADER, "Customer")
    rows = [(*row, None) for row in orders()]
    stranger = ("A99", "4711-99", dt.date(2025, 3, 1), 98765.25, "Fremdling KG")
    run(tmp_path, asked=asked, tables=tables, more={name: [header, *rows, stranger]})
    found = values(tmp_path, name)
    assert found[1][0] == "A00"
    assert found[-1] == [None] * 5


def test_orders_whose_numbers_differ_in_zeros_are_those_of_the_customer(tmp_path: Path) -> None:
    """Orders find their customer so: 0042 is 42, which Excel makes of it."""
    numbers = {"880799": "00880799"}
    rows = [(row[0], numbers.get(str(row[1]), row[1]), *row[2:]) for row in orders()]
    more = {"tblOrders": [ORDERS_HEADER, *rows]}
    parts = run(tmp_path, asked={"only": "Anna"}, more=more)
    assert_gone(parts, "880799")
    run(tmp_path, asked={"only": "Bert"}, more=more)
    assert values(tmp_path, "tblOrders")[4][1] == "00880799"
    parts = run(tmp_path, asked={"ids": True}, more=more)
    assert values(tmp_path, "tblOrders")[4][1] == "K004"
    assert_gone(parts, "880799")


def test_a_table_of_orders_without_any_is_not_said_to_be_emptied(tmp_path: Path) -> None:
    path, out = tmp_path / "book.xlsx", tmp_path / "out.xlsx"
    write(path, sources={"Turnover": "turnover_12m"}, more={"tblOrders": [ORDERS_HEADER]})
    for asked in ({"hide": ["Turnover"]}, {"only": "Anna"}):
        problems = cleared(path, out, **asked)
        assert "tblOrders" not in {problem.sheet for problem in problems}


def test_a_header_that_a_customer_is_called_by_stays(tmp_path: Path) -> None:
    path, out = tmp_path / "book.xlsx", tmp_path / "out.xlsx"
    write(path, more={"tblMine": [("Kundenname", "Region"), (STAYS, "South")]})
    book = load_workbook(path)
    book["Customers"]["C4"] = "Kundenname"
    book.save(path)
    cleared(path, out, only="Anna")
    assert values(tmp_path, "tblMine")[0] == ["Kundenname", "Region"]


def test_a_name_with_an_ampersand_is_known_in_headers_of_pages_which_double_it(
    tmp_path: Path,
) -> None:
    path, out = tmp_path / "book.xlsx", tmp_path / "out.xlsx"
    write(path)
    book = load_workbook(path)
    book["Customers"]["C4"] = "Vogt & Söhne"
    book["Notes"].oddHeader.left.text = "Vogt && Söhne"
    book["Notes"].oddFooter.left.text = "Kauf && Verkauf"
    book.save(path)
    cleared(path, out, only="Anna")
    assert_gone(parts_of(out), "Vogt")
    assert load_workbook(out)["Notes"].oddFooter.left.text == "Kauf && Verkauf"


@pytest.mark.parametrize(
    ("header", "named"),
    [("Kd.-Nr.", 0), ("Debitor", 0), ("Firma", 1), ("Customer name", 1), ("Konto", 0)],
)
def test_any_table_that_names_customers_loses_the_rows_of_others(
    header: str, named: int, tmp_path: Path
) -> None:
    rows = [(header, "Region"), *((row[named], "North") for row in CUSTOMERS)]
    run(tmp_path, more={"tblMine": rows})
    left = [row[1] for row in values(tmp_path, "tblMine")[1:]]
    assert left == ["North", None, "North", None, "North"]


def test_a_list_that_is_no_table_loses_what_stands_beside_somebody_left_out(
    tmp_path: Path,
) -> None:
    rows = [
        ("Customer", "Paid", "Rest", None, "Note"),
        (STAYS, 12, 3, None, "kind"),
        (GONE, 17, f"{GONE} owes", None, "grim"),
        ("Both of", STAYS, GONE, 9, None),
        (None, 5, 880799, 4, None),
    ]
    parts = run(tmp_path, more={"Visits": rows})
    left = values(tmp_path, "Visits")
    assert left[:2] == [list(row) for row in rows[:2]]
    assert left[2] == [None, None, None, None, "grim"]
    assert left[3] == ["Both of", STAYS, None, 9, None]
    assert left[4] == [None] * 5
    assert_gone(parts, GONE, "880799")


def test_a_table_that_names_nobody_keeps_its_rows(tmp_path: Path) -> None:
    rows = [("Product", "Note"), ("P1", "for all"), ("P2", f"made for {GONE} alone")]
    run(tmp_path, more={"tblMine": rows})
    assert values(tmp_path, "tblMine")[1:] == [["P1", "for all"], ["P2", None]]


def test_hidden_columns_are_empty_below_their_headers(tmp_path: Path) -> None:
    parts = run(tmp_path, asked={"hide": ["Turnover", "Fit"]}, totals=True)
    rows = values(tmp_path, "Customers")
    assert rows[1][1:] == list(HEADER)
    assert {(row[5], row[7]) for row in rows[2:]} == {(None, None)}
    assert [row[2] for row in rows[2:7]] == [row[1] for row in CUSTOMERS]
    assert [row[6] for row in rows[2:7]] == [row[5] for row in CUSTOMERS]
    assert_gone(parts, "91234", "81234", "5234.5")
    table = next(v for k, v in parts.items() if "tables" in k and b"tblCustomers" in v)
    assert b"totalsRowFunction" not in table
    assert b'totalsRowLabel="Sum"' in table
    assert values(tmp_path, "Criteria")[3][7] == "high=100; low=20"


def test_a_column_of_another_table_with_a_hidden_header_goes_too(tmp_path: Path) -> None:
    rows = [("Customer", "Visits", "Miles"), *((r[1], r[7], 5) for r in CUSTOMERS)]
    run(tmp_path, asked={"hide": ["Visits"]}, more={"tblTrips": rows})
    assert [row[1:] for row in values(tmp_path, "tblTrips")[1:]] == [[None, 5]] * 5


def test_orders_of_which_a_hidden_measure_is_made_go_altogether(tmp_path: Path) -> None:
    path, out = tmp_path / "book.xlsx", tmp_path / "out.xlsx"
    more = {"tblOrders": [ORDERS_HEADER, *orders()]}
    write(path, sources={"Turnover": "turnover_12m"}, more=more)
    problems = cleared(path, out, hide=["Turnover"])
    assert {tuple(row) for row in values(tmp_path, "tblOrders")[1:]} == {(None,) * 4}
    assert "orders_emptied" in {problem.fault.key for problem in problems}
    cleared(path, out, hide=["Visits"])
    assert values(tmp_path, "tblOrders")[1][0] == "A00"


def test_names_and_numbers_are_replaced_consistently(tmp_path: Path) -> None:
    more = {
        "tblOrders": [ORDERS_HEADER, *orders(2)],
        "tblMine": [("Kunde", "Text"), (880799, "Westfalen Guss wants more"), (STAYS, "x")],
    }
    parts = run(tmp_path, asked={"anonymise": True, "ids": True}, more=more)
    rows = values(tmp_path, "Customers")[2:]
    assert [row[1:3] for row in rows] == [[f"K{n:03}", f"Kunde {n:02}"] for n in range(1, 6)]
    assert [row[1] for row in values(tmp_path, "tblOrders")[1:]] == [
        f"K{n:03}" for n in range(1, 6) for _ in range(2)
    ]
    mine = values(tmp_path, "tblMine")[1:]
    assert mine == [["K004", "Kunde 04 wants more"], ["Kunde 01", "x"]]
    assert_gone(parts, *(row[1] for row in CUSTOMERS), "4711-7", "880799")


def test_two_customers_of_one_name_get_the_names_of_their_numbers(tmp_path: Path) -> None:
    path, out = write(tmp_path / "book.xlsx"), tmp_path / "out.xlsx"
    book = load_workbook(path)
    book["Customers"]["C5"] = STAYS
    book.save(path)
    cleared(path, out, anonymise=True)
    rows = values(tmp_path, "Customers")
    assert [rows[2][2], rows[4][2]] == ["Kunde 01", "Kunde 03"]


# --- other cells --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "left"),
    [
        (f'<c r="A1" t="inlineStr"><is><t>Call {GONE.upper()}!</t></is></c>', None),
        ('<c r="A1" t="inlineStr"><is><t>Nordbau\u00a0Müller  GmbH</t></is></c>', None),
        (
            '<c r="A1" t="inlineStr"><is><r><t>Nordbau M</t></r><r><rPr><b/></rPr>'
            '<t xml:space="preserve">üller </t></r><r><t>GmbH</t></r></is></c>',
            None,
        ),
        ('<c r="A1" t="inlineStr"><is><t>Nordbau M_x00FC_ller GmbH</t></is></c>', None),
        (f'<c t="inlineStr"><is><t>x</t><rPh sb="0" eb="1"><t>{GONE}</t></rPh></is></c>', "x"),
        ('<c r="A1"><v>880799</v></c>', None),
        ('<c r="A1"><v>8.80799E5</v></c>', None),
        ('<c r="A1"><v>880798</v></c>', 880798),
        (f'<c r="A1" t="str"><f>"about "&amp;"{GONE}"</f><v>about {GONE}</v></c>', None),
        ('<c r="A1"><f>VLOOKUP(880799,Customers!B:C,2,0)</f><v>1</v></c>', None),
        (f"<c r=\"A1\"><f>'{GONE}'!A1</f><v>1</v></c>", None),
        (f'<c r="A1"><f>tblElse[{GONE}]</f><v>1</v></c>', None),
        ('<c r="A1"><f>Nordbau_Müller_GmbH*2</f><v>1</v></c>', None),
        (f'<c r="A1" t="inlineStr"><is><t>{STAYS} and others</t></is></c>', f"{STAYS} and others"),
        ('<c r="A1" t="b"><v>1</v></c>', True),
    ],
)
def test_a_cell_that_holds_a_secret_is_empty(cell: str, left: Any, tmp_path: Path) -> None:
    parts = run(tmp_path, notes(f"<row>{cell}</row>"))
    assert load_workbook(tmp_path / "out.xlsx")["Notes"]["A1"].value == left
    assert_gone(parts, GONE, "880799", "Nordbau_Müller")


def test_in_a_formula_the_name_is_replaced(tmp_path: Path) -> None:
    cells = f'<row><c r="A1"><f>COUNTIF(Customers!C:C,"{STAYS}")</f><v>1</v></c></row>'
    run(tmp_path, notes(cells), asked={"anonymise": True})
    found = load_workbook(tmp_path / "out.xlsx")["Notes"]["A1"].value
    assert found == '=COUNTIF(Customers!C:C,"Kunde 01")'


def test_a_visible_measure_that_equals_a_hidden_one_stays_and_a_copy_elsewhere_goes(
    tmp_path: Path,
) -> None:
    path, out = write(tmp_path / "book.xlsx"), tmp_path / "out.xlsx"
    book = load_workbook(path)
    book["Customers"]["I3"] = 91234.5
    book["Notes"]["A1"], book["Notes"]["A2"] = 91234.5, 3
    book.save(path)
    cleared(path, out, hide=["Turnover"])
    seen = load_workbook(out)
    assert seen["Customers"]["I3"].value == 91234.5
    assert seen["Customers"]["F3"].value is None
    assert [seen["Notes"]["A1"].value, seen["Notes"]["A2"].value] == [None, 3]


def test_a_prefixed_sheet_without_addresses_is_cleared_alike(tmp_path: Path) -> None:
    cells = (
        f'<x:row><x:c t="str"><x:v>{GONE}</x:v></x:c></x:row><x:row><x:c><x:v>7</x:v></x:c></x:row>'
    )
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    sheet = f'<x:worksheet xmlns:x="{namespace}"><x:sheetData>{cells}</x:sheetData></x:worksheet>'
    parts = run(tmp_path, sheet.encode())
    assert_gone(parts, GONE)
    assert load_workbook(tmp_path / "out.xlsx")["Notes"]["A2"].value == 7


def test_cells_that_shared_a_formula_with_one_that_is_gone_keep_it(tmp_path: Path) -> None:
    path, out = write(tmp_path / "book.xlsx"), tmp_path / "out.xlsx"
    part = sheet_parts(parts_of(path))["Customers"]
    data = parts_of(path)[part]
    for row, shared in ((4, ' ref="J4:J5">F4*2'), (5, ">")):
        cell = f'<c r="J{row}"><f t="shared" si="0"{shared}</f><v>4</v></c></row>'.encode()
        head, found, tail = data.partition(f'<row r="{row}"'.encode())
        data = head + found + tail.replace(b"</row>", cell, 1)
    data = data.replace(b'"B2:I7"', b'"B2:J7"')
    table = parts_of(path)["xl/tables/table1.xml"].replace(b"B2:I7", b"B2:J7")
    column = b'<tableColumn id="9" name="Double"/></tableColumns>'
    table = table.replace(b"</tableColumns>", column).replace(b'count="8"', b'count="9"')
    with_parts(path, {part: data, "xl/tables/table1.xml": table})
    cleared(path, out, only="Anna")
    sheet = load_workbook(out)["Customers"]
    assert [sheet["J4"].value, sheet["J5"].value] == [None, "=F5*2"]


def filling(text: str) -> bytes:
    """A sheet with a formula that fills three cells, of which the second shows a secret."""
    return notes(
        f'<row r="1"><c r="A1"><f t="array" ref="A1:A3">{text}</f><v>1</v></c></row>'
        f'<row r="2"><c r="A2" t="str"><v>{GONE}</v></c></row>'
        '<row r="3"><c r="A3"><v>55</v></c><c r="B3"><v>56</v></c></row>'
    )


def test_what_one_formula_fills_is_computed_anew_from_what_is_left(tmp_path: Path) -> None:
    parts = run(tmp_path, filling("Customers!C3:C5"))
    assert results(parts, "Notes") == {"A1": None, "A2": None, "A3": None, "B3": "56"}
    assert b"<f " in parts[SHEET]
    assert_gone(parts, GONE)


def test_a_formula_that_would_show_a_secret_again_goes(tmp_path: Path) -> None:
    parts = run(tmp_path, filling('"Nord"&amp;Criteria!Z1:Z3'))
    assert results(parts, "Notes") == {"A1": None, "A2": None, "A3": None, "B3": "56"}
    assert b"<f " not in parts[SHEET]
    cell = (
        f'<row r="1"><c r="A1" t="str"><f>"Nordbau "&amp;"Müller GmbH"</f><v>{GONE}</v></c></row>'
    )
    parts = run(tmp_path, notes(cell))
    assert results(parts, "Notes") == {"A1": None}
    assert b"<f>" not in parts[SHEET]


# --- results of formulas ------------------------------------------------------------------------


def results(parts: Parts, name: str) -> dict[str, str | None]:
    root = parsed(parts[sheet_parts(parts)[name]])
    return {cell.get("r"): cell.findtext(f"{MAIN}v") for cell in root.iter(f"{MAIN}c")}


def formula(address: str, text: str, value: str = "5") -> str:
    return f'<c r="{address}"><f>{text}</f><v>{value}</v></c>'


def test_results_go_where_something_cleared_may_have_been_read_and_nowhere_else(
    tmp_path: Path,
) -> None:
    texts = [
        "SUM(Customers!F3:F7)",
        "SUM(tblCustomers[Turnover])",
        "Total*2",
        'INDIRECT("x"&amp;"y")',
        "SUM(Notes:Criteria!Z9)",
        "unknown_name",
        "Criteria!C2",
        "PI()",
        'LEN("abc")',
        "1+2",
        "[1]Sheet1!A1",
    ]
    sheets = {"Plain": [("x",)], "After": [("x",)]}
    path, out = write(tmp_path / "book.xlsx", more=sheets), tmp_path / "out.xlsx"
    book = load_workbook(path)
    book.defined_names["Total"] = DefinedName("Total", attr_text="Customers!$F$3")
    book.save(path)
    rows = "".join(f'<row r="{n}">{formula(f"A{n}", t)}</row>' for n, t in enumerate(texts, 1))
    names = sheet_parts(parts_of(path))
    plain = f'<row r="1">{formula("A1", "B1*2")}<c r="B1"><v>3</v></c></row>'
    after = f'<row r="1">{formula("A1", "Notes!A9")}{formula("B1", "Plain!A1")}</row>'
    with_parts(
        path, {SHEET: notes(rows), names["Plain"]: notes(plain), names["After"]: notes(after)}
    )
    problems = cleared(path, out, only="Anna")
    parts = parts_of(out)
    seen = results(parts, "Notes")
    assert [n for n in range(1, 12) if seen[f"A{n}"] is None] == [1, 2, 3, 4, 5, 6]
    assert results(parts, "Plain") == {"A1": "5", "B1": "3"}
    assert results(parts, "After") == {"A1": None, "B1": "5"}
    assert parts[names["Plain"]] == notes(plain), "a sheet without anything to clear is as it was"
    assert b'fullCalcOnLoad="1"' in parts["xl/workbook.xml"]
    assert {p.sheet for p in problems if p.fault.key == "formulas_wait"} == {"Notes", "After"}


def test_without_formulas_nothing_asks_to_be_computed(tmp_path: Path) -> None:
    path = write(tmp_path / "book.xlsx")
    had = b'fullCalcOnLoad="1"' in parts_of(path)["xl/workbook.xml"]
    with_parts(
        path,
        {"xl/workbook.xml": parts_of(path)["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")},
    )
    cleared(path, tmp_path / "out.xlsx", only="Anna")
    assert had
    assert b"fullCalcOnLoad" not in parts_of(tmp_path / "out.xlsx")["xl/workbook.xml"]


# --- what is no cell ----------------------------------------------------------------------------

_X14 = "http://schemas.microsoft.com/office/spreadsheetml/2009/9/main"
_XM = "http://schemas.microsoft.com/office/excel/2006/main"
AFTER = {
    "protected range": '<protectedRanges><protectedRange name="{0}" sqref="A1"/></protectedRanges>',
    "scenario": '<scenarios><scenario name="s" user="{0}" comment="{0}" count="1">'
    '<inputCells r="A1" val="{0}"/></scenario></scenarios>',
    "filter": '<autoFilter ref="A1:A9"><filterColumn colId="0"><filters><filter val="{0}"/>'
    "</filters></filterColumn></autoFilter>",
    "sorted": '<sortState ref="A1:A9"><sortCondition ref="A1:A9" customList="x,{0}"/></sortState>',
    "format": '<conditionalFormatting sqref="A1"><cfRule type="containsText" priority="1" '
    'operator="containsText" text="{0}"><formula>NOT(ISERROR(SEARCH("{0}",A1)))</formula></cfRule>'
    "</conditionalFormatting>",
    "validation": '<dataValidations count="1"><dataValidation type="list" sqref="A1" '
    'promptTitle="{0}" prompt="{0}" errorTitle="{0}" error="not {0}">'
    '<formula1>"x,{0}"</formula1></dataValidation></dataValidations>',
    "link": '<hyperlinks><hyperlink ref="A1" location="\'{0}\'!A1" display="{0}" tooltip="{0}"/>'
    "</hyperlinks>",
    "header": '<headerFooter><oddHeader>&amp;L&amp;"Arial,Bold"&amp;12 {0}&amp;R&amp;P</oddHeader>'
    "<oddFooter>&amp;CNordbau &amp;BMüller&amp;B GmbH</oddFooter></headerFooter>",
    "newer rule": f'<extLst><ext xmlns:x14="{_X14}" uri="{{78C0D931-6437-407d-A8EE-F0AAD7539E65}}">'
    f'<x14:conditionalFormattings><x14:conditionalFormatting xmlns:xm="{_XM}"><x14:cfRule '
    'type="containsText" priority="2" operator="containsText" '
    'id="{{12345678-1234-1234-1234-123456789012}}"><xm:f>"{0}"</xm:f></x14:cfRule>'
    "<xm:sqref>A1</xm:sqref></x14:conditionalFormatting></x14:conditionalFormattings></ext>"
    "</extLst>",
}
BEFORE = {"code name": '<sheetPr codeName="{0}"/>'}


def filled(template: str, text: str) -> str:
    return (
        template.replace("{{", "\0")
        .replace("}}", "\1")
        .replace("{0}", text)
        .replace("\0", "{")
        .replace("\1", "}")
    )


@pytest.mark.parametrize("place", [*AFTER, *BEFORE])
def test_no_secret_stays_beside_the_cells(place: str, tmp_path: Path) -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row>'
    before, after = (filled(places.get(place, ""), GONE) for places in (BEFORE, AFTER))
    assert_gone(run(tmp_path, notes(cells, before, after)), GONE)


@pytest.mark.parametrize("place", [*AFTER, *BEFORE])
def test_what_holds_no_secret_beside_the_cells_stays(place: str, tmp_path: Path) -> None:
    cells = '<row r="1"><c r="A1"><v>1</v></c></row>'
    before, after = (
        filled(places.get(place, ""), "Harmless").replace("Nordbau", "Sud")
        for places in (BEFORE, AFTER)
    )
    sheet = notes(cells, before, after)
    assert run(tmp_path, sheet)[SHEET] == sheet


def test_all_of_it_at_once_and_numbers_too(tmp_path: Path) -> None:
    for text in (GONE, "880799"):
        after = "".join(filled(part, text) for part in AFTER.values())
        parts = run(tmp_path, notes('<row r="1"><c r="A1"><v>1</v></c></row>', "", after))
        assert_gone(parts, text)


def test_aliases_stand_beside_the_cells_too(tmp_path: Path) -> None:
    after = "".join(
        filled(part, STAYS) for name, part in AFTER.items() if name not in {"link", "header"}
    )
    parts = run(tmp_path, notes("", "", after), asked={"anonymise": True})
    assert_gone(parts, STAYS)
    sheet = parts[SHEET].decode()
    assert '<formula1>"x,Kunde 01"</formula1>' in sheet
    assert '<filter val="Kunde 01"/>' in sheet
    assert 'text="Kunde 01"' in sheet


def test_a_customer_called_like_a_word_of_the_format_changes_nothing_of_it(tmp_path: Path) -> None:
    path, out = write(tmp_path / "book.xlsx"), tmp_path / "out.xlsx"
    book = load_workbook(path)
    for row, name in ((4, "list"), (6, "A1")):
        book["Customers"][f"C{row}"] = name
    book.save(path)
    after = filled(AFTER["format"] + AFTER["validation"], "Harmless")
    sheet = notes('<row r="1"><c r="A1"><v>1</v></c></row>', "", after)
    with_parts(path, {SHEET: sheet})
    cleared(path, out, only="Anna")
    assert parts_of(out)[SHEET] == sheet


# --- names --------------------------------------------------------------------------------------


def test_sheets_and_headers_with_a_secret_are_called_otherwise_wherever_they_are_named(
    tmp_path: Path,
) -> None:
    more = {
        f"Plan {GONE}": [("x",), (5,)],
        "tblMine": [("Month", GONE, STAYS), ("Jan", 1, 2), ("Feb", 3, 4)],
    }
    path, out = write(tmp_path / "book.xlsx", more=more), tmp_path / "out.xlsx"
    book = load_workbook(path)
    book["Notes"]["A1"] = f"='Plan {GONE}'!A2*2"
    book["Notes"]["A2"] = f"=SUM(tblMine[{GONE}])+SUM(tblMine[{STAYS}])"
    book.save(path)
    problems = cleared(path, out, only="Anna")
    parts = parts_of(out)
    assert repairs_of(parts) == []
    seen = load_workbook(out)
    assert not [name for name in seen.sheetnames if "Nordbau" in name]
    (new,) = set(seen.sheetnames) - {"Notes", "Customers", "Criteria", "tblMine"}
    header = seen["tblMine"]["B1"].value
    assert seen["tblMine"]["C1"].value == STAYS
    assert [c.name for c in seen["tblMine"].tables["tblMine"].tableColumns] == [
        "Month",
        header,
        STAYS,
    ]
    assert seen["Notes"]["A1"].value.replace("'", "") == f"={new}!A2*2"
    assert seen["Notes"]["A2"].value == f"=SUM(tblMine[{header}])+SUM(tblMine[{STAYS}])"
    assert_gone(parts, GONE)
    assert found_in({"xl/workbook.xml": parts["xl/workbook.xml"]}, GONE) == []
    assert "sheet_renamed" in {problem.fault.key for problem in problems}


def test_headers_of_ours_stay_whatever_a_customer_is_called(tmp_path: Path) -> None:
    path, out = write(tmp_path / "book.xlsx"), tmp_path / "out.xlsx"
    book = load_workbook(path)
    for row, name in ((4, "Status"), (6, "Turnover")):
        book["Customers"][f"C{row}"] = name
    book.save(path)
    cleared(path, out, only="Anna")
    assert values(tmp_path, "Customers")[1][1:] == list(HEADER)
    assert values(tmp_path, "Criteria")[1][0] == "Turnover"


# --- links and filters --------------------------------------------------------------------------


def test_links_and_filters_of_what_went_go_with_it(tmp_path: Path) -> None:
    path, out = write(tmp_path / "book.xlsx"), tmp_path / "out.xlsx"
    book = load_workbook(path)
    sheet = book["Customers"]
    sheet["C4"].hyperlink = "https://example.org/crm?id=98"
    sheet["C3"].hyperlink = "https://example.org/crm?id=97"
    book["Notes"]["A1"] = "see"
    book["Notes"]["A1"].hyperlink = "https://example.org/nordbau-m%C3%BCller-gmbh"
    table = sheet.tables["tblCustomers"]
    column = FilterColumn(colId=3, filters=Filters(filter=["Bert"]))
    table.autoFilter = AutoFilter(ref=table.ref, filterColumn=[column])
    for row in (3, 5, 7):
        sheet.row_dimensions[row].hidden = True
    book.save(path)
    cleared(path, out, only="Anna")
    parts = parts_of(out)
    everything = {k: v for k, v in parts.items() if "sharedStrings" not in k}
    assert found_in(everything, "id=98", "nordbau", "Bert") == []
    assert found_in(everything, "id=97")
    seen = load_workbook(out)["Customers"]
    assert [n for n in range(3, 8) if seen.row_dimensions[n].hidden] == [4, 6]


# --- answers that may stay ----------------------------------------------------------------------


def test_answers_stay_only_where_they_tell_nothing_hidden(tmp_path: Path) -> None:
    path = write(tmp_path / "book.xlsx")
    package = Package(path)
    workbook = Workbook(package)
    rank, value = frozenset({"KP_RANK"}), frozenset({"KP_RANK", "KP_VALUE"})
    only = may_stay(audience(workbook, only="Anna"))
    assert only("Customers", 9, 3, value)
    assert not only("Customers", 9, 4, value), "the row of somebody left out"
    assert not only("Customers", 10, 3, rank), "beside the table"
    assert not only("Customers", 9, 2, rank), "above it"
    assert not only("Notes", 9, 3, rank)
    hide = may_stay(audience(workbook, hide=["Turnover"]))
    assert hide("Customers", 9, 4, rank)
    assert not hide("Customers", 9, 4, value)
    assert not hide("Customers", 6, 4, rank), "the hidden column itself"
    package.close()


# --- other programs -----------------------------------------------------------------------------


def test_libreoffice_opens_what_is_left_and_computes_it(tmp_path: Path) -> None:
    path, out = write(tmp_path / "book.xlsx", totals=True), tmp_path / "out.xlsx"
    book = load_workbook(path)
    book["Notes"]["A1"] = "=SUM(Customers!F3:F7)"
    book.save(path)
    cleared(path, out, only="Anna")
    seen = load_workbook(
        convert(out, "xlsx:Calc MS Excel 2007 XML", tmp_path / "lo"), data_only=True
    )
    staying = sum(row[4] for row in CUSTOMERS if row[3] == "Anna" and row[4] is not None)
    assert seen["Notes"]["A1"].value == pytest.approx(staying)
    assert seen["Customers"]["F8"].value == pytest.approx(staying)


# --- genuine workbooks --------------------------------------------------------------------------


def shared_by(path: Path, out: Path, sharing: Sharing) -> tuple[Audience, list[Problem]]:
    """Clear a workbook as it is asked for, and write it elsewhere."""

    def work(workbook: Workbook) -> tuple[Audience, list[Problem]]:
        whole = Run.of(interpret(read_tables(workbook)), today=dt.date(2025, 6, 1))
        seen = audience_of(whole, sharing)
        return seen, clear_cells(workbook, seen, ()).problems

    return change(path, out, work, suffix=out.suffix).content


@pytest.fixture(scope="module")
def northwind(test_data: Path) -> bytes:
    return input_tables(measures_in(test_data))


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_genuine_workbook_is_sound_after_it_and_else_as_it_was(
    name: str, northwind: bytes, test_data: Path, tmp_path: Path
) -> None:
    path, out = tmp_path / name, tmp_path / f"out{Path(name).suffix}"
    add_input(test_data / "workbooks" / name, path, northwind)
    before = parts_of(path)
    seen, _ = shared_by(path, out, Sharing(anonymise=True))
    after = parts_of(out)
    assert set(repairs_of(after)) <= set(repairs_of(before))
    names = [a.customer for a in seen.aliases]
    assert len(names) > 50
    assert_gone(after, *(customer for customer in names if " " in customer))
    sheets = sheet_parts(before)
    assert sheet_parts(after) == sheets
    for title, part in sheets.items():
        if title not in {"Customers", "Criteria"}:
            assert cells_of_part(after[part]) == cells_of_part(before[part])
    load_workbook(out)


def cells_of_part(data: bytes) -> list[tuple[str | None, str | None]]:
    """What the cells of a sheet hold, results of formulas apart."""
    cells = parsed(data).iter(f"{MAIN}c")
    return [
        (c.get("r"), c.findtext(f"{MAIN}f") or c.findtext(f"{MAIN}v"))
        for c in cells
        if c.find(f"{MAIN}f") is None or c.findtext(f"{MAIN}f")
    ]


@pytest.mark.parametrize("language", ["de", "en"])
def test_the_sample_with_a_hidden_measure_holds_it_nowhere(language: str, tmp_path: Path) -> None:
    path, out = tmp_path / "sample.xlsm", tmp_path / "out.xlsm"
    path.write_bytes(new_workbook(language, with_sample=True, macros=True))
    before = parts_of(path)
    package = Package(path)
    grid = interpret(read_tables(Workbook(package))).places.customers
    package.close()
    header = grid.header(3)
    seen, problems = shared_by(path, out, Sharing(hide=(header,)))
    after = parts_of(out)
    assert set(repairs_of(after)) <= set(repairs_of(before))
    assert "columns_emptied" in {problem.fault.key for problem in problems}
    (sheet,) = (s for s in load_workbook(out).worksheets if "tblCustomers" in s.tables)
    column = grid.raw.column + 3
    shown = [sheet.cell(grid.sheet_row(i), column).value for i in grid.rows]
    assert set(shown) == {None}
    others = {x for at in (5, 9) for x in grid.raw.columns[at] if isinstance(x, float)}
    texts = {f"{x:.0f}" for x in grid.raw.columns[3] if x > 100_000 and x not in others}
    assert len(texts) > 10
    roots = [parsed(data) for data in own_parts(after).values() if data.startswith(b"<")]
    values = {e.text.removesuffix(".0") for root in roots for e in root.iter() if e.text}
    assert values.isdisjoint(texts)
    assert seen.hidden == {3}
