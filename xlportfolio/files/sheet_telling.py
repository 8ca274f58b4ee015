"""Tell texts, formulas and numbers of a sheet so that no secret is in them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from xlportfolio.files.references import (
    Kind,
    Token,
    columns_named,
    sheets_named,
    texts_told,
    tokens,
)
from xlportfolio.files.telling import TextTeller
from xlportfolio.secrecy import Secrets

#: In a header or footer: the name of a font, a size, a color, or what is filled in.
_CODES = re.compile(r'&(?:"[^"]*"|K[0-9A-Fa-f]{6}|K[0-9]{2}[+-][0-9]{3}|[0-9]{1,3}|.)', re.DOTALL)


class SheetTeller(TextTeller):
    """Tells the texts and formulas of sheets; each different formula is looked at once."""

    def __init__(self, secrets: Secrets) -> None:
        super().__init__(secrets)
        self._formulas: dict[str, str | None] = {}

    def formula(self, formula: str) -> str | None:
        """A formula whose texts hold no secret; ``None`` if something else in it is one."""
        if formula not in self._formulas:
            self._formulas[formula] = self._formula(formula)
        return self._formulas[formula]

    def _formula(self, formula: str) -> str | None:
        if any(not self._is_told(token) for token in tokens(formula)):
            return None
        return texts_told(formula, self._items)

    def _is_told(self, token: Token) -> bool:
        """Whether a name or a number in a formula is no secret."""
        match token.kind:
            case Kind.NUMBER:
                number = float(token.text)
                return not (self.secrets.is_secret(number) or self.secrets.is_secret(-number))
            case Kind.SHEET:
                names = sheets_named(token.text) or [token.text.strip("'!")]
            case Kind.COLUMN:
                names = columns_named(token.text)
            case Kind.NAME:
                names = [token.text, token.text.replace("_", " ").replace(".", " ")]
            case _:
                return True
        return all(map(self.is_clean, names))

    def _items(self, text: str) -> str | None:
        """A text, of which the items are told one by one if it is a list."""
        told = self.text(text)
        if told is None or "," not in told:
            return told
        items = [self.text(item) for item in told.split(",")]
        return None if None in items else ",".join(item or "" for item in items)

    def header(self, text: str) -> str | None:
        """A header or footer of pages, whose codes for fonts and the like stay."""
        told = "".join(self._pieces(text))
        plain = _CODES.sub(lambda code: "&" if code[0] == "&&" else "", told)
        bare = self.text(plain)
        is_gone = "\0" in told or bare is None or bare != plain
        return None if is_gone else told

    def _pieces(self, text: str) -> Iterator[str]:
        """Codes and what stands between them, as it may be seen; a zero byte for what must go."""
        done = 0
        for code in _CODES.finditer(text):
            yield self.text(text[done : code.start()]) or "\0" * (code.start() > done)
            yield code[0]
            done = code.end()
        yield self.text(text[done:]) or "\0" * (len(text) > done)
