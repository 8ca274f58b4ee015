"""Write a file so that, whatever happens, it is the old one or the complete new one."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from xlportfolio.errors import WorkbookError

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}


def lock_file(path: Path) -> Path | None:
    """The file by which Excel or LibreOffice shows that it has a workbook open, if it is there."""
    candidates = (path.with_name(f"~${path.name}"), path.with_name(f".~lock.{path.name}#"))
    return next((candidate for candidate in candidates if candidate.exists()), None)


def refuse_if_open(path: Path) -> None:
    """Refuse to write a workbook that somebody has open.

    Raises
    ------
    WorkbookError
        Naming the lock file.
    """
    lock = lock_file(path)
    if lock is not None:
        raise WorkbookError("locked", path=path, lock=lock.name)


def backup_path(path: Path) -> Path:
    """Where a workbook is kept as it was before the first rescore."""
    return path.with_name(f"{path.name}.bak")


def replace_file(
    path: Path, write: Callable[[IO[bytes]], object], backup: Path | None = None
) -> None:
    """Write a file beside the old one, flush it to the disk, then move it over.

    Parameters
    ----------
    write
        Writes the contents to the file that it is given.
    backup
        Where the old file is kept first; left alone if it is there already.

    Raises
    ------
    WorkbookError
        If it cannot be written; the old file is then as it was, and nothing is left beside it.
    """
    path = path.resolve()  # a link stays a link: what it points at is replaced
    with _in_words(path):
        if path.exists() and not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        new = _beside(path, write)
        try:
            if path.exists():
                _take_over_rights(path, new)
                if backup is not None and not backup.exists():
                    _keep(path, backup)
            else:
                new.chmod(0o666 & ~_umask())
            new.replace(path)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        _flush_folder(path.parent)


def _beside(path: Path, write: Callable[[IO[bytes]], object]) -> Path:
    """A complete, flushed temporary file in the same folder."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".tmp", dir=path.parent)
    new = Path(name)
    try:
        with os.fdopen(handle, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
    except BaseException:
        new.unlink(missing_ok=True)
        raise
    return new


def _take_over_rights(path: Path, new: Path) -> None:
    """Give a file the rights of the one it replaces, and its owner where the system lets us."""
    shutil.copymode(path, new)
    if hasattr(os, "chown"):
        old = path.stat()
        with suppress(OSError):
            os.chown(new, old.st_uid, old.st_gid)


def _umask() -> int:
    """The rights that this user's new files do not get; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _keep(path: Path, backup: Path) -> None:
    """Copy the old file, so that the copy is complete as soon as it has its name."""

    def copy(file: IO[bytes]) -> None:
        with path.open("rb") as old:
            shutil.copyfileobj(old, file)

    copied = _beside(backup, copy)
    try:
        shutil.copystat(path, copied)
        copied.replace(backup)
    except BaseException:
        copied.unlink(missing_ok=True)
        raise


def _flush_folder(folder: Path) -> None:
    """Make the new name of a file last through a power cut, where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


@contextmanager
def _in_words(path: Path) -> Iterator[None]:
    """Turn what the system says into a sentence for the user."""
    try:
        yield
    except OSError as error:
        if error.errno in _NO_SPACE:
            raise WorkbookError("disk_full", path=path) from error
        if error.errno in _NO_PERMISSION:
            raise WorkbookError("no_permission", path=path) from error
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            raise WorkbookError("no_folder", path=path, folder=path.parent) from error
        detail = error.strerror or str(error)
        raise WorkbookError("write_failed", path=path, detail=detail) from error
