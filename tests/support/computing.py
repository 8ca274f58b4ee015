"""Copies that go on computing: made from a workbook, and what LibreOffice computes in them."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from support.packages import parts_of
from xlportfolio.audience import Audience
from xlportfolio.calculation import Calculation, calculation
from xlportfolio.files.change import scratch
from xlportfolio.files.graft import graft_tables
from xlportfolio.files.live import make_numbers
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import texts
from xlportfolio.look import packed, with_tables
from xlportfolio.run import Run
from xlportfolio.schema import interpret
from xlportfolio.secrecy import Secrets
from xlportfolio.sharing import Sharing

TODAY = dt.date(2026, 3, 31)
SCORES = ("value_score", "benefit_score", "total_score", "rank", "value_coverage")
NUMBERS = (*SCORES, "benefit_coverage")
WORDS = ("quadrant", "borderline", "abc_class", "status")
OF_ABC = ("amount", "share", "cumulative_share", "amount_rank", "difference")


def run_of(path: Path) -> Run:
    """What a rescore of a workbook says."""
    with closing(Package(path)) as package:
        return Run.of(interpret(read_tables(Workbook(package))), today=TODAY)


def everything_seen(run: Run) -> Audience:
    """Nothing is hidden from anybody."""
    return Audience(
        Sharing(live=True),
        whole=run,
        run=run,
        removed=frozenset(),
        hidden=frozenset(),
        criteria=frozenset(),
        id_aliases={},
        aliases=(),
        secrets=Secrets(),
        problems=(),
    )


def computing(book: Path, out: Path, audience: Audience | None = None) -> Calculation:
    """Write a copy with the two sheets that compute, without a value in any of their formulas."""
    audience = audience or everything_seen(run_of(book))
    words = texts(audience.run.presentation.language)
    names = {key: words(f"sheets.{key}") for key in ("scales", "calculation")}
    figures = calculation(audience, names)
    tables = [figures.scales, figures.customers]
    with closing(Package(book)) as package:
        workbook = Workbook(package)
        make_numbers(workbook, figures)
        drawn = scratch(workbook, lambda: packed(with_tables(tables, words)))
        graft_tables(workbook, drawn, tables, {})
        with out.open("wb") as file:
            package.write(file)
    return figures


def forget_values(path: Path) -> None:
    """Take the values out of all formulas, so that they are computed from scratch."""
    parts = parts_of(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, content in parts.items():
            if name.startswith("xl/worksheets/"):
                content = re.sub(rb"</f><v>[^<]*</v>", b"</f>", content)  # noqa: PLW2901
            package.writestr(name, content)


def block(document: Any, reference: str) -> list[list[Any]]:
    """What cells show, row by row."""
    sheet, _, area = reference.rpartition("!")
    name = sheet[1:-1].replace("''", "'")
    cells = document.Sheets.getByName(name).getCellRangeByName(area.replace("$", ""))
    return [list(row) for row in cells.getDataArray()]


def value(document: Any, reference: str) -> Any:
    """What a cell shows."""
    return block(document, reference)[0][0]


def enter(document: Any, sheet: str, address: str, content: Any) -> None:
    """Type something into a cell: a number, a text, a formula, or nothing."""
    cell = document.Sheets.getByName(sheet).getCellRangeByName(address)
    if isinstance(content, int | float):
        cell.setValue(content)
    elif isinstance(content, str) and content.startswith("="):
        cell.setFormula(content)
    else:
        cell.setString(content or "")


def computed(document: Any, figures: Calculation, run: Run) -> pd.DataFrame:
    """What the calculation shows, by the customers' rows at the start."""
    first, last = (figures.column(key) for key in ("customer_id", "changed"))
    whole = f"{first.partition(':')[0]}:{last.partition(':')[2]}"
    keys = [column.key for column in figures.customers.columns]
    shown = pd.DataFrame(block(document, whole), columns=keys, dtype=object)
    shown = shown.iloc[: len(figures.customers)].set_axis(run.analysis.customers.index)
    return shown[[*NUMBERS, *WORDS, *OF_ABC]]


def expected(run: Run) -> pd.DataFrame:
    """The same from the analysis, in words as the copy has them."""
    words = texts(run.presentation.language)
    customers = run.analysis.customers
    frame = customers[[*NUMBERS]].astype(object)
    frame["quadrant"] = [words(f"quadrants.{one}") for one in customers["quadrant"]]
    frame["borderline"] = [words("words.yes") if one else "" for one in customers["borderline"]]
    frame["abc_class"] = customers["abc_class"]
    frame["status"] = [words(f"statuses.{one}") for one in customers["status"]]
    for key in OF_ABC:
        frame[key] = run.analysis.abc[key].astype(object).reindex(customers.index)
    return frame.where(frame.notna(), "")


def agrees(document: Any, figures: Calculation, start: Run, now: Run, *, ties: bool = True) -> None:
    """Whatever the document shows is what the analysis says.

    Without ``ties``, cumulated shares are not looked at: those of equal amounts keep their order.
    """
    shown, wanted = (
        computed(document, figures, start),
        expected(now).reindex(start.analysis.customers.index),
    )
    for key in shown.columns:
        if key == "cumulative_share" and not ties:
            continue
        for row, (one, other) in enumerate(zip(shown[key], wanted[key], strict=True)):
            place = (key, start.analysis.customers.index[row], one, other)
            if isinstance(other, str) or isinstance(one, str):
                assert one == other, place
            else:
                assert one == pytest.approx(float(other), rel=1e-11, abs=1e-9), place
    for axis in ("value", "benefit"):
        used = value(document, figures.setting(f"{axis}_threshold"))
        threshold = getattr(now.analysis.thresholds, axis)
        assert used == pytest.approx(threshold, abs=1e-9), (axis, used, threshold)
