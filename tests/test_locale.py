"""All languages say the same things, and the code asks for nothing that they do not say."""

from __future__ import annotations

import ast
import datetime as dt
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import xlportfolio
from xlportfolio.locale import LANGUAGES, Phrase, language_of_system, names, spoken, terms, texts
from xlportfolio.locale.languages import source
from xlportfolio.model import name_key
from xlportfolio.schema import contract, words
from xlportfolio.schema.cells import as_date, as_number
from xlportfolio.schema.numerals import read_number
from xlportfolio.schema.weights import WEIGHTS_TABLE
from xlportfolio.sources.synonyms import plain

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
    ("variable", "expected"),
    [("de_DE.UTF-8", "de"), ("en_US.UTF-8", "en"), ("fr_FR.UTF-8", "fr"), ("it_IT", "en")],
)
def test_the_language_of_the_system_is_followed(
    variable: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LC_ALL", variable)
    assert language_of_system() == expected


# --- what belongs to a language stands in its file ----------------------------------------------

#: All tables that are found by the languages' names.
TABLES_NAMED = (*contract.TABLES, contract.ORDERS, *contract.KEPT_TABLES, WEIGHTS_TABLE)
#: The kinds of words that cells are read by, with the branch of the texts that writes them.
READ: dict[str, tuple[words.Words[Any], str]] = {
    "axes": (words.AXES, "axes"),
    "scales": (words.SCALES, "scales"),
    "statuses": (words.STATUSES, "statuses"),
    "quadrants": (words.KEPT_QUADRANTS, "quadrants"),
    "quadrants in the plural": (words.KEPT_QUADRANTS, "quadrants_plural"),
    "roles": (words.ROLES, "roles"),
    "fills": (words.FILL_RULES, "fills"),
}
#: Modules that may name a language: the one that says which is the fallback.
EXCEPTIONS = {("locale/languages.py", "en")}


def claims(named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, set[str]]:
    """Name, as it is compared -> all that it is said to mean."""
    found: dict[str, set[str]] = {}
    for meaning, spelled in named:
        for one in spelled:
            found.setdefault(name_key(one), set()).add(meaning)
    return found


def rivals(named: Iterable[tuple[str, Iterable[str]]]) -> dict[str, set[str]]:
    return {name: meant for name, meant in claims(named).items() if len(meant) > 1}


def test_no_two_languages_claim_a_sheet_for_different_tables() -> None:
    assert rivals((table.name, table.sheets) for table in TABLES_NAMED) == {}


@pytest.mark.parametrize("table", TABLES_NAMED, ids=lambda table: table.name)
def test_no_two_languages_claim_a_header_for_different_columns(table: contract.Table) -> None:
    assert rivals((c.key, (c.key, *c.headers)) for c in table.all_columns) == {}


@pytest.mark.parametrize("kind", sorted(terms("en").words))
def test_no_two_languages_claim_a_word_for_different_things(kind: str) -> None:
    spelled = [
        (key, (key, *spellings))
        for language in LANGUAGES
        for key, spellings in terms(language).words[kind].items()
    ]
    assert rivals(spelled) == {}


def test_no_two_languages_claim_a_name() -> None:
    assert rivals((code, (code, *names(code))) for code in LANGUAGES) == {}


def test_a_claim_for_two_things_is_seen() -> None:
    assert rivals([("low", ["Bas"]), ("high", ["haut", "BAS "])]) == {"bas": {"low", "high"}}


@pytest.mark.parametrize("table", ["tblOrders", "tblCustomers"])
def test_no_two_languages_claim_a_header_elsewhere_for_different_columns(table: str) -> None:
    branches = [texts(language).branch(f"elsewhere.{table}") for language in LANGUAGES]
    for grade in range(2):
        spelled = [
            (key, [plain(name) for name in both[grade].split(",") if name.strip()])
            for branch in branches
            for key, both in branch.items()
        ]
        assert rivals(spelled) == {}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", READ)
def test_what_a_language_writes_into_cells_is_read(kind: str, language: str) -> None:
    known, branch = READ[kind]
    for key, text in texts(language).branch(branch).items():
        assert known.get(text) == key
    assert words.ANSWERS.get(texts(language)("words.yes")) is words.Answer.YES
    assert words.ANSWERS.get(texts(language)("words.no")) is words.Answer.NO


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_a_language_writes_of_numbers_and_days_is_read(language: str) -> None:
    words_of = texts(language)
    assert read_number(words_of.number(1234567.25, 2), language) == (1234567.25, None, False)
    assert read_number(words_of.general(0.5), language) == (0.5, None, False)
    assert as_date(words_of.date(dt.date(2026, 4, 3)), language) == dt.date(2026, 4, 3)


def test_a_day_that_may_be_another_is_read_in_its_language_alone() -> None:
    assert as_date("03/04/2026", "fr") == dt.date(2026, 4, 3)
    assert [as_date("03/04/2026", language) for language in (None, "en", "de")] == [None] * 3
    assert as_date("31.01.2026", "fr") == as_date("2026-01-31", "fr") == dt.date(2026, 1, 31)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("1 234,56 €", (1234.56, None, False)),
        ("1\u00a0234\u00a0567,5", (1234567.5, None, False)),
        ("1\u202f234", (1234.0, None, False)),
        ("12,5 %", (0.125, None, False)),
        ("12.5", (12.5, None, True)),
        ("1.234", (1.234, 1234.0, True)),  # no French number: two languages know it, differently
    ],
)
def test_numbers_typed_as_the_french_do_are_read(
    text: str, reading: tuple[float, float | None, bool]
) -> None:
    assert read_number(text, "fr") == reading


def test_what_fits_other_languages_differently_is_noted_with_both_readings() -> None:
    number = as_number("1.234", "fr")
    assert number.fault is not None
    assert number.fault.key == "number_ambiguous"
    assert number.fault.details == {"number": 1.234, "other": 1234.0}


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_all_languages_are_known_by_stands_at_the_head_of_the_file(language: str) -> None:
    first = re.findall(r"^\[([a-z]+)", source(language), re.MULTILINE)
    heads = {"language", "contract"}
    assert set(first[: sum(name in heads for name in first)]) == heads
    whole = texts(language)
    assert whole.branch("language")["name"] == spoken(language).name
    assert whole.branch("contract.sheets") == terms(language).sheets


def constants(tree: ast.AST) -> Iterator[ast.Constant]:
    """The constants of a module but for docstrings and the defaults of parameters and fields."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.AnnAssign) and isinstance(node.value, ast.Constant):
            continue
        if isinstance(node, ast.arguments):
            continue
        if isinstance(node, ast.Constant):
            yield node
        yield from constants(node)


def languages_named(path: Path) -> set[str]:
    found = constants(ast.parse(path.read_text(encoding="utf-8")))
    return {str(node.value) for node in found if node.value in LANGUAGES}


def test_no_module_names_a_language() -> None:
    named = {
        (path.relative_to(SOURCE).as_posix(), language)
        for path in SOURCE.rglob("*.py")
        for language in languages_named(path)
    }
    assert named == EXCEPTIONS


def test_a_module_that_names_a_language_is_seen(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text('"""de"""\nx = {"fr": 1}\ndef f(of="en"):\n    return of == "de"\n')
    assert languages_named(module) == {"fr", "de"}
