"""A run as colleagues may see it: whose rows, which columns, under which names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from xlportfolio.errors import Problem
from xlportfolio.run import Run
from xlportfolio.secrecy import Secrets
from xlportfolio.sharing import Sharing


@dataclass(frozen=True, slots=True, eq=False)
class Alias:
    """A customer and what it is called in the copy; the same where it keeps its name or number."""

    customer_id: str
    customer: str
    shown_id: str
    shown: str


@dataclass(frozen=True, slots=True, eq=False)
class Audience:
    """Who sees what of a run.

    Attributes
    ----------
    whole
        The run with everybody.
    run
        The run as it may be seen: rows left out, names replaced, texts without what is hidden;
        scores, ranks, types and classes are those of the whole.
    removed
        Rows of the customers' table that must go, as the sheet counts them.
    hidden
        Positions of hidden columns in the customers' table, counted from 0.
    criteria
        The names of the criteria among them.
    id_aliases
        What numbers are shown as, by the number as text; empty if they stay.
    aliases
        Everybody who stays, in the order of the ranking; empty if nobody gets another name.
    secrets
        What must not be found anywhere in the copy.
    problems
        What the sender is told, such as that scores may give away a hidden measure.
    """

    sharing: Sharing
    whole: Run
    run: Run
    removed: frozenset[int]
    hidden: frozenset[int]
    criteria: frozenset[str]
    id_aliases: Mapping[str, str]
    aliases: tuple[Alias, ...]
    secrets: Secrets
    problems: tuple[Problem, ...]


def audience_of(run: Run, sharing: Sharing, known: tuple[Alias, ...] = ()) -> Audience:
    """Find out who sees what.

    Parameters
    ----------
    known
        Aliases of earlier copies, which are kept.

    Raises
    ------
    InputError
        If a column is not there, nobody has the value, or what cannot be hidden is to be.
    """
    raise NotImplementedError
