"""The calculation of a copy that computes: a row for each customer, from measures to ranks.

Everything stands in the order of the ranking as it was. What formulas show now is what the analysis
says.
"""

from __future__ import annotations

from xlportfolio.live_abc import OF_ABC, Abc, computes_abc
from xlportfolio.live_columns import Made
from xlportfolio.live_layout import Layout
from xlportfolio.live_measures import Measures, is_status_hidden
from xlportfolio.live_results import Results
from xlportfolio.live_scales import distinct
from xlportfolio.model import Axis
from xlportfolio.tables import Kind, ReportColumn, SheetTable

_KINDS = {
    "customer_id": Kind.ID,
    "customer": Kind.NAME,
    "status": Kind.WORD,
    "row": Kind.RANK,
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


def customers_sheet(layout: Layout) -> SheetTable:
    """Lay out the sheet."""
    made: Made = {}
    results = Results(layout, made)
    Measures(layout, made).write()
    results.write()
    Abc(layout, made).write()
    results.keep()
    headers = distinct([_header(layout, key) for key in layout.columns])
    columns = [_column(layout, made, *one) for one in zip(layout.columns, headers, strict=True)]
    words = layout.words
    return SheetTable(
        "calculation",
        "tblLiveCalculation",
        layout.names["calculation"],
        words("copy.calculation_title"),
        (words("copy.calculation_hint"), words("copy.calculation_order")),
        tuple(columns),
    )


def live_figures(layout: Layout) -> frozenset[str]:
    """The figures of customers that are formulas."""
    figures = {"total_score", "quadrant", "borderline"}
    for axis in Axis:
        if axis not in layout.fixed:
            figures |= {f"{axis}_score", f"{axis}_coverage"}
    if layout.is_whole:
        figures.add("rank")
    if computes_abc(layout):
        figures |= {*OF_ABC, "abc_class"}
    if not is_status_hidden(layout):
        figures.add("status")
    return frozenset(figures)


def _header(layout: Layout, key: str) -> str:
    what, _, j = key.partition(" ")
    if j:
        return layout.words(f"copy.{what}_of", criterion=layout.seen[int(j)].criterion.name)
    if key.startswith("start_"):
        of = layout.words(f"columns.{key.removeprefix('start_')}")
        return layout.words("copy.start_of", column=of)
    for axis in Axis:
        if key in {f"{axis}_{w}" for w in ("measured", "filled", "points", "middle")}:
            what = key.removeprefix(f"{axis}_")
            return layout.words(f"copy.{what}", axis=layout.words(f"axes.{axis}"))
    own = layout.words.branch("copy.columns")
    return own.get(key) or layout.words(f"columns.{key}")


def _column(layout: Layout, made: Made, key: str, header: str) -> ReportColumn:
    cells, formula = made[key]
    what = key.partition(" ")[0]
    kind = {"measure": Kind.MEASURE}.get(what) or _KINDS.get(key, Kind.POINTS)
    found = ((i, formula(i)) for i in range(len(layout.ids)))
    formulas = {i: text for i, text in found if text is not None}
    return ReportColumn(key, header, kind, cells, None, formulas)
