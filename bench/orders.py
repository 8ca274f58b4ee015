"""Speed and memory of measuring orders, as JSON; run by ``make bench``, on Linux or macOS.

For each number of order lines, in a seeded Parquet file of three years with returns, discounts and
margins, 2.6 lines to an order and 100 to a customer, on two threads:

``ours``
    :func:`xlportfolio.orders.measure`, without forecast, by DuckDB;
``sql``
    the same columns by one DuckDB query written by hand, in the same steps, which checks nothing:
    not which lines count, whether ids or numbers are there, whether an order has one customer;
``pandas``
    the same columns by pandas;
``limited``
    ours once more at the largest size, DuckDB held to 1 GB: it has to spill to disk.

Every run is a process of its own; its seconds are those of the whole process, start and imports
included. The ways take turns; seconds are medians. On a machine that does other things too the
seconds of the processors (``cpu_seconds``) tell more. A peak is the largest ``ru_maxrss`` in 10**6
bytes. Before anything is measured, the ways are held against each other at the smallest size.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

_SIZES = "1000000,3000000,10000000"
_AS_OF = dt.date(2025, 12, 31)
_FIRST, _DAYS = np.datetime64("2023-01-01"), 1096
_LINES_PER_ORDER, _LINES_PER_CUSTOMER, _PRODUCTS, _BATCH = 2.6, 100, 5_000, 200_000
_RUNS = 3
_PAPER = 100_000_000
_SQL = """
with o as (
  select order_id, any_value(customer_id) c, min(order_date) d, sum(greatest(amount, 0)) pos,
    sum(least(amount, 0)) neg, sum(amount) net, sum(margin) margin, count(*) - count(margin) bad,
    sum(case when amount > 0 and discount < 1 then amount / (1 - discount) end) gross,
    sum(case when amount > 0 and discount < 1 then amount / (1 - discount) * discount end) disc
  from lines where order_date <= date '2025-12-31' group by order_id
), s as (
  select c, sum(pos) pos, sum(neg) neg, sum(gross) gross, sum(disc) disc,
    coalesce(sum(net) filter (d > date '2024-12-31'), 0) now,
    coalesce(sum(net) filter (d > date '2023-12-31' and d <= date '2024-12-31'), 0) before,
    coalesce(sum(margin) filter (d > date '2024-12-31'), 0) margin,
    coalesce(sum(bad) filter (d > date '2024-12-31'), 0) bad,
    count(*) filter (d > date '2024-12-31' and net > 0) orders, avg(net) filter (net > 0) value
  from o group by c
), days as (
  select c, d, sum(net) net from o where net > 0 group by c, d
), gaps as (
  select c, d, net, d - lag(d) over (partition by c order by d) gap from days
), g as (
  select c, min(d) first, max(d) last, count(gap) n, avg(gap) mean, stddev_samp(gap) spread,
    median(gap) middle, avg(net) filter (gap is not null) repeated
  from gaps group by c
), q as (
  select c, year(d) * 4 + quarter(d) k, sum(net) net from o group by 1, 2
), every as (
  select c, unnest(range(year(first) * 4 + quarter(first), 2026 * 4 + 1)) k from g
), f as (
  select every.c, every.k, coalesce(net, 0) net from every left join q using (c, k)
), t as (
  select a.c, case when count(*) >= 6 then median((b.net - a.net) / (b.k - a.k)) end trend
  from f a join f b on a.c = b.c and a.k < b.k group by a.c
), p as (
  select customer_id c, count(distinct product_id) products
  from lines where order_date <= date '2025-12-31' group by customer_id
)
select s.c customer_id, now turnover_12m, before turnover_prev_12m,
  case when before > 0 then now / before - 1 end growth,
  case when bad = 0 then margin end margin_12m,
  case when bad = 0 and now > 0 then margin / now end margin_rate,
  date '2025-12-31' - last recency_days, date '2025-12-31' - first tenure_days,
  orders orders_per_year, value average_order_value,
  case when n > 1 then spread / mean end regularity_cv,
  (date '2025-12-31' - last) / middle overdue_factor, trend, products,
  disc / nullif(gross, 0) average_discount, -neg / nullif(pos, 0) return_rate, n frequency,
  (last - first) / 7 recency_weeks, (date '2025-12-31' - first) / 7 age_weeks, repeated repeat_value
