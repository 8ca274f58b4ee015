"""What Excel refuses in the middle of writing: all is put back, and what could not be is said."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import xlwings as xw

from xlportfolio.errors import XlPortfolioError
from xlportfolio.excel.sheets import Output


class BrokenOffError(XlPortfolioError):
    """Excel refused something after writing had begun."""


def broken_off(error: Exception, sheet: str, *, undone: bool) -> BrokenOffError:
    """What to say of a refusal while a sheet was written."""
    key = "write_refused" if undone else "write_half"
    return BrokenOffError(key, sheet=sheet, detail=f"{type(error).__name__}: {error}")


def undo(begun: Sequence[Output], made: Iterable[xw.Sheet]) -> bool:
    """Put everything back as far as that goes; whether all of it went."""
    undone = True
    for step in (*(sheet.delete for sheet in made), *(output.restore for output in begun)):
        try:
            step()
        except Exception:  # noqa: BLE001 (whatever Excel has against it, the others are put back)
            undone = False
    return undone


@contextmanager
def quiet(app: xw.App) -> Iterator[None]:
    """Let Excel neither draw nor compute meanwhile; all is as it was afterwards, come what may.

    Raises
    ------
    BrokenOffError
        If Excel cannot be brought to draw or compute again.
    """
    before: dict[str, Any] = {}
    try:
        for name, value in (("screen_updating", False), ("calculation", "manual")):
            with suppress(NotImplementedError):  # where an engine cannot tell, it stays as it is
                was = getattr(app, name)
                setattr(app, name, value)
                before[name] = was
        yield
    except BaseException:
        _restore(app, before)
        raise
    if not _restore(app, before):
        raise BrokenOffError("state_left")


def _restore(app: xw.App, before: Mapping[str, Any]) -> bool:
    """Set states of Excel, which may be busy for a moment; whether it took all of them."""
    left = dict(before)
    for pause in (0.05, 0.2, 1.0, 0.0):
        for name, was in list(left.items()):
            with suppress(Exception):
                setattr(app, name, was)
                del left[name]
        if left:
            time.sleep(pause)
    return not left
