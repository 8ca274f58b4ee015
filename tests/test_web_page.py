"""The page to point at, in a browser: what it shows, how it is reached, and what it looks like."""

from __future__ import annotations

import hashlib
import math
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from support.books import CRITERIA, CRITERIA_HEADER, CUSTOMERS_HEADER
from support.browser import Watched, chromium
from support.office import require_libreoffice
from support.web_pages import data_of, run_of, sample, with_data, written

from xlportfolio.analysis import analyse
from xlportfolio.files.web import SCRIPTS
from xlportfolio.locale import texts
from xlportfolio.run import Run
from xlportfolio.sharing import Only, Sharing

Open = Callable[..., Watched]
#: What stands where there is no number, and what counts as nothing.
DASH = "\N{EN DASH}"
BLANK = {"", DASH}
WEB = files("xlportfolio").joinpath("web")
PHONE = {"viewport": {"width": 360, "height": 780}, "has_touch": True, "is_mobile": True}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture(scope="module", params=["en", "de"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def english_run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    return sample(tmp_path_factory.mktemp("sample"), "en")


@pytest.fixture(scope="module")
def sample_page(tmp_path_factory: pytest.TempPathFactory, language: str) -> Path:
    folder = tmp_path_factory.mktemp(language)
    return written(sample(folder, language), folder / "page.html")


@pytest.fixture(scope="module")
def english(tmp_path_factory: pytest.TempPathFactory, english_run: Run) -> Path:
    return written(english_run, tmp_path_factory.mktemp("page") / "page.html")


@pytest.fixture
def opened(browser: Browser) -> Iterator[Open]:
    """Opens pages; none of them may complain, or ask for anything but itself."""
    windows: list[tuple[Watched, Path]] = []

    def one(path: Path, script: str = "", **window: Any) -> Watched:
        windows.append((Watched(browser, path, script, **window), path))
        return windows[-1][0]

    yield one
    for watched, path in windows:
        watched.close()
        assert watched.complaints == []
        assert watched.requests == [path.as_uri()]


#: Places of those whose moves are drawn, in no order that the page could know.
ARROWS = [7, 3, 12, 4]


def with_moves(page: Path) -> Path:
    """The page with a movement: everybody was 1, 2, 3 ... points lower on both axes."""
    customers = data_of(page)["customers"]
    count = len(customers["id"])

    def lower(scores: list[float | None]) -> list[float | None]:
        return [s if s is None or s < i else s - i for i, s in enumerate(scores)]

    moved = {
        "since": "2025-12-31",
        "model": ["The weight of turnover has changed."],
        "change": ["moved"] * count,
        "quadrant": customers["quadrant"],
        "value": lower(customers["value"]),
        "benefit": lower(customers["benefit"]),
        "reason": ["Has risen."] * count,
        "arrows": ARROWS,
        "gone": [{"id": "9", "name": "Left & Gone", "quadrant": "star", "reason": "Was here."}],
    }
    return with_data(page, movement=moved)


def spot(page: Page, i: int) -> tuple[float, float]:
    """Where a customer's point is in the window."""
    box = page.locator("#chart").bounding_box()
    assert box is not None
    x, y = page.evaluate("(i) => matrix.at(i)", i)
    return box["x"] + x, box["y"] + y


def shown_ids(page: Page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('#rows tr')].map((row) => DATA.customers.id[row.dataset.row])"
    )


def column(page: Page, key: str) -> list[str]:
    place = page.evaluate("(key) => VIEWS[state.view].indexOf(key) + 1", key)
    return page.locator(f"#rows td:nth-child({place})").all_inner_texts()


def drag(page: Page, name: str, weight: float) -> None:
    """Move a slider as a mouse does: a value, and the event that tells of it."""
    page.get_by_role("slider", name=name, exact=True).evaluate(
        "(slider, weight) => { slider.valueAsNumber = weight; slider.dispatchEvent(new Event('input')); }",
        weight,
    )


# --- it opens, and speaks both languages ----------------------------------------------------------


def test_it_opens_and_asks_for_nothing(opened: Open, sample_page: Path, language: str) -> None:
    page = opened(sample_page).page
    words = texts(language)
    expect(page).to_have_title(words("web.title"))
    expect(page.get_by_role("heading", level=1)).to_have_text(words("web.title"))
    expect(page.locator("#rows tr")).to_have_count(60)
    assert page.evaluate("document.documentElement.lang") == language
    decimal = {"en": "78.9", "de": "78,9"}[language]
    assert column(page, "total_score")[0] == decimal
    assert "{" not in page.locator("body").inner_text()


def whole_script() -> str:
    """The page's own script, its parts together."""
    return "\n".join(WEB.joinpath(name).read_text("utf-8") for name in SCRIPTS)


def test_every_part_of_the_script_is_put_in() -> None:
    assert {path.name for path in WEB.glob("*.js")} == {*SCRIPTS, "echarts.min.js"}


def test_every_text_is_used_and_there() -> None:
    script, page = whole_script(), WEB.joinpath("page.html").read_text("utf-8")
    asked = set(re.findall(r"\btext\(\s*\"(\w+)\"", script))
    asked |= set(re.findall(r"TEXTS\.web\.(\w+)", script))
    asked |= set(re.findall(r"data-(?:text|label)=\"(\w+)\"", page))
    asked |= {"title", "no_script", "threshold_mean", "threshold_median"}
    asked |= set(re.findall(r"\"(\w+)\"", script)) & set(texts("en").branch("web"))
    asked |= set(re.findall(r"\b(model_changed|gone): ", script))
    assert asked == set(texts("en").branch("web"))


def test_the_library_is_the_one_named() -> None:
    told = WEB.joinpath("README.md").read_text("utf-8")
    library = WEB.joinpath("echarts.min.js").read_bytes()
    assert hashlib.sha256(library).hexdigest() in told
    version = re.search(r"ECharts (\d+\.\d+\.\d+)", told)
    assert version is not None
    assert f'version:"{version[1]}"' in re.sub(
        r'version="(.*?)"', r'version:"\1"', library.decode()
    )
    assert WEB.joinpath("ECHARTS-LICENSE").is_file()


def test_no_script_writes_markup_from_data() -> None:
    script = whole_script()
    assert not re.search(
        r"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\(|new Function", script
    )
    assert "http" not in script.replace("http://www.w3.org/2000/svg", "")


def test_names_that_look_like_markup_are_names(opened: Open, tmp_path: Path) -> None:
    name = "</script><img src=x onerror=alert(1)>{count} $& \u202e"
    customers = [["A", name, "Customer", 100, 0.2, "high", 2]]
    run = run_of(
        [CUSTOMERS_HEADER, *customers], [CRITERIA_HEADER, *CRITERIA], [["Setting", "Value"]]
    )
    page = opened(written(run, tmp_path / "page.html")).page
    page.locator("#rows button").click()
    expect(page.locator("#chosen-card .name")).to_have_text(name)
    assert page.locator("img").count() == 0


# --- pointing -------------------------------------------------------------------------------------


def test_pointing_at_a_customer_shows_everything(opened: Open, sample_page: Path) -> None:
    page, data = opened(sample_page).page, data_of(sample_page)
    customers, i = data["customers"], 4
    page.mouse.move(*spot(page, i))
    tip = page.locator("#tip")
    expect(tip).to_be_visible()
    strategy = data["strategies"][customers["strategy"][i]]
    for told in (
        customers["name"][i],
        customers["id"][i],
        data["texts"]["quadrants"][customers["quadrant"][i]],
        customers["reason"][i],
        strategy["strategy"],
        strategy["activity"],
    ):
        expect(tip).to_contain_text(told)
    scores = page.evaluate(
        "(scores) => scores.map((number) => SCORE.format(number))",
        [customers[key][i] for key in ("value", "benefit", "total")],
    )
    assert tip.locator("dd").all_inner_texts() == [*scores, str(customers["rank"][i])]
    expect(page.locator("#rows tr.pointed button")).to_contain_text(customers["name"][i])
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()


def test_a_customer_with_gaps_says_what_is_known(opened: Open, english: Path) -> None:
    page, customers = opened(english).page, data_of(english)["customers"]
    i = next(i for i, share in enumerate(customers["value_coverage"]) if share < 1)
    page.mouse.move(*spot(page, i))
    expect(page.locator("#tip")).to_contain_text("Measures known for")


def test_a_line_of_the_list_and_its_point_mark_each_other(opened: Open, english: Path) -> None:
    page = opened(english).page
    page.locator("#rows tr").nth(2).hover()
    assert page.evaluate("[matrix.rings.pointed.shape.cx, matrix.rings.pointed.shape.cy]") == (
        page.evaluate("matrix.at(2)")
    )
    page.locator("#rows button").nth(2).click()
    expect(page.locator("#rows tr").nth(2)).to_have_attribute("aria-current", "true")
    expect(page.locator("#chosen-card .name")).to_have_text(
        data_of(english)["customers"]["name"][2]
    )
    assert page.evaluate("matrix.rings.chosen !== null")
    page.get_by_role("button", name="Let go of this customer").click()
    assert page.evaluate("matrix.rings.chosen") is None


def test_points_are_reached_by_keyboard(opened: Open, english: Path) -> None:
    page, names = opened(english).page, data_of(english)["customers"]["name"]
    chart = page.get_by_role("application")
    for _ in range(40):
        page.keyboard.press("Tab")
        if chart.evaluate("(chart) => chart === document.activeElement"):
            break
    expect(chart).to_be_focused()
    spoken = page.locator("#announce")
    for key, i in [
        ("ArrowRight", 0),
        ("ArrowDown", 1),
        ("ArrowUp", 0),
        ("PageDown", 10),
        ("Home", 0),
    ]:
        page.keyboard.press(key)
        expect(page.locator("#tip .name")).to_have_text(names[i])
        expect(spoken).to_contain_text(f"{names[i]}: ")
    page.keyboard.press("Enter")
    expect(page.locator("#chosen-card .name")).to_have_text(names[0])
    page.keyboard.press("Escape")
    expect(page.locator("#tip")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(page.locator("#chosen-card .name")).to_have_count(0)
    page.keyboard.press("End")
    rated = page.evaluate("state.result.rated")
    expect(page.locator("#tip .name")).to_have_text(names[rated - 1])


# --- filters and order ----------------------------------------------------------------------------


def chip(page: Page, group: str, name: str) -> Locator:
    return page.get_by_role("group", name=group).get_by_role(
        "checkbox", name=re.compile(f"^{name}")
    )


def test_filters_combine_and_count(opened: Open, english: Path) -> None:
    page, customers = opened(english).page, data_of(english)["customers"]
    rows = list(zip(*(customers[k] for k in ("id", "quadrant", "status", "abc")), strict=True))

    def expected(keep: Callable[[str, str, str], bool]) -> list[str]:
        return [number for number, *row in rows if keep(*row)]

    chip(page, "Type", "Stars").check()
    stars = expected(lambda quadrant, _status, _abc: quadrant == "star")
    assert shown_ids(page) == stars
    expect(page.locator("#shown")).to_have_text(f"{len(stars)} of {len(rows)} customers")
    assert page.evaluate("matrix.drawn.length") == len(stars)
    chip(page, "Type", "Free riders").check()
    chip(page, "Status", "Customer").check()
    chip(page, "ABC class", "A").check()
    both = expected(
        lambda quadrant, status, abc: (
            quadrant in {"star", "free_rider"} and status == "customer" and abc == "A"
        )
    )
    assert shown_ids(page) == both
    chip_b = chip(page, "ABC class", "B").locator("xpath=..").locator(".count")
    in_b = expected(
        lambda quadrant, status, abc: (
            quadrant in {"star", "free_rider"} and status == "customer" and abc == "B"
        )
    )
    expect(chip_b).to_have_text(str(len(in_b)))
    page.get_by_role("button", name="Clear filters").click()
    assert shown_ids(page) == customers["id"]
    expect(page.get_by_role("button", name="Clear filters")).to_be_hidden()


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("müller", ["1"]),
        ("MULLER", ["1"]),
        ("gross", ["2"]),
        ("bau  groß", ["2"]),
        ("0042", ["0042"]),
        ("bau", ["1", "2"]),
        (" ", ["1", "2", "0042"]),
        ("nobody", []),
    ],
)
def test_search_knows_names_and_numbers(
    opened: Open, tmp_path: Path, asked: str, found: list[str]
) -> None:
    people = [("1", "Müller Bau"), ("2", "Groß Bau"), ("0042", "Erle")]
    customers = [[*person, "Customer", 100, 0.2, "high", 2] for person in people]
    run = run_of(
        [CUSTOMERS_HEADER, *customers], [CRITERIA_HEADER, *CRITERIA], [["Setting", "Value"]]
    )
    page = opened(written(run, tmp_path / "page.html")).page
    page.get_by_role("searchbox", name="Search by name or number").fill(asked)
    assert sorted(shown_ids(page)) == sorted(found)
    nobody = page.get_by_text("No customer matches")
    (expect(nobody).to_be_hidden if found else expect(nobody).to_be_visible)()


