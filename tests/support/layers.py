"""The layers of the code, as import-linter holds them."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]


def heights() -> list[tuple[str, int]]:
    """Each module or folder of the package with its height, 0 for the lowest."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = settings["tool"]["importlinter"]["contracts"]
    (layers,) = (one["layers"] for one in contracts if one["type"] == "layers")
    return [
        (name.strip().removeprefix("xlportfolio."), height)
        for height, layer in enumerate(reversed(layers))
        for name in re.split("[|:]", layer)
    ]
