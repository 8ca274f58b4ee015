"""What is wrong with a formula: its grammar, and what it refers to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from openpyxl.formula import Tokenizer
from openpyxl.formula.tokenizer import TokenizerError
from openpyxl.utils import FORMULAE

from support.ecma.book import Book, plain

Token = Any  # openpyxl's, which has no types


def formula_faults(book: Book, formula: str, *, is_rule: bool = False) -> Iterator[str]:
    """What is wrong with a formula; rules are those of validations and conditional formats."""
    if len(formula) > 8192:
        yield f"formula of {len(formula)} characters"
        return
    for fault in (*_grammar_faults(formula), *_reference_faults(book, formula, is_rule=is_rule)):
        yield f"formula {formula[:200]!r}: {fault}"


def _masked(formula: str) -> str:
    """The formula with the escapes in column names as single private characters."""
    return re.sub(
        r"\[((?:'.|[^\[\]'])*)\]",
        lambda match: "[" + re.sub("'(.)", lambda m: chr(0xE000 + ord(m[1]) % 256), match[1]) + "]",
        formula,
        flags=re.DOTALL,
    )


@cache
def _tokens(formula: str) -> tuple[Token, ...] | str:
    """The tokens, or why there are none."""
    try:
        tokenizer = Tokenizer(f"={_masked(formula)}")
    except (TokenizerError, IndexError) as error:
        return f"it cannot be read: {error}"
    if tokenizer.token_stack:
        return "a parenthesis or a brace is open"
    return tuple(tokenizer.items)


@cache
def _grammar_faults(formula: str) -> tuple[str, ...]:
    """Faults that need no workbook to be seen."""
    if formula.lstrip().startswith("=") or not formula.strip():
        return ("it is empty or begins with an equals sign",)
    tokens = _tokens(formula)
    if isinstance(tokens, str):
        return (tokens,)
    grammar = _Grammar()
    for token in tokens:
        grammar.take(token)
    if not grammar.is_complete:
        grammar.faults.append("something is missing at its end")
    if re.search(r"_xlfn\.(LET|LAMBDA)\(\s*(?!_xlpm\.)\w", formula):
        grammar.faults.append("its parameters lack the prefix _xlpm.")
    return tuple(grammar.faults)


class _Grammar:
    """Whether operands and operators take turns, and newer functions have their prefix."""

    def __init__(self) -> None:
        self.faults: list[str] = []
        self.is_complete = False  # an operand stands before
        self.is_spaced = False
        self.may_be_empty = False  # an argument may be left out here
        self.open: list[str] = []  # the types of what is open

    def take(self, token: Token) -> None:
        """Go one token on."""
        if token.type == "WHITE-SPACE":
            self.is_spaced = True
            return
        if token.subtype == "CLOSE":
            self._close(token)
        elif token.type in ("OPERAND", "FUNC", "ARRAY", "PAREN"):
            self._operand(token)
        elif token.type == "SEP":
            self._separator(token)
        else:
            if token.type != "OPERATOR-PREFIX":
                self._expect_operand(token)
            self.is_complete = token.type == "OPERATOR-POSTFIX"
            self.may_be_empty = False
        self.is_spaced = False

    def _expect_operand(self, token: Token, *, or_nothing: bool = False) -> None:
        if not self.is_complete and not or_nothing:
            self.faults.append(f"nothing before {token.value}")

    def _operand(self, token: Token) -> None:
        is_call = token.type == "PAREN"
        if self.is_complete and not (self.is_spaced or is_call or token.value.startswith(":")):
            self.faults.append(f"no operator before {token.value}")
        self.is_complete = token.type == "OPERAND"
        self.may_be_empty = token.type == "FUNC"
        if token.type != "OPERAND":
            self.open.append(token.type)
        elif token.subtype == "TEXT" and len(token.value[1:-1].replace('""', '"')) > 255:
            self.faults.append("a text in it has more than 255 characters")
        if token.type == "FUNC":
            self._function(token.value.rstrip("(").rpartition(":")[2].upper())

    def _function(self, name: str) -> None:
        """Functions newer than Excel 2007 have a prefix; one with an underscore is a macro's."""
        bare = name.rpartition("_XLFN.")[2].removeprefix("_XLWS.")
        prefix = "_XLFN._XLWS." if bare in ("FILTER", "SORT") else "_XLFN."
        is_old = bare in FORMULAE or bare == "AGGREGATE" or "_" in bare
        if not is_old and name != prefix + bare:
            self.faults.append(f"{bare} lacks the prefix {prefix.lower()}")

    def _close(self, token: Token) -> None:
        self._expect_operand(token, or_nothing=self.may_be_empty)
        self.open = self.open[:-1]
        self.is_complete = True
        self.may_be_empty = False

    def _separator(self, token: Token) -> None:
        self._expect_operand(token, or_nothing=self.may_be_empty)
        is_array = self.open[-1:] == ["ARRAY"]
        if token.subtype == "ROW" and not is_array:
            self.faults.append("a semicolon separates arguments; files have commas")
        self.is_complete = False
        self.may_be_empty = not is_array


def _reference_faults(book: Book, formula: str, *, is_rule: bool) -> Iterator[str]:
    """Sheets, tables and columns that are not there, and what rules must not refer to."""
    tokens = _tokens(formula)
    for token in () if isinstance(tokens, str) else tokens:
        value = token.value.lstrip(":")
        if is_rule and token.type == "ARRAY" and token.subtype == "OPEN":
            yield "a rule must not have an array constant"
        if token.type != "OPERAND" or token.subtype != "RANGE":
            continue
        if re.match(r"(?:[^\W\d][\w.\\]*\[|\[[^\d\]])", value):
            yield from _structured_faults(book, value)
            if is_rule:
                yield f"a rule must not refer to a table's columns: {value}"
        elif value.startswith("@"):
            yield f"{value} is how Excel shows it; files have _xlfn.SINGLE or [#This Row]"
        elif "!" in value:
            yield from _sheet_faults(book, value.removesuffix("!#REF!").rpartition("!")[0] or value)


def _sheet_faults(book: Book, text: str) -> Iterator[str]:
    name = text[1:-1].replace("''", "'") if text.startswith("'") else text
    if "[" not in name and "|" not in name:  # no other workbook, no other program
        if not text.startswith("'") and re.search(r"[^\w.:?\\]|^\d", text):
            yield f"the sheet name {text} needs quotes"
        for one in name.split(":"):
            if one.lower() not in [sheet.name.lower() for sheet in book.sheets]:
                yield f"there is no sheet {one}"


def _structured_faults(book: Book, value: str) -> Iterator[str]:
    table, _, inner = value.partition("[")
    inner = inner.removesuffix("]")
    items = re.findall(r"\[([^\[\]]*)\]", inner) if "[" in inner else [inner]
    if table and table.lower() not in book.columns:
        yield f"there is no table {table}"
        return
    for item in items:
        name = re.sub(r"[\ue000-\ue0ff]", lambda m: chr(ord(m[0]) - 0xE000), item)
        is_special = item.lower() in ("#all", "#data", "#headers", "#totals", "#this row", "")
        if item.startswith("@") or inner.startswith("@"):
            yield f"{value} has @, which files write as [#This Row]"
        elif table and not is_special and plain(name).lower() not in book.columns[table.lower()]:
            yield f"table {table} has no column {name}"
