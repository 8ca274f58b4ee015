"""How much is tried, and what must hold whatever is tried."""

from __future__ import annotations

import os
from pathlib import Path

from hypothesis import HealthCheck, settings

#: ``XLPORTFOLIO_FUZZ=100`` tries a hundred times as much as the suite does.
FACTOR = int(os.environ.get("XLPORTFOLIO_FUZZ", "1"))
#: The longest that one input may take, in milliseconds.
DEADLINE = 10_000
#: Inputs that once failed.
CORPUS = Path(__file__).parents[1] / "corpus"


def tries(few: int) -> settings:
    """So many inputs in the suite, more by hand, none of which may take ten seconds."""
    return settings(
        max_examples=few * FACTOR,
        deadline=DEADLINE,
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
