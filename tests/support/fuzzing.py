"""How much is tried, and what must hold whatever is tried."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
import re
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
from hypothesis import HealthCheck, settings
from python_calamine import CalamineWorkbook

from support.ecma import repairs_of
from support.packages import MAY_CHANGE, changed_parts
from xlportfolio.document import document
from xlportfolio.errors import Problem, Severity, XlPortfolioError
from xlportfolio.files.ours import find_ours
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.rescore import Rescored, rescore
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import LANGUAGES
from xlportfolio.run import Run
from xlportfolio.schema import RawTable, interpret
from xlportfolio.wording import advise

#: ``XLPORTFOLIO_FUZZ=100`` tries a hundred times as much as the suite does.
FACTOR = int(os.environ.get("XLPORTFOLIO_FUZZ", "1"))
#: The longest that one input may take, in milliseconds.
DEADLINE = 10_000
#: The day of every run.
DAY = dt.date(2026, 1, 31)
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
        assert message.rstrip().endswith("."), message
        own = message.replace(found, "") if found else message
        assert not _PYTHON.search(own), own


def refused_in_words(error: XlPortfolioError) -> None:
    """What stops a run is said in words, each problem by itself."""
    assert error.problems
    for problem in error.problems:
        assert_in_words(problem, problem.found or "")
    assert dumped(None, error.problems)


def outcome(tables: Mapping[str, RawTable]) -> Run | None:
    """What comes of input tables, held against all that must be true; ``None``: refused in words."""
    try:
        run = Run.of(interpret(tables), today=DAY)
    except XlPortfolioError as error:
        refused_in_words(error)
        return None
    assert_sound(run)
    return run


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
    documents = [
        document("book.xlsx", DAY, run and advise(run.analysis, each), problems, each)
        for each in LANGUAGES
    ]
    return json.dumps(documents, allow_nan=False)


def read_or_refused(path: Path) -> None:
    """Read a file as far as its tables can be understood; whatever happens, it is as it was."""
    before = path.read_bytes()
    try:
        with closing(Package(path)) as package:
            workbook = Workbook(package)
            find_ours(workbook)
            interpret(read_tables(workbook))
    except XlPortfolioError as error:
        refused_in_words(error)
    assert path.read_bytes() == before


def rescored(path: Path) -> Rescored | None:
    """Rescore a file twice, and hold file and result against all that must be true.

    ``None``: refused in words, and the file, alone in its folder, is as it was.
    """
    before = path.read_bytes()
    try:
        first = rescore(path, backup=False, as_of=DAY)
    except XlPortfolioError as error:
        refused_in_words(error)
        assert path.read_bytes() == before
        return None
    finally:
        assert [path] == list(path.parent.iterdir())
    assert_sound(first.run)
    _assert_written(before, path)
    again = rescore(path, backup=False, as_of=DAY)
    pd.testing.assert_frame_equal(first.analysis.customers, again.analysis.customers)
    return again


def _assert_written(before: bytes, path: Path) -> None:
    """Only parts of ours have changed, and a file that was sound still is."""
    after = path.read_bytes()
    old, new = (parts_in(data) for data in (before, after))
    changed = {part for part in changed_parts(old, new) if not _OURS.search(part)}
    assert {part.lower() for part in changed} <= {part.lower() for part in MAY_CHANGE}, changed
    if not repairs_of(old):
        assert not repairs_of(new)
        if _by_openpyxl(before):
            assert _by_openpyxl(after)
    if _by_calamine(before):
        assert _by_calamine(after)


#: Parts that a rescore may replace if they are ours; the tests of the rescore look at them closely.
_OURS = re.compile(r"^xl/(tables|worksheets|charts|drawings)/")


def parts_in(data: bytes) -> dict[str, bytes]:
    """All parts of a package, inflated; of one that cannot be, what its directory says of it."""
    found = {}
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for info in package.infolist():
            try:
                found[info.filename] = package.read(info)
            except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError):
                found[info.filename] = f"{info.CRC} {info.file_size}".encode()
    return found


def _by_openpyxl(data: bytes) -> bool:
    """Whether openpyxl reads a workbook."""
    try:
        openpyxl.load_workbook(io.BytesIO(data))
    except Exception:  # noqa: BLE001 (it has many ways to refuse a file)
        return False
    return True


def _by_calamine(data: bytes) -> bool:
    """Whether calamine reads every sheet."""
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for name in book.sheet_names:
            book.get_sheet_by_name(name).to_python()
    except Exception:  # noqa: BLE001 (it has many ways to refuse a file)
        return False
    return True
