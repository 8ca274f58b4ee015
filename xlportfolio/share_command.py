"""The command ``share``."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from xlportfolio.command import (
    HELP,
    SYSTEM,
    AsOfOption,
    Book,
    JsonOption,
    LangOption,
    app,
    dump,
    printing,
    stopping,
)
from xlportfolio.errors import Problem
from xlportfolio.screen import progress_bar
from xlportfolio.sharing import Only, Sharing


@app.command("share", help=HELP("cli.share"), epilog=HELP("cli.share_examples"))
def share_(
    book: Book,
    out: Annotated[Path | None, typer.Argument(metavar="OUT.xlsx", help=HELP("cli.copy"))] = None,
    *,
    live: Annotated[bool, typer.Option("--live", help=HELP("cli.live"))] = False,
    only: Annotated[
        list[str] | None, typer.Option("--only", metavar="COLUMN=VALUE", help=HELP("cli.only"))
    ] = None,
    hide: Annotated[
        list[str] | None, typer.Option("--hide", metavar="COLUMN", help=HELP("cli.hide"))
    ] = None,
    anonymise: Annotated[
        bool, typer.Option("--anonymise", "--anonymize", help=HELP("cli.anonymise"))
    ] = False,
    anonymise_ids: Annotated[
        bool, typer.Option("--anonymise-ids", "--anonymize-ids", help=HELP("cli.anonymise_ids"))
    ] = False,
    split_by: Annotated[
        tuple[str, Path] | None,
        typer.Option("--split-by", metavar="COLUMN FOLDER", help=HELP("cli.split_by")),
    ] = None,
    scrub: Annotated[bool, typer.Option("--scrub", help=HELP("cli.scrub"))] = False,
    keep_pictures: Annotated[
        bool, typer.Option("--keep-pictures", help=HELP("cli.keep_pictures"))
    ] = False,
    pdf: Annotated[
        Path | None, typer.Option("--pdf", metavar="OUT.pdf", help=HELP("cli.pdf"))
    ] = None,
    html: Annotated[
        Path | None, typer.Option("--html", metavar="OUT.html", help=HELP("cli.html"))
    ] = None,
    as_json: JsonOption = False,
    as_of: AsOfOption = None,
    lang: LangOption = None,
) -> None:
    """Write a copy that needs neither Python nor macros, with what may be seen of it."""
    targets = [path for path in (out, pdf, html) if path is not None]
    if not targets and split_by is None:
        raise typer.BadParameter(HELP("cli.share_nothing"), param_hint="OUT.xlsx")
    if split_by is not None and (targets or only):
        raise typer.BadParameter(HELP("cli.split_alone"), param_hint="--split-by")
    sharing = Sharing(
        live=live,
        only=_only(only or ()),
        hide=tuple(hide or ()),
        anonymise=anonymise or anonymise_ids,
        anonymise_ids=anonymise_ids,
        scrub=scrub,
        keep_pictures=keep_pictures,
    )
    day = as_of or dt.datetime.now().astimezone().date()

    def said(problems: Sequence[Problem], language: str) -> dict[str, Any]:
        from xlportfolio.share_screen import share_document

        return share_document(str(book), day, (), problems, language)

    with stopping(book, as_of, lang, as_json=as_json, title="cli.not_shared", said=said):
        from xlportfolio.files.share import share, split
        from xlportfolio.share_screen import print_shared, share_document, told

        language = None if lang is None else str(lang)
        with progress_bar(lang or SYSTEM) as progress:
            if split_by is not None:
                column, folder = split_by
                done = split(
                    book, column, folder, sharing, as_of=as_of, language=language, progress=progress
                )
            else:
                one = share(
                    book,
                    out,
                    sharing,
                    pdf=pdf,
                    html=html,
                    as_of=as_of,
                    language=language,
                    progress=progress,
                )
                done = [one]
        spoken = done[0].run.presentation.language
        with printing():
            if as_json:
                asked = done[0].run.as_of
                dump(share_document(str(book), asked, done, told(done), spoken))
            else:
                print_shared(done, spoken)


def _only(pairs: Sequence[str]) -> Only | None:
    """What ``--only`` says: a column and the value in it.

    >>> _only(["Region = South"])
    Only(column='Region', value='South')
    """
    if not pairs:
        return None
    if len(pairs) > 1:
        raise typer.BadParameter(HELP("cli.only_once"), param_hint="--only")
    (pair,) = pairs
    column, sign, value = (part.strip() for part in pair.partition("="))
    if not (column and sign and value):
        raise typer.BadParameter(HELP("cli.only_wrong", found=pair), param_hint="--only")
    return Only(column, value)
