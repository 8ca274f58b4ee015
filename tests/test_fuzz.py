"""Whatever is in the tables, there is a result or a refusal in words; see ``support.fuzzing``."""

from __future__ import annotations

import datetime as dt
import inspect
import math
from contextlib import chdir
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.books import write_book
from support.fuzzing import CORPUS, outcome, read_or_refused, rescored, tries
from support.mutations import mutated
from support.odd import book_of, cells, loose_tables, nearly_sound, texts
from support.packages import parts_of
from support.portfolios import blocks_of, portfolios
from typer.testing import CliRunner

from xlportfolio import cli, rescore
from xlportfolio.excel import functions
from xlportfolio.locale import LANGUAGES
from xlportfolio.schema import TABLES, RawTable
from xlportfolio.schema.cells import as_date
from xlportfolio.schema.contract import Cell, sheet_table
from xlportfolio.schema.numerals import read_number

FUNCTIONS = sorted(name for name in vars(functions) if name.startswith("KP_"))
#: Arguments of functions that are a single cell.
ONE_CELL = {
    "axis",
    "value_threshold",
    "benefit_threshold",
    "criterion",
    "customer_id",
    "language",
    "a",
    "b",
}


@tries(150)
@given(loose_tables())
def test_any_cells_under_any_headers(tables: dict[str, RawTable]) -> None:
    outcome(tables)


@tries(100)
@given(nearly_sound())
def test_a_sound_portfolio_with_a_few_odd_cells(tables: dict[str, RawTable]) -> None:
    outcome(tables)


@pytest.mark.parametrize("cell", [10**400, -(10**400), Decimal("sNaN"), Decimal("1E+500")])
def test_a_number_larger_than_any_or_none_at_all_is_a_missing_measure(cell: Cell) -> None:
    rows = [["customer_id", "A", "B"], [cell, 50, cell], ["b", cell, 70]]
    criteria = [["criterion", "axis", "weight"], ["A", "value", 1], ["B", "benefit", 1]]
    blocks = {"tblCustomers": rows, "tblCriteria": criteria}
    tables = {
        t.name: sheet_table(t, t.sheet("en"), blocks[t.name]) for t in TABLES if t.name in blocks
    }
    run = outcome({name: table for name, table in tables.items() if table is not None})
    assert run is not None
    assert [p.fault.key for p in run.problems].count("not_a_number") == 2


@tries(300)
@given(texts)
def test_any_text_is_a_finite_number_in_both_languages_or_in_none(text: str) -> None:
    readings = [read_number(text, language) for language in LANGUAGES]
    assert (readings[0] is None) == (readings[1] is None)
    for reading in readings:
        assert reading is None or math.isfinite(reading.number)
    assert as_date(text) is None or isinstance(as_date(text), dt.date)


BLOCKS = st.lists(st.lists(cells, min_size=3, max_size=3), min_size=1, max_size=4)


@tries(150)
@given(st.sampled_from(FUNCTIONS), st.data())
def test_functions_for_cells_answer_with_cells(function: str, data: st.DataObject) -> None:
    called = getattr(functions, function)
    wanted = inspect.signature(called).parameters.values()
    sound = [list(block) for block in blocks_of(data.draw(portfolios()))]
    one_cell = cells.map(lambda cell: [[cell]])
    block = st.sampled_from(sound) | BLOCKS | one_cell | st.none()
    given_one = [data.draw(cells if p.name in ONE_CELL else block) for p in wanted]
    answer = called(*given_one)
    rows = answer if isinstance(answer, list) else [[answer]]
    for cell in (cell for row in rows for cell in row):
        assert cell is None or isinstance(cell, str | int | float)
        assert not isinstance(cell, float) or math.isfinite(cell)
        assert not isinstance(cell, str) or "Traceback" not in cell


OPTIONS = st.sampled_from(["--as-of", "--lang", "-o", "--json", "--dry-run", "--no-backup", "--x"])
COMMANDS = st.sampled_from(["rescore", "check", "new", "", "x"])


@tries(40)
@given(COMMANDS, st.lists(OPTIONS | texts.filter(lambda text: "/" not in text), max_size=4))
def test_the_command_line_ends_with_a_code_and_words(
    tmp_path: Path, command: str, arguments: list[str]
) -> None:
    with chdir(tmp_path):
        result = CliRunner().invoke(cli.app, [command, *arguments, "--lang", "de"])
    assert result.exit_code in {0, 1, 2}, result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)
    assert "Traceback" not in result.output


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The path of a workbook in a folder of its own."""
    return tmp_path_factory.mktemp("alone") / "book.xlsx"


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, bytes]]:
    """Two workbooks to damage: one without sheets of ours, and the same with them."""
    book = write_book(tmp_path_factory.mktemp("sound") / "book.xlsx", settings=[("language", "en")])
    before = parts_of(book)
    rescore(book, backup=False)
    return [before, parts_of(book)]


@tries(120)
@given(st.randoms(use_true_random=True), st.integers(0, 1))
def test_a_damaged_workbook_is_read_or_refused(
    alone: Path, sound: list[dict[str, bytes]], random: Random, which: int
) -> None:
    alone.write_bytes(mutated(random, sound[which]))
    read_or_refused(alone)


@tries(12)
@given(st.randoms(use_true_random=True), st.integers(0, 1))
def test_a_damaged_workbook_is_rescored_or_left_as_it_was(
    alone: Path, sound: list[dict[str, bytes]], random: Random, which: int
) -> None:
    alone.write_bytes(mutated(random, sound[which]))
    rescored(alone)


@tries(6)
@given(nearly_sound())
def test_odd_cells_of_a_workbook_are_rescored_or_refused(
    alone: Path, sound: list[dict[str, bytes]], tables: dict[str, RawTable]
) -> None:
    alone.write_bytes(book_of(tables, sound[0]))
    rescored(alone)


@pytest.mark.parametrize("failed", sorted(CORPUS.glob("*.xlsx")), ids=lambda path: path.stem)
def test_what_once_failed_is_rescored_or_left_as_it_was(alone: Path, failed: Path) -> None:
    alone.write_bytes(failed.read_bytes())
    rescored(alone)
