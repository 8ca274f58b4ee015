"""The sheet that says who has moved since the last time."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlportfolio.locale import Texts
from xlportfolio.model import RATED_QUADRANTS, Quadrant
from xlportfolio.movement import Change, Movement
from xlportfolio.movement_words import MovementTexts, put_into_words
from xlportfolio.presentation import Presentation
from xlportfolio.scoring import Floats, Ints, rounded
from xlportfolio.tables import Cells, Kind, ReportColumn, SheetTable, Summary

#: Its key, and the table by which it is known again.
MOVEMENT, MOVEMENT_TABLE = "movement", "tblMovement"

#: The lines and the columns of the table from type to type: ``""``, who was or is not there.
_TYPES = (*RATED_QUADRANTS, Quadrant.NOT_RATED, "")
#: In which order the rows stand: nobody is missing without being seen first.
_MISSING, _MOVED, _RATED, _NEW, _PARTED, _STAYED = range(6)
_PLACES = {
    Change.GONE: _MISSING,
    Change.MOVED: _MOVED,
    Change.RATED: _RATED,
    Change.UNRATED: _RATED,
    Change.NEW: _NEW,
    Change.STAYED: _STAYED,
}

#: The columns of the table, and what each holds.
_KINDS = {
    "movement": Kind.WORD,
    "customer_id": Kind.ID,
    "customer": Kind.NAME,
    "type_before": Kind.QUADRANT,
    "type_now": Kind.QUADRANT,
    "value_before": Kind.SCORE,
    "value_now": Kind.SCORE,
    "benefit_before": Kind.SCORE,
    "benefit_now": Kind.SCORE,
    "total_change": Kind.CHANGE,
    "rank_before": Kind.RANK,
    "rank_now": Kind.RANK,
    "cause": Kind.WORD,
    "criterion": Kind.PHRASE,
    "reason": Kind.PROSE,
    "parted": Kind.REMARK,
}


class Counts(NamedTuple):
    """How many customers have moved from type to type, are (not) rated now, new, and missing.

    ``missing`` leaves out whom somebody has parted with on purpose; these are ``parted``.
    """

    moved: int
    rated: int
    unrated: int
    new: int
    missing: int
    parted: int


def counts(movement: Movement) -> Counts:
    """Count who has moved, come and gone."""
    changes, places = movement.customers["change"], _places(movement.customers)
    told = (Change.MOVED, Change.RATED, Change.UNRATED, Change.NEW)
    return Counts(
        *(int((changes == change).sum()) for change in told),
        *(int((places == place).sum()) for place in (_MISSING, _PARTED)),
    )


def missing(movement: Movement) -> list[str]:
    """Who is missing: their names, else their numbers, the best first."""
    gone = movement.customers[_places(movement.customers) == _MISSING]
    pairs = zip(gone["customer"].tolist(), gone["customer_id"].tolist(), strict=True)
    return [name or number for name, number in pairs]


def compared(movement: Movement, words: Texts) -> str:
    """With which day is compared, and how many have moved, come and gone, in a sentence."""
    return words("movement_sheet.counts", since=movement.since, **counts(movement)._asdict())


def _places(customers: pd.DataFrame) -> Ints:
    """Where the row of each customer belongs among the others."""
    places = np.array([_PLACES[Change(c)] for c in customers["change"]], dtype=np.int64)
    parted = (customers["parted"] != "").to_numpy(np.bool_)
    places[(places == _MISSING) & parted] = _PARTED
    return places


def movement_sheet(
    movement: Movement | None, presentation: Presentation, sheet: str, words: Texts
) -> SheetTable:
    """Lay out who has moved: first who is missing, then the largest moves.

    What people type, whom they have parted with on purpose, is read before a run, and written
    again with the row.

    Parameters
    ----------
    movement
        ``None``: there is no earlier day.
    presentation
        Language and day.
    sheet
        The name on its tab.
    """
    said = MovementTexts((), ())
    subtitles = [nothing_compared(presentation, words)]
    cells: dict[str, Cells] = dict.fromkeys(_KINDS, ())
    if movement is not None:
        said = put_into_words(movement, words.language)
        subtitles = _subtitles(movement, words)
        cells = _cells(movement, said.reasons, words)
    columns = (ReportColumn.headed(key, kind, cells[key], words) for key, kind in _KINDS.items())
    return SheetTable(
        MOVEMENT,
        MOVEMENT_TABLE,
        sheet,
        words(f"titles.{MOVEMENT}"),
        tuple(subtitles),
        tuple(columns),
        summary=_summary(movement, said.model, words),
    )


def nothing_compared(presentation: Presentation, words: Texts) -> str:
    """Why there is no movement."""
    key = "first" if presentation.history_dates else "off"
    if key == "first" and presentation.compare_with is not None:
        key = "too_early"
    details = {"as_of": presentation.as_of, "day": presentation.compare_with}
    return words(f"movement_sheet.{key}", **details)


def _subtitles(movement: Movement, words: Texts) -> list[str]:
    """Which days are compared under which models, and how causes are to be read."""
    as_of = words("movement_sheet.as_of", day=movement.day)
    first = [as_of, compared(movement, words)]
    if (movement.customers["change"] == Change.STAYED).all():
        first.append(words("movement_sheet.nobody"))
    model = "changed" if movement.model_changes else "unchanged"
    second = [words(f"movement_sheet.{model}")]
    before, now = movement.thresholds_before, movement.thresholds
    if any(rounded(x) != rounded(y) for x, y in zip(before, now, strict=True)):
        numbers = {
            "value_before": before.value,
            "value": now.value,
            "benefit_before": before.benefit,
            "benefit": now.benefit,
        }
        shown = {key: words.number(number, 1) for key, number in numbers.items()}
        second.append(words("movement_sheet.thresholds", **shown))
    return [" ".join(first), " ".join([*second, words("movement_sheet.causes")])]


def _cells(movement: Movement, reasons: Sequence[str], words: Texts) -> dict[str, Cells]:
    """The cells of each column, in the order of the rows, without those who have stayed."""
    customers, places = movement.customers, _places(movement.customers)
    change = (customers["total"] - customers["total_before"]).to_numpy(np.float64)
    largest = np.where(places == _MOVED, -np.abs(rounded(change)), 0.0)
    order = np.lexsort((largest, places))
    at = order[places[order] != _STAYED]
    rows, crossings = customers.iloc[at], [movement.crossings[i] for i in at.tolist()]

    def numbers(column: str) -> Floats:
        found: Floats = rows[column].to_numpy(np.float64)
        return found

    def types(column: str) -> list[str]:
        return [words(f"quadrants.{q}") if q else "" for q in rows[column]]

    changes = np.where(places == _PARTED, "parted", customers["change"])
    return {
        "movement": [words(f"changes.{changes[i]}") for i in at.tolist()],
        "customer_id": rows["customer_id"].tolist(),
        "customer": rows["customer"].tolist(),
        "type_before": types("quadrant_before"),
        "type_now": types("quadrant"),
        "value_before": numbers("value_before"),
        "value_now": numbers("value"),
        "benefit_before": numbers("benefit_before"),
        "benefit_now": numbers("benefit"),
        "total_change": change[at],
        "rank_before": numbers("rank_before"),
        "rank_now": numbers("rank"),
        "cause": [
            _listed(
                words(f"causes.{cause}") for cause in (*(c.cause for c in crossed), rated) if cause
            )
            for crossed, rated in zip(crossings, rows["rated_cause"].tolist(), strict=True)
        ],
        "criterion": [
            _listed(c.criterion for c in crossed if isinstance(c.criterion, str))
            for crossed in crossings
        ],
        "reason": [reasons[i] for i in at.tolist()],
        "parted": rows["parted"].tolist(),
    }


def _listed(texts: Iterable[str]) -> str:
    """Texts that are not blank, each once."""
    return "; ".join(dict.fromkeys(filter(None, texts)))


def _summary(movement: Movement | None, model: Sequence[str], words: Texts) -> Summary:
    """How many have gone from each type to each, and beside it what has changed in the model."""
    types = [words(f"quadrants_plural.{q}") if q else "" for q in _TYPES]
    labels = [*types[:-1], words("changes.new")]
    headers = [*types[:-1], words("movement_sheet.away")]
    table = np.full((len(_TYPES), len(_TYPES)), np.nan)
    if movement is not None:
        before, now = movement.customers["quadrant_before"], movement.customers["quadrant"]
        for r, was in enumerate(_TYPES):
            table[r] = [float(((before == was) & (now == q)).sum()) for q in _TYPES]
        table[-1, -1] = np.nan  # there on neither of the days
    columns = [
        ReportColumn.headed("from_to", Kind.WORD, labels, words),
        *(
            ReportColumn("to", header, Kind.RANK, table[:, k].copy())
            for k, header in enumerate(headers)
        ),
        ReportColumn.headed("model_changes", Kind.PROSE, _model_changes(model, words), words),
    ]
    quadrants = (*RATED_QUADRANTS, None, None)
    return Summary(tuple(columns), quadrants, (1, *range(4, 5 + len(_TYPES))))


def _model_changes(model: Sequence[str], words: Texts) -> list[str]:
    """One sentence on each line for each change of the model; what does not fit is counted."""
    room = len(_TYPES)
    said = list(model)
    if len(said) > room:
        more = len(said) - room + 1
        said = [*said[: room - 1], words("movement_sheet.more", count=more)]
    return said + [""] * (room - len(said))