@pytest.mark.parametrize("view", ["ranking", "recommendations"])
def test_each_column_sorts_both_ways(opened: Open, english: Path, view: str) -> None:
    page = opened(english).page
    page.get_by_role("combobox", name="Show").select_option(view)
    for key in page.evaluate("VIEWS[state.view]"):
        head = page.locator(f"#columns [data-key={key}]")
        if key != "rank":  # by which the list is sorted at first
            head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", "ascending")
        upward = column(page, key)
        head.get_by_role("button").click()
        expect(head).to_have_attribute("aria-sort", "descending")
        downward = column(page, key)
        assert page.locator("[aria-sort]").count() == 1
        expect(page.locator("#announce")).to_contain_text("descending", ignore_case=True)
        missing = [cell for cell in upward if cell in BLANK]
        present = [cell for cell in upward if cell not in BLANK]
        assert upward[len(present) :] == missing, "what is missing comes last"
        assert sorted(upward) == sorted(downward)
        numeric = all(re.fullmatch(r"-?[\d.]+", cell) for cell in present)
        if numeric:
            numbers = list(map(float, present))
            assert numbers == sorted(numbers)
        order = {cell: place for place, cell in enumerate(dict.fromkeys(present))}
        places = [order[cell] for cell in downward[: len(present)]]
        assert places == sorted(places, reverse=True), key


