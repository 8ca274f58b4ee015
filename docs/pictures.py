"""Makes the pictures of the documentation from the sample and the tutorial: make pictures.

Needs LibreOffice, Poppler and Chromium (Debian: libreoffice-calc, poppler-utils, chromium).
"""

from __future__ import annotations

import base64
import datetime as dt
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from openpyxl import load_workbook
from PIL import Image, ImageChops
from playwright.sync_api import sync_playwright
from reader import tables_of, type_anew, type_cells

from xlportfolio import rescore, share
from xlportfolio.files.explain import explain
from xlportfolio.files.weights import find
from xlportfolio.locale import texts
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS
from xlportfolio.template.workbook import new_workbook
from xlportfolio.weight_sheets import label

_DOCS = Path(__file__).parent
_PLACES = {"en": _DOCS, "de": _DOCS / "de"}
_EARLIER, _DAY = dt.date(2026, 3, 31), dt.date(2026, 6, 30)
_CHROMIUM = "/usr/bin/chromium"
#: Milliseconds in which the page has drawn its arrows.
_DRAWN = 2_000


class Part(NamedTuple):
    """A picture, and the part of a printed page that it shows: how much of its width and height."""

    name: str
    width: float = 1.0
    height: float = 1.0


#: Pictures of sheets, by the key of what stands first on their page.
Shown = Mapping[str, Part]
_SAMPLE: Shown = {
    "titles.matrix": Part("matrix", 0.78, 0.925),
    "titles.recommendations": Part("recommendations", height=0.55),
    "titles.plan": Part("plan", height=0.6),
    "titles.abc": Part("abc", height=0.6),
    "titles.question_mark": Part("question_mark", height=0.9),
    "titles.robustness": Part("robustness", height=0.6),
    "customer": Part("customer", height=0.95),
}
_WEIGHTS: Shown = {
    "titles.weights": Part("weights", height=0.9),
    "titles.pairwise_value": Part("pairwise_value", height=0.9),
}
_EMPTY: Shown = {"new.title": Part("tutorial_start", height=0.9)}
_TYPED: Shown = {
    "criteria": Part("tutorial_criteria", 0.625, 0.9),
    "customers": Part("tutorial_customers", height=0.9),
}
_SCORED: Shown = {
    "titles.ranking": Part("tutorial_ranking", height=0.9),
    "titles.recommendations": Part("tutorial_recommendations", height=0.9),
    "titles.matrix": Part("tutorial_matrix", 0.78, 0.925),
}
_MOVED: Shown = {"titles.movement": Part("tutorial_movement", height=0.9)}
_PAGE, _OVERVIEW = "page", "overview"
#: What the overview is put together from.
_PARTS: Shown = {
    "customers": Part("customers", height=0.9),
    "criteria": Part("criteria", 0.625, 0.9),
    "titles.matrix": Part("matrix", 0.74, 0.92),
    "titles.recommendations": Part("recommendations", height=0.435),
}
#: What a printed page has around its content, left, right and above, in points.
_MARGIN = 26
#: How many pixels wide a picture is, and how many colours it has.
_PIXELS, _COLOURS = 1240, 96
#: How many blank lines are left below what a picture shows.
_BELOW = 16
#: Of which customer the page for a visit is shown: a question mark.
_CUSTOMER = "10120"
#: What is typed to find weights: ranks, points, and the judgments above the diagonal of a square,
#: row by row; one of them does not fit the others.
_RANKS, _POINTS = (1, 3, 2, 5, 4), (100, 60, 90, 20, 50)
_JUDGMENTS = ((2, 1, 5, 2), (1 / 2, 4, 1), (5, 1 / 5), (1 / 4,))
#: Where the customers of the sample stand, and the services that they use.
_CUSTOMERS, _FIRST_ROW, _SERVICES = 1, 5, 10
#: Of which kind the tables of the tutorial are, by their number on the page from 0.
_CRITERIA_TYPED, _CUSTOMERS_TYPED, _MENDED, _CHANGED = 0, 1, 2, 4


def made() -> set[Path]:
    """All pictures that are made here."""
    sheets = (_SAMPLE, _WEIGHTS, _EMPTY, _TYPED, _SCORED, _MOVED)
    names = {part.name for shown in sheets for part in shown.values()} | {_PAGE, _OVERVIEW}
    return {place / "pictures" / f"{name}.png" for place in _PLACES.values() for name in names}


# --- workbooks ------------------------------------------------------------------------------------


