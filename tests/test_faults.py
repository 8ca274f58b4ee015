"""Bad input: every structural fault in one clear sentence, all at once, and the file untouched."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from support.books import CRITERIA, CUSTOMERS, CUSTOMERS_HEADER, GERMAN_CRITERIA_HEADER, write_book
from typer.testing import CliRunner

from xlportfolio import InputError, rescore
from xlportfolio.cli import app


def messages(path: Path, language: str = "en") -> list[str]:
    """Rescore a workbook that must be refused and left alone."""
    before = path.read_bytes()
    with pytest.raises(InputError) as refused:
        rescore(path)
    assert path.read_bytes() == before
    assert [p.name for p in path.parent.iterdir()] == [path.name]
    errors = [p for p in refused.value.problems if p.severity == "error"]
    return [problem.message(language) for problem in errors]


def with_criterion(path: Path, **changes: Any) -> Path:
    """A workbook whose first criterion, Turnover in row 2, is changed."""
    keys = ("criterion", "axis", "weight", "objective", "scale", "low", "high", "levels", "missing")
    first = dict(zip(keys, CRITERIA[0], strict=False)) | changes
    return write_book(path, criteria=[[*first.values(), "EUR", None], *CRITERIA[1:]])


HERE = "Sheet Criteria, row 2, column "


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"axis": "worth"},
            HERE + "Axis: “worth” is not an axis; allowed: value, benefit (Wert, Nutzen).",
        ),
        ({"axis": None}, HERE + "Axis: “” is not an axis; allowed: value, benefit (Wert, Nutzen)."),
        (
            {"objective": "more"},
            HERE + "Objective: “more” is not an objective; allowed: max, min, or blank for max.",
        ),
        (
            {"scale": "curve"},
            HERE + "Scale: “curve” is not a scale; allowed: linear, steps, piecewise, categories, "
            "or blank for linear.",
        ),
        (
            {"missing": "zero"},
            HERE + "Missing: “zero” is not a rule for missing measures; allowed: skip, worst, "
            "neutral, a number from 0 to 100, or blank for skip.",
        ),
        (
            {"missing": 101},
            HERE + "Missing: “101” cannot stand for a missing measure; allowed: skip, worst, "
            "neutral or a number from 0 to 100.",
        ),
        (
            {"weight": None},
            HERE + "Weight: the weight is blank; enter a number from 0, where 0 leaves the "
            "criterion out.",
        ),
        ({"weight": "much"}, HERE + "Weight: “much” is not a weight; enter a number from 0."),
        ({"weight": -1}, HERE + "Weight: a weight cannot be “-1”; enter a number from 0."),
        (
            {"low": "none"},
            HERE + "Low: “none” is not a bound; enter a number, or leave the cell blank to use the "
            "smallest or largest measure.",
        ),
        (
            {"low": 10, "high": 5},
            HERE + "Low: low (10) is above high (5); swap them, and set the objective to min if "
            "less is better.",
        ),
        (
            {"scale": "steps"},
            HERE + "Levels: this scale needs levels, such as “0=0; 50000=25; 250000=60”, or "
            "“high=100; low=20” for categories; enter them.",
        ),
        (
            {"scale": "steps", "levels": "0=0; much"},
            HERE + "Levels: “much” is not a level; write bound=value, such as “50000=25”, and "
            "separate levels by semicolons.",
        ),
        (
            {"scale": "piecewise", "levels": "0=0; 10=101"},
            HERE + "Levels: the level 10 has the value 101; enter a value from 0 to 100.",
        ),
        (
            {"scale": "steps", "levels": "0=0; 10=50; 10=60"},
            HERE + "Levels: the bound 10 appears twice among the levels; delete one of them.",
        ),
        (
            {"scale": "categories", "levels": "high=100; HIGH=50"},
            HERE + "Levels: the bound HIGH appears twice among the levels; delete one of them.",
        ),
        (
            {"criterion": None},
            HERE + "Criterion: this row has no criterion name; enter one, or empty the row.",
        ),
        (
            {"criterion": "Status"},
            HERE + "Criterion: “Status” cannot name a criterion, since a column of the customers "
            "already has this name; choose another.",
        ),
        (
            {"criterion": "Profit"},
            HERE + "Criterion: the sheet Customers has no column headed “Profit”; add the column, "
            "or delete the criterion.",
        ),
    ],
)
def test_a_faulty_criterion_is_named_with_its_cell(
    changes: dict[str, Any], message: str, tmp_path: Path
) -> None:
    assert messages(with_criterion(tmp_path / "book.xlsx", **changes)) == [message]


THERE = "Sheet Settings, row 2, column Value: "


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        (
            ("value_threshold", "high"),
            (
                "“high” is no threshold; enter a number from 0 to 100, mean or median for "
                "value_threshold."
            ),
        ),
        (
            ("benefit_threshold", 101),
            "benefit_threshold cannot be 101; enter a number from 0 to 100.",
        ),
        (("borderline_band", -1), "borderline_band cannot be -1; enter a number from 0 to 100."),
        (("borderline_band", "wide"), "“wide” is not a number; borderline_band needs one."),
        (("value_weight", -5), "value_weight cannot be -5; enter a number from 0."),
        (
            ("abc_a", 95),
            "abc_a (95) is above abc_b (90); enter an abc_a that is not larger than abc_b.",
        ),
        (("min_coverage", 120), "min_coverage cannot be 120; enter a number from 0 to 100."),
        (("language", "it"), "“it” is not a language; allowed: en, de, fr, or blank."),
        (
            ("as_of", "soon"),
            "“soon” is not a date; enter a date such as 2026-01-31, or leave it blank for today.",
        ),
        (
            ("top_labels", 2.5),
            "“2.5” is not a number of labels; enter a whole number from 0 to 200.",
        ),
        (
            ("abc_measure", "Profit"),
            (
                "“Profit” is not a column of numbers on the sheet Customers; enter one of its headers "
                "for abc_measure, or leave it blank."
            ),
        ),
        (
            ("bubble_measure", "Status"),
            (
                "“Status” is not a column of numbers on the sheet Customers; enter one of its headers "
                "for bubble_measure, or leave it blank."
            ),
        ),
    ],
)
def test_a_faulty_setting_is_named_with_its_cell(
    setting: Sequence[Any], message: str, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "book.xlsx", settings=[setting])
    assert messages(path) == [THERE + message]


def test_weights_of_both_axes_cannot_be_0(tmp_path: Path) -> None:
    settings = [("value_weight", 0), ("benefit_weight", 0)]
    path = write_book(tmp_path / "book.xlsx", settings=settings)
    assert messages(path) == [
        THERE + "value_weight and benefit_weight are both 0; give at least one a number above 0."
    ]


def test_each_axis_needs_a_criterion_with_a_weight(tmp_path: Path) -> None:
    only_value = write_book(tmp_path / "book.xlsx", criteria=CRITERIA[:2])
    assert messages(only_value) == [
        (
            "Sheet Criteria: No criterion belongs to the benefit axis; give at least one criterion "
            "this axis."
        )
    ]
    zero = [(*row[:2], 0, *row[3:]) if row[1] == "benefit" else row for row in CRITERIA]
    assert messages(write_book(tmp_path / "book.xlsx", criteria=zero)) == [
        (
            "Sheet Criteria: All criteria of the benefit axis have the weight 0; give at least one a "
            "weight above 0."
        )
    ]


def test_two_criteria_of_one_name_are_refused(tmp_path: Path) -> None:
    twice = [*CRITERIA, (" turnover ", *CRITERIA[0][1:])]
    assert messages(write_book(tmp_path / "book.xlsx", criteria=twice)) == [
        (
            "Sheet Criteria, row 6, column Criterion: the criterion “turnover” already exists, as "
            "“Turnover”; rename or delete one of them."
        )
    ]


def test_missing_tables_are_named_both_at_once(tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    Workbook().save(path)
    found = messages(path)
    assert found == [
        f"There is no table {table} and no sheet {names} with its columns; add it, "
        "or start from a workbook made by “xlportfolio new”."
        for table, names in (
            ("tblCustomers", "Customers / Kunden / Clients"),
            ("tblCriteria", "Criteria / Kriterien / Critères"),
        )
    ]


def test_a_missing_column_of_a_table_is_named(tmp_path: Path) -> None:
    header = ("Criterion", "Axis", "Importance", *["x"] * 8)
    header = tuple(f"{name}{i}" if name == "x" else name for i, name in enumerate(header))
    path = write_book(tmp_path / "book.xlsx", criteria_header=header)
    assert (
        "Sheet Criteria: the column Weight / Gewicht / Poids is missing; add it to the header row."
        in messages(path)
    )


def test_all_faults_are_gathered_before_it_stops(tmp_path: Path) -> None:
    criteria = [
        ("Turnover", "worth", -1, "more", "linear", 9, 1, None, "zero", None, None),
        ("Profit", "value", None, None, "steps", None, None, "a=b", None, None, None),
        *CRITERIA[1:],
    ]
    settings = [("abc_a", "x"), ("min_coverage", 101), ("language", "it")]
    found = messages(write_book(tmp_path / "book.xlsx", criteria=criteria, settings=settings))
    assert len(found) == 11
    for part in ("axis", "weight", "objective", "low (9)", "missing measures", "no column headed"):
        assert any(part in message for message in found), part
    for part in ("weight is blank", "“a=b” is not a level", "abc_a", "101", "“it”"):
        assert any(part in message for message in found), part


def test_german_workbooks_are_answered_in_german(tmp_path: Path) -> None:
    criteria = [("Umsatz", "Breite", 1), ("Passung", "Nutzen", "viel")]
    path = write_book(
        tmp_path / "book.xlsx",
        customers_header=("Kundennummer", "Kunde", "Status", "Umsatz", "Passung"),
        customers=[(1, "Alpha", "Kunde", 5, 6)],
        criteria_header=GERMAN_CRITERIA_HEADER[:3],
        criteria=criteria,
        sheets=("Kunden", "Kriterien", "Einstellungen", "Strategien"),
    )
    assert messages(path, "de") == [
        (
            "Blatt Kriterien: Zur Achse Wert gehört kein Kriterium; geben Sie mindestens einem diese "
            "Achse."
        ),
        (
            "Blatt Kriterien, Zeile 2, Spalte Achse: „Breite“ ist keine Achse; erlaubt: Wert, Nutzen "
            "(value, benefit)."
        ),
        (
            "Blatt Kriterien, Zeile 3, Spalte Gewicht: „viel“ ist kein Gewicht; tragen Sie eine Zahl "
            "ab 0 ein."
        ),
    ]
    result = CliRunner().invoke(app, ["rescore", str(path), "--json"])
    assert result.exit_code == 1
    printed = json.loads(result.stdout)
    assert printed["customers"] == []
    assert printed["thresholds"] == {"value": None, "benefit": None}
    assert printed["problems"][2] == {
        "severity": "error",
        "sheet": "Kriterien",
        "row": 3,
        "column": "Gewicht",
        "found": "viel",
        "message": messages(path, "de")[2],
    }
    assert "„viel“ ist kein Gewicht" in result.stderr


def test_a_structural_fault_outweighs_warnings_but_does_not_hide_them(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx", criteria=CRITERIA[:2], settings=[("abc_x", 1)])
    with pytest.raises(InputError) as refused:
        rescore(path)
    assert [str(p.severity) for p in refused.value.problems] == ["error", "warning"]


def test_the_customers_used_here_are_fine(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "book.xlsx", customers=CUSTOMERS, customers_header=CUSTOMERS_HEADER
    )
    assert [p for p in rescore(path).problems if p.severity != "note"] == []


def test_a_missing_table_does_not_hide_the_faults_of_the_others(tmp_path: Path) -> None:
    criteria = [("A", "foo", 1, *[None] * 8), ("B", "value", -1, *[None] * 8)]
    path = write_book(
        tmp_path / "book.xlsx",
        criteria=criteria,
        settings=[("abc_a", 200)],
        sheets=("Kunden 2025", "Criteria", "Settings", "Strategies"),
        tables=False,
    )
    found = messages(path)
    for part in ("no table tblCustomers", "“foo” is not an axis", "cannot be “-1”", "abc_a cannot"):
        assert any(part in message for message in found), part
    assert not any("no column headed" in message for message in found)


def test_readable_levels_are_checked_beside_unreadable_ones(tmp_path: Path) -> None:
    path = with_criterion(tmp_path / "b.xlsx", scale="steps", levels="0=0; 0.0=5; x=3; 5=200")
    assert [message.split(": ", 1)[1][:30] for message in messages(path)] == [
        "“x=3” is not a level; write bo",
        "the bound 0 appears twice amon",
        "the level 5 has the value 200;",
    ]


def test_a_faulty_criterion_still_counts_for_its_axis(tmp_path: Path) -> None:
    criteria = [*CRITERIA[:2], ("Fit", "benefit", 0, None, "steps", None, None, "x"), CRITERIA[3]]
    criteria = [[*row, *[None] * (11 - len(row))] for row in criteria]
    criteria[3][2] = 0
    found = messages(write_book(tmp_path / "book.xlsx", criteria=criteria))
    assert any("All criteria of the benefit axis have the weight 0" in m for m in found)
    assert any("“x” is not a level" in m for m in found)


def test_a_row_without_a_name_is_checked_all_the_same(tmp_path: Path) -> None:
    nameless = (None, "q", -4, *[None] * 8)
    found = messages(write_book(tmp_path / "book.xlsx", criteria=[nameless, *CRITERIA]))
    assert len(found) == 3


def test_a_missing_column_is_said_once_not_for_every_row(tmp_path: Path) -> None:
    header = ("Criterion", "Side", *[f"x{i}" for i in range(9)])
    header = (*header[:2], "Weight", *header[3:])
    assert messages(write_book(tmp_path / "book.xlsx", criteria_header=header)) == [
        "Sheet Criteria: the column Axis / Achse / Axe is missing; add it to the header row."
    ]


@pytest.mark.parametrize("name", ["abc_measure", "bubble_measure"])
def test_categories_are_no_amounts(name: str, tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx", settings=[(name, "Fit")])
    (message,) = messages(path)
    assert "“Fit” is not a column of numbers on the sheet Customers" in message


def test_the_day_of_a_refused_workbook_is_that_of_its_settings(tmp_path: Path) -> None:
    settings = [("as_of", "2025-03-04"), ("abc_a", 200)]
    path = write_book(tmp_path / "book.xlsx", settings=settings)
    result = CliRunner().invoke(app, ["rescore", str(path), "--json"])
    assert json.loads(result.stdout)["as_of"] == "2025-03-04"
