"""Finding weights in the open workbook, over a live LibreOffice document: what a user sees and keeps."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from openpyxl import load_workbook
from support.books import write_book
from support.live import Breaks, Open, contents, plain, said, table_of
from support.lo_engine import calls
from support.template import made

from xlportfolio.excel import macros
from xlportfolio.files.weights import find
from xlportfolio.locale import texts
from xlportfolio.weighing import Taking
from xlportfolio.weight_sheets import label
from xlportfolio.weighting import Method

SHEETS = ("weights", "pairwise_value", "pairwise_benefit")
#: The columns of the sheet of all methods, counted from 1.
RANK, POINTS, DIRECT = 3, 4, 5


def done(book: xw.Book) -> None:
    macros.weights(book)
    assert said(book).startswith(("Done. Up to date: ", "Fertig. Auf dem neuesten ")), said(book)


def select(book: xw.Book, sheet: str, cell: str) -> None:
    book.sheets[sheet].activate()
    book.sheets[sheet].range(cell).select()


def cells(sheet: xw.Sheet) -> list[list[Any]]:
    used = sheet.used_range
    rows = sheet.range((1, 1), used.last_cell).options(ndim=2).value
    return [[None if cell == "" else cell for cell in row] for row in rows]


def in_file(path: Path, name: str) -> list[list[Any]]:
    rows = load_workbook(path, data_only=True)[name].iter_rows(values_only=True)
    return plain([[None if cell == "" else cell for cell in row] for row in rows])


def entries(sheet: xw.Sheet) -> list[list[str]]:
    """What was entered, formulas as such."""
    return [list(row) for row in sheet.used_range.formula]


def in_words(judgment: float, language: str = "en") -> str:
    return label(judgment, texts(language))


def shares(book: xw.Book, method: Method) -> list[float | None]:
    """The column of a method on the sheet of all of them."""
    header, *rows = table_of(book, "tblWeights").range.value
    at = header.index(texts("en")(f"columns.{method}"))
    return [row[at] for row in rows]


def weights_of_criteria(book: xw.Book) -> list[Any]:
    return [row[2] for row in book.sheets["Criteria"].range("A2:C5").value]


def typed(book: xw.Book) -> None:
    """Ranks for both axes, points for one, comparisons for both."""
    sheet = book.sheets["Weights"]
    sheet.range("C10").value = [[2], [1], [1], [2]]
    sheet.range("D10").value = [[100], [30]]
    book.sheets["Pairwise value"].range("C9").value = in_words(3)
    book.sheets["Pairwise benefit"].range("C9").value = in_words(1 / 4)


def with_one_criterion_more(book: xw.Book) -> None:
    """A criterion of value ahead of the others: each of them moves one row down."""
    customers, criteria = book.sheets["Customers"], book.sheets["Criteria"]
    customers.range("H1").value = [["Margin"], [0.1], [0.5], [0.3], [0.2], [0.4]]
    table_of(book, "tblCustomers").resize(customers.range("A1:H6"))
    rows = criteria.range("A2:K5").value
    criteria.range("A2").value = [["Margin", "value", 25, None, "linear", 0, 1, *[None] * 4], *rows]
    table_of(book, "tblCriteria").resize(criteria.range("A1:K6"))


# --- the sheets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("language", "macros_in_it"), [("en", False), ("de", True)])
def test_new_sheets_hold_what_the_command_writes_into_the_closed_file(
    language: str, macros_in_it: bool, opened: Open, tmp_path: Path
) -> None:
    if macros_in_it:
        path = made(tmp_path, language)
    else:
        path = write_book(tmp_path / "book.xlsx", settings=[("language", language)])
    closed = Path(shutil.copy(path, tmp_path / f"closed{path.suffix}"))
    book = opened(path)
    before, front = [sheet.name for sheet in book.sheets], book.sheets.active.name
    done(book)
    words = texts(language)
    names = [words(f"sheets.{key}") for key in SHEETS]
    assert [sheet.name for sheet in book.sheets] == [*before, *names]
    assert book.sheets.active.name == front
    assert words("live.weights_next") in said(book)
    find(closed, backup=False)
    as_entered = load_workbook(closed, keep_vba=True)
    for name in names:
        assert cells(book.sheets[name]) == in_file(closed, name)
        formulas = {
            (r, c): entry
            for r, row in enumerate(entries(book.sheets[name]), start=1)
            for c, entry in enumerate(row, start=1)
            if entry.startswith("=")
        }
        assert formulas == {
            (cell.row, cell.column): cell.value
            for row in as_entered[name].iter_rows()
            for cell in row
            if cell.data_type == "f"
        }
    calling = [e for row in entries(book.sheets[names[1]]) for e in row if "KP_AHP" in e]
    assert bool(calling) is macros_in_it


def test_what_was_typed_is_weighed_to_the_last_digit_as_in_the_closed_file(
    live: xw.Book, tmp_path: Path
) -> None:
    done(live)
    typed(live)
    done(live)
    assert texts("en")("live.weights_next") not in said(live)
    assert shares(live, Method.PAIRWISE) == pytest.approx([0.75, 0.25, 0.2, 0.8])
    assert shares(live, Method.CENTROID) == [0.25, 0.75, 0.75, 0.25]
    assert shares(live, Method.SWING) == [
        pytest.approx(100 / 130),
        pytest.approx(30 / 130),
        None,
        None,
    ]
    assert live.sheets["Pairwise value"].range("A6:D9").value[0][0] == "1 of 1"
    assert live.sheets["Pairwise value"].range("D9:D10").value == pytest.approx([0.75, 0.25])
    live.save(tmp_path / "saved.xlsx")
    closed = Path(shutil.copy(tmp_path / "saved.xlsx", tmp_path / "closed.xlsx"))
    found = find(closed, backup=False)
    assert list(found.sheets) == ["Weights", "Pairwise value", "Pairwise benefit"]
    for name in found.sheets:
        assert cells(live.sheets[name]) == in_file(closed, name)


def test_a_refreshed_sheet_keeps_what_is_the_users(live: xw.Book) -> None:
    done(live)
    typed(live)
    weights, square = live.sheets["Weights"], live.sheets["Pairwise value"]
    weights.range("C10").value = "=1+1"
    weights.range("M12").value = "ask Eva"
    square.range("F9").value = "=D9*100"
    square.range("B2").column_width = 33
    weights.name = "Our weights"
    done(live)
    assert weights.range("C10").formula == "=1+1"
    assert weights.range("M12").value == "ask Eva"
    assert square.range("F9").formula == "=D9*100"
    assert square.range("F9").value == pytest.approx(75)
    assert square.range("C9").value == in_words(3)
    assert square.range("B2").column_width == pytest.approx(33, abs=0.1)
    before = contents(live)
    square.range("C9").value = in_words(1)
    done(live)
    now = contents(live)
    changed = {
        (sheet, row, column)
        for (sheet, _, row, column), cell in now.items()
        if before.get((sheet, _, row, column)) != cell
    }
    at = table_of(live, "tblWeights").range.value[0].index("Pairwise") + 1
    assert changed == {
        ("Pairwise value", 9, 3),
        ("Pairwise value", 9, 4),
        ("Pairwise value", 10, 4),
        ("Our weights", 10, at),
        ("Our weights", 11, at),
    }


def test_formulas_of_ours_stay_wherever_rows_were_inserted(opened: Open, tmp_path: Path) -> None:
    book = opened(made(tmp_path, "en"))
    done(book)
    for name in ("Weights", "Pairwise benefit"):
        book.sheets[name].impl.xl.Rows.insertByIndex(0, 2)
        book.sheets[name].range("A1").value = "Mine"
    square = book.sheets["Pairwise benefit"]
    before = square.range("A1:E13").formula
    square.range("C11").value = in_words(5)
    done(book)
    now = square.range("A1:E13").formula
    assert now[10][2] == in_words(5)
    assert now[7][0] == "1 of 3"
    assert now[7][1] == before[7][1]
    assert now[7][1].startswith("=IFERROR(KP_AHP_CONSISTENCY($B$11:$D$13)")
    assert [row[-1] for row in now] == [row[-1] for row in before]
    assert book.sheets["Weights"].range("A1").value == "Mine"
    assert book.sheets["Weights"].range("B9").value == "1 of 3"


def test_a_square_without_our_formulas_gets_numbers(opened: Open, tmp_path: Path) -> None:
    """Pasted from a workbook without macros, say."""
    book = opened(made(tmp_path, "en"))
    done(book)
    square = book.sheets["Pairwise benefit"]
    square.range("E9").value = [[None], [None], [None]]
    square.range("B6").value = None
    square.range("C9").value = [[in_words(2), in_words(4)]]
    square.range("D10").value = in_words(2)
    done(book)
    assert square.range("E9:E11").value == pytest.approx([4 / 7, 2 / 7, 1 / 7])
    assert square.range("B6").value == pytest.approx(0, abs=1e-9)


def test_a_copied_sheet_is_another_rater(live: xw.Book) -> None:
    done(live)
    typed(live)
    live.sheets["Pairwise value"].copy(after=live.sheets["Weights"], name="Anna")
    live.sheets["Anna"].range("C9").value = in_words(1 / 3)
    done(live)
    assert shares(live, Method.PAIRWISE)[:2] == pytest.approx([0.5, 0.5])
    assert live.sheets["Anna"].range("D9").value == pytest.approx(0.25)
    assert live.sheets["Pairwise value"].range("D9").value == pytest.approx(0.75)
    verdict = live.sheets["Weights"].range("E6").value
    assert "Anna 0.000; Pairwise value 0.000" in verdict
    assert "“Turnover” against “Growth” from 1/3 to 3" in verdict


def test_calls_stay_few_however_much_there_is(live: xw.Book) -> None:
    done(live)
    typed(live)
    calls(live).clear()
    done(live)
    work = calls(live).of("work")
    for sheet in ("Customers", "Criteria", "Weights", "Pairwise value", "Pairwise benefit"):
        assert sum(what.startswith(f"range.value {sheet}!") for what in work) == 1
    written = [what for what in work if what.startswith("range.value=")]
    assert len(written) <= 3 * 4, written
    calls(live).clear()
    done(live)
    assert [what for what in calls(live).of("work") if what.startswith("range.value=")] == []


# --- other criteria -----------------------------------------------------------------------------


def test_squares_of_other_criteria_are_said_before_anything_is_written(live: xw.Book) -> None:
    done(live)
    typed(live)
    with_one_criterion_more(live)
    before = contents(live)
    macros.weights(live)
    assert "Sheet Pairwise value: the table tblPairwiseValue was laid out for other" in said(live)
    assert "run “xlportfolio weights”" in said(live)
    assert contents(live) == before
    live.sheets["Pairwise value"].delete()
    done(live)
    square = live.sheets["Pairwise value"]
    assert square.range("B8:D8").value == ["Margin", "Turnover", "Growth"]
    assert live.sheets["Pairwise benefit"].range("C9").value == in_words(1 / 4)


def test_a_criterion_that_is_gone_is_asked_about(live: xw.Book) -> None:
    done(live)
    typed(live)
    live.sheets["Customers"].range("E1").value = live.sheets["Criteria"].range("A3").value = "Rise"
    before = contents(live)
    macros.weights(live)
    assert "“Growth” is no criterion of this axis" in said(live)
    assert contents(live) == before
    live.sheets["Pairwise value"].range("C8").value = "Rise"
    live.sheets["Pairwise value"].range("A10").value = "Rise"
    live.sheets["Weights"].range("A11").value = "Rise"
    done(live)
    assert shares(live, Method.PAIRWISE)[:2] == pytest.approx([0.75, 0.25])


@pytest.mark.parametrize("note", [False, True])
def test_entries_and_notes_follow_their_criterion(note: bool, live: xw.Book) -> None:
    done(live)
    typed(live)
    weights = live.sheets["Weights"]
    if note:
        weights.range("L9").value = [["Why"], ["big"], ["fast"], [None], ["dear"]]
        table_of(live, "tblWeights").resize(weights.range("A9:L13"))
    with_one_criterion_more(live)
    live.sheets["Pairwise value"].delete()
    done(live)
    assert weights.range("A10:A14").value == ["Margin", "Turnover", "Growth", "Fit", "Visits"]
    assert weights.range("C10:C14").value == [None, 2, 1, 1, 2]
    assert weights.range("D10:D14").value == [None, 100, 30, None, None]
    if note:
        assert weights.range("L10:L14").value == [None, "big", "fast", None, "dear"]
    assert table_of(live, "tblWeights").range.shape == (6, 12 if note else 11)


def test_a_formula_among_entries_that_would_move_stops_it(live: xw.Book) -> None:
    done(live)
    live.sheets["Weights"].range("C10").value = [["=1+1"], [1]]
    with_one_criterion_more(live)
    live.sheets["Pairwise value"].delete()
    before = contents(live)
    macros.weights(live)
    assert "but its column also has formulas" in said(live)
    assert contents(live) == before


@pytest.mark.parametrize(
    ("cell", "entry", "sentence"),
    [
        ("C10", "first", "Sheet Weights, row 10, column Rank"),
        ("D9", "Marks", "the table tblWeights"),
        ("A14", "mine", "there is something in cell A14"),
    ],
)
def test_what_is_in_the_way_is_named_and_nothing_is_written(
    cell: str, entry: str, sentence: str, live: xw.Book
) -> None:
    done(live)
    with_one_criterion_more(live)
    live.sheets["Pairwise value"].delete()
    live.sheets["Weights"].range(cell).value = entry
    before = contents(live)
    macros.weights(live)
    assert sentence in said(live)
    assert said(live).startswith("Nothing has been written:")
    assert contents(live) == before


# --- Excel refuses ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("beginning", "number"), [("books.open", 1), ("sheet.copy", 2), ("range.value=", 3)]
)
def test_a_first_run_that_is_refused_leaves_nothing(
    beginning: str, number: int, live: xw.Book
) -> None:
    before = contents(live)
    calls(live).before = Breaks(beginning, number)
    macros.weights(live)
    calls(live).before = None
    assert "everything was put back as it was" in said(live)
    assert contents(live) == before
    done(live)


def test_a_later_run_is_undone_wherever_it_is_refused(live: xw.Book) -> None:
    done(live)
    typed(live)
    weights = live.sheets["Weights"]
    weights.range("L9").value = [["Why"], ["big"], [None], [None], ["=1+1"]]
    table_of(live, "tblWeights").resize(weights.range("A9:L13"))
    weights.range("L13").value = "dear"
    with_one_criterion_more(live)
    live.sheets["Pairwise value"].delete()
    before = contents(live)
    for number in range(1, 40):
        calls(live).before = Breaks(("range.value=", "table.resize"), number)
        macros.weights(live)
        calls(live).before = None
        if said(live).startswith("Done. "):
            break
        assert "everything was put back as it was" in said(live)
        assert contents(live) == before, number
    assert number > 5
    assert contents(live) != before


# --- taking over --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "expected"),
    [("I9", [75, 25, 20, 80]), ("I11", [75, 25, 70, 30]), ("I12:I13", [50, 50, 20, 80]), ("I10:I13", [75, 25, 20, 80]), ("I1:I20", [75, 25, 20, 80])],
)  # fmt: skip
def test_the_column_of_the_selected_cell_is_taken_over(
    cell: str, expected: list[float], live: xw.Book
) -> None:
    done(live)
    typed(live)
    select(live, "Weights", cell)
    macros.take_weights(live)
    question, answer = live.app.impl.alerts[-2:]
    assert question["buttons"] == "ok_cancel"
    assert "“pairwise comparison”" in question["prompt"]
    assert "pairwise comparison" in answer["prompt"]
    assert "Rescore" in answer["prompt"]
    assert weights_of_criteria(live) == expected
    assert shares(live, Method.DIRECT) == pytest.approx([weight / 100 for weight in expected])
    assert live.sheets["Weights"].range("C10:D10").value == [2, 100]


def test_weights_taken_over_add_up_to_a_hundred_as_in_the_closed_file(
    opened: Open, tmp_path: Path
) -> None:
    path = made(tmp_path, "de")
    book = opened(path)
    done(book)
    select(book, "Gewichte", "J9")
    macros.take_weights(book)
    assert said(book).startswith("Fertig: Gewichte nach der Methode „Entropie“ für 8 Kriterien")
    area = table_of(book, "tblCriteria").range
    header, *rows = area.value
    at = {name: header.index(name) for name in ("Achse", "Gewicht", "Kriterium")}
    sums = {
        axis: sum(row[at["Gewicht"]] for row in rows if row[at["Achse"]] == axis)
        for axis in ("Wert", "Nutzen")
    }
    assert sums == pytest.approx({"Wert": 100, "Nutzen": 100}, abs=1e-9)
    closed = Path(shutil.copy(path, tmp_path / "closed.xlsm"))
    taken = find(closed, take=Taking(Method.ENTROPY), backup=False).taken
    found = {row[at["Kriterium"]]: row[at["Gewicht"]] for row in rows}
    assert {name: found[name] for name in taken} == taken
    assert [found[name] for name in found if name not in taken] == [0, 0]


def test_weights_that_add_up_to_1_are_replaced_by_such(live: xw.Book) -> None:
    live.sheets["Criteria"].range("C2:C3").value = [[0.4], [0.6]]
    done(live)
    typed(live)
    select(live, "Weights", "I9")
    macros.take_weights(live)
    assert weights_of_criteria(live) == [0.75, 0.25, 20, 80]
    assert shares(live, Method.DIRECT) == pytest.approx([0.75, 0.25, 0.2, 0.8])


def test_whoever_says_no_changes_nothing(live: xw.Book) -> None:
    done(live)
    select(live, "Weights", "J9")
    before = contents(live)
    live.app.impl.answer = "cancel"
    macros.take_weights(live)
    assert live.app.impl.alerts[-1]["buttons"] == "ok_cancel"
    assert contents(live) == before
    assert live.app.status_bar is False


@pytest.mark.parametrize(
    ("sheet", "cell"),
    [("Weights", "A10"), ("Weights", "E8"), ("Weights", "I10:J10"), ("Weights", "I14"), ("Weights", "I8"), ("Weights", "L10"), ("Criteria", "I10")],
)  # fmt: skip
def test_where_no_method_is_selected_that_is_said(sheet: str, cell: str, live: xw.Book) -> None:
    done(live)
    typed(live)
    select(live, sheet, cell)
    before = contents(live)
    macros.take_weights(live)
    assert said(live).startswith("Nothing has been written:\n\nNo method is selected; on the sheet")
    assert contents(live) == before


def test_without_the_sheet_or_without_weights_there_is_nothing_to_take(live: xw.Book) -> None:
    macros.take_weights(live)
    assert "on the sheet Weights, which “Weights” makes, click" in said(live)
    done(live)
    select(live, "Weights", "H9")
    macros.take_weights(live)
    assert "no weights by the method “swing” yet" in said(live)


def test_a_weight_that_is_a_formula_is_not_overwritten(live: xw.Book) -> None:
    done(live)
    typed(live)
    live.sheets["Criteria"].range("C4").value = "=7*10"
    select(live, "Weights", "I9")
    before = contents(live)
    macros.take_weights(live)
    assert "Sheet Criteria, cell C4: the weight of “Fit” is a formula" in said(live)
    assert contents(live) == before
    select(live, "Weights", "I10")
    macros.take_weights(live)
    assert said(live).startswith("Done: ")
    assert live.sheets["Criteria"].range("C4").formula == "=7*10"


def test_a_refusal_while_taking_over_puts_the_weights_back(live: xw.Book) -> None:
    done(live)
    typed(live)
    done(live)
    select(live, "Weights", "I9")
    before = contents(live)
    for number in (1, 2):
        calls(live).before = Breaks("range.value=", number)
        macros.take_weights(live)
        calls(live).before = None
        assert "everything was put back as it was" in said(live)
        assert contents(live) == before


# --- engines that can do less -------------------------------------------------------------------


def test_where_no_file_can_be_opened_sheets_are_plain_and_weights_stay(
    in_browser: xw.Book, tmp_path: Path
) -> None:
    book = in_browser
    done(book)
    closed = write_book(tmp_path / "closed.xlsx")
    find(closed, backup=False)
    for name in ("Weights", "Pairwise value", "Pairwise benefit"):
        assert cells(book.sheets[name]) == in_file(closed, name)
    typed(book)
    done(book)
    assert shares(book, Method.PAIRWISE) == pytest.approx([0.75, 0.25, 0.2, 0.8])
    assert book.sheets["Pairwise value"].range("B10").value == "1/3"
    select(book, "Weights", "I9")
    macros.take_weights(book)
    assert "cannot tell whether weights are formulas" in said(book)
    assert weights_of_criteria(book) == [50, 50, 70, 30]


def test_where_formulas_cannot_be_read_entries_move_all_the_same(in_browser: xw.Book) -> None:
    done(in_browser)
    typed(in_browser)
    with_one_criterion_more(in_browser)
    in_browser.sheets["Pairwise value"].delete()
    done(in_browser)
    assert in_browser.sheets["Weights"].range("C10:C14").value == [None, 2, 1, 1, 2]


# --- how a new row looks ------------------------------------------------------------------------


def test_a_row_that_is_added_takes_entries_as_the_others(live: xw.Book, tmp_path: Path) -> None:
    """Lists, limits and colours reach below the table, to rows that a later run adds."""
    done(live)
    live.save(tmp_path / "saved.xlsx")
    sheet = load_workbook(tmp_path / "saved.xlsx")["Weights"]
    limits = {str(rule.sqref).split(":")[0] for rule in sheet.data_validations.dataValidation}
    assert limits == {"C10", "D10"}
    below = [rule for rule in sheet.data_validations.dataValidation if "C500" in rule.sqref]
    assert [rule.formula1 for rule in below] == ["1"]
