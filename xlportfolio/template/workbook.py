"""The workbooks to start from, ready made by :mod:`xlportfolio.template.build`."""

from __future__ import annotations

from importlib.resources import files

_FOLDER = files(__name__.rpartition(".")[0]).joinpath("books")


def file_name(language: str, *, with_sample: bool, macros: bool) -> str:
    """The file in the folder ``books`` that holds such a workbook."""
    return f"{language}-{'sample' if with_sample else 'empty'}.{'xlsm' if macros else 'xlsx'}"


def new_workbook(language: str, *, with_sample: bool, macros: bool = False) -> bytes:
    """A workbook to start from; its bytes, as an .xlsm or .xlsx file.

    Parameters
    ----------
    language
        Of the sheets' names, headers, words and hints, such as ``"en"``.
    with_sample
        Whether the invented customers are in it. Without them the table of the customers is
        empty; criteria, settings and strategies are there either way, to be changed.
    macros
        Whether it has the tab in the ribbon, buttons, and the sheets Scorecard and What-if, whose
        formulas need macros.
    """
    name = file_name(language, with_sample=with_sample, macros=macros)
    return _FOLDER.joinpath(name).read_bytes()
