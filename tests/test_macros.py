"""The macros of a new workbook and its tab in the ribbon: as text, and run by LibreOffice."""

from __future__ import annotations

import ast
import inspect
import re
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from support.office import in_libreoffice
from support.packages import MAIN, sheet_parts

from xlportfolio.excel import functions, macros
from xlportfolio.locale import texts
from xlportfolio.schema.contract import SETTINGS_TABLE
from xlportfolio.template.macros import (
    SHEETS,
    STANDARD,
    functions_module,
    names_of_texts,
    source_of,
    udfs,
)
from xlportfolio.template.workbook import new_workbook

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from oletools.olevba import VBA_Parser
from support.template import (
    DOUBLE,
    inflated,
    made,
)

#: What the ribbon runs in Python.
RUN = ["rescore", "check", "explain", "from_orders", "import_customers"]
RUN += ["weights", "take_weights", "history"]
RIBBON = "{http://schemas.microsoft.com/office/2006/01/customui}"


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
    failed = 'KpTell KpText("python_failed")\n            Exit Sub\n        End If\n    End If\n'
    assert f"{failed}    unanswered = 0\n" in code
    (python,) = re.findall(r"RunPython\", _\n\s+(.*)\)\n", code)
    assert "If Not IsMissing(arguments) Then literals = KpLiterals(arguments)" in code
    run = re.findall(r'KpBridge\.KpRun "(\w+)"', source_of("KpRibbon"))
    assert list(dict.fromkeys(run)) == RUN
    assert "ByVal moduleName As String = MACROS_MODULE)" in code
    ((shares, parameter),) = re.findall(r'    KpRun "(\w+)", Array\(saved, target\), (\w+)\n', code)
    called = [*((name, "MACROS_MODULE") for name in RUN), (shares, parameter)]
    for name, module_name in called:
        values = {
            **{key: f'"{value}"' for key, value in constants.items()},
            "macroName": f'"{name}"',
            "moduleName": (module := constants[module_name]),
            "literals": '""',
        }
        line = "".join(values.get(part, part).strip('"') for part in python.split(" & "))
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
        "KP_MOVEMENT": [[[1]], [["Date", "Customer ID"], ["2026-06-30", 1]]],
        "KP_VALUE": [
            [[1]],
            "A",
            [[*criteria[0], "Low", "High"], [*criteria[1], 0, 2], [*criteria[2], 0, 2]],
        ],
        "KP_WEIGHTED_SCORE": [[[1]], [[1]]],
        "KP_RANK": [[[1]]],
        "KP_ABC": [[[1]]],
        "KP_STRATEGY": [[["Star"]]],
        "KP_SHARE_OF_WALLET": [[[1]], [[2]]],
        "KP_AHP_WEIGHTS": [[[1]]],
        "KP_AHP_CONSISTENCY": [[[1]]],
        "KP_ROC_WEIGHTS": [[[1]]],
        "KP_RANK_SUM_WEIGHTS": [[[1]]],
        "KP_SWING_WEIGHTS": [[[1]]],
        "KP_ENTROPY_WEIGHTS": [[[1], [2]]],
        "KP_CRITIC_WEIGHTS": [[[1], [2]]],
        "KP_TOPSIS": [[[1]], [[1]]],
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
    names = ("Rescore", "Check", "Explain", "FromOrders", "Import", "Weights", "TakeWeights")
    names += ("Share", "History", "Settings", "Help")
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
    assert len(callbacks) == len(macros) == 11
    assert answered["called"][: len(callbacks) + len(macros)] == [None] * 22
    expected = [";".join([name, *map(str, range(count))]) for name, count in wrappers.items()]
    assert answered["called"][22:] == expected
    asked = "?orders_file;?customers_file;?orders_file;"  # no file chosen
    noted = f"rescore;check;explain;{asked}weights;take_weights;?share_file;history;"
    assert answered["cells"]["Start!Z1"] == 2 * noted
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


PATHS = [
    r"C:\Users\Jörg\100 % sicher\Aufträge 'neu'.csv",
    r"\\server\vertrieb$\kunden & co\2026.xlsx",
    '/Users/anna/"alles" `hier`/Übersicht|1.parquet',
    "D:\\客户\\\N{PARTY POPPER}.csv",
    "",
]


