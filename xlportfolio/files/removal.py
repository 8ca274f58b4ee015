"""Take parts out of a package, with whatever only they led to."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from xlportfolio.files.package import Package, Relationship


def detach(package: Package, source: str, chosen: Callable[[Relationship], bool]) -> list[str]:
    """Take relationships of a part away, and the parts that nothing else leads to.

    Parameters
    ----------
    source
        The part whose relationships they are; ``""`` for the package itself.
    chosen
        Which of them go.

    Returns
    -------
    The ids of the relationships that went. What the XML of the source says of them is left to the
    caller.
    """
    gone = [r for r in package.relationships(source) if chosen(r)]
    for relationship in gone:
        package.unrelate(source, relationship)
    if gone and not package.relationships(source):
        package.drop_relationships(source)
    remove_orphans(package, (r.target for r in gone if not r.external))
    return [relationship.id for relationship in gone]


def of_ids(ids: Collection[str]) -> Callable[[Relationship], bool]:
    """Chooses the relationships that have one of these ids."""
    chosen = frozenset(ids)
    return lambda relationship: relationship.id in chosen


def release(package: Package, parts: Collection[str]) -> None:
    """Take away what these parts point at, unless something else leads there; they stay."""
    below = [r.target for part in parts for r in package.relationships(part) if not r.external]
    for part in parts:
        package.drop_relationships(part)
    remove_orphans(package, below)


def remove_orphans(package: Package, candidates: Iterable[str]) -> None:
    """Remove those of the parts that nothing leads to, and what only they led to in turn.

    Parts that lead to each other in a circle, as pivot tables and their caches may, stay only where
    something else leads there.
    """
    queue = [part for part in dict.fromkeys(candidates) if part in package]
    if not queue:
        return
    reached = _reached(package)
    while queue:
        part = queue.pop()
        if part in reached or part not in package:
            continue
        below = [r.target for r in package.relationships(part) if not r.external]
        package.remove(part)
        queue += below


def _reached(package: Package) -> set[str]:
    """The parts to which relationships lead, over others too, from the package itself."""
    found: set[str] = set()
    queue = [""]
    while queue:
        for relationship in package.relationships(queue.pop()):
            target = relationship.target
            if not relationship.external and target in package and target not in found:
                found.add(target)
                queue.append(target)
    return found
