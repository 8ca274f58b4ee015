"""Sheets for hypothesis whose cells are known, in whatever XML a program may write them.

A drawn :class:`Book` holds the parts of a workbook with one sheet and what its cells hold, as
:func:`plain` gives them. The spelling is drawn with the cells: namespace prefixes, quotes, order of
attributes, rows and cells with and without their address, shared and inline strings, rich text with
phonetic hints, formulas with and without a value, cells and rows that hold nothing but a format.
"""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Sequence
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

from hypothesis import strategies as st
from openpyxl.utils import get_column_letter

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OPENXML = "application/vnd.openxmlformats-officedocument.spreadsheetml"

#: Number formats of our own, and whether they show a number as a day or a time.
FORMATS = {
    "General": None,
    "0.00": None,
    '0 "days"': None,
    "[Red]-0": None,
    "0.00E+00": None,
    "#,##0.00 [$€-407]": None,
    r"\d0_h": None,
    "@": None,
    "yyyy-mm-dd": "date",
    "dd.mm.yyyy hh:mm": "date",
    "[$-407]d. mmmm yyyy": "date",
    "hh:mm": "date",
    "[h]:mm:ss": "span",
}
#: Number formats that every workbook knows by number.
BUILT_IN = {"0": None, "4": None, "9": None, "14": "date", "22": "date", "46": "span"}
KINDS = (*FORMATS.values(), *BUILT_IN.values())
ERRORS = ("#NULL!", "#DIV/0!", "#VALUE!", "#REF!", "#NAME?", "#NUM!", "#N/A")
#: Errors that calamine takes for damage of the file.
NEW_ERRORS = ("#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!", "#GETTING_DATA")
HEADERS = ("Customer ID", "c1", "c2", "c3", "c4")
#: The first day that both epochs of a workbook can show, and that no leap year of 1900 troubles.
_DAYS = {False: (61, 2_958_465), True: (1, 2_957_003)}
_EPOCHS = {False: dt.date(1899, 12, 30).toordinal(), True: dt.date(1904, 1, 1).toordinal()}
_DAY = 86_400
#: What a cell holds, by kind: ``("date", 63_000_000_000)``; ``None`` for a blank one.
Plain = tuple[str, Any] | None
Area = Sequence[Sequence[Plain]]


def plain(cell: Any) -> Plain:
    """What a cell holds, as readers may give it: its kind and its value, times in milliseconds."""
    if isinstance(cell, dt.datetime):
        clock = dt.timedelta(hours=cell.hour, minutes=cell.minute, seconds=cell.second)
        whole = cell.toordinal() * _DAY + clock.total_seconds()
        return "date", round(whole * 1000 + cell.microsecond / 1000)
    if isinstance(cell, dt.date):
        return "date", cell.toordinal() * _DAY * 1000
    if isinstance(cell, dt.time):
        seconds = (cell.hour * 60 + cell.minute) * 60 + cell.second
        return "time", round(seconds * 1000 + cell.microsecond / 1000)
    if isinstance(cell, dt.timedelta):
        return "span", round(cell.total_seconds() * 1000)
    if isinstance(cell, bool | str):
        return (type(cell).__name__, cell) if cell != "" else None
    return None if cell is None else ("number", float(cell))


class Cell(NamedTuple):
    """What a cell holds and shows, its format, and the kind of XML that says so."""

    value: Plain = None
    style: int = 0
    spelling: str = "none"
    raw: str = ""

    @property
    def text(self) -> str:
        """The text of a cell that holds one."""
        return str(self.value[1]) if self.value else ""


class Book:
    """A workbook's parts, and what stands in the cells of its table from its header on."""

    def __init__(self, parts: dict[str, str], place: tuple[int, int], area: Area) -> None:
        self.parts = parts
        self.top, self.left = place
        self.area = area

    @property
    def has_object(self) -> bool:
        """Whether a table object says where the table is."""
        return "xl/tables/table1.xml" in self.parts

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        sink = io.BytesIO()
        with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED) as package:
            for name, part in self.parts.items():
                package.writestr(name, part)
        return sink.getvalue()

    def __repr__(self) -> str:
        """What matters when a test fails."""
        telling = ("xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/tables/table1.xml")
        shown = {name: self.parts[name] for name in telling if name in self.parts}
        return f"Book(at {self.top}, {self.left}: {self.area!r} in {shown!r})"


