"""One customer on one page, for the visit: what stands on it and in which cell, whoever writes it.

Where a line stands follows from the number of criteria alone, so that a page in an open workbook
takes another customer without moving a cell. How it looks is the business of ``page_look``.
"""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import Texts, texts
from xlportfolio.model import Axis, Criterion, Presentation, Quadrant, ScaleKind, ScoringModel
from xlportfolio.scoring import Floats
from xlportfolio.wording import Advice, measure_text

#: The key of the page's name in ``sheets``, and the hidden name that marks it.
PAGE, PAGE_NAME = "customer", "_kp_customer"
#: The printed columns; texts reach from the second to the last one, in which bars show each
#: contribution as a part, 0 to 100, of the most that any criterion of its axis can bring.
COLUMNS = 6
#: Lines for figures beside the chart, and for texts, at most.
FACTS, TEXTS = 5, 8
#: Where scores (with a header), facts and texts begin: the rows, counted from 1.
SCORES_ROW, FACTS_ROW, TEXTS_ROW = 4, 8, 9 + FACTS
#: Lines to write on, and the number of criteria above which the page has none.
NOTES, _MOST_WITH_NOTES = 8, 24
#: Other customers that the chart draws, the first of the ranking.
MOST_OTHERS = 2_000
#: Where the cells behind the page begin: the column, right of what is printed; the row of the first
#: other customer.
HELPER_COLUMN, OTHERS_ROW = 9, 9
#: Columns of those cells; which of them the first rows use, from 0: title, sizes of the page, names
#: of the types, ends of the threshold lines beside the places of these names, customer, headers.
HELPER_WIDTH = 8
_HELPER: Mapping[int, range] = {
    1: range(1),
    2: range(2),
    3: range(4, 8),
    **dict.fromkeys((4, 5, 6), range(8)),
    7: range(0),
    8: range(2),
}
#: Where in the chart the four types are named: benefit and value.
CORNERS: Mapping[Quadrant, tuple[float, float]] = {
    Quadrant.STAR: (100, 95),
    Quadrant.QUESTION_MARK: (0, 95),
    Quadrant.FREE_RIDER: (100, 5),
    Quadrant.POOR_DOG: (0, 5),
}
#: The benefit above which a name stands left of its point in the chart.
_MIDDLE = 50
#: There are fewer criteria of an axis.
_MOST = 100_000

#: Characters that are shown of a name, of a criterion's name, of any other text.
_LONGEST_NAME, _LONGEST_CRITERION, _LONGEST_TEXT = 90, 56, 700
#: Customers among which a name that nobody has is looked for, and how many are named.
_MOST_COMPARED, _NAMED = 20_000, 3

#: What stands in a cell; ``None``: nothing.
PageCell = str | float | None
#: Row and column, counted from 1.
Address = tuple[int, int]


# --- which customer -----------------------------------------------------------------------------


def position_of(customers: pd.DataFrame, asked: str) -> int:
    """The position in the ranking of the customer that somebody names.

    Parameters
    ----------
    asked
        A customer's number, compared exactly, of repeated rows the first; else its name, without
        regard to case and outer blanks, if only one has it.

    Raises
    ------
    XlPortfolioError
        If nobody is called so, or several are.

    Examples
    --------
    >>> rows = pd.DataFrame({"customer_id": ["7", "8"], "customer": ["Alpha", "Beta"]})
    >>> position_of(rows, " beta")
    1
    """
    ids, names = customers["customer_id"].tolist(), customers["customer"].tolist()
    if asked in ids and asked:
        return int(ids.index(asked))
    key = _key(asked)
    found = [i for i, name in enumerate(names) if key and _key(name) == key]
    if len(dict.fromkeys(ids[i] for i in found)) == 1:
        return found[0]
    if found:
        numbers = [ids[i] for i in found]
        raise XlPortfolioError("several_customers", customer=asked, numbers=numbers[:_NAMED])
    spelled = {_key(text): text for text in (*ids[:_MOST_COMPARED], *names[:_MOST_COMPARED])}
    spelled.pop("", None)
    near = [spelled[k] for k in difflib.get_close_matches(key, spelled, _NAMED)]
    if not near:
        raise XlPortfolioError("unknown_customer", customer=asked)
    raise XlPortfolioError("unlike_customer", customer=asked, nearest=near)


