"""Where nothing can be installed: xlwings Lite loads a pure-Python wheel and nothing native."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import xlportfolio

ROOT = Path(__file__).parents[1]
PACKAGE = Path(xlportfolio.__file__).parent
#: What xlwings Lite does not have, or what only closed workbooks and the command line need.
MISSING = (
    "python_calamine",
    "lxml",
    "filelock",
    "typer",
    "rich",
    "xlsxwriter",
    "win32com",
    "appscript",
)
#: What runs inside Excel; the others of the package set it up.
ENGINE_NEUTRAL = sorted(
    path.stem
    for path in (PACKAGE / "excel").glob("*.py")
    if path.stem not in {"__init__", "machine", "setup", "doctor"}
)

BLOCKED = """
import sys
for name in {missing!r}:
    sys.modules[name] = None
from xlportfolio.excel.functions import *
from xlportfolio.excel.macros import *
criteria = [["Criterion", "Axis", "Weight", "Low", "High"], ["A", "value", 1, 0, 2], ["B", "benefit", 1, 0, 2]]
customers = [["Customer ID", "A", "B"], [1.0, 1.0, 2.0]]
assert KP_SCORECARD(customers, criteria)[1][2:5] == [50.0, 100.0, 75.0]
import datetime as dt
from xlportfolio.excel.arguments import raw_table
from xlportfolio.look import draw
from xlportfolio.run import Run
from xlportfolio.schema import interpret
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS
tables = {{CUSTOMERS.name: raw_table(CUSTOMERS, customers), CRITERIA.name: raw_table(CRITERIA, criteria)}}
run = Run.of(interpret(tables), today=dt.date(2026, 1, 1))
assert draw(run.report(run.sheet_names), "en").startswith(b"PK")
from xlportfolio.page_look import draw_page
assert draw_page(run.page(0, "Customer"), "en").startswith(b"PK")
assert rescore.__name__ == "rescore"
print(sorted(set(sys.modules) & {{"xlportfolio.files", "xlportfolio.template", "xlportfolio.cli"}}))
"""


def test_functions_and_macros_need_nothing_native() -> None:
    script = BLOCKED.format(missing=MISSING)
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"


def test_native_dependencies_are_not_asked_for_in_the_browser() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    marked = {
        re.split(r"[<>=]", line)[0]
        for line in project["dependencies"]
        if line.endswith("; sys_platform != 'emscripten'")
    }
    assert marked == {"python-calamine", "lxml", "filelock", "xlwings"}


@pytest.mark.parametrize(
    "module",
    [
        "functions",
        "weight_functions",
        "macros",
        "host",
        "sheets",
        "matrix",
        "blocks",
        "ranges",
        "weights",
        "customer",
        "filling",
        "incoming",
        "memory",
        "voice",
        "arguments",
        "cells",
        "faults",
        "single",
    ],
)
def test_only_what_every_engine_of_xlwings_has_is_used(module: str) -> None:
    source = (PACKAGE / "excel" / f"{module}.py").read_text("utf-8")
    assert not re.search(r"\.api\b|xlwings\.pro|win32|appscript|\bfullname\b|\\\\", source)


def test_no_code_touches_what_needs_a_licence() -> None:
    for path in (*PACKAGE.rglob("*.py"), *ROOT.glob("tests/support/*.py")):
        assert not re.search(
            r"^\s*(from|import) xlwings\.pro", path.read_text("utf-8"), re.MULTILINE
        ), path
