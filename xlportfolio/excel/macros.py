"""What the tab in the ribbon and the buttons of a workbook call, through xlwings' RunPython."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import xlwings as xw

from xlportfolio.errors import InputError, Problem, Severity, XlPortfolioError
from xlportfolio.excel.host import BrokenOffError, LiveBook, quiet
from xlportfolio.excel.weights import LiveWeights
from xlportfolio.locale import language_of_system, texts
from xlportfolio.run import Run
from xlportfolio.schema import interpret
from xlportfolio.weighing import Taking, taken_over
from xlportfolio.wording import Advice

#: Problems that a message lists; the data check sheet has them all.
_LISTED = 8
#: Weights that a question lists: a message has room for a thousand characters.
_WEIGHTS = 20


@xw.script
def rescore(book: xw.Book) -> None:
    """Score all customers and write the ranked sheets."""
    with _speaking(book) as voice:
        voice.progress("read")
        live = LiveBook(book)
        run = voice.speak_as(_run(live))
        report = run.report(live.names(run.sheet_names))
        voice.progress("write")
        with quiet(book.app):
            written = live.write(report, run.state, voice.words.language)
        rated = int(run.analysis.customers["rank"].notna().sum())
        details = {"as_of": run.as_of, "rated": rated, "sheets": written}
        lines = [*voice.hidden(run.advice), *voice.data_check(run.problems)]
        voice.tell(voice.words("live.done", **details), *lines)


@xw.script
def check(book: xw.Book) -> None:
    """Say what is odd in the data; nothing is changed."""
    with _speaking(book) as voice:
        voice.tell(*voice.data_check(voice.speak_as(_run(LiveBook(book))).problems))


@xw.script
def explain(book: xw.Book) -> None:
    """Show the page of the customer in the selected row: how its scores come about, what to do."""
    with _speaking(book) as voice:
        voice.progress("read")
        live = LiveBook(book)
        run = voice.speak_as(_run(live))
        position = live.selected(run)
        voice.progress("write")
        with quiet(book.app):
            live.show_page(run, position)
        voice.rest()


@xw.script
def weights(book: xw.Book) -> None:
    """Bring the sheets up to date on which weights are found; the first time, add them."""
    with _speaking(book) as voice:
        voice.progress("read")
        live = LiveBook(book)
        found = LiveWeights(live, voice.speak_as(_run(live)))
        voice.progress("write")
        with quiet(book.app):
            sheets = found.write()
        lines = [voice.words("live.weights_next")] if len(found.seen) < len(sheets) else []
        done = voice.words("live.weights_done", sheets=sheets)
        voice.tell(done, *lines, *voice.sentences(found.found.problems))


@xw.script
def take_weights(book: xw.Book) -> None:
    """Write the weights of the method in whose column a cell is selected into the criteria."""
    with _speaking(book) as voice:
        voice.progress("read")
        live = LiveBook(book)
        found = LiveWeights(live, voice.speak_as(_run(live)))
        taking = found.chosen()
        taken = taken_over(found.found.axes, taking)
        if not voice.may_take(taking, taken):
            voice.rest()
            return
        voice.progress("write")
        with quiet(book.app):
            found.take(taken)
        method = voice.words(f"methods.{taking.method}")
        voice.tell(voice.words("live.taken", method=method, criteria=len(taken)))


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
    with _speaking(book) as voice:
        voice.tell(voice.words("live.not_there", command=voice.words(f"ribbon.{button}.label")))


class _Voice:
    """What a macro says: of its progress in the status bar, at its end in a message."""

    def __init__(self, app: xw.App) -> None:
        self.app = app
        self.words = texts(language_of_system())

    def speak_as(self, run: Run) -> Run:
        """Speak the language of the workbook from now on."""
        self.words = texts(run.presentation.language)
        return run

    def progress(self, step: str) -> None:
        """Show a step, see ``steps`` in ``locale``."""
        title, doing = self.words("macros.title"), self.words(f"steps.{step}")
        self._show(f"{title}: {doing} ...")

    def _show(self, text: str = "") -> None:
        with suppress(Exception):  # no more than a courtesy
            self.app.status_bar = text or False

    def rest(self) -> None:
        """Give the status bar back."""
        self._show()

    def tell(self, *lines: str) -> None:
        """Show a message, and give the status bar back."""
        self.rest()
        self.app.alert("\n\n".join(lines), self.words("macros.title"))

    def may_take(self, taking: Taking, taken: Mapping[str, float]) -> bool:
        """Ask whether weights may be written; yes, where an engine cannot wait for an answer."""
        if self.app.engine.type != "desktop":
            return True
        words = self.words
        method = words(f"methods.{taking.method}")
        listed = [f"- {name}: {words.number(weight, 2)}" for name, weight in taken.items()]
        more = [words("live.more_weights", count=len(listed) - _WEIGHTS)]
        lines = [*listed[:_WEIGHTS], *(more if len(listed) > _WEIGHTS else [])]
        question = "\n".join([words("live.take", method=method), *lines])
        return self.app.alert(question, words("macros.title"), buttons="ok_cancel") == "ok"

    def hidden(self, advice: Advice) -> list[str]:
        """What turnover hides, if anything was found: of how many customers."""
        named = [text for text in advice.hidden if len(text.found.rows)]
        counts = [f"{text.name}: {len(text.found.rows)}" for text in named]
        return [self.words("live.hidden", findings="; ".join(counts))] if counts else []

    def data_check(self, problems: Sequence[Problem]) -> list[str]:
        """How many problems there are, and the first of them."""
        if not problems:
            return [self.words("live.clean")]
        counts = {f"{s}s": sum(p.severity is s for p in problems) for s in Severity}
        return [self.words("live.data_check", **counts), *self.sentences(problems)]

    def sentences(self, problems: Sequence[Problem]) -> list[str]:
        """The first problems."""
        lines = [f"- {problem.message(self.words.language)}" for problem in problems[:_LISTED]]
        if len(problems) > _LISTED:
            lines.append(self.words("live.more", count=len(problems) - _LISTED))
        return lines


@contextmanager
def _speaking(book: xw.Book) -> Iterator[_Voice]:
    """Say in words what stops a macro; an exception would show as a traceback."""
    voice = _Voice(book.app)
    try:
        yield voice
    except BrokenOffError as error:
        voice.tell(error.message(voice.words.language))
    except InputError as error:
        voice.words = texts(error.language or voice.words.language)
        errors = [p for p in error.problems if p.severity is Severity.ERROR]
        voice.tell(voice.words("live.stopped"), *voice.sentences(errors))
    except XlPortfolioError as error:
        voice.tell(voice.words("live.stopped"), error.message(voice.words.language))
    except Exception as error:  # noqa: BLE001 (a user gets a sentence, never a traceback)
        detail = f"{type(error).__name__}: {error}"
        voice.tell(voice.words("live.failed", detail=detail))
