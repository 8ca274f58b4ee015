"""The functions as Excel calls them: through xlwings' own Windows code, over stand-ins for COM."""

from __future__ import annotations

import datetime as dt
import inspect
import os
import pickle
import re
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest
from support import udf_calls
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS, CUSTOMERS_HEADER
from support.udf_calls import MISSING

import xlportfolio
from xlportfolio import PortfolioAnalysis, analyse
from xlportfolio.excel import functions
from xlportfolio.locale import texts
from xlportfolio.schema import CellError, RawTable, contract, interpret
from xlportfolio.strategies import standard_strategies
from xlportfolio.template.macros import functions_module, udfs

FUNCTIONS = {
    "KP_SCORE",
    "KP_VALUE",
    "KP_WEIGHTED_SCORE",
    "KP_QUADRANT",
    "KP_SCORECARD",
    "KP_RANK",
    "KP_ABC",
    "KP_EXPLAIN",
    "KP_MOVEMENT",
    "KP_STRATEGY",
    "KP_SHARE_OF_WALLET",
    "KP_AHP_WEIGHTS",
    "KP_AHP_CONSISTENCY",
    "KP_ROC_WEIGHTS",
    "KP_RANK_SUM_WEIGHTS",
    "KP_SWING_WEIGHTS",
    "KP_ENTROPY_WEIGHTS",
    "KP_CRITIC_WEIGHTS",
    "KP_TOPSIS",
}
DIVISION, NOT_AVAILABLE = -2146826281, -2146826246  # as COM hands over #DIV/0! and #N/A
SPILL, CALC, GETTING_DATA = -2146826243, -2146826238, -2146826245  # of which xlwings knows nothing
A_DAY = dt.datetime(2026, 1, 31, tzinfo=dt.UTC)
A_TIME = dt.datetime(1899, 12, 30, 3, 4, tzinfo=dt.UTC)
#: What is no number in a cell where one belongs.
NO_NUMBERS = (
    *(None, "", "?", True, DIVISION, NOT_AVAILABLE),
    *(SPILL, CALC, GETTING_DATA, A_DAY, A_TIME),
)

Cells = tuple[tuple[Any, ...], ...]


# --- what Excel hands over ----------------------------------------------------------------------


def cells(*rows: Any) -> Cells:
    """Rows as COM hands them over: a cell holds no whole numbers, only floats."""
    return tuple(tuple(float(c) if type(c) is int else c for c in row) for row in rows)


def row(*found: Any) -> Cells:
    return (found,)


def column(*found: Any) -> Cells:
    return tuple((cell,) for cell in found)


def changed(block: Cells, at: tuple[int, int], cell: Any) -> Cells:
    copy = [list(line) for line in block]
    copy[at[0]][at[1]] = cell
    return tuple(map(tuple, copy))


CUSTOMER_CELLS = cells(CUSTOMERS_HEADER, *CUSTOMERS)
CRITERIA_CELLS = cells(CRITERIA_HEADER, *CRITERIA)
SETTINGS = cells(("Setting", "Value"), ("language", "de"), ("abc_a", 40), ("top_labels", None))
UNBOUNDED = changed(CRITERIA_CELLS, (1, 6), None)
WEIGHTLESS = changed(changed(CRITERIA_CELLS, (1, 2), 0.0), (2, 2), 0.0)


class Call(NamedTuple):
    """A formula: a function and its arguments."""

    name: str
    arguments: tuple[Any, ...]


#: All calls of this module, which one process answers.
CALLS: list[Call] = []


def call(name: str, *arguments: Any) -> Call:
    CALLS.append(Call(name, arguments))
    return CALLS[-1]


class Excel:
    """What came of all the calls."""

    def __init__(self, answered: dict[str, Any]) -> None:
        self.module: str = answered["module"]
        self.help: dict[str, dict[str, Any]] = answered["help"]
        self.pro: set[str] = answered["pro"]
        self.options: dict[str, dict[str, tuple[int | None, bool]]] = answered["options"]
        self._answers = answered["answers"]

    def __call__(self, asked: Call) -> list[list[Any]]:
        """The cells that Excel gets: the same for ranges as for their values."""
        position = next(i for i, known in enumerate(CALLS) if known is asked)
        of_values, of_ranges = self._answers[position]
        for answer in (of_values, of_ranges):
            assert isinstance(answer, list), answer["raised"]
        assert of_values == of_ranges
        return list(of_values)


