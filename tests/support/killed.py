"""Kill a run while it writes, again and again, and look at what it leaves; prints what was found.

    python tests/support/killed.py FOLDER [RANDOM_KILLS [WHOLE_RUNS]]

Three ways of dying, all by SIGKILL, as a process dies that is ended from outside:

* before each call of the system that changes something, one after the other, from taking the lock
  to giving it back: open, write (each tenth, there are hundreds), flush, fsync, chmod, chown, utime,
  link, unlink, replace, flock, close;
* at random moments of the same stretch, by another process;
* at random moments of a whole run, reading and computing included.

The analysis is the same each time, so it is made once: each victim is forked when it is there, and
takes the lock, writes, keeps the backup and replaces the file as any run does. What is not covered
is a power cut, which may lose what the system has not written yet.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from support.books import write_book
from xlportfolio.files import package, save
from xlportfolio.files.rescore import rescore

CHANGING = {
    "open", "write", "flush", "fsync", "chmod", "fchmod", "chown", "utime", "link", "unlink",
    "remove", "replace", "rename", "flock", "close",
}  # fmt: skip
EACH = 10


class _Got(BaseException):
    """What a run is about to write."""


class Victims:
    """A workbook, and processes that are killed while they rescore it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "book"
        self.folder.mkdir(parents=True)
        self.book = self.folder / "customers.xlsx"
        self.backup = save.backup_path(self.book)
        # a second name of the same file: what puts it back is the very file that was read
        self.original = folder / "original.xlsx"
        self.noted = folder / "calls.json"
        write_book(self.original)
        self.old = self.original.read_bytes()
        self.put_back()
        stopped = time.struct_time((2026, 1, 31, 12, 0, 0, 5, 31, 0))
        time.localtime = lambda *_: stopped  # parts of a zip carry the time
        rescore(self.book)
        self.new = self.book.read_bytes()
        self.put_back()
        self.about_to_write = self._about_to_write()
        self.faults: list[str] = []
        self.seen: Counter[str] = Counter()

    def put_back(self) -> None:
        for path in self.folder.iterdir():
            path.unlink()
        self.book.hardlink_to(self.original)

    def _about_to_write(self) -> tuple[Any, ...]:
        def get(_: save.Held, *arguments: object) -> bool:
            raise _Got(*arguments)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(save.Held, "replace", get)
            patch.setattr(package.Package, "close", lambda _: None)
            # a file that is open would have one position for all victims
            patch.setattr(package, "open_package", lambda path: io.BytesIO(path.read_bytes()))
            try:
                rescore(self.book)
            except _Got as got:
                return got.args
        raise AssertionError

    def save(self) -> None:
        """The half of a run that writes."""
        with save.hold(self.book) as held:
            held.replace(*self.about_to_write)

    def run(self, task: Callable[[], object], after: float | None = None) -> None:
        """Let a process do something, and kill it after so many seconds."""
        victim = os.fork()
        if not victim:
            try:
                task()
            except BaseException as error:  # noqa: BLE001
                sys.stderr.write(f"{error!r}\n")
                os._exit(1)
            os._exit(0)
        if after is not None:
            time.sleep(after)
            os.kill(victim, signal.SIGKILL)
        _, status = os.waitpid(victim, 0)
        if status not in {0, signal.SIGKILL}:
            self.faults.append(f"ended with {status}")

    def look(self, where: str) -> None:
        """Judge what a killed run has left, then what the next one makes of it."""
        self.seen[self._judge(where)] += 1
        stray = [p.name for p in self.folder.iterdir() if p not in {self.book, self.backup}]
        self.seen["stray"] += bool(stray)
        if any(not name.startswith(".customers.xlsx.xlportfolio") for name in stray):
            self.faults.append(f"{where}: {stray}")
        if self.book.read_bytes() == self.new:
            # what was prepared is for the old file; the next run is one that writes something else
            self.run(lambda: save.replace_file(self.book, self.new))
        else:
            self.run(self.save)
        names = {path.name for path in self.folder.iterdir()}
        if names != {self.book.name, self.backup.name} or self._judge(where) != "new":
            self.faults.append(f"{where}: then {sorted(names)}")
        self.put_back()

    def _judge(self, where: str) -> str:
        content = self.book.read_bytes() if self.book.exists() else b""
        kept = self.backup.exists()
        if content not in {self.old, self.new} or (content == self.new and not kept):
            self.faults.append(f"{where}: a file of {len(content)} bytes, backup: {kept}")
        if kept and self.backup.read_bytes() != self.old:
            self.faults.append(f"{where}: the backup")
        return "new" if content == self.new else "old"

    def calls(self, killed_at: int | None = None) -> None:
        """Save, and die before this call; note the names of the calls where none is given."""
        names: list[str] = []
        writes = 0

        def called(_: object, event: str, function: Any) -> None:
            nonlocal writes
            if event != "c_call" or function.__name__ not in CHANGING:
                return
            owner = function.__self__  # a module, or an open file
            if not (
                isinstance(owner, io.BufferedRandom) or function.__module__ in {"posix", "fcntl"}
            ):
                return
            writes += function.__name__ == "write"
            if function.__name__ != "write" or writes % EACH == 1:
                if len(names) == killed_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                names.append(function.__name__)

        sys.setprofile(called)
        try:
            self.save()
        finally:
            sys.setprofile(None)
        if killed_at is None:
            self.noted.write_text(json.dumps(names))


def main(folder: Path, random_kills: int = 100, whole_runs: int = 12) -> None:
    victims = Victims(folder)
    rng = random.Random(random_kills)
    victims.run(victims.calls)
    names = json.loads(victims.noted.read_text())
    victims.put_back()
    for number, name in enumerate(names):
        victims.run(lambda number=number: victims.calls(number))  # type: ignore[misc]
        victims.look(f"call {number}, {name}")
    begun = time.perf_counter()
    victims.run(victims.save)
    lasts = time.perf_counter() - begun
    victims.put_back()
    for _ in range(random_kills):
        after = rng.uniform(0, lasts)
        victims.run(victims.save, after)
        victims.look(f"saving, {after:.4f} s")
    begun = time.perf_counter()
    victims.run(lambda: rescore(victims.book))
    lasts = time.perf_counter() - begun
    victims.put_back()
    for _ in range(whole_runs):
        after = rng.uniform(0, lasts)
        victims.run(lambda: rescore(victims.book), after)
        victims.look(f"run, {after:.4f} s")
    found = {"faults": victims.faults, "seen": victims.seen, "calls": Counter(names)}
    json.dump({**found, "kills": len(names) + random_kills + whole_runs}, sys.stdout)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
