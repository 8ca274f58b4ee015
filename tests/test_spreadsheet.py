"""A new workbook at work in LibreOffice: formulas and the button reach Python through its macros.

Only the way from KpBridge to Python is swapped, see ``support/spreadsheet.py``: the wrappers, the
ribbon's callbacks, xlwings' ``call_udf`` and what Python does with either are the real ones.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from itertools import accumulate
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support import lo_session, spreadsheet
from support.template import TABLES as INPUT_TABLES
from support.template import block_of, made

from xlportfolio.locale import Texts, texts
from xlportfolio.model import RATED_QUADRANTS, Quadrant
from xlportfolio.report import ORDER, TABLES
from xlportfolio.template.macros import udfs
from xlportfolio.template.sample import CRITERIA as CRITERIA_OF_SAMPLE
from xlportfolio.template.sample import criterion_texts

Rows = list[list[Any]]
Record = dict[str, Any]
#: Customers by id, in the order of their ranks, as the command line prints them.
Customers = dict[str, Record]

#: What turnover weighs in the sample, the criteria of value together, and what it is changed to.
WEIGHT, WEIGHTS, NEW_WEIGHT = 25, 100, 60
#: The turnover that is typed into What-if, and the one that is worth 100.
TYPED, FULL = 99_000, 400_000
#: The customer in the first row, and the one that a new workbook shows on What-if.
FIRST, CHOSEN = "10001", "10078"
#: What comes over the bridge when there is nothing to do.
QUIET: Record = {"calls": [], "lines": [], "messages": [], "failures": [], "alerts": []}
#: What is typed into a sheet of its own: an error and a blank cell, weights, half a comparison, and
#: two days of a history.
COLUMNS = {
    "A": ["3", "=1/0", "", "5"],
    "B": ["4", "2", "1", "4"],
    "C": ["1", ""],
    "D": ["3", "1"],
    "X": ["Date", "46022", "46112"],
    "Y": ["Customer ID", "7", "7"],
    "Z": ["Rank", "3", "2"],
}
#: The first two columns, as they have to reach a function.
GAPPY, WHOLE = [[3.0], [None], [None], [5.0]], [[4.0], [2.0], [1.0], [4.0]]
#: How often the workbook's own formulas and those of this module call each function.
FORMULAS = Counter(
    dict.fromkeys(udfs(), 1)
    | {"KP_SCORE": 4 + 2, "KP_QUADRANT": 2 + 2, "KP_EXPLAIN": 2 + 1, "KP_SCORECARD": 1 + 1}
    | {"KP_RANK": 2}
)
#: The functions that ask for criteria, and the one that What-if asks for their scores.
OF_CRITERIA = {"KP_SCORE", "KP_VALUE", "KP_SCORECARD", "KP_EXPLAIN", "KP_QUADRANT"}


class Place(NamedTuple):
    """What a workbook in some language calls things."""

    language: str
    words: Texts
    #: The sheets of customers and criteria.
    customers: str
    criteria: str
    #: The criteria of the sample.
    names: list[str]

    @classmethod
    def of(cls, language: str) -> Place:
        sheets = [t.sheet(language) for t in INPUT_TABLES[:2]]
        names = [criterion_texts(c, language)[0] for c in CRITERIA_OF_SAMPLE]
        return cls(language, texts(language), *sheets, names)

    def type_of(self, customer: Record) -> str:
        return self.words(f"quadrants.{customer['quadrant']}")

    def typed(self) -> str:
        """Where What-if takes another turnover."""
        return f"{self.words('new.what_if')}!E18"

    def weight(self) -> str:
        """Where the weight of turnover stands."""
        return f"{self.criteria}!C5"

    def blocks(self) -> dict[str, str]:
        """What is looked at before and after the weight is changed."""
        card, what_if = (self.words(f"new.{key}") for key in ("scorecard", "what_if"))
        places = {
            "scorecard": f"{card}!A4:H64",
            "scores": f"{what_if}!B8:D9",
            "types": f"{what_if}!B12:C12",
            "explained": f"{what_if}!H17:M27",
            "as it is": f"{what_if}!P17:T27",
        }
        return places | {address: f"Probe!{address}" for address in self.formulas()}

    def formulas(self) -> dict[str, tuple[str, Any]]:
        """By address, formulas with each of the functions, and what they show.

        None stands for what depends on the weight.
        """
        customers, criteria, settings = (f"{table.name}[[#All]]" for table in INPUT_TABLES[:3])
        header, first = (f"$'{self.customers}'.A{row}:N{row}" for row in (4, 5))
        star, asked = (self.words(f"quadrants.{key}") for key in ("star", "question_mark"))
        customer, language = self.words("statuses.customer"), self.language
        deepen = {"en": "Keep and deepen", "de": "Halten und ausbauen"}[language]
        return {
            "F1": (f'=KP_SCORE({header};{first};{criteria};"value")', None),
            "F2": (f'=KP_VALUE(0.3;"{self.names[1]}";{criteria})', [[400 / 7]]),
            "F3": ("=KP_WEIGHTED_SCORE(A1:A4;B1:B4)", [[4]]),
            "F4": (f'=KP_QUADRANT(60;40;50;50;"{language}")', [[asked]]),
            "F5": (f"=INDEX(KP_SCORECARD({customers};{criteria};{settings});2;3)", None),
            "F6": (f'=KP_STRATEGY("{star}";"{customer}";"{language}")', [[deepen]]),
            "F7": ("=KP_AHP_CONSISTENCY(C1:D2)", [[0]]),
            "F8": ("=KP_QUADRANT(60;40)", [["Question mark"]]),
            "F9": (f'=LEFT(KP_SCORE({header};{first};{criteria};"profit");4)', [["#KP!"]]),
            "F10": ("=INDEX(KP_RANK({3;1;2});2)", [[3]]),
            "F11": ("=INDEX(KP_MOVEMENT(7;X1:Z3);2;7)", [[3]]),
            "G1:G4": ("=KP_RANK(A1:A4)", [[2], [None], [None], [1]]),
            "H1:H4": ("=KP_ABC(A1:A4;50;60)", [["C"], [None], [None], ["A"]]),
            "I1:I4": ("=KP_SHARE_OF_WALLET(A1:A4;B1:B4)", [[0.75], [None], [None], [1.25]]),
            "J1:J2": ("=KP_AHP_WEIGHTS(C1:D2)", [[0.75], [0.25]]),
            "R1:R4": ("=KP_ROC_WEIGHTS(A1:A4)", [[0.75], [None], [None], [0.25]]),
            "S1:S4": ("=KP_RANK_SUM_WEIGHTS(B1:B4)", [[0.15], [0.3], [0.4], [0.15]]),
            "T1:T4": ("=KP_SWING_WEIGHTS(A1:A4)", [[3 / 8], [None], [None], [5 / 8]]),
            "U1:V1": ("=KP_ENTROPY_WEIGHTS(C1:D2)", [[0, 1]]),
            "U2:V2": ('=KP_CRITIC_WEIGHTS(C1:D2;"min")', [[0, 1]]),
            "W1:W4": ("=KP_TOPSIS(B1:B4;1)", [[1], [1 / 3], [0], [1]]),
            "L1:P11": (f"=KP_EXPLAIN({CHOSEN};{customers};{criteria})", None),
        }


def session(place: Place, stored: Path) -> dict[str, list[Any]]:
    """What is done with the workbook, step by step; the program answers by the same names.

    On opening, LibreOffice shows the values that are kept in a file, as Excel does: so everything
    is computed once. After that, a changed cell is enough.
    """
    typed = {
        f"Probe!{letter}{row}": text
        for letter, texts_below in COLUMNS.items()
        for row, text in enumerate(texts_below, start=1)
    }
    on_probe = {f"Probe!{at}": formula for at, (formula, _) in place.formulas().items()}
    look = ["show", list(place.blocks().values())]
    return {
        "before": ["sheets"],
        "type": ["enter", typed],
        "cells": ["enter", {at: f for at, f in on_probe.items() if ":" not in at}],
        "arrays": ["enter_array", {at: f for at, f in on_probe.items() if ":" in at}],
        "what if": ["enter", {place.typed(): str(TYPED)}],
        "opened with values": ["told"],
        "compute": ["calculate"],
        "at first": look,
        "asked at first": ["told"],
        "change": ["enter", {place.weight(): str(NEW_WEIGHT)}],
        "then": look,
        "asked then": ["told"],
        "button": ["press", "KpOnRescore"],
        "told": ["told"],
        "after": ["sheets"],
        **{key: ["table", table] for key, table in TABLES.items()},
        "store": ["save", str(stored)],
        "told at the end": ["told"],
    }


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_workbook_computes_and_rescores_through_its_macros(language: str, tmp_path: Path) -> None:
    lo_session.require_live_office()
    place, path, stored = Place.of(language), made(tmp_path, language), tmp_path / "stored.xlsm"
    steps = session(place, stored)
    program = ["-m", spreadsheet.__name__, str(path), str(tmp_path)]
    found = dict(zip(steps, in_python(program, tmp_path, list(steps.values())), strict=True))
    at_first, then = rescored(path, tmp_path, "--dry-run"), rescored(stored, tmp_path)
    assert at_first != then

    check_the_way(found["opened with values"], found["asked at first"])
    for looked, customers, share in (
        ("at first", at_first, WEIGHT / WEIGHTS),
        ("then", then, NEW_WEIGHT / (WEIGHTS - WEIGHT + NEW_WEIGHT)),
    ):
        blocks = dict(zip(place.blocks(), found[looked], strict=True))
        check_the_scorecard(blocks["scorecard"], place, customers, path)
        check_what_if(blocks, place, customers[CHOSEN], share)
        check_each_function(blocks, place, customers)

    assert {name for name, _ in found["asked then"]["calls"]} == OF_CRITERIA
    assert {**found["asked then"], "calls": []} == QUIET
    check_the_button(found, place)
    check_the_ranking(found, place, then)
    check_advice(found["recommendations"], place, then)
    check_abc(found["abc"], place, then, path)


# --- formulas -----------------------------------------------------------------------------------


def check_the_way(opened: Record, computed: Record) -> None:
    """Every formula came through ``call_udf``; blank and odd cells and what is left out as None."""
    for told in (opened, computed):
        assert {**told, "calls": []} == QUIET
    calls = computed["calls"]
    assert Counter(name for name, _ in calls) >= FORMULAS
    assert ["KP_RANK", [GAPPY]] in calls
    assert ["KP_ABC", [GAPPY, 50.0, 60.0]] in calls
    assert ["KP_WEIGHTED_SCORE", [GAPPY, WHOLE]] in calls
    assert ["KP_AHP_WEIGHTS", [[[1.0, 3.0], [None, 1.0]]]] in calls
    assert ["KP_QUADRANT", [[[60.0]], [[40.0]], None, None, None]] in calls
    settings = {given[3] is None for name, given in calls if name == "KP_EXPLAIN"}
    assert settings == {True, False}


def check_the_scorecard(found: Rows, place: Place, customers: Customers, path: Path) -> None:
    """A row for each customer in the order of the sheet, with the figures of the command line."""
    rows = block_of(path, "tblCustomers")[1:]
    keys = ["customer_id", "customer", "value_score", "benefit_score", "total_score"]
    keys += ["rank", "quadrant", "abc_class"]
    assert found[0] == [place.words(f"columns.{key}") for key in keys]
    assert len(found) == 1 + len(rows)
    for cells, row in zip(found[1:], rows, strict=True):
        same([cells], records(place, {"": customers[str(row[0])]}, keys))


def check_what_if(blocks: dict[str, Rows], place: Place, customer: Record, share: float) -> None:
    """The chosen customer as it is, and with another turnover."""
    points = customer["contributions"]
    other = {**points, place.names[0]: 100 * TYPED / FULL * share}
    change = other[place.names[0]] - points[place.names[0]]
    value, benefit = customer["value_score"], customer["benefit_score"]
    same(blocks["scores"], [[value, value + change, change], [benefit, benefit, 0]])
    kinds = blocks["types"][0]
    assert kinds[0] == place.type_of(customer)
    high = value + change >= 50
    assert kinds[1] == place.words(f"quadrants.{'question_mark' if high else 'poor_dog'}")
    assert [row[0] for row in blocks["explained"][1:]] == place.names
    columns = [[row[4:] for row in blocks[key][1:]] for key in ("explained", "as it is")]
    same(columns[0], [[other[name], points[name]] for name in place.names])
    same(columns[1], [[points[name]] for name in place.names])


def check_each_function(blocks: dict[str, Rows], place: Place, customers: Customers) -> None:
    for address, (_, expected) in place.formulas().items():
        if expected is not None:
            same(blocks[address], expected)
    first = customers[FIRST]["value_score"]
    same(blocks["F1"], [[first]])
    same(blocks["F5"], [[first]])
    points = customers[CHOSEN]["contributions"]
    explained = [[row[0], row[4]] for row in blocks["L1:P11"][1:]]
    same(explained, [[name, points[name]] for name in place.names])


# --- the button ---------------------------------------------------------------------------------


def check_the_button(found: Record, place: Place) -> None:
    """The callback ran one line of Python, which wrote the sheets and said so."""
    told = found["told"]
    module = "xlportfolio.excel.macros"
    assert told["lines"] == [f"import xlwings, {module}; {module}.rescore(xlwings.Book.caller())"]
    (alert,) = told["alerts"]
    assert alert.startswith({"en": "Done: 47 ", "de": "Fertig: 47 "}[place.language])
    assert not told["messages"]
    assert {**found["told at the end"], "calls": []} == QUIET
    assert not told["failures"]
    written = [place.words(f"sheets.{key}") for key in ORDER]
    assert found["after"] == [*found["before"], "Probe", *written]


def check_the_ranking(tables: dict[str, Rows], place: Place, customers: Customers) -> None:
    keys = ["rank", "customer_id", "customer", "status", "quadrant", "value_score"]
    keys += ["benefit_score", "total_score", "abc_class", "borderline"]
    keys += ["value_coverage", "benefit_coverage"]
    same(columns_of(tables["ranking"], place, keys), records(place, customers, keys))
    for quadrant in RATED_QUADRANTS:
        members = {i: c for i, c in customers.items() if c["quadrant"] == quadrant}
        assert members
        if quadrant is Quadrant.QUESTION_MARK:  # those nearest to becoming a star come first
            members = dict(sorted(members.items(), key=lambda m: -m[1]["benefit_score"]))
        same(columns_of(tables[quadrant], place, keys), records(place, members, keys))


def check_advice(table: Rows, place: Place, customers: Customers) -> None:
    keys = ["rank", "customer_id", "customer", "status", "quadrant", "strategy", "reason"]
    keys += ["abc_class", "borderline"]
    rated = {i: c for i, c in customers.items() if c["rank"] is not None}
    same(columns_of(table, place, keys), records(place, rated, keys))


def check_abc(table: Rows, place: Place, customers: Customers, path: Path) -> None:
    """Classes as the command line has them, the largest turnover of the input first."""
    keys = ["customer_id", "customer", "quadrant", "rank", "abc_class"]
    cells = columns_of(table, place, keys)
    listed = {row[0]: customers[row[0]] for row in cells}
    same(cells, records(place, listed, keys))
    turnover = {str(row[0]): row[3] for row in block_of(path, "tblCustomers")[1:]}
    classed = {i for i, c in customers.items() if c["abc_class"] is not None}
    assert set(listed) == classed
    amounts = sorted((turnover[i] for i in classed), reverse=True)
    shares = [amount / sum(amounts) for amount in amounts]
    figures = zip(amounts, shares, accumulate(shares), strict=True)
    same([row[7:10] for row in table[1:]], [list(row) for row in figures])


# --- comparing ----------------------------------------------------------------------------------


def same(found: Rows, expected: Rows) -> None:
    """Cell by cell: numbers to 1e-9; nothing shows as a text without characters."""
    assert list(map(len, found)) == list(map(len, expected))
    for row, wanted in zip(found, expected, strict=True):
        for cell, value in zip(row, wanted, strict=True):
            if isinstance(value, int | float):
                assert isinstance(cell, float), (row, wanted)
                assert cell == pytest.approx(value, abs=1e-9, rel=0)
            else:
                assert cell == (value or ""), (row, wanted)


def columns_of(table: Rows, place: Place, keys: list[str]) -> Rows:
    """Some columns of a table of ours, without their headers."""
    at = [table[0].index(place.words(f"columns.{key}")) for key in keys]
    return [[row[i] for i in at] for row in table[1:]]


def records(place: Place, customers: Customers, keys: list[str]) -> Rows:
    """The same columns from the command line, in words where the workbook has words."""

    def cell(customer: Record, key: str) -> Any:
        if key == "quadrant":
            return place.type_of(customer)
        if key == "status":
            return place.words(f"statuses.{customer[key]}")
        if key == "borderline":
            return place.words("words.yes") if customer[key] else None
        axis, coverage, _ = key.partition("_coverage")
        return customer["coverage"][axis] if coverage else customer[key]

    return [[cell(customer, key) for key in keys] for customer in customers.values()]


def rescored(path: Path, folder: Path, *options: str) -> Customers:
    program = ["-m", "xlportfolio.cli", "rescore", str(path), "--json", *options]
    return {c["customer_id"]: c for c in in_python(program, folder)["customers"]}


def in_python(program: list[str], home: Path, given: Any = None) -> Any:
    """What a program answers to some JSON, in JSON, beside our tests and in a home of its own."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith("XLWINGS_")}
    done = subprocess.run(
        [sys.executable, *program],
        input=json.dumps(given),
        env={**kept, "HOME": str(home), "USERPROFILE": str(home)},
        cwd=Path(__file__).parent,
        capture_output=True,
        encoding="utf-8",
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
