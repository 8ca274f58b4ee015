"""One customer on one page, for the visit: who is meant, and what the page says."""

from __future__ import annotations

import difflib
import math
from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import Texts, texts
from xlportfolio.model import Axis, Criterion
from xlportfolio.page_layout import CORNERS, MOST_OTHERS, AxisTable, CustomerPage, Line, Place, Text
from xlportfolio.presentation import Presentation
from xlportfolio.scale import ScaleKind
from xlportfolio.wording import Advice, measure_text

#: Characters that are shown of a name, of a criterion's name, of any other text.
_LONGEST_NAME, _LONGEST_CRITERION, _LONGEST_TEXT = 90, 56, 700
#: Customers among which a name that nobody has is looked for, and how many are named.
_MOST_COMPARED, _NAMED = 20_000, 3


def position_of(customers: pd.DataFrame, asked: str) -> int:
    """The position in the ranking of the customer that somebody names.

    Parameters
    ----------
    asked
        A customer's number, compared exactly but for outer blanks, of repeated rows the first;
        else its name, without regard to case and the number of blanks, if only one has it.

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
    number = asked.strip()
    if number in ids and number:
        return int(ids.index(number))
    key = _key(asked)
    found = [i for i, name in enumerate(names) if key and _key(name) == key]
    if len(dict.fromkeys(ids[i] for i in found)) == 1:
        return found[0]
    if found:
        numbers = list(dict.fromkeys(ids[i] for i in found))[:_NAMED]
        raise XlPortfolioError("several_customers", customer=asked, numbers=numbers)
    spelled = {_key(text): text for text in (*ids[:_MOST_COMPARED], *names[:_MOST_COMPARED])}
    spelled.pop("", None)
    near = [spelled[k] for k in difflib.get_close_matches(key, spelled, _NAMED)]
    if not near:
        raise XlPortfolioError("unknown_customer", customer=asked)
    raise XlPortfolioError("unlike_customer", customer=asked, nearest=near)


def _key(name: str) -> str:
    return " ".join(name.split()).casefold()


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
        for text in self.advice.hidden:
            if self.position in text.found.rows:
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
            details = {"visits": words.rough(visits), "each": words.rough(each)}
            key = "effort_one" if visits == 1 else "effort"
            parts.append(words(f"page.{key}", asked=words.rough(float(asked)), **details))
            if not math.isnan(planned):
                parts.append(words("page.fits" if planned > 0 else "page.does_not_fit"))
        elif asked == 0:
            parts.append(words("page.no_visits"))
        if not math.isnan(now):
            parts.append(words("page.now", now=words.rough(float(now))))
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
