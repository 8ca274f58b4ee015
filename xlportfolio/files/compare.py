"""Compare two closed workbooks: who has moved between them, and why; nothing is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import NoReturn

import pandas as pd

from xlportfolio.errors import Fault, InputError, Problem, Severity, XlPortfolioError
from xlportfolio.files.change import Progress, change
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.history import History
from xlportfolio.locale import texts
from xlportfolio.movement import Movement, movement
from xlportfolio.run import Run
from xlportfolio.schema import WorkbookInput, in_order, interpret


class DayFrom(StrEnum):
    """Where the day of a workbook comes from."""

    ASKED = "asked"
    SETTING = "setting"
    HISTORY = "history"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class FileProblem(Problem):
    """A problem of one of several workbooks; ``file`` is its path as it was given."""

    file: str = ""

    def message(self, language: str = "en") -> str:
        """The same sentence, with the workbook before the place."""
        sentence = Problem.message(self, language)
        if self.sheet is None and "path" in self.fault.details:  # it names the workbook already
            return sentence
        return texts(language)("places.sentence", place=self.file, sentence=sentence)


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """What came of comparing two workbooks.

    Attributes
    ----------
    old, new
        The paths as given.
    since_from, day_from
        Where the days of the movement come from.
    language
        Of the texts: the one asked for, else that of the newer workbook.
    movement
        Who has moved, and why.
    problems
        What both data checks found, the gravest first; those of a workbook are of the kind
        :class:`FileProblem`.
    """

    old: Path
    new: Path
    since_from: DayFrom
    day_from: DayFrom
    language: str
    movement: Movement
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Side:
    """One of the two workbooks."""

    run: Run
    history: History
    day: dt.date
    day_from: DayFrom
    problems: Sequence[Problem]


def compare(
    old: Path | str,
    new: Path | str,
    *,
    since: dt.date | None = None,
    as_of: dt.date | None = None,
    language: str | None = None,
    progress: Progress = lambda _: None,
) -> Compared:
    """Score the customers of two workbooks, and say who has moved between them.

    Both are scored from their input tables as they are now; what results stand in them does not
    matter, but for whom the later one says that they were parted with on purpose. Customers are
    known again by their numbers.

    Parameters
    ----------
    old, new
        The earlier and the later workbook, .xlsx or .xlsm files.
    since, as_of
        Their days; ``None``: that of the settings, else the last that the workbook's history
        keeps, else the day on which the file was last changed.
    language
        Of the texts, such as ``"en"``; ``None``: that of the newer workbook.
    progress
        Told the key of each step as it begins.

    Raises
    ------
    InputError
        If either workbook cannot be read or used; ``problems`` lists everything, of both.
    """
    old, new = Path(old), Path(new)
    sides: list[_Side] = []
    problems: list[Problem] = []
    spoken = language
    for path, day in ((old, since), (new, as_of)):
        try:
            sides.append(_read(path, day, language, progress))
            problems += sides[-1].problems
            spoken = language or sides[-1].run.presentation.language
        except XlPortfolioError as error:
            problems += _of_file(path, error.problems)
            if isinstance(error, InputError):
                spoken = language or error.language or spoken
    if len(sides) < len((old, new)):
        _refuse(problems, spoken)
    progress("analyse")
    before, after = sides
    analyses = before.run.analysis, before.day, after.run.analysis, after.day
    moved = movement(*analyses, _remembered(before, after))
    return Compared(
        old,
        new,
        before.day_from,
        after.day_from,
        after.run.presentation.language,
        moved,
        tuple(in_order([*problems, *_doubts(before, after)])),
    )


def _refuse(problems: Sequence[Problem], language: str | None) -> NoReturn:
    raise InputError(in_order(problems), language)


def _of_file(path: Path, problems: Sequence[Problem]) -> list[Problem]:
    return [
        FileProblem(p.fault, p.sheet, p.row, p.column, p.cell, p.found, str(path)) for p in problems
    ]


def _read(path: Path, asked: dt.date | None, language: str | None, progress: Progress) -> _Side:
    """Score a workbook as it is."""

    def work(workbook: Workbook) -> WorkbookInput:
        tables = read_tables(workbook)
        progress("check")
        return interpret(tables)

    given = change(path, None, work, write=False, progress=progress).content
    day, day_from = _day(path, given, asked)
    nothing_kept = replace(given.presentation, history_dates=0, compare_with=None)
    alone = replace(given, history=History(), presentation=nothing_kept)
    run = Run.of(alone, today=day, as_of=day, language=language)
    return _Side(run, given.history, day, day_from, _of_file(path, run.problems))


def _day(path: Path, given: WorkbookInput, asked: dt.date | None) -> tuple[dt.date, DayFrom]:
    """The day of a workbook, and where it comes from."""
    if asked is not None:
        return asked, DayFrom.ASKED
    if given.presentation.as_of is not None:
        return given.presentation.as_of, DayFrom.SETTING
    if given.history.days:
        return given.history.days[-1], DayFrom.HISTORY
    return dt.datetime.fromtimestamp(path.stat().st_mtime).astimezone().date(), DayFrom.FILE


def _remembered(before: _Side, after: _Side) -> pd.DataFrame:
    """What the later workbook has kept of the customers of the earlier one: who was parted with."""
    rows = after.history.rows
    known = rows["customer_id"].isin(before.run.analysis.customers["customer_id"])
    last = rows.loc[known].drop_duplicates("customer_id", keep="last")
    return last.assign(day=before.day.toordinal())  # what was then stands in the earlier workbook


def _doubts(before: _Side, after: _Side) -> list[Problem]:
    """What makes it doubtful that the right workbooks are compared, in the right order."""
    doubts = []
    days = {"since": before.day, "day": after.day}
    if before.day >= after.day:
        key = "compared_same_day" if before.day == after.day else "compared_backwards"
        doubts.append(Problem(Fault(key, Severity.NOTE, details=days)))
    known, known_now = (set(side.run.analysis.customers["customer_id"]) for side in (before, after))
    if known and known_now and not known & known_now:
        doubts.append(Problem(Fault("compared_strangers", Severity.WARNING)))
    return doubts
