"""The contracts of import-linter: the layers of the code, and the modules of its core.

Run, it prints the files of the core, for ``make coverage``, which measures the core alone.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def _the_one(is_meant: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (found,) = filter(is_meant, settings["tool"]["importlinter"]["contracts"])
    return found


def heights() -> list[tuple[str, int]]:
    """Each module or folder of the package with its height, 0 for the lowest."""
    layers = _the_one(lambda contract: contract["type"] == "layers")["layers"]
    return [
        (name.strip().removeprefix("xlportfolio."), height)
        for height, layer in enumerate(reversed(layers))
        for name in re.split("[|:]", layer)
    ]


def core() -> list[str]:
    """The files of the modules that know neither schema nor any library for files or Excel."""
    contract = _the_one(lambda contract: contract["name"].startswith("The core "))
    return [module.replace(".", "/") + ".py" for module in contract["source_modules"]]


if __name__ == "__main__":
    print(*core())  # noqa: T201 (that is what it is for)
