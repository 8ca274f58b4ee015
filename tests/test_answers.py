"""Formulas that only work with xlportfolio or macros become what they show."""

from __future__ import annotations

import re
from contextlib import closing
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import load_workbook
from support.copies import copied, copy_of, edited
from support.lo_session import Office
from support.packages import changed_parts, parts_of
from support.template import inflated, made

from xlportfolio.files.answers import keep_answers
from xlportfolio.files.formulas import words
from xlportfolio.files.package import Package
from xlportfolio.files.workbook import Workbook
from xlportfolio.template.workbook import new_workbook

OTHERS = {"D1": '=CONCATENATE("KP_SCORE(",A1,")")', "D2": "='KP_X(1)'!A1", "D3": "=SUM(A1:A3)"}


def with_macros(book: xlsxwriter.Workbook) -> None:
    macros = inflated(new_workbook("en", with_sample=False, macros=True))["xl/vbaProject.bin"]
    book.add_vba_project(BytesIO(macros), is_stream=True)


def small(
    path: Path,
    formulas: dict[str, tuple[str, Any]],
    *,
    names: dict[str, str] | None = None,
    macros: bool = False,
) -> Path:
    """A workbook with formulas and what they show, others beside them, and an empty sheet."""
    book = xlsxwriter.Workbook(str(path))
    if macros:
        with_macros(book)
    sheet, _ = book.add_worksheet("Mine"), book.add_worksheet("KP_X(1)")
    sheet.write_column("A1", [1, 2, 3])
    for cell, formula in OTHERS.items():
        sheet.write_formula(cell, formula, value=6)
    for cell, (formula, value) in formulas.items():
        sheet.write_formula(cell, formula, value=value)
    for name, formula in (names or {}).items():
        book.define_name(name, formula)
    book.close()
    return path


def cells(path: Path, sheet: str = "Mine") -> dict[str, Any]:
    rows = load_workbook(path)[sheet].iter_rows()
    return {cell.coordinate: cell.value for row in rows for cell in row if cell.value is not None}


def keys(told: list[Any]) -> list[str]:
    return [problem.fault.key for problem in told]


# --- what is a call --------------------------------------------------------------------------------

CALLS = ["KP_A(", "kp_b(", "@KP_C(", "[1]!KP_D(", "'xlwings.xlam'!KP_E(", "_xlfn.KP_F(", "SUM("]
QUIET = ['"KP_Q("', "'KP_Q('!A1", "tbl[KP_Q(]", "tbl[[#This Row],[it''s KP_Q('[]]]", '"""KP_Q("', "#REF!",
         "KP_Q", "Jan:Dec!$A$1", "1E+5", "{1,2;3,4}", "[1]Sheet!A1#", "-2%"]  # fmt: skip


@given(st.lists(st.tuples(st.sampled_from(CALLS), st.sampled_from(QUIET)), max_size=6))
def test_calls_are_found_and_nothing_in_texts_sheets_or_columns(
    pairs: list[tuple[str, str]],
) -> None:
    formula = "".join(f"{call}{quiet}&" for call, quiet in pairs) + "1" + ")" * len(pairs)
    found = [word.text for word in words(formula) if word.is_call]
    assert found == [re.search(r"\w+(?=\($)", call)[0].removeprefix("_xlfn.") for call, _ in pairs]  # type: ignore[index]


# --- cells -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "formula",
    ["=KP_SCORE(A1)", "=kp_score(A1)", '=IF(A1>0,@KP_Score (A1),"KP_")', "='xlwings.xlam'!KP_SCORE(A1)",
     "=1+_xlfn.KP_SCORE(A1)", "=SUM(B9,KP_NOT_YET_KNOWN(A1:A3))"],
)  # fmt: skip
@pytest.mark.parametrize("value", [70.75595238095238, "Star", True, "#N/A", "#DIV/0!", "#REF!"])
def test_a_formula_of_ours_becomes_what_it_shows(formula: str, value: Any, tmp_path: Path) -> None:
    path = small(tmp_path / "a.xlsx", {"B1": (formula, value)})
    before = parts_of(path)
    told, after = copy_of(path)
    assert told == []
    seen = cells(copied(path))
    assert seen.get("B1", "") == value
    assert {cell: seen[cell] for cell in OTHERS} == OTHERS
    assert changed_parts(before, after) <= {"xl/worksheets/sheet1.xml", "xl/workbook.xml"}


