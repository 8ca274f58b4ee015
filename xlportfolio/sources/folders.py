"""Which files a source means, and of what kind they are: their first bytes say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path
from typing import Any

from xlportfolio.errors import WorkbookError
from xlportfolio.sources.reading import Kind

_SUFFIXES = {
    ".csv": Kind.TEXT,
    ".txt": Kind.TEXT,
    ".tsv": Kind.TEXT,
    ".parquet": Kind.PARQUET,
    ".pq": Kind.PARQUET,
}


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a source, all of one kind."""

    source: str
    paths: Sequence[Path]
    kind: Kind


def files_of(source: str) -> Files:
    """The files that a path, a folder or a pattern means, in the order of their names.

    Of a folder, all text files or all Parquet files in it and below, but those whose name or
    folder begins with a dot or an underscore.

    Raises
    ------
    WorkbookError
        If there is none, one cannot be read, or they are of several kinds.
    """
    path = Path(source)
    try:
        if path.is_dir():
            found = [
                file
                for file in sorted(path.rglob("*"))
                if file.suffix.lower() in _SUFFIXES
                and not any(p.startswith((".", "_")) for p in file.relative_to(path).parts)
                and file.is_file()
            ]
            if not found:
                raise WorkbookError("folder_without_files", path=source)
        elif not path.exists() and any(sign in source for sign in "*?["):
            found = [Path(name) for name in sorted(glob(source))]  # noqa: PTH207 (a whole pattern)
        else:
            found = [path]
        if not found or not found[0].exists():
            raise WorkbookError("no_such_source", path=source)
        kinds = {kind_of(file) for file in found}
    except OSError as error:
        raise not_read(path, error) from error
    if len(kinds) > 1 or (len(found) > 1 and Kind.WORKBOOK in kinds):
        raise WorkbookError("folder_mixed", path=source)
    return Files(source, found, kinds.pop())


def kind_of(path: Path) -> Kind:
    """What a file is, by its first bytes.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(b"PAR1"):
        return Kind.PARQUET
    if start.startswith((b"PK", b"\xd0\xcf\x11\xe0")):
        return Kind.WORKBOOK
    return Kind.TEXT


def refuse_different(paths: Sequence[Path]) -> None:
    """Refuse Parquet files that cannot be read as one table.

    Raises
    ------
    WorkbookError
        If one cannot be read, or has other columns than the first, or other kinds of cells.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    def kinds(path: Path) -> dict[str, str]:
        try:
            schema = pq.read_schema(path)
        except (pa.ArrowException, OSError) as error:
            raise WorkbookError("source_unreadable", path=path) from error
        kind = {True: "number", False: "other"}
        return {
            field.name: "time" if pa.types.is_temporal(field.type) else kind[_is_number(field.type)]
            for field in schema
        }

    first = kinds(paths[0])
    for path in paths[1:]:
        if kinds(path) != first:
            raise WorkbookError("files_differ", path=path, other=paths[0])


def _is_number(kind: Any) -> bool:  # noqa: ANN401 (pyarrow has no types)
    from pyarrow import types

    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind))


def not_read(path: Path, error: OSError) -> WorkbookError:
    """What to say of a file that the system does not let us read."""
    if isinstance(error, PermissionError):
        return WorkbookError("no_permission", path=path)
    return WorkbookError("read_failed", path=path, detail=error.strerror or str(error))
