"""The pages of docs/reference say what the code says."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

DOCS = Path(__file__).parents[1] / "docs"
sys.path.insert(0, str(DOCS))  # programs beside the pages that they make

import reference  # noqa: E402 (the path is known now)
import reference_json  # noqa: E402 (as above)
import reference_spoken  # noqa: E402 (as above)
import reference_words  # noqa: E402 (as above)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> reference.Sources:
    return reference.sources(tmp_path_factory.mktemp("reference"))


@pytest.fixture(scope="module", params=reference.FOLDERS)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def told(sources: reference.Sources, language: str) -> Any:
    return reference.told_in(reference_words.Texts(language), sources.tables[language])


def test_the_pages_are_those_that_the_code_makes(
    sources: reference.Sources, told: Any, language: str
) -> None:
    made = reference.pages(reference_words.Texts(language), told, sources)
    folder = reference.FOLDERS[language]
    assert sorted(made) == sorted(page.stem for page in folder.glob("*.md"))
    old = [n for n, text in made.items() if (folder / f"{n}.md").read_text("utf-8") != text]
    assert old == [], "the code says something else by now: run “make reference”, and look at it"


def keys(tree: dict[str, Any], above: str = "") -> Iterator[str]:
    for key, node in tree.items():
        yield f"{above}{key}"
        if isinstance(node, dict):
            yield from keys(node, f"{above}{key}/")


def test_the_texts_are_the_same_in_each_language() -> None:
    trees = {
        language: tomllib.loads((DOCS / f"reference_texts.{language}.toml").read_text("utf-8"))
        for language in reference.FOLDERS
    }
    first, *others = ([*keys(tree)] for tree in trees.values())
    for other in others:
        assert other == first


@pytest.mark.parametrize(
    ("key", "node", "why"),
    [
        ("json/rescore/plan.types[].fitting", None, r"plan\.types\[\]\.fitting is not described"),
        ("json/share/copies[].colour", "red", r"colour was not found in any run"),
        ("columns/lever", None, "columns/lever"),
        ("columns/colour", "red", "unused.*columns/colour"),
        ("commands/explain", None, "commands.*explain"),
        ("functions/KP_RANK", None, "functions.*KP_RANK"),
        ("functions/KP_ABC/examples", ["=KP_ABC({10;80;10},95,80)"], "#KP!"),
        ("functions/KP_ABC/faults", ["=KP_ABC({50;5;30;15})"], "A"),
        ("names/kp_last_star", None, "names.*kp_last_star"),
        ("settings/colour", "red", "unused.*settings/colour"),
    ],
)
def test_what_is_not_described_and_what_is_left_over_is_refused(
    sources: reference.Sources, told: Any, language: str, key: str, node: Any, why: str
) -> None:
    say = reference_words.Texts(language)
    *steps, last = key.split("/")
    at: Any = say.tree
    for step in steps:
        at = at[step]
    if node is None:
        del at[last]
    else:
        at[last] = node
    with pytest.raises((KeyError, ValueError), match=why):
        reference.pages(say, told, sources)


def test_a_formula_that_is_none_is_refused() -> None:
    for formula in ("=KP_RANK({1;2},3)", "KP_RANK(1)", "=SUM(1)", "=KP_RANK(tblNone[#All])"):
        with pytest.raises((KeyError, ValueError)):
            reference_spoken.answer(formula, {})


def test_what_stops_a_command_is_told_in_the_object_that_the_page_names(
    sources: reference.Sources,
) -> None:
    stopped = {command: printed[-1] for command, printed in sources.documents.items()}
    del stopped["import"]  # a wrong weight is no concern of it
    for told in stopped.values():
        assert "error" in {problem["severity"] for problem in told["problems"]}
    for command in ("explain", "weights", "check"):
        assert stopped[command].keys() == stopped["rescore"].keys()


@pytest.mark.parametrize(
    ("documents", "described", "found"),
    [
        ([{"a": 1}, {"a": None}], set(), {"a": ["number", "null"]}),
        ([{"a": []}], set(), {"a": []}),
        ([{"a": {"Turnover": "x"}}], {"a.*"}, {"a": ["object"], "a.*": ["text"]}),
    ],
)
def test_shapes(documents: list[Any], described: set[str], found: dict[str, list[str]]) -> None:
    assert reference_json.shape(documents, described) == found