def test_a_text_that_shows_nothing_is_a_value(tmp_path: Path) -> None:
    path = small(tmp_path / "a.xlsx", {"B1": ("=KP_SCORE(A1)", 5)})
    part = "xl/worksheets/sheet1.xml"
    edited(path, part, ('<c r="B1"><f>KP_SCORE(A1)</f><v>5</v>', '<c r="B1" t="str"><f>KP_SCORE(A1)</f><v></v>'))  # fmt: skip
    told, after = copy_of(path)
    assert told == []
    assert re.search(rb'<c r="B1" t="str"><v(/>|></v>)</c>', after[part])


@pytest.mark.parametrize("shown", ["<v>#NAME?</v>", "<v>#VALUE!</v>", "", "<v/>"])
def test_what_was_never_computed_is_empty_and_told_once(shown: str, tmp_path: Path) -> None:
    formulas = {f"B{row}": (f"=KP_SCORE(A{row})", 0) for row in range(1, 9)}
    path = small(tmp_path / "a.xlsx", formulas)
    kind = ' t="e"' if "#" in shown else ""
    for cell in ("B1", "B2", "B3", "B4", "B5", "B6"):
        edited(path, "xl/worksheets/sheet1.xml",
               (f'<c r="{cell}"><f>KP_SCORE(A{cell[1]})</f><v>0</v>', f'<c r="{cell}"{kind}><f>KP_SCORE(A{cell[1]})</f>{shown}'))  # fmt: skip
    (problem,), _ = copy_of(path)
    assert problem.fault.key == "answers_missing"
    assert problem.sheet == "Mine"
    assert problem.message().startswith(
        "Sheet Mine: 6 cells with functions that only work with xlportfolio or macros show no result (B1, B2, B3, B4, B5, …)"
    )
    assert {c: v for c, v in cells(copied(path)).items() if c[0] == "B"} == {"B7": 0, "B8": 0}


def test_a_fault_of_ours_is_no_value_and_an_old_one_keeps_its_mark(tmp_path: Path) -> None:
    formulas = {
        "B1": ("=KP_SCORE(A1)", "#KP! Python is not there"),
        "B2": ("=KP_SCORE(A2)", "70,8 (nicht neu berechnet)"),
        "B3": ("=KP_SCORE(A3)", "70.8 (not recomputed)"),
    }
    path = small(tmp_path / "a.xlsx", formulas)
    told, _ = copy_of(path)
    assert keys(told) == ["answers_missing", "answers_old"]
    assert [p.fault.details["cells"] for p in told] == [["B1"], ["B2", "B3"]]
    seen = cells(copied(path))
    assert "B1" not in seen
    assert seen["B2"] == "70,8 (nicht neu berechnet)"


def test_cells_that_may_not_stay_are_empty_without_a_word(tmp_path: Path) -> None:
    formulas = {"B1": ("=KP_SCORE(A1)+KP_ABC(A1)", 5), "B2": ("=KP_TOTAL(A1)", 6)}
    path = small(tmp_path / "a.xlsx", formulas)
    asked = []

    def keep(sheet: str, column: int, row: int, functions: frozenset[str]) -> bool:
        asked.append((sheet, column, row, functions))
        return row != 1

    told, _ = copy_of(path, lambda workbook: keep_answers(workbook, keep=keep))
    assert told == []
    assert asked == [
        ("Mine", 2, 1, frozenset({"KP_SCORE", "KP_ABC"})),
        ("Mine", 2, 2, frozenset({"KP_TOTAL"})),
    ]
    seen = cells(copied(path))
    assert "B1" not in seen
    assert seen["B2"] == 6


def test_parts_that_are_replaced_anyhow_are_left_alone(tmp_path: Path) -> None:
    path = small(tmp_path / "a.xlsx", {"B1": ("=KP_SCORE(A1)", 5)})
    part = "xl/worksheets/sheet1.xml"
    before = parts_of(path)[part]
    _, after = copy_of(path, lambda workbook: keep_answers(workbook, skip=[part]))
    assert after[part] == before


