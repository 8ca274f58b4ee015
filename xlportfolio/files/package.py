"""An Office package (ECMA-376 part 2) whose untouched parts keep their compressed bytes.

Saving a workbook through a library that understands spreadsheets loses whatever that library does
not understand. So a package is opened here as what it is, a zip of parts: a part that nobody writes
to is copied as raw compressed bytes, neither inflated nor parsed.
"""

from __future__ import annotations

import posixpath
import struct
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import IO

from lxml import etree

from xlportfolio.errors import WorkbookError
from xlportfolio.files.archive import Archive, TooLargeError
from xlportfolio.files.bounds import (
    RefusedError,
    check_end,
    check_entries,
    check_prolog,
    check_tree,
    inflated,
    seek_data,
)
from xlportfolio.files.opening import open_package
from xlportfolio.locale import Phrase

CONTENT_TYPES = "[Content_Types].xml"
_CT = "http://schemas.openxmlformats.org/package/2006/content-types"
_REL = "http://schemas.openxmlformats.org/package/2006/relationships"
#: Bytes that are copied at once.
_PIECE = 1 << 20

Element = etree._Element  # noqa: SLF001 (the only name lxml gives to its elements)


def parse_xml(data: bytes) -> Element:
    """Parse a part without expanding entities, reading other files or touching the network.

    Comments and processing instructions are left out: no part needs them, and whoever walks
    through elements would have to step over them.

    Raises
    ------
    etree.XMLSyntaxError
        If the part is not well-formed, or nested more than 256 deep.
    RefusedError
        If it has a document type, which no Office part needs.
    """
    parser = etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    root = etree.fromstring(data, parser)
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        raise RefusedError("unsafe", "part_doctype")
    return root


def to_xml(root: Element) -> bytes:
    """A part's bytes as Office writes them: UTF-8, stand-alone."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def local_name(element: Element) -> str:
    """An element's name without its namespace; empty for comments and the like."""
    return etree.QName(element).localname if isinstance(element.tag, str) else ""


class Relationship:
    """One relationship of a part; a thin view of its element."""

    def __init__(self, source: str, element: Element) -> None:
        self.element = element
        self.id = element.get("Id", "")
        self.type = element.get("Type", "")
        self.external = element.get("TargetMode") == "External"
        target = element.get("Target", "")
        base = posixpath.dirname(source)
        joined = target if target.startswith("/") else posixpath.join("/", base, target)
        self.target = posixpath.normpath(joined).lstrip("/")

    def is_a(self, kind: str) -> bool:
        """Whether the relationship type ends in this word, such as ``worksheet``."""
        return self.type.rsplit("/", 1)[-1] == kind


