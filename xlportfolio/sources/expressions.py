"""What expressions over a source need and Ibis has no word for."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ibis.expr.types as ir


@cache
def trim() -> Any:  # noqa: ANN401 (ibis has no types)
    """DuckDB's function that takes off blanks, in a third of the time of that of Ibis."""
    import ibis

    @ibis.udf.scalar.builtin(name="trim", signature=(("string",), "string"))
    def trim(text): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    return trim


@cache
def is_finite() -> Any:  # noqa: ANN401 (ibis has no types)
    """DuckDB's function for that, the only one that it does not take for settled by statistics."""
    import ibis

    @ibis.udf.scalar.builtin(name="isfinite", signature=(("float64",), "boolean"))
    def isfinite(number): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    return isfinite


@cache
def try_strptime() -> Any:  # noqa: ANN401 (ibis has no types)
    """DuckDB's function that reads a moment in the first form that fits, null where none does."""
    import ibis

    @ibis.udf.scalar.builtin(
        name="try_strptime",
        signature=(("string", "array<string>"), "timestamp"),  # what annotations cannot say
    )
    def parsed(text, forms): ...  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202

    return parsed


def up_to(value: ir.NumericValue, most: float) -> ir.NumericValue:
    """Numbers up to a bound in either direction, those beyond null."""
    import ibis

    return (value.abs() <= most).ifelse(value, ibis.null(value.type()))


def only_row(table: ir.Table) -> dict[str, Any]:
    """The only row of a table."""
    row: dict[str, Any] = table.to_pyarrow().to_pylist()[0]
    return row
