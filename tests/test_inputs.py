"""What the cells of an input may hold, and what becomes of it (DESIGN: "What the input holds")."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.books import (
    CRITERIA,
    CRITERIA_HEADER,
    CUSTOMERS,
    CUSTOMERS_HEADER,
    GERMAN_CRITERIA_HEADER,
    write_book,
)
from support.packages import parts_of

from xlportfolio import Problem, rescore
from xlportfolio.files.rescore import Rescored
from xlportfolio.schema.numerals import Reading, read_number


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("1.234,56 €", "de", Reading(1234.56)),
        ("€ 1.234,56", "de", Reading(1234.56)),
        ("1,234.56", "en", Reading(1234.56)),
        ("$1,234.56", "en", Reading(1234.56)),
        ("EUR 12", "en", Reading(12)),
        ("12 %", "de", Reading(0.12)),
        ("12,5%", "de", Reading(0.125)),
        ("1.234.567", "de", Reading(1234567)),
        ("1.234", "de", Reading(1234, other=1.234)),
        ("1.234", "en", Reading(1.234, other=1234)),
        ("1,234", "de", Reading(1.234, other=1234)),
        ("0,5", "en", Reading(0.5, foreign=True)),
        ("0.5", "de", Reading(0.5, foreign=True)),
        ("0.500", "de", Reading(0.5, foreign=True)),
        ("1,234.56", "de", Reading(1234.56, foreign=True)),
        ("1'234.50", "en", Reading(1234.5)),
        ("12 345,6", "de", Reading(12345.6)),
        ("12\u00a0345", "de", Reading(12345)),
        ("-7", "en", Reading(-7)),
        ("\u22127", "en", Reading(-7)),
        ("7-", "de", Reading(-7)),
        ("(7,50)", "de", Reading(-7.5)),
        ("-3 €", "de", Reading(-3)),
        ("€ -3", "de", Reading(-3)),
        ("+4", "en", Reading(4)),
        ("1e3", "en", Reading(1000)),
        (" 12 ", "en", Reading(12)),
        ("", "en", None),
        ("soon", "en", None),
        ("€", "en", None),
        ("12 apples", "en", None),
        ("1.2.3", "de", None),
        ("1,23,456", "en", None),
        ("--3", "en", None),
        ("(-3)", "en", None),
        ("3 m", "en", None),
        ("²", "en", None),
        ("٣", "en", None),
        ("1e999", "en", None),
        ("2026-01-31", "en", None),
        ("31.01.2026", "de", None),
    ],
)
def test_numbers_typed_as_text(text: str, language: str, expected: Reading | None) -> None:
    assert read_number(text, language) == expected


@given(st.floats(-1e12, 1e12).map(lambda x: round(x, 4)), st.booleans())
def test_a_number_written_in_a_language_is_read_back(number: float, grouped: bool) -> None:
    english = f"{number:,.4f}" if grouped else f"{number:.4f}"
    german = english.translate(str.maketrans(",.", ".,"))
    for text, language in ((english, "en"), (german, "de")):
        reading = read_number(text, language)
        assert reading is not None
        assert reading.number == pytest.approx(number, abs=1e-9)
        assert not reading.foreign


@given(st.text(max_size=20), st.sampled_from(["en", "de"]))
def test_any_text_is_a_finite_number_or_none(text: str, language: str) -> None:
    reading = read_number(text, language)
    assert reading is None or abs(reading.number) < float("inf")


def rescored(path: Path, **parts: Any) -> Rescored:
    return rescore(write_book(path, **parts))


def changed(row: int, column: str, cell: object) -> list[list[Any]]:
    """The customers with one cell changed; rows are counted as on the sheet."""
    rows = [list(r) for r in CUSTOMERS]
    rows[row - 2][CUSTOMERS_HEADER.index(column)] = cell
    return rows


def described(problems: Sequence[Problem]) -> list[tuple[Any, ...]]:
    return [(str(p.severity), p.sheet, p.row, p.column, p.cell, p.found) for p in problems]


@pytest.mark.parametrize(
    ("column", "cell", "value_score", "severity", "found", "part"),
    [
        ("Turnover", "900,00", 90, "note", "900,00", "although this workbook"),
        ("Turnover", "900", 90, "note", "900", "was read as 900."),
        ("Turnover", "0,900", 90, "note", "0,900", "although this workbook"),
        ("Growth", "40 %", 90, "note", "40 %", "was read as 0.4."),
        ("Turnover", "lots", 90, "warning", "lots", "“lots” is not a number and was taken as"),
        ("Turnover", True, 90, "warning", "TRUE", "is not a number"),
        ("Turnover", dt.date(2026, 1, 31), 90, "warning", "2026-01-31", "is not a number"),
    ],
)
def test_odd_cells_are_named(
    column: str,
    cell: object,
    value_score: float,
    severity: str,
    found: str,
    part: str,
    tmp_path: Path,
) -> None:
    done = rescored(tmp_path / "book.xlsx", customers=changed(2, column, cell))
    problem = next(p for p in done.problems if p.column == column)
    address = f"{'ABCDEFG'[CUSTOMERS_HEADER.index(column)]}2"
    assert described([problem]) == [(severity, "Customers", 2, column, address, found)]
    assert part in problem.message()
    score = done.analysis.customers["value_score"].loc[2]
    if cell == "0,900":
        assert score == pytest.approx(0.5 * 0.09 + 0.5 * 90)
    else:  # a missing turnover leaves growth, which is worth 90 too
        assert score == pytest.approx(value_score)


def test_a_text_that_both_languages_read_differently_is_noted_with_both(tmp_path: Path) -> None:
    done = rescored(tmp_path / "book.xlsx", customers=changed(2, "Turnover", "1.234"))
    problem = next(p for p in done.problems if p.column == "Turnover")
    assert problem.message() == (
        "Sheet Customers, row 2, column Turnover: the text “1.234” was read as 1.234; it could "
        "also mean 1234: enter it as a number."
    )


def test_error_cells_are_missing_and_named(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    with_error = tmp_path / "errors.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(with_error, "w") as new:
        for name in old.namelist():
            data = old.read(name)
            if name == "xl/worksheets/sheet2.xml":
                wanted = b'<c r="D2" t="n"><v>900</v></c>'
                assert wanted in data
                data = data.replace(wanted, b'<c r="D2" t="e"><f>1/0</f><v>#DIV/0!</v></c>')
            new.writestr(name, data)
    done = rescore(with_error)
    problem = next(p for p in done.problems if p.column == "Turnover")
    assert described([problem]) == [("warning", "Customers", 2, "Turnover", "D2", "#DIV/0!")]
    assert done.analysis.customers["value_coverage"].loc[2] == pytest.approx(0.5)


def test_a_category_that_is_not_among_the_levels_is_missing(tmp_path: Path) -> None:
    done = rescored(tmp_path / "book.xlsx", customers=changed(3, "Fit", "so so"))
    assert [p.message() for p in done.problems if p.column == "Fit"] == [
        "Sheet Customers, row 3, column Fit: “so so” is not among the categories and was taken as "
        "missing; allowed: high, low."
    ]
    assert done.analysis.customers["benefit_coverage"].loc[3] == pytest.approx(0.3)


def test_categories_do_not_mind_case_and_blanks(tmp_path: Path) -> None:
    done = rescored(tmp_path / "book.xlsx", customers=changed(2, "Fit", "  HIGH "))
    assert done.analysis.values["Fit"].loc[2] == 100


def test_categories_that_are_numbers_are_read_as_words(tmp_path: Path) -> None:
    criteria = [list(row) for row in CRITERIA]
    criteria[2][7] = "1=100; 2=20"
    customers = [[*row[:5], 1 if row[5] == "high" else 2, row[6]] for row in CUSTOMERS]
    done = rescored(tmp_path / "book.xlsx", customers=customers, criteria=criteria)
    assert list(done.analysis.values["Fit"].loc[[2, 3]]) == [100, 20]


def test_empty_rows_are_skipped(tmp_path: Path) -> None:
    rows = [CUSTOMERS[0], [None] * 7, [" ", *[None] * 6], *CUSTOMERS[1:]]
    done = rescored(tmp_path / "book.xlsx", customers=rows)
    assert sorted(done.analysis.customers.index) == [2, 5, 6, 7, 8]


def test_a_blank_id_is_served_by_the_name(tmp_path: Path) -> None:
    done = rescored(tmp_path / "book.xlsx", customers=changed(2, "Customer ID", None))
    assert done.analysis.customers["customer_id"].loc[2] == "Alpha"
    assert done.problems == ()


def test_a_row_without_id_and_name_is_listed_but_not_rated(tmp_path: Path) -> None:
    rows = changed(2, "Customer ID", None)
    rows[0][1] = None
    done = rescored(tmp_path / "book.xlsx", customers=rows)
    assert described(done.problems) == [("warning", "Customers", 2, "Customer ID", "A2", "")]
    assert done.analysis.customers["quadrant"].loc[2] == "not_rated"
    assert done.analysis.customers.index[-1] == 2


def test_a_repeated_id_is_listed_but_not_rated_and_counts_nowhere(tmp_path: Path) -> None:
    rows = [*CUSTOMERS, (" 2 ", "Beta again", "Customer", 99_999, 9, "high", 0)]
    done = rescored(tmp_path / "book.xlsx", customers=rows)
    (problem,) = done.problems
    assert problem.message() == (
        "Sheet Customers, row 7, column Customer ID: the customer ID “2” is already in row 3, "
        "so this row was not rated; delete it, or give it an ID of its own."
    )
    last = done.analysis.customers.iloc[-1]
    assert (last["customer_id"], last["note"], last["repeats"]) == ("2", "repeated", 3)
    alone = rescored(tmp_path / "alone.xlsx").analysis.customers
    common = ["customer_id", "total_score", "rank", "quadrant", "abc_class"]
    assert done.analysis.customers[common].iloc[:-1].equals(alone[common])


@pytest.mark.parametrize(("status", "severity"), [(None, None), ("Lead", "warning")])
def test_an_unknown_status_is_a_customer(
    status: str | None, severity: str | None, tmp_path: Path
) -> None:
    done = rescored(tmp_path / "book.xlsx", customers=changed(6, "Status", status))
    assert done.analysis.customers["status"].loc[6] == "customer"
    assert [str(p.severity) for p in done.problems if p.column == "Status"] == (
        [severity] if severity else []
    )


def test_ids_are_text_and_whole_numbers_have_no_decimals(tmp_path: Path) -> None:
    numbers = [1001, "007", 1.5, "x ", 1234567890123456]
    rows = [[i, *row[1:]] for i, row in zip(numbers, CUSTOMERS, strict=True)]
    done = rescored(tmp_path / "book.xlsx", customers=rows)
    ids = done.analysis.customers["customer_id"].sort_index()
    assert list(ids) == ["1001", "007", "1.5", "x", "1234567890123456"]


def test_blank_cells_of_criteria_take_the_defaults(tmp_path: Path) -> None:
    bare = [(row[0], row[1], row[2], *[None] * 8) for row in CRITERIA[:2]]
    done = rescored(tmp_path / "book.xlsx", criteria=[*bare, *CRITERIA[2:]])
    turnover = done.analysis.model.criteria[0]
    assert (turnover.objective, turnover.scale.kind, turnover.fill) == ("max", "linear", None)
    assert done.analysis.values["Turnover"].loc[2] == 100  # the largest


def test_german_tables_and_numbers(tmp_path: Path) -> None:
    criteria = [
        ("Umsatz", "Wert", "60", "max", "linear", "0", "1.000", None, "auslassen", "EUR", None),
        ("Treue", "Wert", 40, "max", "Stufen", None, None, "0,5=25; 2=100", None, None, None),
        (
            "Passung",
            "Nutzen",
            1,
            None,
            "Kategorien",
            None,
            None,
            "hoch=100;niedrig=0",
            "schlechtester",
        ),
    ]
    criteria = [[*row, *[None] * (11 - len(row))] for row in criteria]
    customers = [
        (1, "Alpha", "Kunde", "900,0 €", 0.5, "Hoch"),
        (2, "Beta", "Wunschkunde", 100, 3, None),
    ]
    done = rescored(
        tmp_path / "Kunden.xlsx",
        customers=customers,
        customers_header=("Kundennummer", "KUNDE", "Status", "umsatz", "Treue", "Passung"),
        criteria=criteria,
        criteria_header=GERMAN_CRITERIA_HEADER,
        sheets=("Kunden", "Kriterien", "Einstellungen", "Strategien"),
    )
    assert done.presentation.language == "de"
    assert list(done.analysis.values.loc[2]) == [90, 25, 100]
    assert done.analysis.customers["status"].loc[3] == "prospect"
    assert done.analysis.customers["benefit_score"].loc[3] == 0  # the worst, by the rule
    assert done.analysis.customers["benefit_coverage"].loc[3] == 0
    assert {p.message("de") for p in done.problems if p.column == "bis"} == {
        "Blatt Kriterien, Zeile 2, Spalte bis: Der Text „1.000“ wurde als 1000 gelesen; er könnte "
        "auch 1 bedeuten: tragen Sie ihn als Zahl ein."
    }


def test_tables_are_found_by_their_sheets_where_there_is_no_table_object(tmp_path: Path) -> None:
    plain = rescored(tmp_path / "plain.xlsx", tables=False, at=(4, 3)).analysis
    tables = rescored(tmp_path / "tables.xlsx").analysis
    columns = ["customer_id", "total_score", "quadrant"]
    assert plain.customers[columns].to_numpy().tolist() == (
        tables.customers[columns].to_numpy().tolist()
    )
    assert sorted(plain.customers.index) == [5, 6, 7, 8, 9]


def test_tables_are_found_wherever_they_stand(tmp_path: Path) -> None:
    done = rescored(
        tmp_path / "book.xlsx", at=(7, 4), sheets=("Eins", "Zwei", "Drei", "Vier"),
        customers=changed(2, "Turnover", "lots"),
    )  # fmt: skip
    assert described(done.problems)[0][1:5] == ("Eins", 8, "Turnover", "G8")


def test_headers_do_not_mind_case_underscores_and_hyphens(tmp_path: Path) -> None:
    header = ("customer_id", " CUSTOMER ", "status", "turn-over", "Growth", "fit", "VISITS")
    criteria = [("Turn Over", *CRITERIA[0][1:]), *CRITERIA[1:]]
    done = rescored(tmp_path / "book.xlsx", customers_header=header, criteria=criteria)
    assert done.analysis.values["Turn Over"].loc[2] == 90


def test_unknown_settings_are_ignored_with_the_nearest_name(tmp_path: Path) -> None:
    settings = [("value_treshold", 60), ("abc_a", 70), ("abc_a", 75), ("Top-Labels", 3)]
    done = rescored(tmp_path / "book.xlsx", settings=settings)
    assert [p.message() for p in done.problems] == [
        "Sheet Settings, row 2, column Setting: “value_treshold” is not a setting and was ignored; "
        "the nearest known one is value_threshold.",
        "Sheet Settings, row 4, column Setting: the setting abc_a is already in row 3, which "
        "counts; delete this row.",
    ]
    assert done.analysis.model.abc_a == 70
    assert done.presentation.top_labels == 3


def test_a_share_typed_for_a_percentage_is_doubted(tmp_path: Path) -> None:
    done = rescored(tmp_path / "book.xlsx", settings=[("abc_a", 0.8)])
    assert [p.message() for p in done.problems] == [
        "Sheet Settings, row 2, column Value: “0.8” was taken as 0.8 of 100 for abc_a; enter 80 if "
        "that is what you mean."
    ]


@pytest.mark.parametrize("cell", [0.5, "50 %"])
def test_a_threshold_of_half_a_point_is_doubted(cell: object, tmp_path: Path) -> None:
    done = rescored(tmp_path / "book.xlsx", settings=[("value_threshold", cell)])
    assert done.analysis.thresholds.value == 0.5
    assert "was taken as 0.5 of 100 for value_threshold; enter 50 if" in done.problems[0].message()


def test_a_very_long_text_is_quoted_in_part(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx", customers=changed(2, "Turnover", "x" * 32_000))
    problem = next(p for p in rescore(path).problems if p.column == "Turnover")
    assert problem.found == "x" * 200 + "…"
    heights = re.findall(rb'ht="([\d.]+)"', b"".join(parts_of(path).values()))
    assert max(map(float, heights)) <= 409


def test_the_day_comes_from_the_option_then_the_setting(tmp_path: Path) -> None:
    path = write_book(tmp_path / "a.xlsx", settings=[("as_of", dt.date(2025, 12, 31))])
    assert rescore(path).as_of == dt.date(2025, 12, 31)
    assert rescore(path, as_of=dt.date(2024, 1, 1)).as_of == dt.date(2024, 1, 1)
    text = write_book(tmp_path / "b.xlsx", settings=[("as_of", "31.12.2025")])
    assert rescore(text).as_of == dt.date(2025, 12, 31)


def test_an_extra_column_may_be_the_measure_of_the_abc_analysis(tmp_path: Path) -> None:
    header = (*CUSTOMERS_HEADER, "Sales 2025")
    rows = [[*row, amount] for row, amount in zip(CUSTOMERS, [1, 97, "x", 2, 5], strict=True)]
    done = rescored(
        tmp_path / "book.xlsx",
        customers=rows,
        customers_header=header,
        settings=[("abc_measure", "sales 2025")],
    )
    assert done.analysis.abc_measure == "Sales 2025"
    assert done.analysis.customers["abc_class"].sort_index().tolist() == ["C", "A", "", "C", ""]
    noted = [(str(p.severity), p.row, p.column) for p in done.problems]
    assert noted == [
        ("warning", 4, "Sales 2025"),
        ("note", 4, "Sales 2025"),
        ("note", 6, "Sales 2025"),
    ]


def test_strategies_of_the_workbook_win_by_type_and_status(tmp_path: Path) -> None:
    strategies = [
        ("Star", None, "Any star", "Call", 3, 1, "for any star"),
        ("Fragezeichen", "Kunde", "Customer only", "Visit", 4, 2, "for customers"),
        ("Comet", None, "?", None, None, None, None),
        ("Star", "Friend", "?", None, None, None, None),
    ]
    done = rescored(tmp_path / "book.xlsx", strategies=strategies)
    named = [(s.quadrant, s.status, s.strategy) for s in done.analysis.model.strategies]
    assert named == [("star", None, "Any star"), ("question_mark", "customer", "Customer only")]
    assert [(p.row, p.column) for p in done.problems] == [(4, "Quadrant"), (5, "Status")]


def test_no_customers_at_all_is_a_result_too(tmp_path: Path) -> None:
    done = rescored(tmp_path / "book.xlsx", customers=[])
    assert len(done.analysis.customers) == 0
    assert rescore(done.path).problems == done.problems


def test_mean_of_nobody_is_50_with_a_warning(tmp_path: Path) -> None:
    done = rescored(tmp_path / "book.xlsx", customers=[], settings=[("value_threshold", "mean")])
    assert done.analysis.thresholds == (50, 50)
    assert [p.message() for p in done.problems if p.severity == "warning"] == [
        "Sheet Settings, row 2, column Value: no customer could be rated, so value_threshold was "
        "taken as 50; fill in more measures."
    ]


def test_a_typed_bound_beyond_the_data_gives_50_for_all_and_a_warning(tmp_path: Path) -> None:
    criteria = [list(row) for row in CRITERIA]
    criteria[0][5:7] = [5000, None]
    done = rescored(tmp_path / "book.xlsx", criteria=criteria)
    assert set(done.analysis.values["Turnover"].dropna()) == {50}
    assert [p.message() for p in done.problems] == [
        "Sheet Criteria, row 2, column Low: the bound “5000” lies beyond every measure of "
        "“Turnover”, so all customers got 50; correct the bound, or leave it blank."
    ]


def test_names_serve_where_there_is_no_column_of_numbers(tmp_path: Path) -> None:
    for tables in (True, False):
        done = rescored(
            tmp_path / f"{tables}.xlsx",
            customers=[row[1:] for row in CUSTOMERS],
            customers_header=CUSTOMERS_HEADER[1:],
            tables=tables,
        )
        assert set(done.analysis.customers["customer_id"]) == {row[1] for row in CUSTOMERS}


def test_an_odd_number_among_levels_is_quoted_alone(tmp_path: Path) -> None:
    criteria = [list(row) for row in CRITERIA]
    criteria[0][4:8] = ["steps", None, None, "0=0; 1,000=50"]
    done = rescored(tmp_path / "book.xlsx", criteria=criteria)
    assert [p.message() for p in done.problems] == [
        "Sheet Criteria, row 2, column Levels: “1,000” among the levels was read as 1000; it could "
        "also mean 1: write it without a thousands separator."
    ]


def test_a_settings_row_without_a_name_is_ignored_in_plain_words(tmp_path: Path) -> None:
    done = rescored(tmp_path / "book.xlsx", settings=[(None, 5)])
    assert [p.message() for p in done.problems] == [
        "Sheet Settings, row 2, column Setting: this row names no setting and was ignored; name "
        "one, or empty the row."
    ]


@pytest.mark.parametrize("cell", [-4, 1e7, 1.5e308])
def test_impossible_visits_and_hours_are_missing_and_named(cell: float, tmp_path: Path) -> None:
    done = rescored(
        tmp_path / "book.xlsx",
        customers_header=(*CUSTOMERS_HEADER, "Hours now"),
        customers=[(*row, cell) for row in CUSTOMERS],
        strategies=[("star", None, "Keep", None, 6, cell, None)],
    )
    named = [(p.sheet, p.column) for p in done.problems if "no possible number" in p.message()]
    assert named == [*[("Customers", "Hours now")] * 5, ("Strategies", "Hours per visit")]
    assert "enter a number from 0 to 1000000" in done.problems[0].message()
    assert done.analysis.customers["hours_now"].isna().all()
    assert np.isnan(done.run.advice.numbers.plan.asked).all()


def test_changeable_and_role_are_read_in_both_languages_and_odd_ones_are_named(
    tmp_path: Path,
) -> None:
    header = (*CRITERIA_HEADER, "veränderbar", "Role")
    cells = [(True, " Umsatz"), ("Ja", "share_of_wallet"), ("perhaps", "turnover"), (0, "size")]
    criteria_rows = [(*row, *extra) for row, extra in zip(CRITERIA, cells, strict=True)]
    done = rescored(tmp_path / "book.xlsx", criteria=criteria_rows, criteria_header=header)
    criteria = done.analysis.model.criteria
    assert [c.changeable for c in criteria] == [True, True, False, False]
    assert [c.role for c in criteria] == ["turnover", "wallet", None, None]
    assert described(done.problems)[:3] == [
        ("warning", "Criteria", 4, "veränderbar", "L4", "perhaps"),
        ("warning", "Criteria", 4, "Role", "M4", "turnover"),
        ("warning", "Criteria", 5, "Role", "M5", "size"),
    ]
    messages = [problem.message() for problem in done.problems[:3]]
    assert "allowed: yes, no, or blank for no" in messages[0]
    assert "the criterion “Turnover” already has the role “turnover”" in messages[1]
    assert "allowed: turnover, margin, growth" in messages[2]
