"""Rescore workbooks and tell what Python did meanwhile; a program of its own.

Arguments: the folder in which files may be written, then the workbooks.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from xlportfolio import XlPortfolioError, rescore
from xlportfolio.locale import LANGUAGES, texts

ALONE = ("socket.", "subprocess.", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "ctypes.")


def main() -> None:
    folder = Path(sys.argv[1]).resolve()
    readable = [folder, *map(Path, {sys.prefix, sys.base_prefix, *sys.path}), Path("/dev/null")]
    readable += [Path(__file__).parents[2], Path("/usr/share/zoneinfo"), Path("/etc/localtime")]
    told: dict[str, list[str]] = {"scored": [], "refused": [], "seen": []}
    for language in LANGUAGES:
        texts(language)

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if event.startswith(ALONE):
            told["seen"].append(f"{event} {arguments}")
        elif event == "open" and isinstance(arguments[0], str | bytes):
            path = Path(os.fsdecode(arguments[0])).absolute()
            writes = isinstance(arguments[1], str) and not arguments[1].startswith("r")
            allowed = [folder] if writes else readable
            if not any(path.is_relative_to(place) for place in allowed):
                told["seen"].append(f"open {path} {arguments[1:]}")

    sys.addaudithook(watch)
    for path in sys.argv[2:]:
        try:
            rescore(path)
            told["scored"].append(path)
        except XlPortfolioError:
            told["refused"].append(path)
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()
