"""The command line: a thin shell over ``files`` and ``template``.

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape

from xlportfolio import __version__
from xlportfolio.errors import InputError, Problem, Severity, XlPortfolioError
from xlportfolio.locale import Texts, language_of_system, texts

if TYPE_CHECKING:
    from xlportfolio.excel.doctor import Check
    from xlportfolio.files.rescore import Progress, Rescored

_SYSTEM = language_of_system()
_HELP = texts(_SYSTEM)
_MARK_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}
_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
_TOP = 5
_STEPS = ("read", "analyse", "draw", "write")
#: Problems that the summary lists; the data check sheet has them all.
_LISTED = 10
#: Columns of the summary where no terminal says how many it has.
_PLAIN_WIDTH = 110

app = typer.Typer(
    name="xlportfolio",
    help=_HELP("cli.app"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


class Lang(StrEnum):
    """The languages that ``--lang`` takes."""

    DE = "de"
    EN = "en"


def _day(text: str) -> dt.date:
    from xlportfolio.schema.cells import as_date

    day = as_date(text)
    if day is None:
        raise typer.BadParameter(_HELP("cli.no_day", found=text))
    return day


Book = Annotated[Path, typer.Argument(metavar="BOOK", help=_HELP("cli.book"))]
LangOption = Annotated[Lang | None, typer.Option("--lang", help=_HELP("cli.lang"))]
JsonOption = Annotated[bool, typer.Option("--json", help=_HELP("cli.json"))]
AsOfOption = Annotated[
    dt.date | None,
    typer.Option("--as-of", parser=_day, metavar="YYYY-MM-DD", help=_HELP("cli.as_of")),
]


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help=_HELP("cli.version"))] = False,  # noqa: FBT002
) -> None:
    if version:
        typer.echo(f"xlportfolio {__version__}")
        raise typer.Exit


@app.command(help=_HELP("cli.rescore"), epilog=_HELP("cli.rescore_examples"))
def rescore(
    book: Book,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="OUT", help=_HELP("cli.out"))
    ] = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=_HELP("cli.dry_run"))] = False,
    as_json: JsonOption = False,
    as_of: AsOfOption = None,
    lang: LangOption = None,
    no_backup: Annotated[bool, typer.Option("--no-backup", help=_HELP("cli.no_backup"))] = False,
) -> None:
    """Score a workbook and write the result sheets into it."""
    started = time.perf_counter()
    with _stopping(book, as_of, lang, as_json=as_json):
        from xlportfolio.files.rescore import rescore as run

        with _progress(lang) as progress:
            done = run(
                book,
                out,
                as_of=as_of,
                language=lang,
                backup=not no_backup,
                write=not dry_run,
                progress=progress,
            )
        if as_json:
            _print_json(book, done)
        else:
            _print_summary(done, time.perf_counter() - started)


@app.command(help=_HELP("cli.check"), epilog=_HELP("cli.check_examples"))
def check(
    book: Book, *, as_json: JsonOption = False, as_of: AsOfOption = None, lang: LangOption = None
) -> None:
    """Run the data check alone; the file is not touched."""
    with _stopping(book, as_of, lang, as_json=as_json):
        from xlportfolio.files.rescore import rescore as run

        with _progress(lang) as progress:
            done = run(book, as_of=as_of, language=lang, write=False, progress=progress)
        if as_json:
            _print_json(book, done)
        else:
            words = texts(done.presentation.language)
            console = Console(emoji=False)
            _print_problems(console, words, done.problems)
            if not done.problems:
                console.print(words("cli.clean"))


@app.command(help=_HELP("cli.new"), epilog=_HELP("cli.new_examples"))
def new(
    book: Book,
    *,
    lang: LangOption = None,
    with_sample: Annotated[bool, typer.Option("--sample/--empty", help=_HELP("cli.sample"))] = True,
) -> None:
    """Write a workbook to start from."""
    with _stopping(book, None, lang, as_json=False):
        _new(book, lang or Lang(_SYSTEM), with_sample=with_sample, again=False)
        typer.echo(_plain(texts(lang or _SYSTEM)("cli.written", path=book)))


@app.command(help=_HELP("cli.demo"), epilog=_HELP("cli.demo_examples"))
def demo(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=_HELP("cli.folder"))] = Path(
        "build"
    ),
    *,
    lang: LangOption = None,
) -> None:
    """Build the sample and rescore it."""
    language = lang or Lang(_SYSTEM)
    book = folder / texts(language)("cli.demo_name")
    started = time.perf_counter()
    with _stopping(book, None, lang, as_json=False):
        from xlportfolio.files.rescore import rescore as run
        from xlportfolio.files.save import make_folder

        with _progress(lang) as progress:
            make_folder(folder)
            _new(book, language, with_sample=True, again=True)
            done = run(book, backup=False, progress=progress)
        _print_summary(done, time.perf_counter() - started)


@app.command(help=_HELP("cli.setup"), epilog=_HELP("cli.setup_examples"))
def setup(
    *,
    remove: Annotated[bool, typer.Option("--remove", help=_HELP("cli.remove"))] = False,
    lang: LangOption = None,
) -> None:
    """Connect Excel with this Python, or undo that."""
    words = texts(lang or _SYSTEM)
    with _stopping(Path(), None, lang, as_json=False):
        from xlportfolio.excel.machine import Machine
        from xlportfolio.excel.setup import install
        from xlportfolio.excel.setup import remove as undo
        from xlportfolio.files.save import replace_file

        steps = undo if remove else install
        for done in steps(Machine.here(), replace_file):
            typer.echo(words.word(done))


@app.command(help=_HELP("cli.doctor"), epilog=_HELP("cli.doctor_examples"))
def doctor(
    book: Annotated[
        Path | None, typer.Argument(metavar="BOOK", help=_HELP("cli.doctor_book"))
    ] = None,
    *,
    lang: LangOption = None,
) -> None:
    """Check what Excel needs for formulas and buttons."""
    faults = 0
    with _stopping(book or Path(), None, lang, as_json=False):
        words, console = texts(lang or _SYSTEM), Console(emoji=False)
        marks = words.branch("doctor.marks")
        width = max(map(len, marks.values()))
        for check in _checks(book):
            mark = _shown(marks[check.mark].ljust(width))
            text, colour = _shown(words.word(check.phrase)), _MARK_COLOURS[check.mark]
            console.print(f"[{colour}]{mark}[/{colour}] {text}", soft_wrap=True, highlight=False)
            faults += check.mark == "fault"
    if faults:
        raise typer.Exit(1)


def _checks(book: Path | None) -> Iterator[Check]:
    """What Excel needs, then which macros the workbook has."""
    from xlportfolio.excel.doctor import checks, fault, macros_check
    from xlportfolio.excel.machine import Machine

    yield from checks(Machine.here(), __version__, book)
    if book is not None:
        from xlportfolio.template.macros import macros_of

        try:
            yield macros_check(macros_of(book), book)
        except XlPortfolioError as error:
            yield fault(error)


def _new(book: Path, language: Lang, *, with_sample: bool, again: bool) -> None:
    """Write a workbook to start from, ``again`` over one that is there."""
    from xlportfolio.errors import WorkbookError
    from xlportfolio.files.save import hold
    from xlportfolio.template.workbook import new_workbook

    macros = book.suffix.lower() == ".xlsm"
    if not macros and book.suffix.lower() != ".xlsx":
        raise WorkbookError("wrong_kind", path=book)
    with hold(book) as held:
        if held.before is not None and not again:
            raise WorkbookError("exists", path=book)
        content = new_workbook(language, with_sample=with_sample, macros=macros)
        held.replace(lambda file: file.write(content))


def main() -> None:
    """Run the command line; what a terminal cannot show is spelled out, not stumbled over."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()


