"""Nothing in a workbook is run, no link in it followed, nothing sent anywhere."""

from __future__ import annotations

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.books import write_book
from support.packages import parts_of, with_shared_strings
from test_northwind import add_input

from xlportfolio import WorkbookError, rescore

PROGRAM = Path(__file__).parent / "support" / "watched.py"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@contextmanager
def listening() -> Iterator[tuple[int, list[str]]]:
    """A server on this computer; its port, and who called."""
    calls: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            while True:
                try:
                    connection, address = server.accept()
                except OSError:
                    return
                calls.append(str(address))
                connection.close()

        threading.Thread(target=answer, daemon=True).start()
        yield server.getsockname()[1], calls
        server.shutdown(socket.SHUT_RDWR)


def watched(folder: Path, *books: Path) -> dict[str, list[str]]:
    """What Python does while it rescores: connections, programs, files outside of the folder."""
    done = subprocess.run(
        [sys.executable, PROGRAM, folder, *books],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    assert done.returncode == 0, done.stderr
    told: dict[str, list[str]] = json.loads(done.stdout.splitlines()[-1])
    return told


def add_parts(path: Path, added: dict[str, bytes], changed: dict[str, tuple[bytes, bytes]]) -> Path:
    parts = parts_of(path)
    for name, (old, new) in changed.items():
        assert old in parts[name], (name, old)
        parts[name] = parts[name].replace(old, new, 1)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in (parts | added).items():
            package.writestr(name, data)
    return path


def full_of_links(path: Path, port: int) -> Path:
    """Links to a server on this computer and to files on it, of every kind that Excel knows."""
    url = f"http://127.0.0.1:{port}/x".encode()
    write_book(path)
    own = "xl/worksheets/sheet1.xml"

    def relation(number: int, kind: str, target: bytes) -> bytes:
        return b'<Relationship Id="e%d" Type="%s/%s" Target="%s" TargetMode="External"/>' % (
            number,
            OFFICE.encode(),
            kind.encode(),
            target,
        )

    kinds = ("hyperlink", "image", "oleObject", "externalLinkPath", "attachedTemplate", "frame")
    external = b"".join(relation(k, kind, url) for k, kind in enumerate(kinds))
    external += relation(90, "image", b"file:///etc/passwd")
    relations = b'<Relationships xmlns="%s">%s</Relationships>'
    book = (
        b'<externalLink xmlns="%s"><externalBook xmlns:r="%s" r:id="e0"><sheetNames>'
        b'<sheetName val="S"/></sheetNames></externalBook></externalLink>'
    ) % (MAIN.encode(), OFFICE.encode())
    dde = (
        b'<externalLink xmlns="%s"><ddeLink ddeService="cmd" ddeTopic="/C touch %s">'
        b'<ddeItems><ddeItem name="x" advise="1"/></ddeItems></ddeLink></externalLink>'
    ) % (MAIN.encode(), str(path.parent / "touched").encode())
    connections = (
        b'<connections xmlns="%s"><connection id="1" name="web" type="4" refreshedVersion="6" '
        b'refreshOnLoad="1"><webPr url="%s"/></connection></connections>'
    ) % (MAIN.encode(), url)
    kept = b"".join(
        b'<Relationship Id="x%d" Type="%s/%s" Target="/xl/%s"/>'
        % (k, OFFICE.encode(), kind.encode(), target.encode())
        for k, (kind, target) in enumerate(
            (
                ("externalLink", "externalLinks/externalLink1.xml"),
                ("externalLink", "externalLinks/externalLink2.xml"),
                ("connections", "connections.xml"),
            )
        )
    )
    formulas = b'<row r="9"><c r="A9"><f>WEBSERVICE("%s")</f></c><c r="B9"><f>[1]S!A1</f></c></row>'
    return add_parts(
        path,
        {
            "xl/externalLinks/externalLink1.xml": book,
            "xl/externalLinks/_rels/externalLink1.xml.rels": relations
            % (RELATIONSHIPS.encode(), relation(0, "externalLinkPath", url)),
            "xl/externalLinks/externalLink2.xml": dde,
            "xl/connections.xml": connections,
            "xl/worksheets/_rels/sheet1.xml.rels": relations % (RELATIONSHIPS.encode(), external),
        },
        {
            own: (b"</sheetData>", formulas % url + b"</sheetData>"),
            "xl/_rels/workbook.xml.rels": (b"</Relationships>", kept + b"</Relationships>"),
        },
    )


def test_no_link_is_followed(tmp_path: Path) -> None:
    with listening() as (port, calls):
        path = full_of_links(tmp_path / "book.xlsx", port)
        before = parts_of(path)
        told = watched(tmp_path, path)
        assert calls == []
        with socket.create_connection(("127.0.0.1", port)):  # the server would have noticed
            pass
    assert told == {"scored": [str(path)], "refused": [], "seen": []}
    assert not (tmp_path / "touched").exists()
    after = parts_of(path)
    for name in before:
        if name.startswith(("xl/externalLinks", "xl/connections", "xl/worksheets")):
            assert after[name] == before[name]


ENTITIES = {
    "external file": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
    "external address": '<!DOCTYPE x [<!ENTITY e SYSTEM "http://127.0.0.1:{port}/e">]>',
    "external subset": '<!DOCTYPE x SYSTEM "http://127.0.0.1:{port}/x.dtd">',
    "parameter": '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:{port}/p">%p;]>',
    "laughs": '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY e "&b;&b;">]>',
    "behind a comment": "<!-- x --><?y z?><!DOCTYPE x>",
}
PARTS = (
    "[Content_Types].xml",
    "_rels/.rels",
    "xl/workbook.xml",
    "xl/_rels/workbook.xml.rels",
    "xl/styles.xml",
    "xl/sharedStrings.xml",
    "xl/worksheets/sheet2.xml",
    "xl/tables/table1.xml",
)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
@pytest.mark.parametrize("part", PARTS)
def test_a_document_type_is_refused_in_every_part_that_is_read(
    part: str, encoding: str, book: Path
) -> None:
    with listening() as (port, calls):
        for declared in ENTITIES.values():
            write_book(book)
            strings = {"xl/sharedStrings.xml": b'<sst xmlns="%s"/>' % MAIN.encode()}
            parts = with_shared_strings(parts_of(book)) | strings
            data = parts[part].decode()
            data = re.sub(r"^<\?xml.*?\?>\s*", "", data)
            mark = "\ufeff" if encoding == "utf-16-be" else ""
            declared_here = declared.replace("{port}", str(port))
            changed = f"{mark}{declared_here}{data}".encode(encoding)
            add_parts(book, parts | {part: changed}, {})
            with pytest.raises(WorkbookError) as error:
                rescore(book)
            assert f"the part {part} has a document type (DOCTYPE)" in str(error.value)
        assert calls == []


def test_nothing_but_the_workbook_is_touched_whatever_it_holds(
    test_data: Path, tmp_path: Path
) -> None:
    """Genuine workbooks with macros, queries, embedded objects, with tables of ours beside them."""
    tables = write_book(tmp_path / "ours.xlsx").read_bytes()
    books = [tmp_path / source.name for source in (test_data / "workbooks").glob("*.xls?")]
    signed = "signed_package.xlsx"  # is refused before anything is put into it
    for path in books:
        source = test_data / "workbooks" / path.name
        shutil.copy(source, path) if path.name == signed else add_input(source, path, tables)
    told = watched(tmp_path, *books)
    assert told["seen"] == []
    assert len(books) > 15
    assert [Path(path).name for path in told["refused"]] == [signed]
    assert len(told["scored"]) == len(books) - 1


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
def test_no_connection_and_no_program_below_python_either(book: Path) -> None:
    """As the system sees it: what libraries in other languages do, included."""
    trace = book.with_name("trace")
    command = ["strace", "-f", "-qq", "-o", trace, "-e", "trace=network,execve"]
    done = subprocess.run(
        [*command, sys.executable, "-m", "xlportfolio.cli", "rescore", book],
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in done.stderr.lower():
        pytest.skip("this system does not let strace look")
    assert done.returncode == 0, done.stderr
    lines = trace.read_text().splitlines()
    assert sum("execve(" in line for line in lines) == 1  # Python itself
    assert [line for line in lines if "connect(" in line or "sendto(" in line] == []
