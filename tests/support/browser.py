"""Chromium, as a real program that opens our pages; what it asks for and complains of is kept."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Playwright, sync_playwright

_CHROMIUM = Path("/usr/bin/chromium")
_HOW = "Chromium is missing: apt-get install chromium"
_QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def chromium() -> Iterator[Browser]:
    """Start Chromium; skip where it is missing and say how to get it; fail where CI must have it."""
    if not _CHROMIUM.exists():
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)(_HOW)
    with sync_playwright() as playwright:
        browser = _launched(playwright)
        yield browser
        browser.close()


def _launched(playwright: Playwright) -> Browser:
    return playwright.chromium.launch(executable_path=_CHROMIUM, args=list(_QUIET))


class Watched:
    """A page in a window of its own.

    Attributes
    ----------
    complaints
        What stood in the console, and errors that nobody caught.
    requests
        All addresses that were asked for.
    """

    def __init__(self, browser: Browser, path: Path, script: str = "", **window: Any) -> None:
        size = {"width": 1440, "height": 900}
        self._context = browser.new_context(**{"viewport": size, "locale": "de-DE", **window})
        if script:
            self._context.add_init_script(script)
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(15_000)
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda said: self.complaints.append(said.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())

    def close(self) -> None:
        """Close the window."""
        self._context.close()
