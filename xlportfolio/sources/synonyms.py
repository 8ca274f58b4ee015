"""Whose column is this? Headers as ERP systems write them, matched to ours."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from xlportfolio.errors import XlPortfolioError
from xlportfolio.model import name_key
from xlportfolio.schema.contract import Table

#: What each column is called elsewhere, by our key: first names that say it plainly, then names
#: that serve only where no plainer one is there. Case, blanks and punctuation do not matter.
ORDER_NAMES: Mapping[str, tuple[str, str]] = {
    "order_id": (
        """
        Auftragsnr, Auftrags-ID, Auftrag Nr, Auftrag, Bestellnummer, Bestellnr,
        Bestell-ID, Belegnr, Belegnummer, Beleg, Rechnungsnr, Rechnungsnummer, Rechnung,
        Faktura, Fakturanummer, Fakturanr, Verkaufsbeleg, Verkaufsbelegnummer,
        Vorgangsnummer, Vorgangsnr, Vorgang, Order, Order number, Order no, Orderno,
        Ordernr, Ordernumber, Sales order, Sales document, Sales order number, Invoice,
        Invoice number, Invoice no, Invoice ID, Document number, Document no, Billing
        document, VBELN
        """,
        "Belegfeld 1, Nummer, Document",
    ),
    "customer_id": (
        """
        Kundennr, Kunden-Nr, Kd-Nr, KdNr, Knr, Kunden-ID, KundeNr, Kundenr, Debitor,
        Debitorennummer, Debitorennr, Debitor Nr, Debitornr, Debitorenkonto,
        Auftraggeber, Auftraggebernummer, Adressnummer, Adressnr, Kundenkonto,
        Personenkonto, Sold-to, Sold-to party, Sold-to customer no, Sell-to customer no, Customer
        number, Customer no, Customernr, Customerno, Cust ID, Customer code, Client ID,
        Account number, Account no, Account ID, Debtor, Debtor no, KUNNR
        """,
        """
        Kunde, Customer, Konto, Account, Gegenkonto, Client, Warenempfänger, Regulierer,
        Rechnungsempfänger, Ship-to, Ship-to party, Bill-to, Bill-to customer no, Payer
        """,
    ),
    "order_date": (
        """
        Auftragsdat, Belegdatum, Belegdat, Rechnungsdatum, Rechnungsdat, Fakturadatum,
        Bestelldatum, Buchungsdatum, Date of order, Orderdate, Ordered at,
        Ordered on, Invoice date, Document date, Posting date, Billing date, Order time,
        Bestellzeit, FKDAT, AUDAT, ERDAT
        """,
        "Datum, Date, Tag, Day, Lieferdatum, Shipped date, Ship date, Delivery date",
    ),
    "amount": (
        """
        Umsatz netto, Nettoumsatz, Netto-Umsatz, Nettobetrag, Betrag netto, Nettowert,
        Netto, Netto-Wert, Positionswert, Positionsbetrag, Zeilenbetrag, Gesamt netto,
        Summe netto, Gesamtpreis netto, Warenwert, Nettoerlös, Net amount, Amount net,
        Net, Net value, Net sales, Net revenue, Net total, Line amount, Line total, Line
        amount excl VAT, Amount excl VAT, Extended price, Extended amount, NETWR
        """,
        """
        Umsatz, Erlös, Gesamtpreis, Gesamt, Gesamtbetrag, Summe, Wert, Revenue,
        Turnover, Sales, Total, Value, Sales amount
        """,
    ),
    "margin": (
        """
        DB, DB1, DB 1, DB I, Deckungsbeitrag 1, Deckungsbeitrag I, Rohertrag, Rohgewinn,
        Marge, Rohmarge, Roherlös, Contribution, Contribution margin, Gross profit,
        Gross margin, Profit, Margin amount
        """,
        "Ertrag, Gewinn",
    ),
    "product_id": (
        """
        Artikelnr, Artikel-Nr, ArtNr, Art-Nr, Artikel-ID, Materialnummer, Materialnr,
        Material, Produktnummer, Produktnr, Produkt-ID, Product number, Product no,
        Product code, Item number, Item no, Item ID, Item code, Article number, Article
        no, Article ID, Part number, SKU, MATNR
        """,
        "Artikel, Produkt, Product, Item, Article",
    ),
    "quantity": (
        """
        Stück, Stückzahl, Anzahl, Liefermenge, Bestellmenge, Auftragsmenge, Fakturierte
        Menge, Qty, Units, Order quantity, Billed quantity, Invoiced quantity, Quantity
        ordered, FKIMG
        """,
        "Pieces, Count",
    ),
    "discount": (
        """
        Rabatt %, Rabatt in %, Rabattsatz, Rabatt Prozent, Rabattprozent, Discount %,
        Discount pct, Discount percent, Discount rate, Line discount %, Zeilenrabatt %,
        Zeilenrabatt
        """,
        "Nachlass, Nachlass %",
    ),
    "currency": (
        """
        Währungscode, Währungskennzeichen, Währungsschlüssel, WKZ Umsatz, WKZ, Whrg,
        Belegwährung, Currency code, Curr, CCY, Document currency, WAERK, WAERS
        """,
        "",
    ),
    "rate": (
        """
        Wechselkurs, Umrechnungskurs, Währungskurs, Währungsfaktor, Exchange rate,
        Currency rate, Conversion rate, FX rate, KURRF
        """,
        "",
    ),
    "unit_price": (
        """
        Einzelpreis, Preis je Stück, Preis pro Stück, E-Preis, EP, Einzelpreis netto,
        VK-Preis, Nettopreis, Verkaufspreis, Stückpreis netto, Price per unit, Sales
        price, Net price, Unitprice
        """,
        "Preis, Price, VK",
    ),
}
CUSTOMER_NAMES: Mapping[str, tuple[str, str]] = {
    "customer_id": (
        ORDER_NAMES["customer_id"][0],
        "Konto, Account, Nr, Nummer, No, Number, ID",
    ),
    "customer": (
        """
        Firma, Firmenname, Kundenname, Name des Kunden, Name 1, Name1, Name,
        Unternehmen, Kundenbezeichnung, Debitorenname, Debitorname, Customer name,
        Company, Company name, Account name, Client name, NAME1
        """,
        "Bezeichnung, Suchname, Kurzname, Client",
    ),
    "status": (
        "Kundenstatus, Customer status, Account status",
        "",
    ),
    "hours_now": (
        "Stunden, Betreuungsstunden, Hours",
        "",
    ),
}

_FOLDED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_UNIT = re.compile(
    r"[(\[][^)\]]*[)\]]\s*$|\s(?:in\s+)?(?:t?eur|euro|€|chf|usd|\$|gbp|£|prozent|percent|pct|%)\s*$"
)


def plain(header: str) -> str:
    """What a header is compared by: letters and digits, umlauts written out, no unit behind.

    Examples
    --------
    >>> plain(" Kd.-Nr. ") == plain("KdNr"), plain("Umsatz netto (EUR)")
    (True, 'umsatznetto')
    >>> plain("Währung") == plain("WAEHRUNG"), plain("Rabatt in %") == plain("Rabatt")
    (True, True)
    """
    lowered = name_key(header)
    without = _UNIT.sub("", lowered).strip() or lowered
    return re.sub(r"[^\w]|_", "", without.replace("%", "").translate(_FOLDED))


def says_percent(header: str) -> bool:
    """Whether a header says that its numbers are percentages.

    >>> says_percent("Rabatt in %"), says_percent("discount_pct"), says_percent("Rabatt")
    (True, True, False)
    """
    return re.search(r"%|prozent|percent|pct", header.casefold()) is not None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A column that is looked for: what it is called here, and in two grades elsewhere."""

    key: str
    names: tuple[frozenset[str], ...]
    needed: bool = False

    @classmethod
    def of(
        cls,
        key: str,
        own: Iterable[str],
        elsewhere: tuple[str, str] = ("", ""),
        *,
        needed: bool = False,
    ) -> Wanted:
        """From names in one text each, separated by commas."""
        grades = [own, *(names.split(",") for names in elsewhere)]
        sets = tuple(frozenset(filter(None, map(plain, names))) for names in grades)
        return cls(key, sets, needed)


