"""PortfolioAnalysis -> words for each customer: strategy, reason, or why it is not rated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from xlportfolio.advice import reasons, standard_strategies, strategies_for
from xlportfolio.analysis import Note, PortfolioAnalysis
from xlportfolio.locale import texts
from xlportfolio.model import Axis, Strategy


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do with each customer, in the order of the ranking, and why."""

    strategies: Sequence[Strategy | None]
    reasons: Sequence[str]


def advise(analysis: PortfolioAnalysis, language: str) -> Advice:
    """The strategy of each customer, and what carries its scores or why it is not rated."""
    customers = analysis.customers
    strategies = analysis.model.strategies or standard_strategies(language)
    matched = strategies_for(
        strategies, customers["quadrant"].tolist(), customers["status"].tolist()
    )
    rated = customers["rank"].notna().to_numpy()
    sentences = []
    for axis in Axis:
        names = [analysis.model.criteria[k].name for k in analysis.model.on_axis(axis)]
        scores = np.where(rated, customers[f"{axis}_score"].to_numpy(), np.nan)
        got, most = (f[names].to_numpy() for f in (analysis.contributions, analysis.attainable))
        sentences.append(reasons(axis, names, scores, got, most, language=language))
    why_not = notes(analysis, language)
    pairs = zip(*sentences, why_not, strict=True)
    return Advice(matched, [note or f"{value} {benefit}" for value, benefit, note in pairs])


def notes(analysis: PortfolioAnalysis, language: str) -> list[str]:
    """Why each row is not rated, in words; empty for the rated ones."""
    words = texts(language)
    customers = analysis.customers

    def percent(number: float) -> str:
        return words("words.percent", number=words.general(number))

    needed = percent(float(analysis.model.min_coverage))
    columns = ("note", "repeats", "value_coverage", "benefit_coverage")
    rows = zip(*(customers[column].tolist() for column in columns), strict=True)
    return [
        words(
            f"notes.{note}",
            row=repeats,
            value=percent(float(round(100 * value))),
            benefit=percent(float(round(100 * benefit))),
            needed=needed,
        )
        if note is not Note.NONE
        else ""
        for note, repeats, value, benefit in rows
    ]
