"""A workbook of which everything that can leads elsewhere, written as Excel writes it.

XlsxWriter writes formulas as they are given; what they lead to is put into the package by hand,
after ECMA-376 part 1, 18.14 (external links), 18.3.1.59 (objects) and [MS-OI29500].
"""

from __future__ import annotations

import re
import warnings
from io import BytesIO
from pathlib import Path
from typing import Any

import xlsxwriter

from support.everything import picture
from support.packages import parsed, parts_of, sheet_parts, write_parts

OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
#: Cells that lead elsewhere and what they show; those that only seem so, with their formulas.
LEADING = {
    "A1": ("=[1]Plan!B2*2", 84),
    "A2": ("=SUM('[1]It''s a plan'!A1:A3)", 6),
    "A3": ("=Rate*100", 7),
    "A4": ("=VLOOKUP(1,Deeper,2,FALSE)", "found"),
    "A5": ("=[2]!Item1", 1.5),
    "A6": ('=RTD("server.prog",,"topic")', 9.5),
    "A7": ('=_xlfn.WEBSERVICE("https://example.org/rate")', "1.08"),
    "A8": ("=[1]!Named", True),
}
HOME = {
    "C1": ('="[1]Plan!A1"&A1', "[1]Plan!A184"),
    "C2": ("=SUM(tblHome[1])", 3),
    "C3": ("=Inner+1", 3),
    "C4": ("=[0]!Inner", 2),
}
#: Nothing of these may be left in any part.
SECRET = ("Master%20plan", "Anna Beispiel", "Controlling GmbH", "server.prog", "netdrive")


def _rel(number: str, kind: str, target: str, *, external: bool = True) -> str:
    mode = ' TargetMode="External"' if external else ""
    return f'<Relationship Id="{number}" Type="{OFFICE}/{kind}" Target="{target}"{mode}/>'


def _rels(*relationships: str) -> bytes:
    space = "http://schemas.openxmlformats.org/package/2006/relationships"
    return f'<Relationships xmlns="{space}">{"".join(relationships)}</Relationships>'.encode()


def _external(content: str) -> bytes:
    return f'<externalLink xmlns="{MAIN}" xmlns:r="{OFFICE}">{content}</externalLink>'.encode()


_LINKS = {
    1: (
        '<externalBook r:id="rId1"><sheetNames><sheetName val="Plan"/><sheetName val="It\'s a plan"/>'
        '</sheetNames><definedNames><definedName name="Named" refersTo="=Plan!$A$1"/></definedNames>'
        '<sheetDataSet><sheetData sheetId="0"><row r="2"><cell r="B2"><v>42</v></cell></row>'
        "</sheetData></sheetDataSet></externalBook>",
        _rel("rId1", "externalLinkPath", "file:///\\\\netdrive\\Master%20plan.xlsx"),
    ),
    2: (
        '<ddeLink ddeService="server.prog" ddeTopic="prices"><ddeItems>'
        '<ddeItem name="Item1" advise="1"/></ddeItems></ddeLink>',
        "",
    ),
    3: (
        '<oleLink r:id="rId1" progId="Word.Document.12"><oleItems><oleItem name="\'" advise="1"/>'
        "</oleItems></oleLink>",
        _rel("rId1", "oleObject", "file:///\\\\netdrive\\letter.docx"),
    ),
}
_SHAPES = (
    '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
    'xmlns:x="urn:schemas-microsoft-com:office:excel"><v:shapetype id="_x0000_t75"/>'
    '<v:shape id="_x0000_s1025" type="#_x0000_t75" style="position:absolute">'
    '<x:ClientData ObjectType="Pict"><x:Anchor>1, 0, 1, 0, 2, 0, 2, 0</x:Anchor></x:ClientData>'
    "</v:shape></xml>"
)


