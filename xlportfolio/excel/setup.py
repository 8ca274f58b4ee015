"""Connect Excel with this Python: the xlwings add-in, and the settings file that it reads.

What this computer is like stands in a :class:`Machine`; what is found and what is done comes back
as phrases, which the command line puts into words. Importing this module does not import xlwings.

The settings file holds lines of ``"KEY","value"``. Excel reads them in the code page of the system
(on a Mac as UTF-8), the first of each key counts. Our two lines come first: the interpreter, and
what we wrote, by which it is known again. Lines that named an interpreter before stay where they
are, under another key, so that all of it can be undone to the byte.
"""

from __future__ import annotations

import csv
import importlib
import io
import locale
import os
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import Phrase

WINDOWS, MAC = "win32", "darwin"

_ADD_IN = "xlwings.xlam"
_WROTE = "XLPORTFOLIO WROTE "
_KEPT = "XLPORTFOLIO KEEPS "
_BOM = b"\xef\xbb\xbf"
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LINE = re.compile(rb'\s*("?)([^",\r\n]*)\1\s*,\s*("?)([^"\r\n]*)\3\s*')
#: Runs xlwings' own command also where the folder of its scripts is not on the path.
_XLWINGS = ("-P", "-c", "from xlwings.cli import main; main()")
#: Seconds; xlwings starts Excel to ask for its folder, and a dialog there would hold it up.
_PATIENCE = 180.0
#: What COM says where there is no Excel: that the name of its class is not known.
_NO_EXCEL = "-2147221005"

_OFFICE = r"Software\Microsoft\Office"
_APP_PATH = r"Software\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
#: Where Excel's bitness stands: of an installation from the web, and of one by Windows Installer.
_BITNESS = ((r"ClickToRun\Configuration", "Platform"), (r"16.0\Outlook", "Bitness"))
_BITS = {"x86": 32, "x64": 64}
_POLICIES = r"Software\Policies\Microsoft\Office\16.0\Excel\Security"
#: Where it stands which macros run, what administrators decide first.
_SECURITY = (("HKLM", _POLICIES), ("HKCU", _POLICIES), ("HKCU", rf"{_OFFICE}\16.0\Excel\Security"))
#: Settings of macros: after a warning (what Excel does by default), signed ones only, none.
_SIGNED_ONLY, _NO_MACROS = 3, 4
#: Zones of Windows from which files are not trusted: the internet, and sites known as bad.
_UNTRUSTED = re.compile(r"^ZoneId=[34]\s*$", re.MULTILINE)

#: Asks the registry for a value: hive (``HKCU`` or ``HKLM``), key, name.
Registry = Callable[[str, str, str], object]


