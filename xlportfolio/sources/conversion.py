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
_BARE = r"^-?[0-9]+(?:[.,][0-9]+)?$"
#: One of them that is a number with decimals as well as one in thousands.
_EITHER = r"^-?[1-9][0-9]{0,2}[.,][0-9]{3}$"
_CURRENCY = r"€|EURO?|\$|USD|CHF|Fr\.|£|GBP"
#: What stands for each of them.
_SIGNS = {"EUR": ("€", "EURO"), "USD": ("$",), "CHF": ("FR.",), "GBP": ("£",)}
_BLANKS = r"[\s\x{a0}\x{2007}\x{2009}\x{202f}]*"
_BEFORE = rf"(?i)^([-−+(]?){_BLANKS}(?:{_CURRENCY}){_BLANKS}"  # noqa: RUF001 (a minus, too)
_BEHIND = rf"(?i){_BLANKS}(?:{_CURRENCY}|%){_BLANKS}([-−)]?)$"  # noqa: RUF001 (as above)
_BLANK = r"[\s\x{a0}\x{2007}\x{2009}\x{202f}]+"
_SIGN = r"^[-−+(] ?| ?[-−)]$"  # noqa: RUF001 (a minus as well as a hyphen)
_TWO_SIGNS = r"^[-−+(].*[-−]$|^[-−+].*\)$|^\([^)]*$|^[^(]*\)$"  # noqa: RUF001 (as above)
_NEGATIVE = r"^[-−(]|[-−]$"  # noqa: RUF001 (as above)
#: By decimal separator: what a number looks like. A leading zero starts no group of thousands.
_FORMS = {
    decimal: rf"^(?:{whole}(?:{mark}[0-9]*)?|{mark}[0-9]+"
    rf"|(?:{whole}(?:{mark}[0-9]+)?|{mark}[0-9]+)[eE][+-]?[0-9]{{1,3}})$"
    for decimal, mark, whole in (
        (decimal, mark, rf"(?:[0-9]+|[1-9][0-9]{{0,2}}(?:{groups}))")
        for decimal, mark, groups in (
            (",", ",", r"(?:\.[0-9]{3})+|(?: [0-9]{3})+|(?:['’][0-9]{3})+"),
            (".", r"\.", r"(?:,[0-9]{3})+|(?: [0-9]{3})+|(?:['’][0-9]{3})+"),
        )
    )
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
_FIRST_DIGITS, _LAST_DIGITS = 10_000_101, 99_991_231
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
class Decimals:
    """How the numbers of a source are written.

    Attributes
    ----------
    of
        Key of a column of numbers -> its decimal separator.
    decimal
        That of the source, ``None`` where no text needs one.
    guessed
        Whether texts can be read either way and nothing but a likelihood decided.
    simple
        Keys of columns that hold nothing but digits, a minus before and this separator.
    unreadable
        Key -> how many texts are no numbers, if any.
    """

    of: Mapping[str, str]
    decimal: str | None
    guessed: bool
    simple: frozenset[str]
    unreadable: Mapping[str, int]


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


def decimals_of(table: ir.Table, texts: Mapping[str, ir.StringValue], likely: str) -> Decimals:
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
    counts = _counts(table, texts)
    evidence = {key: found[","] - found["."] for key, found in counts.items()}
    total = sum(evidence.values())
    settled = any(found[","] or found["."] for found in counts.values())
    doubtful = any(found["either"] for found in counts.values())
    whole = ("," if total > 0 else ".") if total else likely
    of = {
        key: ("," if balance > 0 else ".") if balance else whole
        for key, balance in evidence.items()
    }
    simple = frozenset(
        key
        for key, found in counts.items()
        if not (found["dressed"] or found["either"] or found[_OTHER[of[key]]])
    )
    none = {key: found["unreadable"] for key, found in counts.items() if found["unreadable"]}
    decimal = whole if settled or doubtful else None
    return Decimals(of, decimal, doubtful and not settled, simple, none)


def _counts(table: ir.Table, texts: Mapping[str, ir.StringValue]) -> dict[str, dict[str, int]]:
    """For each column, how many texts fit one separator only, either, or none.

    Bare numbers, as a rule all, are told apart by little; ``dressed`` counts the others.
    """
    asked = {}
    for key, text in texts.items():
        bare, either = text.re_search(_BARE), text.re_search(_EITHER)
        for mark in (",", "."):
            asked[f"{key} {mark}"] = (bare & text.contains(mark) & ~either).sum()
        asked[f"{key} either"] = (bare & either).sum()
        asked[f"{key} dressed"] = (~bare).sum()
    found = _first(table.aggregate(**asked)) if asked else {}
    kinds = (",", ".", "either", "dressed")
    counts = {
        key: {**{kind: int(found[f"{key} {kind}"] or 0) for kind in kinds}, "unreadable": 0}
        for key in texts
    }
    for key, text in texts.items():
        if counts[key]["dressed"]:
            dressed = table.select(text=text).filter(lambda t: ~t.text.re_search(_BARE))
            comma, point = (_fits(dressed.text, mark) for mark in (",", "."))
            more = dressed.aggregate(
                **{
                    ",": (comma & ~point).sum(),
                    ".": (point & ~comma).sum(),
                    "either": (comma & point & _body(dressed.text).re_search("[.,]")).sum(),
                    "unreadable": (~comma & ~point).sum(),
                }
            )
            for kind, n in _first(more).items():
                counts[key][kind] += int(n or 0)
    return counts


def number(text: ir.StringValue, decimal: str, *, simple: bool = False) -> ir.FloatingValue:
    """The numbers that texts mean, null where they mean none.

    What fits the other separator only is read with that. Currencies, blanks and apostrophes
    between thousands, a minus behind and brackets for a minus are understood; ``12 %`` is 0.12.

    Parameters
    ----------
    simple
        Whether it is known that all are bare numbers with this separator.
    """
    import ibis

    bare = _finite((text.replace(",", ".") if decimal == "," else text).try_cast("float64"))
    if simple:
        return bare
    body = _body(text)
    value = ibis.cases(
        *((_fits(text, mark), _value(body, mark)) for mark in (decimal, _OTHER[decimal])),
        else_=ibis.null("float64"),
    )
    minus = text.re_search(_BARE).ifelse(text.startswith("-"), _shell(text).re_search(_NEGATIVE))
    signed = minus.ifelse(-value, value)
    dressed = text.contains("%").ifelse(signed / 100, signed)
    mark = "," if decimal == "," else "[.]"
    return text.re_search(f"^-?[0-9]+(?:{mark}[0-9]+)?$").ifelse(bare, dressed)


def currency_of(text: ir.StringValue) -> ir.StringValue:
    """The currency that stands beside a number, null without one."""
    return currency_code(text.re_extract(f"(?i)(?:{_CURRENCY})", 0).nullif(""))


def currency_code(text: ir.StringValue) -> ir.StringValue:
    """A currency by its code of three letters, where its sign is known."""
    import ibis

    code = text.upper()
    return ibis.cases(*((code.isin(signs), name) for name, signs in _SIGNS.items()), else_=code)


def _shell(text: ir.StringValue) -> ir.StringValue:
    """A number without its currency or percent sign, its blanks made plain."""
    bare = text.re_replace(_BEFORE, r"\1").re_replace(_BEHIND, r"\1")
    return bare.re_replace(_BLANK, " ").strip()


def _body(text: ir.StringValue) -> ir.StringValue:
    """The digits of a number and what separates them, without its sign."""
    shell = _shell(text)
    odd = shell.re_search(_TWO_SIGNS).ifelse("", shell.re_replace(_SIGN, ""))
    return text.re_search(_BARE).ifelse(text.replace("-", ""), odd)


def _fits(text: ir.StringValue, decimal: str) -> ir.BooleanValue:
    return _body(text).re_search(_FORMS[decimal])


def _value(body: ir.StringValue, decimal: str) -> ir.FloatingValue:
    return _finite(body.re_replace(_GROUPS[decimal], "").replace(",", ".").try_cast("float64"))


def _finite(value: ir.FloatingValue) -> ir.FloatingValue:
    import ibis

    return value.isinf().ifelse(ibis.null("float64"), value)


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


def day_of_number(value: ir.NumericValue) -> ir.DateValue:
    """The days that numbers mean: Excel's count of days, or eight digits such as 20241231."""
    import ibis

    whole = up_to(value, _LAST_DIGITS + 1).floor().cast("int64")
    counted = ibis.literal(_EXCEL_DAY) + whole.as_interval("D")
    digits = _strptime()(whole.cast("string"), ["%Y%m%d"]).cast("date")
    return ibis.cases(
        (whole.between(1, _EXCEL_LAST), counted.cast("date")),
        (whole.between(_FIRST_DIGITS, _LAST_DIGITS), digits),
        else_=ibis.null("date"),
    )


def up_to(value: ir.NumericValue, most: float) -> ir.NumericValue:
    """Numbers up to a bound in either direction, those beyond null."""
    import ibis

    return (value.abs() <= most).ifelse(value, ibis.null(value.type()))


def untimed(text: ir.StringValue) -> ir.StringValue:
    """A date without its time of day."""
    cut = text.re_replace(r"(?:[ T,]\s*[0-9]{1,2}:.*)$", "")
    return text.contains(":").ifelse(cut, text)


def _joined(text: ir.StringValue) -> ir.StringValue:
    """A date with its parts joined by hyphens."""
    return text.re_replace(r"[./]\s*", "-")


def _parsed(joined: ir.StringValue, order: DateOrder) -> ir.DateValue:
    import ibis

    moment = _strptime()(joined, _DATES[order])
    return (moment.year() >= _FIRST_YEAR).ifelse(moment.cast("date"), ibis.null("date"))


@cache
def trim() -> Any:  # noqa: ANN401 (ibis has no types)
    """DuckDB's function that takes off blanks, in a third of the time of that of Ibis."""
    import ibis

    @ibis.udf.scalar.builtin(name="trim", signature=(("string",), "string"))
    def trim(text): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    return trim


@cache
def is_finite() -> Any:  # noqa: ANN401 (ibis has no types)
    """DuckDB's function for that, the only one that it does not take for settled by statistics."""
    import ibis

    @ibis.udf.scalar.builtin(name="isfinite", signature=(("float64",), "boolean"))
    def isfinite(number): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    return isfinite


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


def unreadable(fault: str, column: str, count: int, odd: ir.StringColumn) -> Problem:
    """What of a column could not be read: how many cells, and some of them."""
    some: Sequence[str] = odd.as_table().limit(_EXAMPLES).to_pyarrow()[0].to_pylist()
    details = {"count": count, "column": column, "examples": _quoted(some)}
    return Problem(Fault(fault, Severity.WARNING, details=details))


def _quoted(texts: Sequence[str]) -> list[str]:
    longest = 40
    return [text if len(text) <= longest else f"{text[:longest]}…" for text in texts]


def _first(table: ir.Table) -> dict[str, Any]:
    """The only row of a table."""
    row: dict[str, Any] = table.to_pyarrow().to_pylist()[0]
    return row
