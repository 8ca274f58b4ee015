"""An engine for xlwings over a living document of LibreOffice, to run host code without Excel.

``attach(document)`` gives an ``xw.Book``: the front end is that of xlwings, what lies beneath answers
as Excel does over COM. It rests on ``xlwings.base_classes`` alone. ``calls(book)`` counts what would
be a trip to Excel, and lets a test raise before any of them.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
import numbers
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from functools import wraps
from pathlib import Path
from types import FunctionType
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
import xlwings as xw
from openpyxl.formula.tokenizer import Token, Tokenizer, TokenizerError
from openpyxl.formula.translate import Translator
from xlwings import base_classes

from support.lo_session import bridge, load, properties

NAME = "libreoffice"
Kind = Literal["lookup", "work"]

#: What Excel gives for a cell in error, over COM.
ERRORS = {
    "#NULL!": -2146826288,
    "#DIV/0!": -2146826281,
    "#VALUE!": -2146826273,
    "#REF!": -2146826265,
    "#NAME?": -2146826259,
    "#NUM!": -2146826252,
    "#N/A": -2146826246,
}
_ERROR_TEXTS = {number: text for text, number in ERRORS.items()}
_OFFICE_ERRORS = {
    503: "#NUM!",
    521: "#NULL!",
    523: "#NUM!",
    524: "#REF!",
    525: "#NAME?",
    532: "#DIV/0!",
    32767: "#N/A",
}
#: LibreOffice takes in formulas that it cannot read; Excel refuses them.
_NOT_A_FORMULA = {501, 508, 509, 510, 511, 512, 513, 514, 515, 516, 517}

_CONTENTS = 1 | 2 | 4 | 16  # com.sun.star.sheet.CellFlags: VALUE, DATETIME, STRING, FORMULA
_AS_VALUE, _AS_STRING, _AS_ERROR = 1, 2, 4  # com.sun.star.sheet.FormulaResult
_DATE, _CURRENCY, _TEXT, _LOGICAL = 2, 8, 256, 1024  # com.sun.star.util.NumberFormat
_PLAIN_PLACE = r"[\w.\[\]]+"  # a book and a sheet that need no quotes
_MAX_ROWS, _MAX_COLUMNS, _MAX_TEXT, _MAX_SHEET_NAME = 1_048_576, 16_384, 32_767, 31
_EPOCH = dt.datetime(1899, 12, 30)  # noqa: DTZ001 (cells know no time zone)
_FILTERS = {".xlsx": "Calc MS Excel 2007 XML", ".xlsm": "Calc MS Excel 2007 VBA XML"}


class ExcelError(Exception):
    """What Excel refuses, as ``pywintypes.com_error`` on Windows."""


class Calls:
    """The trips to Excel, in order, and a hook before each."""

    def __init__(self) -> None:
        self.log: list[tuple[Kind, str]] = []
        self.before: Callable[[Kind, str], None] | None = None

    def __call__(self, kind: Kind, what: str) -> None:
        if self.before is not None:
            self.before(kind, what)
        self.log.append((kind, what))

    def of(self, kind: Kind) -> list[str]:
        """What was called of one kind."""
        return [what for each, what in self.log if each == kind]

    def clear(self) -> None:
        """Begin counting anew; the hook stays."""
        self.log.clear()


def _as_excel(kind: type) -> type:
    """Let the methods of a class raise what Excel would, not the exceptions of the bridge."""
    for name, member in list(vars(kind).items()):
        if isinstance(member, FunctionType):
            setattr(kind, name, _translated(member))
        elif isinstance(member, property):
            setattr(kind, name, property(_translated(member.fget), _translated(member.fset)))
    return kind


def _translated(function: Callable[..., Any] | None) -> Callable[..., Any] | None:
    if function is None:
        return None

    @wraps(function)
    def called(*args: Any, **named: Any) -> Any:
        try:
            return function(*args, **named)
        except Exception as error:
            if type(error).__module__ != "uno" and not hasattr(error, "Message"):
                raise
            said = f"{type(error).__name__}: {error}"
        raise ExcelError(said)

    return called


def attach(document: Any) -> xw.Book:
    """A living document as a workbook, in an application of its own."""
    if NAME not in [engine.name for engine in xw.engines]:
        xw.engines.add(xw.main.Engine(impl=_ENGINE))
    _ENGINE.activate()
    app = App(document.getCurrentController().getFrame().getCreator())
    book = app.take(document)
    _ENGINE.apps.put_first(app)
    return xw.Book(impl=book)


def calls(book: xw.Book) -> Calls:
    """The trips to Excel that a workbook's application has seen."""
    counted: Calls = book.impl.app.calls
    return counted


def chart_ranges(chart: xw.main.Chart) -> set[str]:
    """The addresses that a chart draws from, as ``'Sheet 1'!$A$1:$A$3``."""
    return {
        sequence.getSourceRangeRepresentation()
        for labelled in _labelled_sequences(chart.impl.xl)
        for sequence in (labelled.getValues(), labelled.getLabel())
        if sequence is not None and "!" in sequence.getSourceRangeRepresentation()
    }


class Engine:
    """What xlwings asks of an engine."""

    name = NAME
    type = "desktop"

    def __init__(self) -> None:
        self.apps = Apps()
        self._before: xw.main.Engine | None = None

    def activate(self) -> None:
        """Become the engine of ``xw.apps`` and ``xw.books``, until the last workbook is closed."""
        own = xw.engines[NAME]
        if xw.engines.active is not own:
            self._before, xw.engines.active = xw.engines.active, own

    def step_back(self) -> None:
        """Give way to the engine before, if no workbook is open."""
        if not self.apps.keys() and xw.engines.active is xw.engines[NAME]:
            xw.engines.active = self._before

    @staticmethod
    def prepare_xl_data_element(x: Any, _options: Any = None) -> Any:
        if x is None or (pd.api.types.is_scalar(x) and pd.isna(x)):
            return ""
        if isinstance(x, np.datetime64):
            return pd.Timestamp(x).to_pydatetime()
        if isinstance(x, pd.Timestamp):
            return x.to_pydatetime().replace(tzinfo=None)
        if isinstance(x, np.bool_):
            return bool(x)
        return float(x) if isinstance(x, np.number) else x

    @staticmethod
    def clean_value_data(
        data: Iterable[Iterable[Any]],
        datetime_builder: Callable[..., Any],
        empty_as: Any,
        number_builder: Callable[[Any], Any] | None,
        err_to_str: bool,
    ) -> list[list[Any]]:
        def cleaned(value: Any) -> Any:
            if value is None or value == "":
                return empty_as
            if isinstance(value, dt.datetime):
                parts = ("year", "month", "day", "hour", "minute", "second", "microsecond")
                return datetime_builder(**{p: getattr(value, p) for p in parts}, tzinfo=None)
            if number_builder is not None and type(value) is float:
                return number_builder(value)
            if type(value) is int and value in _ERROR_TEXTS:
                return _ERROR_TEXTS[value] if err_to_str else None
            return value

        return [[cleaned(value) for value in row] for row in data]


class Apps(base_classes.Apps):
    """The applications, the one of the last ``attach`` first; closed ones are forgotten."""

    def __init__(self) -> None:
        self._apps: list[App] = []

    def put_first(self, app: App) -> None:
        self._apps = [app, *(a for a in self if a is not app)]

    def keys(self) -> list[int]:
        return [app.pid for app in self]

    def __iter__(self) -> Iterator[App]:
        return iter([app for app in self._apps if app.opened])

    def __len__(self) -> int:
        return len(self.keys())

    def __getitem__(self, pid: int) -> App:
        for app in self:
            if app.pid == pid:
                return app
        raise KeyError(pid)


_ENGINE = Engine()
_PIDS = itertools.count(1)