def relationships_part(part: str) -> str:
    """The part that holds a part's relationships; the package's own for ``""``."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


#: A part's bytes, or a function that makes them in pieces when they are written.
Content = bytes | Callable[[], Iterable[bytes]]


class Package:
    """The parts of a workbook, read when asked for; changes are kept until :meth:`write`."""

    def __init__(self, path: Path, file: IO[bytes] | None = None) -> None:
        """Open a package; ``file`` if it is not on the disk but called ``path`` all the same.

        Raises
        ------
        WorkbookError
            In one sentence, if the file is no package or one that must not be changed.
        """
        self.path = path
        self._file = open_package(path) if file is None else file
        try:
            directory = check_end(self._file)
            self._zip = zipfile.ZipFile(self._file)
            check_entries(self._file, self._zip.infolist(), directory)
            self._entries = {info.filename: info for info in self._zip.infolist()}
            self._spellings = {name.lower(): name for name in self._entries}
            self._new: dict[str, Content] = {}
            self._types_part = self._spelled(CONTENT_TYPES)
            self._content_types = self.xml(self._types_part)
        except RefusedError as error:
            self._file.close()
            raise self._refused(error) from error
        except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as error:
            self._file.close()
            raise self.malformed("zip") from error
        except BaseException:
            self._file.close()
            raise
        self._relationships: dict[str, Element] = {}

    def close(self) -> None:
        """Let go of the file."""
        self._zip.close()
        self._file.close()

    def malformed(self, damage: str, **details: object) -> WorkbookError:
        """The error for a package that is not as it must be; ``damage`` names a text."""
        return WorkbookError(
            "malformed", path=self.path, detail=Phrase(f"damages.{damage}", details)
        )

    def _refused(self, error: RefusedError, part: str | None = None) -> WorkbookError:
        details: dict[str, object] = {"path": self.path}
        if error.detail is not None:
            named = {} if part is None else {"part": part}
            details["detail"] = error.detail._replace(details={**named, **error.detail.details})
        return WorkbookError(error.kind, **details)

    # --- parts ---------------------------------------------------------------------------------

    def __contains__(self, part: str) -> bool:
        return part in self._new or part in self._entries

    def parts(self) -> Iterator[str]:
        """The names of all parts, those of the original file first."""
        yield from (part for part in self._entries if not part.endswith("/"))
        yield from (part for part in self._new if part not in self._entries)

    def read(self, part: str) -> bytes:
        """The bytes of a part; no more are inflated than the directory says there are.

        Raises
        ------
        WorkbookError
            If there is no such part, it cannot be inflated, or it is not what the directory says.
        """
        new = self._new.get(part)
        if new is not None:
            return b"".join(self._pieces(part))
        if part not in self._entries:
            raise self.malformed("part_missing", part=part)
        try:
            return inflated(self._file, self._entries[part])
        except RefusedError as error:
            raise self._refused(error) from error

    def read_xml(self, part: str) -> bytes:
        """The bytes of a part for a reader that parses them as it goes.

        Raises
        ------
        WorkbookError
            As :meth:`read`; and if the part has a document type, or does not begin as XML does.
        """
        data = self.read(part)
        self.check_xml(part, data)
        return data

    def check_xml(self, part: str, data: bytes) -> None:
        """Refuse a part whose bytes have a document type, or do not begin as XML does."""
        try:
            check_prolog(data)
        except RefusedError as error:
            raise self._refused(error, part) from error

    def xml(self, part: str) -> Element:
        """A part, parsed.

        Raises
        ------
        WorkbookError
            As :meth:`read`; and if the part is too large for that, is no XML, or has a document
            type.
        """
        try:
            if part in self._entries and part not in self._new:
                check_tree(self._entries[part])
            return parse_xml(self.read(part))
        except etree.XMLSyntaxError as error:
            raise self.malformed("part_xml", part=part) from error
        except RefusedError as error:
            raise self._refused(error, part) from error

    def put(self, part: str, content: Content, content_type: str | None = None) -> None:
        """Write or replace a part; content made by a function is asked for when it is written."""
        self._new[part] = content
        self._spellings[part.lower()] = part
        if content_type is not None and self.content_type(part) != content_type:
            self._forget_content_type(part)
            attributes = {"PartName": f"/{part}", "ContentType": content_type}
            element = etree.SubElement(self._content_types, f"{{{_CT}}}Override", attributes)
            self._types[f"/{part}".lower()] = element

    def remove(self, part: str) -> None:
        """Drop a part with its relationships and its content type."""
        self._entries.pop(part, None)
        self._new.pop(part, None)
        self.drop_relationships(part)
        self._forget_content_type(part)

    def free_name(self, like: str) -> str:
        """A part name that is not taken: this one with another number."""
        stem, extension = posixpath.splitext(like)
        stem = stem.rstrip("0123456789")
        taken = {name.lower() for name in self.parts()}
        number = 1
        while f"{stem}{number}{extension}".lower() in taken:
            number += 1
        return f"{stem}{number}{extension}"

    # --- content types and relationships -------------------------------------------------------

    def content_type(self, part: str) -> str | None:
        """What kind of content a part declares, by itself or by its extension."""
        extension = part.rpartition(".")[2].lower()
        for key in (f"/{part}".lower(), extension):
            if key in self._types:
                return self._types[key].get("ContentType")
        return None

    @cached_property
    def _types(self) -> dict[str, Element]:
        """The elements that declare content types, by part (with a slash in front) or ending."""
        found: dict[str, Element] = {}
        for element in self._content_types:
            if local_name(element) == "Default":
                found[element.get("Extension", "").lower()] = element
            elif element.get("PartName"):
                found.setdefault("/" + element.get("PartName", "").lower().lstrip("/"), element)
        return found

    def _forget_content_type(self, part: str) -> None:
        element = self._types.pop(f"/{part}".lower(), None)
        if element is not None:
            self._content_types.remove(element)

    def relationships(self, part: str) -> list[Relationship]:
        """The relationships of a part, in their order; of the package for ``""``."""
        found = []
        for element in self._relationships_of(part):
            if local_name(element) == "Relationship":
                relationship = Relationship(part, element)
                if not relationship.external and relationship.target not in self:
                    relationship.target = self._spelled(relationship.target)
                found.append(relationship)
        return found

    def _spelled(self, part: str) -> str:
        """A part's name as the package spells it: names are compared without regard to case."""
        spelled = self._spellings.get(part.lower(), part)
        return spelled if spelled in self else part

    def _relationships_of(self, part: str) -> Element:
        if part not in self._relationships:
            name = self._spelled(relationships_part(part))
            empty = f'<Relationships xmlns="{_REL}"/>'.encode()
            self._relationships[part] = self.xml(name) if name in self else parse_xml(empty)
        return self._relationships[part]

    def relate(self, part: str, kind: str, target: str, wanted: str | None = None) -> str:
        """Add a relationship from one part to another, under this id if it is free; its id."""
        relationships = self._relationships_of(part)
        taken = {element.get("Id") for element in relationships}
        number = 1
        while wanted is None or wanted in taken:
            wanted, number = f"rId{number}", number + 1
        attributes = {"Id": wanted, "Type": kind, "Target": f"/{target}"}
        etree.SubElement(relationships, f"{{{_REL}}}Relationship", attributes)
        self._write_relationships(part)
        return wanted

    def redirect(self, part: str, relationship: Relationship, target: str) -> None:
        """Let a relationship that leads out of the package lead elsewhere."""
        relationship.element.set("Target", target)
        self._write_relationships(part)

    def unrelate(self, part: str, relationship: Relationship) -> None:
        """Take a relationship away."""
        self._relationships_of(part).remove(relationship.element)
        self._write_relationships(part)

    def _write_relationships(self, part: str) -> None:
        name = self._spelled(relationships_part(part))
        kind = "application/vnd.openxmlformats-package.relationships+xml"
        self.put(name, to_xml(self._relationships[part]), kind)

    def drop_relationships(self, part: str) -> None:
        """Forget everything that a part points at."""
        name = self._spelled(relationships_part(part))
        self._entries.pop(name, None)
        self._new.pop(name, None)
        self._relationships.pop(part, None)
        self._forget_content_type(name)

    def referenced(self) -> dict[str, set[str]]:
        """Which parts point at each part: target -> sources."""
        pointing: dict[str, set[str]] = {}
        for name in list(self.parts()):
            folder, base = posixpath.split(name)
            if base.lower().endswith(".rels") and posixpath.basename(folder).lower() == "_rels":
                source = self._spelled(posixpath.join(posixpath.dirname(folder), base[:-5]))
                for relationship in self.relationships(source):
                    if not relationship.external:
                        pointing.setdefault(relationship.target, set()).add(source)
        return pointing

    def forget_types(self, kinds: tuple[str, ...]) -> None:
        """Take out content types of endings, if they begin so and no part needs them."""
        endings = {part.rpartition(".")[2].lower() for part in self.parts()}
        for key, element in list(self._types.items()):
            is_needed = key.startswith("/") or key in endings
            if not is_needed and element.get("ContentType", "").startswith(kinds):
                self._content_types.remove(self._types.pop(key))

    # --- writing -------------------------------------------------------------------------------

    def write(self, target: IO[bytes]) -> None:
        """Write all parts in their old order, untouched ones as they are, new ones last.

        Raises
        ------
        WorkbookError
            If a new part is larger than a workbook can hold.
        """
        original = parse_xml(inflated(self._file, self._entries[self._types_part]))
        if etree.tostring(original) != etree.tostring(self._content_types):
            self._new[self._types_part] = to_xml(self._content_types)
        try:
            with Archive(target) as archive:
                self._write_parts(archive)
        except TooLargeError as error:
            raise WorkbookError("result_too_large", path=self.path, part=error) from error

    def _write_parts(self, archive: Archive) -> None:
        for part, entry in self._entries.items():
            if part not in self._new:
                archive.copy(entry, self._packed(entry))
            else:
                archive.add(part, self._pieces(part))
        for part in self._new:
            if part not in self._entries:
                archive.add(part, self._pieces(part))

    def _pieces(self, part: str) -> Iterable[bytes]:
        content = self._new[part]
        return (content,) if isinstance(content, bytes) else content()

    def _packed(self, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        """The bytes of a part as they are packed."""
        seek_data(self._file, entry)
        left = entry.compress_size
        while left:
            piece = self._file.read(min(left, _PIECE))
            if not piece:
                raise self.malformed("part_packed", part=entry.filename)
            yield piece
            left -= len(piece)
