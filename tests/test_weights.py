"""Finding weights in a closed workbook: what is typed stays, what follows is right, nothing else."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook
from openpyxl.worksheet.table import Table
from openpyxl.worksheet.worksheet import Worksheet
from support import lo_session, spreadsheet
from support.books import CRITERIA, CUSTOMERS, CUSTOMERS_HEADER, write_book
from support.ecma import repairs_of
from support.kept import DAY, assert_kept
from support.packages import MAY_CHANGE, changed_parts, faults_of, parts_of, sheet_parts
from support.template import made
from test_spreadsheet import in_python
from typer.testing import CliRunner, Result

from xlportfolio import InputError, WorkbookError, XlPortfolioError, cli, rescore
from xlportfolio.excel.functions import KP_AHP_CONSISTENCY, KP_AHP_WEIGHTS
from xlportfolio.files.weights import Weighed, find
from xlportfolio.locale import texts
from xlportfolio.model import Axis
from xlportfolio.weighing import Taking
from xlportfolio.weight_sheets import label
from xlportfolio.weighting import Method

#: A third criterion of value beside the two of the usual workbook.
MARGIN = ("Margin", "value", 25, None, "linear", 0, 1, None, None, None, None)
#: The sheet's row of the first criterion of a square.
FIRST = 9
#: Turnover is said to be 3 times as important as growth and as margin, growth 2 times as margin.
SAID = {(0, 1): 3.0, (0, 2): 3.0, (1, 2): 2.0}


def three(path: Path) -> Path:
    """A workbook with three criteria of value."""
    customers = [(*row, k / 10) for k, row in enumerate(CUSTOMERS)]
    header = (*CUSTOMERS_HEADER, "Margin")
    return write_book(
        path, customers=customers, customers_header=header, criteria=[*CRITERIA, MARGIN]
    )


def edit(path: Path, change: Callable[[Any], None]) -> Path:
    """Let openpyxl stand in for a user who opens, changes and saves the workbook."""
    book = load_workbook(path)
    change(book)
    book.save(path)
    return path


def compare(sheet: Worksheet, said: Mapping[tuple[int, int], float | str], language: str) -> None:
    """Choose judgments from the list."""
    for (row, column), judgment in said.items():
        text = judgment if isinstance(judgment, str) else label(judgment, texts(language))
        sheet.cell(FIRST + row, 2 + column).value = text


def judge(path: Path, said: Mapping[tuple[int, int], float | str] = SAID) -> Path:
    return edit(path, lambda book: compare(book["Pairwise value"], said, "en"))


def type_in(path: Path, column: int, entries: list[Any]) -> Path:
    def change(book: Any) -> None:
        for row, entry in enumerate(entries, start=10):
            book["Weights"].cell(row, column).value = entry

    return edit(path, change)


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, ["weights", *map(str, arguments)])


def weights_of(done: Weighed, method: Method, axis: Axis = Axis.VALUE) -> Any:
    weighing = next(w for w in done.weights.axes if w.axis is axis)
    return weighing.methods[method].weights


def square_of(judgments: Mapping[tuple[int, int], float], count: int) -> list[list[Any]]:
    """Judgments as Excel hands a half-filled square to a function."""
    return [[judgments.get((r, c)) for c in range(count)] for r in range(count)]


def criteria_of(path: Path) -> dict[str, Any]:
    rows = load_workbook(path)["Criteria"].iter_rows(min_row=2, max_col=3, values_only=True)
    return {str(name): weight for name, _, weight in rows}


def test_three_sheets_are_added_and_nothing_else_is_touched(book: Path) -> None:
    before = parts_of(book)
    done = find(book, as_of=DAY)
    after = parts_of(book)
    assert list(done.sheets) == ["Weights", "Pairwise value", "Pairwise benefit"]
    assert changed_parts(before, after) <= MAY_CHANGE
    assert list(sheet_parts(after)) == ["My notes", "Customers", "Criteria", *done.sheets]
    assert faults_of(after) == []
    assert repairs_of(after) == []
    tables = {t for sheet in load_workbook(book) for t in sheet.tables}
    assert tables >= {"tblWeights", "tblPairwiseValue", "tblPairwiseBenefit"}


def test_three_runs_keep_every_other_byte(book: Path) -> None:
    assert_kept(book, run=find)


def test_a_rescore_leaves_the_sheets_as_they_are_and_they_leave_those_of_a_rescore(
    book: Path,
) -> None:
    find(book)
    find(judge(book, {(0, 1): 3.0}))
    before = parts_of(book)
    places = sheet_parts(before)
    rescore(book, as_of=DAY)
    after = parts_of(book)
    for name in ("Weights", "Pairwise value", "Pairwise benefit"):
        assert after[places[name]] == before[places[name]]
    find(book, as_of=DAY)
    again = parts_of(book)
    ranking = sheet_parts(after)["Ranking"]
    assert again[ranking] == after[ranking]


def test_ranks_points_and_comparisons_are_kept_and_weighed(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    type_in(type_in(path, 3, [1, 3, 2]), 4, [100, 20, 80])
    done = find(judge(path))
    again = find(path)
    for method, expected in (
        (Method.DIRECT, [0.4, 0.4, 0.2]),
        (Method.CENTROID, [11 / 18, 2 / 18, 5 / 18]),
        (Method.RANK_SUM, [3 / 6, 1 / 6, 2 / 6]),
        (Method.SWING, [0.5, 0.1, 0.4]),
        (Method.PAIRWISE, np.ravel(KP_AHP_WEIGHTS(square_of(SAID, 3)))),
    ):
        assert weights_of(done, method) == pytest.approx(expected, abs=1e-12)
        assert list(weights_of(done, method)) == list(weights_of(again, method))
    sheet = load_workbook(path)["Weights"]
    rows = [[c.value for c in row] for row in sheet.iter_rows(min_row=9, max_row=14)]
    assert [row[:4] for row in rows] == [
        ["Criterion", "Axis", "Rank", "Points"],
        ["Turnover", "Value", 1, 100],
        ["Growth", "Value", 3, 20],
        ["Margin", "Value", 2, 80],
        ["Fit", "Benefit", None, None],
        ["Visits", "Benefit", None, None],
    ]
    pairwise = rows[0].index("Pairwise")
    assert [row[pairwise] for row in rows[1:4]] == list(weights_of(done, Method.PAIRWISE))


def test_the_square_keeps_words_above_its_diagonal_and_fills_itself_below(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    done = find(judge(path, {**SAID, (1, 2): 1 / 7}))
    shown = load_workbook(path, data_only=True)["Pairwise value"]
    cells = [[c.value for c in row] for row in shown["B9:D11"]]
    assert cells == [
        ["1", "3 slightly more important", "3 slightly more important"],
        ["1/3", "1", "1/7 much less"],
        ["1/3", "7", "1"],
    ]
    weights = [row[0].value for row in shown["E9:E11"]]
    assert weights == list(weights_of(done, Method.PAIRWISE))
    assert shown["B6"].value == done.weights.axes[0].comparison.ratio
    lower = load_workbook(path)["Pairwise value"]["B10"].value
    assert lower.startswith("=IF(LEFT(C9,2)")


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_list_of_judgments_is_read_as_it_is_offered(language: str, tmp_path: Path) -> None:
    """Every item, chosen in both languages, is worth its number."""
    path = made(tmp_path, language, macros=False)
    find(path)
    sheet = texts(language)("sheets.pairwise_value")
    rule = load_workbook(path)[sheet].data_validations.dataValidation[0]
    items = rule.formula1.strip('"').split(",")
    steps = [*range(9, 0, -1), *(1 / n for n in range(2, 10))]
    pairs = list(combinations(range(5), 2))
    for first in range(0, len(items), len(pairs)):
        some = dict(zip(pairs, items[first : first + len(pairs)], strict=False))
        chosen = edit(path, lambda book, some=some: compare(book[sheet], some, language))
        rater = find(chosen).weights.axes[0].entries.raters[0]
        for (row, column), step in zip(some, steps[first : first + len(pairs)], strict=True):
            assert rater.judgments[row, column] == pytest.approx(step, abs=1e-15)


def test_what_most_hurts_consistency_is_named_with_what_would_mend_it(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    done = find(judge(path, {(0, 1): 2.0, (0, 2): 1 / 2, (1, 2): 2.0}))
    comparison = done.weights.axes[0].comparison
    assert comparison.ratio > 0.2
    verdict = load_workbook(path)["Weights"]["E6"].value
    assert "“Turnover” against “Margin” is 1/2, but the others suggest “4”" in verdict
    assert [(r.row, r.column) for r in comparison.worst] == [(0, 1), (0, 2), (1, 2)]
    assert [r.consistency_ratio for r in comparison.worst] == pytest.approx([0, 0, 0], abs=1e-12)
    mended = find(judge(path, {(0, 2): comparison.worst[1].mended}))
    assert mended.weights.axes[0].comparison.ratio == 0


def test_the_ratio_named_is_the_one_with_the_judgment_named(tmp_path: Path) -> None:
    """What the others suggest, 2.5, is not in the list; 3 is, and does not mend all."""
    path = three(tmp_path / "three.xlsx")
    find(path)
    find(judge(path, {(0, 1): 5.0, (0, 2): 1 / 3, (1, 2): 1 / 2}))
    verdict = load_workbook(path)["Weights"]["E6"].value
    suggested = "“Turnover” against “Margin” is 1/3, but the others suggest “3 slightly more "
    told = verdict.split(f"{suggested}important” (ratio then ")[1].split(")")[0]
    then = find(judge(path, {(0, 2): 3.0})).weights.axes[0].comparison.ratio
    assert told == "0.003"
    assert then == pytest.approx(0.003, abs=5e-4)


def test_where_the_scale_ends_too_early_that_is_said(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    find(judge(path, {(0, 1): 9.0, (0, 2): 9.0, (1, 2): 9.0}))
    verdict = load_workbook(path)["Weights"]["E6"].value
    assert (
        "“Turnover” against “Margin” is 9, but the others suggest 81, beyond the end of the scale."
        in verdict
    )


def test_a_copied_sheet_is_another_rater(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    judge(path)

    def copy(book: Any) -> None:
        sheet = book.copy_worksheet(book["Pairwise value"])
        sheet.title = "Anna"
        sheet.add_table(Table(displayName="tblPairwiseValue2", ref="A8:E11"))
        compare(sheet, {(0, 1): 1 / 3, (0, 2): 1.0}, "en")
        sheet = book.copy_worksheet(book["Pairwise value"])
        sheet.title = "Bo"
        sheet.add_table(Table(displayName="tblPairwiseValue3", ref="A8:E11"))
        compare(sheet, dict.fromkeys(SAID, ""), "en")

    done = find(edit(path, copy))
    weighing = done.weights.axes[0]
    assert [rater.name for rater in weighing.entries.raters] == ["Pairwise value", "Anna", "Bo"]
    mean = {(0, 1): 1.0, (0, 2): 3**0.5, (1, 2): 2.0}
    expected = np.ravel(KP_AHP_WEIGHTS(square_of(mean, 3)))
    assert weights_of(done, Method.PAIRWISE) == pytest.approx(expected, abs=1e-12)
    verdict = load_workbook(path)["Weights"]["E6"].value
    assert "“Turnover” against “Growth” from 1/3 to 3" in verdict
    assert "Anna" in verdict
    assert done.sheets == ["Weights", "Pairwise value", "Anna", "Bo", "Pairwise benefit"]
    anna, bo = (load_workbook(path)[name]["C6"].value for name in ("Anna", "Bo"))
    assert anna.startswith("The judgments fit together (0.016; up to 0.1 is fine).")
    assert bo == "All people together: see the sheet with all weights."
    find(edit(path, lambda book: compare(book["Anna"], {(1, 2): 1 / 5}, "en")))
    anna, first = (load_workbook(path)[name]["C6"].value for name in ("Anna", "Pairwise value"))
    assert "“Growth” against “Margin” is 1/5, but the others suggest “3 " in anna
    assert "fit together" in first
    assert repairs_of(parts_of(path)) == []


def test_comparisons_need_not_be_complete_but_linked(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    partly = find(judge(path, {(0, 1): 2.0}))
    assert weights_of(partly, Method.PAIRWISE) is None
    assert partly.weights.axes[0].methods[Method.PAIRWISE].lacking == ("Margin",)
    assert load_workbook(path)["Weights"]["B6"].value == "1 of 3"
    linked = find(judge(path, {(1, 2): 2.0}))
    assert weights_of(linked, Method.PAIRWISE) == pytest.approx([4 / 7, 2 / 7, 1 / 7], abs=1e-12)


def test_headers_stay_apart_and_find_their_criteria_again_whatever_these_are_called(
    tmp_path: Path,
) -> None:
    corner = texts("en")("columns.compared")
    names = (corner, "Weight", "Weight (2)", "x" * 260 + "1", "x" * 260 + "2")
    customers = [(*row, *(k * j % 5 for j in range(1, 6))) for k, row in enumerate(CUSTOMERS)]
    more = [(name, "value", 10, None, "linear", 0, 5, *[None] * 4) for name in names]
    path = write_book(
        tmp_path / "odd.xlsx",
        customers=customers,
        customers_header=(*CUSTOMERS_HEADER, *names),
        criteria=[*CRITERIA, *more],
        tables=False,
    )
    find(path)
    assert repairs_of(parts_of(path)) == []
    said = {(5, 6): 3.0, (2, 5): 5.0}
    edit(path, lambda book: compare(book["Pairwise value"], said, "en"))
    done = find(path)
    judgments = done.weights.axes[0].entries.raters[0].judgments
    assert {at: judgments[at] for at in said} == said


@pytest.mark.parametrize(
    "name", ["X", "What it is worth to us that the customer pays within its term"]
)
def test_headers_of_a_square_are_seen_whole(name: str, tmp_path: Path) -> None:
    """A line takes 15 points; a bold character at least as much room as one of the column's width."""
    customers = [(*row, k / 10) for k, row in enumerate(CUSTOMERS)]
    path = write_book(
        tmp_path / "long.xlsx",
        customers=customers,
        customers_header=(*CUSTOMERS_HEADER, name),
        criteria=[*CRITERIA, (name, *MARGIN[1:])],
    )
    find(path)
    sheet = load_workbook(path)["Pairwise value"]
    for cell in sheet[FIRST - 1]:
        width = sheet.column_dimensions[cell.column_letter].width
        assert len(cell.value) <= width * sheet.row_dimensions[FIRST - 1].height / 15


