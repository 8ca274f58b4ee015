"""Speed of the page to point at, as JSON; run by ``make bench``, needs Chromium.

A page with 5,000 customers and 20 criteria, opened in headless Chromium:

``page_mb``, ``written_seconds``
    how large the file is, and how long it takes to write once the customers are scored.
``loaded_seconds``
    from opening the file until the list stands and the matrix is painted.
``slider_ms``
    from an input of a slider until the frame that shows it has been painted: dots, types, ranks,
    the first 100 lines; the median of 60 steps, and the slowest but three.
``slider_cpu_ms``
    what a step takes of the processor in the page's main thread, which neighbours on a busy machine
    change little.
``search_ms``
    the same for a letter more in the search.

``targets`` says of each figure what it should be at most, what was found, and whether that does.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from playwright.sync_api import CDPSession

import bench
from xlportfolio.audience import audience_of
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.web import web_page
from xlportfolio.files.workbook import Workbook
from xlportfolio.run import Run
from xlportfolio.schema import interpret
from xlportfolio.sharing import Sharing

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))
from support.browser import Watched, chromium

_COUNT, _SLIDES, _DAY = 5_000, 60, dt.date(2026, 1, 1)
#: A step, the script's part of it, and the time until a message that is sent from within the next
#: frame arrives, which is after that frame has been painted.
_STEPS = """async ([steps, letters]) => {
  const painted = () => new Promise((done) => {
    requestAnimationFrame(() => {
      const channel = new MessageChannel();
      channel.port1.onmessage = () => done(performance.now());
      channel.port2.postMessage(null);
    });
  });
  const slider = document.getElementById('slider-2');
  const search = document.getElementById('search');
  const found = { slider: [], search: [] };
  for (let k = 0; k < steps; k += 1) {
    await new Promise((done) => setTimeout(done, 30));
    const start = performance.now();
    slider.valueAsNumber = (slider.max * (k + 1)) / (steps + 1);
    slider.dispatchEvent(new Event('input'));
    found.slider.push(await painted() - start);
  }
  for (let k = 0; k < letters; k += 1) {
    const start = performance.now();
    search.value = String(k);
    search.dispatchEvent(new Event('input'));
    found.search.push(await painted() - start);
  }
  return found;
}"""


def _cpu(session: CDPSession) -> float:
    """Seconds of the processor that the page's main thread has taken so far."""
    metrics = session.send("Performance.getMetrics")["metrics"]
    return float(next(m["value"] for m in metrics if m["name"] == "TaskDuration"))


def _run(folder: Path) -> Run:
    bench.make_book(folder, _COUNT)
    package = Package(folder / "book.xlsx")
    tables = read_tables(Workbook(package))
    package.close()
    run = Run.of(interpret(tables), today=_DAY)
    audience_of(run, Sharing()).run.advice  # noqa: B018 (computed before the clock starts)
    return run


def _measured(folder: Path) -> dict[str, Any]:
    run = _run(folder)
    start = time.perf_counter()
    content = web_page(audience_of(run, Sharing()))
    result: dict[str, Any] = {"written_seconds": round(time.perf_counter() - start, 3)}
    path = folder / "page.html"
    path.write_bytes(content)
    result["page_mb"] = round(len(content) / 1e6, 2)
    with chromium() as browser:
        start = time.perf_counter()
        watched = Watched(browser, path)
        watched.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => done()))")
        result["loaded_seconds"] = round(time.perf_counter() - start, 3)
        session = watched.page.context.new_cdp_session(watched.page)
        session.send("Performance.enable", {"timeDomain": "threadTicks"})
        before = _cpu(session)
        found = watched.page.evaluate(_STEPS, [_SLIDES, 0])
        result["slider_cpu_ms"] = round(1000 * (_cpu(session) - before) / _SLIDES, 1)
        found["search"] = watched.page.evaluate(_STEPS, [0, 10])["search"]
        watched.close()
    result["slider_ms"] = round(median(found["slider"]), 1)
    result["slider_slow_ms"] = round(sorted(found["slider"])[-4], 1)
    result["search_ms"] = round(median(found["search"]), 1)
    return result


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as name:
        result = _measured(Path(name))
    targets = [
        (f"{_COUNT:,} customers: a step of a slider within 50 ms", result["slider_ms"], 50),
        (f"{_COUNT:,} customers: the page opens within 3 s", result["loaded_seconds"], 3),
    ]
    result["targets"] = [
        {"target": said, "found": found, "met": found <= most} for said, found, most in targets
    ]
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
