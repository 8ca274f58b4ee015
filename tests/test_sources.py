"""Orders as ERP systems export them: encodings, separators, numbers, dates, headers."""

from __future__ import annotations

import csv
import datetime as dt
import math
import random
import tempfile
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.worksheet.table import Table as ExcelTable

from xlportfolio.errors import XlPortfolioError
from xlportfolio.orders import measure
from xlportfolio.schema.contract import ORDERS, CellError, RawTable
from xlportfolio.schema.numerals import read_number
from xlportfolio.sources import DateOrder, Kind, Reading, open_orders, orders, orders_of
from xlportfolio.sources.numerals import number

Rows = list[dict[str, Any]]
DAY = dt.date(2024, 12, 31)
HEADER = "Auftragsnr;Kd-Nr.;Belegdatum;Umsatz netto"


def read(
    source: object, mapping: dict[str, str] | None = None, dates: DateOrder | None = None
) -> tuple[Rows, Reading]:
    with open_orders(str(source), mapping or {}, dates=dates) as (lines, reading):
        return lines.to_pyarrow().to_pylist(), reading


def written(folder: Path, text: str, encoding: str = "utf-8", name: str = "orders.csv") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def amounts(folder: Path, *cells: str, separator: str = ";") -> tuple[list[float | None], Reading]:
    """What cells of the amounts' column are read as."""
    out = StringIO()
    writer = csv.writer(out, delimiter=separator)
    writer.writerow(["order_id", "customer_id", "order_date", "amount"])
    writer.writerows([1, "C", "2024-12-31", cell] for cell in cells)
    rows, reading = read(written(folder, out.getvalue()))
    return [row["amount"] for row in rows], reading


def days(folder: Path, *cells: str, order: DateOrder | None = None) -> list[dt.date | None]:
    lines = "".join(f"1;C;{cell};5\n" for cell in cells)
    return [
        row["order_date"] for row in read(written(folder, f"{HEADER}\n{lines}"), dates=order)[0]
    ]


def stopped(source: object, **options: Any) -> XlPortfolioError:
    with pytest.raises(XlPortfolioError) as raised:
        read(source, **options)
    for language in ("en", "de"):
        assert raised.value.message(language).endswith(".")
    return raised.value


ONE = {
    "order_id": "4711",
    "customer_id": "00123",
    "order_date": DAY,
    "amount": 1234.5,
    "product_id": "Schräge Tür ß",
}


@pytest.mark.parametrize(
    ("encoding", "shown"),
    [
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8-sig"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16-le"),
        ("utf-16-be", "utf-16-be"),
        ("cp1252", "cp1252"),
    ],
)
@pytest.mark.parametrize(
    ("separator", "end"), [(";", "\r\n"), ("\t", "\n"), (",", "\r\n"), ("|", "\n"), (";", "\r")]
)
def test_every_encoding_and_separator(
    tmp_path: Path, encoding: str, shown: str, separator: str, end: str
) -> None:
    lines = [
        ["Auftragsnr", "Kd-Nr.", "Belegdatum", "Umsatz netto (EUR)", "Artikel", "Straße"],
        ["4711", "00123", "31.12.2024", '"1.234,50"', "Schräge Tür ß", "Gäßchen"],
    ]
    text = "".join(separator.join(line) + end for line in lines)
    rows, reading = read(written(tmp_path, text, encoding))
    assert rows == [ONE]
    assert (reading.kind, reading.encoding, reading.separator) == (Kind.TEXT, shown, separator)
    assert (reading.decimal, reading.dates, reading.rows) == (",", DateOrder.DMY, 1)
    assert reading.unused == ("Straße",)
    assert reading.columns["Kd-Nr."] == "customer_id"


def test_letters_of_dos_are_told_from_those_of_windows(tmp_path: Path) -> None:
    names = ["Müller", "Jäger", "Größe", "Töpfer", "Übel", "Fuß", "Bäcker für Süßes"]
    text = "".join(f"{i};{name};31.12.2024;5\n" for i, name in enumerate(names))
    for encoding in ("cp850", "cp1252"):
        rows, reading = read(written(tmp_path, f"{HEADER}\n{text}", encoding))
        assert [row["customer_id"] for row in rows] == names, encoding
        assert reading.encoding == encoding


@pytest.mark.parametrize("sign", ["1.{0:03},50 €", "„K{0}“", "K{0} … L"])
def test_signs_of_windows_are_no_letters_of_dos(sign: str, tmp_path: Path) -> None:
    lines = [f"{i};{sign.format(i)};31.12.2024;1.{i:03},50 €" for i in range(100)]
    rows, reading = read(written(tmp_path, "\n".join([HEADER, *lines]), "cp1252"))
    assert reading.encoding == "cp1252"
    assert [row["amount"] for row in rows] == [1000.5 + i for i in range(100)]
    assert rows[7]["customer_id"] == sign.format(7)


