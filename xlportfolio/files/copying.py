"""Turn a workbook in memory into a copy: what others may see of it, and what works everywhere."""

from __future__ import annotations

from collections.abc import Collection
from functools import partial

from xlportfolio.audience import Audience
from xlportfolio.errors import Problem, note
from xlportfolio.files.answers import keep_answers
from xlportfolio.files.change import scratch
from xlportfolio.files.clearing import clear_cells, may_stay
from xlportfolio.files.dissolved import restore_scorecards
from xlportfolio.files.graft import graft, graft_tables
from xlportfolio.files.live import Live, computing_sheets, make_numbers
from xlportfolio.files.macrofree import remove_macros
from xlportfolio.files.notices import say_as_copy
from xlportfolio.files.ours import find_kept_without_tables, find_ours
from xlportfolio.files.pivots import pivot_areas
from xlportfolio.files.redact import redact_parts
from xlportfolio.files.refresh import dissolve_scorecards, put_formulas, refresh
from xlportfolio.files.rescore import refuse_long
from xlportfolio.files.scrub import links, scrub
from xlportfolio.files.sheets import remove_sheet
from xlportfolio.files.workbook import Sheet, Workbook
from xlportfolio.locale import texts
from xlportfolio.look import draw, packed, with_tables
from xlportfolio.page_layout import PAGE_NAME
from xlportfolio.schema.weights import entries_table
from xlportfolio.scorecard import rows_of, scorecard
from xlportfolio.state import WHAT_IF

#: Bytes of a sheet among which its own name for macros stands.
_HEAD = 4_096


def turn_into_copy(workbook: Workbook, audience: Audience) -> list[Problem]:
    """Leave of a workbook in memory what may be seen, and let it work on any computer.

    Returns
    -------
    What the sender is told.
    """
    sharing, run = audience.sharing, audience.run
    ours, computing = find_ours(workbook), computing_sheets(workbook)
    report = run.report(ours.names(workbook, run.sheet_names))
    refuse_long(workbook, report)
    live = Live.of(workbook, computing, audience, report) if sharing.live else None
    anew = [*ours.sheets.values(), *computing.values()]
    skip = {sheet.part for sheet in anew}
    answer = rows_of(scorecard(run.analysis, run.given.rows, run.given.presentation.language))

    restore_scorecards(workbook, computing.values())
    refresh(workbook, anew, lambda: answer, run.state)
    scorecards = dissolve_scorecards(workbook, answer)
    keep = may_stay(audience) if sharing.is_hiding else _everything
    going = [] if sharing.live else computing.values()
    problems = keep_answers(workbook, skip, keep, going)
    problems += remove_macros(workbook)
    say_as_copy(workbook, live=sharing.live)
    if live is None:
        for sheet in computing.values():
            remove_sheet(workbook, sheet)
    else:
        make_numbers(workbook, live.figures)
    if sharing.is_hiding:
        problems += _hide(workbook, audience, skip)
    problems += scrub(workbook) if sharing.scrub else links(workbook)
    shown = report if live is None else live.report
    drawn = scratch(workbook, lambda: draw(shown, run.presentation.language))
    graft(workbook, drawn, ours, shown, is_final=sharing.is_hiding)
    if live is not None:
        put_formulas(workbook, scorecards, live.scorecard)
        words = texts(run.presentation.language)
        drawn = scratch(workbook, lambda: packed(with_tables(live.sheets, words)))
        graft_tables(workbook, drawn, live.sheets, computing, is_final=True)  # others' criteria
    workbook.show_any(report.sheets["ranking"])
    workbook.commit()
    return problems


def _everything(*_: object) -> bool:
    return True


def _hide(workbook: Workbook, audience: Audience, skip: Collection[str]) -> list[Problem]:
    """Clear whatever may not be seen of what the user has typed and made, and of our own sheets."""
    page = workbook.sheet_named_by(PAGE_NAME)
    gone = [] if page is None else [page]
    gone += [sheet for sheet, table in workbook.tables() if entries_table(table.name) is not None]
    gone += filter(partial(_is_what_if, workbook), workbook.sheets)
    gone += find_kept_without_tables(workbook)
    workbook.drop_name(PAGE_NAME)
    for sheet in gone:
        remove_sheet(workbook, sheet)
    removed = [note("share_sheets_gone", sheets=[s.name for s in gone])] if gone else []
    cleared = clear_cells(workbook, audience, skip, pivot_areas(workbook, skip))
    return [
        *removed,
        *cleared.problems,
        *redact_parts(workbook, audience, skip, cleared.areas),
    ]


def _is_what_if(workbook: Workbook, sheet: Sheet) -> bool:
    """Whether a sheet is that of the template which shows what would become of a customer."""
    mark = f'codeName="{WHAT_IF}"'.encode()
    return sheet.is_worksheet and mark in workbook.package.read_xml(sheet.part)[:_HEAD]
