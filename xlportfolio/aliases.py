"""What customers are called in a copy that must not hold their names or numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from string import ascii_uppercase

from xlportfolio.locale import texts
from xlportfolio.secrecy import Secrets, key_of

#: The digits of a number that stands for another, at least.
_ID_DIGITS = 3


@dataclass(frozen=True, slots=True, eq=False)
class Alias:
    """A customer and what it is called in the copy; the same where it keeps its name or number."""

    customer_id: str
    customer: str
    shown_id: str
    shown: str


def aliases_of(
    customers: Sequence[tuple[str, str, str]],
    *,
    names: bool,
    ids: bool,
    language: str,
    known: Iterable[Alias] = (),
    taken: Iterable[str] = (),
) -> list[Alias]:
    """Aliases such as ``Kunde 07`` and ``K007``, one for each customer, in the given order.

    The same name has the same alias. A customer whose name serves as its number has its alias for
    both. A number that holds a name is shown with the alias of that.

    Parameters
    ----------
    customers
        The number by which each is known, its name, and the number that it has; blank for none.
    names, ids
        Whether names, and whether numbers, get others.
    language
        Of the aliases.
    known
        Those of earlier copies: a customer is known again by its name, else by its number.
    taken
        Texts that no alias may be, such as names of customers that are not there.

    Examples
    --------
    >>> rows = [("7", "Alpha AG", "7"), ("Beta", "Beta", "")]
    >>> made = aliases_of(rows, names=True, ids=True, language="de")
    >>> [(alias.shown_id, alias.shown) for alias in made]
    [('K001', 'Kunde 1'), ('Kunde 2', 'Kunde 2')]
    """
    words = texts(language)
    known = tuple(known)
    real = {key_of(text) for customer in customers for text in customer}
    real |= {key_of(text) for text in taken}
    shown_names: Mapping[str, str] = {}
    if names:
        former = [(a.customer_id, a.customer, a.shown) for a in known if a.shown != a.customer]
        wanted = [(number, name) for number, name, _ in customers if key_of(name)]
        shown_names = _named(wanted, former, words("aliases.customer"), 1, real)
    shown_ids: Mapping[str, str] = {}
    if ids:
        former = [("", a.customer_id, a.shown_id) for a in known if a.shown_id != a.customer_id]
        wanted = [("", own) for _, _, own in customers if key_of(own)]
        shown_ids = _named(wanted, former, words("aliases.customer_id"), _ID_DIGITS, real)
    inside = Secrets(aliases=shown_names)
    made = []
    for number, name, own in customers:
        shown = shown_names.get(name, name)
        shown_id = shown_ids.get(own) or inside.told(own) or own
        made.append(Alias(number, name, shown_id if own else shown.strip(), shown))
    return made


def _named(
    wanted: Sequence[tuple[str, str]],
    former: Sequence[tuple[str, str, str]],
    pattern: str,
    digits: int,
    real: set[tuple[str, ...]],
) -> dict[str, str]:
    """What stands for each text; those alike have the same.

    Parameters
    ----------
    wanted
        Whose text it is, blank for nobody's, and the text.
    former
        Whose it was, the text, and what stood for it.
    real
        What no alias may be.
    """
    former = [entry for entry in former if key_of(entry[2]) not in real]
    by_text = {key_of(text): alias for _, text, alias in former}
    by_owner = {owner: alias for owner, _, alias in former if owner}
    chosen = {key: by_text[key] for _, text in wanted if (key := key_of(text)) in by_text}
    used = set(chosen.values())
    for owner, text in wanted:
        alias = by_owner.get(owner)
        if alias is not None and alias not in used and key_of(text) not in chosen:
            chosen[key_of(text)] = alias
            used.add(alias)
    keys = dict.fromkeys(key_of(text) for _, text in wanted)
    width = max(digits, len(str(len(keys))))
    reserved = real | {key_of(alias) for _, _, alias in former}
    letter = _letter(pattern, len(keys), width, real)
    number = 0
    for key in keys:
        while key not in chosen:
            number += 1
            alias = pattern.format(number=f"{letter}{number:0{width}}")
            if key_of(alias) not in reserved:
                chosen[key] = alias
    return {text: chosen[key_of(text)] for _, text in wanted}


def _letter(pattern: str, count: int, width: int, real: set[tuple[str, ...]]) -> str:
    """What stands before the numbers, so that no alias is called as somebody really is."""
    letters: tuple[str, ...] = ("", *ascii_uppercase)
    for letter in letters:
        made = (pattern.format(number=f"{letter}{i:0{width}}") for i in range(1, count + 1))
        if not any(key_of(alias) in real for alias in made):
            return letter
    return ""
