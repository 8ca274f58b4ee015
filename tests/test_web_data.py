"""The data of the page: enough to compute everything anew, and nothing that is hidden."""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import json
import math
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS_HEADER, write_book
from support.office import require_libreoffice
from support.portfolios import Portfolio, blocks_of, portfolios
from support.searched import found_in
from support.template import made
from support.web_pages import Data, PageFile, data_of, run_of, searchable
from typer.testing import CliRunner, Result

import xlportfolio as kp
from xlportfolio import cli
from xlportfolio.analysis import analyse
from xlportfolio.audience import audience_of
from xlportfolio.files.web import as_json, web_page
from xlportfolio.movement_words import put_into_words
from xlportfolio.run import Run
from xlportfolio.sharing import Only, Sharing
from xlportfolio.strategies import strategies_for
from xlportfolio.web_data import web_data

DAY = dt.date(2026, 6, 30)
SINCE = dt.date(2026, 3, 31)
AXES = ("value", "benefit")
HEADER = (*CUSTOMERS_HEADER, "Region")
CUSTOMERS = (
    ("K-4711", "Quellmann Werke", "Customer", 912.37, 0.4137, "high", 2, "South"),
    ("K-4712", "Birkenau Stahl", "Customer", 823.19, 0.1259, "low", 9, "North"),
    ("K-4713", "Erlenbach Guss", "Customer", 134.61, -0.3083, "high", 1, "South"),
    ("K-4714", "Moorfeld Holz", "Customer", 56.83, -0.4627, "low", 10, "North"),
    ("K-4715", "Dornheim Bau", "Prospect", None, 0.4973, "high", None, "South"),
    ("K-4711", "Quellmann again", "Customer", 1, 0, "low", 1, "South"),
)
NORTH = ("K-4712", "Birkenau Stahl", "K-4714", "Moorfeld Holz")
MEAN = (("value_threshold", "mean"), ("benefit_threshold", "median"))


def small(
    customers: Sequence[Sequence[Any]] = CUSTOMERS,
    settings_: Sequence[tuple[str, Any]] = (),
    language: str | None = None,
) -> Run:
    rows = [["Setting", "Value"], *([name, value] for name, value in settings_)]
    blocks = [[HEADER, *customers], [CRITERIA_HEADER, *CRITERIA], rows]
    return run_of(*blocks, language=language)


def shown(run: Run, sharing: Sharing = Sharing()) -> Data:  # noqa: B008 (frozen)
    data = web_data(audience_of(run, sharing))
    loaded: Data = json.loads(as_json(data))
    assert loaded == data, "what is not JSON by itself would come back as something else"
    return loaded


# --- everything can be computed anew --------------------------------------------------------------


def axis_of(data: Data, axis: str, i: int, weights: Mapping[str, float]) -> tuple[Any, Any]:
    """A customer's score and coverage by the definition of the weighted mean, in exact fractions."""
    points = used = measured = whole = Fraction(0)
    for criterion, values in zip(data["criteria"], data["values"], strict=True):
        if criterion["axis"] == axis:
            weight = Fraction(weights[criterion["name"]])
            value = criterion["fill"] if values[i] is None else values[i]
            whole += weight
            measured += weight if values[i] is not None else 0
            if value is not None:
                used += weight
                points += weight * Fraction(value)
    return (float(points / used) if used else None), float(measured / whole)


def assert_follows(
    data: Data, analysis: kp.PortfolioAnalysis, weights: Mapping[str, float]
) -> None:
    """All scores of an analysis follow from the data of the page, whatever the weights are."""
    frame = analysis.customers
    for axis in AXES:
        for i, (_, row) in enumerate(frame.iterrows()):
            score, coverage = axis_of(data, axis, i, weights)
            assert coverage == pytest.approx(row[f"{axis}_coverage"], abs=1e-12)
            if row["note"] == "repeated" or score is None:
                assert math.isnan(row[f"{axis}_score"])
            else:
                assert score == pytest.approx(row[f"{axis}_score"], abs=1e-12)