# --- what is printed ----------------------------------------------------------------------------

#: What a terminal obeys instead of showing it: control characters, and those that turn the
#: direction of writing.
_COMMANDS = {
    code: chr(code).encode("unicode_escape").decode()
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def _plain(text: str) -> str:
    """A text on one line, without commands to the terminal; cells and file names may have some."""
    return text.translate(_COMMANDS)


def _shown(text: str) -> str:
    """A text to be printed as it is by rich."""
    return escape(_plain(text))


@contextmanager
def _stopping(
    book: Path, as_of: dt.date | None, lang: Lang | None, *, as_json: bool
) -> Iterator[None]:
    """Say in words what stops a command, and leave with exit code 1."""
    stop: XlPortfolioError
    try:
        yield
    except XlPortfolioError as error:
        stop = error
    except BrokenPipeError:  # whoever reads the output has enough: no fault of ours
        raise
    except MemoryError:
        stop = XlPortfolioError("memory", path=book)
    except Exception as error:  # (a user gets a sentence, never a traceback)
        if "XLPORTFOLIO_DEBUG" in os.environ:
            raise
        detail = f"{type(error).__name__}: {error}"
        stop = XlPortfolioError("internal", detail=detail)
    else:
        return
    of_workbook = stop.language if isinstance(stop, InputError) else None
    language = lang or of_workbook or _SYSTEM
    words, errors = texts(language), Console(stderr=True, emoji=False)
    if isinstance(stop, InputError):
        errors.print(_shown(words("cli.stopped", path=book)), style="bold")
    _print_problems(errors, words, stop.problems)
    if as_json:
        from xlportfolio.document import document

        asked = stop.as_of if isinstance(stop, InputError) else None
        day = as_of or asked or dt.datetime.now().astimezone().date()
        _dump(document(str(book), day, None, stop.problems, language))
    raise typer.Exit(1)


@contextmanager
def _progress(lang: Lang | None) -> Iterator[Progress]:
    """A bar on standard error while a command runs, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    words = texts(lang or _SYSTEM)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(_STEPS))

        def step(key: str) -> None:
            bar.update(task, completed=_STEPS.index(key), description=words(f"steps.{key}"))

        yield step


def _print_problems(
    console: Console, words: Texts, problems: Sequence[Problem], listed: int | None = None
) -> None:
    """Each problem in a sentence, in the colour of its severity."""
    for problem in problems[:listed]:
        severity = words(f"severities.{problem.severity}")
        colour = _COLOURS[problem.severity]
        message = _shown(problem.message(words.language))
        console.print(
            f"[{colour}]{severity}:[/{colour}] {message}", soft_wrap=True, highlight=False
        )


def _print_json(book: Path, done: Rescored) -> None:
    from xlportfolio.document import document

    language = done.presentation.language
    _dump(document(str(book), done.as_of, done.analysis, done.problems, language))


def _dump(content: dict[str, Any]) -> None:
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.flush()


def _print_summary(done: Rescored, seconds: float) -> None:
    """How many of each type, the first of the ranking, the data check, and what was written."""
    from rich.table import Table
    from rich.text import Text

    from xlportfolio.model import Quadrant, Status

    words = texts(done.presentation.language)
    console = Console(
        highlight=False, emoji=False, width=None if sys.stdout.isatty() else _PLAIN_WIDTH
    )
    customers = done.analysis.customers
    scored = words("cli.scored", path=done.path.name, as_of=done.as_of)
    console.print(_shown(scored), style="bold", soft_wrap=True)

    types = Table(box=None, pad_edge=False)
    types.add_column(words("columns.quadrant"))
    for key in ("customers", "prospects"):
        types.add_column(words(f"matrix.{key}"), justify="right")
    counts = customers.groupby(["quadrant", "status"]).size()
    for quadrant in Quadrant:
        numbers = [str(counts.get((quadrant, status), 0)) for status in Status]
        types.add_row(words(f"quadrants_plural.{quadrant}"), *numbers)
    console.print(types)

    rated = customers[customers["rank"].notna()]
    first = rated.head(_TOP)
    if len(first):
        title = words("cli.top", count=len(first), rated=len(rated))
        console.print(f"\n{title}", style="bold", soft_wrap=True)
    top = Table(box=None, pad_edge=False, show_header=False)
    for row in first.to_dict("records"):
        score = words.number(row["total_score"], 1)
        name = Text(_plain(" ".join((row["customer"] or row["customer_id"]).split())))
        top.add_row(f"{row['rank']:.0f}", name, words(f"quadrants.{row['quadrant']}"), score)
    console.print(top)

    console.print()
    _print_data_check(console, words, done)
    shown = words.number(seconds, 1)
    key = "cli.done_dry" if done.written is None else "cli.done"
    console.print(
        _shown(words(key, path=done.written, seconds=shown)), style="bold", soft_wrap=True
    )
    if done.backup is not None:
        console.print(_shown(words("cli.kept", path=done.backup)), soft_wrap=True)


def _print_data_check(console: Console, words: Texts, done: Rescored) -> None:
    problems = done.problems
    if not problems:
        console.print(words("cli.clean"))
        return
    counts = {f"{s}s": sum(p.severity is s for p in problems) for s in Severity}
    console.print(words("cli.data_check", **counts))
    _print_problems(console, words, problems, _LISTED)
    if len(problems) > _LISTED:
        key = "cli.more" if done.written else "cli.more_dry"
        more = {"count": len(problems) - _LISTED, "sheet": words("sheets.data_check")}
        console.print(_shown(words(key, **more)))


if __name__ == "__main__":
    main()
