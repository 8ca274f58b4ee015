"""What a formula refers to, which texts stand in it, and how it is spelled after a renaming."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from openpyxl.utils.cell import quote_sheetname

from xlportfolio.files.workbook import Workbook
from xlportfolio.plain_formulas import literal

_WORD = r"[^\W\d][\w.?\\]*"
_CELL = r"\$?[A-Za-z]{1,3}\$?[0-9]{1,7}"
_AREA = rf"{_CELL}(?::{_CELL})?|\$?[A-Za-z]{{1,3}}:\$?[A-Za-z]{{1,3}}|\$?[0-9]+:\$?[0-9]+"
_ESCAPED = r"(?:[^\[\]']|'.)"
_TOKEN = re.compile(
    rf"""
    (?P<text>"(?:[^"]|"")*")
    | (?P<error>\#[A-Za-z0-9/_]+[!?]?)
    | (?P<sheet>'(?:[^']|'')*'! | (?:\[[^\[\]]*\])? [\w.?\\]+ (?: :[\w.?\\]+ )? ! | \[[^\[\]]*\]!)
    | (?P<cell>(?:{_AREA})(?![\w.(\[!]))
    | (?P<column>\[(?:{_ESCAPED}|\[{_ESCAPED}*\])*\])
    | (?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[Ee][+-]?[0-9]+)?)
    | (?P<function>{_WORD}(?=\())
    | (?P<name>[\\]?{_WORD}|\\)
    """,
    re.VERBOSE | re.DOTALL,
)
_INNER = re.compile(rf"\[({_ESCAPED}*)\]", re.DOTALL)
_IN_COLUMN = re.compile(r"'(.)", re.DOTALL)
_SPECIAL = re.compile(r"(['\[\]#@])")
_CONSTANTS = frozenset({"true", "false"})
#: Functions that may read anything: by a text, from a pivot table, a data model, or elsewhere.
_BLIND = frozenset(
    {"INDIRECT", "GETPIVOTDATA", "EVALUATE", "CALL", "REGISTER.ID", "RTD", "SQL.REQUEST"}
)
_CUBE = "CUBE"


class Kind(StrEnum):
    """What a part of a formula is."""

    TEXT = "text"
    SHEET = "sheet"
    CELL = "cell"
    COLUMN = "column"
    NUMBER = "number"
    FUNCTION = "function"
    NAME = "name"
    ERROR = "error"


_KINDS = {kind.value: kind for kind in Kind}


class Token(NamedTuple):
    """A part of a formula that says something, and its place in it."""

    kind: Kind
    text: str
    start: int
    end: int


def tokens(formula: str) -> Iterator[Token]:
    """The parts of a formula that say something; operators and blanks are left out.

    Examples
    --------
    >>> [token.text for token in tokens("SUM('My sheet'!A1:B2,tblX[[#All],[A]])*2")]
    ['SUM', "'My sheet'!", 'A1:B2', 'tblX', '[[#All],[A]]', '2']
    """
    for found in _TOKEN.finditer(formula):
        yield Token(_KINDS[found.lastgroup or ""], found[0], *found.span())


def unquoted_place(token: str) -> str:
    """What a prefix says of a place, such as a sheet or ``[1]``, without quotes and its mark.

    >>> unquoted_place("'Bob''s plan'!"), unquoted_place("[1]!")
    ("Bob's plan", '[1]')
    """
    name = token[:-1]
    return name[1:-1].replace("''", "'") if name.startswith("'") else name


def sheets_named(token: str) -> list[str]:
    """The sheets of a prefix, two for a range of sheets; none of another workbook.

    >>> sheets_named("'Bob''s plan'!"), sheets_named("Jan:Dec!"), sheets_named("[1]Jan!")
    (["Bob's plan"], ['Jan', 'Dec'], [])
    """
    name = unquoted_place(token)
    return [] if "[" in name else name.split(":")


def columns_named(token: str) -> list[str]:
    """The columns that brackets behind the name of a table name.

    >>> columns_named("[@Price]"), columns_named("[[#This Row],[A]:[B '[net']]]")
    (['Price'], ['A', 'B [net]'])
    """
    inner = _INNER.findall(token[1:-1]) or [token[1:-1].removeprefix("@")]
    return [_IN_COLUMN.sub(r"\1", name) for name in inner if name and not name.startswith("#")]


@dataclass(frozen=True, slots=True)
class Renaming:
    """New names, by the old ones in lower case.

    ``columns`` holds, by the name of a table as it was, what its columns are called now.
    """

    sheets: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything has another name."""
        return bool(self.sheets or self.tables or self.columns)

    def spelled(self, formula: str) -> str:
        """A formula, or a reference to cells, with the new names.

        Brackets without a table in front stand in a table; they take the new name of any.

        Examples
        --------
        >>> new = Renaming({"old": "Nr 1"}, {}, {"tblx": {"price": "P#"}})
        >>> print(new.spelled("Old!A1+SUM(tblX[Price])+Older!B2+tblY[Price]"))
        'Nr 1'!A1+SUM(tblX[P'#])+Older!B2+tblY[Price]
        """
        pieces: list[str] = []
        done, table, end = 0, "", 0
        for token in tokens(formula):
            text = token.text
            if token.kind is Kind.SHEET:
                text = self._sheet(text)
            elif token.kind is Kind.NAME:
                text = self.tables.get(text.lower(), text)
            elif token.kind is Kind.COLUMN:
                text = self._column(text, table if end == token.start else "")
            pieces += formula[done : token.start], text
            table = token.text.lower() if token.kind is Kind.NAME else ""
            done = end = token.end
        return "".join(pieces) + formula[done:]

    def _sheet(self, token: str) -> str:
        names = sheets_named(token)
        new = [self.sheets.get(name.lower(), name) for name in names]
        if new == names:
            return token
        if len(new) == 1:
            return f"{quote_sheetname(new[0])}!"
        both = ":".join(new).replace("'", "''")
        return f"'{both}'!"

    def _column(self, token: str, table: str) -> str:
        new = dict[str, str]()
        for name, columns in self.columns.items():
            if table in {"", name}:
                new |= columns

        def renamed(name: str) -> str:
            plain = _IN_COLUMN.sub(r"\1", name)
            wanted = new.get(plain.lower())
            return name if wanted is None else _SPECIAL.sub(r"'\1", wanted)

        inside = token[1:-1]
        if _INNER.search(inside):
            return "[" + _INNER.sub(lambda found: f"[{renamed(found[1])}]", inside) + "]"
        at = "@" if inside.startswith("@") else ""
        return f"[{at}{renamed(inside.removeprefix('@'))}]"


#: What a formula may have read: parts of sheets; ``None`` among them for what cannot be seen.
Sources = frozenset[str | None]


class Resolver:
    """Knows which sheets the formulas of a workbook refer to, by way of tables and names too."""

    def __init__(self, workbook: Workbook) -> None:
        self._order = [sheet.name.lower() for sheet in workbook.sheets]
        self._parts = {sheet.name.lower(): sheet.part for sheet in workbook.sheets}
        self._tables = {
            name.lower(): sheet.part
            for sheet, table in workbook.tables()
            for name in (table.inner_name, table.name)
        }
        self._names: dict[tuple[str, str | None], str] = {}
        for element in workbook.defined_names():
            local = element.get("localSheetId")
            is_local = local is not None and local.isdecimal() and int(local) < len(self._order)
            place = workbook.sheets[int(local or 0)].part if is_local else None
            self._names[element.get("name", "").lower(), place] = element.text or ""
        #: Names may be called like functions, as those of LAMBDA are.
        self._functions = frozenset(name for name, _ in self._names)
        self._known: dict[tuple[str, str], Sources] = {}

    def sources(self, formula: str, own: str) -> Sources:
        """The sheets from which a formula may have read.

        Parameters
        ----------
        own
            The part of the sheet on which it stands.
        """
        key = (formula, own)
        if key not in self._known:
            self._known[key] = frozenset()  # a name that refers to itself adds nothing
            self._known[key] = frozenset(self._found(formula, own))
        return self._known[key]

    def _found(self, formula: str, own: str) -> Iterator[str | None]:
        sheet: str | None = None
        for token in tokens(formula):
            match token.kind:
                case Kind.SHEET:
                    is_own = token.text.startswith("[0]")
                    named = sheets_named(token.text)
                    places: list[str | None] = [None] if is_own else list(self._between(named))
                    yield from places
                    sheet = places[0] if places and places[0] is not None else ""
                    continue
                case Kind.CELL | Kind.COLUMN if sheet is None:
                    yield own
                case Kind.FUNCTION:
                    name = token.text.upper().rpartition("_XLFN.")[2]
                    if name in _BLIND or name.startswith(_CUBE):
                        yield None
                    elif name.lower() in self._functions:
                        yield from self._named(name.lower(), sheet or own)
                case Kind.NAME if sheet != "":
                    yield from self._named(token.text.lower(), sheet or own)
            sheet = None

    def _between(self, names: list[str]) -> Iterator[str | None]:
        """The sheets of a prefix, with those between two."""
        lowered = [name.lower() for name in names]
        if any(name not in self._parts for name in lowered):
            if len(lowered) == 1:
                yield None
            return
        if lowered:
            first, last = sorted(map(self._order.index, (lowered[0], lowered[-1])))
            yield from (self._parts[name] for name in self._order[first : last + 1])

    def _named(self, name: str, own: str) -> Iterator[str | None]:
        if name in _CONSTANTS or name.startswith(("_xlpm.", "_xlop.")):
            return
        if name in self._tables:
            yield self._tables[name]
            return
        for place in (own, None):
            if (name, place) in self._names:
                yield from self.sources(self._names[name, place], own)
                return
        yield None


def texts_told(formula: str, told: Callable[[str], str | None]) -> str | None:
    """A formula whose quoted texts are told otherwise; ``None`` if one must go altogether."""
    pieces: list[str] = []
    done = 0
    for token in tokens(formula):
        if token.kind is Kind.TEXT:
            new = told(token.text[1:-1].replace('""', '"'))
            if new is None:
                return None
            pieces += formula[done : token.start], literal(new)
            done = token.end
    return "".join(pieces) + formula[done:] if pieces else formula
