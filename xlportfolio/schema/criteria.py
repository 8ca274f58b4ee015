"""Rows of tblCriteria -> criteria; what is wrong with each is gathered, not raised."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, TypeVar

from xlportfolio.errors import Fault, ModelError, Problem, Severity
from xlportfolio.model import (
    Axis,
    Criterion,
    Objective,
    Role,
    criteria_faults,
    name_key,
)
from xlportfolio.scale import Level, Scale, ScaleKind
from xlportfolio.schema import contract
from xlportfolio.schema.cells import as_number, is_blank
from xlportfolio.schema.contract import RawTable
from xlportfolio.schema.grid import Findings, Grid
from xlportfolio.schema.words import (
    ANSWERS,
    AXES,
    FILL_RULES,
    OBJECTIVES,
    ROLES,
    SCALES,
    Answer,
    FillRule,
    Words,
)

_RESERVED = {key for column in contract.CUSTOMERS.all_columns for key in column.names}
_FILLS = {FillRule.SKIP: None, FillRule.WORST: 0.0, FillRule.NEUTRAL: 50.0}

Word = TypeVar("Word", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class ReadCriteria:
    """The criteria of a workbook and where they stand.

    Attributes
    ----------
    criteria
        In the order of the sheet; faulty ones are left out.
    rows
        Name -> position of its row in the table of the criteria.
    columns
        Name -> position of its column in the table of the customers.
    """

    criteria: tuple[Criterion, ...] = ()
    rows: Mapping[str, int] = field(default_factory=dict)
    columns: Mapping[str, int] = field(default_factory=dict)


#: Reads a table of criteria in a language: the criteria, without columns, and what is wrong.
Reader = Callable[[RawTable, str], tuple[ReadCriteria, tuple[Problem, ...]]]


def read_criteria(
    grid: Grid, customers: Grid | None, findings: Findings, reader: Reader | None = None
) -> ReadCriteria:
    """Read all criteria, and find the customers' column of each, if there are customers.

    The ``reader`` is :func:`read_table` unless somebody keeps what that has read.
    """
    read, problems = (reader or read_table)(grid.raw, findings.language)
    findings.problems += problems
    columns = {}
    for name, i in read.rows.items():
        if customers is None:
            break
        position = customers.position_of(name)
        if position is None:
            details = {"sheet": customers.sheet}
            fault = Fault("criterion_without_column", criterion=name, details=details)
            findings.add(grid, fault, i, "criterion")
        else:
            columns[name] = position
    return replace(read, columns=columns)


def read_table(raw: RawTable, language: str) -> tuple[ReadCriteria, tuple[Problem, ...]]:
    """All criteria of a table and what is wrong with them."""
    grid, findings = Grid(raw), Findings(language)
    reader = _Reader(grid, findings)
    read = [reader.criterion(i) for i in grid.rows]
    reader.check_together(read)
    by_name = {name: i for i in grid.rows if (name := grid.text(i, "criterion"))}
    built = tuple(one.criterion for one in read if one.criterion is not None)
    return ReadCriteria(built, by_name), tuple(findings.problems)


class _Read(NamedTuple):
    """A criterion as far as it could be read: none if anything in its row is an error."""

    criterion: Criterion | None
    axis: Axis | None
    weight: float | None


class _Reader:
    """Reads one row after the other."""

    def __init__(self, grid: Grid, findings: Findings) -> None:
        self.grid = grid
        self.findings = findings
        self.roles: dict[Role, str] = {}

    def criterion(self, i: int) -> _Read:
        """Build a criterion, gathering whatever is wrong in its row."""
        grid = self.grid
        before = len(self.findings.problems)
        name = grid.text(i, "criterion")
        if not name and "criterion" in grid.positions:
            self._fault(i, Fault("criterion_unnamed"), "criterion")
        if name_key(name) in _RESERVED:
            self._fault(i, Fault("criterion_name_taken", criterion=name), "criterion")
        axis = self._word(i, "axis", AXES, None)
        objective = self._word(i, "objective", OBJECTIVES, Objective.MAX)
        kind = self._word(i, "scale", SCALES, ScaleKind.LINEAR)
        weight = self._weight(i)
        fill = self._fill(i)
        scale = None if kind is None else self._scale(i, kind)
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
                changeable=self._known(i, "changeable", ANSWERS) is Answer.YES,
                role=self._role(i),
            )
        except ModelError as error:
            for fault in error.faults:
                self._fault(i, fault, fault.field or "criterion")
            return _Read(None, axis, weight)
        found = self.findings.problems[before:]
        is_faulty = any(p.severity is Severity.ERROR for p in found)
        return _Read(None if is_faulty else criterion, axis, weight)

    def check_together(self, read: Sequence[_Read]) -> None:
        """Check the criteria as a whole, faulty ones as far as they could be read."""
        if "axis" not in self.grid.positions:
            return
        names = [self.grid.text(i, "criterion") for i in self.grid.rows]
        known = zip(names, read, strict=True)
        for fault in criteria_faults([(name, one.axis, one.weight) for name, one in known]):
            position = fault.details.get("position")
            i_or_none = self.grid.rows[position] if isinstance(position, int) else None
            self.findings.add(self.grid, fault, i_or_none, fault.field)

    def _fault(self, i: int, fault: Fault, key: str) -> None:
        self.findings.add(self.grid, fault, i, key)

    def _word(self, i: int, key: str, words: Words[Word], default: Word | None) -> Word | None:
        """A word of a closed set; the default for a blank cell, if there is one."""
        if key not in self.grid.positions:  # said once for the whole table, if it is needed
            return default
        if default is not None and is_blank(self.grid.cell(i, key)):
            return default
        word = words.get(self.grid.text(i, key))
        if word is None:
            self._fault(i, Fault(f"unknown_{key}", field=key), key)
        return word

    def _known(self, i: int, key: str, words: Words[Word]) -> Word | None:
        """A word that may be missing; a stranger is warned of and counts as missing."""
        if is_blank(self.grid.cell(i, key)):
            return None
        word = words.get(self.grid.text(i, key))
        if word is None:
            self._fault(i, Fault(f"unknown_{key}", Severity.WARNING, key), key)
        return word

    def _role(self, i: int) -> Role | None:
        """The role of a criterion; each role belongs to the first that has it."""
        role = self._known(i, "role", ROLES)
        if role is None:
            return None
        first = self.roles.setdefault(role, self.grid.text(i, "criterion"))
        if first == self.grid.text(i, "criterion"):
            return role
        details = {"other": first}
        self._fault(i, Fault("role_repeated", Severity.WARNING, "role", details=details), "role")
        return None

    def _weight(self, i: int) -> float | None:
        if "weight" not in self.grid.positions:
            return None
        if is_blank(self.grid.cell(i, "weight")):
            self._fault(i, Fault("weight_blank", field="weight"), "weight")
            return None
        return self.findings.number(self.grid, i, "weight", "weight_not_a_number")

    def _fill(self, i: int) -> float | None:
        rule = FILL_RULES.get(self.grid.text(i, "missing"))
        if rule is not None:
            return _FILLS[rule]
        return self.findings.number(self.grid, i, "missing", "unknown_missing")

    def _scale(self, i: int, kind: ScaleKind) -> Scale | None:
        if kind is ScaleKind.LINEAR:
            low, high = (
                self.findings.number(self.grid, i, key, "bound_not_a_number")
                for key in ("low", "high")
            )
            return Scale.linear(low, high)
        levels = self._levels(i, kind)
        return None if levels is None else Scale(kind, levels=levels)

    def _levels(self, i: int, kind: ScaleKind) -> tuple[Level, ...] | None:
        """Read levels such as ``0=0; 50000=25`` or ``high=100; low=20``."""
        text = self.grid.text(i, "levels").replace("\n", ";")
        parts = [part for piece in text.split(";") if (part := piece.strip())]
        levels: list[Level] = []
        for part in parts:
            left, _, right = (side.strip() for side in part.rpartition("="))
            bound = left if kind is ScaleKind.CATEGORIES else self._level_number(i, left)
            value = self._level_number(i, right)
            if bound is None or bound == "" or value is None:
                details = {"part": part}
                self._fault(i, Fault("level_unreadable", field="levels", details=details), "levels")
            else:
                levels.append(Level(bound, value))
        return tuple(levels) if levels or not parts else None

    def _level_number(self, i: int, text: str) -> float | None:
        """A number among the levels; that it is text goes without saying, oddities are noted."""
        number, fault = as_number(text, self.findings.language)
        if number is not None and fault is not None and fault.key != "number_as_text":
            key = "level_ambiguous" if fault.key == "number_ambiguous" else fault.key
            details = {**fault.details, "found": text}
            self._fault(i, replace(fault, key=key, details=details), "levels")
        return number
