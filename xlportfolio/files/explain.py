"""Explain one customer of a closed workbook: a page for the visit, replaced at each call."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path

from openpyxl.utils.cell import quote_sheetname

from xlportfolio.files.change import Progress, scratch
from xlportfolio.files.graft import put_sheets
from xlportfolio.files.ours import find_page
from xlportfolio.files.rescore import Finish, Rescored, revise
from xlportfolio.files.workbook import Sheet, Workbook
from xlportfolio.page import position_of
from xlportfolio.page_layout import PAGE_NAME, CustomerPage
from xlportfolio.page_look import draw_page
from xlportfolio.run import Run


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """What came of explaining a customer.

    Attributes
    ----------
    rescored
        The run, and what was written.
    page
        What stands on the page.
    """

    rescored: Rescored
    page: CustomerPage


def explain(
    book: Path | str,
    customer: str,
    out: Path | str | None = None,
    *,
    as_of: dt.date | None = None,
    language: str | None = None,
    backup: bool = True,
    progress: Progress = lambda _: None,
) -> Explained:
    """Write a page that explains one customer into a workbook; nothing else of it changes.

    A page that is there is replaced where it is, whoever it was about.

    Parameters
    ----------
    customer
        The customer's number, or its name if no other has it; see
        :func:`xlportfolio.page.position_of`.
    book, out, as_of, language, backup, progress
        As for :func:`xlportfolio.rescore`.

    Raises
    ------
    XlPortfolioError
        If there is no such customer, or several are called so.
    InputError
        If the input tables cannot be used; ``problems`` lists everything.
    WorkbookError
        If the file cannot be used or written, or something of the user's stands on the page. In
        any case the file is as it was.
    """
    done: list[CustomerPage] = []

    def prepare(workbook: Workbook) -> Finish:
        there = find_page(workbook)

        def finish(run: Run) -> None:
            name = there.name if there else workbook.free_sheet_name(run.page_name, set())
            page = run.page(position_of(run.analysis.customers, customer), name)
            drawn = scratch(workbook, lambda: draw_page(page, run.presentation.language))
            _put(workbook, drawn, there, page)
            done.append(page)

        return finish

    rescored = revise(
        book,
        out,
        prepare,
        as_of=as_of,
        language=language,
        backup=backup,
        progress=progress,
    )
    return Explained(rescored, done[0])


def _put(workbook: Workbook, drawn: Workbook, there: Sheet | None, page: CustomerPage) -> None:
    """Put the page where ours was, or at the end."""
    put_sheets(workbook, drawn, [(page.sheet, there, None)])
    workbook.put_name(PAGE_NAME, f"{quote_sheetname(page.sheet)}!$A$1", hidden=True)
    workbook.commit()
