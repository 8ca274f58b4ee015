"""Northwind's order book as measures of its customers, and as input in genuine workbooks."""

from __future__ import annotations

import shutil
from io import BytesIO
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl import Workbook as OpenpyxlWorkbook

from support.books import CRITERIA_HEADER, table_sheet
from support.packages import parts_of
from xlportfolio.files.graft import Graft
from xlportfolio.files.package import Package
from xlportfolio.files.workbook import Workbook

AS_OF = pd.Timestamp("1998-05-06")
CRITERIA = (
    ("Turnover", "value", 30, "max", "linear", 0, 60_000, None, "skip", "USD", None),
    ("Growth", "value", 20, "max", "linear", -0.5, 1.5, None, "neutral", None, None),
    ("Orders per year", "value", 20, "max", "steps", None, None, "0=0; 4=40; 8=70; 15=100"),
    ("Days since last order", "value", 15, "min", "linear", 0, 365),
    ("Average order value", "value", 15, "max", "piecewise", None, None, "0=0; 1000=50; 4000=100"),
    ("Products", "benefit", 50, "max", "linear", None, None),
    ("Irregularity", "benefit", 30, "min", "linear", 0, 2),
    ("Average discount", "benefit", 20, "min", "linear", 0, 0.2),
)
WORKBOOKS = (
    "chartsheet.xlsx",
    "complex.xlsx",
    "conditional_formats.xlsx",
    "custom_xml.xlsx",
    "data_model.xlsx",
    "dynamic_arrays.xlsx",
    "embedded_objects.xlsm",
    "form_controls.xlsx",
    "macros.xlsm",
    "pivot_tables.xlsx",
    "query_tables.xlsx",
    "shapes.xlsx",
    "threaded_comments.xlsx",
    "web_extension.xlsx",
    "xml_maps.xlsx",
)


def measures_in(test_data: Path) -> pd.DataFrame:
    """One row for each of Northwind's customers, measured as of its last order."""
    lines = pd.read_csv(test_data / "northwind" / "order_lines.csv", parse_dates=["order_date"])
    lines["gross"] = lines["unit_price"] * lines["quantity"]
    lines["net"] = lines["gross"] * (1 - lines["discount"])
    customers = pd.read_csv(test_data / "northwind" / "customers.csv").set_index("customer_id")
    year_ago, two_years_ago = (AS_OF - pd.DateOffset(years=n) for n in (1, 2))
    last = lines[lines["order_date"] > year_ago]
    before = lines[(lines["order_date"] > two_years_ago) & (lines["order_date"] <= year_ago)]
    of = {name: frame.groupby("customer_id") for name, frame in (("all", lines), ("last", last))}
    orders = lines.groupby(["customer_id", "order_id"]).agg(
        net=("net", "sum"), day=("order_date", "first")
    )
    gaps = orders.sort_values("day").groupby("customer_id")["day"].diff().dt.days
    per_gap = gaps.groupby("customer_id")
    known = pd.Index(lines["customer_id"].unique())  # no order this year is 0, not missing
    turnover = of["last"]["net"].sum().reindex(known, fill_value=0)
    table = pd.DataFrame(
        {
            "Turnover": turnover,
            "Growth": turnover / before.groupby("customer_id")["net"].sum() - 1,
            "Orders per year": of["last"]["order_id"].nunique().reindex(known, fill_value=0),
            "Days since last order": (AS_OF - of["all"]["order_date"].max()).dt.days,
            "Average order value": orders.groupby("customer_id")["net"].mean(),
            "Products": of["all"]["product_id"].nunique(),
            "Irregularity": per_gap.std() / per_gap.mean(),
            "Average discount": 1 - of["all"]["net"].sum() / of["all"]["gross"].sum(),
        },
        index=customers.index,
    )
    table.insert(0, "Customer", customers["company"])
    table.insert(
        1, "Status", np.where(customers.index.isin(lines["customer_id"]), "Customer", "Prospect")
    )
    return table


def input_tables(measures: pd.DataFrame) -> bytes:
    """The input tables of the contract, as a workbook of their own."""
    book = OpenpyxlWorkbook()
    del book[book.sheetnames[0]]
    names = list(measures.columns[2:])
    rows = measures.astype(object).where(measures.notna(), None).reset_index().to_numpy().tolist()
    table_sheet(book, "Customers", "tblCustomers", [["Customer ID", *measures.columns], *rows])
    width = len(CRITERIA_HEADER)
    criteria = [[*row, *[None] * (width - len(row))] for row in CRITERIA]
    assert [row[0] for row in criteria] == names
    table_sheet(book, "Criteria", "tblCriteria", [CRITERIA_HEADER, *criteria])
    sink = BytesIO()
    book.save(sink)
    return sink.getvalue()


def add_input(genuine: Path, path: Path, tables: bytes) -> dict[str, bytes]:
    """Put the input tables beside what is in a genuine workbook; its parts as they were."""
    shutil.copy(genuine, path)
    package = Package(path)
    workbook = Workbook(package)
    source = Workbook(Package(path, BytesIO(tables)))
    grafting = Graft(workbook, source)
    for sheet in source.sheets:
        grafting.place(sheet.name)
    workbook.commit()
    sink = BytesIO()
    package.write(sink)
    package.close()
    path.write_bytes(sink.getvalue())
    return parts_of(genuine)
