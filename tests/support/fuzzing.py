"""How much is tried, and what must hold whatever is tried."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, settings

from xlportfolio.document import document
from xlportfolio.errors import Problem, Severity, XlPortfolioError
from xlportfolio.locale import LANGUAGES
from xlportfolio.run import Run
from xlportfolio.schema import RawTable, interpret

#: ``XLPORTFOLIO_FUZZ=100`` tries a hundred times as much as the suite does.
FACTOR = int(os.environ.get("XLPORTFOLIO_FUZZ", "1"))
#: The longest that one input may take, in milliseconds.
DEADLINE = 10_000
#: Inputs that once failed.
CORPUS = Path(__file__).parents[1] / "corpus"


def tries(few: int) -> settings:
    """So many inputs in the suite, more by hand, none of which may take ten seconds."""
    return settings(
        max_examples=few * FACTOR,
        deadline=DEADLINE,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )


#: What Python would show of itself in a message that nobody thought of.
_PYTHON = re.compile(
    r"Traceback|\bError\(|<class|<function| object at 0x|Decimal\(|datetime\.|CellError|"
    r"\bNone\b|np\.|Fault\(|Phrase\(|numpy|\bnan\b"
)


def assert_in_words(problem: Problem | XlPortfolioError, found: str = "") -> None:
    """What a user is told is one line in each language, with nothing of Python in it."""
    for language in LANGUAGES:
        message = problem.message(language)
        assert message.strip(), problem
        own = message.replace(found, "") if found else message
        assert not _PYTHON.search(own), own


def outcome(tables: Mapping[str, RawTable]) -> Run | None:
    """What comes of input tables, held against all that must be true; ``None``: refused in words."""
    try:
        run = Run.of(interpret(tables), today=dt.date(2026, 1, 31))
    except XlPortfolioError as error:
        refused = error.problems
    else:
        assert_sound(run)
        return run
    assert refused
    for problem in refused:
        assert_in_words(problem, problem.found or "")
    assert dumped(None, refused)
    return None


def assert_sound(run: Run) -> None:
    """Scores, ranks, types and texts of a run are what they may be."""
    customers = run.analysis.customers
    for key in ("value_score", "benefit_score", "total_score"):
        present = customers[key].dropna()
        assert present.between(0, 100).all(), customers
    for key in ("value_coverage", "benefit_coverage"):
        assert customers[key].between(0, 1).all(), customers
    rated = customers[customers["quadrant"] != "not_rated"]
    assert rated["total_score"].notna().all()
    totals = np.round(rated["total_score"].to_numpy(float), 9)
    assert rated["rank"].tolist() == [1 + (totals > total).sum() for total in totals]
    assert len(customers) == len(run.given.customers)
    thresholds = np.array(run.analysis.thresholds)
    assert ((thresholds >= 0) & (thresholds <= 100)).all()
    for problem in run.problems:
        assert problem.severity is not Severity.ERROR
        assert_in_words(problem, problem.found or "")
    assert dumped(run, run.problems)
    names = run.sheet_names
    report = run.report(names)
    assert len({len(column.cells) for column in report.matrix.points}) == 1
    for table in report.tables:
        assert {len(column.cells) for column in table.columns} == {len(table)}


def dumped(run: Run | None, problems: Sequence[Problem]) -> str:
    """The JSON document, which must be valid in every language."""
    analysis = None if run is None else run.analysis
    day = dt.date(2026, 1, 31)
    documents = [document("book.xlsx", day, analysis, problems, each) for each in LANGUAGES]
    return json.dumps(documents, allow_nan=False)
