"""Workbooks with a text planted in one place each, besides the cells of sheets."""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections.abc import Callable
from functools import cache
from io import BytesIO
from xml.sax.saxutils import escape

import xlsxwriter

from support.everything import picture

Parts = dict[str, bytes]
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MICROSOFT = "http://schemas.microsoft.com/office"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_SHEET, _BOOK = "xl/worksheets/sheet1.xml", "xl/workbook.xml"
_SPREADSHEET = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_DRAWING = "http://schemas.openxmlformats.org/drawingml/2006"


def simple() -> Parts:
    """The parts of :func:`_simple`, to be changed."""
    return dict(_simple())


@cache
def _simple() -> Parts:
    """A workbook with a text, a number, a note, a chart, a box, a picture, a table and a name."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet = book.add_worksheet("Data")
    bold = book.add_format({"bold": True})
    sheet.write("A1", "Kept text")
    sheet.write_rich_string("A2", "one ", bold, "two")
    sheet.write("A3", "Marker text")
    sheet.write_column("B1", [1, 2, 3])
    sheet.write_comment("A1", "Marker note", {"author": "Marker author"})
    chart = book.add_chart({"type": "column"})
    chart.add_series({"values": "=Data!$B$1:$B$3", "categories": "=Data!$A$1:$A$3"})
    chart.set_title({"name": "Marker title"})
    sheet.insert_chart("D1", chart, {"description": "Marker chart"})
    sheet.insert_textbox("D20", "Marker box")
    sheet.insert_image("D30", "one.png", {"image_data": BytesIO(picture())})
    columns = [{"header": "Kind", "total_string": "Marker total"}, {"header": "Size"}]
    sheet.add_table("J1:K3", {"columns": columns, "data": [["a", 1]], "total_row": True})
    book.define_name("Text", '="Marker name"')
    book.set_properties({"title": "Marker heading", "company": "Marker company"})
    book.set_custom_property("Marker property", "Marker value")
    book.close()
    return read(target.getvalue())


def read(data: bytes) -> Parts:
    with zipfile.ZipFile(BytesIO(data)) as package:
        return {name: package.read(name) for name in package.namelist()}


def change(parts: Parts, part: str, old: str, new: str) -> None:
    assert old.encode() in parts[part], (part, old)
    parts[part] = parts[part].replace(old.encode(), new.encode(), 1)


def add(
    parts: Parts, source: str, kind: str, name: str, content: bytes | str, content_type: str
) -> str:
    """Put a part into a package, related to another one; the id of the relationship."""
    parts[name] = content.encode() if isinstance(content, str) else content
    override = f'<Override PartName="/{name}" ContentType="{content_type}"/></Types>'
    change(parts, "[Content_Types].xml", "</Types>", override)
    return relate(parts, source, kind, f"/{name}")


def relate(parts: Parts, source: str, kind: str, target: str, mode: str = "") -> str:
    folder, base = posixpath.split(source)
    rels = posixpath.join(folder, "_rels", f"{base}.rels")
    if rels not in parts:
        parts[rels] = f'<Relationships xmlns="{_RELS}"></Relationships>'.encode()
    number = f"rIdP{len(re.findall(b'<Relationship ', parts[rels])) + 1}"
    kind = kind if ":" in kind else f"{OFFICE}/{kind}"
    added = f'<Relationship Id="{number}" Type="{kind}" Target="{escape(target)}"{mode}/>'
    change(parts, rels, "</Relationships>", f"{added}</Relationships>")
    return number


Plant = Callable[[Parts, str], None]
_R = f'xmlns:r="{OFFICE}"'


def _in(part: str, old: str, new: str) -> Plant:
    """Put a text, marked by ``@``, in place of something that is there."""
    return lambda parts, text: change(parts, part, old, new.replace("@", escape(text)))


def _more(
    source: str, kind: str, name: str, content: str, content_type: str = "application/xml"
) -> Plant:
    def plant(parts: Parts, text: str) -> None:
        filled = content.replace("@", escape(text))
        add(parts, source, kind, name, filled, content_type)

    return plant


def _binary(source: str, kind: str, name: str, *, content_type: str = "application/x-own") -> Plant:
    def plant(parts: Parts, text: str) -> None:
        data = b"\x00\x01" + text.encode("utf-16-le") + b"\xff\x00" + text.encode()
        add(parts, source, kind, name, data, content_type)

    return plant


def _split(text: str) -> str:
    at = len(text) // 2
    runs = (f"<r><t>{escape(part)}</t></r>" for part in (text[:at], text[at:]))
    return "".join(runs)


def _rich(parts: Parts, text: str) -> None:
    old = "<si><t>Marker text</t></si>"
    change(parts, "xl/sharedStrings.xml", old, f"<si>{_split(text)}</si>")


def _split_box(parts: Parts, text: str) -> None:
    at = len(text) // 2
    old = "<a:t>Marker box</a:t></a:r>"
    new = f"<a:t>{escape(text[:at])}</a:t></a:r><a:r><a:t>{escape(text[at:])}</a:t></a:r>"
    change(parts, "xl/drawings/drawing1.xml", old, new)


def _two_paragraphs(parts: Parts, text: str) -> None:
    first, _, second = text.partition(" ")
    old = "<a:t>Marker box</a:t></a:r></a:p>"
    new = f"<a:t>{first}</a:t></a:r></a:p><a:p><a:r><a:t>{escape(second)}</a:t></a:r></a:p>"
    change(parts, "xl/drawings/drawing1.xml", old, new)


def _external(parts: Parts, text: str) -> None:
    cells = f'<row r="1"><cell r="A1" t="str"><v>{escape(text)}</v></cell></row>'
    content = (
        f'<externalLink xmlns="{_MAIN}"><externalBook {_R} r:id="rIdP1">'
        f'<sheetNames><sheetName val="{escape(text)}"/></sheetNames><sheetDataSet>'
        f'<sheetData sheetId="0">{cells}</sheetData></sheetDataSet></externalBook></externalLink>'
    )
    name, kind = "xl/externalLinks/externalLink1.xml", f"{_SPREADSHEET}.externalLink+xml"
    at = add(parts, _BOOK, "externalLink", name, content, kind)
    mode = ' TargetMode="External"'
    relate(parts, name, "externalLinkPath", f"file:///C:/{text}.xlsx", mode)
    reference = f'<externalReferences><externalReference r:id="{at}"/></externalReferences>'
    change(parts, _BOOK, "<definedNames>", f"{reference}<definedNames>")


def _pivot(parts: Parts, text: str) -> None:
    cache = "xl/pivotCache/pivotCacheDefinition1.xml"
    shared = f'<sharedItems count="1"><s v="{escape(text)}"/></sharedItems>'
    source = (
        '<cacheSource type="worksheet"><worksheetSource ref="A1:A3" sheet="Data"/></cacheSource>'
    )
    content = (
        f'<pivotCacheDefinition xmlns="{_MAIN}" refreshOnLoad="1">{source}<cacheFields count="1">'
        f'<cacheField name="{escape(text)}">{shared}</cacheField></cacheFields></pivotCacheDefinition>'
    )
    kind = f"{_SPREADSHEET}.pivotCacheDefinition+xml"
    at = add(parts, _BOOK, "pivotCacheDefinition", cache, content, kind)
    caches = f'<pivotCaches><pivotCache cacheId="1" r:id="{at}"/></pivotCaches></workbook>'
    change(parts, _BOOK, "</workbook>", caches)
    table = (
        f'<pivotTableDefinition xmlns="{_MAIN}" name="P" cacheId="1" dataCaption="{escape(text)}">'
        '<location ref="A1:B3" firstHeaderRow="1" firstDataRow="1" firstDataCol="1"/>'
        '<pivotFields count="1"><pivotField/></pivotFields></pivotTableDefinition>'
    )
    name = "xl/pivotTables/pivotTable1.xml"
    add(parts, _SHEET, "pivotTable", name, table, f"{_SPREADSHEET}.pivotTable+xml")
    relate(parts, name, "pivotCacheDefinition", f"/{cache}")


def _slicer(parts: Parts, text: str) -> None:
    x14 = f'xmlns:x14="{_MICROSOFT}/spreadsheetml/2009/9/main"'
    cache = f'<slicerCacheDefinition name="Slicer_K" sourceName="{escape(text)}" xmlns="{_MAIN}"/>'
    kind = "http://schemas.microsoft.com/office/2007/relationships"
    own = "application/vnd.ms-excel"
    name = "xl/slicerCaches/slicerCache1.xml"
    at = add(parts, _BOOK, f"{kind}/slicerCache", name, cache, f"{own}.slicerCache+xml")
    listed = f'<x14:slicerCaches {x14}><x14:slicerCache r:id="{at}"/></x14:slicerCaches>'
    extended = f'<extLst><ext uri="{{BBE1A952}}" {x14}>{listed}</ext></extLst></workbook>'
    change(parts, _BOOK, "</workbook>", extended)
    change(
        parts,
        _BOOK,
        "<definedNames>",
        '<definedNames><definedName name="Slicer_K">#N/A</definedName>',
    )
    slicers = f'<slicers xmlns="{_MAIN}"><slicer name="K" cache="Slicer_K" caption="{escape(text)}"/></slicers>'
    name = "xl/slicers/slicer1.xml"
    at = add(parts, _SHEET, f"{kind}/slicer", name, slicers, f"{own}.slicer+xml")
    listed = f'<x14:slicerList {x14}><x14:slicer r:id="{at}"/></x14:slicerList>'
    change(
        parts,
        _SHEET,
        "</worksheet>",
        f'<extLst><ext uri="{{A8765BA9}}" {x14}>{listed}</ext></extLst></worksheet>',
    )
    frame = (
        "<xdr:twoCellAnchor><xdr:from><xdr:col>1</xdr:col><xdr:colOff>0</xdr:colOff><xdr:row>1</xdr:row>"
        "<xdr:rowOff>0</xdr:rowOff></xdr:from><xdr:to><xdr:col>2</xdr:col><xdr:colOff>0</xdr:colOff>"
        "<xdr:row>2</xdr:row><xdr:rowOff>0</xdr:rowOff></xdr:to>"
        '<mc:AlternateContent xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006">'
        f'<mc:Choice xmlns:a14="{_MICROSOFT}/drawing/2010/main" Requires="a14"><xdr:graphicFrame macro="">'
        '<xdr:nvGraphicFramePr><xdr:cNvPr id="99" name="K"/><xdr:cNvGraphicFramePr/></xdr:nvGraphicFramePr>'
        '<xdr:xfrm><a:off x="0" y="0"/><a:ext cx="0" cy="0"/></xdr:xfrm><a:graphic>'
        f'<a:graphicData uri="{_MICROSOFT}/drawing/2010/slicer"><sle:slicer name="K" '
        f'xmlns:sle="{_MICROSOFT}/drawing/2010/slicer"/></a:graphicData></a:graphic></xdr:graphicFrame>'
        "</mc:Choice></mc:AlternateContent><xdr:clientData/></xdr:twoCellAnchor></xdr:wsDr>"
    )
    change(parts, "xl/drawings/drawing1.xml", "</xdr:wsDr>", frame)


def _embedded(parts: Parts, text: str) -> None:
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("word/document.xml", f"<w>{escape(text)}</w>")
    kind = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
    name = f"xl/embeddings/{text.split(maxsplit=1)[0]}.docx"
    at = add(parts, _SHEET, "package", name, inner.getvalue(), kind)
    objects = f'<oleObjects><oleObject progId="Word.Document.12" shapeId="1025" r:id="{at}"/></oleObjects><tableParts'
    change(parts, _SHEET, "<tableParts", objects)


def _behind_chart(parts: Parts, text: str) -> None:
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    chart = "xl/charts/chart1.xml"
    inner = BytesIO()
    with zipfile.ZipFile(inner, "w") as package:
        package.writestr("xl/sharedStrings.xml", f"<sst>{escape(text)}</sst>")
    at = add(parts, chart, "package", "xl/embeddings/book1.xlsx", inner.getvalue(), kind)
    data = f'<c:externalData r:id="{at}"><c:autoUpdate val="0"/></c:externalData></c:chartSpace>'
    change(parts, chart, "</c:chartSpace>", data)


def _printer(parts: Parts, text: str) -> None:
    _binary(
        _SHEET,
        "printerSettings",
        "xl/printerSettings/printerSettings1.bin",
        content_type=f"{_SPREADSHEET}.printerSettings",
    )(parts, text)
    rels = parts["xl/worksheets/_rels/sheet1.xml.rels"].decode()
    found = re.search(r'Id="(\w+)" Type="[^"]*printerSettings"', rels)
    assert found
    margins = re.search(rb"<pageMargins[^>]*/>", parts[_SHEET])
    assert margins
    change(
        parts, _SHEET, margins[0].decode(), f'{margins[0].decode()}<pageSetup r:id="{found[1]}"/>'
    )


def _link(parts: Parts, text: str) -> None:
    drawing = "xl/drawings/drawing1.xml"
    target = "https://example.org/" + text.replace(" ", "%20").replace("&", "%26")
    at = relate(parts, drawing, "hyperlink", target, ' TargetMode="External"')
    parts[drawing] = re.sub(
        rb'(<xdr:cNvPr id="\d+" name="TextBox[^>]*?)/>',
        rf'\1><a:hlinkClick {_R} r:id="{at}"/></xdr:cNvPr>'.encode(),
        parts[drawing],
        count=1,
    )
    assert at.encode() in parts[drawing]


def _threaded(parts: Parts, text: str) -> None:
    space = f"{_MICROSOFT}/spreadsheetml/2018/threadedcomments"
    kind = "http://schemas.microsoft.com/office/2017/10/relationships"
    person = "{BE6ACDFA-0497-4A79-9C68-85A5ACE46D65}"
    listed = f'<person displayName="{escape(text)}" id="{person}" userId="{escape(text)}" providerId="None"/>'
    own = "application/vnd.ms-excel"
    people = f'<personList xmlns="{space}">{listed}</personList>'
    add(parts, _BOOK, f"{kind}/person", "xl/persons/person.xml", people, f"{own}.person+xml")
    said = (
        f'<ThreadedComments xmlns="{space}"><threadedComment ref="A1" dT="2026-01-01T00:00:00.00" '
        f'personId="{person}" id="{{EED4186C-0FC5-48B4-8B16-E53E0D0C63AF}}"><text>{escape(text)}</text>'
        "</threadedComment></ThreadedComments>"
    )
    name = "xl/threadedComments/threadedComment1.xml"
    add(parts, _SHEET, f"{kind}/threadedComment", name, said, f"{own}.threadedcomments+xml")


def _broken_vml(parts: Parts, text: str) -> None:
    first, _, second = escape(text).partition(" ")
    box = f"<div style='text-align:left'>{first}<br>{second}</div>"
    name = "xl/drawings/vmlDrawing1.vml"
    parts[name] = re.sub(rb"<div[^>]*></div>", box.encode(), parts[name])
    assert first.encode() in parts[name]


def _model(parts: Parts, text: str) -> None:
    _binary(_BOOK, "powerPivotData", "xl/model/item.data")(parts, text)
    x15 = f"{_MICROSOFT}/spreadsheetml/2010/11/main"
    connection = (
        f'<connections xmlns="{_MAIN}"><connection id="1" name="{escape(text)}" type="102" '
        f'refreshedVersion="8"><extLst><ext uri="{{DE250136}}" xmlns:x15="{x15}"><x15:connection '
        'id="Range"/></ext></extLst></connection></connections>'
    )
    add(
        parts,
        _BOOK,
        "connections",
        "xl/connections.xml",
        connection,
        f"{_SPREADSHEET}.connections+xml",
    )
    table = f'<x15:modelTable id="Range" name="Range" connection="{escape(text)}"/>'
    model = f"<x15:dataModel><x15:modelTables>{table}</x15:modelTables></x15:dataModel>"
    change(
        parts,
        _BOOK,
        "</workbook>",
        f'<extLst><ext uri="{{FCE2AD5D}}" xmlns:x15="{x15}">{model}</ext></extLst></workbook>',
    )


_STRINGS, _NOTES, _CHART = "xl/sharedStrings.xml", "xl/comments1.xml", "xl/charts/chart1.xml"
_SHAPES, _TABLE, _CORE = "xl/drawings/drawing1.xml", "xl/tables/table1.xml", "docProps/core.xml"
_LABELS = (
    '<c:ext uri="{02D57815}" xmlns:c15="http://schemas.microsoft.com/office/drawing/2012/chart">'
    '<c15:datalabelsRange><c15:f>Data!$A$1:$A$3</c15:f><c15:dlblRangeCache><c:ptCount val="1"/>'
    '<c:pt idx="0"><c:v>@</c:v></c:pt></c15:dlblRangeCache></c15:datalabelsRange></c:ext>'
)
_CHART_EX = (
    f'<cx:chartSpace xmlns:cx="{_MICROSOFT}/drawing/2014/chartex" xmlns:a="{_DRAWING}/main">'
    '<cx:chartData><cx:data id="0"><cx:strDim type="cat"><cx:f>Data!$A$1:$A$3</cx:f><cx:lvl ptCount="1">'
    '<cx:pt idx="0">@</cx:pt></cx:lvl></cx:strDim></cx:data></cx:chartData><cx:chart><cx:title><cx:tx>'
    "<cx:rich><a:bodyPr/><a:p><a:r><a:t>@</a:t></a:r></a:p></cx:rich></cx:tx></cx:title><cx:plotArea/>"
    "</cx:chart></cx:chartSpace>"
)
_SMART_ART = (
    f'<dgm:dataModel xmlns:dgm="{_DRAWING}/diagram" xmlns:a="{_DRAWING}/main"><dgm:ptLst><dgm:pt '
    'modelId="1"><dgm:prSet phldrT="@"/><dgm:spPr/><dgm:t><a:bodyPr/><a:p><a:r><a:t>@</a:t></a:r></a:p>'
    "</dgm:t></dgm:pt></dgm:ptLst><dgm:cxnLst/></dgm:dataModel>"
)
#: Where a text is planted, and how.
PLACES: dict[str, Plant] = {
    "a shared string": _in(_STRINGS, "Marker text", "before @ after"),
    "runs of a shared string": _rich,
    "a phonetic run": _in(_STRINGS, "<t>Marker text</t>", '<t>x</t><rPh sb="0" eb="1"><t>@</t></rPh>'),
    "an unused shared string": _in(_STRINGS, "</sst>", "<si><t>@</t></si></sst>"),
    "a name's constant": _in(_BOOK, "Marker name", "@"),
    "a name's comment": _in(_BOOK, '<definedName name="Text"', '<definedName name="Text" comment="@"'),
    "a note": _in(_NOTES, "Marker note", "about @"),
    "a note's author": _in(_NOTES, "Marker author", "@"),
    "a note's box that is not well-formed": _broken_vml,
    "a threaded comment": _threaded,
    "a box": _in(_SHAPES, "Marker box", "@"),
    "runs of a box": _split_box,
    "paragraphs of a box": _two_paragraphs,
    "an alternative text": _in(_SHAPES, "Marker chart", "@"),
    "a link in a drawing": _link,
    "a chart's title": _in(_CHART, "Marker title", "@"),
    "a chart's cache": _in(_CHART, "<c:f>Data!$B$1:$B$3</c:f>", "<c:f>Data!$B$1:$B$3</c:f><!-- @ -->"),
    "a chart's labels": _in(_CHART, "</c:ser>", f"<c:extLst>{_LABELS}</c:extLst></c:ser>"),
    "a new kind of chart": _more(_SHAPES, f"{_MICROSOFT}/2014/relationships/chartEx", "xl/charts/chartEx1.xml", _CHART_EX, "application/vnd.ms-office.chartex+xml"),
    "SmartArt": _more(_SHAPES, "diagramData", "xl/diagrams/data1.xml", _SMART_ART, "application/vnd.openxmlformats-officedocument.drawingml.diagramData+xml"),
    "the workbook behind a chart": _behind_chart,
    "a table's total": _in(_TABLE, "Marker total", "@"),
    "the document's title": _in(_CORE, "Marker heading", "@"),
    "the document's company": _in("docProps/app.xml", "Marker company", "@"),
    "a property": _in("docProps/custom.xml", "Marker value", "@"),
    "a number format": _in("xl/styles.xml", "<fonts", '<numFmts count="1"><numFmt numFmtId="164" formatCode="0 &quot;@&quot;"/></numFmts><fonts'),
    "a link to a workbook": _external,
    "a pivot table": _pivot,
    "a slicer": _slicer,
    "a data model": _model,
    "an embedded object": _embedded,
    "printer settings": _printer,
    "a thumbnail": _binary("", f"{_RELS}/metadata/thumbnail", "docProps/thumbnail.wmf", content_type="image/x-wmf"),
    "data of another program": _more(_BOOK, "customXml", "customXml/item1.xml", "<x>@</x>"),
    "an unknown part": _more(_BOOK, "urn:own", "xl/own/part.xml", '<x xmlns="urn:own" y="@"><b>@</b></x>'),
    "an unknown binary part": _binary(_BOOK, "urn:own", "xl/own/part.dat"),
    "rich values": _more(_BOOK, "http://schemas.microsoft.com/office/2017/06/relationships/rdRichValue", "xl/richData/rdrichvalue.xml", f'<rvData xmlns="{_MICROSOFT}/spreadsheetml/2017/richdata" count="1"><rv s="0"><v>@</v></rv></rvData>', "application/vnd.ms-excel.rdrichvalue+xml"),
    "a connection": _more(_BOOK, "connections", "xl/connections.xml", f'<connections xmlns="{_MAIN}"><connection id="1" name="@" description="@" type="1" refreshedVersion="8"><dbPr connection="DSN=x;UID=@"/></connection></connections>', f"{_SPREADSHEET}.connections+xml"),
}  # fmt: skip