def test_a_letter_of_windows_far_behind_a_beginning_in_ascii(tmp_path: Path) -> None:
    lines = "".join(f"{i};C{i % 97};31.12.2024;5,00\n" for i in range(100_000))
    rows, reading = read(written(tmp_path, f"{HEADER}\n{lines}9;Käse;31.12.2024;1,00\n", "cp1252"))
    assert (len(rows), rows[-1]["customer_id"]) == (100_001, "Käse")
    assert reading.encoding == "cp1252"


def test_title_above_and_total_below(tmp_path: Path) -> None:
    text = (
        "sep=;\nUmsatzliste; Mandant 1\n\nStand: 31.12.2024\n"
        f"{HEADER}\n1;C;31.12.2024;5,00\n2;D;30.12.2024;6,50\n\nSumme;;;11,50\n"
    )
    rows, _ = read(written(tmp_path, text))
    assert [(r["order_id"], r["customer_id"], r["amount"]) for r in rows] == [
        ("1", "C", 5),
        ("2", "D", 6.5),
        ("Summe", None, 11.5),
    ]


def test_a_list_printed_by_sap(tmp_path: Path) -> None:
    rule = "-" * 41 + "\r\n"
    text = (
        f"Fakturaliste                     Seite 1\r\n\r\n{rule}"
        f"|Kunde |Belegdat. |  Nettowert|Faktura  |\r\n{rule}"
        "|00123 |31.12.2024|  1.234,50-|4711     |\r\n"
        f"|00124 |30.12.2024|     12,00 |4712     |\r\n{rule}"
    )
    rows, _ = read(written(tmp_path, text))
    assert [(row["customer_id"], row["amount"]) for row in rows] == [
        ("00123", -1234.5),
        ("00124", 12),
    ]


def test_quoted_cells_hold_separators_line_ends_and_quotes(tmp_path: Path) -> None:
    text = f'{HEADER};Artikel\n1;"a;b";31.12.2024;5;"zwei\r\nZeilen ""und"" mehr"\n2;C;31.12.2024;6;x\n'
    rows, _ = read(written(tmp_path, text))
    assert rows[0]["customer_id"] == "a;b"
    assert rows[0]["product_id"] == 'zwei\r\nZeilen "und" mehr'
    assert len(rows) == 2


@pytest.mark.parametrize(
    "head", ['order_id;"Kunden\nnr";"Beleg-\ndatum";amount', f'"Umsatz\nim Mai"\n\n{HEADER}']
)
def test_no_line_is_lost_below_a_header_with_line_ends(tmp_path: Path, head: str) -> None:
    lines = "".join(f"{i};C;2024-12-31;{i}\n" for i in range(1, 5))
    rows, reading = read(written(tmp_path, f"{head}\n{lines}"))
    assert [row["order_id"] for row in rows] == ["1", "2", "3", "4"]
    assert reading.rows == 4


@pytest.mark.parametrize(
    "body",
    [
        "1;C;31.12.2024;5\r\n2;D;31.12.2024;6\n3;E;31.12.2024;7\r\n",  # mixed line ends
        "1;C;31.12.2024;5\n2;D;31.12.2024\n3;E;31.12.2024;7\n",  # a short line
        "1;C;31.12.2024;5;;\n2;D;31.12.2024;6;;\n3;E;31.12.2024;7;;\n",  # separators behind
        '1;C;31.12.2024;5\n2;"D\r\nx";31.12.2024\n3;E;31.12.2024;7',  # both, and no end
    ],
)
def test_no_line_of_an_untidy_file_is_lost(tmp_path: Path, body: str) -> None:
    rows, reading = read(written(tmp_path, f"{HEADER}\n{body}"))
    assert [row["order_id"] for row in rows] == ["1", "2", "3"]
    assert reading.rows == 3


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.234,56", 1234.56),
        ("1234,5", 1234.5),
        ("-12,00", -12),
        ("12,50-", -12.5),
        ("(12,50)", -12.5),
        ("1.234,56 €", 1234.56),
        ("€ 1.234,56", 1234.56),
        ("CHF 1'234,50", 1234.5),
        ("1 234 567,8", 1234567.8),
        ("1\u00a0234,5", 1234.5),
        ("\u22127,5", -7.5),
        ("1,5E+03", 1500),
        ("12,5 %", 0.125),
        (",5", 0.5),
        ("+3,0", 3),
        ("0,0", 0),
    ],
)
def test_numbers_with_a_decimal_comma(tmp_path: Path, text: str, number: float) -> None:
    found, reading = amounts(tmp_path, text)
    assert found == [pytest.approx(number, abs=1e-12)]
    assert reading.decimal == ","
    assert not reading.problems


