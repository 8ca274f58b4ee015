"""Every block of the documentation does what it says: commands run, formulas compute, data parse.

The blocks of a page are taken in order, in one temporary folder, and go on from one another:

``sh``
    is run by bash, each command for itself; it ends with 0, or as a comment ``# exit 1`` says. What
    installs (make, pip) is checked as below, and so is what needs LibreOffice where it is missing. ``$PAGE`` and ``$DOCS`` are the page and its folder.
``python``
    is run in one namespace for the page.
``text``
    just below one of these is a part of what it printed; a line ``...`` stands for anything. Other
    texts are formulas, alike in both languages, or the layers of the code.
``json``
    below a command that printed an object has no names that are not in it.
``bat``, ``powershell``, ``cron``
    are not run: our commands and options, extras of pip and targets of make have to be there.
``excel``
    calls functions that there are, with so many arguments; what follows ``->`` is computed.
``toml``, ``ini``, ``sql``, ``xml``, ``yaml``
    can be read.
A comment ``<!-- run: ... -->``
    prepares the folder, or checks the page's tables by ``docs/reader.py``.
"""

from __future__ import annotations

import configparser
import importlib
import inspect
import json
import os
import pickle
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from contextlib import chdir, redirect_stdout
from io import StringIO
from itertools import chain, pairwise
from pathlib import Path
from typing import Any

import pytest
import typer.main
from support import udf_calls
from support.doc_pages import Block, Done, blocks, commands, expected_code, installing, run
from support.layers import heights

from xlportfolio.cli import app
from xlportfolio.excel import functions
from xlportfolio.template.workbook import new_workbook

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("README*.md"), *ROOT.glob("CONTRIBUTING.md"), *ROOT.glob("docs/**/*.md")]
)
MADE = [page for page in PAGES if blocks(page.read_text("utf-8"))]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
TARGETS = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))

#: So many lines below a command at most, a text is what it prints.
_NEAR = 5

linux = pytest.mark.skipif(sys.platform != "linux", reason="the blocks sh are for bash on Linux")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


# --- what is checked without being run ------------------------------------------------------------


def parsed(words: list[str]) -> None:
    """Whether our command takes these words: the subcommand, its options and their values."""
    if words in (["--version"], ["--help"]):
        return
    group: Any = typer.main.get_command(app)
    assert words, "xlportfolio alone does nothing"
    assert words[0] in group.commands, f"there is no command {words[0]}"
    if words[1:] != ["--help"]:
        group.commands[words[0]].make_context(words[0], words[1:])


def ours(command: str) -> list[str] | None:
    """What stands after our command's name in a line, if it is there."""
    words = shlex.split(re.sub(r"(?<=\s)(#|REM |::).*", "", command), posix=False)
    words = [word.strip("\"'") for word in words]
    for at, word in enumerate(words):
        program = re.split(r"[\\/]", word)[-1]
        if program in {"xlportfolio", "xlportfolio.exe", "xlportfolio.cli"}:
            installing_it = at and words[at - 1] in {"install", "uninstall", "--upgrade", "venv"}
            ends = [n for n, w in enumerate(words) if n > at and re.match(r"\d?[|><&]", w)]
            return None if installing_it else words[at + 1 : min(ends, default=len(words))]
    return None


def check_line(command: str) -> None:
    """A line that is not run: targets of make, extras of pip and our own commands are there."""
    words = command.split()
    if words[0] == "make":
        assert words[1] in TARGETS, f"the Makefile has no target {words[1]}"
    for extras in re.findall(r"(?:xlportfolio|\.)\[([\w,]+)\]", command):
        unknown = set(extras.split(",")) - set(PROJECT["optional-dependencies"])
        assert not unknown, f"there is no extra {unknown}"
    if (mine := ours(command)) is not None:
        parsed(mine)


def check_lines(text: str) -> None:
    for line in text.split("\n"):
        if line.strip() and not line.strip().startswith(("#", "REM ", "::")):
            check_line(line.strip())


def check_cron(text: str) -> None:
    for line in text.split("\n"):
        if not line.strip() or line.startswith("#") or re.match(r"\w+=", line):
            continue
        *when, command = line.split(maxsplit=5)
        assert len(when) == 5
        assert all(re.fullmatch(r"[\d*,/-]+", field) for field in when)
        check_line(command)


