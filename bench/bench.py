"""Speed and memory of a rescore, as JSON; run by ``make bench``, on Linux or macOS.

For each number of customers, with 20 criteria, it measures

``rescore``
    a whole ``xlportfolio.files.rescore.rescore`` into the same file, with the first run's backup,
    packed by isal (extra ``fast``), or with ``--packer zlib`` by Python's own zlib;
``naive``
    ``openpyxl.load_workbook``, the same interpretation, analysis and report, the cells of the same
    tables appended to new sheets, ``save``; spared are table objects, chart, formats, row heights;
``floor``
    what no Python program can leave out that reads such a file and writes such sheets. On the
    clock: inflate the customers' sheet and run expat over it, its only handler ``list.append`` for
    the text of the cells; linear values of an array of measures, a weighted mean for each axis,
    total, ranks, types; XML of every row of all our tables by a %-template, which makes text of the
    numbers, 2,000 rows at a time, and zlib at level 1. Read from a file before the clock starts:
    the measures, templates, numbers as floats, texts as finished XML, row heights. Writes no file.

``memory_limit_mb``
    four times the inflated customers' sheet and 250 MB.

Every measurement is a process of its own, which first imports all modules: starting Python and
importing are on no clock in any of the ways. Another process makes what they are given. The ways
take turns, so that a busy machine slows them alike. Seconds are medians; a peak is the largest
``ru_maxrss`` in 10**6 bytes, nothing subtracted; ``baseline_peak_mb`` is that of mere imports.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import pickle
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from random import Random
from statistics import median
from typing import Any
from xml.parsers import expat

import numpy as np
import openpyxl
from openpyxl.worksheet import table as objects

from xlportfolio.analysis import PortfolioAnalysis
from xlportfolio.column_look import row_heights
from xlportfolio.files import archive
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.rescore import rescore
from xlportfolio.files.rows import escape_text
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import texts
from xlportfolio.report import ORDER
from xlportfolio.run import Run
from xlportfolio.schema import RawTable, interpret
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, Cell, column_letters
from xlportfolio.tables import SheetTable

_SIZES = "1000,10000,20000,100000,1000000"
_BATCH, _DAY = 2_000, dt.date(2026, 1, 1)
#: Runs of each way, 3 unless said; of the naive one, which takes 2 GB and minutes at the end.
_RUNS = {1_000: 5, 1_000_000: 1}
_NAIVE_RUNS = {1_000: 5, 10_000: 3, 20_000: 3, 100_000: 1}
_NAMES = ("Turnover", *(f"Criterion {k}" for k in range(2, 21)))
_VALUE, _BENEFIT = slice(0, 10), slice(10, 20)
_WORDS = {"low": 0, "medium": 50, "high": 100}
_LEVELS = "0=0; 25=30; 50=60; 80=100"
_SCALES: list[tuple[Cell, ...]] = [
    *(("linear", None, None, None), ("linear", 0, 100, None)),
    *(("steps", None, None, _LEVELS), ("piecewise", None, None, _LEVELS)),
] * 5
_SCALES[-1] = ("categories", None, None, "low=0; medium=50; high=100")
Task = Callable[[], object]


def _criteria() -> Iterator[list[Cell]]:
    """Rows of tblCriteria: the first in EUR, the last of categories, ten for each axis."""
    for k, (name, scale) in enumerate(zip(_NAMES, _SCALES, strict=True)):
        axis, unit = "value" if k < _VALUE.stop else "benefit", "" if k else "EUR"
        yield [name, axis, 5 + k % 4 * 5, "max", *scale, "skip", unit, ""]


def _customers(count: int) -> Iterator[list[Cell]]:
    """Rows of tblCustomers: a tenth prospects; 2 % of the measures blank, in every 200th row 70."""
    rng = Random(20_260_101)
    for i in range(count):
        likely = [rng.random()] * 10 + [rng.random()] * 10
        measures: list[Cell] = [round(60 * x + 40 * rng.random(), 1) for x in likely]
        measures[0] = round(2_000 + 600_000 * rng.random() ** 5, 2) if i % 10 else None
        measures[-1] = list(_WORDS)[int(3 * rng.random())]
        blank, status = 0.017 if i % 200 else 0.7, "customer" if i % 10 else "prospect"
        cells = (None if rng.random() < blank else measure for measure in measures)
        yield [10_001 + i, f"Ahorn Maschinenbau {i} GmbH & Co. KG", status, *cells]


def make_book(folder: Path, count: int) -> None:
    """Write the input workbook, ``book.xlsx``."""
    book = openpyxl.Workbook(write_only=True)
    for table, names, rows in ((CUSTOMERS, _NAMES, _customers(count)), (CRITERIA, (), _criteria())):
        sheet: Any = book.create_sheet(table.sheet("en"))
        header = [*(column.header("en") for column in table.columns), *names]
        area = f"A1:{column_letters(len(header))}{1 + (count if names else len(_NAMES))}"
        made = objects.Table(displayName=table.name, name=table.name, ref=area)
        made.tableColumns = [objects.TableColumn(id=k, name=n) for k, n in enumerate(header, 1)]
        sheet._tables.add(made)  # noqa: SLF001 (add_table would warn of what has just been done)
        for row in chain([header], rows):
            sheet.append(row)
    book.save(folder / "book.xlsx")


def _rescore(folder: Path) -> Task:
    """A whole rescore, of a copy of the workbook."""
    book = shutil.copy(folder / "book.xlsx", tempfile.mkdtemp(dir=folder))
    return lambda: rescore(book, as_of=_DAY)


def _analysed(tables: Mapping[str, RawTable]) -> tuple[PortfolioAnalysis, Sequence[SheetTable]]:
    """The analysis and what stands in the sheets, made as a rescore makes it."""
    run = Run.of(interpret(tables), today=_DAY)
    shown = run.report({key: texts("en")(f"sheets.{key}") for key in ORDER})
    return run.analysis, shown.tables


def _naive(folder: Path) -> Task:
    """The way through openpyxl's cells."""
    path = shutil.copy(folder / "book.xlsx", tempfile.mkdtemp(dir=folder))

    def run() -> None:
        book, raw = openpyxl.load_workbook(path), {}
        for table in (CUSTOMERS, CRITERIA):  # whole numbers as floats, as the product reads them
            cells: Iterator[Any] = book[table.sheet("en")].iter_rows(values_only=True)
            header, *rows = [[float(c) if type(c) is int else c for c in row] for row in cells]
            raw[table.name] = RawTable.of_rows(table, table.sheet("en"), 1, 1, header, rows)
        for written in _analysed(raw)[1]:
            _append(book.create_sheet(written.sheet), written)
        book.save(path)

    return run


