"""What orders say of customers: each rule of the table, against plain Python and known numbers."""

from __future__ import annotations

import datetime as dt
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.order_lines import COLUMNS, Line, arrow, reference, year_before

from xlportfolio import order_expression
from xlportfolio.errors import InputError, Severity, XlPortfolioError
from xlportfolio.orders import MEASURES, REPEATS, OrderMeasures, expression, measure

AS_OF = dt.date(2025, 6, 30)
_NEEDED = ("order_id", "customer_id", "order_date", "amount")


def measured(
    rows: Sequence[tuple[Any, ...]], header: Sequence[str] = _NEEDED, as_of: dt.date = AS_OF
) -> OrderMeasures:
    lines = [dict(zip(header, row, strict=True)) for row in rows]
    return measure(ibis.memtable(arrow(lines)), as_of)


def bought(days: Sequence[str], amounts: Sequence[float] | float = 100.0) -> pd.Series[float]:
    """The measures of a customer with an order on each of the days."""
    nets = amounts if isinstance(amounts, Sequence) else [amounts] * len(days)
    rows = [
        (f"{k}", "A", dt.date.fromisoformat(day), float(net))
        for k, (day, net) in enumerate(zip(days, nets, strict=True))
    ]
    return measured(rows).frame.loc["A"]


def found(problems: Sequence[Any]) -> Mapping[str, tuple[Severity, Mapping[str, object]]]:
    return {p.fault.key: (p.severity, p.fault.details) for p in problems}


def assert_alike(ours: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(
        ours, expected, rtol=1e-9, atol=1e-9, check_index_type=False, check_names=False
    )


# against plain Python, on whatever lines there may be

_DAYS = st.dates(dt.date(2022, 2, 27), dt.date(2025, 3, 1))
_MONEY = st.one_of(
    st.integers(-300, 900).map(lambda cents: cents / 100),
    st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: round(x, 4)),
    st.sampled_from([None, float("nan"), float("inf"), 0.0]),
)
_LINE = st.fixed_dictionaries(
    {
        "order_id": st.one_of(st.integers(0, 30).map(str), st.none()),
        "order_date": st.one_of(_DAYS, _DAYS, _DAYS, st.none()),
        "product_id": st.sampled_from(["P1", "P2", "P3", None]),
        "currency": st.sampled_from(["EUR", "eur", None]),
        "amount": _MONEY,
        "margin": st.one_of(st.integers(-50, 400).map(float), st.sampled_from([None, np.nan])),
        "quantity": st.sampled_from([None, -1.0, 0.0, 3.0, 12.0]),
        "discount": st.sampled_from([None, 0.0, 0.1, 0.5, 1.0, 1.01, -0.2, float("nan")]),
        "rate": st.sampled_from([1.0, 1.0, 0.5, None]),
        "unit_price": st.sampled_from([None, 0.99, 20.0]),
    }
)


def _of_customers(line: dict[str, Any]) -> Line:
    """Each order has one customer, and some lines name none."""
    order = line["order_id"]
    customer = None if order == "0" else f"C{int(order or 1) % 4}"
    return {"order_id": order, "customer_id": customer, **line}


_LINES = st.lists(_LINE.map(_of_customers), min_size=1, max_size=40)
_OPTIONAL = ("product_id", "currency", "margin", "discount", "rate", "quantity", "unit_price")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    lines=_LINES,
    as_of=st.one_of(_DAYS, st.sampled_from([dt.date(2024, 2, 29), dt.date(2024, 12, 31)])),
    absent=st.sets(st.sampled_from(_OPTIONAL)),
)
def test_lines_of_any_kind_give_what_plain_python_gives(
    lines: list[Line], as_of: dt.date, absent: set[str]
) -> None:
    lines = [{k: v for k, v in line.items() if k not in absent} for line in lines]
    expected = reference(lines, as_of)
    table = ibis.memtable(arrow(lines))
    if expected.empty:
        with pytest.raises(InputError):
            measure(table, as_of)
    else:
        assert_alike(measure(table, as_of).frame, expected)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(lines=_LINES, as_of=_DAYS)
