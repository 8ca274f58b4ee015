"""Search a package for a text wherever it may stand: what is hidden must be found nowhere."""

from __future__ import annotations

import contextlib
import html
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

_TAG = re.compile(r"<[^<>]*>")
_ATTRIBUTE = re.compile(r"""=\s*(?:"([^"]*)"|'([^']*)')""")
_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_BLANKS = re.compile(r"\s+")
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"


def found_in(package: Path | bytes | dict[str, bytes], *texts: str) -> list[str]:
    """Where any of these texts stands, one sentence each; none: it is hidden.

    Case and the kind of blanks do not count. Looked into are the name and the content of each
    part: its bytes as UTF-8, UTF-16 and Latin-1, with entities and escapes undone, texts of
    neighbouring elements joined, attributes, percent signs decoded; and zips within parts.
    """
    wanted = {text: plain(text) for text in texts}
    assert all(wanted.values()), "a text without characters is everywhere"
    return [
        f"{part}: {text!r} as {how}"
        for part, how, seen in readings(package)
        for text, sought in wanted.items()
        if sought in seen
    ]


def plain(text: str) -> str:
    """A text as it is compared: letters without case, composed, one blank between words."""
    return _BLANKS.sub(" ", unicodedata.normalize("NFC", text).casefold()).strip()


def readings(package: Path | bytes | dict[str, bytes]) -> Iterator[tuple[str, str, str]]:
    """Part, way of reading it, and what is read, ready to be compared."""
    for part, data in _parts(package):
        yield part, "its name", plain(unquote(part))
        if data.startswith(_ZIP):
            with contextlib.suppress(zipfile.BadZipFile):
                yield from ((f"{part} > {p}", how, seen) for p, how, seen in readings(data))
        for content in _unpacked(data):
            for how, text in _decoded(content):
                yield part, how, plain(text)


def _parts(package: Path | bytes | dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    if isinstance(package, dict):
        yield from package.items()
        return
    source = io.BytesIO(package) if isinstance(package, bytes) else package
    with zipfile.ZipFile(source) as opened:
        for info in opened.infolist():
            yield info.filename, opened.read(info)
            if info.comment:
                yield f"comment on {info.filename}", info.comment
        if opened.comment:
            yield "comment", opened.comment


def _unpacked(data: bytes) -> Iterator[bytes]:
    yield data
    if data.startswith(_GZIP):
        with contextlib.suppress(zlib.error):
            yield zlib.decompress(data, 47)


def _decoded(data: bytes) -> Iterator[tuple[str, str]]:
    text = data.decode("utf-8", "replace")
    yield "bytes", text
    yield "Latin-1", data.decode("cp1252", "replace")
    if b"\0" in data:
        for start in (0, 1):
            yield "UTF-16", data[start:].decode("utf-16-le", "replace")
            yield "UTF-16", data[start:].decode("utf-16-be", "replace")
    if "<" not in text:
        return
    yield "entities undone", _undone(text)
    yield "links", _undone(unquote(text))
    yield "neighbouring texts joined", _undone(_TAG.sub("", text))
    yield "texts apart", _undone(_TAG.sub(" ", text))
    values = (one or other for one, other in _ATTRIBUTE.findall(text))
    yield "attributes", _undone("\n".join(values))


def _undone(text: str) -> str:
    """Text without entities and the escapes of SpreadsheetML."""
    once = html.unescape(text)
    return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), html.unescape(once))