def weights_of(model: kp.ScoringModel) -> dict[str, float]:
    return {criterion.name: criterion.weight for criterion in model.criteria}


@given(portfolios(), st.data())
@settings(deadline=None, max_examples=40)
def test_scores_follow_from_the_values_under_any_weights(
    portfolio: Portfolio, draw: st.DataObject
) -> None:
    run = run_of(*blocks_of(portfolio), language="en")
    data = shown(run)
    assert_follows(data, run.analysis, weights_of(run.given.model))
    numbers = st.floats(0.01, 1e6)
    model = run.given.model
    model = replace(
        model, criteria=tuple(replace(c, weight=draw.draw(numbers)) for c in model.criteria)
    )
    other = analyse(run.given.customers, model)
    order = run.analysis.customers.index
    same_order = replace(other, customers=other.customers.loc[order])
    assert_follows(data, same_order, weights_of(model))


@given(portfolios())
@settings(deadline=None, max_examples=40)
def test_what_stands_there_is_what_the_analysis_says(portfolio: Portfolio) -> None:
    run = run_of(*blocks_of(portfolio), language="de")
    data, frame = shown(run), run.analysis.customers
    customers = data["customers"]
    assert {len(column) for column in customers.values()} == {len(frame)}
    for key, column in (
        *(("id", "customer_id"), ("name", "customer"), ("status", "status")),
        *(("quadrant", "quadrant"), ("borderline", "borderline"), ("abc", "abc_class")),
        *(("note", "note"), ("rank", "rank")),
        *((axis, f"{axis}_score") for axis in (*AXES, "total")),
        *((f"{axis}_coverage", f"{axis}_coverage") for axis in AXES),
    ):
        there = frame[column].astype(object)
        assert customers[key] == there.where(frame[column].notna(), None).tolist(), key
    for text, note, reason in zip(
        *(customers[key] for key in ("note_text", "note")), run.advice.reasons, strict=False
    ):
        assert bool(text) == bool(note)
        assert not note or text == reason
    of_each = run.advice.numbers.strategies
    for place, strategy in zip(customers["strategy"], of_each, strict=True):
        there = None if place is None else data["strategies"][place]
        assert (there and there["text"]) == (strategy and strategy.text)
        assert (there and there["strategy"]) == (strategy and strategy.strategy)
    input_order = frame.index.tolist()
    by_place = sorted(range(len(frame)), key=customers["place"].__getitem__)
    assert [input_order[i] for i in by_place] == sorted(input_order)
    for axis in AXES:
        assert data["thresholds"][axis]["number"] == getattr(run.analysis.thresholds, axis)


@pytest.mark.parametrize("language", ["en", "de"])
def test_what_somebody_gets_who_changes_type_stands_there_too(
    tmp_path: Path, language: str
) -> None:
    """The script looks the strategy up by type and status, the first line that fits counts."""
    kp.share(made(tmp_path, language), None, html=tmp_path / "page.html", as_of=DAY)
    data = data_of(tmp_path / "page.html")
    assert data["language"] == language
    listed = [
        kp.Strategy(kp.Quadrant(s["quadrant"]), s["status"], s["strategy"], text=s["text"])
        for s in data["strategies"]
    ]
    customers = data["customers"]
    chosen = strategies_for(listed, customers["quadrant"], customers["status"])
    for place, strategy in zip(customers["strategy"], chosen, strict=True):
        assert (None if place is None else listed[place]) == strategy
    assert {strategy.quadrant for strategy in listed} == {*kp.Quadrant} - {"not_rated"}


def test_a_row_that_counts_nowhere_says_so_and_has_no_scores() -> None:
    customers = shown(small())["customers"]
    assert customers["note"][-1] == "repeated"
    assert customers["value"][-1] is customers["rank"][-1] is None
    assert customers["note_text"][-1] == "Repeats row 2; counts nowhere"
    assert customers["reason"][-1] == ""


