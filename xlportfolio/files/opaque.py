"""Parts that nobody can look into, or that copy cells: taken out, with all that shows them."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from enum import StrEnum

from lxml import etree

from xlportfolio.errors import WorkbookError
from xlportfolio.files.cutting import (
    cut,
    cut_frames,
    cut_ids,
    cut_pictures,
    cut_shapes,
    named_ids,
)
from xlportfolio.files.frame import SheetFrame
from xlportfolio.files.package import (
    CONTENT_TYPES,
    Element,
    Package,
    Relationship,
    parse_xml,
    to_xml,
)
from xlportfolio.files.pivots import clear_areas, forget_model, forget_slicers, pivot_areas
from xlportfolio.files.removal import remove_orphans
from xlportfolio.files.workbook import R_ID, Workbook


class Goes(StrEnum):
    """Kinds of what goes, each told in a sentence of its own."""

    PICTURES = "pictures"
    OBJECTS = "objects"
    PIVOTS = "pivots"
    MODEL = "model"
    ADD_INS = "add_ins"
    DATA = "data"
    STRAYS = "strays"
    QUIETLY = "quietly"


#: Which relationships lead to what, by the last word of their types.
_KINDS = {
    **dict.fromkeys(["image", "hdphoto", "media", "video", "audio", "model3d"], Goes.PICTURES),
    **dict.fromkeys(["oleObject", "package", "control", "activeXControlBinary"], Goes.OBJECTS),
    **dict.fromkeys(
        [
            "pivotTable",
            "pivotCacheDefinition",
            "pivotCacheRecords",
            "pivotCacheDefinitionExtended",
            "slicer",
            "slicerCache",
            "timeline",
            "timelineCache",
        ],
        Goes.PIVOTS,
    ),
    "powerPivotData": Goes.MODEL,
    **dict.fromkeys(["webextension", "webextensiontaskpanes"], Goes.ADD_INS),
    **dict.fromkeys(["customXml", "customXmlProps"], Goes.DATA),
    **dict.fromkeys(
        ["thumbnail", "printerSettings", "customProperty", "volatileDependencies"], Goes.QUIETLY
    ),
}
#: What may be asked to stay.
_KEEPABLE = frozenset({Goes.PICTURES, Goes.OBJECTS})
#: What frames in drawings show that know it by its name only.
_FRAMES = ("/slicer", "/timeslicer", "/webextension/")
_NO_XML = frozenset({"bin", "emf", "gif", "jpeg", "jpg", "png", "tif", "tiff", "wdp", "wmf"})
_LINE_END = re.compile(rb"<br(?:\s[^<>]*)?/?>", re.IGNORECASE)
_LINE_END_CLOSED = re.compile(rb"</br\s*>", re.IGNORECASE)
_BLANK = "xl/media/blank1.png"


def below(package: Package, parts: Collection[str]) -> set[str]:
    """These parts, and those that only they lead to."""
    pointing = package.referenced()
    found, waiting = set(parts), list(parts)
    while waiting:
        for relationship in package.relationships(waiting.pop()):
            target = relationship.target
            if target in found or relationship.external or target not in package:
                continue
            if pointing.get(target, set()) <= found:
                found.add(target)
                waiting.append(target)
    return found


def read_part(package: Package, part: str) -> Element | None:
    """A part's XML; mended, if it is a drawing in VML, which may be none; ``None``: not XML."""
    if part.rpartition(".")[2].lower() in _NO_XML:
        return None
    data = package.read(part)
    try:
        package.check_xml(part, data)
        return parse_xml(data)
    except (WorkbookError, etree.XMLSyntaxError):
        return _mended(data) if part.lower().endswith(".vml") else None