@pytest.fixture(scope="module")
def excel(tmp_path_factory: pytest.TempPathFactory) -> Excel:
    home = str(tmp_path_factory.mktemp("home"))  # where xlwings keeps its settings
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XLWINGS_")}
    done = subprocess.run(
        [sys.executable, udf_calls.__file__],
        input=pickle.dumps([tuple(asked) for asked in CALLS]),
        env={**kept, "HOME": home, "USERPROFILE": home},
        capture_output=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return Excel(pickle.loads(done.stdout))


def plain(block: list[list[Any]]) -> list[Any]:
    return [cell for line in block for cell in line]


def number(found: float) -> float | str:
    """A number as it goes back to Excel: an empty cell for none."""
    return "" if np.isnan(found) else float(found)


# --- the wrappers -------------------------------------------------------------------------------


def declared(module: str) -> dict[str, list[tuple[str, bool]]]:
    """By function, its arguments in order and whether each may be left out."""
    heads = re.findall(r"^(?:Public )?Function (\w+)\((.*?)\)", module, re.MULTILINE)
    argument = r"(Optional )?(?:ByVal )?(\w+)(?: As Variant)?"
    return {
        name: [
            (found.group(2), bool(found.group(1)))
            for part in arguments.split(", ")
            if (found := re.fullmatch(argument, part))
        ]
        for name, arguments in heads
    }


def passed(module: str) -> dict[str, set[str]]:
    """By function, what is passed on to Python."""
    found: dict[str, set[str]] = {}
    for name, arguments in re.findall(r'"(KP_\w+)", Array\((.*?)\)', module):
        found.setdefault(name, set()).add(arguments)
    return found


def test_the_functions_are_these() -> None:
    assert set(udfs()) == FUNCTIONS


def test_the_wrappers_of_xlwings_equal_those_of_the_workbook(excel: Excel) -> None:
    ours = functions_module()
    assert declared(excel.module) == declared(ours)
    assert passed(excel.module) == passed(ours)
    signatures = {
        name: [(p.name, p.default is not p.empty) for p in inspect.signature(f).parameters.values()]
        for name, f in udfs().items()
    }
    assert declared(ours) == signatures


def test_xlwings_tells_the_function_wizard_what_each_function_is_for(excel: Excel) -> None:
    assert set(excel.help) == set(udfs())
    for name, function in udfs().items():
        told = excel.help[name]
        summary = (inspect.getdoc(function) or "").partition("\n")[0]
        assert summary
        assert told["Description"].startswith(summary)


def test_no_licence_is_needed(excel: Excel) -> None:
    """The program that answers asserts besides that no key is set."""
    assert excel.pro == set()
    for path in Path(xlportfolio.__file__).parent.rglob("*"):
        if path.suffix in {".py", ".bas", ".cls"}:
            source = path.read_text(encoding="utf-8")
            assert not re.search(r"xlwings\.pro|from xlwings import .*\bpro\b|LICENSE_KEY", source)


# --- the numbers of the analysis ----------------------------------------------------------------


def analysed() -> PortfolioAnalysis:
    blocks = {contract.CUSTOMERS: CUSTOMER_CELLS, contract.CRITERIA: CRITERIA_CELLS}
    tables = {
        table.name: RawTable.of_rows(
            table, table.name, 1, 1, list(block[0]), list(map(list, block[1:]))
        )
        for table, block in blocks.items()
    }
    given = interpret(tables)
    return analyse(given.customers, given.model)


ANALYSIS = analysed()
RATED, VALUES, POINTS = (  # in the order of the customers' table
    frame.sort_index() for frame in (ANALYSIS.customers, ANALYSIS.values, ANALYSIS.contributions)
)
NAMES = [str(line[0]) for line in CRITERIA]
TURNOVER = [line[3] for line in CUSTOMER_CELLS[1:]]


SCORES = {
    (i, axis, direction): call(
        "KP_SCORE",
        direction(*CUSTOMER_CELLS[0]),
        direction(*CUSTOMER_CELLS[i + 1]),
        CRITERIA_CELLS,
        axis,
    )
    for i in range(len(CUSTOMERS))
    for axis in ("value", "benefit")
    for direction in (row, column)
}


@pytest.mark.parametrize("direction", [row, column])
@pytest.mark.parametrize("axis", ["value", "benefit"])
@pytest.mark.parametrize("i", range(len(CUSTOMERS)))
def test_a_score_is_that_of_the_analysis(excel: Excel, i: int, axis: str, direction: Any) -> None:
    expected = RATED[f"{axis}_score"].iloc[i]
    assert excel(SCORES[i, axis, direction]) == [[number(expected)]]


SINGLE_VALUES = {
    (i, k): call("KP_VALUE", CUSTOMER_CELLS[i + 1][3 + k], name, CRITERIA_CELLS)
    for i in range(len(CUSTOMERS))
    for k, name in enumerate(NAMES)
}


@pytest.mark.parametrize("k", range(len(CRITERIA)))
@pytest.mark.parametrize("i", range(len(CUSTOMERS)))
def test_a_value_is_that_of_the_analysis(excel: Excel, i: int, k: int) -> None:
    assert excel(SINGLE_VALUES[i, k]) == [[number(VALUES.iloc[i, k])]]


WEIGHTED = [
    call(
        "KP_WEIGHTED_SCORE",
        row(*(None if np.isnan(x) else x for x in map(float, VALUES.iloc[i, :2]))),
        row(50.0, 50.0),
    )
    for i in range(len(CUSTOMERS))
]


@pytest.mark.parametrize("i", range(len(CUSTOMERS)))
def test_values_and_weights_make_the_score_of_the_analysis(excel: Excel, i: int) -> None:
    expected = RATED["value_score"].iloc[i]
    assert excel(WEIGHTED[i]) == [[pytest.approx(expected, abs=1e-9)]]


TYPES = call(
    "KP_QUADRANT",
    column(*RATED["value_score"].tolist()),
    column(*RATED["benefit_score"].tolist()),
    MISSING,
    MISSING,
    MISSING,
)
RANKS = call("KP_RANK", column(*RATED["total_score"].tolist()))
CLASSES = call("KP_ABC", column(*TURNOVER), MISSING, MISSING)


def test_types_ranks_and_classes_are_those_of_the_analysis(excel: Excel) -> None:
    words = texts("en").branch("quadrants")
    assert plain(excel(TYPES)) == [words[key] for key in RATED["quadrant"]]
    assert plain(excel(RANKS)) == RATED["rank"].tolist()
    assert plain(excel(CLASSES)) == RATED["abc_class"].tolist()


SCORECARD = call("KP_SCORECARD", CUSTOMER_CELLS, CRITERIA_CELLS, MISSING)


def test_the_scorecard_is_that_of_the_analysis(excel: Excel) -> None:
    header, *rows = excel(SCORECARD)
    assert len(header) == 8
    for found, (_, expected) in zip(rows, RATED.iterrows(), strict=True):
        scores = [expected[f"{key}_score"] for key in ("value", "benefit", "total")]
        assert found[:2] == [expected["customer_id"], expected["customer"]]
        assert found[2:6] == [number(x) for x in (*scores, expected["rank"])]
        assert found[6] == texts("en")(f"quadrants.{expected['quadrant']}")
        assert found[7] == expected["abc_class"]


EXPLANATIONS = [
    call("KP_EXPLAIN", line[0], CUSTOMER_CELLS, CRITERIA_CELLS, MISSING)
    for line in CUSTOMER_CELLS[1:]
]


@pytest.mark.parametrize("i", range(len(CUSTOMERS)))
def test_an_explanation_is_that_of_the_analysis(excel: Excel, i: int) -> None:
    _, *rows = excel(EXPLANATIONS[i])
    values, contributions = ([*map(number, frame.iloc[i])] for frame in (VALUES, POINTS))
    assert [found[0] for found in rows] == NAMES
    assert [found[1] for found in rows] == [
        "" if cell is None else cell for cell in CUSTOMER_CELLS[i + 1][3:]
    ]
    assert [found[2] for found in rows] == values
    assert [found[3] for found in rows] == [line[2] for line in CRITERIA]
    assert [found[4] for found in rows] == contributions


STRATEGIES = {
    (quadrant, status, language): [
        call("KP_STRATEGY", word, state, language)
        for word in (quadrant, *(texts(key)(f"quadrants.{quadrant}") for key in ("en", "de")))
        for state in ((status, MISSING) if status == "customer" else (status, "Wunschkunde"))
    ]
    for quadrant in ("star", "question_mark", "free_rider", "poor_dog")
    for status in ("customer", "prospect")
    for language in ("en", "de")
}


HISTORY = cells(
    ("Date", "Customer ID", "Type", "Value score", "Benefit score", "Total score", "Rank"),
    (dt.datetime(2026, 3, 31, tzinfo=dt.UTC), 7, "Question mark", 60, 40, 50, 2),
    (dt.datetime(2026, 6, 30, tzinfo=dt.UTC), 7, "Star", 62, 55, 58.5, 1),
    (dt.datetime(2026, 6, 30, tzinfo=dt.UTC), 8, "Not rated", None, 5, None, None),
)
MOVED = call("KP_MOVEMENT", 7.0, HISTORY)
MOVED_EACH = call("KP_MOVEMENT", column(8.0, None, NOT_AVAILABLE, 7.0), HISTORY)


def test_a_movement_is_that_of_the_days_as_excel_hands_them_over(excel: Excel) -> None:
    header, moved = excel(MOVED)
    assert header[0] == "Since"
    assert moved[0] == dt.datetime(2026, 3, 31, tzinfo=dt.UTC)
    assert moved[1:] == ["Question mark", "Star", 2.0, 15.0, 8.5, 2.0, 1.0]
    _, new, blank, stranger, again = excel(MOVED_EACH)
    assert new[1:] == ["", "Not rated", "", "", "", "", ""]
    assert blank == [""] * 8
    assert stranger[0].startswith("#KP! customer_id: the history knows no customer")
    assert again == moved


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("status", ["customer", "prospect"])
@pytest.mark.parametrize("quadrant", ["star", "question_mark", "free_rider", "poor_dog"])
def test_the_strategy_of_a_type_goes_by_its_word_or_its_key(
    excel: Excel, quadrant: str, status: str, language: str
) -> None:
    (expected,) = (
        known.strategy
        for known in standard_strategies(language)
        if (known.quadrant, known.status) == (quadrant, status)
    )
    for asked in STRATEGIES[quadrant, status, language]:
        assert excel(asked) == [[expected]]


# --- published and small examples -----------------------------------------------------------------

# Wang and Chin 2011, as quoted for its weights and its consistency ratio
PAIRWISE = cells(
    (1, 4, 3, 1, 3, 4),
    (1 / 4, 1, 7, 3, 1 / 5, 1),
    (1 / 3, 1 / 7, 1, 1 / 5, 1 / 5, 1 / 6),
    (1, 1 / 3, 5, 1, 1, 1 / 3),
    (1 / 3, 5, 5, 1, 1, 3),
    (1 / 4, 1, 6, 3, 1 / 3, 1),
)
WEIGHTS = call("KP_AHP_WEIGHTS", PAIRWISE)
CONSISTENCY = call("KP_AHP_CONSISTENCY", PAIRWISE)


def test_pairwise_comparisons_make_the_published_weights(excel: Excel) -> None:
    expected = [0.3208, 0.1395, 0.0348, 0.1285, 0.2374, 0.1391]
    answer = excel(WEIGHTS)
    assert [len(line) for line in answer] == [1] * 6
    assert plain(answer) == pytest.approx(expected, abs=1e-4)
    assert excel(CONSISTENCY) == [[pytest.approx(0.229, abs=1e-3)]]


#: The same, as the list in a sheet offers judgments, without the lower half and three pairs.
IN_WORDS = cells(
    ("1 gleich wichtig", "4 etwas bis deutlich wichtiger", "3 etwas wichtiger", "1", 3, Decimal(4)),
    (None, None, "7 = viel wichtiger", 3, "1/5 deutlich weniger wichtig", "1"),
    (None, None, 1, " 1/5 ", "0,2", "1/6 (weniger wichtig)"),
    (None, "", None, 1, None, None),
    (None, None, None, None, 1, None),
    (None,) * 6,
)
JUDGED = [call(name, IN_WORDS) for name in ("KP_AHP_WEIGHTS", "KP_AHP_CONSISTENCY")]
AS_NUMBERS = [
    call(
        name,
        tuple(
            tuple(
                None if cell in {(3, 4), (3, 5), (4, 5)} else found
                for cell, found in zip(
                    [(min(i, j), max(i, j)) for j in range(6)], line, strict=True
                )
            )
            for i, line in enumerate(PAIRWISE)
        ),
    )
    for name in ("KP_AHP_WEIGHTS", "KP_AHP_CONSISTENCY")
]


def test_judgments_may_be_in_words_and_lack_pairs(excel: Excel) -> None:
    for in_words, as_numbers in zip(JUDGED, AS_NUMBERS, strict=True):
        answer = excel(as_numbers)
        assert type(answer[0][0]) is float
        assert plain(excel(in_words)) == pytest.approx(plain(answer))
    assert excel(AS_NUMBERS[0]) != excel(WEIGHTS)


MIXED = (2.0, None, 1.0, "?", NOT_AVAILABLE, Decimal(4), SPILL)
IN_ORDER = {
    name: tuple(call(name, direction(*MIXED)) for direction in (row, column))
    for name in ("KP_ROC_WEIGHTS", "KP_RANK_SUM_WEIGHTS", "KP_SWING_WEIGHTS")
}
EXPECTED_IN_ORDER = {
    "KP_ROC_WEIGHTS": (5 / 18, 11 / 18, 2 / 18),
    "KP_RANK_SUM_WEIGHTS": (2 / 6, 3 / 6, 1 / 6),
    "KP_SWING_WEIGHTS": (2 / 7, 1 / 7, 4 / 7),
}


@pytest.mark.parametrize("name", IN_ORDER)
def test_weights_stand_beside_their_ranks_and_points(excel: Excel, name: str) -> None:
    across, down = map(excel, IN_ORDER[name])
    assert across == [[cell for (cell,) in down]]
    first, blank, second, text, error, third, other_error = across[0]
    assert [first, second, third] == pytest.approx(EXPECTED_IN_ORDER[name])
    assert blank == text == error == other_error == ""


# four customers, of whom one lacks a number; the third column does not differ
MEASURED = cells((10, 400, 7), (20, 100, 7), (None, 900, 7), (40, 400, 7))
ENTROPY = call("KP_ENTROPY_WEIGHTS", MEASURED)
CRITIC = [
    call("KP_CRITIC_WEIGHTS", MEASURED, objectives)
    for objectives in (MISSING, None, "max", row("min", None, "MAX"), column("max", " Min ", None))
]
TOPSIS = [
    call("KP_TOPSIS", MEASURED, row(3.0, 1.0, None), objectives)
    for objectives in (MISSING, row("min", "max", "max"), column("min", None, None))
]
TOPSIS_DOWN = call("KP_TOPSIS", MEASURED, column(Decimal(3), 1.0, "?"), "max")


def test_objective_weights_are_a_row_with_one_for_each_column(excel: Excel) -> None:
    (weights,) = excel(ENTROPY)
    assert sum(weights) == pytest.approx(1)
    assert weights[2] == 0
    without, blank, one, mixed, turned = (excel(asked)[0] for asked in CRITIC)
    assert without == blank == one
    assert sum(without) == pytest.approx(1)
    assert without[2] == mixed[2] == turned[2] == 0
    assert mixed == pytest.approx(turned)  # either way the two columns are opposed alike


def test_closeness_is_a_column_beside_its_rows(excel: Excel) -> None:
    up, down, turned = map(excel, TOPSIS)
    assert up == excel(TOPSIS_DOWN)
    assert [len(line) for line in up] == [1] * 4
    assert up[2] == down[2] == [""]
    assert up[3] == [1]
    assert down == turned
    assert down[0] == [1]
    assert 0 < up[0][0] < 1


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (call("KP_SCORE", "Turnover", 900.0, CRITERIA_CELLS[:2] + CRITERIA_CELLS[3:], "value"), 90),
        (call("KP_SCORE", row(*NAMES), row(900, 0.4, None, "?"), CRITERIA_CELLS, "Wert"), 90),
        (call("KP_SCORE", row(*NAMES), row(None, "?", None, None), CRITERIA_CELLS, "value"), ""),
        (call("KP_VALUE", 900, "Turnover", CRITERIA_CELLS), 90),
        (call("KP_VALUE", Decimal("900.0000"), "turnover", CRITERIA_CELLS), 90),
        (call("KP_VALUE", 5000.0, "Turnover", CRITERIA_CELLS), 100),
        (call("KP_VALUE", "high", "Fit", CRITERIA_CELLS), 100),
        (call("KP_VALUE", 2.0, "Visits", UNBOUNDED), 80),
        *((call("KP_VALUE", cell, "Turnover", CRITERIA_CELLS), "") for cell in NO_NUMBERS),
        (call("KP_WEIGHTED_SCORE", row(80.0, 20.0), row(3.0, 1.0)), 65),
        (call("KP_WEIGHTED_SCORE", column(80.0, 20.0), column(3.0, 1.0)), 65),
        (call("KP_WEIGHTED_SCORE", row(Decimal(80), 20), row(3, Decimal(1))), 65),
        (call("KP_WEIGHTED_SCORE", 80.0, 3.0), 80),
        (call("KP_WEIGHTED_SCORE", row(None, None), row(3.0, 1.0)), ""),
        *(
            (call("KP_WEIGHTED_SCORE", row(80.0, cell, 20.0), row(3.0, 5.0, 1.0)), 65)
            for cell in NO_NUMBERS
        ),
        (call("KP_QUADRANT", 60.0, 40.0, MISSING, MISSING, MISSING), "Question mark"),
        (call("KP_QUADRANT", 60.0, 40.0, MISSING, MISSING, "de"), "Fragezeichen"),
        (call("KP_QUADRANT", 60, 40, 61, Decimal(40), "de"), "Trittbrettfahrer"),
        (call("KP_QUADRANT", 40.0, 40.0, None, None, None), "Poor dog"),
        (call("KP_QUADRANT", 40.0, 40.0, None, None, "de"), "Armer Hund"),
        *((call("KP_QUADRANT", c, 40.0, MISSING, MISSING, MISSING), "") for c in NO_NUMBERS),
        *((call("KP_QUADRANT", 40.0, c, MISSING, MISSING, MISSING), "") for c in NO_NUMBERS),
        (call("KP_RANK", 17.0), 1),
        *((call("KP_RANK", cell), "") for cell in NO_NUMBERS),
        (call("KP_ABC", 17.0, MISSING, MISSING), "A"),
        *((call("KP_ABC", cell, MISSING, MISSING), "") for cell in (*NO_NUMBERS, 0.0, -5.0)),
        (call("KP_SHARE_OF_WALLET", 30.0, 120.0), 0.25),
        (call("KP_SHARE_OF_WALLET", Decimal(30), Decimal(120)), 0.25),
        (call("KP_SHARE_OF_WALLET", 0.0, 120.0), 0),
        *((call("KP_SHARE_OF_WALLET", 30.0, cell), "") for cell in (*NO_NUMBERS, 0.0)),
        (call("KP_AHP_WEIGHTS", 1.0), 1),
        (call("KP_AHP_CONSISTENCY", cells((1, 3), (1 / 3, 1))), 0),
        (call("KP_ROC_WEIGHTS", 7.0), 1),
        (call("KP_RANK_SUM_WEIGHTS", Decimal(7)), 1),
        (call("KP_SWING_WEIGHTS", 30.0), 1),
        (call("KP_TOPSIS", 7.0, 1.0, "min"), 0.5),
        (call("KP_STRATEGY", None, MISSING, MISSING), ""),
        (call("KP_STRATEGY", NOT_AVAILABLE, MISSING, MISSING), ""),
        (call("KP_STRATEGY", SPILL, MISSING, MISSING), ""),
    ],
    ids=lambda found: found.name if isinstance(found, Call) else None,
)
def test_a_single_cell_gets_a_single_cell(excel: Excel, asked: Call, expected: Any) -> None:
    assert excel(asked) == [[pytest.approx(expected, abs=1e-12)]]


