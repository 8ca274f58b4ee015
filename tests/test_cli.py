"""The command line as a user sees it: exit codes, what goes where, help, languages."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from openpyxl import load_workbook
from support.books import write_book
from typer.testing import CliRunner, Result

from xlportfolio import __version__, cli


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [str(argument) for argument in arguments])


def run(*arguments: object, **variables: str) -> subprocess.CompletedProcess[str]:
    """The real program, in a process of its own."""
    return subprocess.run(
        [sys.executable, "-m", "xlportfolio.cli", *map(str, arguments)],
        capture_output=True,
        encoding=variables.get("PYTHONIOENCODING", "utf-8"),
        check=False,
        timeout=120,
        env={**os.environ, "LC_ALL": "C.UTF-8", "COLUMNS": "100", **variables},
    )


def test_help_loads_nothing_heavy() -> None:
    script = (
        "import sys, xlportfolio.cli\n"
        "print(sorted({'numpy', 'pandas', 'openpyxl', 'lxml', 'python_calamine', 'xlwings'}"
        " & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("command", "example"),
    [
        ("rescore", "xlportfolio rescore customers.xlsx -o scored.xlsx --as-of 2026-06-30"),
        ("explain", "xlportfolio explain customers.xlsx 10113"),
        ("check", "xlportfolio check customers.xlsx"),
        ("new", "xlportfolio new Kunden.xlsm --lang de --empty"),
        ("demo", "xlportfolio demo build --lang en"),
        ("measures", "xlportfolio measures --orders orders.csv"),
        ("compare", "xlportfolio compare march.xlsx june.xlsx"),
    ],
)
def test_help_shows_examples(command: str, example: str) -> None:
    done = run(command, "--help")
    assert done.returncode == 0
    assert example in done.stdout


def test_help_speaks_the_language_of_the_system() -> None:
    german = run("--help", LC_ALL="de_DE.UTF-8").stdout
    assert all(text in german for text in ("Nur die Datenprüfung", "─ Befehle", "─ Optionen"))
    assert "Run the data check alone" in run("--help").stdout


def test_version() -> None:
    assert run("--version").stdout == f"xlportfolio {__version__}\n"


def test_the_summary_says_what_was_found_and_where_it_is(book: Path) -> None:
    done = run("rescore", book, "--as-of", "2026-01-31")
    assert done.returncode == 0
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "customers.xlsx as of 2026-01-31"
    assert [line.split() for line in lines[1:7]] == [
        ["Type", "Customers", "Prospects"],
        ["Stars", "1", "1"],
        ["Question", "marks", "1", "0"],
        ["Free", "riders", "1", "0"],
        ["Poor", "dogs", "1", "0"],
        ["Not", "rated", "0", "0"],
    ]
    assert "The first 5 of 5" in lines
    assert lines[9].split() == ["1", "Epsilon", "Star", "100.0"]
    assert lines[10].split() == ["2", "Alpha", "Star", "92.0"]
    assert "Data check: nothing to report" in lines
    assert lines[-2].startswith(f"Written into {book} in ")
    assert lines[-1] == f"The workbook as it was is kept in {book}.bak"


def test_json_is_one_object_and_nothing_else(book: Path) -> None:
    done = run("rescore", book, "--json", "--as-of", "2026-01-31")
    assert (done.returncode, done.stderr) == (0, "")
    printed = json.loads(done.stdout)
    assert list(printed) == [
        "workbook",
        "as_of",
        "thresholds",
        "customers",
        "findings",
        "plan",
        "robustness",
        "movement",
        "problems",
    ]
    assert printed["workbook"] == str(book)
    assert printed["as_of"] == "2026-01-31"
    assert printed["movement"] is None  # no earlier day is kept
    assert printed["thresholds"] == {"value": 50, "benefit": 50}
    prospect, first = printed["customers"][:2]
    assert first == {
        "customer_id": "1",
        "customer": "Alpha",
        "status": "customer",
        "value_score": pytest.approx(90),
        "benefit_score": pytest.approx(94),
        "total_score": pytest.approx(92),
        "coverage": {"value": 1, "benefit": 1},
        "rank": 2,
        "quadrant": "star",
        "borderline": False,
        "abc_class": "A",
        "strategy": "Keep and deepen",
        "recommendation": first["recommendation"],
        "reason": "Value 90.0 points: carried by Turnover (45 of 50) and Growth (45 of 50). "
        "Benefit 94.0 points: carried by Fit (70 of 70) and Visits (24 of 30).",
        "lever": None,
        "findings": [],
        "firm": first["firm"],
        "contributions": {
            "Turnover": pytest.approx(45),
            "Growth": pytest.approx(45),
            "Fit": pytest.approx(70),
            "Visits": pytest.approx(24),
        },
    }
    assert first["recommendation"].startswith("Both sides gain from working together.")
    assert prospect["status"] == "prospect"
    assert prospect["abc_class"] is None
    assert "Turnover" not in prospect["contributions"]
    assert "Ranking" in load_workbook(book, read_only=True).sheetnames  # the file is written too


def test_rows_that_are_not_rated_are_last_with_their_reason(tmp_path: Path) -> None:
    rows = [
        (1, None, None, None, None, "high", 1),
        (2, "Two", None, 1, 0, "high", 1),
        (2, "Again", None, 1, 0, "high", 1),
        (None, None, None, 1, 0, "high", 1),
    ]
    printed = json.loads(
        invoke("rescore", write_book(tmp_path / "b.xlsx", customers=rows), "--json").stdout
    )
    found = [(c["customer_id"], c["rank"], c["reason"]) for c in printed["customers"]]
    assert found[1:] == [
        ("1", None, "Measures for only 0% of the value weight (50% needed)"),
        ("2", None, "Repeats row 3; counts nowhere"),
        ("", None, "Neither customer ID nor name"),
    ]
    first, repeated = printed["customers"][1:3]
    assert first["value_score"] is None
    assert first["benefit_score"] == pytest.approx(97)
    assert set(first["contributions"]) == {"Fit", "Visits"}
    assert first["customer"] is None
    assert (repeated["value_score"], repeated["contributions"]) == (None, {})
    assert {c["quadrant"] for c in printed["customers"][1:]} == {"not_rated"}
    assert {c["strategy"] for c in printed["customers"][1:]} == {None}


def test_the_language_option_changes_the_texts_not_the_reading(tmp_path: Path) -> None:
    rows = [(1, "Alpha", "Customer", "1.5", 0.4, "high", 2)]
    path = write_book(tmp_path / "b.xlsx", customers=rows)
    printed = json.loads(invoke("rescore", path, "--json", "--lang", "de").stdout)
    contributions = printed["customers"][0]["contributions"]
    assert contributions["Turnover"] == pytest.approx(0.5 * 0.15)
    assert printed["customers"][0]["strategy"] == "Mehr verdienen oder weniger tun"
    assert "Der Text „1.5“ wurde als 1,5 gelesen" in printed["problems"][0]["message"]
    assert "Rangliste" in load_workbook(path, read_only=True).sheetnames


@pytest.mark.parametrize(
    "arguments",
    [
        ("rescore",),
        ("rescore", "book.xlsx", "--as-of", "31/01/2026"),
        ("rescore", "book.xlsx", "--lang", "it"),
        ("rescore", "book.xlsx", "--faster"),
        ("dance",),
    ],
)
def test_wrong_usage_is_exit_code_2(arguments: tuple[str, ...]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_a_file_that_stops_it_is_exit_code_1_also_as_json(tmp_path: Path) -> None:
    path = tmp_path / "nothing.xlsx"
    done = run("rescore", path)
    sentence = f"{path}: there is no such file; check the name and the folder."
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"Error: {sentence}\n")
    done = run("rescore", path, "--json")
    assert done.returncode == 1
    printed = json.loads(done.stdout)
    assert printed["as_of"] == dt.datetime.now().astimezone().date().isoformat()
    assert [p["message"] for p in printed["problems"]] == [sentence]
    assert printed["problems"][0]["severity"] == "error"


def test_even_what_nobody_thought_of_is_a_sentence(
    book: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        msg = "odd"
        raise KeyError(msg)

    monkeypatch.setattr("xlportfolio.files.rescore.rescore", broken)
    done = invoke("rescore", book)
    assert done.exit_code == 1
    assert "Something went wrong that should not (KeyError: 'odd')" in done.stderr


def test_names_that_a_terminal_cannot_show_are_spelled_out(tmp_path: Path) -> None:
    rows = [(1, "Żabka [bold] :star: Łódź\n", "Customer", 900, 0.4, "high", 2)]
    path = write_book(tmp_path / "b.xlsx", customers=rows)
    done = run("rescore", path, PYTHONIOENCODING="cp1252")
    assert (done.returncode, done.stderr) == (0, "")
    assert "1  \\u017babka [bold] :star: \\u0141ód\\u017a  Star" in done.stdout
    done = run("rescore", path, PYTHONIOENCODING="utf-8")
    assert "1  Żabka [bold] :star: Łódź  Star" in done.stdout


def test_the_day_may_be_written_as_germans_do(book: Path) -> None:
    printed = json.loads(invoke("rescore", book, "--json", "--as-of", "31.12.2025").stdout)
    assert printed["as_of"] == "2025-12-31"


def test_progress_is_shown_on_a_terminal_and_on_standard_error_only(book: Path) -> None:
    pty = pytest.importorskip("pty")
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [sys.executable, "-m", "xlportfolio.cli", "rescore", str(book), "--json"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        check=True,
        timeout=120,
        env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "xterm"},
    )
    os.close(theirs)
    shown = b""
    while chunk := _read(ours):
        shown += chunk
    assert "Writing" in shown.decode()
    assert json.loads(done.stdout)["problems"] == []


def test_timings_say_on_standard_error_how_long_each_step_took(book: Path) -> None:
    done = run("rescore", str(book), "--json", "--timings", "--lang", "de")
    lines = [line.split() for line in done.stderr.splitlines()]
    steps = ["Lesen", "Eingaben prüfen", "Bewerten", "Blätter gestalten", "Schreiben"]
    assert [" ".join(line[4:]) for line in lines] == steps
    assert 97 <= sum(int(line[2]) for line in lines) <= 103
    assert all(line[1] == "s" and float(line[0].replace(",", ".")) >= 0 for line in lines)
    assert json.loads(done.stdout)["problems"] == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device of Linux")
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["rescore", "customers.xlsx"], "The output could not be written (No space left on device); what was done before that stays: check where the output goes."),
        (["rescore", "customers.xlsx", "--json"], "The output could not be written (No space left on device); what was done before that stays: check where the output goes."),
        (["new", "new.xlsx"], "The output could not be written (No space left on device); what was done before that stays: check where the output goes."),
        (["doctor"], "The output could not be written (No space left on device); what was done before that stays: check where the output goes."),
        (["check", "none.xlsx", "--json"], "none.xlsx: there is no such file; check the name and the folder."),
    ],
)  # fmt: skip
def test_output_that_goes_nowhere_is_no_failure_of_the_command(
    arguments: list[str], sentence: str, book: Path
) -> None:
    command = [sys.executable, "-m", "xlportfolio.cli", *arguments]
    environment = {**os.environ, "LC_ALL": "C.UTF-8"}
    before = book.read_bytes()
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            command,
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            timeout=120,
            cwd=book.parent,
            env=environment,
        )
    assert (done.returncode, done.stderr) == (1, f"Error: {sentence}\n")
    assert (book.read_bytes() != before) is ("customers.xlsx" in arguments)


@pytest.mark.skipif(os.name != "posix", reason="closed by a POSIX shell")
@pytest.mark.parametrize(
    ("arguments", "code"), [("rescore customers.xlsx", 0), ("rescore none.xlsx --json", 1)]
)
def test_closed_streams_are_no_fault(arguments: str, code: int, book: Path) -> None:
    """As where a window without a console starts it."""
    command = f"{sys.executable} -m xlportfolio.cli {arguments} >&- 2>&-"
    done = subprocess.run(command, shell=True, check=False, timeout=120, cwd=book.parent)
    assert done.returncode == code
    assert book.with_name("customers.xlsx.bak").exists() is (code == 0)


@pytest.mark.skipif(os.name != "posix", reason="pipes of POSIX systems")
@pytest.mark.parametrize("arguments", [["check"], ["rescore", "--dry-run"], ["doctor"]])
def test_a_pipe_is_refused_and_not_waited_for(arguments: list[str], tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.xlsx"
    os.mkfifo(pipe)
    done = run(*arguments, pipe)
    assert "pipe.xlsx is not an ordinary file" in done.stdout + done.stderr
    assert done.returncode == 1
    assert list(tmp_path.iterdir()) == [pipe]


@pytest.mark.parametrize("name", ["", ".", "/", ".."])
def test_a_folder_is_no_workbook_whatever_it_is_called(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for arguments in (["rescore", name], ["check", name]):
        done = invoke(*arguments)
        assert done.exit_code == 1
        assert "is a folder; name the workbook in it." in done.stderr


def test_a_name_that_no_file_can_have_is_that_of_no_file() -> None:
    done = invoke("rescore", "x" * 300 + ".xlsx")
    assert done.stderr.endswith("there is no such file; check the name and the folder.\n")


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # the other side is closed and all is read
        return b""


def test_check_touches_nothing(tmp_path: Path) -> None:
    rows = [(1, "Alpha", "Friend", "many", 0.4, "high", 2)]
    path = write_book(tmp_path / "b.xlsx", customers=rows)
    before = path.read_bytes()
    path.with_name("~$b.xlsx").touch()  # reading is allowed while it is open elsewhere
    done = run("check", path)
    assert done.returncode == 0
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "Warning",
        "Warning",
        "Note",
    ]
    assert path.read_bytes() == before
    faulty = write_book(tmp_path / "c.xlsx", settings=[("abc_a", -1)])
    done = run("check", faulty)
    assert done.returncode == 1
    assert "abc_a cannot be -1" in done.stderr


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("contents", ["--sample", "--empty"])
def test_new_makes_a_workbook_that_can_be_rescored(
    language: str, contents: str, tmp_path: Path
) -> None:
    path = tmp_path / "new.xlsx"
    done = run("new", path, "--lang", language, contents)
    assert done.returncode == 0
    assert str(path) in done.stdout
    done = run("rescore", path, "--json")
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["customers"]) == (60 if contents == "--sample" else 0)


def test_new_overwrites_nothing_and_makes_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "new.xlsx"
    path.write_bytes(b"mine")
    done = run("new", path)
    assert done.returncode == 1
    assert "already exists and was not touched" in done.stderr
    assert path.read_bytes() == b"mine"
    done = run("new", tmp_path / "new.xls")
    assert done.returncode == 1
    assert "must end in .xlsx" in done.stderr
    done = run("new", tmp_path / "nowhere" / "new.xlsx")
    assert done.returncode == 1
    assert "nowhere does not exist; create it" in done.stderr


@pytest.mark.parametrize(
    ("language", "name", "orders"),
    [
        ("en", "sample.xlsx", "sample-orders.csv"),
        ("de", "Beispiel.xlsx", "Beispiel-Auftraege.csv"),
        ("fr", "exemple.xlsx", "exemple-commandes.csv"),
    ],
)
def test_demo_builds_and_rescores_the_sample_again_and_again(
    language: str, name: str, orders: str, tmp_path: Path
) -> None:
    for _ in range(2):
        done = run("demo", tmp_path / "build", "--lang", language)
        assert done.returncode == 0
        last = done.stdout.splitlines()[-1]
        assert str(tmp_path / "build" / name) in last
        assert "xlportfolio new" in last
        assert str(tmp_path / "build" / orders) in done.stdout
    assert {p.name for p in (tmp_path / "build").iterdir()} == {name, orders}
