"""From texts to numbers and days: how a whole column is written decides, not a sample of it."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from xlportfolio.errors import Fault, Problem, Severity, WorkbookError
from xlportfolio.sources.reading import DateOrder

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: A number without anything around it, of which nothing has to be taken off but its sign.
_PLAIN = r"^-?[0-9]+(?:[.,][0-9]+)?$"
_AROUND = r"(?i)[\s\x{a0}\x{2007}\x{2009}\x{202f}]*(?:€|EURO?|\$|USD|CHF|Fr\.|£|GBP|%)[\s\x{a0}]*"
_BLANK = r"[\s\x{a0}\x{2007}\x{2009}\x{202f}]+"
_SIGN = r"^[-−+(] ?| ?[-−)]$"  # noqa: RUF001 (a minus as well as a hyphen)
_TWO_SIGNS = r"^[-−+(].*[-−]$|^[-−+].*\)$|^\([^)]*$|^[^(]*\)$"  # noqa: RUF001 (as above)
_NEGATIVE = r"^[-−(]|[-−]$"  # noqa: RUF001 (as above)
#: By decimal separator: what a number looks like. A leading zero starts no group of thousands.
_FORMS = {
    decimal: rf"^(?:(?:[0-9]+|[1-9][0-9]{{0,2}}(?:[{other} '’][0-9]{{3}})+)(?:{mark}[0-9]*)?"
    rf"|{mark}[0-9]+)(?:[eE][+-]?[0-9]{{1,3}})?$"
    for decimal, mark, other in ((",", ",", "."), (".", r"\.", ","))
}
_GROUPS = {",": "[. '’]", ".": "[, '’]"}
_OTHER = {",": ".", ".": ","}
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
_EXAMPLES = 3


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
        Key of a column of numbers -> its decimal separator.
    decimal
        That of the source, ``None`` where no text needs one.
    guessed
        Whether texts can be read either way and nothing but ``likely`` decided.
    dates
        The order of dates, ``None`` where none is text.
    dotted
        The order of dates with dots.
    percent
        Whether discounts are percentages, ``None`` without discounts.
    """

    decimals: Mapping[str, str]
    decimal: str | None
    guessed: bool
    dates: DateOrder | None = None
    dotted: DateOrder = DateOrder.DMY
    percent: bool | None = None


def decimals_of(
    table: ir.Table, texts: Mapping[str, ir.StringValue], likely: str
) -> tuple[Mapping[str, str], str | None, bool]:
    """The decimal separator of each column, of the whole, and whether that was a guess.

    A column in which some numbers fit one separator only has that of most of these. One whose
    numbers all fit both, such as ``1.234``, follows the other columns, else ``likely``.

    Parameters
    ----------
    texts
        Key -> the texts of a column of numbers.
    likely
        What is assumed where no number tells, ``","`` or ``"."``.
    """
    if not texts:
        return {}, None, False
    asked = {}
    for key, text in texts.items():
        comma, point = (_fits(text, decimal) for decimal in (",", "."))
        body = _body(text)
        asked[f"{key}:,"] = (comma & ~point).sum()
        asked[f"{key}:."] = (point & ~comma).sum()
        asked[f"{key}:?"] = (comma & point & body.re_search("[.,]")).sum()
    found = {name: int(n or 0) for name, n in _first(table.aggregate(**asked)).items()}
    evidence = {key: found[f"{key}:,"] - found[f"{key}:."] for key in texts}
    total = sum(evidence.values())
    settled = any(found[f"{key}{mark}"] for key in texts for mark in (":,", ":."))
    open_ones = any(found[f"{key}:?"] for key in texts)
    whole = ("," if total > 0 else ".") if total else likely
    decimals = {
        key: ("," if balance > 0 else ".") if balance else whole
        for key, balance in evidence.items()
    }
    return decimals, whole if settled or open_ones else None, open_ones and not settled


def number(text: ir.StringValue, decimal: str) -> ir.FloatingValue:
    """The numbers that texts mean, null where they mean none.

    What fits the other separator only is read with that. Currencies, blanks and apostrophes
    between thousands, a minus behind and brackets for a minus are understood; ``12 %`` is 0.12.
    """
    import ibis

    body = _body(text)
    value = ibis.cases(
        *((_fits(text, mark), _value(body, mark)) for mark in (decimal, _OTHER[decimal])),
        else_=ibis.null("float64"),
    )
    plain = text.re_search(_PLAIN)
    minus = plain.ifelse(text.startswith("-"), _shell(text).re_search(_NEGATIVE))
    signed = minus.ifelse(-value, value)
    return text.contains("%").ifelse(signed / 100, signed)


