"""Change a closed workbook as a whole: read it, work on its package, replace the file."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing, nullcontext
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO, Generic, TypeVar

from lxml import etree

from xlportfolio.errors import WorkbookError
from xlportfolio.files.fingerprint import steady
from xlportfolio.files.package import Package
from xlportfolio.files.save import backup_path, hold, no_temporary
from xlportfolio.files.workbook import Workbook

#: Told the key of each step as it begins; see ``steps`` in ``locale``.
Progress = Callable[[str], None]

Content = TypeVar("Content")


@dataclass(frozen=True, slots=True, eq=False)
class Changed(Generic[Content]):
    """What came of the work on a workbook.

    Attributes
    ----------
    content
        What the work gave.
    written
        The file written, ``None`` if none was.
    backup
        Where the workbook is kept as it was before, if it was kept now.
    """

    content: Content
    written: Path | None
    backup: Path | None


def change(
    book: Path,
    out: Path | str | None,
    work: Callable[[Workbook], Content],
    *,
    suffix: str | None = None,
    is_needed: Callable[[Content], bool] = lambda _: True,
    backup: bool = True,
    write: bool = True,
    progress: Progress = lambda _: None,
) -> Changed[Content]:
    """Work on the package of a workbook, and write it as a whole.

    Parameters
    ----------
    book
        An .xlsx or .xlsm file.
    out
        Where the result goes; ``None``: into the same file.
    work
        Changes the package; what it raises leaves the file as it is.
    suffix
        How the name of the target ends; ``None``: as that of the workbook.
    is_needed
        Whether what came of the work has to be written into the same file.
    backup, write, progress
        As for :func:`xlportfolio.rescore`.

    Raises
    ------
    WorkbookError
        If the file cannot be used or written; it is then as it was.
    """
    target = Path(book if out is None else out)
    progress("read")
    wanted = suffix or book.suffix
    if target.suffix.lower() != wanted.lower():
        raise WorkbookError("wrong_suffix", path=target, suffix=wanted)
    with (
        hold(target) if write else nullcontext() as held,
        steady(book) as unchanged,
        closing(Package(book)) as package,
    ):
        content = work(Workbook(package))
        unchanged()
        if held is None or (target == book and not is_needed(content)):
            return Changed(content, None, None)
        progress("write")

        def written(file: IO[bytes]) -> None:
            package.write(file)
            package.close()
            unchanged()

        keep = backup_path(book) if backup and held.is_file(book) else None
        kept = keep if held.replace(written, keep, book) else None
    return Changed(content, target, kept)


def scratch(workbook: Workbook, author: Callable[[], bytes]) -> Workbook:
    """A scratch workbook with sheets of ours, to be grafted into the package of another."""
    try:
        drawn = BytesIO(author())
    except (OSError, etree.SerialisationError) as error:  # openpyxl writes through files
        raise no_temporary(error) from error
    return Workbook(Package(workbook.package.path, drawn))
