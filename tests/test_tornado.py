"""The chart on the sheet What-if: its numbers against the analysis with other weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from lxml import etree
from openpyxl import load_workbook
from support.office import in_libreoffice
from support.packages import parts_of
from support.template import DOUBLE, block_of, made

from xlportfolio import Axis, Criterion, Scale, ScoringModel, analyse
from xlportfolio.excel import functions
from xlportfolio.excel.arguments import portfolio
from xlportfolio.locale import texts
from xlportfolio.schema.contract import CRITERIA
from xlportfolio.template.sample import criteria
from xlportfolio.template.tornado import BARS

#: Of a criterion: points that its axis score moves when its weight is halved, and when doubled.
Moves = dict[str, tuple[float, float]]
FIRST, LAST = 18, 47
CHART = "{http://schemas.openxmlformats.org/drawingml/2006/chart}"


def moves(customers: pd.DataFrame, model: ScoringModel, customer: Any, language: str) -> Moves:
    """What the analysis says with each weight halved and doubled, by the names of the bars."""

    def told(model: ScoringModel) -> tuple[Any, Any]:
        """The customer's scores and contributions."""
        analysis = analyse(customers, model)
        ids = analysis.customers["customer_id"].astype(str).tolist()
        row = ids.index(str(customer))
        return analysis.customers.iloc[row], analysis.contributions.iloc[row]

    found = {}
    today, contributions = told(model)
    for k, criterion in enumerate(model.criteria):
        if criterion.weight == 0 or pd.isna(contributions[criterion.name]):
            continue
        score = f"{criterion.axis}_score"
        moved = []
        for factor in (0.5, 2):
            other = list(model.criteria)
            other[k] = replace(criterion, weight=criterion.weight * factor)
            then, _ = told(replace(model, criteria=tuple(other)))
            moved.append(float(then[score] - today[score]))
        axis = texts(language)(f"new.tornado.{criterion.axis}")
        found[f"{criterion.name} ({axis})"] = (moved[0], moved[1])
    return found


def bars(path: Path, folder: Path, language: str = "en") -> list[list[Any]]:
    """What LibreOffice computes for the chart: name, halved, doubled, the topmost first."""
    area = f"{texts(language)('new.what_if')}!AR{FIRST}:AT{FIRST + BARS - 1}"
    answered = in_libreoffice(path, folder, replace={"KpBridge": DOUBLE}, ranges=[area])
    rows: list[list[Any]] = answered["ranges"][area]
    return rows


def agree(rows: list[list[Any]], expected: Moves) -> None:
    """The bars are those of the analysis, the widest on top, and no others."""
    drawn = [row for row in rows if row[0]]
    assert rows[len(drawn) :] == [["", "", ""]] * (BARS - len(drawn))
    assert len(drawn) == min(len(expected), BARS)
    for name, *moved in drawn:
        assert moved == pytest.approx(expected[name], abs=1e-9)
    spans = sorted((abs(b - a) for a, b in expected.values()), reverse=True)
    assert [abs(b - a) for _, a, b in drawn] == pytest.approx(spans[: len(drawn)], abs=1e-8)


@pytest.mark.parametrize(
    ("customer", "entered", "weights", "missing", "language"),
    [
        (11, {}, {}, {}, "en"),
        (0, {}, {}, {}, "de"),
        (29, {}, {}, {}, "en"),  # hardly anything is known
        (29, {}, {}, {1: 30, 2: "neutral", 3: "worst"}, "en"),
        (50, {1: 0.11, 6: 5}, {}, {}, "en"),
        (7, {}, {0: 60, 8: 12.5, 4: 0, 7: 0.001}, {}, "de"),
    ],
    ids=["shown", "german", "missing", "filled in", "entered", "weights"],
)
def test_bars_are_what_the_analysis_says_with_that_one_weight_halved_or_doubled(
    customer: int,
    entered: Mapping[int, float],
    weights: Mapping[int, float],
    missing: Mapping[int, float | str],
    language: str,
    tmp_path: Path,
) -> None:
    path = made(tmp_path, language)
    names = [name for name, *_ in criteria(language)]
    tables = [block_of(path, t) for t in ("tblCustomers", "tblCriteria", "tblSettings")]
    book = load_workbook(path, keep_vba=True)
    inputs, sheet = book[texts(language)("new.what_if")], book[CRITERIA.sheet(language)]
    chosen = tables[0][1 + customer]
    inputs["B4"] = chosen[1]
    for k, measure in entered.items():
        chosen[tables[0][0].index(names[k])] = inputs.cell(FIRST + k, 5).value = measure
    for column, cells in ((2, weights), (8, missing)):
        for k, cell in cells.items():
            tables[1][1 + k][column] = sheet.cell(5 + k, column + 1).value = cell
    # the functions of ours have no bridge to Python in LibreOffice
    explained = functions.KP_EXPLAIN(chosen[0], *tables)
    for row in range(len(explained)):
        for column in range(5):
            inputs.cell(FIRST - 1 + row, 8 + column).value = explained[row][column]
    book.save(path)

    given = portfolio(*tables)
    expected = moves(given.customers, given.model, chosen[0], language)
    assert bool(missing or customer != 29) == (len(expected) > 2)
    agree(bars(path, tmp_path, language), expected)


