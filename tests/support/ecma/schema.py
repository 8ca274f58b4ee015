"""Holds elements and attributes against the tables of the schemas."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from functools import cache

from lxml import etree

from support.ecma import schema_tables
from support.ecma.book import NAMESPACES, PREFIXES, Book, Element, Fault, area_of, child, plain, tag
from support.ecma.schema_tables import COUNTED, KINDS, TEXT_LENGTHS


def _table(text: str) -> dict[str, str]:
    """A table by its keys, what it calls $NAME put in."""
    names: dict[str, str] = {}
    for entry in re.split(r"\n| ; ", re.sub(r"\|\s+", "|", re.sub(r"\n +", " ", text.strip()))):
        keys, _, value = entry.partition(" :=")
        for name in re.findall(r"\$[A-Z]+", value):
            value = value.replace(name, names[name])
        names |= dict.fromkeys(keys.split(), value.strip())
    return names


MODELS, ATTRIBUTES = _table(schema_tables.MODELS), _table(schema_tables.ATTRIBUTES)


@cache
def _model(key: str) -> re.Pattern[str] | None:
    """A content model as a pattern over the children's names, each with a semicolon."""
    if key not in MODELS:
        return None
    prefix = key.rpartition("/")[2].partition(":")[0]

    def name(match: re.Match[str]) -> str:
        return f"(?:{match[0] if ':' in match[0] else f'{prefix}:{match[0]}'};)"

    pattern = re.sub(r"[A-Za-z][\w.]*(?::\w+)?", name, MODELS[key].replace("~", "extLst?"))
    return re.compile(pattern.replace(" ", ""))


@cache
def _attributes(key: str) -> dict[str, tuple[str, bool]] | None:
    """The kind of each attribute that an element may have, and whether it must have it."""
    if key not in ATTRIBUTES:
        return None
    words = re.findall(r"([\w:]+)([?#]?)(!?)(?:=(\S+))?", ATTRIBUTES[key])
    return {name: (mark or kind, bool(required)) for name, mark, required, kind in words}


def _known(path: tuple[str, ...], table: Container[str]) -> str:
    """The most special key that a table has for an element, given its ancestors."""
    variants = ("/".join(path[-length:]) for length in (3, 2))
    return next((key for key in variants if key in table), path[-1])


def _fits(kind: str, value: str) -> bool:
    if kind == "cell":
        return ":" not in value and area_of(value) is not None
    if kind == "ref":
        return area_of(value) is not None
    if kind == "sqref":
        return all(area_of(word) for word in value.split() or [""])
    return not kind or re.fullmatch(KINDS.get(kind, kind), value) is not None


def _schema_faults(book: Book) -> Iterator[Fault]:
    """Elements and attributes that the schemas do not have there."""
    for part, root in book.roots.items():
        if tag(root) in MODELS:
            for sentence in _element_faults(root, (), frozenset()):
                yield part, sentence


def _element_faults(
    element: Element, above: tuple[str, ...], ignored: frozenset[str]
) -> Iterator[str]:
    path = (*above[-2:], tag(element))
    ignored |= _ignorable(element)
    yield from (f"prefix {n[1:]} is ignorable, but unknown" for n in ignored if n[0] == "?")
    yield from _attribute_faults(element, path, ignored)
    yield from _text_faults(element, path[-1])
    children = []
    for e in element.iterchildren(etree.Element):
        if not tag(e).startswith("?:"):
            children.append(e)
        elif etree.QName(e).namespace not in ignored and path[-1] != "a:graphicData":
            yield f"{path[-1]} has a strange child {e.tag}"
    yield from _order_faults(children, path)
    count = element.get("count", str(len(children)))
    if path[-1] in COUNTED.split() and count != str(len(children)):
        yield f"{path[-1]} says {count}, but there are {len(children)}"
    for e in children:
        if not tag(e).endswith((":extLst", ":AlternateContent")):
            yield from _element_faults(e, path, ignored)


def _ignorable(element: Element) -> frozenset[str]:
    prefixes = element.get(f"{{{NAMESPACES['mc']}}}Ignorable", "").split()
    return frozenset(element.nsmap.get(prefix, f"?{prefix}") for prefix in prefixes)


def _order_faults(children: list[Element], path: tuple[str, ...]) -> Iterator[str]:
    model = _model(_known(path, MODELS))
    if model is None:
        return
    names = [tag(e) for e in _chosen(children)]
    if not model.fullmatch("".join(f"{name};" for name in names)):
        shown = " ".join(dict.fromkeys(names)) or "none"
        yield f"the schema has not these children of {path[-1]} in this order: {shown}"
    if path[-1] in ("s:font", "s:rPr") and len(set(names)) < len(names):
        yield f"{path[-1]} says something twice: {names}"


def _chosen(children: list[Element]) -> Iterator[Element]:
    """The children as a reader sees them that knows no extension."""
    for e in children:
        if tag(e) != "mc:AlternateContent":
            yield e
            continue
        fallback = child(e, "Fallback")
        branch = fallback if fallback is not None else e[0]
        yield from (e for e in branch.iterchildren(etree.Element) if not tag(e).startswith("?:"))


def _attribute_faults(
    element: Element, path: tuple[str, ...], ignored: frozenset[str]
) -> Iterator[str]:
    known = _attributes(_known(path, ATTRIBUTES))
    seen = set()
    for name, value in element.attrib.items():
        namespace, _, plain_name = name.rpartition("}")
        prefix = PREFIXES.get(namespace[1:])
        if namespace and prefix is None:
            if namespace[1:] not in ignored:
                yield f"{path[-1]} has a strange attribute {name}"
        elif namespace:
            seen.add(f"{prefix}:{plain_name}")
        elif known is not None:
            seen.add(name)
            if name not in known:
                yield f"{path[-1]} has an attribute {name}, which the schema does not know"
            elif not _fits(known[name][0], value):
                yield f"{path[-1]} has {name}={value!r}, which is not right"
    for name, (_, is_required) in (known or {}).items():
        if is_required and name not in seen:
            yield f"{path[-1]} lacks {name}: {dict(element.attrib)}"


def _text_faults(element: Element, name: str) -> Iterator[str]:
    for key, limit in TEXT_LENGTHS.get(name, {}).items():
        if len(plain(element.get(key, ""))) > limit:
            yield f"{name} has a {key} of more than {limit} characters"


RULES = (_schema_faults,)
