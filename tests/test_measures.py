"""From orders to measures: the frame, the command, and the files that it writes."""

from __future__ import annotations

import datetime as dt
import json
import sys
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from typer.testing import CliRunner, Result

from xlportfolio import cli
from xlportfolio.forecast import FEWEST_REPEATERS, FORECASTS
from xlportfolio.locale import texts
from xlportfolio.measures import customer_measures
from xlportfolio.orders import MEASURES

DAY = dt.date(2026, 6, 30)
COLUMNS = [*MEASURES, *FORECASTS, "repeated"]


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["measures", *(str(argument) for argument in arguments)])


def book(customers: int = 150, seed: int = 3) -> pd.DataFrame:
    """Orders of customers that come at random and leave at random, some after the first order."""
    rng = np.random.default_rng(seed)
    rows = []
    for i in range(customers):
        day, rate, leaving = 0.0, rng.gamma(1.5, 1 / 60), rng.beta(0.8, 4)
        age, mean = int(rng.integers(200, 900)), 4000 / rng.gamma(3, 1)
        while day < age:
            date = DAY - dt.timedelta(age - int(day))
            rows.append((f"A{len(rows)}", f"K{i:03d}", date, float(rng.gamma(2, mean / 2)) + 1))
            if len(rows) > 1 and rng.random() < leaving:
                break
            day += 1 + rng.exponential(1 / rate)
    return pd.DataFrame(rows, columns=["order_id", "customer_id", "order_date", "amount"])