#: What XML can hold and a cell may: no control characters, which are spelled as escapes.
_LETTERS = st.characters(
    exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"
) | st.sampled_from("\n\t &<>'\"äß€😀\u200f\u00a0")
_TEXTS = st.text(_LETTERS, min_size=1, max_size=12).filter(lambda text: "_x" not in text)
_STYLES = {kind: [i for i, k in enumerate(KINDS) if k == kind] for kind in (None, "date", "span")}


@st.composite
def _numbers(draw: st.DrawFn) -> Cell:
    number = draw(
        st.integers(-(10**16), 10**16).map(float)
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.sampled_from([0.0, 1.0, -0.5, 1e-300, 1e300])
    )
    spellings = [repr(number), f"{number:.17g}", f"{number!r}".upper()]
    if number.is_integer() and abs(number) < 1e15:
        spellings += [str(int(number)), f"{int(number)}.0"]
    raw = draw(st.sampled_from(spellings))
    return Cell(("number", float(raw)), draw(st.sampled_from(_STYLES[None])), "n", raw)


@st.composite
def _times(draw: st.DrawFn, is_1904: bool) -> Cell:
    kind = draw(st.sampled_from(["date", "time", "span"]))
    style = draw(st.sampled_from(_STYLES["span" if kind == "span" else "date"]))
    seconds = draw(st.integers(0, 10**7 if kind == "span" else _DAY - 1))
    if kind != "date":
        return Cell((kind, seconds * 1000), style, "n", repr(seconds / _DAY))
    day = draw(st.integers(*_DAYS[is_1904]))
    value = ("date", ((_EPOCHS[is_1904] + day) * _DAY + seconds) * 1000)
    return Cell(value, style, "n", repr(day + seconds / _DAY) if seconds else str(day))


@st.composite
def _cells(draw: st.DrawFn, is_1904: bool, usual: bool) -> Cell:
    style = draw(st.sampled_from(range(len(KINDS))))
    match draw(st.sampled_from(["number", "number", "text", "text", "time", "bool", "error", ""])):
        case "number":
            return draw(_numbers())
        case "time":
            return draw(_times(is_1904))
        case "text":
            spelling = draw(st.sampled_from(["s", "inlineStr", "str"]))
            return Cell(("str", draw(_TEXTS)), style, spelling)
        case "bool":
            value = draw(st.booleans())
            return Cell(("bool", value), style, "b", str(int(value)))
        case "error":
            text = draw(st.sampled_from(ERRORS + NEW_ERRORS if usual else ERRORS))
            return Cell(("error", text), style, "e", text)
    return Cell(None, style, draw(st.sampled_from(["none", "none", "blank", "formula"])))