def test_lines_that_come_later_do_not_change_what_was(lines: list[Line], as_of: dt.date) -> None:
    until = [line for line in lines if line["order_date"] is None or line["order_date"] <= as_of]
    if reference(lines, as_of).empty:
        return
    before = measure(ibis.memtable(arrow(until)), as_of)
    after = measure(ibis.memtable(arrow(lines)), as_of)
    pd.testing.assert_frame_equal(before.frame, after.frame)
    left_out = {key for key in found(after.problems) if key != "orders_after_as_of"}
    assert left_out == set(found(before.problems))


@settings(max_examples=15, deadline=None)
@given(lines=_LINES, seed=st.randoms())
def test_the_order_of_lines_does_not_matter(lines: list[Line], seed: Any) -> None:
    as_of = dt.date(2025, 1, 31)
    if reference(lines, as_of).empty:
        return
    shuffled = [*lines]
    seed.shuffle(shuffled)
    assert_alike(
        measure(ibis.memtable(arrow(shuffled)), as_of).frame,
        measure(ibis.memtable(arrow(lines)), as_of).frame,
    )


# rule by rule


def test_the_twelve_months_begin_after_the_same_day_a_year_before() -> None:
    of = bought(
        ["2024-06-30", "2024-07-01", "2025-06-30", "2023-06-30", "2023-07-01"], [1, 2, 4, 8, 16]
    )
    assert of["turnover_12m"] == 6
    assert of["turnover_prev_12m"] == 17
    assert of["growth"] == pytest.approx(6 / 17 - 1)
    assert of["orders_per_year"] == 2


@pytest.mark.parametrize(
    ("as_of", "first_day"),
    [("2024-02-29", "2023-03-01"), ("2025-02-28", "2024-02-29"), ("2025-03-01", "2024-03-02")],
)
def test_a_year_before_a_leap_day_is_28_february(as_of: str, first_day: str) -> None:
    first, day = dt.date.fromisoformat(first_day), dt.date.fromisoformat(as_of)
    rows = [("1", "A", first, 1.0), ("2", "A", first - dt.timedelta(days=1), 2.0)]
    of = measured(rows, as_of=day).frame.loc["A"]
    assert (of["turnover_12m"], of["turnover_prev_12m"]) == (1, 2)


def test_an_order_counts_as_a_whole_on_the_day_of_its_first_line() -> None:
    rows = [("1", "A", dt.date(2024, 7, 2), 5.0), ("1", "A", dt.date(2024, 6, 30), 7.0)]
    of = measured(rows).frame.loc["A"]
    assert (of["turnover_12m"], of["turnover_prev_12m"], of["tenure_days"]) == (0, 12, 365)


def test_a_return_counts_for_money_alone() -> None:
    of = bought(["2025-01-01", "2025-06-01"], [100, -30])
    assert of["turnover_12m"] == 70
    assert (of["orders_per_year"], of["average_order_value"]) == (1, 100)
    assert (of["recency_days"], of["frequency"]) == (180, 0)
    assert of["return_rate"] == pytest.approx(0.3)
    only = bought(["2025-06-01"], [-30])
    assert only["turnover_12m"] == -30
    assert only["orders_per_year"] == 0
    kept = ["turnover_12m", "turnover_prev_12m", "orders_per_year"]
    assert only.drop(kept).isna().all()


def test_an_order_whose_lines_cancel_out_is_none_whatever_the_last_digit_says() -> None:
    day = dt.date(2025, 6, 1)
    rows = [("1", "A", day, 0.1), ("1", "A", day, 0.2), ("1", "A", day, -0.3)]  # 5.6e-17
    assert np.isnan(measured(rows).frame.loc["A", "recency_days"])


