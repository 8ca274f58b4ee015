"""Where calamine panics, as at huge negative numbers shown as dates, Python is told so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def no_panics() -> Iterator[None]:
    """Turn a panic of Rust, which is none of Python's exceptions, into one.

    Raises
    ------
    OverflowError
        As calamine raises it for other numbers beyond all dates.
    """
    try:
        yield
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise OverflowError(str(error)) from None
