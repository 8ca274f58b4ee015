"""The functions for cells: the same numbers as the analysis, and words instead of exceptions."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS, CUSTOMERS_HEADER

from xlportfolio import analyse
from xlportfolio.excel import arguments, single
from xlportfolio.excel.functions import (
    KP_ABC,
    KP_AHP_CONSISTENCY,
    KP_AHP_WEIGHTS,
    KP_EXPLAIN,
    KP_QUADRANT,
    KP_SCORE,
    KP_SCORECARD,
    KP_SHARE_OF_WALLET,
    KP_STRATEGY,
    KP_VALUE,
    KP_WEIGHTED_SCORE,
)
from xlportfolio.schema import interpret
from xlportfolio.schema.contract import CRITERIA as CRITERIA_TABLE
from xlportfolio.schema.contract import CUSTOMERS as CUSTOMERS_TABLE
from xlportfolio.schema.contract import RawTable
from xlportfolio.schema.criteria import _Reader

Block = list[list[Any]]

CUSTOMER_BLOCK: Block = [list(CUSTOMERS_HEADER), *map(list, CUSTOMERS)]
CRITERIA_BLOCK: Block = [list(CRITERIA_HEADER), *map(list, CRITERIA)]


def changed(block: Block, row: int, column: int, cell: object) -> Block:
    copy = [list(line) for line in block]
    copy[row][column] = cell
    return copy


def analysed() -> Any:
    tables = {
        table.name: RawTable.of_rows(table, table.name, 1, 1, block[0], block[1:])
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
            "#KP! customers: the column Customer ID / Kundennummer",
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
        (KP_QUADRANT([[1]], [[1]], language="it"), "language: “it” is not a language"),
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


# --- languages ------------------------------------------------------------------------------------

#: Of a text, 61.7 in German, next to nothing in English.
THOUSANDS: Block = [
    ["Criterion", "Axis", "Weight", "Low", "High"],
    ["Turnover", "value", 1, 0, 2000],
    ["Share", "benefit", 1, 0, 1],
]
GERMAN_THOUSANDS: Block = [["Kriterium", "Achse", "Gewicht", "von", "bis"], *THOUSANDS[1:]]


@pytest.mark.parametrize("criteria", [THOUSANDS, GERMAN_THOUSANDS])
@pytest.mark.parametrize(
    "header",
    [
        ["Customer ID", "Customer", "Turnover", "Share"],
        ["Kundennummer", "Kunde", "Turnover", "Share"],
        ["Customer ID", "Kunde", "Turnover", "Share"],
    ],
)
def test_one_score_reads_texts_in_the_language_of_the_customers(
    criteria: Block, header: list[Any]
) -> None:
    customer = [7, "Alpha", "1.234", 0.5]
    expected = KP_SCORECARD([header, customer], criteria)[1][2]
    assert expected == pytest.approx(61.7 if header[0] == "Kundennummer" else 0.0617)
    assert KP_SCORE([header], [customer], criteria, "value") == expected


@pytest.mark.parametrize(("criteria", "expected"), [(THOUSANDS, 0.0617), (GERMAN_THOUSANDS, 61.7)])
def test_without_customers_headers_the_criteria_decide_on_the_language(
    criteria: Block, expected: float
) -> None:
    for header in (["Turnover"], ["Status", "Turnover"]):
        measures: list[Any] = [None, "1.234"][-len(header) :]
        assert KP_SCORE([header], [measures], criteria, "value") == pytest.approx(expected)
    assert KP_VALUE([["1.234"]], "Turnover", criteria) == [[pytest.approx(expected)]]


# --- what is wrong: the cause, once, and not at length --------------------------------------------


@pytest.mark.parametrize("other", [(2, 1, "profit"), (1, 2, 0)])
def test_the_cause_is_said_not_the_consequence(other: tuple[int, int, object]) -> None:
    """No criterion is left on the axis, or none with a weight: that is true of the table as well."""
    wrong = changed(changed(CRITERIA_BLOCK, *other), 2, 1, "profit")
    if other[0] == 2:
        wrong = changed(wrong, 1, 1, "profit")
    for answer in (
        KP_SCORE([["Turnover", "Growth"]], [[1, 1]], wrong, "value"),
        KP_SCORECARD(CUSTOMER_BLOCK, wrong),
    ):
        assert re.match("#KP! criteria, row [23] of the range, column Axis: “profit” is", answer)


def test_a_missing_column_is_the_cause_of_what_is_not_found() -> None:
    block = [["No", *CUSTOMER_BLOCK[0][3:6]], *([row[0], *row[3:6]] for row in CUSTOMER_BLOCK[1:])]
    answer = KP_SCORECARD(block, CRITERIA_BLOCK)  # it lacks Visits too
    assert answer.startswith("#KP! customers: the column Customer ID ")


def test_a_warning_is_not_what_stops() -> None:
    settings: Block = [["Setting", "Value"], ["strange", 7]]
    weightless = changed(changed(CRITERIA_BLOCK, 1, 2, 0), 2, 2, 0)
    answer = KP_SCORECARD(CUSTOMER_BLOCK, weightless, settings)
    assert answer.startswith("#KP! criteria: All criteria of the value axis have the weight 0;")


@pytest.mark.parametrize(
    "answer",
    [
        KP_SCORE([["Turnover"]], [[1]], CRITERIA_BLOCK, [["value"] * 100] * 200),
        KP_SCORE([["Turnover"]], [[1]], CRITERIA_BLOCK, "value" * 6000),
        KP_VALUE([[1]], "x" * 30_000, CRITERIA_BLOCK),
        KP_VALUE(
            [[1]],
            "x",
            [
                CRITERIA_BLOCK[0],
                *(["n" * 30_000 + str(k), *CRITERIA_BLOCK[k][1:]] for k in range(1, 5)),
            ],
        ),
        KP_QUADRANT([[1]], [[1]], "5" * 30_000),
        KP_QUADRANT([[1]], [[1]], [1.0, 2.0]),
        KP_ABC([[1]], "much" * 9000),
        KP_STRATEGY([["Star" * 9000]])[0][0],
        KP_STRATEGY([["Star"]], [["friend" * 9000]])[0][0],
        KP_EXPLAIN("7" * 30_000, CUSTOMER_BLOCK, CRITERIA_BLOCK),
        KP_SCORECARD(CUSTOMER_BLOCK, changed(CRITERIA_BLOCK, 1, 0, "T" * 30_000)),
        KP_SCORECARD(CUSTOMER_BLOCK, changed(CRITERIA_BLOCK, 3, 7, "levels" * 5000)),
        KP_SCORECARD("x" * 30_000, CRITERIA_BLOCK),
    ],
)
def test_what_is_quoted_is_cut(answer: str) -> None:
    assert answer.startswith("#KP! ")
    assert len(answer) < 700
    assert "[" not in answer


@pytest.mark.parametrize(
    ("language", "answer", "expected"),
    [
        ("en_GB", lambda: KP_SCORE([["Turnover"]], [[1]], CRITERIA_BLOCK, True), "axis: “TRUE” is"),
        (
            "de_DE",
            lambda: KP_SCORE([["Turnover"]], [[1]], CRITERIA_BLOCK, True),
            "axis: „WAHR“ ist",
        ),
        ("de_DE", lambda: KP_QUADRANT([[1]], [[1]], True), "value_threshold: „WAHR“ ist keine"),
        ("de_DE", lambda: KP_QUADRANT([[1]], [[1]], 500.5), "value_threshold: „500,5“ ist keine"),
        ("de_DE", lambda: KP_ABC([[1]], None, 70.5), "a: 80 Prozent für A (weggelassen: 80) sind"),
        ("de_DE", lambda: KP_ABC([[1]], -0.5), "a: „-0,5“ ist keine Prozentzahl;"),
        (
            "de_DE",
            lambda: KP_QUADRANT([[1, 2]], [[1], [2]]),
            "benefit_score: Der Bereich hat 2 x 1 Zellen (Zeilen x Spalten), aber value_score hat 1",
        ),
        (
            "de_DE",
            lambda: KP_WEIGHTED_SCORE([[1, 2], [3, 150.5]], [[1, 1]])[1][0],
            "values, Zeile 2 des Bereichs, Spalte 2: „150,5“ ist kein Wert von 0 bis 100;",
        ),
        ("de_DE", lambda: KP_SCORECARD(None, CRITERIA_BLOCK), "customers: Es wurde nichts"),
    ],
)
def test_faults_of_arguments_speak_the_language_of_the_system(
    language: str, answer: Any, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", language)
    assert answer().startswith(f"#KP! {expected}")


# --- what is kept ---------------------------------------------------------------------------------


def fresh(block: Block, weight: object) -> Block:
    """Equal cells in other objects, with a weight that no other test has."""
    return [list(line) for line in changed(block, 1, 2, weight)]


@pytest.mark.parametrize(
    ("criteria", "weight"),
    [
        (CRITERIA_BLOCK, 51.25),
        (changed(CRITERIA_BLOCK, 1, 1, "profit"), 51.5),
        (changed(CRITERIA_BLOCK, 1, 6, None), 51.75),
    ],
    ids=["faultless", "faulty", "unbounded"],
)
def test_the_same_criteria_are_prepared_once(
    criteria: Block, weight: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared: list[str] = []

    def counted(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def wrapped(*arguments: Any) -> Any:
            prepared.append(name)
            return original(*arguments)

        monkeypatch.setattr(owner, name, wrapped)

    counted(_Reader, "criterion")
    counted(single, "Yardstick")
    counted(single, "Grid")
    counted(arguments, "raw_table")

    def answers() -> list[Any]:
        again = fresh(criteria, weight)
        return [
            KP_SCORE([["Turnover", "Growth"]], [[1.0, 0.1]], again, "value"),
            KP_VALUE([[1.0]], "Turnover", again),
        ]

    known = answers()
    assert "criterion" in prepared
    prepared.clear()
    assert answers() == known
    assert prepared == []
    KP_SCORECARD(CUSTOMER_BLOCK, fresh(criteria, weight))
    assert "criterion" not in prepared


def test_cells_that_are_equal_but_not_the_same_are_told_apart() -> None:
    """1, 1.0 and TRUE are equal to Python; TRUE is no weight."""
    names, measures = [["Turnover", "Growth"]], [[900.0, 0.4]]
    for weight, is_weight in ((1.0, True), (True, False), (1, True), (True, False)):
        criteria = changed(CRITERIA_BLOCK, 1, 2, weight)
        for answer in (
            KP_SCORE(names, measures, criteria, "value"),
            KP_VALUE([[900.0]], "Turnover", criteria),
            KP_SCORECARD(CUSTOMER_BLOCK, criteria),
        ):
            assert ("“TRUE” is not a weight" in str(answer)) is not is_weight
    for header, expected in (([1.0, "Growth"], 90), ([True, "Growth"], None)):
        criteria = changed(CRITERIA_BLOCK, 1, 0, 1.0)
        answer = KP_SCORE([header], [[900.0, 0.4]], criteria, "value")
        assert answer == expected or (expected is None and answer.startswith("#KP! "))


def test_a_table_that_somebody_changes_is_read_anew() -> None:
    rows = [list(line) for line in CRITERIA_BLOCK[1:]]
    for weight in (50.0, 5000.0):
        rows[0][2] = weight
        tables = {
            table.name: RawTable.of_rows(table, table.name, 1, 1, header, lines)
            for table, header, lines in (
                (CRITERIA_TABLE, CRITERIA_BLOCK[0], rows),
                (CUSTOMERS_TABLE, CUSTOMER_BLOCK[0], CUSTOMER_BLOCK[1:]),
            )
        }
        assert interpret(tables).model.criteria[0].weight == weight


# --- names, days and single cells -----------------------------------------------------------------


def test_a_criterion_may_be_named_by_a_number() -> None:
    criteria: Block = [THOUSANDS[0], [2024.0, "value", 1, 0, 100], [2025.0, "benefit", 1, 0, 1]]
    header, customer = ["Customer ID", 2024.0, 2025.0], [7.0, 80.0, 0.5]
    expected = KP_SCORECARD([header, customer], criteria)[1][2]
    assert expected == 80
    assert KP_SCORE([header], [customer], criteria, "value") == expected
    assert KP_SCORE([["2024", "2025"]], [[80, 0.5]], criteria, "value") == expected
    assert KP_VALUE([[80]], 2024.0, criteria) == KP_VALUE([[80]], "2024", criteria) == [[80]]


def test_of_equal_headers_the_first_counts() -> None:
    header, customer = [*CUSTOMER_BLOCK[0], "Turnover"], [*CUSTOMER_BLOCK[1], 0.0]
    expected = KP_SCORECARD([header, customer], CRITERIA_BLOCK)[1][2]
    assert KP_SCORE([header], [customer], CRITERIA_BLOCK, "value") == expected == 90


def test_a_day_may_be_the_number_of_a_customer() -> None:
    day = dt.datetime(2026, 1, 2, tzinfo=dt.UTC)
    block = changed(CUSTOMER_BLOCK, 1, 0, day)
    assert KP_SCORECARD(block, CRITERIA_BLOCK)[1][0] == "2026-01-02"
    expected = KP_EXPLAIN(1, CUSTOMER_BLOCK, CRITERIA_BLOCK)
    for asked in (day, day.date(), "2026-01-02"):
        assert KP_EXPLAIN(asked, block, CRITERIA_BLOCK) == expected


@pytest.mark.parametrize(
    "word", ["not rated", "NOT RATED", "Not rated", "not_rated", "nicht bewertet", "Nicht bewertet"]
)
def test_who_is_not_rated_has_no_strategy(word: str) -> None:
    assert KP_STRATEGY([[word], ["star"]], None, "de") == [[None], ["Halten und ausbauen"]]


def test_one_cell_stands_for_all() -> None:
    assert KP_QUADRANT([[60], [40]], [[50]]) == [["Star"], ["Free rider"]]
    assert KP_QUADRANT([[60]], [[50, 40]]) == [["Star", "Question mark"]]
    assert KP_SHARE_OF_WALLET([[30, 60]], [[120]]) == [[0.25, 0.5]]
    assert KP_SHARE_OF_WALLET([[30]], [[120], [60]]) == [[0.25], [0.5]]
    assert KP_STRATEGY([["star", "poor_dog"]], [["Wunschkunde"]]) == [["Win", "Do not pursue"]]
    assert KP_STRATEGY([["star"]], [["Kunde", "Wunschkunde"]]) == [["Keep and deepen", "Win"]]


def test_a_share_that_no_cell_can_hold_is_empty() -> None:
    assert KP_SHARE_OF_WALLET([[1e308, 1.0]], [[1e-308, 2.0]]) == [[None, 0.5]]


def test_weights_of_a_square_go_along_or_down() -> None:
    values = [[80.0, 20.0], [40.0, 60.0]]
    assert KP_WEIGHTED_SCORE(values, [[3, 1]]) == [[65.0], [45.0]]
    assert KP_WEIGHTED_SCORE(values, [[3], [1]]) == [[70.0, 30.0]]
    assert KP_WEIGHTED_SCORE([[80], [20]], [[3], [1]]) == [[65.0]]
    assert KP_WEIGHTED_SCORE(values, [[1, 1], [1, 1]]).startswith(
        "#KP! weights: the range has 2 x 2"
    )


def test_what_is_no_value_spoils_only_its_own_score() -> None:
    wrong = "#KP! values, row {}, column {}: “150” is not a value of 0 to 100;"
    (first,), (second,) = KP_WEIGHTED_SCORE([[80, 20], [10, 150]], [[3, 1]])
    assert (first, second[: second.index(";") + 1]) == (65, wrong.format("2 of the range", 2))
    ((first, second),) = KP_WEIGHTED_SCORE([[80, 150], [20, 30]], [[3], [1]])
    assert (first, second[: second.index(";") + 1]) == (65, wrong.format("1 of the range", 2))
    (below,), _ = KP_WEIGHTED_SCORE([[-1, 20], [10, 15]], [[3, 1]])
    assert "row 1 of the range, column 1: “-1” is not a value" in below


def test_pairwise_comparisons_that_cannot_be_used_say_so() -> None:
    many = np.ones((11, 11)).tolist()
    assert KP_AHP_WEIGHTS(many) == [[pytest.approx(1 / 11)]] * 11
    assert "for 11 criteria, for 10 at most" in KP_AHP_CONSISTENCY(many)
    ratios = [[weight / other for other in (0.6, 0.3, 0.04)] for weight in (0.6, 0.3, 0.04)]
    assert max(map(max, ratios)) > 9
    assert KP_AHP_CONSISTENCY(ratios) == pytest.approx(0, abs=1e-9)
    assert "row 2, column 2 of the pairwise comparison is 2, but each" in KP_AHP_WEIGHTS(
        [[1, 3], [None, 2]]
    )
