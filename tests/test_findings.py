"""What turnover hides: each rule holds for the customers named and for no other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xlportfolio import Axis, Criterion, Scale, ScoringModel, analyse
from xlportfolio.findings import NEEDED, FindingKind, findings
from xlportfolio.model import Role

NAMES = {
    Role.TURNOVER: "Sales",
    Role.MARGIN: "Margin",
    Role.GROWTH: "Growth",
    Role.REGULARITY: "Gaps",
    Role.POTENTIAL: "Potential",
    Role.WALLET: "Share",
}
SCALES = {
    Role.TURNOVER: Scale.linear(0, 100),
    Role.MARGIN: Scale.linear(0, 0.4),
    Role.GROWTH: Scale.linear(-0.5, 0.5),
    Role.REGULARITY: Scale.linear(0, 2),  # less is better
    Role.POTENTIAL: Scale.steps([(0, 0), (50, 50), (90, 100)]),
    Role.WALLET: Scale.categories([("main", 100), ("second", 50), ("one of many", 10)]),
}


def criterion(role: Role, *, with_role: bool = True, **changes: Any) -> Criterion:
    axis = Axis.BENEFIT if role is Role.WALLET else Axis.VALUE
    settings = {"role": role if with_role else None, "scale": SCALES[role]}
    if role is Role.REGULARITY:
        settings["objective"] = "min"
    return Criterion(NAMES[role], axis, 1, **{**settings, **changes})


def model(*without: Role, **settings: Any) -> ScoringModel:
    criteria = tuple(criterion(role, with_role=role not in without) for role in Role)
    return ScoringModel(criteria=criteria, min_coverage=0, **settings)


def portfolio(*rows: dict[str, Any]) -> pd.DataFrame:
    """Customers with these measures, after one that makes the other ones small; see ``BIG``."""
    columns = ["customer_id", "status", *NAMES.values()]
    return pd.DataFrame([{"customer_id": f"C{i}", **row} for i, row in enumerate(rows)], columns=columns)  # fmt: skip


def named(customers: pd.DataFrame, of: ScoringModel) -> dict[str, list[str] | None]:
    analysis = analyse(customers, of)
    ids = analysis.customers["customer_id"].to_numpy()
    return {
        str(found.kind): None if found.lacking else ids[found.rows].tolist()
        for found in findings(analysis)
    }


#: A customer of class A beside whom the others are of class C.
BIG = {"Sales": 10_000.0, "Margin": 0.3, "Growth": 0.1, "Gaps": 0.2, "Share": "main"}
SMALL = {"Sales": 1.0, "Margin": 0.3, "Growth": 0.1, "Gaps": 0.2, "Share": "main"}


@pytest.mark.parametrize(
    ("kind", "measures"),
    [
        ("low_margin", {"Margin": 0.19}),
        ("shrinking", {"Growth": -0.01}),
        ("irregular", {"Gaps": 1.1}),
        ("low_wallet", {"Share": "one of many"}),
    ],
)
def test_each_rule_by_itself(kind: str, measures: dict[str, Any]) -> None:
    found = named(portfolio({**BIG, **measures}, BIG | {"Sales": 9_000.0}), model())
    assert found.pop(kind) == ["C0"]
    assert set(map(str, found.values())) == {"[]"}


@pytest.mark.parametrize(
    "measures", [{"Margin": 0.2}, {"Growth": 0}, {"Gaps": 1.0}, {"Share": "second"}]
)
def test_on_the_bound_no_rule_holds(measures: dict[str, Any]) -> None:
    assert not any(named(portfolio({**BIG, **measures}), model()).values())


def test_growth_may_be_a_number_of_any_size() -> None:
    rows = [BIG | {"Growth": growth} for growth in (-1e308, 1e308)]
    assert named(portfolio(*rows), model())["shrinking"] == ["C0"]


def test_small_with_high_potential_is_of_class_c_and_brings_half_the_points() -> None:
    rows = [BIG, SMALL | {"Potential": 50}, SMALL | {"Potential": 49}, BIG | {"Potential": 95}]
    assert named(portfolio(*rows), model())["high_potential"] == ["C1"]


def test_rules_on_big_customers_leave_small_ones_alone() -> None:
    small = SMALL | {"Margin": 0.0, "Growth": -0.5, "Gaps": 2.0}
    assert not any(named(portfolio(BIG, small), model()).values())


def test_whoever_lacks_the_measure_is_not_named() -> None:
    blank = dict.fromkeys(("Margin", "Growth", "Gaps", "Share", "Potential"))
    assert not any(named(portfolio({**BIG, **blank}), model()).values())


def test_prospects_and_rows_that_count_nowhere_are_not_named() -> None:
    bad = BIG | {"Margin": 0.0, "Share": "one of many"}
    rows = portfolio(bad, bad | {"status": "prospect"}, bad | {"customer_id": "C0"}, bad)
    rows.loc[3, "customer_id"] = ""
    assert named(rows, model())["low_margin"] == ["C0"]
    assert named(rows, model())["low_wallet"] == ["C0"]


def test_customers_not_rated_for_want_of_coverage_are_named() -> None:
    strict = ScoringModel(criteria=model().criteria, min_coverage=100)
    assert named(portfolio(BIG | {"Margin": 0.0}), strict)["low_margin"] == ["C0"]


def test_customers_are_named_with_the_largest_turnover_first() -> None:
    rows = [BIG | {"Sales": sales, "Margin": 0.0} for sales in (30.0, 50.0, 40.0)]
    assert named(portfolio(*rows), model(abc_a=100, abc_b=100))["low_margin"] == ["C1", "C2", "C0"]


@pytest.mark.parametrize("role", list(Role))
def test_a_finding_is_switched_off_without_its_roles(role: Role) -> None:
    found = named(portfolio(BIG), model(role))
    assert {kind for kind, ids in found.items() if ids is None} == {
        str(kind) for kind, roles in NEEDED.items() if role in roles
    }


def test_turnover_and_growth_must_be_numbers() -> None:
    words = Scale.categories([("much", 100), ("little", 0)])
    criteria = tuple(
        criterion(role, **({"scale": words} if role is Role.GROWTH else {})) for role in Role
    )
    customers = portfolio(BIG | {"Growth": "little"})
    found = named(customers, ScoringModel(criteria=criteria, min_coverage=0))
    assert found["shrinking"] is None
    assert found["low_margin"] == []


ROW = st.fixed_dictionaries(
    {
        "Sales": st.sampled_from([None, -5.0, 0.0, 1.0, 20.0, 400.0]),
        "Margin": st.sampled_from([None, 0.0, 0.2, 0.21, 0.4]),
        "Growth": st.sampled_from([None, -0.2, 0.0, 0.2]),
        "Gaps": st.sampled_from([None, 0.1, 1.0, 1.1]),
        "Potential": st.sampled_from([None, 10.0, 50.0, 99.0]),
        "Share": st.sampled_from([None, "main", "second", "one of many"]),
        "status": st.sampled_from(["customer", "customer", "prospect"]),
    }
)


@given(st.lists(ROW, min_size=1, max_size=12))
def test_every_rule_holds_for_the_customers_named_and_for_no_other(
    rows: list[dict[str, Any]],
) -> None:
    customers = portfolio(*rows)
    found = named(customers, model())
    sales = {
        row.customer_id: row.Sales
        for row in customers.itertuples()
        if row.status == "customer" and row.Sales is not None and row.Sales > 0
    }
    total = sum(sales.values())

    def share_before(amount: float) -> float:
        return sum(other for other in sales.values() if other > amount) / total

    big = {number for number, x in sales.items() if round(share_before(x), 9) < 0.8}
    small = {number for number, x in sales.items() if round(share_before(x), 9) >= 0.9}
    rules: dict[FindingKind, Any] = {
        FindingKind.LOW_MARGIN: lambda c: c.customer_id in big and c.Margin < 0.2,
        FindingKind.SHRINKING: lambda c: c.customer_id in big and c.Growth < 0,
        FindingKind.IRREGULAR: lambda c: c.customer_id in big and c.Gaps > 1,
        FindingKind.HIGH_POTENTIAL: lambda c: c.customer_id in small and c.Potential >= 50,
        FindingKind.LOW_WALLET: lambda c: c.Share == "one of many",
    }
    measured = customers.astype({name: float for name in NAMES.values() if name != "Share"})
    for kind, rule in rules.items():
        holds = [c.customer_id for c in measured.itertuples() if c.status == "customer" and rule(c)]
        assert sorted(found[kind] or []) == sorted(holds), kind


def test_the_classes_are_those_of_the_abc_analysis() -> None:
    """Where turnover is what the ABC analysis cumulates, both speak of the same customers."""
    rng = np.random.default_rng(5)
    rows = [BIG | {"Sales": float(x), "Margin": 0.0} for x in rng.integers(1, 50, 40)]
    analysis = analyse(portfolio(*rows), model(abc_measure="Sales"))
    low_margin = findings(analysis)[0]
    in_class = np.flatnonzero(analysis.customers["abc_class"].to_numpy() == "A")
    assert sorted(low_margin.rows.tolist()) == in_class.tolist()
