"""The method in plain formulas, as LibreOffice computes it, against the analysis."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from support.books import table_sheet
from support.computing import agrees, computing, enter, forget_values, run_of, value
from support.lo_session import Office
from support.northwind import input_tables, measures_in
from support.portfolios import Portfolio, blocks_of, portfolios
from support.template import made

from xlportfolio.errors import InputError
from xlportfolio.run import Run
from xlportfolio.schema.contract import column_letters

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
    max_examples=40,
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
