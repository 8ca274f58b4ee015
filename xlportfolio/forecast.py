"""How likely a customer comes again, and what is to be expected: BG/NBD and Gamma-Gamma."""

from __future__ import annotations

#: What is forecast for each customer, in the order in which it is shown.
FORECASTS = ("p_active", "expected_orders_12m", "expected_turnover_12m")
