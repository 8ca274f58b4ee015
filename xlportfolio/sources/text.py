"""Text files as ERP systems write them: found out how, and read by DuckDB as text."""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from xlportfolio.errors import WorkbookError
from xlportfolio.sources.folders import not_read
from xlportfolio.sources.synonyms import Wanted, count

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

#: Bytes and characters that are looked at to find out encoding and header.
_HEAD = 1 << 18
#: Bytes that are decoded at once.
_CHUNK = 1 << 20
#: Lines among which the header is looked for.
_HEADER_LINES = 50
_SEPARATORS = (";", "\t", ",", "|")
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
#: Of bytes that are no UTF-8, what they may be: Windows and DOS in western Europe.
_EIGHT_BITS = ["cp1252", "cp850"]
#: Letters as words have them; without any, the bytes are signs of Windows such as ``€``.
_IN_WORDS = re.compile("[A-Za-z][äöüßáàâçéèêñó]|[ÄÖÜäöüé][a-z]")
#: How many of them a text of a western language holds at most, tabs and line ends left out.
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")


@dataclass(frozen=True, slots=True)
class TextFile:
    """How a text file is written.

    Attributes
    ----------
    path
        The file, or a copy of it in UTF-8.
    encoding
        That of the file itself.
    separator
        What stands between the cells of a line.
    header
        The cells of its header line.
    skipped
        The lines up to and including the header.
    name
        What the file is called in a sentence.
    broken
        Whether a cell of these lines holds a line break; DuckDB counts such lines otherwise.
    """

    path: Path
    encoding: str
    separator: str
    header: tuple[str, ...]
    skipped: int
    name: str
    broken: bool = False


def understood(
    path: Path, columns: Sequence[Wanted], mapping: Mapping[str, str], scratch: Path
) -> TextFile:
    """Find out how a text file is written.

    The header is the first of the lines, in whichever separator, that holds most of our columns;
    where none holds any, the first line of the widest table.

    Parameters
    ----------
    scratch
        A folder for a copy in UTF-8, where one is needed.

    Raises
    ------
    WorkbookError
        If it cannot be read, is empty or no text.
    """
    try:
        encoding = encoding_of(path)
        used = path if encoding in {"utf-8", "utf-8-sig"} else _rewritten(path, encoding, scratch)
        with used.open(encoding="utf-8-sig", newline="") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise not_read(path, error) from error
    if not head.strip():
        raise WorkbookError("source_empty", path=path)
    separator, skipped, header, broken = _header(head, columns, mapping)
    return TextFile(used, encoding, separator, header, skipped, str(path), broken)