def check_ini(text: str) -> None:
    parser = configparser.ConfigParser(interpolation=None, allow_no_value=True)
    parser.optionxform = str  # type: ignore[assignment]
    parser.read_string(text if text.lstrip().startswith("[") else f"[all]\n{text}")


def check_sql(text: str) -> None:
    import sqlglot  # noqa: PLC0415 (it comes with Ibis)

    assert sqlglot.parse(text, read="duckdb")


def check_yaml(text: str) -> None:
    yaml = pytest.importorskip("yaml")
    assert yaml.safe_load(text) is not None


CHECKS = {
    "bat": check_lines,
    "powershell": check_lines,
    "cron": check_cron,
    "ini": check_ini,
    "sql": check_sql,
    "toml": tomllib.loads,
    "xml": ET.fromstring,
    "yaml": check_yaml,
}


# --- formulas -------------------------------------------------------------------------------------


def arguments(formula: str) -> list[tuple[str, list[str]]]:
    """Each function of ours that a formula calls, with its arguments as they stand.

    >>> arguments('=KP_A(KP_B(1;"x)");{1,2;3,4})')
    [('KP_A', ['KP_B(1;"x)")', '{1,2;3,4}']), ('KP_B', ['1', '"x)"'])]
    """
    found = []
    bare = re.sub(r'"[^"]*"', lambda text: "'" * len(text[0]), formula)  # as long, without signs
    for call in re.finditer(r"\b(KP_\w+)\(", bare):
        depth, start, given = 0, call.end(), []
        for at in range(call.end(), len(bare)):
            sign = bare[at]
            if depth == 0 and sign in ",;)":
                given.append(formula[start:at].strip())
                start = at + 1
                if sign == ")":
                    break
            depth += (sign in "([{") - (sign in ")]}")
        else:
            pytest.fail(f"a bracket is open in {formula}")
        found.append((call[1], [] if given == [""] else given))
    return found


def literal(text: str, *, german: bool) -> Any:
    """A constant of a formula as COM hands it over: a number, a text, a block."""
    if not text:
        return udf_calls.MISSING
    if text.startswith('"'):
        return text.strip('"')
    if text.startswith("{"):
        rows, cells = (";", "." if german else ",")
        return tuple(
            tuple(literal(cell.strip(), german=german) for cell in row.split(cells))
            for row in text[1:-1].split(rows)
        )
    return float(text.replace(",", ".") if german else text)


def answered(calls: udf_calls.Calls) -> list[Any]:
    """What Excel on Windows would get."""
    done = subprocess.run(
        [sys.executable, udf_calls.__file__],
        input=pickle.dumps(calls),
        env={k: v for k, v in os.environ.items() if k != "XLWINGS_LICENSE_KEY"},
        capture_output=True,
        timeout=240,
        check=True,
    )
    return [values for values, _ in pickle.loads(done.stdout)["answers"]]


def same_answer(answer: Any, told: str, *, german: bool) -> bool:
    """Whether cells hold what the page tells, to as many decimals as it tells."""
    rows = answer if isinstance(answer, (list, tuple)) else [[answer]]
    cells = [c for row in rows for c in (row if isinstance(row, (list, tuple)) else [row])]
    parts = [part.strip().strip('"') for part in told.strip("{}").split(";")]
    if len(cells) != len(parts):
        return False
    for cell, part in zip(cells, parts, strict=True):
        if isinstance(cell, (int, float)):
            number = part.replace(",", ".") if german else part
            decimals = len(number.partition(".")[2])
            if abs(float(cell) - float(number)) > 0.5000001 * 10**-decimals:
                return False
        elif cell != part:
            return False
    return True