def test_every_text_of_the_page_is_there_in_both_languages() -> None:
    english, german = (shown(small(language=lang))["texts"] for lang in ("en", "de"))
    assert english.keys() == german.keys()
    for table, of_table in english.items():
        assert of_table.keys() == german[table].keys()
    assert (german["quadrants"]["question_mark"], german["axes"]["value"]) == (
        "Fragezeichen",
        "Wert",
    )
    assert shown(small(language="de"))["as_of"] == "31.03.2026"


# --- what is hidden -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hidden", "axis", "others"),
    [("Turnover", "value", ["Fit", "Visits"]), ("Fit", "benefit", ["Turnover", "Growth"])],
)
def test_of_an_axis_with_a_hidden_criterion_the_scores_alone_are_there(
    hidden: str, axis: str, others: list[str]
) -> None:
    """From the values of the others and the score, the hidden value would follow."""
    whole, data = shown(small()), shown(small(), Sharing(hide=(hidden,)))
    assert data["fixed"] == {one: one == axis for one in AXES}
    assert [criterion["name"] for criterion in data["criteria"]] == others
    assert len(data["values"]) == 2
    for key in ("value", "benefit", "total", "rank", "quadrant", "abc", "value_coverage"):
        assert data["customers"][key] == whole["customers"][key]


def test_a_hidden_column_that_is_no_criterion_fixes_nothing() -> None:
    data = shown(small(), Sharing(hide=("Region",)))
    assert data == shown(small())


def test_ranks_and_thresholds_of_some_are_those_of_the_whole() -> None:
    run = small(settings_=MEAN)
    whole, data = shown(run), shown(run, Sharing(only=Only("Region", "North")))
    assert [whole["thresholds"][axis]["rule"] for axis in AXES] == ["mean", "median"]
    assert (whole["part"], data["part"]) == (False, True)
    for axis in AXES:
        assert data["thresholds"][axis] == {
            "number": whole["thresholds"][axis]["number"],
            "rule": None,
        }
    ranks = dict(zip(whole["customers"]["id"], whole["customers"]["rank"], strict=True))
    assert data["customers"]["id"] == [i for i in whole["customers"]["id"] if i in NORTH]
    assert data["customers"]["rank"] == [ranks[i] for i in data["customers"]["id"]]
    assert sorted(data["customers"]["place"]) == [0, 1]


def book_of(folder: Path, **more: Any) -> Path:
    path = folder / "customers.xlsx"
    more = {"customers": CUSTOMERS, **more}
    return write_book(path, customers_header=HEADER, **more)


def page_of(book: Path, sharing: Sharing = Sharing(), **more: Any) -> Path:  # noqa: B008 (frozen)
    page = book.with_name("page.html")
    kp.share(book, None, sharing, html=page, **{"as_of": DAY, **more})
    return page


#: Measures as a number in a script, or people in either language, would spell them.
MEASURES = ("912.37", "912,37", "823.19", "823,19", "134.61", "0.4137", "0.1259", "0.3083", "56.83")


@pytest.mark.parametrize("language", ["en", "de"])
def test_no_measure_stands_in_a_page(tmp_path: Path, language: str) -> None:
    page = page_of(book_of(tmp_path), language=language)
    assert not found_in(searchable(page), *MEASURES)
    assert found_in(searchable(page), "Birkenau Stahl")


@pytest.mark.parametrize("language", ["en", "de"])
def test_those_left_out_stand_nowhere_in_the_file(tmp_path: Path, language: str) -> None:
    strategies = [("star", None, "Keep", "Call like Birkenau Stahl", 4, 2, "As K-4712 was won")]
    book = book_of(tmp_path, strategies=strategies)
    page = page_of(book, Sharing(only=Only("Region", "South")), language=language)
    assert not found_in(searchable(page), *NORTH, "North", *MEASURES)
    assert data_of(page)["customers"]["id"] == ["K-4715", "K-4711", "K-4713", "K-4711"]
    whole = page_of(book, language=language)
    assert found_in(searchable(whole), "Birkenau Stahl", "As K-4712 was won")


