"""The ABC analysis by plain formulas: amounts by their size, summed up, and classes."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt

from xlportfolio.live_columns import Columns, Formula, largest_first
from xlportfolio.live_layout import Layout
from xlportfolio.live_measures import can_be_read
from xlportfolio.plain_formulas import literal
from xlportfolio.scoring import Floats, rounded

#: Figures of customers that have an amount.
OF_ABC = ("amount", "amount_rank", "share", "cumulative_share", "difference")

#: A number larger than any total, and half of the last decimal that counts.
_LARGEST, _HALF = "1000", "0.0000000005"


def computes_abc(layout: Layout) -> bool:
    """Whether the ABC classes go on computing."""
    return layout.abc_measure is not None and layout.is_whole and not layout.is_abc_hidden


class Abc(Columns):
    """Amounts, ranks by them, shares and classes."""

    def write(self) -> None:
        """Write all of these columns."""
        analysis = self.layout.audience.run.analysis
        at = analysis.abc["position"].to_numpy(np.int64)

        def listed(numbers: npt.ArrayLike) -> Floats:
            cells = np.full(len(self.layout.ids), np.nan)
            cells[at] = numbers
            return cells

        is_hidden = self.layout.is_abc_hidden
        now = {
            key: listed(np.nan if is_hidden else analysis.abc[key].to_numpy(np.float64))
            for key in OF_ABC
        }
        total = self.numbers("total_score")
        now["unlisted"] = np.where(np.isnan(now["amount"]), rounded(total), np.nan)
        now["share_before"] = self._before(now["amount"])
        now["amount_sorted"] = largest_first(now["amount"])
        now["amount_summed"] = np.cumsum(now["amount_sorted"])
        now["unlisted_sorted"] = np.sort(now["unlisted"])
        formulas = self._abc_formulas() if computes_abc(self.layout) else {}
        for key, cells in now.items():
            is_needed = key in OF_ABC or formulas
            shown = cells if is_needed else np.full(len(cells), np.nan)
            self.put(key, shown, formulas.get(key, lambda _: None))
        classes = self.customers["abc_class"].tolist()
        self.put("abc_class", classes, formulas.get("abc_class", lambda _: None))

    @staticmethod
    def _before(amounts: Floats) -> Floats:
        """The share of all larger amounts."""
        known = np.sort(amounts[~np.isnan(amounts)])[::-1]
        sums = np.concatenate([[0.0], np.cumsum(known)])
        before = sums[np.searchsorted(-known, -amounts)] / (sums[-1] or 1.0)
        return np.where(np.isnan(amounts), np.nan, before)

    def _abc_formulas(self) -> Mapping[str, Formula]:
        layout, figure = self.layout, self.layout.figure
        amount, rank, before, share, total = (
            self.of(k) for k in ("amount", "amount_rank", "share_before", "share", "total_rounded")
        )
        largest, summed = self.of("amount_sorted"), self.of("amount_summed")
        sums, ranks = (layout.down(k, sheet=False) for k in ("amount_summed", "amount_rank"))
        sizes, others = (layout.down(k, sheet=False) for k in ("amount_sorted", "unlisted_sorted"))
        first, whole = ranks.partition(":")[0], figure("abc_total")
        a, b = (f"ROUND({figure(key)}/100,9)" for key in ("abc_a", "abc_b"))

        def unless_blank(cell: Callable[[int], str], formula: Callable[[int], str]) -> Formula:
            return lambda i: f'IF({cell(i)}="","",{formula(i)})'

        def cumulated(i: int) -> str:
            # counting is slow, and needed only where the next amount is the same
            next_one = f"INDEX({sizes},MIN({rank(i)}+1,{len(layout.ids)}))"
            equal = f"COUNTIF({first}:{rank(i)},{rank(i)})"
            return f"{before(i)}+IF({next_one}={amount(i)},{equal},1)*{share(i)}"

        def of_class(i: int) -> str:
            so_far = f"ROUND({before(i)},9)"
            return f'IF({so_far}<{a},"A",IF({so_far}<{b},"B","C"))'

        def difference(i: int) -> str:
            # of the rank by total, those above who have no amount do not count: all of them but
            # those up to a total that is larger by half of the last decimal
            up_to = (_LARGEST, f"{total(i)}+{_HALF}")
            count, below = (f"IFERROR(MATCH({most},{others},1),0)" for most in up_to)
            by_total = f"{self.of('rank')(i)}-({count}-{below})"
            return f'IF(OR({amount(i)}="",{total(i)}=""),"",{rank(i)}-({by_total}))'

        return {
            "amount": self._amount(),
            "amount_sorted": self.largest("amount"),
            "amount_summed": unless_blank(largest, lambda i: f"N({summed(i - 1)})+{largest(i)}"),
            "amount_rank": self.placed(amount, "amount_sorted"),
            "share_before": unless_blank(
                amount, lambda i: f"IF({rank(i)}=1,0,INDEX({sums},{rank(i)}-1))/{whole}"
            ),
            "share": unless_blank(amount, lambda i: f"{amount(i)}/{whole}"),
            "cumulative_share": unless_blank(amount, cumulated),
            "abc_class": unless_blank(amount, of_class),
            "unlisted": lambda i: f'IF({amount(i)}="",{total(i)},"")',
            "unlisted_sorted": self.smallest("unlisted"),
            "difference": difference,
        }

    def _amount(self) -> Formula:
        layout = self.layout
        measure = layout.abc_measure
        assert measure is not None
        position = layout.column_of(measure)
        cell_of, status = layout.customer_cells(position), self.of("status")
        customer = literal(self.words("statuses.customer"))
        own = {one.criterion.name: j for j, one in enumerate(layout.seen)}.get(measure)

        def amount(i: int) -> str | None:
            row = layout.ids[i]
            if not (self.counts[i] and can_be_read(layout.customer_content(position, row))):
                return None
            cell = cell_of(i) if own is None else layout.here(f"measure {own}", i)
            is_number = f"AND({status(i)}={customer},ISNUMBER({cell}))"
            return f'IF({is_number},IF({cell}>0,{cell},""),"")'

        return amount
