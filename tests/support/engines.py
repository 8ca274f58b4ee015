"""Other engines than DuckDB: PostgreSQL from the system's packages, and Spark in this process."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import tempfile
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pytest
from pyarrow import parquet

_TYPES = {"string": "text", "date32[day]": "date", "double": "double precision"}


def _require(is_there: object, how: str) -> None:
    """Skip where a program is missing and say how to get it; fail where CI must have it."""
    if not is_there:
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(how)


def _postgres_programs() -> Path | None:
    """The folder of PostgreSQL's newest version; Debian keeps it off the path."""
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda f: int(f.parent.name))
    found = shutil.which("initdb")
    return Path(found).parent if found else next(reversed(folders), None)


@contextmanager
def postgres() -> Iterator[Any]:
    """An Ibis connection to a PostgreSQL server of its own, which ends with it."""
    programs = _postgres_programs()
    _require(programs, "PostgreSQL is missing: apt-get install postgresql")
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="pg") as name:  # short: a socket's path has 107 bytes
        folder, user = Path(name), []
        if os.geteuid() == 0:  # which the server refuses to run as
            shutil.chown(folder, "postgres", "postgres")
            user = ["runuser", "-u", "postgres", "--"]
        data, log = folder / "data", folder / "log"

        def run(program: str, *arguments: str) -> None:
            command = [*user, str(programs / program), *arguments]
            done = subprocess.run(
                command, cwd="/", check=False, capture_output=True, text=True, timeout=120
            )
            assert done.returncode == 0, done.stderr + (log.read_text() if log.exists() else "")

        run("initdb", "-D", str(data), "-U", "test", "-A", "trust", "-E", "UTF8", "--no-sync")
        options = f"-k {folder} -c listen_addresses='' -c fsync=off -c timezone=America/New_York"
        run("pg_ctl", "-D", str(data), "-l", str(log), "-o", options, "-w", "start")
        try:
            connection = ibis.postgres.connect(host=name, user="test", database="postgres")
            yield connection
            connection.disconnect()
        finally:
            run("pg_ctl", "-D", str(data), "-m", "immediate", "-w", "stop")


def into_postgres(connection: Any, name: str, table: pa.Table) -> ir.Table:
    """The table in PostgreSQL, NULL and NaN kept apart."""
    columns = ", ".join(f"{field.name} {_TYPES[str(field.type)]}" for field in table.schema)
    with connection.con.cursor() as cursor:
        cursor.execute(f"create table {name} ({columns})")
        with cursor.copy(f"copy {name} from stdin") as copy:
            for row in table.to_pylist():
                copy.write_row([*row.values()])
    connection.con.commit()
    return connection.table(name)


@contextmanager
def spark() -> Iterator[Any]:
    """A Spark session with one worker; what talks to it ends with it."""
    _require(shutil.which("java"), "Java is missing: apt-get install openjdk-17-jre-headless")
    from py4j.clientserver import FinalizerWorker  # noqa: PLC0415 (takes a second)
    from pyspark import SparkContext  # noqa: PLC0415
    from pyspark.sql import SparkSession  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        session = (
            SparkSession.builder.master("local[1]")
            .config("spark.driver.memory", "700m")
            .config("spark.driver.extraJavaOptions", "-XX:TieredStopAtLevel=1")  # starts faster
            .config("spark.driver.bindAddress", "127.0.0.1")
            .config("spark.driver.host", "127.0.0.1")
            .config("spark.ui.enabled", "false")
            .config("spark.ui.showConsoleProgress", "false")
            .config("spark.sql.session.timeZone", "UTC")
            .config("spark.sql.shuffle.partitions", "1")
            .config("spark.sql.adaptive.enabled", "false")
            .config("spark.sql.codegen.wholeStage", "false")  # which costs more than it saves here
            .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
            .config("spark.sql.warehouse.dir", f"{folder}/warehouse")
            .config("spark.local.dir", folder)
            .getOrCreate()
        )
        session.sparkContext.setLogLevel("OFF")
        try:
            yield session
        finally:
            session.stop()
            gateway = SparkContext._gateway  # noqa: SLF001 (PySpark itself never ends it)
            SparkContext._gateway = SparkContext._jvm = None  # noqa: SLF001
            gateway.shutdown()
            for thread in threading.enumerate():  # one that would sleep and wake for ever
                if isinstance(thread, FinalizerWorker):
                    thread.join(10)
            gateway.proc.stdin.close()
            gateway.proc.wait(60)
            del session, gateway
            gc.collect()  # it leaves sockets to be closed by whoever comes next


def into_spark(session: Any, name: str, table: pa.Table) -> ir.Table:
    """The table in Spark, NULL and NaN kept apart."""
    folder = session.conf.get("spark.sql.warehouse.dir").removeprefix("file:")
    path = Path(folder).parent / f"{name}.parquet"  # through which no worker in Python has to start
    parquet.write_table(table, path)
    session.read.parquet(str(path)).createOrReplaceTempView(name)
    return ibis.pyspark.connect(session).table(name)