def test_words_and_values_of_a_hidden_criterion_stand_nowhere_in_the_file(tmp_path: Path) -> None:
    page = page_of(book_of(tmp_path), Sharing(hide=("Turnover",)))
    data = data_of(page)
    values = shown(small())["values"]
    embedded = {"data": searchable(page)["data"]}
    known = [pair for pair in zip(*values[:2], strict=True) if None not in pair]
    long = [repr(value) for pair in known for value in pair if len(repr(value)) > 4]
    assert len(long) > 6
    assert not found_in(embedded, *long), "neither its values nor its neighbours'"
    assert not any("Turnover" in reason for reason in data["customers"]["reason"])
    assert "Fit" in data["customers"]["reason"][0]


@pytest.mark.parametrize("ids", [False, True])
def test_other_names_stand_in_a_page_instead_of_theirs(tmp_path: Path, ids: bool) -> None:
    sharing = Sharing(anonymise=True, anonymise_ids=ids)
    page = page_of(book_of(tmp_path), sharing)
    names = [str(customer[1]) for customer in CUSTOMERS]
    numbers = [str(customer[0]) for customer in CUSTOMERS]
    assert not found_in(searchable(page), *names, *(numbers if ids else ()))
    assert data_of(page)["customers"]["name"][:2] == ["Customer 1", "Customer 2"]
    key = (tmp_path / "page-key.csv").read_text("utf-8-sig")
    assert all(name in key for name in names)


def test_the_key_of_a_copy_beside_the_page_is_that_of_the_copy(tmp_path: Path) -> None:
    book, copy, page = book_of(tmp_path), tmp_path / "copy.xlsx", tmp_path / "other.html"
    shared = kp.share(book, copy, Sharing(anonymise=True), html=page)
    assert shared.key == tmp_path / "copy-key.csv"
    assert not (tmp_path / "other-key.csv").exists()


# --- odd texts ------------------------------------------------------------------------------------

ODD = (
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]> & &amp; &lt;b&gt;",
    'O\'Neill "Sons" \\ \\u003c `${1}`',
    "Zeile\neins\r\nzwei\ttab",
    "line\u2028and\u2029paragraph",
    "مرحبا \u202eabc",
    "😀 Bäckerei Groß ﬁ e\u0301",
    '=HYPERLINK("https://example.org")',
    "{{script}} {{data}} {{title}} {0} %s",
    "<img src=x onerror=alert(1)>",
    "javascript:alert(1)",
)


def test_texts_of_any_kind_come_back_as_they_were() -> None:
    customers = [
        (f"{i}: {text}", text, "Customer", 10 * i, 0, "high", 1, "South")
        for i, text in enumerate(ODD)
    ]
    run = small(customers)
    content = web_page(audience_of(run, Sharing()))
    page = PageFile(content)
    names = run.analysis.customers["customer"].tolist()
    assert page.data["customers"]["name"] == names
    assert sorted(names) == sorted(ODD)
    assert page.data["customers"]["id"] == run.analysis.customers["customer_id"].tolist()
    assert len(page.scripts) == 2
    assert content.count(b"alert(1)") == 2 * sum("alert(1)" in text for text in ODD)
    assert b"<img src=x" not in content
    assert not re.search(rb"[\xe2]\x80[\xa8\xa9]", content)


@given(st.text(st.sampled_from('<>&/!-\u2028\u2029\\"a\n'), max_size=12))
@settings(deadline=None)
def test_data_is_safe_in_an_element_and_says_the_same(text: str) -> None:
    embedded = as_json({text: [text, None]})
    assert json.loads(embedded) == {text: [text, None]}
    assert re.search("[<>&\u2028\u2029]", embedded) is None


def test_half_a_sign_does_not_keep_a_page_from_being_written() -> None:
    embedded = as_json(["\ud83d alone"])
    assert json.loads(embedded.encode().decode()) == ["\ud83d alone"]


