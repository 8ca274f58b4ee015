"""French from end to end, and a language that nobody has heard of: both are one file."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from support.browser import Watched, chromium
from support.template import made
from support.web_pages import sample, written
from typer.testing import CliRunner

import xlportfolio
from xlportfolio import cli
from xlportfolio.errors import Severity
from xlportfolio.excel.functions import KP_QUADRANT, KP_STRATEGY
from xlportfolio.locale import texts
from xlportfolio.schema.contract import CUSTOMERS, ORDERS, TABLES
from xlportfolio.schema.words import SPOKEN
from xlportfolio.sources.customers import read_customers
from xlportfolio.sources.synonyms import language_of_headers, matched, wanted
from xlportfolio.template.sample_orders import orders_file

SOURCE = Path(xlportfolio.__file__).parent
DAY = "2026-03-31"
FRENCH = texts("fr")
#: What both sides of a comparison must share to the last digit.
SAME = (
    "customer_id",
    "status",
    "value_score",
    "benefit_score",
    "total_score",
    "coverage",
    "rank",
    "quadrant",
    "borderline",
    "abc_class",
)
#: Entries typed as text: the criterion or setting, and how it is typed by language.
TYPED: Mapping[str, Mapping[str, str]] = {
    "turnover": {"en": "1,234,567.25 €", "fr": "1 234 567,25 €"},
    "margin": {"en": "12.5 %", "fr": "12,5\N{NO-BREAK SPACE}%"},
    "potential": {"en": "2,345,678", "fr": "2\N{NARROW NO-BREAK SPACE}345\N{NO-BREAK SPACE}678"},
    "delay": {"en": "0.5", "fr": "0,5"},
}
SETTINGS = {
    "as_of": {"en": DAY, "fr": "31/03/2026"},
    "value_threshold": {"en": "mean", "fr": "Moyenne"},
    "benefit_threshold": {"en": "47.5", "fr": "47,5"},
}
STATUS = {"en": "Prospect", "fr": " prospect"}
FILL = {"en": "worst", "fr": "Pire"}


def done(*arguments: object) -> str:
    result = CliRunner().invoke(cli.app, [*map(str, arguments)])
    assert result.exit_code == 0, result.output
    return result.stdout


def rows_of(book: Workbook, table: str) -> Iterator[tuple[Any, ...]]:
    (sheet,) = [sheet for sheet in book.worksheets if table in sheet.tables]
    yield from sheet[sheet.tables[table].ref]


def typed(folder: Path, language: str) -> Path:
    """The sample, with some entries typed as text in a language."""
    path, words = made(folder, language, macros=False), texts(language)
    book = load_workbook(path)
    head, *customers = rows_of(book, "tblCustomers")
    at = {cell.value: k for k, cell in enumerate(head)}
    for (key, spelled), row in zip(TYPED.items(), customers, strict=False):
        row[at[words.branch("sample.criteria")[key][0]]].value = spelled[language]
    customers[5][at[CUSTOMERS.header("status", language)]].value = STATUS[language]
    head, *criteria = rows_of(book, "tblCriteria")
    (missing,) = [k for k, cell in enumerate(head) if cell.value == words("columns.missing")]
    criteria[1][missing].value = FILL[language]
    for name, value, *_ in rows_of(book, "tblSettings"):
        if name.value in SETTINGS:
            value.value = SETTINGS[name.value][language]
    book.save(path)
    return path


@pytest.fixture(scope="module")
def french(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workbook with French entries, scored."""
    path = typed(tmp_path_factory.mktemp("fr"), "fr")
    done("rescore", path, "--no-backup")
    return path


def scored(path: Path) -> list[dict[str, Any]]:
    said = json.loads(done("rescore", path, "--dry-run", "--json"))
    return [{key: one[key] for key in SAME} for one in said["customers"]]


def test_scores_are_those_of_the_english_workbook_to_the_last_digit(
    french: Path, tmp_path: Path
) -> None:
    ours, theirs = scored(french), scored(typed(tmp_path, "en"))
    assert len(ours) == 60
    assert ours == theirs
    assert {one["quadrant"] for one in ours} > {"star", "question_mark", "free_rider", "poor_dog"}


def test_entries_as_the_french_type_them_are_read_and_noted(french: Path) -> None:
    problems = json.loads(done("check", french, "--json"))["problems"]
    noted = {one["found"] for one in problems if one["severity"] == Severity.NOTE}
    assert noted >= {*(of["fr"] for of in TYPED.values()), SETTINGS["benefit_threshold"]["fr"]}
    (warning,) = [one for one in problems if one["severity"] != Severity.NOTE]
    assert warning["found"] == FRENCH("sample.unknown")


