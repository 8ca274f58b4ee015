"""Connect Excel with this Python: the xlwings add-in, and the settings file that it reads.

What was done comes back as phrases, which the command line puts into words. Importing this module
does not import xlwings.

The settings file holds lines of ``"KEY","value"``. Excel reads them in the code page of the system
(on a Mac as UTF-8), the first of each key counts. Our two lines come first: the interpreter, and
what we wrote, by which it is known again. Lines that named an interpreter before stay where they
are, under another key, so that all of it can be undone to the byte.
"""

from __future__ import annotations

import csv
import io
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.machine import MAC, WINDOWS, Machine, content_of, reading
from xlportfolio.locale import Phrase

#: Runs xlwings' own command also where the folder of its scripts is not on the path.
_XLWINGS = ("-P", "-c", "from xlwings.cli import main; main()")
#: What COM says where there is no Excel: that the name of its class is not known.
_NO_EXCEL = "-2147221005"
_WROTE = "XLPORTFOLIO WROTE "
_KEPT = "XLPORTFOLIO KEEPS "
_BOM = b"\xef\xbb\xbf"
UTF_16 = (b"\xff\xfe", b"\xfe\xff")
_LINE = re.compile(rb'\s*("?)([^",\r\n]*)\1\s*,\s*("?)([^"\r\n]*)\3\s*')


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


def seen_by_excel(content: bytes, key: str, encoding: str) -> str | None:
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
        if not is_current(machine, path):
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
        with reading(machine.script):
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


def is_current(machine: Machine, add_in: Path) -> bool:
    """Whether an installed add-in is that of this Python's xlwings."""
    with reading(add_in):
        return add_in.read_bytes() == machine.packaged_add_in.read_bytes()


def _write_conf(machine: Machine, write: Write) -> Iterator[Phrase]:
    """Put our interpreter into the settings file."""
    path = machine.conf
    if machine.system == MAC and not path.parent.is_dir():
        raise XlPortfolioError("excel_never_started")
    old = content_of(path)
    if old.startswith(UTF_16):
        raise XlPortfolioError("conf_unicode", path=path)
    try:
        interpreter = str(machine.executable).encode(machine.encoding)
    except UnicodeEncodeError as error:
        raise XlPortfolioError("interpreter_characters", path=machine.executable) from error
    newline = b"\n" if machine.system == MAC else b"\r\n"
    new = with_interpreter(old, machine.interpreter_key, interpreter, newline)
    if new != old:
        with reading(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        write(path, new)
    key = "setup.conf_same" if new == old else "setup.conf_written"
    yield Phrase(key, {"path": path, "python": machine.executable})


def _restore_conf(machine: Machine, write: Write) -> Iterator[Phrase]:
    """Take our interpreter out of the settings file."""
    path, key = machine.conf, "setup.conf_restored"
    old = content_of(path)
    new = without_interpreter(old, machine.interpreter_key)
    if new == old:
        key = "setup.conf_not_ours"
    elif new:
        write(path, new)
    else:
        key = "setup.removed"
        with reading(path):
            path.unlink()
    yield Phrase(key, {"path": path})
