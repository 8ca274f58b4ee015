"""Orders -> measures of each customer, as one expression that many engines compute."""

from __future__ import annotations

#: The measures that follow from orders alone, in the order in which they are shown.
MEASURES = (
    "turnover_12m",
    "turnover_prev_12m",
    "growth",
    "margin_12m",
    "margin_rate",
    "recency_days",
    "tenure_days",
    "orders_per_year",
    "average_order_value",
    "regularity_cv",
    "overdue_factor",
    "trend",
    "products",
    "average_discount",
    "return_rate",
)
#: What the forecast takes: repeat order days; weeks from the first to the last of them and to the
#: day of the forecast; the mean net amount of a repeat day.
REPEATS = ("frequency", "recency_weeks", "age_weeks", "repeat_value")