def test_a_new_criterion_gets_its_row_and_column_and_a_lost_one_is_asked_about(
    tmp_path: Path,
) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    type_in(judge(path), 3, [1, 2, 3])

    def add(book: Any) -> None:
        book["Customers"]["I1"] = "Loyalty"
        book["Customers"].tables["tblCustomers"].ref = "A1:I6"
        header = book["Customers"].tables["tblCustomers"]
        header.tableColumns = []
        header._initialise_columns()  # noqa: SLF001 (openpyxl has no other way)
        for column, cell in zip(header.tableColumns, book["Customers"][1], strict=False):
            column.name = str(cell.value)
        book["Criteria"].append(("Loyalty", "value", 10, None, "linear", 0, 1))
        book["Criteria"].tables["tblCriteria"].ref = "A1:K7"

    done = find(edit(path, add))
    value = done.weights.axes[0]
    assert value.criteria == ("Turnover", "Growth", "Margin", "Loyalty")
    assert value.methods[Method.PAIRWISE].lacking == ("Loyalty",)
    assert value.methods[Method.CENTROID].lacking == ("Loyalty",)
    assert value.entries.raters[0].judgments[0, 2] == 3
    assert load_workbook(path)["Pairwise value"].tables["tblPairwiseValue"].ref == "A8:F12"
    before = path.read_bytes()

    def rename(book: Any) -> None:
        book["Criteria"]["A6"] = book["Customers"]["H1"] = "Margin rate"

    edit(path, rename)
    before = path.read_bytes()
    with pytest.raises(InputError) as stopped:
        find(path)
    assert path.read_bytes() == before
    keys = [problem.fault.key for problem in stopped.value.problems]
    assert keys == ["compared_criterion_unknown", "weighed_criterion_unknown"]
    assert "Sheet Pairwise value, row 8, column Margin: “Margin” is no" in stopped.value.message()
    edit(path, lambda book: compare(book["Pairwise value"], {(0, 2): "", (1, 2): ""}, "en"))
    with pytest.raises(InputError, match=r"Sheet Weights, row 12, .*“Margin” is no criterion"):
        find(path)
    type_in(path, 3, [1, 2, None])
    assert find(path).weights.axes[0].criteria == ("Turnover", "Growth", "Margin rate", "Loyalty")


