"""Makes the pictures of the documentation from the sample, through LibreOffice: make pictures.

Needs soffice, pdftotext and pdftoppm (Debian: libreoffice-calc, poppler-utils).
"""

from __future__ import annotations

import datetime as dt
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from openpyxl import load_workbook

from xlportfolio import rescore
from xlportfolio.files.explain import explain
from xlportfolio.files.weights import find
from xlportfolio.locale import texts
from xlportfolio.template.workbook import new_workbook
from xlportfolio.weight_sheets import label

_DOCS = Path(__file__).parent
_FOLDERS = {"en": _DOCS / "pictures", "de": _DOCS / "de" / "pictures"}
_DAY = dt.date(2026, 6, 30)
_RESOLUTION = 110
#: Each sheet shown, and the part of its first page, from the top, that is worth showing.
_SHEETS = {
    "matrix": 1.0,
    "recommendations": 0.55,
    "plan": 0.6,
    "abc": 0.6,
    "question_mark": 0.4,
    "robustness": 0.6,
}
_OF_WEIGHTS = {"weights": 0.6, "pairwise_value": 0.85}
#: Of which customer the page for a visit is shown: a question mark.
_CUSTOMER = "10120"
#: What is typed to find weights: ranks, points, and the judgments above the diagonal of a square,
#: row by row; one of them does not fit the others.
_RANKS, _POINTS = (1, 3, 2, 5, 4), (100, 60, 90, 20, 50)
_JUDGMENTS = ((2, 1, 5, 2), (1 / 2, 4, 1), (5, 1 / 5), (1 / 4,))


def _pages(book: Path, folder: Path) -> Iterator[tuple[Path, int, str]]:
    """The pages that LibreOffice prints: the PDF, the number from 1, and the first line."""
    profile = (folder / "profile").resolve().as_uri()
    options = [f"-env:UserInstallation={profile}", "--headless", "--norestore"]
    command = ["soffice", *options, "--convert-to", "pdf", "--outdir", str(folder), str(book)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    pdf = folder / f"{book.stem}.pdf"
    text = subprocess.run(
        ["pdftotext", "-layout", str(pdf), "-"], check=True, capture_output=True, text=True
    ).stdout
    for number, page in enumerate(text.split("\f"), start=1):
        yield pdf, number, page.strip().partition("\n")[0].strip()


def _picture(pdf: Path, page: int, part: float, to: Path) -> None:
    """Save the upper part of a page; the name without its ending."""
    size = subprocess.run(
        ["pdfinfo", "-f", str(page), "-l", str(page), str(pdf)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    line = next(line for line in size.splitlines() if re.match(r"Page +\d+ size", line))
    line = line.partition("(")[0]
    width, height = (float(number) for number in re.findall(r"[\d.]+", line)[-2:])
    pixels = [round(points * _RESOLUTION / 72) for points in (width, height * part)]
    cut = ["-x", "0", "-y", "0", "-W", str(pixels[0]), "-H", str(pixels[1])]
    number = ["-f", str(page), "-l", str(page), "-singlefile"]
    command = ["pdftoppm", "-r", str(_RESOLUTION), "-png", *number, *cut, str(pdf)]
    subprocess.run([*command, str(to)], check=True)


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


def main() -> None:
    """Make all pictures, in both languages."""
    for language in ("de", "en"):
        for fill, shown in ((_rescored, _SHEETS), (_weighed, _OF_WEIGHTS)):
            with tempfile.TemporaryDirectory() as name:
                book = Path(name) / "sample.xlsx"
                book.write_bytes(new_workbook(language, with_sample=True))
                fill(book)
                _show(book, language, shown)


def _show(book: Path, language: str, shown: dict[str, float]) -> None:
    """Save pictures of some sheets, and of the page of a customer if there is one."""
    words = texts(language)
    titles = {words(f"titles.{key}"): (key, part) for key, part in shown.items()}
    for pdf, page, title in _pages(book, book.parent):
        key, part = titles.pop(title, (None, 1.0))
        if key is None and _CUSTOMER in title:
            key = "customer"
        if key is not None:
            to = _FOLDERS[language] / key
            _picture(pdf, page, part, to)
            sys.stdout.write(f"{to.relative_to(_DOCS)}.png\n")
    if titles:
        sys.exit(f"no page begins with {list(titles)}")


if __name__ == "__main__":
    main()
