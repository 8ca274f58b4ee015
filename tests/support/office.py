"""LibreOffice, as a real program that opens what we write."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

_SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")
_HOW = "LibreOffice Calc is missing: apt-get install libreoffice-calc python3-uno poppler-utils"


def require_libreoffice() -> None:
    """Skip where LibreOffice is missing and say how to get it; fail where CI must have it."""
    missing = _SOFFICE is None or shutil.which("pdftoppm") is None
    if missing and os.environ.get("CI") == "true":
        pytest.fail(_HOW)
    if missing:
        pytest.skip(_HOW)


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
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    made = folder / f"{path.stem}.{kind.partition(':')[0]}"
    assert made.is_file(), f"LibreOffice did not open {path.name}"
    return made


def pages(pdf: Path, folder: Path) -> list[Path]:
    """The pages of a PDF as pictures."""
    subprocess.run(
        ["pdftoppm", "-r", "50", "-png", str(pdf), str(folder / "page")], check=True, timeout=240
    )
    return sorted(folder.glob("page*.png"))
