"""The sheet with the portfolio matrix: what its chart draws, and the lines above it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.locale import Texts, texts
from xlportfolio.model import RATED_QUADRANTS, Status
from xlportfolio.movement import Movement, largest_moves
from xlportfolio.presentation import Presentation
from xlportfolio.scoring import Floats, Ints
from xlportfolio.tables import Cells, Kind, ReportColumn, Summary

#: Its key, and the hidden name that marks the sheet, which has no table.
MATRIX = "matrix"
MATRIX_NAME = "_kp_matrix"
#: Where the points of the matrix begin: the row, the column, counted from 1; names stand above.
POINTS_ROW, POINTS_COLUMN = 12, 12
#: Points that a chart draws of one series; Excel takes no more of them in a flat chart.
MOST_POINTS = 32_000
#: Names that a chart has room for, even if fewer were asked for when it was authored: a live
#: workbook cannot add any.
_ROOM = 50
#: How many sizes larger points come in, and where among the points their columns begin: behind
#: names, and the coordinates of the named and of each type.
SIZES, FIRST_SIZE = 5, 3 + 2 * len(RATED_QUADRANTS)
#: Arrows that the chart has room for.
ARROWS = 10


@dataclass(frozen=True, slots=True, eq=False)
class MatrixSheet:
    """The sheet with the portfolio chart, which draws the points in the sheet's own cells.

    They stand there, and not on the sheets of the types, so that the sheet can be copied into
    another workbook as it is, and so that a host that cannot change a chart need not.

    Attributes
    ----------
    notes, arrow_note
        What stands below the title, and what is said of the arrows, if there are any.
    names
        How many names the chart has room for; only as many points are named as were asked for.
    points
        The cells from :data:`POINTS_ROW` and :data:`POINTS_COLUMN` on: name and coordinates of the
        first customers of the ranking; the coordinates of each type's; for each type and each of
        :data:`SIZES` sizes, the values of the named customers whose points have it. Columns of
        equal length, blank below their last point.
    arrows
        The cells to the right of the points: for each of the largest moves, at most
        :data:`ARROWS`, the customer's name, and the two ends of the arrow on each axis.
    helper, lines
        What the cells of the thresholds are for, and what the line of each is called.
    summary
        The lines above the chart, one for each type: how many customers and prospects are of it.
    formulas
        Those of cells other than the points that have one, by their addresses.
    """

    sheet: str
    title: str
    notes: tuple[str, ...]
    arrow_note: str
    value_threshold: float
    benefit_threshold: float
    helper: str
    lines: tuple[str, str]
    summary: Summary
    names: int
    points: tuple[ReportColumn, ...]
    arrows: tuple[ReportColumn, ...]
    formulas: Mapping[str, str] = field(default_factory=dict)

    @property
    def subtitles(self) -> tuple[str, ...]:
        """The lines below the title."""
        first, *more = self.notes
        second = " ".join(filter(None, [*more, self.arrow_note]))
        return (first, second) if second else (first,)

    @property
    def columns(self) -> tuple[ReportColumn, ...]:
        """Points and arrows, in columns of equal length."""
        columns = (*self.points, *self.arrows)
        rows = max(map(len, columns))
        return tuple(column.lengthened(rows) for column in columns)

    def without_arrows(self) -> MatrixSheet:
        """The same for a chart that draws none."""
        return replace(self, arrows=(), arrow_note="")

    @property
    def thresholds(self) -> tuple[tuple[str | float | None, ...], ...]:
        """The cells from the row above :data:`HEADER_ROW` and :data:`POINTS_COLUMN` on.

        What they are for, the names of both lines, and their ends.
        """
        value, benefit = self.value_threshold, self.benefit_threshold
        return (
            (self.helper, None, None, None),
            (self.lines[0], None, self.lines[1], None),
            (0, value, benefit, 0),
            (100, value, benefit, 100),
        )


def matrix_sheet(
    analysis: PortfolioAnalysis,
    presentation: Presentation,
    sheet: str,
    sizes: Floats | None,
    movement: Movement | None = None,
) -> MatrixSheet:
    """Lay out the matrix.

    Parameters
    ----------
    sheet
        The name on its tab.
    sizes
        The bubble measure, for each row of the ranking.
    movement
        Whose largest moves are drawn as arrows; ``None``: there is no earlier day.
    """
    words, customers = texts(presentation.language), analysis.customers
    labels = min(presentation.top_labels, int(customers["rank"].notna().sum()))
    value, benefit = analysis.thresholds
    types = customers["quadrant"].to_numpy()
    capped = any((types == quadrant).sum() > MOST_POINTS for quadrant in RATED_QUADRANTS)
    key = "matrix_capped" if capped else "matrix"
    subtitle = words(
        f"subtitles.{key}",
        as_of=presentation.as_of,
        value=words.number(value, 1),
        benefit=words.number(benefit, 1),
        labels=labels,
        cap=words.number(MOST_POINTS, 0),
    )
    notes = [subtitle]
    steps = np.zeros(labels, dtype=np.int64)
    if sizes is not None and labels:
        shown = np.nan_to_num(np.clip(sizes[:labels], 0, None))
        steps = np.ceil(SIZES * np.sqrt(shown / max(shown.max(), 1e-300))).astype(np.int64)
        notes.append(words("matrix.sized", measure=presentation.bubble_measure))
    prospect = (customers["status"] == Status.PROSPECT).to_numpy()
    of_type = [types == q for q in RATED_QUADRANTS]
    lines: tuple[tuple[str, Kind, Cells], ...] = (
        ("type", Kind.QUADRANT, [words(f"quadrants_plural.{q}") for q in RATED_QUADRANTS]),
        ("customers", Kind.RANK, np.array([(of & ~prospect).sum() for of in of_type], float)),
        ("prospects", Kind.RANK, np.array([(of & prospect).sum() for of in of_type], float)),
        ("meaning", Kind.PROSE, [words(f"meanings.{q}") for q in RATED_QUADRANTS]),
    )
    columns = (ReportColumn(key, words(f"matrix.{key}"), k, cells) for key, k, cells in lines)
    summary = Summary(tuple(columns), RATED_QUADRANTS, (1, 2, 3, 4))
    arrows = _arrows(movement, words)
    return MatrixSheet(
        sheet,
        words("titles.matrix"),
        tuple(notes),
        _arrow_note(movement, len(arrows[0]), words),
        value,
        benefit,
        words("matrix.helper"),
        (words("matrix.value_threshold"), words("matrix.benefit_threshold")),
        summary,
        max(_ROOM, presentation.top_labels),
        _points(customers, steps, words),
        arrows,
    )


def _points(customers: pd.DataFrame, steps: Ints, words: Texts) -> tuple[ReportColumn, ...]:
    """The cells that the chart draws; ``steps`` are the sizes of the named points, from 0."""
    labels, types = len(steps), customers["quadrant"].to_numpy()
    x, y = (customers[f"{axis}_score"].to_numpy(np.float64) for axis in ("benefit", "value"))
    groups = [np.arange(labels)]
    groups += [np.flatnonzero(types == q)[:MOST_POINTS] for q in RATED_QUADRANTS]
    rows = max(map(len, groups))
    named = words("matrix.named")
    first = (customers[key].tolist()[:labels] for key in ("customer", "customer_id"))
    names = [name or number for name, number in zip(*first, strict=True)]
    columns = [ReportColumn("name", named, Kind.NAME, names + [""] * (rows - labels))]
    colon = words("words.colon")
    titles = [named, *(words(f"quadrants_plural.{q}") for q in RATED_QUADRANTS)]
    for title, at in zip(titles, groups, strict=True):
        for axis, scores in (("benefit", x), ("value", y)):
            cells = np.full(rows, np.nan)
            cells[: len(at)] = scores[at]
            header = f"{title}{colon} {words(f'axes.{axis}')}"
            columns.append(ReportColumn(axis, header, Kind.SCORE, cells))
    for quadrant, title in zip(RATED_QUADRANTS, titles[1:], strict=True):
        for step in range(1, SIZES + 1):
            cells = np.full(rows, np.nan)
            at = np.flatnonzero((types[:labels] == quadrant) & (steps == step))
            cells[at] = y[at]
            header = f"{title}{colon} {words('matrix.size', step=step)}"
            columns.append(ReportColumn("value", header, Kind.SCORE, cells))
    return tuple(columns)


def _arrows(movement: Movement | None, words: Texts) -> tuple[ReportColumn, ...]:
    """From where the earlier measures would stand today to today's point: the largest moves.

    So an arrow shows what the customer has done, not what a change of the model has.
    """
    names: list[str] = []
    ends = np.empty((0, 4))
    if movement is not None:
        customers = movement.customers
        columns = [f"{axis}{when}" for axis in ("benefit", "value") for when in ("_then", "")]
        ends = customers[columns].to_numpy(np.float64)
        at = largest_moves(movement, ARROWS)
        ends, rows = ends[at], customers.iloc[at]
        pairs = zip(rows["customer"].tolist(), rows["customer_id"].tolist(), strict=True)
        names = [name or number for name, number in pairs]
    cells = [ReportColumn("arrow", words("matrix.arrow"), Kind.NAME, names)]
    for k, axis in enumerate(("benefit", "value")):
        for step, when in enumerate(("then", "now")):
            header = words(f"matrix.arrow_{when}", axis=words(f"axes.{axis}"))
            cells.append(ReportColumn(axis, header, Kind.SCORE, ends[:, 2 * k + step].copy()))
    return tuple(cells)


def _arrow_note(movement: Movement | None, count: int, words: Texts) -> str:
    """What the arrows are, if there are any."""
    if movement is None or not count:
        return ""
    return words(f"matrix.arrows{'' if count > 1 else '_one'}", since=movement.since, count=count)
