"""Cells as xlwings hands them over, against those of a closed workbook."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from xlportfolio.excel.cells import cell_of, cell_rows, measured_rows
from xlportfolio.schema import CellError, RawTable, interpret
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS

COM = -2146828288


def moment(*parts: int) -> dt.datetime:
    """As xlwings makes one: of no time zone."""
    return dt.datetime(*parts, tzinfo=dt.UTC).replace(tzinfo=None)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (2000, "#NULL!"),
        (2007, "#DIV/0!"),
        (2015, "#VALUE!"),
        (2023, "#REF!"),
        (2029, "#NAME?"),
        (2036, "#NUM!"),
        (2042, "#N/A"),
        (2043, "#GETTING_DATA"),
        (2045, "#SPILL!"),
        (2046, "#CONNECT!"),
        (2047, "#BLOCKED!"),
        (2048, "#UNKNOWN!"),
        (2049, "#FIELD!"),
        (2050, "#CALC!"),
    ],
)
def test_errors_arrive_as_numbers_or_as_texts(number: int, text: str) -> None:
    assert cell_of(COM + number) == cell_of(text) == CellError(text)


@pytest.mark.parametrize("number", [-2146826288, -2146826287, -2146826222, -2146826200])
def test_an_error_that_excel_may_yet_learn_is_one(number: int) -> None:
    assert isinstance(cell_of(number), CellError)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, None),
        ("x", "x"),
        (True, True),
        (7, 7.0),
        (Decimal("7.5"), 7.5),
        (-2146826246.0, -2146826246.0),
        (-2146826289, -2146826289.0),
        (-2146826199, -2146826199.0),
        (moment(2026, 1, 2), dt.date(2026, 1, 2)),
        (moment(2026, 1, 2, 3, 4), moment(2026, 1, 2, 3, 4)),
        (dt.datetime(2026, 1, 2, tzinfo=dt.UTC), dt.date(2026, 1, 2)),
        (moment(1899, 12, 30, 3, 4), dt.time(3, 4)),
        (moment(1899, 12, 31, 3, 4), dt.time(3, 4)),
        (moment(1899, 12, 30), dt.time(0, 0)),
        (dt.date(2026, 1, 2), dt.date(2026, 1, 2)),
    ],
)
def test_a_cell_is_what_a_closed_workbook_would_have(given: Any, expected: Any) -> None:
    assert cell_of(given) == expected
    assert type(cell_of(given)) is type(expected)
    assert cell_rows([["a", given]]) == measured_rows([["a", given]]) == [["a", expected]]


def test_a_time_among_measures_is_missing_with_the_warning_of_a_closed_workbook() -> None:
    def warned(cell: Any) -> list[str]:
        criteria = [["A", "value", 1.0, 0.0, 1.0], ["B", "benefit", 1.0, 0.0, 1.0]]
        header = ["Criterion", "Axis", "Weight", "Low", "High"]
        tables = {
            CRITERIA.name: RawTable.of_rows(CRITERIA, "Criteria", 1, 1, header, criteria),
            CUSTOMERS.name: RawTable.of_rows(
                CUSTOMERS, "Customers", 1, 1, ["Customer ID", "A", "B"], [["7", cell, 0.5]]
            ),
        }
        given = interpret(tables)
        assert given.customers["A"].isna().all()
        return [problem.message() for problem in given.problems]

    expected = "Sheet Customers, row 2, column A: “03:04:00” is not a number and was taken as"
    live = warned(cell_of(moment(1899, 12, 30, 3, 4)))
    assert live == warned(dt.time(3, 4))
    assert live[0].startswith(expected)
