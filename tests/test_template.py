"""workbook_template.xlsm and its sisters: built from text, whole, and refreshed by a rescore."""

from __future__ import annotations

import ast
import inspect
import io
import json
import re
import subprocess
import warnings
import zipfile
from datetime import date, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from openpyxl import load_workbook
from openpyxl.worksheet.formula import ArrayFormula
from openpyxl.worksheet.table import Table
from python_calamine import CalamineWorkbook
from support.ecma import repairs_of
from support.office import convert, require_libreoffice
from support.packages import MAIN, MAY_CHANGE, changed_parts, parts_of, sheet_parts

from xlportfolio import WorkbookError, rescore
from xlportfolio.advice import standard_strategies
from xlportfolio.excel import functions
from xlportfolio.locale import texts
from xlportfolio.model import RATED_QUADRANTS
from xlportfolio.report import ORDER
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, ORDERS, SETTINGS_TABLE, STRATEGIES
from xlportfolio.state import STATE_NAMES
from xlportfolio.template import build
from xlportfolio.template.macros import (
    SHEETS,
    STANDARD,
    functions_module,
    names_of_texts,
    source_of,
    udfs,
)
from xlportfolio.template.sample import CRITERIA as CRITERIA_OF_SAMPLE
from xlportfolio.template.sample import criterion_texts, sample
from xlportfolio.template.what_if import ROOM
from xlportfolio.template.workbook import file_name, new_workbook

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from oletools.olevba import VBA_Parser

ROOT = Path(__file__).parents[1]
TABLES = (CUSTOMERS, CRITERIA, SETTINGS_TABLE, STRATEGIES, ORDERS)
KINDS = [
    pytest.param(
        language,
        with_sample,
        macros,
        id=file_name(language, with_sample=with_sample, macros=macros),
    )
    for language in ("en", "de")
    for with_sample in (True, False)
    for macros in (True, False)
]
RIBBON = "{http://schemas.microsoft.com/office/2006/01/customui}"


def made(
    folder: Path, language: str = "en", *, with_sample: bool = True, macros: bool = True
) -> Path:
    path = folder / file_name(language, with_sample=with_sample, macros=macros)
    path.write_bytes(new_workbook(language, with_sample=with_sample, macros=macros))
    return path


