"""Give sheets, tables and their columns other names, wherever in a package they are spelled."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from xlportfolio.errors import WorkbookError
from xlportfolio.files.formulas import FORMULA_ATTRIBUTES, FORMULA_ELEMENTS
from xlportfolio.files.package import Element, Package, local_name, to_xml
from xlportfolio.files.references import Renaming
from xlportfolio.files.workbook import Workbook, main

#: Attributes that hold a reference to cells.
REFERENCES = frozenset({*FORMULA_ATTRIBUTES, "location"})
#: Elements that name a sheet in their attribute ``sheet``; in ``name``, a table.
_SOURCES = frozenset({"worksheetSource", "dataRef", "rangeSet"})
_TITLE = "lpstr"
_XML = (".xml", ".vml")


def rename(workbook: Workbook, renaming: Renaming) -> None:
    """Write new names of sheets, tables and columns wherever the old ones are spelled.

    The headers in the cells are left to whoever writes cells.
    """
    if not renaming:
        return
    package = workbook.package
    for sheet in workbook.sheets:
        new = renaming.sheets.get(sheet.name.lower())
        if new is not None:
            sheet.element.set("name", new)
    respell(workbook.root, renaming)
    workbook.commit()
    tables = {table.part for _, table in workbook.tables()}
    for part in _parts(workbook, _marks(renaming)):
        root = _parsed(package, part)
        is_changed = root is not None and respell(root, renaming)
        if root is not None and part in tables:
            is_changed = _rename_table(root, renaming) or is_changed
        if root is not None and is_changed:
            package.put(part, to_xml(root))
    for sheet in workbook.sheets:
        sheet.forget_tables()


def _parts(workbook: Workbook, marks: Collection[str]) -> Iterator[str]:
    """The parts besides the workbook's own in which one of some texts stands."""
    for part in list(workbook.package.parts()):
        if part != workbook.part and part.lower().endswith(_XML):
            text = workbook.package.read(part).decode("utf-8", "ignore").lower()
            if any(mark in text for mark in marks):
                yield part


def _parsed(package: Package, part: str) -> Element | None:
    """A part, parsed; none if it is a drawing in the old language that is no XML."""
    try:
        return package.xml(part)
    except WorkbookError:
        if part.lower().endswith(".vml"):
            return None
        raise


def _marks(renaming: Renaming) -> set[str]:
    """Texts of which a part holds one if an old name is spelled in it."""
    names = {*renaming.sheets, *renaming.tables, *renaming.columns}
    names |= {old for columns in renaming.columns.values() for old in columns}
    marks = set()
    for name in names:
        plain = name.replace("'", "''") if name in renaming.sheets else name
        # what XML, and what formulas write otherwise, is left out: the longest piece is enough
        for sign in "&<>\"'[]#@":
            plain = plain.replace(sign, "\n")
        longest = max(plain.split("\n"), key=len)
        marks.add(longest if longest.isascii() else "")
    return marks


def respell(root: Element, renaming: Renaming) -> bool:
    """Write the new names into the formulas and references below an element; whether any changed.

    It serves for any part: sheets, tables, charts, drawings, sources of pivot tables, properties.
    """
    is_changed = False
    for element, attribute, old in _spellings(root):
        if attribute in _PLAIN and "!" not in old:
            names = renaming.tables if attribute == "name" else renaming.sheets
            new = names.get(old.lower(), old)
        else:
            link = "#" if old.startswith("#") else ""
            new = link + renaming.spelled(old.removeprefix("#"))
        if new == old:
            continue
        is_changed = True
        if attribute in {"", _TITLE}:
            element.text = new
        else:
            element.set(attribute, new)
    return is_changed


_PLAIN = frozenset({"sheet", "name", _TITLE})


def _spellings(root: Element) -> Iterator[tuple[Element, str, str]]:
    """Whatever spells names: the element, the attribute (none for its text), and what it says."""
    for element in root.iter("{*}*"):
        name = local_name(element)
        if name in FORMULA_ELEMENTS and element.text:
            yield element, "", element.text
        elif name == _TITLE and element.text:
            yield element, _TITLE, element.text
        for attribute in map(str, element.keys()):
            value = element.get(attribute, "")
            if attribute in REFERENCES or (name in _SOURCES and attribute in {"sheet", "name"}):
                yield element, attribute, value


def _rename_table(root: Element, renaming: Renaming) -> bool:
    """Write the new name of a table, and of its columns, into its definition."""
    spelled = {root.get(key, "").lower() for key in ("name", "displayName")}
    is_changed = False
    for key in ("name", "displayName"):
        new = renaming.tables.get(root.get(key, "").lower())
        if new is not None:
            root.set(key, new)
            is_changed = True
    columns: dict[str, str] = {}
    for name in spelled:
        columns |= renaming.columns.get(name, {})
    for column in root.iter(main("tableColumn")):
        new = columns.get(column.get("name", "").lower())
        if new is not None:
            column.set("name", new)
            column.attrib.pop("uniqueName", "")
            is_changed = True
    return is_changed
