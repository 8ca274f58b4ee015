"""What the program itself says in the language of the system, for docs/reference: a program.

Texts of the command line are chosen when it is loaded, faults of formulas as the system speaks; so
docs/reference.py starts this once for each language. From standard input it reads formulas and the
tables that they name, as JSON; it writes the commands and the formulas' answers.
"""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo, OptionInfo

import xlportfolio.cli  # noqa: F401 (registers the commands)
from xlportfolio.command import app
from xlportfolio.excel import functions

#: Arguments that take a single cell, not a range.
_CELLS = {"axis", "criterion", "value_threshold", "benefit_threshold", "language", "a", "b"}
_SINGLE = {("KP_EXPLAIN", "customer_id")}
_CALL = re.compile(r"=(KP_\w+)\((.*)\)")
#: Texts, arrays, calls and names with brackets: a comma within them parts no arguments.
_PARTS = re.compile(r'"[^"]*"|\{[^}]*\}|\([^)]*\)|\[(?:[^\[\]]|\[[^\]]*\])*\]|[^,]')
_TABLE = re.compile(r"(tbl\w+)\[#(All|Headers)\]|INDEX\((tbl\w+),(\d+),0\)")

Tables = Mapping[str, list[list[Any]]]


def answer(formula: str, tables: Tables) -> Any:  # noqa: ANN401 (cells)
    """What a formula of one of our functions shows, in English notation.

    >>> answer("=KP_RANK({60;80;60})", {})
    [[2.0], [1.0], [2.0]]
    >>> answer('=KP_QUADRANT(60,40,,,"de")', {})
    [['Fragezeichen']]
    """
    call = _CALL.fullmatch(formula)
    if call is None:
        raise ValueError(formula)
    name, written = call.groups()
    function = getattr(functions, name)
    named, parts = inspect.signature(function).parameters, _arguments(written)
    if len(parts) > len(named):
        raise ValueError(formula)
    given = {}
    for argument, part in zip(named, parts, strict=False):  # optional ones may be left out
        value = _value(part, tables)
        single = argument in _CELLS or (name, argument) in _SINGLE
        given[argument] = value if single or value is None or type(value) is list else [[value]]
    return function(**given)


def _arguments(written: str) -> list[str]:
    """The arguments of a call, blank for one that is left out."""
    return ["".join(_PARTS.findall(part)) for part in _split(written)]


def _split(written: str) -> Iterator[str]:
    part = ""
    for piece in re.findall(rf"{_PARTS.pattern}|,", written):
        if piece == ",":
            yield part
            part = ""
        else:
            part += piece
    yield part


def _value(part: str, tables: Tables) -> Any:  # noqa: ANN401 (cells)
    """A constant, an array of constants, or cells of a table."""
    part = part.strip()
    if part.startswith("{"):
        return [[_value(cell, tables) for cell in row.split(",")] for row in part[1:-1].split(";")]
    found = _TABLE.fullmatch(part)
    if found:
        whole, rows, of, row = found.groups()
        if of:
            return [tables[of][int(row)]]
        return tables[whole] if rows == "All" else tables[whole][:1]
    if part.startswith('"'):
        return part[1:-1]
    return float(part) if part else None


def commands() -> list[dict[str, Any]]:
    """Each command with its help, examples, arguments and options."""
    said = []
    for command in app.registered_commands:
        callback = command.callback
        assert callback is not None
        hints = get_type_hints(callback, include_extras=True)
        parameters = inspect.signature(callback).parameters.values()
        examples = (command.epilog or "").splitlines()
        said.append(
            {
                "name": command.name or callback.__name__,
                "help": command.help,
                "examples": [line for line in examples if line.startswith("xlportfolio ")],
                "parameters": [_parameter(p.name, hints[p.name], p.default) for p in parameters],
            }
        )
    return said


def _parameter(name: str, hint: Any, default: Any) -> dict[str, Any]:  # noqa: ANN401 (types)
    """An argument or an option, as its annotation describes it."""
    bare = hint
    while get_origin(bare) in {UnionType, Annotated} or str(bare).startswith("typing.Optional"):
        if get_origin(bare) is Annotated:
            hint, bare = bare, get_args(bare)[0]
        else:
            bare = next(one for one in get_args(bare) if one is not type(None))
            hint = bare if get_origin(bare) is Annotated else hint
    info = next(one for one in get_args(hint) if isinstance(one, ArgumentInfo | OptionInfo))
    is_option, is_choice = isinstance(info, OptionInfo), _is_choice(bare)
    metavar = info.metavar or ("|".join(bare) if is_choice else name.upper())
    # in an annotation, typer takes the first of the names for the default
    flags = [f for f in (info.default, *(info.param_decls or ())) if str(f).startswith("-")]
    return {
        "option": is_option,
        "names": flags if is_option else [metavar],
        "value": "" if bare is bool or not is_option else metavar,
        "needed": default is inspect.Parameter.empty,
        "repeated": get_origin(bare) is list,
        "default": str(default) if isinstance(default, Path) else None,
        "choices": [str(one) for one in bare] if is_choice else [],
        "help": info.help,
    }


def _is_choice(kind: Any) -> bool:  # noqa: ANN401 (types)
    return isinstance(kind, type) and issubclass(kind, StrEnum)


def main() -> None:
    """Answer what standard input asks for."""
    asked = json.load(sys.stdin)
    answers = {formula: answer(formula, asked["tables"]) for formula in asked["formulas"]}
    told = {"commands": commands(), "answers": answers}
    sys.stdout.write(json.dumps(told, default=str))


if __name__ == "__main__":
    main()
