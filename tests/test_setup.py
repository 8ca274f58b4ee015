"""Connecting Excel with Python, and checking it, on computers that are made up.

xlwings' own command runs as it is; only Excel's answer to where its add-ins lie is stood in for.
"""

from __future__ import annotations

import contextlib
import dataclasses
import errno
import io
import re
import subprocess
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import xlwings
import xlwings.cli
import xlwings.utils
from openpyxl import Workbook as NewWorkbook
from openpyxl import load_workbook
from support.template import made, replaced
from typer.testing import CliRunner, Result

from xlportfolio import __version__, cli
from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel import setup
from xlportfolio.excel.doctor import Check, Mark, checks, macros_check, sheets_check
from xlportfolio.excel.machine import MAC, WINDOWS, Machine
from xlportfolio.excel.setup import with_interpreter, without_interpreter
from xlportfolio.files.package import Package
from xlportfolio.files.rescore import rescore
from xlportfolio.files.save import replace_file
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import texts
from xlportfolio.template import macros
from xlportfolio.template.build import build
from xlportfolio.template.macros import Macros, macros_of, names_of_texts, source_of

ADD_IN = Path(xlwings.__file__).parent / "addin" / "xlwings.xlam"
HERE = Machine.here()
LANGUAGES = ("en", "de")
SECURITY = r"Software\Microsoft\Office\16.0\Excel\Security"
POLICIES = r"Software\Policies\Microsoft\Office\16.0\Excel\Security"
APP_PATH = r"Software\Microsoft\Windows\CurrentVersion\App Paths\excel.exe"


class Computer:
    """A computer with Excel: folders below one folder, a registry, and xlwings' real command."""

    def __init__(self, folder: Path, system: str) -> None:
        self.folder, self.system = folder, system
        self.values: dict[tuple[str, str, str], object] = {("HKLM", APP_PATH, ""): "EXCEL.EXE"}
        self.commands: list[list[str]] = []
        self.obstacle: Exception | None = None
        python = folder / "py" / "Scripts" / "python.exe"
        python.parent.mkdir(parents=True)
        python.touch()
        (folder / "py" / f"xlwings64-{xlwings.__version__}.dll").touch()
        self.machine = dataclasses.replace(
            HERE,
            system=system,
            executable=python,
            base=folder / "py",
            home=folder / "home",
            roaming=folder / "home" / "AppData" / "Roaming",
            encoding="utf-8" if system == MAC else "cp1252",
            bits=64,
            python_version="3.12.1",
            registry=lambda *asked: self.values.get(asked),
            run=self.xlwings,
            can_import=lambda _: True,
        )
        group = "Library/Group Containers/UBF8T346G9.Office/User Content.localized"
        self.startup = (
            folder / "home" / group / "Startup.localized" / "Excel"
            if system == MAC
            else self.machine.roaming / "Microsoft" / "Excel" / "XLSTART"
        )
        self.startup.mkdir(parents=True)
        self.add_in = self.startup / "xlwings.xlam"
        if system == MAC:
            self.conf.parent.mkdir(parents=True)

    @property
    def conf(self) -> Path:
        return self.machine.conf

    def has(self, **changes: Any) -> None:
        self.machine = dataclasses.replace(self.machine, **changes)

    def xlwings(self, command: list[str]) -> str:
        self.commands.append(command)
        if self.obstacle is not None:
            return self._stopped()
        said = io.StringIO()
        with pytest.MonkeyPatch.context() as patch, contextlib.redirect_stdout(said):
            system = types.SimpleNamespace(
                platform=self.system,
                executable=str(self.machine.executable),
                argv=["xlwings", *command[command.index("-c") + 2 :]],
                exit=sys.exit,
            )
            patch.setattr("xlwings.cli.sys", system)
            patch.setattr("xlwings.cli.get_addin_dir", lambda _=False: str(self.startup))
            patch.setattr("xlwings.apps", [])
            patch.setattr("xlwings.USER_CONFIG_FILE", str(self.conf))
            patch.setattr("xlwings.cli.WindowsError", OSError, raising=False)
            patch.setenv("HOME", str(self.machine.home))
            # (the parser has a reference to sys of its own)
            patch.setattr(sys, "argv", system.argv)
            xlwings.cli.main()
        return said.getvalue()

    def _stopped(self) -> str:
        """What xlwings says when the copy of the add-in meets an obstacle."""
        obstacle, self.obstacle = self.obstacle, None
        assert obstacle is not None
        if not isinstance(obstacle, OSError):
            raise obstacle

        def stop(*_: object) -> None:
            raise obstacle

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("xlwings.cli.shutil.copyfile", stop)
            patch.setattr("xlwings.cli.os.remove", stop)
            return self.xlwings(self.commands.pop())