def test_regularity_is_the_spread_of_gaps_between_different_days() -> None:
    of = bought(["2025-01-01", "2025-01-11", "2025-01-11", "2025-01-31"])
    assert of["regularity_cv"] == pytest.approx(np.std([10, 20], ddof=1) / 15)
    assert of["overdue_factor"] == pytest.approx(150 / 15)
    assert (of["frequency"], of["repeat_value"]) == (2, 150)
    assert (of["recency_weeks"], of["age_weeks"]) == (pytest.approx(30 / 7), pytest.approx(180 / 7))
    two = bought(["2025-01-01", "2025-01-11"])
    assert np.isnan(two["regularity_cv"])
    assert two["overdue_factor"] == 17
    one = bought(["2025-01-01", "2025-01-01"])
    assert one[["regularity_cv", "overdue_factor", "repeat_value"]].isna().all()
    assert (one["frequency"], one["recency_weeks"]) == (0, 0)


def test_trend_is_the_slope_that_scipy_calls_theil_sen() -> None:
    stats = pytest.importorskip("scipy.stats")
    nets = [100.0, 180.0, 0.0, 950.0, 260.0, 310.0]
    days = ["2024-01-05", "2024-05-05", "2024-10-05", "2025-01-05", "2025-06-30"]
    of = bought(days, [net for net in nets if net])
    assert of["trend"] == pytest.approx(stats.theilslopes(nets).slope, rel=1e-12)


def test_the_quarter_of_the_day_counts_for_the_trend_only_if_that_is_its_last() -> None:
    rows = [(f"{m}", "A", dt.date(2024, m, 1), 10.0 * m) for m in (7, 10)]
    rows += [("12", "A", dt.date(2025, 3, 1), 100.0), ("13", "A", dt.date(2025, 6, 1), 500.0)]
    assert np.isnan(measured(rows, as_of=dt.date(2025, 6, 29)).frame.loc["A", "trend"])
    assert measured(rows, as_of=dt.date(2025, 6, 30)).frame.loc["A", "trend"] == pytest.approx(
        np.median([30, 0, 400, 15, 200, 430 / 3])
    )


def test_amounts_are_computed_where_none_are_given() -> None:
    header = (*_NEEDED, "quantity", "unit_price", "discount")
    day = dt.date(2025, 6, 1)
    rows = [
        ("1", "A", day, None, 3.0, 10.0, 0.1),
        ("2", "A", day, None, 1.0, 10.0, None),
        ("3", "A", day, 5.0, 7.0, 10.0, 0.5),
        ("4", "A", day, None, None, 10.0, 0.0),
        ("5", "A", day, None, 1.0, 10.0, 1.5),
    ]
    of = measured(rows, header)
    assert of.frame.loc["A", "turnover_12m"] == pytest.approx(27 + 10 + 5)
    assert of.frame.loc["A", "average_discount"] == pytest.approx((3 + 0 + 5) / (30 + 10 + 10))
    assert found(of.problems) == {
        "orders_without_amount": (Severity.WARNING, {"lines": 2, "as_of": AS_OF})
    }


def test_a_margin_that_is_not_complete_is_missing_and_told() -> None:
    header = (*_NEEDED, "margin")
    new, old = dt.date(2025, 6, 1), dt.date(2024, 1, 1)
    rows = [
        *(("1", "whole", new, 100.0, 30.0), ("2", "whole", old, 100.0, None)),
        *(("3", "part", new, 100.0, 30.0), ("3", "part", new, 100.0, None)),
        *(("4", "none", new, 100.0, None), ("5", "old", old, 100.0, None)),
        ("6", "returned", new, -50.0, -10.0),
    ]
    of = measured(rows, header)
    margins = of.frame[["margin_12m", "margin_rate"]]
    assert [*margins.loc["whole"]] == [30, 0.3]
    assert margins.loc[["part", "none"]].isna().all(axis=None)
    assert margins.loc["old", "margin_12m"] == 0
    assert margins.loc["returned", "margin_12m"] == -10
    assert margins.loc[["old", "returned"], "margin_rate"].isna().all()
    assert found(of.problems) == {"orders_margin_incomplete": (Severity.NOTE, {"customers": 2})}


