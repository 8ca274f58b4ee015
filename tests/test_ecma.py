"""The checker of package rules: silent about sound workbooks, heard about each fault."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
import xlsxwriter
from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference, ScatterChart, Series
from openpyxl.comments import Comment
from openpyxl.formatting.rule import (
    CellIsRule,
    ColorScaleRule,
    DataBarRule,
    FormulaRule,
    IconSetRule,
)
from openpyxl.styles import Font, PatternFill
from openpyxl.workbook.defined_name import DefinedName
from openpyxl.worksheet.datavalidation import DataValidation
from openpyxl.worksheet.table import Table
from support.ecma import repairs_of
from support.packages import parts_of
from xlsxwriter.worksheet import Worksheet

from xlportfolio import rescore
from xlportfolio.template.workbook import new_workbook

Parts = dict[str, bytes]
HEADERS = ["Customer", "Two\nlines", "R&D [x]", "Total"]
RIBBON = b"""<customUI xmlns="http://schemas.microsoft.com/office/2006/01/customui"><ribbon><tabs>
<tab id="ours" label="Portfolio"><group id="all" label="Run"><button id="go" label="Rescore"
 imageMso="Refresh" size="large" onAction="go"/><separator id="line"/><button idMso="Copy"/>
</group></tab></tabs></ribbon></customUI>"""
RIBBON_RELATION = (
    b'<Relationship Id="ribbon" Type="http://schemas.microsoft.com/office/2006/relationships/ui/'
    b'extensibility" Target="customUI/customUI.xml"/></Relationships>'
)


def parts_in(data: bytes) -> Parts:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


@cache
def sound() -> Parts:
    """Much of what Excel knows, in one workbook."""
    data = io.BytesIO()
    book = xlsxwriter.Workbook(data)
    first, other = book.add_worksheet("Input"), book.add_worksheet("It's other")
    fat = book.add_format({"bold": True, "num_format": "0.00 [$kg]", "bg_color": "#FFEE00"})
    first.add_table(
        "A3:D7",
        {
            "name": "Customers",
            "columns": [
                {"header": "Customer"},
                {"header": "Two\nlines"},
                {"header": "R&D [x]", "format": fat},
                {"header": "Total", "formula": "=SUM(Customers[[#This Row],[Customer]],1)"},
            ],
            "data": [["a", 1, 2], ["b", 3, 4], ["c", 5, 6], ["d", 7, 8]],
        },
    )
    other.add_table("F1:G3", {"name": "Small", "columns": [{"header": "x"}, {"header": "y"}]})
    first.merge_range("F1:G1", "merged", fat)
    first.merge_range("F2:G2", "merged too", fat)
    first.freeze_panes(3, 1)
    first.set_column("A:B", 12, fat)
    first.set_column("C:C", 20)
    first.repeat_rows(2)
    first.print_area("A1:D7")
    first.set_footer("&LPage &P of &N")
    first.data_validation("H1:H4", {"validate": "list", "source": ["yes", "no"]})
    whole = {"validate": "integer", "criteria": "between", "minimum": 1, "maximum": 9}
    first.data_validation("I1", whole | {"input_title": "Mark", "error_message": "1 to 9"})
    first.conditional_format("B4:B7", {"type": "data_bar"})
    first.conditional_format("C4:C7", {"type": "3_color_scale"})
    first.conditional_format("D4:D7", {"type": "icon_set", "icon_style": "4_arrows"})
    first.conditional_format("A4:A7", {"type": "cell", "criteria": ">", "value": 3, "format": fat})
    first.conditional_format("A4:A7", {"type": "formula", "criteria": '=$A4="a"', "format": fat})
    first.conditional_format(
        "A4:A7", {"type": "text", "criteria": "containing", "value": "b", "format": fat}
    )
    first.conditional_format("B4:B7", {"type": "top", "value": 2, "format": fat})
    first.write_comment("A1", "a note")
    first.insert_button("K1", {"macro": "go", "caption": "Go"})
    first.write_url("A10", "https://example.org/", string="a link")
    first.write_url("A11", "internal:'It''s other'!A1")
    first.write_rich_string("A12", "one ", fat, "two")
    first.write_formula("A13", "=IF('It''s other'!A1>1,\"x\"\"y\",-2%)")
    first.write_formula("A14", "=SUM(Customers[Two\nlines])+COUNTA(Customers[R&D '[x']])")
    first.write_boolean("A15", True)
    first.write_formula("A16", "=NA()", value="#N/A")
    first.write_dynamic_array_formula("L1:L3", "=SORT(UNIQUE(Customers[Customer]))")
    first.write_array_formula("N1:N2", "{=B4:B5*2}")
    first.write_formula("A17", "=_xlfn.LET(_xlpm.x,SUM(L1:INDEX(L1:L9,3)),_xlpm.x+1)")
    first.protect()
    first.set_tab_color("#2E7D4F")
    add_names_and_charts(book, first)
    book.close()
    parts = parts_in(data.getvalue())
    parts["customUI/customUI.xml"] = RIBBON
    parts["_rels/.rels"] = parts["_rels/.rels"].replace(b"</Relationships>", RIBBON_RELATION)
    return parts


def add_names_and_charts(book: xlsxwriter.Workbook, sheet: Worksheet) -> None:
    book.define_name("Rate", "=Input!$H$1")
    book.define_name("It's other!Local", "=SUM({1,2;3,4},'It''s other'!$A:$A)")
    book.define_name("Listed", "=Customers[Customer]")
    for place, kind in (("E9", "scatter"), ("E25", "column")):
        chart = book.add_chart({"type": kind})
        for values in ("=Input!$C$4:$C$7", "=Input!$D$4:$D$7"):
            labels = {"value": True, "position": "above" if kind == "scatter" else "outside_end"}
            chart.add_series(
                {"categories": "=Input!$B$4:$B$7", "values": values, "data_labels": labels}
            )
        chart.set_title({"name": "Both"})
        chart.set_x_axis({"min": 0, "name": "x", "major_gridlines": {"visible": True}})
        sheet.insert_chart(place, chart)


def openpyxl_book(path: Path) -> Path:
    book = Workbook()
    sheet = book.active
    sheet.title = "Data"
    for row in (["name", "x", "y"], ["a", 1, 2], ["b", 3, 4.5], ["c", 5, None]):
        sheet.append(row)
    sheet.add_table(Table(displayName="Points", ref="A1:C4"))
    sheet["A1"].comment = Comment("a note", "me")
    sheet["A1"].font = Font(bold=True, color="FF0000")
    sheet["E1"] = "=SUM(Points[x])"
    sheet.merge_cells("G1:H2")
    fill = PatternFill("solid", bgColor="FFEE00")
    for place, rule in (
        ("B2:B4", CellIsRule("greaterThan", ["2"], fill=fill)),
        ("B2:B4", ColorScaleRule("min", None, "FF0000", end_type="max", end_color="00FF00")),
        ("C2:C4", DataBarRule("num", 0, "num", 9, "638EC6")),
        ("C2:C4", IconSetRule("3Flags", "percent", [0, 33, 67])),
        ("A2:A4", FormulaRule(['A2="a"'], font=Font(bold=True))),
    ):
        sheet.conditional_formatting.add(place, rule)
    validation = DataValidation("list", formula1='"a,b"', promptTitle="Choose")
    validation.add("E2:E9")
    sheet.add_data_validation(validation)
    book.defined_names["Rate"] = DefinedName("Rate", attr_text="Data!$E$1")
    sheet.print_title_rows = "1:1"
    x, y = Reference(sheet, range_string="Data!B2:B4"), Reference(sheet, range_string="Data!C2:C4")
    scatter, bars = ScatterChart(), BarChart()
    scatter.series.append(Series(y, x, title="y"))
    bars.add_data(y)
    sheet.add_chart(scatter, "J1")
    sheet.add_chart(bars, "J20")
    book.create_sheet("Empty").freeze_panes = "B2"
    book.save(path)
    return path


def test_what_xlsxwriter_writes_is_sound() -> None:
    assert repairs_of(sound()) == []


def test_what_openpyxl_writes_is_sound(tmp_path: Path) -> None:
    assert repairs_of(parts_of(openpyxl_book(tmp_path / "book.xlsx"))) == []


@pytest.mark.parametrize("kind", ["xlsx", "xlsm"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_our_own_workbook_is_sound_before_and_after_a_rescore(
    language: str, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / f"book.{kind}"
    path.write_bytes(new_workbook(language, with_sample=True, macros=kind == "xlsm"))
    assert repairs_of(parts_of(path)) == []
    rescore(path, backup=False)
    assert repairs_of(parts_of(path)) == []


@pytest.mark.parametrize("kind", ["xlsx", "xlsm"])
@pytest.mark.parametrize("language", ["en", "de"])
def test_our_empty_workbook_is_sound(language: str, kind: str) -> None:
    data = new_workbook(language, with_sample=False, macros=kind == "xlsm")
    assert repairs_of(parts_in(data)) == []


def test_input_of_openpyxl_is_sound_after_a_rescore(book: Path) -> None:
    before = repairs_of(parts_of(book))
    rescore(book)
    assert (before, repairs_of(parts_of(book))) == ([], [])


def test_genuine_workbooks_are_sound(test_data: Path) -> None:
    books = sorted((test_data / "workbooks").glob("*.xls[xm]"))
    found = {path.name: repairs_of(parts_of(path)) for path in books}
    assert books
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_parts_of_others_can_be_left_out() -> None:
    parts = sound() | {"xl/worksheets/sheet1.xml": swapped(SHEET, "sheetViews", "cols")(sound())}
    assert repairs_of(parts)
    assert repairs_of(parts, only={"xl/workbook.xml"}) == []


# -- one fault each ---------------------------------------------------------------------------------

SHEET, OTHER = "xl/worksheets/sheet1.xml", "xl/worksheets/sheet2.xml"
BOOK, STYLES, STRINGS = "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml"
TABLE, DRAWING, TYPES = "xl/tables/table1.xml", "xl/drawings/drawing1.xml", "[Content_Types].xml"
SCATTER, BARS, NOTES = "xl/charts/chart1.xml", "xl/charts/chart2.xml", "xl/comments1.xml"
METADATA = "xl/metadata.xml"
RIBBON_PART, RELATIONS = "customUI/customUI.xml", "xl/worksheets/_rels/sheet1.xml.rels"


def swapped(part: str, one: str, other: str) -> Callable[[Parts], bytes]:
    """A part with two elements that follow each other in the wrong order."""
    element = r"(<{0}(?:\s[^>]*)?/>|<{0}(?:\s[^>]*)?>.*?</{0}>)"
    pattern = element.format(one) + "(.*?)" + element.format(other)
    return lambda parts: re.sub(pattern.encode(), rb"\3\2\1", parts[part], count=1, flags=re.DOTALL)


def inserted(part: str, before: str, what: str) -> tuple[str, str, str]:
    return part, re.escape(before), what.replace("\\", r"\\") + before


ORDER = [
    (SHEET, "sheetViews", "cols"),
    (SHEET, "mergeCells", "conditionalFormatting"),
    (SHEET, "dataValidations", "hyperlinks"),
    (SHEET, "pageMargins", "headerFooter"),
    (SHEET, "drawing", "legacyDrawing"),
    (SHEET, "f", "v"),
    (SHEET, "pane", "selection"),
    (BOOK, "sheets", "definedNames"),
    (STYLES, "fonts", "fills"),
    (STYLES, "cellStyles", "dxfs"),
    (STYLES, "left", "right"),
    (STYLES, "fgColor", "bgColor"),
    (TABLE, "tableColumns", "tableStyleInfo"),
    (DRAWING, "xdr:from", "xdr:to"),
    (DRAWING, "xdr:nvGraphicFramePr", "xdr:xfrm"),
    (SCATTER, "c:xVal", "c:yVal"),
    (SCATTER, "c:title", "c:plotArea"),
    (SCATTER, "c:scatterStyle", "c:ser"),
    (SCATTER, "c:axId", "c:scaling"),
    (SCATTER, "c:dLblPos", "c:showVal"),
    (BARS, "c:barDir", "c:grouping"),
    (BARS, "c:cat", "c:val"),
    (BARS, "c:idx", "c:order"),
    (NOTES, "authors", "commentList"),
]

CHANGES = {
    # the package
    "not well-formed": (SHEET, "</worksheet>", ""),
    "type of a sheet": (TYPES, r"spreadsheetml\.worksheet\+xml", "spreadsheetml.sheet+xml"),
    "type of a table": (TYPES, r"spreadsheetml\.table\+xml", "spreadsheetml.tables+xml"),
    "type of a chart": (TYPES, r"drawingml\.chart\+xml", "drawingml.graph+xml"),
    "macro type without macros": (
        TYPES,
        r"application/vnd\.openxmlformats-officedocument\.spreadsheetml\.sheet\.main\+xml",
        "application/vnd.ms-excel.sheet.macroEnabled.main+xml",
    ),
    "two types": (TYPES, r'(<Override PartName="/xl/styles.xml"[^>]*>)', r"\1\1"),
    "two defaults": (TYPES, r'(<Default Extension="xml"[^>]*>)', r"\1\1"),
    "no type": (TYPES, '<Default Extension="vml"[^>]*>', ""),
    "relation to nothing": (RELATIONS, r"drawing1\.xml", "drawing7.xml"),
    "relation of another kind": (RELATIONS, "relationships/drawing", "relationships/image"),
    "two relations of one id": (RELATIONS, 'Id="rId2"', 'Id="rId1"'),
    "r:id that is not there": (SHEET, '<drawing r:id="rId[0-9]+"', '<drawing r:id="rId99"'),
    "table part without relation": (SHEET, '<tablePart r:id="rId[0-9]+"', '<tablePart r:id="x"'),
    "link without relation": (SHEET, '(<hyperlink ref="A10" r:id=)"rId[0-9]+"', r'\1"rId98"'),
    "orphan": ("xl/_rels/workbook.xml.rels", '<Relationship [^>]*styles"[^>]*>', ""),
    "relationship of no known type": (RELATIONS, "relationships/comments", "relationships/notes"),
    "type of relationships": (TYPES, "package.relationships", "package.relations"),
    # the workbook
    "sheet ids": (BOOK, 'sheetId="2"', 'sheetId="1"'),
    "sheet id too large": (BOOK, 'sheetId="2"', 'sheetId="65535"'),
    "sheet without id": (BOOK, ' r:id="rId2"', ""),
    "sheet names": (BOOK, 'name="Input"', 'name="it\'s OTHER"'),
    "long sheet name": (BOOK, 'name="Input"', f'name="{"n" * 32}"'),
    "name with a bracket": (BOOK, 'name="Input"', 'name="In[put"'),
    "name ends with an apostrophe": (BOOK, 'name="Input"', 'name="Input\'"'),
    "all hidden": (
        BOOK,
        'sheetId="1"(.*)sheetId="2"',
        r'sheetId="1" state="hidden"\1sheetId="2" state="hidden"',
    ),
    "active tab": (BOOK, "<workbookView ", '<workbookView activeTab="2" '),
    "active tab hidden": (BOOK, 'sheetId="1"', 'sheetId="1" state="veryHidden"'),
    "grouped sheets": (OTHER, "<sheetView ", '<sheetView tabSelected="1" '),
    "truth value of an attribute": (BOOK, "<workbookPr ", '<workbookPr date1904="maybe" '),
    "unknown attribute": (BOOK, "<workbookPr ", '<workbookPr colour="red" '),
    "name defined twice": (BOOK, '(<definedName name="Rate">[^/]*/definedName>)', r"\1\1"),
    "name like a cell": (BOOK, 'name="Rate"', 'name="AB12"'),
    "name with a blank": (BOOK, 'name="Rate"', 'name="Ra te"'),
    "name of a table": (BOOK, 'name="Rate"', 'name="CUSTOMERS"'),
    "name of a lost sheet": (BOOK, r"Input!\$H\$1", "Output!$H$1"),
    "name of a deleted cell": (BOOK, r"Input!\$H\$1", "Input!#REF!"),
    "name out of scope": (BOOK, 'localSheetId="1"', 'localSheetId="7"'),
    "name of a lost table": (BOOK, r"Customers\[Customer\]", "Clients[Customer]"),
    "print titles": (BOOK, r"Input!\$3:\$3", "Input!$$A$3:$D$3"),
    "print titles elsewhere": (BOOK, r"Input!\$3:\$3", "'It''s other'!$3:$3"),
    "print titles as a block": (BOOK, r"Input!\$3:\$3", "Input!$A$3:$D$3"),
    # styles
    "font beyond": (STYLES, 'fontId="1"', 'fontId="99"'),
    "fill beyond": (STYLES, 'fillId="2"', 'fillId="99"'),
    "style parent beyond": (STYLES, '(<cellXfs.*?)xfId="0"', r'\1xfId="9"'),
    "number format unknown": (STYLES, 'numFmtId="164" fontId', 'numFmtId="165" fontId'),
    "colour": (STYLES, 'rgb="FFFFEE00"', 'rgb="yellow"'),
    "font size": (STYLES, '<sz val="11"', '<sz val="11pt"'),
    "font says twice": (STYLES, "<b/>", "<b/><b/>"),
    "unknown style element": inserted(STYLES, "<dxfs", "<dxf/>"),
    # cells
    "cell style beyond": (SHEET, '<c r="F1" s="[0-9]+"', '<c r="F1" s="99"'),
    "column style beyond": (SHEET, '(<col [^>]*)style="[0-9]+"', r'\1style="99"'),
    "columns overlap": (SHEET, '<col min="3"', '<col min="2"'),
    "row order": (SHEET, '<row r="12"', '<row r="9"'),
    "cell in another row": (SHEET, '<c r="A12"', '<c r="A13"'),
    "cell order": (SHEET, '<c r="B4"', '<c r="A4"'),
    "address": (SHEET, '<c r="A12"', '<c r="A0"'),
    "shared string beyond": (SHEET, '(<c r="A12"[^>]*><v>)[0-9]+', r"\g<1>999"),
    "kind of cell": (SHEET, 't="b"', 't="bool"'),
    "truth value": (SHEET, '(t="b"><v>)1', r"\1yes"),
    "error value": (SHEET, "<v>#N/A</v>", "<v>#OOPS</v>"),
    "number": (SHEET, '(<c r="B7"[^>]*>)<v>7</v>', r"\1<v>7,0</v>"),
    "no number": (SHEET, '(<c r="B7"[^>]*>)<v>7</v>', r"\1<v>nan</v>"),
    "metadata": (SHEET, ' cm="1"', ' cm="2"'),
    "metadata miscounted": (METADATA, 'cellMetadata count="1"', 'cellMetadata count="2"'),
    "metadata of no type": (METADATA, 'rc t="1"', 'rc t="2"'),
    "metadata without entry": (METADATA, 'v="0"', 'v="1"'),
    "long text": (STRINGS, "<t>merged</t>", f"<t>{'x' * 32768}</t>"),
    "character": (STRINGS, "<t>merged</t>", "<t>&#1;</t>"),
    "phonetic order": (STRINGS, "<t>merged</t>", "<r><t>m</t></r><t>erged</t>"),
    "strange child": inserted(SHEET, "<sheetData>", '<x:y xmlns:x="urn:x"/>'),
    "strange prefix": (
        SHEET,
        "<worksheet ",
        '<worksheet xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'
        ' mc:Ignorable="x14ac" ',
    ),
    "strange attribute": (SHEET, "<sheetData>", '<sheetData xmlns:q="urn:x" q:a="1">'),
    # formulas
    "open parenthesis": (SHEET, "<f>NA\\(\\)", "<f>NA("),
    "operator at the end": (SHEET, "<f>NA\\(\\)", "<f>NA()+"),
    "no operator": (SHEET, "<f>NA\\(\\)", "<f>NA()2"),
    "equals sign": (SHEET, "<f>NA\\(\\)", "<f>=NA()"),
    "semicolons": (SHEET, "<f>NA\\(\\)", "<f>MAX(1;2)"),
    "unknown function": (SHEET, "<f>NA\\(\\)", "<f>NAA()"),
    "long formula": (SHEET, "<f>NA\\(\\)", f"<f>NA(){'+1' * 4096}"),
    "long literal": (SHEET, "<f>NA\\(\\)", f'<f>"{"x" * 256}"'),
    "no prefix": (SHEET, "<f>NA\\(\\)", "<f>TEXTJOIN(1,2,3)"),
    "no inner prefix": (SHEET, "_xlws\\.SORT", "SORT"),
    "no parameter prefix": (SHEET, "_xlpm\\.", ""),
    "spill sign": (SHEET, "<f>NA\\(\\)", "<f>L1#"),
    "at sign": (SHEET, "<f>NA\\(\\)", "<f>Customers[@Total]"),
    "lost sheet": (SHEET, "'It''s other'!A1&gt;", "'Its other'!A1&gt;"),
    "lost table": (SHEET, "<f>NA\\(\\)", "<f>SUM(Nobody[Total])"),
    "lost column": (SHEET, "<f>NA\\(\\)", "<f>SUM(Customers[Sum])"),
    "array elsewhere": (SHEET, 't="array" ref="N1:N2"', 't="array" ref="P1:P2"'),
    "array without area": (SHEET, 't="array" ref="N1:N2"', 't="array"'),
    "arrays overlap": (SHEET, 't="array" ref="N1:N2"', 't="array" ref="L2:N2"'),
    "array in a table": (SHEET, 't="array" ref="N1:N2"', 't="array" ref="B1:N5"'),
    # what belongs to a sheet
    "merged cells overlap": (SHEET, '"F2:G2"', '"F1:F2"'),
    "merged alone": (SHEET, '"F2:G2"', '"F2"'),
    "merged in a table": (SHEET, '"F2:G2"', '"C5:D5"'),
    "merged miscounted": (SHEET, '<mergeCells count="2"', '<mergeCells count="3"'),
    "table parts miscounted": (SHEET, '<tableParts count="1"', '<tableParts count="2"'),
    "validations miscounted": (SHEET, '<dataValidations count="2"', '<dataValidations count="1"'),
    "validation list": (SHEET, '"yes,no"', f'"{"x" * 256}"'),
    "validation prompt": (SHEET, 'promptTitle="Mark"', f'promptTitle="{"x" * 33}"'),
    "validation error": (SHEET, 'error="1 to 9"', f'error="{"x" * 256}"'),
    "validation area": (SHEET, 'sqref="H1:H4"', 'sqref="H4:H1"'),
    "validation bound": (SHEET, "<formula2>9</formula2>", ""),
    "validation of a table": (SHEET, '"yes,no"', "Customers[Customer]"),
    "validation kind": (SHEET, 'type="whole"', 'type="integer"'),
    "format beyond": (SHEET, 'dxfId="[0-9]"', 'dxfId="99"'),
    "priority": (SHEET, 'priority="1"', 'priority="0"'),
    "format formula": (SHEET, r'<formula>\$A4="a"', '<formula>$A4="a'),
    "format area": (SHEET, '(<conditionalFormatting sqref=")B4:B7', r"\1B4;B7"),
    "format kind": (SHEET, 'type="colorScale"', 'type="colourScale"'),
    "format operator": (SHEET, 'operator="greaterThan"', 'operator="&gt;"'),
    "icons": (SHEET, 'iconSet="4Arrows"', 'iconSet="5Arrows"'),
    "colours": (SHEET, '(<colorScale>)<cfvo type="min" val="0"/>', r"\1"),
    "data bar": (SHEET, "(<dataBar>.*?)<color [^>]*/>", r"\1"),
    "pane": (SHEET, 'activePane="bottomRight"', 'activePane="right"'),
    "panes twice": (SHEET, 'pane="bottomLeft"', 'pane="topRight"'),
    "margins": (SHEET, ' footer="0.3"', ""),
    "footer": (SHEET, "Page &amp;P of", "x" * 256),
    "two notes": (NOTES, "(<comment .*?</comment>)", r"\1\1"),
    "author": (NOTES, 'authorId="0"', 'authorId="4"'),
    "notes without boxes": (SHEET, "<legacyDrawing [^>]*/>", ""),
    # tables
    "header": (STRINGS, "<t>Total</t>", "<t>Sum</t>"),
    "header case": (STRINGS, "<t>Total</t>", "<t>total</t>"),
    "header is a number": (SHEET, '<c r="D3"[^>]*>', '<c r="D3">'),
    "line break": (TABLE, "Two&#xA;lines", "Two\nlines"),
    "headers twice": (TABLE, 'name="Total"', 'name="customer"'),
    "empty header": (TABLE, 'name="Total"', 'name=""'),
    "column ids": (TABLE, '<tableColumn id="2"', '<tableColumn id="1"'),
    "columns miscounted": (TABLE, '<tableColumns count="4"', '<tableColumns count="5"'),
    "table ids": (TABLE, '<table ([^>]*) id="1"', r'<table \1 id="2"'),
    "table names": (TABLE, 'isplayName="Customers"', 'isplayName="small"'),
    "table name": (TABLE, 'isplayName="Customers"', 'isplayName="My Customers"'),
    "table named like a cell": (TABLE, 'isplayName="Customers"', 'isplayName="Kun12"'),
    "table filter": (TABLE, '<autoFilter ref="A3:D7"', '<autoFilter ref="A3:D9"'),
    "no data row": (TABLE, 'ref="A3:D7"', 'ref="A3:D3"'),
    "table format beyond": (TABLE, 'dataDxfId="[0-9]"', 'dataDxfId="99"'),
    "column formula": (TABLE, "SUM\\(Customers", "SUM((Customers"),
    "column of a formula": (TABLE, r"This Row\],\[Customer\]", "This Row],[Client]"),
    # drawings and charts
    "shape ids": (DRAWING, 'cNvPr id="3"', 'cNvPr id="2"'),
    "shape without name": (DRAWING, ' name="Chart 1"', ""),
    "frame without chart": (DRAWING, "<c:chart [^>]*/>", ""),
    "anchor": (DRAWING, "(<xdr:to><xdr:col>)[0-9]+", r"\g<1>1"),
    "vml": ("xl/drawings/vmlDrawing1.vml", "</xml>", ""),
    "shape ids of notes": ("xl/drawings/vmlDrawing1.vml", 'id="_x0000_s1026"', 'id="_x0000_s1025"'),
    "axis": (SCATTER, '<c:crossAx val="[0-9]+"', '<c:crossAx val="1"'),
    "axes": (SCATTER, r'(</c:ser>(?:<c:dLbls>.*?</c:dLbls>)?<c:axId val=")[0-9]+', r"\g<1>1"),
    "series": (SCATTER, '<c:idx val="1"/>', '<c:idx val="0"/>'),
    "place of labels": (SCATTER, 'dLblPos val="t"', 'dLblPos val="outEnd"'),
    "scatter style": (SCATTER, 'scatterStyle val="[A-Za-z]+"', 'scatterStyle val="dots"'),
    "chart colour": (
        SCATTER,
        "</c:tx>",
        '</c:tx><c:spPr><a:solidFill><a:srgbClr val="red"/></a:solidFill></c:spPr>',
    ),
    "chart formula": (SCATTER, r"Input!\$C\$4", "Output!$C$4"),
    "gap": (BARS, "<c:axId", '<c:gapWidth val="501"/><c:axId'),
    # the ribbon
    "ribbon ids": (RIBBON_PART, 'id="line"', 'id="go"'),
    "no id": (RIBBON_PART, ' id="go"', ""),
    "no callback": (RIBBON_PART, 'onAction="go"', 'onAction=""'),
    "long label": (RIBBON_PART, 'label="Rescore"', f'label="{"x" * 1025}"'),
    "ribbon root": (RIBBON_PART, "2006/01/customui", "2005/01/customui"),
    "ribbon relation": (
        "_rels/.rels",
        "office/2006/relationships/ui",
        "office/2007/relationships/ui",
    ),
    "ribbon order": (RIBBON_PART, "</tabs>", "</tabs><qat/>"),
}


def with_type(parts: Parts, name: str, kind: str) -> Parts:
    override = f'<Override PartName="/{name}" ContentType="{kind}"/></Types>'
    types = parts[TYPES].replace(b"</Types>", override.encode())
    return parts | {TYPES: types}


def with_relation(parts: Parts, kind: str, target: str) -> Parts:
    base = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/"
    base = "http://schemas.microsoft.com/office/2006/relationships/" if kind[0] == "v" else base
    relation = f'<Relationship Id="more" Type="{base}{kind}" Target="{target}"/></Relationships>'
    name = "xl/_rels/workbook.xml.rels"
    return parts | {name: parts[name].replace(b"</Relationships>", relation.encode())}


def with_macros(parts: Parts) -> Parts:
    """The macros of a workbook that is not of the macro-enabled type."""
    parts = with_relation(parts, "vbaProject", "vbaProject.bin")
    parts = with_type(parts, "xl/vbaProject.bin", "application/vnd.ms-office.vbaProject")
    return parts | {"xl/vbaProject.bin": b"\xd0\xcf\x11\xe0"}


def with_macro_type(parts: Parts) -> Parts:
    plain = b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"
    macros = b"application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    return parts | {TYPES: parts[TYPES].replace(plain, macros)}


def with_chain(parts: Parts, cell: str = "A12") -> Parts:
    """A calculation chain that names a cell."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.calcChain+xml"
    parts = with_type(with_relation(parts, "calcChain", "calcChain.xml"), "xl/calcChain.xml", kind)
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    chain = f'<calcChain xmlns="{namespace}"><c r="{cell}" i="1"/></calcChain>'
    return parts | {"xl/calcChain.xml": chain.encode()}


