"""What stands in the output sheets, and that it is the same by every route."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook
from openpyxl.chart.data_source import NumRef
from support.books import CRITERIA, CUSTOMERS, rows_of, write_book
from support.office import convert
from support.packages import parts_of, sheet_parts
from typer.testing import CliRunner

from xlportfolio import analyse, rescore
from xlportfolio.chart import COLOURS
from xlportfolio.cli import app
from xlportfolio.files.package import Package
from xlportfolio.files.read import read_tables
from xlportfolio.files.workbook import Workbook
from xlportfolio.locale import texts
from xlportfolio.matrix import ARROWS
from xlportfolio.report import ORDER, TABLES
from xlportfolio.schema import interpret
from xlportfolio.template.workbook import new_workbook

TYPES = {
    "Stars": ("Star", "star"),
    "Question marks": ("Question mark", "question_mark"),
    "Free riders": ("Free rider", "free_rider"),
    "Poor dogs": ("Poor dog", "poor_dog"),
}
RANKING = [
    "Rank",
    "Customer ID",
    "Customer",
    "Status",
    "Type",
    "Value score",
    "Benefit score",
    "Total score",
    "ABC",
    "Borderline",
    "Value coverage",
    "Benefit coverage",
    "Note",
    "Firm",
]


@pytest.fixture(scope="module")
def scored(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample, rescored."""
    path = tmp_path_factory.mktemp("sample") / "sample.xlsx"
    path.write_bytes(new_workbook("en", with_sample=True))
    rescore(path, backup=False)
    return path


@pytest.fixture(scope="module")
def printed(scored: Path) -> list[dict[str, Any]]:
    """The customers of the JSON."""
    result = CliRunner().invoke(app, ["rescore", str(scored), "--json", "--dry-run"])
    customers: list[dict[str, Any]] = json.loads(result.stdout)["customers"]
    return customers


def test_each_sheet_has_its_table_and_columns(scored: Path) -> None:
    opened = load_workbook(scored)
    tables = {name: sheet.title for sheet in opened for name in sheet.tables}
    assert {tables[t] for t in TABLES.values()} == {
        "Ranking",
        *TYPES,
        "Recommendations",
        "Activity plan",
        "ABC vs value",
        "Robustness",
        "Movement",
        "Data check",
        "History customers",
        "History models",
    }
    for name in ("Ranking", *TYPES):
        assert list(rows_of(opened[name])[0]) == RANKING
    assert list(rows_of(opened["Recommendations"])[0]) == [
        "Rank",
        "Customer ID",
        "Customer",
        "Status",
        "Type",
        "Strategy",
        "Activity",
        "Visits per year",
        "Reason",
        "ABC",
        "Borderline",
        "Lever",
        "Firm",
    ]
    assert list(rows_of(opened["Activity plan"])[0]) == [
        "Order",
        "Customer ID",
        "Customer",
        "Type",
        "Strategy",
        "Visits per year",
        "Hours per visit",
        "Hours asked",
        "Value score",
        "Value per hour",
        "Fits",
        "Hours planned",
        "Hours now",
        "Change",
    ]
    assert list(rows_of(opened["ABC vs value"])[0]) == [
        "Rank by turnover",
        "Rank",
        "Difference",
        "Finding",
        "Customer ID",
        "Customer",
        "Type",
        "Turnover",
        "Share",
        "Cumulative share",
        "ABC",
        "What turnover hides",
    ]
    assert list(rows_of(opened["Robustness"])[0]) == [
        "Rank",
        "Customer ID",
        "Customer",
        "Type",
        "Keeps its type",
        "Stays in the top",
        "What gives it another type",
        "What puts the next one ahead",
        "Rank by TOPSIS",
        "Rank by product rule",
    ]
    assert list(rows_of(opened["Data check"])[0]) == [
        "Severity",
        "Sheet",
        "Cell",
        "Column",
        "Found",
        "Message",
    ]


def test_cells_hold_plain_values(scored: Path) -> None:
    opened = load_workbook(scored)
    for sheet in (opened[texts("en")(f"sheets.{key}")] for key in ORDER):
        assert all(cell.data_type != "f" for row in sheet.iter_rows() for cell in row), sheet.title


