"""Raw cells -> model, customers and problems; every fault of the input is gathered before it stops."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

import numpy as np
import pandas as pd

from xlportfolio.errors import Fault, InputError, ModelError, Problem, Severity
from xlportfolio.model import (
    RANGES,
    Axis,
    Criterion,
    Level,
    Objective,
    Presentation,
    Scale,
    ScaleKind,
    ScoringModel,
    Strategy,
    ThresholdRule,
    criteria_faults,
    name_key,
    setting_faults,
)
from xlportfolio.schema import contract
from xlportfolio.schema.cells import as_date, as_id, as_number, is_blank, shown
from xlportfolio.schema.contract import Cell, CellError, RawTable, column_letters


@dataclass(frozen=True, slots=True, eq=False)
class WorkbookInput:
    """What a workbook asks for.

    Attributes
    ----------
    customers
        As :func:`xlportfolio.analyse` takes them; the index holds the sheet's rows.
    language
        In which the cells were read; what is written follows ``presentation.language``.
    problems
        Warnings and notes.
    places
        Knows where in the workbook each thing stands.
    """

    customers: pd.DataFrame
    model: ScoringModel
    presentation: Presentation
    language: str
    problems: tuple[Problem, ...]
    places: Places


def interpret(tables: Mapping[str, RawTable]) -> WorkbookInput:
    """Turn the raw input tables of a workbook into what the analysis needs.

    Parameters
    ----------
    tables
        The tables found, by the names of :data:`xlportfolio.schema.TABLES`.

    Raises
    ------
    InputError
        If anything is wrong with the structure of the input; it lists all of it.
    """
    missing = [t for t in (contract.CUSTOMERS, contract.CRITERIA) if t.name not in tables]
    if missing:
        named = [{"table": t.name, "english": t.english, "german": t.german} for t in missing]
        raise InputError([Problem(Fault("table_missing", details=details)) for details in named])
    return _Interpreter(tables).interpret()


class _Grid:
    """A raw table with its columns found and its empty rows left out."""

    def __init__(self, raw: RawTable) -> None:
        self.raw = raw
        self.sheet = raw.sheet
        self.positions = raw.table.positions(raw.header)
        self.rows = [i for i, row in enumerate(raw.rows) if not all(map(is_blank, row))]

    def sheet_row(self, i: int) -> int:
        """The sheet's row of the table's i-th row."""
        return self.raw.row + 1 + i

    def cell(self, i: int, key: str) -> Cell:
        """A cell of one of the contract's columns, empty where there is no such column."""
        position = self.positions.get(key)
        return None if position is None else self.raw.rows[i][position]

    def text(self, i: int, key: str) -> str:
        """A cell as text, trimmed."""
        cell = self.cell(i, key)
        return "" if isinstance(cell, CellError) else shown(cell, "en").strip()

    def header(self, position: int) -> str:
        """A header as the sheet shows it."""
        return shown(self.raw.header[position], "en").strip()

    def position_of(self, name: str) -> int | None:
        """The position of the column headed by this name, if there is one."""
        key = name_key(name)
        headers = (name_key(self.header(p)) for p in range(len(self.raw.header)))
        return next((p for p, header in enumerate(headers) if header == key), None)

    def problem(self, fault: Fault, i: int | None, position: int | None, language: str) -> Problem:
        """A fault of one cell, one row or the whole table, with its place."""
        if i is None:
            return Problem(fault, self.sheet)
        row = self.sheet_row(i)
        if position is None:
            return Problem(fault, self.sheet, row)
        cell = f"{column_letters(self.raw.column + position)}{row}"
        found = shown(self.raw.rows[i][position], language)
        return Problem(fault, self.sheet, row, self.header(position), cell, found)


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where in the workbook customers, criteria and settings stand."""

    language: str
    customers: _Grid
    criteria: _Grid
    settings: _Grid | None
    columns: Mapping[str, int]
    criterion_rows: Mapping[str, int]
    setting_rows: Mapping[str, int]

    def locate(self, fault: Fault) -> Problem:
        """Say where the thing stands that a fault is about."""
        if fault.customer is not None:
            return self._customer(fault, fault.customer)
        if fault.criterion is not None and fault.criterion in self.criterion_rows:
            i = self.criterion_rows[fault.criterion]
            position = self.criteria.positions.get(fault.field or "")
            return self.criteria.problem(fault, i, position, self.language)
        if self.settings is not None and fault.field in self.setting_rows:
            i = self.setting_rows[fault.field]
            return self.settings.problem(
                fault, i, self.settings.positions.get("value"), self.language
            )
        return Problem(fault)

    def _customer(self, fault: Fault, row: Hashable) -> Problem:
        grid = self.customers
        if not isinstance(row, int | np.integer):
            return Problem(fault, grid.sheet)
        position = grid.positions.get(fault.field or "", self.columns.get(fault.field or ""))
        return grid.problem(fault, int(row) - grid.sheet_row(0), position, self.language)


@dataclass(slots=True)
class _Interpreter:
    tables: Mapping[str, RawTable]
    problems: list[Problem] = field(default_factory=list)
    language: str = "en"

    def interpret(self) -> WorkbookInput:
        customers = _Grid(self.tables[contract.CUSTOMERS.name])
        criteria = _Grid(self.tables[contract.CRITERIA.name])
        settings = self._optional(contract.SETTINGS_TABLE)
        strategies = self._optional(contract.STRATEGIES)
        for grid in (customers, criteria, settings, strategies):
            if grid is not None:
                self._check_columns(grid)
        self.language = language_of(customers, settings)

        rows = self._criterion_rows(criteria)
        built = [self._criterion(criteria, i) for i in rows]
        columns = self._measure_columns(customers, criteria, rows)
        setting_rows = self._setting_rows(settings)
        numbers = self._numbers(settings, setting_rows)
        presentation, abc_measure = self._presentation(settings, setting_rows, customers, columns)
        chosen = self._strategies(strategies)
        self._check_together(criteria, rows, built, settings, setting_rows, numbers)
        self._stop_on_errors()

        model = ScoringModel(
            criteria=tuple(c for c in built if c is not None),
            abc_measure=abc_measure,
            strategies=chosen,
            **numbers,
        )
        wanted = (abc_measure, presentation.bubble_measure)
        frame = self._customers(customers, model, columns, [n for n in wanted if n is not None])
        places = Places(
            self.language,
            customers,
            criteria,
            settings,
            columns,
            {c.name: i for c, i in zip(model.criteria, rows, strict=True)},
            setting_rows,
        )
        return WorkbookInput(
            frame, model, presentation, self.language, tuple(self.problems), places
        )

    # --- finding things ---------------------------------------------------------------------

    def _optional(self, table: contract.Table) -> _Grid | None:
        raw = self.tables.get(table.name)
        grid = None if raw is None else _Grid(raw)
        return grid if grid is not None and grid.rows else None

    def _check_columns(self, grid: _Grid) -> None:
        for column in grid.raw.table.columns:
            if column.needed and column.key not in grid.positions:
                if column.key == "customer_id" and "customer" in grid.positions:
                    continue  # the names serve as numbers
                details = {"english": column.english, "german": column.german}
                self._add(grid, Fault("needed_column_missing", details=details))

    def _add(self, grid: _Grid, fault: Fault, i: int | None = None, key: str | None = None) -> None:
        """Gather a fault of a cell (or row, or table), placed."""
        position = None if key is None else grid.positions.get(key)
        self.problems.append(grid.problem(fault, i, position, self.language))

    def _stop_on_errors(self) -> None:
        if any(problem.severity is Severity.ERROR for problem in self.problems):
            raise InputError(in_order(self.problems), self.language)

    def _number(self, grid: _Grid, i: int, key: str, fault_key: str) -> float | None:
        """A number of the model; whatever is no number is an error of the given kind."""
        number, fault = as_number(grid.cell(i, key), self.language)
        if fault is not None:
            wrong = fault.severity is not Severity.NOTE
            self._add(grid, Fault(fault_key, field=key) if wrong else fault, i, key)
        return number

    # --- criteria -----------------------------------------------------------------------------

    def _criterion_rows(self, grid: _Grid) -> list[int]:
        """The rows that name a criterion; the others are faults unless they are empty."""
        rows = []
        for i in grid.rows:
            if grid.text(i, "criterion"):
                rows.append(i)
            else:
                self._add(grid, Fault("criterion_unnamed"), i, "criterion")
        return rows

    def _criterion(self, grid: _Grid, i: int) -> Criterion | None:
        """Build a criterion; its faults are gathered, and none is built if there are any."""
        before = len(self.problems)
        name = grid.text(i, "criterion")
        if name_key(name) in {key for c in contract.CUSTOMERS.columns for key in c.names}:
            self._add(grid, Fault("criterion_name_taken", criterion=name), i, "criterion")
        axis = self._word(grid, i, "axis", contract.AXES, None)
        objective = self._word(grid, i, "objective", contract.OBJECTIVES, Objective.MAX)
        kind = self._word(grid, i, "scale", contract.SCALES, ScaleKind.LINEAR)
        weight = self._weight(grid, i)
        fill = self._fill(grid, i)
        scale = None if kind is None else self._scale(grid, i, kind)
        readable = scale is not None and not any(
            p.severity is Severity.ERROR for p in self.problems[before:]
        )
        try:
            # what could not be read is stood in for, so that the rest is checked all the same
            criterion = Criterion(
                name=name,
                axis=axis or Axis.VALUE,
                weight=1.0 if weight is None else weight,
                scale=scale or Scale(),
                objective=objective or Objective.MAX,
                fill=fill,
                unit=grid.text(i, "unit"),
                description=grid.text(i, "description"),
            )
        except ModelError as error:
            for fault in error.faults:
                self._add(grid, fault, i, fault.field)
            return None
        return criterion if readable else None

    def _word(
        self,
        grid: _Grid,
        i: int,
        key: str,
        words: contract.Words[Any],
        default: Any,  # noqa: ANN401
    ) -> Any:  # noqa: ANN401 (a member of whatever closed set the words are)
        text = grid.text(i, key)
        if not text and default is not None and is_blank(grid.cell(i, key)):
            return default
        word = words.get(text)
        if word is None:
            self._add(grid, Fault(f"unknown_{key}", field=key), i, key)
        return word

    def _weight(self, grid: _Grid, i: int) -> float | None:
        if is_blank(grid.cell(i, "weight")):
            self._add(grid, Fault("weight_blank", field="weight"), i, "weight")
            return None
        return self._number(grid, i, "weight", "weight_not_a_number")

    def _fill(self, grid: _Grid, i: int) -> float | None:
        if is_blank(grid.cell(i, "missing")):
            return None
        rule = contract.FILL_RULES.get(grid.text(i, "missing"))
        if rule is not None:
            fills = {contract.FillRule.WORST: 0.0, contract.FillRule.NEUTRAL: 50.0}
            return fills.get(rule)
        return self._number(grid, i, "missing", "unknown_missing")

    def _scale(self, grid: _Grid, i: int, kind: ScaleKind) -> Scale | None:
        if kind is ScaleKind.LINEAR:
            low = self._number(grid, i, "low", "bound_not_a_number")
            return Scale.linear(low, self._number(grid, i, "high", "bound_not_a_number"))
        levels = self._levels(grid, i, kind)
        return None if levels is None else Scale(kind, levels=levels)

    def _levels(self, grid: _Grid, i: int, kind: ScaleKind) -> tuple[Level, ...] | None:
        """Read levels such as ``0=0; 50000=25`` or ``high=100; low=20``."""
        text = grid.text(i, "levels")
        parts = [p for part in text.replace("\n", ";").split(";") if (p := part.strip())]
        levels: list[Level] = []
        for part in parts:
            left, _, right = (side.strip() for side in part.rpartition("="))
            bound = left if kind is ScaleKind.CATEGORIES else self._level_number(grid, i, left)
            value = self._level_number(grid, i, right)
            if bound is None or bound == "" or value is None:
                fault = Fault("level_unreadable", field="levels", details={"part": part})
                self._add(grid, fault, i, "levels")
            else:
                levels.append(Level(bound, value))
        if len(levels) < len(parts):
            return None
        if kind is not ScaleKind.CATEGORIES:
            levels.sort()
        return tuple(levels)

    def _level_number(self, grid: _Grid, i: int, text: str) -> float | None:
        number, fault = as_number(text, self.language)
        # plain digits are what levels are made of: only an odd way of writing is worth a note
        if fault is not None and fault.severity is Severity.NOTE and fault.key != "number_as_text":
            self._add(grid, replace(fault, details={**fault.details, "found": text}), i, "levels")
        return number

    def _measure_columns(
        self, customers: _Grid, criteria: _Grid, rows: Sequence[int]
    ) -> dict[str, int]:
        """Where each criterion's measures stand; a criterion without a column is an error."""
        columns = {}
        for i in rows:
            name = criteria.text(i, "criterion")
            position = customers.position_of(name)
            if position is None:
                details = {"sheet": customers.sheet}
                fault = Fault("criterion_without_column", criterion=name, details=details)
                self._add(criteria, fault, i, "criterion")
            else:
                columns[name] = position
        return columns

    def _check_together(
        self,
        criteria: _Grid,
        rows: Sequence[int],
        built: Sequence[Criterion | None],
        settings: _Grid | None,
        setting_rows: Mapping[str, int],
        numbers: Mapping[str, float | ThresholdRule],
    ) -> None:
        """Check the criteria, and the settings, as a whole."""
        named = []
        for i, criterion in zip(rows, built, strict=True):
            axis = contract.AXES.get(criteria.text(i, "axis"))
            weight = criterion.weight if criterion is not None else None
            named.append((criteria.text(i, "criterion"), axis, weight))
        for fault in criteria_faults(named):
            position = fault.details.get("position")
            i_or_none = rows[position] if isinstance(position, int) else None
            self._add(criteria, fault, i_or_none, fault.field)
        defaults = {name: _default(name) for name in RANGES}
        for fault in setting_faults({**defaults, **numbers}):
            if settings is not None and fault.field in setting_rows:
                self._add(settings, fault, setting_rows[fault.field], "value")
            else:
                self.problems.append(Problem(fault, settings.sheet if settings else None))

    # --- settings -----------------------------------------------------------------------------

    def _setting_rows(self, grid: _Grid | None) -> dict[str, int]:
        """The row of each setting that has a value; strangers are warned of."""
        rows: dict[str, int] = {}
        if grid is None:
            return rows
        known = {name_key(name): name for name in contract.SETTINGS}
        for i in grid.rows:
            text = grid.text(i, "setting")
            name = known.get(name_key(text))
            if name is None:
                nearest = get_close_matches(name_key(text), known, n=1, cutoff=0)
                details = {"nearest": known[nearest[0]] if nearest else contract.SETTINGS[0]}
                fault = Fault("unknown_setting", Severity.WARNING, details=details)
                self._add(grid, fault, i, "setting")
            elif name in rows:
                first = grid.sheet_row(rows[name])
                fault = Fault("setting_repeated", Severity.WARNING, name, details={"first": first})
                self._add(grid, fault, i, "setting")
            elif not is_blank(grid.cell(i, "value")):
                rows[name] = i
        return rows

    def _numbers(self, grid: _Grid | None, rows: Mapping[str, int]) -> dict[str, Any]:
        """The settings of the scoring that are numbers, or rules for a threshold."""
        numbers: dict[str, Any] = {}
        for name in RANGES:
            if grid is None or name not in rows:
                continue
            i = rows[name]
            is_threshold = name.endswith("_threshold")
            rule = contract.THRESHOLD_RULES.get(grid.text(i, "value")) if is_threshold else None
            if rule is not None:
                numbers[name] = rule
                continue
            key = "threshold_unreadable" if is_threshold else "setting_not_a_number"
            number, fault = as_number(grid.cell(i, "value"), self.language)
            if fault is not None:
                unreadable = Fault(key, field=name)
                fault = fault if fault.severity is Severity.NOTE else unreadable
                self._add(grid, fault, i, "value")
            if number is not None:
                numbers[name] = number
                if 0 < number <= 1 and name in {"abc_a", "abc_b", "min_coverage"}:
                    percent = Fault(
                        "percent_expected",
                        Severity.WARNING,
                        name,
                        details={"percent": number * 100},
                    )
                    self._add(grid, percent, i, "value")
        return numbers

    def _presentation(
        self,
        grid: _Grid | None,
        rows: Mapping[str, int],
        customers: _Grid,
        columns: Mapping[str, int],
    ) -> tuple[Presentation, str | None]:
        """The settings that are no plain numbers, and the measure of the ABC analysis."""
        plain = Presentation(language=self.language)
        if grid is None:
            return plain, None

        def read(name: str, reader: Callable[[Cell], object], default: Any) -> Any:  # noqa: ANN401
            if name not in rows:
                return default
            value = reader(grid.cell(rows[name], "value"))
            if value is None:
                key = f"unknown_{name}"
                if name.endswith("_measure"):
                    key = "unknown_measure"
                details = {"sheet": customers.sheet}
                self._add(grid, Fault(key, field=name, details=details), rows[name], "value")
            return value

        def count(cell: Cell) -> int | None:
            number, _ = as_number(cell, self.language)
            return (
                int(number) if number is not None and number >= 0 and number.is_integer() else None
            )

        def measure(cell: Cell) -> str | None:
            return _measure_named(shown(cell, "en"), customers, columns)

        def language(cell: Cell) -> str | None:
            return contract.LANGUAGES.get(shown(cell, "en"))

        read("language", language, self.language)
        presentation = Presentation(
            language=self.language,
            as_of=read("as_of", as_date, None),
            top_labels=read("top_labels", count, plain.top_labels),
            bubble_measure=read("bubble_measure", measure, None),
        )
        return presentation, read("abc_measure", measure, None)

    # --- strategies ---------------------------------------------------------------------------

    def _strategies(self, grid: _Grid | None) -> tuple[Strategy, ...]:
        strategies = []
        for i in grid.rows if grid is not None else ():
            assert grid is not None
            quadrant = contract.QUADRANTS.get(grid.text(i, "quadrant"))
            if quadrant is None:
                fault = Fault("unknown_quadrant", Severity.WARNING)
                self._add(grid, fault, i, "quadrant")
                continue
            status = contract.STATUSES.get(grid.text(i, "status"))
            if status is None and grid.text(i, "status"):
                self._add(grid, Fault("unknown_strategy_status", Severity.WARNING), i, "status")
                continue
            strategies.append(
                Strategy(
                    quadrant,
                    status,
                    grid.text(i, "strategy"),
                    grid.text(i, "activity"),
                    self._amount(grid, i, "visits_per_year"),
                    self._amount(grid, i, "hours_per_visit"),
                    grid.text(i, "text"),
                )
            )
        return tuple(strategies)

    def _amount(self, grid: _Grid, i: int, key: str) -> float | None:
        """A number that may be missing; whatever is no number is a warning."""
        number, fault = as_number(grid.cell(i, key), self.language)
        if fault is not None:
            self._add(grid, fault, i, key)
        return number

    # --- customers ----------------------------------------------------------------------------

    def _customers(
        self, grid: _Grid, model: ScoringModel, columns: Mapping[str, int], extra: Iterable[str]
    ) -> pd.DataFrame:
        """The customers as the analysis takes them; the index holds the sheet's rows."""
        rows = [grid.raw.rows[i] for i in grid.rows]
        by_column = list(zip(*rows, strict=True)) if rows else [()] * len(grid.raw.header)

        def column(key: str) -> Sequence[Cell]:
            position = grid.positions.get(key)
            return [None] * len(rows) if position is None else by_column[position]

        data: dict[str, object] = {
            "customer_id": self._identifiers(grid, column("customer_id"), "customer_id"),
            "customer": self._identifiers(grid, column("customer"), "customer"),
            "status": self._statuses(grid, column("status")),
        }
        for criterion in model.criteria:
            position = columns[criterion.name]
            cells = by_column[position]
            if criterion.scale.kind is ScaleKind.CATEGORIES:
                data[criterion.name] = self._categories(grid, cells, position)
            else:
                data[criterion.name] = self._measures(grid, cells, position)
        for name in extra:
            if name not in data:
                position = grid.position_of(name) or 0
                data[name] = self._measures(grid, by_column[position], position)
        index = pd.Index([grid.sheet_row(i) for i in grid.rows], dtype=np.int64)
        return pd.DataFrame(data, index=index)

    def _identifiers(self, grid: _Grid, cells: Sequence[Cell], key: str) -> list[str]:
        """Numbers or names as text; an error cell is a missing one."""
        for i, cell in zip(grid.rows, cells, strict=True):
            if isinstance(cell, CellError):
                self._add(grid, Fault("error_cell", Severity.WARNING), i, key)
        return ["" if isinstance(cell, CellError) else as_id(cell) for cell in cells]

    def _statuses(self, grid: _Grid, cells: Sequence[Cell]) -> list[str]:
        statuses = []
        for i, cell in zip(grid.rows, cells, strict=True):
            status = contract.STATUSES.get(shown(cell, "en"))
            if status is None and not is_blank(cell):
                self._add(grid, Fault("unknown_status", Severity.WARNING), i, "status")
            statuses.append(str(status or "customer"))
        return statuses

    def _categories(self, grid: _Grid, cells: Sequence[Cell], position: int) -> list[str | None]:
        words: list[str | None] = []
        for i, cell in zip(grid.rows, cells, strict=True):
            if isinstance(cell, CellError):
                fault = Fault("error_cell", Severity.WARNING)
                self.problems.append(grid.problem(fault, i, position, self.language))
            blank = is_blank(cell) or isinstance(cell, CellError)
            words.append(None if blank else shown(cell, self.language))
        return words

    def _measures(self, grid: _Grid, cells: Sequence[Cell], position: int) -> np.ndarray:
        """A column of numbers, NaN where there is none; the odd ones are looked at one by one."""
        measures = np.array([c if type(c) is float else np.nan for c in cells], dtype=np.float64)
        for k in _not_floats(cells):
            number, fault = as_number(cells[k], self.language)
            if fault is not None:
                problem = grid.problem(fault, grid.rows[k], position, self.language)
                self.problems.append(problem)
            if number is not None:
                measures[k] = number
        return measures


