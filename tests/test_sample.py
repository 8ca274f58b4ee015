"""The sample shows every case worth showing, is plainly invented, and the same in both languages."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook

from xlportfolio import analyse, rescore
from xlportfolio.consequences import consequences
from xlportfolio.files.rescore import Rescored
from xlportfolio.findings import findings
from xlportfolio.locale import texts
from xlportfolio.model import Role
from xlportfolio.template.sample import CRITERIA, sample
from xlportfolio.template.sample_orders import orders_file
from xlportfolio.template.workbook import new_workbook


@pytest.fixture(scope="module", params=["en", "de"])
def done(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rescored:
    path = tmp_path_factory.mktemp("sample") / f"{request.param}.xlsx"
    path.write_bytes(new_workbook(request.param, with_sample=True))
    return rescore(path)


def joined(done: Rescored) -> pd.DataFrame:
    return done.analysis.customers.join(done.analysis.abc[["finding", "amount_rank"]])


def test_it_has_60_customers_and_prospects_and_8_criteria_that_count(done: Rescored) -> None:
    customers = done.analysis.customers
    assert customers["status"].value_counts().to_dict() == {"customer": 48, "prospect": 12}
    assert len([c for c in CRITERIA if c.weight]) == 8
    written = load_workbook(done.path, read_only=True)
    assert any(
        written[sheet]["A2"].value.endswith(f"{word}: 8.")
        for word, sheet in (("criteria", "Ranking"), ("Kriterien", "Rangliste"))
        if sheet in written.sheetnames
    )
    assert {c.scale for c in CRITERIA} == {"linear", "steps", "piecewise", "categories"}


def test_an_a_customer_by_turnover_is_a_free_rider(done: Rescored) -> None:
    rows = joined(done)
    found = rows[(rows["abc_class"] == "A") & (rows["quadrant"] == "free_rider")]
    assert set(found["finding"]) == {"overrated"}
    assert len(found)


def test_a_c_customer_is_a_star(done: Rescored) -> None:
    rows = joined(done)
    found = rows[(rows["abc_class"] == "C") & (rows["quadrant"] == "star")]
    assert set(found["finding"]) == {"underrated"}
    assert len(found)


def test_question_marks_lie_close_to_the_benefit_threshold(done: Rescored) -> None:
    rows = done.analysis.customers
    marks = rows[rows["quadrant"] == "question_mark"]
    assert (marks["benefit_score"].between(45, 50, inclusive="left")).sum() >= 2


def test_all_types_borderline_cases_and_gaps_are_there(done: Rescored) -> None:
    rows = done.analysis.customers
    assert rows["quadrant"].value_counts().min() == 1  # the one that is not rated
    assert set(rows["quadrant"]) == {"star", "question_mark", "free_rider", "poor_dog", "not_rated"}
    assert rows["borderline"].any()
    assert done.analysis.measures[rows["status"] == "customer"].isna().any(axis=1).sum() > 3
    assert [str(p.severity) for p in done.problems] == ["warning"]


def test_prospects_claim_nothing_that_only_customers_can_have(done: Rescored) -> None:
    prospects = done.analysis.measures[done.analysis.customers["status"] == "prospect"]
    bought = [done.analysis.model.criteria[k].name for k in (0, 3, 5, 7, 8, 9)]
    assert prospects[bought].isna().all(axis=None)
    assert done.analysis.customers.loc[prospects.index, "rank"].notna().all()


def test_each_finding_names_customers(done: Rescored) -> None:
    for finding in findings(done.analysis):
        assert not finding.lacking
        assert len(finding.rows)


def test_what_only_shows_what_turnover_hides_changes_no_score(done: Rescored) -> None:
    model, customers = done.analysis.model, done.analysis.customers
    shown = [c for c in model.criteria if not c.weight]
    assert [c.role for c in shown] == ["growth", "regularity"]
    columns = [c.name for c in model.criteria]
    given = customers[["customer_id", "customer", "status"]].join(done.analysis.measures[columns])
    counting = tuple(c for c in model.criteria if c.weight)
    alone = analyse(given.sort_index(), replace(model, criteria=counting)).customers
    scores = ["customer_id", "value_score", "benefit_score", "total_score", "rank", "quadrant"]
    pd.testing.assert_frame_equal(alone[scores], customers[scores])


def test_the_hours_that_there_are_do_not_suffice(done: Rescored) -> None:
    plan = consequences(done.analysis, "en").plan
    assert plan.hours is not None
    assert 0.6 < plan.hours / np.nansum(plan.asked) < 0.8
    asks = plan.asked > 0
    assert (asks & plan.fits).any()
    assert (asks & ~plan.fits).any()


def test_most_hours_of_today_go_to_the_wrong_customers(done: Rescored) -> None:
    customers = done.analysis.customers
    now = customers["hours_now"]
    by_class = now.groupby(customers["abc_class"]).sum()
    assert by_class["A"] > now.sum() / 2
    assert now[customers["status"] == "customer"].isna().sum() >= 2
    plan = consequences(done.analysis, "en").plan
    assert now.sum() == pytest.approx(plan.hours, rel=0.05)
    beyond = (now - np.nan_to_num(plan.planned)).clip(lower=0)
    assert beyond.sum() > now.sum() / 2
    is_largest = now == now.max()
    assert set(customers.loc[is_largest, "quadrant"]) == {"free_rider"}


def test_levers_may_pull_what_the_firm_itself_can_change(done: Rescored) -> None:
    model = done.analysis.model
    changeable = [k for k, c in enumerate(model.criteria) if c.changeable]
    assert {str(model.criteria[k].axis) for k in changeable} == {"value", "benefit"}
    assert [CRITERIA[k].key for k in changeable] == ["margin", "delay", "services", "satisfaction"]
    assert {c.role for c in model.criteria if c.role} == set(Role)


def test_nothing_forces_a_recalculation(done: Rescored) -> None:
    with zipfile.ZipFile(done.path) as package:
        assert b'fullCalcOnLoad="1"' not in package.read("xl/workbook.xml")


def test_it_is_labelled_as_invented(done: Rescored) -> None:
    start = load_workbook(done.path).worksheets[0]
    said = {"en": "every firm and every figure in this workbook is invented", "de": "erfunden"}
    assert said[done.presentation.language] in start["A2"].value


def test_both_languages_show_the_same_firms_and_figures() -> None:
    english, german = sample("en"), sample("de")
    for ours, theirs in zip(english.customers, german.customers, strict=True):
        assert ours[:2] == theirs[:2]
        numbers = [[c for c in row if isinstance(c, int | float)] for row in (ours, theirs)]
        assert numbers[0] == numbers[1]


def test_it_is_the_same_each_time(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        (tmp_path / name).write_bytes(new_workbook("de", with_sample=True))
    rows = [list(load_workbook(tmp_path / name)["Kunden"].values) for name in ("a.xlsx", "b.xlsx")]
    assert rows[0] == rows[1]
    assert rows[0][4][0] == 10_001


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_new_workbook_offers_the_words_that_are_read(language: str, tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    path.write_bytes(new_workbook(language, with_sample=False))
    done = rescore(path)
    assert done.problems == ()
    assert done.presentation.language == language
    words = texts(language)
    criteria = load_workbook(path)[("Kriterien", "Criteria")[language == "en"]]
    lists = {rule.formula1 for rule in criteria.data_validations.dataValidation}
    assert f'"{words("axes.value")},{words("axes.benefit")}"' in lists
    assert done.analysis.model.strategies == tuple(
        s for s in done.analysis.model.strategies if s.strategy and s.text
    )
    assert len(done.analysis.model.strategies) == 8


@pytest.mark.parametrize(("language", "separator", "decimal"), [("en", ",", "."), ("de", ";", ",")])
def test_its_orders_give_turnover_and_margin_of_its_customers_and_about_their_growth(
    language: str, separator: str, decimal: str
) -> None:
    as_of = dt.date(2026, 3, 31)
    encoding = "cp1252" if language == "de" else "utf-8"
    file = io.BytesIO(orders_file(language, as_of))
    frame = pd.read_csv(file, sep=separator, decimal=decimal, encoding=encoding, dtype={1: str})
    frame.columns = ["order", "customer", "date", "product", "quantity", "amount", "margin"]
    date = pd.to_datetime(frame["date"], format="%d.%m.%Y" if language == "de" else "%Y-%m-%d")
    year_ago, two = pd.Timestamp("2025-03-31"), pd.Timestamp("2024-03-31")
    assert date.between(two, pd.Timestamp(as_of), inclusive="right").all()
    keys = [c.key for c in CRITERIA]
    customers = {
        str(row[0]): dict(zip(keys, row[3:], strict=False)) for row in sample("en").customers
    }
    now, before = (
        frame[rows].groupby("customer")[["amount", "margin"]].sum()
        for rows in (date > year_ago, date <= year_ago)
    )
    buying = {c: m for c, m in customers.items() if m["turnover"]}
    assert set(now.index) == set(before.index) == set(buying)
    for customer, measures in buying.items():
        amount, margin = now.loc[customer]
        assert amount == pytest.approx(measures["turnover"], abs=0.005)
        if measures["growth"] is not None:
            growth = amount / before.loc[customer, "amount"] - 1
            assert growth == pytest.approx(measures["growth"], abs=0.05)
        if measures["margin"] is not None:
            assert margin / amount == pytest.approx(measures["margin"], abs=1e-12)
