"""What all commands share: their options, how they print, and how they stop."""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
import typer.rich_utils as panels
from rich.console import Console

from xlportfolio import __version__
from xlportfolio.errors import InputError, Problem, XlPortfolioError
from xlportfolio.locale import LANGUAGES, language_of_system, texts
from xlportfolio.screen import print_problems, shown

#: Problems, language -> the JSON object that tells of them.
Said = Callable[[Sequence[Problem], str], dict[str, Any]]
SYSTEM = language_of_system()
HELP = texts(SYSTEM)

panels.ARGUMENTS_PANEL_TITLE = HELP("help.arguments")
panels.OPTIONS_PANEL_TITLE = HELP("help.options")
panels.COMMANDS_PANEL_TITLE = HELP("help.commands")
panels.ERRORS_PANEL_TITLE = HELP("help.error")
panels.REQUIRED_LONG_STRING = HELP("help.required")
app = typer.Typer(
    name="xlportfolio",
    help=HELP("cli.app"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)


class DateChoice(StrEnum):
    """The orders of day and month that ``--dates`` takes."""

    DMY = "dmy"
    MDY = "mdy"


def as_day(text: str) -> dt.date:
    """A date that somebody typed."""
    from xlportfolio.schema.cells import as_date

    day = as_date(text, SYSTEM)
    if day is None:
        raise typer.BadParameter(HELP("cli.no_day", found=text))
    return day


def as_language(text: str) -> str:
    """A language that somebody typed."""
    from xlportfolio.schema.words import SPOKEN

    language = SPOKEN.get(text)
    if language is None:
        raise typer.BadParameter(HELP("cli.no_language", found=text, allowed=LANGUAGES))
    return language


Book = Annotated[Path, typer.Argument(metavar="BOOK", help=HELP("cli.book"))]
OutOption = Annotated[Path | None, typer.Option("-o", "--out", metavar="OUT", help=HELP("cli.out"))]
LangOption = Annotated[
    str | None,
    typer.Option("--lang", parser=as_language, metavar="|".join(LANGUAGES), help=HELP("cli.lang")),
]
JsonOption = Annotated[bool, typer.Option("--json", help=HELP("cli.json"))]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help=HELP("cli.dry_run"))]
NoBackupOption = Annotated[bool, typer.Option("--no-backup", help=HELP("cli.no_backup"))]
AsOfOption = Annotated[
    dt.date | None,
    typer.Option("--as-of", parser=as_day, metavar="YYYY-MM-DD", help=HELP("cli.as_of")),
]
MapOption = Annotated[
    list[str] | None, typer.Option("--map", metavar="OURS=THEIRS", help=HELP("cli.map"))
]
DatesOption = Annotated[DateChoice | None, typer.Option("--dates", help=HELP("cli.dates"))]


def mapping_of(pairs: list[str] | None) -> dict[str, str]:
    """What ``--map`` says: our name of a column -> its header in the file.

    >>> mapping_of(["order_date=Belegdatum", "amount = Netto=Wert"])
    {'order_date': 'Belegdatum', 'amount': 'Netto=Wert'}

    Raises
    ------
    BadParameter
        If one of them names no two columns, or one column of ours comes twice.
    """
    mapping: dict[str, str] = {}
    for pair in pairs or ():
        ours, _, theirs = (side.strip() for side in pair.partition("="))
        if not (ours and theirs):
            raise typer.BadParameter(HELP("cli.map_wrong", found=pair), param_hint="--map")
        if ours in mapping:
            raise typer.BadParameter(HELP("cli.map_twice", found=ours), param_hint="--map")
        mapping[ours] = theirs
    return mapping


@app.callback(invoke_without_command=True)
def _options(
    version: Annotated[bool, typer.Option("--version", help=HELP("cli.version"))] = False,  # noqa: FBT002
) -> None:
    if version:
        typer.echo(f"xlportfolio {__version__}")
        raise typer.Exit


@contextmanager
def stopping(
    book: Path,
    as_of: dt.date | None,
    lang: str | None,
    *,
    as_json: bool,
    title: str = "cli.stopped",
    said: Said | None = None,
) -> Iterator[None]:
    """Say in words what stops a command, and leave with exit code 1.

    With ``said``, the JSON object is not that of a workbook.
    """
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
    language = lang or of_workbook or SYSTEM
    words, errors = texts(language), Console(stderr=True, emoji=False)
    if isinstance(stop, InputError):
        errors.print(shown(words(title, path=book)), style="bold")
    print_problems(errors, words, stop.problems)
    if as_json:
        from xlportfolio.document import document

        asked = stop.as_of if isinstance(stop, InputError) else None
        day = as_of or asked or dt.datetime.now().astimezone().date()
        with suppress(XlPortfolioError), printing():  # what stops the command has been said
            of_book = document(str(book), day, None, stop.problems, language)
            dump(of_book if said is None else said(stop.problems, language))
    raise typer.Exit(1)


@contextmanager
def printing() -> Iterator[None]:
    """Print what came of a command: where that fails, what was done has not.

    Raises
    ------
    XlPortfolioError
        If it cannot be printed, as on a full disk.
    """
    try:
        yield
    except BrokenPipeError:  # as above
        raise
    except OSError as error:
        with suppress(OSError):  # or Python would try again at its end
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise XlPortfolioError("not_printed", detail=error.strerror or str(error)) from error


def dump(content: dict[str, Any]) -> None:
    """Print an object as JSON, in UTF-8 whatever the terminal takes."""
    text = json.dumps(content, ensure_ascii=False, indent=2, allow_nan=False)
    sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.flush()
