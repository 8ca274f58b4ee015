"""Workbooks that no Excel wrote, and odd ones that Excel did: handled, or refused in a sentence."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import openpyxl
import pandas as pd
import pytest
from openpyxl import load_workbook
from python_calamine import CalamineWorkbook
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS, CUSTOMERS_HEADER, write_book
from support.ecma import repairs_of
from support.kept import DAY, assert_kept
from support.packages import parts_of
from xlsxwriter import Workbook as Writer

from xlportfolio import WorkbookError, rescore
from xlportfolio.files import extent, read

Parts = dict[str, bytes]
BOOK, STYLES, TYPES = "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"
RELATIONS, TABLE = "xl/_rels/workbook.xml.rels", "xl/tables/table1.xml"


def packed(path: Path, parts: Parts) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return path


def written(path: Path) -> Path:
    """The usual input as XlsxWriter writes it: shared strings, and a cell for each blank."""
    book = Writer(str(path))
    notes = book.add_worksheet("My notes")
    notes.write("A1", "do not touch")
    for sheet, table, rows in (
        ("Customers", "tblCustomers", (CUSTOMERS_HEADER, *CUSTOMERS)),
        ("Criteria", "tblCriteria", (CRITERIA_HEADER, *CRITERIA)),
    ):
        made, blank = book.add_worksheet(sheet), book.add_format({"bold": True})
        columns = [{"header": header} for header in rows[0]]
        options = {"name": table, "columns": columns}
        made.add_table(0, 0, len(rows) - 1, len(columns) - 1, options)
        for y, row in enumerate(rows[1:], start=1):
            for x, cell in enumerate(row):
                made.write(y, x, cell, blank)
    book.close()
    return path


@pytest.fixture(params=["openpyxl", "XlsxWriter"])
def parts(request: pytest.FixtureRequest, tmp_path: Path) -> Parts:
    path = tmp_path / "customers.xlsx"
    return parts_of(written(path) if request.param == "XlsxWriter" else write_book(path))


@cache
def expected() -> tuple[list[list[object]], pd.DataFrame]:
    """What readers see on the ranking of the usual input, and what the run says of it."""
    with TemporaryDirectory() as folder:
        path = write_book(Path(folder) / "customers.xlsx")
        done = rescore(path, as_of=DAY)
        return shown(path), done.analysis.customers


def shown(path: Path) -> list[list[object]]:
    return CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Ranking").to_python()


def assert_same_result(path: Path) -> None:
    """The file shows what the usual one does, to whoever reads it."""
    ranking, customers = expected()
    assert shown(path) == ranking
    found = rescore(path, write=False, as_of=DAY).analysis.customers
    rows = [frame.reset_index(drop=True) for frame in (found, customers)]  # known by sheet row
    pd.testing.assert_frame_equal(*rows)


# --- other ways to write the same XML -------------------------------------------------------------


def prefixed(data: bytes) -> bytes:
    """A prefix on every name that has none."""
    text = data.decode()
    namespace = re.search(r'<(?![?!])[^>]*?\sxmlns="([^"]+)"', text)
    if namespace is None:
        return data
    text = re.sub(r"<(/?)(?![?!/])(?!\w+:)", r"<\1x:", text)
    return text.replace(f'xmlns="{namespace[1]}"', f'xmlns:x="{namespace[1]}"').encode()


def with_mark(data: bytes) -> bytes:
    head = b"" if data.startswith(b"<?xml") else b'<?xml version="1.0" encoding="utf-8"?>\n'
    return b"\xef\xbb\xbf" + head + data


def single_quoted(data: bytes) -> bytes:
    return re.sub(rb"(\s[\w:]+)=\"([^\"']*)\"", rb"\1='\2'", data)


def commented(data: bytes) -> bytes:
    """A comment and a processing instruction at the start of every element with children."""
    return re.sub(rb"(<(?![?!/])[^>]*(?<!/)>)(?=<)", rb"\1<!-- why --><?program does?>", data)


def spaced(data: bytes) -> bytes:
    return re.sub(rb"><(?!/)", b">\n  <", data)


@pytest.mark.parametrize("change", [prefixed, with_mark, single_quoted, commented, spaced])
@pytest.mark.parametrize("where", ["/workbook.xml$|styles", r"worksheets/sheet|tables/", r"\."])
def test_the_same_said_in_other_xml(
    where: str, change: Callable[[bytes], bytes], tmp_path: Path
) -> None:
    parts = parts_of(written(tmp_path / "customers.xlsx"))
    changed = {n: change(data) if re.search(where, n) else data for n, data in parts.items()}
    assert changed != parts
    path = packed(tmp_path / "odd.xlsx", changed)
    assert_kept(path)
    assert_same_result(path)


def test_rows_and_cells_without_addresses(tmp_path: Path) -> None:
    parts = parts_of(written(tmp_path / "customers.xlsx"))
    for name in parts:
        if "worksheets/sheet" in name and name.endswith(".xml"):
            parts[name] = re.sub(rb'(<(?:row|c)\b[^>]*?) r="[A-Z0-9]+"', rb"\1", parts[name])
    path = packed(tmp_path / "odd.xlsx", parts)
    assert_kept(path)
    assert_same_result(path)


def test_our_own_sheets_without_addresses_are_ours_and_hers_are_hers(tmp_path: Path) -> None:
    """Whoever saved the file left them out, and the user put something beside our table."""
    path = written(tmp_path / "customers.xlsx")
    rescore(path, as_of=DAY, backup=False)
    parts = parts_of(path)
    name = next(n for n in parts if b"Customer ranking" in parts[n] and "sheet" in n)
    bare = re.sub(rb'(<(?:row|c)\b[^>]*?) r="[A-Z0-9]+"', rb"\1", parts[name])
    before = packed(path, parts | {name: bare}).read_bytes()
    with pytest.raises(WorkbookError, match="cell "):
        rescore(path)  # row 2 follows where row 5 stood: what looks ours is not where ours is
    assert path.read_bytes() == before
    hers = re.sub(rb"(<row [^>]*>)((?:<c [^>]*>.*?</c>|<c [^>]*/>)+)(?=</row>)",
                  rb'\1\2<c t="inlineStr"><is><t>mine</t></is></c>', parts[name])  # fmt: skip
    packed(path, parts | {name: hers})
    with pytest.raises(WorkbookError, match="holds something that is not ours"):
        rescore(path)


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("str", b'<c r="B2" t="str"><v>Alpha</v></c>'),
        ("inline", b'<c r="B2" t="inlineStr"><is><t>Alpha</t></is></c>'),
        ("rich", b'<c r="B2" t="inlineStr"><is><r><t>Al</t></r><r><rPr><b/></rPr><t>pha</t></r></is></c>'),
        ("phonetic", b'<c r="B2" t="inlineStr"><is><t>Alpha</t><rPh sb="0" eb="1"><t>x</t></rPh></is></c>'),
        ("formula", b'<c r="B2" t="str"><f>"Al"&amp;"pha"</f><v>Alpha</v></c>'),
    ],
)  # fmt: skip
def test_texts_of_every_kind(kind: str, cell: bytes, tmp_path: Path) -> None:
    parts = parts_of(write_book(tmp_path / "customers.xlsx"))
    sheet = next(n for n, data in parts.items() if b">Epsilon<" in data)
    found = re.search(rb'<c r="B2"[^>]*>.*?</c>', parts[sheet])
    assert found is not None, kind
    path = packed(tmp_path / "odd.xlsx", parts | {sheet: parts[sheet].replace(found[0], cell)})
    assert_kept(path)
    assert_same_result(path)


# --- the package ----------------------------------------------------------------------------------


def upper(parts: Parts) -> Parts:
    """Names of parts are compared without regard to case."""
    return {n if n.startswith(("[", "_")) else n.upper(): data for n, data in parts.items()}


def types_moved(parts: Parts) -> Parts:
    """The content types neither first, as Excel has them, nor last, as openpyxl has them."""
    rest = {n: data for n, data in parts.items() if n != TYPES}
    return {"docProps/": b"", **{n: d for n, d in rest.items() if n != BOOK}, TYPES: parts[TYPES], BOOK: parts[BOOK]}  # fmt: skip


def types_in_lower_case(parts: Parts) -> Parts:
    return {n.lower() if n == TYPES else n: data for n, data in parts.items()}


def no_sections(parts: Parts) -> Parts:
    """A style sheet that says nothing."""
    bare = {n: re.sub(rb' (?:s|style|dxfId|\w+DxfId)="\d+"', b"", d) for n, d in parts.items()}
    return parts | bare | {STYLES: re.sub(rb"(<styleSheet[^>]*>).*(</styleSheet>)", rb"\1\2", parts[STYLES], flags=re.DOTALL)}  # fmt: skip


def alternate_content(parts: Parts) -> Parts:
    odd = (
        b'<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        b'<mc:Choice Requires="x15"><x15ac:absPath url="C:\\\xc3\xa4\\" xmlns:x15ac="urn:ac" '
        b'xmlns:x15="urn:x15"/></mc:Choice></mc:AlternateContent>'
    )
    unknown = b'<extLst><ext uri="{unknown}"><a xmlns="urn:a" b="&amp;"/></ext></extLst>'
    book = parts[BOOK].replace(b"<bookViews>", odd + b"<bookViews>")
    return parts | {BOOK: book.replace(b"</workbook>", unknown + b"</workbook>")}


def last_sheet_id(parts: Parts) -> Parts:
    return parts | {BOOK: parts[BOOK].replace(b'sheetId="3"', b'sheetId="65534"')}


def last_table_id(parts: Parts) -> Parts:
    table = re.sub(rb' id="\d+"', b' id="4294967295"', parts[TABLE], count=1)
    return parts | {TABLE: table}


def no_views(parts: Parts) -> Parts:
    return parts | {BOOK: re.sub(rb"<bookViews>.*?</bookViews>", b"", parts[BOOK])}


@pytest.mark.parametrize(
    "change",
    [upper, types_moved, types_in_lower_case, no_sections, alternate_content,
     last_sheet_id, last_table_id, no_views],
)  # fmt: skip
def test_odd_packages(change: Callable[[Parts], Parts], parts: Parts, tmp_path: Path) -> None:
    changed = change(parts)
    assert changed != parts or list(changed) != list(parts)
    path = packed(tmp_path / "odd.xlsx", changed)
    after = assert_kept(path)
    assert_same_result(path)
    if change is no_sections:
        assert repairs_of(after) == []
    if change not in {upper, types_in_lower_case}:  # openpyxl does not find these
        assert load_workbook(path)["Ranking"]["C6"].value == "Epsilon"
    if change is last_sheet_id:
        numbers = [int(n) for n in re.findall(rb'sheetId="(\d+)"', after[BOOK])]
        assert sorted(numbers) == [*range(1, 17), 65534]
    if change is last_table_id:
        tables = [data for name, data in after.items() if "tables/" in name]
        ids = [int(re.search(rb' id="(\d+)"', data)[1]) for data in tables]  # type: ignore[index]
        assert len(set(ids)) == len(ids) == 15
        assert min(ids) > 0
        assert max(ids) == 2**32 - 1


def test_names_of_parts_keep_their_bytes(tmp_path: Path) -> None:
    """Some programs write UTF-8 into a zip without saying so."""
    parts = parts_of(write_book(tmp_path / "customers.xlsx"))
    path = packed(
        tmp_path / "odd.xlsx", {**parts, "xl/media/B__ld.png": b"x", "xl/media/ö.png": b"y"}
    )
    data = path.read_bytes().replace(b"B__ld.png", "Böld.png".encode())
    path.write_bytes(data)
    assert b"xl/media/B\xc3\xb6ld.png" in data
    assert_kept(path)
    assert path.read_bytes().count(b"xl/media/B\xc3\xb6ld.png") == 2


def test_zip64(tmp_path: Path) -> None:
    parts = parts_of(write_book(tmp_path / "customers.xlsx"))
    path = tmp_path / "odd.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            with package.open(name, "w", force_zip64=True) as sink:
                sink.write(data)
    assert_kept(path)
    assert_same_result(path)


# --- odd contents ---------------------------------------------------------------------------------


def at(path: Path, left: int, top: int, more: Callable[..., None] = lambda *_: None) -> Path:
    """The customers' table at some place of its sheet."""
    book = Writer(str(path), {"date_1904": True})
    for sheet, table, rows, x, y in (
        ("Customers", "tblCustomers", (CUSTOMERS_HEADER, *CUSTOMERS), left, top),
        ("Criteria", "tblCriteria", (CRITERIA_HEADER, *CRITERIA), 0, 0),
    ):
        made = book.add_worksheet(sheet)
        columns = [{"header": header} for header in rows[0]]
        data = [list(row) for row in rows[1:]]
        options = {"name": table, "columns": columns, "data": data}
        made.add_table(y, x, y + len(data), x + len(columns) - 1, options)
        if table == "tblCustomers":
            more(made)
    book.close()
    return path


