"""What the sheets of the history hold, in a file too, and what they leave alone there."""

from __future__ import annotations

import datetime as dt
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from openpyxl.utils.datetime import CALENDAR_MAC_1904
from openpyxl.worksheet.table import TableColumn
from openpyxl.worksheet.worksheet import Worksheet
from support.books import CRITERIA, CUSTOMERS, CUSTOMERS_HEADER, rows_of, write_book
from support.history_days import FIRST, SECOND
from support.office import require_libreoffice

from xlportfolio import WorkbookError, rescore
from xlportfolio.files.share import share
from xlportfolio.history import History
from xlportfolio.history_sheets import history_sheet, models_sheet
from xlportfolio.locale import texts
from xlportfolio.model import (
    Axis,
    Criterion,
    Objective,
    ScoringModel,
    ThresholdRule,
)
from xlportfolio.report import ORDER
from xlportfolio.scale import Scale
from xlportfolio.sharing import Sharing
from xlportfolio.tables import SheetTable

MODEL = ScoringModel(
    (
        Criterion("Rank", Axis.VALUE, 60, Scale.linear(0.5), Objective.MIN, unit="EUR"),
        Criterion("[a]", Axis.VALUE, 1, Scale.steps([(0, 0), (0.5, 12.5)]), fill=0),
        Criterion("Answer", Axis.BENEFIT, 1, Scale.categories([("x=y", 100), ("n", 0)]), fill=20),
    ),
    value_threshold=ThresholdRule.MEAN,
    borderline_band=2.5,
)


def kept() -> History:
    """Two customers on a day, one of them on the next, under the same model."""
    rows = pd.DataFrame(
        {
            "day": [FIRST.toordinal()] * 2 + [SECOND.toordinal()],
            "version": [3, 3, 3],
            "customer_id": ["1", "2", "1"],
            "customer": ["Alpha", "Beta", "Alpha"],
            "status": ["customer", "prospect", "customer"],
            "quadrant": ["star", "not_rated", "poor_dog"],
            "value_score": [66.666666666666, np.nan, 1],
            "benefit_score": [50, np.nan, 2],
            "total_score": [58.333333333333, np.nan, 1.5],
            "rank": [1, np.nan, 1],
            "parted": ["", "moved away", ""],
        }
    )
    measures = pd.DataFrame(
        {"Rank": [1.5, np.nan, 0.1], "[a]": [0.0, 1, 2], "Answer": ["x=y", None, "n"]}
    )
    return History(rows, measures, {3: MODEL})


def shown(table: SheetTable) -> list[list[str]]:
    """Headers, then rows of cells as text; blank ones empty."""
    columns = [
        [column.header, *(str(c) if c == c else "" for c in column.cells)]  # noqa: PLR0124 (NaN)
        for column in table.columns
    ]
    return [[*row] for row in zip(*columns, strict=True)]


def test_each_day_and_customer_has_a_row() -> None:
    table = history_sheet(kept(), "History customers", texts("en"))
    header, first, second, third = shown(table)
    assert header == ["Date", "Version", "Customer ID", "Customer", "Status", "Type",
                      "Value score", "Benefit score", "Total score", "Rank",
                      "Parted on purpose", "[Rank]", "[[a]]", "Answer"]  # fmt: skip
    assert first[2:] == ["1", "Alpha", "Customer", "Star", "66.666666666666", "50.0",
                         "58.333333333333", "1.0", "", "1.5", "0.0", "x=y"]  # fmt: skip
    assert second[2:] == ["2", "Beta", "Prospect", "Not rated", "", "", "", "", "moved away",
                          "", "1.0", ""]  # fmt: skip
    assert float(first[0]) < float(third[0])
    assert "2 days are kept, from 2026-01-31 to 2026-02-28" in table.subtitles[0]
    assert table.printed == (range(2, 3), range(11))


def test_each_version_says_what_scores_depend_on() -> None:
    table = models_sheet(kept(), "Modelle", texts("de"))
    header, *rows = shown(table)
    assert header[2:] == ["Kriterium", "Achse", "Gewicht", "Richtung", "Skala", "von", "bis",
                          "Stufen", "fehlend", "Einheit", "Einstellung", "Wert"]  # fmt: skip
    assert {row[0] for row in rows} == {"3.0"}
    assert {float(row[1]) for row in rows} == {FIRST.toordinal()}
    assert [row[2:12] for row in rows[:3]] == [
        ["Rank", "Wert", "60.0", "min", "linear", "0.5", "", "", "auslassen", "EUR"],
        ["[a]", "Wert", "1.0", "max", "Stufen", "", "", "0=0; 0,5=12,5", "schlechtester", ""],
        ["Answer", "Nutzen", "1.0", "max", "Kategorien", "", "", "x=y=100; n=0", "20.0", ""],
    ]
    assert {row[12]: row[13] for row in rows[3:]} == {
        "value_threshold": "mean",
        "benefit_threshold": "50.0",
        "value_weight": "50.0",
        "benefit_weight": "50.0",
        "borderline_band": "2.5",
        "min_coverage": "50.0",
    }


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_day_leaves_blank_tables_that_say_why(language: str) -> None:
    words = texts(language)
    table = history_sheet(History(), "H", words)
    assert "history_dates" in table.subtitles[0]
    assert len(table) == len(models_sheet(History(), "M", words)) == 0


# --- in a file --------------------------------------------------------------------------------------


def history_of(path: Path) -> Worksheet:
    sheet: Worksheet = load_workbook(path)["History customers"]
    return sheet