def test_any_path_reaches_python_in_a_command_line_that_changes_none_of_it(
    tmp_path: Path,
) -> None:
    (line,) = asked_of_the_bridge(tmp_path, ("KpLiterals", [PATHS]))
    assert re.fullmatch(r"[\w\\:/. ,'-]*", line, re.ASCII)
    assert not re.search(r"\\(?!u[0-9A-F]{4})", line)  # as these pass a shell, and cmd.exe
    given = ast.literal_eval(f"[{line.removeprefix(', ')}]")
    assert [macros.file_path(text) for text in given] == PATHS


def test_without_further_arguments_a_macro_gets_the_workbook_alone(tmp_path: Path) -> None:
    assert asked_of_the_bridge(tmp_path, ("KpLiterals", [""])) == [""]


def noted(folder: Path, *macro_names: str, **given: str) -> str:
    """What macros of the ribbon ask for and do, where windows and tables answer like this."""
    double = DOUBLE
    for name, text in given.items():
        before = re.search(rf"Const {name} As \w+ = .*\n", double)
        assert before is not None
        double = double.replace(before[0], before[0].rpartition(" = ")[0] + f" = {text}\n")
    answered = in_libreoffice(
        made(folder),
        folder,
        replace={"KpBridge": double},
        calls=[["KpRibbon", name, []] for name in macro_names],
        cells=["Start!Z1"],
    )
    told: str = answered["cells"]["Start!Z1"]
    return told


BOTH = "?customers_file;?orders_file;"


@pytest.mark.parametrize(
    ("customers", "orders", "table", "run"),
    [
        ("k.csv", "", "", f"?orders_file;{BOTH}import_customers(k.csv,);"),
        ("", "a.csv", "", f"?orders_file;from_orders(a.csv);{BOTH}import_customers(,a.csv);"),
        (
            "k.csv",
            "a.csv",
            "",
            f"?orders_file;from_orders(a.csv);{BOTH}import_customers(k.csv,a.csv);",
        ),
        ("", "", "tblOrders", f"from_orders;{BOTH}"),
    ],
)
def test_files_are_asked_for_where_there_are_no_orders_and_may_be_left_out(
    customers: str, orders: str, table: str, run: str, tmp_path: Path
) -> None:
    given = {"CUSTOMERS_FILE": customers, "ORDERS_FILE": orders, "FILLED_TABLE": table}
    quoted = {name: f'"{text}"' for name, text in given.items()}
    assert noted(tmp_path, "KpFromOrders", "KpImport", **quoted) == run


def test_without_the_add_in_no_button_asks_for_a_file(tmp_path: Path) -> None:
    asking = ("KpFromOrders", "KpImport", "KpShare")
    assert noted(tmp_path, *asking, IS_READY="False") == 3 * "not ready;"


# --- the copy for others ------------------------------------------------------------------------


def test_a_copy_is_made_where_it_was_asked_for(tmp_path: Path) -> None:
    told = noted(tmp_path, "KpShare", COPY='"C:\\Für Anna.xlsx"')
    assert told == "?share_file;share as C:\\Für Anna.xlsx;"


#: Stands in for Excel, which LibreOffice is not: its windows, the active workbook and the system.
EXCEL = {
    "Private Function": "Public Function",
    "Application.OperatingSystem": "KpSystem",
    "Application.PathSeparator": "KpSeparator()",
    "Application.GetSaveAsFilename": "KpAsk",
    "ActiveWorkbook.Name": "KpName",
    "ActiveWorkbook.Path": "KpFolder",
    "ActiveWorkbook.SaveCopyAs": "KpSave",
    "    If Not KpIsReady() Then Exit Sub\n    On Error": "    KpSeen macroName, arguments, moduleName\n    Exit Sub\n    On Error",
    "    MsgBox message": '    KpToldLast = KpToldLast & "told " & message & ";"\n    Exit Sub\n    MsgBox message',
    'Environ("TEMP")': "KpTemp",
    'Environ("TMPDIR")': "KpTemp",
}
SHARING = """
Public KpSystem As String
Public KpName As String
Public KpFolder As String
Public KpTemp As String
Public KpToldLast As String
Public KpRefuses As Boolean
Public Function KpSeparator() As String
    KpSeparator = "\\"
    If KpTemp Like "/*" Then KpSeparator = "/"
End Function
Public Function KpAsk(ByVal proposed As String, Optional ByVal filter As Variant, Optional ByVal index As Variant, Optional ByVal title As Variant) As Variant
    KpToldLast = proposed
    If Not IsMissing(filter) Then KpToldLast = KpToldLast & "|" & filter & "|" & title
    KpAsk = False
End Function
Public Sub KpSave(ByVal path As String)
    Dim file As Integer
    If KpRefuses Then Err.Raise 70
    file = FreeFile
    Open path For Output As #file
    Close #file
End Sub
Public Sub KpSeen(ByVal macroName As String, ByVal arguments As Variant, ByVal moduleName As String)
    KpToldLast = moduleName & "." & macroName & "(" & arguments(0) & "," & arguments(1) & ")" & Dir(arguments(0)) & ";"
End Sub
Public Function KpProposed(ByVal system As String, ByVal folder As String, ByVal name As String) As String
    Dim chosen As String
    KpSystem = system
    KpFolder = folder
    KpName = name
    chosen = KpSaveFile("where")
    KpProposed = KpToldLast & "|" & chosen
End Function
Public Function KpSharing(ByVal system As String, ByVal temporary As String, ByVal folder As String, ByVal name As String, ByVal refuses As Boolean) As String
    KpSystem = system
    KpTemp = temporary
    KpFolder = folder
    KpName = name
    KpRefuses = refuses
    KpShareAs "out.xlsx"
    KpSharing = KpToldLast
End Function
"""
MAC, WINDOWS = "Macintosh (Intel) 10.16", "Windows (64-bit) NT 10.00"


