"""Measures of orders -> what changes in the table of the customers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from xlportfolio.errors import Fault, InputError, Problem, Severity
from xlportfolio.model import Status
from xlportfolio.schema.cells import as_text, is_blank
from xlportfolio.schema.contract import RawTable
from xlportfolio.schema.matching import CustomerRows
from xlportfolio.schema.merging import (
    CellChange,
    Filling,
    Formulas,
    Kept,
    Listed,
    Memory,
    Merged,
    few,
    same,
)
from xlportfolio.schema.words import STATUSES


def unknown_customers(customers: RawTable, measures: pd.DataFrame) -> list[str]:
    """The ids in the orders that no row of the table has, by turnover, the largest first."""
    known = CustomerRows(customers).match(map(str, measures.index))
    return _by_turnover(measures.loc[~measures.index.isin(list(known))])


def refuse_strangers(customers: RawTable, measures: pd.DataFrame) -> None:
    """Refuse orders in which no customer of the table is, though it has some beside prospects.

    Raises
    ------
    InputError
        If it is so: the ids are then of another kind, and all customers would lose their measures.
    """
    rows, theirs = CustomerRows(customers), list(map(str, measures.index))
    own = [one for one, row in rows.first.items() if not _is_prospect(rows, row)]
    if own and theirs and not rows.match(theirs):
        details: dict[str, object] = {"of_orders": few(theirs), "first": few(own)}
        raise InputError([Problem(Fault("filled_nobody", details=details))])


def fill_measures(
    customers: RawTable,
    sources: Mapping[str, str],
    measures: pd.DataFrame,
    memory: Memory,
    *,
    formulas: Formulas = frozenset(),
) -> Merged:
    """What changes when the columns of criteria are filled with measures.

    A cell gets the measure of its customer; where the orders do not give it, the cell is emptied.
    Cells of customers without any order are emptied too; those of prospects stay, since they are
    estimates. A second row of one customer stays as it is. Formulas are kept. A column whose
    measure nobody has stays as it is, as that of margins where the orders have none.

    Parameters
    ----------
    customers
        The table of the customers.
    sources
        Header of a column -> the measure that fills it, a column of ``measures``.
    measures
        One row per customer, indexed by its id as text, numbers as floats, NaN for missing; see
        :class:`xlportfolio.measures.CustomerMeasures`. ``p_active`` of whoever is not ``repeated``
        stays blank: it is 1 by convention of the model, not by what the customer did.
    memory
        What imports wrote; measures are not among it, since their columns belong to the orders.
    formulas
        Cells of ``customers`` that hold formulas.

    Raises
    ------
    InputError
        If none of the customers in the table has an order: the ids are then of another kind.

    Examples
    --------
    >>> from xlportfolio.schema.contract import CUSTOMERS
    >>> header, rows = ["Customer ID", "Turnover"], [["A", None], ["B", 5.0]]
    >>> raw = RawTable.of_rows(CUSTOMERS, "Customers", 1, 1, header, rows)
    >>> measures = pd.DataFrame({"turnover_12m": [900.0]}, index=["A"])
    >>> merged = fill_measures(raw, {"Turnover": "turnover_12m"}, measures, Memory())
    >>> [(change.row, change.before, change.after) for change in merged.filling.changes]
    [(0, None, 900.0), (1, 5.0, None)]
    """
    rows = CustomerRows(customers)
    matched = rows.match(map(str, measures.index))
    at = {row: measures.index.get_loc(one) for one, row in matched.items()}
    prospects = {row for row in rows.first.values() if _is_prospect(rows, row)}
    without = [row for row in sorted(rows.first.values()) if row not in at]
    emptied = [row for row in without if row not in prospects]
    if emptied and not at:
        refuse_strangers(customers, measures)

    changed: list[Listed] = []
    kept: list[Listed] = []
    changes: list[CellChange] = []
    problems: list[Problem] = []
    filled = [row for row in sorted(rows.first.values()) if row in at or row not in prospects]
    for header, measure in sources.items():
        position = rows.grid.position_of(header)
        if position is None:
            continue
        numbers = _shown_numbers(measures, measure)
        of_rows = {row: float(numbers[i]) for row, i in at.items()}
        if all(map(math.isnan, of_rows.values())):
            details = {"measure": measure}
            fault = Fault("measure_of_nobody", Severity.WARNING, criterion=header, details=details)
            problems.append(Problem(fault))
            continue
        for listed in _column(rows, position, filled, of_rows):
            if (listed.row, position) in formulas:
                kept.append(replace(listed, kept=Kept.FORMULA))
            else:
                changed.append(listed)
                changes.append(CellChange(listed.row, position, listed.before, listed.after))
    changes.sort(key=lambda change: (change.row, change.position))
    stay = [row for row in without if row in prospects]
    said = {
        "filled_without": (Severity.WARNING, [rows.ids[row] for row in emptied]),
        "filled_prospects": (Severity.NOTE, [rows.ids[row] for row in stay]),
        "filled_zeros": (Severity.NOTE, rows.zeros(matched)),
    }
    problems += [
        Problem(Fault(key, severity, details={"count": len(ids), "first": few(ids)}))
        for key, (severity, ids) in said.items()
        if ids and sources
    ]
    problems += _unknown(measures, matched)
    if "p_active" in sources.values():
        problems += _not_repeated(measures, matched)
    return Merged(Filling(customers, changes), (), changed, kept, memory, tuple(problems))


def _column(
    rows: CustomerRows, position: int, filled: Sequence[int], numbers: Mapping[int, float]
) -> Iterator[Listed]:
    """The cells of a column that do not hold what they should."""
    raw, header = rows.grid.raw, rows.grid.header(position)
    for row in filled:
        number = numbers.get(row, math.nan)
        before, after = raw.cell(row, position), None if math.isnan(number) else number
        if not same(before, after):
            yield Listed(row, rows.ids[row], rows.name(row), header, before, after)


def _is_prospect(rows: CustomerRows, row: int) -> bool:
    cell = rows.grid.cell(row, "status")
    return not is_blank(cell) and STATUSES.get(as_text(cell)) is Status.PROSPECT


def _repeated(measures: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if "repeated" not in measures:
        return np.ones(len(measures), dtype=np.bool_)
    return measures["repeated"].eq(True).to_numpy(np.bool_)  # noqa: FBT003 (missing is not true)


def _shown_numbers(
    measures: pd.DataFrame, measure: str
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """A measure as cells show it; none where it is only a convention."""
    if measure not in measures:
        return np.full(len(measures), np.nan)
    numbers = measures[measure].to_numpy(np.float64, na_value=np.nan)
    return np.where(_repeated(measures), numbers, np.nan) if measure == "p_active" else numbers


def _by_turnover(measures: pd.DataFrame) -> list[str]:
    if "turnover_12m" in measures:
        measures = measures.sort_values("turnover_12m", ascending=False, kind="stable")
    return list(map(str, measures.index))


def _unknown(measures: pd.DataFrame, matched: Mapping[str, int]) -> Iterator[Problem]:
    """Customers of the orders that have no row, and how much of the turnover they are."""
    strangers = measures.loc[~measures.index.isin(list(matched))]
    if not len(strangers):
        return
    turnover = measures.get("turnover_12m", pd.Series(dtype=np.float64)).clip(lower=0)
    total = float(turnover.sum())
    details: dict[str, object] = {"count": len(strangers), "first": few(_by_turnover(strangers))}
    if total <= 0:
        yield Problem(Fault("filled_unknown", Severity.WARNING, details=details))
        return
    share = 100 * float(turnover.loc[strangers.index].sum()) / total
    details["share"] = round(share, 1)
    yield Problem(Fault("filled_unknown_share", Severity.WARNING, details=details))


def _not_repeated(measures: pd.DataFrame, matched: Mapping[str, int]) -> Iterator[Problem]:
    ids = [
        str(one)
        for one, repeated in zip(measures.index, _repeated(measures), strict=True)
        if not repeated and str(one) in matched
    ]
    if ids:
        details = {"count": len(ids), "first": few(ids)}
        yield Problem(Fault("p_active_convention", Severity.NOTE, details=details))