def _not_floats(cells: Sequence[Cell]) -> Iterator[int]:
    return (k for k, cell in enumerate(cells) if type(cell) is not float and cell not in ("", None))


def _default(name: str) -> float:
    default = ScoringModel.__dataclass_fields__[name].default
    assert isinstance(default, int | float)
    return default


def _measure_named(name: str, customers: _Grid, columns: Mapping[str, int]) -> str | None:
    """The customers' column of measures that a setting names: a criterion, else an extra column."""
    position = customers.position_of(name)
    if position is None or position in customers.positions.values():
        return None
    criterion = next((c for c, p in columns.items() if p == position), None)
    return criterion or customers.header(position)


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """Problems by severity, then by place."""
    severities = list(Severity)
    return sorted(problems, key=lambda p: (severities.index(p.severity), p.sheet or "", p.row or 0))


def language_of(customers: _Grid, settings: _Grid | None) -> str:
    """The language of a workbook: the setting, else that of the customers' headers, else English."""
    for i in settings.rows if settings is not None else ():
        assert settings is not None
        if name_key(settings.text(i, "setting")) == "language":
            language = contract.LANGUAGES.get(settings.text(i, "value"))
            if language is not None:
                return str(language)
    headers = {name_key(customers.header(p)) for p in customers.positions.values()}
    columns = customers.raw.table.columns
    german = sum(name_key(c.german) in headers for c in columns)
    english = sum(bool({name_key(c.english), name_key(c.key)} & headers) for c in columns)
    return "de" if german > english else "en"
