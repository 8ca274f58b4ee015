"""How far the cells of a sheet reach: the quick way and the thorough one agree."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xlportfolio.files import extent
from xlportfolio.files.extent import AddressError, Extent, are_lost, extent_of
from xlportfolio.schema.contract import column_letters

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
Cell = tuple[int, int, bool]
CELLS = st.lists(st.tuples(st.integers(1, 16_384), st.integers(1, 1_048_576), st.booleans()))


def sheet(cells: list[Cell], prefix: str = "", address: str = 'r="{}"') -> bytes:
    mark = f":{prefix[:-1]}" if prefix else ""
    made = ""
    for column, row, is_filled in cells:
        where = address.format(f"{column_letters(column)}{row}")
        content = f"><{prefix}v>1</{prefix}v></{prefix}c>" if is_filled else ' s="1"/>'
        made += f'<{prefix}row r="{row}"><{prefix}c {where}{content}</{prefix}row>'
    data = f"<{prefix}sheetData>{made}</{prefix}sheetData>"
    return f'<{prefix}worksheet xmlns{mark}="{MAIN}">{data}</{prefix}worksheet>'.encode()


def around(cells: list[Cell]) -> Extent:
    columns, rows = [c for c, _, _ in cells] or [1], [r for _, r, _ in cells] or [1]
    return Extent(min(columns), min(rows), max(columns), max(rows), len(cells))


@given(cells=CELLS, prefix=st.sampled_from(["", "x:", "main:"]))
@settings(deadline=None)
def test_the_extent_is_that_of_the_filled_cells_or_small(cells: list[Cell], prefix: str) -> None:
    found = extent_of(sheet(cells, prefix))
    filled = around([cell for cell in cells if cell[2]])
    assert found in {around(cells), filled}
    if found != filled:
        assert not found.is_sparse


@given(cells=CELLS, address=st.sampled_from(["r='{}'", 'cm="1" r="{}"', 'x="&gt;/>" r="{}"']))
@settings(deadline=None)
def test_however_a_cell_is_written(cells: list[Cell], address: str) -> None:
    assert extent_of(sheet(cells, address=address)) == around([c for c in cells if c[2]])


@given(cells=CELLS)
@settings(deadline=None)
def test_where_a_slice_ends_does_not_matter(cells: list[Cell]) -> None:
    data = sheet(cells)
    whole = extent_of(data)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(extent, "_SLICE", 7)
        assert extent_of(data) == whole


def test_a_filled_cell_does_not_pass_for_a_blank_one() -> None:
    """Its tag holds what looks like the end of a blank one."""
    data = sheet([(1, 1, True), (16_384, 1_048_576, True)])
    disguised = data.replace(b'"XFD1048576"', b'"XFD1048576" x="/>"')
    assert extent_of(disguised).is_sparse


def test_cells_without_addresses_follow_each_other() -> None:
    data = b"<worksheet><row><c><v>1</v></c></row><row r='5'><c r='B5'/><c><v>1</v></c></row></worksheet>"
    assert extent_of(data) == Extent(1, 1, 3, 5, 2)


@pytest.mark.parametrize(
    "address", ["XFE1", "A1048577", "A0", "A-1", "1", "A", "AAAA1", "$A$1", ""]
)
def test_addresses_that_no_sheet_has(address: str) -> None:
    data = sheet([(1, 1, True)]).replace(b'r="A1"', f'r="{address}"'.encode())
    with pytest.raises(AddressError) as error:
        extent_of(data)
    assert str(error.value) == address


def test_a_sheet_may_be_sparse_as_long_as_it_is_small_or_well_filled() -> None:
    assert not Extent(1, 1, 10, 1_000_000, 1).is_sparse
    assert Extent(1, 1, 11, 1_000_000, 1).is_sparse
    assert not Extent(1, 1, 16_384, 1_048_576, 171_798_692).is_sparse
    assert are_lost(50_000_001, 499_999)
    assert not are_lost(50_000_001, 500_001)
    assert not are_lost(50_000_000, 1)
