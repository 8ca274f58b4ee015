"""Whose column is this? Headers as ERP systems write them, matched to ours."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import LANGUAGES, texts, words
from xlportfolio.model import name_key
from xlportfolio.schema.contract import Table

_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_PERCENT = "|".join(["%", *map(re.escape, sorted(words("measures", "percent")))])
_UNIT = re.compile(
    r"[(\[][^)\]]*[)\]]\s*$"
    rf"|\s(?:in\s+|en\s+)?(?:[tk]?eur|euro|€|k€|chf|usd|\$|gbp|£|{_PERCENT})\s*$"
)


def plain(header: str) -> str:
    """What a header is compared by: letters and digits, umlauts written out, no accent or unit.

    Examples
    --------
    >>> plain(" Kd.-Nr. ") == plain("KdNr"), plain("Umsatz netto (EUR)")
    (True, 'umsatznetto')
    >>> plain("Währung") == plain("WAEHRUNG"), plain("Rabatt in %") == plain("Rabatt")
    (True, True)
    """
    lowered = name_key(header)
    without = _UNIT.sub("", lowered).strip() or lowered
    bare = unicodedata.normalize("NFKD", without.replace("%", "").translate(_FOLDED))
    return re.sub(r"[^\w]|_", "", bare)


def says_percent(header: str) -> bool:
    """Whether a header says that its numbers are percentages.

    >>> says_percent("Rabatt in %"), says_percent("discount_pct"), says_percent("Rabatt")
    (True, True, False)
    """
    return re.search(_PERCENT, header.casefold()) is not None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column that is looked for: what it is called here, and in two grades elsewhere."""

    key: str
    names: tuple[frozenset[str], ...]
    needed: bool = False

    @classmethod
    def of(
        cls,
        key: str,
        own: Iterable[str],
        elsewhere: tuple[str, str] = ("", ""),
        *,
        needed: bool = False,
    ) -> Wanted:
        """From names in one text each, separated by commas."""
        grades = [own, *(names.split(",") for names in elsewhere)]
        sets = tuple(frozenset(filter(None, map(plain, names))) for names in grades)
        return cls(key, sets, needed)


def wanted(table: Table) -> list[Wanted]:
    """The columns of one of our tables, and what they are called elsewhere, in any language."""
    elsewhere = [texts(code).branch(f"elsewhere.{table.name}") for code in LANGUAGES]
    columns = []
    for column in table.all_columns:
        pairs = [of[column.key] for of in elsewhere if column.key in of]
        grades = (",".join(plainly for plainly, _ in pairs), ",".join(doubt for _, doubt in pairs))
        columns.append(Wanted.of(column.key, (column.key, *column.headers), grades))
    return columns


@dataclass(frozen=True, slots=True)
class Matched:
    """Which of the headers of a source are ours.

    Attributes
    ----------
    positions
        Key -> position of the column from 0, in the order of the source.
    unused
        Headers that are none of ours.
    """

    positions: Mapping[str, int]
    unused: tuple[str, ...]


def matched(
    headers: Sequence[str], columns: Sequence[Wanted], mapping: Mapping[str, str], source: str
) -> Matched:
    """Find our columns among the headers of a source.

    What ``mapping`` names comes first, then our own names, then those of elsewhere by grade. A
    header serves one column only.

    Parameters
    ----------
    mapping
        Our key or header -> their header.
    source
        What the source is called in a sentence.

    Raises
    ------
    XlPortfolioError
        If ``mapping`` names a column that is not there, or two headers say the same of one column.

    Examples
    --------
    >>> columns = [Wanted.of("amount", ["Amount"], ("Netto, Umsatz netto", "Umsatz"))]
    >>> matched(["Nr", "Umsatz", "Umsatz netto"], columns, {}, "orders.csv")
    Matched(positions={'amount': 2}, unused=('Nr', 'Umsatz'))
    """
    found = _mapped(headers, columns, mapping, source)
    keys = [plain(header) for header in headers]
    for grade in range(3):
        for column in columns:
            if column.key in found:
                continue
            taken = set(found.values())
            fitting = [
                i for i, key in enumerate(keys) if key in column.names[grade] and i not in taken
            ]
            if len(fitting) > 1:
                raise XlPortfolioError(
                    "headers_rival",
                    path=source,
                    first=headers[fitting[0]],
                    second=headers[fitting[1]],
                    field=column.key,
                )
            if fitting:
                found[column.key] = fitting[0]
    positions = dict(sorted(found.items(), key=lambda item: item[1]))
    used = set(positions.values())
    unused = tuple(h for i, h in enumerate(headers) if i not in used and h.strip())
    return Matched(positions, unused)


def count(headers: Sequence[str], columns: Sequence[Wanted], mapping: Mapping[str, str]) -> int:
    """How many of our columns a row may be the header of; a row of texts only is one.

    Examples
    --------
    >>> columns = [Wanted.of("amount", ["Amount"]), Wanted.of("order_date", ["Date"])]
    >>> count(["Date", "Amount", "Amount"], columns, {}), count(["as of", "2024"], columns, {})
    (2, 0)
    """
    keys = {plain(header) for header in headers}
    theirs = {plain(header) for header in mapping.values()}
    return len(keys & theirs) + sum(any(keys & names for names in c.names) for c in columns)


def _mapped(
    headers: Sequence[str], columns: Sequence[Wanted], mapping: Mapping[str, str], source: str
) -> dict[str, int]:
    """What the user says which column is which."""
    found = {}
    for ours, theirs in mapping.items():
        column = next((c for c in columns if plain(ours) in c.names[0]), None)
        if column is None:
            allowed = [c.key for c in columns]
            raise XlPortfolioError("map_unknown", found=ours, allowed=allowed)
        same = [i for i, header in enumerate(headers) if header.strip() == theirs.strip()]
        alike = [i for i, header in enumerate(headers) if plain(header) == plain(theirs)]
        if not (same or alike):
            shown = [header for header in headers if header.strip()]
            raise XlPortfolioError("map_not_there", path=source, found=theirs, headers=shown)
        found[column.key] = (same or alike)[0]
    return found


def language_of_headers(headers: Iterable[str], table: Table) -> str:
    """The language that most headers are in, English where nothing tells; so, as a rule, are cells.

    Examples
    --------
    >>> from xlportfolio.schema.contract import ORDERS
    >>> [language_of_headers(h, ORDERS) for h in (["Kd-Nr.", "Belegdatum", "Umsatz"], ["Amount"])]
    ['de', 'en']
    """
    keys = [plain(header) for header in headers]

    def fitting(language: str) -> int:
        own = {plain(column.header(language)) for column in table.all_columns}
        stems = texts(language).branch("elsewhere")["stems"]
        return sum(key in own or any(stem in key for stem in stems) for key in keys)

    return max(LANGUAGES, key=fitting)
