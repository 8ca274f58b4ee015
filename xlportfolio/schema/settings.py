"""Rows of tblSettings -> the numbers of the model and how the result is shown."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar

from xlportfolio.errors import Fault, Problem, Severity
from xlportfolio.locale.languages import FALLBACK, LANGUAGES
from xlportfolio.model import (
    RANGES,
    ScoringModel,
    Threshold,
    name_key,
    setting_faults,
)
from xlportfolio.presentation import DATES, LABELS, Presentation
from xlportfolio.scale import Range, ScaleKind
from xlportfolio.schema import contract
from xlportfolio.schema.cells import as_date, as_number, as_text, is_blank
from xlportfolio.schema.contract import Cell
from xlportfolio.schema.criteria import ReadCriteria
from xlportfolio.schema.grid import Findings, Grid
from xlportfolio.schema.words import SPOKEN, THRESHOLD_RULES

_KNOWN = {name_key(name): name for name in contract.SETTINGS}
#: Percentages that a user may have typed as a fraction.
_PERCENTAGES = (
    "abc_a",
    "abc_b",
    "min_coverage",
    "value_threshold",
    "benefit_threshold",
    "weight_spread",
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ReadSettings:
    """The settings of a workbook.

    Attributes
    ----------
    numbers
        Keyword arguments of :class:`xlportfolio.ScoringModel`.
    rows
        Name -> position of its row in the table, for the settings that have a value.
    """

    presentation: Presentation
    numbers: Mapping[str, Any] = field(default_factory=dict)
    abc_measure: str | None = None
    rows: Mapping[str, int] = field(default_factory=dict)


def read_settings(
    grid: Grid | None, customers: Grid | None, criteria: ReadCriteria, findings: Findings
) -> ReadSettings:
    """Read all settings; a workbook without any gets the defaults."""
    if grid is None:
        return ReadSettings(Presentation(language=findings.language))
    reader = _Reader(grid, findings)
    numbers = reader.numbers()

    def measure(cell: Cell) -> str | None:
        name = as_text(cell)
        return name if customers is None else _measure_named(name, customers, criteria)

    details = {"sheet": "" if customers is None else customers.sheet}
    reader.value("language", lambda cell: SPOKEN.get(as_text(cell)), None, allowed=LANGUAGES)
    labels = reader.value("top_labels", reader.count(LABELS), None)
    dates = reader.value("history_dates", reader.count(DATES), None)
    presentation = Presentation(
        language=findings.language,
        as_of=reader.value("as_of", reader.day, None),
        top_labels=Presentation().top_labels if labels is None else labels,
        bubble_measure=reader.value("bubble_measure", measure, "unknown_measure", **details),
        history_dates=Presentation().history_dates if dates is None else dates,
        compare_with=reader.value("compare_with", reader.day, None),
    )
    abc_measure = reader.value("abc_measure", measure, "unknown_measure", **details)
    return ReadSettings(presentation, numbers, abc_measure, reader.rows)


def language_of(headed: Grid | None, settings: Grid | None) -> str | None:
    """The language of a workbook: the setting, else the one that most of a table's headers are in.

    Of languages with as many the first, so that English counts where nothing tells.

    ``None`` if there is neither.
    """
    if settings is not None:
        for i in settings.rows:
            if name_key(settings.text(i, "setting")) == "language":
                language = SPOKEN.get(settings.text(i, "value"))
                if language is not None:
                    return language
    if headed is None:
        return None
    headers = {name_key(headed.header(p)) for p in headed.positions.values()}
    columns = headed.raw.table.all_columns

    def fitting(language: str) -> int:
        keys = ({name_key(c.header(language))} for c in columns)
        if language == FALLBACK:
            keys = ({name_key(c.header(language)), name_key(c.key)} for c in columns)
        return sum(not headers.isdisjoint(names) for names in keys)

    return max(LANGUAGES, key=fitting)


class _Reader:
    """Reads one setting after the other."""

    def __init__(self, grid: Grid, findings: Findings) -> None:
        self.grid = grid
        self.findings = findings
        self.rows = self._rows()

    def _rows(self) -> dict[str, int]:
        """The row of each setting that has a value; strangers and repetitions are warned of."""
        rows: dict[str, int] = {}
        for i in self.grid.rows:
            key = name_key(self.grid.text(i, "setting"))
            name = _KNOWN.get(key)
            if not key:
                fault = Fault("setting_unnamed", Severity.WARNING)
                self.findings.add(self.grid, fault, i, "setting")
            elif name is None:
                nearest = get_close_matches(key, _KNOWN, n=1, cutoff=0)
                near = {"nearest": _KNOWN[nearest[0]]}
                fault = Fault("unknown_setting", Severity.WARNING, details=near)
                self.findings.add(self.grid, fault, i, "setting")
            elif name in rows:
                details = {"first": self.grid.sheet_row(rows[name])}
                fault = Fault("setting_repeated", Severity.WARNING, name, details=details)
                self.findings.add(self.grid, fault, i, "setting")
            elif not is_blank(self.grid.cell(i, "value")):
                rows[name] = i
        return rows

    def numbers(self) -> dict[str, Threshold]:
        """The settings that are numbers, or rules for a threshold, each checked."""
        numbers: dict[str, Threshold] = {}
        for name in RANGES:
            if name in self.rows:
                number = self._number(name)
                if number is not None:
                    numbers[name] = number
        defaults: dict[str, Threshold | None] = {name: _default(name) for name in RANGES}
        for fault in setting_faults({**defaults, **numbers}):
            if fault.field in self.rows:
                self.findings.add(self.grid, fault, self.rows[fault.field], "value")
            else:
                self.findings.problems.append(Problem(fault, self.grid.sheet))
        return numbers

    def _number(self, name: str) -> Threshold | None:
        i = self.rows[name]
        wrong = "setting_not_a_number"
        if name.endswith("_threshold"):
            wrong = "threshold_unreadable"
            rule = THRESHOLD_RULES.get(self.grid.text(i, "value"))
            if rule is not None:
                return rule
        number, fault = as_number(self.grid.cell(i, "value"), self.findings.language)
        if fault is not None:
            fault = fault if fault.severity is Severity.NOTE else Fault(wrong, field=name)
            self.findings.add(self.grid, fault, i, "value")
        if number is not None and name in _PERCENTAGES and 0 < number <= 1:
            details = {"number": number, "percent": number * 100}
            fault = Fault("percent_expected", Severity.WARNING, name, details=details)
            self.findings.add(self.grid, fault, i, "value")
        return number

    def value(
        self, name: str, read: Callable[[Cell], T | None], unknown: str | None, **details: object
    ) -> T | None:
        """A setting that is no plain number; ``None`` where it is blank or an error."""
        if name not in self.rows:
            return None
        i = self.rows[name]
        value = read(self.grid.cell(i, "value"))
        if value is None:
            fault = Fault(unknown or f"unknown_{name}", field=name, details=details)
            self.findings.add(self.grid, fault, i, "value")
        return value

    def day(self, cell: Cell) -> dt.date | None:
        """Reads a day, as the workbook's language writes it too."""
        return as_date(cell, self.findings.language)

    def count(self, allowed: Range) -> Callable[[Cell], int | None]:
        """Reads a whole number of this range."""

        def whole(cell: Cell) -> int | None:
            number, _ = as_number(cell, self.findings.language)
            is_allowed = number is not None and allowed.low <= number <= allowed.high
            return (
                int(number) if number is not None and is_allowed and number.is_integer() else None
            )

        return whole


def default_of(name: str) -> float:
    """The default of a setting that is a number and has one."""
    default = _default(name)
    assert default is not None
    return default


def _default(name: str) -> float | None:
    default = ScoringModel.__dataclass_fields__[name].default
    assert default is None or isinstance(default, int | float)
    return default


def _measure_named(name: str, customers: Grid, criteria: ReadCriteria) -> str | None:
    """The customers' column of numbers that a setting names: a criterion, else an extra column."""
    position = customers.position_of(name)
    words = {p for key, p in customers.positions.items() if key != "hours_now"}
    if position is None or position in words:
        return None
    criterion = next((c for c, p in criteria.columns.items() if p == position), None)
    rated_by_words = {c.name for c in criteria.criteria if c.scale.kind is ScaleKind.CATEGORIES}
    return None if criterion in rated_by_words else criterion or customers.header(position)