@_as_excel
class App(base_classes.App):
    """The state that Excel keeps for all its workbooks; each ``attach`` begins with a fresh one."""

    pid = 0
    version = "16.0"
    engine = _ENGINE

    def __init__(self, desktop: Any) -> None:
        self.desktop = desktop
        self.calls = Calls()
        self.opened: list[Book] = []
        self.active: Book | None = None
        self.pid = next(_PIDS)
        #: What ``alert`` was asked, and what it answers.
        self.alerts: list[dict[str, Any]] = []
        self.answer = "ok"
        #: Every text that stood in the status bar; False where Excel had it back.
        self.status_bars: list[str | bool] = []
        #: Excel gives ``Decimal`` for cells in a currency format.
        self.currency_as_decimal = True
        self._state: dict[str, Any] = {
            "calculation": "automatic",
            "display_alerts": True,
            "enable_events": True,
            "interactive": True,
            "screen_updating": True,
            "status_bar": False,
            "visible": True,
        }

    def take(self, document: Any) -> Book:
        """A document as one of the workbooks, in front."""
        book = Book(self, document)
        self.opened.append(book)
        self.active = book
        document.enableAutomaticCalculation(self._state["calculation"] == "automatic")
        return book

    def _get(self, name: str) -> Any:
        self.calls("work", f"app.{name}")
        return self._state[name]

    def _set(self, name: str, value: Any) -> None:
        self.calls("work", f"app.{name}={value}")
        self._state[name] = value

    @property
    def api(self) -> Any:
        return self.desktop

    @property
    def books(self) -> Books:
        return Books(self)

    @property
    def calculation(self) -> str:
        return self._get("calculation")

    @calculation.setter
    def calculation(self, value: str) -> None:
        if value not in {"automatic", "manual", "semiautomatic"}:
            raise KeyError(value)
        self._set("calculation", value)
        for book in self.opened:
            book.xl.enableAutomaticCalculation(value != "manual")
            if value != "manual":
                book.xl.calculate()

    def calculate(self) -> None:
        self.calls("work", "app.calculate")
        for book in self.opened:
            book.xl.calculate()

    @property
    def screen_updating(self) -> bool:
        return self._get("screen_updating")

    @screen_updating.setter
    def screen_updating(self, value: bool) -> None:
        self._set("screen_updating", bool(value))

    @property
    def display_alerts(self) -> bool:
        return self._get("display_alerts")

    @display_alerts.setter
    def display_alerts(self, value: bool) -> None:
        self._set("display_alerts", bool(value))

    @property
    def enable_events(self) -> bool:
        return self._get("enable_events")

    @enable_events.setter
    def enable_events(self, value: bool) -> None:
        self._set("enable_events", bool(value))

    @property
    def interactive(self) -> bool:
        return self._get("interactive")

    @interactive.setter
    def interactive(self, value: bool) -> None:
        self._set("interactive", bool(value))

    @property
    def visible(self) -> bool:
        return self._get("visible")

    @visible.setter
    def visible(self, value: bool) -> None:
        self._set("visible", bool(value))

    @property
    def status_bar(self) -> str | bool:
        return self._get("status_bar")

    @status_bar.setter
    def status_bar(self, value: str | bool | None) -> None:
        self._set("status_bar", value if value is not None else False)
        self.status_bars.append(self._state["status_bar"])

    def alert(
        self, prompt: str, title: str | None, buttons: str | None, mode: str | None, callback: Any
    ) -> str:
        self.calls("work", "app.alert")
        asked = {"prompt": prompt, "title": title, "buttons": buttons, "mode": mode}
        self.alerts.append(asked | {"callback": callback})
        return self.answer

    @property
    def selection(self) -> Range | None:
        self.calls("work", "app.selection")
        book = self._front()
        selected = book.xl.getCurrentSelection()
        if not hasattr(selected, "RangeAddress"):
            return None
        area = selected.RangeAddress
        sheet = Sheet(book, book.xl.Sheets.getByIndex(area.Sheet))
        return Range.over(sheet, area)

    def activate(self, steal_focus: bool = False) -> None:  # noqa: ARG002 (there is one only)
        self.calls("work", "app.activate")
        _ENGINE.apps.put_first(self)

    def quit(self) -> None:
        self.calls("work", "app.quit")
        for book in list(self.opened):
            book.shut()

    def _front(self) -> Book:
        if self.active is None:
            raise ExcelError("no workbook is open")
        return self.active


@_as_excel
class Books(base_classes.Books):
    """The open workbooks of an application."""

    def __init__(self, app: App) -> None:
        self.app = app

    @property
    def api(self) -> Any:
        return self.app.desktop

    @property
    def active(self) -> Book:
        self.app.calls("work", "books.active")
        if self.app.active is None:
            raise ExcelError("no workbook is open")
        return self.app.active

    def __call__(self, name_or_index: str | int) -> Book:
        self.app.calls("lookup", f"books({name_or_index})")
        if isinstance(name_or_index, numbers.Number):
            return _nth(self.app.opened, name_or_index)
        for book in self.app.opened:
            if book.title.lower() == name_or_index.lower():
                return book
        raise KeyError(name_or_index)

    def __len__(self) -> int:
        self.app.calls("lookup", "books.count")
        return len(self.app.opened)

    def __iter__(self) -> Iterator[Book]:
        self.app.calls("lookup", "books")
        return iter(list(self.app.opened))

    def add(self) -> Book:
        self.app.calls("work", "books.add")
        return self.app.take(load(self.app.desktop, "private:factory/scalc", Hidden=True))

    def open(self, fullname: str, *_options: Any, **_named: Any) -> Book:
        self.app.calls("work", f"books.open {Path(fullname).name}")
        url = Path(fullname).resolve().as_uri()
        return self.app.take(load(self.app.desktop, url, Hidden=True))


@_as_excel
class Book(base_classes.Book):
    """A workbook."""

    def __init__(self, app: App, document: Any) -> None:
        self._app = app
        self.xl = document
        self.formats = _Formats(document)

    @property
    def app(self) -> App:
        return self._app

    @property
    def api(self) -> Any:
        return self.xl

    @property
    def path(self) -> Path | None:
        """Where it is saved, without counting as a call."""
        uno = bridge()
        assert uno is not None
        return Path(uno.fileUrlToSystemPath(self.xl.URL)) if self.xl.URL else None

    @property
    def title(self) -> str:
        """Its name, without counting as a call."""
        return self.path.name if self.path else self.xl.Title

    @property
    def name(self) -> str:
        self.app.calls("lookup", "book.name")
        return self.title

    @property
    def fullname(self) -> str:
        self.app.calls("lookup", "book.fullname")
        return str(self.path or self.title)

    @property
    def sheets(self) -> Sheets:
        return Sheets(self)

    @property
    def names(self) -> Names:
        return Names(self)

    def activate(self) -> None:
        self.app.calls("work", f"book.activate {self.title}")
        self.app.active = self

    def close(self) -> None:
        self.app.calls("work", f"book.close {self.title}")
        self.shut()

    def shut(self) -> None:
        """Close it without saving, and without counting as a call."""
        self.app.opened.remove(self)
        if self.app.active is self:
            self.app.active = self.app.opened[-1] if self.app.opened else None
        _ENGINE.step_back()
        self.xl.setModified(False)
        self.xl.close(True)

    def save(self, path: str | None = None, password: str | None = None) -> None:
        self.app.calls("work", f"book.save {self.title}")
        if password is not None:
            raise NotImplementedError
        to = Path(path).resolve() if path else self.path or Path.cwd() / f"{self.title}.xlsx"
        self.xl.storeAsURL(to.as_uri(), properties(FilterName=_FILTERS[to.suffix.lower()]))

    @property
    def controller(self) -> Any:
        return self.xl.getCurrentController()

    @property
    def sheet_names(self) -> tuple[str, ...]:
        """The names of the sheets, without counting as a call."""
        names: tuple[str, ...] = self.xl.Sheets.ElementNames
        return names

    def all_tables(self) -> Iterator[Table]:
        """The tables of all sheets, without counting as a call."""
        ranges, sheets = self.xl.DatabaseRanges, self.xl.Sheets
        for name in ranges.ElementNames:
            if not name.startswith(("__", "_xlnm")):
                found = ranges.getByName(name)
                yield Table(Sheet(self, sheets.getByIndex(found.DataArea.Sheet)), found)

    def table(self, name: str) -> Table | None:
        """A table by its name, without counting as a call."""
        return next((t for t in self.all_tables() if t.xl.Name.lower() == name.lower()), None)


