"""What was found out of a source, to be shown before anything is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from xlportfolio.errors import Problem
from xlportfolio.locale import texts


class DateOrder(StrEnum):
    """In which order a date names its day, month and year."""

    DMY = "dmy"
    MDY = "mdy"
    YMD = "ymd"


class Kind(StrEnum):
    """What a source is."""

    TEXT = "text"
    WORKBOOK = "workbook"
    PARQUET = "parquet"
    DATABASE = "database"


@dataclass(frozen=True, slots=True)
class Reading:
    """How a source was understood.

    Attributes
    ----------
    source
        The file, folder or address, never with a password.
    kind
        What it is.
    table
        The sheet of a workbook, the table of a database.
    files
        How many files there are.
    encoding, separator, decimal
        Those of a text file: such as ``"utf-8"``, ``";"``, ``","``; ``None`` where there is none,
        and for the decimal separator where no number needs one.
    decimal_guessed
        Whether all numbers can be read either way, so that the separator of the columns decided.
    dates
        The order of the dates that are text; ``None`` where there are none.
    percent
        Whether discounts are percentages; ``None`` without discounts.
    columns
        Their header -> our key, or the header of the user's table; ours in the order of the source.
    unused
        The headers of columns that are not used.
    rows
        How many rows there are; ``None`` where counting them would cost a scan of a database.
    problems
        What could not be read.
    """

    source: str
    kind: Kind
    table: str | None = None
    files: int = 1
    encoding: str | None = None
    separator: str | None = None
    decimal: str | None = None
    decimal_guessed: bool = False
    dates: DateOrder | None = None
    percent: bool | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    unused: tuple[str, ...] = ()
    rows: int | None = None
    problems: tuple[Problem, ...] = ()

    def lines(self, language: str) -> list[str]:
        """What was found out, one line of text for each thing.

        Examples
        --------
        >>> Reading("orders.csv", Kind.TEXT, separator=";", rows=3).lines("en")
        ['Source: orders.csv (text file)', 'Separator: semicolon', 'Rows: 3']
        """
        words = texts(language)
        kind = words(f"reading.kinds.{self.kind}")
        found = [words("reading.source", source=self.source, kind=kind)]
        if self.table is not None:
            found.append(words("reading.table", table=self.table))
        if self.files > 1:
            found.append(words("reading.files", count=self.files))
        if self.encoding is not None:
            encoding = _ENCODINGS.get(self.encoding, self.encoding)
            found.append(words("reading.encoding", encoding=encoding))
        if self.separator is not None:
            named = words.branch("reading.separators")
            name = named.get(_NAMES.get(self.separator, ""), self.separator)
            found.append(words("reading.separator", separator=name))
        if self.decimal is not None:
            key = "reading.decimal_guessed" if self.decimal_guessed else "reading.decimal"
            number = {",": "1234,50", ".": "1234.50"}[self.decimal]
            found.append(words(key, example=number))
        if self.dates is not None:
            found.append(words("reading.dates", order=words(f"reading.orders.{self.dates}")))
        if self.percent is not None:
            key = "reading.percent" if self.percent else "reading.fraction"
            found.append(words(key))
        found.extend(
            words("reading.column", theirs=theirs, ours=ours)
            for theirs, ours in self.columns.items()
        )
        if self.unused:
            found.append(words("reading.unused", columns=list(self.unused)))
        if self.rows is not None:
            found.append(words("reading.rows", rows=words.number(self.rows, 0)))
        found.extend(problem.message(language) for problem in self.problems)
        return found


#: What programs that export call an encoding.
_ENCODINGS = {
    "utf-8": "UTF-8",
    "utf-8-sig": "UTF-8",
    "utf-16": "UTF-16",
    "utf-16-le": "UTF-16",
    "utf-16-be": "UTF-16",
    "utf-32": "UTF-32",
    "cp1252": "Windows-1252",
    "cp850": "DOS (850)",
}
#: The names of separators in ``locale``.
_NAMES = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}
