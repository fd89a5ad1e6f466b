"""Small networks with exact metrics: brute force over simple paths against class-wise distance vectors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

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


def distance_vectors(policy: AnalysedPolicy, network: Network, cls: ProbeClass) -> dict[int, dict[str, Fraction]]:
    """What every switch keeps for one probe class once nothing changes any more: its first best vector."""
    kept = {0: origin(policy.checked)}
    for _ in range(network.size * 4):
        changed = False
        for (here, there), link in network.links.items():
            if here == 0 or there not in kept:
                continue
            heard = ranking.extend(policy, kept[there], link)
            old = kept.get(here)
            if old is None or ranking.order_value(cls.order, heard) < ranking.order_value(cls.order, old):
                kept[here] = heard
                changed = True
        if not changed:
            return kept
    raise AssertionError("the distance vectors do not settle")


def best_by_probes(policy: AnalysedPolicy, matched: frozenset[int], network: Network) -> dict[int, ranking.Rank]:
    """Per switch the least rank over what the classes of the rule keep."""
    rule = policy.rules[policy.rule_of(matched)]
    tables = [distance_vectors(policy, network, policy.classes[pid]) for pid in sorted(rule.probe_classes)]
    result = {}
    for switch in range(1, network.size):
        ranks = [ranking.rank(policy.checked, matched, table[switch]) for table in tables if switch in table]
        result[switch] = min(ranks, default=ranking.INF)
    return result
