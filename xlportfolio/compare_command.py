"""The command ``compare``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from xlportfolio.command import (
    HELP,
    SYSTEM,
    JsonOption,
    LangOption,
    app,
    as_day,
    dump,
    printing,
    stopping,
)
from xlportfolio.errors import Problem
from xlportfolio.screen import progress_bar


def _day_option(flag: str, key: str) -> Any:  # noqa: ANN401 (as typer types it)
    return typer.Option(flag, parser=as_day, metavar="YYYY-MM-DD", help=HELP(key))


@app.command("compare", help=HELP("cli.compare"), epilog=HELP("cli.compare_examples"))
def compare_(
    old: Annotated[Path, typer.Argument(metavar="OLD", help=HELP("cli.compare_old"))],
    new: Annotated[Path, typer.Argument(metavar="NEW", help=HELP("cli.compare_new"))],
    *,
    as_json: JsonOption = False,
    since: Annotated[dt.date | None, _day_option("--since", "cli.compare_since")] = None,
    as_of: Annotated[dt.date | None, _day_option("--as-of", "cli.compare_as_of")] = None,
    lang: LangOption = None,
) -> None:
    """Say who has moved between two workbooks, and why; nothing is written."""

    def said(problems: Sequence[Problem], language: str) -> dict[str, Any]:
        from xlportfolio.compare_screen import not_compared

        return not_compared(str(old), str(new), problems, language)

    with stopping(new, None, lang, as_json=as_json, title="cli.not_compared", said=said):
        from xlportfolio.compare_screen import compare_document, print_compared
        from xlportfolio.files.compare import compare

        language = None if lang is None else str(lang)
        with progress_bar(lang or SYSTEM) as progress:
            done = compare(old, new, since=since, as_of=as_of, language=language, progress=progress)
        with printing():
            if as_json:
                dump(compare_document(str(old), str(new), done))
            else:
                print_compared(done)