def wanted(table: Table, names: Mapping[str, tuple[str, str]]) -> list[Wanted]:
    """The columns of one of our tables, and what they are called elsewhere."""
    return [
        Wanted.of(
            column.key,
            (column.key, column.english, column.german),
            names.get(column.key, ("", "")),
        )
        for column in table.all_columns
    ]


@dataclass(frozen=True, slots=True)
class Matched:
    """Which of the headers of a source are ours.

    Attributes
    ----------
    positions
        Key -> position of the column from 0, in the order of the source.
    unused
        Headers that are none of ours.
    """

    positions: Mapping[str, int]
    unused: tuple[str, ...]


def matched(
    headers: Sequence[str], columns: Sequence[Wanted], mapping: Mapping[str, str], source: str
) -> Matched:
    """Find our columns among the headers of a source.

    What ``mapping`` names comes first, then our own names, then those of elsewhere by grade. A
    header serves one column only.

    Parameters
    ----------
    mapping
        Our key or header -> their header.
    source
        What the source is called in a sentence.

    Raises
    ------
    XlPortfolioError
        If ``mapping`` names a column that is not there, or two headers say the same of one column.

    Examples
    --------
    >>> columns = [Wanted.of("amount", ["Amount"], ("Netto, Umsatz netto", "Umsatz"))]
    >>> matched(["Nr", "Umsatz", "Umsatz netto"], columns, {}, "orders.csv")
    Matched(positions={'amount': 2}, unused=('Nr', 'Umsatz'))
    """
    found = _mapped(headers, columns, mapping, source)
    keys = [plain(header) for header in headers]
    for grade in range(3):
        for column in columns:
            if column.key in found:
                continue
            taken = set(found.values())
            fitting = [
                i for i, key in enumerate(keys) if key in column.names[grade] and i not in taken
            ]
            if len(fitting) > 1:
                raise XlPortfolioError(
                    "headers_rival",
                    path=source,
                    first=headers[fitting[0]],
                    second=headers[fitting[1]],
                    field=column.key,
                )
            if fitting:
                found[column.key] = fitting[0]
    positions = dict(sorted(found.items(), key=lambda item: item[1]))
    used = set(positions.values())
    unused = tuple(h for i, h in enumerate(headers) if i not in used and h.strip())
    return Matched(positions, unused)


