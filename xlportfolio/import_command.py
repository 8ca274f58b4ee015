"""The command ``import``."""

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
    DatesOption,
    JsonOption,
    LangOption,
    MapOption,
    NoBackupOption,
    OutOption,
    app,
    dump,
    mapping_of,
    printing,
    stopping,
)
from xlportfolio.errors import Problem
from xlportfolio.screen import progress_bar


@app.command("import", help=HELP("cli.import"), epilog=HELP("cli.import_examples"))
def import_(
    book: Book,
    out: OutOption = None,
    *,
    customers: Annotated[
        Path | None,
        typer.Option("--customers", metavar="FILE", help=HELP("cli.import_customers")),
    ] = None,
    orders: Annotated[
        str | None, typer.Option("--orders", metavar="FILE|URL", help=HELP("cli.import_orders"))
    ] = None,
    mapped: MapOption = None,
    dates: DatesOption = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help=HELP("cli.import_overwrite"))
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help=HELP("cli.import_dry_run"))] = False,
    as_json: JsonOption = False,
    as_of: AsOfOption = None,
    lang: LangOption = None,
    no_backup: NoBackupOption = False,
) -> None:
    """Take customers and orders of elsewhere into a workbook."""
    if customers is None and orders is None:
        raise typer.BadParameter(HELP("cli.import_nothing"), param_hint="--customers")
    mapping = mapping_of(mapped)
    day = as_of or dt.datetime.now().astimezone().date()

    def said(problems: Sequence[Problem], language: str) -> dict[str, Any]:
        from xlportfolio.import_screen import no_import

        return no_import(str(book), day, problems, language)

    with stopping(book, as_of, lang, as_json=as_json, said=said):
        from xlportfolio.files.imports import Import, import_into
        from xlportfolio.import_screen import import_document, print_imported, silent, teller
        from xlportfolio.sources import DateOrder

        what = Import(
            customers,
            orders,
            mapping,
            None if dates is None else DateOrder(dates),
            overwrite=overwrite,
            tell=silent if as_json else teller(lang),
        )
        with progress_bar(lang or SYSTEM) as progress:
            done = import_into(
                book,
                what,
                out,
                as_of=as_of,
                backup=not no_backup,
                write=not dry_run,
                progress=progress,
            )
        with printing():
            if as_json:
                dump(import_document(str(book), done, lang))
            else:
                print_imported(done, lang, dry=dry_run)
