"""A VBA project (MS-OVBA), written from the text of its modules: Excel's vbaProject.bin.

Only the source is written, which Excel compiles when it opens the workbook. The performance cache,
compiled code of one version of VBA, must not be written (MS-OVBA 2.3.4.1).
"""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from types import MappingProxyType

from xlportfolio.template.compoundfile import compound_file
from xlportfolio.template.compression import (
    CONTAINER_SIGNATURE,
    compress,
    compressed_chunks,
    is_raw,
)

_CODE_PAGE = 1252
_ENCODING = "cp1252"
_NEW_LINE = "\r\n"


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


def vba_project(modules: Sequence[Module], name: str = "VBAProject") -> bytes:
    """A VBA project storage, MS-OVBA 2.2.1, as a file of its own: vbaProject.bin.

    Parameters
    ----------
    modules
        In the order in which the project lists them; one of them is the workbook's.
    name
        Of the project.

    Returns
    -------
    bytes
        The file; the same for the same arguments.

    Raises
    ------
    ValueError
        If a name is none that VBA takes or is there already, if there is not exactly one module of
        the workbook, if a source has characters that code page 1252 lacks or cannot be stored, or
        if all is too much for a compound file without DIFAT sectors.

    Examples
    --------
    >>> modules = [Module("ThisWorkbook", ModuleKind.WORKBOOK)]
    >>> len(vba_project(modules))
    4096
    """
    _check_names(modules, name)
    _check_workbook(modules)
    streams = {module.name: _module_stream(module) for module in modules}
    return compound_file(
        {
            "VBA": {
                "_VBA_PROJECT": _VERSION_DEPENDENT,
                "dir": compress(_dir(modules, name)),
                **streams,
            },
            "PROJECT": _project(modules, name).encode(_ENCODING),
            "PROJECTwm": _project_wm(modules),
        }
    )


# --- names -------------------------------------------------------------------------------------

# MS-VBAL 3.3.5; a name is also that of a stream, which has at most 31 characters (MS-CFB 2.6.1)
_MODULE_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,30}")
_PROJECT_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,127}")  # 2.3.4.2.1.6

#: In the VBA storage the stream of this name is another one.
_DIR = "dir"


def _check_names(modules: Sequence[Module], project: str) -> None:
    """Refuse names that VBA does not take, and names that are there already.

    Raises
    ------
    ValueError
        If there is such a name.
    """
    if not _PROJECT_NAME.fullmatch(project):
        raise ValueError(f"no name for a VBA project: {project!r}")
    libraries = [library for library, _ in _REFERENCES]
    taken = {other.lower() for other in (project, _DIR, "VBA", "Excel", *libraries)}
    for module in modules:
        if not _MODULE_NAME.fullmatch(module.name):
            raise ValueError(
                f"no name for a VBA module: {module.name!r} (letters, digits and underscores, a "
                "letter first, at most 31 characters)"
            )
        if module.name.lower() in taken:
            raise ValueError(f"the VBA project has another thing of the name {module.name!r}")
        taken.add(module.name.lower())


def _check_workbook(modules: Sequence[Module]) -> None:
    """Refuse a project without its workbook.

    Raises
    ------
    ValueError
        If there is not exactly one module of the workbook.
    """
    count = sum(module.kind is ModuleKind.WORKBOOK for module in modules)
    if count != 1:
        raise ValueError(f"a VBA project has one module of the workbook, not {count}")


# --- the text of a module ----------------------------------------------------------------------

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
    source = re.sub(r"\r\n|\r|\n", _NEW_LINE, module.source)
    if source and not source.endswith(_NEW_LINE):
        source += _NEW_LINE
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
        return f'Attribute VB_Name = "{name}"{_NEW_LINE}{source}'
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
    return "".join(f"Attribute VB_{key} = {value}{_NEW_LINE}" for key, value in values.items())


def _module_stream(module: Module) -> bytes:
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
        source = text.encode(_ENCODING)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        raise ValueError(
            f"{module.name}, line {line} with its attributes: {text[error.start]!r} is not in code "
            f"page {_CODE_PAGE}"
        ) from error
    chunks = list(compressed_chunks(source))
    if any(is_raw(chunk) for chunk in chunks):
        raise ValueError(f"the source of the module {module.name} is too random to be compressed")
    return CONTAINER_SIGNATURE + b"".join(chunks)


# --- the dir stream, 2.3.4.2 -------------------------------------------------------------------

#: 2.3.4.1 _VBA_PROJECT Stream: the reserved words, no version, and no performance cache.
_VERSION_DEPENDENT = bytes.fromhex("CC61 FFFF 00 0000")