# --- shapes, and cells that are no numbers --------------------------------------------------------

SCORED = (60.0, None, 80.0, 60.0, DIVISION, 10.0)
SOLD = (80.0, None, 10.0, -1.0, "?", 10.0)
BOUGHT = (100.0, 50.0, 0.0, None, 40.0, 20.0)
KINDS = ("Star", None, "Fragezeichen", "free_rider", NOT_AVAILABLE, "Poor dog")
ELEMENTWISE = {
    "KP_QUADRANT": ((SCORED, BOUGHT), (MISSING,) * 3),
    "KP_RANK": ((SCORED,), ()),
    "KP_ABC": ((SOLD,), (Decimal(80), 90)),
    "KP_STRATEGY": ((KINDS,), (MISSING, "en")),
    "KP_SHARE_OF_WALLET": ((SOLD, BOUGHT), ()),
}
EXPECTED = {
    "KP_QUADRANT": ["Star", "", "Question mark", "", "", "Poor dog"],
    "KP_RANK": [2, "", 1, 2, "", 4],
    "KP_ABC": ["A", "", "B", "", "", "B"],
    "KP_STRATEGY": [
        texts("en").branch("strategies")[key]["customer"]["strategy"] if key else ""
        for key in ("star", None, "question_mark", "free_rider", None, "poor_dog")
    ],
    "KP_SHARE_OF_WALLET": [0.8, "", "", "", "", 0.5],
}
SHAPED = {
    (name, direction): call(name, *(direction(*given) for given in blocks), *scalars)
    for name, (blocks, scalars) in ELEMENTWISE.items()
    for direction in (row, column)
}
SQUARE = call("KP_RANK", cells((60, None, 80), (60, 5, 10)))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_column_gets_a_column_and_a_row_a_row(excel: Excel, name: str) -> None:
    across, down = excel(SHAPED[name, row]), excel(SHAPED[name, column])
    assert across == [EXPECTED[name]]
    assert down == [[cell] for cell in EXPECTED[name]]


