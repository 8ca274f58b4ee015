"""A workbook as a PDF: A4, one page wide for each sheet, with bookmarks, and nothing half-written."""

from __future__ import annotations

import re
import subprocess
import sys
import time
from pathlib import Path

import pytest
import xlsxwriter
from support.ecma import repairs_of
from support.everything import everything
from support.office import require_libreoffice
from support.packages import MAIN, parsed, parts_of, sheet_parts, write_parts

from xlportfolio import WorkbookError, rescore
from xlportfolio.errors import Problem
from xlportfolio.files import office, pdf
from xlportfolio.files.change import change
from xlportfolio.files.package import Package
from xlportfolio.files.pdf import fit_to_pages, to_pdf
from xlportfolio.files.workbook import Workbook
from xlportfolio.template.workbook import new_workbook


def fitted(book: Path, out: Path) -> list[Problem]:
    return change(book, out, fit_to_pages, suffix=out.suffix).content


def asked(program: str, *arguments: object) -> str:
    command = [program, *map(str, arguments)]
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=60).stdout


def bookmarks(path: Path) -> dict[str, int]:
    xml = asked("pdftohtml", "-xml", "-stdout", "-i", path)
    found = re.findall(r'<item page="(\d+)">(.*?)</item>', xml)
    return {name.replace("&amp;", "&"): int(page) for page, name in found}


def printed(book: Path, folder: Path, language: str | None = None) -> Path:
    require_libreoffice()
    fitted(book, folder / "fitted.xlsx")
    out = folder / "out.pdf"
    out.write_bytes(to_pdf(folder / "fitted.xlsx", out, language))
    return folder / "out.pdf"


def wide_book(path: Path) -> Path:
    """Sheets of many kinds, none of which says how it is printed."""
    book = xlsxwriter.Workbook(str(path))
    narrow, wide = book.add_worksheet("Größe & Co"), book.add_worksheet("Wide")
    hidden, upright = book.add_worksheet("Hidden"), book.add_worksheet("Upright")
    for row in range(120):
        narrow.write_row(row, 0, [row, f"n{row}"])
        wide.write_row(row, 0, [f"r{row}c{column}" for column in range(40)])
        upright.write_row(row, 0, [f"u{row}c{column}" for column in range(20)])
    hidden.write("A1", "nobody prints this")
    hidden.print_area("A1:A1")
    hidden.hide()
    upright.set_portrait()
    upright.set_v_pagebreaks([3, 6])
    upright.set_paper(1)
    charts = [book.add_chart({"type": "column"}) for _ in range(2)]
    for chart in charts:
        chart.add_series({"values": ["Größe & Co", 0, 0, 9, 0]})
    narrow.insert_chart("D2", charts[0])
    alone = book.add_chartsheet("Chart")
    alone.set_chart(charts[1])
    alone.set_paper(8)
    book.close()
    return path


# --- the setup of the pages -----------------------------------------------------------------------


def setups(path: Path) -> dict[str, dict[str, str]]:
    parts = parts_of(path)
    found = {}
    for name, part in sheet_parts(parts).items():
        root = parsed(parts[part])
        setup = root.find(f"{MAIN}pageSetup")
        found[name] = {} if setup is None else dict(setup.attrib)
        fitting = root.find(f"{MAIN}sheetPr/{MAIN}pageSetUpPr")
        found[name] |= {} if fitting is None else dict(fitting.attrib)
    return found


