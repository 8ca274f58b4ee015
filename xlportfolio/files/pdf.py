"""A workbook as a PDF on A4, one page wide for each sheet, through LibreOffice."""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path

from openpyxl.utils import column_index_from_string

from xlportfolio.errors import Problem, WorkbookError, note
from xlportfolio.files.frame import SheetFrame
from xlportfolio.files.office import OfficeError, OfficeTimeoutError, convert, find_office
from xlportfolio.files.package import Element, local_name
from xlportfolio.files.save import no_temporary
from xlportfolio.files.workbook import Sheet, Workbook, coordinates, main
from xlportfolio.locale import spoken

#: How long LibreOffice may take, in seconds: thousands of pages are minutes.
_SECONDS = 600.0
#: ECMA-376 part 1, 18.3.1.63 (pageSetup): the number of A4.
_A4 = "9"
#: Millimetres that A4 leaves upright and across, within margins that a sheet does not say.
_UPRIGHT, _ACROSS = 210.0, 297.0
_INCH = 25.4
_MARGIN = 0.7
#: Millimetres of a pixel, and pixels of a column of so many characters (18.3.1.13, col), for the
#: usual font.
_PIXEL = _INCH / 96
_CHARACTER, _PADDING, _USUAL = 7, 5, 8.43
#: Below this scale, writing of 11 points is smaller than 5, which nobody reads.
_READABLE = 0.45
_PRINT_AREA = "_xlnm.Print_Area"
_COLUMN = re.compile(r"\$([A-Z]{1,3})(?=[$:,]|$)")
#: What follows the setup of the pages in a sheet (18.3.1.99 and, of a chart sheet, 18.3.1.12).
_AFTER_SETUP = (
    *("headerFooter", "rowBreaks", "colBreaks", "customProperties", "cellWatches"),
    *("ignoredErrors", "smartTags", "drawing", "legacyDrawing", "legacyDrawingHF", "drawingHF"),
    *("picture", "oleObjects", "controls", "webPublishItems", "tableParts", "webPublishing"),
    "extLst",
)
#: What the profile of LibreOffice says of PDFs; form fields would be printed for filling in.
_EXPORT = {
    "org.openoffice.Office.Common/Filter/PDF/Export": {
        "ExportBookmarks": "true",
        "ExportFormFields": "false",
        "UseLosslessCompression": "true",
        "ReduceImageResolution": "false",
    }
}
#: Where the profile says how numbers and days are written, and what, by language.
_REGION = "org.openoffice.Setup/L10N"


def fit_to_pages(workbook: Workbook) -> list[Problem]:
    """Let each visible sheet be printed on A4, one page wide.

    A sheet that does not say how it lies is printed across where it is wider than an upright page.
    Breaks between columns go. A sheet that fits on one page in width and height already, as its
    user wants it, goes on doing so.

    Returns
    -------
    A note for each sheet that becomes too small to be read.

    Raises
    ------
    WorkbookError
        If no sheet is visible, or the XML of one is not as it must be.
    """
    notes = []
    if not any(sheet.element.get("state", "visible") == "visible" for sheet in workbook.sheets):
        raise WorkbookError("pdf_empty", path=workbook.package.path)
    for sheet in workbook.sheets:
        if sheet.element.get("state", "visible") != "visible":
            workbook.drop_name(_PRINT_AREA, sheet)  # with one, LibreOffice prints it all the same
            continue
        frame = SheetFrame(workbook.package, sheet.part)
        if sheet.is_worksheet:
            try:
                scale = _fit(workbook, sheet, frame)
            except ValueError as error:  # a number that is none
                raise workbook.package.malformed("part_xml", part=sheet.part) from error
            if scale < _READABLE:
                notes.append(note("pdf_tiny", name=sheet.name, percent=round(scale * 100)))
        elif sheet.kind == "chartsheet":
            _on_a4(_setup(frame))
        else:
            continue
        frame.put()
    workbook.commit()
    return notes


def _fit(workbook: Workbook, sheet: Sheet, frame: SheetFrame) -> float:
    """Fit a sheet; how much smaller than on the screen it will be."""
    setup = _setup(frame)
    _on_a4(setup)
    wide = _width(workbook, sheet, frame.root)
    margins = _margins(frame.root)
    if setup.get("orientation", "default") == "default":
        setup.set("orientation", "portrait" if wide <= _UPRIGHT - margins else "landscape")
    properties = frame.root.find(main("sheetPr"))
    if properties is None:
        properties = frame.root.makeelement(main("sheetPr"))
        frame.root.insert(0, properties)
    fitting = properties.find(main("pageSetUpPr"))
    if fitting is None:
        fitting = properties.makeelement(main("pageSetUpPr"))
        properties.append(fitting)
    is_fitted = fitting.get("fitToPage") in {"1", "true"} and setup.get("fitToWidth", "1") == "1"
    if not is_fitted:
        fitting.set("fitToPage", "1")
        setup.set("fitToWidth", "1")
        setup.set("fitToHeight", "0")
    setup.attrib.pop("scale", "")
    for breaks in frame.root.findall(main("colBreaks")):
        frame.root.remove(breaks)
    paper = _UPRIGHT if setup.get("orientation") == "portrait" else _ACROSS
    return min(1.0, (paper - margins) / wide) if wide else 1.0