from s left join g using (c) left join t using (c) left join p using (c)
"""


def make(path: Path, count: int) -> None:
    """Write about so many order lines, in the order of their dates."""
    import pyarrow as pa
    from pyarrow import parquet

    random = np.random.default_rng(20_260_101)
    orders, customers = int(count / _LINES_PER_ORDER), count // _LINES_PER_CUSTOMER
    writer = None
    for start in range(0, orders, _BATCH):
        number = np.arange(start, min(start + _BATCH, orders))
        customer = (customers * random.random(len(number)) ** 2).astype(int)
        day = _FIRST + (number * _DAYS // orders).astype("timedelta64[D]")
        sign = np.where(random.random(len(number)) < 0.03, -1, 1)  # noqa: PLR2004 (returns)
        lines = 1 + random.poisson(_LINES_PER_ORDER - 1, len(number))
        total = int(lines.sum())
        amount = np.round(np.repeat(sign, lines) * random.gamma(2, 250, total), 2)
        product = random.integers(0, _PRODUCTS, total)
        table = pa.table(
            {
                "order_id": pa.array(np.repeat([f"A{n:09}" for n in number], lines)),
                "customer_id": pa.array(np.repeat([f"K{n:06}" for n in customer], lines)),
                "order_date": pa.array(np.repeat(day, lines)),
                "product_id": pa.array(np.array([f"P{n:05}" for n in range(_PRODUCTS)])[product]),
                "amount": amount,
                "margin": np.round(amount * random.uniform(0.1, 0.4, total), 2),
                "discount": random.choice([0, 0.05, 0.1, 0.2], total, p=[0.6, 0.2, 0.15, 0.05]),
            }
        )
        writer = writer or parquet.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def _ours(path: Path, *, limit: str | None = None) -> pd.DataFrame:
    import ibis

    from xlportfolio.orders import measure

    limits = {"memory_limit": limit, "temp_directory": str(path.parent)} if limit else {}
    connection = ibis.duckdb.connect(threads=2, **limits)
    return measure(connection.read_parquet(path), _AS_OF).frame


def _sql(path: Path) -> dict[str, np.ndarray]:
    import duckdb

    connection = duckdb.connect(config={"threads": 2})
    connection.execute(f"create view lines as from read_parquet('{path}')")
    return connection.execute(_SQL).fetchnumpy()


def _pandas(path: Path) -> pd.DataFrame:
    import pandas as pd

    day, year_ago, before = map(pd.Timestamp, ("2025-12-31", "2024-12-31", "2023-12-31"))
    lines = pd.read_parquet(path)
    lines["order_date"] = pd.to_datetime(lines["order_date"])
    lines = lines[lines["order_date"] <= day]
    lines["pos"], lines["neg"] = lines["amount"].clip(lower=0), lines["amount"].clip(upper=0)
    weighs = (lines["amount"] > 0) & (lines["discount"] < 1)
    lines["gross"] = (lines["amount"] / (1 - lines["discount"])).where(weighs, 0)
    lines["disc"] = lines["gross"] * lines["discount"]
    products = lines.groupby("customer_id")["product_id"].nunique()
    names = ("amount", "pos", "neg", "margin", "gross", "disc")
    sums = dict.fromkeys(names, "sum") | {"customer_id": "first", "order_date": "min"}
    orders = lines.groupby("order_id", sort=False).agg(sums)
    orders = orders.rename(columns={"customer_id": "c", "order_date": "d", "amount": "net"})
    all_of = orders.groupby("c")[["pos", "neg", "gross", "disc"]].sum()
    now, real = orders["d"] > year_ago, orders["net"] > 0
    table = pd.DataFrame(index=all_of.index)
    table["turnover_12m"] = orders[now].groupby("c")["net"].sum()
    table["turnover_prev_12m"] = orders[~now & (orders["d"] > before)].groupby("c")["net"].sum()
    table["margin_12m"] = orders[now].groupby("c")["margin"].sum()
    table["orders_per_year"] = orders[now & real].groupby("c").size()
    table = table.fillna(0.0)
    table["average_order_value"] = orders[real].groupby("c")["net"].mean()
    previous, turnover = table["turnover_prev_12m"], table["turnover_12m"]
    table["growth"] = (turnover / previous - 1).where(previous > 0)
    table["margin_rate"] = (table["margin_12m"] / turnover).where(turnover > 0)
    days = orders[real].groupby(["c", "d"], as_index=False)["net"].sum()
    days["gap"] = days.groupby("c")["d"].diff().dt.days
    gaps, of_days = days.groupby("c")["gap"], days.groupby("c")["d"]
    first, last = of_days.min(), of_days.max()
    table["recency_days"], table["tenure_days"] = (day - last).dt.days, (day - first).dt.days
    table["regularity_cv"] = gaps.std() / gaps.mean()
    table["overdue_factor"] = table["recency_days"] / gaps.median()
    table["frequency"] = gaps.count()
    table["repeat_value"] = days[days["gap"].notna()].groupby("c")["net"].mean()
    table["recency_weeks"] = (last - first).dt.days / 7
    table["age_weeks"] = table["tenure_days"] / 7
    table["products"] = products
    table["average_discount"] = all_of["disc"] / all_of["gross"].where(all_of["gross"] > 0)
    table["return_rate"] = -all_of["neg"] / all_of["pos"].where(all_of["pos"] > 0)
    table["trend"] = _trends(orders, first)
    return table


def _trends(orders: pd.DataFrame, first: pd.Series[pd.Timestamp]) -> pd.Series[float]:
    """The Theil-Sen slopes, a matrix of customers and pairs of quarters at a time."""
    import pandas as pd

    quarter = orders["d"].dt.year * 4 + orders["d"].dt.quarter
    sums = orders.groupby(["c", quarter])["net"].sum()
    nets = sums.unstack(fill_value=0.0)  # noqa: PD010 (says it in one word)
    nets = nets.reindex(first.index)
    since = (first.dt.year * 4 + first.dt.quarter).to_numpy()[:, None]
    known = nets.to_numpy(copy=True)
    known[nets.columns.to_numpy()[None, :] < since] = np.nan
    i, j = np.triu_indices(known.shape[1], 1)
    slopes = (known[:, j] - known[:, i]) / (j - i)
    enough = (~np.isnan(known)).sum(1) >= 4  # noqa: PLR2004
    found = np.full(len(known), np.nan)
    found[enough] = np.nanmedian(slopes[enough], axis=1)
    return pd.Series(found, first.index)


_WAYS: Mapping[str, Callable[[Path], object]] = {"ours": _ours, "sql": _sql, "pandas": _pandas}


def _check(path: Path) -> None:
    """The ways give the same measures."""
    import pandas as pd

    ours, found = _ours(path), _sql(path)
    ids = found.pop("customer_id").tolist()
    numbers = {name: np.ma.filled(of.astype(float), np.nan) for name, of in found.items()}
    for other in (pd.DataFrame(numbers, ids), _pandas(path)):
        other = other.reindex(index=ours.index, columns=ours.columns).astype("float64")  # noqa: PLW2901
        np.testing.assert_allclose(ours, other, rtol=1e-9, atol=1e-9)


def _here(task: str, path: Path, count: int) -> None:
    """Do one task in this process, and say its peak."""
    if task == "make":
        make(path, count)
    elif task == "check":
        _check(path)
    elif task == "limited":
        _ours(path, limit="1GB")
    else:
        _WAYS[task](path)
    unit = 1 if sys.platform == "darwin" else 1024
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6)


def _elsewhere(task: str, path: Path, count: int) -> dict[str, float]:
    """Do one task in a new process, and measure that."""
    print(f"{count:>11,} {task:8}", file=sys.stderr, end="", flush=True)
    command = [sys.executable, __file__, "--task", task, "--file", str(path), f"--sizes={count}"]
    used, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    seconds, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    peak = float(done.stdout)
    print(f"{seconds:8.2f} s {cpu:8.2f} s cpu {peak:6.0f} MB", file=sys.stderr)
    return {"seconds": round(seconds, 2), "cpu_seconds": round(cpu, 2), "peak_mb": round(peak)}


def _measure(path: Path, count: int, repeat: int, *, last: bool) -> dict[str, Any]:
    """All ways at one size, in turn."""
    runs: dict[str, list[dict[str, float]]] = {way: [] for way in _WAYS}
    for turn in range(repeat):
        for way, so_far in runs.items():
            if way != "pandas" or not turn:
                so_far.append(_elsewhere(way, path, count))
    if last:
        runs["limited"] = [_elsewhere("limited", path, count)]
    result: dict[str, Any] = {"file_mb": round(path.stat().st_size / 1e6)}
    for way, measured in runs.items():
        result[way] = {name: median(run[name] for run in measured) for name in measured[0]}
    for name in ("seconds", "cpu_seconds"):
        for other in ("sql", "pandas"):
            result[f"ours_to_{other}_{name}"] = round(result["ours"][name] / result[other][name], 2)
    return result


def _growth(sizes: Mapping[int, Mapping[str, Any]]) -> dict[str, Any]:
    """By which power of the number of lines time and memory grow, and where that leads."""
    powers = {}
    for (few, less), (many, more) in pairwise(sizes.items()):
        step = f"{few:,} to {many:,}"
        powers[step] = {
            name: round(math.log(more["ours"][name] / less["ours"][name], many / few), 2)
            for name in ("seconds", "cpu_seconds", "peak_mb")
        }
    if not powers:
        return {}
    largest, (_, power) = max(sizes), [*powers.items()][-1]
    paper = {
        name: round(sizes[largest]["ours"][name] * (_PAPER / largest) ** max(1, power[name]))
        for name in power
    }
    return {"powers": powers, f"on_paper_{_PAPER:,}": paper}


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description="Speed and memory of measuring orders, as JSON.")
    parser.add_argument("--sizes", default=_SIZES, help="order lines; by default %(default)s")
    parser.add_argument("--repeat", type=int, default=_RUNS, help="runs of each way but pandas")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--file", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    counts = sorted(map(int, asked.sizes.split(",")))
    if asked.task:
        _here(asked.task, asked.file, counts[0])
        return
    sizes = {}
    with tempfile.TemporaryDirectory() as folder:
        for count in counts:
            path = Path(folder, f"{count}.parquet")
            _elsewhere("make", path, count)
            if count == counts[0]:
                _elsewhere("check", path, count)
            sizes[count] = _measure(path, count, asked.repeat, last=count == counts[-1])
            path.unlink()
    ratio = sizes[counts[-1]]["ours_to_sql_seconds"]
    target = {"target": f"{counts[-1]:,} lines: at most 1.5 times the query", "found": ratio}
    result = {"lines": sizes, "growth": _growth(sizes), "targets": [target | {"met": ratio <= 1.5}]}  # noqa: PLR2004
    print(json.dumps({"python": sys.version.split()[0], **result}, indent=2))


if __name__ == "__main__":
    main()
