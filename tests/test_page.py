"""What stands on the page of one customer: figures, criteria that add up, texts, the place."""

from __future__ import annotations

import datetime as dt
import io
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from xlportfolio import Axis, Criterion, Scale, ScoringModel, analyse
from xlportfolio.errors import XlPortfolioError
from xlportfolio.locale import texts
from xlportfolio.model import Quadrant, Role, Status, Strategy
from xlportfolio.page import build_page, position_of
from xlportfolio.page_layout import (
    COLUMNS,
    HELPER_COLUMN,
    MOST_OTHERS,
    OTHERS_ROW,
    CustomerPage,
    Layout,
    layout_of,
)
from xlportfolio.page_look import draw_page, row_heights
from xlportfolio.presentation import Presentation
from xlportfolio.wording import advise

DAY = dt.date(2026, 1, 31)
CRITERIA = (
    Criterion("Turnover", Axis.VALUE, 50, Scale.linear(0, 1000), unit="EUR", role=Role.TURNOVER),
    Criterion("Margin", Axis.VALUE, 30, Scale.linear(0, 0.4), unit="share", role=Role.MARGIN),
    Criterion("Potential", Axis.VALUE, 20, Scale.linear(0, 10), fill=50),
    Criterion("Fit", Axis.BENEFIT, 70, Scale.categories([("high", 100), ("low", 20)])),
    Criterion("Answers", Axis.BENEFIT, 30, Scale.linear(1, 10), unit="1 to 10"),
)
CUSTOMERS: dict[str, list[Any]] = {
    "customer_id": ["A1", "B2", "C3", "D4", "E5", "F6", "A1"],
    "customer": ["Alpha", "Beta", "Gamma", "Delta", "Delta", "", "Alpha again"],
    "status": ["customer", "customer", "customer", "customer", "prospect", "customer", "customer"],
    "Turnover": [900, 800, 100, None, None, 60, 5],
    "Margin": [0.1, 0.3, 0.2, None, 0.4, None, 0.1],
    "Potential": [8, None, 2, None, 9, 3, 1],
    "Fit": ["high", "low", "HIGH ", "medium", "high", "low", "low"],
    "Answers": [10, 2, 9, None, None, 5, 5],
    "hours_now": [30, None, 2.5, None, None, None, None],
}


def page_of(
    asked: str, language: str = "en", model: ScoringModel | None = None, **columns: Any
) -> CustomerPage:
    analysis = analyse(pd.DataFrame(CUSTOMERS | columns), model or ScoringModel(criteria=CRITERIA))
    position = position_of(analysis.customers, asked)
    presentation = Presentation(language=language, as_of=DAY)
    return build_page(advise(analysis, language), position, presentation, "Customer")


def text_of(page: CustomerPage, key: str) -> str:
    """The text below a label, which is given by its key; blank if it is not there."""
    label = texts("en")(key)
    return {t.label: t.text for t in (*page.facts, *page.texts)}.get(label, "")


def test_the_lines_above_say_who_it_is_and_where_the_customer_stands() -> None:
    page = page_of("B2")
    assert page.title == "Beta (B2), Customer"
    assert page.subtitle == "As of 2026-01-31. Rank 4 of 5."
    assert (page.quadrant, page.type) == (Quadrant.QUESTION_MARK, "Question mark")
    german = page_of("B2", "de")
    assert german.title == "Beta (B2), Kunde"
    assert german.subtitle == "Stand 31.01.2026. Rang 4 von 5."
    assert german.type == "Fragezeichen"
    assert page_of("F6").title == "F6, Customer"