@pytest.mark.parametrize(("left", "top"), [(16_377, 0), (0, 1_048_570), (16_377, 1_048_570)])
def test_customers_at_the_ends_of_a_sheet(left: int, top: int, tmp_path: Path) -> None:
    path = at(tmp_path / "far.xlsx", left, top)
    rescore(path, as_of=DAY)
    assert_same_result(path)


def test_cells_far_out_that_are_only_formatted_do_not_count(tmp_path: Path) -> None:
    path = at(tmp_path / "far.xlsx", 0, 0)
    parts = parts_of(path)
    sheet = "xl/worksheets/sheet1.xml"
    data = parts[sheet].replace(
        b"</sheetData>", b'<row r="1048576"><c r="XFD1048576" s="0"/></row></sheetData>'
    )
    data = data.replace(b'<dimension ref="A1:G6"/>', b'<dimension ref="A1:XFD1048576"/>')
    assert data.count(b"XFD1048576") == 2
    packed(path, parts | {sheet: data})
    assert_kept(path)
    assert_same_result(path)


def test_a_cell_far_out_beside_the_tables_is_left_where_it_is(tmp_path: Path) -> None:
    path = at(tmp_path / "far.xlsx", 0, 0, lambda sheet: sheet.write("XFD1048576", "x"))
    assert_kept(path)
    assert_same_result(path)


