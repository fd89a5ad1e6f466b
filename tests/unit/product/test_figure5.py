"""The paper's figure 5 (docs/protocol.md), by a distance-vector protocol of a few lines over the product graph."""

from __future__ import annotations

from fractions import Fraction

import pytest
from strategies.networks import network
from strategies.policies import policy
from strategies.regexes import word

from contra.diagnostics import Reporter
from contra.product import ProductGraph, build

UTIL = {"AB": ".5", "AC": ".4", "BC": ".2", "BD": ".3", "CD": ".1"}


@pytest.fixture
def graph() -> ProductGraph:
    topology = network("ABCD", [tuple(ends) for ends in UTIL])
    rank = {frozenset(): None, frozenset({0}): "0", frozenset({1}): "util", frozenset({0, 1}): "0"}
    return build(policy([word("ABD"), word("B*D")], rank.__getitem__), topology, Reporter())


def settle(graph: ProductGraph, destination: int) -> dict[int, tuple[Fraction, int]]:
    """Per node, the least utilisation and the next node, by rounds of exchange until nothing changes."""
    utils = [Fraction(value) for value in UTIL.values()]
    entry = {graph.sending[destination]: (Fraction(0), -1)}
    changed = True
    while changed:
        changed = False
        for node in list(entry):
            for edge in graph.successors[node]:
                metric = max(entry[node][0], utils[edge.link])
                if graph.nodes[edge.target].switch == destination:
                    continue
                if edge.target not in entry or metric < entry[edge.target][0]:
                    entry[edge.target] = (metric, node)
                    changed = True
    return entry


def test_the_switches_hold_what_the_figure_says(graph: ProductGraph) -> None:
    names = "ABCD"
    entry = settle(graph, names.index("D"))

    def path(node: int) -> str:
        following = entry[node][1]
        return names[graph.nodes[node].switch] + ("" if following < 0 else path(following))

    held = {path(node): float(metric) for node, (metric, _) in entry.items()}
    assert held == {"ACD": 0.4, "ABD": 0.5, "BD": 0.3, "BCD": 0.2, "CD": 0.1, "D": 0.0}


def test_the_best_entries_are_those_of_the_figure(graph: ProductGraph) -> None:
    names = "ABCD"
    entry = settle(graph, names.index("D"))
    best = {}
    for node, (metric, following) in entry.items():
        rank = graph.policy.rules[graph.nodes[node].rule].branches[0].rank
        if rank is not None and following >= 0:
            linear = rank[0].alternatives[0]
            value = linear.constant + sum(factor * metric for _, factor in linear.terms)
            name = names[graph.nodes[node].switch]
            best[name] = min(best.get(name, (Fraction(9), "")), (value, names[graph.nodes[following].switch]))
    assert best == {"A": (Fraction(0), "B"), "B": (Fraction(1, 5), "C")}


def test_the_nodes_are_the_drawn_ones(graph: ProductGraph) -> None:
    """The literal definition gives 7 nodes and 17 edges; the figure draws 6 nodes."""
    tags = {switch.name: len(graph.nodes_of(switch.index)) for switch in graph.topology.switches}
    assert tags == {"A": 2, "B": 2, "C": 1, "D": 1}
    assert graph.max_tags == 2
    assert sum(len(edges) for edges in graph.successors) < 17


def test_only_d_is_reached_and_not_from_c(graph: ProductGraph) -> None:
    assert graph.sending.keys() == {3}
    assert graph.unreachable_count == 10
    assert (2, 3) in graph.unreachable
    assert (0, 3) not in graph.unreachable
    assert (1, 3) not in graph.unreachable
