"""What the tab in the ribbon and the buttons of a workbook call, through xlwings' RunPython."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace

import xlwings as xw

from xlportfolio.excel.host import LiveBook
from xlportfolio.excel.incoming import (
    LiveIntake,
    NotAnsweredError,
    changes_anything,
    counted,
    noteworthy,
    told,
)
from xlportfolio.excel.refusals import quiet
from xlportfolio.excel.voice import Voice, speaking
from xlportfolio.excel.weights import LiveWeights
from xlportfolio.intake import Intake
from xlportfolio.movement_sheet import MOVEMENT
from xlportfolio.run import Run
from xlportfolio.schema import in_order, interpret
from xlportfolio.weighing import taken_over


@xw.script
def rescore(book: xw.Book) -> None:
    """Score all customers and write the ranked sheets."""
    with speaking(book) as voice:
        run, written = _rescored(book, voice)
        voice.tell(*_scored(voice, run, [*written.values()]))


@xw.script
def check(book: xw.Book) -> None:
    """Say what is odd in the data; nothing is changed."""
    with speaking(book) as voice:
        voice.tell(*voice.data_check(voice.speak_as(_run(LiveBook(book))).problems))


@xw.script
def explain(book: xw.Book) -> None:
    """Show the page of the customer in the selected row: how its scores come about, what to do."""
    with speaking(book) as voice:
        voice.progress("read")
        live = LiveBook(book)
        run = voice.speak_as(_run(live))
        position = live.selected(run)
        voice.progress("write")
        with quiet(book.app):
            live.show_page(run, position)
        voice.rest()


@xw.script
def from_orders(book: xw.Book, orders: str = "") -> None:
    """Fill the columns that name a measure of the orders, from a file or the workbook; rescore."""
    with speaking(book) as voice:
        _fill(book, voice, lambda found: found.measured(file_path(orders)))


@xw.script
def import_customers(book: xw.Book, customers: str = "", orders: str = "") -> None:
    """Add and update customers from a file, and measures from a file of orders; rescore."""
    with speaking(book) as voice:
        files = file_path(customers), file_path(orders)
        _fill(book, voice, lambda found: found.imported(*files))


@xw.script
def weights(book: xw.Book) -> None:
    """Bring the sheets up to date on which weights are found; the first time, add them."""
    with speaking(book) as voice:
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
    with speaking(book) as voice:
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
def history(book: xw.Book) -> None:
    """Score all customers, and show who has moved from one type to another since."""
    with speaking(book) as voice:
        run, written = _rescored(book, voice)
        with suppress(Exception):  # what it shows is there all the same
            sheet = book.sheets[written[MOVEMENT]]
            sheet.visible = True
            sheet.activate()
        voice.tell(*voice.moved(run), *_scored(voice, run, [*written.values()]))


def file_path(text: str) -> str:
    r"""A path as VBA hands it over: letters beyond the first 65,536 as two halves each.

    >>> file_path("/home/\ud83c\udf89.csv")
    '/home/🎉.csv'
    """
    return text.encode("utf-16", "surrogatepass").decode("utf-16")


def _fill(book: xw.Book, voice: Voice, take: Callable[[LiveIntake], Intake]) -> None:
    """Show what will change in the customers, write it, and score anew: all of it or nothing."""
    voice.progress("read")
    live, today = LiveBook(book), dt.datetime.now().astimezone().date()
    tables = live.read_tables()
    voice.speak(interpret(tables).presentation.language)
    found = LiveIntake(live, tables, today=today, ask_dates=voice.day_first)
    try:
        intake = take(found)
    except NotAnsweredError:
        voice.rest()
        return
    paragraphs = told(intake, found.readings, voice.words)
    if changes_anything(intake) and not voice.may_fill(paragraphs):
        voice.rest()
        return
    voice.progress("write")
    scored: list[str] = []

    def score(_made: Mapping[str, xw.Sheet]) -> None:
        if found.customers.formulas:
            book.app.calculate()
        filled = LiveBook(book)
        run = voice.speak_as(_run(filled))
        run = replace(run, problems=tuple(in_order([*run.problems, *noteworthy(intake)])))
        report = run.report(filled.names(run.sheet_names))
        written = filled.write(report, run.state, voice.words.language)
        scored.extend(_scored(voice, run, written))

    with quiet(book.app):
        live.put(found.outputs(intake), {}, bytes, score)
    voice.tell(counted(intake, voice.words), *scored)


def _rescored(book: xw.Book, voice: Voice) -> tuple[Run, dict[str, str]]:
    """Score all customers and write our sheets; their names by key."""
    voice.progress("read")
    live = LiveBook(book)
    run = voice.speak_as(_run(live))
    report = run.report(live.names(run.sheet_names))
    voice.progress("write")
    with quiet(book.app):
        live.write(report, run.state, voice.words.language)
    return run, report.sheets


def _run(live: LiveBook) -> Run:
    return Run.of(interpret(live.read_tables()), today=dt.datetime.now().astimezone().date())


def _scored(voice: Voice, run: Run, written: list[str]) -> list[str]:
    """What is said at the end."""
    rated = int(run.analysis.customers["rank"].notna().sum())
    done = voice.words("live.done", as_of=run.as_of, rated=rated, sheets=written)
    return [done, *voice.hidden(run.advice), *voice.data_check(run.problems)]
