"""Rules of ECMA-376 that Excel enforces when it opens a workbook, held against a package's parts.

Nothing of the project's own code is used. ``schema_tables`` gives the content models and
attributes of the transitional schemas, and ``schema`` holds each part against them. The others
check what no schema can say: ``package`` the content types and relationships, ``workbook`` names
and styles, ``sheets`` cells and tables, ``drawings`` shapes and charts, ``ribbon`` the controls,
``formulas`` what each of them has of formulas. ``book`` parses the package for them all.

A rule takes the book and yields faults: the part whose content is at fault ("" for the package)
and a sentence.
"""

from __future__ import annotations

from collections.abc import Container

from support.ecma import drawings, package, ribbon, schema, sheets, workbook
from support.ecma.book import Book

RULES = (
    *package.RULES,
    *schema.RULES,
    *workbook.RULES,
    *sheets.RULES,
    *drawings.RULES,
    *ribbon.RULES,
)


def repairs_of(parts: dict[str, bytes], only: Container[str] | None = None) -> list[str]:
    """Everything in a package that breaks the rules, in sentences.

    Parts are those of :func:`support.packages.parts_of`. The content of parts outside ``only`` is
    not held against the rules, which is for what other programs wrote; the package as a whole is.
    """
    book = Book(parts)
    needed = ("[Content_Types].xml", "_rels/.rels", "xl/workbook.xml")
    missing = [f"{name} is missing" for name in needed if name not in parts]
    if missing or book.malformed:
        return missing + book.malformed
    found = [
        f"{part}: {sentence}" if part else sentence
        for rule in RULES
        for part, sentence in rule(book)
        if not part or only is None or part in only
    ]
    return list(dict.fromkeys(found))
