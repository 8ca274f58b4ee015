"""The sheets of a new workbook that answer: Start, Scorecard and What-if."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from xlportfolio.chart import COLOURS
from xlportfolio.column_look import LINE_HEIGHT, STYLES
from xlportfolio.excel.functions import KP_SCORECARD
from xlportfolio.look import BAR
from xlportfolio.model import RATED_QUADRANTS, Quadrant, Status
from xlportfolio.schema.contract import CUSTOMERS, SETTINGS_TABLE, column_letters
from xlportfolio.scorecard import COLUMNS, FORMULA
from xlportfolio.state import state_formula
from xlportfolio.strategies import standard_strategies
from xlportfolio.tables import Kind
from xlportfolio.template import sample
from xlportfolio.template.author import FIRST_ROW, HEADER_ROW, LAST_ROW, Author
from xlportfolio.template.inputs import setting_rows

Block = list[list[Any]]


class Tables(NamedTuple):
    """The input tables of a new workbook as blocks of cells, for the values that formulas keep."""

    customers: Block
    criteria: Block
    settings: Block


def tables_of(language: str, *, with_sample: bool) -> Tables:
    """The blocks that formulas of the new workbook get."""
    customers, hours, criteria, settings = (
        [column.header(language) for column in columns]
        for columns in (
            CUSTOMERS.columns,
            CUSTOMERS.extras,
            sample.CRITERIA_COLUMNS,
            SETTINGS_TABLE.columns,
        )
    )
    names = [sample.criterion_texts(criterion, language)[0] for criterion in sample.CRITERIA]
    rows = [list(row) for row in sample.sample(language).customers] if with_sample else []
    header = customers + names + hours
    blank: Block = [[None] * len(header)]
    return Tables(
        [header, *(rows or blank)],
        [criteria, *map(list, sample.criteria(language))],
        [settings, *setting_rows(language, with_sample=with_sample)],
    )


# --- Start --------------------------------------------------------------------------------------

_STATE = ("as_of", "customers", "prospects", "not_rated")
#: Where the number of customers of each type stands.
_COUNT_COLUMN = 3
_STATE_BESIDE = ("value_threshold", "benefit_threshold", "warnings", "notes")


def write_start(author: Author, *, with_sample: bool) -> None:
    """What the workbook is, in five steps; the four types; how the last run went."""
    words = author.words
    title = words("new.sample_title" if with_sample else "new.title")
    label = words("new.sample_label" if with_sample else "new.empty_label")
    sheet = author.sheet(words("new.start"), title, label, "SheetStart")
    for column, width in enumerate((24, 50, 84, 18)):
        sheet.set_column(column, column, width)
    sheet.fit_to_pages(1, 1)
    warning = COLOURS[Quadrant.QUESTION_MARK]
    sheet.write_string(1, 0, label, author.format(bold=True, font_color=f"#{warning}"))
    row = _steps(author, sheet, 3)
    if author.macros:
        row = _buttons(author, sheet, row)
    row = _types(author, sheet, row + 1)
    row = _last_run(author, sheet, row + 1)
    if author.macros:
        sheet.write_string(row + 1, 0, words("new.macros_title"), author.heading())
        text = author.format(text_wrap=True, valign="top")
        sheet.merge_range(row + 2, 0, row + 2, 3, words("new.macros"), text)
        sheet.set_row(row + 2, 3 * LINE_HEIGHT)
    sheet.activate()


def _steps(author: Author, sheet: Worksheet, row: int) -> int:
    words = author.words
    kind = ("rescore_macros", "what_if") if author.macros else ("rescore_plain", "share")
    keys = ("criteria", "customers", kind[0], "results", kind[1])
    sheet.write_string(row, 0, words("new.steps_title"), author.heading())
    for number, key in enumerate(keys, start=1):
        text = f"{number}. {words(f'new.steps.{key}')}"
        sheet.write_string(row + number, 0, text, author.format())
    return row + len(keys) + 1


def _buttons(author: Author, sheet: Worksheet, row: int) -> int:
    """The two buttons, in a row of their own."""
    sheet.set_row(row, 36)
    for column, key in enumerate(("kpRescore", "kpCheck")):
        caption = author.words(f"ribbon.{key}.label")
        options = {
            "macro": key.replace("kp", "Kp"),
            "caption": caption,
            "width": 150,
            "height": 30,
            "x_offset": 4,
            "y_offset": 8,
        }
        sheet.insert_button(row, column, options)
    return row + 1


def _types(author: Author, sheet: Worksheet, row: int) -> int:
    words = author.words
    advice = {(s.quadrant, s.status): s for s in standard_strategies(author.language)}
    sheet.write_string(row, 0, words("new.types"), author.heading())
    for column, header in enumerate(words.branch("new")["type_columns"]):
        look = author.header("left" if column < _COUNT_COLUMN else "center")
        sheet.write_string(row + 1, column, header, look)
    for number, quadrant in enumerate(RATED_QUADRANTS, start=row + 2):
        strategy = advice[quadrant, Status.CUSTOMER]
        colour = author.format(
            bold=True, font_color="#FFFFFF", bg_color=f"#{COLOURS[quadrant]}", align="center"
        )
        body = author.body(text_wrap=True, indent=1)
        sheet.write_string(number, 0, words(f"quadrants_plural.{quadrant}"), colour)
        sheet.write_string(number, 1, words(f"meanings.{quadrant}"), body)
        sheet.write_string(
            number, 2, f"{strategy.strategy}{words('words.colon')} {strategy.activity}", body
        )
        _state(author, sheet, (number, _COUNT_COLUMN), quadrant, author.body(align="center"))
        sheet.set_row(number, 2 * LINE_HEIGHT)
    return row + 2 + len(RATED_QUADRANTS)


def _last_run(author: Author, sheet: Worksheet, row: int) -> int:
    words = author.words
    sheet.write_string(row, 0, words("new.last_run"), author.heading())
    numbers = {"as_of": author.date_format, "value_threshold": "0.0", "benefit_threshold": "0.0"}
    for column, keys in ((0, _STATE), (2, _STATE_BESIDE)):
        for number, key in enumerate(keys, start=row + 1):
            sheet.write_string(
                number,
                column,
                words(f"new.state.{key}"),
                author.body(align="right" if column else "left"),
            )
            style = author.body(num_format=numbers.get(key, "0"), align="left", indent=1)
            _state(author, sheet, (number, column + 1), key, style)
    return row + 1 + len(_STATE)


def _state(
    author: Author, sheet: Worksheet, cell: tuple[int, int], key: str, style: Format
) -> None:
    """A cell that shows a defined name which each rescore sets, without touching this sheet."""
    if key == "as_of":
        formula = state_formula(key, author.words("new.not_yet"))
        sheet.write_formula(*cell, f"={formula}", style, author.words("new.last_run_hint"))
    else:
        sheet.write_formula(*cell, f"={state_formula(key)}", style, "")


# --- Scorecard ----------------------------------------------------------------------------------

_SCORECARD_WIDTHS = (16, 40, 14, 14, 14, 10, 20, 10)


def write_scorecard(author: Author, tables: Tables) -> None:
    """One dynamic array formula over all customers, with the values that it has."""
    title = author.words("new.scorecard")
    sheet = author.sheet(title, title, author.words("new.scorecard_hint"), "SheetScorecard")
    block: Block = KP_SCORECARD(*tables)
    headers, styles = [], []
    for column, (kind, width) in enumerate(zip(COLUMNS.values(), _SCORECARD_WIDTHS, strict=True)):
        look = STYLES[kind]
        centred = look.horizontal == "center"
        style = author.format(
            num_format=look.number_format, align=look.horizontal, indent=int(not centred)
        )
        sheet.set_column(column, column, width, style)
        styles.append(style)
        headers.append(author.header("center" if centred else "left"))
        area = (FIRST_ROW, column, LAST_ROW, column)
        if kind is Kind.SCORE:
            bar(sheet, area)
        elif kind is Kind.QUADRANT:
            type_colours(author, sheet, area)
    formats = [headers, *([styles] * (len(block) - 1))]
    spill(author, sheet, (HEADER_ROW, 0), f"={FORMULA}", block, formats)
    sheet.set_row(HEADER_ROW, 33)
    sheet.freeze_panes(FIRST_ROW, 2)
    sheet.repeat_rows(HEADER_ROW)


def spill(
    author: Author,
    sheet: Worksheet,
    at: tuple[int, int],
    formula: str,
    block: Block,
    formats: Sequence[Sequence[Format]],
) -> None:
    """A dynamic array formula; the values of its answer are filled in when the file is finished."""
    (top, left), (height, width) = at, (len(block), len(block[0]))
    area = (top, left, top + height - 1, left + width - 1)
    sheet.write_dynamic_array_formula(*area, formula, formats[0][0])
    for r, styles in enumerate(formats):
        for c, style in enumerate(styles):
            if r or c:
                sheet.write_blank(top + r, left + c, None, style)
    author.answers.append((sheet.index, column_letters(left + 1) + str(top + 1), block))


def bar(sheet: Worksheet, area: tuple[int, int, int, int]) -> None:
    """Bars of 0 to 100 points behind numbers."""
    bar = {"type": "data_bar", "bar_color": f"#{BAR}", "bar_solid": True}
    bounds = {"min_type": "num", "min_value": 0, "max_type": "num", "max_value": 100}
    sheet.conditional_format(*area, {**bar, **bounds})


def type_colours(author: Author, sheet: Worksheet, area: tuple[int, int, int, int]) -> None:
    """Types in their colours."""
    here = f"{column_letters(area[1] + 1)}{area[0] + 1}"
    for quadrant, colour in COLOURS.items():
        properties = {"bg_color": f"#{colour}", "font_color": "#FFFFFF", "bold": True}
        word = author.words(f"quadrants.{quadrant}")
        author.colour(sheet, area, f'={here}="{word}"', properties)
