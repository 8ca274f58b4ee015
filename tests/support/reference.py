"""A second, naive implementation of the scoring rules: plain loops over dicts, one cell at a time.

It shares no code with xlportfolio. A portfolio is a list of dicts with ``customer_id``,
``customer``, ``status`` and one entry for each criterion; ``None`` is a missing measure. A model
is a dict of the settings by their names and of ``criteria``, a list of dicts with ``name``,
``axis``, ``weight``, ``objective``, ``scale``, ``low``, ``high``, ``levels`` (pairs), ``fill``
and ``unit``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

Row = dict[str, Any]
Criterion = dict[str, Any]
Model = dict[str, Any]
Customer = dict[str, Any]
Levels = list[tuple[Any, float]]

AXES = ("value", "benefit")
CURRENCIES = ("eur", "€", "usd", "$", "chf", "gbp", "£")
TURNOVER = ("revenue", "turnover", "umsatz")

DEFAULTS = {
    "value_threshold": 50,
    "benefit_threshold": 50,
    "borderline_band": 5,
    "value_weight": 50,
    "benefit_weight": 50,
    "abc_measure": None,
    "abc_a": 80,
    "abc_b": 90,
    "min_coverage": 50,
}


def compared(number: float) -> float:
    """A number as it is compared: to 9 decimals."""
    return round(number, 9)


def evaluate(rows: list[Row], model: Model) -> dict[str, Any]:
    """Everything that the rules say of a portfolio.

    Gives a dict: ``customers`` (one dict for each row, in the order of the input), ``listing``
    (positions in the order of the ranking), ``thresholds``, ``abc`` (position -> its line of the
    ABC table), ``crossed`` (criteria whose typed bound crosses the data), ``nobody`` (axes whose
    mean or median had nobody to be taken over).
    """
    model = {**DEFAULTS, **model}
    customers = _identified(rows)
    crossed = _give_values(customers, model["criteria"])
    for customer in customers:
        for axis in AXES:
            _give_axis(customer, [c for c in model["criteria"] if c["axis"] == axis], axis)
        customer["reason"] = _reason(customer, compared(model["min_coverage"] / 100))
        customer["rated"] = customer["reason"] == ""
        if customer["repeats"] is not None:
            customer["score"] = {"value": None, "benefit": None}
            customer["contributions"] = {}

    thresholds, nobody = {}, []
    for axis in AXES:
        thresholds[axis] = _threshold(customers, model[f"{axis}_threshold"], axis)
        if thresholds[axis] is None:
            thresholds[axis] = 50.0
            nobody.append(axis)

    for customer in customers:
        _give_type(customer, thresholds, model)
    listing = _rank(customers)
    abc = _abc(customers, listing, model)
    for position, customer in enumerate(customers):
        customer["abc_class"] = abc[position]["abc_class"] if position in abc else ""
    return {
        "customers": customers,
        "listing": listing,
        "thresholds": thresholds,
        "abc": abc,
        "crossed": crossed,
        "nobody": nobody,
    }


def _identified(rows: list[Row]) -> list[Customer]:
    customers: list[Customer] = []
    first_with: dict[str, int] = {}
    for position, row in enumerate(rows):
        identifier = (row.get("customer_id") or "").strip() or (row.get("customer") or "").strip()
        repeats = first_with.get(identifier) if identifier else None
        if identifier and repeats is None:
            first_with[identifier] = position
        customers.append(
            {
                "row": row,
                "id": identifier,
                "repeats": repeats,
                "takes_part": identifier != "" and repeats is None,
                "prospect": row.get("status") == "prospect",
                "values": {},
                "score": {},
                "coverage": {},
                "contributions": {},
            }
        )
    return customers


# --- measure -> value ---------------------------------------------------------------------------


def _give_values(customers: list[Customer], criteria: list[Criterion]) -> list[str]:
    crossed = []
    for criterion in criteria:
        name = criterion["name"]
        present = []
        for customer in customers:
            measure = customer["row"][name]
            if customer["takes_part"] and measure is not None:
                present.append(measure)
        low, high = criterion["low"], criterion["high"]
        if criterion["scale"] == "linear":
            if low is None and present:
                low = min(present)
            if high is None and present:
                high = max(present)
            if low is not None and high is not None and low > high:
                crossed.append(name)
        for customer in customers:
            measure = customer["row"][name]
            value = None if measure is None else value_of(measure, criterion, low, high)
            customer["values"][name] = value
    return crossed


def value_of(
    measure: float | str, criterion: Criterion, low: float | None, high: float | None
) -> float | None:
    """The value of a measure that is there; ``None`` for a word that is not among the levels."""
    if criterion["scale"] == "categories":
        return _category(measure, criterion["levels"])
    if criterion["scale"] == "steps":
        return _step(measure, sorted(criterion["levels"]))
    if criterion["scale"] == "piecewise":
        return _piece(measure, sorted(criterion["levels"]))
    if low is None or high is None or low >= high:
        return 50.0
    share = (measure - low) / (high - low)
    if criterion["objective"] == "min":
        share = (high - measure) / (high - low)
    return min(max(share * 100, 0.0), 100.0)


def _category(word: str, levels: Levels) -> float | None:
    for category, worth in levels:
        if category.strip().lower() == word.strip().lower():
            return worth
    return None


def _step(measure: float, levels: Levels) -> float:
    reached = levels[0][1]
    for bound, worth in levels:
        if bound <= measure:
            reached = worth
    return reached


def _piece(measure: float, levels: Levels) -> float:
    if measure <= levels[0][0]:
        return levels[0][1]
    for (left, worth_left), (right, worth_right) in pairwise(levels):
        if measure <= right:
            part = (measure - left) / (right - left)
            return worth_left + part * (worth_right - worth_left)
    return levels[-1][1]


# --- values -> scores ---------------------------------------------------------------------------


def _give_axis(customer: Customer, criteria: list[Criterion], axis: str) -> None:
    all_weight, measured_weight, used_weight, points = 0.0, 0.0, 0.0, 0.0
    used = {}
    for criterion in criteria:
        weight, value = criterion["weight"], customer["values"][criterion["name"]]
        all_weight += weight
        if value is not None:
            measured_weight += weight
        elif criterion["fill"] is not None:
            value = criterion["fill"]
        else:
            continue
        used_weight += weight
        points += weight * value
        used[criterion["name"]] = weight * value
    customer["coverage"][axis] = measured_weight / all_weight
    customer["score"][axis] = None
    if used_weight > 0:
        customer["score"][axis] = points / used_weight
        for name, point in used.items():
            customer["contributions"][name] = point / used_weight


def _reason(customer: Customer, needed: float) -> str:
    if customer["repeats"] is not None:
        return "repeated"
    if not customer["takes_part"]:
        return "unidentified"
    short = [axis for axis in AXES if compared(customer["coverage"][axis]) < needed]
    if len(short) == len(AXES):
        return "both_coverages"
    if short:
        return f"{short[0]}_coverage"
    if None in customer["score"].values():
        return "no_measure"
    return ""


def _threshold(customers: list[Customer], rule: float | str, axis: str) -> float | None:
    if rule not in ("mean", "median"):
        return float(rule)
    rated = [c for c in customers if c["rated"]]
    among = [c["score"][axis] for c in rated if not c["prospect"]]
    if not among:
        among = [c["score"][axis] for c in rated]
    if not among:
        return None
    if rule == "mean":
        return sum(among) / len(among)
    among.sort()
    half = len(among) // 2
    return among[half] if len(among) % 2 else (among[half - 1] + among[half]) / 2


def _give_type(customer: Customer, thresholds: dict[str, float], model: Model) -> None:
    customer.update(total=None, quadrant="not_rated", borderline=False, rank=None)
    if not customer["rated"]:
        return
    weights = {axis: model[f"{axis}_weight"] for axis in AXES}
    weighted = sum(weights[axis] * customer["score"][axis] for axis in AXES)
    customer["total"] = weighted / sum(weights.values())
    high = {}
    for axis in AXES:
        score, threshold = customer["score"][axis], thresholds[axis]
        high[axis] = compared(score) >= compared(threshold)
        if compared(abs(score - threshold)) <= compared(model["borderline_band"]):
            customer["borderline"] = True
    names = {
        (True, True): "star",
        (True, False): "question_mark",
        (False, True): "free_rider",
        (False, False): "poor_dog",
    }
    customer["quadrant"] = names[high["value"], high["benefit"]]


def _rank(customers: list[Customer]) -> list[int]:
    rated = [position for position, customer in enumerate(customers) if customer["rated"]]
    for position in rated:
        total = compared(customers[position]["total"])
        better = [p for p in rated if compared(customers[p]["total"]) > total]
        customers[position]["rank"] = 1 + len(better)

    def key(position: int) -> tuple[int, float, list[int]]:
        customer = customers[position]
        value = compared(customer["score"]["value"])
        return customer["rank"], -value, [ord(character) for character in customer["id"]]

    last = [position for position, customer in enumerate(customers) if not customer["rated"]]
    return sorted(rated, key=key) + last


# --- ABC ----------------------------------------------------------------------------------------


def abc_measure_of(model: Model) -> str | None:
    """The column that the ABC analysis cumulates, ``None`` if there is none."""
    if model["abc_measure"] is not None:
        return model["abc_measure"]
    for criterion in model["criteria"]:
        currency = criterion["unit"].strip().lower() in CURRENCIES
        if currency or criterion["name"].strip().lower() in TURNOVER:
            return criterion["name"]
    return None


def _abc(customers: list[Customer], listing: list[int], model: Model) -> dict[int, dict[str, Any]]:
    column = abc_measure_of(model)
    if column is None:
        return {}
    amounts = {}
    for position in listing:
        customer = customers[position]
        amount = customer["row"][column]
        classed = customer["takes_part"] and not customer["prospect"]
        if classed and amount is not None and amount > 0:
            amounts[position] = amount
    total = sum(amounts.values())
    lines = {}
    before, last_amount, last_class = 0.0, None, ""
    for position in sorted(amounts, key=lambda p: -amounts[p]):
        amount = amounts[position]
        if amount != last_amount:
            last_class = abc_class(before / total, model["abc_a"], model["abc_b"])
        last_amount = amount
        before += amount
        lines[position] = {
            "amount": amount,
            "share": amount / total,
            "cumulative_share": before / total,
            "abc_class": last_class,
            "amount_rank": 1 + sum(other > amount for other in amounts.values()),
            "difference": None,
            "finding": "",
        }
    _compare_ranks(customers, lines)
    return lines


def abc_class(share_before: float, abc_a: float, abc_b: float) -> str:
    """The class of a customer by the cumulative share of those before."""
    if compared(share_before) < compared(abc_a / 100):
        return "A"
    return "B" if compared(share_before) < compared(abc_b / 100) else "C"


def _compare_ranks(customers: list[Customer], lines: dict[int, dict[str, Any]]) -> None:
    rated = [position for position in lines if customers[position]["rated"]]
    for position in rated:
        total = compared(customers[position]["total"])
        rank = 1 + sum(compared(customers[p]["total"]) > total for p in rated)
        line, quadrant = lines[position], customers[position]["quadrant"]
        line["difference"] = line["amount_rank"] - rank
        if line["abc_class"] == "A" and quadrant in ("free_rider", "poor_dog"):
            line["finding"] = "overrated"
        if line["abc_class"] == "C" and quadrant in ("star", "question_mark"):
            line["finding"] = "underrated"
