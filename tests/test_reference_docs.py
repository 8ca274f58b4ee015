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
import reference_shapes  # noqa: E402 (as above)

languages = pytest.mark.parametrize("language", reference.FOLDERS)


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> reference.Sources:
    return reference.sources(tmp_path_factory.mktemp("reference"))


@languages
def test_the_pages_are_those_that_the_code_makes(sources: reference.Sources, language: str) -> None:
    made = reference.pages(language, sources)
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


def changed(say: reference.Texts, key: str, node: Any) -> None:
    """Put a text into the tree, or take it out of it."""
    *steps, last = key.split("/")
    at: Any = say.tree
    for step in steps:
        at = at[step]
    if node is None:
        del at[last]
    else:
        at[last] = node


@pytest.mark.parametrize(
    ("key", "node", "why"),
    [
        ("json/rescore/plan.types[].fitting", None, r"plan\.types\[\]\.fitting is not described"),
        ("json/share/copies[].colour", "red", r"colour was not found in any run"),
        ("columns/lever", None, "columns/lever"),
        ("columns/colour", "red", "unused.*columns/colour"),
        ("commands/explain", None, "explain"),
        ("functions/KP_RANK", None, "KP_RANK"),
        ("functions/KP_RANK/examples", ["=KP_RANK({1;2},3)"], "KP_RANK"),
        ("functions/KP_ABC/faults", ["=KP_ABC({1;2})"], "A"),
        ("names/kp_last_star", None, "kp_last_star"),
        ("settings/colour", "red", "unused.*settings/colour"),
    ],
)
def test_what_is_not_described_and_what_is_left_over_is_refused(
    sources: reference.Sources, monkeypatch: pytest.MonkeyPatch, key: str, node: Any, why: str
) -> None:
    made = reference.Texts.__init__

    def other(say: reference.Texts, language: str) -> None:
        made(say, language)
        changed(say, key, node)

    monkeypatch.setattr(reference.Texts, "__init__", other)
    with pytest.raises(Exception, match=why):
        reference.pages("en", sources)


@pytest.mark.parametrize(
    ("documents", "described", "found"),
    [
        ([{"a": 1}, {"a": None}], set(), {"a": ["number", "null"]}),
        ([{"a": []}], set(), {"a": []}),
        ([{"a": {"Turnover": "x"}}], {"a.*"}, {"a": ["object"], "a.*": ["text"]}),
    ],
)
def test_shapes(documents: list[Any], described: set[str], found: dict[str, list[str]]) -> None:
    assert reference_shapes.shape(documents, described) == found
