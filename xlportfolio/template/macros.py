"""The macros of a workbook and its tab in the ribbon, from the texts in this folder.

``vba/KpFunctions.bas`` is made here from the signatures of the Python functions; the other modules
are written by hand. What macros say stands in hidden names of the workbook, so that they are the
same in every language.
"""

from __future__ import annotations

import hashlib
import inspect
from collections.abc import Callable, Mapping
from enum import StrEnum
from importlib.resources import files
from typing import Any

from lxml import etree

from xlportfolio.excel import functions
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import texts
from xlportfolio.state import MACROS_NAME, WHAT_IF
from xlportfolio.template.vbamodule import Module, ModuleKind
from xlportfolio.template.vbaproject import vba_project

#: The modules of the sheets, in the order of the sheets.
SHEETS = (
    "SheetStart",
    "SheetCustomers",
    "SheetCriteria",
    "SheetSettings",
    "SheetStrategies",
    "SheetOrders",
    "SheetScorecard",
    WHAT_IF,
)
STANDARD = ("KpBridge", "KpFunctions", "KpRibbon")
_FOLDER = files(__name__.rpartition(".")[0])
#: Characters of a text within a formula, which a defined name is.
_LONGEST = 255
_TEXT_PREFIX = "kp_text_"

_HEAD = """\
Attribute VB_Name = "KpFunctions"
Option Explicit

' Made by "python -m xlportfolio.template.build" from what xlportfolio/excel/functions.py names:
' change it there. One wrapper for each function that formulas may call; KpBridge does the rest.
"""


def udfs() -> dict[str, Callable[..., Any]]:
    """The functions that formulas may call, in the order of their names."""
    return {name: getattr(functions, name) for name in functions.__all__}


def functions_module() -> str:
    """The source of the module KpFunctions.

    >>> print(functions_module())
    Attribute VB_Name = "KpFunctions"
    ...
    Public Function KP_SCORECARD(ByVal customers As Variant, ByVal ... As Variant) As Variant
        KP_SCORECARD = KpBridge.KpCall("KP_SCORECARD", Array(customers, criteria, settings))
    End Function
    ...
    """
    return _HEAD + "".join(f"\n{_wrapper(name, function)}" for name, function in udfs().items())


def _wrapper(name: str, function: Callable[..., Any]) -> str:
    parameters = inspect.signature(function).parameters.values()
    declared = [
        f"{'' if p.default is p.empty else 'Optional '}ByVal {p.name} As Variant"
        for p in parameters
    ]
    passed = ", ".join(p.name for p in parameters)
    head = f"Public Function {name}({', '.join(declared)}) As Variant"
    return f'{head}\n    {name} = KpBridge.KpCall("{name}", Array({passed}))\nEnd Function\n'


def source_of(module: str) -> str:
    """The source of a module that stands in this folder."""
    suffix = "cls" if module == "ThisWorkbook" else "bas"
    return _FOLDER.joinpath("vba", f"{module}.{suffix}").read_text("ascii")


def vba_of_workbook() -> bytes:
    """The part ``vbaProject.bin`` of a new workbook."""
    modules = [Module("ThisWorkbook", ModuleKind.WORKBOOK, source_of("ThisWorkbook"))]
    modules += [Module(name, ModuleKind.SHEET, "") for name in SHEETS]
    modules += [Module(name, ModuleKind.STANDARD, source_of(name)) for name in STANDARD]
    return vba_project(modules)


def ribbon(language: str) -> bytes:
    """The part that describes the tab in the ribbon, with its labels in a language."""
    parser = etree.XMLParser(remove_comments=True, remove_blank_text=True)
    root = etree.fromstring(_FOLDER.joinpath("ribbon.xml").read_bytes(), parser)
    labels: Mapping[str, Mapping[str, str]] = texts(language).branch("ribbon")
    for element in root.iter():
        for attribute, text in labels.get(element.get("id", ""), {}).items():
            element.set(attribute, text)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def names_of_texts(language: str) -> dict[str, str]:
    """The hidden names that hold what macros say, and the help of each function: name -> formula.

    A function's help is its description and that of each argument, on lines of their own. One more
    name tells the macros of this version from those of others; see :func:`macros_of`.
    """
    words = texts(language)
    macros = words.branch("macros").items()
    names = {f"{_TEXT_PREFIX}{key}": _literal(text) for key, text in macros}
    for name, function in udfs().items():
        help_texts = words.branch(f"functions.help.{name}")
        lines = [
            help_texts[key] for key in ("description", *inspect.signature(function).parameters)
        ]
        names[f"kp_help_{name}"] = "&CHAR(10)&".join(map(_literal, lines))
    return names | {MACROS_NAME: _digest()}


class Macros(StrEnum):
    """Which macros a workbook has: those of this version, of another, or none of ours."""

    CURRENT = "current"
    OTHER = "other"
    NONE = "none"


def macros_of(workbook: Workbook) -> Macros:
    """Tell which macros a workbook has."""
    names = {e.get("name", ""): e.text for e in workbook.defined_names()}
    has_project = workbook.related("vbaProject") is not None
    if not has_project or not any(name.startswith(_TEXT_PREFIX) for name in names):
        return Macros.NONE
    return Macros.CURRENT if names.get(MACROS_NAME) == _digest() else Macros.OTHER


def _digest() -> str:
    """A formula that differs whenever the sources of the macros do."""
    digest = hashlib.sha256()
    for module in ("ThisWorkbook", *STANDARD):
        digest.update(f"{module}\n{source_of(module)}\n".encode("ascii"))
    return _literal(digest.hexdigest()[:16])


def _literal(text: str) -> str:
    """A text as a formula."""
    assert len(text) <= _LONGEST, text
    return '"{}"'.format(text.replace('"', '""'))
