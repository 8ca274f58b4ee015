"""What must not be seen is in no part of a package; what may be seen is not touched."""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from itertools import pairwise
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook
from support.ecma import repairs_of
from support.everything import everything
from support.northwind import WORKBOOKS
from support.packages import parsed, parts_of, sheet_parts, write_parts
from support.planted_parts import PLACES, Parts, add, change, relate, simple
from support.searched import found_in
from support.template import made

from xlportfolio.audience import audience_of
from xlportfolio.errors import Problem, WorkbookError
from xlportfolio.files.cells import Area
from xlportfolio.files.change import change as change_book
from xlportfolio.files.clearing import clear_cells
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.redact import Redaction, redact_parts
from xlportfolio.files.telling import DRAWING, PartTeller, tell
from xlportfolio.files.workbook import MAIN, Workbook
from xlportfolio.run import Run
from xlportfolio.schema import RawTable, interpret
from xlportfolio.schema.contract import column_letters
from xlportfolio.secrecy import Secrets
from xlportfolio.sharing import Only, Sharing

NAME = "Müller & Söhne"
_STRINGS = "xl/sharedStrings.xml"


def redacted(
    path: Path,
    secrets: Secrets,
    *,
    skip: Iterable[str] = (),
    cleared: Mapping[str, list[Area]] | None = None,
    keep: bool = False,
) -> list[Problem]:

    def work(workbook: Workbook) -> list[Problem]:
        parts = [sheet.part for sheet in workbook.sheets if sheet.name in set(skip)]
        return Redaction(workbook, secrets, parts, cleared or {}, keep=keep).run()

    return change_book(path, None, work, backup=False).content


def planted(folder: Path, *places: str, text: str = NAME) -> Path:
    parts = simple()
    for place in places:
        PLACES[place](parts, text)
    return write_parts(folder / "book.xlsx", parts)


@pytest.mark.parametrize("place", PLACES)
def test_a_text_that_must_go_is_found_nowhere(place: str, tmp_path: Path) -> None:
    path = planted(tmp_path, place)
    before = parts_of(path)
    assert found_in(before, NAME) or place in {"paragraphs of a box", "a link in a drawing"}
    redacted(path, Secrets([NAME]))
    after = parts_of(path)
    assert found_in(after, NAME) == []
    assert set(repairs_of(after)) <= set(repairs_of(before))
    assert load_workbook(path)["Data"]["A1"].value is not None or place == "a pivot table"


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("text", ["MÜLLER &\u00a0SÖHNE", "Mu\u0308ller & So\u0308hne"])
def test_nor_is_it_however_it_is_spelled(place: str, text: str, tmp_path: Path) -> None:
    path = planted(tmp_path, place, text=text)
    redacted(path, Secrets([NAME]))
    assert found_in(path, NAME) == []


@pytest.mark.parametrize(
    "place",
    [
        "a shared string", "runs of a shared string", "a name's constant", "a note", "a box",
        "runs of a box", "an alternative text", "a chart's title", "SmartArt", "a table's total",
        "the document's title", "a property", "a number format", "rich values",
    ],
)  # fmt: skip
def test_an_alias_stands_where_the_name_stood(place: str, tmp_path: Path) -> None:
    path = planted(tmp_path, place)
    before = parts_of(path)
    redacted(path, Secrets(aliases={NAME: "Kunde 1"}))
    after = parts_of(path)
    assert found_in(after, NAME) == []
    assert found_in(after, "Kunde 1")
    assert set(repairs_of(after)) <= set(repairs_of(before))


@given(st.lists(st.integers(0, len(NAME)), max_size=6), st.sampled_from(["a:p", "s:si"]))
def test_a_name_is_known_however_its_runs_are_cut(cuts: list[int], unit: str) -> None:
    bounds = [0, *sorted(cuts), len(NAME)]
    tag = unit[:2]
    runs = "".join(
        f"<{tag}r><{tag}t>{escape(NAME[first:last])}</{tag}t></{tag}r>"
        for first, last in pairwise(bounds)
    )
    root = parsed(f'<{unit} xmlns:a="{DRAWING}" xmlns:s="{MAIN}">{runs}</{unit}>'.encode())
    assert tell(root, PartTeller(Secrets(aliases={NAME: "Kunde 1"})))
    assert "".join(root.itertext()) == "Kunde 1"
    assert not tell(root, PartTeller(Secrets(aliases={NAME: "Kunde 1"})))


