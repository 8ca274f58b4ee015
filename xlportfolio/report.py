"""An analysis and its consequences -> what stands in each output sheet, whoever writes it.

A sheet is declared here once: its table, columns, kinds of cells and data. How it looks is the
business of ``look``; where it is written, that of the host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from xlportfolio.consequences import missing_points
from xlportfolio.errors import Problem, Severity
from xlportfolio.firm_sheet import (
    firm_column,
    firm_columns,
    firm_note,
    firm_subtitles,
    firm_summary,
)
from xlportfolio.history import History
from xlportfolio.history_sheets import (
    HISTORY,
    HISTORY_TABLE,
    MODELS,
    MODELS_TABLE,
    history_sheet,
    models_sheet,
)
from xlportfolio.locale import texts
from xlportfolio.matrix import MATRIX, MatrixSheet, matrix_sheet
from xlportfolio.model import RATED_QUADRANTS, Axis, Quadrant, Status
from xlportfolio.movement import Movement
from xlportfolio.movement_sheet import MOVEMENT, MOVEMENT_TABLE, movement_sheet
from xlportfolio.plan_sheet import PLAN_COLUMNS, plan_columns, plan_subtitles, plan_summary
from xlportfolio.presentation import Presentation
from xlportfolio.scoring import Floats, Ints, rounded
from xlportfolio.tables import Cells, Kind, ReportColumn, SheetTable, Summary
from xlportfolio.wording import Advice, notes

#: The sheets that hold a table, in the order in which they are appended: key -> table.
TABLES: Mapping[str, str] = {
    "ranking": "tblRanking",
    "star": "tblStars",
    "question_mark": "tblQuestionMarks",
    "free_rider": "tblFreeRiders",
    "poor_dog": "tblPoorDogs",
    "recommendations": "tblRecommendations",
    "plan": "tblActivityPlan",
    "abc": "tblAbc",
    "robustness": "tblRobustness",
    "data_check": "tblDataCheck",
    MOVEMENT: MOVEMENT_TABLE,
    HISTORY: HISTORY_TABLE,
    MODELS: MODELS_TABLE,
}
#: All sheets in the order in which they are appended.
ORDER = (
    *("ranking", *RATED_QUADRANTS, "recommendations", "plan", MATRIX),
    *("abc", "robustness", MOVEMENT, "data_check", HISTORY, MODELS),
)

#: Problems that the data check lists; whoever has more mends a column, not cells.
MOST_PROBLEMS = 20_000
#: Characters of a table's header.
_LONGEST_HEADER = 200


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All sheets that a run writes."""

    tables: tuple[SheetTable, ...]
    matrix: MatrixSheet

    @property
    def sheets(self) -> dict[str, str]:
        """The names of all sheets by key."""
        return {**{table.key: table.sheet for table in self.tables}, MATRIX: self.matrix.sheet}


def build_report(
    advice: Advice,
    problems: Sequence[Problem],
    presentation: Presentation,
    *,
    names: Mapping[str, str],
    history: History,
    movement: Movement | None,
    sizes: Floats | None = None,
) -> Report:
    """Lay out all sheets.

    Parameters
    ----------
    advice
        An analysis and what follows from it, in the language of the presentation.
    problems
        What the data check lists.
    presentation
        Language, day (which must be given), and how many customers the matrix names.
    names
        The name of each sheet of :data:`ORDER`, as the workbook will have it.
    history, movement
        What is kept of earlier days and of this one, and what has changed since the last.
    sizes
        The bubble measure, for each row of the ranking.
    """
    writer = _Writer(advice, presentation, names)
    ranking = writer.ranking()
    quadrants = tuple(writer.quadrant(quadrant) for quadrant in RATED_QUADRANTS)
    tables = {
        "ranking": ranking,
        **{table.key: table for table in quadrants},
        "recommendations": writer.recommendations(),
        "plan": writer.plan(),
        "abc": writer.abc(),
        "robustness": writer.robustness(),
        "data_check": writer.data_check(problems),
        MOVEMENT: movement_sheet(movement, presentation, names[MOVEMENT], writer.words),
        HISTORY: history_sheet(history, names[HISTORY], writer.words),
        MODELS: models_sheet(history, names[MODELS], writer.words),
    }
    matrix = matrix_sheet(advice.analysis, presentation, names[MATRIX], sizes, movement)
    return Report(tuple(tables[key] for key in TABLES), matrix)


