"""Small networks with exact metrics: brute force over simple paths against what probes make packets do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from random import Random

from support import ranking

from contra.analysis.model import AnalysedPolicy, ProbeClass
from contra.check.model import CheckedPolicy, Combine

Link = Mapping[str, Fraction]


@dataclass(frozen=True)
class Network:
    """Undirected; `links[(a, b)]` and `links[(b, a)]` may differ. Destination is switch 0."""

    size: int
    links: Mapping[tuple[int, int], Link]

    def neighbours(self, switch: int) -> list[int]:
        return [b for a, b in self.links if a == switch]


def origin(policy: CheckedPolicy) -> dict[str, Fraction]:
    """Metrics of the path of no link."""
    worst = Fraction(10**9)
    return {i.name: worst if i.combine is Combine.MIN else Fraction(0) for i in policy.attributes}


def simple_paths(network: Network, source: int) -> Iterator[list[int]]:
    """All simple paths from a switch to the destination."""
    pending = [[source]]
    while pending:
        path = pending.pop()
        if path[-1] == 0:
            yield path
            continue
        pending += [[*path, n] for n in network.neighbours(path[-1]) if n not in path]


def metrics_of(policy: CheckedPolicy, network: Network, path: list[int]) -> dict[str, Fraction]:
    metrics = origin(policy)
    for here, there in reversed(list(pairwise(path))):
        metrics = ranking.extend(policy, metrics, network.links[(here, there)])
    return metrics


def best_by_brute_force(policy: CheckedPolicy, matched: frozenset[int], network: Network, source: int) -> ranking.Rank:
    """The least rank over all simple paths, by the policy's definition."""
    paths = simple_paths(network, source)
    return min(ranking.rank(policy, matched, metrics_of(policy, network, path)) for path in paths)


@dataclass(frozen=True)
class Entry:
    """What a switch keeps for one class: the metrics that the probe brought, and where packets go."""

    metrics: Mapping[str, Fraction]
    next_hop: int


def flood(policy: AnalysedPolicy, network: Network, cls: ProbeClass, random: Random) -> dict[int, Entry]:
    """One round of probes of one class: links are queues, served in any order; only what is strictly better is kept.

    A switch may be left with metrics that its next hop no longer offers; packets follow the next hops all the same.
    """
    kept: dict[int, Entry] = {}
    queues: dict[tuple[int, int], list[Mapping[str, Fraction]]] = {}

    def send(switch: int, metrics: Mapping[str, Fraction]) -> None:
        for neighbour in network.neighbours(switch):
            if neighbour != 0:
                queues.setdefault((neighbour, switch), []).append(metrics)

    send(0, origin(policy.checked))
    while queues:
        here, there = random.choice(sorted(queues))
        queue = queues[(here, there)]
        metrics = ranking.extend(policy, queue.pop(0), network.links[(here, there)])
        if not queue:
            del queues[(here, there)]
        old = kept.get(here)
        if old is None or ranking.order_value(cls.order, metrics) < ranking.order_value(cls.order, old.metrics):
            kept[here] = Entry(metrics, there)
            send(here, metrics)
    return kept


def walked(kept: Mapping[int, Entry], source: int) -> list[int]:
    """The path that a packet takes from a switch."""
    path = [source]
    while path[-1] != 0:
        path.append(kept[path[-1]].next_hop)
        assert len(set(path)) == len(path), f"a loop: {path}"
    return path


@dataclass(frozen=True)
class Choice:
    """What a switch ends up with: the least rank that it believes in, and that of the path its packets walk."""

    believed: ranking.Rank
    walked: ranking.Rank


def choices(
    policy: AnalysedPolicy, matched: frozenset[int], network: Network, random: Random, *, own: bool = True
) -> dict[int, Choice]:
    """Per switch the choice between the entries of the rule's classes.

    With `own`, an entry counts for the choice only if the branch that ranks it is one that its class serves: the
    metrics that a class does not compare may be older than the path they came from.
    """
    rule = policy.rules[policy.rule_of(matched)]
    tables = {p: flood(policy, network, policy.classes[p], random) for p in sorted(rule.probe_classes)}
    result = {}
    for switch in range(1, network.size):
        entries = [(p, table[switch].metrics) for p, table in tables.items()]
        ranked = [(ranking.rank(policy.checked, matched, metrics), p, metrics) for p, metrics in entries]
        believed = min((rank for rank, _, _ in ranked), default=ranking.INF)
        served = [(r, p) for r, p, m in ranked if not own or ranking.branch_of(rule, m).probe_class == p]
        rank, pid = min(served, default=(ranking.INF, -1))
        if rank != ranking.INF:
            path = walked(tables[pid], switch)
            rank = ranking.rank(policy.checked, matched, metrics_of(policy.checked, network, path))
        result[switch] = Choice(believed, rank)
    return result
