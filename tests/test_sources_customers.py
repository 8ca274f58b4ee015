"""Customers of a file, under the headers of the workbook's own table."""

from __future__ import annotations

import datetime as dt
import zipfile
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from openpyxl import Workbook

from xlportfolio.errors import XlPortfolioError
from xlportfolio.schema.contract import CUSTOMERS, RawTable
from xlportfolio.sources import Kind, Reading, open_orders, read_customers

OURS = ["Kundennummer", "Kunde", "Status", "Umsatz 2024", "Bonität", "PLZ", "Betreuer"]


def columns(raw: RawTable) -> dict[str, list[Any]]:
    found = {str(h): [raw.cell(i, p) for i in range(raw.height)] for p, h in enumerate(raw.header)}
    assert raw.table is CUSTOMERS
    return found


def read(path: Path, **mapping: str) -> tuple[dict[str, list[Any]], Reading]:
    raw, reading = read_customers(path, OURS, mapping)
    return columns(raw), reading


def written(folder: Path, text: str, encoding: str = "cp1252") -> Path:
    path = folder / "kunden.csv"
    path.write_bytes(text.encode(encoding))
    return path


def stopped(path: Path, **mapping: str) -> XlPortfolioError:
    with pytest.raises(XlPortfolioError) as raised:
        read(path, **mapping)
    for language in ("en", "de"):
        assert raised.value.message(language).endswith(".")
    return raised.value


def test_a_text_file_of_an_erp_system(tmp_path: Path) -> None:
    text = (
        "Kundenliste\r\n"
        "Kd-Nr.;Name;Ort;Umsatz 2024 (EUR);PLZ;Bonitaet\r\n"
        "1001;Müller GmbH;Köln;1.234,50;01067;hoch\r\n"
        "00123;Jäger & Söhne;Ulm;-5,00;50667;\r\n"
        'K7;"Groß; KG";;;80331;3\r\n'
    )
    found, reading = read(written(tmp_path, text))
    assert found == {
        "Kundennummer": [1001, "00123", "K7"],
        "Kunde": ["Müller GmbH", "Jäger & Söhne", "Groß; KG"],
        "Umsatz 2024": [1234.5, -5.0, None],
        "PLZ": ["01067", "50667", "80331"],  # one has a leading zero: they are names
        "Bonität": ["hoch", None, "3"],  # one is a text: they are texts
    }
    assert reading.unused == ("Ort",)
    assert (reading.encoding, reading.separator, reading.decimal) == ("cp1252", ";", ",")
    assert reading.columns["Kd-Nr."] == "Kundennummer"
    assert "Spalte: Name → Kunde" in reading.lines("de")


def test_long_numbers_are_names_and_stay_whole(tmp_path: Path) -> None:
    text = "Kundennummer;Betreuer\n4012345678901234567;4012345678901234\n"
    found, _ = read(written(tmp_path, text))
    assert found == {"Kundennummer": ["4012345678901234567"], "Betreuer": ["4012345678901234"]}


def test_days_that_can_be_read_one_way_are_days(tmp_path: Path) -> None:
    text = (
        "Kundennummer;Betreuer;Ort;PLZ\n1;31.12.2024;2024-12-31;31.12.2024\n2;;2025-01-01;offen\n"
    )
    raw, _ = read_customers(written(tmp_path, text), [*OURS, "Ort"])
    found = columns(raw)
    first, second = dt.datetime(2024, 12, 31), dt.datetime(2025, 1, 1)  # noqa: DTZ001
    assert (found["Betreuer"], found["Ort"]) == ([first, None], [first, second])
    assert found["PLZ"] == ["31.12.2024", "offen"]


def test_a_map_to_a_header_of_the_workbook(tmp_path: Path) -> None:
    path = written(tmp_path, "Nr;Firma;Vertreter\n7;A;Meier\n")
    found, reading = read(path, Betreuer="Vertreter")
    assert found == {"Kundennummer": [7], "Kunde": ["A"], "Betreuer": ["Meier"]}
    assert reading.unused == ()
    assert read(path, customer_id="Vertreter")[0]["Kundennummer"] == ["Meier"]
    assert stopped(path, Umsatz="Vertreter").key == "map_unknown"
    assert stopped(path, Betreuer="Vertrieb").key == "map_not_there"


@pytest.mark.parametrize("header", ["Kunde;Name", "Name;KUNDE", "Customer;Company name"])
def test_kunde_beside_a_name_is_the_number(tmp_path: Path, header: str) -> None:
    cells = ["4711", "Alpha GmbH"] if header[0] != "N" else ["Alpha GmbH", "4711"]
    found, _ = read(written(tmp_path, f"{header}\n{';'.join(cells)}\n"))
    assert found == {"Kundennummer": [4711], "Kunde": ["Alpha GmbH"]}


