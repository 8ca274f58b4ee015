"""The command ``measures``."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from xlportfolio.command import (
    HELP,
    SYSTEM,
    DatesOption,
    JsonOption,
    LangOption,
    MapOption,
    app,
    as_day,
    dump,
    mapping_of,
    printing,
    stopping,
)
from xlportfolio.errors import InputError
from xlportfolio.locale import texts


@app.command(help=HELP("cli.measures"), epilog=HELP("cli.measures_examples"))
def measures(
    orders: Annotated[
        str, typer.Option("--orders", metavar="FILE|URL", help=HELP("cli.measures_orders"))
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", metavar="OUT", help=HELP("cli.measures_out")),
    ] = None,
    as_of: Annotated[
        dt.date | None,
        typer.Option(
            "--as-of", parser=as_day, metavar="YYYY-MM-DD", help=HELP("cli.measures_as_of")
        ),
    ] = None,
    mapped: MapOption = None,
    dates: DatesOption = None,
    rfm: Annotated[bool, typer.Option("--rfm", help=HELP("cli.rfm"))] = False,
    rfm_bounds: Annotated[
        list[str] | None,
        typer.Option("--rfm-bounds", metavar="NAME=B,B,B,B", help=HELP("cli.rfm_bounds")),
    ] = None,
    no_forecast: Annotated[
        bool, typer.Option("--no-forecast", help=HELP("cli.no_forecast"))
    ] = False,
    as_json: JsonOption = False,
    lang: LangOption = None,
) -> None:
    """Compute the measures of customers from orders alone."""
    from xlportfolio.import_screen import print_readings
    from xlportfolio.measures_screen import (
        measures_document,
        no_measures,
        print_measures,
        with_scores,
    )
    from xlportfolio.sources.database import without_password

    mapping, bounds = mapping_of(mapped), _bounds(rfm_bounds)
    day = as_of or dt.datetime.now().astimezone().date()
    language = str(lang or SYSTEM)
    said = partial(no_measures, day)
    shown_source = Path(without_password(orders))
    with stopping(shown_source, day, lang, as_json=as_json, title="cli.no_measures", said=said):
        from xlportfolio.files.measures import refuse_target, write_measures
        from xlportfolio.measures import customer_measures
        from xlportfolio.rfm import rfm as scored
        from xlportfolio.sources import DateOrder, open_orders

        if out is not None:
            refuse_target(out, orders)
        order = None if dates is None else DateOrder(dates)
        with open_orders(orders, mapping, dates=order) as (lines, reading):
            if not as_json:
                with printing():
                    print_readings([reading], texts(language))
            try:
                found = customer_measures(lines, day, forecast=not no_forecast)
            except InputError as error:  # what could not be read is often why
                raise InputError([*error.problems, *reading.problems]) from error
        found = replace(found, problems=(*reading.problems, *found.problems))
        scores = scored(found.frame, bounds=bounds) if rfm or bounds else None
        if out is not None:
            write_measures(out, with_scores(found, scores), language)
        with printing():
            if as_json:
                dump(measures_document(found, language, scores))
            else:
                print_measures(found, texts(language), scores, out)


def _bounds(pairs: list[str] | None) -> dict[str, list[float]]:
    """What ``--rfm-bounds`` says: a score -> the bounds between its classes.

    >>> _bounds(["recency=30,90,180,365"])
    {'recency': [30.0, 90.0, 180.0, 365.0]}
    """
    bounds: dict[str, list[float]] = {}
    for pair in pairs or ():
        name, _, numbers = pair.partition("=")
        try:
            bounds[name.strip()] = [float(number) for number in numbers.split(",")]
        except ValueError:
            text = HELP("cli.rfm_bounds_wrong", found=pair)
            raise typer.BadParameter(text, param_hint="--rfm-bounds") from None
    return bounds
