"""Authors, comments and links to elsewhere: named, or taken out."""

from __future__ import annotations

from xlportfolio.errors import Problem
from xlportfolio.files.workbook import Workbook


def links(workbook: Workbook) -> list[Problem]:
    """A warning for each link and connection to elsewhere for which Excel asks whoever opens it."""
    raise NotImplementedError


def scrub(workbook: Workbook) -> list[Problem]:
    """Take out the names of authors, comments, external links and connections; what was taken."""
    raise NotImplementedError
