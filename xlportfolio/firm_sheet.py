"""What stands on the sheet that says how firm types and ranks are."""

from __future__ import annotations

import numpy as np

from xlportfolio.firmness import Firmness
from xlportfolio.locale import Texts
from xlportfolio.scoring import rounded
from xlportfolio.tables import Cells, Kind, ReportColumn, Summary
from xlportfolio.wording import Advice

#: From this share of the weightings on a type is firm, below the other it is not.
FIRM, UNSURE = 0.95, 0.80
#: From these correlations on two rankings are nearly the same, and alike.
_SAME, _ALIKE = 0.95, 0.80
#: The share of a weight by which the subtitle shows what the spread means.
_EXAMPLE = 0.2


def firm_note(firmness: Firmness, words: Texts) -> str:
    """What the column of the ranking says, in a sentence."""
    return words(f"firm.{_key(firmness, 'note')}", draws=words.number(firmness.draws, 0))


def firm_subtitles(firmness: Firmness, as_of: object, words: Texts) -> tuple[str, str]:
    """What was drawn, and how the columns are to be read."""
    deviation = firmness.spread * np.sqrt(_EXAMPLE * (1 - _EXAMPLE))
    drawn = words(
        f"firm.{_key(firmness, 'drawn')}",
        as_of=as_of,
        draws=words.number(firmness.draws, 0),
        spread=words.percent(firmness.spread),
        share=words.percent(100 * _EXAMPLE),
        points=words.rough(float(deviation)),
    )
    return drawn, words("firm.columns", top=words.number(firmness.top, 0))


def _key(firmness: Firmness, key: str) -> str:
    """The key of a text, another one where nothing was drawn."""
    if not firmness.draws:
        return f"{key}_nobody"
    return key if firmness.spread else f"{key}_exact"


def firm_summary(firmness: Firmness, words: Texts) -> Summary:
    """How many types are firm, and how much the rule that combines values matters."""
    shares = firmness.same_type[~np.isnan(firmness.same_type)]
    kept = rounded(shares)
    firm, unsure = kept >= FIRM, kept < UNSURE
    details = {"firm": words.percent(100 * FIRM), "unsure": words.percent(100 * UNSURE)}
    lines: list[tuple[str, float, float, str]] = [
        (words(f"firm.{key}", **details), float(rows.sum()), np.nan, words(f"firm.{key}_means"))
        for key, rows in (("firm", firm), ("between", ~firm & ~unsure), ("unsure", unsure))
    ]
    for key in ("topsis", "product"):
        alike = float(getattr(firmness, f"correlation_{key}"))
        meaning = words(f"firm.{_likeness(alike)}")
        lines.append((words(f"firm.{key}"), np.nan, alike, meaning))
    names, counts, alikes, meanings = zip(*lines, strict=True)
    cells: dict[int, tuple[str, Kind, Cells]] = {
        1: ("firm_line", Kind.PHRASE, names),
        4: ("count", Kind.RANK, np.array(counts)),
        5: ("correlation", Kind.RATE, np.array(alikes)),
        6: ("firm_meaning", Kind.PROSE, meanings),
    }
    columns = (ReportColumn.headed(*line, words) for line in cells.values())
    return Summary(tuple(columns), (None,) * len(lines), tuple(cells))


def _likeness(correlation: float) -> str:
    """How alike two rankings are, as the key of a text."""
    if np.isnan(correlation):
        return "incomparable"
    alike = rounded(correlation)
    return "same" if alike >= _SAME else "alike" if alike >= _ALIKE else "unlike"


def firm_columns(advice: Advice, words: Texts) -> list[ReportColumn]:
    """The columns of everybody that only this sheet has."""
    firm = advice.numbers.firmness
    columns: tuple[tuple[str, Kind, Cells], ...] = (
        ("same_type", Kind.PERCENT, firm.same_type),
        ("in_top", Kind.PERCENT, firm.in_top),
        ("type_change", Kind.PROSE, advice.type_changes),
        ("swap", Kind.PROSE, advice.swaps),
        ("rank_topsis", Kind.RANK, firm.rank_topsis),
        ("rank_product", Kind.RANK, firm.rank_product),
    )
    return [ReportColumn.headed(*column, words) for column in columns]


def firm_column(firmness: Firmness, words: Texts) -> ReportColumn:
    """The column of the other sheets: in which share the type stays."""
    return ReportColumn.headed("firm", Kind.PERCENT, firmness.same_type, words)
