"""The house: every module has its layer, none is too long, and no check is switched off unnamed."""

from __future__ import annotations

import re
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


def test_the_development_page_leads_to_every_module() -> None:
    page = (ROOT / "docs" / "development.md").read_text(encoding="utf-8")
    named = {Path(name).stem for name in re.findall(r"`([\w/]+\.py)`", page)}
    assert [path.stem for path in MODULES if path.stem not in {*named, "__init__"}] == []


def test_no_check_is_switched_off_without_its_code() -> None:
    found = [
        f"{path}:{number}: {comment}"
        for path in MODULES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1)
        for comment in SWITCHED_OFF.findall(line)
    ]
    assert found
    assert [comment for comment in found if not WITH_CODE.search(comment)] == []
