"""Clear what colleagues may not see in all parts of a package besides the cells of its sheets."""

from __future__ import annotations

from collections.abc import Collection

from xlportfolio.audience import Audience
from xlportfolio.errors import Problem
from xlportfolio.files.workbook import Workbook


def redact_parts(workbook: Workbook, audience: Audience, skip: Collection[str]) -> list[Problem]:
    """Clear secrets in shared strings, names, comments, drawings, charts, caches and properties.

    Whatever cannot be looked into goes: pivot caches, data models, thumbnails; embedded objects and
    pictures too, unless they are to be kept.

    Parameters
    ----------
    skip
        Parts of sheets that are replaced anyhow; what only they use of the shared strings goes.

    Returns
    -------
    What the sender is told: what was removed, by name.
    """
    raise NotImplementedError
