"""Share a closed workbook: a copy that needs neither Python nor macros, with what may be seen."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import groupby
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from xlportfolio.audience import Alias, Audience, audience_of, values_of
from xlportfolio.calculation import Calculation, calculation
from xlportfolio.errors import Problem, WorkbookError, note, warning
from xlportfolio.files.answers import keep_answers
from xlportfolio.files.change import Progress, change, scratch
from xlportfolio.files.clearing import clear_cells, may_stay
from xlportfolio.files.dissolved import restore_scorecards
from xlportfolio.files.graft import graft, graft_tables
from xlportfolio.files.key import key_path, read_key, write_key
from xlportfolio.files.macrofree import remove_macros
from xlportfolio.files.notices import say_as_copy
from xlportfolio.files.office import find_office
from xlportfolio.files.ours import find_kept_without_tables, find_ours
from xlportfolio.files.pdf import fit_to_pages, to_pdf
from xlportfolio.files.pivots import pivot_areas
from xlportfolio.files.read import read_tables
from xlportfolio.files.redact import redact_parts
from xlportfolio.files.refresh import dissolve_scorecards, put_formulas, refresh
from xlportfolio.files.rescore import refuse_long, score
from xlportfolio.files.save import make_folder, replace_file, steady
from xlportfolio.files.scrub import links, scrub
from xlportfolio.files.sheets import remove_sheet
from xlportfolio.files.web import web_page
from xlportfolio.files.workbook import Sheet, Workbook, coordinates
from xlportfolio.files.writing import OpenSheet
from xlportfolio.history_sheets import HISTORY_TABLE, MODELS_TABLE
from xlportfolio.live_report import live_report, live_scorecard
from xlportfolio.live_texts import TEXTS, TEXTS_TABLE, live_texts
from xlportfolio.locale import texts
from xlportfolio.look import draw, packed, with_tables
from xlportfolio.page_layout import PAGE_NAME
from xlportfolio.remembered import told_of_past
from xlportfolio.report import Report
from xlportfolio.run import Run
from xlportfolio.schema import in_order
from xlportfolio.schema.weights import entries_table
from xlportfolio.scorecard import rows_of, scorecard
from xlportfolio.sharing import Only, Sharing
from xlportfolio.state import WHAT_IF
from xlportfolio.tables import SheetTable

#: The tables of the sheets that compute in a copy, by what the sheets are called in ``locale``.
_LIVE_TABLES = {
    "scales": "tblLiveScales",
    "calculation": "tblLiveCalculation",
    TEXTS: TEXTS_TABLE,
}
#: Bytes of a sheet among which its own name for macros stands.
_HEAD = 4_096
#: What no file name may hold on Windows.
_NOT_IN_NAMES = re.compile(r'[\x00-\x1f<>:"/\\|?*]+')


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What came of sharing a workbook.

    Attributes
    ----------
    path
        The workbook read.
    written, pdf, html, key
        The files written; ``None`` for what was not asked for.
    audience
        Who sees what.
    problems
        What the sender should know of this copy, the gravest first.
    """

    path: Path
    written: Path | None
    pdf: Path | None
    html: Path | None
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
    html: Path | str | None = None,
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
        The copy, an .xlsx file; ``None``: only a PDF or a page is made of it.
    sharing
        What the copy holds.
    pdf
        Where the copy goes as a PDF; ``None``: nowhere.
    html
        Where a page to point at goes, one .html file for a browser; ``None``: nowhere.
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
    pdf, html = (None if path is None else Path(path) for path in (pdf, html))
    _refuse_targets(book, out, pdf, html)
    named = out or pdf or html
    assert named is not None
    key = key_path(named) if sharing.anonymise else None
    known = () if key is None else read_key(key)
    with steady(book) as unchanged:
        run = _scored(book, as_of, language, progress)
        audience = audience_of(run, sharing, known)
        page = None if html is None else web_page(audience)

        def finish() -> None:
            unchanged()
            if key is not None:
                write_key(key, _joined(known, audience.aliases), run.presentation.language)

        with TemporaryDirectory(prefix="xlportfolio-", ignore_cleanup_errors=True) as folder:
            copy = out or Path(folder) / f"{book.stem}.xlsx"
            if copy == out or pdf is not None:
                problems = _copy(book, copy, audience, finish, progress)
            else:
                problems = audience.problems
                finish()
            if pdf is not None:
                notes = _print(copy, pdf, run.presentation.language, progress)
                problems = (*problems, *notes)
            if html is not None and page is not None:
                replace_file(html, page)
    made = (("copy", out), ("pdf", pdf), ("page", html))
    told = _of_past(audience, (kind for kind, path in made if path is not None))
    return Shared(book, out, pdf, html, key, audience, tuple(in_order([*problems, *told])))


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
        values = values_of(run, column)
        if key is not None:
            everybody = audience_of(run, replace(sharing, only=None), known)
            known = _joined(known, everybody.aliases)
        chosen = [replace(sharing, only=Only(column, value)) for value in values]
        audiences = [audience_of(run, one, known) for one in chosen]
        left = len(run.analysis.customers) - sum(len(a.run.analysis.customers) for a in audiences)
        nobodys = [warning("split_blank", count=left, column=column)] if left else []
        make_folder(folder)
        if key is not None:
            write_key(key, known, run.presentation.language)
        for audience, name in zip(audiences, _file_names(book, values), strict=True):
            out = folder / name
            _refuse_targets(book, out)
            found = _copy(book, out, audience, unchanged, progress)
            said = in_order([*([] if done else nobodys), *found, *_of_past(audience, ["copy"])])
            done.append(Shared(book, out, None, None, key, audience, tuple(said)))
    return done


