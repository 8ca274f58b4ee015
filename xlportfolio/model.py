"""The scoring model: criteria, scales, thresholds, strategies. Frozen, and checked when built.

A model that exists can be scored: whoever builds an impossible one gets a :class:`ModelError` that
lists everything wrong with it.
"""

from __future__ import annotations

import math
import re
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from xlportfolio.errors import Fault, ModelError
from xlportfolio.scale import VALUES, Range, Scale

#: Hours, and visits, that a customer can take in a year; their sums stay finite.
EFFORT = Range(0, 1_000_000)
#: Percent by which weights are varied. Above the bound nearly all weight falls on one criterion in
#: each draw; at 100 there would be no distribution left.
SPREAD = Range(0, 90)
#: Ranks from the top that are looked at; whole numbers.
TOP = Range(1, 1_000_000)


class Axis(StrEnum):
    """What a criterion measures: the customer's worth to us, or what the customer draws from us."""

    VALUE = "value"
    BENEFIT = "benefit"


class Objective(StrEnum):
    """Whether more of a measure is better; used by the linear scale alone."""

    MAX = "max"
    MIN = "min"


class Quadrant(StrEnum):
    """The type of a customer, its place on the two axes; see ``quadrants`` in portfolio."""

    STAR = "star"
    QUESTION_MARK = "question_mark"
    FREE_RIDER = "free_rider"
    POOR_DOG = "poor_dog"
    NOT_RATED = "not_rated"


#: The four types in the order in which they are always shown.
RATED_QUADRANTS = (
    Quadrant.STAR,
    Quadrant.QUESTION_MARK,
    Quadrant.FREE_RIDER,
    Quadrant.POOR_DOG,
)


class Status(StrEnum):
    """Whether we already do business."""

    CUSTOMER = "customer"
    PROSPECT = "prospect"


class Role(StrEnum):
    """What a criterion tells of a customer that turnover hides, or that it is the turnover."""

    TURNOVER = "turnover"
    MARGIN = "margin"
    GROWTH = "growth"
    REGULARITY = "regularity"
    POTENTIAL = "potential"
    WALLET = "wallet"


def name_key(name: str) -> str:
    """What a name is compared by: case, outer blanks, and ``_``, ``-`` or blank do not matter.

    >>> name_key(" Customer_ID ") == name_key("customer id")
    True
    """
    return re.sub(r"[\s_-]+", " ", name).strip().casefold()


def id_text(number: object) -> str:
    """A customer's number as text: trimmed, a whole number without decimals.

    >>> id_text(1001.0)
    '1001'
    """
    if isinstance(number, float) and number.is_integer():
        return str(int(number))
    return str(number).strip()


#: Characters that the header of a table can have in Excel, two of them for brackets; those of a
#: long name that are kept.
_LONGEST_HEADER, _KEPT = 253, 240


def heading(criterion: str) -> str:
    """The header of a criterion's column in a table of ours: its name on one line.

    A name too long for a header is cut, and gets a number that stands for what was cut off.

    >>> heading("Order   rhythm"), heading("x" * 300)[239:]
    ('Order rhythm', 'x … 1b432d13')
    """
    name = " ".join(criterion.split())
    if len(name) <= _LONGEST_HEADER:
        return name
    return f"{name[:_KEPT]} … {zlib.crc32(name.encode()):08x}"


@dataclass(frozen=True, slots=True)
class Criterion:
    """One criterion of one axis.

    Attributes
    ----------
    name
        The name of the customers' column that holds the measure.
    weight
        Any number from 0; only the proportions within an axis count.
    fill
        The value (0 to 100) of a missing measure; ``None`` leaves the criterion out for that
        customer and spreads its weight over the others.
    unit, description
        For people; the unit also helps to find the measure of the ABC analysis.
    changeable
        Whether we can do something about the measure: a lever pulls no other.
    role
        What the measure tells, for the findings on what turnover hides; ``None``: nothing of that.

    Raises
    ------
    ModelError
        If the weight, the fill or the scale is impossible.

    Examples
    --------
    >>> Criterion("Turnover", Axis.VALUE, 30, Scale.linear(0, 500_000), unit="EUR").weight
    30
    """

    name: str
    axis: Axis
    weight: float
    scale: Scale = field(default_factory=Scale)
    objective: Objective = Objective.MAX
    fill: float | None = None
    unit: str = ""
    description: str = ""
    changeable: bool = False
    role: Role | None = None

    def __post_init__(self) -> None:
        """Gather everything that is wrong, then raise once."""
        faults = list(self.scale.faults())
        if not (math.isfinite(self.weight) and self.weight >= 0):
            faults.append(Fault("weight_negative", field="weight"))
        if self.fill is not None and not VALUES.low <= self.fill <= VALUES.high:
            faults.append(Fault("fill_out_of_range", field="missing"))
        if faults:
            raise ModelError([_of_criterion(fault, self.name) for fault in faults])


def _of_criterion(fault: Fault, name: str) -> Fault:
    return Fault(fault.key, fault.severity, fault.field, name, None, fault.details)


class ThresholdRule(StrEnum):
    """How a threshold that is not a fixed number is taken from the rated customers."""

    MEAN = "mean"
    MEDIAN = "median"


#: Where an axis is cut: a number of 0 to 100, or a rule.
Threshold = float | ThresholdRule


@dataclass(frozen=True, slots=True)
class Strategy:
    """What to do with the customers of one type (and status; ``None``: whatever the status)."""

    quadrant: Quadrant
    status: Status | None
    strategy: str
    activity: str = ""
    visits_per_year: float | None = None
    hours_per_visit: float | None = None
    text: str = ""


