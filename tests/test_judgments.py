"""One cell of a pairwise comparison, in any language."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlportfolio.errors import Severity
from xlportfolio.locale import LANGUAGES
from xlportfolio.schema import CellError
from xlportfolio.schema.contract import Cell
from xlportfolio.schema.judgments import as_judgment


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("cell", "judgment"),
    [
        (3, 3),
        (2.5, 2.5),
        (Decimal("0.2"), 0.2),
        (1 / 9, 1 / 9),
        (0.11, 0.11),
        (1 / 0.11, 1 / 0.11),
        ("5", 5),
        (" 7 ", 7),
        ("1/7", 1 / 7),
        ("1 / 9", 1 / 9),
        ("3 etwas wichtiger", 3),
        ("1/5 deutlich weniger wichtig", 1 / 5),
        ("9 \u2013 weitaus wichtiger", 9),
        ("1 = gleich wichtig", 1),
        ("1/3: etwas weniger (wichtig)", 1 / 3),
        ("4 (between slightly and clearly)", 4),
        ("2\u00a0ein wenig", 2),
        ("0,33", 0.33),
        ("0.33", 0.33),
        ("0,5 halb so wichtig", 0.5),
        ("0.11", 0.11),
        (None, None),
        ("  ", None),
    ],
)
def test_a_judgment_is_a_number_a_fraction_or_begins_with_one(
    cell: Cell, judgment: float | None, language: str
) -> None:
    assert as_judgment(cell, language) == (judgment, None)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    ("cell", "key"),
    [
        ("etwas wichtiger", "judgment_unreadable"),
        ("wichtiger 3", "judgment_unreadable"),
        ("3 bis 5", "judgment_unreadable"),
        ("3-5", "judgment_unreadable"),
        ("3:1", "judgment_unreadable"),
        ("3 %", "judgment_unreadable"),
        ("1/", "judgment_unreadable"),
        ("1/0", "judgment_unreadable"),
        ("/3", "judgment_unreadable"),
        ("1/3/5", "judgment_unreadable"),
        ("½", "judgment_unreadable"),
        ("٣", "judgment_unreadable"),
        ("-3", "judgment_unreadable"),
        ("1.2.3", "judgment_unreadable"),
        (True, "judgment_unreadable"),
        (float("nan"), "judgment_unreadable"),
        (dt.time(3, 1), "judgment_unreadable"),
        (dt.date(2026, 3, 1), "judgment_date"),
        (dt.datetime(2026, 3, 1, tzinfo=dt.UTC), "judgment_date"),
        (CellError("#N/A"), "judgment_error_cell"),
        (0, "judgment_out_of_range"),
        (-3, "judgment_out_of_range"),
        (10, "judgment_out_of_range"),
        (0.1, "judgment_out_of_range"),
        ("1/10", "judgment_out_of_range"),
        ("12 viel wichtiger", "judgment_out_of_range"),
        ("1/" + "9" * 400, "judgment_out_of_range"),
        ("0", "judgment_out_of_range"),
    ],
)
def test_what_is_no_judgment_is_an_error_with_a_reason(cell: Cell, key: str, language: str) -> None:
    judgment, fault = as_judgment(cell, language)
    assert judgment is None
    assert fault is not None
    assert (fault.key, fault.severity) == (key, Severity.ERROR)
    assert fault.message("de") != fault.message("en")


@settings(deadline=None)
@given(st.text(alphabet="0123456789/., -:=(%abc\u00a0", max_size=12), st.sampled_from(LANGUAGES))
def test_a_text_is_a_judgment_of_the_scale_a_fault_or_blank(text: str, language: str) -> None:
    judgment, fault = as_judgment(text, language)
    assert (judgment is None) == (fault is not None or not text.strip())
    if judgment is not None:
        assert 0.1 < judgment < 9.1
