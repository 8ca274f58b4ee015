"""What is said of the weights -> the sheets on which people say it and read what follows.

One sheet has every criterion with its weights by every method, and takes ranks and points. For each
axis and rater there is one on which criteria are compared in pairs: the triangle above the diagonal
is filled in, the other half fills itself by formulas.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from xlportfolio.locale import Texts, texts
from xlportfolio.model import Axis, heading, name_key
from xlportfolio.pairwise import LARGEST_JUDGMENT, PairwiseWeights, Revision
from xlportfolio.raters import Dispute
from xlportfolio.schema.contract import column_letters
from xlportfolio.scoring import Floats, rounded
from xlportfolio.tables import HEADER_ROW, Kind, ReportColumn, SheetTable, Summary
from xlportfolio.weighing import CONSISTENT, AxisWeighing, Comparison, Found, consistency
from xlportfolio.weighting import Method

WEIGHTS = "weights"
#: What the scale of the judgments has words for: Saaty's intensities of importance.
SCALE = range(LARGEST_JUDGMENT, 0, -1)
#: Decimals of a consistency ratio in words.
_DIGITS = 3
#: The sheet's rows, counted from 1, of the line above the squares, and of their headers.
_SUMMARY_ROW = HEADER_ROW + 1
#: The columns, counted from 1, in which the parts of that line begin.
_MADE, _RATIO, _VERDICT = 1, 2, 3


class Place(NamedTuple):
    """A sheet on which an axis' criteria are compared: the names of its table and of its tab.

    ``computes`` says whether weights and consistency stand there as formulas that call our
    functions: then they follow each judgment at once.
    """

    axis: Axis
    table: str
    sheet: str
    computes: bool


def weight_tables(
    axes: Sequence[AxisWeighing],
    language: str,
    sheet: str,
    places: Sequence[Place],
) -> tuple[SheetTable, ...]:
    """Lay out all sheets on which weights are found: that of all methods first.

    Parameters
    ----------
    sheet
        The name on the tab of the sheet of all methods.
    places
        Where criteria are compared: for each axis its raters in their order, or one place more for
        nobody yet.
    """
    words = texts(language)
    writer = _Weights(axes, words)
    tables = [writer.table(sheet)]
    by_axis = {weighing.axis: weighing for weighing in axes}
    seen = dict.fromkeys(Axis, 0)
    for place in places:
        weighing, position = by_axis[place.axis], seen[place.axis]
        seen[place.axis] += 1
        tables.append(_Pairwise(weighing, position, words).table(place))
    return tuple(tables)


class _Weights:
    """The sheet of all methods."""

    def __init__(self, axes: Sequence[AxisWeighing], words: Texts) -> None:
        self.axes, self.words = axes, words

    def column(self, key: str, kind: Kind, cells: Sequence[str] | Floats) -> ReportColumn:
        return ReportColumn.headed(key, kind, cells, self.words)

    def table(self, sheet: str) -> SheetTable:
        """A row for each criterion that counts."""
        words, axes = self.words, self.axes
        names = [name for weighing in axes for name in weighing.criteria]
        of = [words(f"axes.{w.axis}") for w in axes for _ in w.criteria]
        ranks, points = (
            np.concatenate([getattr(weighing.entries, key) for weighing in axes])
            for key in ("ranks", "points")
        )
        return SheetTable(
            WEIGHTS,
            "tblWeights",
            sheet,
            words("titles.weights"),
            (words("subtitles.weights_entries"), words("subtitles.weights_data")),
            (
                self.column("criterion", Kind.NAME, names),
                self.column("axis", Kind.WORD, of),
                self.column("rank", Kind.ENTRY, ranks),
                self.column("points", Kind.ENTRY, points),
                *(self.column(method, Kind.SHARE, self._shares(method)) for method in Method),
            ),
            summary=self._summary(),
        )

    def _shares(self, method: Method) -> Floats:
        parts = []
        for weighing in self.axes:
            weights = weighing.methods[method].weights
            parts.append(np.full(len(weighing.criteria), np.nan) if weights is None else weights)
        return np.concatenate(parts)

    def _summary(self) -> Summary:
        """How far the comparisons of each axis are, and how well they fit together."""
        words, axes = self.words, self.axes
        made = [_made(weighing.comparison, words) for weighing in axes]
        ratios = np.array([weighing.comparison.ratio for weighing in axes])
        verdicts = ["\n".join(said_of(weighing, words)) for weighing in axes]
        columns = {
            1: self.column("axis", Kind.WORD, [words(f"axes.{w.axis}") for w in axes]),
            2: self.column("made", Kind.WORD, made),
            3: self.column("ratio", Kind.RATIO, ratios),
            5: self.column("verdict", Kind.PROSE, verdicts),
        }
        return Summary(tuple(columns.values()), (None,) * len(axes), tuple(columns))


class _Pairwise:
    """The comparisons of one rater, or the square that waits for one."""

    def __init__(self, weighing: AxisWeighing, position: int, words: Texts) -> None:
        self.weighing, self.words = weighing, words
        self.names = weighing.criteria
        raters = weighing.entries.raters
        count = len(self.names)
        is_there = position < len(raters)
        blank = np.full((count, count), np.nan)
        self.judgments = raters[position].judgments if is_there else blank
        self.result = weighing.comparison.raters[position] if is_there else None
        own_worst = weighing.comparison.own_worst
        self.worst = own_worst[position] if position < len(own_worst) else ()
        self.is_alone = not any(rater.has_judged for k, rater in enumerate(raters) if k != position)

    def table(self, place: Place) -> SheetTable:
        """A square of judgments, and the weights that follow from them."""
        words, count = self.words, len(self.names)
        summary = self._summary(count + 2)
        first = HEADER_ROW + len(summary) + 3
        square = f"$B${first}:${column_letters(count + 1)}${first + count - 1}"
        columns = [
            ReportColumn("compared", self._own("compared"), Kind.NAME, list(self.names)),
            *(self._judgments(k, first) for k in range(count)),
            self._weights(square if place.computes else None),
        ]
        formulas = {}
        if place.computes:
            address = f"{column_letters(_RATIO)}{_SUMMARY_ROW}"
            formulas[address] = f'IFERROR(KP_AHP_CONSISTENCY({square})+0,"")'
        axis = place.axis
        return SheetTable(
            f"pairwise_{axis}",
            place.table,
            place.sheet,
            words(f"titles.pairwise_{axis}"),
            (words("subtitles.pairwise"), words("subtitles.pairwise_raters")),
            tuple(columns),
            summary=summary,
            formulas=formulas,
        )

    def _own_verdict(self) -> str:
        """What one of several raters should look at again, and where all stand together."""
        all_raters = self.words("weighing.all_raters")
        if self.result is None:
            return all_raters
        fit = _fit(consistency(self.result), self.worst, self.names, self.words)
        return f"{fit}\n{all_raters}"

    def _judgments(self, column: int, first: int) -> ReportColumn:
        """How the criterion of each row compares with that of a column."""
        cells, formulas = [], {}
        for row in range(len(self.names)):
            judgment = float(self.judgments[row, column])
            if row == column:
                cells.append("1")
            elif row < column:
                cells.append(label(judgment, self.words))
            else:
                other = f"{column_letters(row + 2)}{first + column}"
                upper = label(float(self.judgments[column, row]), self.words)
                cells.append(_reciprocal(upper))
                formulas[row] = _reciprocal_formula(other)
        header = heading(self.names[column])
        return ReportColumn("judgment", header, Kind.JUDGMENT, cells, formulas=formulas)

    def _own(self, key: str) -> str:
        """The header of a column that belongs to no criterion, unlike that of any that does."""
        taken = {name_key(heading(name)) for name in self.names}
        header, number = self.words(f"columns.{key}"), 2
        while name_key(header) in taken:
            header, number = f"{self.words(f'columns.{key}')} ({number})", number + 1
        return header

    def _weights(self, square: str | None) -> ReportColumn:
        """The weights; where the judgments stand if they are to follow by formulas."""
        count = len(self.names)
        weights = np.full(count, np.nan) if self.result is None else self.result.weights
        formulas = {}
        if square is not None:
            formulas = {
                k: f'IFERROR(INDEX(KP_AHP_WEIGHTS({square}),{k + 1})+0,"")' for k in range(count)
            }
        return ReportColumn("weight", self._own("weight"), Kind.SHARE, weights, formulas=formulas)

    def _summary(self, width: int) -> Summary:
        words, comparison = self.words, self.weighing.comparison
        made = int(np.triu(~np.isnan(self.judgments), k=1).sum())
        progress = words("weighing.made", made=made, asked=comparison.asked)
        said = verdict(self.weighing, words) if self.is_alone else self._own_verdict()
        ratio = np.array([consistency(self.result)])
        columns = {
            _MADE: ReportColumn.headed("made", Kind.WORD, [progress], words),
            _RATIO: ReportColumn.headed("ratio", Kind.RATIO, ratio, words),
        }
        if width >= _VERDICT:
            columns[_VERDICT] = ReportColumn.headed("verdict", Kind.PROSE, [said], words)
        return Summary(tuple(columns.values()), (None,), tuple(columns))


# --- judgments in words -------------------------------------------------------------------------


def label(judgment: float, words: Texts) -> str:
    """A judgment as the list of the sheet has it; one between its steps as a number.

    >>> label(3.0, texts("en")), label(1 / 8, texts("en")), label(2.5, texts("en"))
    ('3 slightly more important', '1/8 in between', '2.5')
    """
    if np.isnan(judgment):
        return ""
    labels = judgment_labels(words)
    for step, text in labels.items():
        if np.isclose(step, judgment, rtol=1e-9):
            return text
    return words.general(round(judgment, 4))


def judgment_labels(words: Texts) -> Mapping[float, str]:
    """The list from which judgments are chosen, from 9 to 1/9.

    A fraction never stands alone: Excel would make a date of it.
    """
    meanings = words.branch("judgments")
    more = {float(k): f"{k} {meanings.get(f'more_{k}', '')}".strip() for k in SCALE}
    less = {
        1 / k: f"1/{k} {meanings.get(f'less_{k}', meanings['between'])}"
        for k in reversed(SCALE)
        if k > 1
    }
    return more | less


def _reciprocal(judgment: str) -> str:
    """What :func:`_reciprocal_formula` gives for a cell with this judgment."""
    if judgment.startswith("1/"):
        return judgment[2:3]
    if f"{judgment} "[1:2] != " ":
        return ""
    return "1" if judgment.startswith("1") else f"1/{judgment[0]}"


def _reciprocal_formula(cell: str) -> str:
    """The other side of a judgment: the number alone, without its words."""
    other = f'IF(LEFT({cell},1)="1","1","1/"&LEFT({cell},1))'
    return f'IF(LEFT({cell},2)="1/",MID({cell},3,1),IF(MID({cell}&" ",2,1)<>" ","",{other}))'


# --- verdicts -----------------------------------------------------------------------------------


def said_of(weighing: AxisWeighing, words: Texts) -> list[str]:
    """What to make of the comparisons of an axis, of its raters, and of what else was typed."""
    return [verdict(weighing, words), *_raters(weighing, words), *_unfinished(weighing, words)]


def _unfinished(weighing: AxisWeighing, words: Texts) -> list[str]:
    """Why a method has no weights although something was typed for it, or could be computed."""
    methods = weighing.methods
    lines = [
        words(f"weighing.{key}_lacking", criteria=words.listed(methods[method].lacking))
        for key, method in (("ranks", Method.CENTROID), ("points", Method.SWING))
        if methods[method].lacking
    ]
    faults = [methods[method].fault for method in (Method.SWING, Method.CRITIC)]
    said = [fault for fault in faults if fault is not None and fault.key != "measures_alike"]
    return lines + [fault.message(words.language) for fault in said]


def _made(comparison: Comparison, words: Texts) -> str:
    return words("weighing.made", made=comparison.made, asked=comparison.asked)


def verdict(weighing: AxisWeighing, words: Texts) -> str:
    """What to make of the comparisons of an axis: what lacks, or which to look at again."""
    comparison, found = weighing.comparison, weighing.methods[Method.PAIRWISE]
    if comparison.asked == 0:
        return words("weighing.single")
    if found.weights is None:
        return _lacking(found, words) or words("weighing.none")
    return _fit(comparison.ratio, comparison.worst, weighing.criteria, words)


def _fit(ratio: float, worst: Sequence[Revision], names: Sequence[str], words: Texts) -> str:
    """Whether judgments fit together, and which to look at again if they do not."""
    if np.isnan(ratio):
        return words("weighing.too_many")
    shown = words.number(ratio, _DIGITS)
    if rounded(ratio) <= CONSISTENT:
        return words("weighing.consistent", ratio=shown)
    again = [_revision(revision, names, words) for revision in worst]
    return "\n".join([words("weighing.inconsistent", ratio=shown), *again])


def _lacking(found: Found, words: Texts) -> str:
    if found.fault is not None:
        return found.fault.message(words.language)
    if found.lacking:
        return words("weighing.lacking", criteria=words.listed(found.lacking))
    return ""


def _revision(revision: Revision, names: Sequence[str], words: Texts) -> str:
    """A judgment to look at again, with one to choose instead if the scale has one."""
    details = {
        "row": names[revision.row],
        "column": names[revision.column],
        "judgment": ratio_text(revision.judgment, words),
    }
    exact, size = ratio_text(revision.mended, words), abs(np.log(revision.mended))
    if rounded(size) > rounded(np.log(LARGEST_JUDGMENT)):
        return words("weighing.beyond", mended=exact, **details)
    mended, ratio = label(revision.offered, words), revision.offered_ratio
    if np.isclose(revision.offered, revision.judgment, rtol=1e-9):
        mended, ratio = exact, revision.consistency_ratio
    return words("weighing.revision", mended=mended, ratio=words.number(ratio, _DIGITS), **details)


def ratio_text(judgment: float, words: Texts) -> str:
    """A judgment as a number or a fraction with at most one decimal.

    >>> ratio_text(0.2, texts("en")), ratio_text(2.449, texts("de"))
    ('1/5', '2,4')
    """
    return words.rough(judgment) if judgment >= 1 else f"1/{words.rough(1 / judgment)}"


def _raters(weighing: AxisWeighing, words: Texts) -> list[str]:
    """The consistency of each of several raters, and where they are furthest apart."""
    each = zip(weighing.entries.raters, weighing.comparison.raters, strict=True)
    own = [
        words("weighing.rater", rater=rater.name, ratio=_ratio_text(result, words))
        for rater, result in each
        if rater.has_judged
    ]
    if len(own) <= 1:
        return []
    apart = [
        _dispute(dispute, weighing.criteria, words) for dispute in weighing.comparison.disputes
    ]
    semicolon = words("words.semicolon")
    lines = [words("weighing.raters", raters=semicolon.join(own))]
    if not np.isnan(weighing.comparison.agreement):
        alike = words.number(weighing.comparison.agreement, 2)
        lines.append(words("weighing.agreement", agreement=alike))
    return [*lines, words("weighing.disputes", pairs=semicolon.join(apart))] if apart else lines


def _ratio_text(result: PairwiseWeights | None, words: Texts) -> str:
    if result is None:
        return words("weighing.no_ratio")
    ratio = consistency(result)
    return words("weighing.uncounted") if np.isnan(ratio) else words.number(ratio, _DIGITS)


def _dispute(dispute: Dispute, names: Sequence[str], words: Texts) -> str:
    low, high = (ratio_text(judgment, words) for judgment in (dispute.lowest, dispute.highest))
    details = {"row": names[dispute.row], "column": names[dispute.column], "low": low, "high": high}
    return words("weighing.dispute", **details)
