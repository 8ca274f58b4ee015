"""A damaged workbook is read as far as its tables can be understood, or refused."""

from fuzz.target import Bytes, alone, instrumented, run

with instrumented:
    from support.books import write_book
    from support.fuzzing import read_or_refused
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
    read_or_refused(_BOOK)


if __name__ == "__main__":
    run(test)
