"""All languages say the same things, and the code asks for nothing that they do not say."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import xlportfolio
from xlportfolio.locale import LANGUAGES, Phrase, language_of_system, texts

SOURCE = Path(xlportfolio.__file__).parent


def leaves(branch: dict[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in branch.items():
        path = f"{above}.{key}" if above else key
        if isinstance(value, dict):
            yield from leaves(value, path)
        else:
            yield path, str(value)


def all_texts(language: str) -> dict[str, str]:
    """The texts of a language by their keys; whichever other languages it has a name for."""
    found = dict(leaves(texts(language)._tree))  # noqa: SLF001
    return {key: text for key, text in found.items() if not key.startswith("language.calls.")}


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_have_the_same_texts(language: str) -> None:
    assert set(all_texts(language)) == set(all_texts("en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_languages_fill_in_the_same_details(language: str) -> None:
    english, own = all_texts("en"), all_texts(language)
    different = {key for key in english if placeholders(own[key]) != placeholders(english[key])}
    assert different == set()


def fault_keys() -> set[str]:
    """The keys of faults and errors in the code, as far as they stand there as such."""
    keys = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = {"Fault", "WorkbookError", "XlPortfolioError", "argument_fault"}
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name | ast.Attribute):
                name = node.func.id if isinstance(node.func, ast.Name) else node.func.attr
                if name in names and node.args and isinstance(node.args[0], ast.Constant):
                    keys.add(str(node.args[0].value))
    return keys


def test_every_fault_has_a_sentence() -> None:
    assert fault_keys() - set(texts("en").branch("problems")) == set()


def test_no_sentence_is_left_over() -> None:
    code = "\n".join(path.read_text(encoding="utf-8") for path in SOURCE.rglob("*.py"))
    made_up = re.compile(r"^(unknown_|no_criterion_|weights_all_zero_)")
    unused = {
        key
        for key in texts("en").branch("problems")
        if f'"{key}"' not in code and not made_up.match(key)
    }
    assert unused == set()


def test_every_sentence_of_a_problem_is_one_sentence() -> None:
    for language in LANGUAGES:
        for key, text in texts(language).branch("problems").items():
            assert text.endswith("."), (language, key)
            inside = re.sub(r"\.xls[xmb]?|\.bak|\d\.\d|\(\*|[*.]xlsx", "", text[:-1])
            assert not re.search(r"\.\s", inside), (language, key)


@pytest.mark.parametrize(
    ("value", "english", "german"),
    [
        (1234.5, "1234.5", "1234,5"),
        (3.0, "3", "3"),
        (True, "yes", "ja"),
        (dt.date(2026, 1, 31), "2026-01-31", "31.01.2026"),
        (["a", 1.5], "a, 1.5", "a, 1,5"),
        (Phrase("axes.value", {}), "Value", "Wert"),
    ],
)
def test_values_are_put_into_words(value: object, english: str, german: str) -> None:
    assert texts("en").word(value) == english
    assert texts("de").word(value) == german


@pytest.mark.parametrize(
    ("variable", "expected"), [("de_DE.UTF-8", "de"), ("en_US.UTF-8", "en"), ("fr_FR", "en")]
)
def test_the_language_of_the_system_is_followed(
    variable: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", variable)
    assert language_of_system() == expected
