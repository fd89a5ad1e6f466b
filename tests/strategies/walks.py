"""Ranks of walks, straight from the definition: no automaton, no product graph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from contra.topology.model import Topology

RankValue = tuple[Fraction, ...]


@dataclass(frozen=True)
class Metrics:
    """What a probe carries."""

    length: int = 0
    lat: Fraction = Fraction(0)
    util: Fraction = Fraction(0)

    def over(self, lat: Fraction, util: Fraction) -> Metrics:
        """After one more link."""
        return Metrics(self.length + 1, self.lat + lat, max(self.util, util))


def rank_value(rank: str, metrics: Metrics) -> RankValue:
    """A rank text of `strategies.policies` on metrics."""
    known = {"len": Fraction(metrics.length), "lat": metrics.lat, "util": metrics.util}
    return tuple(
        sum((known[part] if part in known else Fraction(part) for part in component.split("+")), Fraction(0))
        for component in rank.split(",")
    )


def walks(topology: Topology, destination: int, limit: int, util: Sequence[Fraction]) -> Iterator[tuple[str, Metrics]]:
    """Every walk of at most `limit` links that ends in `destination` and meets it only there: the switch names from
    source to destination, and its metrics. Names are single characters; parallel links give walks of their own."""
    stack = [(destination, topology.switches[destination].name, Metrics())]
    while stack:
        switch, path, metrics = stack.pop()
        yield path, metrics
        if metrics.length < limit:
            for port in topology.ports[switch]:
                if port.peer != destination:
                    farther = metrics.over(Fraction(port.link + 1), util[port.link])
                    stack.append((port.peer, topology.switches[port.peer].name + path, farther))


def best_ranks(
    topology: Topology,
    util: Sequence[Fraction],
    patterns: Sequence[re.Pattern[str]],
    ranks: dict[frozenset[int], str | None],
    limit: int,
) -> dict[tuple[int, int], RankValue]:
    """Least finite rank per (source, destination) over walks of at most `limit` links; pairs without one are absent."""
    best: dict[tuple[int, int], RankValue] = {}
    index = {switch.name: switch.index for switch in topology.switches}
    matched: dict[str, frozenset[int]] = {}
    for destination in topology.destinations:
        for path, metrics in walks(topology, destination, limit, util):
            if metrics.length == 0:
                continue
            if path not in matched:
                matched[path] = frozenset(i for i, p in enumerate(patterns) if p.fullmatch(path))
            rank = ranks[matched[path]]
            if rank is not None:
                pair, value = (index[path[0]], destination), rank_value(rank, metrics)
                best[pair] = min(best.get(pair, value), value)
    return best
