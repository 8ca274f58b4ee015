"""Customers and orders of elsewhere into an open workbook: what changes, before it is written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from xlportfolio.errors import Problem, XlPortfolioError
from xlportfolio.excel.filling import LiveCustomers, OutputCustomers
from xlportfolio.excel.host import LiveBook
from xlportfolio.excel.memory import LiveMemory, OutputMemory
from xlportfolio.excel.sheets import Output
from xlportfolio.intake import Incoming, Intake, take_in
from xlportfolio.intake_words import contents
from xlportfolio.locale import Texts
from xlportfolio.schema import RawTable
from xlportfolio.schema.cells import as_text
from xlportfolio.schema.contract import CUSTOMERS, ORDERS
from xlportfolio.schema.merging import Kept, Listed
from xlportfolio.sources import DateOrder, Reading, open_orders, orders_of, read_customers

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: Cells and customers of each kind that a question lists: it has to fit on a screen.
_LISTED = 6
#: What Excel does by itself here, and what only a closed workbook has to be told of.
_OF_CLOSED = "formulas_stale"
#: Whether the day comes first in dates that can be read either way; ``None``: not answered.
AskDates = Callable[[XlPortfolioError], bool | None]


class NotAnsweredError(Exception):
    """A question was left without an answer: then nothing is done."""


class LiveIntake:
    """What comes into the customers of an open workbook, before anything is written.

    Parameters
    ----------
    tables
        The input tables of the workbook.
    today
        The day where the workbook names none.
    ask_dates
        Asked where dates can be read either way.

    Attributes
    ----------
    readings
        How each source was understood.
    """

    def __init__(
        self,
        live: LiveBook,
        tables: Mapping[str, RawTable],
        *,
        today: dt.date,
        ask_dates: AskDates,
    ) -> None:
        self.live, self.tables = live, tables
        self.today, self.ask_dates = today, ask_dates
        self.customers = LiveCustomers(live, tables[CUSTOMERS.name])
        self.memory = LiveMemory(live)
        self.readings: list[Reading] = []

    def measured(self, orders: str) -> Intake:
        """What changes by the measures of orders: of a file, or of the workbook if it is blank.

        Raises
        ------
        XlPortfolioError
            If the orders cannot be read or used.
        NotAnsweredError
            If it was not said which way dates are to be read.
        """
        with ExitStack() as opened:
            lines = self._opened(orders, opened) if orders else self._of_workbook()
            return self._taken(Incoming(lines=lines))

    def imported(self, customers: str, orders: str) -> Intake:
        """What changes by customers of a file and the measures of orders; a blank one is none.

        Raises
        ------
        XlPortfolioError
            If a file cannot be read or used.
        NotAnsweredError
            If it was not said which way dates are to be read.
        """
        theirs = None
        if customers:
            headers = [as_text(cell) for cell in self.customers.raw.header]
            theirs, reading = read_customers(Path(customers), headers)
            self.readings.append(reading)
        with ExitStack() as opened:
            lines = self._opened(orders, opened) if orders else None
            return self._taken(Incoming(customers=theirs, lines=lines, append=True))

    def _opened(self, orders: str, opened: ExitStack) -> ir.Table:
        try:
            lines, reading = opened.enter_context(open_orders(orders))
        except XlPortfolioError as error:
            if error.key != "dates_ambiguous":
                raise
            day_first = self.ask_dates(error)
            if day_first is None:
                raise NotAnsweredError from error
            order = DateOrder.DMY if day_first else DateOrder.MDY
            lines, reading = opened.enter_context(open_orders(orders, dates=order))
        self.readings.append(reading)
        return lines

    def _of_workbook(self) -> ir.Table:
        raw = self.live.read_table(ORDERS)
        if raw is None:
            raise XlPortfolioError("orders_table_missing", table=ORDERS.name)
        lines, reading = orders_of(raw)
        self.readings.append(reading)
        return lines

    def _taken(self, incoming: Incoming) -> Intake:
        formulas = self.customers.formulas
        intake = take_in(self.tables, incoming, self.memory.memory, formulas, today=self.today)
        return intake.saying(problem for reading in self.readings for problem in reading.problems)

    def outputs(self, intake: Intake) -> list[Output]:
        """What is written."""
        return [
            OutputCustomers(self.customers, intake.merged.filling),
            OutputMemory(self.memory, intake.merged.memory),
        ]


def changes_anything(intake: Intake) -> bool:
    """Whether a cell of the customers changes."""
    return bool(intake.merged.filling.changes)


def counted(intake: Intake, words: Texts) -> str:
    """How many cells and customers there are of each kind."""
    merged = intake.merged
    details = {"changed": len(merged.changed), "added": len(merged.added), "kept": len(merged.kept)}
    return words("live.incoming_counts", **details)


def told(intake: Intake, readings: Sequence[Reading], words: Texts) -> list[str]:
    """How the sources were understood, what will change, and what stays: a paragraph for each."""
    merged = intake.merged
    understood = [replace(reading, problems=()) for reading in readings]  # told of with the others
    semicolon = words("words.semicolon")
    paragraphs = [semicolon.join(reading.lines(words.language)) for reading in understood]
    paragraphs.append(counted(intake, words))
    newcomers = [f"{one.customer_id} {one.customer}".strip() for one in merged.added]
    typed = [listed for listed in merged.kept if listed.kept is Kept.TYPED]
    computed = [listed for listed in merged.kept if listed.kept is Kept.FORMULA]
    for key, lines in (
        ("changed", [_line(listed, words) for listed in merged.changed]),
        ("added", newcomers),
        ("typed", [_line(listed, words) for listed in typed]),
        ("formulas", [_line(listed, words) for listed in computed]),
        ("odd", [problem.message(words.language) for problem in noteworthy(intake)]),
    ):
        if lines:
            paragraphs.append(_listed(words(f"live.incoming_{key}"), lines, words))
    return paragraphs


def noteworthy(intake: Intake) -> list[Problem]:
    """What was left out or taken otherwise than it stands there; Excel itself computes formulas."""
    return [problem for problem in intake.problems if problem.fault.key != _OF_CLOSED]


def _line(listed: Listed, words: Texts) -> str:
    """A cell: whose it is, what it holds, and what came for it."""
    who = " ".join(f"{listed.customer_id} {listed.customer}".split())
    before, after = contents(listed, words)
    details = {"before": before, "after": after}
    return words("live.incoming_cell", customer=who, column=listed.column, **details)


def _listed(head: str, lines: Sequence[str], words: Texts) -> str:
    """The first lines of many."""
    shown_lines = [f"- {line}" for line in lines[:_LISTED]]
    if len(lines) > _LISTED:
        shown_lines.append(words("live.more_lines", count=len(lines) - _LISTED))
    return "\n".join([head, *shown_lines])