def test_a_block_gets_a_block(excel: Excel) -> None:
    assert excel(SQUARE) == [[2, "", 1], [2, 5, 4]]


BAD_CELLS = {
    name: [
        call(name, column(*blocks[0][:-1], cell), *(column(*given) for given in blocks[1:]), *rest)
        for cell in NO_NUMBERS
    ]
    for name, (blocks, rest) in ELEMENTWISE.items()
    if name != "KP_STRATEGY"
}
A_WORD_TOO_MANY = call("KP_STRATEGY", column("Star", "Cash cow", "Poor dog"), MISSING, "en")


@pytest.mark.parametrize("name", BAD_CELLS)
def test_one_bad_cell_does_not_lose_the_others(excel: Excel, name: str) -> None:
    expected = [[cell] for cell in [*EXPECTED[name][:-1], ""]]
    for asked in BAD_CELLS[name]:
        assert excel(asked) == expected


def test_one_bad_word_does_not_lose_the_others(excel: Excel) -> None:
    first, bad, last = plain(excel(A_WORD_TOO_MANY))
    assert [first, last] == [EXPECTED["KP_STRATEGY"][0], EXPECTED["KP_STRATEGY"][-1]]
    assert bad.startswith("#KP! quadrant: “Cash cow” is not a type of customer;")


