"""From texts and numbers to days: the order of day, month and year is that of a whole column."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlportfolio.errors import WorkbookError
from xlportfolio.sources.expressions import only_row, try_strptime, up_to
from xlportfolio.sources.reading import DateOrder

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: For each order, the forms of a date whose parts are joined by hyphens.
_DATES = {
    DateOrder.DMY: ["%d-%m-%y", "%d-%m-%Y", "%Y-%m-%d", "%Y%m%d"],
    DateOrder.MDY: ["%m-%d-%y", "%m-%d-%Y", "%Y-%m-%d", "%Y%m%d"],
    DateOrder.YMD: ["%y-%m-%d", "%Y-%m-%d", "%Y%m%d"],
}
#: Years before this are parts of a date that were taken for one.
_FIRST_YEAR = 1000
#: Excel counts days from here; from the second on numbers are dates such as 20241231.
_EXCEL_DAY, _EXCEL_LAST = dt.date(1899, 12, 30), 2_958_465
_FIRST_DIGITS, _LAST_DIGITS = 10_000_101, 99_991_231


@dataclass(frozen=True, slots=True)
class Days:
    """The different texts of a column of dates.

    Attributes
    ----------
    table
        Columns ``text``, without a time of day, ``n``, how often it stands there, and ``day``, the
        day that it means, null where it means none.
    order
        In which order they are written, ``None`` without any.
    unreadable
        How many cells mean no day.
    """

    table: ir.Table
    order: DateOrder | None
    unreadable: int

    def of(self, table: ir.Table, text: ir.StringValue) -> ir.Table:
        """A table of the source beside the days of its texts."""
        return table.left_join(self.table, untimed(text) == self.table.text)


def days_of(
    table: ir.Table, text: ir.StringValue, given: DateOrder | None, column: str, source: str
) -> Days:
    """The days that the texts of a column mean, each different text read once.

    Where the order is not ``given``, dates with dots name the day first; those that begin with a
    year of four digits say so; of the others only one order may fit all.

    Raises
    ------
    WorkbookError
        If no value settles whether day or month comes first, or values contradict each other.
    """
    import ibis

    texts = table.select(text=untimed(text)).filter(lambda t: t.text.notnull())
    days = ibis.memtable(texts.group_by("text").agg(n=lambda t: t.count()).to_pyarrow())
    order = given or _order(days, column, source)
    joined = _joined(days.text)
    free = _parsed(joined, order or DateOrder.YMD)
    dotted = _parsed(joined, given or DateOrder.DMY)
    known = days.mutate(day=days.text.contains(".").ifelse(dotted, free)).to_pyarrow()
    days = ibis.memtable(known)
    unreadable = days.n.sum(where=days.day.isnull()).to_pyarrow().as_py()
    return Days(days, order, int(unreadable or 0))


def _order(days: ir.Table, column: str, source: str) -> DateOrder | None:
    joined = _joined(days.text)
    dotted = days.text.contains(".")
    first = joined.re_search("^[0-9]{4}-|^[0-9]{8}$")
    free = ~dotted & ~first
    dmy, mdy = (_parsed(joined, order) for order in (DateOrder.DMY, DateOrder.MDY))
    found = only_row(
        days.aggregate(
            dmy=days.text.min(where=free & dmy.notnull() & mdy.isnull()),
            mdy=days.text.min(where=free & mdy.notnull() & dmy.isnull()),
            either=days.text.min(where=free & (dmy != mdy)),
            same=days.text.min(where=free & (dmy == mdy)),
            dotted=days.text.min(where=dotted & dmy.notnull()),
            first=days.text.min(where=first & dmy.notnull()),
        )
    )
    if found["dmy"] is not None and found["mdy"] is not None:
        details = {"column": column, "first": found["dmy"], "second": found["mdy"]}
        raise WorkbookError("dates_conflict", path=source, **details)
    if found["dmy"] is None and found["mdy"] is None and found["either"] is not None:
        one, other, year = map(int, re.findall("[0-9]+", found["either"])[:3])
        year += 0 if year >= 100 else 2000 if year < 69 else 1900  # noqa: PLR2004 (as POSIX)
        details = {"column": column, "found": found["either"]}
        details |= {"dmy": dt.date(year, other, one), "mdy": dt.date(year, one, other)}
        raise WorkbookError("dates_ambiguous", path=source, **details)
    if found["mdy"] is not None:
        return DateOrder.MDY
    if any(found[name] is not None for name in ("dmy", "dotted", "same")):
        return DateOrder.DMY
    return DateOrder.YMD if found["first"] is not None else None


def day_of_number(value: ir.NumericValue) -> ir.DateValue:
    """The days that numbers mean: Excel's count of days, or eight digits such as 20241231."""
    import ibis

    whole = up_to(value, _LAST_DIGITS + 1).floor().cast("int64")
    counted = ibis.literal(_EXCEL_DAY) + whole.as_interval("D")
    digits = try_strptime()(whole.cast("string"), ["%Y%m%d"]).cast("date")
    return ibis.cases(
        (whole.between(1, _EXCEL_LAST), counted.cast("date")),
        (whole.between(_FIRST_DIGITS, _LAST_DIGITS), digits),
        else_=ibis.null("date"),
    )


def untimed(text: ir.StringValue) -> ir.StringValue:
    """A date without its time of day."""
    cut = text.re_replace(r"(?:[ T,]\s*[0-9]{1,2}:.*)$", "")
    return text.contains(":").ifelse(cut, text)


def _joined(text: ir.StringValue) -> ir.StringValue:
    """A date with its parts joined by hyphens."""
    return text.re_replace(r"[./]\s*", "-")


def _parsed(joined: ir.StringValue, order: DateOrder) -> ir.DateValue:
    import ibis

    moment = try_strptime()(joined, _DATES[order])
    return (moment.year() >= _FIRST_YEAR).ifelse(moment.cast("date"), ibis.null("date"))
