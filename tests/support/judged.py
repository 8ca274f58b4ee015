"""Rescore the workbooks named on the command line, with little memory; tell what came of each.

A program of its own: a reader written in another language may end the whole process.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import time
from pathlib import Path

import xlportfolio

MEMORY = 3 << 30  # addresses, of which libraries reserve more than they use


def peak() -> int:
    """The most memory that this program has held, in MB; ``ru_maxrss`` begins with its parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="ascii", errors="replace"))
    assert found is not None
    return int(found[1]) // 1024


def main() -> None:
    sys.modules["pyarrow"] = (
        None  # which pandas loads where it is there, though no workbook asks for it
    )
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for path in map(Path, sys.argv[1:]):
        started = time.perf_counter()
        try:
            said = f"scored {len(xlportfolio.rescore(path).analysis.customers)}"
        except xlportfolio.XlPortfolioError as error:
            said = error.message()
        seconds = time.perf_counter() - started
        told = {"name": path.stem, "said": said, "seconds": seconds, "peak": peak()}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