def test_recommendations_are_those_of_the_type(opened: Open, english: Path) -> None:
    page, data = opened(english).page, data_of(english)
    page.get_by_role("combobox", name="Show").select_option("recommendations")
    expected = [
        data["strategies"][k]["activity"] if k is not None else ""
        for k in data["customers"]["strategy"]
    ]
    assert column(page, "activity") == expected
    assert column(page, "reason")[:9] == data["customers"]["reason"][:9]


def test_a_long_list_is_shown_bit_by_bit(opened: Open, tmp_path: Path) -> None:
    page = opened(many(tmp_path, 250)).page
    expect(page.locator("#rows tr")).to_have_count(100)
    page.get_by_role("button", name="Show 100 more").click()
    expect(page.locator("#rows tr")).to_have_count(200)
    expect(page.locator("#rows button").nth(100)).to_be_focused()
    page.get_by_role("button", name="Show all 250").click()
    expect(page.locator("#rows tr")).to_have_count(250)
    expect(page.locator("#more")).to_be_hidden()


def many(folder: Path, count: int) -> Path:
    """A page with many customers, whose scores are all over the matrix."""
    rows = [
        [
            f"{i:04}",
            f"Customer {i:04}",
            "Customer",
            (i * 37) % 1000,
            (i % 101) / 100 - 0.5,
            "high",
            i % 12,
        ]
        for i in range(count)
    ]
    run = run_of([CUSTOMERS_HEADER, *rows], [CRITERIA_HEADER, *CRITERIA], [["Setting", "Value"]])
    return written(run, folder / "page.html")