@pytest.mark.parametrize("customer", ["A1", "B2", "C3", "D4", "E5", "F6"])
def test_contributions_add_up_to_the_scores(customer: str) -> None:
    page = page_of(customer)
    for table, (_, score, _) in zip(page.tables, page.scores, strict=False):
        points = [line.points for line in table.lines if not math.isnan(line.points)]
        if not points:
            assert math.isnan(table.total.points)
            continue
        assert sum(points) == pytest.approx(score)
        assert table.total.points == score
        assert sum(x.weight for x in table.lines if not math.isnan(x.weight)) == pytest.approx(1)
        for line in table.lines:
            if not math.isnan(line.points):
                assert line.points == pytest.approx(line.value * line.weight)
                assert line.points <= table.most + 1e-9
        assert table.most == pytest.approx(100 * np.nanmax([x.weight for x in table.lines]))


def test_measures_are_shown_as_people_read_them() -> None:
    value, benefit = page_of("A1").tables
    assert [line.measure for line in value.lines] == ["900 EUR", "10%", "8"]
    assert [line.measure for line in benefit.lines] == ["high", "10 (1 to 10)"]
    value, _ = page_of("A1", "de").tables
    assert [line.measure for line in value.lines] == ["900 EUR", "10 %", "8"]
    assert [line.name for line in value.lines] == ["Turnover", "Margin", "Potential"]


def test_a_missing_measure_is_said_and_either_left_out_or_set_by_rule() -> None:
    page = page_of("E5")
    turnover, margin, _ = page.tables[0].lines
    assert turnover.measure == "not known, left out"
    assert all(math.isnan(x) for x in (turnover.value, turnover.weight, turnover.points))
    assert margin.weight == pytest.approx(0.6)
    filled = page_of("B2").tables[0].lines[2]
    assert (filled.measure, filled.value) == ("not known, set by rule", 50)
    assert filled.points == pytest.approx(10)
    assert text_of(page, "page.ask") == "Turnover and Answers"
    assert text_of(page, "page.covered") == "50% of the value weight, 70% of the benefit weight"
    assert text_of(page_of("A1"), "page.covered") == text_of(page_of("A1"), "page.ask") == ""


def test_a_row_that_is_not_rated_says_why_and_shows_what_is_known() -> None:
    page = page_of("D4", Turnover=[900, 800, 100, 50, None, 60, 5])
    assert page.quadrant is Quadrant.NOT_RATED
    assert page.subtitle == "As of 2026-01-31. Not rated, and therefore without a rank."
    assert text_of(page, "page.why_not_rated") == (
        "Measures for only 0% of the benefit weight (50% needed)"
    )
    turnover = page.tables[0].lines[0]
    assert (turnover.measure, turnover.value) == ("50 EUR", 5)
    assert page.tables[1].lines[0].measure == "“medium”: not usable"
    assert math.isnan(page.tables[1].total.points)
    assert math.isnan(page.scores[2][1])
    assert math.isnan(page.place.own[0])
    assert text_of(page, "columns.strategy") == text_of(page, "columns.borderline") == ""
    assert text_of(page, "columns.amount_rank") == "5 of 5"
    assert text_of(page, "page.by_turnover") == ""


def test_a_prospect_has_no_abc_class_and_a_strategy_of_its_own() -> None:
    page = page_of("E5")
    assert page.title == "Delta (E5), Prospect"
    assert text_of(page, "page.abc_class") == text_of(page, "columns.amount_rank") == ""
    assert text_of(page, "columns.strategy") == "Win"


def test_the_rank_by_turnover_is_held_against_the_rank_by_total() -> None:
    assert text_of(page_of("B2"), "page.abc_class") == "A by Turnover"
    assert text_of(page_of("B2"), "columns.amount_rank") == "2 of 4; 3 by total score"
    assert text_of(page_of("B2"), "page.by_turnover") == ("overrates the customer by one place")
    assert text_of(page_of("C3"), "page.by_turnover") == ("underrates the customer by one place")
    assert (
        text_of(page_of("A1"), "page.by_turnover")
        == "rates the customer rightly: both ranks are the same"
    )


