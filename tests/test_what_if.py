"""The sheet What-if: looked up by LibreOffice, computed by our functions."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import etree
from openpyxl import load_workbook
from support.office import in_libreoffice
from support.packages import MAIN, sheet_parts
from support.template import (
    DOUBLE,
    block_of,
    inflated,
    made,
)

from xlportfolio.excel import functions
from xlportfolio.locale import texts
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, SETTINGS_TABLE
from xlportfolio.template.sample import CRITERIA as CRITERIA_OF_SAMPLE
from xlportfolio.template.sample import criterion_texts, sample
from xlportfolio.template.what_if import ROOM
from xlportfolio.template.workbook import new_workbook


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
    names = [criterion_texts(c, language)[0] for c in CRITERIA_OF_SAMPLE]
    rows = range(FIRST, FIRST + len(names))
    cells = what_if(
        tmp_path,
        language,
        {"B4": str(chosen[1]), f"E{FIRST}": "99", f"E{FIRST + 5}": "0.5"},
        [f"{letter}{row}" for letter in "ABDF" for row in (*rows, rows.stop)]
        + ["B5", "C5", "B8", "B12", "B13", "P5", "P6", "Q4", "Q5", "V5", "A16"],
    )
    assert [cells[f"A{row}"] for row in (*rows, rows.stop)] == [*names, ""]
    known = [str(cell) if cell is not None else "" for cell in chosen[3 : 3 + len(names)]]
    measures = [cells[f"D{row}"].replace(",", "") for row in rows]
    assert measures == [text.removesuffix(".0") for text in known]
    assert cells[f"F{FIRST}"] == "99"
    assert cells[f"F{FIRST + 5}"] == "0.5"
    unchanged = [row for row in rows if row not in {FIRST, FIRST + 5}]
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
    for area in ("H17:L27", "P17:T27"):
        assert [[cell.value for cell in line] for line in sheet[area]] == explained
    assert [line[0].value for line in sheet["M17:M27"]] == [line[4] for line in explained]
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