# --- weights --------------------------------------------------------------------------------------


def test_sliders_move_scores_types_and_ranks(
    opened: Open, english_run: Run, tmp_path: Path
) -> None:
    run = english_run
    page = opened(written(run, tmp_path / "page.html")).page
    criteria = run.given.model.criteria
    moved = replace(
        run.given.model,
        criteria=tuple(
            replace(c, weight={criteria[0].name: 80, criteria[-1].name: 5}.get(c.name, c.weight))
            for c in criteria
        ),
        value_weight=20,
    )
    drag(page, criteria[0].name, 80)
    drag(page, criteria[-1].name, 5)
    drag(page, "Value", 20)
    effect = page.locator("#effect")
    after, before = analyse(run.given.customers, moved).customers, run.analysis.customers
    same = after.loc[before.index]
    types = int((same["quadrant"] != before["quadrant"]).sum())
    places = int((same["rank"].fillna(0) != before["rank"].fillna(0)).sum())
    assert types > 1
    expect(effect).to_have_text(
        f"With these weights {types} customers change their type, {places} their rank."
    )
    assert shown_ids(page) == after["customer_id"].tolist()
    ranks = [cell.split()[-1] for cell in column(page, "rank")]
    assert ranks == [DASH if math.isnan(rank) else f"{rank:.0f}" for rank in after["rank"]]
    shown_types = [cell.split("\n")[0].strip() for cell in column(page, "quadrant")]
    assert shown_types == [texts("en")(f"quadrants.{q}") for q in after["quadrant"]]
    got = page.evaluate("[...state.result.total]")
    expected = same["total_score"].tolist()
    assert got == pytest.approx(expected, abs=1e-9, nan_ok=True)
    page.get_by_role("checkbox", name=re.compile("^Type changes")).check()
    expect(page.locator("#rows tr")).to_have_count(types)


