"""Copies for colleagues by ``share``, from the command to the file: what stays, goes, and computes."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from support.books import CRITERIA, CUSTOMERS_HEADER, rows_of, write_book
from support.copies import edited
from support.ecma import repairs_of
from support.packages import changed_parts, faults_of, parts_of
from support.searched import found_in
from support.template import made
from typer.testing import CliRunner, Result

from xlportfolio import cli
from xlportfolio.locale import texts

DAY = "2026-06-30"
HEADER = (*CUSTOMERS_HEADER, "Region", "Remark")
CUSTOMERS = (
    ("K-4711", "Quellmann Werke", "Customer", 912, 0.4, "high", 2, "South", "pays late"),
    ("K-4712", "Birkenau Stahl", "Customer", 823, 0.1, "low", 9, "North", "wants a visit"),
    ("K-4713", "Erlenbach Guss", "Customer", 134, -0.3, "high", 1, "South", None),
    ("K-4714", "Moorfeld Holz", "Customer", 56, -0.5, "low", 10, "North", "sells soon"),
    ("K-4715", "Dornheim Bau", "Prospect", None, 0.5, "high", None, "east ", None),
    ("K-4716", "Heidelberger Feinblech", "Customer", 400, 0.2, "high", 4, None, None),
)
NORTH = ("K-4712", "Birkenau Stahl", "K-4714", "Moorfeld Holz")
SETTINGS = (("as_of", DAY), ("min_coverage", 40))


def book_of(folder: Path, **more: Any) -> Path:
    path = folder / "customers.xlsx"
    return write_book(path, customers_header=HEADER, customers=CUSTOMERS, settings=SETTINGS, **more)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, arguments)])


def done(*arguments: object) -> dict[str, Any]:
    """The JSON object of a run of ``share`` that went well."""
    result = run("share", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def table_of(path: Path, table: str) -> list[dict[str, Any]]:
    book = load_workbook(path)
    (sheet,) = [sheet for sheet in book.worksheets if table in sheet.tables]
    return rows_of(sheet)


def texts_of(path: Path) -> set[str]:
    """The texts in the cells of a workbook, and in their notes; steps without their numbers."""
    cells = [c for sheet in load_workbook(path) for row in sheet.iter_rows() for c in row]
    found = [str(t) for c in cells for t in (c.value, c.comment and c.comment.text) if t]
    return {re.sub(r"^\d\. ", "", text) for text in found if not text.startswith("=")}


def scores(path: Path) -> dict[str, tuple[Any, ...]]:
    columns = ("Rank", "Type", "Value score", "Benefit score", "Total score", "ABC")
    return {
        row["Customer ID"]: tuple(row[column] for column in columns)
        for row in table_of(path, "tblRanking")
    }


# --- a copy with everything -----------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_copy_of_the_template_needs_neither_python_nor_macros(
    tmp_path: Path, language: str
) -> None:
    book = made(tmp_path, language)
    before = book.read_bytes()
    copy = tmp_path / "copy.xlsx"
    done(book, copy, "--as-of", DAY)
    assert book.read_bytes() == before
    parts = parts_of(copy)
    assert not faults_of(parts)
    assert not repairs_of(parts)
    assert not found_in(copy, "vbaProject", "customUI", "macroEnabled", "kp_text_")
    assert not re.findall(rb"<f[^>]*>[^<]*KP_", b"".join(parts.values()))
    rescored = run("rescore", book, "-o", tmp_path / "scored.xlsm", "--as-of", DAY, "--json")
    customers = json.loads(rescored.stdout)["customers"]
    table = table_of(copy, "tblRanking")
    assert [list(row.values())[1] for row in table] == [one["customer_id"] for one in customers]
    assert [list(row.values())[5] for row in table] == [one["value_score"] for one in customers]


def test_a_copy_leaves_every_part_that_is_not_ours_as_it_was(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    copy = tmp_path / "copy.xlsx"
    done(book, copy)
    allowed = {
        "[Content_Types].xml",
        "xl/workbook.xml",
        "xl/_rels/workbook.xml.rels",
        "xl/styles.xml",
    }
    assert changed_parts(parts_of(book), parts_of(copy)) <= allowed


def test_a_copy_has_the_numbers_of_a_rescore(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    done(book, tmp_path / "copy.xlsx")
    run("rescore", book, "-o", tmp_path / "scored.xlsx")
    assert scores(tmp_path / "copy.xlsx") == scores(tmp_path / "scored.xlsx")


# --- only what may be seen ------------------------------------------------------------------------


def test_of_other_customers_nothing_is_left_and_ranks_are_those_of_all(tmp_path: Path) -> None:
    book, copy = book_of(tmp_path), tmp_path / "south.xlsx"
    said = done(book, copy, "--only", "region=SOUTH")
    assert said["copies"][0]["customers"] == 2
    assert not found_in(copy, *NORTH, "Dornheim Bau", "wants a visit", "sells soon")
    run("rescore", book, "-o", tmp_path / "scored.xlsx")
    whole = scores(tmp_path / "scored.xlsx")
    assert scores(copy) == {key: whole[key] for key in ("K-4711", "K-4713")}
    assert not repairs_of(parts_of(copy))


def test_other_customers_are_gone_after_excel_has_shared_our_texts(tmp_path: Path) -> None:
    """Excel moves the texts of our sheets into the table of shared strings when it saves."""
    book = book_of(tmp_path)
    run("rescore", book)
    load_workbook(book).save(book)  # puts them there too
    copy = tmp_path / "south.xlsx"
    done(book, copy, "--only", "Region=South")
    assert not found_in(copy, *NORTH, "Dornheim Bau")


def test_a_hidden_measure_is_gone_and_scores_stay(tmp_path: Path) -> None:
    book, copy = book_of(tmp_path), tmp_path / "copy.xlsx"
    done(book, copy, "--hide", "Turnover", "--hide", "remark")
    run("rescore", book, "-o", tmp_path / "scored.xlsx")
    assert scores(copy) == scores(tmp_path / "scored.xlsx")
    assert {row["Turnover"] for row in table_of(copy, "tblCustomers")} == {None}
    assert not found_in(copy, "pays late", "wants a visit")
    reasons = [str(row["Reason"]) for row in table_of(copy, "tblRecommendations")]
    assert reasons
    assert not [reason for reason in reasons if "Turnover" in reason]


def test_anonymous_customers_are_the_same_in_the_next_copy(tmp_path: Path) -> None:
    book, copy = book_of(tmp_path), tmp_path / "copy.xlsx"
    said = done(book, copy, "--anonymise")
    key = Path(said["copies"][0]["key"])
    assert key == tmp_path / "copy-key.csv"
    assert not found_in(copy, *(row[1] for row in CUSTOMERS))
    with key.open(encoding="utf-8-sig", newline="") as file:
        first = list(csv.reader(file))
    known = {row[1]: row[3] for row in first[1:]}
    assert set(known) == {row[1] for row in CUSTOMERS}
    shown = {row["Customer ID"]: row["Customer"] for row in table_of(copy, "tblRanking")}
    assert shown == {row[0]: known[row[1]] for row in CUSTOMERS}
    done(book_of(tmp_path, criteria=(*CRITERIA[:1], *CRITERIA[2:])), copy, "--anonymise")
    again = {row["Customer ID"]: row["Customer"] for row in table_of(copy, "tblRanking")}
    assert again == shown


def test_the_key_names_everybody_in_rows_that_repeat_a_number(tmp_path: Path) -> None:
    again = ("K-4711", "Quellmann Zweigwerk", "Customer", 100, 0.1, "low", 2, "South", None)
    path, copy = tmp_path / "customers.xlsx", tmp_path / "copy.xlsx"
    write_book(path, customers_header=HEADER, customers=(*CUSTOMERS, again), settings=SETTINGS)
    done(path, copy, "--anonymise")
    with (tmp_path / "copy-key.csv").open(encoding="utf-8-sig", newline="") as file:
        known = {row[1] for row in csv.reader(file)}
    assert {"Quellmann Werke", "Quellmann Zweigwerk"} <= known


def test_a_copy_without_some_findings_is_scored_and_shared_again(tmp_path: Path) -> None:
    """What turnover hides is less there than in a new report, and stands above the same table."""
    book, copy = made(tmp_path, "en"), tmp_path / "copy.xlsx"
    done(book, copy, "--hide", "Turnover", "--as-of", DAY)
    for command in ("rescore", "share"):
        out = [tmp_path / "again.xlsx"] if command == "share" else ["-o", tmp_path / "scored.xlsx"]
        result = run(command, copy, *out, "--as-of", DAY)
        assert result.exit_code == 0, result.output


def test_a_customer_who_is_called_as_a_column_leaves_the_table_whole(tmp_path: Path) -> None:
    path, copy = tmp_path / "customers.xlsx", tmp_path / "copy.xlsx"
    names = {"K-4712": "Customer", "K-4714": "Turnover"}
    rows = [(row[0], names.get(str(row[0]), row[1]), *row[2:]) for row in CUSTOMERS]
    write_book(path, customers_header=HEADER, customers=rows, settings=SETTINGS)
    for asked in (("--only", "Region=South"), ("--anonymise",)):
        done(path, copy, *asked)
        assert not repairs_of(parts_of(copy))
        assert list(table_of(copy, "tblCustomers")[0]) == list(HEADER)


def test_what_all_copies_say_is_said_once(tmp_path: Path) -> None:
    said = done(book_of(tmp_path), "--split-by", "Region", tmp_path / "regions")
    sentences = [problem["message"] for problem in said["problems"]]
    assert len(sentences) == len(set(sentences)) > 3


def test_only_is_taken_once(tmp_path: Path) -> None:
    options = ("--only", "Region=South", "--only", "Status=Customer")
    result = run("share", book_of(tmp_path), tmp_path / "copy.xlsx", *options)
    assert result.exit_code == 2
    assert not (tmp_path / "copy.xlsx").exists()


def test_less_is_shown_of_a_copy_that_computes(tmp_path: Path) -> None:
    live, copy = tmp_path / "live.xlsx", tmp_path / "copy.xlsx"
    done(book_of(tmp_path), live, "--live")
    done(live, copy, "--live", "--hide", "Turnover", "--only", "Region=South")
    assert not found_in(copy, *NORTH)
    assert not repairs_of(parts_of(copy))


def test_a_copy_with_values_of_a_copy_that_computes_keeps_its_scorecard(tmp_path: Path) -> None:
    live, copy = tmp_path / "live.xlsx", tmp_path / "copy.xlsx"
    done(made(tmp_path, "en"), live, "--live", "--as-of", DAY)
    done(live, copy, "--as-of", DAY)
    assert not found_in(copy, "#REF!", "Calculation'!")
    rows = load_workbook(copy)["Scorecard"].iter_rows(min_row=5, max_row=10, values_only=True)
    assert all(isinstance(row[2], float | int) for row in rows)


def test_numbers_too_are_replaced_on_demand(tmp_path: Path) -> None:
    book, copy = book_of(tmp_path), tmp_path / "copy.xlsx"
    done(book, copy, "--anonymise-ids")
    assert not found_in(copy, *(name for row in CUSTOMERS for name in row[:2]))


def test_each_value_gets_a_copy_with_names_that_all_copies_share(tmp_path: Path) -> None:
    book, folder = book_of(tmp_path), tmp_path / "regions"
    said = done(book, "--split-by", "Region", folder, "--anonymise")
    names = [Path(copy["path"]).name for copy in said["copies"]]
    assert sorted(names) == [f"customers-{name}.xlsx" for name in ("North", "South", "east")]
    assert [copy["customers"] for copy in said["copies"]] in ([2, 2, 1], [1, 2, 2], [2, 1, 2])
    assert {copy["key"] for copy in said["copies"]} == {str(tmp_path / "regions-key.csv")}
    shown = [
        row["Customer"]
        for copy in said["copies"]
        for row in table_of(Path(copy["path"]), "tblRanking")
    ]
    assert len(set(shown)) == len(shown) == 5
    assert [problem for problem in said["problems"] if problem["severity"] == "warning"]


# --- what stops it --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--only", "Regoin=South"), "Region"),
        (("--only", "Region=Sooth"), "South"),
        (("--hide", "Turnovr"), "Turnover"),
        (("--hide", "Customer"), "--anonymise"),
    ],
)
def test_what_is_not_there_is_named_and_nothing_written(
    tmp_path: Path, options: tuple[str, str], said: str
) -> None:
    book, copy = book_of(tmp_path), tmp_path / "copy.xlsx"
    result = run("share", book, copy, *options)
    assert result.exit_code == 1
    assert said in result.stderr
    assert not copy.exists()


def test_a_copy_is_never_the_workbook_itself(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    before = book.read_bytes()
    assert run("share", book, book).exit_code == 1
    assert run("share", book, tmp_path / "copy.xlsm").exit_code == 1
    assert run("share", book).exit_code == 2
    assert book.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == [book.name]


def test_a_file_that_is_no_key_is_not_written_over(tmp_path: Path) -> None:
    book, copy = book_of(tmp_path), tmp_path / "copy.xlsx"
    key = tmp_path / "copy-key.csv"
    key.write_text("mine", encoding="utf-8")
    result = run("share", book, copy, "--anonymise")
    assert result.exit_code == 1
    assert "copy-key.csv" in result.stderr
    assert key.read_text(encoding="utf-8") == "mine"
    assert not copy.exists()


# --- what the template says of macros -------------------------------------------------------------

#: What a colleague looks for in vain in a copy.
OF_MACROS = re.compile(r"ribbon|Menüband|click|klicken|Enable|aktivieren|rescore”|rescore“|EXPLAIN")


@pytest.mark.parametrize(
    ("language", "macros", "live"), [("en", True, False), ("de", True, True), ("de", False, False)]
)
def test_a_copy_of_the_template_tells_nobody_to_click_what_is_not_there(
    tmp_path: Path, language: str, macros: bool, live: bool
) -> None:
    book, copy = made(tmp_path, language, macros=macros), tmp_path / "copy.xlsx"
    done(book, copy, *(["--live"] * live))
    assert {t for t in texts_of(copy) if OF_MACROS.search(t)} <= {
        texts(language)("new.choose_prompt")
    }
    again = tmp_path / "again.xlsx"
    done(copy, again, *(["--live"] * (not live)))
    instead = texts(language).branch("new.copy")
    keys = {"rescore", *(["macros", "scorecard", "what_if", "helper"] * macros)}
    for path, computes in ((copy, live), (again, not live)):
        told = {key for key, text in instead.items() if text in texts_of(path)}
        wanted = {f"{k}_live" if computes and f"{k}_live" in instead else k for k in keys}
        assert told == wanted | {"criteria", "passed_on", "orders", "source"}


def test_sentences_that_the_user_has_changed_stay(tmp_path: Path) -> None:
    book, copy = made(tmp_path, "en", with_sample=False), tmp_path / "copy.xlsx"
    theirs, mine = (texts("en")("new.macros"), texts("en")("new.macros") + " Ask Anna.")
    done(edited(book, "xl/sharedStrings.xml", (theirs, mine)), copy)
    assert mine in texts_of(copy)
    assert texts("en")("new.copy.scorecard") in texts_of(copy)


# --- a copy of a copy -----------------------------------------------------------------------------


def scorecard_of(path: Path) -> list[list[Any]]:
    """The scorecard of the template, below its headers; formulas as such."""
    sheet = load_workbook(path)["Scorecard"]
    return [[c.value for c in row] for row in sheet.iter_rows(5, sheet.max_row, max_col=8)]


def test_a_copy_of_a_live_copy_shows_each_customer_its_own_scores(tmp_path: Path) -> None:
    book = made(tmp_path, "en")
    live, fresh, values, again = (tmp_path / f"{name}.xlsx" for name in ("l", "f", "v", "a"))
    done(book, live, "--live", "--as-of", DAY)
    workbook = load_workbook(live)
    workbook.create_sheet("Mine")["A1"] = "=Calculation!$A$1"
    workbook["Criteria"]["C5"] = 90  # another ranking, and so another order of the calculation
    workbook.save(live)
    workbook = load_workbook(book, keep_vba=True)
    workbook["Criteria"]["C5"] = 90
    workbook.save(book)
    done(book, fresh, "--as-of", DAY)
    done(live, values, "--as-of", DAY)
    assert scorecard_of(values) == scorecard_of(fresh) != scorecard_of(live)
    assert not any("#REF!" in str(c.value) for s in load_workbook(values) for r in s for c in r)
    done(live, again, "--live", "--as-of", DAY)
    calculation = load_workbook(again)["Calculation"]
    rows = [re.search(r"\d+$", row[2]) for row in scorecard_of(again)]
    names = [calculation.cell(int(row[0]), 2).value for row in rows if row is not None]
    assert names == [row[1] for row in scorecard_of(fresh)]


def test_a_copy_that_hides_a_criterion_can_be_scored_and_shared_again(tmp_path: Path) -> None:
    book, copy, again = made(tmp_path, "en"), tmp_path / "copy.xlsx", tmp_path / "again.xlsx"
    done(book, copy, "--hide", "Margin rate")
    done(copy, again)
    assert len(table_of(again, "tblAbc")) == len(table_of(copy, "tblAbc"))


# --- what is said of several copies ---------------------------------------------------------------


def test_what_goes_for_each_copy_is_said_once(tmp_path: Path) -> None:
    result = run("share", book_of(tmp_path), "--split-by", "Region", tmp_path / "reps")
    assert result.output.count(texts("en")("sharing.for_all")) == 1
    assert result.output.count("Ranks, thresholds and bounds") == 1
    assert result.output.count("rows of customers who are left out") == 3
    alone = run("share", tmp_path / "customers.xlsx", tmp_path / "a.xlsx", "--only", "Region=South")
    assert texts("en")("sharing.for_all") not in alone.output
    assert "Ranks, thresholds and bounds" in alone.output


@pytest.mark.parametrize(("column", "key"), [("Bank", "split_empty"), ("Rgion", "share_column")])
def test_a_column_by_which_nothing_can_be_split_is_named(
    tmp_path: Path, column: str, key: str
) -> None:
    book = tmp_path / "kunden.xlsx"
    rows = [(*row, None) for row in CUSTOMERS]
    write_book(
        book,
        customers_header=(*HEADER, "Bank"),
        customers=rows,
        settings=(*SETTINGS, ("language", "de")),
    )
    result = run("share", book, "--split-by", column, tmp_path / "reps", "--json")
    assert result.exit_code == 1
    (problem,) = json.loads(result.stdout)["problems"]
    assert problem["sheet"] is not None
    assert re.search(
        {"split_empty": "leer", "share_column": "keine Spalte"}[key], problem["message"]
    )
    assert not (tmp_path / "reps").exists()


def test_a_sheet_is_seen_where_the_last_one_that_was_goes(tmp_path: Path) -> None:
    book, copy = made(tmp_path, "en"), tmp_path / "copy.xlsx"
    hidden = tmp_path / "hidden.xlsx"
    done(book, hidden)
    workbook = load_workbook(hidden)
    for sheet in workbook.worksheets:
        sheet.sheet_state = "visible" if sheet.title == "What-if" else "hidden"
    workbook.active = workbook.sheetnames.index("What-if")
    workbook.save(hidden)
    done(hidden, copy, "--only", "Status=Customer")
    workbook = load_workbook(copy)
    assert [s.title for s in workbook.worksheets if s.sheet_state == "visible"] == ["Ranking"]
    assert workbook.active is not None
    assert workbook.active.title == "Ranking"
