"""Large tables through xlwings: its conversions, without looking at each cell that needs none.

For each cell that goes in, xlwings asks whether it is a time or an error, and for each that comes
out, pandas whether it is missing. For a whole portfolio that takes longer than to score it.
"""

from __future__ import annotations

from xlwings.conversion import (
    Accessor,
    CleanDataFromReadStage,
    ConversionContext,
    Pipeline,
    ValueAccessor,
)

from xlportfolio.excel.cells import cell_rows, is_plain


class ManyRows(Accessor):
    """A range of many rows, as cells of ours; rows of texts and floats alone stay as they are."""

    @classmethod
    def reader(cls, options: dict[str, object]) -> Pipeline:
        """What xlwings does with an argument."""
        pipeline: Pipeline = ValueAccessor.reader(options)
        pipeline.insert_stage(_CleanOddRows(options), replace=CleanDataFromReadStage)
        return pipeline


class _CleanOddRows:
    def __init__(self, options: dict[str, object]) -> None:
        self._clean = CleanDataFromReadStage(options)

    def __call__(self, c: ConversionContext) -> None:
        rows = list(c.value)
        odd = [k for k, row in enumerate(rows) if not is_plain(row)]
        c.value = [rows[k] for k in odd]
        self._clean(c)
        for k, row in zip(odd, cell_rows(c.value), strict=True):
            rows[k] = row
        c.value = rows


class TextsAndNumbers(Accessor):
    """An answer of texts, floats and ``None`` alone, which stays as it is but for empty cells."""

    @classmethod
    def writer(cls, _options: object) -> Pipeline:
        """What xlwings does with an answer."""
        return Pipeline([cls._fill])

    @staticmethod
    def _fill(context: ConversionContext) -> None:
        if not isinstance(context.value, list):
            context.value = [[context.value]]
        for row in context.value:
            if None in row:
                row[:] = ["" if cell is None else cell for cell in row]