def _shell(text: ir.StringValue) -> ir.StringValue:
    """A number without its currency or percent sign, its blanks made plain."""
    return text.re_replace(_AROUND, "").re_replace(_BLANK, " ").strip()


def _body(text: ir.StringValue) -> ir.StringValue:
    """The digits of a number and what separates them, without its sign."""
    shell = _shell(text)
    odd = shell.re_search(_TWO_SIGNS).ifelse("", shell.re_replace(_SIGN, ""))
    return text.re_search(_PLAIN).ifelse(text.replace("-", ""), odd)


def _fits(text: ir.StringValue, decimal: str) -> ir.BooleanValue:
    return _body(text).re_search(_FORMS[decimal])


def _value(body: ir.StringValue, decimal: str) -> ir.FloatingValue:
    return body.re_replace(_GROUPS[decimal], "").replace(",", ".").try_cast("float64")


def order_of_dates(
    table: ir.Table, text: ir.StringValue, column: str, source: str
) -> DateOrder | None:
    """In which order the dates of a column are written: as only one order fits all of them.

    Dates with dots name the day first; those that begin with a year of four digits say so.

    Raises
    ------
    WorkbookError
        If no value settles whether day or month comes first, or values contradict each other.
    """
    days = table.select(text=text).distinct()
    joined = _joined(days.text)
    dotted = days.text.contains(".")
    first = joined.re_search("^[0-9]{4}-|^[0-9]{8}$")
    free = ~dotted & ~first
    dmy, mdy = (_parsed(joined, order) for order in (DateOrder.DMY, DateOrder.MDY))
    found = _first(
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


def day(text: ir.StringValue, order: DateOrder, dotted: DateOrder) -> ir.DateValue:
    """The days that texts mean, null where they mean none; times of day are left out."""
    joined = _joined(text)
    free = _parsed(joined, order)
    return free if order is dotted else text.contains(".").ifelse(_parsed(joined, dotted), free)


def day_of_number(value: ir.NumericValue) -> ir.DateValue:
    """The days that numbers mean: Excel's count of days, or eight digits such as 20241231."""
    import ibis

    whole = value.floor().cast("int64")
    counted = ibis.literal(_EXCEL_DAY) + whole.as_interval("D")
    digits = _strptime()(whole.cast("string"), ["%Y%m%d"]).cast("date")
    return ibis.cases(
        (whole.between(1, _EXCEL_LAST), counted.cast("date")),
        (whole.between(10_000_101, 99_991_231), digits),
        else_=ibis.null("date"),
    )


def _joined(text: ir.StringValue) -> ir.StringValue:
    """A date without its time of day, its parts joined by hyphens."""
    return text.re_replace(r"(?:[ T,]\s*[0-9]{1,2}:.*)$", "").re_replace(r"[./]\s*", "-")


def _parsed(joined: ir.StringValue, order: DateOrder) -> ir.DateValue:
    import ibis

    moment = _strptime()(joined, _DATES[order])
    return (moment.year() >= _FIRST_YEAR).ifelse(moment.cast("date"), ibis.null("date"))


@cache
def _strptime() -> Any:  # noqa: ANN401 (ibis has no types)
    """DuckDB's function that reads a moment in the first form that fits, null where none does."""
    import ibis

    @ibis.udf.scalar.builtin(
        name="try_strptime",
        signature=(("string", "array<string>"), "timestamp"),  # what annotations cannot say
    )
    def try_strptime(text, forms): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    return try_strptime


def unreadable(
    table: ir.Table,
    texts: Mapping[str, ir.StringValue],
    values: Mapping[str, ir.Value],
    headers: Mapping[str, str],
    key: str,
) -> list[Problem]:
    """What could not be read, column by column: how many cells, and some of them."""
    if not texts:
        return []
    asked = {name: (text.notnull() & values[name].isnull()).sum() for name, text in texts.items()}
    problems = []
    for name, n in _first(table.aggregate(**asked)).items():
        if n:
            odd = table.filter(texts[name].notnull() & values[name].isnull())
            some: Sequence[str] = odd.select(text=texts[name]).limit(_EXAMPLES).text.to_list()
            details = {"count": int(n), "column": headers[name], "examples": _quoted(some)}
            problems.append(Problem(Fault(key, Severity.WARNING, details=details)))
    return problems


def _quoted(texts: Sequence[str]) -> list[str]:
    longest = 40
    return [text if len(text) <= longest else f"{text[:longest]}…" for text in texts]


def _first(table: ir.Table) -> dict[str, Any]:
    """The only row of a table."""
    row: dict[str, Any] = table.to_pyarrow().to_pylist()[0]
    return row