def _of_past(audience: Audience, kinds: Iterable[str]) -> list[Problem]:
    """What the sender is told of earlier days in each of the files written."""
    return [Problem(fault) for kind in kinds for fault in told_of_past(audience.run.past, kind)]


def _joined(known: Iterable[Alias], new: Iterable[Alias]) -> tuple[Alias, ...]:
    """All aliases, each once; a number may have several names, in rows that repeat it or since."""
    return tuple({(a.customer_id, a.customer): a for a in (*known, *new)}.values())


def _refuse_targets(
    book: Path, out: Path | None, pdf: Path | None = None, html: Path | None = None
) -> None:
    """Refuse what cannot be written, before anything is computed."""
    for path, suffix in ((out, ".xlsx"), (pdf, ".pdf"), (html, ".html")):
        if path is None:
            continue
        if path.suffix.lower() != suffix:
            raise WorkbookError("share_suffix", path=path, suffix=suffix)
        if path.exists() and book.exists() and path.samefile(book):
            raise WorkbookError("share_onto_itself", path=path)
        if not path.parent.exists():
            raise WorkbookError("no_folder", path=path, folder=path.parent)
    if pdf is not None and find_office() is None:
        raise WorkbookError("pdf_no_office", path=pdf)


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
    live = _Live.of(workbook, computing, audience, report) if sharing.live else None
    anew = [*ours.sheets.values(), *computing.values()]
    skip = {sheet.part for sheet in anew}
    answer = rows_of(scorecard(run.analysis, run.given.rows, run.given.presentation.language))

    restore_scorecards(workbook, computing.values())
    refresh(workbook, anew, lambda: answer, run.state)
    scorecards = dissolve_scorecards(workbook, answer)
    keep = may_stay(audience) if sharing.is_hiding else _everything
    going = [] if sharing.live else computing.values()
    problems = keep_answers(workbook, skip, keep, going)
    problems += remove_macros(workbook)
    say_as_copy(workbook, live=sharing.live)
    if live is None:
        for sheet in computing.values():
            remove_sheet(workbook, sheet)
    else:
        _make_numbers(workbook, live.figures)
    if sharing.is_hiding:
        problems += _hide(workbook, audience, skip)
    problems += scrub(workbook) if sharing.scrub else links(workbook)
    shown = report if live is None else live.report
    drawn = scratch(workbook, lambda: draw(shown, run.presentation.language))
    graft(workbook, drawn, ours, shown, is_final=sharing.is_hiding)
    if live is not None:
        put_formulas(workbook, scorecards, live.scorecard)
        words = texts(run.presentation.language)
        drawn = scratch(workbook, lambda: packed(with_tables(live.sheets, words)))
        graft_tables(workbook, drawn, live.sheets, computing, is_final=True)  # others' criteria
    workbook.show_any(report.sheets["ranking"])
    workbook.commit()
    return problems