def test_names_in_criteria_and_strategies_may_be_odd_too(tmp_path: Path) -> None:
    odd = 'Fit </script> "{{data}}" 😀'
    header = (*CUSTOMERS_HEADER[:5], odd, *CUSTOMERS_HEADER[6:], "Region")
    criteria = [(odd, *row[1:]) if row[0] == "Fit" else row for row in CRITERIA]
    strategies = [("star", None, odd, odd, 1, 1, odd)]
    book = write_book(
        tmp_path / "odd.xlsx",
        customers=CUSTOMERS,
        customers_header=header,
        criteria=criteria,
        strategies=strategies,
    )
    data = data_of(page_of(book))
    assert data["criteria"][2]["name"] == odd
    assert data["strategies"][0] == {
        "quadrant": "star",
        "status": None,
        **dict.fromkeys(("strategy", "activity", "text"), odd),
    }


# --- the file -------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_page_lets_nothing_in_but_what_it_was_written_with(language: str) -> None:
    """By the Content Security Policy, level 3: hashes are those of the elements' whole texts."""
    page = PageFile(web_page(audience_of(small(language=language), Sharing())))
    rules = dict(rule.split(" ", 1) for rule in page.policy.split("; "))
    assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert rules["img-src"] == "data:"

    def hashes(texts: Sequence[str]) -> list[str]:
        made_of = [hashlib.sha256(text.encode()).digest() for text in texts]
        return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in made_of]

    assert rules["script-src"].split() == hashes(page.scripts)
    assert rules["style-src"].split() == hashes(page.styles)
    assert rules.keys() == {
        "default-src",
        "script-src",
        "style-src",
        "img-src",
        "base-uri",
        "form-action",
    }
    assert page.language == language
    assert page.title == page.data["texts"]["web"]["title"]
    for holder in ("The Apache Software Foundation", "Mike Bostock", "Baidu Inc."):
        assert holder in page.comments[0]


def test_no_element_of_a_page_leads_elsewhere_or_runs_what_it_says() -> None:
    page = PageFile(web_page(audience_of(small(), Sharing())))
    for tag, name, value in page.attributes:
        assert name not in {"src", "srcset", "action", "formaction", "ping", "style"}, (tag, name)
        assert not name.startswith("on"), (tag, name)
        assert name != "href" or value.startswith("#"), (tag, value)


def test_nothing_of_a_page_is_left_to_be_filled_in() -> None:
    content = web_page(audience_of(small(), Sharing())).decode()
    for script in PageFile(content.encode()).scripts:
        content = content.replace(script, "")
    assert re.findall(r"\{\{.*?\}\}", content) == []


