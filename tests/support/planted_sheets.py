"""Workbooks with secrets at every place of a sheet, and who may not see them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from lxml import etree
from openpyxl import Workbook as OpenpyxlWorkbook
from openpyxl.worksheet.table import Table, TableStyleInfo

from support.books import CRITERIA_HEADER, table_sheet
from support.packages import MAIN, parsed, parts_of, with_shared_strings, write_parts
from xlportfolio.audience import Alias, Audience
from xlportfolio.errors import Problem
from xlportfolio.files.change import change
from xlportfolio.files.clearing import clear_cells
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.model import id_text
from xlportfolio.run import Run
from xlportfolio.schema import interpret
from xlportfolio.secrecy import Secrets
from xlportfolio.sharing import Only, Sharing

GONE, GONE_ID, STAYS = "Nordbau Müller GmbH", "4711-77", "Süd Handel"
HEADER = ("Customer ID", "Customer", "Status", "Rep", "Turnover", "Growth", "Fit", "Visits")
CUSTOMERS: Sequence[Sequence[Any]] = (
    ("4711-76", STAYS, "Customer", "Anna", 91234.5, 0.4, "high", 2),
    (GONE_ID, GONE, "Customer", "Bert", 81234.75, 0.1, "low", 9),
    ("4711-78", "Ostwerk", "Customer", "Anna", 11234.25, -0.3, "high", 1),
    (880799, "Westfalen Guss", "Customer", "Bert", 5234.5, -0.5, "low", 10),
    ("4711-80", "Zentra AG", "Prospect", "Anna", None, 0.5, "high", None),
)
CRITERIA = (
    ("Turnover", "value", 50, "max", "linear", 0, 100_000, None, None, "EUR", None),
    ("Growth", "value", 50, None, None, -0.5, 0.5, None, None, None, None),
    ("Fit", "benefit", 70, None, "categories", None, None, "high=100; low=20", None, None, None),
    ("Visits", "benefit", 30, "min", "linear", 0, 10, None, None, None, None),
)
ORDERS_HEADER = ("Order ID", "Customer ID", "Order date", "Amount")


def orders(rows: int = 1) -> list[Sequence[Any]]:
    """Some lines of each customer's."""
    day = dt.date(2025, 3, 1)
    return [
        (f"A{i}{n}", customer[0], day + dt.timedelta(days=n), 100 + i)
        for i, customer in enumerate(CUSTOMERS)
        for n in range(rows)
    ]


def write(
    path: Path,
    *,
    tables: bool = True,
    sources: Mapping[str, str] | None = None,
    more: Mapping[str, Sequence[Sequence[Any]]] | None = None,
    totals: bool = False,
) -> Path:
    """The input tables, and more sheets, each a table if its name begins with ``tbl``."""
    book = OpenpyxlWorkbook()
    notes = book.worksheets[0]
    notes.title = "Notes"
    name = "tblCustomers" if tables and not totals else None
    table_sheet(book, "Customers", name, [HEADER, *CUSTOMERS], (2, 2))
    if totals:
        _with_totals(book["Customers"])
    header: Sequence[Any] = (*CRITERIA_HEADER, "Source")
    criteria = [(*row, (sources or {}).get(str(row[0]))) for row in CRITERIA]
    table_sheet(book, "Criteria", "tblCriteria" if tables else None, [header, *criteria])
    for sheet, rows in (more or {}).items():
        table_sheet(book, sheet, sheet if sheet.startswith("tbl") else None, rows)
    book.save(path)
    with_parts(path, _shared(parts_of(path)))
    return path


def _shared(parts: dict[str, bytes]) -> dict[str, bytes]:
    """The parts with the texts of cells as Excel keeps them: shared."""
    texts: dict[str, int] = {}
    made = dict(parts)
    for part, data in parts.items():
        if not part.startswith("xl/worksheets/sheet"):
            continue
        root = parsed(data)
        for cell in root.iter(f"{MAIN}c"):
            if cell.get("t") == "inlineStr":
                text = "".join(t.text or "" for t in cell.iter(f"{MAIN}t"))
                del cell[:]
                cell.set("t", "s")
                etree.SubElement(cell, f"{MAIN}v").text = str(texts.setdefault(text, len(texts)))
        made[part] = etree.tostring(root)
    strings = etree.Element(f"{MAIN}sst")
    for text in texts:
        etree.SubElement(etree.SubElement(strings, f"{MAIN}si"), f"{MAIN}t").text = text
    made["xl/sharedStrings.xml"] = etree.tostring(strings)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sharedStrings+xml"
    declared = f'<Override PartName="/xl/sharedStrings.xml" ContentType="{kind}"/></Types>'
    types = made["[Content_Types].xml"].replace(b"</Types>", declared.encode())
    return with_shared_strings(made | {"[Content_Types].xml": types})