@pytest.mark.parametrize(
    "text", ["12-3", "-12-", "(12", "1,2,3", "n/a", "12 TEUR", "-", "1.23.456"]
)
def test_what_is_no_number_is_missing_and_named(tmp_path: Path, text: str) -> None:
    found, reading = amounts(tmp_path, "1,5", text)
    assert found == [1.5, None]
    (problem,) = reading.problems
    assert text in problem.message("en")
    assert "amount" in problem.message("de")


@pytest.mark.parametrize(("language", "decimal"), [("de", ","), ("en", ".")])
def test_numbers_are_those_that_cells_of_a_workbook_hold(language: str, decimal: str) -> None:
    chance = random.Random(7)
    signs = ["", "", "-", "(", "€ ", "EUR", "\u2212", "-€", " - "]
    ends = ["", "", "-", ")", " €", " %", "CHF", "e3", " -"]

    def amount() -> str:
        number = chance.random() * 10.0 ** chance.randint(0, 7)
        body = chance.choice(
            [f"{number:,.2f}", f"{number:,.3f}", f"{number:.0f}", f"{number:,.0f}"]
        )
        body = body.translate(chance.choice([{}, str.maketrans(",.", ".,"), {44: " "}, {44: "’"}]))
        return chance.choice(signs) + body + chance.choice(ends)

    def junk() -> str:
        return "".join(
            chance.choice("00123456789.,.,-()€% '’e") for _ in range(chance.randint(1, 8))
        )

    amounts = {amount().strip() for _ in range(6000)}
    texts = sorted(amounts | {junk().strip() for _ in range(6000)} - {""})
    table = ibis.memtable(pa.table({"text": texts}))
    found = table.select(value=number(table.text, decimal)).to_pyarrow()["value"].to_pylist()
    read_ones = 0
    for text, value in zip(texts, found, strict=True):
        cell = read_number(text, language)
        if value is not None:
            assert cell is not None, text
            assert value == pytest.approx(cell.number, rel=1e-12), text
            read_ones += 1
        elif text in amounts:  # of junk, some that nobody writes is no number here
            assert cell is None, text
    assert read_ones > 4000


@pytest.mark.parametrize("header", ["amount", "Stückpreis;Menge"])
def test_currencies_beside_the_amounts_are_never_added_up(tmp_path: Path, header: str) -> None:
    more = ";1" * header.count(";")
    head = f"order_id;customer_id;order_date;{header}\n"
    lines = [f"{i};C;2024-12-31;{n}{more}\n" for i, n in enumerate(["5", "5 €", "5,50 EUR", "$ 7"])]
    rows, _ = read(written(tmp_path, head + "".join(lines)))
    assert [row["currency"] for row in rows] == [None, "EUR", "EUR", "USD"]
    path = str(written(tmp_path, head + "".join(lines)))
    with open_orders(path) as (table, _), pytest.raises(XlPortfolioError) as raised:
        measure(table, DAY)
    assert "EUR, USD" in raised.value.message("en")
    with open_orders(str(written(tmp_path, head + "".join(lines[:3])))) as (table, _):
        assert measure(table, DAY).frame.loc["C", "turnover_12m"] == 15.5


def test_the_sign_of_a_currency_is_that_currency(tmp_path: Path) -> None:
    text = f"{HEADER};Währung\n1;C;31.12.2024;5;€\n2;C;31.12.2024;5;eur\n3;C;31.12.2024;5;SEK\n"
    assert [row["currency"] for row in read(written(tmp_path, text))[0]] == ["EUR", "EUR", "SEK"]


def test_the_whole_column_decides_not_its_head(tmp_path: Path) -> None:
    found, reading = amounts(tmp_path, *["1.234"] * 30_000, "1.234,5")
    assert (found[0], reading.decimal, reading.decimal_guessed) == (1234, ",", False)
    found, reading = amounts(tmp_path, *["1.234"] * 30_000, "12.5")
    assert (found[0], reading.decimal) == (1.234, ".")


def test_a_column_that_says_nothing_follows_the_others(tmp_path: Path) -> None:
    text = "Order ID;Customer ID;Order date;Amount;Margin\n1;C;2024-12-31;1.234;12.50\n"
    rows, reading = read(written(tmp_path, text))
    assert (rows[0]["amount"], reading.decimal_guessed) == (1.234, False)


