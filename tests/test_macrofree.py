"""A copy without macros: nothing in it works only with them, and all else is as it was."""

from __future__ import annotations

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from openpyxl import load_workbook
from support.copies import (
    MICROSOFT,
    OFFICE,
    Parts,
    added,
    copied,
    copy_of,
    edited,
    without_macros,
)
from support.ecma import repairs_of
from support.everything import everything
from support.lo_session import Office
from support.northwind import WORKBOOKS
from support.packages import changed_parts, parts_of, sheet_parts, write_parts
from support.template import made

from xlportfolio.files.macrofree import remove_macros
from xlportfolio.files.memory import write_memory
from xlportfolio.files.package import Package
from xlportfolio.files.sheets import remove_sheet
from xlportfolio.files.workbook import Workbook
from xlportfolio.schema.merging import Memory

PLAIN = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
#: What may change in a copy of any workbook.
FRAME = {
    "[Content_Types].xml", "_rels/.rels", "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
}  # fmt: skip
#: What only a workbook with macros has, in the names of parts, types, relations and names.
OF_MACROS = re.compile(
    rb"macroEnabled|vbaProject|customUI|ui/extensibility|custom-properties|kp_text_|kp_help_|kp_macros|xlam|macrosheet|FmlaMacro|macro=\"[^\"]"
)


def assert_free(parts: Parts) -> None:
    """Nothing is left that needs macros or would make Excel ask."""
    left = {name: found[0] for name, data in parts.items() if (found := OF_MACROS.search(data))}
    assert left == {}
    assert not any(
        re.search(r"vba|customUI|ctrlProps/|docProps/custom|\.bin$", n)
        for n in parts
        if "printer" not in n
    )
    assert PLAIN in parts["[Content_Types].xml"]


