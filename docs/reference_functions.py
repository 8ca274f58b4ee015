"""The page of the functions: arguments, examples with what they answer, faults."""

from __future__ import annotations

import datetime as dt
import inspect
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from reference_words import Texts, code, fence, table

from xlportfolio.excel import functions
from xlportfolio.locale import texts as locale_texts

#: What German Excel calls the parts of a table.
_PARTS = {"#All": "#Alle", "#Headers": "#Kopfzeilen"}
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
#: Rows of a long answer that are shown, the header included.
_SHOWN = 7


def functions_page(say: Texts, answers: Mapping[str, Any]) -> Iterator[str]:
    """The sections of the page; ``answers`` are those of all formulas, as they are written."""
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
        yield table(
            say("words/arguments"),
            (
                (
                    code(p.name),
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
            tables += [fence("excel", [written]), *_long(say, block)]
        elif "tbl" in formula or shown.startswith("{"):
            listed.append((code(written), code(shown)))
        else:
            lines.append(f"{written} -> {shown}")
    if lines:
        yield fence("excel", lines)
    if listed:
        yield table(say("words/example_header"), listed)
    yield from tables
    faults = say(f"functions/{name}/faults", [])
    if faults:
        yield say("words/faults")
        rows = ((code(_formula(f, say.language)), _fault(answers[f])) for f in faults)
        yield table(say("words/fault_header"), rows)


def _long(say: Texts, block: Sequence[Sequence[Any]]) -> Iterator[str]:
    """The first rows of an answer with a header row."""
    header, *rows = [[_shown(cell, say.language) for cell in row] for row in block[:_SHOWN]]
    yield table(header, rows)
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
