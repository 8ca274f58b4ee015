"""What changes in the table of the customers when customers of elsewhere come into it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlportfolio.errors import InputError
from xlportfolio.schema.contract import CUSTOMERS, Cell, RawTable
from xlportfolio.schema.customers import merge_customers
from xlportfolio.schema.measured import fill_measures, unknown_customers
from xlportfolio.schema.merging import (
    CellChange,
    Filling,
    Kept,
    Memory,
    Merged,
    filled,
    joined,
    remembered,
    same,
)

HEADER = ("Customer ID", "Customer", "Status", "Turnover", "City")


def table(*rows: Sequence[Any], header: Sequence[str] = HEADER) -> RawTable:
    return RawTable.of_rows(CUSTOMERS, "Customers", 3, 2, header, rows)


def rows_of(raw: RawTable) -> list[tuple[Cell, ...]]:
    width = range(len(raw.header))
    return [tuple(raw.cell(i, position) for position in width) for i in range(raw.height)]


def said(raw: RawTable) -> list[tuple[str, ...]]:
    return [tuple(map(remembered, row)) for row in rows_of(raw)]


def result(merged: Merged) -> list[tuple[Cell, ...]]:
    return rows_of(filled(merged.filling))


def keys(merged: Merged) -> dict[str, Any]:
    return {problem.fault.key: problem.fault.details for problem in merged.problems}


MINE = table(
    (1, "Alpha", "Customer", 900.0, "Ulm"),
    (2, "Beta", "Customer", None, None),
    (None, None, None, None, None),
    (3, "Gamma", "Prospect", 5.0, "Bonn"),
)


# --- customers --------------------------------------------------------------------------------


def test_blank_cells_are_filled_and_typed_ones_kept_and_listed() -> None:
    theirs = table((2, "Beta AG", "Kiel"), header=("Customer ID", "Customer", "City"))
    merged = merge_customers(MINE, theirs, Memory())
    assert result(merged)[1] == (2, "Beta", "Customer", None, "Kiel")
    (kept,) = merged.kept
    assert (kept.row, kept.column, kept.before, kept.after) == (1, "Customer", "Beta", "Beta AG")
    assert kept.kept is Kept.TYPED
    (changed,) = merged.changed
    assert (changed.customer_id, changed.customer, changed.column) == ("2", "Beta", "City")


def test_what_an_import_wrote_is_updated_and_what_was_typed_over_it_is_not() -> None:
    first = table((2, "Beta", None, None, "Kiel"), (7, "Eta", None, None, "Jena"))
    merged = merge_customers(MINE, first, Memory())
    after = filled(merged.filling)
    typed = [list(row) for row in rows_of(after)]
    typed[4][4] = "Weimar"  # by hand, over what the import wrote
    second = table((2, "Beta", None, None, "Köln"), (7, "Eta AG", None, None, "Gera"))
    again = merge_customers(table(*typed), second, merged.memory)
    assert result(again)[1][4] == "Köln"
    assert result(again)[4][1] == "Eta AG"
    assert result(again)[4][4] == "Weimar"
    assert [(one.column, one.after) for one in again.kept] == [("City", "Gera")]


def test_a_cell_typed_like_the_file_is_not_taken_for_one_that_an_import_wrote() -> None:
    once = merge_customers(MINE, table((1, "Alpha", None, None, "Ulm")), Memory())
    assert not once.filling.changes
    again = merge_customers(MINE, table((1, "Alpha AG", None, None, "Ulm")), once.memory)
    assert [(one.before, one.after) for one in again.kept] == [("Alpha", "Alpha AG")]


def test_on_request_everything_but_formulas_is_overwritten_and_remembered() -> None:
    theirs = table((1, "Alpha AG", None, 1.0, "Ulm"))
    merged = merge_customers(MINE, theirs, Memory(), overwrite=True, formulas={(0, 3)})
    assert result(merged)[0] == (1, "Alpha AG", "Customer", 900.0, "Ulm")
    assert [(one.column, one.kept) for one in merged.kept] == [("Turnover", Kept.FORMULA)]
    assert merged.memory.entries == {("1", "Customer"): "Alpha AG", ("1", "City"): "Ulm"}


def test_a_blank_in_the_file_empties_nothing() -> None:
    memory = Memory({("1", "City"): "Ulm"})
    merged = merge_customers(MINE, table((1, None, " ", None, None)), memory, overwrite=True)
    assert not merged.filling.changes


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_what_is_no_number_changes_nothing_either(number: float) -> None:
    theirs = replace(
        table((2, "Beta", None, 1.0, None)), columns=[[2], ["Beta"], [None], [number], [None]]
    )
    merged = merge_customers(MINE, theirs, Memory())
    assert (merged.filling.changes, merged.kept) == ([], [])


def test_new_customers_go_below_the_last_row_that_holds_anything() -> None:
    blank = (None,) * len(HEADER)
    mine = table((1, "Alpha", None, None, None), blank, blank)
    theirs = table((5, "Epsilon"), (6, "Zeta"), (7, "Eta"), header=HEADER[:2])
    merged = merge_customers(mine, theirs, Memory())
    assert merged.filling.added == 1
    assert [row[0] for row in result(merged)] == [1, 5, 6, 7]
    assert [(one.row, one.customer_id, one.customer) for one in merged.added] == [
        (1, "5", "Epsilon"),
        (2, "6", "Zeta"),
        (3, "7", "Eta"),
    ]
    assert not merged.changed


def test_the_blank_row_of_an_empty_table_is_used_first() -> None:
    merged = merge_customers(table((None,) * 5), table((5, "Epsilon"), header=HEADER[:2]), Memory())
    assert merged.filling.added == 0
    assert result(merged) == [(5, "Epsilon", None, None, None)]


def test_a_column_of_formulas_is_left_to_excel_in_new_rows() -> None:
    theirs = table((5, "Epsilon", None, 3.0, None))
    merged = merge_customers(MINE, theirs, Memory(), formulas={(0, 3), (1, 3), (3, 3)})
    assert result(merged)[4] == (5, "Epsilon", None, None, None)
    assert [(one.row, one.kept) for one in merged.kept] == [(4, Kept.FORMULA)]


def test_ids_that_excel_stripped_of_zeros_are_found() -> None:
    merged = merge_customers(MINE, table(("00002", "Beta", "Kunde", None, "Kiel")), Memory())
    assert result(merged)[1] == (2, "Beta", "Customer", None, "Kiel")
    assert keys(merged)["import_zeros"]["first"] == ["00002 = 2"]


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [(["7", "007"], ["0007"]), (["7"], ["07", "007"]), (["7"], ["7", "007"]), (["A7"], ["A07"])],
)
def test_ids_are_not_guessed_where_zeros_may_tell_customers_apart(
    mine: list[str], theirs: list[str]
) -> None:
    header = ("Customer ID",)
    ours = table(*((one,) for one in mine), header=header)
    merged = merge_customers(ours, table(*((one,) for one in theirs), header=header), Memory())
    new = [one for one in theirs if one not in mine]
    assert [one.customer_id for one in merged.added] == new
    assert "import_zeros" not in keys(merged)


@pytest.mark.parametrize(
    ("mine", "theirs", "written"),
    [
        ([1, 2], "10113", 10113.0),
        ([1, 2], "00113", "00113"),
        (["A1", "0002"], 10113, "10113"),
        (["A1", 2], 10113, 10113),
        ([], "0001", "0001"),
    ],
)
def test_a_new_id_is_a_number_or_text_like_those_of_the_table(
    mine: list[Any], theirs: Any, written: Any
) -> None:
    ours = table(*((one, "x") for one in mine), header=HEADER[:2])
    merged = merge_customers(ours, table((theirs, "New"), header=HEADER[:2]), Memory())
    assert result(merged)[-1] == (written, "New")
    assert type(result(merged)[-1][0]) is type(written)


def test_the_first_of_two_rows_of_one_customer_counts() -> None:
    theirs = table((5, "Epsilon"), (5, "Other"), (None, None), header=HEADER[:2])
    merged = merge_customers(MINE, theirs, Memory())
    assert [(one.customer_id, one.customer) for one in merged.added] == [("5", "Epsilon")]
    assert keys(merged)["import_repeated"]["first"] == ["5"]


def test_rows_without_id_and_name_are_left_out_and_counted() -> None:
    theirs = table((5, "Epsilon", None), (None, None, "Kiel"), header=(*HEADER[:2], "City"))
    merged = merge_customers(MINE, theirs, Memory())
    assert len(merged.added) == 1
    assert keys(merged)["import_unidentified"] == {"count": 1, "first": ["5"]}  # below row 3


def test_customers_without_an_id_are_known_by_their_name() -> None:
    mine = table((1, "Twin"), (2, "Twin"), (3, "Solo"), header=HEADER[:2])
    mine = replace(mine, header=("Customer ID", "Customer"))
    theirs = table(("Solo", "Ulm"), ("Twin", "Kiel"), ("New", "Jena"), header=("Customer", "City"))
    mine = table(
        *((*row, None) for row in rows_of(mine)), header=("Customer ID", "Customer", "City")
    )
    merged = merge_customers(mine, theirs, Memory())
    assert [row[2] for row in result(merged)] == [None, None, "Ulm", "Jena"]
    assert keys(merged)["import_ambiguous"]["first"] == ["Twin"]


def test_a_name_that_comes_with_an_id_too_is_appended_once() -> None:
    theirs = table((None, "New"), (7, "NEW"), (None, "Other"), (None, "other"), header=HEADER[:2])
    merged = merge_customers(table((1, "Alpha"), header=HEADER[:2]), theirs, Memory())
    assert result(merged) == [(1, "Alpha"), (7, "NEW"), (None, "Other")]
    assert keys(merged)["import_repeated"]["first"] == ["New", "other"]


def test_a_customer_without_an_id_gets_that_of_the_file() -> None:
    mine = table((None, "Alpha"), (2, "Beta"), header=HEADER[:2])
    merged = merge_customers(mine, table((9, "alpha"), header=HEADER[:2]), Memory())
    assert result(merged) == [(9, "Alpha"), (2, "Beta")]
    assert not merged.added


def test_where_names_serve_as_ids_a_number_does_not_become_one() -> None:
    mine = table(("Alpha", None), header=("Customer", "City"))
    theirs = table(
        (1, "Alpha", "Ulm"), (2, "Beta", "Kiel"), header=("Customer ID", "Customer", "City")
    )
    assert result(merge_customers(mine, theirs, Memory())) == [("Alpha", "Ulm"), ("Beta", "Kiel")]


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        (1, 1.0, True),
        (0.1 + 0.2, 0.3, True),
        (1_000_000.0, 1_000_000.01, False),
        (1e-12, 0.0, True),
        ("Kunde", "customer", True),
        ("Kunde", "prospect", False),
        ("007", 7, False),
        ("7", 7, True),
        (dt.datetime(2026, 1, 31), dt.date(2026, 1, 31), True),  # noqa: DTZ001 (as cells are)
        (True, 1, False),
        (None, 0, False),
    ],
)
def test_cells_that_say_the_same(one: Cell, other: Cell, alike: bool) -> None:
    assert same(one, other) is alike
    assert same(other, one) is alike


# --- properties -------------------------------------------------------------------------------

IDS = st.sampled_from([1, 2.0, "3", "003", "A", " a ", None, ""])
TEXTS = st.sampled_from([None, "", "Alpha", "Beta", "Gamma", 5.0, 0, True])
ROWS = st.lists(st.tuples(IDS, TEXTS, TEXTS, TEXTS), max_size=6)
WIDE = ("Customer ID", "Customer", "Turnover", "City")


@given(ROWS, ROWS)
def test_nothing_that_stands_there_is_lost(mine: list[Any], theirs: list[Any]) -> None:
    raw = table(*mine, header=WIDE)
    merged = merge_customers(raw, table(*theirs, header=WIDE), Memory())
    for before, after in zip(mine, result(merged), strict=False):
        for old, new in zip(before, after, strict=True):
            assert old == new or remembered(old) == ""
    assert len(result(merged)) >= len(mine)


@given(ROWS, ROWS)
def test_a_second_import_of_a_file_changes_nothing(mine: list[Any], theirs: list[Any]) -> None:
    incoming = table(*theirs, header=WIDE)
    merged = merge_customers(table(*mine, header=WIDE), incoming, Memory())
    again = merge_customers(filled(merged.filling), incoming, merged.memory)
    assert not again.filling.changes
    assert not again.filling.added
    assert again.memory.entries == merged.memory.entries


@given(ROWS, ROWS)
def test_what_was_overwritten_says_what_the_file_says(mine: list[Any], theirs: list[Any]) -> None:
    theirs = [row for row in theirs if remembered(row[0])]  # names change, ids do not
    incoming = table(*theirs, header=WIDE)
    merged = merge_customers(table(*mine, header=WIDE), incoming, Memory(), overwrite=True)
    assert not merged.kept
    again = merge_customers(filled(merged.filling), incoming, Memory(), overwrite=True)
    assert not again.filling.changes


@given(
    st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1), TEXTS), max_size=6),
    st.lists(st.tuples(st.integers(0, 7), st.integers(0, 1), TEXTS), max_size=6),
)
def test_two_fillings_joined_leave_the_table_that_both_leave(
    rows: list[Any], first: list[Any], second: list[Any]
) -> None:
    def filling(raw: RawTable, cells: list[Any], added: int) -> Filling:
        height, after = raw.height + added, {(r, p): c for r, p, c in cells}
        known = {(r, p): raw.cell(r, p) if r < raw.height else None for r, p in after}
        changes = [
            CellChange(r, p, known[r, p], after[r, p]) for r, p in sorted(after) if r < height
        ]
        return Filling(raw, changes, added)

    one = filling(table(*rows, header=("Customer ID", "City")), first, 2)
    two = filling(filled(one), second, 1)
    both = joined(one, two)
    assert both.added == 3
    assert said(filled(both)) == said(filled(two))
    assert both.raw is one.raw


def test_columns_of_numbers_stay_columns_of_numbers() -> None:
    columns = [["A", "B"], np.array([1.0, np.nan])]
    raw = RawTable(CUSTOMERS, "Customers", 1, 1, ["Customer ID", "Turnover"], columns, 2)
    after = filled(Filling(raw, [CellChange(1, 1, None, 7.0), CellChange(2, 0, None, "C")], 1))
    assert isinstance(after.columns[1], np.ndarray)
    assert rows_of(after) == [("A", 1.0), ("B", 7.0), ("C", None)]
    assert columns[1][1] != columns[1][1]  # the table as it was is left alone


# --- measures ---------------------------------------------------------------------------------

MEASURES = pd.DataFrame(
    {
        "turnover_12m": [600.0, 300.0, 100.0],
        "growth": [0.5, np.nan, 0.1],
        "margin_12m": [np.nan, np.nan, np.nan],
        "p_active": [0.8, 1.0, 0.6],
        "repeated": [True, False, True],
    },
    index=["1", "0002", "9"],
)
FILLED = ("Customer ID", "Customer", "Status", "Turnover", "Growth", "Active")


def customers(*more: Sequence[Any]) -> RawTable:
    return table(
        (1, "Alpha", "Kunde", 1.0, None, None),
        (2, "Beta", None, 300.0, 0.9, None),
        (3, "Gamma", "Wunschkunde", 50.0, 0.2, 0.5),
        (4, "Delta", "Customer", 70.0, None, 0.5),
        (1, "Alpha", "Customer", 5.0, None, None),
        *more,
        header=FILLED,
    )


SOURCES = {"Turnover": "turnover_12m", "growth": "growth", "Active": "p_active"}


def test_measures_fill_the_columns_of_their_criteria() -> None:
    merged = fill_measures(customers(), SOURCES, MEASURES, Memory())
    assert result(merged) == [
        (1, "Alpha", "Kunde", 600.0, 0.5, 0.8),
        (2, "Beta", None, 300.0, None, None),  # no growth: emptied; ordered once: no p_active
        (3, "Gamma", "Wunschkunde", 50.0, 0.2, 0.5),  # estimates of a prospect stay
        (4, "Delta", "Customer", None, None, None),  # no orders
        (1, "Alpha", "Customer", 5.0, None, None),  # repeats a row and counts nowhere
    ]


def test_what_is_told_of_filled_measures() -> None:
    said = keys(fill_measures(customers(), SOURCES, MEASURES, Memory()))
    assert said["filled_without"] == {"count": 1, "first": ["4"]}
    assert said["filled_prospects"] == {"count": 1, "first": ["3"]}
    assert said["filled_zeros"] == {"count": 1, "first": ["0002 = 2"]}
    assert said["filled_unknown_share"] == {"count": 1, "first": ["9"], "share": 10.0}
    assert said["p_active_convention"] == {"count": 1, "first": ["0002"]}


def test_a_measure_that_the_orders_do_not_give_empties_no_column() -> None:
    merged = fill_measures(customers(), {"Turnover": "margin_12m"}, MEASURES, Memory())
    assert not merged.filling.changes
    (fault,) = (p.fault for p in merged.problems if p.fault.key == "measure_of_nobody")
    assert (fault.criterion, fault.details["measure"]) == ("Turnover", "margin_12m")


def test_formulas_are_kept_from_measures() -> None:
    merged = fill_measures(customers(), SOURCES, MEASURES, Memory(), formulas={(0, 3)})
    assert result(merged)[0][3] == 1.0
    assert [(one.row, one.column, one.kept) for one in merged.kept] == [
        (0, "Turnover", Kept.FORMULA)
    ]


def test_orders_of_other_customers_empty_nothing() -> None:
    strangers = MEASURES.set_axis(["X1", "X2", "X3"])
    with pytest.raises(InputError) as stopped:
        fill_measures(customers(), SOURCES, strangers, Memory())
    assert [problem.fault.key for problem in stopped.value.problems] == ["filled_nobody"]


def test_prospects_alone_need_no_orders() -> None:
    mine = table((3, "Gamma", "Prospect", 50.0, 0.2, 0.5), header=FILLED)
    merged = fill_measures(mine, SOURCES, MEASURES, Memory())
    assert not merged.filling.changes


def test_customers_of_the_orders_alone_are_named_by_turnover() -> None:
    only = table((1, "Alpha"), header=HEADER[:2])
    assert unknown_customers(only, MEASURES) == ["0002", "9"]
    assert unknown_customers(table(header=HEADER[:2]), MEASURES) == ["1", "0002", "9"]


def test_a_filled_table_stays_as_it_is_when_filled_again() -> None:
    once = filled(fill_measures(customers(), SOURCES, MEASURES, Memory()).filling)
    assert not fill_measures(once, SOURCES, MEASURES, Memory()).filling.changes
