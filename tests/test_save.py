"""Writing files: whatever happens, the old one or the complete new one, and nothing beside it."""

from __future__ import annotations

import errno
import json
import os
import re
import shutil
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.books import write_book
from support.packages import faults_of, parts_of
from typer.testing import CliRunner

from xlportfolio import WorkbookError, rescore
from xlportfolio.cli import app
from xlportfolio.files import lock as locking
from xlportfolio.files import package, save
from xlportfolio.files import rescore as module

IS_ROOT = os.name == "posix" and os.geteuid() == 0
LOCK = ".customers.xlsx.xlportfolio.lock"
LEFT = ".customers.xlsx.xlportfolio-abc_1234.tmp"
linux = pytest.mark.skipif(sys.platform != "linux", reason="done with means of Linux")
posix = pytest.mark.skipif(os.name != "posix", reason="done with means of POSIX systems")


def names(path: Path) -> list[str]:
    return load_workbook(path, read_only=True).sheetnames


def add_a_row(path: Path) -> None:
    """Let openpyxl stand in for another program that saves the workbook."""
    opened = load_workbook(path)
    opened["My notes"].append(["saved meanwhile"])
    opened.save(path)


def beside(path: Path) -> list[str]:
    return sorted(other.name for other in path.parent.iterdir() if other != path)


def once(task: Callable[[], object]) -> Callable[[], None]:
    """A task that is done the first time it is asked for, and then no more."""
    tasks = [task]

    def do() -> None:
        if tasks:
            tasks.pop()()

    return do


def before_calling(
    monkeypatch: pytest.MonkeyPatch, owner: object, name: str, task: Callable[[], None]
) -> None:
    """Let something happen each time before a function is called."""
    function = getattr(owner, name)

    def do(*arguments: object, **named: object) -> object:
        task()
        return function(*arguments, **named)

    monkeypatch.setattr(owner, name, do)


def fails(error: OSError) -> Callable[..., None]:
    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def windows_error(number: int) -> OSError:
    """What Windows raises; this system's Python does not keep its numbers, so they are set."""
    error = PermissionError(errno.EACCES, "Access is denied")
    error.winerror = number  # type: ignore[attr-defined]
    return error


def run(
    script: str, *arguments: object, language: str = "C", **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", script, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={
            **os.environ,
            "LC_ALL": f"{language}.UTF-8",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": str(Path(__file__).parent),
            **environment,
        },
    )


# --- killed ---------------------------------------------------------------------------------------


@posix
def test_a_killed_run_leaves_the_old_file_or_the_new_one(tmp_path: Path) -> None:
    """What the points are at which it is killed is said in ``support/killed.py``."""
    script = Path(__file__).parent / "support" / "killed.py"
    done = run(script.read_text("utf-8"), tmp_path / "killed", 150, 10)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["faults"] == []
    calls, seen = found["calls"], found["seen"]
    assert found["kills"] == sum(calls.values()) + 160
    assert calls["write"] > 20
    # lock and unlock; lock file, temporary file, backup, folder; the two files and their folder
    assert {"flock": 2, "link": 1, "replace": 1}.items() <= calls.items()
    assert calls["fsync"] >= 4
    assert min(seen["old"], seen["new"], seen["stray"]) >= 10


# --- two at once ----------------------------------------------------------------------------------

_COUNTING = """
import os, sys
from pathlib import Path
from xlportfolio.files import lock, save
lock._PATIENCE = 100
path = Path(sys.argv[1])
children = []
for _ in range(6):
    child = os.fork()
    if not child:
        try:
            for _ in range(25):
                with save.hold(path) as held:
                    number = int(path.read_bytes())
                    held.replace(lambda file: file.write(b"%d" % (number + 1)))
        except BaseException as error:
            print(repr(error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    children.append(child)
sys.exit(max(os.waitpid(child, 0)[1] for child in children))
"""
_AT_ONCE = """
import contextlib, io, json, os, sys
from pathlib import Path
from support.books import write_book
from xlportfolio import rescore
from xlportfolio.cli import app
from xlportfolio.files import lock
lock._PATIENCE = 100
book = Path(sys.argv[1]) / "customers.xlsx"
rescore(write_book(book))  # loads what the children need
rounds = []
for _ in range(int(sys.argv[2])):
    for path in book.parent.iterdir():
        path.unlink()
    write_book(book)
    before = book.read_bytes()
    children = []
    for _ in range(2):
        child = os.fork()
        if not child:
            try:
                with contextlib.redirect_stdout(io.StringIO()):
                    app(["rescore", str(book)])
            except SystemExit as end:
                os._exit(end.code or 0)
            os._exit(9)
        children.append(child)
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    kept = Path(f"{book}.bak").read_bytes() == before
    rounds.append((codes, kept, sorted(os.listdir(book.parent))))
print(json.dumps(rounds))
"""


