"""The sheets of a new workbook that a user fills in: the tables of the contract."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from math import isfinite
from typing import Any

from xlsxwriter.worksheet import Worksheet

from xlportfolio.forecast import FORECASTS
from xlportfolio.locale import LANGUAGES
from xlportfolio.model import (
    RANGES,
    RATED_QUADRANTS,
    WHOLE,
    Axis,
    Objective,
    ScoringModel,
    Status,
)
from xlportfolio.orders import MEASURES
from xlportfolio.presentation import DATES, LABELS, Presentation
from xlportfolio.schema import SETTINGS, Table
from xlportfolio.schema.contract import (
    CRITERIA,
    CUSTOMERS,
    ORDERS,
    SETTINGS_TABLE,
    STRATEGIES,
    Cell,
    Column,
    column_letters,
)
from xlportfolio.schema.words import (
    AXES,
)
from xlportfolio.strategies import standard_strategies
from xlportfolio.template import sample
from xlportfolio.template.author import FIRST_ROW, HEADER_ROW, LAST_ROW, Area, Author, TableColumn
from xlportfolio.template.sample import SampleCriterion
from xlportfolio.template.word_lists import is_one_of

#: The sheet's row of the first data, as formulas count it.
_TOP = FIRST_ROW + 1
#: Settings that are days, and those of how a result is shown that count something.
_DAYS = ("as_of", "compare_with")
_COUNTS = {"top_labels": LABELS, "history_dates": DATES}
#: The last column for which colours and rules of the customers are there.
_LAST_COLUMN = 60


def write_inputs(author: Author, *, with_sample: bool) -> None:
    """Write the tables Customers, Criteria, Settings, Strategies and Orders, a sheet each."""
    _customers(author, with_sample=with_sample)
    _criteria(author)
    _settings(author, with_sample=with_sample)
    _strategies(author)
    _orders(author)


def _columns(
    author: Author,
    table: Table,
    columns: Sequence[Column],
    widths: Sequence[float],
    formats: dict[str, str] | None = None,
) -> list[TableColumn]:
    """Columns of the contract, with their notes."""
    notes = author.words.branch(f"headers.{table.name}")
    formats = formats or {}
    return [
        TableColumn(c.header(author.language), notes[c.key], width, formats.get(c.key, "General"))
        for c, width in zip(columns, widths, strict=True)
    ]


def _down(column: int) -> Area:
    """The cells of a column, counted from 0, in which entries are checked."""
    return FIRST_ROW, column, LAST_ROW, column


# --- customers ----------------------------------------------------------------------------------


def _customers(author: Author, *, with_sample: bool) -> None:
    words, language = author.words, author.language
    columns = _columns(author, CUSTOMERS, CUSTOMERS.columns, [16, 38, 14])
    columns += [_criterion_column(author, criterion) for criterion in sample.CRITERIA]
    columns += _columns(author, CUSTOMERS, CUSTOMERS.extras, [16], {"hours_now": "#,##0"})
    rows = sample.sample(language).customers if with_sample else []
    sheet = author.table(CUSTOMERS, columns, rows, "SheetCustomers")
    sheet.freeze_panes(FIRST_ROW, 2)
    author.choice(sheet, _down(2), [words(f"statuses.{status}") for status in Status])
    for position, criterion in enumerate(sample.CRITERIA, start=len(CUSTOMERS.columns)):
        if criterion.scale == "categories":
            choices = list(sample.level_words(language).values())
            options = {"message": "new.measure_error", "strictness": "warning"}
            author.choice(sheet, _down(position), choices, **options)

    first = len(CUSTOMERS.columns)
    letter = column_letters(first + 1)
    here, head = f"{letter}{_TOP}", f"{letter}${HEADER_ROW + 1}"
    measures = (FIRST_ROW, first, LAST_ROW, _LAST_COLUMN - 1)
    there = f'$A{_TOP}&$B{_TOP}<>""'
    author.colour(sheet, measures, f"=ISERROR({here})")
    missing = f'AND({there},COUNTIF(kp_criteria,{head})>0,TRIM({here})="")'
    author.missing(sheet, measures, f"={missing}")
    for fault in faults_of_measure(here, head):
        author.colour(sheet, measures, f"=AND({fault})")
    author.colour(sheet, _down(0), f'=AND($A{_TOP}<>"",{_customers_with(f"$A{_TOP}")}>1)')
    last = column_letters(_LAST_COLUMN)
    unnamed = f'AND($A{_TOP}&$B{_TOP}="",COUNTA($C{_TOP}:${last}{_TOP})>0)'
    author.missing(sheet, (FIRST_ROW, 0, LAST_ROW, 1), f"={unnamed}")
    _only(author, sheet, 2, "statuses")
    _from_zero(author, sheet, len(columns) - 1)


def _customers_with(number: str) -> str:
    """How many customers have a number, compared as texts are: 7 and 007 are two."""
    return f'SUMPRODUCT(--(kp_customer_ids&""={number}&""))'


def faults_of_measure(here: str, criterion: str) -> tuple[str, str]:
    """Conditions for a measure that cannot be used, within AND; no criterion, no fault.

    The first finds text where a number belongs, the second a word that is none of the levels.
    """
    row = f"MATCH({criterion},kp_criteria,0)"
    is_words = is_one_of(f"INDEX(kp_scales,{row})", "categories")
    levels = f'SUBSTITUTE(SUBSTITUTE(INDEX(kp_levels,{row})," ",""),CHAR(10),";")'
    known = f'ISNUMBER(SEARCH(";"&SUBSTITUTE({here}," ","")&"=",";"&{levels}))'
    return (
        f'COUNTIF(kp_criteria,{criterion})>0,TRIM({here})<>"",ISTEXT({here}),NOT({is_words})',
        f'{here}<>"",{is_words},NOT({known})',
    )


def _only(author: Author, sheet: Worksheet, column: int, kind: str) -> None:
    """Colour the entries of a column that are none of the words of a kind."""
    here = f"{column_letters(column + 1)}{_TOP}"
    is_known = is_one_of(f"TRIM({here})", kind)
    author.colour(sheet, _down(column), f'=AND(TRIM({here})<>"",NOT({is_known}))')


def _from_zero(author: Author, sheet: Worksheet, column: int) -> None:
    """Allow numbers from 0, and colour what else stands in a column."""
    at_least = {"validate": "decimal", "criteria": ">=", "value": 0}
    author.allow(sheet, _down(column), at_least, message=author.words("new.from_zero_error"))
    here = f"{column_letters(column + 1)}{_TOP}"
    author.colour(sheet, _down(column), f"=OR(ISTEXT({here}),AND(ISNUMBER({here}),{here}<0))")


def _criterion_column(author: Author, criterion: SampleCriterion) -> TableColumn:
    name, unit, description = sample.criterion_texts(criterion, author.language)
    key = "criterion" if unit else "criterion_plain"
    details = {"name": name, "unit": unit, "description": description}
    note = author.words(f"headers.{CUSTOMERS.name}.{key}", **details)
    return TableColumn(name, note, max(13, len(name) + 4), criterion.number_format)


# --- criteria -----------------------------------------------------------------------------------


def _criteria(author: Author) -> None:
    words = author.words
    widths = [22, 10, 10, 11, 13, 11, 11, 44, 15, 13, 14, 16, 22, 66]
    columns = _columns(author, CRITERIA, sample.CRITERIA_COLUMNS, widths)
    sheet = author.table(CRITERIA, columns, sample.criteria(author.language), "SheetCriteria")
    axes = [words(f"axes.{axis}") for axis in Axis]
    scales = list(words.branch("scales").values())
    fills = list(words.branch("fills").values())
    author.choice(sheet, _down(1), axes)
    author.choice(sheet, _down(3), list(Objective))
    author.choice(sheet, _down(4), scales)
    author.choice(sheet, _down(8), fills, message="new.fill_error", strictness="information")
    author.choice(sheet, _down(10), [words("words.yes"), words("words.no")])
    author.choice(sheet, _down(11), list(words.branch("roles").values()))
    sources = [*MEASURES, *FORECASTS]
    author.choice(sheet, _down(12), sources, message="new.source_error", strictness="information")
    at_least = {"validate": "decimal", "criteria": ">=", "value": 0}
    author.allow(sheet, _down(2), at_least, message=words("new.weight_error"))
    for column in (5, 6):
        _allow_numbers(author, sheet, column)
        author.group_thousands(sheet, _down(column))

    row = f"{_TOP}"
    filled = f'$A{row}<>""'
    by_levels = is_one_of(f"TRIM($E{row})", "levels")
    said = f'TRIM($I{row})<>""'
    share = f"AND(ISNUMBER($I{row}),$I{row}>=0,$I{row}<=100)"
    is_fill = f"OR({is_one_of(f'TRIM($I{row})', 'fills')},{share})"
    rules = {
        0: f"OR(COUNTIF($A${row}:$A${LAST_ROW + 1},$A{row})>1,ISNA(MATCH($A{row},kp_headers,0)))",
        2: f'TRIM($C{row})<>"",OR(NOT(ISNUMBER($C{row})),$C{row}<0)',
        5: f"OR(ISTEXT($F{row}),AND(ISNUMBER($F{row}),ISNUMBER($G{row}),$F{row}>$G{row}))",
        6: f"OR(ISTEXT($G{row}),AND(ISNUMBER($F{row}),ISNUMBER($G{row}),$F{row}>$G{row}))",
        7: f'AND({by_levels},ISERROR(FIND("=",$H{row})))',
        8: f"AND({said},NOT({is_fill}))",
        11: f'TRIM($L{row})<>"",COUNTIF($L${row}:$L${LAST_ROW + 1},$L{row})>1',
    }
    for column, rule in rules.items():
        author.colour(sheet, _down(column), f"=AND({filled},{rule})")
    for column, letter in ((1, "B"), (2, "C")):
        author.missing(sheet, _down(column), f'=AND({filled},TRIM(${letter}{row})="")')
    for column, kind in (
        (1, "axes"),
        (3, "objectives"),
        (4, "scales"),
        (10, "answers"),
        (11, "roles"),
    ):
        _only(author, sheet, column, kind)
    _weight_sums(author, sheet, axes)


def _weight_sums(author: Author, sheet: Worksheet, axes: Sequence[str]) -> None:
    """The sum of the weights on each axis, between the hint and the table."""
    row = HEADER_ROW - 1
    sheet.write_string(row, 0, author.words("new.weights_total"), author.soft(bold=True, indent=1))
    for k, (axis, name) in enumerate(zip(Axis, axes, strict=True)):
        of, weight = (CRITERIA.reference(key, author.language) for key in ("axis", "weight"))
        parts = [f'SUMIF({of},"{word}",{weight})' for word in AXES.spelled(axis)]
        total = sum(c.weight for c in sample.CRITERIA if c.axis == axis)
        sheet.write_string(row, 1 + 2 * k, name, author.soft(bold=True, align="right"))
        style = author.soft(bold=True, align="left", indent=1)
        sheet.write_formula(row, 2 + 2 * k, "=" + "+".join(parts), style, total)
        cell = (row, 2 + 2 * k) * 2
        author.colour(sheet, cell, f"=${column_letters(3 + 2 * k)}${row + 1}<=0")


# --- settings, strategies, orders ---------------------------------------------------------------


def _settings(author: Author, *, with_sample: bool) -> None:
    words, language = author.words, author.language
    settings = setting_rows(language, with_sample=with_sample)
    rows = [[*row, words(f"settings.{row[0]}")] for row in settings]
    columns = _columns(author, SETTINGS_TABLE, SETTINGS_TABLE.columns, [22, 16])
    note = words(f"headers.{SETTINGS_TABLE.name}.meaning")
    columns.append(TableColumn(words("new.settings_column"), note, 100))
    sheet = author.table(SETTINGS_TABLE, columns, rows, "SheetSettings")
    day = author.input(num_format=author.date_format, align="right", indent=1)
    for name in _DAYS:
        sheet.write_blank(FIRST_ROW + SETTINGS.index(name), 1, None, day)
    author.choice(sheet, _down(0), SETTINGS, message="new.setting_error")
    here = f"TRIM($A{_TOP})"
    author.colour(sheet, _down(0), f'=AND({here}<>"",NOT({is_one_of(here, "settings")}))')
    for row, name in enumerate(SETTINGS, start=FIRST_ROW):
        fault = _allow_setting(author, sheet, (row, 1, row, 1), name)
        if fault:  # said by the name, so that it still holds where the table is sorted
            author.colour(sheet, _down(1), f'=AND($A{_TOP}="{name}",$B{_TOP}<>"",{fault})')


def _allow_setting(author: Author, sheet: Worksheet, cell: Area, name: str) -> str:
    """Allow what a setting may be; the condition under which an entry cannot be used."""
    words = author.words
    here, entry = f"$B${cell[0] + 1}", f"$B{_TOP}"
    if name == "language":
        author.choice(sheet, cell, list(LANGUAGES))
        return f"NOT({is_one_of(f'TRIM({entry})', 'languages')})"
    if name in _DAYS:
        rule = {"validate": "date", "criteria": ">", "value": 1}
        author.allow(sheet, cell, rule, message=words("new.date_error"))
        return ""
    if name.endswith("_threshold"):
        rule = {"validate": "custom", "value": f"={_is_threshold(here)}"}
        author.allow(sheet, cell, rule, message=words("new.threshold_error"))
        return f"NOT({_is_threshold(entry)})"
    if name in {"abc_measure", "bubble_measure"}:
        options = {"validate": "list", "source": "=kp_criteria", "error_type": "information"}
        customers = CUSTOMERS.sheet(author.language)
        text = words("new.column_error", sheet=customers)
        author.allow(sheet, cell, options, title="new.list_title", message=text)
        return f"ISNA(MATCH({entry},kp_headers,0))"
    low, high = map(float, _COUNTS.get(name) or RANGES[name])
    rule = {"validate": "decimal", "criteria": ">=", "value": low}
    has_default = _default(name, author.language) is not None
    message = words("new.positive_error" if has_default else "new.from_zero_error")
    fault = f"NOT(ISNUMBER({entry})),{entry}<{low:g}"
    if isfinite(high):
        rule = {"validate": "decimal", "criteria": "between", "minimum": low, "maximum": high}
        message = words("new.range_error", low=low, high=high)
        fault += f",{entry}>{high:g}"
    if name in {*WHOLE, *_COUNTS}:
        rule |= {"validate": "integer"}
        message = words("new.whole_error", low=low, high=high)
        fault += f",INT(N({entry}))<>N({entry})"
    author.allow(sheet, cell, rule, message=message)
    return f"OR({fault})"


def _is_threshold(here: str) -> str:
    share = f"AND(ISNUMBER({here}),{here}>=0,{here}<=100)"
    return f"OR({share},{is_one_of(f'TRIM({here})', 'thresholds')})"


def _allow_numbers(author: Author, sheet: Worksheet, column: int) -> None:
    rule = {"validate": "custom", "value": f"=ISNUMBER({column_letters(column + 1)}{_TOP})"}
    author.allow(sheet, _down(column), rule, message=author.words("new.number_error"))


def setting_rows(language: str, *, with_sample: bool) -> list[list[Cell]]:
    """The settings of a new workbook: name and value."""
    chosen: dict[str, Cell] = {"hours_per_year": sample.HOURS_PER_YEAR} if with_sample else {}
    return [[name, chosen.get(name, _default(name, language))] for name in SETTINGS]


def _default(name: str, language: str) -> Cell:
    if name == "language":
        return language
    defaults: dict[str, Any] = {
        field.name: field.default for field in (*fields(ScoringModel), *fields(Presentation))
    }
    default: Cell = defaults[name]
    return default


def _strategies(author: Author) -> None:
    words = author.words
    rows: list[list[Cell]] = [
        [
            words(f"quadrants.{s.quadrant}"),
            words(f"statuses.{s.status}"),
            s.strategy,
            s.activity,
            s.visits_per_year,
            s.hours_per_visit,
            s.text,
        ]
        for s in standard_strategies(author.language)
    ]
    columns = _columns(author, STRATEGIES, STRATEGIES.columns, [18, 14, 28, 48, 12, 12, 90])
    sheet = author.table(STRATEGIES, columns, rows, "SheetStrategies")
    types = [words(f"quadrants.{quadrant}") for quadrant in RATED_QUADRANTS]
    author.choice(sheet, _down(0), types)
    author.choice(sheet, _down(1), [words(f"statuses.{status}") for status in Status])
    for column in (4, 5):
        _from_zero(author, sheet, column)
    author.missing(sheet, _down(0), f'=AND(TRIM($A{_TOP})="",COUNTA($B{_TOP}:$G{_TOP})>0)')
    for column, kind in ((0, "quadrants"), (1, "statuses")):
        _only(author, sheet, column, kind)


def _orders(author: Author) -> None:
    formats = {"order_date": author.date_format, "discount": "0%"}
    formats |= dict.fromkeys(("amount", "margin"), "#,##0.00")
    widths = [16, 16, 14, 14, 18, 16, 12, 12, 12, 12]
    columns = _columns(author, ORDERS, ORDERS.columns, widths, formats)
    sheet = author.table(ORDERS, columns, [], "SheetOrders")
    words = author.words
    date = {"validate": "date", "criteria": ">", "value": 1}
    author.allow(sheet, _down(2), date, message=words("new.date_error"))
    for column in (3, 4, 6, 9):
        _allow_numbers(author, sheet, column)
    share = {"validate": "decimal", "criteria": "between", "minimum": 0, "maximum": 1}
    author.allow(sheet, _down(7), share, message=words("new.share_error"))
    unknown = f'AND($B{_TOP}<>"",{_customers_with(f"$B{_TOP}")}=0)'
    author.colour(sheet, _down(1), f"={unknown}")
    some = f"COUNTA($A{_TOP}:$J{_TOP})>0"
    for column in range(4):
        here = f"{column_letters(column + 1)}{_TOP}"
        author.missing(sheet, _down(column), f'=AND({some},TRIM({here})="")')
        if column > 1:
            author.colour(sheet, _down(column), f"=ISTEXT({here})")
