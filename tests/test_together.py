"""Files that are written together: all of them are new, or none is, whatever stops it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any

import pytest
from support.books import CUSTOMERS_HEADER, write_book

from xlportfolio.errors import WorkbookError
from xlportfolio.files import share as module
from xlportfolio.files.save import hold
from xlportfolio.files.share import share, split
from xlportfolio.files.together import Contents, hold_within, replace_all
from xlportfolio.sharing import Sharing

NEW = Contents(lambda file: file.write(b"new"))
REGIONS = ("East", "North", "South")
CUSTOMERS = [
    (f"K-{k}", f"Firm {k}", "Customer", 100 * k, 0.1 * k, "high", k, region)
    for k, region in enumerate(REGIONS, start=1)
]


def book_in(folder: Path) -> Path:
    header = (*CUSTOMERS_HEADER, "Region")
    return write_book(folder / "book.xlsx", customers_header=header, customers=CUSTOMERS)


def contents(folder: Path) -> dict[str, bytes]:
    """Whatever is in a folder and below it, hidden files too."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def refusing(monkeypatch: pytest.MonkeyPatch, name: str, number: int) -> None:
    """Let a step of the module fail, when it is asked for this often."""
    step: Callable[..., Any] = getattr(module, name)
    asked = []

    def fails(*arguments: Any, **more: Any) -> Any:
        asked.append(arguments)
        if len(asked) == number:
            raise WorkbookError("disk_full", path=Path("somewhere"))
        return step(*arguments, **more)

    monkeypatch.setattr(module, name, fails)


def test_a_pdf_that_cannot_be_printed_leaves_neither_copy_nor_page_nor_key(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = book_in(tmp_path)
    (tmp_path / "copy.xlsx").write_bytes(b"old")
    before = contents(tmp_path)
    monkeypatch.setattr(module, "find_office", lambda: tmp_path)
    refusing(monkeypatch, "to_pdf", 1)
    with pytest.raises(WorkbookError, match="no space"):
        share(
            book,
            tmp_path / "copy.xlsx",
            Sharing(anonymise=True),
            pdf=tmp_path / "copy.pdf",
            html=tmp_path / "copy.html",
        )
    assert contents(tmp_path) == before


def test_a_file_that_somebody_has_open_is_refused_before_anything_is_computed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = book_in(tmp_path)
    (tmp_path / ".~lock.out.pdf#").write_text("me", encoding="utf-8")
    monkeypatch.setattr(module, "find_office", lambda: tmp_path)
    refusing(monkeypatch, "audience_of", 1)
    with pytest.raises(WorkbookError, match="is open in another program"):
        share(book, tmp_path / "copy.xlsx", pdf=tmp_path / "out.pdf")
    assert not (tmp_path / "copy.xlsx").exists()


@pytest.mark.parametrize(("step", "number"), [("audience_of", 3), ("_copy", 1), ("_copy", 3)])
def test_of_copies_that_belong_together_none_is_left_when_one_fails(
    step: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book, folder = book_in(tmp_path), tmp_path / "regions"
    folder.mkdir()
    (folder / "book-North.xlsx").write_bytes(b"old")
    before = contents(tmp_path)
    refusing(monkeypatch, step, number)
    with pytest.raises(WorkbookError, match="no space"):
        split(book, "Region", folder, Sharing(anonymise=True))
    assert contents(tmp_path) == before


def test_of_copies_that_belong_together_none_is_new_when_one_is_open(tmp_path: Path) -> None:
    book, folder = book_in(tmp_path), tmp_path / "regions"
    folder.mkdir()
    (folder / "~$book-South.xlsx").write_text("me", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(WorkbookError, match="is open in another program"):
        split(book, "Region", folder)
    assert contents(tmp_path) == before


def test_a_file_in_the_place_of_the_folder_is_named(tmp_path: Path) -> None:
    book, folder = book_in(tmp_path), tmp_path / "regions"
    folder.write_bytes(b"mine")
    with pytest.raises(WorkbookError) as caught:
        split(book, "Region", folder)
    assert caught.value.key == "not_a_folder"
    assert folder.read_bytes() == b"mine"


def test_all_copies_are_there_with_their_rights_and_nothing_else(tmp_path: Path) -> None:
    book, folder = book_in(tmp_path), tmp_path / "new" / "regions"
    done = split(book, "Region", folder)
    names = sorted(f"book-{region}.xlsx" for region in REGIONS)
    assert sorted(path.name for path in folder.iterdir()) == names
    assert sorted(str(one.written) for one in done) == [str(folder / name) for name in names]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["book.xlsx", "new"]
    if os.name == "posix":
        book.touch()
        assert {p.stat().st_mode for p in folder.iterdir()} == {book.stat().st_mode}


# --- the last step ----------------------------------------------------------------------------------


def test_a_disk_that_is_full_at_the_second_file_leaves_the_first_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")

    def full(_: IO[bytes]) -> None:
        raise OSError(errno.ENOSPC, "full")

    with hold_within(tmp_path, ["a", "b"]) as (first, second):
        with pytest.raises(WorkbookError, match="no space left"):
            replace_all([(first, NEW), (second, Contents(full))])
        assert contents(tmp_path) == {"a": b"old"}


def test_a_file_that_is_changed_while_others_are_prepared_stops_all_of_them(tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for path in (a, b):
        path.write_bytes(b"old")

    def write(file: IO[bytes]) -> None:
        file.write(b"new")
        a.write_bytes(b"somebody's")

    with hold(a) as first, hold(b) as second, pytest.raises(WorkbookError) as caught:
        replace_all([(first, NEW), (second, Contents(write))])
    assert caught.value.key == "changed"
    assert contents(tmp_path) == {"a": b"somebody's", "b": b"old"}


def test_what_is_new_is_named_where_something_comes_between_the_last_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    for path in (a, b):
        path.write_bytes(b"old")
    replace = Path.replace

    def and_open(path: Path, target: Path) -> Path:
        (tmp_path / "~$b").write_bytes(b"me")
        return replace(path, target)

    monkeypatch.setattr(Path, "replace", and_open)
    with hold(a) as first, hold(b) as second, pytest.raises(WorkbookError) as caught:
        replace_all([(first, NEW), (second, NEW)])
    assert contents(tmp_path) == {"a": b"new", "b": b"old", "~$b": b"me"}
    for language in ("en", "de"):
        said = caught.value.message(language)
        assert str(a) in said
        assert "~$b" in said
