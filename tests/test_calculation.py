"""The method in plain formulas, as LibreOffice computes it, against the analysis."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from support.books import CRITERIA, CUSTOMERS, CUSTOMERS_HEADER, table_sheet, write_book
from support.computing import (
    agrees,
    block,
    computed,
    computing,
    enter,
    everything_seen,
    expected,
    forget_values,
    run_of,
    value,
)
from support.lo_session import Office
from support.northwind import input_tables, measures_in
from support.portfolios import Portfolio, blocks_of, portfolios
from support.template import made

from xlportfolio.audience import Audience
from xlportfolio.calculation import Calculation
from xlportfolio.errors import InputError
from xlportfolio.run import Run
from xlportfolio.schema.contract import column_letters
from xlportfolio.sharing import Only

#: Where something is typed: a setting, a criterion with a column, or a customer with a column.
Place = tuple[str, ...]


class Copy:
    """A copy that computes, open in LibreOffice, beside the workbook that it was made of."""

    def __init__(self, office: Office, book: Path, folder: Path) -> None:
        self.book, self.start = load_workbook(book), run_of(book)
        self.changed_book, copy = folder / "changed.xlsx", folder / "copy.xlsx"
        self.figures = computing(book, copy)
        forget_values(copy)
        self.document = office.open(copy)
        self.document.calculateAll()

    def close(self) -> None:
        self.document.close(True)

    def place(self, *place: str) -> tuple[str, str]:
        """The sheet and the address of a cell of the input."""
        places = self.start.given.places
        if len(place) == 1:
            assert places.settings is not None
            row = next(
                i for i in places.settings.rows if places.settings.text(i, "setting") == place[0]
            )
            grid, position = places.settings, places.settings.positions["value"]
        elif place[0] in places.criterion_rows:
            grid, row = places.criteria, places.criterion_rows[place[0]]
            position = grid.positions[place[1]]
        else:
            grid = places.customers
            found = grid.position_of(place[1])
            assert found is not None
            row = next(i for i in grid.rows if grid.text(i, "customer_id") == place[0])
            position = found
        letters = column_letters(grid.raw.column + position)
        return grid.sheet, f"{letters}{grid.sheet_row(row)}"

    def type(self, place: Place, content: Any) -> None:
        """Type something into both."""
        sheet, address = self.place(*place)
        enter(self.document, sheet, address, "=1/0" if content == "#DIV/0!" else content)
        self.book[sheet][address] = content

    def now(self) -> Run:
        """What a rescore of the changed workbook says."""
        self.book.save(self.changed_book)
        return run_of(self.changed_book)


@pytest.fixture
def copies(office: Office, tmp_path: Path) -> Iterator[Any]:
    made: list[Copy] = []

    def copy(book: Path) -> Copy:
        made.append(Copy(office, book, tmp_path))
        return made[-1]

    yield copy
    for one in made:
        one.close()


def northwind(test_data: Path, folder: Path) -> Path:
    path = folder / "northwind.xlsx"
    path.write_bytes(input_tables(measures_in(test_data)))
    return path


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_sample_is_computed_from_scratch(language: str, copies: Any, tmp_path: Path) -> None:
    copy = copies(made(tmp_path, language, macros=False))
    assert copy.figures.numbers == ()
    agrees(copy.document, copy.figures, copy.start, copy.start)
    assert value(copy.document, copy.figures.changed) == 0


def test_northwind_is_computed_from_scratch(copies: Any, test_data: Path, tmp_path: Path) -> None:
    copy = copies(northwind(test_data, tmp_path))
    agrees(copy.document, copy.figures, copy.start, copy.start)
    assert value(copy.document, copy.figures.changed) == 0
    for place, content in (
        (("Turnover", "weight"), 55),
        (("Products", "high"), 30),
        (("Products", "high"), None),
        (("Growth", "missing"), "skip"),
        (("ERNSH", "Turnover"), None),
        (("ERNSH", "Status"), "Prospect"),
    ):
        copy.type(place, content)
        agrees(copy.document, copy.figures, copy.start, copy.now(), ties=False)
        assert value(copy.document, copy.figures.changed) == 1, place


def changes_of(run: Run) -> Iterator[tuple[Place, Any]]:
    """Something of each kind, one after the other; most are left as they then are."""
    ids = run.analysis.customers["customer_id"].tolist()
    names = [criterion.name for criterion in run.given.model.criteria]
    kinds = {str(c.scale.kind): c.name for c in reversed(run.given.model.criteria)}
    yield (names[0], "weight"), 60
    yield (names[3], "weight"), 0
    for kind in ("linear", "steps", "piecewise"):
        for content in (0, 123_456.75, -3, None, "soon", "#DIV/0!", 0.25, 1e12):
            yield (ids[2], kinds[kind]), content
    for content in (None, "  HIGH", "hoch ", "nothing of that", 7, "#DIV/0!"):
        yield (ids[4], kinds["categories"]), content
    for rule in ("mean", "median", "Mittelwert", " MEDIAN ", 62.5, None, 40):
        yield ("value_threshold",), rule
        yield ("benefit_threshold",), rule
    for missing in ("worst", "neutral", 30, None, "auslassen", "schlechtester"):
        yield (names[1], "missing"), missing
    for low, high in ((None, 0.3), (0.05, None), (None, None), (0.1, 0.1), (0.9, None), (0, 0.5)):
        yield (kinds["linear"], "low"), None
        yield (kinds["linear"], "high"), high
        yield (kinds["linear"], "low"), low
    yield (kinds["linear"], "objective"), "min"
    yield (kinds["linear"], "objective"), " MAX"
    yield ("value_weight",), 80
    yield ("benefit_weight",), None
    yield ("min_coverage",), 90
    yield ("min_coverage",), 20
    yield ("borderline_band",), 12.5
    yield ("abc_a",), 40
    yield ("abc_b",), 70
    yield (ids[0], "Status"), "Wunschkunde"
    yield (ids[-1], "Status"), "#DIV/0!"
    yield (names[2], "axis"), "Nutzen"
    yield (names[-1], "axis"), "value"


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_sample_goes_on_computing_when_something_changes(
    language: str, copies: Any, tmp_path: Path
) -> None:
    copy = copies(made(tmp_path, language, macros=False))
    for place, content in changes_of(copy.start):
        copy.type(place, content)
        try:
            agrees(copy.document, copy.figures, copy.start, copy.now(), ties=False)
        except AssertionError as error:
            raise AssertionError((place, content)) from error
    assert value(copy.document, copy.figures.changed) == 1


def write_portfolio(portfolio: Portfolio, path: Path) -> None:
    customers, criteria, values = blocks_of(portfolio)
    book = Workbook()
    del book[book.sheetnames[0]]
    for sheet, rows in (("Customers", customers), ("Criteria", criteria), ("Settings", values)):
        table_sheet(book, sheet, f"tbl{sheet}", rows)
    book.save(path)


@st.composite
def edits(draw: st.DrawFn, portfolio: Portfolio) -> list[tuple[str, str, Any]]:
    """Cells of the input that are typed anew: sheet, address, content."""
    rows, model = portfolio
    few = st.sampled_from([0, 1, 2.5, 40, 100])
    made: list[tuple[str, str, Any]] = []
    for i in range(len(model["criteria"])):
        if draw(st.booleans()):
            made.append(("Criteria", f"C{2 + i}", draw(few)))
        if draw(st.booleans()):
            missing = draw(st.sampled_from([None, "worst", "neutral", "skip", 12.5]))
            made.append(("Criteria", f"H{2 + i}", missing))
        if draw(st.booleans()):
            made.append(("Criteria", f"D{2 + i}", draw(st.sampled_from(["max", "min", None]))))
    for row in range(len(rows)):
        column = draw(st.integers(0, 2 + len(model["criteria"])))
        if column > 2:
            content = draw(st.sampled_from([None, "high", "soon", "#DIV/0!", -5, 0.1, 50, 7e6]))
            made.append(("Customers", f"{column_letters(column + 1)}{2 + row}", content))
    for i, threshold in enumerate(
        draw(st.lists(st.sampled_from([30, "mean", "median"]), max_size=2))
    ):
        made.append(("Settings", f"B{2 + i}", threshold))
    return made


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_odd_portfolios_are_computed_and_go_on_computing(
    data: st.DataObject, office: Office, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("odd")
    portfolio = data.draw(portfolios())
    write_portfolio(portfolio, folder / "book.xlsx")
    copy = Copy(office, folder / "book.xlsx", folder)
    try:
        agrees(copy.document, copy.figures, copy.start, copy.start)
        for sheet, address, content in data.draw(edits(portfolio)):
            enter(copy.document, sheet, address, "=1/0" if content == "#DIV/0!" else content)
            copy.book[sheet][address] = content
        try:
            now = copy.now()
        except InputError:  # all weights of an axis are 0
            assume(False)
        agrees(copy.document, copy.figures, copy.start, now, ties=False)
    finally:
        copy.close()


def shared(run: Run, /, **changes: Any) -> Audience:
    """What colleagues see of a run of which only some may be seen."""
    whole = everything_seen(run)
    names = changes.pop("hide", ())
    places = run.given.places
    hidden = {position for n in names if (position := places.customers.position_of(n)) is not None}
    only = changes.pop("only", None)
    return replace(
        whole,
        sharing=replace(whole.sharing, only=only, hide=tuple(names)),
        hidden=frozenset(hidden),
        criteria=frozenset(set(names) & set(places.criterion_rows)),
        **changes,
    )


def texts_in(figures: Calculation) -> list[str]:
    """All cells and formulas of both sheets, as text."""
    found = []
    for table in (figures.scales, figures.customers):
        found += [*table.formulas.values(), table.title, *table.subtitles]
        columns = [*table.columns, *(table.summary.columns if table.summary else ())]
        for column in columns:
            found += [column.header, *map(str, column.cells), *column.formulas.values()]
    return found


def test_a_hidden_criterion_leaves_nothing_but_scores(tmp_path: Path, office: Office) -> None:
    path = made(tmp_path, "en", macros=False)
    run = run_of(path)
    hidden = "Revenue" if "Revenue" in run.given.places.criterion_rows else None
    hidden = hidden or run.given.model.criteria[0].name
    audience = shared(run, hide=[hidden])
    figures = computing(path, tmp_path / "copy.xlsx", audience)
    column = run.given.places.customers.position_of(hidden)
    assert column is not None
    letters = column_letters(run.given.places.customers.raw.column + column)
    row = run.given.places.criteria.sheet_row(run.given.places.criterion_rows[hidden])
    measures = {str(float(x)) for x in run.analysis.measures[hidden].dropna() if abs(x) > 1000}
    shown = texts_in(figures)
    assert not measures & set(shown)
    assert not [text for text in shown if hidden in text]
    assert not [text for text in shown if f"'Customers'!${letters}$" in text]
    assert not [text for text in shown if re.search(rf"'Criteria'!\$[A-Z]+\${row}\b", text)]
    assert not {"value_score", "value_coverage", "abc_class", "share", "amount"} & figures.live
    assert {"benefit_score", "total_score", "rank", "quadrant"} <= figures.live
    long = 12  # digits that nothing else has by chance
    for values in (run.analysis.values, run.analysis.contributions):
        points = {repr(float(x)) for x in values[hidden].dropna() if len(repr(float(x))) > long}
        assert points & set(shown) == set()

    forget_values(tmp_path / "copy.xlsx")
    document = office.open(tmp_path / "copy.xlsx")
    document.calculateAll()
    now, wanted = computed(document, figures, run), expected(run)
    document.close(True)
    for key in ("rank", "quadrant", "borderline", "abc_class", "status"):
        assert now[key].tolist() == wanted[key].tolist(), key
    assert set(now["amount"]) == {""}


def test_ranks_and_what_is_taken_of_the_data_stay_where_customers_are_left_out(
    tmp_path: Path,
) -> None:
    path = made(tmp_path, "en", macros=False)
    run = run_of(path)
    few = run.analysis.customers.index[::3]
    seen = replace(
        run.analysis, customers=run.analysis.customers.loc[few], abc=run.analysis.abc[:0]
    )
    audience = shared(
        run,
        only=Only("Status", "Customer"),
        run=replace(run, analysis=seen),
        removed=frozenset(set(run.analysis.customers.index) - set(few)),
    )
    figures = computing(path, tmp_path / "copy.xlsx", audience)
    assert len(figures.customers) == len(few)
    assert not {"rank", "abc_class", "amount", "difference"} & figures.live
    assert {"value_score", "total_score", "quadrant"} <= figures.live
    sought = {
        one for text in texts_in(figures) for one in re.findall(r"MATCH\(([^,]+),'Customers'", text)
    }
    assert {one.strip('"') for one in sought} == set(seen.customers["customer_id"])
    assert not [text for text in texts_in(figures) if "AVERAGE" in text or "MIN('Calc" in text]


def test_texts_that_count_as_numbers_become_numbers(copies: Any, tmp_path: Path) -> None:
    customers = [list(row) for row in CUSTOMERS]
    customers[1][3], customers[2][4], customers[0][6] = "800 €", "-30 %", "soon"
    criteria = [list(row) for row in CRITERIA]
    criteria[0][2], criteria[0][6], criteria[3][8] = "50 ", "1,000", "12.5"
    settings_ = [["value_threshold", "45"], ["abc_a", " 70 %"]]
    path = write_book(
        tmp_path / "texts.xlsx", customers=customers, criteria=criteria, settings=settings_
    )
    copy = copies(path)
    assert sorted(number.number for number in copy.figures.numbers) == [
        -0.3,
        0.7,
        12.5,
        45,
        50,
        800,
        1000,
    ]
    agrees(copy.document, copy.figures, copy.start, copy.start)


def test_days_and_truth_values_are_missing_measures(copies: Any, tmp_path: Path) -> None:
    customers = [list(row) for row in CUSTOMERS]
    customers[0][3], customers[1][4] = dt.datetime(2026, 3, 31), True  # noqa: DTZ001 (a cell's)
    copy = copies(write_book(tmp_path / "days.xlsx", customers=customers))
    agrees(copy.document, copy.figures, copy.start, copy.start)
    assert np.isnan(copy.start.analysis.values.loc[2, "Turnover"])


def test_another_scale_is_not_followed_but_told(copies: Any, tmp_path: Path) -> None:
    copy = copies(write_book(tmp_path / "book.xlsx"))
    sheet = copy.figures.scales.sheet
    row = copy.figures.scales.first_row + [
        str(cell) for cell in copy.figures.scales.columns[0].cells
    ].index("Check")
    checks = f"'{sheet}'!$D${row}:$G${row}"
    assert block(copy.document, checks) == [["", "", "", ""]]
    copy.type(("Fit", "levels"), "high=90; low=20")
    copy.type(("Growth", "scale"), "steps")
    copy.type(("Visits", "weight"), "much")
    told = block(copy.document, checks)[0]
    assert [bool(text) for text in told] == [False, True, True, True]


def test_a_criterion_may_be_called_like_any_header(copies: Any, tmp_path: Path) -> None:
    header = [*CUSTOMERS_HEADER[:3], "Total", "As used", "a \"b\" 'c' & <d>", "Of each criterion"]
    criteria = [[name, *row[1:]] for name, row in zip(header[3:], CRITERIA, strict=True)]
    path = write_book(tmp_path / "names.xlsx", customers_header=header, criteria=criteria)
    copy = copies(path)
    agrees(copy.document, copy.figures, copy.start, copy.start)
    for table in (copy.figures.scales, copy.figures.customers):
        headers = [column.header.casefold() for column in table.columns]
        assert len(set(headers)) == len(headers)


def test_all_functions_are_those_of_excel_2010(tmp_path: Path) -> None:
    figures = computing(made(tmp_path, "de", macros=False), tmp_path / "copy.xlsx")
    formulas = [
        text
        for table in (figures.scales, figures.customers)
        for formulas in (table.formulas, *(column.formulas for column in table.columns))
        for text in formulas.values()
    ]
    plain = [re.sub(r'"[^"]*"|\'[^\']*\'', "", formula) for formula in formulas]
    used = {name for formula in plain for name in re.findall(r"[A-Z_.]+(?=\()", formula)}
    assert used <= {
        *("IF", "AND", "OR", "NOT", "ISNUMBER", "ISTEXT", "IFERROR", "EXACT", "LOWER", "TRIM"),
        *(
            "MAX",
            "MIN",
            "COUNT",
            "AVERAGE",
            "MEDIAN",
            "SUM",
            "SUMPRODUCT",
            "COUNTIF",
            "LARGE",
            "SMALL",
        ),
        *("LOOKUP", "INDEX", "MATCH", "ROUND", "ABS", "N"),
    }
    assert not [formula for formula in plain if "[" in formula or "{" in formula]
    assert max(map(len, formulas)) < 1000
