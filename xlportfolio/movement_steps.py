"""The three steps from the scores of one day to those of a later one: model, others, customer.

Each changes one thing alone; see :mod:`xlportfolio.movement`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlportfolio.analysis import NOBODY, PortfolioAnalysis, analyse
from xlportfolio.model import Axis, Criterion, ScoringModel, name_key
from xlportfolio.scale import Scale, ScaleKind
from xlportfolio.scoring import Bools, Bounds, Floats, Ints


class State(NamedTuple):
    """A portfolio before or after a step.

    Attributes
    ----------
    analysis
        Its scores and what they are made of.
    at
        Shape ``(n_both,)``: the row in its frames of each customer.
    """

    analysis: PortfolioAnalysis
    at: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The states between two days of those who are there on both, in the ranking of the earlier.

    Attributes
    ----------
    states
        Four: the earlier day; after the step of the model; after that of the others; the later day.
    """

    states: tuple[State, ...]

    def scores(self, axis: Axis) -> Floats:
        """Shape ``(4, n_both)``, 0 to 100.

        Where the earlier measures give no score under the later model, the score of the earlier
        day stays until the last step: what has changed is that the customer has a measure now.
        """
        scores = self._own_scores(axis)
        for i in (1, 2):
            scores[i] = np.where(np.isnan(scores[i]), scores[i - 1], scores[i])
        return scores

    def thresholds(self, axis: Axis) -> Floats:
        """Shape ``(4,)``, 0 to 100."""
        return np.array([getattr(state.analysis.thresholds, axis) for state in self.states])

    def is_rated(self, state: int) -> Bools:
        """Shape ``(n_both,)``: who has measures enough for a rank in a state, from 0."""
        analysis, at = self.states[state]
        ranked: Bools = analysis.customers["rank"].notna().to_numpy(np.bool_)[at]
        return ranked

    def effects(self, axis: Axis, step: int, rows: Ints) -> tuple[Sequence[str], Floats]:
        """By how many points each criterion has moved the score of some customers in a step.

        What a criterion brings is counted from the middle between the scores before and after the
        step: its share of the weight times the distance of its value from there. So who gains
        weight and lies below pulls the score down. The effect is by how much that has changed; over
        all criteria it adds up to the change of the score, and back again it is the same.

        Parameters
        ----------
        step
            1 for the model, 2 for the others, 3 for the customer.
        rows
            Shape ``(n,)``: their places among those who are there on both days.

        Returns
        -------
        The names of the criteria that belong to the axis in either model; the effects, of shape
        ``(n, n_criteria)``.
        """
        first, *_, last = (state.analysis.model for state in self.states)
        names = {
            name_key(c.name): c.name for m in (first, last) for c in m.criteria if c.axis is axis
        }
        columns = {key: k for k, key in enumerate(names)}
        effects = np.zeros((len(rows), len(names)))
        level = self.scores(axis)[step - 1 : step + 1, rows].mean(axis=0)
        source = self._sources(axis)[:, rows]
        for state, sign in ((step - 1, -1), (step, 1)):
            for i in np.unique(source[state]).tolist():
                chosen = np.flatnonzero(source[state] == i)
                analysis, at = self.states[i]
                on_axis = [c.name for c in analysis.model.criteria if c.axis is axis]
                places = at[rows[chosen]]
                got, most = (
                    np.nan_to_num(frame[on_axis].to_numpy(np.float64)[places])
                    for frame in (analysis.contributions, analysis.attainable)
                )
                above = got - most / 100 * level[chosen, np.newaxis]
                into = np.array([columns[name_key(name)] for name in on_axis])
                effects[np.ix_(chosen, into)] += sign * above
        return [*names.values()], effects

    def has_measured(self, names: Sequence[str], rows: Ints) -> Bools:
        """Which criteria have another value since the step of the customer, or have one or none.

        Parameters
        ----------
        names
            Of criteria of either model; what the later one does not know has none.
        rows
            Shape ``(n,)``, as for :meth:`effects`; so the result has the shape
            ``(n, n_criteria)``.
        """
        known = {name_key(c.name): c.name for c in self.states[-1].analysis.model.criteria}
        changed = np.zeros((len(rows), len(names)), dtype=np.bool_)
        for k, key in enumerate(map(name_key, names)):
            if key in known:
                then, since = (
                    analysis.values[known[key]].to_numpy(np.float64)[at[rows]]
                    for analysis, at in self.states[2:]
                )
                changed[:, k] = (then != since) & ~(np.isnan(then) & np.isnan(since))
        return changed

    def _own_scores(self, axis: Axis) -> Floats:
        return np.array(
            [a.customers[f"{axis}_score"].to_numpy(np.float64)[at] for a, at in self.states]
        )

    def _sources(self, axis: Axis) -> Ints:
        """Shape ``(4, n_both)``: which state the score of each one was taken from."""
        missing = np.isnan(self._own_scores(axis))
        sources = np.repeat(np.arange(4)[:, np.newaxis], missing.shape[1], axis=1)
        for i in (1, 2):
            sources[i] = np.where(missing[i], sources[i - 1], i)
        return sources