@pytest.fixture
def windows(tmp_path: Path) -> Computer:
    return Computer(tmp_path, WINDOWS)


@pytest.fixture
def mac(tmp_path: Path) -> Computer:
    return Computer(tmp_path, MAC)


def install(computer: Computer) -> list[str]:
    return [texts("en").word(done) for done in setup.install(computer.machine, replace_file)]


def remove(computer: Computer) -> list[str]:
    return [texts("en").word(done) for done in setup.remove(computer.machine, replace_file)]


# --- the settings file ------------------------------------------------------------------------------

KEY = "INTERPRETER_WIN"
FILES = {
    "none": b"",
    "empty line": b"\r\n",
    "others": b'"ONEDRIVE_WIN","C:\\Users\\me\\OneDrive"\r\n"SHOW CONSOLE","True"\r\n',
    "made by xlwings": b'"INTERPRETER_WIN","C:\\old\\python.exe"\r\n',
    "line feeds": b'"INTERPRETER_WIN","C:\\old\\python.exe"\n"LICENSE_KEY","abc"\n',
    "no end of line": b'"PYTHONPATH","C:\\x"\r\n"INTERPRETER_WIN","C:\\old\\python.exe"',
    "one line without end": b'"PYTHONPATH","C:\\x"',
    "mark of UTF-8": b'\xef\xbb\xbf"INTERPRETER_WIN","C:\\old.exe"\r\n"SHOW CONSOLE","True"\r\n',
    "mark of UTF-8 alone": b"\xef\xbb\xbf",
    "comments": b'# mine\r\n\r\n"INTERPRETER_WIN","python"\r\n; "INTERPRETER_WIN","x"\r\nnonsense\r\n',
    "no quotes": b"interpreter_win , C:\\old.exe\r\nPYTHONPATH,C:\\y\r\n",
    "twice": b'"INTERPRETER_WIN","a"\r\n"X","1"\r\n"interpreter_win","b"\r\n',
    "another system's": b'"INTERPRETER_MAC","/usr/bin/python3"\n"INTERPRETER","pythonw"\n',
    "letters of the system": b'"PYTHONPATH","C:\\Users\\J\xf6rg"\r\n"INTERPRETER_WIN","C:\\J\xf6rg.exe"\r\n',
    "quotes inside": b'"A","x ""y"" z"\r\n"INTERPRETER_WIN","C:\\a,b\\python.exe"\r\n',
    "ours already": b'"INTERPRETER_WIN","C:\\ours.exe"\r\n',
}
OURS = b"C:\\ours.exe"


@pytest.mark.parametrize("old", FILES.values(), ids=FILES)
def test_the_settings_file_comes_back_to_the_byte(old: bytes) -> None:
    new = with_interpreter(old, KEY, OURS, b"\r\n")
    assert setup.seen_by_excel(new, KEY, "cp1252") == OURS.decode()
    assert with_interpreter(new, KEY, OURS, b"\r\n") == new
    assert without_interpreter(new, KEY) == old
    moved = with_interpreter(new, KEY, b"D:\\other.exe", b"\r\n")
    assert setup.seen_by_excel(moved, KEY, "cp1252") == "D:\\other.exe"
    assert without_interpreter(moved, KEY) == old
    assert new.startswith(b"\xef\xbb\xbf") == old.startswith(b"\xef\xbb\xbf")
    assert without_interpreter(old, KEY) == old


@pytest.mark.parametrize("old", FILES.values(), ids=FILES)
def test_all_other_lines_stay_byte_for_byte_and_in_order(old: bytes) -> None:
    new = with_interpreter(old, KEY, OURS, b"\r\n").removeprefix(b"\xef\xbb\xbf")
    lines = new.splitlines(keepends=True)
    assert [line.split(b",")[0] for line in lines[:2]] == [
        b'"XLPORTFOLIO WROTE INTERPRETER_WIN"',
        b'"INTERPRETER_WIN"',
    ]
    rest = b"".join(lines[2:]).replace(b"XLPORTFOLIO KEEPS ", b"")
    assert rest == old.removeprefix(b"\xef\xbb\xbf")
    ends = {line[len(line.rstrip(b"\r\n")) :] for line in lines if line.endswith(b"\n")}
    assert len(ends) == 1


