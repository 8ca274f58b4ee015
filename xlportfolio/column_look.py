"""How each kind of column looks, how wide it is, and how high rows are, whatever draws them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from xlportfolio.scoring import Floats
from xlportfolio.tables import Kind, ReportColumn, SheetTable, Summary


class Style(NamedTuple):
    """How a kind of column looks: width in characters, number format, alignment, wrapping."""

    width: float
    number_format: str = "General"
    horizontal: str = "left"
    wrap: bool = False


STYLES: Mapping[Kind, Style] = {
    Kind.RANK: Style(8, "0", "center"),
    Kind.ID: Style(13),
    Kind.NAME: Style(30),
    Kind.WORD: Style(12),
    Kind.FLAG: Style(8, horizontal="center"),
    Kind.DATE: Style(12, "yyyy-mm-dd", "center"),
    Kind.QUADRANT: Style(17, horizontal="center"),
    Kind.SCORE: Style(11, "0.0", "right"),
    Kind.PLOTTED: Style(11, "0.0", "right"),
    Kind.PERCENT: Style(11, "0%", "right"),
    Kind.SHARE: Style(11, "0.0%", "right"),
    Kind.AMOUNT: Style(14, "#,##0", "right"),
    Kind.COUNT: Style(10, horizontal="center"),
    Kind.HOURS: Style(11, "#,##0.0", "right"),
    Kind.RATE: Style(11, "0.00", "right"),
    Kind.CHANGE: Style(11, "+#,##0.0;-#,##0.0;0.0", "right"),
    Kind.DIFFERENCE: Style(11, "+0;-0;0", "center"),
    Kind.PHRASE: Style(24, wrap=True),
    Kind.PROSE: Style(58, wrap=True),
    Kind.REMARK: Style(24, wrap=True),
    Kind.RATIO: Style(14, "0.000", "center"),
    Kind.MEASURE: Style(12, horizontal="right"),
    Kind.POINTS: Style(11, "0.0", "right"),
    Kind.ENTRY: Style(10, horizontal="center"),
    Kind.JUDGMENT: Style(17, horizontal="center", wrap=True),
}
#: Widths of single columns that differ from those of their kind.
_WIDTHS = {
    "activity": 34.0,
    "reason": 64.0,
    "lever": 46.0,
    "strategy": 31.0,
    "message": 84.0,
    "note": 40.0,
    "hidden": 34.0,
    "type_change": 40.0,
    "swap": 46.0,
}
#: Of one line of text, in points.
LINE_HEIGHT = 15.0
#: A row cannot be higher, in points.
_HIGHEST = 409.0
#: Width of the filter button that covers a header's end, in characters.
_BUTTON = 3


def _width(column: ReportColumn, style: Style) -> float:
    """Wide enough for the header with its button and, where text may not wrap, for most cells."""
    longest_word = 1.15 * max((len(word) for word in column.header.split()), default=0)  # bold
    width = max(_WIDTHS.get(column.key, style.width), longest_word + _BUTTON)
    if column.kind in {Kind.ID, Kind.NAME, Kind.WORD}:
        longest = max((len(str(cell)) for cell in column.first(2_000)), default=0)
        width = max(longest_word + _BUTTON, min(longest * 1.1 + 2, 42))
    return width


def widths(table: SheetTable) -> list[float]:
    """The width of each column in characters, so that what stands in the summary fits too."""
    found = [_width(column, STYLES[column.kind]) for column in table.columns]
    if table.summary is not None:
        for column, first, last in table.summary.spans(len(found)):
            style = STYLES[column.kind]
            if not style.wrap:
                lack = _width(column, style) - sum(found[first - 1 : last])
                found[last - 1] += max(lack, 0.0)
    return found


def summary_heights(
    summary: Summary, wide: Sequence[float], lines: Sequence[Sequence[object]] | None = None
) -> list[float]:
    """The height in points of a summary's header and of each line, so that all is seen whole.

    No program finds the height of merged cells by itself.

    Parameters
    ----------
    wide
        The widths of the sheet's columns, in characters.
    lines
        Header and lines as they stand on a sheet; ``None``: those of the summary.
    """
    spans = list(summary.spans(len(wide)))
    if lines is None:
        cells = zip(*(column.cells for column in summary.columns), strict=True)
        lines = [[column.header for column in summary.columns], *cells]
    heights = []
    for k, line in enumerate(lines):
        most = 1
        for content, (column, first, last) in zip(line, spans, strict=True):
            if isinstance(content, str) and (k == 0 or STYLES[column.kind].wrap):
                room = (sum(wide[first - 1 : last]) - 1) / (1.15 if k == 0 else 1)  # bold; indent
                parts = content.splitlines()
                count = sum(len(textwrap.wrap(part, max(int(room), 1))) or 1 for part in parts)
                most = max(most, count)
        heights.append(min(LINE_HEIGHT * most, _HIGHEST))
    return heights


def row_heights(table: SheetTable) -> list[float] | None:
    """The height of each row in points, so that wrapped text is seen whole; ``None``: all alike.

    Excel finds the heights by itself when a row is edited; other programs rely on what is written.
    """
    lines = np.ones(len(table))
    for column, width in zip(table.columns, widths(table), strict=True):
        if STYLES[column.kind].wrap:
            lengths = np.array([len(str(cell)) for cell in column.cells], dtype=np.float64)
            lines = np.maximum(lines, lines_of(lengths, width))
    heights: list[float] = np.minimum(LINE_HEIGHT * lines, _HIGHEST).tolist()
    return heights if max(heights, default=0) > LINE_HEIGHT else None


def lines_of(lengths: Floats, width: float) -> Floats:
    """About how many lines texts of these lengths take in a column of this width, in characters."""
    return 1 + np.floor(lengths / (width * 1.05))
