"""A workbook made from the template after a rescore: macros untouched, scorecard and state fresh."""

from __future__ import annotations

import re
import zipfile
from datetime import date, datetime
from pathlib import Path

import pytest
from lxml import etree
from openpyxl import load_workbook
from openpyxl.utils import column_index_from_string
from openpyxl.worksheet.table import Table
from support.ecma import repairs_of
from support.office import convert
from support.packages import MAIN, MAY_CHANGE, changed_parts, parts_of, sheet_parts
from support.template import (
    block_of,
    made,
    replaced,
    scorecard_of,
    state_of,
    with_rows,
    without,
)

from xlportfolio import WorkbookError, rescore
from xlportfolio.excel import functions
from xlportfolio.locale import texts
from xlportfolio.model import RATED_QUADRANTS
from xlportfolio.report import ORDER
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, SETTINGS_TABLE
from xlportfolio.state import STATE_NAMES


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


def test_a_scorecard_whose_cells_have_no_addresses_is_refreshed(tmp_path: Path) -> None:
    """Some programs leave out what can be counted."""
    path = made(tmp_path)
    whole = scorecard_of(path)[1]
    parts = parts_of(path)
    part = sheet_parts(parts)["Scorecard"]
    root = etree.fromstring(parts[part])
    last = 0
    for row in root.iter(f"{MAIN}row"):
        number, column = int(row.get("r")), 0
        for cell in row:
            letter = re.sub(r"\d", "", cell.get("r"))
            if column_index_from_string(letter) == column + 1:
                del cell.attrib["r"]
            column = column_index_from_string(letter)
        if number == last + 1:
            del row.attrib["r"]
        last = number
    bare = etree.tostring(root).decode()
    assert bare.count(" r=") < 10
    replaced(path, part, parts[part].decode(), bare)
    rescore(path, backup=False)
    assert scorecard_of(path)[1] == whole
    assert repairs_of(parts_of(path)) == []


@pytest.mark.parametrize(
    ("old", "new"), [('<row r="5"', '<row r="five"'), (' ref="A4:H64"', ' ref="A4:?"')]
)
def test_a_scorecard_with_addresses_that_are_none_is_told_of(
    old: str, new: str, tmp_path: Path
) -> None:
    path = made(tmp_path)
    part = sheet_parts(parts_of(path))["Scorecard"]
    replaced(path, part, old, new)
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match=f"the part {part} is not valid XML"):
        rescore(path, backup=False)
    assert path.read_bytes() == before


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
    replaced(path, names[0], "A4:N64", "A4:N79")
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


def test_the_state_of_the_last_run_stands_in_names(tmp_path: Path) -> None:
    path = made(tmp_path)
    assert state_of(path) == dict.fromkeys(STATE_NAMES, '""') | {"kp_last_as_of": '""-""-""'}
    done = rescore(path, as_of=date(2026, 3, 31), backup=False)
    rated = done.analysis.customers[done.analysis.customers["rank"].notna()]
    state = state_of(path)
    assert state["kp_last_as_of"] == "2026-3-31"
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
    with_state_computed(path)
    for day, spelling in ((date(2026, 3, 31), "1"), (date(2026, 4, 1), "true")):
        rescore(path, as_of=day, backup=False)
        assert state_of(path)["kp_last_as_of"] == f"{day.year}-{day.month}-{day.day}"
        part = parts_of(path)[sheet_parts(parts_of(path))["Start"]]
        assert f"<v>{(day - date(1904, 1, 1)).days}.0</v>".encode() in part
        if spelling == "1":
            replaced(path, "xl/workbook.xml", 'date1904="1"', 'date1904="true"')


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
