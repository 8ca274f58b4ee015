"""The sheets on which a workbook keeps how its customers were scored on earlier days."""

from __future__ import annotations

from xlportfolio.history import History
from xlportfolio.locale import Texts
from xlportfolio.model import Presentation
from xlportfolio.tables import Kind, ReportColumn, SheetTable

#: Their keys, and the tables by which they are known again.
HISTORY, HISTORY_TABLE = "history", "tblHistory"
MODELS, MODELS_TABLE = "history_models", "tblHistoryModel"


def history_sheet(
    history: History, presentation: Presentation, sheet: str, words: Texts
) -> SheetTable:
    """Lay out one row for each day and customer."""
    del history, presentation
    columns = (ReportColumn("customer_id", words("columns.customer_id"), Kind.ID, []),)
    return SheetTable(HISTORY, HISTORY_TABLE, sheet, words(f"titles.{HISTORY}"), (), columns)


def models_sheet(
    history: History, presentation: Presentation, sheet: str, words: Texts
) -> SheetTable:
    """Lay out the criteria and settings of each version of the model."""
    del history, presentation
    columns = (ReportColumn("customer_id", words("columns.customer_id"), Kind.ID, []),)
    return SheetTable(MODELS, MODELS_TABLE, sheet, words(f"titles.{MODELS}"), (), columns)
