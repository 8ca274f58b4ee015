"""KP_MOVEMENT: what a history says of single customers, in both languages and all kinds of cells."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from xlportfolio.excel.functions import KP_MOVEMENT

Block = list[list[Any]]

HEADER = [
    *("Date", "Version", "Customer ID", "Customer", "Status", "Type"),
    *("Value score", "Benefit score", "Total score", "Rank", "Parted on purpose", "Turnover"),
]
GERMAN_HEADER = [
    *("Datum", "Version", "Kundennummer", "Kunde", "Status", "Kundentyp"),
    *("Wert (Punkte)", "Nutzen (Punkte)", "Gesamt (Punkte)", "Rang", "Bewusst beendet", "Umsatz"),
]
DECEMBER, MARCH, JUNE = dt.date(2025, 12, 31), dt.date(2026, 3, 31), dt.date(2026, 6, 30)
#: The same days as Excel counts them.
SERIALS = {DECEMBER: 46022.0, MARCH: 46112.0, JUNE: 46203.0}
WORDS = {"Star": "Star", "Question mark": "Fragezeichen", "Not rated": "Nicht bewertet"}


def kept(day: object, number: object, kind: str, *figures: object) -> list[Any]:
    return [day, 1.0, number, f"Firm {number}", "Customer", kind, *figures, None, 1000.0]


#: Not in the order of the days: 4 has been away since March, 5 came in June, 3 went after March.
ROWS: Block = [
    kept(JUNE, 1.0, "Star", 62.0, 55.0, 58.5, 1.0),
    kept(JUNE, 2.0, "Not rated", None, 70.0, None, None),
    kept(JUNE, 5.0, "Question mark", 51.0, 20.0, 35.5, 2.0),
    kept(DECEMBER, 1.0, "Poor dog", 1.0, 1.0, 1.0, 4.0),
    kept(DECEMBER, 4.0, "Star", 90.0, 90.0, 90.0, 1.0),
    kept(MARCH, 1.0, "Question mark", 60.0, 40.0, 50.0, 2.0),
    kept(MARCH, 2.0, "Star", 80.0, 60.0, 70.0, 1.0),
    kept(MARCH, 3.0, "Free rider", 10.0, 60.0, 35.0, 3.0),
]
HISTORY: Block = [HEADER, *ROWS]
ANSWERS = {
    1: [MARCH, "Question mark", "Star", 2.0, 15.0, 8.5, 2.0, 1.0],
    2: [MARCH, "Star", "Not rated", None, 10.0, None, 1.0, None],
    3: [MARCH, "Free rider", None, None, None, None, 3.0, None],
    4: [MARCH, None, None, None, None, None, None, None],
    5: [MARCH, None, "Question mark", None, None, None, None, 2.0],
}


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_customer_is_compared_on_the_last_two_days_whatever_the_order_of_rows(
    number: int,
) -> None:
    for asked in (number, str(number), [[float(number)]]):
        cells = asked if isinstance(asked, list) else [[asked]]
        header, row = KP_MOVEMENT(cells, HISTORY)
        assert row == ANSWERS[number]
        assert header == [
            "Since",
            "Type then",
            "Type now",
            "Change of value score",
            "Change of benefit score",
            "Change of total score",
            "Rank then",
            "Rank now",
        ]


def test_a_column_or_a_row_of_customers_gets_a_row_each_in_its_order() -> None:
    wanted = [5.0, 1.0, None, 3.0]
    expected = [ANSWERS[5], ANSWERS[1], [None] * 8, ANSWERS[3]]
    assert KP_MOVEMENT([[number] for number in wanted], HISTORY)[1:] == expected
    assert KP_MOVEMENT([wanted], HISTORY)[1:] == expected


def test_one_stranger_does_not_lose_the_others() -> None:
    _, stranger, known = KP_MOVEMENT([[99.0], [1.0]], HISTORY)
    assert stranger == [
        "#KP! customer_id: the history knows no customer with the number or name “99”; "
        "take one from its column Customer ID.",
        *[None] * 7,
    ]
    assert known == ANSWERS[1]


def test_both_languages_are_read_and_the_headers_decide_on_that_of_the_answer() -> None:
    header, row = KP_MOVEMENT([[2.0]], [GERMAN_HEADER, *ROWS])
    assert header[:3] == ["Seit", "Typ vorher", "Typ jetzt"]
    assert row[1:3] == ["Star", "Nicht bewertet"]
    german = [[WORDS.get(cell, cell) for cell in row] for row in ROWS]
    assert KP_MOVEMENT([[2.0]], [GERMAN_HEADER, *german])[1] == row
    assert KP_MOVEMENT([[2.0]], [HEADER, *german])[1] == ANSWERS[2]


@pytest.mark.parametrize(
    "written",
    [
        SERIALS,
        {day: dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC) for day in SERIALS},
        {day: day.isoformat() for day in SERIALS},
        {day: day.strftime("%d.%m.%Y") for day in SERIALS},
    ],
    ids=["serial", "datetime", "iso", "german"],
)
def test_days_may_be_written_as_cells_hold_them(written: dict[dt.date, object]) -> None:
    block = [HEADER, *([written[row[0]], *row[1:]] for row in ROWS)]
    assert KP_MOVEMENT([[1.0]], block)[1] == ANSWERS[1]


def test_with_one_day_alone_nothing_was_before() -> None:
    alone = [HEADER, *(row for row in ROWS if row[0] == JUNE)]
    assert KP_MOVEMENT([[1.0]], alone)[1] == [None, None, "Star", None, None, None, None, 1.0]


def test_neither_models_nor_measures_are_needed() -> None:
    few = [0, 2, 5, 6, 7, 8, 9]
    assert KP_MOVEMENT([[1.0]], [[row[k] for k in few] for row in HISTORY])[1] == ANSWERS[1]


def test_blank_rows_and_other_columns_change_nothing() -> None:
    block = [[*row, cell] for row, cell in zip(HISTORY, ["Mine", *[None] * len(ROWS)], strict=True)]
    block.insert(3, [None] * len(block[0]))
    assert KP_MOVEMENT([[1.0]], block)[1] == ANSWERS[1]


def test_a_name_serves_for_who_has_no_number() -> None:
    rows = [[*row] for row in ROWS]
    for row in rows:
        row[2] = row[3] if row[2] == 1.0 else row[2]
    assert KP_MOVEMENT([["Firm 1.0"]], [HEADER, *rows])[1] == ANSWERS[1]


@pytest.mark.parametrize(
    ("asked", "history", "expected"),
    [
        ([[99.0]], HISTORY, "customer_id: the history knows no customer with the number or name"),
        ([[None]], HISTORY, "customer_id: the history knows no customer with the number or name"),
        (
            [[1.0, 2.0], [3.0, 4.0]],
            HISTORY,
            "customer_id: one customer number belongs here, or a column of them, not 2 x 2 cells",
        ),
        ([[1.0]], None, "history: nothing was passed, or only blank cells; select the table"),
        ([[1.0]], [HEADER, [None] * 12], "history: no day has been kept yet; rescore"),
        ([[1.0]], [HEADER[1:], ROWS[0][1:]], "history: the column Date / Datum is missing"),
        (
            [[1.0]],
            [HEADER, ROWS[0], ["soon", *ROWS[1][1:]]],
            "history, row 3 of the range, column 1: “soon” is not a day",
        ),
        ([[1.0]], [HEADER, [-1.0, *ROWS[1][1:]]], "history, row 2 of the range, column 1: “-1”"),
    ],
)
def test_what_is_wrong_is_said_in_words(asked: Block, history: Block, expected: str) -> None:
    answer = KP_MOVEMENT(asked, history)
    assert isinstance(answer, str)
    assert answer.startswith(f"#KP! {expected}")