def check_excel(text: str) -> None:
    """Functions are there and take that many arguments; answers that are told are computed."""
    asked: udf_calls.Calls = []
    told = []
    for line in text.split("\n"):
        formula, _, answer = (part.strip() for part in line.partition("->"))
        if not formula:
            continue
        assert formula.startswith("="), formula
        calls = arguments(formula)
        for name, given in calls:
            assert name in functions.__all__, f"there is no function {name}"
            parameters = inspect.signature(getattr(functions, name)).parameters.values()
            needed = [p for p in parameters if p.default is p.empty]
            assert len(needed) <= len(given) <= len(parameters), formula
        if answer:
            german = ";" in re.sub(r"\{[^}]*\}", "", formula) or bool(
                re.fullmatch(r"-?\d+,\d+", answer)
            )
            name, given = calls[0]
            asked.append((name, tuple(literal(g, german=german) for g in given)))
            told.append((formula, answer, german))
    if asked:
        for cells, (formula, answer, german) in zip(answered(asked), told, strict=True):
            assert same_answer(cells, answer, german=german), f"{formula} gives {cells}"


# --- what commands print --------------------------------------------------------------------------


def normal(text: str) -> str:
    return " ".join(text.split())


def check_output(told: str, printed: str) -> None:
    """Each piece of an output comes in order; a line of three dots stands for anything."""
    rest = normal(printed)
    for piece in re.split(r"^\s*\.\.\.\s*$", told, flags=re.MULTILINE):
        _, found, rest = rest.partition(normal(piece)) if normal(piece) else ("", "-", rest)
        assert found, f"not printed (any more): {normal(piece)}\n\nbut: {normal(printed)[:3000]}"


def check_formula_or_layers(page: Path, text: str) -> None:
    """Text that no command prints: the layers of the code, or formulas alike in both languages."""
    if "<-" in text:
        height = dict(heights())
        for line in re.split(r" {4,}|\n", text):
            links = [re.findall(r"[a-z_]+", link) for link in line.split("<-")]
            assert not (strange := {*chain(*links)} - {*height}), f"no module {strange}"
            for below, above in pairwise(links):
                assert max(height[name] for name in below) < min(height[name] for name in above), (
                    line
                )
        return
    other = ROOT / "docs" / "explanation" / page.name
    german = ROOT / "docs" / "de" / "explanation" / page.name
    assert page in (other, german), "what no command prints is no text"
    assert [signs(t) for t in texts_of(other)] == [signs(t) for t in texts_of(german)]


def texts_of(page: Path) -> list[str]:
    return [block.text for block in blocks(page.read_text("utf-8")) if block.language == "text"]


def signs(formula: str) -> list[str]:
    """What does not depend on the language: numbers, operators and names of one letter."""
    formula = re.sub(r"(?<=\w)-(?=\w)", "", formula)
    return re.findall(r"\d+|[-+*/=()]|\b[A-Za-z]\b(?=\s*[*/+)(-])", formula)


def keys(value: Any) -> Any:
    """The names in an object and in those inside it; of a list, all that occur in its items."""
    if isinstance(value, dict):
        return {name: keys(inner) for name, inner in value.items()}
    if isinstance(value, list):
        merged: dict[str, Any] = {}
        for item in value:
            inner = keys(item)
            merged.update(inner if isinstance(inner, dict) else {})
        return merged
    return None


def lacking(told: Any, printed: Any, where: str = "") -> list[str]:
    """Names that an excerpt has and the output has not."""
    if not isinstance(told, dict) or not told:
        return []
    if not isinstance(printed, dict):
        return [where or "everything"]
    found = [f"{where}{name}" for name in told if name not in printed]
    for name in told.keys() & printed.keys():
        if printed[name]:  # nothing of that kind was printed: nothing to compare with
            found += lacking(told[name], printed[name], f"{where}{name}.")
    return found


# --- a page ---------------------------------------------------------------------------------------


