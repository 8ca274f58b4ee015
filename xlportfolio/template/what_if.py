"""The sheet What-if of a new workbook: a customer with other measures, and what becomes of it.

Formulas look up the chosen customer and the criteria, and hand them to the functions of ours. Cells
to the right of what is printed hold the customer and the criteria as those functions read them:
there, blank bounds of linear scales are those of all customers, which one customer alone has not.
"""

from __future__ import annotations

from collections.abc import Sequence

from xlsxwriter.format import Format
from xlsxwriter.utility import xl_range_abs
from xlsxwriter.worksheet import Worksheet

from xlportfolio.chart import COLOURS
from xlportfolio.excel.functions import KP_EXPLAIN, KP_QUADRANT, KP_SCORE
from xlportfolio.look import HEADER, INPUT, LINE
from xlportfolio.model import Axis, Quadrant
from xlportfolio.scale import ScaleKind
from xlportfolio.schema import Table
from xlportfolio.schema.contract import CRITERIA, CUSTOMERS, SETTINGS_TABLE, Cell
from xlportfolio.schema.words import AXES, SCALES
from xlportfolio.scorecard import ARGUMENTS
from xlportfolio.state import WHAT_IF, state_name
from xlportfolio.template.author import Author
from xlportfolio.template.inputs import faults_of_measure
from xlportfolio.template.tornado import Explained, Room, Row, pinned, write_tornado
from xlportfolio.template.views import Block, Tables, bar, spill, type_colours

#: Criteria that the sheet has room for.
ROOM = 30
#: The customer of the sample who is shown first: a question mark just below the threshold.
_SHOWN = 11

# rows, counted from 0
_CHOICE, _NUMBER, _RESULTS = 3, 4, 6
_SCORES = {Axis.VALUE: 7, Axis.BENEFIT: 8}
_COVERAGES = {Axis.VALUE: 9, Axis.BENEFIT: 10}
_TYPE = 11
_THRESHOLDS = {Axis.VALUE: 12, Axis.BENEFIT: 13}
_LEAST_COVERAGE = 14
_HEADS = 16
_FIRST, _LAST = _HEADS + 1, _HEADS + ROOM

# columns, counted from 0: what is seen
_NAME, _AXIS, _UNIT, _NOW, _INPUT, _USED = range(6)
_EXPLAINED, _CONTRIBUTION_NOW = 7, 12
# and what stands behind it: the explanation of now, the criteria; above them, the customer
_BEHIND, _CRITERIA = 15, 21
_OF_CRITERIA = tuple(c.key for c in CRITERIA.columns if c.key not in {"unit", "description"})
#: The criteria's names as MATCH takes them literally; the axes of what is explained.
_LITERAL = _CRITERIA + len(_OF_CRITERIA)
_AXIS_NOW, _AXIS_THEN = _LITERAL + 1, _LITERAL + 2
#: The chart beside the results: its room in pixels, and the rows beside it made high enough.
_CHART = Room(_CHOICE, _INPUT, 940, 12 * 29, _AXIS_THEN + 2)
_HIGH = 21.75
# of AGGREGATE: which figure, and what it leaves out
_SMALLEST, _LARGEST, _ERRORS = 5, 4, 6
# columns of an explanation
_VALUE, _WEIGHT, _CONTRIBUTION = 2, 3, 4


def write_what_if(author: Author, tables: Tables, *, with_sample: bool) -> None:
    """A customer with other measures: scores, type and contributions, by formulas."""
    title = author.words("new.what_if")
    sheet = author.sheet(title, title, author.words("new.what_if_hint"), WHAT_IF)
    chosen = tables.customers[1 + _SHOWN] if with_sample else None
    _WhatIf(author, sheet, tables, chosen).write()


def _down(column: int) -> str:
    """A column over all criteria."""
    area: str = xl_range_abs(_FIRST, column, _LAST, column)
    return area


def _literal(cell: str) -> str:
    """A cell's text as MATCH finds it: what stands for any character stands for itself."""
    return f'SUBSTITUTE(SUBSTITUTE(SUBSTITUTE({cell},"~","~~"),"*","~*"),"?","~?")'