def test_kunde_alone_or_beside_a_number_is_the_name(tmp_path: Path) -> None:
    assert read(written(tmp_path, "Kunde;Land\nAlpha GmbH;DE\n"))[0] == {"Kunde": ["Alpha GmbH"]}
    found, _ = read(written(tmp_path, "KdNr;Kunde;Name\n4711;Alpha GmbH;Meier\n"))
    assert found == {"Kundennummer": [4711], "Kunde": ["Alpha GmbH"]}


def test_names_alone_will_do_but_not_neither(tmp_path: Path) -> None:
    assert read(written(tmp_path, "Firma;PLZ\nA;12345\n"))[0] == {"Kunde": ["A"], "PLZ": [12345.0]}
    error = stopped(written(tmp_path, "Ort;PLZ\nUlm;12345\n"))
    assert error.key == "customers_unnamed"
    assert "Ort, PLZ" in str(error)


def book(folder: Path, rows: list[list[Any]]) -> Path:
    made = Workbook()
    assert made.active is not None
    for row in rows:
        made.active.append(row)
    path = folder / "kunden.xlsx"
    made.save(path)
    return path


def test_a_workbook_keeps_its_cells(tmp_path: Path) -> None:
    day = dt.datetime(2024, 12, 31)  # noqa: DTZ001
    rows = [
        [],
        ["", "Debitor", "Firma", "PLZ"],
        [None, 123, "A", "01067"],
        [],
        [None, "007", day, 1.5],
    ]
    found, reading = read(book(tmp_path, rows))
    assert found["Kundennummer"] == [123, "007"]
    assert found["Kunde"][0] == "A"
    assert found["PLZ"] == ["01067", 1.5]
    assert (reading.kind, reading.rows, reading.table) == (Kind.WORKBOOK, 2, "Sheet")


def test_parquet(tmp_path: Path) -> None:
    path = tmp_path / "kunden.parquet"
    pq.write_table(
        pa.table({"Kundennr": [1, 2], "Umsatz 2024": [1.5, None], "x": ["a", "b"]}), path
    )
    found, reading = read(path)
    assert found == {"Kundennummer": [1, 2], "Umsatz 2024": [1.5, None]}
    assert (reading.kind, reading.unused) == (Kind.PARQUET, ("x",))


def test_what_no_cell_can_hold_is_text(tmp_path: Path) -> None:
    path = tmp_path / "kunden.parquet"
    pq.write_table(pa.table({"Kundennr": [1, 2], "Betreuer": [["a", "b"], None]}), path)
    assert read(path)[0]["Betreuer"] == ["['a', 'b']", None]


def test_a_folder_is_not_one_file(tmp_path: Path) -> None:
    for name in "ab":
        (tmp_path / f"{name}.csv").write_text("Kundennr\n1\n", encoding="utf-8")
    assert stopped(tmp_path).key == "customers_one_file"
    assert stopped(tmp_path / "none.csv").key == "no_such_source"


def test_northwind(test_data: Path) -> None:
    path = test_data / "northwind" / "customers.csv"
    raw, reading = read_customers(path, ["Customer ID", "Customer", "Status", "Country"])
    found = columns(raw)
    assert list(found) == ["Customer ID", "Customer", "Country"]
    assert (raw.height, found["Customer"][1]) == (91, "Ana Trujillo Emparedados y helados")
    assert reading.unused == ("city",)


@pytest.mark.parametrize("as_orders", [True, False])
def test_hostile_workbooks(tmp_path: Path, as_orders: bool) -> None:
    def key(path: Path) -> str:
        if not as_orders:
            return stopped(path).key
        with pytest.raises(XlPortfolioError) as raised, open_orders(str(path)):
            pass
        return raised.value.key

    path = tmp_path / "locked.xlsx"
    directory = "EncryptedPackage".encode("utf-16-le")
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + directory + bytes(600))
    assert key(path) == "encrypted"
    path = book(tmp_path, [])
    assert key(path) == "source_empty"
    path = book(tmp_path, [["Kundennummer"], [1]])
    far = tmp_path / "far.xlsx"
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(far, "w") as new:
        for part in old.namelist():
            data = old.read(part)
            if part == "xl/worksheets/sheet1.xml":
                row = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                data = data.replace(b"</sheetData>", row)
            new.writestr(part, data)
    assert key(far) == "too_sparse"
    word = tmp_path / "letter.xlsx"
    with zipfile.ZipFile(word, "w") as new:
        new.writestr("word/document.xml", "<w/>")
    assert key(word) == "source_no_workbook"
