"""A damaged workbook is read as far as its tables can be understood, or refused."""

from fuzz.damaged import damaged
from fuzz.target import instrumented, run

with instrumented:
    from support.fuzzing import read_or_refused


def test(data: bytes) -> None:
    """The bytes decide what is damaged."""
    read_or_refused(damaged(data))


if __name__ == "__main__":
    run(test)