def _append(sheet: Any, table: SheetTable) -> None:  # noqa: ANN401 (openpyxl's own word for it)
    """Append a table's title, headers and rows."""
    columns = [np.asarray(column.cells, dtype=object).tolist() for column in table.columns]
    head = [[table.title], *([text] for text in table.subtitles), *[[]] * table.header_row]
    head[table.header_row - 1 :] = [[column.header for column in table.columns]]
    for cells in chain(head, zip(*columns, strict=True)):
        sheet.append([None if cell in ("", None) or cell != cell else cell for cell in cells])  # noqa: PLR0124 (NaN)


def _prepare(folder: Path) -> None:
    """Write what the floor is given."""
    analysis, tables = _analysed(read_tables(Workbook(Package(folder / "book.xlsx"))))
    measures = analysis.measures.replace(_WORDS).to_numpy(np.float64)
    weights = np.array([criterion.weight for criterion in analysis.model.criteria])
    written = [_template(table) for table in tables if len(table)]
    (folder / "given").write_bytes(pickle.dumps((measures, weights, written)))


def _template(table: SheetTable) -> tuple[str, list[Sequence[Any]], list[int]]:
    """A %-template for rows, the columns that fill it, and the numbers among them with blanks."""
    numbers, heights = range(table.first_row, table.first_row + len(table)), row_heights(table)
    template = '<row r="%d" ht="%s" customHeight="1">' if heights else '<row r="%d">'
    columns: list[Sequence[Any]] = [numbers, heights] if heights else [numbers]
    gaps = []
    for position, column in enumerate(table.columns, start=1):
        cells, end = column.cells, "%s"
        if not isinstance(cells, np.ndarray):
            columns += numbers, list(map(_content, cells))
        else:
            columns += numbers, cells.tolist()
            if np.isnan(cells).any():
                gaps.append(len(columns) - 1)
            else:
                end = "><v>%r</v></c>"
        template += f'<c r="{column_letters(position)}%d" s="{10 + position}"{end}'
    return f"{template}</row>", columns, gaps


