"""Makes docs/reference, in each language, from the code and runs over the sample: make reference.

What only these pages say stands in reference_texts.*.toml, below the same keys in each language.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import reference_runs as runs
from reference_functions import functions_page
from reference_json import json_page
from reference_words import Texts, code, fence, page, table
from reference_workbook import settings_page, workbook_page

from xlportfolio.locale import LANGUAGES
from xlportfolio.tables import SheetTable

_DOCS = Path(__file__).parent
#: The languages of the pages, and where they stand.
FOLDERS = {"en": _DOCS / "reference", "de": _DOCS / "de" / "reference"}


class Sources(NamedTuple):
    """What runs over the sample gave, whatever the language of the pages."""

    tables: Mapping[str, Mapping[str, list[list[Any]]]]
    sheets: Mapping[str, Sequence[SheetTable]]
    documents: Mapping[str, Sequence[Any]]
    names: Sequence[str]


def sources(folder: Path) -> Sources:
    """Make all runs, in an empty folder."""
    return Sources(
        {language: runs.sample_tables(language, folder) for language in FOLDERS},
        runs.sheets(tuple(LANGUAGES), folder),
        {command: list(runs.documents(command, folder)) for command in runs.json_commands()},
        runs.hidden_names(folder),
    )


def _commands(say: Texts, told: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    by_name = {command["name"]: command for command in told}
    order = say.names("commands")
    if set(order) != set(by_name):
        raise ValueError(f"commands: {set(order) ^ set(by_name)}")
    for name in order:
        command = by_name[name]
        given = [p for p in command["parameters"] if not p["option"]]
        options = [p for p in command["parameters"] if p["option"]]
        places = [p["names"][0] if p["needed"] else f"[{p['names'][0]}]" for p in given]
        must = [f"{p['names'][0]} {p['value']}" for p in options if p["needed"]]
        yield f"## {name}"
        yield f"`{' '.join(['xlportfolio', name, *places, *must, say('words/options')])}`"
        yield command["help"]
        yield table(say("words/option_header"), (_option(p, say) for p in (*given, *options)))
        yield say(f"commands/{name}")
        yield fence("bat", command["examples"])


def _option(parameter: Mapping[str, Any], say: Texts) -> tuple[str, str, str, str]:
    names = ", ".join(map(code, parameter["names"]))
    values = parameter["choices"] or filter(None, parameter["value"].split("|"))
    default = parameter["default"]
    notes = [
        say("words/needed") if parameter["needed"] else "",
        say("words/repeated") if parameter["repeated"] else "",
        say("words/default", value=code(default)) if default else "",
    ]
    return names, ", ".join(map(code, values)), "; ".join(filter(None, notes)), parameter["help"]


def pages(say: Texts, told: Mapping[str, Any], given: Sources) -> dict[str, str]:
    """All pages in one language, by their names.

    Parameters
    ----------
    told
        What :func:`told_in` gives.

    Raises
    ------
    KeyError, ValueError
        If the texts lack something that the code has, or have something that it has not.
    """
    bodies = {
        "functions": functions_page(say, told["answers"]),
        "command": _commands(say, told["commands"]),
        "workbook": workbook_page(say, given.sheets, given.names),
        "settings": settings_page(say),
        "json": json_page(say, given.documents),
    }
    made = {}
    for name, body in bodies.items():
        top = (f"# {say(f'pages/{name}/title')}", say(f"pages/{name}/intro"))
        end = (say(f"pages/{name}/outro", ""), "---", say("words/generated"))
        made[name] = page([*top, *body, *end])
    say.refuse_unused()
    return made


def told_in(say: Texts, tables: Mapping[str, list[list[Any]]]) -> Any:  # noqa: ANN401 (JSON)
    """What the program says in a language: a process, since it chooses its texts when it starts."""
    of_functions = say("functions").values()
    formulas = [f for of in of_functions for f in (*of["examples"], *of.get("faults", ()))]
    named = {name: rows for name, rows in tables.items() if any(name in f for f in formulas)}
    done = subprocess.run(
        [sys.executable, str(_DOCS / "reference_spoken.py")],
        input=json.dumps({"formulas": formulas, "tables": named}, default=_day),
        env={**os.environ, "LC_ALL": f"{say.language}.UTF-8"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    return json.loads(done.stdout)


def _day(cell: Any) -> str:  # noqa: ANN401 (cells)
    """A day among cells, as a formula of ours may be given it."""
    if not isinstance(cell, dt.datetime):
        raise TypeError(cell)
    return cell.date().isoformat()


def main() -> None:
    """Write all pages."""
    with tempfile.TemporaryDirectory() as name:
        given = sources(Path(name))
    for language, folder in FOLDERS.items():
        say = Texts(language)
        for name, text in pages(say, told_in(say, given.tables[language]), given).items():
            (folder / f"{name}.md").write_text(text, encoding="utf-8")
            sys.stdout.write(f"{(folder / name).relative_to(_DOCS)}.md\n")


if __name__ == "__main__":
    main()