class _Writer:
    """Spells a sheet; every choice that XML leaves open is drawn, of usual ones or of all."""

    def __init__(self, draw: st.DrawFn, *, usual: bool) -> None:
        self._draw = draw
        self._usual = usual
        self.prefix = self._choice("", "", "x:")
        self._gap = self._choice("", "", "\n  ")
        self._quote = self._choice('"', '"', "'")
        self.addressed = self._choice("always", "always", "rows", "cells", "seldom")
        self.strings: list[str] = []

    def _choice(self, usual: str, *others: str) -> str:
        return usual if self._usual else self._draw(st.sampled_from([usual, *others]))

    def _coin(self) -> bool:
        return self._draw(st.booleans())

    def _odd(self) -> bool:
        """Whether something is spelled as hardly any program does."""
        return not self._usual and self._coin()

    def element(self, name: str, attributes: dict[str, str], content: str | None) -> str:
        """An element with its attributes in any order; an empty one in either form."""
        pairs = list(attributes.items())
        if len(pairs) > 1 and self._odd():
            pairs.reverse()
        words = "".join(
            f" {key}={quoteattr(value).replace(chr(34), self._quote)}" for key, value in pairs
        )
        tag = f"{self.prefix}{name}"
        if content is None and self._coin():
            return f"<{tag}{words}/>"
        return f"<{tag}{words}>{content or ''}</{tag}>"

    def _text(self, text: str) -> str:
        space = {"xml:space": "preserve"} if text != text.strip() or self._coin() else {}
        spelled = escape(text)
        if self._odd():
            spelled = "".join(f"&#{ord(c)};" if c in "ä\n€" else c for c in spelled)
        return self.element("t", space, spelled)

    def _rich(self, text: str) -> str:
        """A string item: plain, or in runs with a phonetic hint that is no part of the text."""
        if not self._odd():
            return self._text(text)
        cut = len(text) // 2
        runs = [
            self.element("r", {}, self.element("rPr", {}, self.element("b", {}, None)) + t)
            for t in (self._text(text[:cut]), self._text(text[cut:]))
        ]
        hint = self.element("rPh", {"sb": "0", "eb": "1"}, self._text("hint"))
        return "".join(runs) + (hint if self._coin() else "")

    def cell(self, cell: Cell, address: str | None) -> str:
        """A cell's element."""
        attributes = {} if address is None else {"r": address}
        if cell.style or self._coin():
            attributes["s"] = str(cell.style)
        formula = self.element("f", {}, "SUM(1,2)&gt;0") if self._coin() else ""
        match cell.spelling:
            case "blank":
                return self.element("c", attributes, None)
            case "formula":
                return self.element("c", attributes, self.element("f", {}, "A1"))
            case "s":
                if self._coin() or not self.strings:
                    self.strings.append("")
                self.strings.append(self._rich(cell.text))
                value, formula = str(len(self.strings) - 1), ""
            case "inlineStr":
                item = self.element("is", {}, self._rich(cell.text))
                return self.element("c", {**attributes, "t": "inlineStr"}, item)
            case "str":
                value = escape(cell.text)
            case _:
                value = cell.raw
        if cell.spelling != "n" or self._coin():
            attributes["t"] = cell.spelling
        if self._coin():
            attributes |= {"cm": "1", "vm": "12"}
        return self.element("c", attributes, formula + self.element("v", {}, value))

    def rows(self, grid: Sequence[Sequence[Cell]], top: int, left: int) -> str:
        """The rows of a sheet, without those that hold nothing at all."""
        found, row_before = [], 0
        for number, row in enumerate(grid, start=top):
            cells, column_before = [], 0
            for column, cell in enumerate(row, start=left):
                if cell.spelling == "none":
                    continue
                adjacent = column == column_before + 1
                known = adjacent and self.addressed in {"rows", "seldom"}
                address = None if known else f"{get_column_letter(column)}{number}"
                cells.append(self.cell(cell, address))
                column_before = column
            if not cells and self._coin():
                continue
            follows = number == row_before + 1 and self.addressed in {"cells", "seldom"}
            attributes = {} if follows else {"r": str(number)}
            if self._coin():
                attributes["spans"] = "1:9"
            content = self._gap.join(cells) if cells else None
            found.append(self.element("row", attributes, content))
            row_before = number
        return self._gap.join(found)

    def part(self, name: str, content: str, *, declared: str = "") -> str:
        """A whole part of the main namespace."""
        namespace = f' xmlns{self.prefix and ":x"}="{_MAIN}"{declared}'
        tag = f"{self.prefix}{name}"
        start = self._draw(st.sampled_from(["", '<?xml version="1.0" encoding="UTF-8"?>\n']))
        return f"{start}<{tag}{namespace}>{self._gap}{content}</{tag}>"


@st.composite
def books(draw: st.DrawFn, *, usual: bool = False) -> Book:
    """A workbook whose sheet Customers holds a table of a few cells anywhere on it.

    A usual one holds no rich text, has a table object, and is spelled as Excel does.
    """
    is_1904, has_object = draw(st.booleans()), usual or draw(st.booleans())
    top, left = draw(st.integers(1, 12)), draw(st.sampled_from([1, 2, 5, 27]))
    width, height = draw(st.integers(1, 5)), draw(st.integers(1, 6))
    cells = st.lists(_cells(is_1904, usual), min_size=width, max_size=width)
    grid = draw(st.lists(cells, min_size=height, max_size=height))
    header = [Cell(("str", name), 0, "str") for name in HEADERS]
    grid.insert(0, header[:width])
    writer = _Writer(draw, usual=usual)
    data = writer.element("sheetData", {}, writer.rows(grid, top, left))
    tables = writer.element("tableParts", {"count": "1"}, '<tablePart r:id="rId1"/>')
    tables = tables.replace("<tablePart", f"<{writer.prefix}tablePart") if has_object else ""
    declared = f' xmlns:r="{_OFFICE}"' if has_object else ""
    sheet = writer.part("worksheet", data + tables, declared=declared)
    items = "".join(f"<{writer.prefix}si>{s}</{writer.prefix}si>" for s in writer.strings)
    extent = height + 1 + draw(st.integers(0, 2)) if has_object else height + 1
    area = [[cell.value for cell in row] for row in grid]
    area += [[None] * width for _ in range(extent - len(area))]
    reference = (
        f"{get_column_letter(left)}{top}:{get_column_letter(left + width - 1)}{top + extent - 1}"
    )
    strings = writer.part("sst", items) if writer.strings or draw(st.booleans()) else None
    parts = _parts(sheet, strings, is_1904=is_1904)
    if has_object:
        parts["xl/worksheets/_rels/sheet1.xml.rels"] = _relationships(
            [("table", "/xl/tables/table1.xml")]
        )
        parts["xl/tables/table1.xml"] = _table(reference, width)
    return Book(parts, (top, left), area)


