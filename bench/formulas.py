"""Speed of the functions for cells as Excel on Windows calls them, as JSON; run by ``make bench``.

Excel itself is not there: xlwings' own Windows code runs over stand-ins for COM, in this one
process, and is handed tuples as COM makes them. Measured are

``scorecard``
    KP_SCORECARD over 10,000 customers and 20 criteria, with settings, through ``call_udf``, as a
    multiple of what nobody who goes through xlwings can avoid: its own conversion of the same
    arguments and of the same answer, with the options that the arguments declare. The two take
    turns; medians of 7 runs each.
``score``
    KP_SCORE of one row of 20 measures through ``call_udf`` after the first call, less the
    conversion of the same arguments: the median of the differences over 2,000 rows.
``live_rescore``
    how often a rescore of an open workbook of 5,000 customers makes Excel work: reads or writes
    cells, resizes a table, copies or opens something, sets a name or a state of the application,
    shows a message. Finding objects and asking where they stand are counted apart, as
    ``lookups``. Counted over LibreOffice, once for the first run, which adds all sheets, and once
    for a later one after a weight was changed. Left out where LibreOffice is missing.

``targets`` says of each figure what it should be at most, what was found, and whether that does.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from statistics import median
from typing import Any

import bench
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support import lo_session, wincom

wincom.install()
from support import lo_engine  # noqa: E402 (not before the stand-ins are there)
from xlwings import conversion, udfs  # noqa: E402

from xlportfolio.excel import macros  # noqa: E402

_MODULE = "xlportfolio.excel.functions"
_CUSTOMERS, _RUNS, _CALLS = 10_000, 7, 2_000
_OPEN = 5_000
_TARGETS = (
    ("scorecard", "to_conversion", 1.5),
    ("score", "beyond_conversion_us", 200),
    ("live_rescore", "first_calls", 40),
    ("live_rescore", "later_calls", 40),
)
_SETTINGS = {
    "language": "en",
    "value_threshold": 50,
    "benefit_threshold": "median",
    "borderline_band": 5,
    "value_weight": 50,
    "benefit_weight": 50,
    "abc_measure": None,
    "abc_a": 80,
    "abc_b": 90,
    "min_coverage": 50,
    "as_of": None,
}

Cells = tuple[tuple[Any, ...], ...]


def _cells(*rows: Sequence[Any]) -> Cells:
    """Rows as COM hands over a range: every number a float, ``None`` for a blank cell."""
    return tuple(
        tuple(float(c) if type(c) is int else None if c == "" else c for c in row) for row in rows
    )


def _customers(count: int) -> Cells:
    header = [*(column.header("en") for column in CUSTOMERS.columns), *bench._NAMES]  # noqa: SLF001
    return _cells(header, *bench._customers(count))  # noqa: SLF001 (the same portfolio)


def _criteria(*, bounded: bool) -> Cells:
    """The table of criteria; if bounded, no linear scale leaves its ends to the customers."""
    header = [column.header("en") for column in CRITERIA.columns]
    width = len(next(bench._criteria()))  # noqa: SLF001
    rows = [dict(zip(header, row, strict=False)) for row in bench._criteria()]  # noqa: SLF001
    for row in rows:
        if bounded and row["Scale"] == "linear":
            row |= {"Low": 0, "High": 600_000 if row["Unit"] else 100}
    return _cells(header[:width], *(list(row.values()) for row in rows))


class _Formula:
    """A function for cells, called as Excel calls it."""

    def __init__(self, book: wincom.Workbook, name: str) -> None:
        self.function: Callable[..., Any] = getattr(sys.modules[_MODULE], name)
        self._place = (book, wincom.Range(book, None))
        registered = self.function.__xlfunc__
        self._options = [_without_ours(argument["options"]) for argument in registered["args"]]
        self._answer_options = _without_ours(registered["ret"]["options"])

    def call(self, *arguments: object) -> object:
        """The cells of the answer, all the way through xlwings."""
        return udfs.call_udf(_MODULE, self.function.__name__, arguments, *self._place)

    def read(self, *arguments: object) -> list[Any]:
        """Arguments as xlwings by itself would convert them."""
        pairs = zip(arguments, self._options, strict=True)
        return [conversion.read(None, argument, options) for argument, options in pairs]

    def write(self, answer: object) -> object:
        """The cells of an answer as xlwings by itself would convert it."""
        return conversion.write(answer, None, self._answer_options)


def _without_ours(options: Mapping[str, Any]) -> dict[str, Any]:
    """What an argument declares, without a converter of ours."""
    is_ours = str(getattr(options.get("convert"), "__module__", "")).startswith("xlportfolio")
    return {key: value for key, value in options.items() if key != "convert" or not is_ours}


def _scorecard(book: wincom.Workbook) -> dict[str, Any]:
    formula = _Formula(book, "KP_SCORECARD")
    settings = _cells(("Setting", "Value"), *_SETTINGS.items())
    arguments = (_customers(_CUSTOMERS), _criteria(bounded=False), settings)
    answer = formula.function(*formula.read(*arguments))
    assert len(answer) == _CUSTOMERS + 1, answer
    expected = formula.write(answer)

    def convert() -> None:
        formula.read(*arguments)
        formula.write(answer)

    whole, converted = [], []
    for _ in range(_RUNS):
        whole.append(_seconds(lambda: formula.call(*arguments)))
        converted.append(_seconds(convert))
    assert formula.call(*arguments) == expected
    return {
        "customers": _CUSTOMERS,
        "call_seconds": [round(seconds, 4) for seconds in whole],
        "conversion_seconds": [round(seconds, 4) for seconds in converted],
        "to_conversion": round(median(whole) / median(converted), 2),
    }


def _score(book: wincom.Workbook) -> dict[str, Any]:
    formula = _Formula(book, "KP_SCORE")
    header, *rows = _customers(_CALLS + 1)
    first = len(CUSTOMERS.columns)
    criteria, names = _criteria(bounded=True), (header[first:],)

    def arguments(row: Sequence[Any]) -> tuple[object, ...]:
        return names, (row[first:],), criteria, "value"

    ((answer,),) = formula.call(*arguments(rows[0]))
    assert isinstance(answer, float), answer
    whole, converted = [], []
    for given in map(arguments, rows[1:]):
        whole.append(_seconds(lambda given=given: formula.call(*given)))
        converted.append(_seconds(lambda given=given: formula.read(*given)))
    beyond = median(a - b for a, b in zip(whole, converted, strict=True))
    return {
        "calls": _CALLS,
        "call_us": round(median(whole) * 1e6, 1),
        "conversion_us": round(median(converted) * 1e6, 1),
        "beyond_conversion_us": round(beyond * 1e6, 1),
    }


def _live_rescore() -> dict[str, Any]:
    """What a rescore of the open workbook asks of Excel."""
    if not lo_session.has_live_office():
        return {}
    found: dict[str, Any] = {"customers": _OPEN}
    with tempfile.TemporaryDirectory() as name, lo_session.office(Path(name)) as office:
        bench.make_book(Path(name), _OPEN)
        book = lo_engine.attach(office.open(Path(name) / "book.xlsx"))
        counted = lo_engine.calls(book)
        for run in ("first", "later"):
            counted.clear()
            seconds = _seconds(lambda: macros.rescore(book))
            found |= {
                f"{run}_calls": len(counted.of("work")),
                f"{run}_lookups": len(counted.of("lookup")),
                f"{run}_seconds_over_libreoffice": round(seconds, 2),
            }
            book.sheets["Criteria"].range("C2").value = 60
        assert book.app.impl.alerts[-1]["prompt"].startswith("Done"), book.app.impl.alerts
        book.app.quit()
    return found


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def main() -> None:
    """Measure everything and print it."""
    parser = argparse.ArgumentParser(description="Speed of the functions for cells, as JSON.")
    parser.add_argument("--out", type=Path, help="a file that gets the JSON too")
    asked = parser.parse_args()
    book = wincom.Workbook()
    with redirect_stdout(sys.stderr):  # xlwings tells there what it has imported
        udfs.import_udfs(_MODULE, book)
    found = {"scorecard": _scorecard(book), "score": _score(book), "live_rescore": _live_rescore()}
    targets = [
        {"of": part, "figure": figure, "target": most, "found": x, "met": x <= most}
        for part, figure, most in _TARGETS
        for x in ([found[part][figure]] if figure in found[part] else [])
    ]
    text = json.dumps({"python": sys.version.split()[0], **found, "targets": targets}, indent=2)
    if asked.out:
        asked.out.write_text(f"{text}\n", encoding="utf-8")
    print(text)


if __name__ == "__main__":
    main()