_SYSKIND_WIN64 = 3
_LCID = 0x0409  # 2.3.4.2.1.3 and .4 want this one
_VERSION = (0x5F000000, 1)  # any will do
_COOKIE = 0xFFFF  # 2.3.4.2.3.1 and 2.3.4.2.3.2.7 want this one

#: What Excel 2016 and later refer to in a new project, name and LibidReference (2.1.1.8).
_REFERENCES = (
    (
        "stdole",
        (
            r"*\G{00020430-0000-0000-C000-000000000046}#2.0#0"
            r"#C:\Windows\System32\stdole2.tlb#OLE Automation"
        ),
    ),
    (
        "Office",
        (
            r"*\G{2DF8D04C-5BFA-101B-BDE5-00AA0044DE52}#2.0#0"
            r"#C:\Program Files\Common Files\Microsoft Shared\OFFICE16\MSO.DLL"
            "#Microsoft Office 16.0 Object Library"
        ),
    ),
)


class _Id(IntEnum):
    """The identifiers of records; two of them where a text stands in two encodings."""

    PROJECT_SYSKIND = 0x01
    PROJECT_LCID = 0x02
    PROJECT_CODE_PAGE = 0x03
    PROJECT_NAME = 0x04
    PROJECT_DOC_STRING = 0x05
    PROJECT_DOC_STRING_UNICODE = 0x40
    PROJECT_HELP_FILE = 0x06
    PROJECT_HELP_FILE_2 = 0x3D
    PROJECT_HELP_CONTEXT = 0x07
    PROJECT_LIB_FLAGS = 0x08
    PROJECT_VERSION = 0x09
    PROJECT_CONSTANTS = 0x0C
    PROJECT_CONSTANTS_UNICODE = 0x3C
    REFERENCE_REGISTERED = 0x0D
    PROJECT_MODULES = 0x0F
    TERMINATOR = 0x10
    PROJECT_COOKIE = 0x13
    PROJECT_LCID_INVOKE = 0x14
    REFERENCE_NAME = 0x16
    REFERENCE_NAME_UNICODE = 0x3E
    MODULE_NAME = 0x19
    MODULE_NAME_UNICODE = 0x47
    MODULE_STREAM_NAME = 0x1A
    MODULE_STREAM_NAME_UNICODE = 0x32
    MODULE_DOC_STRING = 0x1C
    MODULE_DOC_STRING_UNICODE = 0x48
    MODULE_HELP_CONTEXT = 0x1E
    MODULE_PROCEDURAL = 0x21
    MODULE_DOCUMENT = 0x22
    MODULE_TERMINATOR = 0x2B
    MODULE_COOKIE = 0x2C
    MODULE_OFFSET = 0x31


def _record(identifier: _Id, content: bytes = b"") -> bytes:
    """A record: identifier, size of the content, content."""
    return struct.pack("<HI", identifier, len(content)) + content


def _number(identifier: _Id, value: int) -> bytes:
    """A record of a number of four bytes."""
    return _record(identifier, struct.pack("<I", value))


def _short(identifier: _Id, value: int) -> bytes:
    """A record of a number of two bytes."""
    return _record(identifier, struct.pack("<H", value))


def _twice(identifier: _Id, unicode_identifier: _Id, text: str = "") -> bytes:
    """A text in the code page, and again in UTF-16."""
    in_code_page = _record(identifier, text.encode(_ENCODING))
    return in_code_page + _record(unicode_identifier, text.encode("utf-16-le"))


def _dir(modules: Sequence[Module], name: str) -> bytes:
    """2.3.4.2 dir Stream, before compression."""
    references = b"".join(_reference(*reference) for reference in _REFERENCES)
    return _information(name) + references + _modules(modules) + _record(_Id.TERMINATOR)


def _information(name: str) -> bytes:
    """2.3.4.2.1 PROJECTINFORMATION Record, without the optional PROJECTCOMPATVERSION."""
    return b"".join(
        (
            _number(_Id.PROJECT_SYSKIND, _SYSKIND_WIN64),
            _number(_Id.PROJECT_LCID, _LCID),
            _number(_Id.PROJECT_LCID_INVOKE, _LCID),
            _short(_Id.PROJECT_CODE_PAGE, _CODE_PAGE),
            _record(_Id.PROJECT_NAME, name.encode(_ENCODING)),
            _twice(_Id.PROJECT_DOC_STRING, _Id.PROJECT_DOC_STRING_UNICODE),
            _record(_Id.PROJECT_HELP_FILE),
            _record(_Id.PROJECT_HELP_FILE_2),
            _number(_Id.PROJECT_HELP_CONTEXT, 0),
            _number(_Id.PROJECT_LIB_FLAGS, 0),
            _version(),
            _twice(_Id.PROJECT_CONSTANTS, _Id.PROJECT_CONSTANTS_UNICODE),
        )
    )