@pytest.fixture(scope="module")
def orders(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("orders") / "orders.csv"
    book().to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def computed() -> pd.DataFrame:
    lines = ibis.memtable(pa.Table.from_pandas(book(), preserve_index=False))
    return customer_measures(lines, DAY).frame


def said(arguments: Result) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(arguments.stdout)
    return found


# --- the frame ------------------------------------------------------------------------------------


def test_the_frame_has_every_measure_of_every_customer(computed: pd.DataFrame) -> None:
    assert list(computed.columns) == COLUMNS
    assert list(computed.index) == sorted({*book()["customer_id"]})
    assert computed["repeated"].dtype == bool
    assert computed.drop(columns="repeated").dtypes.eq("float64").all()


def test_whoever_never_repeated_is_active_by_convention_alone(computed: pd.DataFrame) -> None:
    days = book().groupby("customer_id")["order_date"].nunique()
    assert (computed["repeated"] == (days > 1)).all()
    assert (computed.loc[~computed["repeated"], "p_active"] == 1).all()
    assert (computed.loc[computed["repeated"], "p_active"] < 1).all()
    assert (~computed["repeated"]).sum() > 5


def test_without_scipy_the_measures_stand_without_forecast(
    monkeypatch: pytest.MonkeyPatch, computed: pd.DataFrame
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)
    lines = ibis.memtable(pa.Table.from_pandas(book(), preserve_index=False))
    found = customer_measures(lines, DAY)
    assert found.forecast is None
    assert [problem.fault.key for problem in found.problems] == ["forecast_extra_missing"]
    assert found.frame[list(FORECASTS)].isna().all(axis=None)
    pd.testing.assert_frame_equal(found.frame[list(MEASURES)], computed[list(MEASURES)])
    assert not customer_measures(lines, DAY, forecast=False).problems


def test_a_customer_with_returns_alone_has_no_forecast() -> None:
    lines = book()
    lines.loc[len(lines)] = ("R1", "ZZZ", DAY, -50.0)
    found = customer_measures(ibis.memtable(pa.Table.from_pandas(lines)), DAY)
    assert found.frame.loc["ZZZ", list(FORECASTS)].isna().all()
    assert not found.frame.loc["ZZZ", "repeated"]
    assert found.frame.loc["ZZZ", "turnover_12m"] == -50


# --- the command ----------------------------------------------------------------------------------


def test_northwind_has_89_customers_with_orders_and_its_published_net(test_data: Path) -> None:
    lines = test_data / "northwind" / "order_lines.csv"
    found = said(invoke("--orders", lines, "--as-of", "1998-05-06", "--json"))
    assert len(found["customers"]) == 89
    assert not {"FISSA", "PARIS"} & {row["customer_id"] for row in found["customers"]}
    # its orders begin 22 months before that day
    net = sum(row["turnover_12m"] + row["turnover_prev_12m"] for row in found["customers"])
    assert round(net, 2) == 1265793.04
    # nobody is seen to leave: nothing is made up of that
    assert found["forecast"]["converged"] is False
    assert found["forecast"]["a"] is None
    assert (found["forecast"]["n"], found["forecast"]["repeaters"]) == (89, 88)
    assert {row["p_active"] for row in found["customers"]} == {None}
    assert any("stopped ordering" in problem["message"] for problem in found["problems"])


def test_json_is_one_object_with_every_number_in_full(orders: Path, computed: pd.DataFrame) -> None:
    done = invoke("--orders", orders, "--as-of", DAY, "--json", "--lang", "en")
    assert done.exit_code == 0
    found = said(done)
    assert list(found) == ["as_of", "customers", "problems", "forecast"]
    assert found["as_of"] == "2026-06-30"
    assert list(found["customers"][0]) == ["customer_id", *COLUMNS]
    for row, (customer, numbers) in zip(found["customers"], computed.iterrows(), strict=True):
        assert row["customer_id"] == customer
        for name in COLUMNS[:-1]:
            missing = np.isnan(numbers[name])
            assert row[name] is None if missing else row[name] == pytest.approx(numbers[name])
        assert row["repeated"] is bool(numbers["repeated"])
    forecast = found["forecast"]
    assert forecast["time_unit"] == "weeks"
    assert forecast["converged"] is True
    assert min(forecast[name] for name in ("r", "alpha", "a", "b")) > 0
    assert forecast["repeaters"] == computed["repeated"].sum()
    assert [problem["severity"] for problem in found["problems"]] == ["note"]


def test_too_few_customers_are_told_of_in_json(tmp_path: Path) -> None:
    path = tmp_path / "few.csv"
    book(20).to_csv(path, index=False)
    found = said(invoke("--orders", path, "--as-of", DAY, "--json", "--lang", "en"))
    assert found["forecast"]["r"] is None
    assert found["forecast"]["converged"] is False
    (problem,) = found["problems"]
    assert str(FEWEST_REPEATERS) in problem["message"]
    assert {row["expected_orders_12m"] for row in found["customers"]} == {None}


@pytest.mark.parametrize(("lang", "separator", "decimal"), [("de", ";", ","), ("en", ",", ".")])
def test_csv_is_what_excel_opens_in_that_language(
    orders: Path,
    tmp_path: Path,
    computed: pd.DataFrame,
    lang: str,
    separator: str,
    decimal: str,
) -> None:
    out = tmp_path / "measures.csv"
    done = invoke("--orders", orders, "--as-of", DAY, "-o", out, "--lang", lang)
    assert done.exit_code == 0
    assert str(out) in done.stdout.replace("\n", "")
    assert out.read_bytes().startswith(b"\xef\xbb\xbfcustomer_id" + separator.encode())
    assert b"\r\n" in out.read_bytes()
    back = pd.read_csv(out, sep=separator, dtype=str, encoding="utf-8-sig", index_col=0)
    assert list(back.columns) == COLUMNS
    assert list(back["repeated"].astype(int)) == list(computed["repeated"].astype(int))
    for name in COLUMNS[:-1]:
        numbers = back[name].str.replace(decimal, ".").astype(float)
        np.testing.assert_allclose(numbers, computed[name], rtol=1e-12)
    assert [path.name for path in tmp_path.iterdir()] == ["measures.csv"]


def test_parquet_keeps_numbers_and_what_is_missing(
    orders: Path, tmp_path: Path, computed: pd.DataFrame
) -> None:
    out = tmp_path / "measures.parquet"
    assert invoke("--orders", orders, "--as-of", DAY, "-o", out).exit_code == 0
    back = pd.read_parquet(out).set_index("customer_id")
    pd.testing.assert_frame_equal(back, computed, check_index_type=False)


def test_the_screen_never_says_of_one_order_that_the_customer_is_active(
    tmp_path: Path, computed: pd.DataFrame
) -> None:
    lines = book()
    once = computed.index[~computed["repeated"]][0]
    lines.loc[lines["customer_id"] == once, ["amount", "order_date"]] = (1e6, DAY)
    path = tmp_path / "orders.parquet"
    lines.to_parquet(path)
    done = invoke("--orders", path, "--as-of", DAY, "--lang", "en")
    assert done.exit_code == 0
    (row,) = [line for line in done.stdout.splitlines() if line.startswith(once)]
    assert texts("en")("measures.unknown") in row.split()
    assert "100%" not in row
    assert "says nothing of them" in done.stdout.replace("\n", " ")


def test_the_screen_shows_the_largest_in_the_language_of_the_reader(
    orders: Path, computed: pd.DataFrame
) -> None:
    done = invoke("--orders", orders, "--as-of", DAY, "--lang", "de", "--no-forecast")
    assert done.exit_code == 0
    assert f"Kennzahlen zum 30.06.2026, Kunden: {len(computed)}" in done.stdout
    assert "Noch aktiv" not in done.stdout
    largest = computed["turnover_12m"].idxmax()
    (row,) = [line for line in done.stdout.splitlines() if line.startswith(largest)]
    whole = f"{computed['turnover_12m'].max():,.0f}".replace(",", ".")
    assert row.split()[1] == whole
    assert f"... und {len(computed) - 10} weitere" in done.stdout


def test_scores_come_with_the_bounds_between_their_classes(
    orders: Path, tmp_path: Path, computed: pd.DataFrame
) -> None:
    names = ["recency_score", "frequency_score", "monetary_score"]
    out = tmp_path / "measures.parquet"
    done = invoke("--orders", orders, "--as-of", DAY, "--rfm", "--json", "-o", out)
    found = said(done)
    assert list(found["customers"][0])[-3:] == names
    turnover = computed["turnover_12m"].to_numpy()
    assert found["rfm"]["monetary"] == pytest.approx(np.quantile(turnover, [0.2, 0.4, 0.6, 0.8]))
    scores = [row["monetary_score"] for row in found["customers"]]
    assert set(scores) <= {1, 2, 3, 4, 5}
    assert scores[int(turnover.argmax())] == 5
    assert list(pd.read_parquet(out)["monetary_score"]) == scores
    shown = invoke("--orders", orders, "--as-of", DAY, "--rfm", "--lang", "en", "--no-forecast")
    assert "M (1 to 5, 5 is best): Turnover, 12 months, bounds of the classes" in shown.stdout


def test_scores_by_fixed_bounds(orders: Path) -> None:
    bounds = ["--rfm-bounds", "recency=10,20,40,80", "--rfm-bounds", "frequency=1,2,4,8"]
    found = said(invoke("--orders", orders, "--as-of", DAY, *bounds, "--json", "--no-forecast"))
    assert found["rfm"]["recency"] == [10, 20, 40, 80]
    days = {row["customer_id"]: row["recency_days"] for row in found["customers"]}
    scores = {row["customer_id"]: row["recency_score"] for row in found["customers"]}
    for customer, ago in days.items():
        if ago is not None:
            assert scores[customer] == 5 - sum(ago > bound for bound in (10, 20, 40, 80))
    assert len({*scores.values()} - {None}) > 1
    few = invoke("--orders", orders, "--rfm-bounds", "recency=1,2", "--lang", "en")
    assert few.exit_code == 1
    assert "give 4 bounds, each above the one before" in " ".join(few.stderr.split())
    assert invoke("--orders", orders, "--rfm-bounds", "recency=1,x,3,4").exit_code == 2


def test_bounds_that_are_none_are_not_told_of(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("order_id,customer_id,order_date,amount\n1,C,2026-06-30,-5\n")
    shown = invoke("--orders", path, "--as-of", DAY, "--rfm", "--lang", "en")
    assert shown.exit_code == 0
    assert "M (1 to 5" in shown.stdout
    assert "R (1 to 5" not in shown.stdout


def test_today_is_the_day_where_none_is_given(orders: Path) -> None:
    today = dt.datetime.now().astimezone().date()
    found = said(invoke("--orders", orders, "--json", "--no-forecast"))
    assert found["as_of"] in {today.isoformat(), (today + dt.timedelta(1)).isoformat()}
    assert found["forecast"] is None


def test_columns_can_be_named(tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    names = {"order_id": "a", "customer_id": "b", "order_date": "c", "amount": "d"}
    book().rename(columns=names).to_csv(path, index=False)
    assert invoke("--orders", path, "--as-of", DAY, "--json").exit_code == 1
    maps = [word for ours, theirs in names.items() for word in ("--map", f"{ours}={theirs}")]
    done = invoke("--orders", path, "--as-of", DAY, "--json", *maps)
    assert done.exit_code == 0
    assert len(said(done)["customers"]) == 150
    assert invoke("--orders", path, "--map", "order_id").exit_code == 2


# --- what stops it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "missing.csv"),
        ("nothing,of,this\n1,2,3\n", "customer"),
        ("order_id,customer_id,order_date,amount\n1,A,2027-01-01,5\n", "2026-06-30"),
    ],
)
def test_orders_that_cannot_be_used_are_told_of_and_nothing_is_written(
    tmp_path: Path, content: str | None, words: str
) -> None:
    path, out = tmp_path / "missing.csv", tmp_path / "measures.csv"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    out.write_text("old", encoding="utf-8")
    done = invoke("--orders", path, "--as-of", DAY, "-o", out, "--json", "--lang", "en")
    assert done.exit_code == 1
    found = said(done)
    assert (found["as_of"], found["customers"], found["forecast"]) == ("2026-06-30", [], None)
    assert found["problems"][0]["severity"] == "error"
    assert words in found["problems"][0]["message"]
    assert found["problems"][0]["message"] in done.stderr.replace("\n", " ")
    assert out.read_text(encoding="utf-8") == "old"


@pytest.mark.parametrize("days", [["31.02.2026", "30.06.2026"], ["31.02.2026", "4711"]])
def test_what_cannot_be_read_is_named_on_the_screen(tmp_path: Path, days: list[str]) -> None:
    path = tmp_path / "orders.csv"
    lines = "".join(f"{i};C;{day};5\n" for i, day in enumerate(days))
    path.write_text(f"order_id;customer_id;order_date;amount\n{lines}")
    result = invoke("--orders", path, "--as-of", DAY, "--lang", "en")
    assert result.exit_code == (1 if days[1] == "4711" else 0)
    assert "31.02.2026" in result.stdout + result.stderr


@pytest.mark.parametrize("name", ["measures.xlsx", "measures", "measures.csv.gz"])
def test_another_kind_of_file_is_refused_before_anything_is_read(tmp_path: Path, name: str) -> None:
    done = invoke("--orders", tmp_path / "none.csv", "-o", tmp_path / name, "--lang", "en")
    assert done.exit_code == 1
    assert "ends in .csv or .parquet" in done.stderr.replace("\n", " ")
    assert not list(tmp_path.iterdir())


def test_the_orders_are_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    book().to_csv(path, index=False)
    before = path.read_bytes()
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    for out in (path, link):
        done = invoke("--orders", path, "-o", out, "--lang", "en")
        assert done.exit_code == 1
        assert "where the orders come from" in done.stderr.replace("\n", " ")
    assert path.read_bytes() == before


@pytest.mark.parametrize("source", [".", "orders_*.csv"])
def test_measures_are_never_written_among_the_orders(tmp_path: Path, source: str) -> None:
    for name in ("orders_1.csv", "orders_2.csv"):
        book(3).to_csv(tmp_path / name, index=False)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for name in ("orders_2.csv", "orders_3.csv"):
        done = invoke("--orders", tmp_path / source, "-o", tmp_path / name, "--lang", "en")
        assert done.exit_code == 1
        assert "among the files with the orders" in done.stderr.replace("\n", " ")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_a_password_is_never_shown() -> None:
    address = "postgres://anna:s3cret@127.0.0.1:1/erp#orders"
    for more in ([], ["--json"]):
        done = invoke("--orders", address, *more)
        assert done.exit_code == 1
        assert "s3cret" not in done.output


def test_an_id_that_a_terminal_would_obey_is_shown_as_text(tmp_path: Path) -> None:
    path = tmp_path / "orders.parquet"
    lines = book(3)
    lines.loc[lines["customer_id"] == "K000", "customer_id"] = "\x1b[31m[red]x"
    lines.to_parquet(path)
    done = invoke("--orders", path, "--as-of", DAY, "--no-forecast")
    assert done.exit_code == 0
    assert "\x1b[31m" not in done.stdout
    assert "[red]x" in done.stdout


def test_orders_have_to_be_named() -> None:
    assert invoke().exit_code == 2
