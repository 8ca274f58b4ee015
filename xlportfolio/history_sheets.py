"""The sheets on which a workbook keeps how its customers were scored on earlier days."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from xlportfolio.history import SETTINGS, History, header_of
from xlportfolio.locale import LANGUAGES, Texts, texts
from xlportfolio.model import Criterion, ScoringModel, name_key
from xlportfolio.scale import Level
from xlportfolio.tables import Cells, Kind, ReportColumn, SheetTable

#: Their keys, and the tables by which they are known again.
HISTORY, HISTORY_TABLE = "history", "tblHistory"
MODELS, MODELS_TABLE = "history_models", "tblHistoryModel"

#: The key of the columns that are headed by a criterion.
MEASURE = "measure"
#: The columns that every day has, in their order, and what they hold.
_KINDS = {
    "day": Kind.DATE,
    "version": Kind.RANK,
    "customer_id": Kind.ID,
    "customer": Kind.NAME,
    "status": Kind.WORD,
    "quadrant": Kind.QUADRANT,
    "value_score": Kind.SCORE,
    "benefit_score": Kind.SCORE,
    "total_score": Kind.SCORE,
    "rank": Kind.RANK,
    "parted": Kind.REMARK,
}
#: Columns of words of a closed set, and where their spellings stand.
_WORDS = {"status": "statuses", "quadrant": "quadrants"}
#: What a missing measure is worth, where there is a word for it.
_FILLS = {None: "skip", 0.0: "worst", 50.0: "neutral"}


#: What a criterion's column cannot be headed by: the other columns' headers, in any language.
_TAKEN = {
    name_key(name)
    for key in _KINDS
    for name in (key, *(texts(language)(f"columns.{key}") for language in LANGUAGES))
}


def history_sheet(history: History, sheet: str, words: Texts) -> SheetTable:
    """Lay out one row for each day and customer, the oldest day first.

    What is added stands below and to the right of what is there. Of a sheet that may be very long,
    the newest day is printed, without measures.

    Parameters
    ----------
    sheet
        The name on its tab.
    """
    rows = history.rows
    columns = [
        ReportColumn.headed(key, kind, _cells(rows[key], key, words), words)
        for key, kind in _KINDS.items()
    ]
    columns += [
        ReportColumn(MEASURE, header_of(str(name), _TAKEN), Kind.MEASURE, _measures(measures))
        for name, measures in history.measures.items()
    ]
    days = np.unique(rows["day"].to_numpy(np.int64))
    first_to_last = {
        name: dt.date.fromordinal(int(days[at]))
        for name, at in (("first", 0), ("last", -1))
        if len(days)
    }
    key = {0: "history_none", 1: "history_one"}.get(len(days), HISTORY)
    subtitles = [words(f"subtitles.{key}", days=len(days), **first_to_last)]
    if len(days):
        subtitles.append(words("subtitles.history_use", parted=words("columns.parted")))
    newest = np.flatnonzero(rows["day"].to_numpy() == days[-1]) if len(days) else [0]
    return SheetTable(
        HISTORY,
        HISTORY_TABLE,
        sheet,
        words(f"titles.{HISTORY}"),
        tuple(subtitles),
        tuple(columns),
        printed=(range(int(newest[0]), int(newest[-1]) + 1), range(len(_KINDS))),
    )


def _cells(column: pd.Series, key: str, words: Texts) -> Cells:
    """The cells of a column that every day has."""
    if key in _WORDS:
        spelled = {"": "", **words.branch(_WORDS[key])}
        return [spelled[word] for word in column.tolist()]
    if _KINDS[key] in {Kind.DATE, Kind.RANK, Kind.SCORE}:
        return column.to_numpy(np.float64)
    plain: list[str] = column.tolist()
    return plain


def _measures(column: pd.Series) -> Cells:
    """Measures, as they are; words among them stay words."""
    if pd.api.types.is_numeric_dtype(column):
        return column.to_numpy(np.float64)
    missing = column.isna().to_numpy()
    measures = column.tolist()
    return ["" if lacks else cell for cell, lacks in zip(measures, missing, strict=True)]


# --- the models -----------------------------------------------------------------------------------


class _Line(NamedTuple):
    """A criterion or a setting of a version; blank text and NaN for what it does not have."""

    version: int
    day: float
    criterion: str = ""
    axis: str = ""
    weight: float = np.nan
    objective: str = ""
    scale: str = ""
    low: float = np.nan
    high: float = np.nan
    levels: str = ""
    missing: str | float = ""
    unit: str = ""
    setting: str = ""
    value: str | float = ""


_MODEL_KINDS = {
    "version": Kind.RANK,
    "day": Kind.DATE,
    "criterion": Kind.NAME,
    "axis": Kind.WORD,
    "weight": Kind.COUNT,
    "objective": Kind.WORD,
    "scale": Kind.WORD,
    "low": Kind.MEASURE,
    "high": Kind.MEASURE,
    "levels": Kind.PHRASE,
    "missing": Kind.COUNT,
    "unit": Kind.WORD,
    "setting": Kind.WORD,
    "value": Kind.MEASURE,
}


def models_sheet(history: History, sheet: str, words: Texts) -> SheetTable:
    """Lay out the criteria and settings of each version of the model, the oldest first.

    Parameters
    ----------
    sheet
        The name on its tab.
    """
    rows = history.rows
    first = rows.groupby("version")["day"].min().to_dict()
    lines = [
        line
        for version, model in sorted(history.versions.items())
        for line in _lines(version, float(first.get(version, np.nan)), model, words)
    ]
    columns = [
        ReportColumn.headed(key, kind, _column([line[k] for line in lines]), words)
        for k, (key, kind) in enumerate(_MODEL_KINDS.items())
    ]
    subtitles = (words(f"subtitles.{MODELS}"), words("subtitles.history_models_use"))
    return SheetTable(
        MODELS, MODELS_TABLE, sheet, words(f"titles.{MODELS}"), subtitles, tuple(columns)
    )


def _column(cells: Sequence[str | float]) -> Cells:
    """Numbers as such, where there is nothing else."""
    if any(isinstance(cell, str) for cell in cells):
        return cells
    numbers: npt.NDArray[np.float64] = np.array(cells, dtype=np.float64)
    return numbers


def _lines(version: int, day: float, model: ScoringModel, words: Texts) -> Iterator[_Line]:
    for criterion in model.criteria:
        yield _criterion(version, day, criterion, words)
    for name in SETTINGS:
        setting = getattr(model, name)
        value = str(setting) if isinstance(setting, str) else float(setting)
        yield _Line(version, day, setting=name, value=value)


def _criterion(version: int, day: float, criterion: Criterion, words: Texts) -> _Line:
    scale, fill = criterion.scale, criterion.fill
    return _Line(
        version,
        day,
        criterion.name,
        words(f"axes.{criterion.axis}"),
        float(criterion.weight),
        str(criterion.objective),
        words(f"scales.{scale.kind}"),
        np.nan if scale.low is None else float(scale.low),
        np.nan if scale.high is None else float(scale.high),
        _levels(scale.levels, words),
        words(f"fills.{_FILLS[fill]}") if fill in _FILLS else float(fill or 0),
        criterion.unit,
    )


def _levels(levels: Iterable[Level], words: Texts) -> str:
    """Levels as they are typed, with all digits."""
    return "; ".join(
        f"{bound if isinstance(bound, str) else words.general(float(bound))}="
        f"{words.general(float(value))}"
        for bound, value in levels
    )