def _key(name: str) -> str:
    return name.strip().casefold()


# --- what stands on the page --------------------------------------------------------------------


class Line(NamedTuple):
    """A criterion, or the sum of an axis: numbers are NaN for none.

    ``value`` is one of 0 to 100, ``weight`` the share of the axis, 0 to 1, ``points`` the
    contribution to the score of the axis.
    """

    name: str
    measure: str
    value: float
    weight: float
    points: float


@dataclass(frozen=True, slots=True)
class AxisTable:
    """How the score of an axis comes about.

    Attributes
    ----------
    lines
        One for each criterion, in the order of the table of criteria.
    total
        The sum: the score of the axis, which a row that repeats another has not.
    most
        The most points that a criterion can contribute.
    """

    axis: Axis
    header: tuple[str, ...]
    lines: tuple[Line, ...]
    total: Line
    most: float


class Text(NamedTuple):
    """A text and what it is about."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Place:
    """What the chart draws: points on the two axes, 0 to 100.

    Attributes
    ----------
    others
        Shape ``(n, 2)``: benefit and value of other rated customers.
    own
        Benefit and value of the customer; NaN if not rated.
    """

    others: Floats
    own: tuple[float, float]
    name: str
    value_threshold: float
    benefit_threshold: float


class Layout(NamedTuple):
    """Which row, counted from 1, is for what: it depends on the number of criteria of each axis.

    >>> Layout(3, 2).tables
    (23, 29)
    """

    value: int
    benefit: int

    @classmethod
    def of(cls, model: ScoringModel) -> Layout:
        """The layout for the criteria of a model."""
        return cls(*(len(model.on_axis(axis)) for axis in Axis))

    @property
    def tables(self) -> tuple[int, int]:
        """The rows of the headers of the two tables; criteria follow, then the sum."""
        first = TEXTS_ROW + TEXTS + 1
        return first, first + self.value + 3

    @property
    def notes(self) -> int:
        """The row of the headline above the lines to write on."""
        return self.tables[1] + self.benefit + 3

    @property
    def lines(self) -> int:
        """How many lines to write on there are."""
        return NOTES if self.value + self.benefit <= _MOST_WITH_NOTES else 0

    @property
    def last(self) -> int:
        """The last row of ours but for lines to write on, which are the user's."""
        return self.notes if self.lines else self.notes - 2

    @property
    def mark(self) -> Address:
        """The cell that tells whether rows have been inserted."""
        return self.last, HELPER_COLUMN + HELPER_WIDTH - 1

    @property
    def sizes(self) -> tuple[int, int]:
        """The number of criteria of both axes."""
        return self.value, self.benefit

    @property
    def gaps(self) -> tuple[int, ...]:
        """The blank rows between the sections."""
        value, benefit = self.tables
        return SCORES_ROW - 1, TEXTS_ROW - 1, value - 1, benefit - 1, self.notes - 1

    def is_ours(self, row: int, column: int) -> bool:
        """Whether we may write into a cell, and whatever stands there is replaced.

        >>> [Layout(3, 2).is_ours(*address) for address in ((1, 1), (3, 1), (5, 5), (1, 9))]
        [True, False, False, True]
        """
        if column >= HELPER_COLUMN:
            usual = range(2 if OTHERS_ROW <= row < OTHERS_ROW + MOST_OTHERS else 0)
            columns = _HELPER.get(row, usual)
            return (row, column) == self.mark or column - HELPER_COLUMN in columns
        return column in self._printed(row)

    def _printed(self, row: int) -> Collection[int]:
        """The columns of a printed row in which something of ours may stand."""
        value, benefit = self.tables
        if row in self.gaps or row > self.last:
            return ()
        if row <= 2:  # noqa: PLR2004 (above the first section)
            return (1, COLUMNS) if row == 1 else (1,)
        if row < FACTS_ROW:
            return range(1, 4)
        if row < value:
            return range(1, 3)
        if self.lines and row == self.notes:
            return (1,)
        heads_and_sums = (value, value + self.value + 1, benefit, benefit + self.benefit + 1)
        return range(1, COLUMNS + (row not in heads_and_sums))