def test_all_cells_of_an_array_and_of_a_shared_formula_become_values(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Mine")
    sheet.write_array_formula("B1:C2", "{=KP_SCORECARD(A1:A3)}", value="Customer")
    sheet.write_column("C1", ["Rank", 2])
    sheet.write("B2", "#KP! no")
    sheet.write_dynamic_array_formula("E1:E3", "=KP_ABC(A1:A3)", value="A")
    sheet.write_array_formula("G1:G2", "{=A1:A2*2}", value=8)
    for row in (1, 2, 3):
        sheet.write_formula(f"I{row}", "=A1", value=row)
    book.close()
    edited(path, "xl/worksheets/sheet1.xml", ('<c r="E3"><v>0</v></c>', '<c r="E3"/>'))
    shared = [("<f>A1</f><v>1</v>", '<f t="shared" ref="I1:I3" si="0">KP_SCORE(A1)</f><v>1</v>')]
    shared += [(f"<f>A1</f><v>{row}</v>", f'<f t="shared" si="0"/><v>{row}</v>') for row in (2, 3)]
    edited(path, "xl/worksheets/sheet1.xml", *shared)
    told, after = copy_of(path)
    assert keys(told) == ["answers_missing"]
    assert told[0].fault.details["cells"] == ["B2"]
    seen = cells(copied(path))
    assert {cell: seen.get(cell) for cell in ("B1", "B2", "C1", "C2", "E1", "I1", "I2", "I3")} == {
        "B1": "Customer", "B2": None, "C1": "Rank", "C2": 2, "E1": "A", "I1": 1, "I2": 2, "I3": 3}  # fmt: skip
    content = after["xl/worksheets/sheet1.xml"].decode()
    assert re.findall(r"<f[ >][^<]*", content) == ['<f t="array" ref="G1:G2">A1:A2*2']
    assert " cm=" not in content


def test_a_data_table_beside_a_formula_of_ours_keeps_its_values(tmp_path: Path) -> None:
    path = small(tmp_path / "a.xlsx", {"B5": ("=KP_SCORE(A1)", 5), "B6": ("=1+1", 6)})
    edited(path, "xl/worksheets/sheet1.xml",
           ("<f>1+1</f>", '<f t="dataTable" ref="B6:B7" dt2D="0" dtr="0" r1="A1"/>'))  # fmt: skip
    copy_of(path)
    assert cells(copied(path))["B6"] == 6


# --- names and macros -------------------------------------------------------------------------------


def test_names_with_our_functions_go_and_what_uses_them_becomes_a_value(tmp_path: Path) -> None:
    names = {
        "Best": "=KP_SCORE(Mine!$A$1)",
        "Better": "=Best+1",
        "Mine!Here": "=KP_ABC(Mine!$A$1)",
        "Here": "=Mine!$A$2",
        "Good": "=Mine!$A$1",
        "KP_MINE": "=_xlfn.LAMBDA(_xlpm.x,_xlpm.x*2)",
    }
    formulas = {
        "B1": ("=BEST*2", 1),
        "B2": ("=SUM(Better)", 2),
        "B3": ("=Here", 3),
        "B4": ("=Good", 4),
        "B5": ("=KP_MINE(A1)", 5),
    }
    path = small(tmp_path / "a.xlsx", formulas, names=names)
    edited(path, "xl/worksheets/sheet2.xml",
           ("<sheetData/>", '<sheetData><row r="1"><c r="A1"><f>Here</f><v>9</v></c></row></sheetData>'))  # fmt: skip
    told, after = copy_of(path)
    assert keys(told) == ["answers_names"]
    assert told[0].fault.details["names"] == ["Best", "Better", "Here"]
    seen = cells(copied(path))
    assert [seen[f"B{row}"] for row in range(1, 6)] == [1, 2, 3, "=Good", "=KP_MINE(A1)"]
    assert cells(copied(path), "KP_X(1)") == {
        "A1": "=Here"
    }  # the name of the workbook, not of Mine
    left = re.findall(r'<definedName name="(\w+)"', after["xl/workbook.xml"].decode())
    assert sorted(left) == ["Good", "Here", "KP_MINE"]


@pytest.mark.parametrize("macros", [True, False])
def test_functions_of_her_own_macros_become_values_where_there_are_macros(
    macros: bool, tmp_path: Path
) -> None:
    formulas = {
        "B1": ("=MyMargin(A1)", 1),
        "B2": ("=_xlfn.STDEV.S(A1:A3)+_xlfn.IFNA(A1,2)", 2),
        "B3": ("=_xlfn.NEWEST(A1)+_xlpm.f(1)", 3),
        "B4": ("=NETWORKDAYS.INTL(A1,A2)+SUMIFS(A:A,A:A,1)", 4),
        "B5": ("=MyTwice(2)", 5),
        "B6": ("=[1]!Elsewhere(2)", 6),
    }
    names = {"MyTwice": "=_xlfn.LAMBDA(_xlpm.x,_xlpm.x*2)"}
    path = small(tmp_path / "a.xlsm", formulas, names=names, macros=macros)
    told, _ = copy_of(path)
    assert keys(told) == ["answers_of_macros"] * macros
    seen = cells(copied(path))
    kept = {cell: formula for cell, (formula, _) in formulas.items()}
    assert {cell: seen[cell] for cell in kept} == kept | ({"B1": 1} if macros else {})


# --- rules, tables, charts --------------------------------------------------------------------------


def ruled(path: Path) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Mine")
    red = book.add_format({"bg_color": "#FFC7CE"})
    for area, formula in (("A1:A9", "=KP_SCORE(A1)>50"), ("B1:B9", "=B1>50")):
        sheet.conditional_format(area, {"type": "formula", "criteria": formula, "format": red})
    sheet.conditional_format("A1:A9", {"type": "cell", "criteria": ">", "value": 3, "format": red})
    bar = {"type": "data_bar", "data_bar_2010": True, "min_type": "formula", "max_type": "formula"}
    for area, formula in (("C1:C9", "=KP_TOTAL(A1)"), ("D1:D9", "=$A$2")):
        sheet.conditional_format(area, bar | {"min_value": "=$A$1", "max_value": formula})
    for cell, formula in (("E1", "=KP_SCORE(A1)=1"), ("E2", "=A1=1")):
        sheet.data_validation(cell, {"validate": "custom", "value": formula})
    columns = [{"header": "A", "total_string": "all"}, {"header": "B", "formula": "=KP_SCORE([@A])"},
               {"header": "C", "formula": "=[@A]*2", "total_function": "sum"}]  # fmt: skip
    sheet.add_table(
        "H1:J4",
        {"name": "tblMine", "columns": columns, "data": [[1, 2, 3], [4, 5, 6]], "total_row": True},
    )
    chart = book.add_chart({"type": "column"})
    chart.add_series({"name": "=Mine!Titled", "values": "=Mine!Scores", "categories": "=Mine!$H$2:$H$3",
                      "values_data": [70.5, 20], "name_formula": "=Mine!Titled"})  # fmt: skip
    chart.add_series({"values": "=Mine!$J$2:$J$3"})
    chart.set_title({"name": "=Mine!Titled", "data": ["Shown"]})
    sheet.insert_chart("L1", chart)
    book.define_name("Scores", "=KP_SCORES(Mine!$H$2:$H$3)")
    book.define_name("Titled", '="Of "&KP_QUADRANT(1)')
    book.close()
    return path


def test_rules_columns_and_series_with_our_functions_go_and_no_others(tmp_path: Path) -> None:
    path = ruled(tmp_path / "a.xlsx")
    told, after = copy_of(path)
    assert keys(told) == ["answers_rules", "answers_charts", "answers_names"]
    content = after["xl/worksheets/sheet1.xml"].decode()
    assert "KP_" not in content
    assert re.findall(r'<conditionalFormatting sqref="([^"]+)"', content) == [
        "A1:A9",
        "B1:B9",
        "D1:D9",
    ]
    assert len(re.findall(r"<x14:cfRule ", content)) == 1
    assert re.findall(r'<dataValidations count="(\d)"', content) == ["1"]
    assert told[0].fault.details["count"] == 3
    table = after["xl/tables/table1.xml"].decode()
    assert re.findall(r"<calculatedColumnFormula>([^<]+)", table) == ["[[#This Row],A]*2"]
    chart = after["xl/charts/chart1.xml"].decode()
    assert re.findall(r"<c:f>([^<]+)", chart) == ["Mine!$H$2:$H$3", "Mine!$J$2:$J$3"]
    assert re.findall(r"<c:numLit>.*?</c:numLit>", chart)
    assert load_workbook(copied(path))["Mine"].tables["tblMine"].ref == "H1:J4"


def test_a_total_with_a_function_of_ours_is_a_value(tmp_path: Path) -> None:
    path = ruled(tmp_path / "a.xlsx")
    edited(path, "xl/worksheets/sheet1.xml", ("SUBTOTAL(109,[C])", "KP_TOTAL([C])"))
    edited(path, "xl/tables/table1.xml",
           ('totalsRowFunction="sum">', 'totalsRowFunction="custom"><totalsRowFormula>KP_TOTAL([C])</totalsRowFormula>'))  # fmt: skip
    before = parts_of(path)["xl/tables/table1.xml"].decode()
    assert before.index("<calculatedColumnFormula>KP_") > 0
    _, after = copy_of(path)
    table = after["xl/tables/table1.xml"].decode()
    assert "totalsRowFormula" not in table
    assert "totalsRowFunction" not in table
    assert load_workbook(copied(path))["Mine"]["J4"].value == 0


@pytest.mark.parametrize("half", ["<xm:f>{}</xm:f>", 'val="{}"'])
def test_a_rule_in_two_parts_goes_as_a_whole(half: str, tmp_path: Path) -> None:
    path = ruled(tmp_path / "a.xlsx")
    part = "xl/worksheets/sheet1.xml"
    edited(path, part, (half.format("KP_TOTAL(A1)"), half.format("$A$1")))
    told, after = copy_of(path)
    assert told[0].fault.details["count"] == 3
    assert after[part].count(b"<x14:cfRule ") == after[part].count(b"<x14:id>") == 1


def test_nothing_is_left_of_the_lists_that_held_rules(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Mine")
    sheet.conditional_format(
        "C1:C9",
        {
            "type": "data_bar",
            "data_bar_2010": True,
            "min_type": "formula",
            "min_value": "=KP_TOTAL(A1)",
        },
    )
    sheet.data_validation("E1", {"validate": "custom", "value": "=KP_SCORE(A1)=1"})
    sheet.add_sparkline("B1", {"range": "Scores"})
    book.define_name("Scores", "=KP_SCORES(Mine!$H$2:$H$3)")
    book.close()
    _, after = copy_of(path)
    content = after["xl/worksheets/sheet1.xml"].decode()
    for word in ("conditionalFormatting", "dataValidation", "extLst", "sparkline"):
        assert word not in content


# --- whole workbooks --------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("with_sample", [True, False])
def test_a_copy_of_the_template_shows_what_it_showed(
    language: str, with_sample: bool, office: Office, tmp_path: Path
) -> None:
    path = made(tmp_path, language, with_sample=with_sample)
    told, after = copy_of(path)
    assert told == []
    assert not any(
        re.search(rb"<f[^>]*>[^<]*KP_\w+\(", data, re.IGNORECASE) for data in after.values()
    )
    before, now = (load_workbook(p, data_only=True) for p in (path, copied(path)))
    for sheet in before:
        values = [[cell.value for cell in row] for row in sheet.iter_rows()]
        assert [[cell.value for cell in row] for row in now[sheet.title].iter_rows()] == values
    document = office.open(copied(path))
    document.calculateAll()
    cells = document.Sheets.getByIndex(document.Sheets.Count - 1)
    for row in range(1, 48):
        for column in "ABCDEFGHIJKL":
            cell = cells.getCellRangeByName(f"{column}{row}")
            assert cell.getError() == 0, f"{column}{row} {cell.Formula}"
    document.close(True)


@pytest.mark.parametrize("macros", [True, False])
def test_a_sheet_without_such_functions_is_not_even_parsed(macros: bool, tmp_path: Path) -> None:
    names = {"Best": "=KP_SCORE(Mine!$A$1)", "kp_text_title": '="Title"'}
    path = small(tmp_path / "a.xlsx", {"B1": ("=ROUND(1,1)", 1)}, names=names, macros=macros)
    part = "xl/worksheets/sheet2.xml"
    rule = "<cfRule type='expression'><formula>COUNTIF(kp_criteria,1)</formula></cfRule>"
    edited(path, part, ("</worksheet>", f"{rule} is broken here"))
    before = parts_of(path)[part]
    with closing(Package(path)) as package:
        assert [p.fault.key for p in keep_answers(Workbook(package))] == ["answers_names"]
        assert package.read(part) == before
