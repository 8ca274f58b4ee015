"""Whatever is in the tables, there is a result or a refusal in words; see ``support.fuzzing``."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from support.fuzzing import outcome, tries
from support.odd import loose_tables, nearly_sound

from xlportfolio.schema import TABLES, RawTable
from xlportfolio.schema.contract import Cell, sheet_table


@tries(150)
@given(loose_tables())
def test_any_cells_under_any_headers(tables: dict[str, RawTable]) -> None:
    outcome(tables)


@tries(100)
@given(nearly_sound())
def test_a_sound_portfolio_with_a_few_odd_cells(tables: dict[str, RawTable]) -> None:
    outcome(tables)


@pytest.mark.parametrize("cell", [10**400, -(10**400), Decimal("sNaN"), Decimal("1E+500")])
def test_a_number_larger_than_any_or_none_at_all_is_a_missing_measure(cell: Cell) -> None:
    rows = [["customer_id", "A", "B"], [cell, 50, cell], ["b", cell, 70]]
    criteria = [["criterion", "axis", "weight"], ["A", "value", 1], ["B", "benefit", 1]]
    blocks = {"tblCustomers": rows, "tblCriteria": criteria}
    tables = {t.name: sheet_table(t, t.english, blocks[t.name]) for t in TABLES if t.name in blocks}
    run = outcome({name: table for name, table in tables.items() if table is not None})
    assert run is not None
    assert [p.fault.key for p in run.problems].count("not_a_number") == 2
