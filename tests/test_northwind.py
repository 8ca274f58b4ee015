"""Real input: Northwind's order book, scored inside a genuine Excel workbook."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from support.northwind import add_input, input_tables, measures_in
from support.office import convert

from xlportfolio import rescore


@pytest.fixture(scope="module")
def measures(test_data: Path) -> pd.DataFrame:
    return measures_in(test_data)


def test_northwind_measures_are_those_of_the_public_data_set(measures: pd.DataFrame) -> None:
    assert len(measures) == 91
    assert list(measures.index[measures["Status"] == "Prospect"]) == ["FISSA", "PARIS"]


def test_libreoffice_shows_the_scores_of_northwinds_customers(
    measures: pd.DataFrame, test_data: Path, tmp_path: Path
) -> None:
    path = tmp_path / "complex.xlsx"
    add_input(test_data / "workbooks" / path.name, path, input_tables(measures))
    done = rescore(path)
    assert (done.analysis.customers["rank"].notna()).sum() == 89
    folder = tmp_path / "office"
    folder.mkdir()
    opened = load_workbook(convert(path, "xlsx", folder), read_only=True)
    rows = list(opened["Ranking"].iter_rows(min_row=6, values_only=True))
    opened.close()
    customers = done.analysis.customers
    assert [row[1] for row in rows[: len(customers)]] == list(customers["customer_id"])
    scores = [row[7] for row in rows[: len(customers)]]
    expected = customers["total_score"]
    assert np.array(scores, dtype=float) == pytest.approx(expected.to_numpy(), nan_ok=True)
