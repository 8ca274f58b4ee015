"""The whole analysis against a naive second implementation, over made-up portfolios."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from support import reference
from support.portfolios import Portfolio, analysed, portfolios

import xlportfolio as kp

EXAMPLES = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
#: Scores are sums in another order; everything else must be the same.
CLOSE = 1e-9

Expected = dict[str, Any]
Close = Any


def number(cell: float | None) -> float | None:
    return None if cell is None or math.isnan(cell) else float(cell)


def close(expected: float | None) -> Close:
    return expected if expected is None else pytest.approx(expected, rel=0, abs=CLOSE)


def check_customers(expected: Expected, analysis: kp.PortfolioAnalysis) -> None:
    given_rows = analysis.customers.to_dict("index")
    for position, customer in enumerate(expected["customers"]):
        row = given_rows[position]
        assert row["customer_id"] == customer["id"]
        assert row["repeats"] == customer["repeats"]
        assert row["note"] == customer["reason"]
        assert number(row["value_score"]) == close(customer["score"]["value"])
        assert number(row["benefit_score"]) == close(customer["score"]["benefit"])
        assert number(row["total_score"]) == close(customer["total"])
        assert row["value_coverage"] == close(customer["coverage"]["value"])
        assert row["benefit_coverage"] == close(customer["coverage"]["benefit"])
        assert row["quadrant"] == customer["quadrant"]
        assert row["borderline"] == customer["borderline"]
        assert number(row["rank"]) == customer["rank"]
        assert row["abc_class"] == customer["abc_class"]


def check_values_and_contributions(expected: Expected, analysis: kp.PortfolioAnalysis) -> None:
    values = analysis.values.to_dict("index")
    contributions = analysis.contributions.to_dict("index")
    for position, customer in enumerate(expected["customers"]):
        for name, value in customer["values"].items():
            assert number(values[position][name]) == close(value)
            point = customer["contributions"].get(name)
            assert number(contributions[position][name]) == close(point)


def check_thresholds(expected: Expected, analysis: kp.PortfolioAnalysis) -> None:
    assert analysis.thresholds.value == close(expected["thresholds"]["value"])
    assert analysis.thresholds.benefit == close(expected["thresholds"]["benefit"])


def check_warnings(expected: Expected, analysis: kp.PortfolioAnalysis) -> None:
    nobody = [f.field for f in analysis.faults if f.key == "threshold_of_nobody"]
    assert nobody == [f"{axis}_threshold" for axis in expected["nobody"]]
    crossed = [f.criterion for f in analysis.faults if f.key == "bound_crosses_data"]
    assert crossed == expected["crossed"]
    repeated = [f.customer for f in analysis.faults if f.key == "repeated_customer"]
    who = enumerate(expected["customers"])
    assert repeated == [p for p, customer in who if customer["repeats"] is not None]


def check_abc_table(expected: Expected, analysis: kp.PortfolioAnalysis) -> None:
    lines = analysis.abc.to_dict("index")
    assert list(lines) == list(expected["abc"])
    for position, line in expected["abc"].items():
        row = lines[position]
        assert row["amount"] == line["amount"]
        assert row["share"] == close(line["share"])
        assert row["cumulative_share"] == close(line["cumulative_share"])
        assert row["abc_class"] == line["abc_class"]
        assert row["amount_rank"] == line["amount_rank"]
        assert number(row["difference"]) == line["difference"]
        assert row["finding"] == line["finding"]


@EXAMPLES
@given(portfolios())
def test_scores_types_and_ranks_are_those_of_the_rules(portfolio: Portfolio) -> None:
    expected, analysis = reference.evaluate(*portfolio), analysed(portfolio)
    check_thresholds(expected, analysis)
    check_customers(expected, analysis)
    check_values_and_contributions(expected, analysis)
    check_warnings(expected, analysis)
    for frame in (analysis.customers, analysis.values, analysis.contributions, analysis.measures):
        assert list(frame.index) == expected["listing"]


@EXAMPLES
@given(portfolios())
def test_the_abc_table_is_that_of_the_rules(portfolio: Portfolio) -> None:
    check_abc_table(reference.evaluate(*portfolio), analysed(portfolio))
