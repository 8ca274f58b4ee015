"""What ``compare`` says of two workbooks: on the screen, or as one JSON object."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from xlportfolio.document import listed_problems
from xlportfolio.errors import Problem
from xlportfolio.files.compare import Compared, DayFrom, FileProblem
from xlportfolio.locale import Texts, texts
from xlportfolio.model import Quadrant
from xlportfolio.movement import Change, Movement
from xlportfolio.movement_document import movement_document
from xlportfolio.movement_words import put_into_words
from xlportfolio.scoring import Ints
from xlportfolio.screen import output, plain, print_problems, shown

#: What has become of customers, in the order in which the screen tells it.
_TOLD = (Change.MOVED, Change.RATED, Change.UNRATED, Change.NEW, Change.GONE)
#: Customers of each kind that the screen names.
_LISTED = 20
#: Problems that the screen lists.
_PROBLEMS = 10
#: Columns of the lists, and of a name in them.
_WIDTH, _NAME = 100, 26


def print_compared(done: Compared) -> None:
    """What was compared, who went from type to type, and why; what the data checks found.

    Parameters
    ----------
    done
        What came of it.
    """
    words, console, moved = texts(done.language), output(), done.movement
    days = {"since": moved.since, "day": moved.day}
    title = words("compare.title", old=done.old, new=done.new, **days)
    console.print(shown(title), style="bold", soft_wrap=True)
    for path, day_from in ((done.old, done.since_from), (done.new, done.day_from)):
        if day_from is not DayFrom.ASKED:
            told = words(f"compare.day_from.{day_from}", path=path)
            console.print(shown(told), soft_wrap=True)
    console.print()
    console.print(_from_type_to_type(moved, words))
    said = put_into_words(moved, done.language)
    changes = moved.customers["change"].to_numpy(object)
    for change in _TOLD:
        at = np.flatnonzero(changes == change)
        if len(at):
            title = words(f"compare.changes.{change}", count=len(at))
            console.print(f"\n{title}", style="bold", soft_wrap=True)
            console.print(_listed(moved, said.reasons, at[:_LISTED]))
            if len(at) > _LISTED:
                console.print(words("compare.more", count=len(at) - _LISTED))
    if said.model:
        console.print(f"\n{words('compare.model')}", style="bold", soft_wrap=True)
        for sentence in said.model:
            console.print(shown(sentence), soft_wrap=True)
    console.print()
    _print_problems(console, words, done.problems)


def _from_type_to_type(movement: Movement, words: Texts) -> Table:
    """How many went from each type to each: the types then in rows, the types now in columns."""
    kinds = words.branch("quadrants_plural")
    counts = movement.customers.groupby(["quadrant_before", "quadrant"]).size()
    table = Table(box=None, pad_edge=False)
    table.add_column(words("compare.then_now"))
    for name in (*(kinds[kind] for kind in Quadrant), words("compare.gone")):
        table.add_column(name, justify="right")
    for before, name in (*((kind, kinds[kind]) for kind in Quadrant), ("", words("compare.new"))):
        numbers = [counts.get((before, now), 0) for now in (*Quadrant, "")]
        table.add_row(name, *(str(number) if number else "" for number in numbers))
    return table


def _listed(movement: Movement, reasons: Sequence[str], at: Ints) -> Table:
    """Some customers, each with what has happened and why."""
    table = Table(box=None, pad_edge=False, show_header=False, width=_WIDTH)
    table.add_column(width=_NAME)
    table.add_column(ratio=1)
    named = movement.customers[["customer_id", "customer"]].to_dict("records")
    for i in at.tolist():
        row = named[i]
        name = " ".join((row["customer"] or row["customer_id"]).split())
        table.add_row(Text(plain(name)), Text(plain(reasons[i])))
    return table


def _print_problems(console: Console, words: Texts, problems: Sequence[Problem]) -> None:
    """The problems of both workbooks, the gravest first."""
    if not problems:
        console.print(words("cli.clean"))
        return
    print_problems(console, words, problems, _PROBLEMS)
    if len(problems) > _PROBLEMS:
        console.print(words("compare.more", count=len(problems) - _PROBLEMS))


def compare_document(old: str, new: str, done: Compared) -> dict[str, Any]:
    """The JSON object of ``compare``.

    Parameters
    ----------
    old, new
        The paths as the user gave them.
    done
        What came of it.
    """
    return {
        "old": old,
        "new": new,
        "since_from": str(done.since_from),
        "day_from": str(done.day_from),
        **movement_document(done.movement, done.language),
        "problems": _problems(done.problems, done.language),
    }


def not_compared(old: str, new: str, problems: Sequence[Problem], language: str) -> dict[str, Any]:
    """The same object where something stopped the command: the problems alone."""
    nothing = ("since_from", "day_from", "since", "day", "thresholds")
    return {
        "old": old,
        "new": new,
        **dict.fromkeys(nothing),
        "model_changes": [],
        "counts": {},
        "customers": [],
        "problems": _problems(problems, language),
    }


def _problems(problems: Sequence[Problem], language: str) -> list[dict[str, Any]]:
    """Problems as objects, each with the workbook that it is of."""
    return [
        {"workbook": p.file if isinstance(p, FileProblem) else None, **said}
        for p, said in zip(problems, listed_problems(problems, language), strict=True)
    ]