@_as_excel
class Sheets(base_classes.Sheets):
    """The sheets of a workbook."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.xl = book.xl.Sheets

    @property
    def api(self) -> Any:
        return self.xl

    @property
    def active(self) -> Sheet:
        self.book.app.calls("work", "sheets.active")
        return Sheet(self.book, self.book.controller.getActiveSheet())

    def __call__(self, name_or_index: str | int) -> Sheet:
        self.book.app.calls("lookup", f"sheets({name_or_index})")
        names = self.book.sheet_names
        if isinstance(name_or_index, numbers.Number):
            return Sheet(self.book, self.xl.getByName(_nth(names, name_or_index)))
        for name in names:
            if name.lower() == name_or_index.lower():
                return Sheet(self.book, self.xl.getByName(name))
        raise ExcelError(f"there is no sheet {name_or_index}")

    def __len__(self) -> int:
        self.book.app.calls("lookup", "sheets.count")
        return self.xl.Count

    def __iter__(self) -> Iterator[Sheet]:
        self.book.app.calls("lookup", "sheets")
        return iter([Sheet(self.book, self.xl.getByName(name)) for name in self.book.sheet_names])

    def add(
        self, before: Sheet | None = None, after: Sheet | None = None, name: str | None = None
    ) -> Sheet:
        self.book.app.calls("work", f"sheets.add {name or ''}".rstrip())
        taken = {n.lower() for n in self.book.sheet_names}
        made = next(n for i in itertools.count(1) if (n := f"Sheet{i}").lower() not in taken)
        if before is None and after is None:
            before = Sheet(self.book, self.book.controller.getActiveSheet())
        self.xl.insertNewByName(made, _place(before, after))
        sheet = Sheet(self.book, self.xl.getByName(made))
        sheet.put_in_front()
        if name is not None:
            sheet.name = name
        return sheet


@_as_excel
class Sheet(base_classes.Sheet):
    """A sheet."""

    def __init__(self, book: Book, xl: Any) -> None:
        self._book = book
        self.xl = xl

    @property
    def book(self) -> Book:
        return self._book

    @property
    def app(self) -> App:
        return self._book.app

    @property
    def api(self) -> Any:
        return self.xl

    @property
    def position(self) -> int:
        """Its place from 0, without counting as a call."""
        place: int = self.xl.RangeAddress.Sheet
        return place

    @property
    def name(self) -> str:
        self.app.calls("lookup", "sheet.name")
        return self.xl.Name

    @name.setter
    def name(self, value: str) -> None:
        self.app.calls("work", f"sheet.name={value}")
        own = self.xl.Name.lower()
        others = {name.lower() for name in self.book.sheet_names} - {own}
        if (
            not value
            or len(value) > _MAX_SHEET_NAME
            or re.search(r"[\\/?*\[\]:]|^'|'$", value)
            or value.lower() in others | {"history"}
        ):
            raise ExcelError(f"no sheet can be called {value!r}")
        self.xl.Name = value

    @property
    def index(self) -> int:
        self.app.calls("lookup", "sheet.index")
        return self.position + 1

    @property
    def visible(self) -> bool:
        self.app.calls("lookup", "sheet.visible")
        return self.xl.IsVisible

    @visible.setter
    def visible(self, value: bool) -> None:
        self.app.calls("work", f"sheet.visible={value}")
        if not value and self._is_last_visible():
            raise ExcelError("a workbook has at least one visible sheet")
        self.xl.IsVisible = bool(value)

    @property
    def names(self) -> Names:
        return Names(self.book, self)

    @property
    def tables(self) -> Tables:
        return Tables(self)

    @property
    def charts(self) -> Charts:
        return Charts(self)

    @property
    def freeze_panes(self) -> FreezePanes:
        return FreezePanes(self)

    @property
    def cells(self) -> Range:
        return Range(self, 1, 1, _MAX_ROWS, _MAX_COLUMNS)

    @property
    def used_range(self) -> Range:
        self.app.calls("lookup", "sheet.used_range")
        cursor = self.xl.createCursor()
        cursor.gotoStartOfUsedArea(False)
        cursor.gotoEndOfUsedArea(True)
        return Range.over(self, cursor.RangeAddress)

    def range(self, arg1: Any, arg2: Any = None) -> Range:
        if isinstance(arg1, tuple) and len(arg1) == 4:  # row, column, shape
            return Range(self, *arg1, told=True)
        if isinstance(arg1, numbers.Number) and isinstance(arg2, numbers.Number):
            arg1, arg2 = (arg1, arg2), None
        first = self._range(arg1)
        if arg2 is None:
            return first
        last = self._range(arg2)
        top, left = min(first.box[0], last.box[0]), min(first.box[1], last.box[1])
        bottom = max(first.box[0] + first.box[2], last.box[0] + last.box[2])
        right = max(first.box[1] + first.box[3], last.box[1] + last.box[3])
        return Range(self, top, left, bottom - top, right - left)

    def _range(self, what: Any) -> Range:
        if isinstance(what, Range):
            return what
        if isinstance(what, tuple):
            if 0 in what:
                raise IndexError("ranges count from 1")
            self.app.calls("lookup", f"sheet.cells{what}")
            return Range(self, what[0], what[1], 1, 1)
        self.app.calls("lookup", f"sheet.range({what})")
        return _parsed(self, what)

    def activate(self) -> None:
        self.app.calls("work", f"sheet.activate {self.xl.Name}")
        if not self.xl.IsVisible:
            raise ExcelError("a hidden sheet cannot be activated")
        self.put_in_front()

    def select(self) -> None:
        self.app.calls("work", f"sheet.select {self.xl.Name}")
        if not self.xl.IsVisible or self.app.active is not self.book:
            raise ExcelError("only a visible sheet of the active workbook can be selected")
        self.put_in_front()

    def put_in_front(self) -> None:
        """Make it the active sheet of the active workbook, without counting as a call."""
        self.app.active = self.book
        self.book.controller.setActiveSheet(self.xl)

    def is_in_front(self) -> bool:
        """Whether it is the active sheet of the active workbook, without counting as a call."""
        active = self.book.controller.getActiveSheet()
        return self.app.active is self.book and active.Name == self.xl.Name

    def clear_contents(self) -> None:
        self.app.calls("work", f"sheet.clear_contents {self.xl.Name}")
        self.xl.clearContents(_CONTENTS)

    def autofit(self, axis: str | None = None) -> None:
        self.app.calls("work", f"sheet.autofit {self.xl.Name}")
        _autofit(self.xl, axis)

    def delete(self) -> None:
        self.app.calls("work", f"sheet.delete {self.xl.Name}")
        if self._is_last_visible():
            raise ExcelError("a workbook has at least one visible sheet")
        gone = self.xl.Name
        others = [
            (t.parent.xl, t.xl.Name, Range.over(t.parent, t.xl.DataArea).box, _flags(t.xl))
            for t in self.book.all_tables()
            if t.parent.xl.Name != gone
        ]
        self.book.xl.Sheets.removeByName(gone)
        kept = set(self.book.xl.DatabaseRanges.ElementNames)
        for xl, name, box, flags in others:  # LibreOffice may take tables of its neighbours along
            if name not in kept:
                sheet = Sheet(self.book, xl)
                made = _new_table(sheet, name, Range(sheet, *box).xl.RangeAddress).xl
                made.ContainsHeader, made.TotalsRow, made.AutoFilter = flags

    def move(self, before: Sheet | None, after: Sheet | None) -> None:
        self.app.calls("work", f"sheet.move {self.xl.Name}")
        place = _place(before, after)
        self.book.xl.Sheets.moveByName(self.xl.Name, place)

    def copy(self, before: Sheet | None, after: Sheet | None) -> None:
        self.app.calls("work", f"sheet.copy {self.xl.Name}")
        beside = before or after
        if beside is None:
            raise NotImplementedError
        _copy(self, beside.book, _place(before, after)).put_in_front()

    def _is_last_visible(self) -> bool:
        others = (self.book.xl.Sheets.getByName(n) for n in self.book.sheet_names)
        return self.xl.IsVisible and not any(o.IsVisible for o in others if o.Name != self.xl.Name)

    def tables_on_it(self) -> list[Table]:
        """Its tables, without counting as a call."""
        place = self.position
        return [t for t in self.book.all_tables() if t.xl.DataArea.Sheet == place]

    def frozen_at(self) -> tuple[int, int] | None:
        """How many columns and rows stand still, without counting as a call."""

        def ask(controller: Any) -> tuple[int, int] | None:
            still = controller.getSplitColumn(), controller.getSplitRow()
            return still if controller.hasFrozenPanes() and any(still) else None

        return self._shown(ask)

    def freeze(self, columns: int, rows: int) -> None:
        """Let columns and rows stand still, without counting as a call."""
        window = self.book.controller.getFrame().getContainerWindow()
        window.setVisible(
            True
        )  # LibreOffice divides no hidden window; none shows as it is headless
        self._shown(lambda controller: controller.freezeAtPosition(columns, rows))
        window.setVisible(False)

    def _shown(self, do: Callable[[Any], Any]) -> Any:
        controller = self.book.controller
        shown = controller.getActiveSheet()
        controller.setActiveSheet(self.xl)
        try:
            return do(controller)
        finally:
            controller.setActiveSheet(shown)


@_as_excel
class Range(base_classes.Range):
    """A rectangle of cells; ``box`` is its row, column and shape, from 1."""

    options: dict[str, Any]

    def __init__(
        self, sheet: Sheet, row: int, column: int, rows: int, columns: int, *, told: bool = False
    ) -> None:
        if (
            row < 1
            or column < 1
            or row + rows - 1 > _MAX_ROWS
            or column + columns - 1 > _MAX_COLUMNS
        ):
            raise ExcelError("the range leaves the sheet")
        self._sheet = sheet
        self.box = (row, column, rows, columns)
        self._told = told
        self._xl: Any = None

    @classmethod
    def over(cls, sheet: Sheet, area: Any) -> Range:
        """The range that an address of LibreOffice tells."""
        rows = area.EndRow - area.StartRow + 1
        columns = area.EndColumn - area.StartColumn + 1
        return cls(sheet, area.StartRow + 1, area.StartColumn + 1, rows, columns)

    @property
    def xl(self) -> Any:
        if self._xl is None:
            row, column, rows, columns = self.box
            self._xl = self._sheet.xl.getCellRangeByPosition(
                column - 1, row - 1, column + columns - 2, row + rows - 2
            )
        return self._xl

    @property
    def api(self) -> Any:
        return self if len(self) else None

    @property
    def sheet(self) -> Sheet:
        return self._sheet

    def _did(self, kind: Kind, what: str) -> None:
        self._sheet.app.calls(kind, f"range.{what} {self._sheet.xl.Name}!{self.local_address}")

    def _ask_once(self) -> tuple[int, int, int, int]:
        if not self._told:
            self._did("lookup", "coords")
            self._told = True
        return self.box

    @property
    def local_address(self) -> str:
        """Its address without dollars, without counting as a call."""
        return _address(self.box, row_absolute=False, column_absolute=False)

    @property
    def coords(self) -> tuple[Any, int, int, int, int]:
        return (self._sheet, *self._ask_once())

    @property
    def row(self) -> int:
        return self._ask_once()[0]

    @property
    def column(self) -> int:
        return self._ask_once()[1]

    @property
    def shape(self) -> tuple[int, int]:
        return self._ask_once()[2:]

    def __len__(self) -> int:
        return self.box[2] * self.box[3]

    def __call__(self, arg1: int, arg2: int | None = None) -> Range:
        self._did("lookup", f"cell({arg1}, {arg2})")
        row, column = (arg1, arg2) if arg2 is not None else _split(arg1, self.box[3])
        return Range(self._sheet, self.box[0] + row - 1, self.box[1] + column - 1, 1, 1)

    @property
    def address(self) -> str:
        self._did("lookup", "address")
        return _address(self.box)

    def get_address(
        self, row_absolute: bool = True, col_absolute: bool = True, external: bool = False
    ) -> str:
        self._did("lookup", "address")
        address = _address(self.box, row_absolute=row_absolute, column_absolute=col_absolute)
        if not external:
            return address
        place = f"[{self._sheet.book.title}]{self._sheet.xl.Name}"
        return f"{_quoted(place, _PLAIN_PLACE)}!{address}"

    @property
    def raw_value(self) -> Any:
        self._did("work", "value")
        return _as_com(_values(self)) if len(self) else None

    @raw_value.setter
    def raw_value(self, value: Any) -> None:
        self._did("work", "value=")
        self._put(value)

    @property
    def formula(self) -> Any:
        self._did("work", "formula")
        return _as_com(_formulas(self)) if len(self) else None

    @formula.setter
    def formula(self, value: Any) -> None:
        self._did("work", "formula=")
        self._put(value)

    formula2 = formula

    @property
    def formula_array(self) -> str | None:
        self._did("work", "formula_array")
        text = self.xl.getArrayFormula().strip("{}")
        return _to_excel(text) if text else None

    @formula_array.setter
    def formula_array(self, value: str) -> None:
        self._did("work", "formula_array=")
        self.xl.setArrayFormula(_to_office(value))

    @property
    def has_array(self) -> bool:
        self._did("lookup", "has_array")
        return bool(self.xl.getArrayFormula())

    def _put(self, value: Any) -> None:
        if not len(self):
            return
        _, _, rows, columns = self.box
        if not isinstance(value, list | tuple):
            if isinstance(value, str) and value.startswith("=") and len(value) > 1:
                value = _filled(value, self)
            else:
                value = [[value] * columns] * rows
        elif not value or not isinstance(value[0], list | tuple):
            value = [value] * rows
        if len(value) != rows or any(len(row) != columns for row in value):
            raise ExcelError(f"the values do not fit {self.local_address}")
        _Entering(self).enter(value)

    def clear_contents(self) -> None:
        self._did("work", "clear_contents")
        if len(self):
            self.xl.clearContents(_CONTENTS)

    def select(self) -> None:
        self._did("work", "select")
        if not self._sheet.is_in_front():
            raise ExcelError("only cells of the active sheet can be selected")
        self._sheet.book.controller.select(self.xl)

    @property
    def current_region(self) -> Range:
        self._did("lookup", "current_region")
        cursor = self._sheet.xl.createCursorByRange(self.xl)
        cursor.collapseToCurrentRegion()
        return Range.over(self._sheet, cursor.RangeAddress)

    def end(self, direction: str) -> Range:
        self._did("lookup", f"end({direction})")
        down, right = {"up": (-1, 0), "down": (1, 0), "left": (0, -1), "right": (0, 1)}[direction]
        row, column = self.box[:2]
        used = self._sheet.xl.createCursor()
        used.gotoEndOfUsedArea(False)
        rows = max(used.RangeAddress.EndRow + 1, row)
        columns = max(used.RangeAddress.EndColumn + 1, column)
        line = (1, column, rows, 1) if down else (row, 1, 1, columns)
        cells = [v for r in Range(self._sheet, *line).xl.getDataArray() for v in r]
        step = down + right
        place = _jump([v != "" for v in cells], (row if down else column) - 1, step) + 1
        if place > len(cells):
            place = _MAX_ROWS if down else _MAX_COLUMNS
        return Range(self._sheet, *((place, column) if down else (row, place)), 1, 1)

    @property
    def column_width(self) -> float | None:
        self._did("lookup", "column_width")
        columns = self.xl.Columns
        widths = {columns.getByIndex(i).Width for i in range(columns.Count)}
        pixels = widths.pop() / 2540 * 96
        return None if widths else round((pixels - 5) / 7, 2)

    @column_width.setter
    def column_width(self, value: float) -> None:
        self._did("work", "column_width=")
        self.xl.Columns.Width = round((value * 7 + 5) / 96 * 2540)

    @property
    def row_height(self) -> float | None:
        self._did("lookup", "row_height")
        rows = self.xl.Rows
        heights = {rows.getByIndex(i).Height for i in range(rows.Count)}
        height = heights.pop() / 2540 * 72
        return None if heights else round(height, 2)

    @row_height.setter
    def row_height(self, value: float) -> None:
        self._did("work", "row_height=")
        self.xl.Rows.Height = round(value / 72 * 2540)

    def autofit(self, axis: str | None = None) -> None:
        self._did("work", "autofit")
        _autofit(self.xl, axis)

    @property
    def number_format(self) -> str | None:
        self._did("lookup", "number_format")
        formats = self._sheet.book.formats
        codes = {formats.code(area.key) for area in formats.areas(self.xl)}
        return codes.pop() if len(codes) == 1 else None

    @number_format.setter
    def number_format(self, value: str) -> None:
        self._did("work", "number_format=")
        self.xl.NumberFormat = self._sheet.book.formats.key(value)

    @property
    def table(self) -> Table | None:
        self._did("lookup", "table")
        return next((t for t in self._sheet.tables_on_it() if t.holds(*self.box[:2])), None)

    @property
    def name(self) -> Name | None:
        self._did("lookup", "name")
        for name in Names(self._sheet.book).all():
            cells = name.xl.getReferredCells()
            if cells is not None and cells.AbsoluteName == self.xl.AbsoluteName:
                return name
        return None

    @name.setter
    def name(self, value: str) -> None:
        sheet = _quoted(self._sheet.xl.Name)
        Names(self._sheet.book).add(value, f"={sheet}!{_address(self.box)}")


@_as_excel
class Tables(base_classes.Tables):
    """The tables of a sheet: its database ranges."""

    def __init__(self, sheet: Sheet) -> None:
        self.parent = sheet

    @property
    def api(self) -> Any:
        return self.parent.book.xl.DatabaseRanges

    def __call__(self, key: str | int) -> Table:
        self.parent.app.calls("lookup", f"tables({key})")
        tables = self.parent.tables_on_it()
        if isinstance(key, numbers.Number):
            return _nth(tables, key)
        for table in tables:
            if table.xl.Name.lower() == key.lower():
                return table
        raise KeyError(key)

    def __len__(self) -> int:
        self.parent.app.calls("lookup", "tables.count")
        return len(self.parent.tables_on_it())

    def __iter__(self) -> Iterator[Table]:
        self.parent.app.calls("lookup", "tables")
        return iter(self.parent.tables_on_it())

    def __contains__(self, key: object) -> bool:
        self.parent.app.calls("lookup", f"tables has {key}")
        names = {table.xl.Name.lower() for table in self.parent.tables_on_it()}
        return isinstance(key, str) and key.lower() in names

    def add(
        self,
        source_type: Any = None,
        source: xw.Range | None = None,
        link_source: Any = None,
        has_headers: bool | None = None,
        destination: Any = None,
        table_style_name: str | None = None,  # noqa: ARG002 (LibreOffice has no such styles)
        name: str | None = None,
    ) -> Table:
        self.parent.app.calls("work", f"tables.add {name or ''}".rstrip())
        if source is None or not has_headers or source_type or link_source or destination:
            raise NotImplementedError
        book, cells = self.parent.book, source.impl
        if any(table.overlaps(cells) for table in self.parent.tables_on_it()):
            raise ExcelError("a table cannot overlap another")
        made = next(n for i in itertools.count(1) if book.table(n := f"Table{i}") is None)
        table = _new_table(self.parent, made, cells.xl.RangeAddress)
        table.xl.AutoFilter = True
        table.fill_header()
        if name is not None:
            table.name = name
        return table


@_as_excel
class Table(base_classes.Table):
    """A table: a database range."""

    def __init__(self, sheet: Sheet, xl: Any) -> None:
        self._sheet = sheet
        self.xl = xl

    def _did(self, kind: Kind, what: str) -> None:
        self._sheet.app.calls(kind, f"table.{what} {self.xl.Name}")

    @property
    def api(self) -> Any:
        return self.xl

    @property
    def parent(self) -> Sheet:
        return self._sheet

    @property
    def name(self) -> str:
        self._did("lookup", "name")
        return self.xl.Name

    @name.setter
    def name(self, value: str) -> None:
        self._did("work", f"name={value}")
        book, own = self._sheet.book, self.xl.Name.lower()
        taken = {t.xl.Name.lower() for t in book.all_tables()} - {own}
        taken |= {n.xl.Name.lower() for n in Names(book).all()}
        if value.lower() in taken or not _is_name(value):
            raise ExcelError(f"no table can be called {value!r}")
        self.xl.Name = value

    display_name = name

    @property
    def area(self) -> tuple[int, int, int, int]:
        """Its row, column and shape, without counting as a call."""
        return Range.over(self._sheet, self.xl.DataArea).box

    def holds(self, row: int, column: int) -> bool:
        """Whether a cell is one of its own."""
        top, left, rows, columns = self.area
        return top <= row < top + rows and left <= column < left + columns

    def overlaps(self, cells: Range) -> bool:
        """Whether it shares a cell with a range of its sheet."""
        top, left, rows, columns = self.area
        row, column, height, width = cells.box
        return (
            row < top + rows
            and top < row + height
            and column < left + columns
            and left < column + width
        )

    def part(self, first: int, last: int) -> Range | None:
        """Some of its rows, counted from 0, the last not included."""
        top, left, _, columns = self.area
        return (
            Range(self._sheet, top + first, left, last - first, columns) if last > first else None
        )

    @property
    def range(self) -> Range:
        self._did("lookup", "range")
        return Range(self._sheet, *self.area)

    @property
    def header_row_range(self) -> Range | None:
        self._did("lookup", "header_row_range")
        return self.part(0, self._heads)

    @property
    def data_body_range(self) -> Range | None:
        self._did("lookup", "data_body_range")
        return self.body()

    def body(self) -> Range | None:
        """Its rows between header and totals, without counting as a call."""
        return self.part(self._heads, self.area[2] - int(self.xl.TotalsRow))

    @property
    def totals_row_range(self) -> Range | None:
        self._did("lookup", "totals_row_range")
        rows = self.area[2]
        return self.part(rows - int(self.xl.TotalsRow), rows)

    @property
    def _heads(self) -> int:
        return int(self.xl.ContainsHeader)

    @property
    def show_headers(self) -> bool:
        self._did("lookup", "show_headers")
        return self.xl.ContainsHeader

    @property
    def show_totals(self) -> bool:
        self._did("lookup", "show_totals")
        return self.xl.TotalsRow

    @property
    def show_autofilter(self) -> bool:
        self._did("lookup", "show_autofilter")
        return self.xl.AutoFilter

    @show_autofilter.setter
    def show_autofilter(self, value: bool) -> None:
        self._did("work", f"show_autofilter={value}")
        self.xl.AutoFilter = bool(value)

    def resize(self, range: xw.Range) -> None:  # noqa: A002 (the front end's name)
        cells: Range = range.impl
        self._did("work", f"resize {cells.local_address}")
        others = [t for t in self._sheet.tables_on_it() if t.xl.Name != self.xl.Name]
        if (
            cells.sheet.xl.Name != self._sheet.xl.Name
            or not self.overlaps(cells)
            or cells.box[0] != self.area[0]
            or cells.box[2] <= self._heads
            or any(table.overlaps(cells) for table in others)
        ):
            raise ExcelError(f"the table cannot become {cells.local_address}")
        self.xl.DataArea = cells.xl.RangeAddress
        self.fill_header()

    def fill_header(self) -> None:
        """Name the columns that have no name, as Excel does, without counting as a call."""
        if not self._heads:
            return
        header = self.part(0, 1)
        assert header is not None
        names = list(header.xl.getDataArray()[0])
        for place, name in enumerate(names):
            if name == "":
                new = (f"Column{i}" for i in itertools.count(place + 1))
                names[place] = next(n for n in new if n not in names)
                header.xl.getCellByPosition(place, 0).setString(names[place])


@_as_excel
class Names(base_classes.Names):
    """The names of a workbook, those of its sheets among them, or of a sheet."""

    def __init__(self, book: Book, sheet: Sheet | None = None) -> None:
        self.book = book
        self.sheet = sheet

    @property
    def api(self) -> Any:
        return (self.sheet or self.book).xl.NamedRanges

    def all(self) -> list[Name]:
        """The names in Excel's order, without counting as a call."""
        if self.sheet is not None:
            places: list[Sheet | None] = [self.sheet]
        else:
            sheets = self.book.xl.Sheets
            places = [None, *(Sheet(self.book, sheets.getByName(n)) for n in sheets.ElementNames)]
        found = []
        for sheet in places:
            held = (sheet or self.book).xl.NamedRanges
            names = [n for n in held.ElementNames if not n.startswith("_xlnm")]
            found += [Name(self.book, held.getByName(name), sheet) for name in names]
        return sorted(found, key=lambda name: name.xl.Name.lower())

    def __len__(self) -> int:
        self.book.app.calls("lookup", "names.count")
        return len(self.all())

    def snapshot(self) -> list[tuple[str, Name]]:
        self.book.app.calls("lookup", "names")
        return [(name.text, name) for name in self.all()]

    def __call__(self, name_or_index: str | int) -> Name:
        self.book.app.calls("lookup", f"names({name_or_index})")
        if isinstance(name_or_index, numbers.Number):
            return _nth(self.all(), name_or_index)
        found = self._find(name_or_index)
        if found is None:
            raise ExcelError(f"there is no name {name_or_index}")
        return found

    def contains(self, name_or_index: str) -> bool:
        self.book.app.calls("lookup", f"names has {name_or_index}")
        return self._find(name_or_index) is not None

    def _find(self, text: str) -> Name | None:
        named = {name.text.lower(): name for name in self.all()}
        short = {name.xl.Name.lower(): name for name in self.all() if self.sheet or not name.sheet}
        return named.get(text.lower()) or short.get(text.lower())

    def add(self, name: str, refers_to: str) -> Name:
        self.book.app.calls("work", f"names.add {name}")
        place, _, short = name.rpartition("!")
        sheet = Sheets(self.book)(_unquoted(place)) if place else self.sheet
        if not _is_name(short) or self.book.table(short) is not None:
            raise ExcelError(f"nothing can be called {name!r}")
        held = (sheet or self.book).xl.NamedRanges
        content = _to_office(_as_formula(refers_to))[1:]
        for old in held.ElementNames:
            if old.lower() == short.lower():
                held.removeByName(old)
        held.addNewByName(short, content, _cell_address(0, 0, 0), 0)
        return Name(self.book, held.getByName(short), sheet)


