"""The pages of the workbook and of its settings."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from reference_words import Texts, code, table

from xlportfolio.locale import LANGUAGES
from xlportfolio.locale import texts as locale_texts
from xlportfolio.model import RANGES, WHOLE, Quadrant, ScoringModel, ThresholdRule
from xlportfolio.presentation import DATES, LABELS, Presentation
from xlportfolio.scale import Range
from xlportfolio.schema import contract
from xlportfolio.schema.contract import Column, Table
from xlportfolio.state import STATE_NAMES
from xlportfolio.tables import ReportColumn, SheetTable

#: Input tables in the order in which they are described.
_INPUTS = (*contract.TABLES, contract.ORDERS)
#: Columns in which only certain words are allowed: column -> where the words stand in locale.
_WORDS = {
    "tblCustomers.status": "statuses",
    "tblCriteria.axis": "axes",
    "tblCriteria.scale": "scales",
    "tblCriteria.missing": "fills",
    "tblCriteria.changeable": "words",
    "tblCriteria.role": "roles",
    "tblStrategies.quadrant": "quadrants",
    "tblStrategies.status": "statuses",
}
_ANSWERS = ("yes", "no")


def workbook_page(
    say: Texts, sheets: Mapping[str, Sequence[SheetTable]], hidden_names: Sequence[str]
) -> Iterator[str]:
    """The sections of the page of the workbook; ``sheets`` are those written, by language."""
    yield f"## {say('words/inputs')}"
    yield say("pages/workbook/inputs")
    for of in _INPUTS:
        yield from _input(say, of)
    yield f"## {say('words/outputs')}"
    yield say("pages/workbook/outputs")
    own = sheets[say.language]
    others = {language: {s.key: s for s in sheets[language]} for language in LANGUAGES}
    seen: dict[tuple[str, ...], str] = {}
    for sheet in own:
        yield f"### {sheet.table}"
        names = [_named(say, language, others[language][sheet.key].sheet) for language in LANGUAGES]
        yield say("words/sheet", names=", ".join(names))
        yield say(f"sheets/{sheet.key}")
        keys = tuple(column.key for column in sheet.columns)
        if keys in seen:
            yield say("words/same_columns", table=seen[keys])
        else:
            seen[keys] = sheet.table
            in_all = [others[language][sheet.key].columns for language in LANGUAGES]
            yield _outputs(say, f"columns_of/{sheet.key}", in_all)
        if sheet.summary is not None:
            yield say("words/above")
            in_all = [
                s.columns
                for language in LANGUAGES
                if (s := others[language][sheet.key].summary) is not None
            ]
            yield _outputs(say, f"above/{sheet.key}", in_all)
    yield say("pages/workbook/others")
    yield f"## {say('words/names')}"
    yield say("pages/workbook/names")
    named = say("names")
    unknown = set(named) ^ {*hidden_names, *STATE_NAMES}
    if unknown:
        raise ValueError(f"names: {unknown}")
    yield table(say("words/name_header"), ((code(n), say(f"names/{n}")) for n in named))


def _named(say: Texts, language: str, name: str) -> str:
    return f"*{name}* ({_called(say, language)})"


def _called(say: Texts, language: str) -> str:
    """What a language is called in that of the page."""
    of_page = locale_texts(say.language).branch("language")
    return str(of_page["name"] if language == say.language else of_page["calls"][language])


def _languages(say: Texts) -> list[str]:
    return [_called(say, language) for language in LANGUAGES]


def _input(say: Texts, of: Table) -> Iterator[str]:
    yield f"### {of.name}"
    names = [_named(say, language, of.sheet(language)) for language in LANGUAGES]
    yield say("words/sheet", names=", ".join(names))
    yield say(f"inputs/{of.name}/intro")
    header = (say("words/key"), *_languages(say), say("words/needed_header"), say("words/holds"))
    yield table(header, (_input_column(say, of, column) for column in of.all_columns))
    yield say(f"inputs/{of.name}/note", "")
    words = [
        (column, place)
        for column in of.all_columns
        if (place := _WORDS.get(f"{of.name}.{column.key}"))
    ]
    if words:
        yield say("words/words")
        header = (say("words/column"), say("words/key"), *_languages(say))
        yield table(header, (row for c, place in words for row in _word_rows(say, c, place)))


def _input_column(say: Texts, of: Table, column: Column) -> tuple[str, ...]:
    headers = [column.header(language) for language in LANGUAGES]
    notes = locale_texts(say.language).branch(f"headers.{of.name}")
    extra = say(f"inputs/{of.name}/columns/{column.key}", "")
    text = " ".join(filter(None, (notes.get(column.key, ""), extra)))
    if not text:
        raise KeyError(f"inputs/{of.name}/columns/{column.key}")
    served = "" if column.served_by is None else f"{say('words/served')} {code(column.served_by)}"
    needed = f"{say('words/yes')}{served}" if column.needed else ""
    return code(column.key), *headers, needed, text


def _word_rows(say: Texts, column: Column, place: str) -> Iterator[tuple[str, ...]]:
    header = column.header(say.language)
    branches = [locale_texts(language).branch(place) for language in LANGUAGES]
    for key in _ANSWERS if place == "words" else branches[0]:
        if key != Quadrant.NOT_RATED:
            yield header, code(key), *(branch[key] for branch in branches)


def _outputs(say: Texts, own: str, columns: Sequence[Sequence[ReportColumn]]) -> str:
    header = (*_languages(say), say("words/kind"), say("words/holds"))
    rows = []
    seen: set[str] = set()
    for in_all in zip(*columns, strict=True):
        one = in_all[0]
        if one.key in seen:  # columns of measures, or of types: one line for all
            continue
        seen.add(one.key)
        several = sum(other.key == one.key for other in columns[0]) > 1
        names = [say("words/several") if several else column.header for column in in_all]
        text = say(f"{own}/{one.key}", "") or say(f"columns/{one.key}")
        rows.append((*names, say(f"kinds/{one.kind}"), text))
    return table(header, rows)


# --- settings -------------------------------------------------------------------------------------


def settings_page(say: Texts) -> Iterator[str]:
    """The table of the settings."""
    meanings = locale_texts(say.language).branch("settings")
    rows = []
    for name in contract.SETTINGS:
        text = f"{meanings[name]}. {say(f'settings/{name}', '')}".strip()
        rows.append((code(name), _default(say, name), _allowed(say, name), text))
    yield table(say("words/setting_header"), rows)


def _default(say: Texts, name: str) -> str:
    if name in RANGES:
        found = ScoringModel.__dataclass_fields__[name].default
    else:
        found = Presentation.__dataclass_fields__[name].default if _is_shown(name) else None
    if isinstance(found, int | float) and not isinstance(found, bool):
        return locale_texts(say.language).general(float(found))
    return str(say(f"defaults/{name}"))


def _is_shown(name: str) -> bool:
    return name in Presentation.__dataclass_fields__ and name != "language"


def _allowed(say: Texts, name: str) -> str:
    if name == "language":
        return ", ".join(map(code, LANGUAGES))
    allowed = {**RANGES, "top_labels": LABELS, "history_dates": DATES}.get(name)
    if allowed is None:
        return str(say(f"allowed/{name}"))
    whole = name in WHOLE or name not in RANGES
    text = _range(say, allowed, whole=whole)
    rules = [code(rule) for rule in ThresholdRule] if name.endswith("_threshold") else []
    return ", ".join([text, *rules])


def _range(say: Texts, allowed: Range, *, whole: bool) -> str:
    words = locale_texts(say.language)
    low, high = (words.general(float(bound)) for bound in allowed)
    kind = say("words/whole") if whole else say("words/number")
    if math.isinf(allowed.high):
        return str(say("words/from", kind=kind, low=low))
    return str(say("words/between", kind=kind, low=low, high=high))