@posix
def test_many_at_once_write_one_after_the_other(tmp_path: Path) -> None:
    """Each adds 1 to the number in the file: one that did not hold it would lose a step."""
    path = tmp_path / "number.txt"
    path.write_bytes(b"0")
    done = run(_COUNTING, path)
    assert (done.returncode, done.stderr) == (0, "")
    assert path.read_bytes() == b"150"
    assert beside(path) == []


@posix
def test_two_rescores_at_once_give_one_file_and_one_backup(tmp_path: Path) -> None:
    done = run(_AT_ONCE, tmp_path, 6)
    assert done.stderr == ""
    expected = [[0, 0], True, ["customers.xlsx", "customers.xlsx.bak"]]
    assert json.loads(done.stdout) == [expected] * 6
    assert faults_of(parts_of(tmp_path / "customers.xlsx")) == []


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("en", "is being written by another run of xlportfolio; wait until that is done and try again."),
        ("de", "wird gerade von einem anderen Lauf von xlportfolio geschrieben; warten Sie, bis er fertig ist, und versuchen Sie es noch einmal."),
    ],
)  # fmt: skip
def test_a_second_run_waits_and_says_so(
    language: str, sentence: str, book: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = book.read_bytes()
    monkeypatch.setattr(locking, "_PATIENCE", 0.3)
    link = tmp_path / "link.xlsx"
    link.symlink_to(book)
    with save.hold(link):
        assert LOCK in beside(book)
        # or another user could not take it over when this run is killed
        assert stat.S_IMODE(book.with_name(LOCK).stat().st_mode) == 0o666
        begun = time.perf_counter()
        done = CliRunner().invoke(app, ["rescore", str(book), "--lang", language])
        assert time.perf_counter() - begun >= 0.3
        assert done.exit_code == 1
        assert done.stderr.strip().endswith(f"{book} {sentence}")
        rescore(book, write=False)
        rescore(book, tmp_path / "out.xlsx")
    assert book.read_bytes() == before
    assert beside(book) == ["link.xlsx", "out.xlsx"]
    rescore(book)


def test_a_run_looks_at_the_file_after_it_has_waited(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else it would write what comes of an old state over what another run has written."""
    before_calling(monkeypatch, locking.FileLock, "acquire", once(lambda: add_a_row(book)))
    rescore(book)
    assert load_workbook(book)["My notes"]["A3"].value == "saved meanwhile"


# --- what a killed run has left -------------------------------------------------------------------


def test_the_next_run_removes_what_is_ours_and_nothing_else(book: Path, tmp_path: Path) -> None:
    foreign = [
        ".customers.xlsx.abc_1234.tmp",
        ".customers.xlsx.xlportfolio-abc_123.tmp",
        ".customers.xlsx.xlportfolio-ABC_1234.tmp",
        ".customersAxlsx.xlportfolio-abc_1234.tmp",
        ".other.xlsx.xlportfolio-abc_1234.tmp",
        f"{LEFT}.tmp",
    ]
    for name in (LOCK, LEFT, *foreign):
        (tmp_path / name).write_bytes(b"left")
    folder = ".customers.xlsx.xlportfolio-a_folder.tmp"
    (tmp_path / folder).mkdir()
    link = ".customers.xlsx.xlportfolio-abcdlink.tmp"
    (tmp_path / link).symlink_to(tmp_path / foreign[0])
    rescore(book, backup=False)
    assert beside(book) == sorted([*foreign, folder, link])


def test_what_is_left_beside_a_backup_elsewhere_is_removed(book: Path, tmp_path: Path) -> None:
    folder = tmp_path / "links"
    folder.mkdir()
    link = folder / "link.xlsx"
    link.symlink_to(book)
    (folder / LEFT).write_bytes(b"left")
    before = book.read_bytes()
    rescore(link)
    assert beside(link) == ["link.xlsx.bak"]
    assert (folder / "link.xlsx.bak").read_bytes() == before


# --- no locks -------------------------------------------------------------------------------------


@posix
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_drive_without_locks_is_written_all_the_same(
    number: int, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl  # noqa: PLC0415 (not on Windows)

    monkeypatch.setattr(fcntl, "flock", fails(OSError(number, os.strerror(number))))
    # without a lock nobody knows whether this is left over or being written
    (book.parent / LEFT).write_bytes(b"left")
    rescore(book)
    assert "Ranking" in names(book)
    assert beside(book) == [LEFT, "customers.xlsx.bak"]


@pytest.mark.parametrize("kind", ["folder", "link"])
def test_what_stands_in_the_place_of_the_lock_is_left_alone(
    kind: str, book: Path, tmp_path: Path
) -> None:
    lock, victim = tmp_path / LOCK, tmp_path / "victim.txt"
    lock.mkdir() if kind == "folder" else lock.symlink_to(victim)
    rescore(book, backup=False)
    assert beside(book) == [LOCK]
    assert "Ranking" in names(book)


def test_no_folder_is_made_for_the_lock(book: Path, tmp_path: Path) -> None:
    with pytest.raises(WorkbookError, match=r"the folder .*nowhere does not exist; create it"):
        rescore(book, tmp_path / "nowhere" / "out.xlsx")
    assert beside(book) == []


# --- in the middle --------------------------------------------------------------------------------


def save_by_another_program(book: Path) -> None:
    add_a_row(book)


def move_away(book: Path) -> None:
    book.rename(book.with_name("moved.xlsx"))


def put_a_folder_there(book: Path) -> None:
    book.unlink()
    book.mkdir()


def put_a_link_there(book: Path) -> None:
    """A link to the very same file, under another name."""
    book.rename(book.with_name("moved.xlsx"))
    book.symlink_to("moved.xlsx")


def put_an_old_state_back(book: Path) -> None:
    """As a synchronisation does: another file of the same size and time."""
    status, other = book.stat(), book.with_name("other")
    shutil.copyfile(book, other)
    os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
    other.replace(book)


def open_in_excel(book: Path) -> None:
    book.with_name("~$customers.xlsx").touch()


CHANGED = "was changed by another program in the meantime; nothing was written: try again."
GONE = "was deleted, moved or renamed by another program in the meantime; nothing was written: check where it is and try again."
MIDDLE = [
    (save_by_another_program, CHANGED),
    (Path.unlink, GONE),
    (move_away, GONE),
    (put_a_folder_there, CHANGED),
    (put_a_link_there, CHANGED),
    (put_an_old_state_back, CHANGED),
    (open_in_excel, "is open in another program (~$customers.xlsx lies beside it); close it there, or delete that file if nobody has it open, and try again."),
]  # fmt: skip


def state(folder: Path) -> dict[str, object]:
    return {
        path.name: (path.is_symlink(), path.read_bytes() if path.is_file() else "a folder")
        for path in folder.iterdir()
        if path.name != LOCK
    }


@pytest.mark.parametrize(
    ("owner", "name"),
    [(module, "draw"), (os, "fsync"), (save, "_take_over_rights"), (save, "_name_once")],
    ids=["computing", "writing", "backup", "last moment"],
)
@pytest.mark.parametrize(("change", "sentence"), MIDDLE)
def test_a_file_that_changes_in_the_middle_is_not_overwritten(
    change: Callable[[Path], object],
    sentence: str,
    owner: object,
    name: str,
    book: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[dict[str, object]] = []

    def happen() -> None:
        ours = {path.name for path in book.parent.iterdir() if path.name.endswith(".tmp")}
        change(book)
        seen.append({k: v for k, v in state(book.parent).items() if k not in ours})

    before_calling(monkeypatch, owner, name, once(happen))
    with pytest.raises(WorkbookError) as stopped:
        rescore(book)
    assert str(stopped.value) == f"{book} {sentence}"
    assert [state(book.parent)] == seen
    assert LOCK not in beside(book)


def test_rights_that_are_lost_in_the_middle(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = book.read_bytes()
    lost = once(lambda: monkeypatch.setattr(os, "access", lambda *_: False))
    before_calling(monkeypatch, save, "_name_once", lost)  # root may write whatever is protected
    with pytest.raises(WorkbookError, match="permission denied; check whether the file"):
        rescore(book)
    assert book.read_bytes() == before
    assert beside(book) == []


@pytest.mark.parametrize("there", [False, True], ids=["appears", "changes"])
def test_another_file_is_not_overwritten_either_when_it_was_written_meanwhile(
    there: bool, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = book.with_name("out.xlsx")
    if there:
        out.write_bytes(b"earlier")
    target = (save, "_take_over_rights") if there else (save, "_name_once")
    before_calling(monkeypatch, *target, once(lambda: out.write_bytes(b"another program's")))
    with pytest.raises(WorkbookError, match=re.escape(f"{out} {CHANGED}")):
        rescore(book, out)
    assert out.read_bytes() == b"another program's"
    assert beside(book) == ["out.xlsx"]


@pytest.mark.parametrize("change", [add_a_row, put_an_old_state_back])
def test_what_was_read_is_not_written_elsewhere_when_it_has_changed(
    change: Callable[[Path], None], book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before_calling(monkeypatch, package.Package, "write", once(lambda: change(book)))
    with pytest.raises(WorkbookError, match=re.escape(f"{book} {CHANGED}")):
        rescore(book, book.with_name("out.xlsx"))
    assert beside(book) == []


@pytest.mark.parametrize("write", [True, False])
@pytest.mark.parametrize("name", ["find_ours", "read_tables", "graft"])
def test_a_file_caught_half_written_is_not_called_damaged(
    name: str, write: bool, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    half = once(lambda: book.write_bytes(book.read_bytes()[:2000]))
    before_calling(monkeypatch, module, name, half)
    with pytest.raises(WorkbookError, match=re.escape(f"{book} {CHANGED}")):
        rescore(book, write=write)
    assert beside(book) == []


# --- Windows --------------------------------------------------------------------------------------


@linux
def test_the_workbook_is_closed_when_it_is_replaced(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Windows replaces no open file, not even one that we have open ourselves."""
    still_open: list[list[str]] = []

    def look() -> None:
        paths = [os.path.realpath(handle) for handle in Path("/proc/self/fd").iterdir()]
        still_open.append([path for path in paths if path.startswith(str(book.parent))])

    before_calling(monkeypatch, os, "replace", look)
    rescore(book)
    assert still_open == [[str(book.with_name(LOCK))]]


def test_macros_of_a_file_from_the_internet_stay_blocked(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is a stream of the file on Windows is a file of its own here; not tried on Windows."""
    asked: list[tuple[Path, str]] = []
    take_over = save._take_over_zone  # noqa: SLF001

    def ask(origin: Path, new: Path) -> None:
        asked.append((origin, new.suffix))

    monkeypatch.setattr(save, "_take_over_zone", ask)
    rescore(book)
    rescore(book, book.with_name("out.xlsx"))
    assert asked == [(book, ".tmp")] * 2
    zone = Path(f"{book}:Zone.Identifier")
    zone.write_text("[ZoneTransfer]\nZoneId=3\n", "utf-8")
    new = f"{book}.new"
    monkeypatch.setattr(os, "name", "nt")
    take_over(book, new)  # type: ignore[arg-type]
    take_over("no such file", new)  # type: ignore[arg-type]
    monkeypatch.undo()
    assert Path(f"{new}:Zone.Identifier").read_bytes() == zone.read_bytes()


@pytest.mark.parametrize("number", [5, 32, 33, 1224])
def test_a_file_that_another_program_holds_on_windows_is_a_sentence(
    number: int, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Raised here as Windows would raise it; not tried on Windows."""
    before, waited = book.read_bytes(), []
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(os, "replace", fails(windows_error(number)))
    with pytest.raises(WorkbookError) as stopped:
        rescore(book)
    assert stopped.value.message() == f"{book} could not be replaced, as another program, such as Excel, a preview or a virus scanner, holds it open; the file is as it was: close it there and try again."  # fmt: skip
    assert "hält die Datei offen" in stopped.value.message("de")
    assert 1 <= sum(waited) <= 3
    assert book.read_bytes() == before
    assert beside(book) == []


def test_a_virus_scanner_that_holds_the_file_for_a_moment_is_waited_for(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: None)
    before_calling(monkeypatch, os, "replace", once(fails(windows_error(32))))
    rescore(book)
    assert "Ranking" in names(book)


def test_what_is_saved_while_we_wait_for_a_virus_scanner_is_kept(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(time, "sleep", lambda _: add_a_row(book))
    before_calling(monkeypatch, os, "replace", once(fails(windows_error(32))))
    with pytest.raises(WorkbookError, match="was changed by another program"):
        rescore(book)
    assert names(book) == ["My notes", "Customers", "Criteria"]


# --- the backup -----------------------------------------------------------------------------------


def make_folder(backup: Path) -> None:
    backup.mkdir()


def make_dead_link(backup: Path) -> None:
    backup.symlink_to("nowhere")


@pytest.mark.parametrize("make", [make_folder, make_dead_link, Path.touch])
def test_what_is_no_backup_is_not_taken_for_one(make: Callable[[Path], None], book: Path) -> None:
    before, backup = book.read_bytes(), book.with_name("customers.xlsx.bak")
    make(backup)
    with pytest.raises(WorkbookError) as stopped:
        rescore(book)
    assert str(stopped.value) == f"{book} could not be backed up, as {backup} is there and is no copy of a workbook; move that away and try again."  # fmt: skip
    assert book.read_bytes() == before
    assert beside(book) == [backup.name]
    rescore(book, backup=False)
    assert backup.is_dir() or backup.is_symlink() or not backup.read_bytes()


def test_a_backup_of_any_other_kind_is_left_alone(book: Path, tmp_path: Path) -> None:
    backup, other = book.with_name("customers.xlsx.bak"), tmp_path / "other"
    other.write_bytes(b"somebody's")
    backup.symlink_to(other)
    assert rescore(book).backup is None
    backup.unlink()
    other.rename(backup)
    backup.chmod(0)
    assert rescore(book).backup is None
    assert backup.read_bytes() == b"somebody's" if IS_ROOT else True


def test_a_drive_without_hard_links_gets_its_backup_too(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, backup = book.read_bytes(), book.with_name("customers.xlsx.bak")
    monkeypatch.setattr(os, "link", fails(OSError(errno.EPERM, "no links here")))
    assert rescore(book).backup == backup
    assert backup.read_bytes() == before
    assert rescore(book, book.with_name("out.xlsx")).written
    assert beside(book) == [backup.name, "out.xlsx"]


@pytest.mark.parametrize("links", [True, False])
def test_a_backup_that_appears_meanwhile_is_not_overwritten(
    links: bool, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    backup = book.with_name("customers.xlsx.bak")
    if not links:
        monkeypatch.setattr(os, "link", fails(OSError(errno.EPERM, "no links here")))
    before_calling(monkeypatch, save, "_name_once", once(lambda: backup.write_bytes(b"first")))
    assert rescore(book).backup is None
    assert backup.read_bytes() == b"first"
    assert "Ranking" in names(book)
    assert beside(book) == [backup.name]


def test_a_backup_is_no_mixture_of_what_another_program_saves(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named: list[bool] = []
    before_calling(monkeypatch, save, "_take_over_rights", once(lambda: add_a_row(book)))
    before_calling(monkeypatch, save, "_name_once", lambda: named.append(True))
    with pytest.raises(WorkbookError, match=CHANGED):
        rescore(book)
    assert named == []  # a run that is killed now leaves none
    assert beside(book) == []


@pytest.mark.parametrize("done", [False, True])
def test_an_interruption_keeps_the_backup_if_it_comes_too_late(
    done: bool, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, replace = book.read_bytes(), os.replace

    def interrupted(*paths: Path) -> None:
        if done:
            replace(*paths)
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        rescore(book)
    assert (book.read_bytes() != before) is done
    assert beside(book) == (["customers.xlsx.bak"] if done else [])


# --- disk and folder ------------------------------------------------------------------------------


@contextmanager
def full_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of so many bytes."""
    folder.mkdir()
    mounted = IS_ROOT and shutil.which("mount") is not None and sys.platform == "linux"
    if mounted:
        options = ["-t", "tmpfs", "-o", f"size={size}"]
        done = subprocess.run(["mount", *options, "none", folder], capture_output=True, check=False)
        mounted = done.returncode == 0
    if not mounted:
        pytest.skip("only root may mount a small disk, and not everywhere")
    try:
        yield folder
    finally:
        subprocess.run(["umount", folder], check=True)


SPACE = [
    ("en", "{path}: there is no space left to write it; the file is as it was: free some space and try again."),
    ("de", "{path}: Zum Schreiben fehlt der Platz; die Datei ist, wie sie war: Schaffen Sie Platz, und versuchen Sie es noch einmal."),
]  # fmt: skip


@pytest.mark.parametrize(("language", "sentence"), SPACE)
def test_a_disk_that_is_full_for_real(language: str, sentence: str, tmp_path: Path) -> None:
    with full_disk(tmp_path / "disk", 64 << 10) as disk:
        book = write_book(disk / "customers.xlsx")
        before = book.read_bytes()
        ballast = disk / "ballast"
        with suppress(OSError):
            ballast.write_bytes(bytes(64 << 10))
        for free in (0, 4096, 3 * 4096, 6 * 4096):  # no file, a part of it, it without a backup
            with ballast.open("r+b") as file:
                file.truncate(max(ballast.stat().st_size - free, 0))
            done = CliRunner().invoke(app, ["rescore", str(book), "--lang", language])
            if done.exit_code == 0:
                break
            said = done.stderr.strip().split(": ", 1)[1]
            assert said in {sentence.format(path=p) for p in (book, f"{book}.bak")}
            assert book.read_bytes() == before
            assert beside(book) == ["ballast"]
        assert free > 4096


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "there is no space left to write it; the file is as it was"),
        (errno.EDQUOT, "there is no space left to write it; the file is as it was"),
        (errno.EIO, "could not be written (Input/output error); the file is as it was: check the drive"),
    ],
)  # fmt: skip
@pytest.mark.parametrize(
    ("owner", "name"), [(os, "fsync"), (save, "_take_over_rights"), (save, "_name_once")]
)
def test_a_drive_that_fails_leaves_the_old_file_and_nothing_else(
    owner: object,
    name: str,
    number: int,
    sentence: str,
    book: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = book.read_bytes()
    monkeypatch.setattr(owner, name, fails(OSError(number, os.strerror(number))))
    with pytest.raises(WorkbookError, match=re.escape(sentence)):
        rescore(book)
    assert book.read_bytes() == before
    assert beside(book) == []


def test_a_full_folder_for_temporary_files(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = book.read_bytes()
    with full_disk(tmp_path / "disk", 4096) as disk:
        monkeypatch.setattr(tempfile, "tempdir", str(disk))
        done = CliRunner().invoke(app, ["rescore", str(book)])
    assert done.stderr.strip() == f"Error: There is no space left for temporary files in {disk}; nothing was written: free some space and try again."  # fmt: skip
    assert done.exit_code == 1
    assert book.read_bytes() == before
    assert beside(book) == ["disk"]


def test_a_folder_for_temporary_files_that_goes_away(
    tmp_path: Path, book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, gone = book.read_bytes(), tmp_path / "gone"
    monkeypatch.setattr(tempfile, "tempdir", str(gone))
    with pytest.raises(WorkbookError) as stopped:
        rescore(book)
    assert str(stopped.value) == f"Temporary files could not be written in {gone} (No such file or directory); nothing was written: check that folder and try again."  # fmt: skip
    assert book.read_bytes() == before
    assert beside(book) == []


def test_no_folder_for_temporary_files_at_all(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    none = FileNotFoundError(errno.ENOENT, "No usable temporary directory found in ['/tmp']")
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", fails(none))
    before = book.read_bytes()
    with pytest.raises(WorkbookError, match=r"could not be written in TMPDIR .No usable temporary"):
        rescore(book)
    assert book.read_bytes() == before


@posix
def test_a_lock_that_cannot_be_given_back_does_not_make_a_failure_of_what_is_done(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import fcntl  # noqa: PLC0415 (not on Windows)

    flock = fcntl.flock

    def lock_only(handle: int, operation: int) -> None:
        if operation == fcntl.LOCK_UN:
            raise OSError(errno.EIO, "broken drive")
        flock(handle, operation)

    monkeypatch.setattr(fcntl, "flock", lock_only)
    assert rescore(book).written == book
    monkeypatch.undo()
    assert beside(book) == ["customers.xlsx.bak"]
    rescore(book)


@posix
@pytest.mark.parametrize("length", [200, 240, 251])
def test_a_name_as_long_as_a_name_can_be(length: int, tmp_path: Path) -> None:
    name = "ü" * ((length - 5) // 2)
    book = write_book(tmp_path / f"{name}.xlsx")
    book = book.rename(tmp_path / f"{name}{'x' * (length - len(os.fsencode(book.name)))}.xlsx")
    assert len(os.fsencode(book.name)) == length
    before = book.read_bytes()
    with save.hold(book):
        assert len(beside(book)) == 1
    rescore(book)
    assert beside(book) == [f"{book.name}.bak"]
    assert Path(f"{book}.bak").read_bytes() == before


@linux
def test_attributes_of_the_file_stay(book: Path) -> None:
    """Lists of rights are among them: without these the rights of the group would be wider."""
    try:
        os.setxattr(book, "user.origin", b"a colleague")
    except OSError:
        pytest.skip("a file system without attributes")
    old = time.time() - 1000
    os.utime(book, (old, old))
    rescore(book)
    assert os.getxattr(book, "user.origin") == b"a colleague"
    assert book.stat().st_mtime > old + 900


# --- other commands -------------------------------------------------------------------------------


def test_new_does_not_overwrite_what_appears_at_the_last_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = tmp_path / "new.xlsx"
    before_calling(monkeypatch, save, "_name_once", once(lambda: book.write_bytes(b"mine")))
    done = CliRunner().invoke(app, ["new", str(book), "--lang", "en"])
    assert done.exit_code == 1
    assert CHANGED in done.stderr
    assert book.read_bytes() == b"mine"
    assert beside(book) == []


def test_demo_does_not_replace_an_open_workbook(tmp_path: Path) -> None:
    first = CliRunner().invoke(app, ["demo", str(tmp_path), "--lang", "en"])
    assert first.exit_code == 0, first.stderr
    book = tmp_path / "sample.xlsx"
    before = book.read_bytes()
    (tmp_path / f"~${book.name}").touch()
    done = CliRunner().invoke(app, ["demo", str(tmp_path), "--lang", "en"])
    assert done.exit_code == 1
    assert "is open in another program" in done.stderr
    assert book.read_bytes() == before


@pytest.mark.parametrize("command", ["demo", "new", "rescore"])
def test_a_file_in_the_place_of_a_folder_is_a_sentence(
    command: str, book: Path, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.write_bytes(b"mine")
    inside = str(in_the_way / "x.xlsx")
    arguments = {"demo": [str(in_the_way)], "new": [inside], "rescore": [str(book), "-o", inside]}
    done = CliRunner().invoke(app, [command, *arguments[command], "--lang", "en"])
    assert done.exit_code == 1
    assert done.stderr == f"Error: {in_the_way} is a file, not a folder; name another folder.\n"
    assert in_the_way.read_bytes() == b"mine"
    assert beside(book) == ["file"]


@posix
def test_only_ordinary_files_are_replaced(book: Path, tmp_path: Path) -> None:
    pipe, loop, folder = (tmp_path / f"{name}.xlsx" for name in ("pipe", "loop", "folder"))
    os.mkfifo(pipe)
    loop.symlink_to(loop)
    folder.mkdir()
    for out in (pipe, loop):
        with pytest.raises(
            WorkbookError, match="is not an ordinary file, so it can be neither read nor replaced"
        ):
            rescore(book, out)
    with pytest.raises(WorkbookError, match="is a folder; name the workbook in it"):
        rescore(book, folder)
    assert beside(book) == ["folder.xlsx", "loop.xlsx", "pipe.xlsx"]


# --- rights, links, limits ------------------------------------------------------------------------


def test_the_backup_is_the_file_before_the_first_rescore_and_stays_it(book: Path) -> None:
    before = book.read_bytes()
    backup = book.with_name("customers.xlsx.bak")
    assert rescore(book).backup == backup
    assert backup.read_bytes() == before
    add_a_row(book)
    assert rescore(book).backup is None
    assert backup.read_bytes() == before


def test_no_backup_is_made_where_none_is_wanted_or_needed(book: Path, tmp_path: Path) -> None:
    rescore(book, backup=False)
    rescore(book, tmp_path / "out.xlsx")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["customers.xlsx", "out.xlsx"]


@pytest.mark.parametrize("lock", ["~$customers.xlsx", ".~lock.customers.xlsx#"])
def test_a_workbook_open_in_another_program_is_refused(lock: str, book: Path) -> None:
    before = book.read_bytes()
    book.with_name(lock).touch()
    with pytest.raises(WorkbookError, match=re.escape(f"is open in another program ({lock} lies")):
        rescore(book)
    assert book.read_bytes() == before
    rescore(book, write=False)


def test_a_link_stays_a_link_and_rights_stay(book: Path, tmp_path: Path) -> None:
    book.chmod(0o640)
    link = tmp_path / "link.xlsx"
    link.symlink_to(book)
    rescore(link)
    assert link.is_symlink()
    assert stat.S_IMODE(book.stat().st_mode) == 0o640
    assert "Ranking" in names(book)


def test_new_files_have_the_rights_that_this_user_gives_to_new_files(
    book: Path, tmp_path: Path
) -> None:
    old = os.umask(0o022)
    try:
        rescore(book, tmp_path / "out.xlsx")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "out.xlsx").stat().st_mode) == 0o644


@pytest.mark.skipif(
    os.name != "posix" or os.geteuid() != 0, reason="only root may give a file to somebody"
)
def test_the_owner_stays_the_owner(book: Path) -> None:
    os.chown(book, 65534, 65534)
    rescore(book)
    assert (book.stat().st_uid, book.stat().st_gid) == (65534, 65534)


_AS_A_COLLEAGUE = """
import os, sys
from xlportfolio import rescore
rescore(sys.argv[1], write=False)  # loads all modules while this user may read them
os.setgroups([60_001]); os.setgid(60_002); os.setuid(60_002)
rescore(sys.argv[1])
"""


@pytest.mark.skipif(not IS_ROOT, reason="only root may give a file to somebody")
@pytest.mark.parametrize(
    ("group", "mode", "expected"),
    [
        (60_001, 0o660, (60_001, 0o660)),
        (60_003, 0o660, (60_002, 0o600)),
        (60_003, 0o664, (60_002, 0o644)),
        (60_003, 0o646, (60_002, 0o646)),
    ],
)
def test_what_a_group_may_is_given_to_no_other_group(
    group: int, mode: int, expected: tuple[int, int]
) -> None:
    """A colleague who is in the group of the file keeps it; one who is not gives nothing away."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o777)
        book = write_book(folder / "customers.xlsx")
        os.chown(book, 60_004 if group == 60_001 else 60_002, group)
        book.chmod(mode)
        run(_AS_A_COLLEAGUE, book).check_returncode()
        assert "Ranking" in names(book)
        for path in (book, folder / "customers.xlsx.bak"):
            status = path.stat()
            assert (status.st_gid, stat.S_IMODE(status.st_mode)) == expected


def test_a_write_protected_workbook_is_refused(book: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = book.read_bytes()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may write whatever is protected
    with pytest.raises(WorkbookError, match="permission denied; check whether the file"):
        rescore(book)
    assert book.read_bytes() == before


_AS_NOBODY = """
import os, sys
from xlportfolio import WorkbookError, rescore
rescore(sys.argv[1], sys.argv[2])  # loads all modules while this user may read them
os.setgid(65534); os.setuid(65534)
try:
    rescore(sys.argv[1])
except WorkbookError as error:
    sys.exit(str(error))
"""


_SMALL_FILES = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[2]),) * 2)
from xlportfolio.cli import app
app(["rescore", sys.argv[1]])
"""


@pytest.mark.skipif(os.name != "posix", reason="rights of POSIX systems")
def test_a_read_only_folder_is_a_sentence(tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        book = write_book(folder / "customers.xlsx")
        before = book.read_bytes()
        folder.chmod(0o555)
        is_root = os.geteuid() == 0  # whom no folder is read-only for
        script = _AS_NOBODY if is_root else re.sub(r"os\.set.id\(\d+\);?", "", _AS_NOBODY)
        done = run(script, book, tmp_path / "out.xlsx")
        folder.chmod(0o755)
        assert done.stderr.strip() == (
            f"{book}: permission denied; check whether the file or its folder is read-only."
        )
        assert done.returncode == 1
        assert book.read_bytes() == before
        assert list(folder.iterdir()) == [book]


@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
@pytest.mark.parametrize(
    ("most_bytes", "sentence"),
    [
        (30_000, "{book}: there is no space left to write it; the file is as it was: free some space and try again."),
        (3_000, "There is no space left for temporary files in {temporary}; nothing was written: free some space and try again."),
    ],
)  # fmt: skip
def test_a_full_disk_is_a_sentence(most_bytes: int, sentence: str, book: Path) -> None:
    """The system refuses to write more than so many bytes into a file, as a full disk does."""
    before = book.read_bytes()
    done = run(_SMALL_FILES, book, most_bytes)
    expected = sentence.format(book=book, temporary=tempfile.gettempdir())
    assert done.stderr.strip() == f"Error: {expected}"
    assert done.returncode == 1
    assert book.read_bytes() == before
    assert list(book.parent.iterdir()) == [book]
