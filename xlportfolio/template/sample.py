"""The sample: a firm for fastening technology, its criteria, and 60 customers and prospects.

Every firm and figure is invented; the numbers come from a fixed seed. Some rows are set by hand, so
that each case worth showing is there: see :data:`_SHOWN`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from xlportfolio.locale import texts
from xlportfolio.schema.contract import CRITERIA as CRITERIA_TABLE
from xlportfolio.schema.contract import Cell

_SEED = 20_260_101
_CUSTOMERS, _PROSPECTS = 48, 12

_FIRST = (
    "Ahorn",
    "Birken",
    "Buchen",
    "Dorn",
    "Eichen",
    "Erlen",
    "Eschen",
    "Fels",
    "Föhren",
    "Furt",
    "Grau",
    "Hain",
    "Heide",
    "Kiefer",
    "Kiesel",
    "Kupfer",
    "Lärchen",
    "Linden",
    "Moor",
    "Quell",
)
_SECOND = (
    "Anlagenbau",
    "Fahrzeugbau",
    "Fenstertechnik",
    "Fördertechnik",
    "Hallenbau",
    "Kältetechnik",
    "Maschinenbau",
    "Metallbau",
    "Möbelwerk",
    "Solartechnik",
    "Stahlbau",
    "Waggonbau",
)
_FORMS = ("GmbH", "GmbH & Co. KG", "AG", "KG", "GmbH")


class SampleCriterion(NamedTuple):
    """A row of the criteria; words are keys of ``locale``."""

    key: str
    axis: str
    weight: int
    objective: str = "max"
    scale: str = "linear"
    low: float | None = None
    high: float | None = None
    levels: str | None = None
    number_format: str = "#,##0"
    changeable: bool = False
    role: str | None = None
    source: str | None = None


#: What the sales manager of the firm can do something about is changeable: prices and terms of
#: payment, services and how well they are done; the rest is what the customer is, or comes of it.
CRITERIA = (
    SampleCriterion(
        "turnover", "value", 25, low=0, high=400_000, role="turnover", source="turnover_12m"
    ),
    SampleCriterion(
        "margin",
        "value",
        20,
        low=0.1,
        high=0.45,
        number_format="0%",
        changeable=True,
        role="margin",
        source="margin_rate",
    ),
    SampleCriterion(
        "potential",
        "value",
        25,
        scale="steps",
        levels="0=0; 100000=30; 300000=60; 800000=100",
        role="potential",
    ),
    SampleCriterion("delay", "value", 10, "min", low=0, high=30, changeable=True),
    SampleCriterion(
        "reference", "value", 20, scale="categories", levels="{high}=100; {medium}=50; {low}=0"
    ),
    SampleCriterion("wallet", "benefit", 25, low=0, high=0.8, number_format="0%", role="wallet"),
    SampleCriterion(
        "services", "benefit", 50, scale="piecewise", levels="0=0; 2=50; 6=100", changeable=True
    ),
    SampleCriterion("satisfaction", "benefit", 25, low=1, high=10, changeable=True),
    # these two count nowhere; they show what turnover hides
    SampleCriterion(
        "growth",
        "value",
        0,
        low=-0.2,
        high=0.2,
        number_format="0%",
        role="growth",
        source="growth",
    ),
    SampleCriterion(
        "rhythm",
        "value",
        0,
        "min",
        low=0,
        high=1.5,
        number_format="0.0",
        role="regularity",
        source="regularity_cv",
    ),
)
#: The columns of the criteria in a new workbook: the widest comes last.
CRITERIA_COLUMNS = (
    *CRITERIA_TABLE.columns[:-1],
    *CRITERIA_TABLE.extras,
    CRITERIA_TABLE.columns[-1],
)
#: The hours that the firm has for visits in a year: fewer than its strategies ask for.
HOURS_PER_YEAR = 350

Measures = Mapping[str, float | str | None]

#: What the sample shows, by the row of the customer: these measures are set by hand.
_SHOWN: Mapping[int, Measures] = {
    # an A customer by turnover who is a free rider: large, thin margin, pays late, wants everything
    2: {
        "turnover": 372_000, "margin": 0.11, "potential": 90_000, "delay": 34, "reference": "low",
        "wallet": 0.72, "services": 6, "satisfaction": 9, "growth": -0.07, "rhythm": 1.1,
        "hours_now": 48,
    },
    # a C customer who is a star: small as yet, good margin, large potential, a name that helps
    7: {
        "turnover": 21_500, "margin": 0.42, "potential": 910_000, "delay": 0, "reference": "high",
        "wallet": 0.55, "services": 5, "satisfaction": 9, "growth": 0.31, "rhythm": 0.4,
        "hours_now": 2,
    },
    # question marks just below the benefit threshold
    11: {
        "turnover": 214_000, "margin": 0.34, "potential": 640_000, "delay": 4, "reference": "high",
        "wallet": 0.38, "services": 2, "satisfaction": 5, "growth": -0.04, "rhythm": 0.6,
    },
    17: {
        "turnover": 151_000, "margin": 0.37, "potential": 820_000, "delay": 2,
        "reference": "medium", "wallet": 0.31, "services": 2, "satisfaction": 6,
    },
    # borderline: a hair above both thresholds
    23: {
        "turnover": 118_000, "margin": 0.3, "potential": 350_000, "delay": 9, "reference": "medium",
        "wallet": 0.42, "services": 2, "satisfaction": 6,
    },
    # too few measures to be rated
    29: {
        "turnover": 64_000, "margin": None, "potential": None, "delay": None, "reference": None,
        "wallet": None, "services": 3, "satisfaction": None, "growth": None, "rhythm": None,
        "hours_now": None,
    },
}  # fmt: skip
#: The share of customers of whom one measure is not known.
_GAPS = 0.15
#: The share of customers of whom nobody knows how many hours they take.
_UNKNOWN_HOURS = 0.08
_KEYS = [criterion.key for criterion in CRITERIA]
#: The customer whose satisfaction holds a remark instead of a number, as happens.
_REMARK = 34


@dataclass(frozen=True, slots=True)
class Sample:
    """The rows of the sample in one language, without headers."""

    customers: Sequence[Sequence[Cell]]
    criteria: Sequence[Sequence[Cell]]


def sample(language: str) -> Sample:
    """The sample in a language: the same firms and figures, other words."""
    words, levels = texts(language), level_words(language)
    customers: list[list[Cell]] = []
    for i, (name, measures) in enumerate(_firms()):
        is_prospect = i >= _CUSTOMERS
        number = f"N-{i - _CUSTOMERS + 1:03d}" if is_prospect else 10_001 + 7 * i
        cells = [
            levels.get(str(measures[c.key]), measures[c.key])
            if measures[c.key]
            else measures[c.key]
            for c in CRITERIA
        ]
        if i == _REMARK:
            cells[_KEYS.index("satisfaction")] = words("sample.unknown")
        status = words("statuses.prospect" if is_prospect else "statuses.customer")
        customers.append([number, name, status, *cells, measures["hours_now"]])
    return Sample(customers, criteria(language))


def criteria(language: str) -> list[list[Cell]]:
    """The rows of the criteria, in the order of :data:`CRITERIA_COLUMNS`."""
    words, levels = texts(language), level_words(language)
    rows: list[list[Cell]] = []
    for criterion in CRITERIA:
        name, unit, description = criterion_texts(criterion, language)
        rows.append(
            [
                name,
                words(f"axes.{criterion.axis}"),
                criterion.weight,
                criterion.objective,
                words(f"scales.{criterion.scale}"),
                criterion.low,
                criterion.high,
                criterion.levels and criterion.levels.format(**levels),
                words("fills.skip"),
                unit,
                words("words.yes" if criterion.changeable else "words.no"),
                criterion.role and words(f"roles.{criterion.role}"),
                criterion.source,
                description,
            ]
        )
    return rows


def level_words(language: str) -> dict[str, str]:
    """The words of the sample's categories: key -> word."""
    return {key: texts(language)(f"sample.{key}") for key in ("high", "medium", "low")}


