"""Write a file so that, whatever happens, it is the old one or the complete new one.

While a run holds ``book.xlsx``, two hidden files stand beside it: a lock, so that no second run
writes it too, and the temporary file that is moved over it at the end. Both are named after it, so
that the next run removes what one that was killed has left, and nothing else.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

from xlportfolio.errors import WorkbookError
from xlportfolio.files.fingerprint import changed_meanwhile, fingerprint
from xlportfolio.files.lock import lock, stem, sweep

_NO_SPACE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_NO_PERMISSION = {errno.EACCES, errno.EPERM, errno.EROFS}
#: What Windows says of a file that another program holds: access denied, sharing and lock
#: violation, mapped into memory.
_HELD_OPEN = {5, 32, 33, 1224}
#: Seconds between attempts to replace a file that a virus scanner or the like holds for a moment.
_PAUSES = (0.1, 0.3, 1.0)
#: Writes the contents to the file that it is given.
Write = Callable[[IO[bytes]], object]


def backup_path(path: Path) -> Path:
    """Where a workbook is kept as it was before the first rescore."""
    return path.with_name(f"{path.name}.bak")


@contextmanager
def hold(path: Path) -> Iterator[Held]:
    """Keep a file for this run alone, from before it is read until it is replaced.

    Raises
    ------
    WorkbookError
        If another program has it open, another run holds it for longer than one waits, or it is
        no file that can be replaced.
    """
    with ExitStack() as until_done:
        with _in_words(path):
            # a link stays a link: what it points at is replaced
            real = Path(os.path.realpath(path))
            if not path.name or not real.name:  # nothing can stand beside "." or "/"
                raise WorkbookError("is_folder", path=path)
            locked = until_done.enter_context(lock(path, real))
            held = Held(path, real, locked=locked)
        yield held


class Held:
    """A file that this run alone writes; made by :func:`hold`.

    Attributes
    ----------
    path
        How its user calls it.
    before
        What the file was when it was taken hold of, ``None`` if there was none.
    """

    def __init__(self, path: Path, real: Path, *, locked: bool) -> None:
        self.path, self._real, self._locked = path, real, locked
        self._refuse_if_open()
        self.before = fingerprint(real, links=False)
        if self.before is not None and self.before.kind != stat.S_IFREG:
            folder = self.before.kind == stat.S_IFDIR
            raise WorkbookError("is_folder" if folder else "no_file", path=path)
        if locked:
            sweep(real, real.parent)

    def is_file(self, path: Path) -> bool:
        """Whether a path, by whatever name, leads to this very file as it was."""
        return self.before is not None and fingerprint(path) == self.before

    def replace(self, write: Write, backup: Path | None = None, origin: Path | None = None) -> bool:
        """Write a file beside the old one, flush it to the disk, then move it over.

        Parameters
        ----------
        write
            Writes the contents. It must let go of the old file, if it reads it: Windows replaces no
            open file.
        backup
            Where the old file is kept first; left alone if it is there already.
        origin
            The file that the contents come from. What it says of its own origin is taken over: the
            macros of a file from the internet stay blocked.

        Returns
        -------
        bool
            Whether the old file was kept now.

        Raises
        ------
        WorkbookError
            If it cannot be written, or is not as it was when it was taken hold of. It is then left
            alone, and nothing stays beside it.
        """
        kept = False
        with _in_words(self.path):
            self._refuse_changed()
            if backup is not None and self._locked:
                sweep(self._real, backup.parent)
            new = self._prepared(write, origin)
            try:
                kept = self.before is not None and backup is not None and self._keep(backup)
                self._move(new)
            except BaseException:
                # an interruption may come when all is done: then the backup is needed
                if new.exists() and kept and backup is not None:
                    backup.unlink(missing_ok=True)
                new.unlink(missing_ok=True)
                raise
            _flush_folder(self._real.parent)
        return kept

    def prepare(self, write: Write, origin: Path | None = None) -> Path:
        """Write a file beside the old one and flush it to the disk, to be moved over it later.

        Parameters
        ----------
        write, origin
            As for :meth:`replace`.

        Returns
        -------
        Where it is until then. It is the caller's to move by :meth:`move`, or to remove.

        Raises
        ------
        WorkbookError
            If it cannot be written, or the old one is not as it was; nothing stays beside it.
        """
        with _in_words(self.path):
            self._refuse_changed()
            return self._prepared(write, origin)

    def move(self, new: Path) -> None:
        """Move a file that :meth:`prepare` has written over the old one.

        Raises
        ------
        WorkbookError
            If that cannot be, or the old one is not as it was; it is then left alone.
        """
        with _in_words(self.path):
            self._move(new)
            _flush_folder(self._real.parent)

    def _prepared(self, write: Write, origin: Path | None) -> Path:
        new = _beside(self._real, self._real.parent, write)
        try:
            if origin is not None:
                _take_over_zone(origin, new)
            if self.before is None:
                new.chmod(0o666 & ~_umask())
            else:
                _take_over_rights(self._real, new)
                os.utime(new)
        except BaseException:
            new.unlink(missing_ok=True)
            raise
        return new

    def check(self) -> None:
        """Refuse to overwrite what another program has opened, protected or saved meanwhile.

        Raises
        ------
        WorkbookError
            If one has.
        """
        with _in_words(self.path):
            self._refuse_changed()

    def _refuse_changed(self) -> None:
        self._refuse_if_open()
        protected = not os.access(self._real, os.W_OK)
        now = fingerprint(self._real, links=False)
        if now != self.before:
            raise changed_meanwhile(self.path, now)
        if now is not None and protected:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))

    def _refuse_if_open(self) -> None:
        """Look for the file by which Excel or LibreOffice shows that it has a workbook open."""
        for path in (self.path, self._real):
            for name in (f"~${path.name}", f".~lock.{path.name}#"):
                if os.path.lexists(path.with_name(name)):
                    raise WorkbookError("locked", path=self.path, lock=name)

    def _keep(self, backup: Path) -> bool:
        """Copy the old file, so that the copy is complete as soon as it has its name."""
        with _in_words(backup):
            if os.path.lexists(backup):
                if not backup.is_file() or not backup.stat().st_size:
                    raise WorkbookError("backup_in_the_way", path=self.path, backup=backup)
                return False

            def copy(file: IO[bytes]) -> None:
                with self._real.open("rb") as old:
                    shutil.copyfileobj(old, file)
                self._refuse_changed()  # or this may be half of what another program saves

            copied = _beside(self._real, backup.parent, copy)
            try:
                _take_over_rights(self._real, copied)
                _name_once(copied, backup)
            except FileExistsError:  # somebody has kept it meanwhile
                copied.unlink()
                return False
            except BaseException:
                copied.unlink(missing_ok=True)
                raise
            _flush_folder(backup.parent)
            return True

    def _move(self, new: Path) -> None:
        """Give the new file its place, looking at the old one as late as can be."""
        for pause in (*_PAUSES, None):
            self._refuse_changed()
            try:
                if self.before is None:
                    _name_once(new, self._real)
                else:
                    new.replace(self._real)
            except FileExistsError as error:
                raise WorkbookError("changed", path=self.path) from error
            except OSError as error:
                if getattr(error, "winerror", None) not in _HELD_OPEN:
                    raise
                if pause is None:
                    raise WorkbookError("in_use", path=self.path) from error
                time.sleep(pause)
            else:
                return


def make_folder(folder: Path) -> None:
    """Make a folder, with those above it, unless it is there.

    Raises
    ------
    WorkbookError
        If it cannot be made.
    """
    with _in_words(folder):
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise WorkbookError("not_a_folder", path=folder) from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file as a whole or not at all.

    Raises
    ------
    WorkbookError
        If it cannot be written; it is then as it was.
    """
    with hold(path) as held:
        held.replace(lambda file: file.write(content))


