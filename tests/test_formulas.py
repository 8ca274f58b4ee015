"""The worked numbers of docs/explanation/formulas.md, in both languages, computed anew by the code."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from xlportfolio import Axis, Criterion, Scale, ScoringModel, analyse
from xlportfolio.aggregation import rank_correlation, topsis, weighted_product
from xlportfolio.model import Objective, Quadrant
from xlportfolio.pairwise import (
    RANDOM_INDEX,
    pairwise_weights,
    worst_judgments,
)
from xlportfolio.raters import agreement, disputes, group_judgments
from xlportfolio.robustness import (
    DRAWS,
    LEAST_DRAWS,
    MOST_SCORES,
    SEED,
    RatedAxis,
    drawn_shares,
    firm_shares,
)
from xlportfolio.scoring import Floats
from xlportfolio.template.tornado import swings
from xlportfolio.tipping import MOST_SHARE, Rated, swaps, type_changes
from xlportfolio.weighting import (
    critic_weights,
    entropy_weights,
    normalised,
    rank_order_centroid,
    rank_sum,
)

DOCS = Path(__file__).parents[1] / "docs"
FOLDERS = {"en": DOCS, "de": DOCS / "de"}
PAGES = {language: folder / "explanation" / "formulas.md" for language, folder in FOLDERS.items()}
GUIDES = {language: folder / "how-to" / "weights.md" for language, folder in FOLDERS.items()}
GAP = float("nan")


def headings(page: Path) -> list[str]:
    return re.findall(r"^(#+) ", page.read_text("utf-8"), re.MULTILINE)


def section(language: str, number: int) -> str:
    """The text under a heading of a page, counted from 0, to the next one of any level."""
    parts = re.split(r"^#+ .*$", PAGES[language].read_text("utf-8"), flags=re.MULTILINE)
    return parts[number + 1]


def in_language(text: str, language: str) -> str:
    """A number as it is written in a language; what is given is English."""
    return text if language == "en" else text.translate(str.maketrans(".,", ",."))


def says(number: int, rows: Sequence[str | Sequence[str]]) -> None:
    """Both pages have, in one of their tables, these rows one after the other.

    The first cell of each row is its name and not looked at.
    """
    wanted = [row.split() if isinstance(row, str) else list(row) for row in rows]
    for language in PAGES:
        lines = [
            [cell.strip() for cell in line.strip("|").split("|")][1:]
            for line in section(language, number).splitlines()
            if line.startswith("|")
        ]
        expected = [[in_language(cell, language) for cell in row] for row in wanted]
        starts = range(len(lines) - len(expected) + 1)
        assert any(lines[k : k + len(expected)] == expected for k in starts), (expected, lines)


def percent(weights: Floats | Sequence[float], decimals: int = 1) -> list[str]:
    return [f"{100 * weight:.{decimals}f} %" for weight in weights]


def square(*rows: Sequence[float]) -> Floats:
    """Judgments from what stands above the diagonal."""
    judgments = np.full((len(rows) + 1,) * 2, np.nan)
    for k, row in enumerate(rows):
        judgments[k, k + 1 :] = row
    return judgments


THREE = square((2, 3), (2,))
WANG_AND_CHIN = square((4, 3, 1, 3, 4), (7, 3, 1 / 5, 1), (1 / 5, 1 / 5, 1 / 6), (1, 1 / 3), (3,))


@pytest.mark.parametrize("pages", [PAGES, GUIDES], ids=["formulas", "weights"])
def test_both_pages_have_the_same_headings_tables_and_sources(pages: dict[str, Path]) -> None:
    english, german = (page.read_text("utf-8") for page in pages.values())
    assert headings(pages["en"]) == headings(pages["de"])
    for pattern in (r"^\|-.*$", r"`KP_\w+`", r"\b(?:1[89]|20)\d\d\)", r"```"):
        found = [re.findall(pattern, text, re.MULTILINE) for text in (english, german)]
        assert found[0] == found[1]
    for pattern in (r"--[a-z-]+|`[a-z_-]+`", r"(?m)^(?:\d\.|-) "):
        found = [re.findall(pattern, text) for text in (english, german)]
        assert found[0] == found[1]


def test_direct() -> None:
    says(1, ["3 2 2 1", percent(normalised(np.array([3.0, 2, 2, 1])))])


def test_rank_order() -> None:
    rows: list[str | list[str]] = []
    for ranks in ([1.0, 2, 3, 4], [1.0, 2, 2, 4]):
        given = np.array(ranks)
        rows.append([f"{rank:.0f}" for rank in ranks])
        rows += [percent(rank_order_centroid(given), 2), percent(rank_sum(given), 2)]
    says(2, rows)


def test_swing() -> None:
    says(3, ["100 60 40 50", percent(normalised(np.array([100.0, 60, 40, 50])))])


def test_pairwise_weights() -> None:
    weights = percent(pairwise_weights(THREE).weights)
    answers = ("1 2 3", "1/2 1 2", "1/3 1/2 1")
    says(5, [[*row.split(), weight] for row, weight in zip(answers, weights, strict=True)])


def test_consistency() -> None:
    says(6, [[f"{index:.2f}" if index else "0" for index in RANDOM_INDEX]])
    results = [pairwise_weights(judgments) for judgments in (THREE, WANG_AND_CHIN)]
    says(
        6,
        [f"{r.principal:.4f} {r.consistency_index:.4f} {r.consistency_ratio:.3f}" for r in results],
    )


def test_missing_comparisons() -> None:
    result = pairwise_weights(square((2, GAP), (2,)))
    says(7, [[*percent(result.weights), f"{result.consistency_ratio:.3f}"]])
    index = []
    for missing in ((), ((0, 3),), ((0, 3), (1, 2))):
        judgments = square((2, 3, 1), (2, 5), (3,))
        for pair in missing:
            judgments[pair] = np.nan
        result = pairwise_weights(judgments)
        index.append([f"{result.consistency_index / result.consistency_ratio:.2f}"])
    says(7, [*index, ["0.00"]])
    chain = pairwise_weights(square((2, GAP, GAP), (2, GAP), (3,)))
    assert chain.consistency_ratio == 0


def test_which_answer_hurts_most() -> None:
    answers = ("1 4 3 1 3 4", "1 7 3 1/5 1", "1 1/5 1/5 1/6", "1 1 1/3", "1 3", "1")
    weights = [f"{weight:.4f}" for weight in pairwise_weights(WANG_AND_CHIN).weights]
    said = [row.split() for row in answers]
    says(8, [[*[""] * (6 - len(r)), *r, w] for r, w in zip(said, weights, strict=True)])
    worst = worst_judgments(WANG_AND_CHIN)
    assert [(w.row + 1, w.column + 1) for w in worst] == [(2, 5), (2, 4), (1, 3)]
    says(8, [f"{w.judgment:.2f} {w.mended:.2f} {w.consistency_ratio:.3f}" for w in worst])


def test_several_people() -> None:
    both = [square((2,)), square((8,))]
    group = group_judgments(both)
    says(9, [f"2 8 {group[0, 1]:.0f}", f"1/2 1/8 1/{1 / group[1, 0]:.0f}"])
    (dispute,) = disputes(both)
    assert dispute.highest / dispute.lowest == 4
    weights = np.array([[50.0, 30, 20], [40, 35, 25], [30, 45, 25]]) / 100
    says(9, [percent(row, 0) for row in weights])
    sums = pd.DataFrame(weights).rank(axis=1, ascending=False).sum()
    says(9, [[*(f"{r:.0f}" for r in sums), f"{agreement(list(weights)):.2f}"]])


def test_entropy() -> None:
    measures = np.array([[100.0, 6, 10], [200, 7, 20], [600, 8, 30]])
    share = measures / measures.sum(axis=0)
    entropy = -(share * np.log(share)).sum(axis=0) / np.log(3)
    rows = [[f"{x:g}" for x in row] for row in measures]
    weights = entropy_weights(measures)
    assert weights == pytest.approx((1 - entropy) / (1 - entropy).sum())
    says(11, [*rows, [f"{e:.4f}" for e in entropy], percent(weights)])


def test_critic() -> None:
    measures = np.array([[100.0, 6, 20], [200, 8, 10], [300, 7, 30], [400, 9, 20]])
    unit = (measures - measures.min(axis=0)) / np.ptp(measures, axis=0)
    deviation, correlation = unit.std(axis=0, ddof=1), np.corrcoef(unit.T)
    conflict = (1 - correlation).sum(axis=0)
    weights = critic_weights(measures)
    worth = deviation * conflict
    assert weights == pytest.approx(worth / worth.sum())
    assert correlation[0, 1] == pytest.approx(0.8)
    rows = [[f"{x:g}" for x in row] for row in measures]
    told = [[f"{x:.3f}" for x in row] for row in (deviation, conflict)]
    says(12, [*rows, *told, percent(weights)])


def points(number: float, decimals: int = 1) -> dict[str, str]:
    """An amount of points as both pages say it."""
    text = f"{number:.{decimals}f}"
    return {"en": f"{text} points", "de": f"{in_language(text, 'de')} Punkte"}


def says_line(number: int, cells: dict[str, str]) -> None:
    """Both pages have a row of a table with these cells, the first one included."""
    for language in PAGES:
        assert f"| {cells[language]} |" in section(language, number), cells[language]


def test_share_of_weightings() -> None:
    for weight, spread in ((0.2, 10), (0.5, 10), (0.2, 30)):
        (shares,) = drawn_shares([np.array([weight, 1 - weight])], spread)
        deviation = spread / 100 * np.sqrt(weight * (1 - weight))
        assert shares[:, 0].std() == pytest.approx(deviation, rel=0.03)
        told = points(100 * deviation)
        says_line(14, {k: f"{100 * weight:.0f} % | {spread} % | {v}" for k, v in told.items()})
    for share, draws in ((0.62, DRAWS), (0.62, LEAST_DRAWS), (0.95, DRAWS)):
        told = points(100 * np.sqrt(share * (1 - share) / draws))
        rows = {k: in_language(f"{draws:,}", k) for k in told}
        says_line(14, {k: f"{100 * share:.0f} % | {rows[k]} | {v}" for k, v in told.items()})
    for language in PAGES:
        text = section(language, 14)
        assert str(SEED) in text
        assert str(MOST_SCORES // 1_000_000) + " milli" in text.lower()
        assert in_language(f"{DRAWS:,}", language) in text


def test_firm() -> None:
    names, skipped = ("A", "B"), (None, None)
    value = RatedAxis(names, np.array([80.0, 20]), skipped, np.array([[49.0, 59.0]]), 50, 50)
    benefit = RatedAxis(names, np.ones(2), skipped, np.array([[80.0, 90.0]]), 50, 50)
    star, all_of_them = np.array([Quadrant.STAR], dtype=object), np.array([True])
    rows = []
    for spread in (10, 20, 30):
        found = firm_shares(
            (value, benefit), (1, 1), star, all_of_them, spread=spread, top=10, draws=DRAWS
        )
        rows.append(percent(found.same_type, 0))
    says(14, rows)


def test_smallest_change() -> None:
    value = RatedAxis(
        ("Margin", "Turnover"), np.array([6.0, 4]), (None, None), np.array([[80.0, 20]]), 50, 50
    )
    benefit = RatedAxis(("C",), np.ones(1), (None,), np.array([[90.0]]), 50, 50)
    (change,) = type_changes(Rated((value, benefit), (1, 1), 50))
    assert change is not None
    assert change.name == "Margin"
    rows = []
    for weight in (change.now, change.typed):
        score = (80 * weight + 20 * 4) / (weight + 4)
        rows.append([f"{weight:g}", *percent([weight / (weight + 4)]), f"{score:.2f}"])
    says(15, rows)
    assert float(rows[0][2]) > 50 > float(rows[1][2])
    for language in PAGES:
        assert in_language(f"{100 * MOST_SHARE:g} %", language) in section(language, 15)


def test_swap() -> None:
    value = RatedAxis(("A",), np.ones(1), (None,), np.array([[90.0], [60]]), 50, 50)
    benefit = RatedAxis(("C",), np.ones(1), (None,), np.array([[40.0], [50]]), 50, 50)
    change, _ = swaps(Rated((value, benefit), (50, 50), 50), np.array([1, -1]))
    assert change is not None
    assert (change.name, f"{change.typed:g}") == ("value_weight", "16.6")
    assert round(change.then, 2) == 16.67
    rows = []
    for v, b in ((90, 40), (60, 50)):
        totals = [(w * v + 50 * b) / (w + 50) for w in (50, change.typed)]
        rows.append([str(v), str(b), *(f"{total:.2f}" for total in totals)])
    says(15, rows)


def test_weight_halved_and_doubled() -> None:
    rows = [("Margin", 1.0, 50.0, Axis.VALUE), ("Turnover", 1.0, 10.0, Axis.VALUE)]
    found = [swing for swing in swings(rows) if swing is not None]
    moved = [[f"{swing.moved(factor):+.1f}" for factor in (0.5, 2)] for swing in found]
    says(16, [["1", "100", *moved[0]], ["1", "20", *moved[1]]])


def test_other_ways() -> None:
    values, weights = np.array([[80.0, 60], [100, 20], [50, 70]]), np.array([60.0, 40])
    near = topsis(values, weights, [Objective.MAX] * 2)
    product = weighted_product(values, weights)
    added = values @ weights / 100
    says(
        17,
        [
            [*(f"{v:g}" for v in row), f"{added[k]:.1f}", f"{near[k]:.3f}", f"{product[k]:.1f}"]
            for k, row in enumerate(values)
        ],
    )
    says(20, [[f"{rank_correlation(added, other):.2f}"] for other in (near, product)])


def test_weighted_sum_is_the_score() -> None:
    model = ScoringModel(
        criteria=(
            Criterion("First", Axis.VALUE, 60, Scale.linear(0, 100)),
            Criterion("Second", Axis.VALUE, 40, Scale.linear(0, 100)),
            Criterion("Other", Axis.BENEFIT, 1, Scale.linear(0, 100)),
        )
    )
    customers = pd.DataFrame(
        {"customer_id": ["A", "B", "C"], "First": [80, 100, 50], "Second": [60, 20, 70], "Other": 5}
    )
    scores = analyse(customers, model).customers.set_index("customer_id")["value_score"]
    says(
        17,
        [
            [a, b, f"{scores[k]:.1f}", *rest]
            for k, a, b, *rest in (
                ("A", "80", "60", "0.688", "71.3"),
                ("B", "100", "20", "0.507", "52.5"),
                ("C", "50", "70", "0.493", "57.2"),
            )
        ],
    )


def test_what_the_guide_says_of_numbers() -> None:
    """Answers to give, shares of the first criterion, where the scale of 9 ends, the spread."""
    texts = {language: page.read_text("utf-8") for language, page in GUIDES.items()}
    counts = (5, 8, 12)
    first = np.arange(1.0, 6)
    most = [
        percent(
            pairwise_weights(
                square([9.0] * (n - 1), *([1.0] * k for k in range(n - 2, 0, -1)))
            ).weights,
            0,
        )[0]
        for n in (5, 9, 12)
    ]
    (shares,) = drawn_shares([np.array([20.0, 80])], 25)
    assert shares[:, 0].std() == pytest.approx(0.10, abs=0.002)
    (shares,) = drawn_shares([np.array([20.0, 80])], 10)
    near = np.abs(shares[:, 0] - 0.2) < 0.04
    assert near.mean() == pytest.approx(2 / 3, abs=0.03)
    said = [
        " / ".join(str(n * (n - 1) // 2) for n in counts),
        " / ".join(str(n - 1) for n in counts),
        percent(rank_order_centroid(first), 0)[0],
        percent(rank_sum(first), 0)[0],
        *most,
    ]
    for language, text in texts.items():
        assert [s for s in said if in_language(s, language) not in text] == []
        assert in_language(f"{DRAWS:,}", language) in text
        assert in_language(f"{DRAWS * 62 // 100:,}", language) in text
