"""The answer of an array formula in a sheet's XML: replaced whole, with nothing else touched."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from support.packages import MAIN

from xlportfolio.files.cells import Area
from xlportfolio.files.spill import Spill, array_formulas
from xlportfolio.schema.contract import column_letters

MOST = 7
sizes = st.integers(1, MOST)
answers = st.one_of(
    st.none(), st.floats(allow_nan=False), st.text("ab <&\x01\n_x0041_", max_size=5)
)


@st.composite
def cases(draw: st.DrawFn) -> tuple[Any, dict[str, str], list[list[Any]], Area]:
    """A sheet with one array formula and cells of the user's, and another answer for it."""
    left, top = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    height, width, new_height, new_width = (draw(sizes) for _ in range(4))
    old = Area(left, top, left + width - 1, top + height - 1)
    new = Area(left, top, left + new_width - 1, top + new_height - 1)
    theirs: dict[str, str] = {}
    lines = []
    for row in range(1, 13):
        cells = []
        for column in range(1, 13):
            address = f"{column_letters(column)}{row}"
            in_old, in_new = (
                a.left <= column <= a.right and a.top <= row <= a.bottom for a in (old, new)
            )
            if (column, row) == (left, top):
                formula = f'<f t="array" ref="{old}">KP()</f>'
                cells.append(f'<c r="{address}" cm="1">{formula}<v>7</v></c>')
            elif in_old and draw(st.booleans()):
                cells.append(f'<c r="{address}" s="{column}" t="str"><v>old</v></c>')
            elif not in_old and not in_new and draw(st.booleans()):
                theirs[address] = draw(st.sampled_from(["1", "text"]))
                cells.append(f'<c r="{address}" t="str"><v>{theirs[address]}</v></c>')
        if cells or draw(st.booleans()):
            lines.append(f'<row r="{row}" spans="1:3">{"".join(cells)}</row>')
    data = f'<worksheet xmlns="{MAIN[1:-1]}"><dimension ref="A1:B2"/><sheetData>{"".join(lines)}</sheetData></worksheet>'
    block = [[draw(answers) for _ in range(new_width)] for _ in range(new_height)]
    return etree.fromstring(data), theirs, block, new


@given(cases())
def test_an_answer_replaces_the_old_one_and_nothing_else(
    case: tuple[Any, dict[str, str], list[list[Any]], Area],
) -> None:
    root, theirs, block, area = case
    (formula,) = array_formulas(root)
    spill = Spill(root, formula)
    assert spill.obstacle(len(block), len(block[0])) is None
    spill.replace(block)
    cells = {c.get("r"): c for c in root.iter(f"{MAIN}c")}
    filled = {place: c.findtext(f"{MAIN}v") for place, c in cells.items() if len(c)}
    expected = dict(theirs)
    for r, line in enumerate(block, start=area.top):
        for c, answer in enumerate(line, start=area.left):
            cell = cells[f"{column_letters(c)}{r}"]
            if isinstance(answer, float):
                assert float(cell.findtext(f"{MAIN}v")) == answer
                assert cell.get("t") is None
            else:
                text = cell.findtext(f"{MAIN}v") or ""
                assert (answer or "").count("\x01") == text.count("_x0001_")
                assert cell.get("t") == "str"
            expected[cell.get("r")] = filled[cell.get("r")]
    assert filled == expected
    (still,) = array_formulas(root)
    assert still.get("ref") == str(area)
    assert still.getparent().get("cm") == "1"
    rows = [int(row.get("r")) for row in root.iter(f"{MAIN}row")]
    assert rows == sorted(set(rows))
    for row in root.iter(f"{MAIN}row"):
        places = [Area.of(c.get("r")) for c in row]
        assert places == sorted(places)
        assert {place.top for place in places} <= {int(row.get("r"))}


def test_what_is_in_the_way_is_named() -> None:
    def obstacle(more: str, **size: int) -> str | None:
        data = (
            f'<worksheet xmlns="{MAIN[1:-1]}"><sheetData><row r="2"><c r="B2">'
            f'<f t="array" ref="B2:C3">KP()</f><v>1</v></c></row>{more}</worksheet>'
        )
        root = etree.fromstring(data)
        (formula,) = array_formulas(root)
        return Spill(root, formula).obstacle(**size)

    below = '<row r="4"><c r="C4" s="3"/><c r="D4"><v>1</v></c></row></sheetData>'
    assert obstacle(below, height=3, width=2) is None
    assert obstacle(below, height=3, width=3) == "D4"
    assert obstacle(below, height=2, width=3) is None
    beside = '<row r="3"><c r="D3"><v>1</v></c></row></sheetData>'
    assert obstacle(beside, height=2, width=3) == "D3"
    merged = '</sheetData><mergeCells><mergeCell ref="A4:B5"/></mergeCells>'
    assert obstacle(merged, height=2, width=2) is None
    assert obstacle(merged, height=3, width=1) == "A4"


def test_the_answer_leaves_the_sheet_as_a_reader_expects_it() -> None:
    data = (
        f'<worksheet xmlns="{MAIN[1:-1]}"><dimension ref="A1:F9"/><cols><col min="1" max="3" '
        'style="5"/></cols><sheetData><row r="1"/><row r="2" spans="2:3"><c r="B2"><f t="array" '
        'ref="B2:B3">KP()</f><v>1</v></c></row><row r="3"><c r="B3" s="7"/></row><row r="9"/>'
        "</sheetData></worksheet>"
    )
    root = etree.fromstring(data)
    (formula,) = array_formulas(root)
    Spill(root, formula).replace([["a", 1.0, 2.0]] * 5)
    rows = {row.get("r"): row for row in root.iter(f"{MAIN}row")}
    assert list(rows) == ["1", "2", "3", "4", "5", "6", "9"]
    assert all(row.get("spans") is None for row in rows.values()), "it would hide columns"
    styles = [cell.get("s") for cell in rows["6"]]
    assert styles == ["7", "5", None], "of the second row before that of the column"
    assert root.find(f"{MAIN}dimension").get("ref") == "A1:F9"
