"""Speed of sharing, as JSON; run by ``make bench``, on Linux or macOS.

``share``
    a whole ``xlportfolio.files.share.share`` of the customers of ``bench.py``, as values, as a
    multiple of a rescore of the same workbook into another file. Both take turns, each in a process
    of its own that imports all modules first; medians.
``hidden``
    the same with a tenth of the customers left out and one measure hidden.
``live``
    a copy of 5,000 customers that goes on computing: how long it takes to write, and how long
    LibreOffice takes to open it and to compute all of it anew (``calculateAll``). Left out where
    LibreOffice is missing.

``targets`` says of each figure what it should be at most, what was found, and whether that does.
"""

from __future__ import annotations

import argparse
import datetime as dt
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from statistics import median
from typing import Any

import bench
from xlportfolio.files.rescore import rescore
from xlportfolio.files.share import share
from xlportfolio.sharing import Only, Sharing

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support import lo_session

_SIZES, _LIVE, _RUNS, _DAY = "10000,100000", 5_000, 3, dt.date(2026, 1, 1)
#: Who and what stays of the hidden copy.
_HIDING = Sharing(only=Only("Status", "customer"), hide=("Criterion 2",))


def _shared(sharing: Sharing) -> Callable[[Path], object]:
    return lambda folder: share(folder / "book.xlsx", folder / "copy.xlsx", sharing, as_of=_DAY)


_WAYS: Mapping[str, Callable[[Path], object]] = {
    "rescore": lambda folder: rescore(folder / "book.xlsx", folder / "scored.xlsx", as_of=_DAY),
    "share": _shared(Sharing()),
    "hidden": _shared(_HIDING),
    "live": _shared(Sharing(live=True)),
}


def _here(way: str, folder: Path) -> dict[str, float]:
    """One way in this process."""
    start = time.perf_counter()
    _WAYS[way](folder)
    seconds, unit = time.perf_counter() - start, 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
    return {"seconds": round(seconds, 3), "peak_mb": round(peak, 1)}


def _elsewhere(way: str, folder: Path) -> dict[str, float]:
    """One way in a new process."""
    command = [sys.executable, __file__, "--way", way, "--folder", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
    result: dict[str, float] = json.loads(done.stdout)
    print(f"{way:8} {result['seconds']:8.3f} s {result['peak_mb']:6.0f} MB", file=sys.stderr)
    return result


def _measure(count: int) -> dict[str, Any]:
    """Rescore and copies of one size, in turn."""
    runs: dict[str, list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as name:
        bench.make_book(Path(name), count)
        for _ in range(_RUNS):
            for way in ("rescore", "share", "hidden"):
                runs.setdefault(way, []).append(_elsewhere(way, Path(name)))
    result: dict[str, Any] = {}
    for way, measured in runs.items():
        result[f"{way}_seconds"] = median(run["seconds"] for run in measured)
        result[f"{way}_peak_mb"] = max(run["peak_mb"] for run in measured)
    result["share_to_rescore"] = round(result["share_seconds"] / result["rescore_seconds"], 2)
    return result


def _live() -> dict[str, float]:
    """A copy that goes on computing, written, opened, and computed anew."""
    with tempfile.TemporaryDirectory() as name:
        bench.make_book(Path(name), _LIVE)
        written = _elsewhere("live", Path(name))
        with lo_session.office(Path(name)) as office:
            opened, document = _timed(lambda: office.open(Path(name, "copy.xlsx")))
            computed, _ = _timed(document.calculateAll)
            document.close(True)  # noqa: FBT003 (LibreOffice takes no names)
    return {
        "written_seconds": written["seconds"],
        "opened_seconds": opened,
        "computed_seconds": computed,
    }


def _timed(work: Callable[[], Any]) -> tuple[float, Any]:
    start = time.perf_counter()
    result = work()
    return round(time.perf_counter() - start, 3), result


def main() -> None:
    """Measure what was asked for and print it."""
    parser = argparse.ArgumentParser(description="Speed of sharing, as JSON.")
    parser.add_argument("--sizes", default=_SIZES, help="customers; by default %(default)s")
    parser.add_argument("--way", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.way:
        print(json.dumps(_here(asked.way, asked.folder)))
        return
    result: dict[str, Any] = {n: _measure(n) for n in map(int, asked.sizes.split(","))}
    targets = [
        (f"{count:,} customers: at most 2 times a rescore", found["share_to_rescore"], 2)
        for count, found in result.items()
    ]
    if lo_session.has_live_office():
        result["live"] = _live()
        found = result["live"]["computed_seconds"]
        targets.append((f"{_LIVE:,} customers: LibreOffice computes within 5 s", found, 5))
    result["targets"] = [
        {"target": said, "found": found, "met": found <= most} for said, found, most in targets
    ]
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