def test_the_same_workbook_gives_the_same_page(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    first = page_of(book).read_bytes()
    assert page_of(book).read_bytes() == first
    assert page_of(book, as_of=dt.date(2026, 7, 1)).read_bytes() != first


def test_a_page_of_5000_customers_is_soon_there_and_can_be_sent_by_mail() -> None:
    rows = 5_000
    names = [f"C{k}" for k in range(20)]
    customers = [
        [
            f"K{i:05}",
            f"Kunde {i} GmbH & Co. KG",
            None,
            *((i * 7919 + k * 104729) % 1009 / 7 for k in range(20)),
        ]
        for i in range(rows)
    ]
    criteria = [[name, AXES[k % 2], 1 + k] for k, name in enumerate(names)]
    header = ["Customer ID", "Customer", "Status", *names]
    run = run_of([header, *customers], [["Criterion", "Axis", "Weight"], *criteria], language="de")
    audience = audience_of(run, Sharing())
    _ = run.advice  # a rescore takes as long for that
    before = time.perf_counter()
    content = web_page(audience)
    took = time.perf_counter() - before
    assert len(PageFile(content).data["customers"]["id"]) == rows
    assert took < 5
    assert len(content) < 6_000_000


# --- what has changed since -----------------------------------------------------------------------

EARLIER = (
    ("K-4711", "Quellmann & Sohn", "Customer", 412.53, 0.2, "high", 2, "South"),
    ("K-4712", "Birkenau Stahl", "Customer", 823.19, 0.1259, "low", 9, "North"),
    ("K-4713", "Erlenbach Guss", "Customer", None, None, None, None, "South"),
    ("K-4716", "Auenthal Druck", "Customer", 345.67, 0.1, "low", 3, "North"),
)


def since_march(language: str = "en") -> Run:
    """The run of June, in a workbook that was scored in March too."""
    march = small(EARLIER)
    assert march.as_of == SINCE
    june = replace(small().given, history=march.history)
    return Run.of(june, today=DAY, language=language)


def test_without_an_earlier_day_there_is_no_movement() -> None:
    assert shown(small())["movement"] is None


def test_earlier_points_stand_beside_todays_in_the_order_of_the_ranking() -> None:
    """Turnover is worth 100 at 1000, growth 0 at -0.5 and 100 at 0.5: by hand, half of each."""
    data = shown(since_march())
    moved, customers = data["movement"], data["customers"]
    assert moved["since"] == "2026-03-31"
    of = {number: i for i, number in reversed([*enumerate(customers["id"])])}
    at = of["K-4711"]
    assert moved["value"][at] == pytest.approx((41.253 + 70) / 2)
    assert moved["benefit"][at] == pytest.approx(0.7 * 100 + 0.3 * 80)
    assert (moved["change"][at], moved["quadrant"][at]) == ("stayed", "star")
    still = of["K-4712"]
    assert moved["value"][still] == customers["value"][still]
    assert moved["reason"][still] == ""
    rated = of["K-4713"]
    assert (moved["change"][rated], moved["quadrant"][rated]) == ("rated", "not_rated")
    assert moved["value"][rated] is moved["benefit"][rated] is None
    new = of["K-4714"]
    assert (moved["change"][new], moved["quadrant"][new]) == ("new", "")
    assert moved["reason"][new]
    assert moved["change"][-1] == "", "a row that repeats another is nobody"
    (gone,) = moved["gone"]
    assert (gone["id"], gone["name"]) == ("K-4716", "Auenthal Druck")
    assert gone["quadrant"] == "poor_dog"
    assert gone["reason"]


def test_arrows_are_those_of_the_chart_in_the_workbook() -> None:
    run = since_march()
    data = shown(run)
    drawn = [data["customers"]["name"][i] for i in data["movement"]["arrows"]]
    name, *_ = run.report(run.sheet_names).matrix.arrows
    assert drawn == list(name.cells) != []


def test_reasons_are_those_of_the_sheet_in_its_language() -> None:
    run = since_march("de")
    data = shown(run)
    assert data["movement"]["since"] == "31.03.2026"
    assert run.movement is not None
    spoken = put_into_words(run.movement, "de").reasons
    listed = [*data["movement"]["reason"], *(gone["reason"] for gone in data["movement"]["gone"])]
    assert sorted(filter(None, listed)) == sorted(filter(None, spoken))


@pytest.mark.parametrize(
    ("sharing", "gone"),
    [
        (Sharing(only=Only("Region", "South")), [*NORTH, "K-4716", "Auenthal Druck"]),
        (
            Sharing(anonymise=True),
            ["Quellmann & Sohn", "Quellmann Werke", "Erlenbach Guss", "Auenthal Druck"],
        ),
        (
            Sharing(anonymise=True, anonymise_ids=True),
            ["Quellmann & Sohn", "Auenthal Druck", "K-4711", "K-4716"],
        ),
        (Sharing(hide=("Turnover",)), ["912.37", "412.53", "345.67"]),
    ],
    ids=["only", "names", "numbers", "hide"],
)
@pytest.mark.parametrize("language", ["en", "de"])
def test_of_earlier_days_a_page_shows_no_more_than_of_today(
    tmp_path: Path, sharing: Sharing, gone: list[str], language: str
) -> None:
    page, run = tmp_path / "page.html", since_march(language)
    page.write_bytes(web_page(audience_of(run, sharing)))
    spelled = [*gone, *(text.replace(".", ",") for text in gone)]
    assert not found_in(searchable(page), *spelled)
    assert "stayed" in data_of(page)["movement"]["change"]
    page.write_bytes(web_page(audience_of(run, Sharing())))
    assert found_in(searchable(page), "Auenthal Druck")


def test_what_a_workbook_has_kept_is_in_its_page(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    kp.rescore(book, as_of=SINCE, backup=False)
    moved = data_of(page_of(book))["movement"]
    assert moved["since"] == "2026-03-31"
    assert set(moved["change"]) == {"stayed", ""}
    assert moved["gone"] == moved["model"] == []


# --- the command ----------------------------------------------------------------------------------


def run_cli(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, arguments)])


