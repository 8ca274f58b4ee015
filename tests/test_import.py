"""Customers and orders of elsewhere in a closed workbook, by ``import`` and ``rescore --orders``."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from openpyxl import load_workbook
from support.books import CRITERIA_HEADER, write_book
from support.ecma import repairs_of
from support.northwind import measures_in
from support.packages import changed_parts, faults_of, parts_of
from support.template import made
from typer.testing import CliRunner, Result

from xlportfolio import cli

SOURCES = {
    "Turnover": "turnover_12m",
    "Growth": "growth",
    "Orders per year": "orders_per_year",
    "Days since last order": "recency_days",
    "Average order value": "average_order_value",
    "Products": "products",
    "Irregularity": "regularity_cv",
    "Average discount": "average_discount",
}
#: What no source fills.
OWN = "Fit"
HEADER = ("Customer ID", "Customer", "Status", *SOURCES, OWN, "City")
CRITERIA = [
    *(
        (name, "value", 10, None, None, None, None, None, None, None, None, source)
        for name, source in SOURCES.items()
    ),
    (OWN, "benefit", 1, None, None, 0, 10, None, None, None, None, "CRM"),
]
BLANK = (None,) * len(SOURCES)
CUSTOMERS = (
    ("FISSA", "FISSA, maybe", "Prospect", 9000, *BLANK[1:], 7, "Madrid"),
    ("ALFKI", "Alfreds", "Customer", 1, *BLANK[1:], 3, None),
    ("GHOST", "Gone", "Customer", 5, *BLANK[1:], 3, "Ulm"),
)


def book_of(path: Path, customers: Sequence[Sequence[Any]] = CUSTOMERS, **more: Any) -> Path:
    return write_book(
        path,
        customers=customers,
        customers_header=HEADER,
        criteria=CRITERIA,
        criteria_header=(*CRITERIA_HEADER, "Source"),
        settings=(("as_of", "1998-05-06"),),
        **more,
    )


def invoke(*arguments: object) -> Result:
    return CliRunner().invoke(cli.app, [*map(str, arguments)])


def told(*arguments: object) -> dict[str, Any]:
    result = invoke(*arguments, "--json")
    assert result.exit_code == 0, result.stderr
    return dict(json.loads(result.stdout))


def cells(path: Path, sheet: str = "Customers") -> dict[str, dict[str, Any]]:
    header, *rows = load_workbook(path)[sheet].iter_rows(values_only=True)
    return {str(row[0]): dict(zip(header, row, strict=True)) for row in rows if any(row)}


def write(path: Path, *rows: str, encoding: str = "utf-8") -> Path:
    path.write_bytes("\r\n".join(rows).encode(encoding))
    return path


def keys(problems: Sequence[dict[str, Any]], part: str) -> list[str]:
    return [problem["message"] for problem in problems if part in problem["message"]]


@pytest.fixture
def northwind(tmp_path: Path) -> Path:
    return book_of(tmp_path / "northwind.xlsx")


def irregularity(orders: Path) -> pd.Series[float]:
    """Of the gaps between different order days."""
    lines = pd.read_csv(orders, parse_dates=["order_date"])
    days = lines[["customer_id", "order_date"]].drop_duplicates().sort_values("order_date")
    gaps = days.groupby("customer_id")["order_date"].diff().dt.days.groupby(days["customer_id"])
    return gaps.std() / gaps.mean()


# --- Northwind --------------------------------------------------------------------------------


def test_northwind_is_imported_and_measured_as_pandas_does(
    northwind: Path, test_data: Path
) -> None:
    source = test_data / "northwind"
    files = ("--customers", source / "customers.csv", "--orders", source / "order_lines.csv")
    done = told("import", northwind, *files)
    assert len(done["added"]) == 89
    assert done["as_of"] == "1998-05-06"
    assert {reading["rows"] for reading in done["readings"]} == {91, 2155}
    after = cells(northwind)
    assert list(after)[:3] == ["FISSA", "ALFKI", "GHOST"]
    assert len(after) == 92
    expected = measures_in(test_data).assign(Irregularity=irregularity(source / "order_lines.csv"))
    for customer, row in expected.iterrows():
        if customer == "FISSA":
            continue
        found = after[str(customer)]
        assert found["Customer"] == (row["Customer"] if customer != "ALFKI" else "Alfreds")
        for name in SOURCES:
            if np.isnan(row[name]):
                assert found[name] is None, (customer, name)
            else:
                assert found[name] == pytest.approx(row[name], rel=1e-9, abs=1e-9), (customer, name)
    assert after["FISSA"]["Turnover"] == 9000  # a prospect's estimate
    assert after["GHOST"]["Turnover"] is None
    assert (after["GHOST"][OWN], after["FISSA"][OWN]) == (3, 7)
    assert {(one["customer_id"], one["column"], one["why"]) for one in done["kept"]} == {
        ("FISSA", "Customer", "typed"),
        ("ALFKI", "Customer", "typed"),
    }
    assert faults_of(parts_of(northwind)) == []
    assert repairs_of(parts_of(northwind)) == []


def test_a_second_import_changes_no_byte_and_a_rescore_agrees(
    northwind: Path, test_data: Path
) -> None:
    source = test_data / "northwind"
    files = ("--customers", source / "customers.csv", "--orders", source / "order_lines.csv")
    told("import", northwind, *files)
    imported = northwind.read_bytes()
    again = told("import", northwind, *files)
    assert northwind.read_bytes() == imported
    assert (again["added"], again["changed"]) == ([], [])

    scored = told("rescore", northwind, "--orders", source / "order_lines.csv")
    plain = told("rescore", northwind)
    assert scored["customers"] == plain["customers"]
    assert keys(scored["problems"], "have no orders")
    once = northwind.read_bytes()
    told("rescore", northwind)
    assert cells(northwind) == cells(_copy(northwind, once))


def _copy(path: Path, content: bytes) -> Path:
    copy = path.with_name("copy.xlsx")
    copy.write_bytes(content)
    return copy


def test_a_rescore_with_orders_fills_and_scores_in_one_go(northwind: Path, test_data: Path) -> None:
    orders = test_data / "northwind" / "order_lines.csv"
    before = parts_of(northwind)
    done = told("rescore", northwind, "--orders", orders)
    (alfki,) = (one for one in done["customers"] if one["customer_id"] == "ALFKI")
    expected = measures_in(test_data).loc["ALFKI"]
    assert cells(northwind)["ALFKI"]["Turnover"] == pytest.approx(expected["Turnover"])
    assert set(alfki["contributions"]) == {name for name in SOURCES if name != "Growth"} | {OWN}
    assert len(done["customers"]) == 3
    assert keys(done["problems"], "were left out: 88 (")
    after = parts_of(northwind)
    assert faults_of(after) == []
    assert "My notes" in load_workbook(northwind).sheetnames
    assert before.keys() <= after.keys()
    check = [row[5] for row in load_workbook(northwind)["Data check"].iter_rows(values_only=True)]
    assert any("were left out: 88 (" in str(cell) for cell in check)


def test_an_empty_german_workbook_is_filled_and_scored(tmp_path: Path, test_data: Path) -> None:
    path, source = made(tmp_path, "de", with_sample=False), test_data / "northwind"
    files = ("--customers", source / "customers.csv", "--orders", source / "order_lines.csv")
    result = invoke("import", path, *files, "--as-of", "1998-05-06", "--lang", "de")
    assert result.exit_code == 0, result.stderr
    assert "Neue Kunden: 91" in result.stdout
    done = told("rescore", path, "--orders", source / "order_lines.csv", "--as-of", "1998-05-06")
    assert len(done["customers"]) == 91
    table = load_workbook(path)["Kunden"].tables["tblCustomers"]
    assert table.ref == "A4:N95"
    assert faults_of(parts_of(path)) == []
    assert repairs_of(parts_of(path)) == []


# --- what is overwritten, and what is not -----------------------------------------------------


def test_names_follow_the_file_until_somebody_types_one(northwind: Path, tmp_path: Path) -> None:
    export = tmp_path / "Export.csv"
    write(export, "KdNr;Firma;City", "N1;Müller KG;Köln", "N2;Weiß;Ulm", encoding="cp1252")
    told("import", northwind, "--customers", export)
    assert cells(northwind)["N1"]["Customer"] == "Müller KG"

    book = load_workbook(northwind)
    sheet = book["Customers"]
    (typed,) = (row[1] for row in sheet.iter_rows() if row[0].value == "N2")
    typed.value = "Weiss AG"
    book.save(northwind)
    write(export, "KdNr;Firma;City", "N1;Müller SE;Köln", "N2;Weiß GmbH;Bonn", encoding="cp1252")
    done = told("import", northwind, "--customers", export)
    after = cells(northwind)
    assert after["N1"]["Customer"] == "Müller SE"
    assert after["N2"]["Customer"] == "Weiss AG"
    assert after["N2"]["City"] == "Bonn"
    assert [(one["before"], one["after"]) for one in done["changed"]] == [
        ("Müller KG", "Müller SE"),
        ("Ulm", "Bonn"),
    ]
    assert [(one["before"], one["after"], one["why"]) for one in done["kept"]] == [
        ("Weiss AG", "Weiß GmbH", "typed")
    ]
    told("import", northwind, "--customers", export, "--overwrite")
    assert cells(northwind)["N2"]["Customer"] == "Weiß GmbH"


def test_formulas_stay_even_if_all_is_overwritten(tmp_path: Path) -> None:
    rows = (("A", '=UPPER("alpha")', "Customer", *BLANK, 1, None),)
    path = book_of(tmp_path / "book.xlsx", rows)
    export = write(tmp_path / "export.csv", "customer_id,customer", "A,Alpha AG")
    done = told("import", path, "--customers", export, "--overwrite")
    assert [(one["column"], one["why"]) for one in done["kept"]] == [("Customer", "formula")]
    assert cells(path)["A"]["Customer"] == '=UPPER("alpha")'


def test_nothing_but_the_customers_and_the_memory_changes(northwind: Path, tmp_path: Path) -> None:
    before = parts_of(northwind)
    export = write(tmp_path / "export.csv", "customer_id,City", "ALFKI,Berlin")
    told("import", northwind, "--customers", export)
    book = load_workbook(northwind)
    assert [s.title for s in book.worksheets if s.sheet_state == "visible"] == [
        "My notes",
        "Customers",
        "Criteria",
        "Settings",
    ]
    changed = changed_parts(before, parts_of(northwind))
    assert "xl/worksheets/sheet1.xml" not in changed  # the user's notes
    assert "xl/worksheets/sheet3.xml" not in changed  # the criteria
    assert northwind.with_name("northwind.xlsx.bak").is_file()


def test_a_dry_run_says_everything_and_writes_nothing(northwind: Path, tmp_path: Path) -> None:
    before = northwind.read_bytes()
    export = write(
        tmp_path / "export.csv", "Kundennr;city;Vertreter", "ALFKI;Berlin;Kurz", "Z9;Jena;Lang"
    )
    result = invoke("import", northwind, "--customers", export, "--dry-run")
    assert result.exit_code == 0, result.stderr
    for text in (
        "Separator: semicolon",
        "Kundennr → Customer ID",
        "Not used: Vertreter",
        "New customers: 1",
        "(blank) → Berlin",
        "Nothing was written",
    ):
        assert text in result.stdout
    assert northwind.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["export.csv", "northwind.xlsx"]


def test_another_file_is_written_where_one_is_named(northwind: Path, tmp_path: Path) -> None:
    before, out = northwind.read_bytes(), tmp_path / "out.xlsx"
    export = write(tmp_path / "export.csv", "customer_id,City", "ALFKI,Berlin")
    told("import", northwind, "--customers", export, "-o", out)
    assert northwind.read_bytes() == before
    assert cells(out)["ALFKI"]["City"] == "Berlin"


# --- which column is which --------------------------------------------------------------------


def test_one_map_serves_both_files(northwind: Path, tmp_path: Path) -> None:
    customers = write(tmp_path / "c.csv", "Partner,Label", "ALFKI,Alfreds", "Z9,Zeta")
    orders = write(tmp_path / "o.csv", "order_id,Partner,order_date,Sum", "1,Z9,1998-05-01,70.5")
    maps = ("--map", "customer_id=Partner", "--map", "Customer=Label", "--map", "amount=Sum")
    files = ("--customers", customers, "--orders", orders)
    told("import", northwind, *files, *maps)
    assert (cells(northwind)["Z9"]["Customer"], cells(northwind)["Z9"]["Turnover"]) == (
        "Zeta",
        70.5,
    )


def test_a_shared_name_need_stand_in_one_file_only(northwind: Path, tmp_path: Path) -> None:
    customers = write(tmp_path / "c.csv", "Kundennummer,City", "ALFKI,Berlin")
    orders = write(
        tmp_path / "o.csv", "order_id,Partner,order_date,amount", "1,ALFKI,1998-05-01,70.5"
    )
    files = ("--customers", customers, "--orders", orders)
    told("import", northwind, *files, "--map", "customer_id=Partner")
    assert cells(northwind)["ALFKI"]["Turnover"] == 70.5
    result = invoke("import", northwind, *files, "--map", "customer_id=Nobody")
    assert result.exit_code == 1
    assert "Nobody" in result.stderr


def test_days_of_a_text_file_are_days_as_those_of_the_table(tmp_path: Path) -> None:
    rows = [
        (*row[:-1], day)
        for row, day in zip(CUSTOMERS, (dt.date(2020, 1, 31), None, None), strict=True)
    ]
    path = book_of(tmp_path / "days.xlsx", rows)
    export = write(tmp_path / "export.csv", "KdNr;City", "FISSA;31.01.2020", "ALFKI;01.02.2021")
    (listed,) = told("import", path, "--customers", export, "--dry-run")["changed"]
    assert (listed["before"], listed["after"]) == (None, "2021-02-01")
    assert "(blank) → 2021-02-01\n" in invoke("import", path, "--customers", export).stdout
    after = cells(path)
    assert [after[one]["City"] for one in ("FISSA", "ALFKI")] == [
        dt.datetime(2020, 1, 31),  # noqa: DTZ001 (cells know no time zone)
        dt.datetime(2021, 2, 1),  # noqa: DTZ001
    ]
    done = told("import", path, "--customers", export, "--overwrite", "--dry-run")
    assert (done["changed"], done["kept"]) == ([], [])


def test_a_change_is_seen_however_small(northwind: Path, tmp_path: Path) -> None:
    orders = ("order_id,customer_id,order_date,amount", "1,ALFKI,1998-05-01,70.5")
    told("import", northwind, "--orders", write(tmp_path / "orders.csv", *orders))
    more = (*orders, "2,ALFKI,1998-05-02,0.0000125")
    shown = invoke("import", northwind, "--orders", write(tmp_path / "orders.csv", *more))
    assert "70.5 → 70.50001" in shown.stdout


# --- bad input --------------------------------------------------------------------------------

GOOD = ("order_id,customer_id,order_date,amount", "1,ALFKI,1998-05-01,70.5")
BAD = {
    "no file": None,
    "empty": ("",),
    "no such columns": ("a,b,c", "1,2,3"),
    "dates either way": ("order_id,customer_id,order_date,amount", "1,ALFKI,03/04/1998,70.5"),
    "other customers": ("order_id,customer_id,order_date,amount", "1,XYZ,1998-05-01,70.5"),
    "several currencies": (
        "order_id,customer_id,order_date,amount,currency",
        "1,ALFKI,1998-05-01,70.5,EUR",
        "2,ALFKI,1998-05-02,70.5,USD",
    ),
    "an order of two customers": (
        "order_id,customer_id,order_date,amount",
        "1,ALFKI,1998-05-01,70.5",
        "1,GHOST,1998-05-02,70.5",
    ),
    "no text": ("\0\1\2\3PK\0\0" * 50,),
    "no database": "postgresql://nobody:secret@127.0.0.1:9/erp#orders",
}


@pytest.mark.parametrize("case", BAD)
@pytest.mark.parametrize("language", ["en", "de"])
def test_bad_orders_leave_the_workbook_as_it_is(
    northwind: Path, tmp_path: Path, case: str, language: str
) -> None:
    content, orders = BAD[case], tmp_path / "orders.csv"
    source: object = orders
    if isinstance(content, str):
        source = content
    elif content is not None:
        write(orders, *content)
    before = northwind.read_bytes()
    result = invoke("rescore", northwind, "--orders", source, "--lang", language)
    assert result.exit_code == 1
    assert result.stderr.strip()
    assert "Traceback" not in result.stderr
    assert "secret" not in result.output
    assert northwind.read_bytes() == before
    assert not northwind.with_name("northwind.xlsx.bak").exists()
    told_of = invoke("import", northwind, "--orders", source, "--json", "--lang", language)
    assert told_of.exit_code == 1
    problems = json.loads(told_of.stdout)["problems"]
    assert any(problem["severity"] == "error" for problem in problems)
    assert northwind.read_bytes() == before


def test_a_file_of_customers_without_any_is_refused(northwind: Path, tmp_path: Path) -> None:
    before = northwind.read_bytes()
    export = write(tmp_path / "export.csv", "a,b", "1,2")
    result = invoke("import", northwind, "--customers", export)
    assert result.exit_code == 1
    assert northwind.read_bytes() == before


def test_what_cannot_be_scored_is_not_filled_either(tmp_path: Path) -> None:
    path = write_book(
        tmp_path / "book.xlsx",
        customers=(("ALFKI", "A", 1),),
        customers_header=("Customer ID", "Customer", "Turnover"),
        criteria=[("Turnover", "value", 1, *(None,) * 8, "turnover_12m")],  # nothing on benefit
        criteria_header=(*CRITERIA_HEADER, "Source"),
    )
    before = path.read_bytes()
    orders = write(tmp_path / "orders.csv", *GOOD)
    assert invoke("rescore", path, "--orders", orders).exit_code == 1
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("import",),
        ("import", "--orders", "o.csv", "--map", "amount"),
        ("import", "--orders", "o.csv", "--map", "amount=a", "--map", "amount=b"),
        ("import", "--orders", "o.csv", "--dates", "ydm"),
        ("rescore", "--dates", "dmy"),
        ("rescore", "--map", "amount=Netto"),
    ],
)
def test_wrong_usage(northwind: Path, arguments: tuple[str, ...]) -> None:
    command, *rest = arguments
    assert invoke(command, northwind, *rest).exit_code == 2


def test_orders_of_the_workbook_itself(tmp_path: Path) -> None:
    path = made(tmp_path, "en", macros=False)
    book = load_workbook(path)
    sheet, first = book["Orders"], book["Customers"]["A5"].value
    order = {"Order ID": "o1", "Customer ID": first, "Order date": "2026-01-05", "Amount": 1234.5}
    for cell in sheet[4]:
        if cell.value in order:
            sheet.cell(5, cell.column, order[cell.value])
    book.save(path)
    result = invoke("rescore", path, "--orders", path, "--as-of", "2026-01-31", "--dry-run")
    assert result.exit_code == 0, result.stderr
    assert "1234.5" in result.stdout
