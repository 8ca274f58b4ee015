"""Share a closed workbook: a copy that needs neither Python nor macros, with what may be seen.

Everything is computed in a folder of its own before anything is written where it is wanted: what
stops in the middle leaves nothing behind that looks as if it were done.
"""

from __future__ import annotations

import datetime as dt
import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO

from xlportfolio.audience import Alias, Audience, audience_of, values_of
from xlportfolio.errors import Problem, WorkbookError, warning
from xlportfolio.files.change import Progress, change
from xlportfolio.files.copying import turn_into_copy
from xlportfolio.files.fingerprint import steady
from xlportfolio.files.key import key_file, key_path, read_key
from xlportfolio.files.live import computing_sheets
from xlportfolio.files.office import find_office
from xlportfolio.files.pdf import fit_to_pages, to_pdf
from xlportfolio.files.read import read_tables
from xlportfolio.files.rescore import score
from xlportfolio.files.save import make_folder
from xlportfolio.files.together import Contents, hold_all, hold_within, replace_all
from xlportfolio.files.web import web_page
from xlportfolio.files.workbook import Workbook
from xlportfolio.history_sheets import HISTORY_TABLE, MODELS_TABLE
from xlportfolio.remembered import told_of_past
from xlportfolio.run import Run
from xlportfolio.schema import in_order
from xlportfolio.sharing import Only, Sharing
from xlportfolio.tables import free_name

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

    The workbook itself stays as it is. All files are written, or none.

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
    targets = [path for path in (key, out, pdf, html) if path is not None]
    with hold_all(targets) as held, _scratch_folder() as scratch:
        contents: dict[Path, Contents] = {}
        with steady(book) as unchanged:
            run = _scored(book, as_of, language, progress)
            audience = audience_of(run, sharing, known)
            problems = audience.problems
            if key is not None:
                aliases = _joined(known, audience.aliases)
                contents[key] = _of_bytes(key_file(aliases, run.presentation.language))
            if html is not None:
                contents[html] = _of_bytes(web_page(audience))
            if out is not None or pdf is not None:
                copy = Path(scratch) / "copy.xlsx"
                problems = _copy(book, copy, audience, progress)
                if out is not None:
                    contents[out] = _of_copy(copy, book)
                if pdf is not None:
                    printed, notes = _print(copy, pdf, run.presentation.language, progress)
                    contents[pdf] = _of_bytes(printed)
                    problems = (*problems, *notes)
            unchanged()
        replace_all((one, contents[one.path]) for one in held)
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
        As for :func:`share`; all copies are written, or none.
    """
    book, folder = Path(book), Path(folder)
    key = key_path(folder) if sharing.anonymise else None
    known = () if key is None else read_key(key)
    done: list[Shared] = []
    with ExitStack() as until_written:
        scratch = Path(until_written.enter_context(_scratch_folder()))
        held = until_written.enter_context(hold_all([] if key is None else [key]))
        contents: list[Contents] = []
        with steady(book) as unchanged:
            run = _scored(book, as_of, language, progress)
            values = values_of(run, column)
            if key is not None:
                everybody = audience_of(run, replace(sharing, only=None), known)
                known = _joined(known, everybody.aliases)
                contents.append(_of_bytes(key_file(known, run.presentation.language)))
            chosen = [replace(sharing, only=Only(column, value)) for value in values]
            audiences = [audience_of(run, one, known) for one in chosen]
            left = len(run.analysis.customers) - sum(
                len(a.run.analysis.customers) for a in audiences
            )
            nobodys = [warning("split_blank", count=left, column=column)] if left else []
            names = [*_file_names(book, values)]
            for name in names:
                _refuse_itself(book, folder / name)
            held += until_written.enter_context(hold_within(folder, names))
            for audience, name in zip(audiences, names, strict=True):
                found = _copy(book, scratch / name, audience, progress)
                contents.append(_of_copy(scratch / name, book))
                said = in_order([*([] if done else nobodys), *found, *_of_past(audience, ["copy"])])
                done.append(Shared(book, folder / name, None, None, key, audience, tuple(said)))
            unchanged()
        make_folder(folder)
        replace_all(zip(held, contents, strict=True))
    return done


def _scratch_folder() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="xlportfolio-", ignore_cleanup_errors=True)


def _of_bytes(content: bytes) -> Contents:
    return Contents(lambda file: file.write(content))


def _of_copy(copy: Path, book: Path) -> Contents:
    """Those of a copy that is made already; it says of its origin what the workbook says."""

    def write(file: IO[bytes]) -> None:
        with copy.open("rb") as made:
            shutil.copyfileobj(made, file)

    return Contents(write, book)


def _of_past(audience: Audience, kinds: Iterable[str]) -> list[Problem]:
    """What the sender is told of earlier days in each of the files written."""
    return [Problem(fault) for kind in kinds for fault in told_of_past(audience.run.past, kind)]


def _joined(known: Iterable[Alias], new: Iterable[Alias]) -> tuple[Alias, ...]:
    """All aliases, each once; a number may have several names, in rows that repeat it or since."""
    return tuple({(a.customer_id, a.customer): a for a in (*known, *new)}.values())


def _refuse_targets(book: Path, out: Path | None, pdf: Path | None, html: Path | None) -> None:
    """Refuse what cannot be written, before anything is computed."""
    for path, suffix in ((out, ".xlsx"), (pdf, ".pdf"), (html, ".html")):
        if path is None:
            continue
        if path.suffix.lower() != suffix:
            raise WorkbookError("share_suffix", path=path, suffix=suffix)
        _refuse_itself(book, path)
        if not path.parent.exists():
            raise WorkbookError("no_folder", path=path, folder=path.parent)
    if pdf is not None and find_office() is None:
        raise WorkbookError("pdf_no_office", path=pdf)


def _refuse_itself(book: Path, path: Path) -> None:
    if path.exists() and book.exists() and path.samefile(book):
        raise WorkbookError("share_onto_itself", path=path)


def _file_names(book: Path, values: Sequence[str]) -> Iterator[str]:
    """A name for each copy, as every system takes it; no two are alike."""
    taken: set[str] = set()
    for value in values:
        plain = _NOT_IN_NAMES.sub("_", value).strip(" .")[:80] or "_"
        name = free_name(f"{book.stem}-{plain}", taken)
        taken.add(name)
        yield f"{name}.xlsx"


def _scored(book: Path, as_of: dt.date | None, language: str | None, progress: Progress) -> Run:
    """Score a workbook that is only read."""

    def work(workbook: Workbook) -> Run:
        tables = read_tables(workbook)
        return score(tables, lambda _: None, as_of=as_of, language=language, progress=progress)

    return change(book, None, work, write=False, progress=progress).content


def _copy(book: Path, out: Path, audience: Audience, progress: Progress) -> tuple[Problem, ...]:
    """Write one copy; what the sender should know of it."""
    work = partial(turn_into_copy, audience=audience)
    problems = change(book, out, work, suffix=".xlsx", progress=progress).content
    return tuple(in_order([*audience.problems, *problems]))


def _print(copy: Path, pdf: Path, language: str, progress: Progress) -> tuple[bytes, list[Problem]]:
    """Print a copy without sheets that compute or keep; what is fitted to pages, nobody sees."""
    kept = {HISTORY_TABLE.lower(), MODELS_TABLE.lower()}

    def fit(workbook: Workbook) -> list[Problem]:
        keeping = [sheet for sheet, table in workbook.tables() if table.name.lower() in kept]
        for sheet in (*computing_sheets(workbook).values(), *keeping):
            sheet.element.set("state", "hidden")
        return fit_to_pages(workbook)

    fitted = copy.with_name("fitted.xlsx")
    notes = change(copy, fitted, fit).content
    progress("print")
    return to_pdf(fitted, pdf, language), notes
