"""Words in a copy that goes on computing: texts in formulas, and the sheet that keeps texts.

A formula of Excel holds no text of more than 255 characters. So what the recommendations say
stands on a sheet of its own, from which their formulas take it: the strategy of each type, and the
reason and the lever of each customer, with the figures for which they were written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from xlportfolio.audience import Audience
from xlportfolio.locale import Texts, texts
from xlportfolio.model import RATED_QUADRANTS, Status
from xlportfolio.plain_formulas import absolute, literal, on_sheet
from xlportfolio.report import Report
from xlportfolio.strategies import standard_strategies, strategies_for
from xlportfolio.tables import FIRST_ROW, Cells, Kind, ReportColumn, SheetTable, Summary

#: The key of the sheet, and the table on it.
TEXTS, TEXTS_TABLE = "texts", "tblLiveTexts"
#: Characters of a text in a formula.
_LONGEST = 255
#: Type and status of each strategy, as they follow one another.
_PAIRS = [(quadrant, status) for quadrant in RATED_QUADRANTS for status in Status]
_MARK = re.compile("\0(.*?)\0")


def quoted(text: str) -> str:
    """A text as it stands in a formula.

    >>> print(quoted('a "good" fit'))
    "a ""good"" fit"
    """
    parts = [text[k : k + _LONGEST] for k in range(0, len(text), _LONGEST)] or [""]
    return "&".join(map(literal, parts))


def sentence(words: Texts, key: str, live: Mapping[str, str], **details: object) -> str:
    """A formula that says a text in which some details are formulas themselves.

    >>> sentence(texts("en"), "words.percent", {"number": "A1"})
    'A1&"%"'
    """
    marked = words(key, **details, **{name: f"\0{name}\0" for name in live})
    parts = _MARK.split(marked)  # texts at the even places, names between them
    return "&".join(live[p] if k % 2 else quoted(p) for k, p in enumerate(parts) if k % 2 or p)


def live_texts(report: Report, audience: Audience, name: str) -> SheetTable:
    """Lay out the sheet that keeps what the recommendations say.

    Above, the strategies: two lines for each type, the first for customers, the second for
    prospects. Below, a row for each of the recommendations, in the same order.

    Parameters
    ----------
    report
        That of ``audience.run``.
    name
        What the sheet is called.
    """
    run = audience.run
    words = texts(run.presentation.language)
    listed = next(table for table in report.tables if table.key == "recommendations")
    columns = {column.key: column for column in listed.columns}
    ranking = {column.key: column for column in report.tables[0].columns}
    at = columns["rank"].at
    assert at is not None
    shown = (
        *(columns[key] for key in ("customer_id", "customer", "quadrant")),
        *(ranking[key].take(at) for key in ("value_score", "benefit_score")),
        *(columns[key] for key in ("reason", "lever")),
    )
    return SheetTable(
        TEXTS,
        TEXTS_TABLE,
        name,
        words("titles.texts"),
        (words("subtitles.texts", as_of=run.as_of),),
        shown,
        summary=_strategies(audience, words),
    )


def _strategies(audience: Audience, words: Texts) -> Summary:
    """What is to be done with customers and prospects of each type."""
    run = audience.run
    given = run.analysis.model.strategies or standard_strategies(words.language)
    chosen = strategies_for(given, *map(list, zip(*_PAIRS, strict=True)))
    visits = [s.visits_per_year if s is not None else None for s in chosen]
    cells: dict[int, tuple[str, Kind, Cells]] = {
        1: ("quadrant", Kind.WORD, [words(f"quadrants.{q}") for q, _ in _PAIRS]),
        2: ("status", Kind.WORD, [words(f"statuses.{s}") for _, s in _PAIRS]),
        3: ("strategy", Kind.PHRASE, [s.strategy if s else "" for s in chosen]),
        6: ("activity", Kind.PROSE, [s.activity if s else "" for s in chosen]),
        7: ("visits_per_year", Kind.COUNT, np.array(visits, dtype=np.float64)),
    }
    columns = (ReportColumn.headed(*line, words) for line in cells.values())
    return Summary(tuple(columns), tuple(q for q, _ in _PAIRS), tuple(cells))


class Wording:
    """Where on the sheet of texts each of them stands, as formulas find it there.

    Parameters
    ----------
    sheet
        As :func:`live_texts` lays it out.
    """

    def __init__(self, sheet: SheetTable, words: Texts) -> None:
        assert sheet.summary is not None
        self._sheet, self._words, self._summary = sheet, words, sheet.summary
        keys = [column.key for column in sheet.summary.columns]
        self._lines = dict(zip(keys, sheet.summary.at, strict=True))
        self._columns = [column.key for column in sheet.columns]

    def then(self, key: str, row: int) -> str:
        """The reference to what stood in a column of the recommendations, rows from 0."""
        place = absolute(self._columns.index(key) + 1, self._sheet.first_row + row)
        return f"{on_sheet(self._sheet.sheet)}{place}"

    def strategy(self, key: str, quadrant: str, status: str) -> str:
        """A formula for what the strategy of a type says, both given as references.

        Blank text for types without a strategy, and where it says nothing.
        """
        found = f"INDEX({self._line(key)},{self._place(quadrant, status)})"
        if key == "visits_per_year":
            return f'IFERROR(IF({found}="","",{found}),"")'
        return f'IFERROR({found}&"","")'

    def _place(self, quadrant: str, status: str) -> str:
        prospect = quoted(self._words(f"statuses.{Status.PROSPECT}"))
        return f"MATCH({quadrant},{self._line('quadrant')},0)+({status}={prospect})"

    def _line(self, key: str) -> str:
        column, last = self._lines[key], FIRST_ROW + len(self._summary) - 1
        return (
            f"{on_sheet(self._sheet.sheet)}{absolute(column, FIRST_ROW)}:{absolute(column, last)}"
        )


def with_formulas(column: ReportColumn, formulas: Sequence[str | None]) -> ReportColumn:
    """A column with a formula for each row, ``None``: the value stays."""
    return replace(column, formulas={k: f for k, f in enumerate(formulas) if f is not None})