@_as_excel
class Name(base_classes.Name):
    """A name."""

    def __init__(self, book: Book, xl: Any, sheet: Sheet | None) -> None:
        self.book = book
        self.xl = xl
        self.sheet = sheet

    @property
    def api(self) -> Any:
        return self.xl

    @property
    def text(self) -> str:
        """Its name, with that of its sheet, without counting as a call."""
        return f"{_quoted(self.sheet.xl.Name)}!{self.xl.Name}" if self.sheet else self.xl.Name

    @property
    def name(self) -> str:
        self.book.app.calls("lookup", "name.name")
        return self.text

    @name.setter
    def name(self, value: str) -> None:
        self.book.app.calls("work", f"name.name={value}")
        if not _is_name(value):
            raise ExcelError(f"nothing can be called {value!r}")
        self.xl.Name = value

    @property
    def refers_to(self) -> str:
        self.book.app.calls("lookup", f"name.refers_to {self.xl.Name}")
        return _to_excel(self.xl.Content)

    @refers_to.setter
    def refers_to(self, value: str) -> None:
        self.book.app.calls("work", f"name.refers_to= {self.xl.Name}")
        self.xl.Content = _to_office(_as_formula(value))[1:]

    @property
    def refers_to_range(self) -> Range:
        self.book.app.calls("lookup", f"name.refers_to_range {self.xl.Name}")
        cells = self.xl.getReferredCells()
        if cells is None:
            raise ExcelError(f"{self.xl.Name} does not refer to cells")
        area = cells.RangeAddress
        return Range.over(Sheet(self.book, self.book.xl.Sheets.getByIndex(area.Sheet)), area)

    def delete(self) -> None:
        self.book.app.calls("work", f"name.delete {self.xl.Name}")
        (self.sheet or self.book).xl.NamedRanges.removeByName(self.xl.Name)