def _everything(*_: object) -> bool:
    return True


def _hide(workbook: Workbook, audience: Audience, skip: Collection[str]) -> list[Problem]:
    """Clear whatever may not be seen of what the user has typed and made, and of our own sheets."""
    page = workbook.sheet_named_by(PAGE_NAME)
    gone = [] if page is None else [page]
    gone += [sheet for sheet, table in workbook.tables() if entries_table(table.name) is not None]
    gone += filter(partial(_is_what_if, workbook), workbook.sheets)
    gone += find_kept_without_tables(workbook)
    workbook.drop_name(PAGE_NAME)
    for sheet in gone:
        remove_sheet(workbook, sheet)
    removed = [note("share_sheets_gone", sheets=[s.name for s in gone])] if gone else []
    cleared = clear_cells(workbook, audience, skip, pivot_areas(workbook, skip))
    return [
        *removed,
        *cleared.problems,
        *redact_parts(workbook, audience, skip, cleared.areas),
    ]


def _is_what_if(workbook: Workbook, sheet: Sheet) -> bool:
    """Whether a sheet is that of the template which shows what would become of a customer."""
    mark = f'codeName="{WHAT_IF}"'.encode()
    return sheet.is_worksheet and mark in workbook.package.read_xml(sheet.part)[:_HEAD]


# --- a copy that goes on computing ----------------------------------------------------------------


class _Live(NamedTuple):
    """What a copy that goes on computing holds besides: sheets, and formulas on the others."""

    figures: Calculation
    report: Report
    sheets: tuple[SheetTable, ...]
    scorecard: list[list[str | None]]

    @classmethod
    def of(
        cls, workbook: Workbook, computing: Mapping[str, Sheet], audience: Audience, report: Report
    ) -> _Live:
        """Lay all of it out; sheets that are there keep their names."""
        words = texts(audience.run.presentation.language)
        names: dict[str, str] = {}
        for key, table in _LIVE_TABLES.items():
            there = computing.get(table.lower())
            wanted, taken = words(f"sheets.{key}"), {*names.values(), *report.sheets.values()}
            names[key] = there.name if there else workbook.free_sheet_name(wanted, taken)
        figures = calculation(audience, names)
        wording = live_texts(report, audience, names[TEXTS])
        return cls(
            figures,
            live_report(report, audience, figures, wording),
            (figures.scales, figures.customers, wording),
            live_scorecard(audience, figures),
        )


def _computing(workbook: Workbook) -> dict[str, Sheet]:
    """The sheets that compute in a workbook that is itself such a copy, by their tables."""
    tables = {table.lower() for table in _LIVE_TABLES.values()}
    return {t.name.lower(): sheet for sheet, t in workbook.tables() if t.name.lower() in tables}


def _make_numbers(workbook: Workbook, figures: Calculation) -> None:
    """Write numbers where texts count as numbers: formulas tell the two apart."""
    cells = sorted(figures.numbers)
    for name, of_sheet in groupby(cells, key=lambda cell: cell.sheet):
        sheet = OpenSheet(workbook, name)
        for cell in of_sheet:
            sheet.write(*coordinates(cell.address), cell.number)
        sheet.put()


# --- on paper -------------------------------------------------------------------------------------


def _print(copy: Path, pdf: Path, language: str, progress: Progress) -> list[Problem]:
    """Print a copy without sheets that compute or keep; what is fitted to pages, nobody sees."""
    kept = {HISTORY_TABLE.lower(), MODELS_TABLE.lower()}

    def fit(workbook: Workbook) -> list[Problem]:
        keeping = [sheet for sheet, table in workbook.tables() if table.name.lower() in kept]
        for sheet in (*_computing(workbook).values(), *keeping):
            sheet.element.set("state", "hidden")
        return fit_to_pages(workbook)

    with TemporaryDirectory(prefix="xlportfolio-", ignore_cleanup_errors=True) as folder:
        fitted = Path(folder) / "fitted.xlsx"
        notes = change(copy, fitted, fit).content
        progress("print")
        to_pdf(fitted, pdf, language)
    return notes