def criterion_texts(criterion: SampleCriterion, language: str) -> tuple[str, str, str]:
    """Name, unit and description of a criterion."""
    name, unit, description = texts(language).branch("sample.criteria")[criterion.key]
    return name, unit, description


def _firms() -> list[tuple[str, Measures]]:
    """All firms with their measures; only ``random()`` is drawn from, which no release changes."""
    rng, other = (Random(seed) for seed in (_SEED, _SEED + 1))  # noqa: S311 (a sample, no secret)

    def pick(words: Sequence[str]) -> str:
        return words[int(rng.random() * len(words))]

    names: list[str] = []
    while len(names) < _CUSTOMERS + _PROSPECTS:
        stem = f"{pick(_FIRST)} {pick(_SECOND)}"
        if not any(name.startswith(stem) for name in names):
            names.append(f"{stem} {pick(_FORMS)}")
    firms: list[tuple[str, Measures]] = []
    for i, name in enumerate(names):
        shown = _SHOWN.get(i, {})
        measures = {**_measures(rng, is_prospect=i >= _CUSTOMERS), **shown}
        firms.append((name, {**measures, **_beside(other, measures["turnover"]), **shown}))
    return firms


def _beside(rng: Random, turnover: float | str | None) -> dict[str, float | None]:
    """Growth, order rhythm, and today's hours, which follow turnover as in most teams."""
    change, uneven, effort, known = rng.random(), rng.random(), rng.random(), rng.random()
    if not isinstance(turnover, int | float):  # a prospect
        return {"growth": None, "rhythm": None, "hours_now": float(int(5 * effort))}
    hours = 1 + turnover * (0.7 + 0.6 * effort) / 27_000
    return {
        "growth": round(0.36 * change - 0.1, 2),
        "rhythm": round(0.2 + 1.1 * uneven, 1),
        "hours_now": None if known < _UNKNOWN_HOURS else float(round(hours)),
    }


def _measures(rng: Random, *, is_prospect: bool) -> dict[str, float | str | None]:
    """The measures of a firm: size, worth and closeness vary on their own."""
    size, worth, close = rng.random(), rng.random(), rng.random()
    turnover = 4_000 + 520_000 * size**5
    measures: dict[str, float | str | None] = {
        "turnover": round(turnover, -2),
        "margin": round(0.08 + 0.3 * worth + 0.08 * rng.random(), 2),
        "potential": round(turnover * (1.2 + 5 * worth * rng.random()) + 300_000 * worth**2, -3),
        "delay": float(int(32 * (1 - worth) * rng.random())),
        "reference": ("low", "medium", "high")[int(2.999 * (worth + rng.random()) / 2)],
        "wallet": round(0.04 + 0.7 * close + 0.1 * rng.random(), 2),
        "services": float(int(6.99 * (2 * close + rng.random()) / 3)),
        "satisfaction": float(2 + int(8.99 * (close + rng.random()) / 2)),
    }
    if is_prospect:  # nothing bought as yet: the rest is what the field has found out
        measures |= {"turnover": None, "delay": None, "wallet": None, "satisfaction": None}
    elif rng.random() < _GAPS:
        measures[("margin", "delay", "satisfaction", "potential")[int(4 * rng.random())]] = None
    return measures