def test_rates_turn_amounts_and_margins_into_one_currency() -> None:
    header = (*_NEEDED, "margin", "currency", "rate")
    day = dt.date(2025, 6, 1)
    rows = [("1", "A", day, 100.0, 40.0, "USD", 0.9), ("2", "A", day, 10.0, 5.0, "EUR", 1.0)]
    rows.append(("3", "A", day, 10.0, 5.0, "CHF", None))
    of = measured(rows, header)
    assert of.frame.loc["A", "turnover_12m"] == pytest.approx(100)
    assert of.frame.loc["A", "margin_12m"] == pytest.approx(41)
    assert found(of.problems)["orders_without_amount"][1]["lines"] == 1


def test_a_measure_without_its_column_is_missing() -> None:
    of = bought(["2025-06-01"])
    assert of[["margin_12m", "margin_rate", "products", "average_discount"]].isna().all()


def test_a_column_that_is_blank_throughout_is_as_good_as_none() -> None:
    header = (*_NEEDED, "margin", "product_id", "quantity", "discount", "currency", "rate")
    blank = [None] * (len(header) - len(_NEEDED))
    row = ("1", "A", dt.date(2025, 6, 1), 100.0)
    of = measured([(*row, *blank)], header)
    assert of.frame.loc["A", "turnover_12m"] == 100
    assert of.frame.loc["A", ["margin_12m", "products", "average_discount"]].isna().all()
    assert not of.problems


def test_a_customer_whose_lines_name_no_product_has_no_number_of_products() -> None:
    day = dt.date(2025, 6, 1)
    rows = [("1", "A", day, 100.0, "P"), ("2", "B", day, 100.0, None)]
    products = measured(rows, (*_NEEDED, "product_id")).frame["products"]
    assert products["A"] == 1
    assert np.isnan(products["B"])


def test_discounts_that_are_none_are_named_and_left_out_of_their_mean() -> None:
    header = (*_NEEDED, "discount")
    day = dt.date(2025, 6, 1)
    rows = [("1", "A", day, 90.0, 0.1), ("2", "A", day, 50.0, 10.0), ("3", "A", day, 100.0, None)]
    of = measured([*rows, ("4", "B", day, 1.0, 1.0)], header)
    assert of.frame.loc["A", "average_discount"] == pytest.approx(10 / 200)
    assert np.isnan(of.frame.loc["B", "average_discount"])
    assert found(of.problems)["orders_discount_out_of_range"][1]["lines"] == 1


# what cannot be used


def test_lines_left_out_are_counted_each_for_one_reason() -> None:
    day = dt.date(2025, 6, 1)
    rows = [
        ("1", "A", day, 10.0),
        *((None, None, AS_OF + dt.timedelta(days=1), None),) * 2,
        *((None, None, day, 1.0),) * 3,
        *((None, "A", None, None),) * 4,
        *((None, "A", day, None),) * 5,
        *(("1", "A", day, None),) * 6,
    ]
    of = measured(rows)
    assert [*of.frame.index] == ["A"]
    assert found(of.problems) == {
        "orders_after_as_of": (Severity.NOTE, {"lines": 2, "as_of": AS_OF}),
        "orders_without_customer": (Severity.WARNING, {"lines": 3, "as_of": AS_OF}),
        "orders_without_date": (Severity.WARNING, {"lines": 4, "as_of": AS_OF}),
        "orders_without_order_id": (Severity.WARNING, {"lines": 5, "as_of": AS_OF}),
        "orders_without_amount": (Severity.WARNING, {"lines": 6, "as_of": AS_OF}),
    }


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(InputError) as caught:
        act()
    return caught.value.message()


def test_orders_of_several_customers_are_refused_and_named() -> None:
    day = dt.date(2025, 6, 1)
    rows = [(f"{k}", customer, day, 1.0) for k in range(7) for customer in ("A", "B")]
    message = refused(lambda: measured([*rows, ("8", "A", day, 1.0)]))
    assert message == (
        "Order ids that belong to more than one customer: 7, such as 0, 1, 2, 3, 4; give each order an id of its own."
    )