@_as_excel
class Charts(base_classes.Collection):
    """The charts of a sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet
        self.xl = sheet.xl.Charts

    @property
    def parent(self) -> Sheet:
        return self._sheet

    def all(self) -> list[Chart]:
        """The charts, without counting as a call."""
        return [Chart(self._sheet, self.xl.getByIndex(i)) for i in range(self.xl.Count)]

    def __len__(self) -> int:
        self._sheet.app.calls("lookup", "charts.count")
        return self.xl.Count

    def __iter__(self) -> Iterator[Chart]:
        self._sheet.app.calls("lookup", "charts")
        return iter(self.all())

    def __call__(self, key: str | int) -> Chart:
        self._sheet.app.calls("lookup", f"charts({key})")
        if isinstance(key, numbers.Number):
            return _nth(self.all(), key)
        for chart in self.all():
            if chart.xl.Name == key:
                return chart
        raise KeyError(key)


@_as_excel
class Chart(base_classes.Chart):
    """A chart."""

    def __init__(self, sheet: Sheet, xl: Any) -> None:
        self._sheet = sheet
        self.xl = xl

    @property
    def api(self) -> Any:
        return self.xl

    @property
    def parent(self) -> Sheet:
        return self._sheet

    @property
    def name(self) -> str:
        self._sheet.app.calls("lookup", "chart.name")
        return self.xl.Name


@_as_excel
class FreezePanes(base_classes.FreezePanes):
    """The panes of a sheet."""

    def __init__(self, sheet: Sheet) -> None:
        self._sheet = sheet

    def freeze_at(self, frozen_range: str) -> None:
        self._sheet.app.calls("work", f"freeze_at {frozen_range}")
        row, column, rows, columns = _parsed(self._sheet, frozen_range).box
        still = 0 if columns == _MAX_COLUMNS else column + columns - 1
        self._sheet.freeze(still, 0 if rows == _MAX_ROWS else row + rows - 1)

    def unfreeze(self) -> None:
        self._sheet.app.calls("work", "unfreeze")
        self._sheet.freeze(0, 0)


class _Area(NamedTuple):
    """A rectangle of one number format, from row and column 0 of the range asked about."""

    key: int
    top: int
    left: int
    bottom: int
    right: int

    def cells(self) -> Iterator[tuple[int, int]]:
        return itertools.product(range(self.top, self.bottom), range(self.left, self.right))


class _Formats:
    """The number formats of a document, in Excel's notation."""

    def __init__(self, document: Any) -> None:
        self._formats = document.getNumberFormats()
        uno = bridge()
        assert uno is not None
        self._locale = uno.createUnoStruct("com.sun.star.lang.Locale")
        self._locale.Language, self._locale.Country = "en", "US"
        self._known: dict[int, tuple[int, str]] = {}

    def areas(self, cells: Any) -> list[_Area]:
        """Where in a range which number format rules."""
        origin = cells.RangeAddress
        found = cells.getUniqueCellFormatRanges()
        return [
            _area(group.NumberFormat, address, origin)
            for group in (found.getByIndex(i) for i in range(found.Count))
            for address in group.RangeAddresses
        ]

    def kind(self, key: int) -> int:
        """What a format shows, as com.sun.star.util.NumberFormat has it."""
        return self._look_up(key)[0]

    def code(self, key: int) -> str:
        """A format as Excel tells it; Excel has none for truth values."""
        kind, code = self._look_up(key)
        if kind & _LOGICAL:
            return "General"
        code = re.sub(r"\[[A-Z]{3,}\]", lambda m: m[0].title(), code)
        parts = re.split(r'("[^"]*"|\[[^\]]*\]|AM/PM|\\.)', code)
        return (
            "".join(
                part if i % 2 else re.sub(r"(?<!E)[DMYHS]+", lambda m: m[0].lower(), part)
                for i, part in enumerate(parts)
            )
            if kind & (_DATE | 4)
            else code
        )

    def key(self, code: str) -> int:
        """The key of a format that Excel tells so."""
        key: int = self._formats.queryKey(code, self._locale, False)
        return key if key != -1 else self._formats.addNew(code, self._locale)

    def _look_up(self, key: int) -> tuple[int, str]:
        if key not in self._known:
            found = self._formats.getByKey(key)
            self._known[key] = (found.Type, found.FormatString)
        return self._known[key]


