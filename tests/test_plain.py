"""What is read straight from a sheet's XML, and what is left to calamine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
import pytest
from openpyxl.utils.datetime import CALENDAR_WINDOWS_1900

from xlportfolio.files import plain
from xlportfolio.files.cells import Area
from xlportfolio.files.ours import _contents
from xlportfolio.files.package import parse_xml
from xlportfolio.files.plain import (
    Shown,
    filled_places,
    plain_columns,
    plain_strings,
    shown_kinds,
)
from xlportfolio.files.workbook import MAIN
from xlportfolio.schema.contract import Cell, CellError

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\r\n'


def strings(items: str, head: str = HEAD) -> Sequence[str | None] | None:
    return plain_strings(f'{head}<sst xmlns="{MAIN}">{items}</sst>'.encode())


def columns(
    rows: str, *shared: str | None, height: int = 4, kind: Shown = Shown.NUMBER
) -> list[list[Cell]] | None:
    """Two columns with their first cells."""
    data = f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    shown = np.array([kind], dtype=np.uint8)
    read = plain_columns(data, Area(1, 1, 2, height), shared, shown, CALENDAR_WINDOWS_1900)
    if read is None:
        return None
    return [[first, *map(blank, below)] for first, below in zip(*read, strict=True)]


def blank(cell: Cell) -> Cell:
    return "" if isinstance(cell, float) and np.isnan(cell) else cell


def test_excel_ends_the_line_of_the_xml_declaration_with_two_bytes() -> None:
    assert strings("<si><t>a</t></si><si><t>b</t></si>") == ["a", "b"]
    assert strings("<si><t>a\r\n</t></si>") == [None]


@pytest.mark.parametrize("encoding", ["ISO-8859-1", "windows-1252"])
def test_strings_in_another_encoding_are_not_taken_for_utf_8(encoding: str) -> None:
    assert strings("<si><t>ä</t></si>", f'<?xml version="1.0" encoding="{encoding}"?>') is None


@pytest.mark.parametrize("digits", ["0" * 5_000, "٠"])  # noqa: RUF001 (a digit, but none of XML's)
def test_numbers_of_strings_that_python_does_not_read_as_excel_does(digits: str) -> None:
    assert columns(f'<row r="1"><c r="A1" t="s"><v>{digits}</v></c></row>', "a") is None


@pytest.mark.parametrize(
    "cells",
    [
        '<c r="A1" t="str"><v>a</v></c><c r="A1"><v>5</v></c>',
        '<c r="B1"><v>5</v></c><c r="A1"><v>6</v></c>',
        '<c r="A2"><v>5</v></c></row><row r="1"><c r="B1"><v>6</v></c>',
    ],
)
@pytest.mark.parametrize("chunk", [20, 1 << 21])
def test_cells_in_one_place_or_out_of_order_are_left_to_calamine(
    cells: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "_CHUNK", chunk)
    assert columns(f'<row r="1">{cells}</row>') is None


@pytest.mark.parametrize("chunk", [1, 20, 60, 1 << 21])
def test_where_a_chunk_ends_does_not_matter(chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plain, "_CHUNK", chunk)
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="2"/>' + "<row/>" * 9
    rows += '<row r="3"><c r="A3"><v>3</v></c><c r="B3" t="s"><v>0</v></c></row><row r="4"/>'
    assert columns(rows, "a") == [[1.0, "", 3.0, ""], ["", "", "a", ""]]


def test_formats_of_rules_have_numbers_of_their_own() -> None:
    styles = (
        f'<styleSheet xmlns="{MAIN}">'
        '<numFmts><numFmt numFmtId="164" formatCode="0.0"/></numFmts>'
        '<cellXfs><xf numFmtId="164"/></cellXfs>'
        '<dxfs><dxf><numFmt numFmtId="164" formatCode="yyyy-mm-dd"/></dxf></dxfs></styleSheet>'
    )
    assert shown_kinds(parse_xml(styles.encode())) == [Shown.NUMBER]


@pytest.mark.parametrize(
    ("number", "time"),
    [
        ("46053", dt.date(2026, 1, 31)),
        ("46053.0", dt.date(2026, 1, 31)),
        ("46053.5", dt.datetime(2026, 1, 31, 12)),  # noqa: DTZ001 (as cells are)
        ("46052.999999999", dt.datetime(2026, 1, 31)),  # noqa: DTZ001
        ("0.5", dt.time(12)),
        ("0", dt.time()),
    ],
)
def test_days_without_a_time_are_days_as_calamine_reads_them(number: str, time: Cell) -> None:
    row = f'<row r="1"><c r="A1"><v>{number}</v></c></row>'
    found = columns(row, kind=Shown.TIME)
    assert found is not None
    assert found[0][0] == time
    assert type(found[0][0]) is type(time)


def test_a_time_that_is_rounded_to_the_next_day_is_left_to_calamine() -> None:
    assert columns('<row r="1"><c r="A1"><v>0.999999999999</v></c></row>', kind=Shown.TIME) is None


def test_openpyxl_writes_characters_by_their_numbers() -> None:
    texts = "<si><t>M&#252;ller &amp; S&#246;hne &amp;#252; &#128512;</t></si>"
    assert strings(texts) == ["Müller & Söhne &#252; 😀"]


@pytest.mark.parametrize(
    "number", ["13", "095", "120", "000", "55296", "1114112", "9999999", "x41"]
)
def test_other_numbers_of_characters_are_left_to_calamine(number: str) -> None:
    assert strings(f"<si><t>&#{number};</t></si>") is None


def test_a_rich_text_somewhere_leaves_the_others_plain() -> None:
    rich = '<si><r><t>a</t></r><r><rPr><b/></rPr><t xml:space="preserve"> b</t></r></si>'
    hint = '<si><t>a</t><rPh sb="0" eb="1"><t>b</t></rPh><phoneticPr fontId="1"/></si>'
    odd = f"{rich}{hint}<si><t>_x000D_</t></si><si><t> a</t></si><si><t>a\n</t></si>"
    plain_ones = (
        '<si><t xml:space="preserve"> a</t></si><si/><si></si><si><t/></si><si><t>b</t></si>'
    )
    assert strings(odd + plain_ones) == [*[None] * 5, " a", "", "", "", "b"]
    assert strings(plain_ones + odd) == [" a", "", "", "", "b", *[None] * 5]


def test_strings_that_do_not_end_are_left_to_calamine() -> None:
    assert strings("<si><t>a</t></si><si><t>b</t>") is None
    assert strings("<si><si><t>a</t></si></si>") is None


def test_a_cell_that_shows_a_rich_text_is_left_to_calamine() -> None:
    shared = (None, "b")
    row = '<row r="1"><c r="A1" t="s"><v>{}</v></c></row>'
    assert columns(row.format(0), *shared) is None
    assert columns(row.format(1), *shared) == [["b", "", "", ""], [""] * 4]


@pytest.mark.parametrize("error", ["#SPILL!", "#CALC!"])
def test_formulas_of_new_functions_are_plain_and_so_are_their_errors(error: str) -> None:
    formula = '<f t="array" ref="A1">_xlfn._xlws.FILTER(B1:B2,B1:B2&gt;5)</f>'
    row = f'<row r="1"><c r="A1" t="e" cm="1" vm="1">{formula}<v>{error}</v></c></row>'
    assert columns(row) == [[CellError(error), "", "", ""], [""] * 4]


@pytest.mark.parametrize("text", ["_x000D_", "a\rb", "_x"])
@pytest.mark.parametrize("cell", ['t="str"><v>{}</v>', 't="inlineStr"><is><t>{}</t></is>'])
def test_texts_that_do_not_stand_for_themselves_are_left_to_calamine(cell: str, text: str) -> None:
    assert columns(f'<row r="1"><c r="A1" {cell.format("a")}</c></row>') is not None
    assert columns(f'<row r="1"><c r="A1" {cell.format(text)}</c></row>') is None


@pytest.mark.parametrize("chunk", [20, 1 << 21])
def test_cells_with_content_are_those_that_have_something_in_them(
    chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain, "_CHUNK", chunk)
    rows = (
        '<row r="1"><c r="A1" s="3"/><c r="B1"><v>5</v></c><c r="C1"></c><c r="D1"><v/></c></row>'
        '<row r="2"/><row r="3"><c r="A3"><f>B1</f></c><c r="B3"><f>B1</f><v>5</v></c>'
        '<c r="AA3" t="inlineStr"><is><t>a</t></is></c><c r="AB3"/></row>'
    )
    data = f'{HEAD}<worksheet xmlns="{MAIN}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    places = filled_places(data)
    assert places is not None
    found = [*zip(*(place.tolist() for place in places), strict=True)]
    assert found == [(2, 1), (4, 1), (1, 3), (2, 3), (27, 3)]
    assert found == [(column, row) for (row, column), _ in _contents(data)]


def test_a_sheet_without_cells_has_none_with_content() -> None:
    data = f'<worksheet xmlns="{MAIN}"><sheetData></sheetData></worksheet>'.encode()
    places = filled_places(data)
    assert places is not None
    assert [len(place) for place in places] == [0, 0]
    odd = f'<worksheet xmlns="{MAIN}"><sheetData><row><c/></row></sheetData></worksheet>'
    assert filled_places(odd.encode()) is None
