"""Orders of a file, a folder, a workbook or a database, as one table of order lines."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlportfolio.errors import WorkbookError
from xlportfolio.locale import spoken
from xlportfolio.schema.contract import ORDERS, RawTable
from xlportfolio.sources.columns import DAY, IDS, Manners, Parts, converted, parts_of, split_cells
from xlportfolio.sources.database import is_address, open_table, read_sqlite, without_password
from xlportfolio.sources.extra import needs_extra
from xlportfolio.sources.folders import Files, files_of, refuse_different
from xlportfolio.sources.reading import DateOrder, Kind, Reading
from xlportfolio.sources.sheets import read_sheet
from xlportfolio.sources.synonyms import (
    Matched,
    language_of_headers,
    matched,
    says_percent,
    wanted,
)
from xlportfolio.sources.text import TextFile, load, understood

if TYPE_CHECKING:
    import ibis.expr.types as ir

_COLUMNS = wanted(ORDERS)
#: Without these no measure can be taken; instead of the amount, quantity and price serve.
_NEEDED = ("order_id", "customer_id", "order_date", "amount")
#: Bytes of text files that are held in memory.
_IN_MEMORY = 256 << 20
_INSTEAD = frozenset({"quantity", "unit_price"})


@contextmanager
def open_orders(
    source: str, mapping: Mapping[str, str] = {}, *, dates: DateOrder | None = None
) -> Iterator[tuple[ir.Table, Reading]]:
    """Order lines of a source, as long as the context lasts.

    Parameters
    ----------
    source
        A text file, a workbook, a Parquet file, a folder of text files or of Parquet, a pattern
        such as ``orders_*.csv``, or the address of a database, its table behind ``#``.
    mapping
        Our key -> their header, where the names alone do not tell.
    dates
        In which order dates are written; found out where ``None``.

    Yields
    ------
    lines, reading
        One row per order line; the columns that the source has, named by the keys of
        :data:`xlportfolio.schema.contract.ORDERS`: ids and currency as trimmed text, the date as
        a day, all others as 64-bit floats, discounts as fractions. What is blank or cannot be
        read is null. And what was found out.

    Raises
    ------
    XlPortfolioError
        If the source cannot be read or reached, has not the columns needed, or its dates can be
        read either way round.
    """
    with needs_extra():
        import ibis
    if source.lower().startswith("sqlite://"):
        yield _of_cells(read_sqlite(source), source, mapping, dates, Kind.DATABASE)
        return
    if is_address(source):
        with open_table(source) as (table, name, engine):
            shown = without_password(source)
            textual = engine == "duckdb"
            yield _of_table(table, shown, Kind.DATABASE, mapping, dates, name=name, textual=textual)
        return
    files = files_of(source)
    if files.kind is Kind.WORKBOOK:
        raw = read_sheet(files.paths[0], ORDERS, _COLUMNS, mapping)
        yield _of_cells(raw, source, mapping, dates)
        return
    with _scratch(sum(path.stat().st_size for path in files.paths)) as (connection, folder):
        if files.kind is Kind.PARQUET:
            refuse_different(files.paths)
            table = connection.read_parquet([str(path) for path in files.paths])
            with _damage(source):
                yield _of_table(table, source, Kind.PARQUET, mapping, dates, count=len(files.paths))
        else:
            yield _of_texts(connection, files, folder, mapping, dates, ibis)


def orders_of(raw: RawTable) -> tuple[ir.Table, Reading]:
    """Order lines of a workbook's tblOrders, as :func:`open_orders` gives them.

    Parameters
    ----------
    raw
        The table as it stands in a workbook, open or closed.

    Raises
    ------
    XlPortfolioError
        As :func:`open_orders`.
    """
    with needs_extra():
        import ibis  # noqa: F401 (only to see whether it is there)
    return _of_cells(raw, raw.sheet, {}, None)


@contextmanager
def _damage(source: str) -> Iterator[None]:
    """Say which file is damaged, where DuckDB meets that only when it reads the rows."""
    import duckdb

    try:
        yield
    except duckdb.InvalidInputException as error:
        raise WorkbookError("source_unreadable", path=source) from error


def _copied(connection: Any, cells: Any) -> ir.Table:  # noqa: ANN401 (ibis has no types)
    """Rows in DuckDB's own memory, under the name ``raw``."""
    connection.con.from_arrow(cells).create("raw")
    return connection.table("raw")


