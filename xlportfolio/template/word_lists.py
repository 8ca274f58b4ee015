"""Which words are allowed in some cell of a new workbook: lists behind names, and a condition."""

from __future__ import annotations

from xlportfolio.scale import ScaleKind
from xlportfolio.schema import SETTINGS
from xlportfolio.schema.words import (
    ANSWERS,
    AXES,
    FILL_RULES,
    OBJECTIVES,
    QUADRANTS,
    ROLES,
    SCALES,
    SPOKEN,
    STATUSES,
    THRESHOLD_RULES,
)

#: Characters of a text in a formula.
_LONGEST_TEXT = 255


def names_of_words() -> dict[str, str]:
    """The names behind which the words stand that are allowed in some cell, in all languages.

    A rule is too short for them, and what stands in one pair of quotes is at most as long.
    """
    levels = [kind for kind in ScaleKind if kind is not ScaleKind.LINEAR]
    words = {
        "settings": SETTINGS,
        "languages": SPOKEN.spellings,
        "thresholds": THRESHOLD_RULES.spellings,
        "axes": AXES.spellings,
        "objectives": OBJECTIVES.spellings,
        "scales": SCALES.spellings,
        "levels": SCALES.spelled(*levels),
        "categories": SCALES.spelled(ScaleKind.CATEGORIES),
        "fills": FILL_RULES.spellings,
        "answers": ANSWERS.spellings,
        "roles": ROLES.spellings,
        "statuses": STATUSES.spellings,
        "quadrants": QUADRANTS.spellings,
    }
    lists = {kind: f"|{'|'.join(of)}|" for kind, of in words.items()}
    parts = {
        kind: [of[i : i + _LONGEST_TEXT] for i in range(0, len(of), _LONGEST_TEXT)]
        for kind, of in lists.items()
    }
    return {f"kp_words_{kind}": "&".join(f'"{p}"' for p in of) for kind, of in parts.items()}


def is_one_of(text: str, kind: str) -> str:
    """A condition; Excel allows no array constant in a rule for colours or entries."""
    return f'ISNUMBER(SEARCH("|"&{text}&"|",kp_words_{kind}))'
