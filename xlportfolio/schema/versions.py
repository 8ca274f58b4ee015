"""The models that a workbook has kept: rows of tblHistoryModel -> a model for each version."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from xlportfolio.errors import Fault, Severity
from xlportfolio.history import SETTINGS, kept_model
from xlportfolio.locale.languages import FALLBACK
from xlportfolio.model import ScoringModel
from xlportfolio.schema import contract
from xlportfolio.schema.cells import as_number, is_blank
from xlportfolio.schema.contract import Cell, Cells, RawTable, Table
from xlportfolio.schema.criteria import ReadCriteria, read_table
from xlportfolio.schema.grid import Findings, Grid
from xlportfolio.schema.settings import language_of, read_settings

#: What may be said of a setting; it was accepted on the day when it was kept.
_ACCEPTED = {"percent_expected", "number_as_text", "number_of_other_language", "number_ambiguous"}


class Versions(NamedTuple):
    """The model of each version, and the versions with whose model something is wrong."""

    models: dict[int, ScoringModel]
    faulty: frozenset[int] = frozenset()


def read_versions(raw: RawTable | None, findings: Findings) -> Versions:
    """Read the models of all versions.

    Words and levels are read in the language of the headers, in which all of it was written.
    Whatever is wrong with a model is an error.
    """
    if raw is None:
        return Versions({})
    grid = Grid(raw)
    own = Findings(language_of(grid, None) or findings.language)
    own.add_lacking_columns(grid)
    models: dict[int, ScoringModel] = {}
    numbered: dict[int, list[int]] = {}
    if not own.has_errors:
        for i in grid.rows:
            version = as_version(grid.cell(i, "version"))
            if version is None:
                own.add(grid, Fault("history_version", field="version"), i, "version")
            else:
                numbered.setdefault(version, []).append(i)
    for version, rows in numbered.items():
        model = _model(grid, rows, own)
        if model is not None:
            models[version] = model
    findings.problems += own.problems
    return Versions(models, frozenset(numbered) - models.keys())


def as_version(cell: Cell) -> int | None:
    """Read a cell in which the number of a version belongs."""
    number = as_number(cell, FALLBACK).number
    return int(number) if number is not None and number >= 1 and number.is_integer() else None


def _model(grid: Grid, rows: Sequence[int], findings: Findings) -> ScoringModel | None:
    """The model of one version; none if anything is wrong with it."""
    criteria, settings = (
        _some(grid, [i for i in rows if not is_blank(grid.cell(i, key))], table)
        for key, table in (("criterion", contract.CRITERIA), ("setting", contract.SETTINGS_TABLE))
    )
    read, problems = read_table(criteria, findings.language)
    said = Findings(findings.language)
    chosen = read_settings(Grid(settings), None, ReadCriteria(), said)
    errors = [problem for problem in problems if problem.severity is Severity.ERROR]
    for problem in said.problems:
        if problem.fault.key not in _ACCEPTED:  # one that is not known would be lost
            key = {"unknown_setting": "history_setting"}.get(problem.fault.key, problem.fault.key)
            fault = replace(problem.fault, key=key, severity=Severity.ERROR)
            errors.append(replace(problem, fault=fault))
    findings.problems += errors
    if errors:
        return None
    numbers = {name: chosen.numbers[name] for name in SETTINGS if name in chosen.numbers}
    return kept_model(ScoringModel(criteria=read.criteria, **numbers))


def _some(grid: Grid, rows: Sequence[int], table: Table) -> RawTable:
    """Some rows as a table of another kind, where they stand; what is between them is blank."""
    raw, chosen = grid.raw, frozenset(rows)
    first, last = (rows[0], rows[-1]) if rows else (0, -1)
    positions = frozenset(table.positions(raw.header).values())
    columns: list[Cells] = [
        [
            raw.cell(i, position) if position in positions and i in chosen else None
            for i in range(first, last + 1)
        ]
        for position in range(len(raw.header))
    ]
    height = last - first + 1
    return RawTable(table, raw.sheet, raw.row + first, raw.column, raw.header, columns, height)
