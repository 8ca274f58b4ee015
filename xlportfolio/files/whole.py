"""Whole sheets as rows of cells, through calamine, of which little is taken on trust.

Calamine makes room for the whole rectangle between the first and the last cell, inflates what it
is given, and shows error cells as blank ones; so the parts that it reads are looked at before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any, NamedTuple
from xml.parsers import expat

from python_calamine import CalamineError, CalamineWorkbook

from xlportfolio.errors import WorkbookError
from xlportfolio.files.extent import AddressError, Extent, extent_of
from xlportfolio.files.workbook import Sheet, Workbook, coordinates
from xlportfolio.look import LONGEST
from xlportfolio.schema.contract import Cell, CellError, column_letters
from xlportfolio.sources.panics import no_panics

#: An attribute that calls the cell an error, or some text that looks like one.
_ERROR = re.compile(rb"""\bt\s*=\s*["']e["']""")

#: Comments and CDATA sections within the content of a cell, which calamine passes over.
_SPLIT = re.compile(rb"<(?:\w+:)?[vt](?:\s[^<>]*)?>[^<]*<!")

#: What calamine reads beside the sheets: parts of just these names, in any case.
_READ_BY_CALAMINE = {
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/sharedstrings.xml",
    "xl/styles.xml",
}
_MACRO_SHEETS = {"xlMacrosheet", "xlIntlMacrosheet"}


class Block(NamedTuple):
    """The rectangle around all cells of a sheet: its first row and column, from 1, and its rows."""

    top: int
    left: int
    rows: Sequence[Sequence[Cell]]


class WholeSheets:
    """The sheets of a workbook, each read when it is first asked for."""

    def __init__(self, workbook: Workbook) -> None:
        self._workbook = workbook
        self._package = workbook.package
        self._blocks: dict[str, Block] = {}
        self._extents: dict[str, Extent] = {}

    def block(self, sheet: Sheet) -> Block:
        """The cells of a sheet, error cells as such.

        Raises
        ------
        WorkbookError
            If the sheet cannot be read.
        """
        if sheet.name not in self._blocks:
            data = self._package.read_xml(sheet.part)
            self._refuse_encoding(sheet.part, data)
            if _SPLIT.search(data):
                raise self._package.malformed("cell_markup", sheet=sheet.name)
            extent = self._extents[sheet.name] = self._extent(sheet, data)
            if extent.is_sparse:
                details = {"path": self._package.path, "sheet": sheet.name, "area": str(extent)}
                raise WorkbookError("too_sparse", **details)
            try:
                read = self._calamine.get_sheet_by_name(sheet.name)
                with no_panics():
                    cells: list[list[Any]] = read.to_python()
            except (CalamineError, OverflowError) as error:
                raise self._unreadable(error) from error
            top, left = (1 + first for first in read.start or (0, 0))
            self._refuse_long(sheet, top, left, cells)
            for (row, column), text in _ErrorCells(data).found.items():
                if 0 <= row - top < len(cells) and 0 <= column - left < len(cells[row - top]):
                    cells[row - top][column - left] = CellError(text or "#N/A")
            self._blocks[sheet.name] = Block(top, left, cells)
        return self._blocks[sheet.name]

    def filled(self, sheet: Sheet) -> int:
        """How many cells of a sheet hold something.

        Raises
        ------
        WorkbookError
            If one of them stands outside of any sheet.
        """
        if sheet.name not in self._extents:
            self._extents[sheet.name] = self._extent(sheet, self._package.read_xml(sheet.part))
        return self._extents[sheet.name].filled

    @cached_property
    def _calamine(self) -> CalamineWorkbook:
        for part in self._package.parts():  # it believes whatever a part inflates to
            if part.lower() in _READ_BY_CALAMINE:
                data = self._package.read(part)
                self._refuse_encoding(part, data)
                self._package.check_xml(part, data)
        try:
            return CalamineWorkbook.from_path(str(self._package.path))
        except (CalamineError, OSError) as error:
            raise self._unreadable(error) from error

    def _unreadable(self, error: Exception) -> WorkbookError:
        """What to say where calamine fails: it knows no macro sheets, nor other names of parts."""
        for sheet in self._workbook.sheets:
            if sheet.kind in _MACRO_SHEETS:
                return WorkbookError("macro_sheet", path=self._package.path, sheet=sheet.name)
        if self._workbook.part.lower() != "xl/workbook.xml":
            return self._package.malformed("book_name", part=self._workbook.part)
        return self._package.malformed("cells", detail=error)

    def _refuse_encoding(self, part: str, data: bytes) -> None:
        """Refuse a part that calamine would take for UTF-8, and so for another text or none."""
        encoding = _encoding(data)
        if encoding not in {"UTF-8", "UTF8", "US-ASCII", "ASCII"}:
            details = {"path": self._package.path, "part": part, "encoding": encoding}
            raise WorkbookError("encoding", **details)

    def _extent(self, sheet: Sheet, data: bytes) -> Extent:
        """How far the cells of a sheet reach."""
        try:
            return extent_of(data)
        except AddressError as error:
            details: dict[str, object] = {"sheet": sheet.name, "cell": str(error)}
            raise self._package.malformed("cell_address", **details) from error
        except expat.ExpatError as error:
            raise self._package.malformed("part_xml", part=sheet.part) from error

    def _refuse_long(self, sheet: Sheet, top: int, left: int, cells: list[list[Cell]]) -> None:
        """Refuse a text that no cell can hold, and that no reader of cells is made for."""
        for row, line in enumerate(cells, start=top):
            for column, cell in enumerate(line, start=left):
                if type(cell) is str and len(cell) > LONGEST:
                    address = f"{column_letters(column)}{row}"
                    details = {"sheet": sheet.name, "cell": address, "most": LONGEST}
                    raise self._package.malformed("cell_long", **details)


def _encoding(data: bytes) -> str:
    """What the characters of a part are encoded in, as its first bytes tell."""
    if data.startswith((b"\xff\xfe", b"\xfe\xff", b"<\0", b"\0<")):
        return "UTF-16"
    declared = re.match(rb"""[^<]*<\?xml[^>]*\bencoding\s*=\s*["']([\w.-]+)""", data[:200])
    return declared[1].decode("ascii", "replace").upper() if declared else "UTF-8"


class _ErrorCells:
    """The errors that cells show, by row and column; calamine takes such cells for blank."""

    def __init__(self, data: bytes) -> None:
        self.found: dict[tuple[int, int], str] = {}
        self._row = self._column = 0
        self._is_error = self._is_value = False
        if _ERROR.search(data):
            parser = expat.ParserCreate()
            parser.StartElementHandler, parser.EndElementHandler = self._start, self._end
            parser.CharacterDataHandler = self._text
            parser.Parse(data, True)  # noqa: FBT003 (that is how it is called)

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        kind, place = name.rpartition(":")[2], attributes.get("r")
        if kind == "row":
            self._row, self._column = int(place) if place else self._row + 1, 0
        elif kind == "c":  # one without an address follows the one before
            self._column += 1
            if place:
                self._column, self._row = coordinates(place)
            self._is_error = attributes.get("t") == "e"
            if self._is_error:
                self.found[self._row, self._column] = ""
        else:
            self._is_value = self._is_error and kind == "v"

    def _text(self, text: str) -> None:
        if self._is_value:
            self.found[self._row, self._column] += text

    def _end(self, name: str) -> None:
        self._is_value = False
        self._is_error = self._is_error and name.rpartition(":")[2] != "c"
