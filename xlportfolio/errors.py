"""What can be wrong with an input, as values; and the exceptions that stop a run.

A fault in a cell is not raised where it is found: it is gathered, so that a user hears of all of
them at once. Inside the core a :class:`Fault` says *what* is wrong with *which thing* (a criterion,
a customer, a setting). Whoever knows the workbook turns it into a :class:`Problem`, which also says
*where* it stands. The sentences themselves live in ``locale``; here are only their keys.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from xlportfolio.locale import texts


class Severity(StrEnum):
    """How much a fault matters: an error stops, a warning changes a result, a note only tells."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong with an input, before it is known where in a workbook that stands.

    Attributes
    ----------
    key
        Names the sentence, ``problems.<key>`` in ``locale``.
    field
        The attribute or setting concerned, such as ``"weight"`` or ``"abc_a"``.
    criterion
        The name of the criterion concerned, if it is one.
    customer
        The index label of the customer concerned, if it is one: in a workbook, the sheet's row.
    details
        Values that the sentence fills in.
    """

    key: str
    severity: Severity = Severity.ERROR
    field: str | None = None
    criterion: str | None = None
    customer: Hashable | None = None
    details: Mapping[str, object] = dataclasses.field(default_factory=dict)

    def message(self, language: str = "en") -> str:
        """The fault in one sentence."""
        named = {"criterion": self.criterion, "field": self.field, "row": self.customer}
        details = {"found": "", **named, **self.details}
        return texts(language)(f"problems.{self.key}", **details)


@dataclass(frozen=True, slots=True)
class Problem:
    """A fault and the place in the workbook where a user can mend it.

    Attributes
    ----------
    sheet, row, column, cell
        The sheet's name, its row counted from 1, the column's header, the address such as ``D17``;
        each ``None`` where the problem has no such place.
    found
        The text as shown in the cell.
    """

    fault: Fault
    sheet: str | None = None
    row: int | None = None
    column: str | None = None
    cell: str | None = None
    found: str | None = None

    @property
    def severity(self) -> Severity:
        """How much it matters."""
        return self.fault.severity

    def message(self, language: str = "en") -> str:
        """One sentence: where, what was found, what is allowed and what to do."""
        words = texts(language)
        details = {"found": self.found or "", **self.fault.details}
        named = {"criterion": self.fault.criterion, "field": self.fault.field}
        sentence = words(f"problems.{self.fault.key}", **{**named, **details})
        if self.sheet is None:
            return sentence
        places = [words("places.sheet", sheet=self.sheet)]
        if self.row is not None:
            places.append(words("places.row", row=self.row))
        if self.column is not None:
            places.append(words("places.column", column=self.column))
        return words("places.sentence", place=", ".join(places), sentence=sentence)


def warning(key: str, sheet: str | None = None, /, **details: object) -> Problem:
    """A warning, on this sheet if it concerns one.

    >>> print(warning("split_blank", count=2, column="Region").message())
    2 customers have nothing in the column Region and are in no copy; fill it in and share again.
    """
    return Problem(Fault(key, Severity.WARNING, details=details), sheet)


def note(key: str, sheet: str | None = None, /, **details: object) -> Problem:
    """The same for a note."""
    return Problem(Fault(key, Severity.NOTE, details=details), sheet)


class XlPortfolioError(Exception):
    """Whatever stops xlportfolio for a reason that its user can mend; ``str()`` is English."""

    def __init__(self, key: str, **details: object) -> None:
        super().__init__(key, details)
        self.key = key
        self.details = details

    def message(self, language: str = "en") -> str:
        """What is wrong and what to do, in one sentence."""
        return texts(language)(f"problems.{self.key}", **self.details)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong, one by one."""
        return (Problem(Fault(self.key, details=self.details)),)

    def __str__(self) -> str:
        """The message in English."""
        return self.message()


class ModelError(XlPortfolioError, ValueError):
    """A scoring model that cannot be used; ``faults`` holds everything that is wrong with it."""

    def __init__(self, faults: Sequence[Fault]) -> None:
        super().__init__("model")
        self.faults = tuple(faults)

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The faults as problems without a place."""
        return tuple(map(Problem, self.faults))

    def message(self, language: str = "en") -> str:
        """All faults, one sentence each."""
        return " ".join(fault.message(language) for fault in self.faults)


class InputError(XlPortfolioError):
    """Input tables that cannot be used; ``problems`` holds everything that was found in them.

    ``language`` and ``as_of`` are those of the workbook, ``None`` where it does not say.
    """

    def __init__(
        self,
        problems: Sequence[Problem],
        language: str | None = None,
        as_of: dt.date | None = None,
    ) -> None:
        super().__init__("input")
        self._problems = tuple(problems)
        self.language = language
        self.as_of = as_of

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Errors, warnings and notes, with their places."""
        return self._problems

    def message(self, language: str = "en") -> str:
        """All errors, one sentence each."""
        errors = (p for p in self.problems if p.severity is Severity.ERROR)
        return " ".join(problem.message(language) for problem in errors)


class WorkbookError(XlPortfolioError):
    """A file that cannot be read, understood or written; it was left as it was."""