def _on_a4(setup: Element) -> None:
    setup.set("paperSize", _A4)
    for attribute in ("paperHeight", "paperWidth"):
        setup.attrib.pop(attribute, "")


def _setup(frame: SheetFrame) -> Element:
    """The setup of a sheet's pages, made where it belongs."""
    found = frame.root.find(main("pageSetup"))
    if found is None:
        found = frame.root.makeelement(main("pageSetup"))
        frame.insert(found, _AFTER_SETUP)
    return found


def _margins(root: Element) -> float:
    """Millimetres to the left and right of what is printed."""
    found = root.find(main("pageMargins"))
    sides = (_MARGIN, _MARGIN)
    if found is not None:
        sides = (float(found.get("left", _MARGIN)), float(found.get("right", _MARGIN)))
    return sum(sides) * _INCH


def _width(workbook: Workbook, sheet: Sheet, root: Element) -> float:
    """Millimetres from the first column to the last that is used, on the screen."""
    first, last = _print_area(workbook, sheet) or (1, _last_column(workbook, sheet, root))
    usual = root.find(main("sheetFormatPr"))
    characters = _USUAL
    if usual is not None:
        characters = float(usual.get("defaultColWidth", _USUAL))
    widths = dict.fromkeys(range(first, last + 1), characters)
    for columns in root.iterfind(f"{main('cols')}/{main('col')}"):
        hidden = columns.get("hidden") in {"1", "true"}
        width = 0.0 if hidden else float(columns.get("width", characters))
        begin, end = int(columns.get("min", "1")), int(columns.get("max", "1"))
        widths.update(dict.fromkeys(range(max(begin, first), min(end, last) + 1), width))
    pixels = (width * _CHARACTER + _PADDING for width in widths.values() if width)
    return sum(pixels) * _PIXEL


def _print_area(workbook: Workbook, sheet: Sheet) -> tuple[int, int] | None:
    """The first and the last column of what the user wants printed, if she says so."""
    local = str(workbook.sheets.index(sheet))
    for name in workbook.defined_names():
        if name.get("name") == _PRINT_AREA and name.get("localSheetId") == local:
            found = [column_index_from_string(c) for c in _COLUMN.findall(name.text or "")]
            return (min(found), max(found)) if found else None
    return None


def _last_column(workbook: Workbook, sheet: Sheet, root: Element) -> int:
    """The last column in which something stands or is drawn."""
    last = 1
    dimension = root.find(main("dimension"))
    if dimension is not None:
        last = coordinates(dimension.get("ref", "A1").rpartition(":")[2])[0]
    for table in sheet.tables:
        last = max(last, table.last_column)
    for relationship in workbook.package.relationships(sheet.part):
        if relationship.is_a("drawing") and relationship.target in workbook.package:
            ends = workbook.package.xml(relationship.target).iter("{*}to")
            reached = [int(c.text or 0) + 1 for e in ends for c in e if local_name(c) == "col"]
            last = max(last, *reached, 1)
    return last


def to_pdf(content: Path, out: Path, language: str | None = None) -> bytes:
    """Print a workbook as a PDF with bookmarks named like its sheets; hidden ones are left out.

    Charts stay drawings of lines and letters, pictures lose nothing, and controls are printed as
    they look.

    Parameters
    ----------
    content
        The workbook, prepared by :func:`fit_to_pages`.
    out
        What the PDF is called in what stops it.
    language
        How numbers and days are written, ``de`` or ``en``; ``None``: as this machine does.

    Raises
    ------
    WorkbookError
        If LibreOffice is not installed, cannot print it or takes too long.
    """
    program = find_office()
    if program is None:
        raise WorkbookError("pdf_no_office", path=out)
    region = {}
    if language is not None:
        region = {_REGION: {"ooSetupSystemLocale": spoken(language).region}}
    try:
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
            folder = Path(name)
            source = folder / f"book{content.suffix.lower()}"
            shutil.copyfile(content, source)
            made = convert(
                program, source, "pdf", folder, settings={**_EXPORT, **region}, seconds=_SECONDS
            ).read_bytes()
    except OfficeTimeoutError as error:
        raise WorkbookError("pdf_slow", path=out, minutes=round(_SECONDS / 60)) from error
    except OfficeError as error:
        detail = str(error) or "-"
        raise WorkbookError("pdf_failed", path=out, program=program, detail=detail) from error
    except OSError as error:
        raise no_temporary(error) from error
    if not made.startswith(b"%PDF-"):
        raise WorkbookError("pdf_failed", path=out, program=program, detail="-")
    return made
