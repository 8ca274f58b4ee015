"""What is wrong with a formula, in one sentence that fits a cell.

Faults of tables are found as for a workbook; here they speak of the ranges that were passed. A
range is named by its argument, and its rows are counted from 1, the header.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

from xlportfolio.errors import Fault, InputError, Problem, Severity, XlPortfolioError
from xlportfolio.locale import Texts, language_of_system, texts
from xlportfolio.schema.cells import quoted


def in_words(function: Callable[..., Any]) -> Callable[..., Any]:
    """Answer with a text that begins with ``#KP!`` where a function cannot compute.

    An exception would lose the formula's whole array, and Excel shows no more of it than #VALUE!.
    """

    @wraps(function)
    def answered(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401 (cells)
        try:
            return function(*arguments, **named)
        except XlPortfolioError as error:
            return fault_text(error)
        except Exception as error:  # noqa: BLE001 (it must never reach Excel)
            words = texts(language_of_system())
            detail = quoted(f"{type(error).__name__}: {error}", words.language)
            return words("functions.faulty", message=words("functions.internal", detail=detail))

    return answered


def argument_fault(
    key: str, argument: str, at: Sequence[int] | None = None, **details: object
) -> InputError:
    """Something wrong with an argument; ``at`` is the row and column within it, from 0."""
    row, column = (None, None) if at is None else (at[0] + 1, str(at[1] + 1))
    return InputError([Problem(Fault(key, details=details), argument, row, column)])


def fault_text(error: XlPortfolioError) -> str:
    """What a cell shows of an error: the cause alone."""
    of_input = error.language if isinstance(error, InputError) else None
    words = texts(of_input or language_of_system())
    errors = (problem for problem in error.problems if problem.severity is Severity.ERROR)
    return words("functions.faulty", message=_sentence(min(errors, key=_remoteness), words))


def _remoteness(problem: Problem) -> int:
    """How far from the cause: without a column nothing is found, without a row nothing adds up."""
    if problem.fault.key == "needed_column_missing":
        return 0
    return 1 if problem.row is not None else 2


def _sentence(problem: Problem, words: Texts) -> str:
    """A problem with its place, and with nothing in it that is longer than a reader wants."""
    fault, language = problem.fault, words.language
    named = {"found": problem.found, "criterion": fault.criterion, "field": fault.field}
    details: dict[str, Any] = {**named, **fault.details}
    found = quoted(details.pop("found"), language) or words("words.blank")
    told = {name: quoted(words.word(detail), language) for name, detail in details.items()}
    section = "functions.faults" if fault.key in words.branch("functions.faults") else "problems"
    sentence = words(f"{section}.{fault.key}", found=found, **told)
    if problem.sheet is None:
        return sentence
    places = [problem.sheet]
    if problem.row is not None:
        places.append(words("functions.row", row=problem.row))
    if problem.column:
        places.append(words("places.column", column=quoted(problem.column, language)))
    return words("places.sentence", place=", ".join(places), sentence=sentence)