def legacy_share(parts: Parts) -> Parts:
    kind = b"http://schemas.openxmlformats.org/officeDocument/2006/relationships/revisionHeaders"
    target = b"/xl/revisions/revisionHeaders.xml"
    relation = b'<Relationship Id="rIdShared" Type="%b" Target="%b"/></Relationships>' % (
        kind,
        target,
    )
    rels = parts[RELATIONS].replace(b"</Relationships>", relation)
    return parts | {RELATIONS: rels, target.decode().lstrip("/"): b"<headers/>"}


def too_many_formats(parts: Parts) -> Parts:
    found = re.search(rb"<cellXfs.*?</cellXfs>", parts[STYLES], re.DOTALL)
    assert found is not None
    formats = b'<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>' * 65_490
    many = b'<cellXfs count="65490">%b</cellXfs>' % formats
    return parts | {STYLES: parts[STYLES].replace(found[0], many)}


def recoded(part: str, encoding: str) -> Callable[[Parts], Parts]:
    def change(parts: Parts) -> Parts:
        text = re.sub(r"^<\?xml[^>]*\?>", "", parts[part].decode())
        head = f'<?xml version="1.0" encoding="{encoding}"?>\n'
        return parts | {part: (head + text).encode(encoding)}

    change.__name__ = f"{encoding} {part}"
    return change


