"""Authors, comments and links to elsewhere: named, or taken out."""

from __future__ import annotations

from collections.abc import Iterator

from xlportfolio.errors import Problem, note, warning
from xlportfolio.files.authors import Traces, remove_traces
from xlportfolio.files.outside import (
    Reach,
    books,
    connections,
    linked_pictures,
    mashups,
    parts_below,
    pivot_sources,
)
from xlportfolio.files.severing import Severed, sever
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import Phrase
from xlportfolio.schema.merging import few

_NOWHERE = "-"
_BOOKS = {"book": "link_book", "dde": "link_dde", "ole": "link_ole"}


def links(workbook: Workbook) -> list[Problem]:
    """A warning for each link and connection to elsewhere for which Excel asks whoever opens it.

    Links that one has to click are none: Excel does not ask for these.

    Raises
    ------
    WorkbookError
        If a part of the workbook is not as it must be.
    """
    return [*_leading(workbook), *_foreign(workbook)]


def scrub(workbook: Workbook) -> list[Problem]:
    """Take out the names of authors, comments, external links and connections; what was taken.

    What formulas show stays, and so do the cells that queries and pivot tables filled. Controls and
    add-ins for Office stay: they are named in a warning, as by :func:`links`.

    Raises
    ------
    WorkbookError
        If a part of the workbook is not as it must be.
    """
    queries = bool(mashups(workbook))
    severed = sever(workbook)
    traces = remove_traces(workbook)
    workbook.commit()
    return [*_severed(severed, queries=queries), *_taken(traces), *_foreign(workbook)]


def _leading(workbook: Workbook) -> Iterator[Problem]:
    """What leads elsewhere."""
    joined = connections(workbook)
    uses = Reach(workbook, connected=False).uses()
    for number, book in books(workbook).items():
        details = {"target": book.target, "places": list(uses.books.get(number, ())) or _NOWHERE}
        yield warning(_BOOKS[book.kind], **details)
    for connection in joined:
        kind = Phrase(f"connection_kinds.{connection.kind}", {})
        yield warning("link_connection", name=connection.name, kind=kind)
    if mashups(workbook):
        yield warning("link_query")
    for target in pivot_sources(workbook):
        yield warning("link_pivot", target=target)
    for sheet in workbook.sheets:
        parts = parts_below(workbook.package, sheet.part)
        pictures = {t for p in parts for t in linked_pictures(workbook.package, p).values()}
        if pictures:
            yield warning("link_pictures", name=sheet.name, targets=sorted(pictures))
    for function, places in uses.fetching.items():
        yield warning("link_functions", function=function, places=list(places))


def _foreign(workbook: Workbook) -> Iterator[Problem]:
    """What else Excel asks for, and nobody but its user can take out."""
    package = workbook.package
    for sheet in workbook.sheets:
        if any(relationship.is_a("control") for relationship in package.relationships(sheet.part)):
            yield warning("link_controls", name=sheet.name)
    addins = ("webextensiontaskpanes", "webextension")
    sources = ["", *(p for sheet in workbook.sheets for p in parts_below(package, sheet.part))]
    if any(r.is_a(kind) for p in sources for r in package.relationships(p) for kind in addins):
        yield warning("link_addins")


def _severed(done: Severed, *, queries: bool) -> Iterator[Problem]:
    """What was cut off, one sentence for each kind."""
    if done.books:
        yield note("scrubbed_books", targets=done.books)
    if done.connections:
        yield note("scrubbed_connections", names=done.connections, queries=done.queries)
    if queries:
        yield note("scrubbed_queries")
    for name, count in done.cells.items():
        yield note("scrubbed_cells", name=name, count=count)
    if done.empty:
        yield warning("scrubbed_empty", cells=few(done.empty))
    for key, number in (
        ("scrubbed_pivots", done.pivots),
        ("scrubbed_rules", done.rules),
        ("scrubbed_charts", done.charts),
        ("scrubbed_objects", done.objects),
    ):
        if number:
            yield note(key, count=number)
    if done.names:
        yield note("scrubbed_names", names=few(done.names))
    if done.pictures:
        yield note("scrubbed_pictures", targets=done.pictures)


def _taken(traces: Traces) -> Iterator[Problem]:
    """What told of people, one sentence for each kind."""
    if traces.people:
        yield note("scrubbed_authors", names=traces.people)
    for name, count in traces.comments.items():
        yield note("scrubbed_comments", name=name, count=count)
    if traces.folder:
        yield note("scrubbed_folder", folder=traces.folder)
    if traces.printers:
        yield note("scrubbed_printers", count=traces.printers)
    if traces.others:
        yield note("scrubbed_users")