def test_reset_gives_back_the_original(opened: Open, english: Path) -> None:
    page, data = opened(english).page, data_of(english)
    reset = page.get_by_role("button", name="Original weights")
    expect(reset).to_be_disabled()
    before = page.locator("#rows").inner_text()
    drag(page, data["criteria"][0]["name"], 90)
    expect(reset).to_be_enabled()
    expect(page.locator("#stays")).to_be_visible()
    expect(page.locator("#effect")).to_contain_text("With these weights")
    assert page.locator("#rows").inner_text() != before
    page.get_by_role("checkbox", name=re.compile("^Type changes")).check()
    reset.click()
    expect(reset).to_be_disabled()
    expect(page.locator("#effect")).to_have_text("These are the original weights.")
    assert page.locator("#rows").inner_text() == before
    assert page.evaluate("state.result === GIVEN")


def test_sliders_move_by_keyboard(opened: Open, english: Path) -> None:
    page, criterion = opened(english).page, data_of(english)["criteria"][0]
    slider = page.get_by_role("slider", name=criterion["name"], exact=True)
    slider.focus()
    page.keyboard.press("ArrowRight")
    expect(slider).to_have_attribute(
        "aria-valuetext", re.compile(rf"^{criterion['weight'] + 1:g} \(")
    )
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("button", name="Original weights")).to_be_disabled()


def test_weights_that_cannot_be_computed_with_change_nothing(opened: Open, english: Path) -> None:
    page, data = opened(english).page, data_of(english)
    *others, last = [c["name"] for c in data["criteria"] if c["axis"] == "benefit"]
    for name in others:
        drag(page, name, 0)
    expect(page.locator("#effect")).to_contain_text("With these weights")
    before = page.evaluate("[...state.result.total]")
    drag(page, last, 0)
    expect(page.locator("#effect")).to_contain_text("one weight must be above 0")
    assert page.evaluate("[...state.result.total]") == pytest.approx(before, nan_ok=True)
    drag(page, last, 1)
    expect(page.locator("#effect")).to_contain_text("With these weights")


