"""Clear on the user's sheets what colleagues may not see: rows, columns, cells, old results."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NamedTuple

from xlportfolio.audience import Audience
from xlportfolio.errors import Problem, note, warning
from xlportfolio.files.answers import Keep
from xlportfolio.files.cells import Area
from xlportfolio.files.emptying import Emptying, SharedTexts, addresses
from xlportfolio.files.filters import clear_links, loosen_filter, loosen_filters
from xlportfolio.files.package import Element, to_xml
from xlportfolio.files.references import Renaming
from xlportfolio.files.regions import People, Region, find_regions
from xlportfolio.files.renaming import rename
from xlportfolio.files.sheet_telling import SheetTeller
from xlportfolio.files.stale import Stale, compute_on_opening
from xlportfolio.files.sweep import sweep
from xlportfolio.files.texts import CellTexts
from xlportfolio.files.workbook import Sheet, Workbook, main

#: Functions that show scores, ranks and types, but neither a measure nor what it contributes.
_TELL_NO_MEASURE = frozenset({"KP_SCORE", "KP_QUADRANT", "KP_RANK", "KP_ABC", "KP_STRATEGY"})


def may_stay(audience: Audience) -> Keep:
    """The rule for :func:`xlportfolio.files.answers.keep_answers` where something is hidden.

    A value stays only in a row and a column of the customers' table that stay; where columns are
    hidden, only that of functions that show no measure.
    """
    raw = audience.whole.given.places.customers.raw
    first, last = raw.row + 1, raw.row + raw.height
    hidden = {raw.column + position for position in audience.hidden}
    name = raw.sheet.lower()

    def keep(sheet: str, column: int, row: int, functions: frozenset[str]) -> bool:
        if sheet.lower() != name or not first <= row <= last or row in audience.removed:
            return False
        is_inside = raw.column <= column < raw.column + len(raw.header)
        told = {function.upper() for function in functions}
        return (
            is_inside and column not in hidden and (not audience.hidden or told <= _TELL_NO_MEASURE)
        )

    return keep


class Cleared(NamedTuple):
    """What was cleared on the user's sheets.

    Attributes
    ----------
    problems
        What the sender is told: how many cells were cleared on which sheet.
    areas
        Rows and columns of tables that were emptied, by the parts of sheets.
    """

    problems: list[Problem]
    areas: dict[str, list[Area]]


def clear_cells(
    workbook: Workbook, audience: Audience, skip: Collection[str], stale: Collection[str] = ()
) -> Cleared:
    """Clear rows of customers left out, hidden columns, and cells that hold a secret.

    Formulas that may have read what is gone lose what they showed, and are computed anew when the
    workbook is opened. Sheets, tables and columns whose names hold a secret get other names.

    Parameters
    ----------
    skip
        Parts of sheets that are replaced anyhow.
    stale
        Parts of sheets on which something else is cleared besides.

    Raises
    ------
    WorkbookError
        If the XML of a sheet is not as it must be, or too large to be worked on.
    """
    clearing = _Clearing(workbook, audience, skip)
    clearing.run(stale)
    areas = {part: list(_emptied(regions)) for part, regions in clearing.regions.items()}
    return Cleared(clearing.problems, areas)


def _emptied(regions: Iterable[Region]) -> Iterator[Area]:
    """The rows and columns that were emptied."""
    for region in regions:
        area = region.area
        yield from (Area(area.left, row, area.right, row) for row in sorted(region.emptied))
        yield from (Area(column, area.top, column, area.bottom) for column in sorted(region.hidden))


class _Clearing:
    def __init__(self, workbook: Workbook, audience: Audience, skip: Collection[str]) -> None:
        self.workbook, self.skip = workbook, skip
        self.teller, self.people = SheetTeller(audience.secrets), People(audience)
        self.texts = CellTexts(workbook)
        self.regions = find_regions(workbook, audience, skip, self.texts)
        self.problems: list[Problem] = []

    def run(self, elsewhere: Collection[str]) -> None:
        """Clear sheet by sheet, then what formulas showed of it."""
        renaming = self._renaming()
        rename(self.workbook, renaming)
        self._renew_tables()
        shared = SharedTexts.of(self.texts, self.teller)
        stale = Stale(self.workbook, {*self.skip, *elsewhere})
        doubtful: dict[str, set[str]] = {}
        for sheet in self.workbook.sheets:
            if sheet.part in self.skip:
                continue
            root = self.workbook.package.xml(sheet.part)
            done = self._cells(sheet, root, shared) if sheet.is_worksheet else None
            swept = sweep(root, self.teller)
            if done is not None:
                swept += self._objects(sheet, root, done)
                stale.read(sheet, root)
                doubtful[sheet.part] = {cell.get("r", "") for cell in done.doubtful}
                if done.is_touched:
                    stale.touched.add(sheet.part)
                self._tell(sheet, done)
            if swept:
                self.problems.append(note("rules_cleared", sheet.name, count=swept))
            if swept or (done is not None and done.is_touched):
                self.workbook.package.put(sheet.part, to_xml(root))
        stale.spread()
        forgotten = stale.forget(doubtful)
        for name, count in forgotten.items():
            self.problems.append(note("formulas_wait", name, count=count))
        if forgotten or any(doubtful.values()):
            compute_on_opening(self.workbook)
        elif stale.touched - set(self.skip):
            self.workbook.drop_calculations()

    # --- names ---------------------------------------------------------------------------------

    def _renaming(self) -> Renaming:
        """New names for sheets, tables and columns whose names hold a secret."""
        sheets = self._renamed_sheets()
        tables: dict[str, str] = {}
        columns: dict[str, dict[str, str]] = {}
        taken = {table.name.lower() for _, table in self.workbook.tables()}
        taken |= {name.get("name", "").lower() for name in self.workbook.defined_names()}
        for sheet, table in self.workbook.tables():
            if sheet.part in self.skip:
                continue
            for name in {table.name, table.inner_name}:
                if not self.teller.is_clean(name):
                    tables[name.lower()] = self._table_name(name, taken)
            ours = self._our_headers(sheet, table.part)
            changed = self._renamed_columns(table.headers, ours)
            if changed:
                columns[table.name.lower()] = changed
        return Renaming(sheets, tables, columns)

    def _renamed_sheets(self) -> dict[str, str]:
        taken = {sheet.name for sheet in self.workbook.sheets}
        found: dict[str, str] = {}
        for sheet in self.workbook.sheets:
            if sheet.part not in self.skip and not self.teller.is_clean(sheet.name):
                new = self.teller.secrets.placeholder(sheet.name, taken)
                taken.add(new)
                found[sheet.name.lower()] = new
                self.problems.append(note("sheet_renamed", sheet.name, name=new))
        return found

    def _table_name(self, name: str, taken: set[str]) -> str:
        told = re.sub(r"\W", "_", self.teller.secrets.placeholder(name, set()))
        told = told if re.match(r"[^\W\d]", told) else f"_{told}"
        new, number = told, 2
        while new.lower() in taken:
            new, number = f"{told}_{number}", number + 1
        taken.add(new.lower())
        return new

    def _our_headers(self, sheet: Sheet, part: str) -> set[int]:
        """The positions of headers that mean something to us, which stay."""
        return {
            column - region.area.left
            for region in self.regions.get(sheet.part, [])
            if region.table is not None and region.table.part == part
            for column in region.our_headers
        }

    def _renamed_columns(self, headers: Sequence[str], ours: set[int]) -> dict[str, str]:
        taken = set(headers)
        changed: dict[str, str] = {}
        for at, header in enumerate(headers):
            if at not in ours and not self.teller.is_clean(header):
                new = self.teller.secrets.placeholder(header, taken)
                taken.add(new)
                changed[header.lower()] = new
        return changed

    def _renew_tables(self) -> None:
        """Let the regions know their tables as they are called now."""
        tables = {table.part: table for _, table in self.workbook.tables()}
        for regions in self.regions.values():
            for region in regions:
                if region.table is not None:
                    region.table = tables[region.table.part]

    # --- sheets --------------------------------------------------------------------------------

    def _cells(self, sheet: Sheet, root: Element, shared: SharedTexts) -> Emptying:
        """The cells of a sheet, and what hangs on those that were emptied."""
        regions = self.regions.get(sheet.part, [])
        try:
            return Emptying(
                root,
                regions,
                self.people,
                self.teller,
                self.texts,
                shared,
                self.workbook.first_day,
            )
        except ValueError as error:
            raise self.workbook.package.malformed("sheet_order", sheet=sheet.name) from error

    def _objects(self, sheet: Sheet, root: Element, done: Emptying) -> int:
        """Links, filters and table objects of a sheet; how many were changed."""
        regions = self.regions.get(sheet.part, [])
        changed = clear_links(self.workbook.package, sheet.part, root, done, self.teller)
        changed += loosen_filters(root, regions)
        for region in regions:
            if region.table is not None:
                self._table(region, root)
        return changed

    def _table(self, region: Region, root: Element) -> None:
        """The definition of a table object."""
        assert region.table is not None
        package, part = self.workbook.package, region.table.part
        definition = package.xml(part)
        names = frozenset(region.table.headers)
        changed = loosen_filter(definition, region, root)
        changed += sweep(definition, self.teller, names | {definition.get("name", "")})
        for at, column in enumerate(definition.iter(main("tableColumn")), start=region.area.left):
            if at in region.hidden or (at in region.keys and self.people.renames):
                changed += _plain_column(column, is_hidden=at in region.hidden)
        if changed:
            package.put(part, to_xml(definition))

    # --- what is told --------------------------------------------------------------------------

    def _tell(self, sheet: Sheet, done: Emptying) -> None:
        if any(region.is_gone and region.emptied for region in self.regions.get(sheet.part, [])):
            self.problems.append(warning("orders_emptied", sheet.name))
        elif done.rows:
            details = {"count": done.rows, "hidden": done.hidden}
            self.problems.append(note("rows_emptied", sheet.name, **details))
        if done.columns:
            self.problems.append(note("columns_emptied", sheet.name, count=done.columns))
        if done.cleared:
            count, places = len(done.cleared), addresses(done.cleared)
            self.problems.append(note("cells_cleared", sheet.name, count=count, cells=places))


def _plain_column(column: Element, *, is_hidden: bool) -> int:
    """Let a column have no formula by which its cells are filled, nor a total if it is hidden."""
    names = ["calculatedColumnFormula", *(["totalsRowFormula"] if is_hidden else [])]
    found = [child for name in names for child in column.iterfind(main(name))]
    for child in found:
        column.remove(child)
    of_totals = ("totalsRowFunction", "totalsRowLabel") if is_hidden else ()
    totals = [key for key in of_totals if column.get(key) is not None]
    for key in totals:
        del column.attrib[key]
    return len(found) + len(totals)
