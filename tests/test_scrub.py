"""Authors, comments and links to elsewhere: named in a copy, or gone from every part of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from openpyxl import load_workbook
from support.ecma import repairs_of
from support.elsewhere import (
    HOME,
    LEADING,
    OFFICE,
    SECRET,
    elsewhere,
    replaced,
    values_of,
)
from support.lo_session import Office
from support.northwind import WORKBOOKS
from support.packages import MAIN, faults_of, parsed, parts_of, sheet_parts, write_parts

from xlportfolio.errors import Problem, Severity
from xlportfolio.files.change import change
from xlportfolio.files.outside import books_in
from xlportfolio.files.package import Package
from xlportfolio.files.scrub import links, scrub
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import LANGUAGES

Parts = dict[str, bytes]


def scrubbed(source: Path, out: Path) -> tuple[Parts, list[Problem]]:
    """What is left of a workbook, and what is said."""
    told = change(source, out, scrub, suffix=out.suffix).content
    for problem in told:
        for language in LANGUAGES:
            assert "{" not in problem.message(language)
    return parts_of(out), told


def named(source: Path) -> list[Problem]:
    package = Package(source)
    told = links(Workbook(package))
    package.close()
    return told


def keys(problems: list[Problem]) -> list[str]:
    return [problem.fault.key for problem in problems]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    return elsewhere(tmp_path / "book.xlsx")


# --- what leads elsewhere -------------------------------------------------------------------------


def test_the_workbook_of_these_tests_is_one_that_excel_opens(book: Path) -> None:
    assert repairs_of(parts_of(book)) == []


def test_what_excel_asks_for_is_named_with_its_places(book: Path) -> None:
    told = {p.fault.key: p.message("en") for p in named(book)}
    assert set(told) == {"link_book", "link_dde", "link_ole", "link_pictures", "link_functions"}
    assert r"a link to \\netdrive\Master plan.xlsx, used on: Out, Deep, Rate;" in told["link_book"]
    assert "a DDE link to server.prog | prices, used on: Out;" in told["link_dde"]
    assert r"linked to \\netdrive\letter.docx, on: Out;" in told["link_ole"]
    assert "logo.png" in told["link_pictures"]
    functions = [p.message("de") for p in named(book) if p.fault.key == "link_functions"]
    assert [f.split(",")[0] for f in functions] == ["Formeln mit RTD", "Formeln mit WEBSERVICE"]
    assert all(p.severity is Severity.WARNING for p in named(book))


def test_naming_changes_nothing(book: Path, tmp_path: Path) -> None:
    change(book, tmp_path / "same.xlsx", links, suffix=".xlsx")
    assert parts_of(tmp_path / "same.xlsx") == parts_of(book)


def test_a_workbook_that_leads_nowhere_is_told_nothing(tmp_path: Path) -> None:
    from support.everything import everything  # noqa: PLC0415

    assert named(everything(tmp_path / "all.xlsx")) == []


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("[1]Plan!A1", {1}),
        ("'[12]It''s [so]'!A1+[2]!Name", {12, 2}),
        ("SUM('C:\\plans\\[3]x'!A1)", set()),
        ('"[1]Plan!A1"&A1', set()),
        ("tbl[1]+tbl[[#This Row],[1]]", set()),
        ("[0]!Own", set()),
        ("[4]!'!Item'", {4}),
    ],
)
def test_other_workbooks_are_known_by_their_numbers(formula: str, expected: set[int]) -> None:
    assert books_in(formula) == expected


# --- what is cut off ------------------------------------------------------------------------------


def test_formulas_that_lead_elsewhere_become_what_they_show(book: Path, tmp_path: Path) -> None:
    before = values_of(parts_of(book), "Out")
    parts, _ = scrubbed(book, tmp_path / "out.xlsx")
    after = values_of(parts, "Out")
    for cell in (*LEADING, "E1", "H2", "H3"):
        assert after[cell] == (None, before[cell][1]), cell
    for cell in (*HOME, "E2"):
        assert after[cell] == before[cell], cell


def test_nothing_of_it_is_left_in_any_part(book: Path, tmp_path: Path) -> None:
    given = b"".join(parts_of(book).values())
    assert all(text.encode() in given for text in SECRET)
    parts, _ = scrubbed(book, tmp_path / "out.xlsx")
    for name, data in parts.items():
        for text in SECRET:
            assert text.encode() not in data, (name, text)
            assert unquote(text).encode() not in data, (name, text)
        numbers = re.findall(rb'\[[1-9]\][^<"]{0,20}!', data)
        assert len(numbers) == (2 if name == sheet_parts(parts)["Out"] else 0), name  # in C1
        assert b"externalLink" not in data, name
    assert named(tmp_path / "out.xlsx") == []


def test_the_result_opens_without_repair(book: Path, tmp_path: Path) -> None:
    parts, _ = scrubbed(book, tmp_path / "out.xlsx")
    assert repairs_of(parts) == []
    assert faults_of(parts) == []
    assert load_workbook(tmp_path / "out.xlsx").sheetnames == ["Out", "Notes & more"]


def test_rules_and_names_that_lead_elsewhere_go_and_others_stay(book: Path, tmp_path: Path) -> None:
    parts, told = scrubbed(book, tmp_path / "out.xlsx")
    sheet = parsed(parts[sheet_parts(parts)["Out"]])
    assert [e.text for e in sheet.iter(f"{MAIN}formula")] == ["A1>Inner"]
    assert [e.text for e in sheet.iter(f"{MAIN}formula1")] == ["Inner"]
    names = [e.get("name") for e in parsed(parts["xl/workbook.xml"]).iter(f"{MAIN}definedName")]
    assert names == ["Inner"]
    said = {p.fault.key: p.fault.details for p in told}
    assert said["scrubbed_rules"] == {"count": 2}
    assert said["scrubbed_names"] == {"names": ["Deep", "Deeper", "Rate"]}


def test_a_chart_goes_on_showing_what_it_showed(book: Path, tmp_path: Path) -> None:
    parts, _ = scrubbed(book, tmp_path / "out.xlsx")
    (chart,) = (parsed(d) for n, d in parts.items() if n.startswith("xl/charts/chart"))
    assert [e.text for e in chart.iter("{*}f")] == ["Out!$G$2:$G$3"]
    literal = [[v.text for v in e.iter("{*}v")] for e in chart.iter("{*}numLit", "{*}strLit")]
    assert literal == [["x", "y"], ["4", "5"]]


def test_pictures_elsewhere_go_and_copies_stay(book: Path, tmp_path: Path) -> None:
    parts, told = scrubbed(book, tmp_path / "out.xlsx")
    assert "scrubbed_pictures" in keys(told)
    (drawing,) = (d for n, d in parts.items() if n.startswith("xl/drawings/drawing"))
    assert drawing.count(b"<xdr:pic>") == 1
    assert b"r:embed" in drawing
    assert b"r:link" not in drawing


def test_a_cell_without_a_value_becomes_empty_and_is_told(book: Path, tmp_path: Path) -> None:
    parts = parts_of(book)
    part = sheet_parts(parts)["Out"]
    replaced(parts, part, "<f>[1]Plan!B2*2</f><v>84</v>", "<f>[1]Plan!B2*2</f>")
    write_parts(book, parts)
    after, told = scrubbed(book, tmp_path / "out.xlsx")
    assert values_of(after, "Out")["A1"] == (None, None)
    (empty,) = (p for p in told if p.fault.key == "scrubbed_empty")
    assert empty.fault.details == {"cells": ["Out!A1"]}
    assert empty.severity is Severity.WARNING


def test_cells_that_share_a_formula_go_together(book: Path, tmp_path: Path) -> None:
    parts = parts_of(book)
    part = sheet_parts(parts)["Out"]
    old = '<c r="A1"><f>[1]Plan!B2*2</f><v>84</v></c>'
    new = '<c r="A1"><f t="shared" ref="A1:B1" si="0">[1]Plan!B2*2</f><v>84</v></c><c r="B1"><f t="shared" si="0"/><v>5</v></c>'
    replaced(parts, part, old, new)
    write_parts(book, parts)
    after, told = scrubbed(book, tmp_path / "out.xlsx")
    cells = values_of(after, "Out")
    assert (cells["A1"], cells["B1"]) == ((None, "84"), (None, "5"))
    assert repairs_of(after) == []
    assert {p.fault.details["count"] for p in told if p.fault.key == "scrubbed_cells"} == {12}


# --- authors and comments -------------------------------------------------------------------------


def test_comments_go_and_the_buttons_drawn_beside_them_stay(book: Path, tmp_path: Path) -> None:
    parts, told = scrubbed(book, tmp_path / "out.xlsx")
    assert not [n for n in parts if "comment" in n.lower()]
    (drawn,) = (d for n, d in parts.items() if n.endswith(".vml") and b"ObjectType" in d)
    assert b'ObjectType="Button"' in drawn
    assert b'ObjectType="Note"' not in drawn
    assert b"<legacyDrawing" in parts[sheet_parts(parts)["Notes & more"]]
    said = {p.fault.key: p.message("en") for p in told}
    assert said["scrubbed_comments"] == "Comments taken out of the sheet Notes & more: 1."
    assert "Anna Beispiel" in said["scrubbed_authors"]
    assert "Controlling GmbH" in said["scrubbed_authors"]
    assert r"C:\Users\Anna Beispiel" in said["scrubbed_folder"]


def test_where_only_notes_were_drawn_no_drawing_is_left(tmp_path: Path) -> None:
    import xlsxwriter  # noqa: PLC0415

    made = xlsxwriter.Workbook(str(tmp_path / "notes.xlsx"))
    sheet = made.add_worksheet()
    sheet.write_comment("A1", "a", {"author": "me"})
    sheet.write_comment("B2", "b", {"author": "you"})
    made.close()
    parts, told = scrubbed(tmp_path / "notes.xlsx", tmp_path / "out.xlsx")
    assert not [n for n in parts if n.endswith((".vml", ".rels")) and "sheet1" in n]
    assert b"legacyDrawing" not in parts["xl/worksheets/sheet1.xml"]
    assert repairs_of(parts) == []
    assert [p.fault.details for p in told] == [{"name": "Sheet1", "count": 2}]


def test_a_scenario_stays_without_its_author(book: Path, tmp_path: Path) -> None:
    parts, told = scrubbed(book, tmp_path / "out.xlsx")
    (scenario,) = parsed(parts[sheet_parts(parts)["Notes & more"]]).iter(f"{MAIN}scenario")
    assert dict(scenario.attrib) == {"name": "Best", "count": "1"}
    assert "scrubbed_users" in keys(told)


# --- genuine workbooks ----------------------------------------------------------------------------


def shown(document: Any) -> dict[str, Any]:
    return {
        sheet.Name: (sheet.getCellRangeByPosition(0, 0, 60, 500).getDataArray(), sheet.IsVisible)
        for sheet in document.Sheets
    }


def test_genuine_workbooks_open_as_before_and_show_the_same(
    office: Office, test_data: Path, tmp_path: Path
) -> None:
    for name in WORKBOOKS:
        source, out = test_data / "workbooks" / name, tmp_path / name
        before = parts_of(source)
        after, _ = scrubbed(source, out)
        assert set(repairs_of(after)) <= set(repairs_of(before)), name
        assert set(faults_of(after)) <= set(faults_of(before)), name
        assert load_workbook(out).sheetnames == load_workbook(source).sheetnames
        seen = []
        for path in (source, out):
            document = office.open(path)
            seen.append(shown(document))
            document.close(True)
        if name == "data_model.xlsx":  # LibreOffice cannot ask the model; its values stay now
            assert seen[0].pop("Cube")[0][3][1] is None
            assert seen[1].pop("Cube")[0][3][:3] == ("Baclava", 14, 3)
        assert seen[1] == seen[0], name


@pytest.mark.parametrize(
    ("name", "people", "gone"),
    [
        ("query_tables.xlsx", ["Greg Woolsey", "GregWoolsey"], ["connections", "queryTable"]),
        ("data_model.xlsx", ["Jan Havl", "havli"], ["connections", "item.data", "volatile"]),
        ("threaded_comments.xlsx", ["PJ Fanning", "pfanning"], ["omment", "person"]),
        ("pivot_tables.xlsx", ["Francois Botha"], ["comments", "printer"]),
        ("form_controls.xlsx", ["Erez Wanderman"], ["comments"]),
    ],
)
def test_people_and_connections_of_genuine_workbooks_are_gone(
    name: str, people: list[str], gone: list[str], test_data: Path, tmp_path: Path
) -> None:
    source = test_data / "workbooks" / name
    before = b"".join(parts_of(source).values())
    after, _ = scrubbed(source, tmp_path / name)
    for person in people:
        assert person.encode() in before
        assert not [n for n, data in after.items() if person.encode() in data], person
    for word in gone:
        assert not [n for n in after if word in n], word
    assert named(tmp_path / name) == []


def test_tables_that_queries_filled_are_tables_like_others(test_data: Path, tmp_path: Path) -> None:
    source = test_data / "workbooks" / "query_tables.xlsx"
    assert len(named(source)) == 10
    after, told = scrubbed(source, tmp_path / "out.xlsx")
    for name, data in after.items():
        if name.startswith("xl/tables/table"):
            assert b"queryTable" not in data, name
    (said,) = (p.fault.details for p in told if p.fault.key == "scrubbed_connections")
    assert (len(said["names"]), said["queries"]) == (10, 10)  # type: ignore[arg-type]


def test_pivot_tables_made_from_elsewhere_go_and_their_cells_stay(
    test_data: Path, tmp_path: Path
) -> None:
    """ECMA-376 part 1, 18.10.1.7: a cache that is filled by a connection."""
    source = tmp_path / "book.xlsx"
    parts = parts_of(test_data / "workbooks" / "pivot_tables.xlsx")
    cache = "xl/pivotCache/pivotCacheDefinition1.xml"
    found = re.search(rb"<cacheSource .*?</cacheSource>", parts[cache], re.DOTALL)
    assert found is not None
    fed = '<cacheSource type="external" connectionId="1"/>'
    replaced(parts, cache, found[0].decode(), fed)
    made = (
        f'<connections xmlns="{MAIN[1:-1]}"><connection id="1" name="Sales" type="5" '
        'refreshedVersion="6"><dbPr connection="Provider=SQLOLEDB;Server=netdrive" command="x"/>'
        "</connection></connections>"
    )
    parts["xl/connections.xml"] = made.encode()
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.connections+xml"
    listed = f'<Override PartName="/xl/connections.xml" ContentType="{kind}"/></Types>'
    replaced(parts, "[Content_Types].xml", "</Types>", listed)
    related = f'<Relationship Id="rIdC" Type="{OFFICE}/connections" Target="connections.xml"/>'
    rels = "xl/_rels/workbook.xml.rels"
    replaced(parts, rels, "</Relationships>", f"{related}</Relationships>")
    write_parts(source, parts)
    users = [n for n, d in parts.items() if "pivotTables/_rels" in n and b"Definition1.xml" in d]
    assert users
    after, told = scrubbed(source, tmp_path / "out.xlsx")
    assert set(repairs_of(after)) <= set(repairs_of(parts))
    assert set(faults_of(after)) <= set(faults_of(parts))
    assert cache not in after
    assert not set(users) & set(after)
    assert [n for n in after if "pivotTables/pivot" in n], "those of this workbook stay"
    assert not [n for n, d in after.items() if b"netdrive" in d]
    assert {p.fault.details["count"] for p in told if p.fault.key == "scrubbed_pivots"} == {
        len(users)
    }
    for name in sheet_parts(parts):
        assert values_of(after, name) == values_of(parts, name)


def test_scrubbing_twice_changes_nothing_more(test_data: Path, tmp_path: Path) -> None:
    for name in WORKBOOKS:
        once, _ = scrubbed(test_data / "workbooks" / name, tmp_path / name)
        again, told = scrubbed(tmp_path / name, tmp_path / f"again {name}")
        assert [k for k in keys(told) if k not in {"link_controls", "link_addins"}] == [], name
        assert {n for n in once if once[n] != again.get(n)} <= {"xl/workbook.xml"}, name
