"""The same expression gives the same measures on DuckDB, PostgreSQL and Spark."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pytest
from support import engines
from support.order_lines import COLUMNS, arrow, odd_lines, reference

from xlportfolio.orders import OrderMeasures, expression, measure

#: The columns of an export, and the day; each set leads through other parts of the expression.
EXPORTS: dict[str, tuple[list[str], dt.date]] = {
    "all columns": ([*COLUMNS], dt.date(2024, 2, 29)),
    "no rates": ([name for name in COLUMNS if name != "rate"], dt.date(2025, 3, 31)),
    "prices alone": (
        ["order_id", "customer_id", "order_date", "quantity", "unit_price"],
        dt.date(2024, 12, 30),
    ),
}


@pytest.fixture(scope="module")
def in_postgres() -> Iterator[Any]:
    with engines.postgres() as connection:
        yield lambda name, table: engines.into_postgres(connection, name, table)


@pytest.fixture(scope="module")
def in_spark() -> Iterator[Any]:
    with engines.spark() as session:
        yield lambda name, table: engines.into_spark(session, name, table)


def assert_alike(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    """To relative 1e-9, absolute below 1."""
    pd.testing.assert_frame_equal(
        found, expected, rtol=1e-9, atol=1e-9, check_index_type=False, check_names=False
    )


def agree(put: Callable[[str, pa.Table], ir.Table], export: str) -> None:
    columns, as_of = EXPORTS[export]
    lines = odd_lines(len(export), 150, columns, as_of)
    table = arrow(lines)
    by_duckdb = measure(ibis.memtable(table), as_of)
    assert len(by_duckdb.frame) > 100
    found: OrderMeasures = measure(put(f"lines_{len(export)}", table), as_of)
    assert_alike(found.frame, by_duckdb.frame)
    assert [p.message() for p in found.problems] == [p.message() for p in by_duckdb.problems]


@pytest.mark.parametrize("export", EXPORTS)
def test_duckdb_gives_what_plain_python_gives(export: str) -> None:
    columns, as_of = EXPORTS[export]
    lines = odd_lines(len(export), 150, columns, as_of)
    assert_alike(measure(ibis.memtable(arrow(lines)), as_of).frame, reference(lines, as_of))


@pytest.mark.parametrize("export", EXPORTS)
def test_where_an_engine_has_no_medians_they_are_the_same(export: str) -> None:
    columns, as_of = EXPORTS[export]
    lines = odd_lines(len(export), 150, columns, as_of)
    table, connection = ibis.memtable(arrow(lines)), ibis.duckdb.connect()
    connection.con.register("lines", arrow(lines))
    unbound = ibis.table(table.schema(), name="lines")  # of no engine, so none is known to have any
    found = connection.to_pyarrow(expression(unbound, as_of)).to_pandas().set_index("customer_id")
    assert_alike(found.sort_index(), measure(table, as_of).frame)


@pytest.mark.parametrize("dialect", ["mssql", "snowflake", "bigquery", "databricks"])
def test_the_expression_can_be_said_in_the_words_of_other_databases(dialect: str) -> None:
    types = {str(pa.string()): "string", str(pa.float64()): "float64", str(pa.date32()): "date"}
    schema = {name: types[str(kind)] for name, kind in COLUMNS.items()}
    said = expression(ibis.table(schema, name="lines"), dt.date(2025, 6, 30))
    assert "SELECT" in str(ibis.to_sql(said, dialect=dialect))


@pytest.mark.parametrize("export", EXPORTS)
def test_postgresql_gives_what_duckdb_gives(in_postgres: Any, export: str) -> None:
    agree(in_postgres, export)


@pytest.mark.filterwarnings(  # PySpark, and Ibis for it, do not know pandas 3 yet, which says so
    "ignore:PySpark does not yet fully support pandas:FutureWarning",
    "ignore:The copy keyword is deprecated:DeprecationWarning",
    "ignore:The 'future.infer_string' option is deprecated:DeprecationWarning",
    # py4j leaves sockets to the garbage collector
    "ignore:unclosed <socket:ResourceWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
)
@pytest.mark.parametrize("export", EXPORTS)
def test_spark_gives_what_duckdb_gives(in_spark: Any, export: str) -> None:
    agree(in_spark, export)
