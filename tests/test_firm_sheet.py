"""What the sheets and the JSON say of how firm types and ranks are."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from openpyxl import load_workbook
from support.books import CUSTOMERS, rows_of, write_book

from xlportfolio import ScoringModel, analyse, rescore
from xlportfolio.document import document
from xlportfolio.files.rescore import Rescored
from xlportfolio.locale import Texts, texts
from xlportfolio.template.workbook import new_workbook
from xlportfolio.wording import advise

DAY = dt.date(2026, 1, 31)
_CHANGE = {
    "en": r"(?P<name>.+) from (?P<now>[\d.]+) to (?P<then>[\d.]+): (?P<what>.+)",
    "de": r"(?P<name>.+) von (?P<now>[\d,]+) auf (?P<then>[\d,]+): (?P<what>.+)",
}


@pytest.fixture(scope="module", params=["en", "de"])
def sample(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Rescored:
    """The sample, rescored."""
    path = tmp_path_factory.mktemp("sample") / "sample.xlsx"
    path.write_bytes(new_workbook(request.param, with_sample=True))
    return rescore(path, as_of=DAY, backup=False)


def words_of(done: Rescored) -> Texts:
    return texts(done.presentation.language)


def sheet_rows(done: Rescored, sheet: str) -> list[dict[str, Any]]:
    """The rows of a sheet by the keys of its columns."""
    words = words_of(done)
    keys = {header: key for key, header in words.branch("columns").items()}
    rows = rows_of(load_workbook(done.path)[words(f"sheets.{sheet}")])
    return [{keys[header]: cell for header, cell in row.items()} for row in rows]


def with_weight(model: ScoringModel, words: Texts, name: str, weight: float) -> ScoringModel:
    """The model once a reader has done what a sentence says."""
    for setting in ("value_weight", "benefit_weight"):
        if name == words("firm.setting", setting=setting):
            return replace(model, **{setting: weight})
    assert name in {c.name for c in model.criteria}
    criteria = (replace(c, weight=weight) if c.name == name else c for c in model.criteria)
    return replace(model, criteria=tuple(criteria))


def changes(done: Rescored, key: str) -> Iterator[tuple[dict[str, Any], str, Any]]:
    """Each row whose sentence names a change: the row, what is said to follow, the result."""
    words = words_of(done)
    language = words.language
    analysis = done.analysis
    frame = analysis.measures.assign(
        **{k: analysis.customers[k] for k in ("customer_id", "customer", "status")}
    )
    for row in sheet_rows(done, "robustness"):
        found = re.fullmatch(_CHANGE[language], row[key] or "")
        if found is not None:
            then = float(found["then"].replace(",", "."))
            model = with_weight(analysis.model, words, found["name"], then)
            customers = analyse(frame, model).customers.set_index("customer_id")
            yield row, found["what"], customers


def test_whoever_enters_the_weight_that_is_named_gets_the_type_that_is_named(
    sample: Rescored,
) -> None:
    words, count = words_of(sample), 0
    for row, what, customers in changes(sample, "type_change"):
        now = words(f"quadrants.{customers.loc[row['customer_id'], 'quadrant']}")
        assert now == what != row["quadrant"]
        count += 1
    assert count > 20


def test_whoever_enters_the_weight_that_is_named_sees_the_next_one_ahead(
    sample: Rescored,
) -> None:
    words, count = words_of(sample), 0
    for row, what, customers in changes(sample, "swap"):
        ahead = [
            name
            for name, rank in zip(customers["customer"], customers["rank"], strict=True)
            if rank < customers.loc[row["customer_id"], "rank"]
        ]
        assert what in {words("firm.swap", change="", customer=name)[2:] for name in ahead}
        count += 1
    assert count > 40


def test_sheets_and_json_say_the_same(sample: Rescored) -> None:
    advice = sample.run.advice
    text = json.dumps(document("x", DAY, advice, [], "en"), allow_nan=False)
    printed = json.loads(text)
    by_id = {customer["customer_id"]: customer["firm"] for customer in printed["customers"]}
    rated = [c for c in printed["customers"] if c["rank"] is not None]
    for sheet in ("ranking", "star", "question_mark", "free_rider", "poor_dog", "recommendations"):
        for row in sheet_rows(sample, sheet):
            firm = by_id[row["customer_id"]]
            assert row["firm"] == (None if firm is None else firm["type"])
            assert list(row)[-1] == "firm"
    rows = sheet_rows(sample, "robustness")
    assert [row["customer_id"] for row in rows] == [c["customer_id"] for c in rated]
    none = words_of(sample)("firm.no_change")
    for row, customer in zip(rows, rated, strict=True):
        firm = customer["firm"]
        assert row["same_type"] == firm["type"]
        assert row["in_top"] == firm["top"]
        assert (row["rank_topsis"], row["rank_product"]) == (
            firm["rank_topsis"],
            firm["rank_product"],
        )
        assert (row["type_change"] == none) == (firm["type_change"] is None)
        assert (row["swap"] in {none, None}) == (firm["swap"] is None)
        for change in (firm["type_change"], firm["swap"]):
            if change is not None:
                assert (change.get("criterion") or change["setting"]) in (
                    row["type_change"] + (row["swap"] or "")
                )
                assert change["then"] != change["now"]
    assert rows[-1]["swap"] is None
    robustness = printed["robustness"]
    assert (robustness["draws"], robustness["spread"], robustness["top_n"]) == (10_000, 10, 10)
    sheet = load_workbook(sample.path)[words_of(sample)("sheets.robustness")]
    assert [sheet.cell(row, 5).value for row in (9, 10)] == list(robustness["correlation"].values())
    kept = np.array([customer["firm"]["type"] for customer in rated])
    assert [sheet.cell(row, 4).value for row in (6, 7, 8)] == [
        (kept >= 0.95).sum(),
        ((kept >= 0.8) & (kept < 0.95)).sum(),
        (kept < 0.8).sum(),
    ]


def test_nobody_who_is_not_rated_is_said_to_be_firm(sample: Rescored) -> None:
    numbers = sample.run.advice.numbers.firmness
    is_rated = sample.analysis.customers["rank"].notna().tolist()
    assert not all(is_rated)
    said = sample.run.advice
    for rated, same, change, swap in zip(
        is_rated, numbers.same_type, said.type_changes, said.swaps, strict=True
    ):
        assert rated or (np.isnan(same) and change == "" and swap == "")


@pytest.mark.parametrize(("language", "said"), [("en", "No weightings"), ("de", "keine Gewicht")])
def test_a_spread_of_0_is_said(language: str, said: str, tmp_path: Path) -> None:
    settings = [("language", language), ("weight_spread", 0), ("top_n", 2)]
    done = rescore(write_book(tmp_path / "b.xlsx", settings=settings), as_of=DAY, backup=False)
    words = words_of(done)
    opened = load_workbook(done.path)
    sheet = opened[words("sheets.robustness")]
    assert said in sheet["A2"].value
    assert "weight_spread" in opened[words("sheets.ranking")]["A3"].value
    assert {row["same_type"] for row in sheet_rows(done, "robustness")} == {1}
    assert {row["in_top"] for row in sheet_rows(done, "robustness")} == {0, 1}


@pytest.mark.parametrize(
    ("settings", "found"),
    [
        ([("weight_spread", 95)], r"weight_spread cannot be 95; enter a number from 0 to 90"),
        ([("weight_spread", "wide")], r"“wide” is not a number; weight_spread needs one"),
        ([("top_n", 0)], r"top_n cannot be 0; enter a whole number from 1 to 1000000"),
        ([("top_n", 1.5)], r"top_n cannot be 1\.5; enter a whole number from 1 to 1000000"),
    ],
)
def test_a_setting_that_cannot_be_stops_the_run(
    settings: list[tuple[str, object]], found: str, tmp_path: Path
) -> None:
    with pytest.raises(Exception, match=found):
        rescore(write_book(tmp_path / "b.xlsx", settings=settings), as_of=DAY, backup=False)


def test_a_spread_that_may_be_a_fraction_is_warned_of(tmp_path: Path) -> None:
    path = write_book(tmp_path / "b.xlsx", settings=[("weight_spread", 0.1)])
    done = rescore(path, as_of=DAY, backup=False)
    (problem,) = (p for p in done.problems if p.fault.key == "percent_expected")
    assert "enter 10" in problem.message("en")


@pytest.mark.parametrize("language", ["en", "de"])
def test_nobody_rated_has_no_words_and_no_correlation(language: str, tmp_path: Path) -> None:
    path = write_book(tmp_path / "b.xlsx", settings=[("min_coverage", 100)], customers=[(1, "A")])
    done = rescore(path, as_of=DAY, backup=False, language=language)
    advice = advise(done.analysis, language)
    assert advice.type_changes == advice.swaps == [""]
    firm = advice.numbers.firmness
    assert np.isnan(firm.correlation_topsis)
    sheet = load_workbook(path)[texts(language)("sheets.robustness")]
    assert [sheet.cell(row, 4).value for row in (6, 7, 8)] == [0, 0, 0]
    assert sheet["E9"].value is None
    nobody = {"en": "nobody is rated", "de": "niemand bewertet ist"}[language]
    ranking = load_workbook(path)[texts(language)("sheets.ranking")]
    assert nobody in sheet["A2"].value
    assert nobody in ranking["A3"].value
    assert document("x", DAY, advice, [], language)["robustness"]["draws"] == 0


@pytest.mark.parametrize(("language", "said"), [("en", "different scores"), ("de", "verschiedene")])
def test_equal_customers_are_said_to_be_equal_not_missing(
    language: str, said: str, tmp_path: Path
) -> None:
    twins = [(k, name, *CUSTOMERS[0][2:]) for k, name in enumerate(("A", "B"))]
    path = write_book(tmp_path / "b.xlsx", customers=twins)
    done = rescore(path, as_of=DAY, backup=False, language=language)
    assert done.run.advice.numbers.firmness.same_type.tolist() == [1, 1]
    sheet = load_workbook(path)[texts(language)("sheets.robustness")]
    assert all(said in sheet.cell(row, 6).value for row in (9, 10))
