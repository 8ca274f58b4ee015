"""What customers are called in a copy that must not hold their names or numbers."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
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
    earlier: Iterable[tuple[str, str]] = (),
) -> list[Alias]:
    """Aliases such as ``Kunde 07`` and ``K007``, one for each customer, in the given order.

    After these comes one for each earlier name that nobody has now: it is shown as the customer is
    who had it. The same name has the same alias. A customer whose name serves as its number has its
    alias for both. A number that holds a name is shown with the alias of that. Texts that differ in
    case or blanks alone have the same alias; where two numbers do, the second one ends in (2).

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
    earlier
        Numbers by which some of the customers are known, and other names that they have had.

    Examples
    --------
    >>> rows = [("7", "Alpha AG", "7"), ("Beta", "Beta", "")]
    >>> made = aliases_of(rows, names=True, ids=True, language="de")
    >>> [(alias.shown_id, alias.shown) for alias in made]
    [('K001', 'Kunde 1'), ('Kunde 2', 'Kunde 2')]
    """
    earlier = tuple(earlier)
    if not (names or ids):
        made = [Alias(number, name, own or name.strip(), name) for number, name, own in customers]
        return made + _of_earlier(made, earlier, names=False)
    words = texts(language)
    known = tuple(known)
    real = {text for customer in (*customers, *earlier) for text in customer}.union(taken)
    keys = _Keys({text: key_of(text) for text in real})
    shown_names: Mapping[str, str] = {}
    if names:
        former = [(a.customer_id, a.customer, a.shown) for a in known if a.shown != a.customer]
        wanted = [(number, name) for number, name, _ in customers if keys.of[name]]
        shown_names = keys.named(wanted, former, words("aliases.customer"), 1)
    shown_ids: Mapping[str, str] = {}
    if ids:
        former = [("", a.customer_id, a.shown_id) for a in known if a.shown_id != a.customer_id]
        wanted = [("", own) for _, _, own in customers if keys.of[own]]
        shown_ids = keys.named(wanted, former, words("aliases.customer_id"), _ID_DIGITS)
    shown = {number: shown_names.get(name, name) for number, name, _ in reversed(customers)}
    former_names = {name: shown[number] for number, name in earlier} if names else {}
    inside = Secrets(aliases={} if ids else {**former_names, **shown_names})
    made = []
    there = {number for number, _, _ in customers}
    whose = {a.shown_id: a.customer_id for a in reversed(known) if a.customer_id in there}
    for number, name, own in customers:
        shown_name = shown_names.get(name, name)
        shown_id = (shown_ids.get(own) or inside.told(own) or own) if own else shown_name.strip()
        more = (f"{shown_id} ({i})" for i in itertools.count(2))
        free = itertools.chain([shown_id], more)
        shown_id = next(one for one in free if whose.setdefault(one, number) == number)
        made.append(Alias(number, name, shown_id, shown_name))
    return made + _of_earlier(made, earlier, names=names)


def _of_earlier(
    made: Sequence[Alias], earlier: Iterable[tuple[str, str]], *, names: bool
) -> list[Alias]:
    """What stands for names that customers have had, unless somebody has such a name now."""
    now = {key_of(alias.customer) for alias in made}
    of = {alias.customer_id: alias for alias in reversed(made)}
    return [
        replace(of[number], customer=name, shown=of[number].shown if names else name)
        for number, name in earlier
        if key_of(name) not in now
    ]


class _Keys:
    """What the names and numbers of everybody are compared by; no alias may be one of them."""

    def __init__(self, of: Mapping[str, tuple[str, ...]]) -> None:
        self.of = of
        self._real = set(of.values())

    def named(
        self,
        wanted: Sequence[tuple[str, str]],
        former: Sequence[tuple[str, str, str]],
        pattern: str,
        digits: int,
    ) -> dict[str, str]:
        """What stands for each text; those alike have the same.

        Parameters
        ----------
        wanted
            Whose text it is, blank for nobody's, and the text.
        former
            Whose it was, the text, and what stood for it.
        """
        former = [entry for entry in former if key_of(entry[2]) not in self._real]
        by_text = {key_of(text): alias for _, text, alias in reversed(former)}
        by_owner = {owner: alias for owner, _, alias in former if owner}
        keys = dict.fromkeys(self.of[text] for _, text in wanted)
        chosen = {key: by_text[key] for key in keys if key in by_text}
        used = set(chosen.values())
        for owner, text in wanted if by_owner else ():
            alias = by_owner.get(owner)
            if alias is not None and alias not in used and self.of[text] not in chosen:
                chosen[self.of[text]] = alias
                used.add(alias)
        reserved = {key_of(alias) for _, _, alias in former}
        fresh = self._fresh(pattern, max(digits, len(str(len(keys)))), len(keys), reserved)
        for key in keys:
            if key not in chosen:
                chosen[key] = next(fresh)
        return {text: chosen[self.of[text]] for _, text in wanted}

    def _fresh(
        self, pattern: str, width: int, count: int, reserved: set[tuple[str, ...]]
    ) -> Iterator[str]:
        """Aliases with numbers from 1; a letter stands before them where somebody is called so."""
        letters: tuple[str, ...] = ("", *ascii_uppercase)
        for letter in letters:
            made = [pattern.format(number=f"{letter}{i:0{width}}") for i in range(1, count + 1)]
            keys = [*map(key_of, made)]
            if self._real.isdisjoint(keys):
                break
        more = (pattern.format(number=f"{letter}{i}") for i in itertools.count(count + 1))
        pairs = itertools.chain(zip(made, keys, strict=True), ((one, key_of(one)) for one in more))
        for alias, key in pairs:
            if key not in reserved and key not in self._real:
                yield alias
