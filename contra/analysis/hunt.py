"""Candidates for witnesses among the paths and links of a grid, simple ones first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from contra.analysis.isotonicity import Order
from contra.analysis.sampling import Floats, Point, Sampler

_Ranked = tuple[int, Floats]
_Row = tuple[Floats, Floats, int]
"""Rank before, rank after, place of the path."""


class Hunter:
    """Searches one grid. Results are floating-point guesses, to be checked exactly."""

    def __init__(self, sampler: Sampler) -> None:
        self._sampler = sampler
        self._paths = [tuple(map(float, path)) for path in sampler.paths]
        self._links = [tuple(map(float, link)) for link in sampler.links]
        self._before = [sampler.rank(path) for path in self._paths]
        self._after_link: list[list[_Ranked]] = []

    def _after(self, link: int) -> list[_Ranked]:
        """Ranks of all paths extended by a link."""
        while len(self._after_link) <= link:
            step = self._links[len(self._after_link)]
            extend, rank = self._sampler.extend, self._sampler.rank
            self._after_link.append([rank(extend(path, step)) for path in self._paths])
        return self._after_link[link]

    def improving(self) -> Iterator[tuple[Point, ...]]:
        """(path, link) where the link improves the rank."""
        for number, link in enumerate(self._sampler.links):
            for place, (_, after) in enumerate(self._after(number)):
                if after < self._before[place][1]:
                    yield self._sampler.paths[place], link

    def reversing(self, leaf: int) -> Iterator[tuple[Point, ...]]:
        """(p, q, link), all ranked by one leaf, where p is as good as q and worse once both are extended."""
        paths = self._sampler.paths
        ties: list[tuple[Point, ...]] = []
        for number, link in enumerate(self._sampler.links):
            rows = [
                (before, after, place)
                for place, ((old, before), (new, after)) in enumerate(
                    zip(self._before, self._after(number), strict=True)
                )
                if old == leaf == new
            ]
            if not _reversed(rows):
                continue
            for p, q, strict in _flips(rows):
                if strict:
                    yield paths[p], paths[q], link
                elif len(ties) < 20:
                    ties.append((paths[p], paths[q], link))
        yield from ties

    def losing(self, orders: Sequence[Order]) -> Iterator[tuple[Point, ...]]:
        """(p, rival, ...): p is the best, and each order has a rival that it puts before p, or at least
        beside it.
        """
        if not orders:
            return
        keys = [[self._key(order, path) for path in self._paths] for order in orders]
        ranks = [rank for _, rank in self._before]
        for strict in (True, False):
            for place, mine in enumerate(ranks):
                rivals = [_rival(place, mine, ranks, key, strict) for key in keys]
                if None not in rivals:
                    yield tuple(self._sampler.paths[i] for i in (place, *rivals) if i is not None)

    def _key(self, order: Order, path: Floats) -> Floats:
        linear = self._sampler.linear
        return tuple(max(linear(term)(path) for term in form.alternatives) for form in order)


def _reversed(rows: list[_Row]) -> bool:
    """Whether any two rows change places, or a tie breaks."""
    worst: Floats | None = None
    ordered = sorted(rows, key=lambda row: (row[0], tuple(-x for x in row[1])))
    for _, after, _ in ordered:
        if worst is not None and after < worst:
            return True
        worst = after if worst is None else max(worst, after)
    return False


def _flips(rows: list[_Row]) -> Iterator[tuple[int, int, bool]]:
    """(p, q, whether p was strictly better) of all pairs that change places."""
    for before_p, after_p, p in rows:
        for before_q, after_q, q in rows:
            if before_p <= before_q and after_p > after_q:
                yield p, q, before_p < before_q


def _rival(place: int, mine: Floats, ranks: list[Floats], keys: list[Floats], strict: bool) -> int | None:
    own = keys[place]
    for other, rank in enumerate(ranks):
        if rank > mine and (keys[other] < own or (not strict and keys[other] == own)):
            return other
    return None