#: How LibreOffice writes a formula: texts, parts of tables, cells of sheets, and its own marks.
_OFFICE_PART = re.compile(
    r"""(?P<text>"[^"]*")
    |(?P<table>[^\W\d][\w.]*\[(?:[^\[\]']|'.|\[(?:[^\[\]']|'.)*\])*\])
    |\$?(?P<sheet>'(?:[^']|'')*'|[^\W\d]\w*)\.(?=\$?[A-Z]{1,3}\$?\d|\$?[A-Z]{1,3}:|\$?\d+:|\#REF!)
    |(?P<mark>[;|~!](?!=))
    |(?P<brace>[{}])""",
    re.VERBOSE,
)


def _to_excel(text: str) -> str:
    """A formula of LibreOffice as Excel tells it, with its equals sign."""
    depth = 0

    def told(found: re.Match[str]) -> str:
        nonlocal depth
        match found.lastgroup:
            case "table":
                alone = re.sub(r"\[\[(#[^\[\]]+)\]\]$", r"[\1]", found[0])
                return alone.replace("];[", "],[")
            case "sheet":
                return f"{_quoted(_unquoted(found['sheet']))}!"
            case "brace":
                depth += 1 if found[0] == "{" else -1
            case "mark":
                in_array = {";": ",", "|": ";"}
                return (in_array if depth else {";": ",", "~": ",", "!": " "}).get(
                    found[0], found[0]
                )
        return found[0]

    return "=" + _OFFICE_PART.sub(told, text.removeprefix("="))


def _to_office(text: str) -> str:
    """A formula of Excel as LibreOffice keeps it, with its equals sign."""
    try:
        tokens = Tokenizer(text).items
    except (TokenizerError, IndexError) as error:
        raise ExcelError(f"no formula: {text}") from error
    opened = [t.subtype for t in tokens if t.subtype in {Token.OPEN, Token.CLOSE}]
    if opened.count(Token.OPEN) != opened.count(Token.CLOSE):
        raise ExcelError(f"no formula: {text}")
    depth, made = 0, []
    for token in tokens:
        told = token.value
        if token.type == Token.ARRAY:
            depth += 1 if token.subtype == Token.OPEN else -1
        if token.type == Token.SEP:
            told = {",": ";", ";": "|"}[told] if depth else ";"
        elif token.type == Token.OP_IN and told == ",":
            told = "~"
        elif token.type == Token.WSPACE:
            told = " "
        elif token.subtype == Token.LOGICAL:
            told = f"{told}()"
        elif token.subtype == Token.RANGE:
            told = _office_cells(told)
        made.append(told)
    return "=" + "".join(made)


def _office_cells(text: str) -> str:
    if "[" in text:
        this_row = re.sub(r"\[@\[?([^\[\]]+)\]?\]$", r"[[#This Row],[\1]]", text)
        whole = re.sub(r"(?<!\[)\[(#[^\[\]]+)\]$", r"[[\1]]", this_row)
        return whole.replace("],[", "];[")
    place, mark, address = text.rpartition("!")
    return f"${_quoted(_unquoted(place))}.{address}" if mark else text


def _filled(text: str, cells: Range) -> list[list[str]]:
    """One formula filled over a range, seen from its first cell."""
    _to_office(text)  # raises if it is none
    row, column, rows, columns = cells.box
    origin = f"{_letters(column)}{row}"
    moved = Translator(text, origin=origin).translate_formula
    return [
        [moved(row_delta=down, col_delta=right) for right in range(columns)] for down in range(rows)
    ]


def _values(cells: Range) -> list[list[Any]]:
    """What the cells hold, as Excel gives it over COM."""
    xl, book = cells.xl, cells.sheet.book
    data: list[list[Any]] = [list(row) for row in xl.getDataArray()]
    origin = xl.RangeAddress
    texts = set(_found(xl.queryFormulaCells(_AS_STRING), origin))
    for row, column in _found(xl.queryFormulaCells(_AS_VALUE), origin, xl, "=TRUE()", "=FALSE()"):
        data[row][column] = bool(data[row][column])
    for area in book.formats.areas(xl):
        convert = _converter(book.formats.kind(area.key), cells.sheet.app)
        if convert is not None:
            for row, column in area.cells():
                if type(data[row][column]) is float:
                    data[row][column] = convert(data[row][column])
    for down, line in enumerate(data):
        for right, value in enumerate(line):
            if value == "" and (down, right) not in texts:
                line[right] = None
    for row, column in _found(xl.queryFormulaCells(_AS_ERROR), origin):
        code = xl.getCellByPosition(column, row).getError()
        data[row][column] = ERRORS[_OFFICE_ERRORS.get(code, "#VALUE!")]
    return data


def _formulas(cells: Range) -> list[list[str]]:
    """The formulas of the cells, and what would be typed for a constant."""
    xl = cells.xl
    origin = xl.RangeAddress
    told = [[_typeable(value) for value in row] for row in xl.getDataArray()]
    for area in cells.sheet.book.formats.areas(xl):
        if cells.sheet.book.formats.kind(area.key) & _LOGICAL:
            for row, column in area.cells():
                told[row][column] = {"0": "FALSE", "1": "TRUE"}.get(
                    told[row][column], told[row][column]
                )
    written = xl.getFormulaArray()
    for row, column in _found(xl.queryFormulaCells(_AS_VALUE | _AS_STRING | _AS_ERROR), origin):
        formula = _to_excel(written[row][column])
        told[row][column] = {"=TRUE()": "TRUE", "=FALSE()": "FALSE"}.get(formula, formula)
    return told


def _converter(kind: int, app: App) -> Callable[[float], Any] | None:
    if kind & _TEXT:
        return None
    if kind & _DATE:
        return _moment
    if kind & _LOGICAL:
        return lambda value: bool(value) if value in {0.0, 1.0} else value
    if kind & _CURRENCY and app.currency_as_decimal:
        return lambda value: Decimal(repr(value)).quantize(Decimal("0.0001")).normalize() + 0
    return None


def _moment(serial: float) -> dt.datetime | float:
    try:
        return _EPOCH + dt.timedelta(days=int(serial), milliseconds=round(serial % 1 * 86_400_000))
    except OverflowError:
        return serial


def _serial(moment: dt.date) -> float:
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)  # noqa: DTZ001 (as _EPOCH)
    return (moment.replace(tzinfo=None) - _EPOCH) / dt.timedelta(days=1)


def _found(
    ranges: Any, origin: Any, cells: Any = None, *formulas: str
) -> Iterator[tuple[int, int]]:
    """The cells of a query, counted from an origin; of ``cells`` those with one of the formulas."""
    for address in ranges.RangeAddresses:
        area = _area(0, address, origin)
        if cells is None:
            yield from area.cells()
            continue
        part = cells.getCellRangeByPosition(area.left, area.top, area.right - 1, area.bottom - 1)
        texts = itertools.chain.from_iterable(part.getFormulaArray())
        yield from (at for at, text in zip(area.cells(), texts, strict=True) if text in formulas)


class _Typed(NamedTuple):
    """What Excel makes of a text that is typed into a cell."""

    value: float | str = ""
    code: str | None = None
    formula: str | None = None


