"""The words allowed in cells, read in any language; its file says how each may be written."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import Generic, Self, TypeVar

from xlportfolio.locale.languages import LANGUAGES, names, terms
from xlportfolio.model import (
    Axis,
    Objective,
    Quadrant,
    Role,
    Status,
    ThresholdRule,
    name_key,
)
from xlportfolio.scale import ScaleKind

Word = TypeVar("Word", bound=str)


class Words(Generic[Word]):
    """A closed set of words in all languages, read without regard to case and outer blanks."""

    def __init__(self, words: Mapping[Word, Iterable[str]]) -> None:
        self._of = {
            name_key(spelled): word
            for word, others in words.items()
            for spelled in (str(word), *others)
        }

    @classmethod
    def of(cls, kind: str, words: Iterable[Word]) -> Self:
        """Words as each language writes them under ``[contract.words]``."""
        spelled = {
            word: [one for code in LANGUAGES for one in terms(code).words[kind][word]]
            for word in words
        }
        return cls(spelled)

    @property
    def spellings(self) -> tuple[str, ...]:
        """All ways to write these words, in lower case."""
        return tuple(self._of)

    def spelled(self, *words: Word) -> tuple[str, ...]:
        """All ways to write some of these words."""
        return tuple(spelling for spelling, word in self._of.items() if word in words)

    def get(self, text: str) -> Word | None:
        """The word meant, ``None`` for a stranger."""
        return self._of.get(name_key(text))


class Answer(StrEnum):
    """The words for a question."""

    YES = "yes"
    NO = "no"


class FillRule(StrEnum):
    """The words for what a missing measure is worth."""

    SKIP = "skip"
    WORST = "worst"
    NEUTRAL = "neutral"


AXES = Words.of("axes", Axis)
OBJECTIVES = Words.of("objectives", Objective)
SCALES = Words.of("scales", ScaleKind)
STATUSES = Words.of("statuses", Status)
QUADRANTS = Words.of("quadrants", [one for one in Quadrant if one is not Quadrant.NOT_RATED])
#: What customers were on earlier days.
KEPT_QUADRANTS = Words.of("quadrants", Quadrant)
ROLES = Words.of("roles", Role)
ANSWERS = Words.of("answers", Answer)
THRESHOLD_RULES = Words.of("threshold_rules", ThresholdRule)
FILL_RULES = Words.of("fills", FillRule)
#: The languages, by their codes.
SPOKEN = Words({code: names(code) for code in LANGUAGES})
