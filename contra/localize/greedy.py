"""SCOUT and SCORE: the greedy methods of the papers, on edges between elements and objects.

SCOUT (arXiv 1712.08129, section IV-C): of the objects with hit ratio 1 take all with the greatest coverage, remove the
elements that they explain, compute the ratios anew; what then stays unexplained is put down to the objects of the
failed edges that were changed lately. SCORE (Kompella et al., NSDI 2005) is the same greedy with a fixed hit ratio
below 1 and without a log.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction

import numpy as np

from contra.localize.model import Change, Flags, Hypothesis, Ints, RiskModel, Suspect

SCORE_RATIO = Fraction(3, 5)
"""The hit ratio of method score."""

Pick = tuple[int, Ints]
"""An object, and the failed elements that it explains."""


class Picking:
    """The greedy at work: edges of failed elements that are not explained yet, and all ratios kept up to date.

    Elements that do not fail are never removed, so of their edges nothing but the number per object is kept.
    """

    def __init__(self, model: RiskModel) -> None:
        self.model = model
        edges = model.edges
        count = len(model.objects)
        self.dependants: Ints = np.bincount(edges.object, minlength=count)
        self.failures: Ints = np.bincount(edges.object[edges.failed], minlength=count)
        near = _members(edges.element, model.failed_elements, len(model.elements))
        self.element, self.object, self.failed = edges.element[near], edges.object[near], edges.failed[near]
        self.left = self.dependants.copy()
        self.hits = self.failures.copy()

    def best(self, ratio: Fraction) -> Ints:
        """All objects of the greatest coverage among those whose hit ratio is at least `ratio`."""
        allowed = (self.hits > 0) & (self.hits * ratio.denominator >= self.left * ratio.numerator)
        if not allowed.any():
            return np.empty(0, np.int64)
        return np.flatnonzero(allowed & (self.hits == self.hits[allowed].max()))

    def explain(self, objects: Ints) -> Iterator[Pick]:
        """Remove the elements that these objects explain; what each of them explains."""
        chosen = _flags(objects, len(self.model.objects))
        by_them = self.failed & chosen[self.object]
        pairs = self.element[by_them], self.object[by_them]
        gone = _flags(pairs[0], len(self.model.elements))[self.element]
        count = len(self.model.objects)
        self.left -= np.bincount(self.object[gone], minlength=count)
        self.hits -= np.bincount(self.object[gone & self.failed], minlength=count)
        self.element, self.object, self.failed = self.element[~gone], self.object[~gone], self.failed[~gone]
        for thing in objects:
            yield int(thing), pairs[0][pairs[1] == thing]

    def run(self, ratio: Fraction) -> Iterator[Pick]:
        """Objects until none is left whose hit ratio is high enough."""
        while len(objects := self.best(ratio)):
            yield from self.explain(objects)

    def recent(self, changed: Iterable[int]) -> Iterator[Pick]:
        """Stage 2 of SCOUT: the changed objects that a remaining failed edge leads to."""
        wanted = _flags(np.fromiter(changed, np.int64), len(self.model.objects))
        objects = np.unique(self.object[self.failed & wanted[self.object]])
        yield from self.explain(objects)

    def remaining(self) -> Ints:
        """Failed elements that nothing explains yet."""
        return np.unique(self.element[self.failed])


def scout(model: RiskModel, changes: Sequence[Change] = ()) -> Hypothesis:
    """The method of the paper. `changes` are those that count as recent."""
    picking = Picking(model)
    found = [("hit ratio", pick) for pick in picking.run(Fraction(1))]
    numbers = (model.index.get(change.object) for change in changes)
    found += [("change log", pick) for pick in picking.recent({n for n in numbers if n is not None})]
    return hypothesis("scout", picking, found, changes)


def score(model: RiskModel, ratio: Fraction = SCORE_RATIO) -> Hypothesis:
    """The baseline: a fixed hit ratio, and no log."""
    picking = Picking(model)
    found = [("hit ratio", pick) for pick in picking.run(ratio)]
    return hypothesis("score", picking, found, ())


def hypothesis(
    method: str, picking: Picking, found: Iterable[tuple[str, Pick]], changes: Sequence[Change]
) -> Hypothesis:
    """What was picked, with names."""
    model = picking.model
    total = len(model.failed_elements)
    log = changes_of(changes)
    classes = alike(model, [thing for _, (thing, _) in found])
    suspects = tuple(
        Suspect(
            object=model.objects[thing],
            evidence=evidence,
            failed=int(picking.failures[thing]),
            dependants=int(picking.dependants[thing]),
            explained=tuple(model.elements[element] for element in explained),
            coverage=Fraction(len(explained), total),
            weight=float(len(explained)),
            alike=tuple(model.objects[other] for other in classes[thing]),
            changes=log.get(model.objects[thing], ()),
        )
        for evidence, (thing, explained) in found
    )
    unexplained = tuple(model.elements[element] for element in picking.remaining())
    return Hypothesis(method, suspects, unexplained, total)


def changes_of(changes: Iterable[Change]) -> dict[object, tuple[Change, ...]]:
    """The changes of each object, newest first."""
    found: dict[object, tuple[Change, ...]] = {}
    for change in sorted(changes, key=lambda change: -change.at):
        found[change.object] = (*found.get(change.object, ()), change)
    return found


def alike(model: RiskModel, objects: Iterable[int]) -> dict[int, tuple[int, ...]]:
    """Object -> the others with exactly its entries, for some objects of a model."""
    labels = model.classes
    wanted = set(objects)
    members: dict[int, list[int]] = {}
    for label in {int(labels[thing]) for thing in wanted}:
        members[label] = [int(thing) for thing in np.flatnonzero(labels == label)]
    return {thing: tuple(other for other in members[int(labels[thing])] if other != thing) for thing in wanted}


def _flags(numbers: Ints, count: int) -> Flags:
    flags = np.zeros(count, np.bool_)
    flags[numbers] = True
    return flags


def _members(values: Ints, wanted: Ints, count: int) -> Flags:
    return _flags(wanted, count)[values]
