"""The levels of a scale as plain formulas look them up: sorted bounds, or words.

Words stand as LOWER and TRIM make them of a cell. Python takes other blanks away too and reads a
number as a word; what it finds that way in the customers' cells is a word of its own here.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from xlportfolio.model import Criterion
from xlportfolio.plain_formulas import excel_key
from xlportfolio.scale import ScaleKind, category_key
from xlportfolio.schema.cells import as_number, shown
from xlportfolio.schema.contract import Cells
from xlportfolio.scoring import category_worth

#: A bound or a word, and its value of 0 to 100.
PlainLevel = tuple[str | float, float]


def plain_levels(criterion: Criterion, cells: Cells, language: str) -> tuple[PlainLevel, ...]:
    r"""The levels of a criterion; none for a linear scale.

    Parameters
    ----------
    cells
        The customers' measures as they stand in their cells.
    language
        That of the workbook.

    Examples
    --------
    >>> from xlportfolio.model import Axis
    >>> from xlportfolio.scale import Scale
    >>> fit = Criterion("Fit", Axis.BENEFIT, 1, Scale.categories([("High", 100), ("2", 10)]))
    >>> plain_levels(fit, ["high\u00a0", "low", 2.0], "en")
    (('high', 100.0), ('2', 10.0), (2.0, 10.0), ('high\xa0', 100.0))
    """
    scale = criterion.scale
    if scale.kind is ScaleKind.LINEAR:
        return ()
    if scale.kind is not ScaleKind.CATEGORIES:
        return tuple(sorted((float(bound), float(value)) for bound, value in scale.levels))
    found: dict[str | float, float] = {}
    for word, value in _spelled(criterion, cells, language):
        found.setdefault(word, float(value))
    return tuple(found.items())


def _spelled(criterion: Criterion, cells: Cells, language: str) -> Iterator[PlainLevel]:
    worth = category_worth(criterion)
    for bound, value in criterion.scale.levels:
        yield excel_key(str(bound)), value
        meant, _ = as_number(str(bound), language)
        if meant is not None and shown(meant, language) == category_key(str(bound)):
            yield meant, value
    listed = np.unique(cells).tolist() if isinstance(cells, np.ndarray) else cells
    for cell in dict.fromkeys(c for c in listed if isinstance(c, str | int | float)):
        if isinstance(cell, bool) or (isinstance(cell, float) and not math.isfinite(cell)):
            continue
        text = cell if isinstance(cell, str) else shown(cell, language)
        if (known := worth.get(category_key(text))) is not None:
            yield excel_key(text) if isinstance(cell, str) else float(cell), known
