"""Raw cells -> model, customers and problems; faults are gathered, and stop the run together."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from xlportfolio.errors import Fault, InputError, Problem, Severity
from xlportfolio.history import History
from xlportfolio.locale.languages import FALLBACK
from xlportfolio.model import EFFORT, ScoringModel, Status, Strategy
from xlportfolio.presentation import Presentation
from xlportfolio.scale import ScaleKind
from xlportfolio.schema import contract
from xlportfolio.schema.cells import as_category, as_id, as_number, as_text, is_blank
from xlportfolio.schema.contract import Cell, CellError, Cells, RawTable, Table
from xlportfolio.schema.criteria import ReadCriteria, Reader, read_criteria
from xlportfolio.schema.grid import Findings, Grid, in_order, listed
from xlportfolio.schema.history import read_history
from xlportfolio.schema.settings import language_of, read_settings
from xlportfolio.schema.words import QUADRANTS, STATUSES


@dataclass(frozen=True, slots=True, eq=False)
class WorkbookInput:
    """What a workbook asks for.

    Attributes
    ----------
    customers
        As :func:`xlportfolio.analyse` takes them; the index holds the sheet's rows.
    rows
        All rows of the customers' table, empty ones too, as the sheet counts them.
    problems
        Warnings and notes.
    places
        Knows where in the workbook each thing stands.
    history
        What earlier runs have left, without this one.
    """

    customers: pd.DataFrame
    rows: range
    model: ScoringModel
    presentation: Presentation
    problems: tuple[Problem, ...]
    places: Places
    history: History = field(default_factory=History)


def interpret(tables: Mapping[str, RawTable], reader: Reader | None = None) -> WorkbookInput:
    """Turn the raw input tables of a workbook into what the analysis needs.

    Parameters
    ----------
    tables
        The tables found, by the names of :data:`xlportfolio.schema.TABLES`, and those that earlier
        runs have left, of :data:`xlportfolio.schema.contract.KEPT_TABLES`.
    reader
        Of the criteria; see :func:`xlportfolio.schema.criteria.read_criteria`.

    Raises
    ------
    InputError
        If anything is wrong with the structure of the input; it lists all of it.
    """
    customers, criteria = (_grid(tables, t) for t in (contract.CUSTOMERS, contract.CRITERIA))
    settings, strategies = (
        grid if grid is not None and grid.rows else None  # an empty table counts as none
        for grid in (_grid(tables, t) for t in (contract.SETTINGS_TABLE, contract.STRATEGIES))
    )
    language = language_of(customers or criteria, settings)
    findings = Findings(language or FALLBACK)
    for table, there in ((contract.CUSTOMERS, customers), (contract.CRITERIA, criteria)):
        if there is None:
            details = {"table": table.name, "names": " / ".join(table.sheets)}
            findings.problems.append(Problem(Fault("table_missing", details=details)))
    for grid in (customers, criteria, settings, strategies):
        if grid is not None:
            findings.add_lacking_columns(grid)
    read = ReadCriteria()
    if criteria is not None:
        read = read_criteria(criteria, customers, findings, reader)
    chosen = read_settings(settings, customers, read, findings)
    rules = _strategies(strategies, findings) if strategies is not None else ()
    history = read_history(tables, findings)
    if findings.has_errors or customers is None or criteria is None:
        as_of = chosen.presentation.as_of
        raise InputError(in_order(findings.problems), language, as_of)

    model = ScoringModel(
        criteria=read.criteria,
        abc_measure=chosen.abc_measure,
        strategies=rules,
        **chosen.numbers,
    )
    extra = [m for m in (chosen.abc_measure, chosen.presentation.bubble_measure) if m is not None]
    columns = {name: p for name in extra if (p := customers.position_of(name)) is not None}
    columns |= {**read.columns, **customers.positions}
    frame = _Customers(customers, findings).frame(model, columns, extra)
    places = Places(
        findings.language,
        customers,
        criteria,
        settings,
        columns,
        read.rows,
        chosen.rows,
        tables[contract.HISTORY.name].sheet if contract.HISTORY.name in tables else None,
    )
    problems = tuple(findings.problems)
    first = customers.sheet_row(0)
    rows = range(first, first + customers.raw.height)
    return WorkbookInput(frame, rows, model, chosen.presentation, problems, places, history)


def _grid(tables: Mapping[str, RawTable], table: Table) -> Grid | None:
    raw = tables.get(table.name)
    return None if raw is None else Grid(raw)


def _strategies(grid: Grid, findings: Findings) -> tuple[Strategy, ...]:
    strategies = []
    for i in grid.rows:
        quadrant = QUADRANTS.get(grid.text(i, "quadrant"))
        status = STATUSES.get(grid.text(i, "status"))
        if quadrant is None:
            findings.add(grid, Fault("unknown_quadrant", Severity.WARNING), i, "quadrant")
        elif status is None and not is_blank(grid.cell(i, "status")):
            findings.add(grid, Fault("unknown_strategy_status", Severity.WARNING), i, "status")
        else:
            strategies.append(
                Strategy(
                    quadrant,
                    status,
                    grid.text(i, "strategy"),
                    grid.text(i, "activity"),
                    _effort(grid, findings, i, "visits_per_year"),
                    _effort(grid, findings, i, "hours_per_visit"),
                    grid.text(i, "text"),
                )
            )
    return tuple(strategies)


def _effort(grid: Grid, findings: Findings, i: int, key: str) -> float | None:
    """The visits or hours of a cell, ``None`` for a blank or an impossible one."""
    number = findings.number(grid, i, key)
    if number is None or EFFORT.low <= number <= EFFORT.high:
        return number
    fault = Fault("impossible_effort", Severity.WARNING, key, details=EFFORT._asdict())
    findings.add(grid, fault, i, key)
    return None


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where in the workbook customers, criteria and settings stand.

    ``columns`` holds the positions of all columns of the customers that are read, by their names
    in the analysis; the next two, the positions of rows in their tables; ``history`` is the sheet
    that keeps earlier days.
    """

    language: str
    customers: Grid
    criteria: Grid
    settings: Grid | None
    columns: Mapping[str, int]
    criterion_rows: Mapping[str, int]
    setting_rows: Mapping[str, int]
    history: str | None = None

    def locate(self, fault: Fault) -> Problem:
        """Say where the thing stands that a fault is about."""
        if fault.customer is not None:
            return self._customer(fault, fault.customer)
        if fault.criterion is not None and fault.criterion in self.criterion_rows:
            i = self.criterion_rows[fault.criterion]
            position = self.criteria.positions.get(fault.field or "")
            return self.criteria.problem(fault, i, position, self.language)
        if fault.field == "history":
            return Problem(fault, self.history)
        if self.settings is not None and (fault.field or "") in self.setting_rows:
            i = self.setting_rows[fault.field or ""]
            return self.settings.problem(
                fault, i, self.settings.positions.get("value"), self.language
            )
        return Problem(fault)

    def _customer(self, fault: Fault, row: Hashable) -> Problem:
        grid = self.customers
        if not isinstance(row, int | np.integer):
            return Problem(fault, grid.sheet)
        position = self.columns.get(fault.field or "")
        return grid.problem(fault, int(row) - grid.sheet_row(0), position, self.language)


