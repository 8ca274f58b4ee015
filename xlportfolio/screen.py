"""What a command prints: progress, problems, the summary; nothing in it is obeyed by a terminal."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from xlportfolio.errors import Problem, Severity
from xlportfolio.locale import Texts, texts
from xlportfolio.model import Quadrant, Status

if TYPE_CHECKING:
    from xlportfolio.files.change import Progress
    from xlportfolio.files.explain import Explained
    from xlportfolio.files.rescore import Rescored
    from xlportfolio.files.weights import Weighed
    from xlportfolio.page_layout import AxisTable
    from xlportfolio.weighing import AxisWeighing
    from xlportfolio.wording import Advice

_COLOURS = {Severity.ERROR: "red", Severity.WARNING: "yellow", Severity.NOTE: "cyan"}
#: Customers of the ranking that the summary names.
_TOP = 5
_STEPS = ("read", "orders", "check", "analyse", "draw", "write", "print")
#: Problems that the summary lists; the data check sheet has them all.
_LISTED = 10
#: Columns of the summary where no terminal says how many it has.
_PLAIN_WIDTH = 110
#: What a terminal obeys instead of showing it: control characters, and those that turn the
#: direction of writing.
_COMMANDS = {
    code: chr(code).encode("unicode_escape").decode()
    for code in (*range(0x20), *range(0x7F, 0xA0), *range(0x202A, 0x202F), *range(0x2066, 0x206A))
}


def plain(text: str) -> str:
    """A text on one line, without commands to the terminal; cells and file names may have some."""
    return text.translate(_COMMANDS)


def shown(text: str) -> str:
    """A text to be printed as it is by rich."""
    return escape(plain(text))


@contextmanager
def progress_bar(language: str) -> Iterator[Progress]:
    """A bar on standard error while a command runs, if that is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    words = texts(language)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=len(_STEPS))

        def step(key: str) -> None:
            bar.update(task, completed=_STEPS.index(key), description=words(f"steps.{key}"))

        yield step


class Timings:
    """How long each step of a run took, told of as it begins."""

    def __init__(self, tell: Progress) -> None:
        self._tell = tell
        self._begun: list[tuple[str, float]] = []
        self._end = 0.0

    def __call__(self, step: str) -> None:
        """A step begins."""
        self._begun.append((step, time.perf_counter()))
        self._tell(step)

    def stop(self) -> None:
        """The last step has ended."""
        self._end = time.perf_counter()

    def print(self, words: Texts) -> None:
        """The seconds of each step and their share, on standard error."""
        ends = [*(begun for _, begun in self._begun[1:]), self._end]
        total = self._end - self._begun[0][1]
        table = Table(box=None, pad_edge=False, show_header=False)
        for _ in range(2):
            table.add_column(justify="right")
        for (step, begun), end in zip(self._begun, ends, strict=True):
            share = words("words.percent", number=words.number(100 * (end - begun) / total, 0))
            seconds = words("cli.seconds", seconds=words.number(end - begun, 2))
            table.add_row(seconds, share, words(f"steps.{step}"))
        Console(stderr=True, emoji=False, highlight=False).print(table)


def output() -> Console:
    """Standard output, as wide as a terminal or as a page."""
    width = None if sys.stdout.isatty() else _PLAIN_WIDTH
    return Console(highlight=False, emoji=False, width=width)


def print_problems(
    console: Console, words: Texts, problems: Sequence[Problem], listed: int | None = None
) -> None:
    """Each problem in a sentence, in the colour of its severity."""
    colon = words("words.colon")
    for problem in problems[:listed]:
        severity = words(f"severities.{problem.severity}")
        colour = _COLOURS[problem.severity]
        message = shown(problem.message(words.language))
        console.print(
            f"[{colour}]{severity}{colon}[/{colour}] {message}", soft_wrap=True, highlight=False
        )


def print_summary(done: Rescored, seconds: float) -> None:
    """How many of each type, the first of the ranking, the data check, and what was written."""
    from xlportfolio.movement_sheet import compared

    words = texts(done.presentation.language)
    console = output()
    customers = done.analysis.customers
    scored = words("cli.scored", path=done.path.name, as_of=done.as_of)
    console.print(shown(scored), style="bold", soft_wrap=True)

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
        name = Text(plain(" ".join((row["customer"] or row["customer_id"]).split())))
        top.add_row(f"{row['rank']:.0f}", name, words(f"quadrants.{row['quadrant']}"), score)
    console.print(top)

    _print_advice(console, words, done.run.advice)
    if done.run.movement is not None:
        console.print(f"\n{compared(done.run.movement, words)}", soft_wrap=True)
    console.print()
    _print_data_check(console, words, done)
    taken = words.number(seconds, 1)
    key = "cli.done_dry" if done.written is None else "cli.done"
    console.print(shown(words(key, path=done.written, seconds=taken)), style="bold", soft_wrap=True)
    if done.backup is not None:
        console.print(shown(words("cli.kept", path=done.backup)), soft_wrap=True)


