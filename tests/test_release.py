"""What is released: the wheel and the source, what is in them, and whether they work elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tomllib
from collections.abc import Iterator
from email.parser import HeaderParser
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from support.packages import parts_of

import xlportfolio

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "xlportfolio"
from_source = pytest.mark.skipif(
    not SOURCE.is_dir(), reason="the package is tested where its source does not lie"
)


PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCK = (ROOT / "requirements.lock").read_text("utf-8")
LICENCES = tomllib.loads((ROOT / "release" / "licences.toml").read_text("utf-8"))
LOCKED_EXTRAS = ("fast", "forecast", "orders")
#: How packages say it that do not yet say it as SPDX does.
IN_SPDX = {
    "Apache License, Version 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD 3-clause": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
}


def run(*command: str | Path, cwd: Path, **variables: str) -> str:
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def built(source: Path, folder: Path, kind: str) -> Path:
    """What is built from a folder, with the build backend that is installed here."""
    options = ("--no-isolation", f"--{kind}", f"--outdir={folder}")
    run(sys.executable, "-m", "build", *options, cwd=source)
    (path,) = folder.iterdir()
    return path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(ROOT, tmp_path_factory.mktemp("wheel"), "wheel")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The source as it is released, unpacked."""
    folder = tmp_path_factory.mktemp("source")
    with tarfile.open(built(ROOT, folder / "packed", "sdist")) as packed:
        packed.extractall(folder, filter="data")
    return folder / f"xlportfolio-{xlportfolio.__version__}"


def files_in(folder: Path) -> Iterator[Path]:
    for path in folder.rglob("*"):
        if path.is_file() and "__pycache__" not in path.parts:
            yield path


