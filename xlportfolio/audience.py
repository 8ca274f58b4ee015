"""A run as colleagues may see it: whose rows, which columns, under which names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cached_property

import numpy as np

from xlportfolio.aliases import Alias, aliases_of
from xlportfolio.analysis import Note
from xlportfolio.asked import find_asked, values_in
from xlportfolio.errors import Fault, InputError, Problem, Severity, XlPortfolioError
from xlportfolio.history import History
from xlportfolio.locale import texts
from xlportfolio.model import RANGES, Criterion, ScoringModel, Strategy
from xlportfolio.part import Part, part_of_analysis, part_of_consequences, without
from xlportfolio.part_history import PartOfPast
from xlportfolio.past import Past
from xlportfolio.remembered import Remembered, told_of_scores
from xlportfolio.run import Run
from xlportfolio.scale import category_key
from xlportfolio.schema.cells import as_float, as_number
from xlportfolio.schema.contract import Cell
from xlportfolio.secrecy import Secrets, says_something
from xlportfolio.sharing import Sharing

__all__ = ["Alias", "Audience", "audience_of", "values_of"]


@dataclass(frozen=True, slots=True, eq=False)
class Audience:
    """Who sees what of a run.

    Attributes
    ----------
    whole
        The run with everybody.
    run
        The run as it may be seen: rows left out, names replaced, texts without what is hidden;
        scores, ranks, types and classes are those of the whole. What its ``given.places`` knows of
        the workbook is still all that stands there.
    removed
        Rows of the customers' table that must go, as the sheet counts them.
    hidden
        Positions of hidden columns in the customers' table, counted from 0.
    criteria
        The names of the criteria among them.
    id_aliases
        What numbers are shown as, by the number as text; only those that change.
    aliases
        Everybody who stays, a line for each row of the ranking, then those who are gone and names
        of earlier days; empty if nobody gets another name or number.
    secrets
        What must not be found anywhere in the copy.
    problems
        What the sender is told, such as that scores may give away a hidden measure.
    staying_before, gone_before
        Numbers and names of earlier days, of those who may be seen and of all others.
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
    staying_before: frozenset[str] = frozenset()
    gone_before: frozenset[str] = frozenset()


def audience_of(run: Run, sharing: Sharing, known: tuple[Alias, ...] = ()) -> Audience:
    """Find out who sees what.

    Secret are the names and numbers of rows left out, unless a row that stays has the same; names
    and numbers that get an alias; texts and numbers of hidden columns that are distinctive; all of
    these on earlier days too. What stands among the criteria and settings, such as the words of a
    scale, or in a column that may be seen, is none; days never are.

    Parameters
    ----------
    known
        Aliases of earlier copies, which are kept.

    Raises
    ------
    InputError
        If a column is not there, nobody has the value, or what cannot be hidden is to be.
    """
    if not sharing.is_hiding:
        nothing: frozenset[int] = frozenset()
        return Audience(sharing, run, run, nothing, nothing, frozenset(), {}, (), Secrets(), ())
    return _Finder(run, sharing, known).audience()


def values_of(run: Run, column: str) -> tuple[str, ...]:
    """The different values of a column of the customers, as shown, in the order of the rows.

    Raises
    ------
    InputError
        If there is no such column, or nothing in it.
    """
    places = run.given.places
    try:
        values = values_in(places.customers, column, places.language)
        fault = None if values else Fault("split_empty", details={"column": column})
    except XlPortfolioError as error:
        fault = Fault(error.key, details=error.details)
    if fault is not None:
        problem = Problem(fault, places.customers.sheet)
        raise InputError([problem], places.language, run.as_of)
    return values


