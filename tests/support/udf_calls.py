"""Call the functions for cells as Excel on Windows does, through xlwings; a program for the tests.

``python udf_calls.py`` reads a pickled list of calls ``(function, arguments)`` from standard input
and writes a pickled dictionary to standard output:

``module``, ``help``
    the VBA module that xlwings generates, and what it tells Excel's function wizard;
``options``
    by function and argument, how xlwings is to convert it;
``answers``
    for each call, the cells that Excel gets, and the same with every argument a range instead of
    its values; in place of either ``{"raised": traceback}`` if an exception got as far as Excel;
``pro``
    what our functions loaded of the part of xlwings that wants a licence.

An argument is what COM makes of one: a tuple of rows, or a single cell: ``None``, a float, a text, a
truth value, a decimal for a currency, a date, a negative whole number for an error; or
``MISSING``.
"""

from __future__ import annotations

import os
import pickle
import sys
import traceback
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

FUNCTIONS = "xlportfolio.excel.functions"
#: What COM hands over for an argument that a formula leaves out.
MISSING = -2147352572

Calls = list[tuple[str, tuple[Any, ...]]]


def _answers(calls: Calls) -> dict[str, Any]:
    sys.path.insert(0, str(Path(__file__).parents[1]))
    from support import wincom  # noqa: PLC0415 (a program: the path is known now)

    wincom.install()
    loaded_by_itself = _pro()
    from xlwings import udfs  # noqa: PLC0415 (not before the stand-ins are in place)

    book = wincom.Workbook()
    caller = wincom.Range(book, None)

    def answer(function: str, arguments: tuple[Any, ...]) -> Any:
        try:
            return udfs.call_udf(FUNCTIONS, function, arguments, book, caller)
        except Exception:  # noqa: BLE001 (whatever it is, Excel would show it)
            return {"raised": traceback.format_exc()}

    def as_range(argument: Any) -> Any:
        missing = type(argument) is int and argument == MISSING
        return argument if missing else wincom.Range(book, argument)

    udfs.import_udfs(FUNCTIONS, book)
    registered = {
        name: f for name, f in vars(sys.modules[FUNCTIONS]).items() if hasattr(f, "__xlfunc__")
    }
    return {
        "module": book.module,
        "help": book.help,
        "options": {
            name: {
                a["name"]: (a["options"].get("ndim"), a["options"].get("err_to_str", False))
                for a in f.__xlfunc__["args"]
            }
            for name, f in registered.items()
        },
        "answers": [
            (answer(name, given), answer(name, tuple(map(as_range, given))))
            for name, given in calls
        ],
        "pro": _pro() - loaded_by_itself,
    }


def _pro() -> set[str]:
    return {name for name in sys.modules if f"{name}.".startswith("xlwings.pro.")}


def main() -> None:
    assert "XLWINGS_LICENSE_KEY" not in os.environ
    with redirect_stdout(sys.stderr):  # xlwings tells there what it has imported
        answered = _answers(pickle.load(sys.stdin.buffer))
    pickle.dump(answered, sys.stdout.buffer)


if __name__ == "__main__":
    main()
