"""The blocks of a page of the documentation, and how its commands are run."""

from __future__ import annotations

import multiprocessing
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple

#: Loaded once, before the commands are run: each of them then starts in a moment.
_HEAVY = (
    "xlportfolio.files.compare",
    "xlportfolio.files.explain",
    "xlportfolio.files.imports",
    "xlportfolio.files.share",
    "xlportfolio.files.weights",
    "ibis.backends.duckdb",
    "xlportfolio.document",
    "xlportfolio.screen",
    "xlportfolio.template.workbook",
    "typer",
)
_DOCS = Path(__file__).parents[2] / "docs"
_FENCE = re.compile(r"^( *)```(.*)$")
_PREPARING = re.compile(r"<!-- run:(.*?)-->", re.DOTALL)
_EXIT = re.compile(r"# exit (\d+)")
#: Programs that reach out of the folder or into the network: their lines are checked, not run.
_INSTALLING = ("make", "pip", "pip3", "pipx", "pip-audit")


class Block(NamedTuple):
    """A fenced block, or the commands of a comment that prepares one (language ``run``)."""

    line: int
    language: str
    text: str


class Done(NamedTuple):
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


def blocks(page: str) -> list[Block]:
    """All blocks of a page in order.

    >>> blocks("<!-- run: xlportfolio new a.xlsx -->\\n```sh\\nls\\n```\\n")
    [Block(line=1, language='run', text='xlportfolio new a.xlsx'), Block(line=2, language='sh', text='ls')]
    """
    found, lines, outside = [], page.split("\n"), list(page.split("\n"))
    start: int | None = None
    for number, line in enumerate(lines):
        fence = _FENCE.match(line)
        if start is None and fence:
            start = number
        elif start is not None:
            outside[number] = " " * len(line)
            if fence and not fence[2].strip():
                opened = _FENCE.match(lines[start])
                assert opened
                indent = len(opened[1])
                text = "\n".join(inner[indent:] for inner in lines[start + 1 : number])
                found.append(Block(start + 1, opened[2].strip(), text))
                start = None
    assert start is None, f"a fence is open from line {(start or 0) + 1} on"
    beside = "\n".join(outside)
    for comment in _PREPARING.finditer(beside):
        at = beside[: comment.start()].count("\n") + 1
        found.append(Block(at, "run", comment[1].strip()))
    return sorted(found)


def commands(text: str) -> Iterator[str]:
    """The commands of a block: its lines, those that go on joined; a here-document as a whole."""
    if "<<" in text:
        yield text
        return
    for line in text.replace("\\\n", " ").split("\n"):
        if line.strip() and not line.strip().startswith("#"):
            yield line.strip()


def installing(command: str) -> bool:
    """Whether a command installs something, or is a target of make."""
    words = shlex.split(command, comments=True)
    python = words[0].rpartition("/")[2].startswith("python") and words[1:3] != []
    return words[0].rpartition("/")[2] in _INSTALLING or (python and words[1:2] == ["-m"])


def expected_code(command: str) -> int:
    """The exit code that a comment announces."""
    announced = _EXIT.search(command)
    return int(announced[1]) if announced else 0


def run(command: str, folder: Path, page: Path) -> Done:
    """Run a command in a folder, with messages in the language of the page.

    It finds the page itself in PAGE, and the folder of all pages in DOCS.
    """
    locale = "de_DE.UTF-8" if "de" in page.parts else "C.UTF-8"
    words = _plain(command)
    if words[:1] == ["xlportfolio"]:
        return _in_new_process(words, folder, locale)
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
    where = {"DOCS": str(_DOCS), "PAGE": str(page)}
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, **where, "PATH": path, "LC_ALL": locale, "COLUMNS": "120"},
        capture_output=True,
        timeout=120,
        check=False,
        text=True,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def _plain(command: str) -> list[str]:
    """The words of a command without pipes, redirections, patterns and variables, else none."""
    lexer = shlex.shlex(command, posix=True, punctuation_chars=True)
    lexer.wordchars += "%:,@+[]"
    words = list(lexer) if "\n" not in command else []
    special = any(word[0] in "|&;<>()" for word in words if word)
    return [] if special or re.search(r"[$`*?]", command) else words


def _in_new_process(words: list[str], folder: Path, locale: str) -> Done:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__, *_HEAVY])
    out, err = folder / ".out", folder / ".err"
    process = context.Process(target=_command, args=(words, folder, locale, out, err))
    process.start()
    process.join(120)
    assert process.exitcode is not None, f"still running after two minutes: {words}"
    printed = (file.read_text("utf-8") for file in (out, err))
    done = Done(process.exitcode, *printed)
    out.unlink()
    err.unlink()
    return done


def _command(words: list[str], folder: Path, locale: str, out: Path, err: Path) -> None:
    """Be the program ``xlportfolio``: in this folder, with these words, printing into files."""
    os.environ.update(LC_ALL=locale, COLUMNS="120", NO_COLOR="1")
    for file, number in ((out, 1), (err, 2)):
        os.dup2(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    sys.stdout, sys.stderr = (
        os.fdopen(number, "w", encoding="utf-8", closefd=False) for number in (1, 2)
    )
    sys.argv = words
    from xlportfolio.cli import main  # noqa: PLC0415 (its language is that of this process)

    with chdir(folder):
        try:
            main()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
