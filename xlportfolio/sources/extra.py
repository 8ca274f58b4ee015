"""The libraries of the extra ``orders``: a sentence where they are missing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from xlportfolio.errors import XlPortfolioError


@contextmanager
def needs_extra() -> Iterator[None]:
    """Say that the extra is missing where an import of its libraries fails.

    Raises
    ------
    XlPortfolioError
        If one is missing.
    """
    try:
        yield
    except ImportError as error:
        raise XlPortfolioError("orders_extra_missing") from error