GROWTH = [
    (cell, call("KP_SCORECARD", changed(CUSTOMER_CELLS, (1, 4), cell), CRITERIA_CELLS, MISSING))
    for cell in NO_NUMBERS
]


@pytest.mark.parametrize(("cell", "asked"), GROWTH, ids=[repr(cell) for cell, _ in GROWTH])
def test_one_bad_measure_counts_as_a_blank_one(excel: Excel, cell: Any, asked: Call) -> None:
    del cell
    found, whole = excel(asked), excel(SCORECARD)
    assert found == excel(GROWTH[0][1])
    assert [line[:5] for line in found[2:]] == [line[:5] for line in whole[2:]]
    assert found[1][2] == 90


ERRORS = {
    at: call("KP_SCORECARD", changed(CUSTOMER_CELLS, at, NOT_AVAILABLE), CRITERIA_CELLS, MISSING)
    for at in [(1, 0), (1, 1), (1, 2), (2, 5), (0, 4)]
}


@pytest.mark.parametrize("at", [(1, 0), (1, 1), (1, 2), (2, 5), (0, 4)])
def test_errors_in_other_cells_do_not_lose_the_scorecard(excel: Excel, at: tuple[int, int]) -> None:
    answer = excel(ERRORS[at])
    if at == (0, 4):  # the header of a criterion
        assert answer[0][0].startswith("#KP! ")
    else:
        assert [line[:5] for line in answer[3:]] == [line[:5] for line in excel(SCORECARD)[3:]]


# --- tables ---------------------------------------------------------------------------------------

EMPTY_ROW = (None,) * 7
WITH_GAPS = (CUSTOMER_CELLS[0], EMPTY_ROW, *CUSTOMER_CELLS[1:], EMPTY_ROW)
GAPS = call("KP_SCORECARD", WITH_GAPS, CRITERIA_CELLS, MISSING)
HEADER_ONLY = call("KP_SCORECARD", CUSTOMER_CELLS[:1], CRITERIA_CELLS, MISSING)
NOBODY_YET = call("KP_SCORECARD", (CUSTOMER_CELLS[0], EMPTY_ROW), CRITERIA_CELLS, MISSING)
UNRATED = call("KP_SCORECARD", changed(CUSTOMER_CELLS, (5, 5), None), CRITERIA_CELLS, MISSING)
IN_GERMAN = call("KP_SCORECARD", CUSTOMER_CELLS, CRITERIA_CELLS, SETTINGS)
EXPLAINED_IN_GERMAN = call("KP_EXPLAIN", "1", CUSTOMER_CELLS, CRITERIA_CELLS, SETTINGS)
NO_SETTINGS = [
    call("KP_SCORECARD", CUSTOMER_CELLS, CRITERIA_CELLS, found)
    for found in (None, SETTINGS[:1], cells(("Setting", "Value"), (None, None)))
]
CURRENCY = call(
    "KP_SCORECARD",
    tuple(
        (*line[:3], Decimal(int(line[3])), *line[4:])
        if line[3:4] and type(line[3]) is float
        else line
        for line in CUSTOMER_CELLS
    ),
    CRITERIA_CELLS,
    MISSING,
)
WHOLE_NUMBERS = call("KP_SCORECARD", (CUSTOMERS_HEADER, *CUSTOMERS), CRITERIA_CELLS, MISSING)


def test_rows_stay_beside_their_customers(excel: Excel) -> None:
    header, first, *between, last = excel(GAPS)
    assert first == last == [""] * 8
    assert [header, *between] == excel(SCORECARD)
    assert excel(HEADER_ONLY) == [header]
    assert excel(NOBODY_YET) == [header, [""] * 8]


def test_who_is_not_rated_has_no_rank(excel: Excel) -> None:
    assert excel(UNRATED)[5][3:7] == ["", "", "", texts("en")("quadrants.not_rated")]


def test_settings_count_and_may_be_left_out(excel: Excel) -> None:
    german = excel(IN_GERMAN)
    words = texts("de")
    assert german[0][0] == words("columns.customer_id")
    assert {line[6] for line in german[1:]} <= set(words.branch("quadrants").values())
    assert [line[7] for line in german[1:]] != [line[7] for line in excel(SCORECARD)[1:]]
    assert excel(EXPLAINED_IN_GERMAN)[0][0] == words("functions.columns.criterion")
    for asked in NO_SETTINGS:
        assert excel(asked) == excel(SCORECARD)


def test_whole_numbers_and_currencies_are_numbers(excel: Excel) -> None:
    assert excel(CURRENCY) == excel(SCORECARD)
    assert excel(WHOLE_NUMBERS) == excel(SCORECARD)


HEAVIER = changed(CRITERIA_CELLS, (1, 2), 150.0)
IN_TURN = [
    call("KP_SCORE", row(*NAMES), row(*CUSTOMER_CELLS[2][3:]), found, "value")
    for found in (CRITERIA_CELLS, HEAVIER, CRITERIA_CELLS)
]


def test_a_changed_weight_counts_at_once(excel: Excel) -> None:
    assert [excel(asked) for asked in IN_TURN] == [[[70]], [[75]], [[70]]]


# --- what is wrong --------------------------------------------------------------------------------

CUBIC = changed(CRITERIA_CELLS, (1, 4), "cubic")
NO_WEIGHTS = tuple((*line[:2], *line[3:]) for line in CRITERIA_CELLS)
NO_IDS = tuple(line[3:] for line in CUSTOMER_CELLS)
OPTIONAL = (MISSING, MISSING, MISSING)
TWO, THREE = row(1.0, 2.0), row(1.0, 2.0, 3.0)
ONE = (row("Turnover", "Growth"), row(1.0, 0.1))

