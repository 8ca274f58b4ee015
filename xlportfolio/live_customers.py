"""The calculation of a copy that computes: a row for each customer, from measures to ranks.

Everything stands in the order of the ranking as it was. What formulas show now is what the analysis
says.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from xlportfolio.live_layout import KEPT, Layout
from xlportfolio.live_scales import distinct
from xlportfolio.model import RATED_QUADRANTS, Axis, Quadrant, ScaleKind, Status
from xlportfolio.plain_formulas import excel_key, is_one_of, literal, spellings
from xlportfolio.schema import contract
from xlportfolio.schema.cells import as_category, as_float, as_number
from xlportfolio.schema.contract import Cell, CellError
from xlportfolio.scoring import Floats, rounded
from xlportfolio.tables import Cells, Kind, ReportColumn, SheetTable

#: The formula of a customer's figure, by the place in the ranking; ``None``: the value stays.
Formula = Callable[[int], str | None]

_KINDS = {
    "customer_id": Kind.ID,
    "customer": Kind.NAME,
    "status": Kind.WORD,
    "place": Kind.RANK,
    "rank": Kind.RANK,
    "amount_rank": Kind.RANK,
    "quadrant": Kind.QUADRANT,
    "start_quadrant": Kind.QUADRANT,
    "amount": Kind.AMOUNT,
    "amount_sorted": Kind.AMOUNT,
    "amount_summed": Kind.AMOUNT,
    "share_before": Kind.SHARE,
    "share": Kind.SHARE,
    "cumulative_share": Kind.SHARE,
    "difference": Kind.DIFFERENCE,
    "value_coverage": Kind.PERCENT,
    "benefit_coverage": Kind.PERCENT,
    "value_score": Kind.SCORE,
    "benefit_score": Kind.SCORE,
    "total_score": Kind.SCORE,
    "counts": Kind.FLAG,
    "rated": Kind.FLAG,
    "borderline": Kind.FLAG,
    "start_borderline": Kind.FLAG,
    "abc_class": Kind.FLAG,
    "start_abc_class": Kind.FLAG,
    "changed": Kind.FLAG,
}
_OF_ABC = ("amount", "amount_rank", "share", "cumulative_share", "difference")


def customers_sheet(layout: Layout) -> SheetTable:
    """Lay out the sheet."""
    return _Customers(layout).sheet()


def live_figures(layout: Layout) -> frozenset[str]:
    """The figures of customers that are formulas."""
    figures = {"total_score", "quadrant", "borderline"}
    for axis in Axis:
        if axis not in layout.fixed:
            figures |= {f"{axis}_score", f"{axis}_coverage"}
    if layout.is_whole:
        figures.add("rank")
    if computes_abc(layout):
        figures |= {*_OF_ABC, "abc_class"}
    if not is_status_hidden(layout):
        figures.add("status")
    return frozenset(figures)


def computes_abc(layout: Layout) -> bool:
    """Whether the ABC classes go on computing."""
    measure = layout.audience.whole.analysis.abc_measure
    return measure is not None and layout.is_whole and not layout.is_hidden(measure)


def is_status_hidden(layout: Layout) -> bool:
    """Whether what somebody is stays as it was, since there is no such column to be seen."""
    position = layout.places.customers.positions.get("status")
    return position is None or position in layout.audience.hidden


class _Customers:
    """Writes one column after the other."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.words = layout, layout.words
        self.customers = layout.customers
        self.yes = literal(self.words("words.yes"))
        self.counts = ~self.customers["note"].isin(["repeated", "unidentified"]).to_numpy()
        self.prospects = (self.customers["status"] == Status.PROSPECT).to_numpy()
        self.repeated = (self.customers["note"] == "repeated").to_numpy()
        self.sources: dict[int, Formula] = {}
        self.made: dict[str, tuple[Cells, Formula]] = {}

    def sheet(self) -> SheetTable:
        layout, words = self.layout, self.words
        self._identity()
        for j in range(len(layout.seen)):
            self._measure(j)
            self._value(j)
        for axis in Axis:
            self._axis(axis)
        self._results()
        self._abc()
        self._kept()
        headers = distinct([self._header(key) for key in layout.columns])
        columns = [self._column(k, h) for k, h in zip(layout.columns, headers, strict=True)]
        return SheetTable(
            "calculation",
            "tblLiveCalculation",
            layout.names["calculation"],
            words("copy.calculation_title"),
            (words("copy.calculation_hint"), words("copy.calculation_order")),
            tuple(columns),
        )

    def _header(self, key: str) -> str:
        what, _, j = key.partition(" ")
        if j:
            return self.words(f"copy.{what}_of", criterion=self.layout.seen[int(j)].criterion.name)
        if key.startswith("start_"):
            of = self.words(f"columns.{key.removeprefix('start_')}")
            return self.words("copy.start_of", column=of)
        for axis in Axis:
            if key in {f"{axis}_{w}" for w in ("measured", "filled", "points", "middle")}:
                what = key.removeprefix(f"{axis}_")
                return self.words(f"copy.{what}", axis=self.words(f"axes.{axis}"))
        own = self.words.branch("copy.columns")
        return own.get(key) or self.words(f"columns.{key}")

    def _column(self, key: str, header: str) -> ReportColumn:
        cells, formula = self.made[key]
        what = key.partition(" ")[0]
        kind = {"measure": Kind.MEASURE}.get(what) or _KINDS.get(key, Kind.POINTS)
        found = ((i, formula(i)) for i in range(len(self.layout.ids)))
        formulas = {i: text for i, text in found if text is not None}
        return ReportColumn(key, header, kind, cells, None, formulas)

    def _put(self, key: str, cells: Cells, formula: Formula = lambda _: None) -> None:
        self.made[key] = cells, formula

    def _of(self, key: str) -> Callable[[int], str]:
        return lambda i: self.layout.here(key, i)

    def _numbers(self, key: str) -> Floats:
        numbers: Floats = self.customers[key].to_numpy(np.float64)
        return numbers

    # --- who it is -----------------------------------------------------------------------------

    def _identity(self) -> None:
        words = self.words
        for key in ("customer_id", "customer"):
            self._put(key, self.customers[key].tolist())
        statuses = [words(f"statuses.{status}") for status in self.customers["status"]]
        self._put("status", statuses, self._status())
        self._put("place", np.arange(1.0, len(statuses) + 1))
        self._put("counts", [words("words.yes") if counts else "" for counts in self.counts])

    def _status(self) -> Formula:
        layout = self.layout
        position = layout.places.customers.positions.get("status")
        if position is None or is_status_hidden(layout):
            return lambda _: None
        cells = layout.places.customers.raw.columns[position]
        found = dict.fromkeys(cell for cell in cells if isinstance(cell, str))
        words = spellings(contract.STATUSES, Status.PROSPECT, found)
        prefix = layout.customer_prefix(position)
        prospect, customer = (
            literal(self.words(f"statuses.{status}"))
            for status in (Status.PROSPECT, Status.CUSTOMER)
        )

        def status(i: int) -> str:
            cell = f"{prefix}{layout.ids[i]}"
            chosen = f"IF({is_one_of(cell, words)},{prospect},{customer})"
            return f"IF(ISTEXT({cell}),{chosen},{customer})"

        return status

    # --- measures and their values -------------------------------------------------------------

    def _measure(self, j: int) -> None:
        layout, seen = self.layout, self.layout.seen[j]
        position = layout.column_of(seen.criterion.name)
        prefix, language = layout.customer_prefix(position), layout.places.language
        contents = [layout.customer_content(position, row) for row in layout.ids]
        read = [can_be_read(content) for content in contents]
        if seen.criterion.scale.kind is ScaleKind.CATEGORIES:
            words = [_word(content, language) for content in contents]

            def word(i: int) -> str | None:
                cell = f"{prefix}{layout.ids[i]}"
                otherwise = f'IF(ISNUMBER({cell}),{cell},"")'
                return f"IF(ISTEXT({cell}),LOWER(TRIM({cell})),{otherwise})" if read[i] else None

            self._put(f"measure {j}", words, word)
            return
        measures = np.array([_number(content, language) for content in contents], dtype=np.float64)

        def measure(i: int) -> str | None:
            cell = f"{prefix}{layout.ids[i]}"
            return f'IF(ISNUMBER({cell}),{cell},"")' if read[i] and self.counts[i] else None

        self._put(f"measure {j}", np.where(self.counts, measures, np.nan), measure)
        # what counts nowhere is read directly, so that no bound is taken of it
        own = self._of(f"measure {j}")
        self.sources[j] = lambda i: (
            own(i) if self.counts[i] else f"{prefix}{layout.ids[i]}" if read[i] else None
        )

    def _value(self, j: int) -> None:
        layout, seen = self.layout, self.layout.seen[j]
        values = layout.of_whole(layout.audience.whole.analysis.values, [seen.criterion.name])[:, 0]
        kind = seen.criterion.scale.kind
        if kind is ScaleKind.CATEGORIES:
            own = self._of(f"measure {j}")
            words, worth = layout.levels_of("from", j), layout.levels_of("worth", j)

            def of_word(i: int) -> str:
                same = f"--({words}={own(i)})"
                found = f"SUMPRODUCT({same},{worth})"
                return f'IF({own(i)}="","",IF(SUMPRODUCT({same})=0,"",{found}))'

            self._put(f"value {j}", values, of_word)
            return
        scaled = self._linear(j) if kind is ScaleKind.LINEAR else self._levels(j)
        source = self.sources[j]

        def value(i: int) -> str | None:
            measure = source(i)
            return None if measure is None else f'IF(ISNUMBER({measure}),{scaled(measure)},"")'

        self._put(f"value {j}", values, value)

    def _linear(self, j: int) -> Callable[[str], str]:
        low, high, zero, full = (
            self.layout.of_scale(key, j) for key in ("low", "high", "zero", "full")
        )
        return lambda m: (
            f"IF(ISNUMBER({zero}),(MAX({low},MIN({high},{m}))-{zero})/({full}-{zero})*100,50)"
        )

    def _levels(self, j: int) -> Callable[[str], str]:
        layout, seen = self.layout, self.layout.seen[j]
        first, lowest = (layout.of_scale(f"{what} 0", j) for what in ("from", "worth"))
        if len(seen.levels) == 1:
            return lambda _: lowest
        bounds, worth, slopes = (layout.levels_of(what, j) for what in ("from", "worth", "slope"))
        if seen.criterion.scale.kind is ScaleKind.STEPS:
            return lambda m: f"IF({m}<{first},{lowest},LOOKUP({m},{bounds},{worth}))"
        return lambda m: (
            f"IF({m}<{first},{lowest},LOOKUP({m},{bounds},{worth})"
            f"+({m}-LOOKUP({m},{bounds}))*LOOKUP({m},{bounds},{slopes}))"
        )

    # --- axes ----------------------------------------------------------------------------------

    def _axis(self, axis: Axis) -> None:
        layout = self.layout
        score, coverage = (self._numbers(f"{axis}_{what}") for what in ("score", "coverage"))
        if axis in layout.fixed:
            self._put(f"{axis}_score", score)
            self._put(f"{axis}_coverage", coverage)
            return
        weight, fill = layout.scale_row(f"{axis}_weight"), layout.scale_row("fill")
        total = layout.weights_total(axis)
        measured, filled, points = (
            self._of(f"{axis}_{w}") for w in ("measured", "filled", "points")
        )
        now = self._sums(axis)
        across = layout.across
        self._put(
            f"{axis}_measured", now[0], lambda i: f"SUMPRODUCT(--ISNUMBER({across(i)}),{weight})"
        )
        self._put(
            f"{axis}_filled",
            now[1],
            lambda i: f"SUMPRODUCT(1-ISNUMBER({across(i)}),--ISNUMBER({fill}),{weight})",
        )
        self._put(
            f"{axis}_points",
            now[2],
            lambda i: (
                f"SUMPRODUCT({across(i)},{weight})"
                f"+SUMPRODUCT(1-ISNUMBER({across(i)}),{fill},{weight})"
            ),
        )

        def scored(i: int) -> str | None:
            used = f"({measured(i)}+{filled(i)})"
            mean = f"MAX(0,MIN(100,{points(i)}/{used}))"
            return None if self.repeated[i] else f'IF({used}>0,{mean},"")'

        self._put(f"{axis}_score", score, scored)
        self._put(f"{axis}_coverage", coverage, lambda i: f'IF({total}>0,{measured(i)}/{total},"")')

    def _sums(self, axis: Axis) -> tuple[Floats, Floats, Floats]:
        """Weight with a measure, weight filled in, and points, as they are now."""
        seen = self.layout.seen
        values = np.column_stack([np.asarray(self.made[f"value {j}"][0]) for j in range(len(seen))])
        weights = np.array([one.criterion.weight * (one.criterion.axis is axis) for one in seen])
        fills = np.array([one.criterion.fill for one in seen], dtype=np.float64)
        measured = ~np.isnan(values)
        filled = ~measured & ~np.isnan(fills)
        points = np.where(measured, values, np.where(filled, fills, 0.0))
        return (measured * weights).sum(1), (filled * weights).sum(1), (points * weights).sum(1)

    # --- what comes of it ----------------------------------------------------------------------

    def _results(self) -> None:
        words, figure = self.words, self.layout.figure
        value, benefit = (self._of(f"{axis}_score") for axis in Axis)
        coverages = [self._of(f"{axis}_coverage") for axis in Axis]
        rated, total, compared = (self._of(k) for k in ("rated", "total_score", "total_rounded"))
        least = f"ROUND({figure('min_coverage')}/100,9)"
        is_rated = self.customers["rank"].notna().to_numpy()
        weights = [figure(f"{axis}_weight") for axis in Axis]
        both = f"({weights[0]}+{weights[1]})"

        def rate(i: int) -> str | None:
            if not self.counts[i]:
                return None
            known = ",".join((value(i), benefit(i), *(coverage(i) for coverage in coverages)))
            enough = ",".join(f"ROUND({coverage(i)},9)>={least}" for coverage in coverages)
            return f'IF(COUNT({known})=4,IF(AND({enough}),{self.yes},""),"")'

        def weighed(i: int) -> str:
            points = f"({weights[0]}*{value(i)}+{weights[1]}*{benefit(i)})/{both}"
            return f'IF(AND({rated(i)}={self.yes},{both}>0),{points},"")'

        totals = self._numbers("total_score")
        self._put("rated", [words("words.yes") if one else "" for one in is_rated], rate)
        self._put("total_score", totals, weighed)
        self._put(
            "total_rounded",
            rounded(totals),
            lambda i: f'IF({total(i)}="","",ROUND({total(i)},9))',
        )
        totals = rounded(totals)
        self._put("total_sorted", _sorted(totals), self._if_whole(self._largest("total_rounded")))
        ranked = self._placed(compared, "total_sorted")
        self._put("rank", self._numbers("rank"), self._if_whole(ranked))
        self._types(value, benefit)
        for axis, own in zip(Axis, (value, benefit), strict=True):
            self._middle(axis, own)

    def _largest(self, key: str) -> Formula:
        """The figures in the order of their size."""
        figures, place = self.layout.down(key, sheet=False), self._of("place")
        return lambda i: f'IFERROR(LARGE({figures},{place(i)}),"")'

    def _placed(self, cell: Callable[[int], str], key: str) -> Formula:
        """The first place of a figure among those sorted; so equal ones share the smallest."""
        figures = self.layout.down(key, sheet=False)
        return lambda i: f'IF({cell(i)}="","",MATCH({cell(i)},{figures},0))'

    def _if_whole(self, formula: Formula) -> Formula:
        return formula if self.layout.is_whole else lambda _: None

    def _types(self, value: Callable[[int], str], benefit: Callable[[int], str]) -> None:
        words, figure = self.words, self.layout.figure
        rated = self._of("rated")
        star, question_mark, free_rider, poor_dog = (
            literal(words(f"quadrants.{quadrant}")) for quadrant in RATED_QUADRANTS
        )
        none = literal(words(f"quadrants.{Quadrant.NOT_RATED}"))
        cuts = [figure(f"{axis}_threshold") for axis in Axis]
        band = f"ROUND({figure('borderline_band')},9)"

        def typed(i: int) -> str:
            high, much = (
                f"ROUND({score(i)},9)>=ROUND({cut},9)"
                for score, cut in zip((value, benefit), cuts, strict=True)
            )
            types = (
                f"IF({high},IF({much},{star},{question_mark}),IF({much},{free_rider},{poor_dog}))"
            )
            return f"IF({rated(i)}={self.yes},{types},{none})"

        def near(i: int) -> str:
            tests = ",".join(
                f"ROUND(ABS({score(i)}-{cut}),9)<={band}"
                for score, cut in zip((value, benefit), cuts, strict=True)
            )
            return f'IF({rated(i)}={self.yes},IF(OR({tests}),{self.yes},""),"")'

        types = [words(f"quadrants.{quadrant}") for quadrant in self.customers["quadrant"]]
        self._put("quadrant", types, typed)
        flags = [words("words.yes") if one else "" for one in self.customers["borderline"]]
        self._put("borderline", flags, near)

    def _middle(self, axis: Axis, score: Callable[[int], str]) -> None:
        """The scores of which a mean or median is taken."""
        rated, status = self._of("rated"), self._of("status")
        customer = literal(self.words("statuses.customer"))
        nobody = f"{self.layout.figure('rated_customers')}=0"
        is_rated = self.customers["rank"].notna().to_numpy()
        among = is_rated & ~self.prospects
        among = among if among.any() else is_rated
        self._put(
            f"{axis}_middle",
            np.where(among, self._numbers(f"{axis}_score"), np.nan),
            lambda i: (
                f'IF(AND({rated(i)}={self.yes},OR({status(i)}={customer},{nobody})),{score(i)},"")'
            ),
        )

    # --- ABC -----------------------------------------------------------------------------------

    def _abc(self) -> None:
        analysis = self.layout.audience.run.analysis
        at = analysis.abc["position"].to_numpy(np.int64)

        def listed(numbers: npt.ArrayLike) -> Floats:
            cells = np.full(len(self.layout.ids), np.nan)
            cells[at] = numbers
            return cells

        now = {key: listed(analysis.abc[key].to_numpy(np.float64)) for key in _OF_ABC}
        total = self._numbers("total_score")
        now["listed"] = np.where(np.isnan(now["amount"]), np.nan, rounded(total))
        now["share_before"] = self._before(now["amount"])
        now["amount_sorted"] = _sorted(now["amount"])
        now["amount_summed"] = np.cumsum(now["amount_sorted"])
        now["listed_sorted"] = _sorted(now["listed"])
        formulas = self._abc_formulas() if computes_abc(self.layout) else {}
        for key, cells in now.items():
            is_needed = key in _OF_ABC or formulas
            shown = cells if is_needed else np.full(len(cells), np.nan)
            self._put(key, shown, formulas.get(key, lambda _: None))
        classes = self.customers["abc_class"].tolist()
        self._put("abc_class", classes, formulas.get("abc_class", lambda _: None))

    @staticmethod
    def _before(amounts: Floats) -> Floats:
        """The share of all larger amounts."""
        known = np.sort(amounts[~np.isnan(amounts)])[::-1]
        sums = np.concatenate([[0.0], np.cumsum(known)])
        before = sums[np.searchsorted(-known, -amounts)] / (sums[-1] or 1.0)
        return np.where(np.isnan(amounts), np.nan, before)

    def _abc_formulas(self) -> Mapping[str, Formula]:
        layout, figure = self.layout, self.layout.figure
        amount, rank, before, share, listed = (
            self._of(key) for key in ("amount", "amount_rank", "share_before", "share", "listed")
        )
        largest, summed = self._of("amount_sorted"), self._of("amount_summed")
        sums, ranks = (layout.down(k, sheet=False) for k in ("amount_summed", "amount_rank"))
        among = layout.down("listed_sorted", sheet=False)
        first, whole = ranks.partition(":")[0], figure("abc_total")
        a, b = (f"ROUND({figure(key)}/100,9)" for key in ("abc_a", "abc_b"))

        def unless_blank(cell: Callable[[int], str], formula: Callable[[int], str]) -> Formula:
            return lambda i: f'IF({cell(i)}="","",{formula(i)})'

        def of_class(i: int) -> str:
            so_far = f"ROUND({before(i)},9)"
            return f'IF({so_far}<{a},"A",IF({so_far}<{b},"B","C"))'

        return {
            "amount": self._amount(),
            "amount_sorted": self._largest("amount"),
            "amount_summed": unless_blank(largest, lambda i: f"N({summed(i - 1)})+{largest(i)}"),
            "amount_rank": self._placed(amount, "amount_sorted"),
            "share_before": unless_blank(
                amount, lambda i: f"IF({rank(i)}=1,0,INDEX({sums},{rank(i)}-1))/{whole}"
            ),
            "share": unless_blank(amount, lambda i: f"{amount(i)}/{whole}"),
            "cumulative_share": unless_blank(
                amount,
                lambda i: f"{before(i)}+COUNTIF({first}:{rank(i)},{rank(i)})*{share(i)}",
            ),
            "abc_class": unless_blank(amount, of_class),
            "listed": lambda i: f'IF({amount(i)}="","",{self._of("total_rounded")(i)})',
            "listed_sorted": self._largest("listed"),
            "difference": unless_blank(listed, lambda i: f"{rank(i)}-MATCH({listed(i)},{among},0)"),
        }

    def _amount(self) -> Formula:
        layout = self.layout
        measure = layout.audience.whole.analysis.abc_measure
        assert measure is not None
        position = layout.column_of(measure)
        prefix, status = layout.customer_prefix(position), self._of("status")
        customer = literal(self.words("statuses.customer"))
        own = {one.criterion.name: j for j, one in enumerate(layout.seen)}.get(measure)

        def amount(i: int) -> str | None:
            row = layout.ids[i]
            if not (self.counts[i] and can_be_read(layout.customer_content(position, row))):
                return None
            cell = f"{prefix}{row}" if own is None else layout.here(f"measure {own}", i)
            is_number = f"AND({status(i)}={customer},ISNUMBER({cell}))"
            return f'IF({is_number},IF({cell}>0,{cell},""),"")'

        return amount

    # --- what it was ---------------------------------------------------------------------------

    def _kept(self) -> None:
        """Results as they are now, to be compared with what formulas show later."""
        for key in KEPT:
            self._put(f"start_{key}", self.made[key][0])
        scores, texts = KEPT[:3], KEPT[3:]

        def changed(i: int) -> str:
            now, then = (
                ",".join(self.layout.here(f"{prefix}{key}", i) for key in scores)
                for prefix in ("", "start_")
            )
            tests = [f"COUNT({now})=COUNT({then})"]
            for key in scores:
                here, there = (self.layout.here(k, i) for k in (key, f"start_{key}"))
                tests.append(f"ROUND(N({here})-N({there}),9)=0")
            for key in texts:
                here, there = (self.layout.here(k, i) for k in (key, f"start_{key}"))
                tests.append(f"{here}={there}")
            return f'IF(AND({",".join(tests)}),"",{self.yes})'

        self._put("changed", [""] * len(self.layout.ids), changed)


def _sorted(figures: Floats) -> Floats:
    """The largest first, those that are missing last."""
    return -np.sort(-figures)


def can_be_read(content: Cell) -> bool:
    """Whether formulas take a cell for what Python does: days and truth values are no numbers."""
    return not isinstance(content, bool | dt.date | dt.time | dt.timedelta)


def _number(content: Cell, language: str) -> float:
    number = as_number(content, language).number
    return np.nan if number is None else number


def _word(content: Cell, language: str) -> str | float:
    """A category as formulas compare it."""
    if isinstance(content, int | float | Decimal) and not isinstance(content, bool):
        return as_float(content)
    word = None if isinstance(content, CellError) else as_category(content, language)
    return "" if word is None else excel_key(word)
