"""The sheet that says who has moved since the last time."""

from __future__ import annotations

from xlportfolio.locale import Texts
from xlportfolio.model import Presentation
from xlportfolio.movement import Movement
from xlportfolio.tables import Kind, ReportColumn, SheetTable

#: Its key, and the table by which it is known again.
MOVEMENT, MOVEMENT_TABLE = "movement", "tblMovement"


def movement_sheet(
    movement: Movement | None, presentation: Presentation, sheet: str, words: Texts
) -> SheetTable:
    """Lay out who has moved.

    Parameters
    ----------
    movement
        ``None``: there is no earlier day.
    presentation
        Language and day.
    sheet
        The name on its tab.
    """
    del movement, presentation
    columns = (ReportColumn("customer_id", words("columns.customer_id"), Kind.ID, []),)
    return SheetTable(MOVEMENT, MOVEMENT_TABLE, sheet, words(f"titles.{MOVEMENT}"), (), columns)