def test_only_findings_that_name_the_customer_are_told() -> None:
    found = text_of(page_of("A1"), "page.hidden")
    assert found == (
        "High turnover, low margin: Class A by Turnover; Margin brings less than 50 of 100 points."
    )
    assert text_of(page_of("B2"), "page.hidden") == ""


def test_visits_are_told_with_the_plan_and_todays_hours() -> None:
    keep = [
        Strategy(quadrant, None, "Keep", visits_per_year=visits, hours_per_visit=1.5)
        for quadrant, visits in (
            (Quadrant.STAR, 6),
            (Quadrant.QUESTION_MARK, 4),
            (Quadrant.FREE_RIDER, 0),
        )
    ]
    model = ScoringModel(criteria=CRITERIA, strategies=tuple(keep), hours_per_year=30)
    visits = {
        name: text_of(page_of(name, model=model), "page.visits")
        for name in CUSTOMERS["customer_id"]
    }
    assert visits["A1"] == (
        "6 a year of 1.5 h each, 9 h a year in all. This fits into the activity plan. "
        "Today: 30 h a year."
    )
    assert visits["B2"].endswith("in all. This fits into the activity plan.")
    assert visits["C3"] == "None. Today: 2.5 h a year."
    assert visits["F6"] == ""
    few = ScoringModel(criteria=CRITERIA, strategies=tuple(keep), hours_per_year=8)
    assert "no longer fits" in text_of(page_of("A1", model=few), "page.visits")
    once = [replace(strategy, visits_per_year=1) for strategy in keep]
    seldom = ScoringModel(criteria=CRITERIA, strategies=tuple(once))
    assert text_of(page_of("B2", model=seldom), "page.visits") == "One a year of 1.5 h."
    unknown = ScoringModel(criteria=CRITERIA, strategies=tuple(keep))
    assert "plan" not in text_of(page_of("A1", model=unknown), "page.visits")


def test_the_place_shows_the_others_this_customer_and_the_thresholds() -> None:
    page = page_of("B2")
    _, (_, value, _), (_, benefit, _) = None, *page.scores[:2]
    assert page.place.own == (benefit, value)
    assert page.place.name == "Beta"
    assert page.place.others.shape == (4, 2)
    assert [benefit, value] not in page.place.others.tolist()
    cells, first = page.cells, HELPER_COLUMN
    assert [cells.get((6, first + k)) for k in range(8)] == [
        "Beta", benefit, None, value, None, None, value, None,
    ]  # fmt: skip
    assert cells[OTHERS_ROW, first] == page.place.others[0, 0]
    many = {name: cells * 400 for name, cells in CUSTOMERS.items()}
    many["customer_id"] = [*map(str, range(len(many["customer"])))]
    assert len(page_of("1", **many).place.others) == MOST_OTHERS


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("customer", ["A1", "D4", "E5"])
def test_all_cells_are_ours_and_tell_their_layout(language: str, customer: str) -> None:
    page = page_of(customer, language)
    assert layout_of(page.cells) == page.layout == Layout(3, 2)
    assert all(page.layout.is_ours(*address) for address in page.cells)
    for row in range(page.layout.last + 1, page.layout.last + 12):
        assert not any(page.layout.is_ours(row, column) for column in range(1, COLUMNS + 1))
    moved = {(row + (row > 12), column): cell for (row, column), cell in page.cells.items()}
    assert layout_of(moved) is None
    assert layout_of({}) is None


def test_texts_stay_texts_in_the_scratch_workbook() -> None:
    page = page_of("=1+1", customer=["=1+1", *CUSTOMERS["customer"][1:]])
    sheet = load_workbook(io.BytesIO(draw_page(page, "en")))["Customer"]
    assert (sheet["A1"].value, sheet["A1"].data_type) == ("=1+1 (A1), Customer", "s")
    page = page_of("A1", customer=["", *CUSTOMERS["customer"][1:]])
    assert load_workbook(io.BytesIO(draw_page(page, "en")))["Customer"]["A1"].value == page.title


