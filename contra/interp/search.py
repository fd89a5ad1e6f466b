"""The best walks of a network, by looking at all that can matter.

Which walks are there? A packet that reaches its destination has arrived, so a walk has its destination at the end
alone. Otherwise switches may repeat: to a waypoint on a stub and back, say. But a walk that comes to the same switch
twice with the same left to match of every regex may be cut short between the two: the rest matches the same regexes,
and no metric is the worse for fewer links. So walks that repeat no such pair are enough, and they are finitely many.
(A policy by which longer paths can be better is not monotone, and refused.)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise, product

from contra.check.model import CheckedPolicy
from contra.interp.network import Network, Walk
from contra.interp.rank import INF, Rank, rank
from contra.interp.regex import Left, after

_State = tuple[str, tuple[Left, ...]]
"""A switch, and what is left of every regex once it was read."""


@dataclass(frozen=True, slots=True)
class Optimum:
    """The least rank of a pair, and all walks that have it; INF has none."""

    rank: Rank = INF
    walks: tuple[Walk, ...] = ()


def walks(policy: CheckedPolicy, network: Network, source: str) -> Iterator[Walk]:
    """Every walk from a switch that can matter to some destination: see the module text."""
    unread = tuple(frozenset({each.regex}) for each in policy.regexes)
    yield from _longer(network, (), [_read(source, unread)])


def _longer(network: Network, walk: Walk, states: list[_State]) -> Iterator[Walk]:
    """The walks that begin with a walk; `states` are those that it has been through, its source first."""
    here, left = states[-1]
    for edge in network.out_of[here]:
        state = _read(edge.target, left)
        if state not in states:
            longer = (*walk, edge)
            yield longer
            yield from _longer(network, longer, [*states, state])


def _read(switch: str, left: tuple[Left, ...]) -> _State:
    return switch, tuple(after(each, switch) for each in left)


def best(policy: CheckedPolicy, network: Network, source: str, destination: str) -> Optimum:
    """The least rank from a switch to another, and the walks that have it. Raises ValueError for an unknown switch."""
    if source == destination or not {source, destination} <= set(network.switches):
        raise ValueError(f"'{source}' and '{destination}' are not two switches of the network")
    return best_of_all(policy, network, [source], [destination])[source, destination]


def best_of_all(
    policy: CheckedPolicy,
    network: Network,
    sources: Sequence[str] | None = None,
    destinations: Sequence[str] | None = None,
) -> Mapping[tuple[str, str], Optimum]:
    """The optimum of every ordered pair of different switches, or of the switches named."""
    sources = network.switches if sources is None else sources
    destinations = network.switches if destinations is None else destinations
    found = {(a, b): Optimum() for a in sources for b in destinations if a != b}
    for source in sources:
        for walk in walks(policy, network, source):
            destination = walk[-1].target
            passed = {edge.source for edge in walk}
            if (source, destination) in found and destination not in passed:
                pair = (source, destination)
                found[pair] = _better(found[pair], rank(policy, walk), walk)
    return found


def _better(known: Optimum, value: Rank, walk: Walk) -> Optimum:
    if value < known.rank:
        return Optimum(value, (walk,))
    if value == known.rank != INF:
        return Optimum(value, (*known.walks, walk))
    return known


def ranks_of(policy: CheckedPolicy, network: Network, names: Sequence[str]) -> list[tuple[Rank, Walk]]:
    """The ranks of a path by its switches, one for each choice between parallel links, best first.

    Empty where two switches that follow one another have no link that is up.
    """
    steps = [[e for e in network.out_of[a] if e.target == b] for a, b in pairwise(names)]
    chosen = [walk for walk in product(*steps) if walk]
    return sorted(((rank(policy, walk), walk) for walk in chosen), key=lambda each: each[0])
