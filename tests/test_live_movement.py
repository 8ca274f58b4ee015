"""The button History, and the arrows of the matrix, in the open workbook."""

from __future__ import annotations

import datetime as dt
import shutil
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from support.books import CUSTOMERS, write_book
from support.history_days import FIRST, SECOND, THIRD
from support.live import Open, block, dated, done, in_file, plain, said, table_of

from xlportfolio import rescore
from xlportfolio.excel import macros

#: Seven more customers, of whom six will be missing.
MORE = [(k, f"Customer {k}", "Customer", 500 + k, 0, "high", 5) for k in range(11, 18)]


@pytest.fixture
def kept(opened: Open, tmp_path: Path) -> xw.Book:
    """An open workbook that has kept one day."""
    path = write_book(
        tmp_path / "kept.xlsx", customers=[*CUSTOMERS, *MORE], settings=[("as_of", FIRST)]
    )
    book = opened(path)
    done(book)
    return book


def later(book: xw.Book, day: dt.date, *, rows: int = 6) -> None:
    """Another day, of which only the first customers are left, and Beta is better than before."""
    dated(book, day)
    customers = book.sheets["Customers"]
    customers.range("F3:G3").value = ["high", 1]
    table_of(book, "tblCustomers").resize(customers.range((1, 1), (1 + rows, 7)))


def test_the_first_time_it_says_that_there_is_nothing_to_compare_with(live: xw.Book) -> None:
    macros.history(live)
    assert live.sheets.active.name == "Movement"
    assert (
        said(live)
        .split("\n\n")[0]
        .endswith(
            "There is no earlier day to compare with yet; a rescore on another day shows here who "
            "has moved since."
        )
    )
    assert "Done: " in said(live)
    assert len(block(live, "tblRanking")) == 1 + len(CUSTOMERS)


def test_it_scores_and_says_who_has_moved_and_who_is_missing(kept: xw.Book) -> None:
    later(kept, SECOND)
    kept.sheets["Criteria"].activate()
    macros.history(kept)
    assert kept.sheets.active.name == "Movement"
    counts, missing, rest = said(kept).split("\n\n", 2)
    assert counts == (
        "Compared with 2026-01-31: changes of type: 1; rated now: 0; no longer rated: 0; "
        "new: 0; missing: 6; parted on purpose: 0."
    )
    assert missing == (
        "Missing, with no note yet that somebody has parted with them on purpose: Customer 17, "
        "Customer 16, Customer 15, Customer 14, Customer 13 and 1 more."
    )
    assert rest.startswith("Done: ")
    rows = block(kept, "tblMovement")
    assert [row[0] for row in rows] == ["Change", *["Missing"] * 6, "Moved"]
    assert rows[7][2:5] == ["Beta", "Question mark", "Star"]


def test_a_hidden_sheet_is_shown(kept: xw.Book) -> None:
    kept.sheets["Movement"].visible = False
    later(kept, SECOND)
    macros.history(kept)
    assert kept.sheets.active.name == "Movement"


def test_what_stops_a_rescore_stops_it(kept: xw.Book) -> None:
    kept.sheets["Criteria"].range("C2").value = -1
    kept.sheets["Criteria"].activate()
    before = block(kept, "tblMovement")
    macros.history(kept)
    assert said(kept).startswith("Nothing has been written:")
    assert kept.sheets.active.name == "Criteria"
    assert block(kept, "tblMovement") == before


def test_a_note_of_parting_goes_with_its_row_and_then_into_the_history(kept: xw.Book) -> None:
    later(kept, SECOND)
    done(kept)
    rows = block(kept, "tblMovement")
    place = next(k for k, row in enumerate(rows) if row[2] == "Customer 16")
    remark = rows[0].index("Parted on purpose")
    table_of(kept, "tblMovement").range[place, remark].value = "insolvent"
    done(kept)
    last = block(kept, "tblMovement")[-1]
    assert (last[0], last[2], last[remark]) == ("Parted on purpose", "Customer 16", "insolvent")
    dated(kept, THIRD)
    done(kept)
    names = [row[2] for row in block(kept, "tblMovement")[1:]]
    assert names == [f"Customer {k}" for k in (17, 15, 14, 13, 12)]
    assert [row[remark] for row in block(kept, "tblMovement")[1:]] == [None] * 5
    header, *kept_rows = block(kept, "tblHistory")
    notes = {
        row[header.index("Customer")]: row[header.index("Parted on purpose")] for row in kept_rows
    }
    assert {name: note for name, note in notes.items() if note} == {"Customer 16": "insolvent"}


def arrows(book: xw.Book) -> list[Any]:
    cells: list[Any] = book.sheets["Matrix"].range("AQ11:AU13").value
    return cells


def test_arrows_are_those_of_a_closed_workbook(kept: xw.Book, tmp_path: Path) -> None:
    assert arrows(kept)[0] == [
        *("Arrows", "Arrows: Benefit then", "Arrows: Benefit now"),
        *("Arrows: Value then", "Arrows: Value now"),
    ]
    assert arrows(kept)[1] == [None] * 5
    later(kept, SECOND)
    done(kept)
    name, *ends = arrows(kept)[1]
    assert name == "Beta"
    assert ends == pytest.approx([17, 97, 70, 70])
    assert arrows(kept)[2] == [None] * 5
    assert kept.sheets["Matrix"].range("A3").value.startswith("Arrow, from the small circle on")
    kept.save(tmp_path / "saved.xlsx")
    closed = Path(shutil.copy(tmp_path / "saved.xlsx", tmp_path / "closed.xlsx"))
    rescore(closed, backup=False)
    assert plain(in_file(closed)["tblMovement"]) == plain(block(kept, "tblMovement"))
    dated(kept, THIRD)
    done(kept)
    assert arrows(kept)[1:] == [[None] * 5] * 2
    assert kept.sheets["Matrix"].range("A3").value is None


def test_a_matrix_without_arrows_stays_without_and_keeps_what_stands_there(kept: xw.Book) -> None:
    matrix = kept.sheets["Matrix"]
    matrix.range("AQ11:AU11").value = [None] * 5
    matrix.range("AR12").value = "mine"
    later(kept, SECOND)
    done(kept)
    assert arrows(kept) == [[None] * 5, [None, "mine", None, None, None], [None] * 5]
    assert matrix.range("A3").value is None
    assert matrix.range("N11:N12").value[1] is not None


def test_an_entry_among_the_arrows_stops_the_run(kept: xw.Book) -> None:
    kept.sheets["Matrix"].range("AR15").value = "mine"
    later(kept, SECOND)
    macros.rescore(kept)
    assert "AR15" in said(kept)
    assert len(block(kept, "tblMovement")) == 2
