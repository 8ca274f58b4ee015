"""The report of a copy that goes on computing, in LibreOffice: what follows changed figures."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import Workbook, load_workbook
from support import lo_session
from support.computing import TODAY, enter, everything_seen, run_of
from support.ecma import repairs_of
from support.live_copies import (
    NUMBERS,
    SETTINGS,
    SHEET,
    WORDS,
    Constants,
    cells_of,
    constants,
    figures_of,
    live_copy,
    settings_of,
)
from support.packages import parts_of, sheet_parts
from support.template import made, scorecard_of

from xlportfolio import rescore
from xlportfolio.audience import Audience
from xlportfolio.calculation import Calculation, calculation
from xlportfolio.history_sheets import HISTORY, MODELS
from xlportfolio.live_report import live_report
from xlportfolio.live_texts import live_texts
from xlportfolio.locale import texts
from xlportfolio.matrix import MATRIX, POINTS_COLUMN, POINTS_ROW
from xlportfolio.model import RATED_QUADRANTS
from xlportfolio.movement_sheet import MOVEMENT
from xlportfolio.report import TABLES
from xlportfolio.run import Run
from xlportfolio.sharing import Only, Sharing
from xlportfolio.tables import FIRST_ROW, NOTICE

#: Functions of Excel 2010 that LibreOffice and Google Sheets have too; none is volatile.
ALLOWED = {"IF", "AND", "OR", "ABS", "N", "NA", "INDEX", "MATCH", "IFERROR", "FIXED", "COUNTIFS"}
LIVE = {*WORDS, *NUMBERS, "finding", "strategy", "activity", "visits_per_year"}
NOT_AVAILABLE = 32_767


def changed(path: Path, out: Path, change: Callable[[Workbook], None]) -> Path:
    """The same inputs with something else in them."""
    book = load_workbook(path)
    change(book)
    book.save(out)
    return out


def differences(old: Path, new: Path) -> Iterator[tuple[str, str, Any]]:
    """Sheet, address and content of the cells in which two books differ."""
    before = load_workbook(old)
    for sheet in load_workbook(new):
        for row in sheet.iter_rows():
            for cell in row:
                if cell.value != before[sheet.title][cell.coordinate].value:
                    yield sheet.title, cell.coordinate, cell.value


def weights(book: Workbook) -> None:
    sheet = book["Criteria"]
    for row in range(5, 9):
        sheet.cell(row, 3).value = float(sheet.cell(row, 3).value) * (row - 3.5)


def measures(book: Workbook) -> None:
    sheet = book["Customers"]
    for row in (5, 9, 20):
        sheet.cell(row, 4).value = 250_000
        sheet.cell(row, 3).value = "Prospect"
    for column in range(4, 14):
        sheet.cell(12, column).value = None


def thresholds(book: Workbook) -> None:
    sheet = book["Settings"]
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value == "value_threshold":
                sheet.cell(cell.row, cell.column + 1).value = 41.25
            if cell.value == "borderline_band":
                sheet.cell(cell.row, cell.column + 1).value = 9


def policies(book: Workbook) -> None:
    for row in range(5, 13):
        book["Criteria"].cell(row, 9).value = "worst"
    for row in range(6, 60, 5):
        for column in (6, 8, 10):
            book["Customers"].cell(row, column).value = None


CHANGES = (weights, measures, thresholds, policies)


def shown(cell: Any) -> Any:
    """What a cell of an open document shows."""
    if cell.getError():
        return "#N/A" if cell.getError() == NOT_AVAILABLE else f"error {cell.getError()}"
    text: str = cell.String
    return cell.Value if cell.FormulaResultType2 == 1 else text


def alike(was: Any, now: Any) -> bool:
    if isinstance(was, int | float) and isinstance(now, float):
        return math.isclose(was, now, rel_tol=0, abs_tol=1e-9)
    return bool(("" if was is None else was) == now)


def formulas_in(path: Path) -> Iterator[tuple[str, str, str]]:
    """Sheet, address and text of each formula on our sheets of a file."""
    for sheet in load_workbook(path):
        if set(sheet.tables) & {*TABLES.values(), "tblLiveTexts"} or "atrix" in sheet.title:
            for row in sheet.iter_rows():
                for cell in row:
                    if cell.data_type == "f":
                        yield sheet.title, cell.coordinate, cell.value


@contextmanager
def opened(path: Path, folder: Path) -> Iterator[Any]:
    with lo_session.office(folder) as office:
        document = office.open(path)
        yield document
        document.close(True)


def tell(document: Any, before: Run, after: Run) -> None:
    """Write the figures of another run where those of the first stand."""
    sheet = document.Sheets.getByName(SHEET)
    sheet.getCellRangeByName("A4").setFormula("=TRUE()")
    for k, number in enumerate(settings_of(after).values()):
        sheet.getCellByPosition(1, FIRST_ROW - 1 + k).setValue(number)
    found = figures_of(after)
    places = {name: k for k, name in enumerate(after.analysis.customers["customer_id"])}
    first = FIRST_ROW + len(SETTINGS) + 1
    for p, customer in enumerate(before.analysis.customers["customer_id"]):
        for k, key in enumerate((*WORDS, *NUMBERS)):
            content = found[key][places[customer]]
            cell = sheet.getCellByPosition(k, first + p)
            if content is None:
                cell.setFormula('=""')
            elif isinstance(content, str):
                cell.setString(content)
            else:
                cell.setValue(content)
    document.calculateAll()


def rows_by_id(cells: list[tuple[Any, ...]], header: list[str]) -> dict[str, dict[str, Any]]:
    """The rows of a table on a sheet, by customer."""
    top = next(k for k, row in enumerate(cells) if list(row[: len(header)]) == header)
    rows = [dict(zip(header, row, strict=False)) for row in cells[top + 1 :]]
    name = texts("en")("columns.customer_id")
    return {str(row[name]): row for row in rows if row[name] != ""}


def hold(cells: Mapping[str, list[tuple[Any, ...]]], before: Run, after: Run) -> None:
    """Hold what the cells of all sheets show against a report of what is now the case."""
    names = before.sheet_names
    report, was = after.report(names), before.report(names)
    new = {t.key: t for t in report.tables}
    facts: dict[str, dict[str, Any]] = {}
    for table in (new["ranking"], new["recommendations"], new["abc"]):
        for column in table.columns:
            by_id = next(c for c in table.columns if c.key == "customer_id").cells
            for customer, cell in zip(by_id, column.cells, strict=True):
                facts.setdefault(f"{table.key} {customer}", {})[column.key] = cell
    amounts = [fact["amount"] for fact in facts.values() if "amount" in fact]
    for table in was.tables:
        if table.key in {"plan", "robustness", "data_check", MOVEMENT, HISTORY, MODELS}:
            continue
        header = [column.header for column in table.columns]
        lines = rows_by_id(cells[table.sheet], header)
        key = "ranking" if table.key in RATED_QUADRANTS else table.key
        assert len(lines) == len(table)
        for customer, line in lines.items():
            fact = facts.get(f"{key} {customer}", {})
            for column in table.columns:
                if column.key == "cumulative_share" and amounts.count(fact.get("amount")) > 1:
                    continue  # customers of the same amount stay in the order that they had
                if column.key in LIVE and fact:
                    expected, seen = fact[column.key], line[column.header]
                    expected = "" if expected != expected else expected  # noqa: PLR0124 (NaN)
                    where = f"{table.sheet}, {customer}, {column.key}: {expected!r}, {seen!r}"
                    assert alike(expected, seen), where
    texts_fit(cells, before, after)
    matrix_fits(cells[names[MATRIX]], before, after)


def texts_fit(cells: Mapping[str, list[tuple[Any, ...]]], before: Run, after: Run) -> None:
    """Reasons and levers stay only where they are still true."""
    words = texts("en")
    was = next(t for t in before.report(before.sheet_names).tables if t.key == "recommendations")
    lines = rows_by_id(cells[was.sheet], [column.header for column in was.columns])
    now = after.analysis.customers.set_index("customer_id")
    then = before.analysis.customers.set_index("customer_id")
    ids = next(c for c in was.columns if c.key == "customer_id").cells
    kept = 0
    for key in ("reason", "lever"):
        column = next(c for c in was.columns if c.key == key)
        for customer, text in zip(ids, column.cells, strict=True):
            figures = ["value_score", "benefit_score"]
            same = now.loc[customer, "quadrant"] == then.loc[customer, "quadrant"]
            if text or key == "reason":
                same &= np.allclose(
                    now.loc[customer, figures].astype(float),
                    then.loc[customer, figures].astype(float),
                    rtol=0,
                    atol=1e-7,
                )
            if key == "lever" and text:
                same &= before.analysis.thresholds == after.analysis.thresholds
            expected = text if same else words(f"live_report.{key}")
            assert lines[str(customer)][column.header] == expected
            kept += bool(same)
    assert kept or before.analysis.thresholds == after.analysis.thresholds


def matrix_fits(cells: list[tuple[Any, ...]], before: Run, after: Run) -> None:
    """Counts, thresholds and points are those of the new run."""
    fresh = after.report(after.sheet_names).matrix
    for k, column in enumerate(fresh.summary.columns[1:3], start=1):
        assert [cells[FIRST_ROW - 1 + q][k] for q in range(4)] == list(column.cells)
    ends = [row[POINTS_COLUMN : POINTS_COLUMN + 2] for row in cells[FIRST_ROW - 1 : FIRST_ROW + 1]]
    assert ends == [pytest.approx((fresh.value_threshold, fresh.benefit_threshold))] * 2
    now = after.analysis.customers.set_index("customer_id")
    points = cells[POINTS_ROW - 1 :]
    order = before.analysis.customers["customer_id"].tolist()
    assert len(points) == len(order)
    drawn = 0
    for customer, row in zip(order, points, strict=True):
        figures = now.loc[customer]
        for k, quadrant in enumerate(RATED_QUADRANTS):
            x, y = row[POINTS_COLUMN + 2 + 2 * k : POINTS_COLUMN + 4 + 2 * k - 0]
            assert isinstance(x, float)
            if figures["quadrant"] == quadrant:
                assert (x, y) == pytest.approx((figures["benefit_score"], figures["value_score"]))
                drawn += 1
            else:
                assert not isinstance(y, float), "an error is no number"
    assert drawn == now["rank"].notna().sum()


@pytest.mark.parametrize("figures", [constants, calculation])
@pytest.mark.parametrize("language", ["en", "de"])
def test_recalculated_from_scratch_each_cell_shows_what_python_wrote(
    language: str, figures: Callable[[Audience], Calculation], tmp_path: Path
) -> None:
    out = tmp_path / "copy.xlsx"
    live_copy(made(tmp_path, language, macros=False), out, figures)
    assert shows_what_was_written(out, tmp_path) > 2_500


@pytest.mark.parametrize(
    "sharing",
    [
        Sharing(live=True, only=Only("Status", "Prospect")),
        Sharing(live=True, hide=("Turnover", "Satisfaction")),
        Sharing(live=True, hide=("Services used",), anonymise=True),
    ],
    ids=["only", "hide", "anonymise"],
)
def test_what_may_be_seen_goes_on_computing(sharing: Sharing, tmp_path: Path) -> None:
    out = tmp_path / "copy.xlsx"
    source = made(tmp_path, macros=False)
    run, _ = live_copy(source, out, calculation, sharing)
    assert repairs_of(parts_of(out)) == []
    assert shows_what_was_written(out, tmp_path) > 15 * len(run.analysis.customers)


def shows_what_was_written(out: Path, folder: Path) -> int:
    """Hold what LibreOffice computes against what stands in the file; how many cells there are."""
    kept = load_workbook(out, data_only=True)
    count = 0
    with opened(out, folder) as document:
        document.calculateAll()
        for sheet, address, formula in formulas_in(out):
            was = kept[sheet][address].value
            now = shown(document.Sheets.getByName(sheet).getCellRangeByName(address))
            if "FIXED(" in formula:  # which speaks the language of the program that computes it
                was, now = (re.sub(r"(\d)[.,](\d)", r"\1.\2", str(text)) for text in (was, now))
            assert alike(was, now), f"{sheet} {address} {formula}: {was!r}, {now!r}"
            count += 1
    return count


@pytest.mark.parametrize("change", CHANGES)
def test_other_figures_appear_wherever_they_are_shown(
    change: Callable[[Workbook], None], tmp_path: Path
) -> None:
    source, out = made(tmp_path, macros=False), tmp_path / "copy.xlsx"
    before, _ = live_copy(source, out)
    after = run_of(changed(source, tmp_path / "changed.xlsx", change))
    then, now = (run.analysis.customers.set_index("customer_id") for run in (before, after))
    moved = then["quadrant"].ne(now["quadrant"].reindex(then.index)).sum()
    assert moved >= 2, "a change that changes nothing proves nothing"
    with opened(out, tmp_path) as document:
        for sheet in before.sheet_names.values():
            assert document.Sheets.getByName(sheet).getCellRangeByName(NOTICE).String == ""
        tell(document, before, after)
        cells = cells_of(document)
        words = texts("en").branch("live_report")
        for sheet in before.sheet_names.values():
            told = document.Sheets.getByName(sheet).getCellRangeByName(NOTICE).String
            assert told in {words[key] for key in ("list", "abc", "sheet", "matrix")}
    hold(cells, before, after)


@pytest.mark.parametrize("change", CHANGES)
def test_inputs_changed_in_the_open_copy_give_the_sheets_of_a_new_rescore(
    change: Callable[[Workbook], None], tmp_path: Path
) -> None:
    source, out = made(tmp_path, macros=False), tmp_path / "copy.xlsx"
    before, _ = live_copy(source, out, calculation)
    other = changed(source, tmp_path / "changed.xlsx", change)
    with opened(out, tmp_path) as document:
        document.calculateAll()
        at_first = cells_of(document)
        for sheet, address, content in differences(source, other):
            enter(document, sheet, address, content)
        cells = cells_of(document)
    hold(at_first, before, before)
    hold(cells, before, run_of(other))


def test_the_scorecard_of_the_template_goes_on_computing_without_its_function(
    tmp_path: Path,
) -> None:
    source, out = made(tmp_path), tmp_path / "copy.xlsm"
    _, before = scorecard_of(source)
    run, _ = live_copy(source, out)
    parts = parts_of(out)
    assert repairs_of(parts) == []
    sheet = load_workbook(out)["Scorecard"]
    assert b"KP_SCORECARD" not in parts[sheet_parts(parts)["Scorecard"]].upper()
    assert [cell.value for cell in sheet[4][:8]] == before[0]
    kept = load_workbook(out, data_only=True)["Scorecard"]
    with opened(out, tmp_path) as document:
        document.calculateAll()
        there = document.Sheets.getByName("Scorecard")
        for row in range(5, 5 + len(run.given.rows)):
            is_known = kept.cell(row, 1).value is not None
            for column in range(1, 9):
                formula = sheet.cell(row, column).data_type == "f"
                assert formula == (column > 2 and is_known)
                seen = shown(there.getCellByPosition(column - 1, row - 1))
                assert alike(kept.cell(row, column).value, seen)


def test_a_scorecard_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    source, out = made(tmp_path, macros=False), tmp_path / "copy.xlsx"
    live_copy(source, out)
    parts = parts_of(out)
    assert repairs_of(parts) == []
    assert "Scorecard" not in sheet_parts(parts)


def test_formulas_are_short_and_plain(tmp_path: Path) -> None:
    out = tmp_path / "copy.xlsx"
    live_copy(made(tmp_path, macros=False), out)
    used = set()
    for _, _, formula in formulas_in(out):
        assert len(formula) <= 8_192
        literals = re.findall(r'"((?:[^"]|"")*)"', formula)
        assert all(len(text) <= 255 for text in literals)
        bare = re.sub(r"'(?:[^']|'')*'!|\"(?:[^\"]|\"\")*\"", "", formula)
        used |= set(re.findall(r"([A-Z][A-Z0-9.]*)\(", bare))
        assert "[" not in bare
    assert used <= ALLOWED, used - ALLOWED


def test_a_copy_can_be_rescored(tmp_path: Path) -> None:
    """Then it holds values again, and nothing of ours counts as the user's."""
    out, fresh = tmp_path / "copy.xlsx", tmp_path / "fresh.xlsx"
    source = made(tmp_path, macros=False)
    live_copy(source, out)
    rescore(out, backup=False, as_of=TODAY)
    rescore(source, fresh, as_of=TODAY)
    assert list(formulas_in(out)) == []
    again, expected = (load_workbook(path) for path in (out, fresh))
    for table in TABLES.values():
        a, b = (next(s for s in book if table in s.tables).values for book in (again, expected))
        assert [*a] == [*b]


def test_what_does_not_go_on_computing_stays_as_it_is(tmp_path: Path) -> None:
    """As where other customers are left out: ranks and classes are those of everybody."""
    run = run_of(made(tmp_path, macros=False))
    scores = frozenset({"value_score", "benefit_score", "total_score"})
    audience = everything_seen(run)
    figures = replace(constants(audience), live=scores)
    report = run.report(run.sheet_names)
    wording = live_texts(report, audience, "Texts")
    live = live_report(report, audience, figures, wording)
    for table in live.tables:
        computed = {column.key for column in table.columns if column.formulas}
        assert computed <= scores | {"reason", "lever", "firm"}
    assert not {"B6", "C9"} & set(live.matrix.formulas)
    types = run.analysis.customers["quadrant"].tolist()
    for k, quadrant in enumerate(RATED_QUADRANTS):
        high = live.matrix.points[4 + 2 * k]
        drawn = [p for p, formula in high.formulas.items() if formula != "NA()"]
        assert drawn == [p for p, of in enumerate(types) if of == quadrant]
    assert isinstance(figures, Constants)
