"""From texts to numbers: how a whole column is written decides, not a sample of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from xlportfolio.sources.expressions import only_row

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
    found = only_row(table.aggregate(**asked)) if asked else {}
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
            for kind, n in only_row(more).items():
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
