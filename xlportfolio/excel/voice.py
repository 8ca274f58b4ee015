"""What the macros of the ribbon say and ask: in the status bar, and in messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress

import xlwings as xw

from xlportfolio.errors import InputError, Problem, Severity, XlPortfolioError
from xlportfolio.excel.refusals import BrokenOffError
from xlportfolio.locale import language_of_system, texts
from xlportfolio.movement_sheet import compared, missing, nothing_compared
from xlportfolio.run import Run
from xlportfolio.weighing import Taking
from xlportfolio.wording import Advice

#: Problems that a message lists; the data check sheet has them all.
_LISTED = 8
#: Weights that a question lists: a message has room for a thousand characters.
_WEIGHTS = 20
#: Customers who are missing that a message names; the sheet names all.
_MISSING = 5


class Voice:
    """What a macro says: of its progress in the status bar, at its end in a message."""

    def __init__(self, app: xw.App) -> None:
        self.app = app
        self.words = texts(language_of_system())

    def speak_as(self, run: Run) -> Run:
        """Speak the language of the workbook from now on."""
        self.speak(run.presentation.language)
        return run

    def speak(self, language: str) -> None:
        """Speak a language from now on."""
        self.words = texts(language)

    def progress(self, step: str) -> None:
        """Show a step, see ``steps`` in ``locale``."""
        title, colon = self.words("macros.title"), self.words("words.colon")
        self._show(f"{title}{colon} {self.words(f'steps.{step}')} ...")

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
        listed = [
            f"- {name}{words('words.colon')} {words.number(weight, 2)}"
            for name, weight in taken.items()
        ]
        more = [words("live.more_lines", count=len(listed) - _WEIGHTS)]
        lines = [*listed[:_WEIGHTS], *(more if len(listed) > _WEIGHTS else [])]
        return self.agrees("\n".join([words("live.take", method=method), *lines]))

    def agrees(self, question: str) -> bool:
        """Ask a question that is answered by OK or Cancel."""
        return self.app.alert(question, self.words("macros.title"), buttons="ok_cancel") == "ok"

    def chooses(self, question: str) -> bool | None:
        """Ask a question that is answered by yes or no; none where it is not answered."""
        answer = self.app.alert(question, self.words("macros.title"), buttons="yes_no_cancel")
        return {"yes": True, "no": False}.get(answer or "")

    def may_fill(self, paragraphs: Sequence[str]) -> bool:
        """Ask whether to fill in customers; yes, where an engine cannot wait for an answer."""
        if self.app.engine.type != "desktop":
            return True
        return self.agrees("\n\n".join([*paragraphs, self.words("live.fill")]))

    def day_first(self, error: XlPortfolioError) -> bool | None:
        """Ask how dates are to be read that can be read either way; none if that is not answered.

        Raises
        ------
        XlPortfolioError
            The error itself, where an engine cannot wait for an answer.
        """
        if self.app.engine.type != "desktop":
            raise error
        return self.chooses(self.words("live.dates", **error.details))

    def hidden(self, advice: Advice) -> list[str]:
        """What turnover hides, if anything was found: of how many customers."""
        named = [text for text in advice.hidden if len(text.found.rows)]
        counts = [
            f"{text.name}{self.words('words.colon')} {len(text.found.rows)}" for text in named
        ]
        findings = self.words("words.semicolon").join(counts)
        return [self.words("live.hidden", findings=findings)] if counts else []

    def moved(self, run: Run) -> list[str]:
        """How many have moved since which day, and who is missing; or why nothing is compared."""
        words, movement = self.words, run.movement
        if movement is None:
            return [nothing_compared(run.presentation, words)]
        names = missing(movement)
        told = ", ".join(names[:_MISSING])
        if len(names) > _MISSING:
            told = words("hidden.more", names=told, count=len(names) - _MISSING)
        more = [words("live.missing", customers=told)] if names else []
        return [compared(movement, words), *more]

    def data_check(self, problems: Sequence[Problem]) -> list[str]:
        """How many problems there are, and the first of them."""
        if not problems:
            return [self.words("live.clean")]
        counts = {f"{s}s": sum(p.severity is s for p in problems) for s in Severity}
        return [self.words("live.data_check", **counts), *self.sentences(problems)]

    def sentences(self, problems: Sequence[Problem], more: str = "live.more") -> list[str]:
        """The first problems; ``more`` is said of the others."""
        lines = [f"- {problem.message(self.words.language)}" for problem in problems[:_LISTED]]
        if len(problems) > _LISTED:
            lines.append(self.words(more, count=len(problems) - _LISTED))
        return lines


@contextmanager
def speaking(book: xw.Book) -> Iterator[Voice]:
    """Say in words what stops a macro; an exception would show as a traceback."""
    voice = Voice(book.app)
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