class _WhatIf:
    """Writes the sheet; next to each formula stands the value that it has now."""

    def __init__(
        self, author: Author, sheet: Worksheet, tables: Tables, chosen: Sequence[Cell] | None
    ) -> None:
        self.author, self.sheet, self.tables = author, sheet, tables
        self.labels = author.words.branch("new.what_if_labels")
        self.chosen = chosen
        none: Sequence[Cell] = [None] * len(CRITERIA.columns)
        used = tables.criteria[1:]
        self.criteria = [*used, *([none] * (ROOM - len(used)))]
        known = dict(zip(tables.customers[0], chosen or (), strict=False))
        self.measures = [known.get(name) for name, *_ in self.criteria]
        names = [[name] for name, *_ in used]
        measures = [[measure] for measure in self.measures[: len(used)]]
        self.explanation: Block = [[None] * 5]
        if chosen is not None:
            self.explanation = KP_EXPLAIN(chosen[0], *tables)
        self.scores = {axis: KP_SCORE(names, measures, tables.criteria, axis) for axis in Axis}

    def write(self) -> None:
        """Write everything from top to bottom."""
        widths = (30, 18, 18, 14, 16, 14, 3, 30, 14, 12, 12, 14, 16, 3, 3)
        for column, width in enumerate(widths):
            self.sheet.set_column(column, column, width)
        self._choice()
        self._measures()
        self._customer_behind()
        self._criteria_behind()
        self._explanations()
        self._results()
        self._type()
        self._tornado()
        self.sheet.print_area(0, 0, _LAST, _CONTRIBUTION_NOW)
        self.sheet.fit_to_pages(1, 1)

    def _formula(
        self, place: tuple[int, int], formula: str, style: Format, value: Cell = None
    ) -> None:
        """A formula with the value that it keeps; ``None`` shows as nothing."""
        self.sheet.write_formula(*place, f"={formula}", style, "" if value is None else value)

    def _of(self, table: Table, key: str) -> str:
        """A column of a table in formulas."""
        return table.reference(key, self.author.language)

    def _setting(self, name: str) -> str:
        setting, value = (self._of(SETTINGS_TABLE, key) for key in ("setting", "value"))
        return f'INDEX({value},MATCH("{name}",{setting},0))'

    # --- the customer and its measures ---------------------------------------------------------

    def _choice(self) -> None:
        author, sheet, chosen = self.author, self.sheet, pinned(_CHOICE, 1)
        number, name = (self.chosen or (None, None))[:2]
        sheet.write_string(_CHOICE, 0, self.labels["customer"], author.format(bold=True))
        look = author.input(bold=True, align="left", indent=1)
        sheet.merge_range(_CHOICE, 1, _CHOICE, 3, name or "", look)
        rule = {
            "validate": "list",
            "source": "=kp_customers",
            "ignore_blank": False,  # else a blank name among them would allow anything
            "input_title": author.words("new.choose_title"),
            "input_message": author.words("new.choose_prompt"),
        }
        message = author.words("new.choose_prompt")
        place = (_CHOICE, 1, _CHOICE, 1)
        author.allow(sheet, place, rule, title="new.list_title", message=message)
        sheet.write_string(_NUMBER, 0, self.labels["number"], author.format())
        found = f"INDEX({self._of(CUSTOMERS, 'customer_id')},{self._row()})"
        formula = f'IFERROR(IF({found}="",{chosen},{found}),"")'
        self._formula((_NUMBER, 1), formula, author.format(align="left", indent=1), number)
        several = f"SUMPRODUCT(--({self._of(CUSTOMERS, 'customer')}={chosen}))>1"
        formula = f'IF({several},"{self.labels["several"]}","")'
        self._formula((_NUMBER, 2), formula, author.soft())

    @staticmethod
    def _row() -> str:
        """The chosen customer's place in the table."""
        return pinned(_NUMBER + 1, _BEHIND)

    @staticmethod
    def _position(row: int) -> str:
        """The column of a criterion in the table of customers."""
        return f"MATCH({pinned(row, _LITERAL)},INDEX({CUSTOMERS.whole},1,0),0)"

    def _measures(self) -> None:
        author, sheet, labels = self.author, self.sheet, self.labels
        sheet.set_row(_HEADS, 33)
        for column, key in enumerate(("criterion", "axis", "unit", "now", "then", "used")):
            look = author.header("left" if column < _NOW else "right")
            sheet.write_string(_HEADS, column, labels[key], look)
        text, number = author.format(indent=1), author.format(align="right", indent=1)
        for k, criterion in enumerate(self.criteria):
            row = _FIRST + k
            for column, key in ((_NAME, "criterion"), (_AXIS, "axis"), (_UNIT, "unit")):
                formula = f'IFERROR(INDEX({self._of(CRITERIA, key)},{k + 1})&"","")'
                position = next(i for i, c in enumerate(CRITERIA.columns) if c.key == key)
                self._formula((row, column), formula, text, criterion[position])
            cell = f"INDEX({CUSTOMERS.whole},{self._row()}+1,{self._position(row)})"
            formula = f'IFERROR(IF({cell}="","",{cell}),"")'
            self._formula((row, _NOW), formula, number, self.measures[k])
            sheet.write_blank(row, _INPUT, None, number)
            now, entered = pinned(row, _NOW), pinned(row, _INPUT)
            formula = f'IF({entered}="",{now},{entered})'
            self._formula((row, _USED), formula, number, self.measures[k])
        count = f"ROWS({self._of(CRITERIA, 'criterion')})"
        formula = f'IF({count}>{ROOM},"{author.words("new.what_if_room", most=ROOM)}","")'
        self._formula((_HEADS - 1, 0), formula, author.soft(bold=True))
        self._colours()

    def _colours(self) -> None:
        """Cells to fill in, those filled in wrongly, what has been changed, and lines."""
        author, sheet, row = self.author, self.sheet, _FIRST + 1
        inputs = (_FIRST, _INPUT, _LAST, _INPUT)
        for fault in faults_of_measure(f"$E{row}", f"$A{row}"):
            author.colour(sheet, inputs, f"=AND({fault})")
        line = {"bottom": 1, "bottom_color": f"#{LINE}"}
        filled = f'=$A{row}<>""'
        author.colour(sheet, inputs, filled, {**line, "bg_color": f"#{INPUT}"})
        author.colour(sheet, (_FIRST, _NAME, _LAST, _USED), filled, line)
        explained = (_FIRST, _EXPLAINED, _LAST, _CONTRIBUTION_NOW)
        author.colour(sheet, explained, f'=$H{row}<>""', line)
        ink = {"bold": True, "font_color": f"#{COLOURS[Quadrant.QUESTION_MARK]}"}
        changed = f'=AND($E{row}<>"",$E{row}<>$D{row})'
        author.colour(sheet, (_FIRST, _USED, _LAST, _USED), changed, ink)
        author.group_thousands(sheet, (_FIRST, _NOW, _LAST, _USED))
        author.group_thousands(sheet, (_FIRST, _EXPLAINED + 1, _LAST, _EXPLAINED + 1))

    # --- behind the sheet ----------------------------------------------------------------------

    def _customer_behind(self) -> None:
        """The customer with the measures that count, in a row below the criteria's names."""
        soft, number = self.author.soft(), None if self.chosen is None else self.chosen[0]
        self.sheet.write_string(_CHOICE - 1, _BEHIND, self.labels["helper"], soft)
        header = CUSTOMERS.header("customer_id", self.author.language)
        self.sheet.write_string(_CHOICE, _BEHIND, header, soft)
        self._formula((_NUMBER, _BEHIND), pinned(_NUMBER, 1), soft, number)
        place = None if self.chosen is None else 1 + _SHOWN
        name = _literal(pinned(_CHOICE, 1))
        formula = f'IFERROR(MATCH({name},{self._of(CUSTOMERS, "customer")},0),"")'
        self._formula((_NUMBER + 1, _BEHIND), formula, soft, place)
        self.sheet.write_string(_NUMBER + 1, _BEHIND + 1, self.labels["place"], soft)
        for k, (name, *_) in enumerate(self.criteria):
            row, column = _FIRST + k, _BEHIND + 1 + k
            self._formula((_CHOICE, column), pinned(row, _NAME), soft, name)
            self._formula((_NUMBER, column), pinned(row, _USED), soft, self.measures[k])

    @staticmethod
    def _customer() -> str:
        area: str = xl_range_abs(_CHOICE, _BEHIND, _NUMBER, _BEHIND + ROOM)
        return area

    def _criteria_behind(self) -> None:
        """The criteria; where a linear scale has no bound, that of all customers."""
        soft = self.author.soft()
        columns = {key: _CRITERIA + i for i, key in enumerate(_OF_CRITERIA)}
        for key, column in columns.items():
            header = CRITERIA.header(key, self.author.language)
            self.sheet.write_string(_HEADS, column, header, soft)
        for k, criterion in enumerate(self.criteria):
            row = _FIRST + k
            scale = pinned(row, columns["scale"])
            words = ("", *SCALES.spelled(ScaleKind.LINEAR))
            linear = ",".join(f'{scale}="{word}"' for word in words)
            measures = f"INDEX({CUSTOMERS.name}[],0,{self._position(row)})"
            self._formula((row, _LITERAL), _literal(pinned(row, _NAME)), soft, criterion[0])
            for (key, column), content in zip(columns.items(), criterion, strict=False):
                cell = f"INDEX({self._of(CRITERIA, key)},{k + 1})"
                otherwise = '""'
                if key in {"low", "high"}:
                    which = _SMALLEST if key == "low" else _LARGEST
                    bound = f"_xlfn.AGGREGATE({which},{_ERRORS},{measures})"
                    otherwise = f'IF(AND(OR({linear}),COUNT({measures})>0),{bound},"")'
                formula = f'IFERROR(IF({cell}="",{otherwise},{cell}),"")'
                self._formula((row, column), formula, soft, content)

    @staticmethod
    def _criteria() -> str:
        area: str = xl_range_abs(_HEADS, _CRITERIA, _LAST, _CRITERIA + len(_OF_CRITERIA) - 1)
        return area

    # --- what comes of it ----------------------------------------------------------------------

    def _explanations(self) -> None:
        """How the scores come about; what it is now stands behind the sheet."""
        author, sheet, number = self.author, self.sheet, pinned(_NUMBER, 1)
        block = self.explanation
        points = author.format(num_format="#,##0.0", align="right", indent=1)
        measure = author.format(align="right", indent=1)
        styles = [author.format(indent=1), measure, points, points, points]
        for column, style in enumerate(styles, start=_EXPLAINED):
            for row in range(_FIRST, _LAST + 1):
                sheet.write_blank(row, column, None, style)
        head, right = author.format(indent=1), author.format(align="right", indent=1)
        formats = [[head, *[right] * 4], *([styles] * (len(block) - 1))]
        then = f'=IF({number}="","",KP_EXPLAIN({number},{self._customer()},{self._criteria()}))'
        spill(author, sheet, (_HEADS, _EXPLAINED), then, block, formats)
        now = f'=IF({number}="","",KP_EXPLAIN({number},{ARGUMENTS}))'
        behind = [[author.soft()] * 5] * len(block)
        spill(author, sheet, (_HEADS, _BEHIND), now, block, behind)
        for row in range(_HEADS, _LAST + 1):
            cell = pinned(row, _BEHIND + _CONTRIBUTION)
            kept = block[row - _HEADS][_CONTRIBUTION] if row - _HEADS < len(block) else None
            style = right if row == _HEADS else points
            self._formula((row, _CONTRIBUTION_NOW), f'IF({cell}="","",{cell})', style, kept)
        self._axes_behind()
        sheet.write_string(_HEADS - 1, _EXPLAINED, self.labels["explained"], author.soft())
        label = self.labels["contribution_now"]
        sheet.write_string(_HEADS - 1, _CONTRIBUTION_NOW, label, author.soft(align="right"))
        look = {"bg_color": f"#{HEADER}", "font_color": "#FFFFFF", "bold": True}
        heads = (_HEADS, _EXPLAINED, _HEADS, _CONTRIBUTION_NOW)
        author.colour(sheet, heads, f'=$H${_HEADS + 1}<>""', look)
        values = _EXPLAINED + _VALUE
        bar(sheet, (_FIRST, values, _LAST, values))

    def _axes_behind(self) -> None:
        """The axis of each explained criterion: explanations leave the empty rows of theirs out."""
        for left, column in ((_BEHIND, _AXIS_NOW), (_EXPLAINED, _AXIS_THEN)):
            for k, criterion in enumerate(self.criteria):
                row = _FIRST + k
                place = f"MATCH({_literal(pinned(row, left))},{_down(_NAME)},0)"
                axis = criterion[1] if self.chosen is not None else None
                formula = f'IFERROR(INDEX({_down(_AXIS)},{place}),"")'
                self._formula((row, column), formula, self.author.soft(), axis)

    def _results(self) -> None:
        """Scores and coverages, as they are and as they would be."""
        author, sheet, labels = self.author, self.sheet, self.labels
        sheet.write_blank(_RESULTS, 0, None, author.header())
        for column, key in enumerate(("now", "then", "change"), start=1):
            sheet.write_string(_RESULTS, column, labels[key], author.header("center"))
        points = author.body(num_format="0.0", align="center")
        percent = author.body(num_format="0%", align="center")
        difference = author.body(num_format="+0.0;-0.0;0.0", align="center")
        for axis in Axis:
            row = _SCORES[axis]
            sheet.write_string(row, 0, labels[f"{axis}_score"], author.body())
            for column, measures in ((1, _NOW), (2, _USED)):
                ranges = f"{_down(_NAME)},{_down(measures)},{self._criteria()}"
                self._formula(
                    (row, column), f'KP_SCORE({ranges},"{axis}")', points, self.scores[axis]
                )
            now, then = pinned(row, 1), pinned(row, 2)
            formula = f'IF(COUNT({now}:{then})=2,{then}-{now},"")'
            self._formula((row, 3), formula, difference, 0 if self.chosen else None)
            row = _COVERAGES[axis]
            sheet.write_string(row, 0, labels[f"{axis}_coverage"], author.body())
            for column, left, axes in ((1, _BEHIND, _AXIS_NOW), (2, _EXPLAINED, _AXIS_THEN)):
                full = 1 if self.chosen else None  # this customer's measures are all known
                self._formula((row, column), self._coverage(axis, left, axes), percent, full)
            sheet.write_blank(row, 3, None, author.body())

    @staticmethod
    def _coverage(axis: Axis, left: int, of: int) -> str:
        """The weight of the criteria with a value, of all weight on an axis.

        Explanations are texts where they could not be computed anew: then nothing is known.
        """
        values, weights, axes = _down(left + _VALUE), _down(left + _WEIGHT), _down(of)
        words = AXES.spelled(axis)
        known = "+".join(f'SUMIFS({weights},{axes},"{w}",{values},">=0")' for w in words)
        whole = "+".join(f'SUMIF({axes},"{w}",{weights})' for w in words)
        return f'IFERROR(IF(COUNT({values})=0,"",({known})/({whole})),"")'

    def _type(self) -> None:
        """The type, and the thresholds behind it; none for a customer that would not be rated."""
        author, sheet, labels = self.author, self.sheet, self.labels
        sheet.write_string(_TYPE, 0, labels["quadrant"], author.body())
        scores = ([[self.scores[axis]]] for axis in Axis)
        [[word]] = KP_QUADRANT(*scores, language=author.language)
        thresholds = ",".join(pinned(_THRESHOLDS[axis], 1) for axis in Axis)
        style = author.body(align="center", bold=True)
        for column in (1, 2):
            low = ",".join(
                f"IF(ISNUMBER({cell}),ROUND({cell},9)<ROUND({pinned(_LEAST_COVERAGE, 1)}/100,9))"
                for cell in (pinned(_COVERAGES[axis], column) for axis in Axis)
            )
            both = ",".join(pinned(_SCORES[axis], column) for axis in Axis)
            answer = f'KP_QUADRANT({both},{thresholds},"{author.language}")'
            not_rated = author.words("quadrants.not_rated")
            blank = ",".join(f'{pinned(_SCORES[axis], column)}=""' for axis in Axis)
            none = f'AND({pinned(_NUMBER, 1)}<>"",OR({blank}))'
            formula = f'IF(OR({none},{low}),"{not_rated}",{answer})'
            self._formula((_TYPE, column), formula, style, word)
        sheet.write_blank(_TYPE, 3, None, author.body())
        type_colours(author, sheet, (_TYPE, 1, _TYPE, 2))
        for axis in Axis:
            found, last = self._setting(f"{axis}_threshold"), state_name(f"{axis}_threshold")
            formula = f"IF(ISNUMBER({found}),{found},IF(ISNUMBER({last}),{last},50))"
            self._bound(_THRESHOLDS[axis], f"{axis}_threshold", formula)
        found = self._setting("min_coverage")
        self._bound(_LEAST_COVERAGE, "min_coverage", f"IF(ISNUMBER({found}),{found},50)")

    def _bound(self, row: int, label: str, formula: str) -> None:
        self.sheet.write_string(row, 0, self.labels[label], self.author.soft())
        style = self.author.soft(align="center")
        self._formula((row, 1), f"IFERROR({formula},50)", style, 50)

    # --- what the weights do -------------------------------------------------------------------

    def _tornado(self) -> None:
        """The chart beside the results, of the measures that count on this sheet."""
        for row in range(_CHOICE, _LEAST_COVERAGE + 1):
            self.sheet.set_row(row, _HIGH)
        axes = {name: AXES.get(str(axis)) for name, axis, *_ in self.criteria if name}
        rows: list[Row] = [
            (name, weight, contribution, axes[name] or Axis.VALUE)
            for name, _, _, weight, contribution in self.explanation[1:]
        ]
        columns = _EXPLAINED, _EXPLAINED + _WEIGHT, _EXPLAINED + _CONTRIBUTION, _AXIS_THEN
        write_tornado(self.author, self.sheet, Explained(_FIRST, _LAST, *columns, rows), _CHART)
