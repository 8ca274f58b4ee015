"""LibreOffice prints the rescored sample: no page is blank, and the colours are where they belong."""

from __future__ import annotations

import re
import struct
import subprocess
import zlib
from collections import Counter
from pathlib import Path

import pytest
from support.frozen import freeze
from support.office import convert, pages

from xlportfolio import rescore
from xlportfolio.chart import COLOURS
from xlportfolio.files.explain import explain
from xlportfolio.locale import texts
from xlportfolio.model import RATED_QUADRANTS, Quadrant
from xlportfolio.report import ORDER
from xlportfolio.schema import TABLES
from xlportfolio.schema.contract import ORDERS
from xlportfolio.template.workbook import new_workbook

INPUTS = (*TABLES, ORDERS)


def pixels(path: Path) -> tuple[Counter[str], int, int]:
    """How often each colour occurs in a PNG of 8 bits a channel; width and height."""
    data = path.read_bytes()
    width, height, depth, kind = struct.unpack(">IIBB", data[16:26])
    assert (depth, kind) == (8, 2)
    chunks, at = b"", 8
    while at < len(data):
        (length,) = struct.unpack(">I", data[at : at + 4])
        if data[at + 4 : at + 8] == b"IDAT":
            chunks += data[at + 8 : at + 8 + length]
        at += length + 12
    raw, stride = zlib.decompress(chunks), width * 3
    counts: Counter[str] = Counter()
    above = bytearray(stride)
    for y in range(height):
        start = y * (stride + 1)
        line = unfiltered(raw[start], bytearray(raw[start + 1 : start + 1 + stride]), above)
        text = line.hex().upper()
        counts.update(text[x : x + 6] for x in range(0, len(text), 6))
        above = line
    return counts, width, height


def unfiltered(kind: int, line: bytearray, above: bytearray) -> bytearray:
    """Undo the filter of a line of a PNG (specification, section 9.2)."""
    for i in range(len(line)):
        left = line[i - 3] if i >= 3 else 0
        corner = above[i - 3] if i >= 3 else 0
        if kind == 1:
            guess = left
        elif kind == 2:
            guess = above[i]
        elif kind == 3:
            guess = (left + above[i]) // 2
        elif kind == 4:
            estimate = left + above[i] - corner
            guess = min(
                (left, above[i], corner),
                key=lambda p, e=estimate: abs(e - p),  # type: ignore[misc]
            )
        else:
            guess = 0
        line[i] = (line[i] + guess) & 0xFF
    return line


@pytest.mark.parametrize("language", ["en", "de"])
def test_the_rescored_sample_prints_well(language: str, tmp_path: Path) -> None:
    path = tmp_path / "sample.xlsm"
    path.write_bytes(new_workbook(language, with_sample=True, macros=True))
    rescore(path, backup=False)
    pdf = convert(freeze(path, tmp_path / "frozen.xlsm"), "pdf", tmp_path)
    pictures = pages(pdf, tmp_path)
    words = texts(language)
    titles = [words("new.sample_title"), *(table.sheet(language) for table in INPUTS)]
    titles += [words(f"new.{key}") for key in ("scorecard", "what_if")]
    titles += [words(f"titles.{key}") for key in ORDER]
    title_of = {}
    for number, picture in enumerate(pictures, start=1):
        command = ["pdftotext", "-f", str(number), "-l", str(number), "-layout", str(pdf), "-"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        assert "###" not in text, f"page {number}: a column is too narrow"
        spoken = text.replace("#NAME?", "", 1) if number == 1 else text  # Start tells of it
        assert not re.search(r"#(NAME|REF|VALUE|DIV)", spoken)
        counts, width, height = pixels(picture)
        assert width > height, f"page {number} is not landscape"
        ink = 1 - counts["FFFFFF"] / (width * height)
        assert 0.005 < ink < 0.8, f"page {number} is blank or black"
        for title in titles:
            if text.strip().split("\n")[0].strip() == title:
                title_of[title] = counts
    assert list(title_of) == titles
    scorecard, start = title_of[words("new.scorecard")], title_of[words("new.sample_title")]
    assert all(sheet[colour] > 100 for sheet in (scorecard, start) for colour in COLOURS.values())
    for key, quadrant in zip(ORDER[1:5], RATED_QUADRANTS, strict=True):
        counts = title_of[texts(language)(f"titles.{key}")]
        assert counts[COLOURS[quadrant]] > 100
        others = [counts[COLOURS[q]] for q in RATED_QUADRANTS if q is not quadrant]
        assert others == [0, 0, 0]
    matrix = title_of[texts(language)("titles.matrix")]
    assert all(matrix[colour] > 100 for colour in COLOURS.values())
    assert len(pictures) <= 32


@pytest.mark.parametrize(
    ("language", "customer", "quadrant"),
    [
        ("en", "10113", Quadrant.QUESTION_MARK),
        ("de", "10113", Quadrant.QUESTION_MARK),
        ("en", "N-006", Quadrant.STAR),
        ("de", "10204", Quadrant.NOT_RATED),
    ],
)
def test_the_page_of_a_customer_prints_on_one_page(
    language: str, customer: str, quadrant: Quadrant, tmp_path: Path
) -> None:
    path = tmp_path / "sample.xlsx"
    path.write_bytes(new_workbook(language, with_sample=True, macros=False))
    page = explain(path, customer, backup=False).page
    assert page.quadrant is quadrant
    pdf = convert(path, "pdf", tmp_path)
    pictures = pages(pdf, tmp_path)
    found = {}
    for number, picture in enumerate(pictures, start=1):
        command = ["pdftotext", "-f", str(number), "-l", str(number), "-layout", str(pdf), "-"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        if text.strip().startswith(page.title):
            found[number] = (" ".join(text.split()), picture)
    assert list(found) == [len(pictures)]
    text, picture = found[len(pictures)]
    assert "###" not in text
    for said in (page.subtitle, page.type, page.notes, *(x.label for x in page.texts)):
        assert said in text
    together = text.replace(" ", "")  # a narrow blank is not always seen in print
    for table in page.tables:
        assert table.header[0] in text
        for line in table.lines:
            assert line.name in text
            assert line.measure.replace(" ", "") in together
    counts, width, height = pixels(picture)
    assert height > width, "the page is not upright"
    coloured = [q for q in COLOURS if q is not Quadrant.POOR_DOG]  # grey, as lines are
    assert [q for q in coloured if counts[COLOURS[q]] > 100] == [
        q for q in coloured if q is quadrant
    ]
