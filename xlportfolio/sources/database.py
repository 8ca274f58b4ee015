"""Orders in a database, through whatever Ibis connects to; no password is ever shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit

from xlportfolio.errors import XlPortfolioError

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
        "sqlite3",
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
    url, _, name = address.partition("#")
    shown = without_password(address)
    backend = _connected(url, shown)
    try:
        found = _named(backend, name, shown)
        yield (
            backend.table(found[-1], database=found[0] if len(found) > 1 else None),
            name or (found[-1]),
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


def _connected(url: str, shown: str) -> Any:  # noqa: ANN401 (ibis has no types)
    import ibis

    scheme = url.partition("://")[0].lower()
    path = Path(unquote(url.partition("://")[2].partition("?")[0]))
    if scheme in {"duckdb", "sqlite"} and not path.is_file():
        raise XlPortfolioError("no_such_source", path=path)
    try:
        if scheme == "sqlite":
            return ibis.sqlite.connect(path)
        if scheme == "duckdb":
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


def _named(backend: Any, name: str, shown: str) -> list[str]:  # noqa: ANN401 (ibis has no types)
    """Schema, if any, and name of the table meant."""
    place = [unquote(part) for part in name.rsplit(".", 1)] if name else []
    schema = place[0] if len(place) > 1 else None
    tables: Sequence[str] = sorted(backend.list_tables(database=schema))
    asked = (place[-1],) if place else _USUAL
    for one in asked:
        same = [table for table in tables if table == one]
        alike = [table for table in tables if table.lower() == one.lower()]
        if same or alike:
            return [*place[:-1], (same or alike)[0]]
    listed = [*tables[:_LISTED], *(["…"] if len(tables) > _LISTED else [])]
    if not place:
        raise XlPortfolioError("database_table_unnamed", source=shown, tables=listed)
    raise XlPortfolioError("database_table_missing", source=shown, table=name, tables=listed)


def _detail(error: Exception, address: str) -> str:
    """What the database says, in one line and without anything secret of the address."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = (lines or [type(error).__name__])[0][:300].rstrip(".")
    parts = urlsplit(address)
    secrets = [value for _, value in parse_qsl(parts.query)]
    if parts.password:
        secrets += [parts.password, unquote(parts.password)]
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "…")
    return text
