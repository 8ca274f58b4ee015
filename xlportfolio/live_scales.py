"""The sheet of the scales of a copy that computes: settings and criteria as they are used.

Settings stand above the table, criteria lie across it, in the order in which the calculation has
them, so that a row here and a customer's values there can be multiplied.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from xlportfolio.live_layout import FIGURES, SETTINGS, USED, Layout
from xlportfolio.model import Axis, Objective, Status, ThresholdRule
from xlportfolio.plain_formulas import is_one_of, key_of, literal, number, spellings
from xlportfolio.scale import ScaleKind
from xlportfolio.schema.settings import default_of
from xlportfolio.schema.words import (
    AXES,
    FILL_RULES,
    OBJECTIVES,
    THRESHOLD_RULES,
    FillRule,
)
from xlportfolio.tables import Kind, ReportColumn, SheetTable, Summary, free_name

#: What a cell shows, and its formula if it has one.
Entry = tuple[str | float, str | None]
_BLANK: Entry = ("", None)


def scales_sheet(layout: Layout) -> SheetTable:
    """Lay out the sheet."""
    return _Scales(layout).sheet()


class _Scales:
    """Writes one row after the other."""

    def __init__(self, layout: Layout) -> None:
        self.layout, self.words = layout, layout.words

    def sheet(self) -> SheetTable:
        words, layout = self.words, self.layout
        rows = list(layout.scale_rows)
        of_criteria = [self._criterion(j, rows) for j in range(len(layout.seen))]
        total = [self._total(row) for row in rows]
        headers = distinct(
            [words("copy.row"), words("copy.meaning"), words("words.total")]
            + [one.criterion.name for one in layout.seen]
        )
        columns = [
            ReportColumn("row", headers[0], Kind.NAME, [self._label(row) for row in rows]),
            ReportColumn("meaning", headers[1], Kind.PROSE, [self._meaning(row) for row in rows]),
            _column("total", headers[2], total),
            *(
                _column(f"criterion {j}", header, entries)
                for j, (header, entries) in enumerate(zip(headers[3:], of_criteria, strict=True))
            ),
        ]
        summary, formulas = self._summary()
        return SheetTable(
            "scales",
            "tblLiveScales",
            layout.names["scales"],
            words("copy.scales_title"),
            (words("copy.scales_hint"), words("copy.scales_levels_hint")),
            tuple(columns),
            summary=summary,
            formulas=formulas,
        )

    # --- settings and figures ------------------------------------------------------------------

    def _summary(self) -> tuple[Summary, dict[str, str]]:
        layout, words = self.layout, self.words
        names = (*SETTINGS, *FIGURES)
        known = words.branch("settings")
        hints = [known.get(name) or words(f"copy.{name}_hint") for name in names]
        labels = [name if name in SETTINGS else words(f"copy.{name}") for name in names]
        entries = [self._setting(name) for name in SETTINGS]
        entries += [self._figure(name) for name in FIGURES]
        columns = (
            ReportColumn("row", words("copy.setting"), Kind.NAME, labels),
            ReportColumn("meaning", words("copy.meaning"), Kind.PROSE, hints),
            _column("used", words("copy.used"), entries),
        )
        formulas = {
            layout.figure_address(name): formula
            for name, (_, formula) in zip(names, entries, strict=True)
            if formula is not None
        }
        return Summary(columns, (None,) * len(names), (1, 2, USED)), formulas

    def _setting(self, name: str) -> Entry:
        layout = self.layout
        used = self._used(name)
        cell = layout.setting_cell(name)
        if cell is None:
            return used, None
        otherwise = number(default_of(name))
        if name.endswith("_threshold"):
            otherwise = self._rules(cell, name, otherwise)
        return used, f"IF(ISNUMBER({cell}),{cell},{otherwise})"

    def _used(self, name: str) -> float:
        if name.endswith("_threshold"):
            thresholds = self.layout.audience.whole.analysis.thresholds
            return float(getattr(thresholds, name.removesuffix("_threshold")))
        return float(getattr(self.layout.model, name))

    def _rules(self, cell: str, name: str, default: str) -> str:
        """What a threshold is that is no number: a mean, a median, or the default."""
        layout, places = self.layout, self.layout.places
        row = layout.setting_row(name)
        assert places.settings is not None
        found = [] if row is None else [places.settings.text(row, "value")]
        middle = layout.down(f"{name.removesuffix('_threshold')}_middle")
        for rule, function in ((ThresholdRule.MEDIAN, "MEDIAN"), (ThresholdRule.MEAN, "AVERAGE")):
            is_meant = is_one_of(cell, spellings(THRESHOLD_RULES, rule, found))
            of_all = f"IF(COUNT({middle})=0,50,{function}({middle}))"
            if not layout.is_whole:
                of_all = number(self._used(name))
            default = f"IF({is_meant},{of_all},{default})"
        return default

    def _figure(self, name: str) -> Entry:
        layout, words = self.layout, self.words
        customers = layout.customers
        if name == "changed":
            yes = literal(words("words.yes"))
            return 0.0, f"SUMPRODUCT(--({layout.down('changed')}={yes}))>0"
        if name == "abc_total":
            amounts = layout.down("amount")
            numbers = layout.audience.run.analysis.abc["amount"].to_numpy(np.float64)
            return 0.0 if layout.is_abc_hidden else float(np.nansum(numbers)), f"SUM({amounts})"
        rated, status = layout.down("rated"), layout.down("status")
        count = customers["rank"].notna() & (customers["status"] != Status.PROSPECT)
        yes, customer = (literal(words(key)) for key in ("words.yes", "statuses.customer"))
        return float(count.sum()), f"SUMPRODUCT(--({rated}={yes}),--({status}={customer}))"

    # --- criteria ------------------------------------------------------------------------------

    def _label(self, row: str) -> str:
        what, _, n = row.partition(" ")
        return self.words(f"copy.rows.{what}", n=int(n) + 1 if n else "")

    def _meaning(self, row: str) -> str:
        what, _, n = row.partition(" ")
        return "" if n and n != "0" else self.words(f"copy.meanings.{what}")

    def _total(self, row: str) -> Entry:
        weights = {f"{axis}_weight": axis for axis in Axis}
        if row not in weights or not self.layout.seen:
            return _BLANK
        of_axis = [one for one in self.layout.seen if one.criterion.axis is weights[row]]
        total = float(sum(one.criterion.weight for one in of_axis))
        return total, f"SUM({self.layout.scale_row(row, sheet=False)})"

    def _criterion(self, j: int, rows: Sequence[str]) -> list[Entry]:
        made = {
            "axis": self._axis(j),
            **{f"{axis}_weight": self._weight(j, axis) for axis in Axis},
            **self._linear(j),
            "fill": self._fill(j),
            **self._kept(j),
            **self._level_rows(j),
        }
        return [made.get(row, _BLANK) for row in rows]

    def _text(self, j: int, key: str) -> list[str]:
        """What stands in a cell of the criteria, if it is text."""
        content = self.layout.criterion_content(j, key)
        return [content] if isinstance(content, str) else []

    def _axis(self, j: int) -> Entry:
        cell = self.layout.criterion_cell(j, "axis")
        assert cell is not None
        formula = '"?"'
        for axis in reversed(Axis):
            is_meant = is_one_of(cell, spellings(AXES, axis, self._text(j, "axis")))
            formula = f"IF({is_meant},{literal(self.words(f'axes.{axis}'))},{formula})"
        return self.words(f"axes.{self.layout.seen[j].criterion.axis}"), formula

    def _weight(self, j: int, axis: Axis) -> Entry:
        layout, criterion = self.layout, self.layout.seen[j].criterion
        cell = layout.criterion_cell(j, "weight")
        is_on = f"{layout.of_scale('axis', j, sheet=False)}={literal(self.words(f'axes.{axis}'))}"
        weight = float(criterion.weight) if criterion.axis is axis else 0.0
        return weight, f"IF(AND({is_on},ISNUMBER({cell})),MAX(0,{cell}),0)"

    def _linear(self, j: int) -> dict[str, Entry]:
        layout, seen = self.layout, self.layout.seen[j]
        if seen.criterion.scale.kind is not ScaleKind.LINEAR:
            return {}
        bounds = layout.audience.whole.analysis.bounds[seen.position]
        is_min = seen.criterion.objective is Objective.MIN
        low, high, objective = (
            layout.of_scale(key, j, sheet=False) for key in ("low", "high", "objective")
        )
        is_scale = f"AND(ISNUMBER({low}),ISNUMBER({high}))"
        minimum = literal(Objective.MIN)

        def end(if_min: str, otherwise: str) -> str:
            chosen = f"IF({objective}={minimum},{if_min},{otherwise})"
            return f'IF({is_scale},IF({low}<{high},{chosen},""),"")'

        ends = (bounds.high, bounds.low) if is_min else (bounds.low, bounds.high)
        ends = ends if bounds.low < bounds.high else (np.nan, np.nan)
        return {
            "objective": self._objective(j),
            "low": (_or_blank(bounds.low), self._bound(j, "low", bounds.low)),
            "high": (_or_blank(bounds.high), self._bound(j, "high", bounds.high)),
            "zero": (_or_blank(ends[0]), end(high, low)),
            "full": (_or_blank(ends[1]), end(low, high)),
        }

    def _objective(self, j: int) -> Entry:
        objective = self.layout.seen[j].criterion.objective
        cell = self.layout.criterion_cell(j, "objective")
        if cell is None:
            return str(objective), None
        words = spellings(OBJECTIVES, Objective.MIN, self._text(j, "objective"))
        least, most = literal(Objective.MIN), literal(Objective.MAX)
        return str(objective), f"IF({is_one_of(cell, words)},{least},{most})"

    def _bound(self, j: int, key: str, used: float) -> str:
        layout = self.layout
        measures = layout.down(f"measure {j}")
        smallest = f"{'MIN' if key == 'low' else 'MAX'}({measures})"
        of_data = f'IF(COUNT({measures})=0,"",{smallest})'
        if not layout.is_whole:
            of_data = number(used) if np.isfinite(used) else '""'
        cell = layout.criterion_cell(j, key)
        return of_data if cell is None else f"IF(ISNUMBER({cell}),{cell},{of_data})"

    def _fill(self, j: int) -> Entry:
        fill = self.layout.seen[j].criterion.fill
        used = "" if fill is None else float(fill)
        cell = self.layout.criterion_cell(j, "missing")
        if cell is None:
            return used, None
        found = self._text(j, "missing")
        worst, neutral = (
            is_one_of(cell, spellings(FILL_RULES, rule, found))
            for rule in (FillRule.WORST, FillRule.NEUTRAL)
        )
        return used, f'IF(ISNUMBER({cell}),{cell},IF({worst},0,IF({neutral},50,"")))'

    def _kept(self, j: int) -> dict[str, Entry]:
        """Scale and levels as they were, and what is said where they are others now."""
        layout = self.layout
        cells = {key: layout.criterion_cell(j, key) for key in ("scale", "levels", "weight")}
        kept = {key: next(iter(self._text(j, key)), "") for key in ("scale", "levels")}
        scale, levels = (layout.of_scale(key, j, sheet=False) for key in ("scale", "levels"))
        others = []
        if cells["scale"] is not None:
            others.append(f"{key_of(cells['scale'])}<>{key_of(scale)}")
        if cells["levels"] is not None and layout.seen[j].levels:
            others.append(f"NOT(EXACT({cells['levels']},{levels}))")
        axis = layout.of_scale("axis", j, sheet=False)
        wrong = f'OR({axis}="?",NOT(ISNUMBER({cells["weight"]})))'
        check = f'IF({wrong},{literal(self.words("copy.check_row"))},"")'
        if others:
            check = f"IF(OR({','.join(others)}),{literal(self.words('copy.check_scale'))},{check})"
        return {
            "scale": (kept["scale"], None),
            "levels": (kept["levels"] if layout.seen[j].levels else "", None),
            "check": ("", check),
        }

    # --- levels --------------------------------------------------------------------------------

    def _level_rows(self, j: int) -> dict[str, Entry]:
        layout, levels = self.layout, self.layout.seen[j].levels
        made: dict[str, Entry] = {}
        for n, (bound, worth) in enumerate(levels):
            made[f"from {n}"], made[f"worth {n}"] = (bound, None), (worth, None)
        if not layout.seen[j].criterion.scale.kind.glides:
            return made
        for n, (bound, worth) in enumerate(levels):
            if n + 1 == len(levels):
                made[f"slope {n}"] = (0.0, None)
                continue
            (x, y), (next_x, next_y) = (
                [layout.of_scale(f"{what} {m}", j, sheet=False) for what in ("from", "worth")]
                for m in (n, n + 1)
            )
            after, then = levels[n + 1]
            slope = (then - worth) / (float(after) - float(bound))
            made[f"slope {n}"] = (slope, f"({next_y}-{y})/({next_x}-{x})")
        return made


def distinct(headers: Sequence[str]) -> list[str]:
    """Headers of a table, on one line, of a length that Excel takes, and each only once.

    >>> distinct(["Row", "Growth", "row"])
    ['Row', 'Growth', 'row (2)']
    """
    made: list[str] = []
    for header in headers:
        made.append(free_name(" ".join(header.split())[:200], made))
    return made


def _or_blank(bound: float) -> str | float:
    return float(bound) if np.isfinite(bound) else ""


def _column(key: str, header: str, entries: Sequence[Entry]) -> ReportColumn:
    formulas = {i: formula for i, (_, formula) in enumerate(entries) if formula is not None}
    return ReportColumn(key, header, Kind.MEASURE, [shown for shown, _ in entries], None, formulas)
