"""Which destinations' probes reach which nodes, exactly.

A probe of destination d never passes d again: the switch drops its own. So bit d enters the nodes of switch d only at
the sending node. Sets of destinations are integers used as bit sets; what is new at a node is passed on in sweeps over
the nodes, forwards and backwards in breadth-first order, which settles ring and tree alike in a few sweeps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contra.product.explore import RawGraph

MAX_BITS = 1 << 31
"""Bits held at a time; where nodes times destinations are more, destinations are taken in portions."""

MAX_LISTED = 1000
"""Unreachable pairs that are named."""


@dataclass(frozen=True)
class Reach:
    """What is reached from where."""

    reached: list[bool]
    """Per node, whether the probe of a destination that somebody can use comes by."""
    foreign: list[bool]
    """The same, the node's own switch as destination not counted."""
    usable: frozenset[int]
    """Destinations that some switch has a compliant path to."""
    unheard: tuple[int, ...]
    """Destinations that no source (other than itself) has a compliant path to, though there is such a source."""
    missing: int
    """Number of (source, destination) pairs without a compliant path."""
    pairs: tuple[tuple[int, int], ...]
    """The first `MAX_LISTED` of them, by source, then destination."""
    heard_pairs: tuple[tuple[int, int], ...]
    """The first of those pairs whose destination some other source reaches."""
    heard_missing: int
    """Number of pairs of that kind."""


def reach(graph: RawGraph, destinations: Sequence[int], switches: int) -> Reach:
    """Follow every probe through the raw graph. Sources are the destinations."""
    count = len(graph.switch)
    outgoing = graph.outgoing()
    order = _breadth_first(outgoing)
    reached, foreign = [False] * count, [False] * count
    usable: set[int] = set()
    tally = _Tally()
    portion = max(1, min(len(destinations), MAX_BITS // (count + 1)))
    for start in range(0, len(destinations), portion):
        part = destinations[start : start + portion]
        bit = {switch: 1 << index for index, switch in enumerate(part)}
        found = _spread(graph, outgoing, order, bit)
        good = [0] * switches
        for node, switch in enumerate(graph.switch):
            if graph.useful[node]:
                good[switch] |= found[node] & ~bit.get(switch, 0)
        used = _union(good)
        usable.update(switch for switch, own in bit.items() if used & own)
        for node, switch in enumerate(graph.switch):
            if found[node] & used:
                reached[node] = True
                foreign[node] = foreign[node] or found[node] & used & ~bit.get(switch, 0) != 0
        tally.add(good, part, bit, destinations)
    return tally.result(reached, foreign, frozenset(usable))


def _union(masks: Sequence[int]) -> int:
    total = 0
    for mask in masks:
        total |= mask
    return total


def _breadth_first(outgoing: list[list[int]]) -> list[int]:
    seen = [False] * len(outgoing)
    order: list[int] = []
    for root in range(len(outgoing)):
        if seen[root]:
            continue
        seen[root] = True
        queue = [root]
        for node in queue:
            for target in outgoing[node]:
                if not seen[target]:
                    seen[target] = True
                    queue.append(target)
        order += queue
    return order


def _spread(graph: RawGraph, outgoing: list[list[int]], order: list[int], bit: dict[int, int]) -> list[int]:
    """Per node, the set of destinations whose probes come by."""
    everything = (1 << len(bit)) - 1
    missing = [everything & ~bit.get(switch, 0) for switch in graph.switch]
    pending = [0] * len(missing)
    for switch, own in bit.items():
        if switch in graph.sending:
            pending[graph.sending[switch]] = own
    busy = True
    while busy:
        busy = False
        for node in order:
            delta = pending[node]
            if not delta:
                continue
            pending[node] = 0
            busy = True
            for target in outgoing[node]:
                new = delta & missing[target]
                if new:
                    missing[target] ^= new
                    pending[target] |= new
        order = order[::-1]
    found = [everything & ~mask & ~bit.get(s, 0) for mask, s in zip(missing, graph.switch, strict=True)]
    for switch, own in bit.items():
        if switch in graph.sending:
            found[graph.sending[switch]] |= own
    return found


class _Tally:
    """Collects the pairs that are missing, portion by portion of the destinations."""

    def __init__(self) -> None:
        self.missing = 0
        self.heard_missing = 0
        self.pairs: list[tuple[int, int]] = []
        self.heard_pairs: list[tuple[int, int]] = []
        self.unheard: list[int] = []

    def add(self, good: list[int], part: Sequence[int], bit: dict[int, int], sources: Sequence[int]) -> None:
        everything = (1 << len(part)) - 1
        heard = _union([good[source] for source in sources])
        if len(sources) > 1:
            self.unheard += [switch for switch in part if not heard & bit[switch]]
        lost = [(source, everything & ~good[source] & ~bit.get(source, 0)) for source in sources]
        lost_but_heard = [(source, mask & heard) for source, mask in lost]
        self.missing += sum(mask.bit_count() for _, mask in lost)
        self.heard_missing += sum(mask.bit_count() for _, mask in lost_but_heard)
        self.pairs += _first(lost, part)
        self.heard_pairs += _first(lost_but_heard, part)

    def result(self, reached: list[bool], foreign: list[bool], usable: frozenset[int]) -> Reach:
        return Reach(
            reached=reached,
            foreign=foreign,
            usable=usable,
            unheard=tuple(self.unheard),
            missing=self.missing,
            pairs=tuple(sorted(self.pairs)[:MAX_LISTED]),
            heard_pairs=tuple(sorted(self.heard_pairs)[:MAX_LISTED]),
            heard_missing=self.heard_missing,
        )


def _first(lost: list[tuple[int, int]], part: Sequence[int]) -> list[tuple[int, int]]:
    """The first `MAX_LISTED` pairs of (source, set of destinations) rows, the sources ascending."""
    pairs: list[tuple[int, int]] = []
    for source, mask in lost:
        while mask and len(pairs) < MAX_LISTED:
            lowest = mask & -mask
            pairs.append((source, part[lowest.bit_length() - 1]))
            mask ^= lowest
    return pairs
