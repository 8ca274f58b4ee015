"""From raw tables, customers and orders to the table of the customers as it will be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

import ibis
import pandas as pd
import pytest

from xlportfolio.errors import InputError
from xlportfolio.intake import Incoming, Intake, sources_of, take_in
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, SETTINGS_TABLE, Cell, RawTable, Table
from xlportfolio.schema.merging import Memory

DAY = dt.date(2026, 6, 30)


def raw(table: Table, header: Sequence[str], *rows: Sequence[Any]) -> RawTable:
    return RawTable.of_rows(table, table.sheet("en"), 1, 1, header, rows)


def tables(
    *criteria: Sequence[Any],
    customers: Sequence[Sequence[Any]] = ((1, "Alpha", None, None), (2, "Beta", "Prospect", 7.0)),
    settings: Sequence[Sequence[Any]] = (),
) -> dict[str, RawTable]:
    header = ("Criterion", "Axis", "Weight", "Scale", "Low", "High", "Levels", "Source")
    rows = criteria or (("Turnover", "value", 1, None, None, None, None, "turnover_12m"),)
    return {
        CUSTOMERS.name: raw(
            CUSTOMERS, ("Customer ID", "Customer", "Status", "Turnover"), *customers
        ),
        CRITERIA.name: raw(CRITERIA, header, *rows),
        SETTINGS_TABLE.name: raw(SETTINGS_TABLE, ("Setting", "Value"), *settings),
    }


def lines(*orders: tuple[str, str, str, float]) -> Any:
    ids, customers, days, amounts = zip(*orders, strict=True)
    frame = pd.DataFrame({"order_id": ids, "customer_id": customers, "amount": amounts})
    frame["order_date"] = pd.to_datetime(list(days)).date
    return ibis.memtable(
        frame,
        schema=ibis.schema(
            {
                "order_id": "string",
                "customer_id": "string",
                "amount": "float64",
                "order_date": "date",
            }
        ),
    )


ORDERS = lines(
    ("o1", "1", "2026-01-10", 100.0),
    ("o2", "1", "2026-07-10", 1000.0),
    ("o3", "8", "2026-02-10", 300.0),
)


def taken(given: dict[str, RawTable], incoming: Incoming, **more: Any) -> Intake:
    return take_in(given, incoming, today=DAY, **more)


def column(intake: Intake, position: int) -> list[Cell]:
    table = intake.tables[CUSTOMERS.name]
    return [table.cell(i, position) for i in range(table.height)]


def keys(intake: Intake) -> list[str]:
    return [problem.fault.key for problem in intake.problems]


def test_orders_fill_the_columns_that_have_a_source() -> None:
    intake = taken(tables(), Incoming(lines=ORDERS))
    assert column(intake, 3) == [100.0, 7.0]
    assert "filled_unknown_share" in keys(intake)
    assert intake.as_of == DAY


def test_the_day_is_that_asked_for_then_that_of_the_settings() -> None:
    settings = (("as_of", "2026-12-31"),)
    assert column(taken(tables(settings=settings), Incoming(lines=ORDERS)), 3)[0] == 1100.0
    asked = taken(tables(settings=settings), Incoming(lines=ORDERS), as_of=dt.date(2026, 2, 1))
    assert column(asked, 3)[0] == 100.0


def test_a_day_that_cannot_be_read_stops_orders_alone() -> None:
    given = tables(settings=(("as_of", "soon"),))
    with pytest.raises(InputError) as stopped:
        taken(given, Incoming(lines=ORDERS))
    assert [problem.fault.key for problem in stopped.value.problems] == ["unknown_as_of"]
    assert taken(given, Incoming(), as_of=None).as_of == DAY


def test_an_import_appends_customers_that_only_the_orders_know() -> None:
    intake = taken(tables(), Incoming(lines=ORDERS, append=True))
    assert column(intake, 0) == [1, 2, 8.0]
    assert column(intake, 3) == [100.0, 7.0, 300.0]
    assert [one.customer_id for one in intake.merged.added] == ["8"]
    assert [one.row for one in intake.merged.changed] == [0]
    assert intake.merged.filling.added == 1


def test_orders_in_which_no_customer_of_the_table_is_append_none_either() -> None:
    given = tables(customers=((11, "Kappa", None, 5.0), (12, "Beta", "Prospect", 7.0)))
    with pytest.raises(InputError) as stopped:
        taken(given, Incoming(lines=ORDERS, append=True))
    assert stopped.value.problems[0].fault.key == "filled_nobody"
    without = tables(
        ("Turnover", "value", 1, None, None, None, None, None), customers=((11, "Kappa", None, 5),)
    )
    with pytest.raises(InputError) as stopped:
        taken(without, Incoming(lines=ORDERS, append=True))
    assert stopped.value.problems[0].fault.key == "filled_nobody"
    prospects = tables(customers=((12, "Beta", "Prospect", 7.0),))
    intake = taken(prospects, Incoming(lines=ORDERS, append=True))
    assert column(intake, 0) == [12, 1.0, 8.0]


def test_customers_come_before_orders_and_leave_filled_columns_to_them() -> None:
    header = ("Customer ID", "Customer", "Turnover")
    theirs = raw(CUSTOMERS, header, (1, "Alpha", 5.0), (8, "Theta", 6.0))
    intake = taken(tables(), Incoming(theirs, ORDERS, append=True))
    assert column(intake, 1) == ["Alpha", "Beta", "Theta"]
    assert column(intake, 3) == [100.0, 7.0, 300.0]
    assert "filled_appended" not in keys(intake)
    assert intake.merged.memory.entries == {("8", "Customer"): "Theta"}
    again = take_in(
        intake.tables, Incoming(theirs, ORDERS, append=True), intake.merged.memory, today=DAY
    )
    assert not again.merged.filling.changes


def test_without_any_source_orders_stop_or_only_append() -> None:
    nothing = tables(("Turnover", "value", 1, None, None, None, None, None))
    with pytest.raises(InputError) as stopped:
        taken(nothing, Incoming(lines=ORDERS))
    assert [problem.fault.key for problem in stopped.value.problems] == ["no_source"]
    intake = taken(nothing, Incoming(lines=ORDERS, append=True))
    assert column(intake, 0) == [1, 2, 8.0]
    assert "no_source" in keys(intake)


def test_a_workbook_without_customers_is_refused() -> None:
    given = tables()
    del given[CUSTOMERS.name]
    with pytest.raises(InputError) as stopped:
        taken(given, Incoming())
    assert [problem.fault.key for problem in stopped.value.problems] == ["table_missing"]


@pytest.mark.parametrize("source", ["Turnover-12m", " TURNOVER 12M ", "turnover_12m"])
def test_sources_are_read_without_regard_to_case_and_hyphens(source: str) -> None:
    given = tables(("Turnover", "value", 1, None, None, None, None, source))
    assert sources_of(given[CRITERIA.name], given[CUSTOMERS.name]) == (
        {"Turnover": "turnover_12m"},
        [],
    )


@pytest.mark.parametrize(
    ("source", "key", "nearest"),
    [("SAP", "source_unknown", None), ("turnover12", "source_near", "turnover_12m")],
)
def test_what_is_no_measure_is_noted_with_the_nearest(
    source: str, key: str, nearest: str | None
) -> None:
    given = tables(("Turnover", "value", 1, None, None, None, None, source))
    sources, (problem,) = sources_of(given[CRITERIA.name], given[CUSTOMERS.name])
    assert sources == {}
    assert problem.fault.key == key
    assert problem.fault.details.get("nearest") == nearest
    assert (problem.row, problem.column, problem.found) == (2, "Source", source)


@pytest.mark.parametrize(
    ("source", "low", "high", "levels", "warned"),
    [
        ("margin_rate", 0, 45, None, True),
        ("margin_rate", 0, 0.45, None, False),
        ("growth", -20, 20, None, True),
        ("growth", -0.5, 2, None, False),
        ("return_rate", None, None, "0=100; 5=0", True),
        ("turnover_12m", 0, 50000, None, False),
        ("p_active", None, None, None, False),
    ],
)
def test_bounds_in_percent_do_not_fit_a_measure_that_is_a_fraction(
    source: str, low: Any, high: Any, levels: str | None, *, warned: bool
) -> None:
    scale = "steps" if levels else None
    given = tables(("Turnover", "value", 1, scale, low, high, levels, source))
    _, problems = sources_of(given[CRITERIA.name], given[CUSTOMERS.name])
    assert [p.fault.key for p in problems] == (["source_fraction"] if warned else [])


def test_formulas_beside_cells_that_change_are_told_of() -> None:
    formulas = {(0, 1), (1, 1)}
    intake = taken(tables(), Incoming(lines=ORDERS), formulas=formulas)
    (problem,) = (p for p in intake.problems if p.fault.key == "formulas_stale")
    assert problem.fault.details == {"columns": ["Customer"]}
    idle = take_in(intake.tables, Incoming(lines=ORDERS), Memory(), formulas, today=DAY)
    assert "formulas_stale" not in keys(idle)
