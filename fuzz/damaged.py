"""A sound workbook, without or with sheets of ours, and damage that the bytes decide on."""

from pathlib import Path

from fuzz.target import Bytes, alone, instrumented

with instrumented:
    from support.books import write_book
    from support.mutations import mutated
    from support.packages import parts_of

    from xlportfolio import rescore

_BOOK = alone()
_SOUND = [parts_of(write_book(_BOOK))]
rescore(_BOOK, backup=False)
_SOUND.append(parts_of(_BOOK))


def damaged(data: bytes) -> Path:
    """Where the damaged workbook is."""
    random = Bytes(data)
    _BOOK.write_bytes(mutated(random, random.choice(_SOUND)))
    return _BOOK
