"""Stand-ins for the modules of pywin32, so that xlwings takes its Windows path on any system.

With them xlwings registers functions, generates their VBA wrappers and converts arguments and
answers by the very code that does so beside Excel; only what would reach Excel itself is missing.
``install`` goes before the first import of xlwings, so it wants a process of its own.
"""

from __future__ import annotations

import asyncio
import ctypes
import datetime as dt
import logging
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NoReturn
from unittest import mock

import numpy as np
import pandas as pd

#: Modules that look at the system when they are imported: they are, before it changes its name.
_IMPORTED_AS_THEY_ARE = (asyncio, logging, np, pd, subprocess, tempfile)
#: The interface by which xlwings tells ranges from other objects.
_RANGE = "{00020846-0000-0000-C000-000000000046}"


class ComError(Exception):
    """What a call of Excel raises when Excel refuses."""


class TimeType(dt.datetime):
    """A date in a cell."""


class Workbook:
    """A workbook that keeps what ``import_udfs`` does with it.

    ``module`` is the text of the generated VBA module; ``help`` what MacroOptions was told, by the
    names of functions. The other attributes are those of Excel's object of this name.
    """

    def __init__(self, name: str = "portfolio.xlsm") -> None:
        self.module = ""
        self.help: dict[str, dict[str, Any]] = {}
        self.Name = name
        self.Worksheets = ()
        self.VBProject = SimpleNamespace(VBComponents=_Components(self))
        self.Application = SimpleNamespace(Version="16.0", Hwnd=1, MacroOptions=self._macro_options)

    def _macro_options(self, macro: str, **options: Any) -> None:
        book, _, function = macro.rpartition("!")
        assert book == f"'{self.Name}'"
        self.help[function] = options


class _Components:
    """The modules of a workbook's macros: at first none."""

    def __init__(self, book: Workbook) -> None:
        self._book = book

    def __call__(self, name: str) -> NoReturn:
        raise ComError(name)

    def Remove(self, component: Any) -> None:  # noqa: N802 (as Excel calls it)
        """Take a module out; xlwings only asks for what is not there."""

    def Import(self, path: str) -> None:  # noqa: N802 (as Excel calls it)
        self._book.module = Path(path).read_text(encoding="utf-8")


class Range:
    """Cells of a workbook, as a formula hands them over: a tuple of rows, or a single cell."""

    def __init__(self, book: Workbook, cells: Any) -> None:
        rows, columns = (len(cells), len(cells[0])) if isinstance(cells, tuple) else (1, 1)
        kind = SimpleNamespace(GetTypeAttr=lambda: SimpleNamespace(iid=_RANGE))
        self._oleobj_ = SimpleNamespace(GetTypeInfo=lambda: kind)
        self.Value = cells
        self.Worksheet = SimpleNamespace(Parent=book)
        self.Row = self.Column = 1
        self.Rows, self.Columns = SimpleNamespace(Count=rows), SimpleNamespace(Count=columns)


def install() -> None:
    """Put the stand-ins in their places and import xlwings as if on Windows."""
    assert "xlwings" not in sys.modules, "xlwings has been imported already, without Windows"
    _put_modules()
    windows: dict[str, Any] = {
        "PyDLL": lambda _: SimpleNamespace(PyCom_PyObjectFromIUnknown=SimpleNamespace()),
        "oledll": SimpleNamespace(ole32=SimpleNamespace(CLSIDFromString=_ignore)),
        "windll": SimpleNamespace(),
    }
    with ExitStack() as only_now:
        only_now.enter_context(mock.patch.object(sys, "platform", "win32"))
        for name, stand_in in windows.items():
            only_now.enter_context(mock.patch.object(ctypes, name, stand_in, create=True))
        import xlwings  # noqa: PLC0415 (now, not before)
    assert xlwings.engines.active.name == "excel"


def _put_modules() -> None:
    """Let Python find stand-ins under the names of the modules that xlwings imports."""
    for name in ("win32api", "win32con", "win32event", "win32gui"):
        _put(name)
    _put("pywintypes", com_error=ComError, error=ComError, TimeType=TimeType, IID=str)
    _put(
        "pythoncom",
        CoInitialize=_ignore,
        IID_IDispatch=0,
        TypeIIDs={0: object},
        Missing=object(),
        Empty=object(),
        new=_ignore,
        com_error=ComError,
        ole_error=ComError,
        __file__="pythoncom.dll",
    )
    _put("win32process", GetWindowThreadProcessId=lambda _: (0, 0))
    _put("win32timezone", TimeZoneInfo=SimpleNamespace(utc=lambda: dt.UTC))
    _put("win32com")
    _put(
        "win32com.client",
        Dispatch=lambda found: found,
        DispatchEx=_ignore,
        CDispatch=type("CDispatch", (), {}),
        CoClassBaseClass=type("CoClassBaseClass", (), {}),
        DispatchBaseClass=type("DispatchBaseClass", (), {}),
        gencache=SimpleNamespace(EnsureModule=_ignore),
    )
    for name in ("server", "server.dispatcher", "server.policy", "server.util"):
        _put(f"win32com.{name}")


def _put(name: str, **contents: Any) -> None:
    module = ModuleType(name)
    vars(module).update(contents)
    sys.modules[name] = module
    parent, _, child = name.rpartition(".")
    if parent:
        setattr(sys.modules[parent], child, module)


def _ignore(*_: Any, **__: Any) -> None:
    pass