def test_long_texts_are_cut_or_wrap() -> None:
    criteria = [
        Criterion(f"Criterion {'long ' * 30}{k}", axis, 1, Scale.linear(0, 10))
        for k, axis in enumerate([Axis.VALUE] * 20 + [Axis.BENEFIT] * 20)
    ]
    columns = {criterion.name: [5, 6, 7, 8, 9, 1, 2] for criterion in criteria}
    model = ScoringModel(criteria=tuple(criteria))
    page = page_of("A1", model=model, customer=["Name " * 40, *"bcdefg"], **columns)
    assert len(page.title) < 120
    assert page.title.startswith("Name Name")
    assert "…" in page.title
    assert all(len(line.name) <= 56 for table in page.tables for line in table.lines)
    heights = row_heights(page)
    assert heights[1] > 24
    assert all(heights[page.layout.tables[0] + k] > 30 for k in range(1, 21))
    assert page.layout.lines == 0
    assert max(row for row, column in page.cells if column <= COLUMNS) == page.layout.last
    assert page.layout.last == page.layout.tables[1] + 21
    assert (page.layout.tables[1] + 23, 1) not in page.cells


def test_customers_are_found_by_number_else_by_a_name_that_only_one_has() -> None:
    customers = analyse(pd.DataFrame(CUSTOMERS), ScoringModel(criteria=CRITERIA)).customers

    def found(asked: str) -> str:
        return str(customers["customer_id"].iloc[position_of(customers, asked)])

    assert found("A1") == "A1"
    assert customers["customer"].iloc[position_of(customers, "A1")] == "Alpha"
    assert found("  gAMMA ") == "C3"
    assert found("alpha  Again") == "A1"
    customers.loc[customers["customer"] == "Beta", "customer"] = "Beta\nof  Berlin"
    assert found("Beta of Berlin") == "B2"
    assert found(" C3 ") == "C3"
    for asked in ("a1", "Gama", "", " "):
        with pytest.raises(XlPortfolioError):
            position_of(customers, asked)


def test_a_number_is_named_once_however_often_its_row_repeats() -> None:
    names = {
        "customer": [*CUSTOMERS["customer"][:-1], "Alpha"],
        "customer_id": CUSTOMERS["customer_id"],
    }
    names["customer"][2] = "ALPHA"
    with pytest.raises(XlPortfolioError, match=r"such as A1, C3\.$"):
        page_of("alpha", **names)


def test_who_has_neither_number_nor_name_is_said_to_have_none() -> None:
    analysis = analyse(
        pd.DataFrame(
            CUSTOMERS | {"customer_id": ["", *CUSTOMERS["customer_id"][1:]], "customer": [""] * 7}
        ),
        ScoringModel(criteria=CRITERIA),
    )
    (position,) = np.flatnonzero(analysis.customers["customer_id"] == "")
    for language, title in (("en", "Without a name, Customer"), ("de", "Ohne Namen, Kunde")):
        presentation = Presentation(language=language, as_of=DAY)
        assert build_page(advise(analysis, language), position, presentation, "x").title == title


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ("Gama", "No customer has the number or the name “Gama”; enter one that exists, such as the nearest: Gamma."),
        ("delta", "Several customers are called “delta”; enter the customer ID instead, such as E5, D4."),
        ("Ω", "No customer has the number or the name “Ω”, nor one like it; enter a customer ID as in the table of customers."),
    ],
)  # fmt: skip
def test_who_is_not_found_is_answered_with_the_nearest(asked: str, message: str) -> None:
    with pytest.raises(XlPortfolioError) as stopped:
        page_of(asked)
    assert str(stopped.value) == message


def test_a_status_and_a_type_are_those_of_the_language() -> None:
    assert {page_of(name, "de").title.rpartition(", ")[2] for name in CUSTOMERS["customer_id"]} == {
        texts("de")(f"statuses.{status}") for status in Status
    }
