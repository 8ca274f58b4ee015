"""Texts read as numbers."""

import math

from fuzz.target import instrumented, run

with instrumented:
    from support.odd import WORDS

    from xlportfolio.locale import LANGUAGES
    from xlportfolio.schema.cells import as_date, as_number
    from xlportfolio.schema.numerals import read_number


def test(data: bytes) -> None:
    """Whatever the text, a finite number or none; in words of any language."""
    text = data.decode("utf-8", "surrogateescape")
    readings = {language: read_number(text, language) for language in LANGUAGES}
    assert len({reading is None for reading in readings.values()}) == 1
    for language, reading in readings.items():
        if reading is not None:
            assert math.isfinite(reading.number)
            assert reading.other is None or reading.other != reading.number
        number, fault = as_number(text, language)
        assert (number is None) == (reading is None)
        assert fault is None or fault.message(language)
    as_date(text)


if __name__ == "__main__":
    run(test, [word.encode() for word in WORDS])