class Mark(StrEnum):
    """What a check came to: a fault keeps something of ours from working, a warning may."""

    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, in a phrase that also says what to do where it is not well."""

    mark: Mark
    phrase: Phrase


def _check(mark: Mark, key: str, **details: object) -> Check:
    return Check(mark, Phrase(f"doctor.{key}", details))


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
        return self.xlwings / "addin" / _ADD_IN

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
            root = self.registry("HKLM", rf"{_OFFICE}\16.0\Excel\InstallRoot", "Path")
            other = self.registry("HKCU", rf"{_OFFICE}\16.0\Excel\Options", "AltStartup")
            folders += [Path(str(root)) / "XLSTART"] if root else []
            folders += [Path(str(other))] if other else []
        return [folder / _ADD_IN for folder in folders if _is_file(folder / _ADD_IN)]


def _is_file(path: Path) -> bool:
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


# --- the settings file ----------------------------------------------------------------------------


def with_interpreter(content: bytes, key: str, interpreter: bytes, newline: bytes) -> bytes:
    r"""The settings file with our interpreter in it; a second time changes nothing.

    >>> old = b'"INTERPRETER_WIN","C:\\old.exe"\n"SHOW CONSOLE","False"\n'
    >>> new = with_interpreter(old, "INTERPRETER_WIN", b"C:\\ours.exe", b"\n")
    >>> print(new.decode())
    "XLPORTFOLIO WROTE INTERPRETER_WIN","C:\ours.exe"
    "INTERPRETER_WIN","C:\ours.exe"
    "XLPORTFOLIO KEEPS INTERPRETER_WIN","C:\old.exe"
    "SHOW CONSOLE","False"
    <BLANKLINE>
    >>> without_interpreter(new, "INTERPRETER_WIN") == old
    True
    """
    mark, lines = _lines(without_interpreter(content, key))
    for i, line in enumerate(lines):
        if _pair(line)[0] == key.lower():
            start = line.lower().index(key.lower().encode())
            lines[i] = line[:start] + _KEPT.encode() + line[start:]
    if lines and (ending := re.search(rb"[\r\n]+\Z", lines[0])):
        newline = ending[0]
    ours = [b'"%s","%s"%s' % (k.encode(), interpreter, newline) for k in (_WROTE + key, key)]
    return mark + b"".join(ours + lines)


def without_interpreter(content: bytes, key: str) -> bytes:
    """The settings file as it was before :func:`with_interpreter`.

    Whatever else was changed since stays, also another interpreter that somebody has set.
    """
    mark, lines = _lines(content)
    pairs = [_pair(line) for line in lines]
    wrote, kept = (f"{prefix}{key}".lower() for prefix in (_WROTE, _KEPT))
    ours = next((value for name, value in pairs if name == wrote), None)
    if ours is None:
        return content
    replaced = any(name == key.lower() and value != ours for name, value in pairs)
    rest = []
    for line, (name, value) in zip(lines, pairs, strict=True):
        if name == kept and not replaced:
            start = line.lower().index(kept.encode())
            rest.append(line[:start] + line[start + len(_KEPT) :])
        elif name not in {wrote, kept} and (name, value) != (key.lower(), ours):
            rest.append(line)
    return mark + b"".join(rest)


def _lines(content: bytes) -> tuple[bytes, list[bytes]]:
    """The mark of UTF-8 that a file may begin with, and its lines with their ends."""
    mark = _BOM if content.startswith(_BOM) else b""
    return mark, content[len(mark) :].splitlines(keepends=True)


def _pair(line: bytes) -> tuple[str, bytes]:
    """Key, in lower case, and value of a line; an empty key for a line of another kind."""
    found = _LINE.fullmatch(line)
    return (found[2].decode("latin-1").strip().lower(), found[4].strip()) if found else ("", b"")


def _seen_by_excel(content: bytes, key: str, encoding: str) -> str | None:
    """The value that Excel finds: it reads pair after pair, whatever the lines are."""
    rows = csv.reader(io.StringIO(content.decode(encoding, "replace"), newline=None))
    cells = [cell for row in rows for cell in row or [""]]
    pairs = zip(cells[::2], cells[1::2], strict=False)
    return next((value for name, value in pairs if name.lower() == key.lower()), None)


# --- setup ----------------------------------------------------------------------------------------

#: Writes a file as a whole or not at all.
Write = Callable[[Path, bytes], None]


def install(machine: Machine, write: Write) -> Iterator[Phrase]:
    """Connect Excel with this Python; gives what was done, thing by thing.

    Raises
    ------
    XlPortfolioError
        If something stops it; what was done before that is undone by :func:`remove`.
    """
    _refuse_without_excel(machine)
    if not machine.packaged_add_in.is_file():
        raise XlPortfolioError("xlwings_missing", path=machine.executable)
    yield from _write_conf(machine, write)
    yield Phrase("setup.starting", {})
    output = _xlwings(machine, "addin", "install")
    if "Successfully" not in output:
        raise _failure(output)
    there = machine.add_ins()
    for path in there:
        if not _is_current(machine, path):
            raise XlPortfolioError("add_in_outdated", path=path)
    yield Phrase("setup.add_in", {"path": there[0]}) if there else Phrase("setup.add_in_there", {})
    if machine.system == MAC:
        output = _xlwings(machine, "runpython", "install")
        if not machine.script.is_file():
            raise _failure(output)
        yield Phrase("setup.script", {"path": machine.script})
        yield Phrase("setup.mac", {})
    yield Phrase("setup.done", {})


def remove(machine: Machine, write: Write) -> Iterator[Phrase]:
    """Undo :func:`install`; gives what was done, thing by thing.

    Raises
    ------
    XlPortfolioError
        If something stops it.
    """
    _refuse_without_excel(machine)
    there = machine.add_ins()
    if there:
        yield Phrase("setup.starting", {})
        output = _xlwings(machine, "addin", "remove")
        left = [path for path in there if path.is_file()]
        if len(left) == len(there):
            raise _failure(output)
        for path in there:
            key = "setup.add_in_left" if path in left else "setup.add_in_removed"
            yield Phrase(key, {"path": path})
    else:
        yield Phrase("setup.add_in_absent", {})
    yield from _restore_conf(machine, write)
    if machine.system == MAC and machine.script.is_file():
        with _in_words(machine.script):
            machine.script.unlink()
        yield Phrase("setup.removed", {"path": machine.script})
    yield Phrase("setup.undone", {})


def _refuse_without_excel(machine: Machine) -> None:
    if machine.system not in {WINDOWS, MAC}:
        raise XlPortfolioError("excel_not_here", system=machine.system)


def _xlwings(machine: Machine, *arguments: str) -> str:
    """What xlwings' own command says; its exit code tells nothing."""
    try:
        return machine.run([str(machine.executable), *_XLWINGS, *arguments])
    except subprocess.TimeoutExpired as error:
        raise XlPortfolioError("excel_silent") from error