def count(headers: Sequence[str], columns: Sequence[Wanted], mapping: Mapping[str, str]) -> int:
    """How many of our columns a row may be the header of; a row of texts only is one.

    Examples
    --------
    >>> columns = [Wanted.of("amount", ["Amount"]), Wanted.of("order_date", ["Date"])]
    >>> count(["Date", "Amount", "Amount"], columns, {}), count(["as of", "2024"], columns, {})
    (2, 0)
    """
    keys = {plain(header) for header in headers}
    theirs = {plain(header) for header in mapping.values()}
    return len(keys & theirs) + sum(any(keys & names for names in c.names) for c in columns)


def _mapped(
    headers: Sequence[str], columns: Sequence[Wanted], mapping: Mapping[str, str], source: str
) -> dict[str, int]:
    """What the user says which column is which."""
    found = {}
    for ours, theirs in mapping.items():
        column = next((c for c in columns if plain(ours) in c.names[0]), None)
        if column is None:
            allowed = [c.key for c in columns]
            raise XlPortfolioError("map_unknown", found=ours, allowed=allowed)
        same = [i for i, header in enumerate(headers) if header.strip() == theirs.strip()]
        alike = [i for i, header in enumerate(headers) if plain(header) == plain(theirs)]
        if not (same or alike):
            shown = [header for header in headers if header.strip()]
            raise XlPortfolioError("map_not_there", path=source, found=theirs, headers=shown)
        found[column.key] = (same or alike)[0]
    return found


def is_german(headers: Iterable[str], table: Table) -> bool:
    """Whether more headers are German than English; as a rule, so are the numbers below.

    Examples
    --------
    >>> from xlportfolio.schema.contract import ORDERS
    >>> is_german(["Kd-Nr.", "Belegdatum", "Umsatz"], ORDERS), is_german(["Amount"], ORDERS)
    (True, False)
    """
    german = {plain(column.german) for column in table.all_columns}
    english = {plain(column.english) for column in table.all_columns}
    keys = [plain(header) for header in headers]
    stems = ("nr", "nummer", "datum", "umsatz", "betrag", "kund", "netto", "menge", "rabatt")
    like_german = sum(key in german or any(stem in key for stem in stems) for key in keys)
    return like_german > sum(key in english for key in keys)
