"""Write the measures of customers into a CSV or Parquet file."""

from __future__ import annotations

import io
from fnmatch import fnmatchcase
from pathlib import Path
from typing import IO

import pandas as pd

from xlportfolio.errors import WorkbookError
from xlportfolio.files.save import hold
from xlportfolio.locale import spoken
from xlportfolio.sources.database import is_address

_SUFFIXES = (".csv", ".parquet")


def refuse_target(path: Path, source: str) -> None:
    """Refuse a file that measures are not to be written to, before anything is computed.

    Parameters
    ----------
    path
        Where the measures are to be written.
    source
        Where the orders come from.

    Raises
    ------
    WorkbookError
        If its name ends otherwise, it is the source, or it would be read along with it.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise WorkbookError("measures_suffix", path=path)
    if is_address(source):
        return
    target, origin = path.resolve(), Path(source).resolve()
    if path.exists() and origin.exists() and path.samefile(origin):
        raise WorkbookError("measures_over_source", path=path)
    if target.is_relative_to(origin) or fnmatchcase(str(target), str(origin)):
        raise WorkbookError("measures_among_source", path=path)


def write_measures(path: Path, frame: pd.DataFrame, language: str) -> None:
    """Write the measures as a whole or not at all; a file that is there is replaced.

    A CSV file is UTF-8 with its mark, by which Excel knows it; its columns and decimals are
    separated as Excel expects it where the language is spoken. Numbers have their full
    precision, what is missing is blank, and whether a customer ``repeated`` is 1 or 0.

    Parameters
    ----------
    path
        Ends in ``.csv`` or ``.parquet``.
    frame
        One row per customer, the index its id, named ``customer_id``.
    language
        Whose separators are used, such as ``"en"``.

    Raises
    ------
    WorkbookError
        If it cannot be written; what was there is then as it was.
    """

    def write(file: IO[bytes]) -> None:
        if path.suffix.lower() == ".parquet":
            frame.reset_index().to_parquet(file, index=False)
            return
        of = spoken(language)
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        frame.astype({"repeated": int}).to_csv(
            text, sep=of.list_separator, decimal=of.decimal, lineterminator="\r\n"
        )
        text.detach()

    with hold(path) as held:
        held.replace(write)
