"""What the page to point at knows: a run as it may be seen, as plain data for its script."""

from __future__ import annotations

from typing import Any

from xlportfolio.audience import Audience


def web_data(audience: Audience) -> dict[str, Any]:
    """Everything that the page shows and computes with, ready for JSON."""
    del audience
    return {}
