"""Fixtures that several tests share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xlwings as xw
from hypothesis import settings
from support import lo_engine, lo_session
from support.books import write_book
from support.live import Open
from support.lo_engine import attach

# how long an example takes says nothing where other programs run
settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

#: A program for the system's own Python, not for the one that runs the tests.
collect_ignore = ["support/lo_macros.py"]


@pytest.fixture(autouse=True)
def english_system(monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages about what is in no language of its own are English, wherever tests run."""
    monkeypatch.setenv("LC_ALL", "C.UTF-8")


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A small workbook with input tables beside a sheet of the user's."""
    return write_book(tmp_path / "customers.xlsx")


@pytest.fixture(scope="session")
def test_data() -> Path:
    """The folder of public data and genuine workbooks, which the project does not ship."""
    default = Path(__file__).parents[1] / ".." / "shared" / "data"
    folder = Path(os.environ.get("XLPORTFOLIO_TEST_DATA", default))
    if not folder.is_dir():
        pytest.skip("no test data: name their folder in XLPORTFOLIO_TEST_DATA")
    return folder


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[lo_session.Office]:
    with lo_session.office(tmp_path_factory.mktemp("office")) as running:
        yield running


@pytest.fixture
def opened(office: lo_session.Office) -> Iterator[Open]:
    books: list[xw.Book] = []

    def attached(path: Path) -> xw.Book:
        books.append(attach(office.open(path)))
        return books[-1]

    yield attached
    for book in books:
        book.app.quit()


@pytest.fixture
def live(opened: Open, tmp_path: Path) -> xw.Book:
    return opened(write_book(tmp_path / "customers.xlsx"))


@pytest.fixture
def in_browser(live: xw.Book, monkeypatch: pytest.MonkeyPatch) -> xw.Book:
    """The engine does not do what that of xlwings Lite does not."""

    def unsupported(*_arguments: Any) -> None:
        raise NotImplementedError

    monkeypatch.setattr(lo_engine.Engine, "type", "remote")
    for kind, name in (
        (lo_engine.App, "screen_updating"),
        (lo_engine.App, "status_bar"),
        (lo_engine.App, "calculation"),
        (lo_engine.Range, "formula"),
        (lo_engine.Range, "row_height"),
    ):
        monkeypatch.setattr(kind, name, property(unsupported, unsupported))
    return live