def test_the_same_numbers_from_python_json_and_sheets(
    scored: Path, printed: list[dict[str, Any]]
) -> None:
    package = Package(scored)
    given = interpret(read_tables(Workbook(package)))
    package.close()
    frame = analyse(given.customers, given.model).customers
    sheet = rows_of(load_workbook(scored)["Ranking"])
    assert len(frame) == len(printed) == len(sheet) == 60
    for row, customer, cells in zip(frame.to_dict("records"), printed, sheet, strict=True):
        assert row["customer_id"] == customer["customer_id"] == cells["Customer ID"]
        for key, header in (
            ("value_score", "Value score"),
            ("benefit_score", "Benefit score"),
            ("total_score", "Total score"),
            ("rank", "Rank"),
        ):
            number = None if row[key] != row[key] else row[key]
            assert number == customer[key] == cells[header]  # to the last digit
        assert row["value_coverage"] == customer["coverage"]["value"] == cells["Value coverage"]
        assert (row["abc_class"] or None) == customer["abc_class"] == cells["ABC"]
        assert (cells["Borderline"] == "yes") == customer["borderline"] == row["borderline"]
        shown = texts("en")(f"quadrants.{row['quadrant']}")
        assert row["quadrant"] == customer["quadrant"]
        assert cells["Type"] == shown


def test_libreoffice_shows_the_same_numbers(
    scored: Path, printed: list[dict[str, Any]], tmp_path: Path
) -> None:
    # filter options: comma, quote, UTF-8, from line 1, no column types, cells as they are (not as
    # shown), and all sheets, each into a file of its own
    options = "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1"
    with pytest.raises(AssertionError, match="did not open"):
        convert(scored, options, tmp_path)  # each file is named after its sheet
    lines = (tmp_path / "sample-Ranking.csv").read_text(encoding="utf-8").splitlines()
    rows = list(csv.DictReader(lines[4:]))
    assert [row["Customer ID"] for row in rows] == [c["customer_id"] for c in printed]
    for row, customer in zip(rows, printed, strict=True):
        for key, header in (("total_score", "Total score"), ("value_score", "Value score")):
            expected = customer[key]
            assert (row[header] == "") == (expected is None)
            if expected is not None:
                assert float(row[header]) == pytest.approx(expected, abs=1e-9)


def test_the_sheets_of_the_types_part_the_ranking(
    scored: Path, printed: list[dict[str, Any]]
) -> None:
    opened = load_workbook(scored)
    for name, (word, key) in TYPES.items():
        rows = rows_of(opened[name])
        expected = [c for c in printed if c["quadrant"] == key]
        if key == "question_mark":  # those nearest to becoming a star first
            expected.sort(key=lambda c: -round(c["benefit_score"], 9))
        assert [r["Customer ID"] for r in rows] == [c["customer_id"] for c in expected]
        assert [r["Rank"] for r in rows] == [c["rank"] for c in expected]
        assert {r["Type"] for r in rows} == {word}


