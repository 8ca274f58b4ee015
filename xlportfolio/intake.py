"""From customers and orders of elsewhere to the table of the customers, for both hosts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING

from xlportfolio.errors import Fault, InputError, Problem, Severity
from xlportfolio.forecast import FORECASTS
from xlportfolio.locale import FALLBACK
from xlportfolio.measures import CustomerMeasures, customer_measures
from xlportfolio.model import Criterion, name_key
from xlportfolio.orders import MEASURES
from xlportfolio.schema import RawTable, in_order
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, SETTINGS_TABLE, Table
from xlportfolio.schema.criteria import ReadCriteria, read_table
from xlportfolio.schema.customers import merge_customers
from xlportfolio.schema.grid import Findings, Grid
from xlportfolio.schema.matching import as_number_id
from xlportfolio.schema.measured import fill_measures, refuse_strangers, unknown_customers
from xlportfolio.schema.merging import Filling, Formulas, Memory, Merged, few, filled
from xlportfolio.schema.settings import language_of, read_settings

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: How people write a measure -> its name.
_KNOWN = {name_key(name): name for name in (*MEASURES, *FORECASTS)}
#: The measures that are fractions, with the bound above which a scale was meant for percentages.
_FRACTIONS = {
    "growth": 5.0,
    "margin_rate": 1.5,
    "average_discount": 1.5,
    "return_rate": 1.5,
    "p_active": 1.5,
}


@dataclass(frozen=True, slots=True, eq=False)
class Incoming:
    """What comes from elsewhere.

    Attributes
    ----------
    customers
        A table of customers, as :func:`xlportfolio.sources.read_customers` reads it.
    lines
        Lines of orders, as :func:`xlportfolio.orders.measure` takes them.
    append
        Whether customers of the orders that have no row get one.
    overwrite
        Whether cells are overwritten that were typed by hand.
    """

    customers: RawTable | None = None
    lines: ir.Table | None = None
    append: bool = False
    overwrite: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Intake:
    """What comes of it, before anything is written.

    Attributes
    ----------
    tables
        The input tables as they will be.
    merged
        What changes in the table of the customers, and what is told of it.
    as_of
        The day up to which orders count.
    language
        That of the workbook.
    """

    tables: Mapping[str, RawTable]
    merged: Merged
    as_of: dt.date
    language: str

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What was left out or taken otherwise than it stands there, the gravest first."""
        return tuple(in_order(self.merged.problems))

    def saying(self, problems: Iterable[Problem]) -> Intake:
        """The same, with what is to be said of reading and writing too."""
        merged = replace(self.merged, problems=(*self.merged.problems, *problems))
        return replace(self, merged=merged)


def take_in(
    tables: Mapping[str, RawTable],
    incoming: Incoming,
    memory: Memory | None = None,
    formulas: Formulas = frozenset(),
    *,
    today: dt.date,
    as_of: dt.date | None = None,
) -> Intake:
    """Find out what changes in a workbook when customers or orders of elsewhere come into it.

    Customers are merged first, so that orders find them. A column that the orders fill is not
    taken from the customers' file too.

    Parameters
    ----------
    tables
        The input tables of the workbook, by name.
    incoming
        What comes.
    memory
        What imports wrote before.
    formulas
        Cells of the table of the customers that hold formulas.
    today
        The day where nobody names one.
    as_of
        The day up to which orders count; ``None``: that of the settings, else today.

    Raises
    ------
    InputError
        If the workbook has no table of customers, or the orders cannot be used.
    """
    language = _language(tables)
    day = as_of or _day(tables, language, needed=incoming.lines is not None) or today
    customers = _needed(tables, CUSTOMERS, language, day)
    merged = Merged(Filling(customers, ()), memory=memory or Memory())
    measured, sources = None, dict[str, str]()
    if incoming.lines is not None:
        criteria = _needed(tables, CRITERIA, language, day)
        sources, problems = sources_of(criteria, customers, language)
        if not sources:
            fault = Fault("no_source", Severity.WARNING if incoming.append else Severity.ERROR)
            problems.append(Problem(fault, criteria.sheet))
            if not incoming.append:
                raise InputError(in_order(problems), language, day)
        forecast = any(measure in FORECASTS for measure in sources.values())
        measured = customer_measures(incoming.lines, day, forecast=forecast)
        sources, unforecast = _forecast(sources, measured)
        merged = replace(merged, problems=(*problems, *measured.problems, *unforecast))
    if incoming.customers is not None:
        theirs = _without(incoming.customers, sources)
        merged = merged.then(
            merge_customers(
                customers,
                theirs,
                merged.memory,
                overwrite=incoming.overwrite,
                formulas=formulas,
            )
        )
    if measured is not None:
        try:
            merged = _with_orders(merged, sources, measured, incoming, formulas)
        except InputError as error:
            found = in_order([*error.problems, *merged.problems])
            raise InputError(found, language, day) from error
    stale = _stale(merged.filling, formulas)
    merged = replace(merged, problems=(*merged.problems, *stale))
    return Intake(
        {**tables, CUSTOMERS.name: filled(merged.filling)}, merged, day, language or FALLBACK
    )