def renamed_book(parts: Parts) -> Parts:
    names = {BOOK: "xl/book2.xml", RELATIONS: "xl/_rels/book2.xml.rels"}
    renamed = {names.get(name, name): data for name, data in parts.items()}
    for name in (TYPES, "_rels/.rels"):
        renamed[name] = renamed[name].replace(b"xl/workbook.xml", b"xl/book2.xml")
    return renamed


def totals_rows(number: int) -> Callable[[Parts], Parts]:
    def change(parts: Parts) -> Parts:
        table = re.sub(rb' totalsRow\w+="\d+"', b"", parts[TABLE])
        table = re.sub(rb' ref="', b' totalsRowCount="%d" ref="' % number, table, count=1)
        return parts | {TABLE: table}

    return change


def bad_number(attribute: bytes) -> Callable[[Parts], Parts]:
    def change(parts: Parts) -> Parts:
        table = re.sub(rb' id="', b' %b="x" i_d="' % attribute, parts[TABLE], count=1)
        return parts | {TABLE: table}

    return change


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (legacy_share, "is shared in the old way, which allows no tables"),
        (too_many_formats, "would have more than the 65490 cell formats that Excel can hold"),
        (recoded("xl/worksheets/sheet2.xml", "utf-16"), "sheet2.xml is encoded as UTF-16"),
        (recoded("xl/worksheets/sheet2.xml", "iso-8859-1"), "sheet2.xml is encoded as ISO-8859-1"),
        (bad_number(b"id"), "is damaged: the table in xl/tables/table1.xml has a number that is none"),
        (bad_number(b"totalsRowCount"), "table1.xml has a number that is none"),
        (
            lambda parts: parts | {TABLE: re.sub(rb' ref="[A-Z0-9:]+"', b"", parts[TABLE])},
            "the table in xl/tables/table1.xml covers no valid area",
        ),
        (totals_rows(-20_000_000), "table1.xml covers no valid area"),
        (totals_rows(1_000), "table1.xml covers no valid area"),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_refused(
    change: Callable[[Parts], Parts], message: str, parts: Parts, tmp_path: Path
) -> None:
    changed = change(parts)
    assert changed != parts
    path = packed(tmp_path / "odd.xlsx", changed)
    before = path.read_bytes()
    with pytest.raises(WorkbookError) as error:
        rescore(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (recoded(BOOK, "utf-16"), "its part xl/workbook.xml is encoded as UTF-16, and only UTF-8"),
        (recoded(RELATIONS, "utf-16-be"), "workbook.xml.rels is encoded as UTF-16"),
        (
            renamed_book,
            "is damaged: its main part is called xl/book2.xml instead of xl/workbook.xml;",
        ),
    ],
)
def test_what_troubles_calamine_is_refused_only_where_calamine_is_needed(
    change: Callable[[Parts], Parts], message: str, parts: Parts, tmp_path: Path
) -> None:
    usual = packed(tmp_path / "usual.xlsx", parts)
    path = packed(tmp_path / "odd.xlsx", change(parts))
    found = []
    for book in (usual, path):
        rescore(book, as_of=DAY)
        found.append([*openpyxl.load_workbook(book)["Ranking"].values])
    assert found[0] == found[1]
    commented = parts["xl/worksheets/sheet2.xml"].replace(b"</sheetData>", b"<!-- --></sheetData>")
    packed(path, change(parts | {"xl/worksheets/sheet2.xml": commented}))
    with pytest.raises(WorkbookError) as error:
        rescore(path)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_tables_that_only_together_are_too_large(
    parts: Parts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (extent, read):
        monkeypatch.setattr(module, "FREE_IN_TABLES", 12_000_000)
    for name in (TABLE, "xl/tables/table2.xml"):
        longer = re.sub(rb"(:[A-Z]+)[0-9]+", rb"\g<1>1048576", parts[name])
        parts |= {name: re.sub(rb' totalsRow\w+="\d+"', b"", longer)}
    path = packed(tmp_path / "odd.xlsx", parts)
    with pytest.raises(WorkbookError, match="is far larger than what is filled in"):
        rescore(path)


def test_a_table_with_one_of_our_names_beside_its_own_is_refused(
    parts: Parts, tmp_path: Path
) -> None:
    renamed = re.sub(rb' name="tblCustomers"', b' name="tblRanking"', parts[TABLE], count=1)
    assert renamed != parts[TABLE]
    path = packed(tmp_path / "odd.xlsx", parts | {TABLE: renamed})
    with pytest.raises(WorkbookError, match="name tblRanking, which our table needs, is defined"):
        rescore(path)


def test_styles_in_another_encoding_are_read_all_the_same(parts: Parts, tmp_path: Path) -> None:
    path = packed(tmp_path / "odd.xlsx", recoded(TABLE, "utf-16")(parts))
    assert_kept(path)
    assert_same_result(path)


def test_a_sheet_of_ours_that_is_damaged_is_told_of(tmp_path: Path) -> None:
    path = write_book(tmp_path / "customers.xlsx")
    rescore(path, backup=False)
    parts = parts_of(path)
    name = next(n for n in parts if b"Customer ranking" in parts[n] and "sheet" in n)
    packed(path, parts | {name: parts[name].replace(b"</row>", b"</cell>", 1)})
    with pytest.raises(WorkbookError, match=f"the part {name} is not valid XML"):
        rescore(path)
