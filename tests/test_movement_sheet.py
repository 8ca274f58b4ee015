"""The sheet Movement and the arrows of the matrix, in closed workbooks."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from openpyxl import load_workbook
from support.books import CUSTOMERS, rows_of, write_book
from support.ecma import repairs_of
from support.history_days import FIRST, SECOND, THIRD
from support.packages import MAIN, faults_of, parts_of, sheet_parts, write_parts

from xlportfolio import Axis, Criterion, Scale, ScoringModel, WorkbookError, analyse, rescore
from xlportfolio.locale import texts
from xlportfolio.matrix import ARROWS, FIRST_SIZE, SIZES, MatrixSheet, matrix_sheet
from xlportfolio.model_changes import ModelChange
from xlportfolio.movement import Movement, movement
from xlportfolio.movement_sheet import Counts, compared, counts, missing, movement_sheet
from xlportfolio.presentation import Presentation
from xlportfolio.tables import HEADER_ROW, SheetTable

MODEL = ScoringModel(
    (
        Criterion("Turnover", Axis.VALUE, 1, Scale.linear(0, 100)),
        Criterion("Services", Axis.BENEFIT, 1, Scale.linear(0, 100)),
    )
)
#: Who is where: number, turnover, services; ``None``: not rated.
Places = dict[str, tuple[float | None, float | None]]
THEN: Places = {
    "stays": (90, 90),
    "slips": (80, 60),
    "sinks": (70, 70),
    "starts": (None, 10),
    "stops": (60, 20),
    "best gone": (95, 95),
    "worst gone": (5, 5),
    "dropped": (6, 6),
}
NOW: Places = {
    "stays": (91, 90),
    "slips": (45, 60),
    "sinks": (20, 20),
    "starts": (10, 10),
    "stops": (60, None),
    "newcomer": (51, 49),
}
EN = texts("en")


def moved(then: Places, now: Places, parted: Sequence[str] = ()) -> Movement:
    """What has happened between two days, and whom somebody has parted with on purpose."""

    def analysed(places: Places) -> Any:
        rows = {"customer_id": [*places], "customer": [number.title() for number in places]}
        measures = np.array([*places.values()], dtype=np.float64).reshape(-1, 2)
        return analyse(
            pd.DataFrame({**rows, "Turnover": measures[:, 0], "Services": measures[:, 1]}), MODEL
        )

    found = movement(analysed(then), FIRST, analysed(now), SECOND)
    is_parted = found.customers["customer_id"].isin(parted)
    marked = found.customers.assign(parted=np.where(is_parted, "insolvent", ""))
    return replace(found, customers=marked)


def laid_out(found: Movement | None, presentation: Presentation | None = None) -> SheetTable:
    asked = presentation or Presentation("en", SECOND)
    return movement_sheet(found, asked, "Movement", EN)


def cells(table: SheetTable, key: str) -> list[Any]:
    column = next(column for column in table.columns if column.key == key)
    return [*column.cells]


def test_those_missing_come_first_then_the_largest_moves() -> None:
    table = laid_out(moved(THEN, NOW, ["dropped"]))
    assert list(zip(cells(table, "customer_id"), cells(table, "movement"), strict=True)) == [
        ("best gone", "Missing"),
        ("worst gone", "Missing"),
        ("sinks", "Moved"),
        ("slips", "Moved"),
        ("starts", "Now rated"),
        ("stops", "No longer rated"),
        ("newcomer", "New"),
        ("dropped", "Parted on purpose"),
    ]
    assert cells(table, "total_change")[2:4] == [-50.0, -17.5]
    assert np.isnan(cells(table, "total_change")[0])
    assert cells(table, "type_before")[:3] == ["Star", "Poor dog", "Star"]
    assert cells(table, "type_now")[:4] == ["", "", "Poor dog", "Free rider"]
    assert cells(table, "cause") == [*["", ""], *["customer"] * 4, *["", ""]]
    assert cells(table, "criterion")[2:4] == ["Turnover; Services", "Turnover"]
    assert cells(table, "parted") == [*[""] * 7, "insolvent"]
    assert [bool(reason) for reason in cells(table, "reason")] == [True] * 8


def test_from_type_to_type_everybody_is_counted_once() -> None:
    found = moved(THEN, NOW)
    summary = laid_out(found).summary
    assert summary is not None
    assert [column.header for column in summary.columns] == [
        "From type (lines) to type (columns)",
        *("Stars", "Question marks", "Free riders", "Poor dogs", "Not rated"),
        *("No longer there", "Changed in the model"),
    ]
    assert summary.columns[0].cells == [
        *("Stars", "Question marks", "Free riders", "Poor dogs", "Not rated", "New")
    ]
    table = np.array([column.cells for column in summary.columns[1:-1]], dtype=np.float64).T
    assert table.tolist()[:5] == [
        [1, 0, 1, 1, 0, 1],  # stays, slips, sinks, best gone
        [0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0],
        [0, 0, 0, 0, 0, 2],
        [0, 0, 0, 1, 0, 0],
    ]
    assert table[5, :5].tolist() == [0, 1, 0, 0, 0]
    assert np.isnan(table[5, 5])
    assert np.nansum(table) == len(found.customers)


def test_what_is_said_above() -> None:
    found = moved(THEN, NOW, ["dropped"])
    assert counts(found) == Counts(moved=2, rated=1, unrated=1, new=1, missing=2, parted=1)
    assert missing(found) == ["Best Gone", "Worst Gone"]
    assert compared(found, EN) == (
        "Compared with 2026-01-31: changes of type: 2; rated now: 1; no longer rated: 1; new: 1; "
        "missing: 2; parted on purpose: 1."
    )
    first, second = laid_out(found).subtitles
    assert first == f"As of 2026-02-28. {compared(found, EN)}"
    assert second.startswith("The model is the same on both days. Cause: ")
    limits = found.thresholds_before._replace(value=40.0)
    other = replace(found, thresholds_before=limits, model_changes=(ModelChange(None, "x"),))
    assert (
        "value 40.0 then, 50.0 now; benefit 50.0 then, 50.0 now."
        in (laid_out(replace(other, model_changes=())).subtitles[1])
    )


def test_everybody_may_have_stayed() -> None:
    table = laid_out(moved({"a": (60, 60)}, {"a": (70, 60)}))
    assert len(table) == 0
    assert table.subtitles[0].endswith("Everybody has stayed where they were.")


def test_as_many_changes_of_the_model_as_there_are_lines_stand_beside_the_types() -> None:
    found = moved(THEN, NOW)
    few = tuple(ModelChange(f"C{k}", "added") for k in range(6))
    for changes, last in ((few, "C5"), ((*few, ModelChange("C6", "added")), "And 2 changes more")):
        summary = laid_out(replace(found, model_changes=changes)).summary
        assert summary is not None
        said = [str(cell) for cell in summary.columns[-1].cells]
        assert len(said) == 6
        assert ["C0" in said[0], last in said[5]] == [True, True]


@pytest.mark.parametrize(
    ("presentation", "beginning"),
    [
        (Presentation("en", SECOND), "As of 2026-02-28. There is no earlier day"),
        (Presentation("en", SECOND, history_dates=0), "As of 2026-02-28. No day is kept, since"),
        (
            Presentation("en", SECOND, compare_with=FIRST),
            "As of 2026-02-28. No day is kept that is before it and not after 2026-01-31",
        ),
    ],
)
def test_why_there_is_nothing_to_compare_with(presentation: Presentation, beginning: str) -> None:
    table = laid_out(None, presentation)
    assert len(table) == 0
    (subtitle,) = table.subtitles
    assert subtitle.startswith(beginning)
    assert table.first_row == laid_out(moved(THEN, NOW)).first_row  # an open workbook moves no row


# --- arrows -------------------------------------------------------------------------------------


def matrix_of(found: Movement | None, now: Places) -> MatrixSheet:
    measures = np.array([*now.values()], dtype=np.float64).reshape(-1, 2)
    frame = {"customer_id": [*now], "Turnover": measures[:, 0], "Services": measures[:, 1]}
    analysis = analyse(pd.DataFrame(frame), MODEL)
    return matrix_sheet(analysis, Presentation("en", SECOND), "Matrix", None, found)


def test_arrows_lead_from_the_earlier_measures_to_the_point_of_today() -> None:
    matrix = matrix_of(moved(THEN, NOW), NOW)
    names, *ends = (column.cells for column in matrix.arrows)
    assert names == ["Sinks", "Slips", "Stays"]
    assert np.array(ends).T.tolist() == [[70, 20, 70, 20], [60, 60, 80, 45], [90, 90, 90, 91]]
    assert matrix.subtitles[1].startswith("Arrows, from the small circle on: the 3 largest moves")
    assert {len(column) for column in matrix.columns} == {len(matrix.points[0])}
    plain = matrix_of(None, NOW)
    assert len(plain.subtitles) == 1
    assert [len(column) for column in plain.arrows] == [0] * 5
    assert [column.header for column in plain.columns] == [c.header for c in matrix.columns]


scores = st.integers(0, 100).map(float) | st.none()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.tuples(scores, scores), st.tuples(scores, scores)), max_size=25))
def test_no_move_without_an_arrow_is_larger_than_one_with(
    pairs: list[tuple[tuple[float | None, float | None], tuple[float | None, float | None]]],
) -> None:
    then = {str(k): before for k, (before, _) in enumerate(pairs)}
    now = {str(k): after for k, (_, after) in enumerate(pairs)}
    names, *ends = (c.cells for c in matrix_of(moved(then, now), now).arrows)
    lengths = {
        number: round(math.dist((v, b), now[number]), 9)
        for number, (v, b) in then.items()
        if None not in {v, b, *now[number]}
    }
    drawn = [lengths[str(name)] for name in names]
    left = [length for number, length in lengths.items() if number not in names]
    assert len(names) == min(ARROWS, sum(length > 0 for length in lengths.values()))
    assert drawn == sorted(drawn, reverse=True)
    assert max(left, default=0) <= min(drawn, default=max(left, default=0))
    for name, (b_then, b_now, v_then, v_now) in zip(names, zip(*ends, strict=True), strict=True):
        assert (v_then, b_then) == pytest.approx(then[str(name)])
        assert (v_now, b_now) == pytest.approx(now[str(name)])


# --- in a file ----------------------------------------------------------------------------------


def at_another_time(path: Path, customers: Sequence[Sequence[Any]]) -> None:
    """Put other customers into a workbook, in the rows of the first."""
    book = load_workbook(path)
    sheet = book["Customers"]
    for r, row in enumerate([*customers, *[[None] * 7] * (5 - len(customers))], start=2):
        for c, cell in enumerate(row, start=1):
            sheet.cell(r, c, cell).value = cell
    book.save(path)


#: Beta has become a star, Gamma has gone, Zeta has come.
LATER = [
    CUSTOMERS[0],
    (2, "Beta", "Customer", 800, 0.1, "high", 1),
    CUSTOMERS[3],
    CUSTOMERS[4],
    (6, "Zeta", "Customer", 100, -0.3, "high", 1),
]


@pytest.fixture
def compared_book(tmp_path: Path) -> Path:
    path = write_book(tmp_path / "book.xlsx")
    rescore(path, as_of=FIRST, backup=False)
    at_another_time(path, LATER)
    rescore(path, as_of=SECOND, backup=False)
    return path


def listed(path: Path) -> dict[Any, dict[str, Any]]:
    """The rows of the table of movements by their customers."""
    return {row["Customer"]: row for row in rows_of(load_workbook(path)["Movement"])}


def test_two_days_of_a_workbook(compared_book: Path) -> None:
    found = listed(compared_book)
    assert [(name, row["Change"]) for name, row in found.items()] == [
        ("Gamma", "Missing"),
        ("Beta", "Moved"),
        ("Zeta", "New"),
    ]
    beta = found["Beta"]
    assert (beta["Type then"], beta["Type now"]) == ("Question mark", "Star")
    # Fit from 20 to 100 of weight 70, Visits from 10 to 90 of weight 30
    assert (beta["Benefit then"], beta["Benefit now"]) == pytest.approx((17, 97))
    assert (beta["Cause"], beta["Criterion"]) == ("customer", "Fit")
    assert faults_of(parts_of(compared_book)) == []


def test_whoever_is_parted_with_is_marked_once_and_then_no_longer_listed(
    compared_book: Path,
) -> None:
    book = load_workbook(compared_book)
    sheet = book["Movement"]
    (table,) = sheet.tables.values()
    top = int(re.findall(r"\d+", table.ref)[0])
    assert sheet.cell(top, 16).value == "Parted on purpose"
    sheet.cell(top + 1, 16, "1.3.: never paid")
    book.save(compared_book)
    rescore(compared_book, as_of=SECOND, backup=False)
    found = listed(compared_book)
    assert [*found][-1] == "Gamma"
    assert found["Gamma"]["Change"] == "Parted on purpose"
    assert found["Gamma"]["Parted on purpose"] == "1.3.: never paid"
    rescore(compared_book, as_of=THIRD, backup=False)
    assert [*listed(compared_book)] == [None]


def test_whoever_is_missing_is_listed_until_something_is_done(compared_book: Path) -> None:
    rescore(compared_book, as_of=THIRD, backup=False)
    assert [(name, row["Change"]) for name, row in listed(compared_book).items()] == [
        ("Gamma", "Missing")
    ]


def charts_of(parts: dict[str, bytes]) -> list[Any]:
    """The charts that draw arrows."""
    return [etree.fromstring(data) for name, data in parts.items() if b"arrow 10<" in data]


def arrows_of(parts: dict[str, bytes]) -> list[Any]:
    """The series of arrows in the chart of the matrix."""
    (chart,) = charts_of(parts)
    names = {ser: ser.findtext("{*}tx/{*}v") or "" for ser in chart.iter("{*}ser")}
    return [ser for ser, name in names.items() if name.startswith("arrow ")]


def test_the_chart_has_room_for_ten_arrows_from_the_first_run_on(compared_book: Path) -> None:
    first = compared_book.with_name("first.xlsx")
    write_book(first)
    rescore(first, as_of=FIRST, backup=False)
    for path in (first, compared_book):
        parts = parts_of(path)
        assert [*repairs_of(parts)] == []
        series = arrows_of(parts)
        assert len(series) == ARROWS
        for k, ser in enumerate(series):
            areas = [ser.findtext(f"{{*}}{axis}/{{*}}numRef/{{*}}f") for axis in ("xVal", "yVal")]
            row = 12 + k
            assert areas == [f"'Matrix'!$AR${row}:$AS${row}", f"'Matrix'!$AT${row}:$AU${row}"]
            (head,) = ser.find("{*}spPr").iter("{*}tailEnd")
            assert head.get("type") == "triangle"
    cells_ = load_workbook(compared_book)["Matrix"]
    assert [cells_.cell(12, k).value for k in range(43, 48)] == pytest.approx(
        ["Beta", 17, 97, 70, 70]
    )
    assert cells_["AQ13"].value is None
    assert load_workbook(first)["Matrix"]["AQ12"].value is None
    (chart,) = charts_of(parts_of(first))
    assert len([*chart.iter("{*}legendEntry")]) == len([*chart.iter("{*}ser")]) - 4


def without_arrows(path: Path, note: str | None) -> None:
    """Make the matrix that of an earlier version, with or without a note where arrows will be."""
    parts = parts_of(path)
    name = sheet_parts(parts)["Matrix"]
    root = etree.fromstring(parts[name])
    for cell in [*root.iter(f"{MAIN}c")]:
        if re.fullmatch(r"A[Q-U]\d+", cell.get("r")):
            if note is None or cell.get("r") != "AR14":
                cell.getparent().remove(cell)
            else:
                cell[:] = []
                cell.set("t", "inlineStr")
                text = etree.SubElement(etree.SubElement(cell, f"{MAIN}is"), f"{MAIN}t")
                text.text = note
    write_parts(path, {**parts, name: etree.tostring(root)})


def test_a_note_where_arrows_will_be_is_not_lost(compared_book: Path) -> None:
    without_arrows(compared_book, None)
    rescore(compared_book, as_of=SECOND, backup=False)
    assert load_workbook(compared_book)["Matrix"]["AQ12"].value == "Beta"
    without_arrows(compared_book, "mine")
    with pytest.raises(WorkbookError) as stopped:
        rescore(compared_book, as_of=SECOND, backup=False)
    assert (stopped.value.key, stopped.value.details["cell"]) == ("foreign_cell", "AR14")


def test_weights_that_have_changed_are_told_apart_from_customers(tmp_path: Path) -> None:
    # Delta has 5 of 100 by turnover and 100 by growth: 52.5 by equal weights, 24 by weights of 80 and 20
    customers = [(4, "Delta", "Customer", 50, 0.5, "low", 10), *CUSTOMERS[:2]]
    path = write_book(tmp_path / "weights.xlsx", customers=customers)
    rescore(path, as_of=FIRST, backup=False)
    book = load_workbook(path)
    book["Criteria"]["C2"], book["Criteria"]["C3"] = 80, 20
    book.save(path)
    rescore(path, as_of=SECOND, backup=False)
    (row,) = listed(path).values()
    assert (row["Customer"], row["Cause"]) == ("Delta", "model")
    assert (row["Value then"], row["Value now"]) == pytest.approx((52.5, 24))
    sheet = load_workbook(path)["Movement"]
    assert sheet["A3"].value.startswith("The model has changed in between.")
    beside = [sheet.cell(HEADER_ROW + 1 + k, 10).value for k in range(2)]
    assert ["Turnover" in str(beside[0]), "Growth" in str(beside[1])] == [True, True]
    assert load_workbook(path)["Matrix"]["AQ12"].value is None  # nobody has moved by themselves


def test_the_area_of_a_point_goes_with_its_measure() -> None:
    customers = pd.DataFrame(
        {"customer_id": ["A", "B", "C"], "Turnover": [90, 80, 70], "Services": [90, 80, 70]}
    )
    asked = Presentation("en", SECOND, bubble_measure="Turnover")
    sizes = np.array([100.0, 25.0, np.nan])
    sheet = matrix_sheet(analyse(customers, MODEL), asked, "Matrix", sizes, None)
    assert sheet.notes[-1] == EN("matrix.sized", measure="Turnover")
    of_star = sheet.points[FIRST_SIZE : FIRST_SIZE + SIZES]
    shown = [np.flatnonzero(~np.isnan(column.cells)).tolist() for column in of_star]
    assert shown == [[], [], [1], [], [0]]  # a quarter of the area is half of the width


def test_a_chart_without_arrows_says_nothing_of_them() -> None:
    found = moved(THEN, NOW)
    sheet = matrix_sheet(
        analyse(pd.DataFrame({"customer_id": ["A"], "Turnover": [1], "Services": [1]}), MODEL),
        Presentation("en", SECOND), "Matrix", None, found,
    )  # fmt: skip
    assert sheet.arrow_note
    assert sheet.arrow_note in sheet.subtitles[-1]
    bare = sheet.without_arrows()
    assert (bare.arrows, bare.arrow_note) == ((), "")
    assert sheet.arrow_note not in " ".join(bare.subtitles)
