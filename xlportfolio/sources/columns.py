"""The columns of a source as expressions: ids as text, amounts as numbers, dates as days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np

from xlportfolio.errors import Fault, Problem, Severity
from xlportfolio.model import id_text
from xlportfolio.schema.cells import as_float, as_id, as_text, is_blank
from xlportfolio.schema.contract import Cell, CellError, Cells
from xlportfolio.sources.days import Days, day_of_number, days_of
from xlportfolio.sources.expressions import is_finite, trim, up_to
from xlportfolio.sources.numerals import Decimals, currency_code, currency_of, decimals_of, number
from xlportfolio.sources.reading import DateOrder

if TYPE_CHECKING:
    import ibis.expr.types as ir
    import pyarrow as pa

#: The columns of the orders that are names, even if they look like numbers.
IDS = frozenset({"order_id", "customer_id", "product_id", "currency"})
#: The column of the orders that is a day; all others are numbers.
DAY = "order_date"
#: Of these columns the numbers may have their currency beside them.
_MONEY = ("amount", "unit_price")
#: Up to here floats tell whole numbers apart.
_EXACT = 2**53
#: How many cells that cannot be read are shown, and how much of each.
_EXAMPLES, _LONGEST = 3, 40


@dataclass(frozen=True, slots=True)
class Parts:
    """The cells of a column by what they are; each row has one of them at most.

    A table of a source has them as expressions; ``None`` where no cell is of that kind.
    """

    text: ir.StringValue | None = None
    number: ir.NumericValue | None = None
    day: ir.DateValue | None = None


@dataclass(frozen=True, slots=True)
class Written:
    """How the texts of a source are written.

    Attributes
    ----------
    decimals
        How numbers are.
    dates
        The order of dates, ``None`` where none is text.
    percent
        Whether discounts are percentages, ``None`` without discounts.
    """

    decimals: Decimals
    dates: DateOrder | None = None
    percent: bool | None = None


@dataclass(frozen=True, slots=True)
class Manners:
    """What is known of a source before its cells are read.

    Attributes
    ----------
    source
        What it is called in a sentence.
    headers
        Our key -> their header.
    likely
        The decimal separator if no number tells.
    dates
        The order of dates if the user says it.
    percent
        Whether a header says that discounts are percentages.
    """

    source: str
    headers: Mapping[str, str]
    likely: str
    dates: DateOrder | None = None
    percent: bool = False


def parts_of(table: ir.Table, key: str, *, in_duckdb: bool = True) -> Parts:
    """A column by its type: a text, a number, or a day of a date or a moment.

    In DuckDB, what is not finite is null from here on: by the statistics of a Parquet file, which
    leave NaN out, it takes any comparison with a bound for settled.
    """
    column = table[key]
    kind = column.type()
    if kind.is_floating() and in_duckdb:
        column = is_finite()(column.cast("float64")).ifelse(column, None)
    if kind.is_string():
        return Parts(text=(trim()(column) if in_duckdb else column.strip()).nullif(""))
    if kind.is_numeric() and not kind.is_boolean():
        return Parts(number=column)
    if kind.is_date() or kind.is_timestamp():
        return Parts(day=column.cast("date"))
    return Parts(text=column.cast("string"))


def converted(
    table: ir.Table, parts: Mapping[str, Parts], manners: Manners
) -> tuple[ir.Table, Written, list[Problem]]:
    """Lines of orders with columns of our types, how their texts are written, what is unreadable.

    Decided over whole columns; the result is an expression over ``table``. Without a column of
    currencies, those that stand beside the amounts make one.

    Raises
    ------
    WorkbookError
        If dates can be read either way round, or contradict each other.
    """
    texts = {key: part.text for key, part in parts.items() if part.text is not None}
    numbers = {key: text for key, text in texts.items() if key not in IDS and key != DAY}
    written = Written(decimals_of(table, numbers, manners.likely))
    days = None
    if DAY in texts:
        asked = manners.dates, manners.headers[DAY], manners.source
        days = days_of(table, texts[DAY], *asked)
        written = replace(written, dates=days.order)
        table = days.of(table, texts[DAY])
    values = {key: _value(key, part, written, days) for key, part in parts.items()}
    if "currency" in values:
        values["currency"] = currency_code(values["currency"])
    elif (beside := _beside(table, numbers, written)) is not None:
        values["currency"] = beside
    problems = []
    for key, count in written.decimals.unreadable.items():
        odd = table.filter(texts[key].notnull() & values[key].isnull()).select(text=texts[key])
        problems.append(_unreadable("source_no_number", manners.headers[key], count, odd.text))
    if days and days.unreadable:
        odd = days.table.filter(days.table.day.isnull()).order_by("text")
        column = manners.headers[DAY]
        problems.append(_unreadable("source_no_date", column, days.unreadable, odd.text))
    if "discount" in parts:
        percent, values["discount"] = _discount(
            table, parts["discount"], values["discount"], said=manners.percent
        )
        written = replace(written, percent=percent)
    return table.select(**values), written, problems


def _unreadable(fault: str, column: str, count: int, odd: ir.StringColumn) -> Problem:
    """What of a column could not be read: how many cells, and some of them."""
    some: Sequence[str] = odd.as_table().limit(_EXAMPLES).to_pyarrow()[0].to_pylist()
    details = {"count": count, "column": column, "examples": _quoted(some)}
    return Problem(Fault(fault, Severity.WARNING, details=details))


def _quoted(texts: Sequence[str]) -> list[str]:
    return [text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…" for text in texts]


def _beside(
    table: ir.Table, texts: Mapping[str, ir.StringValue], written: Written
) -> ir.StringValue | None:
    """The currencies beside the amounts, ``None`` where there is none."""
    import ibis

    dressed = [k for k in _MONEY if k in texts and k not in written.decimals.simple]
    if not dressed:
        return None
    beside = ibis.coalesce(*(currency_of(texts[key]) for key in dressed))
    there = table.filter(beside.notnull()).limit(1).count().to_pyarrow().as_py()
    return beside if there else None


def _value(key: str, part: Parts, written: Written, days: Days | None) -> ir.Value:
    """A column as we want it, whatever kinds of cells it holds."""
    import ibis

    decimals = written.decimals
    kinds: list[ir.Value] = []
    if key in IDS:
        kinds += [] if part.text is None else [part.text]
        kinds += [] if part.number is None else [_id(part.number)]
        kinds += [] if part.day is None else [part.day.cast("string")]
    elif key == DAY:
        kinds += [] if part.day is None else [part.day]
        kinds += [] if part.number is None else [day_of_number(part.number)]
        kinds += [] if days is None else [days.table.day]
    else:
        kinds += [] if part.number is None else [part.number.cast("float64")]
        if part.text is not None:
            kinds.append(number(part.text, decimals.of[key], simple=key in decimals.simple))
    if not kinds:
        return ibis.null("float64")
    return kinds[0] if len(kinds) == 1 else ibis.coalesce(*kinds)


def _id(value: ir.NumericValue) -> ir.StringValue:
    """A number that names something: a whole one without decimals."""
    kind = value.type()
    if kind.is_integer() or (kind.is_decimal() and kind.scale == 0):
        return value.cast("string")
    whole = up_to(value, _EXACT).cast("int64")
    return (value == whole).ifelse(whole.cast("string"), value.cast("string"))


def _discount(
    table: ir.Table, part: Parts, value: ir.FloatingValue, *, said: bool
) -> tuple[bool, ir.FloatingValue]:
    """Whether discounts are percentages, and discounts as fractions.

    They are if any is above 1, is written with a percent sign, or the header says so.
    """
    import ibis

    no = ibis.literal(value=False)
    signed = no if part.text is None else part.text.contains("%").fill_null(no)
    bare = table.aggregate(largest=signed.ifelse(ibis.null("float64"), value).max())
    largest = bare.to_pyarrow()["largest"][0].as_py()
    percent = said or (largest is not None and largest > 1)
    if part.text is not None and not percent:
        percent = bool(table.filter(signed).count().to_pyarrow().as_py())
    return percent, signed.ifelse(value, value / 100) if percent else value


def split_cells(columns: Mapping[str, Cells]) -> tuple[pa.Table, dict[str, tuple[str, ...]]]:
    """The cells of a sheet as a table: for each key, a column of each kind of cell that it holds.

    Returns
    -------
    table, kinds
        The columns are named by key and kind, ``"amount text"``; which kinds each key has.
    """
    import pyarrow as pa

    arrays: dict[str, pa.Array] = {}
    kinds: dict[str, tuple[str, ...]] = {}
    for key, cells in columns.items():
        found = _kinds(key, cells)
        kinds[key] = tuple(found)
        arrays |= {f"{key} {kind}": array for kind, array in found.items()}
    return pa.table(arrays), kinds


def _kinds(key: str, cells: Cells) -> dict[str, pa.Array]:
    import pyarrow as pa

    if key in IDS:
        ids = [id_text(n) for n in cells.tolist()] if isinstance(cells, np.ndarray) else cells
        texts = [_id_or_none(cell) for cell in ids]
        return {"text": pa.array(texts, pa.string())}
    if isinstance(cells, np.ndarray):
        return {"number": pa.array(cells, pa.float64(), from_pandas=True)}
    days: list[dt.date | None] = []
    numbers: list[float | None] = []
    texts = []
    for cell in cells:
        date = cell if key == DAY and isinstance(cell, dt.date) else None
        days.append(date.date() if isinstance(date, dt.datetime) else date)
        value = None if isinstance(cell, bool) else cell
        numbers.append(as_float(value) if isinstance(value, int | float | Decimal) else None)
        odd = date is None and numbers[-1] is None and not is_blank(cell)
        texts.append(as_text(cell).strip() if odd else None)
    found = {
        "text": pa.array(texts, pa.string()),
        "number": pa.array(numbers, pa.float64(), from_pandas=True),
        "day": pa.array(days, pa.date32()),
    }
    held = {kind: array for kind, array in found.items() if array.null_count < len(array)}
    return held or {"number": found["number"]}


def _id_or_none(cell: Cell) -> str | None:
    if is_blank(cell) or isinstance(cell, CellError):
        return None
    text = as_id(cell)
    return None if text in {"", "nan"} else text