class _Writer:
    """Lays out one sheet after the other from the same analysis."""

    def __init__(
        self,
        advice: Advice,
        presentation: Presentation,
        names: Mapping[str, str],
    ) -> None:
        self.advice, self.analysis, self.model = advice, advice.analysis, advice.analysis.model
        self.presentation = presentation
        self.words = texts(presentation.language)
        self.names = names
        self.customers = self.analysis.customers
        self.firmness = advice.numbers.firmness
        self.rated = self.customers["rank"].notna().to_numpy()
        self.columns = {column.key: column for column in self.of_everyone()}

    def column(self, key: str, kind: Kind, cells: Cells, header: str = "") -> ReportColumn:
        return ReportColumn(key, header or self.words(f"columns.{key}"), kind, cells)

    def table(
        self,
        key: str,
        columns: Sequence[ReportColumn],
        subtitles: Sequence[str],
        quadrant: Quadrant | None = None,
        summary: Summary | None = None,
    ) -> SheetTable:
        return SheetTable(
            key,
            TABLES[key],
            self.names[key],
            self.words(f"titles.{key}"),
            tuple(subtitles),
            tuple(columns),
            quadrant,
            summary,
        )

    def subtitle(self, key: str, **details: object) -> str:
        return self.words(f"subtitles.{key}", as_of=self.presentation.as_of, **details)

    def texts_of(self, column: str) -> list[str]:
        cells: list[str] = self.customers[column].tolist()
        return cells

    def words_of(self, branch: str, keys: Sequence[str]) -> list[str]:
        """Keys put into words, blank for a blank one."""
        spelled = {"": "", **self.words.branch(branch)}
        return [spelled[key] for key in keys]

    def yes(self, flags: Sequence[bool]) -> list[str]:
        """Yes, or nothing: what is true of few is easier to see that way."""
        yes = self.words("words.yes")
        return [yes if flag else "" for flag in flags]

    def take(self, keys: Sequence[str], at: Ints) -> list[ReportColumn]:
        """Some columns of the ranking, with some of its rows."""
        return [self.columns[key].take(at) for key in keys]

    def of_everyone(self) -> list[ReportColumn]:
        """The columns of the ranking, one row for each of the input."""
        numbers = {
            Kind.RANK: ("rank",),
            Kind.SCORE: ("value_score", "benefit_score", "total_score"),
            Kind.PERCENT: ("value_coverage", "benefit_coverage"),
        }
        rank, scores, coverages = (
            [self.column(key, kind, self.customers[key].to_numpy(np.float64)) for key in keys]
            for kind, keys in numbers.items()
        )
        return [
            *rank,
            self.column("customer_id", Kind.ID, self.texts_of("customer_id")),
            self.column("customer", Kind.NAME, self.texts_of("customer")),
            self.column("status", Kind.WORD, self.words_of("statuses", self.texts_of("status"))),
            self.column(
                "quadrant", Kind.QUADRANT, self.words_of("quadrants", self.texts_of("quadrant"))
            ),
            *scores,
            self.column("abc_class", Kind.FLAG, self.texts_of("abc_class")),
            self.column("borderline", Kind.FLAG, self.yes(self.customers["borderline"].tolist())),
            *coverages,
            self.column("note", Kind.PHRASE, notes(self.analysis, self.words.language)),
            firm_column(self.firmness, self.words),
        ]

    def scored(self) -> str:
        """What was scored, and when."""
        prospects = (self.customers["status"] == Status.PROSPECT).to_numpy()
        return self.subtitle(
            "scored",
            customers=int((self.rated & ~prospects).sum()),
            prospects=int((self.rated & prospects).sum()),
            criteria=sum(criterion.weight > 0 for criterion in self.model.criteria),
            not_rated=int((~self.rated).sum()),
        )

    # --- the sheets ----------------------------------------------------------------------------

    def ranking(self) -> SheetTable:
        model, thresholds = self.model, self.analysis.thresholds
        general = self.words.general
        weights = self.words(
            "subtitles.weights",
            value_weight=general(float(model.value_weight)),
            benefit_weight=general(float(model.benefit_weight)),
            band=general(float(model.borderline_band)),
            value=self.words.number(thresholds.value, 1),
            benefit=self.words.number(thresholds.benefit, 1),
        )
        subtitles = (self.scored(), f"{weights} {firm_note(self.firmness, self.words)}")
        return self.table("ranking", tuple(self.columns.values()), subtitles)

    def quadrant(self, quadrant: Quadrant) -> SheetTable:
        """The rows of the ranking that are of one type."""
        at = np.flatnonzero(self.customers["quadrant"].to_numpy() == quadrant)
        count = {"count": len(at), "rated": int(self.rated.sum())}
        key = "quadrant"
        if quadrant is Quadrant.QUESTION_MARK:  # by how near they are to becoming a star
            at = at[np.argsort(rounded(missing_points(self.analysis)[at]), kind="stable")]
            key = quadrant
        columns = self.take(list(self.columns), at)
        subtitles = (self.subtitle(key, **count), firm_note(self.firmness, self.words))
        return self.table(quadrant, columns, subtitles, quadrant)

    def recommendations(self) -> SheetTable:
        at = np.flatnonzero(self.rated)  # the rated rows come first
        chosen = self.advice.numbers.strategies[: len(at)]
        visits = [s.visits_per_year if s is not None else None for s in chosen]
        columns = (
            *self.take(("rank", "customer_id", "customer", "status", "quadrant"), at),
            self.column("strategy", Kind.PHRASE, [s.strategy if s else "" for s in chosen]),
            self.column("activity", Kind.PROSE, [s.activity if s else "" for s in chosen]),
            self.column("visits_per_year", Kind.COUNT, np.array(visits, dtype=np.float64)),
            self.column("reason", Kind.PROSE, self.advice.reasons[: len(at)]),
            *self.take(("abc_class", "borderline"), at),
            self.column("lever", Kind.PROSE, self.advice.levers[: len(at)]),
            *self.take(("firm",), at),
        )
        notes_ = [firm_note(self.firmness, self.words)]
        if not any(map(self.model.is_changeable, Axis)):
            notes_.append(self.words("subtitles.no_levers"))
        subtitles = (self.scored(), " ".join(notes_))
        return self.table("recommendations", columns, subtitles)

    def plan(self) -> SheetTable:
        """The rows whose strategy says how many hours it asks for, in the order of the plan."""
        plan, words = self.advice.numbers.plan, self.words
        ranked = {key: column.take(plan.order) for key, column in self.columns.items()}
        found = ranked | {column.key: column for column in plan_columns(self.advice, words)}
        columns = [found[key] for key in PLAN_COLUMNS]
        subtitles = plan_subtitles(self.advice, self.presentation.as_of, words)
        return self.table("plan", columns, subtitles, summary=plan_summary(self.advice, words))

    def abc(self) -> SheetTable:
        table, measure = self.analysis.abc, self.analysis.abc_measure
        at = table["position"].to_numpy()
        if measure is None:
            subtitle = self.subtitle("abc_none")
        else:
            a, b = (self.words.general(float(x)) for x in (self.model.abc_a, self.model.abc_b))
            subtitle = self.subtitle("abc", measure=measure, a=a, b=b)

        def numbers(key: str, kind: Kind, header: str = "") -> ReportColumn:
            return self.column(key, kind, table[key].to_numpy(np.float64), header)

        findings = self.words_of("findings", table["finding"].tolist())
        hidden = np.full(len(self.customers), "", dtype=object)
        semicolon = self.words("words.semicolon")
        for text in self.advice.hidden:
            before = hidden[text.found.rows]
            hidden[text.found.rows] = before + np.where(before == "", "", semicolon) + text.name
        columns = (
            numbers("amount_rank", Kind.RANK),
            *self.take(("rank",), at),
            numbers("difference", Kind.DIFFERENCE),
            self.column("finding", Kind.PHRASE, findings),
            *self.take(("customer_id", "customer", "quadrant"), at),
            numbers("amount", Kind.AMOUNT, self._amount_header(measure)),
            numbers("share", Kind.SHARE),
            numbers("cumulative_share", Kind.SHARE),
            *self.take(("abc_class",), at),
            self.column("hidden", Kind.PHRASE, hidden.tolist()).take(at),
        )
        return self.table("abc", columns, (subtitle,), summary=self._hidden())

    def _hidden(self) -> Summary | None:
        """The findings on what turnover hides, with their rules and the first whom they name."""
        hidden = self.advice.hidden
        if not hidden:  # none may be seen
            return None
        counts = [np.nan if text.found.lacking else len(text.found.rows) for text in hidden]
        columns = {
            1: self.column("hidden", Kind.PHRASE, [text.name for text in hidden]),
            4: self.column("rule", Kind.PROSE, [text.rule for text in hidden]),
            7: self.column("count", Kind.RANK, np.array(counts, dtype=np.float64)),
            8: self.column("members", Kind.PROSE, [text.customers for text in hidden]),
        }
        return Summary(tuple(columns.values()), (None,) * len(hidden), tuple(columns))

    def _amount_header(self, measure: str | None) -> str:
        """The measure's own name on one line, unless another column of the table has it."""
        taken = {str(header).casefold() for header in self.words.branch("columns").values()}
        header = " ".join((measure or "").split())[:_LONGEST_HEADER]
        return "" if header.casefold() in taken else header

    def robustness(self) -> SheetTable:
        """The rated rows: how firm their types and ranks are."""
        at = np.flatnonzero(self.rated)
        columns = (
            *self.take(("rank", "customer_id", "customer", "quadrant"), at),
            *(column.take(at) for column in firm_columns(self.advice, self.words)),
        )
        summary = firm_summary(self.firmness, self.words)
        subtitles = firm_subtitles(self.firmness, self.presentation.as_of, self.words)
        return self.table("robustness", columns, subtitles, summary=summary)

    def data_check(self, problems: Sequence[Problem]) -> SheetTable:
        language = self.words.language
        more = len(problems) - MOST_PROBLEMS
        counts = {
            f"{severity}s": sum(problem.severity is severity for problem in problems)
            for severity in Severity
        }
        problems = problems[:MOST_PROBLEMS]
        columns = (
            self.column(
                "severity", Kind.WORD, self.words_of("severities", [p.severity for p in problems])
            ),
            self.column("sheet", Kind.WORD, [p.sheet or "" for p in problems]),
            self.column("cell", Kind.WORD, [p.cell or "" for p in problems]),
            self.column("column", Kind.PHRASE, [p.column or "" for p in problems]),
            self.column("found", Kind.PHRASE, [p.found or "" for p in problems]),
            self.column("message", Kind.PROSE, [p.message(language) for p in problems]),
        )
        key = "data_check" if problems else "data_check_clean"
        subtitles = [self.subtitle(key, **counts)]
        if more > 0:
            shown = {"listed": self.words.number(len(problems), 0)}
            subtitles.append(self.words("subtitles.data_check_more", **shown))
        return self.table("data_check", columns, subtitles)
