"""Which formulas cannot be computed without xlportfolio or macros, and what is to go with these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import NamedTuple

from xlportfolio.files.formulas import is_builtin, is_utf8, needle, sheets_in, words
from xlportfolio.files.ours import find_imported
from xlportfolio.files.package import Element
from xlportfolio.files.workbook import Sheet, Workbook
from xlportfolio.schema.contract import IMPORTED
from xlportfolio.state import MACROS_NAME

_TRUE = frozenset({"1", "true"})
_MACRO_SHEETS = frozenset({"xlMacrosheet", "xlIntlMacrosheet"})
#: Names of ours that only macros read begin so.
_READ_BY_MACROS = ("kp_text_", "kp_help_")
_OURS = re.compile(r"KP_\w+", re.IGNORECASE)
_OUR_CALL = re.compile(rb"KP_\w+\s*\(")
_IN_NAMES = re.compile(rb"[\w.\\\x80-\xff]")
#: Blanks for all bytes that do not belong to a name.
_BLANKS = bytes(b if _IN_NAMES.match(bytes([b])) else ord(" ") for b in range(256))
#: Bytes before a bracket in which the name of a function is looked for: first, and at most.
_NEAR, _LONGEST_NAME = 24, 260
_END = re.compile(rb"</(?:\w+:)?sheetData\s*>")
_FORMULA_ENDS = (b"</f>", b":f>")


def macro_sheets(workbook: Workbook) -> list[Sheet]:
    """The sheets that hold macros of Excel 4.0."""
    return [sheet for sheet in workbook.sheets if sheet.kind in _MACRO_SHEETS]


def doomed_sheets(workbook: Workbook) -> list[Sheet]:
    """The sheets that no copy without macros has: those of macros, and what imports wrote.

    Raises
    ------
    WorkbookError
        If something of the user's stands on the sheet that keeps what imports wrote.
    """
    imported = find_imported(workbook)
    return [
        *macro_sheets(workbook),
        *(s for s in workbook.sheets if s is imported or _lost_its_table(s)),
    ]


def _lost_its_table(sheet: Sheet) -> bool:
    """Whether a sheet that nobody sees keeps what imports wrote, but is known by its name only."""
    return sheet.element.get("state") == "veryHidden" and sheet.name == IMPORTED.fixed


def is_of_macros(element: Element, doomed: Iterable[str]) -> bool:
    """Whether a defined name is a macro, is read by macros only, or points at sheets that go.

    Parameters
    ----------
    doomed
        The names of these sheets, in lower case.
    """
    name = element.get("name", "").lower()
    return (
        any(element.get(key) in _TRUE for key in ("vbProcedure", "xlm", "function"))
        or name.startswith(_READ_BY_MACROS)
        or name == MACROS_NAME
        or not sheets_in(element.text or "").isdisjoint(doomed)
    )


class Lost(NamedTuple):
    """Why a formula cannot be computed: functions of ours, others, names and sheets that go.

    Attributes
    ----------
    ours, macros
        The names of functions, in capitals; those of macros as they are spelled.
    others
        Whether the formula needs a name or a sheet that goes.
    """

    ours: frozenset[str] = frozenset()
    macros: frozenset[str] = frozenset()
    others: bool = False

    def __or__(self, other: Lost) -> Lost:
        """What both have."""
        others = self.others or other.others
        return Lost(self.ours | other.ours, self.macros | other.macros, others)

    def __bool__(self) -> bool:
        """Whether there is anything."""
        return self.others or bool(self.ours or self.macros)


class Losses:
    """What of a workbook only works where xlportfolio or macros are installed.

    Parameters
    ----------
    going
        Sheets that go besides those of macros.
    """

    def __init__(self, workbook: Workbook, going: Iterable[Sheet] = ()) -> None:
        self._workbook = workbook
        self._positions = {s.name.lower(): str(i) for i, s in enumerate(workbook.sheets)}
        self._doomed = {sheet.name.lower() for sheet in (*doomed_sheets(workbook), *going)}
        self._has_macros = workbook.related("vbaProject") is not None
        self._known: dict[tuple[str, str | None], Lost] = {}
        self._names = {_key(e): e for e in workbook.defined_names()}
        self.names = self._lost_names()

    def _lost_names(self) -> dict[tuple[str, str | None], Lost]:
        """The names that cannot be computed, each with the number of its sheet if it has one."""
        found = {
            key: Lost(others=True)
            for key, element in self._names.items()
            if is_of_macros(element, self._doomed)
        }
        is_growing = True
        while is_growing:  # a name may need another
            before = dict(found)
            for key, element in self._names.items():
                lost = self._look(element.text or "", key[1], before)
                if lost:
                    found[key] = found.get(key, Lost()) | lost
            is_growing = found != before
        return found

    def of(self, formula: str, sheet: str | None = None) -> Lost:
        """Why a formula on this sheet cannot be computed; nothing if it can."""
        local = None if sheet is None else self._positions.get(sheet.lower())
        key = formula, local
        if key not in self._known:
            self._known[key] = self._look(formula, local, self.names)
        return self._known[key]

    def _look(
        self, formula: str, local: str | None, lost: dict[tuple[str, str | None], Lost]
    ) -> Lost:
        found = Lost(others=not sheets_in(formula).isdisjoint(self._doomed))
        for word in words(formula):
            here = self._positions.get(word.place.lower()) if word.place else local
            lower = word.text.lower()
            key = next((k for k in ((lower, here), (lower, None)) if k in self._names), None)
            if key is not None:
                found |= lost.get(key, Lost())
            elif word.is_call and _OURS.fullmatch(word.text):
                found |= Lost(ours=frozenset([word.text.upper()]))
            elif self._is_macro(word.text, word.place) and word.is_call and not word.is_newer:
                found |= Lost(macros=frozenset([word.text]))
        return found

    def _is_macro(self, function: str, place: str) -> bool:
        """Whether a name that nobody defined is a function of a macro in this workbook."""
        return self._has_macros and place in {"", "[0]"} and not is_builtin(function)

    @cached_property
    def _needles(self) -> set[bytes]:
        names = {name for name, _ in self.names}
        short = {p for name in names for p in _READ_BY_MACROS if name.startswith(p)}
        rest = {name for name in names if not name.startswith(_READ_BY_MACROS)}
        return {needle(name) for name in (*short, *rest, *self._doomed)}

    def may_be_in(self, data: bytes) -> bool:
        """Whether a formula in this part may be one that cannot be computed, at a glance."""
        if not is_utf8(data):
            return True
        end = _END.search(data, max(0, data.rfind(b"sheetData") - 10))
        if end is not None and not any(mark in data for mark in _FORMULA_ENDS):
            data = data[end.end() :]
        upper, lower = data.upper(), data.lower()
        return (
            _OUR_CALL.search(upper) is not None
            or any(wanted in lower for wanted in self._needles)
            or (self._has_macros and any(map(self._is_unknown, _called(data))))
        )

    def _is_unknown(self, function: bytes) -> bool:
        return bool(self._look(f"{function.decode('utf-8', 'replace')}()", None, {}).macros)

    def names_in(self, formula: str) -> bool:
        """Whether a formula needs a name that goes, on whatever sheet."""
        lost = {name for name, _ in self.names}
        return any(word.text.lower() in lost for word in words(formula))


def _called(data: bytes) -> Iterator[bytes]:
    """What stands before opening brackets, each once."""
    seen = set()
    at = data.find(b"(")
    while at >= 0:
        name = data[max(0, at - _NEAR) : at].translate(_BLANKS)
        if b" " not in name:
            name = data[max(0, at - _LONGEST_NAME) : at].translate(_BLANKS)
        seen.add(name.rpartition(b" ")[2])
        at = data.find(b"(", at + 1)
    yield from seen


def _key(element: Element) -> tuple[str, str | None]:
    return element.get("name", "").lower(), element.get("localSheetId")
