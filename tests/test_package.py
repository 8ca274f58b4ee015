"""Packages as other programs write them, and files that are none: handled, or refused in words."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest
from support.books import write_book
from support.packages import MAY_CHANGE, changed_parts, faults_of, parts_of

from xlportfolio import WorkbookError, rescore
from xlportfolio.files.package import Package, Relationship, parse_xml
from xlportfolio.files.rows import escape_text


def rewrite(path: Path, parts: dict[str, bytes], **options: int) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **options) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return path


def streamed(path: Path, parts: dict[str, bytes]) -> Path:
    """A zip written to a stream: sizes stand in data descriptors behind the data."""

    class Pipe(io.RawIOBase):
        def __init__(self) -> None:
            self.data = bytearray()

        def writable(self) -> bool:
            return True

        def write(self, data: bytes) -> int:  # type: ignore[override]
            self.data += data
            return len(data)

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    path.write_bytes(pipe.data)
    with zipfile.ZipFile(path) as package:
        assert all(info.flag_bits & 0x08 for info in package.infolist())
    return path


def prefixed(data: bytes) -> bytes:
    """The same XML with a prefix on every name of the main namespace."""
    text = data.decode()
    namespace = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    text = re.sub(r"<(/?)(?![?!/])(?!\w+:)", r"<\1x:", text)
    return text.replace(f'xmlns="{namespace}"', f'xmlns:x="{namespace}"').encode()


def assert_rescored(path: Path) -> None:
    before = parts_of(path)
    rescore(path)
    after = parts_of(path)
    assert changed_parts(before, after) <= MAY_CHANGE
    assert set(faults_of(after)) <= set(faults_of(before))
    rescore(path)
    again = parts_of(path)
    assert again["xl/styles.xml"] == after["xl/styles.xml"]
    assert changed_parts(after, again) <= {"[Content_Types].xml"}


def test_data_descriptors(book: Path) -> None:
    assert_rescored(streamed(book, parts_of(book)))


def test_stored_parts_and_folders_of_their_own(book: Path) -> None:
    parts = {"xl/": b"", **parts_of(book)}
    with zipfile.ZipFile(book, "w", zipfile.ZIP_STORED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    assert_rescored(book)


def test_prefixed_names(book: Path) -> None:
    parts = parts_of(book)
    for name in ("xl/workbook.xml", "xl/styles.xml", "xl/worksheets/sheet2.xml"):
        parts[name] = prefixed(parts[name])
    assert b"<x:cellXfs" in parts["xl/styles.xml"]
    assert_rescored(rewrite(book, parts))


def test_relative_and_absolute_targets_and_other_spellings(book: Path) -> None:
    parts = parts_of(book)
    rels = parts["xl/_rels/workbook.xml.rels"]
    assert b'Target="/xl/worksheets/sheet1.xml"' in rels
    rels = rels.replace(b"/xl/worksheets/sheet1.xml", b"worksheets/../worksheets/sheet1.xml")
    rels = rels.replace(b"/xl/worksheets/sheet3.xml", b"/xl/Worksheets/Sheet3.XML")
    parts["xl/_rels/workbook.xml.rels"] = rels
    path = rewrite(book, parts)
    rescore(path)
    assert changed_parts(parts, parts_of(path)) <= MAY_CHANGE


def test_relationship_parts_that_are_overridden_one_by_one(book: Path) -> None:
    parts = parts_of(book)
    types = parts["[Content_Types].xml"].decode()
    kind = "application/vnd.openxmlformats-package.relationships+xml"
    types = re.sub(r'<Default Extension="rels"[^>]*/>', "", types)
    overrides = "".join(
        f'<Override PartName="/{name}" ContentType="{kind}"/>'
        for name in parts
        if name.endswith(".rels")
    )
    parts["[Content_Types].xml"] = types.replace("</Types>", f"{overrides}</Types>").encode()
    assert_rescored(rewrite(book, parts))


def test_a_workbook_without_styles_gets_ours(book: Path) -> None:
    parts = parts_of(book)
    del parts["xl/styles.xml"]
    for name, pattern in (
        ("xl/_rels/workbook.xml.rels", rb"<Relationship [^>]*styles[^>]*/>"),
        ("[Content_Types].xml", rb"<Override [^>]*styles[^>]*/>"),
    ):
        parts[name] = re.sub(pattern, b"", parts[name])
    parts["xl/worksheets/sheet1.xml"] = re.sub(rb' s="\d+"', b"", parts["xl/worksheets/sheet1.xml"])
    assert_rescored(rewrite(book, parts))


def test_text_that_xml_cannot_hold_comes_through(tmp_path: Path) -> None:
    odd = "A & <B> _x000D_ „Ü“ \U0001f600 =1+1"
    customers = [(1, odd, "Customer", 1, 1, "high", 1)]
    path = write_book(tmp_path / "book.xlsx", customers=customers)
    done = rescore(path)
    assert done.analysis.customers["customer"].iloc[0] == odd.replace("_x000D_", "\r")
    from python_calamine import CalamineWorkbook  # noqa: PLC0415

    rows = CalamineWorkbook.from_path(str(path)).get_sheet_by_name("Ranking").to_python()
    assert rows[5][2] == odd.replace("_x000D_", "\r")
    assert done.analysis.customers["customer"].iloc[0].startswith("A & <B>")


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("R&D <x>", "R&amp;D &lt;x&gt;"),
        ("a\x01b", "a_x0001_b"),
        ("a\rb", "a_x000D_b"),
        ("a\nb\tc", "a\nb\tc"),
        ("_x000D_", "_x005F_x000D_"),
        ("_x000d", "_x000d"),
        ("\ud800", "_xD800_"),
        ("x" * 40_000, "x" * 32_767),
    ],
)
def test_text_is_escaped_as_office_does(text: str, escaped: str) -> None:
    assert escape_text(text) == escaped


@pytest.mark.parametrize(
    ("target", "part"),
    [
        ("worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("/xl/worksheets/sheet1.xml", "xl/worksheets/sheet1.xml"),
        ("../docProps/app.xml", "docProps/app.xml"),
    ],
)
def test_targets_are_resolved_against_their_source(target: str, part: str) -> None:
    element = parse_xml(f'<Relationship Id="a" Type="t/x" Target="{target}"/>'.encode())
    assert Relationship("xl/workbook.xml", element).target == part


# --- what is refused ------------------------------------------------------------------------------


def refused(path: Path) -> str:
    before = path.read_bytes() if path.is_file() else None
    with pytest.raises(WorkbookError) as error:
        rescore(path)
    assert (path.read_bytes() if path.is_file() else None) == before
    return str(error.value).removeprefix(str(path)).removeprefix(": ").strip()


def test_no_such_file(tmp_path: Path) -> None:
    message = "there is no such file; check the name and the folder."
    assert refused(tmp_path / "nothing.xlsx") == message


def test_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "book.xlsx"
    folder.mkdir()
    assert refused(folder) == "is a folder; name the workbook in it."


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty, so it is not a workbook; copy it again from where it came."),
        (
            b"Customer;Turnover\r\nAlpha;1\r\n",
            "is not an Excel workbook (.xlsx or .xlsm); open it in Excel and save it as one.",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600,
            "is in an old or binary Excel format; open it in Excel and save it as .xlsx or .xlsm.",
        ),
        (
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            + b"\0" * 600
            + "EncryptedPackage".encode("utf-16-le"),
            "is protected by a password; open it in Excel, remove the password under File > Info, "
            "and save it.",
        ),
        (
            b"PK\x03\x04 not a zip after all",
            "is damaged: it is cut short, or no complete package; open it in Excel, let Excel "
            "repair it, and save it.",
        ),
    ],
)
def test_files_that_are_no_workbooks(content: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    assert refused(path) == message


def test_a_workbook_cut_short(book: Path) -> None:
    book.write_bytes(book.read_bytes()[:-2_000])
    assert refused(book).startswith("is damaged: it is cut short, or no complete package;")


def test_a_part_that_cannot_be_unpacked(book: Path) -> None:
    with zipfile.ZipFile(book) as package:
        offset = package.getinfo("xl/worksheets/sheet2.xml").header_offset
    data = bytearray(book.read_bytes())
    data[offset + 80 : offset + 100] = b"\xff" * 20
    book.write_bytes(data)
    assert refused(book).startswith("is damaged: ")


def test_another_kind_of_office_file(book: Path) -> None:
    parts = parts_of(book)
    document = (
        b'<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'
    )
    rewrite(book, parts | {"xl/workbook.xml": document})
    assert refused(book).startswith("is not an Excel workbook")


def test_strict_open_xml(book: Path) -> None:
    parts = parts_of(book)
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        b"http://purl.oclc.org/ooxml/spreadsheetml/main",
    )
    message = refused(rewrite(book, parts))
    assert message.startswith("is saved as “Strict Open XML”, which cannot be written without loss")


@pytest.mark.parametrize(
    ("part", "content", "detail"),
    [
        ("xl/workbook.xml", b"<workbook", "the part xl/workbook.xml is not valid XML"),
        ("[Content_Types].xml", b"", "the part [Content_Types].xml is not valid XML"),
    ],
)
def test_parts_that_are_not_xml(part: str, content: bytes, detail: str, book: Path) -> None:
    rewrite(book, parts_of(book) | {part: content})
    assert refused(book).startswith(f"is damaged: {detail}; open it in Excel")


@pytest.mark.parametrize("name", ["../evil.xml", "/etc/passwd", "C:\\evil.xml", "xl\\..\\evil"])
def test_parts_whose_names_lead_out_of_the_file(name: str, book: Path) -> None:
    rewrite(book, parts_of(book) | {name: b"x"})
    assert refused(book).startswith("was refused: it holds a part with the name")


def test_two_parts_of_one_name(book: Path) -> None:
    with zipfile.ZipFile(book, "a") as package, pytest.warns(UserWarning, match="Duplicate name"):
        package.writestr("xl/workbook.xml", b"<x/>")
    assert refused(book).startswith("is damaged: it holds two parts of the name xl/workbook.xml;")


def test_a_missing_sheet(book: Path) -> None:
    parts = parts_of(book)
    del parts["xl/worksheets/sheet2.xml"]
    assert refused(rewrite(book, parts)).startswith(
        "is damaged: the sheet Customers has no contents;"
    )


def test_untouched_parts_are_copied_as_compressed_bytes(book: Path, tmp_path: Path) -> None:
    """Level 9 of one zip library is not what this one would make: the bytes show who packed."""
    rewrite(book, parts_of(book), compresslevel=9)
    out = tmp_path / "out.xlsx"
    rescore(book, out)

    def packed(path: Path, name: str) -> bytes:
        with zipfile.ZipFile(path) as package:
            info = package.getinfo(name)
        data = path.read_bytes()
        start = info.header_offset + 30 + len(name)
        return data[start : start + info.compress_size]

    name = "xl/worksheets/sheet2.xml"
    assert packed(out, name) == packed(book, name)


def test_a_package_lists_its_parts_and_gives_free_names(book: Path) -> None:
    package = Package(book)
    assert package.free_name("xl/worksheets/sheet1.xml") == "xl/worksheets/sheet4.xml"
    assert package.content_type("xl/styles.xml").endswith("styles+xml")  # type: ignore[union-attr]
    package.close()
