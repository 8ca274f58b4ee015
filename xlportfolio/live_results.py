"""From scores to totals, ranks and types, by plain formulas; and what they were at the start."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from xlportfolio.live_columns import Columns, Formula, largest_first
from xlportfolio.live_layout import KEPT
from xlportfolio.model import RATED_QUADRANTS, Axis, Quadrant, Status
from xlportfolio.plain_formulas import literal
from xlportfolio.scoring import rounded


class Results(Columns):
    """Who is rated, totals, ranks, types, and the scores of which thresholds are taken."""

    def write(self) -> None:
        """Write all of these columns."""
        words, figure = self.words, self.layout.figure
        value, benefit = (self.of(f"{axis}_score") for axis in Axis)
        coverages = [self.of(f"{axis}_coverage") for axis in Axis]
        rated, total, compared = (self.of(k) for k in ("rated", "total_score", "total_rounded"))
        least = f"ROUND({figure('min_coverage')}/100,9)"
        is_rated = self.customers["rank"].notna().to_numpy()
        weights = [figure(f"{axis}_weight") for axis in Axis]
        both = f"({weights[0]}+{weights[1]})"

        def rate(i: int) -> str | None:
            if not self.counts[i]:
                return None
            known = ",".join((value(i), benefit(i), *(coverage(i) for coverage in coverages)))
            enough = ",".join(f"ROUND({coverage(i)},9)>={least}" for coverage in coverages)
            return f'IF(COUNT({known})=4,IF(AND({enough}),{self.yes},""),"")'

        def weighed(i: int) -> str:
            points = f"({weights[0]}*{value(i)}+{weights[1]}*{benefit(i)})/{both}"
            return f'IF(AND({rated(i)}={self.yes},{both}>0),{points},"")'

        totals = self.numbers("total_score")
        self.put("rated", [words("words.yes") if one else "" for one in is_rated], rate)
        self.put("total_score", totals, weighed)
        self.put(
            "total_rounded",
            rounded(totals),
            lambda i: f'IF({total(i)}="","",ROUND({total(i)},9))',
        )
        totals = rounded(totals)
        self.put(
            "total_sorted", largest_first(totals), self._if_whole(self.largest("total_rounded"))
        )
        ranked = self.placed(compared, "total_sorted")
        self.put("rank", self.numbers("rank"), self._if_whole(ranked))
        self._types(value, benefit)
        for axis, own in zip(Axis, (value, benefit), strict=True):
            self._middle(axis, own)

    def _if_whole(self, formula: Formula) -> Formula:
        return formula if self.layout.is_whole else lambda _: None

    def _types(self, value: Callable[[int], str], benefit: Callable[[int], str]) -> None:
        words, figure = self.words, self.layout.figure
        rated = self.of("rated")
        star, question_mark, free_rider, poor_dog = (
            literal(words(f"quadrants.{quadrant}")) for quadrant in RATED_QUADRANTS
        )
        none = literal(words(f"quadrants.{Quadrant.NOT_RATED}"))
        cuts = [figure(f"{axis}_threshold") for axis in Axis]
        band = f"ROUND({figure('borderline_band')},9)"

        def typed(i: int) -> str:
            high, much = (
                f"ROUND({score(i)},9)>=ROUND({cut},9)"
                for score, cut in zip((value, benefit), cuts, strict=True)
            )
            types = (
                f"IF({high},IF({much},{star},{question_mark}),IF({much},{free_rider},{poor_dog}))"
            )
            return f"IF({rated(i)}={self.yes},{types},{none})"

        def near(i: int) -> str:
            tests = ",".join(
                f"ROUND(ABS({score(i)}-{cut}),9)<={band}"
                for score, cut in zip((value, benefit), cuts, strict=True)
            )
            return f'IF({rated(i)}={self.yes},IF(OR({tests}),{self.yes},""),"")'

        types = [words(f"quadrants.{quadrant}") for quadrant in self.customers["quadrant"]]
        self.put("quadrant", types, typed)
        flags = [words("words.yes") if one else "" for one in self.customers["borderline"]]
        self.put("borderline", flags, near)

    def _middle(self, axis: Axis, score: Callable[[int], str]) -> None:
        """The scores of which a mean or median is taken."""
        rated, status = self.of("rated"), self.of("status")
        customer = literal(self.words("statuses.customer"))
        nobody = f"{self.layout.figure('rated_customers')}=0"
        is_rated = self.customers["rank"].notna().to_numpy()
        prospects = (self.customers["status"] == Status.PROSPECT).to_numpy()
        among = is_rated & ~prospects
        among = among if among.any() else is_rated
        self.put(
            f"{axis}_middle",
            np.where(among, self.numbers(f"{axis}_score"), np.nan),
            lambda i: (
                f'IF(AND({rated(i)}={self.yes},OR({status(i)}={customer},{nobody})),{score(i)},"")'
            ),
        )

    def keep(self) -> None:
        """Write what results were at the start, and which of them have changed since."""
        for key in KEPT:
            self.put(f"start_{key}", self.made[key][0])
        scores, texts = KEPT[:3], KEPT[3:]

        def changed(i: int) -> str:
            now, then = (
                ",".join(self.layout.here(f"{prefix}{key}", i) for key in scores)
                for prefix in ("", "start_")
            )
            tests = [f"COUNT({now})=COUNT({then})"]
            for key in scores:
                here, there = (self.layout.here(k, i) for k in (key, f"start_{key}"))
                tests.append(f"ROUND(N({here})-N({there}),9)=0")
            for key in texts:
                here, there = (self.layout.here(k, i) for k in (key, f"start_{key}"))
                tests.append(f"{here}={there}")
            return f'IF(AND({",".join(tests)}),"",{self.yes})'

        self.put("changed", [""] * len(self.layout.ids), changed)
