"""The sheet What-if of a new workbook: a customer with other measures, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest

from xlsxwriter.worksheet import Worksheet

from xlportfolio.chart import COLOURS
from xlportfolio.excel.functions import KP_EXPLAIN, KP_QUADRANT, KP_SCORE
from xlportfolio.look import LINE
from xlportfolio.model import Axis, Quadrant
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, SETTINGS_TABLE, Cell, column_letters
from xlportfolio.template.author import INPUT, Author
from xlportfolio.template.inputs import faults_of_measure
from xlportfolio.template.views import WHOLE, Block, Tables, bar, spill, type_colours

_THREE = ",".join(WHOLE.values())
#: Criteria that the sheet has room for.
_ROOM = 20
#: The sheet's row of the headers above the criteria, counted from 0.
_CRITERIA_ROW = 13
#: The column of the cells behind the sheet, outside of what is printed.
_HELPER = 15
#: The customer of the sample who is shown first: a question mark just below the threshold.
_SHOWN = 11


def write_what_if(author: Author, tables: Tables, *, with_sample: bool) -> None:
    """A customer with other measures: scores, type and contributions, by formulas."""
    title = author.words("new.what_if")
    sheet = author.sheet(title, title, author.words("new.what_if_hint"), "SheetWhatIf")
    chosen = tables.customers[1 + _SHOWN] if with_sample else None
    _WhatIf(author, sheet, tables, chosen).write()


class _WhatIf:
    """Writes the sheet; next to each formula stands the value that it has now."""

    def __init__(
        self, author: Author, sheet: Worksheet, tables: Tables, chosen: Sequence[Cell] | None
    ) -> None:
        self.author, self.sheet, self.tables = author, sheet, tables
        self.labels = author.words.branch("new.what_if_labels")
        names = [row[0] for row in tables.criteria[1:]]
        self.criteria = tables.criteria[1:]
        self.chosen = chosen
        known = dict(zip(tables.customers[0], chosen or (), strict=False))
        self.measures = [known.get(name) for name in names]
        self.first, self.last = _CRITERIA_ROW + 1, _CRITERIA_ROW + _ROOM
        self.top = self.first + 1

    def write(self) -> None:
        """Write everything from top to bottom."""
        widths = (30, 18, 18, 14, 16, 12, 3, 30, 14, 12, 12, 14, 16, 3, 3)
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self._choice()
        self._helper()
        self._criteria()
        self._results()
        self._explanation()
        self.sheet.print_area(0, 0, self.last, 12)
        self.sheet.fit_to_pages(1, 1)

    def _column(self, letter: str) -> str:
        return f"${letter}${self.top}:${letter}${self.last + 1}"

    def _header(self, key: str) -> str:
        return next(
            c.header(self.author.language) for table in WHOLE for c in table.columns if c.key == key
        )

    def _choice(self) -> None:
        author, sheet = self.author, self.sheet
        numbers = f"{CUSTOMERS.name}[{self._header('customer_id')}]"
        number, name = (self.chosen or (None, None))[:2]
        sheet.write_string(3, 0, self.labels["customer"], author.format(bold=True))
        sheet.merge_range(3, 1, 3, 3, name or "", author.input(bold=True, align="left", indent=1))
        rule = {
            "validate": "list",
            "source": "=kp_customers",
            "input_title": author.words("new.choose_title"),
            "input_message": author.words("new.choose_prompt"),
        }
        message = author.words("new.choose_prompt")
        author.allow(sheet, (3, 1, 3, 1), rule, title="new.list_title", message=message)
        sheet.write_string(4, 0, self.labels["number"], author.format())
        formula = f'=IFERROR(IF(INDEX({numbers},$P$6)="",$B$4,INDEX({numbers},$P$6)),"")'
        style = author.format(align="left", indent=1)
        sheet.write_formula(4, 1, formula, style, "" if number is None else number)

    def _criteria(self) -> None:
        author, sheet, labels = self.author, self.sheet, self.labels
        heads = ("criterion", "axis", "unit", "now", "then", "used")
        sheet.set_row(_CRITERIA_ROW, 33)
        for column, key in enumerate(heads):
            sheet.write_string(_CRITERIA_ROW, column, labels[key], author.header())
        text, number = (
            author.format(indent=1),
            author.format(align="right", num_format="#,##0.##", indent=1),
        )
        everyone = WHOLE[CUSTOMERS]
        for k, criterion in zip_longest(range(_ROOM), self.criteria):
            row = self.first + k
            for column, key in enumerate(("criterion", "axis", "unit")):
                source = f"{CRITERIA.name}[{self._header(key)}]"
                content = criterion[self._position(key)] if criterion else ""
                formula = f'=IFERROR(INDEX({source},{k + 1})&"","")'
                sheet.write_formula(row, column, formula, text, content)
            cell = f"INDEX({everyone},$P$6+1,MATCH($A{row + 1},INDEX({everyone},1,0),0))"
            measure = self.measures[k] if criterion else None
            measure = "" if measure is None else measure
            sheet.write_formula(row, 3, f'=IFERROR(IF({cell}="","",{cell}),"")', number, measure)
            sheet.write_blank(row, 4, None, number)
            formula = f'=IF($E{row + 1}="",$D{row + 1},$E{row + 1})'
            sheet.write_formula(row, 5, formula, number, measure)
        for fault in faults_of_measure(f"$E{self.top}", f"$A{self.top}"):
            author.colour(sheet, (self.first, 4, self.last, 4), f"=AND({fault})")
        rule = {"bottom": 1, "bottom_color": f"#{LINE}"}
        filled = f'=$A{self.top}<>""'
        author.colour(
            sheet, (self.first, 4, self.last, 4), filled, {**rule, "bg_color": f"#{INPUT}"}
        )
        author.colour(sheet, (self.first, 0, self.last, 5), filled, rule)
        author.colour(sheet, (self.first, 7, self.last, 12), f'=$H{self.top}<>""', rule)
        changed = f'=AND($E{self.top}<>"",$E{self.top}<>$D{self.top})'
        area = (self.first, 5, self.last, 5)
        ink = {"bold": True, "font_color": f"#{COLOURS[Quadrant.QUESTION_MARK]}"}
        author.colour(sheet, area, changed, ink)

    @staticmethod
    def _position(key: str) -> int:
        return next(i for i, column in enumerate(CRITERIA.columns) if column.key == key)

    def _results(self) -> None:
        author, sheet, labels = self.author, self.sheet, self.labels
        for column, key in enumerate(("now", "then", "change"), start=1):
            sheet.write_string(6, column, labels[key], author.header("center"))
        sheet.write_blank(6, 0, None, author.header())
        names, criteria = self._column("A"), WHOLE[CRITERIA]
        points = author.body(num_format="0.0", align="center")
        scores = {}
        for row, axis in enumerate(Axis, start=7):
            sheet.write_string(row, 0, labels[f"{axis}_score"], author.body())
            headers = [[name] for name, *_ in self.criteria]
            scores[axis] = KP_SCORE(
                headers, [[m] for m in self.measures], self.tables.criteria, axis
            )
            value = "" if scores[axis] is None else scores[axis]
            for column, letter in ((1, "D"), (2, "F")):
                formula = f'=KP_SCORE({names},{self._column(letter)},{criteria},"{axis}")'
                sheet.write_formula(row, column, formula, points, value)
            change = f'=IF(COUNT($B{row + 1}:$C{row + 1})=2,$C{row + 1}-$B{row + 1},"")'
            style = author.body(num_format="+0.0;-0.0;0.0", align="center")
            sheet.write_formula(row, 3, change, style, 0 if self.chosen else "")
        sheet.write_string(9, 0, labels["quadrant"], author.body())
        [[word]] = KP_QUADRANT(*([[scores[axis]]] for axis in Axis), language=author.language)
        for column in (1, 2):
            letter = column_letters(column + 1)
            both = f"${letter}$8,${letter}$9,$B$11,$B$12"
            formula = f'=KP_QUADRANT({both},"{author.language}")'
            style = author.body(align="center", bold=True)
            sheet.write_formula(9, column, formula, style, word or "")
        sheet.write_blank(9, 3, None, author.body())
        type_colours(author, sheet, (9, 1, 9, 2))
        setting, value_of = (
            f"{SETTINGS_TABLE.name}[{self._header(key)}]" for key in ("setting", "value")
        )
        for row, axis in enumerate(Axis, start=10):
            sheet.write_string(row, 0, labels[f"{axis}_threshold"], author.soft())
            found = f'INDEX({value_of},MATCH("{axis}_threshold",{setting},0))'
            last = f"kp_last_{axis}_threshold"
            formula = f"=IFERROR(IF(ISNUMBER({found}),{found},IF(ISNUMBER({last}),{last},50)),50)"
            sheet.write_formula(row, 1, formula, author.soft(align="center", num_format="0.0"), 50)

    def _helper(self) -> None:
        """The customer with the measures that count, in a row below the criteria's names."""
        sheet, first = self.sheet, _HELPER
        sheet.write_string(2, first, self.labels["helper"], self.author.soft())
        sheet.write_string(3, first, self._header("customer_id"), self.author.soft())
        number = "" if self.chosen is None else self.chosen[0]
        sheet.write_formula(4, first, "=$B$5", self.author.soft(), number)
        place = "" if self.chosen is None else 1 + _SHOWN
        names = f"{CUSTOMERS.name}[{self._header('customer')}]"
        formula = f'=IFERROR(MATCH($B$4,{names},0),"")'
        sheet.write_formula(5, first, formula, self.author.soft(), place)
        sheet.write_string(5, first + 1, self.labels["place"], self.author.soft())
        for k, criterion in zip_longest(range(_ROOM), self.criteria):
            row, column = self.top + k, first + 1 + k
            name = criterion[0] if criterion else ""
            measure = self.measures[k] if criterion else None
            sheet.write_formula(3, column, f"=$A${row}", self.author.soft(), name)
            formula, value = f"=$F${row}", "" if measure is None else measure
            sheet.write_formula(4, column, formula, self.author.soft(), value)

    def _explanation(self) -> None:
        author, sheet = self.author, self.sheet
        sheet.write_string(_CRITERIA_ROW - 1, 7, self.labels["explained"], author.soft())
        last = column_letters(_HELPER + 1 + _ROOM)
        customer = f"${column_letters(_HELPER + 1)}$4:${last}$5"
        tables = f"{WHOLE[CRITERIA]},{WHOLE[SETTINGS_TABLE]}"
        then = f'=IF($B$5="","",KP_EXPLAIN($B$5,{customer},{tables}))'
        now = f'=IF($B$5="","",KP_EXPLAIN($B$5,{_THREE}))'
        block: Block = [[None] * 5]
        if self.chosen is not None:
            block = KP_EXPLAIN(self.chosen[0], *self.tables)
        number = author.format(num_format="#,##0.0", align="right", indent=1)
        text = author.format(indent=1)
        styles = [text, author.format(num_format="#,##0.##", align="right"), number, number, number]
        formats = [[author.header()] * 5, *([styles] * (len(block) - 1))]
        for column, style in enumerate(styles, start=7):
            for row in range(self.first, self.last + 1):
                sheet.write_blank(row, column, None, style)
        spill(author, sheet, (_CRITERIA_ROW, 7), then, block, formats)
        # what it is now stands behind the sheet, and only its contributions are shown
        soft = author.soft()
        _, left = place = (_CRITERIA_ROW, _HELPER)
        spill(author, sheet, place, now, block, [[soft] * 5] * len(block))
        sheet.write_string(_CRITERIA_ROW - 1, 12, self.labels["contribution_now"], author.soft())
        source = column_letters(left + 5)
        for row in range(_CRITERIA_ROW, self.last + 1):
            cell = f"{source}{row + 1}"
            at = row - _CRITERIA_ROW
            kept = block[at][4] if at < len(block) else None
            look = number if at else author.header()
            formula = f'=IF({cell}="","",{cell})'
            sheet.write_formula(row, 12, formula, look, "" if kept is None else kept)
        bar(sheet, (self.first, 9, self.last, 9))
