"""The functions for cells: the same numbers as the analysis, and words instead of exceptions."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS, CUSTOMERS_HEADER

from xlportfolio import analyse
from xlportfolio.excel.functions import KP_EXPLAIN, KP_QUADRANT, KP_SCORE, KP_SCORECARD
from xlportfolio.schema import interpret
from xlportfolio.schema.contract import CRITERIA as CRITERIA_TABLE
from xlportfolio.schema.contract import CUSTOMERS as CUSTOMERS_TABLE
from xlportfolio.schema.contract import RawTable

Block = list[list[Any]]

CUSTOMER_BLOCK: Block = [list(CUSTOMERS_HEADER), *map(list, CUSTOMERS)]
CRITERIA_BLOCK: Block = [list(CRITERIA_HEADER), *map(list, CRITERIA)]


def changed(block: Block, row: int, column: int, cell: object) -> Block:
    copy = [list(line) for line in block]
    copy[row][column] = cell
    return copy


def analysed() -> Any:
    tables = {
        table.name: RawTable(table, table.name, 1, 1, block[0], block[1:])
        for table, block in ((CUSTOMERS_TABLE, CUSTOMER_BLOCK), (CRITERIA_TABLE, CRITERIA_BLOCK))
    }
    given = interpret(tables)
    return analyse(given.customers, given.model)


def test_the_scorecard_has_the_numbers_of_the_analysis_in_the_order_of_the_customers() -> None:
    analysis = analysed()
    header, *rows = KP_SCORECARD(CUSTOMER_BLOCK, CRITERIA_BLOCK)
    assert header == [
        "Customer ID",
        "Customer",
        "Value score",
        "Benefit score",
        "Total score",
        "Rank",
        "Type",
        "ABC",
    ]
    assert [row[0] for row in rows] == ["1", "2", "3", "4", "5"]
    for row in rows:
        expected = analysis.customers.set_index("customer_id").loc[row[0]]
        for cell, key in zip(row[2:6], ("value", "benefit", "total"), strict=False):
            number = expected[f"{key}_score"]
            assert cell is None if np.isnan(number) else cell == number
        assert row[7] == (expected["abc_class"] or None)


def test_the_scorecard_keeps_empty_rows_where_they_are() -> None:
    block = [CUSTOMER_BLOCK[0], [None] * 7, *CUSTOMER_BLOCK[1:], [None] * 7]
    rows = KP_SCORECARD(block, CRITERIA_BLOCK)[1:]
    assert rows[0] == rows[-1] == [None] * 8
    assert rows[1:-1] == KP_SCORECARD(CUSTOMER_BLOCK, CRITERIA_BLOCK)[1:]


def test_the_scorecard_speaks_the_language_of_the_settings() -> None:
    settings: Block = [["Setting", "Value"], ["language", "de"], ["value_threshold", 99.9]]
    header, first, *_ = KP_SCORECARD(CUSTOMER_BLOCK, CRITERIA_BLOCK, settings)
    assert header[6] == "Kundentyp"
    assert first[6] == "Trittbrettfahrer"
    assert KP_SCORECARD(CUSTOMER_BLOCK, CRITERIA_BLOCK)[1][6] == "Star"


@pytest.mark.parametrize("axis", ["value", "benefit"])
@pytest.mark.parametrize("customer", range(4))
def test_one_score_equals_that_of_the_whole_portfolio(axis: str, customer: int) -> None:
    expected = analysed().customers.set_index("customer_id").loc[str(customer + 1)]
    row = CUSTOMER_BLOCK[customer + 1]
    assert KP_SCORE([CUSTOMER_BLOCK[0]], [row], CRITERIA_BLOCK, axis) == expected[f"{axis}_score"]
    down = [[cell] for cell in CUSTOMER_BLOCK[0]], [[cell] for cell in row]
    assert KP_SCORE(*down, CRITERIA_BLOCK, axis) == expected[f"{axis}_score"]


def test_one_score_needs_only_the_criteria_of_its_axis() -> None:
    assert KP_SCORE([["Turnover", "Growth"]], [[1000, 0.5]], CRITERIA_BLOCK, "Wert") == 100
    assert KP_SCORE([["Turnover", "Growth"]], [[1000, None]], CRITERIA_BLOCK, "value") == 100
    assert KP_SCORE([["Turnover", "Growth"]], [[None, "?"]], CRITERIA_BLOCK, "value") is None
    unbounded = changed(CRITERIA_BLOCK, 4, 5, None)
    assert KP_SCORE([["Turnover", "Growth"]], [[1000, 0.5]], unbounded, "value") == 100


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (
            KP_SCORE([["Turnover"]], [[1, 2]], CRITERIA_BLOCK, "value"),
            "measures: the range has 1 x 2 cells (rows x columns), but headers has 1 x 1;",
        ),
        (
            KP_SCORE([["Turnover"]], [[1]], CRITERIA_BLOCK, "Umsatz"),
            "axis: “Umsatz” is not an axis",
        ),
        (KP_SCORE([["Turnover"]], [[1]], CRITERIA_BLOCK, None), "axis: “(blank)” is not an axis"),
        (
            KP_SCORE([["Turnover"]], [[1]], CRITERIA_BLOCK, "value"),
            "criteria, row 3 of the range: the range headers does not name “Growth”; pass it",
        ),
        (
            KP_SCORE(
                [["Turnover", "Growth"]], [[1, 1]], changed(CRITERIA_BLOCK, 1, 6, None), "value"
            ),
            "criteria, row 2 of the range: the criterion “Turnover” has no low or no high",
        ),
        (
            KP_SCORECARD(CUSTOMER_BLOCK, changed(CRITERIA_BLOCK, 2, 1, "profit")),
            "criteria, row 3 of the range, column Axis: “profit” is not an axis",
        ),
        (
            KP_SCORECARD([["No", "Turnover", "Growth", "Fit", "Visits"]], CRITERIA_BLOCK),
            "#KP! customers: the column Customer ID (German: Kundennummer) is missing; pass",
        ),
        (
            KP_EXPLAIN(99, CUSTOMER_BLOCK, CRITERIA_BLOCK),
            "customer_id: there is no customer with the number or name “99”",
        ),
        (KP_EXPLAIN(None, CUSTOMER_BLOCK, CRITERIA_BLOCK), "number or name “(blank)”"),
        (
            KP_EXPLAIN(None, [*CUSTOMER_BLOCK, [None] * 3 + [1, 0, "low", 10]], CRITERIA_BLOCK),
            "number or name “(blank)”",
        ),
        (KP_QUADRANT([[1, 2]], [[1, 2, 3]]), "benefit_score: the range has 1 x 3 cells"),
        (
            KP_QUADRANT([[1, 2]], [[1], [2]]),
            "has 2 x 1 cells (rows x columns), but value_score has 1 x 2",
        ),
        (KP_QUADRANT([[1]], [[1]], "mean"), "value_threshold: “mean” is not a threshold"),
        (KP_QUADRANT([[1]], [[1]], 500.5), "value_threshold: “500.5” is not a threshold"),
        (KP_QUADRANT([[1]], [[1]], language="fr"), "language: “fr” is not a language"),
        (KP_SCORECARD(None, CRITERIA_BLOCK), "customers: nothing was passed, or only blank cells;"),
        (KP_SCORE([["Turnover"]], [[1]], None, "value"), "criteria: nothing was passed"),
        (KP_SCORECARD(5, CRITERIA_BLOCK), "Something went wrong that should not"),
    ],
)
def test_what_is_wrong_is_said_in_words(answer: object, expected: str) -> None:
    assert isinstance(answer, str)
    assert answer.startswith("#KP! ")
    assert expected in answer


@pytest.mark.parametrize(
    ("value", "benefit", "english", "german"),
    [
        (50.0, 50.0, "Star", "Star"),
        (50.0, 49.9, "Question mark", "Fragezeichen"),
        (49.9, 50.0, "Free rider", "Trittbrettfahrer"),
        (49.9, 49.9, "Poor dog", "Armer Hund"),
        (None, 50.0, None, None),
        (50.0, "?", None, None),
        (True, 50.0, None, None),
    ],
)
def test_types_by_the_thresholds_design_scoring(
    value: object, benefit: object, english: object, german: object
) -> None:
    assert KP_QUADRANT([[value]], [[benefit]]) == [[english]]
    assert KP_QUADRANT([[value]], [[benefit]], None, None, "de") == [[german]]


def test_types_of_a_row_stand_in_a_row_and_of_a_column_in_a_column() -> None:
    assert KP_QUADRANT([[60, 40]], [[60, 40]]) == [["Star", "Poor dog"]]
    assert KP_QUADRANT([[60], [40]], [[60], [40]]) == [["Star"], ["Poor dog"]]
    assert KP_QUADRANT([[60]], [[60]], 60.1, 60) == [["Free rider"]]
    assert KP_QUADRANT([[0]], [[99]], 0, 100) == [["Question mark"]]


def test_an_explanation_adds_up_to_the_scores() -> None:
    analysis = analysed()
    header, *rows = KP_EXPLAIN("3", CUSTOMER_BLOCK, CRITERIA_BLOCK)
    assert header == ["Criterion", "Measure", "Value", "Weight", "Contribution"]
    assert [row[0] for row in rows] == ["Turnover", "Growth", "Fit", "Visits"]
    assert [row[1] for row in rows] == [100.0, -0.3, "high", 1.0]
    third = analysis.customers.set_index("customer_id").loc["3"]
    assert rows[0][4] + rows[1][4] == pytest.approx(third["value_score"], abs=1e-12)
    assert rows[2][4] + rows[3][4] == pytest.approx(third["benefit_score"], abs=1e-12)


def test_explanations_and_faults_speak_the_language_of_the_settings() -> None:
    settings: Block = [["Setting", "Value"], ["language", "de"]]
    header, *_ = KP_EXPLAIN(1, CUSTOMER_BLOCK, CRITERIA_BLOCK, settings)
    assert header == ["Kriterium", "Messwert", "Punkte", "Gewicht", "Beitrag"]
    answer = KP_SCORECARD(CUSTOMER_BLOCK, changed(CRITERIA_BLOCK, 1, 2, -1), settings)
    assert (
        "#KP! criteria, Zeile 2 des Bereichs, Spalte Weight: Ein Gewicht kann nicht „-1“ sein"
        in answer
    )


def test_an_explanation_leaves_blank_what_does_not_count() -> None:
    rows = KP_EXPLAIN(5, CUSTOMER_BLOCK, CRITERIA_BLOCK)[1:]
    assert rows[0] == ["Turnover", None, None, 50.0, None]
    assert rows[3] == ["Visits", None, None, 30.0, None]
    assert all(type(cell) in {str, float, type(None)} for row in rows for cell in row)


def test_cells_in_a_currency_format_are_numbers() -> None:
    """They arrive as decimals."""
    block = changed(CUSTOMER_BLOCK, 1, 3, Decimal("900.0000"))
    assert KP_SCORECARD(block, CRITERIA_BLOCK) == KP_SCORECARD(CUSTOMER_BLOCK, CRITERIA_BLOCK)
    one = KP_SCORE([["Turnover", "Growth"]], [[Decimal(500), 0.5]], CRITERIA_BLOCK, "value")
    assert one == KP_SCORE([["Turnover", "Growth"]], [[500, 0.5]], CRITERIA_BLOCK, "value")
    assert KP_QUADRANT([[Decimal(60)]], [[60]], Decimal(50)) == [["Star"]]
    assert KP_QUADRANT([[60]], [[60]], benefit_threshold=Decimal(61)) == [["Question mark"]]


def test_one_score_reads_texts_as_the_whole_portfolio_does() -> None:
    """1.234 is a thousand and more in German, about one in English."""
    rows = [
        ["Umsatz", "Wert", 1, "Stufen", "0=0; 100.000=30; 300.000=80"],
        ["Nähe", "Nutzen", 1, "linear", None],
    ]
    criteria: Block = [
        ["Kriterium", "Achse", "Gewicht", "Skala", "Stufen", "von", "bis"],
        *([*row, 0, 1] for row in rows),
    ]
    customers: Block = [["Kundennummer", "Umsatz", "Nähe"], [1, "214.000", 0.5], [2, 50, 0.1]]
    expected = KP_SCORECARD(customers, criteria)[1][2]
    assert expected == 30
    assert KP_SCORE([customers[0]], [customers[1]], criteria, "Wert") == expected


def test_an_explanation_is_that_of_the_first_row_with_a_number() -> None:
    block = [*CUSTOMER_BLOCK, [1, "Again", "Customer", 1, 0, "low", 10]]
    assert KP_EXPLAIN(1, block, CRITERIA_BLOCK) == KP_EXPLAIN(1, CUSTOMER_BLOCK, CRITERIA_BLOCK)


def test_what_is_said_is_an_error_not_a_warning_before_it() -> None:
    block = changed(CUSTOMER_BLOCK, 2, 2, "Stranger")
    answer = KP_SCORECARD(block, changed(CRITERIA_BLOCK, 4, 2, -1))
    assert "a weight cannot be “-1”" in answer