@pytest.mark.parametrize(
    ("cell", "entry", "key"),
    [
        ("C9", "3x4", "judgment_unreadable"),
        ("C9", 12, "judgment_out_of_range"),
        ("B10", "1/5", "judgment_contradicts"),
    ],
)
def test_a_judgment_that_is_none_stops_with_its_place(
    cell: str, entry: Any, key: str, tmp_path: Path
) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    judge(path)
    edit(path, lambda book: book["Pairwise value"].__setitem__(cell, entry))
    before = path.read_bytes()
    with pytest.raises(InputError) as stopped:
        find(path)
    (problem,) = stopped.value.problems
    assert (problem.fault.key, problem.sheet, problem.cell) == (key, "Pairwise value", cell)
    assert path.read_bytes() == before


@pytest.mark.parametrize(("column", "entry"), [(3, 0), (3, "first"), (4, -5), (4, "much")])
def test_a_rank_or_points_that_are_none_stop(column: int, entry: Any, tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    type_in(path, column, [entry, 2, 2])
    with pytest.raises(InputError) as stopped:
        find(path)
    (problem,) = stopped.value.problems
    assert (problem.sheet, problem.row) == ("Weights", 10)
    assert str(entry) in stopped.value.message()


def test_something_of_the_users_beside_our_cells_is_not_replaced(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    for sheet, cell in (("Pairwise value", "H3"), ("Weights", "N12"), ("Pairwise value", "A20")):
        noted = edit(path, lambda book, s=sheet, c=cell: book[s].__setitem__(c, "a note"))
        before = noted.read_bytes()
        with pytest.raises(WorkbookError, match=cell):
            find(noted)
        assert noted.read_bytes() == before
        edit(path, lambda book, s=sheet, c=cell: book[s].__setitem__(c, None))


@pytest.mark.parametrize(
    ("sheet", "cell", "where"),
    [
        ("Pairwise value", "A10", "Pairwise value, row 10, "),
        ("Pairwise value", "C8", "Pairwise value, row 8, "),
        ("Weights", "A11", "Weights, row 11, "),
    ],
)
def test_what_was_typed_beside_a_name_that_stands_twice_is_not_lost(
    sheet: str, cell: str, where: str, tmp_path: Path
) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    type_in(judge(path), 3, [1, 2, 3])
    edit(path, lambda book: book[sheet].__setitem__(cell, "Turnover"))
    before = path.read_bytes()
    with pytest.raises(InputError, match="“Turnover” stands here a second time") as stopped:
        find(path)
    assert where in stopped.value.message()
    assert path.read_bytes() == before


def test_a_criterion_whose_name_is_a_number_may_be_typed_as_one(tmp_path: Path) -> None:
    path = three(tmp_path / "number.xlsx")

    def rename(book: Any) -> None:
        book["Criteria"]["A6"] = "2024"
        book["Customers"]["H1"] = "2024"
        book["Customers"].tables["tblCustomers"].tableColumns = []

    find(edit(path, rename))
    judge(path)
    done = find(edit(path, lambda book: book["Pairwise value"].__setitem__("A11", 2024)))
    assert done.weights.axes[0].entries.raters[0].judgments[0, 2] == 3


# --- taking over --------------------------------------------------------------------------------


def test_weights_taken_over_stand_in_the_criteria_and_score_with_the_next_rescore(
    tmp_path: Path,
) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    judge(path)
    before = parts_of(path)
    done = find(path, take=Taking(Method.PAIRWISE))
    exact = weights_of(done, Method.PAIRWISE)
    assert list(done.taken) == ["Turnover", "Growth", "Margin"]
    assert sum(round(100 * weight) for weight in done.taken.values()) == 100_00
    assert list(done.taken.values()) == pytest.approx(list(100 * exact), abs=0.01)
    there = criteria_of(path)
    assert there == {"Fit": 70, "Visits": 30, **done.taken}
    criteria = sheet_parts(before)["Criteria"]
    ours = {sheet_parts(before)[name] for name in done.sheets}
    changed = changed_parts(before, parts_of(path))
    assert criteria in changed
    below = {name for name in changed if "/tables/" in name or "/_rels/" in name}
    assert changed - MAY_CHANGE - ours <= {criteria} | below
    model = rescore(path).analysis.model
    assert [c.weight for c in model.criteria] == [there[c.name] for c in model.criteria]
    today = load_workbook(path)["Weights"]["E10"].value
    assert today == pytest.approx(done.taken["Turnover"] / 100, abs=1e-12)


def test_weights_that_add_up_to_1_are_replaced_by_such(tmp_path: Path) -> None:
    """In cells that show percent, 41.32 would read 4132 %."""
    path = three(tmp_path / "three.xlsx")

    def as_percent(book: Any) -> None:
        for cell, weight in (("C2", 0.33), ("C3", 0.33), ("C6", 0.33)):
            book["Criteria"][cell] = weight
            book["Criteria"][cell].number_format = "0%"

    edit(path, as_percent)
    find(path)
    done = find(type_in(path, 3, [2, 1, 3, 1, 2]), take=Taking(Method.RANK_SUM))
    assert done.taken["Growth"] == 50
    assert criteria_of(path) == {
        "Turnover": 0.3333,
        "Growth": 0.5,
        "Margin": 0.1667,
        "Fit": 66.67,
        "Visits": 33.33,
    }
    assert load_workbook(path)["Criteria"]["C3"].number_format == "0%"


def test_weights_are_found_before_there_are_customers(tmp_path: Path) -> None:
    path = write_book(tmp_path / "empty.xlsx", customers=[(None,) * len(CUSTOMERS_HEADER)])
    find(path)
    done = find(type_in(path, 3, [1, 2, 2, 1]))
    assert weights_of(done, Method.CENTROID) == pytest.approx([0.75, 0.25], abs=1e-12)
    assert weights_of(done, Method.CRITIC) is None
    assert load_workbook(path)["Weights"]["E6"].value == "Nothing has been compared yet."


def test_only_the_axis_asked_for_is_taken_over(book: Path) -> None:
    done = find(book, take=Taking(Method.ENTROPY, Axis.BENEFIT))
    assert list(done.taken) == ["Fit", "Visits"]
    there = criteria_of(book)
    assert (there["Turnover"], there["Growth"]) == (50, 50)
    assert there["Fit"] == done.taken["Fit"]


def test_a_method_without_weights_and_a_weight_by_formula_stop(book: Path) -> None:
    find(book)
    before = book.read_bytes()
    with pytest.raises(XlPortfolioError, match="method “swing”"):
        find(book, take=Taking(Method.SWING))
    assert book.read_bytes() == before
    edit(book, lambda b: b["Criteria"].__setitem__("C3", "=25+25"))
    keep_values(book)
    before = book.read_bytes()
    with pytest.raises(WorkbookError, match="Criteria, cell C3"):
        find(book, take=Taking(Method.ENTROPY))
    assert book.read_bytes() == before


def keep_values(path: Path) -> None:
    """Give the formula of a weight the value that Excel would keep for it."""
    parts = parts_of(path)
    part = sheet_parts(parts)["Criteria"]
    parts[part] = parts[part].replace(b"<f>25+25</f><v />", b"<f>25+25</f><v>50</v>")
    parts[part] = parts[part].replace(b"<f>25+25</f><v></v>", b"<f>25+25</f><v>50</v>")
    parts[part] = parts[part].replace(b"<f>25+25</f><v/>", b"<f>25+25</f><v>50</v>")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            package.writestr(name, content)


# --- the command --------------------------------------------------------------------------------


def test_the_command_prints_all_ways_side_by_side(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    assert invoke(path).exit_code == 0
    judge(path)
    result = invoke(path, "--take", "pairwise", "--axis", "value")
    assert result.exit_code == 0
    for text in ("Today", "Pairwise", "Entropy", "The judgments fit together", "Taken over"):
        assert text in result.stdout
    assert f"xlportfolio rescore {path}" in result.stdout
    german = invoke(path, "--lang", "de", "--dry-run")
    assert german.exit_code == 0
    assert "Paarvergleich" in german.stdout
    assert "nichts geschrieben" in german.stdout
    assert "30,0 %" in german.stdout
    alone = invoke(path, "--axis", "value")
    assert (alone.exit_code, "--take" in alone.stderr) == (2, True)
    again = invoke(path, "--take", "swing")
    assert again.exit_code == 1
    assert "There are no weights by the method “swing” yet" in again.stderr


def test_the_command_prints_one_object(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    judge(path, {(0, 1): 3.0, (0, 2): 1 / 5, (1, 2): 3.0})
    result = invoke(path, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == 0
    assert set(found) == {"workbook", "as_of", "axes", "taken", "problems"}
    assert found["taken"] == {}
    value = found["axes"]["value"]
    assert value["criteria"] == ["Turnover", "Growth", "Margin"]
    assert set(value["weights"]) == {str(method) for method in Method}
    assert value["weights"]["direct"] == {"Turnover": 0.4, "Growth": 0.4, "Margin": 0.2}
    assert value["weights"]["swing"] is None
    pairwise = value["pairwise"]
    square = square_of({(0, 1): 3.0, (0, 2): 1 / 5, (1, 2): 3.0}, 3)
    assert pairwise["consistency_ratio"] == pytest.approx(KP_AHP_CONSISTENCY(square), abs=1e-12)
    worst = pairwise["worst"][1]
    assert (worst["criterion"], worst["other"], worst["judgment"]) == ("Turnover", "Margin", 1 / 5)
    assert worst["mended"] == pytest.approx(9, abs=1e-12)
    assert (pairwise["compared"], pairwise["pairs"]) == (3, 3)
    assert found["axes"]["benefit"]["pairwise"]["consistency_ratio"] is None


def test_what_was_taken_over_stands_in_the_object_and_is_todays_as_on_the_sheet(
    tmp_path: Path,
) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    type_in(path, 3, [2, 1, 3])
    found = json.loads(invoke(path, "--take", "rank-sum", "--axis", "value", "--json").stdout)
    assert found["taken"] == {"Turnover": 33.33, "Growth": 50, "Margin": 16.67}
    today = found["axes"]["value"]["weights"]["direct"]
    assert [today[c] for c in ("Turnover", "Growth", "Margin")] == [
        load_workbook(path)["Weights"].cell(row, 5).value for row in (10, 11, 12)
    ]
    assert today["Growth"] == pytest.approx(0.5, abs=1e-12)


def test_what_ranks_and_points_lack_is_said(tmp_path: Path) -> None:
    path = three(tmp_path / "three.xlsx")
    find(path)
    type_in(path, 3, [1, None, 2])
    type_in(path, 4, [100, 50, None])
    find(path)
    said = load_workbook(path)["Weights"]["E6"].value.split("\n")
    assert said[1:] == [
        "No rank yet, which both ways by rank order need: Growth.",
        "No points yet, which swing needs: Margin.",
    ]
    type_in(path, 4, [0, 0, 0])
    assert "None of the points is above 0" in invoke(path).stdout


# --- formulas -----------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
def test_in_a_workbook_with_macros_weights_follow_each_judgment(
    language: str, tmp_path: Path
) -> None:
    """LibreOffice computes the other half; our functions, through the macros, the weights."""
    lo_session.require_live_office()
    path, words = made(tmp_path, language), texts(language)
    find(path, backup=False)
    sheet = words("sheets.pairwise_value")
    said = dict(zip(combinations(range(5), 2), (3, 1, 5, 2, 3, 4, 1, 3, 1 / 3, 1 / 5), strict=True))
    typed = {
        f"{sheet}!{'BCDEF'[column]}{FIRST + row}": label(judgment, words)
        for (row, column), judgment in said.items()
    }
    stored = tmp_path / "stored.xlsm"
    steps = [
        ["enter", typed],
        ["calculate"],
        ["show", [f"{sheet}!B9:F13", f"{sheet}!G9:G13", f"{sheet}!B6"]],
        ["save", str(stored)],
        ["told"],
    ]
    program = ["-m", spreadsheet.__name__, str(path), str(tmp_path)]
    _, _, (square, weights, ratio), _, told = in_python(program, tmp_path, steps)
    assert told["failures"] == []
    assert square[4] == ["1/2", "1", "3", "5", "1"]
    done = find(path_with(path, sheet, said, language))
    assert [row[0] for row in weights] == list(weights_of(done, Method.PAIRWISE))
    assert ratio == [[done.weights.axes[0].comparison.ratio]]


def path_with(path: Path, sheet: str, said: Mapping[tuple[int, int], float], language: str) -> Path:
    """The workbook with these judgments, without what a save in openpyxl would lose of it."""
    plain = path.with_suffix(".xlsx")
    plain.write_bytes(made(path.parent, language, macros=False).read_bytes())
    find(plain, backup=False)
    return edit(plain, lambda book: compare(book[sheet], said, language))
