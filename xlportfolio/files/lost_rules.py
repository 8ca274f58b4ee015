"""Rules, names, columns of tables and series of charts that need functions which a copy lacks."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from lxml import etree

from xlportfolio.errors import Problem, note
from xlportfolio.files.cutting import take_out
from xlportfolio.files.formulas import is_utf8
from xlportfolio.files.lost import Losses, Lost
from xlportfolio.files.package import Element, local_name, to_xml
from xlportfolio.files.workbook import Workbook, main
from xlportfolio.schema.merging import few

#: Elements whose text is a formula of a rule, and what goes with it.
_FORMULAS = frozenset({"formula", "formula1", "formula2", "f"})
_HOLDERS = frozenset({"cfRule", "dataValidation", "sparkline"})
_CHART = "drawingml.chart+xml"
#: What a series refers to, and what it holds instead.
_LITERALS = {"numRef": ("numCache", "numLit"), "strRef": ("strCache", "strLit")}
_A = "http://schemas.openxmlformats.org/drawingml/2006/main"


def drop_rules(root: Element, reason: Callable[[str], Lost]) -> int:
    """Take conditional formats and input checks out of a sheet; how many, two halves being one.

    Parameters
    ----------
    reason
        Why a formula cannot be computed; nothing if it can.
    """
    gone: list[Element] = []
    for section in root:
        if section.tag == main("sheetData"):
            continue
        for element in section.iter():
            formula = _formula_of(element)
            holder = _holder(element) if formula and reason(formula) else None
            if holder is not None and holder not in gone:
                gone.append(holder)
    halves = _other_halves(root, gone)
    for holder in (*gone, *halves):
        take_out(holder)
    named = {text for rule in gone for text in _named_by(rule)}
    return sum(rule.get("id") not in named for rule in gone)


def _formula_of(element: Element) -> str | None:
    name = local_name(element)
    if name in _FORMULAS:
        return element.text
    return element.get("val") if name == "cfvo" and element.get("type") == "formula" else None


def _holder(element: Element) -> Element | None:
    return next((e for e in element.iterancestors() if local_name(e) in _HOLDERS), None)


def _other_halves(root: Element, gone: list[Element]) -> list[Element]:
    """Rules in two parts, an old one and a newer one that it names: what is left of them."""
    named = {rule.get("id") for rule in gone} | {text for r in gone for text in _named_by(r)}
    return [
        rule
        for rule in root.iter("{*}cfRule")
        if rule not in gone and not (named - {None}).isdisjoint({rule.get("id"), *_named_by(rule)})
    ]


def _named_by(rule: Element) -> list[str]:
    """The other rule that one names, if it does."""
    return [element.text for element in rule.iter("{*}id") if element.text]


def drop_names(workbook: Workbook, losses: Losses) -> list[Problem]:
    """Take out names that cannot be computed, and formulas of tables that need functions so.

    Names that no formula could use but those of macros go without a word.
    """

    def lost(element: Element) -> Lost | None:
        key = element.get("name", "").lower(), element.get("localSheetId")
        return losses.names.get(key)

    gone = [(e.get("name", ""), lost(e)) for e in workbook.drop_names(lambda e: bool(lost(e)))]
    told = [name for name, why in gone if why is not None and (why.ours or why.macros)]
    for sheet, table in list(workbook.tables()):
        root = workbook.package.xml(table.part)
        if drop_formulas(root, partial(losses.of, sheet=sheet.name)):
            workbook.package.put(table.part, to_xml(root))
    if not told:
        return []
    return [note("answers_names", names=few(told))]


def drop_formulas(table: Element, reason: Callable[[str], Lost]) -> bool:
    """Let columns of a table be no longer calculated, and totals be values; whether any is."""
    is_changed = False
    for column in table.iter(main("tableColumn")):
        for name in ("calculatedColumnFormula", "totalsRowFormula"):
            formula = column.find(main(name))
            if formula is not None and reason(formula.text or ""):
                column.remove(formula)
                is_changed = True
                if name == "totalsRowFormula":
                    column.attrib.pop("totalsRowFunction", "")
    return is_changed


def keep_series(workbook: Workbook, losses: Losses) -> list[Problem]:
    """Let series of charts that are given by names which go hold their values."""
    package, kept = workbook.package, 0
    wanted = {name.encode() for name, _ in losses.names}
    for part in list(package.parts()) if wanted else ():
        if not (package.content_type(part) or "").endswith(_CHART):
            continue
        data = package.read(part)
        lower = data.lower()
        if is_utf8(data) and not any(name in lower for name in wanted):
            continue
        root = package.xml(part)
        found = [f for f in root.iter("{*}f") if f.text and losses.names_in(f.text)]
        changed = [formula for formula in found if keep_reference(formula)]
        if changed:
            package.put(part, to_xml(root))
            kept += 1
    return [note("answers_charts", count=kept)] if kept else []


def keep_reference(formula: Element) -> bool:
    """Put the values that a chart remembers in the place of a reference; whether it is done."""
    reference = formula.getparent()
    parent = None if reference is None else reference.getparent()
    if reference is None or parent is None or local_name(reference) not in _LITERALS:
        return False
    space = str(reference.tag).rpartition("}")[0] + "}"
    cached, literal = _LITERALS[local_name(reference)]
    cache = reference.find(f"{space}{cached}")
    if local_name(parent) == "tx":
        text = "".join(v.text or "" for v in reference.iter(f"{space}v"))
        parent.replace(reference, _text(parent, space, text))
        return True
    made = reference.makeelement(f"{space}{literal}", {})
    made.extend([] if cache is None else list(cache))
    if cache is None:
        made.append(made.makeelement(f"{space}ptCount", {"val": "0"}))
    parent.replace(reference, made)
    return True


def _text(holder: Element, space: str, text: str) -> Element:
    """A text as a series has it for a name, or as a title has it."""
    series = holder.getparent()
    if series is not None and local_name(series) == "ser":
        made = holder.makeelement(f"{space}v", {})
        made.text = text
        return made
    rich = holder.makeelement(f"{space}rich", {})
    etree.SubElement(rich, f"{{{_A}}}bodyPr")
    run = etree.SubElement(etree.SubElement(rich, f"{{{_A}}}p"), f"{{{_A}}}r")
    etree.SubElement(run, f"{{{_A}}}t").text = text
    return rich
