"""What the documentation points at is there."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import xlportfolio

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "fuzz" / "README.md"])
pages = pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


DOCS = ROOT / "docs"
#: For those who change the program; English alone.
FOR_DEVELOPERS = {"development.md", "mutation.md", "release-checklist.md"}


def in_english(page: Path) -> Path:
    """What a page of the documentation is called there in English, below docs/."""
    name = page.relative_to(DOCS)
    return name.relative_to("de") if name.parts[0] == "de" else name


FOR_USERS = sorted(
    {in_english(page) for page in DOCS.rglob("*.md")} - set(map(Path, FOR_DEVELOPERS))
)


def shape(page: Path) -> dict[str, list[str]]:
    """What two pages in two languages have in common if they say the same."""
    text = page.read_text("utf-8")
    prose = re.sub(r"^( *)```.*?^\1```", "", text, flags=re.MULTILINE | re.DOTALL)
    return {
        "headings": re.findall(r"^#+(?= )", prose, re.MULTILINE),
        "blocks": re.findall(r"^ *```(\w+)", text, re.MULTILINE),
        "pictures": [Path(target).name for target in re.findall(r"!\[[^\]]*\]\((.+?)\)", prose)],
    }


def anchors(page: Path) -> set[str]:
    """What a heading is called in an address, as code hosts make it."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def links(page: Path) -> Iterator[tuple[Path, str]]:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text("utf-8")):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


@pages
def test_links_lead_somewhere(page: Path) -> None:
    dead = [
        (path.name, anchor)
        for path, anchor in links(page)
        if not path.exists() or (anchor and anchor not in anchors(path))
    ]
    assert dead == []


@pages
def test_files_that_are_named_are_there(page: Path) -> None:
    package = Path(xlportfolio.__file__).parent
    folders = (ROOT, package.parent, package, *package.glob("*/"), ROOT / "tests")
    named = re.findall(r"`((?:[\w.]+/)*\w+\.py)`", page.read_text("utf-8"))
    named = [name for name in named if name != "main.py"]  # what xlwings Lite calls its module
    assert [n for n in named if not any((folder / n).is_file() for folder in folders)] == []


def test_each_promise_about_security_names_its_tests() -> None:
    text = (ROOT / "docs" / "security.md").read_text("utf-8")
    table = text.split("## What is promised")[1].split("## ")[0]
    promises = [line for line in table.splitlines() if line.startswith("| ")][1:]
    assert len(promises) >= 10
    assert [line for line in promises if not re.search(r"`test_\w+\.py`", line)] == []


@pytest.mark.parametrize("name", FOR_USERS, ids=str)
def test_a_page_for_users_has_the_same_parts_in_german(name: Path) -> None:
    assert shape(DOCS / "de" / name) == shape(DOCS / name)


def test_a_page_is_called_as_in_the_table_of_contents() -> None:
    entries = re.findall(
        r"^ +- (.+): (\S+\.md)$", (ROOT / "mkdocs.yml").read_text("utf-8"), re.MULTILINE
    )
    assert len(entries) > len(FOR_USERS)
    headings = {name: (DOCS / name).read_text("utf-8").split("\n")[0] for _, name in entries}
    assert [
        (title, headings[name])
        for title, name in entries
        if not re.match(rf"# {re.escape(title)}(?:$|[:,] )", headings[name])
    ] == []


def pictures_on(page: Path) -> dict[Path, str]:
    """The pictures that a page shows, with the text for whoever does not see them."""
    found = re.findall(r"!\[([^]]*)\]\(([^)\s]+\.png)\)", page.read_text("utf-8"))
    return {(page.parent / name).resolve(): text for text, name in found}


def test_every_picture_is_made_by_the_program_and_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    for library in ("PIL", "playwright"):
        pytest.importorskip(library)
    monkeypatch.syspath_prepend(ROOT / "docs")
    made = importlib.import_module("pictures").made()
    shown = {picture for page in PAGES for picture in pictures_on(page)}
    there = set(ROOT.glob("docs/**/*.png"))
    assert {picture.relative_to(ROOT) for picture in shown ^ made} == set()
    assert {picture.relative_to(ROOT) for picture in there ^ made} == set()
    assert [picture.name for picture in there if picture.stat().st_size > 200_000] == []


@pages
def test_whoever_does_not_see_pictures_is_told_what_they_show(page: Path) -> None:
    assert [picture for picture, text in pictures_on(page).items() if len(text) < 10] == []


@pytest.mark.parametrize(
    "page",
    [
        page
        for page in ROOT.glob("docs/de/**/*.md")
        if page.read_text("utf-8").count("\n") > 1  # not begun before
    ],
    ids=lambda path: str(path.relative_to(ROOT)),
)
def test_a_page_leads_to_the_one_in_the_other_language_and_back(page: Path) -> None:
    english = ROOT / "docs" / page.relative_to(ROOT / "docs" / "de")
    for here, there in ((page, english), (english, page)):
        first = here.read_text("utf-8").split("\n")[2]
        found = re.fullmatch(r"\*\[(?:Auf Deutsch|In English)\]\((.+)\)\*", first)
        assert found, f"{here.relative_to(ROOT)} does not begin with its other language"
        assert (here.parent / found[1]).resolve() == there