def test_the_widest_ten_are_drawn_and_equal_ones_each_have_a_bar(tmp_path: Path) -> None:
    weights = [5, 5, 5, 40, 0, 1, 2, 3, 4, 6, 7, 8, 9, 10]
    points = [90, 90, 10, 55, 99, 0, 100, 30, 70, 20, 80, 5, 95, 50]
    axes = [Axis.VALUE, Axis.BENEFIT]
    found = [
        Criterion(f"C{k}", axes[k > 9], weights[k], Scale.linear(0, 100))
        for k in range(len(weights))
    ]
    model = ScoringModel(criteria=tuple(found))
    customers = pd.DataFrame(
        [
            {"customer_id": "1", "customer": "A"}
            | dict(zip([c.name for c in found], points, strict=True))
        ]
    )
    contributions = analyse(customers, model).contributions.iloc[0]
    path = made(tmp_path)
    book = load_workbook(path, keep_vba=True)
    sheet = book["What-if"]
    sheet["H17"] = "Criterion"
    spelled = ["Value", "wert", "VALUE", "Benefit", "Nutzen"]
    for k, criterion in enumerate(found):
        row = FIRST + k
        sheet[f"A{row}"] = sheet[f"H{row}"] = criterion.name
        sheet[f"B{row}"] = spelled[k % 3 if k <= 9 else 3 + k % 2]
        sheet[f"K{row}"], sheet[f"L{row}"] = criterion.weight, contributions[criterion.name]
    book.save(path)
    agree(bars(path, tmp_path), moves(customers, model, "1", "en"))


def test_no_bars_where_the_functions_say_that_they_cannot_compute(tmp_path: Path) -> None:
    """What the double answers in their place are texts."""
    agree(bars(made(tmp_path), tmp_path), {})


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_workbook_keeps_what_the_analysis_says(language: str, tmp_path: Path) -> None:
    path = made(tmp_path, language)
    given = portfolio(*(block_of(path, t) for t in ("tblCustomers", "tblCriteria", "tblSettings")))
    sheet = load_workbook(path, data_only=True)[texts(language)("new.what_if")]
    rows = [
        [cell.value or "" for cell in line] for line in sheet[f"AR{FIRST}:AT{FIRST + BARS - 1}"]
    ]
    expected = moves(given.customers, given.model, sheet["B5"].value, language)
    agree(rows, expected)

    charts = [etree.fromstring(c) for n, c in parts_of(path).items() if "charts/chart" in n]
    (chart,) = charts
    halved, doubled = (
        [float(v.text) for v in series.find(f"{CHART}val").iter(f"{CHART}v")]
        for series in chart.iter(f"{CHART}ser")
    )
    drawn = rows[: len(expected)]
    assert halved == pytest.approx([row[1] for row in drawn], abs=1e-9)
    assert doubled == pytest.approx([row[2] for row in drawn], abs=1e-9)


def test_an_empty_workbook_draws_no_bars(tmp_path: Path) -> None:
    path = made(tmp_path, with_sample=False)
    sheet = load_workbook(path, data_only=True)["What-if"]
    assert {cell.value for line in sheet[f"AR{FIRST}:AT{LAST}"] for cell in line} <= {"", None}
    (chart,) = (etree.fromstring(c) for n, c in parts_of(path).items() if "charts/chart" in n)
    assert list(chart.iter(f"{CHART}val"))
    assert [v.text for val in chart.iter(f"{CHART}val") for v in val.iter(f"{CHART}v")] == []
