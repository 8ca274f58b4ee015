"""Share a closed workbook: a copy that needs neither Python nor macros, with what may be seen."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory

from xlportfolio.audience import Alias, Audience, audience_of, values_of
from xlportfolio.calculation import LIVE_TABLES, Calculation, calculation
from xlportfolio.errors import Fault, Problem, Severity, WorkbookError
from xlportfolio.files.answers import keep_answers
from xlportfolio.files.cells import Answer
from xlportfolio.files.change import Progress, change, scratch
from xlportfolio.files.clearing import clear_cells, may_stay
from xlportfolio.files.graft import graft, graft_tables
from xlportfolio.files.key import key_path, read_key, write_key
from xlportfolio.files.macrofree import remove_macros
from xlportfolio.files.office import find_office
from xlportfolio.files.ours import find_ours
from xlportfolio.files.pdf import fit_to_pages, to_pdf
from xlportfolio.files.read import read_tables
from xlportfolio.files.redact import redact_parts
from xlportfolio.files.refresh import refresh
from xlportfolio.files.rescore import refuse_long, score
from xlportfolio.files.save import make_folder, steady
from xlportfolio.files.scrub import links, scrub
from xlportfolio.files.sheets import remove_sheet
from xlportfolio.files.workbook import Sheet, Workbook, coordinates
from xlportfolio.files.writing import OpenSheet
from xlportfolio.live_report import live_report
from xlportfolio.locale import texts
from xlportfolio.look import draw, packed, with_tables
from xlportfolio.page_layout import PAGE_NAME
from xlportfolio.run import Run
from xlportfolio.schema import in_order
from xlportfolio.schema.weights import entries_table
from xlportfolio.scorecard import rows_of, scorecard
from xlportfolio.sharing import Only, Sharing

#: What no file name may hold on Windows.
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What came of sharing a workbook.

    Attributes
    ----------
    path
        The workbook read.
    written, pdf, key
        The files written; ``None`` for what was not asked for.
    audience
        Who sees what.
    problems
        What the sender should know of this copy, the gravest first.
    """

    path: Path
    written: Path | None
    pdf: Path | None
    key: Path | None
    audience: Audience
    problems: tuple[Problem, ...]

    @property
    def run(self) -> Run:
        """The run as it may be seen."""
        return self.audience.run


def share(
    book: Path | str,
    out: Path | str | None,
    sharing: Sharing = Sharing(),  # noqa: B008 (frozen)
    *,
    pdf: Path | str | None = None,
    as_of: dt.date | None = None,
    language: str | None = None,
    progress: Progress = lambda _: None,
) -> Shared:
    """Score a workbook and write a copy that needs neither Python nor macros.

    The workbook itself stays as it is. Everything is computed before anything is written.

    Parameters
    ----------
    book
        An .xlsx or .xlsm file with the input tables.
    out
        The copy, an .xlsx file; ``None``: only a PDF is made of it.
    sharing
        What the copy holds.
    pdf
        Where the copy goes as a PDF; ``None``: nowhere.
    as_of, language, progress
        As for :func:`xlportfolio.rescore`.

    Returns
    -------
    Where everything is, and what the sender should know.

    Raises
    ------
    InputError
        If the input tables cannot be used, or what is asked for does not fit them; ``problems``
        lists everything.
    WorkbookError
        If a file cannot be used or written.
    """
    book, out = Path(book), None if out is None else Path(out)
    pdf = None if pdf is None else Path(pdf)
    _refuse_targets(book, out, pdf)
    named = out or pdf
    assert named is not None
    key = key_path(named) if sharing.anonymise else None
    known = () if key is None else read_key(key)
    with steady(book) as unchanged:
        run = _scored(book, as_of, language, progress)
        audience = audience_of(run, sharing, known)

        def finish() -> None:
            unchanged()
            if key is not None:
                write_key(key, _joined(known, audience.aliases), run.presentation.language)

        if out is not None:
            problems = _copy(book, out, audience, finish, progress)
            if pdf is not None:
                _print(out, pdf, progress)
        else:
            with TemporaryDirectory(prefix="xlportfolio-", ignore_cleanup_errors=True) as folder:
                unseen = Path(folder) / f"{book.stem}.xlsx"
                problems = _copy(book, unseen, audience, finish, progress)
                assert pdf is not None
                _print(unseen, pdf, progress)
    return Shared(book, out, pdf, key, audience, problems)