def test_if_no_column_says_anything_the_separator_does(tmp_path: Path) -> None:
    found, reading = amounts(tmp_path, "1.234", "2.500")
    assert (found, reading.decimal, reading.decimal_guessed) == ([1234, 2500], ",", True)
    found, reading = amounts(tmp_path, "1.234", "2.500", separator=",")
    assert (found, reading.decimal, reading.decimal_guessed) == ([1.234, 2.5], ".", True)
    found, reading = amounts(tmp_path, "1234")
    assert (found, reading.decimal) == ([1234], None)


def test_a_number_of_the_other_form_is_read_in_that(tmp_path: Path) -> None:
    found, _ = amounts(tmp_path, "1,5", "2,5", "3.5")
    assert found == [1.5, 2.5, 3.5]


def test_dates(tmp_path: Path) -> None:
    for texts in (
        ["31.12.2024", "31.12.24", "31.12.2024 10:15:00", "31. 12. 2024"],
        ["2024-12-31", "2024/12/31", "20241231", "2024-12-31T23:59:59Z", "2024-12-31 10:00"],
        ["31/12/2024", "31-12-24", "31/12/2024 1:00 PM"],
        ["12/31/2024", "12-31-24", "12/31/2024 13:00"],
    ):
        assert days(tmp_path, *texts) == [DAY] * len(texts), texts


def test_centuries_of_short_years_are_those_of_posix(tmp_path: Path) -> None:
    assert days(tmp_path, "1.2.68", "1.2.69") == [dt.date(2068, 2, 1), dt.date(1969, 2, 1)]


def test_one_late_date_settles_the_order_of_all(tmp_path: Path) -> None:
    found = days(tmp_path, *["01/02/2024"] * 30_000, "13/02/2024")
    assert found[0] == dt.date(2024, 2, 1)
    found = days(tmp_path, *["01/02/2024"] * 30_000, "02/13/2024")
    assert found[0] == dt.date(2024, 1, 2)


@pytest.mark.parametrize("date", ["01/02/2024", "01-02-24", "3/4/2024 10:00"])
def test_dates_that_could_be_either_way_round_are_refused(tmp_path: Path, date: str) -> None:
    path = written(tmp_path, f"{HEADER}\n1;C;{date};5\n2;C;05/05/2024;5\n")
    error = stopped(path)
    assert error.key == "dates_ambiguous"
    assert date.split(maxsplit=1)[0] in error.message("en")
    assert "--dates dmy" in error.message("de")
    assert read(path, dates=DateOrder.DMY)[0][0]["order_date"].day in {1, 3}
    assert read(path, dates=DateOrder.MDY)[0][0]["order_date"].month in {1, 3}


def test_dates_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    error = stopped(written(tmp_path, f"{HEADER}\n1;C;31/12/2024;5\n2;C;12/31/2024;5\n"))
    assert error.key == "dates_conflict"
    assert "31/12/2024" in str(error)
    assert "12/31/2024" in str(error)


def test_a_date_that_is_none_is_missing_and_named(tmp_path: Path) -> None:
    rows, reading = read(
        written(tmp_path, f"{HEADER}\n1;C;31.02.2024;5\n2;C;31.12.2024;5\n3;C;;5\n")
    )
    assert [row["order_date"] for row in rows] == [None, DAY, None]
    (problem,) = reading.problems
    assert "31.02.2024" in problem.message("de")
    assert problem.fault.details["count"] == 1


def test_ids_stay_what_they_are(tmp_path: Path) -> None:
    rows, _ = read(
        written(tmp_path, f"{HEADER}\n 0001 ; 00123 ;31.12.2024;5\n1.0;1e3;31.12.2024;5\n")
    )
    assert [(r["order_id"], r["customer_id"]) for r in rows] == [("0001", "00123"), ("1.0", "1e3")]


@pytest.mark.parametrize(
    ("header", "cells", "fractions", "percent"),
    [
        ("Rabatt", ["5", "0", "12,5"], [0.05, 0, 0.125], True),
        ("Rabatt", ["0,05", "0", "1"], [0.05, 0, 1], False),
        ("Rabatt %", ["0", "0,5", "1"], [0, 0.005, 0.01], True),
        ("Rabatt in %", ["0", "1"], [0, 0.01], True),
        ("Rabatt", ["5 %", "0", "1"], [0.05, 0, 0.01], True),
        ("Discount pct", ["1", ""], [0.01, None], True),
    ],
)
def test_discounts_are_percentages_or_fractions_as_a_whole(
    tmp_path: Path, header: str, cells: list[str], fractions: list[float | None], percent: bool
) -> None:
    lines = "".join(f"1;C;31.12.2024;5;{cell}\n" for cell in cells)
    rows, reading = read(written(tmp_path, f"{HEADER};{header}\n{lines}"))
    assert [r["discount"] for r in rows] == [
        f if f is None else pytest.approx(f) for f in fractions
    ]
    assert reading.percent is percent