@contextmanager
def _sample(language: str) -> Iterator[Path]:
    """A workbook with the sample, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        book = Path(folder) / "sample.xlsx"
        book.write_bytes(new_workbook(language, with_sample=True))
        yield book


def _rescored(book: Path) -> None:
    rescore(book, as_of=_DAY, backup=False)
    explain(book, _CUSTOMER, as_of=_DAY, backup=False)


def _weighed(book: Path) -> None:
    """Find weights from what somebody has typed."""
    sheets = find(book, as_of=_DAY, backup=False).sheets
    typed = load_workbook(book)
    weights, square = typed[sheets[0]], typed[sheets[1]]
    words = texts("de" if sheets[0] == texts("de")("sheets.weights") else "en")
    top, first = weights.tables["tblWeights"].ref, square.tables["tblPairwiseValue"].ref
    for row, entries in enumerate(zip(_RANKS, _POINTS, strict=True), start=_row(top) + 1):
        weights.cell(row, 3).value, weights.cell(row, 4).value = entries
    for row, judgments in enumerate(_JUDGMENTS):
        for column, judgment in enumerate(judgments, start=row + 3):
            square.cell(_row(first) + 1 + row, column).value = label(judgment, words)
    typed.save(book)
    find(book, as_of=_DAY, backup=False)


def _row(area: str) -> int:
    """The first row of an area such as ``A8:G13``."""
    return int(re.sub(r"[A-Z]|:.*", "", area))


def _moved(book: Path) -> None:
    """Let some customers of the sample use two services more than on an earlier day."""
    rescore(book, as_of=_EARLIER, backup=False)
    workbook = load_workbook(book)
    sheet = workbook.worksheets[_CUSTOMERS]
    for row in range(_FIRST_ROW, _FIRST_ROW + 48, 6):
        services = sheet.cell(row, _SERVICES)
        if isinstance(services.value, int):
            services.value = min(6, services.value + 2)
    workbook.save(book)


def _tutorial(book: Path, language: str) -> None:
    """Go through the tutorial, and take its pictures on the way."""
    tables = tables_of(_PLACES[language] / "tutorial.md")
    book.write_bytes(new_workbook(language, with_sample=False))
    _show(book, language, _EMPTY)
    type_anew(book, tables[_CRITERIA_TYPED])
    type_anew(book, tables[_CUSTOMERS_TYPED])
    _show(book, language, _TYPED)
    type_cells(book, tables[_MENDED])
    rescore(book, as_of=_EARLIER, backup=False)
    _show(book, language, _SCORED)
    _overview(book, language)
    type_cells(book, tables[_CHANGED])
    rescore(book, as_of=_DAY, backup=False)
    _show(book, language, _MOVED)


#: Numbers as they are written where a language is spoken.
_LOCALES = {"en": "en-US", "de": "de-DE"}
_SETTINGS = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Setup/L10N">
<prop oor:name="ooSetupSystemLocale" oor:op="fuse"><value>{locale}</value></prop>
</item>
</oor:items>
"""


# --- sheets, through LibreOffice ------------------------------------------------------------------


def _pages(book: Path, language: str) -> Iterator[tuple[Path, int, str]]:
    """The pages that LibreOffice prints: the PDF, the number from 1, and the first line."""
    folder = book.parent
    settings = folder / "profile" / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.write_text(_SETTINGS.format(locale=_LOCALES[language]), "utf-8")
    profile = (folder / "profile").resolve().as_uri()
    options = [f"-env:UserInstallation={profile}", "--headless", "--norestore"]
    command = ["soffice", *options, "--convert-to", "pdf", "--outdir", str(folder), str(book)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=180)
    pdf = folder / f"{book.stem}.pdf"
    text = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True
    ).stdout
    for number, page in enumerate(text.split("\f"), start=1):
        yield pdf, number, page.strip().partition("\n")[0].strip()