def _print_advice(console: Console, words: Texts, advice: Advice) -> None:
    """What turnover hides, as far as it was looked for; whose visits fit, if that is known."""
    looked_for = [text for text in advice.hidden if not text.found.lacking]
    if looked_for:
        console.print(f"\n{words('cli.hidden')}", style="bold")
        found = Table(box=None, pad_edge=False, show_header=False)
        for text in looked_for:
            found.add_row(text.name, str(len(text.found.rows)), Text(plain(text.customers)))
        console.print(found)
    hours, everybody = advice.numbers.plan.hours, advice.numbers.hours[-1]
    if hours is not None:
        details = {
            "asked": words.rough(everybody.asked),
            "hours": words.rough(hours),
            "customers": everybody.customers,
            "fitting": everybody.fitting,
            "planned": words.rough(everybody.planned),
        }
        console.print(f"\n{words('cli.plan', **details)}", soft_wrap=True)


def print_explanation(done: Explained) -> None:
    """What stands on the page of a customer, and where that was written."""
    rescored, page = done.rescored, done.page
    words = texts(rescored.presentation.language)
    console = output()
    console.print(shown(page.title), style="bold", soft_wrap=True)
    console.print(shown(f"{page.type}. {page.subtitle}"), soft_wrap=True)
    figures = Table(box=None, pad_edge=False)
    for header in page.scores_header:
        figures.add_column(shown(header), justify="right" if figures.columns else "left")
    for name, *numbers in page.scores:
        figures.add_row(shown(name), *(_spelled(words, number) for number in numbers))
    console.print(figures)
    for table in page.tables:
        console.print()
        console.print(_axis_table(table, words))
    console.print()
    said = Table(box=None, pad_edge=False, show_header=False)
    said.add_column(no_wrap=True)
    said.add_column()
    for label, text in (*page.facts, *page.texts):
        lines = "\n".join(map(shown, text.split("\n")))
        said.add_row(f"[bold]{shown(label)}[/bold]", lines)
    console.print(said)
    console.print()
    place = words("cli.page_written", path=rescored.written, sheet=page.sheet)
    console.print(shown(place), style="bold", soft_wrap=True)
    if rescored.backup is not None:
        console.print(shown(words("cli.kept", path=rescored.backup)), soft_wrap=True)


def print_weights(done: Weighed) -> None:
    """The weights of each axis by every method, what was taken over, and where all was written."""
    from xlportfolio.weight_sheets import said_of

    rescored = done.rescored
    words, console = texts(rescored.presentation.language), output()
    for weighing in done.weights.axes:
        console.print(_weights_table(weighing, words))
        for sentence in "\n".join(said_of(weighing, words)).split("\n"):
            console.print(shown(sentence), soft_wrap=True)
        console.print()
    if done.taken:
        listed = [f"{name} {words.general(weight)}" for name, weight in done.taken.items()]
        weights = words("words.semicolon").join(listed)
        console.print(shown(words("cli.taken", weights=weights)), soft_wrap=True)
    key = "cli.weights_dry" if rescored.written is None else "cli.weights_written"
    details = {"path": rescored.written, "sheets": list(done.sheets)}
    console.print(shown(words(key, **details)), style="bold", soft_wrap=True)
    if done.taken and rescored.written is not None:
        console.print(shown(words("cli.rescore_due", path=rescored.written)), soft_wrap=True)
    if rescored.backup is not None:
        console.print(shown(words("cli.kept", path=rescored.backup)), soft_wrap=True)


def _weights_table(weighing: AxisWeighing, words: Texts) -> Table:
    """A line for each criterion, a column for each method that has weights."""
    listed = Table(box=None, pad_edge=False)
    listed.add_column(words(f"axes.{weighing.axis}"))
    known = {m: f.weights for m, f in weighing.methods.items() if f.weights is not None}
    for method in known:
        listed.add_column(words(f"columns.{method}"), justify="right")
    for k, name in enumerate(weighing.criteria):
        numbers = [words.number(100 * weights[k], 1) for weights in known.values()]
        shares = [words("words.percent", number=number) for number in numbers]
        listed.add_row(shown(name), *shares)
    return listed


def _axis_table(table: AxisTable, words: Texts) -> Table:
    """The criteria of an axis and their sum."""
    shares = [_percent(words, line.weight) for line in (*table.lines, table.total)]
    listed = Table(box=None, pad_edge=False)
    for position, header in enumerate(table.header[:-1]):
        listed.add_column(shown(header), justify="left" if position < 2 else "right")  # noqa: PLR2004 (criteria and measures)
    for line, share in zip((*table.lines, table.total), shares, strict=True):
        value, points = _spelled(words, line.value, 0), _spelled(words, line.points)
        style = "bold" if line is table.total else None
        listed.add_row(shown(line.name), shown(line.measure), value, share, points, style=style)
    return listed


def _spelled(words: Texts, number: float, digits: int = 1) -> str:
    return "" if math.isnan(number) else words.number(number, digits)


def _percent(words: Texts, share: float) -> str:
    return "" if math.isnan(share) else words.percent(float(round(100 * share)))


def _print_data_check(console: Console, words: Texts, done: Rescored) -> None:
    problems = done.problems
    if not problems:
        console.print(words("cli.clean"))
        return
    counts = {f"{s}s": sum(p.severity is s for p in problems) for s in Severity}
    console.print(words("cli.data_check", **counts))
    print_problems(console, words, problems, _LISTED)
    if len(problems) > _LISTED:
        key = "cli.more" if done.written else "cli.more_dry"
        more = {"count": len(problems) - _LISTED, "sheet": words("sheets.data_check")}
        console.print(shown(words(key, **more)))
