"""Run macros of a workbook in LibreOffice; a program for the system's own Python, which has UNO.

``python3 lo_macros.py BOOK.xlsm PROFILE`` reads a JSON object from standard input:
``{"replace": {module: source}, "calls": [[module, procedure, [arguments]]], "formulas": [text]}``.
It opens the workbook with macros on, replaces these modules, calls each procedure, enters each
formula into a cell of a new sheet, enters ``{"enter": {address: text}}``, computes everything and
prints what came of it, what ``{"cells": [address]}`` show and ``{"ranges": [address]}`` hold, as
JSON. The argument ``"@control"``
becomes an object, as the ribbon hands one over.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import PropertyValue

_HEAD = "Rem Attribute VBA_ModuleType=VBAModule\nOption VBASupport 1\n"
_MACROS_ON = 4  # com.sun.star.document.MacroExecMode.ALWAYS_EXECUTE_NO_WARN


def main() -> None:
    book, profile = Path(sys.argv[1]), Path(sys.argv[2])
    asked = json.load(sys.stdin)
    pipe = f"xlportfolio-{profile.name}-{time.time_ns()}"
    command = [
        "soffice",
        "--headless",
        "--norestore",
        "--nologo",
        f"-env:UserInstallation={profile.resolve().as_uri()}",
        f"--accept=pipe,name={pipe};urp;",
    ]
    office = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    desktop = None
    try:
        context = _connect(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        service = "com.sun.star.frame.Desktop"
        desktop = context.ServiceManager.createInstanceWithContext(service, context)
        options = (_property("Hidden", True), _property("MacroExecutionMode", _MACROS_ON))
        document = desktop.loadComponentFromURL(book.resolve().as_uri(), "_blank", 0, options)
        json.dump(_answers(document, asked), sys.stdout)
        document.close(True)
    finally:
        if desktop is not None:
            try:
                desktop.terminate()
            except Exception:  # noqa: BLE001 (the bridge breaks down as the office goes)
                office.terminate()
        else:
            office.kill()
        office.wait(60)


def _answers(document: Any, asked: dict[str, Any]) -> dict[str, Any]:
    library = document.BasicLibraries.getByName("VBAProject")
    sources = {name: library.getByName(name) for name in library.ElementNames}
    for module, source in asked.get("replace", {}).items():
        library.replaceByName(module, _HEAD + source)
    provider = document.getScriptProvider()
    control = document.getCurrentController()
    called = []
    for module, procedure, arguments in asked.get("calls", []):
        url = (
            f"vnd.sun.star.script:VBAProject.{module}.{procedure}?language=Basic&location=document"
        )
        given = tuple(control if a == "@control" else a for a in arguments)
        try:
            answer, _, _ = provider.getScript(url).invoke(given, (), ())
            called.append(_plain(answer))
        except Exception as error:  # noqa: BLE001 (whatever a macro raises is its answer)
            called.append(f"{type(error).__name__}: {error}")
    sheets = document.Sheets
    sheets.insertNewByName("Probe", sheets.Count)
    probe, computed = sheets.getByName("Probe"), []
    for row, formula in enumerate(asked.get("formulas", [])):
        cell = probe.getCellByPosition(0, row)
        cell.setFormula(formula)
        computed.append(cell.String)
    for address, content in asked.get("enter", {}).items():
        _cell(document, address).setFormula(content)
    document.calculateAll()
    names = asked.get("cells", [])
    cells = {name: _cell(document, name).String for name in names}
    ranges = {name: _cell(document, name).getDataArray() for name in asked.get("ranges", [])}
    return {
        "sources": sources,
        "called": called,
        "computed": computed,
        "cells": cells,
        "ranges": ranges,
    }


def _cell(document: Any, address: str) -> Any:
    sheet, _, cell = address.rpartition("!")
    return document.Sheets.getByName(sheet).getCellRangeByName(cell)


def _plain(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bool | None) else repr(value)


def _connect(url: str) -> Any:
    local = uno.getComponentContext()
    name = "com.sun.star.bridge.UnoUrlResolver"
    resolver = local.ServiceManager.createInstanceWithContext(name, local)
    for _ in range(240):
        try:
            return resolver.resolve(url)
        except Exception:  # noqa: BLE001 (not there yet)
            time.sleep(0.25)
    sys.exit("LibreOffice did not start")


def _property(name: str, value: Any) -> Any:
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


if __name__ == "__main__":
    main()
