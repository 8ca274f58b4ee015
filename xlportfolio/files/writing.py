"""A sheet of the user's in which single cells are written; everything else on it stays."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from xlportfolio.errors import WorkbookError
from xlportfolio.files.cells import Area, SheetCells, formula_cells, set_content
from xlportfolio.files.package import Element, to_xml
from xlportfolio.files.plain import Shown, shown_kinds
from xlportfolio.files.workbook import Workbook, main
from xlportfolio.look import LONGEST
from xlportfolio.schema.contract import Cell, column_letters

#: The formats that Excel has for a time of day, a day, both, and a span of time.
_TIME, _DAY, _DAY_AND_TIME, _SPAN = "21", "14", "22", "46"


class OpenSheet:
    """A sheet whose cells are changed in memory, until :meth:`put` writes it to the package.

    Columns and rows are counted from 1.

    Raises
    ------
    WorkbookError
        If the XML of the sheet is not as it must be.
    """

    def __init__(self, workbook: Workbook, name: str) -> None:
        self.package = workbook.package
        self.sheet = next(sheet for sheet in workbook.sheets if sheet.name == name)
        self.root = self.package.xml(self.sheet.part)
        with self.checked():
            self.cells = SheetCells(self.root)
        self._formats, self._first_day = Formats(workbook), workbook.first_day

    @contextmanager
    def checked(self) -> Iterator[None]:
        """What finds something malformed in here says so of the sheet."""
        try:
            yield
        except ValueError as error:
            raise self.package.malformed("sheet_order", sheet=self.sheet.name) from error

    def error(self, key: str, **details: object) -> WorkbookError:
        """What stops writing into this sheet."""
        return WorkbookError(key, path=self.package.path, sheet=self.sheet.name, **details)

    def formulas(self, area: Area) -> set[tuple[int, int]]:
        """Column and row of the cells in an area that formulas fill."""
        with self.checked():
            return formula_cells(self.root, area)

    def write(self, column: int, row: int, content: Cell, style: str | None = None) -> None:
        """Give a cell another content; its format stays, unless it hides that this is a time.

        Parameters
        ----------
        style
            The format of a cell that is made now; ``None``: as it looked when it was blank.

        Raises
        ------
        WorkbookError
            If a text is longer than a cell can be.
        """
        if isinstance(content, str) and len(content) > LONGEST:
            address = f"{column_letters(column)}{row}"
            raise self.error("text_too_long", cell=address, most=LONGEST)
        cell = self.cells.make(column, row, style)
        if isinstance(content, dt.date | dt.time | dt.timedelta):
            cell.set("s", self._formats.of_time(cell.get("s", "0"), content))
        set_content(cell, content, self._first_day)

    def put(self) -> None:
        """Write the sheet, and the formats that it needs now, to the package."""
        self._formats.put()
        self.package.put(self.sheet.part, to_xml(self.root))


class Formats:
    """The cell formats of a workbook, to which those are appended that show times."""

    def __init__(self, workbook: Workbook) -> None:
        self._package = workbook.package
        self._part = workbook.related("styles")
        self._twins: dict[tuple[str, str], str] = {}

    @cached_property
    def _root(self) -> Element | None:
        return None if self._part is None else self._package.xml(self._part)

    @cached_property
    def _shown(self) -> list[Shown]:
        return [] if self._root is None else shown_kinds(self._root)

    def of_time(self, style: str, content: dt.date | dt.time | dt.timedelta) -> str:
        """A format that shows a time as such: this one, or one that is like it in all else."""
        number = int(style)
        if number >= len(self._shown) or self._shown[number] is not Shown.NUMBER:
            return style
        match content:
            case dt.datetime():
                wanted = _DAY_AND_TIME if content.time() != dt.time() else _DAY
            case dt.date():
                wanted = _DAY
            case dt.time():
                wanted = _TIME
            case _:
                wanted = _SPAN
        if (style, wanted) not in self._twins:
            self._twins[style, wanted] = self._append(number, wanted)
        return self._twins[style, wanted]

    def _append(self, number: int, wanted: str) -> str:
        assert self._root is not None
        formats = self._root.find(main("cellXfs"))
        assert formats is not None
        twin = copy.deepcopy(formats[number])
        twin.set("numFmtId", wanted)
        twin.set("applyNumberFormat", "1")
        formats.append(twin)
        formats.set("count", str(len(formats)))
        return str(len(formats) - 1)

    def put(self) -> None:
        """Write the style sheet to the package, if something was appended."""
        if self._twins and self._part is not None and self._root is not None:
            self._package.put(self._part, to_xml(self._root))