def _content(cell: object) -> str:
    """What follows the format of a cell that may be of any kind."""
    if isinstance(cell, int | float):
        return f"><v>{cell!r}</v></c>"
    return f' t="inlineStr"><is><t>{escape_text(str(cell))}</t></is></c>' if cell else "/>"


def _floor(folder: Path) -> Task:
    """The work that cannot be left out."""
    measures, weights, tables = pickle.loads((folder / "given").read_bytes())

    def run() -> None:
        cells: list[str] = []
        parser = expat.ParserCreate()
        parser.CharacterDataHandler = cells.append
        with zipfile.ZipFile(folder / "book.xlsx") as book:
            parser.Parse(book.read("xl/worksheets/sheet1.xml"), True)  # noqa: FBT003 (as it is)
        _arithmetic(measures, weights)
        for table in tables:
            _write(*table)

    return run


@np.errstate(invalid="ignore")
def _arithmetic(measures: np.ndarray, weights: np.ndarray) -> object:
    low, high = np.nanmin(measures, axis=0), np.nanmax(measures, axis=0)
    values = np.clip((measures - low) / (high - low), 0, 1) * 100
    known = ~np.isnan(values)
    points = np.where(known, values * weights, 0)
    value, benefit = (points[:, a].sum(1) / (known[:, a] @ weights[a]) for a in (_VALUE, _BENEFIT))
    ranks = np.argsort(np.argsort(-(value + benefit) / 2, kind="stable")) + 1
    return ranks, 2 * (value >= 50) + (benefit >= 50)  # noqa: PLR2004


def _write(template: str, columns: list[Sequence[Any]], gaps: Sequence[int]) -> None:
    for k in gaps:
        columns[k] = ["/>" if x != x else f"><v>{x!r}</v></c>" for x in columns[k]]  # noqa: PLR0124 (NaN)
    rows, deflater = map(template.__mod__, zip(*columns, strict=True)), zlib.compressobj(1)
    while batch := "".join(islice(rows, _BATCH)).encode():
        deflater.compress(batch)
    deflater.flush()


_WAYS: Mapping[str, Callable[[Path], Task]] = {
    "rescore": _rescore,
    "floor": _floor,
    "naive": _naive,
}


def _here(task: str, folder: Path, count: int) -> dict[str, float]:
    """Do one task in this process; one of the ways is timed."""
    if task == "make":
        make_book(folder, count)
        _prepare(folder)
    run: Task = _WAYS[task](folder) if task in _WAYS else dict
    start = time.perf_counter()
    run()
    seconds, unit = time.perf_counter() - start, 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return {"seconds": round(seconds, 4), "peak_mb": round(peak, 1)}