def elsewhere(path: Path) -> Path:
    """Write the workbook."""
    book = xlsxwriter.Workbook(str(path))
    book.set_properties(
        {"author": "Anna Beispiel", "manager": "Anna Beispiel", "company": "Controlling GmbH"}
    )
    sheet, other = book.add_worksheet("Out"), book.add_worksheet("Notes & more")
    for cell, (formula, value) in {**LEADING, **HOME}.items():
        sheet.write_formula(cell, formula, value=value)
    sheet.write_array_formula("E1:E2", "{=[1]Plan!A1:A2*2}", value=2)
    sheet.write_number("E2", 4)
    for name, text in (
        ("Rate", "=[1]Plan!$B$2"),
        ("Deep", "='[1]It''s a plan'!$A$1:$B$9"),
        ("Deeper", "=IF(TRUE,Deep,0)"),
        ("Inner", "=Out!$C$2"),
    ):
        book.define_name(name, text)
    data = [[1, 0], [2, 0]]
    columns = [{"header": "1"}, {"header": "Calculated", "formula": "=Rate*[@1]"}]
    sheet.add_table("G1:H3", {"name": "tblHome", "columns": columns, "data": data})
    bold = book.add_format({"bold": True})
    for criteria in ("=A1>Rate", "=A1>Inner"):
        sheet.conditional_format("A1:A9", {"type": "formula", "criteria": criteria, "format": bold})
    sheet.data_validation("J1", {"validate": "list", "source": "=Deeper"})
    sheet.data_validation("J2", {"validate": "list", "source": "=Inner"})
    chart = book.add_chart({"type": "column"})
    chart.add_series(
        {
            "name": "=[1]Plan!$A$9",
            "categories": "=[1]Plan!$A$1:$A$2",
            "categories_data": ["x", "y"],
            "values": "=[1]Plan!$B$1:$B$2",
            "values_data": [4, 5],
        }
    )
    chart.add_series({"values": "=Out!$G$2:$G$3"})
    chart.set_title({"name": "=[1]Plan!$A$8"})
    sheet.insert_chart("L1", chart)
    sheet.insert_image("L20", "kept.png", {"image_data": BytesIO(picture())})
    sheet.insert_textbox("L30", "text", {"textlink": "=[1]Plan!$A$1"})
    other.write_comment("A1", "a remark", {"author": "Anna Beispiel"})
    other.insert_button("B5", {"caption": "Go"})
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Unknown worksheet reference")
        book.close()
    write_parts(path, _lead(parts_of(path)))
    return path


def replaced(parts: dict[str, bytes], part: str, old: str, new: str) -> None:
    assert parts[part].count(old.encode()) >= 1, (part, old)
    parts[part] = parts[part].replace(old.encode(), new.encode(), 1)


def _lead(parts: dict[str, bytes]) -> dict[str, bytes]:
    sheets = sheet_parts(parts)
    out, notes = sheets["Out"], sheets["Notes & more"]
    types, relations = "[Content_Types].xml", "xl/_rels/workbook.xml.rels"
    spreadsheet = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    for number, (content, target) in _LINKS.items():
        part = f"xl/externalLinks/externalLink{number}.xml"
        parts[part] = _external(content)
        if target:
            parts[f"xl/externalLinks/_rels/externalLink{number}.xml.rels"] = _rels(target)
        kind = f'<Override PartName="/{part}" ContentType="{spreadsheet}.externalLink+xml"/>'
        replaced(parts, types, "</Types>", f"{kind}</Types>")
        rel = _rel(f"rIdX{number}", "externalLink", part.removeprefix("xl/"), external=False)
        replaced(parts, relations, "</Relationships>", f"{rel}</Relationships>")
    listed = "".join(f'<externalReference r:id="rIdX{n}"/>' for n in _LINKS)
    replaced(
        parts,
        "xl/workbook.xml",
        "<definedNames>",
        f"<externalReferences>{listed}</externalReferences><definedNames>",
    )
    _own(parts)
    _object(parts, out)
    _picture(parts)
    scenarios = (
        '<scenarios><scenario name="Best" count="1" user="Anna Beispiel" '
        'comment="Erstellt von Anna Beispiel"><inputCells r="A1" val="1"/></scenario></scenarios>'
    )
    replaced(parts, notes, "</sheetData>", f"</sheetData>{scenarios}")
    return parts


