"""Rescore a closed workbook: read, analyse, write our sheets into the same file."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from tempfile import gettempdir

import numpy as np
from lxml import etree

from xlportfolio.analysis import PortfolioAnalysis, analyse
from xlportfolio.errors import Problem, WorkbookError
from xlportfolio.files.graft import graft
from xlportfolio.files.ours import OurSheets, find_ours
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.refresh import refresh
from xlportfolio.files.save import backup_path, refuse_if_open, replace_file
from xlportfolio.files.spill import Answer
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import texts
from xlportfolio.look import draw
from xlportfolio.model import Presentation
from xlportfolio.report import FIRST_ROW, ORDER, Report, build_report
from xlportfolio.schema import WorkbookInput, in_order, interpret
from xlportfolio.scorecard import rows_of, scorecard
from xlportfolio.state import run_state

#: Rows that a sheet can hold.
_MOST_ROWS = 1_048_576 - FIRST_ROW + 1
#: How hard parts are compressed: sheets shrink to a tenth at the lowest level already.
_LEVEL = 1

#: Told the key of each step as it begins; see ``steps`` in ``locale``.
Progress = Callable[[str], None]


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
    presentation
        The language of the texts and the day, as used.
    problems
        Everything the data check found, the gravest first.
    """

    path: Path
    written: Path | None
    backup: Path | None
    analysis: PortfolioAnalysis
    presentation: Presentation
    problems: tuple[Problem, ...]

    @property
    def as_of(self) -> dt.date:
        """The day for which the portfolio was scored."""
        return _day(self.presentation)


def rescore(
    book: Path | str,
    out: Path | str | None = None,
    *,
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
    as_of
        The day; ``None``: that of the settings, else today.
    language
        Of the texts written, ``"en"`` or ``"de"``; ``None``: that of the workbook. It does not
        change how cells are read.
    backup
        Whether a workbook that is written in place is first kept as ``BOOK.bak``; a copy that is
        there already is never overwritten.
    write
        Whether anything is written at all; if not, all but the writing is done, so that whatever
        would stop it is found.
    progress
        Told the key of each step as it begins.

    Raises
    ------
    InputError
        If the input tables cannot be used; ``problems`` lists everything.
    WorkbookError
        If the file cannot be used or written. In either case it is as it was.
    """
    book, target = Path(book), Path(book if out is None else out)
    progress("read")
    if target.suffix.lower() != book.suffix.lower():
        raise WorkbookError("wrong_suffix", path=target, suffix=book.suffix)
    if write:
        refuse_if_open(target)
    with closing(Package(book)) as package:
        before = _fingerprint(package.path)
        workbook = Workbook(package)
        ours = find_ours(workbook)
        given = interpret(read_tables(workbook))
        if len(given.customers) > _MOST_ROWS:
            rows = len(given.customers)
            raise WorkbookError("too_many_rows", path=book, rows=rows, most=_MOST_ROWS)
        progress("analyse")
        analysis = analyse(given.customers, given.model)
        problems = tuple(in_order([*given.problems, *map(given.places.locate, analysis.faults)]))
        asked, today = given.presentation, dt.datetime.now().astimezone().date()
        presentation = replace(
            asked, language=language or asked.language, as_of=as_of or asked.as_of or today
        )
        progress("draw")
        words = texts(presentation.language)
        names = ours.names(workbook, {key: words(f"sheets.{key}") for key in ORDER})
        report = _report(given, analysis, problems, presentation, names)

        def answer() -> list[list[Answer]]:
            return rows_of(scorecard(analysis, given.rows, asked.language))

        figures = run_state(analysis, problems, as_of=_day(presentation))
        refresh(workbook, list(ours.sheets.values()), answer, figures)
        _write(workbook, ours, report, presentation.language)
        kept = None
        if write:
            in_place = target.exists() and target.samefile(book)
            if in_place and backup and not backup_path(book).exists():
                kept = backup_path(book)
            progress("write")
            if in_place and _fingerprint(book) != before:
                raise WorkbookError("changed", path=book)
            replace_file(target, lambda file: package.write(file, _LEVEL), kept)
    written = target if write else None
    return Rescored(book, written, kept, analysis, presentation, problems)


def _day(presentation: Presentation) -> dt.date:
    assert presentation.as_of is not None
    return presentation.as_of


def _report(
    given: WorkbookInput,
    analysis: PortfolioAnalysis,
    problems: tuple[Problem, ...],
    presentation: Presentation,
    names: Mapping[str, str],
) -> Report:
    """Lay out the sheets, with the sizes of the points in the order of the ranking."""
    measure = presentation.bubble_measure
    sizes = None
    if measure is not None:
        sizes = given.customers[measure].loc[analysis.customers.index].to_numpy(np.float64)
    return build_report(analysis, problems, presentation, names=names, sizes=sizes)


def _write(workbook: Workbook, ours: OurSheets, report: Report, language: str) -> None:
    """Author our sheets in a scratch workbook and graft them into the package."""
    try:
        drawn = BytesIO(draw(report, language))
    except (OSError, etree.SerialisationError) as error:  # openpyxl writes through files
        raise WorkbookError("temporary_full", folder=gettempdir()) from error
    scratch = Workbook(Package(workbook.package.path, drawn))
    names = {table.key: table.sheet for table in report.tables}
    graft(workbook, scratch, ours, {**names, "matrix": report.matrix.sheet}, report)


def _fingerprint(path: Path) -> tuple[int, int, int]:
    """What changes when another program saves the file."""
    status = path.stat()
    return status.st_ino, status.st_size, status.st_mtime_ns