def _mended(data: bytes) -> Element | None:
    """A drawing in VML whose lines end as in HTML, or that is broken in some other way."""
    closed = _LINE_END.sub(rb"<br/>", _LINE_END_CLOSED.sub(b"", data))
    parser = etree.XMLParser(
        recover=True,
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    root: Element | None = etree.fromstring(closed, parser)
    return root


class Removal:
    """Takes out of a package what goes when something is hidden.

    Parameters
    ----------
    left_alone
        Parts that are replaced anyhow, with those below them.
    keep
        Whether pictures and embedded objects stay.

    Attributes
    ----------
    places
        For each kind of what went, the names of the sheets on which it stood, ``""`` for none, as
        often as it was found.
    strays
        Names of parts that went because they are neither XML nor of a known kind.
    """

    def __init__(self, workbook: Workbook, left_alone: Collection[str], *, keep: bool) -> None:
        self.workbook, self.package = workbook, workbook.package
        self.left_alone, self._keep = left_alone, keep
        self.places: dict[Goes, list[str]] = {kind: [] for kind in Goes}
        self.strays: list[str] = []
        self._sheets = {sheet.part: sheet.name for sheet in workbook.sheets}
        self._on = self._places_of_parts()
        self._orphans: list[str] = []
        self._xml: set[str] = set()
        self._blank_part = ""
        self._shapes: dict[str, set[str]] = {}

    def _places_of_parts(self) -> dict[str, str]:
        """The sheet on which a part is shown."""
        found = dict(self._sheets)
        waiting = list(found)
        while waiting:
            source = waiting.pop()
            for relationship in self.package.relationships(source):
                if not relationship.external and relationship.target not in found:
                    found[relationship.target] = found[source]
                    waiting.append(relationship.target)
        return found

    def run(self) -> None:
        """Take everything out; the cells where pivot tables stood become empty."""
        clear_areas(self.workbook, pivot_areas(self.workbook, self.left_alone))
        forget_slicers(self.workbook)
        sources = [p for p in self.package.parts() if not p.lower().endswith(".rels")]
        sheets = [part for part in sources if part in self._sheets]
        for part in (*sheets, *(p for p in sources if p not in self._sheets), ""):
            if part not in self.left_alone:
                self._relieve(part)
        if self.places[Goes.MODEL]:
            forget_model(self.workbook)
        remove_orphans(self.package, self._orphans)
        self._remove_strays()

    def _goes(self, source: str, relationship: Relationship) -> Goes | None:
        """Whether a relationship goes, as what."""
        kind = _KINDS.get(relationship.type.rsplit("/", 1)[-1])
        if kind is None and not relationship.external and self._is_stray(relationship.target):
            self.strays.append(relationship.target)
            return Goes.STRAYS
        is_kept = self._keep and kind in _KEEPABLE and not self._is_of_chart(source, kind)
        return None if is_kept else kind

    def _is_of_chart(self, source: str, kind: Goes) -> bool:
        """Whether something is the workbook behind a chart, which holds what it was drawn from."""
        is_chart = "chart" in (self.package.content_type(source) or "").rpartition("/")[2]
        return is_chart and kind is Goes.OBJECTS

    def _is_stray(self, part: str) -> bool:
        """Whether a part is one that nobody can look into."""
        is_known = part in self._sheets or part in self.left_alone or part not in self.package
        return not is_known and part not in self._xml and not self._is_xml(part)

    def _is_xml(self, part: str) -> bool:
        if part.rpartition(".")[2].lower() in _NO_XML:
            return False
        try:
            self.package.read_xml(part)
        except WorkbookError:
            return False
        self._xml.add(part)
        return True

    def _relieve(self, source: str) -> None:
        """Take away what goes of one part's relationships, and what its XML says of them."""
        related = [(r, self._goes(source, r)) for r in self.package.relationships(source)]
        going = [(r, kind) for r, kind in related if kind is not None]
        shapes = self._shapes.get(source, set())
        if not going and not shapes and not self._shows_others(source):
            return
        frame = SheetFrame(self.package, source) if source in self._sheets else None
        root = self._root(source) if frame is None else frame.root
        if root is None:
            self._unrelate(source, going)
            return
        before = etree.tostring(root)
        cut_shapes(root, shapes)
        self._cut(source, root, going)
        if etree.tostring(root) == before:
            return
        if frame is not None:
            frame.put()
        elif source == self.workbook.part:
            self.workbook.commit()
        else:
            self.package.put(source, to_xml(root))

    def _shows_others(self, source: str) -> bool:
        """Whether a part may show what it has no relationship to, as sheets and drawings do."""
        kind = self.package.content_type(source) or ""
        return source in self._sheets or kind.endswith(".drawing+xml")

    def _root(self, source: str) -> Element | None:
        if source == self.workbook.part:
            return self.workbook.root
        return read_part(self.package, source) if source else None

    def _cut(self, source: str, root: Element, going: Sequence[tuple[Relationship, Goes]]) -> None:
        """Cut what shows what goes; other things that a picture fills are filled with nothing."""
        others = [(r, kind) for r, kind in going if not r.is_a("image")]
        before = named_ids(root)
        numbers = cut_ids(root, {r.id for r, _ in others})
        for relationship in self.package.relationships(source) if numbers else ():
            self._shapes.setdefault(relationship.target, set()).update(numbers)
        self._unrelate(source, others)
        cut_frames(root, _FRAMES)
        is_shown = not self._keep and cut_pictures(root) > 0
        if not self._keep:
            self._cut_headers(source, root)
        named = named_ids(root)
        for relationship in self.package.relationships(source):
            if not relationship.is_a("image"):
                continue
            if relationship.id not in named:
                kind = Goes.PICTURES if is_shown else Goes.QUIETLY
                if not self._keep or relationship.id in before:
                    self._unrelate(source, [(relationship, kind)])
            elif not self._keep:
                self._blank(source, relationship)

    def _cut_headers(self, source: str, root: Element) -> None:
        """Pictures in headers and footers stand in a drawing of their own."""
        for element in list(root.iter("{*}legacyDrawingHF", "{*}drawingHF")):
            name = element.get(R_ID)
            cut(root, element)
            related = [r for r in self.package.relationships(source) if r.id == name]
            self._unrelate(source, [(r, Goes.PICTURES) for r in related])
            for text in root.iterfind("{*}headerFooter/*"):
                text.text = (text.text or "").replace("&G", "")

    def _unrelate(self, source: str, going: Iterable[tuple[Relationship, Goes]]) -> None:
        for relationship, kind in going:
            self.package.unrelate(source, relationship)
            if not relationship.external:
                self._orphans.append(relationship.target)
            self.places[kind].append(self._on.get(source, ""))
        if not self.package.relationships(source):
            self.package.drop_relationships(source)

    def _blank(self, source: str, relationship: Relationship) -> None:
        """Let what is filled with a picture show nothing instead."""
        self._unrelate(source, [(relationship, Goes.PICTURES)])
        if not self._blank_part:
            self._blank_part = self.package.free_name(_BLANK)
            self.package.put(self._blank_part, _blank_picture(), "image/png")
        self.package.relate(source, relationship.type, self._blank_part, relationship.id)

    def _remove_strays(self) -> None:
        """Remove what nobody can look into and nothing leads to."""
        pointing = self.package.referenced()
        for part in list(self.package.parts()):
            is_of_package = part.lower().endswith(".rels") or part == CONTENT_TYPES
            if not is_of_package and not pointing.get(part) and self._is_stray(part):
                self.strays.append(part)
                self.package.remove(part)


def sheets_of(places: Mapping[Goes, Sequence[str]], kind: Goes) -> list[str]:
    """The sheets on which something of a kind stood, each once."""
    return [name for name in dict.fromkeys(places[kind]) if name]


def _blank_picture() -> bytes:
    """A PNG of one transparent point.

    References
    ----------
    W3C, Portable Network Graphics (PNG) Specification, chapters 5 and 11.
    """

    def chunk(kind: bytes, data: bytes) -> bytes:
        body = kind + data
        return struct.pack(">I", len(data)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 6, 0, 0, 0)
    data = zlib.compress(bytes(5))
    signature = b"\x89PNG\r\n\x1a\n"
    return signature + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
