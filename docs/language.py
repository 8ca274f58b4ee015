"""A hook of MkDocs: German pages speak German around the text too, and lead to their English ones.

The pages of a language have the same names as those of the other, below ``de/``.
"""

from __future__ import annotations

from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page

_FOLDER = "de/"


def on_page_context(
    context: dict[str, Any], *, page: Page, config: MkDocsConfig, nav: object
) -> dict[str, Any]:
    """Set the language of the theme, and where its switch of languages leads."""
    del nav
    german = page.url.startswith(_FOLDER)
    english_url = page.url.removeprefix(_FOLDER)
    there = {file.url for file in context["pages"]}
    config.theme["language"] = "de" if german else "en"
    config.extra["alternate"] = [
        {"name": "English", "lang": "en", "link": english_url},
        {"name": "Deutsch", "lang": "de", "link": f"{_FOLDER}{english_url}"},
    ]
    for other in config.extra["alternate"]:
        if other["link"] not in there:
            other["link"] = f"{_FOLDER}index.html" if other["lang"] == "de" else "index.html"
    return context
