"""What the page computes when weights are moved is what Python computes with those weights."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page
from support.books import CRITERIA_HEADER
from support.browser import Watched, chromium
from support.northwind import CRITERIA as NORTHWIND_CRITERIA
from support.northwind import measures_in
from support.portfolios import Portfolio, blocks_of, portfolios
from support.web_pages import run_of, sample, written

import xlportfolio as kp
from xlportfolio.analysis import analyse
from xlportfolio.audience import audience_of
from xlportfolio.portfolio import ranks
from xlportfolio.run import Run
from xlportfolio.scoring import rounded
from xlportfolio.sharing import Sharing
from xlportfolio.web_data import web_data

Weights = dict[str, Any]
#: What is taken out of the browser: plain lists, which may hold NaN.
_COMPUTED = """([data, weights]) => {
  const found = computed(data, weights);
  return {
    ...found,
    value: [...found.scores.value], benefit: [...found.scores.benefit],
    value_coverage: [...found.coverages.value], benefit_coverage: [...found.coverages.benefit],
    total: [...found.total], rank: [...found.rank], scores: null, coverages: null,
  };
}"""

some_weights = st.sampled_from([0, 0, 0.1, 0.3, 1, 2.5, 7, 30, 33.3, 100, 1e-200, 1e200])


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    folder = tmp_path_factory.mktemp("page")
    with chromium() as browser:
        watched = Watched(browser, written(sample(folder, "en"), folder / "page.html"))
        yield watched.page
        watched.close()


def reweighted(model: kp.ScoringModel, weights: Weights) -> kp.ScoringModel:
    pairs = zip(model.criteria, weights["criteria"], strict=True)
    return replace(
        model,
        criteria=tuple(replace(criterion, weight=weight) for criterion, weight in pairs),
        value_weight=weights["axes"]["value"],
        benefit_weight=weights["axes"]["benefit"],
    )


def data_of(run: Run) -> dict[str, Any]:
    return web_data(audience_of(run, Sharing()))


def assert_same(page: Page, run: Run, data: dict[str, Any], weights: Weights) -> None:
    """The browser and Python agree on everybody: scores to 1e-9, all else exactly."""
    found = page.evaluate(_COMPUTED, [data, weights])
    expected = analyse(run.given.customers, reweighted(run.given.model, weights))
    order = run.analysis.customers.index  # that of the data
    frame = expected.customers.loc[order]
    for key in ("value_score", "benefit_score", "total_score"):
        assert_near(found[key.partition("_")[0]], frame[key])
    for key in ("value_coverage", "benefit_coverage"):
        assert_near(found[key], frame[key])
    for axis in ("value", "benefit"):
        assert found["thresholds"][axis] == pytest.approx(
            getattr(expected.thresholds, axis), abs=1e-9
        )
    assert found["quadrant"] == list(map(str, frame["quadrant"]))
    assert found["borderline"] == frame["borderline"].tolist()
    assert found["note"] == [note.value for note in frame["note"]]
    assert_near(found["rank"], frame["rank"])
    assert order[found["order"]].tolist() == expected.customers.index.tolist()
    assert found["rated"] == int(frame["rank"].notna().sum())


def assert_near(found: list[float], expected: pd.Series) -> None:
    np.testing.assert_allclose(found, expected.to_numpy(np.float64), rtol=0, atol=1e-9)


def weights_of(model: kp.ScoringModel) -> Weights:
    return {
        "criteria": [float(criterion.weight) for criterion in model.criteria],
        "axes": {"value": float(model.value_weight), "benefit": float(model.benefit_weight)},
    }


@st.composite
def other_weights(draw: st.DrawFn, model: kp.ScoringModel) -> Weights:
    """Weights that can be computed with: on each axis one is above 0."""
    weights = [draw(some_weights) for _ in model.criteria]
    for axis in kp.Axis:
        own = model.on_axis(axis)
        if not any(weights[k] for k in own):
            weights[own[0]] = 1
    value = draw(st.sampled_from([0, 1, 50, 70]))
    benefit = draw(st.sampled_from([0, 30, 50] if value else [1, 50]))
    return {"criteria": weights, "axes": {"value": value, "benefit": benefit}}


@given(portfolio=portfolios(), drawn=st.data())
@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_random_portfolios_with_any_weights(
    page: Page, portfolio: Portfolio, drawn: st.DataObject
) -> None:
    run = run_of(*blocks_of(portfolio), language="en")
    data = data_of(run)
    assert_same(page, run, data, weights_of(run.given.model))
    for _ in range(3):
        assert_same(page, run, data, drawn.draw(other_weights(run.given.model)))


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_sample(page: Page, tmp_path: Path, language: str) -> None:
    run = sample(tmp_path, language)
    data, rng = data_of(run), np.random.default_rng(1)
    assert_same(page, run, data, weights_of(run.given.model))
    for _ in range(20):
        weights = rng.integers(0, 100, len(run.given.model.criteria)).astype(float) + 0.5
        axes = dict(zip(("value", "benefit"), rng.integers(1, 99, 2).tolist(), strict=True))
        assert_same(page, run, data, {"criteria": weights.tolist(), "axes": axes})


@pytest.mark.parametrize(
    "asked",
    [{}, {"value_threshold": "mean", "benefit_threshold": "median", "min_coverage": 80}],
    ids=str,
)
def test_northwind(page: Page, test_data: Path, asked: Mapping[str, Any]) -> None:
    run = northwind(measures_in(test_data), asked)
    data, rng = data_of(run), np.random.default_rng(2)
    for _ in range(10):
        weights = rng.integers(1, 100, len(run.given.model.criteria)).astype(float)
        axes = dict(zip(("value", "benefit"), rng.integers(1, 99, 2).tolist(), strict=True))
        assert_same(page, run, data, {"criteria": weights.tolist(), "axes": axes})


def northwind(measures: pd.DataFrame, asked: Mapping[str, Any]) -> Run:
    table = measures.astype(object).where(measures.notna(), None).reset_index()
    customers = [["Customer ID", *measures.columns], *table.to_numpy().tolist()]
    width = len(CRITERIA_HEADER)
    criteria = [
        list(CRITERIA_HEADER),
        *([*r, *[None] * (width - len(r))] for r in NORTHWIND_CRITERIA),
    ]
    return run_of(customers, criteria, [["Setting", "Value"], *map(list, asked.items())])


def test_a_mean_is_added_up_as_numpy_adds(page: Page) -> None:
    """Thresholds that are means lie on scores; the last digit then decides on a type."""
    rng = np.random.default_rng(3)
    for count in (0, 1, 7, 8, 9, 127, 128, 129, 300, 5000):
        terms = (rng.random(count) * 100).tolist()
        assert page.evaluate("(terms) => pairwiseSum(terms)", terms) == float(np.sum(terms))


@given(st.lists(st.floats(0, 100) | st.sampled_from([0.5e-9, 1.5e-9, 50.0000000005]), min_size=1))
@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_are_rounded_as_numpy_rounds(page: Page, numbers: list[float]) -> None:
    found = page.evaluate("(numbers) => numbers.map(rounded)", numbers)
    assert found == rounded(numbers).tolist()


def test_scores_a_last_digit_below_their_threshold_are_on_it(page: Page) -> None:
    """Sums of tenths miss 50 by a last digit; both sides are rounded before they are compared."""
    weights = (0.1, 0.3, 0.6)
    rows = [
        [f"{a} {b}", a, b, (500 - a - 3 * b) // 6, 50]
        for a in range(101)
        for b in range(0, 101, 7)
        if (500 - a - 3 * b) % 6 == 0 and 0 <= (500 - a - 3 * b) // 6 <= 100
    ]
    names = ("One", "Two", "Three", "Other")
    criteria = [["Criterion", "Axis", "Weight", "Low", "High"]]
    criteria += [[n, "value", w, 0, 100] for n, w in zip(names[:3], weights, strict=True)]
    criteria.append([names[3], "benefit", 1, 0, 100])
    run = run_of([["Customer ID", *names], *rows], criteria, [["Setting", "Value"]])
    missed = run.analysis.customers["value_score"] < 50
    assert missed.sum() > 5
    assert set(run.analysis.customers["quadrant"]) == {"star"}
    assert_same(page, run, data_of(run), weights_of(run.given.model))


def test_ids_are_ordered_by_code_points_where_scores_tie(page: Page) -> None:
    """U+FFFD comes before U+1F600, although its UTF-16 unit is the larger one."""
    ids = ["\U0001f600", "�", "b", "B", "a", "10", "9"]
    rows = [[number, "", 10, 10] for number in ids]
    criteria = [["Criterion", "Axis", "Weight"], ["One", "value", 1], ["Two", "benefit", 1]]
    run = run_of(
        [["Customer ID", "Customer", "One", "Two"], *rows], criteria, [["Setting", "Value"]]
    )
    data = data_of(run)
    assert_same(page, run, data, weights_of(run.given.model))
    found = page.evaluate(_COMPUTED, [data, weights_of(run.given.model)])
    assert [data["customers"]["id"][i] for i in found["order"]] == sorted(ids)
    assert found["rank"] == [1] * len(ids)


@pytest.mark.parametrize("weights", [[0, 0, 1], [1, 1, 0]])
def test_no_weight_on_an_axis_cannot_be_computed_with(page: Page, weights: list[float]) -> None:
    data = {
        "fixed": {"value": False, "benefit": False},
        "criteria": [{"axis": "value"}, {"axis": "value"}, {"axis": "benefit"}],
    }
    asked = {"criteria": weights, "axes": {"value": 1, "benefit": 0}}
    assert page.evaluate("([data, weights]) => isPossible(data, weights)", [data, asked]) is False
    asked = {"criteria": [0, 1, 1], "axes": {"value": 0, "benefit": 0}}
    assert page.evaluate("([data, weights]) => isPossible(data, weights)", [data, asked]) is False
    asked = {"criteria": [0, 1, 1], "axes": {"value": 0, "benefit": 1}}
    assert page.evaluate("([data, weights]) => isPossible(data, weights)", [data, asked]) is True


def test_strategies_follow_from_type_and_status(page: Page, tmp_path: Path) -> None:
    run = sample(tmp_path, "en")
    data = data_of(run)
    found = page.evaluate(
        """(data) => data.customers.quadrant.map((type, i) => {
          const strategy = strategyFor(data, type, data.customers.status[i]);
          return strategy ? strategy.strategy : null;
        })""",
        data,
    )
    expected = [None if s is None else s.strategy for s in run.advice.numbers.strategies]
    assert found == expected
    assert len(set(expected)) > 4


def test_ranks_share_the_smallest_as_in_python(page: Page) -> None:
    totals = [60.0, 80.0, math.nan, 60.0, 60.0 + 1e-11, 10.0]
    customers = {"id": list("abcdef"), "place": [0, 1, 2, 3, 4, 5]}
    script = """([total, customers]) => {
      const numbers = Float64Array.from(total);
      return [...ranking(numbers, numbers, customers).rank];
    }"""
    found = page.evaluate(script, [totals, customers])
    np.testing.assert_array_equal(found, ranks(np.array(totals)))
