"""Pages to point at: written from input tables, and read again as a browser does."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from html.parser import HTMLParser
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


class PageFile(HTMLParser):
    """Reads a page by the rules of HTML, without running anything."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.scripts: list[str] = []
        self.styles: list[str] = []
        self.comments: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.policy = self.language = self.title = ""
        self._open: list[list[str]] = []
        self._texts: dict[str, list[str]] = {}
        self.feed(content.decode("utf-8"))
        self.close()
        (embedded,) = self._texts["data"]
        self.data: Data = json.loads(embedded)
        self.title = "".join(self._texts["title"])

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in found.items()]
        if tag == "html":
            self.language = found["lang"]
        if found.get("http-equiv") == "Content-Security-Policy":
            assert not self.scripts, "a policy holds for what comes after it"
            assert not self.styles, "a policy holds for what comes after it"
            self.policy = found["content"]
        is_data = found.get("type") == "application/json"
        kind = "data" if is_data else tag if tag in {"script", "style", "title"} else ""
        self._open.append([kind])

    def handle_endtag(self, tag: str) -> None:
        kind, *texts = self._open.pop() if self._open else [""]
        if kind:
            self._texts.setdefault(kind, []).append("".join(texts))
        if tag == "script" and kind == "script":
            self.scripts.append("".join(texts))
        if tag == "style":
            self.styles.append("".join(texts))

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].append(data)

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)


def data_of(page: Path) -> Data:
    return PageFile(page.read_bytes()).data


def searchable(page: Path) -> dict[str, bytes]:
    """A page as ``found_in`` looks through it: its bytes, and its data without any escapes.

    The library is left out, the same in each page: it takes long, and holds numbers of any kind.
    """
    content = page.read_bytes()
    read = PageFile(content)
    library, _ = read.scripts
    data = json.dumps(read.data, ensure_ascii=False, indent=1)
    return {"page": content.replace(library.encode(), b""), "data": data.encode()}