def _picture(pdf: Path, page: int, part: Part, folder: Path) -> Path:
    """Save the upper left part of a page, without its margin."""
    size = subprocess.run(
        ["pdfinfo", "-f", str(page), "-l", str(page), str(pdf)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    line = next(line for line in size.splitlines() if re.match(r"Page +\d+ size", line))
    line = line.partition("(")[0]
    width, height = (float(number) for number in re.findall(r"[\d.]+", line)[-2:])
    width = (width - 2 * _MARGIN) * part.width
    scale = _PIXELS / max(width, height / 2)
    box = (_MARGIN, _MARGIN, width, (height - _MARGIN) * part.height)
    cut = [text for pair in zip(("-x", "-y", "-W", "-H"), box, strict=True) for text in pair]
    cut = [text if isinstance(text, str) else str(round(text * scale)) for text in cut]
    number = ["-f", str(page), "-l", str(page), "-singlefile"]
    command = ["pdftoppm", "-r", str(round(scale * 72)), "-png", *number, *cut, str(pdf)]
    subprocess.run([*command, str(folder / part.name)], check=True)
    return folder / f"{part.name}.png"


def _show(book: Path, language: str, shown: Shown, folder: Path | None = None) -> None:
    """Save pictures of some sheets, and of the page of a customer if it is one of them."""
    words = texts(language)
    sheets = {"customers": CUSTOMERS.sheet(language), "criteria": CRITERIA.sheet(language)}
    titles = {
        sheets.get(key) or (_CUSTOMER if key == "customer" else words(key)): of
        for key, of in shown.items()
    }
    for pdf, page, line in _pages(book, language):
        title = _CUSTOMER if _CUSTOMER in line else line
        if title in titles:
            _finish(
                _picture(pdf, page, titles.pop(title), folder or _PLACES[language] / "pictures")
            )
    if titles:
        sys.exit(f"no page begins with {list(titles)}")


def _finish(picture: Path) -> None:
    """Take off the blank lower part of a picture, make its file small, and say how large it is."""
    image = Image.open(picture).convert("RGB")
    blank = Image.new("RGB", image.size, "white")
    *_, bottom = ImageChops.difference(image, blank).getbbox() or (0, 0, 0, image.height)
    image = image.crop((0, 0, image.width, min(image.height, bottom + _BELOW)))
    image.quantize(_COLOURS, dither=Image.Dither.NONE).save(picture, optimize=True)
    sys.stdout.write(f"{picture.name}: {picture.stat().st_size // 1024} KB\n")
    sys.stdout.flush()


# --- pages, in Chromium ---------------------------------------------------------------------------


def _shot(page: Path, to: Path, width: int, height: int) -> None:
    """What a browser shows of a page, with the moves where it has some."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": height})
        tab.goto(page.as_uri())
        moves = tab.get_by_role("checkbox", name=re.compile(f"{_EARLIER:%Y-%m-%d|%d.%m.%Y}"))
        if moves.count():
            moves.check()
            tab.wait_for_timeout(_DRAWN)
        tab.screenshot(path=to)
        browser.close()
    _finish(to)


def _page(book: Path, language: str) -> None:
    """The page to point at, as a browser shows it."""
    page = book.with_suffix(".html")
    share(book, None, html=page, as_of=_DAY)
    _shot(page, _PLACES[language] / "pictures" / f"{_PAGE}.png", 1280, 980)


def _overview(book: Path, language: str) -> None:
    """What is typed, who is of which type, and what to do: three sheets in one picture."""
    _show(book, language, _PARTS, book.parent)
    parts = {name: _base64(book.parent / f"{name}.png") for name, *_ in _PARTS.values()}
    page = book.with_suffix(".html")
    page.write_text(_FRAME.format(**parts), "utf-8")
    _shot(page, _PLACES[language] / "pictures" / f"{_OVERVIEW}.png", 1240, 888)


_FRAME = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 14px; background: #fff; display: grid; gap: 14px 10px; align-items: center;
  grid-template-columns: 600px 26px 1fr; }}
img {{ width: 100%; border: 1px solid #c8ccd0; border-radius: 6px; box-shadow: 0 2px 8px #0002;
  box-sizing: border-box; padding: 6px; }}
b {{ color: #00796b; font-size: 26px; text-align: center; }}
.all {{ grid-column: 1 / -1; }}
</style>
<div>
<img src="data:image/png;base64,{customers}"><p><img src="data:image/png;base64,{criteria}">
</div>
<b>&#9654;</b>
<img src="data:image/png;base64,{matrix}">
<b class="all">&#9660;</b>
<img class="all" src="data:image/png;base64,{recommendations}">
"""


def _base64(picture: Path) -> str:
    return base64.b64encode(picture.read_bytes()).decode()


# --- all of them ----------------------------------------------------------------------------------


def main() -> None:
    """Make all pictures, in both languages."""
    for language in _PLACES:
        for fill, shown in ((_rescored, _SAMPLE), (_weighed, _WEIGHTS)):
            with _sample(language) as book:
                fill(book)
                _show(book, language, shown)
        with _sample(language) as book:
            _moved(book)
            _page(book, language)
        with tempfile.TemporaryDirectory() as folder:
            _tutorial(Path(folder) / "tutorial.xlsx", language)


if __name__ == "__main__":
    main()
