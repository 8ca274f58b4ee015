"""LibreOffice, as a real program that opens what we write."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import pytest

_SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
_HOW = "LibreOffice Calc is missing: apt-get install libreoffice-calc python3-uno poppler-utils"


def require_libreoffice() -> None:
    """Skip where LibreOffice is missing and say how to get it; fail where CI must have it."""
    _require(_SOFFICE is not None and shutil.which("pdftoppm") is not None)


def _require(is_there: bool) -> None:
    if not is_there:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(_HOW)


def convert(path: Path, kind: str, folder: Path) -> Path:
    """Let LibreOffice open a file and save it as another kind; a fresh profile each time."""
    require_libreoffice()
    assert _SOFFICE is not None
    profile = folder / "profile"
    command = [
        _SOFFICE,
        f"-env:UserInstallation={profile.resolve().as_uri()}",
        "--headless",
        "--norestore",
        "--convert-to",
        kind,
        "--outdir",
        str(folder),
        str(path),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=240)
    if done.returncode:  # on a busy machine LibreOffice now and then gives up in the middle
        shutil.rmtree(profile, ignore_errors=True)
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=240)
    assert not done.returncode, done.stderr
    made = folder / f"{path.stem}.{kind.partition(':')[0]}"
    assert made.is_file(), f"LibreOffice did not open {path.name}"
    return made


def pages(pdf: Path, folder: Path) -> list[Path]:
    """The pages of a PDF as pictures."""
    subprocess.run(
        ["pdftoppm", "-r", "50", "-png", str(pdf), str(folder / "page")], check=True, timeout=240
    )
    return sorted(folder.glob("page*.png"))


#: The system's own Python, to which Debian gives the bridge to LibreOffice.
_SYSTEM_PYTHON = "/usr/bin/python3"


@cache
def _has_bridge() -> bool:
    command = [_SYSTEM_PYTHON, "-c", "import uno"]
    return (
        Path(_SYSTEM_PYTHON).exists()
        and subprocess.run(command, capture_output=True, check=False).returncode == 0
    )


def in_libreoffice(book: Path, folder: Path, **asked: Any) -> dict[str, Any]:
    """What macros of a workbook answer in LibreOffice, see ``lo_macros``."""
    require_libreoffice()
    _require(_has_bridge())
    script = Path(__file__).parent / "lo_macros.py"
    program = [_SYSTEM_PYTHON, str(script), str(book), str(folder / "macros")]
    done = subprocess.run(
        program, input=json.dumps(asked), capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    answered: dict[str, Any] = json.loads(done.stdout)
    return answered
