"""The texts of docs/reference in one language, and Markdown."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

_DOCS = Path(__file__).parent


class Texts:
    """What only the reference says in one language; remembers what was asked for."""

    def __init__(self, language: str) -> None:
        self.language = language
        source = _DOCS / f"reference_texts.{language}.toml"
        self.tree: Mapping[str, Any] = tomllib.loads(source.read_text("utf-8"))
        self.asked: set[str] = set()

    def __call__(self, key: str, default: Any = None, **details: object) -> Any:  # noqa: ANN401 (texts, lists)
        """The text of a dotted key; what stands behind dots in quotes is one name."""
        node: Any = self.tree
        for step in key.split("/"):
            if step not in node:
                if default is None:
                    raise KeyError(f"reference_texts.{self.language}.toml: {key}")
                return default
            node = node[step]
        self.asked.add(key)
        return node.format(**details) if details else node

    def refuse_unused(self) -> None:
        """Refuse texts that no page has asked for.

        Raises
        ------
        ValueError
            If there are any.
        """
        of_objects = tuple(f"{key}/" for key in self.asked if key.startswith("json/"))
        unused = [
            key
            for key in _leaves(self.tree, "")
            if key not in self.asked and not key.startswith(of_objects)
        ]
        if unused:
            raise ValueError(f"reference_texts.{self.language}.toml: unused: {unused}")

    def names(self, key: str) -> list[str]:
        """The keys below a key, in their order."""
        return list(self(key))


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(map(_cell, line))} |" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def code(text: str) -> str:
    """Code within a line."""
    return f"`{text}`"


def fence(language: str, lines: Iterable[str]) -> str:
    """A block of code."""
    return "\n".join([f"```{language}", *lines, "```"])


def page(parts: Iterable[str]) -> str:
    """A page of these parts; blank ones are left out."""
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def _leaves(tree: Mapping[str, Any], above: str) -> Iterator[str]:
    for key, node in tree.items():
        if isinstance(node, Mapping):
            yield from _leaves(node, f"{above}{key}/")
        else:
            yield f"{above}{key}"
