"""A live LibreOffice for tests: one process of its own, spoken to from within this program."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

#: Where Debian keeps its bridge, out of sight of a virtual environment.
_BRIDGE = "/usr/lib/python3/dist-packages"
_HOW = "LibreOffice Calc or its bridge is missing: apt-get install libreoffice-calc python3-uno"
_MACROS_ON = 4  # com.sun.star.document.MacroExecMode.ALWAYS_EXECUTE_NO_WARN
_PATIENCE = 60.0  # seconds

#: Formulas that are entered or shown stand in Excel's English notation, whatever the machine speaks.
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooLocale" oor:op="fuse">
<value>en-US</value></prop></item>
<item oor:path="/org.openoffice.Setup/L10N"><prop oor:name="ooSetupSystemLocale" oor:op="fuse">
<value>en-US</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Syntax"><prop oor:name="Grammar" oor:op="fuse">
<value>1</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Syntax"><prop oor:name="SeparatorArg"
 oor:op="fuse"><value>,</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Syntax"><prop oor:name="SeparatorArrayCol"
 oor:op="fuse"><value>,</value></prop></item>
<item oor:path="/org.openoffice.Office.Calc/Formula/Syntax"><prop oor:name="SeparatorArrayRow"
 oor:op="fuse"><value>;</value></prop></item>
</oor:items>
"""


@dataclass(frozen=True)
class Office:
    """A running LibreOffice, which shows nothing."""

    context: Any
    desktop: Any

    def open(self, path: Path, *, macros: bool = False) -> Any:
        """The document in a file, hidden; with ``macros`` its macros run unasked."""
        options = {"Hidden": True} | ({"MacroExecutionMode": _MACROS_ON} if macros else {})
        return load(self.desktop, path.resolve().as_uri(), **options)


def load(desktop: Any, url: str, **options: Any) -> Any:
    """The document that a URL names, or a new one from ``private:factory/scalc``."""
    document = desktop.loadComponentFromURL(url, "_blank", 0, properties(**options))
    if document is None:
        raise OSError(f"LibreOffice did not open {url}")
    return document


def properties(**values: Any) -> tuple[Any, ...]:
    """Named values, as LibreOffice takes them."""
    uno = bridge()
    assert uno is not None
    made = []
    for name, value in values.items():
        one = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        one.Name, one.Value = name, value
        made.append(one)
    return tuple(made)


@cache
def bridge() -> ModuleType | None:
    """The module ``uno``, or None where this Python cannot have it."""
    with suppress(ImportError):
        import uno  # noqa: PLC0415

        return uno
    sys.path.append(_BRIDGE)
    try:
        import uno  # noqa: PLC0415
        import unohelper  # noqa: F401, PLC0415
    except ImportError:
        return None
    else:
        return uno
    finally:
        sys.path.remove(_BRIDGE)


def has_live_office() -> bool:
    """Whether LibreOffice is here and can be spoken to."""
    return _program() is not None and bridge() is not None


def require_live_office() -> None:
    """Skip where LibreOffice or its bridge is missing; fail where CI must have them."""
    if not has_live_office():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(_HOW)


class office:  # noqa: N801 (used as a function)
    """A LibreOffice with a profile under a folder, gone when the block ends.

    No generator: the exceptions of the bridge do not pass through one.
    """

    def __init__(self, folder: Path) -> None:
        self._profile = folder / f"office-{uuid.uuid4().hex}"
        self._process: subprocess.Popen[bytes] | None = None
        self._desktop: Any = None

    def __enter__(self) -> Office:
        require_live_office()
        user = self._profile / "user"
        user.mkdir(parents=True)
        (user / "registrymodifications.xcu").write_text(_SETTINGS, encoding="utf-8")
        pipe = f"xlportfolio-{uuid.uuid4().hex}"
        command = [
            str(_program()),
            "--headless",
            "--norestore",
            "--nologo",
            f"-env:UserInstallation={self._profile.resolve().as_uri()}",
            f"--accept=pipe,name={pipe};urp;",
        ]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"LC_ALL": "C.UTF-8"},
            start_new_session=True,
        )
        try:
            url = f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext"
            context = _connect(self._process, url)
            service = "com.sun.star.frame.Desktop"
            self._desktop = context.ServiceManager.createInstanceWithContext(service, context)
        except BaseException:
            self.__exit__()
            raise
        return Office(context, self._desktop)

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        _end(self._process, self._desktop)


@cache
def _program() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def _connect(process: subprocess.Popen[bytes], url: str) -> Any:
    uno = bridge()
    assert uno is not None
    local = uno.getComponentContext()
    name = "com.sun.star.bridge.UnoUrlResolver"
    resolver = local.ServiceManager.createInstanceWithContext(name, local)
    until = time.monotonic() + _PATIENCE
    while True:
        try:
            return resolver.resolve(url)
        except Exception as error:
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("LibreOffice did not start") from error
            time.sleep(0.1)


def _end(process: subprocess.Popen[bytes], desktop: Any) -> None:
    if desktop is not None:
        with suppress(Exception):  # the bridge breaks down as the office goes
            desktop.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(20)