def encoding_of(path: Path) -> str:
    """The encoding of a text file: by its mark, as strict UTF-8, else by what letters are likely.

    Raises
    ------
    WorkbookError
        If it is no text.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        head = file.read(_HEAD)
        for mark, encoding in _MARKS:
            if head.startswith(mark):
                return encoding
        even, odd = head[::2].count(0), head[1::2].count(0)
        if even + odd > len(head) / 4:
            encoding = "utf-16-le" if odd > even else "utf-16-be"
            if min(even, odd) > len(head) / 100:
                raise WorkbookError("not_text", path=path)
            return encoding
        if _CONTROLS.search(head.decode("latin-1")):
            raise WorkbookError("not_text", path=path)
        decoder = codecs.getincrementaldecoder("utf-8")("strict")
        chunk = head
        try:
            while chunk:
                decoder.decode(chunk)
                chunk = file.read(_CHUNK)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            around = chunk[max(error.start - _HEAD // 2, 0) : error.start + _HEAD // 2]
            return _eight_bits(around)
    return "utf-8"


def _eight_bits(sample: bytes) -> str:
    """The likeliest encoding of bytes that are no UTF-8: that of Windows unless another fits."""
    from charset_normalizer import from_bytes

    found = from_bytes(sample, cp_isolation=_EIGHT_BITS, enable_fallback=False).best()
    if found is None or not _IN_WORDS.search(sample.decode(found.encoding, errors="replace")):
        return "cp1252"
    return found.encoding


def _rewritten(path: Path, encoding: str, scratch: Path) -> Path:
    """A copy in UTF-8; bytes without a meaning become the sign for that."""
    copy = scratch / f"{len(list(scratch.iterdir()))}.csv"
    with (
        path.open(encoding=encoding, errors="replace", newline="") as file,
        copy.open("w", encoding="utf-8", newline="") as out,
    ):
        while chunk := file.read(_CHUNK):
            out.write(chunk)
    return copy


def _header(
    head: str, columns: Sequence[Wanted], mapping: Mapping[str, str]
) -> tuple[str, int, tuple[str, ...], bool]:
    """The separator, the lines up to the header, its cells, and whether one of them is broken."""
    best: tuple[tuple[int, int], str, int, tuple[str, ...], bool] | None = None
    for separator in _SEPARATORS:
        reader = csv.reader(StringIO(head, newline=""), delimiter=separator)
        try:
            for i, row in zip(range(1, _HEADER_LINES + 1), reader, strict=False):
                cells = tuple(cell.strip() for cell in row)
                rank = (count(cells, columns, mapping), 0)
                if rank[0] == 0:  # no column of ours: the first of the widest lines
                    rank = (0, sum(map(bool, cells)))
                if cells and (best is None or rank > best[0]):
                    best = rank, separator, reader.line_num, cells, reader.line_num > i
        except csv.Error:  # a cell without end: not in this separator
            continue
    if best is None:
        return ",", 1, (head.splitlines()[0],), False
    _, separator, skipped, cells, broken = best
    while cells and not cells[-1]:
        cells = cells[:-1]
    return separator, skipped, cells, broken


def load(
    connection: DuckDBPyConnection, file: TextFile, positions: Mapping[str, int], scratch: Path
) -> None:
    """Append some columns of a text file to the table ``raw``, each cell as trimmed text or null.

    Lines that hold nothing there, such as rules of dashes, are left out.

    DuckDB reads strictly. What it refuses, such as short lines or mixed line ends, and what has
    line breaks within the cells of its header, is written anew line by line first, so that no line
    is lost unsaid.

    Parameters
    ----------
    positions
        Our key -> position of the column from 0; the columns of ``raw`` in this order.

    Raises
    ------
    WorkbookError
        If a line has more cells than the header, or a quote is left open.
    """
    import duckdb

    if not file.broken:
        try:
            _append(connection, file, positions)
        except duckdb.Error:
            pass
        else:
            return
    tidied = _tidied(file, scratch)
    try:
        _append(connection, tidied, positions)
    except duckdb.Error as error:
        raise WorkbookError("source_unreadable", path=file.name) from error


def _append(connection: DuckDBPyConnection, file: TextFile, positions: Mapping[str, int]) -> None:
    names = [f"c{i}" for i in range(len(file.header))]
    relation = connection.read_csv(
        str(file.path),
        sep=file.separator,
        quotechar='"',
        escapechar='"',
        header=False,
        skiprows=file.skipped,
        columns=dict.fromkeys(names, "VARCHAR"),
        auto_detect=False,
        max_line_size=16 << 20,
    )
    trimmed = ", ".join(
        f"""nullif(trim(c{position}), '') AS "{key}\"""" for key, position in positions.items()
    )
    filled = ", ".join(f'"{key}"' for key in positions)
    relation.project(trimmed).filter(f"coalesce({filled}) is not null").insert_into("raw")


def _tidied(file: TextFile, scratch: Path) -> TextFile:
    """A copy that keeps to the letter of CSV, with as many cells in each line as in the header."""
    copy = scratch / f"{len(list(scratch.iterdir()))}.csv"
    width = len(file.header)
    with (
        file.path.open(encoding="utf-8-sig", errors="replace", newline="") as source,
        copy.open("w", encoding="utf-8", newline="") as out,
    ):
        writer = csv.writer(out, delimiter=file.separator, lineterminator="\n")
        for line, row in _rows(source, file):
            if len(row) > width and any(cell.strip() for cell in row[width:]):
                details = {"line": line, "cells": len(row), "columns": width}
                raise WorkbookError("line_too_long", path=file.name, **details)
            writer.writerow([*row, *[""] * (width - len(row))][:width])
    return replace(file, path=copy, skipped=0, broken=False)


def _rows(source: TextIO, file: TextFile) -> Iterator[tuple[int, list[str]]]:
    """The lines below the header that hold something, each with the number of its last line."""
    for _ in range(file.skipped):
        source.readline()
    reader = csv.reader(source, delimiter=file.separator, strict=True)
    while True:
        start = file.skipped + reader.line_num + 1
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise WorkbookError("quote_open", path=file.name, line=start) from error
        if row:
            yield start, row
