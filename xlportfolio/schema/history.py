"""What a workbook has kept of earlier days: raw cells -> the history."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from xlportfolio.errors import Fault
from xlportfolio.history import (
    COLUMNS,
    NUMBERS,
    Bools,
    Column,
    History,
    criterion_of,
    row_series,
)
from xlportfolio.model import Status, heading, name_key
from xlportfolio.scale import ScaleKind
from xlportfolio.schema import contract
from xlportfolio.schema.cells import as_category, as_date, as_id, as_number, as_text, is_blank
from xlportfolio.schema.contract import Cell, CellError, RawTable
from xlportfolio.schema.grid import Findings, Grid, listed
from xlportfolio.schema.settings import language_of
from xlportfolio.schema.versions import Versions, as_version, read_versions
from xlportfolio.schema.words import KEPT_QUADRANTS, STATUSES


def read_history(tables: Mapping[str, RawTable], findings: Findings) -> History:
    """Read the tables of the history and what was typed of those who are gone; none: no days.

    Words, and numbers in texts, are read in the language of the headers, in which all of it was
    written. What cannot be read is an error, since the sheet is written anew: nothing may be lost.
    Columns of criteria stay although no day is kept, since no column of the sheet ever goes.
    """
    raw = tables.get(contract.HISTORY.name)
    grid = None if raw is None else Grid(raw)
    if grid is None:
        return History()
    own = Findings(language_of(grid, None) or findings.language)
    if grid.rows:
        own.add_lacking_columns(grid)
    history = History()
    if own.has_errors and not grid.rows:
        return history  # nothing is lost with it
    if not own.has_errors:
        versions = read_versions(tables.get(contract.HISTORY_MODELS.name), findings)
        history = _Rows(grid, own, versions).history()
    findings.problems += own.problems
    return history.marked(_marks(tables.get(contract.MOVEMENT.name)))


def _marks(raw: RawTable | None) -> dict[str, str]:
    """What was typed of those who were dropped on purpose, by their numbers."""
    if raw is None:
        return {}
    grid = Grid(raw)
    typed = {i: grid.text(i, "parted") for i in grid.rows}
    return {as_id(grid.cell(i, "customer_id")): text for i, text in typed.items() if text}


def _text(cell: Cell) -> str | None:
    """A text as it is; none for an error cell."""
    return None if isinstance(cell, CellError) else as_text(cell)


def _ordinal(cell: Cell) -> int | None:
    day = as_date(cell)
    return None if day is None else day.toordinal()


def identifier_of(cell: Cell) -> str | None:
    """The number of a customer, or the name of one without; none for a blank or an error cell."""
    return None if isinstance(cell, CellError) else as_id(cell) or None


def _status(cell: Cell) -> str | None:
    return Status.CUSTOMER if is_blank(cell) else STATUSES.get(as_text(cell))


def quadrant_of(cell: Cell) -> str | None:
    """The type in a cell, in whichever language; blank for a blank cell, none for another word."""
    return "" if is_blank(cell) else KEPT_QUADRANTS.get(as_text(cell))


#: How a cell of each column that holds no number is understood, and the fault where it is not.
_READERS: Mapping[str, tuple[Callable[[Cell], int | str | None], str]] = {
    "day": (_ordinal, "history_day"),
    "version": (as_version, "history_version"),
    "customer_id": (identifier_of, "history_customer_id"),
    "customer": (_text, "history_customer"),
    "status": (_status, "history_status"),
    "quadrant": (quadrant_of, "history_quadrant"),
    "parted": (_text, "history_parted"),
}


class _Rows:
    """Reads the rows of the history column by column."""

    def __init__(self, grid: Grid, findings: Findings, versions: Versions) -> None:
        self.grid = grid
        self.findings = findings
        self.versions = versions

    def history(self) -> History:
        """The days; whatever is wrong is gathered."""
        cells = {key: self._numbers(key) if key in NUMBERS else self._read(key) for key in COLUMNS}
        if self.findings.has_errors:
            return History()
        labels = pd.Index([self.grid.sheet_row(i) for i in self.grid.rows], dtype=np.int64)
        rows = pd.DataFrame({key: row_series(key, cells[key]) for key in COLUMNS}).set_axis(labels)
        self._check(rows)
        versions = rows["version"].to_numpy(np.int64)
        measures = pd.DataFrame(self._measures(versions)).set_axis(labels)
        order = np.argsort(rows["day"].to_numpy(), kind="stable")
        needed = set(versions.tolist())
        models = {v: model for v, model in self.versions.models.items() if v in needed}
        return History(rows.iloc[order], measures.iloc[order], models)

    def _column(self, key: str) -> Sequence[Cell]:
        """The cells of a column; blank ones where it is not there."""
        position = self.grid.positions.get(key)
        blank: Sequence[Cell] = [None] * len(self.grid.rows)
        return blank if position is None else listed(self.grid.cells(position))

    def _read(self, key: str) -> list[Any]:
        """A column that holds no numbers; each different cell is looked at once."""
        cells, (read, wrong) = self._column(key), _READERS[key]
        known = {cell: read(cell) for cell in set(cells)}
        found = [known[cell] for cell in cells]
        for i, meant in zip(self.grid.rows, found, strict=True):
            if meant is None:
                self.findings.add(self.grid, Fault(wrong, field=key), i, key)
        return found

    def _numbers(self, key: str) -> Column:
        """A column of numbers, NaN where there is none."""
        position = self.grid.positions.get(key)
        if position is None:
            return np.full(len(self.grid.rows), np.nan)
        cells = self.grid.cells(position)
        if isinstance(cells, np.ndarray):
            return cells
        return np.array([self._number(k, position, c) for k, c in enumerate(cells)], np.float64)

    def _number(self, k: int, position: int, cell: Cell) -> float:
        """The number of a cell of the k-th row that is not empty."""
        if type(cell) is float:
            return cell
        if is_blank(cell):
            return np.nan
        number = as_number(cell, self.findings.language).number
        if number is None:
            fault = Fault("history_number")
            self.findings.add_cell(self.grid, fault, self.grid.rows[k], position)
            return np.nan
        return number

    def _check(self, rows: pd.DataFrame) -> None:
        """Find rows that repeat others, days of two versions, and versions that are not known."""
        known = self.versions.models.keys() | self.versions.faulty
        first = rows.drop_duplicates("version")
        strange = first.loc[~first["version"].isin(known)]
        mixed = rows.drop_duplicates(["day", "version"])
        mixed = mixed.loc[mixed["day"].duplicated()]
        repeated = rows.loc[rows.duplicated(["day", "customer_id"])]
        for key, column, wrong in (
            ("history_version_unknown", "version", strange),
            ("history_versions_mixed", "version", mixed),
            ("history_repeated", "customer_id", repeated),
        ):
            for label in wrong.index:
                self.findings.add(self.grid, Fault(key), label - self.grid.sheet_row(0), column)

    def _measures(self, versions: npt.NDArray[np.int64]) -> dict[str, pd.Series]:
        """The columns of measures, by the names of their criteria.

        What stands behind all criteria of the models, and is not blank as a criterion is of which
        no day is kept any more, is a column of the user's.
        """
        fixed = set(self.grid.positions.values())
        places: dict[str, tuple[str, int]] = {}
        for position in range(len(self.grid.raw.header)):
            name = criterion_of(self.grid.header(position))
            if position not in fixed and name_key(name):
                places.setdefault(name_key(name), (name, position))
        kinds: dict[str, dict[int, ScaleKind]] = {}
        for version in sorted(set(versions.tolist()) & self.versions.models.keys()):
            for criterion in self.versions.models[version].criteria:
                key = name_key(criterion.name)
                kinds.setdefault(key, {})[version] = criterion.scale.kind
                cut = name_key(heading(criterion.name))
                if key not in places and cut in places:
                    places[key] = criterion.name, places.pop(cut)[1]
                if key not in places:
                    details = {"version": version}
                    fault = Fault("history_column", criterion=criterion.name, details=details)
                    self.findings.add(self.grid, fault)
        last = max((position for key, (_, position) in places.items() if key in kinds), default=0)
        columns = {}
        for key, (name, position) in sorted(places.items(), key=lambda item: item[1][1]):
            if position > last and not all(map(is_blank, listed(self.grid.cells(position)))):
                continue
            of_words = [v for v, k in kinds.get(key, {}).items() if k is ScaleKind.CATEGORIES]
            of_numbers = kinds.get(key, {}).keys() - of_words
            cells = self._mixed(
                position, np.isin(versions, of_words), np.isin(versions, [*of_numbers])
            )
            columns[name] = pd.Series(cells, dtype=cells.dtype)
        return columns

    def _mixed(self, position: int, is_word: Bools, is_number: Bools) -> Column:
        """A column of measures, of which some rows need words and some numbers."""
        cells = self.grid.cells(position)
        if isinstance(cells, np.ndarray) and not is_word.any():
            return cells
        found = np.full(len(self.grid.rows), None, dtype=object)
        for k, cell in enumerate(listed(cells)):
            if cell is None or (type(cell) is str and is_word[k]):
                found[k] = cell or None
            elif is_word[k]:
                found[k] = self._word(k, position, cell)
            elif is_number[k]:
                found[k] = self._number(k, position, cell)
            else:  # of a criterion that its model did not know
                found[k] = cell if type(cell) is float else as_text(cell) or None
        if not is_word.any() and not any(type(cell) is str for cell in found):
            return found.astype(np.float64)
        return found

    def _word(self, k: int, position: int, cell: Cell) -> str | None:
        """A word that is typed as something else, such as a number."""
        if isinstance(cell, CellError):
            fault = Fault("history_word")
            self.findings.add_cell(self.grid, fault, self.grid.rows[k], position)
        return as_category(cell, self.findings.language)
