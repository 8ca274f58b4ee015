"""Which row of the table of the customers is whose: by number, else by name."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from xlportfolio.model import name_key
from xlportfolio.schema.cells import as_id, is_blank
from xlportfolio.schema.contract import Cell, CellError, RawTable
from xlportfolio.schema.grid import Grid
from xlportfolio.schema.merging import Formulas

#: Digits of a number that Excel keeps.
_DIGITS = 15


def without_zeros(customer_id: str) -> str | None:
    """A number without the zeros before it; ``None`` for what is no number.

    >>> without_zeros("00123"), without_zeros("0"), without_zeros("A01")
    ('123', '0', None)
    """
    if not (customer_id.isascii() and customer_id.isdigit()):
        return None
    return customer_id.lstrip("0") or "0"


class CustomerRows:
    """The rows of a table of customers, by the number that a rescore knows each by.

    That is the customer's id; where it is blank, the name. A second row of one id counts nowhere
    and is never found.

    Attributes
    ----------
    ids
        The id of each row that holds anything, ``""`` for one with neither id nor name.
    first
        Id -> its first row.
    repeated
        The rows that repeat an id.
    """

    def __init__(self, raw: RawTable) -> None:
        self.grid = Grid(raw)
        self.ids: dict[int, str] = {}
        self.first: dict[str, int] = {}
        self.repeated: list[int] = []
        for i in self.grid.rows:
            self.ids[i] = self.number(i) or self.name(i)
            if not self.ids[i]:
                continue
            if self.ids[i] in self.first:
                self.repeated.append(i)
            else:
                self.first[self.ids[i]] = i

    def name(self, i: int) -> str:
        """The customer's name in a row."""
        return self._text(i, "customer")

    def number(self, i: int) -> str:
        """The customer's id in a row, ``""`` where that is blank."""
        return self._text(i, "customer_id")

    def _text(self, i: int, key: str) -> str:
        cell = self.grid.cell(i, key)
        return "" if isinstance(cell, CellError) else as_id(cell)

    @cached_property
    def _kinds(self) -> set[type]:
        """Whether the ids of the table are texts, numbers, or both."""
        cells = (self.grid.cell(i, "customer_id") for i in self.grid.rows)
        filled = [cell for cell in cells if not is_blank(cell)]
        return {str if isinstance(cell, str) else float for cell in filled}

    def typed(self, customer_id: Cell) -> Cell:
        """A new id as number or text, as those are that the table has."""
        text = as_id(customer_id)
        if self._kinds == {str}:
            return text
        if self._kinds == {float} and isinstance(customer_id, str):
            return as_number_id(text)
        return customer_id

    def match(self, ids: Iterable[str]) -> dict[str, int]:
        """The row of each id that has one: the same id, else one that differs in zeros before it.

        Excel drops such zeros where a number is typed. They are looked over only where one row and
        one id remain for each other.
        """
        ids = set(ids)
        found = {one: self.first[one] for one in ids if one in self.first}
        rows: dict[str, list[int]] = {}
        for one, i in self.first.items():
            if one not in ids and (bare := without_zeros(one)) is not None:
                rows.setdefault(bare, []).append(i)
        others: dict[str, list[str]] = {}
        for one in ids - self.first.keys():
            if (bare := without_zeros(one)) is not None:
                others.setdefault(bare, []).append(one)
        for bare, candidates in others.items():
            places = rows.get(bare, [])
            if len(candidates) == len(places) == 1:
                found[candidates[0]] = places[0]
        return found

    def called(self, name: str, *, unnumbered: bool) -> list[int]:
        """The rows of customers of this name; if ``unnumbered``, those without an id."""
        rows = self._named.get(name_key(name), []) if name else []
        return [i for i in rows if not (unnumbered and self.number(i))]

    @cached_property
    def _named(self) -> dict[str, list[int]]:
        """The rows of each name."""
        rows: dict[str, list[int]] = {}
        for i in self.first.values():
            if name := self.name(i):
                rows.setdefault(name_key(name), []).append(i)
        return rows

    def zeros(self, matched: dict[str, int]) -> list[str]:
        """The ids that were matched although zeros differ, each with that of its row."""
        pairs = ((one, self.ids[i]) for one, i in sorted(matched.items()))
        return [f"{one} = {own}" for one, own in pairs if one != own]


def as_number_id(text: str) -> Cell:
    """An id as the number that it is, as text where a number would not be read back as the same.

    >>> as_number_id("10113"), as_number_id("00123"), as_number_id("K1")
    (10113.0, '00123', 'K1')
    """
    is_number = without_zeros(text) == text and len(text) <= _DIGITS
    return float(text) if is_number else text


def calculated(grid: Grid, formulas: Formulas) -> set[int]:
    """The columns that hold formulas in all rows; Excel fills them in new rows by itself."""
    rows = grid.rows or range(grid.raw.height)
    return {
        position
        for position in {position for _, position in formulas}
        if rows and all((row, position) in formulas for row in rows)
    }