def _elsewhere(task: str, folder: Path, count: int) -> dict[str, float]:
    """Do one task in a new process, whose peak begins with the size of this one: it stays small."""
    print(f"{count:>7,} {task:8}", file=sys.stderr, end="", flush=True)
    command = [sys.executable, __file__, "--task", task, "--folder", str(folder)]
    options = [f"--sizes={count}", *([] if archive.packer is not zlib else ["--packer=zlib"])]
    done = subprocess.run([*command, *options], check=True, stdout=subprocess.PIPE)
    result: dict[str, float] = json.loads(done.stdout)
    print(f"{result['seconds']:8.3f} s {result['peak_mb']:6.0f} MB", file=sys.stderr)
    return result


def _measure(count: int, repeat: int | None) -> dict[str, Any]:
    """All ways at one size, in turn, and their ratios."""
    runs: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        _elsewhere("make", Path(name), count)
        with zipfile.ZipFile(Path(name, "book.xlsx")) as book:
            inflated = book.getinfo("xl/worksheets/sheet1.xml").file_size
        for turn in range(repeat or _RUNS.get(count, 3)):
            for way in _WAYS:
                if way != "naive" or turn < _NAIVE_RUNS.get(count, 0):
                    runs.setdefault(way, []).append(_elsewhere(way, Path(name), count))
    result: dict[str, Any] = {"memory_limit_mb": round(4 * inflated / 1e6 + 250, 1)}
    for way, measured in runs.items():
        seconds = [run["seconds"] for run in measured]
        result |= {f"{way}_seconds": median(seconds), f"{way}_runs": seconds}
        result[f"{way}_peak_mb"] = max(run["peak_mb"] for run in measured)
    result["rescore_to_floor"] = round(result["rescore_seconds"] / result["floor_seconds"], 2)
    if "naive" in runs:
        result["naive_to_rescore"] = round(result["naive_seconds"] / result["rescore_seconds"], 2)
    return result


def _judged(sizes: Mapping[int, Mapping[str, Any]]) -> Iterator[tuple[str, float, bool]]:
    """What is asked of a rescore as far as it was measured, what was found, whether it will do."""
    for count, found in sizes.items():
        peak, most = found["rescore_peak_mb"], found["memory_limit_mb"]
        yield f"{count:,} customers: at most {most:,.0f} MB", peak, peak <= most
    large, middle, small = (sizes.get(n) for n in (100_000, 20_000, 10_000))
    if large is not None:
        ratio = large["rescore_to_floor"]
        yield "100,000 customers: at most 1.6 times the floor", ratio, ratio <= 1.6  # noqa: PLR2004
    if middle is not None:
        ratio = middle["naive_to_rescore"]
        yield "20,000 customers: at least 15 times faster than naive", ratio, ratio >= 15  # noqa: PLR2004
    if large is not None and small is not None:
        ratio = round(large["rescore_seconds"] / small["rescore_seconds"], 2)
        yield "100,000 take at most 11 times as long as 10,000", ratio, ratio <= 11  # noqa: PLR2004


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description="Speed and memory of a rescore, as JSON.")
    parser.add_argument("--sizes", default=_SIZES, help="customers; by default %(default)s")
    parser.add_argument(
        "--repeat",
        type=int,
        help="runs of each way; by default 3, 5 of the smallest and 1 of the largest",
    )
    parser.add_argument("--out", type=Path, help="a file that gets the JSON too")
    parser.add_argument("--packer", choices=["zlib"], help="do without the extra fast")
    parser.add_argument("--task", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.packer:
        archive.packer = zlib
    if asked.task:
        print(json.dumps(_here(asked.task, asked.folder, int(asked.sizes))))
        return
    baseline = _elsewhere("import", Path(), 0)["peak_mb"]
    counts = map(int, asked.sizes.split(","))
    sizes = {n: _measure(n, asked.repeat) for n in counts}
    targets = [{"target": said, "found": found, "met": met} for said, found, met in _judged(sizes)]
    result = {"baseline_peak_mb": baseline, "customers": sizes, "targets": targets}
    text = json.dumps(
        {"python": sys.version.split()[0], "packer": archive.packer.__name__, **result}, indent=2
    )
    if asked.out:
        asked.out.write_text(f"{text}\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
