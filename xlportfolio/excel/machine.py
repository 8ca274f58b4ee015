"""A computer as far as Excel's way to Python is concerned: where things lie, and whom to ask."""

from __future__ import annotations

import importlib
import locale
import os
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from xlportfolio.errors import XlPortfolioError

WINDOWS, MAC = "win32", "darwin"
ADD_IN = "xlwings.xlam"
OFFICE = r"Software\Microsoft\Office"
#: Seconds; xlwings starts Excel to ask for its folder, and a dialog there would hold it up.
_PATIENCE = 180.0

#: Asks the registry for a value: hive (``HKCU`` or ``HKLM``), key, name.
Registry = Callable[[str, str, str], object]


@dataclass(frozen=True, slots=True)
class Machine:
    """A computer as far as it matters here.

    Attributes
    ----------
    system
        As in ``sys.platform``.
    executable
        The Python that runs, and that Excel is to start.
    base
        The folder of its installation, also where it runs in a virtual environment.
    roaming
        Where Windows keeps the user's settings of programs (``%APPDATA%``).
    encoding
        In which Excel reads its settings file.
    xlwings, xlwings_version
        The folder of the package, and its version.
    """

    system: str
    executable: Path
    base: Path
    home: Path
    roaming: Path
    encoding: str
    bits: int
    python_version: str
    xlwings: Path
    xlwings_version: str
    registry: Registry
    run: Callable[[list[str]], str]
    can_import: Callable[[str], bool]

    @classmethod
    def here(cls) -> Machine:
        """The computer that this runs on."""
        home, package = Path.home(), find_spec("xlwings")
        return cls(
            system=sys.platform,
            executable=Path(sys.executable),
            base=Path(sys.base_prefix),
            home=home,
            roaming=Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming"),
            encoding="utf-8" if sys.platform == MAC else locale.getencoding(),
            bits=8 * struct.calcsize("P"),
            python_version=".".join(map(str, sys.version_info[:3])),
            xlwings=Path(package.origin).parent if package and package.origin else Path(),
            xlwings_version=version("xlwings") if package else "",
            registry=_registry,
            run=_run,
            can_import=_can_import,
        )

    @property
    def conf(self) -> Path:
        """The settings file that the xlwings add-in reads."""
        if self.system == MAC:
            return self.home / "Library/Containers/com.microsoft.Excel/Data/xlwings.conf"
        return self.home / ".xlwings" / "xlwings.conf"

    @property
    def interpreter_key(self) -> str:
        """The key of the setting that names the Python to start."""
        return "INTERPRETER_MAC" if self.system == MAC else "INTERPRETER_WIN"

    @property
    def packaged_add_in(self) -> Path:
        """The add-in that belongs to the xlwings of this Python."""
        return self.xlwings / "addin" / ADD_IN

    @property
    def script(self) -> Path:
        """What starts Python for Excel on a Mac."""
        folder = self.home / "Library/Application Scripts/com.microsoft.Excel"
        return folder / f"xlwings-{self.xlwings_version}.applescript"

    def add_ins(self) -> list[Path]:
        """The xlwings add-ins that Excel loads when it starts, as far as its folders are known."""
        if self.system == MAC:
            group = self.home / "Library/Group Containers/UBF8T346G9.Office"
            names = ("User Content.localized/Startup.localized", "User Content/Startup")
            folders = [group / name / "Excel" for name in names]
        else:
            folders = [self.roaming / "Microsoft" / "Excel" / "XLSTART"]
            root = self.registry("HKLM", rf"{OFFICE}\16.0\Excel\InstallRoot", "Path")
            other = self.registry("HKCU", rf"{OFFICE}\16.0\Excel\Options", "AltStartup")
            folders += [Path(str(root)) / "XLSTART"] if root else []
            folders += [Path(str(other))] if other else []
        return [folder / ADD_IN for folder in folders if is_file(folder / ADD_IN)]


def is_file(path: Path) -> bool:
    """Whether a file is there and may be looked at."""
    try:
        return path.is_file()
    except OSError:
        return False


def _registry(hive: str, key: str, name: str) -> object:
    """A value of the Windows registry, None where there is none."""
    if sys.platform != "win32":
        return None
    import winreg  # noqa: PLC0415 (only on Windows)

    root = winreg.HKEY_CURRENT_USER if hive == "HKCU" else winreg.HKEY_LOCAL_MACHINE
    try:
        with winreg.OpenKey(root, key, 0, winreg.KEY_READ | winreg.KEY_WOW64_64KEY) as found:
            return winreg.QueryValueEx(found, name)[0]
    except OSError:
        return None


def _run(command: list[str]) -> str:
    """Run a program to its end and gather what it writes."""
    return subprocess.run(  # noqa: S603 (this interpreter, with arguments of ours)
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        timeout=_PATIENCE,
        check=False,
    ).stdout


def _can_import(module: str) -> bool:
    """Whether a module is there and loads, with all that it needs of the system."""
    try:
        importlib.import_module(module)
    except (ImportError, OSError):
        return False
    return True


def content_of(path: Path) -> bytes:
    """What stands in a file, nothing if there is none."""
    with reading(path):
        return path.read_bytes() if path.is_file() else b""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system says into a sentence for the user."""
    try:
        yield
    except PermissionError as error:
        raise XlPortfolioError("no_permission", path=path) from error
    except OSError as error:
        detail = error.strerror or str(error)
        raise XlPortfolioError("read_failed", path=path, detail=detail) from error