def with_code_name(parts: Parts) -> Parts:
    """Two sheets that share a code name."""
    properties = b'<sheetPr codeName="Sheet1"/><dimension'
    first = parts[SHEET].replace(b"<sheetPr>", b'<sheetPr codeName="sheet1">')
    return parts | {SHEET: first, OTHER: parts[OTHER].replace(b"<dimension", properties)}


def test_macros_and_a_calculation_chain_are_sound_where_they_fit() -> None:
    assert repairs_of(with_macro_type(with_macros(sound()))) == []
    assert repairs_of(with_chain(sound(), "A13")) == []


@pytest.mark.parametrize(
    "change",
    [
        with_macros,
        with_macro_type,
        with_chain,
        with_code_name,
        lambda parts: parts | {"XL/workbook.xml": b"<a/>"},
        lambda parts: parts | {"xl/drawings/vmlDrawing2.vml": b"<xml/>"},
        lambda parts: parts | {"xl/vbaProject.bin": b""},
        lambda parts: parts | {SHEET: b"<!DOCTYPE worksheet>" + parts[OTHER].partition(b"?>\n")[2]},
        lambda parts: {name: data for name, data in parts.items() if name != BOOK},
        lambda parts: {name: data for name, data in parts.items() if name != STYLES},
        lambda parts: {name: data for name, data in parts.items() if name != TABLE},
    ],
)
def test_parts_that_do_not_fit_are_told_of(change: Callable[[Parts], Parts]) -> None:
    assert repairs_of(change(sound()))


@pytest.mark.parametrize(("part", "one", "other"), ORDER)
def test_order_is_that_of_the_schema(part: str, one: str, other: str) -> None:
    data = swapped(part, one, other)(sound())
    assert data != sound()[part]
    assert any("in this order" in fault for fault in repairs_of(sound() | {part: data}))


@pytest.mark.parametrize("name", CHANGES)
def test_each_fault_is_told_of(name: str) -> None:
    part, old, new = CHANGES[name]
    data, count = re.subn(old, new, sound()[part].decode(), count=1, flags=re.DOTALL)
    assert count == 1
    assert data != sound()[part].decode()
    assert repairs_of(sound() | {part: data.encode()})
