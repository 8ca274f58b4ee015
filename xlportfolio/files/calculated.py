"""The formulas of calculated columns, and how they go on in rows that are new."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import NamedTuple

from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.formula.translate import Translator, TranslatorError

from xlportfolio.files.cells import Area, set_formula
from xlportfolio.files.package import Element
from xlportfolio.files.workbook import main
from xlportfolio.files.writing import OpenSheet
from xlportfolio.schema.contract import column_letters


class Formula(NamedTuple):
    """The formula of a calculated column.

    Attributes
    ----------
    origin
        The cell in which it reads so; ``None`` if it reads alike in all rows.
    is_array, metadata
        Whether it is entered as one for arrays, and what its cell says of that.
    """

    text: str
    origin: str | None = None
    is_array: bool = False
    metadata: str | None = None

    def at(self, address: str) -> str:
        """How it reads in another row; see :func:`_moved`."""
        return self.text if self.origin is None else _moved(self.text, self.origin, address)

    def put(self, cell: Element) -> None:
        """Write the formula into a cell of another row, as it reads there."""
        set_formula(cell, self.at(cell.get("r", "")), is_array=self.is_array)
        if self.metadata is not None:
            cell.set("cm", self.metadata)

    @property
    def is_alike(self) -> bool:
        """Whether it reads alike in all rows, as those do that name columns only."""
        return _moved(self.text, "A1", "A2") == self.text


def _moved(text: str, origin: str, address: str) -> str:
    """A formula as Excel fills it down.

    >>> _moved("$B2*C2/tblX[[#This Row],[B2]]+LOG10(B$1)", "D2", "D9")
    '$B9*C9/tblX[[#This Row],[B2]]+LOG10(B$1)'
    """
    moved: str = Translator(f"={text}", origin).translate_formula(address)
    return moved.removeprefix("=")


def calculated_columns(
    sheet: OpenSheet, body: Area, table: Element | None, last: int
) -> Mapping[int, Formula | None]:
    """The calculated columns of a table, each with its formula; ``None`` if it cannot go on.

    A calculated column is one of which the table object knows the formula, or that has one in
    each of its rows.

    Parameters
    ----------
    body
        The cells below the header.
    table
        The root of the table object, if there is one.
    last
        The last of the rows in which the formulas are to go on.
    """
    rows: dict[int, list[int]] = {}
    for column, row in sheet.formulas(body):
        rows.setdefault(column, []).append(row)
    known = _known(table, body.left)
    height = len(body.rows)
    return {
        column: _formula(sheet, known.get(column), column, rows.get(column, []), last)
        for column in body.columns
        if column in known or len(rows.get(column, [])) == height > 0
    }


def _known(table: Element | None, left: int) -> Mapping[int, Element]:
    """The formulas of columns that the table object knows."""
    columns = () if table is None else table.iter(main("tableColumn"))
    formulas = (column.find(main("calculatedColumnFormula")) for column in columns)
    return {c: formula for c, formula in enumerate(formulas, start=left) if formula is not None}


def _formula(
    sheet: OpenSheet, known: Element | None, column: int, rows: Collection[int], last: int
) -> Formula | None:
    """The formula of a column; none if it cannot be said how it goes on.

    Where it names cells, what it is in the last row that has it says which.
    """
    try:
        if known is not None:
            is_array = known.get("array") in {"1", "true"}
            formula = Formula(known.text or "", is_array=is_array)
            if formula.is_alike:
                return formula
        found = _of_cell(sheet, column, max(rows)) if rows else None
        if found is not None:
            found.at(f"{column_letters(column)}{last}")
    except (TokenizerError, TranslatorError, ValueError, IndexError):
        return None
    return found


def _of_cell(sheet: OpenSheet, column: int, row: int) -> Formula | None:
    """The formula of one cell; none if it shares that with others as an array."""
    cell = sheet.cells.row(row)[column]
    address, element = f"{column_letters(column)}{row}", cell.find(main("f"))
    if element is None or element.get("t") == "dataTable":
        return None
    if element.get("t") == "array":
        is_alone = element.get("ref") == address
        metadata = cell.get("cm")
        formula = Formula(element.text or "", address, is_array=True, metadata=metadata)
        return formula if is_alone else None
    if element.get("t") == "shared" and not element.text:
        for other in sheet.root.iter(main("f")):
            first = other.getparent()
            if other.get("si") == element.get("si") and other.text and first is not None:
                return Formula(other.text, first.get("r"))
        return None
    return Formula(element.text or "", address)