def test_several_currencies_without_rates_are_refused_and_named() -> None:
    header = (*_NEEDED, "currency")
    day = dt.date(2025, 6, 1)
    rows: list[tuple[Any, ...]] = [("1", "A", day, 1.0, "EUR"), ("2", "A", day, 1.0, "eur")]
    rows += [("3", "A", day, 1.0, None), ("4", "A", AS_OF + dt.timedelta(days=1), 1.0, "CHF")]
    assert measured(rows, header).frame.loc["A", "turnover_12m"] == 3
    message = refused(lambda: measured([*rows, ("5", "B", day, 1.0, "USD")], header))
    assert "EUR, USD" in message


def test_no_line_that_counts_is_an_error_that_tells_what_was_left_out() -> None:
    with pytest.raises(InputError) as caught:
        measured([("1", "A", AS_OF + dt.timedelta(days=1), 1.0)])
    assert [*found(caught.value.problems)] == ["orders_none", "orders_after_as_of"]
    empty = arrow([], _NEEDED)
    assert "No order line up to 2025-06-30" in refused(lambda: measure(ibis.memtable(empty), AS_OF))


@pytest.mark.parametrize("absent", _NEEDED)
def test_columns_that_have_to_be_there(absent: str) -> None:
    lines = ibis.memtable(arrow([], [name for name in _NEEDED if name != absent]))
    assert f"lack {absent}" in refused(lambda: expression(lines, AS_OF))


def test_without_ibis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ibis.memtable(arrow([], COLUMNS))
    monkeypatch.setitem(sys.modules, "ibis", None)
    with pytest.raises(XlPortfolioError, match=r"pip install .*xlportfolio\[orders\]"):
        measure(lines, AS_OF)


def test_the_expression_is_a_table_of_the_measures_alone() -> None:
    assert expression(ibis.memtable(arrow([], COLUMNS)), AS_OF).schema() == ibis.schema(
        {"customer_id": "string"} | dict.fromkeys((*MEASURES, *REPEATS), "float64")
    )


@pytest.mark.parametrize("year", [1, 2, 1900, 9999])
def test_days_at_the_ends_of_the_calendar(year: int) -> None:
    day = dt.date(year, 12, 31)
    of = measured([("1", "A", day, 5.0), ("2", "A", dt.date(1, 1, 2), 7.0)], as_of=day)
    assert of.frame.loc["A", "turnover_12m"] == (12 if year == 1 else 5)


# Northwind

NORTHWIND_DAY = dt.date(1998, 5, 6)


@pytest.fixture
def northwind(test_data: Path) -> pd.DataFrame:
    ids = dict.fromkeys(("order_id", "customer_id", "product_id"), str)
    path = test_data / "northwind" / "order_lines.csv"
    return pd.read_csv(path, dtype=ids, parse_dates=["order_date"])