FAULTY = [
    (call("KP_SCORE", *ONE, CRITERIA_CELLS, "profit"), "axis: “profit” is not an axis;"),
    (call("KP_SCORE", *ONE, CRITERIA_CELLS, None), "axis: “(blank)” is not an axis;"),
    (call("KP_SCORE", *ONE, CRITERIA_CELLS, DIVISION), "axis: “#DIV/0!” is not an axis;"),
    (call("KP_SCORE", *ONE, CRITERIA_CELLS, 5.0), "axis: “5” is not an axis;"),
    (
        call("KP_SCORE", ONE[0], THREE, CRITERIA_CELLS, "value"),
        "measures: the range has 1 x 3 cells (rows x columns), but headers has 1 x 2;",
    ),
    (
        call("KP_SCORE", *ONE, UNBOUNDED, "value"),
        "criteria, row 2 of the range: the criterion “Turnover” has no low or no high, and one customer alone has no smallest and largest measure;",
    ),
    (
        call("KP_SCORE", *ONE, CUBIC, "value"),
        "criteria, row 2 of the range, column Scale: “cubic” is not a scale;",
    ),
    (
        call("KP_SCORE", *ONE, NO_WEIGHTS, "value"),
        "criteria: the column Weight / Gewicht / Poids is missing;",
    ),
    (
        call("KP_SCORE", *ONE, WEIGHTLESS, "value"),
        "criteria: All criteria of the value axis have the weight 0;",
    ),
    (call("KP_SCORE", *ONE, None, "value"), "criteria: nothing was passed, or only blank cells;"),
    (
        call("KP_SCORE", *ONE, "tblCriteria", "value"),
        "criteria: the column Criterion / Kriterium / Critère is missing;",
    ),
    (
        call("KP_SCORE", "Profit", 5.0, CRITERIA_CELLS, "value"),
        "criteria, row 2 of the range: the range headers does not name “Turnover”;",
    ),
    (
        call("KP_VALUE", 5.0, "Profit", CRITERIA_CELLS),
        "criterion: “Profit” is not a criterion of the table;",
    ),
    (
        call("KP_VALUE", 5.0, None, CRITERIA_CELLS),
        "criterion: “(blank)” is not a criterion of the table;",
    ),
    (
        call("KP_VALUE", 5.0, "Turnover", UNBOUNDED),
        "criteria, row 2 of the range: the criterion “Turnover” has no low or no high, and one customer alone has no smallest and largest measure;",
    ),
    (
        call("KP_VALUE", 5.0, "Turnover", CUBIC),
        "criteria, row 2 of the range, column Scale: “cubic” is not a scale;",
    ),
    (
        call("KP_VALUE", 5.0, "Turnover", NO_WEIGHTS[:1]),
        "criteria: the column Weight / Gewicht / Poids is missing;",
    ),
    (call("KP_VALUE", 5.0, "Turnover", None), "criteria: nothing was passed, or only blank cells;"),
    (
        call("KP_WEIGHTED_SCORE", TWO, THREE),
        "weights: the range has 1 x 3 cells (rows x columns), but values has 1 x 2;",
    ),
    (call("KP_WEIGHTED_SCORE", TWO, row(0.0, 0.0)), "weights: no weight is above 0;"),
    (call("KP_WEIGHTED_SCORE", TWO, row(None, "?")), "weights: no weight is above 0;"),
    (
        call("KP_WEIGHTED_SCORE", TWO, row(-1.0, 2.0)),
        "weights, row 1 of the range, column 1: a weight cannot be “-1”;",
    ),
    (
        call("KP_QUADRANT", TWO, THREE, *OPTIONAL),
        "benefit_score: the range has 1 x 3 cells (rows x columns), but value_score has 1 x 2;",
    ),
    (
        call("KP_QUADRANT", TWO, column(1.0, 2.0), *OPTIONAL),
        "benefit_score: the range has 2 x 1 cells (rows x columns), but value_score has 1 x 2;",
    ),
    (
        call("KP_QUADRANT", 1.0, 1.0, "mean", MISSING, MISSING),
        "value_threshold: “mean” is not a threshold;",
    ),
    (
        call("KP_QUADRANT", 1.0, 1.0, MISSING, 101.0, MISSING),
        "benefit_threshold: “101” is not a threshold;",
    ),
    (call("KP_QUADRANT", 1.0, 1.0, MISSING, MISSING, "it"), "language: “it” is not a language;"),
    (
        call("KP_SCORECARD", None, CRITERIA_CELLS, MISSING),
        "customers: nothing was passed, or only blank cells;",
    ),
    (
        call("KP_SCORECARD", CUSTOMER_CELLS, None, MISSING),
        "criteria: nothing was passed, or only blank cells;",
    ),
    (
        call("KP_SCORECARD", CUSTOMER_CELLS, CRITERIA_CELLS[:1], MISSING),
        "criteria: No criterion belongs to the value axis;",
    ),
    (
        call("KP_SCORECARD", NO_IDS, CRITERIA_CELLS, MISSING),
        "customers: the column Customer ID / Kundennummer / Numéro client is missing;",
    ),
    (
        call("KP_SCORECARD", CUSTOMER_CELLS, CUBIC, MISSING),
        "criteria, row 2 of the range, column Scale: “cubic” is not a scale;",
    ),
    (
        call("KP_SCORECARD", CUSTOMER_CELLS, NO_WEIGHTS, MISSING),
        "criteria: the column Weight / Gewicht / Poids is missing;",
    ),
    (
        call("KP_SCORECARD", CUSTOMER_CELLS, WEIGHTLESS, MISSING),
        "criteria: All criteria of the value axis have the weight 0;",
    ),
    (
        call("KP_SCORECARD", CUSTOMER_CELLS, changed(CRITERIA_CELLS, (1, 1), "x"), MISSING),
        "criteria, row 2 of the range, column Axis: “x” is not an axis;",
    ),
    (
        call("KP_SCORECARD", 5.0, 5.0, 5.0),
        "settings: the column Setting / Einstellung / Paramètre is missing;",
    ),
    (
        call("KP_ABC", TWO, 90.0, 80.0),
        "a: 90 percent for A (80 if left out) are more than 80 percent for A and B (90 if left out);",
    ),
    (
        call("KP_ABC", TWO, 95.0, MISSING),
        "a: 95 percent for A (80 if left out) are more than 90 percent for A and B (90 if left out);",
    ),
    (call("KP_ABC", TWO, "much", MISSING), "a: “much” is not a percentage;"),
    (call("KP_ABC", TWO, -1.0, MISSING), "a: “-1” is not a percentage;"),
    (call("KP_ABC", TWO, MISSING, 101.0), "b: “101” is not a percentage;"),
    (
        call("KP_EXPLAIN", 99.0, CUSTOMER_CELLS, CRITERIA_CELLS, MISSING),
        "customer_id: there is no customer with the number or name “99”;",
    ),
    (
        call("KP_EXPLAIN", None, CUSTOMER_CELLS, CRITERIA_CELLS, MISSING),
        "customer_id: there is no customer with the number or name “(blank)”;",
    ),
    (
        call("KP_EXPLAIN", 1.0, CUSTOMER_CELLS, CUBIC, MISSING),
        "criteria, row 2 of the range, column Scale: “cubic” is not a scale;",
    ),
    (
        call("KP_EXPLAIN", 1.0, None, None, None),
        "customers: nothing was passed, or only blank cells;",
    ),
    (
        call("KP_STRATEGY", "Cash cow", MISSING, MISSING),
        "quadrant: “Cash cow” is not a type of customer;",
    ),
    (call("KP_STRATEGY", "Star", "friend", MISSING), "status: “friend” is not a status;"),
    (call("KP_STRATEGY", "Star", MISSING, "it"), "language: “it” is not a language;"),
    (
        call("KP_SHARE_OF_WALLET", TWO, THREE),
        "customer_demand: the range has 1 x 3 cells (rows x columns), but own_sales has 1 x 2;",
    ),
    (
        call("KP_SHARE_OF_WALLET", TWO, column(1.0, 2.0)),
        "customer_demand: the range has 2 x 1 cells (rows x columns), but own_sales has 1 x 2;",
    ),
    (call("KP_ROC_WEIGHTS", column("first", None)), "There is no number among the ranks;"),
    (call("KP_RANK_SUM_WEIGHTS", NOT_AVAILABLE), "There is no number among the ranks;"),
    (call("KP_SWING_WEIGHTS", row(0.0, None)), "None of the points is above 0;"),
    (call("KP_SWING_WEIGHTS", row(3.0, -2.5)), "Number 2 of the points is -2.5;"),
    (
        call("KP_ENTROPY_WEIGHTS", cells((1, 2), (3, -4))),
        "The number in row 2, column 2 is -4, but entropy needs numbers from 0;",
    ),
    (call("KP_ENTROPY_WEIGHTS", cells((1, 2), (1, 2))), "No column has two numbers that differ,"),
    (call("KP_CRITIC_WEIGHTS", 5.0, MISSING), "No column has two numbers that differ,"),
    (
        call("KP_CRITIC_WEIGHTS", cells((1, 2), (2, 4)), MISSING),
        "All criteria that differ put the customers in exactly the same relation,",
    ),
    *(
        (call(name, cells((1, 2, 2), (2, 3, 1)), *weights, row("max", "max")), expected)
        for name, weights in (("KP_CRITIC_WEIGHTS", ()), ("KP_TOPSIS", (row(1.0, 1.0, 1.0),)))
        for expected in ("There are 2 objectives for 3 columns;",)
    ),
    *(
        (
            call(name, cells((1, 2), (2, 1)), *weights, row("max", word)),
            f"objectives, row 1 of the range, column 2: “{found}” is not an objective;",
        )
        for name, weights in (("KP_CRITIC_WEIGHTS", ()), ("KP_TOPSIS", (row(1.0, 1.0),)))
        for word, found in (("more", "more"), (NOT_AVAILABLE, "#N/A"), (SPILL, "#SPILL!"))
    ),
    (call("KP_TOPSIS", TWO, 1.0, MISSING), "There are 1 weights for 2 columns;"),
    (call("KP_TOPSIS", TWO, row(None, 0.0), MISSING), "All weights are 0;"),
    (call("KP_TOPSIS", TWO, row(1.0, -1.0), MISSING), "Weight 2 is -1;"),
    (call("KP_TOPSIS", cells((1, None), (None, 2)), TWO, MISSING), "There are no numbers to"),
    *(
        (call(name, block), expected)
        for name in ("KP_AHP_WEIGHTS", "KP_AHP_CONSISTENCY")
        for block, expected in (
            (
                cells((1, 2, 3), (1 / 2, 1, 2)),
                "A pairwise comparison needs as many rows as columns, not 2 and 3;",
            ),
            (
                cells((1, 0), (0, 1)),
                "The judgment in row 1, column 2 of the pairwise comparison comes to 0; enter",
            ),
            (
                cells((1, None), ("somewhat", 1)),
                "pairwise, row 2 of the range, column 1: “somewhat” is not a judgment;",
            ),
            (
                cells((1, A_DAY), (None, 1)),
                "pairwise, row 1 of the range, column 2: Excel has made a date of what was entered,",
            ),
            (
                ((1.0, NOT_AVAILABLE), (None, 1.0)),
                "pairwise, row 1 of the range, column 2: the cell shows the error #N/A,",
            ),
            (
                cells((1, 3, None), (None, 1, None), (None, None, 1)),
                "No chain of judgments links criterion 1 with criterion 3 of the pairwise comparison;",
            ),
            (
                cells((None, None), (None, None)),
                "pairwise: there is no number among the judgments;",
            ),
        )
    ),
]
#: Arguments that a formula leaves out between commas although they are needed.
LEFT_OUT = [
    (
        call("KP_SCORE", MISSING, ONE[1], CRITERIA_CELLS, "value"),
        "measures: the range has 1 x 2 cells (rows x columns), but headers has 1 x 1;",
    ),
    (
        call("KP_SCORE", ONE[0], MISSING, CRITERIA_CELLS, "value"),
        "measures: the range has 1 x 1 cells (rows x columns), but headers has 1 x 2;",
    ),
    (
        call("KP_SCORE", *ONE, MISSING, "value"),
        "criteria: nothing was passed, or only blank cells;",
    ),
    (call("KP_SCORE", *ONE, CRITERIA_CELLS, MISSING), "axis: “(blank)” is not an axis;"),
    (
        call("KP_VALUE", 5.0, MISSING, CRITERIA_CELLS),
        "criterion: “(blank)” is not a criterion of the table;",
    ),
    (
        call("KP_VALUE", 5.0, "Turnover", MISSING),
        "criteria: nothing was passed, or only blank cells;",
    ),
    (call("KP_WEIGHTED_SCORE", TWO, MISSING), "weights: no weight is above 0;"),
    (
        call("KP_SCORECARD", MISSING, CRITERIA_CELLS, MISSING),
        "customers: nothing was passed, or only blank cells;",
    ),
    (
        call("KP_SCORECARD", CUSTOMER_CELLS, MISSING, MISSING),
        "criteria: nothing was passed, or only blank cells;",
    ),
    (
        call("KP_EXPLAIN", MISSING, CUSTOMER_CELLS, CRITERIA_CELLS, MISSING),
        "customer_id: there is no customer with the number or name “(blank)”;",
    ),
    (
        call("KP_MOVEMENT", MISSING, HISTORY),
        "customer_id: the history knows no customer with the number or name “(blank)”;",
    ),
    (
        call("KP_MOVEMENT", 7.0, MISSING),
        "history: nothing was passed, or only blank cells;",
    ),
    (call("KP_AHP_WEIGHTS", MISSING), "pairwise: there is no number among the judgments;"),
    (call("KP_AHP_CONSISTENCY", MISSING), "pairwise: there is no number among the judgments;"),
    (call("KP_ROC_WEIGHTS", MISSING), "There is no number among the ranks;"),
    (call("KP_RANK_SUM_WEIGHTS", MISSING), "There is no number among the ranks;"),
    (call("KP_SWING_WEIGHTS", MISSING), "None of the points is above 0;"),
    (call("KP_ENTROPY_WEIGHTS", MISSING), "No column has two numbers that differ,"),
    (call("KP_CRITIC_WEIGHTS", MISSING, MISSING), "No column has two numbers that differ,"),
    (call("KP_TOPSIS", MISSING, 1.0, MISSING), "There are no numbers to compare;"),
    (call("KP_TOPSIS", 1.0, MISSING, MISSING), "All weights are 0;"),
]

