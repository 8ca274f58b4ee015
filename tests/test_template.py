"""workbook_template.xlsm and its sisters: built from text, whole, and helpful to fill in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from support.ecma import repairs_of
from support.office import convert
from support.packages import MAIN, parts_of
from support.template import (
    TABLES,
    inflated,
    made,
)

from xlportfolio import rescore
from xlportfolio.advice import standard_strategies
from xlportfolio.locale import texts
from xlportfolio.schema.contract import (
    CRITERIA,
    CUSTOMERS,
    SETTINGS,
    SETTINGS_TABLE,
    STRATEGIES,
)
from xlportfolio.template import build
from xlportfolio.template.workbook import file_name, new_workbook

ROOT = Path(__file__).parents[1]
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


def test_the_wheel_ships_every_workbook_and_the_texts_they_are_made_of(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", tmp_path, ROOT]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"a wheel cannot be built here: {done.stderr[-200:]}")
    assert done.returncode == 0, done.stderr
    (wheel,) = tmp_path.glob("*.whl")
    shipped = parts_of(wheel)
    folder = ROOT / "xlportfolio"
    needed = [*folder.glob("template/books/*"), *folder.glob("template/vba/*")]
    needed += [folder / "template" / "ribbon.xml", *folder.glob("locale/*.toml")]
    needed += [path for path in folder.glob("web/**/*") if path.is_file()]
    assert len(needed) == 8 + 4 + 1 + 2 + 17
    for path in needed:
        assert shipped[str(path.relative_to(ROOT))] == path.read_bytes()


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
        (CRITERIA, "changeable"): {k: words(f"words.{k}") for k in ("yes", "no")},
        (CRITERIA, "role"): words.branch("roles"),
        (STRATEGIES, "quadrant"): {
            k: w for k, w in words.branch("quadrants").items() if k != "not_rated"
        },
        (STRATEGIES, "status"): words.branch("statuses"),
    }
    for (table, key), choices in closed.items():
        sheet = book[table.sheet(language)]
        cell = below(sheet, table.header(key, language))
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


@pytest.mark.parametrize("language", ["en", "de"])
def test_hours_are_numbers_from_0_and_may_be_unknown(language: str, tmp_path: Path) -> None:
    book = load_workbook(made(tmp_path, language))
    customers = book[CUSTOMERS.sheet(language)]
    places = [(customers, below(customers, CUSTOMERS.header("hours_now", language)))]
    settings = book[SETTINGS_TABLE.sheet(language)]
    places += [(settings, f"B{5 + SETTINGS.index('hours_per_year')}")]
    for sheet, cell in places:
        (rule,) = rules_of(sheet, cell)
        assert (rule.type, rule.operator) == ("decimal", "greaterThanOrEqual")
        assert float(rule.formula1) == 0
        assert rule.error == texts(language)("new.from_zero_error")


@pytest.mark.parametrize("language", ["en", "de"])
def test_new_columns_stand_where_they_do_not_push_others_aside(
    language: str, tmp_path: Path
) -> None:
    book = load_workbook(made(tmp_path, language, with_sample=False))
    headers = {}
    for table in (CUSTOMERS, CRITERIA):
        sheet = book[table.sheet(language)]
        (area,) = (t.ref for t in sheet.tables.values())
        headers[table.name] = [cell.value for cell in sheet[area][0]]
    assert headers["tblCustomers"][-1] == CUSTOMERS.header("hours_now", language)
    last = [
        CRITERIA.header(key, language) for key in ("changeable", "role", "source", "description")
    ]
    assert headers["tblCriteria"][-4:] == last


def below(sheet: Any, header: str) -> str:
    """The first cell below a header of an input table."""
    return next(str(cell.coordinate)[:-1] + "5" for cell in sheet[4] if cell.value == header)


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
    ours = {key for key in names if key.startswith(("kp_text_", "kp_help_", "kp_macros"))}
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
