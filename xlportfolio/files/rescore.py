"""Rescore a closed workbook: read, analyse, write our sheets into the same file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.errors import InputError, Problem, WorkbookError
from xlportfolio.files.cells import Answer
from xlportfolio.files.change import Progress, change, scratch
from xlportfolio.files.graft import graft
from xlportfolio.files.imports import Orders, fill_from
from xlportfolio.files.ours import find_ours
from xlportfolio.files.read import read_tables
from xlportfolio.files.refresh import refresh
from xlportfolio.files.workbook import Workbook
from xlportfolio.intake import Intake
from xlportfolio.look import draw
from xlportfolio.presentation import Presentation
from xlportfolio.report import Report
from xlportfolio.run import Run
from xlportfolio.schema import RawTable, in_order, interpret
from xlportfolio.schema.contract import LAST_ROW
from xlportfolio.scorecard import rows_of, scorecard

#: Puts what came of a run into a workbook.
Finish = Callable[[Run], None]


@dataclass(frozen=True, slots=True, eq=False)
class Rescored:
    """What came of a workbook.

    Attributes
    ----------
    path
        The workbook read.
    written
        The file written, ``None`` if none was.
    backup
        Where the workbook is kept as it was before, if it was kept now.
    run
        The result itself.
    """

    path: Path
    written: Path | None
    backup: Path | None
    run: Run

    @property
    def analysis(self) -> PortfolioAnalysis:
        """What the method says of every customer."""
        return self.run.analysis

    @property
    def presentation(self) -> Presentation:
        """The language of the texts and the day, as used."""
        return self.run.presentation

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything the data check found, the gravest first."""
        return self.run.problems

    @property
    def as_of(self) -> dt.date:
        """The day for which the portfolio was scored."""
        return self.run.as_of


def rescore(
    book: Path | str,
    out: Path | str | None = None,
    *,
    orders: Orders | None = None,
    as_of: dt.date | None = None,
    language: str | None = None,
    backup: bool = True,
    write: bool = True,
    progress: Progress = lambda _: None,
) -> Rescored:
    """Score the customers of a workbook and write the result sheets into it.

    Everything is computed before anything is written, and the file is replaced as a whole: it is
    the old one or the new one. All parts of the file that are not ours keep their bytes.

    Parameters
    ----------
    book
        An .xlsx or .xlsm file with the input tables.
    out
        Where the result goes; ``None``: into the same file.
    orders
        Where orders come from that fill the columns of criteria with a ``source``, before anything
        is scored; ``None``: the table of the customers stays as it is.
    as_of
        The day; ``None``: that of the settings, else today.
    language
        Of the texts written, such as ``"en"``; ``None``: that of the workbook. It does not
        change how cells are read.
    backup
        Whether a workbook that is written in place is first kept as ``BOOK.bak``; a copy that is
        there already is never overwritten.
    write
        Whether anything is written at all; if not, all but the writing is done, so that whatever
        is wrong with the workbook is found.
    progress
        Told the key of each step as it begins.

    Raises
    ------
    InputError
        If the input tables cannot be used; ``problems`` lists everything.
    WorkbookError
        If the file cannot be used or written. In either case it is as it was.
    """

    def prepare(workbook: Workbook) -> Finish:
        ours = find_ours(workbook)

        def finish(run: Run) -> None:
            report = run.report(ours.names(workbook, run.sheet_names))
            refuse_long(workbook, report)

            def answer() -> list[list[Answer]]:
                of_workbook = run.given.presentation.language
                return rows_of(scorecard(run.analysis, run.given.rows, of_workbook))

            refresh(workbook, list(ours.sheets.values()), answer, run.state)
            drawn = scratch(workbook, lambda: draw(report, run.presentation.language))
            graft(workbook, drawn, ours, report)

        return finish

    def work(workbook: Workbook) -> Run:
        finish = prepare(workbook)
        tables = read_tables(workbook)
        intake = None
        if orders is not None:
            progress("orders")
            intake = fill_from(workbook, tables, orders, as_of=as_of)
            tables = dict(intake.tables)
        return score(tables, finish, intake, as_of=as_of, language=language, progress=progress)

    book = Path(book)
    done = change(book, out, work, backup=backup, write=write, progress=progress)
    return Rescored(book, done.written, done.backup, done.content)


def refuse_long(workbook: Workbook, report: Report) -> None:
    """Refuse to write tables that are longer than a sheet."""
    for table in report.tables:
        rows, most = len(table), LAST_ROW - table.first_row + 1
        if rows > most:
            path = workbook.package.path
            raise WorkbookError("too_many_rows", path=path, rows=rows, most=most)


def revise(
    book: Path | str,
    out: Path | str | None,
    prepare: Callable[[Workbook], Finish],
    *,
    as_of: dt.date | None = None,
    language: str | None = None,
    backup: bool = True,
    write: bool = True,
    progress: Progress = lambda _: None,
) -> Rescored:
    """Score a workbook, let its package be changed, and replace the file; see :func:`rescore`.

    Parameters
    ----------
    prepare
        Looks at the workbook before its tables are read, and gives what puts a run into it.
    """

    def work(workbook: Workbook) -> Run:
        finish = prepare(workbook)
        tables = read_tables(workbook)
        return score(tables, finish, as_of=as_of, language=language, progress=progress)

    book = Path(book)
    done = change(book, out, work, backup=backup, write=write, progress=progress)
    return Rescored(book, done.written, done.backup, done.content)


def score(
    tables: Mapping[str, RawTable],
    finish: Finish,
    intake: Intake | None = None,
    *,
    as_of: dt.date | None,
    language: str | None,
    progress: Progress,
) -> Run:
    """Score input tables, and put what came of it into the package; see :func:`rescore`."""
    said = () if intake is None else intake.problems
    progress("check")
    try:
        given = interpret(tables)
    except InputError as error:
        raise InputError(in_order([*error.problems, *said]), error.language, error.as_of) from error
    progress("analyse")
    today = dt.datetime.now().astimezone().date()
    run = Run.of(given, today=today, as_of=as_of, language=language)
    if said:
        run = replace(run, problems=tuple(in_order([*run.problems, *said])))
    progress("draw")
    finish(run)
    return run
