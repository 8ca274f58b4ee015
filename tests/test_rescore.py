"""Writing into a user's workbook: in place, again and again, and nothing of hers lost."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from lxml import etree
from openpyxl import load_workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.comments import Comment
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.table import Table, TableColumn
from support.books import CUSTOMERS
from support.office import convert
from support.packages import MAIN, MAY_CHANGE, changed_parts, faults_of, parts_of, sheet_parts

from xlportfolio import WorkbookError, rescore

OURS = [
    "Ranking",
    "Stars",
    "Question marks",
    "Free riders",
    "Poor dogs",
    "Recommendations",
    "Activity plan",
    "Matrix",
    "ABC vs value",
    "Robustness",
    "Movement",
    "Data check",
    "History customers",
    "History models",
]
DAY = dt.date(2026, 1, 31)


def edit(path: Path, change: Callable[..., None]) -> Path:
    """Let openpyxl stand in for a user who opens, changes and saves the workbook."""
    book = load_workbook(path)
    change(book)
    book.save(path)
    return path


def names(path: Path) -> list[str]:
    return load_workbook(path, read_only=True).sheetnames


def test_all_sheets_are_written_after_the_users(book: Path) -> None:
    rescore(book)
    assert names(book) == ["My notes", "Customers", "Criteria", *OURS]
    assert faults_of(parts_of(book)) == []


def test_every_other_part_keeps_its_bytes(book: Path) -> None:
    before = parts_of(book)
    rescore(book)
    assert changed_parts(before, parts_of(book)) <= MAY_CHANGE


def test_a_second_run_changes_nothing_and_styles_do_not_grow(book: Path) -> None:
    rescore(book, as_of=DAY)
    first = parts_of(book)
    rescore(book, as_of=DAY)
    second = parts_of(book)
    assert second["xl/styles.xml"] == first["xl/styles.xml"]
    assert changed_parts(first, second) <= {"[Content_Types].xml"}
    rescore(book, as_of=DAY)
    assert parts_of(book) == second


def test_the_calculation_settings_of_the_user_are_left_alone(book: Path) -> None:
    before = parts_of(book)["xl/workbook.xml"]
    rescore(book)
    after = parts_of(book)["xl/workbook.xml"]
    calculation = re.compile(rb"<calcPr[^>]*>")
    assert calculation.findall(after) == calculation.findall(before)


def test_new_results_replace_the_old_ones_in_place(book: Path) -> None:
    rescore(book)
    before = sheet_parts(parts_of(book))

    def drop_customers(opened) -> None:  # noqa: ANN001
        sheet = opened["Customers"]
        sheet["D2"] = 0
        sheet["A7"], sheet["B7"], sheet["F7"] = 6, "Zeta", "high"
        sheet.tables["tblCustomers"].ref = "A1:G7"

    edit(book, drop_customers)
    rescore(book)
    after = parts_of(book)
    assert faults_of(after) == []
    assert list(sheet_parts(after)) == ["My notes", "Customers", "Criteria", *OURS]
    assert list(before) == list(sheet_parts(after))
    sheet = load_workbook(book)["Ranking"]
    assert [sheet.cell(row, 2).value for row in range(6, 12)].count("6") == 1
    assert sheet.tables["tblRanking"].ref == "A5:N11"


def test_a_users_sheet_of_the_same_name_is_never_touched(book: Path) -> None:
    def add(opened) -> None:  # noqa: ANN001
        opened.create_sheet("Ranking")["A1"] = "my own ranking"

    before = parts_of(edit(book, add))
    rescore(book)
    rescore(book)
    assert changed_parts(before, parts_of(book)) <= MAY_CHANGE
    opened = load_workbook(book)
    assert opened["Ranking"]["A1"].value == "my own ranking"
    assert opened["Ranking (2)"]["A1"].value == "Customer ranking"
    assert len(opened.sheetnames) == 4 + len(OURS)


def test_our_sheets_keep_the_names_and_places_that_a_user_gave_them(book: Path) -> None:
    rescore(book)

    def rename(opened) -> None:  # noqa: ANN001
        opened["Ranking"].title = "Who's who"
        opened["Matrix"].title = "Picture"
        opened.move_sheet("Who's who", offset=-3)
        opened["My notes"]["A5"] = "='Who''s who'!A6"
        opened.defined_names["_kp_matrix"].attr_text = "Picture!$A$1"

    edit(book, rename)
    order = names(book)
    rescore(book, language="de")
    assert names(book) == order
    opened = load_workbook(book)
    assert opened["Who's who"]["A1"].value == "Rangliste der Kunden"
    assert opened["My notes"]["A5"].value == "='Who''s who'!A6"
    chart = next(data for name, data in parts_of(book).items() if "/chart" in name)
    assert b"'Picture'!$O$12:$O$32011" in chart


def test_a_deleted_sheet_comes_back_at_the_end(book: Path) -> None:
    rescore(book)
    edit(book, lambda opened: opened.remove(opened["Stars"]))
    rescore(book)
    assert names(book)[-1] == "Stars"
    assert faults_of(parts_of(book)) == []


def test_defined_names_of_the_user_stay(book: Path) -> None:
    def define(opened) -> None:  # noqa: ANN001
        opened.defined_names["Mine"] = DefinedName("Mine", attr_text="'My notes'!$A$1")

    edit(book, define)
    rescore(book)
    rescore(book)
    opened = load_workbook(book)
    assert opened.defined_names["Mine"].attr_text == "'My notes'!$A$1"
    assert opened.defined_names["_kp_matrix"].attr_text == "'Matrix'!$A$1"
    assert opened.defined_names["_kp_matrix"].hidden
    assert opened["Ranking"].print_title_rows == "$5:$5"


def test_cells_of_replaced_sheets_leave_the_calculation_chain(book: Path) -> None:
    rescore(book)
    parts = parts_of(book)
    sheets = etree.fromstring(parts["xl/workbook.xml"]).iter(f"{MAIN}sheet")
    numbers = {sheet.get("name"): sheet.get("sheetId").encode() for sheet in sheets}
    mine, ours = numbers["My notes"], numbers["Ranking"]
    chain = (
        b'<?xml version="1.0"?><calcChain xmlns="http://schemas.openxmlformats.org/spreadsheetml'
        b'/2006/main"><c r="B2" i="%b"/><c r="B3" i="%b"/><c r="B4"/><c r="B5" i="%b"/></calcChain>'
        % (mine, ours, mine)
    )
    types = parts["[Content_Types].xml"].replace(
        b"</Types>",
        b'<Override PartName="/xl/calcChain.xml" ContentType="application/vnd.openxmlformats-'
        b'officedocument.spreadsheetml.calcChain+xml"/></Types>',
    )
    rels = parts["xl/_rels/workbook.xml.rels"].replace(
        b"</Relationships>",
        b'<Relationship Id="rIdChain" Type="http://schemas.openxmlformats.org/officeDocument/2006/'
        b'relationships/calcChain" Target="calcChain.xml"/></Relationships>',
    )
    added = {
        "[Content_Types].xml": types,
        "xl/_rels/workbook.xml.rels": rels,
        "xl/calcChain.xml": chain,
    }
    with zipfile.ZipFile(book, "w") as package:
        for name, data in (parts | added).items():
            package.writestr(name, data)
    rescore(book)
    assert re.findall(rb'r="(B\d)" i="(\d+)"', parts_of(book)["xl/calcChain.xml"]) == [
        (b"B2", mine),
        (b"B5", mine),
    ]
    with zipfile.ZipFile(book, "w") as package:
        only_ours = chain.replace(b'i="%b"' % mine, b'i="%b"' % ours)
        for name, data in (parts | added | {"xl/calcChain.xml": only_ours}).items():
            package.writestr(name, data)
    rescore(book)
    after = parts_of(book)
    assert "xl/calcChain.xml" not in after
    assert faults_of(after) == []


# --- what replacing one of our sheets would lose is refused ---------------------------------------


def put_cell(opened) -> None:  # noqa: ANN001
    opened["Ranking"]["P7"] = "call them!"


def extend_table(opened) -> None:  # noqa: ANN001
    sheet = opened["Ranking"]
    for row in range(5, 11):
        sheet.cell(row, 15, "my remark")
    table = sheet.tables["tblRanking"]
    table.ref = table.autoFilter.ref = "A5:O10"
    table.tableColumns.append(TableColumn(id=15, name="my remark"))


def put_cell_below(opened) -> None:  # noqa: ANN001
    opened["Recommendations"]["B40"] = "see above"


def put_cell_on_matrix(opened) -> None:  # noqa: ANN001
    opened["Matrix"]["H3"] = "nice"


def put_cell_above(opened) -> None:  # noqa: ANN001
    opened["Ranking"]["H2"] = "checked by me"


def put_comment(opened) -> None:  # noqa: ANN001
    opened["Stars"]["C6"].comment = Comment("call", "me")


def put_table(opened) -> None:  # noqa: ANN001
    sheet = opened["Ranking"]
    sheet["P5"], sheet["P6"] = "Mine", 1
    sheet.add_table(Table(displayName="tblMine", ref="P5:P6"))


def put_chart(opened) -> None:  # noqa: ANN001
    sheet = opened["Ranking"]
    chart = BarChart()
    chart.add_data(Reference(sheet, min_col=8, min_row=5, max_row=8))
    sheet.add_chart(chart, "P2")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (put_cell, r"Sheet Ranking is rewritten at every run, but cell P7 holds something"),
        (extend_table, r"Sheet Ranking .* cell O5 holds"),
        (put_cell_below, r"Sheet Recommendations .* cell B40 holds"),
        (put_cell_on_matrix, r"Sheet Matrix .* cell H3 holds"),
        (put_cell_above, r"Sheet Ranking .* cell H2 holds"),
        (put_comment, r"Sheet Stars .* an object \((comments|legacyDrawing|vmlDrawing)\)"),
        (put_table, r"Sheet Ranking .* holds the table tblMine"),
        (put_chart, r"Sheet Ranking .* an object \(drawing\)"),
    ],
)
def test_what_a_user_put_on_our_sheets_is_never_lost(
    change: Callable[..., None], message: str, book: Path
) -> None:
    rescore(book)
    before = edit(book, change).read_bytes()
    with pytest.raises(WorkbookError, match=message):
        rescore(book)
    assert book.read_bytes() == before


def as_earlier(opened) -> None:  # noqa: ANN001
    """Take away what earlier versions did not write: last columns, the lines above a table."""
    abc = opened["ABC vs value"]
    for merged in [*abc.merged_cells.ranges]:
        abc.unmerge_cells(str(merged))
    abc.delete_rows(5, 7)
    for sheet, table, last, columns in (
        (abc, "tblAbc", "K9", 1),
        (opened["Recommendations"], "tblRecommendations", "K10", 2),
        (opened["Ranking"], "tblRanking", "M10", 1),
    ):
        there = sheet.tables[table]
        there.ref = there.autoFilter.ref = f"A5:{last}"
        for _ in range(columns):
            sheet.delete_cols(len(there.tableColumns))
            there.tableColumns.pop()
    opened.remove(opened["Robustness"])


def add_column(opened, name: str) -> None:  # noqa: ANN001
    """Extend a table of an earlier version by a column, as Excel does when one is begun beside it."""
    sheet = opened[name]
    (table,) = sheet.tables.values()
    sheet["L5"], sheet["L6"] = "Remark", "call them!"
    table.ref = table.autoFilter.ref = table.ref.replace("K", "L")
    table.tableColumns.append(TableColumn(id=12, name="Remark"))


def test_the_sheets_of_an_earlier_version_are_brought_up_to_date(book: Path) -> None:
    rescore(book, as_of=DAY)
    wanted = [[c.value for c in row] for row in load_workbook(book)["ABC vs value"]]
    rescore(edit(book, as_earlier), as_of=DAY)
    opened = load_workbook(book)
    assert [[c.value for c in row] for row in opened["ABC vs value"]] == wanted
    assert opened["ABC vs value"].tables["tblAbc"].ref == "A12:L16"
    assert opened["Recommendations"].tables["tblRecommendations"].ref == "A5:M10"
    assert opened["Ranking"].tables["tblRanking"].ref == "A5:N10"
    assert faults_of(parts_of(book)) == []


@pytest.mark.parametrize(
    ("change", "cell"),
    [
        *(
            (lambda opened, at=at: opened["ABC vs value"].__setitem__(at, "mine"), at)
            for at in ("A12", "B14", "L5", "L7", "L12")
        ),
        (lambda opened: opened["Recommendations"].__setitem__("L5", "mine"), "L5"),
        (lambda opened: add_column(opened, "Recommendations"), "L5"),
        (lambda opened: add_column(opened, "ABC vs value"), "L5"),
    ],
)
def test_what_stands_where_an_earlier_version_wrote_nothing_is_not_lost(
    change: Callable[..., None], cell: str, book: Path
) -> None:
    rescore(book)
    before = edit(edit(book, as_earlier), change).read_bytes()
    with pytest.raises(WorkbookError, match=rf"cell {cell} holds"):
        rescore(book)
    assert book.read_bytes() == before


def with_part(path: Path, name: str, content: bytes) -> bytes:
    """Put a part into the package, in place of the one of this name."""
    parts = parts_of(path) | {name: content}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for part, data in parts.items():
            package.writestr(part, data)
    return path.read_bytes()


@pytest.mark.parametrize("row", [7, 99])
def test_a_cell_beyond_the_extent_that_a_sheet_declares_is_not_lost(row: int, book: Path) -> None:
    """Some programs put cells into a sheet and leave its declared extent as it was."""
    rescore(book)
    parts = parts_of(book)
    part = sheet_parts(parts)["Ranking"]
    cell = b'<c r="Z%d" t="str"><v>call them</v></c>' % row
    if row == 7:
        changed = re.sub(rb'(<row r="7".*?)</row>', rb"\1%b</row>" % cell, parts[part])
    else:
        added = b'<row r="99">%b</row></sheetData>' % cell
        changed = parts[part].replace(b"</sheetData>", added)
    before = with_part(book, part, changed)
    with pytest.raises(WorkbookError, match=f"Sheet Ranking .* cell Z{row} holds"):
        rescore(book)
    assert book.read_bytes() == before


def test_what_a_user_drew_into_our_chart_is_not_lost(book: Path) -> None:
    rescore(book)
    chart = next(name for name in parts_of(book) if name.startswith("xl/charts/chart"))
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/chartUserShapes"
    relations = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
        f'<Relationship Id="rId1" Type="{kind}" Target="../drawings/drawing9.xml"/></Relationships>'
    )
    name = chart.replace("charts/", "charts/_rels/") + ".rels"
    before = with_part(book, name, relations.encode())
    with pytest.raises(WorkbookError, match=r"Sheet Matrix .* an object \(drawing\)"):
        rescore(book)
    assert book.read_bytes() == before


def test_a_picture_in_the_place_of_our_chart_is_not_lost(book: Path) -> None:
    rescore(book)
    parts = parts_of(book)
    name = next(n for n in parts if re.match("xl/drawings/_rels/", n))
    before = with_part(
        book, name, parts[name].replace(b"relationships/chart", b"relationships/image")
    )
    with pytest.raises(WorkbookError, match=r"Sheet Matrix .* an object \(drawing\)"):
        rescore(book)
    assert book.read_bytes() == before


def test_a_defined_name_like_one_of_our_tables_is_refused(book: Path) -> None:
    def define(opened) -> None:  # noqa: ANN001
        opened.defined_names["tblStars"] = DefinedName("tblStars", attr_text="'My notes'!$A$1")

    edit(book, define)
    with pytest.raises(WorkbookError, match="tblStars, which our table needs, is defined"):
        rescore(book)


# --- the file on the disk -------------------------------------------------------------------------


def test_another_file_leaves_the_workbook_alone(book: Path, tmp_path: Path) -> None:
    before = book.read_bytes()
    out = tmp_path / "out.xlsx"
    assert rescore(book, out).written == out
    assert book.read_bytes() == before
    assert faults_of(parts_of(out)) == []
    rescore(out)


def test_another_kind_of_file_is_refused(book: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"out\.xlsm must end in \.xlsx"):
        rescore(book, tmp_path / "out.xlsm")


def test_a_dry_run_writes_nothing(book: Path, tmp_path: Path) -> None:
    before = book.read_bytes()
    done = rescore(book, write=False)
    assert done.written is None
    assert len(done.analysis.customers) == len(CUSTOMERS)
    assert book.read_bytes() == before
    assert list(tmp_path.iterdir()) == [book]


def test_numbers_of_our_tables_stay(book: Path) -> None:
    rescore(book)

    def add(opened) -> None:  # noqa: ANN001
        sheet = opened["My notes"]
        sheet["D1"], sheet["D2"] = "Mine", 1
        sheet.add_table(Table(displayName="tblMine", ref="D1:D2", id=77))

    def numbers() -> dict[str, str]:
        tables = [data for name, data in parts_of(book).items() if name.startswith("xl/tables/")]
        roots = [etree.fromstring(data) for data in tables]
        return {root.get("displayName"): root.get("id") for root in roots}

    edit(book, add)
    before = numbers()
    rescore(book)
    assert numbers() == before


def test_a_workbook_saved_by_libreoffice_is_rescored_in_place(book: Path, tmp_path: Path) -> None:
    rescore(book)
    folder = tmp_path / "office"
    folder.mkdir()
    saved = convert(book, "xlsx", folder)
    order = names(saved)
    assert order == ["My notes", "Customers", "Criteria", *OURS]
    before = parts_of(saved)
    done = rescore(saved)
    assert names(saved) == order
    assert faults_of(parts_of(saved)) == []
    ours = {sheet_parts(before)[name] for name in OURS}
    kept = {name for name in before if name.startswith("xl/worksheets/sheet")} - ours
    assert not changed_parts(before, parts_of(saved)) & kept
    assert len(done.analysis.customers) == len(CUSTOMERS)


def test_a_rehearsal_finds_what_would_stop_the_run(book: Path) -> None:
    rescore(book)
    edit(book, put_cell)
    with pytest.raises(WorkbookError, match="cell P7 holds something"):
        rescore(book, write=False)
