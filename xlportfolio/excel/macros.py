"""What the tab in the ribbon and the buttons of a workbook call, through xlwings' RunPython."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

import xlwings as xw

from xlportfolio.errors import InputError, Problem, Severity, XlPortfolioError
from xlportfolio.excel.host import LiveBook, quiet
from xlportfolio.locale import Texts, language_of_system, texts
from xlportfolio.run import Run
from xlportfolio.schema import interpret

#: Problems that a message lists; the data check sheet has them all.
_LISTED = 8


@xw.script
def rescore(book: xw.Book) -> None:
    """Score all customers and write the ranked sheets."""
    with _speaking(book), _progress(book) as progress:
        progress("read")
        live = LiveBook(book)
        run = _run(live)
        words = texts(run.presentation.language)
        report = run.report(live.names(run.sheet_names))
        progress("write")
        with quiet(book.app):
            written = live.write(report, run.state, words.language)
        progress("")
        rated = int(run.analysis.customers["rank"].notna().sum())
        details = {"as_of": run.as_of, "rated": rated, "sheets": written}
        _tell(book, words, [words("live.done", **details), *_data_check(words, run.problems)])


@xw.script
def check(book: xw.Book) -> None:
    """Say what is odd in the data; nothing is changed."""
    with _speaking(book):
        run = _run(LiveBook(book))
        words = texts(run.presentation.language)
        _tell(book, words, _data_check(words, run.problems))


@xw.script
def explain(book: xw.Book) -> None:
    """Show how the scores of the customer in the selected row come about."""
    _not_there(book, "kpExplain")


@xw.script
def share(book: xw.Book) -> None:
    """Make a copy that needs neither Python nor macros."""
    _not_there(book, "kpShare")


@xw.script
def history(book: xw.Book) -> None:
    """Show who has moved from one type to another."""
    _not_there(book, "kpHistory")


def _run(live: LiveBook) -> Run:
    return Run.of(interpret(live.read_tables()), today=dt.datetime.now().astimezone().date())


def _not_there(book: xw.Book, button: str) -> None:
    words = texts(language_of_system())
    _tell(book, words, [words("live.not_there", command=words(f"ribbon.{button}.label"))])


def _data_check(words: Texts, problems: Sequence[Problem]) -> list[str]:
    """How many problems there are, and the first of them."""
    if not problems:
        return [words("live.clean")]
    counts = {f"{s}s": sum(p.severity is s for p in problems) for s in Severity}
    lines = [words("live.data_check", **counts)]
    lines += _sentences(words, problems)
    return lines


def _sentences(words: Texts, problems: Sequence[Problem]) -> list[str]:
    lines = [f"- {problem.message(words.language)}" for problem in problems[:_LISTED]]
    if len(problems) > _LISTED:
        lines.append(words("live.more", count=len(problems) - _LISTED))
    return lines


def _tell(book: xw.Book, words: Texts, lines: Sequence[str]) -> None:
    book.app.alert("\n\n".join(lines), words("macros.title"))


@contextmanager
def _speaking(book: xw.Book) -> Iterator[None]:
    """Say in words what stops a macro; an exception would show as a traceback."""
    try:
        yield
    except InputError as error:
        words = texts(error.language or language_of_system())
        errors = [p for p in error.problems if p.severity is Severity.ERROR]
        _tell(book, words, [words("live.stopped"), *_sentences(words, errors)])
    except XlPortfolioError as error:
        words = texts(language_of_system())
        _tell(book, words, [words("live.stopped"), error.message(words.language)])
    except Exception as error:  # noqa: BLE001 (a user gets a sentence, never a traceback)
        words = texts(language_of_system())
        detail = f"{type(error).__name__}: {error}"
        _tell(book, words, [words("live.failed", detail=detail)])


@contextmanager
def _progress(book: xw.Book) -> Iterator[_Progress]:
    """What a macro is doing, in the status bar."""
    progress = _Progress(book.app)
    try:
        yield progress
    finally:
        progress("")


class _Progress:
    """Shows the key of a step, see ``steps`` in ``locale``; a blank one gives the bar back."""

    def __init__(self, app: xw.App) -> None:
        self.app, self.shown = app, ""
        self.words = texts(language_of_system())

    def __call__(self, step: str) -> None:
        if step != self.shown:
            self.shown = step
            with suppress(NotImplementedError):
                if step:
                    title, doing = self.words("macros.title"), self.words(f"steps.{step}")
                    self.app.status_bar = f"{title}: {doing} ..."
                else:
                    self.app.status_bar = False
