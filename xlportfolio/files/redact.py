"""Clear what colleagues may not see in all parts of a package besides the cells of its sheets."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection, Mapping, Sequence
from urllib.parse import unquote

from lxml import etree

from xlportfolio.audience import Audience
from xlportfolio.errors import Problem, note, warning
from xlportfolio.files.caches import clear_caches, drop_empty_points
from xlportfolio.files.cells import Area
from xlportfolio.files.cutting import attributes, cut_ids
from xlportfolio.files.frame import SheetFrame
from xlportfolio.files.opaque import Goes, Removal, below, read_part, sheets_of
from xlportfolio.files.package import CONTENT_TYPES, Element, Relationship, to_xml
from xlportfolio.files.shared_strings import clear_strings
from xlportfolio.files.telling import PartTeller
from xlportfolio.files.workbook import Workbook, coordinates, main
from xlportfolio.locale import Phrase
from xlportfolio.secrecy import Secrets

_COMMENTS = frozenset({"comments", "threadedComment"})
_HIDDEN_TEXT = re.compile(rb"<!--(.*?)-->|<\?(?!xml[\s?])(.*?)\?>", re.DOTALL)
#: What a link leads to whose target must not be seen.
_NOWHERE = "removed.xlsx"
#: What attributes of a name say besides what it stands for.
_NAME, _LOCAL = "name", "localSheetId"
_TOLD = {
    Goes.PICTURES: (warning, "parts_pictures"),
    Goes.OBJECTS: (warning, "parts_objects"),
    Goes.PIVOTS: (warning, "parts_pivots"),
    Goes.MODEL: (warning, "parts_model"),
    Goes.ADD_INS: (warning, "parts_add_ins"),
    Goes.DATA: (note, "parts_data"),
}


def redact_parts(
    workbook: Workbook,
    audience: Audience,
    skip: Collection[str],
    cleared: Mapping[str, Sequence[Area]],
) -> list[Problem]:
    """Clear secrets in shared strings, names, comments, drawings, charts, caches and properties.

    Whatever cannot be looked into goes: pivot caches, data models, thumbnails; embedded objects and
    pictures too, unless they are to be kept. Names of sheets and what is in their own XML are left
    to :mod:`xlportfolio.files.clearing`, which comes first.

    Parameters
    ----------
    skip
        Parts of sheets that are replaced anyhow; what only they use of the shared strings goes.
    cleared
        By the parts of sheets, areas whose cells were emptied: comments on them go.

    Returns
    -------
    What the sender is told: what was removed, by name.
    """
    keep = audience.sharing.keep_pictures
    return Redaction(workbook, audience.secrets, skip, cleared, keep=keep).run()


class Redaction:
    """Clears the parts of one workbook.

    Parameters
    ----------
    secrets
        What must not be seen.
    skip
        Parts of sheets that are replaced anyhow.
    cleared
        By the parts of sheets, areas whose cells were emptied: comments on them go.
    keep
        Whether pictures and embedded objects stay.
    """

    def __init__(
        self,
        workbook: Workbook,
        secrets: Secrets,
        skip: Collection[str],
        cleared: Mapping[str, Sequence[Area]],
        *,
        keep: bool = False,
    ) -> None:
        self._workbook, self._package = workbook, workbook.package
        self._skip, self._cleared, self._keep = skip, cleared, keep
        self._left_alone = below(self._package, skip)
        self._sheets = {sheet.part for sheet in workbook.sheets}
        self._teller = PartTeller(secrets, [sheet.name for sheet in workbook.sheets])

    def run(self) -> list[Problem]:
        """Clear everything; what the sender is told."""
        before = etree.tostring(self._workbook.root)
        removal = Removal(self._workbook, self._left_alone, keep=self._keep)
        removal.run()
        self._clear_links()
        self._clear_workbook()
        clear_strings(self._workbook, self._teller, self._skip)
        self._empty_comments()
        for part in list(self._package.parts()):
            if not self._is_others_business(part):
                self._sweep(part)
        is_kept = self._keep and self._keeps_unseen()
        if etree.tostring(self._workbook.root) != before:
            self._workbook.commit()
        return [*_told(removal), *([warning("parts_kept")] if is_kept else [])]

    def _is_others_business(self, part: str) -> bool:
        """Whether a part is looked after elsewhere: sheets, the workbook, the package's own."""
        known = {CONTENT_TYPES, self._workbook.part, self._workbook.related("sharedStrings")}
        is_sheet = part in self._sheets or part in self._left_alone
        return is_sheet or part in known or part.lower().endswith(".rels")

    # --- texts ---------------------------------------------------------------------------------

    def _sweep(self, part: str) -> None:
        """Tell all texts of a part as they may be seen; it keeps its bytes if none changes.

        Raises
        ------
        WorkbookError
            If it should be XML and is not: nobody can tell what it shows.
        """
        root = read_part(self._package, part)
        if root is None:
            if part.lower().endswith(".xml"):
                raise self._package.malformed("part_xml", part=part)
            return
        changed = clear_caches(root)
        changed |= self._teller.tell(root)
        drop_empty_points(root)
        if changed or not self._is_clean_outside(self._package.read(part)):
            self._package.put(part, to_xml(root))

    def _is_clean_outside(self, data: bytes) -> bool:
        """Whether what stands outside of all elements may be seen: it is lost when written anew."""
        found = (one or other for one, other in _HIDDEN_TEXT.findall(data))
        return all(self._teller.is_clean(text.decode("utf-8", "replace")) for text in found)

    def _clear_workbook(self) -> None:
        """Clear what the workbook's own part says, but for the names of sheets."""
        for element in self._workbook.root:
            if element.tag not in {main("sheets"), main("definedNames")}:
                self._teller.tell(element)
        self._workbook.drop_names(lambda element: not self._tell_name(element))

    def _tell_name(self, element: Element) -> bool:
        """Clear what is said of a defined name; whether it may stay."""
        told = self._teller.formula(element.text or "")
        if told is None or not self._teller.is_clean(element.get(_NAME, "")):
            return False
        if told != element.text:
            element.text = told
        for key, value in attributes(element):
            if key not in {_NAME, _LOCAL} and not self._teller.is_clean(value):
                del element.attrib[key]
        return True

    def _empty_comments(self) -> None:
        """Empty the comments on cells that were emptied; their boxes stay."""
        for sheet in self._workbook.sheets:
            areas = self._cleared.get(sheet.part, ())
            if not areas or sheet.part in self._left_alone:
                continue
            for relationship in self._package.relationships(sheet.part):
                if any(map(relationship.is_a, _COMMENTS)) and relationship.target in self._package:
                    self._empty_within(relationship.target, areas)

    def _empty_within(self, part: str, areas: Sequence[Area]) -> None:
        root = self._package.xml(part)
        changed = False
        for element in [e for e in root.iter(etree.Element) if e.get("ref")]:
            try:
                column, row = coordinates(element.get("ref", ""))
            except ValueError:
                continue
            here = Area(column, row, column, row)
            if any(area.meets(here) for area in areas):
                for text in element.iterchildren("{*}text"):
                    _empty(text)
                    changed = True
        if changed:
            self._package.put(part, to_xml(root))

    # --- links ---------------------------------------------------------------------------------

    def _clear_links(self) -> None:
        """Take away links whose targets must not be seen."""
        for source in ["", *self._package.parts()]:
            if source in self._left_alone or source.lower().endswith(".rels"):
                continue
            secret = [r for r in self._package.relationships(source) if self._is_secret_link(r)]
            if secret:
                self._cut_links(source, secret)

    def _is_secret_link(self, relationship: Relationship) -> bool:
        target = relationship.element.get("Target", "")
        leads_out = relationship.external or target.startswith("#")
        texts = (target, unquote(target))
        return leads_out and not all(map(self._teller.is_clean, texts))

    def _cut_links(self, source: str, secret: Sequence[Relationship]) -> None:
        links, others = list[Relationship](), list[Relationship]()
        for relationship in secret:
            of_workbook = relationship.type.rsplit("/", 1)[-1].startswith(("externalLink", "xl"))
            (links if of_workbook else others).append(relationship)
        for relationship in links:
            self._package.redirect(source, relationship, _NOWHERE)
        if not others:
            return
        ids = {relationship.id for relationship in others}
        if source == self._workbook.part:
            cut_ids(self._workbook.root, ids)
        elif source in self._sheets:
            frame = SheetFrame(self._package, source)
            cut_ids(frame.root, ids)
            frame.put()
        elif source:
            root = read_part(self._package, source)
            if root is not None:
                cut_ids(root, ids)
                self._package.put(source, to_xml(root))
        for relationship in others:
            self._package.unrelate(source, relationship)

    # --- what is kept --------------------------------------------------------------------------

    def _keeps_unseen(self) -> bool:
        """Whether pictures or objects stay; their parts get names that say nothing."""
        found = False
        for part in list(self._package.parts()):
            if self._is_others_business(part) or read_part(self._package, part) is not None:
                continue
            found = True
            stem, ending = posixpath.splitext(posixpath.basename(part))
            if not self._teller.is_clean(stem):
                self._rename(part, self._package.free_name(f"xl/media/part1{ending}"))
        return found

    def _rename(self, part: str, name: str) -> None:
        pointing = self._package.referenced().get(part, set())
        below_it = self._package.relationships(part)
        self._package.put(name, self._package.read(part), self._package.content_type(part))
        for relationship in below_it:
            self._package.relate(name, relationship.type, relationship.target, relationship.id)
        for source in pointing:
            for relationship in self._package.relationships(source):
                if relationship.target == part:
                    self._package.unrelate(source, relationship)
                    self._package.relate(source, relationship.type, name, relationship.id)
        self._package.remove(part)


def _empty(text: Element) -> None:
    """Leave a comment without text, as its kind has it."""
    inner = text.find(main("t")) is not None or text.find(main("r")) is not None
    del text[:]
    text.text = None
    if inner:
        etree.SubElement(text, main("t"))


def _told(removal: Removal) -> list[Problem]:
    """A sentence for each kind of what was removed, and where it stood."""
    found = []
    for kind, (told, key) in _TOLD.items():
        if removal.places[kind]:
            elsewhere = [Phrase("sharing.elsewhere", {})]
            places: Sequence[object] = sheets_of(removal.places, kind) or elsewhere
            found.append(told(key, places=places))
    if removal.strays:
        found.append(warning("parts_unknown", parts=list(dict.fromkeys(removal.strays))))
    return found