#: The numbers among the attributes of :class:`ScoringModel` and what they may be.
RANGES = {
    "value_threshold": Range(0, 100),
    "benefit_threshold": Range(0, 100),
    "borderline_band": Range(0, 100),
    "value_weight": Range(0, math.inf),
    "benefit_weight": Range(0, math.inf),
    "abc_a": Range(0, 100),
    "abc_b": Range(0, 100),
    "min_coverage": Range(0, 100),
    "hours_per_year": Range(0, math.inf),
    "weight_spread": SPREAD,
    "top_n": TOP,
}
#: Those of them that count something.
WHOLE = frozenset({"top_n"})


@dataclass(frozen=True, slots=True)
class ScoringModel:
    """Everything that turns measures into scores, types and ranks.

    Attributes
    ----------
    criteria
        At least one for each axis, one of them with a weight above 0.
    value_threshold, benefit_threshold
        0 to 100, or a :class:`ThresholdRule`. A score on the threshold is high.
    borderline_band
        Points from a threshold within which a customer is borderline, the bound included.
    value_weight, benefit_weight
        What each axis counts in the total score.
    abc_measure
        The customers' column that the ABC analysis cumulates. ``None``: the first criterion whose
        unit is a currency or whose name says turnover.
    abc_a, abc_b
        Percent of the cumulated amount up to which a customer belongs to A, to B.
    min_coverage
        Percent of an axis' weight that needs a real measure for a customer to be rated.
    strategies
        Empty: the built-in ones.
    hours_per_year
        The hours that there are for all visits of a year; ``None``: not known.
    weight_spread
        Percent by which weights are varied to see how firm a type is, 0 to 90; see
        :mod:`xlportfolio.robustness`.
    top_n
        How many ranks from the top are looked at then; a whole number from 1.

    Raises
    ------
    ModelError
        Listing everything that is wrong.

    Examples
    --------
    >>> ScoringModel(criteria=(Criterion("Turnover", Axis.VALUE, 1),))
    Traceback (most recent call last):
    xlportfolio.errors.ModelError: No criterion belongs to the benefit axis; give at least one ...
    """

    criteria: tuple[Criterion, ...]
    value_threshold: Threshold = 50
    benefit_threshold: Threshold = 50
    borderline_band: float = 5
    value_weight: float = 50
    benefit_weight: float = 50
    abc_measure: str | None = None
    abc_a: float = 80
    abc_b: float = 90
    min_coverage: float = 50
    strategies: tuple[Strategy, ...] = ()
    hours_per_year: float | None = None
    weight_spread: float = 10
    top_n: float = 10

    def __post_init__(self) -> None:
        """Gather everything that is wrong, then raise once."""
        faults = [
            *criteria_faults([(c.name, c.axis, c.weight) for c in self.criteria]),
            *setting_faults({name: getattr(self, name) for name in RANGES}),
        ]
        if faults:
            raise ModelError(faults)

    def threshold(self, axis: Axis) -> Threshold:
        """Where this axis is cut."""
        return self.value_threshold if axis is Axis.VALUE else self.benefit_threshold

    def with_role(self, role: Role) -> Criterion | None:
        """The first criterion with a role, if there is one."""
        return next((c for c in self.criteria if c.role is role), None)

    def is_changeable(self, axis: Axis) -> bool:
        """Whether there is a criterion of this axis that a lever may pull."""
        return any(c.changeable for c in self.criteria if c.axis is axis)

    def on_axis(self, axis: Axis) -> list[int]:
        """The positions of the criteria of one axis."""
        return [i for i, criterion in enumerate(self.criteria) if criterion.axis is axis]


def criteria_faults(
    criteria: Sequence[tuple[str, Axis | None, float | None]],
) -> Iterator[Fault]:
    """What is wrong with criteria taken together, given each one's name, axis and weight.

    An axis or a weight that is itself faulty is ``None``, a missing name blank.
    """
    first: dict[str, str] = {}
    for position, (name, _, _) in enumerate(criteria):
        key = name_key(name)
        if key in first and key:
            details = {"other": first[key], "position": position}
            yield Fault("criterion_repeated", field="criterion", criterion=name, details=details)
        first.setdefault(key, name)
    for axis in Axis:
        weights = [weight for _, a, weight in criteria if a is axis]
        if not weights:
            yield Fault(f"no_criterion_{axis}")
        elif all(weight == 0 for weight in weights):
            yield Fault(f"weights_all_zero_{axis}", field="weight")


def setting_faults(settings: dict[str, float | ThresholdRule | None]) -> Iterator[Fault]:
    """What is wrong with the settings that are numbers, each by itself and taken together.

    ``None`` stands for a number that is not known.
    """
    for name, setting in settings.items():
        low, high = RANGES[name]
        if setting is None or isinstance(setting, ThresholdRule):
            continue
        is_allowed = low <= setting <= high and math.isfinite(setting)
        details = {"found": setting, "low": low, "high": high}
        if name in WHOLE:
            if not is_allowed or not float(setting).is_integer():
                yield Fault("setting_not_whole", field=name, details=details)
        elif not is_allowed:
            key = "setting_out_of_range" if math.isfinite(high) else "setting_negative"
            yield Fault(key, field=name, details=details)
    if settings["value_weight"] == 0 and settings["benefit_weight"] == 0:
        yield Fault("axis_weights_zero", field="value_weight")
    a, b = settings["abc_a"], settings["abc_b"]
    if a is None or b is None or isinstance(a, ThresholdRule) or isinstance(b, ThresholdRule):
        return
    if VALUES.low <= b < a <= VALUES.high:
        yield Fault("abc_bounds_crossed", field="abc_a", details={"a": a, "b": b})
