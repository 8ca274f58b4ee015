"""The command line: a thin shell over ``files`` and ``template``.

Nothing heavy is imported before a command runs, so that ``--help`` answers at once.
"""

from __future__ import annotations

import io
import os
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from xlportfolio import __version__, compare_command, import_command, order_commands, share_command  # noqa: F401 (register theirs)
from xlportfolio.command import (
    HELP,
    SYSTEM,
    AsOfOption,
    Book,
    DatesOption,
    DryRunOption,
    JsonOption,
    LangOption,
    MapOption,
    NoBackupOption,
    OutOption,
    app,
    dump,
    mapping_of,
    printing,
    stopping,
)
from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import texts
from xlportfolio.screen import (
    Timings,
    plain,
    print_explanation,
    print_problems,
    print_summary,
    print_weights,
    progress_bar,
    shown,
)

if TYPE_CHECKING:
    from xlportfolio.excel.doctor import Check
    from xlportfolio.files.rescore import Rescored

#: Cells that a rescore with orders lists.
_CHANGES = 5
_MARK_COLOURS = {"ok": "green", "warning": "yellow", "fault": "red"}


class Take(StrEnum):
    """The methods whose weights ``--take`` writes into the criteria."""

    CENTROID = "rank-order-centroid"
    RANK_SUM = "rank-sum"
    SWING = "swing"
    PAIRWISE = "pairwise"
    ENTROPY = "entropy"
    CRITIC = "critic"
    DIRECT = "direct"


class AxisChoice(StrEnum):
    """The axes that ``--axis`` takes."""

    VALUE = "value"
    BENEFIT = "benefit"


@app.command(help=HELP("cli.rescore"), epilog=HELP("cli.rescore_examples"))
def rescore(
    book: Book,
    out: OutOption = None,
    *,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    as_of: AsOfOption = None,
    lang: LangOption = None,
    no_backup: NoBackupOption = False,
    timings: Annotated[bool, typer.Option("--timings", help=HELP("cli.timings"))] = False,
    orders: Annotated[
        str | None, typer.Option("--orders", metavar="FILE|URL", help=HELP("cli.rescore_orders"))
    ] = None,
    mapped: MapOption = None,
    dates: DatesOption = None,
) -> None:
    """Score a workbook and write the result sheets into it."""
    started = time.perf_counter()
    mapping = mapping_of(mapped)
    if orders is None and (mapping or dates):
        raise typer.BadParameter(HELP("cli.orders_missing"), param_hint="--orders")
    with stopping(book, as_of, lang, as_json=as_json):
        from xlportfolio.files.imports import Orders
        from xlportfolio.files.rescore import rescore as run
        from xlportfolio.import_screen import silent, teller
        from xlportfolio.sources import DateOrder

        given = None
        if orders is not None:
            tell = silent if as_json else teller(lang, _CHANGES)
            given = Orders(orders, mapping, None if dates is None else DateOrder(dates), tell)

        with progress_bar(lang or SYSTEM) as bar:
            progress = Timings(bar)
            done = run(
                book,
                out,
                orders=given,
                as_of=as_of,
                language=lang,
                backup=not no_backup,
                write=not dry_run,
                progress=progress,
            )
            progress.stop()
        with printing():
            if as_json:
                _print_json(book, done)
            else:
                print_summary(done, time.perf_counter() - started)
            if timings:
                progress.print(texts(lang or done.presentation.language))


