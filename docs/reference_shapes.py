"""The shape of JSON objects: which keys there are, and what stands behind each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

_KINDS = {
    dict: "object",
    list: "list",
    str: "text",
    bool: "boolean",
    int: "number",
    float: "number",
}
#: The order in which kinds are named.
_ORDER = (*dict.fromkeys(_KINDS.values()), "null")


def shape(documents: Iterable[Any], described: Collection[str]) -> dict[str, list[str]]:
    """The keys of objects, with the kinds of what stands behind each, ``item kind`` of lists.

    Parameters
    ----------
    documents
        JSON objects, all of one kind.
    described
        Paths; where ``x.*`` is among them, the keys of the object ``x`` are data, not names.

    Examples
    --------
    >>> shape([{"a": [{"b": 1}], "c": {"Turnover": 2}}, {"a": [], "c": None}], {"c.*"})
    {'a': ['list of object'], 'a[].b': ['number'], 'c': ['object', 'null'], 'c.*': ['number']}
    """
    found: dict[str, set[str]] = {}
    for document in documents:
        for path, kind in _walk(document, "", described):
            found.setdefault(path, set()).add(kind)
    items = {path for path in found if path.endswith("[]")}
    return {
        path: _named(kinds, found.get(f"{path}[]", set()))
        for path, kinds in found.items()
        if path not in items
    }


def _named(kinds: set[str], of_items: set[str]) -> list[str]:
    """The kinds in their order, lists with those of their items; a list always empty has none."""
    named = sorted(kinds, key=_ORDER.index)
    items = [f"list of {kind}" for kind in sorted(of_items, key=_ORDER.index)]
    return [one for kind in named for one in (items if kind == "list" else [kind])]


def _walk(value: Any, path: str, described: Collection[str]) -> Iterator[tuple[str, str]]:  # noqa: ANN401 (JSON)
    if path:
        yield path, "null" if value is None else _KINDS[type(value)]
    if isinstance(value, list):
        for item in value:
            yield from _walk(item, f"{path}[]", described)
    elif isinstance(value, dict):
        of_data = f"{path}.*" in described
        for key, item in value.items():
            below = "*" if of_data else key
            yield from _walk(item, f"{path}.{below}" if path else below, described)
