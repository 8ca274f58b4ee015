"""What the button Share calls, which works on a copy of the open workbook that VBA has saved."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import xlwings as xw

from xlportfolio.errors import WorkbookError
from xlportfolio.excel.macros import file_path
from xlportfolio.excel.voice import Voice, speaking
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.share import share as share_file
from xlportfolio.files.workbook import Workbook
from xlportfolio.schema import interpret
from xlportfolio.sharing import Sharing


def share(book: xw.Book, saved: str, out: str) -> None:
    """Make a copy that needs neither Python nor macros, and say where it is.

    Parameters
    ----------
    saved
        Where Excel has saved the workbook for this; the file is deleted, whatever happens.
    out
        Where the copy goes.
    """
    with speaking(book) as voice:
        with _deleted(Path(file_path(saved))) as source, _called(book.name, source):
            paragraphs = _shared(book, voice, source, file_path(out))
        if paragraphs:
            voice.tell(*paragraphs)
        else:
            voice.rest()


def _shared(book: xw.Book, voice: Voice, source: Path, out: str) -> list[str]:
    """What is said at the end; nothing where a question was not answered."""
    voice.progress("read")
    voice.speak(_language(source))
    if "://" in out:
        return [voice.words("live.stopped"), voice.words("live.share_web", path=out)]
    target = _as_workbook(Path(out))
    if _is_itself(book, target):
        raise WorkbookError("share_onto_itself", path=target)
    if target.exists() and not voice.agrees(voice.words("live.share_replace", path=target)):
        return []
    live = voice.chooses(voice.words("live.share_live"))
    if live is None:
        return []
    shared = share_file(source, target, Sharing(live=live), progress=voice.progress)
    told = [voice.words("live.shared", path=target, as_of=shared.run.as_of)]
    if shared.problems:
        lines = voice.sentences(shared.problems, more="live.more_lines")
        told.append("\n".join([voice.words("live.share_told"), *lines]))
    return [*told, voice.words("live.share_all")]


def _language(source: Path) -> str:
    """The language of a workbook."""
    with closing(Package(source)) as package:
        return interpret(read_tables(Workbook(package))).presentation.language


def _as_workbook(path: Path) -> Path:
    """The path as that of a workbook without macros, whatever was typed.

    >>> _as_workbook(Path("To Anna 2.0")).name, _as_workbook(Path("a.XLSX")).name
    ('To Anna 2.0.xlsx', 'a.XLSX')
    >>> _as_workbook(Path("a.xlsm")).name
    'a.xlsx'
    """
    if path.suffix.lower() in {".xlsm", ".xlsb", ".xls"}:
        return path.with_suffix(".xlsx")
    return path if path.suffix.lower() == ".xlsx" else path.with_name(f"{path.name}.xlsx")


def _is_itself(book: xw.Book, path: Path) -> bool:
    """Whether a file is the workbook; of one kept on the web, any file of its name may be."""
    own = book.fullname
    if "://" in own:
        return path.name.casefold() == book.name.casefold()
    return path.exists() and Path(own).exists() and path.samefile(own)


@contextmanager
def _deleted(path: Path) -> Iterator[Path]:
    """Delete a file afterwards; if that is refused, the macro in the workbook tries again."""
    try:
        yield path
    finally:
        with suppress(OSError):
            path.unlink(missing_ok=True)


@contextmanager
def _called(name: str, path: Path) -> Iterator[None]:
    """Call a file by another name in what stops the work on it."""
    try:
        yield
    except WorkbookError as error:
        if error.details.get("path") == path:
            error.details = {**error.details, "path": name}
        raise