def done(*arguments: object) -> dict[str, Any]:
    result = run_cli("share", *arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_a_page_alone_is_made_and_nothing_else_is_written(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    before = book.read_bytes()
    page = tmp_path / "page.html"
    (copy,) = done(book, "--html", page, "--as-of", DAY)["copies"]
    assert copy == {
        "path": None,
        "pdf": None,
        "html": str(page),
        "key": None,
        "only": None,
        "customers": 6,
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["customers.xlsx", "page.html"]
    assert book.read_bytes() == before
    assert data_of(page) == shown(kp.rescore(book, write=False, as_of=DAY).run)
    result = run_cli("share", book, "--html", page, "--lang", "de")
    assert result.stdout == f"Geschrieben: {page} (gezeigte Kunden: 6)\n"


def test_a_page_beside_a_copy_and_a_pdf(tmp_path: Path) -> None:
    require_libreoffice()
    book = book_of(tmp_path)
    out, pdf, page = (tmp_path / f"out{suffix}" for suffix in (".xlsx", ".pdf", ".HTML"))
    result = run_cli("share", book, out, "--pdf", pdf, "--html", page, "--live")
    assert result.exit_code == 0, result.output
    assert result.stdout.splitlines() == [
        f"Written: {out} (customers shown: 6)",
        f"Printed: {pdf}",
        f"Page: {page}",
    ]
    assert all(path.stat().st_size > 1000 for path in (out, pdf, page))


def test_what_hides_in_a_copy_hides_in_its_page_by_the_command(tmp_path: Path) -> None:
    book, page = book_of(tmp_path), tmp_path / "page.html"
    options = ("--only", "Region=South", "--hide", "Turnover", "--hide", "Fit", "--anonymise-ids")
    (copy,) = done(book, "--html", page, *options)["copies"]
    assert copy["key"] == str(tmp_path / "page-key.csv")
    texts = [str(cell) for customer in CUSTOMERS for cell in customer[:2]]
    assert not found_in(searchable(page), *texts, "North")
    data = data_of(page)
    assert data["values"] == data["criteria"] == []
    assert data["part"]
    assert data["customers"]["reason"][0].startswith("Value ")


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("--html", "page.htm"), 1, "must end in .html"),
        (("--html", "page.xlsx"), 1, "must end in .html"),
        (("--html", "nowhere/page.html"), 1, "nowhere"),
        (("copy.xlsx", "--html", "nowhere/page.html", "--anonymise"), 1, "nowhere"),
        (("--html", "page.html", "--split-by", "Region", "folder"), 2, "--html"),
        (("--html", "page.html", "--hide", "Color"), 1, "Color"),
        ((), 2, "--html"),
    ],
)
def test_what_cannot_be_done_is_said_and_no_file_is_left(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    code: int,
    told: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    book = book_of(tmp_path)
    result = run_cli("share", book, *arguments)
    assert result.exit_code == code, result.output
    assert told in " ".join(result.output.replace("│", " ").split())
    assert list(tmp_path.iterdir()) == [book]


def test_a_page_does_not_take_the_place_of_the_workbook(tmp_path: Path) -> None:
    book = book_of(tmp_path)
    linked = tmp_path / "linked.html"
    linked.symlink_to(book)
    before = book.read_bytes()
    with pytest.raises(kp.WorkbookError, match="is the workbook itself"):
        kp.share(book, None, html=linked)
    assert book.read_bytes() == before


def test_a_page_that_was_there_is_replaced_as_a_whole(tmp_path: Path) -> None:
    book, page = book_of(tmp_path), tmp_path / "page.html"
    page.write_text("old")
    page.chmod(0o640)
    kp.share(book, None, html=page)
    assert PageFile(page.read_bytes()).data["customers"]["id"]
    assert page.stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["customers.xlsx", "page.html"]
