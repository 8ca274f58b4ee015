"""Speed of what says how firm types and ranks are, as JSON; run by ``make bench``.

``shares``
    10,000 weightings x 1,000 customers x 20 criteria, a twentieth of the measures missing:
    :func:`xlportfolio.robustness.firm_shares` with its drawing, against a naive loop that scores
    everybody anew with each weighting by the functions that a rescore uses (``weighted_scores``,
    ``quadrants``, ``ranks``). The loop runs over every 50th weighting; its seconds are multiplied.
``rescore``
    what it all adds to a rescore of 20,000 customers: the shares, the smallest changes, the other
    rankings (``numbers_seconds``), and the sentences on them (``words_seconds``). The rows of the
    additional sheet are not in it; ``bench.py`` has the whole.

Seconds are the least of 5 runs. ``targets`` says of each figure what it should
be at most, what was found, and whether that does.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable

import numpy as np
import pandas as pd

from xlportfolio import Axis, Criterion, PortfolioAnalysis, Scale, ScoringModel, analyse
from xlportfolio.firmness import firmness_of
from xlportfolio.locale import texts
from xlportfolio.portfolio import quadrants, ranks
from xlportfolio.robustness import DRAWS, RatedAxis, drawn_shares, firm_shares
from xlportfolio.scoring import Floats, weighted_scores
from xlportfolio.wording import firm_words

_RUNS, _EVERY = 5, 50
_CRITERIA, _MISSING = 10, 0.05
_SPREAD, _TOP = 10, 10


def _axis(random: np.random.Generator, customers: int) -> RatedAxis:
    values = random.uniform(0, 100, (customers, _CRITERIA))
    values[random.random(values.shape) < _MISSING] = np.nan
    names = [f"C{k}" for k in range(_CRITERIA)]
    return RatedAxis(names, random.uniform(1, 10, _CRITERIA), [None] * _CRITERIA, values, 50, 50)


def _shares(customers: int) -> dict[str, float]:
    random = np.random.default_rng(1)
    axes = (_axis(random, customers), _axis(random, customers))
    types = quadrants(*(weighted_scores(a.values, a.weights).score for a in axes), 50, 50)
    among = np.ones(customers, dtype=np.bool_)

    def ours() -> Floats:
        given = axes, (1, 1), types, among
        return firm_shares(*given, spread=_SPREAD, top=_TOP, draws=DRAWS).same_type

    def naive() -> Floats:
        of_axes, *of_criteria = drawn_shares([np.ones(2), *(a.weights for a in axes)], _SPREAD)
        same, first = np.zeros(customers), np.zeros(customers)
        for draw in range(0, DRAWS, _EVERY):
            value, benefit = (
                weighted_scores(axis.values, shares[draw]).score
                for axis, shares in zip(axes, of_criteria, strict=True)
            )
            same += quadrants(value, benefit, 50, 50) == types
            total = of_axes[draw, 0] * value + of_axes[draw, 1] * benefit
            first += ranks(total) <= _TOP
        return same / (DRAWS / _EVERY)

    fast, slow = _least(ours), _least(naive) * _EVERY
    assert np.abs(ours() - naive()).max() < 0.2  # noqa: PLR2004 (other draws of the same)
    return {
        "seconds": round(fast, 3),
        "naive_seconds": round(slow, 1),
        "naive_to_ours": round(slow / fast, 1),
    }


def _analysed(customers: int) -> PortfolioAnalysis:
    random = np.random.default_rng(2)
    columns: dict[str, object] = {"customer_id": [str(i) for i in range(customers)]}
    criteria = []
    for axis in Axis:
        for k in range(_CRITERIA):
            values = random.uniform(0, 100, customers)
            values[random.random(customers) < _MISSING] = np.nan
            columns[f"{axis} {k}"] = values
            scale = Scale.linear(0, 100)
            criteria.append(Criterion(f"{axis} {k}", axis, 5 + k % 4 * 5, scale))
    return analyse(pd.DataFrame(columns), ScoringModel(criteria=tuple(criteria)))


def _rescore(customers: int) -> dict[str, float]:
    analysis = _analysed(customers)
    numbers = _least(lambda: firmness_of(analysis))
    firmness = firmness_of(analysis)
    words = _least(lambda: firm_words(analysis, firmness, texts("en")))
    return {
        "draws": firmness.draws,
        "numbers_seconds": round(numbers, 3),
        "words_seconds": round(words, 3),
        "seconds": round(numbers + words, 3),
    }


def _least(run: Callable[[], object]) -> float:
    """The seconds of the fastest of some runs."""
    seconds = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        run()
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    """Measure and print."""
    shares, added = _shares(1_000), _rescore(20_000)
    targets = [
        ("10,000 x 1,000 x 20: at most 2 seconds", shares["seconds"], 2),
        ("20,000 customers: at most 0.5 seconds more", added["seconds"], 0.5),
    ]
    result = {
        "python": sys.version.split()[0],
        "shares": shares,
        "rescore": added,
        "targets": [{"target": t, "found": f, "met": f <= most} for t, f, most in targets],
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