def _own(parts: dict[str, bytes]) -> None:
    """Where and by whom the workbook was saved."""
    compatible = "http://schemas.openxmlformats.org/markup-compatibility/2006"
    x15 = "http://schemas.microsoft.com/office/spreadsheetml/2010/11"
    saved = (
        f'<mc:AlternateContent xmlns:mc="{compatible}"><mc:Choice xmlns:x15="{x15}/main" '
        f'Requires="x15"><x15ac:absPath xmlns:x15ac="{x15}/ac" url="C:\\Users\\Anna Beispiel\\"/>'
        "</mc:Choice></mc:AlternateContent>"
    )
    sharing = '<fileSharing readOnlyRecommended="1" userName="Anna Beispiel"/>'
    replaced(parts, "xl/workbook.xml", "<workbookPr", f"{sharing}<workbookPr")
    replaced(parts, "xl/workbook.xml", "<bookViews>", f"{saved}<bookViews>")


def _object(parts: dict[str, bytes], sheet: str) -> None:
    """An object that is linked to a document."""
    rels = f"xl/worksheets/_rels/{sheet.rpartition('/')[2]}.rels"
    drawing = "xl/drawings/vmlDrawing9.vml"
    parts[drawing] = _SHAPES.encode()
    related = _rel("rIdV", "vmlDrawing", f"/{drawing}", external=False)
    replaced(parts, rels, "</Relationships>", f"{related}</Relationships>")
    vml = '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
    if b'Extension="vml"' not in parts["[Content_Types].xml"]:
        replaced(parts, "[Content_Types].xml", "</Types>", f"{vml}</Types>")
    linked = (
        '<legacyDrawing r:id="rIdV"/><oleObjects><oleObject progId="Word.Document.12" '
        'dvAspect="DVASPECT_ICON" link="[3]!\'\'\'\'" oleUpdate="OLEUPDATE_ALWAYS" shapeId="1025"/>'
        "</oleObjects><tableParts"
    )
    replaced(parts, sheet, "<tableParts", linked)


def _picture(parts: dict[str, bytes]) -> None:
    """A second picture, which is a file elsewhere; the first one is one too, with a copy here."""
    drawing = next(
        n for n in parts if n.startswith("xl/drawings/drawing") and b"<xdr:pic>" in parts[n]
    )
    rels = f"xl/drawings/_rels/{drawing.rpartition('/')[2]}.rels"
    target = "file:///\\\\netdrive\\logo.png"
    related = _rel("rIdL", "image", target) + _rel("rIdM", "image", target)
    replaced(parts, rels, "</Relationships>", f"{related}</Relationships>")
    text = parts[drawing].decode()
    start = text.rindex("<xdr:twoCellAnchor", 0, text.index("<xdr:pic>"))
    end = text.index("</xdr:twoCellAnchor>", start) + len("</xdr:twoCellAnchor>")
    anchor = text[start:end]
    embed = anchor[anchor.index('r:embed="') :].split('"')[1]
    once_more = anchor.replace(f'r:embed="{embed}"', 'r:link="rIdL"')
    once_more = re.sub(r'(<xdr:cNvPr id=")\d+', r"\g<1>77", once_more)
    both = anchor.replace(f'r:embed="{embed}"', f'r:embed="{embed}" r:link="rIdM"')
    parts[drawing] = (text[:start] + both + once_more + text[end:]).encode()


def values_of(parts: dict[str, bytes], sheet: str) -> dict[str, Any]:
    """The cells of a sheet: address -> (formula, value)."""
    found = {}
    for cell in parsed(parts[sheet_parts(parts)[sheet]]).iter(f"{{{MAIN}}}c"):
        found[cell.get("r")] = (cell.findtext(f"{{{MAIN}}}f"), cell.findtext(f"{{{MAIN}}}v"))
    return found
