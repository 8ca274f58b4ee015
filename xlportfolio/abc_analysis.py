"""ABC analysis: which customers bring most of an amount, and whom that list misjudges."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from xlportfolio.errors import Fault, Severity
from xlportfolio.locale import words
from xlportfolio.model import Criterion, Quadrant, ScoringModel, name_key
from xlportfolio.portfolio import ranks
from xlportfolio.scale import ScaleKind
from xlportfolio.scoring import Bools, Floats, Ints, Strings, numbers_of, rounded

_CURRENCIES = {"eur", "€", "usd", "$", "chf", "gbp", "£"}
_TURNOVER_NAMES = words("measures", "turnover")


class AbcAnalysis(NamedTuple):
    """ABC classes and the shares behind them; each of shape ``(n_customers,)``.

    Customers without a positive amount have NaN shares and the class ``""``.
    """

    share: Floats
    cumulative: Floats
    classes: Strings


def abc_analysis(amounts: Floats, a: float, b: float) -> AbcAnalysis:
    """Classify customers by what they add to the total, largest first (Pareto analysis).

    Parameters
    ----------
    amounts
        Shape ``(n_customers,)``, in one currency; NaN, zero and negative amounts are left out.
    a, b
        Percent of the total, 0 to 100: a customer belongs to A while the share *before* it is
        below ``a``, to B while it is below ``b``, else to C. Equal amounts share the class of the
        first of them.

    Examples
    --------
    >>> abc_analysis(np.array([10.0, 80.0, np.nan, 10.0]), 80, 90).classes
    array(['B', 'A', '', 'B'], dtype=object)
    """
    share = np.full(len(amounts), np.nan)
    cumulative = np.full(len(amounts), np.nan)
    classes = np.full(len(amounts), "", dtype=object)
    listed = np.flatnonzero(np.isfinite(amounts) & (amounts > 0))
    if listed.size:
        listed = listed[np.argsort(-amounts[listed], kind="stable")]
        sorted_amounts = amounts[listed]
        relative = sorted_amounts / sorted_amounts[0]  # largest = 1: the sum cannot overflow
        running = np.cumsum(relative)
        share[listed] = relative / running[-1]
        cumulative[listed] = running / running[-1]
        before = np.concatenate([[0.0], running[:-1]]) / running[-1]
        same = np.concatenate([[False], sorted_amounts[1:] == sorted_amounts[:-1]])
        first_of_equals = np.maximum.accumulate(np.where(same, 0, np.arange(len(listed))))
        before = rounded(before[first_of_equals])
        classes[listed] = np.select(
            [before < rounded(a / 100), before < rounded(b / 100)], ["A", "B"], "C"
        )
    return AbcAnalysis(share, cumulative, classes)


def turnover_criterion(criteria: Sequence[Criterion]) -> str | None:
    """The criterion whose unit is a currency or whose name says turnover: the first one."""
    for criterion in criteria:
        if criterion.scale.kind is ScaleKind.CATEGORIES:
            continue
        unit = criterion.unit.strip().casefold()
        if unit in _CURRENCIES or name_key(criterion.name) in _TURNOVER_NAMES:
            return criterion.name
    return None


def abc_amounts(
    customers: pd.DataFrame, model: ScoringModel, counts: Bools, prospect: Bools
) -> tuple[str | None, Floats, list[Fault]]:
    """The amounts that the ABC analysis cumulates, NaN for whoever takes no part in it."""
    column = model.abc_measure or turnover_criterion(model.criteria)
    if column is None:
        nothing = np.full(len(customers), np.nan)
        return None, nothing, [Fault("no_abc_measure", Severity.NOTE, "abc_measure")]
    amounts, _ = numbers_of(customers, column)
    left_out = counts & np.where(prospect, amounts > 0, ~(amounts > 0))
    faults = [
        Fault(
            "no_abc_class_prospect" if prospect[position] else "no_abc_class",
            Severity.NOTE,
            column,
            customer=customers.index[position],
        )
        for position in np.flatnonzero(left_out).tolist()
    ]
    return column, np.where(counts & ~prospect, amounts, np.nan), faults


def abc_as_ranked(order: Ints, amounts: Floats, model: ScoringModel) -> AbcAnalysis:
    """The ABC analysis with equal amounts cumulated in the order of the ranking, as listed."""
    abc = abc_analysis(amounts[order], model.abc_a, model.abc_b)
    back = np.argsort(order)
    return AbcAnalysis(abc.share[back], abc.cumulative[back], abc.classes[back])


def abc_table(
    everyone: pd.DataFrame, amounts: Floats, abc: AbcAnalysis, order: Ints
) -> pd.DataFrame:
    """The rows with a class, largest amount first; columns as in ``PortfolioAnalysis.abc``."""
    places = np.flatnonzero(abc.classes[order] != "")
    listed = order[places]
    amount_rank, total_rank = (
        ranks(numbers[listed]) for numbers in (amounts, everyone["total_score"].to_numpy())
    )
    by_amount = np.argsort(amount_rank, kind="stable")
    at = listed[by_amount]
    types, classes = everyone["quadrant"].to_numpy(object)[at], abc.classes[at]
    low = (types == Quadrant.FREE_RIDER) | (types == Quadrant.POOR_DOG)
    high = (types == Quadrant.STAR) | (types == Quadrant.QUESTION_MARK)
    return pd.DataFrame(
        {
            "amount": amounts[at],
            "share": abc.share[at],
            "cumulative_share": abc.cumulative[at],
            "abc_class": classes,
            "amount_rank": amount_rank[by_amount],
            "difference": (amount_rank - total_rank)[by_amount],
            "finding": np.select(
                [(classes == "A") & low, (classes == "C") & high], ["overrated", "underrated"], ""
            ),
            "position": places[by_amount],
        },
        index=everyone.index[at],
    )
