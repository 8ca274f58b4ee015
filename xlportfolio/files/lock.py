"""One run at a time for a file: its lock, and the names of what stands beside it meanwhile."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import FileLock, Timeout

from xlportfolio.errors import WorkbookError

#: Seconds for which a run waits for another one that holds the same file.
_PATIENCE = 10
#: Bytes of a name that leave room for what ours add; file systems know names of 255.
_LONGEST = 200


def stem(real: Path) -> str:
    """What the names of the files beside a file begin with."""
    name = real.name
    if len(os.fsencode(name)) > _LONGEST:
        digest = hashlib.sha256(name.casefold().encode("utf-8", "surrogatepass")).hexdigest()
        name = f"{name[:40]}-{digest[:16]}"
    return f".{name}.xlportfolio"


@contextmanager
def lock(path: Path, real: Path) -> Iterator[bool]:
    """Hold the lock of a file; gives whether it could be had.

    The system lets go of it when the process ends, however it ends. Where there can be none, in a
    folder that takes no new file or on a drive that knows no locks, one goes on without: what can
    be written there is written, and a file that was changed meanwhile is not overwritten.
    """
    file = real.with_name(f"{stem(real)}.lock")
    # anybody who may write into the folder may take over a lock that a killed process has left
    held = FileLock(file, timeout=_PATIENCE, mode=0o666, fallback_to_soft=False)
    was_there = os.path.lexists(file)
    try:
        if real.parent.is_dir():  # or the library would make the folder
            held.acquire()
    except Timeout as error:
        raise WorkbookError("busy", path=path) from error
    except OSError:
        if not was_there:  # the file could be made, but not locked
            with suppress(OSError):
                file.unlink()
    try:
        yield held.is_locked
    finally:
        if held.is_locked:
            if os.name == "posix":
                # Nobody can take it wrongly: a lock on a file without a name is no lock for the
                # library. On Windows, which removes no open file, the library does it afterwards.
                with suppress(OSError):
                    file.unlink()
            with suppress(OSError):  # the work is done, and the end of the process releases it too
                held.release()


def sweep(real: Path, folder: Path) -> None:
    """Remove the temporary files that killed runs for the same file have left."""
    left = re.compile(re.escape(stem(real)) + r"-[a-z0-9_]{8}\.tmp")
    with suppress(OSError):
        for path in folder.iterdir():
            if left.fullmatch(path.name) and stat.S_ISREG(path.lstat().st_mode):
                path.unlink()
