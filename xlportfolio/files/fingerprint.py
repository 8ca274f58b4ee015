"""Whether a file is still what it was when it was looked at."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from xlportfolio.errors import WorkbookError


class Fingerprint(NamedTuple):
    """What changes when another program saves a file."""

    device: int
    number: int
    kind: int
    size: int
    saved: int

    @classmethod
    def of(cls, status: os.stat_result) -> Fingerprint:
        """That of a file whose status is known."""
        kind = stat.S_IFMT(status.st_mode)
        return cls(status.st_dev, status.st_ino, kind, status.st_size, status.st_mtime_ns)


def fingerprint(path: Path, *, links: bool = True) -> Fingerprint | None:
    """The fingerprint of a file, ``None`` if there is none or it cannot be looked at."""
    try:
        return Fingerprint.of(path.stat(follow_symlinks=links))
    except OSError:
        return None


def changed_meanwhile(path: Path, now: Fingerprint | None) -> WorkbookError:
    """The sentence for a file that is no longer what it was."""
    return WorkbookError("gone" if now is None else "changed", path=path)


@contextmanager
def steady(path: Path) -> Iterator[Callable[[], None]]:
    """Read a file that must not change meanwhile; gives a check of that.

    Where another program saves it in the middle, whatever went wrong with it is due to that: the
    file is not damaged, only caught half written.

    Raises
    ------
    WorkbookError
        If it was changed.
    """
    before = fingerprint(path)

    def check() -> None:
        now = fingerprint(path)
        if now != before:
            raise changed_meanwhile(path, now)

    try:
        yield check
    except Exception:
        check()
        raise
