"""The writing side of a zip, held against Python's own reader of zips."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from isal import isal_zlib

from xlportfolio.errors import WorkbookError
from xlportfolio.files import archive
from xlportfolio.files.archive import Archive
from xlportfolio.files.package import Package
from xlportfolio.files.rescore import rescore

PACKERS = pytest.mark.parametrize("packer", [zlib, isal_zlib])
PIECES = st.lists(st.binary(max_size=200) | st.just(b"<c/>" * 500), max_size=4)
NAMES = st.text(st.characters(codec="utf-8", categories=["L", "N"]), min_size=1, max_size=9)


@PACKERS
@given(parts=st.dictionaries(NAMES, PIECES, max_size=5))
def test_what_is_written_in_pieces_is_read_as_a_whole(
    packer: object, parts: dict[str, list[bytes]]
) -> None:
    target = io.BytesIO()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(archive, "packer", packer)
        with Archive(target) as writing:
            for name, pieces in parts.items():
                writing.add(name, pieces)
    with zipfile.ZipFile(target) as read:
        assert read.testzip() is None
        assert read.namelist() == list(parts)
        assert [read.read(name) for name in parts] == [b"".join(p) for p in parts.values()]
        assert not any(entry.flag_bits & 0x08 for entry in read.infolist())


def test_nothing_that_fails_looks_like_a_zip() -> None:
    def pieces() -> object:
        yield b"half"
        raise OSError

    target = io.BytesIO()
    with pytest.raises(OSError), Archive(target) as writing:  # noqa: PT011 (it is raised above)
        writing.add("part", pieces())  # type: ignore[arg-type]
    del writing
    gc.collect()
    assert not zipfile.is_zipfile(target)


def test_a_part_that_outgrows_its_header_is_refused_and_the_file_as_it_was(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "_LARGEST", 10_000)
    before = book.read_bytes()
    with pytest.raises(WorkbookError, match=r"with the result, its part xl/.* would be larger"):
        rescore(book)
    assert book.read_bytes() == before
    assert [path.name for path in book.parent.iterdir()] == [book.name]


def test_how_large_a_part_may_be_is_what_its_header_can_say() -> None:
    entry = zipfile.ZipInfo("part")
    entry.CRC = 0
    usual = len(entry.FileHeader())
    entry.file_size = archive._LARGEST  # noqa: SLF001 (the number itself is looked at)
    assert len(entry.FileHeader()) == usual
    entry.file_size += 1
    assert len(entry.FileHeader()) > usual


@PACKERS
def test_a_rescore_packs_the_same_sheets_with_and_without_the_extra(
    packer: object, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, other = tmp_path / "usual.xlsx", tmp_path / "other.xlsx"
    rescore(book, usual)
    monkeypatch.setattr(archive, "packer", packer)
    rescore(book, other)
    one, two = Package(usual), Package(other)
    assert {part: one.read(part) for part in one.parts()} == {
        part: two.read(part) for part in two.parts()
    }
    one.close()
    two.close()


def test_without_the_extra_pythons_own_packer_serves() -> None:
    program = (
        "import sys; sys.modules['isal'] = None\n"
        "from xlportfolio.files import archive; print(archive.packer.__name__)"
    )
    found = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert found == "zlib\n"


def test_nothing_more_is_written_when_something_has_failed() -> None:
    """Nor tried: on a full disk that would show a traceback beside the sentence."""
    file = io.BytesIO()
    writing = Archive(file)
    with writing:
        writing.add("a.xml", [b"<a/>"])
        written = file.getvalue()
        writing.__exit__(OSError, OSError(), None)
    del writing
    gc.collect()
    assert file.getvalue() == written