def _parts(sheet: str, strings: str | None, *, is_1904: bool) -> dict[str, str]:
    kinds = {"workbook": "sheet.main", "worksheets/sheet1": "worksheet", "styles": "styles"}
    kinds |= {} if strings is None else {"sharedStrings": "sharedStrings"}
    related = [("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml")]
    related += [("sharedStrings", "sharedStrings.xml")] if strings is not None else []
    types = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{_OPENXML}.{kind}+xml"/>'
        for part, kind in {**kinds, "tables/table1": "table"}.items()
    )
    parts = {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f"{types}</Types>",
        "_rels/.rels": _relationships([("officeDocument", "xl/workbook.xml")]),
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">'
        f'<workbookPr date1904="{int(is_1904)}"/><sheets>'
        '<sheet name="Customers" sheetId="1" r:id="rId1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": _relationships(related),
        "xl/styles.xml": _styles(),
        "xl/worksheets/sheet1.xml": sheet,
    }
    return parts if strings is None else {**parts, "xl/sharedStrings.xml": strings}


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{i}" Type="{_OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets, start=1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'


def _table(reference: str, width: int) -> str:
    columns = "".join(
        f'<tableColumn id="{i}" name="{name}"/>' for i, name in enumerate(HEADERS[:width], start=1)
    )
    return (
        f'<table xmlns="{_MAIN}" id="1" name="tblCustomers" displayName="tblCustomers" '
        f'ref="{reference}"><tableColumns count="{width}">{columns}</tableColumns></table>'
    )


def _styles() -> str:
    own = "".join(
        f"<numFmt numFmtId={quoteattr(str(164 + i))} formatCode={quoteattr(code)}/>"
        for i, code in enumerate(FORMATS)
    )
    numbers = [*(str(164 + i) for i in range(len(FORMATS))), *BUILT_IN]
    formats = "".join(f'<xf numFmtId="{n}" applyNumberFormat="1"/>' for n in numbers)
    return (
        f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(FORMATS)}">{own}</numFmts>'
        '<fonts count="1"><font/></fonts><fills count="1"><fill><patternFill/></fill></fills>'
        '<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>'
        f'<cellXfs count="{len(numbers)}">{formats}</cellXfs></styleSheet>'
    )


#: What may stand where a value belongs, for each type of a cell or none that there is.
_TYPES = ("", "n", "b", "e", "s", "str", "d", "inlineStr", "x")
_VALUES = (
    *("", " ", "0", "1", "-1", "2", "1e10", "-1e10", "1e300", "1E-400", "NaN", "Infinity", " 5 "),
    *("2958466", "99999999999", "-0.5", "0x1", "1,5", "true", "2026-01-31", "2026-01-31T25:00:00"),
    *("#N/A", "#DIV/0!", "#", "_x0000_", "ä"),
)


#: Format, type and value of cells, none of which may fit the others.
odd_cells = st.lists(
    st.tuples(st.integers(0, len(KINDS)), st.sampled_from(_TYPES), st.sampled_from(_VALUES)),
    min_size=1,
    max_size=4,
)


def _typed(kind: str) -> str:
    return f' t="{kind}"' if kind else ""


def odd_book(cells: Sequence[tuple[int, str, str]], *, is_1904: bool) -> bytes:
    """A workbook with a column of such cells."""
    spelled = "".join(
        f'<row><c s="{style}"{_typed(kind)}><v>{value}</v></c></row>'
        for style, kind, value in cells
    )
    header = '<row><c t="str"><v>Customer ID</v></c></row>'
    data = f"<sheetData>{header}{spelled}</sheetData>"
    sheet = f'<worksheet xmlns="{_MAIN}">{data}</worksheet>'
    return Book(_parts(sheet, None, is_1904=is_1904), (1, 1), []).data