def test_all_places_at_once_open_in_libreoffice(tmp_path: Path) -> None:
    program = shutil.which("soffice") or shutil.which("libreoffice")
    if program is None:
        pytest.skip("LibreOffice is not installed")
    alone = {"runs of a shared string", "a phonetic run", "runs of a box", "paragraphs of a box"}
    alone |= {"a connection"}
    path = planted(tmp_path, *(place for place in PLACES if place not in alone))
    redacted(path, Secrets([NAME]))
    assert found_in(path, NAME) == []
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [program, profile, "--headless", "--convert-to", "ods", "--outdir", str(tmp_path)]
    subprocess.run([*command, str(path)], check=True, capture_output=True, timeout=120)
    assert found_in(tmp_path / "book.ods", NAME) == []
    assert (tmp_path / "book.ods").stat().st_size > 1000


def test_a_part_that_nobody_can_read_stops_it(tmp_path: Path) -> None:
    parts = simple()
    broken = next(part for part in parts if part.startswith("xl/drawings/drawing"))
    path = write_parts(
        tmp_path / "book.xlsx", parts | {broken: b"<a><b>M\xc3\xbcller & S\xc3\xb6hne</a>"}
    )
    with pytest.raises(WorkbookError):
        redacted(path, Secrets([NAME]))


def test_what_holds_no_secret_keeps_its_bytes(tmp_path: Path) -> None:
    path = everything(tmp_path / "book.xlsx")
    before = parts_of(path)
    redacted(path, Secrets(["Nobody & Sons"]), keep=True)
    after = parts_of(path)
    changed = {name for name in before if after.get(name) != before[name]}
    assert {name for name in changed if not name.startswith("xl/charts/")} == set()
    assert repairs_of(after) == repairs_of(before)


@pytest.mark.parametrize("keep", [False, True])
@pytest.mark.parametrize("name", WORKBOOKS)
def test_genuine_workbooks_open_without_repair(
    name: str, keep: bool, test_data: Path, tmp_path: Path
) -> None:
    path = Path(shutil.copy(test_data / "workbooks" / name, tmp_path))
    before = parts_of(path)
    told = texts_in(before)
    redacted(path, Secrets(told), keep=keep)
    after = parts_of(path)
    new = set(repairs_of(after)) - set(repairs_of(before))
    assert {fault for fault in new if "and macros: False" not in fault} == set()
    assert list(sheet_parts(after)) == list(sheet_parts(before))
    load_workbook(path, keep_vba=path.suffix == ".xlsm")
    others = {part: data for part, data in after.items() if part not in sheet_parts(after).values()}
    assert [found for found in found_in(others, *told) if "their" not in found] == []


def texts_in(parts: Parts) -> list[str]:
    """Some texts of a workbook with a blank, which no word of the format is."""
    found = []
    for name, data in parts.items():
        if name.endswith("sharedStrings.xml") or "/drawings/drawing" in name:
            found += [e.text or "" for e in parsed(data).iter("{*}t")]
    names = ("xl/tables/", "xl/workbook.xml", "xl/worksheets/_rels/")  # looked after with the cells
    others = b"".join(data for name, data in parts.items() if name.startswith(names))
    others = b" ".join(others.split())
    found = [text for text in found if " ".join(text.split()).encode() not in others]
    distinct = {text for text in found if " " in text.strip() and 8 <= len(text.strip()) <= 60}
    return sorted(distinct)[:40] or ["Nobody & Sons"]


def test_pictures_go_with_their_anchors_and_are_named_by_sheet(tmp_path: Path) -> None:
    path = everything(tmp_path / "book.xlsx")
    problems = redacted(path, Secrets(["Nobody & Sons"]))
    after = parts_of(path)
    assert [p.fault.key for p in problems] == ["parts_pictures"]
    assert problems[0].fault.details["places"] == ["Gallery"]
    assert [name for name in after if name.startswith("xl/media/")] == ["xl/media/blank1.png"]
    assert not any(b"<xdr:pic>" in data or b"legacyDrawingHF" in data for data in after.values())
    assert b"&amp;G" not in b"".join(after.values())
    assert load_workbook(path)["Gallery"]["A1"].value == 1


def test_pictures_may_be_kept_and_nobody_looked_into_them(tmp_path: Path) -> None:
    path = planted(tmp_path, "an embedded object", "a thumbnail", "the workbook behind a chart")
    problems = redacted(path, Secrets([NAME, "Müller"]), keep=True)
    after = parts_of(path)
    assert [p.fault.key for p in problems] == ["parts_objects", "parts_kept"]
    assert "xl/media/image1.png" in after
    assert not any("thumbnail" in name or name.endswith(".xlsx") for name in after)
    found = {where.split(":")[0].split(" >")[0] for where in found_in(after, NAME, "Müller")}
    assert found == {"xl/media/part1.docx"}


def test_an_unused_text_is_emptied_and_numbers_of_texts_stay(tmp_path: Path) -> None:
    path = everything(tmp_path / "book.xlsx")
    before = texts_of(parts_of(path)[_STRINGS])
    redacted(path, Secrets(["Nobody & Sons"]), skip=["Odds"], keep=True)
    after = texts_of(parts_of(path)[_STRINGS])
    assert len(after) == len(before)
    sheet = load_workbook(path)
    assert not sheet["Odds"]["A8"].value
    gone = [old for old, new in zip(before, after, strict=True) if old != new]
    assert {"=SUM(1)", "merged"} <= set(gone)
    assert all(not new or new == old for old, new in zip(before, after, strict=True))


