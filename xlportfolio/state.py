"""What the first sheet of a workbook says of the last run: defined names, one for each figure."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.errors import Problem, Severity
from xlportfolio.model import RATED_QUADRANTS, Quadrant, Status

_PREFIX = "kp_last_"
#: The name of the day.
AS_OF = f"{_PREFIX}as_of"
#: The names that a run sets in a workbook which has them.
STATE_NAMES = tuple(
    _PREFIX + key
    for key in (
        "as_of",
        "customers",
        "prospects",
        "not_rated",
        "value_threshold",
        "benefit_threshold",
        "warnings",
        "notes",
        *RATED_QUADRANTS,
    )
)


def run_state(
    analysis: PortfolioAnalysis, problems: Sequence[Problem], as_of: dt.date
) -> Mapping[str, float | dt.date]:
    """The figures of a run, by the names of :data:`STATE_NAMES`.

    Customers and prospects are the rated ones; types count both.
    """
    rated = analysis.customers[analysis.customers["quadrant"] != Quadrant.NOT_RATED]
    statuses = rated["status"].value_counts()
    types = rated["quadrant"].value_counts()
    severities = [problem.severity for problem in problems]
    figures: dict[str, float | dt.date] = {
        "as_of": as_of,
        "customers": int(statuses.get(Status.CUSTOMER, 0)),
        "prospects": int(statuses.get(Status.PROSPECT, 0)),
        "not_rated": len(analysis.customers) - len(rated),
        "value_threshold": float(analysis.thresholds.value),
        "benefit_threshold": float(analysis.thresholds.benefit),
        "warnings": severities.count(Severity.WARNING),
        "notes": severities.count(Severity.NOTE),
        **{str(quadrant): int(types.get(quadrant, 0)) for quadrant in RATED_QUADRANTS},
    }
    return {_PREFIX + key: figure for key, figure in figures.items()}
