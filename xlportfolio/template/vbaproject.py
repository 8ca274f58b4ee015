"""A VBA project (MS-OVBA), written from the text of its modules: Excel's vbaProject.bin.

Only the source is written, which Excel compiles when it opens the workbook. The performance cache,
compiled code of one version of VBA, must not be written (MS-OVBA 2.3.4.1).
"""

from __future__ import annotations

import re
import struct
import uuid
from collections.abc import Sequence

from xlportfolio.template.compoundfile import compound_file
from xlportfolio.template.compression import compress
from xlportfolio.template.vbadir import REFERENCES, dir_stream
from xlportfolio.template.vbamodule import ENCODING, NEW_LINE, Module, ModuleKind, module_stream

#: 2.3.4.1 _VBA_PROJECT Stream: the reserved words, no version, and no performance cache.
_VERSION_DEPENDENT = bytes.fromhex("CC61 FFFF 00 0000")


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
    streams = {module.name: module_stream(module) for module in modules}
    return compound_file(
        {
            "VBA": {
                "_VBA_PROJECT": _VERSION_DEPENDENT,
                "dir": compress(dir_stream(modules, name)),
                **streams,
            },
            "PROJECT": _project(modules, name).encode(ENCODING),
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
    libraries = [library for library, _ in REFERENCES]
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
    return "".join(line + NEW_LINE for line in lines)


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
        f"{module.name}\0".encode(ENCODING) + f"{module.name}\0".encode("utf-16-le")
        for module in modules
    )
    terminator = b"\0\0"
    return b"".join(names) + terminator