def texts_of(data: bytes) -> list[str]:
    return ["".join(e.itertext()) for e in parsed(data)]


@pytest.mark.parametrize("spelled", ["<x:c ", "<c t='s' "])
def test_cells_written_unusually_use_their_texts(spelled: str, tmp_path: Path) -> None:
    parts = simple()
    sheet = parts["xl/worksheets/sheet1.xml"]
    if spelled.startswith("<x:"):
        main = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
        sheet = sheet.replace(main, main.replace(b"xmlns=", b"xmlns:x="))
        root = etree.fromstring(
            sheet.replace(b"<", b"<x:").replace(b"<x:/", b"</x:").replace(b"<x:?", b"<?")
        )
        sheet = etree.tostring(root)
    else:
        sheet = sheet.replace(b't="s"', b"t='s'")
    parts["xl/worksheets/sheet1.xml"] = sheet
    path = write_parts(tmp_path / "book.xlsx", parts)
    before = texts_of(parts[_STRINGS])
    redacted(path, Secrets(["Nobody & Sons"]))
    assert texts_of(parts_of(path)[_STRINGS]) == before


def test_a_sheet_in_another_encoding_keeps_its_texts(tmp_path: Path) -> None:
    parts = simple()
    PLACES["printer settings"](parts, NAME)
    sheet = "xl/worksheets/sheet1.xml"
    row = '<row r="90"><c r="A90" t="inlineStr"><is><t>Zürich</t></is></c></row></sheetData>'
    change(parts, sheet, "</sheetData>", row)
    change(parts, sheet, 'encoding="UTF-8"', 'encoding="ISO-8859-1"')
    parts[sheet] = parts[sheet].decode().encode("latin-1")
    path = write_parts(tmp_path / "book.xlsx", parts)
    redacted(path, Secrets([NAME]))
    after = parts_of(path)
    assert b"pageSetup" in after[sheet]
    assert not any("printerSettings" in name for name in after)
    assert load_workbook(path)["Data"]["A90"].value == "Zürich"


def test_comments_on_emptied_cells_are_empty_and_others_stay(tmp_path: Path) -> None:
    parts = simple()
    change(parts, "xl/comments1.xml", "</commentList>", '<comment ref="A3" authorId="0"><text><t>stays</t></text></comment></commentList>')  # fmt: skip
    PLACES["a threaded comment"](parts, "about somebody")
    path = write_parts(tmp_path / "book.xlsx", parts)
    redacted(path, Secrets(), cleared={"xl/worksheets/sheet1.xml": [Area(1, 1, 5, 2)]})
    after = parts_of(path)
    assert found_in(after, "Marker note") == []
    assert "xl/threadedComments/threadedComment1.xml" in after
    assert not any("threaded" in where for where in found_in(after, "about somebody"))
    assert found_in(after, "stays")


def test_a_number_of_a_hidden_measure_goes_from_lists_of_constants(tmp_path: Path) -> None:
    parts = simple()
    change(parts, "xl/charts/chart1.xml", "<c:numRef>", '<c:numLit><c:ptCount val="2"/><c:pt idx="0"><c:v>98765.4</c:v></c:pt><c:pt idx="1"><c:v>7</c:v></c:pt></c:numLit><!--')  # fmt: skip
    change(parts, "xl/charts/chart1.xml", "</c:numRef>", "-->")
    change(parts, "xl/workbook.xml", "&quot;Marker name&quot;" if b"&quot;Marker" in parts["xl/workbook.xml"] else '"Marker name"', "{1,98765.4}")  # fmt: skip
    path = write_parts(tmp_path / "book.xlsx", parts)
    redacted(path, Secrets(numbers=[98765.4]))
    after = parts_of(path)
    assert found_in(after, "98765.4") == []
    assert b"<c:v>7</c:v>" in after["xl/charts/chart1.xml"]


def test_rows_of_addresses_are_no_numbers(tmp_path: Path) -> None:
    parts = simple()
    change(parts, "xl/workbook.xml", "<definedNames>", '<definedNames><definedName name="Far">Data!$A$98765:$B$98766</definedName>')  # fmt: skip
    path = write_parts(tmp_path / "book.xlsx", parts)
    redacted(path, Secrets(numbers=[98765.0, 98766.0]))
    assert found_in(path, "$A$98765:$B$98766")


