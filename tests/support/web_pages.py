"""Pages to point at: written from input tables, with a movement where one is asked for."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from support.template import made
from xlportfolio.audience import audience_of
from xlportfolio.files import web
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.run import Run
from xlportfolio.schema import TABLES, RawTable, interpret
from xlportfolio.sharing import Sharing

DAY = dt.date(2026, 3, 31)
Data = dict[str, Any]


def run_of(*blocks: Sequence[Sequence[Any]], language: str | None = None) -> Run:
    """A run of input tables given as rows, headers first."""
    tables = {}
    for table, (header, *rows) in zip(TABLES, blocks, strict=False):
        cells = [[float(c) if type(c) is int else c for c in row] for row in rows]
        tables[table.name] = RawTable.of_rows(table, table.sheet("en"), 1, 1, header, cells)
    return Run.of(interpret(tables), today=DAY, language=language)


def sample(folder: Path, language: str) -> Run:
    """The sample that new workbooks hold."""
    package = Package(made(folder, language, macros=False))
    tables = read_tables(Workbook(package))
    package.close()
    return Run.of(interpret(tables), today=DAY, language=language)


def written(run: Run, path: Path, sharing: Sharing | None = None) -> Path:
    """The page of a run, as it is shared."""
    path.write_bytes(web.web_page(audience_of(run, sharing or Sharing())))
    return path


def with_data(page: Path, **changed: Any) -> Path:
    """The same page with some of its data exchanged."""
    head, _, rest = page.read_text(encoding="utf-8").partition('id="data">')
    embedded, _, tail = rest.partition("</script>")
    data = {**json.loads(embedded), **changed}
    page.write_text(f'{head}id="data">{web.as_json(data)}</script>{tail}', encoding="utf-8")
    return page


def data_in(page: Path) -> Data:
    """The data that stand in a page."""
    rest = page.read_text(encoding="utf-8").partition('id="data">')[2]
    data: Data = json.loads(rest.partition("</script>")[0])
    return data
