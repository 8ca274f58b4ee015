"""What keeps a workbook from computing in Excel, one check after the other, each with its cure."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.machine import MAC, OFFICE, WINDOWS, Machine, content_of, is_file
from xlportfolio.excel.setup import UTF_16, is_current, seen_by_excel
from xlportfolio.locale import Phrase

_APP_PATH = r"Software\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"
#: Where Excel's bitness stands: of an installation from the web, and of one by Windows Installer.
_BITNESS = ((r"ClickToRun\Configuration", "Platform"), (r"16.0\Outlook", "Bitness"))
_BITS = {"x86": 32, "x64": 64}
_POLICIES = r"Software\Policies\Microsoft\Office\16.0\Excel\Security"
#: Where it stands which macros run, what administrators decide first.
_SECURITY = (("HKLM", _POLICIES), ("HKCU", _POLICIES), ("HKCU", rf"{OFFICE}\16.0\Excel\Security"))
#: Settings of macros: after a warning (what Excel does by default), signed ones only, none.
_SIGNED_ONLY, _NO_MACROS = 3, 4
#: The sheet from which xlwings takes its settings before it looks anywhere else.
_SETTINGS_SHEET = "xlwings.conf"
#: Zones of Windows from which files are not trusted: the internet, and sites known as bad.
_UNTRUSTED = re.compile(r"^ZoneId=[34]\s*$", re.MULTILINE)


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


def sheets_check(sheets: Iterable[str], book: Path) -> Check | None:
    """The check of a workbook's sheets: one of them may say which program the buttons start."""
    found = next((name for name in sheets if name.lower() == _SETTINGS_SHEET), None)
    return _check(Mark.WARNING, "conf_sheet", sheet=found, path=book) if found else None


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
    values = (machine.registry("HKLM", rf"{OFFICE}\{key}", name) for key, name in _BITNESS)
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
        if not is_current(machine, path):
            return _check(Mark.FAULT, "add_in_other", **{**said, "path": path})
    if not there:
        return _check(Mark.FAULT, "add_in_missing", **said)
    return _check(Mark.OK, "add_in_ok", **{**said, "path": there[0]})


def _conf(machine: Machine) -> Check:
    path = machine.conf
    if not is_file(path):
        return _check(Mark.FAULT, "conf_missing", path=path)
    content = content_of(path)
    if content.startswith(UTF_16):
        return _check(Mark.FAULT, "conf_unicode", path=path)
    found = seen_by_excel(content, machine.interpreter_key, machine.encoding)
    if not found:
        return _check(Mark.FAULT, "conf_silent", path=path)
    found = os.path.expandvars(found)
    if not _is_same_python(found, machine.executable):
        key = "conf_other" if Path(found).is_file() else "conf_gone"
        return _check(Mark.FAULT, key, found=found, path=path, python=machine.executable)
    conda = seen_by_excel(content, "CONDA PATH", machine.encoding)
    if machine.system == WINDOWS and conda and not is_file(Path(conda) / "condabin" / "conda.bat"):
        return _check(Mark.FAULT, "conf_conda_gone", found=conda, path=path)
    return _check(Mark.OK, "conf_ok", path=path)


def _is_same_python(found: str, ours: Path) -> bool:
    """Whether a setting names this Python, be it the one that shows no window."""
    shown = Path(found)
    if shown.name.lower() == "pythonw.exe":
        shown = shown.with_name(ours.name)
    return os.path.normcase(shown) == os.path.normcase(ours)


def _conf_beside(machine: Machine, book: Path | None) -> Check | None:
    """A settings file in the folder of a workbook counts before the user's."""
    if book is None:
        return None
    path = book.absolute().with_name("xlwings.conf")
    found = seen_by_excel(content_of(path), machine.interpreter_key, machine.encoding)
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
