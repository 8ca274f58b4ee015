"""Cells of ours on a sheet, as blocks: the lines above a table, and how blocks are written."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from itertools import groupby

import xlwings as xw

from xlportfolio.excel.ranges import Rows, entered, entry, rows_of, write
from xlportfolio.matrix import MatrixSheet
from xlportfolio.schema.contract import Cell
from xlportfolio.tables import HEADER_ROW, SheetTable, Summary

#: Cells to be written, behind the row and the column, counted from 0, where they begin.
Block = tuple[int, int, Rows]


def head_blocks(of: SheetTable | MatrixSheet) -> list[Block]:
    """Title, subtitles and summary; a line that was there before is blanked."""
    lines = [of.title, *of.subtitles]
    title: Block = (0, 0, [[entry(line)] for line in lines] + [[None]] * (3 - len(lines)))
    return [title] if of.summary is None else [title, _summary_block(of.summary)]


def _summary_block(summary: Summary) -> Block:
    first, last = summary.at[0], summary.at[-1]
    block: Rows = []
    for cells in ([entry(c.header) for c in summary.columns], *rows_of(summary.columns)):
        block.append([None] * (last - first + 1))
        for at, cell in zip(summary.at, cells, strict=True):
            block[-1][at - first] = cell
    return HEADER_ROW - 1, first - 1, block


def around(blocks: Iterable[Block], left: Container[tuple[int, int]]) -> Iterator[Block]:
    """Blocks without some cells, given by row and column from 0; a block that has any is parted.

    >>> list(around([(0, 0, [["a"]]), (1, 0, [["b", "c", "d"]])], {(1, 1)}))
    [(0, 0, [['a']]), (1, 0, [['b']]), (1, 2, [['d']])]
    """
    for top, first, rows in blocks:
        places = [
            [(r, c) in left for c in range(first, first + len(row))]
            for r, row in enumerate(rows, top)
        ]
        if not any(map(any, places)):
            yield top, first, rows
            continue
        for r, (row, is_left) in enumerate(zip(rows, places, strict=True), top):
            at = first
            for skip, run in groupby(zip(is_left, row, strict=True), lambda pair: pair[0]):
                cells = [cell for _, cell in run]
                if not skip:
                    yield r, at, [cells]
                at += len(cells)


def write_blocks(
    sheet: xw.Sheet,
    first: tuple[int, int],
    blocks: Sequence[Block],
    there: Sequence[Sequence[Cell]],
) -> None:
    """Write blocks in one call, or one by one where something else stands between them.

    ``there`` are the cells from ``first`` on, as they are; below and beside them all is blank. One
    by one, a block is left out that stands there already.
    """
    height = max(row + len(rows) for row, _, rows in blocks)
    width = max(column + len(rows[0]) for _, column, rows in blocks)
    whole: Rows = [[None] * width for _ in range(height)]
    between = [list(row[:width]) for row in there[:height]]
    for top, left, rows in blocks:
        for r, row in enumerate(rows, top):
            whole[r][left : left + len(row)] = row
            if r < len(between):
                between[r][left : left + len(row)] = [None] * len(row)
    if all(cell is None for row in between for cell in row):
        write(sheet, first, whole)
        return
    for block in blocks:
        top, left, rows = block
        if _as_entered(block, there) != rows:
            write(sheet, (first[0] + top, first[1] + left), rows)


def are_there(blocks: Iterable[Block], there: Sequence[Sequence[Cell]]) -> bool:
    """Whether cells that were read hold already what some blocks would write."""
    return all(_as_entered(block, there) == block[2] for block in blocks)


def write_back(
    sheet: xw.Sheet, first: tuple[int, int], block: Block, there: Sequence[Sequence[Cell]]
) -> None:
    """Write what stood where a block stands."""
    top, left, _ = block
    write(sheet, (first[0] + top, first[1] + left), _as_entered(block, there))


def _as_entered(block: Block, there: Sequence[Sequence[Cell]]) -> Rows:
    """What stands where a block belongs, as it is entered."""
    top, left, rows = block
    old = (row[left : left + len(rows[0])] for row in there[top : top + len(rows)])
    return [[entered(cell) for cell in row] for row in old]