def by_pandas(lines: pd.DataFrame, as_of: dt.date) -> pd.DataFrame:
    """The measures of Northwind, which knows no returns, by pandas."""
    day, start = pd.Timestamp(as_of), pd.Timestamp(year_before(as_of))
    lines = lines.assign(gross=lines["unit_price"] * lines["quantity"])
    lines["net"] = lines["gross"] * (1 - lines["discount"])
    orders = lines.groupby(["customer_id", "order_id"], as_index=False).agg(
        day=("order_date", "min"), net=("net", "sum")
    )
    of = orders.groupby("customer_id")
    table = pd.DataFrame(index=of.size().index)
    table["turnover_12m"] = orders[orders["day"] > start].groupby("customer_id")["net"].sum()
    before = orders["day"].between(pd.Timestamp(year_before(start)), start, inclusive="right")
    table["turnover_prev_12m"] = orders[before].groupby("customer_id")["net"].sum()
    table["orders_per_year"] = orders[orders["day"] > start].groupby("customer_id").size()
    table = table.fillna(0.0)
    growth = table["turnover_12m"] / table["turnover_prev_12m"] - 1
    table["growth"] = growth.where(table["turnover_prev_12m"] > 0)
    table["recency_days"] = (day - of["day"].max()).dt.days
    table["tenure_days"] = (day - of["day"].min()).dt.days
    table["average_order_value"] = of["net"].mean()
    days = orders.groupby(["customer_id", "day"], as_index=False)["net"].sum()
    days["gap"] = days.groupby("customer_id")["day"].diff().dt.days
    gaps = days.groupby("customer_id")["gap"]
    table["regularity_cv"] = gaps.std() / gaps.mean()
    table["overdue_factor"] = table["recency_days"] / gaps.median()
    table["frequency"] = gaps.count()
    table["repeat_value"] = days[days["gap"].notna()].groupby("customer_id")["net"].mean()
    table["recency_weeks"] = (of["day"].max() - of["day"].min()).dt.days / 7
    table["age_weeks"] = table["tenure_days"] / 7
    lines_of = lines.groupby("customer_id")
    table["products"] = lines_of["product_id"].nunique()
    table["average_discount"] = 1 - lines_of["net"].sum() / lines_of["gross"].sum()
    table["return_rate"] = 0.0
    per_quarter = orders.pivot_table(
        index="customer_id", columns=orders["day"].dt.to_period("Q"), values="net", aggfunc="sum"
    )
    slopes = {}
    for customer, nets in per_quarter.iterrows():
        since = nets.loc[nets.first_valid_index() : pd.Period("1998Q1")].fillna(0).to_numpy()
        i, j = np.triu_indices(len(since), 1)
        slopes[customer] = np.median((since[j] - since[i]) / (j - i)) if len(since) > 3 else np.nan
    table["trend"] = pd.Series(slopes)
    return table.reindex(columns=[*MEASURES, *REPEATS]).astype("float64")


def test_northwind_against_pandas(northwind: pd.DataFrame) -> None:
    lines = northwind.assign(order_date=northwind["order_date"].dt.date)
    columns = [name for name in COLUMNS if name in lines.columns]
    lines[["quantity", "unit_price"]] = lines[["quantity", "unit_price"]].astype(float)
    of = measure(ibis.memtable(arrow(lines.to_dict("records"), columns)), NORTHWIND_DAY)
    assert of.problems == ()
    assert len(of.frame) == 89  # of 91 customers: FISSA and PARIS never ordered
    assert {"FISSA", "PARIS"}.isdisjoint(of.frame.index)
    assert_alike(of.frame, by_pandas(northwind, NORTHWIND_DAY))
    everything = measure(
        ibis.memtable(arrow(lines.assign(order_date=NORTHWIND_DAY).to_dict("records"), columns)),
        NORTHWIND_DAY,
    )
    assert everything.frame["turnover_12m"].sum() == pytest.approx(1_265_793.04, abs=0.005)
    assert everything.frame["orders_per_year"].sum() == 830


def test_medians_are_the_same_where_an_engine_has_no_function_for_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    days = ["2024-01-05", "2024-02-01", "2024-05-20", "2024-09-02", "2025-01-15", "2025-06-01"]
    rows = [
        (f"{customer}{k}", customer, dt.date.fromisoformat(day), 100.0 * (k + 1))
        for customer, some in (("A", days), ("B", days[:4]), ("C", days[:1]))
        for k, day in enumerate(some)
    ]
    known = measured(rows).frame
    monkeypatch.setattr(order_expression, "_knows_medians", lambda _: False)
    assert_alike(measured(rows).frame, known)
    assert known["overdue_factor"].notna().tolist() == [True, True, False]


def test_a_table_without_amounts_or_prices_says_which_columns_it_lacks() -> None:
    with pytest.raises(InputError) as stopped:
        measured([("1", "A", AS_OF)], header=_NEEDED[:3])
    (problem,) = stopped.value.problems
    assert problem.fault.key == "orders_column_missing"
    assert problem.fault.details == {"columns": ["amount"]}
