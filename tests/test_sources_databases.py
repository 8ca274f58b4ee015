"""Orders in databases: found by their name, read where they are, and no password is ever shown."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import duckdb
import pytest
from support import engines

from xlportfolio.errors import XlPortfolioError
from xlportfolio.orders import measure
from xlportfolio.sources import Kind, Reading, open_orders

DAY = dt.date(2024, 12, 31)
TABLE = """
create table Orders (
  belegnr integer, kundennr varchar(10), belegdatum date, netto numeric(12, 2), rabatt_pct real,
  memo varchar(10)
)
"""
LINES = """
insert into Orders values
  (1, ' 00123 ', '2024-12-31', 1234.50, 5, 'x'),
  (2, '', '2024-12-30', null, null, null)
"""
ROWS = [
    {
        "order_id": "1",
        "customer_id": "00123",
        "order_date": DAY,
        "amount": 1234.5,
        "discount": pytest.approx(0.05),
    },
    {
        "order_id": "2",
        "customer_id": None,
        "order_date": dt.date(2024, 12, 30),
        "amount": None,
        "discount": None,
    },
]
SECRET = "p@ss/w0rd"


def read(source: str) -> tuple[list[dict[str, Any]], Reading]:
    with open_orders(source) as (lines, reading):
        return lines.order_by("order_id").to_pyarrow().to_pylist(), reading


def stopped(source: str) -> XlPortfolioError:
    with pytest.raises(XlPortfolioError) as raised:
        read(source)
    for language in ("en", "de"):
        message = raised.value.message(language)
        assert message.endswith(".")
        assert SECRET not in message
        assert quote(SECRET, safe="") not in message
    assert raised.value.__cause__ is None  # which a traceback would show
    return raised.value


@pytest.fixture
def in_duckdb(tmp_path: Path) -> str:
    path = tmp_path / "erp.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema sales")
        connection.execute(TABLE)
        connection.execute(LINES)
        connection.execute("create table sales.auftraege as select * from Orders")
    return f"duckdb://{path}"


@pytest.fixture
def in_sqlite(tmp_path: Path) -> str:
    path = tmp_path / "erp.db"
    connection = sqlite3.connect(path)
    connection.execute(TABLE)
    connection.execute(LINES)
    connection.commit()
    connection.close()
    return f"sqlite://{path}"


@pytest.mark.parametrize("kind", ["in_duckdb", "in_sqlite"])
@pytest.mark.parametrize("table", ["", "#Orders", "#orders"])
def test_a_database_in_a_file(request: pytest.FixtureRequest, kind: str, table: str) -> None:
    address = request.getfixturevalue(kind) + table
    rows, reading = read(address)
    assert rows == ROWS
    assert (reading.kind, reading.table, reading.percent) == (Kind.DATABASE, "Orders", True)
    assert reading.unused == ("memo",)


def test_a_table_of_a_schema(in_duckdb: str) -> None:
    assert read(f"{in_duckdb}#sales.auftraege")[0] == ROWS


def test_the_tables_that_are_there_are_named(in_duckdb: str, tmp_path: Path) -> None:
    error = stopped(f"{in_duckdb}#invoices")
    assert error.key == "database_table_missing"
    assert "Orders" in str(error)
    path = tmp_path / "other.duckdb"
    with duckdb.connect(str(path)) as connection:
        for i in range(12):
            connection.execute(f"create table t{i:02} (a integer)")
    error = stopped(f"duckdb://{path}")
    assert error.key == "database_table_unnamed"
    assert "t09, …" in str(error)
    assert "t10" not in str(error)


def test_a_database_is_left_as_it_is(in_duckdb: str, in_sqlite: str) -> None:
    for address in (in_duckdb, in_sqlite):
        path = Path(address.partition("://")[2])
        before = path.read_bytes()
        read(address)
        assert path.read_bytes() == before
    assert stopped("duckdb:///no/such/file.duckdb").key == "no_such_source"


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "erp.db"
    path.write_bytes(b"Kundennr;Umsatz\n" * 100)
    assert stopped(f"sqlite://{path}").key == "database_failed"
    assert stopped(f"duckdb://{path}").key == "database_unreachable"


def test_no_server_there() -> None:
    login = f"anna:{quote(SECRET, safe='')}"
    error = stopped(f"postgres://{login}@localhost:1/erp?sslmode=disable#orders")
    assert error.key == "database_unreachable"
    assert "postgres://anna@localhost:1/erp" in str(error)


def test_what_no_database_is() -> None:
    error = stopped("nosuchdb://anna:secret@host/db")
    assert error.key == "scheme_unknown"
    assert "postgres" in str(error)
    assert "secret" not in str(error)


def test_a_driver_that_is_not_there() -> None:
    error = stopped(f"snowflake://anna:{quote(SECRET, safe='')}@account/db/schema#orders")
    assert error.key == "driver_missing"
    assert "ibis-framework[snowflake]" in str(error)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A PostgreSQL whose user anna needs a password; the folder of its socket."""
    with engines.postgres() as connection:
        with connection.con.cursor() as cursor:
            cursor.execute(TABLE)
            cursor.execute(LINES)
            cursor.execute(
                "create table texts as select belegnr::text, kundennr, belegdatum::text,"
                " netto::text from Orders"
            )
            cursor.execute(f"create user anna password '{SECRET}'")
            cursor.execute("grant select on orders, texts to anna")
            cursor.execute("create table hidden (a integer)")
            cursor.execute("show data_directory")
            data = Path(cursor.fetchone()[0])
        connection.con.commit()
        rules = "local all test trust\nlocal all anna scram-sha-256\n"
        (data / "pg_hba.conf").write_text(rules)
        with connection.con.cursor() as cursor:
            cursor.execute("select pg_reload_conf()")
        connection.con.commit()
        yield str(data.parent)


def address(server: str, password: str = SECRET) -> str:
    login = f"anna:{quote(password, safe='')}"
    return f"postgres://{login}@/postgres?host={quote(server, safe='')}"


def test_postgresql(server: str) -> None:
    rows, reading = read(f"{address(server)}#orders")
    assert rows == ROWS
    assert (reading.source, reading.rows) == ("postgres://anna@/postgres#orders", None)
    rows, _ = read(f"{address(server)}#public.texts")
    assert rows == [{k: v for k, v in row.items() if k != "discount"} for row in ROWS]


def test_postgresql_measures_where_the_lines_are(server: str) -> None:
    with open_orders(f"{address(server)}#orders") as (lines, _):
        frame = measure(lines, DAY).frame
    assert frame.loc["00123", "turnover_12m"] == 1234.5


def test_postgresql_refuses_a_wrong_password(server: str) -> None:
    error = stopped(f"{address(server, SECRET + 'x')}#orders")
    assert error.key == "database_unreachable"
    assert "anna" in str(error)


def test_postgresql_shows_no_table_without_the_right_to_it(server: str) -> None:
    assert stopped(f"{address(server)}#hidden").key == "database_table_missing"
