"""Functions for cells against the analysis, whatever the portfolio."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.portfolios import Block, Portfolio, analysed, blocks_of, fixed

from xlportfolio import PortfolioAnalysis
from xlportfolio.excel.functions import (
    KP_ABC,
    KP_EXPLAIN,
    KP_QUADRANT,
    KP_RANK,
    KP_SCORE,
    KP_SCORECARD,
    KP_VALUE,
    KP_WEIGHTED_SCORE,
)
from xlportfolio.locale import texts

EXAMPLES = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
TYPES = texts("en").branch("quadrants")


def column(found: pd.Series) -> Block:
    return [[None if pd.isna(cell) or cell == "" else cell] for cell in found]


def in_sheet_order(analysis: PortfolioAnalysis) -> pd.DataFrame:
    return analysis.customers.sort_index()


@EXAMPLES
@given(fixed)
def test_the_scorecard_is_the_analysis_to_the_last_digit(portfolio: Portfolio) -> None:
    expected = in_sheet_order(analysed(portfolio))
    header, *found = KP_SCORECARD(*blocks_of(portfolio))
    assert len(header) == 8
    names = [name if name.strip() else "" for name in expected["customer"]]  # as cells are read
    expected["customer"] = names
    keys = ["customer_id", "customer", "value_score", "benefit_score", "total_score", "rank"]
    columns = [*expected[keys].items(), ("type", expected["quadrant"].map(TYPES))]
    columns.append(("abc", expected["abc_class"]))
    cells = [[cell for [cell] in column(found)] for _, found in columns]
    assert found == [list(row) for row in zip(*cells, strict=True)]


@EXAMPLES
@given(fixed)
def test_one_customer_alone_scores_as_among_all(portfolio: Portfolio) -> None:
    customers, criteria, _ = blocks_of(portfolio)
    analysis = analysed(portfolio)
    expected, values = in_sheet_order(analysis), analysis.values.sort_index()
    header, *rows = customers
    for i, row in enumerate(rows):
        for axis in ("value", "benefit"):
            found = KP_SCORE([header], [row], criteria, axis)
            score = expected[f"{axis}_score"].iloc[i]
            covered = expected[f"{axis}_coverage"].iloc[i]
            if pd.notna(score):
                assert found == score
            elif covered == 0:
                assert found is None
        for name in values.columns:
            alone = KP_VALUE([[row[header.index(name)]]], name, criteria)
            assert alone == column(values[name].iloc[[i]])


@EXAMPLES
@given(fixed)
def test_scores_make_the_types_ranks_and_classes_of_the_analysis(portfolio: Portfolio) -> None:
    analysis, model = analysed(portfolio), portfolio[1]
    expected = in_sheet_order(analysis)
    value, benefit, total = (
        column(expected[f"{key}_score"]) for key in ("value", "benefit", "total")
    )
    if not value:
        return
    rated = expected["quadrant"] != "not_rated"
    types = KP_QUADRANT(value, benefit, model["value_threshold"], model["benefit_threshold"])
    assert [t for t, is_rated in zip(types, rated, strict=True) if is_rated] == [
        [TYPES[key]] for key in expected["quadrant"][rated]
    ]
    assert KP_RANK(total) == column(expected["rank"])
    abc = analysis.abc.sort_index()
    if len(abc):
        classes = KP_ABC(column(abc["amount"]), model["abc_a"], model["abc_b"])
        assert classes == column(abc["abc_class"])


@EXAMPLES
@given(fixed)
def test_contributions_add_up_to_the_score_they_explain(portfolio: Portfolio) -> None:
    blocks = blocks_of(portfolio)
    axes = {c["name"]: c["axis"] for c in portfolio[1]["criteria"]}
    fills = {c["name"]: c["fill"] for c in portfolio[1]["criteria"]}
    _, *cards = KP_SCORECARD(*blocks)
    for card in cards[:5]:
        _, *rows = KP_EXPLAIN(card[0], *blocks)
        assert [row[0] for row in rows] == list(axes)
        for axis, score in (("value", card[2]), ("benefit", card[3])):
            of_axis = [row for row in rows if axes[row[0]] == axis]
            if score is not None:
                assert sum(row[4] or 0 for row in of_axis) == pytest.approx(score, abs=1e-9)
                values = [fills[row[0]] if row[2] is None else row[2] for row in of_axis]
                again = KP_WEIGHTED_SCORE([values], [[row[3] for row in of_axis]])
                assert again == [[pytest.approx(score, abs=1e-9)]]


@given(
    st.lists(st.none() | st.floats(0, 100) | st.sampled_from(["x", True]), max_size=8, min_size=1),
    st.integers(0, 7),
)
def test_a_bad_cell_takes_nothing_from_the_others(cells: list[Any], place: int) -> None:
    at = place % len(cells)
    blank = [cell for k, cell in enumerate(cells) if k != at]
    for function in (KP_RANK, KP_ABC):
        with_bad = [*blank[:at], "#N/A", *blank[at:]]
        found = function([[cell] for cell in with_bad])
        assert found.pop(at) == [None]
        if blank:
            assert found == function([[cell] for cell in blank])
