"""Put the sheets of a scratch workbook into a user's workbook, and lose nothing of hers.

A sheet of ours is replaced in place: its name, part, number and position stay, so that formulas
which point at it still do. Of the rest only what the package needs is touched: the list of sheets,
the names, the content types, the style sheet (append only) and the calculation chain.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from types import MappingProxyType
from typing import NamedTuple

from lxml import etree
from openpyxl.utils.cell import quote_sheetname

from xlportfolio.column_look import row_heights
from xlportfolio.errors import WorkbookError
from xlportfolio.files.cells import set_answer
from xlportfolio.files.ours import OurSheets, foreign_cell
from xlportfolio.files.package import Element, local_name, parse_xml, to_xml
from xlportfolio.files.removal import release
from xlportfolio.files.rows import Block, Pieces, row_chunks
from xlportfolio.files.styles import StyleMap, merge_styles
from xlportfolio.files.workbook import (
    LAST_TABLE_ID,
    OFFICE_RELATIONSHIPS,
    Sheet,
    Workbook,
    free_number,
    main,
    walk,
)
from xlportfolio.matrix import MATRIX, MATRIX_NAME, POINTS_COLUMN, POINTS_ROW
from xlportfolio.report import ORDER, Report
from xlportfolio.schema.contract import column_letters
from xlportfolio.tables import SheetTable

#: Cell formats that Excel takes in a workbook.
_MOST_FORMATS = 65_490
_MARK = "the rows go here"
#: Fonts, fills, formats and so on of a workbook together.
_MOST_STYLES = 250_000
_LOCAL_NAMES = ("_xlnm.Print_Titles", "_xlnm.Print_Area", "_xlnm._FilterDatabase")


def graft(
    workbook: Workbook,
    scratch: Workbook,
    ours: OurSheets,
    report: Report,
    *,
    is_final: bool = False,
) -> None:
    """Put all sheets of the scratch workbook into the user's.

    Parameters
    ----------
    ours
        The sheets to replace; the others are appended.
    report
        The data that fill the prototype rows; its sheets have the same names in both workbooks.
    is_final
        Whether cells of the user's on our sheets go too, as in a copy that hides something.

    Raises
    ------
    WorkbookError
        If there are any, and they are not to go.
    """
    names = report.sheets
    blocks = {t.key: Block(t.columns, t.first_row, heights=row_heights(t)) for t in report.tables}
    blocks[MATRIX] = Block(report.matrix.columns, POINTS_ROW, POINTS_COLUMN)
    columns = [column for block in blocks.values() for column in block.columns]
    pieces = Pieces(columns, workbook.first_day)
    formulas = {t.key: t.formulas for t in report.tables} | {MATRIX: report.matrix.formulas}
    sheets = [(names[k], ours.sheets.get(k), Filled(blocks[k], pieces, formulas[k])) for k in ORDER]
    put_sheets(workbook, scratch, sheets, is_final=is_final)
    home = quote_sheetname(names[MATRIX])
    workbook.put_name(MATRIX_NAME, f"{home}!$A$1", hidden=True)
    workbook.commit()


def graft_tables(
    workbook: Workbook,
    scratch: Workbook,
    tables: Sequence[SheetTable],
    there: Mapping[str, Sheet],
    *,
    is_final: bool = False,
) -> None:
    """Put some sheets of the scratch workbook into the user's, each with one table.

    Parameters
    ----------
    tables
        What stands on them; they have the same names in both workbooks.
    there
        The sheets to replace, by the names of their tables in lower case; others are appended.
    is_final
        As for :func:`graft`.
    """
    sheets = []
    for table in tables:
        block = Block(table.columns, table.first_row, heights=row_heights(table))
        filled = Filled(block, Pieces(table.columns, workbook.first_day), table.formulas)
        sheets.append((table.sheet, there.get(table.table.lower()), filled))
    put_sheets(workbook, scratch, sheets, is_final=is_final)
    workbook.commit()


def put_sheets(
    workbook: Workbook,
    scratch: Workbook,
    sheets: Sequence[tuple[str, Sheet | None, Filled | None]],
    *,
    is_final: bool = False,
) -> None:
    """Put sheets of the scratch workbook where ours are, or at the end; names are not set yet.

    Parameters
    ----------
    sheets
        The name of each, the sheet that it replaces, and the data that it is filled with.
    is_final
        As for :func:`graft`.
    """
    grafting = Graft(workbook, scratch, is_final=is_final)
    replaced = [there for _, there, _ in sheets if there is not None]
    grafting.release(replaced)
    workbook.forget_calculations(replaced)
    for name, there, filled in sheets:
        grafting.place(name, there, filled)


class Filled(NamedTuple):
    """The data that replace a prototype row, and their XML as far as it is made already.

    ``formulas`` are those of cells above the data, by their addresses.
    """

    block: Block
    pieces: Pieces
    formulas: Mapping[str, str] = MappingProxyType({})


class Graft:
    """Moves sheets, with the parts below them, from the scratch workbook to the user's."""

    def __init__(self, workbook: Workbook, scratch: Workbook, *, is_final: bool = False) -> None:
        self.workbook, self.scratch, self.is_final = workbook, scratch, is_final
        self.package, self.source = workbook.package, scratch.package
        self.styles = self._merge_styles()
        self.sheets = {sheet.name: sheet for sheet in scratch.sheets}
        self.table_numbers: dict[str, int] = {}

    @cached_property
    def taken(self) -> set[int]:
        """The numbers of tables that are given."""
        return {table.number for _, table in self.workbook.tables()}

    def _merge_styles(self) -> StyleMap:
        ours = self.scratch.related("styles")
        assert ours is not None
        source = self.source.xml(ours)
        part = self.workbook.related("styles")
        if part is None:
            usual = "xl/styles.xml"
            part = self.package.free_name(usual) if usual in self.package else usual
            self.package.relate(self.workbook.part, f"{OFFICE_RELATIONSHIPS}/styles", part)
            target = copy.deepcopy(source)
        else:
            target = self.package.xml(part)
        if sum(map(len, target)) > _MOST_STYLES:
            raise self.package.malformed("too_many_styles", part=part, most=_MOST_STYLES)
        before = to_xml(target)
        moved = merge_styles(target, source)
        formats = target.find(main("cellXfs"))
        if formats is not None and len(formats) > _MOST_FORMATS:
            raise WorkbookError("too_many_formats", path=self.package.path, most=_MOST_FORMATS)
        if part not in self.package or to_xml(target) != before:
            self.package.put(part, to_xml(target), self.source.content_type(ours))
        return moved

    def release(self, replaced: Sequence[Sheet]) -> None:
        """Take away the parts below these sheets that nothing else points at."""
        tables = [table for sheet in replaced for table in sheet.tables]
        self.table_numbers = {table.name.lower(): table.number for table in tables}
        release(self.package, [sheet.part for sheet in replaced])

    def place(self, name: str, there: Sheet | None = None, filled: Filled | None = None) -> None:
        """Put one sheet where ours was, or at the end, and fill in its data."""
        source = self.sheets[name]
        root = self.source.xml(source.part)
        self._restyle(root)
        self._inline(root)
        for view in root.iter(main("sheetView")):
            view.attrib.pop("tabSelected", "")
        part = self.package.free_name("xl/worksheets/sheet1.xml") if there is None else there.part
        if there is not None:
            old = self.package.read_xml(part)
            try:
                foreign = filled and foreign_cell(root, old, there, filled.block)
                self._keep_identity(root, old)
            except (etree.XMLSyntaxError, ValueError) as error:
                raise self.package.malformed("part_xml", part=part) from error
            if foreign and not self.is_final:
                details = {"path": self.package.path, "sheet": there.name, "cell": foreign}
                raise WorkbookError("foreign_cell", **details)
        kind = self.source.content_type(source.part)
        if filled is not None:
            _add_formulas(root, filled.formulas)
        content = to_xml(root) if filled is None else _filled(root, filled)
        self.package.put(part, content, kind)
        self._copy_below(source.part, part)
        sheet = there or self.workbook.add_sheet(name, part)
        self._local_names(source, sheet)

    def _restyle(self, root: Element) -> None:
        """Point cells and rules at the formats where they are in the user's style sheet."""
        for element in root.iter(main("c"), main("row"), main("col")):
            attribute = "style" if local_name(element) == "col" else "s"
            if attribute in element.attrib:
                element.set(attribute, self.styles.cells[element.get(attribute, "0")])
        for rule in root.iter(main("cfRule")):
            if "dxfId" in rule.attrib:
                rule.set("dxfId", self.styles.differential[rule.get("dxfId", "0")])

    def _inline(self, root: Element) -> None:
        """Move shared strings into their cells: the user's table of them is not touched."""
        part = self.scratch.related("sharedStrings")
        strings = list(self.source.xml(part)) if part is not None else []
        for cell in root.iter(main("c")):
            if cell.get("t") == "s":
                content = copy.deepcopy(strings[int(cell.findtext(main("v")) or 0)])
                content.tag = main("is")
                cell[:] = [content]
                cell.set("t", "inlineStr")

    @staticmethod
    def _keep_identity(root: Element, old: bytes) -> None:
        """Keep the name by which VBA knows a sheet, and whether it is the one in front."""
        for _, element in walk(old, "sheetPr", "sheetView", "sheetData"):
            if element.tag == main("sheetData"):
                break
            if "codeName" in element.attrib:
                properties = root.find(main("sheetPr"))
                assert properties is not None
                properties.set("codeName", element.get("codeName", ""))
            if element.get("tabSelected") in {"1", "true"}:
                for view in root.iter(main("sheetView")):
                    view.set("tabSelected", "1")

    def _copy_below(self, source: str, target: str) -> None:
        """Copy the parts that a part points at, and theirs, under free names."""
        for relationship in self.source.relationships(source):
            part = self.package.free_name(relationship.target)
            data = self.source.read(relationship.target)
            if relationship.is_a("table"):
                data = self._numbered(data)
            self.package.put(part, data, self.source.content_type(relationship.target))
            self.package.relate(target, relationship.type, part, relationship.id)
            self._copy_below(relationship.target, part)

    def _numbered(self, data: bytes) -> bytes:
        """Give a table the number it had, or one that no other table of the workbook has."""
        root = parse_xml(data)
        number = self.table_numbers.get(root.get("displayName", "").lower())
        if number is None:
            number = free_number(self.taken, LAST_TABLE_ID)
            self.taken.add(number)
        root.set("id", str(number))
        return to_xml(root)

    def _local_names(self, source: Sheet, sheet: Sheet) -> None:
        """The names that belong to a sheet: what is printed, and what is repeated on each page."""
        wanted = {
            element.get("name"): element.text or ""
            for element in self.scratch.defined_names()
            if element.get("localSheetId") == str(self.scratch.sheets.index(source))
        }
        for name in _LOCAL_NAMES:
            if name in wanted:
                self.workbook.put_name(name, wanted[name], sheet, hidden=False)
            else:
                self.workbook.drop_name(name, sheet)