@pytest.mark.parametrize(
    "header",
    [
        # SAP: list of billing documents; DATEV-like; Sage; Navision; Shopware; Northwind
        "Faktura|Auftraggeber|Fakturadatum|Nettowert|Material|Fakturierte Menge|Währung",
        "Belegfeld 1|Konto|Belegdatum|Umsatz|Artikel|Menge|WKZ Umsatz",
        "Belegnummer|Adressnummer|Belegdatum|Nettobetrag|Artikelnummer|Menge|Währung",
        "Document No.|Sell-to Customer No.|Posting Date|Line Amount|Item No.|Quantity|Currency Code",
        "orderNumber|customerNumber|orderTime|Netto|SKU|Anzahl|currency",
        "VBELN|KUNNR|FKDAT|NETWR|MATNR|FKIMG|WAERK",
        "Rechnungsnr|Debitorennummer|Rechnungsdatum|Umsatz netto EUR|Artikelnr.|Stück|Währung",
        "RECHNUNGSNR|KDNR|RECHNUNGSDATUM|ERLOES|ARTNR|STUECK|WAEHRUNG",
        "Order ID|Customer ID|Order Date|Extended Price|Product ID|Quantity|Currency",
    ],
)
def test_headers_of_erp_systems(tmp_path: Path, header: str) -> None:
    rows, reading = read(written(tmp_path, f"{header}\n1|C|2024-12-31|5|P|2|EUR\n"))
    assert rows == [
        {
            "order_id": "1",
            "customer_id": "C",
            "order_date": DAY,
            "amount": 5,
            "product_id": "P",
            "quantity": 2,
            "currency": "EUR",
        }
    ]
    assert reading.unused == ()


def test_an_exact_header_wins_and_rivals_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, "Auftragsnr;Kundennr;Belegdatum;Netto;Betrag\n1;C;31.12.2024;1;2\n")
    assert read(path)[0][0]["amount"] == 2
    path = written(tmp_path, "Auftragsnr;Kundennr;Belegdatum;Netto;Nettowert\n1;C;31.12.2024;1;2\n")
    error = stopped(path)
    assert error.key == "headers_rival"
    assert "“Netto”" in str(error)
    assert "“Nettowert”" in str(error)
    assert "--map" in str(error)
    assert read(path, {"amount": "Nettowert"})[0][0]["amount"] == 2


def test_a_map_says_what_names_do_not(tmp_path: Path) -> None:
    path = written(tmp_path, "a;b;c;d\n1;C;31.12.2024;5\n")
    error = stopped(path)
    assert error.key == "orders_lack_columns"
    assert "a, b, c, d" in error.message("de")
    mapping = {"order_id": "a", "customer_id": "b", "Auftragsdatum": "c", "amount": "d"}
    assert read(path, mapping)[0][0]["order_date"] == DAY
    assert stopped(path, mapping={"orderdate": "x", "amount": "y"}).key == "map_not_there"
    assert stopped(path, mapping={"colour": "a"}).key == "map_unknown"


def test_quantity_and_price_serve_for_the_amount(tmp_path: Path) -> None:
    text = "Auftragsnr;Kundennr;Datum;Menge;Einzelpreis\n1;C;31.12.2024;2;3,50\n"
    rows, _ = read(written(tmp_path, text))
    assert (rows[0]["quantity"], rows[0]["unit_price"]) == (2, 3.5)
    assert stopped(written(tmp_path, text.replace("Einzelpreis", "X"))).details["missing"] == [
        "amount"
    ]