def test_every_sheet_and_header_that_is_written_is_french(french: Path) -> None:
    book = load_workbook(french)
    ours = set(FRENCH.branch("columns").values())
    ours |= {FRENCH.branch("sample.criteria")[key][0] for key in FRENCH.branch("sample.criteria")}
    for table in (*TABLES, ORDERS):
        ours |= {column.header("fr") for column in table.all_columns}
        assert table.sheet("fr") in book.sheetnames
    ours.add(FRENCH("new.settings_column"))
    written_tables = 0
    for sheet in book.worksheets:
        for table in sheet.tables.values():
            written_tables += 1
            header = {cell.value for cell in sheet[table.ref][0]}
            assert header <= ours, sheet.title
    assert written_tables > 12
    named = {FRENCH(f"sheets.{key}") for key in ("ranking", "recommendations", "abc", "matrix")}
    assert named <= set(book.sheetnames)
    assert book[FRENCH("sheets.ranking")]["A1"].value == FRENCH("titles.ranking")
    assert "31/03/2026" in book[FRENCH("sheets.ranking")]["A2"].value


def test_an_english_workbook_is_scored_in_french_where_that_is_asked_for(tmp_path: Path) -> None:
    path = made(tmp_path, "en", macros=False)
    done("rescore", path, "--no-backup", "--lang", "Français", "--as-of", "31.03.2026")
    names = load_workbook(path).sheetnames
    assert FRENCH("sheets.ranking") in names
    assert CUSTOMERS.sheet("en") in names


def test_the_command_says_which_languages_there_are(tmp_path: Path) -> None:
    done("new", tmp_path / "livre.xlsx", "--lang", "fr")
    assert CUSTOMERS.sheet("fr") in load_workbook(tmp_path / "livre.xlsx").sheetnames
    wrong = CliRunner().invoke(cli.app, ["new", str(tmp_path / "x.xlsx"), "--lang", "xx"])
    assert wrong.exit_code == 2
    assert all(code in wrong.output for code in ("de", "en", "fr"))


def test_functions_answer_in_french() -> None:
    answer = KP_QUADRANT([[60.0], [None]], [[40.0], [70.0]], language="fr")
    assert answer == [["Dilemme"], [None]]
    assert KP_QUADRANT([[60.0]], [[60.0]], language="français") == [["Star"]]
    advised = KP_STRATEGY([["Poids mort"]], [["Client"]], "fr")
    assert advised == [[FRENCH("strategies.poor_dog.customer.strategy")]]
    assert "fr" in str(KP_QUADRANT([[60.0]], [[60.0]], language="klingon"))


@pytest.mark.parametrize("name", ["fr", "Français", "French", "FRANZÖSISCH "])
def test_the_setting_language_knows_its_names(name: str) -> None:
    assert SPOKEN.get(name) == "fr"


def test_the_workbook_with_macros_speaks_french(tmp_path: Path) -> None:
    path = made(tmp_path, "fr")
    with zipfile.ZipFile(path) as package:
        ribbon = package.read("customUI/customUI.xml").decode()
        book = package.read("xl/workbook.xml").decode()
    for button in ("kpRescore", "kpShare", "kpHistory"):
        assert FRENCH.branch("ribbon")[button]["label"] in ribbon
    assert FRENCH("macros.not_recomputed") in book
    english = texts("en").branch("ribbon")["kpRescore"]["label"]
    assert f'label="{english}"' not in ribbon


def test_orders_and_customers_as_french_programs_export_them_are_understood(tmp_path: Path) -> None:
    headers = orders_file("fr", dt.date(2026, 3, 31)).decode("cp1252").splitlines()[0].split(";")
    assert headers == FRENCH.branch("sample")["orders"]
    found = matched(headers, wanted(ORDERS), {}, "commandes.csv")
    assert found.unused == ()
    assert language_of_headers(headers, ORDERS) == "fr"
    path = tmp_path / "clients.csv"
    path.write_bytes(
        "Code client;Raison sociale;CA;Depuis\r\n"
        "7;Épicerie Zoé;1 234,5;03/04/2020\r\n8;Bêta;12,25;31/12/2021\r\n".encode("cp1252")
    )
    table, _ = read_customers(path, ["Numéro client", "Client", "CA", "Depuis"])
    assert list(table.header) == ["Numéro client", "Client", "CA", "Depuis"]
    cells = [[table.cell(i, k) for k in range(4)] for i in range(2)]
    assert cells == [
        [7, "Épicerie Zoé", 1234.5, dt.datetime(2020, 4, 3)],  # noqa: DTZ001 (as a cell)
        [8, "Bêta", 12.25, dt.datetime(2021, 12, 31)],  # noqa: DTZ001 (as a cell)
    ]


