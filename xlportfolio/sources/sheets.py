"""Workbooks of others, and exports that are workbooks: the sheet with our columns, by calamine."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from xlportfolio.errors import WorkbookError
from xlportfolio.schema.cells import as_text, is_blank
from xlportfolio.schema.contract import Cell, RawTable, Table
from xlportfolio.sources.folders import not_read
from xlportfolio.sources.panics import no_panics
from xlportfolio.sources.synonyms import Wanted, count

#: Rows of a sheet among which the header is looked for.
_HEADER_ROWS = 50
#: Cells for which room is made without a question, and how many of them must hold something else.
_FREE, _SPARSEST = 20_000_000, 20
_CHUNK = 1 << 22
#: The stream in which a workbook with a password is kept.
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


def read_sheet(
    path: Path, table: Table, columns: Sequence[Wanted], mapping: Mapping[str, str]
) -> RawTable:
    """The table object of our name; else the sheet and the row that hold most of our columns.

    Rows that hold nothing are left out. Error cells are blank.

    Raises
    ------
    WorkbookError
        If it cannot be read, is none, is protected by a password, or no sheet holds anything.
    """
    from python_calamine import (
        CalamineError,
        CalamineWorkbook,
        PasswordError,
        TablesNotSupported,
    )

    try:
        _refuse_sparse(path)
        with no_panics():
            with suppress(TablesNotSupported):
                with CalamineWorkbook.from_path(str(path), load_tables=True) as book:
                    raw = _table_object(book, table)
                if raw is not None:
                    return raw
            with CalamineWorkbook.from_path(str(path)) as book:
                return _best_sheet(book, path, table, columns, mapping)
    except PasswordError as error:
        raise WorkbookError("encrypted", path=path) from error
    except (CalamineError, zipfile.BadZipFile, OverflowError, ValueError) as error:
        if _ENCRYPTED_STREAM in path.read_bytes()[: 1 << 24]:
            raise WorkbookError("encrypted", path=path) from error
        raise WorkbookError("source_no_workbook", path=path) from error
    except OSError as error:
        raise not_read(path, error) from error


def _table_object(book: Any, table: Table) -> RawTable | None:  # noqa: ANN401 (of calamine)
    name = next((name for name in book.table_names if name.lower() == table.name.lower()), None)
    if name is None:
        return None
    found = book.get_table_by_name(name)
    return _of_rows(table, found.sheet, 1, list(found.columns), found.to_python())


def _best_sheet(
    book: Any,  # noqa: ANN401 (of calamine)
    path: Path,
    table: Table,
    columns: Sequence[Wanted],
    mapping: Mapping[str, str],
) -> RawTable:
    best: tuple[int, str, int] | None = None
    for sheet in book.sheet_names:
        top = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False, nrows=_HEADER_ROWS)
        for i, row in enumerate(top):
            cells = [_header_text(cell) for cell in row]
            rank = count(cells, columns, mapping)
            if any(cells) and (best is None or rank > best[0]):
                best = rank, sheet, i
    if best is None:
        raise WorkbookError("source_empty", path=path)
    _, sheet, at = best
    rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
    return _of_rows(table, sheet, at + 1, rows[at], rows[at + 1 :])


def _of_rows(
    table: Table, sheet: str, row: int, header: Sequence[Cell], rows: Sequence[Sequence[Cell]]
) -> RawTable:
    """A table of the columns from the first to the last with a header."""
    texts = [_header_text(cell) for cell in header]
    filled = [i for i, text in enumerate(texts) if text]
    left, right = filled[0], filled[-1] + 1
    body = [[None if cell == "" else cell for cell in line[left:right]] for line in rows]
    body = [line for line in body if not all(map(is_blank, line))]
    return RawTable.of_rows(table, sheet, row, left + 1, texts[left:right], body)


def _header_text(cell: Cell) -> str:
    return " ".join(as_text(cell).split())


def _refuse_sparse(path: Path) -> None:
    """Refuse a sheet of few cells far apart: calamine makes room for all between them."""
    if not zipfile.is_zipfile(path):
        return
    with zipfile.ZipFile(path) as package:
        for part in package.namelist():
            if not re.fullmatch(r"xl/worksheets/[^/]+\.xml", part):
                continue
            last, cells, widest, rest = 0, 0, b"", b""
            with package.open(part) as file:
                while chunk := file.read(_CHUNK):
                    text = rest + chunk
                    addresses = re.findall(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})\d', text)
                    rows = re.findall(rb'<(?:\w+:)?(?:row|c)\b[^>]*?\br="[A-Z]*(\d+)"', text)
                    cells += len(addresses)
                    widest = max({widest, *addresses}, key=lambda name: (len(name), name))
                    last = max(last, *map(int, set(rows)), 0)
                    rest = text[text.rfind(b"<") :]
            width = 0
            for letter in widest:
                width = 26 * width + letter - 64
            if last * width > max(_FREE, _SPARSEST * cells):
                details = {"sheet": part, "area": f"A1:{widest.decode()}{last}"}
                raise WorkbookError("too_sparse", path=path, **details)