def test_each_visible_sheet_is_one_a4_page_wide(tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    notes = fitted(wide_book(tmp_path / "book.xlsx"), out)
    one_wide = {"paperSize": "9", "fitToWidth": "1", "fitToHeight": "0", "fitToPage": "1"}
    found = setups(out)
    assert found["Wide"] == one_wide | {"orientation": "landscape"}
    assert found["Upright"] == one_wide | {"orientation": "portrait"}
    assert one_wide.items() <= found["Größe & Co"].items()
    assert found["Chart"]["paperSize"] == "9"
    assert "fitToPage" not in found["Hidden"]
    assert b"colBreaks" not in parts_of(out)[sheet_parts(parts_of(out))["Upright"]]
    assert repairs_of(parts_of(out)) == []
    assert [(p.fault.key, p.fault.details["name"]) for p in notes] == [("pdf_tiny", "Wide")]


def test_rows_are_copied_as_they_are(tmp_path: Path) -> None:
    book = everything(tmp_path / "all.xlsx")
    fitted(book, tmp_path / "out.xlsx")
    before, after = parts_of(book), parts_of(tmp_path / "out.xlsx")
    assert repairs_of(after) == repairs_of(before)
    for name, part in sheet_parts(before).items():
        was, now = (
            re.findall(rb"<sheetData>.*</sheetData>", p[part], re.DOTALL) for p in (before, after)
        )
        assert now == was, name


def test_a_sheet_that_its_user_fits_on_one_page_stays_so(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = book.add_worksheet()
    sheet.write("A1", "x")
    sheet.fit_to_pages(1, 1)
    sheet.set_landscape()
    book.close()
    fitted(tmp_path / "book.xlsx", tmp_path / "out.xlsx")
    (found,) = setups(tmp_path / "out.xlsx").values()
    assert found.get("fitToHeight", "1") == "1"
    assert (found["orientation"], found["paperSize"]) == ("landscape", "9")


def test_only_the_print_area_counts_for_how_small_it_gets(tmp_path: Path) -> None:
    book = xlsxwriter.Workbook(str(tmp_path / "book.xlsx"))
    sheet = book.add_worksheet("It's")
    sheet.write_row(0, 0, range(200))
    sheet.print_area("B1:D9")
    book.close()
    assert fitted(tmp_path / "book.xlsx", tmp_path / "out.xlsx") == []
    (found,) = setups(tmp_path / "out.xlsx").values()
    assert found["orientation"] == "portrait"


def test_a_workbook_without_a_visible_sheet_is_refused(tmp_path: Path) -> None:
    wide_book(tmp_path / "book.xlsx")
    package = Package(tmp_path / "book.xlsx")
    workbook = Workbook(package)
    for sheet in workbook.sheets:
        sheet.element.set("state", "veryHidden")
    with pytest.raises(WorkbookError, match="has no visible sheet"):
        fit_to_pages(workbook)
    package.close()


# --- printed --------------------------------------------------------------------------------------


def test_pages_are_a4_and_one_wide_with_a_bookmark_for_each_sheet(tmp_path: Path) -> None:
    path = printed(wide_book(tmp_path / "book.xlsx"), tmp_path)
    pages = int(re.findall(r"Pages:\s+(\d+)", asked("pdfinfo", path))[0])
    sizes = re.findall(r"Page\s+\d+ size:\s+([\d.]+) x ([\d.]+)", asked("pdfinfo", "-l", 99, path))
    assert len(sizes) == pages
    assert {tuple(sorted(round(float(x)) for x in size)) for size in sizes} == {(595, 842)}
    marks = bookmarks(path)
    assert list(marks) == ["Größe & Co", "Wide", "Upright", "Chart"]
    assert "nobody prints this" not in asked("pdftotext", path, "-")
    text = asked("pdftotext", "-layout", "-f", marks["Wide"], "-l", marks["Wide"], path, "-")
    assert "r0c0" in text
    assert "r0c39" in text
    last = marks["Chart"] - 1
    text = asked("pdftotext", "-layout", "-f", marks["Upright"], "-l", last, path, "-")
    for row in range(120):  # each row stands whole on one page
        (line,) = re.findall(rf"^.*\bu{row}c0\b.*$", text, re.MULTILINE)
        assert f"u{row}c19" in line


def test_charts_are_drawings_and_nothing_can_be_filled_in(tmp_path: Path) -> None:
    path = printed(wide_book(tmp_path / "book.xlsx"), tmp_path)
    assert len(asked("pdfimages", "-list", path).splitlines()) == 2  # its two lines of header
    assert re.search(r"Form:\s+none", asked("pdfinfo", path))
    fonts = asked("pdffonts", path).splitlines()[2:]
    assert fonts
    assert all(line.split()[-5] == "yes" for line in fonts), "a font is not embedded"


@pytest.mark.parametrize(("language", "number"), [("de", "123.300"), ("en", "123,300")])
def test_the_sample_prints_one_page_wide_in_its_language(
    language: str, number: str, tmp_path: Path
) -> None:
    book = tmp_path / "sample.xlsx"
    book.write_bytes(new_workbook(language, with_sample=True, macros=False))
    rescore(book, backup=False)
    path = printed(book, tmp_path, language)
    parts = parts_of(book)
    root = parsed(parts["xl/workbook.xml"])
    visible = [
        e.get("name") for e in root.iter(f"{MAIN}sheet") if e.get("state", "visible") == "visible"
    ]
    assert list(bookmarks(path)) == visible
    text = asked("pdftotext", "-layout", path, "-")
    assert number in text
    assert "###" not in text
    assert len(asked("pdfimages", "-list", path).splitlines()) == 2


# --- what goes wrong ------------------------------------------------------------------------------


def test_without_libreoffice_a_sentence_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pdf, "find_office", lambda: None)
    with pytest.raises(
        WorkbookError, match=r"LibreOffice.*is not installed here.*print from Excel"
    ):
        to_pdf(tmp_path / "book.xlsx", tmp_path / "out.pdf")
    assert list(tmp_path.iterdir()) == []


def program(path: Path, script: str) -> Path:
    """A program in the place of LibreOffice."""
    path.write_text(f"#!{sys.executable}\nimport sys, time, pathlib\n{script}\n", encoding="utf-8")
    path.chmod(0o755)
    return path


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
@pytest.mark.parametrize(
    ("script", "message"),
    [
        ("print('no room'); sys.exit(1)", r"could not print the workbook and said: no room;"),
        ("sys.exit(0)", r"could not print the workbook and said: -;"),
        (
            "pathlib.Path(sys.argv[-2], 'book.pdf').write_bytes(b'not one')",
            r"could not print the workbook",
        ),
        ("time.sleep(60)", "took longer than 0 minutes"),
    ],
)
def test_what_fails_is_said_and_leaves_nothing(
    script: str, message: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = wide_book(tmp_path / "book.xlsx")
    odd = program(tmp_path / "odd", script)
    monkeypatch.setattr(pdf, "find_office", lambda: odd)
    monkeypatch.setattr(pdf, "_SECONDS", 2.0)
    begun = time.monotonic()
    with pytest.raises(WorkbookError, match=message):
        to_pdf(book, tmp_path / "out.pdf")
    assert time.monotonic() - begun < 20
    assert sorted(p.name for p in tmp_path.iterdir()) == ["book.xlsx", "odd"]


@pytest.mark.skipif(sys.platform == "win32", reason="a script is no program there")
def test_what_it_started_is_ended_with_it(tmp_path: Path) -> None:
    """LibreOffice is a script that starts another program."""
    mark = tmp_path / "mark"
    inner = f"import time; time.sleep(4); open({str(mark)!r}, 'w').close()"
    script = f"import subprocess\nsubprocess.run([{sys.executable!r}, '-c', {inner!r}])"
    odd = program(tmp_path / "odd", script)
    with pytest.raises(office.OfficeTimeoutError):
        office.convert(odd, tmp_path / "book.xlsx", "pdf", tmp_path, settings={}, seconds=1.0)
    time.sleep(4)
    assert not mark.exists()


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("win32", {"ProgramFiles": "C:/Programme"}, "C:/Programme/LibreOffice/program/soffice.exe"),
        ("darwin", {"HOME": "/u"}, "/Applications/LibreOffice.app/Contents/MacOS/soffice"),
        ("linux", {}, "/usr/lib/libreoffice/program/soffice"),
    ],
)
def test_the_usual_places_are_known(
    platform: str, environment: dict[str, str], expected: str
) -> None:
    places = [p.as_posix() for p in office._usual_places(platform, environment)]  # noqa: SLF001
    assert expected in places


@pytest.mark.parametrize("encoding", ["utf-16", "iso-8859-1", "utf-8"])
@pytest.mark.parametrize("odd", ["<!-- <sheetData> --><sheetData>", "<sheetData>"])
def test_sheets_in_other_encodings_keep_what_they_say(
    encoding: str, odd: str, tmp_path: Path
) -> None:
    book = wide_book(tmp_path / "book.xlsx")
    parts = parts_of(book)
    part = sheet_parts(parts)["Upright"]
    text = parts[part].decode().replace("<sheetData>", odd)
    inline = '<c r="A1" t="inlineStr"><is><t>Größe</t></is></c>'
    text = re.sub(r'<c r="A1"[^>]*>.*?</c>', inline, text, count=1)
    parts[part] = text.replace("UTF-8", encoding).encode(encoding)
    write_parts(book, parts)
    fitted(book, tmp_path / "out.xlsx")
    root = parsed(parts_of(tmp_path / "out.xlsx")[part])
    assert next(root.iter(f"{MAIN}t")).text == "Größe"
    assert len(list(root.iter(f"{MAIN}row"))) == 120
    assert root.find(f"{MAIN}pageSetup").get("paperSize") == "9"