def _add_formulas(root: Element, formulas: Mapping[str, str]) -> None:
    """Give cells their formulas; what they show now is there already, or is not known."""
    for cell in root.iter(main("c")) if formulas else ():
        formula = formulas.get(cell.get("r", ""))
        if formula is None:
            continue
        element = cell.makeelement(main("f"), {})
        element.text = formula
        text = cell.find(f"{main('is')}/{main('t')}")
        if text is not None:  # a text that is computed stands where numbers do
            text.tag = main("v")
            cell[:] = [text]
            cell.set("t", "str")
        cell.insert(0, element)
        if cell.find(main("v")) is None:
            set_answer(cell, None)


def _filled(root: Element, filled: Filled) -> Callable[[], Iterator[bytes]]:
    """A sheet whose prototype row is repeated for every row of data when it is written."""
    block = filled.block
    prototype = next(row for row in root.iter(main("row")) if row.get("r") == str(block.row))
    styles = [cell.get("s", "0") for cell in prototype]
    mark = etree.Comment(_MARK)
    parent = prototype.getparent()
    assert parent is not None
    parent.replace(prototype, mark)
    last = f"{column_letters(block.column + len(styles) - 1)}{block.last_row}"
    for dimension in root.iter(main("dimension")):
        dimension.set("ref", f"A1:{last}")
    before, _, after = to_xml(root).partition(etree.tostring(mark))

    def chunks() -> Iterator[bytes]:
        yield before
        yield from row_chunks(block, styles, filled.pieces)
        yield after

    return chunks
