"""A damaged workbook is rescored twice, or refused and left as it was."""

from fuzz.damaged import damaged
from fuzz.target import instrumented, run

with instrumented:
    from support.fuzzing import rescored


def test(data: bytes) -> None:
    """The bytes decide what is damaged."""
    rescored(damaged(data))


if __name__ == "__main__":
    run(test)