class Reader:
    """Somebody who reads a page from top to bottom and does what it says."""

    def __init__(self, page: Path, folder: Path) -> None:
        self._page, self._folder = page, folder
        self._namespace: dict[str, Any] = {"__name__": "page"}
        self._printed = Done(0, "", "")
        self._after, self._end = "", 0

    def follow(self, block: Block) -> None:
        match block.language:
            case "run" | "sh":
                self._run(block.text)
            case "python":
                self._python(block)
            case "text" if self._after in {"sh", "python"} and block.line - self._end <= _NEAR:
                check_output(block.text, self._printed.out + self._printed.err)
            case "text":
                check_formula_or_layers(self._page, block.text)
            case "json":
                self._json(block.text)
            case "excel":
                check_excel(block.text)
            case language:
                assert language in CHECKS, f"no block is called {language!r}"
                CHECKS[language](block.text)
        if block.language not in {"run", "text", "json"}:
            self._after, self._end = block.language, block.line + block.text.count("\n") + 2

    def _run(self, text: str) -> None:
        printed = []
        for command in commands(text):
            if installing(command) or not self._may_start(command):
                check_line(command)
                continue
            done = run(command, self._folder, self._page)
            assert done.code == expected_code(command), f"{command}\n{done.out}\n{done.err}"
            printed.append(done)
        self._printed = Done(0, "".join(d.out for d in printed), "".join(d.err for d in printed))

    def _may_start(self, command: str) -> bool:
        """Whether the command needs no LibreOffice, or may start it: for the English page alone."""
        there = shutil.which("soffice") or shutil.which("libreoffice")
        return "--pdf" not in command or ("de" not in self._page.parts and there is not None)

    def _python(self, block: Block) -> None:
        source = compile("\n" * block.line + block.text, self._page, "exec")
        with chdir(self._folder), redirect_stdout(StringIO()) as printed:
            exec(source, self._namespace)
        self._printed = Done(0, printed.getvalue(), "")

    def _json(self, text: str) -> None:
        told = json.loads(text)
        if self._after == "sh" and self._printed.out.lstrip().startswith("{"):
            missing = lacking(keys(told), keys(json.loads(self._printed.out)))
            assert missing == [], f"not in the output: {missing}"


@linux
@pytest.mark.parametrize("page", MADE, ids=named)
def test_a_reader_can_do_what_a_page_says(page: Path, tmp_path: Path) -> None:
    reader = Reader(page, tmp_path)
    for block in blocks(page.read_text("utf-8")):
        try:
            reader.follow(block)
        except Exception as error:
            error.add_note(f"{named(page)}, line {block.line}")
            raise
        except SystemExit as error:
            pytest.fail(f"{named(page)}, line {block.line}: ends with {error.code}")


# --- the checks can fail --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("language", "text", "why"),
    [
        ("bat", "xlportfolio rescore book.xlsx --no-such-option", "No such option"),
        ("bat", "xlportfolio rescoer book.xlsx", "no command rescoer"),
        ("bat", "xlportfolio rescore", "(?i)missing"),
        (
            "bat",
            r".venv\Scripts\xlportfolio rescore book.xlsx --dates ymd",
            "Invalid value|not one",
        ),
        ("powershell", 'pip install "xlportfolio[order]"', "no extra"),
        ("sh", "xlportfolio new book.doc", "must end in"),
        ("sh", "make demonstration", "no target"),
        ("sh", "ls missing | cat", "missing"),
        ("sh", "echo fine # exit 1", "fine"),
        ("python", "import xlportfolio\nxlportfolio.rescoer", "rescoer"),
        ("cron", "0 25 * * xlportfolio rescore book.xlsx", ""),
        ("cron", "0 2 * * 1-5 xlportfolio rescore book.xlsx --jsn", "No such option"),
        ("excel", "=KP_SCOER(1,2)", "no function KP_SCOER"),
        ("excel", "=KP_SHARE_OF_WALLET(120)", "KP_SHARE"),
        ("excel", "=KP_SHARE_OF_WALLET(120,400) -> 0.31", r"gives .*0\.3\b"),
        ("excel", "=KP_SHARE_OF_WALLET(120;400) -> 0,4", r"gives .*0\.3\b"),
        ("toml", "a = ", "Invalid value"),
        ("sql", "select from from", "Expect|Invalid"),
        ("xml", "<Task>", "no element found"),
        ("json", "{'a': 1}", "Expecting property name"),
        ("text", "a = b", "no command prints"),
        ("text", "locale <- nonsense", "no module {'nonsense'}"),
        ("text", "scoring <- model", "scoring <- model"),
        ("", "anything", "no block is called"),
        ("console", "ls", "no block is called"),
    ],
)
@linux
def test_what_is_wrong_is_found(language: str, text: str, why: str, tmp_path: Path) -> None:
    reader = Reader(ROOT / "README.md", tmp_path)
    with pytest.raises(Exception) as found:  # noqa: PT011 (each in its own way)
        reader.follow(Block(1, language, text))
    assert re.search(why, getattr(found.value, "message", "") or str(found.value))


