"""The house: every module has its layer, none is too long, and no check is switched off unnamed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from support.layers import heights

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "xlportfolio"
MODULES = sorted(PACKAGE.rglob("*.py"))
#: Of the page; the library it comes with is not ours.
SCRIPTS = [path for path in PACKAGE.glob("web/*.js") if not path.name.endswith(".min.js")]
MOST_LINES = 400
SWITCHED_OFF = re.compile(r"# *(?:type: *ignore|noqa)[^#]*", re.IGNORECASE)
WITH_CODE = re.compile(
    r"# (?:type: ignore\[[a-z-]+(?:, [a-z-]+)*\]|noqa: [A-Z]+\d+(?:, [A-Z]+\d+)*)"
)


def test_every_module_stands_once_in_the_contract_of_layers() -> None:
    there = {path.stem for path in PACKAGE.glob("*.py")} - {"__init__"}
    there |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert sorted(name for name, _ in heights()) == sorted(there)


def test_no_module_is_longer_than_can_be_read_at_once() -> None:
    lines = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines())
        for path in (*MODULES, *SCRIPTS)
    }
    assert {name: count for name, count in lines.items() if count > MOST_LINES} == {}


def _named(row: str) -> Iterator[str]:
    """The modules that a row of the development page names, in the last folder that it named."""
    folder = ""
    for before, name in re.findall(r"`([a-z_]+/)?((?:[a-z_]+\.py)?)`", row):
        folder = before or folder
        yield folder + name if (PACKAGE / folder / name).is_file() else name


def test_a_name_is_looked_up_in_the_last_folder_that_its_row_names() -> None:
    assert list(_named("`run.py`; `files/web.py`, `cells.py`, `run.py`")) == [
        *("run.py", "files/web.py", "files/cells.py", "run.py")
    ]
    assert list(_named("`sources/`: `orders.py`")) == ["", "sources/orders.py"]


def test_the_development_page_leads_to_every_module() -> None:
    page = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("|")]
    named = {name for row in rows for name in _named(row)}
    there = {path.relative_to(PACKAGE).as_posix() for path in MODULES if path.stem != "__init__"}
    assert sorted(there - named) == []


def test_no_check_is_switched_off_without_its_code() -> None:
    found = [
        f"{path}:{number}: {comment}"
        for path in MODULES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for comment in SWITCHED_OFF.findall(line)
    ]
    assert found
    assert [comment for comment in found if not WITH_CODE.search(comment)] == []
