"""The key of an anonymised copy: who is who, in a CSV file that stays with the sender."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from xlportfolio.audience import Alias
from xlportfolio.errors import WorkbookError
from xlportfolio.locale import LANGUAGES, spoken, texts

_COLUMNS = ("customer_id", "customer", "shown_id", "shown")


def key_path(copy: Path) -> Path:
    """Where the key of a copy, or of a folder of copies, stands: beside it.

    >>> key_path(Path("south.xlsx")).name
    'south-key.csv'
    """
    return copy.with_name(f"{copy.stem if copy.suffix else copy.name}-key.csv")


def read_key(path: Path) -> tuple[Alias, ...]:
    """The aliases of earlier copies; none if there is no such file.

    Raises
    ------
    WorkbookError
        If the file is no key, or cannot be read: it is not written over then.
    """
    try:
        content = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        return ()
    except UnicodeDecodeError as error:
        raise WorkbookError("no_key", path=path) from error
    except OSError as error:
        detail = error.strerror or str(error)
        raise WorkbookError("read_failed", path=path, detail=detail) from error
    head = content.partition("\n")[0]
    separator = max((spoken(code).list_separator for code in LANGUAGES), key=head.count)
    rows = list(csv.reader(io.StringIO(content, newline=""), delimiter=separator, strict=False))
    if not rows or any(len(row) != len(_COLUMNS) for row in rows):
        raise WorkbookError("no_key", path=path)
    return tuple(Alias(*row) for row in rows[1:])


def key_file(aliases: Iterable[Alias], language: str) -> bytes:
    """The key as a file: UTF-8 with its mark, by which Excel knows it."""
    words, sink = texts(language), io.StringIO(newline="")
    writer = csv.writer(sink, delimiter=spoken(language).list_separator)
    writer.writerow([words(f"sharing.key.{column}") for column in _COLUMNS])
    writer.writerows([getattr(alias, column) for column in _COLUMNS] for alias in aliases)
    return sink.getvalue().encode("utf-8-sig")