def test_weights_beyond_a_hundred_and_below_one_have_room(opened: Open, tmp_path: Path) -> None:
    criteria = [
        ["Criterion", "Axis", "Weight"],
        ["Large", "value", 3000],
        ["Small", "benefit", 0.03],
    ]
    rows = [["a", 1, 2], ["b", 2, 1]]
    run = run_of([["Customer ID", "Large", "Small"], *rows], criteria, [["Setting", "Value"]])
    page = opened(written(run, tmp_path / "page.html")).page
    expect(page.get_by_role("slider", name="Large")).to_have_attribute("max", "5000")
    expect(page.get_by_role("slider", name="Small")).to_have_attribute("max", "0.05")


def test_where_customers_are_left_out_ranks_are_of_the_whole_until_a_weight_moves(
    opened: Open, english_run: Run, tmp_path: Path
) -> None:
    run = english_run
    sharing = Sharing(only=Only("Status", "Prospect"))
    page = opened(written(run, tmp_path / "page.html", sharing)).page
    data = data_of(tmp_path / "page.html")
    assert column(page, "rank") == [str(rank) for rank in data["customers"]["rank"]]
    assert column(page, "rank") != [str(i + 1) for i in range(len(data["customers"]["rank"]))]
    expect(page.locator("#part")).to_be_visible()
    drag(page, "Value", 51)
    expect(page.locator("#effect")).to_contain_text("With these weights")
    ranks = [int(cell.split()[-1]) for cell in column(page, "rank")]
    assert max(ranks) <= len(data["customers"]["rank"])


def test_an_axis_with_a_hidden_criterion_has_no_sliders(
    opened: Open, english_run: Run, tmp_path: Path
) -> None:
    run = english_run
    hidden = run.given.model.criteria[0]
    page = opened(written(run, tmp_path / "page.html", Sharing(hide=(hidden.name,)))).page
    names = [c.name for c in run.given.model.criteria if c.axis is not hidden.axis]
    assert page.get_by_role("slider").count() == 2 + len(names)
    expect(page.get_by_text("A criterion of this axis is not shown")).to_be_visible()
    before = page.evaluate("[...state.result.scores.value]")
    drag(page, names[0], 99)
    expect(page.get_by_role("button", name="Original weights")).to_be_enabled()
    assert page.evaluate("[...state.result.scores.value]") == before


# --- movement -------------------------------------------------------------------------------------


def test_arrows_lead_from_then_to_now(opened: Open, english_run: Run, tmp_path: Path) -> None:
    path = with_moves(written(english_run, tmp_path / "page.html"))
    data = data_of(path)
    page = opened(path).page
    switch = page.get_by_role("checkbox", name="Moves since 2025-12-31")
    assert page.evaluate("matrix.arrows().length") == 0
    switch.check()
    scores = [data["customers"][axis] for axis in ("benefit", "value")]
    then = [data["movement"][axis] for axis in ("benefit", "value")]
    drawn = page.evaluate("matrix.arrows().map(({coords}) => coords)")
    assert drawn == [[[axis[i] for axis in then], [axis[i] for axis in scores]] for i in ARROWS]
    expect(page.locator("#since")).to_contain_text("The weight of turnover has changed.")
    expect(page.locator("#since")).to_contain_text("Left & Gone")
    drag(page, "Value", 80)
    expect(page.locator("#arrows-note")).to_contain_text("only fit the original weights")
    assert page.evaluate("matrix.arrows().length") == 0


def test_without_an_earlier_day_nothing_is_said_of_moves(opened: Open, english: Path) -> None:
    page = opened(english).page
    expect(page.locator("#arrows-switch")).to_be_hidden()
    expect(page.locator("#since")).to_be_hidden()


# --- everybody can use it -------------------------------------------------------------------------

CONTROLS = {
    "button",
    "checkbox",
    "combobox",
    "link",
    "searchbox",
    "slider",
    "textbox",
    "DisclosureTriangle",
}


