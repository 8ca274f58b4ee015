"""The workbook in a package: its sheets, tables and names (ECMA-376 part 1, SpreadsheetML)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from itertools import count

from lxml import etree
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900

from xlportfolio.errors import WorkbookError
from xlportfolio.files.package import Element, Package, Relationship, local_name, to_xml
from xlportfolio.schema.contract import LAST_COLUMN, LAST_ROW
from xlportfolio.tables import free_name

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE_RELATIONSHIPS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_STRICT = "http://purl.oclc.org/ooxml/"
_CALC_CHAIN = "calcChain"
_HIDDEN = frozenset({"hidden", "veryHidden"})
#: The largest numbers that Excel takes for a sheet and for a table.
_LAST_SHEET_ID, LAST_TABLE_ID = 65_534, 2**32 - 1


def main(name: str) -> str:
    """A name in the namespace of SpreadsheetML."""
    return f"{{{MAIN}}}{name}"


def coordinates(address: str) -> tuple[int, int]:
    """Column and row, counted from 1, of an address such as ``B7``."""
    column, row, _, _ = range_boundaries(address)
    return int(column or 0), int(row or 0)


def walk(data: bytes, *names: str) -> Iterator[tuple[str, Element]]:
    """The elements of a sheet that have these names, as each one starts and as it ends.

    Raises
    ------
    etree.XMLSyntaxError
        Where the sheet is not well-formed.
    """
    tags = [main(name) for name in names]
    options = {"resolve_entities": False, "no_network": True, "load_dtd": False}
    yield from etree.iterparse(BytesIO(data), events=("start", "end"), tag=tags, **options)


def _remove(element: Element) -> None:
    parent = element.getparent()
    assert parent is not None
    parent.remove(element)


def free_number(taken: set[int], most: int) -> int:
    """The number after the largest one; where that is too large, the smallest that is free."""
    following = max(taken, default=0) + 1
    return following if following <= most else next(n for n in count(1) if n not in taken)


R_ID = f"{{{OFFICE_RELATIONSHIPS}}}id"


@dataclass(frozen=True, slots=True)
class TableObject:
    """A table object on a sheet: its name, its number and the area it covers, counted from 1.

    ``inner_name`` is one that Excel keeps like the other, but other programs may not.
    """

    name: str
    inner_name: str
    number: int
    part: str
    first_column: int
    first_row: int
    last_column: int
    last_row: int
    headers: tuple[str, ...]
    has_header_row: bool
    totals_rows: int


class Sheet:
    """One sheet of a workbook; a thin view of its element in the workbook part."""

    def __init__(self, package: Package, element: Element, relationship: Relationship) -> None:
        self._package = package
        self.element = element
        self.part = relationship.target
        self.kind = relationship.type.rsplit("/", 1)[-1]
        self.is_worksheet = self.kind == "worksheet"

    @property
    def name(self) -> str:
        """The name on the tab."""
        return self.element.get("name", "")

    @property
    def sheet_id(self) -> str:
        """The number by which the calculation chain knows the sheet."""
        return self.element.get("sheetId", "")

    @cached_property
    def tables(self) -> list[TableObject]:
        """The table objects on the sheet."""
        related = self._package.relationships(self.part) if self.is_worksheet else []
        return [self._table(r.target) for r in related if r.is_a("table")]

    def forget_tables(self) -> None:
        """Read the table objects anew when they are next asked for."""
        self.__dict__.pop("tables", None)

    def _table(self, part: str) -> TableObject:
        root = self._package.xml(part)
        try:
            area = [int(bound or 0) for bound in range_boundaries(root.get("ref", ""))]
            first_column, first_row, last_column, last_row = area
            if not all(area):
                raise ValueError(root.get("ref"))  # noqa: TRY301 (said below)
        except ValueError as error:
            raise self._package.malformed("table_area", part=part) from error
        columns = list(root.iterfind(f"{main('tableColumns')}/{main('tableColumn')}"))
        is_within = 0 < first_row <= last_row <= LAST_ROW and last_column <= LAST_COLUMN
        if not is_within or last_column - first_column + 1 != len(columns):
            raise self._package.malformed("table_area", part=part)
        try:
            number, totals_rows = (int(root.get(k, "0")) for k in ("id", "totalsRowCount"))
        except ValueError as error:
            raise self._package.malformed("table_number", part=part) from error
        has_header_row = root.get("headerRowCount") != "0"
        if not 0 <= totals_rows <= last_row - first_row + (not has_header_row):
            raise self._package.malformed("table_area", part=part)
        return TableObject(
            name=root.get("displayName") or root.get("name") or "",
            inner_name=root.get("name", ""),
            number=number,
            part=part,
            first_column=first_column,
            first_row=first_row,
            last_column=last_column,
            last_row=last_row,
            headers=tuple(column.get("name", "") for column in columns),
            has_header_row=has_header_row,
            totals_rows=totals_rows,
        )


class Workbook:
    """A workbook that can be read part by part and written back."""

    def __init__(self, package: Package) -> None:
        """Find the workbook in a package.

        Raises
        ------
        WorkbookError
            If there is none, or one that must not be changed (signed, strict, binary, shared).
        """
        self.package = package
        roots = package.relationships("")
        if any("/digital-signature/" in relationship.type for relationship in roots):
            raise WorkbookError("signed", path=package.path)
        part = next((r.target for r in roots if r.is_a("officeDocument")), None)
        if part is None or part not in package:
            raise WorkbookError("not_a_workbook", path=package.path)
        if part.endswith(".bin"):
            raise WorkbookError("old_format", path=package.path)
        self.part = part
        self.root = package.xml(part)
        if self.root.tag != main("workbook"):
            strict = str(self.root.tag).startswith(f"{{{_STRICT}") and (
                local_name(self.root) == "workbook"
            )
            raise WorkbookError("strict" if strict else "not_a_workbook", path=package.path)
        if self.related("revisionHeaders") is not None:
            raise WorkbookError("shared", path=package.path)
        self.sheets = self._read_sheets()

    def _read_sheets(self) -> list[Sheet]:
        related = self.package.relationships(self.part)
        by_id = {r.id: r for r in related}
        if len(by_id) < len(related):
            raise self.package.malformed("ids_repeated", part=self.part)
        sheets: list[Sheet] = []
        names = set()
        for element in self.root.iterfind(f"{main('sheets')}/{main('sheet')}"):
            relationship = by_id.get(element.get(R_ID, ""))
            if relationship is None or relationship.target not in self.package:
                raise self.package.malformed("sheet_empty", sheet=element.get("name", ""))
            sheets.append(Sheet(self.package, element, relationship))
            names.add(sheets[-1].name.lower())
        if len(names) < len(sheets):
            raise self.package.malformed("sheets_of_one_name")
        if not sheets:
            raise self.package.malformed("no_sheets")
        return sheets

    def related(self, kind: str) -> str | None:
        """The part of this kind that the workbook points at, such as ``styles``."""
        related = self.package.relationships(self.part)
        return next((r.target for r in related if r.is_a(kind) and r.target in self.package), None)

    def tables(self) -> Iterator[tuple[Sheet, TableObject]]:
        """All table objects with their sheets."""
        for sheet in self.sheets:
            for table in sheet.tables:
                yield sheet, table

    @property
    def first_day(self) -> dt.datetime:
        """The day from which this workbook counts."""
        properties = self.root.find(main("workbookPr"))
        old = properties is not None and properties.get("date1904") in {"1", "true"}
        return CALENDAR_MAC_1904 if old else CALENDAR_WINDOWS_1900

    # --- names ---------------------------------------------------------------------------------

    def defined_names(self) -> list[Element]:
        """The elements of all defined names."""
        return list(self.root.iterfind(f"{main('definedNames')}/{main('definedName')}"))

    @cached_property
    def _names(self) -> dict[tuple[str | None, str | None], Element]:
        """The defined names, each with the position of its sheet if it is one's own."""
        return {(e.get("name"), e.get("localSheetId")): e for e in reversed(self.defined_names())}

    def sheet_named_by(self, name: str) -> Sheet | None:
        """The sheet that a workbook-level defined name points at."""
        element = self._names.get((name, None))
        if element is None:
            return None
        sheet = (element.text or "").rpartition("!")[0].strip("'").replace("''", "'")
        return next((s for s in self.sheets if s.name.lower() == sheet.lower()), None)

    def free_sheet_name(self, wanted: str, taken: set[str]) -> str:
        """The name, or the name with ``(2)`` and so on if a sheet has it already."""
        return free_name(wanted, {*(sheet.name for sheet in self.sheets), *taken})

    def put_name(self, name: str, text: str, sheet: Sheet | None = None, *, hidden: bool) -> None:
        """Set a defined name, of the workbook or of one sheet."""
        local = None if sheet is None else str(self.sheets.index(sheet))
        there = self._names.get((name, local))
        if there is not None:
            there.text = text
            if hidden:
                there.set("hidden", "1")
            return
        parent = self.root.find(main("definedNames"))
        if parent is None:
            parent = self.root.makeelement(main("definedNames"))
            before = ("externalReferences", "functionGroups", "sheets")
            anchor = next(e for tag in before if (e := self.root.find(main(tag))) is not None)
            anchor.addnext(parent)
        element = parent.makeelement(main("definedName"), {"name": name})
        if local is not None:
            element.set("localSheetId", local)
        if hidden:
            element.set("hidden", "1")
        element.text = text
        parent.append(element)
        self._names[name, local] = element

    def drop_name(self, name: str, sheet: Sheet | None = None) -> None:
        """Take away a defined name, of the workbook or of one sheet, if it is there."""
        local = None if sheet is None else str(self.sheets.index(sheet))
        element = self._names.pop((name, local), None)
        if element is not None:
            _remove(element)

    def drop_names(self, chosen: Callable[[Element], bool]) -> list[Element]:
        """Take away those defined names that are chosen; which they were."""
        gone = [element for element in self.defined_names() if chosen(element)]
        for element in gone:
            _remove(element)
        self.forget_names()
        return gone

    # --- changes -------------------------------------------------------------------------------

    def add_sheet(self, name: str, part: str) -> Sheet:
        """Append a sheet whose part has been put into the package."""
        kind = f"{OFFICE_RELATIONSHIPS}/worksheet"
        relationship_id = self.package.relate(self.part, kind, part)
        parent = self.root.find(main("sheets"))
        assert parent is not None
        taken = {int(s.sheet_id) for s in self.sheets if s.sheet_id.isdecimal()}
        number = free_number(taken, _LAST_SHEET_ID)
        attributes = {"name": name, "sheetId": str(number), R_ID: relationship_id}
        element = parent.makeelement(main("sheet"), attributes)
        parent.append(element)
        relationship = next(
            r for r in self.package.relationships(self.part) if r.id == relationship_id
        )
        sheet = Sheet(self.package, element, relationship)
        self.sheets.append(sheet)
        return sheet

    def forget_sheet(self, sheet: Sheet) -> None:
        """Take a sheet off the list, with its own names; its part and relationship stay."""
        self.forget_calculations([sheet])
        at = self.sheets.index(sheet)
        _remove(sheet.element)
        del self.sheets[at]
        for element in self.defined_names():
            local = element.get("localSheetId")
            if local == str(at):
                _remove(element)
            elif local is not None and local.isdecimal() and int(local) > at:
                element.set("localSheetId", str(int(local) - 1))
        self.forget_names()
        self._look_beside(at)
        for view in self.root.iter(main("customWorkbookView")):
            if view.get("activeSheetId") == sheet.sheet_id and self.sheets:
                view.set("activeSheetId", self.sheets[0].sheet_id)

    def _look_beside(self, at: int) -> None:
        """Let windows that show the sheet that was here, or a later one, show what is there now."""
        seen = [i for i, s in enumerate(self.sheets) if s.element.get("state") not in _HIDDEN]
        for view in self.root.iter(main("workbookView")):
            for attribute in ("activeTab", "firstSheet"):
                shown = view.get(attribute, "0")
                if shown.isdecimal() and int(shown) > at:
                    view.set(attribute, str(int(shown) - 1))
                elif shown == str(at):
                    nearest = min(seen, key=lambda i: abs(i - at), default=0)
                    view.set(attribute, str(nearest))

    def show_any(self, name: str) -> None:
        """Let this sheet be seen if no sheet is: Excel opens no such workbook."""
        if any(s.element.get("state") not in _HIDDEN for s in self.sheets):
            return
        at = next(i for i, sheet in enumerate(self.sheets) if sheet.name == name)
        self.sheets[at].element.attrib.pop("state", "")
        for view in self.root.iter(main("workbookView")):
            for attribute in ("activeTab", "firstSheet"):
                view.set(attribute, str(at))

    def forget_names(self) -> None:
        """Look names up anew when they are next asked for; a list without names goes."""
        self.__dict__.pop("_names", None)
        parent = self.root.find(main("definedNames"))
        if parent is not None and not len(parent):
            _remove(parent)

    def forget_calculations(self, sheets: list[Sheet]) -> None:
        """Take the cells of these sheets out of the calculation chain, which may go with them."""
        part = self.related(_CALC_CHAIN)
        if part is None or not sheets:
            return
        chain = self.package.xml(part)
        gone = {sheet.sheet_id for sheet in sheets}
        current, found = "", False
        for cell in list(chain):
            if local_name(cell) != "c":
                continue
            current = cell.get("i", current)  # a cell without i is on the sheet of the one before
            if current in gone:
                chain.remove(cell)
                found = True
            else:
                cell.set("i", current)
        if found and chain.find(main("c")) is not None:
            self.package.put(part, to_xml(chain))
        elif found:
            self.drop_calculations()

    def drop_calculations(self) -> None:
        """Leave the calculation chain out, which Excel makes anew when it opens the workbook."""
        part = self.related(_CALC_CHAIN)
        if part is None:
            return
        for relationship in self.package.relationships(self.part):
            if relationship.is_a(_CALC_CHAIN):
                self.package.unrelate(self.part, relationship)
        self.package.remove(part)

    def commit(self) -> None:
        """Put the workbook part, with its sheets and names as they are now, into the package."""
        self.package.put(self.part, to_xml(self.root))
