"""Make a copy of a closed workbook for colleagues who have neither Python nor macros."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from xlportfolio.errors import Problem
from xlportfolio.files.change import Progress
from xlportfolio.files.rescore import rescore
from xlportfolio.run import Run
from xlportfolio.sharing import Sharing


@dataclass(frozen=True, slots=True, eq=False)
class Shared:
    """What came of it: the run as it may be seen, the file, and what the sender is told."""

    run: Run
    written: Path | None
    problems: tuple[Problem, ...]


def share(
    book: Path,
    out: Path,
    sharing: Sharing = Sharing(),  # noqa: B008 (frozen)
    *,
    as_of: dt.date | None = None,
    language: str | None = None,
    write: bool = True,
    progress: Progress = lambda _: None,
) -> Shared:
    """Score a workbook and write a copy for others; the workbook itself stays as it is."""
    if sharing != Sharing():
        raise NotImplementedError
    done = rescore(book, out, as_of=as_of, language=language, write=write, progress=progress)
    return Shared(done.run, done.written, ())
