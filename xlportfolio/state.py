"""What the first sheet of a workbook says of the last run.

All figures stand in one defined name, an array, so that a run sets them at once; each figure has a
name of its own besides, which picks it, for cells and for formulas of a user's.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.errors import Problem, Severity
from xlportfolio.model import RATED_QUADRANTS, Quadrant, Status

#: The hidden name of a workbook with our macros, which tells from which sources these were made.
MACROS_NAME = "kp_macros"
#: The name by which macros know the sheet that shows what would become of a customer.
WHAT_IF = "SheetWhatIf"
_SHOWING = re.compile(r"IF\((?:AND\()?TODAY\(\)>0,.*\b(kp_last_\w+)(?:,\"\")?\)")


def state_name(key: str) -> str:
    """The name of a figure, such as ``kp_last_warnings``."""
    return f"kp_last_{key}"


def state_formula(key: str, unset: str | None = None) -> str:
    """The formula of a cell that shows a figure; ``unset`` is shown as long as there is none.

    TODAY() makes Excel compute it whenever the workbook is opened: a run sets the name while the
    workbook is closed.
    """
    name = state_name(key)
    if unset is None:
        return f'IF(TODAY()>0,{name},"")'
    return f'IF(AND(TODAY()>0,{name}=""),"{unset}",{name})'


def name_shown_by(formula: str) -> str | None:
    """The name that such a formula shows, ``None`` for any other formula.

    >>> name_shown_by(state_formula("warnings"))
    'kp_last_warnings'
    >>> name_shown_by(state_formula("as_of", "not yet"))
    'kp_last_as_of'
    """
    found = _SHOWING.fullmatch(formula)
    return None if found is None else found[1]


_KEYS = (
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
#: The name of the day.
AS_OF = state_name("as_of")
#: The names of the figures.
STATE_NAMES = tuple(map(state_name, _KEYS))
#: The name that a run sets in a workbook which has it: year, month, day, then the other figures.
STATE = state_name("run")


def state_formulas() -> dict[str, str]:
    """What each name of a new workbook refers to; all are blank as long as there was no run.

    >>> state_formulas()["kp_last_customers"]
    'INDEX(kp_last_run,4)'
    """
    blank = ",".join(['""'] * (len(_KEYS) + 2))
    year, month, day = (f"INDEX({STATE},{place})" for place in (1, 2, 3))
    formulas = {STATE: f"{{{blank}}}", AS_OF: f'IF({year}="","",DATE({year},{month},{day}))'}
    for place, name in enumerate(STATE_NAMES[1:], start=4):
        formulas[name] = f"INDEX({STATE},{place})"
    return formulas


def state_array(figures: Mapping[str, float | dt.date]) -> str:
    """The figures of a run as :data:`STATE` refers to them.

    >>> figures = dict.fromkeys(STATE_NAMES, 2.5) | {"kp_last_as_of": dt.date(2026, 3, 31)}
    >>> state_array(figures)
    '{2026,3,31,2.5,2.5,2.5,2.5,2.5,2.5,2.5,2.5,2.5,2.5,2.5}'
    """
    numbers: list[float] = []
    for name in STATE_NAMES:
        figure = figures[name]
        if isinstance(figure, dt.date):
            numbers += figure.year, figure.month, figure.day
        else:
            numbers.append(figure)
    return "{" + ",".join(str(int(n)) if n == int(n) else repr(n) for n in numbers) + "}"


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
    return {state_name(key): figure for key, figure in figures.items()}
