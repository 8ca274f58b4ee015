"""A few lines between the subtitles of a sheet and its table, in closed and open workbooks."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
import xlwings as xw
from support.books import write_book
from support.live import Open, block, broken, contents, done, plain, said, table_of
from support.packages import faults_of, parts_of

from xlportfolio import WorkbookError
from xlportfolio import rescore as rescore_file
from xlportfolio.chart import COLOURS
from xlportfolio.column_look import STYLES, summary_heights, widths
from xlportfolio.excel import macros
from xlportfolio.model import Quadrant
from xlportfolio.report import Report
from xlportfolio.run import Run
from xlportfolio.tables import Kind, ReportColumn, SheetTable, Summary

ABC, HEADER, LAST = "ABC vs value", 5, 8
LONG = "Customers who rank far higher by turnover than by their value and benefit together. " * 3


def summary_of(table: SheetTable) -> Summary:
    """Three lines, whose numbers and prose follow the table."""
    amounts = np.asarray(table.columns[7].cells, dtype=np.float64)
    total = float(np.nansum(amounts)) if len(table) else 0.0
    columns = (
        ReportColumn("kind", "Type", Kind.QUADRANT, ["Stars", "=1+1", "Total"]),
        ReportColumn("amount", "Amount", Kind.AMOUNT, np.array([total, np.nan, 1.0])),
        ReportColumn(
            "rule", "Rule", Kind.PROSE, [LONG, "short", ", ".join(table.columns[5].cells)]
        ),
        ReportColumn("names", "Names", Kind.PROSE, ["a", "", "b"]),
    )
    return Summary(columns, (Quadrant.STAR, None, None), (1, 3, 5, 8))


@pytest.fixture(autouse=True)
def with_summary(monkeypatch: pytest.MonkeyPatch) -> None:
    """The sheet ABC vs value has a summary, whatever it has otherwise."""
    build = Run.report

    def report(run: Run, names: Any) -> Report:
        made = build(run, names)
        tables = (replace(t, summary=summary_of(t)) if t.key == "abc" else t for t in made.tables)
        return replace(made, tables=tuple(tables))

    monkeypatch.setattr(Run, "report", report)


def cells_of(path: Path) -> list[list[Any]]:
    """The cells of the summary in a file."""
    sheet = openpyxl.load_workbook(path)[ABC]
    rows = sheet.iter_rows(HEADER, LAST + 1, 1, 12, values_only=True)
    return [[float(c) if isinstance(c, int) else c or None for c in row] for row in rows]


def live_cells(book: xw.Book) -> list[list[Any]]:
    cells: list[list[Any]] = book.sheets[ABC].range((HEADER, 1), (LAST + 1, 12)).value
    return cells


# --- a closed workbook ----------------------------------------------------------------------------


def test_the_table_follows_below_a_blank_row(book: Path) -> None:
    for _ in range(2):
        rescore_file(book, backup=False)
        sheet = openpyxl.load_workbook(book)[ABC]
        assert faults_of(parts_of(book)) == []
        assert sheet.tables["tblAbc"].ref == "A10:L14"
        assert sheet.print_title_rows == "$10:$10"
        assert sheet.freeze_panes is None
        cells = cells_of(book)
        assert cells[0] == ["Type", None, "Amount", None, "Rule", None, None, "Names", *[None] * 4]
        assert cells[1][0::2] == ["Stars", 1850.0, LONG, None, None, None]
        assert cells[2] == ["=1+1", *[None] * 3, "short", *[None] * 7]
        assert cells[3][4] == "Alpha, Beta, Gamma, Delta"
        assert cells[4] == [None] * 12
        assert sheet["A7"].data_type == "s"


def test_it_looks_like_a_table_and_is_seen_whole(book: Path) -> None:
    rescore_file(book, backup=False)
    sheet = openpyxl.load_workbook(book)[ABC]
    merged = {str(area) for area in sheet.merged_cells.ranges}
    assert merged == {
        f"{first}{row}:{last}{row}"
        for row in range(HEADER, LAST + 1)
        for first, last in ("AB", "CD", "EG", "HL")
    }
    assert sheet["A5"].fill.fgColor.rgb == sheet["A10"].fill.fgColor.rgb
    assert sheet["A6"].fill.fgColor.rgb == f"00{COLOURS[Quadrant.STAR]}"
    assert sheet["A8"].fill.fill_type is None
    assert sheet["C6"].number_format == STYLES[Kind.AMOUNT].number_format
    assert sheet["E6"].alignment.wrap_text
    wide = sum(sheet.column_dimensions[letter].width for letter in "EFG")
    assert sheet.row_dimensions[6].height >= 15 * len(LONG) / wide
    assert sheet.row_dimensions[7].height == 15


def test_numbers_of_the_summary_fit_into_the_columns_below() -> None:
    columns = (ReportColumn("flag", "ABC", Kind.FLAG, ["A"]),)
    amount = ReportColumn("amount", "Amount", Kind.AMOUNT, np.array([123_456_789.0]))
    plain_table = SheetTable("abc", "tblAbc", "ABC", "ABC", (), columns)
    table = replace(plain_table, summary=Summary((amount,), (None,), (1,)))
    assert widths(table)[0] >= STYLES[Kind.AMOUNT].width > widths(plain_table)[0]


def test_heights_follow_the_words_of_the_widest_text() -> None:
    prose = ReportColumn("rule", "Rule", Kind.PROSE, ["word " * 20, "", "one\ntwo"])
    summary = Summary((prose,), (None,) * 3, (1,))
    assert summary_heights(summary, [11.0]) == [15.0, 150.0, 15.0, 30.0]
    assert summary_heights(summary, [11.0, 200.0]) == [15.0, 15.0, 15.0, 30.0]


@pytest.mark.parametrize("cell", ["M6", "M5", "B9", "F2", "A4", "M13"])
def test_a_cell_of_the_users_beside_it_is_found(cell: str, book: Path) -> None:
    rescore_file(book, backup=False)
    opened = openpyxl.load_workbook(book)
    opened[ABC][cell] = "mine"
    opened.save(book)
    before = book.read_bytes()
    with pytest.raises(WorkbookError, match=cell):
        rescore_file(book, backup=False)
    assert book.read_bytes() == before


# --- an open workbook -----------------------------------------------------------------------------


def test_an_open_workbook_gets_the_same_and_a_second_run_replaces_it(
    opened: Open, tmp_path: Path
) -> None:
    path = write_book(tmp_path / "book.xlsx")
    book = opened(path)
    for turnover in (900, 20_000):
        book.sheets["Customers"].range("D2").value = turnover
        done(book)
        edited = openpyxl.load_workbook(path)
        edited["Customers"]["D2"] = turnover
        edited.save(tmp_path / "closed.xlsx")
        rescore_file(tmp_path / "closed.xlsx", backup=False)
        assert live_cells(book) == cells_of(tmp_path / "closed.xlsx")
        area = openpyxl.load_workbook(tmp_path / "closed.xlsx")[ABC]["A10:L14"]
        expected = [[cell.value or None for cell in row] for row in area]
        assert plain(block(book, "tblAbc"))[0] == expected[0]
        assert len(block(book, "tblAbc")) == len(expected)


def test_what_the_user_put_beside_it_stays_while_the_table_shrinks_and_grows(
    live: xw.Book,
) -> None:
    done(live)
    sheet, customers = live.sheets[ABC], live.sheets["Customers"]
    own = {"M6": "mine", "A4": "mine", "F3": "=1+1", "B9": "mine"}
    for cell, entry in own.items():
        sheet.range(cell).value = entry
    for last, names in (("G3", "Alpha, Beta"), ("G6", "Alpha, Beta, Gamma, Delta")):
        table_of(live, "tblCustomers").resize(customers.range(f"A1:{last}"))
        done(live)
        assert sheet.range("E8").value == names
        assert {cell: sheet.range(cell).formula for cell in own} == own
        assert table_of(live, "tblAbc").range.row == 10


def test_rows_inserted_above_the_table_stop_the_run(live: xw.Book) -> None:
    done(live)
    live.sheets[ABC].impl.xl.Rows.insertByIndex(8, 1)
    macros.rescore(live)
    assert "between our title and the table tblAbc" in said(live)


def test_a_failure_puts_lines_and_heights_back(live: xw.Book) -> None:
    done(live)
    customers, sheet = live.sheets["Customers"], live.sheets[ABC]
    customers.range("B2").value = "A firm with a name of many words that takes several lines " * 3
    before, height = contents(live), sheet.range("A8").row_height
    for beginning, number in (("range.row_height=", 1), ("range.value= Matrix", 1)):
        broken(live, beginning, number)
        assert "everything was put back as it was" in said(live)
        assert contents(live) == before
        assert sheet.range("A8").row_height == height
    done(live)
    assert sheet.range("A8").row_height > height


def test_sheets_written_live_are_replaced_in_the_file(opened: Open, tmp_path: Path) -> None:
    book = opened(write_book(tmp_path / "book.xlsx"))
    done(book)
    book.save(tmp_path / "saved.xlsx")
    closed = Path(shutil.copy(tmp_path / "saved.xlsx", tmp_path / "closed.xlsx"))
    before = cells_of(closed)
    rescore_file(closed, backup=False)
    assert cells_of(closed) == before