def test_an_interpreter_chosen_later_stays_when_ours_goes() -> None:
    """The xlwings tab in Excel drops the old line and writes its own at the end."""
    old = FILES["made by xlwings"] + FILES["others"]
    new = with_interpreter(old, KEY, OURS, b"\r\n")
    chosen = new.replace(b'"INTERPRETER_WIN","C:\\ours.exe"\r\n', b"", 1)
    chosen += b'"INTERPRETER_WIN","C:\\chosen.exe"\r\n'
    left = FILES["others"] + b'"INTERPRETER_WIN","C:\\chosen.exe"\r\n'
    assert without_interpreter(chosen, KEY) == left
    again = with_interpreter(chosen, KEY, OURS, b"\r\n")
    assert without_interpreter(again, KEY) == left


def test_xlwings_itself_reads_what_is_written(
    windows: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows.conf.parent.mkdir()
    windows.conf.write_bytes(FILES["made by xlwings"] + FILES["others"])
    install(windows)
    monkeypatch.setattr("xlwings.USER_CONFIG_FILE", str(windows.conf))
    read = xlwings.utils.read_user_config()
    assert read["interpreter_win"] == str(windows.machine.executable)
    assert read["onedrive_win"] == "C:\\Users\\me\\OneDrive"


# --- setup and back ---------------------------------------------------------------------------------


def test_setup_on_windows_says_what_it_did(windows: Computer) -> None:
    said = install(windows)
    python = windows.machine.executable
    assert said == [
        f"Written: {windows.conf}; Excel now starts the Python in {python}",
        "The xlwings add-in follows; for that Excel is started and closed again, which may take a minute ...",
        f"Installed: the xlwings add-in in {windows.add_in}",
        "Done. Start Excel again, open the workbook and allow its macros; “xlportfolio doctor” checks everything",
    ]
    assert windows.add_in.read_bytes() == ADD_IN.read_bytes()
    assert windows.conf.read_bytes() == (
        b'"XLPORTFOLIO WROTE INTERPRETER_WIN","%s"\r\n"INTERPRETER_WIN","%s"\r\n'
        % ((str(python).encode(),) * 2)
    )
    assert [command[0] for command in windows.commands] == [str(python)]
    assert windows.commands[0][-2:] == ["addin", "install"]
    assert [path.name for path in windows.conf.parent.iterdir()] == ["xlwings.conf"]


@pytest.mark.parametrize("old", [*FILES.values(), None], ids=[*FILES, "no file"])
def test_setup_twice_then_remove_gives_back_what_was(old: bytes | None, windows: Computer) -> None:
    if old is not None:
        windows.conf.parent.mkdir()
        windows.conf.write_bytes(old)
    first, second = install(windows), install(windows)
    assert second[0] == (
        f"Unchanged: {windows.conf}; Excel starts the Python in {windows.machine.executable}"
    )
    assert first[1:] == second[1:]
    said = remove(windows)
    assert (windows.conf.read_bytes() if windows.conf.exists() else None) == (old or None)
    assert not windows.add_in.exists()
    written = f"Written: {windows.conf}; the Python that Excel starts is again what it was before"
    assert said[1:] == [
        f"Removed: the xlwings add-in in {windows.add_in}; other workbooks that need it get it back by “xlwings addin install”",
        written if old else f"Removed: {windows.conf}",
        "Done. Your workbooks are untouched; start Excel again",
    ]
    assert remove(windows) == [
        "The xlwings add-in was not there",
        f"Unchanged: {windows.conf}; nothing in it came from xlportfolio",
        "Done. Your workbooks are untouched; start Excel again",
    ]


def test_setup_on_a_mac(mac: Computer) -> None:
    said = install(mac)
    script = mac.machine.script
    assert said == [
        f"Written: {mac.conf}; Excel now starts the Python in {mac.machine.executable}",
        said[1],
        f"Installed: the xlwings add-in in {mac.add_in}",
        f"Installed: {script}; with it the buttons may start Python",
        "On a Mac the buttons work; formulas that begin with KP_ are computed by Excel on Windows only",
        said[-1],
    ]
    assert [command[-2:] for command in mac.commands] == [
        ["addin", "install"],
        ["runpython", "install"],
    ]
    lines = mac.conf.read_bytes().splitlines(keepends=True)
    assert lines[1] == f'"INTERPRETER_MAC","{mac.machine.executable}"\n'.encode()
    assert script.read_bytes() == (ADD_IN.parents[1] / script.name).read_bytes()
    assert f"Removed: {script}" in remove(mac)
    assert not any(path.exists() for path in (script, mac.add_in, mac.conf))


def test_a_mac_on_which_excel_never_ran(mac: Computer) -> None:
    mac.conf.parent.rmdir()
    with pytest.raises(XlPortfolioError, match="Excel has not been started yet"):
        install(mac)
    assert mac.commands == []


@pytest.mark.parametrize("do", [install, remove])
def test_linux_has_no_excel(do: Callable[[Computer], list[str]], windows: Computer) -> None:
    windows.has(system="linux")
    with pytest.raises(
        XlPortfolioError, match=r"Excel does not run on this system \(linux\).*rescore"
    ):
        do(windows)
    assert not windows.conf.exists()


def held(number: int) -> OSError:
    return PermissionError(number, "The process cannot access the file")


def test_excel_that_holds_the_add_in_is_named(windows: Computer) -> None:
    windows.obstacle = held(errno.EACCES)
    with pytest.raises(XlPortfolioError, match="close Excel completely"):
        install(windows)
    assert install(windows)[-1].startswith("Done")
    windows.obstacle = held(32)
    with pytest.raises(XlPortfolioError, match="close Excel completely"):
        remove(windows)
    assert windows.add_in.exists()
    assert b"INTERPRETER_WIN" in windows.conf.read_bytes()  # nothing is half undone
    assert remove(windows)[-1].startswith("Done")


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        ("Traceback ...\npywintypes.com_error: (-2147221005, 'Invalid class string', None, None)", "No Excel was found"),
        ("OSError(28, 'No space left on device')\n", r"could not be installed .*No space left"),
        ("", r"could not be installed .*\(xlwings\)"),
    ],
)  # fmt: skip
def test_other_failures_of_xlwings_are_sentences(
    output: str, sentence: str, windows: Computer
) -> None:
    windows.has(run=lambda _: output)
    with pytest.raises(XlPortfolioError, match=sentence):
        install(windows)


