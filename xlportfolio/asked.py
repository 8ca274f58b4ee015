"""What is asked of a copy, found in the table of the customers: which rows stay, what is hidden."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable
from dataclasses import dataclass

from xlportfolio.errors import Fault, Problem, XlPortfolioError
from xlportfolio.locale import LANGUAGES, texts
from xlportfolio.model import Status, name_key
from xlportfolio.schema.cells import as_number, is_blank, shown
from xlportfolio.schema.contract import CUSTOMERS, Cell
from xlportfolio.schema.grid import Grid
from xlportfolio.schema.words import STATUSES
from xlportfolio.sharing import Only, Sharing

#: Values or columns that a fault names.
_MOST_NAMED = 20
#: Characters of a value that it names.
_LONGEST = 60


@dataclass(frozen=True, slots=True)
class Asked:
    """What was found.

    Attributes
    ----------
    rows
        Positions in the table of the customers of the rows that stay, those that hold anything.
    hidden
        Positions of the columns whose content goes.
    problems
        What cannot be done.
    """

    rows: tuple[int, ...]
    hidden: frozenset[int]
    problems: tuple[Problem, ...]


def find_asked(grid: Grid, sharing: Sharing, language: str) -> Asked:
    """Find the rows that stay and the columns that are hidden, and what cannot be done.

    Parameters
    ----------
    grid
        The table of the customers.
    language
        Of the workbook.
    """
    problems: list[Problem] = []
    rows = tuple(grid.rows)
    hidden: set[int] = set()
    if sharing.only is not None:
        try:
            rows = _rows_with(grid, sharing.only, language)
        except XlPortfolioError as error:
            problems.append(_problem(error, grid))
    for column in dict.fromkeys(sharing.hide):
        try:
            hidden |= _hidden(grid, column)
        except XlPortfolioError as error:
            problems.append(_problem(error, grid))
    return Asked(rows, frozenset(hidden), tuple(problems))


def values_in(grid: Grid, column: str, language: str) -> tuple[str, ...]:
    """The different values of a column of the customers, as shown, in the order of the rows.

    They are compared as :class:`xlportfolio.sharing.Only` compares them; blank cells have none.

    Raises
    ------
    XlPortfolioError
        If there is no such column.
    """
    position = _column(grid, column)
    return tuple(dict.fromkeys(_values(grid, position, language)))


def _problem(error: XlPortfolioError, grid: Grid) -> Problem:
    return Problem(Fault(error.key, details=error.details), grid.sheet)


def _column(grid: Grid, name: str) -> int:
    """The position of a column, by its header or as the contract names it."""
    key = name_key(name)
    position = grid.position_of(name)
    if position is None and key:
        named = (c.key for c in CUSTOMERS.all_columns if key in c.names)
        position = next((grid.positions[k] for k in named if k in grid.positions), None)
    if position is not None:
        return position
    headers = [header for i in range(len(grid.raw.header)) if (header := grid.header(i))]
    keys = {name_key(header): header for header in reversed(headers)}
    near = difflib.get_close_matches(key, keys, 1, cutoff=0)
    nearest = keys[near[0]] if near else ""
    details = {"column": name, "nearest": nearest, "columns": headers[:_MOST_NAMED]}
    raise XlPortfolioError("share_column_unknown", **details)


def _hidden(grid: Grid, name: str) -> set[int]:
    """The positions of the columns of a name."""
    position = _column(grid, name)
    places = {key: place for key, place in grid.positions.items() if key != "hours_now"}
    if position in places.values():
        is_status = places.get("status") == position
        key = "share_status_hidden" if is_status else "share_identity_hidden"
        raise XlPortfolioError(key, column=grid.header(position))
    header = name_key(grid.header(position))
    return {i for i in range(len(grid.raw.header)) if name_key(grid.header(i)) == header}


# --- values -------------------------------------------------------------------------------------


def _rows_with(grid: Grid, only: Only, language: str) -> tuple[int, ...]:
    """The rows that have a value in a column."""
    position = _column(grid, only.column)
    is_meant = _is_status if position == grid.positions.get("status") else _is_value
    fits = is_meant(only.value, language)
    known: dict[tuple[type, Cell], bool] = {}
    found = []
    for i in grid.rows:
        cell = grid.raw.cell(i, position)
        key = (type(cell), cell)
        if key not in known:
            known[key] = fits(cell)
        if known[key]:
            found.append(i)
    rows = tuple(found)
    if rows:
        return rows
    values = list(dict.fromkeys(_values(grid, position, language)))
    listed = [v if len(v) <= _LONGEST else f"{v[:_LONGEST]}…" for v in values[:_MOST_NAMED]]
    column = grid.header(position)
    raise XlPortfolioError("share_value_unknown", value=only.value, column=column, values=listed)


def _values(grid: Grid, position: int, language: str) -> list[str]:
    """The values of all rows as shown, those that are compared as equal as the first of them."""
    words = texts(language)
    is_status = position == grid.positions.get("status")
    spelled: dict[str, str] = {}
    values = []
    for i in grid.rows:
        cell = grid.raw.cell(i, position)
        value = _shown(cell, language)
        if is_status:
            value = words(f"statuses.{_status(value)}")
        if value:
            values.append(spelled.setdefault(_key(value), value))
    return values


def _shown(cell: Cell, language: str) -> str:
    """A cell as shown; of a day without a time, the day."""
    if isinstance(cell, dt.datetime) and cell.time() == dt.time():
        cell = cell.date()
    return shown(cell, language).strip()


def _key(value: str) -> str:
    return " ".join(value.split()).casefold()


def _status(value: str) -> Status:
    """What a status means; a blank or strange one, as everywhere, a customer."""
    return STATUSES.get(value) or Status.CUSTOMER


def _is_status(value: str, language: str) -> Callable[[Cell], bool]:
    """Whether a cell has the status that is asked for."""
    asked = STATUSES.get(value)
    if asked is None:
        return _is_value(value, language)
    return lambda cell: _status(_shown(cell, language)) == asked


def _is_value(value: str, language: str) -> Callable[[Cell], bool]:
    """Whether a cell has the value that is asked for: as shown, or as a number."""
    key = _key(value)
    number = as_number(value, language).number

    def fits(cell: Cell) -> bool:
        if is_blank(cell):
            return not key
        if any(_key(_shown(cell, of)) == key for of in (language, *LANGUAGES)):
            return True
        return number is not None and as_number(cell, language).number == number

    return fits
