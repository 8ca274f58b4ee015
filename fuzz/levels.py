"""The text of a scale, and a row of criteria around it."""

from fuzz.target import Bytes, instrumented, run

with instrumented:
    from support.fuzzing import refused_in_words
    from support.odd import WORDS

    from xlportfolio.errors import XlPortfolioError
    from xlportfolio.locale import LANGUAGES
    from xlportfolio.schema import TABLES, RawTable, interpret

_SCALES = ("linear", "steps", "piecewise", "categories", "Stufen")


def test(data: bytes) -> None:
    """A portfolio with one scale of any text is read, or the text is refused in words."""
    random = Bytes(data[:8])
    scale, word, setting = (random.choice(each) for each in (_SCALES, WORDS, LANGUAGES))
    text = data[8:].decode("utf-8", "replace")
    criteria = [["A", "value", 1, scale, text], ["B", "benefit", 1, "", ""]]
    rows = [["a", word, 3], ["b", text, 4], ["c", 0.5, 5]]
    blocks = (
        (["customer_id", "A", "B"], rows),
        (["criterion", "axis", "weight", "scale", "levels"], criteria),
        (["setting", "value"], [["language", setting]]),
    )
    tables = {
        table.name: RawTable.of_rows(table, table.sheet("en"), 1, 1, header, cells)
        for table, (header, cells) in zip(TABLES, blocks, strict=False)
    }
    try:
        interpret(tables)
    except XlPortfolioError as error:
        refused_in_words(error)


if __name__ == "__main__":
    run(test, [bytes([i % 5]) * 8 + word.encode() for i, word in enumerate(WORDS * 5)])