# --- what stands beside the file ------------------------------------------------------------------


def _beside(real: Path, folder: Path, write: Write) -> Path:
    """A complete, flushed temporary file, with a name that nobody can guess and prepare."""
    handle, name = tempfile.mkstemp(prefix=f"{stem(real)}-", suffix=".tmp", dir=folder)
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


def _take_over_rights(real: Path, new: Path) -> None:
    """Give a file the rights and times of another, and its owner where the system lets us.

    Where not, the group at least; and if that cannot be either, what the group may is not given to
    another one, but only what everybody may.
    """
    old = real.stat()
    if hasattr(os, "chown"):
        for owner in (old.st_uid, -1):
            with suppress(OSError):
                os.chown(new, owner, old.st_gid)
                break
    shutil.copystat(real, new)  # with lists of rights and other attributes, where there are any
    if new.stat().st_gid != old.st_gid:
        mode = stat.S_IMODE(old.st_mode)
        new.chmod(mode & ~stat.S_IRWXG | (mode & stat.S_IRWXO) << 3 & mode)


def _take_over_zone(origin: Path, new: Path) -> None:
    """Windows keeps beside a file, in a stream of its own, where it came from."""
    if os.name == "nt":
        with suppress(OSError):
            shutil.copyfile(f"{origin}:Zone.Identifier", f"{new}:Zone.Identifier")


def _umask() -> int:
    """The rights that this user's new files do not get; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def _name_once(new: Path, path: Path) -> None:
    """Give a file its name, unless there is something of that name.

    Raises
    ------
    FileExistsError
        If there is.
    """
    try:
        path.hardlink_to(new)
    except FileExistsError:
        raise
    except OSError as error:  # a drive without hard links
        if os.path.lexists(path):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        new.rename(path)
    else:
        new.unlink()


def _flush_folder(folder: Path) -> None:
    """Make the new name of a file last through a power cut, where the system can do that."""
    with suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def no_temporary(error: Exception) -> WorkbookError:
    """The sentence for a library that could not write its temporary files."""
    folder = "TMPDIR"
    with suppress(OSError):  # raised where no folder takes a file at all
        folder = tempfile.gettempdir()
    if isinstance(error, OSError) and error.errno not in {*_NO_SPACE, None}:
        detail = error.strerror or str(error)
        return WorkbookError("temporary_failed", folder=folder, detail=detail)
    return WorkbookError("temporary_full", folder=folder)


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
            folder = Path(os.path.realpath(path)).parent
            if folder.is_file():
                raise WorkbookError("not_a_folder", path=folder) from error
            key = "gone" if folder.is_dir() else "no_folder"
            raise WorkbookError(key, path=path, folder=folder) from error
        detail = error.strerror or str(error)
        raise WorkbookError("write_failed", path=path, detail=detail) from error