class _Customers:
    """Reads the customers column by column."""

    def __init__(self, grid: Grid, findings: Findings) -> None:
        self.grid = grid
        self.findings = findings

    def frame(
        self, model: ScoringModel, columns: Mapping[str, int], extra: Iterable[str]
    ) -> pd.DataFrame:
        """The customers as the analysis takes them; the index holds the sheet's rows."""
        grid = self.grid

        def column(key: str) -> Sequence[Cell]:
            position = grid.positions.get(key)
            return [None] * len(grid.rows) if position is None else listed(grid.cells(position))

        data: dict[str, object] = {
            "customer_id": self._identifiers(column("customer_id"), "customer_id"),
            "customer": self._identifiers(column("customer"), "customer"),
            "status": self._statuses(column("status")),
        }
        if "hours_now" in grid.positions:
            position = grid.positions["hours_now"]
            data["hours_now"] = self._measures(grid.cells(position), position)
        for criterion in model.criteria:
            position = columns[criterion.name]
            cells = grid.cells(position)
            if criterion.scale.kind is ScaleKind.CATEGORIES:
                data[criterion.name] = self._categories(listed(cells), position)
            else:
                data[criterion.name] = self._measures(cells, position)
        for name in extra:
            if name not in data:
                data[name] = self._measures(grid.cells(columns[name]), columns[name])
        index = pd.Index([grid.sheet_row(i) for i in grid.rows], dtype=np.int64)
        return pd.DataFrame(data, index=index)

    def _identifiers(self, cells: Sequence[Cell], key: str) -> list[str]:
        """Numbers, trimmed, or names as text, as they are; an error cell is a missing one."""
        is_name = key == "customer"
        for i, cell in zip(self.grid.rows, cells, strict=True):
            if type(cell) is CellError:
                self.findings.add(self.grid, Fault("error_cell", Severity.WARNING), i, key)
        return [
            (cell if is_name and not cell.isspace() else cell.strip())
            if type(cell) is str
            else ""
            if cell is None or type(cell) is CellError
            else as_id(cell)
            for cell in cells
        ]

    def _statuses(self, cells: Sequence[Cell]) -> list[str]:
        texts = [cell if type(cell) is str else as_text(cell) for cell in cells]
        meant = {text: STATUSES.get(text) for text in set(texts)}
        for i, text in zip(self.grid.rows, texts, strict=True):
            if meant[text] is None and not is_blank(text):
                self.findings.add(self.grid, Fault("unknown_status", Severity.WARNING), i, "status")
        return [str(meant[text] or Status.CUSTOMER) for text in texts]

    def _categories(self, cells: Sequence[Cell], position: int) -> list[str | None]:
        """A column of words, ``None`` where there is none."""
        return [
            cell if type(cell) is str and cell else self._category(cell, i, position)
            for i, cell in zip(self.grid.rows, cells, strict=True)
        ]

    def _category(self, cell: Cell, i: int, position: int) -> str | None:
        """A word that is typed as something else, such as a number."""
        if isinstance(cell, CellError):
            fault = Fault("error_cell", Severity.WARNING)
            self.findings.add_cell(self.grid, fault, i, position)
        return as_category(cell, self.findings.language)

    def _measures(self, cells: Cells, position: int) -> npt.NDArray[np.float64]:
        """A column of numbers, NaN where there is none; the odd ones are looked at one by one."""
        if isinstance(cells, np.ndarray):
            return cells
        if set(map(type, cells)) <= {float, type(None)}:
            return np.array(cells, dtype=np.float64)
        measures = np.array([c if type(c) is float else np.nan for c in cells], dtype=np.float64)
        for k in np.flatnonzero(np.isnan(measures)).tolist():
            number, fault = as_number(cells[k], self.findings.language)
            if fault is not None:
                self.findings.add_cell(self.grid, fault, self.grid.rows[k], position)
            if number is not None:
                measures[k] = number
        return measures