def test_everything_that_can_be_used_has_a_name(opened: Open, sample_page: Path) -> None:
    page = opened(sample_page).page
    page.locator("#rows button").first.click()
    session = page.context.new_cdp_session(page)
    nodes = [n for n in session.send("Accessibility.getFullAXTree")["nodes"] if not n["ignored"]]
    named = [(n["role"]["value"], n.get("name", {}).get("value", "")) for n in nodes]
    used = [(role, name) for role, name in named if role in CONTROLS]
    assert len(used) > 80
    assert [role for role, name in used if not name.strip()] == []
    roles = {role for role, _ in named}
    assert {"banner", "main", "search", "table", "columnheader", "application", "status"} <= roles
    for role in ("region", "table", "application"):
        assert all(name for found, name in named if found == role), role
    assert all(page.locator("fieldset > legend").all_inner_texts())
    assert page.locator("fieldset").count() == page.locator("fieldset > legend").count()
    heads = [name for role, name in named if role == "columnheader"]
    assert heads == page.evaluate("VIEWS.ranking.map((key) => TEXTS.columns[key])")


def test_it_works_without_the_matrix(browser: Browser, english: Path) -> None:
    broken = "HTMLCanvasElement.prototype.getContext = () => null;"
    watched = Watched(browser, english, broken)
    page = watched.page
    expect(page.get_by_text("This browser cannot draw the matrix")).to_be_visible()
    chip(page, "Type", "Stars").check()
    drag(page, "Value", 80)
    expect(page.locator("#effect")).to_contain_text("With these weights")
    page.locator("#rows button").first.click()
    expect(page.locator("#chosen-card .name")).to_be_visible()
    watched.close()