@app.command(help=HELP("cli.explain"), epilog=HELP("cli.explain_examples"))
def explain(
    book: Book,
    customer: Annotated[str, typer.Argument(metavar="ID", help=HELP("cli.customer"))],
    out: OutOption = None,
    *,
    as_json: JsonOption = False,
    as_of: AsOfOption = None,
    lang: LangOption = None,
    no_backup: NoBackupOption = False,
) -> None:
    """Write the page of one customer into a workbook."""
    with stopping(book, as_of, lang, as_json=as_json):
        from xlportfolio.files.explain import explain as run

        with progress_bar(lang or SYSTEM) as progress:
            done = run(
                book,
                customer,
                out,
                as_of=as_of,
                language=lang,
                backup=not no_backup,
                progress=progress,
            )
        with printing():
            if as_json:
                from xlportfolio.document import explanation

                of = done.rescored
                language = of.presentation.language
                place = (of.run.advice, done.page.position)
                dump(explanation(str(book), of.as_of, *place, of.problems, language))
            else:
                print_explanation(done)


@app.command(help=HELP("cli.weights"), epilog=HELP("cli.weights_examples"))
def weights(
    book: Book,
    out: OutOption = None,
    *,
    take: Annotated[
        Take | None, typer.Option("--take", metavar="METHOD", help=HELP("cli.take"))
    ] = None,
    axis: Annotated[AxisChoice | None, typer.Option("--axis", help=HELP("cli.axis"))] = None,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    lang: LangOption = None,
    no_backup: NoBackupOption = False,
) -> None:
    """Write the sheets on which weights are found, and take weights over."""
    if axis is not None and take is None:
        raise typer.BadParameter(HELP("cli.axis_alone"), param_hint="--axis")
    with stopping(book, None, lang, as_json=as_json):
        from xlportfolio.files.weights import find
        from xlportfolio.model import Axis
        from xlportfolio.weighing import Taking
        from xlportfolio.weighting import Method

        of = None if axis is None else Axis(axis)
        with progress_bar(lang or SYSTEM) as progress:
            done = find(
                book,
                out,
                take=None if take is None else Taking(Method(take.replace("-", "_")), of),
                language=lang,
                backup=not no_backup,
                write=not dry_run,
                progress=progress,
            )
        with printing():
            if as_json:
                from xlportfolio.document import weights_document

                run = done.rescored
                language = run.presentation.language
                problems = (*run.problems, *done.weights.problems)
                said = (done.weights.axes, done.taken)
                dump(weights_document(str(book), run.as_of, *said, problems, language))
            else:
                print_weights(done)


@app.command(help=HELP("cli.check"), epilog=HELP("cli.check_examples"))
def check(
    book: Book, *, as_json: JsonOption = False, as_of: AsOfOption = None, lang: LangOption = None
) -> None:
    """Run the data check alone; the file is not touched."""
    with stopping(book, as_of, lang, as_json=as_json):
        from xlportfolio.files.rescore import rescore as run

        with progress_bar(lang or SYSTEM) as progress:
            done = run(book, as_of=as_of, language=lang, write=False, progress=progress)
        with printing():
            if as_json:
                _print_json(book, done)
            else:
                words = texts(done.presentation.language)
                console = Console(emoji=False)
                print_problems(console, words, done.problems)
                if not done.problems:
                    console.print(words("cli.clean"))


@app.command(help=HELP("cli.new"), epilog=HELP("cli.new_examples"))
def new(
    book: Book,
    *,
    lang: LangOption = None,
    with_sample: Annotated[bool, typer.Option("--sample/--empty", help=HELP("cli.sample"))] = True,
) -> None:
    """Write a workbook to start from."""
    with stopping(book, None, lang, as_json=False):
        _new(book, lang or SYSTEM, with_sample=with_sample, again=False)
        with printing():
            typer.echo(plain(texts(lang or SYSTEM)("cli.written", path=book)))