def who_counts(analysis: PortfolioAnalysis) -> Ints:
    """The places of the rows that stand for a customer, in the order of the ranking."""
    note = analysis.customers["note"]
    return np.flatnonzero(~note.isin(NOBODY).to_numpy())


def steps_between(before: PortfolioAnalysis, after: PortfolioAnalysis) -> Steps:
    """Take the earlier day to the later one.

    A criterion that the earlier model did not know, or knew in words instead of numbers (or the
    other way round), takes the measure of the later day: so its arrival counts as a change of the
    model.
    """
    was, now = who_counts(before), who_counts(after)
    ids = [
        a.customers["customer_id"].to_numpy(object)[at] for a, at in ((before, was), (after, now))
    ]
    found = pd.Index(ids[1], dtype=object).get_indexer(pd.Index(ids[0], dtype=object))
    both = np.flatnonzero(found >= 0)
    earlier = State(before, was)
    model, fixed = replace(after.model, abc_measure=None), _fixed(after)
    is_same, is_fixed = _method(before.model) == _method(model), _method(fixed) == _method(model)
    customers = pd.DataFrame()
    if not (is_same and is_fixed):
        customers = _earlier(earlier, State(after, now), found)
    second = earlier if is_same else _state(customers, model)
    third = second if is_fixed else _state(customers, fixed)
    states = [State(analysis, at[both]) for analysis, at in (earlier, second, third)]
    return Steps((*states, State(after, now[found[both]])))


def _state(customers: pd.DataFrame, model: ScoringModel) -> State:
    """Customers under a model; their labels are their places."""
    analysis = analyse(customers, model)
    return State(analysis, np.argsort(analysis.customers.index.to_numpy()))


def _earlier(earlier: State, later: State, found: Ints) -> pd.DataFrame:
    """The customers of the earlier day with a column for each criterion of the later model."""
    known = {name_key(c.name): c for c in earlier.analysis.model.criteria}
    columns = {
        name: earlier.analysis.customers[name].to_numpy(object)[earlier.at]
        for name in ("customer_id", "status")
    }
    frame = pd.DataFrame(columns, dtype=object)
    for criterion in later.analysis.model.criteria:
        old = known.get(name_key(criterion.name))
        if old is not None and _is_words(old) == _is_words(criterion):
            measures = earlier.analysis.measures[old.name].iloc[earlier.at]
            frame[criterion.name] = measures.set_axis(frame.index)
        else:
            measures = later.analysis.measures[criterion.name].iloc[later.at]
            today = measures.reset_index(drop=True).reindex(found)
            frame[criterion.name] = today.set_axis(frame.index)
    return frame


def _is_words(criterion: Criterion) -> bool:
    return criterion.scale.kind is ScaleKind.CATEGORIES


def _fixed(analysis: PortfolioAnalysis) -> ScoringModel:
    """A model whose bounds and thresholds are the numbers that were used."""
    criteria = tuple(
        replace(c, scale=_fixed_scale(analysis.bounds[k])) if k in analysis.bounds else c
        for k, c in enumerate(analysis.model.criteria)
    )
    return replace(
        analysis.model,
        criteria=criteria,
        value_threshold=analysis.thresholds.value,
        benefit_threshold=analysis.thresholds.benefit,
        abc_measure=None,
    )


def _fixed_scale(bounds: Bounds) -> Scale:
    """The same line; a flat one, which gives 50 to all, where bounds are equal, crossed or none."""
    return Scale.linear(*bounds) if bounds.low < bounds.high else Scale.linear(0, 0)


def _method(model: ScoringModel) -> object:
    """All on which axis scores and thresholds depend."""
    criteria = [(c.name, c.axis, c.weight, c.scale, c.objective, c.fill) for c in model.criteria]
    return criteria, model.value_threshold, model.benefit_threshold, model.min_coverage
