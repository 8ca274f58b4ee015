"""A movement put into words: what has happened to each customer, and why."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xlportfolio.analysis import Note
from xlportfolio.crossings import Cause, Crossing
from xlportfolio.locale import Texts, texts
from xlportfolio.model import Axis, ThresholdRule, name_key
from xlportfolio.model_changes import ModelChange
from xlportfolio.movement import Change, Movement
from xlportfolio.scale import ScaleKind
from xlportfolio.scoring import DECIMALS, rounded
from xlportfolio.weight_changes import Withheld
from xlportfolio.wording import decimals_of, spelled

#: Changes of the model that are named as what took a score over its threshold, at most.
_NAMED = 3
#: What may change in a criterion without a difference to whom it has (or not) a measure of.
_IDLE = {False: {"missing"}, True: {"scale", "objective"}}
#: Decimals added at most to tell two measures apart.
_MORE_DECIMALS = 6


@dataclass(frozen=True, slots=True)
class MovementTexts:
    """What is said of a movement in one language.

    Attributes
    ----------
    reasons
        For each row of :attr:`Movement.customers`, what has happened and why; ``""`` for those
        who have stayed.
    model
        One sentence for each change of the model; empty if there is none.
    """

    reasons: Sequence[str]
    model: Sequence[str]


def put_into_words(movement: Movement, language: str) -> MovementTexts:
    """Say what has happened.

    Examples
    --------
    >>> import datetime as dt
    >>> import pandas as pd
    >>> from xlportfolio import Criterion, Scale, ScoringModel, analyse
    >>> from xlportfolio.movement import movement
    >>> model = ScoringModel((
    ...     Criterion("Turnover", Axis.VALUE, 1, Scale.linear(0, 100), unit="kEUR"),
    ...     Criterion("Services", Axis.BENEFIT, 1, Scale.linear(0, 10)),
    ... ))
    >>> before, after = (
    ...     analyse(pd.DataFrame({"customer_id": ["7"], "Turnover": [t], "Services": [9]}), model)
    ...     for t in (40, 60)
    ... )
    >>> moved = movement(before, dt.date(2026, 3, 31), after, dt.date(2026, 6, 30))
    >>> print(*put_into_words(moved, "en").reasons)
    Value rose from 40.0 to 60.0 points and reaches the threshold (50.0): Turnover rose from
    40 to 60 kEUR (+20.0 points).
    """
    words = texts(language)
    clauses = _model_clauses(movement.model_changes, words)
    reasons = _Reasons(movement, clauses, words)
    said = [""] * len(movement.customers)
    places = np.flatnonzero(movement.customers["change"] != Change.STAYED)
    rows = movement.customers.iloc[places].to_dict("records")
    for place, row in zip(places.tolist(), rows, strict=True):
        said[place] = reasons.of(row, movement.crossings[place])
    return MovementTexts(said, [f"{clause[:1].upper()}{clause[1:]}." for clause in clauses])


class _Reasons:
    """Says what has happened to a customer; what all of them share is looked up once."""

    def __init__(self, movement: Movement, clauses: Sequence[str], words: Texts) -> None:
        self._movement, self._clauses, self._words = movement, clauses, words
        self._types = words.branch("quadrants")
        self._decimals = _decimals(movement.crossings)
        self._thresholds = {
            axis: (
                getattr(movement.thresholds_before, axis),
                getattr(movement.thresholds, axis),
                rule,
            )
            for axis, rule in zip(Axis, movement.rules, strict=True)
        }

    def of(self, row: Mapping[Hashable, Any], crossings: Sequence[Crossing]) -> str:
        since = self._movement.since
        match row["change"]:
            case Change.MOVED:
                return " ".join([*map(self._crossing, crossings), *self._renamed(row)])
            case Change.NEW:
                key = "new" if row["last_seen"] is None else "back"
                details = {"since": since, "last_seen": row["last_seen"]}
                return self._say(key, place=self._place(row, ""), **details)
            case Change.GONE:
                return self._gone(row)
            case Change.RATED | Change.UNRATED as change:
                said = self._say(
                    str(change),
                    since=since,
                    place=self._place(row, "_before" if change is Change.UNRATED else ""),
                    note=self._note(row, "" if change is Change.UNRATED else "_before"),
                )
                by_model = row["rated_cause"] == Cause.MODEL
                why = [self._say("rating_by_model")] if by_model else []
                return " ".join([said, *why, *self._renamed(row)])
        return ""

    def _renamed(self, row: Mapping[Hashable, Any]) -> list[str]:
        """That the name was another one, if it was."""
        then, now = (" ".join(str(row[key]).split()) for key in ("customer_before", "customer"))
        if then in {"", now}:
            return []
        return [self._say("renamed", since=self._movement.since, before=then)]

    def _say(self, key: str, **details: object) -> str:
        return self._words(f"movement.{key}", **details)

    def _place(self, row: Mapping[Hashable, Any], then: str) -> str:
        """Rank and type, then (``"_before"``) or now (``""``)."""
        rank, quadrant = row[f"rank{then}"], str(row[f"quadrant{then}"])
        if math.isnan(rank):
            return self._say("unrated_place")
        return self._say("place", rank=int(rank), type=self._types.get(quadrant, ""))

    def _note(self, row: Mapping[Hashable, Any], then: str) -> str:
        """Why somebody is, or was, not rated."""
        note, needed = row[f"note{then}"], self._movement.min_coverages[0 if then else 1]
        if note == Note.NONE:
            return self._say("unrated_place")
        shares = {
            str(axis): self._words.percent(float(round(100 * row[f"{axis}_coverage{then}"])))
            for axis in Axis
        }
        return self._words(f"notes.{note}", needed=self._words.percent(needed), row="", **shares)

    def _gone(self, row: Mapping[Hashable, Any]) -> str:
        details = {"last_seen": row["last_seen"], "place": self._place(row, "_before")}
        parted = " ".join(str(row["parted"]).split())
        if parted:
            return self._say("parted", parted=parted, **details)
        sentences = [self._say("gone", **details)]
        if row["successor"]:
            sentences.append(self._say("successor", successor=row["successor"]))
        sentences.append(self._say("hint", column=self._words("columns.parted")))
        return " ".join(sentences)

    # --- crossings -------------------------------------------------------------------------------

    def _crossing(self, crossing: Crossing) -> str:
        then, now, _ = self._thresholds[crossing.axis]
        decimals = _digits(crossing, then, now)
        number = self._words.number
        numbers = {
            "before": number(crossing.before, decimals),
            "after": number(crossing.after, decimals),
        }
        limits = [number(threshold, decimals) for threshold in (then, now)]
        way = "up" if crossing.upward else "down"
        manner = "with" if crossing.upward == (crossing.after > crossing.before) else "against"
        if numbers["before"] == numbers["after"]:
            manner = "still"
        key = "threshold" if limits[0] == limits[1] else "thresholds"
        return self._say(
            f"crossing.{way}.{manner}",
            axis=self._words(f"axes.{crossing.axis}"),
            threshold=self._say(key, before=limits[0], after=limits[1]),
            why=self._why(crossing),
            **numbers,
        )

    def _why(self, crossing: Crossing) -> str:
        if isinstance(crossing.criterion, Withheld):
            return self._say(f"withheld.{crossing.cause}")
        match crossing.cause:
            case Cause.MODEL:
                return self._by_model(crossing, crossing.criterion)
            case Cause.OTHERS:
                return self._by_others(crossing, crossing.criterion)
        return self._by_customer(crossing, str(crossing.criterion))

    def _by_customer(self, crossing: Crossing, criterion: str) -> str:
        was, now = crossing.measure_before, crossing.measure_after
        details = {"criterion": criterion, "points": _signed(crossing.points, self._words)}
        if was is None or now is None:
            key = "unknown" if now is None else "known"
            shown = self._measures(crossing, criterion)
            return self._say(f"customer.{key}", before=shown[0], after=shown[1], **details)
        if was == now:
            return self._say(
                "customer.counts", after=self._measures(crossing, criterion)[1], **details
            )
        key = "changed"
        if not isinstance(was, str) and not isinstance(now, str):
            key = "rose" if now > was else "fell"
        before, after = self._measures(crossing, criterion)
        return self._say(f"customer.{key}", before=before, after=after, **details)

    def _by_others(self, crossing: Crossing, criterion: str | None) -> str:
        points = _signed(crossing.points, self._words)
        if criterion is not None:
            return self._say("others.bounds", criterion=criterion, points=points)
        then, now, rule = self._thresholds[crossing.axis]
        number = self._words.number
        details = {"rule": _rule(rule, self._words), "points": points, "after": number(now, 1)}
        if rounded(then + crossing.points) != rounded(now):  # the model has moved it, too
            return self._say("others.moved", **details)
        key = "rose" if now > then else "fell"
        return self._say(f"others.{key}", before=number(then, 1), **details)

    def _by_model(self, crossing: Crossing, criterion: str | None) -> str:
        changes = self._movement.model_changes
        own: list[int] = []
        if criterion is None:
            chosen = [i for i, c in enumerate(changes) if c.field == f"{crossing.axis}_threshold"]
        else:
            key, idle = name_key(criterion), _IDLE[crossing.measure_before is None]
            own = [i for i, c in enumerate(changes) if c.criterion and name_key(c.criterion) == key]
            chosen = [i for i in own if changes[i].field not in idle]
        touching = [i for i, c in enumerate(changes) if _touches(c, crossing.axis) and i not in own]
        chosen = chosen or touching or own
        if not chosen:
            return self._say("withheld.model")
        first, *others = (self._clauses[i] for i in chosen[:_NAMED])
        named = [first, *(f"{clause[:1].lower()}{clause[1:]}" for clause in others)]
        if len(chosen) > _NAMED:
            named.append(self._say("more", count=len(chosen) - _NAMED))
        listed = self._words.listed(named)
        if criterion is None:
            return listed
        points = _signed(crossing.points, self._words)
        return self._say("by_model", changes=listed, criterion=criterion, points=points)

    def _measures(self, crossing: Crossing, criterion: str) -> tuple[str, str]:
        """Both measures, with so many decimals that they differ if they do, and with their unit.

        Of two numbers only the second has it: from 1 to 3 of 5.
        """
        pair = crossing.measure_before, crossing.measure_after
        shown = "", ""
        for more in range(_MORE_DECIMALS):
            decimals = self._decimals.get(criterion, 0) + more
            first, second = (_measure(m, decimals, crossing.unit, self._words) for m in pair)
            shown = first, second
            if first != second or pair[0] == pair[1]:
                break
        first, second = (_with_unit(m, s, crossing.unit) for m, s in zip(pair, shown, strict=True))
        return shown[0] if all(map(_is_number, pair)) else first, second


def _decimals(crossings: Iterable[Sequence[Crossing]]) -> dict[str, int]:
    """The decimals with which the measures of each criterion are shown."""
    numbers: defaultdict[str, list[float]] = defaultdict(list)
    units: dict[str, str] = {}
    for of_customer in crossings:
        for crossing in of_customer:
            if isinstance(crossing.criterion, str):
                units[crossing.criterion] = crossing.unit
                pair = (crossing.measure_before, crossing.measure_after)
                numbers[crossing.criterion] += [m for m in pair if isinstance(m, float | int)]
    return {name: decimals_of(np.array(numbers[name]), unit) for name, unit in units.items()}


def _measure(measure: float | str | None, decimals: int, unit: str, words: Texts) -> str:
    if measure is None or isinstance(measure, str):
        return measure or ""
    return spelled(float(measure), decimals, unit, words)


def _is_number(measure: float | str | None) -> bool:
    return isinstance(measure, float | int)


def _with_unit(measure: float | str | None, text: str, unit: str) -> str:
    is_share = text.endswith("%")
    return f"{text} {unit}" if unit and _is_number(measure) and not is_share else text


def _digits(crossing: Crossing, then: float, now: float) -> int:
    """As few decimals as show on which side of its threshold a score was and is."""
    sides = ((crossing.before, then, not crossing.upward), (crossing.after, now, crossing.upward))
    for digits in range(1, DECIMALS):
        if all((round(s, digits) >= round(t, digits)) == is_high for s, t, is_high in sides):
            return digits
    return DECIMALS


def _signed(points: float, words: Texts) -> str:
    return ("-" if round(points, 1) < 0 else "+") + words.number(abs(points), 1)


def _touches(change: ModelChange, axis: Axis) -> bool:
    """Whether a change moves the scores of an axis, or who counts for its threshold."""
    if change.criterion is None:
        return change.field == "min_coverage"
    return change.axis in {axis, None}


# --- changes of the model ------------------------------------------------------------------------


def _model_clauses(changes: Sequence[ModelChange], words: Texts) -> list[str]:
    return [_model_clause(change, words) for change in changes]


def _model_clause(change: ModelChange, words: Texts) -> str:
    """A change as it is said after a colon, without a full stop."""
    before, after = change.before, change.after
    key, details = change.field, {"criterion": change.criterion, "before": before, "after": after}
    match change.field:
        case "added" | "removed" | "value_weight" | "benefit_weight":
            details |= {"before": _share(before, words), "after": _share(after, words)}
        case "weight":
            is_more = isinstance(before, float) and isinstance(after, float) and after > before
            key = "raised" if is_more else "lowered"
            details |= {"before": _share(before, words), "after": _share(after, words)}
        case "axis":
            details |= {"before": words(f"axes.{before}"), "after": words(f"axes.{after}")}
        case "objective":
            key = f"objective_{after}"
        case "missing":
            details |= {"before": _fill(before, words), "after": _fill(after, words)}
        case "value_threshold" | "benefit_threshold":
            details |= {"before": _rule(before, words), "after": _rule(after, words)}
        case "scale":
            return _scale_clause(change, words)
        case "min_coverage":
            details |= {"before": _share(before, words), "after": _share(after, words)}
    return words(f"movement.model.{key}", **details)


def _scale_clause(change: ModelChange, words: Texts) -> str:
    if not isinstance(change.before, str) or not isinstance(change.after, str):
        return words("movement.model.scale", criterion=change.criterion)
    (was, _, before), (now, _, after) = (s.partition(" ") for s in (change.before, change.after))
    if was != now:
        kinds = words.branch("scales")
        details = {"before": kinds[was], "after": kinds[now]}
        return words("movement.model.scale_kind", criterion=change.criterion, **details)
    if now != ScaleKind.LINEAR:
        return words("movement.model.scale_levels", criterion=change.criterion)
    return words(
        "movement.model.scale_bounds",
        criterion=change.criterion,
        before=_bounds(before, words),
        after=_bounds(after, words),
    )


def _bounds(bounds: str, words: Texts) -> str:
    low, _, high = bounds.partition("..")
    return words(
        "movement.model.bounds",
        low=_bound(low, "smallest", words),
        high=_bound(high, "largest", words),
    )


def _bound(bound: str, instead: str, words: Texts) -> str:
    if not bound:
        return words(f"movement.model.{instead}")
    number = float(bound)
    return words.number(number, decimals_of(np.array([number]), ""))


def _share(percent: float | str | None, words: Texts) -> str:
    return "" if percent is None else words("words.percent", number=words.rough(float(percent)))


def _fill(fill: float | str | None, words: Texts) -> str:
    if isinstance(fill, float | int):
        return words("movement.model.filled", points=float(fill))
    return words("movement.model.skipped")


def _rule(threshold: float | str | None, words: Texts) -> str:
    """A threshold: a number, or its rule."""
    if isinstance(threshold, str):
        return words(f"movement.rules.{ThresholdRule(threshold)}")
    return "" if threshold is None else words.general(float(threshold))
