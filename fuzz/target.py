"""What the targets share: how atheris is started, and how its bytes decide."""

from __future__ import annotations

import sys
import tempfile
import warnings
from collections.abc import Callable, Iterable
from pathlib import Path
from random import Random

import atheris

_ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(_ROOT / "tests"))

#: Instruments what is imported within it.
instrumented = atheris.instrument_imports(include=["xlportfolio"])

#: No input may take longer than this, in seconds, or more memory, in megabytes.
_LIMITS = ("-timeout=10", "-rss_limit_mb=1024")


class Bytes(Random):
    """Decides as the bytes of an input say; when they are used up, always for the first."""

    def __init__(self, data: bytes) -> None:
        super().__init__(0)
        self._provider = atheris.FuzzedDataProvider(data)

    def getrandbits(self, k: int, /) -> int:
        """The next bits; all choices of a ``Random`` come from here."""
        return int(self._provider.ConsumeIntInRange(0, (1 << k) - 1))


def run(test: Callable[[bytes], object], seeds: Iterable[bytes] = ()) -> None:
    """Let atheris call a test until it fails; arguments are those of libFuzzer.

    It starts from the seeds and from what earlier runs found worth keeping.
    """
    warnings.simplefilter("error")
    warnings.filterwarnings("ignore", module="openpyxl")
    kept = _ROOT / "build" / "fuzz"
    name = Path(sys.argv[0]).stem
    found = kept / name
    found.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (found / f"seed-{number}").write_bytes(seed)
    arguments = [*_LIMITS, f"-artifact_prefix={kept}/{name}-", *sys.argv[1:]]
    if all(argument.startswith("-") for argument in sys.argv[1:]):
        arguments.append(str(found))
    atheris.Setup([sys.argv[0], *arguments], test)
    atheris.Fuzz()


def alone() -> Path:
    """The path of a workbook in a folder of its own, which goes with the process."""
    return Path(tempfile.mkdtemp(prefix="xlportfolio-fuzz-")) / "book.xlsx"
