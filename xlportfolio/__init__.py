"""Customer portfolio management in Excel: score, type, rank and recommend.

The one entry point for Python is :func:`analyse`; everything else is the model it takes, the result
it gives, and what :func:`advise` makes of that. Importing this package is cheap: each
name loads its module when first used.

>>> import xlportfolio as kp
>>> kp.Scale.linear(low=0, high=10)
Scale(kind=<ScaleKind.LINEAR: 'linear'>, low=0, high=10, levels=())
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from xlportfolio.analysis import PortfolioAnalysis, analyse
    from xlportfolio.errors import (
        Fault,
        InputError,
        ModelError,
        Problem,
        Severity,
        WorkbookError,
        XlPortfolioError,
    )
    from xlportfolio.files.explain import explain
    from xlportfolio.files.rescore import rescore
    from xlportfolio.files.share import share
    from xlportfolio.model import (
        Axis,
        Criterion,
        Objective,
        Quadrant,
        Role,
        ScoringModel,
        Strategy,
        Threshold,
    )
    from xlportfolio.scale import Scale, ScaleKind
    from xlportfolio.sharing import Only, Sharing
    from xlportfolio.wording import Advice, advise

__version__ = "1.0.0"

__all__ = [
    "Advice",
    "Axis",
    "Criterion",
    "Fault",
    "InputError",
    "ModelError",
    "Objective",
    "Only",
    "PortfolioAnalysis",
    "Problem",
    "Quadrant",
    "Role",
    "Scale",
    "ScaleKind",
    "ScoringModel",
    "Severity",
    "Sharing",
    "Strategy",
    "Threshold",
    "WorkbookError",
    "XlPortfolioError",
    "advise",
    "analyse",
    "explain",
    "rescore",
    "share",
]

_MODULES = {
    "analysis": ("PortfolioAnalysis", "analyse"),
    "errors": (
        "Fault",
        "InputError",
        "ModelError",
        "Problem",
        "Severity",
        "WorkbookError",
        "XlPortfolioError",
    ),
    "files.explain": ("explain",),
    "files.rescore": ("rescore",),
    "files.share": ("share",),
    "model": (
        "Axis",
        "Criterion",
        "Objective",
        "Quadrant",
        "Role",
        "ScoringModel",
        "Strategy",
        "Threshold",
    ),
    "scale": ("Scale", "ScaleKind"),
    "sharing": ("Only", "Sharing"),
    "wording": ("Advice", "advise"),
}
_HOME = {name: module for module, names in _MODULES.items() for name in names}


def __getattr__(name: str) -> object:
    """Load the module that holds a public name when the name is first asked for (PEP 562)."""
    if name not in _HOME:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)


def __dir__() -> list[str]:
    """The public names, loaded or not."""
    return sorted([*globals(), *__all__])
