"""What ``share`` says of the copies: on the screen, or as one JSON object."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
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
    everywhere = _of_all(done)
    for one in done:
        made = (("written", one.written), ("printed", one.pdf), ("page", one.html))
        (_, first), *others = [(text, path) for text, path in made if path is not None]
        details = {"path": first, "count": len(one.run.analysis.customers)}
        console.print(shown(words("sharing.written", **details)), style="bold", soft_wrap=True)
        for text, other in others:
            console.print(shown(words(f"sharing.{text}", path=other)), soft_wrap=True)
        own = [problem for problem in one.problems if problem not in everywhere]
        print_problems(errors, words, own)
    if everywhere:
        errors.print(words("sharing.for_all"), style="bold")
        print_problems(errors, words, everywhere)
    for key in {one.key for one in done if one.key is not None}:
        console.print(shown(words("sharing.key_written", path=key)), soft_wrap=True)


def told(done: Sequence[Shared]) -> list[Problem]:
    """What is to be known of all copies, each once."""
    said: list[Problem] = []
    for one in done:
        said += [problem for problem in one.problems if problem not in said]
    return said


def _of_all(done: Sequence[Shared]) -> list[Problem]:
    """What is to be known of each of several copies."""
    first, *others = done
    return [p for p in first.problems if others and all(p in one.problems for one in others)]


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
                "html": None if one.html is None else str(one.html),
                "key": None if one.key is None else str(one.key),
                "only": None if (only := one.audience.sharing.only) is None else only._asdict(),
                "customers": len(one.run.analysis.customers),
            }
            for one in done
        ],
        "problems": listed_problems(problems, language),
    }