def inflated(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


# --- built, never drawn by hand -----------------------------------------------------------------


@pytest.mark.parametrize(("language", "with_sample", "macros"), KINDS)
def test_the_committed_file_is_what_the_sources_make(
    language: str, with_sample: bool, macros: bool
) -> None:
    options = {"with_sample": with_sample, "macros": macros}
    built = build.build(language, **options)
    assert build.build(language, **options) == built
    committed = inflated(new_workbook(language, **options))
    assert list(committed) == list(inflated(built))
    assert [name for name, part in inflated(built).items() if committed[name] != part] == []


def test_the_template_is_the_english_workbook_with_the_sample() -> None:
    template = (ROOT / "workbook_template.xlsm").read_bytes()
    assert template == new_workbook("en", with_sample=True, macros=True)


@pytest.mark.parametrize(("language", "with_sample", "macros"), KINDS)
def test_it_breaks_no_rule_before_and_after_a_rescore(
    language: str, with_sample: bool, macros: bool, tmp_path: Path
) -> None:
    path = made(tmp_path, language, with_sample=with_sample, macros=macros)
    assert repairs_of(parts_of(path)) == []
    for _ in range(2):
        rescore(path, backup=False)
        assert repairs_of(parts_of(path)) == []


@pytest.mark.parametrize(("language", "with_sample", "macros"), KINDS)
def test_openpyxl_and_calamine_read_all_sheets_and_tables(
    language: str, with_sample: bool, macros: bool, tmp_path: Path
) -> None:
    path = made(tmp_path, language, with_sample=with_sample, macros=macros)
    words = texts(language)
    sheets = [words("new.start"), *(table.sheet(language) for table in TABLES)]
    if macros:
        sheets += [words("new.scorecard"), words("new.what_if")]
    assert load_workbook(path, keep_vba=True).sheetnames == sheets
    book = CalamineWorkbook.from_path(str(path), load_tables=True)
    assert book.sheet_names == sheets
    assert set(book.table_names) == {table.name for table in TABLES}
    rows = book.get_table_by_name("tblCustomers").to_python()
    assert len(rows) == (60 if with_sample else 1)


def test_nothing_makes_excel_compute_what_it_cannot() -> None:
    for language in ("en", "de"):
        parts = inflated(new_workbook(language, with_sample=True, macros=True))
        book = etree.fromstring(parts["xl/workbook.xml"])
        calculation = book.find(f"{MAIN}calcPr")
        assert calculation.get("fullCalcOnLoad") is None
        assert int(calculation.get("calcId")) >= 191029
        assert not any(b"sheetProtection" in part for part in parts.values())
        assert book.find(f"{MAIN}workbookProtection") is None


# --- macros -------------------------------------------------------------------------------------


@pytest.fixture(scope="module", params=["en", "de"])
def macro_sources(request: pytest.FixtureRequest) -> dict[str, str]:
    content = new_workbook(request.param, with_sample=True, macros=True)
    parser = VBA_Parser("book.xlsm", data=content)
    found = {name.rpartition(".")[0]: code for _, _, name, code in parser.extract_macros()}
    parser.close()
    return found


def lines_of(code: str) -> list[str]:
    """Without the attributes, which the editor hides."""
    lines = code.replace("\r\n", "\n").strip("\n").split("\n")
    return [line for line in lines if not line.startswith("Attribute ")]


def test_the_modules_are_exactly_ours_and_equal_their_files(macro_sources: dict[str, str]) -> None:
    assert set(macro_sources) == {"ThisWorkbook", *SHEETS, *STANDARD}
    for module in ("ThisWorkbook", *STANDARD):
        assert lines_of(macro_sources[module]) == lines_of(source_of(module))
    for module in SHEETS:
        assert lines_of(macro_sources[module]) == []


def test_the_code_names_are_those_of_the_modules() -> None:
    parts = inflated(new_workbook("de", with_sample=True, macros=True))
    book = etree.fromstring(parts["xl/workbook.xml"])
    assert book.find(f"{MAIN}workbookPr").get("codeName") == "ThisWorkbook"
    names = [
        etree.fromstring(parts[part]).find(f"{MAIN}sheetPr").get("codeName")
        for part in sheet_parts(parts).values()
    ]
    assert names == list(SHEETS)


@pytest.mark.parametrize("module", ["ThisWorkbook", *STANDARD])
def test_macros_use_nothing_that_stops_them_from_compiling_somewhere(module: str) -> None:
    code = source_of(module)
    assert "\nOption Explicit\n" in f"\n{code}"
    assert not re.search(r"\b(Declare|PtrSafe|CreateObject|Shell|IRibbonControl)\b", code)
    assert max(map(len, code.splitlines())) < 1_023
    knows_xlwings = re.search(
        r"xlwings\.xlam|XLPy|RunPython|CallUDF", re.sub(r"(?m)'.*$", "", code)
    )
    assert bool(knows_xlwings) == (module == "KpBridge")


def test_the_ribbon_brings_sheets_to_the_front_that_are_there() -> None:
    code = source_of("KpRibbon")
    assert re.findall(r'KpShow "(\w+)"', code) == [SETTINGS_TABLE.name]
    assert re.findall(r'CodeName = "(\w+)"', code) == [SHEETS[0]]


def test_the_bridge_calls_what_is_there() -> None:
    code = source_of("KpBridge")
    constants = dict(re.findall(r'Const (\w+) As String = "(.*)"', code))
    assert constants["ADD_IN"] == "xlwings.xlam"
    assert all(hasattr(import_module(constants["FUNCTIONS_MODULE"]), name) for name in udfs())
    assert """Set server = Application.Run("'" & ADD_IN & "'!XLPy")""" in code
    call = "server.CallUDF(FUNCTIONS_MODULE, functionName, arguments, ThisWorkbook, Application.Caller)"
    assert f'!XLPy")\n        unanswered = 0\n        KpCall = {call}\n' in code
    (python,) = re.findall(r"RunPython\", _\n\s+(.*)\)\n", code)
    run = re.findall(r'KpBridge\.KpRun "(\w+)"', source_of("KpRibbon"))
    assert len(run) == 5
    for name in run:
        values = {
            **{key: f'"{value}"' for key, value in constants.items()},
            "macroName": f'"{name}"',
        }
        line = "".join(values.get(part, part).strip('"') for part in python.split(" & "))
        module = constants["MACROS_MODULE"]
        assert line == f"import xlwings, {module}; {module}.{name}(xlwings.Book.caller())"
        ast.parse(line)
        assert callable(getattr(import_module(module), name))


#: A formula, and whether its cell shows what the one KP_SCORE in it answers.
WHOLE = {
    "=KP_SCORE(A1)": True,
    "=@KP_SCORE(A1)": True,
    '=kp_score(A1:A3,B1:B3,tblCriteria[[#All]],"value")': True,
    '=KP_SCORE(A1:A3,"x)(",t[#All],"value")': True,
    '=IF($B$5="","",KP_SCORE(A1,SUM(B1:B2)))': True,
    '=IF(OR(A1=1,AND(B1,C1)),"Not rated",@KP_SCORE(A1))': True,
    "=KP_SCORE('a(b'!A1)": True,
    "=KP_SCORE(t[a(b])": True,
    "=KP_SCORE(t[a'[b])": True,
    '=IF(A1="a)b",1,KP_SCORE(A1))': True,
    '=KP_SCORE(A1)&" P"': False,
    "=KP_SCORE(A1)*2": False,
    "=KP_SCORE(t[a(b])*2": False,
    "=KP_SCORE('a\"b'!A1)*2": False,
    "=-KP_SCORE(A1)": False,
    "=ROUND(KP_SCORE(A1),1)": False,
    "=ABS(KP_SCORE(A1))": False,
    "=SUM(1,KP_SCORE(A1))": False,
    "=KP_SCORE(KP_SCORE(A1))": False,
    "=IF(KP_SCORE(A1)>50,1,0)": False,
    "=IF(KP_SCORE(A1)>50,1,KP_SCORE(A1))": False,
    "=IF(A1,KP_SCORE(A1)*2,KP_SCORE(B1))": False,
    "=IF(A1,KP_SCORE(A1),0)": False,
    '=IF(A1="",0,1)*MAX(0,KP_SCORE(A1))': False,
    '=IF(A1=1,2,3)*IF(B1="",0,KP_SCORE(A1))': False,
    '=IF(A1,1,2)&LEFT("a",KP_SCORE(A1))': False,
    "=IF(A1,1,IF(B1,2,KP_SCORE(A1)))": False,
    "=IF(A1,1,KP_SCORE(A1))+1": False,
    "=1+1": False,
}


def test_only_a_cell_that_shows_an_answer_as_it_is_may_keep_it(tmp_path: Path) -> None:
    source = source_of("KpBridge").replace(
        "Private Function KpIsWhole", "Public Function KpIsWhole"
    )
    answered = in_libreoffice(
        made(tmp_path),
        tmp_path,
        replace={"KpBridge": source},
        calls=[("KpBridge", "KpIsWhole", [formula, "KP_SCORE"]) for formula in WHOLE],
    )
    assert dict(zip(WHOLE, answered["called"], strict=True)) == WHOLE


def test_opening_describes_each_function_by_its_own_texts() -> None:
    code = source_of("ThisWorkbook")
    assert 'HELP_PREFIX As String = "kp_help_"' in code
    assert "parts = Split(help, vbLf)" in code
    assert "arguments(i) = parts(i)" in code
    assert "Describe Mid$(item.Name, Len(HELP_PREFIX) + 1), " in code
    assert "    Next item\n    ThisWorkbook.Saved = wasSaved\n" in code
    assert "Description:=parts(0)" in code
    for language in ("en", "de"):
        names = names_of_texts(language)
        for name, function in udfs().items():
            pieces = names[f"kp_help_{name}"].split("&CHAR(10)&")
            help_texts = texts(language).branch(f"functions.help.{name}")
            expected = [
                help_texts[key] for key in ("description", *inspect.signature(function).parameters)
            ]
            assert [piece[1:-1].replace('""', '"') for piece in pieces] == expected
        assert names["kp_text_title"] == f'"{texts(language)("macros.title")}"'


def test_the_wrappers_are_those_of_the_python_functions() -> None:
    assert source_of("KpFunctions") == functions_module()
    declared = re.findall(r"Public Function (KP_\w+)\((.*)\) As Variant", functions_module())
    assert [name for name, _ in declared] == list(udfs())
    for name, parameters in declared:
        signature = inspect.signature(getattr(functions, name)).parameters
        names = [
            re.sub(r"(Optional )?ByVal (\w+) As Variant", r"\2", p) for p in parameters.split(", ")
        ]
        assert names == list(signature)
        optional = [p.startswith("Optional") for p in parameters.split(", ")]
        assert optional == [p.default is not p.empty for p in signature.values()]


def test_the_bridge_knows_which_functions_answer_with_a_header_row() -> None:
    (listed,) = re.findall(r'WITH_HEADER As String = "\|(.*)\|"', source_of("KpBridge"))
    criteria = [["Criterion", "Axis", "Weight"], ["A", "value", 1], ["B", "benefit", 1]]
    customers = [["Customer ID", "A", "B"], [1, 1, 1]]
    arguments: dict[str, list[Any]] = {
        "KP_SCORE": [[["A"]], [[1]], criteria, "value"],
        "KP_QUADRANT": [[[1]], [[1]]],
        "KP_SCORECARD": [customers, criteria],
        "KP_EXPLAIN": [1, customers, criteria],
    }
    assert set(arguments) == set(udfs())
    answered = {name: udfs()[name](*given) for name, given in arguments.items()}
    several = {
        name for name, cells in answered.items() if isinstance(cells, list) and len(cells) > 1
    }
    assert set(listed.split("|")) == several


def test_macros_say_nothing_but_texts_that_are_there() -> None:
    code = "\n".join(map(source_of, ("ThisWorkbook", *STANDARD)))
    used = set(re.findall(r'KpText\("(\w+)"\)', code))
    assert used == set(texts("en").branch("macros"))


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_argument_has_help_that_the_function_wizard_can_show(language: str) -> None:
    for name, function in udfs().items():
        help_texts = texts(language).branch(f"functions.help.{name}")
        assert list(help_texts) == ["description", *inspect.signature(function).parameters]
        assert all(0 < len(text) <= 255 for text in help_texts.values())


# --- the tab in the ribbon ----------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
def test_each_button_of_the_ribbon_calls_a_macro_that_is_there(language: str) -> None:
    parts = inflated(new_workbook(language, with_sample=True, macros=True))
    root = etree.fromstring(parts["customUI/customUI.xml"])
    code = source_of("KpRibbon")
    buttons = list(root.iter(f"{RIBBON}button"))
    names = ("Rescore", "Check", "Explain", "Share", "History", "Settings", "Help")
    assert [button.get("id") for button in buttons] == [f"kp{name}" for name in names]
    for button, name in zip(buttons, names, strict=True):
        assert button.get("onAction") == f"KpOn{name}"
        assert f"Public Sub KpOn{name}(ByVal control As Object)\n    Kp{name}\n" in code
        assert re.search(rf"Public Sub Kp{name}\(\)\n", code)
        assert button.get("imageMso")
        for attribute in ("label", "screentip", "supertip"):
            expected = texts(language)(f"ribbon.kp{name}.{attribute}")
            assert button.get(attribute) == expected
    (tab,) = root.iter(f"{RIBBON}tab")
    assert tab.get("label") == {"en": "Customer portfolio", "de": "Kundenportfolio"}[language]
    assert all(group.get("label") for group in root.iter(f"{RIBBON}group"))


def test_the_ribbon_is_related_to_the_package_as_excel_2007_and_later_want_it() -> None:
    parts = inflated(new_workbook("en", with_sample=True, macros=True))
    found = [
        e.get("Target")
        for e in etree.fromstring(parts["_rels/.rels"])
        if e.get("Type")
        == "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility"
    ]
    assert found == ["customUI/customUI.xml"]


def test_the_buttons_on_the_first_sheet_call_macros_that_are_there() -> None:
    parts = inflated(new_workbook("en", with_sample=True, macros=True))
    drawings = [part.decode() for name, part in parts.items() if "vmlDrawing" in name]
    called = re.findall(r"<x:FmlaMacro>\[0\]!(\w+)</x:FmlaMacro>", "".join(drawings))
    assert called == ["KpRescore", "KpCheck"]
    assert all(f"Public Sub {name}()" in source_of("KpRibbon") for name in called)


# --- in LibreOffice, with macros on -------------------------------------------------------------

#: Stands in for KpBridge and writes down what it is asked.
DOUBLE = """\
Option Explicit
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
Public Sub KpRun(ByVal macroName As String)
    ThisWorkbook.Worksheets(1).Range("Z1").Value = ThisWorkbook.Worksheets(1).Range("Z1").Value & macroName & ";"
End Sub
Public Sub KpTell(ByVal message As String)
End Sub
Public Function KpText(ByVal key As String) As String
    KpText = key
End Function
"""


def in_libreoffice(book: Path, folder: Path, **asked: Any) -> dict[str, Any]:
    """What macros of a workbook answer in LibreOffice; run by the Python that knows UNO."""
    require_libreoffice()
    script = Path(__file__).parent / "support" / "lo_macros.py"
    program = ["/usr/bin/python3", str(script), str(book), str(folder / "macros")]
    done = subprocess.run(
        program, input=json.dumps(asked), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered


def test_libreoffice_calls_every_wrapper_and_every_callback(tmp_path: Path) -> None:
    book = made(tmp_path, "de")
    callbacks = re.findall(r"Sub (KpOn\w+)\(", source_of("KpRibbon"))
    macros = re.findall(r"Sub (Kp\w+)\(\)", source_of("KpRibbon"))
    wrappers = {name: len(inspect.signature(f).parameters) for name, f in udfs().items()}
    answered = in_libreoffice(
        book,
        tmp_path,
        replace={"KpBridge": DOUBLE},
        calls=[
            *(["KpRibbon", name, ["@control"]] for name in callbacks),
            *(["KpRibbon", name, []] for name in macros),
            *(["KpFunctions", name, list(range(count))] for name, count in wrappers.items()),
        ],
        formulas=["=KP_SCORE(11;12;13;14)", "=KP_QUADRANT(60;40)", "=KP_SCORECARD(1;2;3)"],
        cells=["Start!Z1"],
    )
    assert len(callbacks) == len(macros) == 7
    assert answered["called"][: len(callbacks) + len(macros)] == [None] * 14
    expected = [";".join([name, *map(str, range(count))]) for name, count in wrappers.items()]
    assert answered["called"][14:] == expected
    through_python = "rescore;check;explain;share;history;"
    assert answered["cells"]["Start!Z1"] == 2 * through_python
    assert answered["computed"] == [
        "KP_SCORE;11;12;13;14",
        "KP_QUADRANT;60;40;missing;missing;missing",
        "KP_SCORECARD;1;2;3",
    ]


def test_libreoffice_reads_the_same_sources(tmp_path: Path) -> None:
    answered = in_libreoffice(made(tmp_path), tmp_path)
    assert set(answered["sources"]) == {"ThisWorkbook", *SHEETS, *STANDARD}
    for module in ("ThisWorkbook", *STANDARD):
        read = answered["sources"][module].split("\n")
        kept = [line for line in read if not re.match(r"Rem Attribute |Option VBASupport", line)]
        assert "\n".join(kept).strip("\n").split("\n") == lines_of(source_of(module))


def test_without_the_add_in_a_formula_says_so_in_words(tmp_path: Path) -> None:
    """With the real KpBridge; texts in names are read by an Excel function LibreOffice lacks."""
    answered = in_libreoffice(made(tmp_path), tmp_path, formulas=["=KP_SCORE(1;2;3;4)", "=1+1"])
    assert answered["computed"] == ["#KP! add_in_missing", "2"]


#: What stands in for the system, for who calls and for Python.
STAND_INS = {
    "Private Function": "Public Function",
    "Application.Caller\n": "ThisWorkbook.Worksheets(1).Range(KpPlace)\n",
    "Application.OperatingSystem": "KpSystem",
    "    reason = KpObstacle(True)\n": "    KpCall = KpShown\n    Exit Function\n",
}
ASKING = """
Public KpPlace As String
Public KpShown As String
Public KpSystem As String
Public Function KpKeptOf(ByVal place As String, ByVal formula As String, ByVal shown As String) As String
    Dim kept As Variant
    Dim cell As Variant
    KpPlace = place
    KpShown = shown
    ThisWorkbook.Worksheets(1).Range(place).Formula = formula
    kept = KpKept("KP_EXPLAIN", "why")
    If Not IsArray(kept) Then KpKeptOf = kept
    If IsArray(kept) Then
        For Each cell In kept
            KpKeptOf = KpKeptOf & cell & ";"
        Next cell
    End If
End Function
Public Function KpObstacleOn(ByVal system As String, ByVal isFormula As Boolean) As String
    KpSystem = system
    KpObstacleOn = KpObstacle(isFormula)
End Function
Public Function KpObstacleAfter(ByVal days As Double) As String
    unanswered = CDbl(Now) - days
    KpObstacleAfter = KpObstacle(True)
End Function
"""


def asked_of_the_bridge(tmp_path: Path, *calls: tuple[str, list[Any]]) -> list[Any]:
    """What procedures of the real KpBridge answer, its private ones too."""
    code = source_of("KpBridge")
    for ours, theirs in STAND_INS.items():
        assert ours in code
        code = code.replace(ours, theirs)
    answered = in_libreoffice(
        made(tmp_path),
        tmp_path,
        replace={"KpBridge": code + ASKING},
        calls=[["KpBridge", *call] for call in calls],
    )
    called: list[Any] = answered["called"]
    return called


def test_without_python_cells_keep_what_they_showed(tmp_path: Path) -> None:
    several, one = ("AA1:AB1", "=KP_EXPLAIN(1,2,3)"), ("AA2", "=KP_EXPLAIN(1,2,3)")
    mark = " (not_recomputed)"
    calls = [[*several, "12.5"], [*several, f"12.5{mark}"], [*several, ""], [*several, "#NAME?"]]
    calls += [[*one, "12.5"], ["AA3:AB3", "=KP_EXPLAIN(1,2,3)&1", "12.5"]]
    kept, reason = f"12.5{mark};12.5;", "#KP! why"
    marked = f"12.5{mark};12.5{mark};"
    answered = asked_of_the_bridge(tmp_path, *(("KpKeptOf", call) for call in calls))
    assert answered == [kept, marked, *[reason] * 4]


def test_on_a_mac_only_formulas_are_out_of_reach(tmp_path: Path) -> None:
    mac, windows = "Macintosh (Intel) 10.16", "Windows (64-bit) NT 10.00"
    asked = [[mac, True], [mac, False], [windows, True]]
    answered = asked_of_the_bridge(tmp_path, *(("KpObstacleOn", call) for call in asked))
    assert answered == ["formulas_need_windows", "add_in_missing", "add_in_missing"]


#: Stands in for a table and for cells of it.
CELLS = """
Option ClassModule
Public Row As Long
Public Rows As Object
Public Range As Object
Public ListObject As Object
Public ShowTotals As Boolean
Public Function Resize(ByVal count As Long) As Object
    Set Resize = ThisWorkbook.Worksheets(1).Range("A1:A" & count)
End Function
"""
TOTALS = """
Public Function KpRowsOf(ByVal place As String, ByVal hasTotals As Boolean) As String
    Dim area As Object
    Dim table As Object
    Set area = New KpRibbon
    area.Row = ThisWorkbook.Worksheets(1).Range(place).Row
    Set area.Rows = ThisWorkbook.Worksheets(1).Range(place).Rows
    Set table = New KpRibbon
    Set table.Range = ThisWorkbook.Worksheets(1).Range("A4:A65")
    table.ShowTotals = hasTotals
    Set area.ListObject = table
    Set area = KpWithoutTotals(area)
    KpRowsOf = area.Rows.Count
End Function
"""


def test_a_totals_row_is_no_data(tmp_path: Path) -> None:
    code = source_of("KpBridge").replace("Private Function", "Public Function")
    given = [["A4:A65", True], ["A4:A65", False], ["A4:A64", True], ["A60:A65", True]]
    answered = in_libreoffice(
        made(tmp_path),
        tmp_path,
        replace={"KpRibbon": CELLS, "KpBridge": code + TOTALS},
        calls=[["KpBridge", "KpRowsOf", call] for call in [*given, ["A65", True]]],
    )
    assert answered["called"] == ["61", "62", "61", "5", "1"]


def test_python_that_did_not_answer_is_left_alone_for_five_minutes(tmp_path: Path) -> None:
    days = [4 / 24 / 60, 6 / 24 / 60]
    answered = asked_of_the_bridge(tmp_path, *(("KpObstacleAfter", [day]) for day in days))
    assert answered == ["python_failed", "add_in_missing"]


# --- the sheets ---------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_header_of_an_input_table_has_a_note(language: str, tmp_path: Path) -> None:
    book = load_workbook(made(tmp_path, language))
    for table in TABLES:
        sheet = book[table.sheet(language)]
        (area,) = (t.ref for t in sheet.tables.values())
        for cell in sheet[area][0]:
            assert cell.comment is not None, cell.coordinate
            assert len(cell.comment.text) > 10


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_closed_set_of_words_is_offered_as_a_list(language: str, tmp_path: Path) -> None:
    book = load_workbook(made(tmp_path, language))
    words = texts(language)
    closed = {
        (CUSTOMERS, "status"): words.branch("statuses"),
        (CRITERIA, "axis"): words.branch("axes"),
        (CRITERIA, "objective"): {"max": "max", "min": "min"},
        (CRITERIA, "scale"): words.branch("scales"),
        (CRITERIA, "missing"): words.branch("fills"),
        (STRATEGIES, "quadrant"): {
            k: w for k, w in words.branch("quadrants").items() if k != "not_rated"
        },
        (STRATEGIES, "status"): words.branch("statuses"),
    }
    for (table, key), choices in closed.items():
        sheet = book[table.sheet(language)]
        position = next(i for i, c in enumerate(table.columns) if c.key == key)
        cell = sheet.cell(5, position + 1).coordinate
        rules = [r for r in sheet.data_validations.dataValidation if cell in r.sqref]
        (rule,) = rules
        assert rule.formula1 == '"{}"'.format(",".join(choices.values()))
        assert rule.showErrorMessage
        assert all(word in rule.error for word in choices.values())


def test_the_weights_of_each_axis_are_summed_beside_the_criteria(tmp_path: Path) -> None:
    book = load_workbook(made(tmp_path, "de"), data_only=True)
    sheet = book["Kriterien"]
    assert [sheet[cell].value for cell in ("B3", "C3", "D3", "E3")] == ["Wert", 100, "Nutzen", 100]
    shown = convert(made(tmp_path, "de"), "xlsx", tmp_path)
    sheet = load_workbook(shown, data_only=True)["Kriterien"]
    assert (sheet["C3"].value, sheet["E3"].value) == (100, 100)


def test_what_may_be_entered_is_what_a_rescore_takes(tmp_path: Path) -> None:
    book = load_workbook(made(tmp_path))
    (discount,) = rules_of(book["Orders"], "H5")
    assert (discount.type, discount.formula1, discount.formula2) == ("decimal", "0", "1")
    for cell in ("B13", "B17"):  # columns of customers
        (column,) = rules_of(book["Settings"], cell)
        assert (column.formula1, column.errorStyle) == ("kp_criteria", "information")
    (customer,) = rules_of(book["What-if"], "B4")
    assert customer.formula1 == "kp_customers"


def rules_of(sheet: Any, cell: str) -> list[Any]:
    return [rule for rule in sheet.data_validations.dataValidation if cell in rule.sqref]


def test_the_names_behind_lists_mean_their_columns(tmp_path: Path) -> None:
    names = load_workbook(made(tmp_path)).defined_names
    assert {key: name.attr_text for key, name in names.items() if name.attr_text[:3] == "tbl"} == {
        "kp_customers": "tblCustomers[Customer]",
        "kp_customer_ids": "tblCustomers[Customer ID]",
        "kp_criteria": "tblCriteria[Criterion]",
        "kp_scales": "tblCriteria[Scale]",
        "kp_levels": "tblCriteria[Levels]",
    }
    ours = {key for key in names if key.startswith(("kp_text_", "kp_help_"))}
    assert {key for key, name in names.items() if name.hidden} == ours


@pytest.mark.parametrize("with_sample", [True, False])
@pytest.mark.parametrize("macros", [True, False])
def test_the_first_sheet_tells_of_its_own_workbook(
    with_sample: bool, macros: bool, tmp_path: Path
) -> None:
    sheet = load_workbook(made(tmp_path, with_sample=with_sample, macros=macros))["Start"]
    words = texts("en")
    assert sheet["A2"].value == words("new.sample_label" if with_sample else "new.empty_label")
    shown = {cell.value for row in sheet.iter_rows() for cell in row}
    for key, is_shown in {"what_if": macros, "share": not macros}.items():
        assert (f"5. {words(f'new.steps.{key}')}" in shown) == is_shown
    for strategy in standard_strategies("en"):
        advice = f"{strategy.strategy}: {strategy.activity}"
        assert advice not in shown or strategy.status == "customer"


def test_every_score_of_the_scorecard_has_a_bar_of_0_to_100(tmp_path: Path) -> None:
    sheet = load_workbook(made(tmp_path))["Scorecard"]
    bars = {
        str(area.sqref): [bound.val for bound in rule.dataBar.cfvo]
        for area in sheet.conditional_formatting
        for rule in area.rules
        if rule.dataBar is not None
    }
    assert bars == {f"{letter}5:{letter}20001": [0, 100] for letter in "CDE"}


# --- a rescore ----------------------------------------------------------------------------------


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


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_rescore_touches_only_what_it_may(language: str, tmp_path: Path) -> None:
    path = made(tmp_path, language)
    before = parts_of(path)
    scorecard = sheet_parts(before)[texts(language)("new.scorecard")]
    for _ in range(2):
        rescore(path, backup=False)
        after = parts_of(path)
        assert changed_parts(before, after) <= MAY_CHANGE | {scorecard}
        assert after["xl/vbaProject.bin"] == before["xl/vbaProject.bin"]
        assert after["customUI/customUI.xml"] == before["customUI/customUI.xml"]
        assert after["xl/metadata.xml"] == before["xl/metadata.xml"]


def test_what_was_built_is_what_a_rescore_would_write(tmp_path: Path) -> None:
    path = made(tmp_path)
    built = scorecard_of(path)
    rescore(path, backup=False)
    again = scorecard_of(path)
    assert built[1] == again[1]
    assert built[0].ref == again[0].ref == "A4:H64"
    assert built[0].text == again[0].text


def block_of(path: Path, table: str) -> list[list[Any]]:
    """A table as Excel hands it to a function."""
    for sheet in load_workbook(path, data_only=True):
        if table in sheet.tables:
            return [[cell.value for cell in row] for row in sheet[sheet.tables[table].ref]]
    raise AssertionError(table)


def test_the_scorecard_keeps_the_numbers_of_the_function_to_the_last_digit(tmp_path: Path) -> None:
    path = made(tmp_path)
    book = load_workbook(path, keep_vba=True)
    book["Customers"]["D5"] = 1_234.5678
    book["Criteria"]["C5"] = 31
    # openpyxl drops the ribbon and the flag of a dynamic array; neither matters here
    book.save(path)
    tables = [block_of(path, t.name) for t in (CUSTOMERS, CRITERIA, SETTINGS_TABLE)]
    expected = functions.KP_SCORECARD(*tables)
    assert without(scorecard_of(path)[1]) != expected
    done = rescore(path, backup=False)
    assert without(scorecard_of(path)[1]) == expected
    totals = dict(
        zip(
            done.analysis.customers["customer_id"],
            done.analysis.customers["total_score"],
            strict=True,
        )
    )
    assert all(row[4] is None or row[4] == totals[row[0]] for row in expected[1:])


def with_rows(path: Path, count: int) -> None:
    """Give the table of customers another number of rows."""
    parts = parts_of(path)
    names = [n for n in parts if n.startswith("xl/tables/") and b'"tblCustomers"' in parts[n]]
    replaced(path, names[0], "A4:K64", f"A4:K{4 + count}")


@pytest.mark.parametrize("count", [3, 60, 75])
def test_the_scorecard_grows_and_shrinks_with_the_customers(count: int, tmp_path: Path) -> None:
    path = made(tmp_path)
    with_rows(path, count)
    rescore(path, backup=False)
    formula, rows = scorecard_of(path)
    assert formula.ref == f"A4:H{4 + count}"
    assert len(rows) == count + 1
    assert [row[0] for row in rows[1:4]] == ["10001", "10008", "10015"]
    parts = parts_of(path)
    root = etree.fromstring(parts[sheet_parts(parts)["Scorecard"]])
    anchor = next(c for c in root.iter(f"{MAIN}c") if c.get("r") == "A4")
    assert anchor.get("cm") == "1", "it is no dynamic array any more"
    beyond = [c for c in root.iter(f"{MAIN}c") if int(c.get("r")[1:]) > 4 + count and len(c)]
    assert beyond == []
    assert repairs_of(parts) == []
    shown = rows[-1] if count <= 60 else rows[60]
    assert shown[6] in {"Star", "Question mark", "Free rider", "Poor dog", "Not rated"}
    with_style = [
        c.get("s") for c in root.iter(f"{MAIN}c") if c.get("r") in {"C6", f"C{4 + count}"}
    ]
    assert len(set(with_style)) == 1


def test_a_scorecard_lost_where_macros_are_blocked_comes_back(tmp_path: Path) -> None:
    """As Excel saves it after an entry was changed there."""
    path = made(tmp_path)
    whole = scorecard_of(path)[1]
    part = sheet_parts(parts_of(path))["Scorecard"]
    root = etree.fromstring(parts_of(path)[part])
    data = root.find(f"{MAIN}sheetData")
    for row in list(data):
        if int(row.get("r")) > 4:
            data.remove(row)
        elif row.get("r") == "4":
            row[1:] = []
            (anchor,) = row
            anchor.set("t", "e")
            anchor.find(f"{MAIN}f").set("ref", "A4")
            anchor.find(f"{MAIN}v").text = "#NAME?"
    replaced(path, part, parts_of(path)[part].decode(), etree.tostring(root).decode())
    rescore(path, backup=False)
    assert scorecard_of(path)[1] == whole
    sheet = load_workbook(path)["Scorecard"]
    assert sheet["C5"].number_format == sheet["C64"].number_format == "0.0"
    assert repairs_of(parts_of(path)) == []


def test_what_stands_in_the_way_of_a_growing_scorecard_is_not_overwritten(tmp_path: Path) -> None:
    path = made(tmp_path)
    with_rows(path, 75)
    part = sheet_parts(parts_of(path))["Scorecard"]
    note = '<row r="70"><c r="B70" t="inlineStr"><is><t>mine</t></is></c></row></sheetData>'
    replaced(path, part, "</sheetData>", note)
    before = path.read_bytes()
    with pytest.raises(
        WorkbookError, match="Scorecard: the scorecard needs more rows now, but cell B70"
    ):
        rescore(path, backup=False)
    assert path.read_bytes() == before
    replaced(path, part, "B70", "J70")
    rescore(path, backup=False)
    assert load_workbook(path)["Scorecard"]["J70"].value == "mine"


def test_a_table_of_the_users_in_the_way_of_the_scorecard_is_not_overwritten(
    tmp_path: Path,
) -> None:
    path = made(tmp_path)
    book = load_workbook(path, keep_vba=True)
    book["Scorecard"].add_table(Table(displayName="Mine", ref="C70:D72", headerRowCount=0))
    book.save(path)
    names = [n for n, part in parts_of(path).items() if b'"tblCustomers"' in part]
    replaced(path, names[0], "A4:K64", "A4:K79")
    with pytest.raises(WorkbookError, match="but cell C70"):
        rescore(path, backup=False)


@pytest.mark.parametrize(
    ("spelled", "is_ours"),
    [
        ("KP_SCORECARD(tblCustomers[#All],tblCriteria[#All],tblSettings[#All])", True),
        ("kp_scorecard( tblCustomers[[#All]], tblCriteria[[#All]], tblSettings[[#All]] )", True),
        ("KP_SCORECARD(tblCustomers[[#All]],tblCriteria[[#All]])", False),
        ("KP_SCORECARD(A1:H20,tblCriteria[[#All]],tblSettings[[#All]])", False),
    ],
)
def test_the_scorecard_is_known_by_its_formula(spelled: str, is_ours: bool, tmp_path: Path) -> None:
    path = made(tmp_path)
    part = sheet_parts(parts_of(path))["Scorecard"]
    ours = "KP_SCORECARD(tblCustomers[[#All]],tblCriteria[[#All]],tblSettings[[#All]])"
    replaced(path, part, ours, spelled)
    with_rows(path, 59)
    rescore(path, backup=False)
    assert scorecard_of(path)[0].ref == ("A4:H63" if is_ours else "A4:H64")


def test_the_scorecard_stays_in_the_workbooks_own_language(tmp_path: Path) -> None:
    path = made(tmp_path, "de")
    before = scorecard_of(path, "Bewertung")[1]
    rescore(path, language="en", backup=False)
    assert scorecard_of(path, "Bewertung")[1] == before


def state_of(path: Path) -> dict[str, str]:
    book = etree.fromstring(parts_of(path)["xl/workbook.xml"])
    return {
        e.get("name"): e.text
        for e in book.iter(f"{MAIN}definedName")
        if e.get("name") in STATE_NAMES
    }


def test_the_state_of_the_last_run_stands_in_names(tmp_path: Path) -> None:
    path = made(tmp_path)
    assert state_of(path) == dict.fromkeys(STATE_NAMES, '""')
    done = rescore(path, as_of=date(2026, 3, 31), backup=False)
    rated = done.analysis.customers[done.analysis.customers["rank"].notna()]
    state = state_of(path)
    assert state["kp_last_as_of"] == str((date(2026, 3, 31) - date(1899, 12, 30)).days)
    assert state["kp_last_customers"] == str((rated["status"] == "customer").sum())
    assert state["kp_last_prospects"] == "12"
    assert state["kp_last_not_rated"] == "1"
    assert state["kp_last_star"] == str((rated["quadrant"] == "star").sum())
    assert (state["kp_last_warnings"], state["kp_last_notes"]) == ("1", "0")
    assert state["kp_last_value_threshold"] == "50"


def test_thresholds_of_the_last_run_are_told_apart_and_to_the_last_digit(tmp_path: Path) -> None:
    path = made(tmp_path)
    book = load_workbook(path, keep_vba=True)
    book["Settings"]["B7"], book["Settings"]["B8"] = 42.25, 61
    book.save(path)
    rescore(path, backup=False)
    state = state_of(path)
    assert state["kp_last_value_threshold"] == "42.25"
    assert state["kp_last_benefit_threshold"] == "61"


def test_dates_of_a_workbook_that_counts_from_1904(tmp_path: Path) -> None:
    path = made(tmp_path, with_sample=False)
    replaced(path, "xl/workbook.xml", "<workbookPr ", '<workbookPr date1904="1" ')
    rescore(path, as_of=date(2026, 3, 31), backup=False)
    assert state_of(path)["kp_last_as_of"] == str((date(2026, 3, 31) - date(1904, 1, 1)).days)
    replaced(path, "xl/workbook.xml", 'date1904="1"', 'date1904="true"')
    rescore(path, as_of=date(2026, 4, 1), backup=False)
    assert state_of(path)["kp_last_as_of"] == str((date(2026, 4, 1) - date(1904, 1, 1)).days)


def with_state_computed(path: Path) -> None:
    """As Excel saves the first sheet once it has computed it."""
    part = sheet_parts(parts_of(path))["Start"]
    root = etree.fromstring(parts_of(path)[part])
    for cell in root.iter(f"{MAIN}c"):
        formula = cell.findtext(f"{MAIN}f") or ""
        if "kp_last_" in formula:
            cell.attrib.pop("t", None)
            cell.find(f"{MAIN}v").text = "3"
    replaced(path, part, parts_of(path)[part].decode(), etree.tostring(root).decode())


def test_the_state_that_excel_has_computed_is_brought_up_to_date(tmp_path: Path) -> None:
    path = made(tmp_path)
    part = sheet_parts(parts_of(path))["Start"]
    untouched = parts_of(path)[part]
    rescore(path, as_of=date(2026, 3, 31), backup=False)
    assert parts_of(path)[part] == untouched
    with_state_computed(path)
    own = '<row r="99"><c r="F99"><f>IF(TODAY()&gt;0,kp_last_mine,"")</f><v>17</v></c></row>'
    replaced(path, part, "</sheetData>", f"{own}</sheetData>")
    rescore(path, as_of=date(2026, 3, 31), backup=False)
    sheet = load_workbook(path, data_only=True)["Start"]
    assert sheet["F99"].value == 17, "a name of the user's"
    cells = {row[k].value: row[k + 1].value for row in sheet.iter_rows() for k in (0, 2)}
    words = texts("en").branch("new.state")
    assert cells[words["as_of"]] == datetime(2026, 3, 31)  # noqa: DTZ001
    assert (cells[words["customers"]], cells[words["prospects"]]) == (47, 12)
    assert cells[words["benefit_threshold"]] == 50
    types = {row[0].value: row[3].value for row in sheet.iter_rows()}
    counts = [types[texts("en")(f"quadrants_plural.{q}")] for q in RATED_QUADRANTS]
    assert counts == [int(state_of(path)[f"kp_last_{q}"]) for q in RATED_QUADRANTS]
    assert repairs_of(parts_of(path)) == []


def test_a_scorecard_in_a_workbook_saved_without_macros_is_refreshed_too(tmp_path: Path) -> None:
    path = made(tmp_path)
    parts = parts_of(path)
    del parts["xl/vbaProject.bin"]
    rels = parts["xl/_rels/workbook.xml.rels"]
    parts["xl/_rels/workbook.xml.rels"] = re.sub(
        rb"<Relationship [^>]*vbaProject[^>]*/>", b"", rels
    )
    plain = tmp_path / "plain.xlsx"
    with zipfile.ZipFile(plain, "w") as package:
        for name, content in parts.items():
            package.writestr(name, content)
    with_rows(plain, 59)
    rescore(plain, backup=False)
    assert scorecard_of(plain)[0].ref == "A4:H63"


def test_what_belonged_to_an_error_goes_with_it(tmp_path: Path) -> None:
    path = made(tmp_path)
    part = sheet_parts(parts_of(path))["Scorecard"]
    replaced(path, part, '<c r="A4" ', '<c r="A4" vm="1" ')
    rescore(path, backup=False)
    assert b"vm=" not in parts_of(path)[part]


def test_names_of_one_sheet_alone_are_the_users(tmp_path: Path) -> None:
    path = made(tmp_path)
    own = '<definedName name="kp_last_star" localSheetId="0">17</definedName></definedNames>'
    replaced(path, "xl/workbook.xml", "</definedNames>", own)
    rescore(path, backup=False)
    assert own.removesuffix("</definedNames>").encode() in parts_of(path)["xl/workbook.xml"]


def test_a_workbook_without_those_names_gets_none(book: Path) -> None:
    rescore(book, backup=False)
    assert state_of(book) == {}


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_first_sheet_shows_the_state_as_soon_as_the_workbook_is_opened(
    language: str, tmp_path: Path
) -> None:
    path = made(tmp_path, language, macros=False)
    rescore(path, as_of=date(2026, 3, 31), backup=False)
    opened = tmp_path / "opened"
    opened.mkdir()
    shown = load_workbook(convert(path, "xlsx", opened), data_only=True).worksheets[0]
    cells = {row[k].value: row[k + 1].value for row in shown.iter_rows() for k in (0, 2)}
    words = texts(language).branch("new.state")
    assert cells[words["as_of"]] == datetime(2026, 3, 31)  # noqa: DTZ001
    assert cells[words["prospects"]] == 12
    assert cells[words["benefit_threshold"]] == 50
    assert cells[words["warnings"]] == 1
    types = {row[0].value: row[3].value for row in shown.iter_rows()}
    assert types[texts(language)("quadrants_plural.star")] == 16


def test_the_sheets_of_a_rescored_template_come_after_its_own(tmp_path: Path) -> None:
    path = made(tmp_path, "de")
    rescore(path, backup=False)
    names = load_workbook(path, keep_vba=True).sheetnames
    assert names[8:] == [texts("de")(f"sheets.{key}") for key in ORDER]


# --- What-if ------------------------------------------------------------------------------------


def what_if(
    tmp_path: Path, language: str, enter: dict[str, str], cells: list[str]
) -> dict[str, str]:
    """What cells of the sheet show in LibreOffice after entries, with the double for KpBridge."""
    sheet = texts(language)("new.what_if")
    answered = in_libreoffice(
        made(tmp_path, language),
        tmp_path,
        replace={"KpBridge": DOUBLE},
        enter={
            (place if "!" in place else f"{sheet}!{place}"): text for place, text in enter.items()
        },
        cells=[f"{sheet}!{cell}" for cell in cells],
    )
    return {name.rpartition("!")[2]: text for name, text in answered["cells"].items()}


FIRST = 18  # the sheet's row of the first criterion


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_if_looks_up_the_chosen_customer(language: str, tmp_path: Path) -> None:
    chosen = sample(language).customers[29]  # hardly anything is known
    rows = range(FIRST, FIRST + 10)
    cells = what_if(
        tmp_path,
        language,
        {"B4": str(chosen[1]), f"E{FIRST}": "99", f"E{FIRST + 5}": "0.5"},
        [f"{letter}{row}" for letter in "ABDF" for row in rows]
        + ["B5", "C5", "B8", "B12", "B13", "P5", "P6", "Q4", "Q5", "V5", "A16"],
    )
    names = [criterion_texts(c, language)[0] for c in CRITERIA_OF_SAMPLE]
    assert [cells[f"A{row}"] for row in rows] == [*names, "", ""]
    known = [str(cell) if cell is not None else "" for cell in chosen[3:]]
    measures = [cells[f"D{row}"].replace(",", "") for row in rows[:8]]
    assert measures == [text.removesuffix(".0") for text in known]
    assert cells[f"F{FIRST}"] == "99"
    assert cells[f"F{FIRST + 5}"] == "0.5"
    unchanged = [row for row in rows[:8] if row not in {FIRST, FIRST + 5}]
    assert [cells[f"F{row}"] for row in unchanged] == [cells[f"D{row}"] for row in unchanged]
    assert "" in [cells[f"F{row}"] for row in unchanged], "this customer was to have gaps"
    assert cells["B5"] == cells["P5"] == str(chosen[0])
    assert cells["P6"] == "30"
    assert (cells["Q4"], cells["Q5"]) == (names[0], "99")
    assert cells["V5"] == "0.5"
    assert cells["B8"] == "KP_SCORE;range;range;range;value"
    assert cells["B12"] == f"KP_QUADRANT;range;range;range;range;{language}"
    assert (cells["B13"], cells["C5"], cells["A16"]) == ("50", "", "")


def test_what_if_takes_bounds_that_are_left_blank_from_all_customers(tmp_path: Path) -> None:
    rows = enumerate(sample("en").customers, start=5)
    turnover = [row[3] for number, row in rows if row[3] is not None and number != 40]
    cells = what_if(
        tmp_path,
        "en",
        {
            **dict.fromkeys(("Criteria!F5", "Criteria!G5", "Criteria!E6", "Criteria!G6"), ""),
            "Customers!D40": "=1/0",
        },
        [f"{letter}{row}" for letter in ("V", "Y", "Z", "AA", "AB", "AC") for row in (18, 19, 20)],
    )
    assert (cells["V18"], cells["Y18"], cells["Z18"]) == ("Turnover", "max", "linear")
    assert float(cells["AA18"]) == min(turnover)  # type: ignore[type-var]
    assert float(cells["AB18"]) == max(turnover)  # type: ignore[type-var]
    assert cells["AA19"] == "0.1"
    margins = [row[4] for row in sample("en").customers if row[4] is not None]
    assert cells["AB19"] == f"{max(margins):.2%}"  # type: ignore[type-var]
    assert (cells["AA20"], cells["AB20"]) == ("", "")
    assert cells["AC20"].startswith("0=0; 100000=30")


@pytest.mark.parametrize("position", [0, 29, 50])
def test_what_if_asks_for_the_scores_that_the_scorecard_has(position: int, tmp_path: Path) -> None:
    """The functions of ours, given what LibreOffice has put behind the sheet."""
    path = made(tmp_path)
    chosen = sample("en").customers[position]
    answered = in_libreoffice(
        path,
        tmp_path,
        replace={"KpBridge": DOUBLE},
        enter={"What-if!B4": str(chosen[1]), "Criteria!G5": "", "Criteria!F8": ""},
        ranges=["What-if!A18:A47", "What-if!F18:F47", "What-if!P4:AT5", "What-if!V17:AD47"],
    )
    names, used, customer, criteria = answered["ranges"].values()
    whole = block_of(path, "tblCriteria")
    whole[1][6] = whole[4][5] = None
    tables = [block_of(path, "tblCustomers"), whole, block_of(path, "tblSettings")]
    row = next(r for r in functions.KP_SCORECARD(*tables) if r[1] == chosen[1])
    for axis, expected in (("value", row[2]), ("benefit", row[3])):
        score = functions.KP_SCORE(names, used, criteria, axis)
        assert score == pytest.approx(expected, abs=1e-9)
    alone = functions.KP_EXPLAIN(customer[1][0], customer, criteria)
    among_all = functions.KP_EXPLAIN(chosen[0], *tables)
    assert alone == [
        [pytest.approx(c, abs=1e-9) if isinstance(c, float) else c for c in line]
        for line in among_all
    ]


def test_what_if_says_what_it_does_not_show(tmp_path: Path) -> None:
    path = made(tmp_path)
    book = load_workbook(path, keep_vba=True)
    assert f"> {ROOM}".replace(" ", "") in book["What-if"]["A16"].value
    cells = what_if(tmp_path, "en", {"Customers!B6": "Kupfer Solartechnik AG"}, ["B5", "C5"])
    assert cells["C5"] == "several have this name; this is the first"
    assert cells["B5"] == "10008"
    literal = {"Customers!B6": "Fels1 AG", "Customers!B7": "Fels? AG", "B4": "Fels? AG"}
    assert what_if(tmp_path, "en", literal, ["B5"]) == {"B5": "10015"}
    tilde = {"Customers!B6": "Fels~1 AG", "B4": "Fels~1 AG"}
    assert what_if(tmp_path, "en", tilde, ["B5"]) == {"B5": "10008"}
    assert what_if(tmp_path, "en", {**literal, "B4": "Nobody"}, ["B5", "B12"])["B5"] == ""


def test_what_if_keeps_what_the_functions_answer(tmp_path: Path) -> None:
    sheet = load_workbook(made(tmp_path), data_only=True)["What-if"]
    tables = [block_of(made(tmp_path), t.name) for t in (CUSTOMERS, CRITERIA, SETTINGS_TABLE)]
    row = next(r for r in functions.KP_SCORECARD(*tables) if r[0] == "10078")
    assert sheet["B4"].value == row[1]
    assert [sheet[cell].value for cell in ("B8", "C8", "B9", "C9")] == [row[2]] * 2 + [row[3]] * 2
    assert sheet["B12"].value == sheet["C12"].value == row[6]
    explained = functions.KP_EXPLAIN("10078", *tables)
    for area in ("H17:L25", "P17:T25"):
        assert [[cell.value for cell in line] for line in sheet[area]] == explained
    assert [line[0].value for line in sheet["M17:M25"]] == [line[4] for line in explained]
    assert sheet["P6"].value == [line[0] for line in tables[0][1:]].index(10078) + 1


def test_what_if_compares_what_is_with_what_would_be(tmp_path: Path) -> None:
    """The order of explanations does not matter; the least coverage is met, then not."""
    path = made(tmp_path)
    book = load_workbook(path, keep_vba=True)
    sheet = book["What-if"]
    weights = [25, 20, 25, 10, 20, 25, 50, 25]
    now, then = [None, *[40] * 4, None, 40, 40], [*[0] * 5, None, None, 0]
    names = [criterion_texts(c, "en")[0] for c in CRITERIA_OF_SAMPLE]
    for left, values, order in ((16, now, range(8)), (8, then, range(7, -1, -1))):
        sheet.cell(FIRST - 1, left).value = "Criterion"
        for row, k in enumerate(order, start=FIRST):
            for column, cell in enumerate((names[k], 7, values[k], weights[k], left), start=left):
                sheet.cell(row, column).value = cell
    book["Criteria"]["B6"] = "Wert"
    entered = {"B8": 60, "C8": 75.5, "B9": 61, "C9": 48}, {"B7": "mean", "B8": "mean", "B12": 75}
    for name, cells in zip(("What-if", "Settings"), entered, strict=True):
        for cell, entry in cells.items():
            book[name][cell] = entry
    for axis, last in (("value", "54.5"), ("benefit", "62")):
        book.defined_names[f"kp_last_{axis}_threshold"].attr_text = last
    book.save(path)
    expected = {
        "D8": "+15.5",
        "D9": "-13.0",
        "M18": "16.0",
        "B10": "75%",
        "C10": "100%",
        "B11": "75%",
        "C11": "25%",
        "B13": "54.5",
        "B14": "62",
        "B15": "75",
        "B12": "KP_QUADRANT;range;range;range;range;en",
        "C12": "Not rated",
    }
    places = [*(f"What-if!{cell}" for cell in expected), "Criteria!C3"]
    shown = in_libreoffice(path, tmp_path, replace={"KpBridge": DOUBLE}, cells=places)["cells"]
    assert list(shown.values()) == [*expected.values(), "100"]


def test_what_if_rates_no_customer_without_a_score(tmp_path: Path) -> None:
    path = made(tmp_path)
    book = load_workbook(path, keep_vba=True)
    book["What-if"]["C9"] = '=""'
    book.save(path)
    cells = ["What-if!B12", "What-if!C12"]
    shown = in_libreoffice(path, tmp_path, replace={"KpBridge": DOUBLE}, cells=cells)["cells"]
    assert shown["What-if!B12"].startswith("KP_QUADRANT;")
    assert shown["What-if!C12"] == "Not rated"


def test_what_if_marks_what_has_been_changed(tmp_path: Path) -> None:
    path = made(tmp_path)
    book = load_workbook(path, keep_vba=True)
    sheet = book["What-if"]
    (rules,) = (area.rules for area in sheet.conditional_formatting if str(area.sqref) == "F18:F47")
    sheet["D18"], sheet["D19"] = 7, 7
    for row, entry in ((18, 7), (19, 8), (20, None)):
        sheet.cell(row, 5).value = entry
        sheet[f"BA{row}"] = "=" + rules[0].formula[0].replace("18", str(row))
    book.save(path)
    cells = [f"What-if!BA{row}" for row in (18, 19, 20)]
    shown = in_libreoffice(path, tmp_path, replace={"KpBridge": DOUBLE}, cells=cells)["cells"]
    assert list(shown.values()) == ["FALSE", "TRUE", "FALSE"]


def test_what_if_scores_what_is_and_what_would_be(tmp_path: Path) -> None:
    sheet = load_workbook(made(tmp_path))["What-if"]
    for row, axis in ((8, "value"), (9, "benefit")):
        for letter, measures in (("B", "$D$18:$D$47"), ("C", "$F$18:$F$47")):
            asked = f'=KP_SCORE($A$18:$A$47,{measures},$V$17:$AD$47,"{axis}")'
            assert sheet[f"{letter}{row}"].value == asked
    for letter in ("B", "C"):
        both = f"${letter}$8,${letter}$9"
        assert f"KP_QUADRANT({both},$B$13,$B$14," in sheet[f"{letter}12"].value


def test_no_formula_waits_for_excel_to_compute_it() -> None:
    """Excel computes a formula without a value when it opens the file."""
    for language in ("en", "de"):
        for with_sample in (True, False):
            parts = inflated(new_workbook(language, with_sample=with_sample, macros=True))
            for part in sheet_parts(parts).values():
                for cell in etree.fromstring(parts[part]).iter(f"{MAIN}c"):
                    if cell.find(f"{MAIN}f") is not None:
                        assert cell.findtext(f"{MAIN}v") or cell.get("t") == "str", cell.get("r")
