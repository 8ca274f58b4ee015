"""Orders in a database, through whatever Ibis connects to; no password is ever shown."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote

from xlportfolio.errors import XlPortfolioError
from xlportfolio.schema.contract import ORDERS, RawTable

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: Where the orders are looked for if no table is named, without regard to case.
_USUAL = ("orders", "tblorders", "auftraege", "aufträge", "auftrage")
_LISTED = 10
#: Packages of drivers, whose errors are the database's.
_DRIVERS = frozenset(
    {
        "_duckdb",
        "clickhouse_connect",
        "duckdb",
        "google",
        "ibis",
        "oracledb",
        "psycopg",
        "py4j",
        "pyodbc",
        "pyspark",
        "snowflake",
        "sqlglot",
        "trino",
    }
)


def is_address(source: str) -> bool:
    r"""Whether a source is a database's address, not a path.

    >>> is_address("postgres://host/db#orders"), is_address(r"C:\orders.csv")
    (True, False)
    """
    return re.match(r"[A-Za-z][\w+.-]+://", source) is not None


def without_password(address: str) -> str:
    """An address as it may be shown: without password and options.

    >>> without_password("postgres://anna:s3cret@host:5432/erp?sslmode=require#sales.orders")
    'postgres://anna@host:5432/erp#sales.orders'
    """
    start, at, rest = address.rpartition("@")
    scheme, _, login = start.partition("://")
    user = login.partition(":")[0]
    shown = f"{scheme}://{user}@{rest}" if at else address
    return re.sub(r"\?[^#]*", "", shown)


@contextmanager
def open_table(address: str) -> Iterator[tuple[ir.Table, str, str]]:
    """A table of a database, its name and the engine's, as long as the context lasts.

    Raises
    ------
    XlPortfolioError
        If the scheme or its driver is missing, the database refuses or cannot be reached, the
        table is not there, or a query fails before the context ends.
    """
    url, name = _split(address)
    shown = without_password(address)
    backend = _connected(url, shown)
    try:
        schema, table = _named(partial(_tables, backend), name, shown)
        yield (
            backend.table(table, database=schema),
            ".".join(filter(None, (schema, table))),
            backend.name,
        )
    except XlPortfolioError:
        raise
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _DRIVERS:
            raise
        detail = _detail(error, address)
        raise XlPortfolioError("database_failed", source=shown, detail=detail) from None
    finally:
        backend.disconnect()


def read_sqlite(address: str) -> RawTable:
    """A table of an SQLite file with all its cells, each of which has a type of its own there.

    Raises
    ------
    XlPortfolioError
        If the file or the table is not there, or cannot be read.
    """
    url, name = _split(address)
    path = _file(url)

    def tables_of(_: str | None) -> list[str]:
        asked = "select name from sqlite_master where type in ('table', 'view')"
        return [table for (table,) in connection.execute(asked)]

    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(uri, uri=True)) as connection:
            _, table = _named(tables_of, name, address)
            quoted = table.replace('"', '""')
            cursor = connection.execute(f'select * from "{quoted}"')  # noqa: S608 (it is a name)
            header = [column for column, *_ in cursor.description]
            rows = [[None if isinstance(c, bytes) else c for c in row] for row in cursor]
    except sqlite3.Error as error:
        detail = _detail(error, address)
        raise XlPortfolioError("database_failed", source=address, detail=detail) from None
    return RawTable.of_rows(ORDERS, table, 1, 1, header, rows)


def _split(address: str) -> tuple[str, str]:
    """An address without and the name of its table; a password may hold the sign between them.

    >>> _split("postgres://anna:a#1@host/erp#sales.orders")
    ('postgres://anna:a#1@host/erp', 'sales.orders')
    """
    login, at, rest = address.rpartition("@")
    place, _, name = rest.partition("#")
    return f"{login}{at}{place}", name


def _file(url: str) -> Path:
    """The file that is a database."""
    path = Path(unquote(url.partition("://")[2].partition("?")[0]))
    if not path.is_file():
        raise XlPortfolioError("no_such_source", path=path)
    return path


def _connected(url: str, shown: str) -> Any:  # noqa: ANN401 (ibis has no types)
    import ibis

    scheme = url.partition("://")[0].lower()
    path = _file(url) if scheme == "duckdb" else None
    try:
        if path is not None:
            return ibis.duckdb.connect(path, read_only=True)
        return ibis.connect(url)
    except ImportError:
        raise XlPortfolioError("driver_missing", source=shown, scheme=scheme) from None
    except Exception as error:  # noqa: BLE001 (each driver has its own)
        known = {entry.name for entry in ibis.util.backend_entry_points()}
        if scheme not in known | {"postgresql", "databricks", "spark"}:
            details = {"scheme": scheme, "allowed": sorted(known)}
            raise XlPortfolioError("scheme_unknown", source=shown, **details) from None
        detail = _detail(error, url)
        raise XlPortfolioError("database_unreachable", source=shown, detail=detail) from None


def _named(
    tables_of: Callable[[str | None], Sequence[str]], name: str, shown: str
) -> tuple[str | None, str]:
    """Schema, if any, and name of the table meant."""
    place = [unquote(part) for part in name.rsplit(".", 1)] if name else []
    schema = place[0] if len(place) > 1 else None
    tables = sorted(tables_of(schema))
    asked = (place[-1],) if place else _USUAL
    for one in asked:
        same = [table for table in tables if table == one]
        alike = [table for table in tables if table.lower() == one.lower()]
        if same or alike:
            return schema, (same or alike)[0]
    listed = [*tables[:_LISTED], *(["…"] if len(tables) > _LISTED else [])]
    if not place:
        raise XlPortfolioError("database_table_unnamed", source=shown, tables=listed)
    raise XlPortfolioError("database_table_missing", source=shown, table=name, tables=listed)


def _tables(backend: Any, schema: str | None) -> Sequence[str]:  # noqa: ANN401 (ibis has no types)
    """The tables and views of a schema; of DuckDB asked without Ibis, which asks for Arrow."""
    if backend.name != "duckdb":
        found: Sequence[str] = backend.list_tables(database=schema)
        return found
    asked = "select table_name from information_schema.tables where table_schema = ?"
    return [name for (name,) in backend.con.execute(asked, [schema or "main"]).fetchall()]


def _detail(error: Exception, address: str) -> str:
    """What the database says, in one line and without anything secret of the address."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = (lines or [type(error).__name__])[0][:300].rstrip(".")
    start, _, rest = address.rpartition("@")
    password = start.partition("://")[2].partition(":")[2]
    secrets = [value for _, value in parse_qsl(rest.partition("?")[2].partition("#")[0])]
    secrets += [password, unquote(password)]
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text