def sources_of(
    criteria: RawTable, customers: RawTable, language: str | None = None
) -> tuple[dict[str, str], list[Problem]]:
    """Which columns of the customers are filled by which measure, and what is odd about it.

    A criterion names its measure in the column ``source``; what is none, such as "ERP", is the
    user's own remark.

    Returns
    -------
    dict
        The criterion's name -> the measure, in the order of the criteria.
    list
        Notes and warnings, with their places.
    """
    grid, columns = Grid(criteria), Grid(customers)
    findings = Findings(language or FALLBACK)
    read, _ = read_table(criteria, findings.language)
    by_name = {criterion.name: criterion for criterion in read.criteria}
    sources: dict[str, str] = {}
    for i in grid.rows:
        name, source = grid.text(i, "criterion"), grid.text(i, "source")
        if not name or not source:
            continue
        measure = _KNOWN.get(name_key(source))
        if measure is None:
            nearest = get_close_matches(name_key(source), _KNOWN, n=1, cutoff=0.7)
            near = {"nearest": _KNOWN[nearest[0]]} if nearest else {}
            key = "source_near" if nearest else "source_unknown"
            findings.add(grid, Fault(key, Severity.NOTE, details=near), i, "source")
        elif columns.position_of(name) is not None:
            sources[name] = measure
            if name in by_name and _means_percentages(by_name[name], measure):
                details = {"measure": measure}
                fault = Fault("source_fraction", Severity.WARNING, None, name, details=details)
                findings.add(grid, fault, i, "source")
    return sources, findings.problems


def _means_percentages(criterion: Criterion, measure: str) -> bool:
    """Whether the bounds of a scale only make sense for percentages, such as 45 for 45 %."""
    scale, most = criterion.scale, _FRACTIONS.get(measure)
    bounds = [scale.low, scale.high, *(level.bound for level in scale.levels)]
    numbers = [abs(bound) for bound in bounds if isinstance(bound, int | float)]
    return most is not None and any(number > most for number in numbers)


def _language(tables: Mapping[str, RawTable]) -> str | None:
    customers, criteria, settings = (
        Grid(raw) if (raw := tables.get(table.name)) is not None else None
        for table in (CUSTOMERS, CRITERIA, SETTINGS_TABLE)
    )
    return language_of(customers or criteria, settings)


def _day(tables: Mapping[str, RawTable], language: str | None, *, needed: bool) -> dt.date | None:
    """The day of the settings; one that cannot be read stops whoever needs it."""
    raw = tables.get(SETTINGS_TABLE.name)
    if raw is None:
        return None
    findings = Findings(language or FALLBACK)
    read = read_settings(Grid(raw), None, ReadCriteria(), findings)
    wrong = [problem for problem in findings.problems if problem.fault.field == "as_of"]
    if wrong and needed:
        raise InputError(wrong, language)
    return read.presentation.as_of


def _needed(
    tables: Mapping[str, RawTable], table: Table, language: str | None, day: dt.date
) -> RawTable:
    """A table without which nothing can be taken in."""
    findings = Findings(language or FALLBACK)
    raw = tables.get(table.name)
    if raw is None:
        details = {"table": table.name, "names": " / ".join(table.sheets)}
        findings.problems.append(Problem(Fault("table_missing", details=details)))
    else:
        findings.add_lacking_columns(Grid(raw))
    if raw is None or findings.has_errors:
        raise InputError(findings.problems, language, day)
    return raw


def _forecast(
    sources: Mapping[str, str], measured: CustomerMeasures
) -> tuple[dict[str, str], list[Problem]]:
    """Without the measures that could not be forecast; their columns stay as they are."""
    lacking = {one for one in FORECASTS if not measured.frame[one].notna().any()}
    columns = [name for name, one in sources.items() if one in lacking]
    left = {name: one for name, one in sources.items() if one not in lacking}
    if not columns:
        return left, []
    fault = Fault("forecast_left", Severity.WARNING, details={"columns": columns})
    return left, [Problem(fault)]


def _without(theirs: RawTable, sources: Mapping[str, str]) -> RawTable:
    """The customers' file without the columns that the orders fill."""
    grid = Grid(theirs)
    filled_by_orders = set(map(name_key, sources))
    kept = [
        position
        for position in range(len(theirs.header))
        if name_key(grid.header(position)) not in filled_by_orders
    ]
    return replace(
        theirs,
        header=[theirs.header[position] for position in kept],
        columns=[theirs.columns[position] for position in kept],
    )


def _with_orders(
    merged: Merged,
    sources: Mapping[str, str],
    measured: CustomerMeasures,
    incoming: Incoming,
    formulas: Formulas,
) -> Merged:
    """With the measures, and with rows for customers that only the orders know."""
    if sources or incoming.append:  # before new rows make the orders fit
        refuse_strangers(filled(merged.filling), measured.frame)
    if incoming.append:
        merged = merged.then(_newcomers(merged, measured, formulas))
    table = filled(merged.filling)
    return merged.then(
        fill_measures(table, sources, measured.frame, merged.memory, formulas=formulas)
    )


def _newcomers(merged: Merged, measured: CustomerMeasures, formulas: Formulas) -> Merged:
    """Rows for the customers of the orders that have none."""
    table = filled(merged.filling)
    ids = sorted(unknown_customers(table, measured.frame))
    numbers = [as_number_id(one) for one in ids]
    cells = ids if any(isinstance(one, str) for one in numbers) else numbers
    header = [CUSTOMERS.columns[0].key]
    theirs = RawTable(CUSTOMERS, "", 0, 1, header, [cells], len(cells))
    new = merge_customers(table, theirs, merged.memory, formulas=formulas)
    if not ids:
        return new
    fault = Fault("filled_appended", Severity.NOTE, details={"count": len(ids), "first": few(ids)})
    return replace(new, problems=(*new.problems, Problem(fault)))


def _stale(filling: Filling, formulas: Formulas) -> Iterator[Problem]:
    """Columns of formulas beside cells that change: nobody computes them before Excel does."""
    touched = {change.row for change in filling.changes}
    grid = Grid(filling.raw)
    columns = [
        grid.header(position)
        for position in sorted({position for row, position in formulas if row in touched})
    ]
    if columns:
        details = {"columns": columns}
        yield Problem(Fault("formulas_stale", Severity.NOTE, details=details), grid.sheet)