@app.command(help=HELP("cli.demo"), epilog=HELP("cli.demo_examples"))
def demo(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help=HELP("cli.folder"))] = Path(
        "build"
    ),
    *,
    lang: LangOption = None,
) -> None:
    """Build the sample and rescore it."""
    language = lang or SYSTEM
    words = texts(language)
    book, orders = folder / words("cli.demo_name"), folder / words("cli.demo_orders")
    started = time.perf_counter()
    with stopping(book, None, lang, as_json=False):
        from xlportfolio.files.rescore import rescore as run
        from xlportfolio.files.save import make_folder, replace_file
        from xlportfolio.template.sample_orders import orders_file

        with progress_bar(lang or SYSTEM) as progress:
            make_folder(folder)
            _new(book, language, with_sample=True, again=True)
            done = run(book, backup=False, progress=progress)
            replace_file(orders, orders_file(language, done.as_of))
        with printing():
            print_summary(done, time.perf_counter() - started)
            typer.echo(plain(words("cli.orders_written", path=orders)))
            typer.echo(plain(words("cli.demo_next", path=book)))


@app.command(help=HELP("cli.setup"), epilog=HELP("cli.setup_examples"))
def setup(
    *,
    remove: Annotated[bool, typer.Option("--remove", help=HELP("cli.remove"))] = False,
    lang: LangOption = None,
) -> None:
    """Connect Excel with this Python, or undo that."""
    words = texts(lang or SYSTEM)
    with stopping(Path(), None, lang, as_json=False):
        from xlportfolio.excel.machine import Machine
        from xlportfolio.excel.setup import install
        from xlportfolio.excel.setup import remove as undo
        from xlportfolio.files.save import replace_file

        steps = undo if remove else install
        for done in steps(Machine.here(), replace_file):
            with printing():
                typer.echo(words.word(done))


@app.command(help=HELP("cli.doctor"), epilog=HELP("cli.doctor_examples"))
def doctor(
    book: Annotated[
        Path | None, typer.Argument(metavar="BOOK", help=HELP("cli.doctor_book"))
    ] = None,
    *,
    lang: LangOption = None,
) -> None:
    """Check what Excel needs for formulas and buttons."""
    faults = 0
    with stopping(book or Path(), None, lang, as_json=False):
        words, console = texts(lang or SYSTEM), Console(emoji=False)
        marks = words.branch("doctor.marks")
        width = max(map(len, marks.values()))
        for check in _checks(book):
            mark = shown(marks[check.mark].ljust(width))
            text, colour = shown(words.word(check.phrase)), _MARK_COLOURS[check.mark]
            with printing():
                line = f"[{colour}]{mark}[/{colour}] {text}"
                console.print(line, soft_wrap=True, highlight=False)
            faults += check.mark == "fault"
    if faults:
        raise typer.Exit(1)


def _checks(book: Path | None) -> Iterator[Check]:
    """What Excel needs, then which macros the workbook has, and whether it has settings."""
    from xlportfolio.excel.doctor import checks, fault, macros_check, sheets_check
    from xlportfolio.excel.machine import Machine

    yield from checks(Machine.here(), __version__, book)
    if book is not None:
        from xlportfolio.files.package import Package
        from xlportfolio.files.workbook import Workbook
        from xlportfolio.template.macros import macros_of

        try:
            with closing(Package(book)) as package:
                workbook = Workbook(package)
                yield macros_check(macros_of(workbook), book)
                of_sheets = sheets_check((sheet.name for sheet in workbook.sheets), book)
        except XlPortfolioError as error:
            yield fault(error)
        else:
            if of_sheets is not None:
                yield of_sheets


def _new(book: Path, language: str, *, with_sample: bool, again: bool) -> None:
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


def _print_json(book: Path, done: Rescored) -> None:
    from xlportfolio.document import document

    run, language = done.run, done.presentation.language
    dump(document(str(book), run.as_of, run.advice, run.problems, language, run.movement))


def main() -> None:
    """Run the command line; what a terminal cannot show is spelled out, not stumbled over."""
    # whoever has closed a stream wants to see nothing, and no file may get its number
    sys.stdout, sys.stderr = (
        Path(os.devnull).open("w", encoding="utf-8") if stream is None else stream  # noqa: SIM115 (to the end)
        for stream in (sys.stdout, sys.stderr)
    )
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    app()


if __name__ == "__main__":
    main()
