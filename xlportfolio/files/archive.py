"""The writing side of a zip: a part is compressed as it comes, or copied as it is packed."""

from __future__ import annotations

import copy
import time
import zipfile
from collections.abc import Iterable
from types import TracebackType
from typing import IO, Self

try:
    from isal import isal_zlib as packer  # three to four times faster, with the extra "fast"
except ImportError:
    import zlib as packer  # type: ignore[no-redef]

#: How hard parts are compressed: sheets shrink to a tenth at the lowest level already.
_LEVEL = 1
#: Bytes of a new part: one more, and its header grows over the bytes behind it.
_LARGEST = zipfile.ZIP64_LIMIT
#: A flag of an entry: its sizes stand behind its bytes instead of before them.
_SIZES_FOLLOW = 0x08


class TooLargeError(Exception):
    """A new part that is too large; ``str()`` is its name."""


class Archive:
    """A zip that is written part by part into a file that is open for writing and reading."""

    def __init__(self, target: IO[bytes]) -> None:
        self._file = target
        self._zip = zipfile.ZipFile(target, "w")

    def __enter__(self) -> Self:
        """Nothing is written before the first part is."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None
    ) -> None:
        """Write the directory, unless something has failed: what is there is no zip then."""
        if kind is not None:
            self._zip.fp = None  # or it would be completed when nobody needs it any more
        self._zip.close()

    def add(self, part: str, pieces: Iterable[bytes]) -> None:
        """Write a new part from its pieces.

        Raises
        ------
        TooLargeError
            If it is larger than what its header can say, and than what is read again.
        """
        entry = zipfile.ZipInfo(part, date_time=time.localtime()[:6])
        entry.compress_type = zipfile.ZIP_DEFLATED
        entry.CRC = 0
        self._begin(entry)
        packing = packer.compressobj(_LEVEL, packer.DEFLATED, -packer.MAX_WBITS)
        for piece in pieces:
            entry.CRC = packer.crc32(piece, entry.CRC)
            entry.file_size += len(piece)
            if entry.file_size > _LARGEST:
                raise TooLargeError(part)
            entry.compress_size += self._file.write(packing.compress(piece))
        entry.compress_size += self._file.write(packing.flush())
        self._end(entry)
        self._file.seek(entry.header_offset)  # now that its sizes are known
        self._file.write(entry.FileHeader())

    def copy(self, original: zipfile.ZipInfo, packed: Iterable[bytes]) -> None:
        """Write a part of another zip, its bytes packed as they are there."""
        entry = copy.copy(original)
        entry.__class__ = _Stored
        entry.flag_bits &= ~_SIZES_FOLLOW
        entry.extra = b""
        self._begin(entry)
        for piece in packed:
            self._file.write(piece)
        self._end(entry)

    def _begin(self, entry: zipfile.ZipInfo) -> None:
        """Write an entry's header behind all that is there, in which zipfile keeps the place."""
        self._file.seek(self._zip.start_dir)
        entry.header_offset = self._file.tell()
        self._file.write(entry.FileHeader())

    def _end(self, entry: zipfile.ZipInfo) -> None:
        """Take up an entry into the directory."""
        self._zip.filelist.append(entry)
        self._zip.NameToInfo[entry.filename] = entry
        self._zip.start_dir = self._file.tell()


class _Stored(zipfile.ZipInfo):
    """An entry that is copied: its name keeps its bytes, whatever they are encoded in."""

    __slots__ = ()

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802 (the library's name for it)
        encoding = "utf-8" if self.flag_bits & 0x800 else "cp437"
        return self.orig_filename.encode(encoding), self.flag_bits
