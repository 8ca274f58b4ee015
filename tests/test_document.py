"""The JSON: levers, findings and the plan say the same as the sheets."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from support.books import rows_of

from xlportfolio import rescore
from xlportfolio.document import document
from xlportfolio.template.workbook import new_workbook

DAY = dt.date(2026, 1, 31)


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("document") / "sample.xlsx"
    made.write_bytes(new_workbook("en", with_sample=True))
    return made


@pytest.fixture(scope="module")
def printed(path: Path) -> dict[str, Any]:
    done = rescore(path, as_of=DAY, backup=False)
    text = json.dumps(document("x", DAY, done.run.advice, done.problems, "en"), allow_nan=False)
    found: dict[str, Any] = json.loads(text)
    return found


def test_a_lever_is_null_empty_or_a_list_by_type(printed: dict[str, Any]) -> None:
    kinds: dict[str, set[str]] = {}
    for customer in printed["customers"]:
        lever = customer["lever"]
        kind = "null" if lever is None else "steps" if lever else "empty"
        kinds.setdefault(customer["quadrant"], set()).add(kind)
        for step in lever or []:
            assert list(step) == ["criterion", "measure", "target", "gain"]
            assert step["gain"] > 0
            assert step["target"] != step["measure"]
    assert kinds["star"] == kinds["not_rated"] == {"null"}
    assert kinds["question_mark"] == {"steps"}
    assert kinds["free_rider"] == {"steps", "empty"}
    assert "null" not in kinds["poor_dog"]


def test_gains_take_the_score_to_its_threshold(printed: dict[str, Any]) -> None:
    for customer in printed["customers"]:
        axis = "value" if customer["quadrant"] == "free_rider" else "benefit"
        if customer["lever"]:
            reached = customer[f"{axis}_score"] + sum(step["gain"] for step in customer["lever"])
            assert round(reached, 9) >= printed["thresholds"][axis]


def test_levers_stand_on_the_sheet_of_the_recommendations(
    printed: dict[str, Any], path: Path
) -> None:
    said = {
        row["Customer ID"]: row["Lever"] for row in rows_of(load_workbook(path)["Recommendations"])
    }
    for customer in printed["customers"]:
        if customer["rank"] is not None:
            assert (said[customer["customer_id"]] is None) == (customer["lever"] is None)
        for step in customer["lever"] or []:
            assert step["criterion"] in said[customer["customer_id"]]


def test_findings_name_whom_the_sheet_names(printed: dict[str, Any], path: Path) -> None:
    assert [finding["finding"] for finding in printed["findings"]] == [
        "low_margin",
        "shrinking",
        "irregular",
        "high_potential",
        "low_wallet",
    ]
    of = {customer["customer_id"]: customer["findings"] for customer in printed["customers"]}
    sheet = load_workbook(path)["ABC vs value"]
    named = {row["Customer ID"]: row["What turnover hides"] for row in rows_of(sheet)}
    for line, finding in enumerate(printed["findings"], start=6):
        assert sheet.cell(line, 1).value == finding["name"]
        assert sheet.cell(line, 4).value == finding["rule"]
        assert sheet.cell(line, 7).value == len(finding["customers"])
        assert {number for number, keys in of.items() if finding["finding"] in keys} == set(
            finding["customers"]
        )
        there = {number for number, text in named.items() if finding["name"] in (text or "")}
        assert there == set(finding["customers"]) & set(named)


def test_the_plan_is_that_of_the_sheet(printed: dict[str, Any], path: Path) -> None:
    plan, rows = printed["plan"], rows_of(load_workbook(path)["Activity plan"])
    assert [c["customer_id"] for c in plan["customers"]] == [row["Customer ID"] for row in rows]
    for customer, row in zip(plan["customers"], rows, strict=True):
        for key, header in (
            ("hours_asked", "Hours asked"),
            ("value_per_hour", "Value per hour"),
            ("hours_planned", "Hours planned"),
            ("hours_now", "Hours now"),
        ):
            assert customer[key] == row[header]
    spent = sum(customer["hours_planned"] or 0 for customer in plan["customers"])
    assert 0 < spent <= plan["hours_per_year"] == 350


def test_the_hours_of_the_types_add_up(printed: dict[str, Any], path: Path) -> None:
    *types, everybody = printed["plan"]["types"]
    assert everybody["quadrant"] is None
    sheet = load_workbook(path)["Activity plan"]
    columns = {"customers": 4, "fitting": 5, "hours_asked": 8, "hours_planned": 12, "hours_now": 13}
    for key, column in columns.items():
        assert sum(line[key] or 0 for line in types) == pytest.approx(everybody[key])
        cells = [sheet.cell(row, column).value for row in range(6, 12)]
        assert cells == [line[key] for line in printed["plan"]["types"]]


def test_without_a_run_there_is_none_of_it() -> None:
    empty = document("x", DAY, None, [], "en")
    assert (empty["customers"], empty["findings"], empty["plan"]) == ([], [], None)
    assert empty["robustness"] is None