class _Entering:
    """Values on their way into the cells of a range."""

    def __init__(self, cells: Range) -> None:
        self._cells = cells
        self._xl = cells.xl
        self._formats = cells.sheet.book.formats
        self._areas = self._formats.areas(self._xl)
        self._wanted: dict[str, list[tuple[int, int]]] = defaultdict(list)
        self._entered: list[tuple[int, int, str]] = []

    def enter(self, rows: Sequence[Sequence[Any]]) -> None:
        of_text = self._of_kind(_TEXT)
        data = tuple(
            tuple(
                self._as_text(value)
                if of_text and (down, right) in of_text
                else self._plain(value, down, right)
                for right, value in enumerate(row)
            )
            for down, row in enumerate(rows)
        )
        notes = self._notes()
        try:
            self._xl.setDataArray(data)
        except Exception as error:
            raise ExcelError(f"{self._cells.local_address} cannot be changed") from error
        for address, text in notes:
            self._cells.sheet.xl.Annotations.insertNew(address, text)
        self._keep_formats(of_text)
        self._enter_formulas()

    def _enter_formulas(self) -> None:
        texts = {(row, column): _to_office(text) for row, column, text in self._entered}
        for top, bottom, column in _runs(texts):
            part = self._xl.getCellRangeByPosition(column, top, column, bottom)
            part.setFormulaArray(tuple((texts[row, column],) for row in range(top, bottom + 1)))
            for row, _ in _found(part.queryFormulaCells(_AS_ERROR), part.RangeAddress):
                cell = part.getCellByPosition(0, row)
                if cell.getError() in _NOT_A_FORMULA:
                    cell.setString("")
                    raise ExcelError(f"no formula: {texts[top + row, column]}")

    def _plain(self, value: Any, row: int, column: int) -> float | str:
        match value:
            case None | "":
                return ""
            case bool():
                self._wanted["BOOLEAN"].append((row, column))
                return float(value)
            case int() | float() | Decimal():
                if not math.isfinite(value):
                    raise ExcelError(f"no number for a cell: {value}")
                return float(value)
            case dt.date():
                serial = _serial(value)
                code = "m/d/yyyy h:mm" if serial % 1 else "m/d/yyyy"
                self._wanted[code].append((row, column))
                return serial
            case str():
                if len(value) > _MAX_TEXT:
                    raise ExcelError("a cell holds 32767 characters")
                typed = _typed(value)
                if typed.code is not None:
                    self._wanted[typed.code].append((row, column))
                if typed.formula is not None:
                    self._entered.append((row, column, typed.formula))
                return typed.value
        raise TypeError(f"no value for a cell: {value!r}")

    @staticmethod
    def _as_text(value: Any) -> str:
        if isinstance(value, dt.date):
            return _typeable(_serial(value))
        text = _typeable(value)
        return text.removeprefix("'")

    def _of_kind(self, kind: int) -> set[tuple[int, int]]:
        areas = (area for area in self._areas if self._formats.kind(area.key) & kind)
        return {at for area in areas for at in area.cells()}

    def _notes(self) -> list[tuple[Any, str]]:
        area, notes = self._xl.RangeAddress, self._cells.sheet.xl.Annotations
        return [
            (note.Position, note.String)
            for note in (notes.getByIndex(i) for i in range(notes.Count))
            if area.StartRow <= note.Position.Row <= area.EndRow
            and area.StartColumn <= note.Position.Column <= area.EndColumn
        ]

    def _keep_formats(self, of_text: set[tuple[int, int]]) -> None:
        """Undo what LibreOffice made of the formats; do what Excel makes of them."""
        made = {
            at
            for area in self._formats.areas(self._xl)
            if self._formats.kind(area.key) & _TEXT
            for at in area.cells()
        } - of_text
        again: dict[int, list[tuple[int, int]]] = defaultdict(list)
        general = self._formats.key("General")
        plain: set[tuple[int, int]] = set()
        for area in self._areas:
            logical = self._formats.kind(area.key) & _LOGICAL
            if self._formats.code(area.key) == "General" and (self._wanted or made or logical):
                plain.update(area.cells())
            if logical:
                again[general] += area.cells()
            elif made:
                again[area.key] += [at for at in area.cells() if at in made]
        for code, places in self._wanted.items():
            always = code == "BOOLEAN"
            again[self._formats.key(code)] += [at for at in places if always or at in plain]
        for key, places in again.items():
            for top, bottom, column in _runs(places):
                part = self._xl.getCellRangeByPosition(column, top, column, bottom)
                part.NumberFormat = key


_MONTHS = {
    m: i
    for i, m in enumerate(
        ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), 1
    )
}
_MONTH = r"(?P<month>[A-Za-z]{3,9})"
_DATES = (
    (re.compile(r"(?P<m>\d{1,2})([/-])(?P<d>\d{1,2})(?:\2(?P<y>\d{2}|\d{4}))?"), "m/d/yyyy"),
    (re.compile(r"(?P<y>\d{4})([/-])(?P<m>\d{1,2})\2(?P<d>\d{1,2})"), "m/d/yyyy"),
    (re.compile(r"(?P<m>\d{1,2})[/-](?P<y>\d{4})"), "mmm-yy"),
    (re.compile(rf"(?P<d>\d{{1,2}})[ -]?{_MONTH}(?:[ -](?P<y>\d{{2}}|\d{{4}}))?"), "d-mmm-yy"),
    (re.compile(rf"{_MONTH} (?P<d>\d{{1,2}})(?:,? (?P<y>\d{{4}}))?"), "d-mmm-yy"),
    (re.compile(rf"{_MONTH}[ -](?P<y>\d{{2}}|\d{{4}})"), "mmm-yy"),
)
_TIME = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:\.\d+)?))?(?: ?([AaPp])[Mm]?)?")
_NUMBER = re.compile(
    r"(?P<open>\()?(?P<sign>[+-])?(?P<money>\$)?(?P<digits>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)"
    r"(?P<exponent>[eE][+-]?\d{1,3})?(?P<percent>%)?(?(open)\))"
)
_FRACTION = re.compile(r"(?P<sign>-)?(?P<whole>\d+) (?P<over>\d{1,3})/(?P<under>\d{1,3})")


def _typed(text: str) -> _Typed:
    """What an English Excel makes of a text that is assigned to the value of a cell."""
    if text.startswith("'"):
        return _Typed(text[1:])
    if len(text) > 1 and text[0] == "=":
        return _Typed(formula=text)
    bare = text.strip(" ")
    if bare.upper() in {"TRUE", "FALSE"}:
        return _Typed(float(bare.upper() == "TRUE"), "BOOLEAN")
    if bare.upper() in ERRORS:
        return _Typed(formula=f"={bare.upper()}")
    for read in (_number, _fraction, _date_and_time):
        typed = read(bare)
        if typed is not None:
            return typed
    if len(text) > 1 and text[0] in "+-@":
        return _Typed(formula=f"={text.removeprefix('@')}")
    return _Typed(text)


def _number(text: str) -> _Typed | None:
    found = _NUMBER.fullmatch(text)
    if found is None:
        return None
    value = float(found["digits"].replace(",", "") + (found["exponent"] or ""))
    if not math.isfinite(value):
        return None
    value = -value if bool(found["open"]) != (found["sign"] == "-") else value
    whole = "." not in found["digits"]
    if found["percent"]:
        return _Typed(value / 100, "0%" if whole else "0.00%")
    if found["money"]:
        return _Typed(value, "$#,##0" if whole else "$#,##0.00")
    if found["exponent"]:
        return _Typed(value, "0.00E+00")
    if "," in found["digits"]:
        return _Typed(value, "#,##0" if whole else "#,##0.00")
    return _Typed(value)


def _fraction(text: str) -> _Typed | None:
    found = _FRACTION.fullmatch(text)
    if found is None or int(found["under"]) == 0:
        return None
    value = int(found["whole"]) + int(found["over"]) / int(found["under"])
    return _Typed(-value if found["sign"] else value, "# ?/?")


def _date_and_time(text: str) -> _Typed | None:
    first, _, rest = text.partition(" ")
    alone = _time(text)
    if alone is not None:
        return _Typed(alone, "h:mm")
    whole = _date(text)
    if whole is not None:
        return whole
    day, time = _date(first), _time(rest)
    if day is None or time is None or isinstance(day.value, str):
        return None
    return _Typed(day.value + time, "m/d/yyyy h:mm")


def _date(text: str) -> _Typed | None:
    for pattern, code in _DATES:
        found = pattern.fullmatch(text)
        if found is None:
            continue
        parts = found.groupdict()
        month = int(parts["m"]) if parts.get("m") else _month(parts["month"])
        year = int(parts["y"] or dt.datetime.now().year)  # noqa: DTZ005 (as the user's clock)
        if year < 100:
            year += 2000 if year < 30 else 1900
        if month is None or year < 1900:
            continue
        try:
            return _Typed(_serial(dt.date(year, month, int(parts.get("d") or 1))), code)
        except ValueError:
            continue
    return None


def _month(name: str) -> int | None:
    full = (
        dt.date(2000, number, 1).strftime("%B").lower()
        if (number := _MONTHS.get(name[:3].lower()))
        else ""
    )
    return number if name.lower() in {full, full[:3]} else None


def _time(text: str) -> float | None:
    found = _TIME.fullmatch(text)
    if found is None:
        return None
    hour, minute, second = int(found[1]), int(found[2]), float(found[3] or 0)
    if minute > 59 or second >= 60 or (found[4] and not 1 <= hour <= 12):
        return None
    if found[4]:
        hour = hour % 12 + (12 if found[4].lower() == "p" else 0)
    return (hour * 3600 + minute * 60 + second) / 86_400


def _typeable(value: Any) -> str:
    """A constant as it would be typed."""
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, numbers.Number):
        return f"{float(value):.15g}".replace("e", "E")  # type: ignore[arg-type]
    return value or ""


def _copy(source: Sheet, book: Book, place: int) -> Sheet:
    """A copy of a sheet in a workbook, with its tables, charts and panes, as Excel makes it."""
    own, ranges = source.book, book.xl.DatabaseRanges
    old, name = source.xl.Name, _free_name(source.xl.Name, {n.lower() for n in book.sheet_names})
    tables = [
        (t.xl.Name, Range.over(source, t.xl.DataArea).box, _flags(t.xl))
        for t in source.tables_on_it()
    ]
    known = set(ranges.ElementNames)
    if own is book:
        book.xl.Sheets.copyByName(old, name, place)
    else:
        basic = book.xl.BasicLibraries
        macros, basic.VBACompatibilityMode = basic.VBACompatibilityMode, False  # else it crashes
        book.xl.Sheets.importSheet(own.xl, old, place)
        basic.VBACompatibilityMode = macros
    for brought in set(ranges.ElementNames) - known:
        ranges.removeByName(brought)
    made = Sheet(book, book.xl.Sheets.getByIndex(place))
    if made.xl.Name != name:
        made.xl.Name = name
    renamed = {}
    for table, box, flags in tables:
        renamed[table] = _free_table(table, {t.xl.Name.lower() for t in book.all_tables()})
        xl = _new_table(made, renamed[table], Range(made, *box).xl.RangeAddress).xl
        xl.ContainsHeader, xl.TotalsRow, xl.AutoFilter = flags
    _refer_to_own_tables(source, made, renamed)
    for chart in Charts(made).all():
        _draw_from(chart.xl, old, name)
    frozen = source.frozen_at()
    if frozen is not None and made.frozen_at() is None:
        made.freeze(*frozen)
    return made


