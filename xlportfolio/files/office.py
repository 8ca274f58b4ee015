"""LibreOffice, where it is installed: found, and run without a window."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

#: Names under which its program is found in the search path.
_NAMES = ("soffice", "libreoffice")
#: What a fresh profile says before anything is asked, by the node of the configuration.
#: Macros of a file stay off, and links of it are never followed.
_QUIET: Mapping[str, Mapping[str, str]] = {
    "org.openoffice.Office.Common/Security/Scripting": {"MacroSecurityLevel": "3"},
    "org.openoffice.Office.Calc/Content/Update": {"Link": "2"},
}


class OfficeError(Exception):
    """LibreOffice did not do what it was asked; ``str()`` is what it said, if anything."""


class OfficeTimeoutError(OfficeError):
    """LibreOffice took too long."""


def find_office() -> Path | None:
    """The program of LibreOffice, in the search path or where its installers put it."""
    for name in _NAMES:
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    return next((place for place in _usual_places(sys.platform, os.environ) if _runs(place)), None)


def _runs(place: Path) -> bool:
    try:
        return place.is_file() and os.access(place, os.X_OK)
    except OSError:
        return False


def _usual_places(platform: str, environment: Mapping[str, str]) -> Iterator[Path]:
    """Where the installers of LibreOffice put its program, by operating system."""
    if platform == "win32":
        for variable in ("ProgramW6432", "ProgramFiles", "ProgramFiles(x86)", "LOCALAPPDATA"):
            folder = environment.get(variable)
            if folder:
                above = Path(folder, "Programs") if variable == "LOCALAPPDATA" else Path(folder)
                yield above / "LibreOffice" / "program" / "soffice.exe"
    elif platform == "darwin":
        for above in (Path("/Applications"), Path(environment.get("HOME", "/"), "Applications")):
            yield above / "LibreOffice.app" / "Contents" / "MacOS" / "soffice"
    else:
        yield from sorted(Path("/opt").glob("libreoffice*/program/soffice"), reverse=True)
        yield Path("/usr/lib/libreoffice/program/soffice")
        yield Path("/usr/lib64/libreoffice/program/soffice")
        yield Path("/snap/bin/libreoffice")


def convert(
    program: Path,
    source: Path,
    kind: str,
    folder: Path,
    *,
    settings: Mapping[str, Mapping[str, str]],
    seconds: float,
) -> Path:
    """Let LibreOffice open a file and save it as another kind, with a profile of its own.

    Parameters
    ----------
    kind
        The ending of the new file, such as ``pdf``.
    folder
        Where the new file is put, and the profile for the time being.
    settings
        What the profile says besides: values by name, by the node of the configuration. Unlike
        options of the command line, these are understood by all versions.
    seconds
        How long it may take.

    Returns
    -------
    The new file.

    Raises
    ------
    OfficeError
        If it cannot be started, fails, or writes nothing; it says so on its error output only.
    OfficeTimeoutError
        If it takes longer; it has been ended then.
    """
    profile = folder / "profile"
    _write_profile(profile, {**_QUIET, **settings})
    command = [
        str(program),
        f"-env:UserInstallation={profile.resolve().as_uri()}",
        "--headless",
        "--norestore",
        "--nolockcheck",
        "--convert-to",
        kind,
        "--outdir",
        str(folder),
        str(source),
    ]
    said = _run(command, seconds)
    made = folder / f"{source.stem}.{kind}"
    if not made.is_file() or not made.stat().st_size:
        raise OfficeError(said)
    return made


def _run(command: list[str], seconds: float) -> str:
    """Run a program to its end; what it said. It is ended with all that it started."""
    try:
        process = subprocess.Popen(  # noqa: S603 (the program was found, its arguments are ours)
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except OSError as error:
        raise OfficeError(error.strerror or str(error)) from error
    with process:
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired as error:
            _end(process)
            raise OfficeTimeoutError from error
        except BaseException:
            _end(process)
            raise
    lines = said.decode("utf-8", "replace").splitlines()
    return " ".join(_telling(lines))


def _telling(lines: Iterable[str]) -> Iterator[str]:
    """What is left of the output without what LibreOffice says of Java each time."""
    for line in lines:
        text = line.strip()
        if text and "javaldx" not in text and not text.startswith("convert "):
            yield text


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a program, and what it started: on most systems it is a script that starts another."""
    if sys.platform == "win32":
        taskkill = Path(os.environ.get("SYSTEMROOT", r"C:\Windows"), "System32", "taskkill.exe")
        with suppress(OSError):
            subprocess.run(  # noqa: S603 (a program of Windows, and a number)
                [str(taskkill), "/F", "/T", "/PID", str(process.pid)],
                check=False,
                capture_output=True,
            )
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()


def _write_profile(profile: Path, settings: Mapping[str, Mapping[str, str]]) -> None:
    items = "".join(
        f'<item oor:path="/{node}"><prop oor:name="{name}" oor:op="fuse">'
        f"<value>{value}</value></prop></item>"
        for node, values in settings.items()
        for name, value in values.items()
    )
    user = profile / "user"
    user.mkdir(parents=True)
    (user / "registrymodifications.xcu").write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<oor:items xmlns:oor="http://openoffice.org/2001/registry">'
        f"{items}</oor:items>\n",
        encoding="utf-8",
    )