@contextmanager
def _scratch(size: int = 0) -> Iterator[tuple[Any, Path]]:
    """DuckDB and a temporary folder, where it puts what memory cannot hold.

    Texts of many bytes, its ``size``, are put there in the first place, three times as slow.
    """
    import ibis

    with tempfile.TemporaryDirectory(prefix="xlportfolio-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        (place / "texts").mkdir()
        connection = ibis.duckdb.connect(
            place / "orders.duckdb" if size > _IN_MEMORY else ":memory:",
            temp_directory=str(place / "spilled"),
        )
        try:
            yield connection, place / "texts"
        finally:
            with suppress(Exception):  # whatever it says, the folder goes
                connection.disconnect()


def _matched(headers: Sequence[str], mapping: Mapping[str, str], source: str) -> Matched:
    """Which header is which column; refused where a needed one is missing."""
    found = matched(headers, _COLUMNS, mapping, source)
    lacking = [key for key in _NEEDED if key not in found.positions]
    if "amount" in lacking and found.positions.keys() >= _INSTEAD:
        lacking.remove("amount")
    if lacking:
        details = {"missing": lacking, "headers": [h for h in headers if h.strip()]}
        raise WorkbookError("orders_lack_columns", path=source, first=lacking[0], **details)
    return found


@dataclass(frozen=True, slots=True)
class _Source:
    """What a reading says of the source itself."""

    shown: str
    kind: Kind
    headers: Sequence[str]
    matching: Matched
    table: str | None = None
    files: int = 1
    text: TextFile | None = None


def _result(
    raw: ir.Table,
    parts: Mapping[str, Parts],
    source: _Source,
    dates: DateOrder | None,
    *,
    hinted: bool = True,
    counted: bool = True,
) -> tuple[ir.Table, Reading]:
    """Lines and reading of a source whose cells stand in a table of an engine."""
    ours = {key: source.headers[i] for key, i in source.matching.positions.items()}
    separator = source.text.separator if source.text else None
    likely = spoken(language_of_headers(ours.values(), ORDERS)).decimal
    likely = {";": ",", ",": "."}.get(separator or "", likely)
    manners = Manners(
        source.shown,
        ours,
        likely,
        dates,
        percent=hinted and says_percent(ours.get("discount", "")),
    )
    lines, written, problems = converted(raw, parts, manners)
    reading = Reading(
        source.shown,
        source.kind,
        table=source.table,
        files=source.files,
        encoding=source.text.encoding if source.text else None,
        separator=separator,
        decimal=written.decimals.decimal,
        decimal_guessed=written.decimals.guessed,
        dates=written.dates,
        percent=written.percent,
        columns={header: key for key, header in ours.items()},
        unused=source.matching.unused,
        rows=int(raw.count().to_pyarrow().as_py()) if counted else None,
        problems=tuple(problems),
    )
    return lines, reading


def _of_table(
    table: ir.Table,
    shown: str,
    kind: Kind,
    mapping: Mapping[str, str],
    dates: DateOrder | None,
    *,
    name: str | None = None,
    count: int = 1,
    textual: bool = True,
) -> tuple[ir.Table, Reading]:
    """Of a table with types; where the engine cannot read texts as DuckDB does, it casts them."""
    headers = list(table.columns)
    matching = _matched(headers, mapping, shown)
    theirs = {key: headers[i] for key, i in matching.positions.items()}
    raw = table.select(**{key: table[header] for key, header in theirs.items()})
    if not textual:
        raw = raw.mutate(
            **{
                key: raw[key].cast("date" if key == DAY else "float64")
                for key in theirs
                if key not in IDS and raw[key].type().is_string()
            }
        )
    parts = {key: parts_of(raw, key, in_duckdb=textual) for key in theirs}
    source = _Source(shown, kind, headers, matching, table=name, files=count)
    return _result(raw, parts, source, dates, counted=textual)


def _of_cells(
    raw: RawTable,
    shown: str,
    mapping: Mapping[str, str],
    dates: DateOrder | None,
    kind: Kind = Kind.WORKBOOK,
) -> tuple[ir.Table, Reading]:
    """Of cells; a number in a sheet that a header calls per cent is a fraction shown as such."""
    import ibis

    headers = [str(cell) if cell is not None else "" for cell in raw.header]
    matching = _matched(headers, mapping, shown)
    cells, kinds = split_cells({key: raw.columns[i] for key, i in matching.positions.items()})
    connection = ibis.duckdb.connect(temp_directory=f"{tempfile.gettempdir()}/xlportfolio")
    table = _copied(connection, cells)
    parts = {key: Parts(**{kind: table[f"{key} {kind}"] for kind in kinds[key]}) for key in kinds}
    source = _Source(shown, kind, headers, matching, table=raw.sheet)
    return _result(
        table,
        parts,
        source,
        dates,
        hinted=kind is not Kind.WORKBOOK or "text" in kinds.get("discount", ()),
    )


def _of_texts(
    connection: Any,  # noqa: ANN401 (ibis has no types)
    files: Files,
    folder: Path,
    mapping: Mapping[str, str],
    dates: DateOrder | None,
    ibis: Any,  # noqa: ANN401 (as above)
) -> tuple[ir.Table, Reading]:
    """Of text files: each is loaded as texts, then all become numbers and days in one pass."""
    understand = partial(understood, columns=_COLUMNS, mapping=mapping, scratch=folder)
    first = understand(files.paths[0])
    matching = _matched(first.header, mapping, first.name)
    keys = list(matching.positions)
    connection.create_table("raw", schema=ibis.schema(dict.fromkeys(keys, "string")))
    for path in files.paths:
        file = first if path == files.paths[0] else understand(path)
        own = _matched(file.header, mapping, file.name).positions
        if set(own) != set(keys):
            raise WorkbookError("files_differ", path=file.name, other=first.name)
        load(connection.con, file, {key: own[key] for key in keys}, folder)
    raw = connection.table("raw")
    parts = {key: Parts(text=raw[key]) for key in keys}
    source = _Source(
        files.source, Kind.TEXT, first.header, matching, files=len(files.paths), text=first
    )
    lines, reading = _result(raw, parts, source, dates)
    table = connection.create_table("lines", lines)
    connection.raw_sql("DROP TABLE raw")
    return table, reading
