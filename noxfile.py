"""What a release is held against: versions of Python and of libraries, the wheel, what it brings.

``nox`` runs the quick part of the suite with each Python that is there, with the newest and with
the lowest libraries; ``nox --session tests -- tests`` the whole of it.
"""

from __future__ import annotations

import os
import shutil
import sys
import tarfile
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv"
nox.options.error_on_missing_interpreters = False
nox.options.sessions = ["tests"]

ROOT = Path(__file__).parent
#: Core, contract of the workbook, files, formulas and command: no LibreOffice, browser, database.
QUICK = "@tests/quick.txt"
#: What somebody may install who only uses it; the tools of the tests are the newest in any case.
EXTRAS = ("build", "fast", "forecast", "orders")


@nox.session(python=["3.11", "3.12", "3.13", "3.14"])
@nox.parametrize("libraries", ["newest", "lowest"])
def tests(session: nox.Session, libraries: str) -> None:
    """Test with the newest libraries that the pins allow, or the lowest that come ready made."""
    pins = f"{session.create_tmp()}/pins.txt"
    session.run_install(
        *("uv", "pip", "compile", "pyproject.toml", "--quiet", "--no-header", "--no-annotate"),
        *(f"--extra={extra}" for extra in EXTRAS),
        *("--upgrade", "--only-binary=:all:", f"--python={session.virtualenv.location}"),
        f"--resolution={'lowest-direct' if libraries == 'lowest' else 'highest'}",
        f"--output-file={pins}",
        external=True,
    )
    session.install("--constraint", pins, "--editable", ".[test]")
    session.run("uv", "pip", "list", "--quiet", external=True)
    session.run("python", "-m", "pytest", *(session.posargs or [QUICK]))


@nox.session
def wheel(session: nox.Session) -> None:
    """Test what ``make dist`` has built: the wheel, by the tests of the source archive."""
    (built,) = ROOT.glob("dist/*.whl")
    (archive,) = ROOT.glob("dist/*.tar.gz")
    session.install(f"xlportfolio[test] @ {built.as_uri()}")
    folder = Path(session.create_tmp(), "source")
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    (source,) = folder.iterdir()
    shutil.rmtree(source / "xlportfolio")  # nothing can be imported from it by mistake
    data = os.environ.get("XLPORTFOLIO_TEST_DATA", str(ROOT.parent / "shared" / "data"))
    session.chdir(source)
    session.run(
        *("python", "-P", "-m", "pytest", "--pyargs"),
        *(session.posargs or ["tests", "xlportfolio"]),
        env={"XLPORTFOLIO_TEST_DATA": data},
    )


@nox.session
def sbom(session: nox.Session) -> None:
    """List what the wheel in ``dist/`` brings along, with the versions of the lock file."""
    (built,) = ROOT.glob("dist/*.whl")
    session.install("--require-hashes", "--requirement", "requirements.lock")
    session.install("--no-deps", str(built))
    listed = Path(session.create_tmp(), "environment.cdx.json")
    session.run(
        *("cyclonedx-py", "environment", "--output-reproducible"),
        *(f"--output-file={listed}", session.virtualenv.location),
        external=True,
    )
    name = "-".join(built.name.split("-")[:2])
    program = (sys.executable, "release/sbom.py")  # whose libraries are not to be in the list
    session.run(*program, str(listed), f"dist/{name}.cdx.json", external=True)
