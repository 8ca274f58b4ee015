"""What the tab in the ribbon and the buttons of a workbook call, through xlwings' RunPython.

None of them works on the open workbook yet: each says so, and what to do instead.
"""

from __future__ import annotations

import xlwings as xw

from xlportfolio.locale import language_of_system, texts


@xw.script
def rescore(book: xw.Book) -> None:
    """Score all customers and write the ranked sheets."""
    _say(book, "buttons.not_live", "kpRescore", "xlportfolio rescore")


@xw.script
def check(book: xw.Book) -> None:
    """Say what is odd in the data."""
    _say(book, "buttons.not_live", "kpCheck", "xlportfolio check")


@xw.script
def explain(book: xw.Book) -> None:
    """Show how the scores of the customer in the selected row come about."""
    _say(book, "buttons.not_there", "kpExplain")


@xw.script
def share(book: xw.Book) -> None:
    """Make a copy that needs neither Python nor macros."""
    _say(book, "buttons.not_there", "kpShare")


@xw.script
def history(book: xw.Book) -> None:
    """Show who has moved from one type to another."""
    _say(book, "buttons.not_there", "kpHistory")


def _say(book: xw.Book, key: str, button: str, instead: str = "") -> None:
    """Tell the user in a sentence."""
    words = texts(language_of_system())
    command = words(f"ribbon.{button}.label")
    message = words(key, command=command, instead=f'{instead} "{book.name}"')
    book.app.alert(message, words("macros.title"))
