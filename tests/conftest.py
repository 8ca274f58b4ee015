"""Fixtures that several tests share."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.books import write_book

#: A program for the system's own Python, not for the one that runs the tests.
collect_ignore = ["support/lo_macros.py"]


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