def test_the_page_shows_french_numbers_and_words(tmp_path: Path) -> None:
    page = written(sample(tmp_path, "fr"), tmp_path / "page.html")
    with chromium() as browser:
        watched = Watched(browser, page)
        shown = watched.page.locator("body").inner_text()
        language = watched.page.locator("html").get_attribute("lang")
        share = watched.page.evaluate("PERCENT.format(0.125)")
        grouped = watched.page.evaluate("FEW.format(1234567.25)")
        watched.close()
        assert watched.complaints == []
    assert language == "fr"
    assert "Dilemmes" in shown
    assert re.search(r"\b\d\d,\d\b", shown)
    assert not re.search(r"\b\d\d\.\d\b", shown)
    assert share == "13\N{NO-BREAK SPACE}%"
    assert grouped == "1\N{NARROW NO-BREAK SPACE}234\N{NARROW NO-BREAK SPACE}567,25"


# --- a language is one file ----------------------------------------------------------------------

#: Run beside a copy of the package that has the file of one more language.
BUILD = """
import sys
from pathlib import Path
import xlportfolio
from xlportfolio.locale import LANGUAGES, language_of_system
from xlportfolio.schema.numerals import read_number
from xlportfolio.template import build
from xlportfolio.template.workbook import file_name
assert Path(xlportfolio.__file__).is_relative_to(sys.argv[1])
assert LANGUAGES == ("en", "de", "fr", "xx"), LANGUAGES
assert language_of_system() == "xx"
assert read_number("1'234;5 €", "xx") == (1234.5, None, False)
books = Path(build.__file__).with_name("books")
for macros in (True, False):
    name = file_name("xx", with_sample=True, macros=macros)
    (books / name).write_bytes(build.build("xx", with_sample=True, macros=macros))
"""


def invented() -> str:
    """The English file with other words: sheets, headers, all that cells are read by, and types."""
    whole = (SOURCE / "locale" / "en.toml").read_text(encoding="utf-8")
    lines, section = [], ""
    for line in whole.splitlines():
        section = line.strip("[]") if line.startswith("[") else section
        lines.append(changed(section, line))
    return "\n".join(lines)


#: What is particular to the invented language.
PARTICULAR = {
    "name": '"Xanth"',
    "english": '"Xanth"',
    "decimal": '";"',
    "thousands": '"\'"',
    "groups": '["\'"]',
}
PREFIXED = ("contract.", "columns", "titles", "sheets")
NAMED = {"axes", "statuses", "quadrants", "quadrants_plural", "scales", "fills"}


def changed(section: str, line: str) -> str:
    """A line of the English file, in the invented language."""
    key, equals, value = line.partition(" = ")
    if section == "contract.words":
        return re.sub(r"(\w+) = \[[^]]*\]", r'\1 = ["xx \1"]', line)
    if section == "language" and key in PARTICULAR:
        return f"{key} = {PARTICULAR[key]}"
    if equals and section.startswith(PREFIXED):
        return f'{key} = "Xx {value[1:]}'
    if equals and section in NAMED:
        return f'{key} = "xx {key}"'
    return line


def test_a_new_language_is_one_new_file(tmp_path: Path) -> None:
    package = tmp_path / "xlportfolio"
    shutil.copytree(SOURCE, package, ignore=shutil.ignore_patterns("__pycache__"))
    (package / "locale" / "xx.toml").write_text(invented(), encoding="utf-8")
    speaking = {**os.environ, "PYTHONPATH": str(tmp_path), "LC_ALL": "xx_XX.UTF-8"}

    def run(*arguments: object) -> str:
        command = [sys.executable, *map(str, arguments)]
        ended = subprocess.run(
            command, cwd=tmp_path, env=speaking, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stdout + ended.stderr
        return ended.stdout

    run("-c", BUILD, tmp_path)
    book = tmp_path / "book.xlsx"
    run("-m", "xlportfolio.cli", "new", book, "--lang", "Xanth")
    assert "Xx Customers" in load_workbook(book).sheetnames
    said = json.loads(
        run("-m", "xlportfolio.cli", "rescore", book, "--json", "--as-of", DAY, "--no-backup")
    )
    assert {"Xx Ranking", "Xx Recommendations"} <= set(load_workbook(book).sheetnames)
    ranking = load_workbook(book)["Xx Ranking"]
    assert ranking["A1"].value.startswith("Xx ")
    shown = {cell.value for row in ranking.iter_rows() for cell in row}
    assert {"xx star", "xx free_rider", "xx prospect", "Xx Customer ID"} <= shown
    english = made(tmp_path, "en", macros=False)
    ours = [{key: one[key] for key in SAME} for one in said["customers"]]
    done("rescore", english, "--no-backup", "--as-of", DAY)
    theirs = json.loads(done("rescore", english, "--dry-run", "--json", "--as-of", DAY))
    assert ours == [{key: one[key] for key in SAME} for one in theirs["customers"]]
