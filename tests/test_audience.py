"""Who sees what: nothing hidden shows in any cell that we write, ranks are those of the whole."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS_HEADER
from support.northwind import CRITERIA as NORTHWIND_CRITERIA
from support.northwind import measures_in
from support.portfolios import Portfolio, blocks_of, portfolios
from support.template import made

from xlportfolio.audience import Alias, Audience, audience_of, values_of
from xlportfolio.errors import InputError
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.run import Run
from xlportfolio.schema import TABLES, RawTable, interpret
from xlportfolio.schema.contract import CUSTOMERS
from xlportfolio.scorecard import rows_of, scorecard
from xlportfolio.sharing import Only, Sharing

TODAY = dt.date(2026, 3, 31)
Tables = Mapping[str, RawTable]


def run_of(tables: Tables, language: str | None = None) -> Run:
    return Run.of(interpret(tables), today=TODAY, language=language)


def tables_of(*blocks: Sequence[Sequence[Any]]) -> dict[str, RawTable]:
    """Input tables from their rows, headers first."""
    found = {}
    for table, (header, *rows) in zip(TABLES, blocks, strict=False):
        cells = [[float(c) if type(c) is int else c for c in row] for row in rows]
        found[table.name] = RawTable.of_rows(table, table.sheet("en"), 1, 1, header, cells)
    return found


def cells_of(run: Run) -> list[Any]:
    """Everything that we write of a run: the report, the scorecard, the state."""
    report = run.report(run.sheet_names)
    columns = [column for table in report.tables for column in table.columns]
    columns += report.matrix.points
    texts: list[Any] = [*report.matrix.subtitles]
    for table in report.tables:
        texts += table.subtitles
    for summary in (report.matrix.summary, *(table.summary for table in report.tables)):
        columns += summary.columns if summary is not None else ()
    for column in columns:
        texts += [column.header, *column.cells]
    language = run.presentation.language
    for row in rows_of(scorecard(run.analysis, run.given.rows, language)):
        texts += row
    texts += run.state.values()
    return [None if isinstance(cell, float) and math.isnan(cell) else cell for cell in texts]


def texts_in(run: Run) -> str:
    return "\n".join(cell for cell in cells_of(run) if isinstance(cell, str)).casefold()


def numbers_in(run: Run) -> set[float]:
    return {float(cell) for cell in cells_of(run) if isinstance(cell, int | float)}


def position(raw: RawTable, header: str) -> int:
    return list(raw.header).index(header)


def changed(
    tables: Tables, name: str, header: str, change: Callable[[int, Any], Any]
) -> dict[str, RawTable]:
    """The tables with other cells in one column; empty cells stay so."""
    raw = tables[name]
    at = position(raw, header)
    cells = [raw.cell(i, at) for i in range(raw.height)]
    column = [None if cell is None else change(i, cell) for i, cell in enumerate(cells)]
    columns = [column if i == at else of for i, of in enumerate(raw.columns)]
    return {**tables, name: replace(raw, columns=columns)}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> dict[str, RawTable]:
    path = made(tmp_path_factory.mktemp("sample"), "de")
    package = Package(path)
    tables = read_tables(Workbook(package))
    package.close()
    return dict(tables)


@pytest.fixture(scope="module")
def run(sample: Tables) -> Run:
    return run_of(sample)


@pytest.fixture(scope="module")
def northwind(test_data: Path) -> dict[str, RawTable]:
    measures = measures_in(test_data)
    rows = measures.astype(object).where(measures.notna(), None).reset_index()
    reps = [f"Rep {'ABC'[i % 3]}" for i in range(len(rows))]
    customers = [
        ["Customer ID", *measures.columns, "Rep"],
        *([*row, rep] for row, rep in zip(rows.to_numpy().tolist(), reps, strict=True)),
    ]
    width = len(CRITERIA_HEADER)
    criteria = [[*row, *[None] * (width - len(row))] for row in NORTHWIND_CRITERIA]
    return tables_of(customers, [CRITERIA_HEADER, *criteria])


# --- only ---------------------------------------------------------------------------------------


def test_each_rep_sees_his_customers_with_the_ranks_of_the_whole(northwind: Tables) -> None:
    whole = run_of(northwind)
    assert values_of(whole, "rep") == ("Rep A", "Rep B", "Rep C")
    of_all = whole.analysis.customers
    seen: list[str] = []
    for rep in values_of(whole, "Rep"):
        audience = audience_of(whole, Sharing(only=Only("REP", rep.lower())))
        customers = audience.run.analysis.customers
        same = of_all.loc[customers.index]
        assert customers.equals(same)
        seen += customers["customer_id"].tolist()
        others = of_all.drop(index=customers.index)
        assert audience.removed == set(others.index)
        text = texts_in(audience.run)
        for name in (*others["customer"], *others["customer_id"]):
            assert name.casefold() not in text.split("\n")
            assert audience.secrets.told(name) is None
        assert not any(name.casefold() in text for name in others["customer"])
        assert all(audience.secrets.told(name) == name for name in customers["customer"])
    assert sorted(seen) == sorted(of_all["customer_id"])


def test_whoever_is_left_out_may_be_called_anything(sample: Tables) -> None:
    """Nothing of what is shown depends on the names and numbers of others."""
    sharing = Sharing(only=Only("Status", "Wunschkunde"))
    status = sample["tblCustomers"].columns[2]
    renamed = changed(
        sample,
        "tblCustomers",
        "Kunde",
        lambda i, c: c if status[i] == "Wunschkunde" else f"Firma {i}",
    )
    renamed = changed(
        renamed,
        "tblCustomers",
        "Kundennummer",
        lambda i, c: c if status[i] == "Wunschkunde" else float(c) + 50_000,
    )
    first, second = (audience_of(run_of(t), sharing).run for t in (sample, renamed))
    assert cells_of(first) == cells_of(second)


def test_the_hours_of_the_plan_are_those_of_whoever_stays(northwind: Tables) -> None:
    audience = audience_of(run_of(northwind), Sharing(only=Only("Rep", "Rep B")))
    numbers = audience.run.advice.numbers
    assert numbers.hours[-1].asked == pytest.approx(np.nansum(numbers.plan.asked))
    assert len(numbers.plan.asked) == len(audience.run.analysis.customers) == 30
    assert sorted(numbers.plan.order) == np.flatnonzero(~np.isnan(numbers.plan.asked)).tolist()


def test_shares_of_the_whole_do_not_tell_of_others(northwind: Tables) -> None:
    audience = audience_of(run_of(northwind), Sharing(only=Only("Rep", "Rep B")))
    abc = audience.run.analysis.abc
    assert abc[["share", "cumulative_share"]].isna().all(axis=None)
    assert abc["amount_rank"].max() > len(abc)
    customers = audience.run.analysis.customers
    assert abc["abc_class"].tolist() == customers["abc_class"].to_numpy()[abc["position"]].tolist()


def small(rows: Sequence[Sequence[Any]], header: Sequence[str] = CUSTOMERS_HEADER) -> Run:
    return run_of(tables_of([header, *rows], [CRITERIA_HEADER, *CRITERIA]))


JANUARY_30, JANUARY_31 = (dt.datetime.fromisoformat(f"2026-01-{day}") for day in (30, 31))
ROWS = (
    ("1", "Alpha", "Customer", 900, 0.4, "high", 2, "North", 1200, JANUARY_31),
    ("2", "Beta", None, 800, 0.1, "low", 9, " south ", 12.5, None),
    ("3", "Gamma AG", "prospect", None, -0.3, "high", 1, "North", "1,200", None),
    ("4", "Delta", "Kunde", 50, -0.5, "low", 10, None, None, JANUARY_30),
    ("2", "Beta again", "Customer", 1, 0, "low", 1, "North", None, None),
)
HEADER = (*CUSTOMERS_HEADER, "Region", "Budget", "Last visit")


@pytest.mark.parametrize(
    ("column", "value", "ids"),
    [
        ("region", "NORTH", ["1", "2", "3"]),
        ("Region", "South", ["2"]),
        ("Region", "", ["4"]),
        ("Budget", "1200", ["1", "3"]),
        ("Budget", "1,200", ["1", "3"]),
        ("Budget", "12.5", ["2"]),
        ("Last_Visit", "31.01.2026", ["1"]),
        ("last-visit", "2026-01-31", ["1"]),
        ("Status", "Kunde", ["1", "2", "2", "4"]),
        ("Status", "Wunschkunde", ["3"]),
        ("Kundennummer", "2", ["2", "2"]),
        ("Kunde", "gamma  ag", ["3"]),
    ],
)
def test_values_are_compared_as_they_are_shown(column: str, value: str, ids: list[str]) -> None:
    audience = audience_of(small(ROWS, HEADER), Sharing(only=Only(column, value)))
    assert sorted(audience.run.analysis.customers["customer_id"]) == ids
    assert sorted(audience.run.given.customers["customer_id"]) == ids


def test_everything_wrong_with_a_request_is_said_at_once() -> None:
    asked = Sharing(
        only=Only("Region", "West"), hide=("Turnovr", "Customer", "customer_id", "Status", "Fit")
    )
    with pytest.raises(InputError) as caught:
        audience_of(small(ROWS, HEADER), asked)
    keys = [problem.fault.key for problem in caught.value.problems]
    assert keys == [
        "share_value_unknown",
        "share_column_unknown",
        "share_identity_hidden",
        "share_identity_hidden",
        "share_status_hidden",
    ]
    said = [problem.message("de") for problem in caught.value.problems]
    assert said[0] == (
        "Blatt Customers: Kein Kunde hat West in der Spalte Region; "
        "geben Sie einen der Werte an, die dort stehen: North, south."
    )
    assert "am ähnlichsten ist Turnover;" in said[1]


def test_values_of_a_status_are_words_and_blank_ones_have_none() -> None:
    whole = small(ROWS, HEADER)
    assert values_of(whole, "Status") == ("Customer", "Prospect")
    assert values_of(whole, "Region") == ("North", "south")


# --- hide ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "criterion",
    ["Umsatz", "DB-Quote", "Zahlungsverzug", "Lieferanteil", "Zufriedenheit", "Wachstum", "Bestellrhythmus"],
)  # fmt: skip
def test_nothing_shown_depends_on_a_hidden_measure_beyond_scores(
    sample: Tables, criterion: str
) -> None:
    """Twice the measure on a scale twice as long is worth the same: so must all cells be.

    No measure falls below 0 for that, and growth keeps its sign.
    """
    names = sample["tblCriteria"].columns[position(sample["tblCriteria"], "Kriterium")]

    def twice(i: int, cell: Any) -> Any:
        return cell * 2 if names[i] == criterion else cell

    other = changed(sample, "tblCriteria", "von", twice)
    other = changed(other, "tblCriteria", "bis", twice)
    other = changed(
        other, "tblCustomers", criterion, lambda _, c: c * 2 if isinstance(c, float) else c
    )
    shares = [audience_of(run_of(t), Sharing(hide=(criterion,))) for t in (sample, other)]
    assert cells_of(shares[0].run) == cells_of(shares[1].run)
    whole = run_of(sample).analysis.customers
    columns = ["value_score", "benefit_score", "total_score", "rank", "quadrant", "abc_class"]
    assert shares[0].run.analysis.customers[columns].equals(whole[columns])


@pytest.mark.parametrize(
    "criterion", ["Umsatz", "Potenzial", "Referenzwert", "Passende Leistungen"]
)
def test_no_text_names_a_hidden_criterion_but_where_its_name_is_a_header(
    run: Run, criterion: str
) -> None:
    audience = audience_of(run, Sharing(hide=(criterion,)))
    advice = audience.run.advice
    texts = [*advice.reasons, *advice.levers, *advice.type_changes, *advice.swaps]
    texts += [finding.rule for finding in advice.hidden]
    assert not any(f"{criterion} " in text for text in texts)
    assert any(f"{criterion} " in text for text in run.advice.reasons)
    assert audience.criteria == {criterion}


def test_hidden_numbers_are_not_shown_and_are_secret(run: Run) -> None:
    audience = audience_of(run, Sharing(hide=("Umsatz",)))
    turnover = run.given.customers["Umsatz"].dropna()
    told = numbers_in(audience.run)
    distinctive = [x for x in turnover if audience.secrets.is_secret(x)]
    assert len(distinctive) > 20
    assert not told.intersection(distinctive)
    assert audience.run.given.customers["Umsatz"].isna().all()
    assert audience.run.analysis.abc["amount"].isna().all()
    assert audience.run.analysis.abc["position"].is_monotonic_increasing


def test_all_measures_of_an_axis_may_be_hidden() -> None:
    audience = audience_of(small(ROWS, HEADER), Sharing(hide=("Turnover", "Growth")))
    reasons = audience.run.advice.reasons
    assert reasons[0].startswith("Value 90.0 points. Benefit 94.0 points: carried by Fit")
    assert [problem.fault.key for problem in audience.problems] == []
    cells_of(audience.run)


def test_a_single_hidden_criterion_of_an_axis_can_be_computed_and_that_is_said() -> None:
    audience = audience_of(small(ROWS, HEADER), Sharing(hide=("Growth", "Region")))
    assert [problem.message("en") for problem in audience.problems] == [
        "The scores stay: whoever knows the other measures and the weights of the axis Value can "
        "compute Growth from them; hide a second criterion of that axis to prevent it."
    ]


def test_texts_of_hidden_columns_are_secret_but_words_of_the_scales_are_not() -> None:
    audience = audience_of(small(ROWS, HEADER), Sharing(hide=("Region", "Fit", "Budget")))
    assert audience.hidden == {5, 7, 8}
    told = audience.secrets.told
    assert told("To the North of it") is None
    assert told("high") == "high"
    assert told("1,200 EUR") == "1,200 EUR"
    assert audience.run.analysis.measures["Fit"].isna().all()


def test_hours_of_today_may_be_hidden(run: Run) -> None:
    audience = audience_of(run, Sharing(hide=("hours_now",)))
    assert audience.run.analysis.customers["hours_now"].isna().all()
    assert math.isnan(audience.run.advice.numbers.hours[-1].now)
    cells_of(audience.run)


def test_problems_of_what_is_hidden_are_not_told() -> None:
    rows = [list(row) for row in ROWS]
    rows[0][4], rows[1][6] = "unclear", "about ten"
    whole = small(rows, HEADER)
    found = {(p.fault.key, p.cell) for p in whole.problems}
    assert {("not_a_number", "E2"), ("not_a_number", "G3"), ("repeated_customer", "A6")} <= found

    def cells(sharing: Sharing) -> set[str | None]:
        return {p.cell for p in audience_of(whole, sharing).run.problems}

    assert "E2" not in cells(Sharing(hide=("Growth",)))
    assert {"G3", "A6"} <= cells(Sharing(hide=("Growth",)))
    assert not {"E2", "A6"} & cells(Sharing(only=Only("Customer", "Beta")))
    assert "G3" in cells(Sharing(only=Only("Customer", "Beta")))


# --- anonymise ----------------------------------------------------------------------------------


def test_customers_may_be_called_anything_if_they_are_anonymised(sample: Tables) -> None:
    """Nothing of what is shown depends on names and numbers, but for the order of those tied."""
    sharing = Sharing(anonymise=True, anonymise_ids=True)
    renamed = changed(sample, "tblCustomers", "Kunde", lambda i, _: f"Unternehmen Nr. {i * 7}")
    renamed = changed(renamed, "tblCustomers", "Kundennummer", lambda _, c: f"Z{c}")
    first, second = (audience_of(run_of(t), sharing) for t in (sample, renamed))
    assert cells_of(first.run) == cells_of(second.run)
    customers = first.run.analysis.customers
    assert customers["customer"].tolist()[:2] == ["Kunde 01", "Kunde 02"]
    assert customers["customer_id"].tolist()[:2] == ["K001", "K002"]
    assert len(first.aliases) == 60


@pytest.mark.parametrize("language", ["de", "en"])
def test_no_name_is_left(run: Run, sample: Tables, language: str) -> None:
    audience = audience_of(run_of(sample, language), Sharing(anonymise=True))
    text = texts_in(audience.run)
    for row in run.analysis.customers.itertuples():
        assert row.customer.casefold() not in text
        assert str(row.customer_id).casefold() in text
    shown = audience.run.analysis.customers["customer"]
    assert all(audience.secrets.told(name) == name for name in shown)


def anonymised(*people: tuple[Any, Any], known: tuple[Alias, ...] = (), **asked: bool) -> Audience:
    rows = [
        (number, name, "Customer", 900 - i, 0.1, "high", 2)
        for i, (number, name) in enumerate(people)
    ]
    return audience_of(small(rows), Sharing(**({"anonymise": True} | asked)), known)


def shown(audience: Audience) -> list[tuple[str, str]]:
    return [(alias.shown_id, alias.shown) for alias in audience.aliases]


def test_the_same_name_has_the_same_alias_and_a_name_that_serves_as_number_too() -> None:
    audience = anonymised(("1", "Alpha"), (None, "Beta Ltd"), ("3", "ALPHA "), ("4", None))
    assert shown(audience) == [("1", "Customer 1"), ("Customer 2", "Customer 2"), ("3", "Customer 1"), ("4", "")]  # fmt: skip
    customers = audience.run.analysis.customers
    assert customers["customer_id"].tolist() == ["1", "Customer 2", "3", "4"]
    assert audience.run.given.customers["customer_id"].tolist() == ["1", "", "3", "4"]


def test_a_number_that_holds_a_name_does_not_keep_it() -> None:
    audience = anonymised(("A-Alpha-7", "Alpha"), ("Gamma", "Gamma"))
    assert shown(audience) == [("A-Customer 1-7", "Customer 1"), ("Customer 2", "Customer 2")]
    assert audience.id_aliases == {"A-Alpha-7": "A-Customer 1-7", "Gamma": "Customer 2"}


def test_no_alias_is_what_somebody_is_called() -> None:
    audience = anonymised(("C001", "Customer 1"), ("2", "Beta"), anonymise_ids=True)
    assert shown(audience) == [("CA001", "Customer A1"), ("CA002", "Customer A2")]
    assert audience.secrets.told("Customer 1 and Customer A2") == "Customer A1 and Customer A2"


def test_aliases_of_earlier_copies_are_kept() -> None:
    first = anonymised(("1", "Alpha"), ("2", "Beta"), ("3", "Gamma"))
    known = first.aliases
    later = anonymised(("9", "Newcomer"), ("3", "Gamma Ltd"), ("7", "Alpha"), known=known)
    assert shown(later) == [("9", "Customer 4"), ("3", "Customer 3"), ("7", "Customer 1")]


def test_whoever_is_left_out_has_no_alias() -> None:
    rows = [(1, "Alpha", "Customer", 9, 0.1, "high", 2), (2, "Beta", "Prospect", 8, 0.1, "low", 2)]
    audience = audience_of(small(rows), Sharing(only=Only("status", "prospect"), anonymise=True))
    assert shown(audience) == [("2", "Customer 1")]
    assert audience.secrets.told("with Alpha") is None
    assert audience.secrets.told("with Beta") == "with Customer 1"


def test_strategies_name_nobody(sample: Tables, run: Run) -> None:
    name = run.analysis.customers["customer"].iloc[20]
    named = changed(sample, "tblStrategies", "Aktivität", lambda _, c: f"{c}, wie bei {name}")
    audience = audience_of(run_of(named), Sharing(anonymise=True))
    assert name.casefold() in texts_in(run_of(named))
    assert name.casefold() not in texts_in(audience.run)


# --- all of it ----------------------------------------------------------------------------------


def test_without_hiding_it_is_the_run_itself(run: Run) -> None:
    audience = audience_of(run, Sharing(live=True, scrub=True))
    assert audience.run is run
    assert not audience.secrets
    assert not audience.problems


def requests(columns: Sequence[str]) -> st.SearchStrategy[Sharing]:
    return st.builds(
        Sharing,
        only=st.none()
        | st.builds(Only, st.just("Status"), st.sampled_from(["customer", "prospect"])),
        hide=st.lists(st.sampled_from(columns), max_size=3).map(tuple),
        anonymise=st.booleans(),
        anonymise_ids=st.booleans(),
    )


@given(portfolios(), st.data())
@settings(deadline=None, max_examples=60)
def test_any_part_of_any_portfolio_can_be_shown(portfolio: Portfolio, data: st.DataObject) -> None:
    whole = run_of(tables_of(*blocks_of(portfolio)), "en")
    sharing = data.draw(requests([c["name"] for c in portfolio[1]["criteria"]]))
    rows = whole.analysis.customers
    there = map(str.casefold, values_of(whole, "status")) if len(rows) else ()
    if sharing.only is not None and sharing.only.value not in there:
        with pytest.raises(InputError):
            audience_of(whole, sharing)
        return
    audience = audience_of(whole, sharing)
    analysis = audience.run.analysis
    cells_of(audience.run)
    of_all = whole.analysis.customers
    for column in ("value_score", "rank", "quadrant", "abc_class"):
        assert analysis.customers[column].equals(of_all.loc[analysis.customers.index, column])
    assert audience.removed.isdisjoint(analysis.customers.index)
    for name in audience.criteria:
        for frame in (analysis.measures, analysis.values, analysis.contributions):
            assert frame[name].isna().all()
    assert len(audience.aliases) in {0, len(analysis.customers)}


def test_columns_that_share_a_header_are_hidden_together() -> None:
    header = (*CUSTOMERS_HEADER, "Note", "note")
    rows = [(1, "Alpha", "Customer", 9, 0.1, "high", 2, "first text", "second text")]
    audience = audience_of(small(rows, header), Sharing(hide=("NOTE",)))
    assert audience.hidden == {7, 8}
    assert audience.secrets.told("a second text") is None


def test_headers_of_the_contract_find_columns_in_either_language(run: Run) -> None:
    assert CUSTOMERS.header("status", "de") == "Status"
    audience = audience_of(run, Sharing(only=Only("customer_id", "10008")))
    assert audience.run.analysis.customers["customer_id"].tolist() == ["10008"]
