"""A damaged workbook is rescored twice, or refused and left as it was."""

from fuzz.target import Bytes, alone, instrumented, run

with instrumented:
    from support.books import write_book
    from support.fuzzing import rescored
    from support.mutations import mutated
    from support.packages import parts_of

    from xlportfolio import rescore

_BOOK = alone()
_SOUND = [parts_of(write_book(_BOOK))]
rescore(_BOOK, backup=False)
_SOUND.append(parts_of(_BOOK))


def test(data: bytes) -> None:
    """The bytes decide what is damaged."""
    random = Bytes(data)
    _BOOK.write_bytes(mutated(random, random.choice(_SOUND)))
    rescored(_BOOK)


if __name__ == "__main__":
    run(test)