class _Finder:
    """Finds out who sees what, where anything is hidden."""

    def __init__(self, run: Run, sharing: Sharing, known: tuple[Alias, ...]) -> None:
        self.whole, self.sharing = run, sharing
        places = run.given.places
        self.grid, self.language = places.customers, places.language
        asked = find_asked(self.grid, sharing, self.language)
        if asked.problems:
            raise InputError(asked.problems, self.language, run.as_of)
        self.positions = asked.hidden
        self.columns = frozenset(
            name for name, place in places.columns.items() if place in asked.hidden
        )
        stay = [self.grid.sheet_row(i) for i in asked.rows]
        self.removed = frozenset(map(self.grid.sheet_row, self.grid.rows)).difference(stay)
        ranking = run.analysis.customers
        self.at = np.flatnonzero(ranking.index.isin(stay))
        own = run.given.customers["customer_id"].loc[ranking.index].tolist()
        rows = zip(ranking["customer_id"].tolist(), ranking["customer"].tolist(), own, strict=True)
        self.people = [(number, name, typed.strip()) for number, name, typed in rows]
        self.staying = [self.people[i] for i in self.at.tolist()]
        self.remembered = self._remembered()
        departed = self.remembered.departed
        made = aliases_of(
            [*self.staying, *departed],
            names=sharing.anonymise,
            ids=sharing.anonymise_ids,
            language=run.presentation.language,
            known=known,
            taken={text for person in (*self.people, *self.remembered.others) for text in person},
            earlier=self.remembered.earlier,
        )
        self.made, self.made_before = made[: len(self.staying)], made[len(self.staying) :]

    def _remembered(self) -> Remembered:
        """What the history names; rows that repeat a number have none there."""
        is_counted = (self.whole.analysis.customers["note"] != Note.REPEATED).tolist()
        names = {
            number: name
            for (number, name, _), counts in zip(self.people, is_counted, strict=True)
            if counts and number
        }
        counted = frozenset(self.people[i][0] for i in self.at.tolist() if is_counted[i])
        staying = None if self.sharing.only is None else counted
        headers = {self.grid.header(position) for position in self.positions}
        return Remembered(self.whole, staying, names, headers)

    def audience(self) -> Audience:
        """Everything together."""
        is_renamed = self.sharing.anonymise or self.sharing.anonymise_ids
        run = self.run()
        return Audience(
            self.sharing,
            self.whole,
            run,
            self.removed,
            self.positions,
            frozenset(c.name for c in self.hidden_criteria()),
            {a: b for a, b in self.id_aliases.items() if a != b},
            (*self.made, *self.made_before) if is_renamed else (),
            self.secrets,
            tuple(map(Problem, self.told())),
            frozenset(t for a in self.made_before for t in (a.customer_id, a.customer)),
            frozenset(text for pair in self.remembered.others for text in pair),
        )

    def hidden_criteria(self) -> list[Criterion]:
        """The criteria whose measures may not be seen."""
        return [c for c in self.whole.given.model.criteria if c.name in self.columns]

    @cached_property
    def id_aliases(self) -> dict[str, str]:
        """What is shown for the number of everybody who has one and may be seen."""
        people = (*self.staying, *self.remembered.departed)
        pairs = zip(people, (*self.made, *self.made_before), strict=False)
        return {own: alias.shown_id for (_, _, own), alias in pairs if own}

    # --- secrets ---------------------------------------------------------------------------------

    @cached_property
    def secrets(self) -> Secrets:
        """What must not be found anywhere."""
        made = (*self.made_before, *self.made)
        names = {alias.customer: alias.shown for alias in made if alias.customer}
        renamed = (names | self.id_aliases).items()
        aliases = {text: shown for text, shown in renamed if shown not in {"", text}}
        stay = set(self.at.tolist())
        gone = [person for i, person in enumerate(self.people) if i not in stay]
        texts = {text for _, name, own in gone for text in (name, own)}
        texts.update(text for text, shown in renamed if not shown)  # who has no name any more
        texts.update(text for pair in self.remembered.others for text in pair)
        ids = [own for _, _, own in gone] + [number for number, _ in self.remembered.others]
        if self.sharing.anonymise_ids:
            ids += self.id_aliases
        allowed = [text for text, shown in renamed if shown == text]
        of_columns = [cell for position in self.positions for cell in self._cells(position)]
        of_columns += self.remembered.hidden_cells()
        harmless = _words((*self.whole.given.model.criteria, *self.remembered.criteria_shown()))
        texts |= {
            cell
            for cell in of_columns
            if isinstance(cell, str) and says_something(cell) and category_key(cell) not in harmless
        }
        numbers = [as_number(cell, self.language).number for cell in of_columns]
        secret = [
            float(number) for number in (*numbers, *map(_id_number, ids)) if number is not None
        ]
        return Secrets(texts, aliases, allowed, secret, self._shown_numbers())

    def _cells(self, position: int) -> Iterator[Cell]:
        """The different texts and numbers of a column."""
        cells = self.grid.raw.columns[position]
        if isinstance(cells, np.ndarray):
            yield from np.unique(cells[~np.isnan(cells)]).tolist()
            return
        kinds = str | int | float | Decimal
        yield from {c for c in cells if isinstance(c, kinds) and not isinstance(c, bool)}

    def _shown_numbers(self) -> Iterator[float]:
        """Numbers that may be seen: measures, numbers of customers, and those of the method."""
        yield from _numbers(self.whole.given.model)
        frame = self.whole.given.customers.loc[self.whole.analysis.customers.index[self.at]]
        for name in frame.columns:
            if name not in self.columns and frame[name].dtype.kind == "f":
                yield from frame[name].dropna().unique().tolist()
        staying = [number for number, _, _ in (*self.staying, *self.remembered.departed)]
        cells = self.remembered.shown_cells(staying)
        yield from (cell for cell in cells if not isinstance(cell, str))
        if not self.sharing.anonymise_ids:
            yield from (n for n in map(_id_number, self.id_aliases) if n is not None)

    # --- the run ---------------------------------------------------------------------------------

    def run(self) -> Run:
        """The run as it may be seen."""
        whole = self.whole
        ids, names = [a.shown_id for a in self.made], [a.shown for a in self.made]
        part = Part(self.at, ids, names, self.columns)
        model = self._model()
        analysis = replace(part_of_analysis(whole.analysis, part), model=model)
        numbers = part_of_consequences(whole.advice.numbers, analysis, part)
        numbers = replace(numbers, strategies=self._strategies(numbers.strategies))
        given = whole.given
        customers = without(given.customers.loc[analysis.customers.index], self.columns)
        customers["customer"] = names
        customers["customer_id"] = [
            alias.shown_id if own else ""
            for (_, _, own), alias in zip(self.staying, self.made, strict=True)
        ]
        bubble = whole.presentation.bubble_measure
        bubble = None if bubble in self.columns else bubble
        return Run(
            replace(
                given,
                customers=customers.sort_index(),
                history=History(),
                model=model,
                presentation=replace(given.presentation, bubble_measure=bubble),
                problems=tuple(self._seen(given.problems)),
            ),
            analysis,
            replace(whole.presentation, bubble_measure=bubble),
            tuple(self._seen(whole.problems)),
            numbers,
            self._past(),
        )

    def _past(self) -> Past:
        """Earlier days as they may be seen."""
        people = {a.customer_id: a for a in reversed((*self.made, *self.made_before))}
        names = {number: alias.shown for number, alias in people.items()}
        part = PartOfPast(
            {
                number: alias.shown_id
                for number, alias in people.items()
                if self.remembered.may_be_seen(number)
            },
            names if self.sharing.anonymise else None,
            self.columns | self.remembered.hidden,
            self.secrets.told,
            texts(self.whole.presentation.language)("words.yes"),
        )
        return self.remembered.past(part)

    def _model(self) -> ScoringModel:
        """The model with strategies that name nobody who may not be named."""
        model = self.whole.given.model
        return replace(model, strategies=tuple(map(self._strategy, model.strategies)))

    def _strategies(self, strategies: Iterable[Strategy | None]) -> list[Strategy | None]:
        told: dict[int, Strategy | None] = {id(None): None}
        listed = []
        for strategy in strategies:
            if strategy is not None and id(strategy) not in told:
                told[id(strategy)] = self._strategy(strategy)
            listed.append(told[id(strategy)])
        return listed

    def _strategy(self, strategy: Strategy) -> Strategy:
        told = self.secrets.told
        return replace(
            strategy,
            strategy=told(strategy.strategy) or "",
            activity=told(strategy.activity) or "",
            text=told(strategy.text) or "",
        )

    def _seen(self, problems: Iterable[Problem]) -> Iterator[Problem]:
        """Problems about rows and columns that may be seen, without names that may not."""
        headers = {self.grid.header(position) for position in self.positions}
        for problem in problems:
            of_customers = problem.sheet == self.grid.sheet
            if of_customers and (problem.row in self.removed or problem.column in headers):
                continue
            if problem.sheet == self.whole.given.places.history and problem.row is not None:
                continue  # its rows and columns are others there
            if self.columns.intersection({problem.fault.field, problem.fault.criterion}):
                continue
            found = problem.found and self.secrets.told(problem.found)
            details = {key: self._detail(value) for key, value in problem.fault.details.items()}
            lost = [key for key, value in problem.fault.details.items() if value is not None]
            if (problem.found and found is None) or any(details[key] is None for key in lost):
                continue
            yield replace(problem, fault=replace(problem.fault, details=details), found=found)

    def _detail(self, value: object) -> object:
        """A detail of a sentence as it may be seen; ``None``: it must not be."""
        if isinstance(value, str):
            return self.secrets.told(value)
        if isinstance(value, list | tuple):
            told = [self._detail(item) for item in value]
            return None if any(item is None for item in told) else told
        if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
            return None if self.secrets.is_secret(as_float(value)) else value
        return value

    # --- what the sender is told -----------------------------------------------------------------

    def told(self) -> Iterator[Fault]:
        """What a copy may still give away."""
        hidden = self.columns | self.remembered.hidden
        models = (self.whole.given.model, *self.whole.history.versions.values())
        yield from told_of_scores(hidden, models)
        if self.removed:
            yield Fault("share_whole_shows", Severity.NOTE)
        if self.removed or self.sharing.anonymise:
            yield Fault("share_names_spelled", Severity.NOTE)
        if self.sharing.anonymise and not self.sharing.anonymise_ids:
            yield Fault("share_ids_stay", Severity.NOTE)


def _id_number(own: str) -> float | None:
    """The number that a customer's number is in a cell, if it is one."""
    return float(own) if own.isascii() and own.isdigit() else None


def _words(criteria: Iterable[Criterion]) -> set[str]:
    """The words that the scales know."""
    levels = (level for criterion in criteria for level in criterion.scale.levels)
    return {category_key(bound) for bound, _ in levels if isinstance(bound, str)}


def _numbers(model: ScoringModel) -> Iterator[float]:
    """The numbers among the criteria and settings."""
    for criterion in model.criteria:
        scale = criterion.scale
        bounds = (bound for bound, _ in scale.levels if not isinstance(bound, str))
        ends = (end for end in (scale.low, scale.high) if end is not None)
        yield from map(float, (*bounds, *ends, criterion.weight))
    settings = (getattr(model, name) for name in RANGES)
    yield from (float(number) for number in settings if isinstance(number, int | float))