def test_a_type_without_customers_has_one_blank_row(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx", customers=CUSTOMERS[:1])
    rescore(path)
    (row,) = rows_of(load_workbook(path)["Poor dogs"])
    assert set(row.values()) == {None}


def test_recommendations_follow_the_strategies(scored: Path, printed: list[dict[str, Any]]) -> None:
    rows = rows_of(load_workbook(scored)["Recommendations"])
    rated = [c for c in printed if c["rank"] is not None]
    assert [r["Customer ID"] for r in rows] == [c["customer_id"] for c in rated]
    for row, customer in zip(rows, rated, strict=True):
        assert row["Strategy"] == customer["strategy"]
        assert row["Reason"] == customer["reason"]
        assert customer["recommendation"]
        assert (row["Strategy"] == "Raise the benefit") == (
            customer["quadrant"] == "question_mark" and customer["status"] == "customer"
        )


def test_reasons_name_what_carries_and_what_holds_down(tmp_path: Path) -> None:
    path = write_book(tmp_path / "book.xlsx")
    printed = json.loads(CliRunner().invoke(app, ["rescore", str(path), "--json"]).stdout)
    reasons = {c["customer_id"]: c["reason"] for c in printed["customers"]}
    assert reasons["2"] == (
        "Value 70.0 points: carried by Turnover (40 of 50) and Growth (30 of 50). "
        "Benefit 17.0 points: held down by Fit (14 of 70) and Visits (3 of 30)."
    )
    assert reasons["5"] == (
        "Value 100.0 points: carried by Growth (100 of 100). "
        "Benefit 100.0 points: carried by Fit (100 of 100)."
    )


def test_turnover_and_value_are_compared(tmp_path: Path) -> None:
    customers = [
        (1, "Large and thin", "Customer", 900, -0.5, "high", 0),
        (2, "Middle", "Customer", 60, 0.1, "low", 9),
        (3, "Small and good", "Customer", 40, 0.5, "high", 0),
        (4, "Not known", "Customer", 30, None, None, None),
        (5, "Prospect", "Prospect", 999, 0.5, "high", 1),
    ]
    criteria_weight = [("value_threshold", 51), ("min_coverage", 100)]
    path = write_book(tmp_path / "book.xlsx", customers=customers, settings=criteria_weight)
    rescore(path)
    rows = rows_of(load_workbook(path)["ABC vs value"])
    assert [
        (r["Rank by turnover"], r["Difference"], r["Customer"], r["Type"], r["ABC"], r["Finding"])
        for r in rows
    ] == [
        (1, -1, "Large and thin", "Free rider", "A", "Overrated by turnover"),
        (2, -1, "Middle", "Poor dog", "B", None),
        (3, 2, "Small and good", "Star", "C", "Underrated by turnover"),
        (4, None, "Not known", "Not rated", "C", None),
    ]
    assert [r["Cumulative share"] for r in rows] == pytest.approx(
        [900 / 1030, 960 / 1030, 1000 / 1030, 1]
    )


def test_the_data_check_lists_every_problem(tmp_path: Path) -> None:
    rows = [(1, "Alpha", "Friend", "many", 0.4, "high", 2)]
    path = write_book(tmp_path / "book.xlsx", customers=rows)
    done = rescore(path)
    listed = rows_of(load_workbook(path)["Data check"])
    assert [r["Message"] for r in listed] == [p.message() for p in done.problems]
    assert [(r["Severity"], r["Sheet"], r["Cell"], r["Column"], r["Found"]) for r in listed] == [
        ("Warning", "Customers", "C2", "Status", "Friend"),
        ("Warning", "Customers", "D2", "Turnover", "many"),
        ("Note", "Customers", "D2", "Turnover", "many"),
    ]


def test_the_data_check_lists_no_more_than_a_user_can_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xlportfolio.report.MOST_PROBLEMS", 2)
    rows = [(i, "Alpha", "Friend", 1, 0.4, "high", 2) for i in range(5)]
    path = write_book(tmp_path / "book.xlsx", customers=rows)
    assert len(rescore(path).problems) == 5
    sheet = load_workbook(path)["Data check"]
    assert len(rows_of(sheet)) == 2
    assert "warnings: 5" in sheet["A2"].value
    assert sheet["A3"].value.startswith("Only the first 2 are listed here")


def test_a_header_of_several_lines_heads_the_amounts_on_one(tmp_path: Path) -> None:
    header = ("Customer ID", "Customer", "Status", "Sales\n2025", "Growth", "Fit", "Visits")
    criteria = [("Sales 2025", *CRITERIA[0][1:]), *CRITERIA[1:]]
    path = write_book(tmp_path / "book.xlsx", customers_header=header, criteria=criteria)
    rescore(path)
    assert "Sales 2025" in rows_of(load_workbook(path)["ABC vs value"])[0]


def test_text_that_looks_like_a_formula_stays_text(tmp_path: Path) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"]
    rows = [(i, name, "Customer", 1, 0.1, "high", 1) for i, name in enumerate(names)]
    path = write_book(tmp_path / "book.xlsx", customers=[])
    opened = load_workbook(path)
    for y, row in enumerate(rows, start=2):
        for x, content in enumerate(row, start=1):
            cell = opened["Customers"].cell(y, x, content)
            cell.data_type = "s" if x == 2 else cell.data_type
    opened["Customers"].tables["tblCustomers"].ref = "A1:G6"
    opened.save(path)
    rescore(path)
    cells = load_workbook(path)["Ranking"]["C6":"C10"]
    assert {cell.data_type for (cell,) in cells} == {"s"}
    assert {cell.value for (cell,) in cells} == set(names)


# --- how they look --------------------------------------------------------------------------------


def test_sheets_are_titled_frozen_filtered_and_fit_for_printing(scored: Path) -> None:
    opened = load_workbook(scored)
    with_summary = {
        "Activity plan": 13,
        "ABC vs value": 12,
        "Robustness": 12,
    }  # the rows of their headers
    for name in ("Ranking", *TYPES, "Recommendations", "Data check", *with_summary):
        sheet = opened[name]
        (table,) = sheet.tables.values()
        assert sheet["A1"].value, name
        assert sheet["A2"].value.startswith("As of "), name
        if name not in with_summary:  # the lines above the table would fill the window
            assert sheet.freeze_panes.endswith("6"), name
        assert table.autoFilter.ref == table.ref, name
        row = with_summary.get(name, 5)
        assert table.ref.startswith(f"A{row}:"), name
        assert sheet.print_title_rows == f"${row}:${row}", name
        assert sheet.page_setup.orientation == "landscape", name
        assert sheet.page_setup.paperSize == 9, name
        assert (sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight) == (1, 0), name
        assert sheet.sheet_properties.pageSetUpPr.fitToPage, name
    ranking = opened["Ranking"]
    assert [ranking.cell(6, column).number_format for column in (1, 6, 8, 11)] == [
        "0",
        "0.0",
        "0.0",
        "0%",
    ]


def test_each_type_has_one_colour_everywhere(scored: Path) -> None:
    opened = load_workbook(scored)
    chart = opened["Matrix"]._charts[0]  # noqa: SLF001
    for position, (name, (word, key)) in enumerate(TYPES.items()):
        colour = COLOURS[key]  # type: ignore[index]
        assert opened[name].sheet_properties.tabColor.rgb == f"00{colour}"
        rules = [rule for rules in opened["Ranking"].conditional_formatting for rule in rules.rules]
        fills = [rule.dxf.fill.bgColor.rgb for rule in rules if rule.formula == [f'E6="{word}"']]
        assert fills == [f"00{colour}"]
        fill = chart.series[position].marker.graphicalProperties.solidFill
        assert str(getattr(fill.srgbClr, "val", fill.srgbClr)) == colour
    bars = [
        str(rules.sqref)
        for rules in opened["Ranking"].conditional_formatting
        for rule in rules.rules
        if rule.type == "dataBar"
    ]
    assert bars == [f"{column}6:{column}1048576" for column in "FGH"]


#: Series of the chart: one for each type, two thresholds, larger points, names, moves.
LARGER, NAMES, MOVES = slice(6, 26), slice(26, -ARROWS), slice(-ARROWS, None)


def cells_of(opened: Any, reference: Any) -> list[Any]:
    area = reference.f.removeprefix("'Matrix'!")
    found = opened["Matrix"][area]
    return [row[0].value for row in found] if ":" in area else [found.value]


def drawn(opened: Any, series: Any) -> list[tuple[float, float]]:
    """The points of a series; blank cells show none."""
    both = (cells_of(opened, values.numRef) for values in (series.xVal, series.yVal))
    return [pair for pair in zip(*both, strict=True) if None not in pair]


def test_the_matrix_has_a_series_for_each_type_the_thresholds_and_the_first_names(
    scored: Path, printed: list[dict[str, Any]]
) -> None:
    opened = load_workbook(scored)
    matrix = opened["Matrix"]
    (chart,) = matrix._charts  # noqa: SLF001
    assert (chart.x_axis.scaling.min, chart.x_axis.scaling.max) == (0, 100)
    assert (chart.y_axis.scaling.min, chart.y_axis.scaling.max) == (0, 100)
    assert len(chart.series) == 4 + 2 + 4 * 5 + 50 + ARROWS
    for name, series in zip(TYPES, chart.series, strict=False):
        rows = [c for c in printed if c["quadrant"] == TYPES[name][1]]
        expected = [(row["benefit_score"], row["value_score"]) for row in rows]
        assert drawn(opened, series) == expected
        assert series.xVal.numRef.f.endswith("$32011")  # room for as many as a chart draws
    legend = [series.tx.strRef.f for series in chart.series[:4]]
    assert legend == [f"'Matrix'!$A${row}" for row in range(6, 10)]  # as in the table above
    value_line, benefit_line = chart.series[4:6]
    cells = [matrix[line.xVal.numRef.f.split("!")[1]] for line in (value_line, benefit_line)]
    assert [[cell.value for (cell,) in pair] for pair in cells] == [[0, 100], [50, 50]]
    named = {series.tx.strRef.f: drawn(opened, series) for series in chart.series[NAMES]}
    assert list(named) == [f"'Matrix'!$L${row}" for row in range(12, 62)]
    assert [matrix[f"L{row}"].value for row in range(12, 62)] == [
        *(c["customer"] for c in printed[:15]),
        *[None] * 35,
    ]
    assert list(named.values()) == [
        *([(c["benefit_score"], c["value_score"])] for c in printed[:15]),
        *[[]] * 35,
    ]
    assert [drawn(opened, series) for series in chart.series[LARGER]] == [[]] * 20
    assert [drawn(opened, series) for series in chart.series[MOVES]] == [[]] * ARROWS
    assert len(chart.legend.legendEntry) == len(chart.series) - 4
    counts = [[matrix.cell(row, column).value for column in (1, 2, 3)] for row in range(6, 10)]
    assert counts == [
        [
            name,
            *(
                sum(c["quadrant"] == key and c["status"] == status for c in printed)
                for status in ("customer", "prospect")
            ),
        ]
        for name, (_, key) in TYPES.items()
    ]


def test_the_chart_is_laid_out_as_its_names_are_placed(scored: Path) -> None:
    parts = parts_of(scored)
    chart = next(data for name, data in parts.items() if "/charts/chart" in name).decode()
    assert re.search(r"<plotArea><layout><manualLayout>.*<w val=\"0.9\"", chart)
    bars = re.findall(rb"<dataBar [^>]*>", parts[sheet_parts(parts)["Ranking"]])
    assert {bar.count(b'minLength="0"') + bar.count(b'maxLength="100"') for bar in bars} == {2}


def test_top_labels_and_bubble_measure_are_followed(tmp_path: Path) -> None:
    settings = [("top_labels", 2), ("bubble_measure", "Turnover")]
    path = write_book(tmp_path / "book.xlsx", settings=settings)
    rescore(path)
    opened = load_workbook(path)
    chart = opened["Matrix"]._charts[0]  # noqa: SLF001
    assert [name for name in cells_of(opened, NumRef("'Matrix'!$L$12:$L$61")) if name] == [
        "Epsilon",
        "Alpha",
    ]
    larger = {s.marker.size: drawn(opened, s) for s in chart.series[LARGER] if drawn(opened, s)}
    # the prospect has no turnover and so no larger point; Alpha has the largest one
    assert larger == {24: drawn(opened, chart.series[NAMES][1])}
    rescore(write_book(tmp_path / "none.xlsx", settings=[("top_labels", 0)]))
    opened = load_workbook(tmp_path / "none.xlsx")
    assert not any(cells_of(opened, NumRef("'Matrix'!$L$12:$L$61")))
    rescore(write_book(tmp_path / "many.xlsx", settings=[("top_labels", 60)]))
    chart = load_workbook(tmp_path / "many.xlsx")["Matrix"]._charts[0]  # noqa: SLF001
    assert len(chart.series[NAMES]) == 60


def test_without_the_hours_of_a_year_it_is_not_said_how_many_fit(book: Path) -> None:
    rescore(book)
    sheet = load_workbook(book)["Activity plan"]
    assert sheet["E5"].value == "Of these, planned"
    assert [sheet.cell(row, 5).value for row in range(6, 12)] == [None] * 6
    assert sheet["D11"].value == 4
