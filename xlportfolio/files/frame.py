"""What stands around the rows of a sheet, changed without parsing them."""

from __future__ import annotations

import re
from collections.abc import Collection

from lxml import etree

from xlportfolio.files.package import Element, Package, local_name, parse_xml, to_xml

#: The rows of a sheet, where neither encoding nor prefixes leave a doubt.
_ROWS = re.compile(rb"<sheetData>.*</sheetData>", re.DOTALL)
_EMPTY = b"<sheetData/>"
_ODD = re.compile(rb"<!\[CDATA\[|<!--|encoding=[\"'](?!utf-8[\"'])", re.IGNORECASE)


class SheetFrame:
    """A sheet without its rows, whose bytes :meth:`put` puts back as they were.

    Where the bytes do not show where the rows begin, the whole sheet is parsed.

    Raises
    ------
    WorkbookError
        If the XML is not as it must be.
    """

    def __init__(self, package: Package, part: str) -> None:
        self._package, self._part = package, part
        data = package.read_xml(part)
        rows = _ROWS.search(data)
        around = b"" if rows is None else data[: rows.start()] + _EMPTY + data[rows.end() :]
        if rows is None or _ODD.search(around) or around.count(_EMPTY) > 1:
            self._rows = None
            self.root = package.xml(part)
            return
        self._rows = rows[0]
        try:
            self.root = parse_xml(around)
        except etree.XMLSyntaxError as error:
            raise package.malformed("part_xml", part=part) from error

    def put(self) -> None:
        """Write the sheet to the package."""
        data = to_xml(self.root)
        if self._rows is not None:
            before, after = data.split(_EMPTY)
            data = before + self._rows + after
        self._package.put(self._part, data)

    def insert(self, element: Element, before: Collection[str]) -> None:
        """Put an element in front of the first that must come after it."""
        for child in self.root:
            inner = child.iter() if local_name(child) == "AlternateContent" else (child,)
            if any(local_name(one) in before for one in inner):
                child.addprevious(element)
                return
        self.root.append(element)
