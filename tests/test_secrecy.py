"""Texts and numbers that must not be seen are found wherever they stand, and nothing else is."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from xlportfolio.secrecy import Secrets

WORDS = (
    "Anna",
    "Bert",
    "cord",
    "Nord",
    "Müller",
    "STRASSE",
    "Straße",
    "AG",
    "&",
    "X-1",
    "2026",
    "10113",
)
BLANKS = (" ", "  ", "\u00a0", "_", "\n", "\u2009")

words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=4)
names = words.map(" ".join)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Words in any case with blanks of any kind."""
    chosen = draw(st.lists(st.sampled_from(WORDS), max_size=8))
    case = st.sampled_from([str.upper, str.lower, str.title, str])
    blank = st.sampled_from(BLANKS)
    return "".join(draw(case)(word) + draw(blank) for word in chosen)


def plain(text: str) -> str:
    return re.sub(r"[\s_]+", " ", unicodedata.normalize("NFC", text).casefold()).strip()


def places(name: str, text: str) -> list[tuple[int, int]]:
    """Where a naive search finds a name as whole words."""
    found = re.finditer(rf"(?=(?<!\w){re.escape(plain(name))}(?!\w))", plain(text))
    return [(m.start(), m.start() + len(plain(name))) for m in found]


def exposed(name: str, text: str, allowed: list[str]) -> bool:
    """Whether a name is found that is not inside a longer one that may be seen."""
    spans = [span for other in allowed for span in places(other, text)]
    return any(
        not any(start <= begin and end <= stop for start, stop in spans)
        for begin, end in places(name, text)
    )


def is_looked_for(name: str) -> bool:
    return len(name) > 3 and name != "2026" and any(c.isalnum() for c in name)


@given(
    st.lists(names, max_size=5), st.lists(names, max_size=4), st.lists(names, max_size=4), texts()
)
def test_no_secret_is_found_in_what_is_told(
    gone: list[str], renamed: list[str], allowed: list[str], text: str
) -> None:
    aliases = {name: f"Kunde {i}" for i, name in enumerate(renamed, 1)}
    told = Secrets(gone, aliases, allowed).told(text)
    assume(told is not None)
    assert told is not None
    may = [*allowed, *aliases.values()]
    for name in filter(is_looked_for, (*gone, *renamed)):
        assert not exposed(name, told, may)
    for name in (*gone, *renamed):
        assert plain(told) != plain(name) or plain(name) in map(plain, may)


@given(st.lists(names, max_size=5), st.lists(names, max_size=4), texts())
def test_a_text_without_secrets_comes_back_as_it_is(
    gone: list[str], allowed: list[str], text: str
) -> None:
    found = any(exposed(name, text, allowed) for name in gone)
    secrets = Secrets(gone, {}, allowed)
    if not found:
        assert secrets.told(text) is text
    elif any(is_looked_for(name) and exposed(name, text, allowed) for name in gone):
        assert secrets.told(text) is None


@given(st.lists(names, max_size=4), texts())
def test_what_is_told_stays_as_it_is(renamed: list[str], text: str) -> None:
    secrets = Secrets(aliases={name: f"Kunde {i}" for i, name in enumerate(renamed, 1)})
    told = secrets.told(text)
    if told is not None:
        assert secrets.told(told) is told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("Müller", "Kunde 1"),
        ("mÜLLER\u00a0 ag ruft an", "Kunde 2 ruft an"),
        ("Umsatz_Müller_AG", "Umsatz_Kunde 2"),
        ("Mu\u0308ller", "Kunde 1"),
        ("Mül\u00adler", "Kunde 1"),
        ("(Müller)", "(Kunde 1)"),
        ("Müllers", "Müllers"),
        ("Müller & Söhne", None),
        ("Müller&Söhne GmbH", None),
        ("Bäcker Müller", "Bäcker Müller"),
        ("Bäcker Müller AG", "Bäcker Kunde 2"),
        ("IT", None),
        ("IT und Müller", "IT und Kunde 1"),
        ("Kunde", None),
        ("Kunde seit 2020", "Kunde seit 2020"),
        ("", ""),
    ],
)
def test_names(text: str, told: str | None) -> None:
    secrets = Secrets(
        ["Müller & Söhne", "IT", "Kunde"],
        {"Müller": "Kunde 1", "Müller AG": "Kunde 2"},
        ["Bäcker Müller"],
    )
    assert secrets.told(text) == told


@pytest.mark.parametrize(
    "text",
    [
        "1234.56",
        "1.234,56 €",
        "EUR 1,234.56",
        "Umsatz 1234,56, geschätzt",
        "rund 1.235",
        "1 234,6",
        "-1234.56",
        "23,46 %",
        "(23.456%)",
        "Nr. 10113",
        "Nr.10113/2",
        "7 10113 8",
    ],
)
def test_numbers_in_texts_of_both_languages(text: str) -> None:
    secrets = Secrets(numbers=[1234.56, 0.23456, 10113.0])
    assert secrets.told(text) is None


@pytest.mark.parametrize(
    "text",
    ["2026", "1.000", "50.000 €", "0,25", "12.5", "101130", "A10113", "31.12.2026", "1234.5678"],
)
def test_other_numbers_stay(text: str) -> None:
    secrets = Secrets(numbers=[1234.56, 10113.0, 2026.0, 1000.0, 50000.0, 0.25, 12.5, float("nan")])
    assert secrets.told(text) is text


def test_numbers_are_known_as_rounded_and_whatever_their_sign() -> None:
    secrets = Secrets(numbers=[-1234.5678], allowed_numbers=[1234.57])
    assert [secrets.is_secret(x) for x in (1234.5678, -1234.5678, 1234.6, 1235, 1234.57, 1200)] == [
        True, True, True, True, False, False,
    ]  # fmt: skip


def test_a_number_inside_a_name_that_may_be_seen_is_none() -> None:
    secrets = Secrets(["Alpha"], {"Beta GmbH": "Kunde 1234"}, ["Hotel 4711"], [1234.0, 4711.0])
    assert secrets.told("Hotel 4711") == "Hotel 4711"
    assert secrets.told("Beta GmbH") == "Kunde 1234"
    assert secrets.told("Kunde 1234") == "Kunde 1234"
    assert secrets.told("4711") is None


def test_a_customers_number_has_its_alias_although_it_is_a_secret_number() -> None:
    secrets = Secrets(aliases={"10113": "K001"}, numbers=[10113.0])
    assert secrets.told("Nr. 10113") == "Nr. K001"
    assert secrets.is_secret(10113.0)


def test_there_may_be_none() -> None:
    nothing = Secrets(allowed=["Alpha"])
    assert not nothing
    assert nothing.told("Alpha") == "Alpha"
    assert not nothing.is_secret(1234.5)
    assert Secrets(["Alpha"])
    assert Secrets(numbers=[1234.0])
    assert not Secrets(numbers=[1000.0])


def test_a_placeholder_is_not_taken_and_fits_a_sheet() -> None:
    secrets = Secrets(["Nord AG"], {"Süd": "Kunde: 1/2 " + "x" * 40})
    assert secrets.placeholder("Nord AG", {"_1", "_2"}) == "_3"
    first = secrets.placeholder("Süd", set())
    second = secrets.placeholder("Süd", {first.upper()})
    assert first != second
    assert max(len(first), len(second)) <= 31
    assert not set("[]:*?/\\") & set(first + second)
