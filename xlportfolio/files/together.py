"""Write several files so that all of them are new, or none is."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import NamedTuple

from xlportfolio.errors import WorkbookError
from xlportfolio.files.lock import lock
from xlportfolio.files.save import Held, Write, hold
from xlportfolio.locale import Phrase


@contextmanager
def hold_all(paths: Sequence[Path]) -> Iterator[list[Held]]:
    """Keep some files for this run alone, from before anything is computed until all are written.

    Raises
    ------
    WorkbookError
        As for :func:`xlportfolio.files.save.hold`, for any of them.
    """
    with ExitStack() as until_done:
        yield [until_done.enter_context(hold(path)) for path in paths]


@contextmanager
def hold_within(folder: Path, names: Sequence[str]) -> Iterator[list[Held]]:
    """The same for files of one folder, which may be many or not be there yet.

    One lock, that of the folder, stands for all, since no system lets any number of files be open.

    Raises
    ------
    WorkbookError
        As for :func:`hold_all`, or if there is a file in the place of the folder.
    """
    if folder.exists() and not folder.is_dir():
        raise WorkbookError("not_a_folder", path=folder)
    real = Path(os.path.realpath(folder))
    # nothing can stand beside "/"
    with lock(folder, real) if real.name else nullcontext(enter_result=False) as locked:
        paths = [folder / name for name in names]
        yield [Held(path, Path(os.path.realpath(path)), locked=locked) for path in paths]


class Contents(NamedTuple):
    """What a file will hold, with arguments as for :meth:`xlportfolio.files.save.Held.replace`."""

    write: Write
    origin: Path | None = None


def replace_all(files: Iterable[tuple[Held, Contents]]) -> None:
    """Write all files beside the old ones, flush them to the disk, then move one after the other.

    Parameters
    ----------
    files
        The files, in the order in which they are moved, and what each will hold.

    Raises
    ------
    WorkbookError
        If one cannot be written, or is not as it was when it was taken hold of. Nothing is
        written then; where that is only found when others have been moved, it says which.
    """
    waiting: list[tuple[Held, Path]] = []
    moved: list[Held] = []
    try:
        for held, contents in files:
            waiting.append((held, held.prepare(*contents)))
        for held, _ in waiting:
            held.check()
        for held, new in waiting:
            held.move(new)
            moved.append(held)
    except WorkbookError as error:
        if not moved:
            raise
        done, cause = [held.path for held in moved], Phrase(f"problems.{error.key}", error.details)
        raise WorkbookError("written_in_part", files=done, cause=cause) from error
    finally:
        for _, new in waiting[len(moved) :]:
            new.unlink(missing_ok=True)