def test_excel_that_does_not_answer(windows: Computer) -> None:
    windows.obstacle = subprocess.TimeoutExpired("python", 1)
    with pytest.raises(XlPortfolioError, match="Excel did not answer"):
        install(windows)


def test_an_add_in_in_another_startup_folder(windows: Computer) -> None:
    windows.startup = windows.folder / "elsewhere"
    windows.startup.mkdir()
    assert "in the startup folder that Excel named" in install(windows)[2]
    windows.values["HKCU", r"Software\Microsoft\Office\16.0\Excel\Options", "AltStartup"] = str(
        windows.startup
    )
    assert str(windows.startup) in install(windows)[2]
    office = windows.folder / "Office16"
    (office / "XLSTART").mkdir(parents=True)
    (office / "XLSTART" / "xlwings.xlam").write_bytes(b"old")
    windows.values["HKLM", r"Software\Microsoft\Office\16.0\Excel\InstallRoot", "Path"] = str(
        office
    )
    with pytest.raises(XlPortfolioError, match="add-in of another version and was not replaced"):
        install(windows)
    said = remove(windows)
    assert f"Left alone: the xlwings add-in in {office / 'XLSTART' / 'xlwings.xlam'}" in said[1]
    assert "Removed" in said[2]


def test_what_cannot_be_written_is_a_sentence(
    windows: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    windows.has(executable=windows.folder / "Łódź" / "python.exe")
    with pytest.raises(XlPortfolioError, match="letters that are foreign"):
        install(windows)
    windows.has(executable=windows.folder / "Jörg" / "python.exe")
    windows.conf.parent.mkdir()
    windows.conf.write_bytes('"A","b"'.encode("utf-16"))
    with pytest.raises(XlPortfolioError, match="with the encoding ANSI"):
        install(windows)
    windows.conf.unlink()
    monkeypatch.setattr("xlportfolio.files.save._beside", lambda *_: stop(held(errno.EACCES)))
    with pytest.raises(XlPortfolioError, match="permission denied"):
        install(windows)
    monkeypatch.undo()
    assert install(windows)[0].startswith("Written")
    assert "Jörg".encode("cp1252") in windows.conf.read_bytes()
    monkeypatch.setattr(Path, "read_bytes", lambda _: stop(held(errno.EACCES)))
    with pytest.raises(XlPortfolioError, match="permission denied"):
        install(windows)
    monkeypatch.setattr(Path, "read_bytes", lambda _: stop(OSError(errno.EIO, "broken disk")))
    with pytest.raises(XlPortfolioError, match="broken disk"):
        install(windows)


def stop(error: Exception) -> None:
    raise error


def test_a_python_without_xlwings(windows: Computer) -> None:
    windows.has(xlwings=windows.folder / "nowhere")
    with pytest.raises(XlPortfolioError, match="has no xlwings"):
        install(windows)
    assert not windows.conf.exists()


# --- doctor -----------------------------------------------------------------------------------------


def found(computer: Computer, book: Path | None = None) -> dict[str, Check]:
    return {check.phrase.key: check for check in checks(computer.machine, __version__, book)}


def marks(computer: Computer, book: Path | None = None) -> dict[str, str]:
    """What was found, with the key shortened to the part that tells."""
    return {
        key.removeprefix("doctor."): check.mark.value
        for key, check in found(computer, book).items()
    }


def test_a_healthy_windows(windows: Computer) -> None:
    install(windows)
    assert marks(windows) == dict.fromkeys(
        ["python_ok", "excel_ok", "pywin32_ok", "library_ok", "add_in_ok", "conf_ok", "policy_ok"],
        "ok",
    )


def test_a_healthy_mac(mac: Computer) -> None:
    install(mac)
    fine = ["python_ok", "excel_ok", "script_ok", "add_in_ok", "conf_ok"]
    assert marks(mac) == {**dict.fromkeys(fine, "ok"), "mac": "warning"}


def test_a_mac_without_anything(mac: Computer) -> None:
    mac.conf.parent.rmdir()
    found = marks(mac)
    missing = ["excel_never", "script_missing", "add_in_missing", "conf_missing"]
    assert found == {"python_ok": "ok", **dict.fromkeys(missing, "fault"), "mac": "warning"}


def test_linux_tells_what_applies(windows: Computer) -> None:
    windows.has(system="linux")
    assert marks(windows) == {"python_ok": "ok", "excel_not_here": "warning"}


def store(c: Computer) -> None:
    c.has(base=Path("/C/Program Files/WindowsApps/PythonSoftwareFoundation.Python.3.12"))


def conda(c: Computer) -> None:
    (c.folder / "py" / "conda-meta").mkdir()


def no_excel(c: Computer) -> None:
    del c.values["HKLM", APP_PATH, ""]


def bits(key: str, name: str, value: str) -> Callable[[Computer], None]:
    def change(c: Computer) -> None:
        c.values["HKLM", rf"Software\Microsoft\Office\{key}", name] = value

    return change


def no_pywin32(c: Computer) -> None:
    c.has(can_import=lambda module: module != "pythoncom")


def no_library(c: Computer) -> None:
    next((c.folder / "py").glob("*.dll")).unlink()


def no_add_in(c: Computer) -> None:
    c.add_in.unlink()


def old_add_in(c: Computer) -> None:
    c.add_in.write_bytes(b"old")


def no_xlwings(c: Computer) -> None:
    c.has(xlwings=c.folder / "nowhere")


def conf(content: bytes | None) -> Callable[[Computer], None]:
    def change(c: Computer) -> None:
        if content is None:
            c.conf.unlink()
        else:
            c.conf.write_bytes(content.replace(b"HERE", str(c.folder).encode()))

    return change


def setting(hive: str, key: str, name: str, value: object) -> Callable[[Computer], None]:
    def change(c: Computer) -> None:
        c.values[hive, key, name] = value

    return change


def both(*changes: Callable[[Computer], None]) -> Callable[[Computer], None]:
    def change(c: Computer) -> None:
        for one in changes:
            one(c)

    return change


INTERNET = "blockcontentexecutionfrominternet"
STATES: list[tuple[Callable[[Computer], None], str, str]] = [
    (store, "python_store", "warning"),
    (conda, "python_conda", "warning"),
    (no_excel, "excel_missing", "warning"),
    (bits(r"ClickToRun\Configuration", "Platform", "x64"), "excel_bits", "ok"),
    (bits(r"ClickToRun\Configuration", "Platform", "x86"), "excel_other_bits", "ok"),
    (bits(r"16.0\Outlook", "Bitness", "x86"), "excel_other_bits", "ok"),
    (no_pywin32, "pywin32_missing", "fault"),
    (no_library, "library_missing", "fault"),
    (no_add_in, "add_in_missing", "fault"),
    (old_add_in, "add_in_other", "fault"),
    (no_xlwings, "xlwings_missing", "fault"),
    (conf(None), "conf_missing", "fault"),
    (conf(b""), "conf_silent", "fault"),
    (conf(b'"INTERPRETER_WIN",""\r\n'), "conf_silent", "fault"),
    (conf(b'# a comment\r\n"INTERPRETER_WIN","HERE/py/Scripts/python.exe"\r\n'), "conf_silent", "fault"),
    (conf(b'\xef\xbb\xbf"INTERPRETER_WIN","HERE/py/Scripts/python.exe"\r\n'), "conf_silent", "fault"),
    (conf('"INTERPRETER_WIN","x"'.encode("utf-16")), "conf_unicode", "fault"),
    (conf(b'"INTERPRETER_WIN","HERE/py/Scripts/pythonw.exe"\n'), "conf_ok", "ok"),
    (conf(b'INTERPRETER_WIN,HERE/py/Scripts/python.exe\n"CONDA PATH","HERE/gone"\n'), "conf_conda_gone", "fault"),
    (conf(b"interpreter_win,HERE/py/Scripts/python.exe"), "conf_ok", "ok"),
    (conf(b'"INTERPRETER_WIN","HERE/gone.exe"\n'), "conf_gone", "fault"),
    (conf(b'"INTERPRETER_WIN","python"\n'), "conf_gone", "fault"),
    (conf(b'"INTERPRETER_WIN","HERE/py/xlwings64-%s.dll"\n' % xlwings.__version__.encode()), "conf_other", "fault"),
    (setting("HKCU", SECURITY, "VBAWarnings", 1), "policy_ok", "ok"),
    (setting("HKCU", SECURITY, "VBAWarnings", 2), "policy_ok", "ok"),
    (setting("HKCU", SECURITY, "VBAWarnings", 3), "policy_signed", "fault"),
    (setting("HKCU", SECURITY, "VBAWarnings", 4), "policy_none", "fault"),
    (setting("HKCU", POLICIES, "VBAWarnings", 4), "policy_none", "fault"),
    (setting("HKLM", POLICIES, "VBAWarnings", 3), "policy_signed", "fault"),
    (both(setting("HKCU", SECURITY, "VBAWarnings", 4), setting("HKLM", POLICIES, "VBAWarnings", 2)), "policy_ok", "ok"),
    (setting("HKCU", POLICIES, INTERNET, 1), "policy_internet", "warning"),
    (setting("HKLM", POLICIES, INTERNET, 1), "policy_internet", "warning"),
    (setting("HKCU", POLICIES, INTERNET, 0), "policy_ok", "ok"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "key", "mark"), STATES)
def test_what_is_not_well_is_seen(
    change: Callable[[Computer], None], key: str, mark: str, windows: Computer
) -> None:
    install(windows)
    change(windows)
    seen = marks(windows)
    assert seen[key] == mark
    assert len(seen) == 7
    others = {name: value for name, value in seen.items() if name != key}
    assert set(others.values()) == {"ok"}


@pytest.mark.parametrize(
    "change",
    [
        change
        for change, key, _ in STATES
        if key.startswith(("conf_", "add_in")) and key != "conf_conda_gone"
    ],
)
def test_what_setup_can_cure_it_cures(
    change: Callable[[Computer], None], windows: Computer
) -> None:
    install(windows)
    change(windows)
    if windows.conf.is_file() and windows.conf.read_bytes().startswith(b"\xff\xfe"):
        windows.conf.write_bytes(b'"A","b"')  # saved with another encoding, as it is told to be
    install(windows)
    assert set(marks(windows).values()) == {"ok"}


def test_a_conda_that_is_there_is_well(windows: Computer) -> None:
    install(windows)
    windows.folder.joinpath("gone", "condabin").mkdir(parents=True)
    windows.folder.joinpath("gone", "condabin", "conda.bat").touch()
    conf(b'%s"CONDA PATH","HERE/gone"\n' % windows.conf.read_bytes())(windows)
    assert marks(windows)["conf_ok"] == "ok"


def test_a_settings_file_beside_the_workbook(windows: Computer) -> None:
    install(windows)
    book = made(windows.folder)
    assert "conf_beside" not in marks(windows, book)
    book.with_name("xlwings.conf").write_bytes(b'"INTERPRETER_WIN","C:\\x.exe"\r\n')
    assert marks(windows, book)["conf_beside"] == "warning"


def test_the_mark_of_files_from_the_internet(windows: Computer) -> None:
    book = made(windows.folder)
    assert marks(windows, book)["book_free"] == "ok"
    stream = book.with_name(f"{book.name}:Zone.Identifier")
    for zone, expected in ((2, "book_free"), (3, "book_blocked"), (4, "book_blocked")):
        stream.write_text(f"[ZoneTransfer]\r\nZoneId={zone}\r\nHostUrl=https://example.com/\r\n")
        assert expected in marks(windows, book)
    assert not any("book" in key for key in marks(windows, windows.folder / "none.xlsm"))


def test_a_file_that_cannot_be_read_does_not_hide_the_rest(
    windows: Computer, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(windows)
    real = Path.read_bytes
    monkeypatch.setattr(
        Path,
        "read_bytes",
        lambda path: stop(held(errno.EACCES)) if path == windows.conf else real(path),
    )
    seen = marks(windows)
    assert seen["problems.no_permission"] == "fault"
    assert list(seen)[-1] == "policy_ok"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_line_can_be_said_with_its_cure(language: str, tmp_path: Path) -> None:
    words, said = texts(language), {}
    for number, change in enumerate([lambda _: None, *(change for change, _, _ in STATES)]):
        computer = Computer(tmp_path / str(number), WINDOWS)
        install(computer)
        change(computer)
        book = made(computer.folder)
        if number:
            book.with_name(f"{book.name}:Zone.Identifier").write_text("ZoneId=3")
            book.with_name("xlwings.conf").write_bytes(b"INTERPRETER_WIN,x\n")
        said |= found(computer, book)
    for number, system in enumerate((MAC, MAC, "linux")):
        computer = Computer(tmp_path / f"other{number}", system)
        if number:
            computer.has(home=tmp_path / "nobody")
        else:
            install(computer)
        said |= found(computer)
    said |= {check.phrase.key: check for check in (macros_check(m, Path("b.xlsm")) for m in Macros)}
    settings = sheets_check(["Customers", "Xlwings.conf"], Path("b.xlsx"))
    assert settings is not None
    said[settings.phrase.key] = settings
    keys = set(words.branch("doctor")) - {"marks"}
    assert {key.removeprefix("doctor.") for key in said} == keys
    for key, check in said.items():
        line = words.word(check.phrase)
        assert not re.search(r"[{}]|\n|\.$", line), key
        assert (": " in line.replace("C:", "")) or check.mark is Mark.OK, key


# --- the macros of a workbook -----------------------------------------------------------------------


@pytest.fixture(scope="module", params=LANGUAGES)
def built(request: pytest.FixtureRequest) -> bytes:
    return build(request.param, with_sample=True, macros=True)


def macros_in(path: Path) -> Macros:
    with contextlib.closing(Package(path)) as package:
        return macros_of(Workbook(package))


def test_the_macros_of_a_workbook_are_told_apart(built: bytes, book: Path, tmp_path: Path) -> None:
    digest = names_of_texts("en")["kp_macros"]
    assert re.fullmatch(r'"[0-9a-f]{16}"', digest)
    new = tmp_path / "new.xlsm"
    new.write_bytes(built)
    assert macros_in(new) is Macros.CURRENT
    assert load_workbook(new).defined_names["kp_macros"].hidden
    replaced(new, "xl/workbook.xml", digest, '"0123456789abcdef"')
    assert macros_in(new) is Macros.OTHER
    replaced(new, "xl/workbook.xml", "kp_macros", "kp_other")  # as before there was such a name
    assert macros_in(new) is Macros.OTHER
    assert macros_in(made(tmp_path, macros=False)) is Macros.NONE
    assert macros_in(book) is Macros.NONE
    new.write_bytes(built)
    replaced(new, "xl/_rels/workbook.xml.rels", "/vbaProject", "/nothing")  # saved as .xlsx
    assert macros_in(new) is Macros.NONE
    new.write_bytes(built)
    replaced(new, "xl/workbook.xml", "kp_text_", "theirs_")  # somebody else's macros
    assert macros_in(new) is Macros.NONE


@pytest.mark.parametrize("sheet", ["xlwings.conf", "XLWINGS.CONF"])
def test_a_sheet_that_decides_which_program_starts_is_told(sheet: str, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    book = NewWorkbook()
    book.active.title = "Customers"
    book.save(path)
    assert "xlwings.conf" not in invoke("doctor", str(path)).stdout.lower()
    book.create_sheet(sheet)["A1"] = "Interpreter"
    book.save(path)
    told = [line for line in invoke("doctor", str(path)).stdout.splitlines() if sheet in line]
    assert len(told) == 1
    assert told[0].startswith("warning")


def test_a_rescore_keeps_what_tells_the_macros(built: bytes, tmp_path: Path) -> None:
    book = tmp_path / "new.xlsm"
    book.write_bytes(built)
    rescore(book, backup=False)
    assert macros_in(book) is Macros.CURRENT


def test_another_source_is_another_digest(monkeypatch: pytest.MonkeyPatch) -> None:
    before = names_of_texts("en")["kp_macros"]
    assert names_of_texts("de")["kp_macros"] == before
    monkeypatch.setattr(macros, "source_of", lambda module: f"{source_of(module)}' more")
    assert names_of_texts("en")["kp_macros"] != before


# --- the command line -------------------------------------------------------------------------------


def invoke(*arguments: object) -> Result:
    done = CliRunner().invoke(cli.app, [str(argument) for argument in arguments])
    assert "Traceback" not in done.output
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return done


@pytest.fixture
def at(windows: Computer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Computer]:
    """The command line on a computer with Windows."""
    monkeypatch.setattr(Machine, "here", lambda: windows.machine)
    return windows


def test_the_way_in_and_out_on_the_command_line(at: Computer, built: bytes) -> None:
    book = at.folder / "customers.xlsm"
    book.write_bytes(built)
    assert invoke("doctor").exit_code == 1
    done = invoke("setup")
    assert (done.exit_code, done.stderr) == (0, "")
    assert len(done.stdout.splitlines()) == 4
    done = invoke("doctor", book)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[0].startswith(f"ok      xlportfolio {__version__} in Python 3.12.1, 64-bit: ")
    assert lines[-1] == f"ok      {book} has the macros of this version"
    assert {line.split()[0] for line in lines} == {"ok"}
    done = invoke("setup", "--remove", "--lang", "de")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[-1] == (
        "Fertig. Ihre Mappen sind nicht angetastet; starten Sie Excel neu"
    )
    done = invoke("doctor", "--lang", "de")
    assert done.exit_code == 1
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        *["ok"] * 4,
        *["Fehler"] * 2,
        "ok",
    ]


def test_a_warning_is_no_failure(at: Computer, book: Path) -> None:
    install(at)
    done = invoke("doctor", book)
    assert done.exit_code == 0
    assert f"warning {book} has no macros of ours" in done.stdout


def test_a_workbook_that_cannot_be_read_is_a_fault_among_the_others(at: Computer) -> None:
    invoke("setup")
    book = at.folder / "customers.xlsm"
    done = invoke("doctor", book)
    assert (done.exit_code, done.stderr) == (1, "")
    assert done.stdout.splitlines()[-1] == (
        f"fault   {book}: there is no such file; check the name and the folder."
    )
    book.write_bytes(b"not a zip")
    assert "is not an Excel workbook" in invoke("doctor", book).stdout.splitlines()[-1]


def test_what_stops_setup_is_a_sentence_after_what_was_done(at: Computer) -> None:
    at.obstacle = held(errno.EACCES)
    done = invoke("setup", "--lang", "de")
    assert done.exit_code == 1
    assert done.stdout.startswith(f"Geschrieben: {at.conf}; ")
    assert done.stderr == (
        "Fehler: Das xlwings-Add-in ließ sich nicht ersetzen, weil Excel es festhält; speichern Sie Ihre Mappen, schließen Sie Excel ganz, und versuchen Sie es noch einmal.\n"
    )


def test_even_what_nobody_thought_of_is_a_sentence(at: Computer) -> None:
    at.has(run=lambda _: stop(KeyError("odd")))
    done = invoke("setup")
    assert done.exit_code == 1
    assert "Something went wrong that should not (KeyError: 'odd')" in done.stderr


@pytest.mark.skipif(sys.platform != "linux", reason="what Linux says")
@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("setup",), 1, "Error: Excel does not run on this system (linux), so there is nothing"),
        (("setup", "--remove"), 1, "Error: Excel does not run on this system (linux)"),
        (("doctor",), 0, "warning Excel does not run on this system (linux): use “xlportfolio"),
    ],
)
def test_this_computer(arguments: tuple[str, ...], code: int, sentence: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "xlportfolio.cli", *arguments, "--lang", "en"],
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=60,
        env={"PATH": "/usr/bin", "PYTHONIOENCODING": "utf-8", "HOME": "/nonexistent"},
    )
    assert done.returncode == code
    assert sentence in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_the_real_interpreter_runs_xlwings_own_command() -> None:
    """On Linux xlwings refuses; what it says is one sentence of ours all the same."""
    output = HERE.run([sys.executable, *setup._XLWINGS, "addin", "status"])  # noqa: SLF001
    assert "xlwings" in output
    assert setup._failure(output).key == "add_in_failed"  # noqa: SLF001


@pytest.mark.parametrize("command", ["setup", "doctor"])
def test_help_shows_examples_in_both_languages(command: str) -> None:
    for language in LANGUAGES:
        examples = texts(language)(f"cli.{command}_examples")
        assert f"xlportfolio {command}" in examples
    shown = invoke(command, "--help").stdout
    assert f"xlportfolio {command}" in shown


def test_setup_loads_nothing_heavy() -> None:
    script = (
        "import sys, xlportfolio.excel.machine as s\ns.Machine.here()\n"
        "print(sorted({'numpy', 'pandas', 'openpyxl', 'lxml', 'xlwings', 'typer'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_macros_say_fits_and_names_our_commands(language: str) -> None:
    for key in ("add_in_missing", "python_failed"):
        text = texts(language)(f"macros.{key}")
        assert len(text) <= 255
        assert "xlportfolio setup" in text
        assert "xlportfolio doctor" in text