def told_by_sharing(tmp_path: Path, *calls: tuple[str, list[Any]]) -> list[Any]:
    """What procedures of the real KpBridge say to stand-ins for Excel."""
    code = source_of("KpBridge")
    for ours, theirs in EXCEL.items():
        assert ours in code, ours
        code = code.replace(ours, theirs)
    answered = in_libreoffice(
        made(tmp_path),
        tmp_path,
        replace={"KpBridge": code + SHARING},
        calls=[["KpBridge", *call] for call in calls],
    )
    called: list[Any] = answered["called"]
    return called


def test_the_copy_is_proposed_beside_a_workbook_that_lies_in_a_folder(tmp_path: Path) -> None:
    cases = {
        (WINDOWS, r"C:\Kunden", "Kunden 2.0.xlsm"): r"C:\Kunden\Kunden 2.0 - copy.xlsx",
        (WINDOWS, "https://firma.sharepoint.com/x", "Kunden.xlsm"): "Kunden - copy.xlsx",
        (WINDOWS, "", "Mappe 2.0"): "Mappe 2.0 - copy.xlsx",
    }
    answered = told_by_sharing(tmp_path, *(("KpProposed", [*case]) for case in cases))
    assert answered == [f"{name}|workbooks,*.xlsx|where|" for name in cases.values()]
    mac = ("KpProposed", [MAC, "/Users/anna", "Kunden.xlsm"])
    assert told_by_sharing(tmp_path, mac) == ["Kunden - copy.xlsx|"]


def test_python_gets_what_excel_saved_and_nothing_of_it_is_left(tmp_path: Path) -> None:
    cases = [
        (WINDOWS, r"C:\Kunden", "Kunden.xlsm", ".xlsm"),
        (WINDOWS, "https://firma.sharepoint.com/x", "Kunden.xlsm", ".xlsm"),
        (WINDOWS, "", "Mappe1", ".xlsx"),
        (MAC, "/Users/anna", "Kunden.xlsm", ".xlsm"),
    ]
    places = [tmp_path / f"temporary {number}" for number in range(len(cases))]
    for place in places:
        place.mkdir()
    calls = [
        ("KpSharing", [system, str(place), folder, name, False])
        for place, (system, folder, name, _) in zip(places, cases, strict=True)
    ]
    for place, case, told in zip(places, cases, told_by_sharing(tmp_path, *calls), strict=True):
        seen = re.fullmatch(r"xlportfolio\.share_button\.share\((.*),out\.xlsx\)(.*);", told)
        assert seen is not None, told
        saved = Path(seen[1])
        assert saved.parent == place
        assert saved.suffix == case[-1]
        assert seen[2] == saved.name  # it was there when Python was called
        left = [path.name for path in place.iterdir()]
        assert left == ([saved.name] if case[0] == MAC else [])  # there, Python goes on alone


def test_a_copy_that_excel_cannot_save_is_told_of(tmp_path: Path) -> None:
    call = ("KpSharing", [WINDOWS, str(tmp_path), "C:", "a.xlsm", True])
    (told,) = told_by_sharing(tmp_path, call)
    assert re.match(r"told copy_failed\s+\S", told), told


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
