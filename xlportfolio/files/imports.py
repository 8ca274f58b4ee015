"""Take customers and orders of elsewhere into a closed workbook."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TypeVar

from xlportfolio.errors import XlPortfolioError
from xlportfolio.files.change import Progress, change
from xlportfolio.files.fill import fill, formulas, read_memory, write_memory
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.intake import Incoming, Intake, take_in
from xlportfolio.model import name_key
from xlportfolio.schema import RawTable
from xlportfolio.schema.contract import CUSTOMERS, ORDERS
from xlportfolio.schema.grid import Grid
from xlportfolio.sources import DateOrder, Reading, open_orders, read_customers

Read = TypeVar("Read")
#: Told how the sources were read and what will change, before anything is written.
Tell = Callable[[Intake, Sequence[Reading]], None]


@dataclass(frozen=True, slots=True)
class Orders:
    """Where orders come from.

    Attributes
    ----------
    source
        A file, a folder or the address of a database; see :func:`xlportfolio.sources.open_orders`.
    mapping
        Our name of a column -> its header there, where that is not known.
    dates
        How dates are written there, where they can be read either way.
    tell
        Told how the orders were read and what will change, before anything is written.
    """

    source: str
    mapping: Mapping[str, str] = field(default_factory=dict)
    dates: DateOrder | None = None
    tell: Tell = lambda _intake, _readings: None


@dataclass(frozen=True, slots=True)
class Import:
    """What is imported, and how.

    Attributes
    ----------
    customers
        A file with customers; see :func:`xlportfolio.sources.read_customers`.
    orders
        Where orders come from; see :func:`xlportfolio.sources.open_orders`.
    mapping
        Our name of a column -> its header in the file that has it; a name that customers and
        orders share is looked for in both.
    dates
        How dates are written in the orders, where they can be read either way.
    overwrite
        Whether cells are overwritten that were typed by hand.
    tell
        As for :class:`Orders`.
    """

    customers: Path | None = None
    orders: str | None = None
    mapping: Mapping[str, str] = field(default_factory=dict)
    dates: DateOrder | None = None
    overwrite: bool = False
    tell: Tell = lambda _intake, _readings: None


@dataclass(frozen=True, slots=True, eq=False)
class Imported:
    """What came of an import.

    Attributes
    ----------
    path
        The workbook read.
    written
        The file written; ``None`` if none was, since nothing changes or nothing was to be written.
    backup
        Where the workbook is kept as it was before, if it was kept now.
    intake
        What changed.
    readings
        How the sources were read, that of the customers first.
    """

    path: Path
    written: Path | None
    backup: Path | None
    intake: Intake
    readings: Sequence[Reading]


def import_into(
    book: Path | str,
    what: Import,
    out: Path | str | None = None,
    *,
    as_of: dt.date | None = None,
    backup: bool = True,
    write: bool = True,
    progress: Progress = lambda _: None,
) -> Imported:
    """Take customers and orders of elsewhere into the table of the customers of a workbook.

    Nothing else of the workbook changes; scores follow with the next rescore. Where nothing
    changes, the file is not written.

    Parameters
    ----------
    what
        What is imported; at least one of customers and orders.
    book, out, as_of, backup, write, progress
        As for :func:`xlportfolio.rescore`; orders after the day are left out.

    Raises
    ------
    InputError
        If the workbook has no table of customers, or the orders cannot be used.
    XlPortfolioError
        If a source cannot be read.
    WorkbookError
        If the file cannot be used or written. In any case it is as it was.
    """

    def work(workbook: Workbook) -> tuple[Intake, Sequence[Reading], bool]:
        tables, memory = read_tables(workbook), read_memory(workbook)
        progress("orders")
        raw = tables.get(CUSTOMERS.name)
        with ExitStack() as until_read:
            incoming, readings = _opened(until_read, what, raw)
            progress("check")
            intake = take_in(
                tables,
                incoming,
                memory,
                frozenset() if raw is None else formulas(workbook, raw),
                today=_today(),
                as_of=as_of,
            )
        filling, kept = intake.merged.filling, intake.merged.memory
        said = [problem for reading in readings for problem in reading.problems]
        said += fill(workbook, filling)
        intake = intake.saying(said)
        if kept != memory:
            write_memory(workbook, kept)
        what.tell(intake, readings)
        return intake, readings, bool(filling.changes or filling.added or kept != memory)

    book = Path(book)
    done = change(
        book,
        out,
        work,
        is_needed=lambda content: content[2],
        backup=backup,
        write=write,
        progress=progress,
    )
    intake, readings, _ = done.content
    return Imported(book, done.written, done.backup, intake, readings)


def fill_from(
    workbook: Workbook,
    tables: Mapping[str, RawTable],
    orders: Orders,
    *,
    as_of: dt.date | None,
) -> Intake:
    """Fill the columns of criteria with a source, in the package and in what was read of it.

    Raises
    ------
    InputError
        If no criterion has a source, or the orders cannot be used.
    XlPortfolioError
        If the orders cannot be read.
    WorkbookError
        If the cells cannot be written.
    """
    raw = tables.get(CUSTOMERS.name)
    with open_orders(orders.source, orders.mapping, dates=orders.dates) as (lines, reading):
        cells = frozenset() if raw is None else formulas(workbook, raw)
        incoming = Incoming(lines=lines)
        intake = take_in(tables, incoming, None, cells, today=_today(), as_of=as_of)
    said = (*reading.problems, *fill(workbook, intake.merged.filling))
    intake = intake.saying(said)
    orders.tell(intake, [reading])
    return intake


def _today() -> dt.date:
    return dt.datetime.now().astimezone().date()


def _opened(
    until_read: ExitStack, what: Import, raw: RawTable | None
) -> tuple[Incoming, list[Reading]]:
    """Open what is imported; a name that both files share need be in one of them only."""
    grid = None if raw is None else Grid(raw)
    headers = [] if grid is None else [grid.header(p) for p in range(len(grid.raw.header))]
    of_customers, of_orders = _split(what, headers)
    shared = of_customers.keys() & of_orders.keys()
    lacking: list[set[str]] = []

    def tolerant(read: Callable[[Mapping[str, str]], Read], mapping: dict[str, str]) -> Read:
        without: set[str] = set()
        while True:
            left = {ours: theirs for ours, theirs in mapping.items() if ours not in without}
            try:
                read_now = read(left)
            except XlPortfolioError as error:
                named = {ours for ours in shared if left.get(ours) == error.details.get("found")}
                if error.key != "map_not_there" or not named or any(named & o for o in lacking):
                    raise
                without |= named
            else:
                lacking.append(without)
                return read_now

    incoming, readings = Incoming(append=True, overwrite=what.overwrite), []
    if what.customers is not None:
        path = what.customers
        theirs, reading = tolerant(lambda m: read_customers(path, headers, m), of_customers)
        incoming = replace(incoming, customers=theirs)
        readings.append(reading)
    if what.orders is not None:
        source = what.orders
        lines, reading = tolerant(
            lambda m: until_read.enter_context(open_orders(source, m, dates=what.dates)), of_orders
        )
        incoming = replace(incoming, lines=lines)
        readings.append(reading)
    return incoming, readings


def _split(what: Import, headers: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
    """Which names of columns are meant for the customers' file, and which for the orders."""
    names = {key for column in CUSTOMERS.all_columns for key in column.names}
    names |= set(map(name_key, headers))
    known = {key for column in ORDERS.all_columns for key in column.names}
    of_customers: dict[str, str] = {}
    of_orders: dict[str, str] = {}
    for ours, theirs in what.mapping.items():
        key = name_key(ours)
        stranger = key not in names and key not in known  # which the reader refuses
        if what.customers is not None and (key in names or stranger or what.orders is None):
            of_customers[ours] = theirs
        if what.orders is not None and (key in known or stranger or what.customers is None):
            of_orders[ours] = theirs
    return of_customers, of_orders
