"""Sentences of the template that tell of buttons and macros, as a copy without them says them."""

from __future__ import annotations

from xml.sax.saxutils import escape

from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import LANGUAGES, Texts, texts

#: Texts of the template, and what a copy says instead, both by their keys in ``locale``.
_INSTEAD = {
    "new.steps.criteria": "criteria",
    "new.steps.rescore_macros": "rescore",
    "new.steps.rescore_plain": "rescore",
    "new.steps.what_if": "passed_on",
    "new.steps.share": "passed_on",
    "new.macros": "macros",
    "new.orders_hint": "orders",
    "new.scorecard_hint": "scorecard",
    "new.what_if_hint": "what_if",
    "new.what_if_labels.helper": "helper",
    "headers.tblCriteria.source": "source",
}
#: What a copy says otherwise that goes on computing.
_LIVE = frozenset({"rescore", "macros", "scorecard"})
#: The kinds of parts in which such sentences stand.
_KINDS = ("sharedStrings+xml", "comments+xml")
_END = "</t>"


def say_as_copy(workbook: Workbook, *, live: bool) -> None:
    """Let sentences of the template that nobody has changed be true of a copy without macros.

    Parameters
    ----------
    live
        Whether scores go on computing in the copy.
    """
    package = workbook.package
    told = [pair for language in LANGUAGES for pair in _pairs(texts(language), live=live)]
    for part in list(package.parts()):
        if not (package.content_type(part) or "").endswith(_KINDS):
            continue
        data = before = package.read(part)
        for old, new in told:
            data = data.replace(old, new)
        if data != before:
            package.put(part, data)


def _pairs(words: Texts, *, live: bool) -> list[tuple[bytes, bytes]]:
    """The ends of texts in a file, and what stands there in the copy."""
    pairs = []
    for key, instead in _INSTEAD.items():
        both = [f"new.copy.{instead}", *([f"new.copy.{instead}_live"] * (instead in _LIVE))]
        new = both[-1 if live else 0]
        pairs += [(_ending(words(old)), _ending(words(new))) for old in (key, *both) if old != new]
    return pairs


def _ending(text: str) -> bytes:
    return f"{escape(text)}{_END}".encode()
