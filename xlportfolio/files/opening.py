"""Open a file that may be a workbook; what is none is told by its first bytes."""

from __future__ import annotations

import errno
import stat
from pathlib import Path
from typing import IO

from xlportfolio.errors import WorkbookError

_OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED_STREAM = "EncryptedPackage".encode("utf-16-le")


def open_package(path: Path) -> IO[bytes]:
    """Open a file that looks like a package.

    Raises
    ------
    WorkbookError
        If it cannot be read, or is none: an encrypted workbook, one of the old format, a folder.
    """
    try:
        kind = stat.S_IFMT(path.stat().st_mode)
        if kind != stat.S_IFREG:  # a pipe would let us wait for ever
            raise WorkbookError("is_folder" if kind == stat.S_IFDIR else "no_file", path=path)
        file = path.open("rb")
        start = file.read(len(_OLE_MAGIC))
    except OSError as error:
        raise _unreadable(path, error) from error
    if start.startswith(b"PK"):
        return file
    with file:
        if not start:
            raise WorkbookError("empty_file", path=path)
        if start == _OLE_MAGIC:
            encrypted = _ENCRYPTED_STREAM in file.read()
            raise WorkbookError("encrypted" if encrypted else "old_format", path=path)
    raise WorkbookError("not_a_workbook", path=path)


def _unreadable(path: Path, error: OSError) -> WorkbookError:
    if error.errno in {errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG}:
        return WorkbookError("not_found", path=path)
    if isinstance(error, PermissionError):
        return WorkbookError("no_permission", path=path)
    return WorkbookError("read_failed", path=path, detail=error.strerror or str(error))
