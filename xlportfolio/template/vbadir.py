"""The stream that says what is in a VBA project, as records: MS-OVBA 2.3.4.2, dir Stream."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum

from xlportfolio.template.vbamodule import CODE_PAGE, ENCODING, Module, ModuleKind

_SYSKIND_WIN64 = 3
_LCID = 0x0409  # 2.3.4.2.1.3 and .4 want this one
_VERSION = (0x5F000000, 1)  # any will do
_COOKIE = 0xFFFF  # 2.3.4.2.3.1 and 2.3.4.2.3.2.7 want this one

#: What Excel 2016 and later refer to in a new project, name and LibidReference (2.1.1.8).
REFERENCES = (
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
    in_code_page = _record(identifier, text.encode(ENCODING))
    return in_code_page + _record(unicode_identifier, text.encode("utf-16-le"))


def dir_stream(modules: Sequence[Module], name: str) -> bytes:
    """2.3.4.2 dir Stream, before compression."""
    references = b"".join(_reference(*reference) for reference in REFERENCES)
    return _information(name) + references + _modules(modules) + _record(_Id.TERMINATOR)


def _information(name: str) -> bytes:
    """2.3.4.2.1 PROJECTINFORMATION Record, without the optional PROJECTCOMPATVERSION."""
    return b"".join(
        (
            _number(_Id.PROJECT_SYSKIND, _SYSKIND_WIN64),
            _number(_Id.PROJECT_LCID, _LCID),
            _number(_Id.PROJECT_LCID_INVOKE, _LCID),
            _short(_Id.PROJECT_CODE_PAGE, CODE_PAGE),
            _record(_Id.PROJECT_NAME, name.encode(ENCODING)),
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
    encoded = libid.encode(ENCODING)
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