def split(
    book: Path | str,
    column: str,
    folder: Path | str,
    sharing: Sharing = Sharing(),  # noqa: B008 (frozen)
    *,
    as_of: dt.date | None = None,
    language: str | None = None,
    progress: Progress = lambda _: None,
) -> list[Shared]:
    """Write a copy for each value of a column of the customers, such as each sales representative.

    Parameters
    ----------
    column
        The header of the column; rows in which it is blank get no copy.
    folder
        Where the copies go, each named after the workbook and the value. It is made where it is
        missing. The key of anonymised copies, the same for all, stands beside the folder.
    book, sharing, as_of, language, progress
        As for :func:`share`.

    Raises
    ------
    InputError, WorkbookError
        As for :func:`share`; what is asked for is checked for all copies before the first is
        written.
    """
    book, folder = Path(book), Path(folder)
    key = key_path(folder) if sharing.anonymise else None
    known = () if key is None else read_key(key)
    done: list[Shared] = []
    with steady(book) as unchanged:
        run = _scored(book, as_of, language, progress)
        values, problems = values_of(run, column)
        if key is not None:
            everybody = audience_of(run, replace(sharing, only=None), known)
            known = _joined(known, everybody.aliases)
        chosen = [replace(sharing, only=Only(column, value)) for value in values]
        audiences = [audience_of(run, one, known) for one in chosen]
        make_folder(folder)
        if key is not None:
            write_key(key, known, run.presentation.language)
        for audience, name in zip(audiences, _file_names(book, values), strict=True):
            out = folder / name
            _refuse_targets(book, out, None)
            found = _copy(book, out, audience, unchanged, progress)
            done.append(
                Shared(book, out, None, key, audience, found if done else (*found, *problems))
            )
    return done


def _joined(known: Iterable[Alias], new: Iterable[Alias]) -> tuple[Alias, ...]:
    """All aliases, each customer once."""
    return tuple({alias.customer_id: alias for alias in (*known, *new)}.values())


def _refuse_targets(book: Path, out: Path | None, pdf: Path | None) -> None:
    """Refuse what cannot be written, before anything is computed."""
    for path, suffix in ((out, ".xlsx"), (pdf, ".pdf")):
        if path is not None and path.suffix.lower() != suffix:
            raise WorkbookError("share_suffix", path=path, suffix=suffix)
    if out is not None and out.exists() and book.exists() and out.samefile(book):
        raise WorkbookError("share_onto_itself", path=out)
    if pdf is not None:
        find_office()


def _file_names(book: Path, values: Sequence[str]) -> Iterator[str]:
    """A name for each copy, as every system takes it; no two are alike."""
    taken: set[str] = set()
    for value in values:
        plain = _NOT_IN_NAMES.sub("_", value).strip(" .")[:80] or "_"
        name, number = f"{book.stem}-{plain}", 2
        while name.casefold() in taken:
            name, number = f"{book.stem}-{plain} ({number})", number + 1
        taken.add(name.casefold())
        yield f"{name}.xlsx"


def _scored(book: Path, as_of: dt.date | None, language: str | None, progress: Progress) -> Run:
    """Score a workbook that is only read."""

    def work(workbook: Workbook) -> Run:
        tables = read_tables(workbook)
        return score(tables, lambda _: None, as_of=as_of, language=language, progress=progress)

    return change(book, None, work, write=False, progress=progress).content


def _copy(
    book: Path, out: Path, audience: Audience, finish: Callable[[], None], progress: Progress
) -> tuple[Problem, ...]:
    """Write one copy; ``finish`` is called when all is computed and nothing is written."""

    def work(workbook: Workbook) -> list[Problem]:
        problems = _prepare(workbook, audience)
        finish()
        return problems

    problems = change(book, out, work, suffix=".xlsx", progress=progress).content
    return tuple(in_order([*audience.problems, *problems]))