def keys(told: list[Any]) -> list[str]:
    return [problem.fault.key for problem in told]


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("with_sample", [True, False])
def test_a_copy_of_the_template_has_no_macros(
    language: str, with_sample: bool, tmp_path: Path
) -> None:
    path = made(tmp_path, language, with_sample=with_sample)
    before = parts_of(path)
    told, after = copy_of(path)
    assert told == []
    assert_free(after)
    assert repairs_of(after) == []
    gone = set(before) - set(after)
    assert gone == {"customUI/customUI.xml", "xl/vbaProject.bin", "xl/drawings/vmlDrawing1.vml", "xl/worksheets/_rels/sheet1.xml.rels"}  # fmt: skip
    sheets = {f"xl/worksheets/sheet{number}.xml" for number in (1, 7, 8)}
    assert changed_parts(before, after) - gone == FRAME | sheets
    old, new = (load_workbook(p) for p in (path, copied(path)))
    assert new.sheetnames == old.sheetnames
    assert set(new.defined_names) == {n for n in old.defined_names if not re.match("kp_(text_|help_|macros)", n)}  # fmt: skip


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_genuine_workbook_keeps_everything_else(
    name: str, test_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes((test_data / "workbooks" / name).read_bytes())
    before = parts_of(path)
    told, after = copy_of(path)
    assert told == []
    gone = set(before) - set(after)
    assert gone <= {"xl/vbaProject.bin", "docProps/custom.xml"}
    assert changed_parts(before, after) - gone <= FRAME
    assert PLAIN in after["[Content_Types].xml"]
    assert b"vbaProject" not in after["[Content_Types].xml"]
    load_workbook(copied(path))


def test_libreoffice_opens_copies_without_macros(
    office: Office, test_data: Path, tmp_path: Path
) -> None:
    for name in ("macros.xlsm", "embedded_objects.xlsm", "form_controls.xlsx"):
        path = tmp_path / name
        path.write_bytes((test_data / "workbooks" / name).read_bytes())
        copy_of(path)
        document = office.open(copied(path))
        assert document.Sheets.ElementNames == tuple(load_workbook(path).sheetnames)
        assert list(document.BasicLibraries.ElementNames) in ([], ["Standard"])
        document.close(True)


def test_everything_else_is_kept_and_our_button_goes(tmp_path: Path) -> None:
    path = everything(tmp_path / "all.xlsm")
    before = parts_of(path)
    told, after = copy_of(path)
    assert told == []
    gone = set(before) - set(after)
    assert gone == {"xl/vbaProject.bin", "docProps/custom.xml"}
    (drawing,) = changed_parts(before, after) - gone - FRAME
    assert before[drawing].count(b"<v:shape ") - after[drawing].count(b"<v:shape ") == 1
    assert b"KpRescore" in before[drawing]
    assert b"Note" in after[drawing]  # the comment stays
    assert_free({n: data for n, data in after.items() if n != "docProps/app.xml"})


# --- buttons ----------------------------------------------------------------------------------------


def with_button(test_data: Path, path: Path, macro: str, places: set[str]) -> Path:
    """The genuine workbook with a form control, which starts a macro, said so in some places."""
    path.write_bytes((test_data / "workbooks" / "form_controls.xlsx").read_bytes())
    changes = {
        "xl/worksheets/sheet1.xml": ("<controlPr ", f'<controlPr macro="{macro}" '),
        "xl/drawings/drawing1.xml": ('macro=""', f'macro="{macro}"'),
        "xl/drawings/vmlDrawing1.vml": (
            "<x:TextHAlign>Center",
            f"<x:FmlaMacro>{macro}</x:FmlaMacro><x:TextHAlign>Center",
        ),
    }
    for part, change in changes.items():
        if part in places:
            edited(path, part, change)
    return path


SHEET, DRAWING, VML = "xl/worksheets/sheet1.xml", "xl/drawings/drawing1.xml", "xl/drawings/vmlDrawing1.vml"  # fmt: skip


@pytest.mark.parametrize("places", [{SHEET, DRAWING, VML}, {SHEET}, {DRAWING}, {VML}])
def test_a_form_control_of_ours_goes_from_all_four_places(
    places: set[str], test_data: Path, tmp_path: Path
) -> None:
    path = with_button(test_data, tmp_path / "a.xlsx", "[0]!KpRescore", places)
    before = parts_of(path)
    told, after = copy_of(path)
    assert told == []
    assert_free(after)
    assert set(before) - set(after) == {
        "xl/ctrlProps/ctrlProp1.xml", "docProps/custom.xml", DRAWING}  # fmt: skip
    assert b"control" not in after[SHEET]
    assert b"AlternateContent" not in after[SHEET]
    assert b"<drawing" not in after[SHEET]
    assert b"<legacyDrawing" in after[SHEET]
    assert after[VML].count(b"<v:shape ") == 1
    assert b"Note" in after[VML]


def test_another_control_stays_without_its_macro(test_data: Path, tmp_path: Path) -> None:
    macro = "[0]!Sheet1.Kpi_Click"
    path = with_button(test_data, tmp_path / "a.xlsx", macro, {SHEET, DRAWING, VML})
    before = parts_of(path)
    told, after = copy_of(path)
    assert keys(told) == ["macros_buttons"]
    assert told[0].message("de") == (
        "Schaltflächen oder Formen auf Sheet1 starten Makros (Sheet1.Kpi_Click), die es in der Kopie nicht gibt; dort bewirken sie nichts mehr."
    )
    assert_free({name: data for name, data in after.items() if "ctrlProps" not in name})
    assert set(before) - set(after) == {"docProps/custom.xml"}
    plain = parts_of(untouched(test_data, tmp_path))
    assert (
        after[VML].split()
        == plain[VML].replace(b"\r\n   <x:TextHAlign>Center", b"<x:TextHAlign>Center").split()
    )
    for part in (SHEET, DRAWING):
        assert after[part].count(b"<control ") == plain[part].count(b"<control ")
        assert after[part].count(b"xdr:sp ") == plain[part].count(b"xdr:sp ")


def untouched(test_data: Path, tmp_path: Path) -> Path:
    path = tmp_path / "plain.xlsx"
    path.write_bytes((test_data / "workbooks" / "form_controls.xlsx").read_bytes())
    return path


@pytest.mark.parametrize(("macro", "left"), [("KpShare", 1), ("Mine", 2)])
def test_a_shape_with_a_macro(macro: str, left: int, tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet()
    sheet.insert_textbox("A1", "one")
    sheet.insert_textbox("A9", "two")
    book.close()
    part = "xl/drawings/drawing1.xml"
    text = parts_of(path)[part].decode()
    first = text.index('macro=""')
    edited(path, part, (text[: first + 8], text[:first] + f'macro="[0]!{macro}"'))
    told, after = copy_of(path)
    assert_free(after)
    assert after[part].count(b"<xdr:twoCellAnchor") == left
    assert keys(told) == ["macros_buttons"] * (left - 1)


# --- sheets and names -------------------------------------------------------------------------------


def with_macro_sheet(path: Path, kind: str) -> Path:
    """Put a sheet of Excel 4.0 first, with names and a formula that need it."""
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Mine")
    other = book.add_worksheet("Other")
    for cell, formula in (
        ("A1", "=Double(2)"),
        ("A2", "=Rate*2"),
        ("A3", "=Other!A1"),
        ("A4", "=Local"),
    ):
        sheet.write_formula(cell, formula, value=4)
    other.write("A1", 4)
    book.define_name("Rate", "=Other!$A$1")
    book.define_name("Mine!Local", "=Mine!$A$3")
    book.define_name("Other!Local", "=Other!$A$3")
    other.print_area("A1:B2")
    other.activate()
    book.close()
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    content = f'<xm:macrosheet xmlns="{main}" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"><sheetData/></xm:macrosheet>'
    mime = f"application/vnd.ms-excel.{kind[2:].lower()}+xml"
    part = "xl/macrosheets/sheet1.xml"
    added(path, part, content.encode(), f"{MICROSOFT}/{kind}", mime, "xl/workbook.xml")
    shift = [(f'localSheetId="{n}"', f'localSheetId="{n + 1}"') for n in (1, 0)]
    names = '<definedName name="Double" function="1" xlm="1">Old!$A$1</definedName><definedName name="Auto" xlm="1" hidden="1">Old!$B$1</definedName>'
    edited(path, "xl/workbook.xml", *shift, ("<definedNames>", f"<definedNames>{names}"),
           ('activeTab="1"', 'activeTab="2" firstSheet="0"'),
           ("<sheets>", '<sheets><sheet name="Old" sheetId="9" r:id="xlmacrosheetssheet1xml"/>'))  # fmt: skip
    return path


@pytest.mark.parametrize("kind", ["xlMacrosheet", "xlIntlMacrosheet"])
def test_sheets_of_old_macros_go_and_what_counts_sheets_follows(kind: str, tmp_path: Path) -> None:
    path = with_macro_sheet(tmp_path / "a.xlsm", kind)
    told, after = copy_of(path)
    assert keys(told) == ["macros_sheets"]
    assert told[0].fault.details["sheets"] == ["Old"]
    assert_free(after)
    assert list(sheet_parts(after)) == ["Mine", "Other"]
    opened = load_workbook(copied(path))
    assert [opened["Mine"][f"A{row}"].value for row in range(1, 5)] == [
        4,
        "=Rate*2",
        "=Other!A1",
        "=Local",
    ]
    assert set(opened.defined_names) == {"Rate"}
    assert [set(sheet.defined_names) for sheet in opened] == [{"Local"}, {"Local"}]
    assert opened["Other"].defined_names["Local"].attr_text == "Other!$A$3"
    assert opened["Other"].print_area == "'Other'!$A$1:$B$2"
    view = re.search(rb"<workbookView [^>]*>", after["xl/workbook.xml"])
    assert view is not None
    assert b'activeTab="1"' in view[0]
    assert b'firstSheet="0"' in view[0]


def test_what_imports_wrote_goes(tmp_path: Path) -> None:
    path = made(tmp_path)
    secret = "a value that was imported"

    def work(workbook: Workbook) -> Any:
        write_memory(workbook, Memory({("K1", "Turnover"): secret}))
        assert any(secret.encode() in workbook.package.read(p) for p in workbook.package.parts())
        return without_macros(workbook)

    before = list(sheet_parts(parts_of(path)))
    _, after = copy_of(path, work)
    assert list(sheet_parts(after)) == before
    assert not any(secret.encode() in data or b"tblImported" in data for data in after.values())


def test_the_sheet_of_imports_goes_even_without_its_table(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    book.add_worksheet("Mine").write_formula("A1", "=_kp_imported!A1", value="K1")
    book.add_worksheet("_kp_imported").very_hidden()
    book.close()
    _, after = copy_of(path)
    assert list(sheet_parts(after)) == ["Mine"]
    assert load_workbook(copied(path))["Mine"]["A1"].value == "K1"


def test_a_removed_sheet_leaves_nothing_that_points_at_it(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    mine, page, last = (book.add_worksheet(n) for n in ("Mine", "Bob's page", "Last"))
    page.write("A1", "secret")
    page.add_table("C1:D3", {"name": "tblPage"})
    page.print_area("A1:B2")
    page.write_comment("A1", "secret too")
    formula = "=IF(A1,'bob''s page'!$A$1:$B$2,Last!A1)"
    mine.write_formula("B1", formula, value="secret")
    mine.write_formula("B2", "=Page_Cell", value="kept")
    mine.conditional_format("A1", {"type": "formula", "criteria": "='Bob''s page'!A1=1", "format": book.add_format({"bold": True})})  # fmt: skip
    chart = book.add_chart({"type": "bar"})
    chart.add_series({"values": "='Bob''s page'!$A$1:$A$2"})
    mine.insert_chart("D1", chart)
    last.write("A1", "'Bob''s page'!A1")
    last.repeat_rows(0)
    book.define_name("Page_Cell", "='Bob''s page'!$A$1")
    page.activate()
    book.close()

    def work(workbook: Workbook) -> list[str]:
        sheet = next(s for s in workbook.sheets if s.name == "Bob's page")
        return remove_sheet(workbook, sheet)

    before = parts_of(path)
    changed, after = copy_of(path, work)
    assert set(changed) == {"xl/worksheets/sheet1.xml", "xl/charts/chart1.xml"}
    gone = {"xl/worksheets/sheet2.xml", "xl/worksheets/_rels/sheet2.xml.rels", "xl/tables/table1.xml",
            "xl/comments1.xml", "xl/drawings/vmlDrawing1.vml"}  # fmt: skip
    assert set(before) - set(after) == gone
    assert after["xl/worksheets/sheet3.xml"] == before["xl/worksheets/sheet3.xml"]
    opened = load_workbook(copied(path))
    assert opened.sheetnames == ["Mine", "Last"]
    assert opened["Mine"]["B1"].value == "=IF(A1,#REF!,Last!A1)"
    assert load_workbook(copied(path), data_only=True)["Mine"]["B1"].value == "#REF!"
    assert opened.defined_names["Page_Cell"].attr_text == "#REF!"
    assert opened["Last"].print_title_rows == "$1:$1"
    assert opened.active.title in {"Mine", "Last"}
    text = b"".join(
        data
        for name, data in after.items()
        if not name.startswith(("docProps", "xl/sharedStrings"))
    )
    assert b"s page" not in text.lower()


def test_the_window_never_opens_on_a_hidden_sheet(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    book = xlsxwriter.Workbook(str(path))
    sheets = [book.add_worksheet(name) for name in ("One", "Two", "Three", "Four")]
    sheets[2].activate()
    sheets[1].hide()
    book.close()

    def work(workbook: Workbook) -> None:
        remove_sheet(workbook, workbook.sheets[2])
        remove_sheet(workbook, workbook.sheets[2])

    _, after = copy_of(path, work)
    assert list(sheet_parts(after)) == ["One", "Two"]
    assert b'activeTab="1"' not in after["xl/workbook.xml"]


# --- other parts ------------------------------------------------------------------------------------


def test_signatures_ribbons_and_toolbars_go_with_the_macros(tmp_path: Path) -> None:
    path = made(tmp_path)
    types = "application/vnd.ms-office."
    for part, kind, mime, source in (
        ("xl/vbaProjectSignature.bin", f"{MICROSOFT}/vbaProjectSignature", f"{types}vbaProjectSignature", "xl/vbaProject.bin"),
        ("xl/vbaProjectSignatureV3.bin", "http://schemas.microsoft.com/office/2020/07/relationships/vbaProjectSignatureV3", f"{types}vbaProjectSignatureV3", "xl/vbaProject.bin"),
        ("xl/attachedToolbars.bin", f"{MICROSOFT}/attachedToolbars", "application/vnd.ms-excel.attachedToolbars", "xl/workbook.xml"),
        ("customUI/customUI14.xml", "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility", "application/xml", ""),
        ("customUI/images/a.png", f"{OFFICE}/image", "image/png", "customUI/customUI14.xml"),
        ("userCustomization/customUI.xml", f"{MICROSOFT}/ui/userCustomization", "application/xml", ""),
        ("docProps/custom.xml", f"{OFFICE}/custom-properties", "application/vnd.openxmlformats-officedocument.custom-properties+xml", ""),
    ):  # fmt: skip
        added(path, part, b"<a/>" if part.endswith("xml") else b"x", kind, mime, source)
    with closing(Package(path)) as package:
        remove_macros(Workbook(package))
        parts = list(package.parts())
    assert [p for p in parts if re.search(r"vba|custom|Toolbars|png", p, re.IGNORECASE)] == []
    assert "docProps/core.xml" in parts


def linked(path: Path, formulas: dict[str, str], targets: list[str]) -> Path:
    book = xlsxwriter.Workbook(str(path))
    sheet = book.add_worksheet("Mine")
    for cell, formula in formulas.items():
        sheet.write_formula(cell, formula, value=1)
    book.close()
    main = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
    references = ""
    for number, target in enumerate(targets, start=1):
        part = f"xl/externalLinks/externalLink{number}.xml"
        content = f'<externalLink {main}><externalBook r:id="rId1"><sheetNames><sheetName val="S"/></sheetNames></externalBook></externalLink>'
        added(path, part, content.encode(), f"{OFFICE}/externalLink", "application/vnd.openxmlformats-officedocument.spreadsheetml.externalLink+xml", "xl/workbook.xml")  # fmt: skip
        references += f'<externalReference r:id="{re.sub(chr(92) + "W", "", part)}"/>'
        link = f'<Relationship Id="rId1" Type="{OFFICE}/externalLinkPath" Target="{target}" TargetMode="External"/>'
        rels = f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{link}</Relationships>'
        name = f"xl/externalLinks/_rels/externalLink{number}.xml.rels"
        parts = parts_of(path) | {name: rels.encode()}
        write_parts(path, parts)
    edited(path, "xl/workbook.xml", ("</sheets>", f"</sheets><externalReferences>{references}</externalReferences>"))  # fmt: skip
    return path


@pytest.mark.parametrize(
    ("formulas", "targets", "left"),
    [
        ({"A1": "=[1]!KP_SCORE(1)"}, ["file:///C:/x/xlwings.xlam"], []),
        ({"A1": "=[2]!KP_SCORE(1)", "A2": "=[1]S!A1"}, ["a.xlsx", "xlwings.XLAM"], ["a.xlsx"]),
        ({"A1": "=[1]!Other(1)"}, ["x/other.xlam"], ["x/other.xlam"]),
        ({"A1": "=[1]!KP_A(1)", "A2": "=[2]S!A1"}, ["x.xlam", "a.xlsx"], ["x.xlam", "a.xlsx"]),
    ],
)
def test_a_link_to_an_add_in_that_nothing_needs_goes(
    formulas: dict[str, str], targets: list[str], left: list[str], tmp_path: Path
) -> None:
    path = linked(tmp_path / "a.xlsx", formulas, targets)
    _, after = copy_of(path)
    rels = [data.decode() for name, data in sorted(after.items()) if "externalLinks/_rels" in name]
    assert [re.findall('Target="([^"]+)"', text)[0] for text in rels] == left
    assert after["xl/workbook.xml"].count(b"<externalReference ") == len(left)
    assert (b"externalReferences" in after["xl/workbook.xml"]) is bool(left)