def layout_of(cells: Mapping[Address, object]) -> Layout | None:
    """How a page is laid out that stands somewhere; ``None`` if its cells have been moved.

    Its sizes stand among the cells behind it, and the number of its last row in that row.

    >>> layout_of({(2, 9): 3.0, (2, 10): 2.0, (34, 16): 34.0})
    Layout(value=3, benefit=2)
    """
    sizes = [cells.get((2, HELPER_COLUMN + k)) for k in range(2)]
    counts = [int(size) for size in sizes if isinstance(size, int | float) and 0 < size < _MOST]
    if len(counts) < len(sizes):
        return None
    layout = Layout(*counts)
    return layout if cells.get(layout.mark) == layout.last else None


def marks(cells: Iterable[tuple[Address, object]]) -> dict[Address, object]:
    """The cells that tell how a page is laid out, among all of its sheet."""
    first, last = HELPER_COLUMN, HELPER_COLUMN + HELPER_WIDTH - 1
    return {
        (row, column): cell
        for (row, column), cell in cells
        if (row == 2 and column in {first, first + 1}) or column == last  # noqa: PLR2004 (the sizes)
    }


@dataclass(frozen=True, eq=False)
class CustomerPage:
    """Everything on the page of one customer.

    Attributes
    ----------
    position
        The customer's place in the ranking, counted from 0.
    sheet
        The name on its tab.
    scores
        The lines below their header: score and threshold, NaN for none.
    facts, texts
        At most :data:`FACTS` and :data:`TEXTS` of them.
    notes
        The headline above the lines to write on.
    """

    position: int
    sheet: str
    title: str
    subtitle: str
    quadrant: Quadrant
    type: str
    scores_header: tuple[str, ...]
    scores: tuple[tuple[str, float, float], ...]
    facts: tuple[Text, ...]
    texts: tuple[Text, ...]
    tables: tuple[AxisTable, ...]
    notes: str
    place: Place
    corners: tuple[str, ...]
    helper: tuple[str, ...]

    @property
    def layout(self) -> Layout:
        """Where everything stands."""
        value, benefit = self.tables
        return Layout(len(value.lines), len(benefit.lines))

    @cached_property
    def cells(self) -> Mapping[Address, PageCell]:
        """All cells with content; the others of ours are blank."""
        return {address: cell for address, cell in self._all_cells() if not _is_blank(cell)}

    def _all_cells(self) -> Iterator[tuple[Address, PageCell]]:
        layout = self.layout
        yield (1, 1), self.title
        yield (1, COLUMNS), self.type
        yield (2, 1), self.subtitle
        yield from _row(SCORES_ROW, self.scores_header)
        for row, score in enumerate(self.scores, start=SCORES_ROW + 1):
            yield from _row(row, score)
        for first, texts_ in ((FACTS_ROW, self.facts), (TEXTS_ROW, self.texts)):
            for row, text in enumerate(texts_, start=first):
                yield from _row(row, text)
        for head, table in zip(layout.tables, self.tables, strict=True):
            yield from _row(head, table.header)
            for row, line in enumerate(table.lines, start=head + 1):
                yield from _row(row, (*line, 100 * line.points / table.most))
            yield from _row(head + 1 + len(table.lines), table.total)
        if layout.lines:
            yield (layout.notes, 1), self.notes
        yield from self._helper_cells()

    def _helper_cells(self) -> Iterator[tuple[Address, PageCell]]:
        """The cells right of what is printed: sizes, thresholds, points."""
        place, first = self.place, HELPER_COLUMN
        yield (1, first), self.helper[0]
        yield from _row(2, self.layout.sizes, first)
        value, benefit = place.value_threshold, place.benefit_threshold
        yield from _row(3, self.corners, first + 4)
        x_corners, y_corners = zip(*CORNERS.values(), strict=True)
        yield from _row(4, (0.0, value, benefit, 0.0, *x_corners), first)
        yield from _row(5, (100.0, value, benefit, 100.0, *y_corners), first)
        x, y = place.own
        of_type = [y if self.quadrant is quadrant else None for quadrant in CORNERS]
        sides = (None, y) if x > _MIDDLE else (y, None)
        yield from _row(6, (place.name, x, *of_type, *sides), first)
        yield self.layout.mark, float(self.layout.last)
        yield from _row(OTHERS_ROW - 1, self.helper[1:], first)
        for row, point in enumerate(place.others.tolist(), start=OTHERS_ROW):
            yield from _row(row, point, first)


