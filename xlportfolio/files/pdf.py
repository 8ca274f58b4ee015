"""A workbook as a PDF on A4, one page wide for each sheet, through LibreOffice."""

from __future__ import annotations

from pathlib import Path

from xlportfolio.files.workbook import Workbook


def fit_to_pages(workbook: Workbook) -> None:
    """Let each visible sheet be printed on A4, one page wide."""
    raise NotImplementedError


def to_pdf(content: Path, out: Path) -> None:
    """Print a workbook to a PDF with bookmarks.

    Raises
    ------
    WorkbookError
        If LibreOffice is not installed, or cannot print it; no file is left then.
    """
    raise NotImplementedError