@linux
def test_what_is_right_passes(tmp_path: Path) -> None:
    reader = Reader(ROOT / "README.md", tmp_path)
    for language, text in (
        ("bat", "pip install xlportfolio\nxlportfolio doctor book.xlsm  # exit 1\nREM nothing"),
        ("sh", "xlportfolio new book.xlsx\nxlportfolio new book.xlsx # exit 1"),
        ("text", "Written: book.xlsx\n...\nalready exists"),
        ("sh", "xlportfolio rescore book.xlsx --as-of 2026-06-30 --dry-run --json"),
        ("json", '{"workbook": "", "customers": [{"customer_id": "1", "coverage": {"value": 1}}]}'),
        ("json", '{"problems": []}'),
        ("python", "print(1)\nkept = 2"),
        ("text", "1"),
        ("python", "assert kept == 2"),
        ("excel", "=KP_SHARE_OF_WALLET(120,400) -> 0.3\n=KP_SHARE_OF_WALLET(120;400) -> 0,3"),
        ("cron", "30 5 * * 1-5 /opt/bin/xlportfolio rescore book.xlsx --json > log.json 2>&1"),
    ):
        reader.follow(Block(1, language, text))
    with pytest.raises(AssertionError, match="not printed"):
        check_output("two\n...\none", "one two")


@linux
def test_what_an_excerpt_of_an_output_has_and_the_output_has_not_is_found(tmp_path: Path) -> None:
    reader = Reader(ROOT / "README.md", tmp_path)
    reader.follow(Block(1, "sh", """echo '{"customers": [{"rank": 1}, {"customer": "A"}]}'"""))
    reader.follow(Block(1, "json", '{"customers": [{"customer": "B", "rank": 2}]}'))
    with pytest.raises(AssertionError, match=r"customers\.nonsense"):
        reader.follow(Block(1, "json", '{"customers": [{"nonsense": 1}]}'))


def test_what_a_page_shows_of_a_workbook_is_compared_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(ROOT / "docs")
    reader = importlib.import_module("reader")
    book = tmp_path / "book.xlsx"
    book.write_bytes(new_workbook("en", with_sample=False))
    header = ["Customer ID", "Customer", "Status", "Turnover"]
    reader.type_anew(book, [header, ["K-1", "Alpha", "", "250,000"], ["K-2", "Beta", "", "12 %"]])
    for wrong_order in (
        ["Customer ID", "Customer", "Turnover"],  # skips one
        ["Customer ID", "Customer", "Turnover", "Status"],
        ["Customer ID", "Turnover", "Customer", "Urgent orders"],
    ):
        with pytest.raises(LookupError, match="stands on the sheet as"):
            reader.type_anew(book, [wrong_order, ["K-1"] * len(wrong_order)])
    reader.type_cells(book, [[], ["Customers", "Beta", "Turnover", "0.35"]])
    reader.see(book, [["Customer", "Turnover"], ["Alpha", "250000"], ["Beta", "0.3"]])
    reader.read(book, "Columns of your own may be added")
    for wrong in ("250001", "25000", ""):
        with pytest.raises(LookupError, match="not in book"):
            reader.see(book, [["Customer", "Turnover"], ["Alpha", wrong]])
    with pytest.raises(LookupError):
        reader.see(book, [["Customer", "Potential score"], ["Alpha", "1"]])
    with pytest.raises(LookupError):
        reader.read(book, "Columns of your own may not be added")
    page = tmp_path / "page.md"
    page.write_text("| a | b |\n|---|---|\n| `1` | **2** |\n\n> quoted\n> on\n", "utf-8")
    assert reader.tables_of(page) == [[["a", "b"], ["1", "2"]]]
    assert reader.quotations_of(page) == ["quoted on"]
    texts = ("250,000", "250.000", "0,35", "35 %", "48 OOO", "")
    assert [reader.entry(text) for text in texts] == [250000, 250000, 0.35, 0.35, "48 OOO", None]