def test_words_of_the_format_are_not_taken_for_names(tmp_path: Path) -> None:
    path = everything(tmp_path / "book.xlsx")
    before = parts_of(path)
    words = ["square", "auto", "none", "solid", "bottom", "Arial", "Normal", "General", "twoCell"]
    redacted(path, Secrets(words), keep=True)
    after = parts_of(path)
    assert set(repairs_of(after)) <= set(repairs_of(before))


def test_a_part_of_a_sheet_that_is_replaced_is_left_alone(tmp_path: Path) -> None:
    path = planted(tmp_path, "a box", "a chart's title")
    before = parts_of(path)
    redacted(path, Secrets([NAME]), skip=["Data"])
    after = parts_of(path)
    kept = ("xl/worksheets/sheet1.xml", "xl/drawings/drawing1.xml", "xl/charts/chart1.xml")
    assert all(after[part] == before[part] for part in kept)


def test_a_picture_that_fills_a_shape_is_blank(tmp_path: Path) -> None:
    parts = simple()
    at = relate(parts, "xl/drawings/drawing1.xml", "image", "/xl/media/image1.png")
    fill = f'<a:blipFill><a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="{at}"/><a:stretch/></a:blipFill><a:ln'
    change(parts, "xl/drawings/drawing1.xml", '<a:solidFill><a:schemeClr val="lt1"/></a:solidFill><a:ln', fill)  # fmt: skip
    path = write_parts(tmp_path / "book.xlsx", parts)
    picture = parts["xl/media/image1.png"]
    before = repairs_of(parts)
    redacted(path, Secrets([NAME]))
    after = parts_of(path)
    assert picture not in after.values()
    assert b"<a:blipFill>" in after["xl/drawings/drawing1.xml"]
    assert set(repairs_of(after)) <= set(before)


def test_every_kind_is_told_in_one_sentence_in_both_languages(tmp_path: Path) -> None:
    places = ("a pivot table", "a data model", "an embedded object", "data of another program")
    path = planted(tmp_path, *places, "an unknown binary part")
    problems = redacted(path, Secrets([NAME]))
    keys = [problem.fault.key for problem in problems]
    assert keys == ["parts_pictures", "parts_objects", "parts_pivots", "parts_model", "parts_data", "parts_unknown"]  # fmt: skip
    for language in ("en", "de"):
        sentences = [problem.message(language) for problem in problems]
        assert all(s.endswith(".") and "{" not in s for s in sentences)
    assert "Data" in problems[2].message("de")
    assert "die Mappe insgesamt" in problems[4].message("de")
    assert "xl/own/part.dat" in problems[5].message("en")


def test_a_connection_that_fills_a_table_stays_without_the_model(tmp_path: Path) -> None:
    parts = simple()
    PLACES["a data model"](parts, "Somebody else")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.queryTable+xml"
    query = '<queryTable xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" name="Q" connectionId="1"/>'
    add(parts, "xl/tables/table1.xml", "queryTable", "xl/queryTables/queryTable1.xml", query, kind)
    path = write_parts(tmp_path / "book.xlsx", parts)
    redacted(path, Secrets([NAME]))
    after = parts_of(path)
    assert b"<connection " in after["xl/connections.xml"]
    assert b"x15:connection" not in after["xl/connections.xml"]


def test_comments_on_customers_left_out_and_in_hidden_columns_are_empty(tmp_path: Path) -> None:
    path = made(tmp_path, "de", macros=False)
    parts = parts_of(path)
    run = Run.of(interpret(tables_in(path)), today=dt.date(2026, 3, 31))
    raw = run.given.places.customers.raw
    audience = audience_of(run, Sharing(only=Only("Status", "Wunschkunde"), hide=("Umsatz",)))
    gone = min(audience.removed)
    stays = next(row for row in run.given.customers.index if row not in audience.removed)
    hidden = column_letters(raw.column + min(audience.hidden))
    cells = {f"A{gone}": "pays late", f"{hidden}{stays}": "one million", f"B{stays}": "is kind"}
    said = "".join(
        f'<comment ref="{cell}" authorId="0"><text><t>{text}</t></text></comment>'
        for cell, text in cells.items()
    )
    listed = f"<authors><author>x</author></authors><commentList>{said}</commentList>"
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.comments+xml"
    content = f'<comments xmlns="{MAIN}">{listed}</comments>'
    add(parts, sheet_parts(parts)[raw.sheet], "comments", "xl/comments9.xml", content, kind)
    write_parts(path, parts)
    package = Package(path)
    workbook = Workbook(package)
    cleared = clear_cells(workbook, audience, ()).areas
    assert redact_parts(workbook, audience, (), cleared) == []
    after = package.read("xl/comments9.xml")
    package.close()
    assert found_in({"": after}, "pays late", "one million") == []
    assert found_in({"": after}, "is kind")


def tables_in(path: Path) -> Mapping[str, RawTable]:
    package = Package(path)
    tables = read_tables(Workbook(package))
    package.close()
    return tables
