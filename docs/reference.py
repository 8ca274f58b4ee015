"""Makes docs/reference, in each language, from the code and runs over the sample: make reference.

What only these pages say stands in reference_texts.*.toml, below the same keys in each language.
"""

from __future__ import annotations

import datetime as dt
import inspect
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import reference_runs as runs
from reference_shapes import shape

from xlportfolio.excel import functions
from xlportfolio.locale import LANGUAGES
from xlportfolio.locale import texts as locale_texts
from xlportfolio.model import RANGES, WHOLE, Quadrant, ScoringModel, ThresholdRule
from xlportfolio.presentation import DATES, LABELS, Presentation
from xlportfolio.scale import Range
from xlportfolio.schema import contract
from xlportfolio.schema.contract import Column, Table
from xlportfolio.state import STATE_NAMES
from xlportfolio.tables import ReportColumn, SheetTable

_DOCS = Path(__file__).parent
#: The languages of the pages, and where they stand.
FOLDERS = {"en": _DOCS / "reference", "de": _DOCS / "de" / "reference"}
#: Input tables in the order in which they are described.
_INPUTS = (*contract.TABLES, contract.ORDERS)
#: Columns in which only certain words are allowed: column -> where the words stand in locale.
_WORDS = {
    "tblCustomers.status": "statuses",
    "tblCriteria.axis": "axes",
    "tblCriteria.scale": "scales",
    "tblCriteria.missing": "fills",
    "tblCriteria.changeable": "words",
    "tblCriteria.role": "roles",
    "tblStrategies.quadrant": "quadrants",
    "tblStrategies.status": "statuses",
}
_ANSWERS = ("yes", "no")
#: What German Excel calls the parts of a table.
_PARTS = {"#All": "#Alle", "#Headers": "#Kopfzeilen"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
#: Rows of a long answer that are shown, the header included.
_SHOWN = 7


class Texts:
    """What only the reference says in one language; remembers what was asked for."""

    def __init__(self, language: str) -> None:
        self.language = language
        source = _DOCS / f"reference_texts.{language}.toml"
        self.tree: Mapping[str, Any] = tomllib.loads(source.read_text("utf-8"))
        self.asked: set[str] = set()

    def __call__(self, key: str, default: Any = None, **details: object) -> Any:  # noqa: ANN401 (texts, lists)
        """The text of a dotted key; what stands behind dots in quotes is one name."""
        node: Any = self.tree
        for step in key.split("/"):
            if step not in node:
                if default is None:
                    raise KeyError(f"reference_texts.{self.language}.toml: {key}")
                return default
            node = node[step]
        self.asked.add(key)
        return node.format(**details) if details else node

    def names(self, key: str) -> list[str]:
        """The keys below a key, in their order."""
        return list(self(key))


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


# --- Markdown -------------------------------------------------------------------------------------


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _code(text: str) -> str:
    return f"`{text}`"


def _fence(language: str, lines: Iterable[str]) -> str:
    return "\n".join([f"```{language}", *lines, "```"])


def _page(parts: Iterable[str]) -> str:
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


# --- functions ------------------------------------------------------------------------------------


def _functions(say: Texts, answers: Mapping[str, Any]) -> Iterator[str]:
    words = locale_texts(say.language)
    order = say.names("functions")
    if set(order) != set(functions.__all__):
        raise ValueError(f"functions: {set(order) ^ set(functions.__all__)}")
    for name in order:
        yield f"## {name}"
        parameters = inspect.signature(getattr(functions, name)).parameters.values()
        shown = [
            p.name if p.default is inspect.Parameter.empty else f"[{p.name}]" for p in parameters
        ]
        separator = "; " if say.language == "de" else ", "
        help_of = words.branch(f"functions.help.{name}")
        yield f"`{name}({separator.join(shown)})`"
        yield help_of["description"]
        yield say(f"functions/{name}/answer")
        yes, no = say("words/needed"), say("words/optional")
        yield _table(
            say("words/arguments"),
            (
                (
                    _code(p.name),
                    yes if p.default is inspect.Parameter.empty else no,
                    help_of[p.name],
                )
                for p in parameters
            ),
        )
        yield from _examples(say, name, answers)


def _examples(say: Texts, name: str, answers: Mapping[str, Any]) -> Iterator[str]:
    """Formulas with what they answer: a single cell, a row or a column of cells, or a table."""
    lines, listed, tables = [], [], []
    for formula in say(f"functions/{name}/examples"):
        answer, written = answers[formula], _formula(formula, say.language)
        if "#KP!" in str(answer):
            raise ValueError(f"{formula}: {answer}")
        block = answer if isinstance(answer, list) else [[answer]]
        shown = _constant(block, say.language)
        if min(len(block), len(block[0])) > 1:
            tables += [_fence("excel", [written]), *_long(say, block)]
        elif "tbl" in formula or shown.startswith("{"):
            listed.append((_code(written), _code(shown)))
        else:
            lines.append(f"{written} -> {shown}")
    if lines:
        yield _fence("excel", lines)
    if listed:
        yield _table(say("words/example_header"), listed)
    yield from tables
    faults = say(f"functions/{name}/faults", [])
    if faults:
        yield say("words/faults")
        rows = ((_code(_formula(f, say.language)), _fault(answers[f])) for f in faults)
        yield _table(say("words/fault_header"), rows)


def _long(say: Texts, block: Sequence[Sequence[Any]]) -> Iterator[str]:
    """The first rows of an answer with a header row."""
    header, *rows = [[_shown(cell, say.language) for cell in row] for row in block[:_SHOWN]]
    yield _table(header, rows)
    if len(block) > _SHOWN:
        yield say("words/more_rows", count=len(block) - _SHOWN)


def _fault(answer: Any) -> str:  # noqa: ANN401 (cells)
    while isinstance(answer, list):
        answer = next((cell for cell in answer if "#KP!" in str(cell)), answer[0])
    if not str(answer).startswith("#KP!"):
        raise ValueError(answer)
    return str(answer)


def _formula(formula: str, language: str) -> str:
    """A formula as an Excel of this language writes it."""
    if language != "de":
        return formula
    written, depth, is_text = "", 0, False
    for character in formula:
        is_text ^= character == '"'
        depth += (character == "{") - (character == "}")
        here = {",": "." if depth else ";", ".": ","}.get(character, character)
        written += character if is_text else here
    for ours, theirs in _PARTS.items():
        written = written.replace(ours, theirs)
    return written


def _constant(block: list[list[Any]], language: str) -> str:
    """Cells as a formula would write them; several as an array."""
    rows = [[_literal(cell) for cell in row] for row in block]
    if len(rows) == len(rows[0]) == 1:
        return _formula(rows[0][0], language)
    return _formula("{" + ";".join(map(",".join, rows)) + "}", language)


def _literal(cell: Any) -> str:  # noqa: ANN401 (cells)
    if cell is None:
        return '""'
    return f'"{cell}"' if isinstance(cell, str) else f"{round(cell, 4):g}"


def _shown(cell: Any, language: str) -> str:  # noqa: ANN401 (cells)
    words = locale_texts(language)
    match cell:
        case None:
            return ""
        case int() | float():
            return words.general(round(float(cell), 4))
        case str() if _DAY.fullmatch(cell):
            return words.date(dt.date.fromisoformat(cell))
    return str(cell)


# --- command --------------------------------------------------------------------------------------


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
        yield _table(say("words/option_header"), (_option(p, say) for p in (*given, *options)))
        yield say(f"commands/{name}")
        yield _fence("bat", command["examples"])


def _option(parameter: Mapping[str, Any], say: Texts) -> tuple[str, str, str, str]:
    names = ", ".join(map(_code, parameter["names"]))
    values = parameter["choices"] or filter(None, parameter["value"].split("|"))
    default = parameter["default"]
    notes = [
        say("words/needed") if parameter["needed"] else "",
        say("words/repeated") if parameter["repeated"] else "",
        say("words/default", value=_code(default)) if default else "",
    ]
    return names, ", ".join(map(_code, values)), "; ".join(filter(None, notes)), parameter["help"]


# --- workbook -------------------------------------------------------------------------------------


def _workbook(say: Texts, given: Sources) -> Iterator[str]:
    yield f"## {say('words/inputs')}"
    yield say("pages/workbook/inputs")
    for table in _INPUTS:
        yield from _input(say, table)
    yield f"## {say('words/outputs')}"
    yield say("pages/workbook/outputs")
    own = given.sheets[say.language]
    others = {language: {s.key: s for s in given.sheets[language]} for language in LANGUAGES}
    seen: dict[tuple[str, ...], str] = {}
    for sheet in own:
        yield f"### {sheet.table}"
        names = [_named(say, language, others[language][sheet.key].sheet) for language in LANGUAGES]
        yield say("words/sheet", names=", ".join(names))
        yield say(f"sheets/{sheet.key}")
        keys = tuple(column.key for column in sheet.columns)
        if keys in seen:
            yield say("words/same_columns", table=seen[keys])
        else:
            seen[keys] = sheet.table
            in_all = [others[language][sheet.key].columns for language in LANGUAGES]
            yield _outputs(say, f"columns_of/{sheet.key}", in_all)
        if sheet.summary is not None:
            yield say("words/above")
            in_all = [
                s.columns
                for language in LANGUAGES
                if (s := others[language][sheet.key].summary) is not None
            ]
            yield _outputs(say, f"above/{sheet.key}", in_all)
    yield say("pages/workbook/others")
    yield f"## {say('words/names')}"
    yield say("pages/workbook/names")
    named = say("names")
    unknown = set(named) ^ {*given.names, *STATE_NAMES}
    if unknown:
        raise ValueError(f"names: {unknown}")
    yield _table(say("words/name_header"), ((_code(n), say(f"names/{n}")) for n in named))


def _named(say: Texts, language: str, name: str) -> str:
    return f"*{name}* ({_called(say, language)})"


def _called(say: Texts, language: str) -> str:
    """What a language is called in that of the page."""
    of_page = locale_texts(say.language).branch("language")
    return str(of_page["name"] if language == say.language else of_page["calls"][language])


def _languages(say: Texts) -> list[str]:
    return [_called(say, language) for language in LANGUAGES]


def _input(say: Texts, table: Table) -> Iterator[str]:
    yield f"### {table.name}"
    names = [_named(say, language, table.sheet(language)) for language in LANGUAGES]
    yield say("words/sheet", names=", ".join(names))
    yield say(f"inputs/{table.name}/intro")
    header = (say("words/key"), *_languages(say), say("words/needed_header"), say("words/holds"))
    yield _table(header, (_input_column(say, table, column) for column in table.all_columns))
    yield say(f"inputs/{table.name}/note", "")
    words = [
        (column, place)
        for column in table.all_columns
        if (place := _WORDS.get(f"{table.name}.{column.key}"))
    ]
    if words:
        yield say("words/words")
        header = (say("words/column"), say("words/key"), *_languages(say))
        yield _table(header, (row for c, place in words for row in _word_rows(say, c, place)))


def _input_column(say: Texts, table: Table, column: Column) -> tuple[str, ...]:
    headers = [column.header(language) for language in LANGUAGES]
    notes = locale_texts(say.language).branch(f"headers.{table.name}")
    extra = say(f"inputs/{table.name}/columns/{column.key}", "")
    text = " ".join(filter(None, (notes.get(column.key, ""), extra)))
    if not text:
        raise KeyError(f"inputs/{table.name}/columns/{column.key}")
    served = "" if column.served_by is None else f"{say('words/served')} {_code(column.served_by)}"
    needed = f"{say('words/yes')}{served}" if column.needed else ""
    return _code(column.key), *headers, needed, text


def _word_rows(say: Texts, column: Column, place: str) -> Iterator[tuple[str, ...]]:
    header = column.header(say.language)
    branches = [locale_texts(language).branch(place) for language in LANGUAGES]
    for key in _ANSWERS if place == "words" else branches[0]:
        if key != Quadrant.NOT_RATED:
            yield header, _code(key), *(branch[key] for branch in branches)


def _outputs(say: Texts, own: str, columns: Sequence[Sequence[ReportColumn]]) -> str:
    header = (*_languages(say), say("words/kind"), say("words/holds"))
    rows = []
    seen: set[str] = set()
    for in_all in zip(*columns, strict=True):
        one = in_all[0]
        if one.key in seen:  # columns of measures, or of types: one line for all
            continue
        seen.add(one.key)
        several = sum(other.key == one.key for other in columns[0]) > 1
        names = [say("words/several") if several else column.header for column in in_all]
        text = say(f"{own}/{one.key}", "") or say(f"columns/{one.key}")
        rows.append((*names, say(f"kinds/{one.kind}"), text))
    return _table(header, rows)


# --- settings -------------------------------------------------------------------------------------


def _settings(say: Texts) -> Iterator[str]:
    meanings = locale_texts(say.language).branch("settings")
    rows = []
    for name in contract.SETTINGS:
        text = f"{meanings[name]}. {say(f'settings/{name}', '')}".strip()
        rows.append((_code(name), _default(say, name), _allowed(say, name), text))
    yield _table(say("words/setting_header"), rows)


def _default(say: Texts, name: str) -> str:
    if name in RANGES:
        found = ScoringModel.__dataclass_fields__[name].default
    else:
        found = Presentation.__dataclass_fields__[name].default if _is_shown(name) else None
    if isinstance(found, int | float) and not isinstance(found, bool):
        return locale_texts(say.language).general(float(found))
    return str(say(f"defaults/{name}"))


def _is_shown(name: str) -> bool:
    return name in Presentation.__dataclass_fields__ and name != "language"


def _allowed(say: Texts, name: str) -> str:
    if name == "language":
        return ", ".join(map(_code, LANGUAGES))
    allowed = {**RANGES, "top_labels": LABELS, "history_dates": DATES}.get(name)
    if allowed is None:
        return str(say(f"allowed/{name}"))
    whole = name in WHOLE or name not in RANGES
    text = _range(say, allowed, whole=whole)
    rules = [_code(rule) for rule in ThresholdRule] if name.endswith("_threshold") else []
    return ", ".join([text, *rules])


def _range(say: Texts, allowed: Range, *, whole: bool) -> str:
    words = locale_texts(say.language)
    low, high = (words.general(float(bound)) for bound in allowed)
    kind = say("words/whole") if whole else say("words/number")
    if math.isinf(allowed.high):
        return str(say("words/from", kind=kind, low=low))
    return str(say("words/between", kind=kind, low=low, high=high))


# --- JSON -----------------------------------------------------------------------------------------

#: Which sections describe what a command prints, the first that knows a key.
_CHAINS = {
    "rescore": ("rescore",),
    "check": ("rescore",),
    "explain": ("explain", "rescore"),
    "weights": ("weights",),
    "compare": ("compare", "movement"),
    "import": ("import",),
    "measures": ("measures",),
    "share": ("share",),
}
#: Where objects stand that have a section of their own.
_ELSEWHERE = {"problems[].": "problems", "movement.": "movement"}


def _json(say: Texts, documents: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    kinds: dict[str, dict[str, set[str]]] = {name: {} for name in say.names("json")}
    for command, printed in documents.items():
        chain = _CHAINS[command]
        for path, found in shape(_usual(command, printed), _described(say, chain)).items():
            section, key = _place(say, chain, path)
            kinds[section].setdefault(key, set()).update(found)
    for section, seen_kinds in kinds.items():
        yield f"## {say(f'json_titles/{section}')}"
        yield say(f"json_intros/{section}")
        rows = []
        for key, text in say(f"json/{section}").items():
            if key not in seen_kinds:
                raise KeyError(f"json/{section}/{key} was not found in any run")
            unseen = say(f"json_unseen/{section}/{key}", [])
            ordered = sorted({*seen_kinds[key], *unseen}, key=say.names("json_kinds").index)
            rows.append(
                (_code(key), say("words/or").join(say(f"json_kinds/{k}") for k in ordered), text)
            )
        yield _table(say("words/json_header"), rows)


def _usual(command: str, printed: Sequence[Any]) -> Sequence[Any]:
    """What a command prints when nothing stops it; else some print the object of rescore."""
    return printed[:-1] if command in {"explain", "weights"} else printed


def _described(say: Texts, chain: Sequence[str]) -> set[str]:
    of_chain = {key for section in chain for key in say(f"json/{section}")}
    return of_chain | {f"{at}{key}" for at, s in _ELSEWHERE.items() for key in say(f"json/{s}")}


def _place(say: Texts, chain: Sequence[str], path: str) -> tuple[str, str]:
    for start, section in _ELSEWHERE.items():
        if path.startswith(start):
            chain, path = (section,), path.removeprefix(start)
            break
    for section in chain:
        if path in say(f"json/{section}"):
            return section, path
    raise KeyError(f"json/{chain[0]}/{path} is not described")


# --- all pages ------------------------------------------------------------------------------------


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
        "functions": _functions(say, told["answers"]),
        "command": _commands(say, told["commands"]),
        "workbook": _workbook(say, given),
        "settings": _settings(say),
        "json": _json(say, given.documents),
    }
    made = {}
    for name, body in bodies.items():
        top = (f"# {say(f'pages/{name}/title')}", say(f"pages/{name}/intro"))
        end = (say(f"pages/{name}/outro", ""), "---", say("words/generated"))
        made[name] = _page([*top, *body, *end])
    _refuse_unused(say)
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


def _refuse_unused(say: Texts) -> None:
    """Refuse texts that no page has asked for."""
    unused = [key for key in _leaves(say.tree, "") if not any(_covers(a, key) for a in say.asked)]
    if unused:
        raise ValueError(f"reference_texts.{say.language}.toml: unused: {unused}")


def _leaves(tree: Mapping[str, Any], above: str) -> Iterator[str]:
    for key, node in tree.items():
        if isinstance(node, Mapping):
            yield from _leaves(node, f"{above}{key}/")
        else:
            yield f"{above}{key}"


def _covers(asked: str, key: str) -> bool:
    return asked == key or (asked.startswith("json/") and key.startswith(f"{asked}/"))


def main() -> None:
    """Write all pages."""
    with tempfile.TemporaryDirectory() as name:
        given = sources(Path(name))
    for language, folder in FOLDERS.items():
        say = Texts(language)
        for page, text in pages(say, told_in(say, given.tables[language]), given).items():
            (folder / f"{page}.md").write_text(text, encoding="utf-8")
            sys.stdout.write(f"{(folder / page).relative_to(_DOCS)}.md\n")


if __name__ == "__main__":
    main()