@from_source
def test_the_wheel_holds_the_package_and_its_licences_and_nothing_else(wheel: Path) -> None:
    parts = parts_of(wheel)
    told = f"xlportfolio-{xlportfolio.__version__}.dist-info"
    licences = [ROOT / "LICENSE", *SOURCE.glob("web/ECHARTS-*"), *SOURCE.glob("web/licenses/*")]
    expected = {path.relative_to(ROOT).as_posix(): path for path in files_in(SOURCE)}
    expected |= {f"{told}/licenses/{path.relative_to(ROOT).as_posix()}": path for path in licences}
    written = {f"{told}/{name}" for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt")}
    assert set(parts) == set(expected) | written
    assert [name for name, path in expected.items() if parts[name] != path.read_bytes()] == []


@from_source
def test_the_wheel_says_what_it_is(wheel: Path) -> None:
    told = next(part for name, part in parts_of(wheel).items() if name.endswith("/METADATA"))
    fields = HeaderParser().parsestr(told.decode())
    assert (fields["Name"], fields["Version"]) == ("xlportfolio", xlportfolio.__version__)
    assert fields["License-Expression"] == "MIT AND Apache-2.0 AND BSD-3-Clause"
    assert wheel.name == f"xlportfolio-{xlportfolio.__version__}-py3-none-any.whl"


@from_source
def test_the_source_makes_the_same_wheel(wheel: Path, unpacked: Path, tmp_path: Path) -> None:
    assert built(unpacked, tmp_path, "wheel").read_bytes() == wheel.read_bytes()


@from_source
def test_the_source_holds_all_that_is_kept_under_version_control(unpacked: Path) -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no checkout")
    kept = run("git", "ls-files", "-z", "--cached", cwd=ROOT).split("\0")[:-1]
    there = [name for name in kept if (ROOT / name).is_file()]
    assert [name for name in there if not (unpacked / name).is_file()] == []


@from_source
def test_an_installed_wheel_works_far_from_its_source(wheel: Path, tmp_path: Path) -> None:
    installed = tmp_path / "installed"
    options = ("--quiet", "--no-deps", "--no-index", f"--target={installed}")
    run(sys.executable, "-m", "pip", "install", *options, wheel, cwd=tmp_path)
    work = tmp_path / "work"
    work.mkdir()

    def xlportfolio_(*arguments: str) -> str:
        program = installed / "bin" / "xlportfolio"
        return run(sys.executable, program, *arguments, cwd=work, PYTHONPATH=str(installed))

    where = "import xlportfolio; print(xlportfolio.__file__)"
    home = run(sys.executable, "-c", where, cwd=work, PYTHONPATH=str(installed))
    assert Path(home.strip()).is_relative_to(installed)
    assert xlportfolio_("--version") == f"xlportfolio {xlportfolio.__version__}\n"
    xlportfolio_("demo", "here")
    assert (work / "here" / "sample.xlsx").is_file()
    xlportfolio_("new", "Kunden.xlsm", "--lang", "de")
    xlportfolio_("rescore", "Kunden.xlsm")
    assert (work / "Kunden.xlsm.bak").is_file()
    xlportfolio_("share", "Kunden.xlsm", "--html", "Kunden.html")
    assert "<html" in (work / "Kunden.html").read_text("utf-8")


def locked() -> dict[str, list[Requirement]]:
    """What the lock file names, by package; several versions where systems differ."""
    found: dict[str, list[Requirement]] = {}
    for line in re.findall(r"^\w.*?(?= \\$)", LOCK, re.MULTILINE):
        needed = Requirement(line)
        found.setdefault(canonicalize_name(needed.name), []).append(needed)
    return found


def asked_for() -> list[Requirement]:
    """What xlportfolio and the extras for its users need."""
    extras = PROJECT["optional-dependencies"]
    lines = [*PROJECT["dependencies"], *(n for e in LOCKED_EXTRAS for n in extras[e])]
    return [Requirement(line) for line in lines]


@pytest.mark.parametrize("system", ["linux", "win32", "darwin"])
@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13", "3.14"])
def test_the_lock_file_has_one_fitting_version_of_all_that_is_asked_for(
    system: str, python: str
) -> None:
    where = {"sys_platform": system, "python_version": python, "python_full_version": f"{python}.0"}
    lock = locked()
    for needed in asked_for():
        there = [
            one
            for one in lock.get(canonicalize_name(needed.name), [])
            if one.marker is None or one.marker.evaluate(where)
        ]
        assert len(there) == 1, needed
        (exactly,) = there[0].specifier
        assert exactly.operator == "=="
        assert needed.specifier.contains(exactly.version), needed


def test_the_lock_file_has_hashes_and_names_no_place_to_fetch_from() -> None:
    packages = re.split(r"^(?=\w)", LOCK, flags=re.MULTILINE)[1:]
    assert len(packages) == sum(map(len, locked().values()))
    assert [part.split()[0] for part in packages if "--hash=sha256:" not in part] == []
    assert "://" not in LOCK
    assert not re.search(r"index|find-links|trusted", LOCK)


def test_all_that_comes_along_has_a_licence_that_asks_little() -> None:
    assert set(LICENCES["installed"]) == set(locked())
    allowed = set(LICENCES["allowed"]["licences"])
    told = {**LICENCES["installed"], **LICENCES["shipped"]}
    assert [n for n, one in told.items() if not set(re.split(" AND | OR ", one)) <= allowed] == []


@pytest.mark.parametrize("name", sorted(LICENCES["installed"]))
def test_a_package_says_the_same_of_its_licence(name: str) -> None:
    try:
        metadata = distribution(name).metadata
    except PackageNotFoundError:
        pytest.skip("not installed on this system")
    classifiers = metadata.get_all("Classifier", [])
    kinds = [one.split(" :: ")[-1] for one in classifiers if one.startswith("License :: ")]
    says = metadata["License-Expression"] or (kinds or [metadata["License"]])[0]
    ours = LICENCES["installed"][name]
    alone = set(re.split(" AND | OR ", IN_SPDX.get(says, says)))
    assert alone & set(re.split(" AND | OR ", ours)), (says, ours)
    assert alone <= set(LICENCES["allowed"]["licences"]), says


def test_the_changelog_begins_with_this_version() -> None:
    first = re.search(r"^## (.*)$", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert first is not None
    assert re.fullmatch(rf"{re.escape(xlportfolio.__version__)} \(\d{{4}}-\d\d-\d\d\)", first[1])