def _row(row: int, cells: Sequence[PageCell], first: int = 1) -> Iterator[tuple[Address, PageCell]]:
    for column, cell in enumerate(cells, start=first):
        yield (row, column), cell


def _is_blank(cell: PageCell) -> bool:
    return cell is None or cell == "" or cell != cell  # noqa: PLR0124 (NaN)


def build_page(
    advice: Advice, position: int, presentation: Presentation, sheet: str
) -> CustomerPage:
    """Lay out the page of one customer.

    Parameters
    ----------
    advice
        An analysis and what follows from it, in the language of the presentation.
    position
        The customer's place in the ranking, counted from 0.
    presentation
        Language and day, which must be given.
    sheet
        The name that the sheet has or will have.
    """
    return _Writer(advice, position, presentation).page(sheet)


class _Writer:
    """Lays out the page of one customer."""

    def __init__(self, advice: Advice, position: int, presentation: Presentation) -> None:
        self.advice, self.position, self.presentation = advice, position, presentation
        self.analysis: PortfolioAnalysis = advice.analysis
        self.model = self.analysis.model
        self.words: Texts = texts(presentation.language)
        self.customer = self.analysis.customers.iloc[position]
        self.rated = not math.isnan(self.customer["rank"])

    def page(self, sheet: str) -> CustomerPage:
        words, customer = self.words, self.customer
        tables = tuple(self.table(axis) for axis in Axis)
        threshold = self.analysis.thresholds
        scores = ((axis, customer[f"{axis}_score"]) for axis in Axis)
        return CustomerPage(
            position=self.position,
            sheet=sheet,
            title=self.title(),
            subtitle=self.subtitle(),
            quadrant=customer["quadrant"],
            type=words(f"quadrants.{customer['quadrant']}"),
            scores_header=tuple(words(f"page.{key}") for key in ("scores", "points", "threshold")),
            scores=(
                *((words(f"axes.{a}"), score, getattr(threshold, a)) for a, score in scores),
                (words("page.total"), customer["total_score"], math.nan),
            ),
            facts=tuple(self.facts()),
            texts=tuple(Text(label, _cut(text, _LONGEST_TEXT)) for label, text in self.texts()),
            tables=tables,
            notes=words("page.notes"),
            place=self.place(),
            corners=tuple(words(f"quadrants_plural.{quadrant}") for quadrant in CORNERS),
            helper=(words("page.helper"), words("axes.benefit"), words("axes.value")),
        )

    # --- the lines above -----------------------------------------------------------------------

    def name(self) -> str:
        """The customer's name, else its number, else that it has neither."""
        name = " ".join((self.customer["customer"] or self.customer["customer_id"]).split())
        return _cut(name or self.words("page.unnamed"), _LONGEST_NAME)

    def title(self) -> str:
        number = " ".join(self.customer["customer_id"].split())
        details = {
            "customer": self.name(),
            "status": self.words(f"statuses.{self.customer['status']}"),
        }
        if number in {"", details["customer"]}:
            return self.words("page.title_plain", **details)
        return self.words("page.title", number=_cut(number, _LONGEST_CRITERION), **details)

    def subtitle(self) -> str:
        as_of = self.presentation.as_of
        if not self.rated:
            return self.words("page.not_rated", as_of=as_of)
        rated = int(self.analysis.customers["rank"].notna().sum())
        rank = int(self.customer["rank"])
        return self.words("page.ranked", as_of=as_of, rank=rank, rated=rated)

    def facts(self) -> Iterator[Text]:
        """What else there is to know about the scores, and what an ABC analysis would say."""
        words, customer = self.words, self.customer
        if self.rated:
            band = words.general(float(self.model.borderline_band))
            key = "borderline" if customer["borderline"] else "clear"
            yield Text(words("columns.borderline"), words(f"page.{key}", band=band))
        coverages = [customer[f"{axis}_coverage"] for axis in Axis]
        if any(round(coverage, 9) < 1 for coverage in coverages):
            shares = [words.percent(float(math.floor(100 * c + 1e-7))) for c in coverages]
            text = words("page.coverage", value=shares[0], benefit=shares[1])
            yield Text(words("page.covered"), text)
        if customer["abc_class"]:
            yield from self.abc()

    def abc(self) -> Iterator[Text]:
        table, words = self.analysis.abc, self.words
        measure = _cut(" ".join((self.analysis.abc_measure or "").split()), _LONGEST_CRITERION // 2)
        yield Text(
            words("page.abc_class"),
            words("page.abc", abc=self.customer["abc_class"], measure=measure),
        )
        line = table.iloc[int(np.flatnonzero(table["position"].to_numpy() == self.position)[0])]
        rank, difference = int(line["amount_rank"]), line["difference"]
        if math.isnan(difference):
            text = words("page.amount_rank", rank=rank, listed=len(table))
            yield Text(words("columns.amount_rank"), text)
            return
        details = {"rank": rank, "total_rank": rank - int(difference)}
        listed = int(table["difference"].notna().sum())
        text = words("page.ranks", listed=listed, **details)
        yield Text(words("columns.amount_rank"), text)
        key = "underrated" if difference > 0 else "overrated" if difference < 0 else "even"
        one = "_one" if abs(difference) == 1 else ""
        yield Text(
            words("page.by_turnover"), words(f"page.{key}{one}", places=abs(int(difference)))
        )

    # --- what to do ----------------------------------------------------------------------------

    def texts(self) -> Iterator[tuple[str, str]]:
        """The texts that there are, each with its label."""
        words, advice = self.words, self.advice
        strategy = advice.numbers.strategies[self.position]
        columns = {"strategy": "", "activity": "", "text": ""}
        if strategy is not None:
            columns = {key: getattr(strategy, key) for key in columns}
        reason = "reason" if self.rated else "why_not_rated"
        found = {
            f"page.{reason}": advice.reasons[self.position],
            "page.hidden": "\n".join(self.hidden()),
            "columns.lever": advice.levers[self.position],
            "columns.strategy": columns["strategy"],
            "columns.activity": columns["activity"],
            "page.visits": self.effort(),
            "page.recommendation": columns["text"],
            "page.ask": words.listed(self.unknown()) if self.unknown() else "",
        }
        for key, text in found.items():
            if text:
                yield words(key), text

    def hidden(self) -> Iterator[str]:
        """The findings that name this customer."""
        for finding, text in zip(self.advice.numbers.findings, self.advice.hidden, strict=True):
            if self.position in finding.rows:
                yield self.words("page.finding", name=text.name, rule=text.rule)

    def effort(self) -> str:
        """Visits and hours of a year, whether they fit in the plan, and what is spent today."""
        words, plan = self.words, self.advice.numbers.plan
        strategy = self.advice.numbers.strategies[self.position]
        asked, planned = plan.asked[self.position], plan.planned[self.position]
        now = self.customer["hours_now"]
        parts = []
        if asked > 0 and strategy is not None:
            visits, each = strategy.visits_per_year or 0, strategy.hours_per_visit or 0
            details = {"visits": _short(visits, words), "each": _short(each, words)}
            parts.append(words("page.effort", asked=_short(asked, words), **details))
            if not math.isnan(planned):
                parts.append(words("page.fits" if planned > 0 else "page.does_not_fit"))
        elif asked == 0:
            parts.append(words("page.no_visits"))
        if not math.isnan(now):
            parts.append(words("page.now", now=_short(now, words)))
        return " ".join(parts)

    def unknown(self) -> list[str]:
        """The criteria that count and have no measure for this customer."""
        values = self.analysis.values.iloc[self.position]
        return [
            _cut(criterion.name, _LONGEST_CRITERION)
            for criterion in self.model.criteria
            if criterion.weight > 0 and math.isnan(values[criterion.name])
        ]

    # --- how the scores come about ---------------------------------------------------------------

    def table(self, axis: Axis) -> AxisTable:
        words = self.words
        criteria = [self.model.criteria[k] for k in self.model.on_axis(axis)]
        lines = tuple(map(self.line, criteria))
        weights = [line.weight for line in lines if not math.isnan(line.weight)]
        has_points = any(not math.isnan(line.points) for line in lines)
        total = Line(
            words("page.sum", axis=words(f"axes.{axis}")),
            "",
            math.nan,
            math.fsum(weights) if weights else math.nan,
            float(self.customer[f"{axis}_score"]) if has_points else math.nan,
        )
        heads = (f"axis_{axis}", "measure", "worth", "weight", "contribution")
        header = (*(words(f"page.{key}") for key in heads), "")
        return AxisTable(axis, header, lines, total, 100 * max(weights, default=0) or 100.0)

    def line(self, criterion: Criterion) -> Line:
        """A criterion; one that is left out for this customer has neither value nor weight."""
        frames = (self.analysis.values, self.analysis.attainable, self.analysis.contributions)
        value, attainable, points = (f[criterion.name].iloc[self.position] for f in frames)
        known = not math.isnan(value)
        if not known and criterion.fill is not None and not math.isnan(points):
            value = criterion.fill
        return Line(
            _cut(" ".join(criterion.name.split()), _LONGEST_CRITERION),
            self.measure(criterion, known=known),
            float(value),
            float(attainable) / 100,
            float(points),
        )

    def measure(self, criterion: Criterion, *, known: bool) -> str:
        """A measure as people read it, with its unit; of a missing one, what that means."""
        words, cell = self.words, self.analysis.measures[criterion.name].iloc[self.position]
        if known:
            spell: Callable[[float | str, float | str | None], str]
            spell = measure_text(self.analysis, criterion, words)
            return _cut(with_unit(spell(cell, None), criterion.unit, words), _LONGEST_CRITERION)
        is_word = criterion.scale.kind is ScaleKind.CATEGORIES and isinstance(cell, str)
        if is_word and cell.strip():
            found = _cut(" ".join(cell.split()), _LONGEST_CRITERION // 2)
            return words("page.unusable", found=found)
        return words("page.unknown" if criterion.fill is None else "page.filled")

    def place(self) -> Place:
        customers, threshold = self.analysis.customers, self.analysis.thresholds
        rated = np.flatnonzero(customers["rank"].notna().to_numpy())
        at = rated[rated != self.position][:MOST_OTHERS]
        points = customers[["benefit_score", "value_score"]].to_numpy(np.float64)
        x, y = points[self.position].tolist() if self.rated else (math.nan, math.nan)
        return Place(points[at], (x, y), _cut(self.name(), 30), threshold.value, threshold.benefit)


def with_unit(measure: str, unit: str, words: Texts) -> str:
    """A measure with its unit; a share is a percentage already, and a scale stands in brackets.

    >>> [with_unit(*of, texts("en")) for of in (("12", "days"), ("7", "1 to 10"), ("15%", "share"))]
    ['12 days', '7 (1 to 10)', '15%']
    """
    unit = " ".join(unit.split())
    if not unit or measure.endswith(words("words.percent", number="").strip()):
        return measure
    return f"{measure} ({unit})" if unit[0].isdigit() else f"{measure} {unit}"


def _cut(text: str, most: int) -> str:
    """A text as far as there is room for it."""
    return text if len(text) <= most else f"{text[: most - 1].rstrip()}…"


def _short(number: float, words: Texts) -> str:
    """A number with one decimal, unless it is a whole one."""
    return words.number(number, 0 if float(number).is_integer() else 1)