def _version() -> bytes:
    """2.3.4.2.1.11 PROJECTVERSION Record: its size says 4, though it has 6 bytes of content."""
    major, minor = _VERSION
    return _number(_Id.PROJECT_VERSION, major) + struct.pack("<H", minor)


def _reference(name: str, libid: str) -> bytes:
    """2.3.4.2.2.1 REFERENCE Record: 2.3.4.2.2.2 its name, 2.3.4.2.2.5 REFERENCEREGISTERED."""
    encoded = libid.encode(_ENCODING)
    reserved = bytes(6)
    registered = struct.pack("<I", len(encoded)) + encoded + reserved
    name_records = _twice(_Id.REFERENCE_NAME, _Id.REFERENCE_NAME_UNICODE, name)
    return name_records + _record(_Id.REFERENCE_REGISTERED, registered)


def _modules(modules: Sequence[Module]) -> bytes:
    """2.3.4.2.3 PROJECTMODULES Record."""
    head = _short(_Id.PROJECT_MODULES, len(modules)) + _short(_Id.PROJECT_COOKIE, _COOKIE)
    return head + b"".join(_module(module) for module in modules)


def _module(module: Module) -> bytes:
    """2.3.4.2.3.2 MODULE Record."""
    standard = module.kind is ModuleKind.STANDARD
    return b"".join(
        (
            _twice(_Id.MODULE_NAME, _Id.MODULE_NAME_UNICODE, module.name),
            _twice(_Id.MODULE_STREAM_NAME, _Id.MODULE_STREAM_NAME_UNICODE, module.name),
            _twice(_Id.MODULE_DOC_STRING, _Id.MODULE_DOC_STRING_UNICODE),
            _number(_Id.MODULE_OFFSET, 0),
            _number(_Id.MODULE_HELP_CONTEXT, 0),
            _short(_Id.MODULE_COOKIE, _COOKIE),
            _record(_Id.MODULE_PROCEDURAL if standard else _Id.MODULE_DOCUMENT),
            _record(_Id.MODULE_TERMINATOR),
        )
    )


# --- the PROJECT and PROJECTwm streams, 2.3.1 and 2.3.3 ----------------------------------------

# What the project protects, 2.3.1.15: nothing; its password, 2.3.1.16: none; whether the editor
# shows it, 2.3.1.17: yes. Each with a seed, which may be any byte.
_PROTECTION = (bytes(4), 0x11)
_PASSWORD = (b"\x00", 0x22)
_VISIBILITY = (b"\xff", 0x33)


def _project(modules: Sequence[Module], name: str) -> str:
    """2.3.1 PROJECT Stream: the properties, what extends the host, the windows of the editor."""
    identifier = f"{{{uuid.uuid5(uuid.NAMESPACE_OID, name)}}}".upper()
    lines = [
        f'ID="{identifier}"',
        *[_project_item(module) for module in modules],
        f'Name="{name}"',
        'HelpContextID="0"',
        'VersionCompatible32="393222000"',
        f'CMG="{_encrypt(*_PROTECTION, identifier)}"',
        f'DPB="{_encrypt(*_PASSWORD, identifier)}"',
        f'GC="{_encrypt(*_VISIBILITY, identifier)}"',
        "",
        "[Host Extender Info]",  # 2.3.1.18
        "&H00000001={3832D640-CF90-11CF-8E43-00A0C911005A};VBE;&H00000000",
        "",
        "[Workspace]",  # 2.3.1.19: all windows are closed
        *[f"{module.name}=0, 0, 0, 0, C" for module in modules],
    ]
    return "".join(line + _NEW_LINE for line in lines)


def _project_item(module: Module) -> str:
    """2.3.1.3 ProjectModule."""
    if module.kind is ModuleKind.STANDARD:
        return f"Module={module.name}"
    return f"Document={module.name}/&H00000000"


def _encrypt(data: bytes, seed: int, project_identifier: str) -> str:
    """2.4.3.2 Encryption, which hides but does not protect; in hexadecimal digits."""
    version = 2
    key = sum(project_identifier.encode("ascii")) & 0xFF
    ignored = bytes((seed & 0b110) // 2)
    encrypted = [seed, seed ^ version, seed ^ key]
    previous = key
    for byte in ignored + struct.pack("<I", len(data)) + data:
        encrypted.append(byte ^ ((encrypted[-2] + previous) & 0xFF))
        previous = byte
    return bytes(encrypted).hex().upper()


def _project_wm(modules: Sequence[Module]) -> bytes:
    """2.3.3 PROJECTwm Stream: the names of the modules in both encodings (2.3.3.1 NAMEMAP)."""
    names = (
        f"{module.name}\0".encode(_ENCODING) + f"{module.name}\0".encode("utf-16-le")
        for module in modules
    )
    terminator = b"\0\0"
    return b"".join(names) + terminator