def _with_totals(sheet: Any) -> None:
    bottom = 3 + len(CUSTOMERS)
    sheet.cell(bottom, 2, "Sum")
    sheet.cell(bottom, 6, "=SUBTOTAL(109,tblCustomers[Turnover])")
    table = Table(displayName="tblCustomers", ref=f"B2:I{bottom}", totalsRowCount=1)
    table.tableStyleInfo = TableStyleInfo(name="TableStyleLight1")
    table._initialise_columns()  # noqa: SLF001 (openpyxl offers no other way to set totals)
    for column, header in zip(table.tableColumns, HEADER, strict=True):
        column.name = header
    table.autoFilter.ref = f"B2:I{bottom - 1}"
    table.tableColumns[0].totalsRowLabel = "Sum"
    table.tableColumns[4].totalsRowFunction = "sum"
    sheet.add_table(table)


def audience(
    workbook: Workbook,
    *,
    only: str | None = None,
    hide: Sequence[str] = (),
    anonymise: bool = False,
    ids: bool = False,
) -> Audience:
    """Whose rows and which columns may be seen; a representative's customers alone, if named."""
    run = Run.of(interpret(read_tables(workbook)), today=dt.date(2025, 6, 1))
    grid = run.given.places.customers
    rows = [(grid.sheet_row(i), *(grid.raw.cell(i, p) for p in (0, 1, 3))) for i in grid.rows]
    removed = {row for row, _, _, rep in rows if only is not None and rep != only}
    gone: list[str] = []
    numbers: list[float] = []
    for row, number, customer, _ in rows:
        if row in removed:
            gone += [id_text(number), str(customer)]
            numbers += [float(number)] if isinstance(number, int | float) else []
    hidden = [p for h in hide if (p := grid.position_of(h)) is not None]
    for position in hidden:
        cells = [grid.raw.cell(i, position) for i in grid.rows]
        gone += [cell for cell in cells if isinstance(cell, str)]
        numbers += [float(cell) for cell in cells if isinstance(cell, int | float)]
    stay = [row for row in rows if row[0] not in removed]
    aliases, id_aliases = _aliases(stay, anonymise=anonymise, ids=ids)
    told = {a.customer: a.shown for a in aliases if anonymise} | id_aliases
    allowed = [str(row[2]) for row in stay if not anonymise]
    return Audience(
        sharing=Sharing(
            only=None if only is None else Only("Rep", only),
            hide=tuple(hide),
            anonymise=anonymise,
            anonymise_ids=ids,
        ),
        whole=run,
        run=run,
        removed=frozenset(removed),
        hidden=frozenset(hidden),
        criteria=frozenset({row[0] for row in CRITERIA} & set(hide)),
        id_aliases=id_aliases,
        aliases=tuple(aliases),
        secrets=Secrets(gone, told, allowed, numbers),
        problems=(),
    )


def _aliases(
    rows: Iterable[Sequence[Any]], *, anonymise: bool, ids: bool
) -> tuple[list[Alias], dict[str, str]]:
    aliases, id_aliases = [], {}
    for at, (_, number, customer, _) in enumerate(rows, start=1):
        shown = f"Kunde {at:02}" if anonymise else customer
        shown_id = f"K{at:03}" if ids else id_text(number)
        aliases.append(Alias(id_text(number), customer, shown_id, shown))
        if ids:
            id_aliases[id_text(number)] = shown_id
    return (aliases if anonymise or ids else []), id_aliases


def with_parts(path: Path, changed: Mapping[str, bytes]) -> None:
    """Replace parts of a package."""
    write_parts(path, parts_of(path) | dict(changed))


def cleared(path: Path, out: Path, skip: Sequence[str] = (), **asked: Any) -> list[Problem]:
    """Clear a workbook and write it elsewhere; what the sender is told."""

    def work(workbook: Workbook) -> list[Problem]:
        return clear_cells(workbook, audience(workbook, **asked), skip).problems

    return change(path, out, work, suffix=out.suffix).content