#: The contrast of each text with what is behind it (WCAG 2.2, relative luminance).
_CONTRASTS = """() => {
  const parts = (colour) => (colour.match(/[\\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => {
    const linear = (c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4);
    return 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
  };
  const behind = (node) => {
    for (let n = node; n; n = n.parentElement) {
      const colour = parts(getComputedStyle(n).backgroundColor);
      if (colour.length === 3 || colour[3] > 0) return colour;
    }
    return [255, 255, 255];
  };
  const found = [];
  for (const node of document.querySelectorAll('#page *')) {
    const isText = [...node.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!(isText || node.matches('.shape')) || !node.checkVisibility()) continue;
    const [a, b] = [light(parts(getComputedStyle(node).color)), light(behind(node))].sort((x, y) => y - x);
    const least = node.matches('.shape') ? 3 : node.matches(':disabled') ? 0 : 4.5;
    const said = `${node.tagName}.${node.getAttribute('class')}: ${node.textContent.slice(0, 30)}`;
    found.push([(a + 0.05) / (b + 0.05), least, said]);
  }
  return found;
}"""
#: The same for the names of the areas on their shades, and texts of the matrix on the panel.
_AREAS = """() => {
  const style = getComputedStyle(document.documentElement);
  const rgb = (name) => {
    const hex = style.getPropertyValue(`--${name}`).trim().slice(1);
    const full = hex.length === 3 ? [...hex].map((c) => c + c).join('') : hex;
    return [0, 2, 4].map((i) => parseInt(full.slice(i, i + 2), 16));
  };
  const light = (c) => c.map((x) => (x / 255 <= 0.04045 ? x / 255 / 12.92 : ((x / 255 + 0.055) / 1.055) ** 2.4))
    .reduce((sum, x, i) => sum + x * [0.2126, 0.7152, 0.0722][i], 0);
  const pairs = QUADRANTS.slice(0, 4).flatMap((q) => [[q, `${q}-area`], ['ink', `${q}-area`], ['soft', `${q}-area`]]);
  return [...pairs, ['ink', 'panel'], ['soft', 'panel'], ['soft', 'ground'], ['soft', 'raised']].map(([one, other]) => {
    const [a, b] = [light(rgb(one)), light(rgb(other))].sort((x, y) => y - x);
    return [(a + 0.05) / (b + 0.05), `${one} on ${other}`];
  });
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_texts_stand_out_from_what_is_behind_them(
    opened: Open, english_run: Run, tmp_path: Path, scheme: str
) -> None:
    path = with_moves(written(english_run, tmp_path / "page.html"))
    page = opened(path, color_scheme=scheme, reduced_motion="reduce").page
    assert page.evaluate("document.documentElement.dataset.theme") == scheme
    page.locator("#rows button").first.click()
    chip(page, "Type", "Stars").check()
    drag(page, "Value", 80)
    page.mouse.move(*spot(page, 0))
    expect(page.locator("#tip")).to_be_visible()
    found = page.evaluate(_CONTRASTS)
    assert len(found) > 150
    assert [f"{ratio:.2f} {what}" for ratio, least, what in found if ratio < least] == []
    areas = page.evaluate(_AREAS)
    assert [f"{ratio:.2f} {what}" for ratio, what in areas if ratio < 4.5] == []


def test_the_theme_follows_the_system_or_the_choice(opened: Open, english: Path) -> None:
    page = opened(english, color_scheme="dark").page
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.get_by_label("Appearance").select_option("light")
    light = page.evaluate(ground)
    assert dark != light
    page.get_by_label("Appearance").select_option("system")
    assert page.evaluate(ground) == dark
    page.emulate_media(color_scheme="light")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert page.evaluate(ground) == light
    assert page.evaluate("matrix.colour('ink')") == "#1f2937"


def test_nothing_moves_by_itself_for_those_who_asked_for_that(opened: Open, english: Path) -> None:
    page = opened(english, reduced_motion="reduce").page
    durations = page.evaluate(
        "[...document.querySelectorAll('*')].map((n) => getComputedStyle(n).transitionDuration)"
    )
    assert set(durations) == {"0s"}
    assert page.evaluate("matrix.chart.getOption().animation") is False


def test_on_a_phone_nothing_is_wider_than_the_screen(opened: Open, sample_page: Path) -> None:
    page = opened(sample_page, **PHONE).page
    for details in ("#facets", "#weights"):
        page.locator(f"{details} > summary").click()
    page.locator("#rows button").first.click()
    for view in ("ranking", "recommendations"):
        page.locator("#view").select_option(view)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360
        assert page.evaluate("document.body.scrollWidth") <= 360
    targets = page.evaluate(
        """[...document.querySelectorAll('button, select, input:not(.chip input), .chip, summary')]
          .filter((node) => node.checkVisibility() && !node.closest('.switch'))
          .map((node) => [node.getBoundingClientRect(), node.outerHTML.slice(0, 60)])
          .filter(([box]) => box.height < 44 || box.width < 44)
          .map(([, html]) => html)"""
    )
    assert targets == []


def test_a_tap_near_a_point_chooses_it(opened: Open, english: Path) -> None:
    page, names = opened(english, **PHONE).page, data_of(english)["customers"]["name"]
    x, y = spot(page, 0)
    page.touchscreen.tap(x + 6, y)
    expect(page.locator("#chosen-card .name")).to_have_text(names[0])
    expect(page.locator("#tip")).to_be_hidden()


# --- on paper -------------------------------------------------------------------------------------


def test_on_paper_it_is_the_matrix_and_the_list(opened: Open, tmp_path: Path) -> None:
    require_libreoffice()  # whose tests need the same tool for looking into a PDF
    page = opened(many(tmp_path, 150), color_scheme="dark").page
    drag(page, "Value", 40)
    expect(page.locator("#effect")).to_contain_text("With these weights")
    chip(page, "Type", "Free riders").check()
    count = page.locator("#rows tr").count()
    assert count > 60
    page.pdf(path=tmp_path / "page.pdf", format="A4", print_background=False)
    shown = subprocess.run(
        ["pdftotext", "-layout", str(tmp_path / "page.pdf"), "-"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    pages = shown.rstrip("\f").split("\f")
    assert len(pages) > 1
    for each in pages:
        assert re.search(r"Rank +Customer ", each), "heads are repeated on each page"
    assert len(set(re.findall(r"Customer \d{4}", shown))) == count
    for said in (
        "Filter: Free riders",
        "Value 50 → 40",
        texts("en")("matrix.x_axis"),
        "Threshold",
    ):
        assert said in shown
    for control in ("Search by name", "Try other weights", "Appearance", "Show all"):
        assert control not in shown
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert (
        page.evaluate("getComputedStyle(document.querySelector('td')).color") == "rgb(31, 41, 55)"
    )