@pytest.mark.parametrize("language", ["en", "de"])
def test_days_are_days(language: str, book: Path) -> None:
    rescore(book, as_of=FIRST, language=language)
    sheet = load_workbook(book)[texts(language)("sheets.history")]
    assert sheet["A6"].value == dt.datetime(2026, 1, 31)  # noqa: DTZ001
    assert sheet["A6"].number_format == {"en": "yyyy-mm-dd", "de": "dd.mm.yyyy"}[language]


def test_days_are_counted_as_the_workbook_counts_them(book: Path) -> None:
    opened = load_workbook(book)
    opened.epoch = CALENDAR_MAC_1904
    opened.save(book)
    for day in (FIRST, SECOND):
        rescore(book, as_of=day, backup=False)
    found = {row["Date"].date() for row in rows_of(history_of(book))}
    assert found == {FIRST, SECOND}


@pytest.mark.parametrize("day", [dt.date(1850, 7, 1), dt.date(1900, 2, 27)])
def test_days_that_programs_count_differently_are_kept_as_text(day: dt.date, book: Path) -> None:
    rescore(book, as_of=day, backup=False)
    assert history_of(book)["A6"].value == day.isoformat()
    again = rescore(book, as_of=FIRST, backup=False)
    assert again.run.history.days == [day, FIRST]


def test_the_newest_day_is_printed_without_measures(book: Path) -> None:
    for day in (FIRST, SECOND):
        rescore(book, as_of=day, backup=False)
    sheet = history_of(book)
    assert sheet.print_area == "'History customers'!$A$11:$K$15"
    assert sheet.print_title_rows == "$1:$5"


@pytest.mark.parametrize("live", [False, True])
def test_a_pdf_leaves_out_what_is_only_kept_or_computes(
    live: bool, book: Path, tmp_path: Path
) -> None:
    require_libreoffice()
    rescore(book, as_of=FIRST, backup=False)
    pdf = tmp_path / "book.pdf"
    share(book, None, Sharing(live=live), pdf=pdf, as_of=SECOND)
    command = ["pdftotext", str(pdf), "-"]
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    titles = texts("en").branch("titles")
    printed = {key for key in ORDER if titles[key] in text}
    assert printed == {*ORDER} - {"history", "history_models"}
    assert titles["texts"] not in text


def with_criterion(path: Path, name: str) -> None:
    """Add a criterion and its measures to the input."""
    opened = load_workbook(path)
    customers, criteria = opened["Customers"], opened["Criteria"]
    customers.cell(1, len(CUSTOMERS_HEADER) + 1, name)
    for row in range(2, len(CUSTOMERS) + 2):
        customers.cell(row, len(CUSTOMERS_HEADER) + 1, row)
    table = customers.tables["tblCustomers"]
    table.ref = "A1:H6"
    table.tableColumns.append(TableColumn(id=8, name=name))
    criteria.append([name, "benefit", 5, "max", "linear", 0, 10])
    criteria.tables["tblCriteria"].ref = "A1:K6"
    opened.save(path)


def test_a_new_criterion_gets_a_column_at_the_right(book: Path) -> None:
    rescore(book, as_of=FIRST, backup=False)
    before = rows_of(history_of(book))
    with_criterion(book, "Rang")
    rescore(book, as_of=SECOND, backup=False)
    after = rows_of(history_of(book))
    assert list(after[0]) == [*before[0], "[Rang]"]
    assert [{**row, "[Rang]": None} for row in before] == after[: len(before)]
    assert sorted(row["[Rang]"] for row in after[len(before) :]) == [2, 3, 4, 5, 6]


def test_a_criterion_written_otherwise_keeps_its_column(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    rescore(path, as_of=FIRST, backup=False)
    opened = load_workbook(path)
    opened["Customers"]["G1"] = opened["Criteria"]["A5"] = "VISITS"
    opened.save(path)
    rescore(path, as_of=SECOND, backup=False)
    rows = rows_of(history_of(path))
    assert [name_ for name_ in rows[0] if name_.casefold() == "visits"] != []
    assert len(rows[0]) == 11 + len(CRITERIA)


def test_what_stands_beside_the_history_is_not_overwritten(book: Path) -> None:
    rescore(book, as_of=FIRST, backup=False)
    opened = load_workbook(book)
    opened["History customers"]["P8"] = "mine"
    opened.save(book)
    data = book.read_bytes()
    with pytest.raises(WorkbookError) as caught:
        rescore(book, as_of=SECOND, backup=False)
    assert (caught.value.key, caught.value.details["cell"]) == ("foreign_cell", "P8")
    assert book.read_bytes() == data


def test_a_column_of_the_users_is_no_criterion(book: Path) -> None:
    rescore(book, as_of=FIRST, backup=False)
    opened = load_workbook(book)
    sheet = opened["History customers"]
    for row, cell in enumerate(["Mine", 1, "two", None, 4, 5], start=5):
        sheet.cell(row, 16, cell)
    table = sheet.tables["tblHistory"]
    table.ref = table.autoFilter.ref = "A5:P10"
    table.tableColumns.append(TableColumn(id=16, name="Mine"))
    opened.save(book)
    data = book.read_bytes()
    with pytest.raises(WorkbookError) as caught:
        rescore(book, as_of=SECOND, backup=False)
    assert (caught.value.key, caught.value.details["cell"]) == ("foreign_cell", "P5")
    assert book.read_bytes() == data
