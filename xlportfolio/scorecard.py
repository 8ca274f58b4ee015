"""The scorecard: one line for each row of the customers' table, in the table's own order.

What the function KP_SCORECARD answers, and what a closed workbook keeps of its answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.locale import texts
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, SETTINGS_TABLE
from xlportfolio.tables import Kind, ReportColumn

#: The columns, and what kind each is.
COLUMNS: Mapping[str, Kind] = {
    "customer_id": Kind.ID,
    "customer": Kind.NAME,
    "value_score": Kind.SCORE,
    "benefit_score": Kind.SCORE,
    "total_score": Kind.SCORE,
    "rank": Kind.RANK,
    "quadrant": Kind.QUADRANT,
    "abc_class": Kind.FLAG,
}
#: The tables of a portfolio, as functions of ours take them.
ARGUMENTS = ",".join(table.whole for table in (CUSTOMERS, CRITERIA, SETTINGS_TABLE))
#: The formula by which the template's scorecard is known.
FORMULA = f"KP_SCORECARD({ARGUMENTS})"


def scorecard(
    analysis: PortfolioAnalysis, labels: range, language: str
) -> tuple[ReportColumn, ...]:
    """Scores, rank, type and ABC class of every row, so that each stays beside its customer.

    Parameters
    ----------
    analysis
        Its index labels are the rows of the customers' table.
    labels
        All rows of that table from top to bottom; one that the analysis does not know is empty
        and stays empty here.
    language
        Of the headers and of the types, such as ``"en"``.

    Returns
    -------
    Columns of equal length, one cell for each label: NaN or ``""`` for none.
    """
    words = texts(language)
    types = {"": "", **words.branch("quadrants")}
    rows = analysis.customers.reindex(labels)
    columns = []
    for key, kind in COLUMNS.items():
        header = words(f"columns.{key}")
        if kind in {Kind.SCORE, Kind.RANK}:
            columns.append(ReportColumn(key, header, kind, rows[key].to_numpy(np.float64)))
        else:
            known = rows[key].where(rows[key].notna(), "").to_numpy(object)
            cells = list(map(str, known))
            if kind is Kind.QUADRANT:
                cells = [types[cell] for cell in cells]
            columns.append(ReportColumn(key, header, kind, cells))
    return tuple(columns)


def rows_of(columns: Sequence[ReportColumn]) -> list[list[float | str | None]]:
    """Columns as rows of cells below a row of headers; NaN and blank text become ``None``."""
    plain = (c.cells.tolist() if isinstance(c.cells, np.ndarray) else c.cells for c in columns)
    cleaned = (
        [None if cell == "" or cell != cell else cell for cell in column]  # noqa: PLR0124 (NaN)
        for column in plain
    )
    return [[column.header for column in columns], *map(list, zip(*cleaned, strict=True))]
