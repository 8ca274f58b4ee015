"""The sheets of a report whose figures go on computing, by references to the calculation."""

from __future__ import annotations

from xlportfolio.audience import Audience
from xlportfolio.calculation import Calculation
from xlportfolio.report import Report


def live_report(report: Report, audience: Audience, figures: Calculation) -> Report:
    """The report with formulas where figures go on computing.

    Lists keep their order. Texts and sheets that do not go on computing say so as soon as a result
    differs from what it was when the copy was made.

    Parameters
    ----------
    report
        That of ``audience.run``.
    """
    raise NotImplementedError


def live_scorecard(audience: Audience, figures: Calculation) -> list[list[str | None]]:
    """The formulas of the template's scorecard, its header row first; ``None``: the value stays."""
    raise NotImplementedError
