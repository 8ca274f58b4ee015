"""A workbook with macros at work in LibreOffice, its KpBridge in touch with Python; a program.

``python -m support.spreadsheet BOOK.xlsm FOLDER`` opens the workbook with macros on, in a LibreOffice
of its own whose profile is below the folder, and reads a JSON list of steps from standard input:

``["enter", {address: formula}]``, ``["enter_array", {address: formula}]``
    put something into cells such as ``"Sheet!B2"``, or formulas into blocks, in LibreOffice's
    English notation; a sheet that is missing is added at the end
``["calculate"]``
    compute everything, whether it has changed or not
``["show", [address]]``
    the rows of each block; a cell in error shows as the text that LibreOffice has for it
``["table", name]``
    the rows of a table, its header among them
``["sheets"]``
    the names of the sheets, in their order
``["press", callback]``
    call one of KpRibbon's callbacks with a control, as the ribbon does
``["save", path]``
    store the workbook in this file
``["told"]``
    what has happened since this was last asked: the functions that formulas called and the
    arguments that xlwings gave them, the lines of Python that were run, what the macros told the
    user (from VBA: messages; from Python: alerts), and the tracebacks of whatever failed

The answers to all the steps are written to standard output as a JSON list.

KpBridge stays as it is but for the expressions of ``SWAPPED``, its ways to the add-in and to the
screen: they lead to a service that this program registers in LibreOffice. Behind it work xlwings'
own ``call_udf``, over stand-ins for COM (see ``wincom``), and ``exec`` for what Excel hands to
RunPython, with the engine of ``lo_engine`` beneath ``xlwings.Book.caller()``. What LibreOffice does
differently from Excel is levelled here:

- A range arrives as an object of LibreOffice's, whose ``Value`` has 0 for an error; so its cells are
  read through the engine, as Excel gives them over COM.
- An argument that a formula leaves out arrives as nothing, for which COM has a code. One that is
  left out before others arrives as 0, so that cannot be tried here.
- Whole numbers arrive as such, while Excel knows floats only.
- An answer of several cells has to be one array of two dimensions, not rows within rows.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import sys
import traceback
from contextlib import redirect_stdout
from functools import partial, wraps
from pathlib import Path
from typing import Any
from unittest import mock

from support import lo_session, wincom

#: The name under which KpBridge finds this program in LibreOffice.
SERVICE = "xlportfolio.tests.Bridge"
#: What replaces the ways of KpBridge to the add-in and to the screen.
SWAPPED = {
    "Set addIn = Application.Workbooks(ADD_IN)": "Set addIn = ThisWorkbook",
    """Application.Run("'" & ADD_IN & "'!XLPy")""": f'CreateUnoService("{SERVICE}")',
    """Application.Run("'" & ADD_IN & "'!RunPython", _""": (
        f'CreateUnoService("{SERVICE}").RunPython( _'
    ),
    'MsgBox message, vbInformation, KpText("title")': (
        f'CreateUnoService("{SERVICE}").MsgBox message'
    ),
}
#: What COM hands over for an argument that a formula leaves out.
MISSING = -2147352572


def swapped(source: str) -> str:
    """The text of KpBridge, in touch with this program instead of with the add-in."""
    for ours, theirs in SWAPPED.items():
        assert source.count(ours) == 1, ours
        source = source.replace(ours, theirs)
    return source


def main() -> None:
    book, folder = Path(sys.argv[1]), Path(sys.argv[2])
    assert "XLWINGS_LICENSE_KEY" not in os.environ
    steps = json.load(sys.stdin)
    with redirect_stdout(sys.stderr):  # xlwings tells there what it has imported
        answers = _answers(book, folder, steps)
    json.dump(answers, sys.stdout, default=repr)


def _answers(path: Path, folder: Path, steps: list[list[Any]]) -> list[Any]:
    wincom.install()
    with lo_session.office(folder) as office:
        spreadsheet = _Spreadsheet(office, path)
        answers = [getattr(spreadsheet, step)(*given) for step, *given in steps]
        spreadsheet.close()
    return answers


class _Spreadsheet:
    """The open workbook; each method is a step."""

    def __init__(self, office: lo_session.Office, path: Path) -> None:
        from support import lo_engine  # noqa: PLC0415 (not before the stand-ins are in place)

        self.document = office.open(path, macros=True)
        self.book = lo_engine.attach(self.document)
        self.book.set_mock_caller()
        self.bridge = _Bridge(self.book)
        office.context.ServiceManager.insert(_factory(self.bridge))
        library = self.document.BasicLibraries.getByName("VBAProject")
        library.replaceByName("KpBridge", swapped(library.getByName("KpBridge")))

    def enter(self, cells: dict[str, str]) -> None:
        for address, formula in cells.items():
            self._cells(address).setFormula(formula)

    def enter_array(self, blocks: dict[str, str]) -> None:
        for address, formula in blocks.items():
            self._cells(address).setArrayFormula(formula)

    def calculate(self) -> None:
        self.document.calculateAll()

    def show(self, addresses: list[str]) -> list[list[list[Any]]]:
        return [_shown(self._cells(address)) for address in addresses]

    def table(self, name: str) -> list[list[Any]]:
        return _shown(self.document.DatabaseRanges.getByName(name).getReferredCells())

    def sheets(self) -> list[str]:
        return list(self.document.Sheets.ElementNames)

    def press(self, callback: str) -> None:
        url = f"vnd.sun.star.script:VBAProject.KpRibbon.{callback}?language=Basic&location=document"
        control = self.document.getCurrentController()
        self.document.getScriptProvider().getScript(url).invoke((control,), (), ())

    def save(self, path: str) -> None:
        self.book.save(path)

    def told(self) -> dict[str, Any]:
        alerts = self.book.app.impl.alerts
        told = {**self.bridge.told, "alerts": [alert["prompt"] for alert in alerts]}
        self.bridge.forget()
        alerts.clear()
        return told

    def close(self) -> None:
        self.book.app.quit()

    def _cells(self, address: str) -> Any:
        sheet, _, cells = address.rpartition("!")
        sheets = self.document.Sheets
        if not sheets.hasByName(sheet):
            sheets.insertNewByName(sheet, sheets.Count)
        return sheets.getByName(sheet).getCellRangeByName(cells)


class _Bridge:
    """What KpBridge calls, by the names that Excel's add-in and Python's server have."""

    def __init__(self, book: Any) -> None:
        from xlwings import udfs  # noqa: PLC0415 (not before the stand-ins are in place)

        self.methods = {
            "CallUDF": self.call_udf,
            "RunPython": self.run_python,
            "MsgBox": self.show_message,
        }
        self.told: dict[str, list[Any]] = {}
        self.forget()
        self._book, self._udfs = book, udfs
        self._excel = wincom.Workbook(book.name)
        self._range = partial(wincom.Range, self._excel)

    def forget(self) -> None:
        self.told = {"calls": [], "lines": [], "messages": [], "failures": []}

    def invoke(self, name: str, given: tuple[Any, ...]) -> Any:
        """What a method answers; what it raises is kept, for VBA only sees that it failed."""
        try:
            return self.methods[name](*given)
        except Exception:
            self.told["failures"].append(traceback.format_exc())
            raise

    def call_udf(self, module: str, function: str, given: tuple[Any, ...], *_: Any) -> Any:
        arguments = tuple(map(self._argument, given))
        functions = self._udfs.get_udf_module(module, self._excel)
        real = getattr(functions, function)

        @wraps(real)
        def heard(*got: Any) -> Any:
            self.told["calls"].append([function, got])
            return real(*got)

        with mock.patch.object(functions, function, heard):
            answer = self._udfs.call_udf(
                module, function, arguments, self._excel, self._range(None)
            )
        if not isinstance(answer, list | tuple):
            return answer
        rows = tuple(tuple(map(_in_cell, row)) for row in answer)
        return rows[0][0] if len(rows) == len(rows[0]) == 1 else _array(rows)

    def run_python(self, line: str) -> None:
        self.told["lines"].append(line)
        exec(line, {"__name__": "__main__"})

    def show_message(self, message: str) -> None:
        self.told["messages"].append(message)

    def _argument(self, given: Any) -> Any:
        """An argument as Excel hands it over to Python."""
        if given is None:
            return MISSING
        if hasattr(given, "getCellRange"):
            area = given.getCellRange().RangeAddress
            first, last = (area.StartRow, area.StartColumn), (area.EndRow, area.EndColumn)
            corners = [tuple(at + 1 for at in corner) for corner in (first, last)]
            return self._range(self._book.sheets[area.Sheet].range(*corners).raw_value)
        return float(given) if type(given) is int else given


def _in_cell(answer: Any) -> Any:
    """A day as cells hold it: UNO knows none of Python's."""
    if not isinstance(answer, dt.date):
        return answer
    return float(answer.toordinal() - dt.date(1899, 12, 30).toordinal())


def _array(rows: tuple[tuple[Any, ...], ...]) -> Any:
    uno = lo_session.bridge()
    assert uno is not None
    array = uno.createUnoStruct("com.sun.star.script.ArrayWrapper")
    array.IsZeroIndex, array.Array = False, uno.Any("[][]any", rows)
    return array


def _factory(bridge: _Bridge) -> Any:
    """Makes the service of LibreOffice that passes calls on to a bridge."""
    import unohelper  # noqa: PLC0415 (there is LibreOffice now)
    from com.sun.star.lang import XServiceInfo, XSingleComponentFactory  # noqa: PLC0415
    from com.sun.star.script import XInvocation  # noqa: PLC0415

    class Service(unohelper.Base, XInvocation):
        def invoke(self, name: str, given: tuple[Any, ...], *_: Any) -> Any:
            return bridge.invoke(name, given), (), ()

        def hasMethod(self, name: str) -> bool:  # noqa: N802 (as LibreOffice calls it)
            return name in bridge.methods

        def hasProperty(self, _: str) -> bool:  # noqa: N802
            return False

        def getIntrospection(self) -> None:  # noqa: N802
            return None

    class Factory(unohelper.Base, XSingleComponentFactory, XServiceInfo):
        def createInstanceWithContext(self, _: Any) -> Any:  # noqa: N802
            return Service()

        def createInstanceWithArgumentsAndContext(self, *_: Any) -> Any:  # noqa: N802
            return Service()

        def getImplementationName(self) -> str:  # noqa: N802
            return f"{SERVICE}.Implementation"

        def supportsService(self, name: str) -> bool:  # noqa: N802
            return name == SERVICE

        def getSupportedServiceNames(self) -> tuple[str, ...]:  # noqa: N802
            return (SERVICE,)

    return Factory()


def _shown(cells: Any) -> list[list[Any]]:
    return [
        [
            cells.getCellByPosition(c, r).String if cell is None else cell
            for c, cell in enumerate(row)
        ]
        for r, row in enumerate(cells.getDataArray())
    ]


if __name__ == "__main__":
    main()