#: Arguments that a formula leaves out, without which there is nothing to tell.
NOTHING_GIVEN = [
    call("KP_SCORE", "Turnover", MISSING, CRITERIA_CELLS[:2] + CRITERIA_CELLS[3:], "value"),
    call("KP_VALUE", MISSING, "Turnover", CRITERIA_CELLS),
    call("KP_WEIGHTED_SCORE", MISSING, 5.0),
    call("KP_QUADRANT", *[MISSING] * 5),
    call("KP_QUADRANT", 50.0, *[MISSING] * 4),
    call("KP_RANK", MISSING),
    call("KP_ABC", *[MISSING] * 3),
    call("KP_STRATEGY", *[MISSING] * 3),
    call("KP_SHARE_OF_WALLET", MISSING, 120.0),
    call("KP_SHARE_OF_WALLET", 30.0, MISSING),
]
#: How an answer begins that only tells of an exception.
INTERNAL = tuple("#KP! " + texts(key)("functions.internal").split("{")[0] for key in ("en", "de"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [*FAULTY, *LEFT_OUT],
    ids=lambda found: found.name if isinstance(found, Call) else None,
)
def test_what_is_wrong_stands_in_the_cell_in_words(
    excel: Excel, asked: Call, expected: str
) -> None:
    """One sentence, which names the argument or what it stands for, and says what to do."""
    ((answer,),) = excel(asked)
    assert answer.startswith(f"#KP! {expected}")
    assert not answer.startswith(INTERNAL)
    assert answer.endswith(".")
    assert ". " not in answer


@pytest.mark.parametrize("asked", NOTHING_GIVEN, ids=[asked.name for asked in NOTHING_GIVEN])
def test_what_is_left_out_counts_as_a_blank_cell(excel: Excel, asked: Call) -> None:
    assert excel(asked) == [[""]]


WITH_SETTINGS = cells(("Setting", "Value"), ("language", None), ("abc_a", None))
#: An error in these cells must not pass for the default; with the column that is named.
NO_DEFAULTS = [
    *(
        (
            call("KP_SCORECARD", CUSTOMER_CELLS, changed(CRITERIA_CELLS, (1, k), error), MISSING),
            f"criteria, row 2 of the range, column {CRITERIA_HEADER[k]}: “{text}” is not a",
        )
        for k in (1, 2, 3, 4, 5, 6, 8)
        for error, text in ((NOT_AVAILABLE, "#N/A"), (SPILL, "#SPILL!"))
    ),
    *(
        (
            call("KP_SCORE", *ONE, changed(CRITERIA_CELLS, (1, k), DIVISION), "value"),
            f"criteria, row 2 of the range, column {CRITERIA_HEADER[k]}: “#DIV/0!” is not a",
        )
        for k in (2, 3, 5)
    ),
    *(
        (
            call(
                name, *some, CUSTOMER_CELLS, CRITERIA_CELLS, changed(WITH_SETTINGS, (i, 1), error)
            ),
            f"settings, row {i + 1} of the range, column Value: “{text}” is not a",
        )
        for name, some in (("KP_SCORECARD", ()), ("KP_EXPLAIN", (1.0,)))
        for i in (1, 2)
        for error, text in ((NOT_AVAILABLE, "#N/A"), (SPILL, "#SPILL!"))
    ),
    (call("KP_SCORECARD", CUSTOMER_CELLS, CRITERIA_CELLS, NOT_AVAILABLE), "settings: the column"),
    (call("KP_VALUE", 5.0, NOT_AVAILABLE, CRITERIA_CELLS), "criterion: “#N/A” is not"),
    (
        call("KP_EXPLAIN", NOT_AVAILABLE, CUSTOMER_CELLS, CRITERIA_CELLS, MISSING),
        "customer_id: there is no customer with the number or name “#N/A”",
    ),
    *(
        (
            call(name, *needed, *(error if k == at else MISSING for k in range(len(options)))),
            f"{options[at]}: “{text}” is not a",
        )
        for name, needed, options in (
            ("KP_QUADRANT", (60.0, 40.0), ("value_threshold", "benefit_threshold", "language")),
            ("KP_ABC", (17.0,), ("a", "b")),
            ("KP_STRATEGY", ("Star",), ("status", "language")),
        )
        for at in range(len(options))
        for error, text in ((NOT_AVAILABLE, "#N/A"), (SPILL, "#SPILL!"))
    ),
]


@pytest.mark.parametrize(
    ("asked", "expected"),
    NO_DEFAULTS,
    ids=lambda found: found.name if isinstance(found, Call) else None,
)
def test_an_error_is_no_default(excel: Excel, asked: Call, expected: str) -> None:
    ((answer,),) = excel(asked)
    assert answer.startswith(f"#KP! {expected}")


# --- the way through COM changes nothing ----------------------------------------------------------


def as_xlwings_reads(argument: Any, options: tuple[int | None, bool]) -> Any:
    if type(argument) is int and argument == MISSING:
        return None
    ndim, errors_as_texts = options
    rows = argument if isinstance(argument, tuple) else ((argument,),)
    known = {DIVISION: CellError("#DIV/0!"), NOT_AVAILABLE: CellError("#N/A")}
    errors = known if errors_as_texts else {}
    blank = {"", DIVISION, NOT_AVAILABLE} - set(errors)
    read = [[None if cell in blank else errors.get(cell, cell) for cell in line] for line in rows]
    return read if ndim == 2 or len(read) * len(read[0]) > 1 else read[0][0]


def as_excel_gets(cell: Any) -> Any:
    """COM knows no empty cell of an answer, and days only with a time."""
    if type(cell) is dt.date:
        return dt.datetime(cell.year, cell.month, cell.day, tzinfo=dt.UTC)
    return "" if cell is None else cell


def test_every_answer_is_that_of_the_function_itself(excel: Excel) -> None:
    for asked in CALLS:
        options = excel.options[asked.name].values()
        read = map(as_xlwings_reads, asked.arguments, options)
        answer = getattr(functions, asked.name)(*read)
        rows = answer if isinstance(answer, list) else [[answer]]
        assert excel(asked) == [[as_excel_gets(cell) for cell in line] for line in rows]
