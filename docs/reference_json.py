"""The page of the JSON: the keys of what commands print, what stands behind each, what it means."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from reference_words import Texts, code, table

_CHAINS = {
    "rescore": ("rescore",),
    "check": ("rescore",),
    "explain": ("explain", "rescore"),
    "weights": ("weights",),
    "compare": ("compare", "movement"),
    "import": ("import",),
    "measures": ("measures",),
    "share": ("share",),
}
#: Where objects stand that have a section of their own.
_ELSEWHERE = {"problems[].": "problems", "movement.": "movement"}
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


def json_page(say: Texts, documents: Mapping[str, Sequence[Any]]) -> Iterator[str]:
    """The sections of the page; ``documents`` are what each command has printed, its fault last."""
    kinds: dict[str, dict[str, set[str]]] = {name: {} for name in say.names("json")}
    for command, printed in documents.items():
        chain = _CHAINS[command]
        for path, found in shape(_usual(command, printed), _described(say, chain)).items():
            section, key = _place(say, chain, path)
            kinds[section].setdefault(key, set()).update(found)
    for section, seen_kinds in kinds.items():
        yield f"## {say(f'json_titles/{section}')}"
        yield say(f"json_intros/{section}")
        rows = []
        for key, text in say(f"json/{section}").items():
            if key not in seen_kinds:
                raise KeyError(f"json/{section}/{key} was not found in any run")
            unseen = say(f"json_unseen/{section}/{key}", [])
            ordered = sorted({*seen_kinds[key], *unseen}, key=say.names("json_kinds").index)
            rows.append(
                (code(key), say("words/or").join(say(f"json_kinds/{k}") for k in ordered), text)
            )
        yield table(say("words/json_header"), rows)


def _usual(command: str, printed: Sequence[Any]) -> Sequence[Any]:
    """What a command prints when nothing stops it; else some print the object of rescore."""
    return printed[:-1] if command in {"explain", "weights"} else printed


def _described(say: Texts, chain: Sequence[str]) -> set[str]:
    of_chain = {key for section in chain for key in say(f"json/{section}")}
    return of_chain | {f"{at}{key}" for at, s in _ELSEWHERE.items() for key in say(f"json/{s}")}


def _place(say: Texts, chain: Sequence[str], path: str) -> tuple[str, str]:
    for start, section in _ELSEWHERE.items():
        if path.startswith(start):
            chain, path = (section,), path.removeprefix(start)
            break
    for section in chain:
        if path in say(f"json/{section}"):
            return section, path
    raise KeyError(f"json/{chain[0]}/{path} is not described")


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