def _failure(output: str) -> XlPortfolioError:
    """Why xlwings' command failed, from what it said."""
    if _NO_EXCEL in output:
        return XlPortfolioError("excel_missing")
    if "quit Excel" in output or "PermissionError" in output:
        return XlPortfolioError("excel_open")
    said = [line.strip() for line in output.splitlines() if line.strip()]
    return XlPortfolioError("add_in_failed", detail=said[-1] if said else "xlwings")


def _is_current(machine: Machine, add_in: Path) -> bool:
    with _in_words(add_in):
        return add_in.read_bytes() == machine.packaged_add_in.read_bytes()


def _write_conf(machine: Machine, write: Write) -> Iterator[Phrase]:
    """Put our interpreter into the settings file."""
    path = machine.conf
    if machine.system == MAC and not path.parent.is_dir():
        raise XlPortfolioError("excel_never_started")
    old = _content(path)
    if old.startswith(_UTF_16):
        raise XlPortfolioError("conf_unicode", path=path)
    try:
        interpreter = str(machine.executable).encode(machine.encoding)
    except UnicodeEncodeError as error:
        raise XlPortfolioError("interpreter_characters", path=machine.executable) from error
    newline = b"\n" if machine.system == MAC else b"\r\n"
    new = with_interpreter(old, machine.interpreter_key, interpreter, newline)
    if new != old:
        with _in_words(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write(path, new)
    key = "setup.conf_same" if new == old else "setup.conf_written"
    yield Phrase(key, {"path": path, "python": machine.executable})


def _restore_conf(machine: Machine, write: Write) -> Iterator[Phrase]:
    """Take our interpreter out of the settings file."""
    path, key = machine.conf, "setup.conf_restored"
    old = _content(path)
    new = without_interpreter(old, machine.interpreter_key)
    if new == old:
        key = "setup.conf_not_ours"
    elif new:
        write(path, new)
    else:
        key = "setup.removed"
        with _in_words(path):
            path.unlink()
    yield Phrase(key, {"path": path})


def _content(path: Path) -> bytes:
    """What stands in a file, nothing if there is none."""
    with _in_words(path):
        return path.read_bytes() if path.is_file() else b""


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Turn what the system says into a sentence for the user."""
    try:
        yield
    except PermissionError as error:
        raise XlPortfolioError("no_permission", path=path) from error
    except OSError as error:
        detail = error.strerror or str(error)
        raise XlPortfolioError("read_failed", path=path, detail=detail) from error


# --- doctor ---------------------------------------------------------------------------------------


def checks(machine: Machine, ours: str, book: Path | None = None) -> Iterator[Check]:
    """Look at all that a workbook needs to compute in Excel, and at where a workbook came from.

    ``ours`` is the version of xlportfolio.
    """
    yield _python(machine, ours)
    if machine.system == WINDOWS:
        yield _excel(machine)
        found = machine.can_import("pythoncom")
        yield _check(Mark.OK if found else Mark.FAULT, "pywin32_ok" if found else "pywin32_missing")
        yield _library(machine)
        yield from _files(machine, book)
        yield _macro_setting(machine)
        if book is not None and book.is_file():
            yield _origin(book)
    elif machine.system == MAC:
        found = machine.conf.parent.is_dir()
        yield _check(Mark.OK if found else Mark.FAULT, "excel_ok" if found else "excel_never")
        found = machine.script.is_file()
        key = "script_ok" if found else "script_missing"
        yield _check(Mark.OK if found else Mark.FAULT, key, path=machine.script)
        yield from _files(machine, book)
        yield _check(Mark.WARNING, "mac")
    else:
        yield _check(Mark.WARNING, "excel_not_here", system=machine.system)


def fault(error: XlPortfolioError) -> Check:
    """What kept a check from being made."""
    return Check(Mark.FAULT, Phrase(f"problems.{error.key}", error.details))


def macros_check(macros: str, book: Path) -> Check:
    """The check of a workbook's macros, which are ``current``, those of an ``other`` version, none.

    Whoever calls it has looked into the file, which this package does not.
    """
    mark = Mark.OK if macros == "current" else Mark.WARNING
    return _check(mark, f"macros_{macros}", path=book)


def _python(machine: Machine, ours: str) -> Check:
    said = {
        "ours": ours,
        "version": machine.python_version,
        "bits": machine.bits,
        "path": machine.executable,
    }
    parts = {part.lower() for path in (machine.executable, machine.base) for part in path.parts}
    if machine.system == WINDOWS and "windowsapps" in parts:
        return _check(Mark.WARNING, "python_store", **said)
    if machine.system == WINDOWS and (machine.base / "conda-meta").is_dir():
        return _check(Mark.WARNING, "python_conda", **said)
    return _check(Mark.OK, "python_ok", **said)


def _excel(machine: Machine) -> Check:
    if not machine.registry("HKLM", _APP_PATH, ""):
        return _check(Mark.WARNING, "excel_missing")
    values = (machine.registry("HKLM", rf"{_OFFICE}\{key}", name) for key, name in _BITNESS)
    bits = next((_BITS[str(value)] for value in values if str(value) in _BITS), None)
    if bits is None:
        return _check(Mark.OK, "excel_ok")
    key = "excel_bits" if bits == machine.bits else "excel_other_bits"
    return _check(Mark.OK, key, bits=bits, python=machine.bits)


def _library(machine: Machine) -> Check:
    """Formulas reach Python through a library that Excel looks for beside the interpreter."""
    names = [f"xlwings{bits}-{machine.xlwings_version}.dll" for bits in (64, 32)]
    folders = machine.executable.parents[:2]
    found = any((folder / name).is_file() for folder in folders for name in names)
    key = "library_ok" if found else "library_missing"
    return _check(Mark.OK if found else Mark.FAULT, key, name=names[0], folder=folders[0])


def _files(machine: Machine, book: Path | None) -> Iterator[Check]:
    """What setup writes; what cannot be read does not keep the rest from being looked at."""
    looks: tuple[Callable[[], Check | None], ...] = (
        lambda: _add_in(machine),
        lambda: _conf(machine),
        lambda: _conf_beside(machine, book),
    )
    for look in looks:
        try:
            found = look()
        except XlPortfolioError as error:
            found = fault(error)
        if found is not None:
            yield found


def _add_in(machine: Machine) -> Check:
    said: dict[str, object] = {"version": machine.xlwings_version, "path": machine.executable}
    if not machine.packaged_add_in.is_file():
        return _check(Mark.FAULT, "xlwings_missing", **said)
    there = machine.add_ins()
    for path in there:
        if not _is_current(machine, path):
            return _check(Mark.FAULT, "add_in_other", **{**said, "path": path})
    if not there:
        return _check(Mark.FAULT, "add_in_missing", **said)
    return _check(Mark.OK, "add_in_ok", **{**said, "path": there[0]})


def _conf(machine: Machine) -> Check:
    path = machine.conf
    if not _is_file(path):
        return _check(Mark.FAULT, "conf_missing", path=path)
    found = _seen_by_excel(_content(path), machine.interpreter_key, machine.encoding)
    if not found:
        return _check(Mark.FAULT, "conf_silent", path=path)
    found = os.path.expandvars(found)
    if os.path.normcase(found) == os.path.normcase(machine.executable):
        return _check(Mark.OK, "conf_ok", path=path)
    key = "conf_other" if Path(found).is_file() else "conf_gone"
    return _check(Mark.FAULT, key, found=found, path=path, python=machine.executable)


def _conf_beside(machine: Machine, book: Path | None) -> Check | None:
    """A settings file in the folder of a workbook counts before the user's."""
    if book is None:
        return None
    path = book.absolute().with_name("xlwings.conf")
    found = _seen_by_excel(_content(path), machine.interpreter_key, machine.encoding)
    return _check(Mark.WARNING, "conf_beside", found=found, path=path) if found else None


def _macro_setting(machine: Machine) -> Check:
    levels = (machine.registry(hive, key, "VBAWarnings") for hive, key in _SECURITY)
    level = next((value for value in levels if isinstance(value, int)), None)
    if level in {_SIGNED_ONLY, _NO_MACROS}:
        return _check(Mark.FAULT, "policy_none" if level == _NO_MACROS else "policy_signed")
    name = "blockcontentexecutionfrominternet"
    if any(machine.registry(hive, key, name) == 1 for hive, key in _SECURITY):
        return _check(Mark.WARNING, "policy_internet")
    return _check(Mark.OK, "policy_ok")


def _origin(book: Path) -> Check:
    """Windows keeps beside a file, in a stream of its own, where it came from."""
    try:
        zone = Path(f"{book.absolute()}:Zone.Identifier").read_text("utf-8", "replace")
    except OSError:
        zone = ""
    blocked = _UNTRUSTED.search(zone) is not None
    key = "book_blocked" if blocked else "book_free"
    return _check(Mark.FAULT if blocked else Mark.OK, key, path=book)