def _flags(table: Any) -> tuple[bool, bool, bool]:
    return table.ContainsHeader, table.TotalsRow, table.AutoFilter


def _free_name(name: str, taken: set[str]) -> str:
    if name.lower() not in taken:
        return name
    ends = (f" ({number})" for number in itertools.count(2))
    tried = (name[: _MAX_SHEET_NAME - len(end)] + end for end in ends)
    return next(name for name in tried if name.lower() not in taken)


def _free_table(name: str, taken: set[str]) -> str:
    tried = itertools.chain([name], (f"{name}{i}" for i in itertools.count(len(taken) + 1)))
    return next(name for name in tried if name.lower() not in taken)


def _new_table(sheet: Sheet, name: str, area: Any) -> Table:
    ranges = sheet.book.xl.DatabaseRanges
    ranges.addNewByName(name, area)
    table = Table(sheet, ranges.getByName(name))
    table.xl.ContainsHeader = True
    return table


def _refer_to_own_tables(source: Sheet, made: Sheet, renamed: dict[str, str]) -> None:
    """Let formulas of a copied sheet name the copied tables."""
    if not renamed:
        return
    kinds = _AS_VALUE | _AS_STRING | _AS_ERROR
    pattern = re.compile(rf"(?i)(?<![\w.])({'|'.join(map(re.escape, renamed))})(?=\[)")
    new = {name.lower(): other for name, other in renamed.items()}
    for address in source.xl.queryFormulaCells(kinds).RangeAddresses:
        cells = Range.over(source, address)
        texts = itertools.chain.from_iterable(cells.xl.getFormulaArray())
        for (down, right), text in zip(_area(0, address, address).cells(), texts, strict=True):
            if "[" in text:
                column, row = address.StartColumn + right, address.StartRow + down
                told = pattern.sub(lambda m: new[m[1].lower()], text)
                made.xl.getCellByPosition(column, row).setFormula(told)


def _labelled_sequences(chart: Any) -> Iterator[Any]:
    diagram = chart.EmbeddedObject.getFirstDiagram()
    for system in diagram.getCoordinateSystems():
        for kind in system.getChartTypes():
            for series in kind.getDataSeries():
                yield from series.getDataSequences()


def _draw_from(chart: Any, old: str, new: str) -> None:
    """Let a copied chart draw from its own sheet."""
    provider = chart.EmbeddedObject.getDataProvider()

    def moved(sequence: Any) -> Any | None:
        told = sequence.getSourceRangeRepresentation() if sequence is not None else ""
        place, mark, address = told.rpartition("!")
        if not mark or _unquoted(place) != old or old == new:
            return None
        made = provider.createDataSequenceByRangeRepresentation(f"{_quoted(new)}!{address}")
        made.Role = sequence.Role
        return made

    for labelled in _labelled_sequences(chart):
        for read, write in (
            (labelled.getValues, labelled.setValues),
            (labelled.getLabel, labelled.setLabel),
        ):
            sequence = moved(read())
            if sequence is not None:
                write(sequence)


def _parsed(sheet: Sheet, text: str) -> Range:
    """The range that an address or the name of a range or a table tells."""
    place, mark, address = text.rpartition("!")
    if mark:
        sheets = {name.lower(): name for name in sheet.book.sheet_names}
        found = sheets.get(_unquoted(place).lower())
        if found is None:
            raise ExcelError(f"no range: {text}")
        sheet = Sheet(sheet.book, sheet.book.xl.Sheets.getByName(found))
    box = _box(address)
    return Range(sheet, *box) if box is not None else _named(sheet, address)


_ENDS = re.compile(r"\$?([A-Z]{0,3})\$?(\d*)(?::\$?([A-Z]{0,3})\$?(\d*))?")


def _box(address: str) -> tuple[int, int, int, int] | None:
    """Row, column and shape of an address; None if it is none."""
    found = _ENDS.fullmatch(address.upper())
    if found is None:
        return None
    left, top, right, bottom = found.groups()
    if right is None:
        right, bottom = left, bottom or top
        if not left or not top:
            return None
    if not (left or top) or bool(left) != bool(right) or bool(top) != bool(bottom):
        return None
    columns = sorted((_column(left or "A"), _column(right or "XFD")))
    rows = sorted((int(top or 1), int(bottom or _MAX_ROWS)))
    return rows[0], columns[0], rows[1] - rows[0] + 1, columns[1] - columns[0] + 1


def _named(sheet: Sheet, text: str) -> Range:
    for held in (Names(sheet.book, sheet), Names(sheet.book)):
        for name in held.all():
            if name.xl.Name.lower() == text.lower() and (held.sheet or not name.sheet):
                cells = name.xl.getReferredCells()
                if cells is not None:
                    area = cells.RangeAddress
                    own = Sheet(sheet.book, sheet.book.xl.Sheets.getByIndex(area.Sheet))
                    return Range.over(own, area)
    told = re.fullmatch(r"([^\[\]]+)(?:\[(.*)\])?", text)
    table = sheet.book.table(told[1]) if told is not None else None
    if table is None or told is None:
        raise ExcelError(f"no range: {text}")
    parts = {
        None: table.body(),
        "": table.body(),
        "#data": table.body(),
        "#all": Range(table.parent, *table.area),
        "#headers": table.part(0, int(table.xl.ContainsHeader)),
    }
    key = told[2].lower() if told[2] is not None else None
    header, body = parts["#headers"], parts["#data"]
    if key not in parts and header is not None and body is not None:
        names = [str(name).lower() for name in header.xl.getDataArray()[0]]
        if key in names:
            top, left, rows, _ = body.box
            return Range(table.parent, top, left + names.index(key), rows, 1)
    found = parts.get(key)
    if found is None:
        raise ExcelError(f"no range: {text}")
    return found


def _address(
    at: tuple[int, int, int, int], *, row_absolute: bool = True, column_absolute: bool = True
) -> str:
    row, column, rows, columns = at
    down, right = "$" * row_absolute, "$" * column_absolute
    first, last = _letters(column), _letters(column + columns - 1)
    if rows == _MAX_ROWS and columns < _MAX_COLUMNS:
        return f"{right}{first}:{right}{last}"
    if columns == _MAX_COLUMNS:
        return f"{down}{row}:{down}{row + rows - 1}"
    start = f"{right}{first}{down}{row}"
    if rows == columns == 1:
        return start
    return f"{start}:{right}{last}{down}{row + rows - 1}"


def _letters(column: int) -> str:
    name: str = xw.utils.col_name(column)
    return name


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _area(key: int, address: Any, origin: Any) -> _Area:
    top, left = address.StartRow - origin.StartRow, address.StartColumn - origin.StartColumn
    bottom = address.EndRow - origin.StartRow + 1
    return _Area(key, top, left, bottom, address.EndColumn - origin.StartColumn + 1)


def _runs(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """Cells, gathered into stretches of a column: first row, last row, column."""
    by_column: dict[int, list[int]] = defaultdict(list)
    for row, column in places:
        by_column[column].append(row)
    for column, rows in by_column.items():
        rows.sort()
        start = rows[0]
        for row, following in itertools.pairwise([*rows, -1]):
            if following != row + 1:
                yield start, row, column
                start = following


def _as_com(rows: list[list[Any]]) -> Any:
    """One cell alone, several as rows."""
    return rows[0][0] if len(rows) == len(rows[0]) == 1 else tuple(map(tuple, rows))


def _jump(filled: list[bool], at: int, step: int) -> int:
    """Where Ctrl and an arrow lead to; one beyond the end means the end of the sheet."""

    def is_filled(place: int) -> bool:
        return 0 <= place < len(filled) and filled[place]

    place = at + step
    if is_filled(at) and is_filled(place):
        while is_filled(place + step):
            place += step
        return place
    while 0 <= place < len(filled) and not filled[place]:
        place += step
    return max(place, 0)


def _place(before: Sheet | None, after: Sheet | None) -> int:
    if before is not None:
        return before.position
    assert after is not None
    return after.position + 1


def _split(index: int, columns: int) -> tuple[int, int]:
    down, right = divmod(index - 1, columns)
    return down + 1, right + 1


def _nth(items: Sequence[Any], number: Any) -> Any:
    if not 1 <= number <= len(items):
        raise ExcelError(f"there is no item {number}")
    return items[int(number) - 1]


def _autofit(cells: Any, axis: str | None) -> None:
    if axis in {None, "columns", "c"}:
        cells.Columns.OptimalWidth = True
    if axis in {None, "rows", "r"}:
        cells.Rows.OptimalHeight = True


def _cell_address(sheet: int, column: int, row: int) -> Any:
    uno = bridge()
    assert uno is not None
    made = uno.createUnoStruct("com.sun.star.table.CellAddress")
    made.Sheet, made.Column, made.Row = sheet, column, row
    return made


def _quoted(name: str, plain: str = r"[^\W\d]\w*") -> str:
    if re.fullmatch(plain, name) and not re.fullmatch(r"[A-Za-z]{1,3}\d+|[RrCc]", name):
        return name
    return "'" + name.replace("'", "''") + "'"


def _unquoted(name: str) -> str:
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def _is_name(text: str) -> bool:
    """Whether a range or a table can be called so."""
    if re.fullmatch(r"(?i)[A-Z]{1,2}\d{1,7}|[A-W][A-Z]{2}\d{1,7}|X[A-F][A-D]\d{1,7}|[RC]", text):
        return False
    return (
        len(text) <= 255 and re.fullmatch(r"[^\W\d\\]?[\w.\\?]*", text) is not None and text != ""
    )


def _as_formula(text: str) -> str:
    return text if text.startswith("=") else f'="{text}"'
