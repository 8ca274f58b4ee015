"""A module of a VBA project: its text, and the stream in which that is stored (MS-OVBA 2.3.4.3)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from xlportfolio.template.compression import CONTAINER_SIGNATURE, compressed_chunks, is_raw

#: How all texts of the project are stored.
CODE_PAGE = 1252
ENCODING = "cp1252"
NEW_LINE = "\r\n"


class ModuleKind(StrEnum):
    """What a module belongs to: the workbook, one of its sheets, or nothing but the project."""

    WORKBOOK = "workbook"
    SHEET = "sheet"
    STANDARD = "standard"


@dataclass(frozen=True)
class Module:
    """A module of the project.

    Attributes
    ----------
    name
        Of the workbook's and the sheets' modules: the ``codeName`` which the workbook has for them.
    kind
        What it belongs to.
    source
        Its text as the editor exports it or without that frame: a ``.bas`` file may have its
        ``Attribute VB_Name``; of a ``.cls`` file the header and the attributes of the module are
        left out, as those of the workbook and of sheets are always the same.
    """

    name: str
    kind: ModuleKind
    source: str = ""


# the classes of Excel's Workbook and Worksheet
_BASES = MappingProxyType(
    {
        ModuleKind.WORKBOOK: "0{00020819-0000-0000-C000-000000000046}",
        ModuleKind.SHEET: "0{00020820-0000-0000-C000-000000000046}",
    }
)
_VB_NAME = re.compile(r'Attribute VB_Name = "(.*)"')
_CLASS_HEADER = re.compile(r"VERSION \d\.\d CLASS\r\nBEGIN\r\n(?:.*\r\n)*?END\r\n", re.IGNORECASE)
_ATTRIBUTES = re.compile(r"(?:Attribute VB_.*\r\n)*")


def _text(module: Module) -> str:
    """A module's text as it is stored: its attributes, MS-VBAL 4.2, and then its code.

    Raises
    ------
    ValueError
        If the source of a standard module calls it otherwise, or is that of a class.
    """
    source = re.sub(r"\r\n|\r|\n", NEW_LINE, module.source)
    if source and not source.endswith(NEW_LINE):
        source += NEW_LINE
    if module.kind is ModuleKind.STANDARD:
        return _standard_text(module.name, source)
    header = _CLASS_HEADER.match(source)
    code = source[header.end() :] if header else source
    return _document_attributes(module) + _ATTRIBUTES.sub("", code, count=1)


def _standard_text(name: str, source: str) -> str:
    if _CLASS_HEADER.match(source):
        raise ValueError(f"{name} is to be a standard module, but its source is that of a class")
    own = _VB_NAME.match(source)
    if own is None:
        return f'Attribute VB_Name = "{name}"{NEW_LINE}{source}'
    if own[1] != name:
        raise ValueError(f"the source of the module {name} calls it {own[1]}")
    return source


def _document_attributes(module: Module) -> str:
    """The attributes of a document module, as in the example MS-OVBA 3.1.3."""
    values = {
        "Name": f'"{module.name}"',
        "Base": f'"{_BASES[module.kind]}"',
        "GlobalNameSpace": False,
        "Creatable": False,
        "PredeclaredId": True,
        "Exposed": True,
        "TemplateDerived": False,
        "Customizable": True,
    }
    return "".join(f"Attribute VB_{key} = {value}{NEW_LINE}" for key, value in values.items())


def module_stream(module: Module) -> bytes:
    """A module stream, 2.3.4.3: no performance cache, only the source.

    Raises
    ------
    ValueError
        If the source is not of this code page, or has a chunk in which next to nothing repeats.
        That would be stored raw: zeros could follow the source, and Excel is said to drop modules
        with raw chunks.
    """
    text = _text(module)
    try:
        source = text.encode(ENCODING)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise ValueError(
            f"{module.name}, line {line} with its attributes: {text[error.start]!r} is not in code "
            f"page {CODE_PAGE}"
        ) from error
    chunks = list(compressed_chunks(source))
    if any(is_raw(chunk) for chunk in chunks):
        raise ValueError(f"the source of the module {module.name} is too random to be compressed")
    return CONTAINER_SIGNATURE + b"".join(chunks)
