"""What ``share`` says of the copies: on the screen, or as one JSON object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console

from xlportfolio.document import listed_problems
from xlportfolio.errors import Problem
from xlportfolio.locale import texts
from xlportfolio.screen import output, print_problems, shown

if TYPE_CHECKING:
    from xlportfolio.files.share import Shared


def print_shared(done: Sequence[Shared], language: str) -> None:
    """Each copy with how many customers it shows, and what the sender should know of it."""
    words, console, errors = texts(language), output(), Console(stderr=True, emoji=False)
    for one, problems in told_once(done):
        path = one.written or one.pdf
        details = {"path": path, "count": len(one.run.analysis.customers)}
        console.print(shown(words("sharing.written", **details)), style="bold", soft_wrap=True)
        if one.written is not None and one.pdf is not None:
            console.print(shown(words("sharing.printed", path=one.pdf)), soft_wrap=True)
        print_problems(errors, words, problems)
    for key in {one.key for one in done if one.key is not None}:
        console.print(shown(words("sharing.key_written", path=key)), soft_wrap=True)


def told_once(done: Sequence[Shared]) -> Iterator[tuple[Shared, list[Problem]]]:
    """Each copy with what is to be said of it and has not been said of an earlier one."""
    said: list[Problem] = []
    for one in done:
        new = [problem for problem in one.problems if problem not in said]
        said += new
        yield one, new


def share_document(
    book: str,
    as_of: dt.date,
    done: Sequence[Shared],
    problems: Sequence[Problem],
    language: str,
) -> dict[str, Any]:
    """The JSON object of ``share``: where the copies are, and what was said of them."""
    return {
        "workbook": book,
        "as_of": as_of.isoformat(),
        "copies": [
            {
                "path": None if one.written is None else str(one.written),
                "pdf": None if one.pdf is None else str(one.pdf),
                "key": None if one.key is None else str(one.key),
                "only": None if (only := one.audience.sharing.only) is None else only._asdict(),
                "customers": len(one.run.analysis.customers),
            }
            for one in done
        ],
        "problems": listed_problems(problems, language),
    }
