"""The tables of docs/explanation/limits.md say what the code beside them asserts."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {
    "en": DOCS / "explanation" / "limits.md",
    "de": DOCS / "de" / "explanation" / "limits.md",
}
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_HEADING = re.compile(r"^#{2,} .*$", re.MULTILINE)
#: A score: a number of at most three digits with one decimal.
_SCORE = re.compile(r"(?<![\d.,])\d{1,3}[.,]\d(?![\d.,]*\d)")


def scores_told(language: str) -> list[set[str]]:
    """Those in the tables below each heading, as they are written in English."""
    sections = _HEADING.split(_BLOCK.sub("", PAGES[language].read_text("utf-8")))
    tables = ["\n".join(re.findall(r"^\|.*$", text, re.MULTILINE)) for text in sections]
    return [{found.replace(",", ".") for found in _SCORE.findall(table)} for table in tables]


def scores_asserted(language: str) -> list[set[str]]:
    """Those in the code below each heading."""
    text = PAGES[language].read_text("utf-8")
    code = [" ".join(_BLOCK.findall(section)) for section in _HEADING.split(text)]
    return [set(_SCORE.findall(section)) for section in code]


@pytest.mark.parametrize("language", PAGES)
def test_tables_say_what_is_asserted(language: str) -> None:
    told, asserted = scores_told(language), scores_asserted(language)
    assert sum(map(len, told)) > 20
    for in_tables, in_code in zip(told, asserted, strict=True):
        assert in_tables <= in_code


def test_both_languages_tell_the_same() -> None:
    assert scores_told("en") == scores_told("de")
    assert scores_asserted("en") == scores_asserted("de")