def _prepare(workbook: Workbook, audience: Audience) -> list[Problem]:
    """Make of a workbook in memory what may be seen of it, and what works everywhere."""
    sharing, run = audience.sharing, audience.run
    ours, computing = find_ours(workbook), _computing(workbook)
    report = run.report(ours.names(workbook, run.sheet_names))
    refuse_long(workbook, report)
    figures = None
    if sharing.live:
        figures = calculation(audience, _names(workbook, computing, run))
        report = live_report(report, audience, figures)
    anew = [*ours.sheets.values(), *computing.values()]
    skip = {sheet.part for sheet in anew}

    def answer() -> list[list[Answer]]:
        of_workbook = run.given.presentation.language
        return rows_of(scorecard(run.analysis, run.given.rows, of_workbook))

    refresh(workbook, anew, answer, run.state)
    problems = keep_answers(workbook, skip, may_stay(audience, workbook))
    problems += remove_macros(workbook)
    if figures is None:
        for sheet in computing.values():
            remove_sheet(workbook, sheet)
    else:
        _make_numbers(workbook, figures)
    if sharing.is_hiding:
        problems += _hide(workbook, audience, skip)
    problems += scrub(workbook) if sharing.scrub else links(workbook)
    graft(
        workbook, scratch(workbook, lambda: draw(report, run.presentation.language)), ours, report
    )
    if figures is not None:
        _put_figures(workbook, figures, computing, run.presentation.language)
    return problems


def _hide(workbook: Workbook, audience: Audience, skip: Collection[str]) -> list[Problem]:
    """Clear whatever may not be seen of what the user has typed and made, and of our own sheets."""
    page = workbook.sheet_named_by(PAGE_NAME)
    gone = [] if page is None else [page]
    gone += [sheet for sheet, table in workbook.tables() if entries_table(table.name) is not None]
    for sheet in gone:
        remove_sheet(workbook, sheet)
    removed = Fault("share_sheets_gone", Severity.NOTE, details={"sheets": [s.name for s in gone]})
    return [
        *([Problem(removed)] if gone else []),
        *clear_cells(workbook, audience, skip),
        *redact_parts(workbook, audience, skip),
    ]


# --- a copy that goes on computing ----------------------------------------------------------------


def _computing(workbook: Workbook) -> dict[str, Sheet]:
    """The sheets that compute in a workbook that is itself such a copy, by their tables."""
    tables = {table.lower() for table in LIVE_TABLES.values()}
    return {t.name.lower(): sheet for sheet, t in workbook.tables() if t.name.lower() in tables}


def _names(workbook: Workbook, computing: Mapping[str, Sheet], run: Run) -> dict[str, str]:
    """What the sheets that compute are called: as they are now, else as is free."""
    words = texts(run.presentation.language)
    names: dict[str, str] = {}
    for key, table in LIVE_TABLES.items():
        there = computing.get(table.lower())
        wanted, taken = words(f"sheets.{key}"), {*names.values(), *run.sheet_names.values()}
        names[key] = there.name if there else workbook.free_sheet_name(wanted, taken)
    return names


def _make_numbers(workbook: Workbook, figures: Calculation) -> None:
    """Write numbers where texts count as numbers: formulas tell the two apart."""
    cells = sorted(figures.numbers)
    for name, of_sheet in groupby(cells, key=lambda cell: cell.sheet):
        sheet = OpenSheet(workbook, name)
        for cell in of_sheet:
            sheet.write(*coordinates(cell.address), cell.number)
        sheet.put()


def _put_figures(
    workbook: Workbook, figures: Calculation, computing: Mapping[str, Sheet], language: str
) -> None:
    """Add the sheets that compute, or replace them."""
    tables = (figures.scales, figures.customers)
    drawn = scratch(workbook, lambda: packed(with_tables(tables, texts(language))))
    graft_tables(workbook, drawn, tables, computing)


# --- on paper -------------------------------------------------------------------------------------


def _print(copy: Path, pdf: Path, progress: Progress) -> None:
    """Print a copy; what is fitted to pages is another one, which nobody sees."""
    progress("print")
    with TemporaryDirectory(prefix="xlportfolio-", ignore_cleanup_errors=True) as folder:
        fitted = Path(folder) / "fitted.xlsx"
        change(copy, fitted, fit_to_pages)
        to_pdf(fitted, pdf)
