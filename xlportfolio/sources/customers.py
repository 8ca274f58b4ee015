"""Customers of a file, as cells for the table of the customers."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlportfolio.errors import WorkbookError
from xlportfolio.locale import spoken
from xlportfolio.model import name_key
from xlportfolio.schema.cells import as_date
from xlportfolio.schema.contract import CUSTOMERS, Cell, RawTable
from xlportfolio.sources.extra import needs_extra
from xlportfolio.sources.folders import files_of, refuse_different
from xlportfolio.sources.numerals import decimals_of, number
from xlportfolio.sources.reading import Kind, Reading
from xlportfolio.sources.sheets import read_sheet
from xlportfolio.sources.synonyms import (
    Matched,
    Wanted,
    language_of_headers,
    matched,
    plain,
    wanted,
)
from xlportfolio.sources.text import load, understood

if TYPE_CHECKING:
    import ibis.expr.types as ir

#: What a customer's number looks like that a sheet may hold as a number.
_WHOLE = re.compile(r"0|[1-9][0-9]{0,14}")
#: What can be nothing but a day, if its language is known; exports often add midnight.
_DAY = re.compile(
    r"([0-9]{1,2}([./])[0-9]{1,2}\2[0-9]{4}|[0-9]{4}-[0-9]{2}-[0-9]{2})"
    r"(?:[ T]00:00(?::00(?:\.0+)?)?)?"
)
#: The first year of which a sheet knows days.
_FIRST_YEAR = 1900
#: A number with many digits is a name: Excel would round it.
_DIGITS = 15


def read_customers(
    source: Path, headers: Sequence[str], mapping: Mapping[str, str] = {}
) -> tuple[RawTable, Reading]:
    """Customers of a file, under the headers of the table of a workbook.

    Parameters
    ----------
    source
        A text file, a workbook or a Parquet file.
    headers
        The headers of tblCustomers in the workbook.
    mapping
        Our key or a header of the workbook -> their header.

    Returns
    -------
    customers, reading
        The columns that the workbook's table has too, under its headers, in the order of the file;
        other columns are listed as unused. A column whose texts are all numbers holds numbers, one
        whose texts are all days such as ``31.12.2026`` or ``2026-12-31`` holds days, any other text
        stays text; a customer's id is a number only where it is a whole one without a
        leading zero. And what was found out.

    Raises
    ------
    XlPortfolioError
        If the file cannot be read, or has no column of the customers' ids or names.
    """
    columns = _columns(headers)
    files = files_of(str(source))
    if len(files.paths) > 1:
        raise WorkbookError("customers_one_file", path=source)
    if files.kind is Kind.WORKBOOK:
        return _of_sheet(read_sheet(source, CUSTOMERS, columns, mapping), source, columns, mapping)
    with needs_extra():
        import ibis
    if files.kind is Kind.TEXT:
        return _of_text(source, columns, mapping, ibis)
    refuse_different(files.paths)
    table = ibis.duckdb.connect().read_parquet(str(files.paths[0])).to_pyarrow()
    cells = [list(map(_cell, column.to_pylist())) for column in table.columns]
    raw = RawTable(CUSTOMERS, source.name, 1, 1, table.column_names, cells, table.num_rows)
    return _of_sheet(raw, source, columns, mapping, Kind.PARQUET)


def _cell(value: object) -> Cell:
    """A value as a cell can hold it; lists and the like as text."""
    if value is None or isinstance(value, bool | int | float | Decimal | str):
        return value
    if isinstance(value, dt.date | dt.time | dt.timedelta):
        return value
    return str(value)


def _columns(headers: Sequence[str]) -> list[Wanted]:
    """The columns that are looked for: those of the workbook, ours by all their names."""
    ours = {column.key: column for column in wanted(CUSTOMERS)}
    known = {name: column.key for column in CUSTOMERS.all_columns for name in column.names}
    found = []
    for header in headers:
        key = known.get(name_key(header))
        names = ours[key].names if key else (frozenset(), frozenset(), frozenset())
        found.append(Wanted(header, (names[0] | {plain(header)}, *names[1:])))
    return found


def _matched(
    headers: Sequence[str], columns: Sequence[Wanted], mapping: Mapping[str, str], source: Path
) -> Matched:
    """Which header is which column; refused where nothing names the customers."""
    found = matched(headers, columns, mapping, str(source))
    number = _number_beside_name(found, headers, columns)
    if number and not {*map(plain, mapping.values())} & {*map(plain, number.values())}:
        found = matched(headers, columns, {**mapping, **number}, str(source))
    if not CUSTOMERS.positions(list(found.positions)).keys() & {"customer_id", "customer"}:
        shown = [header for header in headers if header.strip()]
        raise WorkbookError("customers_unnamed", path=source, headers=shown)
    return found


def _number_beside_name(
    found: Matched, headers: Sequence[str], columns: Sequence[Wanted]
) -> dict[str, str]:
    """Of "Kunde" beside "Name", as ERP systems write them, the first is the number."""
    header = {key: columns[i] for key, i in CUSTOMERS.positions([c.key for c in columns]).items()}
    ours, name = header.get("customer_id"), header.get("customer")
    if ours is None or name is None or ours.key in found.positions:
        return {}
    theirs = headers[found.positions[name.key]] if name.key in found.positions else ""
    has_name = any(plain(other) in name.names[1] for other in found.unused)
    is_either = plain(theirs) in map(plain, CUSTOMERS.columns[1].headers)
    return {ours.key: theirs} if has_name and is_either else {}


def _of_sheet(
    raw: RawTable,
    source: Path,
    columns: Sequence[Wanted],
    mapping: Mapping[str, str],
    kind: Kind = Kind.WORKBOOK,
) -> tuple[RawTable, Reading]:
    """Of cells that are numbers and texts already."""
    theirs = [str(cell) if cell is not None else "" for cell in raw.header]
    matching = _matched(theirs, columns, mapping, source)
    cells = [raw.columns[i] for i in matching.positions.values()]
    place = raw.sheet, raw.row, raw.column
    found = RawTable(CUSTOMERS, *place, list(matching.positions), cells, raw.height)
    reading = Reading(
        str(source),
        kind,
        table=raw.sheet if kind is Kind.WORKBOOK else None,
        columns={theirs[i]: ours for ours, i in matching.positions.items()},
        unused=matching.unused,
        rows=raw.height,
    )
    return found, reading


def _of_text(
    source: Path,
    columns: Sequence[Wanted],
    mapping: Mapping[str, str],
    ibis: Any,  # noqa: ANN401 (ibis has no types)
) -> tuple[RawTable, Reading]:
    """Of a text file: numbers where all texts of a column are."""
    with tempfile.TemporaryDirectory(prefix="xlportfolio-", ignore_cleanup_errors=True) as folder:
        file = understood(source, columns, mapping, Path(folder))
        matching = _matched(file.header, columns, mapping, source)
        names = {f"c{i}": ours for i, ours in enumerate(matching.positions)}
        connection = ibis.duckdb.connect(temp_directory=folder)
        connection.create_table("raw", schema=ibis.schema(dict.fromkeys(names, "string")))
        positions = dict(zip(names, matching.positions.values(), strict=True))
        load(connection.con, file, positions, Path(folder))
        raw = connection.table("raw")
        as_names = CUSTOMERS.positions(list(names.values()))
        numeric = [name for i, name in enumerate(names) if i not in as_names.values()]
        language = language_of_headers(file.header, CUSTOMERS)
        likely = "," if file.separator == ";" else spoken(language).decimal
        texts = {name: raw[name] for name in numeric}
        decimals = decimals_of(raw, texts, likely)
        cells = _cells(raw, names, decimals.of, language)
        connection.disconnect()
    if "customer_id" in as_names:
        cells[as_names["customer_id"]] = list(map(_id, cells[as_names["customer_id"]]))
    height = len(cells[0])
    table = RawTable(CUSTOMERS, source.name, file.skipped, 1, list(names.values()), cells, height)
    reading = Reading(
        str(source),
        Kind.TEXT,
        encoding=file.encoding,
        separator=file.separator,
        decimal=decimals.decimal,
        decimal_guessed=decimals.guessed,
        columns={file.header[i]: ours for ours, i in matching.positions.items()},
        unused=matching.unused,
        rows=height,
    )
    return table, reading


def _cells(
    raw: ir.Table, names: Mapping[str, str], decimals: Mapping[str, str], language: str
) -> list[list[Cell]]:
    """The cells of each column, numbers or days where every text is one that a sheet can hold."""
    numbers = {f"{name} n": number(raw[name], decimal) for name, decimal in decimals.items()}
    read = raw.mutate(**numbers).to_pyarrow()
    cells = []
    for name in names:
        texts: list[Cell] = read[name].to_pylist()
        values = read[f"{name} n"].to_pylist() if name in decimals else None
        if values is not None and all(
            text is None or (value is not None and not _is_name(str(text)))
            for text, value in zip(texts, values, strict=True)
        ):
            texts = values
        elif values is not None:
            texts = _days(texts, language)
        cells.append(texts)
    return cells


def _days(texts: list[Cell], language: str) -> list[Cell]:
    """Texts as days, as cells hold them, if all of them are.

    >>> _days(["31.12.2026", None, "2027-02-01T00:00:00"], "en")
    [datetime.datetime(2026, 12, 31, 0, 0), None, datetime.datetime(2027, 2, 1, 0, 0)]
    >>> _days(["31.12.2026", "03/04/2026"], "en"), _days(["31.2.2026"], "en")
    (['31.12.2026', '03/04/2026'], ['31.2.2026'])
    """
    days: list[Cell] = []
    for text in texts:
        found = None if text is None else _DAY.fullmatch(str(text))
        day = None if found is None else as_date(found[1], language)
        if text is not None and (day is None or day.year < _FIRST_YEAR):
            return texts
        days.append(None if day is None else dt.datetime.combine(day, dt.time()))
    return days


def _is_name(text: str) -> bool:
    """Whether digits are no amount: with a leading zero or more than a number holds.

    >>> _is_name("01067"), _is_name("0,5"), _is_name("4012345678901234")
    (True, False, True)
    """
    return re.match("-?0[0-9]", text) is not None or sum(map(str.isdigit, text)) > _DIGITS


def _id(cell: Cell) -> Cell:
    return int(cell) if isinstance(cell, str) and _WHOLE.fullmatch(cell) else cell
