"""Prints the files of the core, as the contract of import-linter names its modules.

For ``make coverage``, which measures the core alone.
"""

from __future__ import annotations

import tomllib
from pathlib import Path


def core() -> list[str]:
    """The files of the modules that know neither schema nor any library for files or Excel."""
    project = Path(__file__).parents[2] / "pyproject.toml"
    contracts = tomllib.loads(project.read_text(encoding="utf-8"))["tool"]["importlinter"]
    (modules,) = (
        contract["source_modules"]
        for contract in contracts["contracts"]
        if contract["name"].startswith("The core ")
    )
    return [module.replace(".", "/") + ".py" for module in modules]


if __name__ == "__main__":
    print(*core())  # noqa: T201 (that is what it is for)
