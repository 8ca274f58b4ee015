"""Genuine workbooks, and one with everything XlsxWriter knows: a rescore loses nothing of them."""

from __future__ import annotations

import re
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from lxml import etree
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from support.copies import added
from support.ecma import repairs_of
from support.everything import FORMULAS, LOOKING, everything
from support.kept import DAY, assert_kept
from support.lo_session import Office
from support.northwind import WORKBOOKS, add_input, input_tables, measures_in
from support.packages import MAIN, MAY_CHANGE, changed_parts, parts_of, sheet_parts

from xlportfolio import WorkbookError, rescore
from xlportfolio.files.weights import find
from xlportfolio.report import ORDER
from xlportfolio.weighing import Taking
from xlportfolio.weighting import Method

Parts = dict[str, bytes]
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MICROSOFT = "http://schemas.microsoft.com/office/2006/relationships"


@pytest.fixture(scope="module")
def tables(test_data: Path) -> bytes:
    return input_tables(measures_in(test_data))


@pytest.mark.parametrize("name", WORKBOOKS)
def test_a_genuine_workbook_keeps_everything(
    name: str, tables: bytes, test_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / name
    original = add_input(test_data / "workbooks" / name, path, tables)
    given = parts_of(path)
    after = assert_kept(path)
    assert changed_parts(original, after) <= MAY_CHANGE
    assert set(repairs_of(after)) <= set(repairs_of(given))
    assert_readable(path, sheet_parts(given))


@pytest.mark.parametrize("name", WORKBOOKS)
def test_finding_weights_in_a_genuine_workbook_keeps_everything(
    name: str, tables: bytes, test_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / name
    original = add_input(test_data / "workbooks" / name, path, tables)
    given = parts_of(path)
    after = assert_kept(path, run=find)
    assert changed_parts(original, after) <= MAY_CHANGE
    assert set(repairs_of(after)) <= set(repairs_of(given))
    taken = find(path, take=Taking(Method.CRITIC), backup=False).taken
    again = {
        criterion.name: criterion.weight for criterion in rescore(path).analysis.model.criteria
    }
    assert taken
    assert {name: again[name] for name in taken} == taken


def assert_readable(path: Path, sheets: dict[str, str]) -> None:
    """Other readers open the file, and see the user's sheets and ours."""
    opened = load_workbook(path, keep_vba=path.suffix == ".xlsm")
    assert opened.sheetnames[: len(sheets)] == list(sheets)
    assert opened["Ranking"]["A6"].value == 1
    found = CalamineWorkbook.from_path(str(path))
    assert found.sheet_names == opened.sheetnames
    rows = found.get_sheet_by_name("Ranking").to_python()
    assert rows[5][2] == opened["Ranking"]["C6"].value


def shown(document: Any) -> dict[str, Any]:
    """What LibreOffice shows on each sheet: the values of its cells, and what is drawn there."""
    found = {}
    for sheet in document.Sheets:
        cursor = sheet.createCursor()
        cursor.gotoEndOfUsedArea(False)
        end = cursor.RangeAddress
        column, row = min(end.EndColumn, 200), min(end.EndRow, 2_000)
        area = sheet.getCellRangeByPosition(0, 0, column, row)
        drawn = sorted(shape.ShapeType for shape in sheet.DrawPage)
        found[sheet.Name] = (area.getDataArray(), area.getFormulaArray(), drawn, sheet.IsVisible)
    return found


def test_libreoffice_shows_on_her_sheets_what_it_showed_before(
    office: Office, tables: bytes, test_data: Path, tmp_path: Path
) -> None:
    for name in WORKBOOKS:
        before, after = tmp_path / f"before {name}", tmp_path / name
        add_input(test_data / "workbooks" / name, before, tables)
        rescore(before, after, as_of=DAY)
        seen = []
        for path in (before, after):
            document = office.open(path)
            seen.append(shown(document))
            document.close(True)
        old, new = seen
        assert list(new)[: len(old)] == list(old)
        assert {sheet: new[sheet] for sheet in old} == old, name
        assert new["Ranking"][0][5][0] == 1


def test_a_signed_package_is_refused_in_one_sentence(test_data: Path, tmp_path: Path) -> None:
    path = tmp_path / "signed.xlsx"
    shutil.copy(test_data / "workbooks" / "signed_package.xlsx", path)
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match=r"digitally signed.*remove the signature"):
        rescore(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_rescore_leaves_the_signature_of_macros_to_excel(
    tables: bytes, test_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "macros.xlsm"
    add_input(test_data / "workbooks" / path.name, path, tables)
    kinds = {
        "Signature": f"{_MICROSOFT}/vbaProjectSignature",
        "SignatureAgile": "http://schemas.microsoft.com/office/2014/relationships/vbaProjectSignatureAgile",
        "SignatureV3": "http://schemas.microsoft.com/office/2020/07/relationships/vbaProjectSignatureV3",
    }
    for name, kind in kinds.items():
        mime = f"application/vnd.ms-office.vbaProject{name}"
        added(path, f"xl/vbaProject{name}.bin", name.encode(), kind, mime, "xl/vbaProject.bin")
    before = parts_of(path)
    rescore(path)
    after = parts_of(path)
    of_macros = {name for name in before if "vbaProject" in name}
    assert len(of_macros) == 2 + len(kinds)  # the project, its relations, its signatures
    assert {name: after[name] for name in of_macros} == {name: before[name] for name in of_macros}
    for name in kinds:
        assert f"/xl/vbaProject{name}.bin".encode() in after["[Content_Types].xml"]


# --- a workbook with everything -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["xlsx", "xlsm"])
def test_everything_is_kept(kind: str, tmp_path: Path) -> None:
    path = everything(tmp_path / f"all.{kind}")
    given = parts_of(path)
    after = assert_kept(path)
    assert repairs_of(after) == []  # what names our sheets names sheets that are there
    assert_readable(path, sheet_parts(given))
    plan = load_workbook(path)[LOOKING]
    assert {cell: plan[cell].value.replace("_xlfn.", "") for cell in FORMULAS} == FORMULAS


def test_what_points_at_our_sheets_shows_what_stands_there(office: Office, tmp_path: Path) -> None:
    path = everything(tmp_path / "all.xlsx")
    customers = rescore(path, as_of=DAY).analysis.customers
    document = office.open(path)
    document.calculateAll()
    plan = document.Sheets.getByName(LOOKING)
    best = customers["customer"].iloc[0]
    assert plan.getCellRangeByName("A1").String == best
    assert plan.getCellRangeByName("A2").Value == pytest.approx(customers["total_score"].sum())
    assert plan.getCellRangeByName("E1").Value == pytest.approx(
        2 * customers["total_score"].iloc[0]
    )
    document.close(True)


def with_chain(parts: Parts) -> Parts:
    """The order in which Excel last computed the formulas, hers and one that she put into ours."""
    sheets = sheet_parts(parts)
    ranking = sheets["Ranking"]
    cell = re.search(rb'<c r="H6"[^>]*>', parts[ranking])
    assert cell is not None
    changed = parts | {ranking: parts[ranking].replace(cell[0], cell[0] + b"<f>1+1</f>")}
    root = etree.fromstring(parts["xl/workbook.xml"])
    cells = [
        f'<c r="{e.getparent().get("r")}" i="{sheet.get("sheetId")}"/>'
        for sheet in root.iter(f"{MAIN}sheet")
        for e in etree.fromstring(changed[sheets[sheet.get("name")]]).iter(f"{MAIN}f")
    ]
    assert len(cells) > len(FORMULAS)
    added = {
        "xl/_rels/workbook.xml.rels": f'<Relationship Id="rIdChain" Type="{_OFFICE}/calcChain" Target="calcChain.xml"/></Relationships>',
        "[Content_Types].xml": '<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"/></Types>',
    }
    for name, new in added.items():
        changed[name] = parts[name].replace(new[new.rindex("</") :].encode(), new.encode())
    changed["xl/calcChain.xml"] = (
        f'<calcChain xmlns="{MAIN[1:-1]}">{"".join(cells)}</calcChain>'.encode()
    )
    return changed


def as_a_user_leaves_it(parts: Parts) -> Parts:
    """As Excel saves it after a user renamed, moved, hid and named sheets of ours.

    Ranking is called otherwise, stands first, is known to VBA and in front; Stars is hidden, Poor
    dogs deeply; Matrix stands between sheets of hers.
    """
    sheets = sheet_parts(parts)
    root = etree.fromstring(parts["xl/workbook.xml"])
    listed = root.find(f"{MAIN}sheets")
    assert listed is not None
    before = [e.get("name") for e in listed]
    by_name = {e.get("name"): e for e in listed}
    listed.insert(0, by_name["Ranking"])
    listed.insert(3, by_name["Matrix"])
    by_name["Stars"].set("state", "hidden")
    by_name["Poor dogs"].set("state", "veryHidden")
    after = [e.get("name") for e in listed]
    for name in root.iter(f"{MAIN}definedName"):
        local = name.get("localSheetId")
        if local is not None:
            name.set("localSheetId", str(after.index(before[int(local)])))
    for view in root.iter(f"{MAIN}workbookView"):
        view.set("activeTab", "0")
        view.set("firstSheet", "0")
    changed = parts | {"xl/workbook.xml": etree.tostring(root)}
    ranking, plan = sheets["Ranking"], sheets[LOOKING]
    changed[plan] = changed[plan].replace(b' tabSelected="1"', b"")
    data = re.sub(rb"<sheetPr(/?)>", rb"<sheetPr codeName='Tabelle7'\1>", changed[ranking])
    data = (
        data.replace(b"<sheetPr ", b"<sheetPr codeName='Tabelle7' ")
        if data == changed[ranking]
        else data
    )
    data = re.sub(rb"<sheetView ", rb"<sheetView tabSelected='true' ", data, count=1)
    assert data.count(b"Tabelle7") == data.count(b"tabSelected") == 1
    changed[ranking] = data
    renamed = {  # Excel follows a new name wherever it stands
        rb"(?<!['\w])Ranking!": b"'Who counts'!",
        b"'Ranking'!": b"'Who counts'!",
        b"Ranking:Stars!": b"'Who counts:Stars'!",
        b'name="Ranking"': b'name="Who counts"',
    }
    for old, new in renamed.items():
        for name in changed:
            if name.endswith(".xml") and name != ranking:
                changed[name] = re.sub(old, new, changed[name])
    return changed


@pytest.mark.parametrize("kind", ["xlsx", "xlsm"])
def test_what_a_user_did_to_our_sheets_stays(kind: str, tmp_path: Path) -> None:
    path = everything(tmp_path / f"all.{kind}")
    rescore(path, as_of=DAY, backup=False)
    given = as_a_user_leaves_it(with_chain(parts_of(path)))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in given.items():
            package.writestr(name, content)
    assert repairs_of(given) == []
    names = list(sheet_parts(given))
    ours = frozenset(["Who counts", "Stars", "Question marks", "Free riders", "Poor dogs",
                      "Recommendations", "Activity plan", "Matrix", "ABC vs value", "Robustness",
                      "Movement", "Data check", "History customers", "History models"])  # fmt: skip
    assert len(ours) == len(ORDER)
    after = assert_kept(path, ours)
    assert repairs_of(after) == []
    assert list(sheet_parts(after)) == names
    hers = {part for name, part in sheet_parts(given).items() if name not in ours}
    assert {part for part in hers if after[part] != given[part]} == set()
    was, now = (etree.fromstring(parts["xl/workbook.xml"]) for parts in (given, after))
    for tag in ("sheet", "workbookView", "definedName", "calcPr", "workbookPr"):
        listed = [
            [(dict(e.attrib), e.text) for e in root.iter(f"{MAIN}{tag}")] for root in (was, now)
        ]
        key: Callable[[Any], str] = str
        assert sorted(listed[1], key=key) == sorted(listed[0], key=key), tag
    chains = [parts["xl/calcChain.xml"].count(b"<c ") for parts in (given, after)]
    assert chains[1] == chains[0] - 1
    ranking = after[sheet_parts(after)["Who counts"]]
    assert re.search(rb'<sheetPr[^>]*codeName="Tabelle7"', ranking)
    selected = [
        n for n, p in sheet_parts(after).items() if re.search(rb'tabSelected="(1|true)"', after[p])
    ]
    assert selected == ["Who counts"]


def test_all_visible_sheets_may_be_ours(tmp_path: Path) -> None:
    path = everything(tmp_path / "all.xlsx")
    rescore(path, as_of=DAY, backup=False)
    parts = parts_of(path)
    root = etree.fromstring(parts["xl/workbook.xml"])
    sheets = list(root.iter(f"{MAIN}sheet"))
    for sheet in sheets[: -len(ORDER)]:
        sheet.set("state", "hidden")
    for view in root.iter(f"{MAIN}workbookView"):
        view.set("activeTab", str(len(sheets) - 1))
        view.set("firstSheet", str(len(sheets) - 1))
    parts["xl/workbook.xml"] = etree.tostring(root)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)
    rescore(path, as_of=DAY, backup=False)
    assert repairs_of(parts_of(path)) == []
    assert changed_parts(parts, parts_of(path)) <= {"xl/workbook.xml", "[Content_Types].xml"}


def with_old_sheet(path: Path, kind: str, element: str) -> Parts:
    """Put a sheet of an old kind first."""
    parts = parts_of(path)
    mime = f"application/vnd.ms-excel.{kind.rpartition('/')[2].lower()}+xml"
    target = "macrosheets/sheet1.xml"
    added = {
        "xl/_rels/workbook.xml.rels": f'<Relationship Id="rIdOld" Type="{kind}" Target="{target}"/></Relationships>',
        "xl/workbook.xml": '<sheets><sheet name="Old" sheetId="99" r:id="rIdOld" state="hidden"/>',
        "[Content_Types].xml": f'<Override PartName="/xl/{target}" ContentType="{mime}"/></Types>',
    }
    for name, new in added.items():
        old = "<sheets>" if "<sheets>" in new else new[new.rindex("</") :]
        parts[name] = parts[name].replace(old.encode(), new.encode())
    spaces = f'xmlns="{MAIN[1:-1]}" xmlns:xm="http://schemas.microsoft.com/office/excel/2006/main"'
    parts[f"xl/{target}"] = f"<{element} {spaces}><sheetData/></{element}>".encode()
    parts["xl/workbook.xml"] = re.sub(
        rb'localSheetId="(\d+)"',
        lambda found: b'localSheetId="%d"' % (int(found[1]) + 1),
        parts["xl/workbook.xml"],
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return parts


def test_a_dialog_sheet_may_come_first(tmp_path: Path) -> None:
    path = everything(tmp_path / "all.xlsm")
    parts = with_old_sheet(path, f"{_OFFICE}/dialogsheet", "dialogsheet")
    after = assert_kept(path)
    assert set(repairs_of(after)) <= set(repairs_of(parts))


@pytest.mark.parametrize("kind", ["xlMacrosheet", "xlIntlMacrosheet"])
def test_macros_of_excel_4_are_refused_in_one_sentence_only_where_calamine_is_needed(
    kind: str, tmp_path: Path
) -> None:
    path = everything(tmp_path / "all.xlsm")
    parts = with_old_sheet(path, f"{_MICROSOFT}/{kind}", "xm:macrosheet")
    rescore(path, as_of=DAY, backup=False)
    assert changed_parts(parts, parts_of(path)) <= MAY_CHANGE
    commented = {
        name: data.replace(b"</sheetData>", b"<!-- --></sheetData>")
        for name, data in parts.items()
        if name.startswith("xl/worksheets/sheet")
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in (parts | commented).items():
            package.writestr(name, data)
    before = path.read_bytes()
    with pytest.raises(WorkbookError, match=r"the sheet Old holds macros of Excel 4\.0"):
        rescore(path)
    assert path.read_bytes() == before