@pytest.mark.parametrize(
    ("content", "key"),
    [
        (b"", "source_empty"),
        (b" \r\n \r\n", "source_empty"),
        (b"\xef\xbb\xbf", "source_empty"),
        (bytes(range(256)) * 20, "not_text"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" * 9, "not_text"),
        (b"%PDF-1.4\n\x00\x01\x02\xff\xfe\n", "not_text"),
        (b"PK\x03\x04" + b"junk" * 50, "source_no_workbook"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "source_no_workbook"),
        (b"PAR1 and no more", "source_unreadable"),
        (f"{HEADER}\n1;C;31.12.2024;5;x\n".encode(), "line_too_long"),
        (f'{HEADER}\n1;"C;31.12.2024;5\n2;D;31.12.2024;5\n'.encode(), "quote_open"),
        (f'{HEADER}\n1;"C" GmbH;31.12.2024;5\n'.encode(), "quote_open"),
        (b"hello", "orders_lack_columns"),
    ],
)
def test_hostile_files_get_one_sentence(tmp_path: Path, content: bytes, key: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_bytes(content)
    error = stopped(path)
    assert error.key == key
    assert str(path) in str(error)


def test_a_day_that_no_calendar_has_is_a_sentence_too(tmp_path: Path) -> None:
    book = Workbook()
    book.active.append(["Belegnr", "KdNr", "Belegdatum", "Umsatz netto"])
    book.active.append(["1", "C", -1e20, 5])
    book.active["C2"].number_format = "dd.mm.yyyy"
    book.save(tmp_path / "orders.xlsx")
    assert stopped(tmp_path / "orders.xlsx").key == "source_no_workbook"


def test_a_line_that_is_too_long_is_named(tmp_path: Path) -> None:
    text = f"Liste\n{HEADER}\n1;C;31.12.2024;5\n2;Müller, KG;31.12.2024;5;6\n"
    assert stopped(written(tmp_path, text)).details["line"] == 4


def test_there_must_be_something(tmp_path: Path) -> None:
    assert stopped(tmp_path / "none.csv").key == "no_such_source"
    assert stopped(tmp_path).key == "folder_without_files"


def test_folders_of_one_kind(tmp_path: Path) -> None:
    written(tmp_path, f"{HEADER}\n1;C;31.12.2024;5,5\n", name="a.csv")
    (tmp_path / "2025").mkdir()
    other = "Kd-Nr.;Umsatz netto;Auftragsnr;Belegdatum\nMüller;6,5;2;31.12.2024\n"
    written(tmp_path / "2025", other, "cp1252", name="b.CSV")
    written(tmp_path, "not read", name="_SUCCESS")
    rows, reading = read(tmp_path)
    found = {(row["order_id"], row["customer_id"], row["amount"]) for row in rows}
    assert found == {("1", "C", 5.5), ("2", "Müller", 6.5)}
    assert (reading.files, reading.rows) == (2, 2)
    assert read(tmp_path / "*.csv")[1].rows == 1
    different = written(tmp_path, HEADER + ";DB\n1;C;31.12.2024;5;1\n", name="c.csv")
    assert stopped(tmp_path).key == "files_differ"
    different.write_bytes(b"PAR1")
    assert stopped(tmp_path).key == "folder_mixed"


def test_parquet_with_types_and_with_texts(tmp_path: Path) -> None:
    typed = pa.table(
        {
            "Auftragsnr": pa.array([1, 2], pa.int64()),
            "Kundennr": pa.array([123.0, 7.5], pa.float64()),
            "Belegdatum": pa.array([dt.datetime(2024, 12, 31, 10)] * 2, pa.timestamp("us")),  # noqa: DTZ001
            "Netto": pa.array([None, 5], pa.decimal128(10, 2)),
            "Artikel": pa.array([" x ", ""], pa.string()),
        }
    )
    pq.write_table(typed, tmp_path / "a.parquet")
    rows, reading = read(tmp_path / "a.parquet")
    assert rows == [
        {
            "order_id": "1",
            "customer_id": "123",
            "order_date": DAY,
            "amount": None,
            "product_id": "x",
        },
        {
            "order_id": "2",
            "customer_id": "7.5",
            "order_date": DAY,
            "amount": 5.0,
            "product_id": None,
        },
    ]
    assert (reading.kind, reading.dates, reading.decimal) == (Kind.PARQUET, None, None)
    texts = {
        name: [str(cell)]
        for name, cell in zip(
            typed.column_names, ["1", "2", "31.12.2024", "1.234,5", "x"], strict=True
        )
    }
    pq.write_table(pa.table(texts), tmp_path / "b.parquet")
    rows, reading = read(tmp_path / "b.parquet")
    assert (rows[0]["order_date"], rows[0]["amount"]) == (DAY, 1234.5)
    assert stopped(tmp_path).key == "files_differ"


def test_parquet_with_numbers_that_are_none_or_huge(tmp_path: Path) -> None:
    odd = [math.nan, math.inf, 1e300]
    table = pa.table(
        {
            "order_id": pa.array([Decimal(10) ** 22, Decimal(2), None, Decimal(-4)]),
            "customer_id": [*odd, 7.0],
            "order_date": [*odd, 45_292.5],
            "amount": [*odd, 5.0],
            "discount": [*odd[:2], None, 0.25],
        }
    )
    pq.write_table(table, tmp_path / "odd.parquet")
    rows, reading = read(tmp_path / "odd.parquet")
    assert [row["order_id"] for row in rows] == ["1" + "0" * 22, "2", None, "-4"]
    assert [row["customer_id"] for row in rows] == [None, None, "1e+300", "7"]
    assert [row["order_date"] for row in rows] == [None, None, None, dt.date(2024, 1, 1)]
    assert (rows[3]["discount"], reading.percent) == (0.25, False)


def test_parquet_with_numbers_that_are_none_beside_usual_ones(tmp_path: Path) -> None:
    # the statistics of such a file leave NaN out
    odd = {name: [8.0, math.nan] for name in ("customer_id", "order_date", "amount", "discount")}
    pq.write_table(pa.table({"order_id": ["1", "2"], **odd}), tmp_path / "odd.parquet")
    rows, reading = read(tmp_path / "odd.parquet")
    assert [row["customer_id"] for row in rows] == ["8", None]
    assert (rows[1]["order_date"], rows[1]["amount"]) == (None, None)
    assert (rows[0]["discount"], reading.percent) == (0.08, True)


@pytest.mark.parametrize("most", [0, 1 << 20])
def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    monkeypatch.setattr(orders, "_IN_MEMORY", most)  # bytes from which on texts are kept on disk
    path = written(tmp_path, f"{HEADER}\n1;Müller;31.12.2024;5,5\n", "cp1252")
    with open_orders(str(path)) as (lines, _):
        assert len(list(scratch.iterdir())) == 1
        assert lines.amount.sum().to_pyarrow().as_py() == 5.5
    assert list(scratch.iterdir()) == []
    stopped(written(tmp_path, f"{HEADER}\n1;Müller;01/02/2024;5,5\n", "cp1252"))
    assert list(scratch.iterdir()) == []


def test_a_parquet_file_with_damaged_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    names = ["Auftragsnr", "Kundennr", "Belegdatum", "Netto"]
    cells = [f"text {i * i}" for i in range(5000)]
    pq.write_table(pa.table({**dict.fromkeys(names, cells), "Netto": [*range(5000)]}), path)
    data = bytearray(path.read_bytes())
    data[100:4000] = bytes(255 - byte for byte in data[100:4000])
    path.write_bytes(data)
    assert stopped(path).key == "source_unreadable"


def sheet(folder: Path, rows: list[list[Any]], *, table: str | None = None) -> Path:
    book = Workbook()
    book.active.title = "Deckblatt"  # type: ignore[union-attr]
    book.active["A1"] = "Umsatzliste"  # type: ignore[index]
    page = book.create_sheet("Daten")
    for row in rows:
        page.append(row)
    if table:
        corner = page.cell(len(rows), len(rows[0])).coordinate
        page.add_table(ExcelTable(displayName=table, ref=f"A1:{corner}"))
    path = folder / "orders.xlsx"
    book.save(path)
    return path


def test_a_workbook_by_the_sheet_and_row_of_our_headers(tmp_path: Path) -> None:
    midnight = dt.datetime(2024, 12, 31)  # noqa: DTZ001
    path = sheet(
        tmp_path,
        [
            ["Bericht", None],
            [],
            ["Belegnr.", "Kunde", "Debitor", "Belegdatum", "Netto", "Rabatt %", "DB"],
            [4711, "Müller", 123.0, midnight, 5.5, 0.05, "1.234,50"],
            ["4712", "Meier", "00124", "31.12.2024", "1.234,50 €", 0.1, None],
            [None, None, None, None, None, None, None],
            [4713, "Huber", 125, 45657, None, None, "n/a"],
        ],
    )
    rows, reading = read(path)
    assert [row["customer_id"] for row in rows] == ["123", "00124", "125"]
    assert [row["order_id"] for row in rows] == ["4711", "4712", "4713"]
    assert [row["order_date"] for row in rows] == [DAY] * 3
    assert [row["amount"] for row in rows] == [5.5, 1234.5, None]
    assert [row["margin"] for row in rows] == [1234.5, None, None]
    assert [row["discount"] for row in rows] == [0.05, 0.1, None]  # numbers that Excel shows as 5 %
    assert (reading.kind, reading.table, reading.rows) == (Kind.WORKBOOK, "Daten", 3)
    assert reading.unused == ("Kunde",)
    (problem,) = reading.problems
    assert "n/a" in problem.message("en")


def test_a_workbook_of_ours_by_its_table(tmp_path: Path) -> None:
    rows = [
        ["Order ID", "Customer ID", "Order date", "Amount"],
        [1, "C", dt.datetime(2024, 12, 31), 5],  # noqa: DTZ001
    ]
    found, _ = read(sheet(tmp_path, rows, table="tblOrders"))
    assert found == [{"order_id": "1", "customer_id": "C", "order_date": DAY, "amount": 5.0}]


def test_the_table_of_an_open_workbook() -> None:
    header = ["Auftragsnummer", "Kundennummer", "Auftragsdatum", "Betrag", "Rabatt"]
    ids: list[Any] = [1.0, " A7 ", None]
    dates = [dt.datetime(2024, 12, 31, 9), "31.12.2024", CellError("#N/A")]  # noqa: DTZ001
    money = np.array([1.5, math.nan, 2.0])
    raw = RawTable(
        ORDERS, "Aufträge", 1, 1, header, [ids, ids, dates, money, ["5 %", None, 0.1]], 3
    )
    lines, reading = orders_of(raw)
    rows = lines.to_pyarrow().to_pylist()
    assert [row["customer_id"] for row in rows] == ["1", "A7", None]
    assert [row["order_date"] for row in rows] == [DAY, DAY, None]
    assert [row["amount"] for row in rows] == [1.5, None, 2.0]
    assert rows[0]["discount"] == pytest.approx(0.05)
    assert "#N/A" in reading.problems[0].message("en")


def test_northwind(test_data: Path) -> None:
    with open_orders(str(test_data / "northwind" / "order_lines.csv")) as (lines, reading):
        net = (lines.quantity * lines.unit_price * (1 - lines.discount)).sum().to_pyarrow().as_py()
        customers = lines.customer_id.nunique().to_pyarrow().as_py()
    assert net == pytest.approx(1_265_793.0395, rel=1e-12)
    assert customers == 89
    assert (reading.rows, reading.percent, reading.unused) == (2155, False, ())


def test_a_reading_is_told_in_both_languages(tmp_path: Path) -> None:
    _, reading = read(written(tmp_path, f"{HEADER};Ort\n1;C;31.12.2024;1.234\n"))
    assert reading.lines("de")[1:] == [
        "Zeichensatz: UTF-8",
        "Trennzeichen: Semikolon",
        "Zahlen: wie 1234,50 (angenommen, da sich alle auf beide Arten lesen lassen)",
        "Datum: Tag, Monat, Jahr",
        "Spalte: Auftragsnr → order_id",
        "Spalte: Kd-Nr. → customer_id",
        "Spalte: Belegdatum → order_date",
        "Spalte: Umsatz netto → amount",
        "Nicht verwendet: Ort",
        "Zeilen: 1",
    ]
    assert "Dates: day, month, year" in reading.lines("en")


NAMES = st.text(
    st.characters(codec="cp1252", exclude_categories=["C", "Z"]), min_size=1, max_size=8
).filter(lambda text: text == text.strip())
LINES = st.lists(
    st.tuples(
        NAMES,
        NAMES,
        st.dates(dt.date(1970, 1, 1), dt.date(2068, 12, 31)),
        st.integers(-(10**9), 10**9).map(lambda n: n / 100),
    ),
    min_size=1,
    max_size=20,
)
FORMS = ["%d.%m.%Y", "%Y-%m-%d", "%Y%m%d", "%d.%m.%y", "%Y-%m-%d %H:%M:%S"]


def german(number: float) -> str:
    return f"{number:,.2f}".translate(str.maketrans(",.", ".,"))


@settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    LINES,
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from([";", ",", "\t", "|"]),
    st.sampled_from(["\n", "\r\n"]),
    st.sampled_from(
        [
            german,
            lambda n: f"{n:.2f}",
            lambda n: f"{n:,.2f}",
            lambda n: f"{abs(n):.2f}" + "-" * (n < 0),
        ]
    ),
    st.sampled_from(FORMS),
)
def test_what_is_written_is_read_back(
    tmp_path: Path, lines: list[Any], encoding: str, separator: str, end: str, money: Any, form: str
) -> None:
    out = StringIO()
    writer = csv.writer(out, delimiter=separator, lineterminator=end)
    writer.writerow(["Auftragsnr", "Kundennr", "Datum", "Netto"])
    for order, customer, date, amount in lines:
        writer.writerow([order, customer, date.strftime(form), money(amount)])
    path = tmp_path / "orders.csv"
    path.write_bytes(out.getvalue().encode(encoding))
    rows, reading = read(path)
    assert not reading.problems
    assert [(r["order_date"], r["amount"]) for r in rows] == [
        (date, pytest.approx(amount, abs=1e-9)) for *_, date, amount in lines
    ]
    if encoding != "cp1252":  # whose letters other encodings may have as well
        assert [(r["order_id"], r["customer_id"]) for r in rows] == [(o, c) for o, c, *_ in lines]
